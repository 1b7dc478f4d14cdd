// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fingerprints: known digests, and which of several counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bearer/fingerprint.h"

static void known_digests(void **state)
{
	/* FIPS 180 test vectors for "abc" */
	static const char sha1[] = "SHA-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D";
	static const char sha256[] =
		"SHA-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
		"B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
	char text[FINGERPRINT_TEXT_MAX];
	struct fingerprint_set set;

	(void)state;
	assert_int_equal(fingerprint_compute("abc", 3, &set), 0);
	assert_int_equal(fingerprint_text(&set.of[BEARER_SHA1], text, sizeof(text)), strlen(sha1));
	assert_string_equal(text, sha1);
	fingerprint_text(&set.of[BEARER_SHA256], text, sizeof(text));
	assert_string_equal(text, sha256);
	assert_int_equal(fingerprint_text(&set.of[BEARER_SHA512], text, sizeof(text)), 8 + 3 * 64 - 1);
	assert_int_equal(fingerprint_text(&set.of[BEARER_SHA256], text, 50), -ENOSPC);
}

static void strongest_counts(void **state)
{
	struct fingerprint_set mine, other;
	struct bearer_fingerprint fp[4];

	(void)state;
	fingerprint_compute("mine", 4, &mine);
	fingerprint_compute("other", 5, &other);

	assert_false(fingerprint_match(&mine, fp, 0));
	fp[0] = mine.of[BEARER_SHA1];
	assert_true(fingerprint_match(&mine, fp, 1));
	/* a right weak one does not save a wrong strong one, wherever it stands */
	fp[1] = other.of[BEARER_SHA256];
	assert_false(fingerprint_match(&mine, fp, 2));
	fp[0] = other.of[BEARER_SHA256];
	fp[1] = mine.of[BEARER_SHA1];
	assert_false(fingerprint_match(&mine, fp, 2));
	/* several of the strongest: one is enough */
	fp[2] = mine.of[BEARER_SHA256];
	assert_true(fingerprint_match(&mine, fp, 3));
	/* one octet */
	fp[0] = mine.of[BEARER_SHA512];
	assert_true(fingerprint_match(&mine, fp, 1));
	fp[0].digest[63] ^= 1;
	assert_false(fingerprint_match(&mine, fp, 1));
	/* cut short */
	fp[0] = mine.of[BEARER_SHA512];
	fp[0].len = 20;
	assert_false(fingerprint_match(&mine, fp, 1));
}

static void same_lists(void **state)
{
	struct bearer_fingerprint a[2], b[2];
	struct fingerprint_set s;

	(void)state;
	fingerprint_compute("s", 1, &s);
	a[0] = b[1] = s.of[BEARER_SHA256];
	a[1] = b[0] = s.of[BEARER_SHA1];
	assert_true(fingerprint_same(a, 2, b, 2));
	assert_false(fingerprint_same(a, 2, b, 1));
	assert_false(fingerprint_same(a, 0, b, 1));
	assert_true(fingerprint_same(a, 0, b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests),
		cmocka_unit_test(strongest_counts),
		cmocka_unit_test(same_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
