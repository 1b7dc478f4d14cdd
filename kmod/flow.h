/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: TCP relay and merge, what their files share.
 *
 * A *flow* is what the gateway knows of the TCP connection that passes through the two endpoints of
 * a stream, segment by segment; it terminates nothing. It has two *sides*, one for each endpoint;
 * a side is about the far end behind that endpoint: what it sent, and what it acknowledged.
 *
 * Context
 *	Segments in softirq, in an RCU read section. The timer in softirq. The user's requests in
 *	process context, under kn->lock.
 *
 * Locks
 *	flow->lock	spinlock, BH disabled, inside kn->lock; phase, and everything of a side that
 *			a set-up or an end changes. Inside it: ep->lock. Nothing is sent under it.
 *	Segments that only carry data take no lock: what they move (end, ack, limit, window, seen)
 *	is moved by single words.
 *
 * Lifetime
 *	A flow belongs to the endpoints that point at it (ep->flow) and goes with the last one. Both
 *	endpoints of a stream share one as soon as their planes agree. ep->flow and side->ep change
 *	under kn->lock and flow->lock; readers use RCU.
 */
#ifndef _KMGW_FLOW_H
#define _KMGW_FLOW_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <net/tcp.h>

#include "kmgw.h"
#include "tcpopt.h"

/* A connection that is being set up and says nothing for so long is given up. */
#define KMGW_HALF_OPEN		(75 * HZ)
/* A connection may follow another one, on the same addresses and ports, after so long. */
#define KMGW_REOPEN		HZ
/* What is answered without a change of state is not answered more often than so. */
#define KMGW_ANSWER		(HZ / 4)

/**
 * enum kmgw_phase - how far a flow is
 * @KMGW_PHASE_NONE: no SYN was accepted
 * @KMGW_PHASE_HALF: at least one SYN was
 * @KMGW_PHASE_OPEN: both ends have acknowledged each other's SYN
 * @KMGW_PHASE_CLOSING: a FIN was seen
 * @KMGW_PHASE_ENDED: both FINs were acknowledged, or it was reset; late segments still pass
 * @KMGW_PHASE_CUT: the gateway reset it; nothing passes
 */
enum kmgw_phase {
	KMGW_PHASE_NONE,
	KMGW_PHASE_HALF,
	KMGW_PHASE_OPEN,
	KMGW_PHASE_CLOSING,
	KMGW_PHASE_ENDED,
	KMGW_PHASE_CUT,
};

/**
 * struct kmgw_syn - a SYN, as far as it is kept
 * @opt: its options
 * @first: when it came first; jiffies
 * @last: when it came last; jiffies
 * @window: window, not scaled
 * @ttl: TTL or hop limit it came with
 * @ecn: it asks for ECN
 */
struct kmgw_syn {
	struct kmgw_tcpopt opt;
	u32 first;
	u32 last;
	u16 window;
	u8 ttl;
	bool ecn;
};

/**
 * struct kmgw_side - what is known of one far end
 * @ep: the endpoint; NULL when there is none
 * @syn: its SYN (or SYN-ACK), while @known
 * @isn: initial sequence number
 * @end: highest sequence number it sent, plus one
 * @ack: what it acknowledged
 * @limit: highest sequence number that it let the other send, plus one
 * @window: largest window it ever offered; octets
 * @fin_end: sequence number after its FIN
 * @told: REMOTE as the user gave it, while @latched
 * @scale: how much its windows are shifted
 * @known: @isn is
 * @acked: the other acknowledged its SYN
 * @fin: it sent FIN
 * @fin_acked: the other acknowledged that
 * @latched: the destination of the endpoint is where its SYN came from
 */
struct kmgw_side {
	struct kmgw_ep *ep;
	struct kmgw_syn syn;
	u32 isn;
	u32 end;
	u32 ack;
	u32 limit;
	u32 window;
	u32 fin_end;
	struct kmgw_addr told;
	u8 scale;
	bool known;
	bool acked;
	bool fin;
	bool fin_acked;
	bool latched;
};

