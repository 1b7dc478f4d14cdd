// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: netlink requests on endpoints.
 *
 * Attributes are checked here one by one and handed to endpoint.c as a whole, which checks them
 * against each other and the object before it changes anything. Context: process; each handler
 * takes kn->lock. A dump keeps the name it goes on with, and gives the lock back after each
 * message buffer.
 */
#include <linux/inet.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>

#include "compat.h"
#include "dtls.h"
#include "flow.h"
#include "kmgw.h"
#include "latch.h"
#include "netlink.h"
#include "object.h"
#include "path.h"
#include "splice.h"
#include "stats.h"

static const struct nla_policy kmgw_addr_policy[KMGW_A_ADDR_MAX + 1] = {
	[KMGW_A_ADDR_IPV4] = NLA_POLICY_EXACT_LEN(sizeof(struct in_addr)),
	[KMGW_A_ADDR_IPV6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[KMGW_A_ADDR_PORT] = { .type = NLA_BE16 },
};

#define KMGW_EP_NAME_POLICY								\
	[KMGW_A_EP_CONTEXT] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),		\
	[KMGW_A_EP_TERMINATION] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),	\
	[KMGW_A_EP_STREAM] = NLA_POLICY_MIN(NLA_U16, 1),				\
	[KMGW_A_EP_COMPONENT] = NLA_POLICY_RANGE(NLA_U8, KMGW_COMPONENT_MEDIA,		\
						 KMGW_COMPONENT_RTCP)

#define KMGW_EP_COMMON_POLICY								\
	[KMGW_A_EP_REMOTE] = NLA_POLICY_NESTED(kmgw_addr_policy),			\
	[KMGW_A_EP_MODE] = NLA_POLICY_MAX(NLA_U8, KMGW_MODE_MAX),			\
	[KMGW_A_EP_DSCP] = NLA_POLICY_MAX(NLA_U8, KMGW_DSCP_KEEP),			\
	[KMGW_A_EP_PLANE] = NLA_POLICY_RANGE(NLA_U8, KMGW_PLANE_SPLICE,			\
					     KMGW_PLANE_MERGE),				\
	[KMGW_A_EP_IFINDEX] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_ifindex_range),	\
	[KMGW_A_EP_FILTER] = NLA_POLICY_NESTED(kmgw_filter_policy),			\
	[KMGW_A_EP_SOCKET] = NLA_POLICY_MIN(NLA_S32, 0),				\
	[KMGW_A_EP_PREFIX] = NLA_POLICY_RANGE(NLA_BINARY, 1, KMGW_PREFIX_MAX),		\
	[KMGW_A_EP_NOTE] = { .type = NLA_NUL_STRING, .len = KMGW_NOTE_MAX },		\
	[KMGW_A_EP_IDLE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),	\
	[KMGW_A_EP_LINGER] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),	\
	[KMGW_A_EP_EARLY] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),	\
	[KMGW_A_EP_IDLE_IN] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),	\
	[KMGW_A_EP_OCTET_LIMIT] = { .type = NLA_U64 },					\
	[KMGW_A_EP_PRIORITY] = NLA_POLICY_MAX(NLA_U8, KMGW_PRIORITY_EMERGENCY),		\
	[KMGW_A_EP_LATCH] = NLA_POLICY_MAX(NLA_U8, KMGW_LATCH_RELATCH),		\
	[KMGW_A_EP_POLICE] = NLA_POLICY_NESTED(kmgw_police_policy),			\
	[KMGW_A_EP_SOURCE] = NLA_POLICY_NESTED(kmgw_addr_policy),			\
	[KMGW_A_EP_INACTIVITY] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),	\
	[KMGW_A_EP_INACTIVITY_DIR] = NLA_POLICY_RANGE(NLA_U8, KMGW_DIRECTION_IN,	\
						      KMGW_DIRECTION_BOTH),	\
	[KMGW_A_EP_SECURITY] = NLA_POLICY_MAX(NLA_U8, KMGW_SECURITY_DTLS)

#define KMGW_EP_REJECT(msg) { .type = NLA_REJECT, .reject_message = msg }

static struct netlink_range_validation kmgw_ifindex_range = {
	.max = INT_MAX,
};

struct netlink_range_validation kmgw_timeout_range = {
	.max = KMGW_TIMEOUT_MAX,
};

