// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: what arrives at a secured endpoint.
 *
 * Told apart by content type (RFC 7983, RFC 6347 4.1). Handshake goes up to the user's socket, at
 * a limited rate; application data and alerts are opened here, in place, each record for itself.
 * Nobody learns from an answer why a record was not accepted.
 *
 * Context: softirq, RCU read section, in PRE_ROUTING; completions of the crypto API in softirq.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "compat.h"
#include "dtls.h"
#include "dtls_move.h"
#include "latch.h"
#include "path.h"
#include "stats.h"

#define KMGW_DTLS_RECORDS	32	/* in one datagram; UDPTL has no use for more than one */
#define KMGW_DTLS_UP_RATE	32	/* datagrams a second once the burst is used up */

struct kmgw_record {
	u8 type;
	u16 version;
	u64 seq;	/* epoch and number */
	u16 len;
};

static inline bool kmgw_record_read(const struct sk_buff *skb, unsigned int off,
				    struct kmgw_record *r)
{
	const u8 *h;
	u8 buf[KMGW_DTLS_HEADER];

	h = skb_header_pointer(skb, off, sizeof(buf), buf);
	if (!h)
		return false;
	r->type = h[0];
	r->version = get_unaligned_be16(h + 1);
	r->seq = get_unaligned_be64(h + 3);
	r->len = get_unaligned_be16(h + 11);
	return true;
}

static u16 kmgw_record_epoch(const struct kmgw_record *r)
{
	return r->seq >> 48;
}

/* The keys of an epoch, or NULL. */
static struct kmgw_slot *kmgw_dtls_slot(const struct kmgw_dtls *dtls, u16 epoch)
{
	struct kmgw_slot *slot;

	slot = rcu_dereference(dtls->cur);
	if (likely(slot && slot->epoch == epoch))
		return slot;
	slot = rcu_dereference(dtls->prev);
	return slot && slot->epoch == epoch ? slot : NULL;
}

/*
 * May another datagram go up to the user? Whoever floods the port from elsewhere uses up a budget
 * that is not the far end's.
 */
static noinline bool kmgw_dtls_may_go_up(const struct kmgw_ep *ep, struct kmgw_dtls *dtls,
					 const struct sk_buff *skb, unsigned int l4off, int family)
{
	const struct kmgw_path *path = rcu_dereference(ep->path);
	unsigned long gained, now = jiffies;
	struct kmgw_budget *budget;
	const struct udphdr *uh;
	struct udphdr buf;
	bool may, known;

	uh = skb_header_pointer(skb, l4off, sizeof(buf), &buf);
	known = path && uh && kmgw_latch_is(&path->remote, skb, family, uh->source);
	budget = &dtls->up_budget[known];
	spin_lock_bh(&dtls->up_lock);
	gained = (now - budget->stamp) * KMGW_DTLS_UP_RATE / HZ;
	if (gained) {
		budget->tokens = min_t(unsigned long, budget->tokens + gained, KMGW_DTLS_UP_BURST);
		budget->stamp = now;
	}
	may = budget->tokens;
	if (may)
		budget->tokens--;
	spin_unlock_bh(&dtls->up_lock);
	return may;
}

/* As kmgw_dtls_classify(), for whatever is no user data. */
static noinline enum kmgw_reason kmgw_dtls_classify_other(const struct kmgw_dtls *dtls,
							  struct sk_buff *skb, unsigned int off,
							  struct kmgw_record *r, bool *up)
{
	u8 first, buf;
	const u8 *p;

	p = skb_header_pointer(skb, off, 1, &buf);
	if (!p)
		return KMGW_REASON_NOT_DTLS;
	first = *p;
	if (first >= 128 && first <= 191)
		return KMGW_REASON_LATE_RTP;
	if (!kmgw_record_read(skb, off, r))
		return KMGW_REASON_NOT_DTLS;
	switch (r->type) {
	case KMGW_DTLS_CHANGE_CIPHER:
	case KMGW_DTLS_HANDSHAKE:
		*up = true;
		break;
	case KMGW_DTLS_ALERT:
		*up = !kmgw_dtls_slot(dtls, kmgw_record_epoch(r));
		break;
	default:
		return KMGW_REASON_NOT_DTLS;
	}
	/* A first flight may carry the version of DTLS 1.0. */
	if (r->version != KMGW_DTLS_1_2 && (!*up || r->version != KMGW_DTLS_1_0))
		return KMGW_REASON_NOT_DTLS;
	return KMGW_REASON_NONE;
}

