// SPDX-License-Identifier: GPL-2.0-only
/*
 * adopt: bearers of an earlier daemon.
 *
 * What the module holds is read once, at start, and then handed out by name. An
 * endpoint that nobody asks for by the end is deleted. What the daemon itself held,
 * listeners and handshakes, died with it: a listener is opened again, the rest is
 * reported as failed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "bearer/cert.h"
#include "config.h"

struct found_endpoint {
	struct kernel_endpoint ep;
	bool taken;
};

struct found_context {
	uint32_t id;
	void *record;
	size_t len;
};

struct survey {
	struct found_endpoint *endpoints;
	size_t n_endpoints, room_endpoints;
	struct found_context *contexts;
	size_t n_contexts, room_contexts;
	int err;
};

/* One more element at the end of an array; NULL: out of memory. */
static void *grow(void *array, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room * 2 : 64;
	void *more;

	if (n < *room)
		return array;
	more = reallocarray(array, want, size);
	if (more)
		*room = want;
	return more;
}

static void on_endpoint(void *priv, const struct kernel_endpoint *ep)
{
	struct survey *s = priv;
	struct found_endpoint *list;

	list = grow(s->endpoints, &s->room_endpoints, s->n_endpoints, sizeof(*list));
	if (!list) {
		s->err = -ENOMEM;
		return;
	}
	s->endpoints = list;
	list[s->n_endpoints++] = (struct found_endpoint){ .ep = *ep };
}

static void on_context(void *priv, const struct kernel_context *c)
{
	struct survey *s = priv;
	struct found_context *list;
	void *copy = NULL;

	list = grow(s->contexts, &s->room_contexts, s->n_contexts, sizeof(*list));
	if (list)
		s->contexts = list;
	if (c->userdata_len)
		copy = malloc(c->userdata_len);
	if (!list || (c->userdata_len && !copy)) {
		free(copy);
		s->err = -ENOMEM;
		return;
	}
	if (copy)
		memcpy(copy, c->userdata, c->userdata_len);
	list[s->n_contexts++] = (struct found_context){ c->id, copy, c->userdata_len };
}

static int compare_names(const struct kernel_name *a, const struct kernel_name *b)
{
	if (a->context != b->context)
		return a->context < b->context ? -1 : 1;
	if (a->termination != b->termination)
		return a->termination < b->termination ? -1 : 1;
	if (a->stream != b->stream)
		return (int)a->stream - (int)b->stream;
	return (int)a->rtcp - (int)b->rtcp;
}

static int compare_endpoints(const void *a, const void *b)
{
	const struct found_endpoint *x = a, *y = b;

	return compare_names(&x->ep.name, &y->ep.name);
}

/* A dump that was begun anew tells of some endpoints twice. */
static void sort(struct survey *s)
{
	size_t i, n = 0;

	if (!s->n_endpoints)
		return;
	qsort(s->endpoints, s->n_endpoints, sizeof(*s->endpoints), compare_endpoints);
	for (i = 0; i < s->n_endpoints; i++)
		if (!n || compare_endpoints(&s->endpoints[n - 1], &s->endpoints[i]))
			s->endpoints[n++] = s->endpoints[i];
	s->n_endpoints = n;
}

int bearer_env_survey(struct bearer_env *env,
		      void (*each)(void *priv, uint32_t context, const void *record, size_t len),
		      void *priv)
{
	struct survey *s = calloc(1, sizeof(*s));
	size_t i;
	int err;

	if (!s)
		return -ENOMEM;
	env->survey = s;
	err = kernel_contexts(env->kernel, on_context, s);
	if (!err)
		err = kernel_resync(env->kernel, on_endpoint, s);
	if (!err)
		err = s->err;
	sort(s);
	for (i = 0; !err && i < s->n_contexts; i++)
		err = env_context_found(env, s->contexts[i].id);
	if (err) {
		survey_free(env);
		return err;
	}
	for (i = 0; i < s->n_contexts; i++) {
		each(priv, s->contexts[i].id, s->contexts[i].record, s->contexts[i].len);
		free(s->contexts[i].record);
		s->contexts[i].record = NULL;
	}
	return 0;
}

void survey_free(struct bearer_env *env)
{
	struct survey *s = env->survey;
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n_contexts; i++)
		free(s->contexts[i].record);
	free(s->contexts);
	free(s->endpoints);
	free(s);
	env->survey = NULL;
}

void bearer_env_survey_end(struct bearer_env *env, unsigned int *n_contexts,
			   unsigned int *n_endpoints)
{
	struct survey *s = env->survey;
	size_t i;

	*n_contexts = 0;
	*n_endpoints = 0;
	if (!s)
		return;
	for (i = 0; i < s->n_endpoints; i++) {
		if (s->endpoints[i].taken)
			continue;
		kernel_endpoint_del(env->kernel, &s->endpoints[i].ep.name, NULL);
		++*n_endpoints;
	}
	for (i = 0; i < s->n_contexts; i++)
		*n_contexts += env_context_put(env, s->contexts[i].id);
	survey_free(env);
	keys_prune(env);
}

static struct found_endpoint *find(const struct survey *s, const struct kernel_name *name)
{
	struct found_endpoint key = { .ep.name = *name };

	if (!s || !s->n_endpoints)
		return NULL;
	return bsearch(&key, s->endpoints, s->n_endpoints, sizeof(key), compare_endpoints);
}

