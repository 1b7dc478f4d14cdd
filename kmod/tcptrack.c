// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: what a segment says about the connection it belongs to.
 *
 * The gateway forwards what passes between two far ends; it must know when their connection is up,
 * when it ends, and how many octets went through, and must not be told so by somebody who guesses.
 * So for each direction it keeps what was sent, acknowledged and let in, and what does not fit
 * there changes nothing. A RST counts only at exactly the number where the other end has to take
 * it (RFC 5961 3.2); one that is merely in the window passes, and the other end asks back.
 *
 * Context: softirq, RCU read section. What takes "flow" and returns a reason runs under flow->lock;
 * kmgw_track_pass() does not, because data segments have no lock.
 */
#include "flow.h"
#include "kmgw.h"

/* What may be behind: no less than a window without scaling. */
static u32 kmgw_track_slack(const struct kmgw_side *side)
{
	return max_t(u32, READ_ONCE(side->window), U16_MAX);
}

/**
 * kmgw_track_fits() - is a segment in the windows of its connection?
 * @from: side it came from, known
 * @to: side it goes to, known
 * @seg: segment
 *
 * Return: true when it is.
 */
bool kmgw_track_fits(const struct kmgw_side *from, const struct kmgw_side *to,
		     const struct kmgw_seg *seg)
{
	u32 end = seg->seq + seg->len, sent;

	if (after(end, READ_ONCE(to->limit)))
		return false;
	if (seg->flags & TCPHDR_RST)
		return !before(seg->seq, READ_ONCE(to->ack));
	if (before(end, READ_ONCE(from->end) - kmgw_track_slack(to)))
		return false;
	if (!(seg->flags & TCPHDR_ACK))
		return true;
	sent = READ_ONCE(to->end);
	return !after(seg->ack, sent) && !before(seg->ack, sent - kmgw_track_slack(from));
}

/**
 * kmgw_track_acks_syn() - does this acknowledge the SYN of a far end?
 * @to: side it is behind
 * @seg: segment from the other
 *
 * Return: true when it does.
 */
bool kmgw_track_acks_syn(const struct kmgw_side *to, const struct kmgw_seg *seg)
{
	return (seg->flags & TCPHDR_ACK) && to->known && after(seg->ack, to->isn) &&
	       !after(seg->ack, READ_ONCE(to->end));
}

static void kmgw_track_state(struct kmgw_side *side, enum kmgw_state state,
			     enum kmgw_reason reason)
{
	if (side->ep)
		kmgw_ep_set_state(side->ep, state, reason);
}

/**
 * kmgw_track_syn() - a far end told where it begins
 * @from: side it is behind
 * @to: side across
 * @seg: its SYN or SYN-ACK
 * @syn: the same, as far as it is kept
 */
void kmgw_track_syn(struct kmgw_side *from, struct kmgw_side *to, const struct kmgw_seg *seg,
		    const struct kmgw_syn *syn)
{
	bool scaled;

	from->syn = *syn;
	from->isn = seg->seq;
	from->end = kmgw_seg_end(seg);
	from->window = seg->window;
	from->known = true;
	if (!to->known)
		return;
	scaled = from->syn.opt.wscale != KMGW_WSCALE_NONE &&
		 to->syn.opt.wscale != KMGW_WSCALE_NONE;
	from->scale = scaled ? from->syn.opt.wscale : 0;
	to->scale = scaled ? to->syn.opt.wscale : 0;
	from->ack = to->isn + 1;
	to->ack = from->isn + 1;
	from->limit = from->ack + from->window;
	to->limit = to->ack + to->window;
}

/* Before both ends are up. */
static enum kmgw_reason kmgw_track_half_reset(struct kmgw_side *from, struct kmgw_side *to,
					      const struct kmgw_seg *seg, bool *forget)
{
	if (from->known && !to->known) {
		if (seg->seq != from->isn && seg->seq != from->end)
			return KMGW_REASON_SEQUENCE;
		/* It changed its mind; nobody was told that it was there. */
		*forget = true;
		return KMGW_REASON_NONE;
	}
	if (from->known ? seg->seq != to->ack && seg->seq != from->end :
			  !kmgw_track_acks_syn(to, seg))
		return KMGW_REASON_SEQUENCE;
	kmgw_track_state(from, KMGW_STATE_FAILED, KMGW_REASON_RESET);
	kmgw_track_state(to, KMGW_STATE_FAILED, KMGW_REASON_PEER_ENDPOINT);
	*forget = true;
	return KMGW_REASON_NONE;
}

static enum kmgw_reason kmgw_track_reset(struct kmgw_flow *flow, struct kmgw_side *from,
					 struct kmgw_side *to, const struct kmgw_seg *seg)
{
	if (!kmgw_track_fits(from, to, seg))
		return KMGW_REASON_SEQUENCE;
	if (seg->seq != READ_ONCE(to->ack) && seg->seq != READ_ONCE(from->end))
		return KMGW_REASON_NONE;
	if (flow->phase == KMGW_PHASE_ENDED)
		return KMGW_REASON_NONE;
	WRITE_ONCE(flow->phase, KMGW_PHASE_ENDED);
	flow->ended = (u32)jiffies;
	if (from->fin && to->fin) {
		kmgw_track_state(from, KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED);
		kmgw_track_state(to, KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED);
	} else {
		kmgw_track_state(from, KMGW_STATE_FAILED, KMGW_REASON_RESET);
		kmgw_track_state(to, KMGW_STATE_FAILED, KMGW_REASON_PEER_ENDPOINT);
	}
	return KMGW_REASON_NONE;
}

