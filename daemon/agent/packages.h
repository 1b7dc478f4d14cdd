/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packages: what this gateway knows of H.248 packages, in one table.
 *
 * Purpose: one row for each property, event, signal and statistic. Parsing,
 * validation and audits read the table; nothing else knows a name of a package.
 * A row that exists in the standard but is not done here says so, so that it is
 * refused as "cannot" and not as "unknown".
 * Several names and ids could not be verified against the Recommendations: they are
 * tagged, and an operator can change names, ids and versions in the configuration.
 * Which packages are offered depends on the variant of the profile.
 * Context: constant after packages_init().
 */
#ifndef KMGWD_PACKAGES_H
#define KMGWD_PACKAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "codec/h248.h"
#include "config.h"

enum package_id {
	PACKAGE_G,
	PACKAGE_ROOT,
	PACKAGE_NT,
	PACKAGE_RTP,
	PACKAGE_CHP,
	PACKAGE_IT,
	PACKAGE_OCP,
	PACKAGE_DS,
	PACKAGE_GM,
	PACKAGE_TMAN,
	PACKAGE_HANGTERM,
	PACKAGE_IPNAPT,
	PACKAGE_ADID,
	PACKAGE_IPDC,
	PACKAGE_MGCINFO,
	PACKAGE_ADR,
	PACKAGE_RTCPH,
	PACKAGE_IP_OCTETS,
	PACKAGE_IPRA,
	PACKAGE_IP_PACKETS,
	PACKAGE_TCPBCC,
	PACKAGE_TLSBSC,
	PACKAGE_SEPLINK,
	PACKAGES
};

enum row_kind {
	ROW_PROPERTY,
	ROW_EVENT,
	ROW_SIGNAL,
	ROW_STATISTIC,
};

/* What the agent acts on; each has exactly one row. */
enum row_id {
	ROW_NOT_DONE,		/* in the standard, not in this gateway */

	/* LocalControl */
	ROW_REALM,
	ROW_DSCP,
	ROW_SAF,
	ROW_SAM,
	ROW_SPF,
	ROW_SPR,
	ROW_ESAS,
	ROW_LSA,
	ROW_ESPS,
	ROW_LSP,
	ROW_GM_RSB,
	ROW_SDR,
	ROW_PDR,
	ROW_MBS,
	ROW_DVT,
	ROW_POL,
	ROW_RSB,
	ROW_LINKTOPO,
	ROW_PSK,
	ROW_PSK_IDENTITY,
	ROW_DB,				/* also TerminationState of a termination */

	/* TerminationState of ROOT */
	ROW_MAX_CONTEXTS,
	ROW_MAX_TERMINATIONS,
	ROW_NORMAL_MG_TIME,
	ROW_NORMAL_MGC_TIME,
	ROW_MG_PROVISIONAL,
	ROW_MGC_PROVISIONAL,
	ROW_MGC_PENDING_LIMIT,
	ROW_MG_PENDING_LIMIT,
	ROW_REALMS_AVAILABLE,

	/* events */
	ROW_CAUSE,
	ROW_SIGNAL_COMPLETION,
	ROW_NETFAIL,
	ROW_ITO,
	ROW_OVERLOAD,
	ROW_CONGESTION,
	ROW_THB,
	ROW_IPSTOP,
	ROW_REALMS_CHANGED,
	ROW_POLICING,
	ROW_SOURCE_CHANGED,
	ROW_TCP_CHANGE,
	ROW_TLS_CHANGE,

	/* signals */
	ROW_LATCH,
	ROW_TCP_EST,
	ROW_TCP_REL,
	ROW_TLS_EST,
	ROW_TLS_REL,

	/* statistics */
	ROW_DUR,
	ROW_OS,
	ROW_OR,
	ROW_DP,
	ROW_RTP_PS,
	ROW_RTP_PR,
	ROW_IP_PS,
	ROW_IP_PR,

	ROWS
};

#define ROW_LOCAL_FIRST		ROW_REALM
#define ROW_LOCAL_LAST		ROW_DB
#define ROW_LOCALS		(ROW_LOCAL_LAST - ROW_LOCAL_FIRST + 1)
#define ROW_STATISTIC_FIRST	ROW_DUR
#define ROW_STATISTICS		(ROWS - ROW_STATISTIC_FIRST)
#define ROW_ROOT_FIRST		ROW_MAX_CONTEXTS
#define ROW_ROOT_LAST		ROW_REALMS_AVAILABLE
#define ROW_ROOTS		(ROW_ROOT_LAST - ROW_ROOT_FIRST + 1)

/* where a property may stand */
enum {
	WHERE_LOCAL_CONTROL	= 1 << 0,
	WHERE_ROOT		= 1 << 1,	/* TerminationState of ROOT */
	WHERE_TERMINATION	= 1 << 2,	/* TerminationState of a termination */
};

/* where an event may be armed, a signal sent, a statistic read */
enum {
	ON_TERMINATION		= 1 << 0,
	ON_ROOT			= 1 << 1,
};

enum value_type {
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_DOUBLE,
	VALUE_STRING,		/* quoted */
	VALUE_OCTETS,		/* quoted, too; an octet string in binary */
	VALUE_ENUM,
	VALUE_NAME,		/* pkg/item */
};

struct value_range {
	enum value_type type;
	double min, max;		/* of a number, or of the octets of a string */
	const char *const *names;	/* VALUE_ENUM, ends in NULL */
	unsigned int first;		/* VALUE_ENUM: number of names[0] in binary; others follow */
	bool list;			/* a sub-list of such values */
};

#define ROW_PARAMS_MAX	4

