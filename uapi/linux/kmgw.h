/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * kmgw: the kernel media plane of an H.248 media gateway.
 *
 * Documentation
 * =============
 *
 * The module speaks generic netlink: family "kmgw", version 1, one multicast
 * group "events". Everything belongs to one network namespace, that of the
 * socket the request came from. kmgw.yaml beside this file describes the same
 * protocol for tools driven by a specification.
 *
 * Objects
 * -------
 *
 * A *context* (H.248.1 6.1) is a 32-bit id and up to 4 KiB of opaque user data;
 * the user keeps there what it needs to know the call again after a restart.
 * Never store a secret in it.
 *
 * An *endpoint* is one stream of one termination, named by (context,
 * termination, stream, component). The component tells the packets of a stream
 * that have a port of their own: media (the default, if COMPONENT is left out)
 * and RTCP. Two endpoints with the same stream id and component in one context
 * are each other's peer: what one receives, the other sends. There are at most
 * two of them, of the same transport.
 *
 * An endpoint is found by packets through (L3 master device or 0, transport,
 * local address, local port), which is unique in the namespace.
 *
 * Planes
 * ------
 *
 * UDP endpoints are relayed packet by packet in netfilter. A TCP endpoint is
 * spliced: the user connects or accepts, performs the TLS handshake if there
 * is one, arms kTLS in both directions, and hands over the socket.
 *
 * Requests
 * --------
 *
 * Every request needs CAP_NET_ADMIN in the user namespace that owns the network
 * namespace; LIMITS_SET needs it in the initial one. Attributes are validated
 * strictly; unknown ones are refused. A refusal carries an extended ack whose
 * text says what to do, and changes nothing.
 *
 * KMGW_CMD_CONTEXT_NEW
 *	ID (required, 1 to 0xfffffffd), USERDATA (optional).
 *	-EEXIST the id is taken, -ENOSPC the namespace's limit is reached.
 *
 * KMGW_CMD_CONTEXT_SET
 *	ID, USERDATA (replaces what was stored).
 *
 * KMGW_CMD_CONTEXT_DEL
 *	ID. Ends every endpoint of the context as ENDPOINT_DEL does.
 *
 * KMGW_CMD_CONTEXT_GET
 *	ID for one context; with NLM_F_DUMP, all of them, each in one message:
 *	ID, USERDATA (if any), VERSION (counts changes of the user data),
 *	ENDPOINTS (their number).
 *
 * KMGW_CMD_ENDPOINT_NEW
 *	CONTEXT, TERMINATION, STREAM, L4, LOCAL (address and port) are required;
 *	COMPONENT and everything that ENDPOINT_SET takes is allowed. -ENOENT no
 *	such context, -EEXIST the name exists, -EADDRINUSE the local address and
 *	port belong to another endpoint, -ENOSPC limit.
 *
 * KMGW_CMD_ENDPOINT_SET
 *	CONTEXT, TERMINATION, STREAM, perhaps COMPONENT, and any of:
 *	REMOTE	address and port, of the family of LOCAL (the two endpoints of a
 *		stream may differ); the unspecified address or port 0 hold the
 *		stream (nothing is sent). Loopback, multicast and broadcast are
 *		refused. An address of this host is reached only where another
 *		endpoint waits. For TCP it is informative: the socket decides.
 *	MODE	enum kmgw_mode. Gates user data, seen from the context outward.
 *	DSCP	0 to 63 marks what is sent; KMGW_DSCP_KEEP leaves the
 *		received value (UDP) or the socket's (TCP).
 *	IFINDEX	device the endpoint receives from and sends to, one of the VRF if
 *		there is one; 0 = any. Link-local addresses need it.
 *	VRF	ifindex of an L3 master device; only in ENDPOINT_NEW.
 *	FILTER	remote addresses and ports that may send; may be given up to
 *		KMGW_FILTERS_MAX times, and what fits one of them passes. UDP: every
 *		datagram. TCP: the SYN, for the listener on the local address and
 *		port. What fails is dropped silently and counted. Those given
 *		replace those of before as a whole; an empty nest, alone, takes
 *		them all away.
 *	SOCKET	file descriptor. UDP: a socket bound to LOCAL; the module binds one
 *		of its own beside it, which reserves the port until the endpoint
 *		goes and keeps no namespace alive, so the user's may be closed;
 *		once only. TCP: the established connection; stream socket, same
 *		namespace, with kTLS armed both ways or no ULP at all, attached
 *		nowhere else.
 *		The user must have removed it from every epoll set, must not
 *		read or write it any more, and may close its descriptor.
 *		-EBUSY while the endpoint still has a live connection.
 *	PREFIX	octets (at most 16384) which the user had already received and
 *		decrypted; delivered to the peer endpoint before anything else.
 *		Only together with SOCKET. This one and the next three are only
 *		for TCP.
 *	IDLE_TIMEOUT	ms without user data in either direction after which
 *		a splice is aborted with reason "idle"; 0 = the default, 1 hour.
 *		The smaller one of two peers holds.
 *	LINGER	ms that closing may take before it becomes a reset; 2000 unless set.
 *	RELEASE	enum kmgw_release: ends the connection, keeps the endpoint. Not
 *		together with SOCKET.
 *	MOVE	id of another context, which the endpoint belongs to from then on;
 *		port, counters, destination and all else go with it, and its peer
 *		is the one there. No datagram passes with what is set in the same
 *		request half done. Told as DELETED under the old name and CREATED
 *		under the new one. -ENOENT no such context, -EEXIST the endpoint
 *		exists there, -EBUSY its stream has two there, -EPROTOTYPE the one
 *		there has another transport, -EISCONN it has a TCP connection.
 *	LATCH	enum kmgw_latch; only for UDP. Each time it is given, the source of
 *		the next datagram that may come in becomes the destination in the
 *		place of REMOTE, and from then on every other source is dropped.
 *		Mode does not matter: what an inactive endpoint receives latches,
 *		and is dropped for the mode. FILTER holds first. Addresses of this
 *		host, loopback, multicast, broadcast and zero never latch, nor does
 *		port 0, or a link-local address without IFINDEX; nor does a datagram
 *		with a bad checksum or length. While an endpoint waits, another
 *		endpoint of this gateway is heard if it is the destination. REMOTE
 *		that is set on a latched endpoint is kept until LATCH or OFF.
 *	POLICE	what may come in; only for UDP. Counted are octets of IP packets,
 *		headers included, of what filter, latch and mode let pass. Two token
 *		buckets, either alone or both: SUSTAINED octets a second, BURST of
 *		them at once; and PEAK octets a second, each packet at most
 *		PEAK_TOLERANCE early. What fits not both is dropped. The buckets are
 *		full, whenever it is set. An empty nest ends it.
 *	SOURCE	address and port that stand in what is sent, instead of LOCAL; only
 *		for UDP. The address has to be one of this host; the unspecified
 *		one and port 0 stand for those of LOCAL. Nothing is received there:
 *		answers, and ICMP errors, find the endpoint only at LOCAL, and no
 *		socket reserves the port. An empty nest ends it.
 *	INACTIVITY	ms without user data after which an event tells so, once, until
 *		data passes again or the attribute is set again; only for UDP;
 *		0 ends it. Data that is dropped has not passed.
 *	INACTIVITY_DIR	enum kmgw_direction of that data; both unless set.
 *	User data flows when both endpoints of the stream have sockets.
 *
 * KMGW_CMD_ENDPOINT_DEL
 *	CONTEXT, TERMINATION, STREAM, perhaps COMPONENT. What was received is still delivered, then
 *	TLS gets close_notify and TCP FIN on both connections of the stream, then
 *	RST after LINGER; none of that needs the user. The object is gone when
 *	the request returns. With NLM_F_ECHO the last picture of the object,
 *	final counters included, is returned as an ENDPOINT_GET message.
 *
 * KMGW_CMD_ENDPOINT_GET
 *	The name for one; with NLM_F_DUMP all, or those of CONTEXT. Dumps
 *	resume where the last message ended; a dump during which objects were
 *	added or removed carries NLM_F_DUMP_INTR.
 *
 * KMGW_CMD_FLUSH
 *	Deletes all contexts of the namespace and resets their connections;
 *	closings still under way are cut short.
 *
 * KMGW_CMD_STATS_GET
 *	Totals of the namespace: numbers of objects, limits, counters, drops by
 *	reason; and the number of the last event.
 *
 * KMGW_CMD_LIMITS_SET
 *	MAX_CONTEXTS, MAX_ENDPOINTS, MAX_SOCKETS. Namespaces that the initial
 *	user namespace does not own start with 0 and stay there until raised.
 *
 * Events
 * ------
 *
 * KMGW_CMD_EVENT messages go to the group "events": SEQ (one counter per
 * namespace, without gaps), TYPE, and the name, state and reason of the object;
 * that of type "latched" also LATCHED. "policing" comes when the first packet is
 * dropped by POLICE, and again when one is after KMGW_POLICE_QUIET without.
 * They are hints. Every fact in one is in the object too; a released or failed
 * endpoint stays until it is deleted. A reader that misses a number, or gets
 * ENOBUFS, dumps and is right again. Reading the group needs CAP_NET_ADMIN.
 *
 * Secrets
 * -------
 *
 * The protocol returns no key, and no dump, log, trace or debugfs file shows
 * one: TLS keys go from the user to kTLS and never come through here.
 */
