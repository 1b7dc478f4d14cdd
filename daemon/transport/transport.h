/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transport: H.248 messages over UDP, TCP and SCTP.
 *
 * Purpose: hands whole messages up and sends whole messages down. TCP carries
 * each message in a TPKT (RFC 1006), SCTP in a user message; connections to an MGC
 * are kept up with growing pauses between the attempts. What comes from an address that is no
 * MGC's is dropped and counted; it never reaches the parser.
 * Context: the thread of the event loop.
 * Lifetime: transport_new() to transport_free(); the handles end when the loop
 * runs once more after that.
 */
#ifndef KMGWD_TRANSPORT_H
#define KMGWD_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "config.h"

#define TRANSPORT_MESSAGE_MAX	65531	/* a TPKT less its header; no more over SCTP */

struct transport;

/* Where a message came from and where its reply goes. */
struct transport_path {
	struct sockaddr_storage addr;
	uint64_t connection;		/* number of a connection, never reused; 0: UDP */
};

struct transport_ops {
	void (*message)(void *priv, const struct transport_path *from, char *data, size_t len);
	/* a message went out as it is; may be NULL */
	void (*sent)(void *priv, const struct transport_path *to, const char *data, size_t len);
	/* the connection to the MGC asked for came up, or broke (not with UDP) */
	void (*link)(void *priv, bool up);
};

struct transport_counters {
	uint64_t received, sent;	/* messages */
	uint64_t foreign;		/* from addresses that are no MGC's */
	uint64_t malformed;		/* TPKT headers, truncated datagrams */
	uint64_t send_failed;
};

/**
 * transport_new() - open the sockets of the gateway's own address
 * @loop: event loop
 * @config: own address, MGCs
 * @ops: where messages go
 * @priv: handed to @ops
 * @out: the transport
 *
 * Return: 0, or the negative errno of the socket, which was logged.
 */
int transport_new(uv_loop_t *loop, const struct config *config, const struct transport_ops *ops,
		  void *priv, struct transport **out);
void transport_free(struct transport *t);

/**
 * transport_use() - make this the MGC that requests go to
 *
 * With TCP and SCTP, connects and keeps connected; the connection to an earlier one is
 * closed. The address is also accepted as a source from now on.
 */
void transport_use(struct transport *t, const struct config_mgc *mgc);

/*
 * The same for an MGC that the one in use has sent the gateway to. The connection to that one stays
 * for LONG-TIMER: it gets the answers that it waits for, and is taken up again if it is sent back to.
 */
void transport_hand_over(struct transport *t, const struct config_mgc *mgc);

/**
 * transport_path() - where requests to the MGC go
 * Return: 0, or -ENOTCONN while its connection is down.
 */
int transport_path(const struct transport *t, struct transport_path *path);

/* Drops the connection to the MGC and starts anew; nothing on UDP. */
void transport_reconnect(struct transport *t);

/* Return: 0, -ENOTCONN the connection is gone, -EMSGSIZE, or the socket's error. */
int transport_send(struct transport *t, const struct transport_path *path, const char *data,
		   size_t len);

/* What a path goes over. */
enum config_transport transport_kind(const struct transport *t, const struct transport_path *path);

const struct transport_counters *transport_counters(const struct transport *t);

/* The port is left out of account: an MGC may send from another one than it listens on. */
bool transport_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

bool transport_same_end(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* "[10.0.0.1]:2944"; for logs. */
const char *transport_name(const struct sockaddr_storage *addr, char *buf, size_t len);

#endif /* KMGWD_TRANSPORT_H */
