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
 * UDP endpoints are relayed packet by packet in netfilter; one that is secured
 * (SECURITY) speaks DTLS 1.2 to its far end, see below. A TCP endpoint has one of
 * three planes:
 *
 * splice	the user connects or accepts, performs the TLS handshake if there
 *		is one, arms kTLS in both directions, and hands over the socket.
 * relay	segments are relayed in netfilter, with other addresses and ports;
 *		the two far ends have one connection with each other. Each SYN is
 *		clamped to the MSS of both paths.
 * merge	as relay, for two far ends that both connect: the first SYN is held
 *		until the other one comes, then each is answered in the name of the
 *		other. Of the options of a SYN, MSS, window scale, SACK and
 *		timestamps are kept, as far as both have them.
 *
 * Both endpoints of a stream have to have the same plane; until they do nothing
 * passes. With the first SYN it is fixed. The host's own TCP never answers for
 * relay and merge. What filter, REMOTE or mode do not let in is dropped in
 * silence, so that a client that comes too early tries again; so is a SYN whose
 * way on is not known yet. After the SYN only the five-tuple it came by may
 * send. A RST or FIN counts only in its window, and a RST changes the state only
 * at the very number the other end waits for. A mode that is closed later drops
 * payload, and passes acknowledgements, RST and FIN. A connection that did not
 * come up, for 75 s at most, is forgotten; after one that did, only the same
 * five-tuple may begin again, and once a second at most.
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
 *		endpoint waits. For a splice it is informative: the socket decides.
 *		For relay and merge the SYN has to come from that address, from any
 *		port (an end that connects tells the one it would have listened on, or
 *		9, or 0); then the source of the SYN is the destination. Without a
 *		REMOTE it may come from anywhere that FILTER lets in. Another REMOTE
 *		than the one that is connected ends the connection and starts anew.
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
 *	PLANE	enum kmgw_plane, for TCP: splice (the default), relay or merge.
 *		-EBUSY when a connection has begun, unless RESTART comes with it.
 *	RESTART	flag, for relay and merge, not in ENDPOINT_NEW: whatever was is
 *		reset, and the endpoints wait for a SYN again.
 *	SOCKET	file descriptor. UDP, relay and merge: a socket of that transport
 *		bound to LOCAL, and neither connected nor listening; the module binds one
 *		of its own beside it, which reserves the port until the endpoint
 *		goes and keeps no namespace alive, so the user's may be closed;
 *		once only. Nobody else can bind the port, whatever the options of
 *		their socket; one of UDP that is not bound may be given later, as
 *		often as wanted, and is bound beside it. Splice: the established
 *		connection; stream socket, same namespace, with kTLS armed both ways
 *		or no ULP at all, attached nowhere else.
 *		The user must have removed it from every epoll set, must not
 *		read or write it any more, and may close its descriptor. Its
 *		TCP_USER_TIMEOUT holds while something that was sent is not
 *		acknowledged; a connection that rests is left to keepalive.
 *		-EBUSY while the endpoint still has a live connection, unless REPLACE
 *		comes with it.
 *	REPLACE	flag, with SOCKET for a splice, not in ENDPOINT_NEW: the connection
 *		takes the place of the one there is, if any, and that of the peer
 *		endpoint goes on. The old one is ended in order, with reason
 *		"replaced". From then on data leaves by the new one; it is not read
 *		before the old one has ended, or LINGER is over, and the peer endpoint
 *		has taken all that the old one had received. -EBUSY when it is too
 *		late, because the connection is ending, or too early, because the one
 *		before it has not delivered all yet.
 *	NOTE	a line of text about the connection for whoever looks at the endpoint, at most
 *		KMGW_NOTE_MAX octets. Only together with SOCKET, for a splice; each SOCKET
 *		sets it anew, to nothing without NOTE.
 *	SECURITY	enum kmgw_security; only for UDP. DTLS: from this request on no
 *		datagram passes in clear, in neither direction. NONE after DTLS:
 *		the association ends with close_notify.
 *	KEYS	what the handshake gave, for a secured endpoint; not in ENDPOINT_NEW.
 *	PREFIX	octets (at most 16384) which the user had already received and
 *		decrypted; delivered to the peer endpoint before anything else.
 *		Only together with SOCKET, for a splice. This one and the next two
 *		are only for TCP.
 *	IDLE_TIMEOUT	ms without user data in either direction after which
 *		a connection is aborted with reason "idle"; 0 = the default, 1 hour.
 *		The smaller one of two peers holds.
 *	LINGER	ms that closing of a splice may take before it becomes a reset; 2000
 *		unless set.
 *	EARLY	ms that a client which has sent its SYN to an endpoint of merge waits for
 *		the other one at most; 0, as long as it takes, unless set. After that it
 *		is answered alone, with a window of nothing, and what the other end will
 *		send has its numbers moved: such a connection has no timestamps, no
 *		window scaling and no ECN, and segments of at most 1220 octets from the
 *		client. JOINED tells which of the two it was. A SYN that waits is judged
 *		by the new value.
 *	IDLE_IN	ms without user data forwarded from this endpoint to its peer, after which
 *		a splice is aborted, this endpoint with reason "idle_in", its peer with
 *		"idle_out"; 0, none, unless set. IDLE_TIMEOUT holds beside it. The time
 *		begins when both have sockets, and anew when MODE lets data pass again:
 *		it does not run while MODE holds it back.
 *	OCTET_LIMIT	octets of user data, PREFIX included, that a splice forwards from
 *		this endpoint to its peer; 0, none, unless set. After exactly so many both
 *		connections end in order, this one with reason "octet_limit": the far end of
 *		the peer gets them all, then close_notify and FIN; this one gets what its
 *		peer had received by then, and the same. What it still sends is thrown away
 *		and counted as drops; if it has not ended within LINGER it is reset, and
 *		released all the same. The count goes on with REPLACE, and begins anew with
 *		another SOCKET. A limit below it ends the connections at once.
 *	PRIORITY	enum kmgw_priority; only for TCP, and of effect for a splice; the
 *		higher one of two peers holds. A splice of an emergency call that has
 *		something to move is served before the ordinary ones that wait for the
 *		same CPU. Each of these is still served after at most 8 such turns, of at
 *		most 512 KiB each, beside those that it shares the CPU with in turn.
 *	RELEASE	enum kmgw_release: ends the connection, or the association of a
 *		secured UDP endpoint; keeps the endpoint. Not together with SOCKET
 *		or KEYS. Relay and merge reset both far ends.
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
 *		that is set on a latched endpoint is kept until LATCH or OFF. Of
 *		a secured endpoint only a record that authenticates latches: until
 *		then handshakes of every source go to the user.
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
 *	User data of a splice flows when both endpoints of the stream have sockets.
 *
 * KMGW_CMD_ENDPOINT_DEL
 *	CONTEXT, TERMINATION, STREAM, perhaps COMPONENT. What was received is still
 *	delivered, then TLS gets close_notify and TCP FIN on both connections of the
 *	stream, then RST after LINGER; DTLS gets close_notify; relay and merge reset both
 *	far ends. None of that needs the user. The object is gone when the request
 *	returns. With NLM_F_ECHO the last picture of the object, final counters included,
 *	is returned as an ENDPOINT_GET message.
 *
 * KMGW_CMD_ENDPOINT_GET
 *	The name for one; with NLM_F_DUMP all, or those of CONTEXT. Dumps
 *	resume where the last message ended; a dump during which objects were
 *	added or removed carries NLM_F_DUMP_INTR.
 *
 * KMGW_CMD_SEQ_RESERVE
 *	CONTEXT, TERMINATION, STREAM, GENERATION, EPOCH, COUNT (1 to
 *	KMGW_SEQ_COUNT_MAX): takes numbers out of the counter of what a secured
 *	endpoint sends, and replies with the FIRST of COUNT in a row, for the user
 *	to send records with: nobody else will ever use them. -ENOENT the keys in
 *	use are not those of that GENERATION and EPOCH, -ENOSPC too few are left.
 *
 * KMGW_CMD_FLUSH
 *	Deletes all contexts of the namespace and resets their connections;
 *	closings still under way are cut short. DTLS is not told.
 *
 * KMGW_CMD_STATS_GET
 *	Totals of the namespace: numbers of objects, limits, counters, drops by
 *	reason; and the number of the last event.
 *
 * KMGW_CMD_LIMITS_SET
 *	MAX_CONTEXTS, MAX_ENDPOINTS, MAX_SOCKETS, MAX_SYNS. Namespaces that the initial
 *	user namespace does not own start with 0 and stay there until raised.
 *
 * ICMP errors
 * -----------
 *
 * What a router or host beyond the gateway says of a packet that an endpoint sent
 * (unreachable, too big, TTL used up) is told to the far end of the peer, which sent
 * it, in its own addresses and family; too big is noted for the route first. An error
 * has to quote LOCAL and the destination, of TCP a number
 * that is under way, of UDP one of the last 64 datagrams, each of which can be
 * complained about once; else it is counted as "icmp_unfit". A far end is told 10 of
 * them a second, and 10 at once ("icmp_rate"). Of what passes a secured endpoint only
 * the size is noted and nothing told. An error never changes the state of an endpoint.
 *
 * DTLS
 * ----
 *
 * The user performs the handshake on a UDP socket of its own, that of SOCKET, which
 * has to stay open, or one that was given later, and hands over the keys. The module
 * protects and opens records of application data: one datagram of the other endpoint
 * is one record, one record is one datagram there, though several records may come
 * in one datagram.
 *
 * What arrives at a secured endpoint, after the checks of its source, FILTER
 * included, and in every MODE:
 * - handshake and ChangeCipherSpec records, and alerts of epoch 0 or of an epoch
 *   whose keys are not here, go to the user's socket, up to a rate (reason "rate").
 *   What comes from where the endpoint sends to has that rate for itself. A
 *   datagram goes there as a whole, and only if its first record is one of these.
 * - application data and other alerts are opened. A record is accepted once
 *   (reason "replay"), and within 192 of the highest number. What does not
 *   authenticate is dropped silently ("bad_mac"), whatever the number of such.
 * - the rest is dropped: RTP of the call before ("late_rtp": the first octet is
 *   128 to 191), anything else ("not_dtls").
 * Without keys, application data is dropped in both directions ("no_keys").
 *
 * KEYS are named by GENERATION and EPOCH. A generation is an association; one
 * that was in use goes on until the keys of a greater one come, which replace all
 * of it at once. Within a generation epochs grow; the keys of the epoch before
 * open what was overtaken, for 10 s. The same or a lower name is refused, and so
 * is a key that this endpoint ever had, in either direction: a nonce must never
 * be used twice. RX_SEQ is the lowest number to accept; TX_SEQ the first one to
 * use, never below what the user has used. From then on the module owns the
 * counter: before the user sends anything more in that epoch (its last flight,
 * once more) it reserves numbers with SEQ_RESERVE. With TX_HOLD the module does
 * not send before the first genuine record has come, or for that many ms: when the
 * last flight was ours, the far end may not have the keys yet.
 *
 * An association ends by close_notify of the far end (answered; state "released",
 * reason "peer_closed"), by a fatal alert ("failed", "alert"; ALERT tells which),
 * when the key has protected as many records as it may ("failed", "key_limit":
 * 2^24.5 for AES-GCM, 2^23 for AES-CCM, 2^48 less 16 for ChaCha20), by RELEASE
 * ("released" or, without close_notify, "failed"; "user"), by SECURITY, or with the
 * endpoint. close_notify comes from the module, whether the user lives or not.
 * After that only a greater generation brings the endpoint back.
 *
 * Counters: a packet of a secured endpoint is a record, octets are those of the
 * record on the wire, *_PLAIN_* what was in it: 0 for what was dropped. Alerts
 * are packets without plain octets. Datagrams left to the user, and what the user
 * sends, are not in there.
 *
 * Events
 * ------
 *
 * KMGW_CMD_EVENT messages go to the group "events": SEQ (one counter per
 * namespace, without gaps), TYPE, and the name, state and reason of the object;
 * with the reason "alert" of a secured endpoint also ALERT.
 * An event of type "latched" has LATCHED. "policing" comes when the first packet is
 * dropped by POLICE, and again when one is after KMGW_POLICE_QUIET without, or
 * when POLICE was set again.
 * They are hints. Every fact in one is in the object too; a released or failed
 * endpoint stays until it is deleted. A reader that misses a number, or gets
 * ENOBUFS, dumps and is right again. Reading the group needs CAP_NET_ADMIN.
 *
 * Secrets
 * -------
 *
 * The protocol returns no key, and no dump, log, trace or debugfs file shows
 * one. TLS keys go from the user to kTLS and never come through here; those of
 * DTLS do, and are wiped from the request.
 */
