/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bearer: what carries the user data of one stream of one termination.
 *
 * Purpose: the agent says what a stream shall be (struct bearer_want), the
 * bearer opens sockets, performs TLS, drives the module, and tells the agent
 * what happened. It knows SDP's vocabulary (setup, fingerprint) but no H.248.
 * Context: every function here runs in the thread of the event loop; callbacks
 * come from there too, and never from inside a call into this interface.
 * Lifetime: bearer_new() to bearer_delete(); a callback may delete the bearer.
 */
#ifndef KMGWD_BEARER_H
#define KMGWD_BEARER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux/kmgw.h"

struct bearer;
struct bearer_env;
struct psk;
struct realm;

/* the transports a stream can have (m-line proto, case ignored) */
enum bearer_proto {
	BEARER_UDP,		/* UDP, udptl, RTP/AVP: opaque datagrams */
	BEARER_TCP,		/* TCP, TCP/MSRP, TCP/BFCP */
	BEARER_TLS,		/* TCP/TLS, TCP/TLS/MSRP, TCP/TLS/BFCP */
	BEARER_DTLS,		/* UDP/DTLS, UDP/TLS/UDPTL */
};

static inline bool bearer_proto_is_tcp(enum bearer_proto proto)
{
	return proto == BEARER_TCP || proto == BEARER_TLS;
}

static inline bool bearer_proto_has_tls(enum bearer_proto proto)
{
	return proto == BEARER_TLS || proto == BEARER_DTLS;
}

/* a=setup (RFC 4145 4) */
enum bearer_setup {
	BEARER_SETUP_NONE,
	BEARER_SETUP_ACTIVE,
	BEARER_SETUP_PASSIVE,
	BEARER_SETUP_ACTPASS,
	BEARER_SETUP_HOLDCONN,
};

/* media type of the m-line; decides who is TLS client when no signal does */
enum bearer_media {
	BEARER_MEDIA_OTHER,
	BEARER_MEDIA_MESSAGE,
	BEARER_MEDIA_IMAGE,
	BEARER_MEDIA_APPLICATION,
};

enum bearer_hash {
	BEARER_SHA1,
	BEARER_SHA224,
	BEARER_SHA256,
	BEARER_SHA384,
	BEARER_SHA512,
};

/* a=fingerprint (RFC 8122 5) */
struct bearer_fingerprint {
	enum bearer_hash hash;
	uint8_t len;		/* octets in digest */
	uint8_t digest[64];
};

#define BEARER_FINGERPRINTS_MAX 8

struct bearer_subnet {
	uint8_t family, prefixlen;	/* AF_INET or AF_INET6 */
	uint8_t ip[16];			/* of which IPv4 has four */
};

struct bearer_ports {
	uint16_t min, max;		/* host order */
};

/* gm/saf, gm/sam, gm/spf, gm/spr: each of these addresses with each of these ports may send */
struct bearer_filter {
	unsigned int n_addrs, n_ports;	/* 0: any; together at most KMGW_FILTERS_MAX pairs */
	struct bearer_subnet addr[KMGW_FILTERS_MAX];
	struct bearer_ports port[KMGW_FILTERS_MAX];
};

/* tman: what a datagram stream may receive; octets of IP packets */
struct bearer_police {
	uint64_t sustained;	/* octets a second; 0: no limit */
	uint32_t burst;		/* octets at once, with sustained */
	uint64_t peak;		/* octets a second; 0: no limit */
	uint32_t tolerance;	/* us that a packet may come early, with peak */
};

/*
 * All that the agent wants of a stream. Given whole each time; the bearer finds
 * out what changed (no change of address, port, proto, fingerprint or
 * connection:new means no action on a bearer that is up).
 */
