// SPDX-License-Identifier: GPL-2.0-only
/*
 * cert: the gateway's certificates and private keys.
 *
 * The self-signed one is a single file with key and certificate, so that the two
 * cannot come apart, and it is written under another name first, so that a crash
 * never leaves half of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "lib/log.h"

#define STATE_FILE		"self-signed.pem"
#define RETIRED_PREFIX		"self-signed."	/* and 64 hexadecimal digits */
#define RETIRED_SUFFIX		".pem"
#define STATE_FILE_MAX		65536
#define VALID_SECONDS		(10 * 365 * 86400L)
#define WARN_SECONDS		(14 * 86400L)
#define BACKDATE_SECONDS	86400L	/* for far ends whose clock is behind */

static void wipe(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
	d->data = NULL;
	d->size = 0;
}

void cert_check_expiry(const struct cert *c, const struct log *log, int64_t now)
{
	if (c->expires != -1 && c->expires < now + WARN_SECONDS)
		log_warning(log, "%s: the certificate %s", c->name,
			    c->expires < now ? "has expired" : "expires within 14 days");
}

/* Digests and expiry of the certificate that the credentials hold. */
static int inspect(const struct log *log, const char *name, struct cert *c)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
	int err;

	c->expires = -1;
	c->name = strdup(name);
	if (!c->name)
		return -ENOMEM;
	err = gnutls_certificate_get_crt_raw(c->cred, 0, 0, &der);
	if (err < 0 || fingerprint_compute(der.data, der.size, &c->digests)) {
		log_error(log, "%s: no usable certificate", name);
		return -EINVAL;
	}
	if (gnutls_x509_crt_init(&crt) < 0)
		return -ENOMEM;
	if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0)
		c->expires = gnutls_x509_crt_get_expiration_time(crt);
	cert_check_expiry(c, log, time(NULL));
	gnutls_x509_crt_deinit(crt);
	return 0;
}

static struct cert *new_cert(void)
{
	struct cert *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	if (gnutls_certificate_allocate_credentials(&c->cred) < 0) {
		free(c);
		return NULL;
	}
	/* For a client that names no group of RFC 7919 itself. */
	gnutls_certificate_set_known_dh_params(c->cred, GNUTLS_SEC_PARAM_MEDIUM);
	return c;
}

struct cert *cert_get(struct cert *c)
{
	c->refs++;
	return c;
}

void cert_put(struct cert *c)
{
	if (!c || --c->refs)
		return;
	gnutls_certificate_free_credentials(c->cred);
	free(c->name);
	free(c);
}

int cert_load(const struct log *log, const char *certificate, const char *private_key,
	      struct cert **out)
{
	struct cert *c = new_cert();
	int err;

	if (!c)
		return -ENOMEM;
	err = gnutls_certificate_set_x509_key_file(c->cred, certificate, private_key,
						   GNUTLS_X509_FMT_PEM);
	if (err < 0) {
		log_error(log, "certificate %s with key %s: %s", certificate, private_key,
			  gnutls_strerror(err));
		err = -EINVAL;
	} else {
		err = inspect(log, certificate, c);
	}
	if (err) {
		cert_put(c);
		return err;
	}
	*out = c;
	return 0;
}

static int import(const struct log *log, const char *name, const gnutls_datum_t *pem,
		  struct cert **out)
{
	struct cert *c = new_cert();
	int err;

	if (!c)
		return -ENOMEM;
	err = gnutls_certificate_set_x509_key_mem(c->cred, pem, pem, GNUTLS_X509_FMT_PEM);
	if (err < 0) {
		log_error(log, "%s: %s; remove the file to have a new certificate made", name,
			  gnutls_strerror(err));
		err = -EINVAL;
	} else {
		err = inspect(log, name, c);
	}
	if (err) {
		cert_put(c);
		return err;
	}
	*out = c;
	return 0;
}

