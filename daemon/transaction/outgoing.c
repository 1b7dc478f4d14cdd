// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: the gateway's own requests.
 *
 * Over UDP a request is repeated with pauses that grow (delay.h); over a
 * connection it is sent again only on another one than before. After a Pending
 * the MGC is asked at its provisional interval only, and the time to wait begins
 * anew. A request is given up after T-MAX. Some are under way at a time, the
 * others wait: after a failover there may be thousands.
 * Context: the thread of the event loop.
 * Lifetime: a request frees itself when its timer has closed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "transaction/transaction_private.h"

#define OUTGOING_MAX	10000
#define WINDOW		256	/* under way at a time */

/* Requests a millisecond that an id is set aside for; all ids last for 18 hours then. */
#define IDS_PER_MS	64

struct outgoing {
	uv_timer_t timer;
	struct transactions *owner;
	struct outgoing *hash_next;
	TAILQ_ENTRY(outgoing) list;
	uint32_t id;
	uint8_t version;
	bool urgent, flying;
	unsigned int sent;		/* times, to this MGC */
	unsigned int pendings;
	unsigned int average;		/* delay_next() */
	uint64_t started, deadline;
	uint64_t connection;		/* that it was sent on */
	struct sockaddr_storage to;	/* sent there last, if ever */
	struct segments *segments;
	transaction_done done;
	void *priv;
	size_t len;
	char text[];
};

