/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: objects, and what the files of the module offer each other.
 *
 * Lifetime
 *	A namespace (struct kmgw_net) lives as long as the network namespace. It owns contexts, a
 *	context owns endpoints. All three are changed under kn->lock only. An endpoint is counted
 *	(kmgw_ep_hold, kmgw_ep_put) and freed one RCU grace period after the last reference, so a
 *	packet may use what it found as long as it stays in its RCU section. A context holds a
 *	reference on the module.
 *
 * Locks, outermost first
 *	kmgw_nets_lock	mutex; the list of namespaces
 *	kn->lock	mutex; serialises configuration: objects, trees, hash insertion
 *	ep->lock	spinlock, taken with BH disabled; state, reason, path
 *	kn->event_lock	spinlock, taken with BH disabled; event numbers, so that they are sent in
 *			order
 *
 *	Nothing that sleeps, and no socket lock, may be taken inside the two spinlocks.
 */
#ifndef _KMGW_H
#define _KMGW_H

#include <linux/kmgw.h>
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/in6.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>
#include <net/net_namespace.h>

struct dst_entry;
struct genl_info;
struct kmgw_dtls;
struct kmgw_flow;
struct kmgw_leg;
struct netlink_ext_ack;
struct sk_buff;
struct socket;

#define KMGW_IDLE_TIMEOUT_DEFAULT	3600000U	/* ms; a socket keeps its namespace */
#define KMGW_LINGER_DEFAULT		2000U		/* ms */
#define KMGW_DROP_REASONS		(KMGW_REASON_DROP_MAX + 1)
#define KMGW_DROP_SUM_MAX		KMGW_REASON_POLICED	/* then come ICMP errors */

/**
 * struct kmgw_addr - a transport address
 * @family: AF_INET, AF_INET6, or AF_UNSPEC when there is none
 * @port: in network order
 * @ip: the address; for IPv4 the other three words are zero
 */
struct kmgw_addr {
	u16 family;
	__be16 port;
	union {
		__be32 v4;
		struct in6_addr v6;
	} ip;
};

/**
 * struct kmgw_key - what packets find an endpoint by
 * @l3mdev: ifindex of the L3 master device (VRF) or 0
 * @port: local port
 * @l4: enum kmgw_l4
 * @family: AF_INET or AF_INET6
 * @ip: local address; for IPv4 the other three words are zero
 *
 * Compared as three 64-bit words.
 */
struct kmgw_key {
	u32 l3mdev;
	__be16 port;
	u8 l4;
	u8 family;
	union {
		__be32 v4;
		struct in6_addr v6;
	} ip;
} __aligned(8);

/**
 * struct kmgw_rule - sources that may send to an endpoint
 * @family: AF_INET or AF_INET6, that of the endpoint; AF_UNSPEC when addresses are not restricted
 * @prefixlen: leading bits of @ip that count
 * @port_min: lowest source port, in host order
 * @port_max: highest source port, in host order
 * @ip: address, bits beyond @prefixlen zero
 * @mask: @prefixlen as a mask
 */
struct kmgw_rule {
	u8 family;
	u8 prefixlen;
	u16 port_min;
	u16 port_max;
	union {
		__be32 v4;
		struct in6_addr v6;
	} ip, mask;
};

/**
 * struct kmgw_filter - all sources that may send to an endpoint
 * @rcu: for freeing
 * @count: number of rules, at least one
 * @rule: what fits one of them may send
 */
struct kmgw_filter {
	struct rcu_head rcu;
	u32 count;
	struct kmgw_rule rule[];
};

/**
 * struct kmgw_police_cfg - KMGW_A_POLICE_*
 * @sustained: octets a second, or 0
 * @peak: octets a second, or 0
 * @burst: octets
 * @tolerance: us
 */
struct kmgw_police_cfg {
	u64 sustained;
	u64 peak;
	u32 burst;
	u32 tolerance;
};

/**
 * struct kmgw_police - how much an endpoint lets in
 * @rcu: for freeing
 * @cfg: as it was set
 * @burst_limit: what @cfg.burst takes at the sustained rate; ns
 * @peak_limit: @cfg.tolerance in ns
 * @sustained: bucket: when the next packet would be in time, see kmgw_gcra()
 * @peak: bucket
 * @last: jiffies of the last packet that did not fit; 0 when there was none
 */
