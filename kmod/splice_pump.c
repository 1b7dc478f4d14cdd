// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, the work that moves data.
 *
 * Reading goes on only when everything read before was accepted by the other leg: what a slow far
 * end does not take stays in the receive buffer of the fast one, whose window closes. A turn is
 * limited, so that splices on one CPU share it.
 *
 * Context: process; one turn of each splice at a time.
 */
#include "leg.h"
#include "trace.h"

/**
 * kmgw_pump_open() - may user data pass?
 * @from: leg it comes from
 * @to: leg it goes to
 *
 * Return: true if so.
 */
bool kmgw_pump_open(const struct kmgw_leg *from, const struct kmgw_leg *to)
{
	return kmgw_ep_takes(from->ep) && kmgw_ep_sends(to->ep);
}

static void kmgw_pump_stalled(struct kmgw_leg *to)
{
	if (to->stalled)
		return;
	to->stalled = true;
	u64_stats_update_begin(&to->syncp);
	u64_stats_inc(&to->stalls);
	u64_stats_update_end(&to->syncp);
}

/**
 * kmgw_pump_left() - how many octets of user data may still be forwarded?
 * @from: leg they come from
 * @to: leg they go to
 *
 * Return: number of octets; U64_MAX without a limit.
 */
u64 kmgw_pump_left(const struct kmgw_leg *from, const struct kmgw_leg *to)
{
	u64 limit = READ_ONCE(from->ep->octet_limit), sent;

	if (likely(!limit && !from->stop))
		return U64_MAX;
	if (!limit)
		limit = U64_MAX;
	if (from->stop)
		limit = min(limit, from->stop_at);
	sent = to->sp->sent[to != &to->sp->leg[0]];
	return limit - min(limit, sent);
}

/**
 * kmgw_pump_cut() - throw away what may not be forwarded any more
 * @from: leg it was read from, before there was a limit or a lower one; or with a prefix
 * @left: octets that may be, less than there are
 */
void kmgw_pump_cut(struct kmgw_leg *from, u64 left)
{
	kmgw_store_cut(from->store, left);
	u64_stats_update_begin(&from->syncp);
	u64_stats_inc(&from->drops);
	u64_stats_update_end(&from->syncp);
}

/**
 * kmgw_pump_at_stop() - is everything read that was to be read?
 * @from: leg
 *
 * Return: true if so.
 */
bool kmgw_pump_at_stop(const struct kmgw_leg *from)
{
	return from->stop && !kmgw_leg_readable(from) &&
	       !before(READ_ONCE(tcp_sk(from->sk)->copied_seq), from->stop_seq);
}

/**
 * kmgw_pump_fill() - fill the store: with one read, or several small records that fit in one
 * @from: leg to read from
 * @open: user data may pass
 * @left: octets that may be forwarded, at least 1
 * @budget: octets that may be read in this turn
 *
 * Return: 0 when there is something to send, or the next has to be looked at; else -EAGAIN.
 */
int kmgw_pump_fill(struct kmgw_leg *from, bool open, u64 left, int *budget)
{
	int ret;

	do {
		ret = kmgw_leg_receive(from, min_t(u64, left - kmgw_leg_pending(from), U32_MAX));
		if (ret <= 0)
			break;
		*budget -= ret;
	} while (open && !from->end && from->tls_version && *budget > 0 &&
		 kmgw_leg_pending(from) < min_t(u64, left, KMGW_RECORD) &&
		 kmgw_leg_readable(from) &&
		 kmgw_tls_next(from) <= KMGW_RECORD - kmgw_leg_pending(from));

	if (ret >= 0 || kmgw_leg_pending(from)) {
		/* even what is no data costs something */
		*budget -= 64;
		return 0;
	}
	if (ret == -ENOMEM)
		from->sp->nomem = true;
	else if (ret != -EAGAIN)
		kmgw_leg_error(from, ret);
	else if (from->stop)
		kmgw_leg_ended(from, KMGW_END_ORDERLY, KMGW_REASON_USER);
	return -EAGAIN;
}

/**
 * kmgw_pump_flush() - empty the store
 * @from: leg whose store it is
 * @to: leg it goes to
 * @more: more is about to follow
 *
 * Return: 0 when it is empty, -EAGAIN when that cannot be done now.
 */
