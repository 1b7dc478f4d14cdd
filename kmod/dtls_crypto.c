// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ciphers of DTLS 1.2, and requests to the crypto API.
 *
 * Transforms are allocated without the mask for asynchronous ones: it would cost the fastest driver
 * there is for AES-GCM. So a request may be completed later, by another CPU. All it needs is in one
 * piece of memory: request, nonce, additional data, scatterlist, and what is to be done next. Each
 * CPU keeps one such piece, so that records that are done at once need no allocation.
 *
 * Context: kmgw_aead_new() sleeps; the rest is called in softirq.
 */
#include <crypto/aead.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

#include "compat.h"
#include "dtls.h"

#define KMGW_GCM	"gcm(aes)"
#define KMGW_OP_SIZE	1024	/* of the pieces that are kept: enough for each of the ciphers */

/* Used with BH disabled. */
static DEFINE_PER_CPU(struct kmgw_op *, kmgw_op_kept);

static char *kmgw_gcm_driver = "";
module_param_named(gcm_driver, kmgw_gcm_driver, charp, 0600);
MODULE_PARM_DESC(gcm_driver,
		 "for tests of late completions: internal driver for AES-GCM, as cryptd(__generic-gcm-aesni)");

/* Limits: RFC 8446 5.5 for GCM, RFC 9147 B.1 for CCM; ChaCha20 has none that it could reach. */
static const struct kmgw_suite kmgw_suites[] = {
	[KMGW_DTLS_CIPHER_AES_128_GCM] = {
		.aead = KMGW_GCM,
		.key_len = 16,
		.iv_len = 4,
		.explicit_len = 8,
		.tag_len = 16,
		.limit = 23726566,
	},
	[KMGW_DTLS_CIPHER_AES_256_GCM] = {
		.aead = KMGW_GCM,
		.key_len = 32,
		.iv_len = 4,
		.explicit_len = 8,
		.tag_len = 16,
		.limit = 23726566,
	},
	[KMGW_DTLS_CIPHER_CHACHA20_POLY1305] = {
		.aead = "rfc7539(chacha20,poly1305)",
		.key_len = 32,
		.iv_len = 12,
		.explicit_len = 0,
		.tag_len = 16,
		.limit = KMGW_DTLS_SEQ_END,
	},
	[KMGW_DTLS_CIPHER_AES_128_CCM] = {
		.aead = "ccm(aes)",
		.key_len = 16,
		.iv_len = 4,
		.explicit_len = 8,
		.tag_len = 16,
		.ccm = true,
		.limit = 1 << 23,
	},
	[KMGW_DTLS_CIPHER_AES_128_CCM_8] = {
		.aead = "ccm(aes)",
		.key_len = 16,
		.iv_len = 4,
		.explicit_len = 8,
		.tag_len = 8,
		.ccm = true,
		.limit = 1 << 23,
	},
};

/**
 * kmgw_suite() - find a cipher
 * @cipher: enum kmgw_dtls_cipher
 *
 * Return: how it is used, or NULL.
 */
const struct kmgw_suite *kmgw_suite(u8 cipher)
{
	if (cipher >= ARRAY_SIZE(kmgw_suites) || !kmgw_suites[cipher].aead)
		return NULL;
	return &kmgw_suites[cipher];
}

/**
 * kmgw_aead_new() - allocate a transform
 * @suite: cipher
 * @key: its key
 *
 * Context: process; may load modules.
 * Return: the transform, or an ERR_PTR(): -ENOENT when the kernel does not have the cipher.
 */
struct crypto_aead *kmgw_aead_new(const struct kmgw_suite *suite, const void *key)
{
	char param[CRYPTO_MAX_ALG_NAME];
	struct crypto_aead *aead;
	char *driver;
	int err;

	kernel_param_lock(THIS_MODULE);
	strscpy(param, kmgw_gcm_driver, sizeof(param));
	kernel_param_unlock(THIS_MODULE);
	driver = strim(param);
	if (*driver && !strcmp(suite->aead, KMGW_GCM))
		aead = crypto_alloc_aead(driver, CRYPTO_ALG_INTERNAL, CRYPTO_ALG_INTERNAL);
	else
		aead = crypto_alloc_aead(suite->aead, 0, 0);
	if (IS_ERR(aead))
		return aead;
	err = crypto_aead_setkey(aead, key, suite->key_len) ? :
	      crypto_aead_setauthsize(aead, suite->tag_len);
	if (!err)
		return aead;
	crypto_free_aead(aead);
	return ERR_PTR(err);
}