static int sign(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	static const char name[] = "kmgw";
	unsigned char serial[16];
	time_t now = time(NULL);
	int err;

	err = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	if (err < 0)
		return err;
	serial[0] &= 0x7f;	/* a serial number is positive */
	serial[0] |= 0x40;
	if ((err = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
						GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
						0)) < 0 ||
	    (err = gnutls_x509_crt_set_version(crt, 3)) < 0 ||
	    (err = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial))) < 0 ||
	    (err = gnutls_x509_crt_set_activation_time(crt, now - BACKDATE_SECONDS)) < 0 ||
	    (err = gnutls_x509_crt_set_expiration_time(crt, now + VALID_SECONDS)) < 0 ||
	    (err = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						 sizeof(name) - 1)) < 0 ||
	    (err = gnutls_x509_crt_set_key(crt, key)) < 0 ||
	    (err = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0)) < 0)
		return err;
	return 0;
}

/* Key and certificate, one after the other, in PEM. */
static int generate(const struct log *log, gnutls_datum_t *pem)
{
	gnutls_datum_t key_pem = { 0 }, crt_pem = { 0 };
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	int err;

	if ((err = gnutls_x509_privkey_init(&key)) < 0 ||
	    (err = gnutls_x509_crt_init(&crt)) < 0 ||
	    (err = sign(crt, key)) < 0 ||
	    (err = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &key_pem)) < 0 ||
	    (err = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_pem)) < 0) {
		log_error(log, "cannot make a certificate: %s", gnutls_strerror(err));
		err = -EIO;
		goto out;
	}
	pem->data = gnutls_malloc(key_pem.size + crt_pem.size);
	if (!pem->data) {
		err = -ENOMEM;
		goto out;
	}
	memcpy(pem->data, key_pem.data, key_pem.size);
	memcpy(pem->data + key_pem.size, crt_pem.data, crt_pem.size);
	pem->size = key_pem.size + crt_pem.size;
out:
	wipe(&key_pem);
	gnutls_free(crt_pem.data);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return err;
}

