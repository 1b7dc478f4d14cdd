/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bearer without sockets and without the module, for tests of the agent: it
 * remembers what was asked of it and lets a test raise events.
 *
 * To be included by exactly one file of a program.
 */
#ifndef FAKE_BEARER_H
#define FAKE_BEARER_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bearer/bearer.h"
#include "bearer/env.h"

struct realm {
	const struct config_realm *cfg;
};

struct bearer_env {
	struct realm realm[8];
	unsigned int n_realms;
};

struct bearer {
	struct bearer *next;
	struct bearer_want want;
	const struct bearer_ops *ops;
	void *priv;
	struct sockaddr_storage local;
	struct bearer_stats stats;
	uint32_t context, termination;
	uint16_t stream;
	unsigned int applied, moved, opened, tls_started, by_signal, released, asked, latched;
	enum kmgw_latch latch;
	uint16_t rtcp_port;
	uint32_t silence;
	enum kmgw_direction silence_dir;
	bool quiet;
	struct sockaddr_storage latched_to;
	struct bearer_saved saved;	/* what bearer_adopt() was given */
	bool emergency;
	bool adopted, settled;		/* bearer_adopt(), bearer_adopted() */
};

#define FAKE_RECORDS	64

struct fake_record {
	uint32_t context;		/* 0: free */
	size_t len;
	uint8_t data[BEARER_RECORD_MAX];
};

static struct {
	struct bearer *list;
	unsigned int made, deleted, reloads, described;
	int reload_error;
	uint16_t last_port;
	int rtcp_error, new_error, check_error, apply_error, move_error;	/* what the next calls return */
	unsigned int moves;		/* until move_error holds */
	unsigned int moved;
	struct fake_record record[FAKE_RECORDS];
	unsigned int records_written;
	bearer_realm_fn realm_fn;
	void *realm_priv;
} fake;

static inline struct fake_record *fake_record(uint32_t context)
{
	unsigned int i;

	for (i = 0; i < FAKE_RECORDS; i++)
		if (fake.record[i].context == context)
			return &fake.record[i];
	return NULL;
}

static inline struct bearer *fake_find(uint32_t termination, uint16_t stream)
{
	struct bearer *b = fake.list;

	while (b && (b->termination != termination || b->stream != stream))
		b = b->next;
	return b;
}

static inline unsigned int fake_count(void)
{
	unsigned int n = 0;
	struct bearer *b;

	for (b = fake.list; b; b = b->next)
		n++;
	return n;
}

static inline void fake_event(struct bearer *b, enum bearer_event event, const char *reason)
{
	b->ops->event(b->priv, event, reason);
}

static inline void fake_env_init(struct bearer_env *env, const struct config *c)
{
	memset(&fake, 0, sizeof(fake));
	memset(env, 0, sizeof(*env));
	for (env->n_realms = 0; env->n_realms < c->n_realms; env->n_realms++)
		env->realm[env->n_realms].cfg = &c->realm[env->n_realms];
}

/* As bearer_env_free(): what is left is freed, and nobody is told. */
static inline void fake_env_free(void)
{
	struct bearer *b;

	while ((b = fake.list)) {
		fake.list = b->next;
		free(b);
	}
}

int bearer_env_reload(struct bearer_env *env)
{
	(void)env;
	fake.reloads++;
	return fake.reload_error;
}

void bearer_env_counters(const struct bearer_env *env, struct bearer_counters *out)
{
	(void)env;
	memset(out, 0, sizeof(*out));
}

void bearer_env_each_agent_session(const struct bearer_env *env,
				   void (*each)(void *priv, uint32_t context, uint32_t termination,
						uint16_t stream, const char *why), void *priv)
{
	(void)env;
	each(priv, 1, 2, 3, "a test wants it");
}

unsigned int bearer_env_agent_sessions(const struct bearer_env *env)
{
	(void)env;
	return 0;
}

int64_t bearer_env_expiry(const struct bearer_env *env)
{
	(void)env;
	return 2000000000;
}

void bearer_realm_describe(const struct realm *r, struct bearer_realm_picture *out)
{
	fake.described++;
	*out = (struct bearer_realm_picture){
		.ports = r->cfg->port_max - r->cfg->port_min + 1U,
		.certificate_expires = 2000000000,
	};
}

