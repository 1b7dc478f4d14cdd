// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors about what endpoints send.
 *
 * What an endpoint sends comes from no socket that the stack would find when a router answers
 * that it is too big. So the MTU is noted here, if the datagram inside is one that an endpoint
 * sends: from its local address to its destination. An error about a segment of TCP is told to the
 * far end that sent it, too (tcpicmp.c). The packet then goes on to the stack, which
 * for IPv4 believes every such packet, but does not look into VRFs.
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

#include "icmp.h"
#include "kmgw.h"
#include "lookup.h"

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

/* What an error says; false when it is no error that matters here. */
static bool kmgw_icmp_read4(const struct icmphdr *icmph, struct kmgw_icmp_error *err)
{
	err->type = icmph->type;
	err->code = icmph->code;
	if (icmph->type == ICMP_TIME_EXCEEDED)
		return true;
	if (icmph->type != ICMP_DEST_UNREACH)
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
	const struct kmgw_quote *quote;
	struct kmgw_icmp_error err = {};
	const struct icmphdr *icmph;
	struct in6_addr daddr = {};
	const struct iphdr *iph;
	struct kmgw_quote qbuf;
	struct icmphdr ibuf;
	struct kmgw_ep *ep;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph || !kmgw_icmp_read4(icmph, &err))
		return;
	if (!pskb_may_pull(skb, inner + sizeof(*iph)))
		return;
	iph = (const struct iphdr *)(skb->data + inner);
	if (iph->version != 4 || iph->ihl < 5 || iph->frag_off & htons(IP_OFFSET) ||
	    (iph->protocol != IPPROTO_UDP && iph->protocol != IPPROTO_TCP))
		return;
	quote = skb_header_pointer(skb, inner + iph->ihl * 4, sizeof(qbuf), &qbuf);
	if (!quote)
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = quote->source;
	key.l4 = iph->protocol;
	key.ip.v4 = iph->saddr;
	daddr.s6_addr32[0] = iph->daddr;
	ep = kmgw_icmp_sender(kn, &key, &daddr, quote->dest);
	if (!ep || nf_ip_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_ICMP))
		return;
	err.seq = ntohl(quote->seq);
	err.len = ntohs(iph->tot_len) - iph->ihl * 4;
	err.ttl = ip_hdr(skb)->ttl;
	if (key.l4 == KMGW_L4_TCP && !kmgw_tcp_error(ep, &err))
		return;
	if (!err.too_big)
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
	struct kmgw_key key = { .family = AF_INET6 };
	const struct kmgw_quote *quote;
	struct kmgw_icmp_error err = {};
	const struct icmp6hdr *icmph;
	const struct ipv6hdr *ip6h;
	struct kmgw_quote qbuf;
	struct icmp6hdr ibuf;
	struct kmgw_ep *ep;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph || !kmgw_icmp_read6(icmph, &err))
		return;
	if (!pskb_may_pull(skb, inner + sizeof(*ip6h)))
		return;
	ip6h = (const struct ipv6hdr *)(skb->data + inner);
	if (ip6h->version != 6 ||
	    (ip6h->nexthdr != IPPROTO_UDP && ip6h->nexthdr != IPPROTO_TCP))
		return;
	quote = skb_header_pointer(skb, inner + sizeof(*ip6h), sizeof(qbuf), &qbuf);
	if (!quote)
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = quote->source;
	key.l4 = ip6h->nexthdr;
	key.ip.v6 = ip6h->saddr;
	ep = kmgw_icmp_sender(kn, &key, &ip6h->daddr, quote->dest);
	if (!ep || nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_ICMPV6))
		return;
	err.seq = ntohl(quote->seq);
	err.len = ntohs(ip6h->payload_len);
	err.ttl = ipv6_hdr(skb)->hop_limit;
	if (key.l4 == KMGW_L4_TCP && !kmgw_tcp_error(ep, &err))
		return;
	if (!err.too_big)
		return;
	__skb_pull(skb, inner);
	ip6_update_pmtu(skb, kn->net, htonl(err.mtu), kmgw_icmp_oif(ep), 0, INVALID_UID);
	__skb_push(skb, inner);
}