#ifndef _UAPI_LINUX_KMGW_H
#define _UAPI_LINUX_KMGW_H

#define KMGW_GENL_NAME		"kmgw"
#define KMGW_GENL_VERSION	1
#define KMGW_MCGRP_EVENTS	"events"

#define KMGW_ID_MAX		0xfffffffdU	/* H.248.1: the two above are wildcards */
#define KMGW_USERDATA_MAX	4096
#define KMGW_PREFIX_MAX		16384
#define KMGW_DSCP_KEEP		64
#define KMGW_TIMEOUT_MAX	86400000	/* ms; a day */
#define KMGW_FILTERS_MAX	8
#define KMGW_TOLERANCE_MAX	10000000	/* us */
#define KMGW_POLICE_QUIET	10000		/* ms */

/**
 * enum kmgw_cmd - commands; see the top of this file
 */
enum kmgw_cmd {
	KMGW_CMD_CONTEXT_NEW = 1,
	KMGW_CMD_CONTEXT_SET,
	KMGW_CMD_CONTEXT_DEL,
	KMGW_CMD_CONTEXT_GET,
	KMGW_CMD_ENDPOINT_NEW,
	KMGW_CMD_ENDPOINT_SET,
	KMGW_CMD_ENDPOINT_DEL,
	KMGW_CMD_ENDPOINT_GET,
	KMGW_CMD_FLUSH,
	KMGW_CMD_STATS_GET,
	KMGW_CMD_LIMITS_SET,
	KMGW_CMD_EVENT,

