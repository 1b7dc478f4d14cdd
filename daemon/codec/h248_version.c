// SPDX-License-Identifier: GPL-2.0-only
/* h248_version: see h248_version.h */
#include "codec/h248_version.h"

struct need {
	unsigned int version;
	const char *what;
};

static void needs(struct need *n, bool there, unsigned int version, const char *what)
{
	if (!there || version <= n->version)
		return;
	n->version = version;
	n->what = what;
}

static void see_embed(struct need *n, const struct h248_embed *e);

static void see_signals(struct need *n, const struct h248_signals *sg)
{
	const struct h248_signal_entry *e;
	const struct h248_signal *sig;

	h248_each(e, &sg->items) {
		h248_each(sig, &e->signals) {
			needs(n, sig->direction, 3, "SPADirection");
			needs(n, sig->has_request, 3, "SPARequestID");
			needs(n, sig->has_delay, 3, "Intersignal");
			needs(n, sig->notify_completion & H248_NC_ITERATION, 3, "Iteration");
		}
	}
}

static void see_events(struct need *n, const struct h248_events *evs)
{
	const struct h248_event *ev;

	h248_each(ev, &evs->items) {
		needs(n, ev->reset_events, 3, "ResetEventsDescriptor");
		needs(n, ev->notify, 3, "a notify behaviour");
		see_embed(n, ev->embed);
		see_embed(n, ev->regulated_embed);
	}
}

static void see_embed(struct need *n, const struct h248_embed *e)
{
	if (e && e->signals)
		see_signals(n, e->signals);
	if (e && e->events)
		see_events(n, e->events);
}

static void see_statistics(struct need *n, const struct h248_statistics *st)
{
	const struct h248_property *p;

	h248_each(p, &st->items)
		needs(n, p->form == H248_FORM_AND, 3, "a statistic with a list of values");
}

static void see_media(struct need *n, const struct h248_media *m)
{
	const struct h248_stream *st;

	h248_each(st, &m->streams) {
		needs(n, st->statistics, 3, "Statistics of a stream");
		if (st->statistics)
			see_statistics(n, st->statistics);
	}
}

static void see_named(struct need *n, const struct h248_property *p)
{
	for (; p; p = p->next)
		needs(n, p->form != H248_FORM_NONE, 3, "an audit that selects by a value");
}

static void see_ind_media(struct need *n, const struct h248_ind_media *m)
{
	const struct h248_ind_stream *st;

	if (m->state) {
		needs(n, m->state->state_form, 3, "an audit that selects by ServiceStates");
		see_named(n, m->state->properties.first);
	}
	h248_each(st, &m->streams) {
		needs(n, st->local || st->remote, 3, "an individual audit of Local or Remote");
		needs(n, st->statistics.first, 3, "an individual audit of a stream's statistics");
		if (!st->control)
			continue;
		needs(n, st->control->mode_form, 3, "an audit that selects by Mode");
		see_named(n, st->control->properties.first);
	}
}

static void see_audit(struct need *n, const struct h248_audit *a)
{
	const struct h248_signal_entry *e;
	const struct h248_ind_event *ev;

	needs(n, a->media || a->events.first || a->event_buffer.first || a->signals.first ||
	      a->digit_maps.first || a->statistics.first || a->packages.first, 2,
	      "an individual audit");
	if (a->media)
		see_ind_media(n, a->media);
	h248_each(ev, &a->events)
		needs(n, !ev->has_id, 3, "an individual audit of an event without RequestID");
	h248_each(e, &a->signals)
		needs(n, e->is_list && h248_empty(&e->signals), 3,
		      "an individual audit of a whole SignalList");
}

static void see_service_change(struct need *n, const struct h248_service_change *sc)
{
	needs(n, sc->incomplete, 3, "ServiceChangeInc");
	needs(n, sc->audit, 2, "an audit item in Services");
	if (sc->audit)
		see_audit(n, sc->audit);
}

static void see_command(struct need *n, const struct h248_command *cmd, bool reply)
{
	needs(n, !cmd->context_audit && cmd->terms.first && cmd->terms.first->next, 3,
	      "a list of TerminationIDs");
	needs(n, cmd->statistics && !reply, 3, "Statistics in a request");
	needs(n, cmd->mux && (str_iis(cmd->mux->type, "Nx64Kservice") ||
			      str_iis(cmd->mux->type, "N64")), 2, "Nx64Kservice");
	if (cmd->media)
		see_media(n, cmd->media);
	if (cmd->events)
		see_events(n, cmd->events);
	if (cmd->signals)
		see_signals(n, cmd->signals);
	if (cmd->audit)
		see_audit(n, cmd->audit);
	if (cmd->statistics)
		see_statistics(n, cmd->statistics);
	if (cmd->service_change)
		see_service_change(n, cmd->service_change);
}

static void see_attr(struct need *n, const struct h248_context_attr *attr)
{
	const struct h248_topology *t;

	needs(n, attr->emergency == H248_OFF, 2, "EmergencyOff");
	needs(n, attr->ieps, 3, "IEPSCall");
	needs(n, attr->properties.first || attr->contexts.first, 3, "ContextAttr");
	h248_each(t, &attr->topology) {
		needs(n, t->has_stream, 2, "a Topology triple with a stream");
		needs(n, t->kind == H248_TOPOLOGY_ONEWAY_EXTERNAL ||
			 t->kind == H248_TOPOLOGY_ONEWAY_BOTH, 3,
		      "OnewayExternal or OnewayBoth");
	}
}

static void see_context_audit(struct need *n, const struct h248_context_audit *ca)
{
	needs(n, ca->ieps || ca->names.first || ca->in_attr, 3, "an audit of context attributes");
	needs(n, ca->select || ca->logic, 3, "an audit that selects contexts");
}

static bool is_bare(const struct h248_action *act)
{
	return h248_empty(&act->commands) && !act->error && !act->attr.has_topology &&
	       !act->attr.has_priority && !act->attr.emergency;
}

static void see_transaction(struct need *n, const struct h248_transaction *tr)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	needs(n, tr->kind == H248_SEGMENT || tr->has_segment, 3, "a segment");
	h248_each(act, &tr->actions) {
		needs(n, tr->kind == H248_REPLY && is_bare(act), 3, "a reply with an empty action");
		see_attr(n, &act->attr);
		if (act->audit)
			see_context_audit(n, act->audit);
		h248_each(cmd, &act->commands)
			see_command(n, cmd, tr->kind == H248_REPLY);
	}
}

unsigned int h248_version_needed(const struct h248_message *msg, const char **what)
{
	struct need n = { 1, NULL };
	const struct h248_transaction *tr;

	h248_each(tr, &msg->transactions)
		see_transaction(&n, tr);
	if (what)
		*what = n.what;
	return n.version;
}
