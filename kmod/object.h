/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: what netlink does to contexts and endpoints. All of it under kn->lock.
 */
#ifndef _KMGW_OBJECT_H
#define _KMGW_OBJECT_H

#include <linux/rhashtable.h>

#include "kmgw.h"

struct kmgw_path;

/**
 * struct kmgw_ep_cfg - attributes of ENDPOINT_NEW and ENDPOINT_SET, parsed and checked one by one
 * @set: BIT_ULL(KMGW_A_EP_*) of what was given
 * @termination: KMGW_A_EP_TERMINATION
 * @stream: KMGW_A_EP_STREAM
 * @component: KMGW_A_EP_COMPONENT
 * @l4: KMGW_A_EP_L4
 * @mode: KMGW_A_EP_MODE
 * @dscp: KMGW_A_EP_DSCP
 * @priority: KMGW_A_EP_PRIORITY
 * @security: KMGW_A_EP_SECURITY
 * @latch: KMGW_A_EP_LATCH
 * @inactivity_dir: KMGW_A_EP_INACTIVITY_DIR
 * @release: KMGW_A_EP_RELEASE
 * @move: KMGW_A_EP_MOVE
 * @ifindex: KMGW_A_EP_IFINDEX
 * @vrf: KMGW_A_EP_VRF
 * @local: KMGW_A_EP_LOCAL
 * @remote: KMGW_A_EP_REMOTE
 * @source: KMGW_A_EP_SOURCE; AF_UNSPEC to take it away
 * @filter: KMGW_A_EP_FILTER, NULL to take it away; owned, kmgw_ep_cfg_free()
 * @slot: KMGW_A_EP_KEYS, or NULL; owned, until kmgw_dtls_apply() takes it
 * @police: KMGW_A_EP_POLICE, NULL to take it away; owned, kmgw_ep_cfg_free()
 * @inactivity: KMGW_A_EP_INACTIVITY
 * @idle_timeout: KMGW_A_EP_IDLE_TIMEOUT
 * @linger: KMGW_A_EP_LINGER
 * @early: KMGW_A_EP_EARLY
 * @octet_limit: KMGW_A_EP_OCTET_LIMIT
 * @idle_in: KMGW_A_EP_IDLE_IN
 * @plane: KMGW_A_EP_PLANE
 * @fd: KMGW_A_EP_SOCKET
 * @prefix: KMGW_A_EP_PREFIX, in the request
 * @prefix_len: octets in @prefix
 * @note: KMGW_A_EP_NOTE, or NULL; owned, until the endpoint has it
 * @attrs: the attributes, so that a refusal can point at one
 */
struct kmgw_ep_cfg {
	u64 set;
	u32 termination;
	u16 stream;
	u8 component;
	u8 l4;
	u8 mode;
	u8 dscp;
	u8 priority;
	u8 security;
	u8 latch;
	u8 inactivity_dir;
	u8 release;
	u32 move;
	u8 plane;
	u32 ifindex;
	u32 vrf;
	struct kmgw_addr local;
	struct kmgw_addr remote;
	struct kmgw_addr source;
	struct kmgw_filter *filter;
	struct kmgw_slot *slot;
	struct kmgw_police *police;
	u32 inactivity;
	u32 idle_timeout;
	u32 linger;
	u32 early;
	u64 octet_limit;
	u32 idle_in;
	int fd;
	const void *prefix;
	u32 prefix_len;
	char *note;
	struct nlattr **attrs;
};

/**
 * kmgw_ep_cfg_has() - was an attribute given?
 * @cfg: attributes
 * @attr: KMGW_A_EP_*
 *
 * Return: true when it was.
 */
static inline bool kmgw_ep_cfg_has(const struct kmgw_ep_cfg *cfg, int attr)
{
	return cfg->set & BIT_ULL(attr);
}

/* context.c */
int kmgw_ctx_tables_init(struct kmgw_net *kn);
void kmgw_ctx_tables_exit(struct kmgw_net *kn);
struct kmgw_ctx *kmgw_ctx_find(struct kmgw_net *kn, u32 id);
struct kmgw_ctx *kmgw_ctx_next(struct kmgw_net *kn, u32 id);
int kmgw_ctx_new(struct kmgw_net *kn, u32 id, const void *data, u32 len,
		 struct netlink_ext_ack *extack);
int kmgw_ctx_set(struct kmgw_net *kn, struct kmgw_ctx *ctx, const void *data, u32 len,
		 struct netlink_ext_ack *extack);
void kmgw_ctx_del(struct kmgw_net *kn, struct kmgw_ctx *ctx);
void kmgw_ctx_flush(struct kmgw_net *kn);
void kmgw_net_changed(struct kmgw_net *kn);

/* endpoint.c */
int kmgw_ep_init(void);
void kmgw_ep_exit(void);
int kmgw_ep_tables_init(struct kmgw_net *kn);
void kmgw_ep_tables_exit(struct kmgw_net *kn);
struct kmgw_ep *kmgw_ep_find(struct kmgw_ctx *ctx, u16 stream, u8 component, u32 termination);
struct kmgw_ep *kmgw_ep_next(struct kmgw_ctx *ctx, u16 stream, u8 component, u32 termination);
int kmgw_ep_new(struct kmgw_net *kn, struct kmgw_ctx *ctx, struct kmgw_ep_cfg *cfg,
		struct netlink_ext_ack *extack);
int kmgw_ep_set(struct kmgw_net *kn, struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg,
		struct netlink_ext_ack *extack);
void kmgw_ep_del(struct kmgw_net *kn, struct kmgw_ep *ep, bool abort);
void kmgw_ep_cfg_free(struct kmgw_ep_cfg *cfg);

/* endpoint_check.c */
int kmgw_ep_check(struct kmgw_net *kn, struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg,
		  struct netlink_ext_ack *extack);

/* plane.c */
u8 kmgw_plane_wanted(const struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg);
int kmgw_plane_check(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack);
int kmgw_plane_prepare(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		       struct kmgw_flow **flow, struct netlink_ext_ack *extack);
void kmgw_plane_apply(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg);
void kmgw_plane_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason);
void kmgw_plane_end(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		    const struct kmgw_path *path);
void kmgw_plane_set(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg, struct kmgw_ep *peer,
		    struct kmgw_flow *flow);

/* port.c */
struct socket *kmgw_port_reserve(struct kmgw_net *kn, const struct kmgw_key *key, int fd,
				 struct netlink_ext_ack *extack);
int kmgw_port_join(struct kmgw_net *kn, const struct kmgw_key *key, struct socket *reserved, int fd,
		   struct netlink_ext_ack *extack);
void kmgw_port_release(struct socket *sock);

/* event.c */
void kmgw_event_ctx(struct kmgw_net *kn, enum kmgw_event type, u32 context);
void kmgw_event_ep(struct kmgw_ep *ep, enum kmgw_event type);
void kmgw_event_tell(struct kmgw_ep *ep, enum kmgw_event type);

#endif /* _KMGW_OBJECT_H */