	__KMGW_CMD_LAST
};

#define KMGW_CMD_MAX (__KMGW_CMD_LAST - 1)

/**
 * enum kmgw_l4 - transport of an endpoint; the values are those of IPPROTO_*
 * @KMGW_L4_TCP: TCP
 * @KMGW_L4_UDP: UDP, and what is carried in it (UDPTL, RTP)
 */
enum kmgw_l4 {
	KMGW_L4_TCP = 6,
	KMGW_L4_UDP = 17,
};

/**
 * enum kmgw_plane - how user data of an endpoint is carried
 * @KMGW_PLANE_DATAGRAM: datagrams rewritten in netfilter
 * @KMGW_PLANE_SPLICE: two sockets joined by the module
 */
enum kmgw_plane {
	KMGW_PLANE_DATAGRAM = 1,
	KMGW_PLANE_SPLICE,
};

/**
 * enum kmgw_mode - H.248.1 stream mode, seen from the context outward
 * @KMGW_MODE_INACTIVE: neither direction
 * @KMGW_MODE_SENDONLY: data leaves through the endpoint, none is taken from it
 * @KMGW_MODE_RECEIVEONLY: data is taken from the endpoint, none leaves
 * @KMGW_MODE_SENDRECEIVE: both
 */
enum kmgw_mode {
	KMGW_MODE_INACTIVE,
	KMGW_MODE_SENDONLY,
	KMGW_MODE_RECEIVEONLY,
	KMGW_MODE_SENDRECEIVE,

