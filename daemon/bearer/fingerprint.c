// SPDX-License-Identifier: GPL-2.0-only
/*
 * fingerprint: digests of certificates (RFC 8122).
 */
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "bearer/fingerprint.h"

static const struct {
	const char *name;
	gnutls_digest_algorithm_t id;
	uint8_t len;
} hashes[FINGERPRINT_HASHES] = {
	[BEARER_SHA1]	= { "SHA-1", GNUTLS_DIG_SHA1, 20 },
	[BEARER_SHA224]	= { "SHA-224", GNUTLS_DIG_SHA224, 28 },
	[BEARER_SHA256]	= { "SHA-256", GNUTLS_DIG_SHA256, 32 },
	[BEARER_SHA384]	= { "SHA-384", GNUTLS_DIG_SHA384, 48 },
	[BEARER_SHA512]	= { "SHA-512", GNUTLS_DIG_SHA512, 64 },
};

int fingerprint_compute(const void *der, size_t len, struct fingerprint_set *set)
{
	unsigned int i;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < FINGERPRINT_HASHES; i++) {
		struct bearer_fingerprint *fp = &set->of[i];

		if (gnutls_hash_fast(hashes[i].id, der, len, fp->digest))
			return -EIO;
		fp->hash = (enum bearer_hash)i;
		fp->len = hashes[i].len;
	}
	return 0;
}

static bool equal(const struct bearer_fingerprint *a, const struct bearer_fingerprint *b)
{
	return a->hash == b->hash && a->len && a->len == b->len &&
	       !memcmp(a->digest, b->digest, a->len);
}

bool fingerprint_match(const struct fingerprint_set *set, const struct bearer_fingerprint *fp,
		       unsigned int n)
{
	enum bearer_hash strongest = BEARER_SHA1;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (fp[i].hash > strongest)
			strongest = fp[i].hash;
	for (i = 0; i < n; i++)
		if (fp[i].hash == strongest && equal(&fp[i], &set->of[strongest]))
			return true;
	return false;
}

static bool contains(const struct bearer_fingerprint *list, unsigned int n,
		     const struct bearer_fingerprint *fp)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (equal(&list[i], fp))
			return true;
	return false;
}

bool fingerprint_same(const struct bearer_fingerprint *a, unsigned int n_a,
		      const struct bearer_fingerprint *b, unsigned int n_b)
{
	unsigned int i;

	for (i = 0; i < n_a; i++)
		if (!contains(b, n_b, &a[i]))
			return false;
	for (i = 0; i < n_b; i++)
		if (!contains(a, n_a, &b[i]))
			return false;
	return true;
}

int fingerprint_text(const struct bearer_fingerprint *fp, char *buf, size_t len)
{
	size_t used;
	uint8_t i;

	used = (size_t)snprintf(buf, len, "%s", hashes[fp->hash].name);
	for (i = 0; i < fp->len && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%c%02X", i ? ':' : ' ',
					 fp->digest[i]);
	return used < len ? (int)used : -ENOSPC;
}
