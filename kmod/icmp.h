/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: ICMP errors about what endpoints send.
 */
#ifndef _KMGW_ICMP_H
#define _KMGW_ICMP_H

#include "kmgw.h"

/**
 * struct kmgw_icmp_error - an ICMP error about a packet that an endpoint sent
 * @seq: TCP sequence number of the packet
 * @mtu: MTU, if @too_big
 * @len: octets of the packet without its IP header
 * @type: ICMP or ICMPv6 type
 * @code: ICMP or ICMPv6 code
 * @ttl: TTL or hop limit of the error
 * @too_big: the packet was too big for a link
 */
struct kmgw_icmp_error {
	u32 seq;
	u32 mtu;
	u16 len;
	u8 type;
	u8 code;
	u8 ttl;
	bool too_big;
};

/**
 * struct kmgw_quote - what every error quotes after the IP header
 * @source: port
 * @dest: port
 * @seq: of TCP: sequence number
 */
struct kmgw_quote {
	__be16 source;
	__be16 dest;
	__be32 seq;
};

/* tcpicmp.c */
bool kmgw_tcp_error(struct kmgw_ep *ep, const struct kmgw_icmp_error *err);

/* icmp.c */
void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);
void kmgw_icmp6(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);

#endif /* _KMGW_ICMP_H */
