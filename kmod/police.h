/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: policing (H.248.53).
 *
 * The arithmetic is free of kernel types, so that it is tested in userspace too.
 */
#ifndef _KMGW_POLICE_H
#define _KMGW_POLICE_H

#ifdef __KERNEL__
#include <linux/types.h>

struct kmgw_ep;
struct kmgw_police;
struct kmgw_police_cfg;
struct netlink_ext_ack;

bool kmgw_police(struct kmgw_ep *ep, struct kmgw_police *police, u32 octets);
struct kmgw_police *kmgw_police_new(const struct kmgw_police_cfg *cfg);
#endif

/**
 * kmgw_gcra() - is a packet early, and when would the next one be in time?
 * @tat: when the next packet would be in time, if all came evenly (theoretical arrival time)
 * @now: now; ns, as all of these
 * @cost: how long the packet takes at the rate of the bucket
 * @ahead: what of @cost has to fit, too: all of it for a bucket that holds a burst
 * @limit: how early a packet may be
 *
 * A bucket of tokens in one number: what is missing in it is how far @tat lies in the future.
 *
 * Return: the new @tat, or -1 when the packet is too early.
 */
static inline s64 kmgw_gcra(s64 tat, s64 now, s64 cost, s64 ahead, s64 limit)
{
	s64 start = tat > now ? tat : now;

	return start - now + ahead > limit ? -1 : start + cost;
}

#endif /* _KMGW_POLICE_H */
