/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers for every name there is: those of the gateway's own table with their types, and for all
 * others one after another as they are asked for. So each message of the text corpus has a
 * binary form, and other programs can be told the numbers (ber_ids_print()).
 */
#ifndef BER_IDS_H
#define BER_IDS_H

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/package_ids.h"
#include "codec/ber.h"

#define BER_IDS_MAX	4096

enum entry_kind {
	ENTRY_PACKAGE,
	ENTRY_ITEM,
	ENTRY_PARAM,
	ENTRY_TID,
};

struct ber_entry {
	enum entry_kind kind;
	enum h248_scope scope;
	char *parent;		/* package, or package/item of a parameter; lower case */
	char *name;
	uint16_t package;
	struct h248_item item;
	struct h248_binary_tid tid;
};

struct ber_ids {
	struct config config;
	struct packages packages;
	struct package_ids table;
	struct h248_ids real;		/* of the table */
	struct h248_ids ids;		/* of all */
	struct ber_entry entry[BER_IDS_MAX];
	unsigned int n;
};

static inline char *ber_lower(struct str s)
{
	char *text = malloc(s.len + 1);
	size_t i;

	for (i = 0; i < s.len; i++)
		text[i] = ascii_lower(s.p[i]);
	text[s.len] = '\0';
	return text;
}

static inline struct ber_entry *ber_find(struct ber_ids *t, enum entry_kind kind,
					 enum h248_scope scope, const char *parent, struct str name)
{
	char *low = ber_lower(name);
	struct ber_entry *e;

	for (e = t->entry; e < t->entry + t->n; e++) {
		if (e->kind == kind && e->scope == scope && !strcmp(e->parent, parent) &&
		    !strcmp(e->name, low)) {
			free(low);
			return e;
		}
	}
	if (t->n == BER_IDS_MAX)
		abort();
	e = &t->entry[t->n++];
	*e = (struct ber_entry){
		.kind = kind, .scope = scope, .parent = strdup(parent), .name = low,
		/* above what the table has */
		.package = (uint16_t)(0x4000 + t->n),
		.item = { .id = (uint16_t)(0x4000 + t->n), .handle = e },
	};
	e->item.name = str_c(e->name);
	return e;
}

