// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: what a secured endpoint sends.
 *
 * A datagram becomes one record: its headers move to make room in front of the payload, the payload
 * is enciphered in place. Without keys nothing is sent, least of all in clear. Each number is taken
 * from one counter, which the user's own records share (SEQ_RESERVE).
 *
 * Context: softirq, RCU read section; kmgw_dtls_alert() any; completions of the crypto API in
 * softirq.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat.h"
#include "dtls.h"
#include "dtls_move.h"
#include "path.h"
#include "stats.h"
#include "watch.h"

/* Does this slot send yet? */
static bool kmgw_slot_sends(struct kmgw_slot *slot)
{
	if (likely(!READ_ONCE(slot->held)))
		return true;
	if (time_before(jiffies, slot->send_at))
		return false;
	WRITE_ONCE(slot->held, false);
	return true;
}

/* It was received and sent. */
static inline void kmgw_relayed_plain(struct kmgw_ep *ep, struct kmgw_ep *peer, u32 rx_octets,
				      u32 tx_octets, u32 plain)
{
	kmgw_account_relay_plain(ep, peer, rx_octets, tx_octets, plain);
	kmgw_watch_seen(ep, KMGW_DIRECTION_IN);
	kmgw_watch_seen(peer, KMGW_DIRECTION_OUT);
	if (unlikely(READ_ONCE(ep->state) != KMGW_STATE_ESTABLISHED))
		kmgw_ep_begin(ep);
}

/* Out by the endpoint; what it received by the other is counted with it. */
static __always_inline void kmgw_transit_output(struct kmgw_transit *t,
						const struct kmgw_egress *egress)
{
	u32 octets = t->skb->len - t->l4off - sizeof(struct udphdr);
	enum kmgw_reason reason;

	reason = kmgw_output(t->peer, egress->path, egress->dst, t->skb, t->l4off, t->family,
			     t->may_fragment);
	if (unlikely(reason))
		kmgw_dtls_drop(t, reason);
	else if (likely(t->ep))
		kmgw_relayed_plain(t->ep, t->peer, t->octets, octets, t->plain);
	else
		kmgw_account_tx_alert(t->peer, octets);
}

/* The header, which was in the way before, and the explicit part of the nonce. */
static inline void kmgw_record_write(const struct kmgw_transit *t, const struct kmgw_suite *suite)
{
	u8 *h = t->skb->data + t->l4off + sizeof(struct udphdr);

	h[0] = t->type;
	put_unaligned_be16(KMGW_DTLS_1_2, h + 1);
	put_unaligned_be64(t->seq, h + 3);
	put_unaligned_be16(suite->explicit_len + t->plain + suite->tag_len, h + 11);
	if (suite->explicit_len)
		put_unaligned_be64(t->seq, h + KMGW_DTLS_HEADER);
}

static inline void kmgw_sealed(struct kmgw_transit *t, const struct kmgw_slot *slot,
			       const struct kmgw_egress *egress)
{
	kmgw_record_write(t, slot->suite);
	if (likely(t->ep))
		atomic64_inc(&rcu_dereference(t->peer->dtls)->tx_records);
	kmgw_transit_output(t, egress);
}

static void kmgw_seal_done(struct kmgw_transit *t, struct kmgw_slot *slot, int err)
{
	enum kmgw_reason reason = KMGW_REASON_CRYPTO;
	struct kmgw_egress egress;

	/* Only close_notify outlives the endpoint. */
	if (t->ep && READ_ONCE(t->peer->dead)) {
		kfree_skb(t->skb);
		return;
	}
	if (!err)
		reason = kmgw_egress_again(t->peer, &egress);
	if (reason)
		kmgw_dtls_drop(t, reason);
	else
		kmgw_sealed(t, slot, &egress);
}

/* For a payload that is not ours alone, or not in one piece. Returns as kmgw_seal_room(). */
static noinline int kmgw_seal_cow(struct kmgw_transit *t, int tail, int head)
{
	struct sk_buff *skb = t->skb, *trailer;
	int n;

	if (skb_cow_head(skb, head))
		return -ENOMEM;
	n = skb_cow_data(skb, tail, &trailer);
	if (n < 0 || !pskb_may_pull(skb, t->l4off + sizeof(struct udphdr)))
		return -ENOMEM;
	pskb_put(skb, trailer, tail);
	return skb_is_nonlinear(skb) ? n + 1 : 0;
}

/*
 * Room of @head octets in front of the headers and of @tail behind the payload, and a payload that
 * is ours alone. The tag is part of the skb then. What senders on this host leave in front of the
 * headers is too little, but behind the payload there is as a rule some more, and the payload is
 * moved: by @by octets.
 *
 * Returns entries for the skb, 0 if all of it is in the linear part, or -ENOMEM.
 */
