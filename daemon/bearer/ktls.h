/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktls: hands the keys of a finished handshake to the kernel.
 *
 * Context: any thread; blocks only for what the kernel needs to load a cipher.
 */
#ifndef KMGWD_BEARER_KTLS_H
#define KMGWD_BEARER_KTLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * ktls_takes() - can the kernel do the records of a session?
 * @session: session after its handshake
 * @record: octets of user data that may be in a record to the far end
 * @why: receives why not, in words; room for KTLS_WHY_MAX
 */
bool ktls_takes(gnutls_session_t session, size_t record, char *why);

#define KTLS_WHY_MAX	96

/* The kernel's name of a session's AEAD, or NULL when kTLS has it not. */
const char *ktls_aead(gnutls_session_t session);

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
 * @record: octets of user data that may be in a record to the far end
 * @why: receives what failed, a constant
 * Return: 0 or a negative errno.
 */
int ktls_arm(int fd, gnutls_session_t session, const char **why);

#endif /* KMGWD_BEARER_KTLS_H */
