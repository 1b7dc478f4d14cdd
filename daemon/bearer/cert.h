/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cert: the gateway's certificates and private keys.
 *
 * Purpose: reads configured files, or makes a self-signed P-256 certificate once
 * and keeps it, for fingerprints that were given out must stay true.
 * Context: loaded in the thread of the event loop; the credentials are then only
 * read, by handshakes on any thread.
 * Lifetime: counted references, taken and dropped in the thread of the loop.
 */
#ifndef KMGWD_BEARER_CERT_H
#define KMGWD_BEARER_CERT_H

#include <gnutls/gnutls.h>

#include "bearer/fingerprint.h"

struct log;

struct cert {
	unsigned int refs;
	int64_t expires;		/* seconds since the epoch; -1: unknown */
	char *name;			/* where it came from, for logs */
	gnutls_certificate_credentials_t cred;
	struct fingerprint_set digests;
};

/**
 * cert_load() - certificate and key from PEM files
 * @log: where to complain
 * @certificate: file; the first certificate is the gateway's, others its chain
 * @private_key: file
 * @out: one reference
 * Return: 0 or a negative errno; the reason is logged.
 */
int cert_load(const struct log *log, const char *certificate, const char *private_key,
	      struct cert **out);

/**
 * cert_self_signed() - the certificate kept in a directory, made when there is none
 * @log: where to complain
 * @state_dir: directory, or NULL
 * @out: one reference
 *
 * Without a directory that can be written it lives as long as the daemon.
 * Return: 0 or a negative errno; the reason is logged.
 */
int cert_self_signed(const struct log *log, const char *state_dir, struct cert **out);

/**
 * cert_rotate() - replace the certificate kept in a directory
 * @log: where to complain
 * @state_dir: directory, or NULL
 * @out: one reference to the new one
 *
 * The old one stays there under a name of its own, see cert_each_retired().
 * Return: 0 or a negative errno, and the old one is still in place; the reason is logged.
 */
int cert_rotate(const struct log *log, const char *state_dir, struct cert **out);

/* Calls @fn with each certificate that was replaced; it takes a reference if it wants one. */
void cert_each_retired(const struct log *log, const char *state_dir,
		       void (*fn)(void *priv, struct cert *c), void *priv);

/* Removes the file of one that was replaced, if there is one. */
void cert_forget(const char *state_dir, const struct cert *c);

/* Is this its SHA-256? @id: BEARER_CERT_ID octets */
bool cert_is(const struct cert *c, const uint8_t *id);

/* Warns when it has expired, or will within 14 days of @now. */
void cert_check_expiry(const struct cert *c, const struct log *log, int64_t now);

struct cert *cert_get(struct cert *c);
void cert_put(struct cert *c);		/* NULL is fine */

#endif /* KMGWD_BEARER_CERT_H */