#ifndef _UAPI_LINUX_KMGW_H
#define _UAPI_LINUX_KMGW_H

#define KMGW_GENL_NAME		"kmgw"
#define KMGW_GENL_VERSION	1
#define KMGW_MCGRP_EVENTS	"events"

#define KMGW_ID_MAX		0xfffffffdU	/* H.248.1: the two above are wildcards */
#define KMGW_USERDATA_MAX	4096
#define KMGW_PREFIX_MAX		16384
#define KMGW_NOTE_MAX		127
#define KMGW_DSCP_KEEP		64
#define KMGW_TIMEOUT_MAX	86400000	/* ms; a day */
#define KMGW_SEQ_MAX		0xffffffffffffULL	/* of a DTLS record */
#define KMGW_SEQ_COUNT_MAX	4096
#define KMGW_KEY_MIN		16	/* octets, of the shortest and the longest */
#define KMGW_KEY_MAX		32
#define KMGW_IV_MIN		4
#define KMGW_IV_MAX		12
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
	KMGW_CMD_SEQ_RESERVE,

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
 * @KMGW_PLANE_RELAY: TCP segments rewritten in netfilter
 * @KMGW_PLANE_MERGE: the same, for two far ends that both connect
 */
enum kmgw_plane {
	KMGW_PLANE_DATAGRAM = 1,
	KMGW_PLANE_SPLICE,
	KMGW_PLANE_RELAY,
	KMGW_PLANE_MERGE,
};

