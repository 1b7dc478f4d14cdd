// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors go onward to the sender on the other side.
 *
 * A router or host that cannot deliver what an endpoint sends answers the gateway, which has made
 * up nothing of it: the datagram came from the far end of the peer. That one is told the same, in
 * the words of its own family, about the datagram as it had sent it. Of the datagram only the
 * headers are quoted: what one side carries inside is nothing for the other.
 *
 * "Too big" does not come here. The path MTU is noted, and the next datagram that is too big is
 * answered. The stack sends the messages, and limits how many.
 *
 * Context: softirq, RCU read section.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "icmp.h"
#include "kmgw.h"
#include "path.h"
#include "rewrite.h"

struct kmgw_icmp_code {
	u8 type;
	u8 code;
};

static const struct kmgw_icmp_code kmgw_icmp4_codes[] = {
	[KMGW_ICMP_HOST] = { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH },
	[KMGW_ICMP_PORT] = { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH },
	[KMGW_ICMP_ADMIN] = { ICMP_DEST_UNREACH, ICMP_PKT_FILTERED },
	[KMGW_ICMP_TTL] = { ICMP_TIME_EXCEEDED, ICMP_EXC_TTL },
};

static const struct kmgw_icmp_code kmgw_icmp6_codes[] = {
	[KMGW_ICMP_HOST] = { ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH },
	[KMGW_ICMP_PORT] = { ICMPV6_DEST_UNREACH, ICMPV6_PORT_UNREACH },
	[KMGW_ICMP_ADMIN] = { ICMPV6_DEST_UNREACH, ICMPV6_ADM_PROHIBITED },
	[KMGW_ICMP_TTL] = { ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT },
};

/**
 * kmgw_icmp4_error() - what an ICMP message says
 * @type: of the message
 * @code: of the message
 *
 * Return: what it says; KMGW_ICMP_NONE for what is not to go onward.
 */
enum kmgw_icmp_error kmgw_icmp4_error(u8 type, u8 code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return code == ICMP_EXC_TTL ? KMGW_ICMP_TTL : KMGW_ICMP_NONE;
	if (type != ICMP_DEST_UNREACH)
		return KMGW_ICMP_NONE;
	switch (code) {
	case ICMP_FRAG_NEEDED:
		return KMGW_ICMP_NONE;
	case ICMP_PROT_UNREACH:
	case ICMP_PORT_UNREACH:
		return KMGW_ICMP_PORT;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return KMGW_ICMP_ADMIN;
	default:
		return KMGW_ICMP_HOST;
	}
}

/**
 * kmgw_icmp6_error() - what an ICMPv6 message says
 * @type: of the message
 * @code: of the message
 *
 * Return: what it says; KMGW_ICMP_NONE for what is not to go onward.
 */
enum kmgw_icmp_error kmgw_icmp6_error(u8 type, u8 code)
{
	if (type == ICMPV6_TIME_EXCEED)
		return code == ICMPV6_EXC_HOPLIMIT ? KMGW_ICMP_TTL : KMGW_ICMP_NONE;
	if (type != ICMPV6_DEST_UNREACH)
		return KMGW_ICMP_NONE;
	switch (code) {
	case ICMPV6_PORT_UNREACH:
		return KMGW_ICMP_PORT;
	case ICMPV6_ADM_PROHIBITED:
	case ICMPV6_POLICY_FAIL:
	case ICMPV6_REJECT_ROUTE:
		return KMGW_ICMP_ADMIN;
	default:
		return KMGW_ICMP_HOST;
	}
}

