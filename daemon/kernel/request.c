// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel/request: one function for each command of the module.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "kernel/kernel_private.h"

static int put_ip(struct nl_msg *msg, const struct sockaddr_storage *addr, int type4, int type6)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)addr;

	switch (addr->ss_family) {
	case AF_INET:
		return nla_put(msg, type4, sizeof(in4->sin_addr), &in4->sin_addr);
	case AF_INET6:
		return nla_put(msg, type6, sizeof(in6->sin6_addr), &in6->sin6_addr);
	default:
		return 0;
	}
}

/* Port in network order; both families keep it in the same place. */
static uint16_t raw_port(const struct sockaddr_storage *addr)
{
	return ((const struct sockaddr_in *)addr)->sin_port;
}

static int put_address(struct nl_msg *msg, int type, const struct sockaddr_storage *addr)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest || put_ip(msg, addr, KMGW_A_ADDR_IPV4, KMGW_A_ADDR_IPV6) ||
	    nla_put_u16(msg, KMGW_A_ADDR_PORT, raw_port(addr)))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_rule(struct nl_msg *msg, const struct kernel_filter *f)
{
	struct nlattr *nest = nla_nest_start(msg, KMGW_A_EP_FILTER);
	int err = 0;

	if (!nest)
		return -EMSGSIZE;
	if (f->addr.ss_family != AF_UNSPEC) {
		err |= put_ip(msg, &f->addr, KMGW_A_FILTER_IPV4, KMGW_A_FILTER_IPV6);
		err |= nla_put_u8(msg, KMGW_A_FILTER_PREFIXLEN, f->prefixlen);
	}
	if (f->ports) {
		err |= nla_put_u16(msg, KMGW_A_FILTER_PORT_MIN, htons(f->port_min));
		err |= nla_put_u16(msg, KMGW_A_FILTER_PORT_MAX, htons(f->port_max));
	}
	nla_nest_end(msg, nest);
	return err ? -EMSGSIZE : 0;
}

/* An empty nest takes all of something away; nla_nest_end() would drop it. */
static int put_none(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return -EMSGSIZE;
	nla_nest_end_keep_empty(msg, nest);
	return 0;
}

static int put_filters(struct nl_msg *msg, const struct kernel_filters *filters)
{
	unsigned int i;
	int err = 0;

	if (!filters->n)
		return put_none(msg, KMGW_A_EP_FILTER);
	for (i = 0; i < filters->n && !err; i++)
		err = put_rule(msg, &filters->rule[i]);
	return err;
}

static int put_police(struct nl_msg *msg, const struct kernel_police *p)
{
	struct nlattr *nest = nla_nest_start(msg, KMGW_A_EP_POLICE);
	int err = 0;

	if (!nest)
		return -EMSGSIZE;
	if (p->sustained) {
		err |= nla_put_u64(msg, KMGW_A_POLICE_SUSTAINED, p->sustained);
		err |= nla_put_u32(msg, KMGW_A_POLICE_BURST, p->burst);
	}
	if (p->peak) {
		err |= nla_put_u64(msg, KMGW_A_POLICE_PEAK, p->peak);
		err |= nla_put_u32(msg, KMGW_A_POLICE_PEAK_TOLERANCE, p->tolerance);
	}
	nla_nest_end_keep_empty(msg, nest);
	return err ? -EMSGSIZE : 0;
}

static int put_source(struct nl_msg *msg, const struct sockaddr_storage *source)
{
	if (source->ss_family == AF_UNSPEC)
		return put_none(msg, KMGW_A_EP_SOURCE);
	return put_address(msg, KMGW_A_EP_SOURCE, source);
}

static int put_name(struct nl_msg *msg, const struct kernel_name *name)
{
	if (nla_put_u32(msg, KMGW_A_EP_CONTEXT, name->context) ||
	    nla_put_u32(msg, KMGW_A_EP_TERMINATION, name->termination) ||
	    nla_put_u16(msg, KMGW_A_EP_STREAM, name->stream) ||
	    (name->rtcp && nla_put_u8(msg, KMGW_A_EP_COMPONENT, KMGW_COMPONENT_RTCP)))
		return -EMSGSIZE;
	return 0;
}