const struct nla_policy kmgw_ep_new_policy[KMGW_A_EP_MAX + 1] = {
	KMGW_EP_NAME_POLICY,
	KMGW_EP_COMMON_POLICY,
	[KMGW_A_EP_L4] = NLA_POLICY_RANGE(NLA_U8, KMGW_L4_TCP, KMGW_L4_UDP),
	[KMGW_A_EP_LOCAL] = NLA_POLICY_NESTED(kmgw_addr_policy),
	[KMGW_A_EP_VRF] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_ifindex_range),
	[KMGW_A_EP_RELEASE] = KMGW_EP_REJECT("a new endpoint has nothing to release"),
	[KMGW_A_EP_MOVE] = KMGW_EP_REJECT("a new endpoint is made where it shall be"),
	/* see kmgw_nl_parse_new() */
	[KMGW_A_EP_KEYS] = NLA_POLICY_NESTED(kmgw_keys_policy),
	[KMGW_A_EP_RESTART] = KMGW_EP_REJECT("a new endpoint has nothing to restart"),
	[KMGW_A_EP_REPLACE] = KMGW_EP_REJECT("a new endpoint has nothing to replace"),
};

const struct nla_policy kmgw_ep_set_policy[KMGW_A_EP_MAX + 1] = {
	KMGW_EP_NAME_POLICY,
	KMGW_EP_COMMON_POLICY,
	[KMGW_A_EP_L4] = KMGW_EP_REJECT("L4 is fixed by ENDPOINT_NEW"),
	/* NLA_REJECT would complain of the nest first; see kmgw_nl_parse_set() */
	[KMGW_A_EP_LOCAL] = NLA_POLICY_NESTED(kmgw_addr_policy),
	[KMGW_A_EP_VRF] = KMGW_EP_REJECT("VRF is fixed by ENDPOINT_NEW"),
	[KMGW_A_EP_RELEASE] = NLA_POLICY_RANGE(NLA_U8, KMGW_RELEASE_ORDERLY, KMGW_RELEASE_ABORT),
	[KMGW_A_EP_MOVE] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),
	[KMGW_A_EP_KEYS] = NLA_POLICY_NESTED(kmgw_keys_policy),
	[KMGW_A_EP_RESTART] = { .type = NLA_FLAG },
	[KMGW_A_EP_REPLACE] = { .type = NLA_FLAG },
};

const struct nla_policy kmgw_ep_id_policy[KMGW_A_EP_MAX + 1] = {
	KMGW_EP_NAME_POLICY,
};

struct kmgw_ep_cursor {
	u32 context;
	u32 termination;
	u16 stream;
	u8 component;
	bool one;	/* of one context only */
	bool begun;
	bool done;
};

/* --- parsing --- */

