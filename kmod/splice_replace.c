// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, a connection that takes the place of another.
 *
 * A far end that moves makes a new connection before the old one goes, and the far end beyond the
 * gateway has to notice nothing. The new connection comes in a splice of its own, with the thread
 * of the one there is (kmgw_splice_offer()). There the two legs change places: the old one has the
 * new splice to end in, and gets what an orderly end begins with at once. What goes to the far
 * end leaves by the new connection from then on. What comes from it is first read from the old one,
 * until that ends or LINGER is over, and all of it is delivered before the new one is read, so that
 * nobody sees a stream with a hole; if that cannot be, both connections fail.
 *
 * Context: process. kmgw_splice_offer() is called under kn->lock, everything else by the work of
 * the two splices, which is done by one thread. See leg.h for locks and lifetime.
 */
#include <linux/wait_bit.h>

#include "leg.h"
#include "splice.h"

/**
 * kmgw_splice_offer() - let a connection take the place of another
 * @sp: splice of the other
 * @leg: number of its leg
 * @next: not started; its first leg has the new connection
 *
 * Return: 0, and @next is taken over; or -EBUSY: the old connection is ending, or what came before
 * it has not been delivered.
 */
int kmgw_splice_offer(struct kmgw_splice *sp, unsigned int leg, struct kmgw_splice *next)
{
	struct kmgw_ep *ep = next->leg[0].ep;
	struct kmgw_net *kn = sp->kn;
	bool taken = false;

	kmgw_ep_hold(ep);
	atomic_inc(&kn->sockets);

	spin_lock_bh(&sp->lock);
	if (!sp->dead && !sp->ask) {
		sp->next_leg = leg;
		WRITE_ONCE(sp->next, next);
		kmgw_splice_queue(sp);
		taken = true;
	}
	spin_unlock_bh(&sp->lock);

	if (taken) {
		kthread_flush_work(&sp->work);
		spin_lock_bh(&sp->lock);
		if (sp->next) {
			WRITE_ONCE(sp->next, NULL);
			taken = false;
		}
		spin_unlock_bh(&sp->lock);
	}
	if (taken)
		return 0;

	if (atomic_dec_and_test(&kn->sockets))
		wake_up_var(&kn->sockets);
	kmgw_ep_put(ep);
	return -EBUSY;
}

/* All that the old connection had received is delivered, or nobody is there to take it. */
static void kmgw_splice_disown(struct kmgw_splice *sp)
{
	struct kmgw_splice *old = sp->before;
	struct kmgw_leg *leg = &old->leg[0];

	sp->before = NULL;
	old->heir = NULL;
	old->user = true;
	old->ended = true;
	old->since = jiffies;
	kmgw_leg_ended(leg, KMGW_END_ORDERLY, KMGW_REASON_REPLACED);
	spin_lock_bh(&leg->ep->lock);
	kmgw_leg_book(leg);
	spin_unlock_bh(&leg->ep->lock);
	kmgw_splice_queue(old);
}

/**
 * kmgw_splice_take_next() - let the connection that was offered take its place
 * @sp: splice; when it is ending, whoever made the offer notices
 */