static int write_all(int fd, const gnutls_datum_t *d)
{
	size_t done = 0;
	ssize_t n;

	while (done < d->size) {
		n = write(fd, d->data + done, d->size - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

/* @keep: what the file that is there is called from now on, or NULL */
static int store(int dir, const gnutls_datum_t *pem, const char *keep)
{
	static const char temporary[] = STATE_FILE ".new";
	int fd, err;

	unlinkat(dir, temporary, 0);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, pem);
	close(fd);
	/* A second name, not another one: at no time is there no certificate. */
	if (!err && keep && linkat(dir, STATE_FILE, dir, keep, 0) && errno != EEXIST)
		err = -errno;
	if (!err && renameat(dir, temporary, dir, STATE_FILE))
		err = -errno;
	if (err)
		unlinkat(dir, temporary, 0);
	else
		fsync(dir);
	return err;
}

/* Return: 0, -ENOENT when there is none yet, other negative errno. */
static int fetch(int dir, const char *file, gnutls_datum_t *pem)
{
	struct stat st;
	size_t done = 0;
	ssize_t n = 0;
	int fd, err = 0;

	fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > STATE_FILE_MAX)
		err = -EINVAL;
	else if (!(pem->data = gnutls_malloc((size_t)st.st_size + 1)))
		err = -ENOMEM;
	while (!err && done < (size_t)st.st_size) {
		n = read(fd, pem->data + done, (size_t)st.st_size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	pem->size = (unsigned int)done;
	if (err)
		wipe(pem);
	return err;
}

int cert_self_signed(const struct log *log, const char *state_dir, struct cert **out)
{
	gnutls_datum_t pem = { 0 };
	char name[4096];
	int dir = -1, err = -ENOENT;

	snprintf(name, sizeof(name), "%s/" STATE_FILE, state_dir ? state_dir : "(none)");
	if (state_dir) {
		dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = dir < 0 ? -errno : fetch(dir, STATE_FILE, &pem);
	}
	if (dir >= 0 && err && err != -ENOENT) {
		log_error(log, "%s: %s", name, strerror(-err));
		close(dir);
		return err;
	}
	if (err) {
		int stored = err;

		err = generate(log, &pem);
		if (!err && dir >= 0)
			stored = store(dir, &pem, NULL);
		if (!err && stored)
			log_warning(log, "%s cannot be kept (%s): fingerprints given out will not survive a restart",
				    name, strerror(-stored));
		else if (!err)
			log_notice(log, "%s: made a self-signed certificate", name);
	}
	if (dir >= 0)
		close(dir);
	if (!err)
		err = import(log, name, &pem, out);
	wipe(&pem);
	return err;
}

bool cert_is(const struct cert *c, const uint8_t *id)
{
	const struct bearer_fingerprint *fp = &c->digests.of[BEARER_SHA256];

	return fp->len == BEARER_CERT_ID && !memcmp(fp->digest, id, BEARER_CERT_ID);
}

static void retired_name(const struct cert *c, char *buf, size_t len)
{
	size_t used = (size_t)snprintf(buf, len, "%s", RETIRED_PREFIX);
	unsigned int i;

	for (i = 0; i < BEARER_CERT_ID; i++)
		used += (size_t)snprintf(buf + used, len - used, "%02x",
					 c->digests.of[BEARER_SHA256].digest[i]);
	snprintf(buf + used, len - used, "%s", RETIRED_SUFFIX);
}

int cert_rotate(const struct log *log, const char *state_dir, struct cert **out)
{
	char name[4096], keep[sizeof(RETIRED_PREFIX RETIRED_SUFFIX) + 2 * BEARER_CERT_ID];
	gnutls_datum_t pem = { 0 };
	struct cert *old = NULL;
	int dir, err;

	if (!state_dir)
		return cert_self_signed(log, NULL, out);
	/* There is one when the daemon runs, unless somebody took it away. */
	err = cert_self_signed(log, state_dir, &old);
	if (err)
		return err;
	retired_name(old, keep, sizeof(keep));
	cert_put(old);
	snprintf(name, sizeof(name), "%s/" STATE_FILE, state_dir);
	dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = dir < 0 ? -errno : generate(log, &pem);
	if (!err)
		err = store(dir, &pem, keep);
	if (dir >= 0)
		close(dir);
	if (!err)
		err = import(log, name, &pem, out);
	else
		log_error(log, "%s cannot be replaced: %s", name, strerror(-err));
	wipe(&pem);
	return err;
}

static int is_retired(const struct dirent *entry)
{
	const size_t len = sizeof(RETIRED_PREFIX) - 1;
	const char *name = entry->d_name;

	return !strncmp(name, RETIRED_PREFIX, len) &&
	       strspn(name + len, "0123456789abcdef") == 2 * BEARER_CERT_ID &&
	       !strcmp(name + len + 2 * BEARER_CERT_ID, RETIRED_SUFFIX);
}

void cert_each_retired(const struct log *log, const char *state_dir,
		       void (*fn)(void *priv, struct cert *c), void *priv)
{
	struct dirent **list;
	int n, i, dir;
	struct cert *c;

	if (!state_dir)
		return;
	n = scandir(state_dir, &list, is_retired, alphasort);
	if (n < 0)
		return;
	dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < n; i++) {
		gnutls_datum_t pem = { 0 };

		if (dir >= 0 && !fetch(dir, list[i]->d_name, &pem) &&
		    !import(log, list[i]->d_name, &pem, &c)) {
			fn(priv, c);
			cert_put(c);
		}
		wipe(&pem);
		free(list[i]);
	}
	free(list);
	if (dir >= 0)
		close(dir);
}

void cert_forget(const char *state_dir, const struct cert *c)
{
	char name[sizeof(RETIRED_PREFIX RETIRED_SUFFIX) + 2 * BEARER_CERT_ID];
	int dir;

	if (!state_dir)
		return;
	retired_name(c, name, sizeof(name));
	dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	unlinkat(dir, name, 0);
	close(dir);
}
