/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * far_end: whom a TLS or DTLS handshake is with.
 *
 * Purpose: what the far end has to prove (the certificate of a fingerprint that was signalled, or
 * that it has the pre-shared key), what it has shown, and what it said of itself in passing. It
 * owns the session's credentials.
 * Context: far_end_init(), far_end_drop() and far_end_expect() in the thread of the event loop, the
 * others, and what GnuTLS calls, in the worker that steps the session.
 * Lifetime: that of the struct it is part of, which outlives the session, or
 * far_end_let_go() is called.
 */
#ifndef KMGWD_BEARER_FAR_END_H
#define KMGWD_BEARER_FAR_END_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bearer/fingerprint.h"

#define FAR_END_FULL_RECORD	16384	/* octets of user data: RFC 8446 5.1 */

struct cert;
struct psk;

struct far_end {
	struct bearer_fingerprint fp[BEARER_FINGERPRINTS_MAX];
	unsigned int n_fp;		/* 0: none known yet */
	struct psk *psk;		/* in place of certificates, or NULL */
	struct cert *cert;		/* ours */
	bool server;			/* our role */
	gnutls_psk_client_credentials_t psk_client;
	gnutls_psk_server_credentials_t psk_server;

	struct fingerprint_set peer;	/* its certificate, once shown */
	uint16_t record_size_limit;	/* RFC 8449, as it is on the wire; 0: it names none */
	bool gave_ticket;
	uint32_t ticket_lifetime;	/* s, as it is on the wire */
	bool new_keys;			/* it has sent a KeyUpdate */
	char reason[200];		/* of a refusal; empty: none yet */
};

/**
 * far_end_init() - set a session's credentials
 * @fe: zeroed
 * @session: session; its pointer is @fe from now on
 * @cert: our certificate; a reference is taken
 * @psk: pre-shared key in place of certificates, or NULL; a reference is taken
 * @server: our role
 * Return: 0 or a negative errno; far_end_drop() is due in either case.
 */
int far_end_init(struct far_end *fe, gnutls_session_t session, struct cert *cert, struct psk *psk,
		 bool server);

/* To be called when the session is gone, or somebody else's. */
void far_end_drop(struct far_end *fe);

/* The session goes on without @fe: no other handshake, and so no need for the key. */
void far_end_let_go(struct far_end *fe, gnutls_session_t session);

/* Fingerprints that its certificate has to fit; @n 0: it is kept, and compared later. */
void far_end_expect(struct far_end *fe, const struct bearer_fingerprint *fp, unsigned int n);

/**
 * far_end_resumed() - look at the certificate of a session that is resumed
 * @fe: far end
 * @session: session; GnuTLS calls nobody for it
 * @kept: digests of the certificate that was shown in its first handshake; NULL: the ticket is ours,
 *	and has the certificate in it
 * Return: 0 or an error of GnuTLS; the reason is in @fe.
 */
int far_end_resumed(struct far_end *fe, gnutls_session_t session,
		    const struct fingerprint_set *kept);

/* Why a handshake has failed, in one line, unless @fe says so already. */
void far_end_explain(struct far_end *fe, gnutls_session_t session, int err);

/* The same of what the session's owner finds. */
void far_end_refuse(struct far_end *fe, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Octets of user data that may be in a record sent to it. */
size_t far_end_record(const struct far_end *fe, gnutls_session_t session);

#endif /* KMGWD_BEARER_FAR_END_H */
