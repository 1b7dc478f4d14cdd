/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: differences between the kernels the module is built for.
 *
 * Distributions backport, so what is asked is whether a thing exists, never the version.
 */
#ifndef _KMGW_COMPAT_H
#define _KMGW_COMPAT_H

#include <linux/crypto.h>
#include <linux/skbuff.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>

/* skb_gso_segment() moved there from linux/netdevice.h */
#ifdef KMGW_HAVE_GSO_H
#include <net/gso.h>
#endif

/* moved */
#ifdef KMGW_HAVE_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* Without it everyone in the namespace could read the events. */
#ifndef GENL_MCAST_CAP_NET_ADMIN
#error "this kernel cannot restrict a multicast group: take a newer 6.1 (6.1.69 or later)"
#endif

/* Since a payload may lie in the memory of a device, it may be out of our reach. */
static inline bool kmgw_skb_readable(const struct sk_buff *skb)
{
#ifdef KMGW_HAVE_SKB_READABLE
	return skb_frags_readable(skb);
#else
	return true;
#endif
}

/* What a completion of the crypto API is called with, and what it was told to remember. */
#ifdef KMGW_HAVE_CRYPTO_COMPLETION_DATA
#define KMGW_CRYPTO_DATA	void
#define kmgw_crypto_context(data) (data)
#else
#define KMGW_CRYPTO_DATA	struct crypto_async_request
#define kmgw_crypto_context(request) ((request)->data)
#endif

#endif /* _KMGW_COMPAT_H */
