// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP connections that pass through, what the user and the time do to them.
 *
 * Context: process, under kn->lock, except the timer (softirq), kmgw_flow_forget() and
 * kmgw_flow_arm(), which segments call, too. See flow.h for locks and lifetime.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "flow.h"
#include "kmgw.h"
#include "path.h"

/* A segment that is to be sent once no lock is held. */
struct kmgw_flow_out {
	struct kmgw_ep *ep;
	struct kmgw_seg seg;
};

/* Two for each far end. */
#define KMGW_FLOW_OUT 4

static struct kmgw_flow *kmgw_flow_of(struct kmgw_ep *ep)
{
	return rcu_dereference_protected(ep->flow, lockdep_is_held(&ep->kn->lock));
}

static bool kmgw_flow_runs(const struct kmgw_flow *flow)
{
	return flow->phase >= KMGW_PHASE_HALF && flow->phase <= KMGW_PHASE_CLOSING;
}

static unsigned int kmgw_flow_collect(struct kmgw_flow *flow, struct kmgw_flow_out *out)
{
	struct kmgw_seg segs[2];
	unsigned int i, j, n = 0;

	if (!kmgw_flow_runs(flow))
		return 0;
	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		unsigned int more = kmgw_flow_resets(flow, &flow->side[i], segs);

		for (j = 0; j < more && flow->side[i].ep; j++)
			out[n++] = (struct kmgw_flow_out){ flow->side[i].ep, segs[j] };
	}
	return n;
}

/* Endpoints stay through the RCU section in which they were found. */
static void kmgw_flow_send(const struct kmgw_flow_out *out, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		kmgw_tcp_send(out[i].ep, &out[i].seg, NULL, 0);
}

static unsigned long kmgw_flow_limit(struct kmgw_flow *flow)
{
	unsigned long limit;
	u32 ms = U32_MAX;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flow->side); i++)
		if (flow->side[i].ep)
			ms = min(ms, READ_ONCE(flow->side[i].ep->idle_timeout) ?:
				     KMGW_IDLE_TIMEOUT_DEFAULT);
	limit = msecs_to_jiffies(ms);
	if (flow->phase == KMGW_PHASE_HALF && !kmgw_early_up(flow))
		limit = min_t(unsigned long, limit, KMGW_HALF_OPEN);
	return limit;
}

static void kmgw_flow_state(struct kmgw_flow *flow, enum kmgw_state state,
			    enum kmgw_reason reason)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flow->side); i++)
		if (flow->side[i].ep)
			kmgw_ep_set_state(flow->side[i].ep, state, reason);
}

/* A connection that did not come up is forgotten; who thinks that it is up has to be told first. */
static void kmgw_flow_give_up(struct kmgw_flow *flow)
{
	struct kmgw_flow_out out[KMGW_FLOW_OUT];
	unsigned int n = 0;

	lockdep_assert_held(&flow->lock);
	if ((flow->side[0].known && flow->side[1].known) || flow->early)
		n = kmgw_flow_collect(flow, out);
	kmgw_flow_state(flow, KMGW_STATE_FAILED, KMGW_REASON_TIMEOUT);
	WRITE_ONCE(flow->phase, KMGW_PHASE_CUT);
	spin_unlock_bh(&flow->lock);
	kmgw_flow_send(out, n);
	spin_lock_bh(&flow->lock);
	if (flow->phase == KMGW_PHASE_CUT)
		kmgw_flow_forget(flow);
}

/*
 * One timer for a flow, not moved with every segment: it looks how long ago the last was, and
 * sleeps on for what is left.
 */
