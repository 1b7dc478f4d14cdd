// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_audit: AuditDescriptor and what it may single out. See ber_in.h. */
#include "codec/ber_in.h"

typedef H248_LIST(h248_name_entry) name_list;

/* the bits of auditToken are numbered as H248_AUDIT_* is */
bool ber_read_audit_bits(struct ber *b, struct ber_tlv *t, unsigned int *items)
{
	uint32_t bits;

	if (!ber_bits(b, t, "auditToken", &bits))
		return false;
	*items = bits & 0x3ff;
	return true;
}

/* ---- IndAudPropertyParm -------------------------------------------------------- */

struct ind_property {
	struct h248_name name;
	ber_properties *list;
};

static bool read_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_pkgd_name(b, t, H248_SCOPE_PROPERTY, &((struct ind_property *)to)->name,
				  NULL);
}

static bool read_selection(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_property(b, t, ((struct ind_property *)to)->list);
}

BER_TYPE(IndAudPropertyParm, BER_EXTENSIBLE,
	 BER_IN("name", 0, false, read_name),
	 BER_IN("propertyParms", 1, true, read_selection));

/* What to select by goes into the list; the name is what is asked for. */
bool ber_read_ind_property(struct ber *b, struct ber_tlv *t, struct h248_name *name,
			   ber_properties *list)
{
	struct ind_property p = { .list = list };

	if (!ber_sequence(b, t, &IndAudPropertyParm, &p))
		return false;
	*name = p.name;
	return true;
}

/* one list for both: only named, or with a value to select by */
static bool read_properties(struct ber *b, struct ber_tlv *t, ber_properties *list)
{
	struct h248_property *last, *p;
	struct h248_name name;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		last = list->last;
		if (!ber_read_ind_property(b, &e, &name, list))
			return false;
		if (list->last != last)
			continue;
		p = ber_new(b, struct h248_property);
		if (!p)
			return false;
		p->name = name;
		h248_append(list, p);
	}
}

/* ---- Media ------------------------------------------------------------------------ */

static bool read_control_properties(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_properties(b, t, (ber_properties *)&((struct h248_ind_control *)to)->properties);
}

static bool read_mode_value(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_control *c = to;

	c->mode = true;
	c->mode_form = H248_FORM_EQUAL;
	return ber_read_mode(b, t, &c->mode_value);
}

BER_TYPE(IndAudLocalControlDescriptor, BER_EXTENSIBLE,
	 BER_AT("streamMode", 0, true, ber_flag, struct h248_ind_control, mode),
	 BER_AT("reserveValue", 1, true, ber_flag, struct h248_ind_control, reserve_value),
	 BER_AT("reserveGroup", 2, true, ber_flag, struct h248_ind_control, reserve_group),
	 BER_IN("propertyParms", 3, true, read_control_properties),
	 BER_IN("streamModeSel", 4, true, read_mode_value));

static bool read_control(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_stream *st = to;

	st->control = ber_new(b, struct h248_ind_control);
	return st->control && ber_sequence(b, t, &IndAudLocalControlDescriptor, st->control);
}

static bool read_local(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_stream *st = to;

	st->local = true;
	return ber_read_ind_sdp(b, t, &st->local_text);
}

static bool read_remote(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_stream *st = to;

	st->remote = true;
	return ber_read_ind_sdp(b, t, &st->remote_text);
}

static bool read_statistic_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_pkgd_name(b, t, H248_SCOPE_STATISTIC, &((struct h248_name_entry *)to)->name,
				  NULL);
}

BER_TYPE(IndAudStatisticsDescriptor, BER_FIXED,
	 BER_IN("statName", 0, false, read_statistic_name));

static bool append_statistic(struct ber *b, struct ber_tlv *t, name_list *list)
{
	struct h248_name_entry *n = ber_new(b, struct h248_name_entry);

	if (!n || !ber_sequence(b, t, &IndAudStatisticsDescriptor, n))
		return false;
	h248_append(list, n);
	return true;
}

static bool read_stream_statistic(struct ber *b, struct ber_tlv *t, void *to)
{
	return append_statistic(b, t, (name_list *)&((struct h248_ind_stream *)to)->statistics);
}

BER_TYPE(IndAudStreamParms, BER_EXTENSIBLE,
	 BER_IN("localControlDescriptor", 0, true, read_control),
	 BER_IN("localDescriptor", 1, true, read_local),
	 BER_IN("remoteDescriptor", 2, true, read_remote),
	 BER_IN("statisticsDescriptor", 3, true, read_stream_statistic));

