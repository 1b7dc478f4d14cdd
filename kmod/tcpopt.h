/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: options of a TCP SYN, free of kernel types so that it is tested in userspace too.
 *
 * Nothing that is read here can be trusted: every length is checked against what is there, and what
 * cannot be understood ends the list, as it does for TCP itself. Of the options that may appear in
 * a SYN only four are understood (RFC 9293, 2018, 7323); what is built here contains no other.
 */
#ifndef _KMGW_TCPOPT_H
#define _KMGW_TCPOPT_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#endif

#include "rewrite.h"

#define KMGW_TCPOPT_END		0
#define KMGW_TCPOPT_NOP		1
#define KMGW_TCPOPT_MSS		2
#define KMGW_TCPOPT_WSCALE	3
#define KMGW_TCPOPT_SACK	4
#define KMGW_TCPOPT_TS		8

#define KMGW_TCPOPT_MAX		40	/* octets: what the header has room for */
#define KMGW_TCPOPT_BUILD_MAX	20	/* octets that kmgw_tcpopt_build() writes at most */
#define KMGW_WSCALE_NONE	0xff
#define KMGW_WSCALE_MAX		14

/**
 * struct kmgw_tcpopt - options of a SYN
 * @tsval: timestamp, if @ts
 * @tsecr: timestamp that is echoed, if @ts
 * @mss: maximum segment size, or 0 for none
 * @mss_at: offset of its value in the list, or 0 when there is none
 * @wscale: window scale, or KMGW_WSCALE_NONE
 * @sack: selective acknowledgements are permitted
 * @ts: there are timestamps
 */
struct kmgw_tcpopt {
	u32 tsval;
	u32 tsecr;
	u16 mss;
	u8 mss_at;
	u8 wscale;
	bool sack;
	bool ts;
};

static inline u32 kmgw_tcpopt_get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u8 *kmgw_tcpopt_put32(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24);
	p[1] = (u8)(v >> 16);
	p[2] = (u8)(v >> 8);
	p[3] = (u8)v;
	return p + 4;
}

/**
 * kmgw_tcpopt_parse() - read the options of a SYN
 * @p: the list
 * @len: its octets
 * @opt: what is in it
 */
static inline void kmgw_tcpopt_parse(const u8 *p, unsigned int len, struct kmgw_tcpopt *opt)
{
	unsigned int at = 0, size;

	memset(opt, 0, sizeof(*opt));
	opt->wscale = KMGW_WSCALE_NONE;
	while (at < len && p[at] != KMGW_TCPOPT_END) {
		if (p[at] == KMGW_TCPOPT_NOP) {
			at++;
			continue;
		}
		if (len - at < 2)
			return;
		size = p[at + 1];
		if (size < 2 || size > len - at)
			return;
		switch (p[at]) {
		case KMGW_TCPOPT_MSS:
			if (size != 4)
				break;
			opt->mss = (u16)(p[at + 2] << 8 | p[at + 3]);
			opt->mss_at = (u8)(at + 2);
			break;
		case KMGW_TCPOPT_WSCALE:
			if (size == 3)
				opt->wscale = p[at + 2] > KMGW_WSCALE_MAX ? KMGW_WSCALE_MAX :
									    p[at + 2];
			break;
		case KMGW_TCPOPT_SACK:
			if (size == 2)
				opt->sack = true;
			break;
		case KMGW_TCPOPT_TS:
			if (size != 10)
				break;
			opt->ts = true;
			opt->tsval = kmgw_tcpopt_get32(p + at + 2);
			opt->tsecr = kmgw_tcpopt_get32(p + at + 6);
			break;
		default:
			break;
		}
		at += size;
	}
}

/**
 * kmgw_tcpopt_clamp() - make the MSS in a list of options no larger than it may be
 * @p: the list; it begins at an even offset of what the checksum covers
 * @opt: what kmgw_tcpopt_parse() found in it
 * @max: largest value
 * @delta: change of the checksum's sum, added to
 *
 * Return: true when the value was changed.
 */
static inline bool kmgw_tcpopt_clamp(u8 *p, const struct kmgw_tcpopt *opt, u16 max, u64 *delta)
{
	u8 *v = p + opt->mss_at, old[2], new[2] = { (u8)(max >> 8), (u8)max };
	u16 from, to;

	if (!opt->mss_at || opt->mss <= max)
		return false;
	memcpy(old, v, 2);
	memcpy(v, new, 2);
	if (opt->mss_at & 1) {
		/* Half of it lies in one word of the sum and half in the next. */
		u8 swap = old[0];

		old[0] = old[1];
		old[1] = swap;
		swap = new[0];
		new[0] = new[1];
		new[1] = swap;
	}
	memcpy(&from, old, 2);
	memcpy(&to, new, 2);
	*delta += (u64)(u16)~from + to;
	return true;
}

/**
 * kmgw_tcpopt_answer() - the options that answer one SYN in the name of another
 * @opt: result
 * @own: of the SYN that is answered
 * @other: of the SYN in whose name
 * @mss_default: MSS of @other when it names none
 * @mss_max: largest MSS that both paths carry
 *
 * What only one of the two asked for is asked for by neither: each end sees what the other would
 * have answered.
 */
static inline void kmgw_tcpopt_answer(struct kmgw_tcpopt *opt, const struct kmgw_tcpopt *own,
				      const struct kmgw_tcpopt *other, u16 mss_default,
				      u16 mss_max)
{
	memset(opt, 0, sizeof(*opt));
	opt->mss = other->mss ? other->mss : mss_default;
	if (opt->mss > mss_max)
		opt->mss = mss_max;
	opt->wscale = own->wscale == KMGW_WSCALE_NONE ? KMGW_WSCALE_NONE : other->wscale;
	opt->sack = own->sack && other->sack;
	opt->ts = own->ts && other->ts;
	if (opt->ts) {
		opt->tsval = other->tsval;
		opt->tsecr = own->tsval;
	}
}

/**
 * kmgw_tcpopt_build() - write options
 * @p: room for KMGW_TCPOPT_BUILD_MAX octets
 * @opt: options; the MSS is always written
 *
 * Return: octets written, a multiple of four.
 */
static inline unsigned int kmgw_tcpopt_build(u8 *p, const struct kmgw_tcpopt *opt)
{
	u8 *start = p;

	*p++ = KMGW_TCPOPT_MSS;
	*p++ = 4;
	*p++ = (u8)(opt->mss >> 8);
	*p++ = (u8)opt->mss;
	if (opt->sack || opt->ts) {
		*p++ = opt->sack ? KMGW_TCPOPT_SACK : KMGW_TCPOPT_NOP;
		*p++ = opt->sack ? 2 : KMGW_TCPOPT_NOP;
		if (opt->ts) {
			*p++ = KMGW_TCPOPT_TS;
			*p++ = 10;
			p = kmgw_tcpopt_put32(p, opt->tsval);
			p = kmgw_tcpopt_put32(p, opt->tsecr);
		} else {
			*p++ = KMGW_TCPOPT_NOP;
			*p++ = KMGW_TCPOPT_NOP;
		}
	}
	if (opt->wscale != KMGW_WSCALE_NONE) {
		*p++ = KMGW_TCPOPT_NOP;
		*p++ = KMGW_TCPOPT_WSCALE;
		*p++ = 3;
		*p++ = opt->wscale;
	}
	return (unsigned int)(p - start);
}

#endif /* _KMGW_TCPOPT_H */
