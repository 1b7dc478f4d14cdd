// SPDX-License-Identifier: GPL-2.0-only
/*
 * packages: looking things up in the table, and what the configuration changes in it.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/packages.h"

static const char *const kind_names[] = {
	[ROW_PROPERTY] = "property",
	[ROW_EVENT] = "event",
	[ROW_SIGNAL] = "signal",
	[ROW_STATISTIC] = "statistic",
};

static unsigned int place(const struct row *row)
{
	return (unsigned int)(row - rows_table);
}

const char *packages_kind_name(enum row_kind kind)
{
	return kind_names[kind];
}

static void set_name(struct packages *p, enum row_id id, const char *name)
{
	p->row_name[place(packages_row(id))] = name;
}

static unsigned int offered_by(enum config_variant variant)
{
	switch (variant) {
	case CONFIG_VARIANT_IQ: return OFFER_IQ;
	case CONFIG_VARIANT_IX: return OFFER_IX;
	case CONFIG_VARIANT_MP: return OFFER_MP;
	default: return OFFER_IQ | OFFER_IX | OFFER_MP;
	}
}

static void change_package(struct packages *p, unsigned int i, const struct config_item *item)
{
	if (item->name)
		p->package_name[i] = item->name;
	if (item->has_id) {
		p->package_hex[i] = item->id;
		p->package_id_given[i] = true;
	}
	if (item->has_version)
		p->package_version[i] = item->version;
}

/* Splits at the first "/"; the second part is absent when there is none. */
static void split(struct str what, struct str *first, struct str *second)
{
	size_t i;

	for (i = 0; i < what.len && what.p[i] != '/'; i++)
		;
	*first = (struct str){ what.p, i };
	*second = i < what.len ? (struct str){ what.p + i + 1, what.len - i - 1 } : STR_NONE;
}

/* The value of an enumeration. Only its name can be another one. */
static bool change_value(struct packages *p, unsigned int row, unsigned int param,
			 struct str value, const struct config_item *item)
{
	const struct value_range *r = &rows_table[row].params[param].range;
	unsigned int i;

	for (i = 0; r->type == VALUE_ENUM && r->names[i]; i++) {
		if (!str_iis(value, r->names[i]) || item->has_id || !item->name)
			continue;
		p->value_name[p->param_range[row][param].names - p->value_name + i] = item->name;
		return true;
	}
	return false;
}

/* "item", "item/parameter", "item/parameter/value". Return: false when there is none. */
static bool change_row(struct packages *p, enum package_id package, struct str what,
		       const struct config_item *item)
{
	struct str name, param, value = STR_NONE;
	const struct row_param *rp;
	bool found = false;
	unsigned int i, n;

	split(what, &name, &param);
	if (str_set(param))
		split(param, &param, &value);
	for (i = 0; i < n_rows_table; i++) {
		const struct row *row = &rows_table[i];

		if (row->package != package || !str_iis(name, row->name) ||
		    (item->kind && strcmp(item->kind, kind_names[row->kind])))
			continue;
		if (!str_set(param)) {
			found = true;
			if (item->name)
				p->row_name[i] = item->name;
			if (item->has_id) {
				p->row_hex[i] = item->id;
				p->row_id_given[i] = true;
			}
			continue;
		}
		for (n = 0; n < ROW_PARAMS_MAX && row->params[n].name; n++) {
			rp = &row->params[n];
			if (!str_iis(param, rp->name))
				continue;
			if (str_set(value)) {
				found |= change_value(p, i, n, value, item);
				continue;
			}
			found = true;
			if (item->name)
				p->param_name[i][n] = item->name;
			if (item->has_id)
				p->param_hex[i][n] = item->id;
		}
	}
	return found;
}

static int change_item(struct packages *p, const struct config *config,
		       const struct config_item *item, char *err, size_t errlen)
{
	const char *slash = strchr(item->item, '/');
	size_t len = slash ? (size_t)(slash - item->item) : strlen(item->item);
	unsigned int i;

	for (i = 0; i < PACKAGES; i++)
		if (str_iis((struct str){ item->item, len }, packages_table[i].name))
			break;
	if (i == PACKAGES || (slash && !change_row(p, i, str_c(slash + 1), item))) {
		snprintf(err, errlen, "%s:%u: there is no item \"%s\"%s%s in the table of packages",
			 config->path, item->line, item->item, item->kind ? " of kind " : "",
			 item->kind ? item->kind : "");
		return -EINVAL;
	}
	if (!slash)
		change_package(p, i, item);
	return 0;
}

