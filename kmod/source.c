// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: who may send to an endpoint.
 *
 * The hook comes before the checks that routing makes of a source address, and routing never sees
 * what it takes. So these are made here. Context: softirq, RCU read section.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "kmgw.h"
#include "lookup.h"
#include "rewrite.h"
#include "source.h"

/*
 * An address of our own is a good source only if what sent it is another endpoint of the gateway,
 * and then it came by no wire.
 */
static bool kmgw_source_hairpin(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				__be16 port)
{
	struct kmgw_key key = {
		.l3mdev = ep->key.l3mdev,
		.port = port,
		.l4 = ep->l4,
		.family = family,
	};

	if (!(skb->dev->flags & IFF_LOOPBACK) && !netif_is_l3_master(skb->dev))
		return false;
	if (family == AF_INET)
		key.ip.v4 = ip_hdr(skb)->saddr;
	else
		key.ip.v6 = ipv6_hdr(skb)->saddr;
	return kmgw_ep_lookup(ep->kn, &key);
}

static bool kmgw_source_check4(struct kmgw_ep *ep, const struct sk_buff *skb, __be16 port)
{
	u64 known = kmgw_source_known(ep, skb);
	__be32 saddr = ip_hdr(skb)->saddr;

	if (ipv4_is_zeronet(saddr) || ipv4_is_loopback(saddr) || ipv4_is_multicast(saddr) ||
	    ipv4_is_lbcast(saddr))
		return false;
	switch (inet_addr_type_dev_table(ep->kn->net, skb->dev, saddr)) {
	case RTN_LOCAL:
		return kmgw_source_hairpin(ep, skb, AF_INET, port);
	case RTN_BROADCAST:
	case RTN_MULTICAST:
		return false;
	default:
		atomic64_set(&ep->own_source, known);
		return !(skb->dev->flags & IFF_LOOPBACK);
	}
}

static bool kmgw_source_check6(struct kmgw_ep *ep, const struct sk_buff *skb, __be16 port)
{
	const struct in6_addr *saddr = &ipv6_hdr(skb)->saddr;

	if (ipv6_addr_is_multicast(saddr) || ipv6_addr_any(saddr) || ipv6_addr_loopback(saddr) ||
	    ipv6_addr_v4mapped(saddr))
		return false;
	if (ipv6_chk_addr(ep->kn->net, saddr, skb->dev, 0))
		return kmgw_source_hairpin(ep, skb, AF_INET6, port);
	return !(skb->dev->flags & IFF_LOOPBACK);
}

/**
 * kmgw_source_check() - can a packet come from where it says?
 * @ep: endpoint it is addressed to
 * @skb: packet
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * Return: true when it can.
 */
bool kmgw_source_check(struct kmgw_ep *ep, const struct sk_buff *skb, int family, __be16 port)
{
	return family == AF_INET ? kmgw_source_check4(ep, skb, port) :
				   kmgw_source_check6(ep, skb, port);
}

static bool kmgw_rule_match(const struct kmgw_rule *rule, const u32 *src, int family, u16 port)
{
	const u32 *ip = (const u32 *)&rule->ip, *mask = (const u32 *)&rule->mask;
	u32 differs = 0;

	if (port < rule->port_min || port > rule->port_max)
		return false;
	if (!rule->family)
		return true;
	if (family == AF_INET6)
		differs = kmgw_match_word(src[1], ip[1], mask[1]) |
			  kmgw_match_word(src[2], ip[2], mask[2]) |
			  kmgw_match_word(src[3], ip[3], mask[3]);
	return !(differs | kmgw_match_word(src[0], ip[0], mask[0]));
}

/**
 * kmgw_filter_match() - may this source send to an endpoint?
 * @filter: filter of the endpoint
 * @skb: packet
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * Return: true when it may.
 */
bool kmgw_filter_match(const struct kmgw_filter *filter, const struct sk_buff *skb, int family,
		       __be16 port)
{
	const u32 *src = family == AF_INET ? (const u32 *)&ip_hdr(skb)->saddr :
					     (const u32 *)&ipv6_hdr(skb)->saddr;
	u32 i;

	for (i = 0; i < filter->count; i++)
		if (kmgw_rule_match(&filter->rule[i], src, family, ntohs(port)))
			return true;
	return false;
}
