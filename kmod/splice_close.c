// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, how connections end.
 *
 * Each leg has two halves. What is received from it ends by itself (kmgw_leg_ended()); when all of
 * it has been taken by the other leg, the sending half of that one is closed accordingly
 * (kmgw_leg_shut()): alert, then, when TLS holds no record back any more, FIN. Closing is a state
 * and never waits. From then on what still comes is read and thrown away, so that TCP can end in
 * order, until the far end has sent its FIN and acknowledged ours.
 *
 *	from A			to B				B to A
 *	close_notify (TLS 1.3)	close_notify if TLS, FIN	goes on
 *	close_notify (TLS 1.2)	close_notify if TLS, FIN	ends with what was read before
 *	FIN (plain TCP)		close_notify if TLS, FIN	goes on
 *	FIN alone (TLS)		FIN alone			ends with what was read before
 *	failed, but what came	RST when all is acknowledged	alert, RST
 *	before is good
 *	as many octets as may	close_notify if TLS, FIN	ends with what was received before
 *	RST, fatal alert, ...	RST				(A gets RST if it is still there)
 *
 * "Goes on" is limited by the linger time, counted from when user data was last moved or
 * acknowledged: a half-close must not cut a stream that flows, or a slow reader. What the user ends
 * has the linger time and no more. A FIN is sent for a completed orderly close only; everything
 * else is RST, or a cut stream would look whole.
 *
 * Context: process, from the work of the splice.
 */
#include "leg.h"
#include "trace.h"

#define KMGW_ALERT_WARNING	1
#define KMGW_ALERT_FATAL	2
#define KMGW_ALERT_CLOSE_NOTIFY	0
#define KMGW_ALERT_BAD_MAC	20

static void kmgw_leg_announce(struct kmgw_leg *leg)
{
	if (leg && !leg->gone && !leg->retired && READ_ONCE(leg->ep->state) != KMGW_STATE_CLOSING)
		kmgw_ep_set_state(leg->ep, KMGW_STATE_CLOSING, leg->reason);
}

static void kmgw_leg_blame(struct kmgw_leg *leg, enum kmgw_reason reason)
{
	if (leg && !leg->reason)
		leg->reason = reason;
}

static void kmgw_leg_mark_failed(struct kmgw_leg *leg, enum kmgw_reason reason)
{
	if (!leg || leg->gone || leg->failed)
		return;
	leg->failed = true;
	leg->reason = reason;
}

/**
 * kmgw_leg_ended() - nothing more is to be received from a leg
 * @leg: leg
 * @end: how it ended
 * @reason: why
 *
 * Only the first time counts.
 */
void kmgw_leg_ended(struct kmgw_leg *leg, enum kmgw_end end, enum kmgw_reason reason)
{
	struct kmgw_leg *other = kmgw_leg_other(leg);
	struct kmgw_splice *sp = leg->sp;

	if (leg->end)
		return;
	leg->end = end;
	trace_kmgw_leg_ended(leg->ep, reason, kmgw_leg_pending(leg));

	if (end == KMGW_END_ORDERLY) {
		kmgw_leg_blame(leg, reason);
		kmgw_leg_blame(other, KMGW_REASON_PEER_ENDPOINT);
	} else {
		kmgw_leg_mark_failed(leg, reason);
		kmgw_leg_mark_failed(other, KMGW_REASON_PEER_ENDPOINT);
	}
	if (other && !other->end) {
		if (end == KMGW_END_ABORT)
			other->end = KMGW_END_ABORT;
		else if (end == KMGW_END_CUT ||
			 (leg->notified && leg->tls_version == TLS_1_2_VERSION))
			other->end = KMGW_END_ORDERLY;
	}

	sp->changed = true;
	if (!sp->user)
		sp->since = jiffies;
	sp->ended = true;
	if (end != KMGW_END_ABORT) {
		kmgw_leg_announce(leg);
		kmgw_leg_announce(other);
	}
}

