// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: Add, Modify and Subtract of one termination.
 *
 * Each first asks all descriptors whether they can be done, then does them.
 * Context: the thread of the event loop.
 */
#include <stdlib.h>
#include <strings.h>

#include "agent/agent_private.h"
#include "agent/realm_state.h"
#include "agent/record.h"

/* What Add and Modify have worked out before they change anything. */
struct plan {
	struct media_change media;
	struct signal_plan signals;
	struct events_change events, buffer;
	bool tls_by_signal;
	uint32_t statistics;
};

/* Descriptors that no command to a termination of this gateway may carry. */
static int common_check(struct work *w, const struct h248_command *req)
{
	if (req->modem)
		return refuse(w, 444, "Modem");
	if (req->mux)
		return refuse(w, 444, "Mux");
	if (req->digit_map)
		return refuse(w, 444, "DigitMap");
	if (req->observed)
		return refuse(w, 447, "ObservedEvents");
	if (req->packages)
		return refuse(w, 447, "Packages");
	if (req->service_change)
		return refuse(w, 447, "Services");
	return 0;
}

/* @moving: the termination comes from another context. */
static int plan_check(struct work *w, struct termination *t, const struct h248_command *req,
		      struct plan *plan, bool moving)
{
	if (common_check(w, req) || events_check(w, req->events, ON_TERMINATION) ||
	    events_buffer_check(w, req->event_buffer) ||
	    audit_check(w, req->audit, false))
		return -1;
	plan->statistics = t->statistics;
	if (req->statistics && statistics_select(w, req->statistics, NULL, &plan->statistics))
		return -1;
	if ((moving ? media_check_move(w, t, req->media, &plan->media) :
		      media_check(w, t, req->media, &plan->media)) ||
	    signals_check(w, t, req->signals, &plan->media, &plan->signals))
		return -1;
	plan->tls_by_signal = plan->signals.tls || events_name_tls(w->agent, req->events);
	return events_prepare(w, req->events, &plan->events) ||
	       events_prepare(w, req->event_buffer, &plan->buffer) ? -1 : 0;
}

static void plan_undo(struct termination *t, struct plan *plan)
{
	media_undo(t, &plan->media);
	events_drop(&plan->events);
	events_drop(&plan->buffer);
}

/* After a tlsbsc item TLS starts by signal on every stream of the termination. */
static void apply_tls_rule(struct termination *t, const struct plan *plan)
{
	struct stream *s;

	if (!plan->tls_by_signal || t->tls_by_signal)
		return;
	t->tls_by_signal = true;
	for (s = t->streams; s; s = s->next)
		if (s->bearer)
			bearer_tls_by_signal(s->bearer);
}

/* Return: 0, or -1 and nothing has changed that media_undo() would not put right. */
static int plan_apply(struct work *w, struct termination *t, struct plan *plan)
{
	apply_tls_rule(t, plan);
	if (media_apply(w, t, &plan->media))
		return -1;
	events_commit_buffer(t, &plan->buffer);
	events_commit(t, &plan->events);
	t->statistics = plan->statistics;
	return 0;
}

static struct h248_command *reply_for(struct command *cmd, const struct termination *t)
{
	struct h248_command *reply;

	reply = h248_command_add(cmd->w->a, cmd->out, cmd->req->kind, str_c(t->name));
	if (!reply)
		refuse_memory(cmd->w);
	return reply;
}

/* ---- Add ---- */

static const struct config_realm *realm_by_interface(const struct agent *agent, struct str name)
{
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++)
		if (str_iis(name, agent->config->realm[i].interface))
			return &agent->config->realm[i];
	return NULL;
}

static const struct config_realm *realm_by_name(const struct agent *agent, struct str name)
{
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++)
		if (str_is(name, agent->config->realm[i].name))
			return &agent->config->realm[i];
	return NULL;
}

/* The value of ipdc/realm in the command, if it is there. */
static struct str realm_property(const struct agent *agent, const struct h248_command *req)
{
	const struct row *realm = packages_row(ROW_REALM);
	const struct h248_property *p;
	const struct h248_stream *s;

	if (!req->media)
		return STR_NONE;
	h248_each(s, &req->media->streams) {
		if (!s->control)
			continue;
		h248_each(p, &s->control->properties)
			if (packages_covers(&agent->packages, &p->name, realm) &&
			    h248_first(p).len)
				return h248_first(p);
	}
	return STR_NONE;
}

