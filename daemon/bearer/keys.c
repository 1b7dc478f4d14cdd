// SPDX-License-Identifier: GPL-2.0-only
/*
 * keys: which certificates are in use, and their replacement.
 *
 * A far end was told a fingerprint when its termination was added, and believes
 * nothing else. So a certificate that was replaced goes on as long as a bearer shows
 * it, across restarts, too: the self-signed one is kept under another name until the
 * last such bearer has gone. TLS sessions that could be resumed do not outlive a replacement.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bearer/bearer_private.h"
#include "bearer/cert.h"
#include "config.h"

#define DAY	86400000	/* ms */

struct retired {
	struct retired *next;
	struct cert *cert;
};

/* Certificates by realm, before they are put in place. */
struct keys {
	unsigned int n;
	struct cert *of[CONFIG_REALMS_MAX];
};

static void drop(struct keys *k)
{
	while (k->n)
		cert_put(k->of[--k->n]);
}

/* @rotate: do not take the self-signed one that is there, make another. */
static int load(struct bearer_env *env, bool rotate, struct keys *k)
{
	const struct config *cfg = env->cfg;
	struct cert *common = NULL;
	unsigned int i;
	int err = 0;

	k->n = 0;
	for (i = 0; i < env->n_realms && !err; i++) {
		const struct config_realm *rc = env->realms[i].cfg;

		if (rc->certificate) {
			err = cert_load(env->log, rc->certificate, rc->private_key, &k->of[i]);
		} else {
			if (!common && cfg->certificate)
				err = cert_load(env->log, cfg->certificate, cfg->private_key,
						&common);
			else if (!common)
				err = (rotate ? cert_rotate : cert_self_signed)(env->log,
										cfg->state_dir,
										&common);
			if (!err)
				k->of[i] = cert_get(common);
		}
		if (!err)
			k->n++;
	}
	cert_put(common);
	if (err)
		drop(k);
	return err;
}

static bool same(const struct cert *a, const struct cert *b)
{
	return !memcmp(&a->digests, &b->digests, sizeof(a->digests));
}

static bool retire(struct bearer_env *env, struct cert *cert)
{
	struct retired *r;

	for (r = env->retired; r; r = r->next)
		if (same(r->cert, cert))
			return true;
	r = calloc(1, sizeof(*r));
	if (!r)
		return false;
	r->cert = cert_get(cert);
	r->next = env->retired;
	env->retired = r;
	return true;
}

static void on_retired(void *priv, struct cert *cert)
{
	retire(priv, cert);
}

static void on_expiry(void *priv)
{
	struct bearer_env *env = priv;
	unsigned int i;

	timer_stop(&env->expiry_timer);
	timer_start(&env->expiry_timer, env->loop, DAY, on_expiry, env);
	for (i = 0; i < env->n_realms; i++)
		if (!i || env->realms[i].cert != env->realms[i - 1].cert)
			cert_check_expiry(env->realms[i].cert, env->log, time(NULL));
}

static void wipe(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
	*d = (gnutls_datum_t){ 0 };
}

/*
 * What was agreed on with an old certificate is not gone on with under a new one; nor is that of one
 * realm in another.
 */
static void forget_sessions(struct bearer_env *env)
{
	unsigned int i;

	sessions_clear(&env->sessions);
	for (i = 0; i < env->n_realms; i++) {
		gnutls_datum_t *key = &env->realms[i].ticket_key;

		wipe(key);
		/* Without one the realm just gives out no tickets. */
		if (env->cfg->tls_resumption && gnutls_session_ticket_key_generate(key) < 0)
			*key = (gnutls_datum_t){ 0 };
	}
}

int keys_init(struct bearer_env *env)
{
	struct keys k;
	unsigned int i;
	int err;

	err = load(env, false, &k);
	if (err)
		return err;
	forget_sessions(env);
	for (i = 0; i < k.n; i++)
		env->realms[i].cert = k.of[i];
	cert_each_retired(env->log, env->cfg->state_dir, on_retired, env);
	timer_start(&env->expiry_timer, env->loop, DAY, on_expiry, env);
	return 0;
}

void keys_free(struct bearer_env *env)
{
	struct retired *r;

	unsigned int i;

	timer_stop(&env->expiry_timer);
	for (i = 0; i < env->n_realms; i++)
		wipe(&env->realms[i].ticket_key);
	while ((r = env->retired)) {
		env->retired = r->next;
		cert_put(r->cert);
		free(r);
	}
}

int bearer_env_reload(struct bearer_env *env)
{
	struct cert *old;
	struct keys k;
	unsigned int i;
	int err;

	err = load(env, true, &k);
	if (err)
		return err;
	for (i = 0; i < k.n; i++) {
		old = env->realms[i].cert;
		env->realms[i].cert = k.of[i];
		if (!same(old, k.of[i]) && !retire(env, old))
			log_error(env->log, "out of memory: an old certificate may be forgotten");
		cert_put(old);
	}
	keys_prune(env);
	forget_sessions(env);
	log_notice(env->log, "certificates were read again; calls keep those they have shown");
	return 0;
}

struct cert *keys_find(struct bearer_env *env, const uint8_t *id)
{
	struct retired *r;
	unsigned int i;

	for (i = 0; i < env->n_realms; i++)
		if (cert_is(env->realms[i].cert, id))
			return env->realms[i].cert;
	for (r = env->retired; r; r = r->next)
		if (cert_is(r->cert, id))
			return r->cert;
	return NULL;
}

void keys_prune(struct bearer_env *env)
{
	struct retired **p = &env->retired, *r;

	/* While calls of an earlier run are being adopted, any may still be asked for. */
	if (env->survey)
		return;
	while ((r = *p)) {
		if (r->cert->refs > 1) {
			p = &r->next;
			continue;
		}
		*p = r->next;
		cert_forget(env->cfg->state_dir, r->cert);
		cert_put(r->cert);
		free(r);
	}
}

int64_t bearer_env_expiry(const struct bearer_env *env)
{
	int64_t first = 0;
	unsigned int i;

	for (i = 0; i < env->n_realms; i++)
		if (env->realms[i].cert->expires > 0 &&
		    (!first || env->realms[i].cert->expires < first))
			first = env->realms[i].cert->expires;
	return first;
}
