/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sessions: TLS sessions that the gateway, as client, may resume.
 *
 * Purpose: keeps what a server gave for the next connection, with the digests of the certificate
 * that it showed. A session is good for the same realm, the same address and port and the same
 * certificate of ours, if the one of the far end still is what the signalling says; it is taken out
 * of the store when it is offered, and wiped when it is of no more use.
 * Context: thread of the event loop.
 * Memory: at most SESSIONS_MAX of them, of SESSIONS_OCTETS_MAX each; the oldest goes first.
 * Lifetime: sessions_init() to sessions_clear().
 */
#ifndef KMGWD_BEARER_SESSIONS_H
#define KMGWD_BEARER_SESSIONS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "bearer/fingerprint.h"

#define SESSIONS_MAX		1024
#define SESSIONS_OCTETS_MAX	16384
#define SESSIONS_LIFE		3600000	/* ms from the handshake in which the certificate was shown */

struct realm;
struct timer;

/* What has to be the same. */
struct session_place {
	const struct realm *realm;
	struct sockaddr_storage remote;
	struct bearer_fingerprint own;	/* our certificate */
};

struct session {
	gnutls_datum_t data;		/* GnuTLS' form of it; a secret */
	struct fingerprint_set peer;	/* the far end's certificate */
	uint64_t until;			/* uv_now() */
};

struct kept_session;

struct sessions {
	uv_loop_t *loop;
	struct timer *timer;		/* until the first of them is too old */
	struct kept_session *first;	/* newest first */
	unsigned int n;
	uint64_t serial;
};

void sessions_init(struct sessions *s, uv_loop_t *loop);

/**
 * sessions_keep() - put a session into the store
 * @s: store
 * @place: where it is good
 * @session: copied; it takes the place of one that is there for @place
 * Return: its number, for sessions_forget(); 0: it was not kept.
 */
uint64_t sessions_keep(struct sessions *s, const struct session_place *place,
		       const struct session *session);

/**
 * sessions_take() - look for a session to offer
 * @s: store
 * @place: where to
 * @fp: fingerprints that were signalled
 * @n: how many; 0: nobody knows yet who is there, and nothing is offered
 * @out: the session, no longer in the store; session_wipe() is due
 *
 * One whose certificate does not fit is wiped: there is another far end now.
 */
bool sessions_take(struct sessions *s, const struct session_place *place,
		   const struct bearer_fingerprint *fp, unsigned int n, struct session *out);

/* The connection of that session has failed (RFC 5246 7.2.2). @serial: 0 and unknown ones do nothing */
void sessions_forget(struct sessions *s, uint64_t serial);

void sessions_clear(struct sessions *s);

void session_wipe(struct session *session);

#endif /* KMGWD_BEARER_SESSIONS_H */
