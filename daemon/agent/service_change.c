// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: ServiceChange that the MGC sends.
 *
 * Context: the thread of the event loop.
 */
#include "agent/agent_private.h"
#include "lib/log.h"

enum {
	REASON_COLD_BOOT	= 901,
	REASON_CANCEL_GRACEFUL	= 918,	/* an earlier Graceful is taken back */
};

/* An MGC may order the same thing as often as it likes. */
__attribute__((format(printf, 2, 3)))
static void tell(struct agent *agent, const char *fmt, ...)
{
	va_list ap;

	if (!log_allowed(&agent->orders, agent->log, LOG_LEVEL_NOTICE, uv_now(agent->loop)))
		return;
	va_start(ap, fmt);
	log_vprint(agent->log, LOG_LEVEL_NOTICE, fmt, ap);
	va_end(ap);
}

static int reply_with(struct command *cmd, struct str tid)
{
	if (cmd->out && !h248_command_add(cmd->w->a, cmd->out, H248_SERVICE_CHANGE, tid))
		return refuse_memory(cmd->w);
	return 0;
}

static int hand_off(struct command *cmd, const struct h248_service_change *sc)
{
	struct agent *agent = cmd->w->agent;
	struct config_mgc mgc;

	if (!sc->mgc)
		return refuse(cmd->w, 472, "HandOff without MgcIdToTry");
	if (!registration_allowed(agent, sc->mgc, &mgc))
		return refuse(cmd->w, 402, "MgcIdToTry = %.*s is not in mgc or mgc_allow",
			      STR_ARG(sc->mgc->text));
	if (reply_with(cmd, STR("ROOT")))
		return -1;
	registration_hand_off(agent->registration, &mgc);
	return 0;
}

/* 901: the MGC has forgotten its calls, so they end here too and both begin anew. */
static int restart(struct command *cmd, const struct h248_service_change *sc)
{
	struct agent *agent = cmd->w->agent;

	if (reply_with(cmd, STR("ROOT")))
		return -1;
	service_order_root(agent, SERVICE_IN, 0);
	if (sc->reason_code != REASON_COLD_BOOT) {
		tell(agent, "the MGC takes the gateway into service");
		return 0;
	}
	tell(agent, "the MGC starts anew: %u calls end", agent->n_contexts);
	contexts_clear(agent);
	registration_start_anew(agent->registration);
	return 0;
}

/* What the method means for something that is ordered about. */
static int wanted_state(struct work *w, const struct h248_service_change *sc,
			enum service_state *out)
{
	if (!sc)
		return refuse(w, 472, "ServiceChange without Services");
	switch (sc->method) {
	case H248_METHOD_FORCED:
		*out = SERVICE_FORCED;
		return 0;
	case H248_METHOD_GRACEFUL:
		*out = sc->reason_code == REASON_CANCEL_GRACEFUL ? SERVICE_IN : SERVICE_GRACEFUL;
		return 0;
	case H248_METHOD_RESTART:
		*out = SERVICE_IN;
		return 0;
	default:
		return refuse(w, 501, "Method = %s from an MGC", h248_method_name(sc->method));
	}
}

int command_service_change_root(struct command *cmd)
{
	const struct h248_service_change *sc = cmd->req->service_change;
	struct agent *agent = cmd->w->agent;
	enum service_state state;

	if (sc && sc->method == H248_METHOD_HANDOFF)
		return hand_off(cmd, sc);
	if (wanted_state(cmd->w, sc, &state))
		return -1;
	if (sc->method == H248_METHOD_RESTART)
		return restart(cmd, sc);
	if (state == SERVICE_FORCED)
		tell(agent, "the MGC takes the gateway out of service: %u calls end",
		     agent->n_contexts);
	else
		tell(agent, "the MGC wants %s", state == SERVICE_GRACEFUL ?
		     "no new calls on this gateway" : "new calls on this gateway again");
	service_order_root(agent, state, sc->delay);
	return reply_with(cmd, STR("ROOT"));
}

int command_service_change(struct command *cmd, struct termination *t)
{
	const struct h248_service_change *sc = cmd->req->service_change;
	struct h248_term_state state = { 0 };
	struct h248_media media = { .state = &state };
	struct media_change change = { 0 };
	enum service_state wanted;

	if (wanted_state(cmd->w, sc, &wanted))
		return -1;
	if (wanted == SERVICE_FORCED)
		state.service_state = H248_STATE_OUT_OF_SERVICE;
	else if (sc->method == H248_METHOD_RESTART)
		state.service_state = H248_STATE_IN_SERVICE;
	if (media_check(cmd->w, t, &media, &change) || media_apply(cmd->w, t, &change)) {
		media_undo(t, &change);
		return -1;
	}
	media_done(&change);
	/* A Graceful one works on until its delay is over, or the MGC subtracts it. */
	service_order_termination(t, wanted, sc->delay);
	termination_heard(t);
	return reply_with(cmd, str_c(t->name));
}

/* Are these all terminations of the interface, whatever their group? */
static bool covers(const struct tid_pattern *p, const struct config_realm *realm)
{
	const char *interface = realm->interface;
	struct str rest = p->text, part;
	size_t i;
	int n;

	if (p->kind == H248_TID_ALL)
		return true;
	/* "ip", the group, the interface; "*" as the last one stands for all that follows */
	for (n = 0; n < 4; n++) {
		for (i = 0; i < rest.len && rest.p[i] != '/'; i++)
			;
		part = (struct str){ rest.p, i };
		if (n == 0 && !str_iis(part, "ip"))
			return false;
		if (n == 2 && !str_is(part, "*") && !str_iis(part, interface))
			return false;
		if (i == rest.len)
			return str_is(part, "*");
		rest = (struct str){ rest.p + i + 1, rest.len - i - 1 };
	}
	return false;
}

int service_change_realms(struct work *w, const struct h248_service_change *sc,
			  const struct tid_pattern *p)
{
	struct agent *agent = w->agent;
	const struct config_realm *realm;
	enum service_state state;
	unsigned int i;
	int n = 0;

	if (wanted_state(w, sc, &state))
		return -1;
	for (i = 0; i < agent->config->n_realms; i++) {
		realm = &agent->config->realm[i];
		if (!covers(p, realm))
			continue;
		n++;
		tell(agent, "the MGC %s realm %s", state == SERVICE_FORCED ?
		     "takes out of service" : state == SERVICE_GRACEFUL ?
		     "wants no new calls in" : "wants new calls in", realm->name);
		service_order_realm(agent, realm, state, sc->delay);
	}
	return n;
}