/**
 * kmgw_nl_parse_addr() - check a transport address
 * @nest: the nest
 * @addr: set
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_parse_addr(const struct nlattr *nest, struct kmgw_addr *addr,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KMGW_A_ADDR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, KMGW_A_ADDR_MAX, nest, kmgw_addr_policy, extack);
	if (err)
		return err;
	if (!tb[KMGW_A_ADDR_IPV4] == !tb[KMGW_A_ADDR_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "an address is either IPV4 or IPV6");
		return -EINVAL;
	}
	if (kmgw_nl_missing(extack, nest, tb, KMGW_A_ADDR_PORT, "PORT"))
		return -EINVAL;

	addr->port = nla_get_be16(tb[KMGW_A_ADDR_PORT]);
	if (tb[KMGW_A_ADDR_IPV4]) {
		addr->family = AF_INET;
		addr->ip.v4 = nla_get_in_addr(tb[KMGW_A_ADDR_IPV4]);
	} else {
		addr->family = AF_INET6;
		addr->ip.v6 = nla_get_in6_addr(tb[KMGW_A_ADDR_IPV6]);
		if (ipv6_addr_v4mapped(&addr->ip.v6)) {
			NL_SET_ERR_MSG_ATTR(extack, tb[KMGW_A_ADDR_IPV6],
					    "give an IPv4 address as IPV4");
			return -EINVAL;
		}
	}
	return 0;
}

static bool kmgw_addr_no_unicast(const struct kmgw_addr *addr)
{
	if (addr->family == AF_INET)
		return ipv4_is_multicast(addr->ip.v4) || ipv4_is_lbcast(addr->ip.v4);
	return ipv6_addr_is_multicast(&addr->ip.v6);
}

static bool kmgw_addr_loopback(const struct kmgw_addr *addr)
{
	if (addr->family == AF_INET)
		return ipv4_is_loopback(addr->ip.v4);
	return ipv6_addr_loopback(&addr->ip.v6);
}

static int kmgw_nl_parse_local(const struct nlattr *nest, struct kmgw_addr *addr,
			       struct netlink_ext_ack *extack)
{
	int err;

	err = kmgw_nl_parse_addr(nest, addr, extack);
	if (err)
		return err;
	if (kmgw_addr_any(addr) || kmgw_addr_no_unicast(addr)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "LOCAL has to be a unicast address and a port");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int kmgw_nl_parse_remote(struct kmgw_net *kn, const struct nlattr *nest,
				struct kmgw_addr *addr, struct netlink_ext_ack *extack)
{
	int err;

	err = kmgw_nl_parse_addr(nest, addr, extack);
	if (err)
		return err;
	if (kmgw_addr_no_unicast(addr) || kmgw_addr_loopback(addr) ||
	    (addr->family == AF_INET &&
	     inet_addr_type(kn->net, addr->ip.v4) == RTN_BROADCAST && addr->ip.v4)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "REMOTE may not be loopback, multicast or broadcast");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int kmgw_nl_parse_name(struct genl_info *info)
{
	if (kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_EP_CONTEXT, "CONTEXT") ||
	    kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_EP_TERMINATION,
			    "TERMINATION") ||
	    kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_EP_STREAM, "STREAM"))
		return -EINVAL;
	return 0;
}

static u8 kmgw_nl_component(struct nlattr **attrs)
{
	return attrs[KMGW_A_EP_COMPONENT] ? nla_get_u8(attrs[KMGW_A_EP_COMPONENT]) :
					    KMGW_COMPONENT_MEDIA;
}

static int kmgw_nl_parse_new(struct genl_info *info, struct kmgw_ep_cfg *cfg)
{
	struct nlattr **attrs = info->attrs;

	if (kmgw_nl_missing(info->extack, NULL, attrs, KMGW_A_EP_L4, "L4") ||
	    kmgw_nl_missing(info->extack, NULL, attrs, KMGW_A_EP_LOCAL, "LOCAL"))
		return -EINVAL;
	if (attrs[KMGW_A_EP_KEYS]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KMGW_A_EP_KEYS],
				    "KEYS come by ENDPOINT_SET, after a handshake");
		return -EINVAL;
	}
	cfg->l4 = nla_get_u8(attrs[KMGW_A_EP_L4]);
	if (cfg->l4 != KMGW_L4_TCP && cfg->l4 != KMGW_L4_UDP) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[KMGW_A_EP_L4], "L4 is 6 (TCP) or 17 (UDP)");
		return -EPROTONOSUPPORT;
	}
	if (attrs[KMGW_A_EP_VRF])
		cfg->vrf = nla_get_u32(attrs[KMGW_A_EP_VRF]);
	return kmgw_nl_parse_local(attrs[KMGW_A_EP_LOCAL], &cfg->local, info->extack);
}

static int kmgw_nl_parse_set(struct genl_info *info)
{
	if (!info->attrs[KMGW_A_EP_LOCAL])
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KMGW_A_EP_LOCAL],
			    "LOCAL is fixed by ENDPOINT_NEW");
	return -EINVAL;
}

/* What NEW and SET have in common. The caller calls kmgw_ep_cfg_free(), even after a refusal. */
static int kmgw_nl_parse_common(struct kmgw_net *kn, struct genl_info *info,
				struct kmgw_ep_cfg *cfg)
{
	struct nlattr **attrs = info->attrs;
	int err, i;

