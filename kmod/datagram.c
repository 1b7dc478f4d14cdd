// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: datagram relay, from the endpoint that receives to the one that sends.
 *
 * A datagram is checked here as the IP layer and UDP would have checked it, because neither sees
 * it, then rewritten in place and sent (output.c). Whatever is not sent is counted under a
 * reason.
 *
 * Context: softirq, RCU read section, in PRE_ROUTING. No lock is taken but when a state changes
 * or a route is replaced, and nothing two calls have in common is written, except per CPU.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "compat.h"
#include "datagram.h"
#include "dtls.h"
#include "kmgw.h"
#include "latch.h"
#include "lookup.h"
#include "police.h"
#include "stats.h"
#include "watch.h"

static bool kmgw_checksum_ok(struct sk_buff *skb, unsigned int l4off, int family)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	if (!uh->check)
		return family == AF_INET;
	if (skb_csum_unnecessary(skb))
		return true;
	if (family == AF_INET)
		return !nf_ip_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_UDP);
	return !nf_ip6_checksum(skb, NF_INET_PRE_ROUTING, l4off, IPPROTO_UDP);
}

/* Octets to count: what is behind the end of the datagram is none of it. */
static unsigned int kmgw_payload(const struct sk_buff *skb, unsigned int l4off)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);
	unsigned int have = skb->len - l4off, len = ntohs(uh->len);

	if (unlikely(len < have) && len >= sizeof(*uh) && !skb_is_gso(skb))
		have = len;
	return have - sizeof(*uh);
}

/* Cut what the IP header has beyond the end of the datagram. */
static enum kmgw_reason kmgw_check_length(struct sk_buff *skb, unsigned int l4off)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);
	unsigned int len = ntohs(uh->len), have = skb->len - l4off;

	if (likely(len == have) || skb_is_gso(skb))
		return KMGW_REASON_NONE;
	if (len < sizeof(*uh) || len > have)
		return KMGW_REASON_MALFORMED;
	return pskb_trim_rcsum(skb, l4off + len) ? KMGW_REASON_NOMEM : KMGW_REASON_NONE;
}

/**
 * kmgw_check_length_and_sum() - is a datagram whole, as far as that can be told?
 * @skb: datagram; loses what is behind its end
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 *
 * For kmgw_check_sound(), when it is not plain to see.
 *
 * Return: KMGW_REASON_NONE, or why it is not.
 */
enum kmgw_reason kmgw_check_length_and_sum(struct sk_buff *skb, unsigned int l4off, int family)
{
	enum kmgw_reason reason = kmgw_check_length(skb, l4off);

	if (reason)
		return reason;
	return kmgw_checksum_ok(skb, l4off, family) ? KMGW_REASON_NONE : KMGW_REASON_CHECKSUM;
}

/**
 * kmgw_too_big() - tell the sender, from the packet as it came, what size would have passed
 * @skb: packet; data at the IP header
 * @family: AF_INET or AF_INET6
 * @mtu: the size, in the sender's family
 */
void kmgw_too_big(struct sk_buff *skb, int family, int mtu)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (family == AF_INET6) {
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, max(mtu, IPV6_MIN_MTU));
		return;
	}
	/* ICMP wants the route by which the packet came; a hairpin still has the one it left by. */
	skb_dst_drop(skb);
	if (!ip_route_input_noref(skb, iph->daddr, iph->saddr, iph->tos, skb->dev))
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(max(mtu, IPV4_MIN_MTU)));
}

/* One datagram, or an aggregate of one family. The skb is gone after NONE and SEND. */
static inline enum kmgw_reason kmgw_forward(struct kmgw_ep *peer, struct sk_buff *skb,
					    unsigned int l4off, int family)
{
	struct kmgw_egress egress;
	enum kmgw_reason reason;

	reason = kmgw_check_sound(skb, l4off, family);
	if (reason)
		return reason;
	reason = kmgw_egress(peer, skb, l4off, family, 0, &egress);
	if (reason)
		return reason;
	return kmgw_output(peer, egress.path, egress.dst, skb, l4off, family,
			   egress.may_fragment);
}