void bearer_save(const struct bearer *b, struct bearer_saved *saved)
{
	const struct bearer_fingerprint *cert = &b->cert->digests.of[BEARER_SHA256];

	memset(saved, 0, sizeof(*saved));
	saved->proto = b->proto;
	saved->dialled = b->dialled;
	saved->auto_dialled = b->auto_dialled;
	saved->tls_armed = b->tls_armed;
	saved->base = b->ours;
	if (b->userpath)
		userpath_count(b->userpath, &saved->base);
	if (bearer_proto_has_tls(b->proto) && cert->len == sizeof(saved->cert))
		memcpy(saved->cert, cert->digest, sizeof(saved->cert));
	if (b->renewing) {
		saved->phase = BEARER_LIVE;
		saved->dialled = b->old_dialled;
		return;
	}
	switch (b->state) {
	case STATE_IDLE:
	case STATE_LISTENING:
		saved->phase = BEARER_WAITING;
		break;
	case STATE_SPLICED:
		saved->phase = BEARER_LIVE;
		break;
	case STATE_RELEASED:
	case STATE_FAILED:
		saved->phase = BEARER_ENDED;
		break;
	default:
		saved->phase = BEARER_STARTING;
	}
}

static void set_certificate(struct bearer *b, const struct bearer_saved *saved)
{
	bool tls = bearer_proto_has_tls(b->proto);
	struct cert *cert = tls ? keys_find(b->env, saved->cert) : NULL;

	if (tls && !cert)
		bearer_log(b, LOG_LEVEL_WARNING,
			   "the certificate it showed is gone; a new connection would show another");
	b->cert = cert_get(cert ? cert : b->realm->cert);
}

static void set_state(struct bearer *b, const struct bearer_saved *saved,
		      const struct kernel_endpoint *ep)
{
	b->ours = saved->base;
	b->auto_dialled = saved->auto_dialled;
	b->tls_armed = saved->tls_armed;
	b->plane = ep->plane;
	b->latch = ep->latch;
	b->latched = ep->latched;
	b->latched_told = ep->latched;
	b->found = b->proto == BEARER_DTLS ?
		   rules_adopted_dtls(saved->phase, ep->keyed, ep->state) :
		   rules_adopted(saved->phase, bearer_is_tcp(b), ep->attached, ep->state);
	if (plane_is_packet(b) && ep->state == KMGW_STATE_READY) {
		/* The far ends have begun, and need nobody for it. */
		b->found = RULES_ADOPTED_WAITING;
		b->syn = true;
	}
	switch (b->found) {
	case RULES_ADOPTED_WAITING:
		b->state = b->dtls ? STATE_LISTENING : STATE_IDLE;
		break;
	case RULES_ADOPTED_LIVE:
	case RULES_ADOPTED_ENDED:
		b->state = STATE_SPLICED;
		b->live = true;
		b->syn = true;
		b->dialled = saved->dialled;
		b->resync_state = ep->state;
		b->resync_reason = ep->reason;
		if (ep->state == KMGW_STATE_CLOSING)
			attach_closing(b, ep->reason);
		break;
	case RULES_ADOPTED_OVER:
	case RULES_ADOPTED_CUT:
		b->state = STATE_FAILED;
		break;
	}
}

static void adopt_rtcp(struct bearer *b)
{
	const struct kernel_name name = rtcp_name(b);
	struct found_endpoint *found = find(b->env->survey, &name);

	if (!found || found->taken || bearer_is_tcp(b))
		return;
	rtcp_adopt(b, &found->ep.local);
	found->taken = true;
}

int bearer_adopt(struct bearer_env *env, struct realm *realm, uint32_t context,
		 uint32_t termination, uint16_t stream, const struct bearer_saved *saved,
		 const struct bearer_ops *ops, void *priv, struct bearer **out)
{
	const struct kernel_name name = { context, termination, stream, false };
	struct found_endpoint *found = find(env->survey, &name);
	enum realm_l4 l4 = bearer_proto_is_tcp(saved->proto) ? REALM_TCP : REALM_UDP;
	struct bearer *b;
	int err;

	if (!found || found->taken)
		return -ENOENT;
	if ((found->ep.l4 == KMGW_L4_TCP) != bearer_proto_is_tcp(saved->proto))
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->env = env;
	b->realm = realm;
	b->proto = saved->proto;
	b->name = name;
	b->ops = ops;
	b->priv = priv;
	b->hold_fd = -1;
	b->listen_fd = -1;
	b->fd = -1;
	b->local = found->ep.local;
	err = realm_take(realm, &b->local, l4, uv_now(env->loop), &b->port);
	if (!err)
		err = env_context_get(env, context);
	if (err) {
		realm_release(&b->port, uv_now(env->loop), 0);
		free(b);
		return err;
	}
	set_certificate(b, saved);
	if (b->proto == BEARER_DTLS && !dtls_open(b))
		dtls_adopted(b, found->ep.generation);
	set_state(b, saved, &found->ep);
	/* As after bearer_new(), unless the module has a connection on the port. */
	if (bearer_is_tcp(b) && (!b->live || plane_is_packet(b)))
		tcp_hold_port(b);
	adopt_rtcp(b);
	b->in_kernel = true;
	b->adopting = true;
	found->taken = true;
	env_add(b);
	*out = b;
	return 0;
}

void bearer_adopted(struct bearer *b)
{
	b->adopting = false;
	switch (b->found) {
	case RULES_ADOPTED_ENDED:
		attach_ended(b, b->resync_state, b->resync_reason);
		break;
	case RULES_ADOPTED_CUT:
		stream_fail(b, bearer_proto_has_tls(b->proto) ? BEARER_TLS_FAILED : BEARER_TCP_FAILED,
			    "the gateway's agent was restarted while the connection was set up");
		break;
	default:
		break;
	}
}