static const struct config_realm *choose_realm(struct work *w, const struct tid_pattern *tid,
					       const struct h248_command *req)
{
	const struct config_realm *realm = &w->agent->config->realm[0];
	struct str name = realm_property(w->agent, req);

	if (str_set(name)) {
		realm = realm_by_name(w->agent, name);
		if (!realm) {
			refuse(w, 449, "ipdc/realm = %.*s", STR_ARG(name));
			return NULL;
		}
	}
	if (!tid->has_interface)
		return realm;
	if (!realm_by_interface(w->agent, tid->interface)) {
		refuse(w, 430, "interface %.*s", STR_ARG(tid->interface));
		return NULL;
	}
	if (str_set(name) && !str_iis(tid->interface, realm->interface)) {
		refuse(w, 473, "ipdc/realm = %.*s: interface %.*s is in another realm",
		       STR_ARG(name), STR_ARG(tid->interface));
		return NULL;
	}
	return realm_by_interface(w->agent, tid->interface);
}

static int add_allowed(struct command *cmd, const struct tid_pattern *tid, bool make_context)
{
	struct work *w = cmd->w;

	if (tid->kind == H248_TID_ROOT)
		return refuse(w, 542, "Add of ROOT");
	if (tid->wild)
		return refuse(w, 431, "%.*s", STR_ARG(tid->text));
	if (!tid->choose)
		return refuse(w, tid_lookup(w->agent, tid->text) ? 433 : 430, "%.*s",
			      STR_ARG(tid->text));
	if (!cmd->context && !make_context)
		return refuse(w, 421, "Add to the null context");
	if (cmd->context && cmd->context->n_terminations >= w->agent->config->max_terminations)
		return refuse(w, 434, "context %u has %u terminations", cmd->context->id,
			      cmd->context->n_terminations);
	return 0;
}

static int add_reply(struct command *cmd, const struct termination *t, const struct plan *plan)
{
	struct h248_command *reply;

	cmd->out->context = cmd->context->id;
	reply = reply_for(cmd, t);
	if (!reply || media_reply(cmd->w, &plan->media, reply) ||
	    audit_termination(cmd->w, t, cmd->req->audit, reply))
		return -1;
	return 0;
}

int command_add(struct command *cmd, const struct tid_pattern *tid, bool make_context)
{
	const struct config_realm *realm;
	struct plan plan = { 0 };
	struct work *w = cmd->w;
	struct termination *t;
	bool made = false;

	if (add_allowed(cmd, tid, make_context))
		return -1;
	realm = choose_realm(w, tid, cmd->req);
	if (!realm || !realm_admits(w, realm, cmd->emergency))
		return -1;
	if (!cmd->context) {
		cmd->context = context_new(w);
		if (!cmd->context)
			return -1;
		made = true;
	}
	t = termination_new(w, cmd->context, tid->has_group ? tid->group : GROUP_DEFAULT, realm);
	if (!t)
		goto no_termination;
	if (plan_check(w, t, cmd->req, &plan, false) || plan_apply(w, t, &plan))
		goto undo;
	context_link(cmd->context, t);
	media_refresh(cmd->context);
	/* What can be foreseen was checked: what fails now fails in the media plane. */
	if (signals_apply(w, t, &plan.signals) || add_reply(cmd, t, &plan)) {
		context_unlink(t);
		media_done(&plan.media);
		termination_free(t);
		goto no_termination;
	}
	media_done(&plan.media);
	termination_heard(t);
	return 0;
undo:
	plan_undo(t, &plan);
	termination_free(t);
no_termination:
	if (made) {
		context_free(cmd->context, w->agent);
		cmd->context = NULL;
	}
	return -1;
}

/* ---- Modify ---- */

int command_modify(struct command *cmd, struct termination *t)
{
	struct plan plan = { 0 };
	struct h248_command *reply;
	struct work *w = cmd->w;
	int err;

	if (plan_check(w, t, cmd->req, &plan, false) || plan_apply(w, t, &plan)) {
		plan_undo(t, &plan);
		return -1;
	}
	media_refresh(t->context);
	err = signals_apply(w, t, &plan.signals);
	if (!err && cmd->out) {
		reply = reply_for(cmd, t);
		err = !reply || media_reply(w, &plan.media, reply) ||
		      audit_termination(w, t, cmd->req->audit, reply) ? -1 : 0;
	}
	media_done(&plan.media);
	termination_heard(t);
	return err;
}

int command_modify_root(struct command *cmd)
{
	const struct h248_command *req = cmd->req;
	struct events_change events;
	struct h248_command *reply;
	struct work *w = cmd->w;

	if (common_check(w, req) || events_check(w, req->events, ON_ROOT) ||
	    audit_check(w, req->audit, false))
		return -1;
	if (req->event_buffer && !h248_empty(&req->event_buffer->items))
		return refuse(w, 447, "EventBuffer on ROOT");
	if (req->media && !h248_empty(&req->media->streams))
		return refuse(w, 447, "Stream on ROOT");
	if (req->signals && !h248_empty(&req->signals->items))
		return refuse(w, 513, "signals on ROOT");
	if (req->media && req->media->state) {
		if (req->media->state->buffer == H248_BUFFER_LOCKSTEP)
			return refuse(w, 501, "EventBufferControl = LockStep");
		if (req->media->state->service_state != H248_STATE_NONE)
			return refuse(w, 501, "ServiceStates of ROOT");
		if (root_properties_check(w, req->media->state))
			return -1;
	}
	if (events_prepare(w, req->events, &events))
		return -1;
	if (req->media && req->media->state)
		root_properties_apply(w->agent, req->media->state);
	events_commit_root(w->agent, &events);
	registration_inactivity_changed(w->agent->registration);

	reply = h248_command_add(w->a, cmd->out, H248_MODIFY, STR("ROOT"));
	if (!reply)
		return refuse_memory(w);
	return audit_root(w, req->audit, reply);
}

