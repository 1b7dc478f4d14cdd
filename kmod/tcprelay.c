// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP relay, from the endpoint that receives a segment to the one that sends it.
 *
 * A segment is checked as IP and TCP would have checked it, must belong to the connection that the
 * two far ends have through this flow (tcptrack.c), and is then rewritten in place and sent
 * (output.c): numbers, window and options are left as they are, but for the MSS of a SYN. Whatever
 * is not sent is counted under a reason; nothing that comes here ever reaches the host's own TCP,
 * which would answer with RST.
 *
 * Context: softirq, RCU read section, in PRE_ROUTING. No lock is taken for data.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "compat.h"
#include "datagram.h"
#include "flow.h"
#include "kmgw.h"
#include "path.h"
#include "stats.h"
#include "tcprelay.h"

#define KMGW_GSO_TCP	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6)
/* What an aggregate that is sent on as a whole may be, besides. */
#define KMGW_GSO_PLAIN	(KMGW_GSO_TCP | SKB_GSO_DODGY | SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID)

static bool kmgw_tcp_checksum_ok(struct sk_buff *skb, unsigned int l4off, int family)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL || skb_csum_unnecessary(skb))
		return true;
	if (family == AF_INET)
		return !nf_ip_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_TCP);
	return !nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_TCP);
}

static void kmgw_seg_read(const struct sk_buff *skb, unsigned int l4off, struct kmgw_seg *seg)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);

	seg->seq = ntohl(th->seq);
	seg->ack = ntohl(th->ack_seq);
	seg->len = skb->len - l4off - th->doff * 4;
	seg->window = ntohs(th->window);
	seg->flags = tcp_flag_byte(th);
}

/* Is it a segment, and may it come from there? */
static enum kmgw_reason kmgw_tcp_admit(struct kmgw_ep *ep, struct sk_buff *skb,
				       unsigned int l4off, int family)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);
	enum kmgw_reason reason;
	unsigned int hlen;

	reason = kmgw_source_admit(ep, skb, family, th->source);
	if (unlikely(reason))
		return reason;
	hlen = th->doff * 4;
	if (unlikely(hlen < sizeof(*th) || l4off + hlen > skb->len ||
		     !pskb_may_pull(skb, l4off + hlen)))
		return KMGW_REASON_MALFORMED;
	if (unlikely(!kmgw_tcp_checksum_ok(skb, l4off, family)))
		return KMGW_REASON_CHECKSUM;
	return KMGW_REASON_NONE;
}

/* Does it come from the far end that the connection is with? */
static bool kmgw_tcp_from(const struct kmgw_ep *ep, const struct sk_buff *skb, unsigned int l4off,
			  int family)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);
	const struct kmgw_path *path = rcu_dereference(ep->path);

	if (unlikely(!path) || path->remote.port != th->source)
		return false;
	if (family == AF_INET)
		return path->remote.ip.v4 == ip_hdr(skb)->saddr;
	return ipv6_addr_equal(&path->remote.ip.v6, &ipv6_hdr(skb)->saddr);
}

/* One segment, or an aggregate that stays whole. The skb is gone after NONE and SEND. */
static enum kmgw_reason kmgw_tcp_forward(struct kmgw_flow *flow, struct kmgw_side *from,
					 struct kmgw_ep *peer, struct kmgw_path *path,
					 struct sk_buff *skb, unsigned int l4off, int family)
{
	enum kmgw_reason reason;
	unsigned int mtu, hlen;
	struct dst_entry *dst;
	bool may_fragment;
	u8 ttl;

	if (unlikely(!path || path->hold))
		return KMGW_REASON_NO_REMOTE;
	ttl = family == AF_INET ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	if (unlikely(ttl <= 1))
		return KMGW_REASON_TTL;
	dst = kmgw_path_route(peer, path, &reason);
	if (unlikely(!dst))
		return reason;
	hlen = peer->key.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	may_fragment = kmgw_may_fragment(skb, l4off, family, peer->key.family);
	mtu = dst_mtu(dst);
	if (!may_fragment && unlikely(!kmgw_fits(skb, l4off, hlen, mtu))) {
		kmgw_too_big(skb, family, mtu - hlen + l4off);
		return KMGW_REASON_MTU;
	}
	if (unlikely(READ_ONCE(flow->offset))) {
		reason = kmgw_early_rewrite(flow, from, skb, l4off);
		if (reason)
			return reason;
	}
	return kmgw_output(peer, path, dst, skb, l4off, family, may_fragment);
}

