// SPDX-License-Identifier: GPL-2.0-only
/* package_ids: see package_ids.h */
#include <errno.h>
#include <stdio.h>

#include "agent/package_ids.h"

#define LEVELS	3

static const enum row_kind kinds[] = {
	[H248_SCOPE_PROPERTY] = ROW_PROPERTY,
	[H248_SCOPE_EVENT] = ROW_EVENT,
	[H248_SCOPE_SIGNAL] = ROW_SIGNAL,
	[H248_SCOPE_STATISTIC] = ROW_STATISTIC,
};

static enum h248_type type_of(const struct value_range *r)
{
	switch (r->type) {
	case VALUE_NONE: return H248_TYPE_UNKNOWN;
	case VALUE_BOOL: return H248_TYPE_BOOLEAN;
	case VALUE_INTEGER: return H248_TYPE_INTEGER;
	case VALUE_DOUBLE: return H248_TYPE_INTEGER;
	case VALUE_STRING: return H248_TYPE_STRING;
	case VALUE_OCTETS: return H248_TYPE_OCTETS;
	case VALUE_ENUM: return H248_TYPE_ENUM;
	case VALUE_NAME: return H248_TYPE_NAME;
	}
	return H248_TYPE_UNKNOWN;
}

static int package_id_of(void *priv, struct str name, uint16_t *id)
{
	const struct package_ids *p = priv;
	enum package_id package = packages_by_name(p->packages, name);

	if (package == PACKAGES)
		return -ENOENT;
	*id = packages_binary(p->packages, package);
	return *id ? 0 : -EOPNOTSUPP;
}

static enum package_id package_by_id(const struct packages *p, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < PACKAGES; i++)
		if (p->offered[i] && packages_binary(p, i) == id)
			break;
	return id ? i : PACKAGES;
}

static int package_name_of(void *priv, uint16_t id, struct str *name)
{
	const struct package_ids *p = priv;
	enum package_id package = package_by_id(p->packages, id);

	if (package == PACKAGES)
		return -ENOENT;
	*name = str_c(packages_name(p->packages, package));
	return 0;
}

static void fill_item(const struct packages *p, const struct row *row, struct h248_item *out)
{
	out->id = packages_row_binary(p, row);
	out->type = type_of(&row->range);
	out->name = str_c(packages_row_name(p, row));
	out->handle = row;
	out->values = &row->range;
}

static int item_by_name(void *priv, enum h248_scope scope, struct str package, struct str name,
			struct h248_item *out)
{
	const struct package_ids *p = priv;
	enum package_id id = packages_by_name(p->packages, package);
	const struct row *row = NULL;

	while ((row = packages_next(row))) {
		if (row->package != id || row->kind != kinds[scope] ||
		    !str_iis(name, packages_row_name(p->packages, row)))
			continue;
		fill_item(p->packages, row, out);
		return out->id ? 0 : -EOPNOTSUPP;
	}
	return -ENOENT;
}

static int item_by_id(void *priv, enum h248_scope scope, uint16_t package, uint16_t id,
		      struct h248_item *out)
{
	const struct package_ids *p = priv;
	enum package_id pkg = package_by_id(p->packages, package);
	const struct row *row = NULL;

	while (id && (row = packages_next(row))) {
		if (row->package != pkg || row->kind != kinds[scope] ||
		    packages_row_binary(p->packages, row) != id)
			continue;
		fill_item(p->packages, row, out);
		return 0;
	}
	return -ENOENT;
}

static void fill_param(const struct packages *p, const struct row *row,
		       const struct row_param *param, struct h248_item *out)
{
	out->id = packages_param_hex(p, row, param);
	out->type = type_of(&param->range);
	out->name = str_c(packages_param_name(p, row, param));
	out->handle = NULL;
	out->values = packages_range(p, row, param);
}

static int param_by_name(void *priv, const struct h248_item *item, struct str name,
			 struct h248_item *out)
{
	const struct package_ids *p = priv;
	const struct row_param *param = packages_param(p->packages, item->handle, name);

	if (!param)
		return -ENOENT;
	fill_param(p->packages, item->handle, param, out);
	return out->id ? 0 : -EOPNOTSUPP;
}

static int param_by_id(void *priv, const struct h248_item *item, uint16_t id,
		       struct h248_item *out)
{
	const struct package_ids *p = priv;
	const struct row *row = item->handle;
	unsigned int i;

	for (i = 0; id && i < ROW_PARAMS_MAX && row->params[i].name; i++) {
		if (packages_param_hex(p->packages, row, &row->params[i]) != id)
			continue;
		fill_param(p->packages, row, &row->params[i], out);
		return 0;
	}
	return -ENOENT;
}

static int enum_number(void *priv, const struct h248_item *item, struct str name,
		       uint32_t *number)
{
	const struct value_range *r = item->values;
	unsigned int i;

	(void)priv;
	for (i = 0; r->names && r->names[i]; i++) {
		if (str_iis(name, r->names[i])) {
			*number = r->first + i;
			return 0;
		}
	}
	return -ENOENT;
}

static int enum_name(void *priv, const struct h248_item *item, uint32_t number,
		     struct str *name)
{
	const struct value_range *r = item->values;
	unsigned int i;