static int put_set(struct nl_msg *msg, const struct kernel_set *set)
{
	int err = 0;

	if (set->mask & KERNEL_SET_REMOTE)
		err |= put_address(msg, KMGW_A_EP_REMOTE, &set->remote);
	if (set->mask & KERNEL_SET_MODE)
		err |= nla_put_u8(msg, KMGW_A_EP_MODE, (uint8_t)set->mode);
	if (set->mask & KERNEL_SET_DSCP)
		err |= nla_put_u8(msg, KMGW_A_EP_DSCP, set->dscp);
	if (set->mask & KERNEL_SET_IFINDEX)
		err |= nla_put_u32(msg, KMGW_A_EP_IFINDEX, set->ifindex);
	if (set->mask & KERNEL_SET_VRF)
		err |= nla_put_u32(msg, KMGW_A_EP_VRF, set->vrf);
	if (set->mask & KERNEL_SET_FILTER)
		err |= put_filters(msg, &set->filter);
	if (set->mask & KERNEL_SET_SOCKET) {
		err |= nla_put_s32(msg, KMGW_A_EP_SOCKET, set->fd);
		if (set->prefix_len)
			err |= nla_put(msg, KMGW_A_EP_PREFIX, (int)set->prefix_len, set->prefix);
		if (set->note)
			err |= nla_put_string(msg, KMGW_A_EP_NOTE, set->note);
	}
	if (set->mask & KERNEL_SET_IDLE)
		err |= nla_put_u32(msg, KMGW_A_EP_IDLE_TIMEOUT, set->idle_timeout);
	if (set->mask & KERNEL_SET_LINGER)
		err |= nla_put_u32(msg, KMGW_A_EP_LINGER, set->linger);
	if (set->mask & KERNEL_SET_INACTIVITY) {
		err |= nla_put_u32(msg, KMGW_A_EP_INACTIVITY, set->inactivity);
		if (set->inactivity)
			err |= nla_put_u8(msg, KMGW_A_EP_INACTIVITY_DIR,
					  (uint8_t)set->inactivity_dir);
	}
	if (set->mask & KERNEL_SET_EARLY)
		err |= nla_put_u32(msg, KMGW_A_EP_EARLY, set->early);
	if (set->mask & KERNEL_SET_OCTET_LIMIT)
		err |= nla_put_u64(msg, KMGW_A_EP_OCTET_LIMIT, set->octet_limit);
	if (set->mask & KERNEL_SET_PRIORITY)
		err |= nla_put_u8(msg, KMGW_A_EP_PRIORITY, (uint8_t)set->priority);
	if (set->mask & KERNEL_SET_SECURITY)
		err |= nla_put_u8(msg, KMGW_A_EP_SECURITY, (uint8_t)set->security);
	if (set->mask & KERNEL_SET_PLANE)
		err |= nla_put_u8(msg, KMGW_A_EP_PLANE, (uint8_t)set->plane);
	if (set->mask & KERNEL_SET_RESTART)
		err |= nla_put_flag(msg, KMGW_A_EP_RESTART);
	if (set->mask & KERNEL_SET_LATCH)
		err |= nla_put_u8(msg, KMGW_A_EP_LATCH, (uint8_t)set->latch);
	if (set->mask & KERNEL_SET_POLICE)
		err |= put_police(msg, &set->police);
	if (set->mask & KERNEL_SET_SOURCE)
		err |= put_source(msg, &set->source);
	if (set->mask & KERNEL_SET_REPLACE)
		err |= nla_put_flag(msg, KMGW_A_EP_REPLACE);
	if (set->mask & KERNEL_SET_RELEASE)
		err |= nla_put_u8(msg, KMGW_A_EP_RELEASE, (uint8_t)set->release);
	if (set->mask & KERNEL_SET_MOVE)
		err |= nla_put_u32(msg, KMGW_A_EP_MOVE, set->move);
	return err ? -EMSGSIZE : 0;
}

static int fill_failed(const struct kernel_request *rq)
{
	nlmsg_free(rq->msg);
	return -EMSGSIZE;
}

