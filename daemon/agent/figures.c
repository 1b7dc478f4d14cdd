// SPDX-License-Identifier: GPL-2.0-only
/* agent: see figures.h. */
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/figures.h"
#include "agent/realm_state.h"
#include "bearer/env.h"

#define AGENT(name, field, help)	{ { "agent", name, help }, offsetof(struct agent_counters, field) }
#define TRANSACTION(name, field, help) \
	{ { "transactions", name, help }, offsetof(struct transaction_counters, field) }
#define TRANSPORT(name, field, help) \
	{ { "transport", name, help }, offsetof(struct transport_counters, field) }
#define BEARER(name, help) \
	{ { "bearers", #name, help }, offsetof(struct bearer_counters, name) }

static const struct {
	struct figure figure;
	size_t offset;
} figures[] = {
	AGENT("foreign_requests", foreign_requests, "Requests of MGCs that may give no orders"),
	AGENT("notifies", notifies, "Notify commands sent"),
	AGENT("notifies_lost", notifies_lost, "Notify commands that were not answered or not sent"),
	AGENT("contexts_refused", contexts_refused, "Adds refused for want of a context"),
	AGENT("ports_refused", ports_refused, "Adds refused for want of a port"),
	BEARER(handshakes_waited, "TLS handshakes that had to wait for others"),
	BEARER(sessions_resumed, "TLS sessions of earlier connections that were resumed"),
	BEARER(agent_sessions, "TLS sessions whose records the kernel could not do"),
	BEARER(agent_truncated, "Those of them that ended by FIN without close_notify"),
	TRANSACTION("requests", requests, "Requests executed"),
	TRANSACTION("replies", replies, "Replies given to them"),
	TRANSACTION("repeated", repeated, "Requests that were answered from memory"),
	TRANSACTION("replies_repeated", replies_repeated, "Replies sent again unasked"),
	TRANSACTION("syntax_errors", syntax_errors, "Messages that could not be read"),
	TRANSACTION("errors_suppressed", errors_suppressed, "Error answers held back"),
	TRANSACTION("pendings", pendings, "TransactionPending sent"),
	TRANSACTION("pending_limit", pending_limit, "Requests refused after too many Pendings"),
	TRANSACTION("busy", busy, "Requests refused for want of room"),
	TRANSACTION("own", own, "Requests of the gateway"),
	TRANSACTION("own_repeated", own_repeated, "Repetitions of them"),
	TRANSACTION("own_given_up", own_given_up, "Those that were never answered"),
	TRANSACTION("own_pending_limit", own_pending_limit, "Those put off too often"),
	TRANSPORT("received", received, "Messages received"),
	TRANSPORT("sent", sent, "Messages sent"),
	TRANSPORT("foreign", foreign, "Messages and connections of hosts that are no MGC"),
	TRANSPORT("malformed", malformed, "Framing errors"),
	TRANSPORT("send_failed", send_failed, "Messages that could not be sent"),
};

const struct figure *figure_at(const struct agent *agent, unsigned int i, uint64_t *value)
{
	struct bearer_counters bearers;
	const char *base;

	if (i >= sizeof(figures) / sizeof(figures[0]))
		return NULL;
	bearer_env_counters(agent->env, &bearers);
	if (figures[i].figure.group[0] == 'a')
		base = (const char *)&agent->counters;
	else if (figures[i].figure.group[0] == 'b')
		base = (const char *)&bearers;
	else if (!strcmp(figures[i].figure.group, "transactions"))
		base = (const char *)transactions_counters(agent->transactions);
	else
		base = (const char *)transport_counters(agent->transport);
	memcpy(value, base + figures[i].offset, sizeof(*value));
	return &figures[i].figure;
}

static const char *state_of(const struct agent *agent, const struct config_realm *realm)
{
	enum service_state root = service_of_root(agent), own = service_of_realm(agent, realm);

	if (!realm_usable(agent, realm))
		return "down";
	if (root == SERVICE_FORCED || own == SERVICE_FORCED)
		return "out of service";
	if (realm_draining(agent, realm) || realm_draining(agent, NULL) ||
	    root == SERVICE_GRACEFUL || own == SERVICE_GRACEFUL)
		return "draining";
	return "in service";
}

static void count(const struct agent *agent, struct realm_figures *list)
{
	const struct termination *t;
	const struct context *c;
	struct realm_figures *f;

	for (c = agent->contexts; c; c = c->next) {
		for (t = c->terminations; t; t = t->next) {
			f = &list[t->realm - agent->config->realm];
			f->terminations++;
			f->contexts += f->last != c;
			f->last = c;
		}
	}
}

struct realm_figures *figures_realms(const struct agent *agent)
{
	struct realm_figures *list = calloc(agent->config->n_realms, sizeof(*list));
	struct bearer_realm_picture picture;
	unsigned int i;

	if (!list)
		return NULL;
	count(agent, list);
	for (i = 0; i < agent->config->n_realms; i++) {
		bearer_realm_describe(bearer_env_realm(agent->env, i), &picture);
		list[i].state = state_of(agent, &agent->config->realm[i]);
		list[i].ports = picture.ports;
		list[i].ports_used = picture.ports_used;
		list[i].exhausted = picture.exhausted;
		list[i].certificate_expires = picture.certificate_expires;
	}
	return list;
}
