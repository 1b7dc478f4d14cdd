// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: endpoints.
 *
 * Packets find an endpoint by its key through the RCU hash table of the namespace; the user finds
 * it in the tree of its context, ordered by stream, component and termination, where peers are
 * neighbours.
 *
 * Context: process, under kn->lock, except kmgw_ep_set_state(). What packets read is either a
 * single word, or reached through an RCU pointer and replaced as a whole. Freed by call_rcu()
 * once the object tree and every connection that still closes have given their references back.
 */
#include <linux/random.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "dtls.h"
#include "flow.h"
#include "hook.h"
#include "kmgw.h"
#include "latch.h"
#include "lookup.h"
#include "object.h"
#include "path.h"
#include "splice.h"
#include "trace.h"
#include "watch.h"

static struct kmem_cache *kmgw_ep_cache;

/**
 * kmgw_ep_init() - prepare for endpoints
 *
 * Return: 0 or -ENOMEM.
 */
int __init kmgw_ep_init(void)
{
	kmgw_ep_cache = KMEM_CACHE(kmgw_ep, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return kmgw_ep_cache ? 0 : -ENOMEM;
}

/**
 * kmgw_ep_exit() - undo kmgw_ep_init(), after the last endpoint
 */
void kmgw_ep_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(kmgw_ep_cache);
}

/**
 * kmgw_ep_tables_init() - prepare a namespace for endpoints
 * @kn: namespace
 *
 * Return: 0 or a negative errno.
 */
int kmgw_ep_tables_init(struct kmgw_net *kn)
{
	return rhashtable_init(&kn->eps, &kmgw_ep_params);
}

/**
 * kmgw_ep_tables_exit() - undo kmgw_ep_tables_init()
 * @kn: namespace without endpoints
 */
void kmgw_ep_tables_exit(struct kmgw_net *kn)
{
	rhashtable_destroy(&kn->eps);
}

static void kmgw_ep_free_rcu(struct rcu_head *rcu)
{
	struct kmgw_ep *ep = container_of(rcu, struct kmgw_ep, rcu);
	struct kmgw_gate *gate = rcu_access_pointer(ep->gate);

	kmgw_dtls_free(ep);
	if (gate)
		kfree(rcu_access_pointer(gate->police));
	kfree(gate);
	kmgw_path_free(rcu_access_pointer(ep->path));
	kfree(rcu_access_pointer(ep->filter));
	kfree(ep->note);
	kmem_cache_free(kmgw_ep_cache, ep);
}

/**
 * kmgw_ep_free() - free an endpoint after a grace period
 * @ep: endpoint without references; any context
 */
void kmgw_ep_free(struct kmgw_ep *ep)
{
	call_rcu(&ep->rcu, kmgw_ep_free_rcu);
}

static int kmgw_ep_order(const struct kmgw_ep *ep, u16 stream, u8 component, u32 termination)
{
	if (ep->stream != stream)
		return ep->stream < stream ? -1 : 1;
	if (ep->component != component)
		return ep->component < component ? -1 : 1;
	if (ep->termination != termination)
		return ep->termination < termination ? -1 : 1;
	return 0;
}

/**
 * kmgw_ep_next() - find the first endpoint of a context that is not before a name
 * @ctx: context; under kn->lock
 * @stream: stream
 * @component: component
 * @termination: termination
 *
 * Return: the endpoint or NULL.
 */
struct kmgw_ep *kmgw_ep_next(struct kmgw_ctx *ctx, u16 stream, u8 component, u32 termination)
{
	struct rb_node *n = ctx->eps.rb_node;
	struct kmgw_ep *best = NULL;

