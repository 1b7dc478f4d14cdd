/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: ICMP errors about what endpoints send.
 */
#ifndef _KMGW_ICMP_H
#define _KMGW_ICMP_H

#include "kmgw.h"

/**
 * struct kmgw_quote - what every error quotes after the IP header
 * @source: port
 * @dest: port
 * @seq: of TCP: sequence number
 * @len: of UDP: length
 * @check: of UDP: checksum
 */
struct kmgw_quote {
	__be16 source;
	__be16 dest;
	union {
		__be32 seq;
		struct {
			__be16 len;
			__sum16 check;
		};
	};
};

static_assert(sizeof(struct kmgw_quote) == 8);

/**
 * struct kmgw_icmp_error - an ICMP error about a packet that an endpoint sent
 * @quote: from the packet
 * @mtu: MTU, if @too_big
 * @len: octets of the packet without its IP header
 * @type: ICMP or ICMPv6 type
 * @code: ICMP or ICMPv6 code
 * @ttl: TTL or hop limit of the error
 * @too_big: the packet was too big for a link
 * @df: the packet may not be cut on its way
 * @cut: the packet is the first piece of a larger one
 */
struct kmgw_icmp_error {
	struct kmgw_quote quote;
	u32 mtu;
	u16 len;
	u8 type;
	u8 code;
	u8 ttl;
	bool too_big;
	bool df;
	bool cut;
};

/* icmp_tell.c */
bool kmgw_tcp_error_fits(struct kmgw_ep *ep, const struct kmgw_icmp_error *err);
enum kmgw_reason kmgw_error_tell(struct kmgw_ep *ep, const struct kmgw_icmp_error *err);

/* icmp.c */
void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);
void kmgw_icmp6(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);

#endif /* _KMGW_ICMP_H */