struct bearer_want {
	enum bearer_proto proto;
	bool rtp;			/* the datagrams are RTP */
	enum bearer_media media;
	enum bearer_setup setup;	/* Local: role of the gateway's end */
	enum bearer_setup remote_setup;	/* Remote: role of the far end */
	bool connection_new;		/* a=connection:new was in this request */
	bool connection_existing;
	uint64_t tls_id, remote_tls_id;	/* a=tls-id (RFC 8842), hashed; 0: none */
	bool has_remote;		/* a Remote descriptor was given */
	struct sockaddr_storage remote;	/* port 0 or 9, or unspecified: no SYN goes there */
	struct bearer_fingerprint fp[BEARER_FINGERPRINTS_MAX];
	unsigned int n_fp;		/* 0: none known (yet) */
	struct psk *psk;		/* TLS with this key, without certificates; NULL: none */
	enum kmgw_mode mode;
	uint8_t dscp;			/* 0 to 63, or KMGW_DSCP_KEEP */
	struct bearer_filter filter;
	struct bearer_police police;
	struct sockaddr_storage source;	/* address in what is sent; AF_UNSPEC: that of Local */
	uint16_t source_port;		/* the same of its port, host order; 0: that of Local */
	bool rtcp;			/* RTCP on a port of its own beside the media */
	bool has_rtcp_remote;
	struct sockaddr_storage rtcp_remote;
	enum kmgw_mode rtcp_mode;	/* mode gates user data, which RTCP is not */
	struct bearer_filter rtcp_filter;
	bool emergency;			/* goes before others where something is short */
	bool interlinked;		/* a SYN on the peer bearer opens this one (seplink) */
};

enum bearer_event {
	BEARER_TCP_UP,
	BEARER_TCP_FAILED,		/* refused, timed out, unreachable, guard timer */
	BEARER_TLS_UP,
	BEARER_TLS_FAILED,		/* alert, fingerprint, version, guard timer */
	BEARER_RELEASED,		/* after establishment, orderly, by the far end: g/cause NR */
	BEARER_LOST,			/* after establishment, RST, time-out, fatal alert: g/cause FT */
	BEARER_LATCHED,			/* bearer_latched() says to whom */
	BEARER_QUIET,			/* see bearer_watch_silence() */
	BEARER_POLICED,			/* more is received than police lets in, RTCP included */
};

struct bearer_ops {
	/*
	 * Tells what happened. reason is one short line for people (logs, and
	 * g/cause's Failurecause), valid during the call only.
	 */
	void (*event)(void *priv, enum bearer_event event, const char *reason);
};

/* totals over all connections of the bearer */
struct bearer_stats {
	uint64_t octets_sent;		/* nt/os */
	uint64_t octets_received;	/* nt/or */
	uint64_t plain_sent, plain_received;
	uint64_t packets_sent, packets_received;
	uint64_t rtcp_sent, rtcp_received;	/* packets beside these; octets are in the above */
	uint64_t drops;			/* gm/dp */
};

/**
 * bearer_new() - reserve address and port for a stream
 * @env: the bearer side of the daemon
 * @realm: IP realm of the termination
 * @family: AF_INET, AF_INET6, or AF_UNSPEC for what the realm has
 * @port: port asked for in host order, or 0 to choose one at random
 * @proto: transport
 * @context: context id, 1 to KMGW_ID_MAX
 * @termination: number of the termination, 1 to KMGW_ID_MAX
 * @stream: stream id, 1 to 65535
 * @emergency: the ports kept for emergency calls may be used
 * @pair: the port is even and the next one is reserved for RTCP (RFC 3550 11)
 * @ops: callbacks
 * @priv: handed to the callbacks
 * @out: the new bearer
 *
 * Binds the port in the realm and creates the endpoint in the module.
 * Return: 0; -EADDRNOTAVAIL the realm has no such address family or the port
 * is not in its range or taken; -ENOSPC no port left (510); -EPROTONOSUPPORT;
 * other negative errno from the module (500).
 */
