// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: AuditCapabilities: what the gateway could do, out of the table of packages.
 *
 * Context: the thread of the event loop.
 */
#include <stdio.h>

#include "agent/agent_private.h"

/* The values that a property may have, if they can be listed. */
static int capability_values(struct work *w, const struct row *row, struct h248_property *p)
{
	const struct config *c = w->agent->config;
	char buf[32];
	unsigned int i;

	switch (row->range.type) {
	case VALUE_BOOL:
		p->form = H248_FORM_OR;
		return audit_value(w, p, "on", false) || audit_value(w, p, "off", false) ? -1 : 0;
	case VALUE_INTEGER:
		p->form = H248_FORM_RANGE;
		snprintf(buf, sizeof(buf), "%.0f", row->range.min);
		if (audit_value(w, p, buf, false))
			return -1;
		snprintf(buf, sizeof(buf), "%.0f", row->range.max);
		return audit_value(w, p, buf, false);
	case VALUE_ENUM:
		p->form = H248_FORM_OR;
		for (i = 0; row->range.names[i]; i++)
			if (audit_value(w, p, row->range.names[i], false))
				return -1;
		return 0;
	case VALUE_STRING:
	case VALUE_OCTETS:
		if (row->id != ROW_REALM && row->id != ROW_REALMS_AVAILABLE)
			return audit_value(w, p, "", true);
		p->form = c->n_realms > 1 ? H248_FORM_OR : H248_FORM_EQUAL;
		for (i = 0; i < c->n_realms; i++)
			if (audit_value(w, p, c->realm[i].name, true))
				return -1;
		return 0;
	case VALUE_DOUBLE:
		snprintf(buf, sizeof(buf), "%u", c->max_contexts);
		return audit_value(w, p, buf, false);
	default:
		return audit_value(w, p, "0", false);
	}
}

static int add_properties(struct work *w, unsigned int where, const struct h248_property *ask,
			  bool all, struct h248_property **first, struct h248_property **last)
{
	const struct packages *names = &w->agent->packages;
	const struct row *row = NULL;
	struct h248_property *p;

	while ((row = packages_next_done(names, row))) {
		if (row->kind != ROW_PROPERTY || !(row->where & where) ||
		    !audit_wants(names, ask, all, row))
			continue;
		p = audit_property(w, row, H248_FORM_EQUAL);
		if (!p || capability_values(w, row, p))
			return -1;
		if (*last)
			(*last)->next = p;
		else
			*first = p;
		*last = p;
	}
	return 0;
}

static int capability_state(struct work *w, const struct h248_ind_media *ask, bool root,
			    struct h248_media *media)
{
	const struct h248_ind_state *state = ask ? ask->state : NULL;
	struct h248_term_state *out;

	if (ask && !state)
		return 0;
	out = arena_new(w->a, struct h248_term_state);
	if (!out)
		return refuse_memory(w);
	if (add_properties(w, root ? WHERE_ROOT : WHERE_TERMINATION,
			   state ? state->properties.first : NULL, !state,
			   &out->properties.first, &out->properties.last))
		return -1;
	/* A descriptor in which nothing is left by profile or encoding is none (H.248.1 Annex B.2). */
	if (out->properties.first)
		media->state = out;
	return 0;
}

/* Any stream could have these: they are told of stream 1, or of that asked for. */
static int capability_stream(struct work *w, const struct h248_ind_stream *ask,
			     struct h248_command *reply)
{
	const struct h248_ind_control *control = ask ? ask->control : NULL;
	struct h248_local_control *out;
	struct h248_stream *s;

	if (ask && !control)
		return 0;
	out = arena_new(w->a, struct h248_local_control);
	if (!out)
		return refuse_memory(w);
	if (add_properties(w, WHERE_LOCAL_CONTROL, control ? control->properties.first : NULL,
			   !control, &out->properties.first, &out->properties.last))
		return -1;
	if (!out->properties.first)
		return 0;
	s = h248_stream_add(w->a, reply, ask ? ask->id : 1);
	if (!s)
		return refuse_memory(w);
	s->control = out;
	return 0;
}