	while (n) {
		struct kmgw_ep *ep = rb_entry(n, struct kmgw_ep, order);

		if (kmgw_ep_order(ep, stream, component, termination) >= 0) {
			best = ep;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

/**
 * kmgw_ep_find() - find an endpoint by name
 * @ctx: context; under kn->lock
 * @stream: stream
 * @component: component
 * @termination: termination
 *
 * Return: the endpoint or NULL.
 */
struct kmgw_ep *kmgw_ep_find(struct kmgw_ctx *ctx, u16 stream, u8 component, u32 termination)
{
	struct kmgw_ep *ep = kmgw_ep_next(ctx, stream, component, termination);

	return ep && !kmgw_ep_order(ep, stream, component, termination) ? ep : NULL;
}

static void kmgw_ep_link(struct kmgw_ctx *ctx, struct kmgw_ep *ep)
{
	struct rb_node **link = &ctx->eps.rb_node, *parent = NULL;
	struct kmgw_ep *at;

	while (*link) {
		parent = *link;
		at = rb_entry(parent, struct kmgw_ep, order);
		if (kmgw_ep_order(at, ep->stream, ep->component, ep->termination) > 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&ep->order, parent, link);
	rb_insert_color(&ep->order, &ctx->eps);
	ep->ctx = ctx;
	ctx->nr_ep++;
}

static void kmgw_ep_unlink(struct kmgw_net *kn, struct kmgw_ep *ep)
{
	struct kmgw_ep *peer = rcu_dereference_protected(ep->peer, lockdep_is_held(&kn->lock));

	rb_erase(&ep->order, &ep->ctx->eps);
	ep->ctx->nr_ep--;
	ep->ctx = NULL;
	if (peer) {
		RCU_INIT_POINTER(peer->peer, NULL);
		RCU_INIT_POINTER(ep->peer, NULL);
	}
}

static enum kmgw_event kmgw_ep_state_event(enum kmgw_state state)
{
	switch (state) {
	case KMGW_STATE_ESTABLISHED:
		return KMGW_EVENT_ESTABLISHED;
	case KMGW_STATE_CLOSING:
		return KMGW_EVENT_CLOSING;
	case KMGW_STATE_RELEASED:
		return KMGW_EVENT_RELEASED;
	case KMGW_STATE_FAILED:
		return KMGW_EVENT_FAILED;
	default:
		return KMGW_EVENT_CHANGED;
	}
}

/**
 * kmgw_ep_set_state_locked() - change the state of an endpoint and tell it
 * @ep: endpoint; under ep->lock
 * @state: new state
 * @reason: why
 *
 * Edge-triggered: saying the same again does nothing. No event follows that of the deletion.
 *
 * Context: process or softirq.
 */
void kmgw_ep_set_state_locked(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason)
{
	lockdep_assert_held(&ep->lock);
	if (ep->dead || (ep->state == state && ep->reason == reason))
		return;
	trace_kmgw_ep_state(ep, ep->state, state, reason);
	WRITE_ONCE(ep->state, state);
	WRITE_ONCE(ep->reason, reason);
	ep->changed = ktime_to_ms(ktime_get_real());
	if (ep->announced)
		kmgw_event_ep(ep, kmgw_ep_state_event(state));
}

/**
 * kmgw_ep_set_state() - change the state of an endpoint and tell it
 * @ep: endpoint
 * @state: new state
 * @reason: why
 *
 * Context: process or softirq; takes ep->lock.
 */
void kmgw_ep_set_state(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason)
{
	spin_lock_bh(&ep->lock);
	kmgw_ep_set_state_locked(ep, state, reason);
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_ep_begin() - a datagram endpoint has received something and passed it on
 * @ep: endpoint
 *
 * Unless it has ended meanwhile.
 *
 * Context: process or softirq; takes ep->lock.
 */
void kmgw_ep_begin(struct kmgw_ep *ep)
{
	u8 state = READ_ONCE(ep->state);

	if (state == KMGW_STATE_IDLE || state == KMGW_STATE_READY)
		kmgw_ep_set_state(ep, KMGW_STATE_ESTABLISHED, KMGW_REASON_NONE);
}

/* What needs a gate; it is there if the request asks for one. Not latching, see latch.c. */
static void kmgw_ep_apply_gate(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg)
{
	struct kmgw_gate *gate = rcu_dereference_protected(ep->gate,
							   lockdep_is_held(&ep->kn->lock));
	struct kmgw_police *police;

	if (!gate)
		return;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOURCE))
		gate->source = cfg->source;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_INACTIVITY_DIR))
		gate->inactivity_dir = cfg->inactivity_dir;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_INACTIVITY)) {
		spin_lock_bh(&ep->lock);
		gate->inactivity = cfg->inactivity;
		spin_unlock_bh(&ep->lock);
	}
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_POLICE)) {
		police = rcu_replace_pointer(gate->police, cfg->police,
					     lockdep_is_held(&ep->kn->lock));
		cfg->police = NULL;
		if (police)
			kfree_rcu(police, rcu);
	}
}

