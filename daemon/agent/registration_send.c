// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: ServiceChange of the gateway as a message, and what is read in its reply.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/registration_private.h"

#define ARENA_MAX	8192

/* H.248.1 7.2.8, in its words */
static const char *reason_text(unsigned int reason)
{
	static const struct {
		unsigned int code;
		const char *text;
	} reasons[] = {
		{ 900, "Service Restored" },
		{ 901, "Cold Boot" },
		{ 902, "Warm Boot" },
		{ 903, "MGC Directed Change" },
		{ 904, "Termination Malfunctioning" },
		{ 905, "Termination Taken Out Of Service" },
		{ 906, "Loss Of Lower Layer Connectivity" },
		{ 907, "Transmission Failure" },
		{ 908, "MG Impending Failure" },
		{ 909, "MGC Impending Failure" },
		{ 910, "Media Capability Failure" },
		{ 915, "State Loss" },
		{ 916, "Packages Change" },
		{ 917, "Capabilities Change" },
		{ 918, "Cancel Graceful" },
		{ 919, "Warm Failover" },
		{ 920, "Cold Failover" },
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == reason)
			return reasons[i].text;
	return "Service Change";
}

enum h248_method service_method(enum config_method method)
{
	static const enum h248_method methods[] = {
		[CONFIG_METHOD_RESTART] = H248_METHOD_RESTART,
		[CONFIG_METHOD_FORCED] = H248_METHOD_FORCED,
		[CONFIG_METHOD_GRACEFUL] = H248_METHOD_GRACEFUL,
		[CONFIG_METHOD_DISCONNECTED] = H248_METHOD_DISCONNECTED,
		[CONFIG_METHOD_HAND_OFF] = H248_METHOD_HANDOFF,
		[CONFIG_METHOD_FAILOVER] = H248_METHOD_FAILOVER,
	};

	return methods[method];
}

const char *service_profile(const struct config *c, unsigned int number)
{
	if (!number)
		return c->profile;
	return number <= c->n_profiles ? c->profile_accept[number - 1] : NULL;
}

/* "NAME/1" */
static int fill_profile(const char *profile, struct arena *a, struct h248_service_change *sc)
{
	size_t len = strcspn(profile, "/");

	sc->profile = arena_str(a, (struct str){ profile, len });
	sc->profile_version = (uint8_t)atoi(profile + len + 1);
	return str_set(sc->profile) ? 0 : -ENOMEM;
}

/* The context that a termination is named in; what is not there is in none. */
static uint32_t context_of(struct agent *agent, struct str tid)
{
	const struct termination *t;

	if (str_iis(tid, "ROOT"))
		return H248_CONTEXT_NULL;
	if (str_has(tid, '*'))
		return H248_CONTEXT_ALL;
	t = tid_lookup(agent, tid);
	return t ? t->context->id : H248_CONTEXT_NULL;
}

static int fill(struct arena *a, struct h248_command *cmd, const struct service_order *order)
{
	struct h248_service_change *sc = arena_new(a, struct h248_service_change);
	char reason[64];

	if (!sc)
		return -ENOMEM;
	cmd->service_change = sc;
	/* One reply for all terminations of a wildcard will do. */
	cmd->wildcard_reply = strchr(order->tid, '*') != NULL;
	snprintf(reason, sizeof(reason), "%u %s", order->reason, reason_text(order->reason));
	sc->method = order->method;
	sc->reason = arena_str(a, str_c(reason));
	sc->reason_code = (uint16_t)order->reason;
	sc->has_delay = order->delay != 0;
	sc->delay = order->delay;
	if (!str_set(sc->reason))
		return -ENOMEM;
	if (!order->version)
		return 0;
	sc->has_version = true;
	sc->version = order->version;
	sc->has_time = true;
	h248_now(&sc->time);
	return order->profile ? fill_profile(order->profile, a, sc) : 0;
}

int service_send(struct agent *agent, const struct service_order *order, bool urgent,
		 transaction_done done, void *priv)
{
	struct h248_transaction *req;
	struct h248_command *cmd;
	struct h248_action *act;
	struct arena a;
	int err = -ENOMEM;

	arena_init(&a, ARENA_MAX);
	req = transactions_start(agent->transactions, &a);
	act = req ? h248_action_add(&a, req, context_of(agent, str_c(order->tid))) : NULL;
	cmd = act ? h248_command_add(&a, act, H248_SERVICE_CHANGE, str_c(order->tid)) : NULL;
	if (cmd)
		err = fill(&a, cmd, order);
	if (!err)
		err = transactions_send(agent->transactions, req, urgent, done, priv);
	if (!err)
		counters_own(agent, H248_SERVICE_CHANGE);
	arena_free(&a);
	return err;
}

const struct h248_error *service_error(const struct h248_transaction *reply)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	if (reply->error)
		return reply->error;
	h248_each(act, &reply->actions) {
		if (act->error)
			return act->error;
		h248_each(cmd, &act->commands)
			if (cmd->error)
				return cmd->error;
	}
	return NULL;
}

const struct h248_service_change *services_of(const struct h248_transaction *reply)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	h248_each(act, &reply->actions)
		h248_each(cmd, &act->commands)
			if (cmd->service_change)
				return cmd->service_change;
	return NULL;
}

/* A profile of the same name that is not newer than one of ours is one we can do. */
static const char *acceptable(const struct config *c, const struct h248_service_change *sc)
{
	const char *profile;
	unsigned int i;
	size_t len;

	for (i = 0; (profile = service_profile(c, i)); i++) {
		len = strcspn(profile, "/");
		if (str_ieq(sc->profile, (struct str){ profile, len }) &&
		    sc->profile_version <= atoi(profile + len + 1))
			return profile;
	}
	return NULL;
}

unsigned int service_negotiate(struct registration *r, const struct h248_service_change *sc,
			       char *why, size_t len)
{
	const struct config *c = r->agent->config;
	const char *profile = service_profile(c, r->profile_offered);
	uint8_t version = r->offered;

	if (sc && sc->has_version)
		version = sc->version;
	if (version < c->version_min || version > r->offered) {
		snprintf(why, len, "it wants version %u; offered were %u to %u", version,
			 c->version_min, r->offered);
		return 406;
	}
	if (sc && str_set(sc->profile)) {
		profile = acceptable(c, sc);
		if (!profile) {
			snprintf(why, len, "it wants profile %.*s/%u, which is none of ours",
				 STR_ARG(sc->profile), sc->profile_version);
			return 459;
		}
		snprintf(r->profile, sizeof(r->profile), "%.*s/%u",
			 (int)strcspn(profile, "/"), profile, sc->profile_version);
	} else {
		snprintf(r->profile, sizeof(r->profile), "%s", profile ? profile : "");
	}
	r->version = version;
	return 0;
}
