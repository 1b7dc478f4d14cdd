// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what the MGC has ordered to be out of service, and what goes out later.
 *
 * Orders are for the whole gateway (ROOT), for a realm (all terminations of its
 * interface), or for one termination. A Graceful one with a delay becomes Forced
 * when the delay is over; without one, calls end by themselves.
 * Context: the thread of the event loop.
 * Lifetime: from agent_new() to agent_free(); the timer closes later.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "lib/log.h"

/* What goes out of service when its time has come. */
struct service_due {
	struct service_due *next;
	const struct config_realm *realm;	/* or else */
	uint32_t termination;			/* or, when both are unset, ROOT */
	uint64_t at;
};

struct service_states {
	struct agent *agent;
	enum service_state root;
	enum service_state realm[CONFIG_REALMS_MAX];
	struct service_due *due;
	uv_timer_t timer;
};

static void schedule(struct service_states *s);

static void forget_due(struct service_states *s, const struct config_realm *realm,
		       uint32_t termination)
{
	struct service_due **p = &s->due, *d;

	while ((d = *p)) {
		if (d->realm == realm && d->termination == termination) {
			*p = d->next;
			free(d);
		} else {
			p = &d->next;
		}
	}
	schedule(s);
}

static void add_due(struct service_states *s, const struct config_realm *realm,
		    uint32_t termination, uint32_t delay)
{
	struct service_due *d = calloc(1, sizeof(*d));

	if (!d) {
		log_error(s->agent->log, "out of memory: a Delay is not kept");
		return;
	}
	d->realm = realm;
	d->termination = termination;
	d->at = uv_now(s->agent->loop) + delay * 1000ULL;
	d->next = s->due;
	s->due = d;
	schedule(s);
}

/* Out of service: nothing passes until the MGC says otherwise, or subtracts it. */
static void termination_out(struct agent *agent, struct termination *t)
{
	struct h248_term_state state = { .service_state = H248_STATE_OUT_OF_SERVICE };
	struct h248_media media = { .state = &state };
	struct media_change change = { 0 };
	struct work w = { .agent = agent };
	struct arena a;

	arena_init(&a, 4096);
	w.a = &a;
	if (media_check(&w, t, &media, &change) || media_apply(&w, t, &change)) {
		log_error(agent->log, "%s stays in service: %s", t->name, w.text);
		media_undo(t, &change);
	} else {
		media_done(&change);
	}
	arena_free(&a);
}

static void realm_out(struct service_states *s, const struct config_realm *realm)
{
	struct termination *t;
	struct context *c;

	s->realm[realm - s->agent->config->realm] = SERVICE_FORCED;
	for (c = s->agent->contexts; c; c = c->next)
		for (t = c->terminations; t; t = t->next)
			if (t->realm == realm)
				termination_out(s->agent, t);
}

static void root_out(struct service_states *s)
{
	s->root = SERVICE_FORCED;
	s->agent->out_of_service = true;
	contexts_clear(s->agent);
}

static void on_due(uv_timer_t *timer)
{
	struct service_states *s = timer->data;
	uint64_t now = uv_now(s->agent->loop);
	struct service_due **p = &s->due, *d;
	struct termination *t;

	while ((d = *p)) {
		if (d->at > now) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		if (d->realm) {
			log_notice(s->agent->log, "realm %s goes out of service: the delay is over",
				   d->realm->name);
			realm_out(s, d->realm);
		} else if (d->termination) {
			t = termination_find(s->agent, d->termination);
			if (t)
				termination_out(s->agent, t);
		} else {
			log_notice(s->agent->log, "out of service: the delay is over, %u calls end",
				   s->agent->n_contexts);
			root_out(s);
		}
		free(d);
		/* Terminations that went have taken theirs along. */
		p = &s->due;
	}
	schedule(s);
}

static void schedule(struct service_states *s)
{
	uint64_t now = uv_now(s->agent->loop), first = UINT64_MAX;
	const struct service_due *d;

	for (d = s->due; d; d = d->next)
		if (d->at < first)
			first = d->at;
	uv_timer_stop(&s->timer);
	if (s->due)
		uv_timer_start(&s->timer, on_due, first > now ? first - now : 0, 0);
}

void service_order_root(struct agent *agent, enum service_state state, uint32_t delay)
{
	struct service_states *s = agent->services;

	forget_due(s, NULL, 0);
	s->root = state;
	agent->out_of_service = state == SERVICE_FORCED;
	if (state == SERVICE_FORCED)
		root_out(s);
	else if (state == SERVICE_GRACEFUL && delay)
		add_due(s, NULL, 0, delay);
}

void service_order_realm(struct agent *agent, const struct config_realm *realm,
			 enum service_state state, uint32_t delay)
{
	struct service_states *s = agent->services;

	forget_due(s, realm, 0);
	s->realm[realm - agent->config->realm] = state;
	if (state == SERVICE_FORCED)
		realm_out(s, realm);
	else if (state == SERVICE_GRACEFUL && delay)
		add_due(s, realm, 0, delay);
}

void service_order_termination(struct termination *t, enum service_state state, uint32_t delay)
{
	struct service_states *s = t->agent->services;

	forget_due(s, NULL, t->number);
	if (state == SERVICE_GRACEFUL && delay)
		add_due(s, NULL, t->number, delay);
}

enum service_state service_of_root(const struct agent *agent)
{
	return agent->services->root;
}

enum service_state service_of_realm(const struct agent *agent, const struct config_realm *realm)
{
	return agent->services->realm[realm - agent->config->realm];
}

bool service_admits(struct work *w, const struct config_realm *realm, bool emergency)
{
	enum service_state root = service_of_root(w->agent);
	enum service_state state = service_of_realm(w->agent, realm);

	if (w->agent->stopping) {
		refuse(w, 502, "the gateway stops");
		return false;
	}
	if (root == SERVICE_FORCED || (root == SERVICE_GRACEFUL && !emergency)) {
		refuse(w, 502, "the gateway is out of service");
		return false;
	}
	if (state == SERVICE_FORCED || (state == SERVICE_GRACEFUL && !emergency)) {
		refuse(w, 502, "realm %s is out of service", realm->name);
		return false;
	}
	return true;
}

int service_states_new(struct agent *agent)
{
	struct service_states *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->agent = agent;
	uv_timer_init(agent->loop, &s->timer);
	s->timer.data = s;
	agent->services = s;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void service_states_free(struct agent *agent)
{
	struct service_states *s = agent->services;
	struct service_due *d;

	if (!s)
		return;
	while ((d = s->due)) {
		s->due = d->next;
		free(d);
	}
	uv_close((uv_handle_t *)&s->timer, on_closed);
}
