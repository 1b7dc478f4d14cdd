/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: who may send to an endpoint; what is asked for every packet is inline.
 */
#ifndef _KMGW_SOURCE_H
#define _KMGW_SOURCE_H

#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "kmgw.h"

bool kmgw_source_check(struct kmgw_ep *ep, const struct sk_buff *skb, int family, __be16 port);
bool kmgw_filter_match(const struct kmgw_filter *filter, const struct sk_buff *skb, int family,
		       __be16 port);

/**
 * kmgw_source_known() - what ep->own_source is when a source has been looked at
 * @ep: endpoint
 * @skb: IPv4 packet from the source
 *
 * Return: the value, which changes with the source and with the routes.
 */
static inline u64 kmgw_source_known(const struct kmgw_ep *ep, const struct sk_buff *skb)
{
	return (u64)rt_genid_ipv4(ep->kn->net) << 32 | (__force u32)ip_hdr(skb)->saddr;
}

/**
 * kmgw_source_admit() - may a packet be taken from where it came?
 * @ep: endpoint it is addressed to
 * @skb: packet
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * With IPv4, routes are looked at once for each source and each change of routes, as long as one
 * endpoint hears one source.
 *
 * Return: KMGW_REASON_NONE, or why not.
 */
static inline enum kmgw_reason kmgw_source_admit(struct kmgw_ep *ep, const struct sk_buff *skb,
						 int family, __be16 port)
{
	const struct net_device *dev = skb->dev;
	int ifindex = READ_ONCE(ep->ifindex);

	/* What a VRF sends to itself is marked as looped back. */
	if (unlikely(skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_LOOPBACK))
		return KMGW_REASON_NOT_FOR_US;
	/* A hairpin comes from no device; kmgw_source_check() sees to it that it is one. */
	if (ifindex && unlikely(ifindex != dev->ifindex) &&
	    !(dev->flags & IFF_LOOPBACK) && !netif_is_l3_master(dev))
		return KMGW_REASON_WRONG_DEVICE;
	if (family == AF_INET && !(dev->flags & IFF_LOOPBACK) &&
	    likely((u64)atomic64_read(&ep->own_source) == kmgw_source_known(ep, skb)))
		return KMGW_REASON_NONE;
	return likely(kmgw_source_check(ep, skb, family, port)) ? KMGW_REASON_NONE :
								 KMGW_REASON_MARTIAN;
}

#endif /* _KMGW_SOURCE_H */
