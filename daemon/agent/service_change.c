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
	agent->out_of_service = false;
	if (sc->reason_code != REASON_COLD_BOOT) {
		log_notice(agent->log, "the MGC takes the gateway into service");
		return 0;
	}
	log_notice(agent->log, "the MGC starts anew: %u calls end", agent->n_contexts);
	contexts_clear(agent);
	registration_start_anew(agent->registration);
	return 0;
}

int command_service_change_root(struct command *cmd)
{
	const struct h248_service_change *sc = cmd->req->service_change;
	struct agent *agent = cmd->w->agent;

	if (!sc)
		return refuse(cmd->w, 472, "ServiceChange without Services");
	switch (sc->method) {
	case H248_METHOD_HANDOFF:
		return hand_off(cmd, sc);
	case H248_METHOD_FORCED:
		log_notice(agent->log, "the MGC takes the gateway out of service: %u calls end",
			   agent->n_contexts);
		agent->out_of_service = true;
		contexts_clear(agent);
		return reply_with(cmd, STR("ROOT"));
	case H248_METHOD_GRACEFUL:
		agent->out_of_service = sc->reason_code != REASON_CANCEL_GRACEFUL;
		log_notice(agent->log, agent->out_of_service ?
			   "the MGC wants no new calls on this gateway" :
			   "the MGC wants new calls on this gateway again");
		return reply_with(cmd, STR("ROOT"));
	case H248_METHOD_RESTART:
		return restart(cmd, sc);
	default:
		return refuse(cmd->w, 501, "Method = %s from an MGC",
			      h248_method_name(sc->method));
	}
}

int command_service_change(struct command *cmd, struct termination *t)
{
	const struct h248_service_change *sc = cmd->req->service_change;
	struct h248_term_state state = { 0 };
	struct h248_media media = { .state = &state };
	struct media_change change = { 0 };

	if (!sc)
		return refuse(cmd->w, 472, "ServiceChange without Services");
	switch (sc->method) {
	case H248_METHOD_FORCED:
		state.service_state = H248_STATE_OUT_OF_SERVICE;
		break;
	case H248_METHOD_RESTART:
		state.service_state = H248_STATE_IN_SERVICE;
		break;
	case H248_METHOD_GRACEFUL:
		/* It ends when the MGC subtracts it; until then it works. */
		break;
	default:
		return refuse(cmd->w, 501, "Method = %s for a termination",
			      h248_method_name(sc->method));
	}
	if (media_check(cmd->w, t, &media, &change) || media_apply(cmd->w, t, &change)) {
		media_undo(t, &change);
		return -1;
	}
	media_done(&change);
	termination_heard(t);
	return reply_with(cmd, str_c(t->name));
}
