// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_context: ContextID, Topology, ContextAttr, ContextAudit. See text_scan.h. */
#include "codec/text_scan.h"

bool parse_context_id(struct parser *s, uint32_t *out)
{
	struct str word = scan_ahead(s);

	if (word.len == 1 && (*word.p == '-' || *word.p == '$' || *word.p == '*')) {
		*out = *word.p == '-' ? H248_CONTEXT_NULL :
		       *word.p == '$' ? H248_CONTEXT_CHOOSE : H248_CONTEXT_ALL;
		s->p++;
		return true;
	}
	/* the numbers of the three above have no other spelling */
	if (!scan_number(word, H248_CONTEXT_CHOOSE - 1, out) || !*out)
		return scan_expected(s, "a context id");
	s->p += word.len;
	return true;
}

static bool parse_topology_kind(struct parser *s, enum h248_topology_kind *out)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_BOTHWAY:
		*out = H248_TOPOLOGY_BOTHWAY;
		break;
	case TOK_ISOLATE:
		*out = H248_TOPOLOGY_ISOLATE;
		break;
	case TOK_ONEWAY:
		*out = H248_TOPOLOGY_ONEWAY;
		break;
	case TOK_ONEWAY_EXTERNAL:
		*out = H248_TOPOLOGY_ONEWAY_EXTERNAL;
		break;
	case TOK_ONEWAY_BOTH:
		*out = H248_TOPOLOGY_ONEWAY_BOTH;
		break;
	default:
		return scan_expected(s, "a topology direction");
	}
	s->p += word.len;
	return true;
}

/* "Stream =", which tells it from a termination called "Stream" */
static bool take_stream(struct parser *s)
{
	struct str word = scan_ahead(s);
	const char *from = s->p;

	if (h248_token_of(word) != TOK_STREAM)
		return false;
	s->p += word.len;
	if (scan_peek(s, '='))
		return true;
	s->p = from;
	return false;
}

/*
 * Binary has the directions of version 3 as an addition to those of version 1, and a
 * peer that thinks in binary writes both: "T1, T2, Oneway, OnewayBoth".
 */
static bool take_extended_kind(struct parser *s, enum h248_topology_kind *out)
{
	struct str word = scan_ahead(s);
	enum h248_token token = h248_token_of(word);

	if (token != TOK_ONEWAY_BOTH && token != TOK_ONEWAY_EXTERNAL)
		return false;
	s->p += word.len;
	*out = token == TOK_ONEWAY_BOTH ? H248_TOPOLOGY_ONEWAY_BOTH :
					  H248_TOPOLOGY_ONEWAY_EXTERNAL;
	return true;
}

bool parse_topology(struct parser *s, struct h248_context_attr *attr)
{
	struct h248_topology *t;
	bool more = true;

	if (!scan_expect(s, '{'))
		return false;
	attr->has_topology = true;
	while (more) {
		t = scan_new(s, struct h248_topology);
		if (!t || !scan_tid(s, &t->from) || !scan_expect(s, ',') ||
		    !scan_tid(s, &t->to) || !scan_expect(s, ',') ||
		    !parse_topology_kind(s, &t->kind))
			return false;
		h248_append(&attr->topology, t);
		if (!scan_more(s, '}', &more))
			return false;
		if (more && take_extended_kind(s, &t->kind) && !scan_more(s, '}', &more))
			return false;
		if (more && take_stream(s)) {
			t->has_stream = true;
			if (!parse_stream_id(s, &t->stream) || !scan_more(s, '}', &more))
				return false;
		}
	}
	return true;
}