static bool read_stream_parms(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &IndAudStreamParms, to);
}

BER_TYPE(IndAudStreamDescriptor, BER_FIXED,
	 BER_AT("streamID", 0, false, ber_number16, struct h248_ind_stream, id),
	 BER_IN("streamParms", 1, false, read_stream_parms));

static bool read_one(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_stream *st = ber_new(b, struct h248_ind_stream);

	if (!st)
		return false;
	st->id = 1;
	st->implied = true;
	h248_append(&((struct h248_ind_media *)to)->streams, st);
	return read_stream_parms(b, t, st);
}

static bool read_multi(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_stream *st;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		st = ber_new(b, struct h248_ind_stream);
		if (!st || !ber_sequence(b, &e, &IndAudStreamDescriptor, st))
			return false;
		h248_append(&((struct h248_ind_media *)to)->streams, st);
	}
}

BER_TYPE(IndAudStreams, BER_FIXED,
	 BER_IN("oneStream", 0, false, read_one),
	 BER_IN("multiStream", 1, false, read_multi));

static bool read_state_properties(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_properties(b, t, (ber_properties *)&((struct h248_ind_state *)to)->properties);
}

static bool read_state_value(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_state *st = to;

	st->service_state = true;
	st->state_form = H248_FORM_EQUAL;
	return ber_read_state(b, t, &st->state);
}

BER_TYPE(IndAudTerminationStateDescriptor, BER_EXTENSIBLE,
	 BER_IN("propertyParms", 0, false, read_state_properties),
	 BER_AT("eventBufferControl", 1, true, ber_flag, struct h248_ind_state, buffer),
	 BER_AT("serviceState", 2, true, ber_flag, struct h248_ind_state, service_state),
	 BER_IN("serviceStateSel", 3, true, read_state_value));

static bool read_term_state(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_media *m = to;

	m->state = ber_new(b, struct h248_ind_state);
	return m->state && ber_sequence(b, t, &IndAudTerminationStateDescriptor, m->state);
}

static bool read_streams(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &IndAudStreams, 0, to);
}

BER_TYPE(IndAudMediaDescriptor, BER_EXTENSIBLE,
	 BER_IN("termStateDescr", 0, true, read_term_state),
	 BER_IN("streams", 1, true, read_streams));

static bool read_media(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_audit *a = to;

	if (a->media)
		return ber_fail(b, t->at, 448, "Media appears twice");
	a->media = ber_new(b, struct h248_ind_media);
	return a->media && ber_sequence(b, t, &IndAudMediaDescriptor, a->media);
}

/* ---- Events, EventBuffer ------------------------------------------------------------ */

static bool read_event_id(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_event *ev = to;

	ev->has_id = true;
	return ber_uint(b, t, UINT32_MAX, "requestID", &ev->id);
}

static bool read_event_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_pkgd_name(b, t, H248_SCOPE_EVENT, &((struct h248_ind_event *)to)->name, NULL);
}

static bool read_event_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_event *ev = to;

	return ber_read_stream_id(b, t, "streamID", &ev->has_stream, &ev->stream);
}

BER_TYPE(IndAudEventsDescriptor, BER_EXTENSIBLE,
	 BER_IN("requestID", 0, true, read_event_id),
	 BER_IN("pkgdName", 1, false, read_event_name),
	 BER_IN("streamID", 2, true, read_event_stream));
BER_TYPE(IndAudEventBufferDescriptor, BER_EXTENSIBLE,
	 BER_IN("eventName", 0, false, read_event_name),
	 BER_IN("streamID", 1, true, read_event_stream));

static bool read_events(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_event *ev = ber_new(b, struct h248_ind_event);

	if (!ev || !ber_sequence(b, t, &IndAudEventsDescriptor, ev))
		return false;
	h248_append(&((struct h248_audit *)to)->events, ev);
	return true;
}

static bool read_event_buffer(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ind_event *ev = ber_new(b, struct h248_ind_event);

	if (!ev || !ber_sequence(b, t, &IndAudEventBufferDescriptor, ev))
		return false;
	h248_append(&((struct h248_audit *)to)->event_buffer, ev);
	return true;
}

/* ---- Signals ------------------------------------------------------------------------- */