	__KMGW_MODE_LAST
};

#define KMGW_MODE_MAX (__KMGW_MODE_LAST - 1)

/**
 * enum kmgw_component - which packets of a stream an endpoint is for
 * @KMGW_COMPONENT_MEDIA: user data
 * @KMGW_COMPONENT_RTCP: the control packets of RTP, where they have their own port
 */
enum kmgw_component {
	KMGW_COMPONENT_MEDIA = 1,
	KMGW_COMPONENT_RTCP,
};

/**
 * enum kmgw_latch - whether the far end is where its datagrams come from
 * @KMGW_LATCH_OFF: send to REMOTE, whoever sends to us
 * @KMGW_LATCH_LATCH: send to REMOTE until the first datagram, then to its source
 * @KMGW_LATCH_RELATCH: as LATCH, but until then go on sending to the source that
 *	was latched before; the same source may latch again
 */
enum kmgw_latch {
	KMGW_LATCH_OFF,
	KMGW_LATCH_LATCH,
	KMGW_LATCH_RELATCH,
};

/**
 * enum kmgw_direction - a way through an endpoint, seen from the context outward
 * @KMGW_DIRECTION_IN: received on it, and sent by its peer
 * @KMGW_DIRECTION_OUT: sent through it
 * @KMGW_DIRECTION_BOTH: either of them
 */
enum kmgw_direction {
	KMGW_DIRECTION_IN = 1,
	KMGW_DIRECTION_OUT,
	KMGW_DIRECTION_BOTH,
};

/**
 * enum kmgw_state - where an endpoint is
 * @KMGW_STATE_IDLE: TCP: no socket attached; UDP: no destination known
 * @KMGW_STATE_READY: TCP: attached, the peer endpoint is not; UDP: may send,
 *	nothing was received yet
 * @KMGW_STATE_ESTABLISHED: TCP: joined to its peer; UDP: a datagram was received
 *	and relayed since REMOTE was set to another destination
 * @KMGW_STATE_CLOSING: orderly end in progress
 * @KMGW_STATE_RELEASED: ended in order
 * @KMGW_STATE_FAILED: ended otherwise, see the reason
 */
enum kmgw_state {
	KMGW_STATE_IDLE,
	KMGW_STATE_READY,
	KMGW_STATE_ESTABLISHED,
	KMGW_STATE_CLOSING,
	KMGW_STATE_RELEASED,
	KMGW_STATE_FAILED,

	__KMGW_STATE_LAST
};

