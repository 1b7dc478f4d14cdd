// SPDX-License-Identifier: GPL-2.0-only
/* psk: see psk.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bearer/psk.h"

struct psk *psk_new(const uint8_t *key, size_t len, const char *identity)
{
	struct psk *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->len = (uint8_t)len;
	memcpy(p->key, key, len);
	snprintf(p->identity, sizeof(p->identity), "%s", identity);
	return p;
}

struct psk *psk_get(struct psk *p)
{
	if (p)
		p->refs++;
	return p;
}

void psk_put(struct psk *p)
{
	if (!p || --p->refs)
		return;
	explicit_bzero(p, sizeof(*p));
	free(p);
}

bool psk_same(const struct psk *a, const struct psk *b)
{
	return a && b && a->len == b->len && !memcmp(a->key, b->key, a->len) &&
	       !strcmp(a->identity, b->identity);
}
