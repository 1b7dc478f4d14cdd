// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors about segments that were relayed.
 *
 * A router or host that cannot pass on what an endpoint sent tells the gateway; the one who has to
 * know is the far end that sent the segment. An error that quotes a segment of a running
 * connection, with a number that is under way in it (RFC 5927 4.1), is written anew in the
 * addresses, ports and family of the other side and sent there. Larger than the path: noted for the
 * route first, so that the gateway itself can tell from then on.
 *
 * What the new message quotes is the header and the eight octets that an end needs to find the
 * connection (RFC 792), not what else the old one quoted. Its TTL is that of the old one less one:
 * gateways that face each other do not send it round for ever.
 *
 * Context: softirq, RCU read section, BH disabled, no lock.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "datagram.h"
#include "flow.h"
#include "icmp.h"
#include "kmgw.h"
#include "path.h"

/* IPv4 to IPv6 and back (RFC 7915 4.2, 5.2). */
static void kmgw_error_translate(struct kmgw_icmp_error *err, int from, int to)
{
	if (from == to)
		return;
	if (from == AF_INET) {
		if (err->type == ICMP_TIME_EXCEEDED) {
			err->type = ICMPV6_TIME_EXCEED;
			return;
		}
		switch (err->code) {
		case ICMP_FRAG_NEEDED:
			err->type = ICMPV6_PKT_TOOBIG;
			err->code = 0;
			return;
		case ICMP_PORT_UNREACH:
		case ICMP_PROT_UNREACH:
			err->code = ICMPV6_PORT_UNREACH;
			break;
		case ICMP_NET_ANO:
		case ICMP_HOST_ANO:
		case ICMP_PKT_FILTERED:
			err->code = ICMPV6_ADM_PROHIBITED;
			break;
		default:
			err->code = ICMPV6_NOROUTE;
			break;
		}
		err->type = ICMPV6_DEST_UNREACH;
		return;
	}
	switch (err->type) {
	case ICMPV6_PKT_TOOBIG:
		err->type = ICMP_DEST_UNREACH;
		err->code = ICMP_FRAG_NEEDED;
		return;
	case ICMPV6_TIME_EXCEED:
		err->type = ICMP_TIME_EXCEEDED;
		return;
	default:
		break;
	}
	err->type = ICMP_DEST_UNREACH;
	if (err->code == ICMPV6_PORT_UNREACH)
		err->code = ICMP_PORT_UNREACH;
	else if (err->code == ICMPV6_ADM_PROHIBITED)
		err->code = ICMP_HOST_ANO;
	else
		err->code = ICMP_HOST_UNREACH;
}

static void kmgw_error_fill4(struct sk_buff *skb, const struct kmgw_ep *ep,
			     const struct kmgw_addr *remote, const struct kmgw_icmp_error *err,
			     const struct kmgw_quote *quote)
{
	struct icmphdr *icmph = skb_put_zero(skb, sizeof(*icmph));
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	icmph->type = err->type;
	icmph->code = err->code;
	if (err->too_big)
		icmph->un.frag.mtu = htons(min_t(u32, err->mtu, U16_MAX));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + err->len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = 1;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = remote->ip.v4;
	iph->daddr = ep->key.ip.v4;
	ip_send_check(iph);
	skb_put_data(skb, quote, sizeof(*quote));
	icmph->checksum = ip_compute_csum(icmph, skb->len);
}

static void kmgw_error_fill6(struct sk_buff *skb, const struct kmgw_ep *ep,
			     const struct kmgw_addr *remote, const struct kmgw_icmp_error *err,
			     const struct kmgw_quote *quote)
{
	struct icmp6hdr *icmph = skb_put_zero(skb, sizeof(*icmph));
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	icmph->icmp6_type = err->type;
	icmph->icmp6_code = err->code;
	if (err->too_big)
		icmph->icmp6_mtu = htonl(err->mtu);
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->payload_len = htons(err->len);
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = 1;
	ip6h->saddr = remote->ip.v6;
	ip6h->daddr = ep->key.ip.v6;
	skb_put_data(skb, quote, sizeof(*quote));
	icmph->icmp6_cksum = csum_ipv6_magic(&ep->key.ip.v6, &remote->ip.v6, skb->len,
					     IPPROTO_ICMPV6, csum_partial(icmph, skb->len, 0));
}

