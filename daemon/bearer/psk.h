/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * psk: pre-shared keys of TLS (RFC 4279, RFC 8446 2.2).
 *
 * Purpose: one copy of a key that all who need it point to, wiped when the last one lets go.
 * Context: references are taken and given back in the thread of the event loop. The struct
 * itself never changes, so that workers may read it while the loop holds a reference for them.
 * Lifetime: counted.
 */
#ifndef KMGWD_BEARER_PSK_H
#define KMGWD_BEARER_PSK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSK_KEY_MIN		16	/* octets: RFC 9257 4.1 */
#define PSK_KEY_MAX		64	/* RFC 4279 5.4 */
#define PSK_IDENTITY_MAX	128	/* octets: RFC 4279 5.3 */
#define PSK_IDENTITY_OURS	"kmgw"	/* of a client to whom none was given */

struct psk {
	unsigned int refs;
	uint8_t len;
	uint8_t key[PSK_KEY_MAX];
	char identity[PSK_IDENTITY_MAX + 1];	/* empty: a server takes any */
};

/**
 * psk_new() - keep a key
 * @key: octets
 * @len: how many, PSK_KEY_MIN to PSK_KEY_MAX
 * @identity: text of at most PSK_IDENTITY_MAX octets; empty: none was given
 *
 * Return: with one reference; NULL: no memory.
 */
struct psk *psk_new(const uint8_t *key, size_t len, const char *identity);

struct psk *psk_get(struct psk *p);	/* also of NULL */
void psk_put(struct psk *p);		/* also of NULL */
bool psk_same(const struct psk *a, const struct psk *b);

#endif /* KMGWD_BEARER_PSK_H */
