// SPDX-License-Identifier: GPL-2.0-only
/* Drivers of AEADs as /proc/crypto tells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/aead.h"

#define ENTRY(name, driver, priority, internal, type) \
	"name         : " name "\n" \
	"driver       : " driver "\n" \
	"module       : kernel\n" \
	"priority     : " priority "\n" \
	"refcnt       : 1\n" \
	"selftest     : passed\n" \
	"internal     : " internal "\n" \
	"type         : " type "\n" \
	"async        : no\n" \
	"ivsize       : 12\n\n"

static const char fast[] =
	ENTRY("gcm(aes)", "gcm_base(ctr(aes-generic),ghash-generic)", "100", "no", "aead")
	ENTRY("gcm(aes)", "generic-gcm-aesni", "400", "no", "aead")
	ENTRY("gcm(aes)", "__generic-gcm-aesni", "500", "yes", "aead")
	ENTRY("rfc7539(chacha20,poly1305)", "rfc7539(chacha20-simd,poly1305-simd)", "300", "no", "aead")
	ENTRY("ctr(aes)", "ctr-aes-aesni", "400", "no", "skcipher");

static const char slow[] =
	ENTRY("ctr(aes)", "ctr-aes-aesni", "400", "no", "skcipher")
	ENTRY("gcm(aes)", "gcm_base(ctr(aes-fixed-time),ghash-generic)", "100", "no", "aead");

static void the_best_is_what_a_user_gets(void **state)
{
	struct aead_driver d;

	(void)state;
	assert_int_equal(aead_parse(fast, "gcm(aes)", &d), 0);
	assert_string_equal(d.driver, "generic-gcm-aesni");
	assert_false(d.generic);
	assert_int_equal(aead_parse(fast, "rfc7539(chacha20,poly1305)", &d), 0);
	assert_false(d.generic);
}

static void generic_is_told(void **state)
{
	struct aead_driver d;
	char cut[sizeof(slow)];

	(void)state;
	assert_int_equal(aead_parse(slow, "gcm(aes)", &d), 0);
	assert_true(d.generic);
	/* without the empty line at the end */
	memcpy(cut, slow, sizeof(slow));
	cut[sizeof(slow) - 2] = '\0';
	assert_int_equal(aead_parse(cut, "gcm(aes)", &d), 0);
	assert_true(d.generic);
}

static void nobody_asked_for_it(void **state)
{
	struct aead_driver d;

	(void)state;
	assert_int_equal(aead_parse(slow, "ccm(aes)", &d), -ENOENT);
	assert_int_equal(aead_parse(slow, "ctr(aes)", &d), -ENOENT);
	assert_int_equal(aead_parse("", "gcm(aes)", &d), -ENOENT);
	assert_int_equal(aead_parse("nonsense\n:\n: x\nname\n\n\n", "gcm(aes)", &d), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_is_what_a_user_gets),
		cmocka_unit_test(generic_is_told),
		cmocka_unit_test(nobody_asked_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
