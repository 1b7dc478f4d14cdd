// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: netlink requests on contexts.
 *
 * Context: process; each handler takes kn->lock. A dump keeps nothing but the id it goes on with,
 * and gives the lock back after each message buffer.
 */
#include <net/sock.h>

#include "compat.h"
#include "kmgw.h"
#include "netlink.h"
#include "object.h"

const struct nla_policy kmgw_ctx_new_policy[KMGW_A_CTX_MAX + 1] = {
	[KMGW_A_CTX_ID] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),
	[KMGW_A_CTX_USERDATA] = NLA_POLICY_RANGE(NLA_BINARY, 0, KMGW_USERDATA_MAX),
};

const struct nla_policy kmgw_ctx_id_policy[KMGW_A_CTX_MAX + 1] = {
	[KMGW_A_CTX_ID] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),
};

struct kmgw_ctx_cursor {
	u32 id;
	bool begun;
	bool done;
};

static struct kmgw_ctx *kmgw_nl_ctx_find(struct kmgw_net *kn, struct genl_info *info)
{
	struct kmgw_ctx *ctx;

	ctx = kmgw_ctx_find(kn, nla_get_u32(info->attrs[KMGW_A_CTX_ID]));
	if (!ctx)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KMGW_A_CTX_ID], "no such context");
	return ctx;
}

static size_t kmgw_nl_ctx_size(const struct kmgw_ctx *ctx)
{
	return nla_total_size(sizeof(u32)) +			/* ID */
	       nla_total_size(ctx->userdata_len) +		/* USERDATA */
	       nla_total_size(sizeof(u32)) +			/* VERSION */
	       nla_total_size(sizeof(u32));			/* ENDPOINTS */
}

static int kmgw_nl_ctx_fill(struct sk_buff *skb, const struct kmgw_ctx *ctx)
{
	if (nla_put_u32(skb, KMGW_A_CTX_ID, ctx->id) ||
	    (ctx->userdata_len &&
	     nla_put(skb, KMGW_A_CTX_USERDATA, ctx->userdata_len, ctx->userdata)) ||
	    nla_put_u32(skb, KMGW_A_CTX_VERSION, ctx->version) ||
	    nla_put_u32(skb, KMGW_A_CTX_ENDPOINTS, ctx->nr_ep))
		return -EMSGSIZE;
	return 0;
}

/**
 * kmgw_nl_ctx_new() - CONTEXT_NEW
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ctx_new(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	const struct nlattr *data = info->attrs[KMGW_A_CTX_USERDATA];
	int err;

	if (kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_CTX_ID, "ID"))
		return -EINVAL;
	mutex_lock(&kn->lock);
	err = kmgw_ctx_new(kn, nla_get_u32(info->attrs[KMGW_A_CTX_ID]),
			   data ? nla_data(data) : NULL, data ? nla_len(data) : 0, info->extack);
	mutex_unlock(&kn->lock);
	return err;
}

/**
 * kmgw_nl_ctx_set() - CONTEXT_SET
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ctx_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	const struct nlattr *data = info->attrs[KMGW_A_CTX_USERDATA];
	struct kmgw_ctx *ctx;
	int err = -ENOENT;

	if (kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_CTX_ID, "ID") ||
	    kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_CTX_USERDATA, "USERDATA"))
		return -EINVAL;
	mutex_lock(&kn->lock);
	ctx = kmgw_nl_ctx_find(kn, info);
	if (ctx)
		err = kmgw_ctx_set(kn, ctx, nla_data(data), nla_len(data), info->extack);
	mutex_unlock(&kn->lock);
	return err;
}

/**
 * kmgw_nl_ctx_del() - CONTEXT_DEL
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ctx_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct kmgw_ctx *ctx;

	if (kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_CTX_ID, "ID"))
		return -EINVAL;
	mutex_lock(&kn->lock);
	ctx = kmgw_nl_ctx_find(kn, info);
	if (ctx)
		kmgw_ctx_del(kn, ctx);
	mutex_unlock(&kn->lock);
	return ctx ? 0 : -ENOENT;
}

/**
 * kmgw_nl_ctx_get() - CONTEXT_GET of one context
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_ctx_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct kmgw_ctx *ctx;
	struct sk_buff *msg;
	int err = -ENOENT;
	void *hdr;

	if (kmgw_nl_missing(info->extack, NULL, info->attrs, KMGW_A_CTX_ID, "ID"))
		return -EINVAL;
	mutex_lock(&kn->lock);
	ctx = kmgw_nl_ctx_find(kn, info);
	if (!ctx)
		goto out;
	err = -ENOMEM;
	msg = genlmsg_new(kmgw_nl_ctx_size(ctx), GFP_KERNEL);
	if (!msg)
		goto out;
	err = -EMSGSIZE;
	hdr = genlmsg_put_reply(msg, info, &kmgw_family, 0, KMGW_CMD_CONTEXT_GET);
	if (!hdr || kmgw_nl_ctx_fill(msg, ctx)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, hdr);
	err = 0;
out:
	mutex_unlock(&kn->lock);
	return err ? : genlmsg_reply(msg, info);
}

/**
 * kmgw_nl_ctx_start() - begin a dump of contexts
 * @cb: state of the dump
 *
 * Return: 0.
 */
