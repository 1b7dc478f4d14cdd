// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_media: Media, Modem, Mux, Statistics. See text_scan.h. */
#include "codec/text_scan.h"

static bool twice(struct parser *s, struct str word)
{
	return scan_fail(s, word.p, 456, "%.*s appears twice", STR_ARG(word));
}

bool parse_mode_value(struct parser *s, enum h248_mode *out)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_SEND_ONLY:
		*out = H248_MODE_SENDONLY;
		break;
	case TOK_RECV_ONLY:
		*out = H248_MODE_RECVONLY;
		break;
	case TOK_SEND_RECV:
		*out = H248_MODE_SENDRECV;
		break;
	case TOK_INACTIVE:
		*out = H248_MODE_INACTIVE;
		break;
	case TOK_LOOPBACK:
		*out = H248_MODE_LOOPBACK;
		break;
	default:
		return scan_expected(s, "a stream mode");
	}
	s->p += word.len;
	return true;
}

bool parse_state_value(struct parser *s, enum h248_service_state *out)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_TEST:
		*out = H248_STATE_TEST;
		break;
	case TOK_OUT_OF_SERVICE:
		*out = H248_STATE_OUT_OF_SERVICE;
		break;
	case TOK_IN_SERVICE:
		*out = H248_STATE_IN_SERVICE;
		break;
	default:
		return scan_expected(s, "a service state");
	}
	s->p += word.len;
	return true;
}

static bool parse_local_parm(struct parser *s, struct h248_local_control *c)
{
	struct h248_property *p;
	struct str word;

	if (!scan_word(s, "a LocalControl parameter", &word))
		return false;
	switch (h248_token_of(word)) {
	case TOK_MODE:
		if (c->mode)
			return twice(s, word);
		return scan_expect(s, '=') && parse_mode_value(s, &c->mode);
	case TOK_RESERVED_VALUE:
		return c->reserve_value ? twice(s, word) : parse_on_off(s, &c->reserve_value);
	case TOK_RESERVED_GROUP:
		return c->reserve_group ? twice(s, word) : parse_on_off(s, &c->reserve_group);
	default:
		break;
	}
	p = parse_property(s, word);
	if (p)
		h248_append(&c->properties, p);
	return p != NULL;
}

static struct h248_local_control *parse_local_control(struct parser *s)
{
	struct h248_local_control *c = scan_new(s, struct h248_local_control);
	bool more = true;

	if (!c || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_local_parm(s, c) || !scan_more(s, '}', &more))
			return NULL;
	return c;
}

static bool parse_sdp(struct parser *s, struct str *out)
{
	return scan_expect(s, '{') && scan_octets(s, out);
}

/* *known false: the token starts no streamParm */
static bool parse_stream_parm(struct parser *s, struct h248_stream *st, struct str word,
			      enum h248_token token, bool *known)
{
	bool again;

	*known = true;
	switch (token) {
	case TOK_LOCAL:
		again = st->local.p;
		break;
	case TOK_REMOTE:
		again = st->remote.p;
		break;
	case TOK_LOCAL_CONTROL:
		again = st->control;
		break;
	case TOK_STATISTICS:
		again = st->statistics;
		break;
	default:
		*known = false;
		return true;
	}
	if (again)
		return scan_fail(s, word.p, 448, "descriptor %.*s appears twice", STR_ARG(word));
	if (token == TOK_LOCAL)
		return parse_sdp(s, &st->local);
	if (token == TOK_REMOTE)
		return parse_sdp(s, &st->remote);
	if (token == TOK_LOCAL_CONTROL) {
		st->control = parse_local_control(s);
		return st->control != NULL;
	}
	st->statistics = parse_statistics(s);
	return st->statistics != NULL;
}

