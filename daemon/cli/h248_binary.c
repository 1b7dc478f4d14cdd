// SPDX-License-Identifier: GPL-2.0-only
/* Messages in binary encoding out of a file: see h248_binary.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/h248_binary.h"

#define REALMS	64	/* more of them stay hexadecimal */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Return: how many octets the digits are, -1 if there is anything else; to may be NULL */
static long from_hex(const char *text, size_t len, char *to)
{
	long n = 0;
	int high = -1;
	size_t i;

	for (i = 0; i < len; i++) {
		if (strchr(" \t\r\n:", text[i]) && text[i]) {
			if (high >= 0)
				return -1;
			continue;
		}
		if (digit(text[i]) < 0)
			return -1;
		if (high < 0) {
			high = digit(text[i]);
			continue;
		}
		if (to)
			to[n] = (char)(high << 4 | digit(text[i]));
		n++;
		high = -1;
	}
	return high < 0 ? n : -1;
}

int binary_init(struct binary *b, char *data, size_t len)
{
	unsigned int i;

	memset(b, 0, sizeof(*b));
	b->data = data;
	b->len = len;
	if (from_hex(data, len, NULL) > 0)
		b->len = (size_t)from_hex(data, len, data);
	b->config.realm = calloc(REALMS, sizeof(*b->config.realm));
	if (!b->config.realm)
		return -ENOMEM;
	b->config.n_realms = REALMS;
	for (i = 0; i < REALMS; i++)
		snprintf(b->config.realm[i].interface, sizeof(b->config.realm[i].interface), "r%u",
			 i + 1);
	packages_defaults(&b->packages);
	b->table = (struct package_ids){ .packages = &b->packages, .config = &b->config };
	b->ids = package_ids(&b->table);
	return 0;
}

void binary_free(struct binary *b)
{
	free(b->config.realm);
}

/* of the message at p; all that is left if it does not say */
static size_t length_of(const uint8_t *p, size_t left)
{
	size_t n, len = 0, i;

	if (left < 2 || p[1] == 0x80)
		return left;
	if (p[1] < 0x80)
		return p[1] + 2u < left ? p[1] + 2u : left;
	n = p[1] & 0x7f;
	if (n > sizeof(uint32_t) || n + 2 > left)
		return left;
	for (i = 0; i < n; i++)
		len = len << 8 | p[2 + i];
	return len < left - n - 2 ? len + n + 2 : left;
}

int binary_next(struct binary *b, struct arena *a, struct h248_message **msg,
		struct h248_text_error *err)
{
	const uint8_t *p = (const uint8_t *)b->data + b->at;
	size_t left = b->len - b->at, tpkt = 0;

	if (!left)
		return 0;
	/* RFC 1006: version 3, a length that counts the header */
	if (left > 4 && p[0] == 3 && !p[1])
		tpkt = (size_t)p[2] << 8 | p[3];
	if (tpkt > 4 && tpkt <= left) {
		b->start = b->at + 4;
		b->size = tpkt - 4;
	} else {
		b->start = b->at;
		b->size = length_of(p, left);
	}
	b->at = b->start + b->size;
	arena_reset(a);
	if (!h248_ber_parse(a, &b->ids, b->data + b->start, b->size, msg, err))
		err->code = 0;
	return 1;
}
