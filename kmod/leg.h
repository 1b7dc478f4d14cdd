/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: TCP splice, what its files share.
 *
 * A *leg* is one attached connection, a *splice* one or two legs and what moves between them. While
 * the peer endpoint has no socket the splice has one leg, and nothing is read from it.
 *
 * Context
 *	All work on the sockets is done by one work item per splice, in the thread chosen for it, so
 *	nothing below needs a lock against another worker. It never waits for a far end: every call
 *	is made with MSG_DONTWAIT, and what cannot go on now is woken by the wait-queue entry of the
 *	leg (softirq; it does nothing but queue the work), by the timer (likewise), or by the user.
 *	One socket is locked at a time. What does wait is lock_sock(): a process that kept the
 *	descriptor, and sleeps inside the socket, holds up the splices of that thread so long.
 *
 *	A connection that is replaced leaves its splice: from then on it has one of its own, in
 *	which it ends, with the same thread. Until that has happened, and the splice it was in has
 *	passed on what it had received, the two point at each other (before, heir; see
 *	splice_replace.c).
 *
 * Locks
 *	sp->lock	spinlock, BH disabled, inside kn->lock: what the user asks for (ask*), the
 *			number of legs, dead, next. Inside it: ep->lock, kn->closing_lock, and that
 *			of the socket's wait queue, which is the outermost where we are woken.
 *	thread->lock	innermost, interrupts disabled: thread->ahead, for emergency calls only.
 *	ep->lock	ep->leg, ep->done, and which connection a leg is.
 *
 * Lifetime
 *	An endpoint points at its leg (ep->leg, under ep->lock) from attaching to the end of the
 *	connection, the leg holds the endpoint that long, and longer than the endpoint is in its
 *	context if that is deleted meanwhile. The leg holds the file, the file the socket, and the
 *	socket its network namespace: while a leg exists, so does kn.
 *	The splice is counted: one reference belongs to the connections and is given up when both
 *	have ended (kmgw_splice_finish()), others are short ones of the user's requests. After the
 *	wait-queue entries and the timer are gone and sp->dead is set, nothing queues the work any
 *	more; a last work item in the same thread takes off what is queued and drops that reference.
 */
#ifndef _KMGW_LEG_H
#define _KMGW_LEG_H

#include <linux/bvec.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "kmgw.h"

#define KMGW_TLS_ALERT		21
#define KMGW_TLS_HANDSHAKE	22
#define KMGW_TLS_DATA		23

#define KMGW_ALERT_WARNING	1
#define KMGW_ALERT_FATAL	2

#define KMGW_ALERT_CLOSE_NOTIFY	0
#define KMGW_ALERT_UNEXPECTED	10
#define KMGW_ALERT_BAD_MAC	20
#define KMGW_ALERT_DECODE	50
#define KMGW_ALERT_INTERNAL	80
#define KMGW_ALERT_CANCELED	90

/* What one splice may move before others on the same CPU get their turn; octets. */
#define KMGW_TURN		(512 * 1024)
/* What is read at most from one end before it is offered to the other; octets. */
#define KMGW_BATCH		(64 * 1024)
/* One TLS record; the page it is decrypted into. */
#define KMGW_RECORD		TLS_MAX_PAYLOAD_SIZE
/* Pieces of one batch: page fragments of segments of usual size, and a few. */
#define KMGW_VECS		56
/* Pages given to TCP that are waited for, to be used again. */
#define KMGW_RING		16

/**
 * struct kmgw_store - what was read from one leg and not yet accepted by the other
 * @page: own page being filled; NULL when there is none
 * @fill: octets of @page in use: they are not written again while anyone else holds the page
 * @first: first entry of @vec with data
 * @n: number of entries
 * @oldest: entry of @ring that was put there first
 * @kept: number of entries of @ring
 * @len: octets in @vec
 * @vec: the data in order; each entry holds its page
 * @ring: full pages that TCP may still hold
 *
 * Allocated when there is data, freed when the stream rests.
 */
struct kmgw_store {
	struct page *page;
	u32 fill;
	u8 first;
	u8 n;
	u8 oldest;
	u8 kept;
	u32 len;
	struct bio_vec vec[KMGW_VECS];
	struct page *ring[KMGW_RING];
};

/**
 * enum kmgw_end - how what comes from a leg ended, and how that is told to the other
 * @KMGW_END_NONE: it did not
 * @KMGW_END_ORDERLY: as a whole: close_notify, FIN
 * @KMGW_END_CUT: FIN without close_notify: FIN alone
 * @KMGW_END_ABORT: failed after what was received: deliver that, then RST
 */
