// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: attributes of an endpoint against each other, against the endpoint and the host.
 *
 * Context: process, under kn->lock. Nothing is changed here.
 */
#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>

#include "kmgw.h"
#include "latch.h"
#include "object.h"
#include "path.h"

/* What may be said of a device or VRF can only be checked against those that exist now. */
static int kmgw_ep_check_devices(struct kmgw_net *kn, u32 ifindex, u32 vrf,
				 struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int err = 0;

	rcu_read_lock();
	if (vrf) {
		dev = dev_get_by_index_rcu(kn->net, vrf);
		if (!dev || !netif_is_l3_master(dev)) {
			NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_VRF],
					    "VRF is not the ifindex of an L3 master device");
			err = -ENODEV;
			goto out;
		}
	}
	if (ifindex) {
		dev = dev_get_by_index_rcu(kn->net, ifindex);
		if (!dev) {
			NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_IFINDEX],
					    "IFINDEX is not the ifindex of a device");
			err = -ENODEV;
		} else if (l3mdev_master_ifindex_rcu(dev) != vrf) {
			NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_IFINDEX],
					    "the device is not in the VRF of the endpoint");
			err = -EINVAL;
		}
	}
out:
	rcu_read_unlock();
	return err;
}

static bool kmgw_addr_linklocal(const struct in6_addr *addr, int family)
{
	return family == AF_INET6 && (ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL);
}

/* Addresses that mean nothing without a device: our own, REMOTE, what was latched. */
static bool kmgw_ep_needs_device(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg)
{
	struct kmgw_addr addr;

	if (kmgw_addr_linklocal(&ep->key.ip.v6, ep->key.family) ||
	    kmgw_addr_linklocal(&cfg->source.ip.v6, cfg->source.family) ||
	    (kmgw_latch_latched(ep, &addr) && kmgw_addr_linklocal(&addr.ip.v6, addr.family)))
		return true;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE))
		return kmgw_addr_linklocal(&cfg->remote.ip.v6, cfg->remote.family);
	return kmgw_latch_told(ep, &addr) && kmgw_addr_linklocal(&addr.ip.v6, addr.family);
}

static int kmgw_ep_check_filter(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
				struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; cfg->filter && i < cfg->filter->count; i++) {
		if (!cfg->filter->rule[i].family || cfg->filter->rule[i].family == ep->key.family)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_FILTER],
				    "FILTER is not of the family of LOCAL");
		return -EAFNOSUPPORT;
	}
	return 0;
}

static int kmgw_ep_check_source(struct kmgw_net *kn, const struct kmgw_ep *ep,
				const struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack)
{
	bool own = true;

	if (!cfg->source.family)
		return 0;
	if (cfg->source.family != ep->key.family) {
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_SOURCE],
				    "SOURCE is not of the family of LOCAL");
		return -EAFNOSUPPORT;
	}
	if (!ipv6_addr_any(&cfg->source.ip.v6)) {
		rcu_read_lock();
		own = kmgw_path_own(kn->net, ep->vrf, &cfg->source);
		rcu_read_unlock();
	}
	if (own)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_SOURCE],
			    "SOURCE is not an address of this host, or not in the VRF");
	return -EADDRNOTAVAIL;
}

/* Attributes that are meant for the other transport. */
static int kmgw_ep_check_l4(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
			    struct netlink_ext_ack *extack)
{
	static const u8 tcp_only[] = {
		KMGW_A_EP_PREFIX, KMGW_A_EP_IDLE_TIMEOUT, KMGW_A_EP_LINGER, KMGW_A_EP_PLANE,
		KMGW_A_EP_RESTART, KMGW_A_EP_REPLACE, KMGW_A_EP_EARLY, KMGW_A_EP_NOTE,
		KMGW_A_EP_PRIORITY, KMGW_A_EP_OCTET_LIMIT, KMGW_A_EP_IDLE_IN,
	};
	static const u8 udp_only[] = {
		KMGW_A_EP_LATCH, KMGW_A_EP_POLICE, KMGW_A_EP_SOURCE, KMGW_A_EP_INACTIVITY,
		KMGW_A_EP_INACTIVITY_DIR,
	};
	bool udp = ep->l4 == KMGW_L4_UDP;
	const u8 *other = udp ? tcp_only : udp_only;
	int i, n = udp ? ARRAY_SIZE(tcp_only) : ARRAY_SIZE(udp_only);

	for (i = 0; i < n; i++) {
		if (!kmgw_ep_cfg_has(cfg, other[i]))
			continue;
		NL_SET_BAD_ATTR(extack, cfg->attrs[other[i]]);
		if (udp)
			NL_SET_ERR_MSG(extack, "a UDP endpoint does not take this attribute");
		else
			NL_SET_ERR_MSG(extack, "a TCP endpoint does not take this attribute");
		return -EINVAL;
	}
	return 0;
}

/**
 * kmgw_ep_check() - check a request as far as that needs no memory
 * @kn: namespace; under kn->lock
 * @ep: endpoint, new or not
 * @cfg: attributes
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno; nothing is changed.
 */
int kmgw_ep_check(struct kmgw_net *kn, struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg,
		  struct netlink_ext_ack *extack)
{
	u32 ifindex = kmgw_ep_cfg_has(cfg, KMGW_A_EP_IFINDEX) ? cfg->ifindex : ep->ifindex;
	struct nlattr **attrs = cfg->attrs;
	int err;

	err = kmgw_ep_check_l4(ep, cfg, extack);
	if (err)
		return err;
	if (ep->l4 == KMGW_L4_UDP && !ep->security && kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_RELEASE],
				    "only TCP and DTLS have something to release");
		return -EINVAL;
	}
	err = kmgw_plane_check(ep, cfg, extack);
	if (err)
		return err;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_PREFIX) && !kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_PREFIX], "PREFIX needs SOCKET");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_NOTE) && !kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_NOTE],
				    "NOTE needs SOCKET: it is about that connection");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REPLACE) && !kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_REPLACE],
				    "REPLACE needs SOCKET: the connection that comes instead");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE) && kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_RELEASE],
				    "RELEASE first, then SOCKET in another request");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE) && cfg->remote.family != ep->key.family) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_REMOTE],
				    "REMOTE is not of the family of LOCAL");
		return -EAFNOSUPPORT;
	}
	if (!ifindex && kmgw_ep_needs_device(ep, cfg)) {
		NL_SET_ERR_MSG(extack, "a link-local address needs IFINDEX");
		return -EINVAL;
	}
	err = kmgw_ep_check_filter(ep, cfg, extack) ? :
	      kmgw_ep_check_source(kn, ep, cfg, extack);
	if (err)
		return err;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_IFINDEX) || kmgw_ep_cfg_has(cfg, KMGW_A_EP_VRF))
		return kmgw_ep_check_devices(kn, ifindex, ep->vrf, cfg, extack);
	return 0;
}