static void kmgw_icmp_put_ip4(struct sk_buff *skb, const struct kmgw_addr *from,
			      const struct kmgw_key *to, const struct kmgw_quote *quote)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(sizeof(*iph) + ntohs(quote->uh->len));
	iph->frag_off = htons(IP_DF);
	iph->ttl = quote->ttl;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = from->ip.v4;
	iph->daddr = to->ip.v4;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void kmgw_icmp_put_ip6(struct sk_buff *skb, const struct kmgw_addr *from,
			      const struct kmgw_key *to, const struct kmgw_quote *quote)
{
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	ip6h->version = 6;
	ip6h->payload_len = quote->uh->len;
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = quote->ttl;
	ip6h->saddr = from->ip.v6;
	ip6h->daddr = to->ip.v6;
	skb->protocol = htons(ETH_P_IPV6);
}

/* The checksum covers what this side does not have: it is changed, as that of the datagram was. */
static __sum16 kmgw_icmp_check(const struct kmgw_addr *from, const struct kmgw_key *to,
			       const struct kmgw_quote *quote)
{
	u64 delta = 0;

	if (!quote->uh->check)
		return 0;
	/* the other words of an IPv4 address are zero, and add nothing */
	delta = kmgw_sum_sub(delta, (const u32 *)quote->addrs, quote->words);
	delta = kmgw_sum_sub(delta, (const u32 *)&quote->uh->source, 1);
	delta = kmgw_sum_add(delta, (const u32 *)&from->ip.v6, 4);
	delta = kmgw_sum_add(delta, (const u32 *)&to->ip.v6, 4);
	delta += (__force u16)from->port;
	delta += (__force u16)to->port;
	return (__force __sum16)kmgw_csum_full((__force u16)quote->uh->check, delta);
}

/* The headers of a datagram as the far end of an endpoint sends it. */
static struct sk_buff *kmgw_icmp_rebuild(const struct kmgw_addr *from, const struct kmgw_key *to,
					 const struct kmgw_quote *quote)
{
	struct sk_buff *skb;
	struct udphdr *uh;

	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) + sizeof(*uh), GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_MAX_HEADER);
	skb_reset_network_header(skb);
	if (to->family == AF_INET)
		kmgw_icmp_put_ip4(skb, from, to, quote);
	else
		kmgw_icmp_put_ip6(skb, from, to, quote);
	skb_set_transport_header(skb, skb->len);
	uh = skb_put(skb, sizeof(*uh));
	uh->source = from->port;
	uh->dest = to->port;
	uh->len = quote->uh->len;
	uh->check = kmgw_icmp_check(from, to, quote);
	return skb;
}

/**
 * kmgw_icmp_forward() - tell the far end of the peer that its datagram was not delivered
 * @ep: endpoint that had sent it onward
 * @error: what was said
 * @quote: the datagram, as the message quotes it
 */
void kmgw_icmp_forward(struct kmgw_ep *ep, enum kmgw_icmp_error error,
		       const struct kmgw_quote *quote)
{
	const struct kmgw_icmp_code *code;
	enum kmgw_reason reason;
	struct kmgw_path *path;
	struct dst_entry *dst;
	struct kmgw_ep *peer;
	struct sk_buff *skb;

	peer = rcu_dereference(ep->peer);
	path = peer ? rcu_dereference(peer->path) : NULL;
	if (error == KMGW_ICMP_NONE || !path || path->hold)
		return;
	/* By no wire: another context of ours; that a datagram died there is counted there. */
	dst = kmgw_path_route(peer, path, &reason);
	if (!dst || (dst->dev->flags & IFF_LOOPBACK))
		return;
	skb = kmgw_icmp_rebuild(&path->remote, &peer->key, quote);
	if (!skb)
		return;
	skb->dev = dst->dev;
	if (peer->key.family == AF_INET) {
		code = &kmgw_icmp4_codes[error];
		if (!ip_route_input_noref(skb, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr, 0,
					  skb->dev))
			icmp_send(skb, code->type, code->code, 0);
	} else {
		code = &kmgw_icmp6_codes[error];
		IP6CB(skb)->iif = skb->dev->ifindex;
		icmpv6_send(skb, code->type, code->code, 0);
	}
	kfree_skb(skb);
}
