// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: audits: what terminations are, what the gateway is and what it could do.
 *
 * Everything is copied into the arena of the reply: a later command of the same
 * transaction may change or end what was audited.
 * Context: the thread of the event loop.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/realm_state.h"
#include "agent/realm_state.h"

static int item_refusal(struct work *w, unsigned int code, const struct h248_name *name)
{
	return refuse(w, code, "%.*s/%.*s", STR_ARG(name->pkg), STR_ARG(name->item));
}

/* ---- check ---- */

static int check_property(struct work *w, const struct h248_property *p, unsigned int where)
{
	const struct row *row;
	unsigned int code;

	if (str_is(p->name.item, "*") && p->form == H248_FORM_NONE)
		return 0;
	code = packages_find(&w->agent->packages, ROW_PROPERTY, &p->name, &row);
	if (!code && !(row->where & where))
		code = 455;
	return code ? item_refusal(w, code, &p->name) : 0;
}

static int check_media(struct work *w, const struct h248_ind_media *m)
{
	const struct h248_name_entry *name;
	const struct h248_ind_stream *s;
	const struct h248_property *p;
	const struct row *row;
	unsigned int code;

	if (m->state)
		h248_each(p, &m->state->properties)
			if (check_property(w, p, WHERE_ROOT | WHERE_TERMINATION))
				return -1;
	h248_each(s, &m->streams) {
		if (str_set(s->local_text) || str_set(s->remote_text))
			return refuse(w, 501, "audit of a part of Local or Remote");
		h248_each(name, &s->statistics) {
			code = packages_find(&w->agent->packages, ROW_STATISTIC, &name->name, &row);
			if (code)
				return item_refusal(w, code, &name->name);
		}
		if (!s->control)
			continue;
		h248_each(p, &s->control->properties)
			if (check_property(w, p, WHERE_LOCAL_CONTROL))
				return -1;
	}
	return 0;
}

static int check_events(struct work *w, const struct h248_ind_event *first)
{
	const struct h248_ind_event *e;
	const struct row *row;
	unsigned int code;

	for (e = first; e; e = e->next) {
		if (str_is(e->name.item, "*"))
			continue;
		code = packages_find(&w->agent->packages, ROW_EVENT, &e->name, &row);
		if (code)
			return item_refusal(w, code, &e->name);
	}
	return 0;
}

int audit_check(struct work *w, const struct h248_audit *audit, bool capability)
{
	const struct h248_name_entry *name;
	const struct h248_package *package;
	const struct row *row;
	unsigned int code;

	if (!audit)
		return 0;
	if (capability && (audit->items & (H248_AUDIT_PACKAGES | H248_AUDIT_DIGITMAP)))
		return refuse(w, 447, "Packages and DigitMap have no capabilities");
	if (audit->media && check_media(w, audit->media))
		return -1;
	h248_each(name, &audit->statistics) {
		if (str_is(name->name.item, "*"))
			continue;
		code = packages_find(&w->agent->packages, ROW_STATISTIC, &name->name, &row);
		if (code)
			return item_refusal(w, code, &name->name);
	}
	if (check_events(w, audit->events.first) || check_events(w, audit->event_buffer.first))
		return -1;
	h248_each(package, &audit->packages)
		if (packages_by_name(&w->agent->packages, package->name) == PACKAGES)
			return refuse(w, 440, "%.*s", STR_ARG(package->name));
	return 0;
}

/* ---- pieces of a reply ---- */

/* Appends a property with its value to a list of them. */
#define ADD_PROPERTY(w, list, row, text) __extension__ ({ \
	struct h248_property *added_ = property_write(&(w)->agent->packages, (w)->a, (row), (text)); \
	if (added_) \
		h248_append((list), added_); \
	added_ ? 0 : refuse_memory(w); })

struct h248_property *audit_property(struct work *w, const struct row *row, enum h248_form form)
{
	const struct packages *names = &w->agent->packages;
	struct h248_property *p = h248_property_new(w->a, str_c(packages_name(names, row->package)),
						    str_c(packages_row_name(names, row)), form);

