/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of the command line, one after the other.
 *
 * Nothing in here talks to the kernel module, prints or exits: a parser returns 0 or a negative
 * errno and leaves one line in the err field, so that each can be tested alone.
 */
#ifndef KMGW_CLI_ARGS_H
#define KMGW_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct args {
	int argc;
	int pos;
	char **argv;
	char err[320];
};

struct cli_addr {
	int family;
	uint8_t ip[16];
	uint16_t port;		/* host order */
};

struct cli_filter {
	int family;		/* AF_UNSPEC: any address */
	uint8_t ip[16];
	uint8_t prefixlen;
	bool ports;
	uint16_t port_min;
	uint16_t port_max;
};

/* What is 0 is not restricted. */
struct cli_police {
	uint64_t sustained;	/* octets a second */
	uint64_t peak;
	uint32_t burst;		/* octets */
	uint32_t tolerance;	/* us */
};

struct cli_blob {
	uint8_t *data;		/* from malloc */
	size_t len;
};

void args_init(struct args *a, int argc, char **argv);
int args_fail(struct args *a, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

bool args_left(const struct args *a);
const char *args_peek(const struct args *a);
const char *args_next(struct args *a, const char *what);
int args_done(struct args *a);

bool args_is_prefix(const char *word, const char *full);
int args_verb(struct args *a, const char *what, const char *const *table, unsigned int n);
int args_option(struct args *a, const char *const *table, unsigned int n);

int args_number(struct args *a, const char *what, uint32_t min, uint32_t max, uint32_t *out);
int args_octets(struct args *a, const char *what, uint64_t *out);
int args_addr(struct args *a, const char *what, struct cli_addr *out);
int args_filter(struct args *a, struct cli_filter *out);
int args_police(struct args *a, struct cli_police *out);
int args_blob(struct args *a, const char *what, size_t max, struct cli_blob *out);
int args_device(struct args *a, const char *what, uint32_t *ifindex);

#endif
