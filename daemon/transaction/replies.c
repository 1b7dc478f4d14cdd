// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: the requests that wait and the replies of the last LONG-TIMER.
 *
 * Purpose: a repeated request must not be executed again, so what was answered is
 * found by (mId, transaction id) for as long as the MGC may repeat it, and so is
 * what is not answered yet. All replies live equally long, so the queue by age is
 * also the queue by expiry.
 * Context: the thread of the event loop. Memory is bounded by the number of
 * entries and by the octets kept; when it is full the layer above refuses new
 * requests rather than forget old ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transaction/transaction_private.h"

#define BUCKETS_MIN	1024
#define BUCKETS_MAX	(1U << 18)
#define SWEEPS		8		/* in the time a reply is kept */
#define OCTETS_MAX	(512UL << 20)	/* of replies kept */
#define PEERS		64		/* buckets; there are few MGCs */
#define MID_KEY_MAX	160

struct peer {
	struct peer *next;
	unsigned int refs;
	uint32_t hash;
	char text[];
};

struct replies {
	uv_timer_t timer;
	uv_loop_t *loop;
	unsigned int keep;
	unsigned int n, max;
	size_t octets;
	TAILQ_HEAD(reply_list, reply) aging;
	struct peer *peer[PEERS];
	unsigned int buckets;		/* a power of two */
	struct reply *bucket[];
};

/* ---- senders ---- */

static bool make_key(const struct h248_mid *mid, char *key)
{
	static const char hex[] = "0123456789abcdef";
	unsigned int octets = mid->kind == H248_MID_IP4 ? 4 : mid->kind == H248_MID_IP6 ? 16 : 0;
	size_t used, i;
	int n;

	n = snprintf(key, MID_KEY_MAX, "%d %u ", (int)mid->kind, mid->has_port ? mid->port : 0U);
	used = (size_t)n;
	if (octets) {
		for (i = 0; i < octets; i++) {
			key[used++] = hex[mid->addr[i] >> 4];
			key[used++] = hex[mid->addr[i] & 15];
		}
	} else {
		if (used + mid->text.len >= MID_KEY_MAX)
			return false;
		for (i = 0; i < mid->text.len; i++)
			key[used++] = ascii_lower(mid->text.p[i]);
	}
	key[used] = '\0';
	return true;
}

struct peer *replies_peer(struct replies *r, const struct h248_mid *mid)
{
	char key[MID_KEY_MAX];
	uint32_t h = 2166136261U;
	struct peer *peer;
	const char *p;

