// SPDX-License-Identifier: GPL-2.0-only
/*
 * packages: the table.
 *
 * Names and ids are those of H.248.1 Annex E (g, root, nt), H.248.14 (it),
 * TS 102 333 (ds, gm), H.248.36 (hangterm), .37 (ipnapt), .41 (ipdc), .89
 * (tcpbcc), .90 (tlsbsc), .92 (seplink). An id of 0 could not be found out.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "agent/packages.h"

#define N_ELEMENTS(a)	(sizeof(a) / sizeof((a)[0]))

static const struct package packages[PACKAGES] = {
	[PACKAGE_G] = { "g", 0x0001, 1, "generic" },
	[PACKAGE_ROOT] = { "root", 0x0002, 2, "base root" },
	[PACKAGE_NT] = { "nt", 0x000b, 1, "network" },
	[PACKAGE_IT] = { "it", 0x0045, 1, "inactivity timer" },
	[PACKAGE_DS] = { "ds", 0x008b, 1, "differentiated services" },
	[PACKAGE_GM] = { "gm", 0x008c, 1, "gate management" },
	[PACKAGE_HANGTERM] = { "hangterm", 0x0098, 1, "hanging termination detection" },
	[PACKAGE_IPNAPT] = { "ipnapt", 0x0099, 1, "IP NAPT traversal" },
	[PACKAGE_IPDC] = { "ipdc", 0x009d, 1, "IP domain connection" },
	[PACKAGE_TCPBCC] = { "tcpbcc", 0, 1, "TCP basic connection control" },
	[PACKAGE_TLSBSC] = { "tlsbsc", 0, 1, "TLS basic session control" },
	[PACKAGE_SEPLINK] = { "seplink", 0x011b, 1, "stream endpoint interlinkage" },
};

static const char *const general_causes[] = { "NR", "UR", "FT", "FP", "IW", "UN", NULL };
static const char *const completion_methods[] = { "TO", "EV", "SD", "NC", NULL };
static const char *const napt_values[] = { "OFF", "LATCH", "RELATCH", NULL };
static const char *const change_types[] = { "Est", "EstFail", "Rel", NULL };

#define BOOL		{ .type = VALUE_BOOL }
#define INT(lo, hi)	{ .type = VALUE_INTEGER, .min = (lo), .max = (hi) }
#define DOUBLE		{ .type = VALUE_DOUBLE, .min = 0, .max = 18446744073709551615.0 }
#define TEXT(hi)	{ .type = VALUE_STRING, .min = 0, .max = (hi) }
#define ENUM(list)	{ .type = VALUE_ENUM, .names = (list) }
#define NAME		{ .type = VALUE_NAME }

#define LOCAL(i, p, n, h, r, d) \
	{ .id = (i), .package = (p), .kind = ROW_PROPERTY, .name = (n), .hex = (h), \
	  .where = WHERE_LOCAL_CONTROL, .range = r, .def = (d) }
#define ROOT(i, n, h, r, d, ro) \
	{ .id = (i), .package = PACKAGE_ROOT, .kind = ROW_PROPERTY, .name = (n), .hex = (h), \
	  .where = WHERE_ROOT, .range = r, .def = (d), .read_only = (ro) }
#define STATISTIC(i, p, n, h) \
	{ .id = (i), .package = (p), .kind = ROW_STATISTIC, .name = (n), .hex = (h), \
	  .where = ON_TERMINATION, .range = DOUBLE }
#define NOT_DONE(p, k, n, h) \
	{ .id = ROW_NOT_DONE, .package = (p), .kind = (k), .name = (n), .hex = (h) }

static const struct row rows[] = {
	{ .id = ROW_CAUSE, .package = PACKAGE_G, .kind = ROW_EVENT, .name = "cause",
	  .hex = 0x0001, .where = ON_TERMINATION,
	  .params = { { "Generalcause", 0x0001, ENUM(general_causes), NULL, true },
		      { "Failurecause", 0x0002, TEXT(128), NULL, true } } },
	{ .id = ROW_SIGNAL_COMPLETION, .package = PACKAGE_G, .kind = ROW_EVENT, .name = "sc",
	  .hex = 0x0002, .where = ON_TERMINATION,
	  .params = { { "SigID", 0x0001, NAME, NULL, true },
		      { "Meth", 0x0002, ENUM(completion_methods), NULL, true },
		      { "SLID", 0x0003, INT(0, 65535), NULL, true } } },

	ROOT(ROW_MAX_CONTEXTS, "maxNumberOfContexts", 0x0001, DOUBLE, NULL, true),
	ROOT(ROW_MAX_TERMINATIONS, "maxTerminationsPerContext", 0x0002, INT(1, 65535), NULL, true),
	ROOT(ROW_NORMAL_MG_TIME, "normalMGExecutionTime", 0x0003, INT(1, 600000), "500", false),
	ROOT(ROW_NORMAL_MGC_TIME, "normalMGCExecutionTime", 0x0004, INT(1, 600000), "500", false),
	ROOT(ROW_MG_PROVISIONAL, "MGProvisionalResponseTimerValue", 0x0005, INT(1, 600000), "1000",
	     false),
	ROOT(ROW_MGC_PROVISIONAL, "MGCProvisionalResponseTimerValue", 0x0006, INT(1, 600000),
	     "1000", false),
	ROOT(ROW_MGC_PENDING_LIMIT, "MGCOriginatedPendingLimit", 0x0007, INT(0, 65535), "20",
	     false),
	ROOT(ROW_MG_PENDING_LIMIT, "MGOriginatedPendingLimit", 0x0008, INT(0, 65535), "20", false),

	NOT_DONE(PACKAGE_NT, ROW_PROPERTY, "jit", 0x0007),
	{ .id = ROW_NETFAIL, .package = PACKAGE_NT, .kind = ROW_EVENT, .name = "netfail",
	  .hex = 0x0005, .where = ON_TERMINATION,
	  .params = { { "cs", 0x0001, TEXT(128), NULL, true } } },
	NOT_DONE(PACKAGE_NT, ROW_EVENT, "qualert", 0x0006),
	STATISTIC(ROW_DUR, PACKAGE_NT, "dur", 0x0001),
	STATISTIC(ROW_OS, PACKAGE_NT, "os", 0x0002),
	STATISTIC(ROW_OR, PACKAGE_NT, "or", 0x0003),

	{ .id = ROW_ITO, .package = PACKAGE_IT, .kind = ROW_EVENT, .name = "ito",
	  .hex = 0x0001, .where = ON_ROOT,
	  .params = { { "mit", 0x0001, INT(1, 8640000), NULL, false } } },

	LOCAL(ROW_DSCP, PACKAGE_DS, "dscp", 0x0001, INT(0, 63), NULL),
	NOT_DONE(PACKAGE_DS, ROW_PROPERTY, "tb", 0x0002),

	LOCAL(ROW_SAF, PACKAGE_GM, "saf", 0x0001, BOOL, "off"),
	LOCAL(ROW_SAM, PACKAGE_GM, "sam", 0x0002, TEXT(64), ""),
	LOCAL(ROW_SPF, PACKAGE_GM, "spf", 0x0003, BOOL, "off"),
	LOCAL(ROW_SPR, PACKAGE_GM, "spr", 0x0004, TEXT(16), ""),
	NOT_DONE(PACKAGE_GM, ROW_PROPERTY, "esas", 0x0005),
	NOT_DONE(PACKAGE_GM, ROW_PROPERTY, "lsa", 0x0006),
	NOT_DONE(PACKAGE_GM, ROW_PROPERTY, "esps", 0x0007),
	NOT_DONE(PACKAGE_GM, ROW_PROPERTY, "lsp", 0x0008),
	NOT_DONE(PACKAGE_GM, ROW_PROPERTY, "rsb", 0x0009),
	STATISTIC(ROW_DP, PACKAGE_GM, "dp", 0x0001),

	{ .id = ROW_THB, .package = PACKAGE_HANGTERM, .kind = ROW_EVENT, .name = "thb",
	  .hex = 0x0001, .where = ON_TERMINATION,
	  .params = { { "timerx", 0x0001, INT(0, 2147483), "3600", false } } },

	{ .id = ROW_LATCH, .package = PACKAGE_IPNAPT, .kind = ROW_SIGNAL, .name = "latch",
	  .hex = 0x0001, .where = ON_TERMINATION,
	  .params = { { "napt", 0x0001, ENUM(napt_values), "LATCH", false } } },

	LOCAL(ROW_REALM, PACKAGE_IPDC, "realm", 0x0001, TEXT(CONFIG_REALM_NAME_MAX), ""),

	{ .id = ROW_TCP_CHANGE, .package = PACKAGE_TCPBCC, .kind = ROW_EVENT, .name = "BNCChange",
	  .where = ON_TERMINATION,
	  .params = { { "Type", 0x0001, ENUM(change_types), "EstFail", false } } },
	{ .id = ROW_TCP_EST, .package = PACKAGE_TCPBCC, .kind = ROW_SIGNAL, .name = "EstBNC",
	  .where = ON_TERMINATION },
	{ .id = ROW_TCP_REL, .package = PACKAGE_TCPBCC, .kind = ROW_SIGNAL, .name = "RelBNC",
	  .where = ON_TERMINATION },

	{ .id = ROW_TLS_CHANGE, .package = PACKAGE_TLSBSC, .kind = ROW_EVENT, .name = "BNCChange",
	  .where = ON_TERMINATION,
	  .params = { { "Type", 0x0001, ENUM(change_types), "EstFail", false } } },
	{ .id = ROW_TLS_EST, .package = PACKAGE_TLSBSC, .kind = ROW_SIGNAL, .name = "EstBNC",
	  .where = ON_TERMINATION },
	{ .id = ROW_TLS_REL, .package = PACKAGE_TLSBSC, .kind = ROW_SIGNAL, .name = "RelBNC",
	  .where = ON_TERMINATION },

	LOCAL(ROW_LINKTOPO, PACKAGE_SEPLINK, "linktopo", 0, TEXT(96), ""),
};

void packages_init(struct packages *p, const struct config *config)
{
	const struct config_packages *c = &config->packages;
	unsigned int i;

	for (i = 0; i < PACKAGES; i++)
		p->package_name[i] = packages[i].name;
	p->package_name[PACKAGE_TCPBCC] = c->tcpbcc;
	p->package_name[PACKAGE_TLSBSC] = c->tlsbsc;
	p->package_name[PACKAGE_SEPLINK] = c->seplink;

	for (i = 0; i < N_ELEMENTS(rows); i++)
		p->row_name[rows[i].id] = rows[i].name;
	p->row_name[ROW_TCP_EST] = c->est_bnc;
	p->row_name[ROW_TCP_REL] = c->rel_bnc;
	p->row_name[ROW_TCP_CHANGE] = c->bnc_change;
	p->row_name[ROW_TLS_EST] = c->est_bnc;
	p->row_name[ROW_TLS_REL] = c->rel_bnc;
	p->row_name[ROW_TLS_CHANGE] = c->bnc_change;
	p->row_name[ROW_LINKTOPO] = c->linktopo;
}

const struct package *packages_get(enum package_id id)
{
	return &packages[id];
}

const struct row *packages_row(enum row_id id)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

const struct row *packages_next(const struct row *after)
{
	const struct row *next = after ? after + 1 : rows;

	return next < rows + N_ELEMENTS(rows) ? next : NULL;
}

const char *packages_name(const struct packages *p, enum package_id id)
{
	return p->package_name[id];
}

const char *packages_row_name(const struct packages *p, const struct row *row)
{
	return row->id == ROW_NOT_DONE ? row->name : p->row_name[row->id];
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

	for (i = 0; i < PACKAGES; i++)
		if (str_iis(name->pkg, p->package_name[i]))
			break;
	if (i == PACKAGES)
		return 440;
	for (row = rows; row < rows + N_ELEMENTS(rows); row++) {
		if (row->package != i || row->kind != kind ||
		    !str_iis(name->item, packages_row_name(p, row)))
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

const struct row_param *packages_param(const struct row *row, struct str name)
{
	unsigned int i;

	for (i = 0; i < ROW_PARAMS_MAX && row->params[i].name; i++)
		if (str_iis(name, row->params[i].name))
			return &row->params[i];
	return NULL;
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
	case VALUE_NAME:
		if ((double)v->text.len > r->max && r->type == VALUE_STRING)
			return -EINVAL;
		return copy_text(v->text, buf, len);
	}
	return -EINVAL;
}
