// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: SYN and SYN-ACK.
 *
 * A SYN is what decides who may use an endpoint: filter, REMOTE, latch and mode act on it,
 * silently, so that a client that comes too early tries again. What it told is kept until the
 * connection is forgotten.
 *
 * Relay sends it on; the far end there answers. Merge joins two ends that both connect: the first
 * SYN is held, as a record; when the other one comes, each is answered with a SYN-ACK built from
 * the other's. A sees B's number, window and options, and its own acknowledged, and B likewise, as
 * if each had been answered by the other: from then on nothing but addresses and ports differs
 * between what one sends and the other receives (tcpmerge.c).
 *
 * Context: softirq, RCU read section, BH disabled. Takes flow->lock.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/dsfield.h>

#include "datagram.h"
#include "flow.h"
#include "kmgw.h"
#include "path.h"

static void kmgw_syn_read(const struct sk_buff *skb, unsigned int l4off, int family,
			  struct kmgw_syn *syn)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);

	kmgw_tcpopt_parse((const u8 *)(th + 1), th->doff * 4 - sizeof(*th), &syn->opt);
	syn->first = (u32)jiffies;
	syn->last = syn->first;
	syn->window = ntohs(th->window);
	syn->ttl = family == AF_INET ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	syn->ecn = th->ece && th->cwr;
}

static void kmgw_syn_source(const struct sk_buff *skb, unsigned int l4off, int family,
			    struct kmgw_addr *addr)
{
	const struct tcphdr *th = (const void *)(skb->data + l4off);

	memset(addr, 0, sizeof(*addr));
	addr->family = family;
	addr->port = th->source;
	if (family == AF_INET)
		addr->ip.v4 = ip_hdr(skb)->saddr;
	else
		addr->ip.v6 = ipv6_hdr(skb)->saddr;
}

/* Does it come from the far end that the connection is with? */
static bool kmgw_syn_from(const struct kmgw_side *from, const struct kmgw_addr *source)
{
	const struct kmgw_path *path = rcu_dereference(from->ep->path);

	return path && path->remote.port == source->port &&
	       ipv6_addr_equal(&path->remote.ip.v6, &source->ip.v6);
}

/* Make the source of a SYN the destination of its endpoint. */
static enum kmgw_reason kmgw_syn_latch(struct kmgw_side *side, const struct kmgw_addr *source)
{
	struct kmgw_ep *ep = side->ep;
	struct kmgw_path *path, *old;

	path = kmgw_path_new(ep, source, GFP_ATOMIC);
	if (!path)
		return KMGW_REASON_NOMEM;
	spin_lock_bh(&ep->lock);
	old = rcu_replace_pointer(ep->path, path, lockdep_is_held(&ep->lock));
	spin_unlock_bh(&ep->lock);
	if (!side->latched) {
		memset(&side->told, 0, sizeof(side->told));
		if (old)
			side->told = old->remote;
	}
	side->latched = true;
	kmgw_path_free_rcu(old);
	return KMGW_REASON_NONE;
}

/* The first SYN of this side. */
static enum kmgw_reason kmgw_syn_begin(struct kmgw_flow *flow, struct kmgw_side *from,
				       const struct kmgw_addr *source, const struct kmgw_seg *seg,
				       const struct kmgw_syn *syn)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	enum kmgw_reason reason;
	struct kmgw_path *path;
	bool told;
	u32 isn;

	if (!kmgw_syn_from(from, source)) {
		path = rcu_dereference(from->ep->path);
		told = path && !ipv6_addr_any(&path->remote.ip.v6);
		/* While there is a connection, the path is where that comes from. */
		if (from->latched)
			return KMGW_REASON_LATCH;
		/* An end that connects told the port it would have listened on, or none. */
		if (told && !ipv6_addr_equal(&path->remote.ip.v6, &source->ip.v6))
			return KMGW_REASON_LATCH;
		reason = kmgw_syn_latch(from, source);
		if (reason)
			return reason;
	}
	isn = from->isn;
	kmgw_track_syn(from, to, seg, syn);
	/* The other end has been told another number. */
	if (flow->early == to)
		WRITE_ONCE(flow->offset, isn - from->isn);
	WRITE_ONCE(flow->phase, KMGW_PHASE_HALF);
	kmgw_flow_arm(flow);
	if (READ_ONCE(from->ep->state) == KMGW_STATE_IDLE)
		kmgw_ep_set_state(from->ep, KMGW_STATE_READY, KMGW_REASON_NONE);
	return KMGW_REASON_NONE;
}