enum kmgw_end {
	KMGW_END_NONE,
	KMGW_END_ORDERLY,
	KMGW_END_CUT,
	KMGW_END_ABORT,
};

/**
 * enum kmgw_tx - how far the sending side of a leg is closed
 * @KMGW_TX_OPEN: not at all
 * @KMGW_TX_ALERT: an alert has to be sent
 * @KMGW_TX_FLUSH: TLS may hold records that TCP did not take
 * @KMGW_TX_ACK: waits for the far end to have everything; RST comes next
 * @KMGW_TX_FIN: FIN is queued
 */
enum kmgw_tx {
	KMGW_TX_OPEN,
	KMGW_TX_ALERT,
	KMGW_TX_FLUSH,
	KMGW_TX_ACK,
	KMGW_TX_FIN,
};

/**
 * enum kmgw_ask - what the user asks of a splice; the larger one wins
 * @KMGW_ASK_NONE: nothing
 * @KMGW_ASK_CLOSE: orderly end
 * @KMGW_ASK_ABORT: RST
 */
enum kmgw_ask {
	KMGW_ASK_NONE,
	KMGW_ASK_CLOSE,
	KMGW_ASK_ABORT,
};

/**
 * struct kmgw_leg - one attached connection
 * @sp: its splice
 * @ep: its endpoint, held
 * @file: the file that was handed over, held
 * @sock: its socket
 * @sk: the same
 * @wait: in the socket's wait queue
 * @store: what came from here and has not left by the other leg; NULL when there is nothing
 * @tls_version: 0x0303, 0x0304, or 0: no TLS
 * @tls_cipher: TLS_CIPHER_*
 * @tls_overhead: octets of a record that are not payload
 * @record_limit: records that one key may protect
 * @user_timeout: TCP_USER_TIMEOUT as the user had set it; ms, 0: none
 * @end: how what comes from here ended
 * @tx: how far sending is closed
 * @tx_end: how it is being closed
 * @alert: description of the alert to close with
 * @reason: why it ended
 * @failed: not in order
 * @notified: close_notify was received
 * @fin: FIN was read
 * @gone: the connection is over
 * @retired: its endpoint has another connection
 * @stop: reading stops at @stop_seq, or at @stop_at
 * @stalled: sending waits for space
 * @corked: sent with MSG_MORE last
 * @urgent: the socket has @user_timeout now
 * @dscp: what the socket was set to
 * @hs_skip: octets left of a handshake message that is ignored
 * @hs_len: octets of @hs_head filled
 * @hs_head: header of a handshake message that came in pieces
 * @stop_seq: TCP sequence number, see @stop
 * @stop_at: octets that have left by the other leg, see @stop
 * @fin_seq: sequence number of our FIN
 * @syncp: for the counters
 * @rx_packets: pieces received
 * @rx_plain: their octets
 * @tx_packets: pieces sent
 * @tx_plain: their octets
 * @drops: pieces received and not forwarded
 * @stalls: times the other leg waited for this one
 * @told: what of this was already added to the totals of the namespace
 * @booked: what of this was already added to those of the endpoint; under ep->lock
 */
struct kmgw_leg {
	struct kmgw_splice *sp;
	struct kmgw_ep *ep;
	struct file *file;
	struct socket *sock;
	struct sock *sk;
	struct wait_queue_entry wait;
	struct kmgw_store *store;
	u16 tls_version;
	u16 tls_cipher;
	u16 tls_overhead;
	u64 record_limit;
	u32 user_timeout;

	u8 end;
	u8 tx;
	u8 tx_end;
	u8 alert;
	u8 reason;
	u8 dscp;
	bool failed : 1;
	bool notified : 1;
	bool fin : 1;
	bool gone : 1;
	bool retired : 1;
	bool stop : 1;
	bool stalled : 1;
	bool corked : 1;
	bool urgent : 1;
	u8 hs_len;
	u8 hs_head[4];
	u32 hs_skip;
	u32 stop_seq;
	u32 fin_seq;
	u64 stop_at;

	struct u64_stats_sync syncp;
	u64_stats_t rx_packets;
	u64_stats_t rx_plain;
	u64_stats_t tx_packets;
	u64_stats_t tx_plain;
	u64_stats_t drops;
	u64_stats_t stalls;
	struct kmgw_stats told;
	struct kmgw_stats booked;
};

