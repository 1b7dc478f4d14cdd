/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bearer_private: what the files of bearer/ share.
 *
 * Who does what:
 *	env.c		the environment: realms, certificates, table of bearers, events
 *	bearer.c	bearer.h: bearers come, change, and go
 *	move.c		... and go to another context
 *	stream.c	the two bearers of a stream: SYNs that call for each other, guards
 *	plane.c		splice, relay or merge; connections without sockets of ours
 *	tcp.c		one TCP connection: listen, accept, connect
 *	tls.c		TLS on it: role, handshake, fingerprint
 *	datagram.c	datagrams: latching, policing, what stands in them as source
 *	rtcp.c		RTCP beside RTP
 *	dtls.c		DTLS on a datagram stream, the same as tls.c
 *	far_end.c	whom a handshake is with
 *	sessions.c	TLS sessions to resume
 *	slots.c		how many handshakes at once
 *	userpath.c	TLS records that the kernel cannot do
 *	attach.c	the connection in the module: hand-over, and how it ends
 *	renew.c		a connection is to be replaced by a new one
 *	linger.c	connections that were ended here and still say goodbye
 *	adopt.c		bearers of an earlier daemon
 *	keys.c		certificates in use, and their replacement
 *	watch_realms.c	realms that cannot be used
 *
 * Calls go down this list, except that tcp.c, tls.c and attach.c tell stream.c what
 * happened (stream_fail()) or ask it to look at the stream again (stream_look()).
 */
#ifndef KMGWD_BEARER_PRIVATE_H
#define KMGWD_BEARER_PRIVATE_H

#include <gnutls/gnutls.h>
#include <uv.h>

#include "bearer/bearer.h"
#include "bearer/env.h"
#include "bearer/fingerprint.h"
#include "bearer/handshake.h"
#include "bearer/ktls.h"
#include "bearer/psk.h"
#include "bearer/realm.h"
#include "bearer/rules.h"
#include "bearer/sessions.h"
#include "bearer/userpath.h"
#include "bearer/watch.h"
#include "kernel/kernel.h"
#include "kernel/route.h"
#include "lib/log.h"

#define BEARER_REASON_MAX	200

enum bearer_state {
	STATE_IDLE,		/* no connection, none awaited */
	STATE_LISTENING,
	STATE_CONNECTING,
	STATE_UP,		/* TCP is up; TLS: waiting for what starts it */
	STATE_HANDSHAKING,
	STATE_VERIFYING,	/* TLS is up, the fingerprint is not known */
	STATE_ARMING,		/* keys on their way to kTLS */
	STATE_PARKED,		/* ready, but the module still closes the last connection */
	STATE_SPLICED,		/* the module has the connection */
	STATE_RELEASED,		/* ended; nothing happens until asked for */
	STATE_FAILED,
};

/* An event that waits for the loop, for callbacks never come from inside a call. */
struct bearer_note {
	struct bearer_note *next;
	struct bearer *bearer;
	enum bearer_event event;
	char reason[BEARER_REASON_MAX];
};

struct dtls;
struct goodbye;

enum bearer_slot {
	SLOT_NONE,
	SLOT_WAITING,		/* in a queue for one */
	SLOT_HELD,		/* a handshake is under way */
};

struct context_ref {
	struct context_ref *next;
	uint32_t id;
	unsigned int users;		/* bearers, and the record */
	bool recorded;
};

struct survey;
struct retired;
struct realm_watch;
struct cert;

#define BEARER_BUCKETS	16384	/* power of two */

struct bearer_env {
	uv_loop_t *loop;
	const struct config *cfg;
	const struct log *log;
	struct kernel *kernel;
	struct route *route;
	gnutls_priority_t priorities;
	gnutls_priority_t psk_priorities;
	gnutls_priority_t dtls_priorities;
	gnutls_priority_t dtls_psk_priorities;
	struct sessions sessions;	/* that may be resumed by us as client */
	uint64_t resumed;		/* sessions that were, in either role */
	gnutls_datum_t cookie_key;	/* for the cookies of DTLS (RFC 6347 4.2.1) */
	struct realm *realms;
	unsigned int n_realms;
	struct goodbye *goodbyes;
	struct bearer_note *notes, **notes_end;
	struct timer *notes_timer;
	struct timer *resync_timer;	/* runs: a dump is due */
	unsigned int resyncs;		/* dumps so far */
	struct survey *survey;		/* NULL but at start */
	struct retired *retired;	/* certificates that only older bearers show */
	struct timer *expiry_timer;
	unsigned int slots;		/* handshakes under way */
	uint64_t slots_short;		/* handshakes that had to wait for one */
	struct bearer *slot_queue[2];	/* those that wait; 1: emergency */
	struct bearer *strangers;	/* with a slot for somebody whom no Remote names */
	struct timer *slot_timer;
	struct realm_watch *realm_watch;
	struct userpaths userpaths;
	unsigned int aeads_told;	/* a bit for each of aead_names whose driver was logged */
	struct bearer *buckets[BEARER_BUCKETS];		/* by context and stream */
	struct context_ref *contexts[BEARER_BUCKETS];
};

