// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, what the user does to it, and its lifetime.
 *
 * Context: process. What takes an endpoint is called under kn->lock; kmgw_splice_finish() is called
 * by the work of the splice. See leg.h for locks and lifetime.
 */
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include "leg.h"
#include "splice.h"
#include "trace.h"

/* Connections that ended, by reason. */
static atomic64_t kmgw_ended[KMGW_REASON_MAX + 1];

static void kmgw_splice_put(struct kmgw_splice *sp)
{
	if (refcount_dec_and_test(&sp->ref))
		kfree(sp);
}

/* Nothing queues the work any more, nor does it run while this does: take it off, be gone. */
static void kmgw_splice_reap(struct kthread_work *work)
{
	struct kmgw_splice *sp = container_of(work, struct kmgw_splice, reap);

	kthread_cancel_work_sync(&sp->work);
	kmgw_splice_not_ahead(sp);
	kmgw_splice_put(sp);
}

static struct kmgw_splice *kmgw_splice_new(struct kmgw_net *kn)
{
	struct kmgw_splice *sp;

	sp = kzalloc(sizeof(*sp), GFP_KERNEL_ACCOUNT);
	if (!sp)
		return NULL;
	kthread_init_work(&sp->work, kmgw_splice_work);
	kthread_init_work(&sp->reap, kmgw_splice_reap);
	timer_setup(&sp->timer, kmgw_splice_expire, 0);
	INIT_LIST_HEAD(&sp->closing);
	INIT_LIST_HEAD(&sp->ahead);
	spin_lock_init(&sp->lock);
	refcount_set(&sp->ref, 1);
	sp->kn = kn;
	sp->moved = jiffies;
	return sp;
}

/* The splice of an endpoint, with a reference. */
static struct kmgw_splice *kmgw_splice_get(struct kmgw_ep *ep, unsigned int *leg)
{
	struct kmgw_splice *sp = NULL;

	spin_lock_bh(&ep->lock);
	if (ep->leg) {
		sp = ep->leg->sp;
		if (leg)
			*leg = ep->leg - sp->leg;
		refcount_inc(&sp->ref);
	}
	spin_unlock_bh(&ep->lock);
	return sp;
}

static void kmgw_splice_kick(struct kmgw_splice *sp)
{
	spin_lock_bh(&sp->lock);
	if (!sp->dead)
		kmgw_splice_queue(sp);
	spin_unlock_bh(&sp->lock);
}

static void kmgw_splice_ask(struct kmgw_splice *sp, unsigned int leg, enum kmgw_release how,
			    enum kmgw_reason reason, bool gone)
{
	enum kmgw_ask ask = how == KMGW_RELEASE_ABORT ? KMGW_ASK_ABORT : KMGW_ASK_CLOSE;

	spin_lock_bh(&sp->lock);
	if (!sp->dead) {
		if (ask > sp->ask) {
			sp->ask_reason = reason;
			sp->ask_leg = leg;
			WRITE_ONCE(sp->ask, ask);
		}
		if (gone && list_empty(&sp->closing)) {
			spin_lock(&sp->kn->closing_lock);
			list_add_tail(&sp->closing, &sp->kn->closing);
			spin_unlock(&sp->kn->closing_lock);
		}
		kmgw_splice_queue(sp);
	}
	spin_unlock_bh(&sp->lock);
}

/*
 * From here on the work may do with the leg what it likes, up to ending it: all that is to be seen
 * of a new connection has to be in place before.
 */
static void kmgw_splice_start(struct kmgw_splice *sp, struct kmgw_leg *leg)
{
	struct kmgw_leg *other = leg == &sp->leg[0] ? NULL : &sp->leg[0];
	enum kmgw_state state = other ? KMGW_STATE_ESTABLISHED : KMGW_STATE_READY;

	lockdep_assert_held(&sp->lock);
	kmgw_ep_hold(leg->ep);
	spin_lock(&leg->ep->lock);
	leg->ep->leg = leg;
	spin_unlock(&leg->ep->lock);
	kmgw_ep_set_state(leg->ep, state, KMGW_REASON_NONE);
	if (other)
		kmgw_ep_set_state(other->ep, state, KMGW_REASON_NONE);
	kmgw_leg_watch(leg);
	WRITE_ONCE(sp->moved, jiffies);
	sp->sent_at[0] = jiffies;
	sp->sent_at[1] = jiffies;
	if (READ_ONCE(leg->ep->priority) == KMGW_PRIORITY_EMERGENCY)
		WRITE_ONCE(sp->urgent, true);
	/* pairs with kmgw_leg_other() and kmgw_splice_turn() */
	smp_store_release(&sp->legs, other ? 2 : 1);
	kmgw_splice_queue(sp);
}

