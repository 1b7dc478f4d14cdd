// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: netlink attributes of what an endpoint lets in: filters, policing, and what goes with them.
 *
 * Context: process.
 */
#include <linux/slab.h>

#include "kmgw.h"
#include "latch.h"
#include "netlink.h"
#include "object.h"
#include "police.h"

const struct nla_policy kmgw_filter_policy[KMGW_A_FILTER_MAX + 1] = {
	[KMGW_A_FILTER_IPV4] = NLA_POLICY_EXACT_LEN(sizeof(struct in_addr)),
	[KMGW_A_FILTER_IPV6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[KMGW_A_FILTER_PREFIXLEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[KMGW_A_FILTER_PORT_MIN] = { .type = NLA_BE16 },
	[KMGW_A_FILTER_PORT_MAX] = { .type = NLA_BE16 },
};

static struct netlink_range_validation kmgw_tolerance_range = {
	.max = KMGW_TOLERANCE_MAX,
};

const struct nla_policy kmgw_police_policy[KMGW_A_POLICE_MAX + 1] = {
	[KMGW_A_POLICE_SUSTAINED] = { .type = NLA_U64 },
	[KMGW_A_POLICE_BURST] = { .type = NLA_U32 },
	[KMGW_A_POLICE_PEAK] = { .type = NLA_U64 },
	[KMGW_A_POLICE_PEAK_TOLERANCE] = NLA_POLICY_FULL_RANGE(NLA_U32, &kmgw_tolerance_range),
};

/* --- filters --- */

static void kmgw_rule_set_addr(struct kmgw_rule *rule, int family, const void *ip, int len,
			       unsigned int prefixlen)
{
	u8 *mask = rule->mask.v6.s6_addr, *addr = rule->ip.v6.s6_addr;
	int i;

	rule->family = family;
	rule->prefixlen = prefixlen;
	for (i = 0; i < len; i++) {
		unsigned int bits = min(prefixlen, 8u);

		mask[i] = 0xff00 >> bits;
		addr[i] = ((const u8 *)ip)[i] & mask[i];
		prefixlen -= bits;
	}
}

static int kmgw_nl_parse_rule(const struct nlattr *nest, struct kmgw_rule *rule,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KMGW_A_FILTER_MAX + 1], *ip;
	unsigned int max, prefixlen;
	int err;

	err = nla_parse_nested(tb, KMGW_A_FILTER_MAX, nest, kmgw_filter_policy, extack);
	if (err)
		return err;
	if (tb[KMGW_A_FILTER_IPV4] && tb[KMGW_A_FILTER_IPV6]) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a filter has one address, IPV4 or IPV6");
		return -EINVAL;
	}
	ip = tb[KMGW_A_FILTER_IPV4] ? : tb[KMGW_A_FILTER_IPV6];
	max = ip ? nla_len(ip) * 8 : 0;
	prefixlen = tb[KMGW_A_FILTER_PREFIXLEN] ? nla_get_u8(tb[KMGW_A_FILTER_PREFIXLEN]) : max;
	if (tb[KMGW_A_FILTER_PREFIXLEN] && (!ip || prefixlen > max)) {
		NL_SET_ERR_MSG_ATTR(extack, tb[KMGW_A_FILTER_PREFIXLEN],
				    "PREFIXLEN needs an address that is as long");
		return -EINVAL;
	}
	rule->port_min = tb[KMGW_A_FILTER_PORT_MIN] ?
			 ntohs(nla_get_be16(tb[KMGW_A_FILTER_PORT_MIN])) : 0;
	rule->port_max = tb[KMGW_A_FILTER_PORT_MAX] ?
			 ntohs(nla_get_be16(tb[KMGW_A_FILTER_PORT_MAX])) : U16_MAX;
	if (rule->port_min > rule->port_max) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "PORT_MIN is above PORT_MAX");
		return -EINVAL;
	}
	if (ip)
		kmgw_rule_set_addr(rule, tb[KMGW_A_FILTER_IPV4] ? AF_INET : AF_INET6,
				   nla_data(ip), nla_len(ip), prefixlen);
	return 0;
}