/* Is it for the user? If not, whether it can be opened is told by the reason. */
static inline enum kmgw_reason kmgw_dtls_classify(const struct kmgw_dtls *dtls,
						  struct sk_buff *skb, unsigned int off,
						  struct kmgw_record *r, bool *up)
{
	*up = false;
	if (likely(kmgw_record_read(skb, off, r) && r->type == KMGW_DTLS_DATA))
		return likely(r->version == KMGW_DTLS_1_2) ? KMGW_REASON_NONE :
							     KMGW_REASON_NOT_DTLS;
	return kmgw_dtls_classify_other(dtls, skb, off, r, up);
}

/**
 * kmgw_dtls_drop() - count a record that goes no further, and free it
 * @t: transit
 * @reason: why; KMGW_REASON_SEND when the IP layer has freed it
 */
void kmgw_dtls_drop(struct kmgw_transit *t, enum kmgw_reason reason)
{
	if (t->ep)
		kmgw_account_drop(t->ep, reason, 1, t->octets);
	if (reason != KMGW_REASON_SEND)
		kfree_skb(t->skb);
}

/* Genuine. Whether it says the end; everything else is for the counters. */
static void kmgw_dtls_alerted(struct kmgw_transit *t, struct kmgw_slot *slot, unsigned int off)
{
	struct kmgw_dtls *dtls = rcu_dereference(t->ep->dtls);
	struct kmgw_ep *ep = t->ep;
	u8 alert[2];

	if (t->plain != sizeof(alert) || skb_copy_bits(t->skb, off, alert, sizeof(alert))) {
		kmgw_dtls_drop(t, KMGW_REASON_MALFORMED);
		return;
	}
	kmgw_account_rx_alert(ep, t->octets);
	consume_skb(t->skb);
	if (rcu_access_pointer(dtls->cur) != slot)
		return;
	if (alert[1] == KMGW_ALERT_CLOSE_NOTIFY) {
		kmgw_dtls_end(ep, KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED, true);
	} else if (alert[0] == KMGW_ALERT_FATAL) {
		WRITE_ONCE(dtls->alert, alert[1]);
		kmgw_dtls_end(ep, KMGW_STATE_FAILED, KMGW_REASON_ALERT, false);
	}
}

/* Opened, or not; sent on in clear, or sealed again. Of an alert, @egress is not used. */
static __always_inline void kmgw_dtls_opened(struct kmgw_transit *t, struct kmgw_slot *slot,
					     int err, const struct kmgw_egress *egress)
{
	unsigned int skip = KMGW_DTLS_HEADER + slot->suite->explicit_len;
	const struct udphdr *uh;
	enum kmgw_reason reason;
	bool fresh;

	if (unlikely(err)) {
		kmgw_dtls_drop(t, err == -EBADMSG ? KMGW_REASON_BAD_MAC : KMGW_REASON_CRYPTO);
		return;
	}
	spin_lock(&slot->rx_lock);
	fresh = kmgw_window_take(&slot->window, t->seq & KMGW_SEQ_MAX);
	spin_unlock(&slot->rx_lock);
	if (unlikely(!fresh)) {
		kmgw_dtls_drop(t, KMGW_REASON_REPLAY);
		return;
	}
	uh = (const struct udphdr *)(t->skb->data + t->l4off);
	reason = kmgw_latch_genuine(t->ep, t->skb, t->family, uh->source);
	if (unlikely(reason)) {
		kmgw_dtls_drop(t, reason);
		return;
	}
	if (unlikely(READ_ONCE(slot->held)))
		WRITE_ONCE(slot->held, false);
	if (unlikely(t->type == KMGW_DTLS_ALERT)) {
		kmgw_dtls_alerted(t, slot, t->l4off + sizeof(struct udphdr) + skip);
		return;
	}
	atomic64_inc(&rcu_dereference(t->ep->dtls)->rx_records);
	if (unlikely(pskb_trim(t->skb, t->skb->len - slot->suite->tag_len))) {
		kmgw_dtls_drop(t, KMGW_REASON_NOMEM);
		return;
	}
	kmgw_dtls_move(t, -(int)skip);
	kmgw_dtls_send(t, egress);
}

static void kmgw_open_done(struct kmgw_transit *t, struct kmgw_slot *slot, int err)
{
	enum kmgw_reason reason = KMGW_REASON_NONE;
	struct kmgw_egress egress;

	t->peer = rcu_dereference(t->ep->peer);
	if (READ_ONCE(t->ep->dead)) {
		kfree_skb(t->skb);
		return;
	}
	if (!err && t->type == KMGW_DTLS_DATA)
		reason = t->peer ? kmgw_egress_again(t->peer, &egress) : KMGW_REASON_NO_PEER;
	if (reason)
		kmgw_dtls_drop(t, reason);
	else
		kmgw_dtls_opened(t, slot, err, &egress);
}