/* The second leg: from now on data moves. Return: false if the first one is ending. */
static bool kmgw_splice_join(struct kmgw_splice *sp, const struct kmgw_leg *new)
{
	bool joined = false;

	spin_lock_bh(&sp->lock);
	if (!sp->dead && !sp->ask && sp->legs == 1) {
		sp->leg[1] = *new;
		sp->leg[1].sp = sp;
		kmgw_splice_start(sp, &sp->leg[1]);
		joined = true;
	}
	spin_unlock_bh(&sp->lock);
	return joined;
}

/* A splice of one leg for a socket, not yet started. */
static int kmgw_splice_make(struct kmgw_ep *ep, int fd, const void *prefix, u32 prefix_len,
			    struct kmgw_splice **out, struct netlink_ext_ack *extack)
{
	struct kmgw_net *kn = ep->kn;
	struct kmgw_splice *sp;
	struct kmgw_leg *leg;
	int err;

	if (prefix_len > KMGW_PREFIX_MAX) {
		NL_SET_ERR_MSG(extack, "the prefix is too long");
		return -EMSGSIZE;
	}
	if (atomic_read(&kn->sockets) >= kn->max_sockets) {
		NL_SET_ERR_MSG(extack, "limit of attached sockets reached: see LIMITS_SET");
		return -ENOSPC;
	}

	sp = kmgw_splice_new(kn);
	if (!sp) {
		NL_SET_ERR_MSG(extack, "out of memory");
		return -ENOMEM;
	}
	leg = &sp->leg[0];
	leg->sp = sp;
	err = kmgw_leg_take(leg, ep, fd, extack);
	if (err)
		goto err_free;
	err = kmgw_leg_prepare(leg, prefix, prefix_len, extack);
	if (err)
		goto err_put;
	*out = sp;
	return 0;

err_put:
	fput(leg->file);
err_free:
	kfree(sp);
	return err;
}

/**
 * kmgw_splice_attach() - give an endpoint its connection
 * @ep: TCP endpoint
 * @fd: socket
 * @prefix: octets received from it already, or NULL
 * @prefix_len: their number, at most KMGW_PREFIX_MAX
 * @replace: it may have one, which then makes room for this one
 * @extack: where the reason for a refusal goes
 *
 * Changes nothing when it fails.
 *
 * Return: 0 or a negative errno.
 */
int kmgw_splice_attach(struct kmgw_ep *ep, int fd, const void *prefix, u32 prefix_len,
		       bool replace, struct netlink_ext_ack *extack)
{
	struct kmgw_ep *peer = rcu_dereference_protected(ep->peer,
							 lockdep_is_held(&ep->kn->lock));
	struct kmgw_splice *sp, *with = NULL, *old = NULL;
	struct kmgw_net *kn = ep->kn;
	struct kmgw_leg *leg;
	unsigned int slot;
	u8 state;
	int err;

	if (replace)
		old = kmgw_splice_get(ep, &slot);
	/* The state is set after the leg is taken away: wait for both. */
	state = READ_ONCE(ep->state);
	if (!old && (READ_ONCE(ep->leg) || state == KMGW_STATE_READY ||
		     state == KMGW_STATE_ESTABLISHED || state == KMGW_STATE_CLOSING)) {
		NL_SET_ERR_MSG(extack, "the endpoint has a live connection: release it first");
		return -EBUSY;
	}
	err = kmgw_splice_make(ep, fd, prefix, prefix_len, &sp, extack);
	if (err)
		goto out;
	leg = &sp->leg[0];
	if (old) {
		sp->thread = old->thread;
		err = kmgw_splice_offer(old, slot, sp);
		if (err) {
			NL_SET_ERR_MSG(extack, "it ends, or delivers for the one before: wait");
			kmgw_store_free(leg->store);
			fput(leg->file);
			kfree(sp);
		}
		goto out;
	}

	atomic_inc(&kn->sockets);
	if (peer)
		with = kmgw_splice_get(peer, NULL);
	if (with && kmgw_splice_join(with, leg)) {
		kfree(sp);
	} else {
		sp->thread = kmgw_splice_thread();
		spin_lock_bh(&sp->lock);
		kmgw_splice_start(sp, leg);
		spin_unlock_bh(&sp->lock);
	}
	if (with)
		kmgw_splice_put(with);
out:
	if (old)
		kmgw_splice_put(old);
	return err;
}

/**
 * kmgw_splice_release() - end the connection of an endpoint
 * @ep: endpoint
 * @how: in order, or by RST
 * @reason: why
 *
 * That of the peer endpoint ends with it.
 */
void kmgw_splice_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason)
{
	struct kmgw_splice *sp;
	unsigned int leg;

	sp = kmgw_splice_get(ep, &leg);
	if (!sp)
		return;
	kmgw_splice_ask(sp, leg, how, reason, false);
	kmgw_splice_put(sp);
}