int kmgw_pump_flush(struct kmgw_leg *from, struct kmgw_leg *to, bool more)
{
	struct kmgw_store *store = from->store;
	unsigned int slot;
	u32 before;
	int ret;

	while (store->len) {
		before = store->len;
		ret = kmgw_leg_send(to, store, more);
		if (store->len != before) {
			slot = to != &to->sp->leg[0];
			from->sp->moved = jiffies;
			to->sp->sent_at[slot] = jiffies;
			to->sp->sent[slot] += before - store->len;
			to->stalled = false;
		}
		if (ret > 0)
			continue;
		if (ret == -EAGAIN) {
			kmgw_pump_stalled(to);
		} else if (ret == -ENOMEM) {
			from->sp->nomem = true;
		} else if (ret == -EKEYEXPIRED) {
			kmgw_store_drop(store);
			to->alert = KMGW_ALERT_INTERNAL;
			kmgw_leg_ended(to, KMGW_END_ABORT, KMGW_REASON_RECORD_LIMIT);
		} else {
			kmgw_leg_error(to, ret);
		}
		return -EAGAIN;
	}
	return 0;
}

/*
 * Move what can be moved from one leg to the other.
 *
 * Return: true when there is more to do at once.
 */
static bool kmgw_pump(struct kmgw_leg *from, struct kmgw_leg *to, int *budget)
{
	bool again = false;
	bool open;
	u64 left;

	while (!from->sp->failed) {
		if (to->gone) {
			if (from->store)
				kmgw_store_drop(from->store);
			kmgw_leg_ended(from, KMGW_END_ORDERLY, KMGW_REASON_PEER_ENDPOINT);
			break;
		}
		open = kmgw_pump_open(from, to);
		left = kmgw_pump_left(from, to);
		if (kmgw_leg_pending(from) > left)
			kmgw_pump_cut(from, left);
		left -= kmgw_leg_pending(from);
		if (kmgw_leg_pending(from)) {
			if (!open && from->stop)
				kmgw_store_drop(from->store);
			else if (!open ||
				 kmgw_pump_flush(from, to, *budget > 0 && !from->end &&
						 kmgw_leg_readable(from)))
				break;
		}
		if (from->end) {
			kmgw_leg_shut(to, from->end);
			break;
		}
		if (!left && from->stop)
			kmgw_leg_ended(from, KMGW_END_ORDERLY, KMGW_REASON_USER);
		else if (!left)
			kmgw_leg_limited(from);
		if (!left)
			continue;
		if (*budget <= 0) {
			again = true;
			break;
		}
		if (kmgw_pump_at_stop(from) || (from->stop && !open)) {
			kmgw_leg_ended(from, KMGW_END_ORDERLY, KMGW_REASON_USER);
			continue;
		}
		if (!open && !kmgw_leg_end_readable(from))
			break;
		if (kmgw_pump_fill(from, open, left, budget) && !from->end)
			break;
	}
	if (!to->gone)
		kmgw_leg_uncork(to);
	return again;
}

/* As one of its endpoints, or both. */
static void kmgw_splice_set_urgent(struct kmgw_splice *sp, unsigned int legs)
{
	bool urgent = false;
	unsigned int i;

	for (i = 0; i < legs; i++)
		urgent |= READ_ONCE(sp->leg[i].ep->priority) == KMGW_PRIORITY_EMERGENCY;
	if (unlikely(urgent != sp->urgent))
		WRITE_ONCE(sp->urgent, urgent);
}

/**
 * kmgw_splice_turn() - do all there is to do for a splice
 * @sp: splice
 */
void kmgw_splice_turn(struct kmgw_splice *sp)
{
	/* pairs with the release store in kmgw_splice_start() */
	unsigned int legs = smp_load_acquire(&sp->legs);
	bool again = false, over = true;
	int budget = KMGW_TURN;
	unsigned int i, turn;

	/* woken while it ended, or before it began */
	if (sp->dead || !legs)
		return;

	sp->nomem = false;
	sp->changed = false;
	kmgw_splice_asked(sp);
	kmgw_splice_take_next(sp);
	kmgw_splice_wake_heir(sp);
	kmgw_splice_set_urgent(sp, legs);
	for (i = 0; i < legs; i++)
		kmgw_leg_set_dscp(&sp->leg[i]);

	if (legs == 2) {
		if (sp->before)
			again |= kmgw_splice_inherit(sp, &budget);
		turn = sp->turn;
		sp->turn = !turn;
		for (i = 0; i < 2; i++, turn = !turn)
			if (!sp->before || turn != sp->before_leg)
				again |= kmgw_pump(&sp->leg[turn], &sp->leg[!turn], &budget);
	}
	for (i = 0; i < legs && !sp->failed; i++)
		again |= kmgw_leg_close(&sp->leg[i], &budget, !again);
	if (!sp->failed)
		kmgw_splice_check_time(sp);

	for (i = 0; i < legs; i++) {
		kmgw_leg_account(&sp->leg[i]);
		/* what it had received may wait to be delivered */
		over &= sp->leg[i].gone && !sp->heir;
	}
	if (over || sp->failed)
		kmgw_splice_finish(sp);
	else if (again || sp->changed)
		kmgw_splice_queue(sp);
	else
		kmgw_splice_arm(sp);
}
