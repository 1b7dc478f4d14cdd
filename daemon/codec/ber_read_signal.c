// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_signal: Signals. See ber_in.h. */
#include "codec/ber_in.h"

struct signal_reader {
	struct h248_signal *sig;
	struct h248_item item;
};

static bool read_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct signal_reader *r = to;

	return ber_read_pkgd_name(b, t, H248_SCOPE_SIGNAL, &r->sig->name, &r->item);
}

static bool read_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = ((struct signal_reader *)to)->sig;

	return ber_read_stream_id(b, t, "streamID", &sig->has_stream, &sig->stream);
}

static bool read_type(struct ber *b, struct ber_tlv *t, void *to)
{
	static const enum h248_signal_type types[] = {
		H248_SIGNAL_BRIEF, H248_SIGNAL_ONOFF, H248_SIGNAL_TIMEOUT,
	};
	uint32_t v;

	if (!ber_uint(b, t, 2, "sigType", &v))
		return false;
	((struct signal_reader *)to)->sig->type = types[v];
	return true;
}

static bool read_duration(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = ((struct signal_reader *)to)->sig;

	sig->has_duration = true;
	return ber_u16(b, t, "duration", &sig->duration);
}

/* the bits of H248_NC_* are numbered alike */
static bool read_completion(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t bits;

	if (!ber_bits(b, t, "notifyCompletion", &bits))
		return false;
	((struct signal_reader *)to)->sig->notify_completion = bits & 0x1f;
	return true;
}

static bool read_keep_active(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_bool(b, t, "keepActive", &((struct signal_reader *)to)->sig->keep_active);
}

static bool read_params(struct ber *b, struct ber_tlv *t, void *to)
{
	struct signal_reader *r = to;

	return ber_read_params(b, t, &r->item, (ber_properties *)&r->sig->params);
}

static bool read_direction(struct ber *b, struct ber_tlv *t, void *to)
{
	/* 2 is not assigned */
	static const enum h248_direction directions[] = {
		H248_DIRECTION_INTERNAL, H248_DIRECTION_EXTERNAL, H248_DIRECTION_NONE,
		H248_DIRECTION_BOTH,
	};
	uint32_t v;

	if (!ber_uint(b, t, 3, "direction", &v))
		return false;
	if (!directions[v])
		return ber_fail(b, t->at, 0, "direction is %u", v);
	((struct signal_reader *)to)->sig->direction = directions[v];
	return true;
}

static bool read_request(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = ((struct signal_reader *)to)->sig;

	sig->has_request = true;
	return ber_uint(b, t, UINT32_MAX, "requestID", &sig->request);
}

static bool read_delay(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = ((struct signal_reader *)to)->sig;

	sig->has_delay = true;
	return ber_u16(b, t, "intersigDelay", &sig->delay);
}

BER_TYPE(Signal, BER_EXTENSIBLE,
	 BER_IN("signalName", 0, false, read_name),
	 BER_IN("streamID", 1, true, read_stream),
	 BER_IN("sigType", 2, true, read_type),
	 BER_IN("duration", 3, true, read_duration),
	 BER_IN("notifyCompletion", 4, true, read_completion),
	 BER_IN("keepActive", 5, true, read_keep_active),
	 BER_IN("sigParList", 6, false, read_params),
	 BER_IN("direction", 7, true, read_direction),
	 BER_IN("requestID", 8, true, read_request),
	 BER_IN("intersigDelay", 9, true, read_delay));

static bool append_signal(struct ber *b, struct ber_tlv *t, struct h248_signal_entry *entry)
{
	struct signal_reader r = { .sig = ber_new(b, struct h248_signal) };

	if (!r.sig || !ber_sequence(b, t, &Signal, &r))
		return false;
	h248_append(&entry->signals, r.sig);
	return true;
}

static bool read_signal(struct ber *b, struct ber_tlv *t, void *to)
{
	return append_signal(b, t, to);
}

static bool read_list_id(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_u16(b, t, "a signal list's id", &((struct h248_signal_entry *)to)->list_id);
}

static bool read_list_signals(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal_entry *entry = to;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return entry->signals.first || ber_fail(b, t->at, 0, "no signal in a list");
		if (!append_signal(b, &e, entry))
			return false;
	}
}

BER_TYPE(SeqSigList, BER_FIXED,
	 BER_IN("id", 0, false, read_list_id),
	 BER_IN("signalList", 1, false, read_list_signals));

static bool read_list(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_signal_entry *)to)->is_list = true;
	return ber_sequence(b, t, &SeqSigList, to);
}

BER_TYPE(SignalRequest, BER_EXTENSIBLE,
	 BER_IN("signal", 0, false, read_signal),
	 BER_IN("seqSigList", 1, false, read_list));

bool ber_read_signals(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signals *s = ber_new(b, struct h248_signals);
	struct h248_signal_entry *entry;
	struct ber_tlv e;
	bool more;

	*(struct h248_signals **)to = s;
	if (!s)
		return false;
	for (;;) {
		if (!ber_each_choice(b, t, &e, &more))
			return false;
		if (!more)
			return true;
		entry = ber_new(b, struct h248_signal_entry);
		if (!entry || !ber_choice(b, &e, &SignalRequest, 0, entry))
			return false;
		h248_append(&s->items, entry);
	}
}
