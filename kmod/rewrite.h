/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: arithmetic of header rewriting, free of kernel types so that it is tested in userspace
 * too.
 *
 * Internet checksums are sums of 16-bit words in one's complement, which may be added up in words
 * of any size and in any byte order as long as all are in the same. Words here are 32 bits as
 * they lie in memory; the accumulator has 64, so that no carry is lost.
 */
#ifndef _KMGW_REWRITE_H
#define _KMGW_REWRITE_H

#ifdef __KERNEL__
#include <linux/types.h>
#endif

/**
 * kmgw_sum_add() - add words to a sum
 * @sum: sum
 * @words: words as they lie in memory
 * @n: how many
 *
 * Return: the new sum.
 */
static inline u64 kmgw_sum_add(u64 sum, const u32 *words, unsigned int n)
{
	while (n--)
		sum += *words++;
	return sum;
}

/**
 * kmgw_sum_sub() - take words out of a sum
 * @sum: sum
 * @words: words as they lie in memory
 * @n: how many
 *
 * Return: the new sum.
 */
static inline u64 kmgw_sum_sub(u64 sum, const u32 *words, unsigned int n)
{
	while (n--)
		sum += (u32)~*words++;
	return sum;
}

/**
 * kmgw_sum_fold() - fold a sum to 16 bits
 * @sum: sum of less than 2^32 words
 *
 * Return: the sum modulo 0xffff; 0 only when @sum is 0.
 */
static inline u16 kmgw_sum_fold(u64 sum)
{
	u32 s;

	sum = (sum & 0xffffffff) + (sum >> 32);
	s = (u32)sum + (u32)(sum >> 32);
	s = (s & 0xffff) + (s >> 16);
	return (u16)(s + (s >> 16));
}

/**
 * kmgw_csum_full() - change a checksum that stands in a packet
 * @check: the checksum; not 0, which in UDP means that there is none
 * @delta: what was taken out of and added to the words it covers
 *
 * Return: the new checksum; 0 is sent as 0xffff.
 */
static inline u16 kmgw_csum_full(u16 check, u64 delta)
{
	u16 new = ~kmgw_sum_fold(delta + (u16)~check);

	return new ? new : 0xffff;
}

/**
 * kmgw_csum_partial() - change the sum of a pseudo header that awaits the rest
 * @check: the sum, not complemented
 * @delta: what was taken out of and added to the pseudo header
 *
 * Return: the new sum.
 */
static inline u16 kmgw_csum_partial(u16 check, u64 delta)
{
	return kmgw_sum_fold(delta + check);
}

/**
 * kmgw_mark_ds() - TOS or traffic class of what is sent
 * @ds: as received
 * @dscp: DSCP to set; more than 63 keeps the one received
 *
 * Return: TOS or traffic class; the ECN bits are never changed.
 */
static inline u8 kmgw_mark_ds(u8 ds, u8 dscp)
{
	return dscp > 63 ? ds : (u8)(dscp << 2 | (ds & 3));
}

/**
 * kmgw_match_word() - does one word of an address match a filter?
 * @word: of the address
 * @ip: of the filter
 * @mask: of the filter
 *
 * Return: 0 when it does.
 */
static inline u32 kmgw_match_word(u32 word, u32 ip, u32 mask)
{
	return (word ^ ip) & mask;
}

#endif /* _KMGW_REWRITE_H */