/* Tell the far end of an endpoint, which sent what is quoted. */
static void kmgw_error_send(struct kmgw_ep *ep, const struct kmgw_icmp_error *err)
{
	struct kmgw_path *path = rcu_dereference(ep->path);
	bool v4 = ep->key.family == AF_INET;
	struct kmgw_quote quote;
	enum kmgw_reason reason;
	struct dst_entry *dst;
	struct sk_buff *skb;

	if (!path || path->hold)
		return;
	dst = kmgw_path_route(ep, path, &reason);
	if (!dst || !kmgw_own_allowed(ep, &path->remote, dst->dev))
		return;
	skb = alloc_skb(LL_MAX_HEADER + 2 * sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr) +
			sizeof(quote), GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, LL_MAX_HEADER + sizeof(struct ipv6hdr));
	quote.source = path->remote.port;
	quote.dest = ep->key.port;
	quote.seq = htonl(err->seq);
	skb_reset_transport_header(skb);
	if (v4)
		kmgw_error_fill4(skb, ep, &path->remote, err, &quote);
	else
		kmgw_error_fill6(skb, ep, &path->remote, err, &quote);
	skb->protocol = v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->dev = dst->dev;
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	skb_dst_set_noref(skb, dst);
	kmgw_send_made(skb, ep, &path->remote, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 0, err->ttl - 1);
}

/* Is a segment with this number on its way to the far end of @to? */
static bool kmgw_error_fits(struct kmgw_flow *flow, struct kmgw_side *to, u32 seq)
{
	struct kmgw_side *from = kmgw_flow_other(flow, to);
	bool fits;

	spin_lock_bh(&flow->lock);
	fits = flow->phase >= KMGW_PHASE_HALF && flow->phase <= KMGW_PHASE_ENDED && from->known &&
	       !after(seq, READ_ONCE(from->end)) &&
	       !before(seq, flow->phase == KMGW_PHASE_HALF ? from->isn : READ_ONCE(to->ack));
	spin_unlock_bh(&flow->lock);
	return fits;
}

/**
 * kmgw_tcp_error() - an ICMP error about a segment that an endpoint sent
 * @ep: the endpoint; the quoted addresses and ports are its own and that of its far end
 * @err: the error, in the family of @ep
 *
 * Return: true when it is about the connection of the endpoint; the caller then notes the MTU.
 */
bool kmgw_tcp_error(struct kmgw_ep *ep, const struct kmgw_icmp_error *err)
{
	struct kmgw_flow *flow = rcu_dereference(ep->flow);
	struct kmgw_icmp_error new = *err;
	struct kmgw_ep *peer;
	int family;

	if (!flow || !kmgw_error_fits(flow, kmgw_flow_side(flow, ep), err->seq))
		return false;
	peer = rcu_dereference(ep->peer);
	if (!peer || rcu_access_pointer(peer->flow) != flow || err->ttl <= 1)
		return true;
	family = peer->key.family;
	kmgw_error_translate(&new, ep->key.family, family);
	if (ep->key.family == AF_INET && family == AF_INET6)
		new.mtu = max_t(u32, err->mtu + sizeof(struct ipv6hdr) - sizeof(struct iphdr),
				IPV6_MIN_MTU);
	else if (ep->key.family == AF_INET6 && family == AF_INET)
		new.mtu = err->mtu - sizeof(struct ipv6hdr) + sizeof(struct iphdr);
	kmgw_error_send(peer, &new);
	return true;
}
