/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel_private: shared by the files of kernel/ only. */
#ifndef KMGWD_KERNEL_PRIVATE_H
#define KMGWD_KERNEL_PRIVATE_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "kernel/kernel.h"

struct kernel {
	const struct log *log;
	struct nl_sock *sock;		/* requests */
	struct nl_sock *events;
	int family;
	int group;
	uv_poll_t *poll;
	const struct kernel_ops *ops;
	void *priv;
	uint64_t seen;			/* number of the last event that is accounted for */
};

/* Called for each message of an answer. */
typedef void (*kernel_answer_fn)(void *priv, struct nlmsghdr *nlh);

/* A message for command @cmd, @prefix octets larger than most; NULL: out of memory. */
struct nl_msg *kernel_msg(const struct kernel *k, uint8_t cmd, int flags, size_t prefix);

struct kernel_request {
	struct nl_msg *msg;			/* freed by kernel_transact(); NULL: no memory */
	const char *verb;			/* what is asked, for the line logged on failure */
	const struct kernel_name *name;		/* of what, or NULL */
	bool may_be_gone;			/* -ENOENT is no failure worth a line */
	kernel_answer_fn answer;
	void *priv;
};

/* Sends a request and waits for the end of the answer. -EAGAIN: objects came or went under a dump. */
int kernel_transact(struct kernel *k, const struct kernel_request *rq);

/* The module may have been loaded anew since: finds it again. Return: 0 or a negative errno. */
int kernel_find(struct kernel *k);

/* parse.c: false when the message lacks something or is not what it should be */
bool kernel_parse_endpoint(struct nlmsghdr *nlh, struct kernel_endpoint *ep);
bool kernel_parse_context(struct nlmsghdr *nlh, struct kernel_context *c);
bool kernel_parse_event(struct nlmsghdr *nlh, struct kernel_event *ev);
bool kernel_parse_first(struct nlmsghdr *nlh, uint64_t *first);
bool kernel_parse_totals(struct nlmsghdr *nlh, struct kernel_totals *totals);

#endif /* KMGWD_KERNEL_PRIVATE_H */
