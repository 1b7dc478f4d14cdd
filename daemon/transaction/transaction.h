/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transaction: requests and replies that happen at most once (H.248.1 8, D.1).
 *
 * Purpose: reads messages, queues every new request and gives it to the agent
 * exactly once, keeps its reply for LONG-TIMER and sends it again when the
 * request comes again; sends the gateway's own requests until they are answered
 * or given up. The agent answers at once: in progress is what waits in the queue.
 * Context: the thread of the event loop.
 * Lifetime: transactions_new() to transactions_free(); timers end when the loop
 * runs once more after that.
 */
#ifndef KMGWD_TRANSACTION_H
#define KMGWD_TRANSACTION_H

#include <uv.h>

#include "codec/h248.h"
#include "codec/ids.h"
#include "config.h"
#include "transport/transport.h"

struct h248_codec;
struct transactions;

struct transaction_ops {
	/*
	 * May this sender give orders now? Return: 0, or the code of H.248.8 that
	 * its requests are refused with. Called once a message that holds requests.
	 */
	unsigned int (*admit)(void *priv, const struct transport_path *from,
			      const struct h248_message *msg);
	/* Executes a request that was never seen before; fills in the reply. */
	void (*request)(void *priv, struct arena *a, const struct h248_transaction *req,
			struct h248_transaction *reply);
	/* Requests of this sender are executed from now on; may be NULL. */
	void (*serving)(void *priv, const struct transport_path *from);
	/* The MGC in use was heard: whatever it said, it lives. */
	void (*heard)(void *priv, const struct transport_path *from);
	/* A message of this sender was an error and nothing else; may be NULL. */
	void (*message_error)(void *priv, const struct transport_path *from, unsigned int code);
	/* An error was given that the agent knows nothing of; may be NULL. */
	void (*refused)(void *priv, unsigned int code);
	/*
	 * A request has come while the queue was filled beyond its high-water mark, to so many
	 * per cent; over 100: it was refused. May be NULL.
	 */
	void (*overload)(void *priv, unsigned int percent);
	/* Does this request go ahead of others: an emergency context? May be NULL. */
	bool (*precedence)(void *priv, const struct h248_transaction *req);
};

/* ROOT's properties (H.248.1 E.2) that rule this layer; times in ms. */
struct transaction_limits {
	unsigned int mg_provisional;	/* a request that waits so long is answered with Pending */
	unsigned int mgc_provisional;	/* own requests are repeated so after a Pending */
	unsigned int mg_pending_limit;	/* Pendings sent for one request; beyond: 506 */
	unsigned int mgc_pending_limit;	/* Pendings taken for one own request */
};

/*
 * How an own request ended. reply is NULL when it was given up after T-MAX, or
 * cancelled; it lives during the call only. version is that of the message.
 */
typedef void (*transaction_done)(void *priv, const struct h248_transaction *reply,
				 uint8_t version);

struct transaction_counters {
	uint64_t requests, replies;	/* received and executed; sent */
	uint64_t repeated;		/* requests that were answered from memory */
	uint64_t syntax_errors;		/* messages that could not be read */
	uint64_t errors_suppressed;	/* error answers that the rate limit held back */
	uint64_t replies_repeated;	/* unasked, for want of an acknowledgement */
	uint64_t pendings;		/* sent */
	uint64_t pending_limit;		/* requests refused with 506 */
	uint64_t own, own_repeated, own_given_up;
	uint64_t own_pending_limit;	/* own requests that the MGC put off too often */
	uint64_t busy;			/* requests refused for want of room (511) */
};

int transactions_new(uv_loop_t *loop, const struct config *config, struct transport *transport,
		     const struct transaction_ops *ops, void *priv, struct transactions **out);
void transactions_free(struct transactions *t);

/* A whole message from the transport. */
void transactions_receive(struct transactions *t, const struct transport_path *from,
			  const char *data, size_t len);

/* What ROOT's properties say from now on; the defaults of the package until then. */
void transactions_set_limits(struct transactions *t, const struct transaction_limits *limits);

/* Names and numbers for the binary encoding; needed before anything is sent or received in it. */
void transactions_set_ids(struct transactions *t, const struct h248_ids *ids);

/* The version written in headers: 1 until something was negotiated. */
void transactions_set_version(struct transactions *t, uint8_t version);

/* The gateway's mId as a tree. */
const struct h248_mid *transactions_mid(const struct transactions *t);

/**
 * transactions_start() - a message with one empty request and a fresh id
 * @a: where it is built; needed until transactions_send() returns
 * @version: for the header
 *
 * Return: the request, to be filled in, or NULL at the arena's limit.
 */
struct h248_transaction *transactions_start(struct transactions *t, struct arena *a);

/**
 * transactions_send() - send a request of the gateway to the MGC in use
 * @req: from transactions_start()
 * @urgent: for this MGC only: sent while others are held back and however many there are,
 *	forgotten with the MGC
 * @done: called once, never from inside this call
 *
 * Return: 0; -ENOBUFS too many are outstanding; -EINVAL it cannot be written; -ENOMEM.
 */
int transactions_send(struct transactions *t, const struct h248_transaction *req, bool urgent,
		      transaction_done done, void *priv);

/*
 * The MGC is lost: forgets urgent requests without calling anybody, and holds back the
 * others, those not answered yet included, until transactions_resume() sends
 * them to the MGC of that time. transactions_cancel() forgets all.
 */
void transactions_suspend(struct transactions *t);
void transactions_resume(struct transactions *t);
void transactions_cancel(struct transactions *t);

/* How messages are encoded; for who looks at them from outside. */
const struct h248_codec *transactions_codec(const struct transactions *t);

const struct transaction_counters *transactions_counters(const struct transactions *t);

#endif /* KMGWD_TRANSACTION_H */