	for (i = 1; i <= KMGW_A_EP_MAX; i++)
		if (attrs[i])
			cfg->set |= BIT_ULL(i);
	cfg->attrs = attrs;
	cfg->termination = nla_get_u32(attrs[KMGW_A_EP_TERMINATION]);
	cfg->stream = nla_get_u16(attrs[KMGW_A_EP_STREAM]);
	cfg->component = kmgw_nl_component(attrs);
	if (attrs[KMGW_A_EP_MODE])
		cfg->mode = nla_get_u8(attrs[KMGW_A_EP_MODE]);
	if (attrs[KMGW_A_EP_DSCP])
		cfg->dscp = nla_get_u8(attrs[KMGW_A_EP_DSCP]);
	if (attrs[KMGW_A_EP_SECURITY])
		cfg->security = nla_get_u8(attrs[KMGW_A_EP_SECURITY]);
	if (attrs[KMGW_A_EP_PLANE])
		cfg->plane = nla_get_u8(attrs[KMGW_A_EP_PLANE]);
	if (attrs[KMGW_A_EP_RELEASE])
		cfg->release = nla_get_u8(attrs[KMGW_A_EP_RELEASE]);
	if (attrs[KMGW_A_EP_MOVE])
		cfg->move = nla_get_u32(attrs[KMGW_A_EP_MOVE]);
	if (attrs[KMGW_A_EP_IFINDEX])
		cfg->ifindex = nla_get_u32(attrs[KMGW_A_EP_IFINDEX]);
	if (attrs[KMGW_A_EP_IDLE_TIMEOUT])
		cfg->idle_timeout = nla_get_u32(attrs[KMGW_A_EP_IDLE_TIMEOUT]);
	if (attrs[KMGW_A_EP_LINGER])
		cfg->linger = nla_get_u32(attrs[KMGW_A_EP_LINGER]);
	if (attrs[KMGW_A_EP_EARLY])
		cfg->early = nla_get_u32(attrs[KMGW_A_EP_EARLY]);
	if (attrs[KMGW_A_EP_IDLE_IN])
		cfg->idle_in = nla_get_u32(attrs[KMGW_A_EP_IDLE_IN]);
	if (attrs[KMGW_A_EP_OCTET_LIMIT])
		cfg->octet_limit = nla_get_u64(attrs[KMGW_A_EP_OCTET_LIMIT]);
	if (attrs[KMGW_A_EP_PRIORITY])
		cfg->priority = nla_get_u8(attrs[KMGW_A_EP_PRIORITY]);
	if (attrs[KMGW_A_EP_SOCKET])
		cfg->fd = nla_get_s32(attrs[KMGW_A_EP_SOCKET]);
	if (attrs[KMGW_A_EP_PREFIX]) {
		cfg->prefix = nla_data(attrs[KMGW_A_EP_PREFIX]);
		cfg->prefix_len = nla_len(attrs[KMGW_A_EP_PREFIX]);
	}
	if (attrs[KMGW_A_EP_NOTE]) {
		cfg->note = nla_strdup(attrs[KMGW_A_EP_NOTE], GFP_KERNEL_ACCOUNT);
		if (!cfg->note) {
			NL_SET_ERR_MSG(info->extack, "out of memory for NOTE");
			return -ENOMEM;
		}
	}
	if (attrs[KMGW_A_EP_REMOTE]) {
		err = kmgw_nl_parse_remote(kn, attrs[KMGW_A_EP_REMOTE], &cfg->remote,
					   info->extack);
		if (err)
			return err;
	}
	err = kmgw_nl_parse_gate(info, cfg);
	if (!err && attrs[KMGW_A_EP_KEYS])
		err = kmgw_nl_parse_keys(attrs[KMGW_A_EP_KEYS], &cfg->slot, info->extack);
	return err;
}

/* --- filling --- */

static int kmgw_nl_put_local(struct sk_buff *skb, const struct kmgw_key *key)
{
	const struct kmgw_addr local = {
		.family = key->family,
		.port = key->port,
		.ip.v6 = key->ip.v6,
	};

	return kmgw_nl_put_addr(skb, KMGW_A_EP_LOCAL, &local);
}