int bearer_new(struct bearer_env *env, struct realm *realm, int family, uint16_t port,
	       enum bearer_proto proto, uint32_t context, uint32_t termination, uint16_t stream,
	       bool emergency, bool pair, const struct bearer_ops *ops, void *priv,
	       struct bearer **out);

/**
 * bearer_rtcp_reserve() - reserve the port of RTCP
 * @b: bearer of datagrams
 * @port: port asked for in host order, or 0 for the one after that of the media
 *
 * Does nothing if it is reserved already.
 * Return: 0; -EADDRNOTAVAIL not in the realm's range or taken; -EALREADY another one is reserved
 * (473); -EPROTONOSUPPORT; other negative errno from the module (500).
 */
int bearer_rtcp_reserve(struct bearer *b, uint16_t port);

/* The port of RTCP in host order; 0: none. */
uint16_t bearer_rtcp_port(const struct bearer *b);

/**
 * bearer_check() - would bearer_apply() with this be refused?
 *
 * Changes nothing, so that a command can be validated before any part of it acts.
 * Return: 0; -EADDRNOTAVAIL Remote address not permitted, -EDESTADDRREQ that of RTCP (449);
 * -EINVAL Remote's family differs from Local's (449); -EAFNOSUPPORT the family of an address in
 * filter or source does (473); -EALREADY it would need another plane than
 * the connection that has begun, and no new one is asked for (473).
 */
int bearer_check(const struct bearer *b, const struct bearer_want *want);

/**
 * bearer_apply() - make the bearer what the agent wants
 *
 * The bearer takes a reference of its own to the pre-shared key.
 * Return: as bearer_check(), or a negative errno of the module (500).
 */
int bearer_apply(struct bearer *b, const struct bearer_want *want);

/**
 * bearer_move() - go to another context
 * @b: bearer
 * @context: its id, 1 to KMGW_ID_MAX; it need not exist in the module yet
 * @mode: mode there; neither side of the move sees anything of the other
 *
 * Port, counters, destination and certificate stay. bearer_apply() has to follow.
 * Return: 0; -EISCONN it has a TCP connection, or is about to (501); -EBUSY the stream has two
 * ends there (501); -EPROTOTYPE the end there has another transport (473); other negative errno.
 */
int bearer_move(struct bearer *b, uint32_t context, enum kmgw_mode mode);

/**
 * bearer_tcp_open() - tcpbcc/EstBNC: send a SYN to Remote
 * Return: 0, also when open already; -EDESTADDRREQ no Remote address (441);
 * -EINVAL Remote has port 9 (473); -EISCONN Local is passive (473);
 * -EPROTONOSUPPORT not TCP (473).
 */
int bearer_tcp_open_check(const struct bearer *b, const struct bearer_want *want);
int bearer_tcp_open(struct bearer *b);

/**
 * bearer_tls_start() - tlsbsc/EstBNC: be (D)TLS client as soon as TCP, or Remote, is there
 * Return: 0, also on a live session; -EPROTONOSUPPORT no TLS proto (473).
 */
int bearer_tls_start(struct bearer *b);

/**
 * bearer_latch() - ipnapt/latch on a datagram stream
 *
 * On TCP it is the SYN that decides where the stream goes, which is what latching means.
 * Return: 0 or a negative errno of the module.
 */
int bearer_latch(struct bearer *b, enum kmgw_latch latch);

/* The far end that BEARER_LATCHED told last; AF_UNSPEC: none. */
const struct sockaddr_storage *bearer_latched(const struct bearer *b);

/**
 * bearer_watch_silence() - have BEARER_QUIET told when a datagram stream falls silent
 * @b: bearer
 * @ms: for how long no user data has to pass, RTCP apart; 0 ends it
 * @dir: in which direction; both: in either
 *
 * Each call begins anew. Return: 0; -EPROTONOSUPPORT not datagrams; a negative errno of the module.
 */