	if (!p)
		refuse_memory(w);
	return p;
}

int audit_value(struct work *w, struct h248_property *p, const char *text, bool quoted)
{
	return h248_value_add(w->a, p, str_c(text), quoted) ? 0 : refuse_memory(w);
}

static const char *local_value(const struct termination *t, const struct stream *s,
			       enum row_id id)
{
	return id == ROW_REALM ? t->realm->name : property_get(&s->set, id);
}

/* Was it asked for? No list at all asks for everything. */
bool audit_wants(const struct packages *p, const struct h248_property *first, bool all,
		 const struct row *row)
{
	for (; first; first = first->next)
		if (packages_covers(p, &first->name, row))
			return true;
	return all;
}

static int fill_control(struct work *w, const struct termination *t, const struct stream *s,
			const struct h248_ind_control *ask, struct h248_stream *out)
{
	const struct h248_property *list = ask ? ask->properties.first : NULL;
	const struct row *row = NULL;
	const char *value;

	out->control = arena_new(w->a, struct h248_local_control);
	if (!out->control)
		return refuse_memory(w);
	if (!ask || ask->mode)
		out->control->mode = s->set.mode;
	if (!ask || ask->reserve_value)
		out->control->reserve_value = s->set.reserve_value;
	if (!ask || ask->reserve_group)
		out->control->reserve_group = s->set.reserve_group;
	while ((row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_PROPERTY || !(row->where & WHERE_LOCAL_CONTROL) ||
		    !audit_wants(&w->agent->packages, list, !ask, row))
			continue;
		value = local_value(t, s, row->id);
		if (!value || (!*value && !ask))
			continue;
		if (ADD_PROPERTY(w, &out->control->properties, row, value))
			return -1;
	}
	return 0;
}

static int fill_sdp(struct work *w, const char *text, struct str *out)
{
	if (!text)
		return 0;
	*out = arena_str(w->a, str_c(text));
	return str_set(*out) ? 0 : refuse_memory(w);
}

/* The stream of the reply, made on first use. */
static struct h248_stream *reply_stream(struct work *w, struct h248_command *reply, uint16_t id)
{
	struct h248_stream *out = NULL;

	if (reply->media)
		for (out = reply->media->streams.first; out && out->id != id; out = out->next)
			;
	if (!out)
		out = h248_stream_add(w->a, reply, id);
	if (!out)
		refuse_memory(w);
	return out;
}

static int fill_stream(struct work *w, const struct termination *t, const struct stream *s,
		       const struct h248_ind_stream *ask, struct h248_command *reply)
{
	struct h248_stream *out = reply_stream(w, reply, s->id);
	struct totals total = { 0 };

	if (!out)
		return -1;
	if (ask && !h248_empty(&ask->statistics)) {
		totals_stream(s, &total);
		if (statistics_fill(w, &total, statistics_duration(t), 0, ask->statistics.first,
				    &out->statistics))
			return -1;
	}
	if ((!ask || ask->control) && fill_control(w, t, s, ask ? ask->control : NULL, out))
		return -1;
	if ((!ask || ask->local) && fill_sdp(w, s->set.local, &out->local))
		return -1;
	if ((!ask || ask->remote) && fill_sdp(w, s->set.remote, &out->remote))
		return -1;
	return 0;
}

static struct h248_media *media_of(struct work *w, struct h248_command *reply)
{
	if (!reply->media)
		reply->media = arena_new(w->a, struct h248_media);
	if (!reply->media)
		refuse_memory(w);
	return reply->media;
}

static struct h248_term_state *state_of(struct work *w, struct h248_command *reply)
{
	struct h248_media *media = media_of(w, reply);

	if (!media)
		return NULL;
	if (!media->state)
		media->state = arena_new(w->a, struct h248_term_state);
	if (!media->state)
		refuse_memory(w);
	return media->state;
}