/**
 * enum kmgw_reason - why a datagram was dropped or an endpoint changed its state
 *
 * One list for drops, states, events and traces. The first part are drops.
 * @KMGW_REASON_NONE: nothing to report
 * @KMGW_REASON_MODE: the mode of this or of the peer endpoint forbids it
 * @KMGW_REASON_FILTER: the source is not in the filter
 * @KMGW_REASON_NO_PEER: the stream has no other endpoint
 * @KMGW_REASON_NO_REMOTE: the other endpoint has no destination (hold)
 * @KMGW_REASON_NO_ROUTE: no route to the destination, or not by the device asked for
 * @KMGW_REASON_MTU: larger than the path and not to be fragmented
 * @KMGW_REASON_TTL: TTL or hop limit used up
 * @KMGW_REASON_CHECKSUM: bad UDP checksum
 * @KMGW_REASON_MALFORMED: truncated, or lengths contradict each other
 * @KMGW_REASON_MARTIAN: source address that no host may have, or our own
 * @KMGW_REASON_NOT_FOR_US: frame not addressed to this host alone; bridged frames
 *	for others are left to the bridge and not counted
 * @KMGW_REASON_WRONG_DEVICE: not received on the device of the endpoint
 * @KMGW_REASON_NOMEM: out of memory
 * @KMGW_REASON_SEND: the IP layer refused it on the way out
 * @KMGW_REASON_LATCH: not from the source that was latched, or from one that may not be
 * @KMGW_REASON_POLICED: more than POLICE lets in
 * @KMGW_REASON_USER: the user asked for it (delete, release)
 * @KMGW_REASON_PEER_CLOSED: orderly end by the far end (FIN, or close_notify)
 * @KMGW_REASON_TRUNCATED: FIN without close_notify on a TLS connection
 * @KMGW_REASON_RESET: RST by the far end
 * @KMGW_REASON_TIMEOUT: TCP gave up (user time-out, keepalive, retransmissions)
 * @KMGW_REASON_ALERT: fatal TLS alert by the far end
 * @KMGW_REASON_BAD_RECORD: a TLS record that does not authenticate or parse
 * @KMGW_REASON_KEY_UPDATE: the far end changed its key and this kernel cannot follow
 * @KMGW_REASON_RECORD_LIMIT: as many TLS records as one key may protect
 * @KMGW_REASON_IDLE: no user data for the idle time-out
 * @KMGW_REASON_LINGER: closing took longer than LINGER; reset
 * @KMGW_REASON_PEER_ENDPOINT: the connection of the other endpoint failed
 * @KMGW_REASON_FLUSH: FLUSH, or the module is unloaded
 * @KMGW_REASON_SOCKET: an error of the socket that has no name of its own
 */
enum kmgw_reason {
	KMGW_REASON_NONE,
	KMGW_REASON_MODE,
	KMGW_REASON_FILTER,
	KMGW_REASON_NO_PEER,
	KMGW_REASON_NO_REMOTE,
	KMGW_REASON_NO_ROUTE,
	KMGW_REASON_MTU,
	KMGW_REASON_TTL,
	KMGW_REASON_CHECKSUM,
	KMGW_REASON_MALFORMED,
	KMGW_REASON_MARTIAN,
	KMGW_REASON_NOT_FOR_US,
	KMGW_REASON_WRONG_DEVICE,
	KMGW_REASON_NOMEM,
	KMGW_REASON_SEND,
	KMGW_REASON_LATCH,
	KMGW_REASON_POLICED,
	KMGW_REASON_USER,
	KMGW_REASON_PEER_CLOSED,
	KMGW_REASON_TRUNCATED,
	KMGW_REASON_RESET,
	KMGW_REASON_TIMEOUT,
	KMGW_REASON_ALERT,
	KMGW_REASON_BAD_RECORD,
	KMGW_REASON_KEY_UPDATE,
	KMGW_REASON_RECORD_LIMIT,
	KMGW_REASON_IDLE,
	KMGW_REASON_LINGER,
	KMGW_REASON_PEER_ENDPOINT,
	KMGW_REASON_FLUSH,
	KMGW_REASON_SOCKET,

	__KMGW_REASON_LAST
};

#define KMGW_REASON_DROP_MAX	KMGW_REASON_POLICED
#define KMGW_REASON_MAX		(__KMGW_REASON_LAST - 1)

