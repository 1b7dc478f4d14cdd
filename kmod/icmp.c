// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors about what endpoints send.
 *
 * What an endpoint sends comes from no socket that the stack would find when a router answers.
 * So the answer is looked at here, if the datagram inside is one that an endpoint sends: from its
 * local address to its destination, told or latched. That it is too big is noted for the path;
 * anything else goes onward to where the datagram came from. The packet then goes on to the stack,
 * which for IPv4 believes every router about the MTU, but does not look into VRFs.
 *
 * Context: softirq, RCU read section.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
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

/**
 * kmgw_icmp4() - look at an ICMP packet
 * @kn: namespace
 * @skb: packet; data at the IP header; left as it is
 * @l4off: offset of the ICMP header
 */
void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off)
{
	unsigned int inner = l4off + sizeof(struct icmphdr);
	struct kmgw_key key = { .l4 = KMGW_L4_UDP, .family = AF_INET };
	enum kmgw_icmp_error error;
	const struct icmphdr *icmph;
	struct in6_addr daddr = {};
	struct kmgw_quote quote;
	const struct udphdr *uh;
	const struct iphdr *iph;
	struct icmphdr ibuf;
	struct udphdr ubuf;
	struct kmgw_ep *ep;
	bool too_big;
	u32 mtu;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph)
		return;
	too_big = icmph->type == ICMP_DEST_UNREACH && icmph->code == ICMP_FRAG_NEEDED;
	error = kmgw_icmp4_error(icmph->type, icmph->code);
	if (!too_big && error == KMGW_ICMP_NONE)
		return;
	mtu = ntohs(icmph->un.frag.mtu);
	if (!pskb_may_pull(skb, inner + sizeof(*iph)) || nf_ip_checksum(skb, NF_INET_PRE_ROUTING,
									l4off, IPPROTO_ICMP))
		return;
	iph = (const struct iphdr *)(skb->data + inner);
	if (iph->version != 4 || iph->ihl < 5 || iph->protocol != IPPROTO_UDP ||
	    iph->frag_off & htons(IP_OFFSET))
		return;
	uh = skb_header_pointer(skb, inner + iph->ihl * 4, sizeof(ubuf), &ubuf);
	if (!uh)
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = uh->source;
	key.ip.v4 = iph->saddr;
	daddr.s6_addr32[0] = iph->daddr;
	ep = kmgw_icmp_sender(kn, &key, &daddr, uh->dest);
	if (!ep)
		return;
	if (!too_big) {
		quote = (struct kmgw_quote){
			.addrs = &iph->saddr,
			.words = 2,
			.ttl = iph->ttl,
			.uh = uh,
		};
		kmgw_icmp_forward(ep, error, &quote);
		return;
	}
	__skb_pull(skb, inner);
	ipv4_update_pmtu(skb, kn->net, mtu, kmgw_icmp_oif(ep), IPPROTO_UDP);
	__skb_push(skb, inner);
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
	struct kmgw_key key = { .l4 = KMGW_L4_UDP, .family = AF_INET6 };
	const struct icmp6hdr *icmph;
	enum kmgw_icmp_error error;
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	struct kmgw_quote quote;
	struct icmp6hdr ibuf;
	struct udphdr ubuf;
	struct kmgw_ep *ep;
	bool too_big;
	__be32 mtu;

	icmph = skb_header_pointer(skb, l4off, sizeof(ibuf), &ibuf);
	if (!icmph)
		return;
	too_big = icmph->icmp6_type == ICMPV6_PKT_TOOBIG;
	error = kmgw_icmp6_error(icmph->icmp6_type, icmph->icmp6_code);
	if (!too_big && error == KMGW_ICMP_NONE)
		return;
	mtu = icmph->icmp6_mtu;
	if (!pskb_may_pull(skb, inner + sizeof(*ip6h)) ||
	    nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_ICMPV6))
		return;
	ip6h = (const struct ipv6hdr *)(skb->data + inner);
	if (ip6h->version != 6 || ip6h->nexthdr != IPPROTO_UDP)
		return;
	uh = skb_header_pointer(skb, inner + sizeof(*ip6h), sizeof(ubuf), &ubuf);
	if (!uh)
		return;

	key.l3mdev = l3mdev_master_ifindex_rcu(skb->dev);
	key.port = uh->source;
	key.ip.v6 = ip6h->saddr;
	ep = kmgw_icmp_sender(kn, &key, &ip6h->daddr, uh->dest);
	if (!ep)
		return;
	if (!too_big) {
		quote = (struct kmgw_quote){
			.addrs = &ip6h->saddr,
			.words = 8,
			.ttl = ip6h->hop_limit,
			.uh = uh,
		};
		kmgw_icmp_forward(ep, error, &quote);
		return;
	}
	__skb_pull(skb, inner);
	ip6_update_pmtu(skb, kn->net, mtu, kmgw_icmp_oif(ep), 0, INVALID_UID);
	__skb_push(skb, inner);
}
