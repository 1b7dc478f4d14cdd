// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: keys of secured endpoints: which there are, how they come and go.
 *
 * What is unsafe is refused here: a name that does not grow, and a key that the endpoint has had
 * before, in whichever direction: with its sequence numbers starting again, the same nonce would
 * protect two records, or old records would be accepted once more.
 *
 * Context: process under kn->lock for the user; kmgw_dtls_end() and references in any context.
 * Lifetime and locks: see dtls.h.
 */
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <net/genetlink.h>

#include "dtls.h"
#include "object.h"

#define KMGW_SLOT_OVERLAP	(10 * HZ)	/* how long the epoch before is understood */
#define KMGW_USED_MAX		4096		/* two for each installation */

static struct workqueue_struct *kmgw_dtls_wq;
static siphash_key_t kmgw_mark_key __read_mostly;

/**
 * kmgw_dtls_init() - when the module is loaded
 *
 * Return: 0 or a negative errno.
 */
int __init kmgw_dtls_init(void)
{
	int err;

	err = kmgw_dtls_selftest();
	if (err)
		return err;
	get_random_bytes(&kmgw_mark_key, sizeof(kmgw_mark_key));
	kmgw_dtls_wq = alloc_workqueue("kmgw_dtls", WQ_UNBOUND, 0);
	return kmgw_dtls_wq ? 0 : -ENOMEM;
}

/**
 * kmgw_dtls_exit() - undo kmgw_dtls_init(), after the last namespace
 */
void kmgw_dtls_exit(void)
{
	/* Keys that were refused have no namespace that would have waited for them. */
	rcu_barrier();
	destroy_workqueue(kmgw_dtls_wq);
	kmgw_crypto_exit();
}

/**
 * kmgw_dtls_net_exit() - wait until no keys of a namespace are in use any more
 * @kn: namespace without contexts
 *
 * Requests to the crypto API may still be under way. They end by themselves.
 */
void kmgw_dtls_net_exit(struct kmgw_net *kn)
{
	wait_var_event(&kn->slots, !atomic_read(&kn->slots));
}

static void kmgw_slot_destroy(struct kmgw_slot *slot)
{
	if (!IS_ERR_OR_NULL(slot->rx))
		crypto_free_aead(slot->rx);
	if (!IS_ERR_OR_NULL(slot->tx))
		crypto_free_aead(slot->tx);
	kfree_sensitive(slot);
}

static void kmgw_slot_free_work(struct work_struct *work)
{
	struct kmgw_slot *slot = container_of(to_rcu_work(work), struct kmgw_slot, free);
	struct kmgw_ep *ep = slot->ep;
	struct kmgw_net *kn = ep ? ep->kn : NULL;

	kmgw_slot_destroy(slot);
	if (!ep)
		return;
	kmgw_ep_put(ep);
	/* Nothing of the namespace may be touched after that. */
	if (atomic_dec_and_test(&kn->slots))
		wake_up_var(&kn->slots);
}

/**
 * kmgw_slot_free() - free keys after a grace period
 * @slot: keys without references; any context
 */
void kmgw_slot_free(struct kmgw_slot *slot)
{
	queue_rcu_work(kmgw_dtls_wq, &slot->free);
}

static void kmgw_slot_expire_work(struct work_struct *work)
{
	struct kmgw_slot *slot = container_of(to_delayed_work(work), struct kmgw_slot, expire);
	struct kmgw_dtls *dtls = rcu_dereference_protected(slot->ep->dtls, true);
	struct kmgw_ep *ep = slot->ep;
	bool ours;

	spin_lock_bh(&ep->lock);
	ours = rcu_access_pointer(dtls->prev) == slot;
	if (ours)
		RCU_INIT_POINTER(dtls->prev, NULL);
	spin_unlock_bh(&ep->lock);
	if (ours)
		kmgw_slot_put(slot);
	kmgw_slot_put(slot);
}

