// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: the generic netlink family, and requests on a namespace as a whole.
 *
 * Requests run in parallel; kn->lock serialises those of one namespace. Every operation has a
 * policy of its own and strict validation, so an attribute that is not meant for it is refused.
 */
#include "compat.h"
#include "kmgw.h"
#include "netlink.h"
#include "object.h"
#include "splice.h"
#include "stats.h"

struct netlink_range_validation kmgw_id_range = {
	.min = 1,
	.max = KMGW_ID_MAX,
};

static const struct nla_policy kmgw_limits_policy[KMGW_A_NS_MAX + 1] = {
	[KMGW_A_NS_MAX_CONTEXTS] = { .type = NLA_U32 },
	[KMGW_A_NS_MAX_ENDPOINTS] = { .type = NLA_U32 },
	[KMGW_A_NS_MAX_SOCKETS] = { .type = NLA_U32 },
};

/**
 * kmgw_nl_put_addr() - add a nest with a transport address
 * @skb: message
 * @attr: type of the nest
 * @addr: address of a family
 *
 * Return: 0 or -EMSGSIZE.
 */
int kmgw_nl_put_addr(struct sk_buff *skb, int attr, const struct kmgw_addr *addr)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	if ((addr->family == AF_INET ?
	     nla_put_in_addr(skb, KMGW_A_ADDR_IPV4, addr->ip.v4) :
	     nla_put_in6_addr(skb, KMGW_A_ADDR_IPV6, &addr->ip.v6)) ||
	    nla_put_be16(skb, KMGW_A_ADDR_PORT, addr->port)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * kmgw_nl_put_stats() - add a nest of counters
 * @skb: message
 * @attr: type of the nest
 * @st: counters
 *
 * Return: 0 or -EMSGSIZE.
 */
int kmgw_nl_put_stats(struct sk_buff *skb, int attr, const struct kmgw_stats *st)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, KMGW_A_STATS_RX_PACKETS, st->rx_packets, KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_RX_OCTETS, st->rx_octets, KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_TX_PACKETS, st->tx_packets, KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_TX_OCTETS, st->tx_octets, KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_RX_PLAIN_OCTETS, st->rx_plain,
			      KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_TX_PLAIN_OCTETS, st->tx_plain,
			      KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_DROPS, st->drops, KMGW_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, KMGW_A_STATS_STALLS, st->stalls, KMGW_A_STATS_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * kmgw_nl_put_drop() - add the drops for one reason
 * @skb: message
 * @attr: type of the nest
 * @reason: enum kmgw_reason
 * @count: how many; 0 adds nothing
 *
 * Return: 0 or -EMSGSIZE.
 */
int kmgw_nl_put_drop(struct sk_buff *skb, int attr, u8 reason, u64 count)
{
	struct nlattr *nest;

	if (!count)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, KMGW_A_DROP_REASON, reason) ||
	    nla_put_u64_64bit(skb, KMGW_A_DROP_COUNT, count, KMGW_A_DROP_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int kmgw_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));

	mutex_lock(&kn->lock);
	kmgw_ctx_flush(kn);
	kmgw_splice_flush(kn);
	mutex_unlock(&kn->lock);
	return 0;
}

