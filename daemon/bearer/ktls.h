/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktls: hands the keys of a finished handshake to the kernel.
 *
 * Context: any thread; blocks only for what the kernel needs to load a cipher.
 */
#ifndef KMGWD_BEARER_KTLS_H
#define KMGWD_BEARER_KTLS_H

#include <gnutls/gnutls.h>

/* GnuTLS priorities: exactly what kTLS can carry, and no tickets. */
#define KTLS_PRIORITIES \
	"NONE:+VERS-TLS1.3:+VERS-TLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:" \
	"+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+COMP-NULL:+CTYPE-X509:" \
	"+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1:+GROUP-SECP521R1:+SIGN-ALL:-SIGN-RSA-SHA1:" \
	"-SIGN-ECDSA-SHA1:%NO_TICKETS:%SERVER_PRECEDENCE"

/**
 * ktls_prepare() - make a connection one that can take keys later
 * @fd: established connection
 *
 * To be called when TCP is up, for the kernel refuses it once the far end has sent
 * a FIN, which may come right behind the handshake. Until keys are set, reading and
 * writing are those of TCP.
 * Return: 0 or a negative errno.
 */
int ktls_prepare(int fd);

/**
 * ktls_arm() - set keys, both ways
 * @fd: socket of the session, prepared
 * @session: session after its handshake
 * @why: receives what failed, a constant
 * Return: 0 or a negative errno.
 */
int ktls_arm(int fd, gnutls_session_t session, const char **why);

#endif /* KMGWD_BEARER_KTLS_H */