/**
 * kmgw_splice_del() - an endpoint is deleted: end its connection
 * @ep: endpoint
 * @how: in order, or by RST
 * @reason: why
 *
 * What can be delivered at once has been when this returns, so that the counters then are, as a
 * rule, the final ones; the rest needs no endpoint.
 */
void kmgw_splice_del(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason)
{
	struct kmgw_splice *sp;
	unsigned int leg;

	sp = kmgw_splice_get(ep, &leg);
	if (!sp)
		return;
	kmgw_splice_ask(sp, leg, how, reason, true);
	if (how != KMGW_RELEASE_ABORT)
		kthread_flush_work(&sp->work);
	kmgw_splice_put(sp);
}

/**
 * kmgw_splice_update() - something was changed that matters to a connection
 * @ep: endpoint
 */
void kmgw_splice_update(struct kmgw_ep *ep)
{
	struct kmgw_splice *sp = kmgw_splice_get(ep, NULL);

	if (!sp)
		return;
	kmgw_splice_kick(sp);
	kmgw_splice_put(sp);
}

/**
 * kmgw_leg_read_stats() - counters of one connection
 * @leg: leg
 * @st: where they go
 */
void kmgw_leg_read_stats(const struct kmgw_leg *leg, struct kmgw_stats *st)
{
	const struct tcp_sock *tp = tcp_sk(leg->sk);
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&leg->syncp);
		st->rx_packets = u64_stats_read(&leg->rx_packets);
		st->rx_plain = u64_stats_read(&leg->rx_plain);
		st->tx_packets = u64_stats_read(&leg->tx_packets);
		st->tx_plain = u64_stats_read(&leg->tx_plain);
		st->drops = u64_stats_read(&leg->drops);
		st->stalls = u64_stats_read(&leg->stalls);
	} while (u64_stats_fetch_retry(&leg->syncp, start));

	/* a FIN is no octet */
	st->rx_octets = READ_ONCE(tp->bytes_received) - sock_flag(leg->sk, SOCK_DONE);
	/* each octet once */
	st->tx_octets = READ_ONCE(tp->bytes_sent) - READ_ONCE(tp->bytes_retrans);
}

/* Add what is new since @since. */
static void kmgw_stats_add(struct kmgw_stats *sum, const struct kmgw_stats *st,
			   const struct kmgw_stats *since)
{
	sum->rx_packets += st->rx_packets - since->rx_packets;
	sum->rx_octets += st->rx_octets - since->rx_octets;
	sum->tx_packets += st->tx_packets - since->tx_packets;
	sum->tx_octets += st->tx_octets - since->tx_octets;
	sum->rx_plain += st->rx_plain - since->rx_plain;
	sum->tx_plain += st->tx_plain - since->tx_plain;
	sum->drops += st->drops - since->drops;
	sum->stalls += st->stalls - since->stalls;
}

/**
 * kmgw_leg_book() - add what is new to the totals of the endpoint
 * @leg: leg whose endpoint does not point at it any more, or stops to; under ep->lock
 */
void kmgw_leg_book(struct kmgw_leg *leg)
{
	struct kmgw_stats now;

	lockdep_assert_held(&leg->ep->lock);
	kmgw_leg_read_stats(leg, &now);
	kmgw_stats_add(&leg->ep->done, &now, &leg->booked);
	leg->booked = now;
}

/**
 * kmgw_leg_account() - add what is new to the totals of the namespace
 * @leg: leg
 */
void kmgw_leg_account(struct kmgw_leg *leg)
{
	struct kmgw_net *kn = leg->sp->kn;
	struct kmgw_stats *told = &leg->told;
	struct kmgw_stats now;

	kmgw_leg_read_stats(leg, &now);
	if (now.rx_octets != told->rx_octets || now.rx_plain != told->rx_plain)
		kmgw_count_rx(kn, now.rx_packets - told->rx_packets,
			      now.rx_octets - told->rx_octets, now.rx_plain - told->rx_plain);
	if (now.tx_octets != told->tx_octets || now.tx_plain != told->tx_plain)
		kmgw_count_tx(kn, now.tx_packets - told->tx_packets,
			      now.tx_octets - told->tx_octets, now.tx_plain - told->tx_plain);
	for (; told->stalls < now.stalls; told->stalls++)
		kmgw_count_stall(kn);
	*told = now;
}

/**
 * kmgw_splice_get_stats() - counters of an endpoint over all its connections
 * @ep: TCP endpoint
 * @st: where they go
 */