/* Give back what dtls->prev was. The timer has a reference of its own. */
static void kmgw_slot_put_prev(struct kmgw_slot *prev)
{
	if (!prev)
		return;
	if (cancel_delayed_work(&prev->expire))
		kmgw_slot_put(prev);
	kmgw_slot_put(prev);
}

/**
 * kmgw_slot_new() - make keys
 * @suite: cipher
 * @rx_key: opens
 * @tx_key: seals
 * @extack: says what to do about a refusal
 *
 * The rest is filled in by the caller before kmgw_dtls_apply().
 *
 * Context: process; may load modules: not under kn->lock.
 * Return: keys with one reference, or an ERR_PTR().
 */
struct kmgw_slot *kmgw_slot_new(const struct kmgw_suite *suite, const void *rx_key,
				const void *tx_key, struct netlink_ext_ack *extack)
{
	struct kmgw_slot *slot;
	int err;

	slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (!slot) {
		NL_SET_ERR_MSG(extack, "out of memory for the keys");
		return ERR_PTR(-ENOMEM);
	}
	slot->suite = suite;
	slot->rx_mark = siphash(rx_key, suite->key_len, &kmgw_mark_key);
	slot->tx_mark = siphash(tx_key, suite->key_len, &kmgw_mark_key);
	refcount_set(&slot->ref, 1);
	spin_lock_init(&slot->rx_lock);
	INIT_RCU_WORK(&slot->free, kmgw_slot_free_work);
	INIT_DELAYED_WORK(&slot->expire, kmgw_slot_expire_work);

	slot->rx = kmgw_aead_new(suite, rx_key);
	slot->tx = IS_ERR(slot->rx) ? slot->rx : kmgw_aead_new(suite, tx_key);
	if (!IS_ERR(slot->tx))
		return slot;
	err = PTR_ERR(slot->tx);
	if (err == -ENOENT)
		NL_SET_ERR_MSG(extack, "this kernel does not have the CIPHER: load its modules");
	else
		NL_SET_ERR_MSG(extack, "the crypto API refused the CIPHER or a key");
	kmgw_slot_destroy(slot);
	return ERR_PTR(err);
}

/* Has the endpoint ever had this key? Marks are keyed hashes: they tell nothing about it. */
static bool kmgw_dtls_used(const struct kmgw_dtls *dtls, u64 mark)
{
	u32 i;

	for (i = 0; i < dtls->nr_used; i++)
		if (dtls->used[i] == mark)
			return true;
	return false;
}

static int kmgw_dtls_check_name(const struct kmgw_dtls *dtls, const struct kmgw_slot *slot,
				const struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack)
{
	struct nlattr *nest = cfg->attrs[KMGW_A_EP_KEYS];

	if (!dtls->keyed || slot->generation > dtls->generation)
		return 0;
	if (slot->generation < dtls->generation) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "GENERATION is below that of the last keys");
		return -EINVAL;
	}
	if (slot->epoch <= dtls->epoch) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "EPOCH has to be above the last one of the GENERATION");
		return slot->epoch == dtls->epoch ? -EEXIST : -EINVAL;
	}
	if (!rcu_access_pointer(dtls->cur)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "the association has ended: a new one needs a greater GENERATION");
		return -ENOTCONN;
	}
	return 0;
}

