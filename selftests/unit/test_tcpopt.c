// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's reading and writing of TCP options: what is right, and what somebody made up. Every
 * list is parsed from memory of exactly its size, so that AddressSanitizer sees a step too far.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#include "kmod/tcpopt.h"

/* What Linux sends: MSS 1460, SACK permitted, timestamps, NOP, window scale 7. */
static const u8 linux_syn[] = {
	2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 1, 3, 3, 7,
};

static struct kmgw_tcpopt parse(const void *list, size_t len)
{
	struct kmgw_tcpopt opt;
	u8 *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, list, len);
	kmgw_tcpopt_parse(exact, (unsigned int)len, &opt);
	free(exact);
	return opt;
}

static void usual(void **state)
{
	struct kmgw_tcpopt opt = parse(linux_syn, sizeof(linux_syn));

	(void)state;
	assert_int_equal(opt.mss, 1460);
	assert_int_equal(opt.mss_at, 2);
	assert_int_equal(opt.wscale, 7);
	assert_true(opt.sack);
	assert_true(opt.ts);
	assert_int_equal(opt.tsval, 0x11223344);
	assert_int_equal(opt.tsecr, 0);
}

static void none(void **state)
{
	static const u8 ended[] = { 0, 2, 4, 5, 0xb4 };
	struct kmgw_tcpopt opt = parse("", 0);

	(void)state;
	assert_int_equal(opt.mss, 0);
	assert_int_equal(opt.wscale, KMGW_WSCALE_NONE);
	assert_false(opt.sack);
	assert_false(opt.ts);
	opt = parse(ended, sizeof(ended));
	assert_int_equal(opt.mss, 0);
}

/* Each list cut after every octet: what is whole is read, the rest is not. */
static void truncated(void **state)
{
	struct kmgw_tcpopt opt;
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(linux_syn); len++) {
		opt = parse(linux_syn, len);
		assert_int_equal(opt.mss, len < 4 ? 0 : 1460);
		assert_int_equal(opt.sack, len >= 6);
		assert_int_equal(opt.ts, len >= 16);
		assert_int_equal(opt.wscale, len < 20 ? KMGW_WSCALE_NONE : 7);
	}
}

static void hostile(void **state)
{
	static const struct {
		u8 list[8];
		size_t len;
	} lists[] = {
		{ { 2, 0, 5, 0xb4 }, 4 },	/* no length */
		{ { 2, 1, 5, 0xb4 }, 4 },	/* shorter than itself */
		{ { 2, 3, 5, 0xb4 }, 4 },	/* shorter than its value */
		{ { 2, 5, 5, 0xb4, 0 }, 5 },	/* longer than its value */
		{ { 2, 255, 5, 0xb4 }, 4 },	/* longer than the list */
		{ { 3, 2, 7 }, 3 },
		{ { 3, 4, 7, 7 }, 4 },
		{ { 4, 3, 0 }, 3 },
		{ { 8, 9, 1, 2, 3, 4, 5, 6 }, 8 },
		{ { 30, 0 }, 2 },		/* MPTCP without a length */
		{ { 2 }, 1 },
		{ { 1, 1, 1, 8 }, 4 },
	};
	struct kmgw_tcpopt opt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		opt = parse(lists[i].list, lists[i].len);
		assert_int_equal(opt.mss, 0);
		assert_int_equal(opt.wscale, KMGW_WSCALE_NONE);
		assert_false(opt.sack);
		assert_false(opt.ts);
	}
}

static void scale_too_large(void **state)
{
	static const u8 list[] = { 3, 3, 255 };

	(void)state;
	assert_int_equal(parse(list, sizeof(list)).wscale, KMGW_WSCALE_MAX);
}