/* Two rows of one name or one id could not be told apart in a message. */
static int check_unique(const struct packages *p, const struct config *config, char *err,
			size_t errlen)
{
	const struct row *a, *b;
	unsigned int i, j;

	for (i = 0; i < PACKAGES; i++)
		for (j = i + 1; j < PACKAGES; j++)
			if (!strcasecmp(p->package_name[i], p->package_name[j]) ||
			    (p->package_hex[i] && p->package_hex[i] == p->package_hex[j])) {
				snprintf(err, errlen, "%s: packages %s and %s have the same %s",
					 config->path, packages_table[i].name,
					 packages_table[j].name,
					 strcasecmp(p->package_name[i], p->package_name[j]) ?
					 "id" : "name");
				return -EINVAL;
			}
	for (i = 0; i < n_rows_table; i++)
		for (j = i + 1; j < n_rows_table; j++) {
			a = &rows_table[i];
			b = &rows_table[j];
			if (a->package != b->package || a->kind != b->kind ||
			    (strcasecmp(p->row_name[i], p->row_name[j]) &&
			     (!p->row_hex[i] || p->row_hex[i] != p->row_hex[j])))
				continue;
			snprintf(err, errlen, "%s: %s/%s and %s/%s have the same name or id",
				 config->path, packages_table[a->package].name, a->name,
				 packages_table[b->package].name, b->name);
			return -EINVAL;
		}
	return 0;
}

/* Traces show no keys, and tell one by the name before it: see mask.c. */
static int check_psk(const struct packages *p, const struct config *config, char *err, size_t errlen)
{
	const struct row *row = packages_row(ROW_PSK);

	if (strcasestr(packages_row_name(p, row), "psk") && !packages_row_binary(p, row))
		return 0;
	snprintf(err, errlen,
		 "%s: the name of %s/%s must have \"psk\" in it, and it can have no id: traces mask keys by name",
		 config->path, packages_table[row->package].name, row->name);
	return -EINVAL;
}

/* A copy of the range whose values can get other names. */
static void own_values(struct packages *p, unsigned int row, unsigned int param)
{
	struct value_range *r = &p->param_range[row][param];
	const char *const *names = rows_table[row].params[param].range.names;

	*r = rows_table[row].params[param].range;
	if (!names)
		return;
	r->names = &p->value_name[p->n_values];
	/* Room for all is checked by a test of the table. */
	while (*names && p->n_values < VALUES_MAX - 1)
		p->value_name[p->n_values++] = *names++;
	p->value_name[p->n_values++] = NULL;
}

void packages_defaults(struct packages *p)
{
	unsigned int i, n;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < PACKAGES; i++) {
		p->package_name[i] = packages_table[i].name;
		p->package_hex[i] = packages_table[i].hex;
		p->package_version[i] = packages_table[i].version;
		p->offered[i] = true;
	}
	for (i = 0; i < n_rows_table; i++) {
		p->row_name[i] = rows_table[i].name;
		p->row_hex[i] = rows_table[i].hex;
		for (n = 0; n < ROW_PARAMS_MAX; n++) {
			p->param_name[i][n] = rows_table[i].params[n].name;
			p->param_hex[i][n] = rows_table[i].params[n].hex;
			own_values(p, i, n);
		}
	}
}

