// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: totals of all namespaces in sysfs, one value a file.
 *
 *	/sys/module/kmgw/stats/	contexts, endpoints, sockets; rx_packets and the other counters
 *	/sys/module/kmgw/drops/	drops by reason
 *	/sys/module/kmgw/ends/	connections that ended, by reason
 *
 * Context: process; takes kmgw_nets_lock. Counters never go back while the module is loaded.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "kmgw.h"
#include "splice.h"
#include "stats.h"
#include "sysfs.h"

struct kmgw_attr {
	struct kobj_attribute attr;
	unsigned int index;
};

#define KMGW_STATS_WORDS (sizeof(struct kmgw_stats) / sizeof(u64))

static const char * const kmgw_object_names[] = { "contexts", "endpoints", "sockets" };

/* the members of struct kmgw_stats, in their order */
static const char * const kmgw_stats_names[] = {
	"rx_packets", "rx_octets", "tx_packets", "tx_octets", "rx_plain_octets",
	"tx_plain_octets", "drops", "stalls",
};

static_assert(ARRAY_SIZE(kmgw_stats_names) == KMGW_STATS_WORDS);

static struct kmgw_attr kmgw_object_attrs[ARRAY_SIZE(kmgw_object_names)];
static struct kmgw_attr kmgw_stats_attrs[KMGW_STATS_WORDS];
static struct kmgw_attr kmgw_drop_attrs[KMGW_REASON_DROP_MAX];
static struct kmgw_attr kmgw_end_attrs[KMGW_REASON_MAX - KMGW_REASON_DROP_MAX];
static struct kobject *kmgw_stats_dir, *kmgw_drops_dir, *kmgw_ends_dir;

static unsigned int kmgw_attr_index(const struct kobj_attribute *attr)
{
	return container_of(attr, struct kmgw_attr, attr)->index;
}

static ssize_t kmgw_object_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u64 count[ARRAY_SIZE(kmgw_object_names)] = {};
	struct kmgw_net *kn;

	mutex_lock(&kmgw_nets_lock);
	list_for_each_entry(kn, &kmgw_nets, list) {
		count[0] += READ_ONCE(kn->nr_ctx);
		count[1] += READ_ONCE(kn->nr_ep);
		count[2] += atomic_read(&kn->sockets);
	}
	mutex_unlock(&kmgw_nets_lock);
	return sysfs_emit(buf, "%llu\n", count[kmgw_attr_index(attr)]);
}

static ssize_t kmgw_stats_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u64 drops[KMGW_DROP_REASONS];
	struct kmgw_stats st;

	kmgw_module_totals(&st, drops);
	return sysfs_emit(buf, "%llu\n", ((u64 *)&st)[kmgw_attr_index(attr)]);
}

static ssize_t kmgw_drop_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	u64 drops[KMGW_DROP_REASONS];
	struct kmgw_stats st;

	kmgw_module_totals(&st, drops);
	return sysfs_emit(buf, "%llu\n", drops[kmgw_attr_index(attr)]);
}

static ssize_t kmgw_end_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", kmgw_splice_ended(kmgw_attr_index(attr)));
}

static int kmgw_sysfs_add(struct kobject *dir, struct kmgw_attr *a, const char *name,
			  unsigned int index,
			  ssize_t (*show)(struct kobject *, struct kobj_attribute *, char *))
{
	sysfs_attr_init(&a->attr.attr);
	a->attr.attr.name = name;
	a->attr.attr.mode = 0444;
	a->attr.show = show;
	a->index = index;
	return sysfs_create_file(dir, &a->attr.attr);
}

static int __init kmgw_sysfs_fill(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(kmgw_object_attrs); i++)
		err = kmgw_sysfs_add(kmgw_stats_dir, &kmgw_object_attrs[i], kmgw_object_names[i],
				     i, kmgw_object_show);
	for (i = 0; !err && i < ARRAY_SIZE(kmgw_stats_attrs); i++)
		err = kmgw_sysfs_add(kmgw_stats_dir, &kmgw_stats_attrs[i], kmgw_stats_names[i],
				     i, kmgw_stats_show);
	for (i = 0; !err && i < ARRAY_SIZE(kmgw_drop_attrs); i++)
		err = kmgw_sysfs_add(kmgw_drops_dir, &kmgw_drop_attrs[i],
				     kmgw_reason_name(i + 1), i + 1, kmgw_drop_show);
	for (i = 0; !err && i < ARRAY_SIZE(kmgw_end_attrs); i++)
		err = kmgw_sysfs_add(kmgw_ends_dir, &kmgw_end_attrs[i],
				     kmgw_reason_name(KMGW_REASON_DROP_MAX + 1 + i),
				     KMGW_REASON_DROP_MAX + 1 + i, kmgw_end_show);
	return err;
}

/**
 * kmgw_sysfs_init() - show the totals
 *
 * Return: 0 or a negative errno.
 */
int __init kmgw_sysfs_init(void)
{
	struct kobject *mod = &THIS_MODULE->mkobj.kobj;
	int err = -ENOMEM;

	kmgw_stats_dir = kobject_create_and_add("stats", mod);
	kmgw_drops_dir = kobject_create_and_add("drops", mod);
	kmgw_ends_dir = kobject_create_and_add("ends", mod);
	if (kmgw_stats_dir && kmgw_drops_dir && kmgw_ends_dir)
		err = kmgw_sysfs_fill();
	if (err)
		kmgw_sysfs_exit();
	return err;
}

/**
 * kmgw_sysfs_exit() - take the totals away
 */
void kmgw_sysfs_exit(void)
{
	kobject_put(kmgw_ends_dir);
	kobject_put(kmgw_drops_dir);
	kobject_put(kmgw_stats_dir);
}
