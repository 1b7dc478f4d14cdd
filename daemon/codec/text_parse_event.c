// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_event: Events, EventBuffer, ObservedEvents, DigitMap. See text_scan.h. */
#include "codec/text_scan.h"

/*
 * Events in Events: Embed of the grammar knows two levels. What is embedded in
 * RegulatedNotify begins again at the first one, so there the depth is limited: recursion
 * must not be bounded by the message alone.
 */
#define REGULATED_MAX	4

enum events_level {
	EVENTS_OUTER,
	EVENTS_EMBEDDED,	/* its Embed may hold Signals only */
};

static struct h248_events *parse_events_at(struct parser *s, enum events_level level);

static bool twice(struct parser *s, struct str word)
{
	return scan_fail(s, word.p, 456, "%.*s appears twice", STR_ARG(word));
}

/* "{" Signals [, Events] / Events "}" */
static struct h248_embed *parse_embed(struct parser *s, enum events_level level)
{
	struct h248_embed *e = scan_new(s, struct h248_embed);
	enum h248_token token;
	bool more = true;
	struct str word;

	if (!e || !scan_expect(s, '{'))
		return NULL;
	while (more) {
		if (!scan_word(s, "Signals or Events", &word))
			return NULL;
		token = h248_token_of(word);
		if (token == TOK_SIGNALS && !e->signals && !e->events) {
			e->signals = parse_signals(s);
			if (!e->signals)
				return NULL;
		} else if (token == TOK_EVENTS && !e->events && level == EVENTS_OUTER) {
			e->events = parse_events_at(s, EVENTS_EMBEDDED);
			if (!e->events)
				return NULL;
		} else {
			scan_fail(s, word.p, 0, "%.*s cannot be embedded here", STR_ARG(word));
			return NULL;
		}
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return e;
}

static bool parse_regulated(struct parser *s, struct h248_event *ev)
{
	struct str word;

	if (!scan_take(s, '{'))
		return true;
	word = scan_ahead(s);
	if (h248_token_of(word) != TOK_EMBED)
		return scan_expected(s, "Embed");
	if (s->regulated == REGULATED_MAX)
		return scan_fail(s, word.p, 501, "RegulatedNotify nested deeper than %d",
				 REGULATED_MAX);
	s->p += word.len;
	s->regulated++;
	ev->regulated_embed = parse_embed(s, EVENTS_OUTER);
	s->regulated--;
	return ev->regulated_embed && scan_expect(s, '}');
}

static bool parse_event_parm(struct parser *s, struct h248_event *ev, enum events_level level)
{
	struct h248_property *p;
	enum h248_token token;
	struct str word;

	if (!scan_word(s, "an event parameter", &word))
		return false;
	token = h248_token_of(word);
	switch (token) {
	case TOK_KEEP_ACTIVE:
		if (ev->keep_active)
			return twice(s, word);
		ev->keep_active = true;
		return true;
	case TOK_RESET_EVENTS:
		if (ev->reset_events)
			return twice(s, word);
		ev->reset_events = true;
		return true;
	case TOK_NEVER_NOTIFY:
	case TOK_IMM_NOTIFY:
	case TOK_REGULATED_NOTIFY:
		if (ev->notify)
			return twice(s, word);
		if (token == TOK_REGULATED_NOTIFY) {
			ev->notify = H248_NOTIFY_REGULATED;
			return parse_regulated(s, ev);
		}
		ev->notify = token == TOK_IMM_NOTIFY ? H248_NOTIFY_IMMEDIATE : H248_NOTIFY_NEVER;
		return true;
	case TOK_STREAM:
		if (ev->has_stream)
			return twice(s, word);
		ev->has_stream = true;
		return parse_stream_id(s, &ev->stream);
	case TOK_EMBED:
		if (ev->embed)
			return twice(s, word);
		ev->embed = parse_embed(s, level);
		return ev->embed != NULL;
	case TOK_DIGITMAP:
		if (ev->digit_map)
			return twice(s, word);
		ev->digit_map = parse_digit_map(s);
		return ev->digit_map != NULL;
	default:
		break;
	}
	p = parse_param(s, word);
	if (p)
		h248_append(&ev->params, p);
	return p != NULL;
}

static bool parse_event(struct parser *s, struct h248_events *evs, enum events_level level)
{
	struct h248_event *ev = scan_new(s, struct h248_event);
	bool more = true;

	if (!ev || !scan_pkgd_name(s, "an event", &ev->name))
		return false;
	h248_append(&evs->items, ev);
	if (!scan_take(s, '{'))
		return true;
	while (more)
		if (!parse_event_parm(s, ev, level) || !scan_more(s, '}', &more))
			return false;
	return true;
}

static struct h248_events *parse_events_at(struct parser *s, enum events_level level)
{
	struct h248_events *evs = scan_new(s, struct h248_events);
	bool more = true;