/* @ask: single items, or NULL for all. */
static int capability_media(struct work *w, const struct h248_ind_media *ask, bool root,
			    struct h248_command *reply)
{
	const struct h248_ind_stream *is;

	reply->media = arena_new(w->a, struct h248_media);
	if (!reply->media)
		return refuse_memory(w);
	if (capability_state(w, ask, root, reply->media))
		return -1;
	if (!root && !ask && capability_stream(w, NULL, reply))
		return -1;
	if (!root && ask)
		h248_each(is, &ask->streams)
			if (capability_stream(w, is, reply))
				return -1;
	if (!reply->media->state && !reply->media->streams.first)
		reply->media = NULL;
	return 0;
}

static struct h248_name name_of(const struct work *w, const struct row *row)
{
	const struct packages *p = &w->agent->packages;

	return (struct h248_name){ str_c(packages_name(p, row->package)),
				   str_c(packages_row_name(p, row)) };
}

static int capability_events(struct work *w, unsigned int on, struct h248_command *reply)
{
	const struct row *row = NULL;
	struct h248_event *e;

	reply->events = arena_new(w->a, struct h248_events);
	if (!reply->events)
		return refuse_memory(w);
	reply->events->has_id = true;
	reply->events->id = H248_REQUEST_ALL;
	while ((row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_EVENT || !(row->where & on))
			continue;
		e = arena_new(w->a, struct h248_event);
		if (!e)
			return refuse_memory(w);
		e->name = name_of(w, row);
		h248_append(&reply->events->items, e);
	}
	return 0;
}

static int capability_signals(struct work *w, bool root, struct h248_command *reply)
{
	struct h248_signal_entry *entry;
	const struct row *row = NULL;
	struct h248_signal *sig;

	reply->signals = arena_new(w->a, struct h248_signals);
	if (!reply->signals)
		return refuse_memory(w);
	while (!root && (row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_SIGNAL)
			continue;
		entry = arena_new(w->a, struct h248_signal_entry);
		sig = arena_new(w->a, struct h248_signal);
		if (!entry || !sig)
			return refuse_memory(w);
		sig->name = name_of(w, row);
		h248_append(&entry->signals, sig);
		h248_append(&reply->signals->items, entry);
	}
	return 0;
}

static int capability_statistics(struct work *w, struct h248_command *reply)
{
	const struct row *row = NULL;
	struct h248_property *p;
	struct h248_name name;

	reply->statistics = arena_new(w->a, struct h248_statistics);
	if (!reply->statistics)
		return refuse_memory(w);
	while ((row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_STATISTIC)
			continue;
		name = name_of(w, row);
		p = h248_property_new(w->a, name.pkg, name.item, H248_FORM_NONE);
		if (!p)
			return refuse_memory(w);
		h248_append(&reply->statistics->items, p);
	}
	return 0;
}

int audit_capability(struct work *w, const struct h248_audit *audit, bool root,
		     struct h248_command *reply)
{
	if (!audit)
		return 0;
	if (((audit->items & H248_AUDIT_MEDIA) || audit->media) &&
	    capability_media(w, audit->items & H248_AUDIT_MEDIA ? NULL : audit->media, root, reply))
		return -1;
	if (((audit->items & H248_AUDIT_EVENTS) || !h248_empty(&audit->events)) &&
	    capability_events(w, root ? ON_ROOT : ON_TERMINATION, reply))
		return -1;
	if (((audit->items & H248_AUDIT_SIGNALS) || !h248_empty(&audit->signals)) &&
	    capability_signals(w, root, reply))
		return -1;
	if (!root && ((audit->items & H248_AUDIT_STATISTICS) || !h248_empty(&audit->statistics)) &&
	    capability_statistics(w, reply))
		return -1;
	reply->audit_items |= audit->items & (H248_AUDIT_MODEM | H248_AUDIT_MUX |
					      H248_AUDIT_OBSERVED);
	audit_tidy(reply);
	return 0;
}
