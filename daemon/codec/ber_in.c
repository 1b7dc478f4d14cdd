// SPDX-License-Identifier: GPL-2.0-only
/* ber_in: see ber_in.h */
#include <stdarg.h>
#include <stdio.h>

#include "codec/ber_in.h"
#include "codec/text_scan.h"

enum problem {
	GOOD,
	SHORT,		/* ends inside of an element */
	BAD_TAG,
	BAD_LENGTH,	/* reserved, or does not fit */
	NO_END,		/* indefinite, without the two zero octets */
	TOO_DEEP,
};

static const char *const problems[] = {
	[SHORT] = "ends inside of an element",
	[BAD_TAG] = "bad tag",
	[BAD_LENGTH] = "bad length",
	[NO_END] = "indefinite length without an end",
	[TOO_DEEP] = "nested too deeply",
};

bool ber_fail(struct ber *b, const uint8_t *at, unsigned int code, const char *fmt, ...)
{
	struct h248_text_error *err = b->err;
	va_list ap;
	char *p;
	int n;

	if (b->failed)
		return false;
	b->failed = true;
	err->code = code ? code : scan_syntax_code(err->level);
	err->offset = (size_t)(at - b->start);
	n = snprintf(err->text, sizeof(err->text), "octet %zu: ", err->offset);
	err->place = (unsigned int)n;
	va_start(ap, fmt);
	vsnprintf(err->text + n, sizeof(err->text) - (size_t)n, fmt, ap);
	va_end(ap);
	/* parts of it may be the peer's */
	for (p = err->text; *p; p++) {
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
		else if (*p == '"')
			*p = '\'';
	}
	return false;
}

bool ber_nomem(struct ber *b, const uint8_t *at)
{
	if (!b->failed)
		ber_fail(b, at, 510, "message takes too much memory");
	b->nomem = true;
	return false;
}

void *ber_alloc(struct ber *b, size_t size)
{
	void *p = arena_zalloc(b->a, size);

	if (!p)
		ber_nomem(b, b->start);
	return p;
}

/* ---- elements --------------------------------------------------------- */

static enum problem scan_tag(const uint8_t **p, const uint8_t *end, struct ber_tlv *t)
{
	uint8_t first, octet;

	if (*p == end)
		return SHORT;
	first = *(*p)++;
	t->class = first & BER_CLASS;
	t->constructed = first & BER_CONSTRUCTED;
	t->tag = first & 0x1f;
	if (t->tag != 0x1f)
		return GOOD;
	t->tag = 0;
	do {
		if (*p == end)
			return SHORT;
		octet = *(*p)++;
		if ((!t->tag && octet == 0x80) || t->tag > UINT32_MAX >> 7)
			return BAD_TAG;
		t->tag = t->tag << 7 | (octet & 0x7f);
	} while (octet & 0x80);
	return GOOD;
}

static enum problem scan_element(const uint8_t **p, const uint8_t *end, struct ber_tlv *t,
				 unsigned int depth);

/* p is after the length octet 0x80; moves behind the two zero octets */
static enum problem find_end(const uint8_t **p, const uint8_t *end, struct ber_tlv *t,
			     unsigned int depth)
{
	struct ber_tlv part;
	enum problem bad;

	if (!depth)
		return TOO_DEEP;
	t->p = *p;
	for (;;) {
		if (end - *p < 2)
			return NO_END;
		if (!(*p)[0] && !(*p)[1])
			break;
		bad = scan_element(p, end, &part, depth - 1);
		if (bad)
			return bad;
	}
	t->end = *p;
	*p += 2;
	return GOOD;
}

static enum problem scan_element(const uint8_t **p, const uint8_t *end, struct ber_tlv *t,
				 unsigned int depth)
{
	enum problem bad;
	uint64_t len;
	uint8_t n;

	t->at = *p;
	bad = scan_tag(p, end, t);
	if (bad)
		return bad;
	/* "end of contents" where none can be */
	if (!t->tag && t->class == BER_UNIVERSAL)
		return BAD_TAG;
	if (*p == end)
		return SHORT;
	len = *(*p)++;
	if (len == 0x80)
		return t->constructed ? find_end(p, end, t, depth) : BAD_LENGTH;
	if (len & 0x80) {
		n = len & 0x7f;
		if (n == 0x7f)
			return BAD_LENGTH;
		for (len = 0; n; n--) {
			if (*p == end)
				return SHORT;
			if (len >> 32)
				return BAD_LENGTH;
			len = len << 8 | *(*p)++;
		}
	}
	if (len > (size_t)(end - *p))
		return SHORT;
	t->p = *p;
	*p += len;
	t->end = *p;
	return GOOD;
}