int kmgw_nl_ctx_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct kmgw_ctx_cursor) > sizeof(cb->ctx));
	/* The default buffer does not hold a context with all of its user data. */
	cb->min_dump_alloc = NLMSG_HDRLEN + GENL_HDRLEN + nla_total_size(KMGW_USERDATA_MAX) +
			     NLMSG_GOODSIZE;
	return 0;
}

/* Not in start(), which cannot say anything about a refusal before 6.7. */
static int kmgw_nl_ctx_begin(struct netlink_callback *cb)
{
	struct nlattr *tb[KMGW_A_CTX_MAX + 1];
	int err;

	err = genlmsg_parse(cb->nlh, &kmgw_family, tb, KMGW_A_CTX_MAX, kmgw_ctx_id_policy,
			    cb->extack);
	if (err)
		return err;
	if (tb[KMGW_A_CTX_ID]) {
		NL_SET_ERR_MSG(cb->extack,
			       "a dump has all contexts: give no ID, or no dump flag");
		return -EINVAL;
	}
	return 0;
}

/**
 * kmgw_nl_ctx_dump() - CONTEXT_GET of all contexts, as many as fit
 * @skb: buffer
 * @cb: state of the dump
 *
 * Return: length of @skb; 0 at the end; or a negative errno.
 */
int kmgw_nl_ctx_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kmgw_ctx_cursor *at = (struct kmgw_ctx_cursor *)cb->ctx;
	struct kmgw_net *kn = kmgw_net(sock_net(skb->sk));
	struct kmgw_ctx *ctx;
	struct rb_node *n;
	void *hdr;
	int err;

	if (at->done)
		return 0;
	if (!at->begun) {
		err = kmgw_nl_ctx_begin(cb);
		if (err)
			return err;
		at->begun = true;
	}
	mutex_lock(&kn->lock);
	cb->seq = kn->generation;
	ctx = kmgw_ctx_next(kn, at->id);
	while (ctx) {
		at->id = ctx->id;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &kmgw_family, NLM_F_MULTI, KMGW_CMD_CONTEXT_GET);
		if (!hdr)
			goto out;
		if (kmgw_nl_ctx_fill(skb, ctx)) {
			genlmsg_cancel(skb, hdr);
			goto out;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		n = rb_next(&ctx->order);
		ctx = n ? rb_entry(n, struct kmgw_ctx, order) : NULL;
	}
	at->done = true;
out:
	mutex_unlock(&kn->lock);
	if (!at->done && !skb->len)
		return -EMSGSIZE;
	return skb->len;
}
