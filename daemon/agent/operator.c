// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: drain, undrain and stop, by order of the operator.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/operator.h"
#include "agent/realm_state.h"
#include "agent/registration_private.h"
#include "lib/log.h"

struct operator_stop {
	struct agent *agent;
	uv_timer_t timer;
	void (*done)(void *priv, bool told);
	void *priv;
	bool finished;
};

/* ---- drain ---- */

static const struct config_realm *realm_named(const struct config *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->n_realms; i++)
		if (!strcmp(c->realm[i].name, name))
			return &c->realm[i];
	for (i = 0; i < c->n_realms; i++)
		if (!strcasecmp(c->realm[i].interface, name))
			return &c->realm[i];
	return NULL;
}

static int tell(struct agent *agent, const struct config_realm *realm, enum config_change change)
{
	const struct config_change_order *o = &agent->config->change[change];
	char tid[TERMINATION_NAME_MAX + 1] = "ROOT";

	if (realm)
		realm_tid(agent, realm, tid, sizeof(tid));
	return registration_service_change(agent, tid, service_method(o->method), o->reason, 0);
}

int operator_drain(struct agent *agent, const char *realm, bool on)
{
	const struct config_realm *r = realm ? realm_named(agent->config, realm) : NULL;
	int err;

	if (realm && !r)
		return -ENOENT;
	if (realm_draining(agent, r) == on)
		return -EALREADY;
	err = realm_drain(agent, realm, on);
	return err ? err : tell(agent, r, on ? CONFIG_CHANGE_DRAIN : CONFIG_CHANGE_UNDRAIN);
}

void operator_tell_again(struct agent *agent)
{
	const struct config *c = agent->config;
	unsigned int i;

	if (realm_draining(agent, NULL))
		tell(agent, NULL, CONFIG_CHANGE_DRAIN);
	for (i = 0; i < c->n_realms; i++) {
		if (!realm_usable(agent, &c->realm[i]))
			tell(agent, &c->realm[i], CONFIG_CHANGE_REALM_DOWN);
		else if (realm_draining(agent, &c->realm[i]))
			tell(agent, &c->realm[i], CONFIG_CHANGE_DRAIN);
	}
}

/* ---- stop ---- */

static void finish(struct operator_stop *s, bool told)
{
	struct agent *agent = s->agent;

	if (s->finished)
		return;
	s->finished = true;
	uv_timer_stop(&s->timer);
	log_notice(agent->log, "stopping by order of the operator%s: %u calls end",
		   told ? "" : ", the MGC has not answered", agent->n_contexts);
	contexts_clear(agent);
	if (s->done)
		s->done(s->priv, told);
	if (agent->ops && agent->ops->stop)
		agent->ops->stop(agent->priv);
}

static void on_wait_over(uv_timer_t *timer)
{
	finish(timer->data, false);
}

static void on_told(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	(void)version;
	finish(priv, reply != NULL);
}

int operator_stop(struct agent *agent, void (*done)(void *priv, bool told), void *priv)
{
	const struct config_change_order *o = &agent->config->change[CONFIG_CHANGE_STOP];
	const struct service_order order = {
		.tid = "ROOT", .method = service_method(o->method), .reason = o->reason,
	};
	struct operator_stop *s;

	if (agent->stop)
		return -EALREADY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->agent = agent;
	s->done = done;
	s->priv = priv;
	uv_timer_init(agent->loop, &s->timer);
	s->timer.data = s;
	agent->stop = s;
	agent->stopping = true;
	/* Urgent: it is this MGC's business only, and never sent to another one. */
	if (registration_active(agent->registration) &&
	    !service_send(agent, &order, true, on_told, s))
		uv_timer_start(&s->timer, on_wait_over, agent->config->stop_wait, 0);
	else
		uv_timer_start(&s->timer, on_wait_over, 0, 0);
	return 0;
}

void operator_stop_forget(struct agent *agent, void *priv)
{
	if (agent->stop && agent->stop->priv == priv)
		agent->stop->done = NULL;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void operator_free(struct agent *agent)
{
	if (agent->stop)
		uv_close((uv_handle_t *)&agent->stop->timer, on_closed);
	agent->stop = NULL;
}