/* Returns entries for the skb, 0 if all of it is in the linear part, or -ENOMEM. */
static noinline int kmgw_open_cow(struct sk_buff *skb, unsigned int headers)
{
	struct sk_buff *trailer;
	int n;

	n = skb_cow_data(skb, 0, &trailer);
	if (n < 0)
		return n;
	if (!pskb_may_pull(skb, headers))
		return -ENOMEM;
	return skb_is_nonlinear(skb) ? n + 1 : 0;
}

static __always_inline void kmgw_dtls_open(struct kmgw_transit *t, struct kmgw_slot *slot,
					   const struct kmgw_egress *egress)
{
	unsigned int off = t->l4off + sizeof(struct udphdr) + KMGW_DTLS_HEADER;
	int n = 0, err;

	/* Everything the cipher is to write must be ours alone. */
	if (unlikely(skb_cloned(t->skb) || skb_is_nonlinear(t->skb))) {
		n = kmgw_open_cow(t->skb, off + slot->suite->explicit_len);
		if (n < 0) {
			kmgw_dtls_drop(t, KMGW_REASON_NOMEM);
			return;
		}
	}
	err = kmgw_op_run(t, slot, false, off, n, kmgw_open_done);
	if (err != -EINPROGRESS)
		kmgw_dtls_opened(t, slot, err, egress);
}

/* What can be said before it is opened. */
static inline enum kmgw_reason kmgw_record_check(struct kmgw_transit *t,
						 const struct kmgw_dtls *dtls,
						 const struct kmgw_record *r,
						 struct kmgw_slot **slot)
{
	u16 overhead;
	bool fresh;

	*slot = kmgw_dtls_slot(dtls, kmgw_record_epoch(r));
	if (unlikely(!*slot))
		return rcu_access_pointer(dtls->cur) ? KMGW_REASON_EPOCH : KMGW_REASON_NO_KEYS;
	overhead = (*slot)->suite->explicit_len + (*slot)->suite->tag_len;
	if (unlikely(r->len < overhead || r->len - overhead > KMGW_DTLS_PLAIN_MAX))
		return KMGW_REASON_MALFORMED;
	t->plain = r->len - overhead;
	t->seq = r->seq;
	t->type = r->type;

	spin_lock(&(*slot)->rx_lock);
	fresh = kmgw_window_fresh(&(*slot)->window, r->seq & KMGW_SEQ_MAX);
	spin_unlock(&(*slot)->rx_lock);
	if (unlikely(!fresh))
		return KMGW_REASON_REPLAY;
	return KMGW_REASON_NONE;
}

/* One record in one datagram. */
static __always_inline void kmgw_dtls_record(struct kmgw_transit *t,
					     const struct kmgw_dtls *dtls,
					     const struct kmgw_record *r)
{
	struct kmgw_egress egress;
	enum kmgw_reason reason;
	struct kmgw_slot *slot;

	reason = kmgw_record_check(t, dtls, r, &slot);
	if (!reason && t->type == KMGW_DTLS_DATA) {
		t->peer = rcu_dereference(t->ep->peer);
		if (!(READ_ONCE(t->ep->mode) & KMGW_MODE_RECEIVEONLY))
			reason = KMGW_REASON_MODE;
		else if (!t->peer)
			reason = KMGW_REASON_NO_PEER;
		else if (!(READ_ONCE(t->peer->mode) & KMGW_MODE_SENDONLY))
			reason = KMGW_REASON_MODE;
		else
			reason = kmgw_egress(t->peer, t->skb, t->l4off, t->family,
					     (int)t->plain - (int)t->octets, &egress);
	}
	if (unlikely(reason)) {
		kmgw_dtls_drop(t, reason);
		return;
	}
	t->may_fragment = t->type == KMGW_DTLS_DATA && egress.may_fragment;
	kmgw_dtls_open(t, slot, &egress);
}

/* A datagram of its own for one of several records. */
static struct sk_buff *kmgw_dtls_part(const struct sk_buff *skb, unsigned int headers,
				      unsigned int off, unsigned int len)
{
	struct sk_buff *part;

	part = alloc_skb(LL_MAX_HEADER + headers + len, GFP_ATOMIC);
	if (!part)
		return NULL;
	skb_reserve(part, LL_MAX_HEADER);
	skb_copy_header(part, skb);
	skb_put(part, headers + len);
	if (skb_copy_bits(skb, 0, part->data, headers) ||
	    skb_copy_bits(skb, off, part->data + headers, len)) {
		kfree_skb(part);
		return NULL;
	}
	skb_reset_network_header(part);
	skb_set_transport_header(part, headers - sizeof(struct udphdr));
	skb_reset_mac_header(part);
	part->ip_summed = CHECKSUM_UNNECESSARY;
	return part;
}

