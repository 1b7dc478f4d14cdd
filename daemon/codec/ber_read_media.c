// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_media: Media, Modem, Mux, Packages. See ber_in.h. */
#include "codec/ber_in.h"

bool ber_read_mode(struct ber *b, struct ber_tlv *t, enum h248_mode *out)
{
	uint32_t v;

	if (!ber_uint(b, t, 4, "streamMode", &v))
		return false;
	*out = H248_MODE_SENDONLY + v;
	return true;
}

bool ber_read_state(struct ber *b, struct ber_tlv *t, enum h248_service_state *out)
{
	uint32_t v;

	if (!ber_uint(b, t, 2, "serviceState", &v))
		return false;
	*out = H248_STATE_TEST + v;
	return true;
}

/* ---- LocalControl --------------------------------------------------------- */

static bool read_mode(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_mode(b, t, &((struct h248_local_control *)to)->mode);
}

static bool read_on_off(struct ber *b, struct ber_tlv *t, const char *what,
			enum h248_tristate *out)
{
	bool on;

	if (!ber_bool(b, t, what, &on))
		return false;
	*out = on ? H248_ON : H248_OFF;
	return true;
}

static bool read_reserve_value(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_on_off(b, t, "reserveValue", &((struct h248_local_control *)to)->reserve_value);
}

static bool read_reserve_group(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_on_off(b, t, "reserveGroup", &((struct h248_local_control *)to)->reserve_group);
}

BER_TYPE(LocalControlDescriptor, BER_EXTENSIBLE,
	 BER_IN("streamMode", 0, true, read_mode),
	 BER_IN("reserveValue", 1, true, read_reserve_value),
	 BER_IN("reserveGroup", 2, true, read_reserve_group),
	 BER_AT("propertyParms", 3, false, ber_read_properties,
		struct h248_local_control, properties));

/* ---- streams -------------------------------------------------------------- */

static bool read_control(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_stream *st = to;

	st->control = ber_new(b, struct h248_local_control);
	return st->control && ber_sequence(b, t, &LocalControlDescriptor, st->control);
}

static bool read_local(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_sdp(b, t, &((struct h248_stream *)to)->local);
}

static bool read_remote(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_sdp(b, t, &((struct h248_stream *)to)->remote);
}

BER_TYPE(StreamParms, BER_EXTENSIBLE,
	 BER_IN("localControlDescriptor", 0, true, read_control),
	 BER_IN("localDescriptor", 1, true, read_local),
	 BER_IN("remoteDescriptor", 2, true, read_remote),
	 BER_AT("statisticsDescriptor", 3, true, ber_read_statistics,
		struct h248_stream, statistics));

static bool read_stream_parms(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &StreamParms, to);
}

BER_TYPE(StreamDescriptor, BER_FIXED,
	 BER_AT("streamID", 0, false, ber_number16, struct h248_stream, id),
	 BER_IN("streamParms", 1, false, read_stream_parms));

static bool read_one(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_stream *st = ber_new(b, struct h248_stream);

	if (!st)
		return false;
	st->id = 1;
	st->implied = true;
	h248_append(&((struct h248_media *)to)->streams, st);
	return read_stream_parms(b, t, st);
}

static bool read_multi(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_stream *st;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		st = ber_new(b, struct h248_stream);
		if (!st || !ber_sequence(b, &e, &StreamDescriptor, st))
			return false;
		h248_append(&((struct h248_media *)to)->streams, st);
	}
}

BER_TYPE(Streams, BER_FIXED,
	 BER_IN("oneStream", 0, false, read_one),
	 BER_IN("multiStream", 1, false, read_multi));

/* ---- TerminationState ------------------------------------------------------ */

static bool read_buffer(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t v;

	if (!ber_uint(b, t, 1, "eventBufferControl", &v))
		return false;
	((struct h248_term_state *)to)->buffer = H248_BUFFER_OFF + v;
	return true;
}

static bool read_service_state(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_state(b, t, &((struct h248_term_state *)to)->service_state);
}

BER_TYPE(TerminationStateDescriptor, BER_EXTENSIBLE,
	 BER_AT("propertyParms", 0, false, ber_read_properties,
		struct h248_term_state, properties),
	 BER_IN("eventBufferControl", 1, true, read_buffer),
	 BER_IN("serviceState", 2, true, read_service_state));

/* ---- Media ------------------------------------------------------------------ */

