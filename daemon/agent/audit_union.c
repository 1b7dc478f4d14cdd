// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the union of several audits, for a wildcarded reply (H.248.1 7.2.5).
 *
 * A property that differs has all its values, as alternatives; so have Local and
 * Remote. Mode and service state, which can have one value only, are left out where
 * terminations differ. Statistics are sums, nt/dur is the longest.
 * Context: the thread of the event loop.
 */
#include <inttypes.h>

#include "agent/agent_private.h"

#define UNION_SDP_MAX	65536	/* octets of session descriptions in one Local */

static bool same_value(const struct h248_value *a, const struct h248_value *b)
{
	return str_eq(a->text, b->text);
}

static bool has_value(const struct h248_property *p, const struct h248_value *v)
{
	const struct h248_value *w;

	h248_each(w, &p->values)
		if (same_value(w, v))
			return true;
	return false;
}

static struct h248_property *find(struct h248_property *first, const struct h248_name *name)
{
	for (; first; first = first->next)
		if (str_ieq(first->name.pkg, name->pkg) && str_ieq(first->name.item, name->item))
			return first;
	return NULL;
}

/* Properties are of this audit alone: they may be taken over as they are. */
static int join_properties(struct work *w, struct h248_property **first,
			   struct h248_property **last, struct h248_property *from)
{
	struct h248_property *p, *next;
	const struct h248_value *v;

	for (; from; from = next) {
		next = from->next;
		p = find(*first, &from->name);
		if (!p) {
			from->next = NULL;
			if (*last)
				(*last)->next = from;
			else
				*first = from;
			*last = from;
			continue;
		}
		h248_each(v, &from->values) {
			if (has_value(p, v))
				continue;
			if (!h248_value_add(w->a, p, v->text, v->quoted))
				return refuse_memory(w);
			if (p->form == H248_FORM_EQUAL)
				p->form = H248_FORM_OR;
		}
	}
	return 0;
}

#define JOIN_PROPERTIES(w, list, from) \
	join_properties((w), &(list)->first, &(list)->last, (from)->first)

/* ---- statistics ---- */

static bool is_duration(const struct work *w, const struct h248_property *p)
{
	return packages_covers(&w->agent->packages, &p->name, packages_row(ROW_DUR));
}

static int join_statistics(struct work *w, struct h248_statistics **to,
			   const struct h248_statistics *from)
{
	struct h248_property *p, *next, *have;
	uint64_t a = 0, b = 0;
	struct str text;

	if (!from)
		return 0;
	if (!*to)
		*to = arena_new(w->a, struct h248_statistics);
	if (!*to)
		return refuse_memory(w);
	for (p = from->items.first; p; p = next) {
		next = p->next;
		have = find((*to)->items.first, &p->name);
		if (!have) {
			p->next = NULL;
			h248_append(&(*to)->items, p);
			continue;
		}
		str_u64(h248_first(have), UINT64_MAX, &a);
		str_u64(h248_first(p), UINT64_MAX, &b);
		if (is_duration(w, p))
			a = a > b ? a : b;
		else
			a += b;
		text = arena_printf(w->a, "%" PRIu64, a);
		if (!str_set(text))
			return refuse_memory(w);
		have->values.first->text = text;
	}
	return 0;
}

/* ---- media ---- */

/* Appends a session description unless the text has it already. */
static int join_sdp(struct work *w, struct str *to, struct str from)
{
	struct str both;

	if (!str_set(from))
		return 0;
	if (!str_set(*to)) {
		*to = from;
		return 0;
	}
	if (to->len >= from.len && memmem(to->p, to->len, from.p, from.len))
		return 0;
	/* Appending to it again and again would end in no message anyway. */
	if (to->len + from.len > UNION_SDP_MAX)
		return refuse(w, 533, "the union of Local and Remote is too large");
	both = arena_printf(w->a, "%.*s\r\n%.*s", STR_ARG(*to), STR_ARG(from));
	if (!str_set(both))
		return refuse_memory(w);
	*to = both;
	return 0;
}

static void join_choice(bool first, unsigned int value, unsigned int *to)
{
	if (first)
		*to = value;
	else if (*to != value)
		*to = 0;
}

#define JOIN_CHOICE(first, to, from) \
	do { \
		unsigned int joined_ = (to); \
		join_choice((first), (from), &joined_); \
		(to) = joined_; \
	} while (0)

static int join_control(struct work *w, struct h248_stream *to, const struct h248_stream *from)
{
	bool first = !to->control;

	if (!from->control)
		return 0;
	if (first)
		to->control = arena_new(w->a, struct h248_local_control);
	if (!to->control)
		return refuse_memory(w);
	JOIN_CHOICE(first, to->control->mode, from->control->mode);
	JOIN_CHOICE(first, to->control->reserve_value, from->control->reserve_value);
	JOIN_CHOICE(first, to->control->reserve_group, from->control->reserve_group);
	return JOIN_PROPERTIES(w, &to->control->properties, &from->control->properties);
}