/* The attribute may be given several times, of which the table of attributes knows the last. */
static int kmgw_nl_parse_filter(struct genl_info *info, struct kmgw_filter **result)
{
	struct kmgw_filter *filter;
	unsigned int n = 0;
	bool none = false;
	int rem, err = 0;
	struct nlattr *a;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) != KMGW_A_EP_FILTER)
			continue;
		n++;
		none |= !nla_len(a);
	}
	if (none && n > 1) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KMGW_A_EP_FILTER],
				    "an empty FILTER takes all away: give no other one");
		return -EINVAL;
	}
	if (n > KMGW_FILTERS_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KMGW_A_EP_FILTER],
				    "an endpoint has at most 8 filters");
		return -E2BIG;
	}
	if (none)
		return 0;
	filter = kzalloc(struct_size(filter, rule, n), GFP_KERNEL_ACCOUNT);
	if (!filter) {
		NL_SET_ERR_MSG(info->extack, "out of memory for the filter");
		return -ENOMEM;
	}
	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) != KMGW_A_EP_FILTER)
			continue;
		err = kmgw_nl_parse_rule(a, &filter->rule[filter->count++], info->extack);
		if (err) {
			kfree(filter);
			return err;
		}
	}
	*result = filter;
	return 0;
}

static int kmgw_nl_put_rule(struct sk_buff *skb, const struct kmgw_rule *rule)
{
	struct nlattr *nest = nla_nest_start(skb, KMGW_A_EP_FILTER);

	if (!nest)
		return -EMSGSIZE;
	if ((rule->family == AF_INET &&
	     nla_put_in_addr(skb, KMGW_A_FILTER_IPV4, rule->ip.v4)) ||
	    (rule->family == AF_INET6 &&
	     nla_put_in6_addr(skb, KMGW_A_FILTER_IPV6, &rule->ip.v6)) ||
	    (rule->family && nla_put_u8(skb, KMGW_A_FILTER_PREFIXLEN, rule->prefixlen)) ||
	    nla_put_be16(skb, KMGW_A_FILTER_PORT_MIN, htons(rule->port_min)) ||
	    nla_put_be16(skb, KMGW_A_FILTER_PORT_MAX, htons(rule->port_max))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int kmgw_nl_put_filter(struct sk_buff *skb, const struct kmgw_filter *filter)
{
	int i, err = 0;

	for (i = 0; filter && i < filter->count && !err; i++)
		err = kmgw_nl_put_rule(skb, &filter->rule[i]);
	return err;
}

/* --- policing --- */

static int kmgw_nl_parse_police(const struct nlattr *nest, struct kmgw_police **result,
				struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KMGW_A_POLICE_MAX + 1];
	struct kmgw_police_cfg cfg = {};
	int err;

	err = nla_parse_nested(tb, KMGW_A_POLICE_MAX, nest, kmgw_police_policy, extack);
	if (err)
		return err;
	if (!nla_len(nest))
		return 0;
	if (tb[KMGW_A_POLICE_SUSTAINED])
		cfg.sustained = nla_get_u64(tb[KMGW_A_POLICE_SUSTAINED]);
	if (tb[KMGW_A_POLICE_BURST])
		cfg.burst = nla_get_u32(tb[KMGW_A_POLICE_BURST]);
	if (tb[KMGW_A_POLICE_PEAK])
		cfg.peak = nla_get_u64(tb[KMGW_A_POLICE_PEAK]);
	if (tb[KMGW_A_POLICE_PEAK_TOLERANCE])
		cfg.tolerance = nla_get_u32(tb[KMGW_A_POLICE_PEAK_TOLERANCE]);
	if (!cfg.sustained != !cfg.burst) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "SUSTAINED and BURST go together, and are not 0");
		return -EINVAL;
	}
	if (!cfg.sustained && !cfg.peak) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "policing needs SUSTAINED or PEAK");
		return -EINVAL;
	}
	if (!cfg.peak && cfg.tolerance) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "PEAK_TOLERANCE needs PEAK");
		return -EINVAL;
	}
	if (cfg.peak && cfg.peak < cfg.sustained) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "PEAK is below SUSTAINED");
		return -EINVAL;
	}
	*result = kmgw_police_new(&cfg);
	if (*result)
		return 0;
	NL_SET_ERR_MSG(extack, "out of memory for policing");
	return -ENOMEM;
}