struct kmgw_police {
	struct rcu_head rcu;
	struct kmgw_police_cfg cfg;
	s64 burst_limit;
	s64 peak_limit;
	atomic64_t sustained;
	atomic64_t peak;
	unsigned long last;
};

/**
 * struct kmgw_path - where an endpoint sends to, with the route found for it
 * @rcu: for freeing
 * @dst: route, held; NULL when none was looked up yet
 * @cookie: for dst_check()
 * @hold: @remote is no destination: nothing is sent
 * @latched: @remote is the source of a datagram; no other source may send
 * @waits: the next source is latched
 * @remote: destination: what the user told, or what was latched
 * @source: address and port that stand in what is sent
 *
 * Replaced as a whole, never changed: by the user for another destination, by a packet for
 * another route, or because it latches.
 */
struct kmgw_path {
	struct rcu_head rcu;
	struct dst_entry *dst;
	u32 cookie;
	bool hold;
	bool latched;
	bool waits;
	struct kmgw_addr remote;
	struct kmgw_addr source;
};

/**
 * struct kmgw_gate - what only some UDP endpoints need
 * @police: how much it lets in, or NULL for everything
 * @seen: jiffies of the last user data that @direction asks for; racy, packets write it
 * @direction: enum kmgw_direction that is watched; 0 for none; READ_ONCE()
 * @quiet: inactivity was told; under ep->lock, READ_ONCE()
 * @latch: enum kmgw_latch as it was set last
 * @inactivity_dir: KMGW_A_EP_INACTIVITY_DIR
 * @inactivity: KMGW_A_EP_INACTIVITY, ms; 0 for none
 * @told: REMOTE as the user told it; AF_UNSPEC when there is none
 * @source: KMGW_A_EP_SOURCE; AF_UNSPEC when there is none
 * @ep: the endpoint
 * @timer: of inactivity; started under ep->lock
 *
 * Made when it is needed first, and kept as long as the endpoint. Changed under kn->lock and
 * ep->lock.
 */
struct kmgw_gate {
	struct kmgw_police __rcu *police;
	unsigned long seen;
	u8 direction;
	bool quiet;
	u8 latch;
	u8 inactivity_dir;
	u32 inactivity;
	struct kmgw_addr told;
	struct kmgw_addr source;
	struct kmgw_ep *ep;
	struct timer_list timer;
};

/**
 * struct kmgw_stats - counters of KMGW_A_STATS_*
 */
struct kmgw_stats {
	u64 rx_packets;
	u64 rx_octets;
	u64 tx_packets;
	u64 tx_octets;
	u64 rx_plain;
	u64 tx_plain;
	u64 drops;
	u64 stalls;
};

/**
 * struct kmgw_pcpu - counters of a namespace, one set per CPU
 */
struct kmgw_pcpu {
	struct u64_stats_sync syncp;
	u64_stats_t rx_packets;
	u64_stats_t rx_octets;
	u64_stats_t tx_packets;
	u64_stats_t tx_octets;
	u64_stats_t rx_plain;
	u64_stats_t tx_plain;
	u64_stats_t stalls;
	u64_stats_t drops[KMGW_DROP_REASONS];
};

/**
 * struct kmgw_net - everything of one network namespace
 * @net: the namespace
 * @id: grows from namespace to namespace
 * @list: in kmgw_nets, under kmgw_nets_lock
 * @lock: serialises configuration
 * @eps: endpoints by &struct kmgw_key, RCU
 * @ctxs: contexts by id
 * @tree: contexts ordered by id, for dumps
 * @stats: per-cpu counters, deleted endpoints included
 * @hooks: netfilter hooks, registered while there are endpoints
 * @nr_ctx: number of contexts
 * @nr_ep: number of endpoints
 * @nr_flow: those of them whose segments are relayed; READ_ONCE()
 * @sockets: TCP connections attached, closing ones included
 * @slots: DTLS keys, those that are being freed included
 * @max_ctx: limit
 * @max_ep: limit
 * @syns: SYNs held until another one comes (TCP merge)
 * @max_sockets: limit
 * @max_syns: limit
 * @generation: changes whenever an object is added or removed; never 0
 * @event_lock: orders events
 * @event_seq: number of the last event
 * @closing_lock: protects @closing
 * @closing: connections whose endpoints are gone (owned by the splice)
 */
