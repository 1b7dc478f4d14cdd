// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: replies that the MGC must acknowledge.
 *
 * After a Pending the MGC repeats its request slowly or not at all, and of a reply
 * in segments it has some: nobody asks for what was lost. So they are repeated
 * like requests until they are acknowledged or T-MAX has passed.
 * Context: the thread of the event loop. Lifetime: ends with its reply; the
 * structure frees itself when its timer has closed.
 */
#include <stdlib.h>

#include "transaction/transaction_private.h"

struct resend {
	uv_timer_t timer;
	struct transactions *owner;
	struct reply *entry;
	struct transport_path to;
	unsigned int average;
	uint64_t deadline;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void resend_stop(struct reply *e)
{
	if (!e->resend)
		return;
	uv_close((uv_handle_t *)&e->resend->timer, on_closed);
	e->resend = NULL;
}

static void on_timer(uv_timer_t *timer)
{
	struct resend *s = timer->data;
	struct transactions *t = s->owner;
	const struct part *p;

	if (uv_now(t->loop) >= s->deadline) {
		resend_stop(s->entry);
		return;
	}
	for (p = s->entry->parts; p; p = p->next)
		packer_add(t, &s->to, (struct str){ p->text, p->len });
	packer_flush(t);
	t->counters.replies_repeated++;
	uv_timer_start(timer, on_timer,
		       delay_next(&t->delay, &s->average, transactions_random(t)), 0);
}

void resend_start(struct transactions *t, struct reply *e, const struct transport_path *to)
{
	struct resend *s;

	if (to->connection || e->resend)
		return;
	s = calloc(1, sizeof(*s));
	if (!s)
		return;		/* it is sent once, then, and again when it is asked for */
	s->owner = t;
	s->entry = e;
	s->to = *to;
	s->deadline = uv_now(t->loop) + t->config->t_max;
	uv_timer_init(t->loop, &s->timer);
	s->timer.data = s;
	e->resend = s;
	uv_timer_start(&s->timer, on_timer, delay_first(&t->delay, &s->average), 0);
}
