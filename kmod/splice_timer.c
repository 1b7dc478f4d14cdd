// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, time.
 *
 * One timer for each splice. It is set to the earliest moment something may be due, and not moved
 * when that changes: firing early costs less than moving it with every piece of data. It only
 * queues the work, which then looks what is due.
 *
 * Context: the timer in softirq; everything else in the work of the splice.
 */
#include "leg.h"

/* Memory is given back when nothing moved for so long. */
#define KMGW_REST	HZ
/* What was sent last is not acknowledged yet: when to look again. */
#define KMGW_UNDER_WAY	(5 * HZ)
/* After a failed allocation. */
#define KMGW_RETRY	(HZ / 50 + 1)

/**
 * kmgw_splice_expire() - let the work look what is due
 * @timer: sp->timer
 */
void kmgw_splice_expire(struct timer_list *timer)
{
	struct kmgw_splice *sp = from_timer(sp, timer, timer);

	kmgw_splice_queue(sp);
}

/* The smaller one of the two endpoints holds. */
static unsigned long kmgw_splice_idle(const struct kmgw_splice *sp)
{
	u32 ms = U32_MAX;
	unsigned int i;

	for (i = 0; i < sp->legs; i++)
		ms = min(ms, READ_ONCE(sp->leg[i].ep->idle_timeout) ?: KMGW_IDLE_TIMEOUT_DEFAULT);
	return msecs_to_jiffies(ms);
}

/*
 * Does the time of one direction alone run, and until when? Not while MODE holds it back: then it
 * begins anew.
 */
static bool kmgw_splice_idle_in(struct kmgw_splice *sp, unsigned int i, unsigned long *until)
{
	u32 ms;

	if (sp->legs < 2)
		return false;
	/* Noted without a limit, too: one may be set when MODE lets data pass again. */
	if (!(READ_ONCE(sp->leg[i].ep->mode) & KMGW_MODE_RECEIVEONLY) ||
	    !(READ_ONCE(sp->leg[!i].ep->mode) & KMGW_MODE_SENDONLY)) {
		sp->held |= BIT(i);
		return false;
	}
	if (sp->held & BIT(i)) {
		sp->held &= ~BIT(i);
		sp->sent_at[!i] = jiffies;
	}
	ms = READ_ONCE(sp->leg[i].ep->idle_in);
	if (likely(!ms))
		return false;
	*until = sp->sent_at[!i] + msecs_to_jiffies(ms);
	return true;
}

/* Return: the leg nothing came from for too long, or NULL. */
static struct kmgw_leg *kmgw_splice_silent(struct kmgw_splice *sp)
{
	unsigned long until;
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (kmgw_splice_idle_in(sp, i, &until) && time_after_eq(jiffies, until))
			return &sp->leg[i];
	return NULL;
}

static unsigned long kmgw_splice_linger(const struct kmgw_splice *sp)
{
	u32 ms = U32_MAX;
	unsigned int i;

	for (i = 0; i < sp->legs; i++)
		ms = min(ms, READ_ONCE(sp->leg[i].ep->linger));
	return msecs_to_jiffies(ms);
}

/* Grows with every octet that was moved or acknowledged. */
static u64 kmgw_splice_mark(const struct kmgw_splice *sp)
{
	u64 mark = 0;
	unsigned int i;

	for (i = 0; i < sp->legs; i++)
		mark += READ_ONCE(tcp_sk(sp->leg[i].sk)->bytes_acked) +
			u64_stats_read(&sp->leg[i].tx_plain);
	return mark;
}

/* Linger time is over: end what is still open; if all is, it is not going to end by itself. */
static void kmgw_splice_lingered(struct kmgw_splice *sp)
{
	struct kmgw_leg *leg;
	unsigned int i;

	if (!sp->user && sp->legs == 2 && !(sp->leg[0].end && sp->leg[1].end)) {
		kmgw_leg_ended(&sp->leg[0], KMGW_END_ORDERLY, KMGW_REASON_PEER_ENDPOINT);
		kmgw_leg_ended(&sp->leg[1], KMGW_END_ORDERLY, KMGW_REASON_PEER_ENDPOINT);
		return;
	}
	for (i = 0; i < sp->legs; i++) {
		leg = &sp->leg[i];
		/* whoever said it was done ends in order, even without a FIN */
		if (leg->gone || (leg->notified && leg->tx == KMGW_TX_FIN))
			continue;
		/* so does who sends more than may pass, and has had what was for him */
		if (leg->reason == KMGW_REASON_OCTET_LIMIT && kmgw_leg_was_heard(leg))
			continue;
		leg->reason = leg->failed ? leg->reason : KMGW_REASON_LINGER;
		leg->failed = true;
	}
	sp->failed = true;
}

static void kmgw_splice_rest(struct kmgw_splice *sp)
{
	unsigned int i;

	for (i = 0; i < sp->legs; i++) {
		kmgw_leg_acknowledged(&sp->leg[i]);
		if (kmgw_leg_pending(&sp->leg[i]))
			continue;
		kmgw_store_free(sp->leg[i].store);
		sp->leg[i].store = NULL;
	}
}

/* A connection that was replaced, and does not end: what is received by now is all. */
static void kmgw_splice_stop(struct kmgw_splice *sp)
{
	struct kmgw_leg *leg = &sp->leg[0];

	if (leg->stop || time_before(jiffies, sp->since + kmgw_splice_linger(sp)))
		return;
	kmgw_leg_stop(leg, U64_MAX);
	kmgw_splice_wake_heir(sp);
}

/**
 * kmgw_splice_check_time() - do what is due
 * @sp: splice
 */
void kmgw_splice_check_time(struct kmgw_splice *sp)
{
	struct kmgw_leg *silent = kmgw_splice_silent(sp);
	u64 mark;

	if (sp->ended) {
		mark = kmgw_splice_mark(sp);
		if (mark != sp->mark && !sp->user)
			sp->since = jiffies;
		sp->mark = mark;
		if (time_after_eq(jiffies, sp->since + kmgw_splice_linger(sp)))
			kmgw_splice_lingered(sp);
	} else if (time_after_eq(jiffies, sp->moved + kmgw_splice_idle(sp))) {
		kmgw_splice_fail(sp, KMGW_REASON_IDLE);
	} else if (silent) {
		kmgw_leg_silent(silent);
	} else if (sp->heir) {
		kmgw_splice_stop(sp);
	}
	if (time_after_eq(jiffies, sp->moved + KMGW_REST))
		kmgw_splice_rest(sp);
}

/**
 * kmgw_splice_arm() - set the timer
 * @sp: splice
 */
void kmgw_splice_arm(struct kmgw_splice *sp)
{
	unsigned long next = sp->moved + kmgw_splice_idle(sp);
	unsigned long rest = sp->moved + KMGW_REST, look = rest;
	unsigned long until;
	struct kmgw_leg *leg;
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (kmgw_splice_idle_in(sp, i, &until) && time_before(until, next))
			next = until;
	if (time_after_eq(jiffies, rest))
		look = jiffies + KMGW_UNDER_WAY;
	if (sp->ended || (sp->heir && !sp->leg[0].stop))
		next = sp->since + kmgw_splice_linger(sp);
	for (i = 0; i < sp->legs; i++) {
		leg = &sp->leg[i];
		if (leg->store && !kmgw_leg_pending(leg) && time_before(rest, next))
			next = rest;
		if (leg->urgent && !leg->gone && time_before(look, next))
			next = look;
	}
	if (sp->nomem)
		next = jiffies + KMGW_RETRY;
	timer_reduce(&sp->timer, next);
}