bool ber_next(struct ber *b, struct ber_tlv *in, struct ber_tlv *out)
{
	const uint8_t *from = in->p;
	enum problem bad = scan_element(&in->p, in->end, out, BER_DEPTH_MAX);

	return !bad || ber_fail(b, from, 0, "%s", problems[bad]);
}

bool ber_is_element(const uint8_t *p, size_t len, struct ber_tlv *out)
{
	const uint8_t *end = p + len;

	return !scan_element(&p, end, out, BER_DEPTH_MAX) && p == end;
}

/* ---- SEQUENCE, CHOICE, SEQUENCE OF ------------------------------------- */

static bool constructed(struct ber *b, const struct ber_tlv *t, const char *what)
{
	return t->constructed || ber_fail(b, t->at, 0, "%s is not constructed", what);
}

static bool missing(struct ber *b, const uint8_t *at, const struct ber_type *type,
		    const struct ber_field *f)
{
	return ber_fail(b, at, 0, "%s without %s", type->name, f->name);
}

static bool read_field(struct ber *b, struct ber_tlv *t, const struct ber_field *f, void *to)
{
	b->field = f->name;
	return f->read(b, t, (char *)to + f->at);
}

bool ber_sequence(struct ber *b, struct ber_tlv *t, const struct ber_type *type, void *to)
{
	const struct ber_field *f = type->fields, *end = f + type->n;
	const uint8_t *at;
	struct ber_tlv e;

	if (!constructed(b, t, type->name))
		return false;
	while (ber_more(t)) {
		at = t->p;
		if (!ber_next(b, t, &e))
			return false;
		if (e.class != BER_CONTEXT)
			return ber_fail(b, at, 0, "unexpected tag 0x%02x in %s", *at, type->name);
		for (; f < end && f->tag < e.tag; f++)
			if (!f->optional)
				return missing(b, at, type, f);
		if (f < end && f->tag == e.tag) {
			if (!read_field(b, &e, f, to))
				return false;
			f++;
			continue;
		}
		if (e.tag <= end[-1].tag)
			return ber_fail(b, at, 0, "[%u] twice or out of order in %s", e.tag,
					type->name);
		if (!type->extensible)
			return ber_fail(b, at, 0, "unknown [%u] in %s", e.tag, type->name);
	}
	for (; f < end; f++)
		if (!f->optional)
			return missing(b, t->end, type, f);
	return true;
}

bool ber_choice(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
		unsigned int code, void *to)
{
	const struct ber_field *f, *end = type->fields + type->n;

	for (f = type->fields; f < end; f++)
		if (t->class == BER_CONTEXT && f->tag == t->tag)
			return read_field(b, t, f, to);
	if (t->class != BER_CONTEXT || !type->extensible)
		code = 0;
	return ber_fail(b, t->at, code, "unknown alternative %s%u%s of %s",
			t->class == BER_CONTEXT ? "[" : "tag ", t->tag,
			t->class == BER_CONTEXT ? "]" : "", type->name);
}

bool ber_inner(struct ber *b, struct ber_tlv *t, struct ber_tlv *inner)
{
	if (!constructed(b, t, "what has an explicit tag"))
		return false;
	if (!ber_more(t))
		return ber_fail(b, t->at, 0, "nothing in an explicit tag");
	if (!ber_next(b, t, inner))
		return false;
	return !ber_more(t) || ber_fail(b, t->p, 0, "two elements in an explicit tag");
}

bool ber_explicit_choice(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
			 unsigned int code, void *to)
{
	struct ber_tlv inner;

	return ber_inner(b, t, &inner) && ber_choice(b, &inner, type, code, to);
}

bool ber_each_choice(struct ber *b, struct ber_tlv *t, struct ber_tlv *out, bool *more)
{
	if (!constructed(b, t, "a list"))
		return false;
	*more = ber_more(t);
	return !*more || ber_next(b, t, out);
}

bool ber_each(struct ber *b, struct ber_tlv *t, unsigned int tag, struct ber_tlv *out, bool *more)
{
	const uint8_t *at = t->p;

	if (!ber_each_choice(b, t, out, more))
		return false;
	if (!*more || (out->class == BER_UNIVERSAL && out->tag == tag))
		return true;
	return ber_fail(b, at, 0, "tag 0x%02x in a list of universal %u", *at, tag);
}

/* ---- primitive types ---------------------------------------------------- */

static bool primitive(struct ber *b, const struct ber_tlv *t, const char *what)
{
	return !t->constructed || ber_fail(b, t->at, 0, "%s is constructed", what);
}