/**
 * enum kmgw_release - how ENDPOINT_SET ends a connection
 * @KMGW_RELEASE_ORDERLY: deliver, close_notify, FIN, RST after LINGER
 * @KMGW_RELEASE_ABORT: RST
 */
enum kmgw_release {
	KMGW_RELEASE_ORDERLY = 1,
	KMGW_RELEASE_ABORT,
};

/**
 * enum kmgw_event - types of KMGW_CMD_EVENT
 * @KMGW_EVENT_CREATED: context or endpoint added
 * @KMGW_EVENT_CHANGED: attributes set, or a state no other type names
 * @KMGW_EVENT_DELETED: context or endpoint removed
 * @KMGW_EVENT_ESTABLISHED: user data can flow (TCP), or first datagram (UDP)
 * @KMGW_EVENT_CLOSING: orderly end began, by the far end or the user
 * @KMGW_EVENT_RELEASED: ended in order
 * @KMGW_EVENT_FAILED: ended otherwise
 * @KMGW_EVENT_LATCHED: a source was latched; once for each LATCH that was set
 * @KMGW_EVENT_POLICING: more comes in than POLICE lets pass
 * @KMGW_EVENT_INACTIVITY: no user data for the time of INACTIVITY
 */
enum kmgw_event {
	KMGW_EVENT_CREATED = 1,
	KMGW_EVENT_CHANGED,
	KMGW_EVENT_DELETED,
	KMGW_EVENT_ESTABLISHED,
	KMGW_EVENT_CLOSING,
	KMGW_EVENT_RELEASED,
	KMGW_EVENT_FAILED,
	KMGW_EVENT_LATCHED,
	KMGW_EVENT_POLICING,
	KMGW_EVENT_INACTIVITY,

	__KMGW_EVENT_LAST
};

/* attributes of CONTEXT_* */
enum {
	KMGW_A_CTX_UNSPEC,
	KMGW_A_CTX_PAD,
	KMGW_A_CTX_ID,			/* u32 */
	KMGW_A_CTX_USERDATA,		/* binary, at most KMGW_USERDATA_MAX */
	KMGW_A_CTX_VERSION,		/* u32, read-only */
	KMGW_A_CTX_ENDPOINTS,		/* u32, read-only */

	__KMGW_A_CTX_LAST
};

#define KMGW_A_CTX_MAX (__KMGW_A_CTX_LAST - 1)

/* nest: a transport address; exactly one of the two families */
enum {
	KMGW_A_ADDR_UNSPEC,
	KMGW_A_ADDR_IPV4,		/* binary, 4 octets in network order */
	KMGW_A_ADDR_IPV6,		/* binary, 16 octets */
	KMGW_A_ADDR_PORT,		/* u16 in network order */

	__KMGW_A_ADDR_LAST
};

#define KMGW_A_ADDR_MAX (__KMGW_A_ADDR_LAST - 1)

/*
 * nest: a filter; without an address, of the family of LOCAL, addresses are not
 * restricted, and a bound left out does not restrict the ports
 */
enum {
	KMGW_A_FILTER_UNSPEC,
	KMGW_A_FILTER_IPV4,		/* binary, 4 octets */
	KMGW_A_FILTER_IPV6,		/* binary, 16 octets */
	KMGW_A_FILTER_PREFIXLEN,	/* u8, of the address given; all of it if left out */
	KMGW_A_FILTER_PORT_MIN,		/* u16 in network order */
	KMGW_A_FILTER_PORT_MAX,		/* u16 in network order */

	__KMGW_A_FILTER_LAST
};

#define KMGW_A_FILTER_MAX (__KMGW_A_FILTER_LAST - 1)

