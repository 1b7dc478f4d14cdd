// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_signal: Signals. See text_scan.h. */
#include "codec/text_scan.h"

static bool parse_signal_type(struct parser *s, enum h248_signal_type *out)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_ON_OFF:
		*out = H248_SIGNAL_ONOFF;
		break;
	case TOK_TIMEOUT:
		*out = H248_SIGNAL_TIMEOUT;
		break;
	case TOK_BRIEF:
		*out = H248_SIGNAL_BRIEF;
		break;
	default:
		return scan_expected(s, "a signal type");
	}
	s->p += word.len;
	return true;
}

static bool parse_direction(struct parser *s, enum h248_direction *out)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_EXTERNAL:
		*out = H248_DIRECTION_EXTERNAL;
		break;
	case TOK_INTERNAL:
		*out = H248_DIRECTION_INTERNAL;
		break;
	case TOK_BOTH:
		*out = H248_DIRECTION_BOTH;
		break;
	default:
		return scan_expected(s, "a direction");
	}
	s->p += word.len;
	return true;
}

static bool parse_completion(struct parser *s, uint8_t *out)
{
	bool more = true;
	struct str word;

	if (!scan_expect(s, '{'))
		return false;
	while (more) {
		word = scan_ahead(s);
		switch (h248_token_of(word)) {
		case TOK_TIMEOUT:
			*out |= H248_NC_TIMEOUT;
			break;
		case TOK_INT_BY_EVENT:
			*out |= H248_NC_BY_EVENT;
			break;
		case TOK_INT_BY_SIGNALS:
			*out |= H248_NC_BY_SIGNALS;
			break;
		case TOK_OTHER_REASON:
			*out |= H248_NC_OTHER;
			break;
		case TOK_ITERATION:
			*out |= H248_NC_ITERATION;
			break;
		default:
			return scan_expected(s, "a completion reason");
		}
		s->p += word.len;
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

/* the sigParameter tokens that take a value; "=" was read */
static bool parse_signal_value(struct parser *s, struct h248_signal *sig, enum h248_token token)
{
	switch (token) {
	case TOK_STREAM:
		sig->has_stream = true;
		return scan_u16(s, "a stream id", &sig->stream);
	case TOK_SIGNAL_TYPE:
		return parse_signal_type(s, &sig->type);
	case TOK_DURATION:
		sig->has_duration = true;
		return scan_u16(s, "a duration", &sig->duration);
	case TOK_NOTIFY_COMPLETION:
		return parse_completion(s, &sig->notify_completion);
	case TOK_DIRECTION:
		return parse_direction(s, &sig->direction);
	case TOK_REQUEST_ID:
		sig->has_request = true;
		return scan_request_id(s, &sig->request);
	case TOK_INTERSIGNAL:
		sig->has_delay = true;
		return scan_u16(s, "a delay", &sig->delay);
	default:
		return scan_expected(s, "a signal parameter");
	}
}

static bool parse_signal_parm(struct parser *s, struct h248_signal *sig)
{
	struct h248_property *p;
	enum h248_token token;
	struct str word;
	bool again;

	if (!scan_word(s, "a signal parameter", &word))
		return false;
	token = h248_token_of(word);
	switch (token) {
	case TOK_KEEP_ACTIVE:
		again = sig->keep_active;
		sig->keep_active = true;
		break;
	case TOK_STREAM:
		again = sig->has_stream;
		break;
	case TOK_SIGNAL_TYPE:
		again = sig->type;
		break;
	case TOK_DURATION:
		again = sig->has_duration;
		break;
	case TOK_NOTIFY_COMPLETION:
		again = sig->notify_completion;
		break;
	case TOK_DIRECTION:
		again = sig->direction;
		break;
	case TOK_REQUEST_ID:
		again = sig->has_request;
		break;
	case TOK_INTERSIGNAL:
		again = sig->has_delay;
		break;
	default:
		p = parse_param(s, word);
		if (p)
			h248_append(&sig->params, p);
		return p != NULL;
	}
	if (again)
		return scan_fail(s, word.p, 456, "%.*s appears twice", STR_ARG(word));
	if (token == TOK_KEEP_ACTIVE)
		return true;
	return scan_expect(s, '=') && parse_signal_value(s, sig, token);
}

static bool parse_signal(struct parser *s, struct str word, struct h248_signal_entry *e)
{
	struct h248_signal *sig = scan_new(s, struct h248_signal);
	bool more = true;

	if (!sig || !scan_split_name(s, word, &sig->name))
		return false;
	h248_append(&e->signals, sig);
	if (!scan_take(s, '{'))
		return true;
	while (more)
		if (!parse_signal_parm(s, sig) || !scan_more(s, '}', &more))
			return false;
	return true;
}

static bool parse_signal_list(struct parser *s, struct h248_signal_entry *e)
{
	bool more = true;
	struct str word;

	e->is_list = true;
	if (!scan_expect(s, '=') || !scan_u16(s, "a signal list id", &e->list_id))
		return false;
	/* in an audit the list's id may stand alone */
	if (!scan_take(s, '{'))
		return true;
	while (more) {
		if (!scan_word(s, "a signal", &word) || !parse_signal(s, word, e) ||
		    !scan_more(s, '}', &more))
			return false;
	}
	return true;
}

struct h248_signal_entry *parse_signal_entry(struct parser *s, struct str word)
{
	struct h248_signal_entry *e = scan_new(s, struct h248_signal_entry);
	bool ok;

	if (!e)
		return NULL;
	if (h248_token_of(word) == TOK_SIGNAL_LIST)
		ok = parse_signal_list(s, e);
	else
		ok = parse_signal(s, word, e);
	return ok ? e : NULL;
}

struct h248_signals *parse_signals(struct parser *s)
{
	struct h248_signals *sg = scan_new(s, struct h248_signals);
	struct h248_signal_entry *e;
	bool more = true;
	struct str word;

	/* "Signals" and, as many peers write, "Signals { }": stop all */
	if (!sg || !scan_take(s, '{') || scan_take(s, '}'))
		return sg;
	while (more) {
		if (!scan_word(s, "a signal", &word))
			return NULL;
		e = parse_signal_entry(s, word);
		if (!e)
			return NULL;
		if (h248_empty(&e->signals)) {
			scan_expected(s, "'{'");
			return NULL;
		}
		h248_append(&sg->items, e);
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return sg;
}
