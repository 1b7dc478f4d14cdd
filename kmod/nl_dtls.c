// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: netlink requests on the keys of secured endpoints.
 *
 * Keys are taken in, and wiped from the request. Nothing gives them back.
 *
 * Context: process; kn->lock is taken where objects are looked at.
 */
#include "compat.h"
#include "dtls.h"
#include "kmgw.h"
#include "netlink.h"
#include "object.h"

static struct netlink_range_validation kmgw_seq_range = {
	.max = KMGW_SEQ_MAX,
};

static struct netlink_range_validation kmgw_count_range = {
	.min = 1,
	.max = KMGW_SEQ_COUNT_MAX,
};

const struct nla_policy kmgw_keys_policy[KMGW_A_KEYS_MAX + 1] = {
	[KMGW_A_KEYS_GENERATION] = { .type = NLA_U32 },
	[KMGW_A_KEYS_EPOCH] = NLA_POLICY_MIN(NLA_U16, 1),
	[KMGW_A_KEYS_CIPHER] = NLA_POLICY_RANGE(NLA_U8, KMGW_DTLS_CIPHER_AES_128_GCM,
						KMGW_DTLS_CIPHER_AES_128_CCM_8),
	[KMGW_A_KEYS_RX_KEY] = NLA_POLICY_RANGE(NLA_BINARY, KMGW_KEY_MIN, KMGW_KEY_MAX),
	[KMGW_A_KEYS_RX_IV] = NLA_POLICY_RANGE(NLA_BINARY, KMGW_IV_MIN, KMGW_IV_MAX),
	[KMGW_A_KEYS_TX_KEY] = NLA_POLICY_RANGE(NLA_BINARY, KMGW_KEY_MIN, KMGW_KEY_MAX),
	[KMGW_A_KEYS_TX_IV] = NLA_POLICY_RANGE(NLA_BINARY, KMGW_IV_MIN, KMGW_IV_MAX),
	[KMGW_A_KEYS_RX_SEQ] = NLA_POLICY_FULL_RANGE(NLA_U64, &kmgw_seq_range),
	[KMGW_A_KEYS_TX_SEQ] = NLA_POLICY_FULL_RANGE(NLA_U64, &kmgw_seq_range),
	[KMGW_A_KEYS_TX_HOLD] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_timeout_range),
};

const struct nla_policy kmgw_seq_policy[KMGW_A_SEQ_MAX + 1] = {
	[KMGW_A_SEQ_CONTEXT] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),
	[KMGW_A_SEQ_TERMINATION] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_id_range),
	[KMGW_A_SEQ_STREAM] = NLA_POLICY_MIN(NLA_U16, 1),
	[KMGW_A_SEQ_GENERATION] = { .type = NLA_U32 },
	[KMGW_A_SEQ_EPOCH] = NLA_POLICY_MIN(NLA_U16, 1),
	[KMGW_A_SEQ_COUNT] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_count_range),
};

static int kmgw_nl_check_keys(const struct nlattr *nest, struct nlattr **tb,
			      const struct kmgw_suite *suite, struct netlink_ext_ack *extack)
{
	if (nla_len(tb[KMGW_A_KEYS_RX_KEY]) != suite->key_len ||
	    nla_len(tb[KMGW_A_KEYS_TX_KEY]) != suite->key_len) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a key is not as long as the CIPHER wants it");
		return -EINVAL;
	}
	if (nla_len(tb[KMGW_A_KEYS_RX_IV]) != suite->iv_len ||
	    nla_len(tb[KMGW_A_KEYS_TX_IV]) != suite->iv_len) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "an IV is not as long as the CIPHER wants it");
		return -EINVAL;
	}
	if (nla_get_u64(tb[KMGW_A_KEYS_TX_SEQ]) >= suite->limit - KMGW_DTLS_LAST) {
		NL_SET_ERR_MSG_ATTR(extack, tb[KMGW_A_KEYS_TX_SEQ],
				    "TX_SEQ leaves no records: the key is used up");
		return -ERANGE;
	}
	return 0;
}

/**
 * kmgw_nl_parse_keys() - KMGW_A_EP_KEYS
 * @nest: attribute
 * @result: set to the keys, which the caller owns then
 * @extack: says what to do about a refusal
 *
 * Context: process, no locks: modules may have to be loaded.
 * Return: 0 or a negative errno.
 */
