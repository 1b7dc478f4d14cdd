/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ber_name: names and numbers, by the table or, where it has none, by hexadecimal digits.
 *
 * Purpose: what the reader and the writer of BER both need. "x0006" is 6; for
 * TerminationIDs "x" and the digits of the id, then "_" and those of the
 * wildcarding fields, if any.
 * Context: any thread. Lifetime: texts live in the arena, or as long as the table.
 */
#ifndef KMGWD_BER_NAME_H
#define KMGWD_BER_NAME_H

#include "codec/h248.h"
#include "codec/ids.h"

/* a table with nothing in it */
extern const struct h248_ids ber_no_ids;

/* Return: 0, -ENOENT, -EOPNOTSUPP, as in ids.h */
int ber_package_id(const struct h248_ids *ids, struct str name, uint16_t *id);
int ber_item_id(const struct h248_ids *ids, enum h248_scope scope, const struct h248_name *name,
		struct h248_item *out);
int ber_param_id(const struct h248_ids *ids, const struct h248_item *item, struct str name,
		 struct h248_item *out);
int ber_map_id(const struct h248_ids *ids, struct str name, uint16_t *id);
int ber_tid_id(const struct h248_ids *ids, const struct h248_tid *tid,
	       struct h248_binary_tid *out);

/* .p is NULL at the arena's limit */
struct str ber_package_name(const struct h248_ids *ids, struct arena *a, uint16_t id);
struct str ber_item_name(const struct h248_ids *ids, struct arena *a, enum h248_scope scope,
			 uint16_t package, uint16_t id, struct h248_item *item);
struct str ber_param_name(const struct h248_ids *ids, struct arena *a,
			  const struct h248_item *item, uint16_t id, struct h248_item *param);
struct str ber_map_name(const struct h248_ids *ids, struct arena *a, uint16_t id);
struct str ber_tid_name(const struct h248_ids *ids, struct arena *a,
			const struct h248_binary_tid *tid);

#endif /* KMGWD_BER_NAME_H */