static int context_request(struct kernel *k, uint8_t cmd, uint32_t id, const char *verb)
{
	const struct kernel_name name = { .context = id };
	const struct kernel_request rq = {
		.msg = kernel_msg(k, cmd, 0, 0),
		.verb = verb,
		.name = &name,
		.may_be_gone = true,
	};

	if (rq.msg && nla_put_u32(rq.msg, KMGW_A_CTX_ID, id))
		return fill_failed(&rq);
	return kernel_transact(k, &rq);
}

int kernel_context_new(struct kernel *k, uint32_t id)
{
	int err = context_request(k, KMGW_CMD_CONTEXT_NEW, id, "create");

	/* Nothing that this needs can be missing, but the family itself. */
	if (err == -ENOENT && kernel_find(k) == 0)
		err = context_request(k, KMGW_CMD_CONTEXT_NEW, id, "create");
	return err;
}

int kernel_context_del(struct kernel *k, uint32_t id)
{
	return context_request(k, KMGW_CMD_CONTEXT_DEL, id, "delete");
}

int kernel_context_set(struct kernel *k, uint32_t id, const void *userdata, size_t len)
{
	const struct kernel_name name = { .context = id };
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_CONTEXT_SET, 0, len),
		.verb = "keep the record of",
		.name = &name,
	};

	if (rq.msg && (nla_put_u32(rq.msg, KMGW_A_CTX_ID, id) ||
		       nla_put(rq.msg, KMGW_A_CTX_USERDATA, (int)len, userdata)))
		return fill_failed(&rq);
	return kernel_transact(k, &rq);
}

int kernel_endpoint_new(struct kernel *k, const struct kernel_name *name, enum kmgw_l4 l4,
			const struct sockaddr_storage *local, const struct kernel_set *set)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_ENDPOINT_NEW, 0, set->prefix_len),
		.verb = "create",
		.name = name,
	};

	if (rq.msg && (put_name(rq.msg, name) || nla_put_u8(rq.msg, KMGW_A_EP_L4, (uint8_t)l4) ||
		       put_address(rq.msg, KMGW_A_EP_LOCAL, local) || put_set(rq.msg, set)))
		return fill_failed(&rq);
	return kernel_transact(k, &rq);
}

int kernel_endpoint_set(struct kernel *k, const struct kernel_name *name,
			const struct kernel_set *set)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_ENDPOINT_SET, 0, set->prefix_len),
		.verb = set->mask & KERNEL_SET_SOCKET ? "hand a socket to" :
			set->mask & KERNEL_SET_MOVE ? "move" : "change",
		.name = name,
	};

	if (rq.msg && (put_name(rq.msg, name) || put_set(rq.msg, set)))
		return fill_failed(&rq);
	return kernel_transact(k, &rq);
}

static int put_keys(struct nl_msg *msg, const struct kernel_keys *keys)
{
	struct nlattr *nest = nla_nest_start(msg, KMGW_A_EP_KEYS);
	int err = 0;

	if (!nest)
		return -EMSGSIZE;
	err |= nla_put_u32(msg, KMGW_A_KEYS_GENERATION, keys->generation);
	err |= nla_put_u16(msg, KMGW_A_KEYS_EPOCH, keys->epoch);
	err |= nla_put_u8(msg, KMGW_A_KEYS_CIPHER, (uint8_t)keys->cipher);
	err |= nla_put(msg, KMGW_A_KEYS_RX_KEY, (int)keys->rx.key_len, keys->rx.key);
	err |= nla_put(msg, KMGW_A_KEYS_RX_IV, (int)keys->rx.iv_len, keys->rx.iv);
	err |= nla_put(msg, KMGW_A_KEYS_TX_KEY, (int)keys->tx.key_len, keys->tx.key);
	err |= nla_put(msg, KMGW_A_KEYS_TX_IV, (int)keys->tx.iv_len, keys->tx.iv);
	err |= nla_put_u64(msg, KMGW_A_KEYS_RX_SEQ, keys->rx.number);
	err |= nla_put_u64(msg, KMGW_A_KEYS_TX_SEQ, keys->tx.number);
	err |= nla_put_u32(msg, KMGW_A_KEYS_TX_HOLD, keys->tx_hold);
	nla_nest_end(msg, nest);
	return err ? -EMSGSIZE : 0;
}