/* Anything at all: nothing is read beyond the end, and what is built of it can be read. */
static void random_lists(void **state)
{
	u8 list[KMGW_TCPOPT_MAX], out[KMGW_TCPOPT_BUILD_MAX];
	struct kmgw_tcpopt a, b, answer, back;
	unsigned int n, len;
	int round;

	(void)state;
	for (round = 0; round < 200000; round++) {
		len = (unsigned int)random() % (sizeof(list) + 1);
		for (n = 0; n < len; n++)
			list[n] = (u8)(random() % 4 ? random() % 12 : random());
		a = parse(list, len);
		b = parse(list + len / 2, len - len / 2);
		if (a.mss_at)
			assert_true(a.mss_at + 2U <= len);
		kmgw_tcpopt_answer(&answer, &a, &b, 536, 1400);
		assert_true(answer.mss <= 1400);
		n = kmgw_tcpopt_build(out, &answer);
		assert_true(n <= sizeof(out) && n % 4 == 0);
		back = parse(out, n);
		assert_int_equal(back.mss, answer.mss);
		assert_int_equal(back.wscale, answer.wscale);
		assert_int_equal(back.sack, answer.sack);
		assert_int_equal(back.ts, answer.ts);
		if (answer.ts) {
			assert_int_equal(back.tsval, b.tsval);
			assert_int_equal(back.tsecr, a.tsval);
		}
	}
}

/* What only one has, neither gets; the values are the other's. */
static void answers(void **state)
{
	struct kmgw_tcpopt own = parse(linux_syn, sizeof(linux_syn)), other = own, got;
	unsigned int lacks;

	(void)state;
	other.mss = 1200;
	other.wscale = 3;
	other.tsval = 99;
	for (lacks = 0; lacks < 64; lacks++) {
		struct kmgw_tcpopt a = own, b = other;

		a.wscale = lacks & 1 ? KMGW_WSCALE_NONE : a.wscale;
		b.wscale = lacks & 2 ? KMGW_WSCALE_NONE : b.wscale;
		a.sack = !(lacks & 4);
		b.sack = !(lacks & 8);
		a.ts = !(lacks & 16);
		b.ts = !(lacks & 32);
		kmgw_tcpopt_answer(&got, &a, &b, 536, 1460);
		assert_int_equal(got.mss, 1200);
		assert_int_equal(got.wscale, lacks & 3 ? KMGW_WSCALE_NONE : 3);
		assert_int_equal(got.sack, !(lacks & 12));
		assert_int_equal(got.ts, !(lacks & 48));
		assert_int_equal(got.tsval, lacks & 48 ? 0 : 99);
		assert_int_equal(got.tsecr, lacks & 48 ? 0 : 0x11223344);
	}
	kmgw_tcpopt_answer(&got, &own, &other, 536, 900);
	assert_int_equal(got.mss, 900);
	other.mss = 0;
	kmgw_tcpopt_answer(&got, &own, &other, 536, 900);
	assert_int_equal(got.mss, 536);
}

static u16 plain_sum(const u8 *p, unsigned int len)
{
	u16 word;
	u32 sum = 0;

	for (; len; p += 2, len -= 2) {
		memcpy(&word, p, 2);
		sum += word;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (u16)sum;
}

/* The checksum follows the value, wherever in the list that lies. */
static void clamps(void **state)
{
	u8 list[KMGW_TCPOPT_MAX];
	struct kmgw_tcpopt opt;
	unsigned int at, i;
	u16 before, max;
	u64 delta;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		for (i = 0; i < sizeof(list); i++)
			list[i] = KMGW_TCPOPT_NOP;
		at = (unsigned int)random() % (sizeof(list) - 3);
		list[at] = KMGW_TCPOPT_MSS;
		list[at + 1] = 4;
		list[at + 2] = (u8)random();
		list[at + 3] = (u8)random();
		opt = parse(list, sizeof(list));
		assert_int_equal(opt.mss_at, at + 2);
		max = (u16)random();
		before = plain_sum(list, sizeof(list));
		delta = 0;
		assert_int_equal(kmgw_tcpopt_clamp(list, &opt, max, &delta), opt.mss > max);
		assert_int_equal(parse(list, sizeof(list)).mss, opt.mss > max ? max : opt.mss);
		/* 0xffff and 0 are the same in one's complement. */
		assert_int_equal(kmgw_sum_fold(delta + before) % 0xffff,
				 plain_sum(list, sizeof(list)) % 0xffff);
	}
	opt = parse("", 0);
	delta = 0;
	assert_false(kmgw_tcpopt_clamp(list, &opt, 0, &delta));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual),
		cmocka_unit_test(none),
		cmocka_unit_test(truncated),
		cmocka_unit_test(hostile),
		cmocka_unit_test(scale_too_large),
		cmocka_unit_test(random_lists),
		cmocka_unit_test(answers),
		cmocka_unit_test(clamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
