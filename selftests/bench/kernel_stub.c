// SPDX-License-Identifier: GPL-2.0-only
/*
 * In place of kernel/kernel.c and kernel/route.c: a module that agrees to everything, at once.
 * Requests are still written; only what the kernel would do with them is missing.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>

#include "kernel/kernel_private.h"
#include "kernel/route.h"

struct route {
	int unused;
};

int kernel_open(const struct log *log, struct kernel **out)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	k->log = log;
	k->family = 1;
	*out = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	free(k);
}

int kernel_find(struct kernel *k)
{
	(void)k;
	return 0;
}

int kernel_listen(struct kernel *k, uv_loop_t *loop, const struct kernel_ops *ops, void *priv)
{
	(void)loop;
	k->ops = ops;
	k->priv = priv;
	return 0;
}

struct nl_msg *kernel_msg(const struct kernel *k, uint8_t cmd, int flags, size_t prefix)
{
	struct nl_msg *msg = nlmsg_alloc_size(1024 + prefix);

	if (msg)
		genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, k->family, 0, NLM_F_REQUEST | flags,
			    cmd, KMGW_GENL_VERSION);
	return msg;
}

int kernel_transact(struct kernel *k, const struct kernel_request *rq)
{
	(void)k;
	if (!rq->msg)
		return -ENOMEM;
	nlmsg_free(rq->msg);
	return 0;
}

int kernel_contexts(struct kernel *k,
		    void (*each)(void *priv, const struct kernel_context *c), void *priv)
{
	(void)k;
	(void)each;
	(void)priv;
	return 0;
}

int kernel_resync(struct kernel *k,
		  void (*each)(void *priv, const struct kernel_endpoint *ep), void *priv)
{
	(void)k;
	(void)each;
	(void)priv;
	return 0;
}

int route_open(const struct log *log, struct route **out)
{
	(void)log;
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void route_close(struct route *r)
{
	free(r);
}

int route_type(struct route *r, const struct sockaddr_storage *addr, int vrf)
{
	(void)r;
	(void)addr;
	(void)vrf;
	return RTN_UNICAST;
}
