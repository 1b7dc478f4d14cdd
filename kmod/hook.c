// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: netfilter hooks.
 *
 * In PRE_ROUTING after the raw table, where operators filter, and before connection tracking,
 * which is not to see media. Defragmentation comes before. Registered in a namespace while it has
 * endpoints.
 *
 * Context: BH disabled, RCU read section; registration in process context under kn->lock.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "datagram.h"
#include "flow.h"
#include "hook.h"
#include "icmp.h"
#include "kmgw.h"
#include "lookup.h"
#include "stats.h"
#include "tcprelay.h"

#define KMGW_HOOK_PRIORITY	(-250)

static_assert(KMGW_HOOK_PRIORITY > NF_IP_PRI_RAW && KMGW_HOOK_PRIORITY < NF_IP_PRI_CONNTRACK);

/* Bridges show frames on their way through here, too; ours are those sent to the bridge itself. */
static bool kmgw_passes_bridge(const struct sk_buff *skb)
{
	return nf_bridge_info_exists(skb) &&
	       !ether_addr_equal(eth_hdr(skb)->h_dest, skb->dev->dev_addr);
}

/* On a device of a VRF, and on the VRF itself, the index of the VRF. */
static u32 kmgw_l3mdev(const struct net_device *dev)
{
	return likely(!netif_is_l3_master(dev) && !netif_is_l3_slave(dev)) ?
	       0 : l3mdev_master_ifindex_rcu(dev);
}

static inline struct kmgw_ep *kmgw_hook_lookup(struct kmgw_net *kn, const struct sk_buff *skb,
					       u8 l4, __be16 port, int family)
{
	struct kmgw_key key = {
		.l3mdev = kmgw_l3mdev(skb->dev),
		.port = port,
		.l4 = l4,
		.family = family,
	};

	if (family == AF_INET)
		key.ip.v4 = ip_hdr(skb)->daddr;
	else
		key.ip.v6 = ipv6_hdr(skb)->daddr;
	return kmgw_ep_lookup(kn, &key);
}

/*
 * Relay and merge take every segment. Of a splice, a SYN for its listener is dropped here if its
 * source may not connect: the client sees neither SYN-ACK nor RST. Whatever follows an accepted SYN
 * is TCP's business.
 */
static unsigned int kmgw_hook_tcp(struct kmgw_net *kn, struct sk_buff *skb, unsigned int l4off,
				  int family)
{
	const struct kmgw_filter *filter;
	const struct tcphdr *th;
	struct tcphdr buf;
	struct kmgw_ep *ep;

	th = skb_header_pointer(skb, l4off, sizeof(buf), &buf);
	if (!th || (!READ_ONCE(kn->nr_flow) && (!th->syn || th->ack)))
		return NF_ACCEPT;
	ep = kmgw_hook_lookup(kn, skb, KMGW_L4_TCP, th->dest, family);
	if (!ep || kmgw_passes_bridge(skb))
		return NF_ACCEPT;
	if (kmgw_packet_plane(READ_ONCE(ep->plane))) {
		if (unlikely(!pskb_may_pull(skb, l4off + sizeof(*th))))
			return NF_DROP;
		return kmgw_tcp_rcv(ep, skb, l4off, family);
	}
	if (!th->syn || th->ack)
		return NF_ACCEPT;
	filter = rcu_dereference(ep->filter);
	if (!filter || kmgw_filter_match(filter, skb, family, th->source))
		return NF_ACCEPT;
	kmgw_account_drop(ep, KMGW_REASON_FILTER, 1, 0);
	return NF_DROP;
}

/* A packet that has been in a queue of nftables comes on from there in process context. */
static noinline unsigned int kmgw_hook_again(nf_hookfn *hook, void *priv, struct sk_buff *skb,
					     const struct nf_hook_state *state)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = hook(priv, skb, state);
	local_bh_enable();
	return verdict;
}