static void kmgw_flow_expire(struct timer_list *timer)
{
	struct kmgw_flow *flow = from_timer(flow, timer, timer);
	struct kmgw_flow_out out[KMGW_FLOW_OUT];
	unsigned long limit, age, wait;
	unsigned int n = 0;
	bool again = false;

	rcu_read_lock();
	spin_lock_bh(&flow->lock);
	if (!kmgw_flow_runs(flow))
		goto out;
	limit = kmgw_flow_limit(flow);
	age = (u32)jiffies - READ_ONCE(flow->seen);
	if (age < limit) {
		wait = limit - age;
		again = kmgw_merge_again(flow, &wait);
		mod_timer(&flow->timer, jiffies + wait);
		goto out;
	}
	if (flow->phase == KMGW_PHASE_HALF) {
		kmgw_flow_give_up(flow);
		goto out;
	}
	n = kmgw_flow_collect(flow, out);
	WRITE_ONCE(flow->phase, KMGW_PHASE_CUT);
	kmgw_flow_state(flow, KMGW_STATE_FAILED, KMGW_REASON_IDLE);
out:
	spin_unlock_bh(&flow->lock);
	kmgw_flow_send(out, n);
	if (again) {
		kmgw_merge_answer(flow, &flow->side[0]);
		kmgw_merge_answer(flow, &flow->side[1]);
	}
	rcu_read_unlock();
}

/**
 * kmgw_flow_arm() - let time run for a flow that has begun
 * @flow: flow; under flow->lock
 */
void kmgw_flow_arm(struct kmgw_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	WRITE_ONCE(flow->seen, (u32)jiffies);
	mod_timer(&flow->timer, jiffies + kmgw_flow_limit(flow));
}

/**
 * kmgw_flow_recheck() - the idle time has changed
 * @ep: endpoint
 */
void kmgw_flow_recheck(struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);

	if (!flow)
		return;
	spin_lock_bh(&flow->lock);
	if (kmgw_flow_runs(flow))
		mod_timer(&flow->timer, jiffies);
	spin_unlock_bh(&flow->lock);
}

/**
 * kmgw_flow_new() - make a flow
 * @kn: namespace
 * @plane: KMGW_PLANE_RELAY or KMGW_PLANE_MERGE
 *
 * Return: the flow or NULL.
 */
struct kmgw_flow *kmgw_flow_new(struct kmgw_net *kn, u8 plane)
{
	struct kmgw_flow *flow;

	flow = kzalloc(sizeof(*flow), GFP_KERNEL_ACCOUNT);
	if (!flow)
		return NULL;
	/* Nothing was; and jiffies may have come round to 0, as they do five minutes after boot. */
	flow->answered = (u32)jiffies - KMGW_ANSWER;
	spin_lock_init(&flow->lock);
	timer_setup(&flow->timer, kmgw_flow_expire, 0);
	flow->plane = plane;
	flow->kn = kn;
	return flow;
}

/**
 * kmgw_flow_free() - free a flow that no endpoint points at
 * @flow: flow or NULL
 */
void kmgw_flow_free(struct kmgw_flow *flow)
{
	if (!flow)
		return;
	timer_shutdown_sync(&flow->timer);
	kfree_rcu(flow, rcu);
}

/**
 * kmgw_phase_name() - name of a phase, for people
 * @phase: enum kmgw_phase
 *
 * Return: a constant string.
 */
const char *kmgw_phase_name(u8 phase)
{
	static const char * const names[] = {
		[KMGW_PHASE_NONE] = "none",
		[KMGW_PHASE_HALF] = "half",
		[KMGW_PHASE_OPEN] = "open",
		[KMGW_PHASE_CLOSING] = "closing",
		[KMGW_PHASE_ENDED] = "ended",
		[KMGW_PHASE_CUT] = "cut",
	};

	return phase < ARRAY_SIZE(names) ? names[phase] : "unknown";
}

/**
 * kmgw_flow_joined() - how merge has answered
 * @ep: endpoint; under kn->lock
 *
 * Return: enum kmgw_joined.
 */
u8 kmgw_flow_joined(struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	u8 joined = KMGW_JOINED_NOT;

	if (!flow || flow->plane != KMGW_PLANE_MERGE)
		return joined;
	spin_lock_bh(&flow->lock);
	if (flow->early)
		joined = KMGW_JOINED_EARLY;
	else if (flow->side[0].known && flow->side[1].known)
		joined = KMGW_JOINED_CROSSWISE;
	spin_unlock_bh(&flow->lock);
	return joined;
}