int packages_init(struct packages *p, const struct config *config, char *err, size_t errlen)
{
	const struct config_packages *c = &config->packages;
	unsigned int i;

	packages_defaults(p);
	for (i = 0; i < PACKAGES; i++)
		p->offered[i] = packages_table[i].offer & offered_by(config->profile_variant);
	if (!(config->features & (CONFIG_FEATURE_TLS | CONFIG_FEATURE_DTLS)))
		p->offered[PACKAGE_TLSBSC] = false;
	p->package_name[PACKAGE_TCPBCC] = c->tcpbcc;
	p->package_name[PACKAGE_TLSBSC] = c->tlsbsc;
	p->package_name[PACKAGE_SEPLINK] = c->seplink;
	set_name(p, ROW_TCP_EST, c->est_bnc);
	set_name(p, ROW_TCP_REL, c->rel_bnc);
	set_name(p, ROW_TCP_CHANGE, c->bnc_change);
	set_name(p, ROW_TLS_EST, c->est_bnc);
	set_name(p, ROW_TLS_REL, c->rel_bnc);
	set_name(p, ROW_TLS_CHANGE, c->bnc_change);
	set_name(p, ROW_LINKTOPO, c->linktopo);

	for (i = 0; i < config->n_items; i++)
		if (change_item(p, config, &config->item[i], err, errlen))
			return -EINVAL;
	if (check_unique(p, config, err, errlen))
		return -EINVAL;
	return check_psk(p, config, err, errlen);
}

const struct package *packages_get(enum package_id id)
{
	return &packages_table[id];
}

const struct row *packages_row(enum row_id id)
{
	unsigned int i;

	for (i = 0; i < n_rows_table; i++)
		if (rows_table[i].id == id)
			return &rows_table[i];
	return NULL;
}

const struct row *packages_next(const struct row *after)
{
	const struct row *next = after ? after + 1 : rows_table;

	return next < rows_table + n_rows_table ? next : NULL;
}

const struct row *packages_next_done(const struct packages *p, const struct row *after)
{
	while ((after = packages_next(after)))
		if (after->id != ROW_NOT_DONE && p->offered[after->package])
			return after;
	return NULL;
}

bool packages_shown(const struct packages *p, enum package_id id)
{
	const struct row *row = NULL;

	while ((row = packages_next_done(p, row)))
		if (row->package == id)
			return true;
	return false;
}

const char *packages_name(const struct packages *p, enum package_id id)
{
	return p->package_name[id];
}

uint16_t packages_hex(const struct packages *p, enum package_id id)
{
	return p->package_hex[id];
}

uint16_t packages_version(const struct packages *p, enum package_id id)
{
	return p->package_version[id];
}

enum package_id packages_by_name(const struct packages *p, struct str name)
{
	enum package_id i;

	for (i = 0; i < PACKAGES; i++)
		if (p->offered[i] && str_iis(name, p->package_name[i]))
			break;
	return i;
}

const char *packages_row_name(const struct packages *p, const struct row *row)
{
	return p->row_name[place(row)];
}

uint16_t packages_binary(const struct packages *p, enum package_id id)
{
	return packages_table[id].unverified && !p->package_id_given[id] ? 0 : p->package_hex[id];
}

uint16_t packages_row_binary(const struct packages *p, const struct row *row)
{
	return row->unverified && !p->row_id_given[place(row)] ? 0 : p->row_hex[place(row)];
}

uint16_t packages_row_hex(const struct packages *p, const struct row *row)
{
	return p->row_hex[place(row)];
}

static unsigned int unknown_item(enum row_kind kind)
{
	switch (kind) {
	case ROW_PROPERTY: return 450;
	case ROW_EVENT: return 451;
	case ROW_SIGNAL: return 452;
	case ROW_STATISTIC: return 453;
	}
	return 443;
}

static unsigned int not_done(enum row_kind kind)
{
	switch (kind) {
	case ROW_PROPERTY: return 445;
	case ROW_EVENT: return 512;
	case ROW_SIGNAL: return 513;
	case ROW_STATISTIC: return 453;
	}
	return 501;
}

unsigned int packages_find(const struct packages *p, enum row_kind kind,
			   const struct h248_name *name, const struct row **out)
{
	const struct row *row;
	unsigned int i;

	i = packages_by_name(p, name->pkg);
	if (i == PACKAGES)
		return 440;
	for (row = rows_table; row < rows_table + n_rows_table; row++) {
		if (row->package != i || row->kind != kind ||
		    !str_iis(name->item, p->row_name[place(row)]))
			continue;
		*out = row;
		return row->id == ROW_NOT_DONE ? not_done(kind) : 0;
	}
	return unknown_item(kind);
}