/* A datagram that is not just one record. Its first one is not for the user. */
static noinline void kmgw_dtls_records(struct kmgw_transit *t, const struct kmgw_dtls *dtls,
				       struct kmgw_record *r)
{
	unsigned int headers = t->l4off + sizeof(struct udphdr), off = headers, size, n;
	enum kmgw_reason reason = KMGW_REASON_NONE;
	struct sk_buff *skb = t->skb;
	bool up;

	for (n = 0; off < skb->len; n++) {
		if (n)
			reason = kmgw_dtls_classify(dtls, skb, off, r, &up);
		if (!reason && n && up)
			reason = KMGW_REASON_NOT_DTLS;
		size = KMGW_DTLS_HEADER + r->len;
		if (!reason && (size > skb->len - off || n >= KMGW_DTLS_RECORDS))
			reason = KMGW_REASON_MALFORMED;
		if (reason) {
			kmgw_account_drop(t->ep, reason, 1, skb->len - off);
			break;
		}
		t->octets = size;
		t->skb = kmgw_dtls_part(skb, headers, off, size);
		if (t->skb)
			kmgw_dtls_record(t, dtls, r);
		else
			kmgw_account_drop(t->ep, KMGW_REASON_NOMEM, 1, size);
		off += size;
	}
	consume_skb(skb);
}

static noinline unsigned int kmgw_dtls_rcv_aggregate(struct kmgw_ep *ep, struct sk_buff *skb,
						     unsigned int l4off, int family);

/**
 * kmgw_dtls_rcv() - receive a datagram on a secured endpoint
 * @ep: endpoint
 * @skb: datagram whose source was checked, or an aggregate; as for kmgw_datagram_rcv()
 * @l4off: offset of the UDP header
 * @family: AF_INET or AF_INET6
 *
 * Return: a verdict for netfilter.
 */
unsigned int kmgw_dtls_rcv(struct kmgw_ep *ep, struct sk_buff *skb, unsigned int l4off, int family)
{
	struct kmgw_dtls *dtls = rcu_dereference(ep->dtls);
	unsigned int headers = l4off + sizeof(struct udphdr);
	enum kmgw_reason reason;
	struct kmgw_transit t;
	struct kmgw_record r;
	bool up = false;

	if (unlikely(skb_is_gso(skb)))
		return kmgw_dtls_rcv_aggregate(ep, skb, l4off, family);
	reason = kmgw_check_sound(skb, l4off, family);
	if (!reason)
		reason = kmgw_dtls_classify(dtls, skb, headers, &r, &up);
	if (unlikely(!reason && up && !kmgw_dtls_may_go_up(ep, dtls, skb, l4off, family)))
		reason = KMGW_REASON_RATE;
	if (unlikely(reason)) {
		kmgw_account_drop(ep, reason, 1, skb->len - headers);
		return NF_DROP;
	}
	if (unlikely(up)) {
		atomic64_inc(&dtls->up);
		return NF_ACCEPT;
	}
	/* What has come with it may not go along with what it becomes. */
	skb_orphan(skb);
	skb_dst_drop(skb);
	t.ep = ep;
	t.skb = skb;
	t.l4off = l4off;
	t.family = family;
	t.octets = skb->len - headers;
	if (likely(KMGW_DTLS_HEADER + r.len == t.octets))
		kmgw_dtls_record(&t, dtls, &r);
	else
		kmgw_dtls_records(&t, dtls, &r);
	return NF_STOLEN;
}

/* Segments that are for the user come once more, alone; they are counted then. */
static unsigned int kmgw_dtls_rcv_aggregate(struct kmgw_ep *ep, struct sk_buff *skb,
					    unsigned int l4off, int family)
{
	struct kmgw_dtls *dtls = rcu_dereference(ep->dtls);
	unsigned int headers = l4off + sizeof(struct udphdr);
	struct sk_buff *segs, *seg, *next;
	struct kmgw_record r;
	bool up;

	if (kmgw_keep_whole(skb, l4off, family, AF_UNSPEC))
		return kmgw_dtls_rcv(ep, skb, l4off, family);
	segs = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
	if (IS_ERR_OR_NULL(segs)) {
		kmgw_account_drop(ep, PTR_ERR(segs) == -ENOMEM ? KMGW_REASON_NOMEM :
							      KMGW_REASON_MALFORMED,
				  max_t(u32, 1, skb_shinfo(skb)->gso_segs), skb->len - headers);
		return NF_DROP;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		if (!kmgw_dtls_classify(dtls, seg, headers, &r, &up) && up)
			netif_rx(seg);
		else if (kmgw_dtls_rcv(ep, seg, l4off, family) == NF_DROP)
			kfree_skb(seg);
	}
	return NF_STOLEN;
}