uint32_t transactions_random(struct transactions *t)
{
	/* xorshift: nobody gains by guessing it */
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

void outgoing_init(struct transactions *t)
{
	TAILQ_INIT(&t->flying);
	TAILQ_INIT(&t->held);
	if (getrandom(&t->random, sizeof(t->random), 0) != sizeof(t->random) || !t->random)
		t->random = (uint32_t)uv_hrtime() | 1;
	delay_init(&t->delay, t->config->retransmit_min, t->config->retransmit_max);
}

static struct outgoing **find(struct transactions *t, uint32_t id)
{
	struct outgoing **p = &t->outgoing_bucket[id % OUTGOING_BUCKETS];

	while (*p && (*p)->id != id)
		p = &(*p)->hash_next;
	return p;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void unlist(struct outgoing *o)
{
	struct transactions *t = o->owner;

	TAILQ_REMOVE(o->flying ? &t->flying : &t->held, o, list);
	if (o->flying)
		t->n_flying--;
	o->flying = false;
}

static void forget(struct outgoing *o)
{
	struct transactions *t = o->owner;

	unlist(o);
	*find(t, o->id) = o->hash_next;
	t->n_outgoing--;
	segments_free(o->segments);
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
	if (o->sent++)
		t->counters.own_repeated++;
	o->connection = path.connection;
	o->to = path.addr;
	message_send(t, &path, o->version, (struct str){ o->text, o->len });
}

static void on_timer(uv_timer_t *timer);

/* None for one that is held: a connection that breaks in transmit() may have held it back. */
static void set_timer(struct outgoing *o, unsigned int pause)
{
	uint64_t now = uv_now(o->owner->loop);
	uint64_t left = o->deadline > now ? o->deadline - now : 0;

	if (!o->flying)
		return;
	uv_timer_start(&o->timer, on_timer, pause < left ? pause : left, 0);
}

static void launch(struct outgoing *o)
{
	struct transactions *t = o->owner;

	unlist(o);
	o->flying = true;
	TAILQ_INSERT_TAIL(&t->flying, o, list);
	t->n_flying++;
	o->version = t->version;
	o->sent = 0;
	o->pendings = 0;
	o->started = uv_now(t->loop);
	o->deadline = o->started + t->config->t_max;
	transmit(o);
	set_timer(o, delay_first(&t->delay, &o->average));
}

/* Sends what was held back as far as there is room. */
static void pump(struct transactions *t)
{
	while (!t->suspended && t->n_flying < WINDOW && !TAILQ_EMPTY(&t->held))
		launch(TAILQ_FIRST(&t->held));
}

static void finish(struct outgoing *o, const struct h248_transaction *reply, uint8_t version)
{
	struct segments *segments = o->segments;
	struct transactions *t = o->owner;
	transaction_done done = o->done;
	void *priv = o->priv;

	/* The reply may be in there. */
	o->segments = NULL;
	forget(o);
	done(priv, reply, version);
	segments_free(segments);
	pump(t);
}

/* The MGC works on it: so often it is asked whether it still does. */
static unsigned int pending_pause(const struct transactions *t)
{
	unsigned int pause = t->limits.mgc_provisional;

	return pause > t->config->retransmit_min ? pause : t->config->retransmit_min;
}

static void on_timer(uv_timer_t *timer)
{
	struct outgoing *o = timer->data;
	struct transactions *t = o->owner;
	unsigned int pause;

	if (!o->flying)
		return;
	if (uv_now(t->loop) >= o->deadline) {
		t->counters.own_given_up++;
		finish(o, NULL, 0);
		return;
	}
	transmit(o);
	pause = delay_next(&t->delay, &o->average, transactions_random(t));
	set_timer(o, o->pendings ? pending_pause(t) : pause);
}

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

int transactions_send(struct transactions *t, const struct h248_transaction *req, bool urgent,
		      transaction_done done, void *priv)
{
	struct outgoing *o;
	struct str text;

	/* With the held ones alone there may be so many: the gateway registers all the same. */
	if (!urgent && t->n_outgoing >= OUTGOING_MAX)
		return -ENOBUFS;
	if (message_write(t, req, TRANSPORT_MESSAGE_MAX))
		return -EINVAL;
	text = strbuf_get(&t->text);
	o = calloc(1, sizeof(*o) + text.len);
	if (!o)
		return -ENOMEM;
	memcpy(o->text, text.p, text.len);
	o->len = text.len;
	o->owner = t;
	o->id = req->id;
	o->urgent = urgent;
	o->done = done;
	o->priv = priv;
	uv_timer_init(t->loop, &o->timer);
	o->timer.data = o;
	o->hash_next = t->outgoing_bucket[o->id % OUTGOING_BUCKETS];
	t->outgoing_bucket[o->id % OUTGOING_BUCKETS] = o;
	TAILQ_INSERT_TAIL(&t->held, o, list);
	t->n_outgoing++;
	t->counters.own++;
	if (urgent)
		launch(o);
	else
		pump(t);
	return 0;
}

void transactions_suspend(struct transactions *t)
{
	struct outgoing *o;

	t->suspended = true;
	/* The other MGC, or the other way to this one, is another distance away. */
	delay_init(&t->delay, t->config->retransmit_min, t->config->retransmit_max);
	/* They go before those that were not sent yet, in the order they had. */
	while ((o = TAILQ_LAST(&t->flying, outgoing_list))) {
		if (o->urgent) {
			forget(o);
			continue;
		}
		unlist(o);
		TAILQ_INSERT_HEAD(&t->held, o, list);
		uv_timer_stop(&o->timer);
		segments_free(o->segments);
		o->segments = NULL;
	}
}

void transactions_resume(struct transactions *t)
{
	t->suspended = false;
	pump(t);
}

void transactions_cancel(struct transactions *t)
{
	struct outgoing *o;

	while ((o = TAILQ_FIRST(&t->flying)) || (o = TAILQ_FIRST(&t->held)))
		forget(o);
}

/*
 * The request that this host was asked last. A late answer of an MGC that was lost says nothing of
 * what the one in use does.
 */
static struct outgoing *asked(struct transactions *t, const struct message *m, uint32_t id)
{
	struct outgoing *o = *find(t, id);

	return o && o->sent && transport_same_host(&o->to, &m->from.addr) ? o : NULL;
}

void outgoing_reply(struct transactions *t, struct message *m,
		    const struct h248_transaction *reply)
{
	struct outgoing *o = asked(t, m, reply->id);

	if (!o)
		return;
	if (reply->has_segment) {
		/* The next MGC need not cut its reply as this one did. */
		if (!o->flying)
			return;
		/* What comes now comes from an MGC that is at work on it. */
		o->deadline = uv_now(t->loop) + t->config->t_max;
		reply = segments_join(&o->segments, m, reply);
		if (!reply)
			return;
	} else if (o->sent == 1 && !o->pendings) {
		delay_measured(&t->delay, uv_now(t->loop) - o->started);
	}
	finish(o, reply, m->msg->version);
}

/* The MGC has it and needs time. */
void outgoing_pending(struct transactions *t, const struct message *m, uint32_t id)
{
	static const struct h248_error error = { .code = 506, .text = STR("too many pendings") };
	struct h248_transaction reply = { .kind = H248_REPLY, .id = id };
	struct outgoing *o = asked(t, m, id);

	/* One that is held is sent anew, and then its time begins. */
	if (!o || !o->flying)
		return;
	if (++o->pendings > t->limits.mgc_pending_limit) {
		t->counters.own_pending_limit++;
		reply.error = (struct h248_error *)&error;
		finish(o, &reply, t->version);
		return;
	}
	o->deadline = uv_now(t->loop) + t->config->t_max;
	set_timer(o, pending_pause(t));
}