/* ---- Move ---- */

int command_move(struct command *cmd, struct termination *t)
{
	struct context *from = t->context, *to = cmd->context;
	struct termination *next = t->next;
	struct plan plan = { 0 };
	struct h248_command *reply;
	struct work *w = cmd->w;
	int err;

	/* What its descriptors mean depends on the terminations it comes to. */
	context_unlink(t);
	context_link(to, t);
	if (plan_check(w, t, cmd->req, &plan, true) ||
	    media_move(w, t, &plan.media, from->id, to->id))
		goto back;
	if (plan_apply(w, t, &plan)) {
		media_move_back(t, &plan.media, from->id);
		goto back;
	}
	topology_forget(from, t->number);
	if (from->n_terminations) {
		record_changed(w->agent, from);
		media_refresh(from);
	} else {
		context_free(from, w->agent);
	}
	record_changed(w->agent, to);
	media_refresh(to);
	err = signals_apply(w, t, &plan.signals);
	if (!err && cmd->out) {
		cmd->out->context = to->id;
		reply = reply_for(cmd, t);
		err = !reply || media_reply(w, &plan.media, reply) ||
		      audit_termination(w, t, cmd->req->audit, reply) ? -1 : 0;
	}
	media_done(&plan.media);
	termination_heard(t);
	return err;
back:
	plan_undo(t, &plan);
	context_unlink(t);
	context_link_before(from, t, next);
	return -1;
}

/* ---- Subtract ---- */

/* Ends the streams; in version 3 statistics belong to each of them. */
static int end_streams(struct work *w, struct termination *t, struct h248_command *per_stream,
		       struct totals *total)
{
	uint64_t dur = statistics_duration(t);
	struct h248_statistics *st;
	struct h248_stream *out;
	struct totals own;
	struct stream *s;
	uint32_t mask;
	uint16_t id;
	int err = 0;

	while ((s = t->streams)) {
		t->streams = s->next;
		id = s->id;
		mask = s->set.statistics & t->statistics;
		own = (struct totals){ 0 };
		stream_free(s, &own);
		totals_join(total, &own);
		if (!per_stream || err)
			continue;
		err = statistics_fill(w, &own, dur, mask, NULL, &st);
		if (err || !st)
			continue;
		out = h248_stream_add(w->a, per_stream, id);
		if (out)
			out->statistics = st;
		else
			err = refuse_memory(w);
	}
	return err;
}

int command_subtract(struct command *cmd, struct termination *t, struct totals *total)
{
	const struct h248_command *req = cmd->req;
	struct context *c = t->context;
	struct h248_command *reply = NULL;
	struct h248_audit audit = { 0 };
	struct totals own = { 0 };
	struct work *w = cmd->w;
	uint64_t dur = statistics_duration(t);
	bool wanted = !req->audit, v3;
	int err = 0;

	if (common_check(w, req) || audit_check(w, req->audit, false))
		return -1;
	if (req->media || req->events || req->event_buffer || req->signals || req->statistics)
		return refuse(w, 447, "only Audit belongs into Subtract");
	if (cmd->out) {
		reply = reply_for(cmd, t);
		if (!reply)
			return -1;
		if (req->audit) {
			/* The last figures are only known when the bearers have ended. */
			audit = *req->audit;
			wanted = audit.items & H248_AUDIT_STATISTICS;
			audit.items &= ~(unsigned int)H248_AUDIT_STATISTICS;
			err = audit_termination(w, t, &audit, reply);
		}
	}
	v3 = registration_version(w->agent->registration) >= 3;
	if (end_streams(w, t, reply && wanted && v3 && t->streams ? reply : NULL, &own) && !err)
		err = -1;
	if (reply && wanted && !v3 && !err)
		err = statistics_fill(w, &own, dur, t->statistics, NULL, &reply->statistics);
	totals_join(total, &own);
	context_unlink(t);
	topology_forget(c, t->number);
	termination_free(t);
	if (c->n_terminations)
		media_refresh(c);
	else
		context_free(c, w->agent);
	return err;
}

void contexts_clear(struct agent *agent)
{
	struct termination *t;
	struct context *c;

	while ((c = agent->contexts)) {
		while ((t = c->terminations)) {
			context_unlink(t);
			termination_free(t);
		}
		context_free(c, agent);
	}
}