/**
 * enum kmgw_joined - how merge has answered two far ends that both connect
 * @KMGW_JOINED_NOT: it has not, so far
 * @KMGW_JOINED_CROSSWISE: each in the name of the other, once both were there
 * @KMGW_JOINED_EARLY: one before the other was there; numbers are moved
 */
enum kmgw_joined {
	KMGW_JOINED_NOT,
	KMGW_JOINED_CROSSWISE,
	KMGW_JOINED_EARLY,
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
 * enum kmgw_security - what protects an endpoint between the gateway and its far end
 * @KMGW_SECURITY_NONE: nothing; or something that passes through
 * @KMGW_SECURITY_DTLS: DTLS 1.2, which ends here
 */
enum kmgw_security {
	KMGW_SECURITY_NONE,
	KMGW_SECURITY_DTLS,
};

/**
 * enum kmgw_dtls_cipher - record protection; octets of each RX_KEY and TX_KEY, RX_IV and TX_IV
 * @KMGW_DTLS_CIPHER_AES_128_GCM: RFC 5288; 16, 4
 * @KMGW_DTLS_CIPHER_AES_256_GCM: RFC 5288; 32, 4
 * @KMGW_DTLS_CIPHER_CHACHA20_POLY1305: RFC 7905; 32, 12
 * @KMGW_DTLS_CIPHER_AES_128_CCM: RFC 6655; 16, 4
 * @KMGW_DTLS_CIPHER_AES_128_CCM_8: RFC 6655, tag of 8 octets; 16, 4
 */
enum kmgw_dtls_cipher {
	KMGW_DTLS_CIPHER_AES_128_GCM = 1,
	KMGW_DTLS_CIPHER_AES_256_GCM,
	KMGW_DTLS_CIPHER_CHACHA20_POLY1305,
	KMGW_DTLS_CIPHER_AES_128_CCM,
	KMGW_DTLS_CIPHER_AES_128_CCM_8,
};

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
 * enum kmgw_priority - whose turn it is when several splices have something to move
 * @KMGW_PRIORITY_ORDINARY: one after the other
 * @KMGW_PRIORITY_EMERGENCY: before the ordinary ones, which are not starved
 */
enum kmgw_priority {
	KMGW_PRIORITY_ORDINARY,
	KMGW_PRIORITY_EMERGENCY,
};

/**
 * enum kmgw_state - where an endpoint is
 * @KMGW_STATE_IDLE: splice: no socket attached; relay and merge: no SYN was
 *	accepted; UDP: no destination known
 * @KMGW_STATE_READY: splice: attached, the peer endpoint is not; relay and merge:
 *	a SYN came in here; UDP: may send, nothing was received yet
 * @KMGW_STATE_ESTABLISHED: splice: joined to its peer; relay and merge: both far
 *	ends acknowledged each other's SYN; UDP: a datagram was received and relayed
 *	since REMOTE was set to another destination
 * @KMGW_STATE_CLOSING: orderly end in progress (relay and merge: FIN came in here)
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
 * @KMGW_REASON_CHECKSUM: bad UDP or TCP checksum
 * @KMGW_REASON_MALFORMED: truncated, or lengths contradict each other
 * @KMGW_REASON_MARTIAN: source address that no host may have, or our own
 * @KMGW_REASON_NOT_FOR_US: frame not addressed to this host alone; bridged frames
 *	for others are left to the bridge and not counted
 * @KMGW_REASON_WRONG_DEVICE: not received on the device of the endpoint
 * @KMGW_REASON_NOMEM: out of memory
 * @KMGW_REASON_SEND: the IP layer refused it on the way out
 * @KMGW_REASON_NO_KEYS: application data from or for a secured endpoint without keys, or
 *	one that does not send yet (TX_HOLD)
 * @KMGW_REASON_NOT_DTLS: no DTLS 1.2 record, or none for an established association
 * @KMGW_REASON_LATE_RTP: RTP or RTCP at an endpoint that has changed to DTLS
 * @KMGW_REASON_REPLAY: a record received before, or too old to tell
 * @KMGW_REASON_BAD_MAC: a record that does not authenticate
 * @KMGW_REASON_EPOCH: a record of an epoch whose keys are not here
 * @KMGW_REASON_KEY_LIMIT: as many DTLS records as one key may protect
 * @KMGW_REASON_CRYPTO: the crypto API has no room
 * @KMGW_REASON_RATE: more handshake records than an endpoint may receive
 * @KMGW_REASON_LATCH: not from the source that was latched, or from one that may not be
 * @KMGW_REASON_NO_CONNECTION: a TCP segment without a connection to belong to
 * @KMGW_REASON_SEQUENCE: a SYN, RST or FIN whose numbers do not fit the connection
 * @KMGW_REASON_SYN_LIMIT: limit of SYNs held by merge reached
 * @KMGW_REASON_POLICED: more than POLICE lets in
 * @KMGW_REASON_ICMP_UNFIT: an ICMP error about nothing that the endpoint sent lately, or
 *	with its TTL used up; not told to the far end of the peer. This one and the next
 *	are no datagrams: they are not in the sum of drops
 * @KMGW_REASON_ICMP_RATE: more ICMP errors than a far end is told
 * @KMGW_REASON_USER: the user asked for it (delete, release)
 * @KMGW_REASON_PEER_CLOSED: orderly end by the far end (FIN, or close_notify)
 * @KMGW_REASON_TRUNCATED: FIN without close_notify on a TLS connection
 * @KMGW_REASON_RESET: RST by the far end
 * @KMGW_REASON_TIMEOUT: TCP gave up (user time-out, keepalive, retransmissions)
 * @KMGW_REASON_ALERT: fatal TLS or DTLS alert by the far end
 * @KMGW_REASON_BAD_RECORD: a TLS record that does not authenticate or parse
 * @KMGW_REASON_KEY_UPDATE: the far end changed its key and this kernel cannot follow
 * @KMGW_REASON_RECORD_LIMIT: as many TLS records as one key may protect
 * @KMGW_REASON_IDLE: no user data for the idle time-out
 * @KMGW_REASON_LINGER: closing took longer than LINGER; reset
 * @KMGW_REASON_PEER_ENDPOINT: the connection of the other endpoint failed
 * @KMGW_REASON_FLUSH: FLUSH, or the module is unloaded
 * @KMGW_REASON_SOCKET: an error of the socket that has no name of its own
 * @KMGW_REASON_REPLACED: another connection took its place; seen in totals only
 * @KMGW_REASON_OCTET_LIMIT: as many octets came from the far end as OCTET_LIMIT allows
 * @KMGW_REASON_IDLE_IN: no user data from the far end for IDLE_IN
 * @KMGW_REASON_IDLE_OUT: no user data for the far end for IDLE_IN of the peer
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
	KMGW_REASON_NO_KEYS,
	KMGW_REASON_NOT_DTLS,
	KMGW_REASON_LATE_RTP,
	KMGW_REASON_REPLAY,
	KMGW_REASON_BAD_MAC,
	KMGW_REASON_EPOCH,
	KMGW_REASON_KEY_LIMIT,
	KMGW_REASON_CRYPTO,
	KMGW_REASON_RATE,
	KMGW_REASON_LATCH,
	KMGW_REASON_NO_CONNECTION,
	KMGW_REASON_SEQUENCE,
	KMGW_REASON_SYN_LIMIT,
	KMGW_REASON_POLICED,
	KMGW_REASON_ICMP_UNFIT,
	KMGW_REASON_ICMP_RATE,
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
	KMGW_REASON_REPLACED,
	KMGW_REASON_OCTET_LIMIT,
	KMGW_REASON_IDLE_IN,
	KMGW_REASON_IDLE_OUT,

	__KMGW_REASON_LAST
};

#define KMGW_REASON_DROP_MAX	KMGW_REASON_ICMP_RATE
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

/* nest: keys of a DTLS epoch; all but TX_HOLD are required */
enum {
	KMGW_A_KEYS_UNSPEC,
	KMGW_A_KEYS_PAD,
	KMGW_A_KEYS_GENERATION,		/* u32, of the association */
	KMGW_A_KEYS_EPOCH,		/* u16, 1 or more */
	KMGW_A_KEYS_CIPHER,		/* u8, enum kmgw_dtls_cipher */
	KMGW_A_KEYS_RX_KEY,		/* binary, opens what is received */
	KMGW_A_KEYS_RX_IV,		/* binary, implicit part of the nonce */
	KMGW_A_KEYS_TX_KEY,		/* binary, seals what is sent */
	KMGW_A_KEYS_TX_IV,		/* binary, implicit part of the nonce */
	KMGW_A_KEYS_RX_SEQ,		/* u64, at most KMGW_SEQ_MAX */
	KMGW_A_KEYS_TX_SEQ,		/* u64, at most KMGW_SEQ_MAX */
	KMGW_A_KEYS_TX_HOLD,		/* u32, ms, at most KMGW_TIMEOUT_MAX; 0 if left out */