static bool kmgw_ep_watches(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg)
{
	return rcu_access_pointer(ep->gate) &&
	       (kmgw_ep_cfg_has(cfg, KMGW_A_EP_INACTIVITY) ||
		kmgw_ep_cfg_has(cfg, KMGW_A_EP_INACTIVITY_DIR));
}

/*
 * The part that cannot fail. @path is a new path, or NULL when destination and route stay.
 * Returns true when the far end is another one now.
 */
static bool kmgw_ep_apply(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg, struct kmgw_path *path)
{
	struct kmgw_net *kn = ep->kn;
	struct kmgw_filter *filter;
	struct kmgw_path *old;
	bool moved;

	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_MODE))
		WRITE_ONCE(ep->mode, cfg->mode);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_DSCP))
		WRITE_ONCE(ep->dscp, cfg->dscp);
	kmgw_plane_apply(ep, cfg);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_IFINDEX))
		WRITE_ONCE(ep->ifindex, cfg->ifindex);
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_FILTER)) {
		filter = rcu_replace_pointer(ep->filter, cfg->filter, lockdep_is_held(&kn->lock));
		cfg->filter = NULL;
		if (filter)
			kfree_rcu(filter, rcu);
	}
	kmgw_ep_apply_gate(ep, cfg);
	if (!path)
		return false;
	if (ep->l4 == KMGW_L4_UDP)
		return kmgw_latch_apply(ep, cfg, path);
	spin_lock_bh(&ep->lock);
	old = rcu_replace_pointer(ep->path, path, lockdep_is_held(&ep->lock));
	spin_unlock_bh(&ep->lock);
	moved = !kmgw_path_leads_to(old, &path->remote);
	kmgw_path_free_rcu(old);
	return moved;
}

/* A datagram endpoint with another far end starts anew. */
static void kmgw_ep_restart(struct kmgw_ep *ep)
{
	struct kmgw_path *path;
	bool hold;

	rcu_read_lock();
	path = rcu_dereference(ep->path);
	hold = !path || path->hold;
	rcu_read_unlock();
	if (ep->l4 == KMGW_L4_UDP)
		kmgw_ep_set_state(ep, hold ? KMGW_STATE_IDLE : KMGW_STATE_READY,
				  KMGW_REASON_NONE);
}

/*
 * What only some endpoints need, for those that need it now. Left in place when the request is
 * refused later: it says nothing yet.
 */
static int kmgw_ep_need_gate(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
			     struct netlink_ext_ack *extack)
{
	struct kmgw_gate *gate;

	if (rcu_access_pointer(ep->gate) ||
	    !(cfg->latch || cfg->police || cfg->source.family || cfg->inactivity ||
	      cfg->inactivity_dir))
		return 0;
	gate = kzalloc(sizeof(*gate), GFP_KERNEL_ACCOUNT);
	if (!gate) {
		NL_SET_ERR_MSG(extack, "out of memory for what the endpoint is to watch");
		return -ENOMEM;
	}
	gate->inactivity_dir = KMGW_DIRECTION_BOTH;
	kmgw_watch_init(ep, gate);
	kmgw_latch_told(ep, &gate->told);
	rcu_assign_pointer(ep->gate, gate);
	return 0;
}

/* For TCP: for another destination, or for the same one by another device. */
static bool kmgw_ep_new_remote(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
			       struct kmgw_addr *remote)
{
	bool restart = kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART);

	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE) &&
	    (restart || !kmgw_flow_keeps(ep, &cfg->remote))) {
		*remote = cfg->remote;
		return true;
	}
	if (!kmgw_ep_cfg_has(cfg, KMGW_A_EP_IFINDEX))
		return false;
	return (restart && kmgw_flow_told(ep, remote)) || kmgw_latch_told(ep, remote);
}

