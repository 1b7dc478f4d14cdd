/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: datagram relay, and what TCP relay shares with it.
 */
#ifndef _KMGW_DATAGRAM_H
#define _KMGW_DATAGRAM_H

#include "egress.h"
#include "kmgw.h"
#include "source.h"

/* datagram.c */
bool kmgw_keep_whole(struct sk_buff *skb, unsigned int l4off, int family, int out_family);
unsigned int kmgw_datagram_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off,
			       int family);

/* output.c */
enum kmgw_reason kmgw_output(struct kmgw_ep *peer, const struct kmgw_path *path,
			     struct dst_entry *dst, struct sk_buff *skb, unsigned int l4off,
			     int family, bool may_fragment);
void kmgw_send_made(struct sk_buff *skb, struct kmgw_ep *ep, const struct kmgw_addr *remote,
		    u8 proto, u8 ds, u8 ttl);

#endif /* _KMGW_DATAGRAM_H */
