/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel: client of the module's netlink family.
 *
 * Purpose: one typed function for each command, and the module's events.
 * Context: thread of the event loop. Requests are synchronous: the module works
 * in the context of the sender, so the answer is there when the request returns;
 * a time limit guards against a machine in trouble.
 * Lifetime: kernel_open() to kernel_close(); events come from kernel_listen() on.
 *
 * A refusal is logged once here, with the text the module gave; callers add
 * nothing and hand the errno on.
 */
#ifndef KMGWD_KERNEL_H
#define KMGWD_KERNEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "linux/kmgw.h"

struct kernel;
struct log;

/* An endpoint's name; termination and stream are 0 for a context. */
struct kernel_name {
	uint32_t context;
	uint32_t termination;
	uint16_t stream;
	bool rtcp;		/* the component beside the media */
};

struct kernel_filter {
	struct sockaddr_storage addr;	/* AF_UNSPEC: any */
	uint8_t prefixlen;
	bool ports;			/* port_min and port_max restrict */
	uint16_t port_min, port_max;	/* host order */
};

struct kernel_police {
	uint64_t sustained;		/* octets a second; 0: no limit */
	uint32_t burst;			/* octets */
	uint64_t peak;			/* octets a second; 0: no limit */
	uint32_t tolerance;		/* us */
};

struct kernel_filters {
	unsigned int n;			/* 0: whoever wants may send */
	struct kernel_filter rule[KMGW_FILTERS_MAX];
};

/* What KERNEL_SET_* in mask says is set; the rest is left as it is. */
enum kernel_set_mask {
	KERNEL_SET_REMOTE	= 1 << 0,
	KERNEL_SET_MODE		= 1 << 1,
	KERNEL_SET_DSCP		= 1 << 2,
	KERNEL_SET_IFINDEX	= 1 << 3,
	KERNEL_SET_VRF		= 1 << 4,	/* kernel_endpoint_new() only */
	KERNEL_SET_FILTER	= 1 << 5,
	KERNEL_SET_SOCKET	= 1 << 6,
	KERNEL_SET_IDLE		= 1 << 7,
	KERNEL_SET_LINGER	= 1 << 8,
	KERNEL_SET_RELEASE	= 1 << 9,
	KERNEL_SET_MOVE		= 1 << 10,	/* kernel_endpoint_set() only */
	KERNEL_SET_SECURITY	= 1 << 11,
	KERNEL_SET_PLANE	= 1 << 12,
	KERNEL_SET_RESTART	= 1 << 13,
	KERNEL_SET_LATCH	= 1 << 14,
	KERNEL_SET_POLICE	= 1 << 15,
	KERNEL_SET_SOURCE	= 1 << 16,
	KERNEL_SET_REPLACE	= 1 << 17,	/* goes with KERNEL_SET_SOCKET */
	KERNEL_SET_INACTIVITY	= 1 << 18,
	KERNEL_SET_EARLY	= 1 << 19,
	KERNEL_SET_PRIORITY	= 1 << 20,
	KERNEL_SET_OCTET_LIMIT	= 1 << 21,
};

struct kernel_set {
	unsigned int mask;
	struct sockaddr_storage remote;
	enum kmgw_mode mode;
	uint8_t dscp;
	uint32_t ifindex, vrf;
	struct kernel_filters filter;
	int fd;
	const void *prefix;		/* goes with KERNEL_SET_SOCKET */
	size_t prefix_len;
	const char *note;		/* likewise; for who looks at the endpoint, or NULL */
	uint32_t idle_timeout, linger;	/* ms */
	uint32_t early;			/* ms that an end of merge waits for the other; 0: for ever */
	uint64_t octet_limit;		/* that a splice forwards to the peer; 0: no limit */
	enum kmgw_priority priority;
	enum kmgw_release release;
	uint32_t move;			/* the context it goes to */
	enum kmgw_latch latch;
	struct kernel_police police;	/* no rates: no limit */
	struct sockaddr_storage source;	/* AF_UNSPEC: that of the endpoint */
	uint32_t inactivity;		/* ms; 0: nobody wants to know */
	enum kmgw_direction inactivity_dir;
	enum kmgw_security security;
	enum kmgw_plane plane;
};

/* One direction of an association; only read. */
struct kernel_key {
	const void *key;
	size_t key_len;
	const void *iv;
	size_t iv_len;
	uint64_t number;		/* of the next record */
};

struct kernel_keys {
	uint32_t generation;
	uint16_t epoch;
	enum kmgw_dtls_cipher cipher;
	struct kernel_key rx, tx;
	uint32_t tx_hold;		/* ms */
};

struct kernel_stats {
	uint64_t rx_packets, rx_octets, rx_plain;
	uint64_t tx_packets, tx_octets, tx_plain;
	uint64_t drops;
};

