/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * handshake: one TLS handshake on one socket, up to keys in the kernel.
 *
 * Purpose: lets GnuTLS do the handshake a step at a time on worker threads, so
 * that public-key work never delays signalling, and takes from the socket nothing
 * that comes after it, unless a ticket is looked for.
 * Context: all functions in the thread of the event loop; callbacks, too, never
 * from inside a call. A worker never waits for the network: when GnuTLS wants to
 * read or write, the step ends, and the owner asks for the next one once the
 * socket is ready.
 * Lifetime: handshake_new() to handshake_free(). While a step runs the socket
 * belongs to the worker; the struct outlives its owner until the step is done.
 */
#ifndef KMGWD_BEARER_HANDSHAKE_H
#define KMGWD_BEARER_HANDSHAKE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "bearer/fingerprint.h"

struct cert;
struct handshake;
struct psk;
struct session;

enum handshake_result {
	HANDSHAKE_WANTS_READ,
	HANDSHAKE_WANTS_WRITE,
	HANDSHAKE_DONE,		/* the far end's certificate is known, or it has the key */
	HANDSHAKE_TICKET,	/* there is one, or it is not worth more time */
	HANDSHAKE_ARMED,	/* kTLS has the keys, both ways */
	HANDSHAKE_FAILED,
};

/* What the owner may look at in the callback and until the next step. */
struct handshake_view {
	struct fingerprint_set peer;	/* from HANDSHAKE_DONE on, without a pre-shared key */
	bool resumed;			/* HANDSHAKE_DONE: the certificate is that of an earlier one */
	const void *prefix;		/* HANDSHAKE_ARMED: octets already decrypted */
	size_t prefix_len;
	const char *aead;		/* HANDSHAKE_ARMED: as the kernel calls it */
	const char *reason;		/* HANDSHAKE_FAILED: one line */
	const char *description;	/* HANDSHAKE_DONE: version and suite */
	const char *no_ktls;		/* HANDSHAKE_DONE: why kTLS cannot go on; NULL: it can */
};

/* What a handshake is done with. */
struct handshake_how {
	bool server;			/* our role */
	struct cert *cert;		/* our certificate; a reference is taken */
	struct psk *psk;		/* in place of certificates, or NULL; a reference is taken */
	gnutls_priority_t priorities;	/* of suites_init(), with @psk of suites_psk_init() */
	const gnutls_datum_t *tickets;	/* server: key of session tickets; NULL: no resumption */
	bool resumption;		/* client: a session may be resumed, and is kept */
	const struct session *resume;	/* client: the one to offer, or NULL */
};

typedef void (*handshake_fn)(void *priv, enum handshake_result result,
			     const struct handshake_view *view);

/**
 * handshake_new() - prepare a handshake
 * @loop: event loop
 * @fd: connected non-blocking socket; taken over, also on failure
 * @how: roles and credentials; priorities and tickets must outlive the handshake's steps
 * @fn: called once for each step asked for
 * @priv: handed to @fn
 * @out: the handshake
 * Return: 0 or a negative errno.
 */
int handshake_new(uv_loop_t *loop, int fd, const struct handshake_how *how, handshake_fn fn,
		  void *priv, struct handshake **out);

int handshake_fd(const struct handshake *h);
bool handshake_busy(const struct handshake *h);

/* The key it is done with, in place of certificates, or NULL. */
struct psk *handshake_psk(const struct handshake *h);

/**
 * handshake_step() - go on with the handshake
 * @h: handshake, not busy
 * @fp: fingerprints that the far end's certificate has to fit
 * @n: how many; 0: none known yet, the digest is kept and compared later
 */
void handshake_step(struct handshake *h, const struct bearer_fingerprint *fp, unsigned int n);

/**
 * handshake_ticket() - look for a session to resume the next time
 * @h: handshake of a client, after HANDSHAKE_DONE
 *
 * With TLS 1.3 it comes after the handshake. Of what has come only a whole record that may be a
 * ticket is taken, so that at any time the rest can be left to the kernel. The result is
 * HANDSHAKE_TICKET, HANDSHAKE_WANTS_READ: not yet; or HANDSHAKE_FAILED.
 */
void handshake_ticket(struct handshake *h);

/**
 * handshake_resumable() - what may be offered the next time
 * @h: handshake of a client, not busy
 * @out: the session; its data stay the handshake's, and until is 0
 * @life: ms for which the far end takes it
 * Return: false if there is none.
 */
bool handshake_resumable(const struct handshake *h, struct session *out, uint64_t *life);

/* After HANDSHAKE_DONE: give the keys to kTLS. */
void handshake_arm(struct handshake *h);

/* A session whose records the daemon has to do itself. */
struct handshake_session {
	gnutls_session_t session;
	struct cert *cert;		/* a reference that the session needs */
	int fd;
	uint8_t *early;			/* octets decrypted already, or NULL; the receiver's to wipe and free */
	size_t early_len;		/* at most KMGW_PREFIX_MAX */
};

/*
 * After HANDSHAKE_DONE: the session leaves, and the handshake is freed. The new owner sets
 * transport functions of its own.
 */
void handshake_take(struct handshake *h, struct handshake_session *out);

enum handshake_end {
	HANDSHAKE_END_SILENT,		/* nothing is sent */
	HANDSHAKE_END_CLOSE_NOTIFY,	/* user_canceled before, when not finished yet */
	HANDSHAKE_END_BAD_CERTIFICATE,	/* fatal */
};

/**
 * handshake_free() - end a handshake
 * @h: handshake
 * @end: alert to send, if there was a ClientHello and no keys were handed on
 *
 * Return: the socket, which the caller owns again; -1 when a step is running: the
 * socket is then closed by it.
 */
int handshake_free(struct handshake *h, enum handshake_end end);

#endif /* KMGWD_BEARER_HANDSHAKE_H */