int kmgw_nl_parse_keys(const struct nlattr *nest, struct kmgw_slot **result,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KMGW_A_KEYS_MAX + 1];
	const struct kmgw_suite *suite;
	struct kmgw_slot *slot;
	int err, i;

	err = nla_parse_nested(tb, KMGW_A_KEYS_MAX, nest, kmgw_keys_policy, extack);
	if (err)
		return err;
	for (i = KMGW_A_KEYS_GENERATION; i <= KMGW_A_KEYS_TX_SEQ; i++) {
		if (NL_REQ_ATTR_CHECK(extack, nest, tb, i)) {
			NL_SET_ERR_MSG(extack, "KEYS needs everything but TX_HOLD");
			return -EINVAL;
		}
	}
	suite = kmgw_suite(nla_get_u8(tb[KMGW_A_KEYS_CIPHER]));
	if (!suite)
		return -EINVAL;
	err = kmgw_nl_check_keys(nest, tb, suite, extack);
	if (err)
		return err;
	slot = kmgw_slot_new(suite, nla_data(tb[KMGW_A_KEYS_RX_KEY]),
			     nla_data(tb[KMGW_A_KEYS_TX_KEY]), extack);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	memcpy(slot->rx_iv, nla_data(tb[KMGW_A_KEYS_RX_IV]), suite->iv_len);
	memcpy(slot->tx_iv, nla_data(tb[KMGW_A_KEYS_TX_IV]), suite->iv_len);
	slot->generation = nla_get_u32(tb[KMGW_A_KEYS_GENERATION]);
	slot->epoch = nla_get_u16(tb[KMGW_A_KEYS_EPOCH]);
	slot->cipher = nla_get_u8(tb[KMGW_A_KEYS_CIPHER]);
	if (tb[KMGW_A_KEYS_TX_HOLD])
		slot->hold = nla_get_u32(tb[KMGW_A_KEYS_TX_HOLD]);
	atomic64_set(&slot->tx_seq, nla_get_u64(tb[KMGW_A_KEYS_TX_SEQ]));
	kmgw_window_init(&slot->window, nla_get_u64(tb[KMGW_A_KEYS_RX_SEQ]));
	*result = slot;
	return 0;
}

/**
 * kmgw_nl_wipe_keys() - leave nothing of them in the request
 * @nest: KMGW_A_EP_KEYS, or NULL
 */
void kmgw_nl_wipe_keys(const struct nlattr *nest)
{
	if (nest)
		memzero_explicit(nla_data(nest), nla_len(nest));
}

static int kmgw_nl_put_association(struct sk_buff *skb, const struct kmgw_dtls *dtls,
				   const struct kmgw_slot *cur)
{
	if (nla_put_u32(skb, KMGW_A_DTLS_GENERATION, dtls->generation) ||
	    nla_put_u16(skb, KMGW_A_DTLS_EPOCH, dtls->epoch))
		return -EMSGSIZE;
	if (cur && (nla_put_u8(skb, KMGW_A_DTLS_CIPHER, cur->cipher) ||
		    nla_put_string(skb, KMGW_A_DTLS_DRIVER, crypto_aead_driver_name(cur->rx))))
		return -EMSGSIZE;
	return 0;
}

static int kmgw_nl_fill_dtls(struct sk_buff *skb, const struct kmgw_ep *ep,
			     const struct kmgw_dtls *dtls)
{
	const struct kmgw_slot *cur = rcu_dereference(dtls->cur);
	u8 alert = READ_ONCE(dtls->alert);
	const struct {
		int attr;
		u64 value;
	} counters[] = {
		{ KMGW_A_DTLS_RX_RECORDS, atomic64_read(&dtls->rx_records) },
		{ KMGW_A_DTLS_TX_RECORDS, atomic64_read(&dtls->tx_records) },
		{ KMGW_A_DTLS_RX_ALERTS, atomic64_read(&dtls->rx_alerts) },
		{ KMGW_A_DTLS_TX_ALERTS, atomic64_read(&dtls->tx_alerts) },
		{ KMGW_A_DTLS_REPLAYED, atomic64_read(&ep->drops[KMGW_REASON_REPLAY]) },
		{ KMGW_A_DTLS_BAD_MAC, atomic64_read(&ep->drops[KMGW_REASON_BAD_MAC]) },
		{ KMGW_A_DTLS_UP, atomic64_read(&dtls->up) },
	};
	int i;

	if (dtls->keyed && kmgw_nl_put_association(skb, dtls, cur))
		return -EMSGSIZE;
	if (alert && nla_put_u8(skb, KMGW_A_DTLS_ALERT, alert))
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		if (nla_put_u64_64bit(skb, counters[i].attr, counters[i].value, KMGW_A_DTLS_PAD))
			return -EMSGSIZE;
	return 0;
}