static bool read_term_state(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_media *m = to;

	m->state = ber_new(b, struct h248_term_state);
	return m->state && ber_sequence(b, t, &TerminationStateDescriptor, m->state);
}

static bool read_streams(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &Streams, 0, to);
}

BER_TYPE(MediaDescriptor, BER_EXTENSIBLE,
	 BER_IN("termStateDescr", 0, true, read_term_state),
	 BER_IN("streams", 1, true, read_streams));

bool ber_read_media(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_media *m = ber_new(b, struct h248_media);

	*(struct h248_media **)to = m;
	return m && ber_sequence(b, t, &MediaDescriptor, m);
}

/* ---- Modem ------------------------------------------------------------------ */

static bool read_modem_types(struct ber *b, struct ber_tlv *t, void *to)
{
	static const char *const names[] = {
		"V18", "V22", "V22b", "V32", "V32b", "V34", "V90", "V91", "SN",
	};
	struct h248_modem *m = to;
	struct h248_text_entry *e;
	struct ber_tlv type;
	uint32_t v;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_ENUMERATED, &type, &more))
			return false;
		if (!more)
			break;
		if (!ber_uint(b, &type, 8, "modem type", &v))
			return false;
		e = ber_new(b, struct h248_text_entry);
		if (!e)
			return false;
		e->text = str_c(names[v]);
		h248_append(&m->types, e);
	}
	if (!m->types.first)
		return ber_fail(b, t->at, 0, "no modem type");
	m->bracketed = m->types.first->next;
	return true;
}

static bool skip(struct ber *b, struct ber_tlv *t, void *to)
{
	(void)b, (void)t, (void)to;
	return true;
}

BER_TYPE(ModemDescriptor, BER_FIXED,
	 BER_IN("mtl", 0, false, read_modem_types),
	 BER_AT("mpl", 1, false, ber_read_properties, struct h248_modem, properties),
	 BER_IN("nonStandardData", 2, true, skip));

bool ber_read_modem(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_modem *m = ber_new(b, struct h248_modem);

	*(struct h248_modem **)to = m;
	return m && ber_sequence(b, t, &ModemDescriptor, m);
}

/* ---- Mux ---------------------------------------------------------------------- */

static bool read_mux_type(struct ber *b, struct ber_tlv *t, void *to)
{
	static const char *const names[] = { "H221", "H223", "H226", "V76", "Nx64Kservice" };
	uint32_t v;

	if (!ber_uint(b, t, 4, "muxType", &v))
		return false;
	((struct h248_mux *)to)->type = str_c(names[v]);
	return true;
}

static bool read_mux_terms(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mux *m = to;

	if (!ber_read_tids(b, t, &m->terms))
		return false;
	return m->terms.first || ber_fail(b, t->at, 0, "no termination in a multiplex");
}

BER_TYPE(MuxDescriptor, BER_EXTENSIBLE,
	 BER_IN("muxType", 0, false, read_mux_type),
	 BER_IN("termList", 1, false, read_mux_terms),
	 BER_IN("nonStandardData", 2, true, skip));

bool ber_read_mux(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mux *m = ber_new(b, struct h248_mux);

	*(struct h248_mux **)to = m;
	return m && ber_sequence(b, t, &MuxDescriptor, m);
}

/* ---- Packages ------------------------------------------------------------------- */

static bool read_package_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_package(b, t, &((struct h248_package *)to)->name);
}

static bool read_package_version(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t v;

	if (!ber_uint(b, t, 99, "packageVersion", &v))
		return false;
	((struct h248_package *)to)->version = (uint16_t)v;
	return true;
}

BER_TYPE(PackagesItem, BER_EXTENSIBLE,
	 BER_IN("packageName", 0, false, read_package_name),
	 BER_IN("packageVersion", 1, false, read_package_version));

bool ber_read_package_item(struct ber *b, struct ber_tlv *t, struct h248_package *out)
{
	return ber_sequence(b, t, &PackagesItem, out);
}

bool ber_read_packages(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_packages *pg = ber_new(b, struct h248_packages);
	struct h248_package *p;
	struct ber_tlv e;
	bool more;

	*(struct h248_packages **)to = pg;
	if (!pg)
		return false;
	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		p = ber_new(b, struct h248_package);
		if (!p || !ber_read_package_item(b, &e, p))
			return false;
		h248_append(&pg->items, p);
	}
}