struct realm *bearer_env_realm(struct bearer_env *env, unsigned int i)
{
	return &env->realm[i];
}

int bearer_new(struct bearer_env *env, struct realm *realm, int family, uint16_t port,
	       enum bearer_proto proto, uint32_t context, uint32_t termination, uint16_t stream,
	       bool emergency, bool pair, const struct bearer_ops *ops, void *priv,
	       struct bearer **out)
{
	const struct config_realm *rc = realm->cfg;
	struct bearer *b;
	unsigned int i;

	(void)env;
	if (fake.new_error)
		return fake.new_error;
	for (i = 0; i < rc->n_addresses; i++)
		if (family == AF_UNSPEC || rc->address[i].ss_family == family)
			break;
	if (i == rc->n_addresses)
		return -EADDRNOTAVAIL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->local = rc->address[i];
	if (!port)
		port = (uint16_t)(rc->port_min + fake.last_port++ % 100);
	if (b->local.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&b->local)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&b->local)->sin_port = htons(port);
	b->want.proto = proto;
	b->rtcp_port = pair ? port + 1 : 0;
	b->ops = ops;
	b->priv = priv;
	b->context = context;
	b->termination = termination;
	b->stream = stream;
	b->emergency = emergency;
	b->next = fake.list;
	fake.list = b;
	fake.made++;
	*out = b;
	return 0;
}

int bearer_rtcp_reserve(struct bearer *b, uint16_t port)
{
	if (fake.rtcp_error)
		return fake.rtcp_error;
	if (b->rtcp_port && port && port != b->rtcp_port)
		return -EALREADY;
	if (!b->rtcp_port)
		b->rtcp_port = port ? port :
			       ntohs(((const struct sockaddr_in *)&b->local)->sin_port) + 1;
	return 0;
}

uint16_t bearer_rtcp_port(const struct bearer *b)
{
	return b->rtcp_port;
}

int bearer_check(const struct bearer *b, const struct bearer_want *want)
{
	if (fake.check_error)
		return fake.check_error;
	if (want->has_remote && want->remote.ss_family != b->local.ss_family)
		return -EINVAL;
	return 0;
}

int bearer_apply(struct bearer *b, const struct bearer_want *want)
{
	if (fake.apply_error)
		return fake.apply_error;
	b->want = *want;
	b->applied++;
	return 0;
}

int bearer_move(struct bearer *b, uint32_t context, enum kmgw_mode mode)
{
	if (fake.move_error && !fake.moves--)
		return fake.move_error;
	b->context = context;
	b->want.mode = mode;
	b->moved++;
	fake.moved++;
	return 0;
}

int bearer_tcp_open_check(const struct bearer *b, const struct bearer_want *want)
{
	(void)b;
	if (!bearer_proto_is_tcp(want->proto))
		return -EPROTONOSUPPORT;
	if (!want->has_remote)
		return -EDESTADDRREQ;
	if (want->setup == BEARER_SETUP_PASSIVE)
		return -EISCONN;
	if (((const struct sockaddr_in *)&want->remote)->sin_port == htons(9))
		return -EINVAL;
	return 0;
}

int bearer_tcp_open(struct bearer *b)
{
	b->opened++;
	return 0;
}

int bearer_tls_start(struct bearer *b)
{
	b->tls_started++;
	return 0;
}

int bearer_latch(struct bearer *b, enum kmgw_latch latch)
{
	b->latched++;
	b->latch = latch;
	return 0;
}

const struct sockaddr_storage *bearer_latched(const struct bearer *b)
{
	return &b->latched_to;
}

int bearer_watch_silence(struct bearer *b, uint32_t ms, enum kmgw_direction dir)
{
	if (bearer_proto_is_tcp(b->want.proto))
		return -EPROTONOSUPPORT;
	b->silence = ms;
	b->silence_dir = dir;
	b->quiet = false;
	return 0;
}

bool bearer_quiet(struct bearer *b)
{
	return b->quiet;
}

void bearer_tls_by_signal(struct bearer *b)
{
	b->by_signal++;
}

