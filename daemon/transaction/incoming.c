// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: requests of the MGC that wait for their turn.
 *
 * Purpose: what is read is not executed at once but queued, and each turn of the
 * event loop executes some: so a flood delays neither bearers nor timers, the
 * requests of emergency contexts overtake the others, and a request that comes
 * again, or that waits for long, is answered with TransactionPending.
 * Context: the thread of the event loop. Memory is bounded by the number of
 * requests and by the size of the messages they are in.
 * Lifetime: a request that waits is known by its entry among the replies, so that
 * there is never a second one of the same id.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "transaction/transaction_private.h"

#define TURN_REQUESTS		16	/* executed in one turn of the loop, at most */
#define TURN_NS			2000000	/* or as long as this */
#define HIGH_WATER		80	/* per cent; from here on the overload is told */
#define EMERGENCY_PERCENT	125	/* so far the queue is filled by precedence */
#define REPLY_ARENA_MAX		(8U << 20)

struct waiting {
	TAILQ_ENTRY(waiting) turn;	/* in one of the queues */
	TAILQ_ENTRY(waiting) due;	/* by when the next Pending is sent */
	struct message *message;
	const struct h248_transaction *req;
	struct reply *entry;
	struct transport_path to;
	uint64_t pending_at;
	unsigned int pendings;
	bool urgent;
};

TAILQ_HEAD(waiting_list, waiting);

struct incoming {
	struct transactions *owner;
	uv_check_t check;
	uv_idle_t idle;		/* keeps the loop from sleeping while somebody waits */
	uv_timer_t timer;	/* of the next Pending */
	unsigned int handles;
	struct waiting_list urgent, normal, due;
	unsigned int n;
	struct arena arena;	/* of the reply being made */
};

static void on_turn(uv_check_t *check);
static void on_pending(uv_timer_t *timer);

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

int incoming_new(struct transactions *t)
{
	struct incoming *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->owner = t;
	TAILQ_INIT(&q->urgent);
	TAILQ_INIT(&q->normal);
	TAILQ_INIT(&q->due);
	arena_init(&q->arena, REPLY_ARENA_MAX);
	uv_check_init(t->loop, &q->check);
	uv_idle_init(t->loop, &q->idle);
	uv_timer_init(t->loop, &q->timer);
	q->check.data = q;
	q->idle.data = q;
	q->timer.data = q;
	q->handles = 3;
	t->incoming = q;
	return 0;
}

/* Takes it out of the queues; its entry goes on. */
static void waiting_free(struct incoming *q, struct waiting *w)
{
	TAILQ_REMOVE(w->urgent ? &q->urgent : &q->normal, w, turn);
	TAILQ_REMOVE(&q->due, w, due);
	q->n--;
	message_put(w->message);
	free(w);
	if (!q->n) {
		uv_check_stop(&q->check);
		uv_idle_stop(&q->idle);
		uv_timer_stop(&q->timer);
	}
}

static struct waiting *next_of(struct incoming *q)
{
	return TAILQ_EMPTY(&q->urgent) ? TAILQ_FIRST(&q->normal) : TAILQ_FIRST(&q->urgent);
}

static void on_closed(uv_handle_t *handle)
{
	struct incoming *q = handle->data;

	if (!--q->handles)
		free(q);
}

void incoming_free(struct transactions *t)
{
	struct incoming *q = t->incoming;
	struct waiting *w;

	if (!q)
		return;
	while ((w = next_of(q)))
		waiting_free(q, w);
	arena_free(&q->arena);
	uv_close((uv_handle_t *)&q->check, on_closed);
	uv_close((uv_handle_t *)&q->idle, on_closed);
	uv_close((uv_handle_t *)&q->timer, on_closed);
}

/* ---- replies ---- */

static int keep_segments(struct transactions *t, struct reply *e, struct h248_transaction *reply,
			 size_t room)
{
	struct h248_transaction *piece;
	int err;

	err = segments_split(t, &t->incoming->arena, reply, room, &piece);
	for (; !err && piece; piece = piece->next) {
		err = message_write(t, piece, room);
		if (!err)
			err = replies_add_part(t->replies, e, piece->segment,
					       strbuf_get(&t->text));
	}
	return err;
}

