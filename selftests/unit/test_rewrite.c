// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's header arithmetic against the plain definition of the internet checksum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#include "kmod/rewrite.h"

#define WORDS 16

/* One word after the other, carries at once. */
static u16 plain_sum(const u16 *words, unsigned int n)
{
	u32 sum = 0;

	while (n--) {
		sum += *words++;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (u16)sum;
}

static u32 random_word(void)
{
	switch (random() % 4) {
	case 0:
		return 0;
	case 1:
		return 0xffffffff;
	default:
		return (u32)random() << 16 ^ (u32)random();
	}
}

/* 0 and 0xffff are the same number in one's complement. */
static u16 canonical(u16 sum)
{
	return sum == 0xffff ? 0 : sum;
}

static void changes_agree(void **state)
{
	u32 words[WORDS], new[4];
	u16 check, wanted;
	u64 delta;
	int i, j;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		for (j = 0; j < WORDS; j++)
			words[j] = random_word();
		for (j = 0; j < 4; j++)
			new[j] = random_word();
		check = (u16)~plain_sum((u16 *)words, 2 * WORDS);
		if (!check)
			check = 0xffff;
		delta = kmgw_sum_add(kmgw_sum_sub(0, words, 4), new, 4);
		memcpy(words, new, sizeof(new));
		wanted = (u16)~plain_sum((u16 *)words, 2 * WORDS);
		assert_int_equal(canonical(kmgw_csum_full(check, delta)), canonical(wanted));
		assert_int_not_equal(kmgw_csum_full(check, delta), 0);
		assert_int_equal(canonical(kmgw_csum_partial((u16)~check, delta)),
				 canonical((u16)~wanted));
	}
}

static void folding(void **state)
{
	(void)state;
	assert_int_equal(kmgw_sum_fold(0), 0);
	assert_int_equal(kmgw_sum_fold(0xffff), 0xffff);
	assert_int_equal(kmgw_sum_fold(0x10000), 1);
	assert_int_equal(kmgw_sum_fold(0xffffffff), 0xffff);
	assert_int_equal(kmgw_sum_fold(0x100000000), 1);
	assert_int_equal(kmgw_sum_fold(0xffffffffffffffff), 0xffff);
	assert_int_equal(kmgw_sum_fold(0xfffffffe00000001), 0xffff);
}

static void marking(void **state)
{
	unsigned int ds;

	(void)state;
	for (ds = 0; ds < 256; ds++) {
		assert_int_equal(kmgw_mark_ds((u8)ds, 64), ds);
		assert_int_equal(kmgw_mark_ds((u8)ds, 63), 0xfc | (ds & 3));
		assert_int_equal(kmgw_mark_ds((u8)ds, 46), 0xb8 | (ds & 3));
		assert_int_equal(kmgw_mark_ds((u8)ds, 0), ds & 3);
	}
}

static void matching(void **state)
{
	(void)state;
	assert_int_equal(kmgw_match_word(0x0a010203, 0x0a010000, 0xffff0000), 0);
	assert_int_not_equal(kmgw_match_word(0x0a020203, 0x0a010000, 0xffff0000), 0);
	assert_int_equal(kmgw_match_word(0xffffffff, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_agree),
		cmocka_unit_test(folding),
		cmocka_unit_test(marking),
		cmocka_unit_test(matching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