int bearer_watch_silence(struct bearer *b, uint32_t ms, enum kmgw_direction dir);

/* Was BEARER_QUIET due, and has nothing passed since? */
bool bearer_quiet(struct bearer *b);

/* A tlsbsc item was received on the termination: EstBNC makes us TLS client, else server. */
void bearer_tls_by_signal(struct bearer *b);

/* tcpbcc/RelBNC, tlsbsc/RelBNC: orderly end; the endpoint stays. No event. */
void bearer_release(struct bearer *b);

/* How far a bearer's connection is, as far as a later daemon has to know it. */
enum bearer_phase {
	BEARER_WAITING,		/* nothing was sent or received since the last start */
	BEARER_STARTING,	/* between SYN and hand-over: it dies with the daemon */
	BEARER_LIVE,		/* the module has it */
	BEARER_ENDED,		/* it ended, and whoever wanted to know was told */
};

#define BEARER_CERT_ID	32	/* octets: SHA-256 of a certificate */

/* What a bearer must know again after a restart of the daemon, apart from its want. */
struct bearer_saved {
	enum bearer_proto proto;
	enum bearer_phase phase;
	bool dialled, auto_dialled, tls_armed;
	struct bearer_stats base;	/* of what never reached the module */
	uint8_t cert[BEARER_CERT_ID];	/* that it shows; all zero: none */
};

void bearer_save(const struct bearer *b, struct bearer_saved *saved);

/**
 * bearer_adopt() - take over an endpoint that the module kept
 * @env: the bearer side; between bearer_env_survey() and bearer_env_survey_end()
 * @realm: IP realm of the termination
 * @context: context id
 * @termination: number of the termination
 * @stream: stream id
 * @saved: from bearer_save() of the earlier daemon, or from elsewhere: nothing in it is trusted
 * @ops: callbacks
 * @priv: handed to the callbacks
 * @out: the bearer
 *
 * The next bearer_apply() says what the module has been told already, and changes nothing
 * there; bearer_adopted() comes after it.
 * Return: 0; -ENOENT the module has no such endpoint; -EADDRNOTAVAIL its address or port is
 * not of the realm; other negative errno.
 */
int bearer_adopt(struct bearer_env *env, struct realm *realm, uint32_t context,
		 uint32_t termination, uint16_t stream, const struct bearer_saved *saved,
		 const struct bearer_ops *ops, void *priv, struct bearer **out);

/*
 * The whole stream was adopted: events tell what became of connections that ended
 * meanwhile, and of those that could not survive.
 */
void bearer_adopted(struct bearer *b);

/* The address and port reserved. */
const struct sockaddr_storage *bearer_local(const struct bearer *b);

/* The plane, for logs and audits: "datagram", "splice", "relay" or "merge". */
const char *bearer_plane(const struct bearer *b);

int bearer_get_stats(struct bearer *b, struct bearer_stats *st);

/**
 * bearer_delete() - end the bearer in order and free it
 * @st: final totals, or NULL
 *
 * The module closes what is up in order; handshakes in progress are cut.
 * The port stays reserved for port_quarantine. No event comes any more.
 */
void bearer_delete(struct bearer *b, struct bearer_stats *st);

/*
 * A bearer keeps the certificate that was the realm's when it was made, for its fingerprint
 * was told. Another stream of the termination has to show the same.
 */
void bearer_share_certificate(struct bearer *b, const struct bearer *with);
int bearer_fingerprint(const struct bearer *b, enum bearer_hash hash, char *buf, size_t len);

/*
 * The gateway's own certificate for a realm: writes "SHA-256 AA:BB:..." for the
 * hash asked for. Return: length, or -EOPNOTSUPP for a hash not offered.
 */
int bearer_own_fingerprint(struct bearer_env *env, const struct realm *realm,
			   enum bearer_hash hash, char *buf, size_t len);

#endif /* KMGWD_BEARER_H */