struct kmgw_net {
	struct net *net;
	u64 id;
	struct list_head list;
	struct mutex lock;		/* see above */
	struct rhashtable eps;
	struct rhashtable ctxs;
	struct rb_root tree;
	struct kmgw_pcpu __percpu *stats;
	struct nf_hook_ops hooks[2];
	u32 nr_ctx;
	u32 nr_ep;
	u32 nr_flow;
	atomic_t sockets;
	atomic_t slots;
	atomic_t syns;
	u32 max_ctx;
	u32 max_ep;
	u32 max_sockets;
	u32 max_syns;
	u32 generation;

	spinlock_t event_lock;		/* see above */
	u64 event_seq;

	spinlock_t closing_lock;	/* of @closing */
	struct list_head closing;
};

/**
 * struct kmgw_ctx - a context
 * @node: in kn->ctxs
 * @order: in kn->tree
 * @id: KMGW_A_CTX_ID
 * @version: counts changes of @userdata
 * @nr_ep: number of endpoints
 * @userdata_len: octets in @userdata
 * @userdata: opaque; NULL when there is none
 * @eps: endpoints ordered by (stream, component, termination): peers are neighbours
 */
struct kmgw_ctx {
	struct rhash_head node;
	struct rb_node order;
	u32 id;
	u32 version;
	u32 nr_ep;
	u32 userdata_len;
	void *userdata;
	struct rb_root eps;
};

/**
 * struct kmgw_ep - an endpoint: one stream of one termination
 * @node: in kn->eps
 * @key: local address; constant
 * @mode: enum kmgw_mode; READ_ONCE() outside of kn->lock
 * @dscp: 0 to 63, or KMGW_DSCP_KEEP; READ_ONCE()
 * @priority: enum kmgw_priority (TCP); READ_ONCE()
 * @state: enum kmgw_state; written under @lock, READ_ONCE() elsewhere
 * @reason: enum kmgw_reason of the last change of state; as @state
 * @frozen: the user plane holds still while the user changes several things at once; READ_ONCE()
 * @dead: deleted: no more events; under @lock
 * @announced: the user knows it: events may be sent; under @lock
 * @l4: enum kmgw_l4; constant
 * @security: enum kmgw_security; READ_ONCE()
 * @plane: enum kmgw_plane; READ_ONCE() outside of kn->lock
 * @ifindex: device to receive from and send to, or 0; READ_ONCE()
 * @peer: the endpoint with the same stream and component in the same context, or NULL
 * @path: destination and route; for a splice, the destination the user told
 * @flow: the connection that passes through (TCP relay and merge), or NULL; see flow.h
 * @filter: sources that may send, or NULL for all
 * @dtls: what a secured endpoint has beyond others; stays once it is there
 * @gate: what only some UDP endpoints need, or NULL
 * @kn: the namespace; valid as long as the endpoint
 * @own_source: source address checked last and the generation of routes then (IPv4)
 * @rx_packets: datagrams or segments received; not for a splice, as the next three
 * @rx_octets: their payload, what TCP repeats not counted again
 * @tx_packets: datagrams or segments sent
 * @tx_octets: their payload
 * @ip_id: identification of the next IPv4 packet that may be cut
 * @drops: by reason, what was received here and not forwarded
 * @told: as many of @tx_packets as ICMP errors can not be about any more
 * @errors: bucket of ICMP errors told to the far end, see kmgw_gcra()
 * @lock: leaf; BH disabled
 * @ref: references; the object tree holds one
 * @context: id of the context; written under @lock and kn->lock, READ_ONCE() elsewhere
 * @termination: KMGW_A_EP_TERMINATION
 * @stream: KMGW_A_EP_STREAM
 * @component: KMGW_A_EP_COMPONENT
 * @vrf: ifindex of the L3 master device, or 0; constant
 * @order: in ctx->eps
 * @ctx: the context; under kn->lock, while the endpoint is not dead
 * @changed: wall-clock time of the last change of state, ms; under @lock
 * @port_sock: kernel socket that reserves the port, not for a splice; under kn->lock
 * @idle_timeout: ms or 0 for the default (TCP); READ_ONCE()
 * @linger: ms (TCP); READ_ONCE()
 * @idle_in: ms a splice waits for data from the far end, or 0; READ_ONCE()
 * @octet_limit: what a splice forwards from the far end at most, or 0; READ_ONCE()
 * @early: ms after which merge answers alone, or 0 (TCP); READ_ONCE()
 * @leg: the connection (TCP); owned by the splice; NULL when none was ever attached
 * @done: counters of connections that ended (TCP); owned by the splice
 * @rcu: for freeing
 */