/**
 * kmgw_crypto_exit() - when the module is unloaded, after the last request
 */
void kmgw_crypto_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree_sensitive(per_cpu(kmgw_op_kept, cpu));
}

static inline struct kmgw_op *kmgw_op_new(struct crypto_aead *aead, unsigned int nsg)
{
	struct kmgw_op *op = __this_cpu_read(kmgw_op_kept);
	size_t req, size;

	req = ALIGN(struct_size(op, sg, nsg), crypto_tfm_ctx_alignment());
	size = req + sizeof(struct aead_request) + crypto_aead_reqsize(aead);
	if (likely(op && size <= KMGW_OP_SIZE)) {
		__this_cpu_write(kmgw_op_kept, NULL);
	} else {
		size = max_t(size_t, size, KMGW_OP_SIZE);
		op = kzalloc(size, GFP_ATOMIC);
		if (unlikely(!op))
			return NULL;
		op->keep = size == KMGW_OP_SIZE;
	}
	op->req = (void *)op + req;
	return op;
}

static inline void kmgw_op_free(struct kmgw_op *op)
{
	if (likely(op->keep && !__this_cpu_read(kmgw_op_kept)))
		__this_cpu_write(kmgw_op_kept, op);
	else
		kfree(op);
}

/* @record: what follows its header. To be opened, it may begin with part of the nonce. */
static inline void kmgw_op_nonce(struct kmgw_op *op, const struct kmgw_slot *slot, bool seal,
				 u64 seq, const u8 *record)
{
	const u8 *iv = seal ? slot->tx_iv : slot->rx_iv;
	const struct kmgw_suite *suite = slot->suite;
	u8 *nonce = op->iv, *rest;

	if (unlikely(suite->ccm)) {
		/* The size of the length field less one, the nonce, and a counter of that size. */
		*nonce++ = 2;
		memset(op->iv + 13, 0, 3);
	}
	rest = nonce + KMGW_DTLS_NONCE - KMGW_DTLS_EXPLICIT;
	if (unlikely(!suite->explicit_len)) {
		memcpy(nonce, iv, KMGW_DTLS_NONCE);
		put_unaligned_be64(get_unaligned_be64(rest) ^ seq, rest);
		return;
	}
	memcpy(nonce, iv, KMGW_DTLS_NONCE - KMGW_DTLS_EXPLICIT);
	if (seal)
		put_unaligned_be64(seq, rest);
	else
		memcpy(rest, record, KMGW_DTLS_EXPLICIT);
}

static inline void kmgw_op_aad(const struct kmgw_transit *t, u8 *aad)
{
	put_unaligned_be64(t->seq, aad);
	aad[8] = t->type;
	put_unaligned_be16(KMGW_DTLS_1_2, aad + 9);
	put_unaligned_be16(t->plain, aad + 11);
}

/*
 * What is worked on, in place: additional data and what follows the explicit part of the nonce, at
 * @data in the linear part or at @off of the skb.
 *
 * In the linear part additional data are put right before the payload, over a header that is of no
 * more use, or not written yet. With that, and with a tag that has an entry of its own, drivers
 * find their way at once, where they would have to split entries, or to go from one to the next.
 */
static inline int kmgw_op_map(struct kmgw_op *op, const struct kmgw_transit *t,
			      const struct kmgw_suite *suite, u8 *data, unsigned int off,
			      unsigned int nsg)
{
	struct scatterlist *sg = op->sg;
	int n;

	if (likely(!nsg)) {
		kmgw_op_aad(t, data - KMGW_DTLS_HEADER);
		sg[0].page_link = 0;
		sg_set_buf(&sg[0], data - KMGW_DTLS_HEADER, KMGW_DTLS_HEADER + t->plain);
		sg[1].page_link = SG_END;
		sg_set_buf(&sg[1], data + t->plain, suite->tag_len);
		return 0;
	}
	kmgw_op_aad(t, op->aad);
	sg_init_table(sg, nsg + 1);
	sg_set_buf(&sg[0], op->aad, KMGW_DTLS_HEADER);
	n = skb_to_sgvec(t->skb, &sg[1], off, t->plain + suite->tag_len);
	return n < 0 ? n : 0;
}

