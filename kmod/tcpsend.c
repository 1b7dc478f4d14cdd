// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: segments that the gateway itself makes, in the name of a far end.
 *
 * They carry no data: the answer to a SYN, a reset, a bare ACK that asks back. Context: RCU
 * read section, BH disabled, no lock.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "datagram.h"
#include "flow.h"
#include "kmgw.h"
#include "path.h"

static void kmgw_tcp_fill(struct sk_buff *skb, const struct kmgw_ep *ep,
			  const struct kmgw_addr *remote, const struct kmgw_seg *seg,
			  const struct kmgw_tcpopt *opt)
{
	u8 options[KMGW_TCPOPT_BUILD_MAX];
	unsigned int size = opt ? kmgw_tcpopt_build(options, opt) : 0;
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));

	if (size)
		skb_put_data(skb, options, size);
	th->source = ep->key.port;
	th->dest = remote->port;
	th->seq = htonl(seg->seq);
	th->ack_seq = htonl(seg->flags & TCPHDR_ACK ? seg->ack : 0);
	th->doff = (sizeof(*th) + size) / 4;
	tcp_flag_byte(th) = seg->flags;
	th->window = htons(seg->window);
	if (remote->family == AF_INET)
		th->check = ~csum_tcpudp_magic(ep->key.ip.v4, remote->ip.v4, skb->len,
					       IPPROTO_TCP, 0);
	else
		th->check = ~csum_ipv6_magic(&ep->key.ip.v6, &remote->ip.v6, skb->len,
					     IPPROTO_TCP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (unsigned char *)th - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	skb_reset_transport_header(skb);
}

/**
 * kmgw_tcp_send() - send a segment to the far end of an endpoint
 * @ep: endpoint with a destination
 * @seg: segment, in the numbers of the other far end; @seg->len is 0
 * @opt: options, or NULL for none
 * @ttl: TTL or hop limit; 0 for the usual one
 *
 * When it cannot be sent, whoever asked for it asks again, or gives up.
 */
void kmgw_tcp_send(struct kmgw_ep *ep, const struct kmgw_seg *seg, const struct kmgw_tcpopt *opt,
		   u8 ttl)
{
	struct kmgw_path *path = rcu_dereference(ep->path);
	enum kmgw_reason reason = KMGW_REASON_NONE;
	const struct kmgw_addr *remote;
	struct kmgw_seg moved = *seg;
	struct kmgw_flow *flow;
	struct dst_entry *dst;
	struct sk_buff *skb;
	u8 dscp;

	if (!path || path->hold)
		return;
	dst = kmgw_path_route(ep, path, &reason);
	if (!dst)
		return;
	remote = &path->remote;
	if (!kmgw_own_allowed(ep, remote, dst->dev))
		return;
	flow = rcu_dereference(ep->flow);
	if (flow)
		moved.seq += kmgw_flow_offset(flow, ep);
	skb = alloc_skb(LL_MAX_HEADER + sizeof(struct ipv6hdr) + sizeof(struct tcphdr) +
			KMGW_TCPOPT_BUILD_MAX, GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, LL_MAX_HEADER + sizeof(struct ipv6hdr));
	kmgw_tcp_fill(skb, ep, remote, &moved, opt);

	dscp = READ_ONCE(ep->dscp);
	skb->protocol = remote->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb->dev = dst->dev;
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	skb_dst_set_noref(skb, dst);
	if (!ttl)
		ttl = remote->family == AF_INET ? ip4_dst_hoplimit(dst) : ip6_dst_hoplimit(dst);
	kmgw_send_made(skb, ep, remote, IPPROTO_TCP, dscp == KMGW_DSCP_KEEP ? 0 : dscp << 2, ttl);
}

/**
 * kmgw_path_mss() - the largest segment that the path to a far end takes
 * @ep: endpoint
 * @reason: set when there is no path
 *
 * Return: octets of payload, without options; negative when there is no path.
 */
int kmgw_path_mss(struct kmgw_ep *ep, enum kmgw_reason *reason)
{
	struct kmgw_path *path = rcu_dereference(ep->path);
	unsigned int hlen = sizeof(struct tcphdr);
	struct dst_entry *dst;

	*reason = KMGW_REASON_NO_REMOTE;
	if (!path || path->hold)
		return -1;
	dst = kmgw_path_route(ep, path, reason);
	if (!dst)
		return -1;
	hlen += ep->key.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	*reason = KMGW_REASON_NONE;
	return max_t(int, dst_mtu(dst) - hlen, TCP_MIN_MSS);
}

/**
 * kmgw_flow_resets() - what resets a far end
 * @flow: flow; under flow->lock
 * @to: side it is behind
 * @segs: room for two
 *
 * A far end takes a reset only at the number it waits for. That is what it acknowledged last, or,
 * if everything arrived that is on its way, what the other end sent last.
 *
 * Return: number of segments.
 */
unsigned int kmgw_flow_resets(struct kmgw_flow *flow, struct kmgw_side *to, struct kmgw_seg *segs)
{
	struct kmgw_side *from = kmgw_flow_other(flow, to);
	struct kmgw_seg seg = { .flags = TCPHDR_RST };

	lockdep_assert_held(&flow->lock);
	if (to->known) {
		seg.flags |= TCPHDR_ACK;
		seg.ack = READ_ONCE(to->end);
	}
	if ((!from->known && flow->early != to) ||
	    (flow->plane == KMGW_PLANE_MERGE && !to->known)) {
		segs[0] = seg;
		return to->known;
	}
	seg.seq = to->known ? READ_ONCE(to->ack) : from->isn + 1;
	segs[0] = seg;
	segs[1] = seg;
	segs[1].seq = READ_ONCE(from->end);
	return segs[1].seq == seg.seq ? 1 : 2;
}
