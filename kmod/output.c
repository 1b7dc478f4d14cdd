// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: a datagram gets new headers and leaves.
 *
 * In place: only headers are written, the payload stays where it is. The UDP header does not
 * move; in front of it the IP header is changed, or another one takes its place when the family
 * changes or when there were options, which end here. Checksums are adjusted, never recomputed
 * over the payload. Then everything that stack and hooks noted about the packet on its way in is
 * wiped off, and it goes out as if this host had made it: OUTPUT chain, VRF, IPsec,
 * fragmentation.
 *
 * Context: softirq, RCU read section.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "datagram.h"
#include "kmgw.h"
#include "lookup.h"
#include "rewrite.h"

/* What of the old IP header decides about the new one. */
struct kmgw_hdr {
	u8 ds;
	u8 ttl;
	bool df;
};

static u64 kmgw_delta(const struct sk_buff *skb, const struct kmgw_path *path, int family)
{
	const struct kmgw_addr *source = &path->source, *remote = &path->remote;
	u64 delta = 0;

	if (family == AF_INET)
		delta = kmgw_sum_sub(delta, (const u32 *)&ip_hdr(skb)->saddr, 2);
	else
		delta = kmgw_sum_sub(delta, (const u32 *)&ipv6_hdr(skb)->saddr, 8);
	if (remote->family == AF_INET) {
		delta = kmgw_sum_add(delta, (__force const u32 *)&source->ip.v4, 1);
		delta = kmgw_sum_add(delta, (__force const u32 *)&remote->ip.v4, 1);
	} else {
		delta = kmgw_sum_add(delta, (__force const u32 *)&source->ip.v6, 4);
		delta = kmgw_sum_add(delta, (__force const u32 *)&remote->ip.v6, 4);
	}
	return delta;
}

/* Before the IP header is changed: its addresses are part of the checksum. */
static void kmgw_rewrite_udp(struct sk_buff *skb, const struct kmgw_path *path,
			     unsigned int l4off, int family)
{
	const struct kmgw_addr *source = &path->source, *remote = &path->remote;
	struct udphdr *uh = (struct udphdr *)(skb->data + l4off);
	u64 delta;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		delta = kmgw_delta(skb, path, family);
		uh->check = (__force __sum16)kmgw_csum_partial((__force u16)uh->check, delta);
	} else if (uh->check) {
		delta = kmgw_delta(skb, path, family);
		delta = kmgw_sum_sub(delta, (const u32 *)&uh->source, 1);
		delta += (__force u16)source->port;
		delta += (__force u16)remote->port;
		uh->check = (__force __sum16)kmgw_csum_full((__force u16)uh->check, delta);
	} else if (remote->family == AF_INET6) {
		/* IPv6 wants one: left to the device, or to whoever does its work. */
		uh->check = ~csum_ipv6_magic(&source->ip.v6, &remote->ip.v6,
					     skb->len - l4off, IPPROTO_UDP, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = (unsigned char *)uh - skb->head;
		skb->csum_offset = offsetof(struct udphdr, check);
	}
	uh->source = source->port;
	uh->dest = remote->port;
}

/*
 * One counter an endpoint, as a connected socket has one: the hash that unconnected ones use costs
 * more than the rest of the header.
 */
static __be16 kmgw_ip_id(struct kmgw_ep *peer, const struct sk_buff *skb)
{
	int n = max_t(int, 1, skb_shinfo(skb)->gso_segs);

	return htons((u16)atomic_fetch_add_relaxed(n, &peer->ip_id));
}

static void kmgw_write_ip4(struct sk_buff *skb, struct kmgw_ep *peer,
			   const struct kmgw_path *path, const struct kmgw_hdr *hdr)
{
	struct iphdr *iph = ip_hdr(skb);

	*(__be16 *)iph = htons(0x4500 | hdr->ds);
	iph->frag_off = hdr->df ? htons(IP_DF) : 0;
	iph->ttl = hdr->ttl;
	iph->protocol = IPPROTO_UDP;
	iph->saddr = path->source.ip.v4;
	iph->daddr = path->remote.ip.v4;
	/* An atomic datagram needs no identification (RFC 6864). */
	iph->id = hdr->df ? 0 : kmgw_ip_id(peer, skb);
}

