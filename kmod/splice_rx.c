// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, receiving.
 *
 * TLS: one record a call, decrypted straight into an own page. The room offered is as long as the
 * record: more would let TLS begin the next one there, and copy what does not fit.
 *
 * Plain TCP: the page fragments of the segments received are taken as they are, with a reference.
 * Only what is in the linear part of a segment, or in no page that may be shared, or so short that
 * the page it would keep costs more than the copy, is copied.
 *
 * Context: process, from the work of the splice.
 */
#include "compat.h"
#include "leg.h"

/*
 * TCP accounts octets, not the pages they keep: tiny segments for a far end that does not read
 * would fill the memory without anyone noticing.
 */
#define KMGW_TAKE_MIN	1024

union kmgw_control {
	struct cmsghdr hdr;
	u8 buf[CMSG_SPACE(sizeof(u8))];
};

/* Of @len octets that were read @kept are going to be forwarded. */
static void kmgw_leg_count_rx(struct kmgw_leg *leg, u32 len, u32 kept)
{
	u64_stats_update_begin(&leg->syncp);
	if (kept < len)
		u64_stats_inc(&leg->drops);
	if (kept) {
		u64_stats_inc(&leg->rx_packets);
		u64_stats_add(&leg->rx_plain, kept);
	}
	u64_stats_update_end(&leg->syncp);
}

/*
 * Nothing is left to be read: is that the end? A reset and a shutdown from our side look alike to
 * recvmsg, only the FIN of the far end sets SOCK_DONE.
 */
static int kmgw_leg_at_end(struct kmgw_leg *leg)
{
	struct sock *sk = leg->sk;

	if (sock_flag(sk, SOCK_DONE)) {
		leg->fin = true;
		if (leg->tls_version)
			kmgw_leg_ended(leg, KMGW_END_CUT, KMGW_REASON_TRUNCATED);
		else
			kmgw_leg_ended(leg, KMGW_END_ORDERLY, KMGW_REASON_PEER_CLOSED);
		return 0;
	}
	if (inet_sk_state_load(sk) == TCP_CLOSE)
		return -ECONNRESET;
	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return -ESHUTDOWN;
	return -EAGAIN;
}

/* May anything but data become readable on this leg, or has it? */
static bool kmgw_leg_settled(const struct kmgw_leg *leg)
{
	const struct sock *sk = leg->sk;

	return READ_ONCE(sk->sk_err) || READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       inet_sk_state_load(sk) == TCP_CLOSE;
}

static int kmgw_tls_receive(struct kmgw_leg *leg, u32 max)
{
	struct kmgw_store *store = leg->store;
	union kmgw_control control;
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct bio_vec vec;
	u32 want, kept;
	int next, ret;
	u8 type;

	next = kmgw_tls_next(leg);
	if (next < 0 && kmgw_leg_settled(leg)) {
		/* No more will come, but what came last may still be on its way to the parser. */
		lock_sock(leg->sk);
		release_sock(leg->sk);
		next = kmgw_tls_next(leg);
	} else if (next < 0) {
		return -EAGAIN;
	}

	want = next > 0 ? next : KMGW_RECORD;
	ret = kmgw_store_room(store, want);
	if (ret)
		return ret;

	vec.bv_page = store->page;
	vec.bv_offset = store->fill;
	vec.bv_len = want;
	iov_iter_bvec(&msg.msg_iter, ITER_DEST, &vec, 1, want);
	ret = sock_recvmsg(leg->sock, &msg, MSG_DONTWAIT);
	if (ret < 0)
		return ret;

	if (msg.msg_controllen == sizeof(control)) {
		/* no record at all, or those that there were had no payload */
		if (ret)
			return -EIO;
		return next < 0 ? kmgw_leg_at_end(leg) : 0;
	}
	type = *(u8 *)CMSG_DATA(&control.hdr);
	if (type != KMGW_TLS_DATA) {
		ret = kmgw_tls_control(leg, type, page_address(store->page) + store->fill, ret);
		return ret;
	}
	if (kmgw_tls_rx_spent(leg) && max) {
		kmgw_leg_ended(leg, KMGW_END_ABORT, KMGW_REASON_RECORD_LIMIT);
		return 0;
	}
	if (!ret)
		return 0;
	kept = min_t(u32, ret, max);
	kmgw_leg_count_rx(leg, ret, kept);
	if (kept)
		kmgw_store_put(store, kept);
	return ret;
}

/**
 * struct kmgw_taker - what tcp_read_sock() hands to kmgw_leg_take_skb()
 * @store: where pieces go; NULL to throw them away
 * @left: octets that may still be taken
 * @err: why it stopped early
 */
struct kmgw_taker {
	struct kmgw_store *store;
	u32 left;
	int err;
};

/* Copy what cannot be taken by reference. */
static int kmgw_take_copy(struct kmgw_taker *taker, const struct sk_buff *skb, u32 offset, u32 len)
{
	struct kmgw_store *store = taker->store;
	int err;

	err = kmgw_store_room(store, 1);
	if (err)
		return err;
	len = min_t(u32, len, page_size(store->page) - store->fill);
	err = skb_copy_bits(skb, offset, page_address(store->page) + store->fill, len);
	if (err)
		return err;
	kmgw_store_put(store, len);
	return len;
}

