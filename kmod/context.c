// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: contexts.
 *
 * A context is found by id through a hash table and, for dumps that resume where they ended, in
 * an ordered tree. Context: process, under kn->lock. Each context holds a reference on the
 * module, so that calls cannot lose their media plane to rmmod.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "kmgw.h"
#include "object.h"
#include "splice.h"

static const struct rhashtable_params kmgw_ctx_params = {
	.head_offset = offsetof(struct kmgw_ctx, node),
	.key_offset = offsetof(struct kmgw_ctx, id),
	.key_len = sizeof_field(struct kmgw_ctx, id),
	.automatic_shrinking = true,
};

/**
 * kmgw_ctx_tables_init() - prepare a namespace for contexts
 * @kn: namespace
 *
 * Return: 0 or a negative errno.
 */
int kmgw_ctx_tables_init(struct kmgw_net *kn)
{
	kn->tree = RB_ROOT;
	return rhashtable_init(&kn->ctxs, &kmgw_ctx_params);
}

/**
 * kmgw_ctx_tables_exit() - undo kmgw_ctx_tables_init()
 * @kn: namespace without contexts
 */
void kmgw_ctx_tables_exit(struct kmgw_net *kn)
{
	rhashtable_destroy(&kn->ctxs);
}

/**
 * kmgw_net_changed() - note that an object was added or removed
 * @kn: namespace; under kn->lock
 */
void kmgw_net_changed(struct kmgw_net *kn)
{
	lockdep_assert_held(&kn->lock);
	/* 0 means "not known yet" to the dump code. */
	if (!++kn->generation)
		kn->generation = 1;
}

/**
 * kmgw_ctx_find() - find a context
 * @kn: namespace; under kn->lock
 * @id: id
 *
 * Return: the context or NULL.
 */
struct kmgw_ctx *kmgw_ctx_find(struct kmgw_net *kn, u32 id)
{
	lockdep_assert_held(&kn->lock);
	return rhashtable_lookup_fast(&kn->ctxs, &id, kmgw_ctx_params);
}

/**
 * kmgw_ctx_next() - find the context with the lowest id that is not below one
 * @kn: namespace; under kn->lock
 * @id: id
 *
 * Return: the context or NULL.
 */
struct kmgw_ctx *kmgw_ctx_next(struct kmgw_net *kn, u32 id)
{
	struct rb_node *n = kn->tree.rb_node;
	struct kmgw_ctx *best = NULL;

	lockdep_assert_held(&kn->lock);
	while (n) {
		struct kmgw_ctx *ctx = rb_entry(n, struct kmgw_ctx, order);

		if (ctx->id >= id) {
			best = ctx;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

static void kmgw_ctx_link(struct kmgw_net *kn, struct kmgw_ctx *ctx)
{
	struct rb_node **link = &kn->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (ctx->id < rb_entry(parent, struct kmgw_ctx, order)->id)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&ctx->order, parent, link);
	rb_insert_color(&ctx->order, &kn->tree);
}

static int kmgw_ctx_copy_data(const void *data, u32 len, void **copy,
			      struct netlink_ext_ack *extack)
{
	*copy = NULL;
	if (!len)
		return 0;
	*copy = kmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!*copy) {
		NL_SET_ERR_MSG(extack, "out of memory for the user data");
		return -ENOMEM;
	}
	memcpy(*copy, data, len);
	return 0;
}

/**
 * kmgw_ctx_new() - add a context
 * @kn: namespace; under kn->lock
 * @id: id
 * @data: user data
 * @len: octets in @data
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno; then nothing has changed.
 */
int kmgw_ctx_new(struct kmgw_net *kn, u32 id, const void *data, u32 len,
		 struct netlink_ext_ack *extack)
{
	struct kmgw_ctx *ctx;
	int err;

	lockdep_assert_held(&kn->lock);
	if (kmgw_ctx_find(kn, id)) {
		NL_SET_ERR_MSG(extack, "the context exists");
		return -EEXIST;
	}
	if (kn->nr_ctx >= kn->max_ctx) {
		NL_SET_ERR_MSG(extack,
			       "limit of contexts reached: delete some or raise MAX_CONTEXTS");
		return -ENOSPC;
	}
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		return -ESHUTDOWN;
	}

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx) {
		NL_SET_ERR_MSG(extack, "out of memory for the context");
		err = -ENOMEM;
		goto err_module;
	}
	ctx->id = id;
	ctx->eps = RB_ROOT;
	err = kmgw_ctx_copy_data(data, len, &ctx->userdata, extack);
	if (err)
		goto err_ctx;
	ctx->userdata_len = len;
	err = rhashtable_insert_fast(&kn->ctxs, &ctx->node, kmgw_ctx_params);
	if (err) {
		NL_SET_ERR_MSG(extack, "out of memory for the table of contexts");
		goto err_data;
	}
	kmgw_ctx_link(kn, ctx);
	kn->nr_ctx++;
	kmgw_net_changed(kn);
	kmgw_event_ctx(kn, KMGW_EVENT_CREATED, id);
	return 0;

err_data:
	kfree(ctx->userdata);
err_ctx:
	kfree(ctx);
err_module:
	module_put(THIS_MODULE);
	return err;
}

/**
 * kmgw_ctx_set() - replace the user data of a context
 * @kn: namespace; under kn->lock
 * @ctx: context
 * @data: user data
 * @len: octets in @data; 0 takes it away
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno; then nothing has changed.
 */
int kmgw_ctx_set(struct kmgw_net *kn, struct kmgw_ctx *ctx, const void *data, u32 len,
		 struct netlink_ext_ack *extack)
{
	void *copy;
	int err;

	lockdep_assert_held(&kn->lock);
	err = kmgw_ctx_copy_data(data, len, &copy, extack);
	if (err)
		return err;
	kfree(ctx->userdata);
	ctx->userdata = copy;
	ctx->userdata_len = len;
	ctx->version++;
	kmgw_event_ctx(kn, KMGW_EVENT_CHANGED, ctx->id);
	return 0;
}

static void kmgw_ctx_end(struct kmgw_net *kn, struct kmgw_ctx *ctx, bool abort)
{
	struct rb_node *n;

	lockdep_assert_held(&kn->lock);
	while ((n = rb_first(&ctx->eps)))
		kmgw_ep_del(kn, rb_entry(n, struct kmgw_ep, order), abort);
	rhashtable_remove_fast(&kn->ctxs, &ctx->node, kmgw_ctx_params);
	rb_erase(&ctx->order, &kn->tree);
	kn->nr_ctx--;
	kmgw_net_changed(kn);
	kmgw_event_ctx(kn, KMGW_EVENT_DELETED, ctx->id);
	kfree(ctx->userdata);
	kfree(ctx);
	module_put(THIS_MODULE);
}

/**
 * kmgw_ctx_del() - remove a context and end its endpoints in order
 * @kn: namespace; under kn->lock
 * @ctx: context
 */
void kmgw_ctx_del(struct kmgw_net *kn, struct kmgw_ctx *ctx)
{
	kmgw_ctx_end(kn, ctx, false);
}

/**
 * kmgw_ctx_flush() - remove all contexts and reset their connections
 * @kn: namespace; under kn->lock
 */
void kmgw_ctx_flush(struct kmgw_net *kn)
{
	struct rb_node *n;

	lockdep_assert_held(&kn->lock);
	while ((n = rb_first(&kn->tree))) {
		kmgw_ctx_end(kn, rb_entry(n, struct kmgw_ctx, order), true);
		cond_resched();
	}
}