/* Give the endpoint back the destination that the user told. */
static void kmgw_flow_unlatch(struct kmgw_side *side)
{
	struct kmgw_path *path = NULL, *old;
	struct kmgw_ep *ep = side->ep;

	side->latched = false;
	if (!ep)
		return;
	if (side->told.family)
		path = kmgw_path_new(ep, &side->told, GFP_ATOMIC);
	spin_lock_bh(&ep->lock);
	old = rcu_replace_pointer(ep->path, path, lockdep_is_held(&ep->lock));
	spin_unlock_bh(&ep->lock);
	kmgw_path_free_rcu(old);
}

/**
 * kmgw_flow_forget() - as if no SYN had come
 * @flow: flow; under flow->lock
 */
void kmgw_flow_forget(struct kmgw_flow *flow)
{
	struct kmgw_side *side;
	unsigned int i;

	lockdep_assert_held(&flow->lock);
	WRITE_ONCE(flow->phase, KMGW_PHASE_NONE);
	flow->early = NULL;
	WRITE_ONCE(flow->offset, 0);
	kmgw_flow_unhold(flow);
	for (i = 0; i < ARRAY_SIZE(flow->side); i++) {
		side = &flow->side[i];
		side->known = false;
		side->acked = false;
		side->fin = false;
		side->fin_acked = false;
		if (side->latched)
			kmgw_flow_unlatch(side);
	}
}

/**
 * kmgw_flow_join() - let an endpoint share the flow of its peer, or begin one
 * @ep: endpoint without a flow
 * @peer: its peer or NULL
 * @plane: its plane
 * @flow: a new flow; NULL when the plane has none
 */
void kmgw_flow_join(struct kmgw_ep *ep, struct kmgw_ep *peer, u8 plane, struct kmgw_flow *flow)
{
	struct kmgw_flow *shared = peer ? kmgw_flow_of(peer) : NULL;

	lockdep_assert_held(&ep->kn->lock);
	if (flow && shared && shared->plane == plane) {
		kmgw_flow_free(flow);
		flow = shared;
	}
	WRITE_ONCE(ep->plane, plane);
	if (!flow)
		return;
	WRITE_ONCE(ep->kn->nr_flow, ep->kn->nr_flow + 1);
	spin_lock_bh(&flow->lock);
	/* What the endpoint that was here before had is over. */
	if (flow->phase == KMGW_PHASE_CUT)
		kmgw_flow_forget(flow);
	WRITE_ONCE(flow->side[!!flow->side[0].ep].ep, ep);
	spin_unlock_bh(&flow->lock);
	rcu_assign_pointer(ep->flow, flow);
}

/**
 * kmgw_flow_leave() - an endpoint gives up its flow
 * @ep: endpoint; it has been released before
 */
void kmgw_flow_leave(struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	struct kmgw_side *side;
	bool last;

	lockdep_assert_held(&ep->kn->lock);
	if (!flow)
		return;
	RCU_INIT_POINTER(ep->flow, NULL);
	WRITE_ONCE(ep->kn->nr_flow, ep->kn->nr_flow - 1);
	spin_lock_bh(&flow->lock);
	side = kmgw_flow_side(flow, ep);
	if (side->latched)
		kmgw_flow_unlatch(side);
	last = !kmgw_flow_other(flow, side)->ep;
	kmgw_flow_unhold(flow);
	side->known = false;
	WRITE_ONCE(side->ep, NULL);
	if (flow->phase != KMGW_PHASE_NONE)
		WRITE_ONCE(flow->phase, KMGW_PHASE_CUT);
	spin_unlock_bh(&flow->lock);
	if (last)
		kmgw_flow_free(flow);
}

/**
 * kmgw_flow_begun() - has a SYN been accepted?
 * @ep: endpoint
 *
 * Return: true when the plane cannot be changed any more.
 */
bool kmgw_flow_begun(struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);

	return flow && READ_ONCE(flow->phase) != KMGW_PHASE_NONE;
}

/**
 * kmgw_flow_told() - REMOTE as the user gave it, where the path leads to the source of a SYN
 * @ep: endpoint
 * @told: set to it
 *
 * Return: true when the path does.
 */