/* "x" and digits: what the codec calls something that it has no name for */
static inline bool ber_is_number(struct str s)
{
	size_t i;

	for (i = 1; i < s.len; i++)
		if (!isxdigit((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	return s.len >= 3 && ascii_lower(s.p[0]) == 'x';
}

static inline int any_package_id(void *priv, struct str name, uint16_t *id)
{
	struct ber_ids *t = priv;
	struct ber_entry *e;

	if (ber_is_number(name))
		return -ENOENT;
	e = ber_find(t, ENTRY_PACKAGE, 0, "", name);
	if (!t->real.ops->package_id(t->real.priv, name, id))
		e->package = *id;
	*id = e->package;
	return 0;
}

static inline int any_package_name(void *priv, uint16_t id, struct str *name)
{
	struct ber_ids *t = priv;
	struct ber_entry *e;

	for (e = t->entry; e < t->entry + t->n; e++) {
		if (e->kind == ENTRY_PACKAGE && e->package == id) {
			*name = str_c(e->name);
			return 0;
		}
	}
	return -ENOENT;
}

static inline int any_item_by_name(void *priv, enum h248_scope scope, struct str package,
				   struct str name, struct h248_item *out)
{
	struct ber_ids *t = priv;
	struct h248_item item;
	struct ber_entry *e;
	char *parent;

	if (ber_is_number(name))
		return -ENOENT;
	parent = ber_lower(package);
	e = ber_find(t, ENTRY_ITEM, scope, parent, name);
	any_package_id(priv, package, &e->package);
	if (!t->real.ops->item_by_name(t->real.priv, scope, package, name, &item)) {
		e->item.id = item.id;
		e->item.type = item.type;
		e->item.values = item.values;
	}
	free(parent);
	*out = e->item;
	return 0;
}

static inline int any_item_by_id(void *priv, enum h248_scope scope, uint16_t package, uint16_t id,
				 struct h248_item *out)
{
	struct ber_ids *t = priv;
	struct ber_entry *e;

	for (e = t->entry; e < t->entry + t->n; e++) {
		if (e->kind == ENTRY_ITEM && e->scope == scope && e->package == package &&
		    e->item.id == id) {
			*out = e->item;
			return 0;
		}
	}
	return -ENOENT;
}

static inline int any_param_by_name(void *priv, const struct h248_item *item, struct str name,
				    struct h248_item *out)
{
	const struct ber_entry *of = item->handle;
	struct h248_item real, param;
	struct ber_ids *t = priv;
	struct ber_entry *e;
	char parent[160];

	if (ber_is_number(name))
		return -ENOENT;
	snprintf(parent, sizeof(parent), "%s/%s", of->parent, of->name);
	e = ber_find(t, ENTRY_PARAM, of->scope, parent, name);
	e->package = of->item.id;
	if (!t->real.ops->item_by_name(t->real.priv, of->scope, str_c(of->parent), str_c(of->name),
				       &real) &&
	    !t->real.ops->param_by_name(t->real.priv, &real, name, &param)) {
		e->item.id = param.id;
		e->item.type = param.type;
		e->item.values = param.values;
	}
	*out = e->item;
	out->handle = NULL;
	return 0;
}

static inline int any_param_by_id(void *priv, const struct h248_item *item, uint16_t id,
				  struct h248_item *out)
{
	const struct ber_entry *of = item->handle;
	struct ber_ids *t = priv;
	struct ber_entry *e;
	char parent[160];

	snprintf(parent, sizeof(parent), "%s/%s", of->parent, of->name);
	for (e = t->entry; e < t->entry + t->n; e++) {
		if (e->kind == ENTRY_PARAM && e->scope == of->scope && e->item.id == id &&
		    !strcmp(e->parent, parent)) {
			*out = e->item;
			out->handle = NULL;
			return 0;
		}
	}
	return -ENOENT;
}

static inline int any_enum_number(void *priv, const struct h248_item *item, struct str name,
				  uint32_t *number)
{
	struct ber_ids *t = priv;

	return t->real.ops->enum_number(t->real.priv, item, name, number);
}

static inline int any_enum_name(void *priv, const struct h248_item *item, uint32_t number,
				struct str *name)
{
	struct ber_ids *t = priv;

	return t->real.ops->enum_name(t->real.priv, item, number, name);
}

static inline int any_tid_to_binary(void *priv, struct str text, struct h248_binary_tid *out)
{
	struct ber_entry *e;

	if (ber_is_number(text))
		return -ENOENT;
	e = ber_find(priv, ENTRY_TID, 0, "", text);
	e->tid.len = 8;
	e->tid.id[6] = (uint8_t)(e->package >> 8);
	e->tid.id[7] = (uint8_t)e->package;
	/* seen, though it means nothing here */
	if (str_has(text, '*') || str_has(text, '$')) {
		e->tid.n_wildcards = 1;
		e->tid.wildcard[0] = str_has(text, '*') ? H248_WILDCARD_ALL : 7;
	}
	*out = e->tid;
	return 0;
}

static inline int any_tid_to_text(void *priv, struct arena *a, const struct h248_binary_tid *tid,
				  struct str *text)
{
	struct ber_ids *t = priv;
	struct ber_entry *e;

	(void)a;
	for (e = t->entry; e < t->entry + t->n; e++) {
		if (e->kind == ENTRY_TID && !memcmp(&e->tid, tid, sizeof(*tid))) {
			*text = str_c(e->name);
			return 0;
		}
	}
	return -ENOENT;
}

static inline int any_map_id(void *priv, struct str name, uint16_t *id)
{
	char text[96];

	if (ber_is_number(name))
		return -ENOENT;
	snprintf(text, sizeof(text), "digitmap %.*s", STR_ARG(name));
	return any_package_id(priv, str_c(text), id);
}

static inline int any_map_name(void *priv, uint16_t id, struct str *name)
{
	if (any_package_name(priv, id, name) || strncmp(name->p, "digitmap ", 9))
		return -ENOENT;
	*name = (struct str){ name->p + 9, name->len - 9 };
	return 0;
}

static inline void ber_ids_init(struct ber_ids *t)
{
	static const struct h248_ids_ops ops = {
		.package_id = any_package_id,
		.package_name = any_package_name,
		.item_by_name = any_item_by_name,
		.item_by_id = any_item_by_id,
		.param_by_name = any_param_by_name,
		.param_by_id = any_param_by_id,
		.enum_number = any_enum_number,
		.enum_name = any_enum_name,
		.map_id = any_map_id,
		.map_name = any_map_name,
		.tid_to_binary = any_tid_to_binary,
		.tid_to_text = any_tid_to_text,
	};
	char err[256];

	memset(t, 0, sizeof(*t));
	t->config.path = (char *)"none";
	t->config.features = CONFIG_FEATURE_TLS | CONFIG_FEATURE_DTLS;
	t->config.packages = (struct config_packages){
		.tcpbcc = (char *)"tcpbcc", .tlsbsc = (char *)"tlsbsc",
		.seplink = (char *)"seplink", .est_bnc = (char *)"EstBNC",
		.rel_bnc = (char *)"RelBNC", .bnc_change = (char *)"BNCChange",
		.linktopo = (char *)"linktopo",
	};
	if (packages_init(&t->packages, &t->config, err, sizeof(err)))
		abort();
	/* as if an operator had named each id that is in the table at all */
	memset(t->packages.package_id_given, true, sizeof(t->packages.package_id_given));
	memset(t->packages.row_id_given, true, sizeof(t->packages.row_id_given));
	t->table = (struct package_ids){ &t->packages, &t->config };
	t->real = package_ids(&t->table);
	t->ids = (struct h248_ids){ .ops = &ops, .priv = t };
}

static inline void ber_ids_free(struct ber_ids *t)
{
	struct ber_entry *e;

	for (e = t->entry; e < t->entry + t->n; e++) {
		free(e->parent);
		free(e->name);
	}
	t->n = 0;
}

/* as terms of Erlang: {kind, Scope, Parent, Name, Package, Id, Type} and {enum, ...}, {tid, ...} */
static inline void ber_ids_print(const struct ber_ids *t, FILE *f)
{
	static const char *const scopes[] = { "property", "event", "signal", "statistic" };
	static const char *const types[] = {
		"unknown", "boolean", "integer", "string", "octets", "enum", "name",
	};
	static const char *const kinds[] = { "package", "item", "param", "tid" };
	const struct ber_entry *e;
	unsigned int i;

	for (e = t->entry; e < t->entry + t->n; e++) {
		const struct value_range *r = e->item.values;

		if (e->kind == ENTRY_TID) {
			fprintf(f, "{tid, \"%s\", [", e->name);
			for (i = 0; i < e->tid.n_wildcards; i++)
				fprintf(f, "%s[%u]", i ? "," : "", e->tid.wildcard[i]);
			fprintf(f, "], [");
			for (i = 0; i < e->tid.len; i++)
				fprintf(f, "%s%u", i ? "," : "", e->tid.id[i]);
			fprintf(f, "]}.\n");
			continue;
		}
		fprintf(f, "{%s, %s, \"%s\", \"%s\", %u, %u, %s, [", kinds[e->kind],
			scopes[e->scope], e->parent, e->name, e->package, e->item.id,
			types[e->item.type]);
		for (i = 0; e->item.type == H248_TYPE_ENUM && r->names[i]; i++)
			fprintf(f, "%s{\"%s\", %u}", i ? "," : "", r->names[i], r->first + i);
		fprintf(f, "]}.\n");
	}
}

#endif /* BER_IDS_H */