static unsigned int kmgw_hook4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int l4off = ip_hdrlen(skb);
	struct kmgw_net *kn = priv;
	const struct udphdr *uh;
	struct kmgw_ep *ep;

	if (unlikely(!softirq_count()))
		return kmgw_hook_again(kmgw_hook4, priv, skb, state);
	if (unlikely(ip_is_fragment(ip_hdr(skb))))
		return NF_ACCEPT;
	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_UDP:
		break;
	case IPPROTO_TCP:
		return kmgw_hook_tcp(kn, skb, l4off, AF_INET);
	case IPPROTO_ICMP:
		kmgw_icmp4(kn, skb, l4off);
		return NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
	if (unlikely(!pskb_may_pull(skb, l4off + sizeof(*uh))))
		return NF_ACCEPT;
	uh = (const struct udphdr *)(skb->data + l4off);
	ep = kmgw_hook_lookup(kn, skb, KMGW_L4_UDP, uh->dest, AF_INET);
	if (!ep || unlikely(kmgw_passes_bridge(skb)))
		return NF_ACCEPT;
	return kmgw_datagram_rcv(ep, skb, l4off, AF_INET);
}

static unsigned int kmgw_hook6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	int l4off = sizeof(struct ipv6hdr);
	struct kmgw_net *kn = priv;
	const struct udphdr *uh;
	struct kmgw_ep *ep;
	__be16 frag_off;

	if (unlikely(!softirq_count()))
		return kmgw_hook_again(kmgw_hook6, priv, skb, state);
	if (unlikely(ipv6_ext_hdr(nexthdr))) {
		l4off = ipv6_skip_exthdr(skb, l4off, &nexthdr, &frag_off);
		if (l4off < 0 || frag_off)
			return NF_ACCEPT;
	}
	switch (nexthdr) {
	case IPPROTO_UDP:
		break;
	case IPPROTO_TCP:
		return kmgw_hook_tcp(kn, skb, l4off, AF_INET6);
	case IPPROTO_ICMPV6:
		kmgw_icmp6(kn, skb, l4off);
		return NF_ACCEPT;
	default:
		return NF_ACCEPT;
	}
	if (unlikely(!pskb_may_pull(skb, l4off + sizeof(*uh))))
		return NF_ACCEPT;
	uh = (const struct udphdr *)(skb->data + l4off);
	ep = kmgw_hook_lookup(kn, skb, KMGW_L4_UDP, uh->dest, AF_INET6);
	if (!ep || unlikely(kmgw_passes_bridge(skb)))
		return NF_ACCEPT;
	return kmgw_datagram_rcv(ep, skb, l4off, AF_INET6);
}

static const struct nf_hook_ops kmgw_hook_ops[] = {
	{
		.hook = kmgw_hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = KMGW_HOOK_PRIORITY,
	}, {
		.hook = kmgw_hook6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = KMGW_HOOK_PRIORITY,
	},
};

static_assert(sizeof(kmgw_hook_ops) == sizeof_field(struct kmgw_net, hooks));

/**
 * kmgw_hooks_on() - begin to look at packets
 * @kn: namespace; under kn->lock
 *
 * Return: 0 or a negative errno.
 */
int kmgw_hooks_on(struct kmgw_net *kn)
{
	int err, i;

	err = nf_defrag_ipv4_enable(kn->net);
	if (err)
		return err;
	err = nf_defrag_ipv6_enable(kn->net);
	if (err)
		goto err_v4;
	memcpy(kn->hooks, kmgw_hook_ops, sizeof(kn->hooks));
	for (i = 0; i < ARRAY_SIZE(kn->hooks); i++)
		kn->hooks[i].priv = kn;
	err = nf_register_net_hooks(kn->net, kn->hooks, ARRAY_SIZE(kn->hooks));
	if (err)
		goto err_v6;
	return 0;

err_v6:
	nf_defrag_ipv6_disable(kn->net);
err_v4:
	nf_defrag_ipv4_disable(kn->net);
	return err;
}

/**
 * kmgw_hooks_off() - stop looking at packets
 * @kn: namespace; under kn->lock
 */
void kmgw_hooks_off(struct kmgw_net *kn)
{
	nf_unregister_net_hooks(kn->net, kn->hooks, ARRAY_SIZE(kn->hooks));
	nf_defrag_ipv6_disable(kn->net);
	nf_defrag_ipv4_disable(kn->net);
}
