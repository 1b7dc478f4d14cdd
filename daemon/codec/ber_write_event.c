// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_event: Events, EventBuffer, ObservedEvents, DigitMap, Signals. See ber_out.h. */
#include "codec/ber_name.h"
#include "codec/ber_out.h"

static void write_events(struct ber_out *o, uint8_t tag, const struct h248_events *evs,
			 bool embedded);

/* ---- digit maps ------------------------------------------------------------------ */

static void write_map_name(struct ber_out *o, struct str name)
{
	uint16_t id;

	if (ber_map_id(o->ids, name, &id))
		ber_invalid(o);
	else
		ber_out_u16(o, BER_P(0), id);
}

static void write_map_value(struct ber_out *o, const struct h248_digit_map *d)
{
	size_t at = ber_open(o, BER_C(1));

	if (d->t)
		ber_out_uint(o, BER_P(0), d->t);
	if (d->s)
		ber_out_uint(o, BER_P(1), d->s);
	if (d->l)
		ber_out_uint(o, BER_P(2), d->l);
	ber_out_str(o, BER_P(3), d->map);
	if (d->z)
		ber_out_uint(o, BER_P(4), d->z);
	ber_close(o, at);
}

void ber_write_digit_map(struct ber_out *o, uint8_t tag, const struct h248_digit_map *d)
{
	size_t at = ber_open(o, tag);

	if (d->name.p)
		write_map_name(o, d->name);
	if (d->has_value)
		write_map_value(o, d);
	ber_close(o, at);
}

/* EventDM is one of the two */
static void write_event_map(struct ber_out *o, const struct h248_digit_map *d)
{
	size_t at = ber_open(o, BER_C(1));

	if (d->has_value)
		write_map_value(o, d);
	else
		write_map_name(o, d->name);
	ber_close(o, at);
}

/* ---- RequestedActions --------------------------------------------------------------- */

static void write_behaviour(struct ber_out *o, uint8_t tag, const struct h248_event *ev)
{
	const struct h248_embed *e = ev->regulated_embed;
	size_t at = ber_open(o, tag), regulated;

	switch (ev->notify) {
	case H248_NOTIFY_DEFAULT:
		break;
	case H248_NOTIFY_IMMEDIATE:
		ber_out_null(o, BER_P(0));
		break;
	case H248_NOTIFY_REGULATED:
		regulated = ber_open(o, BER_C(1));
		if (e && e->events)
			write_events(o, BER_C(0), e->events, true);
		if (e && e->signals)
			ber_write_signals(o, BER_C(1), e->signals);
		ber_close(o, regulated);
		break;
	case H248_NOTIFY_NEVER:
		ber_out_null(o, BER_P(2));
		break;
	}
	ber_close(o, at);
}

static void write_actions(struct ber_out *o, const struct h248_event *ev, bool embedded)
{
	/* the inner ones have no secondEvent */
	unsigned int shift = embedded ? 1 : 0;
	size_t at;

	if (!ev->keep_active && !ev->digit_map && !ev->embed && !ev->notify && !ev->reset_events)
		return;
	at = ber_open(o, BER_C(2));
	if (ev->keep_active)
		ber_out_bool(o, BER_P(0), true);
	if (ev->digit_map)
		write_event_map(o, ev->digit_map);
	if (ev->embed && ev->embed->events) {
		if (embedded)
			ber_invalid(o);
		write_events(o, BER_C(2), ev->embed->events, true);
	}
	if (ev->embed && ev->embed->signals)
		ber_write_signals(o, BER_C(3 - shift), ev->embed->signals);
	if (ev->notify)
		write_behaviour(o, BER_C(4 - shift), ev);
	if (ev->reset_events)
		ber_out_null(o, BER_P(5 - shift));
	ber_close(o, at);
}

/* ---- events ----------------------------------------------------------------------------- */

static void write_event(struct ber_out *o, const struct h248_event *ev, bool embedded, bool spec)
{
	struct h248_item item;
	uint8_t octet[4];
	size_t at;

	if (!ber_find_name(o, H248_SCOPE_EVENT, &ev->name, octet, &item))
		return;
	at = ber_open(o, BER_O_SEQUENCE);
	ber_out_octets(o, BER_P(0), octet, sizeof(octet));
	if (ev->has_stream)
		ber_out_uint(o, BER_P(1), ev->stream);
	if (!spec)
		write_actions(o, ev, embedded);
	ber_write_params(o, BER_C(spec ? 2 : 3), &item, ev->params.first);
	ber_close(o, at);
}