bool packages_covers(const struct packages *p, const struct h248_name *name,
		     const struct row *row)
{
	if (!str_is(name->pkg, "*") && !str_iis(name->pkg, p->package_name[row->package]))
		return false;
	return str_is(name->item, "*") || str_iis(name->item, packages_row_name(p, row));
}

const struct row_param *packages_param(const struct packages *p, const struct row *row,
				       struct str name)
{
	unsigned int i;

	for (i = 0; i < ROW_PARAMS_MAX && row->params[i].name; i++)
		if (str_iis(name, p->param_name[place(row)][i]))
			return &row->params[i];
	return NULL;
}

const char *packages_param_name(const struct packages *p, const struct row *row,
				const struct row_param *param)
{
	return p->param_name[place(row)][param - row->params];
}

uint16_t packages_param_hex(const struct packages *p, const struct row *row,
			    const struct row_param *param)
{
	return p->param_hex[place(row)][param - row->params];
}

const struct value_range *packages_range(const struct packages *p, const struct row *row,
					 const struct row_param *param)
{
	return &p->param_range[place(row)][param - row->params];
}

/* The name that is in @to at the place where it is in @from; itself if it is in neither. */
static const char *same_place(const struct value_range *from, const struct value_range *to,
			      const char *name)
{
	unsigned int i;

	for (i = 0; from->type == VALUE_ENUM && from->names[i]; i++)
		if (str_iis(str_c(name), from->names[i]))
			return to->names[i];
	return name;
}

const char *packages_value(const struct packages *p, const struct row *row,
			   const struct row_param *param, const char *value)
{
	return same_place(&param->range, packages_range(p, row, param), value);
}

const char *packages_value_meant(const struct packages *p, const struct row *row,
				 const struct row_param *param, const char *name)
{
	return same_place(packages_range(p, row, param), &param->range, name);
}

static int check_number(const struct value_range *r, struct str text, char *buf, size_t len)
{
	char number[32], *end;
	double value;

	if (!text.len || text.len >= sizeof(number))
		return -EINVAL;
	memcpy(number, text.p, text.len);
	number[text.len] = '\0';
	if (r->type == VALUE_INTEGER) {
		/* strtol() would take blanks and, with base 0, octal numbers. */
		if (!(number[0] >= '0' && number[0] <= '9') && number[0] != '-')
			return -EINVAL;
		value = (double)strtol(number, &end, strncasecmp(number, "0x", 2) ? 10 : 16);
	} else {
		if (!strchr("0123456789.", number[0]))
			return -EINVAL;
		value = strtod(number, &end);
	}
	if (*end || !isfinite(value) || value < r->min || value > r->max)
		return -EINVAL;
	snprintf(buf, len, "%.0f", value);
	return 0;
}

static int copy_text(struct str text, char *buf, size_t len)
{
	if (text.len >= len || str_has(text, '\0'))
		return -EINVAL;
	memcpy(buf, text.p, text.len);
	buf[text.len] = '\0';
	return 0;
}

int value_check(const struct value_range *r, const struct h248_value *v, char *buf, size_t len)
{
	unsigned int i;

	switch (r->type) {
	case VALUE_NONE:
		return -EINVAL;
	case VALUE_BOOL:
		if (str_iis(v->text, "on") || str_iis(v->text, "true"))
			return copy_text(STR("on"), buf, len);
		if (str_iis(v->text, "off") || str_iis(v->text, "false"))
			return copy_text(STR("off"), buf, len);
		return -EINVAL;
	case VALUE_INTEGER:
	case VALUE_DOUBLE:
		return check_number(r, v->text, buf, len);
	case VALUE_ENUM:
		for (i = 0; r->names[i]; i++)
			if (str_iis(v->text, r->names[i]))
				return copy_text(str_c(r->names[i]), buf, len);
		return -EINVAL;
	case VALUE_STRING:
	case VALUE_OCTETS:
	case VALUE_NAME:
		if (r->type != VALUE_NAME && (double)v->text.len > r->max)
			return -EINVAL;
		return copy_text(v->text, buf, len);
	}
	return -EINVAL;
}