void kmgw_splice_get_stats(struct kmgw_ep *ep, struct kmgw_stats *st)
{
	struct kmgw_stats live;

	spin_lock_bh(&ep->lock);
	*st = ep->done;
	if (ep->leg) {
		kmgw_leg_read_stats(ep->leg, &live);
		kmgw_stats_add(st, &live, &ep->leg->booked);
	}
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_splice_get_tls() - what protects the connection of an endpoint
 * @ep: TCP endpoint
 * @version: 0x0303 or 0x0304; 0 when it is plain or there is none
 * @cipher: TLS_CIPHER_*
 */
void kmgw_splice_get_tls(struct kmgw_ep *ep, u16 *version, u16 *cipher)
{
	spin_lock_bh(&ep->lock);
	*version = ep->leg ? ep->leg->tls_version : 0;
	*cipher = ep->leg ? ep->leg->tls_cipher : 0;
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_splice_attached() - has an endpoint a connection?
 * @ep: TCP endpoint
 *
 * Return: true if so.
 */
bool kmgw_splice_attached(struct kmgw_ep *ep)
{
	return READ_ONCE(ep->leg);
}

/**
 * kmgw_splice_cpu() - whose thread moves the data of an endpoint?
 * @ep: TCP endpoint
 *
 * Return: number of the CPU, or -ENOTCONN when the endpoint has no connection.
 */
int kmgw_splice_cpu(struct kmgw_ep *ep)
{
	int cpu = -ENOTCONN;

	spin_lock_bh(&ep->lock);
	if (ep->leg)
		cpu = ep->leg->sp->thread->cpu;
	spin_unlock_bh(&ep->lock);
	return cpu;
}

/**
 * kmgw_splice_ended() - connections that ended for a reason, since the module was loaded
 * @reason: reason
 *
 * Return: their number.
 */
u64 kmgw_splice_ended(enum kmgw_reason reason)
{
	return atomic64_read(&kmgw_ended[reason]);
}

static void kmgw_leg_finish(struct kmgw_leg *leg)
{
	struct kmgw_ep *ep = leg->ep;

	kmgw_leg_unwatch(leg);
	/* joined when the other one had failed already */
	if (!leg->reason) {
		leg->failed = true;
		leg->reason = KMGW_REASON_PEER_ENDPOINT;
	}
	kmgw_leg_reset(leg);
	kmgw_store_free(leg->store);
	leg->store = NULL;
	kmgw_leg_account(leg);
	atomic64_inc(&kmgw_ended[leg->reason]);

	spin_lock_bh(&ep->lock);
	kmgw_leg_book(leg);
	if (!leg->retired)
		ep->leg = NULL;
	spin_unlock_bh(&ep->lock);
	/* Last: it is what allows another connection. */
	if (!leg->retired)
		kmgw_ep_set_state(ep, leg->failed ? KMGW_STATE_FAILED : KMGW_STATE_RELEASED,
				  leg->reason);
	kmgw_ep_put(ep);
}

/**
 * kmgw_splice_finish() - both connections are over, or have to be
 * @sp: splice; the work of which this is called by must not touch it afterwards
 */
void kmgw_splice_finish(struct kmgw_splice *sp)
{
	struct kmgw_net *kn = sp->kn;
	struct file *file[2] = {};
	unsigned int i, legs;

	spin_lock_bh(&sp->lock);
	sp->dead = true;
	legs = sp->legs;
	spin_unlock_bh(&sp->lock);
	timer_shutdown_sync(&sp->timer);
	kmgw_splice_part(sp);

	for (i = 0; i < legs; i++) {
		kmgw_leg_finish(&sp->leg[i]);
		file[i] = sp->leg[i].file;
	}
	spin_lock_bh(&kn->closing_lock);
	list_del_init(&sp->closing);
	spin_unlock_bh(&kn->closing_lock);

	/* Runs in this thread, so after this; queued before anybody may end the thread. */
	kthread_queue_work(sp->thread->worker, &sp->reap);
	/* The last use of kn: the files may be what keeps the namespace. */
	if (atomic_sub_and_test(legs, &kn->sockets))
		wake_up_var(&kn->sockets);
	for (i = 0; i < legs; i++)
		fput(file[i]);
}

/**
 * kmgw_splice_flush() - cut short what is still closing
 * @kn: namespace; endpoints that still exist are not touched
 */
void kmgw_splice_flush(struct kmgw_net *kn)
{
	struct kmgw_splice *sp;

	spin_lock_bh(&kn->closing_lock);
	list_for_each_entry(sp, &kn->closing, closing) {
		WRITE_ONCE(sp->cut, true);
		kmgw_splice_queue(sp);
	}
	spin_unlock_bh(&kn->closing_lock);
}

/**
 * kmgw_splice_net_exit() - reset everything of a namespace and wait until it is gone
 * @kn: namespace whose endpoints are all deleted
 *
 * When the namespace itself goes there is nothing left, because sockets keep it.
 */
void kmgw_splice_net_exit(struct kmgw_net *kn)
{
	kmgw_splice_flush(kn);
	wait_var_event(&kn->sockets, !atomic_read(&kn->sockets));
}
