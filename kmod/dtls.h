/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: DTLS 1.2 record protection of datagram endpoints.
 *
 * Lifetime
 *	struct kmgw_dtls is made when an endpoint is secured first and stays as long as it.
 *	A slot holds the keys of one epoch. It is counted: the endpoint's pointer holds one
 *	reference, each request that the crypto API may still work on another. A slot in use holds
 *	its endpoint, and the endpoint its slots, until the association ends (kmgw_dtls_end()),
 *	at the latest when the endpoint is deleted. It is freed by a work item one grace period
 *	after the last reference, and a namespace goes only after its last slot (kn->slots).
 *
 * Locks
 *	dtls->cur and dtls->prev are replaced under ep->lock and read under RCU. slot->rx_lock (the
 *	replay window) and dtls->up_lock (the rate limit) are leaves, BH disabled.
 */
#ifndef _KMGW_DTLS_H
#define _KMGW_DTLS_H

#include <crypto/aead.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "datagram.h"
#include "kmgw.h"
#include "window.h"

struct kmgw_ep_cfg;

#define KMGW_DTLS_HEADER	13		/* type, version, epoch, number, length */
#define KMGW_DTLS_NONCE		12		/* of which */
#define KMGW_DTLS_EXPLICIT	8		/* are sent, or none */
#define KMGW_DTLS_PLAIN_MAX	16384
#define KMGW_DTLS_SEQ_END	BIT_ULL(48)
#define KMGW_DTLS_LAST		16		/* numbers kept for alerts at the end of a key */
#define KMGW_DTLS_UP_BURST	64		/* datagrams for the user in a row */

#define KMGW_DTLS_1_0		0xfeff
#define KMGW_DTLS_1_2		0xfefd

#define KMGW_DTLS_CHANGE_CIPHER	20
#define KMGW_DTLS_ALERT		21
#define KMGW_DTLS_HANDSHAKE	22
#define KMGW_DTLS_DATA		23

#define KMGW_ALERT_WARNING	1
#define KMGW_ALERT_FATAL	2
#define KMGW_ALERT_CLOSE_NOTIFY	0

/**
 * struct kmgw_suite - how a cipher is used in DTLS 1.2
 * @aead: name for the crypto API
 * @key_len: octets of a key
 * @iv_len: octets of the implicit part of the nonce
 * @explicit_len: octets of the part that is in the record
 * @tag_len: octets of the tag
 * @ccm: the IV of the crypto API begins with the size of the length field
 * @limit: records that one key may protect
 */
struct kmgw_suite {
	const char *aead;
	u8 key_len;
	u8 iv_len;
	u8 explicit_len;
	u8 tag_len;
	bool ccm;
	u64 limit;
};

/**
 * struct kmgw_slot - keys of an epoch
 * @suite: cipher
 * @ep: the endpoint, held; NULL as long as the slot is not installed
 * @generation: of the association
 * @epoch: 1 or more
 * @cipher: enum kmgw_dtls_cipher
 * @rx: opens
 * @tx: seals
 * @rx_iv: implicit part of the nonce
 * @tx_iv: implicit part of the nonce
 * @rx_mark: what tells the key from others, see kmgw_dtls_used()
 * @tx_mark: the same of the other key
 * @hold: ms that sending waits for the first genuine record
 * @held: it still does; READ_ONCE()
 * @send_at: jiffies when it no longer does
 * @ref: references
 * @free: frees it
 * @expire: forgets it as the previous one
 * @tx_seq: next number to use
 * @rx_lock: of @window
 * @window: numbers received
 */
struct kmgw_slot {
	const struct kmgw_suite *suite;
	struct kmgw_ep *ep;
	u32 generation;
	u16 epoch;
	u8 cipher;
	struct crypto_aead *rx;
	struct crypto_aead *tx;
	u8 rx_iv[KMGW_DTLS_NONCE];
	u8 tx_iv[KMGW_DTLS_NONCE];
	u64 rx_mark;
	u64 tx_mark;
	u32 hold;
	bool held;
	unsigned long send_at;
	refcount_t ref;
	struct rcu_work free;
	struct delayed_work expire;

	atomic64_t tx_seq ____cacheline_aligned_in_smp;

	spinlock_t rx_lock ____cacheline_aligned_in_smp;	/* see above */
	struct kmgw_window window;
};

/**
 * struct kmgw_budget - how much may go up to the user
 * @tokens: datagrams, now
 * @stamp: jiffies when they were counted
 */
struct kmgw_budget {
	u32 tokens;
	unsigned long stamp;
};

/**
 * struct kmgw_dtls - what a secured endpoint has beyond others
 * @cur: keys in use
 * @prev: keys of the epoch before, for records that were overtaken
 * @keyed: keys were installed at least once
 * @generation: of the last ones
 * @epoch: of the last ones
 * @alert: description of the last fatal alert received; under ep->lock
 * @rx_records: genuine records of application data
 * @tx_records: the same, sent
 * @rx_alerts: genuine alerts
 * @tx_alerts: the same, sent
 * @rx_overhead: octets received that were no user data
 * @tx_overhead: octets sent that were none
 * @up: datagrams left to the user
 * @up_lock: of the next
 * @up_budget: for the user, from anywhere, and from where it sends to
 * @nr_used: marks in @used
 * @max_used: room in @used
 * @used: marks of every key that was ever installed; under kn->lock
 */
