// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktls: hands the keys of a finished handshake to the kernel.
 *
 * kTLS wants the nonce in pieces: a salt and an "iv". TLS 1.3 and ChaCha20 have one
 * fixed nonce that is mixed with the record number; TLS 1.2 GCM has a fixed salt of
 * four octets and an explicit part, for which GnuTLS and we take the record number.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bearer/far_end.h"
#include "bearer/ktls.h"

#ifndef SOL_TLS
#define SOL_TLS	282
#endif

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm128;
	struct tls12_crypto_info_aes_gcm_256 gcm256;
	struct tls12_crypto_info_chacha20_poly1305 chacha;
};

struct state {
	bool v13;
	gnutls_datum_t mac, iv, key;
	unsigned char seq[8];
};

/* The two GCM layouts differ in the length of the key only; salt 4 octets, iv 8. */
static bool fill_gcm(const struct state *s, unsigned char *salt, unsigned char *iv,
		     unsigned char *key, size_t key_len, unsigned char *rec_seq)
{
	if (s->key.size != key_len || s->iv.size < (s->v13 ? 12 : 4))
		return false;
	memcpy(salt, s->iv.data, 4);
	memcpy(iv, s->v13 ? s->iv.data + 4 : s->seq, 8);
	memcpy(key, s->key.data, key_len);
	memcpy(rec_seq, s->seq, sizeof(s->seq));
	return true;
}

static bool fill_chacha(const struct state *s, struct tls12_crypto_info_chacha20_poly1305 *c)
{
	if (s->key.size != sizeof(c->key) || s->iv.size != sizeof(c->iv))
		return false;
	memcpy(c->iv, s->iv.data, sizeof(c->iv));
	memcpy(c->key, s->key.data, sizeof(c->key));
	memcpy(c->rec_seq, s->seq, sizeof(c->rec_seq));
	return true;
}

static int fill(gnutls_session_t session, bool read, union crypto_info *c, socklen_t *len)
{
	struct state s = { 0 };
	bool ok = false;

	s.v13 = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
	/* What mac, iv and key point at stays the session's. */
	if (gnutls_record_get_state(session, read, &s.mac, &s.iv, &s.key, s.seq) < 0)
		return -EIO;
	memset(c, 0, sizeof(*c));
	c->info.version = s.v13 ? TLS_1_3_VERSION : TLS_1_2_VERSION;
	switch (gnutls_cipher_get(session)) {
	case GNUTLS_CIPHER_AES_128_GCM:
		c->info.cipher_type = TLS_CIPHER_AES_GCM_128;
		*len = sizeof(c->gcm128);
		ok = fill_gcm(&s, c->gcm128.salt, c->gcm128.iv, c->gcm128.key,
			      sizeof(c->gcm128.key), c->gcm128.rec_seq);
		break;
	case GNUTLS_CIPHER_AES_256_GCM:
		c->info.cipher_type = TLS_CIPHER_AES_GCM_256;
		*len = sizeof(c->gcm256);
		ok = fill_gcm(&s, c->gcm256.salt, c->gcm256.iv, c->gcm256.key,
			      sizeof(c->gcm256.key), c->gcm256.rec_seq);
		break;
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		c->info.cipher_type = TLS_CIPHER_CHACHA20_POLY1305;
		*len = sizeof(c->chacha);
		ok = fill_chacha(&s, &c->chacha);
		break;
	default:
		break;
	}
	return ok ? 0 : -EOPNOTSUPP;
}

static int set_keys(int fd, gnutls_session_t session, bool read)
{
	union crypto_info c;
	socklen_t len = 0;
	int err;

	err = fill(session, read, &c, &len);
	if (!err && setsockopt(fd, SOL_TLS, read ? TLS_RX : TLS_TX, &c, len))
		err = -errno;
	explicit_bzero(&c, sizeof(c));
	return err;
}

bool ktls_takes(gnutls_session_t session, size_t record, char *why)
{
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);

	switch (cipher) {
	case GNUTLS_CIPHER_AES_128_GCM:
	case GNUTLS_CIPHER_AES_256_GCM:
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		break;
	default:
		snprintf(why, KTLS_WHY_MAX, "kTLS has no %s", gnutls_cipher_get_name(cipher));
		return false;
	}
	if (record >= FAR_END_FULL_RECORD)
		return true;
	snprintf(why, KTLS_WHY_MAX, "the far end wants records of at most %zu octets", record);
	return false;
}

const char *ktls_aead(gnutls_session_t session)
{
	switch (gnutls_cipher_get(session)) {
	case GNUTLS_CIPHER_AES_128_GCM:
	case GNUTLS_CIPHER_AES_256_GCM:
		return "gcm(aes)";
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		return "rfc7539(chacha20,poly1305)";
	default:
		return NULL;
	}
}

int ktls_prepare(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) ? -errno : 0;
}

int ktls_arm(int fd, gnutls_session_t session, const char **why)
{
	unsigned int on = 1;
	int err;

	err = set_keys(fd, session, false);
	if (err) {
		*why = "TLS_TX";
		return err;
	}
	err = set_keys(fd, session, true);
	if (err) {
		*why = "TLS_RX";
		return err;
	}
	/* Saves a copy of each record; a kernel without it only works harder. */
	if (gnutls_protocol_get_version(session) == GNUTLS_TLS1_3)
		setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &on, sizeof(on));
	return 0;
}