static inline int kmgw_seal_room(struct kmgw_transit *t, int tail, int head, int *by)
{
	struct sk_buff *skb = t->skb;
	unsigned int headers;
	int lack;

	*by = 0;
	if (unlikely(skb_cloned(skb) || skb_is_nonlinear(skb)))
		return kmgw_seal_cow(t, tail, head);
	lack = head - (int)skb_headroom(skb);
	if (lack <= 0)
		lack = 0;
	if (likely(skb_tailroom(skb) >= lack + tail)) {
		__skb_put(skb, lack + tail);
		if (lack) {
			headers = t->l4off + sizeof(struct udphdr);
			memmove(skb->data + headers + lack, skb->data + headers, t->plain);
			*by = lack;
		}
		return 0;
	}
	if (pskb_expand_head(skb, lack, max_t(int, tail - skb_tailroom(skb), 0), GFP_ATOMIC))
		return -ENOMEM;
	__skb_put(skb, tail);
	return 0;
}

/* Plain datagram to sealed one, and out. @t->plain is not set yet. */
static noinline void kmgw_seal(struct kmgw_transit *t, struct kmgw_slot *slot,
			       const struct kmgw_egress *egress)
{
	const struct kmgw_suite *suite = slot->suite;
	int front = KMGW_DTLS_HEADER + suite->explicit_len, by, n, err;
	unsigned int iphlen;
	u64 number;

	t->plain = t->skb->len - t->l4off - sizeof(struct udphdr);
	iphlen = egress->path->remote.family == AF_INET ? sizeof(struct iphdr) :
							  sizeof(struct ipv6hdr);
	n = kmgw_seal_room(t, suite->tag_len, front + LL_RESERVED_SPACE(egress->dst->dev) +
			   max_t(int, iphlen - t->l4off, 0), &by);
	if (unlikely(n < 0)) {
		kmgw_dtls_drop(t, KMGW_REASON_NOMEM);
		return;
	}
	if (unlikely(!kmgw_slot_take(slot, 1, t->ep ? KMGW_DTLS_LAST : 0, &number))) {
		struct kmgw_ep *peer = t->peer;

		kmgw_dtls_drop(t, KMGW_REASON_KEY_LIMIT);
		if (t->ep)
			kmgw_dtls_end(peer, KMGW_STATE_FAILED, KMGW_REASON_KEY_LIMIT, true);
		return;
	}
	t->seq = (u64)slot->epoch << 48 | number;
	kmgw_dtls_move(t, front - by);

	err = kmgw_op_run(t, slot, true, t->l4off + sizeof(struct udphdr) + KMGW_DTLS_HEADER, n,
			  kmgw_seal_done);
	if (likely(!err))
		kmgw_sealed(t, slot, egress);
	else if (err != -EINPROGRESS)
		kmgw_dtls_drop(t, KMGW_REASON_CRYPTO);
}

/* The keys to seal with, or why there are none. */
static enum kmgw_reason kmgw_seal_slot(const struct kmgw_ep *peer, struct kmgw_slot **slot)
{
	const struct kmgw_dtls *dtls = rcu_dereference(peer->dtls);

	*slot = rcu_dereference(dtls->cur);
	if (!*slot || !kmgw_slot_sends(*slot))
		return KMGW_REASON_NO_KEYS;
	return KMGW_REASON_NONE;
}

/* What was sealed on one side is sealed again for the other. */
static noinline void kmgw_dtls_reseal(struct kmgw_transit *t, const struct kmgw_egress *egress)
{
	enum kmgw_reason reason;
	struct kmgw_slot *slot;

	reason = kmgw_seal_slot(t->peer, &slot);
	if (reason)
		kmgw_dtls_drop(t, reason);
	else
		kmgw_seal(t, slot, egress);
}

/**
 * kmgw_dtls_send() - send what a secured endpoint received, opened
 * @t: transit
 * @egress: where to
 */
void kmgw_dtls_send(struct kmgw_transit *t, const struct kmgw_egress *egress)
{
	if (unlikely(READ_ONCE(t->peer->security) == KMGW_SECURITY_DTLS))
		kmgw_dtls_reseal(t, egress);
	else
		kmgw_transit_output(t, egress);
}

