/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: inactivity of an endpoint.
 */
#ifndef _KMGW_WATCH_H
#define _KMGW_WATCH_H

#include <linux/jiffies.h>

#include "kmgw.h"

void kmgw_watch_init(struct kmgw_ep *ep, struct kmgw_gate *gate);
void kmgw_watch_start(struct kmgw_ep *ep);
void kmgw_watch_stop(struct kmgw_ep *ep);
void kmgw_watch_wake(struct kmgw_gate *gate);

/**
 * kmgw_watch_seen() - note that user data passes
 * @ep: endpoint
 * @way: KMGW_DIRECTION_IN or KMGW_DIRECTION_OUT
 *
 * Context: RCU read section, BH disabled.
 */
static inline void kmgw_watch_seen(struct kmgw_ep *ep, enum kmgw_direction way)
{
	struct kmgw_gate *gate = rcu_dereference(ep->gate);
	unsigned long now = jiffies;

	if (likely(!gate) || !(READ_ONCE(gate->direction) & way))
		return;
	/* written once a tick, not once a packet */
	if (READ_ONCE(gate->seen) != now)
		WRITE_ONCE(gate->seen, now);
	if (unlikely(READ_ONCE(gate->quiet)))
		kmgw_watch_wake(gate);
}

#endif /* _KMGW_WATCH_H */