/* Both SYNs are known; are both acknowledged now? */
static enum kmgw_reason kmgw_track_handshake(struct kmgw_flow *flow, struct kmgw_side *from,
					     struct kmgw_side *to, const struct kmgw_seg *seg)
{
	if (!from->known || !to->known)
		return KMGW_REASON_NO_CONNECTION;
	if (!kmgw_track_acks_syn(to, seg) || !kmgw_track_fits(from, to, seg))
		return KMGW_REASON_SEQUENCE;
	to->acked = true;
	if (!from->acked)
		return KMGW_REASON_NONE;
	WRITE_ONCE(flow->phase, from->fin || to->fin ? KMGW_PHASE_CLOSING : KMGW_PHASE_OPEN);
	WRITE_ONCE(flow->seen, (u32)jiffies);
	kmgw_track_state(from, KMGW_STATE_ESTABLISHED, KMGW_REASON_NONE);
	kmgw_track_state(to, KMGW_STATE_ESTABLISHED, KMGW_REASON_NONE);
	return KMGW_REASON_NONE;
}

static void kmgw_track_fin(struct kmgw_flow *flow, struct kmgw_side *from, struct kmgw_side *to,
			   const struct kmgw_seg *seg)
{
	if ((seg->flags & TCPHDR_FIN) && !from->fin) {
		from->fin = true;
		from->fin_end = kmgw_seg_end(seg);
		if (flow->phase == KMGW_PHASE_OPEN)
			WRITE_ONCE(flow->phase, KMGW_PHASE_CLOSING);
		if (flow->phase == KMGW_PHASE_CLOSING)
			kmgw_track_state(from, KMGW_STATE_CLOSING, KMGW_REASON_PEER_CLOSED);
	}
	if ((seg->flags & TCPHDR_ACK) && to->fin && !before(seg->ack, to->fin_end))
		to->fin_acked = true;
	if (flow->phase != KMGW_PHASE_CLOSING || !from->fin_acked || !to->fin_acked)
		return;
	WRITE_ONCE(flow->phase, KMGW_PHASE_ENDED);
	flow->ended = (u32)jiffies;
	kmgw_track_state(from, KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED);
	kmgw_track_state(to, KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED);
}

/**
 * kmgw_track_check() - may a segment without SYN pass, and what does it change?
 * @flow: flow; under flow->lock
 * @from: side it came from
 * @seg: segment
 * @forget: set when the connection has to be forgotten once the segment is sent
 *
 * Return: KMGW_REASON_NONE, or why it may not.
 */
enum kmgw_reason kmgw_track_check(struct kmgw_flow *flow, struct kmgw_side *from,
				  const struct kmgw_seg *seg, bool *forget)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	enum kmgw_reason reason;

	lockdep_assert_held(&flow->lock);
	switch (flow->phase) {
	case KMGW_PHASE_NONE:
	case KMGW_PHASE_CUT:
		return KMGW_REASON_NO_CONNECTION;
	case KMGW_PHASE_HALF:
		if (seg->flags & TCPHDR_RST)
			return kmgw_track_half_reset(from, to, seg, forget);
		reason = kmgw_track_handshake(flow, from, to, seg);
		if (reason)
			return reason;
		/*
		 * A NAT whose client was not answered yet takes early data, but answers an early
		 * FIN with a RST: it comes again.
		 */
		if (flow->phase == KMGW_PHASE_HALF && flow->plane == KMGW_PLANE_MERGE &&
		    (seg->flags & TCPHDR_FIN))
			return KMGW_REASON_NO_CONNECTION;
		break;
	default:
		if (seg->flags & TCPHDR_RST)
			return kmgw_track_reset(flow, from, to, seg);
		if (!kmgw_track_fits(from, to, seg))
			return seg->flags & TCPHDR_FIN ? KMGW_REASON_SEQUENCE : KMGW_REASON_NONE;
		break;
	}
	kmgw_track_fin(flow, from, to, seg);
	return KMGW_REASON_NONE;
}

/* Two CPUs may hold segments of one direction: each octet is counted by one of them. */
static u32 kmgw_track_move(u32 *word, u32 to)
{
	u32 old = READ_ONCE(*word);

	do {
		if (!after(to, old))
			return 0;
	} while (!try_cmpxchg(word, &old, to));
	return to - old;
}

/**
 * kmgw_track_pass() - note what a segment that was sent on carried
 * @flow: flow
 * @from: side it came from
 * @seg: segment, not a SYN
 *
 * What does not fit is not noted: the far end will not take it either. A bare ACK tells nothing of
 * what its sender has sent: one that overtakes a FIN on another CPU would have the FIN counted as
 * an octet of data.
 *
 * Context: no lock.
 * Return: octets that were not sent before.
 */
u32 kmgw_track_pass(struct kmgw_flow *flow, struct kmgw_side *from, const struct kmgw_seg *seg)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	u32 octets = 0, window, now = (u32)jiffies;

	if (seg->flags & TCPHDR_RST || !kmgw_track_fits(from, to, seg))
		return 0;
	if (seg->len || seg->flags & TCPHDR_FIN)
		octets = kmgw_track_move(&from->end, seg->seq + seg->len);
	if (seg->flags & TCPHDR_FIN)
		kmgw_track_move(&from->end, kmgw_seg_end(seg));
	if (seg->flags & TCPHDR_ACK) {
		window = (u32)seg->window << READ_ONCE(from->scale);
		kmgw_track_move(&from->ack, seg->ack);
		kmgw_track_move(&from->limit, seg->ack + window);
		if (window > READ_ONCE(from->window))
			WRITE_ONCE(from->window, window);
	}
	if ((octets || seg->flags & TCPHDR_FIN) && READ_ONCE(flow->seen) != now)
		WRITE_ONCE(flow->seen, now);
	return octets;
}