/* A new path for another destination, for the same one by another device, or for latching. */
static int kmgw_ep_new_path(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
			    struct kmgw_path **path, struct netlink_ext_ack *extack)
{
	struct kmgw_addr remote = {};
	int err;

	*path = NULL;
	err = kmgw_ep_need_gate(ep, cfg, extack);
	if (err)
		return err;
	if (ep->l4 == KMGW_L4_TCP && !kmgw_ep_new_remote(ep, cfg, &remote))
		return 0;
	/* that of UDP is filled in later, when datagrams can change it no more */
	if (ep->l4 == KMGW_L4_UDP &&
	    !kmgw_ep_cfg_has(cfg, KMGW_A_EP_REMOTE) && !kmgw_ep_cfg_has(cfg, KMGW_A_EP_LATCH) &&
	    !(rcu_access_pointer(ep->path) && (kmgw_ep_cfg_has(cfg, KMGW_A_EP_IFINDEX) ||
					       kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOURCE))))
		return 0;
	*path = kmgw_path_new(ep, &remote, GFP_KERNEL_ACCOUNT);
	if (*path)
		return 0;
	NL_SET_ERR_MSG(extack, "out of memory for the destination");
	return -ENOMEM;
}

/* Sockets come last: whatever else may be refused has been checked by then. */
static int kmgw_ep_take_socket(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg,
			       struct netlink_ext_ack *extack)
{
	struct socket *sock;
	int err;

	if (!kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET))
		return 0;
	if (kmgw_plane_wanted(ep, cfg) == KMGW_PLANE_SPLICE) {
		err = kmgw_splice_attach(ep, cfg->fd, cfg->prefix, cfg->prefix_len,
					 kmgw_ep_cfg_has(cfg, KMGW_A_EP_REPLACE), extack);
		if (!err)
			swap(ep->note, cfg->note);
	} else if (ep->l4 == KMGW_L4_UDP && ep->port_sock) {
		err = kmgw_port_join(ep->kn, &ep->key, ep->port_sock, cfg->fd, extack);
	} else {
		sock = kmgw_port_reserve(ep->kn, &ep->key, cfg->fd, extack);
		err = PTR_ERR_OR_ZERO(sock);
		if (!err) {
			kmgw_port_release(ep->port_sock);
			ep->port_sock = sock;
		}
	}
	if (err)
		NL_SET_BAD_ATTR(extack, cfg->attrs[KMGW_A_EP_SOCKET]);
	return err;
}

static struct kmgw_ep *kmgw_ep_alloc(struct kmgw_net *kn, struct kmgw_ctx *ctx,
				     const struct kmgw_ep_cfg *cfg)
{
	struct kmgw_ep *ep;

	ep = kmem_cache_zalloc(kmgw_ep_cache, GFP_KERNEL);
	if (!ep)
		return NULL;
	ep->kn = kn;
	ep->context = ctx->id;
	ep->termination = cfg->termination;
	ep->stream = cfg->stream;
	ep->component = cfg->component;
	ep->l4 = cfg->l4;
	ep->plane = cfg->l4 == KMGW_L4_UDP ? KMGW_PLANE_DATAGRAM : KMGW_PLANE_SPLICE;
	ep->vrf = cfg->vrf;
	ep->key.l3mdev = cfg->vrf;
	ep->key.l4 = cfg->l4;
	ep->key.family = cfg->local.family;
	ep->key.port = cfg->local.port;
	ep->key.ip.v6 = cfg->local.ip.v6;
	ep->mode = KMGW_MODE_SENDRECEIVE;
	ep->dscp = KMGW_DSCP_KEEP;
	/* not to be guessed: an ID that is known lets others slip fragments in */
	atomic_set(&ep->ip_id, get_random_u32());
	ep->linger = KMGW_LINGER_DEFAULT;
	ep->changed = ktime_to_ms(ktime_get_real());
	spin_lock_init(&ep->lock);
	refcount_set(&ep->ref, 1);
	return ep;
}

/* Into the table and the tree; only the table can refuse. */
static int kmgw_ep_publish(struct kmgw_net *kn, struct kmgw_ctx *ctx, struct kmgw_ep *ep,
			   struct kmgw_ep *peer, struct netlink_ext_ack *extack)
{
	int err;