static int kmgw_nl_put_name(struct sk_buff *skb, const struct kmgw_ep *ep)
{
	if (nla_put_u32(skb, KMGW_A_EP_CONTEXT, ep->context) ||
	    nla_put_u32(skb, KMGW_A_EP_TERMINATION, ep->termination) ||
	    nla_put_u16(skb, KMGW_A_EP_STREAM, ep->stream) ||
	    nla_put_u8(skb, KMGW_A_EP_COMPONENT, ep->component))
		return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_put_state(struct sk_buff *skb, struct kmgw_ep *ep)
{
	u8 state, reason;
	u64 changed;

	spin_lock_bh(&ep->lock);
	state = ep->state;
	reason = ep->reason;
	changed = ep->changed;
	spin_unlock_bh(&ep->lock);

	if (nla_put_u8(skb, KMGW_A_EP_STATE, state) ||
	    nla_put_u8(skb, KMGW_A_EP_REASON, reason) ||
	    nla_put_u64_64bit(skb, KMGW_A_EP_CHANGED, changed, KMGW_A_EP_PAD))
		return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_put_tcp(struct sk_buff *skb, struct kmgw_ep *ep)
{
	u16 version = 0, cipher = 0;
	u8 joined;

	if (nla_put_u32(skb, KMGW_A_EP_IDLE_TIMEOUT, ep->idle_timeout) ||
	    nla_put_u32(skb, KMGW_A_EP_LINGER, ep->linger) ||
	    nla_put_u32(skb, KMGW_A_EP_EARLY, ep->early) ||
	    nla_put_u8(skb, KMGW_A_EP_PRIORITY, ep->priority) ||
	    (ep->idle_in && nla_put_u32(skb, KMGW_A_EP_IDLE_IN, ep->idle_in)) ||
	    (ep->octet_limit && nla_put_u64_64bit(skb, KMGW_A_EP_OCTET_LIMIT, ep->octet_limit,
						  KMGW_A_EP_PAD)))
		return -EMSGSIZE;
	joined = kmgw_flow_joined(ep);
	if (joined && nla_put_u8(skb, KMGW_A_EP_JOINED, joined))
		return -EMSGSIZE;
	if (ep->note && nla_put_string(skb, KMGW_A_EP_NOTE, ep->note))
		return -EMSGSIZE;
	kmgw_splice_get_tls(ep, &version, &cipher);
	if (version && (nla_put_u16(skb, KMGW_A_EP_TLS_VERSION, version) ||
			nla_put_u16(skb, KMGW_A_EP_TLS_CIPHER, cipher)))
		return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_put_counters(struct sk_buff *skb, struct kmgw_ep *ep)
{
	struct kmgw_stats st;
	int i;

	kmgw_ep_stats(ep, &st);
	if (kmgw_nl_put_stats(skb, KMGW_A_EP_STATS, &st))
		return -EMSGSIZE;
	for (i = 0; i < KMGW_DROP_REASONS; i++)
		if (kmgw_nl_put_drop(skb, KMGW_A_EP_DROP, i, atomic64_read(&ep->drops[i])))
			return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_ep_fill(struct sk_buff *skb, struct kmgw_ep *ep)
{
	bool tcp = ep->l4 == KMGW_L4_TCP, splice = ep->plane == KMGW_PLANE_SPLICE;
	struct kmgw_addr remote;

	if (kmgw_nl_put_name(skb, ep) ||
	    nla_put_u8(skb, KMGW_A_EP_L4, ep->l4) ||
	    nla_put_u8(skb, KMGW_A_EP_PLANE, ep->plane) ||
	    kmgw_nl_put_local(skb, &ep->key) ||
	    (kmgw_latch_told(ep, &remote) && kmgw_nl_put_addr(skb, KMGW_A_EP_REMOTE, &remote)) ||
	    nla_put_u8(skb, KMGW_A_EP_MODE, ep->mode) ||
	    nla_put_u8(skb, KMGW_A_EP_DSCP, ep->dscp) ||
	    nla_put_u32(skb, KMGW_A_EP_IFINDEX, ep->ifindex) ||
	    nla_put_u32(skb, KMGW_A_EP_VRF, ep->vrf) ||
	    kmgw_nl_put_gate(skb, ep) ||
	    kmgw_nl_put_state(skb, ep) ||
	    ((splice ? kmgw_splice_attached(ep) : !!ep->port_sock) &&
	     nla_put_flag(skb, KMGW_A_EP_ATTACHED)) ||
	    (tcp && kmgw_nl_put_tcp(skb, ep)) ||
	    (!tcp && kmgw_nl_put_dtls(skb, ep)) ||
	    kmgw_nl_put_counters(skb, ep))
		return -EMSGSIZE;
	return 0;
}

/* --- requests --- */

static struct kmgw_ctx *kmgw_nl_ep_ctx(struct kmgw_net *kn, struct nlattr **attrs,
				       struct netlink_ext_ack *extack)
{
	struct kmgw_ctx *ctx;

	ctx = kmgw_ctx_find(kn, nla_get_u32(attrs[KMGW_A_EP_CONTEXT]));
	if (!ctx)
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_CONTEXT], "no such context");
	return ctx;
}

static struct kmgw_ep *kmgw_nl_ep_find(struct kmgw_net *kn, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct kmgw_ctx *ctx;
	struct kmgw_ep *ep;

	ctx = kmgw_nl_ep_ctx(kn, attrs, info->extack);
	if (!ctx)
		return NULL;
	ep = kmgw_ep_find(ctx, nla_get_u16(attrs[KMGW_A_EP_STREAM]), kmgw_nl_component(attrs),
			  nla_get_u32(attrs[KMGW_A_EP_TERMINATION]));
	if (!ep)
		NL_SET_ERR_MSG(info->extack, "no such endpoint in the context");
	return ep;
}

/**
 * kmgw_nl_ep_new() - ENDPOINT_NEW
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ep_new(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct kmgw_ep_cfg cfg = {};
	struct kmgw_ctx *ctx;
	int err;

	err = kmgw_nl_parse_name(info) ? : kmgw_nl_parse_new(info, &cfg) ? :
	      kmgw_nl_parse_common(kn, info, &cfg);
	kmgw_nl_wipe_keys(info->attrs[KMGW_A_EP_KEYS]);
	if (err)
		goto out;
	mutex_lock(&kn->lock);
	ctx = kmgw_nl_ep_ctx(kn, info->attrs, info->extack);
	err = ctx ? kmgw_ep_new(kn, ctx, &cfg, info->extack) : -ENOENT;
	mutex_unlock(&kn->lock);
out:
	kmgw_ep_cfg_free(&cfg);
	return err;
}

/**
 * kmgw_nl_ep_set() - ENDPOINT_SET
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ep_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct kmgw_ep_cfg cfg = {};
	struct kmgw_ep *ep;
	int err;

	err = kmgw_nl_parse_name(info) ? : kmgw_nl_parse_set(info) ? :
	      kmgw_nl_parse_common(kn, info, &cfg);
	kmgw_nl_wipe_keys(info->attrs[KMGW_A_EP_KEYS]);
	if (err)
		goto out;
	mutex_lock(&kn->lock);
	ep = kmgw_nl_ep_find(kn, info);
	err = ep ? kmgw_ep_set(kn, ep, &cfg, info->extack) : -ENOENT;
	mutex_unlock(&kn->lock);
out:
	kmgw_ep_cfg_free(&cfg);
	return err;
}

static struct sk_buff *kmgw_nl_ep_reply(struct genl_info *info, void **hdr)
{
	struct sk_buff *msg;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg) {
		NL_SET_ERR_MSG(info->extack, "out of memory for the reply");
		return NULL;
	}
	*hdr = genlmsg_put_reply(msg, info, &kmgw_family, 0, KMGW_CMD_ENDPOINT_GET);
	return msg;
}

/**
 * kmgw_nl_ep_del() - ENDPOINT_DEL
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ep_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct sk_buff *msg = NULL;
	struct kmgw_ep *ep;
	void *hdr;
	int err;

	err = kmgw_nl_parse_name(info);
	if (err)
		return err;
	if (info->nlhdr->nlmsg_flags & NLM_F_ECHO) {
		msg = kmgw_nl_ep_reply(info, &hdr);
		if (!msg)
			return -ENOMEM;
	}
	mutex_lock(&kn->lock);
	ep = kmgw_nl_ep_find(kn, info);
	if (!ep) {
		mutex_unlock(&kn->lock);
		nlmsg_free(msg);
		return -ENOENT;
	}
	kmgw_ep_hold(ep);
	kmgw_ep_del(kn, ep, false);
	if (msg) {
		err = kmgw_nl_ep_fill(msg, ep);
		if (!err)
			genlmsg_end(msg, hdr);
	}
	mutex_unlock(&kn->lock);
	kmgw_ep_put(ep);
	if (!msg)
		return 0;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * kmgw_nl_ep_get() - ENDPOINT_GET of one endpoint
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ep_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct sk_buff *msg;
	struct kmgw_ep *ep;
	void *hdr;
	int err;

	err = kmgw_nl_parse_name(info);
	if (err)
		return err;
	msg = kmgw_nl_ep_reply(info, &hdr);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	ep = kmgw_nl_ep_find(kn, info);
	err = ep ? kmgw_nl_ep_fill(msg, ep) : -ENOENT;
	mutex_unlock(&kn->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* --- dump --- */

/* Not in start(), which cannot say anything about a refusal before 6.7. Under kn->lock. */
static int kmgw_nl_ep_begin(struct kmgw_net *kn, struct netlink_callback *cb)
{
	struct kmgw_ep_cursor *at = (struct kmgw_ep_cursor *)cb->ctx;
	struct nlattr *tb[KMGW_A_EP_MAX + 1];
	int err;

	BUILD_BUG_ON(sizeof(*at) > sizeof(cb->ctx));
	err = genlmsg_parse(cb->nlh, &kmgw_family, tb, KMGW_A_EP_MAX, kmgw_ep_id_policy,
			    cb->extack);
	if (err)
		return err;
	if (tb[KMGW_A_EP_TERMINATION] || tb[KMGW_A_EP_STREAM] || tb[KMGW_A_EP_COMPONENT]) {
		NL_SET_ERR_MSG(cb->extack, "a dump is filtered by CONTEXT only");
		return -EINVAL;
	}
	at->begun = true;
	if (!tb[KMGW_A_EP_CONTEXT])
		return 0;
	at->context = nla_get_u32(tb[KMGW_A_EP_CONTEXT]);
	at->one = true;
	if (kmgw_ctx_find(kn, at->context))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "no such context");
	return -ENOENT;
}

/* The endpoint the dump goes on with, in this context or a later one. */
static struct kmgw_ep *kmgw_nl_ep_seek(struct kmgw_net *kn, const struct kmgw_ep_cursor *at)
{
	struct kmgw_ctx *ctx = kmgw_ctx_next(kn, at->context);
	struct kmgw_ep *ep = NULL;
	struct rb_node *n;

	if (ctx && ctx->id == at->context)
		ep = kmgw_ep_next(ctx, at->stream, at->component, at->termination);
	else if (ctx && !at->one)
		ep = kmgw_ep_next(ctx, 0, 0, 0);
	while (!ep && ctx && !at->one) {
		n = rb_next(&ctx->order);
		ctx = n ? rb_entry(n, struct kmgw_ctx, order) : NULL;
		if (ctx)
			ep = kmgw_ep_next(ctx, 0, 0, 0);
	}
	return ep;
}

static struct kmgw_ep *kmgw_nl_ep_after(struct kmgw_ep *ep, bool one)
{
	struct kmgw_ctx *ctx = ep->ctx;
	struct rb_node *n = rb_next(&ep->order);

	while (!n && !one) {
		struct rb_node *c = rb_next(&ctx->order);

		if (!c)
			break;
		ctx = rb_entry(c, struct kmgw_ctx, order);
		n = rb_first(&ctx->eps);
	}
	return n ? rb_entry(n, struct kmgw_ep, order) : NULL;
}

/**
 * kmgw_nl_ep_dump() - ENDPOINT_GET of all endpoints, or those of a context, as many as fit
 * @skb: buffer
 * @cb: state of the dump
 *
 * Return: length of @skb; 0 at the end; or a negative errno.
 */
int kmgw_nl_ep_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kmgw_ep_cursor *at = (struct kmgw_ep_cursor *)cb->ctx;
	struct kmgw_net *kn = kmgw_net(sock_net(skb->sk));
	struct kmgw_ep *ep;
	void *hdr;
	int err;

	if (at->done)
		return 0;
	mutex_lock(&kn->lock);
	err = at->begun ? 0 : kmgw_nl_ep_begin(kn, cb);
	if (err) {
		mutex_unlock(&kn->lock);
		return err;
	}
	cb->seq = kn->generation;
	for (ep = kmgw_nl_ep_seek(kn, at); ep; ep = kmgw_nl_ep_after(ep, at->one)) {
		at->context = ep->context;
		at->stream = ep->stream;
		at->component = ep->component;
		at->termination = ep->termination;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &kmgw_family, NLM_F_MULTI, KMGW_CMD_ENDPOINT_GET);
		if (!hdr)
			goto out;
		if (kmgw_nl_ep_fill(skb, ep)) {
			genlmsg_cancel(skb, hdr);
			goto out;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
	}
	at->done = true;
out:
	mutex_unlock(&kn->lock);
	if (!at->done && !skb->len)
		return -EMSGSIZE;
	return skb->len;
}