static unsigned int kmgw_drop(struct kmgw_ep *ep, enum kmgw_reason reason, u32 packets,
			      u32 octets)
{
	kmgw_account_drop(ep, reason, packets, octets);
	/* The IP layer frees what it refuses. */
	return reason == KMGW_REASON_SEND ? NF_STOLEN : NF_DROP;
}

static inline void kmgw_relayed(struct kmgw_ep *ep, struct kmgw_ep *peer, u32 packets, u32 octets)
{
	kmgw_account_relay(ep, peer, packets, octets);
	kmgw_watch_seen(ep, KMGW_DIRECTION_IN);
	kmgw_watch_seen(peer, KMGW_DIRECTION_OUT);
	if (unlikely(READ_ONCE(ep->state) != KMGW_STATE_ESTABLISHED))
		kmgw_ep_set_state(ep, KMGW_STATE_ESTABLISHED, KMGW_REASON_NONE);
}

/**
 * kmgw_keep_whole() - does an aggregate stay what it is?
 * @skb: aggregate
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 * @out_family: the one it leaves by; AF_UNSPEC when it is to be cut in any case
 *
 * It does if it is of the plain kind and keeps its family. One that the sender left to be cut by
 * IP becomes a datagram again.
 *
 * Return: true when it stays, or is no aggregate any more.
 */
bool kmgw_keep_whole(struct sk_buff *skb, unsigned int l4off, int family, int out_family)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	if (type & SKB_GSO_UDP) {
		u16 size = l4off + skb_shinfo(skb)->gso_size;

		if (family == AF_INET)
			IPCB(skb)->frag_max_size = size;
		else
			IP6CB(skb)->frag_max_size = size;
		skb_gso_reset(skb);
		return true;
	}
	return family == out_family && (type & ~SKB_GSO_DODGY) == SKB_GSO_UDP_L4;
}

/* Buckets of an endpoint that is policed, or NULL. */
static struct kmgw_police *kmgw_policed(const struct kmgw_ep *ep)
{
	struct kmgw_gate *gate = rcu_dereference(ep->gate);

	return likely(!gate) ? NULL : rcu_dereference(gate->police);
}

static unsigned int kmgw_forward_segments(struct kmgw_ep *ep, struct kmgw_ep *peer,
					  struct sk_buff *skb, unsigned int l4off, int family)
{
	struct kmgw_police *police = kmgw_policed(ep);
	struct sk_buff *segs, *seg, *next;
	enum kmgw_reason reason;
	unsigned int octets;

	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(segs))
		return kmgw_drop(ep, PTR_ERR(segs) == -ENOMEM ? KMGW_REASON_NOMEM :
							      KMGW_REASON_MALFORMED,
				 max_t(u32, 1, skb_shinfo(skb)->gso_segs),
				 skb->len - l4off - sizeof(struct udphdr));
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		octets = seg->len - l4off - sizeof(struct udphdr);
		if (police && !kmgw_police(ep, police, seg->len))
			reason = KMGW_REASON_POLICED;
		else
			reason = kmgw_forward(peer, seg, l4off, family);
		if (!reason)
			kmgw_relayed(ep, peer, 1, octets);
		else if (kmgw_drop(ep, reason, 1, octets) == NF_DROP)
			kfree_skb(seg);
	}
	return NF_STOLEN;
}

/* What only an endpoint with a gate asks. Latching comes before the mode, which it ignores. */
static noinline enum kmgw_reason kmgw_admit_gate(struct kmgw_ep *ep, struct sk_buff *skb,
						 unsigned int l4off, int family)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);
	enum kmgw_reason reason;
	bool waits;

	reason = kmgw_latch_check(ep, skb, family, uh->source, &waits);
	/* A record has to be genuine before it latches; a handshake proves nothing here. */
	if (reason || !waits || READ_ONCE(ep->security))
		return reason;
	reason = kmgw_check_sound(skb, l4off, family);
	if (reason)
		return reason;
	uh = (const void *)(skb->data + l4off);
	return kmgw_latch_take(ep, skb, family, uh->source);
}

