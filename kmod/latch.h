/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: latching.
 */
#ifndef _KMGW_LATCH_H
#define _KMGW_LATCH_H

#include <linux/rcupdate.h>

#include "kmgw.h"

struct kmgw_ep_cfg;

bool kmgw_latch_is(const struct kmgw_addr *addr, const struct sk_buff *skb, int family,
		   __be16 port);
enum kmgw_reason kmgw_latch_check(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				  __be16 port, bool *waits);
enum kmgw_reason kmgw_latch_take(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				 __be16 port);
enum kmgw_reason kmgw_latch_genuine_waits(struct kmgw_ep *ep, const struct sk_buff *skb,
					  int family, __be16 port);
bool kmgw_latch_told(const struct kmgw_ep *ep, struct kmgw_addr *told);
bool kmgw_latch_latched(const struct kmgw_ep *ep, struct kmgw_addr *latched);
bool kmgw_latch_apply(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg, struct kmgw_path *path);

/**
 * kmgw_latch_genuine() - a secured endpoint has received something genuine
 * @ep: endpoint
 * @skb: datagram that kmgw_latch_check() has let in, perhaps some time ago; data at the IP header
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * Context: RCU read section, BH disabled; takes ep->lock.
 * Return: as kmgw_latch_take(); KMGW_REASON_NONE also when nothing is to be latched.
 */
static inline enum kmgw_reason kmgw_latch_genuine(struct kmgw_ep *ep, const struct sk_buff *skb,
						  int family, __be16 port)
{
	const struct kmgw_path *path = rcu_dereference(ep->path);

	if (likely(!path || !path->waits))
		return KMGW_REASON_NONE;
	return kmgw_latch_genuine_waits(ep, skb, family, port);
}

#endif /* _KMGW_LATCH_H */
