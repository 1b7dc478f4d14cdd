// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_audit: Audit with its individual items, Packages. See text_scan.h. */
#include "codec/text_scan.h"

/* pkgdName, or a propertyParm that selects */
static bool parse_named(struct parser *s, struct str word, struct h248_property **out)
{
	struct h248_property *p = scan_new(s, struct h248_property);

	if (!p || !scan_split_name(s, word, &p->name))
		return false;
	*out = p;
	scan_lwsp(s);
	if (*s->p == '=' || *s->p == '#' || *s->p == '<' || *s->p == '>')
		return parse_parm_value(s, p);
	return true;
}

/* [ EQUAL / INEQUAL ]; the form is NONE if none of them is next */
static void take_relation(struct parser *s, enum h248_form *form)
{
	scan_lwsp(s);
	switch (*s->p) {
	case '=':
		*form = H248_FORM_EQUAL;
		break;
	case '#':
		*form = H248_FORM_NOT;
		break;
	case '>':
		*form = H248_FORM_GREATER;
		break;
	case '<':
		*form = H248_FORM_LESS;
		break;
	default:
		*form = H248_FORM_NONE;
		return;
	}
	s->p++;
}

static bool parse_control_item(struct parser *s, struct h248_ind_control *c)
{
	struct h248_property *p;
	struct str word;

	if (!scan_word(s, "a LocalControl item", &word))
		return false;
	switch (h248_token_of(word)) {
	case TOK_MODE:
		c->mode = true;
		take_relation(s, &c->mode_form);
		return c->mode_form == H248_FORM_NONE || parse_mode_value(s, &c->mode_value);
	case TOK_RESERVED_VALUE:
		c->reserve_value = true;
		return true;
	case TOK_RESERVED_GROUP:
		c->reserve_group = true;
		return true;
	default:
		break;
	}
	if (!parse_named(s, word, &p))
		return false;
	h248_append(&c->properties, p);
	return true;
}

static struct h248_ind_control *parse_ind_control(struct parser *s)
{
	struct h248_ind_control *c = scan_new(s, struct h248_ind_control);
	bool more = true;

	if (!c || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_control_item(s, c) || !scan_more(s, '}', &more))
			return NULL;
	return c;
}

static bool parse_state_item(struct parser *s, struct h248_ind_state *t)
{
	struct h248_property *p;
	struct str word;

	if (!scan_word(s, "a TerminationState item", &word))
		return false;
	switch (h248_token_of(word)) {
	case TOK_SERVICE_STATES:
		t->service_state = true;
		take_relation(s, &t->state_form);
		return t->state_form == H248_FORM_NONE || parse_state_value(s, &t->state);
	case TOK_BUFFER:
		t->buffer = true;
		return true;
	default:
		break;
	}
	if (!parse_named(s, word, &p))
		return false;
	h248_append(&t->properties, p);
	return true;
}

static struct h248_ind_state *parse_ind_state(struct parser *s)
{
	struct h248_ind_state *t = scan_new(s, struct h248_ind_state);
	bool more = true;

	if (!t || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_state_item(s, t) || !scan_more(s, '}', &more))
			return NULL;
	return t;
}

static struct h248_name_entry *parse_name_entry(struct parser *s, const char *what)
{
	struct h248_name_entry *n = scan_new(s, struct h248_name_entry);

	return n && scan_pkgd_name(s, what, &n->name) ? n : NULL;
}

/* Local and Remote: bare, or with the lines that are asked for (v3) */
static bool parse_ind_sdp(struct parser *s, bool *given, struct str *text)
{
	*given = true;
	return !scan_take(s, '{') || scan_octets(s, text);
}

static bool parse_ind_stream_parm(struct parser *s, struct h248_ind_stream *st, struct str word)
{
	struct h248_name_entry *n;
	bool more = true;

	switch (h248_token_of(word)) {
	case TOK_LOCAL:
		if (st->local)
			break;
		return parse_ind_sdp(s, &st->local, &st->local_text);
	case TOK_REMOTE:
		if (st->remote)
			break;
		return parse_ind_sdp(s, &st->remote, &st->remote_text);
	case TOK_LOCAL_CONTROL:
		if (st->control)
			break;
		st->control = parse_ind_control(s);
		return st->control != NULL;
	case TOK_STATISTICS:
		if (!scan_expect(s, '{'))
			return false;
		while (more) {
			n = parse_name_entry(s, "a statistic");
			if (!n)
				return false;
			h248_append(&st->statistics, n);
			if (!scan_more(s, '}', &more))
				return false;
		}
		return true;
	default:
		return scan_fail(s, word.p, 0, "expected a stream item, found %.*s",
				 STR_ARG(word));
	}
	return scan_fail(s, word.p, 448, "descriptor %.*s appears twice", STR_ARG(word));
}