static unsigned int kmgw_tcp_drop(struct kmgw_ep *ep, enum kmgw_reason reason, u32 packets)
{
	kmgw_account_drop(ep, reason, packets, 0);
	/* The IP layer frees what it refuses. */
	return reason == KMGW_REASON_SEND ? NF_STOLEN : NF_DROP;
}

/*
 * An aggregate stays whole if it is of the plain kind and has a length in IP on the way out, too.
 * Of IPv6 to IPv4 its segments have to be of a size that may not be cut: smaller ones may
 * (kmgw_may_fragment()), each for itself.
 */
static bool kmgw_tcp_keep_whole(const struct sk_buff *skb, unsigned int l4off, int family,
				int out_family)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);
	unsigned int segment = th->doff * 4 + skb_shinfo(skb)->gso_size;

	if (skb_shinfo(skb)->gso_type & ~KMGW_GSO_PLAIN)
		return false;
	if (family == out_family)
		return skb->len <= IP_MAX_MTU;
	return skb->len - l4off + sizeof(struct ipv6hdr) <= IP_MAX_MTU &&
	       (family == AF_INET || segment + sizeof(struct ipv6hdr) > IPV6_MIN_MTU);
}

static unsigned int kmgw_tcp_forward_segments(struct kmgw_flow *flow, struct kmgw_side *from,
					      struct kmgw_ep *ep, struct kmgw_ep *peer,
					      struct kmgw_path *path, struct sk_buff *skb,
					      unsigned int l4off, int family)
{
	struct sk_buff *segs, *part, *next;
	enum kmgw_reason reason;
	struct kmgw_seg seg;

	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(segs))
		return kmgw_tcp_drop(ep, PTR_ERR(segs) == -ENOMEM ? KMGW_REASON_NOMEM :
								  KMGW_REASON_MALFORMED,
				     max_t(u32, 1, skb_shinfo(skb)->gso_segs));
	consume_skb(skb);
	skb_list_walk_safe(segs, part, next) {
		skb_mark_not_on_list(part);
		kmgw_seg_read(part, l4off, &seg);
		seg.ack -= kmgw_flow_offset(flow, ep);
		reason = kmgw_tcp_forward(flow, from, peer, path, part, l4off, family);
		if (!reason)
			kmgw_account_relay(ep, peer, 1, kmgw_track_pass(flow, from, &seg));
		else if (kmgw_tcp_drop(ep, reason, 1) == NF_DROP)
			kfree_skb(part);
	}
	return NF_STOLEN;
}

/*
 * The gateway has reset this connection. A far end that did not hear it is told again, at the
 * number it waits for now.
 */
static void kmgw_tcp_refuse(struct kmgw_flow *flow, struct kmgw_ep *ep, const struct kmgw_seg *seg)
{
	struct kmgw_seg rst = { .seq = seg->ack, .flags = TCPHDR_RST };
	bool due;

	if (!(seg->flags & TCPHDR_ACK) || (seg->flags & (TCPHDR_RST | TCPHDR_SYN)))
		return;
	spin_lock_bh(&flow->lock);
	due = kmgw_flow_side(flow, ep)->known &&
	      (u32)jiffies - flow->answered >= KMGW_ANSWER;
	if (due)
		flow->answered = (u32)jiffies;
	spin_unlock_bh(&flow->lock);
	if (due)
		kmgw_tcp_send(ep, &rst, NULL, 0);
}

/* What a segment without SYN has to pass. */
static enum kmgw_reason kmgw_tcp_check(struct kmgw_flow *flow, struct kmgw_ep *ep,
				       struct kmgw_ep *peer, const struct kmgw_seg *seg,
				       bool *forget, bool *consumed)
{
	enum kmgw_reason reason;
	struct kmgw_side *from;
	bool ask = false;

	if (seg->len && unlikely(!(READ_ONCE(ep->mode) & KMGW_MODE_RECEIVEONLY) ||
				 !(READ_ONCE(peer->mode) & KMGW_MODE_SENDONLY)))
		return KMGW_REASON_MODE;
	if (likely(READ_ONCE(flow->phase) == KMGW_PHASE_OPEN) &&
	    likely(!(seg->flags & (TCPHDR_FIN | TCPHDR_RST))))
		return KMGW_REASON_NONE;
	spin_lock_bh(&flow->lock);
	from = kmgw_flow_side(flow, ep);
	if (from->ep != ep) {
		reason = KMGW_REASON_NO_PEER;
	} else if (kmgw_early_waits(flow, from) && !(seg->flags & TCPHDR_RST)) {
		reason = kmgw_early_rcv(flow, from, seg, &ask);
		*consumed = true;
	} else {
		reason = kmgw_track_check(flow, from, seg, forget);
	}
	spin_unlock_bh(&flow->lock);
	if (ask)
		kmgw_syn_challenge(flow, ep);
	return reason;
}

