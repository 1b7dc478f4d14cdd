// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: inactivity of an endpoint (H.248.40): told once when no user data has passed for a while.
 *
 * Packets note the tick they came in and leave the timer alone. When the timer expires, it looks at
 * what they noted, and either runs on for the rest or tells. After that, the next packet starts it
 * again.
 *
 * The timer is not deferrable: on a gateway whose only call has died, a processor may sleep for
 * minutes, and the event is wanted then.
 *
 * Context: softirq; process under kn->lock. The timer is started under ep->lock only, and only
 * while the endpoint is not dead, so that kmgw_watch_stop() ends it for good.
 */
#include <linux/timer.h>

#include "kmgw.h"
#include "object.h"
#include "watch.h"

static void kmgw_watch_expired(struct timer_list *timer)
{
	struct kmgw_gate *gate = container_of(timer, struct kmgw_gate, timer);
	struct kmgw_ep *ep = gate->ep;
	unsigned long due;

	spin_lock_bh(&ep->lock);
	if (ep->dead || !gate->inactivity)
		goto out;
	due = READ_ONCE(gate->seen) + msecs_to_jiffies(gate->inactivity);
	if (time_before(jiffies, due)) {
		mod_timer(&gate->timer, due);
		goto out;
	}
	WRITE_ONCE(gate->quiet, true);
	kmgw_event_ep(ep, KMGW_EVENT_INACTIVITY);
out:
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_watch_init() - prepare for a timer
 * @ep: endpoint
 * @gate: its gate, new
 */
void kmgw_watch_init(struct kmgw_ep *ep, struct kmgw_gate *gate)
{
	gate->ep = ep;
	timer_setup(&gate->timer, kmgw_watch_expired, 0);
}

/**
 * kmgw_watch_start() - begin to wait for user data, or end it, as was set
 * @ep: endpoint with a gate; under kn->lock
 */
void kmgw_watch_start(struct kmgw_ep *ep)
{
	struct kmgw_gate *gate = rcu_dereference_protected(ep->gate,
							   lockdep_is_held(&ep->kn->lock));

	spin_lock_bh(&ep->lock);
	WRITE_ONCE(gate->seen, jiffies);
	WRITE_ONCE(gate->quiet, false);
	WRITE_ONCE(gate->direction, gate->inactivity ? gate->inactivity_dir : 0);
	if (gate->inactivity && !ep->dead)
		mod_timer(&gate->timer, jiffies + msecs_to_jiffies(gate->inactivity));
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_watch_wake() - wait again after inactivity was told
 * @gate: gate
 *
 * Context: RCU read section, BH disabled; takes ep->lock.
 */
void kmgw_watch_wake(struct kmgw_gate *gate)
{
	struct kmgw_ep *ep = gate->ep;

	spin_lock_bh(&ep->lock);
	if (gate->quiet && gate->inactivity && !ep->dead) {
		WRITE_ONCE(gate->quiet, false);
		mod_timer(&gate->timer, jiffies + msecs_to_jiffies(gate->inactivity));
	}
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_watch_stop() - end the timer for good
 * @ep: endpoint that is dead; under kn->lock
 */
void kmgw_watch_stop(struct kmgw_ep *ep)
{
	struct kmgw_gate *gate = rcu_dereference_protected(ep->gate,
							   lockdep_is_held(&ep->kn->lock));

	if (gate)
		del_timer_sync(&gate->timer);
}
