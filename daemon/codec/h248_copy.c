// SPDX-License-Identifier: GPL-2.0-only
/*
 * h248_copy: Events and Signals that outlive the message they came in. See h248.h.
 * Every function returns false or NULL when the arena is full.
 */
#include "codec/h248.h"

static bool copy_text(struct arena *a, struct str *s)
{
	struct str from = *s;

	*s = arena_str(a, from);
	return !from.p || s->p;
}

static bool copy_name(struct arena *a, struct h248_name *n)
{
	return copy_text(a, &n->pkg) && copy_text(a, &n->item);
}

/* a node copied by value, with its list heads emptied by the caller */
static void *copy_node(struct arena *a, const void *from, size_t size)
{
	void *to = arena_zalloc(a, size);

	if (to)
		memcpy(to, from, size);
	return to;
}

#define COPY_NODE(a, type, from)	((type *)copy_node((a), (from), sizeof(type)))

static struct h248_property *copy_properties(struct arena *a, const struct h248_property *from,
					     struct h248_property **last)
{
	struct h248_property *first = NULL, *p;
	const struct h248_value *v;
	struct h248_value *w;

	*last = NULL;
	for (; from; from = from->next) {
		p = h248_property_new(a, from->name.pkg, from->name.item, from->form);
		if (!p)
			return NULL;
		h248_each(v, &from->values) {
			w = h248_value_add(a, p, v->text, v->quoted);
			if (!w)
				return NULL;
		}
		if (*last)
			(*last)->next = p;
		else
			first = p;
		*last = p;
	}
	return first;
}

static bool copy_signal(struct arena *a, struct h248_signal_entry *e,
			const struct h248_signal *from)
{
	struct h248_signal *sig = COPY_NODE(a, struct h248_signal, from);

	if (!sig || !copy_name(a, &sig->name))
		return false;
	sig->next = NULL;
	sig->params.first = copy_properties(a, from->params.first, &sig->params.last);
	if (from->params.first && !sig->params.first)
		return false;
	h248_append(&e->signals, sig);
	return true;
}

struct h248_signals *h248_signals_copy(struct arena *a, const struct h248_signals *from)
{
	struct h248_signals *to = arena_new(a, struct h248_signals);
	const struct h248_signal_entry *f;
	const struct h248_signal *sig;
	struct h248_signal_entry *e;

	if (!to)
		return NULL;
	h248_each(f, &from->items) {
		e = COPY_NODE(a, struct h248_signal_entry, f);
		if (!e)
			return NULL;
		e->next = NULL;
		e->signals.first = e->signals.last = NULL;
		h248_each(sig, &f->signals)
			if (!copy_signal(a, e, sig))
				return NULL;
		h248_append(&to->items, e);
	}
	return to;
}

static bool copy_embed(struct arena *a, struct h248_embed **embed)
{
	const struct h248_embed *from = *embed;
	struct h248_embed *to;

	if (!from)
		return true;
	*embed = to = arena_new(a, struct h248_embed);
	if (!to)
		return false;
	if (from->signals) {
		to->signals = h248_signals_copy(a, from->signals);
		if (!to->signals)
			return false;
	}
	/* the reader ends this at some level */
	if (from->events)
		to->events = h248_events_copy(a, from->events);
	return !from->events || to->events;
}

static bool copy_digit_map(struct arena *a, struct h248_digit_map **map)
{
	const struct h248_digit_map *from = *map;

	if (!from)
		return true;
	*map = COPY_NODE(a, struct h248_digit_map, from);
	return *map && copy_text(a, &(*map)->name) && copy_text(a, &(*map)->map);
}

struct h248_events *h248_events_copy(struct arena *a, const struct h248_events *from)
{
	struct h248_events *to = COPY_NODE(a, struct h248_events, from);
	const struct h248_event *f;
	struct h248_event *ev;

	if (!to)
		return NULL;
	to->items.first = to->items.last = NULL;
	h248_each(f, &from->items) {
		ev = COPY_NODE(a, struct h248_event, f);
		if (!ev || !copy_name(a, &ev->name) || !copy_embed(a, &ev->embed) ||
		    !copy_embed(a, &ev->regulated_embed) || !copy_digit_map(a, &ev->digit_map))
			return NULL;
		ev->next = NULL;
		ev->params.first = copy_properties(a, f->params.first, &ev->params.last);
		if (f->params.first && !ev->params.first)
			return NULL;
		h248_append(&to->items, ev);
	}
	return to;
}