bool kmgw_flow_told(struct kmgw_ep *ep, struct kmgw_addr *told)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	struct kmgw_side *side;
	bool latched;

	if (!flow)
		return false;
	spin_lock_bh(&flow->lock);
	side = kmgw_flow_side(flow, ep);
	latched = side->latched;
	*told = side->told;
	spin_unlock_bh(&flow->lock);
	return latched;
}

/**
 * kmgw_flow_keeps() - does a connection that has begun go on with another REMOTE?
 * @ep: endpoint
 * @remote: REMOTE that the user gives
 *
 * It does when it comes from there: the same address, and the same port or one left open.
 *
 * Return: true when it does, and the path is to be left alone.
 */
bool kmgw_flow_keeps(struct kmgw_ep *ep, const struct kmgw_addr *remote)
{
	struct kmgw_path *path = rcu_dereference_protected(ep->path,
							   lockdep_is_held(&ep->kn->lock));
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	bool keeps;

	if (!flow)
		return false;
	spin_lock_bh(&flow->lock);
	keeps = kmgw_flow_side(flow, ep)->known && path &&
		kmgw_addr_admits(remote, &path->remote);
	spin_unlock_bh(&flow->lock);
	return keeps;
}

/**
 * kmgw_flow_tell() - note another REMOTE with which the connection goes on
 * @ep: endpoint
 * @remote: REMOTE
 */
void kmgw_flow_tell(struct kmgw_ep *ep, const struct kmgw_addr *remote)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	struct kmgw_side *side;

	spin_lock_bh(&flow->lock);
	side = kmgw_flow_side(flow, ep);
	side->told = *remote;
	side->latched = true;
	spin_unlock_bh(&flow->lock);
}

/**
 * kmgw_flow_release() - end the connection of a stream
 * @ep: one of its endpoints
 * @how: enum kmgw_release; both ends are reset either way, for the gateway has no voice of its own
 *	between them: it tells only how the endpoints are called afterwards
 * @reason: why
 */
void kmgw_flow_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason)
{
	enum kmgw_state state = how == KMGW_RELEASE_ABORT ? KMGW_STATE_FAILED :
							   KMGW_STATE_RELEASED;
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	struct kmgw_flow_out out[KMGW_FLOW_OUT];
	struct kmgw_side *other;
	unsigned int n;

	lockdep_assert_held(&ep->kn->lock);
	if (!flow)
		return;
	local_bh_disable();
	rcu_read_lock();
	spin_lock(&flow->lock);
	n = kmgw_flow_collect(flow, out);
	kmgw_flow_unhold(flow);
	other = kmgw_flow_other(flow, kmgw_flow_side(flow, ep));
	if (kmgw_flow_runs(flow)) {
		WRITE_ONCE(flow->phase, KMGW_PHASE_CUT);
		kmgw_ep_set_state(ep, state, reason);
		if (other->ep)
			kmgw_ep_set_state(other->ep, state, KMGW_REASON_PEER_ENDPOINT);
	}
	spin_unlock(&flow->lock);
	kmgw_flow_send(out, n);
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * kmgw_flow_restart() - end what runs and wait for a SYN again
 * @ep: one of the endpoints
 */
void kmgw_flow_restart(struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = kmgw_flow_of(ep);
	struct kmgw_flow_out out[KMGW_FLOW_OUT];
	unsigned int n;

	lockdep_assert_held(&ep->kn->lock);
	if (!flow)
		return;
	local_bh_disable();
	rcu_read_lock();
	spin_lock(&flow->lock);
	n = kmgw_flow_collect(flow, out);
	WRITE_ONCE(flow->phase, KMGW_PHASE_CUT);
	spin_unlock(&flow->lock);
	/* With the destinations of the old connection, which are forgotten next. */
	kmgw_flow_send(out, n);
	spin_lock(&flow->lock);
	kmgw_flow_forget(flow);
	kmgw_flow_state(flow, KMGW_STATE_IDLE, KMGW_REASON_NONE);
	spin_unlock(&flow->lock);
	rcu_read_unlock();
	local_bh_enable();
}
