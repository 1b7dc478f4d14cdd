// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_property: names of packages, and values. See ber_out.h. */
#include <errno.h>

#include "codec/ber_name.h"
#include "codec/ber_out.h"

/* Is there a number? Without a verified one the thing is left out, else it is an error. */
static bool found(struct ber_out *o, int err)
{
	if (err && err != -EOPNOTSUPP)
		ber_invalid(o);
	return !err;
}

bool ber_find_package(struct ber_out *o, struct str name, uint16_t *id)
{
	return found(o, ber_package_id(o->ids, name, id));
}

static void put_name(uint16_t package, uint16_t item, uint8_t octet[4])
{
	octet[0] = (uint8_t)(package >> 8);
	octet[1] = (uint8_t)package;
	octet[2] = (uint8_t)(item >> 8);
	octet[3] = (uint8_t)item;
}

bool ber_find_name(struct ber_out *o, enum h248_scope scope, const struct h248_name *name,
		   uint8_t octet[4], struct h248_item *item)
{
	uint16_t package;

	if (!ber_find_package(o, name->pkg, &package) ||
	    !found(o, ber_item_id(o->ids, scope, name, item)))
		return false;
	put_name(package, item->id, octet);
	return true;
}

/* ---- values ------------------------------------------------------------------- */

/* decimal, or hexadecimal after 0x; the sign apart */
static bool read_number(struct str s, bool *negative, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	*negative = s.len && *s.p == '-';
	if (*negative)
		s = (struct str){ s.p + 1, s.len - 1 };
	if (s.len < 3 || s.p[0] != '0' || ascii_lower(s.p[1]) != 'x')
		return str_u64(s, *negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX, out);
	for (i = 2; i < s.len; i++) {
		char c = ascii_lower(s.p[i]);
		unsigned int d;

		if (c >= '0' && c <= '9')
			d = (unsigned int)(c - '0');
		else if (c >= 'a' && c <= 'f')
			d = (unsigned int)(c - 'a' + 10);
		else
			return false;
		if (v >> 60)
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return !*negative || v <= (uint64_t)INT64_MAX + 1;
}

static bool write_integer(struct ber_out *o, struct str s)
{
	bool negative;
	uint64_t v;

	if (!read_number(s, &negative, &v))
		return false;
	if (negative && v)
		ber_out_int(o, BER_O_INTEGER, -(int64_t)(v - 1) - 1);
	else
		ber_out_uint(o, BER_O_INTEGER, v);
	return true;
}

static bool write_boolean(struct ber_out *o, struct str s)
{
	bool on = str_iis(s, "on") || str_iis(s, "true");

	if (!on && !str_iis(s, "off") && !str_iis(s, "false"))
		return false;
	ber_out_bool(o, 0x01, on);
	return true;
}

/* A number has one spelling in binary; only text of that spelling is one if nothing says so. */
static bool is_plain_number(struct str s)
{
	uint64_t v;

	return str_u64(s, UINT64_MAX, &v) && (s.len == 1 || *s.p != '0');
}

/* A value without a name is its number. */
static bool write_enum(struct ber_out *o, const struct h248_item *item, struct str s)
{
	uint32_t v;
	uint64_t n;

	if (!o->ids->ops->enum_number(o->ids->priv, item, s, &v))
		n = v;
	else if (!is_plain_number(s) || !str_u64(s, UINT32_MAX, &n))
		return false;
	ber_out_uint(o, BER_O_ENUM, n);
	return true;
}

static bool write_name(struct ber_out *o, struct str s)
{
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;
	struct h248_name name;
	struct h248_item item;
	uint16_t package;
	uint8_t octet[4];

	if (!slash)
		return false;
	name.pkg = (struct str){ s.p, (size_t)(slash - s.p) };
	name.item = (struct str){ slash + 1, s.len - name.pkg.len - 1 };
	/* text that names nothing is a value, too: it goes as it came */
	if (ber_package_id(o->ids, name.pkg, &package) ||
	    ber_item_id(o->ids, H248_SCOPE_SIGNAL, &name, &item))
		return false;
	put_name(package, item.id, octet);
	ber_out_octets(o, BER_O_OCTETS, octet, sizeof(octet));
	return true;
}

static bool is_hex(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = ascii_lower(s.p[i]);

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return s.len % 2 == 0;
}

static void write_unknown(struct ber_out *o, const struct h248_value *v)
{
	if (v->quoted)
		ber_out_str(o, BER_O_UTF8, v->text);
	else if (is_plain_number(v->text))
		write_integer(o, v->text);
	else if (str_is(v->text, "on") || str_is(v->text, "off"))
		write_boolean(o, v->text);
	else
		strbuf_str(o->b, v->text);	/* as it is */
}

static bool write_typed(struct ber_out *o, const struct h248_item *item,
			const struct h248_value *v)
{
	switch (item->type) {
	case H248_TYPE_UNKNOWN:
		return false;
	case H248_TYPE_BOOLEAN:
		return write_boolean(o, v->text);
	case H248_TYPE_INTEGER:
		return write_integer(o, v->text);
	case H248_TYPE_STRING:
		ber_out_str(o, BER_O_UTF8, v->text);
		return true;
	case H248_TYPE_OCTETS:
		if (!is_hex(v->text))
			return false;
		ber_write_hex(o, BER_O_OCTETS, v->text);
		return true;
	case H248_TYPE_ENUM:
		return write_enum(o, item, v->text);
	case H248_TYPE_NAME:
		return write_name(o, v->text);
	}
	return false;
}

static void write_value(struct ber_out *o, const struct h248_item *item,
			const struct h248_value *v)
{
	bool wildcard = !v->quoted && v->text.len == 1 && *v->text.p == '*';
	size_t at = ber_open(o, BER_O_OCTETS);

	if (wildcard || !write_typed(o, item, v))
		write_unknown(o, v);
	ber_close(o, at);
}

static bool is_choose(const struct h248_property *p)
{
	const struct h248_value *v = p->values.first;

	return p->form == H248_FORM_EQUAL && v && !v->next && !v->quoted && str_is(v->text, "$");
}

static void write_values(struct ber_out *o, uint8_t tag, const struct h248_item *item,
			 const struct h248_property *p)
{
	size_t at = ber_open(o, tag);
	const struct h248_value *v;

	if (!p->values.first)
		ber_invalid(o);
	if (!is_choose(p))
		h248_each(v, &p->values)
			write_value(o, item, v);
	ber_close(o, at);
}

void ber_write_reason(struct ber_out *o, uint8_t tag, struct str reason)
{
	size_t list = ber_open(o, tag);
	size_t at = ber_open(o, BER_O_OCTETS);

	ber_out_str(o, BER_O_IA5, reason);
	ber_close(o, at);
	ber_close(o, list);
}

/* ---- PropertyParm, EventParameter, SigParameter ------------------------------------- */

static void write_extra(struct ber_out *o, enum h248_form form)
{
	size_t at;

	if (form == H248_FORM_EQUAL)
		return;
	at = ber_open(o, BER_C(2));
	switch (form) {
	case H248_FORM_GREATER:
		ber_out_uint(o, BER_P(0), 0);
		break;
	case H248_FORM_LESS:
		ber_out_uint(o, BER_P(0), 1);
		break;
	case H248_FORM_NOT:
		ber_out_uint(o, BER_P(0), 2);
		break;
	case H248_FORM_RANGE:
		ber_out_bool(o, BER_P(1), true);
		break;
	case H248_FORM_AND:
	case H248_FORM_OR:
		ber_out_bool(o, BER_P(2), form == H248_FORM_AND);
		break;
	default:
		ber_invalid(o);
	}
	ber_close(o, at);
}

void ber_write_property(struct ber_out *o, uint8_t tag, const struct h248_property *p)
{
	struct h248_item item;
	uint8_t octet[4];
	size_t at;

	if (!ber_find_name(o, H248_SCOPE_PROPERTY, &p->name, octet, &item))
		return;
	at = ber_open(o, tag);
	ber_out_octets(o, BER_P(0), octet, sizeof(octet));
	write_values(o, BER_C(1), &item, p);
	write_extra(o, p->form);
	ber_close(o, at);
}

void ber_write_properties(struct ber_out *o, uint8_t tag, const struct h248_property *p)
{
	size_t at = ber_open(o, tag);

	for (; p; p = p->next)
		ber_write_property(o, BER_O_SEQUENCE, p);
	ber_close(o, at);
}

void ber_write_params(struct ber_out *o, uint8_t tag, const struct h248_item *item,
		      const struct h248_property *p)
{
	size_t list = ber_open(o, tag), at;
	struct h248_item param;

	for (; p; p = p->next) {
		if (!found(o, ber_param_id(o->ids, item, p->name.item, &param)))
			continue;
		at = ber_open(o, BER_O_SEQUENCE);
		ber_out_u16(o, BER_P(0), param.id);
		write_values(o, BER_C(1), &param, p);
		write_extra(o, p->form);
		ber_close(o, at);
	}
	ber_close(o, list);
}

void ber_write_statistics(struct ber_out *o, uint8_t tag, const struct h248_statistics *s)
{
	const struct h248_property *p;
	size_t list = ber_open(o, tag), at;
	struct h248_item item;
	uint8_t octet[4];

	h248_each(p, &s->items) {
		if (!ber_find_name(o, H248_SCOPE_STATISTIC, &p->name, octet, &item))
			continue;
		at = ber_open(o, BER_O_SEQUENCE);
		ber_out_octets(o, BER_P(0), octet, sizeof(octet));
		if (p->form)
			write_values(o, BER_C(1), &item, p);
		ber_close(o, at);
	}
	ber_close(o, list);
}
