// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_event: Events, EventBuffer, ObservedEvents, DigitMap. See ber_in.h. */
#include "codec/ber_in.h"

struct event_reader {
	struct h248_event *ev;
	struct h248_item item;
	bool embedded;		/* SecondRequestedEvent */
};

static bool read_events(struct ber *b, struct ber_tlv *t, bool embedded,
			struct h248_events **out);

/* ---- digit maps -------------------------------------------------------------- */

static bool read_timer(struct ber *b, struct ber_tlv *t, uint8_t *out)
{
	uint32_t v;

	if (!ber_uint(b, t, 99, "a digit map timer", &v))
		return false;
	*out = (uint8_t)v;
	return true;
}

static bool read_start(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_timer(b, t, &((struct h248_digit_map *)to)->t);
}

static bool read_short(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_timer(b, t, &((struct h248_digit_map *)to)->s);
}

static bool read_long(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_timer(b, t, &((struct h248_digit_map *)to)->l);
}

static bool read_duration(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_timer(b, t, &((struct h248_digit_map *)to)->z);
}

BER_TYPE(DigitMapValue, BER_EXTENSIBLE,
	 BER_IN("startTimer", 0, true, read_start),
	 BER_IN("shortTimer", 1, true, read_short),
	 BER_IN("longTimer", 2, true, read_long),
	 BER_AT("digitMapBody", 3, false, ber_read_string, struct h248_digit_map, map),
	 BER_IN("durationTimer", 4, true, read_duration));

static bool read_map_value(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_digit_map *)to)->has_value = true;
	return ber_sequence(b, t, &DigitMapValue, to);
}

BER_TYPE(DigitMapDescriptor, BER_FIXED,
	 BER_AT("digitMapName", 0, true, ber_read_map_name, struct h248_digit_map, name),
	 BER_IN("digitMapValue", 1, true, read_map_value));
BER_TYPE(EventDM, BER_FIXED,
	 BER_AT("digitMapName", 0, false, ber_read_map_name, struct h248_digit_map, name),
	 BER_IN("digitMapValue", 1, false, read_map_value));

bool ber_read_digit_map(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_digit_map *d = ber_new(b, struct h248_digit_map);

	*(struct h248_digit_map **)to = d;
	return d && ber_sequence(b, t, &DigitMapDescriptor, d);
}

/* ---- RequestedActions ----------------------------------------------------------- */

static bool read_keep_active(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_bool(b, t, "keepActive", &((struct event_reader *)to)->ev->keep_active);
}

static bool read_event_map(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_event *ev = ((struct event_reader *)to)->ev;

	ev->digit_map = ber_new(b, struct h248_digit_map);
	return ev->digit_map && ber_explicit_choice(b, t, &EventDM, 0, ev->digit_map);
}

static struct h248_embed *embed(struct ber *b, struct h248_embed **e)
{
	if (!*e)
		*e = ber_new(b, struct h248_embed);
	return *e;
}

static bool read_second_event(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_embed *e = embed(b, &((struct event_reader *)to)->ev->embed);

	return e && read_events(b, t, true, &e->events);
}

static bool read_embedded_signals(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_embed *e = embed(b, &((struct event_reader *)to)->ev->embed);

	return e && ber_read_signals(b, t, &e->signals);
}

static bool read_regulated_event(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_embed *e = embed(b, to);

	return e && read_events(b, t, true, &e->events);
}

static bool read_regulated_signals(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_embed *e = embed(b, to);

	return e && ber_read_signals(b, t, &e->signals);
}

BER_TYPE(RegulatedEmbeddedDescriptor, BER_EXTENSIBLE,
	 BER_IN("secondEvent", 0, true, read_regulated_event),
	 BER_IN("signalsDescriptor", 1, true, read_regulated_signals));

static bool read_immediate(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_event *)to)->notify = H248_NOTIFY_IMMEDIATE;
	return ber_null(b, t, "notifyImmediate");
}

static bool read_regulated(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_event *ev = to;

	ev->notify = H248_NOTIFY_REGULATED;
	return ber_sequence(b, t, &RegulatedEmbeddedDescriptor, &ev->regulated_embed);
}

static bool read_never(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_event *)to)->notify = H248_NOTIFY_NEVER;
	return ber_null(b, t, "neverNotify");
}

BER_TYPE(NotifyBehaviour, BER_EXTENSIBLE,
	 BER_IN("notifyImmediate", 0, false, read_immediate),
	 BER_IN("notifyRegulated", 1, false, read_regulated),
	 BER_IN("neverNotify", 2, false, read_never));

static bool read_behaviour(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &NotifyBehaviour, 0, ((struct event_reader *)to)->ev);
}

static bool read_reset(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct event_reader *)to)->ev->reset_events = true;
	return ber_null(b, t, "resetEventsDescriptor");
}

BER_TYPE(RequestedActions, BER_EXTENSIBLE,
	 BER_IN("keepActive", 0, true, read_keep_active),
	 BER_IN("eventDM", 1, true, read_event_map),
	 BER_IN("secondEvent", 2, true, read_second_event),
	 BER_IN("signalsDescriptor", 3, true, read_embedded_signals),
	 BER_IN("notifyBehaviour", 4, true, read_behaviour),
	 BER_IN("resetEventsDescriptor", 5, true, read_reset));
BER_TYPE(SecondRequestedActions, BER_EXTENSIBLE,
	 BER_IN("keepActive", 0, true, read_keep_active),
	 BER_IN("eventDM", 1, true, read_event_map),
	 BER_IN("signalsDescriptor", 2, true, read_embedded_signals),
	 BER_IN("notifyBehaviour", 3, true, read_behaviour),
	 BER_IN("resetEventsDescriptor", 4, true, read_reset));

