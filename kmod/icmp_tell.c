// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ICMP errors about what was relayed go onward to who sent it.
 *
 * A router or host that cannot pass on what an endpoint sends tells the gateway; the one who has to
 * know is the far end of the peer, from which it came. An error that fits what the endpoint sends
 * is written anew in the addresses, ports and family of the other side and sent there.
 *
 * It fits a connection if it quotes a number that is under way in it (RFC 5927 4.1). Datagrams have
 * no numbers: each that was sent can be complained about once, and only the last ones. About
 * records of DTLS nothing is told: who sent what is in them has never seen them.
 *
 * What the new message quotes is the header and the eight octets that an end needs to find its
 * connection or socket (RFC 792), not what else the old one quoted. Its TTL is that of the old one
 * less one: gateways that face each other do not send it round for ever. Whatever others make up,
 * no far end is told more than so many a second.
 *
 * Context: softirq, RCU read section, BH disabled; of a connection, its lock.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/addrconf.h>
#include <net/icmp.h>
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
#include "police.h"
#include "rewrite.h"

#define KMGW_ERROR_COST		(NSEC_PER_SEC / 10)	/* 10 a second */
#define KMGW_ERROR_AHEAD	(9 * KMGW_ERROR_COST)	/* all of them at once */
#define KMGW_ERROR_RECENT	64			/* datagrams an error may be about */

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
		case ICMP_PREC_CUTOFF:
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
	switch (err->code) {
	case ICMPV6_PORT_UNREACH:
		err->code = ICMP_PORT_UNREACH;
		break;
	case ICMPV6_ADM_PROHIBITED:
	case ICMPV6_POLICY_FAIL:
	case ICMPV6_REJECT_ROUTE:
		err->code = ICMP_HOST_ANO;
		break;
	default:
		err->code = ICMP_HOST_UNREACH;
		break;
	}
}

/* The MTU that the sender has to keep to, in its family. */
static u32 kmgw_error_mtu(u32 mtu, int from, int to)
{
	if (from == AF_INET && to == AF_INET6)
		mtu += sizeof(struct ipv6hdr) - sizeof(struct iphdr);
	else if (from == AF_INET6 && to == AF_INET)
		mtu -= min_t(u32, mtu, sizeof(struct ipv6hdr) - sizeof(struct iphdr));
	return max_t(u32, mtu, to == AF_INET ? IPV4_MIN_MTU : IPV6_MIN_MTU);
}

static void kmgw_error_fill4(struct sk_buff *skb, const struct kmgw_ep *ep,
			     const struct kmgw_addr *remote, const struct kmgw_icmp_error *err)
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
	iph->frag_off = htons(err->df ? IP_DF : 0);
	iph->ttl = 1;
	iph->protocol = ep->l4;
	iph->saddr = remote->ip.v4;
	iph->daddr = ep->key.ip.v4;
	ip_send_check(iph);
	skb_put_data(skb, &err->quote, sizeof(err->quote));
	icmph->checksum = ip_compute_csum(icmph, skb->len);
}

static void kmgw_error_fill6(struct sk_buff *skb, const struct kmgw_ep *ep,
			     const struct kmgw_addr *remote, const struct kmgw_icmp_error *err)
{
	struct icmp6hdr *icmph = skb_put_zero(skb, sizeof(*icmph));
	struct ipv6hdr *ip6h = skb_put_zero(skb, sizeof(*ip6h));

	icmph->icmp6_type = err->type;
	icmph->icmp6_code = err->code;
	if (err->too_big)
		icmph->icmp6_mtu = htonl(err->mtu);
	ip6_flow_hdr(ip6h, 0, 0);
	ip6h->payload_len = htons(err->len);
	ip6h->nexthdr = ep->l4;
	ip6h->hop_limit = 1;
	ip6h->saddr = remote->ip.v6;
	ip6h->daddr = ep->key.ip.v6;
	skb_put_data(skb, &err->quote, sizeof(err->quote));
	icmph->icmp6_cksum = csum_ipv6_magic(&ep->key.ip.v6, &remote->ip.v6, skb->len,
					     IPPROTO_ICMPV6, csum_partial(icmph, skb->len, 0));
}

/* As if a router had sent it: the stack counts only what it has made itself. */
static void kmgw_error_count(struct net *net, const struct net_device *dev, bool v4, u8 type)
{
	struct inet6_dev *idev;

	if (v4) {
		ICMP_INC_STATS(net, ICMP_MIB_OUTMSGS);
		ICMPMSGOUT_INC_STATS(net, type);
		return;
	}
	idev = __in6_dev_get(dev);
	ICMP6_INC_STATS(net, idev, ICMP6_MIB_OUTMSGS);
	ICMP6MSGOUT_INC_STATS(net, idev, type);
}

static void kmgw_error_send(struct kmgw_ep *ep, struct kmgw_path *path,
			    const struct kmgw_icmp_error *err)
{
	bool v4 = ep->key.family == AF_INET;
	enum kmgw_reason reason;
	struct dst_entry *dst;
	struct sk_buff *skb;

	dst = kmgw_path_route(ep, path, &reason);
	if (!dst || !kmgw_own_allowed(ep, &path->remote, dst->dev))
		return;
	skb = alloc_skb(LL_MAX_HEADER + 2 * sizeof(struct ipv6hdr) + sizeof(struct icmp6hdr) +
			sizeof(err->quote), GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, LL_MAX_HEADER + sizeof(struct ipv6hdr));
	skb_reset_transport_header(skb);
	if (v4)
		kmgw_error_fill4(skb, ep, &path->remote, err);
	else
		kmgw_error_fill6(skb, ep, &path->remote, err);
	skb->protocol = v4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->dev = dst->dev;
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	skb_dst_set_noref(skb, dst);
	kmgw_error_count(ep->kn->net, dst->dev, v4, err->type);
	kmgw_send_made(skb, ep, &path->remote, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 0, err->ttl - 1);
}

