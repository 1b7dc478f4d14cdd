// SPDX-License-Identifier: GPL-2.0-only
/*
 * realm_state: which realms take new terminations, and telling the MGC when that changes.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/agent_private.h"
#include "agent/realm_state.h"
#include "lib/log.h"

struct realm_state {
	bool draining;
};

int realm_state_new(struct agent *agent)
{
	agent->realm_states = calloc(agent->config->n_realms, sizeof(*agent->realm_states));
	return agent->realm_states ? 0 : -ENOMEM;
}

void realm_state_free(struct agent *agent)
{
	free(agent->realm_states);
}

static struct realm_state *state_of(const struct agent *agent, const struct config_realm *realm)
{
	return &agent->realm_states[realm - agent->config->realm];
}

bool realm_admits(struct work *w, const struct config_realm *realm, bool emergency)
{
	const struct realm_state *s = state_of(w->agent, realm);

	if (!service_admits(w, realm, emergency))
		return false;
	if ((s->draining || w->agent->draining) && !emergency) {
		refuse(w, 502, "realm %s takes no new calls", realm->name);
		return false;
	}
	return true;
}

static struct realm_state *state_by_name(const struct agent *agent, const char *name)
{
	const struct config *c = agent->config;
	unsigned int i;

	for (i = 0; i < c->n_realms; i++)
		if (!strcmp(c->realm[i].name, name))
			return &agent->realm_states[i];
	for (i = 0; i < c->n_realms; i++)
		if (!strcasecmp(c->realm[i].interface, name))
			return &agent->realm_states[i];
	return NULL;
}

int realm_drain(struct agent *agent, const char *realm, bool on)
{
	struct realm_state *s = realm ? state_by_name(agent, realm) : NULL;
	bool *draining = s ? &s->draining : &agent->draining;

	if (realm && !s)
		return -ENOENT;
	if (*draining == on)
		return 0;
	*draining = on;
	log_notice(agent->log, "%s%s: %s", realm ? "realm " : "gateway", realm ? realm : "",
		   on ? "new calls are refused" : "new calls are taken");
	return 0;
}
