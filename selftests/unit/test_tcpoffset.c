// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's moving of TCP numbers: every field, options at every offset, options that somebody
 * made up. Each header lies in memory of exactly its size, and each checksum is compared with one
 * that is computed anew.
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

#include "kmod/tcpoffset.h"

#define HDR 20

static u16 checksum(const u8 *p, size_t len)
{
	u32 sum = 0;
	u16 word;
	size_t i;

	for (i = 0; i < len; i += 2) {
		memcpy(&word, p + i, 2);
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

/* A header with these options; freed by the caller. */
static u8 *header(const void *options, size_t len)
{
	u8 *hdr = malloc(HDR + len);
	u16 check;
	size_t i;

	assert_non_null(hdr);
	for (i = 0; i < HDR; i++)
		hdr[i] = (u8)(17 * i + 3);
	memcpy(hdr + HDR, options, len);
	memset(hdr + 16, 0, 2);
	check = checksum(hdr, HDR + len);
	memcpy(hdr + 16, &check, 2);
	return hdr;
}

/* Apply, and see that the checksum is right afterwards. */
static void apply(u8 *hdr, size_t len, u32 seq, u32 ack)
{
	u64 delta = kmgw_offset_apply(hdr, (unsigned int)(HDR + len), seq, ack);
	u16 check;

	memcpy(&check, hdr + 16, 2);
	check = kmgw_csum_full(check, delta);
	memcpy(hdr + 16, &check, 2);
	assert_int_equal(checksum(hdr, HDR + len) & 0xffff, 0);
}

static void plain(void **state)
{
	u8 *hdr = header("", 0);
	const u32 seq = kmgw_tcpopt_get32(hdr + 4), ack = kmgw_tcpopt_get32(hdr + 8);

	(void)state;
	apply(hdr, 0, 0x12345678, 0);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 4), seq + 0x12345678);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 8), ack);
	apply(hdr, 0, 0, 0xfffffff0);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 4), seq + 0x12345678);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 8), ack - 16);
	apply(hdr, 0, 0xffffffff, 1);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 4), seq + 0x12345677);
	assert_int_equal(kmgw_tcpopt_get32(hdr + 8), ack - 15);
	free(hdr);
}

/* One to four blocks behind nothing to three NOPs. */
static void blocks(void **state)
{
	unsigned int n, pad, i, edges;
	u8 options[40], *hdr;
	size_t len;

	(void)state;
	for (n = 1; n <= 4; n++) {
		for (pad = 0; pad < 4; pad++) {
			edges = 2 * n;
			len = (pad + 2 + 4 * edges + 3) & ~3U;
			if (len > sizeof(options))
				continue;
			memset(options, KMGW_TCPOPT_NOP, sizeof(options));
			options[pad] = KMGW_TCPOPT_BLOCKS;
			options[pad + 1] = (u8)(2 + 4 * edges);
			for (i = 0; i < edges; i++)
				kmgw_tcpopt_put32(options + pad + 2 + 4 * i, 0xffffff00 + 77 * i);
			hdr = header(options, len);
			apply(hdr, len, 0, 0x89abcdef);
			for (i = 0; i < edges; i++)
				assert_int_equal(kmgw_tcpopt_get32(hdr + HDR + pad + 2 + 4 * i),
						 (u32)(0xffffff00 + 77 * i + 0x89abcdef));
			memset(hdr + HDR + pad + 2, 0, 4 * edges);
			memset(options + pad + 2, 0, 4 * edges);
			assert_memory_equal(hdr + HDR, options, len);
			free(hdr);
		}
	}
}

/* Nothing but an acknowledgment touches blocks. */
static void not_there(void **state)
{
	static const u8 options[] = { 1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	u8 *hdr = header(options, sizeof(options));

	(void)state;
	apply(hdr, sizeof(options), 99, 0);
	assert_memory_equal(hdr + HDR, options, sizeof(options));
	free(hdr);
}

static void others(void **state)
{
	static const u8 options[] = {
		8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1,	/* timestamps */
		2, 4, 5, 0xb4,				/* MSS */
		0, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1,	/* behind the end */
	};
	u8 *hdr = header(options, sizeof(options));

	(void)state;
	apply(hdr, sizeof(options), 1, 77);
	assert_memory_equal(hdr + HDR, options, sizeof(options));
	free(hdr);
}

/* Lengths that are no lengths: the rest is left as it is, and nothing behind it is touched. */
static void broken(void **state)
{
	static const u8 lists[][12] = {
		{ 5 },
		{ 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 5, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 5, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 5, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 5, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 5, 6, 1, 2, 3, 4, 1, 1, 1, 1, 1, 1 },
		{ 9, 0, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 },
		{ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5 },
		{ 5, 2, 1, 1, 1, 1, 1, 1, 1, 1, 5, 10 },
	};
	size_t i;
	u8 *hdr;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		hdr = header(lists[i], sizeof(lists[i]));
		apply(hdr, sizeof(lists[i]), 5, 0x01020304);
		assert_memory_equal(hdr + HDR, lists[i], sizeof(lists[i]));
		free(hdr);
	}
}

/* Whatever is there, what was moved can be moved back. */
static void back(void **state)
{
	u8 options[40], *hdr, *copy;
	u32 seed = 5382, n;
	size_t len, i;

	(void)state;
	for (n = 0; n < 20000; n++) {
		seed = seed * 1103515245 + 12345;
		len = (seed >> 16) % 11 * 4;
		for (i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			options[i] = seed >> 28 > 7 ? (u8)(seed >> 16) : (u8)((seed >> 20) % 11);
		}
		hdr = header(options, len);
		copy = header(options, len);
		apply(hdr, len, seed, ~seed);
		apply(hdr, len, -seed, -~seed);
		memset(hdr + 16, 0, 2);
		memset(copy + 16, 0, 2);
		assert_memory_equal(hdr, copy, HDR + len);
		free(hdr);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(blocks),
		cmocka_unit_test(not_there),
		cmocka_unit_test(others),
		cmocka_unit_test(broken),
		cmocka_unit_test(back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