/* "= { id, ... }" after ContextList */
static bool parse_context_list(struct parser *s, struct h248_context_attr *attr)
{
	struct h248_context_id *c;
	bool more = true;

	if (!scan_expect(s, '=') || !scan_expect(s, '{'))
		return false;
	while (more) {
		c = scan_new(s, struct h248_context_id);
		if (!c || !parse_context_id(s, &c->id))
			return false;
		h248_append(&attr->contexts, c);
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

bool parse_context_attr(struct parser *s, struct h248_context_attr *attr)
{
	struct h248_property *p;
	bool more = true;
	struct str word;

	if (!scan_expect(s, '{'))
		return false;
	while (more) {
		if (!scan_word(s, "a context property", &word))
			return false;
		if (h248_token_of(word) == TOK_CONTEXT_LIST) {
			if (!parse_context_list(s, attr))
				return false;
		} else {
			p = parse_property(s, word);
			if (!p)
				return false;
			h248_append(&attr->properties, p);
		}
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool parse_emergency_value(struct parser *s, enum h248_tristate *out)
{
	enum h248_token token;
	struct str word;

	if (!scan_expect(s, '='))
		return false;
	word = scan_ahead(s);
	token = h248_token_of(word);
	if (token != TOK_EMERGENCY && token != TOK_EMERGENCY_OFF)
		return scan_expected(s, "Emergency or EmergencyOff");
	s->p += word.len;
	*out = token == TOK_EMERGENCY ? H248_ON : H248_OFF;
	return true;
}

static struct h248_context_attr *selection(struct parser *s, struct h248_context_audit *ca)
{
	if (!ca->select)
		ca->select = scan_new(s, struct h248_context_attr);
	return ca->select;
}

/* pkgdName asks for a property, with a value it selects by it */
static bool parse_audit_property(struct parser *s, struct h248_context_audit *ca, struct str word)
{
	struct h248_context_attr *sel;
	struct h248_name_entry *n;
	struct h248_property *p;
	struct h248_name name;

	if (!scan_split_name(s, word, &name))
		return false;
	scan_lwsp(s);
	if (*s->p != '=' && *s->p != '#' && *s->p != '<' && *s->p != '>') {
		n = scan_new(s, struct h248_name_entry);
		if (!n)
			return false;
		n->name = name;
		h248_append(&ca->names, n);
		return true;
	}
	sel = selection(s, ca);
	if (!sel)
		return false;
	p = parse_property(s, word);
	if (p)
		h248_append(&sel->properties, p);
	return p != NULL;
}

static bool parse_context_audit_item(struct parser *s, struct h248_context_audit *ca,
				     struct str word, enum h248_token token)
{
	struct h248_context_attr *sel;

	switch (token) {
	case TOK_TOPOLOGY:
		ca->topology = true;
		return true;
	case TOK_EMERGENCY:
		ca->emergency = true;
		return true;
	case TOK_AND_LOGIC:
		ca->logic = H248_LOGIC_AND;
		return true;
	case TOK_OR_LOGIC:
		ca->logic = H248_LOGIC_OR;
		return true;
	case TOK_PRIORITY:
		if (!scan_take(s, '=')) {
			ca->priority = true;
			return true;
		}
		sel = selection(s, ca);
		if (!sel)
			return false;
		sel->has_priority = true;
		return scan_u16(s, "a priority", &sel->priority);
	case TOK_IEPS:
		if (!scan_peek(s, '=')) {
			ca->ieps = true;
			return true;
		}
		sel = selection(s, ca);
		return sel && parse_on_off(s, &sel->ieps);
	case TOK_EMERGENCY_VALUE:
		sel = selection(s, ca);
		return sel && parse_emergency_value(s, &sel->emergency);
	case TOK_CONTEXT_LIST:
		sel = selection(s, ca);
		return sel && parse_context_list(s, sel);
	default:
		return parse_audit_property(s, ca, word);
	}
}

/*
 * ContextAttr inside of ContextAudit is either the wrapper around all the items, or
 * the selection by properties. Items of both may stand in it here; only what asks
 * for something makes it the wrapper.
 */
static bool parse_wrapped_audit(struct parser *s, struct h248_context_audit *ca)
{
	enum h248_token token;
	bool more = true;
	struct str word;

	if (!scan_expect(s, '{'))
		return false;
	while (more) {
		if (!scan_word(s, "a context property", &word))
			return false;
		token = h248_token_of(word);
		if (token == TOK_CONTEXT_ATTR) {
			ca->in_attr = true;
			if (!selection(s, ca) || !parse_context_attr(s, ca->select))
				return false;
		} else if (!parse_context_audit_item(s, ca, word, token)) {
			return false;
		}
		if (!scan_more(s, '}', &more))
			return false;
	}
	return true;
}

static bool asks(const struct h248_context_audit *ca)
{
	return ca->topology || ca->emergency || ca->priority || ca->ieps || ca->logic ||
	       ca->names.first ||
	       (ca->select && (ca->select->has_priority || ca->select->emergency ||
			       ca->select->ieps));
}

struct h248_context_audit *parse_context_audit(struct parser *s)
{
	struct h248_context_audit *ca = scan_new(s, struct h248_context_audit);
	enum h248_token token;
	bool more = true;
	struct str word;

	if (!ca || !scan_expect(s, '{'))
		return NULL;
	while (more) {
		if (!scan_word(s, "a context property", &word))
			return NULL;
		token = h248_token_of(word);
		if (token == TOK_CONTEXT_ATTR) {
			bool before = asks(ca);

			if (!parse_wrapped_audit(s, ca))
				return NULL;
			if (!before && asks(ca))
				ca->in_attr = true;
		} else if (!parse_context_audit_item(s, ca, word, token)) {
			return NULL;
		}
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return ca;
}
