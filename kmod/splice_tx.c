// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, sending.
 *
 * Plain TCP takes pieces by reference and keeps them until they are acknowledged. TLS encrypts from
 * them into pages of its own and is done with them when the call returns; a call must not name more
 * pieces than one of its records can list, else it copies.
 *
 * Context: process, from the work of the splice.
 */
#include "compat.h"
#include "leg.h"

/* TLS lists a record in MAX_SKB_FRAGS entries, one of which it may need itself. */
#define KMGW_RECORD_PAGES	(MAX_SKB_FRAGS - 1)

static void kmgw_leg_count_tx(struct kmgw_leg *leg, u32 len)
{
	u64_stats_update_begin(&leg->syncp);
	u64_stats_inc(&leg->tx_packets);
	u64_stats_add(&leg->tx_plain, len);
	u64_stats_update_end(&leg->syncp);
}

#ifdef KMGW_HAVE_SENDPAGE
static int kmgw_tcp_send(struct kmgw_leg *leg, struct kmgw_store *store, bool more)
{
	const struct bio_vec *vec;
	int flags, ret = 0;
	bool last;

	lock_sock(leg->sk);
	while (store->len) {
		vec = &store->vec[store->first];
		last = vec->bv_len == store->len;
		flags = MSG_DONTWAIT | MSG_NOSIGNAL;
		/* full segments leave all the same; the rest waits for kmgw_leg_uncork() */
		if (!last || more)
			flags |= MSG_MORE | MSG_SENDPAGE_NOTLAST;
		ret = tcp_sendpage_locked(leg->sk, vec->bv_page, vec->bv_offset, vec->bv_len,
					  flags);
		if (ret <= 0)
			break;
		kmgw_leg_count_tx(leg, ret);
		kmgw_store_sent(store, ret);
	}
	release_sock(leg->sk);
	return ret;
}
#else
static int kmgw_tcp_send(struct kmgw_leg *leg, struct kmgw_store *store, bool more)
{
	struct msghdr msg = {
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_SPLICE_PAGES,
	};
	int ret;

	if (more)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &store->vec[store->first],
		      store->n - store->first, store->len);
	ret = sock_sendmsg(leg->sock, &msg);
	if (ret > 0) {
		kmgw_leg_count_tx(leg, ret);
		kmgw_store_sent(store, ret);
	}
	return ret;
}
#endif

/* How much of the store makes one record. */
static u32 kmgw_tls_share(const struct kmgw_store *store)
{
	u32 pages = 0, share = 0, len, offset;
	unsigned int i;

	for (i = store->first; i < store->n && share < KMGW_RECORD; i++) {
		offset = offset_in_page(store->vec[i].bv_offset);
		len = min_t(u32, store->vec[i].bv_len, KMGW_RECORD - share);
		if (pages + PFN_UP(offset + len) > KMGW_RECORD_PAGES) {
			if (pages < KMGW_RECORD_PAGES)
				share += (KMGW_RECORD_PAGES - pages) * PAGE_SIZE - offset;
			break;
		}
		pages += PFN_UP(offset + len);
		share += len;
	}
	return share;
}

static int kmgw_tls_send(struct kmgw_leg *leg, struct kmgw_store *store)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	int ret;

	if (kmgw_tls_tx_spent(leg))
		return -EKEYEXPIRED;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &store->vec[store->first],
		      store->n - store->first, kmgw_tls_share(store));
	ret = sock_sendmsg(leg->sock, &msg);
	if (ret > 0) {
		kmgw_leg_count_tx(leg, ret);
		kmgw_store_sent(store, ret);
	}
	return ret;
}

/*
 * TCP_USER_TIMEOUT is for data that is not acknowledged. Linux applies it to keepalive, too, where
 * it takes the place of TCP_KEEPCNT: where it is the shorter one, the first probe that is lost
 * would end a connection that rests. So the socket has it only while something is under way.
 */
static void kmgw_leg_urgent(struct kmgw_leg *leg)
{
	if (likely(leg->urgent) || !leg->user_timeout)
		return;
	WRITE_ONCE(inet_csk(leg->sk)->icsk_user_timeout, leg->user_timeout);
	leg->urgent = true;
}

/**
 * kmgw_leg_acknowledged() - if nothing is under way any more, leave it to keepalive
 * @leg: leg
 */
void kmgw_leg_acknowledged(struct kmgw_leg *leg)
{
	const struct tcp_sock *tp = tcp_sk(leg->sk);

	if (!leg->urgent || READ_ONCE(tp->snd_una) != READ_ONCE(tp->write_seq) ||
	    (leg->tls_version && kmgw_tls_unsent(leg)))
		return;
	WRITE_ONCE(inet_csk(leg->sk)->icsk_user_timeout, 0);
	leg->urgent = false;
}

/**
 * kmgw_leg_send() - send a part of what was received from the other leg
 * @to: leg to send through
 * @store: the data, not empty; what is sent is taken out
 * @more: more follows at once
 *
 * Return: more than 0 if anything was sent; -EAGAIN when there is no space, a wake-up follows;
 * -ENOMEM to try again later; -EKEYEXPIRED when the key has protected enough; any other error is
 * the leg's.
 */
int kmgw_leg_send(struct kmgw_leg *to, struct kmgw_store *store, bool more)
{
	kmgw_leg_urgent(to);
	if (to->tls_version)
		return kmgw_tls_send(to, store);
	to->corked = more;
	return kmgw_tcp_send(to, store, more);
}

/**
 * kmgw_leg_uncork() - send what was held back in expectation of more
 * @leg: leg
 */
void kmgw_leg_uncork(struct kmgw_leg *leg)
{
	if (!leg->corked)
		return;
	leg->corked = false;
	tcp_sock_set_nodelay(leg->sk);
}
