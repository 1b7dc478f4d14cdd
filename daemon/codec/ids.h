/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ids: what the binary encoding has to know of packages and of the gateway.
 *
 * Purpose: in text, names are names; in binary they are numbers, and a value is the BER
 * of its type. Both belong to the package table, which is above the codec; so the
 * codec asks through this interface, and whoever has the table (the agent, a
 * test) fills it in.
 * Context: any thread, the functions change nothing. Lifetime: that of the owner's table.
 *
 * An id that was never verified is -EOPNOTSUPP, not a guess.
 */
#ifndef KMGWD_CODEC_IDS_H
#define KMGWD_CODEC_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/str.h"

#define H248_ID_ALL		0xffff	/* "*" instead of a package or an item */
#define H248_BINARY_TID_MAX	8	/* octets of a TerminationID */
#define H248_WILDCARDS_MAX	8	/* wildcarding fields in front of it */

enum h248_scope {
	H248_SCOPE_PROPERTY,
	H248_SCOPE_EVENT,
	H248_SCOPE_SIGNAL,
	H248_SCOPE_STATISTIC,
};

enum h248_type {
	H248_TYPE_UNKNOWN,	/* by the looks of the value */
	H248_TYPE_BOOLEAN,
	H248_TYPE_INTEGER,	/* also "double", an integer of 8 octets */
	H248_TYPE_STRING,	/* UTF-8, quoted in text */
	H248_TYPE_OCTETS,	/* hexadecimal digits in a quoted string in text */
	H248_TYPE_ENUM,
	H248_TYPE_NAME,		/* pkg/item of a signal */
};

/* an item of a package, or a parameter of it */
struct h248_item {
	uint16_t id;
	enum h248_type type;
	struct str name;	/* only filled in when looked up by id */
	/* the owner's: where parameters and where values are looked up; NULL: it has none */
	const void *handle, *values;
};

/* TerminationID of Annex A.1 */
struct h248_binary_tid {
	uint8_t id[H248_BINARY_TID_MAX];
	uint8_t len;
	uint8_t n_wildcards;
	uint8_t wildcard[H248_WILDCARDS_MAX];
};

#define H248_WILDCARD_ALL	0x80	/* else CHOOSE */
#define H248_WILDCARD_BELOW	0x40	/* the levels below, too */
#define H248_WILDCARD_BIT	0x3f	/* the highest bit of the level */

/*
 * Look-ups return 0, -ENOENT (no such thing) or -EOPNOTSUPP (it is there, but has no
 * verified binary id). priv is given to each.
 */
struct h248_ids_ops {
	int (*package_id)(void *priv, struct str name, uint16_t *id);
	/* lives as long as the table */
	int (*package_name)(void *priv, uint16_t id, struct str *name);
	int (*item_by_name)(void *priv, enum h248_scope scope, struct str package, struct str name,
			    struct h248_item *out);
	int (*item_by_id)(void *priv, enum h248_scope scope, uint16_t package, uint16_t id,
			  struct h248_item *out);
	int (*param_by_name)(void *priv, const struct h248_item *item, struct str name,
			     struct h248_item *out);
	int (*param_by_id)(void *priv, const struct h248_item *item, uint16_t id,
			   struct h248_item *out);
	int (*enum_number)(void *priv, const struct h248_item *item, struct str name,
			   uint32_t *number);
	int (*enum_name)(void *priv, const struct h248_item *item, uint32_t number,
			 struct str *name);
	/* digit maps; both NULL: none are provisioned */
	int (*map_id)(void *priv, struct str name, uint16_t *id);
	int (*map_name)(void *priv, uint16_t id, struct str *name);
	/*
	 * TerminationIDs but ROOT, "$" and "*", which the codec knows. The text is made
	 * in the arena: -ENOMEM at its limit.
	 */
	int (*tid_to_binary)(void *priv, struct str text, struct h248_binary_tid *out);
	int (*tid_to_text)(void *priv, struct arena *a, const struct h248_binary_tid *tid,
			   struct str *text);
};

struct h248_ids {
	const struct h248_ids_ops *ops;
	void *priv;
};

#endif /* KMGWD_CODEC_IDS_H */
