// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: objects of all namespaces in debugfs, for people. Not an ABI.
 *
 *	/sys/kernel/debug/kmgw/endpoints	one line an endpoint
 *	/sys/kernel/debug/kmgw/hash		figures of the hash tables
 *	/sys/kernel/debug/kmgw/drops		drops by namespace and reason
 *
 * A line names its network namespace by inode number, as "lsns" and "ip netns" know it. Context:
 * process; takes kmgw_nets_lock, then kn->lock. No key and no user data is shown.
 */
#include <linux/debugfs.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>

#include "debugfs.h"
#include "flow.h"
#include "kmgw.h"
#include "latch.h"
#include "object.h"
#include "splice.h"
#include "stats.h"

static struct dentry *kmgw_dir;

/**
 * struct kmgw_seq - where the list of endpoints goes on
 * @kn: namespace that is locked now
 * @net: id of the namespace
 * @context: context
 * @termination: termination
 * @stream: stream
 * @component: component
 * @after: go on after this name, not with it
 */
struct kmgw_seq {
	struct kmgw_net *kn;
	u64 net;
	u32 context;
	u32 termination;
	u16 stream;
	u8 component;
	bool after;
};

static struct kmgw_ep *kmgw_seq_first(struct kmgw_seq *at)
{
	struct kmgw_ctx *ctx = kmgw_ctx_next(at->kn, at->context);
	struct kmgw_ep *ep;
	struct rb_node *n;

	if (ctx && ctx->id != at->context) {
		at->stream = 0;
		at->component = 0;
		at->termination = 0;
	}
	while (ctx) {
		ep = kmgw_ep_next(ctx, at->stream, at->component,
				  at->termination + at->after);
		if (ep)
			return ep;
		at->stream = 0;
		at->component = 0;
		at->termination = 0;
		n = rb_next(&ctx->order);
		ctx = n ? rb_entry(n, struct kmgw_ctx, order) : NULL;
	}
	return NULL;
}

/* The next endpoint, its namespace locked, or NULL with none locked. */
static struct kmgw_ep *kmgw_seq_seek(struct kmgw_seq *at)
{
	struct kmgw_net *kn;
	struct kmgw_ep *ep;

	list_for_each_entry(kn, &kmgw_nets, list) {
		if (kn->id < at->net)
			continue;
		if (kn->id > at->net) {
			at->context = 0;
			at->stream = 0;
			at->component = 0;
			at->termination = 0;
			at->after = false;
		}
		at->kn = kn;
		at->net = kn->id;
		mutex_lock(&kn->lock);
		ep = kmgw_seq_first(at);
		if (ep) {
			at->context = ep->context;
			at->stream = ep->stream;
			at->component = ep->component;
			at->termination = ep->termination;
			at->after = false;
			return ep;
		}
		mutex_unlock(&kn->lock);
	}
	at->kn = NULL;
	return NULL;
}

static void *kmgw_seq_start(struct seq_file *seq, loff_t *pos)
{
	struct kmgw_seq *at = seq->private;

	if (!*pos)
		memset(at, 0, sizeof(*at));
	mutex_lock(&kmgw_nets_lock);
	return kmgw_seq_seek(at);
}

static void *kmgw_seq_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct kmgw_seq *at = seq->private;

	++*pos;
	at->after = true;
	mutex_unlock(&at->kn->lock);
	return kmgw_seq_seek(at);
}

static void kmgw_seq_stop(struct seq_file *seq, void *v)
{
	struct kmgw_seq *at = seq->private;

	if (at->kn)
		mutex_unlock(&at->kn->lock);
	at->kn = NULL;
	mutex_unlock(&kmgw_nets_lock);
}

static void kmgw_seq_addr(struct seq_file *seq, const char *name, int family,
			  const struct in6_addr *ip, __be16 port)
{
	if (family == AF_INET)
		seq_printf(seq, " %s=%pI4:%u", name, ip, ntohs(port));
	else
		seq_printf(seq, " %s=[%pI6c]:%u", name, ip, ntohs(port));
}

/* The connection that passes through: what the far end sent, acknowledged and lets in. */
static void kmgw_seq_flow(struct seq_file *seq, struct kmgw_ep *ep)
{
	struct kmgw_flow *flow = rcu_dereference_protected(ep->flow,
							   lockdep_is_held(&ep->kn->lock));
	struct kmgw_side *side = kmgw_flow_side(flow, ep);

	spin_lock_bh(&flow->lock);
	seq_printf(seq, " plane=%s phase=%s%s", ep->plane == KMGW_PLANE_RELAY ? "relay" : "merge",
		   kmgw_phase_name(flow->phase), flow->held ? " held" : "");
	if (flow->early)
		seq_printf(seq, " early=%s offset=%u", flow->early == side ? "this" : "other",
			   flow->offset);
	if (side->known)
		seq_printf(seq, " isn=%u sent=%u acked=%u window=%u scale=%u", side->isn,
			   READ_ONCE(side->end) - side->isn, READ_ONCE(side->ack),
			   READ_ONCE(side->limit) - READ_ONCE(side->ack), side->scale);
	spin_unlock_bh(&flow->lock);
}

static void kmgw_seq_far(struct seq_file *seq, struct kmgw_ep *ep)
{
	struct kmgw_addr addr;

	if (kmgw_latch_told(ep, &addr))
		kmgw_seq_addr(seq, "remote", addr.family, &addr.ip.v6, addr.port);
	if (kmgw_latch_latched(ep, &addr))
		kmgw_seq_addr(seq, "latched", addr.family, &addr.ip.v6, addr.port);
}