static struct h248_stream *stream_of(struct work *w, struct h248_command *reply, uint16_t id)
{
	struct h248_stream *s = NULL;

	if (reply->media)
		for (s = reply->media->streams.first; s && s->id != id; s = s->next)
			;
	if (!s)
		s = h248_stream_add(w->a, reply, id);
	if (!s)
		refuse_memory(w);
	return s;
}

static int join_state(struct work *w, struct h248_command *to, const struct h248_term_state *from)
{
	struct h248_term_state *state = to->media->state;
	bool first = !state;

	if (!from)
		return 0;
	if (first)
		state = to->media->state = arena_new(w->a, struct h248_term_state);
	if (!state)
		return refuse_memory(w);
	JOIN_CHOICE(first, state->service_state, from->service_state);
	JOIN_CHOICE(first, state->buffer, from->buffer);
	return JOIN_PROPERTIES(w, &state->properties, &from->properties);
}

static int join_media(struct work *w, struct h248_command *to, const struct h248_command *from)
{
	const struct h248_stream *s;
	struct h248_stream *own;

	if (!from->media)
		return 0;
	if (!to->media)
		to->media = arena_new(w->a, struct h248_media);
	if (!to->media)
		return refuse_memory(w);
	if (join_state(w, to, from->media->state))
		return -1;
	h248_each(s, &from->media->streams) {
		own = stream_of(w, to, s->id);
		if (!own || join_control(w, own, s) || join_sdp(w, &own->local, s->local) ||
		    join_sdp(w, &own->remote, s->remote) ||
		    join_statistics(w, &own->statistics, s->statistics))
			return -1;
	}
	return 0;
}

/* ---- events ---- */

static bool same_params(const struct h248_event *a, const struct h248_event *b)
{
	const struct h248_property *p, *q;

	for (p = a->params.first, q = b->params.first; p && q; p = p->next, q = q->next)
		if (!str_ieq(p->name.item, q->name.item) || p->form != q->form ||
		    !str_eq(h248_first(p), h248_first(q)))
			return false;
	return !p && !q;
}

static bool same_event(const struct h248_event *a, const struct h248_event *b)
{
	return str_ieq(a->name.pkg, b->name.pkg) && str_ieq(a->name.item, b->name.item) &&
	       a->has_stream == b->has_stream && a->stream == b->stream &&
	       !a->embed && !b->embed && same_params(a, b);
}

static int join_events(struct work *w, struct h248_events **to, const struct h248_events *from)
{
	struct h248_event *e, *next, *have;

	if (!from)
		return 0;
	if (!*to)
		*to = arena_new(w->a, struct h248_events);
	if (!*to)
		return refuse_memory(w);
	if (from->has_id) {
		/* Several descriptors have no id in common: all of them are meant. */
		if ((*to)->has_id && (*to)->id != from->id)
			(*to)->id = H248_REQUEST_ALL;
		else
			(*to)->id = from->id;
		(*to)->has_id = true;
	}
	for (e = from->items.first; e; e = next) {
		next = e->next;
		h248_each(have, &(*to)->items)
			if (same_event(have, e))
				break;
		if (have)
			continue;
		e->next = NULL;
		h248_append(&(*to)->items, e);
	}
	return 0;
}

static int join_observed(struct work *w, struct h248_command *to, const struct h248_command *from)
{
	struct h248_observed_event *e, *next;

	if (!from->observed)
		return 0;
	if (!to->observed) {
		to->observed = from->observed;
		return 0;
	}
	if (to->observed->id != from->observed->id)
		to->observed->id = H248_REQUEST_ALL;
	for (e = from->observed->items.first; e; e = next) {
		next = e->next;
		e->next = NULL;
		h248_append(&to->observed->items, e);
	}
	(void)w;
	return 0;
}

/* What was made empty by leaving things out has no way to be written. */
static void tidy(struct h248_command *reply)
{
	struct h248_stream *s;

	if (reply->statistics)
		reply->audit_items &= ~(unsigned int)H248_AUDIT_STATISTICS;
	if (reply->observed)
		reply->audit_items &= ~(unsigned int)H248_AUDIT_OBSERVED;
	if (!reply->media)
		return;
	h248_each(s, &reply->media->streams)
		if (s->statistics)
			reply->audit_items &= ~(unsigned int)H248_AUDIT_STATISTICS;
	audit_tidy(reply);
}

int audit_union(struct work *w, struct h248_command **each, size_t n, struct h248_command *reply)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (join_media(w, reply, each[i]) ||
		    join_events(w, &reply->events, each[i]->events) ||
		    join_events(w, &reply->event_buffer, each[i]->event_buffer) ||
		    join_statistics(w, &reply->statistics, each[i]->statistics) ||
		    join_observed(w, reply, each[i]))
			return -1;
		/* No signal is ever active, and packages are the same everywhere. */
		if (each[i]->signals)
			reply->signals = each[i]->signals;
		if (each[i]->packages)
			reply->packages = each[i]->packages;
		reply->audit_items |= each[i]->audit_items;
	}
	tidy(reply);
	return 0;
}
