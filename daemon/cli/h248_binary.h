/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages in binary encoding (BER) out of a file: octets, or their hexadecimal digits with white space
 * or colons between them; one message or several in a row, each in TPKT or not.
 *
 * Names are those of the gateway's table of packages as it is without a configuration, which is not
 * known here. Realms are called by their place: r1, r2.
 */
#ifndef KMGW_CLI_H248_BINARY_H
#define KMGW_CLI_H248_BINARY_H

#include "agent/package_ids.h"
#include "codec/ber.h"

struct binary {
	char *data;
	size_t len;
	size_t at, start, size;	/* what comes next; the present message */
	struct packages packages;
	struct config config;
	struct package_ids table;
	struct h248_ids ids;
};

/* data is changed if it is hexadecimal. Return: 0, -ENOMEM */
int binary_init(struct binary *b, char *data, size_t len);
void binary_free(struct binary *b);

/* Return: 1 there is a message; 0 no more. err->code is 0 for a good one. */
int binary_next(struct binary *b, struct arena *a, struct h248_message **msg,
		struct h248_text_error *err);

#endif