struct kmgw_ep {
	/* read for every packet */
	struct rhash_head node;
	struct kmgw_key key;
	u8 mode;
	u8 dscp;
	u8 priority;
	u8 state;
	u8 reason;
	bool frozen;
	bool dead;
	bool announced;
	u8 l4;
	u8 security;
	u8 plane;
	int ifindex;
	struct kmgw_ep __rcu *peer;
	struct kmgw_path __rcu *path;
	struct kmgw_flow __rcu *flow;
	struct kmgw_filter __rcu *filter;
	struct kmgw_dtls __rcu *dtls;
	struct kmgw_gate __rcu *gate;
	struct kmgw_net *kn;
	atomic64_t own_source;

	/* written for every packet */
	atomic64_t rx_packets ____cacheline_aligned_in_smp;
	atomic64_t rx_octets;
	atomic64_t tx_packets;
	atomic64_t tx_octets;
	atomic_t ip_id;
	atomic64_t drops[KMGW_DROP_REASONS];
	atomic64_t told;
	atomic64_t errors;

	/* configuration */
	spinlock_t lock;
	refcount_t ref;
	u32 context;
	u32 termination;
	u16 stream;
	u8 component;
	u32 vrf;
	struct rb_node order;
	struct kmgw_ctx *ctx;
	u64 changed;
	struct socket *port_sock;
	u32 idle_timeout;
	u32 linger;
	u32 early;
	u32 idle_in;
	u64 octet_limit;
	char *note;
	struct kmgw_leg *leg;
	struct kmgw_stats done;
	struct rcu_head rcu;
};

/* main.c */
extern unsigned int kmgw_net_id;
extern struct mutex kmgw_nets_lock;
extern struct list_head kmgw_nets;

struct kmgw_net *kmgw_net(const struct net *net);

/* endpoint.c */
void kmgw_ep_set_state(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason);
void kmgw_ep_begin(struct kmgw_ep *ep);
void kmgw_ep_set_state_locked(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason);
void kmgw_ep_free(struct kmgw_ep *ep);

/**
 * kmgw_ep_hold() - take another reference
 * @ep: endpoint of which the caller holds one, or which is in its context
 */
static inline void kmgw_ep_hold(struct kmgw_ep *ep)
{
	refcount_inc(&ep->ref);
}

/**
 * kmgw_ep_put() - give a reference back
 * @ep: endpoint; any context
 */
static inline void kmgw_ep_put(struct kmgw_ep *ep)
{
	if (refcount_dec_and_test(&ep->ref))
		kmgw_ep_free(ep);
}

/**
 * kmgw_ep_takes() - may user data be taken from the far end of this endpoint?
 * @ep: endpoint
 *
 * Return: true when the mode says so and no change is in progress.
 */
static inline bool kmgw_ep_takes(const struct kmgw_ep *ep)
{
	/* the two bits of enum kmgw_mode are the two directions */
	return (READ_ONCE(ep->mode) & KMGW_MODE_RECEIVEONLY) && !READ_ONCE(ep->frozen);
}

/**
 * kmgw_ep_sends() - may user data leave through this endpoint?
 * @ep: endpoint
 *
 * Return: true when the mode says so and no change is in progress.
 */
static inline bool kmgw_ep_sends(const struct kmgw_ep *ep)
{
	return (READ_ONCE(ep->mode) & KMGW_MODE_SENDONLY) && !READ_ONCE(ep->frozen);
}

/* stats.c */
void kmgw_count_rx(struct kmgw_net *kn, u64 packets, u64 octets, u64 plain);
void kmgw_count_tx(struct kmgw_net *kn, u64 packets, u64 octets, u64 plain);
void kmgw_count_stall(struct kmgw_net *kn);

/* reason.c */
const char *kmgw_reason_name(u8 reason);
const char *kmgw_state_name(u8 state);
const char *kmgw_mode_name(u8 mode);

#endif /* _KMGW_H */
