// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cipher alone, for scripts/bench-datagram: what one record costs whoever has the crypto API do
 * it in a kernel, with nothing around it.
 *
 * A module, since no program can ask for that. An octet written to /sys/kernel/debug/kmgw_cipher
 * has one record treated as the plane does, with BH disabled, on behalf of a process that uses the
 * FPU itself: 's' seals it, 'o' opens it, and 'n' does neither, which tells the cost of the rest.
 * What is read there is the name of the driver.
 * The request is made once. It is laid out as the plane's, additional data in one piece with the
 * payload and the tag by itself, which is the cheapest way for the drivers.
 */
#include <crypto/aead.h>
#include <linux/bottom_half.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define CIPHER_AAD	13
#define CIPHER_TAG	16
#define CIPHER_MAX	2048

static unsigned int size = 172;
module_param(size, uint, 0400);
MODULE_PARM_DESC(size, "octets of payload");

static struct {
	struct crypto_aead *aead;
	struct aead_request *req;
	struct scatterlist sg[2];
	u8 iv[12];
	u8 *work;	/* additional data, payload, tag */
	u8 *plain;	/* the same, before and after it is sealed */
	u8 *sealed;
	struct dentry *file;
} cipher;

static unsigned int cipher_len(void)
{
	return CIPHER_AAD + size + CIPHER_TAG;
}

static int cipher_seal(void)
{
	aead_request_set_crypt(cipher.req, cipher.sg, cipher.sg, size, cipher.iv);
	return crypto_aead_encrypt(cipher.req);
}

static int cipher_open(void)
{
	aead_request_set_crypt(cipher.req, cipher.sg, cipher.sg, size + CIPHER_TAG, cipher.iv);
	return crypto_aead_decrypt(cipher.req);
}

static ssize_t cipher_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	int err = 0;
	char what;

	if (len != 1 || get_user(what, buf))
		return -EINVAL;
	memcpy(cipher.work, what == 'o' ? cipher.sealed : cipher.plain, cipher_len());
	local_bh_disable();
	if (what == 's')
		err = cipher_seal();
	else if (what == 'o')
		err = cipher_open();
	local_bh_enable();
	return err ?: len;
}

static ssize_t cipher_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	const char *name = crypto_tfm_alg_driver_name(crypto_aead_tfm(cipher.aead));

	return simple_read_from_buffer(buf, len, pos, name, strlen(name));
}

static const struct file_operations cipher_fops = {
	.owner = THIS_MODULE,
	.read = cipher_read,
	.write = cipher_write,
};

static void cipher_free(void)
{
	aead_request_free(cipher.req);
	if (!IS_ERR(cipher.aead))
		crypto_free_aead(cipher.aead);
	kfree(cipher.work);
	kfree(cipher.plain);
	kfree(cipher.sealed);
}

static int cipher_setup(void)
{
	static const u8 key[16] = "kmgw's benchmark";
	int err;

	err = crypto_aead_setkey(cipher.aead, key, sizeof(key)) ?:
	      crypto_aead_setauthsize(cipher.aead, CIPHER_TAG);
	if (err)
		return err;
	cipher.req = aead_request_alloc(cipher.aead, GFP_KERNEL);
	cipher.work = kzalloc(cipher_len(), GFP_KERNEL);
	cipher.plain = kzalloc(cipher_len(), GFP_KERNEL);
	cipher.sealed = kzalloc(cipher_len(), GFP_KERNEL);
	if (!cipher.req || !cipher.work || !cipher.plain || !cipher.sealed)
		return -ENOMEM;
	sg_init_table(cipher.sg, ARRAY_SIZE(cipher.sg));
	sg_set_buf(&cipher.sg[0], cipher.work, CIPHER_AAD + size);
	sg_set_buf(&cipher.sg[1], cipher.work + CIPHER_AAD + size, CIPHER_TAG);
	aead_request_set_callback(cipher.req, 0, NULL, NULL);
	aead_request_set_ad(cipher.req, CIPHER_AAD);
	/* Nothing is under way that could keep the FPU, so this is done at once. */
	err = cipher_seal();
	memcpy(cipher.sealed, cipher.work, cipher_len());
	return err;
}

static int __init cipher_init(void)
{
	int err;

	if (!size || size > CIPHER_MAX)
		return -EINVAL;
	cipher.aead = crypto_alloc_aead("gcm(aes)", 0, 0);
	err = PTR_ERR_OR_ZERO(cipher.aead) ?: cipher_setup();
	if (err) {
		cipher_free();
		return err;
	}
	cipher.file = debugfs_create_file("kmgw_cipher", 0600, NULL, NULL, &cipher_fops);
	return 0;
}

static void __exit cipher_exit(void)
{
	debugfs_remove(cipher.file);
	cipher_free();
}

module_init(cipher_init);
module_exit(cipher_exit);

MODULE_DESCRIPTION("H.248 media gateway: cost of a cipher");
MODULE_AUTHOR("The kmgw authors");
MODULE_LICENSE("GPL");
