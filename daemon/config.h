/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config: what the configuration file says.
 *
 * Purpose: reads the libconfig file once, at start, checks it, and holds the
 * result; every other part reads it and none changes it.
 * Lifetime: config_load() to config_free(), longer than everything else.
 *
 * Times are in milliseconds here, whatever unit the file uses.
 */
#ifndef KMGWD_CONFIG_H
#define KMGWD_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/log.h"

#define CONFIG_REALM_NAME_MAX		63	/* octets, ipdc/realm */
#define CONFIG_INTERFACE_MAX		16	/* octets, part of a termination id */
#define CONFIG_REALM_ADDRESSES_MAX	8
#define CONFIG_REALMS_MAX		256
#define CONFIG_MGCS_MAX			16
#define CONFIG_SCTP_ADDRESSES_MAX	4	/* besides the first */
#define CONFIG_MID_MAX			128
#define CONFIG_PROFILE_MAX		67	/* octets: NAME, "/", two digits */
#define CONFIG_PROFILES_MAX		8
#define CONFIG_TRACE_NAME_MAX		64	/* octets */
#define CONFIG_RUN_DIR_MAX		80	/* octets: a socket's path is short */

enum config_transport {
	CONFIG_TRANSPORT_UDP,
	CONFIG_TRANSPORT_TCP,
	CONFIG_TRANSPORT_SCTP,
};

enum config_encoding {
	CONFIG_ENCODING_PRETTY,
	CONFIG_ENCODING_COMPACT,
	CONFIG_ENCODING_BINARY,
};

/* Which reference point the gateway serves: decides what packages it offers. */
enum config_variant {
	CONFIG_VARIANT_ALL,
	CONFIG_VARIANT_IQ,
	CONFIG_VARIANT_IX,
	CONFIG_VARIANT_MP,
};

/* tcp_open: does a Local with a=setup:active open TCP, too? */
enum config_tcp_open {
	CONFIG_TCP_OPEN_SIGNAL,
	CONFIG_TCP_OPEN_AUTO,
};

/* tls_start: does a=setup decide who is TLS client, where no tlsbsc item was seen? */
enum config_tls_start {
	CONFIG_TLS_START_AUTO,
	CONFIG_TLS_START_SIGNAL,
};

/* rtcp: has a stream of RTP a port for RTCP, too, unless gm/rsb or rtcph/rsb say otherwise? */
enum config_rtcp {
	CONFIG_RTCP_OFF,
	CONFIG_RTCP_ON,
};

/* msrp_aware: what a=path on an MSRP proto leads to */
enum config_msrp_aware {
	CONFIG_MSRP_AWARE_REFUSE,	/* 501 */
	CONFIG_MSRP_AWARE_IGNORE,	/* handled agnostically, logged once */
};

enum config_trace_format {
	CONFIG_TRACE_PCAP,
	CONFIG_TRACE_TEXT,
};

/* What can be switched off: features */
enum {
	CONFIG_FEATURE_TLS	= 1 << 0,
	CONFIG_FEATURE_DTLS	= 1 << 1,
	CONFIG_FEATURE_MERGE	= 1 << 2,
	CONFIG_FEATURE_MSRP	= 1 << 3,
};

/* tls_versions: those that are spoken */
enum {
	CONFIG_TLS_1_2		= 1 << 0,
	CONFIG_TLS_1_3		= 1 << 1,
};

/* fingerprint_hashes: a bit for each value of enum bearer_hash, in its order */
enum {
	CONFIG_HASH_SHA1	= 1 << 0,
	CONFIG_HASH_SHA224	= 1 << 1,
	CONFIG_HASH_SHA256	= 1 << 2,
	CONFIG_HASH_SHA384	= 1 << 3,
	CONFIG_HASH_SHA512	= 1 << 4,
};

/* ServiceChange of the gateway, by what has happened */
enum config_change {
	CONFIG_CHANGE_COLD,		/* started, calls of before are lost */
	CONFIG_CHANGE_WARM,		/* started, calls of before go on */
	CONFIG_CHANGE_DISCONNECTED,	/* back at the MGC whose control was lost */
	CONFIG_CHANGE_FAILOVER,		/* the next MGC of the list */
	CONFIG_CHANGE_HAND_OFF,		/* an MGC sent the gateway here */
	CONFIG_CHANGE_STOP,
	CONFIG_CHANGE_DRAIN,
	CONFIG_CHANGE_UNDRAIN,
	CONFIG_CHANGE_REALM_DOWN,
	CONFIG_CHANGE_REALM_UP,
	CONFIG_CHANGES,
};