static int kmgw_dtls_check_keys(struct kmgw_dtls *dtls, const struct kmgw_slot *slot,
				const struct kmgw_ep_cfg *cfg, struct netlink_ext_ack *extack)
{
	struct nlattr *nest = cfg->attrs[KMGW_A_EP_KEYS];
	u32 room;
	u64 *used;
	int err;

	err = kmgw_dtls_check_name(dtls, slot, cfg, extack);
	if (err)
		return err;
	if (slot->rx_mark == slot->tx_mark) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "RX_KEY and TX_KEY are the same");
		return -EINVAL;
	}
	if (kmgw_dtls_used(dtls, slot->rx_mark) || kmgw_dtls_used(dtls, slot->tx_mark)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "the endpoint had this key before: make new ones by a handshake");
		return -EKEYREJECTED;
	}
	if (dtls->nr_used >= KMGW_USED_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "the endpoint had too many keys: delete it and make another");
		return -ENOSPC;
	}
	if (dtls->nr_used + 2 <= dtls->max_used)
		return 0;
	room = max(8u, dtls->max_used * 2);
	used = krealloc_array(dtls->used, room, sizeof(*used), GFP_KERNEL_ACCOUNT);
	if (!used) {
		NL_SET_ERR_MSG(extack, "out of memory for the keys");
		return -ENOMEM;
	}
	dtls->used = used;
	dtls->max_used = room;
	return 0;
}

static struct kmgw_dtls *kmgw_dtls_of(struct kmgw_ep *ep)
{
	return rcu_dereference_protected(ep->dtls, lockdep_is_held(&ep->kn->lock));
}

static int kmgw_dtls_new(struct kmgw_ep *ep, struct netlink_ext_ack *extack)
{
	struct kmgw_dtls *dtls;
	unsigned int i;

	dtls = kzalloc(sizeof(*dtls), GFP_KERNEL_ACCOUNT);
	if (!dtls) {
		NL_SET_ERR_MSG(extack, "out of memory for DTLS");
		return -ENOMEM;
	}
	spin_lock_init(&dtls->up_lock);
	for (i = 0; i < ARRAY_SIZE(dtls->up_budget); i++) {
		dtls->up_budget[i].stamp = jiffies;
		dtls->up_budget[i].tokens = KMGW_DTLS_UP_BURST;
	}
	rcu_assign_pointer(ep->dtls, dtls);
	return 0;
}

/**
 * kmgw_dtls_prepare() - check what a request says about security, and allocate
 * @ep: endpoint; under kn->lock
 * @cfg: request
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno. Nothing that can be seen has changed.
 */
int kmgw_dtls_prepare(struct kmgw_ep *ep, const struct kmgw_ep_cfg *cfg,
		      struct netlink_ext_ack *extack)
{
	u8 security = kmgw_ep_cfg_has(cfg, KMGW_A_EP_SECURITY) ? cfg->security : ep->security;
	int err;

	if (ep->l4 != KMGW_L4_UDP && kmgw_ep_cfg_has(cfg, KMGW_A_EP_SECURITY)) {
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_SECURITY],
				    "SECURITY is for UDP: a TCP endpoint takes a socket with kTLS");
		return -EINVAL;
	}
	if (cfg->slot && security != KMGW_SECURITY_DTLS) {
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_KEYS],
				    "KEYS are for an endpoint with SECURITY dtls");
		return -EINVAL;
	}
	if (cfg->slot && kmgw_ep_cfg_has(cfg, KMGW_A_EP_RELEASE)) {
		NL_SET_ERR_MSG_ATTR(extack, cfg->attrs[KMGW_A_EP_KEYS],
				    "RELEASE first, then KEYS in another request");
		return -EINVAL;
	}
	if (security == KMGW_SECURITY_DTLS && !rcu_access_pointer(ep->dtls)) {
		err = kmgw_dtls_new(ep, extack);
		if (err)
			return err;
	}
	return cfg->slot ? kmgw_dtls_check_keys(kmgw_dtls_of(ep), cfg->slot, cfg, extack) : 0;
}