/* TerminationState of a termination; @ask: single items, or NULL for all. */
static int fill_state(struct work *w, const struct termination *t,
		      const struct h248_ind_state *ask, struct h248_command *reply)
{
	const struct h248_property *list = ask ? ask->properties.first : NULL;
	struct h248_term_state *state = state_of(w, reply);
	const struct row *row = NULL;

	if (!state)
		return -1;
	if (!ask || ask->service_state)
		state->service_state = t->service_state;
	if (ask ? ask->buffer : t->lockstep)
		state->buffer = t->lockstep ? H248_BUFFER_LOCKSTEP : H248_BUFFER_OFF;
	while ((row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_PROPERTY || !(row->where & WHERE_TERMINATION) ||
		    !audit_wants(&w->agent->packages, list, !ask, row) || (!ask && !t->db))
			continue;
		if (ADD_PROPERTY(w, &state->properties, row, t->db ? t->db : ""))
			return -1;
	}
	return 0;
}

static int fill_packages(struct work *w, const struct h248_audit *audit,
			 struct h248_command *reply)
{
	const struct h248_package *ask;
	unsigned int i;
	bool want;

	reply->packages = arena_new(w->a, struct h248_packages);
	if (!reply->packages)
		return refuse_memory(w);
	for (i = 0; i < PACKAGES; i++) {
		if (!packages_shown(&w->agent->packages, i))
			continue;
		want = audit->items & H248_AUDIT_PACKAGES;
		h248_each(ask, &audit->packages)
			if (str_iis(ask->name, packages_name(&w->agent->packages, i)))
				want = true;
		if (want && !h248_package_add(w->a, reply,
					      str_c(packages_name(&w->agent->packages, i)),
					      packages_version(&w->agent->packages, i)))
			return refuse_memory(w);
	}
	return 0;
}

static int fill_events(struct work *w, const struct h248_events *events,
		       struct h248_command *reply)
{
	reply->events = events ? h248_events_copy(w->a, events) :
				 arena_new(w->a, struct h248_events);
	return reply->events ? 0 : refuse_memory(w);
}

/* What is there but has nothing in it is answered with its bare name. */
static int fill_empty(struct work *w, const struct h248_audit *audit, struct h248_command *reply)
{
	const unsigned int bare = H248_AUDIT_MODEM | H248_AUDIT_MUX | H248_AUDIT_DIGITMAP;

	reply->audit_items |= audit->items & bare;
	if ((audit->items & H248_AUDIT_OBSERVED) && !reply->observed)
		reply->audit_items |= H248_AUDIT_OBSERVED;
	if ((audit->items & H248_AUDIT_SIGNALS) || !h248_empty(&audit->signals)) {
		reply->signals = arena_new(w->a, struct h248_signals);
		if (!reply->signals)
			return refuse_memory(w);
	}
	if (((audit->items & H248_AUDIT_EVENTBUFFER) || !h248_empty(&audit->event_buffer)) &&
	    !reply->event_buffer) {
		reply->event_buffer = arena_new(w->a, struct h248_events);
		if (!reply->event_buffer)
			return refuse_memory(w);
	}
	return 0;
}

void audit_tidy(struct h248_command *reply)
{
	struct h248_stream **at, *s;
	struct h248_local_control *c;
	struct h248_term_state *t;

	if (!reply->media)
		return;
	t = reply->media->state;
	if (t && !t->service_state && !t->buffer && h248_empty(&t->properties))
		reply->media->state = NULL;
	at = &reply->media->streams.first;
	reply->media->streams.last = NULL;
	while ((s = *at)) {
		c = s->control;
		if (c && !c->mode && !c->reserve_value && !c->reserve_group &&
		    h248_empty(&c->properties))
			s->control = NULL;
		if (!s->control && !str_set(s->local) && !str_set(s->remote) && !s->statistics) {
			*at = s->next;
			continue;
		}
		reply->media->streams.last = s;
		at = &s->next;
	}
	if (!reply->media->state && h248_empty(&reply->media->streams)) {
		reply->media = NULL;
		/* asked for, and nothing to say */
		reply->audit_items |= H248_AUDIT_MEDIA;
	}
}

/* ---- terminations ---- */

