/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: datagram relay, and what TCP relay shares with it.
 */
#ifndef _KMGW_DATAGRAM_H
#define _KMGW_DATAGRAM_H

#include "kmgw.h"

/**
 * struct kmgw_egress - where a datagram is to go
 * @path: destination
 * @dst: route; both are valid inside the RCU section
 * @may_fragment: IP may cut it
 */
struct kmgw_egress {
	const struct kmgw_path *path;
	struct dst_entry *dst;
	bool may_fragment;
};

/* datagram.c */
enum kmgw_reason kmgw_check_sound(struct sk_buff *skb, unsigned int l4off, int family);
enum kmgw_reason kmgw_egress(struct kmgw_ep *peer, struct sk_buff *skb, unsigned int l4off,
			     int family, int grow, struct kmgw_egress *egress);
enum kmgw_reason kmgw_egress_again(struct kmgw_ep *peer, struct kmgw_egress *egress);
bool kmgw_keep_whole(struct sk_buff *skb, unsigned int l4off, int family, int out_family);
void kmgw_relayed_plain(struct kmgw_ep *ep, struct kmgw_ep *peer, u32 rx_octets, u32 tx_octets,
			u32 plain);
unsigned int kmgw_datagram_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off,
			       int family);

void kmgw_too_big(struct sk_buff *skb, int family, int mtu);
bool kmgw_may_fragment(const struct sk_buff *skb, unsigned int l4off, int family, int out_family);
bool kmgw_fits(const struct sk_buff *skb, unsigned int len, unsigned int mtu);

/* source.c */
enum kmgw_reason kmgw_source_admit(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				   __be16 port);
bool kmgw_source_ok(struct kmgw_ep *ep, const struct sk_buff *skb, int family, __be16 port);
bool kmgw_filter_match(const struct kmgw_filter *filter, const struct sk_buff *skb, int family,
		       __be16 port);

/* output.c */
enum kmgw_reason kmgw_output(struct kmgw_ep *peer, const struct kmgw_path *path,
			     struct dst_entry *dst, struct sk_buff *skb, unsigned int l4off,
			     int family, bool may_fragment);
bool kmgw_own_allowed(struct kmgw_ep *peer, const struct kmgw_addr *remote,
		      const struct net_device *dev);
void kmgw_send_made(struct sk_buff *skb, struct kmgw_ep *ep, const struct kmgw_addr *remote,
		    u8 proto, u8 ds, u8 ttl);

#endif /* _KMGW_DATAGRAM_H */