static void keep_error(struct transactions *t, struct reply *e, uint32_t id, unsigned int code,
		       const char *text)
{
	struct h248_error error = { .code = (uint16_t)code, .text = str_c(text) };
	struct h248_transaction reply = { .kind = H248_REPLY, .id = id, .error = &error };

	replies_acknowledge(t->replies, e->peer, id, id);	/* segments of before */
	message_refused(t, code);
	if (!message_write(t, &reply, SIZE_MAX))
		replies_add_part(t->replies, e, 0, strbuf_get(&t->text));
}

/* Writes the reply as one, in segments, or what stands for it. */
static void keep_reply(struct transactions *t, struct reply *e, struct h248_transaction *reply,
		       const struct transport_path *to)
{
	size_t room = message_room(t, to);
	char text[64];
	int err;

	err = message_write(t, reply, room);
	if (!err)
		err = replies_add_part(t->replies, e, 0, strbuf_get(&t->text));
	else if (err == -EMSGSIZE && t->version >= 3)
		err = keep_segments(t, e, reply, room);
	if (!err)
		return;
	if (err == -EMSGSIZE) {
		snprintf(text, sizeof(text), "the reply is larger than %zu octets", room);
		keep_error(t, e, reply->id, 533, text);
		return;
	}
	log_error(&t->config->log, "reply to transaction %u cannot be written: %s", reply->id,
		  strerror(-err));
	keep_error(t, e, reply->id, 500, "the reply cannot be written");
}

static void send_parts(struct transactions *t, const struct reply *e,
		       const struct transport_path *to)
{
	const struct part *p;

	for (p = e->parts; p; p = p->next)
		packer_add(t, to, (struct str){ p->text, p->len });
}

/* The request is done with: its reply is kept and sent. */
static void answer(struct transactions *t, struct waiting *w, struct h248_transaction *reply)
{
	struct reply *e = w->entry;

	/* Who was told to wait does not ask again, so we must know that it has the reply. */
	reply->imm_ack = w->pendings > 0;
	keep_reply(t, e, reply, &w->to);
	replies_answered(t->replies, e);
	send_parts(t, e, &w->to);
	t->counters.replies++;
	if (e->parts && (reply->imm_ack || e->parts->number))
		resend_start(t, e, &w->to);
	waiting_free(t->incoming, w);
}

static void execute(struct transactions *t, struct waiting *w)
{
	struct h248_transaction reply = { .kind = H248_REPLY, .id = w->req->id };
	struct incoming *q = t->incoming;

	t->counters.requests++;
	if (t->ops->serving)
		t->ops->serving(t->priv, &w->message->from);
	t->ops->request(t->priv, &q->arena, w->req, &reply);
	answer(t, w, &reply);
	arena_reset(&q->arena);
}

static void on_turn(uv_check_t *check)
{
	struct incoming *q = check->data;
	const struct message *before = NULL;
	uint64_t end = uv_hrtime() + TURN_NS;
	struct waiting *w;
	unsigned int i;

	for (i = 0; i < TURN_REQUESTS && (w = next_of(q)); i++) {
		/* Simple MGCs expect a message to be answered by messages of its own. */
		if (w->message != before)
			packer_flush(q->owner);
		before = w->message;
		execute(q->owner, w);
		if (uv_hrtime() >= end)
			break;
	}
	packer_flush(q->owner);
}

/* ---- TransactionPending ---- */

static void arm(struct incoming *q)
{
	const struct waiting *first = TAILQ_FIRST(&q->due);
	uint64_t now = uv_now(q->owner->loop);

	if (first)
		uv_timer_start(&q->timer, on_pending,
			       first->pending_at > now ? first->pending_at - now : 0, 0);
}

static void schedule(struct incoming *q, struct waiting *w)
{
	w->pending_at = uv_now(q->owner->loop) + q->owner->limits.mg_provisional;
	TAILQ_INSERT_TAIL(&q->due, w, due);
}