/* Version 3 has them with each stream, version 2 summed up. */
static int fill_statistics(struct work *w, const struct termination *t,
			   const struct h248_audit *audit, struct h248_command *reply)
{
	const struct h248_name_entry *ask = audit->items & H248_AUDIT_STATISTICS ?
					    NULL : audit->statistics.first;
	uint64_t dur = statistics_duration(t);
	struct totals total = { 0 };
	struct h248_statistics *st;
	struct h248_stream *out;
	const struct stream *s;
	bool any = false;

	if (registration_version(w->agent->registration) < 3 || !t->streams) {
		totals_termination(t, &total);
		if (statistics_fill(w, &total, dur, t->statistics, ask, &reply->statistics))
			return -1;
		any = reply->statistics;
	} else {
		for (s = t->streams; s; s = s->next) {
			total = (struct totals){ 0 };
			totals_stream(s, &total);
			if (statistics_fill(w, &total, dur, s->set.statistics & t->statistics, ask,
					    &st))
				return -1;
			if (!st)
				continue;
			any = true;
			out = reply_stream(w, reply, s->id);
			if (!out)
				return -1;
			out->statistics = st;
		}
	}
	if (!any)
		reply->audit_items |= H248_AUDIT_STATISTICS;
	return 0;
}

static int fill_named_media(struct work *w, const struct termination *t,
			    const struct h248_ind_media *ask, struct h248_command *reply)
{
	const struct h248_ind_stream *is;
	const struct stream *s;

	if (!media_of(w, reply) || (ask->state && fill_state(w, t, ask->state, reply)))
		return -1;
	h248_each(is, &ask->streams) {
		s = termination_stream(t, is->id);
		if (!s && w->wild)
			continue;
		if (!s)
			return refuse(w, 532, "%s has no stream %u", t->name, is->id);
		if (fill_stream(w, t, s, is, reply))
			return -1;
	}
	return 0;
}

/* The events asked for that are in a descriptor. */
static int fill_named_events(struct work *w, const struct h248_events *have,
			     const struct h248_ind_event *first, struct h248_events **out)
{
	struct h248_events *copy = have ? h248_events_copy(w->a, have) :
					  arena_new(w->a, struct h248_events);
	const struct h248_ind_event *ask;
	struct h248_event *e, **at;
	bool want;

	if (!copy)
		return refuse_memory(w);
	at = &copy->items.first;
	copy->items.last = NULL;
	while ((e = *at)) {
		want = false;
		for (ask = first; ask; ask = ask->next)
			if ((!ask->has_id || ask->id == copy->id) &&
			    (!ask->has_stream || ask->stream == e->stream) &&
			    (str_is(ask->name.pkg, "*") || str_ieq(ask->name.pkg, e->name.pkg)) &&
			    (str_is(ask->name.item, "*") || str_ieq(ask->name.item, e->name.item)))
				want = true;
		if (want) {
			copy->items.last = e;
			at = &e->next;
		} else {
			*at = e->next;
		}
	}
	if (h248_empty(&copy->items))
		copy->has_id = false;
	*out = copy;
	return 0;
}

/* Events and EventBuffer, all of them or only those named. */
static int fill_all_events(struct work *w, const struct termination *t,
			   const struct h248_audit *audit, struct h248_command *reply)
{
	if (audit->items & H248_AUDIT_EVENTS) {
		if (fill_events(w, t->events, reply))
			return -1;
	} else if (!h248_empty(&audit->events) &&
		   fill_named_events(w, t->events, audit->events.first, &reply->events)) {
		return -1;
	}
	if (audit->items & H248_AUDIT_EVENTBUFFER) {
		reply->event_buffer = t->buffer_events ? h248_events_copy(w->a, t->buffer_events) :
							 arena_new(w->a, struct h248_events);
		if (!reply->event_buffer)
			return refuse_memory(w);
	} else if (!h248_empty(&audit->event_buffer) &&
		   fill_named_events(w, t->buffer_events, audit->event_buffer.first,
				     &reply->event_buffer)) {
		return -1;
	}
	return audit->items & H248_AUDIT_OBSERVED ? events_observed(w, t, &reply->observed) : 0;
}