/* Merge: this side waits for the other; each is counted against the limit of the namespace. */
static enum kmgw_reason kmgw_syn_hold(struct kmgw_flow *flow, const struct kmgw_side *to)
{
	if (flow->plane != KMGW_PLANE_MERGE || flow->held || to->known)
		return KMGW_REASON_NONE;
	if (atomic_inc_return(&flow->kn->syns) > (int)READ_ONCE(flow->kn->max_syns)) {
		atomic_dec(&flow->kn->syns);
		return KMGW_REASON_SYN_LIMIT;
	}
	flow->held = true;
	return KMGW_REASON_NONE;
}

/* Another SYN of a side that has sent one, or one from elsewhere. */
static enum kmgw_reason kmgw_syn_again(struct kmgw_flow *flow, struct kmgw_side *from,
				       const struct kmgw_addr *source, const struct kmgw_seg *seg,
				       struct kmgw_syn *syn)
{
	struct kmgw_path *path = rcu_dereference(from->ep->path);
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	bool answered = to->known || flow->early;

	if (!kmgw_syn_from(from, source)) {
		/* A client that began anew has another port. */
		if (answered || !path || !ipv6_addr_equal(&path->remote.ip.v6, &source->ip.v6) ||
		    !kmgw_syn_abandoned(&from->syn))
			return KMGW_REASON_LATCH;
		if (kmgw_syn_latch(from, source))
			return KMGW_REASON_NOMEM;
		kmgw_track_syn(from, to, seg, syn);
		return KMGW_REASON_NONE;
	}
	if (seg->seq != from->isn && answered)
		return KMGW_REASON_SEQUENCE;
	if (seg->seq == from->isn) {
		syn->first = from->syn.first;
		/* What has been answered stays as it was. */
		if (answered)
			syn->opt = from->syn.opt, syn->window = from->syn.window;
	}
	WRITE_ONCE(flow->seen, (u32)jiffies);
	if (answered)
		from->syn.last = syn->last;
	else
		kmgw_track_syn(from, to, seg, syn);
	return KMGW_REASON_NONE;
}

/* A connection follows one that ended, on the same addresses and ports. */
static bool kmgw_syn_reopens(struct kmgw_flow *flow, const struct kmgw_side *from,
			     const struct kmgw_addr *source)
{
	unsigned int i;

	if ((u32)jiffies - flow->ended < KMGW_REOPEN || !kmgw_syn_from(from, source))
		return false;
	flow->early = NULL;
	WRITE_ONCE(flow->offset, 0);
	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		flow->side[i].known = false;
		flow->side[i].acked = false;
		flow->side[i].fin = false;
		flow->side[i].fin_acked = false;
	}
	return true;
}