void kmgw_splice_take_next(struct kmgw_splice *sp)
{
	struct kmgw_splice *old;
	struct kmgw_leg *leg;

	if (!READ_ONCE(sp->next) || sp->ended || sp->failed || sp->before)
		return;

	spin_lock_bh(&sp->lock);
	old = sp->next;
	if (!old) {
		spin_unlock_bh(&sp->lock);
		return;
	}
	WRITE_ONCE(sp->next, NULL);
	leg = &sp->leg[sp->next_leg];
	kmgw_leg_unwatch(leg);
	spin_lock(&leg->ep->lock);
	swap(*leg, old->leg[0]);
	leg->sp = sp;
	old->leg[0].sp = old;
	old->leg[0].retired = true;
	kmgw_leg_book(&old->leg[0]);
	spin_unlock(&leg->ep->lock);
	kmgw_leg_watch(leg);
	sp->before = old;
	sp->before_leg = sp->next_leg;
	WRITE_ONCE(sp->moved, jiffies);
	sp->sent_at[0] = jiffies;
	sp->sent_at[1] = jiffies;
	spin_unlock_bh(&sp->lock);

	leg = &old->leg[0];
	old->heir = sp;
	old->since = jiffies;
	old->moved = jiffies;
	if (!leg->reason)
		leg->reason = KMGW_REASON_REPLACED;
	kmgw_leg_shut(leg, KMGW_END_ORDERLY);
	spin_lock_bh(&old->lock);
	kmgw_leg_watch(leg);
	spin_lock(&old->kn->closing_lock);
	list_add_tail(&old->closing, &old->kn->closing);
	spin_unlock(&old->kn->closing_lock);
	/* pairs with kmgw_splice_turn() */
	smp_store_release(&old->legs, 1);
	kmgw_splice_queue(old);
	spin_unlock_bh(&old->lock);

	/* The far end beyond may come late: what nobody has begun to read need not wait for it. */
	if (sp->legs < 2 && !kmgw_leg_pending(leg) && !kmgw_leg_readable(leg))
		kmgw_splice_disown(sp);
}

/**
 * kmgw_splice_inherit() - deliver what the connection before had received
 * @sp: splice of two legs, with @before
 * @budget: octets that may be read in this turn
 *
 * Return: true when there is more to do at once.
 */
bool kmgw_splice_inherit(struct kmgw_splice *sp, int *budget)
{
	struct kmgw_leg *from = &sp->before->leg[0], *to = &sp->leg[!sp->before_leg];
	struct kmgw_splice *old = sp->before;
	bool done = false, again = false;
	bool open;
	u64 left;

	while (!sp->failed && !old->failed && !done) {
		if (to->gone || to->tx != KMGW_TX_OPEN) {
			done = true;
			break;
		}
		open = kmgw_pump_open(from, to);
		left = kmgw_pump_left(from, to);
		if (kmgw_leg_pending(from) > left)
			kmgw_pump_cut(from, left);
		left -= kmgw_leg_pending(from);
		if (kmgw_leg_pending(from) && (!open || kmgw_pump_flush(from, to, false)))
			break;
		/* what ends at a limit is the splice, by whom it is read from then on */
		if (from->end || kmgw_pump_at_stop(from) || !left) {
			done = true;
			break;
		}
		if (*budget <= 0) {
			again = true;
			break;
		}
		if (!open && !kmgw_leg_end_readable(from))
			break;
		if (kmgw_pump_fill(from, open, left, budget) && !from->end)
			break;
	}
	if (!to->gone)
		kmgw_leg_uncork(to);
	/* What is missing is not to be followed by other data. */
	if (done && from->end == KMGW_END_ABORT)
		kmgw_leg_fail(&sp->leg[sp->before_leg], from->reason);
	sp->moved = max(sp->moved, old->moved);
	sp->nomem |= old->nomem;
	if (done)
		kmgw_splice_disown(sp);
	else if (old->failed)
		kmgw_splice_queue(old);
	return again || done;
}

/**
 * kmgw_splice_wake_heir() - something happened to a connection that was replaced
 * @sp: splice
 */
void kmgw_splice_wake_heir(struct kmgw_splice *sp)
{
	if (sp->heir)
		kmgw_splice_queue(sp->heir);
}

/**
 * kmgw_splice_part() - a splice is over: what it had to do with another ends
 * @sp: splice
 */
void kmgw_splice_part(struct kmgw_splice *sp)
{
	struct kmgw_splice *old = sp->before, *heir = sp->heir;
	struct kmgw_leg *leg = &sp->leg[0];

	if (heir) {
		sp->heir = NULL;
		heir->before = NULL;
		if (kmgw_leg_pending(leg) || kmgw_leg_readable(leg))
			kmgw_leg_fail(&heir->leg[heir->before_leg],
				      leg->reason ? : KMGW_REASON_SOCKET);
		kmgw_splice_queue(heir);
	}
	if (old) {
		sp->before = NULL;
		old->heir = NULL;
		kmgw_leg_fail(&old->leg[0], KMGW_REASON_PEER_ENDPOINT);
		kmgw_splice_queue(old);
	}
}