/**
 * struct kmgw_splice - one or two legs
 * @work: moves data and closes
 * @reap: drops the last reference
 * @timer: idle and linger time, and when memory is given back
 * @kn: namespace
 * @closing: in kn->closing, once an endpoint was deleted
 * @lock: see the top of this file
 * @ref: references
 * @thread: what @work runs in; fixed before it is queued first
 * @ahead: in thread->ahead, under its lock; see splice_thread.c
 * @urgent: of an emergency call; written by the work, but for the start, READ_ONCE() elsewhere
 * @legs: number of legs; 2 is published by a release store
 * @ask: enum kmgw_ask; under @lock
 * @ask_reason: why; under @lock
 * @ask_leg: number of the leg it was asked of; under @lock
 * @next: has the connection that shall take the place of one of ours; under @lock
 * @next_leg: number of the leg it shall replace; under @lock
 * @before: has the connection that was replaced, until all it had received is delivered
 * @before_leg: number of the leg that replaced it
 * @heir: of the splice of a replaced connection: the one whose @before it is
 * @dead: it is over, no more work may be queued; written under @lock
 * @cut: closing is to be cut short
 * @turn: which direction goes first next time
 * @ended: an end began: linger time runs
 * @user: the user ended it: linger time is not extended
 * @failed: both connections have to be reset
 * @nomem: something has to be tried again for want of memory
 * @changed: an end was noticed, which may let the other direction go on
 * @moved: when user data was moved last; jiffies
 * @sent: octets of user data that have left by each leg, and by those it has replaced
 * @sent_at: when they last did, or might have begun to; jiffies
 * @held: the directions that MODE held back when last looked; bits by the leg it comes from
 * @since: when linger time began; jiffies
 * @mark: what was moved and acknowledged then; octets
 * @leg: the legs in the order in which they were attached
 */
struct kmgw_splice {
	struct kthread_work work;
	struct kthread_work reap;
	struct timer_list timer;
	struct kmgw_net *kn;
	struct list_head closing;
	spinlock_t lock;	/* what the user asks for, see above */
	refcount_t ref;
	struct kmgw_thread *thread;
	struct list_head ahead;
	bool urgent;
	u8 legs;
	u8 ask;
	u8 ask_reason;
	u8 ask_leg;
	u8 next_leg;
	u8 before_leg;
	struct kmgw_splice *next;
	struct kmgw_splice *before;
	struct kmgw_splice *heir;
	bool dead;
	bool cut;
	u8 turn;
	bool ended;
	bool user;
	bool failed;
	bool nomem;
	bool changed;
	unsigned long moved;
	u64 sent[2];
	unsigned long sent_at[2];
	u8 held;
	unsigned long since;
	u64 mark;
	struct kmgw_leg leg[2];
};

/**
 * struct kmgw_thread - what moves the data of splices, one for each CPU
 * @worker: the thread, and the queue of what has something to do
 * @cpu: CPU it runs on
 * @lock: innermost; for @ahead
 * @ahead: splices of emergency calls that are in the queue and had no turn since
 */
struct kmgw_thread {
	struct kthread_worker *worker;
	unsigned int cpu;
	spinlock_t lock;	/* see above */
	struct list_head ahead;
};

/**
 * kmgw_leg_other() - the leg joined to this one
 * @leg: leg
 *
 * Return: NULL as long as there is none.
 */
static inline struct kmgw_leg *kmgw_leg_other(struct kmgw_leg *leg)
{
	struct kmgw_splice *sp = leg->sp;

	/* pairs with the release store in kmgw_splice_start() */
	if (smp_load_acquire(&sp->legs) < 2)
		return NULL;
	return &sp->leg[leg == &sp->leg[0]];
}

/**
 * kmgw_leg_pending() - octets received from a leg that did not leave yet
 * @leg: leg
 *
 * Return: number of octets.
 */
static inline u32 kmgw_leg_pending(const struct kmgw_leg *leg)
{
	return leg->store ? leg->store->len : 0;
}

/* splice.c */
void kmgw_splice_finish(struct kmgw_splice *sp);
void kmgw_leg_read_stats(const struct kmgw_leg *leg, struct kmgw_stats *st);
void kmgw_leg_account(struct kmgw_leg *leg);
void kmgw_leg_book(struct kmgw_leg *leg);

/* splice_replace.c */
int kmgw_splice_offer(struct kmgw_splice *sp, unsigned int leg, struct kmgw_splice *next);
void kmgw_splice_take_next(struct kmgw_splice *sp);
bool kmgw_splice_inherit(struct kmgw_splice *sp, int *budget);
void kmgw_splice_wake_heir(struct kmgw_splice *sp);
void kmgw_splice_part(struct kmgw_splice *sp);

/* splice_leg.c */
int kmgw_leg_take(struct kmgw_leg *leg, struct kmgw_ep *ep, int fd,
		  struct netlink_ext_ack *extack);
