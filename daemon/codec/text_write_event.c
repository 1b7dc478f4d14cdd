// SPDX-License-Identifier: GPL-2.0-only
/* text_write_event: Events, Signals, ObservedEvents, DigitMap. See text_write.h. */
#include "codec/text_write.h"

static void w_digit_map_value(struct writer *w, const struct h248_digit_map *m)
{
	const struct {
		char letter;
		uint8_t value;
	} timers[] = { { 'T', m->t }, { 'S', m->s }, { 'L', m->l }, { 'Z', m->z } };
	size_t i;

	strbuf_puts(w->b, w->compact ? "{" : " { ");
	for (i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		if (!timers[i].value)
			continue;
		strbuf_char(w->b, timers[i].letter);
		strbuf_char(w->b, ':');
		w_u32(w, timers[i].value);
		w_comma(w);
	}
	strbuf_str(w->b, m->map);
	if (!m->map.len)
		w_invalid(w);
	strbuf_puts(w->b, w->compact ? "}" : " }");
}

void w_digit_map(struct writer *w, const struct h248_digit_map *m)
{
	w_token_item(w, TOK_DIGITMAP);
	w_equal(w);
	if (m->name.p)
		w_name(w, m->name);
	else if (!m->has_value)
		w_invalid(w);
	if (m->has_value)
		w_digit_map_value(w, m);
}

/* a line of its own would be one too many here */
static void w_embedded(struct writer *w, const struct h248_embed *e)
{
	w_token_item(w, TOK_EMBED);
	w_open(w);
	if (e->signals)
		w_signals(w, e->signals);
	if (e->events)
		w_events(w, e->events);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_notify(struct writer *w, const struct h248_event *ev)
{
	switch (ev->notify) {
	case H248_NOTIFY_DEFAULT:
		break;
	case H248_NOTIFY_IMMEDIATE:
		w_token_item(w, TOK_IMM_NOTIFY);
		break;
	case H248_NOTIFY_NEVER:
		w_token_item(w, TOK_NEVER_NOTIFY);
		break;
	case H248_NOTIFY_REGULATED:
		w_token_item(w, TOK_REGULATED_NOTIFY);
		if (ev->regulated_embed) {
			w_open(w);
			w_embedded(w, ev->regulated_embed);
			w_close(w);
		}
		break;
	}
}

static bool has_parms(const struct h248_event *ev)
{
	return ev->has_stream || ev->keep_active || ev->reset_events || ev->notify || ev->embed ||
	       ev->digit_map || !h248_empty(&ev->params);
}

static void w_event(struct writer *w, const struct h248_event *ev)
{
	w_item(w);
	w_pkgd_name(w, &ev->name);
	if (!has_parms(ev))
		return;
	w_open(w);
	if (ev->has_stream)
		w_number_item(w, TOK_STREAM, ev->stream);
	if (ev->keep_active)
		w_token_item(w, TOK_KEEP_ACTIVE);
	w_notify(w, ev);
	if (ev->reset_events)
		w_token_item(w, TOK_RESET_EVENTS);
	if (ev->digit_map)
		w_digit_map(w, ev->digit_map);
	w_property_items(w, ev->params.first);
	if (ev->embed)
		w_embedded(w, ev->embed);
	w_close(w);
}

static void w_event_list(struct writer *w, const struct h248_events *e)
{
	const struct h248_event *ev;

	if (h248_empty(&e->items))
		return;
	w_open(w);
	h248_each(ev, &e->items)
		w_event(w, ev);
	w_close(w);
}

void w_events(struct writer *w, const struct h248_events *e)
{
	w_token_item(w, TOK_EVENTS);
	/* the id can only be written in front of events */
	if (h248_empty(&e->items))
		return;
	w_equal(w);
	if (!e->has_id)
		w_invalid(w);
	w_request_id(w, e->id);
	w_event_list(w, e);
}

void w_event_buffer(struct writer *w, const struct h248_events *e)
{
	w_token_item(w, TOK_EVENT_BUFFER);
	w_event_list(w, e);
}

void w_observed(struct writer *w, const struct h248_observed *o)
{
	const struct h248_observed_event *ev;

	w_token_item(w, TOK_OBSERVED);
	w_equal(w);
	w_request_id(w, o->id);
	w_open(w);
	h248_each(ev, &o->items) {
		w_item(w);
		if (ev->has_time) {
			w_time(w, &ev->time);
			strbuf_char(w->b, ':');
		}
		w_pkgd_name(w, &ev->name);
		if (!ev->has_stream && h248_empty(&ev->params))
			continue;
		w_open(w);
		if (ev->has_stream)
			w_number_item(w, TOK_STREAM, ev->stream);
		w_property_items(w, ev->params.first);
		w_close(w);
	}
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static enum h248_token signal_type_token(enum h248_signal_type type)
{
	switch (type) {
	case H248_SIGNAL_NONE:
		break;
	case H248_SIGNAL_ONOFF:
		return TOK_ON_OFF;
	case H248_SIGNAL_TIMEOUT:
		return TOK_TIMEOUT;
	case H248_SIGNAL_BRIEF:
		return TOK_BRIEF;
	}
	return TOK_NONE;
}

static enum h248_token direction_token(enum h248_direction d)
{
	switch (d) {
	case H248_DIRECTION_NONE:
		break;
	case H248_DIRECTION_EXTERNAL:
		return TOK_EXTERNAL;
	case H248_DIRECTION_INTERNAL:
		return TOK_INTERNAL;
	case H248_DIRECTION_BOTH:
		return TOK_BOTH;
	}
	return TOK_NONE;
}

static void w_completion(struct writer *w, unsigned int reasons)
{
	static const struct {
		unsigned int bit;
		enum h248_token token;
	} table[] = {
		{ H248_NC_TIMEOUT, TOK_TIMEOUT },
		{ H248_NC_BY_EVENT, TOK_INT_BY_EVENT },
		{ H248_NC_BY_SIGNALS, TOK_INT_BY_SIGNALS },
		{ H248_NC_OTHER, TOK_OTHER_REASON },
		{ H248_NC_ITERATION, TOK_ITERATION },
	};
	bool first = true;
	size_t i;

	w_token_item(w, TOK_NOTIFY_COMPLETION);
	w_equal(w);
	strbuf_char(w->b, '{');
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!(reasons & table[i].bit))
			continue;
		if (!first)
			w_comma(w);
		first = false;
		w_token(w, table[i].token);
	}
	strbuf_char(w->b, '}');
}