/* ---- RequestedEvent ---------------------------------------------------------------- */

static bool read_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct event_reader *r = to;

	return ber_read_pkgd_name(b, t, H248_SCOPE_EVENT, &r->ev->name, &r->item);
}

static bool read_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_event *ev = ((struct event_reader *)to)->ev;

	return ber_read_stream_id(b, t, "streamID", &ev->has_stream, &ev->stream);
}

static bool read_actions(struct ber *b, struct ber_tlv *t, void *to)
{
	struct event_reader *r = to;

	return ber_sequence(b, t, r->embedded ? &SecondRequestedActions : &RequestedActions, r);
}

static bool read_params(struct ber *b, struct ber_tlv *t, void *to)
{
	struct event_reader *r = to;

	return ber_read_params(b, t, &r->item, (ber_properties *)&r->ev->params);
}

BER_TYPE(RequestedEvent, BER_EXTENSIBLE,
	 BER_IN("pkgdName", 0, false, read_name),
	 BER_IN("streamID", 1, true, read_stream),
	 BER_IN("eventAction", 2, true, read_actions),
	 BER_IN("evParList", 3, false, read_params));
BER_TYPE(EventSpec, BER_EXTENSIBLE,
	 BER_IN("eventName", 0, false, read_name),
	 BER_IN("streamID", 1, true, read_stream),
	 BER_IN("eventParList", 2, false, read_params));

struct events_reader {
	struct h248_events *evs;
	bool embedded;
};

static bool read_list(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
		      const struct events_reader *rs)
{
	struct event_reader r;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		r = (struct event_reader){
			.ev = ber_new(b, struct h248_event), .embedded = rs->embedded,
		};
		if (!r.ev || !ber_sequence(b, &e, type, &r))
			return false;
		h248_append(&rs->evs->items, r.ev);
	}
}

static bool read_request_id(struct ber *b, struct ber_tlv *t, void *to)
{
	struct events_reader *r = to;

	r->evs->has_id = true;
	return ber_uint(b, t, UINT32_MAX, "requestID", &r->evs->id);
}

static bool read_event_list(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_list(b, t, &RequestedEvent, to);
}

BER_TYPE(EventsDescriptor, BER_EXTENSIBLE,
	 BER_IN("requestID", 0, true, read_request_id),
	 BER_IN("eventList", 1, false, read_event_list));

static bool read_events(struct ber *b, struct ber_tlv *t, bool embedded,
			struct h248_events **out)
{
	struct events_reader r = {
		.evs = ber_new(b, struct h248_events), .embedded = embedded,
	};

	*out = r.evs;
	if (!r.evs || !ber_sequence(b, t, &EventsDescriptor, &r))
		return false;
	/* version 1 has an id even for none: that is "Events" in text */
	if (!r.evs->items.first) {
		r.evs->has_id = false;
		r.evs->id = 0;
	}
	if (r.evs->items.first && !r.evs->has_id)
		return ber_fail(b, t->at, 0, "events without requestID");
	return true;
}

bool ber_read_events(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_events(b, t, false, to);
}

bool ber_read_event_buffer(struct ber *b, struct ber_tlv *t, void *to)
{
	struct events_reader r = { .evs = ber_new(b, struct h248_events) };

	*(struct h248_events **)to = r.evs;
	return r.evs && read_list(b, t, &EventSpec, &r);
}

/* ---- ObservedEvents ------------------------------------------------------------------- */

struct observed_reader {
	struct h248_observed_event *ev;
	struct h248_item item;
};

static bool read_observed_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct observed_reader *r = to;

	return ber_read_pkgd_name(b, t, H248_SCOPE_EVENT, &r->ev->name, &r->item);
}

static bool read_observed_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_observed_event *ev = ((struct observed_reader *)to)->ev;

	return ber_read_stream_id(b, t, "streamID", &ev->has_stream, &ev->stream);
}

static bool read_observed_params(struct ber *b, struct ber_tlv *t, void *to)
{
	struct observed_reader *r = to;

	return ber_read_params(b, t, &r->item, (ber_properties *)&r->ev->params);
}

static bool read_observed_time(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_observed_event *ev = ((struct observed_reader *)to)->ev;

	ev->has_time = true;
	return ber_read_time(b, t, &ev->time);
}

BER_TYPE(ObservedEvent, BER_EXTENSIBLE,
	 BER_IN("eventName", 0, false, read_observed_name),
	 BER_IN("streamID", 1, true, read_observed_stream),
	 BER_IN("eventParList", 2, false, read_observed_params),
	 BER_IN("timeNotation", 3, true, read_observed_time));

static bool read_observed_list(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_observed *o = to;
	struct observed_reader r;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return o->items.first || ber_fail(b, t->at, 0, "no event observed");
		r = (struct observed_reader){ .ev = ber_new(b, struct h248_observed_event) };
		if (!r.ev || !ber_sequence(b, &e, &ObservedEvent, &r))
			return false;
		h248_append(&o->items, r.ev);
	}
}

BER_TYPE(ObservedEventsDescriptor, BER_FIXED,
	 BER_AT("requestId", 0, false, ber_number32, struct h248_observed, id),
	 BER_IN("observedEventLst", 1, false, read_observed_list));

bool ber_read_observed(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_observed *o = ber_new(b, struct h248_observed);

	*(struct h248_observed **)to = o;
	return o && ber_sequence(b, t, &ObservedEventsDescriptor, o);
}
