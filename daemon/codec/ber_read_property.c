// SPDX-License-Identifier: GPL-2.0-only
/*
 * ber_read_property: names of packages, and values. See ber_in.h.
 *
 * A value is an octet string that holds the BER of its type. All tags that are used
 * there are below 0x20, so plain text in its place can be told from it.
 */
#include <errno.h>

#include "codec/ber_in.h"
#include "codec/ber_name.h"
#include "codec/text_scan.h"

#define IS_TEXT(c)	((unsigned char)(c) >= 0x20)

static bool text_made(struct ber *b, const struct ber_tlv *t, struct str s)
{
	return s.p || ber_nomem(b, t->at);
}

bool ber_read_package(struct ber *b, struct ber_tlv *t, struct str *out)
{
	struct str s;

	if (!ber_octets(b, t, 2, 2, "a package", &s))
		return false;
	*out = ber_package_name(b->ids, b->a,
				(uint16_t)((unsigned char)s.p[0] << 8 | (unsigned char)s.p[1]));
	return text_made(b, t, *out);
}

static bool split_name(struct ber *b, const struct ber_tlv *t, enum h248_scope scope,
		       const uint8_t octet[4], struct h248_name *out, struct h248_item *item)
{
	uint16_t package = (uint16_t)(octet[0] << 8 | octet[1]);
	uint16_t id = (uint16_t)(octet[2] << 8 | octet[3]);

	out->pkg = ber_package_name(b->ids, b->a, package);
	out->item = ber_item_name(b->ids, b->a, scope, package, id, item);
	return text_made(b, t, out->pkg) && text_made(b, t, out->item);
}

bool ber_read_pkgd_name(struct ber *b, struct ber_tlv *t, enum h248_scope scope,
			struct h248_name *out, struct h248_item *item)
{
	struct h248_item dummy;
	struct str s;

	if (!ber_octets(b, t, 4, 4, "a package and item", &s))
		return false;
	return split_name(b, t, scope, (const uint8_t *)s.p, out, item ? item : &dummy);
}

bool ber_read_map_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct str s, *out = to;

	if (!ber_octets(b, t, 2, 2, "a name", &s))
		return false;
	*out = ber_map_name(b->ids, b->a, (uint16_t)((unsigned char)s.p[0] << 8 |
						     (unsigned char)s.p[1]));
	return text_made(b, t, *out);
}

/* ---- values ---------------------------------------------------------------- */

static bool value_hex(struct ber *b, struct str octets, struct h248_value *v)
{
	v->quoted = true;
	return ber_hex(b, octets, &v->text);
}

/* Text without a tag around it: what could stand unquoted in text does. */
static void value_plain(struct str s, const struct h248_item *item, struct h248_value *v)
{
	bool wildcard = s.len == 1 && (*s.p == '*' || *s.p == '$');
	size_t i;

	v->text = s;
	v->quoted = !s.len || (item->type == H248_TYPE_STRING && !wildcard);
	for (i = 0; i < s.len; i++)
		if (!is_class(s.p[i], CH_SAFE))
			v->quoted = true;
}

static bool value_number(struct ber *b, const struct ber_tlv *t, const struct ber_tlv *e,
			 const struct h248_item *item, struct h248_value *v)
{
	size_t len = (size_t)(e->end - e->p);
	uint64_t n = 0;
	size_t i;

	if (!len || len > 9 || (len == 9 && *e->p))
		return ber_fail(b, t->at, 0, "a number of %zu octets", len);
	for (i = 0; i < len; i++)
		n = n << 8 | e->p[i];
	if (*e->p & 0x80) {
		if (len < 8)
			n |= UINT64_MAX << 8 * len;
		v->text = arena_printf(b->a, "%lld", (long long)n);
		return text_made(b, t, v->text);
	}
	if (item->type == H248_TYPE_ENUM && n <= UINT32_MAX &&
	    !b->ids->ops->enum_name(b->ids->priv, item, (uint32_t)n, &v->text))
		return true;
	v->text = arena_printf(b->a, "%llu", (unsigned long long)n);
	return text_made(b, t, v->text);
}

static bool value_octets(struct ber *b, const struct ber_tlv *t, struct str s,
			 const struct h248_item *item, struct h248_value *v)
{
	const uint8_t *p = (const uint8_t *)s.p;
	struct h248_item signal;
	struct h248_name name;

	if (item->type == H248_TYPE_NAME && s.len == 4) {
		if (!split_name(b, t, H248_SCOPE_SIGNAL, p, &name, &signal))
			return false;
		v->text = arena_printf(b->a, "%.*s/%.*s", STR_ARG(name.pkg), STR_ARG(name.item));
		return text_made(b, t, v->text);
	}
	if (item->type == H248_TYPE_STRING) {
		v->text = s;
		v->quoted = true;
		return true;
	}
	return value_hex(b, s, v);
}