/* The slot has its own endpoint; what comes from another is counted there. */
static inline struct kmgw_ep *kmgw_op_other(const struct kmgw_transit *t,
					    const struct kmgw_slot *slot)
{
	return t->ep == slot->ep ? NULL : t->ep;
}

static inline bool kmgw_op_hold(const struct kmgw_transit *t, struct kmgw_slot *slot)
{
	struct kmgw_ep *ep = kmgw_op_other(t, slot);

	if (unlikely(!kmgw_slot_hold(slot)))
		return false;
	if (!ep || likely(refcount_inc_not_zero(&ep->ref)))
		return true;
	kmgw_slot_put(slot);
	return false;
}

static inline void kmgw_op_release(const struct kmgw_transit *t, struct kmgw_slot *slot)
{
	struct kmgw_ep *ep = kmgw_op_other(t, slot);

	if (ep)
		kmgw_ep_put(ep);
	kmgw_slot_put(slot);
}

static void kmgw_op_done(KMGW_CRYPTO_DATA *data, int err)
{
	struct kmgw_op *op = kmgw_crypto_context(data);
	struct kmgw_transit t = op->transit;
	struct kmgw_slot *slot = op->slot;
	kmgw_op_fn *done = op->done;

	if (err == -EINPROGRESS)
		return;
	/* The slot is freed a grace period later, so the module stays until BH are enabled. */
	local_bh_disable();
	kmgw_op_free(op);
	rcu_read_lock();
	done(&t, slot, err);
	rcu_read_unlock();
	kmgw_op_release(&t, slot);
	local_bh_enable();
}

/**
 * kmgw_op_run() - let the crypto API work on a record
 * @t: transit; of it are used @ep, @skb, @seq, @type and @plain
 * @slot: keys
 * @seal: seal it; else open it
 * @off: offset in the skb of what follows the header of the record, which is overwritten
 * @nsg: entries of a scatterlist for the skb; 0 when all of it is in the linear part
 * @done: called when it takes longer, with a copy of @t; in softirq, RCU read section
 *
 * Context: BH disabled, RCU read section.
 * Return: -EINPROGRESS when @done will be called, or has been; else what has come of it: 0,
 * -EBADMSG when the record is not genuine, or another negative errno.
 */
int kmgw_op_run(const struct kmgw_transit *t, struct kmgw_slot *slot, bool seal, unsigned int off,
		unsigned int nsg, kmgw_op_fn *done)
{
	struct crypto_aead *aead = seal ? slot->tx : slot->rx;
	const struct kmgw_suite *suite = slot->suite;
	bool async = kmgw_aead_async(aead);
	u8 *data = t->skb->data + off;
	struct aead_request *req;
	struct kmgw_op *op;
	int err;

	op = kmgw_op_new(aead, 1 + (nsg ?: 1));
	if (unlikely(!op))
		return -ENOMEM;
	kmgw_op_nonce(op, slot, seal, t->seq, data);
	err = kmgw_op_map(op, t, suite, data + suite->explicit_len, off + suite->explicit_len, nsg);
	if (unlikely(err))
		goto out;
	if (async) {
		err = -ENOENT;
		if (unlikely(!kmgw_op_hold(t, slot)))
			goto out;
		op->transit = *t;
		op->slot = slot;
		op->done = done;
	}
	req = op->req;
	aead_request_set_tfm(req, aead);
	aead_request_set_callback(req, 0, kmgw_op_done, op);
	aead_request_set_ad(req, KMGW_DTLS_HEADER);
	aead_request_set_crypt(req, op->sg, op->sg, t->plain + (seal ? 0 : suite->tag_len), op->iv);
	err = seal ? crypto_aead_encrypt(req) : crypto_aead_decrypt(req);
	if (err == -EINPROGRESS)
		return err;
	/* Keys and endpoint stay for the caller, who is in an RCU read section. */
	if (async)
		kmgw_op_release(t, slot);
out:
	kmgw_op_free(op);
	return err;
}