static void w_signal(struct writer *w, const struct h248_signal *sig)
{
	w_item(w);
	w_pkgd_name(w, &sig->name);
	w_open(w);
	if (sig->has_stream)
		w_number_item(w, TOK_STREAM, sig->stream);
	if (sig->type)
		w_choice_item(w, TOK_SIGNAL_TYPE, signal_type_token(sig->type));
	if (sig->has_duration)
		w_number_item(w, TOK_DURATION, sig->duration);
	if (sig->notify_completion)
		w_completion(w, sig->notify_completion);
	if (sig->keep_active)
		w_token_item(w, TOK_KEEP_ACTIVE);
	if (sig->direction)
		w_choice_item(w, TOK_DIRECTION, direction_token(sig->direction));
	if (sig->has_request) {
		w_token_item(w, TOK_REQUEST_ID);
		w_equal(w);
		w_request_id(w, sig->request);
	}
	if (sig->has_delay)
		w_number_item(w, TOK_INTERSIGNAL, sig->delay);
	w_property_items(w, sig->params.first);
	w_close(w);
}

static bool signal_has_parms(const struct h248_signal *sig)
{
	return sig->has_stream || sig->type || sig->has_duration || sig->notify_completion ||
	       sig->keep_active || sig->direction || sig->has_request || sig->has_delay ||
	       !h248_empty(&sig->params);
}

static void w_signal_list(struct writer *w, const struct h248_signal *sig)
{
	for (; sig; sig = sig->next) {
		if (signal_has_parms(sig)) {
			w_signal(w, sig);
			continue;
		}
		w_item(w);
		w_pkgd_name(w, &sig->name);
	}
}

void w_signal_entry(struct writer *w, const struct h248_signal_entry *e)
{
	if (!e->is_list) {
		w_signal_list(w, e->signals.first);
		return;
	}
	w_number_item(w, TOK_SIGNAL_LIST, e->list_id);
	if (h248_empty(&e->signals))
		return;
	w_open(w);
	w_signal_list(w, e->signals.first);
	w_close(w);
}

void w_signals(struct writer *w, const struct h248_signals *s)
{
	const struct h248_signal_entry *e;

	w_token_item(w, TOK_SIGNALS);
	if (h248_empty(&s->items))
		return;
	w_open(w);
	h248_each(e, &s->items) {
		if (h248_empty(&e->signals))
			w_invalid(w);
		w_signal_entry(w, e);
	}
	w_close(w);
}