static bool value_element(struct ber *b, const struct ber_tlv *t, struct ber_tlv *e,
			  const struct h248_item *item, struct h248_value *v)
{
	bool on;

	switch (e->tag) {
	case BER_BOOLEAN:
		if (!ber_bool(b, e, "a value", &on))
			return false;
		v->text = on ? STR("on") : STR("off");
		return true;
	case BER_INTEGER:
	case BER_ENUMERATED:
		return value_number(b, t, e, item, v);
	case BER_OCTET_STRING:
		return ber_octets(b, e, 0, SIZE_MAX, "a value", &v->text) &&
		       value_octets(b, t, v->text, item, v);
	default:
		v->quoted = true;
		return ber_octets(b, e, 0, SIZE_MAX, "a value", &v->text);
	}
}

static bool is_value_tag(uint32_t tag)
{
	switch (tag) {
	case BER_BOOLEAN:
	case BER_INTEGER:
	case BER_OCTET_STRING:
	case BER_ENUMERATED:
	case BER_UTF8_STRING:
	case BER_NUMERIC_STRING:
	case BER_PRINTABLE_STRING:
	case BER_T61_STRING:
	case BER_IA5_STRING:
	case BER_VISIBLE_STRING:
	case BER_GENERAL_STRING:
		return true;
	default:
		return false;
	}
}

static bool read_value(struct ber *b, struct ber_tlv *t, const struct h248_item *item,
		       struct h248_value *v)
{
	struct ber_tlv e;
	struct str s;

	if (!ber_octets(b, t, 0, SIZE_MAX, "a value", &s))
		return false;
	if (!s.len || IS_TEXT(*s.p)) {
		value_plain(s, item, v);
		return true;
	}
	if (ber_is_element((const uint8_t *)s.p, s.len, &e) && e.class == BER_UNIVERSAL &&
	    is_value_tag(e.tag) && (!e.constructed || e.tag == BER_OCTET_STRING))
		return value_element(b, t, &e, item, v);
	/* nothing is known of what it should be */
	if (item->type == H248_TYPE_UNKNOWN)
		return value_hex(b, s, v);
	return ber_fail(b, t->at, 0, "a value is neither BER nor text");
}

/* Value; the strings are appended to the property */
static bool read_values(struct ber *b, struct ber_tlv *t, const struct h248_item *item,
			struct h248_property *p)
{
	struct h248_value *v;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_OCTET_STRING, &e, &more))
			return false;
		if (!more)
			return true;
		v = ber_new(b, struct h248_value);
		if (!v || !read_value(b, &e, item, v))
			return false;
		h248_append(&p->values, v);
	}
}

bool ber_read_reason(struct ber *b, struct ber_tlv *t, struct str *out)
{
	static const struct h248_item string = { .type = H248_TYPE_STRING };
	struct h248_property p = { 0 };

	if (!read_values(b, t, &string, &p))
		return false;
	if (!p.values.first || p.values.first->next)
		return ber_fail(b, t->at, 0, "serviceChangeReason is not one string");
	*out = p.values.first->text;
	return true;
}

/* ---- PropertyParm, EventParameter, SigParameter ------------------------------ */

struct property_reader {
	struct h248_property *p;
	const struct h248_item *parent;	/* of a parameter */
	struct h248_item item;
	enum h248_form form;		/* from extraInfo */
	struct ber_tlv value;
};

static bool read_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct property_reader *r = to;
	struct str s;

	if (!r->parent)
		return ber_read_pkgd_name(b, t, H248_SCOPE_PROPERTY, &r->p->name, &r->item);
	if (!ber_octets(b, t, 2, 2, "a parameter", &s))
		return false;
	r->p->name.item = ber_param_name(b->ids, b->a, r->parent,
					 (uint16_t)((unsigned char)s.p[0] << 8 |
						    (unsigned char)s.p[1]), &r->item);
	return text_made(b, t, r->p->name.item);
}

static bool read_value_list(struct ber *b, struct ber_tlv *t, void *to)
{
	struct property_reader *r = to;

	r->value = *t;
	return read_values(b, t, &r->item, r->p);
}

static bool read_relation(struct ber *b, struct ber_tlv *t, void *to)
{
	static const enum h248_form forms[] = { H248_FORM_GREATER, H248_FORM_LESS, H248_FORM_NOT };
	struct property_reader *r = to;
	uint32_t v;

	if (!ber_uint(b, t, 2, "relation", &v))
		return false;
	r->form = forms[v];
	return true;
}