static bool parse_stream(struct parser *s, struct h248_media *m)
{
	struct h248_stream *st = scan_new(s, struct h248_stream);
	bool known, more = true;
	struct str word;

	if (!st || !parse_stream_id(s, &st->id) || !scan_expect(s, '{'))
		return false;
	h248_append(&m->streams, st);
	while (more) {
		if (!scan_word(s, "a stream descriptor", &word) ||
		    !parse_stream_parm(s, st, word, h248_token_of(word), &known))
			return false;
		if (!known)
			return scan_fail(s, word.p, 0, "expected a stream descriptor, found %.*s",
					 STR_ARG(word));
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_buffer_control(struct parser *s, enum h248_buffer_control *out)
{
	enum h248_token token;
	struct str word;

	if (!scan_expect(s, '='))
		return false;
	word = scan_ahead(s);
	token = h248_token_of(word);
	if (token != TOK_OFF && token != TOK_LOCKSTEP)
		return scan_expected(s, "OFF or LockStep");
	s->p += word.len;
	*out = token == TOK_OFF ? H248_BUFFER_OFF : H248_BUFFER_LOCKSTEP;
	return true;
}

static bool parse_state_parm(struct parser *s, struct h248_term_state *t)
{
	struct h248_property *p;
	struct str word;

	if (!scan_word(s, "a TerminationState parameter", &word))
		return false;
	switch (h248_token_of(word)) {
	case TOK_SERVICE_STATES:
		if (t->service_state)
			return twice(s, word);
		return scan_expect(s, '=') && parse_state_value(s, &t->service_state);
	case TOK_BUFFER:
		return t->buffer ? twice(s, word) : parse_buffer_control(s, &t->buffer);
	default:
		break;
	}
	p = parse_property(s, word);
	if (p)
		h248_append(&t->properties, p);
	return p != NULL;
}

static struct h248_term_state *parse_term_state(struct parser *s)
{
	struct h248_term_state *t = scan_new(s, struct h248_term_state);
	bool more = true;

	if (!t || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_state_parm(s, t) || !scan_more(s, '}', &more))
			return NULL;
	return t;
}

static bool parse_media_parm(struct parser *s, struct h248_media *m, struct h248_stream **one)
{
	enum h248_token token;
	struct str word;
	bool known;

	if (!scan_word(s, "a media parameter", &word))
		return false;
	token = h248_token_of(word);
	if (token == TOK_TERMINATION_STATE) {
		if (m->state)
			return scan_fail(s, word.p, 448, "descriptor %.*s appears twice",
					 STR_ARG(word));
		m->state = parse_term_state(s);
		return m->state != NULL;
	}
	if (token == TOK_STREAM) {
		if (*one)
			return scan_fail(s, word.p, 0, "Stream beside stream parameters");
		return parse_stream(s, m);
	}
	if (!*one && m->streams.first)
		return scan_fail(s, word.p, 0, "expected Stream, found %.*s", STR_ARG(word));
	if (!*one) {
		*one = scan_new(s, struct h248_stream);
		if (!*one)
			return false;
		(*one)->id = 1;
		(*one)->implied = true;
		h248_append(&m->streams, *one);
	}
	if (!parse_stream_parm(s, *one, word, token, &known))
		return false;
	if (!known)
		return scan_fail(s, word.p, 0, "expected a media parameter, found %.*s",
				 STR_ARG(word));
	return true;
}

struct h248_media *parse_media(struct parser *s)
{
	struct h248_media *m = scan_new(s, struct h248_media);
	struct h248_stream *one = NULL;
	bool more = true;

	if (!m || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_media_parm(s, m, &one) || !scan_more(s, '}', &more))
			return NULL;
	return m;
}

static bool parse_modem_type(struct parser *s, struct h248_modem *m)
{
	struct h248_text_entry *t = scan_new(s, struct h248_text_entry);

	if (!t || !scan_word(s, "a modem type", &t->text))
		return false;
	h248_append(&m->types, t);
	return true;
}

struct h248_modem *parse_modem(struct parser *s)
{
	struct h248_modem *m = scan_new(s, struct h248_modem);
	struct h248_property *p;
	bool more = true;
	struct str word;

	if (!m)
		return NULL;
	if (scan_take(s, '=')) {
		if (!parse_modem_type(s, m))
			return NULL;
	} else if (scan_take(s, '[')) {
		m->bracketed = true;
		while (more)
			if (!parse_modem_type(s, m) || !scan_more(s, ']', &more))
				return NULL;
	} else {
		scan_expected(s, "'=' or '['");
		return NULL;
	}
	if (!scan_take(s, '{'))
		return m;
	for (more = true; more;) {
		if (!scan_word(s, "a property", &word))
			return NULL;
		p = parse_property(s, word);
		if (!p)
			return NULL;
		h248_append(&m->properties, p);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return m;
}

struct h248_mux *parse_mux(struct parser *s)
{
	struct h248_mux *m = scan_new(s, struct h248_mux);
	struct h248_tid *tid;
	bool more = true;

	if (!m || !scan_expect(s, '=') || !scan_word(s, "a multiplex type", &m->type) ||
	    !scan_expect(s, '{'))
		return NULL;
	while (more) {
		tid = scan_new(s, struct h248_tid);
		if (!tid || !scan_tid(s, tid))
			return NULL;
		h248_append(&m->terms, tid);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return m;
}

/* name [ "=" VALUE / "=" "[" VALUE, ... "]" ]; Annex B prints the list without "=" */
static bool parse_statistic(struct parser *s, struct h248_property *p)
{
	bool more = true;

	if (!scan_pkgd_name(s, "a statistic", &p->name))
		return false;
	if (scan_take(s, '=')) {
		p->form = H248_FORM_EQUAL;
		if (!scan_peek(s, '['))
			return parse_value(s, p);
	}
	if (!scan_take(s, '['))
		return true;
	p->form = H248_FORM_AND;
	while (more)
		if (!parse_value(s, p) || !scan_more(s, ']', &more))
			return false;
	return true;
}

struct h248_statistics *parse_statistics(struct parser *s)
{
	struct h248_statistics *st = scan_new(s, struct h248_statistics);
	struct h248_property *p;
	bool more = true;

	/* version 3: alone, it asks for none to be kept */
	if (!st || !scan_take(s, '{'))
		return st;
	while (more) {
		p = scan_new(s, struct h248_property);
		if (!p || !parse_statistic(s, p))
			return NULL;
		h248_append(&st->items, p);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return st;
}