enum config_method {
	CONFIG_METHOD_RESTART,
	CONFIG_METHOD_FORCED,
	CONFIG_METHOD_GRACEFUL,
	CONFIG_METHOD_DISCONNECTED,
	CONFIG_METHOD_HAND_OFF,
	CONFIG_METHOD_FAILOVER,
	CONFIG_METHODS,
};

struct config_change_order {
	enum config_method method;
	unsigned int reason;
};

struct config_mgc {
	struct sockaddr_storage address;	/* with the port */
	enum config_transport transport;
	struct sockaddr_storage more[CONFIG_SCTP_ADDRESSES_MAX];	/* SCTP: others it has */
	unsigned int n_more;
};

struct config_realm {
	char name[CONFIG_REALM_NAME_MAX + 1];		/* compared exactly */
	char interface[CONFIG_INTERFACE_MAX + 1];	/* compared without case */
	struct sockaddr_storage address[CONFIG_REALM_ADDRESSES_MAX];	/* port 0 */
	unsigned int n_addresses;
	uint16_t port_min, port_max;
	char *device;			/* NULL: not bound to one */
	char *vrf;			/* NULL: none */
	char *certificate;		/* NULL: the gateway's */
	char *private_key;
	unsigned int line;		/* of the file, for later complaints */
};

/* names of packages that an operator may change */
struct config_packages {
	char *tcpbcc;
	char *tlsbsc;
	char *seplink;
	char *est_bnc;			/* EstBNC */
	char *rel_bnc;			/* RelBNC */
	char *bnc_change;		/* BNCChange */
	char *linktopo;			/* linktopo */
};

/* What the operator says of an item of the table of packages. */
struct config_item {
	char *item;			/* as the table names it: "tcpbcc", "tcpbcc/EstBNC" */
	char *kind;			/* "event"...; NULL: whatever has that name */
	char *name;			/* NULL: as in the table */
	bool has_id, has_version;
	uint16_t id, version;
	unsigned int line;
};

struct config {
	char *path;			/* the file */

	/* H.248 */
	char mid[CONFIG_MID_MAX + 1];	/* as written in messages: "[10.0.0.1]:2944", "<mg.example>" */
	struct sockaddr_storage local;	/* where H.248 is received; from mid or "local" */
	struct sockaddr_storage sctp_local[CONFIG_SCTP_ADDRESSES_MAX];	/* besides local */
	unsigned int n_sctp_local;
	unsigned int sctp_heartbeat;	/* between checks of a path that is idle */
	struct config_mgc mgc[CONFIG_MGCS_MAX];
	unsigned int n_mgcs;
	unsigned int version;		/* highest H.248 version offered, 1 to 3 */
	unsigned int version_min;	/* lowest that is agreed to */
	char *profile;			/* "NAME/1", or NULL: none offered */
	enum config_variant profile_variant;
	char profile_accept[CONFIG_PROFILES_MAX][CONFIG_PROFILE_MAX + 1];
	unsigned int n_profiles;	/* acceptable besides, best first */
	enum config_encoding encoding;
	struct sockaddr_storage mgc_allow[CONFIG_MGCS_MAX];	/* port 0: any */
	unsigned int n_mgc_allow;

	/* limits */
	unsigned int max_contexts;
	unsigned int max_terminations;	/* in one context */
	unsigned int max_replies;	/* kept for retransmission */
	unsigned int max_handshakes;	/* TLS handshakes under way at once */
	unsigned int emergency_reserve;	/* per cent of contexts, ports and handshakes */
	unsigned int features;		/* CONFIG_FEATURE_*: what is on */
	unsigned int max_message;	/* octets of one UDP message that holds several transactions */
	unsigned int max_pdu;		/* octets of any message; more: segments, or 533 */
	unsigned int max_queue;		/* requests that wait */

