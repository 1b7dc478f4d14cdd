// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_value: values, properties, mId, error descriptor. See text_scan.h. */
#include <arpa/inet.h>
#include <errno.h>

#include "codec/text_scan.h"

static struct h248_value *value_new(struct parser *s, struct h248_property *p)
{
	struct h248_value *v = scan_new(s, struct h248_value);

	if (v)
		h248_append(&p->values, v);
	return v;
}

/* VALUE = quotedString / 1*(SafeChar / %x80-FF) */
bool parse_value(struct parser *s, struct h248_property *p)
{
	struct h248_value *v;
	const char *q;

	scan_lwsp(s);
	v = value_new(s, p);
	if (!v)
		return false;
	if (*s->p == '"') {
		v->quoted = true;
		return scan_quoted(s, &v->text);
	}
	for (q = s->p; is_class(*q, CH_SAFE | CH_HIGH);)
		q++;
	if (q == s->p)
		return scan_expected(s, "a value");
	v->text = (struct str){ s->p, (size_t)(q - s->p) };
	s->p = q;
	return true;
}

static bool parse_bracketed(struct parser *s, struct h248_property *p)
{
	bool more;

	p->form = H248_FORM_AND;
	if (!parse_value(s, p))
		return false;
	if (scan_take(s, ':')) {
		p->form = H248_FORM_RANGE;
		return parse_value(s, p) && scan_expect(s, ']');
	}
	for (;;) {
		if (!scan_more(s, ']', &more))
			return false;
		if (!more)
			return true;
		if (!parse_value(s, p))
			return false;
	}
}

static bool parse_alternatives(struct parser *s, struct h248_property *p)
{
	bool more = true;

	p->form = H248_FORM_OR;
	while (more)
		if (!parse_value(s, p) || !scan_more(s, '}', &more))
			return false;
	return true;
}

bool parse_parm_value(struct parser *s, struct h248_property *p)
{
	scan_lwsp(s);
	switch (*s->p) {
	case '=':
		s->p++;
		if (scan_take(s, '['))
			return parse_bracketed(s, p);
		if (scan_take(s, '{'))
			return parse_alternatives(s, p);
		p->form = H248_FORM_EQUAL;
		return parse_value(s, p);
	case '#':
		p->form = H248_FORM_NOT;
		break;
	case '>':
		p->form = H248_FORM_GREATER;
		break;
	case '<':
		p->form = H248_FORM_LESS;
		break;
	default:
		return scan_expected(s, "'=', '<', '>' or '#'");
	}
	s->p++;
	return parse_value(s, p);
}

struct h248_property *parse_property(struct parser *s, struct str name)
{
	struct h248_property *p = scan_new(s, struct h248_property);

	if (p && scan_split_name(s, name, &p->name) && parse_parm_value(s, p))
		return p;
	return NULL;
}

struct h248_property *parse_param(struct parser *s, struct str name)
{
	struct h248_property *p = scan_new(s, struct h248_property);

	if (!p || !scan_check_name(s, name, "a parameter"))
		return NULL;
	p->name.item = name;
	return parse_parm_value(s, p) ? p : NULL;
}

bool parse_stream_id(struct parser *s, uint16_t *out)
{
	return scan_expect(s, '=') && scan_u16(s, "a stream id", out);
}

bool parse_on_off(struct parser *s, enum h248_tristate *out)
{
	enum h248_token token;
	struct str word;

	if (!scan_expect(s, '='))
		return false;
	word = scan_ahead(s);
	token = h248_token_of(word);
	if (token != TOK_ON && token != TOK_OFF)
		return scan_expected(s, "ON or OFF");
	s->p += word.len;
	*out = token == TOK_ON ? H248_ON : H248_OFF;
	return true;
}

struct h248_error *parse_error_descriptor(struct parser *s)
{
	struct h248_error *e = scan_new(s, struct h248_error);
	struct str word;
	uint32_t code;

	if (!e || !scan_expect(s, '='))
		return NULL;
	word = scan_ahead(s);
	if (word.len > 4 || !scan_number(word, 9999, &code)) {
		scan_expected(s, "an error code");
		return NULL;
	}
	s->p += word.len;
	e->code = (uint16_t)code;
	if (!scan_expect(s, '{'))
		return NULL;
	if (scan_peek(s, '"') && !scan_quoted(s, &e->text))
		return NULL;
	return scan_expect(s, '}') ? e : NULL;
}

