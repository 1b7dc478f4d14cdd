/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packages: what this gateway knows of H.248 packages, in one table.
 *
 * Purpose: one row for each property, event, signal and statistic. Parsing,
 * validation and audits read the table; nothing else knows a name of a package.
 * A row that exists in the standard but is not done here says so, so that it is
 * refused as "cannot" and not as "unknown".
 * Several names and ids could not be verified against the Recommendations; an
 * operator can change the names in the configuration.
 * Context: constant after packages_init().
 */
#ifndef KMGWD_PACKAGES_H
#define KMGWD_PACKAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/h248.h"
#include "config.h"

enum package_id {
	PACKAGE_G,
	PACKAGE_ROOT,
	PACKAGE_NT,
	PACKAGE_IT,
	PACKAGE_DS,
	PACKAGE_GM,
	PACKAGE_HANGTERM,
	PACKAGE_IPNAPT,
	PACKAGE_IPDC,
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
	ROW_LINKTOPO,

	/* TerminationState of ROOT */
	ROW_MAX_CONTEXTS,
	ROW_MAX_TERMINATIONS,
	ROW_NORMAL_MG_TIME,
	ROW_NORMAL_MGC_TIME,
	ROW_MG_PROVISIONAL,
	ROW_MGC_PROVISIONAL,
	ROW_MGC_PENDING_LIMIT,
	ROW_MG_PENDING_LIMIT,

	/* events */
	ROW_CAUSE,
	ROW_SIGNAL_COMPLETION,
	ROW_NETFAIL,
	ROW_ITO,
	ROW_THB,
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

	ROWS
};

#define ROW_LOCAL_FIRST		ROW_REALM
#define ROW_LOCAL_LAST		ROW_LINKTOPO
#define ROW_LOCALS		(ROW_LOCAL_LAST - ROW_LOCAL_FIRST + 1)
#define ROW_ROOT_FIRST		ROW_MAX_CONTEXTS
#define ROW_ROOT_LAST		ROW_MG_PENDING_LIMIT
#define ROW_ROOTS		(ROW_ROOT_LAST - ROW_ROOT_FIRST + 1)

/* where a property may stand */
enum {
	WHERE_LOCAL_CONTROL	= 1 << 0,
	WHERE_ROOT		= 1 << 1,	/* TerminationState of ROOT */
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
	VALUE_ENUM,
	VALUE_NAME,		/* pkg/item */
};

struct value_range {
	enum value_type type;
	double min, max;		/* of a number, or of the octets of a string */
	const char *const *names;	/* VALUE_ENUM, ends in NULL */
};

#define ROW_PARAMS_MAX	3

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
	struct row_param params[ROW_PARAMS_MAX];
};

struct package {
	const char *name;
	uint16_t hex;		/* 0: not known */
	uint16_t version;
	const char *items;	/* for logs: what it is */
};

/* The table with the names of the configuration in it. */
struct packages {
	const char *package_name[PACKAGES];
	const char *row_name[ROWS];
};

void packages_init(struct packages *p, const struct config *config);

const struct package *packages_get(enum package_id id);
const struct row *packages_row(enum row_id id);
const char *packages_name(const struct packages *p, enum package_id id);
const char *packages_row_name(const struct packages *p, const struct row *row);

/* All rows in order, those not done included; NULL at the end. */
const struct row *packages_next(const struct row *after);

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
const struct row_param *packages_param(const struct row *row, struct str name);

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

#endif /* KMGWD_PACKAGES_H */