	/* transactions */
	unsigned int retransmit_min;	/* 500 ms, doubling */
	unsigned int retransmit_max;	/* 4 s */
	unsigned int t_max;		/* 25 s: an own request is given up */
	unsigned int long_timer;	/* 30 s: replies are kept */

	/* control association */
	unsigned int inactivity;	/* silence of the MGC after which it is asked; 0 = off */
	unsigned int restart_delay;	/* MWD: random wait before the first registration */
	struct config_change_order change[CONFIG_CHANGES];
	unsigned int stop_wait;		/* for the reply to ServiceChange of "agent stop" */
	unsigned int tcp_backoff_max;	/* longest wait before the next connect to an MGC */

	/* bearers */
	enum config_tcp_open tcp_open;
	enum config_tls_start tls_start;
	unsigned int tcp_active_guard;	/* 20 s */
	unsigned int tcp_passive_guard;	/* 0: none */
	unsigned int peer_guard;	/* 30 s */
	unsigned int tls_guard;		/* 10 s */
	unsigned int release_linger;	/* 2 s */
	unsigned int tcp_keepalive;	/* 120 s */
	unsigned int tcp_user_timeout;	/* 60 s */
	unsigned int idle_timeout;	/* splice without user data; 0 = the module's, 1 hour */
	unsigned int transfer_limit;	/* MiB in each direction of a splice; 0 = none */
	unsigned int merge_early;	/* an end of merge is answered alone after; 0: never */
	unsigned int port_quarantine;	/* 30 s */
	unsigned int realm_holddown;	/* 1 s: outages shorter than that are not reported */
	enum config_rtcp rtcp;
	enum config_msrp_aware msrp_aware;

	/* TLS of bearers */
	unsigned int tls_versions;	/* CONFIG_TLS_* */
	bool tls_legacy;		/* also the CBC and static RSA suites of Rel-12 */
	bool tls_resumption;		/* session tickets are given out, taken, and used */
	unsigned int tls_ticket_wait;	/* 0.2 s: for that of a TLS 1.3 server */
	unsigned int fingerprint_hashes;	/* CONFIG_HASH_*: those of Remote that count */

	/* certificates */
	char *certificate;		/* NULL: self-signed, made once in state_dir */
	char *private_key;
	char *state_dir;

	/* seeing it */
	char *run_dir;			/* of the control socket */
	char *metrics;			/* "[ADDRESS]:PORT" of /metrics, or NULL: none */
	struct sockaddr_storage metrics_address;
	char *trace_dir;		/* of the message log */
	char *trace;			/* its file's name, or NULL: off until asked for */
	enum config_trace_format trace_format;
	unsigned int trace_size;	/* MiB of one file */
	unsigned int trace_files;	/* kept, the one being written included */

	char *log_level;		/* as written */
	struct log log;			/* of that level, to standard error; passed to log_*() */

	struct config_packages packages;
	struct config_item *item;	/* package_items */
	unsigned int n_items;

	struct config_realm *realm;
	unsigned int n_realms;
};

/**
 * config_load() - read and check a configuration file
 * @path: the file
 * @out: the configuration; free with config_free()
 * @err: where the reason of a failure is written: one line with file, line, and what
 * @errlen: room in @err
 *
 * Return: 0, -EINVAL for bad contents, another negative errno if the file cannot be read.
 */
int config_load(const char *path, struct config **out, char *err, size_t errlen);

void config_free(struct config *c);

/* Where H.248 is spoken if an address has no port: 2944, or 2945 in binary. */
uint16_t config_default_port(const struct config *c);

/* "udp", "tcp", "sctp" */
const char *config_transport_name(enum config_transport transport);

/* Is it the name of a file in trace_dir, and of nothing else? */
bool config_trace_name_valid(const char *name);

/**
 * config_check_ports() - do realm ports collide with the host's ephemeral ports?
 * @c: the configuration
 * @range: contents of /proc/sys/net/ipv4/ip_local_port_range
 * @reserved: contents of /proc/sys/net/ipv4/ip_local_reserved_ports
 * @err: receives the complaint, which ends in the sysctl command that mends it
 * @errlen: room in @err
 *
 * Return: 0, or -EINVAL.
 */
int config_check_ports(const struct config *c, const char *range, const char *reserved,
		       char *err, size_t errlen);

#endif /* KMGWD_CONFIG_H */
