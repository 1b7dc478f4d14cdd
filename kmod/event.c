// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: events.
 *
 * A number is taken and the message sent under one lock, so that readers see numbers in order. A
 * message that cannot be built or delivered leaves a gap or ENOBUFS, after which the reader dumps.
 * Context: any; kn->event_lock is the innermost lock.
 */
#include <net/genetlink.h>

#include "kmgw.h"
#include "netlink.h"
#include "object.h"
#include "path.h"

/* What an event of some type says beyond what all of them say. Under ep->lock. */
static int kmgw_event_put_more(struct sk_buff *skb, enum kmgw_event type,
			       const struct kmgw_ep *ep)
{
	const struct kmgw_path *path = rcu_dereference_protected(ep->path,
								 lockdep_is_held(&ep->lock));

	if (type != KMGW_EVENT_LATCHED || !path)
		return 0;
	return kmgw_nl_put_addr(skb, KMGW_A_EV_LATCHED, &path->remote);
}

static struct sk_buff *kmgw_event_build(enum kmgw_event type, u32 context,
					const struct kmgw_ep *ep, struct nlattr **seq)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(192, GFP_ATOMIC);
	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, 0, 0, &kmgw_family, 0, KMGW_CMD_EVENT);
	if (!hdr)
		goto err;
	*seq = nla_reserve_64bit(skb, KMGW_A_EV_SEQ, sizeof(u64), KMGW_A_EV_PAD);
	if (!*seq ||
	    nla_put_u8(skb, KMGW_A_EV_TYPE, type) ||
	    nla_put_u32(skb, KMGW_A_EV_CONTEXT, context))
		goto err;
	if (ep &&
	    (nla_put_u32(skb, KMGW_A_EV_TERMINATION, ep->termination) ||
	     nla_put_u16(skb, KMGW_A_EV_STREAM, ep->stream) ||
	     nla_put_u8(skb, KMGW_A_EV_STATE, ep->state) ||
	     nla_put_u8(skb, KMGW_A_EV_REASON, ep->reason) ||
	     nla_put_u8(skb, KMGW_A_EV_COMPONENT, ep->component) ||
	     kmgw_event_put_more(skb, type, ep)))
		goto err;
	genlmsg_end(skb, hdr);
	return skb;

err:
	nlmsg_free(skb);
	return NULL;
}

static void kmgw_event_send(struct kmgw_net *kn, enum kmgw_event type, u32 context,
			    const struct kmgw_ep *ep)
{
	struct sk_buff *skb = NULL;
	struct nlattr *seq;

	if (genl_has_listeners(&kmgw_family, kn->net, 0))
		skb = kmgw_event_build(type, context, ep, &seq);

	spin_lock_bh(&kn->event_lock);
	kn->event_seq++;
	if (skb) {
		memcpy(nla_data(seq), &kn->event_seq, sizeof(u64));
		genlmsg_multicast_netns(&kmgw_family, kn->net, skb, 0, 0, GFP_ATOMIC);
	}
	spin_unlock_bh(&kn->event_lock);
}

/**
 * kmgw_event_ctx() - tell that a context was added, changed or removed
 * @kn: namespace
 * @type: what happened
 * @context: id
 */
void kmgw_event_ctx(struct kmgw_net *kn, enum kmgw_event type, u32 context)
{
	kmgw_event_send(kn, type, context, NULL);
}

/**
 * kmgw_event_ep() - tell what happened to an endpoint
 * @ep: endpoint; under ep->lock, so that nothing overtakes the event of its deletion
 * @type: what happened
 */
void kmgw_event_ep(struct kmgw_ep *ep, enum kmgw_event type)
{
	lockdep_assert_held(&ep->lock);
	kmgw_event_send(ep->kn, type, ep->context, ep);
}

/**
 * kmgw_event_tell() - tell what happened to an endpoint, while it is there
 * @ep: endpoint
 * @type: what happened
 *
 * Context: any; takes ep->lock.
 */
void kmgw_event_tell(struct kmgw_ep *ep, enum kmgw_event type)
{
	spin_lock_bh(&ep->lock);
	if (ep->announced && !ep->dead)
		kmgw_event_ep(ep, type);
	spin_unlock_bh(&ep->lock);
}
