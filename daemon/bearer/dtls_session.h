/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dtls_session: one DTLS 1.2 association, from ClientHello to keys for the module.
 *
 * Purpose: lets GnuTLS do the handshake a step at a time on worker threads. Datagrams
 * are fed in by the owner, who reads the socket; what GnuTLS says is sent by the worker.
 * When the keys have been taken, the session only answers a far end that did not get
 * our last flight, and only with record numbers that the module has set aside.
 * Context: all functions in the thread of the event loop; the callback, too, never from
 * inside a call. A worker never waits.
 * Lifetime: dtls_session_new() to dtls_session_free(); the struct outlives its owner
 * until a step that runs is done.
 */
#ifndef KMGWD_BEARER_DTLS_SESSION_H
#define KMGWD_BEARER_DTLS_SESSION_H

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "bearer/fingerprint.h"
#include "bearer/handshake.h"

struct cert;
struct dtls_session;
struct psk;

/*
 * AEAD suites of RFC 5288, 5289, 6655, 7251 and 7905 with ECDHE, as the module knows them.
 */
#define DTLS_PRIORITIES \
	"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:" \
	"+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:+AES-128-CCM-8:" \
	"+COMP-NULL:+CTYPE-X509:" \
	"+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1:+GROUP-SECP521R1:" \
	"+SIGN-ALL:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%NO_TICKETS:%SERVER_PRECEDENCE"

/*
 * The same with a pre-shared key (RFC 5487, RFC 6655, RFC 7905, RFC 8442). No suite with a
 * certificate is among them: who has not got the key does not get in.
 */
#define DTLS_PSK_PRIORITIES \
	"NONE:+VERS-DTLS1.2:+ECDHE-PSK:+DHE-PSK:+PSK:+AEAD:" \
	"+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM:+AES-128-CCM-8:" \
	"+COMP-NULL:+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1:+GROUP-SECP521R1:" \
	"+GROUP-FFDHE2048:+GROUP-FFDHE3072:+SIGN-ALL:%NO_TICKETS:%SERVER_PRECEDENCE"

enum dtls_result {
	DTLS_WAITS,		/* for a datagram, or for dtls_session_timeout() to pass */
	DTLS_DONE,		/* the far end's certificate is known, or it has the key */
	DTLS_FAILED,
};

/* What the owner may look at in the callback. */
struct dtls_view {
	struct fingerprint_set peer;	/* from DTLS_DONE on, without a pre-shared key */
	const char *reason;		/* DTLS_FAILED: one line */
	const char *description;	/* DTLS_DONE: version and suite */
};

typedef void (*dtls_session_fn)(void *priv, enum dtls_result result,
				const struct dtls_view *view);

/* The keys of one direction as GnuTLS holds them; they stay the session's. */
struct dtls_key {
	const void *key, *iv;
	size_t key_len, iv_len;
	uint16_t epoch;
	uint64_t number;		/* of the next record */
};

/**
 * dtls_session_new() - prepare a handshake
 * @loop: event loop
 * @fd: bound datagram socket; the session has a descriptor of its own of it
 * @remote: where the far end is
 * @prestate: server: from the verified cookie; NULL: client
 * @cert: our certificate; a reference is taken
 * @psk: pre-shared key in place of certificates, or NULL; a reference is taken
 * @priorities: made of DTLS_PRIORITIES, with @psk of DTLS_PSK_PRIORITIES; must outlive the session's
 *	steps
 * @fn: called once after each step
 * @priv: handed to @fn
 * @out: the session
 * Return: 0 or a negative errno.
 */
int dtls_session_new(uv_loop_t *loop, int fd, const struct sockaddr_storage *remote,
		     gnutls_dtls_prestate_st *prestate, struct cert *cert, struct psk *psk,
		     gnutls_priority_t priorities, dtls_session_fn fn, void *priv,
		     struct dtls_session **out);

bool dtls_session_busy(const struct dtls_session *s);
bool dtls_session_is_server(const struct dtls_session *s);
const struct sockaddr_storage *dtls_session_remote(const struct dtls_session *s);
/* The key it is made with, in place of certificates, or NULL. */
struct psk *dtls_session_psk(const struct dtls_session *s);

/*
 * Keeps a datagram for the next step. One that comes when too many wait is dropped, as the
 * network might have done. Return: something waits, and no step runs.
 */
bool dtls_session_feed(struct dtls_session *s, const void *data, size_t len);

/**
 * dtls_session_step() - go on with the handshake, or with what comes after it
 * @s: session, not busy
 * @fp: fingerprints that the far end's certificate has to fit
 * @n: how many; 0: none known yet, the digest is kept and compared later
 */
void dtls_session_step(struct dtls_session *s, const struct bearer_fingerprint *fp,
		       unsigned int n);

/* ms until a step is due even if no datagram comes. */
unsigned int dtls_session_timeout(const struct dtls_session *s);

/* The suite's cipher, and the keys, after DTLS_DONE. Return: 0 or -EIO. */
gnutls_cipher_algorithm_t dtls_session_cipher(const struct dtls_session *s);
int dtls_session_keys(const struct dtls_session *s, struct dtls_key *rx, struct dtls_key *tx);

/*
 * The module has the keys: from now on nothing encrypted is sent without a reservation, and
 * @fn is called after steps.
 */
void dtls_session_taken(struct dtls_session *s, dtls_session_fn fn);

/* Datagrams that wait: as many record numbers are wanted for a step of a taken session. */
unsigned int dtls_session_waiting(const struct dtls_session *s);

/* Record numbers that the next step of a taken session may use. */
void dtls_session_reserved(struct dtls_session *s, uint64_t first, unsigned int count);

/**
 * dtls_session_free() - end a session
 * @s: session
 * @end: alert to send unless the keys were taken
 */
void dtls_session_free(struct dtls_session *s, enum handshake_end end);

#endif /* KMGWD_BEARER_DTLS_SESSION_H */
