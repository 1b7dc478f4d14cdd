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

static char *kmgw_aead_template = "";
module_param_named(aead_template, kmgw_aead_template, charp, 0600);
MODULE_PARM_DESC(aead_template,
		 "template of the crypto API around the AEADs of DTLS, to test or to spread them (cryptd, pcrypt)");

/* Limits: RFC 8446 5.5 for GCM, RFC 9147 B.1 for CCM; ChaCha20 has none that it could reach. */
static const struct kmgw_suite kmgw_suites[] = {
	[KMGW_DTLS_CIPHER_AES_128_GCM] = {
		.aead = "gcm(aes)",
		.key_len = 16,
		.iv_len = 4,
		.explicit_len = 8,
		.tag_len = 16,
		.limit = 23726566,
	},
	[KMGW_DTLS_CIPHER_AES_256_GCM] = {
		.aead = "gcm(aes)",
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
	char name[CRYPTO_MAX_ALG_NAME], template[32], *around;
	struct crypto_aead *aead;
	int err;

	kernel_param_lock(THIS_MODULE);
	strscpy(template, kmgw_aead_template, sizeof(template));
	kernel_param_unlock(THIS_MODULE);
	around = strim(template);
	if (*around)
		snprintf(name, sizeof(name), "%s(%s)", around, suite->aead);
	else
		strscpy(name, suite->aead, sizeof(name));

	aead = crypto_alloc_aead(name, 0, 0);
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
 * kmgw_op_new() - allocate a request
 * @aead: transform
 * @nsg: entries of the scatterlist, the one for the additional data included
 *
 * Return: the request, to be freed with kfree(); or NULL.
 */
struct kmgw_op *kmgw_op_new(struct crypto_aead *aead, unsigned int nsg)
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

/**
 * kmgw_op_prepare() - set nonce and additional data
 * @op: request; of its transit are used @seq, @type and @plain
 * @iv: implicit part of the nonce
 * @explicit: the part that is in the record; not used where there is none
 */
void kmgw_op_prepare(struct kmgw_op *op, const u8 *iv, const u8 *explicit)
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

/**
 * kmgw_op_map() - set what is worked on, in place
 * @op: request
 * @off: offset in the skb
 * @len: octets from there, tag included
 * @linear: all of it is in the linear part; else the scatterlist is large enough for the whole skb
 *
 * Return: 0 or a negative errno.
 */
int kmgw_op_map(struct kmgw_op *op, unsigned int off, unsigned int len, bool linear)
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