static enum kmgw_reason kmgw_syn_locked(struct kmgw_flow *flow, struct kmgw_side *from,
					const struct kmgw_addr *source, const struct kmgw_seg *seg,
					struct kmgw_syn *syn, bool *challenge)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	bool begins = !from->known && to->known;
	enum kmgw_reason reason;

	switch (flow->phase) {
	case KMGW_PHASE_CUT:
		return KMGW_REASON_NO_CONNECTION;
	case KMGW_PHASE_ENDED:
		if (!kmgw_syn_reopens(flow, from, source))
			return KMGW_REASON_NO_CONNECTION;
		break;
	case KMGW_PHASE_OPEN:
	case KMGW_PHASE_CLOSING:
		if (!kmgw_syn_from(from, source))
			return KMGW_REASON_LATCH;
		*challenge = true;
		return KMGW_REASON_SEQUENCE;
	default:
		break;
	}
	reason = kmgw_syn_hold(flow, to);
	if (reason)
		return reason;
	if (!from->known) {
		reason = kmgw_syn_begin(flow, from, source, seg, syn);
		if (reason && !to->known)
			kmgw_flow_unhold(flow);
	} else {
		reason = kmgw_syn_again(flow, from, source, seg, syn);
		*challenge = reason == KMGW_REASON_SEQUENCE;
	}
	if (!reason && from->known && to->known)
		kmgw_flow_unhold(flow);
	if (!reason)
		kmgw_merge_syn(flow, begins);
	return reason;
}

static enum kmgw_reason kmgw_synack_locked(struct kmgw_flow *flow, struct kmgw_side *from,
					   const struct kmgw_addr *source,
					   const struct kmgw_seg *seg, const struct kmgw_syn *syn)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);

	if (!kmgw_syn_from(from, source))
		return KMGW_REASON_LATCH;
	if (flow->plane == KMGW_PLANE_MERGE || flow->phase == KMGW_PHASE_NONE ||
	    flow->phase > KMGW_PHASE_CLOSING)
		return KMGW_REASON_NO_CONNECTION;
	if ((from->known && seg->seq != from->isn) || !kmgw_track_acks_syn(to, seg))
		return KMGW_REASON_SEQUENCE;
	if (flow->phase == KMGW_PHASE_HALF) {
		if (!from->known)
			kmgw_track_syn(from, to, seg, syn);
		to->acked = true;
		WRITE_ONCE(flow->seen, (u32)jiffies);
	}
	return KMGW_REASON_NONE;
}

/* No end may send more at once than both paths carry. */
static enum kmgw_reason kmgw_syn_clamp(struct kmgw_ep *ep, struct kmgw_ep *peer,
				       struct sk_buff *skb, unsigned int l4off,
				       const struct kmgw_syn *syn)
{
	int near, far;
	enum kmgw_reason reason;
	struct tcphdr *th;
	u64 delta = 0;

	far = kmgw_path_mss(peer, &reason);
	if (far < 0)
		return reason;
	near = kmgw_path_mss(ep, &reason);
	if (near < 0)
		return reason;
	th = (struct tcphdr *)(skb->data + l4off);
	if (skb_ensure_writable(skb, l4off + th->doff * 4))
		return KMGW_REASON_NOMEM;
	th = (struct tcphdr *)(skb->data + l4off);
	if (kmgw_tcpopt_clamp((u8 *)(th + 1), &syn->opt, min_t(int, min(near, far), U16_MAX),
			      &delta) &&
	    skb->ip_summed != CHECKSUM_PARTIAL)
		th->check = (__force __sum16)kmgw_csum_full((__force u16)th->check, delta);
	return KMGW_REASON_NONE;
}

/**
 * kmgw_syn_challenge() - ask back whether somebody means it (RFC 5961 4.2)
 * @flow: flow
 * @ep: endpoint whose far end is asked
 *
 * A far end that has begun anew answers with the RST that ends the old connection.
 */
void kmgw_syn_challenge(struct kmgw_flow *flow, struct kmgw_ep *ep)
{
	struct kmgw_seg seg = { .flags = TCPHDR_ACK };
	struct kmgw_side *from, *to;
	bool due;

	spin_lock_bh(&flow->lock);
	from = kmgw_flow_side(flow, ep);
	to = kmgw_flow_other(flow, from);
	due = from->ep == ep && from->known && (to->known || flow->early == from) &&
	      (u32)jiffies - flow->answered >= KMGW_ANSWER;
	if (due)
		flow->answered = (u32)jiffies;
	seg.seq = READ_ONCE(to->end);
	seg.ack = READ_ONCE(to->ack);
	seg.window = min_t(u32, (READ_ONCE(to->limit) - seg.ack) >> to->scale, U16_MAX);
	spin_unlock_bh(&flow->lock);
	if (due)
		kmgw_tcp_send(ep, &seg, NULL, 0);
}