	if (!kn->nr_ep) {
		err = kmgw_hooks_on(kn);
		if (err) {
			NL_SET_ERR_MSG(extack, "cannot register the netfilter hooks");
			return err;
		}
	}
	/* What packets see of the peer has to be there before they can find the endpoint. */
	RCU_INIT_POINTER(ep->peer, peer);
	err = rhashtable_lookup_insert_fast(&kn->eps, &ep->node, kmgw_ep_params);
	if (err) {
		if (!kn->nr_ep)
			kmgw_hooks_off(kn);
		if (err == -EEXIST) {
			NL_SET_ERR_MSG(extack,
				       "another endpoint has this local address and port");
			return -EADDRINUSE;
		}
		NL_SET_ERR_MSG(extack, "out of memory for the table of endpoints");
		return err;
	}
	kmgw_ep_link(ctx, ep);
	if (peer)
		rcu_assign_pointer(peer->peer, ep);
	kn->nr_ep++;
	return 0;
}

static void kmgw_ep_unpublish(struct kmgw_net *kn, struct kmgw_ep *ep)
{
	rhashtable_remove_fast(&kn->eps, &ep->node, kmgw_ep_params);
	kmgw_ep_unlink(kn, ep);
	if (!--kn->nr_ep)
		kmgw_hooks_off(kn);
}

/* Is there room in a context for the endpoint that a request names? @l4: its transport */
static int kmgw_ep_check_place(struct kmgw_ctx *ctx, const struct kmgw_ep_cfg *cfg, u8 l4,
			       struct kmgw_ep **peer, struct netlink_ext_ack *extack)
{
	if (kmgw_ep_find(ctx, cfg->stream, cfg->component, cfg->termination)) {
		NL_SET_ERR_MSG(extack, "the endpoint exists");
		return -EEXIST;
	}
	*peer = kmgw_ep_next(ctx, cfg->stream, cfg->component, 0);
	if (!*peer || (*peer)->stream != cfg->stream || (*peer)->component != cfg->component) {
		*peer = NULL;
		return 0;
	}
	if (rcu_access_pointer((*peer)->peer)) {
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_STREAM],
				    "the stream has two endpoints already");
		return -EBUSY;
	}
	if ((*peer)->l4 != l4) {
		NL_SET_ERR_MSG(extack, "the other endpoint of the stream has another transport");
		NL_SET_BAD_ATTR(extack, cfg->attrs[KMGW_A_EP_L4]);
		return -EPROTOTYPE;
	}
	return 0;
}

static int kmgw_ep_check_name(struct kmgw_net *kn, struct kmgw_ctx *ctx,
			      const struct kmgw_ep_cfg *cfg, struct kmgw_ep **peer,
			      struct netlink_ext_ack *extack)
{
	int err;

	err = kmgw_ep_check_place(ctx, cfg, cfg->l4, peer, extack);
	if (err || kn->nr_ep < kn->max_ep)
		return err;
	NL_SET_ERR_MSG(extack, "limit of endpoints reached: delete some or raise MAX_ENDPOINTS");
	return -ENOSPC;
}

/*
 * Where MOVE asks to go: *ctx becomes NULL without one. A connection is joined to that of its
 * peer, with buffers between the two, so it stays where it is.
 */
static int kmgw_ep_check_move(struct kmgw_net *kn, struct kmgw_ep *ep,
			      const struct kmgw_ep_cfg *cfg, struct kmgw_ctx **ctx,
			      struct kmgw_ep **peer, struct netlink_ext_ack *extack)
{
	struct nlattr *attr = cfg->attrs[KMGW_A_EP_MOVE];

	*ctx = NULL;
	if (!kmgw_ep_cfg_has(cfg, KMGW_A_EP_MOVE))
		return 0;
	if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_SOCKET) || kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "MOVE in a request without SOCKET and RELEASE");
		return -EINVAL;
	}
	if ((ep->l4 == KMGW_L4_TCP && kmgw_splice_attached(ep)) ||
	    (kmgw_flow_begun(ep) && !kmgw_ep_cfg_has(cfg, KMGW_A_EP_RESTART))) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an endpoint with a connection cannot move");
		return -EISCONN;
	}
	*ctx = kmgw_ctx_find(kn, cfg->move);
	if (!*ctx) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no such context to move to");
		return -ENOENT;
	}
	return kmgw_ep_check_place(*ctx, cfg, ep->l4, peer, extack);
}

