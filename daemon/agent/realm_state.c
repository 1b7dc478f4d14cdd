// SPDX-License-Identifier: GPL-2.0-only
/*
 * realm_state: which realms take new terminations, and telling the MGC when that changes.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/agent_private.h"
#include "agent/realm_state.h"
#include "agent/registration_private.h"
#include "bearer/env.h"
#include "lib/log.h"

struct realm_state {
	bool draining;
	bool down;			/* for longer than realm_holddown: the MGC knows */
	uint64_t due;			/* when it will be down; ms of the loop's clock */
};

struct realm_states {
	uv_timer_t timer;
	struct realm_state of[];	/* as config->realm */
};

static void on_holddown(uv_timer_t *timer);

int realm_state_new(struct agent *agent)
{
	unsigned int n = agent->config->n_realms;
	struct realm_states *s;

	s = calloc(1, sizeof(*s) + n * sizeof(s->of[0]));
	if (!s)
		return -ENOMEM;
	uv_timer_init(agent->loop, &s->timer);
	s->timer.data = agent;
	agent->realm_states = s;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	/* the first member */
	free(handle);
}

void realm_state_free(struct agent *agent)
{
	if (!agent->realm_states)
		return;
	bearer_env_unwatch(agent->env);
	uv_close((uv_handle_t *)&agent->realm_states->timer, on_closed);
}

static struct realm_state *state_of(const struct agent *agent, const struct config_realm *realm)
{
	return &agent->realm_states->of[realm - agent->config->realm];
}

bool realm_usable(const struct agent *agent, const struct config_realm *realm)
{
	return !state_of(agent, realm)->down;
}

void realm_tid(const struct agent *agent, const struct config_realm *realm, char *buf, size_t len)
{
	const struct termination *t;
	const struct context *c;
	bool found = false;
	unsigned int group = GROUP_DEFAULT;

	for (c = agent->contexts; c; c = c->next) {
		for (t = c->terminations; t; t = t->next) {
			if (t->realm != realm || (found && t->group == group))
				continue;
			if (found) {
				snprintf(buf, len, "ip/*/%s/*", realm->interface);
				return;
			}
			found = true;
			group = t->group;
		}
	}
	snprintf(buf, len, "ip/%u/%s/*", group, realm->interface);
}

static void set_down(struct agent *agent, const struct config_realm *realm, bool down)
{
	const struct config_change_order *o =
		&agent->config->change[down ? CONFIG_CHANGE_REALM_DOWN : CONFIG_CHANGE_REALM_UP];
	char tid[TERMINATION_NAME_MAX + 1];
	const char *name = realm->name;

	state_of(agent, realm)->down = down;
	realm_tid(agent, realm, tid, sizeof(tid));
	registration_service_change(agent, tid, service_method(o->method), o->reason, 0);
	events_realms_changed(agent, &name, !down, &name, down);
}

/* One timer for the realm that is due next. */
static void set_timer(struct agent *agent)
{
	struct realm_states *states = agent->realm_states;
	uint64_t now = uv_now(agent->loop), next = 0;
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++)
		if (states->of[i].due && (!next || states->of[i].due < next))
			next = states->of[i].due;
	if (next)
		uv_timer_start(&states->timer, on_holddown, next > now ? next - now : 0, 0);
	else
		uv_timer_stop(&states->timer);
}

static void on_holddown(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	uint64_t now = uv_now(agent->loop);
	struct realm_state *s;
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++) {
		s = &agent->realm_states->of[i];
		if (!s->due || s->due > now)
			continue;
		s->due = 0;
		set_down(agent, &agent->config->realm[i], true);
	}
	set_timer(agent);
}

static void on_realm(void *priv, unsigned int number, bool up, const char *why)
{
	struct agent *agent = priv;
	const struct config_realm *realm = &agent->config->realm[number];
	struct realm_state *s = state_of(agent, realm);

	if (!up) {
		log_warning(agent->log, "realm \"%s\" cannot be used: %s", realm->name, why);
		s->due = uv_now(agent->loop) + agent->config->realm_holddown;
		/* At start nobody has been told that it works. */
		if (agent->realms_starting)
			s->due = uv_now(agent->loop);
	} else {
		log_notice(agent->log, "realm \"%s\" can be used again", realm->name);
		s->due = 0;
		if (s->down)
			set_down(agent, realm, false);
	}
	set_timer(agent);
}

void realm_state_start(struct agent *agent)
{
	agent->realms_starting = true;
	if (bearer_env_watch(agent->env, on_realm, agent))
		log_error(agent->log, "outages of realms will not be noticed");
	agent->realms_starting = false;
}

bool realm_admits(struct work *w, const struct config_realm *realm, bool emergency)
{
	const struct realm_state *s = state_of(w->agent, realm);

	if (!service_admits(w, realm, emergency))
		return false;
	if (s->down) {
		refuse(w, 502, "realm %s cannot be used", realm->name);
		return false;
	}
	if ((s->draining || w->agent->draining) && !emergency) {
		refuse(w, 502, "realm %s takes no new calls", realm->name);
		return false;
	}
	return true;
}

static const struct config_realm *realm_by_name(const struct agent *agent, const char *name)
{
	const struct config *c = agent->config;
	unsigned int i;

	for (i = 0; i < c->n_realms; i++)
		if (!strcmp(c->realm[i].name, name))
			return &c->realm[i];
	for (i = 0; i < c->n_realms; i++)
		if (!strcasecmp(c->realm[i].interface, name))
			return &c->realm[i];
	return NULL;
}

int realm_drain(struct agent *agent, const char *realm, bool on)
{
	const struct config_realm *r = realm ? realm_by_name(agent, realm) : NULL;
	bool *draining = r ? &state_of(agent, r)->draining : &agent->draining;

	if (realm && !r)
		return -ENOENT;
	if (*draining == on)
		return 0;
	*draining = on;
	log_notice(agent->log, "%s%s: %s", r ? "realm " : "gateway", r ? r->name : "",
		   on ? "new calls are refused" : "new calls are taken");
	return 0;
}

bool realm_draining(const struct agent *agent, const struct config_realm *realm)
{
	return realm ? state_of(agent, realm)->draining : agent->draining;
}