/* What a SYN has to pass before it says anything. */
static enum kmgw_reason kmgw_syn_admit(struct kmgw_flow *flow, struct kmgw_ep *ep,
				       struct kmgw_ep *peer, const struct sk_buff *skb,
				       int family, __be16 port, const struct kmgw_syn *syn)
{
	const struct kmgw_filter *filter = rcu_dereference(ep->filter);
	struct kmgw_path *path = rcu_dereference(peer->path);
	enum kmgw_reason reason;

	if (filter && !kmgw_filter_match(filter, skb, family, port))
		return KMGW_REASON_FILTER;
	if (!(READ_ONCE(ep->mode) & KMGW_MODE_RECEIVEONLY) ||
	    !(READ_ONCE(peer->mode) & KMGW_MODE_SENDONLY))
		return KMGW_REASON_MODE;
	if (syn->ttl <= 1)
		return KMGW_REASON_TTL;
	if (flow->plane == KMGW_PLANE_MERGE)
		return KMGW_REASON_NONE;
	if (!path || path->hold || kmgw_addr_open(&path->remote))
		return KMGW_REASON_NO_REMOTE;
	return kmgw_path_mss(peer, &reason) < 0 ? reason : KMGW_REASON_NONE;
}

/**
 * kmgw_syn_rcv() - a segment with SYN
 * @flow: flow
 * @ep: endpoint that received it
 * @peer: the other one
 * @skb: segment, its header with options in the linear part
 * @l4off: offset of the TCP header
 * @family: AF_INET or AF_INET6
 * @seg: the segment
 * @consumed: set when it is not to be sent on though nothing is wrong
 *
 * Return: KMGW_REASON_NONE, or why it is dropped.
 */
enum kmgw_reason kmgw_syn_rcv(struct kmgw_flow *flow, struct kmgw_ep *ep, struct kmgw_ep *peer,
			      struct sk_buff *skb, unsigned int l4off, int family,
			      const struct kmgw_seg *seg, bool *consumed)
{
	bool synack = seg->flags & TCPHDR_ACK, challenge = false, answer = false, again;
	enum kmgw_reason reason;
	struct kmgw_addr source;
	struct kmgw_side *from;
	struct kmgw_syn syn;

	if (seg->flags & (TCPHDR_FIN | TCPHDR_RST))
		return KMGW_REASON_MALFORMED;
	kmgw_syn_read(skb, l4off, family, &syn);
	kmgw_syn_source(skb, l4off, family, &source);
	if (!synack) {
		reason = kmgw_syn_admit(flow, ep, peer, skb, family, source.port, &syn);
		if (reason)
			return reason;
	}
	spin_lock_bh(&flow->lock);
	from = kmgw_flow_side(flow, ep);
	again = from->known;
	if (from->ep != ep)
		reason = KMGW_REASON_NO_PEER;
	else if (synack)
		reason = kmgw_synack_locked(flow, from, &source, seg, &syn);
	else
		reason = kmgw_syn_locked(flow, from, &source, seg, &syn, &challenge);
	if (!reason && flow->plane == KMGW_PLANE_MERGE)
		answer = kmgw_flow_other(flow, from)->known || flow->early == from;
	spin_unlock_bh(&flow->lock);

	if (challenge)
		kmgw_syn_challenge(flow, ep);
	if (reason)
		return reason;
	if (flow->plane == KMGW_PLANE_RELAY)
		return kmgw_syn_clamp(ep, peer, skb, l4off, &syn);
	*consumed = true;
	if (answer) {
		kmgw_merge_answer(flow, from);
		if (!again)
			kmgw_merge_answer(flow, kmgw_flow_other(flow, from));
	}
	return KMGW_REASON_NONE;
}