int kmgw_leg_prepare(struct kmgw_leg *leg, const void *prefix, u32 prefix_len,
		     struct netlink_ext_ack *extack);
void kmgw_leg_watch(struct kmgw_leg *leg);
void kmgw_leg_unwatch(struct kmgw_leg *leg);
void kmgw_leg_set_dscp(struct kmgw_leg *leg);

/* splice_pump.c */
void kmgw_splice_turn(struct kmgw_splice *sp);
bool kmgw_pump_open(const struct kmgw_leg *from, const struct kmgw_leg *to);
bool kmgw_pump_at_stop(const struct kmgw_leg *from);
u64 kmgw_pump_left(const struct kmgw_leg *from, const struct kmgw_leg *to);
void kmgw_pump_cut(struct kmgw_leg *from, u64 left);
int kmgw_pump_fill(struct kmgw_leg *from, bool open, u64 left, int *budget);
int kmgw_pump_flush(struct kmgw_leg *from, struct kmgw_leg *to, bool more);

/* splice_thread.c */
struct kmgw_thread *kmgw_splice_thread(void);
void kmgw_splice_ahead(struct kmgw_splice *sp);
void kmgw_splice_not_ahead(struct kmgw_splice *sp);
void kmgw_splice_work(struct kthread_work *work);

/**
 * kmgw_splice_queue() - a splice has something to do
 * @sp: splice that is not dead; any context
 */
static inline void kmgw_splice_queue(struct kmgw_splice *sp)
{
	if (unlikely(READ_ONCE(sp->urgent)))
		kmgw_splice_ahead(sp);
	kthread_queue_work(sp->thread->worker, &sp->work);
}

/* splice_store.c */
struct kmgw_store *kmgw_store_new(void);
void kmgw_store_free(struct kmgw_store *store);
void kmgw_store_drop(struct kmgw_store *store);
void kmgw_store_cut(struct kmgw_store *store, u32 keep);
int kmgw_store_room(struct kmgw_store *store, u32 want);
void kmgw_store_put(struct kmgw_store *store, u32 len);
bool kmgw_store_ref(struct kmgw_store *store, struct page *page, u32 offset, u32 len);
void kmgw_store_sent(struct kmgw_store *store, u32 len);

/* splice_rx.c */
int kmgw_leg_receive(struct kmgw_leg *leg, u32 max);
bool kmgw_leg_readable(const struct kmgw_leg *leg);
bool kmgw_leg_end_readable(const struct kmgw_leg *leg);

/* splice_tx.c */
int kmgw_leg_send(struct kmgw_leg *to, struct kmgw_store *store, bool more);
void kmgw_leg_uncork(struct kmgw_leg *leg);
void kmgw_leg_acknowledged(struct kmgw_leg *leg);

/* splice_tls.c */
int kmgw_tls_next(const struct kmgw_leg *leg);
bool kmgw_tls_next_is_control(const struct kmgw_leg *leg);
int kmgw_tls_control(struct kmgw_leg *leg, u8 type, const u8 *data, u32 len);
int kmgw_tls_alert(struct kmgw_leg *leg, u8 level, u8 description);
bool kmgw_tls_unsent(const struct kmgw_leg *leg);
bool kmgw_tls_rx_spent(const struct kmgw_leg *leg);
bool kmgw_tls_tx_spent(const struct kmgw_leg *leg);

/* splice_close.c */
void kmgw_leg_ended(struct kmgw_leg *leg, enum kmgw_end end, enum kmgw_reason reason);
void kmgw_leg_stop(struct kmgw_leg *leg, u64 at);
void kmgw_leg_limited(struct kmgw_leg *leg);
void kmgw_leg_shut(struct kmgw_leg *leg, enum kmgw_end end);
void kmgw_leg_fail(struct kmgw_leg *leg, enum kmgw_reason reason);
void kmgw_leg_error(struct kmgw_leg *leg, int err);
void kmgw_leg_reset(struct kmgw_leg *leg);
bool kmgw_leg_was_heard(const struct kmgw_leg *leg);
bool kmgw_leg_close(struct kmgw_leg *leg, int *budget, bool settle);
void kmgw_leg_silent(struct kmgw_leg *leg);
void kmgw_splice_fail(struct kmgw_splice *sp, enum kmgw_reason reason);
void kmgw_splice_asked(struct kmgw_splice *sp);

/* splice_timer.c */
void kmgw_splice_expire(struct timer_list *timer);
void kmgw_splice_check_time(struct kmgw_splice *sp);
void kmgw_splice_arm(struct kmgw_splice *sp);

#endif /* _KMGW_LEG_H */