	__KMGW_A_KEYS_LAST
};

#define KMGW_A_KEYS_MAX (__KMGW_A_KEYS_LAST - 1)

/* nest: the association of a secured endpoint; CIPHER and DRIVER only while there is one */
enum {
	KMGW_A_DTLS_UNSPEC,
	KMGW_A_DTLS_PAD,
	KMGW_A_DTLS_GENERATION,		/* u32, of the last keys */
	KMGW_A_DTLS_EPOCH,		/* u16, of the last keys */
	KMGW_A_DTLS_CIPHER,		/* u8, enum kmgw_dtls_cipher */
	KMGW_A_DTLS_DRIVER,		/* string, who does the work in the crypto API */
	KMGW_A_DTLS_ALERT,		/* u8, description of the last fatal alert received */
	KMGW_A_DTLS_RX_RECORDS,		/* u64, genuine records of application data */
	KMGW_A_DTLS_TX_RECORDS,		/* u64 */
	KMGW_A_DTLS_RX_ALERTS,		/* u64, genuine */
	KMGW_A_DTLS_TX_ALERTS,		/* u64 */
	KMGW_A_DTLS_REPLAYED,		/* u64, dropped for "replay" */
	KMGW_A_DTLS_BAD_MAC,		/* u64, dropped for "bad_mac" */
	KMGW_A_DTLS_UP,			/* u64, datagrams left to the user */

