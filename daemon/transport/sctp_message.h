/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sctp_message: H.248 messages out of what an SCTP socket hands over.
 *
 * Purpose: a user message is one H.248 message (H.248.4), yet the socket may
 * deliver it in pieces, and other protocols' messages beside it.
 * Context: plain data, no locks.
 */
#ifndef KMGWD_SCTP_MESSAGE_H
#define KMGWD_SCTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCTP_PPID_H248		7	/* payload protocol identifier */
#define SCTP_MESSAGE_MAX	65531	/* as much as over TCP */

enum sctp_result {
	SCTP_MORE,		/* the message is not complete yet */
	SCTP_COMPLETE,		/* data and used are a message; sctp_message_reset() is next */
	SCTP_MALFORMED,		/* this one is lost: too large, empty, or not H.248 */
};

struct sctp_message {
	size_t used;
	bool broken;			/* the rest of it is skipped */
	char data[SCTP_MESSAGE_MAX + 1];	/* one more shows that it is too large */
};

static inline void sctp_message_reset(struct sctp_message *m)
{
	m->used = 0;
	m->broken = false;
}

/**
 * sctp_message_add() - so many octets were written behind those in @m
 * @m: a message being received; there is always room for one octet
 * @n: how many
 * @ppid: payload protocol identifier as in the packet, that is in network order
 * @end: this was the last piece (MSG_EOR)
 *
 * Identifier 0 (none given) is taken as well: some stacks send it.
 */
enum sctp_result sctp_message_add(struct sctp_message *m, size_t n, uint32_t ppid, bool end);

#endif /* KMGWD_SCTP_MESSAGE_H */
