// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: merge answers an end before the other is there.
 *
 * A client gives up when its SYNs stay unanswered for too long. Where the endpoint says so (EARLY),
 * the one that waits is answered after that time with a number that the gateway has drawn, and with
 * a window of nothing: it is connected, and sends no data. When the other end comes, that one is
 * answered as ever; its ACK, passed on, opens the window. From then on the number that was drawn
 * differs from the one that the other end began with by a constant (tcpoffset.h): what is known of
 * the flow, and all that is checked, is in the numbers of the ends themselves, and only what is
 * exchanged with the end that was answered early is moved.
 *
 * What is promised early holds for whoever comes: an MSS that every path carries, SACK if the
 * client has it, and neither window scaling, nor timestamps, nor ECN. An other end without SACK
 * ignores the blocks it gets.
 *
 * Context: softirq, RCU read section, BH disabled; all under flow->lock but the rewriting.
 */
#include <linux/random.h>
#include <linux/skbuff.h>

#include "flow.h"
#include "kmgw.h"
#include "tcpoffset.h"

/* IPv6 has no path that carries less (RFC 8200 5), and IPv4 hardly any. */
#define KMGW_MSS_EARLY	1220
/* A client that is still there repeats its SYN within twice its waiting time and a bit. */
#define KMGW_SYN_PATIENCE	(4 * HZ)

/**
 * kmgw_syn_abandoned() - did the client of a SYN that was not answered go away without a word?
 * @syn: its SYN
 *
 * Return: true when it seems so.
 */
bool kmgw_syn_abandoned(const struct kmgw_syn *syn)
{
	u32 waited = syn->last - syn->first;

	return (u32)jiffies - syn->last > waited + KMGW_SYN_PATIENCE;
}

/* The side that waits for the other, or NULL. */
static struct kmgw_side *kmgw_early_side(struct kmgw_flow *flow)
{
	struct kmgw_side *side = &flow->side[!flow->side[0].known];

	if (flow->plane != KMGW_PLANE_MERGE || flow->phase != KMGW_PHASE_HALF || !side->known ||
	    kmgw_flow_other(flow, side)->known)
		return NULL;
	return side;
}

/* From now on its SYN, and what it has been promised, are fixed. */
static void kmgw_early_begin(struct kmgw_flow *flow, struct kmgw_side *side)
{
	struct kmgw_side *other = kmgw_flow_other(flow, side);

	flow->early = side;
	side->syn.opt.wscale = KMGW_WSCALE_NONE;
	side->syn.opt.ts = false;
	side->syn.ecn = false;
	memset(&other->syn, 0, sizeof(other->syn));
	other->isn = get_random_u32();
	other->end = other->isn + 1;
	other->ack = side->end;
	other->limit = side->end;
	other->scale = 0;
	side->ack = other->end;
}

/**
 * kmgw_early_wanted() - is an end to be answered though the other is not there, now or later?
 * @flow: flow; under flow->lock
 *
 * Return: true when it is.
 */
bool kmgw_early_wanted(struct kmgw_flow *flow)
{
	struct kmgw_side *side = kmgw_early_side(flow);

	lockdep_assert_held(&flow->lock);
	return side && side->ep && !flow->early && READ_ONCE(side->ep->early);
}

/**
 * kmgw_early_due() - is it time to answer an end though the other is not there?
 * @flow: flow; under flow->lock
 * @wait: jiffies until the flow is looked at next; made less if need be
 *
 * A client that seems to be gone is not answered until it repeats its SYN.
 *
 * Return: true when it is; the answer is then kmgw_merge_answer()'s.
 */
bool kmgw_early_due(struct kmgw_flow *flow, unsigned long *wait)
{
	struct kmgw_side *side = kmgw_early_side(flow);
	s32 left;

	lockdep_assert_held(&flow->lock);
	if (!kmgw_early_wanted(flow))
		return false;
	left = side->syn.first + (u32)msecs_to_jiffies(READ_ONCE(side->ep->early)) - (u32)jiffies;
	if (left > 0) {
		*wait = min_t(unsigned long, *wait, left);
		return false;
	}
	if (kmgw_syn_abandoned(&side->syn))
		return false;
	kmgw_early_begin(flow, side);
	return true;
}