	__KMGW_A_DTLS_LAST
};

#define KMGW_A_DTLS_MAX (__KMGW_A_DTLS_LAST - 1)

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
	KMGW_A_EP_PLANE,		/* u8, enum kmgw_plane */
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
	KMGW_A_EP_SECURITY,		/* u8, enum kmgw_security; UDP */
	KMGW_A_EP_KEYS,			/* nest KMGW_A_KEYS_*, write-only */
	KMGW_A_EP_DTLS,			/* nest KMGW_A_DTLS_*, read-only */
	KMGW_A_EP_RESTART,		/* flag, write-only */
	KMGW_A_EP_COMPONENT,		/* u8, enum kmgw_component */
	KMGW_A_EP_LATCH,		/* u8, enum kmgw_latch */
	KMGW_A_EP_LATCHED,		/* nest KMGW_A_ADDR_*, read-only */
	KMGW_A_EP_POLICE,		/* nest KMGW_A_POLICE_* */
	KMGW_A_EP_SOURCE,		/* nest KMGW_A_ADDR_* */
	KMGW_A_EP_INACTIVITY,		/* u32, ms, at most KMGW_TIMEOUT_MAX */
	KMGW_A_EP_INACTIVITY_DIR,	/* u8, enum kmgw_direction */
	KMGW_A_EP_QUIET,		/* flag: inactivity was told and lasts, read-only */
	KMGW_A_EP_REPLACE,		/* flag, write-only */
	KMGW_A_EP_EARLY,		/* u32, ms, at most KMGW_TIMEOUT_MAX */
	KMGW_A_EP_JOINED,		/* u8, enum kmgw_joined, read-only */
	KMGW_A_EP_NOTE,			/* string, at most KMGW_NOTE_MAX octets */
	KMGW_A_EP_PRIORITY,		/* u8, enum kmgw_priority */
	KMGW_A_EP_OCTET_LIMIT,		/* u64 */
	KMGW_A_EP_IDLE_IN,		/* u32, ms, at most KMGW_TIMEOUT_MAX */