void bearer_release(struct bearer *b)
{
	b->released++;
}

const struct sockaddr_storage *bearer_local(const struct bearer *b)
{
	return &b->local;
}

const char *bearer_plane(const struct bearer *b)
{
	return bearer_proto_is_tcp(b->want.proto) ? "splice" : "datagram";
}

int bearer_get_stats(struct bearer *b, struct bearer_stats *st)
{
	b->asked++;
	*st = b->stats;
	return 0;
}

void bearer_delete(struct bearer *b, struct bearer_stats *st)
{
	struct bearer **p = &fake.list;

	while (*p != b)
		p = &(*p)->next;
	*p = b->next;
	if (st)
		*st = b->stats;
	fake.deleted++;
	free(b);
}

void bearer_save(const struct bearer *b, struct bearer_saved *saved)
{
	*saved = b->saved;
	saved->proto = b->want.proto;
}

int bearer_adopt(struct bearer_env *env, struct realm *realm, uint32_t context,
		 uint32_t termination, uint16_t stream, const struct bearer_saved *saved,
		 const struct bearer_ops *ops, void *priv, struct bearer **out)
{
	struct bearer *b = fake_find(termination, stream);

	(void)env;
	(void)realm;
	if (!b || b->context != context || b->adopted)
		return -ENOENT;
	b->saved = *saved;
	b->adopted = true;
	b->want.proto = saved->proto;
	b->ops = ops;
	b->priv = priv;
	*out = b;
	return 0;
}

void bearer_adopted(struct bearer *b)
{
	b->settled = true;
}

int bearer_env_survey(struct bearer_env *env,
		      void (*each)(void *priv, uint32_t context, const void *record, size_t len),
		      void *priv)
{
	struct bearer *b;
	unsigned int i;

	(void)env;
	for (b = fake.list; b; b = b->next)
		b->adopted = false;
	for (i = 0; i < FAKE_RECORDS; i++)
		if (fake.record[i].context)
			each(priv, fake.record[i].context, fake.record[i].data,
			     fake.record[i].len);
	return 0;
}

void bearer_env_survey_end(struct bearer_env *env, unsigned int *n_contexts,
			   unsigned int *n_endpoints)
{
	struct bearer **p = &fake.list, *b;

	(void)env;
	*n_contexts = 0;
	*n_endpoints = 0;
	while ((b = *p)) {
		if (b->adopted) {
			p = &b->next;
			continue;
		}
		*p = b->next;
		free(b);
		++*n_endpoints;
	}
}

int bearer_env_record(struct bearer_env *env, uint32_t context, const void *record, size_t len)
{
	struct fake_record *r = fake_record(context);

	(void)env;
	if (!r)
		r = fake_record(0);
	if (!r || len > sizeof(r->data))
		return -ENOSPC;
	r->context = context;
	r->len = len;
	memcpy(r->data, record, len);
	fake.records_written++;
	return 0;
}

void bearer_env_record_drop(struct bearer_env *env, uint32_t context)
{
	struct fake_record *r = fake_record(context);

	(void)env;
	if (r)
		r->context = 0;
}

void bearer_share_certificate(struct bearer *b, const struct bearer *with)
{
	(void)b;
	(void)with;
}

int bearer_fingerprint(const struct bearer *b, enum bearer_hash hash, char *buf, size_t len)
{
	(void)b;
	return bearer_own_fingerprint(NULL, NULL, hash, buf, len);
}

int bearer_env_watch(struct bearer_env *env, bearer_realm_fn fn, void *priv)
{
	(void)env;
	fake.realm_fn = fn;
	fake.realm_priv = priv;
	return 0;
}

void bearer_env_unwatch(struct bearer_env *env)
{
	(void)env;
	fake.realm_fn = NULL;
}

int bearer_own_fingerprint(struct bearer_env *env, const struct realm *realm,
			   enum bearer_hash hash, char *buf, size_t len)
{
	(void)env;
	(void)realm;
	if (hash == BEARER_SHA1)
		return -EOPNOTSUPP;
	return snprintf(buf, len, "%s AA:BB:CC", hash == BEARER_SHA256 ? "SHA-256" : "SHA-512");
}

#endif /* FAKE_BEARER_H */
