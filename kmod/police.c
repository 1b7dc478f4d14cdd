// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: policing (H.248.53): how much an endpoint lets in.
 *
 * Two token buckets an endpoint, each kept as the time at which it would be full again (GCRA), in
 * one word that is replaced by compare and exchange: no lock. Counted are octets of IP packets. A
 * packet has to fit both buckets, and takes from neither if it does not.
 *
 * What was set is never changed, but replaced as a whole together with the buckets.
 *
 * Context: softirq, RCU read section; kmgw_police_new() in process context.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/slab.h>

#include "kmgw.h"
#include "object.h"
#include "police.h"

static s64 kmgw_police_time(u64 octets, u64 rate)
{
	return div64_u64(octets * NSEC_PER_SEC, rate);
}

/**
 * kmgw_police_new() - make full buckets
 * @cfg: what was set; a rate at least
 *
 * Return: the buckets, or NULL.
 */
struct kmgw_police *kmgw_police_new(const struct kmgw_police_cfg *cfg)
{
	struct kmgw_police *police;

	police = kzalloc(sizeof(*police), GFP_KERNEL_ACCOUNT);
	if (!police)
		return NULL;
	police->cfg = *cfg;
	if (cfg->sustained)
		police->burst_limit = kmgw_police_time(cfg->burst, cfg->sustained);
	police->peak_limit = (s64)cfg->tolerance * NSEC_PER_USEC;
	return police;
}

static bool kmgw_police_take(atomic64_t *bucket, s64 now, s64 cost, s64 ahead, s64 limit)
{
	s64 tat = atomic64_read(bucket), next;

	do {
		next = kmgw_gcra(tat, now, cost, ahead, limit);
		if (next < 0)
			return false;
	} while (!atomic64_try_cmpxchg(bucket, &tat, next));
	return true;
}

/* Tell it when it begins, but not more often than once in a while. */
static void kmgw_police_tell(struct kmgw_ep *ep, struct kmgw_police *police)
{
	unsigned long now = jiffies | 1, last = READ_ONCE(police->last);

	if (last == now || cmpxchg(&police->last, last, now) != last)
		return;
	if (!last || time_after(now, last + msecs_to_jiffies(KMGW_POLICE_QUIET)))
		kmgw_event_tell(ep, KMGW_EVENT_POLICING);
}

/**
 * kmgw_police() - may so much come in?
 * @ep: endpoint
 * @police: its buckets
 * @octets: of an IP packet
 *
 * Return: true when it may, and is counted.
 */
bool kmgw_police(struct kmgw_ep *ep, struct kmgw_police *police, u32 octets)
{
	const struct kmgw_police_cfg *cfg = &police->cfg;
	s64 now = ktime_get_ns(), cost = 0, peak_cost;

	if (cfg->peak) {
		peak_cost = kmgw_police_time(octets, cfg->peak);
		if (!kmgw_police_take(&police->peak, now, peak_cost, 0, police->peak_limit))
			goto drop;
	}
	if (cfg->sustained) {
		cost = kmgw_police_time(octets, cfg->sustained);
		if (!kmgw_police_take(&police->sustained, now, cost, cost, police->burst_limit)) {
			if (cfg->peak)
				atomic64_sub(peak_cost, &police->peak);
			goto drop;
		}
	}
	return true;

drop:
	kmgw_police_tell(ep, police);
	return false;
}