/* May it be taken at all? What does not need the peer. */
static enum kmgw_reason kmgw_admit(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off,
				   int family)
{
	const struct udphdr *uh = (const void *)(skb->data + l4off);
	const struct kmgw_filter *filter;
	enum kmgw_reason reason;

	reason = kmgw_source_admit(ep, skb, family, uh->source);
	if (unlikely(reason))
		return reason;
	filter = rcu_dereference(ep->filter);
	if (filter && !kmgw_filter_match(filter, skb, family, uh->source))
		return KMGW_REASON_FILTER;
	if (unlikely(rcu_access_pointer(ep->gate))) {
		reason = kmgw_admit_gate(ep, skb, l4off, family);
		if (reason)
			return reason;
	}
	return KMGW_REASON_NONE;
}

/**
 * kmgw_datagram_rcv() - relay a datagram
 * @ep: endpoint it is addressed to
 * @skb: datagram, or an aggregate of several; data at the IP header, UDP header in the linear part
 * @l4off: length of the IP header with all that follows before UDP
 * @family: AF_INET or AF_INET6
 *
 * Return: a verdict for netfilter.
 */
unsigned int kmgw_datagram_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off,
			       int family)
{
	unsigned int octets = kmgw_payload(skb, l4off), packets = 1;
	struct kmgw_police *police;
	enum kmgw_reason reason;
	struct kmgw_ep *peer;

	if (unlikely(skb_is_gso(skb)))
		packets = max_t(u32, 1, skb_shinfo(skb)->gso_segs);
	reason = kmgw_admit(ep, skb, l4off, family);
	if (unlikely(reason))
		return kmgw_drop(ep, reason, packets, octets);
	/* A handshake goes on in every mode, and needs no peer. */
	if (unlikely(READ_ONCE(ep->security))) {
		police = kmgw_policed(ep);
		if (unlikely(police) && !kmgw_police(ep, police, skb->len))
			return kmgw_drop(ep, KMGW_REASON_POLICED, packets, octets);
		return kmgw_dtls_rcv(ep, skb, l4off, family);
	}
	if (unlikely(!(READ_ONCE(ep->mode) & KMGW_MODE_RECEIVEONLY)))
		return kmgw_drop(ep, KMGW_REASON_MODE, packets, octets);
	peer = rcu_dereference(ep->peer);
	if (unlikely(!peer))
		return kmgw_drop(ep, KMGW_REASON_NO_PEER, packets, octets);
	if (unlikely(!(READ_ONCE(peer->mode) & KMGW_MODE_SENDONLY)))
		return kmgw_drop(ep, KMGW_REASON_MODE, packets, octets);
	police = kmgw_policed(ep);
	if (unlikely(READ_ONCE(peer->security))) {
		if (unlikely(police) && !kmgw_police(ep, police, skb->len))
			return kmgw_drop(ep, KMGW_REASON_POLICED, packets, octets);
		return kmgw_dtls_forward(ep, peer, skb, l4off, family);
	}

	if (unlikely(skb_is_gso(skb)) &&
	    !kmgw_keep_whole(skb, l4off, family, police ? AF_UNSPEC : peer->key.family))
		return kmgw_forward_segments(ep, peer, skb, l4off, family);
	if (unlikely(police) && !kmgw_police(ep, police, skb->len))
		return kmgw_drop(ep, KMGW_REASON_POLICED, packets, octets);
	reason = kmgw_forward(peer, skb, l4off, family);
	if (unlikely(reason))
		return kmgw_drop(ep, reason, packets, octets);
	kmgw_relayed(ep, peer, packets, octets);
	return NF_STOLEN;
}
