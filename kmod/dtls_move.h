/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: the headers of a datagram move, since its payload grows or shrinks in front.
 */
#ifndef _KMGW_DTLS_MOVE_H
#define _KMGW_DTLS_MOVE_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "dtls.h"

/**
 * kmgw_dtls_move() - move the headers of a datagram and give it its new length
 * @t: transit
 * @grow: octets to add in front of the payload, or to take away
 *
 * Addresses are still the old ones: the sum of the pseudo header is changed with them. The rest of
 * the checksum is left to the device, or to whoever does its work.
 *
 * Context: there is headroom, and the headers may be written.
 */
static __always_inline void kmgw_dtls_move(struct kmgw_transit *t, int grow)
{
	struct sk_buff *skb = t->skb;
	u8 *old = skb->data;
	struct udphdr *uh;
	unsigned int len;

	if (grow > 0)
		__skb_push(skb, grow);
	else
		__skb_pull(skb, -grow);
	memmove(skb->data, old, t->l4off + sizeof(*uh));
	skb_reset_network_header(skb);

	uh = (struct udphdr *)(skb->data + t->l4off);
	len = skb->len - t->l4off;
	uh->len = htons(len);
	if (t->family == AF_INET)
		uh->check = ~csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr, len,
					       IPPROTO_UDP, 0);
	else
		uh->check = ~csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len,
					     IPPROTO_UDP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (unsigned char *)uh - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
}

#endif /* _KMGW_DTLS_MOVE_H */