struct bearer {
	struct bearer *next;		/* in its bucket */
	struct bearer_env *env;
	struct realm *realm;
	struct cert *cert;
	struct realm_port port;
	struct sockaddr_storage local;
	struct kernel_name name;
	enum bearer_proto proto;
	const struct bearer_ops *ops;
	void *priv;

	struct bearer_want want;	/* as applied last */
	bool wanted;			/* bearer_apply() was called */
	enum bearer_state state;

	enum kmgw_plane plane;		/* of TCP */
	bool opened;			/* tcpbcc/EstBNC since the last start */

	/* the connection */
	int hold_fd;			/* keeps the TCP port while the module has no connection on it */
	int listen_fd;
	int fd;				/* ours until handed over; handshake's during one */
	struct watch *watch;
	struct timer *guard;		/* for what this end waits for */
	struct timer *peer_guard;	/* for this end to follow the other */
	bool syn;			/* one was sent or received since the last start */
	bool syn_calls;			/* ... and the peer has not acted on it yet */
	bool dialled;			/* the SYN was ours */
	bool auto_dialled;		/* tcp_open = "auto" did its one attempt */

	/* TLS on it */
	struct handshake *hs;
	enum bearer_slot slot;
	struct bearer *slot_next;
	struct bearer *stranger_next, **stranger_link;
	struct in6_addr stranger;
	bool slot_server;		/* the role, once there is one */
	bool tls_armed;			/* tlsbsc/EstBNC */
	bool tls_by_signal;
	bool peer_known;		/* the handshake is done, and this is what the far end proved: */
	struct fingerprint_set peer;	/* its certificate */
	struct psk *peer_psk;		/* or, if not NULL, that it has this key */
	uint64_t shown_until;		/* uv_now(): how long the certificate may count without being shown */
	uint64_t session;		/* number of what was kept for the next connection; 0: nothing */
	void *prefix;			/* decrypted already, for the module */
	size_t prefix_len;

	char no_ktls[KTLS_WHY_MAX];	/* why the kernel cannot do the records; empty: it can */
	struct userpath *userpath;	/* of the connection, also while it still ends */
	char end_reason[BEARER_REASON_MAX];	/* what it saw of the end; empty: the module says */

	/* datagrams */
	enum kmgw_latch latch;		/* as ordered last */
	struct sockaddr_storage latched;	/* where it sends; AF_UNSPEC: to Remote */
	struct sockaddr_storage latched_told;	/* to the agent */
	/* RTCP beside them */
	struct realm_port rtcp_port;
	struct sockaddr_storage rtcp_local;
	bool rtcp_in_kernel, rtcp_wanted;	/* its endpoint exists; it was told what is wanted */

	/* DTLS on datagrams */
	struct dtls *dtls;

	/* in the module */
	bool adopting;			/* the module knows already what is wanted */
	enum rules_adopted found;	/* what became of it until it was adopted */
	bool in_kernel;			/* the endpoint exists */
	bool live;			/* it has a connection */
	bool far_end_closed;		/* ... which the far end began to close in order */
	bool renewing;			/* ... and goes on until another one is up */
	bool old_dialled;		/* dialled, of that one */
	unsigned int resync_seen;
	enum kmgw_state resync_state;
	enum kmgw_reason resync_reason;

	struct bearer_stats ours;	/* of connections that never reached the module */
};

static inline bool bearer_is_tcp(const struct bearer *b)
{
	return bearer_proto_is_tcp(b->proto);
}

/* The module has a connection of it that counts. */
static inline bool bearer_carries(const struct bearer *b)
{
	return b->state == STATE_SPLICED || b->renewing;
}