static int kmgw_nl_put_police(struct sk_buff *skb, const struct kmgw_police_cfg *cfg)
{
	struct nlattr *nest = nla_nest_start(skb, KMGW_A_EP_POLICE);

	if (!nest)
		return -EMSGSIZE;
	if ((cfg->sustained &&
	     (nla_put_u64_64bit(skb, KMGW_A_POLICE_SUSTAINED, cfg->sustained,
				KMGW_A_POLICE_PAD) ||
	      nla_put_u32(skb, KMGW_A_POLICE_BURST, cfg->burst))) ||
	    (cfg->peak &&
	     (nla_put_u64_64bit(skb, KMGW_A_POLICE_PEAK, cfg->peak, KMGW_A_POLICE_PAD) ||
	      nla_put_u32(skb, KMGW_A_POLICE_PEAK_TOLERANCE, cfg->tolerance)))) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* --- all of them --- */

/**
 * kmgw_nl_parse_gate() - check what shall be let in, and how
 * @info: request
 * @cfg: takes it; kmgw_ep_cfg_free() even after a refusal
 *
 * Return: 0 or a negative errno.
 */
int kmgw_nl_parse_gate(struct genl_info *info, struct kmgw_ep_cfg *cfg)
{
	struct nlattr **attrs = info->attrs;
	int err = 0;

	if (attrs[KMGW_A_EP_LATCH])
		cfg->latch = nla_get_u8(attrs[KMGW_A_EP_LATCH]);
	if (attrs[KMGW_A_EP_INACTIVITY])
		cfg->inactivity = nla_get_u32(attrs[KMGW_A_EP_INACTIVITY]);
	if (attrs[KMGW_A_EP_INACTIVITY_DIR])
		cfg->inactivity_dir = nla_get_u8(attrs[KMGW_A_EP_INACTIVITY_DIR]);
	if (attrs[KMGW_A_EP_SOURCE] && nla_len(attrs[KMGW_A_EP_SOURCE]))
		err = kmgw_nl_parse_addr(attrs[KMGW_A_EP_SOURCE], &cfg->source, info->extack);
	if (!err && attrs[KMGW_A_EP_FILTER])
		err = kmgw_nl_parse_filter(info, &cfg->filter);
	if (!err && attrs[KMGW_A_EP_POLICE])
		err = kmgw_nl_parse_police(attrs[KMGW_A_EP_POLICE], &cfg->police, info->extack);
	return err;
}

/**
 * kmgw_nl_put_gate() - add what is let in, and how
 * @skb: message
 * @ep: endpoint; under kn->lock
 *
 * Return: 0 or -EMSGSIZE.
 */
int kmgw_nl_put_gate(struct sk_buff *skb, struct kmgw_ep *ep)
{
	const struct kmgw_filter *filter;
	const struct kmgw_police *police;
	const struct kmgw_gate *gate;
	struct kmgw_addr latched;

	gate = rcu_dereference_protected(ep->gate, lockdep_is_held(&ep->kn->lock));
	filter = rcu_dereference_protected(ep->filter, lockdep_is_held(&ep->kn->lock));
	if (kmgw_nl_put_filter(skb, filter))
		return -EMSGSIZE;
	if (ep->l4 == KMGW_L4_UDP &&
	    nla_put_u8(skb, KMGW_A_EP_LATCH, gate ? gate->latch : KMGW_LATCH_OFF))
		return -EMSGSIZE;
	if (!gate)
		return 0;
	police = rcu_dereference_protected(gate->police, lockdep_is_held(&ep->kn->lock));
	if ((kmgw_latch_latched(ep, &latched) &&
	     kmgw_nl_put_addr(skb, KMGW_A_EP_LATCHED, &latched)) ||
	    (police && kmgw_nl_put_police(skb, &police->cfg)) ||
	    (gate->source.family && kmgw_nl_put_addr(skb, KMGW_A_EP_SOURCE, &gate->source)))
		return -EMSGSIZE;
	if (gate->inactivity &&
	    (nla_put_u32(skb, KMGW_A_EP_INACTIVITY, gate->inactivity) ||
	     nla_put_u8(skb, KMGW_A_EP_INACTIVITY_DIR, gate->inactivity_dir) ||
	     (READ_ONCE(gate->quiet) && nla_put_flag(skb, KMGW_A_EP_QUIET))))
		return -EMSGSIZE;
	return 0;
}
