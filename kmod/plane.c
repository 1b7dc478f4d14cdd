// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: which plane an endpoint has, as requests want it.
 *
 * A splice has sockets (splice.c), relay and merge have a flow (flow.c). What can be refused is
 * checked and allocated first; what is done then cannot fail. Context: process, under kn->lock.
 */
#include <net/genetlink.h>

#include "dtls.h"
#include "flow.h"
#include "kmgw.h"
#include "object.h"
#include "path.h"
#include "splice.h"

/**
 * kmgw_plane_wanted() - the plane of an endpoint once a request is fulfilled
 * @ep: endpoint
 * @cfg: attributes
 *
 * Return: enum kmgw_plane.
 */
u8 kmgw_plane_wanted(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg)
{
	return kmgw_ep_cfg_has(cfg, KMGW_A_EP_PLANE) ? cfg->plane : ep->plane;
}

/**
 * kmgw_plane_check() - can a request be fulfilled, as far as planes go?
 * @ep: endpoint
 * @cfg: attributes
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno.
 */
int kmgw_plane_check(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack)
{
	u8 plane = kmgw_plane_wanted(ep, cfg);
	struct nlattr **attrs = cfg->attrs;

	if (plane != ep->plane && kmgw_flow_begun(ep) &&
	    !kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_PLANE],
				    "a connection has begun: give RESTART to end it");
		return -EBUSY;
	}
	if (plane != ep->plane && ep->l4 == KMGW_L4_TCP && kmgw_splice_attached(ep)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_PLANE],
				    "the endpoint has a connection: RELEASE it first");
		return -EBUSY;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART) && !kmgw_packet_plane(ep->plane) &&
	    !kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_RESTART],
				    "only relay and merge restart: give a splice another SOCKET");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART) && kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_RESTART],
				    "RESTART ends the connection, too: give no RELEASE");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_PREFIX) && kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_PREFIX], "only a splice takes PREFIX");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_NOTE) && kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_NOTE], "only a splice takes NOTE");
		return -EINVAL;
	}
	if (cfg->octet_limit && kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_OCTET_LIMIT],
				    "only a splice ends at a number of octets");
		return -EINVAL;
	}
	if (cfg->idle_in && kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_IDLE_IN],
				    "only a splice has a time for one direction");
		return -EINVAL;
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REPLACE) && kmgw_packet_plane(plane)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_REPLACE],
				    "only a splice has sockets to replace: give RESTART");
		return -EINVAL;
	}
	if (ep->port_sock && ep->l4 != KMGW_L4_UDP && plane == ep->plane &&
	    kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET)) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[KMGW_A_EP_SOCKET],
				    "the endpoint has its socket already");
		return -EBUSY;
	}
	return 0;
}

/**
 * kmgw_plane_prepare() - allocate what the plane of a request needs
 * @ep: endpoint
 * @cfg: attributes
 * @flow: set to a new flow, where there is none of that plane or it stays behind; or to NULL
 * @extack: says what to do about a refusal
 *
 * Return: 0 or -ENOMEM.
 */
int kmgw_plane_prepare(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		       struct kmgw_flow **flow, struct netlink_ext_ack *extack)
{
	u8 plane = kmgw_plane_wanted(ep, cfg);

	*flow = NULL;
	if (!kmgw_packet_plane(plane) ||
	    (ep->plane == plane && rcu_access_pointer(ep->flow) &&
	     !kmgw_ep_cfg_has(cfg, KMGW_A_EP_MOVE)))
		return 0;
	*flow = kmgw_flow_new(ep->kn, plane);
	if (*flow)
		return 0;
	NL_SET_ERR_MSG(extack, "out of memory for the flow");
	return -ENOMEM;
}

/**
 * kmgw_plane_apply() - set what only connections of TCP have; cannot fail
 * @ep: endpoint
 * @cfg: attributes
 */
void kmgw_plane_apply(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg)
{
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_PRIORITY))
		WRITE_ONCE(ep->priority, cfg->priority);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_OCTET_LIMIT))
		WRITE_ONCE(ep->octet_limit, cfg->octet_limit);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_IDLE_IN))
		WRITE_ONCE(ep->idle_in, cfg->idle_in);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_LINGER))
		WRITE_ONCE(ep->linger, cfg->linger);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_IDLE_TIMEOUT)) {
		WRITE_ONCE(ep->idle_timeout, cfg->idle_timeout);
		kmgw_flow_recheck(ep);
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_EARLY)) {
		WRITE_ONCE(ep->early, cfg->early);
		kmgw_flow_recheck(ep);
	}
}

/**
 * kmgw_plane_release() - end the connection or association of an endpoint
 * @ep: endpoint
 * @how: enum kmgw_release
 * @reason: why
 */
void kmgw_plane_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason)
{
	bool orderly = how == KMGW_RELEASE_ORDERLY;

	if (kmgw_packet_plane(ep->plane))
		kmgw_flow_release(ep, how, reason);
	else if (ep->plane == KMGW_PLANE_SPLICE)
		kmgw_splice_release(ep, how, reason);
	else
		kmgw_dtls_end(ep, orderly ? KMGW_STATE_RELEASED : KMGW_STATE_FAILED, reason,
			      orderly);
}

/**
 * kmgw_plane_end() - asked to start anew, or with another far end: end what passes through
 * @ep: endpoint
 * @cfg: attributes
 * @path: new path that is going to be set, or NULL
 */
void kmgw_plane_end(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		    const struct kmgw_path *path)
{
	const struct kmgw_path *old = rcu_dereference_protected(ep->path,
							       lockdep_is_held(&ep->kn->lock));

	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART) ||
	    (path && kmgw_flow_begun(ep) && !kmgw_path_leads_to(old, &path->remote)))
		kmgw_flow_restart(ep);
	else if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE) && kmgw_flow_keeps(ep, &cfg->remote))
		kmgw_flow_tell(ep, &cfg->remote);
}

/**
 * kmgw_plane_set() - another plane, or another peer
 * @ep: endpoint
 * @cfg: attributes
 * @peer: its peer from now on, or NULL
 * @flow: from kmgw_plane_prepare(); taken over
 */
void kmgw_plane_set(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg, struct kmgw_ep *peer,
		    struct kmgw_flow *flow)
{
	u8 plane = kmgw_plane_wanted(ep, cfg);

	if (plane == ep->plane && !flow)
		return;
	kmgw_flow_leave(ep);
	kmgw_flow_join(ep, peer, plane, flow);
	if (plane == KMGW_PLANE_SPLICE) {
		kmgw_port_release(ep->port_sock);
		ep->port_sock = NULL;
	}
	kmgw_ep_set_state(ep, KMGW_STATE_IDLE, KMGW_REASON_NONE);
}
