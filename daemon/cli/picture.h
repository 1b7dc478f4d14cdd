/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel said, decoded: one struct for each kind of message.
 */
#ifndef KMGW_CLI_PICTURE_H
#define KMGW_CLI_PICTURE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/args.h"
#include "linux/kmgw.h"

struct pic_ctx {
	uint32_t id;
	uint32_t version;
	uint32_t endpoints;
	const uint8_t *userdata;	/* inside the message */
	size_t userdata_len;
};

struct pic_stats {
	uint64_t value[KMGW_A_STATS_MAX + 1];
};

struct pic_drops {
	uint64_t count[256];	/* by reason; newer modules may know more reasons than we do */
};

struct pic_dtls {
	bool keyed;
	uint32_t generation;
	uint16_t epoch;
	uint8_t cipher;			/* 0: no keys in use */
	char driver[128];
	uint8_t alert;
	uint64_t count[KMGW_A_DTLS_MAX + 1];
};

struct pic_ep {
	uint32_t context;
	uint32_t termination;
	uint16_t stream;
	uint8_t component;
	uint8_t l4;
	uint8_t plane;
	bool has_remote;
	struct cli_addr local;
	struct cli_addr remote;
	uint8_t latch;
	bool has_latched;
	struct cli_addr latched;
	uint8_t mode;
	uint8_t dscp;
	uint32_t ifindex;
	uint32_t vrf;
	unsigned int filters;
	struct cli_filter filter[KMGW_FILTERS_MAX];
	bool has_police;
	struct cli_police police;
	bool has_source;
	struct cli_addr source;
	uint32_t inactivity;
	uint8_t inactivity_dir;
	bool quiet;
	uint32_t idle_timeout;
	uint32_t linger;
	uint32_t early;
	uint8_t priority;
	uint32_t idle_in;		/* 0: none */
	uint64_t octet_limit;		/* 0: none */
	uint8_t joined;
	uint8_t state;
	uint8_t reason;
	uint64_t changed;
	bool attached;
	uint16_t tls_version;
	uint16_t tls_cipher;
	char note[KMGW_NOTE_MAX + 1];	/* empty: none */
	uint8_t security;
	struct pic_dtls dtls;
	struct pic_stats stats;
	struct pic_drops drops;
};

struct pic_ns {
	uint32_t contexts;
	uint32_t endpoints;
	uint32_t sockets;
	uint32_t max_contexts;
	uint32_t max_endpoints;
	uint32_t max_sockets;
	uint32_t syns;
	uint32_t max_syns;
	uint64_t events;
	struct pic_stats stats;
	struct pic_drops drops;
};

struct pic_event {
	uint64_t seq;
	uint8_t type;
	uint32_t context;
	bool has_endpoint;
	uint32_t termination;
	uint16_t stream;
	uint8_t component;
	bool has_state;
	uint8_t state;
	uint8_t reason;
	bool has_alert;
	uint8_t alert;
	bool has_latched;
	struct cli_addr latched;
};

void pic_ctx(struct pic_ctx *p, const struct nlmsghdr *nlh);
void pic_ep(struct pic_ep *p, const struct nlmsghdr *nlh);
void pic_ns(struct pic_ns *p, const struct nlmsghdr *nlh);
void pic_event(struct pic_event *p, const struct nlmsghdr *nlh);

#endif