/* Into its new context, after kmgw_ep_unlink(): for those who watch, one goes and one comes. */
static void kmgw_ep_enter(struct kmgw_net *kn, struct kmgw_ep *ep, struct kmgw_ctx *ctx,
			  struct kmgw_ep *peer)
{
	spin_lock_bh(&ep->lock);
	kmgw_event_ep(ep, KMGW_EVENT_DELETED);
	WRITE_ONCE(ep->context, ctx->id);
	kmgw_event_ep(ep, KMGW_EVENT_CREATED);
	spin_unlock_bh(&ep->lock);
	kmgw_ep_link(ctx, ep);
	rcu_assign_pointer(ep->peer, peer);
	if (peer)
		rcu_assign_pointer(peer->peer, ep);
	kmgw_net_changed(kn);
}

static void kmgw_ep_announce(struct kmgw_ep *ep)
{
	const struct kmgw_path *path;

	spin_lock_bh(&ep->lock);
	path = rcu_dereference_protected(ep->path, lockdep_is_held(&ep->lock));
	ep->announced = true;
	kmgw_event_ep(ep, KMGW_EVENT_CREATED);
	if (path && path->latched)
		kmgw_event_ep(ep, KMGW_EVENT_LATCHED);
	if (ep->state == KMGW_STATE_ESTABLISHED)
		kmgw_event_ep(ep, KMGW_EVENT_ESTABLISHED);
	spin_unlock_bh(&ep->lock);
}

/**
 * kmgw_ep_new() - add an endpoint
 * @kn: namespace; under kn->lock
 * @ctx: context
 * @cfg: attributes
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno; then nothing has changed.
 */
int kmgw_ep_new(struct kmgw_net *kn, struct kmgw_ctx *ctx, struct kmgw_ep_cfg *cfg,
		struct netlink_ext_ack *extack)
{
	struct kmgw_ep *ep, *peer;
	struct kmgw_flow *flow;
	struct kmgw_path *path;
	int err;

	lockdep_assert_held(&kn->lock);
	err = kmgw_ep_check_name(kn, ctx, cfg, &peer, extack);
	if (err)
		return err;
	ep = kmgw_ep_alloc(kn, ctx, cfg);
	if (!ep) {
		NL_SET_ERR_MSG(extack, "out of memory for the endpoint");
		return -ENOMEM;
	}
	err = kmgw_ep_check(kn, ep, cfg, extack);
	if (err)
		goto err_free;
	err = kmgw_dtls_prepare(ep, cfg, extack);
	if (err)
		goto err_free;
	err = kmgw_ep_new_path(ep, cfg, &path, extack);
	if (err)
		goto err_free;
	err = kmgw_plane_prepare(ep, cfg, &flow, extack);
	if (err) {
		kmgw_path_free(path);
		goto err_free;
	}
	kmgw_ep_apply(ep, cfg, path);
	kmgw_dtls_apply(ep, cfg);
	kmgw_ep_restart(ep);
	kmgw_flow_join(ep, peer, kmgw_plane_wanted(ep, cfg), flow);
	err = kmgw_ep_publish(kn, ctx, ep, peer, extack);
	if (err)
		goto err_leave;
	err = kmgw_ep_take_socket(ep, cfg, extack);
	if (err)
		goto err_unpublish;
	kmgw_net_changed(kn);
	kmgw_ep_announce(ep);
	if (kmgw_ep_watches(ep, cfg))
		kmgw_watch_start(ep);
	return 0;

err_unpublish:
	kmgw_ep_unpublish(kn, ep);
err_leave:
	kmgw_flow_leave(ep);
err_free:
	kmgw_ep_put(ep);
	return err;
}

/**
 * kmgw_ep_set() - change an endpoint
 * @kn: namespace; under kn->lock
 * @ep: endpoint
 * @cfg: attributes
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno; then nothing has changed.
 */