static void write_events(struct ber_out *o, uint8_t tag, const struct h248_events *evs,
			 bool embedded)
{
	size_t at = ber_open(o, tag), list;
	const struct h248_event *ev;

	/* an id is mandatory in version 1, and does no harm in the others */
	ber_out_uint(o, BER_P(0), evs->id);
	list = ber_open(o, BER_C(1));
	h248_each(ev, &evs->items)
		write_event(o, ev, embedded, false);
	ber_close(o, list);
	ber_close(o, at);
}

void ber_write_events(struct ber_out *o, uint8_t tag, const struct h248_events *evs)
{
	write_events(o, tag, evs, false);
}

void ber_write_event_buffer(struct ber_out *o, uint8_t tag, const struct h248_events *evs)
{
	size_t at = ber_open(o, tag);
	const struct h248_event *ev;

	h248_each(ev, &evs->items)
		write_event(o, ev, false, true);
	ber_close(o, at);
}

void ber_write_observed(struct ber_out *o, uint8_t tag, const struct h248_observed *ob)
{
	size_t at = ber_open(o, tag), list, one;
	const struct h248_observed_event *ev;
	struct h248_item item;
	uint8_t octet[4];

	ber_out_uint(o, BER_P(0), ob->id);
	list = ber_open(o, BER_C(1));
	h248_each(ev, &ob->items) {
		if (!ber_find_name(o, H248_SCOPE_EVENT, &ev->name, octet, &item))
			continue;
		one = ber_open(o, BER_O_SEQUENCE);
		ber_out_octets(o, BER_P(0), octet, sizeof(octet));
		if (ev->has_stream)
			ber_out_uint(o, BER_P(1), ev->stream);
		ber_write_params(o, BER_C(2), &item, ev->params.first);
		if (ev->has_time)
			ber_write_time(o, BER_C(3), &ev->time);
		ber_close(o, one);
	}
	ber_close(o, list);
	ber_close(o, at);
}

/* ---- signals ------------------------------------------------------------------------------ */

static uint32_t type_number(enum h248_signal_type type)
{
	return type == H248_SIGNAL_BRIEF ? 0 : type == H248_SIGNAL_ONOFF ? 1 : 2;
}

static uint32_t direction_number(enum h248_direction direction)
{
	return direction == H248_DIRECTION_INTERNAL ? 0 :
	       direction == H248_DIRECTION_EXTERNAL ? 1 : 3;
}

static void write_signal(struct ber_out *o, uint8_t tag, const struct h248_signal *sig)
{
	struct h248_item item;
	uint8_t octet[4];
	size_t at;

	if (!ber_find_name(o, H248_SCOPE_SIGNAL, &sig->name, octet, &item))
		return;
	at = ber_open(o, tag);
	ber_out_octets(o, BER_P(0), octet, sizeof(octet));
	if (sig->has_stream)
		ber_out_uint(o, BER_P(1), sig->stream);
	if (sig->type)
		ber_out_uint(o, BER_P(2), type_number(sig->type));
	if (sig->has_duration)
		ber_out_uint(o, BER_P(3), sig->duration);
	if (sig->notify_completion)
		ber_out_bits(o, BER_P(4), sig->notify_completion);
	if (sig->keep_active)
		ber_out_bool(o, BER_P(5), true);
	ber_write_params(o, BER_C(6), &item, sig->params.first);
	if (sig->direction)
		ber_out_uint(o, BER_P(7), direction_number(sig->direction));
	if (sig->has_request)
		ber_out_uint(o, BER_P(8), sig->request);
	if (sig->has_delay)
		ber_out_uint(o, BER_P(9), sig->delay);
	ber_close(o, at);
}

void ber_write_signals(struct ber_out *o, uint8_t tag, const struct h248_signals *s)
{
	size_t at = ber_open(o, tag), entry, list;
	const struct h248_signal_entry *e;
	const struct h248_signal *sig;

	h248_each(e, &s->items) {
		if (!e->is_list) {
			write_signal(o, BER_C(0), e->signals.first);
			continue;
		}
		entry = ber_open(o, BER_C(1));
		ber_out_uint(o, BER_P(0), e->list_id);
		list = ber_open(o, BER_C(1));
		h248_each(sig, &e->signals)
			write_signal(o, BER_O_SEQUENCE, sig);
		ber_close(o, list);
		ber_close(o, entry);
	}
	ber_close(o, at);
}
