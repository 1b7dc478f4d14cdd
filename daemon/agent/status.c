// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what "kmgw agent status" shows, as JSON. Its keys are documented in kmgw(8).
 *
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/agent_private.h"
#include "agent/figures.h"
#include "agent/operator.h"
#include "agent/realm_state.h"
#include "agent/trace.h"
#include "bearer/env.h"

static void put_number(json_t *obj, const char *key, uint64_t value)
{
	json_object_set_new(obj, key, json_integer((json_int_t)value));
}

static const char *host_of(const struct sockaddr_storage *addr, char *buf, size_t len)
{
	const void *ip = addr->ss_family == AF_INET6 ?
			 (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr :
			 (const void *)&((const struct sockaddr_in *)addr)->sin_addr;

	if (addr->ss_family == AF_UNSPEC || !inet_ntop(addr->ss_family, ip, buf, (socklen_t)len))
		snprintf(buf, len, "others");
	return buf;
}

static json_t *association(const struct agent *agent)
{
	struct registration_picture r;
	json_t *obj = json_object();
	char name[64];

	registration_describe(agent->registration, &r);
	json_object_set_new(obj, "state", json_string(r.state));
	if (r.mgc.address.ss_family)
		json_object_set_new(obj, "mgc", json_string(transport_name(&r.mgc.address, name,
									   sizeof(name))));
	if (!r.active)
		return obj;
	json_object_set_new(obj, "transport",
			    json_string(config_transport_name(r.mgc.transport)));
	put_number(obj, "version", r.version);
	json_object_set_new(obj, "profile", r.profile ? json_string(r.profile) : json_null());
	put_number(obj, "since", r.since);
	put_number(obj, "silent", r.silent);
	return obj;
}

static json_t *realms(const struct agent *agent, const struct realm_figures *f)
{
	json_t *list = json_array(), *obj;
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++, f++) {
		obj = json_object();
		json_object_set_new(obj, "name", json_string(agent->config->realm[i].name));
		json_object_set_new(obj, "interface",
				    json_string(agent->config->realm[i].interface));
		json_object_set_new(obj, "state", json_string(f->state));
		put_number(obj, "contexts", f->contexts);
		put_number(obj, "terminations", f->terminations);
		put_number(obj, "ports", f->ports);
		put_number(obj, "ports_used", f->ports_used);
		put_number(obj, "exhausted", f->exhausted);
		if (f->certificate_expires)
			put_number(obj, "certificate_expires", (uint64_t)f->certificate_expires);
		json_array_append_new(list, obj);
	}
	return list;
}

static json_t *commands_of(const uint64_t *done, const uint64_t *refused)
{
	json_t *obj = json_object();
	unsigned int i;

	for (i = 0; i < COUNTERS_COMMANDS; i++)
		if (done[i])
			json_object_set_new(obj, h248_command_name((enum h248_command_kind)i),
					    json_pack("{s:I,s:I}", "all", (json_int_t)done[i],
						      "refused", (json_int_t)refused[i]));
	return obj;
}

static json_t *errors_of(const uint64_t *errors)
{
	json_t *obj = json_object();
	unsigned int i;
	char code[16];

	for (i = 0; i < COUNTERS_CODES; i++) {
		if (!errors[i])
			continue;
		snprintf(code, sizeof(code), "%u", COUNTERS_CODE_MIN + i);
		put_number(obj, code, errors[i]);
	}
	return obj;
}

static json_t *one_mgc(const struct counters_mgc *m)
{
	static const char *const ways[] = { "received", "sent" };
	json_t *obj = json_object(), *way;
	char host[INET6_ADDRSTRLEN];
	unsigned int i;

	json_object_set_new(obj, "address", json_string(host_of(&m->addr, host, sizeof(host))));
	put_number(obj, "registrations", m->registrations);
	put_number(obj, "losses", m->losses);
	for (i = 0; i < COUNTERS_WAYS; i++) {
		way = json_object();
		put_number(way, "messages", m->messages[i]);
		put_number(way, "octets", m->octets[i]);
		json_object_set_new(way, "commands", commands_of(m->commands[i], m->refused[i]));
		json_object_set_new(way, "errors", errors_of(m->errors[i]));
		json_object_set_new(obj, ways[i], way);
	}
	return obj;
}

static json_t *mgcs(const struct agent *agent)
{
	const struct counters *c = &agent->by_mgc;
	const struct counters_mgc *others = &c->mgc[COUNTERS_MGCS - 1];
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < c->n; i++)
		json_array_append_new(list, one_mgc(&c->mgc[i]));
	if (others->messages[COUNTERS_RECEIVED] || others->messages[COUNTERS_SENT])
		json_array_append_new(list, one_mgc(others));
	return list;
}

#define AGENT_PATHS_MAX	1000

static void add_path(void *priv, uint32_t context, uint32_t termination, uint16_t stream,
		     const char *why)
{
	json_t *list = priv;

	if (json_array_size(list) < AGENT_PATHS_MAX)
		json_array_append_new(list, json_pack("{s:I,s:I,s:i,s:s}",
						      "context", (json_int_t)context,
						      "termination", (json_int_t)termination,
						      "stream", (int)stream, "reason", why));
}

/* Streams whose TLS records go through the agent, and why. */
static json_t *agent_paths(const struct agent *agent)
{
	json_t *list = json_array();

	bearer_env_each_agent_session(agent->env, add_path, list);
	return list;
}

json_t *status_json(struct agent *agent)
{
	uint64_t now = uv_now(agent->loop), value;
	const struct figure *f;
	struct realm_figures *list = figures_realms(agent);
	json_t *obj, *group;
	unsigned int i;

	if (!list)
		return NULL;
	obj = json_object();
	json_object_set_new(obj, "version", json_string(KMGW_VERSION));
	put_number(obj, "pid", (uint64_t)getpid());
	put_number(obj, "uptime", (now - agent->started) / 1000);
	json_object_set_new(obj, "mid", json_string(agent->config->mid));
	json_object_set_new(obj, "association", association(agent));
	json_object_set_new(obj, "draining", json_boolean(realm_draining(agent, NULL)));
	json_object_set_new(obj, "stopping", json_boolean(agent->stopping));
	put_number(obj, "contexts", agent->n_contexts);
	put_number(obj, "terminations", agent->n_terminations);
	put_number(obj, "adopted", agent->adopted);
	put_number(obj, "agent_sessions", bearer_env_agent_sessions(agent->env));
	json_object_set_new(obj, "agent_paths", agent_paths(agent));
	json_object_set_new(obj, "realms", realms(agent, list));
	free(list);
	json_object_set_new(obj, "mgcs", mgcs(agent));
	for (i = 0; (f = figure_at(agent, i, &value)); i++) {
		group = json_object_get(obj, f->group);
		if (!group) {
			group = json_object();
			json_object_set_new(obj, f->group, group);
		}
		put_number(group, f->name, value);
	}
	json_object_set_new(obj, "trace", trace_json(agent));
	return obj;
}
