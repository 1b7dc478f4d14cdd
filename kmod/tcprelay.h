/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: TCP relay and merge, what the hook sees of them.
 */
#ifndef _KMGW_TCPRELAY_H
#define _KMGW_TCPRELAY_H

#include "kmgw.h"

unsigned int kmgw_tcp_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off, int family);

#endif /* _KMGW_TCPRELAY_H */