static inline enum kmgw_reason kmgw_dtls_forward_one(struct kmgw_transit *t)
{
	struct kmgw_egress egress;
	enum kmgw_reason reason;
	struct kmgw_slot *slot;

	reason = kmgw_check_sound(t->skb, t->l4off, t->family);
	t->octets = t->skb->len - t->l4off - sizeof(struct udphdr);
	if (reason)
		return reason;
	reason = kmgw_seal_slot(t->peer, &slot);
	if (reason)
		return reason;
	if (t->octets > KMGW_DTLS_PLAIN_MAX)
		return KMGW_REASON_MTU;
	reason = kmgw_egress(t->peer, t->skb, t->l4off, t->family,
			     kmgw_suite_overhead(slot->suite), &egress);
	if (reason)
		return reason;
	t->may_fragment = egress.may_fragment;
	t->type = KMGW_DTLS_DATA;
	skb_orphan(t->skb);
	skb_dst_drop(t->skb);
	kmgw_seal(t, slot, &egress);
	return KMGW_REASON_NONE;
}

static noinline unsigned int kmgw_dtls_forward_aggregate(struct kmgw_ep *ep, struct kmgw_ep *peer,
							 struct sk_buff *skb, unsigned int l4off,
							 int family)
{
	struct sk_buff *segs, *seg, *next;

	if (kmgw_keep_whole(skb, l4off, family, AF_UNSPEC))
		return kmgw_dtls_forward(ep, peer, skb, l4off, family);
	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(segs)) {
		kmgw_account_drop(ep, PTR_ERR(segs) == -ENOMEM ? KMGW_REASON_NOMEM :
							      KMGW_REASON_MALFORMED,
				  max_t(u32, 1, skb_shinfo(skb)->gso_segs),
				  skb->len - l4off - sizeof(struct udphdr));
		return NF_DROP;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		kmgw_dtls_forward(ep, peer, seg, l4off, family);
	}
	return NF_STOLEN;
}

/**
 * kmgw_dtls_forward() - send what an endpoint received in clear by a secured one
 * @ep: received it
 * @peer: secured endpoint, is to send it
 * @skb: datagram, or an aggregate; as for kmgw_datagram_rcv()
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 *
 * Return: a verdict for netfilter.
 */
unsigned int kmgw_dtls_forward(struct kmgw_ep *ep, struct kmgw_ep *peer, struct sk_buff *skb,
			       unsigned int l4off, int family)
{
	struct kmgw_transit t = {
		.ep = ep,
		.peer = peer,
		.skb = skb,
		.l4off = l4off,
		.family = family,
	};
	enum kmgw_reason reason;

	if (unlikely(skb_is_gso(skb)))
		return kmgw_dtls_forward_aggregate(ep, peer, skb, l4off, family);
	reason = kmgw_dtls_forward_one(&t);
	if (unlikely(reason))
		kmgw_dtls_drop(&t, reason);
	return NF_STOLEN;
}

/* A datagram as if received, for the alert to travel in. */
static struct sk_buff *kmgw_alert_skb(struct kmgw_transit *t, u8 level, u8 description)
{
	unsigned int front = LL_MAX_HEADER + KMGW_DTLS_HEADER + KMGW_DTLS_EXPLICIT;
	struct net *net = t->peer->kn->net;
	struct sk_buff *skb;
	u8 *alert;

	skb = alloc_skb(front + t->l4off + sizeof(struct udphdr) + 2 + 16, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, front);
	skb_put_zero(skb, t->l4off + sizeof(struct udphdr));
	skb_reset_network_header(skb);
	alert = skb_put(skb, 2);
	alert[0] = level;
	alert[1] = description;
	/* Sending takes one away. */
	if (t->family == AF_INET) {
		skb->protocol = htons(ETH_P_IP);
		ip_hdr(skb)->ttl = READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
	} else {
		skb->protocol = htons(ETH_P_IPV6);
		ipv6_hdr(skb)->hop_limit = READ_ONCE(net->ipv6.devconf_all->hop_limit);
	}
	return skb;
}

/**
 * kmgw_dtls_alert() - send an alert
 * @ep: endpoint
 * @slot: its keys; the caller holds a reference
 * @level: KMGW_ALERT_WARNING or KMGW_ALERT_FATAL
 * @description: what it says
 *
 * Nothing is sent while the stream is on hold or no route is known.
 *
 * Context: process or softirq.
 */
void kmgw_dtls_alert(struct kmgw_ep *ep, struct kmgw_slot *slot, u8 level, u8 description)
{
	struct kmgw_transit t = {
		.peer = ep,
		.family = ep->key.family,
		.type = KMGW_DTLS_ALERT,
	};
	struct kmgw_egress egress;

	local_bh_disable();
	rcu_read_lock();
	if (kmgw_egress_again(ep, &egress))
		goto out;
	t.l4off = t.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	t.skb = kmgw_alert_skb(&t, level, description);
	if (t.skb)
		kmgw_seal(&t, slot, &egress);
out:
	rcu_read_unlock();
	local_bh_enable();
}
