/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the transaction layer share. */
#ifndef KMGWD_TRANSACTION_PRIVATE_H
#define KMGWD_TRANSACTION_PRIVATE_H

#include <sys/queue.h>

#include "codec/codec.h"
#include "lib/log.h"
#include "transaction/delay.h"
#include "transaction/transaction.h"

#define OUTGOING_BUCKETS	1024	/* a power of two */
#define ERRORS_BURST		20	/* error answers at once */
#define HELD_OCTETS_MAX		(64UL << 20)	/* of messages that wait */

struct incoming;
struct message;
struct outgoing;
struct part;
struct replies;
struct resend;
struct waiting;

TAILQ_HEAD(outgoing_list, outgoing);

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

	/* message.c */
	struct message *spare;		/* the last one that was done with; its memory is used again */
	size_t held_octets;		/* of messages of which requests wait */
	struct strbuf text;		/* of the transaction being written */
	struct {
		struct transport_path to;
		uint8_t version;
		struct strbuf body, wire;
	} packer;

	struct replies *replies;
	struct incoming *incoming;

	/* own requests, outgoing.c */
	struct outgoing_list flying;	/* sent and not answered, or about to be */
	struct outgoing_list held;	/* until there is an MGC, or room */
	struct outgoing *outgoing_bucket[OUTGOING_BUCKETS];
	unsigned int n_outgoing, n_flying;
	uint32_t next_id;
	struct delay delay;
	uint32_t random;
	bool suspended;

	/* error answers, a token bucket */
	unsigned int error_tokens;	/* in 1/1000 of an answer */
	uint64_t error_time;
	struct log_limit bad_messages, error_messages;
};

/* ---- message.c: what comes in, and what goes out, as a whole ---- */

/* A message that was read; lives while requests of it wait. */
struct message {
	struct transactions *owner;
	unsigned int refs;
	struct arena arena;
	struct h248_message *msg;
	struct transport_path from;
	struct peer *peer;		/* NULL until it is known */
	size_t held;			/* octets that count for it while requests of it wait */
};

/* Return: NULL without memory; one reference is the caller's. */
struct message *message_new(struct transactions *t, const struct transport_path *from);
struct message *message_get(struct message *m);
void message_put(struct message *m);
/* It is kept longer than it is read: its memory counts. Return: 0, or -ENOBUFS: too much waits. */
int message_hold(struct message *m);

/* The octets that transactions may take in a message to there. */
size_t message_room(const struct transactions *t, const struct transport_path *to);

/* Header and transactions as one message, at once. */
int message_send(struct transactions *t, const struct transport_path *to, uint8_t version,
		 struct str body);

/*
 * Adds a written transaction to the message that is being put together; sends that
 * one first if it goes elsewhere or is full. packer_flush() sends what is there.
 */
void packer_add(struct transactions *t, const struct transport_path *to, struct str text);
void packer_flush(struct transactions *t);

/* Writes into t->text, and adds that to the message being put together. */
int message_write(struct transactions *t, const struct h248_transaction *tr, size_t limit);
void message_add(struct transactions *t, const struct transport_path *to,
		 const struct h248_transaction *tr);

/* Tells the agent of an error that it did not give itself. */
void message_refused(const struct transactions *t, unsigned int code);

/* May one more error be answered? Spoofed or looping garbage must not make a storm. */
bool message_error_allowed(struct transactions *t);

/* ---- replies.c: what was answered during the last LONG-TIMER, or soon will be ---- */

/* A sender, known by its mId in a form that compares with strcmp(). */
struct peer;

/* A reply as written, or one segment of it. */
struct part {
	struct part *next;
	uint16_t number;	/* of the segment; 0: it is the whole */
	size_t len;
	char text[];
};

struct reply {
	struct reply *hash_next;
	TAILQ_ENTRY(reply) age;
	uint64_t expires;
	struct peer *peer;
	uint32_t hash;
	uint32_t id;
	struct waiting *waiting;	/* not answered yet */
	struct part *parts;		/* none once acknowledged */
	struct resend *resend;		/* waits for an acknowledgement */
};

int replies_new(uv_loop_t *loop, unsigned int max, unsigned int keep, struct replies **out);
void replies_free(struct replies *r);

/* Return: the sender, with a reference; NULL without memory, or for an absurd mId. */
struct peer *replies_peer(struct replies *r, const struct h248_mid *mid);
void replies_peer_put(struct replies *r, struct peer *peer);

struct reply *replies_find(const struct replies *r, const struct peer *peer, uint32_t id);
bool replies_full(const struct replies *r);
unsigned int replies_kept(const struct replies *r);

/* An entry for a request that waits; NULL without memory. */
struct reply *replies_add(struct replies *r, struct peer *peer, uint32_t id,
			  struct waiting *waiting);
/* Return: 0, -ENOMEM */
int replies_add_part(struct replies *r, struct reply *e, uint16_t number, struct str text);
/* Its parts are complete: LONG-TIMER begins. */
void replies_answered(struct replies *r, struct reply *e);

/* TransactionResponseAck: the ids are remembered, the texts are not. */
void replies_acknowledge(struct replies *r, const struct peer *peer, uint32_t first,
			 uint32_t last);
/* Segment: this one has arrived. */
void replies_acknowledge_segment(struct replies *r, const struct peer *peer, uint32_t id,
				 uint16_t number);

/* ---- resend.c: replies that must be acknowledged ---- */

/* Repeats over UDP what is left of a reply until nothing is. */
void resend_start(struct transactions *t, struct reply *e, const struct transport_path *to);
void resend_stop(struct reply *e);

/* ---- incoming.c: requests that wait for their turn ---- */

int incoming_new(struct transactions *t);
void incoming_free(struct transactions *t);
/* A request; refusal: the code it is refused with if it was not seen before. */
void incoming_take(struct transactions *t, struct message *m,
		   const struct h248_transaction *req, unsigned int refusal);

/* ---- segments.c ---- */

/**
 * segments_split() - take a reply apart so that each piece fits
 * @t: the layer
 * @a: holds the pieces
 * @whole: the reply; its lists are taken apart
 * @room: octets for each
 * @out: the pieces, numbered, linked by next
 *
 * Return: 0; -EMSGSIZE a single command is larger; -ENOMEM; -EINVAL.
 */
int segments_split(struct transactions *t, struct arena *a, struct h248_transaction *whole,
		   size_t room, struct h248_transaction **out);

struct segments;

/**
 * segments_join() - one more segment of the reply to an own request
 * @s: those that came before; *@s is NULL at first
 * @m: the message, which is kept
 * @tr: the segment in it
 *
 * Return: the whole reply, which lives until segments_free(), or NULL: more is to come.
 */
struct h248_transaction *segments_join(struct segments **s, struct message *m,
				       const struct h248_transaction *tr);
void segments_free(struct segments *s);

/* ---- outgoing.c ---- */

void outgoing_init(struct transactions *t);
/* For pauses: cheap, and different in every gateway. */
uint32_t transactions_random(struct transactions *t);
void outgoing_reply(struct transactions *t, struct message *m,
		    const struct h248_transaction *reply);
void outgoing_pending(struct transactions *t, const struct message *m, uint32_t id);

#endif /* KMGWD_TRANSACTION_PRIVATE_H */
