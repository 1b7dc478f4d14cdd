/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: path MTU from ICMP.
 */
#ifndef _KMGW_ICMP_H
#define _KMGW_ICMP_H

#include "kmgw.h"

void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);
void kmgw_icmp6(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);

#endif /* _KMGW_ICMP_H */
