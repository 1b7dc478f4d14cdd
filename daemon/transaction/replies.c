// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: the replies of the last LONG-TIMER.
 *
 * Purpose: a repeated request must not be executed again, so what was answered
 * is found by (mId, transaction id) for as long as the MGC may repeat it.
 * All live equally long, so the queue by age is also the queue by expiry.
 * Context: the thread of the event loop. Memory is bounded by the number of
 * entries; when it is full the layer above refuses new requests rather than
 * forget old ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transaction/transaction_private.h"

#define BUCKETS		16384		/* a power of two */
#define SWEEPS		8		/* in the time a reply is kept */

struct replies {
	uv_timer_t timer;
	uv_loop_t *loop;
	unsigned int keep;
	unsigned int n, max;
	struct reply *first, *last;
	struct reply *bucket[BUCKETS];
};

static uint32_t hash_of(const struct mid_key *mid, uint32_t id)
{
	uint32_t h = 2166136261U ^ id;
	const char *p;

	h *= 16777619U;
	for (p = mid->text; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	return h ^ h >> 15;
}

static void unhash(struct replies *r, struct reply *e)
{
	struct reply **p = &r->bucket[e->hash % BUCKETS];

	while (*p != e)
		p = &(*p)->hash_next;
	*p = e->hash_next;
}

static void sweep(uv_timer_t *timer)
{
	struct replies *r = timer->data;
	uint64_t now = uv_now(r->loop);
	struct reply *e;

	while ((e = r->first) && e->expires <= now) {
		r->first = e->queue_next;
		if (!r->first)
			r->last = NULL;
		unhash(r, e);
		free(e->text);
		free(e);
		r->n--;
	}
	if (!r->first)
		uv_timer_stop(timer);
}

int replies_new(uv_loop_t *loop, unsigned int max, unsigned int keep, struct replies **out)
{
	struct replies *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->loop = loop;
	r->max = max;
	r->keep = keep;
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
	struct reply *e;

	if (!r)
		return;
	while ((e = r->first)) {
		r->first = e->queue_next;
		free(e->text);
		free(e);
	}
	uv_close((uv_handle_t *)&r->timer, on_closed);
}

struct reply *replies_find(const struct replies *r, const struct mid_key *mid, uint32_t id)
{
	uint32_t h = hash_of(mid, id);
	struct reply *e;

	for (e = r->bucket[h % BUCKETS]; e; e = e->hash_next)
		if (e->hash == h && e->id == id && !strcmp(e->mid.text, mid->text))
			return e;
	return NULL;
}

bool replies_full(const struct replies *r)
{
	return r->n >= r->max;
}

struct reply *replies_add(struct replies *r, const struct mid_key *mid, uint32_t id,
			  struct str text)
{
	struct reply *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->text = malloc(text.len ? text.len : 1);
	if (!e->text) {
		free(e);
		return NULL;
	}
	memcpy(e->text, text.p, text.len);
	e->len = text.len;
	e->mid = *mid;
	e->id = id;
	e->hash = hash_of(mid, id);
	e->expires = uv_now(r->loop) + r->keep;
	e->hash_next = r->bucket[e->hash % BUCKETS];
	r->bucket[e->hash % BUCKETS] = e;
	if (r->last)
		r->last->queue_next = e;
	else
		r->first = e;
	r->last = e;
	r->n++;
	if (!uv_is_active((uv_handle_t *)&r->timer))
		uv_timer_start(&r->timer, sweep, r->keep / SWEEPS + 1, r->keep / SWEEPS + 1);
	return e;
}

void replies_acknowledge(struct replies *r, const struct mid_key *mid, uint32_t first,
			 uint32_t last)
{
	struct reply *e;
	uint32_t id;

	/* A range may name billions of ids; there are never more than n replies. */
	if (last - first < r->n) {
		for (id = first; id - first <= last - first; id++) {
			e = replies_find(r, mid, id);
			if (e) {
				free(e->text);
				e->text = NULL;
			}
			if (id == last)
				break;
		}
		return;
	}
	for (e = r->first; e; e = e->queue_next) {
		if (e->id >= first && e->id <= last && !strcmp(e->mid.text, mid->text)) {
			free(e->text);
			e->text = NULL;
		}
	}
}