/* env.c */
struct bearer *env_peer(const struct bearer *b);	/* other end of the stream, or NULL */
struct bearer *env_find(struct bearer_env *env, const struct kernel_name *name);
void env_add(struct bearer *b);
void env_remove(struct bearer *b);
int env_context_get(struct bearer_env *env, uint32_t id);
/* Return: the module's context went with its last user. */
bool env_context_put(struct bearer_env *env, uint32_t id);
/* One that the module has already. Return: 0 or -ENOMEM. */
int env_context_found(struct bearer_env *env, uint32_t id);
int env_endpoint_new(struct bearer *b, const struct kernel_name *name,
		     const struct sockaddr_storage *local, const struct kernel_set *set);
void env_notify(struct bearer *b, enum bearer_event event, const char *reason);
void env_forget_notes(const struct bearer *b);

/* bearer.c */
void bearer_log(const struct bearer *b, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Device and VRF of the realm. Return: 0 or -EADDRNOTAVAIL. */
int bearer_fill_place(const struct bearer *b, struct kernel_set *set);
/* Tells an endpoint of the bearer what is new to it; @old NULL: it was told nothing yet. */
int bearer_kernel_update(struct bearer *b, const struct kernel_name *name,
			 const struct bearer_want *want, const struct bearer_want *old);
/* Frees what the daemon holds of a bearer; the module is left alone. */
void bearer_destroy(struct bearer *b);
/* Ends what there is, so that the bearer is as if it had never been connected. */
void bearer_restart(struct bearer *b);

/* What the far end has proved, kept as long as its connection. */
void bearer_keep_peer(struct bearer *b, const struct fingerprint_set *peer, struct psk *psk);
void bearer_forget_peer(struct bearer *b);

/* stream.c */
void stream_look(struct bearer *b);		/* something changed: SYNs due? guards? */
void stream_forget(struct bearer *b);		/* it goes */
void stream_part(struct bearer *b);		/* its connection ends here: so does the other */
void stream_recall(struct bearer *b);		/* starts anew: a SYN at the other end calls again */
/* Ends the connections of both ends; @event is told to @b's agent. */
void stream_fail(struct bearer *b, enum bearer_event event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* plane.c */
bool plane_is_packet(const struct bearer *b);
/* Would it need another plane than the one that was fixed? Return: 0 or -EALREADY. */
int plane_check(const struct bearer *b, const struct bearer_want *want);
/* What is wanted may have changed, of it or of its peer. Return: 0 or an errno of the module. */
int plane_settle(struct bearer *b);
/* EstBNC: may a SYN of ours be sent? Not into a connection that the far ends have begun. */
bool plane_open(struct bearer *b);
void plane_restart(struct bearer *b);		/* resets both far ends, waits for a SYN */
void plane_abort(struct bearer *b);		/* resets both far ends */
void plane_state(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason);

/* tcp.c */
enum tcp_close_how {
	TCP_CLOSE_ORDERLY,	/* FIN, and what the far end still sends is read */
	TCP_CLOSE_ABORT,	/* RST */
};

int tcp_listen(struct bearer *b);
void tcp_unlisten(struct bearer *b);
/* Reserves the port by a socket, as long as no connection does. */
void tcp_hold_port(struct bearer *b);
void tcp_drop_port(struct bearer *b);
bool tcp_may_dial(const struct bearer *b);
void tcp_dial(struct bearer *b);		/* failures are notified */
/* Ends whatever the daemon itself holds of a connection, and all waiting. */
void tcp_close(struct bearer *b, enum tcp_close_how how, enum handshake_end end);
void tcp_set_dscp(const struct bearer *b, int fd);
/*
 * How long data may wait for its acknowledgement. Not before a connection carries media: Linux
 * lets it cut keepalive short, which would end one that waits at the first probe that is lost. The
 * module keeps the two apart (spliced); for others it is long enough for all of the probes.
 */
void tcp_set_user_timeout(const struct bearer *b, int fd, bool spliced);

/* tls.c */
void tls_tcp_is_up(struct bearer *b);
void tls_look(struct bearer *b);		/* a signal or a fingerprint may have come */

/* Does the signalling say who the far end has to be? */
bool tls_is_known(const struct bearer *b);
/* Why who shows that certificate, or, if not NULL, has that key, is not who is wanted; NULL: it is. */
const char *tls_misfit(const struct bearer_want *want, const struct fingerprint_set *peer,
		       const struct psk *shown);

void tls_slot(struct bearer *b);		/* the handshake that waited may begin */

/* Its user path goes on without it, or, before the module had it, not at all. */
void tls_leave_path(struct bearer *b);

/* datagram.c */
int datagram_check(const struct bearer *b, const struct bearer_want *want);
/* Adds to @set what is new of @want and only for datagrams. */
void datagram_fill(const struct bearer *b, const struct bearer_want *want,
		   const struct bearer_want *old, struct kernel_set *set);
/* @want is what @b is now, except for @old; @renew: a new DTLS association is due. */
int datagram_applied(struct bearer *b, const struct bearer_want *old, bool renew);
/* What the module says of latching. */
void datagram_latched(struct bearer *b, const struct sockaddr_storage *source);
/* Where datagrams go to; NULL: nobody knows. */
const struct sockaddr_storage *datagram_destination(const struct bearer *b);
/* Is it still open where the far end is? */
bool datagram_waits(const struct bearer *b);
/* May what goes wrong with whoever is at that address be told as a failure of the stream? */
bool datagram_is_far_end(const struct bearer *b, const struct sockaddr_storage *from);
/* An association was made with whoever is there: a stream that latches sends there from now on. */
void datagram_associated(struct bearer *b, const struct sockaddr_storage *with);

/* rtcp.c */
struct kernel_name rtcp_name(const struct bearer *b);
/* To be called before b->want is @want. Return: 0 or as bearer_rtcp_reserve(). */
int rtcp_apply(struct bearer *b, const struct bearer_want *want);
void rtcp_close(struct bearer *b);		/* its counters go into b->ours */
void rtcp_count(const struct bearer *b, struct bearer_stats *st);
int rtcp_latch(const struct bearer *b, enum kmgw_latch latch);
int rtcp_move(struct bearer *b, uint32_t context);
void rtcp_adopt(struct bearer *b, const struct sockaddr_storage *local);

/* dtls.c */
int dtls_open(struct bearer *b);		/* the stream has DTLS from now on */
void dtls_close(struct bearer *b, enum handshake_end end);	/* and now not any more */
void dtls_look(struct bearer *b);		/* a signal, Remote or a fingerprint may have come */
void dtls_slot(struct bearer *b);
void dtls_renew(struct bearer *b);		/* a new association is due, beside the one there is */
void dtls_start(struct bearer *b);		/* tlsbsc/EstBNC: as client */
void dtls_release(struct bearer *b);
/* The module has keys from an earlier daemon. */
void dtls_adopted(struct bearer *b, uint32_t generation);

/* slots.c */
/* May a handshake begin? If not now, tls_slot() follows. */
bool slots_take(struct bearer *b);
bool slots_try(struct bearer *b);		/* the same, but who gets none does not wait */
void slots_give(struct bearer *b);		/* it is over, or waits no longer */
void slots_reorder(struct bearer *b);		/* it has become an emergency call, or none */
/* Have others than @b not yet given all to whoever is at @from that one such source may have? */
bool slots_fair(const struct bearer *b, const struct sockaddr_storage *from);
/* The slot that @b has got is for whoever is there, whom no Remote names. */
void slots_stranger(struct bearer *b, const struct sockaddr_storage *from);

/* attach.c */
void attach(struct bearer *b);			/* b->fd, which is ready, to the module */
void attach_release(struct bearer *b, enum kmgw_release how);
void attach_look(struct bearer *b);		/* an event says that something ended */
void attach_closing(struct bearer *b, enum kmgw_reason reason);
void attach_ended(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason);
/* As attach_ended(), of a connection that was up. */
void attach_over(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason);
void attach_vanished(struct bearer *b);		/* the endpoint is gone from the module */

/* adopt.c */
void survey_free(struct bearer_env *env);

/* keys.c */
int keys_init(struct bearer_env *env);
void keys_free(struct bearer_env *env);
/* The certificate with that SHA-256, or NULL: it is not there any more. */
struct cert *keys_find(struct bearer_env *env, const uint8_t *id);
/* A bearer has gone, and perhaps the last one that showed an old certificate. */
void keys_prune(struct bearer_env *env);

/* renew.c */
/* Can the connection there is stay until the one that @want asks for is up? */
bool renew_can(const struct bearer *b, const struct bearer_want *want);
void renew(struct bearer *b);			/* it stays; another one is awaited, or made */
void renew_failed(struct bearer *b, enum handshake_end end);	/* it goes on as it was */

/* linger.c */
void linger_close(struct bearer_env *env, int fd);
void linger_free_all(struct bearer_env *env);

#endif /* KMGWD_BEARER_PRIVATE_H */
