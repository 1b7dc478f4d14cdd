// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: ciphers of DTLS 1.2, and requests to the crypto API.
 *
 * Transforms are allocated without the mask for asynchronous ones: it would cost the fastest driver
 * there is for AES-GCM. So a request may be completed later, by another CPU. All it needs is one
 * allocation: request, nonce, additional data, scatterlist, and what is to be done next.
 *
 * Context: kmgw_aead_new() sleeps; the rest is called in softirq.
 */
#include <crypto/aead.h>
#include <linux/moduleparam.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

#include "compat.h"
#include "dtls.h"

#define KMGW_GCM	"gcm(aes)"

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

static struct kmgw_op *kmgw_op_new(struct crypto_aead *aead, unsigned int nsg)
{
	struct kmgw_op *op;
	size_t size;

	size = ALIGN(struct_size(op, sg, nsg), crypto_tfm_ctx_alignment());
	op = kmalloc(size + sizeof(struct aead_request) + crypto_aead_reqsize(aead), GFP_ATOMIC);
	if (unlikely(!op))
		return NULL;
	op->req = (void *)op + size;
	aead_request_set_tfm(op->req, aead);
	sg_init_table(op->sg, nsg);
	return op;
}

/* Nonce and additional data. @explicit: the part of the nonce that is in the record, if any is. */
static void kmgw_op_prepare(struct kmgw_op *op, const u8 *iv, const u8 *explicit)
{
	const struct kmgw_suite *suite = op->slot->suite;
	const struct kmgw_transit *t = &op->transit;
	u8 *nonce = op->iv;

	put_unaligned_be64(t->seq, op->aad);
	op->aad[8] = t->type;
	op->aad[9] = 0xfe;
	op->aad[10] = 0xfd;
	put_unaligned_be16(t->plain, op->aad + 11);

	if (suite->ccm) {
		/* The size of the length field less one, the nonce, and a counter of that size. */
		*nonce++ = 2;
		memset(op->iv + 13, 0, 3);
	}
	memcpy(nonce, iv, suite->iv_len);
	if (suite->explicit_len)
		memcpy(nonce + suite->iv_len, explicit, suite->explicit_len);
	else
		put_unaligned_be64(get_unaligned_be64(nonce + 4) ^ t->seq, nonce + 4);
}

/* What is worked on, in place: @len octets at @off of the skb, tag included. */
static int kmgw_op_map(struct kmgw_op *op, unsigned int off, unsigned int len, bool linear)
{
	int n;

	sg_set_buf(&op->sg[0], op->aad, KMGW_DTLS_HEADER);
	if (linear) {
		sg_set_buf(&op->sg[1], op->transit.skb->data + off, len);
		return 0;
	}
	n = skb_to_sgvec(op->transit.skb, &op->sg[1], off, len);
	return n < 0 ? n : 0;
}

/* The slot has its own endpoint; what comes from another is counted there. */
static bool kmgw_op_hold(struct kmgw_ep *ep, struct kmgw_slot *slot)
{
	if (!kmgw_slot_hold(slot))
		return false;
	if (!ep || refcount_inc_not_zero(&ep->ref))
		return true;
	kmgw_slot_put(slot);
	return false;
}

static void kmgw_op_release(struct kmgw_ep *ep, struct kmgw_slot *slot)
{
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
	struct kmgw_ep *ep = t.ep;

	if (err == -EINPROGRESS)
		return;
	kfree(op);
	/* The slot is freed a grace period later, so the module stays until BH are enabled. */
	local_bh_disable();
	rcu_read_lock();
	done(&t, slot, err);
	rcu_read_unlock();
	kmgw_op_release(ep, slot);
	local_bh_enable();
}

/**
 * kmgw_op_run() - let the crypto API work on a record
 * @t: transit; of it are used @seq, @type and @plain
 * @slot: keys
 * @seal: seal it; else open it
 * @off: offset in the skb of what follows the header of the record
 * @nsg: entries of a scatterlist for the skb
 * @linear: all of it is in the linear part; @nsg is 1 then
 * @done: called when it takes longer, with a copy of @t; in softirq, RCU read section
 *
 * Return: -EINPROGRESS when @done will be called, or has been; else what has come of it: 0,
 * -EBADMSG when the record is not genuine, or another negative errno.
 */
int kmgw_op_run(const struct kmgw_transit *t, struct kmgw_slot *slot, bool seal, unsigned int off,
		unsigned int nsg, bool linear, kmgw_op_fn *done)
{
	struct crypto_aead *aead = seal ? slot->tx : slot->rx;
	const struct kmgw_suite *suite = slot->suite;
	bool async = kmgw_aead_async(aead);
	struct kmgw_op *op;
	int err;

	op = kmgw_op_new(aead, nsg + 1);
	if (unlikely(!op))
		return -ENOMEM;
	op->transit = *t;
	op->slot = slot;
	op->done = done;
	kmgw_op_prepare(op, seal ? slot->tx_iv : slot->rx_iv, t->skb->data + off);
	err = kmgw_op_map(op, off + suite->explicit_len, t->plain + suite->tag_len, linear);
	if (unlikely(err))
		goto out;
	if (async && !kmgw_op_hold(t->ep, slot)) {
		err = -ENOENT;
		goto out;
	}
	aead_request_set_callback(op->req, 0, kmgw_op_done, op);
	aead_request_set_ad(op->req, KMGW_DTLS_HEADER);
	aead_request_set_crypt(op->req, op->sg, op->sg, t->plain + (seal ? 0 : suite->tag_len),
			       op->iv);
	err = seal ? crypto_aead_encrypt(op->req) : crypto_aead_decrypt(op->req);
	if (err == -EINPROGRESS)
		return err;
	/* Keys and endpoint stay for the caller, who is in an RCU read section. */
	if (async)
		kmgw_op_release(t->ep, slot);
out:
	kfree(op);
	return err;
}
