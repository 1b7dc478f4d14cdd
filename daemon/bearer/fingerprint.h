/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fingerprint: digests of certificates (RFC 8122).
 *
 * Context: pure, but for the hash functions of GnuTLS; any thread.
 */
#ifndef KMGWD_BEARER_FINGERPRINT_H
#define KMGWD_BEARER_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "bearer/bearer.h"

#define FINGERPRINT_HASHES	(BEARER_SHA512 + 1)
#define FINGERPRINT_TEXT_MAX	(sizeof("SHA-512 ") + 3 * 64)

/* All digests of one certificate; len 0 where a hash is not available. */
struct fingerprint_set {
	struct bearer_fingerprint of[FINGERPRINT_HASHES];
};

/* Digests of a certificate in DER. Return: 0 or -EIO. */
int fingerprint_compute(const void *der, size_t len, struct fingerprint_set *set);

/**
 * fingerprint_match() - does a certificate fit what was signalled?
 *
 * RFC 8122 5: of several fingerprints, only those of the strongest hash count,
 * so that a forger cannot pick the weakest; one of them has to be equal.
 * Return: false also when @n is 0.
 */
bool fingerprint_match(const struct fingerprint_set *set, const struct bearer_fingerprint *fp,
		       unsigned int n);

/* Do two lists name the same fingerprints, in whatever order? */
bool fingerprint_same(const struct bearer_fingerprint *a, unsigned int n_a,
		      const struct bearer_fingerprint *b, unsigned int n_b);

/* "SHA-256 AA:BB:..."; Return: length, or -ENOSPC. */
int fingerprint_text(const struct bearer_fingerprint *fp, char *buf, size_t len);

#endif /* KMGWD_BEARER_FINGERPRINT_H */