	__KMGW_A_EP_LAST
};

#define KMGW_A_EP_MAX (__KMGW_A_EP_LAST - 1)

/*
 * nest: counters of an endpoint, each u64, each counted since ENDPOINT_NEW over
 * all connections. RX = received by the gateway on this endpoint.
 * UDP: octets are UDP payload; *_PLAIN_* equal the wire's, but see DTLS. TCP: RX/TX_OCTETS are
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
	KMGW_A_NS_SYNS,			/* u32, SYNs held by merge */
	KMGW_A_NS_MAX_SYNS,		/* u32 */

	__KMGW_A_NS_LAST
};

#define KMGW_A_NS_MAX (__KMGW_A_NS_LAST - 1)

/* attributes of SEQ_RESERVE */
enum {
	KMGW_A_SEQ_UNSPEC,
	KMGW_A_SEQ_PAD,
	KMGW_A_SEQ_CONTEXT,		/* u32 */
	KMGW_A_SEQ_TERMINATION,		/* u32 */
	KMGW_A_SEQ_STREAM,		/* u16 */
	KMGW_A_SEQ_GENERATION,		/* u32 */
	KMGW_A_SEQ_EPOCH,		/* u16 */
	KMGW_A_SEQ_COUNT,		/* u32, 1 to KMGW_SEQ_COUNT_MAX */
	KMGW_A_SEQ_FIRST,		/* u64, in the reply */

	__KMGW_A_SEQ_LAST
};

#define KMGW_A_SEQ_MAX (__KMGW_A_SEQ_LAST - 1)

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
	KMGW_A_EV_ALERT,		/* u8, description of a fatal DTLS alert */
	KMGW_A_EV_COMPONENT,		/* u8, enum kmgw_component */
	KMGW_A_EV_LATCHED,		/* nest KMGW_A_ADDR_*, of "latched" */

	__KMGW_A_EV_LAST
};

#define KMGW_A_EV_MAX (__KMGW_A_EV_LAST - 1)

#endif /* _UAPI_LINUX_KMGW_H */