/* nest: what an endpoint lets in; see the top of this file */
enum {
	KMGW_A_POLICE_UNSPEC,
	KMGW_A_POLICE_PAD,
	KMGW_A_POLICE_SUSTAINED,	/* u64, octets a second */
	KMGW_A_POLICE_BURST,		/* u32, octets; with SUSTAINED */
	KMGW_A_POLICE_PEAK,		/* u64, octets a second; 0 or left out: no limit */
	KMGW_A_POLICE_PEAK_TOLERANCE,	/* u32, us, at most KMGW_TOLERANCE_MAX; with PEAK */

	__KMGW_A_POLICE_LAST
};

#define KMGW_A_POLICE_MAX (__KMGW_A_POLICE_LAST - 1)

/* attributes of ENDPOINT_* */
enum {
	KMGW_A_EP_UNSPEC,
	KMGW_A_EP_PAD,
	KMGW_A_EP_CONTEXT,		/* u32 */
	KMGW_A_EP_TERMINATION,		/* u32, 1 to KMGW_ID_MAX */
	KMGW_A_EP_STREAM,		/* u16, 1 to 65535 */
	KMGW_A_EP_L4,			/* u8, enum kmgw_l4 */
	KMGW_A_EP_PLANE,		/* u8, enum kmgw_plane, read-only */
	KMGW_A_EP_LOCAL,		/* nest KMGW_A_ADDR_* */
	KMGW_A_EP_REMOTE,		/* nest KMGW_A_ADDR_* */
	KMGW_A_EP_MODE,			/* u8, enum kmgw_mode */
	KMGW_A_EP_DSCP,			/* u8, 0 to KMGW_DSCP_KEEP */
	KMGW_A_EP_IFINDEX,		/* u32 */
	KMGW_A_EP_VRF,			/* u32 */
	KMGW_A_EP_FILTER,		/* nest KMGW_A_FILTER_*, several */
	KMGW_A_EP_SOCKET,		/* s32, file descriptor, write-only */
	KMGW_A_EP_PREFIX,		/* binary, write-only */
	KMGW_A_EP_IDLE_TIMEOUT,		/* u32, ms, at most KMGW_TIMEOUT_MAX */
	KMGW_A_EP_LINGER,		/* u32, ms, at most KMGW_TIMEOUT_MAX */
	KMGW_A_EP_RELEASE,		/* u8, enum kmgw_release, write-only */
	KMGW_A_EP_STATE,		/* u8, enum kmgw_state, read-only */
	KMGW_A_EP_REASON,		/* u8, enum kmgw_reason, read-only */
	KMGW_A_EP_CHANGED,		/* u64, ms since the epoch, read-only */
	KMGW_A_EP_ATTACHED,		/* flag: a socket is held, read-only */
	KMGW_A_EP_TLS_VERSION,		/* u16, 0x0303 or 0x0304, read-only */
	KMGW_A_EP_TLS_CIPHER,		/* u16, TLS_CIPHER_* of linux/tls.h, read-only */
	KMGW_A_EP_STATS,		/* nest KMGW_A_STATS_*, read-only */
	KMGW_A_EP_DROP,			/* nest KMGW_A_DROP_*, one per reason seen, read-only */
	KMGW_A_EP_MOVE,			/* u32, a context, 1 to KMGW_ID_MAX, write-only */
	KMGW_A_EP_COMPONENT,		/* u8, enum kmgw_component */
	KMGW_A_EP_LATCH,		/* u8, enum kmgw_latch */
	KMGW_A_EP_LATCHED,		/* nest KMGW_A_ADDR_*, read-only */
	KMGW_A_EP_POLICE,		/* nest KMGW_A_POLICE_* */
	KMGW_A_EP_SOURCE,		/* nest KMGW_A_ADDR_* */
	KMGW_A_EP_INACTIVITY,		/* u32, ms, at most KMGW_TIMEOUT_MAX */
	KMGW_A_EP_INACTIVITY_DIR,	/* u8, enum kmgw_direction */
	KMGW_A_EP_QUIET,		/* flag: inactivity was told and lasts, read-only */

