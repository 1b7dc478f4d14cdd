// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: merge answers the two ends that both connect.
 *
 * When both SYNs are there, each end is answered with a SYN-ACK built from the other's SYN. Either
 * answer can be lost, and so can the ACK that it draws: an end that has not acknowledged is
 * answered again, as a listener would do it, whenever it repeats its SYN and besides after 1, 2,
 * 4 ... s. So one end does not run out of attempts, nor stay half open, because of what was lost
 * behind the gateway. An end may also be answered before the other is there (tcpearly.c).
 *
 * Context: softirq, RCU read section, BH disabled. Takes flow->lock where it is not held.
 */
#include "flow.h"
#include "kmgw.h"
#include "path.h"

/* MSS of an end that names none (RFC 9293 3.7.1). */
#define KMGW_MSS_DEFAULT4	536
#define KMGW_MSS_DEFAULT6	1220
/* Answers are repeated so often, first after so long, then after twice as long each time. */
#define KMGW_REPEATS		5
#define KMGW_REPEAT		HZ

static bool kmgw_merge_answers(const struct kmgw_flow *flow)
{
	return flow->plane == KMGW_PLANE_MERGE && flow->phase == KMGW_PHASE_HALF &&
	       ((flow->side[0].known && flow->side[1].known) || flow->early);
}

static void kmgw_merge_repeat(struct kmgw_flow *flow)
{
	flow->repeats = 0;
	flow->repeat = (u32)jiffies + KMGW_REPEAT;
}

/**
 * kmgw_merge_syn() - a SYN was accepted
 * @flow: flow; under flow->lock
 * @both: it was the first of the second end
 */
void kmgw_merge_syn(struct kmgw_flow *flow, bool both)
{
	lockdep_assert_held(&flow->lock);
	if (flow->plane != KMGW_PLANE_MERGE)
		return;
	if (both)
		kmgw_merge_repeat(flow);
	/* It finds out what is due, and when. */
	if (both || kmgw_early_wanted(flow))
		timer_reduce(&flow->timer, jiffies + 1);
}

/**
 * kmgw_merge_again() - is it time to answer, or to answer again?
 * @flow: flow; under flow->lock
 * @wait: jiffies until the flow is looked at next; made less if need be
 *
 * Return: true when it is.
 */
bool kmgw_merge_again(struct kmgw_flow *flow, unsigned long *wait)
{
	u32 now = (u32)jiffies;
	bool again;

	lockdep_assert_held(&flow->lock);
	if (kmgw_early_due(flow, wait)) {
		kmgw_merge_repeat(flow);
		*wait = min_t(unsigned long, *wait, KMGW_REPEAT);
		return true;
	}
	if (!kmgw_merge_answers(flow) || flow->repeats == KMGW_REPEATS)
		return false;
	again = (s32)(flow->repeat - now) <= 0;
	if (again) {
		flow->repeats++;
		flow->repeat = now + (KMGW_REPEAT << flow->repeats);
	}
	if (flow->repeats < KMGW_REPEATS)
		*wait = min_t(unsigned long, *wait, flow->repeat - now);
	return again;
}

/**
 * kmgw_merge_answer() - answer the SYN of one end in the name of the other, if that is due
 * @flow: flow
 * @from: side of the end that is answered
 */
void kmgw_merge_answer(struct kmgw_flow *flow, struct kmgw_side *from)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);
	struct kmgw_seg seg = { .flags = TCPHDR_SYN | TCPHDR_ACK };
	struct kmgw_syn own, other;
	struct kmgw_ep *ep, *peer;
	struct kmgw_tcpopt opt;
	enum kmgw_reason reason;
	bool due, early;
	int near, far;

	spin_lock_bh(&flow->lock);
	ep = from->ep;
	peer = to->ep;
	/* What is acknowledged needs no answer any more. */
	due = ep && peer && kmgw_merge_answers(flow) && from->known && !to->acked;
	own = from->syn;
	other = to->syn;
	seg.seq = to->isn;
	seg.ack = from->isn + 1;
	early = flow->early == from;
	spin_unlock_bh(&flow->lock);
	if (!due)
		return;
	if (early)
		kmgw_early_options(&other, &own);
	near = kmgw_path_mss(ep, &reason);
	far = kmgw_path_mss(peer, &reason);
	/* Answered early, there may be no path yet. */
	if (early && far < 0)
		far = near;
	if (near < 0 || far < 0)
		return;
	kmgw_tcpopt_answer(&opt, &own.opt, &other.opt,
			   peer->key.family == AF_INET ? KMGW_MSS_DEFAULT4 : KMGW_MSS_DEFAULT6,
			   min_t(int, min(near, far), U16_MAX));
	seg.window = other.window;
	if (own.ecn && other.ecn)
		seg.flags |= TCPHDR_ECE;
	kmgw_tcp_send(ep, &seg, &opt, early ? 0 : other.ttl - 1);
}