/* parameter of an event or a signal */
struct row_param {
	const char *name;
	uint16_t hex;
	struct value_range range;
	const char *def;
	bool observed;		/* appears in ObservedEvents only */
};

struct row {
	enum row_id id;
	enum package_id package;
	enum row_kind kind;
	const char *name;
	uint16_t hex;		/* 0: not known */
	unsigned int where;
	struct value_range range;
	const char *def;
	bool read_only;
	bool unverified;	/* name or id was not checked against the Recommendation */
	struct row_param params[ROW_PARAMS_MAX];
};

/* Variants of the profile that offer a package. */
enum {
	OFFER_IQ	= 1 << 0,
	OFFER_IX	= 1 << 1,
	OFFER_MP	= 1 << 2,
};

struct package {
	const char *name;
	uint16_t hex;		/* 0: not known */
	uint16_t version;
	const char *title;	/* for people */
	unsigned int offer;
	bool unverified;
};

#define ROWS_MAX	96	/* rows in the table, those not done included */
#define VALUES_MAX	64	/* values of enumerations, with an end for each */

/* The table with the names, ids and versions of the configuration in it. */
struct packages {
	const char *package_name[PACKAGES];
	uint16_t package_hex[PACKAGES];
	uint16_t package_version[PACKAGES];
	bool offered[PACKAGES];
	/* by place in the table */
	const char *row_name[ROWS_MAX];
	uint16_t row_hex[ROWS_MAX];
	const char *param_name[ROWS_MAX][ROW_PARAMS_MAX];
	uint16_t param_hex[ROWS_MAX][ROW_PARAMS_MAX];
	/* enumerations under the names that they have in messages; these may be changed, too */
	struct value_range param_range[ROWS_MAX][ROW_PARAMS_MAX];
	const char *value_name[VALUES_MAX];
	unsigned int n_values;
	/* the id is the operator's: binary takes it, verified or not */
	bool package_id_given[PACKAGES];
	bool row_id_given[ROWS_MAX];
};

/**
 * packages_init() - the table as this configuration wants it
 * @p: table
 * @config: must outlive the table
 * @err: receives the reason, with file and line, when an item cannot be changed so
 * @errlen: room in @err
 *
 * Return: 0 or -EINVAL.
 */
int packages_init(struct packages *p, const struct config *config, char *err, size_t errlen);

/* The table as it is without any configuration. */
void packages_defaults(struct packages *p);

/* Writes it for people and for scripts: a line for each item, columns apart by tabs. */
void packages_print(const struct packages *p, FILE *to);

const char *packages_kind_name(enum row_kind kind);
const struct package *packages_get(enum package_id id);
const struct row *packages_row(enum row_id id);
const char *packages_name(const struct packages *p, enum package_id id);
const char *packages_row_name(const struct packages *p, const struct row *row);
/* Ids for binary; 0: not known, so the item cannot be written or read there. */
uint16_t packages_hex(const struct packages *p, enum package_id id);
uint16_t packages_row_hex(const struct packages *p, const struct row *row);
/* The same, but 0 as well if nobody has verified them: neither a text nor the operator. */
uint16_t packages_binary(const struct packages *p, enum package_id id);
uint16_t packages_row_binary(const struct packages *p, const struct row *row);
uint16_t packages_version(const struct packages *p, enum package_id id);
/* The package of that name, or PACKAGES. One that is not offered is not found. */
enum package_id packages_by_name(const struct packages *p, struct str name);

/* All rows in order, those not done included; NULL at the end. */
const struct row *packages_next(const struct row *after);
/* Only those that are done, of packages that are offered. */
const struct row *packages_next_done(const struct packages *p, const struct row *after);
/* Offered, and something of it is done: what an audit of Packages shows. */
bool packages_shown(const struct packages *p, enum package_id id);

/**
 * packages_find() - the row that a name in a message means
 * @p: table
 * @kind: what it stands for
 * @name: from the message, no wildcards
 * @out: the row
 *
 * Return: 0, or the code to refuse with: 440 no such package, 450 to 453 no such
 * item in it, 445, 512, 513, 453 known but not done here.
 */
unsigned int packages_find(const struct packages *p, enum row_kind kind,
			   const struct h248_name *name, const struct row **out);

/* Does a name that may hold "*" cover the row? */
bool packages_covers(const struct packages *p, const struct h248_name *name,
		     const struct row *row);

/* The parameter of that name, or NULL. */
const struct row_param *packages_param(const struct packages *p, const struct row *row,
				       struct str name);
const char *packages_param_name(const struct packages *p, const struct row *row,
				const struct row_param *param);
uint16_t packages_param_hex(const struct packages *p, const struct row *row,
			    const struct row_param *param);

/* Type and values as messages have them. */
const struct value_range *packages_range(const struct packages *p, const struct row *row,
					 const struct row_param *param);
/* The name of an enumeration's value in messages for that in the table, and back. */
const char *packages_value(const struct packages *p, const struct row *row,
			   const struct row_param *param, const char *value);
const char *packages_value_meant(const struct packages *p, const struct row *row,
				 const struct row_param *param, const char *name);

/**
 * value_check() - is a value of the type and in the range?
 * @r: type and range
 * @v: as in the message
 * @buf: receives the value in its usual form: on, off, decimal, the enum's own case
 * @len: room in @buf
 *
 * Return: 0 or -EINVAL.
 */
int value_check(const struct value_range *r, const struct h248_value *v, char *buf, size_t len);

/* packages_table.c */
extern const struct package packages_table[PACKAGES];
extern const struct row rows_table[];
extern const unsigned int n_rows_table;

#endif /* KMGWD_PACKAGES_H */
