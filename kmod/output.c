// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: a datagram or a segment gets new headers and leaves.
 *
 * In place: only headers are written, the payload stays where it is. The UDP or TCP header does not
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
#include <linux/tcp.h>
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

static inline u64 kmgw_delta(const struct sk_buff *skb, const struct kmgw_path *path, int family)
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

/* Likewise. */
static void kmgw_rewrite_tcp(struct sk_buff *skb, const struct kmgw_path *path,
			     unsigned int l4off, int family)
{
	const struct kmgw_addr *source = &path->source, *remote = &path->remote;
	struct tcphdr *th = (struct tcphdr *)(skb->data + l4off);
	u64 delta = kmgw_delta(skb, path, family);

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		th->check = (__force __sum16)kmgw_csum_partial((__force u16)th->check, delta);
	} else {
		delta = kmgw_sum_sub(delta, (const u32 *)&th->source, 1);
		delta += (__force u16)source->port;
		delta += (__force u16)remote->port;
		th->check = (__force __sum16)kmgw_csum_full((__force u16)th->check, delta);
	}
	th->source = source->port;
	th->dest = remote->port;
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

static inline void kmgw_write_ip4(struct sk_buff *skb, struct kmgw_ep *peer,
				  const struct kmgw_addr *source, const struct kmgw_addr *remote,
				  const struct kmgw_hdr *hdr)
{
	struct iphdr *iph = ip_hdr(skb);

	*(__be16 *)iph = htons(0x4500 | hdr->ds);
	iph->frag_off = hdr->df ? htons(IP_DF) : 0;
	iph->ttl = hdr->ttl;
	iph->protocol = peer->l4;
	iph->saddr = source->ip.v4;
	iph->daddr = remote->ip.v4;
	/* An atomic datagram needs no identification (RFC 6864). */
	iph->id = hdr->df ? 0 : kmgw_ip_id(peer, skb);
}

static inline void kmgw_write_ip6(struct sk_buff *skb, const struct kmgw_ep *peer,
				  const struct kmgw_addr *source, const struct kmgw_addr *remote,
				  const struct kmgw_hdr *hdr)
{
	struct ipv6hdr *ip6h = ipv6_hdr(skb);

	ip6_flow_hdr(ip6h, hdr->ds, 0);
	ip6h->nexthdr = peer->l4;
	ip6h->hop_limit = hdr->ttl;
	ip6h->saddr = source->ip.v6;
	ip6h->daddr = remote->ip.v6;
}

static inline struct kmgw_hdr kmgw_read_ip(const struct sk_buff *skb, int family, u8 dscp,
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
static inline void kmgw_scrub(struct sk_buff *skb, const struct kmgw_hdr *hdr, bool may_fragment)
{
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	skb_set_queue_mapping(skb, 0);
	skb->priority = rt_tos2priority(hdr->ds);
	skb->ignore_df = may_fragment;
	/* what IP of either family reads there */
	memset(skb->cb, 0, max(sizeof(struct inet_skb_parm), sizeof(struct inet6_skb_parm)));
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
}

/* An aggregate of segments is one of a family. What it shares with clones is not written. */
static bool kmgw_turn_aggregate(struct sk_buff *skb, int out_family)
{
	struct skb_shared_info *shared;

	if (skb_unclone(skb, GFP_ATOMIC))
		return false;
	shared = skb_shinfo(skb);
	shared->gso_type &= ~(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_FIXEDID);
	shared->gso_type |= out_family == AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	return true;
}

/**
 * kmgw_own_waits() - does an endpoint wait at this address of our own?
 * @peer: endpoint that sends
 * @remote: destination
 *
 * Return: true when one does.
 */
bool kmgw_own_waits(struct kmgw_ep *peer, const struct kmgw_addr *remote)
{
	struct kmgw_key key = {
		.l3mdev = peer->key.l3mdev,
		.port = remote->port,
		.l4 = peer->l4,
		.family = remote->family,
		.ip.v6 = remote->ip.v6,
	};

	return kmgw_ep_lookup(peer->kn, &key);
}

/**
 * kmgw_send_made() - send a packet that the gateway made
 * @skb: packet; data at the transport header, room for an IP header before it, route attached
 * @ep: endpoint that sends it
 * @remote: destination
 * @proto: IPPROTO_*
 * @ds: TOS or traffic class
 * @ttl: TTL or hop limit
 */
void kmgw_send_made(struct sk_buff *skb, struct kmgw_ep *ep, const struct kmgw_addr *remote,
		    u8 proto, u8 ds, u8 ttl)
{
	const struct kmgw_addr local = { .ip.v6 = ep->key.ip.v6 };
	struct kmgw_hdr hdr = { .ds = ds, .ttl = ttl, .df = true };

	skb_push(skb, remote->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	skb_reset_network_header(skb);
	skb->priority = rt_tos2priority(ds);
	if (remote->family == AF_INET) {
		kmgw_write_ip4(skb, ep, &local, remote, &hdr);
		ip_hdr(skb)->protocol = proto;
		ip_local_out(ep->kn->net, NULL, skb);
	} else {
		kmgw_write_ip6(skb, ep, &local, remote, &hdr);
		ipv6_hdr(skb)->nexthdr = proto;
		ip6_local_out(ep->kn->net, NULL, skb);
	}
}

/**
 * kmgw_output() - rewrite a datagram or segment and send it
 * @peer: endpoint that sends it
 * @path: its destination
 * @dst: the route
 * @skb: packet; data at the IP header; gone unless a reason is returned
 * @l4off: offset of the UDP or TCP header
 * @family: family of the IP header
 * @may_fragment: IP may cut it
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
	unsigned int hlen, l4len;
	int err;

	if (unlikely(!kmgw_own_allowed(peer, remote, dev)))
		return KMGW_REASON_NO_ROUTE;

	hlen = remote->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	l4len = peer->l4 == KMGW_L4_UDP ? sizeof(struct udphdr) : sizeof(struct tcphdr);
	if (skb_ensure_writable(skb, l4off + l4len) ||
	    (hlen > l4off && skb_cow_head(skb, hlen - l4off + LL_RESERVED_SPACE(dev))))
		return KMGW_REASON_NOMEM;
	if (family != remote->family && unlikely(skb_is_gso(skb)) &&
	    !kmgw_turn_aggregate(skb, remote->family))
		return KMGW_REASON_NOMEM;

	hdr = kmgw_read_ip(skb, family, READ_ONCE(peer->dscp), may_fragment);
	if (peer->l4 == KMGW_L4_UDP)
		kmgw_rewrite_udp(skb, path, l4off, family);
	else
		kmgw_rewrite_tcp(skb, path, l4off, family);
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
		kmgw_write_ip4(skb, peer, &path->source, remote, &hdr);
		err = ip_local_out(net, NULL, skb);
	} else {
		kmgw_write_ip6(skb, peer, &path->source, remote, &hdr);
		err = ip6_local_out(net, NULL, skb);
	}
	return unlikely(net_xmit_eval(err)) ? KMGW_REASON_SEND : KMGW_REASON_NONE;
}