/**
 * kmgw_leg_stop() - read from a leg what it has received by now, then it has ended
 * @leg: leg
 * @at: octets that may have left by the other leg by then; U64_MAX when what comes meanwhile may
 *	leave, too
 */
void kmgw_leg_stop(struct kmgw_leg *leg, u64 at)
{
	leg->stop_seq = READ_ONCE(tcp_sk(leg->sk)->rcv_nxt);
	leg->stop_at = at;
	leg->stop = true;
}

/* Octets of user data that a leg has received, at most: TLS may hold a record more than TCP. */
static u64 kmgw_leg_received(const struct kmgw_leg *leg)
{
	const struct tcp_sock *tp = tcp_sk(leg->sk);

	return kmgw_leg_pending(leg) + READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq) +
	       (leg->tls_version ? KMGW_RECORD : 0);
}

/**
 * kmgw_leg_limited() - as many octets were forwarded from a leg as may be
 * @leg: leg
 *
 * Both connections end in order: what was forwarded is delivered, and so is what was received from
 * the other one by now. What still comes from @leg is thrown away.
 */
void kmgw_leg_limited(struct kmgw_leg *leg)
{
	struct kmgw_leg *other = kmgw_leg_other(leg);
	struct kmgw_splice *sp = leg->sp;
	struct kmgw_leg *before = NULL;
	u64 at = sp->sent[leg != &sp->leg[0]];

	/* What the connection that @other has replaced had received goes first. */
	if (other && sp->before && other == &sp->leg[sp->before_leg])
		before = &sp->before->leg[0];
	if (before) {
		at += kmgw_leg_received(before);
		if (!before->end && !before->stop)
			kmgw_leg_stop(before, at);
	}
	if (other && !other->end && !other->stop)
		kmgw_leg_stop(other, at + kmgw_leg_received(other));
	kmgw_leg_ended(leg, KMGW_END_ORDERLY, KMGW_REASON_OCTET_LIMIT);
}

/**
 * kmgw_leg_shut() - close the sending half of a leg
 * @leg: leg
 * @end: how what is sent through it ended
 *
 * Only the first time counts.
 */
void kmgw_leg_shut(struct kmgw_leg *leg, enum kmgw_end end)
{
	if (leg->tx != KMGW_TX_OPEN)
		return;
	leg->tx_end = end;
	if (leg->tls_version &&
	    (end == KMGW_END_ORDERLY || (end == KMGW_END_ABORT && leg->alert)))
		leg->tx = KMGW_TX_ALERT;
	else
		leg->tx = KMGW_TX_FLUSH;
}

/**
 * kmgw_leg_fail() - a connection failed: both will be reset
 * @leg: the leg that failed
 * @reason: why
 */
void kmgw_leg_fail(struct kmgw_leg *leg, enum kmgw_reason reason)
{
	kmgw_leg_mark_failed(leg, reason);
	kmgw_leg_mark_failed(kmgw_leg_other(leg), KMGW_REASON_PEER_ENDPOINT);
	leg->sp->failed = true;
}

/**
 * kmgw_leg_silent() - nothing came from a leg for too long: reset both
 * @leg: leg
 */
void kmgw_leg_silent(struct kmgw_leg *leg)
{
	kmgw_leg_mark_failed(leg, KMGW_REASON_IDLE_IN);
	kmgw_leg_mark_failed(kmgw_leg_other(leg), KMGW_REASON_IDLE_OUT);
	leg->sp->failed = true;
}

/**
 * kmgw_splice_fail() - reset both connections for a reason that is that of both
 * @sp: splice
 * @reason: why
 */
void kmgw_splice_fail(struct kmgw_splice *sp, enum kmgw_reason reason)
{
	unsigned int i;

	for (i = 0; i < sp->legs; i++)
		kmgw_leg_mark_failed(&sp->leg[i], reason);
	sp->failed = true;
}

/**
 * kmgw_leg_reset() - end a connection by RST
 * @leg: leg
 */
void kmgw_leg_reset(struct kmgw_leg *leg)
{
	if (leg->gone)
		return;
	leg->gone = true;
	leg->sp->changed = true;
	tcp_abort(leg->sk, ECONNABORTED);
}

