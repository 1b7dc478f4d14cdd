/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: latching.
 */
#ifndef _KMGW_LATCH_H
#define _KMGW_LATCH_H

#include "kmgw.h"

struct kmgw_ep_cfg;

enum kmgw_reason kmgw_latch_check(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				  __be16 port, bool *waits);
enum kmgw_reason kmgw_latch_take(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				 __be16 port);
bool kmgw_latch_told(const struct kmgw_ep *ep, struct kmgw_addr *told);
bool kmgw_latch_latched(const struct kmgw_ep *ep, struct kmgw_addr *latched);
bool kmgw_latch_apply(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg, struct kmgw_path *path);

#endif /* _KMGW_LATCH_H */
