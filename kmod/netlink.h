/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: generic netlink family.
 */
#ifndef _KMGW_NETLINK_H
#define _KMGW_NETLINK_H

#include <net/genetlink.h>

#include "kmgw.h"

struct kmgw_ctx;
struct kmgw_ep;
struct kmgw_ep_cfg;

extern struct genl_family kmgw_family;
extern struct netlink_range_validation kmgw_id_range;

/* True, and the refusal says which, when a required attribute was not given. */
#define kmgw_nl_missing(extack, nest, tb, attr, name) ({			\
	struct netlink_ext_ack *__ack = (extack);				\
	bool __missing = NL_REQ_ATTR_CHECK(__ack, nest, tb, attr);		\
										\
	if (__missing)								\
		NL_SET_ERR_MSG(__ack, "attribute " name " is missing");		\
	__missing;								\
})

/* netlink.c */
int kmgw_netlink_init(void);
void kmgw_netlink_exit(void);
int kmgw_nl_put_stats(struct sk_buff *skb, int attr, const struct kmgw_stats *st);
int kmgw_nl_put_addr(struct sk_buff *skb, int attr, const struct kmgw_addr *addr);
int kmgw_nl_put_drop(struct sk_buff *skb, int attr, u8 reason, u64 count);

/* nl_context.c */
extern const struct nla_policy kmgw_ctx_new_policy[KMGW_A_CTX_MAX + 1];
extern const struct nla_policy kmgw_ctx_id_policy[KMGW_A_CTX_MAX + 1];
int kmgw_nl_ctx_new(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ctx_set(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ctx_del(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ctx_get(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ctx_start(struct netlink_callback *cb);
int kmgw_nl_ctx_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* nl_endpoint.c */
extern const struct nla_policy kmgw_ep_new_policy[KMGW_A_EP_MAX + 1];
extern const struct nla_policy kmgw_ep_set_policy[KMGW_A_EP_MAX + 1];
extern const struct nla_policy kmgw_ep_id_policy[KMGW_A_EP_MAX + 1];
int kmgw_nl_ep_new(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ep_set(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ep_del(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ep_get(struct sk_buff *skb, struct genl_info *info);
int kmgw_nl_ep_dump(struct sk_buff *skb, struct netlink_callback *cb);
int kmgw_nl_parse_addr(const struct nlattr *nest, struct kmgw_addr *addr,
		       struct netlink_ext_ack *extack);

/* nl_gate.c */
extern const struct nla_policy kmgw_filter_policy[KMGW_A_FILTER_MAX + 1];
extern const struct nla_policy kmgw_police_policy[KMGW_A_POLICE_MAX + 1];
int kmgw_nl_parse_gate(struct genl_info *info, struct kmgw_ep_cfg *cfg);
int kmgw_nl_put_gate(struct sk_buff *skb, struct kmgw_ep *ep);

#endif /* _KMGW_NETLINK_H */