static void kmgw_write_ip6(struct sk_buff *skb, const struct kmgw_path *path,
			   const struct kmgw_hdr *hdr)
{
	struct ipv6hdr *ip6h = ipv6_hdr(skb);

	ip6_flow_hdr(ip6h, hdr->ds, 0);
	ip6h->nexthdr = IPPROTO_UDP;
	ip6h->hop_limit = hdr->ttl;
	ip6h->saddr = path->source.ip.v6;
	ip6h->daddr = path->remote.ip.v6;
}

static struct kmgw_hdr kmgw_read_ip(const struct sk_buff *skb, int family, u8 dscp,
				    bool may_fragment)
{
	struct kmgw_hdr hdr = { .df = !may_fragment };

	if (family == AF_INET) {
		hdr.ds = kmgw_mark_ds(ip_hdr(skb)->tos, dscp);
		hdr.ttl = ip_hdr(skb)->ttl - 1;
	} else {
		hdr.ds = kmgw_mark_ds(ipv6_get_dsfield(ipv6_hdr(skb)), dscp);
		hdr.ttl = ipv6_hdr(skb)->hop_limit - 1;
	}
	return hdr;
}

/* Nothing that was noted about the packet on its way in may act on its way out. */
static void kmgw_scrub(struct sk_buff *skb, const struct kmgw_hdr *hdr, bool may_fragment)
{
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	skb_set_queue_mapping(skb, 0);
	skb->priority = rt_tos2priority(hdr->ds);
	skb->ignore_df = may_fragment;
	memset(skb->cb, 0, sizeof(skb->cb));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* To one of our own addresses a datagram may go only if an endpoint waits there. */
static bool kmgw_own_allowed(struct kmgw_ep *peer, const struct kmgw_addr *remote)
{
	struct kmgw_key key = {
		.l3mdev = peer->key.l3mdev,
		.port = remote->port,
		.l4 = KMGW_L4_UDP,
		.family = remote->family,
		.ip.v6 = remote->ip.v6,
	};

	return kmgw_ep_lookup(peer->kn, &key);
}

/**
 * kmgw_output() - rewrite a datagram and send it
 * @peer: endpoint that sends it
 * @path: its destination
 * @dst: the route
 * @skb: datagram; data at the IP header; gone unless a reason is returned
 * @l4off: offset of the UDP header
 * @family: family of the IP header
 * @may_fragment: IP may cut the datagram
 *
 * Return: KMGW_REASON_NONE, or why it was not sent. After KMGW_REASON_SEND the skb is gone, too.
 */
enum kmgw_reason kmgw_output(struct kmgw_ep *peer, const struct kmgw_path *path,
			     struct dst_entry *dst, struct sk_buff *skb, unsigned int l4off,
			     int family, bool may_fragment)
{
	const struct kmgw_addr *remote = &path->remote;
	struct net_device *dev = dst->dev;
	struct net *net = peer->kn->net;
	struct kmgw_hdr hdr;
	unsigned int hlen;
	int err;

	if (unlikely((dev->flags & IFF_LOOPBACK) || netif_is_l3_master(dev)) &&
	    !kmgw_own_allowed(peer, remote))
		return KMGW_REASON_NO_ROUTE;

	hlen = remote->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	if (skb_ensure_writable(skb, l4off + sizeof(struct udphdr)) ||
	    (hlen > l4off && skb_cow_head(skb, hlen - l4off + LL_RESERVED_SPACE(dev))))
		return KMGW_REASON_NOMEM;

	hdr = kmgw_read_ip(skb, family, READ_ONCE(peer->dscp), may_fragment);
	kmgw_rewrite_udp(skb, path, l4off, family);
	if (hlen != l4off) {
		__skb_pull(skb, l4off);
		__skb_push(skb, hlen);
		skb_reset_network_header(skb);
	}
	skb_set_transport_header(skb, hlen);
	kmgw_scrub(skb, &hdr, may_fragment);
	skb_dst_set_noref(skb, dst);
	skb->dev = dev;

	if (remote->family == AF_INET) {
		kmgw_write_ip4(skb, peer, path, &hdr);
		err = ip_local_out(net, NULL, skb);
	} else {
		kmgw_write_ip6(skb, path, &hdr);
		err = ip6_local_out(net, NULL, skb);
	}
	return unlikely(net_xmit_eval(err)) ? KMGW_REASON_SEND : KMGW_REASON_NONE;
}
