// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: the gateway's own requests.
 *
 * Over UDP a request is repeated with pauses that double; over TCP it is sent
 * again only on another connection than before. It is given up after T-MAX.
 * Context: the thread of the event loop.
 * Lifetime: a request frees itself when its timer has closed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transaction/transaction_private.h"

#define OUTGOING_MAX	10000

struct outgoing {
	uv_timer_t timer;
	struct transactions *owner;
	struct outgoing *next;
	uint32_t id;
	uint8_t version;
	unsigned int pause;
	uint64_t deadline;
	bool urgent, sent, pending;
	uint64_t connection;		/* that it was sent on */
	transaction_done done;
	void *priv;
	size_t len;
	char text[];
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void forget(struct outgoing *o)
{
	struct transactions *t = o->owner;
	struct outgoing **p;

	for (p = &t->outgoing; *p != o; p = &(*p)->next)
		;
	*p = o->next;
	t->n_outgoing--;
	uv_close((uv_handle_t *)&o->timer, on_closed);
}

static void transmit(struct outgoing *o)
{
	struct transactions *t = o->owner;
	struct transport_path path;

	if (transport_path(t->transport, &path))
		return;
	if (o->sent && path.connection && path.connection == o->connection)
		return;
	if (o->sent)
		t->counters.own_repeated++;
	o->sent = true;
	o->connection = path.connection;
	transactions_emit(t, &path, o->version, (struct str){ o->text, o->len });
}

static void on_timer(uv_timer_t *timer)
{
	struct outgoing *o = timer->data;
	struct transactions *t = o->owner;
	transaction_done done = o->done;
	void *priv = o->priv;
	uint64_t now = uv_now(t->loop);
	uint64_t left;

	if (now >= o->deadline) {
		t->counters.own_given_up++;
		forget(o);
		done(priv, NULL, 0);
		return;
	}
	if (!o->pending)
		transmit(o);
	o->pause = o->pause * 2 > t->config->retransmit_max ? t->config->retransmit_max :
							      o->pause * 2;
	left = o->deadline - now;
	uv_timer_start(&o->timer, on_timer, o->pause < left ? o->pause : left, 0);
}

/* Requests a millisecond that an id is set aside for; all ids last for 18 hours then. */
#define IDS_PER_MS		64

/*
 * Ids of an earlier run must not come back within LONG-TIMER, however soon this one follows: they
 * start where the clock is, and it is faster than any gateway sends.
 */
static uint32_t first_id(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) * IDS_PER_MS %
	       UINT32_MAX + 1;
}

struct h248_transaction *transactions_start(struct transactions *t, struct arena *a)
{
	struct h248_transaction *req = arena_new(a, struct h248_transaction);

	if (!req)
		return NULL;
	if (!t->next_id)
		t->next_id = first_id();
	req->kind = H248_REQUEST;
	req->id = t->next_id++;
	if (t->next_id == 0)
		t->next_id = 1;
	return req;
}

static void launch(struct outgoing *o)
{
	struct transactions *t = o->owner;

	o->version = t->version;
	o->pause = t->config->retransmit_min;
	o->deadline = uv_now(t->loop) + t->config->t_max;
	o->pending = false;
	transmit(o);
	uv_timer_start(&o->timer, on_timer, o->pause, 0);
}

int transactions_send(struct transactions *t, const struct h248_transaction *req, bool urgent,
		      transaction_done done, void *priv)
{
	struct outgoing *o;
	struct strbuf text;

	if (t->n_outgoing >= OUTGOING_MAX)
		return -ENOBUFS;
	strbuf_init(&text, TRANSPORT_TCP_MESSAGE_MAX);
	if (h248_codec_write_transaction(&t->codec, req, &text)) {
		strbuf_free(&text);
		return -EINVAL;
	}
	o = calloc(1, sizeof(*o) + text.len);
	if (!o) {
		strbuf_free(&text);
		return -ENOMEM;
	}
	memcpy(o->text, text.p, text.len);
	o->len = text.len;
	strbuf_free(&text);

	o->owner = t;
	o->id = req->id;
	o->urgent = urgent;
	o->done = done;
	o->priv = priv;
	uv_timer_init(t->loop, &o->timer);
	o->timer.data = o;
	o->next = t->outgoing;
	t->outgoing = o;
	t->n_outgoing++;
	t->counters.own++;
	if (urgent || !t->suspended)
		launch(o);
	return 0;
}

void transactions_suspend(struct transactions *t)
{
	struct outgoing *o, *next;

	t->suspended = true;
	for (o = t->outgoing; o; o = next) {
		next = o->next;
		if (o->urgent)
			forget(o);
		else
			uv_timer_stop(&o->timer);
	}
}

void transactions_resume(struct transactions *t)
{
	struct outgoing *o;

	t->suspended = false;
	for (o = t->outgoing; o; o = o->next)
		if (!o->urgent)
			launch(o);
}

void transactions_cancel(struct transactions *t)
{
	while (t->outgoing)
		forget(t->outgoing);
}

static struct outgoing *find(struct transactions *t, uint32_t id)
{
	struct outgoing *o;

	for (o = t->outgoing; o && o->id != id; o = o->next)
		;
	return o;
}

void outgoing_reply(struct transactions *t, const struct h248_transaction *reply,
		    uint8_t version)
{
	struct outgoing *o = find(t, reply->id);
	transaction_done done;
	void *priv;

	if (!o)
		return;
	done = o->done;
	priv = o->priv;
	forget(o);
	done(priv, reply, version);
}

/* The MGC has it and needs time: no repetition, and T-MAX starts anew. */
void outgoing_pending(struct transactions *t, uint32_t id)
{
	struct outgoing *o = find(t, id);

	if (!o || !o->sent)
		return;
	o->pending = true;
	o->deadline = uv_now(t->loop) + t->config->t_max;
}