static int kmgw_nl_fill_ns(struct sk_buff *skb, struct kmgw_net *kn)
{
	u64 drops[KMGW_DROP_REASONS];
	struct kmgw_stats st;
	u64 events;
	int i;

	spin_lock_bh(&kn->event_lock);
	events = kn->event_seq;
	spin_unlock_bh(&kn->event_lock);
	kmgw_net_totals(kn, &st, drops);

	if (nla_put_u32(skb, KMGW_A_NS_CONTEXTS, kn->nr_ctx) ||
	    nla_put_u32(skb, KMGW_A_NS_ENDPOINTS, kn->nr_ep) ||
	    nla_put_u32(skb, KMGW_A_NS_SOCKETS, atomic_read(&kn->sockets)) ||
	    nla_put_u32(skb, KMGW_A_NS_MAX_CONTEXTS, kn->max_ctx) ||
	    nla_put_u32(skb, KMGW_A_NS_MAX_ENDPOINTS, kn->max_ep) ||
	    nla_put_u32(skb, KMGW_A_NS_MAX_SOCKETS, kn->max_sockets) ||
	    nla_put_u64_64bit(skb, KMGW_A_NS_EVENTS, events, KMGW_A_NS_PAD) ||
	    kmgw_nl_put_stats(skb, KMGW_A_NS_STATS, &st))
		return -EMSGSIZE;
	for (i = 0; i < KMGW_DROP_REASONS; i++)
		if (kmgw_nl_put_drop(skb, KMGW_A_NS_DROP, i, drops[i]))
			return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &kmgw_family, 0, KMGW_CMD_STATS_GET);
	mutex_lock(&kn->lock);
	err = hdr ? kmgw_nl_fill_ns(msg, kn) : -EMSGSIZE;
	mutex_unlock(&kn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int kmgw_nl_limits_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct nlattr **attrs = info->attrs;

	if (!attrs[KMGW_A_NS_MAX_CONTEXTS] && !attrs[KMGW_A_NS_MAX_ENDPOINTS] &&
	    !attrs[KMGW_A_NS_MAX_SOCKETS]) {
		NL_SET_ERR_MSG(info->extack,
			       "give MAX_CONTEXTS, MAX_ENDPOINTS or MAX_SOCKETS");
		return -EINVAL;
	}
	mutex_lock(&kn->lock);
	if (attrs[KMGW_A_NS_MAX_CONTEXTS])
		kn->max_ctx = nla_get_u32(attrs[KMGW_A_NS_MAX_CONTEXTS]);
	if (attrs[KMGW_A_NS_MAX_ENDPOINTS])
		kn->max_ep = nla_get_u32(attrs[KMGW_A_NS_MAX_ENDPOINTS]);
	if (attrs[KMGW_A_NS_MAX_SOCKETS])
		kn->max_sockets = nla_get_u32(attrs[KMGW_A_NS_MAX_SOCKETS]);
	mutex_unlock(&kn->lock);
	return 0;
}

static const struct genl_ops kmgw_ops[] = {
	{
		.cmd = KMGW_CMD_CONTEXT_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ctx_new_policy,
		.maxattr = KMGW_A_CTX_MAX,
		.doit = kmgw_nl_ctx_new,
	}, {
		.cmd = KMGW_CMD_CONTEXT_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ctx_new_policy,
		.maxattr = KMGW_A_CTX_MAX,
		.doit = kmgw_nl_ctx_set,
	}, {
		.cmd = KMGW_CMD_CONTEXT_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ctx_id_policy,
		.maxattr = KMGW_A_CTX_MAX,
		.doit = kmgw_nl_ctx_del,
	}, {
		.cmd = KMGW_CMD_CONTEXT_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ctx_id_policy,
		.maxattr = KMGW_A_CTX_MAX,
		.doit = kmgw_nl_ctx_get,
		.start = kmgw_nl_ctx_start,
		.dumpit = kmgw_nl_ctx_dump,
	}, {
		.cmd = KMGW_CMD_ENDPOINT_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ep_new_policy,
		.maxattr = KMGW_A_EP_MAX,
		.doit = kmgw_nl_ep_new,
	}, {
		.cmd = KMGW_CMD_ENDPOINT_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ep_set_policy,
		.maxattr = KMGW_A_EP_MAX,
		.doit = kmgw_nl_ep_set,
	}, {
		.cmd = KMGW_CMD_ENDPOINT_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ep_id_policy,
		.maxattr = KMGW_A_EP_MAX,
		.doit = kmgw_nl_ep_del,
	}, {
		.cmd = KMGW_CMD_ENDPOINT_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = kmgw_ep_id_policy,
		.maxattr = KMGW_A_EP_MAX,
		.doit = kmgw_nl_ep_get,
		.dumpit = kmgw_nl_ep_dump,
	}, {
		.cmd = KMGW_CMD_FLUSH,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kmgw_nl_flush,
	}, {
		.cmd = KMGW_CMD_STATS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kmgw_nl_stats_get,
	}, {
		.cmd = KMGW_CMD_LIMITS_SET,
		.flags = GENL_ADMIN_PERM,
		.policy = kmgw_limits_policy,
		.maxattr = KMGW_A_NS_MAX,
		.doit = kmgw_nl_limits_set,
	},
};

static const struct genl_multicast_group kmgw_groups[] = {
	{
		.name = KMGW_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family kmgw_family __ro_after_init = {
	.name = KMGW_GENL_NAME,
	.version = KMGW_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = kmgw_ops,
	.n_ops = ARRAY_SIZE(kmgw_ops),
	.mcgrps = kmgw_groups,
	.n_mcgrps = ARRAY_SIZE(kmgw_groups),
};

/**
 * kmgw_netlink_init() - open for requests
 *
 * Return: 0 or a negative errno.
 */
int __init kmgw_netlink_init(void)
{
	return genl_register_family(&kmgw_family);
}

/**
 * kmgw_netlink_exit() - close; no request is running any more on return
 */
void kmgw_netlink_exit(void)
{
	genl_unregister_family(&kmgw_family);
}