/* From here on the old keys seal nothing, and the new ones everything. */
static void kmgw_dtls_install(struct kmgw_ep *ep, struct kmgw_slot *slot)
{
	struct kmgw_dtls *dtls = kmgw_dtls_of(ep);
	struct kmgw_slot *old, *prev;

	kmgw_ep_hold(ep);
	slot->ep = ep;
	atomic_inc(&ep->kn->slots);
	slot->send_at = jiffies + msecs_to_jiffies(slot->hold);
	slot->held = slot->hold;
	dtls->used[dtls->nr_used++] = slot->rx_mark;
	dtls->used[dtls->nr_used++] = slot->tx_mark;

	spin_lock_bh(&ep->lock);
	old = rcu_replace_pointer(dtls->cur, slot, lockdep_is_held(&ep->lock));
	prev = rcu_dereference_protected(dtls->prev, lockdep_is_held(&ep->lock));
	if (old && old->generation != slot->generation) {
		RCU_INIT_POINTER(dtls->prev, NULL);
	} else if (old) {
		/* The endpoint's reference goes along; the timer gets another. */
		refcount_inc(&old->ref);
		rcu_assign_pointer(dtls->prev, old);
		queue_delayed_work(kmgw_dtls_wq, &old->expire, KMGW_SLOT_OVERLAP);
		old = NULL;
	}
	dtls->keyed = true;
	dtls->generation = slot->generation;
	dtls->epoch = slot->epoch;
	spin_unlock_bh(&ep->lock);

	kmgw_slot_put_prev(prev);
	if (old)
		kmgw_slot_put(old);
}

/**
 * kmgw_dtls_apply() - do what a request says about security
 * @ep: endpoint; under kn->lock
 * @cfg: request that kmgw_dtls_prepare() found good; its keys are taken
 *
 * Return: true when the endpoint starts anew.
 */
bool kmgw_dtls_apply(struct kmgw_ep *ep, struct kmgw_ep_cfg *cfg)
{
	u8 old = ep->security;
	bool again = false;

	if (cfg->slot) {
		again = ep->state == KMGW_STATE_RELEASED || ep->state == KMGW_STATE_FAILED;
		kmgw_dtls_install(ep, cfg->slot);
		cfg->slot = NULL;
	}
	if (!kmgw_ep_cfg_has(cfg, KMGW_A_EP_SECURITY) || cfg->security == old)
		return again;
	WRITE_ONCE(ep->security, cfg->security);
	if (old == KMGW_SECURITY_DTLS)
		kmgw_dtls_end(ep, KMGW_STATE_IDLE, KMGW_REASON_NONE, true);
	return true;
}

/**
 * kmgw_dtls_end() - end the association of an endpoint, if there is one
 * @ep: endpoint
 * @state: its new state; IDLE leaves it as it is
 * @reason: why
 * @notify: send close_notify
 *
 * Context: process or softirq, RCU read section not needed.
 */
void kmgw_dtls_end(struct kmgw_ep *ep, enum kmgw_state state, enum kmgw_reason reason,
		   bool notify)
{
	struct kmgw_slot *cur, *prev;
	struct kmgw_dtls *dtls;

	/* Made once, and freed with the endpoint. */
	dtls = rcu_dereference_protected(ep->dtls, true);
	if (!dtls)
		return;
	spin_lock_bh(&ep->lock);
	cur = rcu_replace_pointer(dtls->cur, NULL, lockdep_is_held(&ep->lock));
	prev = rcu_replace_pointer(dtls->prev, NULL, lockdep_is_held(&ep->lock));
	spin_unlock_bh(&ep->lock);
	kmgw_slot_put_prev(prev);
	if (!cur)
		return;
	if (notify)
		kmgw_dtls_alert(ep, cur, KMGW_ALERT_WARNING, KMGW_ALERT_CLOSE_NOTIFY);
	if (state != KMGW_STATE_IDLE)
		kmgw_ep_set_state(ep, state, reason);
	kmgw_slot_put(cur);
}

/**
 * kmgw_dtls_free() - free what a secured endpoint has
 * @ep: endpoint without references, a grace period later; its association has ended
 */
void kmgw_dtls_free(struct kmgw_ep *ep)
{
	struct kmgw_dtls *dtls = rcu_dereference_protected(ep->dtls, true);

	if (!dtls)
		return;
	kfree_sensitive(dtls->used);
	kfree_sensitive(dtls);
}