/**
 * kmgw_nl_put_dtls() - add the security of an endpoint
 * @skb: message
 * @ep: UDP endpoint; under kn->lock
 *
 * Return: 0 or -EMSGSIZE.
 */
int kmgw_nl_put_dtls(struct sk_buff *skb, struct kmgw_ep *ep)
{
	const struct kmgw_dtls *dtls;
	struct nlattr *nest;
	int err;

	if (nla_put_u8(skb, KMGW_A_EP_SECURITY, ep->security))
		return -EMSGSIZE;
	if (!rcu_access_pointer(ep->dtls))
		return 0;
	nest = nla_nest_start(skb, KMGW_A_EP_DTLS);
	if (!nest)
		return -EMSGSIZE;
	rcu_read_lock();
	dtls = rcu_dereference(ep->dtls);
	err = kmgw_nl_fill_dtls(skb, ep, dtls);
	rcu_read_unlock();
	if (err)
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return err;
}

/* The first of the numbers, or a negative errno. */
static s64 kmgw_nl_reserve(struct kmgw_ep *ep, struct nlattr **attrs,
			   struct netlink_ext_ack *extack)
{
	const struct kmgw_dtls *dtls;
	struct kmgw_slot *cur = NULL;
	s64 result = -ENOENT;
	u64 first;

	rcu_read_lock();
	dtls = rcu_dereference(ep->dtls);
	if (dtls)
		cur = rcu_dereference(dtls->cur);
	if (!cur || cur->generation != nla_get_u32(attrs[KMGW_A_SEQ_GENERATION]) ||
	    cur->epoch != nla_get_u16(attrs[KMGW_A_SEQ_EPOCH])) {
		NL_SET_ERR_MSG(extack, "no keys of this GENERATION and EPOCH are in use");
	} else if (kmgw_slot_take(cur, nla_get_u32(attrs[KMGW_A_SEQ_COUNT]), KMGW_DTLS_LAST,
				  &first)) {
		result = first;
	} else {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_SEQ_COUNT],
				    "the key is used up: make a new association");
		result = -ENOSPC;
	}
	rcu_read_unlock();
	return result;
}

static struct kmgw_ep *kmgw_nl_seq_ep(struct kmgw_net *kn, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct kmgw_ep *ep = NULL;
	struct kmgw_ctx *ctx;

	ctx = kmgw_ctx_find(kn, nla_get_u32(attrs[KMGW_A_SEQ_CONTEXT]));
	if (ctx)
		ep = kmgw_ep_find(ctx, nla_get_u16(attrs[KMGW_A_SEQ_STREAM]),
				  KMGW_COMPONENT_MEDIA,
				  nla_get_u32(attrs[KMGW_A_SEQ_TERMINATION]));
	if (!ep)
		NL_SET_ERR_MSG(info->extack, "no such endpoint");
	return ep;
}

/**
 * kmgw_nl_seq_reserve() - SEQ_RESERVE
 * @skb: request
 * @info: parsed request
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_seq_reserve(struct sk_buff *skb, struct genl_info *info)
{
	struct kmgw_net *kn = kmgw_net(genl_info_net(info));
	struct nlattr **attrs = info->attrs;
	struct sk_buff *msg;
	struct kmgw_ep *ep;
	s64 first;
	void *hdr;
	int i;

	for (i = KMGW_A_SEQ_CONTEXT; i <= KMGW_A_SEQ_COUNT; i++) {
		if (GENL_REQ_ATTR_CHECK(info, i)) {
			NL_SET_ERR_MSG(info->extack,
				       "give CONTEXT, TERMINATION, STREAM, GENERATION, EPOCH and COUNT");
			return -EINVAL;
		}
	}
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	ep = kmgw_nl_seq_ep(kn, info);
	first = ep ? kmgw_nl_reserve(ep, attrs, info->extack) : -ENOENT;
	mutex_unlock(&kn->lock);
	if (first < 0) {
		nlmsg_free(msg);
		return first;
	}
	hdr = genlmsg_put_reply(msg, info, &kmgw_family, 0, KMGW_CMD_SEQ_RESERVE);
	if (!hdr || nla_put_u64_64bit(msg, KMGW_A_SEQ_FIRST, first, KMGW_A_SEQ_PAD) ||
	    nla_put_u32(msg, KMGW_A_SEQ_COUNT, nla_get_u32(attrs[KMGW_A_SEQ_COUNT]))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}