int audit_termination(struct work *w, const struct termination *t, const struct h248_audit *audit,
		      struct h248_command *reply)
{
	const struct stream *s;

	if (!audit)
		return 0;
	if (audit->items & H248_AUDIT_MEDIA) {
		if (fill_state(w, t, NULL, reply))
			return -1;
		for (s = t->streams; s; s = s->next)
			if (fill_stream(w, t, s, NULL, reply))
				return -1;
	} else if (audit->media && fill_named_media(w, t, audit->media, reply)) {
		return -1;
	}
	if (fill_all_events(w, t, audit, reply))
		return -1;
	if (((audit->items & H248_AUDIT_STATISTICS) || !h248_empty(&audit->statistics)) &&
	    fill_statistics(w, t, audit, reply))
		return -1;
	if (((audit->items & H248_AUDIT_PACKAGES) || !h248_empty(&audit->packages)) &&
	    fill_packages(w, audit, reply))
		return -1;
	audit_tidy(reply);
	return fill_empty(w, audit, reply);
}

/* ---- ROOT ---- */

/* ipra/ar; a list of none has no form, so it is an empty name then. */
static int fill_realms(struct work *w, const struct row *row, struct h248_term_state *state)
{
	const struct config *c = w->agent->config;
	struct h248_property *p = audit_property(w, row, H248_FORM_AND);
	unsigned int i;

	if (!p)
		return -1;
	for (i = 0; i < c->n_realms; i++)
		if (realm_usable(w->agent, &c->realm[i]) &&
		    audit_value(w, p, c->realm[i].name, true))
			return -1;
	if (h248_empty(&p->values)) {
		p->form = H248_FORM_EQUAL;
		if (audit_value(w, p, "", true))
			return -1;
	}
	h248_append(&state->properties, p);
	return 0;
}

static int fill_root_state(struct work *w, const struct h248_ind_state *ask,
			   struct h248_command *reply)
{
	const struct h248_property *list = ask ? ask->properties.first : NULL;
	const struct row *row = NULL;
	char buf[32];

	if (!state_of(w, reply))
		return -1;
	if (!ask || ask->service_state)
		reply->media->state->service_state = w->agent->out_of_service ?
						     H248_STATE_OUT_OF_SERVICE :
						     H248_STATE_IN_SERVICE;
	while ((row = packages_next_done(&w->agent->packages, row))) {
		if (row->kind != ROW_PROPERTY || !(row->where & WHERE_ROOT) ||
		    !audit_wants(&w->agent->packages, list, !ask, row))
			continue;
		if (row->id == ROW_REALMS_AVAILABLE) {
			if (fill_realms(w, row, reply->media->state))
				return -1;
			continue;
		}
		if (ADD_PROPERTY(w, &reply->media->state->properties, row,
				 root_property(w->agent, row->id, buf, sizeof(buf))))
			return -1;
	}
	return 0;
}

int audit_root(struct work *w, const struct h248_audit *audit, struct h248_command *reply)
{
	if (!audit)
		return 0;
	if (((audit->items & H248_AUDIT_MEDIA) || (audit->media && audit->media->state)) &&
	    fill_root_state(w, audit->items & H248_AUDIT_MEDIA ? NULL : audit->media->state, reply))
		return -1;
	if ((audit->items & H248_AUDIT_EVENTS) && fill_events(w, w->agent->root_events, reply))
		return -1;
	if (!(audit->items & H248_AUDIT_EVENTS) && !h248_empty(&audit->events) &&
	    fill_named_events(w, w->agent->root_events, audit->events.first, &reply->events))
		return -1;
	if (((audit->items & H248_AUDIT_PACKAGES) || !h248_empty(&audit->packages)) &&
	    fill_packages(w, audit, reply))
		return -1;
	reply->audit_items |= audit->items & H248_AUDIT_STATISTICS;
	audit_tidy(reply);
	return fill_empty(w, audit, reply);
}
