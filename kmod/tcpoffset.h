/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: numbers of a TCP segment moved by a constant, free of kernel types so that it is tested in
 * userspace too.
 *
 * An end that was answered before the other was there has been told a number that the other does
 * not begin with. What goes to it has its sequence number moved, and what comes from it all that
 * acknowledges: the acknowledgment, and both edges of every SACK block (RFC 2018). Options may lie
 * at odd offsets, and what cannot be understood ends the list, as it does for TCP itself.
 */
#ifndef _KMGW_TCPOFFSET_H
#define _KMGW_TCPOFFSET_H

#include "tcpopt.h"

#define KMGW_TCPOPT_BLOCKS	5	/* SACK */
#define KMGW_TCPHDR_MIN		20

/* What four octets at an offset of the header add to the sum over it. */
static inline u64 kmgw_offset_sum(const u8 *hdr, unsigned int at)
{
	unsigned int i;
	u64 sum = 0;
	u8 pair[2];
	u16 word;

	for (i = at; i < at + 4; i++) {
		pair[i & 1] = hdr[i];
		pair[~i & 1] = 0;
		memcpy(&word, pair, sizeof(word));
		sum += word;
	}
	return sum;
}

static inline void kmgw_offset_move(u8 *hdr, unsigned int at, u32 by, u64 *delta)
{
	/* 0xffff is nothing, and less than nothing cannot be. */
	*delta += 4 * 0xffff - kmgw_offset_sum(hdr, at);
	kmgw_tcpopt_put32(hdr + at, kmgw_tcpopt_get32(hdr + at) + by);
	*delta += kmgw_offset_sum(hdr, at);
}

static inline void kmgw_offset_sack(u8 *hdr, unsigned int len, u32 by, u64 *delta)
{
	unsigned int at = KMGW_TCPHDR_MIN, size, edge;

	while (at < len && hdr[at] != KMGW_TCPOPT_END) {
		if (hdr[at] == KMGW_TCPOPT_NOP) {
			at++;
			continue;
		}
		if (len - at < 2)
			return;
		size = hdr[at + 1];
		if (size < 2 || size > len - at)
			return;
		if (hdr[at] == KMGW_TCPOPT_BLOCKS && (size - 2) % 8 == 0)
			for (edge = at + 2; edge < at + size; edge += 4)
				kmgw_offset_move(hdr, edge, by, delta);
		at += size;
	}
}

/**
 * kmgw_offset_apply() - move the numbers of a segment
 * @hdr: TCP header with its options
 * @len: its octets, at least 20
 * @seq: added to the sequence number
 * @ack: added to the acknowledgment and to SACK blocks; the segment has ACK set if not 0
 *
 * Return: change of the sum that the checksum covers.
 */
static inline u64 kmgw_offset_apply(u8 *hdr, unsigned int len, u32 seq, u32 ack)
{
	u64 delta = 0;

	if (seq)
		kmgw_offset_move(hdr, 4, seq, &delta);
	if (ack) {
		kmgw_offset_move(hdr, 8, ack, &delta);
		kmgw_offset_sack(hdr, len, ack, &delta);
	}
	return delta;
}

#endif /* _KMGW_TCPOFFSET_H */