/* Take one piece at @offset, or copy it. */
static int kmgw_take_piece(struct kmgw_taker *taker, const struct sk_buff *skb, u32 offset, u32 len)
{
	u32 start = skb_headlen(skb);
	const skb_frag_t *frag;
	struct page *page;
	unsigned int i;

	if (skb_has_frag_list(skb) || !kmgw_skb_readable(skb))
		return kmgw_take_copy(taker, skb, offset, len);
	if (offset < start)
		return kmgw_take_copy(taker, skb, offset, min(len, start - offset));

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		frag = &skb_shinfo(skb)->frags[i];
		if (offset - start < skb_frag_size(frag))
			break;
		start += skb_frag_size(frag);
	}
	if (WARN_ON_ONCE(i == skb_shinfo(skb)->nr_frags))
		return -EFAULT;

	len = min(len, skb_frag_size(frag) - (offset - start));
	page = skb_frag_page(frag);
	if (len < KMGW_TAKE_MIN || !sendpage_ok(page))
		return kmgw_take_copy(taker, skb, offset, len);
	if (!kmgw_store_ref(taker->store, page, skb_frag_off(frag) + offset - start, len))
		return -ENOSPC;
	return len;
}

static int kmgw_leg_take_skb(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset,
			     size_t len)
{
	struct kmgw_taker *taker = desc->arg.data;
	u32 todo = min_t(size_t, len, taker->left);
	u32 done = 0;
	int ret;

	if (!taker->store)
		done = todo;
	while (done < todo) {
		ret = kmgw_take_piece(taker, skb, offset + done, todo - done);
		if (ret < 0) {
			taker->err = ret;
			break;
		}
		done += ret;
	}
	taker->left -= done;
	return done;
}

/* Urgent data stops tcp_read_sock() for good, recvmsg steps over it. */
static int kmgw_tcp_receive_copy(struct kmgw_leg *leg, u32 max)
{
	struct kmgw_store *store = leg->store;
	struct msghdr msg = {};
	struct bio_vec vec;
	int ret;

	ret = kmgw_store_room(store, 1);
	if (ret)
		return ret;
	vec.bv_page = store->page;
	vec.bv_offset = store->fill;
	vec.bv_len = min_t(u32, page_size(store->page) - store->fill, max ?: KMGW_BATCH);
	iov_iter_bvec(&msg.msg_iter, ITER_DEST, &vec, 1, vec.bv_len);
	ret = sock_recvmsg(leg->sock, &msg, MSG_DONTWAIT);
	if (ret > 0 && max)
		kmgw_store_put(store, ret);
	return ret;
}

static int kmgw_tcp_receive(struct kmgw_leg *leg, u32 max)
{
	struct kmgw_taker taker = {
		.store = max ? leg->store : NULL,
		.left = max ? min_t(u32, max, KMGW_BATCH) : KMGW_BATCH,
	};
	read_descriptor_t desc = { .arg.data = &taker, .count = 1 };
	struct sock *sk = leg->sk;
	bool urgent, empty;
	int ret, err;

	lock_sock(sk);
	ret = tcp_read_sock(sk, &desc, kmgw_leg_take_skb);
	empty = skb_queue_empty(&sk->sk_receive_queue);
	urgent = tcp_sk(sk)->urg_data;
	err = ret > 0 ? 0 : sock_error(sk);
	release_sock(sk);

	if (ret <= 0 && urgent)
		ret = kmgw_tcp_receive_copy(leg, max);
	else if (ret <= 0 && taker.err)
		ret = taker.err;
	else if (ret <= 0 && err)
		ret = err;
	if (ret > 0)
		kmgw_leg_count_rx(leg, ret, max ? ret : 0);
	else if (!ret)
		ret = empty ? kmgw_leg_at_end(leg) : -EAGAIN;
	return ret;
}

/* Is there anything at all to read, or an end to be noticed? */
static bool kmgw_leg_stirs(const struct kmgw_leg *leg)
{
	if (kmgw_leg_settled(leg))
		return true;
	if (leg->tls_version)
		return kmgw_tls_next(leg) >= 0;
	return tcp_inq(leg->sk) > 0;
}

/**
 * kmgw_leg_receive() - read from a leg into its store
 * @leg: leg
 * @max: octets of user data to keep at most, 0 to throw all away; what is more than that of a TLS
 *	record is thrown away, of TCP it is not read
 *
 * What is no user data is acted on: @leg says what came of it.
 *
 * Return: octets of user data that were read; 0 when something else was; -EAGAIN when there is
 * nothing, -ENOSPC when the store is full, -ENOMEM to try again later; any other error is that of
 * the leg.
 */
int kmgw_leg_receive(struct kmgw_leg *leg, u32 max)
{
	if (!leg->store) {
		if (!kmgw_leg_stirs(leg))
			return -EAGAIN;
		leg->store = kmgw_store_new();
		if (!leg->store)
			return -ENOMEM;
	}
	return leg->tls_version ? kmgw_tls_receive(leg, max) : kmgw_tcp_receive(leg, max);
}

/**
 * kmgw_leg_readable() - can user data be read at once?
 * @leg: leg
 *
 * A guess that is not wrong for long: it may be an alert after all.
 *
 * Return: true if so.
 */
bool kmgw_leg_readable(const struct kmgw_leg *leg)
{
	if (leg->tls_version)
		return kmgw_tls_next(leg) > 0 && !kmgw_tls_next_is_control(leg);
	return tcp_inq(leg->sk) > 0;
}

/**
 * kmgw_leg_end_readable() - is the next to be read the end, an alert, but no user data?
 * @leg: leg from which no user data may be taken now
 *
 * Return: true if so.
 */
bool kmgw_leg_end_readable(const struct kmgw_leg *leg)
{
	if (!leg->tls_version)
		return kmgw_leg_settled(leg) && !tcp_inq(leg->sk);
	if (kmgw_tls_next(leg) < 0)
		return kmgw_leg_settled(leg);
	return kmgw_tls_next_is_control(leg);
}