static bool read_range(struct ber *b, struct ber_tlv *t, void *to)
{
	bool on;

	if (!ber_bool(b, t, "range", &on))
		return false;
	if (on)
		((struct property_reader *)to)->form = H248_FORM_RANGE;
	return true;
}

/* false says no more than its absence, but tells "{ a }" from "a" */
static bool read_sublist(struct ber *b, struct ber_tlv *t, void *to)
{
	bool on;

	if (!ber_bool(b, t, "sublist", &on))
		return false;
	((struct property_reader *)to)->form = on ? H248_FORM_AND : H248_FORM_OR;
	return true;
}

BER_TYPE(ExtraInfo, BER_FIXED,
	 BER_IN("relation", 0, false, read_relation),
	 BER_IN("range", 1, false, read_range),
	 BER_IN("sublist", 2, false, read_sublist));

static bool read_extra(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &ExtraInfo, 0, to);
}

BER_TYPE(PropertyParm, BER_EXTENSIBLE,
	 BER_IN("name", 0, false, read_name),
	 BER_IN("value", 1, false, read_value_list),
	 BER_IN("extraInfo", 2, true, read_extra));

static bool finish(struct ber *b, struct property_reader *r)
{
	struct h248_property *p = r->p;
	struct h248_value *v = p->values.first;
	size_t n = 0;

	for (; v; v = v->next)
		n++;
	p->form = r->form ? r->form : n > 1 ? H248_FORM_OR : H248_FORM_EQUAL;
	if (!n && !r->form) {
		/* CHOOSE */
		v = ber_new(b, struct h248_value);
		if (!v)
			return false;
		v->text = STR("$");
		h248_append(&p->values, v);
		return true;
	}
	switch (p->form) {
	case H248_FORM_RANGE:
		if (n != 2)
			return ber_fail(b, r->value.at, 0, "a range of %zu values", n);
		break;
	case H248_FORM_GREATER:
	case H248_FORM_LESS:
	case H248_FORM_NOT:
		if (n != 1)
			return ber_fail(b, r->value.at, 0, "a relation to %zu values", n);
		break;
	default:
		if (!n)
			return ber_fail(b, r->value.at, 0, "a list of no values");
	}
	return true;
}

static struct h248_property *read_parm(struct ber *b, struct ber_tlv *t,
				       const struct h248_item *parent)
{
	struct property_reader r = { .p = ber_new(b, struct h248_property), .parent = parent };

	if (!r.p || !ber_sequence(b, t, &PropertyParm, &r) || !finish(b, &r))
		return NULL;
	return r.p;
}

bool ber_read_property(struct ber *b, struct ber_tlv *t, ber_properties *list)
{
	struct h248_property *p = read_parm(b, t, NULL);

	if (p)
		h248_append(list, p);
	return p;
}

static bool read_parms(struct ber *b, struct ber_tlv *t, const struct h248_item *parent,
		       ber_properties *list)
{
	struct h248_property *p;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		p = read_parm(b, &e, parent);
		if (!p)
			return false;
		h248_append(list, p);
	}
}

bool ber_read_properties(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_parms(b, t, NULL, to);
}

bool ber_read_params(struct ber *b, struct ber_tlv *t, const struct h248_item *item,
		     ber_properties *list)
{
	return read_parms(b, t, item, list);
}

/* ---- StatisticsParameter ------------------------------------------------------ */

static bool read_stat_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct property_reader *r = to;

	return ber_read_pkgd_name(b, t, H248_SCOPE_STATISTIC, &r->p->name, &r->item);
}

static bool read_stat_value(struct ber *b, struct ber_tlv *t, void *to)
{
	struct property_reader *r = to;

	if (!read_values(b, t, &r->item, r->p))
		return false;
	if (!r->p->values.first)
		return ber_fail(b, t->at, 0, "a statistic of no value");
	r->p->form = r->p->values.first->next ? H248_FORM_AND : H248_FORM_EQUAL;
	return true;
}

BER_TYPE(StatisticsParameter, BER_FIXED,
	 BER_IN("statName", 0, false, read_stat_name),
	 BER_IN("statValue", 1, true, read_stat_value));

bool ber_read_statistics(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_statistics *s = ber_new(b, struct h248_statistics);
	struct property_reader r;
	struct ber_tlv e;
	bool more;

	*(struct h248_statistics **)to = s;
	if (!s)
		return false;
	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		r = (struct property_reader){ .p = ber_new(b, struct h248_property) };
		if (!r.p || !ber_sequence(b, &e, &StatisticsParameter, &r))
			return false;
		h248_append(&s->items, r.p);
	}
}