	if (!evs)
		return NULL;
	if (!scan_take(s, '=')) {
		/* "Events" and, written by some, "Events { }": none */
		if (scan_take(s, '{') && !scan_expect(s, '}'))
			return NULL;
		return evs;
	}
	evs->has_id = true;
	if (!scan_request_id(s, &evs->id) || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_event(s, evs, level) || !scan_more(s, '}', &more))
			return NULL;
	return evs;
}

struct h248_events *parse_events(struct parser *s)
{
	return parse_events_at(s, EVENTS_OUTER);
}

/* Stream = n / NAME parmValue */
static bool parse_event_value(struct parser *s, bool *has_stream, uint16_t *stream,
			      property_list *params)
{
	struct h248_property *p;
	struct str word;

	if (!scan_word(s, "an event parameter", &word))
		return false;
	if (h248_token_of(word) == TOK_STREAM) {
		if (*has_stream)
			return twice(s, word);
		*has_stream = true;
		return parse_stream_id(s, stream);
	}
	p = parse_param(s, word);
	if (p)
		h248_append(params, p);
	return p != NULL;
}

static bool parse_event_values(struct parser *s, bool *has_stream, uint16_t *stream,
			       property_list *params)
{
	bool more = true;

	if (!scan_take(s, '{'))
		return true;
	while (more)
		if (!parse_event_value(s, has_stream, stream, params) || !scan_more(s, '}', &more))
			return false;
	return true;
}

struct h248_events *parse_event_buffer(struct parser *s)
{
	struct h248_events *evs = scan_new(s, struct h248_events);
	property_list params;
	struct h248_event *ev;
	bool more = true;

	if (!evs || !scan_take(s, '{') || scan_take(s, '}'))
		return evs;
	while (more) {
		ev = scan_new(s, struct h248_event);
		if (!ev || !scan_pkgd_name(s, "an event", &ev->name))
			return NULL;
		memset(&params, 0, sizeof(params));
		if (!parse_event_values(s, &ev->has_stream, &ev->stream, &params))
			return NULL;
		ev->params.first = params.first;
		ev->params.last = params.last;
		h248_append(&evs->items, ev);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return evs;
}

static bool parse_observed_event(struct parser *s, struct h248_observed *o)
{
	struct h248_observed_event *ev = scan_new(s, struct h248_observed_event);
	property_list params = { NULL, NULL };
	struct str word;

	if (!ev || !scan_word(s, "an event", &word))
		return false;
	if (scan_is_time(word, &ev->time)) {
		ev->has_time = true;
		if (!scan_expect(s, ':') || !scan_word(s, "an event", &word))
			return false;
	}
	if (!scan_split_name(s, word, &ev->name) ||
	    !parse_event_values(s, &ev->has_stream, &ev->stream, &params))
		return false;
	ev->params.first = params.first;
	ev->params.last = params.last;
	h248_append(&o->items, ev);
	return true;
}

struct h248_observed *parse_observed(struct parser *s)
{
	struct h248_observed *o = scan_new(s, struct h248_observed);
	bool more = true;

	if (!o || !scan_expect(s, '=') || !scan_request_id(s, &o->id) || !scan_expect(s, '{'))
		return NULL;
	while (more)
		if (!parse_observed_event(s, o) || !scan_more(s, '}', &more))
			return NULL;
	return o;
}

/* [ letter ":" 1*2DIGIT "," ] */
static bool parse_timer(struct parser *s, char letter, uint8_t *out)
{
	struct str word = scan_ahead(s);
	const char *q = s->p + word.len;
	uint32_t v;

	while (is_class(*q, CH_BLANK))
		q++;
	if (word.len != 1 || ascii_lower(*word.p) != letter || *q != ':')
		return true;
	s->p = q + 1;
	word = scan_ahead(s);
	if (!scan_number(word, 99, &v))
		return scan_expected(s, "a timer");
	s->p += word.len;
	*out = (uint8_t)v;
	return scan_expect(s, ',');
}

/*
 * The rest up to "}", without white space and comments; whether it makes sense as
 * a digit map is a question for who uses it (519, 520).
 */
static bool parse_map(struct parser *s, struct str *out)
{
	char *text = (char *)s->p;	/* ours: the parser works on a copy */
	size_t n = 0;

	for (;;) {
		scan_lwsp(s);
		if (!is_class(*s->p, CH_MAP))
			break;
		text[n++] = *s->p++;
	}
	if (!n)
		return scan_expected(s, "a digit map");
	*out = (struct str){ text, n };
	return scan_expect(s, '}');
}

struct h248_digit_map *parse_digit_map(struct parser *s)
{
	struct h248_digit_map *m = scan_new(s, struct h248_digit_map);

	if (!m || !scan_expect(s, '='))
		return NULL;
	if (!scan_peek(s, '{') && !scan_name(s, "a digit map name", &m->name))
		return NULL;
	if (!scan_take(s, '{'))
		return m;
	m->has_value = true;
	if (parse_timer(s, 't', &m->t) && parse_timer(s, 's', &m->s) &&
	    parse_timer(s, 'l', &m->l) && parse_timer(s, 'z', &m->z) && parse_map(s, &m->map))
		return m;
	return NULL;
}
