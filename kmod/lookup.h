/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: from a packet to its endpoint.
 *
 * Inline and with constant parameters, so that the table code is compiled for this key.
 */
#ifndef _KMGW_LOOKUP_H
#define _KMGW_LOOKUP_H

#include <linux/jhash.h>
#include <linux/rhashtable.h>

#include "kmgw.h"

static_assert(sizeof(struct kmgw_key) == 24);

static inline u32 kmgw_key_hash(const void *data, u32 len, u32 seed)
{
	const struct kmgw_key *key = data;

	/* the seed is random for each table */
	if (key->family == AF_INET)
		return jhash_3words((__force u32)key->ip.v4,
				    (__force u32)key->port << 16 | key->l4, key->l3mdev, seed);
	return jhash2(data, sizeof(*key) / sizeof(u32), seed);
}

static inline int kmgw_key_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const u64 *a = arg->key, *b = (const void *)&((const struct kmgw_ep *)obj)->key;

	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2])) != 0;
}

static const struct rhashtable_params kmgw_ep_params = {
	.head_offset = offsetof(struct kmgw_ep, node),
	.key_offset = offsetof(struct kmgw_ep, key),
	.key_len = sizeof(struct kmgw_key),
	.hashfn = kmgw_key_hash,
	.obj_cmpfn = kmgw_key_cmp,
	.automatic_shrinking = true,
};

/**
 * kmgw_ep_lookup() - find the endpoint a packet is addressed to
 * @kn: namespace
 * @key: L3 domain, transport, local address and port
 *
 * Context: RCU read section.
 * Return: the endpoint or NULL.
 */
static inline struct kmgw_ep *kmgw_ep_lookup(struct kmgw_net *kn, const struct kmgw_key *key)
{
	return rhashtable_lookup(&kn->eps, key, kmgw_ep_params);
}

#endif /* _KMGW_LOOKUP_H */