static void send_pending(struct transactions *t, struct waiting *w)
{
	const struct h248_transaction pending = { .kind = H248_PENDING, .id = w->req->id };
	struct h248_error error = { .code = 506, .text = STR("too many pendings") };
	struct h248_transaction reply = { .kind = H248_REPLY, .id = w->req->id, .error = &error };
	struct incoming *q = t->incoming;

	if (w->pendings >= t->limits.mg_pending_limit) {
		/* The MGC has given it up, or will now: it must not be executed. */
		t->counters.pending_limit++;
		message_refused(t, 506);
		answer(t, w, &reply);
		return;
	}
	w->pendings++;
	t->counters.pendings++;
	message_add(t, &w->to, &pending);
	TAILQ_REMOVE(&q->due, w, due);
	schedule(q, w);
}

static void on_pending(uv_timer_t *timer)
{
	struct incoming *q = timer->data;
	uint64_t now = uv_now(q->owner->loop);
	struct waiting *w;

	while ((w = TAILQ_FIRST(&q->due)) && w->pending_at <= now)
		send_pending(q->owner, w);
	packer_flush(q->owner);
	arm(q);
}

/* ---- admission ---- */

static void refuse(struct transactions *t, const struct transport_path *to, uint32_t id,
		   unsigned int code, const char *why)
{
	struct h248_error error = { .code = (uint16_t)code, .text = str_c(why) };
	struct h248_transaction reply = { .kind = H248_REPLY, .id = id, .error = &error };

	/* What comes over a connection was not forged. */
	if (!to->connection && !message_error_allowed(t))
		return;
	message_add(t, to, &reply);
	message_refused(t, code);
}

static const char *refusal_text(unsigned int code)
{
	switch (code) {
	case 402: return "not this gateway's MGC";
	case 502: return "not ready";
	case 504: return "another MGC controls this gateway";
	case 505: return "the gateway has no reply to its ServiceChange yet";
	default: return "refused";
	}
}

static bool full(struct transactions *t, bool urgent)
{
	const struct incoming *q = t->incoming;
	unsigned int max = t->config->max_queue;

	if (urgent)
		max += max * (EMERGENCY_PERCENT - 100) / 100 + 1;
	return q->n >= max || t->held_octets >= HELD_OCTETS_MAX || replies_full(t->replies);
}

static struct waiting *enqueue(struct transactions *t, struct message *m,
			       const struct h248_transaction *req, bool urgent)
{
	struct waiting *w = calloc(1, sizeof(*w));
	struct incoming *q = t->incoming;

	if (!w)
		return NULL;
	w->entry = message_hold(m) ? NULL : replies_add(t->replies, m->peer, req->id, w);
	if (!w->entry) {
		free(w);
		return NULL;
	}
	w->message = message_get(m);
	w->req = req;
	w->to = m->from;
	w->urgent = urgent;
	TAILQ_INSERT_TAIL(urgent ? &q->urgent : &q->normal, w, turn);
	schedule(q, w);
	if (!q->n++) {
		uv_check_start(&q->check, on_turn);
		uv_idle_start(&q->idle, on_idle);
	}
	if (!uv_is_active((uv_handle_t *)&q->timer))
		arm(q);
	return w;
}

static void repeated(struct transactions *t, const struct message *m, struct reply *e)
{
	t->counters.repeated++;
	if (!e->waiting) {
		send_parts(t, e, &m->from);
		return;
	}
	/* The reply goes where the request came from last: a connection may be gone. */
	e->waiting->to = m->from;
	send_pending(t, e->waiting);
}

void incoming_take(struct transactions *t, struct message *m,
		   const struct h248_transaction *req, unsigned int refusal)
{
	struct reply *e = replies_find(t->replies, m->peer, req->id);
	unsigned int percent;
	bool urgent;

	if (e) {
		repeated(t, m, e);
		return;
	}
	/* That id is for answers to what had none that could be read. */
	if (!req->id) {
		refuse(t, &m->from, 0, 403, "transaction id 0");
		return;
	}
	if (refusal) {
		refuse(t, &m->from, req->id, refusal, refusal_text(refusal));
		return;
	}
	urgent = t->ops->precedence && t->ops->precedence(t->priv, req);
	percent = t->incoming->n * 100 / t->config->max_queue;
	if (full(t, urgent) || !enqueue(t, m, req, urgent)) {
		t->counters.busy++;
		refuse(t, &m->from, req->id, 511, "too much to do, or too many replies kept");
		percent = percent > 100 ? percent : 101;
	}
	if (percent >= HIGH_WATER && t->ops->overload)
		t->ops->overload(t->priv, percent);
}
