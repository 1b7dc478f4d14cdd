/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: from an endpoint to the wire: may a packet go on, and where to?
 *
 * What is asked for every packet, inline, since several planes ask it and a call costs as much as
 * the answer.
 */
#ifndef _KMGW_EGRESS_H
#define _KMGW_EGRESS_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"
#include "kmgw.h"
#include "path.h"

/**
 * struct kmgw_egress - where a datagram is to go
 * @path: destination
 * @dst: route; both are valid inside the RCU section
 * @may_fragment: IP may cut it
 */
struct kmgw_egress {
	const struct kmgw_path *path;
	struct dst_entry *dst;
	bool may_fragment;
};

/* datagram.c */
enum kmgw_reason kmgw_check_length_and_sum(struct sk_buff *skb, unsigned int l4off, int family);
void kmgw_too_big(struct sk_buff *skb, int family, int mtu);
/* output.c */
bool kmgw_own_waits(struct kmgw_ep *peer, const struct kmgw_addr *remote);

/**
 * kmgw_check_sound() - is a datagram whole, as far as that can be told?
 * @skb: datagram; loses what is behind its end
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 *
 * Return: KMGW_REASON_NONE, or why it is not.
 */
static inline enum kmgw_reason kmgw_check_sound(struct sk_buff *skb, unsigned int l4off,
						int family)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);

	if (likely(ntohs(uh->len) == skb->len - l4off) && uh->check && skb_csum_unnecessary(skb))
		return KMGW_REASON_NONE;
	return kmgw_check_length_and_sum(skb, l4off, family);
}

/**
 * kmgw_may_fragment() - may IP cut what is sent on?
 * @skb: packet; data at the IP header
 * @l4off: offset of the transport header
 * @family: family of the packet
 * @out_family: family it leaves in
 *
 * Defragmentation leaves the size of the largest fragment. What came in pieces, or may be cut,
 * can leave in pieces. A sender of IPv6 need not know of links below its smallest MTU, so small
 * packets may be cut on the IPv4 side.
 *
 * Return: true when it may.
 */
static inline bool kmgw_may_fragment(const struct sk_buff *skb, unsigned int l4off, int family,
				     int out_family)
{
	if (family == AF_INET)
		return !(ip_hdr(skb)->frag_off & htons(IP_DF)) || IPCB(skb)->frag_max_size;
	if (IP6CB(skb)->frag_max_size)
		return true;
	return out_family == AF_INET &&
	       skb->len - l4off + sizeof(struct ipv6hdr) <= IPV6_MIN_MTU;
}

/**
 * kmgw_fits() - does a packet, or each of an aggregate, fit the path?
 * @skb: packet; data at the IP header
 * @l4off: offset of the transport header
 * @more: octets that are going to stand before what is behind @l4off now
 * @mtu: MTU of the path
 *
 * Return: true when it does.
 */
static inline bool kmgw_fits(const struct sk_buff *skb, unsigned int l4off, unsigned int more,
			     unsigned int mtu)
{
	return likely(skb->len - l4off + more <= mtu) ||
	       (skb_is_gso(skb) && skb_gso_validate_network_len(skb, mtu - more + l4off));
}

/**
 * kmgw_own_allowed() - may this be sent there by this device?
 * @peer: endpoint that sends
 * @remote: destination
 * @dev: device
 *
 * To one of our own addresses a packet may go only if an endpoint waits there.
 *
 * Return: true when it may.
 */
static inline bool kmgw_own_allowed(struct kmgw_ep *peer, const struct kmgw_addr *remote,
				    const struct net_device *dev)
{
	if (likely(!(dev->flags & IFF_LOOPBACK) && !netif_is_l3_master(dev)))
		return true;
	return kmgw_own_waits(peer, remote);
}

/**
 * kmgw_egress_again() - where would an endpoint send to?
 * @peer: endpoint
 * @egress: set, but for may_fragment
 *
 * Context: RCU read section, BH disabled.
 * Return: KMGW_REASON_NONE, or why it cannot send.
 */
static inline enum kmgw_reason kmgw_egress_again(struct kmgw_ep *peer,
						 struct kmgw_egress *egress)
{
	struct kmgw_path *path = rcu_dereference(peer->path);
	enum kmgw_reason reason = KMGW_REASON_NONE;

	if (unlikely(!path) || unlikely(path->hold))
		return KMGW_REASON_NO_REMOTE;
	egress->path = path;
	egress->dst = kmgw_path_route(peer, path, &reason);
	return reason;
}

/**
 * kmgw_egress() - may a datagram go on, and where to?
 * @peer: endpoint that is to send it
 * @skb: datagram as it was received; its sender is told when it is too big
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 * @grow: octets that the payload is going to grow by
 * @egress: set
 *
 * Context: RCU read section, BH disabled.
 * Return: KMGW_REASON_NONE, or why not.
 */
static __always_inline enum kmgw_reason
kmgw_egress(struct kmgw_ep *peer, struct sk_buff *skb, unsigned int l4off, int family, int grow,
	    struct kmgw_egress *egress)
{
	u8 ttl = family == AF_INET ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	enum kmgw_reason reason;
	unsigned int mtu, hlen;

	if (unlikely(ttl <= 1))
		return KMGW_REASON_TTL;
	reason = kmgw_egress_again(peer, egress);
	if (unlikely(reason))
		return reason;

	hlen = peer->key.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	egress->may_fragment = kmgw_may_fragment(skb, l4off, family, peer->key.family);
	if (egress->may_fragment)
		return KMGW_REASON_NONE;
	mtu = dst_mtu(egress->dst);
	if (unlikely(!kmgw_fits(skb, l4off, hlen + grow, mtu))) {
		kmgw_too_big(skb, family, mtu - hlen + l4off - grow);
		return KMGW_REASON_MTU;
	}
	return KMGW_REASON_NONE;
}

#endif /* _KMGW_EGRESS_H */
