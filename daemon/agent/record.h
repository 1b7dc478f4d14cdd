/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record: what the module keeps of a context, so that a later daemon knows the call again.
 *
 * Purpose: written when a context has changed, read once at start. It has two parts.
 * The first is binary and holds what H.248 has no words for; the second is one
 * transaction in compact text, an Add for each termination with its Media and Events as
 * they were answered.
 *
 *	octets	what
 *	4	"KMGW"
 *	1	version: 2
 *	1	number of terminations
 *	2	length of the binary part, these eight octets included
 *	...	for each termination: time of Add (8, ms of the monotonic clock), flags (1),
 *		number of streams (1); for each stream: id (2), flags (1); if it has a bearer:
 *		transport (1), phase and flags (1), SHA-256 of the certificate (32, TLS
 *		only), nine counters (each 1 to 10 octets, seven bits in each, low ones first)
 *	...	text
 *
 * Numbers are big-endian. Nothing in it is secret. Nothing in it is trusted either: who
 * may write it may also write to the module whatever he likes, but not to this process.
 * Context: the thread of the event loop.
 */
#ifndef KMGWD_RECORD_H
#define KMGWD_RECORD_H

#include "agent/agent_private.h"

struct record_stream {
	uint16_t id;
	bool tcp_signal, reported;
	bool has_bearer;
	struct bearer_saved saved;
};

struct record_termination {
	uint64_t added;
	bool tls_by_signal;
	unsigned int n_streams;
	struct record_stream *streams;
	const struct h248_command *add;
};

struct record {
	struct h248_context_attr attr;
	unsigned int n;
	struct record_termination *terminations;
};

/* The context's record is out of date; records_write() sees to it. */
void record_changed(struct agent *agent, struct context *c);
/* The context goes. */
void record_forget(struct agent *agent, struct context *c);
/* Hands what has changed to the module. To be called before anybody is told of it. */
void records_write(struct agent *agent);

/* Appends the record of a context. Return: 0; -EMSGSIZE it is too large; -ENOMEM. */
int record_write(const struct agent *agent, const struct context *c, struct arena *a,
		 struct strbuf *out);

/**
 * record_read() - understand a record
 * @a: holds the result
 * @data: octets
 * @len: how many
 * @out: receives what it says
 *
 * Return: 0; -ENODATA there is none; -EPROTO it is of a version not known here; -EBADMSG
 * it is not a record; -ENOMEM.
 */
int record_read(struct arena *a, const void *data, size_t len, struct record *out);

#endif /* KMGWD_RECORD_H */