/**
 * struct kmgw_flow - a connection that passes through
 * @lock: see above
 * @phase: enum kmgw_phase; READ_ONCE() without @lock
 * @plane: enum kmgw_plane; constant
 * @held: a SYN waits for the one of the other side, and is counted in kn->syns
 * @seen: when something new was seen last; jiffies
 * @ended: when it ended; jiffies
 * @answered: when something was answered last; jiffies
 * @repeat: merge: when the two ends are answered again; jiffies
 * @repeats: merge: how often they were
 * @early: merge: the side that was answered before the other was there, or NULL
 * @offset: what is added to the numbers of the other end on their way to @early
 * @side: the two sides
 * @timer: idle and half-open time
 * @kn: namespace
 * @rcu: for freeing
 */
struct kmgw_flow {
	spinlock_t lock;	/* see above */
	u8 phase;
	u8 plane;
	bool held;
	u8 repeats;
	u32 seen;
	u32 ended;
	u32 answered;
	u32 repeat;
	u32 offset;
	struct kmgw_side *early;
	struct kmgw_side side[2];
	struct timer_list timer;
	struct kmgw_net *kn;
	struct rcu_head rcu;
};

/* One a connection waits for, whatever is sent by whom. */
static_assert(sizeof(struct kmgw_syn) <= 64);

/**
 * struct kmgw_seg - a segment, in host order
 * @seq: sequence number
 * @ack: what it acknowledges, if anything
 * @len: octets of payload
 * @window: window, not scaled
 * @flags: TCPHDR_*
 */
struct kmgw_seg {
	u32 seq;
	u32 ack;
	u32 len;
	u16 window;
	u8 flags;
};

/**
 * kmgw_seg_end() - the sequence number after a segment
 * @seg: segment
 *
 * Return: it.
 */
static inline u32 kmgw_seg_end(const struct kmgw_seg *seg)
{
	return seg->seq + seg->len + !!(seg->flags & TCPHDR_SYN) + !!(seg->flags & TCPHDR_FIN);
}

/**
 * kmgw_flow_side() - the side of an endpoint
 * @flow: flow
 * @ep: one of its endpoints
 *
 * Return: the side.
 */
static inline struct kmgw_side *kmgw_flow_side(struct kmgw_flow *flow, const struct kmgw_ep *ep)
{
	return &flow->side[READ_ONCE(flow->side[1].ep) == ep];
}

/**
 * kmgw_flow_other() - the side across
 * @flow: flow
 * @side: one of its sides
 *
 * Return: the other one.
 */
static inline struct kmgw_side *kmgw_flow_other(struct kmgw_flow *flow,
						const struct kmgw_side *side)
{
	return &flow->side[side == &flow->side[0]];
}

/**
 * kmgw_flow_offset() - by how much the numbers sent to a far end are moved
 * @flow: flow
 * @ep: endpoint that it is behind
 *
 * Return: it; what the far end acknowledges is moved by as much.
 */
static inline u32 kmgw_flow_offset(struct kmgw_flow *flow, const struct kmgw_ep *ep)
{
	u32 offset = READ_ONCE(flow->offset);

	if (likely(!offset) || READ_ONCE(flow->early) != kmgw_flow_side(flow, ep))
		return 0;
	return offset;
}

/**
 * kmgw_packet_plane() - is TCP carried segment by segment?
 * @plane: enum kmgw_plane
 *
 * Return: true for relay and merge.
 */
static inline bool kmgw_packet_plane(u8 plane)
{
	return plane == KMGW_PLANE_RELAY || plane == KMGW_PLANE_MERGE;
}

/**
 * kmgw_flow_unhold() - no SYN waits for another any more
 * @flow: flow; under flow->lock
 */
static inline void kmgw_flow_unhold(struct kmgw_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	if (flow->held)
		atomic_dec(&flow->kn->syns);
	flow->held = false;
}

