// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: module and network namespaces.
 *
 * Context: process. kmgw_nets_lock guards the list of namespaces and the totals of those that are
 * gone; it is taken outside of every kn->lock.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include "debugfs.h"
#include "dtls.h"
#include "kmgw.h"
#include "netlink.h"
#include "object.h"
#include "splice.h"
#include "stats.h"
#include "sysfs.h"

/* Enough for any gateway one host can be; a namespace of another owner starts with none. */
#define KMGW_MAX_CONTEXTS	131072
#define KMGW_MAX_ENDPOINTS	524288
#define KMGW_MAX_SOCKETS	262144
#define KMGW_MAX_SYNS		65536

unsigned int kmgw_net_id __read_mostly;
DEFINE_MUTEX(kmgw_nets_lock);	/* see kmgw.h */
LIST_HEAD(kmgw_nets);
static u64 kmgw_last_net;

/**
 * kmgw_net() - what the module keeps for a network namespace
 * @net: namespace
 *
 * Return: never NULL while the module is loaded.
 */
struct kmgw_net *kmgw_net(const struct net *net)
{
	return net_generic(net, kmgw_net_id);
}

static int __net_init kmgw_net_init(struct net *net)
{
	struct kmgw_net *kn = kmgw_net(net);
	int err;

	kn->net = net;
	mutex_init(&kn->lock);
	spin_lock_init(&kn->event_lock);
	spin_lock_init(&kn->closing_lock);
	INIT_LIST_HEAD(&kn->closing);
	kn->generation = 1;
	if (net->user_ns == &init_user_ns) {
		kn->max_ctx = KMGW_MAX_CONTEXTS;
		kn->max_ep = KMGW_MAX_ENDPOINTS;
		kn->max_sockets = KMGW_MAX_SOCKETS;
		kn->max_syns = KMGW_MAX_SYNS;
	}

	err = kmgw_stats_init(kn);
	if (err)
		return err;
	err = kmgw_ctx_tables_init(kn);
	if (err)
		goto err_stats;
	err = kmgw_ep_tables_init(kn);
	if (err)
		goto err_ctx;

	mutex_lock(&kmgw_nets_lock);
	kn->id = ++kmgw_last_net;
	list_add_tail(&kn->list, &kmgw_nets);
	mutex_unlock(&kmgw_nets_lock);
	return 0;

err_ctx:
	kmgw_ctx_tables_exit(kn);
err_stats:
	kmgw_stats_exit(kn);
	return err;
}

static void __net_exit kmgw_net_pre_exit(struct net *net)
{
	struct kmgw_net *kn = kmgw_net(net);

	mutex_lock(&kn->lock);
	kmgw_ctx_flush(kn);
	mutex_unlock(&kn->lock);
}

static void __net_exit kmgw_net_exit_batch(struct list_head *nets)
{
	struct kmgw_net *kn;
	struct net *net;

	list_for_each_entry(net, nets, exit_list) {
		kmgw_splice_net_exit(kmgw_net(net));
		kmgw_dtls_net_exit(kmgw_net(net));
	}

	/* What was freed after a grace period may hold routes of these namespaces. */
	rcu_barrier();

	list_for_each_entry(net, nets, exit_list) {
		kn = kmgw_net(net);
		mutex_lock(&kmgw_nets_lock);
		list_del(&kn->list);
		kmgw_stats_gone(kn);
		mutex_unlock(&kmgw_nets_lock);
		kmgw_ep_tables_exit(kn);
		kmgw_ctx_tables_exit(kn);
		kmgw_stats_exit(kn);
		mutex_destroy(&kn->lock);
	}
}

static struct pernet_operations kmgw_net_ops = {
	.init = kmgw_net_init,
	.pre_exit = kmgw_net_pre_exit,
	.exit_batch = kmgw_net_exit_batch,
	.id = &kmgw_net_id,
	.size = sizeof(struct kmgw_net),
};

static int __init kmgw_init(void)
{
	int err;

	err = kmgw_ep_init();
	if (err)
		return err;
	err = kmgw_dtls_init();
	if (err)
		goto err_ep;
	err = kmgw_splice_init();
	if (err)
		goto err_dtls;
	err = register_pernet_subsys(&kmgw_net_ops);
	if (err)
		goto err_splice;
	err = kmgw_sysfs_init();
	if (err)
		goto err_net;
	kmgw_debugfs_init();
	err = kmgw_netlink_init();
	if (err)
		goto err_debugfs;
	return 0;

err_debugfs:
	kmgw_debugfs_exit();
	kmgw_sysfs_exit();
err_net:
	unregister_pernet_subsys(&kmgw_net_ops);
err_splice:
	kmgw_splice_exit();
err_dtls:
	kmgw_dtls_exit();
err_ep:
	kmgw_ep_exit();
	return err;
}

static void __exit kmgw_exit(void)
{
	kmgw_netlink_exit();
	kmgw_debugfs_exit();
	kmgw_sysfs_exit();
	unregister_pernet_subsys(&kmgw_net_ops);
	kmgw_splice_exit();
	kmgw_dtls_exit();
	kmgw_ep_exit();
}

module_init(kmgw_init);
module_exit(kmgw_exit);

MODULE_DESCRIPTION("H.248 media gateway: media plane");
MODULE_AUTHOR("The kmgw authors");
MODULE_LICENSE("GPL");
#ifdef KMGW_VERSION
MODULE_VERSION(KMGW_VERSION);
#endif
MODULE_ALIAS_GENL_FAMILY(KMGW_GENL_NAME);
MODULE_SOFTDEP("pre: tls gcm ccm chacha20poly1305");