/* The payload is not here: the checksum is changed back as it was changed on the way out. */
static __sum16 kmgw_error_check(const struct kmgw_ep *ep, const struct kmgw_addr *from,
				const struct kmgw_ep *peer, const struct kmgw_addr *to,
				const struct kmgw_quote *quote)
{
	u64 delta = 0;

	if (!quote->check)
		return 0;
	/* the other words of an IPv4 address are zero */
	delta = kmgw_sum_sub(delta, (const u32 *)&ep->key.ip.v6, ep->key.family == AF_INET ? 1 : 4);
	delta = kmgw_sum_sub(delta, (const u32 *)&from->ip.v6, ep->key.family == AF_INET ? 1 : 4);
	delta = kmgw_sum_sub(delta, (const u32 *)&quote->source, 1);
	delta = kmgw_sum_add(delta, (const u32 *)&peer->key.ip.v6, 4);
	delta = kmgw_sum_add(delta, (const u32 *)&to->ip.v6, 4);
	delta += (__force u16)peer->key.port;
	delta += (__force u16)to->port;
	return (__force __sum16)kmgw_csum_full((__force u16)quote->check, delta);
}

static bool kmgw_error_in_time(struct kmgw_ep *ep)
{
	s64 tat = atomic64_read(&ep->errors), now = ktime_get_ns(), next;

	do {
		next = kmgw_gcra(tat, now, KMGW_ERROR_COST, 0, KMGW_ERROR_AHEAD);
		if (next < 0)
			return false;
	} while (!atomic64_try_cmpxchg(&ep->errors, &tat, next));
	return true;
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
 * kmgw_tcp_error_fits() - is an ICMP error about a segment that an endpoint sent?
 * @ep: the endpoint; the quoted addresses and ports are its own and that of its far end
 * @err: the error
 *
 * Return: true when it is about its connection.
 */
bool kmgw_tcp_error_fits(struct kmgw_ep *ep, const struct kmgw_icmp_error *err)
{
	struct kmgw_flow *flow = rcu_dereference(ep->flow);

	return flow && kmgw_error_fits(flow, kmgw_flow_side(flow, ep),
				       ntohl(err->quote.seq) - kmgw_flow_offset(flow, ep));
}

/* About one of the last datagrams, of which nothing was told yet? */
static bool kmgw_error_recent(struct kmgw_ep *ep)
{
	s64 told = atomic64_read(&ep->told), sent = atomic64_read(&ep->tx_packets), next;

	do {
		next = max(told, sent - KMGW_ERROR_RECENT) + 1;
		if (next > sent)
			return false;
	} while (!atomic64_try_cmpxchg(&ep->told, &told, next));
	return true;
}

static bool kmgw_udp_error_fits(struct kmgw_ep *ep, const struct kmgw_icmp_error *err)
{
	unsigned int size = ntohs(err->quote.len);

	size += ep->key.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	/* It would have fitted, or could have been cut. */
	if (err->too_big && (err->mtu >= size || !err->df))
		return false;
	return kmgw_error_recent(ep);
}

/**
 * kmgw_error_tell() - tell the far end of the peer, which sent what is quoted
 * @ep: endpoint that sent it on; the quoted addresses and ports are its own and that of its far end
 * @err: the error, in the family of @ep; of TCP it fits
 *
 * Return: KMGW_REASON_NONE, also when there is nobody to tell, or why it was not told.
 */
enum kmgw_reason kmgw_error_tell(struct kmgw_ep *ep, const struct kmgw_icmp_error *err)
{
	struct kmgw_path *from = rcu_dereference(ep->path), *to;
	struct kmgw_ep *peer = rcu_dereference(ep->peer);
	struct kmgw_icmp_error new = *err;
	struct kmgw_flow *flow = rcu_dereference(ep->flow);
	bool udp = ep->l4 == KMGW_L4_UDP;

	if (!peer || rcu_access_pointer(peer->flow) != flow ||
	    READ_ONCE(ep->security) || READ_ONCE(peer->security))
		return KMGW_REASON_NONE;
	to = rcu_dereference(peer->path);
	if (!from || !to || to->hold)
		return KMGW_REASON_NONE;
	/* What is cut on its way out is cut smaller from now on. */
	if (err->too_big && err->cut)
		return KMGW_REASON_NONE;
	if (err->ttl <= 1 || (udp && !kmgw_udp_error_fits(ep, err)))
		return KMGW_REASON_ICMP_UNFIT;
	if (!kmgw_error_in_time(peer))
		return KMGW_REASON_ICMP_RATE;

	kmgw_error_translate(&new, ep->key.family, peer->key.family);
	if (err->too_big)
		new.mtu = kmgw_error_mtu(err->mtu, ep->key.family, peer->key.family);
	if (udp)
		new.quote.check = kmgw_error_check(ep, &from->remote, peer, &to->remote,
						   &err->quote);
	else if (flow)
		new.quote.seq = htonl(ntohl(err->quote.seq) - kmgw_flow_offset(flow, ep));
	new.quote.source = to->remote.port;
	new.quote.dest = peer->key.port;
	kmgw_error_send(peer, to, &new);
	return KMGW_REASON_NONE;
}
