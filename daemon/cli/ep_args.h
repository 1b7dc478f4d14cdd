/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of "kmgw endpoint add|set|move|release|del", parsed.
 */
#ifndef KMGW_CLI_EP_ARGS_H
#define KMGW_CLI_EP_ARGS_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "linux/kmgw.h"

struct ep_name {
	uint32_t context;
	uint32_t termination;
	uint16_t stream;
	uint8_t component;
};

struct ep_args {
	struct ep_name name;
	uint8_t l4;			/* 0: not given */
	uint64_t given;			/* bit by KMGW_A_EP_* */
	struct cli_addr local;
	struct cli_addr remote;
	uint8_t plane;
	uint8_t mode;
	uint8_t dscp;
	uint8_t latch;
	uint32_t ifindex;
	uint32_t vrf;
	unsigned int filters;
	struct cli_filter filter[KMGW_FILTERS_MAX];
	struct cli_police police;
	struct cli_addr source;		/* AF_UNSPEC: off */
	uint32_t inactivity;
	uint8_t inactivity_dir;		/* 0: not given */
	uint32_t idle;
	uint32_t linger;
	uint32_t early;
	uint8_t priority;
	uint64_t octets;
	uint32_t idle_in;
	uint8_t release;
	uint32_t move;			/* the other context */
	uint8_t security;
	bool reserve;			/* bind a socket and hand it over */
	int socket;			/* descriptor to hand over */
	struct cli_blob prefix;
	const char *note;		/* inside the command line */
};

int ep_args_name(struct args *a, struct ep_name *name);
int ep_args_add(struct args *a, struct ep_args *e);
int ep_args_set(struct args *a, struct ep_args *e);
bool ep_args_has(const struct ep_args *e, unsigned int attr);
void ep_args_free(struct ep_args *e);

void ep_put_name(struct nlmsghdr *req, const struct ep_name *name);
void ep_put(struct nlmsghdr *req, const struct ep_args *e);

#endif