	(void)priv;
	for (i = 0; r->names && r->names[i]; i++) {
		if (r->first + i == number) {
			*name = str_c(r->names[i]);
			return 0;
		}
	}
	return -ENOENT;
}

/* ---- TerminationIDs: ip/<group>/<interface>/<number> ------------------------------- */

static const struct level {
	uint8_t top;		/* its highest bit; the lowest of all is 0 */
	uint8_t octet, octets;	/* where it is */
} levels[LEVELS] = { { 63, 0, 2 }, { 47, 2, 2 }, { 31, 4, 4 } };

static bool next_part(struct str *rest, struct str *part)
{
	size_t i;

	if (!rest->p)
		return false;
	for (i = 0; i < rest->len && rest->p[i] != '/'; i++)
		;
	*part = (struct str){ rest->p, i };
	*rest = i == rest->len ? STR_NONE : (struct str){ rest->p + i + 1, rest->len - i - 1 };
	return true;
}

static bool part_number(const struct package_ids *p, unsigned int level, struct str part,
			uint64_t *out)
{
	unsigned int i;

	if (level != 1)
		return str_u64(part, level ? UINT32_MAX : UINT16_MAX, out);
	for (i = 0; i < p->config->n_realms; i++) {
		if (str_iis(part, p->config->realm[i].interface)) {
			*out = i + 1;
			return true;
		}
	}
	return false;
}

static void put(uint8_t *id, const struct level *l, uint64_t v)
{
	unsigned int n;

	for (n = l->octets; n; v >>= 8)
		id[l->octet + --n] = (uint8_t)v;
}

static uint64_t get(const uint8_t *id, const struct level *l)
{
	uint64_t v = 0;
	unsigned int n;

	for (n = 0; n < l->octets; n++)
		v = v << 8 | id[l->octet + n];
	return v;
}

/* A wildcard where the text ends stands for what is below, too. */
static int tid_to_binary(void *priv, struct str text, struct h248_binary_tid *out)
{
	const struct package_ids *p = priv;
	struct str rest = text, part;
	bool wild = false;
	unsigned int i;
	uint64_t v;

	out->len = H248_BINARY_TID_MAX;
	if (!next_part(&rest, &part) || !str_iis(part, "ip"))
		return -ENOENT;
	for (i = 0; i < LEVELS && next_part(&rest, &part); i++) {
		wild = str_is(part, "*") || str_is(part, "$");
		if (wild) {
			out->wildcard[out->n_wildcards++] =
				(*part.p == '*' ? H248_WILDCARD_ALL : 0) |
				(i < LEVELS - 1 && !rest.p ? H248_WILDCARD_BELOW : 0) | levels[i].top;
			continue;
		}
		if (!part_number(p, i, part, &v))
			return -ENOENT;
		put(out->id, &levels[i], v);
	}
	return rest.p || (i < LEVELS && !wild) ? -ENOENT : 0;
}

static const char *wildcard_of(const struct h248_binary_tid *tid, unsigned int level, bool *below)
{
	unsigned int i;
	uint8_t field;

	for (i = 0; i < tid->n_wildcards; i++) {
		field = tid->wildcard[i];
		if ((field & H248_WILDCARD_BIT) != levels[level].top)
			continue;
		*below = field & H248_WILDCARD_BELOW;
		return field & H248_WILDCARD_ALL ? "*" : "$";
	}
	return NULL;
}

static int tid_to_text(void *priv, struct arena *a, const struct h248_binary_tid *tid,
		       struct str *text)
{
	char buf[3 + 3 * (CONFIG_INTERFACE_MAX + 11)] = "ip";
	const struct package_ids *p = priv;
	unsigned int i, known = 0;
	size_t n = strlen(buf);
	bool below = false;
	const char *wild;
	uint64_t v;

	if (tid->len != H248_BINARY_TID_MAX)
		return -ENOENT;
	for (i = 0; i < LEVELS && !below; i++) {
		wild = wildcard_of(tid, i, &below);
		v = get(tid->id, &levels[i]);
		if (wild)
			known++;
		else if (i == 1 && (!v || v > p->config->n_realms))
			return -ENOENT;
		else if (i == 1)
			wild = p->config->realm[v - 1].interface;
		n += (size_t)(wild ? snprintf(buf + n, sizeof(buf) - n, "/%s", wild) :
				     snprintf(buf + n, sizeof(buf) - n, "/%llu",
					      (unsigned long long)v));
	}
	/* fields for no level of ours, or for one twice */
	if (known != tid->n_wildcards)
		return -ENOENT;
	*text = arena_str(a, (struct str){ buf, n });
	return text->p ? 0 : -ENOMEM;
}

static const struct h248_ids_ops ops = {
	.package_id = package_id_of,
	.package_name = package_name_of,
	.item_by_name = item_by_name,
	.item_by_id = item_by_id,
	.param_by_name = param_by_name,
	.param_by_id = param_by_id,
	.enum_number = enum_number,
	.enum_name = enum_name,
	.tid_to_binary = tid_to_binary,
	.tid_to_text = tid_to_text,
};

struct h248_ids package_ids(struct package_ids *p)
{
	return (struct h248_ids){ .ops = &ops, .priv = p };
}
