/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: ICMP errors.
 */
#ifndef _KMGW_ICMP_H
#define _KMGW_ICMP_H

#include "kmgw.h"

struct udphdr;

/**
 * enum kmgw_icmp_error - what an ICMP message of either family says
 * @KMGW_ICMP_NONE: nothing that goes onward
 * @KMGW_ICMP_HOST: no way to the host
 * @KMGW_ICMP_PORT: nobody there
 * @KMGW_ICMP_ADMIN: forbidden
 * @KMGW_ICMP_TTL: TTL or hop limit used up
 */
enum kmgw_icmp_error {
	KMGW_ICMP_NONE,
	KMGW_ICMP_HOST,
	KMGW_ICMP_PORT,
	KMGW_ICMP_ADMIN,
	KMGW_ICMP_TTL,
};

/**
 * struct kmgw_quote - a datagram that an ICMP message is about
 * @addrs: source and destination, one after the other
 * @words: 32-bit words of both
 * @ttl: TTL or hop limit
 * @uh: UDP header
 */
struct kmgw_quote {
	const void *addrs;
	unsigned int words;
	u8 ttl;
	const struct udphdr *uh;
};

/* icmp.c */
void kmgw_icmp4(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);
void kmgw_icmp6(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off);

/* icmp_forward.c */
enum kmgw_icmp_error kmgw_icmp4_error(u8 type, u8 code);
enum kmgw_icmp_error kmgw_icmp6_error(u8 type, u8 code);
void kmgw_icmp_forward(struct kmgw_ep *ep, enum kmgw_icmp_error error,
		       const struct kmgw_quote *quote);

#endif /* _KMGW_ICMP_H */
