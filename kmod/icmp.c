// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors about what endpoints send.
 *
 * What an endpoint sends comes from no socket that the stack would find when a router or host
 * answers that it did not arrive. So the answer is looked at here, if the packet inside is one that
 * an endpoint sends: from its local address to its destination, told or latched. That it was too
 * big is noted for the route; and the far end that sent it is told (icmp_tell.c). Nothing else
 * follows from what anybody can make up. The packet then goes on to the stack, which believes every
 * router about the MTU, for IPv6 only in newer kernels, but does not look into VRFs.
 *
 * What is not told is counted, but not among the datagrams that were dropped: it is none.
 *
 * Context: softirq, RCU read section.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "datagram.h"
#include "icmp.h"
#include "kmgw.h"
#include "lookup.h"
#include "stats.h"

/* Is there an endpoint that sends from here to there? */
static struct kmgw_ep *kmgw_icmp_sender(struct kmgw_net *kn, const struct kmgw_key *key,
					const struct in6_addr *daddr, __be16 dport)
{
	const struct kmgw_path *path;
	struct kmgw_ep *ep;

	ep = kmgw_ep_lookup(kn, key);
	if (!ep)
		return NULL;
	path = rcu_dereference(ep->path);
	if (!path || path->hold || path->remote.port != dport ||
	    !ipv6_addr_equal(&path->remote.ip.v6, daddr))
		return NULL;
	return ep;
}

static int kmgw_icmp_oif(const struct kmgw_ep *ep)
{
	return READ_ONCE(ep->ifindex) ? : ep->vrf;
}

/*
 * Can it come from where it says? From our own addresses come those of our own stack, for which a
 * neighbour did not answer, and of other contexts.
 */
static bool kmgw_icmp_source_ok(struct kmgw_ep *ep, const struct sk_buff *skb)
{
	if (skb->dev->flags & IFF_LOOPBACK || netif_is_l3_master(skb->dev))
		return true;
	return !kmgw_source_admit(ep, skb, ep->key.family, 0);
}

/* Tell who has to know; true when the MTU is to be noted. */
static bool kmgw_icmp_take(struct kmgw_ep *ep, const struct sk_buff *skb,
			   const struct kmgw_icmp_error *err)
{
	enum kmgw_reason reason = KMGW_REASON_ICMP_UNFIT;
	bool fits;

	fits = kmgw_icmp_source_ok(ep, skb) &&
	       (ep->l4 == KMGW_L4_UDP || kmgw_tcp_error_fits(ep, err));
	if (fits)
		reason = kmgw_error_tell(ep, err);
	if (reason)
		kmgw_account_error(ep, reason);
	return fits && err->too_big;
}

/* What an error says; false when it is no error that matters here. */
static bool kmgw_icmp_read4(const struct icmphdr *icmph, struct kmgw_icmp_error *err)
{
	err->type = icmph->type;
	err->code = icmph->code;
	if (icmph->type == ICMP_TIME_EXCEEDED)
		return true;
	if (icmph->type != ICMP_DEST_UNREACH || icmph->code > NR_ICMP_UNREACH)
		return false;
	err->too_big = icmph->code == ICMP_FRAG_NEEDED;
	if (err->too_big)
		err->mtu = ntohs(icmph->un.frag.mtu);
	return true;
}

/**
 * kmgw_icmp4() - look at an ICMP packet
 * @kn: namespace
 * @skb: packet; data at the IP header; left as it is
 * @l4off: offset of the ICMP header
 */