int kernel_endpoint_keys(struct kernel *k, const struct kernel_name *name,
			 const struct kernel_keys *keys)
{
	struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_ENDPOINT_SET, 0, 0),
		.verb = "hand keys to",
		.name = name,
	};
	struct nlmsghdr *nlh;
	int err;

	if (!rq.msg)
		return -ENOMEM;
	nlmsg_get(rq.msg);
	err = put_name(rq.msg, name) || put_keys(rq.msg, keys) ? fill_failed(&rq) :
	      kernel_transact(k, &rq);
	/* The message is still ours: what it held must not lie about. */
	nlh = nlmsg_hdr(rq.msg);
	explicit_bzero(nlmsg_data(nlh), (size_t)nlmsg_datalen(nlh));
	nlmsg_free(rq.msg);
	return err;
}

static void on_first(void *priv, struct nlmsghdr *nlh)
{
	kernel_parse_first(nlh, priv);
}

int kernel_reserve(struct kernel *k, const struct kernel_name *name, uint32_t generation,
		   uint16_t epoch, unsigned int count, uint64_t *first)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_SEQ_RESERVE, 0, 0),
		.verb = "reserve record numbers of",
		.name = name,
		.answer = on_first,
		.priv = first,
	};
	int err;

	if (rq.msg && (nla_put_u32(rq.msg, KMGW_A_SEQ_CONTEXT, name->context) ||
		       nla_put_u32(rq.msg, KMGW_A_SEQ_TERMINATION, name->termination) ||
		       nla_put_u16(rq.msg, KMGW_A_SEQ_STREAM, name->stream) ||
		       nla_put_u32(rq.msg, KMGW_A_SEQ_GENERATION, generation) ||
		       nla_put_u16(rq.msg, KMGW_A_SEQ_EPOCH, epoch) ||
		       nla_put_u32(rq.msg, KMGW_A_SEQ_COUNT, count)))
		return fill_failed(&rq);
	*first = 0;
	err = kernel_transact(k, &rq);
	/* 0 was Finished. */
	return err || *first ? err : -EIO;
}

static void on_endpoint(void *priv, struct nlmsghdr *nlh)
{
	struct kernel_endpoint ep;

	if (kernel_parse_endpoint(nlh, &ep))
		*(struct kernel_endpoint *)priv = ep;
}

static int picture_request(struct kernel *k, uint8_t cmd, int flags, const char *verb,
			   const struct kernel_name *name, struct kernel_endpoint *ep)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, cmd, flags, 0),
		.verb = verb,
		.name = name,
		.may_be_gone = true,
		.answer = ep ? on_endpoint : NULL,
		.priv = ep,
	};

	if (rq.msg && put_name(rq.msg, name))
		return fill_failed(&rq);
	if (ep)
		memset(ep, 0, sizeof(*ep));
	return kernel_transact(k, &rq);
}

int kernel_endpoint_del(struct kernel *k, const struct kernel_name *name,
			struct kernel_endpoint *last)
{
	return picture_request(k, KMGW_CMD_ENDPOINT_DEL, last ? NLM_F_ECHO : 0, "delete", name,
			       last);
}

int kernel_endpoint_get(struct kernel *k, const struct kernel_name *name,
			struct kernel_endpoint *ep)
{
	return picture_request(k, KMGW_CMD_ENDPOINT_GET, 0, "read", name, ep);
}

int kernel_flush(struct kernel *k)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_FLUSH, 0, 0),
		.verb = "flush",
	};

	return kernel_transact(k, &rq);
}

static void on_totals(void *priv, struct nlmsghdr *nlh)
{
	kernel_parse_totals(nlh, priv);
}

int kernel_totals_get(struct kernel *k, struct kernel_totals *totals)
{
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_STATS_GET, 0, 0),
		.verb = "read totals",
		.answer = on_totals,
		.priv = totals,
	};

	memset(totals, 0, sizeof(*totals));
	return kernel_transact(k, &rq);
}
