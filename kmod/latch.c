// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: latching (H.248.37): the far end is where its datagrams come from.
 *
 * What latching has come to is part of the path, which is replaced as a whole under ep->lock: of
 * datagrams that race on several CPUs, one finds a path that waits, and replaces it; the others
 * find its source there. So a path, once read, tells everything: where to send to, whether that
 * was learnt from a datagram (@latched), and whether the next source is taken (@waits).
 *
 * REMOTE as the user told it is kept apart (gate->told), for when latching is switched off.
 *
 * A plane that can tell whether a datagram is genuine calls kmgw_latch_check() first, and
 * kmgw_latch_take() once it knows.
 *
 * Context: softirq inside an RCU read section for datagrams, process under kn->lock for the user;
 * ep->lock is taken where the path is replaced.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "kmgw.h"
#include "latch.h"
#include "object.h"
#include "path.h"
#include "trace.h"

/**
 * kmgw_latch_is() - is that where a datagram comes from?
 * @addr: of the family of the endpoint, or AF_UNSPEC
 * @skb: datagram; data at the IP header
 * @family: AF_INET or AF_INET6, that of the endpoint
 * @port: source port
 *
 * Return: true if so.
 */
bool kmgw_latch_is(const struct kmgw_addr *addr, const struct sk_buff *skb, int family,
		   __be16 port)
{
	if (addr->port != port)
		return false;
	if (family == AF_INET)
		return addr->ip.v4 == ip_hdr(skb)->saddr;
	return ipv6_addr_equal(&addr->ip.v6, &ipv6_hdr(skb)->saddr);
}

/*
 * Loopback, multicast, broadcast and zero are martians, and have been dropped. So has an address
 * of our own, unless another endpoint sent it; then it came by the loopback device, or by a VRF.
 */
static bool kmgw_latch_may(const struct kmgw_ep *ep, const struct sk_buff *skb, int family,
			   __be16 port)
{
	if (!port || (skb->dev->flags & IFF_LOOPBACK) || netif_is_l3_master(skb->dev))
		return false;
	return family == AF_INET || READ_ONCE(ep->ifindex) ||
	       !(ipv6_addr_type(&ipv6_hdr(skb)->saddr) & IPV6_ADDR_LINKLOCAL);
}

/**
 * kmgw_latch_check() - may this source send to an endpoint that latches or has latched?
 * @ep: endpoint with a gate
 * @skb: datagram; data at the IP header; its source has passed filter and martian check
 * @family: AF_INET or AF_INET6
 * @port: source port
 * @waits: set when the datagram is to latch, if it is sound: call kmgw_latch_take()
 *
 * Context: RCU read section.
 * Return: KMGW_REASON_NONE or KMGW_REASON_LATCH.
 */
enum kmgw_reason kmgw_latch_check(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				  __be16 port, bool *waits)
{
	const struct kmgw_path *path = rcu_dereference(ep->path);

	*waits = false;
	if (!path || (!path->latched && !path->waits))
		return KMGW_REASON_NONE;
	if (path->waits && kmgw_latch_may(ep, skb, family, port)) {
		*waits = true;
		return KMGW_REASON_NONE;
	}
	return kmgw_latch_is(&path->remote, skb, family, port) ? KMGW_REASON_NONE :
								 KMGW_REASON_LATCH;
}

/**
 * kmgw_latch_take() - latch on to the source of a datagram
 * @ep: endpoint with a gate
 * @skb: datagram that kmgw_latch_check() wanted, and that is sound; data at the IP header
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * Context: RCU read section, BH disabled; takes ep->lock.
 * Return: KMGW_REASON_NONE; KMGW_REASON_LATCH when another source was faster; KMGW_REASON_NOMEM.
 */
enum kmgw_reason kmgw_latch_take(struct kmgw_ep *ep, const struct sk_buff *skb, int family,
				 __be16 port)
{
	struct kmgw_addr source = { .family = family, .port = port };
	enum kmgw_reason reason = KMGW_REASON_NONE;
	struct kmgw_path *old, *path;

	if (family == AF_INET)
		source.ip.v4 = ip_hdr(skb)->saddr;
	else
		source.ip.v6 = ipv6_hdr(skb)->saddr;
	path = kmgw_path_new(ep, &source, GFP_ATOMIC);
	if (!path)
		return KMGW_REASON_NOMEM;
	path->latched = true;

	spin_lock_bh(&ep->lock);
	old = rcu_dereference_protected(ep->path, lockdep_is_held(&ep->lock));
	if (old->waits) {
		path->source = old->source;
		rcu_assign_pointer(ep->path, path);
		trace_kmgw_latched(ep, &source);
		if (ep->state == KMGW_STATE_IDLE)
			kmgw_ep_set_state_locked(ep, KMGW_STATE_READY, KMGW_REASON_NONE);
		if (ep->announced && !ep->dead)
			kmgw_event_ep(ep, KMGW_EVENT_LATCHED);
		path = old;
	} else if (old->latched && !kmgw_latch_is(&old->remote, skb, family, port)) {
		reason = KMGW_REASON_LATCH;
	}
	spin_unlock_bh(&ep->lock);
	kmgw_path_free_rcu(path);
	return reason;
}

