// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: where an endpoint sends to, and the route there.
 *
 * One route an endpoint, held by the path, checked for every datagram and looked up again when it
 * is outdated. Datagrams use it without a reference, inside their RCU section: a path that was
 * replaced gives its route back after a grace period.
 *
 * Context: softirq and process; ep->lock while a path is replaced.
 */
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/flow.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "kmgw.h"
#include "path.h"

/**
 * kmgw_path_new() - make a path
 * @remote: destination, perhaps none (hold)
 * @source: address and port that stand in what is sent
 * @gfp: how to allocate
 *
 * Return: the path or NULL.
 */
struct kmgw_path *kmgw_path_new(const struct kmgw_addr *remote, const struct kmgw_addr *source,
				gfp_t gfp)
{
	struct kmgw_path *path;

	path = kzalloc(sizeof(*path), gfp);
	if (!path)
		return NULL;
	path->remote = *remote;
	path->source = *source;
	path->hold = kmgw_addr_any(remote);
	return path;
}

/**
 * kmgw_path_free() - free a path that no packet can see
 * @path: path or NULL
 */
void kmgw_path_free(struct kmgw_path *path)
{
	if (!path)
		return;
	dst_release(path->dst);
	kfree(path);
}

static void kmgw_path_rcu(struct rcu_head *rcu)
{
	kmgw_path_free(container_of(rcu, struct kmgw_path, rcu));
}

/**
 * kmgw_path_free_rcu() - free a path that was replaced
 * @path: path or NULL
 */
void kmgw_path_free_rcu(struct kmgw_path *path)
{
	if (path)
		call_rcu(&path->rcu, kmgw_path_rcu);
}

/**
 * kmgw_path_own() - is an address one of this host?
 * @net: network namespace
 * @vrf: ifindex of the L3 master device, or 0
 * @addr: address
 *
 * Context: RCU read section.
 * Return: true when it is.
 */
bool kmgw_path_own(struct net *net, u32 vrf, const struct kmgw_addr *addr)
{
	struct net_device *dev = vrf ? dev_get_by_index_rcu(net, vrf) : net->loopback_dev;

	if (!dev)
		return false;
	if (addr->family == AF_INET)
		return inet_addr_type_dev_table(net, dev, addr->ip.v4) == RTN_LOCAL;
	return ipv6_chk_addr(net, &addr->ip.v6, dev, 0);
}

/* The device to send by, or 0. Our own addresses are reached by none: that is a hairpin. */
static int kmgw_path_oif(struct kmgw_ep *ep, const struct kmgw_addr *remote)
{
	int oif = READ_ONCE(ep->ifindex);

	if (!oif)
		return ep->vrf;
	return kmgw_path_own(ep->kn->net, ep->vrf, remote) ? ep->vrf : oif;
}

static struct dst_entry *kmgw_path_lookup4(struct kmgw_ep *ep, const struct kmgw_addr *remote,
					   const struct kmgw_addr *source, int oif)
{
	struct flowi4 fl4 = {
		.flowi4_oif = oif,
		.flowi4_proto = IPPROTO_UDP,
		.saddr = source->ip.v4,
		.daddr = remote->ip.v4,
		.fl4_sport = source->port,
		.fl4_dport = remote->port,
	};
	u8 dscp = READ_ONCE(ep->dscp);
	struct fib_result res;
	struct rtable *rt;

	if (dscp != KMGW_DSCP_KEEP)
		fl4.flowi4_tos = dscp << 2;
	rt = ip_route_output_flow(ep->kn->net, &fl4, NULL);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	/* With a device and no route, IPv4 would try any destination on that device. */
	if ((rt->rt_type != RTN_UNICAST && rt->rt_type != RTN_LOCAL) ||
	    (oif && oif != ep->vrf && fib_lookup(ep->kn->net, &fl4, &res, 0))) {
		ip_rt_put(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	return &rt->dst;
}

static struct dst_entry *kmgw_path_lookup6(struct kmgw_ep *ep, const struct kmgw_addr *remote,
					   const struct kmgw_addr *source, int oif)
{
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_proto = IPPROTO_UDP,
		.saddr = source->ip.v6,
		.daddr = remote->ip.v6,
		.fl6_sport = source->port,
		.fl6_dport = remote->port,
	};

	return ip6_dst_lookup_flow(ep->kn->net, NULL, &fl6, NULL);
}

/* A path as another one, with the route that is the right one now. */
static struct kmgw_path *kmgw_path_lookup(struct kmgw_ep *ep, const struct kmgw_path *old)
{
	const struct kmgw_addr *remote = &old->remote, *source = &old->source;
	int oif = kmgw_path_oif(ep, remote);
	struct kmgw_path *path;
	struct dst_entry *dst;

	if (remote->family == AF_INET)
		dst = kmgw_path_lookup4(ep, remote, source, oif);
	else
		dst = kmgw_path_lookup6(ep, remote, source, oif);
	if (IS_ERR(dst))
		return ERR_CAST(dst);
	/* A tunnel of IPsec may leave by another device. */
	if (oif && oif != ep->vrf && oif != dst->dev->ifindex && !dst->xfrm) {
		dst_release(dst);
		return ERR_PTR(-EHOSTUNREACH);
	}
	path = kmgw_path_new(remote, source, GFP_ATOMIC);
	if (!path) {
		dst_release(dst);
		return ERR_PTR(-ENOMEM);
	}
	path->latched = old->latched;
	path->waits = old->waits;
	path->dst = dst;
	if (remote->family == AF_INET6)
		path->cookie = rt6_get_cookie(dst_rt6_info(dst));
	return path;
}

/**
 * kmgw_path_refresh() - look a route up and keep it
 * @ep: endpoint that sends
 * @old: its path, without route or with an outdated one
 * @reason: set when there is none
 *
 * Context: RCU read section, BH disabled.
 * Return: the route, valid inside the RCU section, or NULL.
 */
struct dst_entry *kmgw_path_refresh(struct kmgw_ep *ep, struct kmgw_path *old,
				    enum kmgw_reason *reason)
{
	struct kmgw_path *path = kmgw_path_lookup(ep, old);
	struct dst_entry *dst;
	bool current_path;

	if (IS_ERR(path)) {
		*reason = PTR_ERR(path) == -ENOMEM ? KMGW_REASON_NOMEM : KMGW_REASON_NO_ROUTE;
		return NULL;
	}
	dst = path->dst;
	spin_lock_bh(&ep->lock);
	current_path = rcu_access_pointer(ep->path) == old;
	if (current_path)
		rcu_assign_pointer(ep->path, path);
	spin_unlock_bh(&ep->lock);
	/* When another one was faster, this route serves this datagram only. */
	kmgw_path_free_rcu(current_path ? old : path);
	return dst;
}
