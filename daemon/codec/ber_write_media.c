// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_media: Media, Modem, Mux, Packages. See ber_out.h. */
#include "codec/ber_out.h"

uint32_t ber_mode_number(enum h248_mode mode)
{
	return (uint32_t)(mode - H248_MODE_SENDONLY);
}

uint32_t ber_state_number(enum h248_service_state state)
{
	return (uint32_t)(state - H248_STATE_TEST);
}

/*
 * Properties were all there was, and none of them has a verified id: the descriptor goes with them, as
 * text has no form for one that is empty (Annex B.2).
 */
static void close_parms(struct ber_out *o, size_t at, const struct h248_property *properties)
{
	ber_close(o, at);
	/* tag and length of their list, and of the descriptor */
	if (properties && !o->b->err && o->b->len == at + 2)
		o->b->len = at - 2;
}

static void write_control(struct ber_out *o, const struct h248_local_control *c)
{
	size_t at = ber_open(o, BER_C(0));

	if (c->mode)
		ber_out_uint(o, BER_P(0), ber_mode_number(c->mode));
	if (c->reserve_value)
		ber_out_bool(o, BER_P(1), c->reserve_value == H248_ON);
	if (c->reserve_group)
		ber_out_bool(o, BER_P(2), c->reserve_group == H248_ON);
	ber_write_properties(o, BER_C(3), c->properties.first);
	close_parms(o, at, c->properties.first);
}

static void write_stream_parms(struct ber_out *o, uint8_t tag, const struct h248_stream *st)
{
	size_t at = ber_open(o, tag);

	if (st->control)
		write_control(o, st->control);
	if (st->local.p)
		ber_write_sdp(o, BER_C(1), st->local);
	if (st->remote.p)
		ber_write_sdp(o, BER_C(2), st->remote);
	if (st->statistics)
		ber_write_statistics(o, BER_C(3), st->statistics);
	ber_close(o, at);
}

static void write_streams(struct ber_out *o, const struct h248_stream *st)
{
	size_t at = ber_open(o, BER_C(1)), list, one;

	if (st->implied) {
		if (st->next)
			ber_invalid(o);
		write_stream_parms(o, BER_C(0), st);
		ber_close(o, at);
		return;
	}
	list = ber_open(o, BER_C(1));
	for (; st; st = st->next) {
		one = ber_open(o, BER_O_SEQUENCE);
		ber_out_uint(o, BER_P(0), st->id);
		write_stream_parms(o, BER_C(1), st);
		ber_close(o, one);
	}
	ber_close(o, list);
	ber_close(o, at);
}

static void write_term_state(struct ber_out *o, const struct h248_term_state *t)
{
	size_t at = ber_open(o, BER_C(0));

	ber_write_properties(o, BER_C(0), t->properties.first);
	if (t->buffer)
		ber_out_uint(o, BER_P(1), t->buffer == H248_BUFFER_LOCKSTEP);
	if (t->service_state)
		ber_out_uint(o, BER_P(2), ber_state_number(t->service_state));
	close_parms(o, at, t->properties.first);
}

void ber_write_media(struct ber_out *o, uint8_t tag, const struct h248_media *m)
{
	size_t at = ber_open(o, tag);

	if (m->state)
		write_term_state(o, m->state);
	if (m->streams.first)
		write_streams(o, m->streams.first);
	ber_close(o, at);
}

/* the place of a word in a list of names, long and short ones in turns */
static bool find_word(const char *const *words, struct str word, uint32_t *out)
{
	uint32_t i;

	for (i = 0; words[i]; i++)
		if (str_iis(word, words[i]))
			break;
	*out = i / 2;
	return words[i];
}

void ber_write_modem(struct ber_out *o, uint8_t tag, const struct h248_modem *m)
{
	static const char *const words[] = {
		"V18", "V18", "V22", "V22", "V22bis", "V22b", "V32", "V32", "V32bis", "V32b",
		"V34", "V34", "V90", "V90", "V91", "V91", "SynchISDN", "SN", NULL,
	};
	size_t at = ber_open(o, tag), list = ber_open(o, BER_C(0));
	const struct h248_text_entry *e;
	uint32_t v;

	h248_each(e, &m->types) {
		if (!find_word(words, e->text, &v))
			ber_invalid(o);
		ber_out_uint(o, BER_O_ENUM, v);
	}
	ber_close(o, list);
	ber_write_properties(o, BER_C(1), m->properties.first);
	ber_close(o, at);
}

void ber_write_mux(struct ber_out *o, uint8_t tag, const struct h248_mux *m)
{
	static const char *const words[] = {
		"H221", "H221", "H223", "H223", "H226", "H226", "V76", "V76",
		"Nx64Kservice", "N64", NULL,
	};
	size_t at = ber_open(o, tag);
	uint32_t v;

	if (!find_word(words, m->type, &v))
		ber_invalid(o);
	ber_out_uint(o, BER_P(0), v);
	ber_write_tids(o, BER_C(1), m->terms.first);
	ber_close(o, at);
}

void ber_write_package(struct ber_out *o, uint8_t tag, const struct h248_package *p)
{
	uint16_t id;
	size_t at;

	if (!ber_find_package(o, p->name, &id))
		return;
	if (p->version > 99)
		ber_invalid(o);
	at = ber_open(o, tag);
	ber_out_u16(o, BER_P(0), id);
	ber_out_uint(o, BER_P(1), p->version);
	ber_close(o, at);
}

void ber_write_packages(struct ber_out *o, uint8_t tag, const struct h248_packages *pg)
{
	size_t at = ber_open(o, tag);
	const struct h248_package *p;

	h248_each(p, &pg->items)
		ber_write_package(o, BER_O_SEQUENCE, p);
	ber_close(o, at);
}
