/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * suites: the TLS versions and cipher suites that the gateway speaks.
 *
 * Context: any thread.
 */
#ifndef KMGWD_BEARER_SUITES_H
#define KMGWD_BEARER_SUITES_H

#include <gnutls/gnutls.h>

struct config;

/**
 * suites_init() - what the configuration permits, in the order of preference
 * @cfg: tls_versions, tls_legacy and tls_resumption are read
 * @out: GnuTLS' form of it; free with gnutls_priority_deinit()
 *
 * Suites with forward secrecy and an AEAD always; the CBC and static RSA suites that the
 * TLS profile of 3GPP Rel-12 demands (TS 33.310 Annex E) only when they are switched on.
 * No tickets unless they are switched on: each session that SDP negotiates has a handshake of
 * its own, in which the certificate is shown. No 0-RTT in either case.
 * Return: 0 or -EOPNOTSUPP.
 */
int suites_init(const struct config *cfg, gnutls_priority_t *out);

/**
 * suites_psk_init() - the same for sessions with a pre-shared key
 * @cfg: tls_versions is read
 * @out: as above
 *
 * No suite with a certificate is among them: who has not got the key does not get in. RFC 4279
 * demands CBC with SHA-1 and knows no key exchange that every peer has but the one without
 * forward secrecy, so that both are there, in the last place.
 */
int suites_psk_init(const struct config *cfg, gnutls_priority_t *out);

#endif /* KMGWD_BEARER_SUITES_H */