static bool read_signal_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_pkgd_name(b, t, H248_SCOPE_SIGNAL, &((struct h248_signal *)to)->name, NULL);
}

static bool read_signal_stream(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = to;

	return ber_read_stream_id(b, t, "streamID", &sig->has_stream, &sig->stream);
}

static bool read_signal_request(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = to;

	sig->has_request = true;
	return ber_uint(b, t, UINT32_MAX, "signalRequestID", &sig->request);
}

BER_TYPE(IndAudSignal, BER_EXTENSIBLE,
	 BER_IN("signalName", 0, false, read_signal_name),
	 BER_IN("streamID", 1, true, read_signal_stream),
	 BER_IN("signalRequestID", 2, true, read_signal_request));

static bool read_signal(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal *sig = ber_new(b, struct h248_signal);

	if (!sig || !ber_sequence(b, t, &IndAudSignal, sig))
		return false;
	h248_append(&((struct h248_signal_entry *)to)->signals, sig);
	return true;
}

static bool read_list_id(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_u16(b, t, "a signal list's id", &((struct h248_signal_entry *)to)->list_id);
}

BER_TYPE(IndAudSeqSigList, BER_FIXED,
	 BER_IN("id", 0, false, read_list_id),
	 BER_IN("signalList", 1, true, read_signal));

static bool read_signal_list(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_signal_entry *)to)->is_list = true;
	return ber_sequence(b, t, &IndAudSeqSigList, to);
}

BER_TYPE(IndAudSignalsDescriptor, BER_EXTENSIBLE,
	 BER_IN("signal", 0, false, read_signal),
	 BER_IN("seqSigList", 1, false, read_signal_list));

static bool read_signals(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_signal_entry *e = ber_new(b, struct h248_signal_entry);

	if (!e || !ber_explicit_choice(b, t, &IndAudSignalsDescriptor, 0, e))
		return false;
	h248_append(&((struct h248_audit *)to)->signals, e);
	return true;
}

/* ---- the rest -------------------------------------------------------------------------- */

BER_TYPE(IndAudDigitMapDescriptor, BER_FIXED,
	 BER_AT("digitMapName", 0, true, ber_read_map_name, struct h248_text_entry, text));

static bool read_digit_map(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_text_entry *e = ber_new(b, struct h248_text_entry);
	struct h248_audit *a = to;

	if (!e || !ber_sequence(b, t, &IndAudDigitMapDescriptor, e))
		return false;
	if (e->text.p)
		h248_append(&a->digit_maps, e);
	else
		a->items |= H248_AUDIT_DIGITMAP;
	return true;
}

static bool read_statistic(struct ber *b, struct ber_tlv *t, void *to)
{
	return append_statistic(b, t, (name_list *)&((struct h248_audit *)to)->statistics);
}

static bool read_package(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_package *p = ber_new(b, struct h248_package);

	if (!p || !ber_read_package_item(b, t, p))
		return false;
	h248_append(&((struct h248_audit *)to)->packages, p);
	return true;
}

BER_TYPE(IndAuditParameter, BER_EXTENSIBLE,
	 BER_IN("indaudmediaDescriptor", 0, false, read_media),
	 BER_IN("indaudeventsDescriptor", 1, false, read_events),
	 BER_IN("indaudeventBufferDescriptor", 2, false, read_event_buffer),
	 BER_IN("indaudsignalsDescriptor", 3, false, read_signals),
	 BER_IN("indauddigitMapDescriptor", 4, false, read_digit_map),
	 BER_IN("indaudstatisticsDescriptor", 5, false, read_statistic),
	 BER_IN("indaudpackagesDescriptor", 6, false, read_package));

static bool read_tokens(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_audit_bits(b, t, &((struct h248_audit *)to)->items);
}

static bool read_parameters(struct ber *b, struct ber_tlv *t, void *to)
{
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each_choice(b, t, &e, &more))
			return false;
		if (!more)
			return true;
		if (!ber_choice(b, &e, &IndAuditParameter, 0, to))
			return false;
	}
}

BER_TYPE(AuditDescriptor, BER_EXTENSIBLE,
	 BER_IN("auditToken", 0, true, read_tokens),
	 BER_IN("auditPropertyToken", 1, true, read_parameters));

bool ber_read_audit(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_audit *a = ber_new(b, struct h248_audit);

	*(struct h248_audit **)to = a;
	return a && ber_sequence(b, t, &AuditDescriptor, a);
}