static int kmgw_seq_show(struct seq_file *seq, void *v)
{
	struct kmgw_ep *ep = v;
	struct kmgw_net *kn = ep->kn;
	struct kmgw_stats st;
	int i, cpu;

	seq_printf(seq, "netns=%u endpoint=%u/%u/%u%s l4=%s", kn->net->ns.inum, ep->context,
		   ep->termination, ep->stream,
		   ep->component == KMGW_COMPONENT_RTCP ? "/rtcp" : "",
		   ep->l4 == KMGW_L4_TCP ? "tcp" : "udp");
	if (kmgw_packet_plane(ep->plane))
		kmgw_seq_flow(seq, ep);
	kmgw_seq_addr(seq, "local", ep->key.family, &ep->key.ip.v6, ep->key.port);
	kmgw_seq_far(seq, ep);
	seq_printf(seq, " mode=%s", kmgw_mode_name(ep->mode));
	if (ep->dscp != KMGW_DSCP_KEEP)
		seq_printf(seq, " dscp=%u", ep->dscp);
	if (ep->priority == KMGW_PRIORITY_EMERGENCY)
		seq_puts(seq, " priority=emergency");
	cpu = ep->l4 == KMGW_L4_TCP ? kmgw_splice_cpu(ep) : -ENOTCONN;
	if (cpu >= 0)
		seq_printf(seq, " cpu=%d", cpu);
	if (ep->ifindex)
		seq_printf(seq, " ifindex=%d", ep->ifindex);
	if (ep->vrf)
		seq_printf(seq, " vrf=%u", ep->vrf);
	seq_printf(seq, " state=%s reason=%s", kmgw_state_name(READ_ONCE(ep->state)),
		   kmgw_reason_name(READ_ONCE(ep->reason)));

	kmgw_ep_stats(ep, &st);
	seq_printf(seq, " rx=%llu/%llu tx=%llu/%llu drops=%llu", st.rx_packets, st.rx_octets,
		   st.tx_packets, st.tx_octets, st.drops);
	for (i = 0; i < KMGW_DROP_REASONS; i++) {
		u64 count = atomic64_read(&ep->drops[i]);

		if (count)
			seq_printf(seq, " %s=%llu", kmgw_reason_name(i), count);
	}
	seq_putc(seq, '\n');
	return 0;
}

static const struct seq_operations kmgw_seq_ops = {
	.start = kmgw_seq_start,
	.next = kmgw_seq_next,
	.stop = kmgw_seq_stop,
	.show = kmgw_seq_show,
};

static int kmgw_endpoints_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &kmgw_seq_ops, sizeof(struct kmgw_seq));
}

static const struct file_operations kmgw_endpoints_fops = {
	.owner = THIS_MODULE,
	.open = kmgw_endpoints_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static void kmgw_hash_line(struct seq_file *seq, struct kmgw_net *kn, const char *name,
			   struct rhashtable *ht)
{
	unsigned int i, chain, longest = 0, used = 0;
	struct bucket_table *tbl;
	struct rhash_head *pos;

	rcu_read_lock();
	tbl = rht_dereference_rcu(ht->tbl, ht);
	for (i = 0; i < tbl->size; i++) {
		chain = 0;
		rht_for_each_rcu(pos, tbl, i)
			chain++;
		used += !!chain;
		longest = max(longest, chain);
	}
	seq_printf(seq, "netns=%u table=%s elements=%d buckets=%u used=%u longest=%u\n",
		   kn->net->ns.inum, name, atomic_read(&ht->nelems), tbl->size, used, longest);
	rcu_read_unlock();
}

static int kmgw_hash_show(struct seq_file *seq, void *v)
{
	struct kmgw_net *kn;

	mutex_lock(&kmgw_nets_lock);
	list_for_each_entry(kn, &kmgw_nets, list) {
		if (!READ_ONCE(kn->nr_ctx))
			continue;
		kmgw_hash_line(seq, kn, "contexts", &kn->ctxs);
		kmgw_hash_line(seq, kn, "endpoints", &kn->eps);
	}
	mutex_unlock(&kmgw_nets_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kmgw_hash);

static int kmgw_drops_show(struct seq_file *seq, void *v)
{
	u64 drops[KMGW_DROP_REASONS];
	struct kmgw_stats st;
	struct kmgw_net *kn;
	int i;

	mutex_lock(&kmgw_nets_lock);
	list_for_each_entry(kn, &kmgw_nets, list) {
		kmgw_net_totals(kn, &st, drops);
		for (i = 0; i < KMGW_DROP_REASONS; i++)
			if (drops[i])
				seq_printf(seq, "netns=%u %s=%llu\n", kn->net->ns.inum,
					   kmgw_reason_name(i), drops[i]);
	}
	mutex_unlock(&kmgw_nets_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kmgw_drops);

/**
 * kmgw_debugfs_init() - show the objects; nothing depends on it, so failure is silent
 */
void __init kmgw_debugfs_init(void)
{
	kmgw_dir = debugfs_create_dir("kmgw", NULL);
	debugfs_create_file("endpoints", 0400, kmgw_dir, NULL, &kmgw_endpoints_fops);
	debugfs_create_file("hash", 0400, kmgw_dir, NULL, &kmgw_hash_fops);
	debugfs_create_file("drops", 0400, kmgw_dir, NULL, &kmgw_drops_fops);
}

/**
 * kmgw_debugfs_exit() - take the objects away
 */
void kmgw_debugfs_exit(void)
{
	debugfs_remove(kmgw_dir);
}
