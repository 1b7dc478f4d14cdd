/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userpath: TLS whose records the kernel cannot do, done by the daemon.
 *
 * Purpose: stands between the far end's socket and the module. The module gets the other
 * end of a TCP connection over loopback and splices that like any plain one, so that modes,
 * idle time, endings and joining with the stream's other endpoint, whatever that one is, are
 * the module's on this path, too. Here records are opened and made, and an end on one side
 * becomes the same end on the other.
 * Context: all functions in the thread of the event loop; callbacks, too, never from inside a
 * call. Records are moved by worker threads that never wait: a turn moves a limited amount
 * and goes back to the end of the workers' queue.
 * Keys: of TLS 1.3 they are renewed before they have protected too many records (RFC 8446 5.5); of
 * TLS 1.2, and where the far end does not renew its own, the session ends then.
 * Memory: one record a direction, and the two buffers of the inner connection.
 * Lifetime: userpath_new() to userpath_leave() or userpath_cut(). It does not survive the
 * daemon: both connections are then reset by the kernel.
 */
#ifndef KMGWD_BEARER_USERPATH_H
#define KMGWD_BEARER_USERPATH_H

#include <uv.h>

#include "bearer/handshake.h"

struct bearer_stats;
struct userpath;

/* All that there are. */
struct userpaths {
	struct userpath *first;
	unsigned int n;
	uint64_t total, truncated;
	uint64_t key_records;	/* that a key of AES-GCM may protect; 0: as RFC 8446 5.5 has it */
};

struct userpath_ops {
	/* The module may have @fd, which is the receiver's; or, if negative, @why it failed. */
	void (*ready)(void *priv, int fd, const char *why);
	/* How the far end ended, or failed, in one line; at most once. */
	void (*ending)(void *priv, const char *why);
	/* It frees itself now, and the module hears of it afterwards; userpath_count() if wanted. */
	void (*gone)(void *priv);
};

/**
 * userpath_new() - have a session's records done by the daemon
 * @all: where it is counted
 * @loop: event loop
 * @s: session after its handshake; taken over, also on failure
 * @linger: ms for which the far end may delay the end of a connection
 * @ops: callbacks; ready comes once, unless it is left or cut before
 * @priv: handed to the callbacks
 * @out: the path
 * Return: 0 or a negative errno.
 */
int userpath_new(struct userpaths *all, uv_loop_t *loop, const struct handshake_session *s,
		 unsigned int linger, const struct userpath_ops *ops, void *priv,
		 struct userpath **out);

/* The far end's socket, for its options. */
int userpath_fd(const struct userpath *u);

/* Adds what the far end's connection carried beyond what the module counts. */
void userpath_count(const struct userpath *u, struct bearer_stats *st);

/* The owner goes; what the module still says and how it ends are carried to the far end. */
void userpath_leave(struct userpath *u);

/* Resets both connections. */
void userpath_cut(struct userpath *u);

#endif /* KMGWD_BEARER_USERPATH_H */
