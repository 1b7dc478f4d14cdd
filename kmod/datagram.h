/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: datagram relay.
 */
#ifndef _KMGW_DATAGRAM_H
#define _KMGW_DATAGRAM_H

#include "kmgw.h"

/* datagram.c */
unsigned int kmgw_datagram_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off,
			       int family);

/* source.c */
bool kmgw_source_ok(struct kmgw_ep *ep, const struct sk_buff *skb, int family, __be16 port);
bool kmgw_filter_match(const struct kmgw_filter *filter, const struct sk_buff *skb, int family,
		       __be16 port);

/* output.c */
enum kmgw_reason kmgw_output(struct kmgw_ep *peer, const struct kmgw_path *path,
			     struct dst_entry *dst, struct sk_buff *skb, unsigned int l4off,
			     int family, bool may_fragment);

#endif /* _KMGW_DATAGRAM_H */
