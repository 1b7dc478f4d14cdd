/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the transaction layer share. */
#ifndef KMGWD_TRANSACTION_PRIVATE_H
#define KMGWD_TRANSACTION_PRIVATE_H

#include "codec/codec.h"
#include "transaction/transaction.h"

#define MID_KEY_MAX	160

/* An mId in a form that compares with strcmp(). */
struct mid_key {
	char text[MID_KEY_MAX];
};

struct replies;
struct outgoing;

struct transactions {
	uv_loop_t *loop;
	const struct config *config;
	struct transport *transport;
	const struct transaction_ops *ops;
	void *priv;
	struct transaction_counters counters;
	struct transaction_limits limits;
	struct h248_codec codec;
	uint8_t version;
	struct arena mid_arena;
	struct h248_mid mid;

	struct replies *replies;

	/* own requests, outgoing.c */
	struct outgoing *outgoing;
	unsigned int n_outgoing;
	uint32_t next_id;
	bool suspended;

	/* error answers, a token bucket */
	unsigned int error_tokens;	/* in 1/1000 of an answer */
	uint64_t error_time;
};

/* replies.c: what was answered during the last LONG-TIMER */
struct reply {
	struct reply *hash_next;
	struct reply *queue_next;
	uint64_t expires;
	uint32_t hash;
	uint32_t id;
	struct mid_key mid;
	char *text;		/* the transaction as written; NULL once acknowledged */
	size_t len;
};

int replies_new(uv_loop_t *loop, unsigned int max, unsigned int keep, struct replies **out);
void replies_free(struct replies *r);
struct reply *replies_find(const struct replies *r, const struct mid_key *mid, uint32_t id);
bool replies_full(const struct replies *r);
/* Return: NULL without memory. */
struct reply *replies_add(struct replies *r, const struct mid_key *mid, uint32_t id,
			  struct str text);
/* TransactionResponseAck: the id is remembered, the text is not. */
void replies_acknowledge(struct replies *r, const struct mid_key *mid, uint32_t first,
			 uint32_t last);

/* outgoing.c */
void outgoing_reply(struct transactions *t, const struct h248_transaction *reply,
		    uint8_t version);
void outgoing_pending(struct transactions *t, uint32_t id);

/* transaction.c: header and transactions as one message */
int transactions_emit(struct transactions *t, const struct transport_path *to, uint8_t version,
		      struct str body);

#endif /* KMGWD_TRANSACTION_PRIVATE_H */
