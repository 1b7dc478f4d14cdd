/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: where an endpoint sends to, and the route there.
 */
#ifndef _KMGW_PATH_H
#define _KMGW_PATH_H

#include <net/dst.h>

#include "kmgw.h"

struct kmgw_path *kmgw_path_new(const struct kmgw_addr *remote, const struct kmgw_addr *source,
				gfp_t gfp);
bool kmgw_path_own(struct net *net, u32 vrf, const struct kmgw_addr *addr);
void kmgw_path_free(struct kmgw_path *path);
void kmgw_path_free_rcu(struct kmgw_path *path);
struct dst_entry *kmgw_path_refresh(struct kmgw_ep *ep, struct kmgw_path *old,
				    enum kmgw_reason *reason);

/**
 * kmgw_path_route() - the route of a path
 * @ep: endpoint that sends
 * @path: its path, not on hold
 * @reason: set when there is none
 *
 * Context: RCU read section, BH disabled.
 * Return: the route, valid inside the RCU section, or NULL.
 */
static inline struct dst_entry *kmgw_path_route(struct kmgw_ep *ep, struct kmgw_path *path,
						enum kmgw_reason *reason)
{
	struct dst_entry *dst = path->dst;

	if (likely(dst) && likely(dst_check(dst, path->cookie)))
		return dst;
	return kmgw_path_refresh(ep, path, reason);
}

/**
 * kmgw_addr_any() - is there an address at all?
 * @addr: address
 *
 * Return: true when the address is unspecified or the port 0: the stream is on hold.
 */
static inline bool kmgw_addr_any(const struct kmgw_addr *addr)
{
	return !addr->port || !(addr->ip.v6.s6_addr32[0] | addr->ip.v6.s6_addr32[1] |
				addr->ip.v6.s6_addr32[2] | addr->ip.v6.s6_addr32[3]);
}

#endif /* _KMGW_PATH_H */