static bool parse_port(struct parser *s, struct h248_mid *out)
{
	if (!scan_take(s, ':'))
		return true;
	out->has_port = true;
	return scan_u16(s, "a port", &out->port);
}

/* decimal octets, leading zeros allowed, which inet_pton() would refuse */
static bool read_ip4(struct str t, uint8_t addr[4])
{
	unsigned int n = 0, digits = 0, v = 0;
	size_t i;

	for (i = 0; i <= t.len; i++) {
		if (i < t.len && is_class(t.p[i], CH_DIGIT)) {
			v = v * 10 + (unsigned int)(t.p[i] - '0');
			if (++digits > 3 || v > 255)
				return false;
			continue;
		}
		if (!digits || n == 4 || (i < t.len && t.p[i] != '.'))
			return false;
		addr[n++] = (uint8_t)v;
		digits = v = 0;
	}
	return n == 4;
}

static bool read_ip6(struct str t, uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN];

	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.p, t.len);
	text[t.len] = '\0';
	return inet_pton(AF_INET6, text, addr) == 1;
}

static bool parse_mid_address(struct parser *s, struct h248_mid *out)
{
	const char *q = ++s->p;

	while (is_class(*q, CH_HEX) || *q == ':' || *q == '.')
		q++;
	if (*q != ']') {
		s->p = q;
		return scan_expected_here(s, "an IP address and ']'");
	}
	out->text = (struct str){ s->p, (size_t)(q - s->p) };
	if (read_ip4(out->text, out->addr))
		out->kind = H248_MID_IP4;
	else if (read_ip6(out->text, out->addr))
		out->kind = H248_MID_IP6;
	else
		return scan_expected(s, "an IP address");
	s->p = q + 1;
	return parse_port(s, out);
}

static bool parse_mid_domain(struct parser *s, struct h248_mid *out)
{
	const char *q = ++s->p;

	out->kind = H248_MID_DOMAIN;
	while (is_class(*q, CH_NAME) || *q == '-' || *q == '.')
		q++;
	if (*q != '>' || q == s->p || q - s->p > H248_NAME_MAX) {
		if (*q != '>')
			s->p = q;
		return scan_expected_here(s, "a domain name and '>'");
	}
	out->text = (struct str){ s->p, (size_t)(q - s->p) };
	s->p = q + 1;
	return parse_port(s, out);
}

static bool parse_mid_mtp(struct parser *s, struct h248_mid *out)
{
	size_t i;

	out->kind = H248_MID_MTP;
	if (!scan_expect(s, '{') || !scan_word(s, "hex digits", &out->text))
		return false;
	for (i = 0; i < out->text.len; i++)
		if (!is_class(out->text.p[i], CH_HEX))
			break;
	if (i < out->text.len || i < 4 || i > 8)
		return scan_fail(s, out->text.p, 0, "expected 4 to 8 hex digits");
	return scan_expect(s, '}');
}

bool parse_mid(struct parser *s, struct h248_mid *out)
{
	struct str word;

	memset(out, 0, sizeof(*out));
	if (scan_peek(s, '['))
		return parse_mid_address(s, out);
	if (*s->p == '<')
		return parse_mid_domain(s, out);
	if (!scan_word(s, "a message identifier", &word))
		return false;
	if (h248_token_of(word) == TOK_MTP && scan_peek(s, '{'))
		return parse_mid_mtp(s, out);
	if (word.len > H248_NAME_MAX)
		return scan_fail(s, word.p, 0, "device name longer than %d octets", H248_NAME_MAX);
	out->kind = H248_MID_DEVICE;
	out->text = word;
	return true;
}

int h248_mid_parse(struct arena *a, struct str text, struct h248_mid *out)
{
	struct h248_text_error err = { 0 };
	struct parser s = { .a = a, .err = &err };
	struct str copy = arena_str(a, text);

	if (!copy.p)
		return text.p ? -ENOMEM : -EINVAL;
	s.original = s.start = s.p = copy.p;
	s.end = copy.p + copy.len;
	if (!parse_mid(&s, out) || (scan_lwsp(&s), s.p != s.end))
		return s.nomem ? -ENOMEM : -EINVAL;
	return 0;
}