bool ber_uint(struct ber *b, struct ber_tlv *t, uint32_t max, const char *what, uint32_t *out)
{
	const uint8_t *p = t->p;
	uint64_t v = 0;

	if (!primitive(b, t, what))
		return false;
	if (p == t->end || t->end - p > 8)
		return ber_fail(b, t->at, 0, "%s has %zu octets", what, (size_t)(t->end - p));
	if (*p & 0x80)
		return ber_fail(b, t->at, 0, "%s is negative", what);
	while (p < t->end)
		v = v << 8 | *p++;
	if (v > max)
		return ber_fail(b, t->at, 0, "%s is %llu, at most %u may be", what,
				(unsigned long long)v, max);
	*out = (uint32_t)v;
	return true;
}

bool ber_u16(struct ber *b, struct ber_tlv *t, const char *what, uint16_t *out)
{
	uint32_t v;

	if (!ber_uint(b, t, UINT16_MAX, what, &v))
		return false;
	*out = (uint16_t)v;
	return true;
}

bool ber_bool(struct ber *b, struct ber_tlv *t, const char *what, bool *out)
{
	if (!primitive(b, t, what))
		return false;
	if (t->end - t->p != 1)
		return ber_fail(b, t->at, 0, "%s has not one octet", what);
	*out = *t->p != 0;
	return true;
}

bool ber_null(struct ber *b, struct ber_tlv *t, const char *what)
{
	if (!primitive(b, t, what))
		return false;
	return t->p == t->end || ber_fail(b, t->at, 0, "%s is not empty", what);
}

bool ber_flag(struct ber *b, struct ber_tlv *t, void *to)
{
	*(bool *)to = true;
	return ber_null(b, t, b->field);
}

bool ber_number16(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_u16(b, t, b->field, to);
}

bool ber_number32(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_uint(b, t, UINT32_MAX, b->field, to);
}

/* The parts of a constructed string, into text when that is not NULL. */
static bool join(struct ber *b, struct ber_tlv *t, char *text, size_t *len, unsigned int depth)
{
	struct ber_tlv in = *t, part;
	size_t n;

	if (!depth)
		return ber_fail(b, t->at, 0, "%s", problems[TOO_DEEP]);
	while (ber_more(&in)) {
		if (!ber_next(b, &in, &part))
			return false;
		if (part.class != BER_UNIVERSAL)
			return ber_fail(b, part.at, 0, "tag 0x%02x in a string", *part.at);
		if (part.constructed) {
			if (!join(b, &part, text, len, depth - 1))
				return false;
			continue;
		}
		n = (size_t)(part.end - part.p);
		if (text && n)
			memcpy(text + *len, part.p, n);
		*len += n;
	}
	return true;
}

bool ber_octets(struct ber *b, struct ber_tlv *t, size_t min, size_t max, const char *what,
		struct str *out)
{
	char *text;

	if (t->constructed) {
		out->len = 0;
		if (!join(b, t, NULL, &out->len, BER_DEPTH_MAX))
			return false;
		text = arena_text(b->a, out->len + 1);
		if (!text)
			return ber_nomem(b, t->at);
		out->p = text;
		out->len = 0;
		if (!join(b, t, text, &out->len, BER_DEPTH_MAX))
			return false;
	} else {
		*out = (struct str){ (const char *)t->p, (size_t)(t->end - t->p) };
	}
	if (out->len >= min && out->len <= max)
		return true;
	return ber_fail(b, t->at, 0, "%s has %zu octets", what, out->len);
}

/* The last part of a constructed one alone may have unused bits; few as ours are, all are one. */
bool ber_bits(struct ber *b, struct ber_tlv *t, const char *what, uint32_t *out)
{
	struct ber_tlv part = *t;
	unsigned int n, i;

	if (t->constructed && (!ber_inner(b, t, &part) || !primitive(b, &part, what)))
		return false;
	n = (unsigned int)(part.end - part.p);
	if (!n || *part.p > 7 || (n == 1 && *part.p))
		return ber_fail(b, part.at, 0, "%s is no bit string", what);
	n = (n - 1) * 8 - *part.p;
	*out = 0;
	for (i = 0; i < n && i < 32; i++)
		if (part.p[1 + i / 8] & 0x80 >> i % 8)
			*out |= 1u << i;
	return true;
}

bool ber_hex(struct ber *b, struct str octets, struct str *out)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_text(b->a, octets.len * 2 + 1);
	size_t i;

	if (!text)
		return ber_nomem(b, b->start);
	for (i = 0; i < octets.len; i++) {
		text[2 * i] = digits[(unsigned char)octets.p[i] >> 4];
		text[2 * i + 1] = digits[octets.p[i] & 15];
	}
	*out = (struct str){ text, octets.len * 2 };
	return true;
}