/**
 * kmgw_leg_was_heard() - has the far end acknowledged all that was sent, up to our FIN?
 * @leg: leg
 *
 * Return: true if so.
 */
bool kmgw_leg_was_heard(const struct kmgw_leg *leg)
{
	return leg->tx == KMGW_TX_FIN &&
	       !before(READ_ONCE(tcp_sk(leg->sk)->snd_una), leg->fin_seq);
}

/* Did the far end have all it was to have, so that it does not matter how it goes? */
static bool kmgw_leg_is_done(const struct kmgw_leg *leg)
{
	if (leg->notified || leg->tx == KMGW_TX_ACK)
		return true;
	return leg->end && kmgw_leg_was_heard(leg);
}

static enum kmgw_reason kmgw_error_reason(const struct kmgw_leg *leg, int err)
{
	switch (err) {
	case -ECONNRESET:
	case -EPIPE:
	case -ECONNABORTED:
		return KMGW_REASON_RESET;
	case -ETIMEDOUT:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
		return KMGW_REASON_TIMEOUT;
	case -EBADMSG:
	case -EMSGSIZE:
	case -EINVAL:
	case -EIO:
		return leg->tls_version ? KMGW_REASON_BAD_RECORD : KMGW_REASON_SOCKET;
	default:
		return KMGW_REASON_SOCKET;
	}
}

/**
 * kmgw_leg_error() - a call on the socket of a leg failed
 * @leg: leg
 * @err: negative errno
 */
void kmgw_leg_error(struct kmgw_leg *leg, int err)
{
	enum kmgw_reason reason = kmgw_error_reason(leg, err);

	if (leg->gone)
		return;
	if (kmgw_leg_is_done(leg)) {
		kmgw_leg_reset(leg);
		return;
	}
	if (reason == KMGW_REASON_BAD_RECORD) {
		/* TLS left the error at the socket; tell the far end if it can be told at once */
		sock_error(leg->sk);
		kmgw_tls_alert(leg, KMGW_ALERT_FATAL, KMGW_ALERT_BAD_MAC);
	}
	kmgw_leg_fail(leg, reason);
}

static int kmgw_leg_send_alert(struct kmgw_leg *leg)
{
	if (leg->tx_end == KMGW_END_ABORT)
		return kmgw_tls_alert(leg, KMGW_ALERT_FATAL, leg->alert);
	return kmgw_tls_alert(leg, KMGW_ALERT_WARNING, KMGW_ALERT_CLOSE_NOTIFY);
}

/* All that was sent is acknowledged; else ask to be woken. */
static bool kmgw_leg_acked(struct kmgw_leg *leg)
{
	const struct tcp_sock *tp = tcp_sk(leg->sk);
	bool acked;

	set_bit(SOCK_NOSPACE, &leg->sock->flags);
	lock_sock(leg->sk);
	acked = tp->snd_una == tp->write_seq;
	release_sock(leg->sk);
	return acked;
}

static void kmgw_leg_send_fin(struct kmgw_leg *leg)
{
	leg->fin_seq = READ_ONCE(tcp_sk(leg->sk)->write_seq);
	leg->tx = KMGW_TX_FIN;
	kernel_sock_shutdown(leg->sock, SHUT_WR);
}

/* Take the sending half as far as it goes now. */
static void kmgw_leg_close_tx(struct kmgw_leg *leg)
{
	int err;

	if (leg->tx == KMGW_TX_ALERT) {
		err = kmgw_leg_send_alert(leg);
		if (err == -ENOMEM)
			leg->sp->nomem = true;
		if (err == -EAGAIN || err == -ENOMEM)
			return;
		if (err) {
			kmgw_leg_error(leg, err);
			return;
		}
		leg->tx = KMGW_TX_FLUSH;
	}
	if (leg->tx == KMGW_TX_FLUSH) {
		if (leg->tls_version && kmgw_tls_unsent(leg))
			return;
		if (leg->tx_end != KMGW_END_ABORT)
			kmgw_leg_send_fin(leg);
		else
			leg->tx = KMGW_TX_ACK;
	}
	if (leg->tx == KMGW_TX_ACK && kmgw_leg_acked(leg))
		kmgw_leg_reset(leg);
}