static bool parse_ind_stream(struct parser *s, struct h248_ind_media *m)
{
	struct h248_ind_stream *st = scan_new(s, struct h248_ind_stream);
	bool more = true;
	struct str word;

	if (!st || !parse_stream_id(s, &st->id) || !scan_expect(s, '{'))
		return false;
	h248_append(&m->streams, st);
	while (more) {
		if (!scan_word(s, "a stream item", &word) || !parse_ind_stream_parm(s, st, word) ||
		    !scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_media_parm(struct parser *s, struct h248_ind_media *m)
{
	struct h248_ind_stream *st;
	enum h248_token token;
	struct str word;

	if (!scan_word(s, "a media item", &word))
		return false;
	token = h248_token_of(word);
	if (token == TOK_TERMINATION_STATE) {
		if (m->state)
			return scan_fail(s, word.p, 448, "descriptor %.*s appears twice",
					 STR_ARG(word));
		m->state = parse_ind_state(s);
		return m->state != NULL;
	}
	st = m->streams.first;
	if (token == TOK_STREAM) {
		if (st && st->implied)
			return scan_fail(s, word.p, 0, "Stream beside stream parameters");
		return parse_ind_stream(s, m);
	}
	if (st && !st->implied)
		return scan_fail(s, word.p, 0, "expected Stream, found %.*s", STR_ARG(word));
	if (!st) {
		st = scan_new(s, struct h248_ind_stream);
		if (!st)
			return false;
		st->id = 1;
		st->implied = true;
		h248_append(&m->streams, st);
	}
	return parse_ind_stream_parm(s, st, word);
}

static bool parse_ind_media(struct parser *s, struct h248_audit *audit)
{
	bool more = true;

	if (!audit->media) {
		audit->media = scan_new(s, struct h248_ind_media);
		if (!audit->media)
			return false;
	}
	while (more)
		if (!parse_ind_media_parm(s, audit->media) || !scan_more(s, '}', &more))
			return false;
	return true;
}

/* [ "=" RequestID ] "{" was seen */
static bool parse_ind_events(struct parser *s, struct h248_audit *audit)
{
	bool has_id = scan_take(s, '='), more = true;
	struct h248_ind_event *ev;
	uint32_t id = 0;

	if ((has_id && !scan_request_id(s, &id)) || !scan_expect(s, '{'))
		return false;
	while (more) {
		ev = scan_new(s, struct h248_ind_event);
		if (!ev || !scan_pkgd_name(s, "an event", &ev->name))
			return false;
		ev->has_id = has_id;
		ev->id = id;
		h248_append(&audit->events, ev);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_event_buffer(struct parser *s, struct h248_audit *audit)
{
	struct h248_ind_event *ev;
	bool more = true;
	struct str word;

	while (more) {
		ev = scan_new(s, struct h248_ind_event);
		if (!ev || !scan_pkgd_name(s, "an event", &ev->name))
			return false;
		h248_append(&audit->event_buffer, ev);
		if (scan_take(s, '{')) {
			if (!scan_word(s, "an event parameter", &word))
				return false;
			if (h248_token_of(word) == TOK_STREAM) {
				ev->has_stream = true;
				if (!parse_stream_id(s, &ev->stream))
					return false;
			} else {
				ev->param = word;
				if (!scan_check_name(s, word, "an event parameter"))
					return false;
			}
			if (!scan_expect(s, '}'))
				return false;
		}
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_signals(struct parser *s, struct h248_audit *audit)
{
	struct h248_signal_entry *e;
	bool more = true;
	struct str word;

	if (scan_take(s, '}')) {
		e = scan_new(s, struct h248_signal_entry);
		if (e)
			h248_append(&audit->signals, e);
		return e != NULL;
	}
	while (more) {
		if (!scan_word(s, "a signal", &word))
			return false;
		e = parse_signal_entry(s, word);
		if (!e)
			return false;
		h248_append(&audit->signals, e);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_statistics(struct parser *s, struct h248_audit *audit)
{
	struct h248_name_entry *n;
	bool more = true;

	while (more) {
		n = parse_name_entry(s, "a statistic");
		if (!n)
			return false;
		h248_append(&audit->statistics, n);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_packages(struct parser *s, struct h248_audit *audit)
{
	struct h248_package *p;
	bool more = true;

	while (more) {
		if (!parse_package(s, &p))
			return false;
		h248_append(&audit->packages, p);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_ind_digit_map(struct parser *s, struct h248_audit *audit)
{
	struct h248_text_entry *t = scan_new(s, struct h248_text_entry);

	if (!t || !scan_name(s, "a digit map name", &t->text))
		return false;
	h248_append(&audit->digit_maps, t);
	return true;
}

static unsigned int audit_bit(enum h248_token token)
{
	switch (token) {
	case TOK_MUX:
		return H248_AUDIT_MUX;
	case TOK_MODEM:
		return H248_AUDIT_MODEM;
	case TOK_MEDIA:
		return H248_AUDIT_MEDIA;
	case TOK_EVENTS:
		return H248_AUDIT_EVENTS;
	case TOK_SIGNALS:
		return H248_AUDIT_SIGNALS;
	case TOK_DIGITMAP:
		return H248_AUDIT_DIGITMAP;
	case TOK_STATISTICS:
		return H248_AUDIT_STATISTICS;
	case TOK_OBSERVED:
		return H248_AUDIT_OBSERVED;
	case TOK_PACKAGES:
		return H248_AUDIT_PACKAGES;
	case TOK_EVENT_BUFFER:
		return H248_AUDIT_EVENTBUFFER;
	default:
		return 0;
	}
}

bool parse_audit_item(struct parser *s, struct h248_audit *audit, enum h248_token token,
		      bool *known)
{
	unsigned int bit = audit_bit(token);

	*known = bit != 0;
	if (!bit)
		return true;
	if (token == TOK_EVENTS && (scan_peek(s, '=') || *s->p == '{'))
		return parse_ind_events(s, audit);
	if (token == TOK_DIGITMAP && scan_take(s, '='))
		return parse_ind_digit_map(s, audit);
	if (!scan_peek(s, '{')) {
		audit->items |= bit;
		return true;
	}
	switch (token) {
	case TOK_MEDIA:
		s->p++;
		return parse_ind_media(s, audit);
	case TOK_SIGNALS:
		s->p++;
		return parse_ind_signals(s, audit);
	case TOK_STATISTICS:
		s->p++;
		return parse_ind_statistics(s, audit);
	case TOK_PACKAGES:
		s->p++;
		return parse_ind_packages(s, audit);
	case TOK_EVENT_BUFFER:
		s->p++;
		return parse_ind_event_buffer(s, audit);
	default:
		return scan_expected(s, "',' or '}'");
	}
}

struct h248_audit *parse_audit(struct parser *s)
{
	struct h248_audit *audit = scan_new(s, struct h248_audit);
	bool known, more = true;
	struct str word;

	if (!audit || !scan_expect(s, '{'))
		return NULL;
	if (scan_take(s, '}'))
		return audit;
	while (more) {
		if (!scan_word(s, "an audit item", &word) ||
		    !parse_audit_item(s, audit, h248_token_of(word), &known))
			return NULL;
		if (!known) {
			scan_fail(s, word.p, 0, "expected an audit item, found %.*s",
				  STR_ARG(word));
			return NULL;
		}
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return audit;
}

/* packagesItem = NAME "-" UINT16 */
bool parse_package(struct parser *s, struct h248_package **out)
{
	struct h248_package *p = scan_new(s, struct h248_package);
	const char *dash;
	uint32_t version;
	struct str word;

	if (!p || !scan_word(s, "a package", &word))
		return false;
	*out = p;
	dash = memchr(word.p, '-', word.len);
	p->name = (struct str){ word.p, dash ? (size_t)(dash - word.p) : word.len };
	if (!scan_check_name(s, p->name, "a package"))
		return false;
	if (!dash || !scan_number((struct str){ dash + 1, word.len - p->name.len - 1 }, UINT16_MAX,
				  &version))
		return scan_fail(s, word.p, 0, "expected package-version, found %.*s",
				 STR_ARG(word));
	p->version = (uint16_t)version;
	return true;
}

struct h248_packages *parse_packages(struct parser *s)
{
	struct h248_packages *pg = scan_new(s, struct h248_packages);
	struct h248_package *p;
	bool more = true;

	if (!pg || !scan_expect(s, '{'))
		return NULL;
	while (more) {
		if (!parse_package(s, &p))
			return NULL;
		h248_append(&pg->items, p);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return pg;
}
