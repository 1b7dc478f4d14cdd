/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules: the decisions of a bearer, without its sockets.
 *
 * Purpose: what a bearer does and when, as functions of what is known, so that a
 * table of cases can test each.
 * Context: pure.
 */
#ifndef KMGWD_BEARER_RULES_H
#define KMGWD_BEARER_RULES_H

#include <stdbool.h>

#include "bearer/bearer.h"
#include "kernel/kernel.h"

#define RULES_DISCARD_PORT	9	/* RFC 4145: an active end names no port */

/* --- who sends a SYN --- */

/* Is a connection to our port wanted? */
bool rules_listens(enum bearer_setup local);

/* Does a SYN that arrives at @peer open the connection of @b? */
bool rules_interlinked(const struct bearer_want *b, const struct bearer_want *peer);

/* Does @b dial without being asked (tcp_open = "auto")? @peer may be NULL. */
bool rules_dials_unasked(const struct bearer_want *b, const struct bearer_want *peer);

/* May the signal that opens TCP be given? Return: 0 or as bearer_tcp_open(). */
int rules_may_open(enum bearer_proto proto, const struct bearer_want *want);

/* Is there somewhere to send a SYN to? */
bool rules_can_dial(const struct bearer_want *want);

/* --- planes --- */

/* What of an end of a stream decides how its TCP is carried. */
struct rules_side {
	bool tls;
	enum bearer_setup setup;	/* Local */
	bool opened;			/* tcpbcc/EstBNC was given */
};

/**
 * rules_plane() - how is the TCP of a stream carried?
 * @own: one end
 * @peer: the other, or NULL while there is none
 * @merge: connections may be merged
 *
 * Segment by segment where the far ends can have one connection with each other; else, and
 * while the stream has one end only, by sockets.
 */
enum kmgw_plane rules_plane(const struct rules_side *own, const struct rules_side *peer,
			    bool merge);

/* --- TLS --- */

struct rules_tls {
	bool armed;		/* tlsbsc/EstBNC was given */
	bool by_signal;		/* a tlsbsc item was seen, or tls_start = "signal" */
	enum bearer_media media;
	enum bearer_setup local;
	bool dialled;		/* the SYN was ours */
};

/* Is our end the TLS client? Else it is server, and waits for ClientHello. */
bool rules_tls_client(const struct rules_tls *t);

/*
 * Does the guard of a TLS server that waits for ClientHello run? Not before a
 * fingerprint is known, and not on a connection that we dialled for an MGC which
 * gives signals: there the server is whoever gets no EstBNC, and it may come late.
 */
bool rules_tls_server_guard(const struct rules_tls *t, bool far_end_known);

/* --- what a Modify does to a bearer --- */

enum rules_phase {
	RULES_WAITING,		/* never connected since the last start */
	RULES_STARTING,		/* SYN sent or received, not handed to the module */
	RULES_LIVE,		/* the module has the connection */
	RULES_ENDED,		/* released or failed */
};

/**
 * rules_restarts() - does a request end what there is and start anew?
 * @old: what was wanted until now
 * @new: what is wanted
 * @phase: where the bearer is
 * @new_certificate: the fingerprints of @new do not fit the certificate that the
 *	far end showed, or, before one was seen, differ from those of @old
 *
 * The first Remote of a bearer never restarts it: a far end may connect before the
 * MGC knows its address, and connection:new then means the connection there is.
 */
bool rules_restarts(const struct bearer_want *old, const struct bearer_want *new,
		    enum rules_phase phase, bool new_certificate);

/**
 * rules_dtls_renews() - does a request call for a new DTLS association?
 * @old: what was wanted until now
 * @new: what is wanted
 * @new_certificate: as for rules_restarts()
 *
 * RFC 7345 and RFC 8842 5: when an address, a role, a fingerprint or tls-id changes; what is
 * said for the first time changes nothing.
 */
bool rules_dtls_renews(const struct bearer_want *old, const struct bearer_want *new,
		       bool new_certificate);

/**
 * rules_latches_anew() - does a stream that latches have to be heard anew?
 * @old: what was wanted until now
 * @new: what is wanted
 * @latch: what was ordered last
 * @how: what is to be ordered
 *
 * When a call becomes a fax, or back, another program of the far end may send. Whoever was latched is
 * still sent to until it does, unless Remote says where it is now.
 */
bool rules_latches_anew(const struct bearer_want *old, const struct bearer_want *new,
			enum kmgw_latch latch, enum kmgw_latch *how);

/* --- addresses and filters --- */

/**
 * rules_remote() - may a stream have this far address?
 * @local: the bearer's own address
 * @remote: the far address
 * @route_type: RTN_* of the route there, or a negative errno when there is none
 * @owned: address and port belong to a realm
 * Return: 0, -EADDRNOTAVAIL, or -EINVAL when the families differ.
 */
int rules_remote(const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
		 int route_type, bool owned);

/* The filters the module gets. */
void rules_filter(const struct bearer_want *want, int family, struct kernel_filters *out);

/* --- endings --- */

enum rules_end {
	RULES_END_SILENT,	/* not the doing of this bearer's far end */
	RULES_END_RELEASED,
	RULES_END_LOST,
};

/**
 * rules_ended() - what the agent is told when the module says that a connection ended
 * @state: KMGW_STATE_RELEASED or KMGW_STATE_FAILED
 * @reason: why
 * @far_end_closed: before that, the far end had begun to close in order
 *
 * When closing takes too long, only he who began it is reported, and in order.
 */
enum rules_end rules_ended(enum kmgw_state state, enum kmgw_reason reason, bool far_end_closed);

/* --- after a restart --- */

enum rules_adopted {
	RULES_ADOPTED_WAITING,	/* goes on waiting, or never had a connection */
	RULES_ADOPTED_LIVE,	/* the module has the connection */
	RULES_ADOPTED_OVER,	/* it had ended, and that was told */
	RULES_ADOPTED_ENDED,	/* it ended while nobody listened */
	RULES_ADOPTED_CUT,	/* it was the daemon's and died with it */
};

/**
 * rules_adopted() - what became of a connection while there was no daemon
 * @phase: as recorded
 * @tcp: TCP; else datagrams, which have no connection
 * @attached: the module holds a socket
 * @state: of the endpoint
 */
enum rules_adopted rules_adopted(enum bearer_phase phase, bool tcp, bool attached,
				 enum kmgw_state state);

/**
 * rules_adopted_dtls() - the same for DTLS
 * @phase: as recorded
 * @keyed: the module has keys
 * @state: of the endpoint
 */
enum rules_adopted rules_adopted_dtls(enum bearer_phase phase, bool keyed, enum kmgw_state state);

/* --- guard for the other end --- */

/* Both ends of the stream are known, so that a SYN on one must be met by the other. */
bool rules_both_known(const struct bearer_want *a, const struct bearer_want *b);

#endif /* KMGWD_BEARER_RULES_H */
