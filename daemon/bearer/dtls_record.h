/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dtls_record: what is written on the outside of a DTLS record (RFC 6347 4.1, 4.2.2).
 *
 * Context: pure; any thread.
 */
#ifndef KMGWD_BEARER_DTLS_RECORD_H
#define KMGWD_BEARER_DTLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_HEADER	13	/* octets before the body of a record */

/* RFC 7983 7: the first octet of a datagram tells DTLS from STUN, TURN and RTP. */
#define DTLS_FIRST_MIN	20
#define DTLS_FIRST_MAX	63

enum dtls_type {
	DTLS_CHANGE_CIPHER_SPEC	= 20,
	DTLS_ALERT		= 21,
	DTLS_HANDSHAKE		= 22,
	DTLS_APPLICATION_DATA	= 23,
};

struct dtls_record {
	uint8_t type;
	uint16_t epoch;
	uint64_t number;	/* 48 bits */
	const uint8_t *body;
	uint16_t len;		/* of the body */
};

/**
 * dtls_record_next() - the record at the head of a datagram
 * @data: datagram, or what is left of it; moved past the record
 * @len: octets there
 * @out: the record
 * Return: false: there is none, or it is cut off.
 */
bool dtls_record_next(const uint8_t **data, size_t *len, struct dtls_record *out);

/* Does a datagram begin a new association: a ClientHello that is not encrypted? */
bool dtls_is_client_hello(const void *data, size_t len);

#endif /* KMGWD_BEARER_DTLS_RECORD_H */