/* Read and throw away, up to the FIN. Return: true when the turn ended before that. */
static bool kmgw_leg_drain(struct kmgw_leg *leg, int *budget)
{
	int ret;

	while (!leg->fin) {
		if (*budget <= 0)
			return true;
		ret = kmgw_leg_receive(leg, 0);
		if (ret == -EAGAIN || ret == -ENOSPC)
			return false;
		if (ret == -ENOMEM) {
			leg->sp->nomem = true;
			return false;
		}
		if (ret < 0) {
			kmgw_leg_error(leg, ret);
			return false;
		}
		*budget -= max(ret, PAGE_SIZE / 16);
	}
	return false;
}

/* Is the connection over, or broken? */
static void kmgw_leg_check(struct kmgw_leg *leg)
{
	struct sock *sk = leg->sk;
	int err = READ_ONCE(sk->sk_err);

	if (inet_sk_state_load(sk) != TCP_CLOSE && !err)
		return;
	if (!err && sock_flag(sk, SOCK_DONE) && leg->tx == KMGW_TX_FIN) {
		/* in order; but what came last may not have been read yet */
		leg->gone = leg->fin;
		return;
	}
	kmgw_leg_error(leg, err ? -err : -ECONNRESET);
}

/**
 * kmgw_leg_close() - go on with the end of a connection
 * @leg: leg
 * @budget: octets that may still be read in this turn
 * @settle: look at the state of the socket, too: everything readable has been read
 *
 * Return: true when there is more to do at once.
 */
bool kmgw_leg_close(struct kmgw_leg *leg, int *budget, bool settle)
{
	bool again = false;

	if (!leg->gone)
		kmgw_leg_close_tx(leg);
	if (!leg->gone && leg->end && leg->end != KMGW_END_ABORT)
		again = kmgw_leg_drain(leg, budget);
	if (!leg->gone && settle && !again)
		kmgw_leg_check(leg);
	return again;
}

static void kmgw_splice_user_close(struct kmgw_splice *sp, struct kmgw_leg *asked,
				   enum kmgw_reason reason)
{
	struct kmgw_leg *other = kmgw_leg_other(asked);
	struct kmgw_leg *leg;
	unsigned int i;

	sp->user = true;
	sp->ended = true;
	sp->since = jiffies;
	kmgw_leg_blame(asked, reason);
	kmgw_leg_blame(other, KMGW_REASON_PEER_ENDPOINT);

	for (i = 0; i < sp->legs; i++) {
		leg = &sp->leg[i];
		kmgw_leg_announce(leg);
		if (!other) {
			kmgw_leg_ended(leg, KMGW_END_ORDERLY, reason);
			kmgw_leg_shut(leg, KMGW_END_ORDERLY);
		} else if (!leg->end) {
			/* what was received up to now is still delivered */
			kmgw_leg_stop(leg, U64_MAX);
		}
	}
}

/**
 * kmgw_splice_asked() - do what the user asked for
 * @sp: splice
 */
void kmgw_splice_asked(struct kmgw_splice *sp)
{
	enum kmgw_reason reason;
	struct kmgw_leg *asked;
	enum kmgw_ask ask;

	if (READ_ONCE(sp->cut)) {
		kmgw_splice_fail(sp, KMGW_REASON_FLUSH);
		return;
	}
	if (!READ_ONCE(sp->ask))
		return;
	spin_lock_bh(&sp->lock);
	ask = sp->ask;
	reason = sp->ask_reason;
	asked = &sp->leg[sp->ask_leg];
	spin_unlock_bh(&sp->lock);

	if (ask == KMGW_ASK_ABORT)
		kmgw_leg_fail(asked, reason);
	else if (!sp->user)
		kmgw_splice_user_close(sp, asked, reason);
}