	if (!make_key(mid, key))
		return NULL;
	for (p = key; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	for (peer = r->peer[h % PEERS]; peer; peer = peer->next) {
		if (peer->hash == h && !strcmp(peer->text, key)) {
			peer->refs++;
			return peer;
		}
	}
	peer = malloc(sizeof(*peer) + strlen(key) + 1);
	if (!peer)
		return NULL;
	strcpy(peer->text, key);
	peer->hash = h;
	peer->refs = 1;
	peer->next = r->peer[h % PEERS];
	r->peer[h % PEERS] = peer;
	return peer;
}

void replies_peer_put(struct replies *r, struct peer *peer)
{
	struct peer **p = &r->peer[peer->hash % PEERS];

	if (--peer->refs)
		return;
	while (*p != peer)
		p = &(*p)->next;
	*p = peer->next;
	free(peer);
}

/* ---- entries ---- */

static uint32_t hash_of(const struct peer *peer, uint32_t id)
{
	uint32_t h = (peer->hash ^ id) * 2654435761U;

	return h ^ h >> 15;
}

static void free_parts(struct replies *r, struct reply *e)
{
	struct part *p;

	while ((p = e->parts)) {
		e->parts = p->next;
		r->octets -= p->len;
		free(p);
	}
	resend_stop(e);
}

static void entry_free(struct replies *r, struct reply *e)
{
	free_parts(r, e);
	replies_peer_put(r, e->peer);
	free(e);
	r->n--;
}

static void unhash(struct replies *r, struct reply *e)
{
	struct reply **p = &r->bucket[e->hash & (r->buckets - 1)];

	while (*p != e)
		p = &(*p)->hash_next;
	*p = e->hash_next;
}

static void sweep(uv_timer_t *timer)
{
	struct replies *r = timer->data;
	uint64_t now = uv_now(r->loop);
	struct reply *e;

	while ((e = TAILQ_FIRST(&r->aging)) && e->expires <= now) {
		TAILQ_REMOVE(&r->aging, e, age);
		unhash(r, e);
		entry_free(r, e);
	}
	if (TAILQ_EMPTY(&r->aging))
		uv_timer_stop(timer);
}

int replies_new(uv_loop_t *loop, unsigned int max, unsigned int keep, struct replies **out)
{
	unsigned int buckets = BUCKETS_MIN;
	struct replies *r;

	while (buckets < max && buckets < BUCKETS_MAX)
		buckets *= 2;
	r = calloc(1, sizeof(*r) + buckets * sizeof(r->bucket[0]));
	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->max = max;
	r->keep = keep;
	r->buckets = buckets;
	TAILQ_INIT(&r->aging);
	uv_timer_init(loop, &r->timer);
	r->timer.data = r;
	*out = r;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void replies_free(struct replies *r)
{
	struct reply *e, *next;
	unsigned int i;

	if (!r)
		return;
	for (i = 0; i < r->buckets; i++) {
		for (e = r->bucket[i]; e; e = next) {
			next = e->hash_next;
			entry_free(r, e);
		}
	}
	uv_close((uv_handle_t *)&r->timer, on_closed);
}

struct reply *replies_find(const struct replies *r, const struct peer *peer, uint32_t id)
{
	struct reply *e = r->bucket[hash_of(peer, id) & (r->buckets - 1)];

	while (e && (e->id != id || e->peer != peer))
		e = e->hash_next;
	return e;
}

bool replies_full(const struct replies *r)
{
	return r->n >= r->max || r->octets >= OCTETS_MAX;
}

unsigned int replies_kept(const struct replies *r)
{
	return r->n;
}

struct reply *replies_add(struct replies *r, struct peer *peer, uint32_t id,
			  struct waiting *waiting)
{
	struct reply *e = calloc(1, sizeof(*e));
	struct reply **bucket;

	if (!e)
		return NULL;
	peer->refs++;
	e->peer = peer;
	e->id = id;
	e->waiting = waiting;
	e->hash = hash_of(peer, id);
	bucket = &r->bucket[e->hash & (r->buckets - 1)];
	e->hash_next = *bucket;
	*bucket = e;
	r->n++;
	return e;
}

int replies_add_part(struct replies *r, struct reply *e, uint16_t number, struct str text)
{
	struct part *part = malloc(sizeof(*part) + text.len);
	struct part **p = &e->parts;

	if (!part)
		return -ENOMEM;
	part->next = NULL;
	part->number = number;
	part->len = text.len;
	memcpy(part->text, text.p, text.len);
	while (*p)
		p = &(*p)->next;
	*p = part;
	r->octets += text.len;
	return 0;
}

void replies_answered(struct replies *r, struct reply *e)
{
	e->waiting = NULL;
	e->expires = uv_now(r->loop) + r->keep;
	TAILQ_INSERT_TAIL(&r->aging, e, age);
	if (!uv_is_active((uv_handle_t *)&r->timer))
		uv_timer_start(&r->timer, sweep, r->keep / SWEEPS + 1, r->keep / SWEEPS + 1);
}

void replies_acknowledge(struct replies *r, const struct peer *peer, uint32_t first,
			 uint32_t last)
{
	struct reply *e;
	uint32_t id;

	/* A range may name billions of ids; there are never more than n replies. */
	if (last - first < r->n) {
		for (id = first; ; id++) {
			e = replies_find(r, peer, id);
			if (e)
				free_parts(r, e);
			if (id == last)
				break;
		}
		return;
	}
	TAILQ_FOREACH(e, &r->aging, age)
		if (e->id >= first && e->id <= last && e->peer == peer)
			free_parts(r, e);
}

void replies_acknowledge_segment(struct replies *r, const struct peer *peer, uint32_t id,
				 uint16_t number)
{
	struct reply *e = replies_find(r, peer, id);
	struct part **p, *part;

	if (!e || !number)
		return;
	for (p = &e->parts; (part = *p); p = &part->next) {
		if (part->number == number) {
			*p = part->next;
			r->octets -= part->len;
			free(part);
			break;
		}
	}
	if (!e->parts)
		resend_stop(e);
}
