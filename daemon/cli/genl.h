/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests to the module, over libmnl.
 */
#ifndef KMGW_CLI_GENL_H
#define KMGW_CLI_GENL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GENL_BUF_SIZE	65536

struct genl {
	struct mnl_socket *sk;
	uint32_t seq;
	uint16_t family;
	uint32_t group;
	bool torn;		/* the last dump is still inconsistent after all attempts */
	char err[512];		/* one line on what went wrong */
	char *reply;		/* messages that answer the last request, one after the other */
	size_t reply_len;
	size_t reply_size;
	char tx[GENL_BUF_SIZE];
	char rx[GENL_BUF_SIZE];
};

int genl_open(struct genl **out, char *err, size_t errlen);
void genl_close(struct genl *g);
struct nlmsghdr *genl_request(struct genl *g, uint8_t cmd, uint16_t flags);
int genl_call(struct genl *g, struct nlmsghdr *req);
const struct nlmsghdr *genl_reply(const struct genl *g, const struct nlmsghdr *prev);
void genl_explain(struct genl *g, const struct nlmsghdr *req, const struct nlmsghdr *nlh, int err);
int genl_subscribe(struct genl *g, int rcvbuf);
int genl_receive(struct genl *g, int flags, size_t *len);

#endif