struct kmgw_dtls {
	struct kmgw_slot __rcu *cur;
	struct kmgw_slot __rcu *prev;
	bool keyed;
	u32 generation;
	u16 epoch;
	u8 alert;
	atomic64_t rx_records;
	atomic64_t tx_records;
	atomic64_t rx_alerts;
	atomic64_t tx_alerts;
	atomic64_t rx_overhead;
	atomic64_t tx_overhead;
	atomic64_t up;
	spinlock_t up_lock;	/* see above */
	struct kmgw_budget up_budget[2];
	u32 nr_used;
	u32 max_used;
	u64 *used;
};

/**
 * struct kmgw_transit - a datagram between two endpoints
 * @ep: received it; NULL for what the module says itself
 * @peer: is to send it
 * @skb: data at the IP header
 * @l4off: offset of the UDP header
 * @octets: UDP payload as it was received
 * @plain: user data in it
 * @seq: epoch and number of the record, as they are in it
 * @family: AF_INET or AF_INET6
 * @type: of the record
 * @may_fragment: IP may cut it
 */
struct kmgw_transit {
	struct kmgw_ep *ep;
	struct kmgw_ep *peer;
	struct sk_buff *skb;
	unsigned int l4off;
	u32 octets;
	u32 plain;
	u64 seq;
	u8 family;
	u8 type;
	bool may_fragment;
};

typedef void (kmgw_op_fn)(struct kmgw_transit *t, struct kmgw_slot *slot, int err);

/**
 * struct kmgw_op - a request to the crypto API, with all it needs
 * @transit: what it is about, if it may be completed later
 * @slot: keys; held then, with the endpoint it came from
 * @done: what is next then
 * @keep: of the size that is kept
 * @aad: additional data (RFC 5246 6.2.3.3), unless they are in the linear part of the skb
 * @iv: nonce as the crypto API wants it
 * @req: the request, behind @sg
 * @sg: additional data and the record
 */
struct kmgw_op {
	struct kmgw_transit transit;
	struct kmgw_slot *slot;
	kmgw_op_fn *done;
	bool keep;
	u8 aad[16];
	u8 iv[16];
	struct aead_request *req;
	struct scatterlist sg[];
};

/**
 * kmgw_suite_overhead() - octets that a record has beyond what is in it
 * @suite: cipher
 *
 * Return: octets.
 */
static inline unsigned int kmgw_suite_overhead(const struct kmgw_suite *suite)
{
	return KMGW_DTLS_HEADER + suite->explicit_len + suite->tag_len;
}

/**
 * kmgw_aead_async() - may a transform complete requests later?
 * @aead: transform
 *
 * Return: true when it may.
 */
static inline bool kmgw_aead_async(struct crypto_aead *aead)
{
	return crypto_aead_alg(aead)->base.cra_flags & CRYPTO_ALG_ASYNC;
}

/* dtls_crypto.c */
const struct kmgw_suite *kmgw_suite(u8 cipher);
struct crypto_aead *kmgw_aead_new(const struct kmgw_suite *suite, const void *key);
int kmgw_op_run(const struct kmgw_transit *t, struct kmgw_slot *slot, bool seal, unsigned int off,
		unsigned int nsg, kmgw_op_fn *done);
void kmgw_crypto_exit(void);

/* dtls_selftest.c */
int kmgw_dtls_selftest(void);

/* dtls_slot.c */
int kmgw_dtls_init(void);
void kmgw_dtls_exit(void);
void kmgw_dtls_net_exit(struct kmgw_net *kn);
struct kmgw_slot *kmgw_slot_new(const struct kmgw_suite *suite, const void *rx_key,
				const void *tx_key, struct netlink_ext_ack *extack);
void kmgw_slot_free(struct kmgw_slot *slot);
int kmgw_dtls_prepare(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		      struct netlink_ext_ack *extack);
bool kmgw_dtls_apply(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg);
void kmgw_dtls_end(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason,
		   bool notify);
void kmgw_dtls_free(struct kmgw_ep *ep);

/**
 * kmgw_slot_hold() - take a reference on keys
 * @slot: keys found under RCU
 *
 * Return: false when they are being freed.
 */
static inline bool kmgw_slot_hold(struct kmgw_slot *slot)
{
	return refcount_inc_not_zero(&slot->ref);
}

/**
 * kmgw_slot_put() - give a reference on keys back
 * @slot: keys; any context
 */
static inline void kmgw_slot_put(struct kmgw_slot *slot)
{
	if (refcount_dec_and_test(&slot->ref))
		kmgw_slot_free(slot);
}

/**
 * kmgw_slot_take() - take numbers to send records with
 * @slot: keys
 * @count: how many
 * @spare: numbers to be left at the end of the key
 * @first: set to the first one
 *
 * Return: false when there are not as many; then nothing has changed.
 */
static inline bool kmgw_slot_take(struct kmgw_slot *slot, u32 count, u32 spare, u64 *first)
{
	s64 end = slot->suite->limit - spare;
	s64 old = atomic64_read(&slot->tx_seq);

	do {
		if (unlikely(old + count > end))
			return false;
	} while (unlikely(!atomic64_try_cmpxchg(&slot->tx_seq, &old, old + count)));
	*first = old;
	return true;
}

/* dtls_rx.c */
unsigned int kmgw_dtls_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off, int family);
void kmgw_dtls_drop(struct kmgw_transit *t, enum kmgw_reason reason);

/* dtls_tx.c */
unsigned int kmgw_dtls_forward(struct kmgw_ep *ep, struct kmgw_ep *peer, struct sk_buff *skb,
			       unsigned int l4off, int family);
void kmgw_dtls_send(struct kmgw_transit *t, const struct kmgw_egress *egress);
void kmgw_dtls_alert(struct kmgw_ep *ep, struct kmgw_slot *slot, u8 level, u8 description);

#endif /* _KMGW_DTLS_H */