/* A reset before the connection was up: the next SYN begins anew. */
static void kmgw_tcp_forget(struct kmgw_flow *flow)
{
	spin_lock_bh(&flow->lock);
	if (flow->phase == KMGW_PHASE_HALF)
		kmgw_flow_forget(flow);
	spin_unlock_bh(&flow->lock);
}

/**
 * kmgw_tcp_rcv() - relay a segment
 * @ep: endpoint it is addressed to, of a packet plane
 * @skb: segment, or an aggregate of several; data at the IP header, the fixed part of the TCP
 *	header in the linear part
 * @l4off: length of the IP header with all that follows before TCP
 * @family: AF_INET or AF_INET6
 *
 * Return: a verdict for netfilter.
 */
unsigned int kmgw_tcp_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off, int family)
{
	bool consumed = false, forget = false;
	enum kmgw_reason reason;
	struct kmgw_path *path;
	struct kmgw_flow *flow;
	struct kmgw_side *from;
	struct kmgw_ep *peer;
	struct kmgw_seg seg;
	u32 packets = 1;

	if (skb_is_gso(skb)) {
		packets = max_t(u32, 1, skb_shinfo(skb)->gso_segs);
		/* behind extension headers, too: kmgw_fits() asks for it */
		skb_set_transport_header(skb, l4off);
	}
	reason = kmgw_tcp_admit(ep, skb, l4off, family);
	if (unlikely(reason))
		return kmgw_tcp_drop(ep, reason, packets);
	kmgw_seg_read(skb, l4off, &seg);
	flow = rcu_dereference(ep->flow);
	if (unlikely(!flow))
		return kmgw_tcp_drop(ep, KMGW_REASON_NO_CONNECTION, packets);
	seg.ack -= kmgw_flow_offset(flow, ep);
	if (!(seg.flags & TCPHDR_SYN) && unlikely(!kmgw_tcp_from(ep, skb, l4off, family)))
		return kmgw_tcp_drop(ep, READ_ONCE(flow->phase) == KMGW_PHASE_NONE ?
				     KMGW_REASON_NO_CONNECTION : KMGW_REASON_LATCH, packets);
	if (unlikely(READ_ONCE(flow->phase) == KMGW_PHASE_CUT)) {
		kmgw_tcp_refuse(flow, ep, &seg);
		return kmgw_tcp_drop(ep, KMGW_REASON_NO_CONNECTION, packets);
	}
	peer = rcu_dereference(ep->peer);
	if (unlikely(!peer) || unlikely(rcu_access_pointer(peer->flow) != flow))
		return kmgw_tcp_drop(ep, KMGW_REASON_NO_PEER, packets);
	/* A reset that makes the connection be forgotten still goes where that was. */
	path = rcu_dereference(peer->path);
	if (seg.flags & TCPHDR_SYN)
		reason = kmgw_syn_rcv(flow, ep, peer, skb, l4off, family, &seg, &consumed);
	else
		reason = kmgw_tcp_check(flow, ep, peer, &seg, &forget, &consumed);
	if (unlikely(reason))
		return kmgw_tcp_drop(ep, reason, packets);
	if (consumed) {
		consume_skb(skb);
		return NF_STOLEN;
	}

	from = kmgw_flow_side(flow, ep);
	if (skb_is_gso(skb) && !kmgw_tcp_keep_whole(skb, l4off, family, peer->key.family))
		return kmgw_tcp_forward_segments(flow, from, ep, peer, path, skb, l4off, family);
	reason = kmgw_tcp_forward(flow, from, peer, path, skb, l4off, family);
	if (forget)
		kmgw_tcp_forget(flow);
	if (unlikely(reason))
		return kmgw_tcp_drop(ep, reason, packets);
	kmgw_account_relay(ep, peer, packets,
			   seg.flags & TCPHDR_SYN ? 0 : kmgw_track_pass(flow, from, &seg));
	return NF_STOLEN;
}
