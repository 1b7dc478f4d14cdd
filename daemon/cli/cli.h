/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: the netlink command line tool.
 */
#ifndef KMGW_CLI_CLI_H
#define KMGW_CLI_CLI_H

#include <stdbool.h>

#include "cli/args.h"
#include "cli/genl.h"

enum {
	EXIT_OK,
	EXIT_REFUSED,		/* the kernel, or the system, said no; a message is bad */
	EXIT_USAGE,
};

struct cli {
	bool json;
	bool pretty;
	bool stats;
	bool verbose;
	struct args args;
	struct genl *genl;
};

/* Objects: each takes the words that follow its name, and returns an exit status. */
int cmd_context(struct cli *c);
int cmd_endpoint(struct cli *c);
int cmd_monitor(struct cli *c);
int cmd_stats(struct cli *c);
int cmd_limits(struct cli *c);
int cmd_flush(struct cli *c);
int cmd_h248(struct cli *c);
int cmd_agent(struct cli *c);

int cli_connect(struct cli *c);
int cli_usage(struct cli *c, const char *help);
bool cli_help(struct cli *c, const char *help);
int cli_call(struct cli *c, struct nlmsghdr *req, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

#endif