/* What the module says of an endpoint. */
struct kernel_endpoint {
	struct kernel_name name;
	enum kmgw_l4 l4;
	enum kmgw_plane plane;
	struct sockaddr_storage local;
	enum kmgw_state state;
	enum kmgw_reason reason;
	bool attached;
	bool quiet;			/* inactivity was told and lasts */
	bool keyed;			/* a DTLS association is there */
	uint32_t generation;		/* of the last keys; 0: there were none */
	uint8_t alert;			/* the last fatal one of the far end */
	enum kmgw_latch latch;
	struct sockaddr_storage latched;	/* AF_UNSPEC: nobody */
	struct kernel_stats stats;
};

struct kernel_event {
	uint64_t seq;
	enum kmgw_event type;
	struct kernel_name name;
	enum kmgw_state state;
	enum kmgw_reason reason;
};

/* What the module says of a context; @userdata is valid during the call only. */
struct kernel_context {
	uint32_t id;
	const void *userdata;
	size_t userdata_len;
};

struct kernel_totals {
	uint32_t contexts, endpoints, sockets;
	uint64_t events;		/* number of the last event */
};

struct kernel_ops {
	void (*event)(void *priv, const struct kernel_event *ev);
	/* Events were lost: the picture has to be drawn anew, see kernel_resync(). */
	void (*lost)(void *priv);
};

/**
 * kernel_open() - find the module and open the netlink sockets
 * @log: where refusals are told
 * @out: the client
 * Return: 0; -ENOENT the module is not loaded; other negative errno.
 */
int kernel_open(const struct log *log, struct kernel **out);
void kernel_close(struct kernel *k);

/**
 * kernel_listen() - have events delivered
 * @k: client
 * @loop: event loop
 * @ops: callbacks; must outlive the client
 * @priv: handed to the callbacks
 * Return: 0 or a negative errno.
 */
int kernel_listen(struct kernel *k, uv_loop_t *loop, const struct kernel_ops *ops, void *priv);

int kernel_context_new(struct kernel *k, uint32_t id);
int kernel_context_del(struct kernel *k, uint32_t id);
/* Replaces the user data; at most KMGW_USERDATA_MAX octets. */
int kernel_context_set(struct kernel *k, uint32_t id, const void *userdata, size_t len);
int kernel_endpoint_new(struct kernel *k, const struct kernel_name *name, enum kmgw_l4 l4,
			const struct sockaddr_storage *local, const struct kernel_set *set);
int kernel_endpoint_set(struct kernel *k, const struct kernel_name *name,
			const struct kernel_set *set);

/* Keys of a DTLS association: it takes the place of the one before, if it is of another generation. */
int kernel_endpoint_keys(struct kernel *k, const struct kernel_name *name,
			 const struct kernel_keys *keys);

/**
 * kernel_reserve() - set aside numbers of DTLS records that the module will not use itself
 * @k: client
 * @name: endpoint
 * @generation: of the keys
 * @epoch: of the keys
 * @count: how many
 * @first: receives the first one
 * Return: 0 or a negative errno.
 */
int kernel_reserve(struct kernel *k, const struct kernel_name *name, uint32_t generation,
		   uint16_t epoch, unsigned int count, uint64_t *first);

/* @last receives the endpoint's last picture, unless NULL. */
int kernel_endpoint_del(struct kernel *k, const struct kernel_name *name,
			struct kernel_endpoint *last);
int kernel_endpoint_get(struct kernel *k, const struct kernel_name *name,
			struct kernel_endpoint *ep);
int kernel_flush(struct kernel *k);
int kernel_totals_get(struct kernel *k, struct kernel_totals *totals);

/**
 * kernel_resync() - read all endpoints, so that events may be trusted again
 * @k: client
 * @each: called for each endpoint
 * @priv: handed to @each
 *
 * Events that happened before the dump began are not delivered afterwards. The
 * dump is repeated while objects come and go under it, so an endpoint may be
 * seen more than once.
 * Return: 0 or a negative errno.
 */
int kernel_resync(struct kernel *k,
		  void (*each)(void *priv, const struct kernel_endpoint *ep), void *priv);

/**
 * kernel_contexts() - read all contexts with their user data
 * @k: client
 * @each: called for each context
 * @priv: handed to @each
 *
 * To be called when nobody else changes the module, as at start: contexts that come or
 * go meanwhile may be missed.
 * Return: 0 or a negative errno.
 */
int kernel_contexts(struct kernel *k,
		    void (*each)(void *priv, const struct kernel_context *c), void *priv);

/* Names for people, as in the enums of linux/kmgw.h in lower case. */
const char *kernel_reason_name(enum kmgw_reason reason);

#endif /* KMGWD_KERNEL_H */
