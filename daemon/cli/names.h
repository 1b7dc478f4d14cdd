/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of what linux/kmgw.h numbers: enums for output and input, attributes for errors.
 */
#ifndef KMGW_CLI_NAMES_H
#define KMGW_CLI_NAMES_H

#include <stdint.h>

enum name_kind {
	NAME_L4,
	NAME_PLANE,
	NAME_JOINED,
	NAME_MODE,
	NAME_COMPONENT,
	NAME_LATCH,
	NAME_DIRECTION,
	NAME_PRIORITY,
	NAME_STATE,
	NAME_REASON,
	NAME_EVENT,
	NAME_CIPHER,
	NAME_TLS_VERSION,
	NAME_SECURITY,
	NAME_DTLS_CIPHER,
};

/* A value that a newer module may know and this program does not is printed as a number. */
struct name_buf {
	char text[24];
};

struct attr_set;

struct attr_name {
	const char *name;
	const struct attr_set *nest;
};

struct attr_set {
	unsigned int max;
	const struct attr_name *attr;
};

const char *name_of(enum name_kind kind, unsigned int value, struct name_buf *buf);
int name_value(enum name_kind kind, const char *word);
const struct attr_set *names_attrs(uint8_t cmd);
const char *names_attr(const struct attr_set *set, unsigned int type);

#endif