/**
 * kmgw_latch_genuine_waits() - kmgw_latch_genuine(), when the endpoint waits for a source
 * @ep: endpoint
 * @skb: datagram
 * @family: AF_INET or AF_INET6
 * @port: source port
 *
 * The device it came by may be gone, so what is our own is told by the address.
 *
 * Context: RCU read section, BH disabled; takes ep->lock.
 * Return: as kmgw_latch_take(); KMGW_REASON_NONE also when this source may not be latched.
 */
enum kmgw_reason kmgw_latch_genuine_waits(struct kmgw_ep *ep, const struct sk_buff *skb,
					  int family, __be16 port)
{
	struct kmgw_addr source = { .family = family };

	if (!port)
		return KMGW_REASON_NONE;
	if (family == AF_INET)
		source.ip.v4 = ip_hdr(skb)->saddr;
	else
		source.ip.v6 = ipv6_hdr(skb)->saddr;
	if (family == AF_INET6 && !READ_ONCE(ep->ifindex) &&
	    (ipv6_addr_type(&source.ip.v6) & IPV6_ADDR_LINKLOCAL))
		return KMGW_REASON_NONE;
	if (kmgw_path_own(ep->kn->net, ep->vrf, &source))
		return KMGW_REASON_NONE;
	return kmgw_latch_take(ep, skb, family, port);
}

/**
 * kmgw_latch_latched() - the source that was latched
 * @ep: endpoint
 * @latched: set when there is one
 *
 * Return: true when one was, and is the destination.
 */
bool kmgw_latch_latched(const struct kmgw_ep *ep, struct kmgw_addr *latched)
{
	const struct kmgw_path *path;
	bool found;

	rcu_read_lock();
	path = rcu_dereference(ep->path);
	found = path && path->latched;
	if (found)
		*latched = path->remote;
	rcu_read_unlock();
	return found;
}

/**
 * kmgw_latch_told() - REMOTE as the user told it
 * @ep: endpoint; under kn->lock
 * @told: set when there is one
 *
 * Return: true when there is one.
 */
bool kmgw_latch_told(const struct kmgw_ep *ep, struct kmgw_addr *told)
{
	const struct kmgw_gate *gate = rcu_dereference_protected(ep->gate,
								 lockdep_is_held(&ep->kn->lock));
	const struct kmgw_path *path;
	bool found;

	if (gate) {
		*told = gate->told;
		return told->family;
	}
	/* for another route, a datagram replaces it without kn->lock */
	rcu_read_lock();
	path = rcu_dereference(ep->path);
	found = path && path->remote.family;
	if (found)
		*told = path->remote;
	rcu_read_unlock();
	return found;
}

/* What stands in what is sent: LOCAL, as far as SOURCE does not say otherwise. */
static void kmgw_latch_fill_source(struct kmgw_path *path, const struct kmgw_gate *gate)
{
	if (gate && gate->source.port)
		path->source.port = gate->source.port;
	if (gate && !ipv6_addr_any(&gate->source.ip.v6))
		path->source.ip.v6 = gate->source.ip.v6;
}

/* What the user asks for and what datagrams have brought about together give the new path. */
static void kmgw_latch_fill(struct kmgw_path *path, const struct kmgw_path *old,
			    struct kmgw_gate *gate, const struct kmgw_ep_cfg *cfg)
{
	const struct kmgw_addr *told = old ? &old->remote : &path->remote;

	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE))
		told = &cfg->remote;
	if (gate) {
		if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE))
			gate->told = cfg->remote;
		told = &gate->told;
	}
	path->latched = old && old->latched;
	path->waits = old && old->waits;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_LATCH)) {
		path->waits = cfg->latch != KMGW_LATCH_OFF;
		if (cfg->latch != KMGW_LATCH_RELATCH)
			path->latched = false;
		if (gate)
			gate->latch = cfg->latch;
	}
	path->remote = path->latched ? old->remote : *told;
	path->hold = kmgw_addr_any(&path->remote);
}

/**
 * kmgw_latch_apply() - put a path in place after the user has set what it depends on
 * @ep: endpoint; under kn->lock; has a gate if it shall latch
 * @cfg: what was set
 * @path: new path, empty
 *
 * Return: true when the destination is another one now.
 */
bool kmgw_latch_apply(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg, struct kmgw_path *path)
{
	struct kmgw_gate *gate = rcu_dereference_protected(ep->gate,
							   lockdep_is_held(&ep->kn->lock));
	struct kmgw_path *old;
	bool moved;

	spin_lock_bh(&ep->lock);
	old = rcu_dereference_protected(ep->path, lockdep_is_held(&ep->lock));
	kmgw_latch_fill(path, old, gate, cfg);
	kmgw_latch_fill_source(path, gate);
	moved = !old || old->remote.port != path->remote.port ||
		!ipv6_addr_equal(&old->remote.ip.v6, &path->remote.ip.v6);
	rcu_assign_pointer(ep->path, path);
	spin_unlock_bh(&ep->lock);
	kmgw_path_free_rcu(old);
	return moved;
}