void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off)
{
	unsigned int inner = l4off + sizeof(struct icmphdr);
	struct kmgw_key key = { .family = AF_INET };
	struct kmgw_icmp_error err = {};
	const struct icmphdr *icmph;
	struct in6_addr daddr = {};
	const struct iphdr *iph;
	struct icmphdr ibuf;
	struct kmgw_ep *ep;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph || !kmgw_icmp_read4(icmph, &err))
		return;
	if (!pskb_may_pull(skb, inner + sizeof(*iph)))
		return;
	iph = (const struct iphdr *)(skb->data + inner);
	if (iph->version != 4 || iph->ihl < 5 || iph->frag_off & htons(IP_OFFSET) ||
	    ntohs(iph->tot_len) < iph->ihl * 4 + sizeof(err.quote) ||
	    (iph->protocol != IPPROTO_UDP && iph->protocol != IPPROTO_TCP))
		return;
	if (skb_copy_bits(skb, inner + iph->ihl * 4, &err.quote, sizeof(err.quote)))
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = err.quote.source;
	key.l4 = iph->protocol;
	key.ip.v4 = iph->saddr;
	daddr.s6_addr32[0] = iph->daddr;
	ep = kmgw_icmp_sender(kn, &key, &daddr, err.quote.dest);
	if (!ep || ip_hdr(skb)->daddr != iph->saddr ||
	    nf_ip_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_ICMP))
		return;
	err.len = ntohs(iph->tot_len) - iph->ihl * 4;
	err.ttl = ip_hdr(skb)->ttl;
	err.df = iph->frag_off & htons(IP_DF);
	err.cut = iph->frag_off & htons(IP_MF);
	if (!kmgw_icmp_take(ep, skb, &err))
		return;
	__skb_pull(skb, inner);
	ipv4_update_pmtu(skb, kn->net, err.mtu, kmgw_icmp_oif(ep), key.l4);
	__skb_push(skb, inner);
}

/* The same for IPv6. */
static bool kmgw_icmp_read6(const struct icmp6hdr *icmph, struct kmgw_icmp_error *err)
{
	err->type = icmph->icmp6_type;
	err->code = icmph->icmp6_code;
	err->too_big = icmph->icmp6_type == ICMPV6_PKT_TOOBIG;
	if (err->too_big)
		err->mtu = ntohl(icmph->icmp6_mtu);
	return err->too_big || icmph->icmp6_type == ICMPV6_TIME_EXCEED ||
	       icmph->icmp6_type == ICMPV6_DEST_UNREACH;
}

/**
 * kmgw_icmp6() - look at an ICMPv6 packet
 * @kn: namespace
 * @skb: packet; data at the IPv6 header; left as it is
 * @l4off: offset of the ICMPv6 header
 */
void kmgw_icmp6(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off)
{
	unsigned int inner = l4off + sizeof(struct icmp6hdr);
	struct kmgw_icmp_error err = { .df = true };
	struct kmgw_key key = { .family = AF_INET6 };
	int at = inner + sizeof(struct ipv6hdr);
	const struct icmp6hdr *icmph;
	const struct ipv6hdr *ip6h;
	struct icmp6hdr ibuf;
	struct kmgw_ep *ep;
	__be16 frag = 0;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph || !kmgw_icmp_read6(icmph, &err))
		return;
	if (!pskb_may_pull(skb, at))
		return;
	ip6h = (const struct ipv6hdr *)(skb->data + inner);
	if (ip6h->version != 6)
		return;
	key.l4 = ip6h->nexthdr;
	if (key.l4 == NEXTHDR_FRAGMENT) {
		at = ipv6_skip_exthdr(skb, at, &key.l4, &frag);
		if (at < 0 || frag & htons(IP6_OFFSET))
			return;
		err.cut = true;
	}
	if ((key.l4 != IPPROTO_UDP && key.l4 != IPPROTO_TCP) ||
	    skb_copy_bits(skb, at, &err.quote, sizeof(err.quote)))
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = err.quote.source;
	key.ip.v6 = ip6h->saddr;
	ep = kmgw_icmp_sender(kn, &key, &ip6h->daddr, err.quote.dest);
	if (!ep || !ipv6_addr_equal(&ipv6_hdr(skb)->daddr, &ip6h->saddr) ||
	    nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_ICMPV6))
		return;
	err.len = ntohs(ip6h->payload_len);
	err.ttl = ipv6_hdr(skb)->hop_limit;
	if (!kmgw_icmp_take(ep, skb, &err))
		return;
	__skb_pull(skb, inner);
	ip6_update_pmtu(skb, kn->net, htonl(err.mtu), kmgw_icmp_oif(ep), 0, INVALID_UID);
	__skb_push(skb, inner);
}