int kmgw_ep_set(struct kmgw_net *kn, struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg,
		struct netlink_ext_ack *extack)
{
	struct kmgw_ep *peer = NULL;
	struct kmgw_flow *flow;
	struct kmgw_path *path;
	struct kmgw_ctx *ctx;
	bool moved;
	int err;

	lockdep_assert_held(&kn->lock);
	err = kmgw_ep_check(kn, ep, cfg, extack) ? :
	      kmgw_ep_check_move(kn, ep, cfg, &ctx, &peer, extack);
	if (err)
		return err;
	err = kmgw_dtls_prepare(ep, cfg, extack);
	if (err)
		return err;
	err = kmgw_ep_new_path(ep, cfg, &path, extack);
	if (err)
		return err;
	err = kmgw_plane_prepare(ep, cfg, &flow, extack);
	if (err) {
		kmgw_path_free(path);
		return err;
	}

	/* Nothing may flow through a new connection before the rest of the request holds. */
	WRITE_ONCE(ep->frozen, ep->l4 == KMGW_L4_TCP);
	err = kmgw_ep_take_socket(ep, cfg, extack);
	if (err) {
		kmgw_path_free(path);
		kmgw_flow_free(flow);
	} else {
		/* What runs is ended where it is, before it is pointed elsewhere. */
		kmgw_plane_end(ep, cfg, path);
		/* The old peer sees nothing of what is new, nor the new one of what was. */
		if (ctx)
			kmgw_ep_unlink(kn, ep);
		kmgw_plane_set(ep, cfg, ctx ? peer :
				 rcu_dereference_protected(ep->peer, lockdep_is_held(&kn->lock)),
				 flow);
		moved = kmgw_ep_apply(ep, cfg, path);
		if (kmgw_dtls_apply(ep, cfg) || moved)
			kmgw_ep_restart(ep);
		if (ctx)
			kmgw_ep_enter(kn, ep, ctx, peer);
		if (kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE))
			kmgw_plane_release(ep, cfg->release, KMGW_REASON_USER);
	}
	WRITE_ONCE(ep->frozen, false);
	if (ep->plane == KMGW_PLANE_SPLICE)
		kmgw_splice_update(ep);
	if (err)
		return err;

	kmgw_event_tell(ep, KMGW_EVENT_CHANGED);
	if (kmgw_ep_watches(ep, cfg))
		kmgw_watch_start(ep);
	return 0;
}

/**
 * kmgw_ep_del() - remove an endpoint
 * @kn: namespace; under kn->lock
 * @ep: endpoint; the caller's pointer is good until the lock is given up, or held by a reference
 * @abort: reset the connections of the stream instead of ending them in order
 */
void kmgw_ep_del(struct kmgw_net *kn, struct kmgw_ep *ep, bool abort)
{
	lockdep_assert_held(&kn->lock);
	kmgw_flow_release(ep, abort ? KMGW_RELEASE_ABORT : KMGW_RELEASE_ORDERLY,
			  abort ? KMGW_REASON_FLUSH : KMGW_REASON_USER);
	if (ep->l4 == KMGW_L4_TCP)
		kmgw_splice_del(ep, abort ? KMGW_RELEASE_ABORT : KMGW_RELEASE_ORDERLY,
				abort ? KMGW_REASON_FLUSH : KMGW_REASON_USER);
	else
		kmgw_dtls_end(ep, KMGW_STATE_IDLE, KMGW_REASON_NONE, !abort);
	kmgw_ep_unpublish(kn, ep);
	kmgw_flow_leave(ep);
	kmgw_net_changed(kn);

	spin_lock_bh(&ep->lock);
	kmgw_event_ep(ep, KMGW_EVENT_DELETED);
	ep->dead = true;
	spin_unlock_bh(&ep->lock);

	kmgw_watch_stop(ep);
	kmgw_port_release(ep->port_sock);
	ep->port_sock = NULL;
	kmgw_ep_put(ep);
}

/**
 * kmgw_ep_cfg_free() - free what a request brought and nobody took
 * @cfg: attributes
 */
void kmgw_ep_cfg_free(struct kmgw_ep_cfg *cfg)
{
	kfree(cfg->filter);
	kfree(cfg->police);
	kfree(cfg->note);
	if (cfg->slot)
		kmgw_slot_put(cfg->slot);
}