/* flow.c */
struct kmgw_flow *kmgw_flow_new(struct kmgw_net *kn, u8 plane);
void kmgw_flow_free(struct kmgw_flow *flow);
void kmgw_flow_join(struct kmgw_ep *ep, struct kmgw_ep *peer, u8 plane, struct kmgw_flow *flow);
void kmgw_flow_leave(struct kmgw_ep *ep);
const char *kmgw_phase_name(u8 phase);
u8 kmgw_flow_joined(struct kmgw_ep *ep);
bool kmgw_flow_begun(struct kmgw_ep *ep);
bool kmgw_flow_told(struct kmgw_ep *ep, struct kmgw_addr *told);
bool kmgw_flow_keeps(struct kmgw_ep *ep, const struct kmgw_addr *remote);
void kmgw_flow_tell(struct kmgw_ep *ep, const struct kmgw_addr *remote);
void kmgw_flow_recheck(struct kmgw_ep *ep);
void kmgw_flow_restart(struct kmgw_ep *ep);
void kmgw_flow_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason);
void kmgw_flow_forget(struct kmgw_flow *flow);
void kmgw_flow_arm(struct kmgw_flow *flow);

/* tcptrack.c */
enum kmgw_reason kmgw_track_check(struct kmgw_flow *flow, struct kmgw_side *from,
				  const struct kmgw_seg *seg, bool *forget);
u32 kmgw_track_pass(struct kmgw_flow *flow, struct kmgw_side *from, const struct kmgw_seg *seg);
bool kmgw_track_fits(const struct kmgw_side *from, const struct kmgw_side *to,
		     const struct kmgw_seg *seg);
bool kmgw_track_acks_syn(const struct kmgw_side *to, const struct kmgw_seg *seg);
void kmgw_track_syn(struct kmgw_side *from, struct kmgw_side *to, const struct kmgw_seg *seg,
		    const struct kmgw_syn *syn);

/* tcpsyn.c */
enum kmgw_reason kmgw_syn_rcv(struct kmgw_flow *flow, struct kmgw_ep *ep, struct kmgw_ep *peer,
			      struct sk_buff *skb, unsigned int l4off, int family,
			      const struct kmgw_seg *seg, bool *consumed);
void kmgw_syn_challenge(struct kmgw_flow *flow, struct kmgw_ep *ep);

/* tcpearly.c */
bool kmgw_syn_abandoned(const struct kmgw_syn *syn);
bool kmgw_early_wanted(struct kmgw_flow *flow);
bool kmgw_early_due(struct kmgw_flow *flow, unsigned long *wait);
void kmgw_early_options(struct kmgw_syn *syn, const struct kmgw_syn *own);
bool kmgw_early_waits(struct kmgw_flow *flow, const struct kmgw_side *side);
bool kmgw_early_up(struct kmgw_flow *flow);
enum kmgw_reason kmgw_early_rcv(struct kmgw_flow *flow, struct kmgw_side *from,
				const struct kmgw_seg *seg, bool *ask);
enum kmgw_reason kmgw_early_rewrite(struct kmgw_flow *flow, const struct kmgw_side *from,
				    struct sk_buff *skb, unsigned int l4off);

/* tcpmerge.c */
void kmgw_merge_syn(struct kmgw_flow *flow, bool both);
bool kmgw_merge_again(struct kmgw_flow *flow, unsigned long *wait);
void kmgw_merge_answer(struct kmgw_flow *flow, struct kmgw_side *from);

/* tcpsend.c */
void kmgw_tcp_send(struct kmgw_ep *ep, const struct kmgw_seg *seg, const struct kmgw_tcpopt *opt,
		   u8 ttl);
unsigned int kmgw_flow_resets(struct kmgw_flow *flow, struct kmgw_side *to,
			      struct kmgw_seg *segs);
int kmgw_path_mss(struct kmgw_ep *ep, enum kmgw_reason *reason);

#endif /* _KMGW_FLOW_H */
