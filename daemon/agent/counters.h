/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters: what was done for which MGC: messages, commands, error codes.
 *
 * Purpose: one set for each MGC that was ever heard or spoken to, by address
 * without port. Whoever executes a command or gives an error counts it here;
 * counters.c knows for whom, since one message is worked off at a time.
 * Context: the thread of the event loop. Lifetime: part of the agent; nothing
 * ever goes back. The number of sets is bounded: the last one is for all others.
 */
#ifndef KMGWD_AGENT_COUNTERS_H
#define KMGWD_AGENT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "codec/h248.h"

#define COUNTERS_MGCS		33	/* the last one: all others */
#define COUNTERS_COMMANDS	(H248_SERVICE_CHANGE + 1)
#define COUNTERS_CODE_MIN	400
#define COUNTERS_CODES		400	/* 400 to 799 of H.248.8 */

struct agent;
struct transport_path;

enum counters_way {
	COUNTERS_RECEIVED,		/* of the MGC */
	COUNTERS_SENT,			/* of the gateway */
	COUNTERS_WAYS,
};

struct counters_mgc {
	struct sockaddr_storage addr;	/* port 0; family 0: all others */
	uint64_t messages[COUNTERS_WAYS], octets[COUNTERS_WAYS];
	uint64_t commands[COUNTERS_WAYS][COUNTERS_COMMANDS];
	uint64_t refused[COUNTERS_WAYS][COUNTERS_COMMANDS];	/* answered with an error */
	uint64_t errors[COUNTERS_WAYS][COUNTERS_CODES];		/* sent: given to the MGC */
	uint64_t registrations;
	uint64_t losses;		/* of its control */
};

struct counters {
	struct counters_mgc mgc[COUNTERS_MGCS];
	unsigned int n;			/* sets in use, not counting that of the others */
	struct counters_mgc *current;	/* whose message is worked off; NULL: nobody's */
};

/* The set of an address, made on first use; never NULL. */
struct counters_mgc *counters_of(struct agent *agent, const struct sockaddr_storage *addr);

/* A message came, or went out. What is counted next concerns its sender. */
void counters_received(struct agent *agent, const struct transport_path *from, size_t len);
void counters_sent(struct agent *agent, const struct transport_path *to, size_t len);

/* A command of the MGC was executed; code: the error it was refused with, or 0. */
void counters_command(struct agent *agent, enum h248_command_kind kind, unsigned int code);
/* An error above commands (action, transaction, message) was given to the MGC. */
void counters_error(struct agent *agent, unsigned int code);
/* A command of the gateway was sent; it was answered with an error. */
void counters_own(struct agent *agent, enum h248_command_kind kind);
void counters_own_refused(struct agent *agent, enum h248_command_kind kind, unsigned int code);

#endif /* KMGWD_AGENT_COUNTERS_H */