	__KMGW_A_EP_LAST
};

#define KMGW_A_EP_MAX (__KMGW_A_EP_LAST - 1)

/*
 * nest: counters of an endpoint, each u64, each counted since ENDPOINT_NEW over
 * all connections. RX = received by the gateway on this endpoint.
 * UDP: octets are UDP payload; *_PLAIN_* equal the wire's. TCP: RX/TX_OCTETS are
 * stream octets on the wire (TLS records and handshake included, retransmissions
 * not), *_PLAIN_OCTETS what is inside, and packets are records or pieces moved.
 */
enum {
	KMGW_A_STATS_UNSPEC,
	KMGW_A_STATS_PAD,
	KMGW_A_STATS_RX_PACKETS,
	KMGW_A_STATS_RX_OCTETS,
	KMGW_A_STATS_TX_PACKETS,
	KMGW_A_STATS_TX_OCTETS,
	KMGW_A_STATS_RX_PLAIN_OCTETS,
	KMGW_A_STATS_TX_PLAIN_OCTETS,
	KMGW_A_STATS_DROPS,		/* received here and not forwarded */
	KMGW_A_STATS_STALLS,		/* times the sender waited for this end */

	__KMGW_A_STATS_LAST
};

#define KMGW_A_STATS_MAX (__KMGW_A_STATS_LAST - 1)

/* nest: drops for one reason */
enum {
	KMGW_A_DROP_UNSPEC,
	KMGW_A_DROP_PAD,
	KMGW_A_DROP_REASON,		/* u8, enum kmgw_reason */
	KMGW_A_DROP_COUNT,		/* u64 */

	__KMGW_A_DROP_LAST
};

#define KMGW_A_DROP_MAX (__KMGW_A_DROP_LAST - 1)

/* attributes of STATS_GET and LIMITS_SET: totals of a namespace */
enum {
	KMGW_A_NS_UNSPEC,
	KMGW_A_NS_PAD,
	KMGW_A_NS_CONTEXTS,		/* u32 */
	KMGW_A_NS_ENDPOINTS,		/* u32 */
	KMGW_A_NS_SOCKETS,		/* u32, attached connections, closing ones included */
	KMGW_A_NS_MAX_CONTEXTS,		/* u32 */
	KMGW_A_NS_MAX_ENDPOINTS,	/* u32 */
	KMGW_A_NS_MAX_SOCKETS,		/* u32 */
	KMGW_A_NS_EVENTS,		/* u64, number of the last event */
	KMGW_A_NS_STATS,		/* nest KMGW_A_STATS_*, deleted endpoints included */
	KMGW_A_NS_DROP,			/* nest KMGW_A_DROP_*, one per reason seen */

	__KMGW_A_NS_LAST
};

#define KMGW_A_NS_MAX (__KMGW_A_NS_LAST - 1)

/* attributes of EVENT; an event on a context has neither termination, stream nor component */
enum {
	KMGW_A_EV_UNSPEC,
	KMGW_A_EV_PAD,
	KMGW_A_EV_SEQ,			/* u64 */
	KMGW_A_EV_TYPE,			/* u8, enum kmgw_event */
	KMGW_A_EV_CONTEXT,		/* u32 */
	KMGW_A_EV_TERMINATION,		/* u32 */
	KMGW_A_EV_STREAM,		/* u16 */
	KMGW_A_EV_STATE,		/* u8, enum kmgw_state */
	KMGW_A_EV_REASON,		/* u8, enum kmgw_reason */
	KMGW_A_EV_COMPONENT,		/* u8, enum kmgw_component */
	KMGW_A_EV_LATCHED,		/* nest KMGW_A_ADDR_*, of "latched" */

	__KMGW_A_EV_LAST
};

#define KMGW_A_EV_MAX (__KMGW_A_EV_LAST - 1)

#endif /* _UAPI_LINUX_KMGW_H */