/**
 * kmgw_early_options() - what an end is promised that is answered early
 * @syn: set to the SYN in the place of the other end's
 * @own: SYN of the end
 */
void kmgw_early_options(struct kmgw_syn *syn, const struct kmgw_syn *own)
{
	u16 window = syn->window;

	memset(syn, 0, sizeof(*syn));
	syn->window = window;
	syn->opt.mss = KMGW_MSS_EARLY;
	syn->opt.wscale = KMGW_WSCALE_NONE;
	syn->opt.sack = own->opt.sack;
}

/**
 * kmgw_early_waits() - does an end wait that was answered early?
 * @flow: flow; under flow->lock
 * @side: side of the end
 *
 * Return: true when it does.
 */
bool kmgw_early_waits(struct kmgw_flow *flow, const struct kmgw_side *side)
{
	lockdep_assert_held(&flow->lock);
	return flow->early == side && kmgw_early_side(flow) == side;
}

/**
 * kmgw_early_up() - has it acknowledged the answer?
 * @flow: flow; under flow->lock
 *
 * Return: true when it is connected and waits.
 */
bool kmgw_early_up(struct kmgw_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	return flow->early && kmgw_early_waits(flow, flow->early) &&
	       kmgw_flow_other(flow, flow->early)->acked;
}

/**
 * kmgw_early_rcv() - a segment, no SYN nor RST, of an end that waits
 * @flow: flow; under flow->lock
 * @from: its side
 * @seg: segment
 * @ask: set when it is to be told again that there is no window
 *
 * Return: KMGW_REASON_NONE when the segment has been dealt with, or why it is dropped.
 */
enum kmgw_reason kmgw_early_rcv(struct kmgw_flow *flow, struct kmgw_side *from,
				const struct kmgw_seg *seg, bool *ask)
{
	struct kmgw_side *to = kmgw_flow_other(flow, from);

	if (!(seg->flags & TCPHDR_ACK) || seg->ack != to->end)
		return KMGW_REASON_SEQUENCE;
	/* A probe is an octet before or behind what was let in. */
	*ask = seg->seq != from->end || seg->len || seg->flags & TCPHDR_FIN;
	if (before(seg->seq, from->isn) || after(seg->seq, from->end))
		return KMGW_REASON_SEQUENCE;
	if (!to->acked) {
		to->acked = true;
		WRITE_ONCE(flow->seen, (u32)jiffies);
	}
	return KMGW_REASON_NONE;
}

/**
 * kmgw_early_rewrite() - move the numbers of a segment that is sent on
 * @flow: flow with an offset
 * @from: side it comes from
 * @skb: segment, or an aggregate of several
 * @l4off: offset of the TCP header
 *
 * A partial checksum covers none of them; a whole one is adjusted.
 *
 * Return: KMGW_REASON_NONE, or why it is dropped.
 */
enum kmgw_reason kmgw_early_rewrite(struct kmgw_flow *flow, const struct kmgw_side *from,
				    struct sk_buff *skb, unsigned int l4off)
{
	u32 offset = READ_ONCE(flow->offset);
	struct tcphdr *th;
	unsigned int hlen;
	u64 delta;

	th = (struct tcphdr *)(skb->data + l4off);
	hlen = th->doff * 4;
	if (skb_ensure_writable(skb, l4off + hlen))
		return KMGW_REASON_NOMEM;
	th = (struct tcphdr *)(skb->data + l4off);
	if (READ_ONCE(flow->early) != from)
		delta = kmgw_offset_apply((u8 *)th, hlen, offset, 0);
	else
		delta = kmgw_offset_apply((u8 *)th, hlen, 0, th->ack ? -offset : 0);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		th->check = (__force __sum16)kmgw_csum_full((__force u16)th->check, delta);
	return KMGW_REASON_NONE;
}
