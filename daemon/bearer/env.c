// SPDX-License-Identifier: GPL-2.0-only
/*
 * env: the bearer side of the daemon as a whole.
 *
 * Finds bearers by name for the module's events, keeps the module's contexts as
 * long as they have endpoints, and delivers to the agent what happened, from the
 * loop and never from inside a call.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "bearer/dtls_session.h"
#include "bearer/suites.h"
#include "config.h"

#define RESYNC_SOON	20	/* ms */
#define RESYNC_AGAIN	1000

static uint32_t bucket(uint32_t context, uint16_t stream)
{
	uint32_t h = context * 0x9e3779b1u ^ stream * 0x85ebca6bu;

	return (h ^ h >> 16) & (BEARER_BUCKETS - 1);
}

struct bearer *env_find(struct bearer_env *env, const struct kernel_name *name)
{
	struct bearer *b;

	for (b = env->buckets[bucket(name->context, name->stream)]; b; b = b->next)
		if (b->name.context == name->context && b->name.stream == name->stream &&
		    b->name.termination == name->termination)
			break;
	return b;
}

struct bearer *env_peer(const struct bearer *b)
{
	struct bearer *p;

	for (p = b->env->buckets[bucket(b->name.context, b->name.stream)]; p; p = p->next)
		if (p->name.context == b->name.context && p->name.stream == b->name.stream &&
		    p->name.termination != b->name.termination)
			break;
	return p;
}

void env_add(struct bearer *b)
{
	struct bearer **head = &b->env->buckets[bucket(b->name.context, b->name.stream)];

	b->next = *head;
	*head = b;
}

void env_remove(struct bearer *b)
{
	struct bearer **p = &b->env->buckets[bucket(b->name.context, b->name.stream)];

	while (*p && *p != b)
		p = &(*p)->next;
	if (*p)
		*p = b->next;
}

/* --- contexts of the module --- */

static struct context_ref **context_slot(struct bearer_env *env, uint32_t id)
{
	struct context_ref **p = &env->contexts[bucket(id, 0)];

	while (*p && (*p)->id != id)
		p = &(*p)->next;
	return p;
}

static int context_ref_new(struct context_ref **slot, uint32_t id)
{
	struct context_ref *ref = calloc(1, sizeof(*ref));

	if (!ref)
		return -ENOMEM;
	ref->id = id;
	*slot = ref;
	return 0;
}

int env_context_found(struct bearer_env *env, uint32_t id)
{
	struct context_ref **slot = context_slot(env, id);
	int err = *slot ? 0 : context_ref_new(slot, id);

	if (!err)
		(*slot)->users++;
	return err;
}

int env_context_get(struct bearer_env *env, uint32_t id)
{
	struct context_ref **slot = context_slot(env, id);
	int err;

	if (!*slot) {
		err = kernel_context_new(env->kernel, id);
		if (err)
			return err;
		err = context_ref_new(slot, id);
		if (err) {
			kernel_context_del(env->kernel, id);
			return err;
		}
	}
	(*slot)->users++;
	return 0;
}

bool env_context_put(struct bearer_env *env, uint32_t id)
{
	struct context_ref **slot = context_slot(env, id), *ref = *slot;

	if (!ref || --ref->users)
		return false;
	*slot = ref->next;
	free(ref);
	kernel_context_del(env->kernel, id);
	return true;
}

int bearer_env_record(struct bearer_env *env, uint32_t context, const void *record, size_t len)
{
	struct context_ref *ref = *context_slot(env, context);
	int err;

	if (!ref || !ref->recorded) {
		err = env_context_get(env, context);
		if (err)
			return err;
		ref = *context_slot(env, context);
		ref->recorded = true;
	}
	return kernel_context_set(env->kernel, context, record, len);
}

void bearer_env_record_drop(struct bearer_env *env, uint32_t context)
{
	struct context_ref *ref = *context_slot(env, context);

	if (!ref || !ref->recorded)
		return;
	ref->recorded = false;
	env_context_put(env, context);
}

int env_endpoint_new(struct bearer *b, const struct kernel_name *name,
		     const struct sockaddr_storage *local, const struct kernel_set *set)
{
	enum kmgw_l4 l4 = bearer_is_tcp(b) ? KMGW_L4_TCP : KMGW_L4_UDP;
	struct kernel *k = b->env->kernel;
	int err;

	err = kernel_endpoint_new(k, name, l4, local, set);
	/* Somebody flushed the module under a call that goes on. */
	if (err == -ENOENT && kernel_context_new(k, b->name.context) == 0)
		err = kernel_endpoint_new(k, name, l4, local, set);
	return err;
}

/* --- what the agent is told --- */

static void deliver(void *priv)
{
	struct bearer_env *env = priv;
	struct bearer_note *note;
	unsigned int n = 0;
	struct bearer *b;

	timer_stop(&env->notes_timer);
	for (note = env->notes; note; note = note->next)
		n++;
	/* Notes that callbacks add have started the timer again. */
	while (n-- && (note = env->notes)) {
		env->notes = note->next;
		if (!env->notes)
			env->notes_end = &env->notes;
		b = note->bearer;
		b->ops->event(b->priv, note->event, note->reason);
		free(note);
	}
}

void env_notify(struct bearer *b, enum bearer_event event, const char *reason)
{
	struct bearer_env *env = b->env;
	struct bearer_note *note;

	note = calloc(1, sizeof(*note));
	if (!note) {
		bearer_log(b, LOG_LEVEL_ERROR, "out of memory: an event is not reported");
		return;
	}
	note->bearer = b;
	note->event = event;
	snprintf(note->reason, sizeof(note->reason), "%s", reason);
	*env->notes_end = note;
	env->notes_end = &note->next;
	/* Not 0: a call that fails at once and is tried anew at once would hold up the loop. */
	timer_start(&env->notes_timer, env->loop, 1, deliver, env);
}

void env_forget_notes(const struct bearer *b)
{
	struct bearer_note **p = &b->env->notes, *note;

	while ((note = *p)) {
		if (note->bearer == b) {
			*p = note->next;
			free(note);
		} else {
			p = &note->next;
		}
	}
	b->env->notes_end = p;
}

/* --- what the module tells --- */

static void on_policing(struct bearer *b, bool rtcp)
{
	const char *reason = rtcp ? "more RTCP is received than is allowed: policing" :
				    "more is received than is allowed: policing";

	bearer_log(b, LOG_LEVEL_NOTICE, "%s", reason);
	env_notify(b, BEARER_POLICED, reason);
}

static void on_event(void *priv, const struct kernel_event *ev)
{
	struct bearer *b;

	b = env_find(priv, &ev->name);
	if (b && ev->type == KMGW_EVENT_POLICING)
		on_policing(b, ev->name.rtcp);
	if (!b || ev->name.rtcp)
		return;
	if (plane_is_packet(b) && ev->type != KMGW_EVENT_DELETED &&
	    ev->type != KMGW_EVENT_CREATED) {
		plane_state(b, ev->state, ev->reason);
		return;
	}
	switch (ev->type) {
	case KMGW_EVENT_CLOSING:
		attach_closing(b, ev->reason);
		break;
	case KMGW_EVENT_RELEASED:
	case KMGW_EVENT_FAILED:
	case KMGW_EVENT_DELETED:
	case KMGW_EVENT_LATCHED:
		attach_look(b);
		break;
	case KMGW_EVENT_INACTIVITY:
		env_notify(b, BEARER_QUIET, "no user data for a while");
		break;
	default:
		break;
	}
}

static void on_picture(void *priv, const struct kernel_endpoint *ep)
{
	struct bearer_env *env = priv;
	struct bearer *b = env_find(env, &ep->name);

	if (!b || ep->name.rtcp)
		return;
	b->resync_seen = env->resyncs;
	b->resync_state = ep->state;
	b->resync_reason = ep->reason;
	datagram_latched(b, &ep->latched);
	/* Perhaps for the second time; better than not at all. */
	if (ep->quiet)
		env_notify(b, BEARER_QUIET, "no user data for a while");
}

static void resync(void *priv)
{
	struct bearer_env *env = priv;
	struct bearer *b, *next;
	unsigned int i;

	timer_stop(&env->resync_timer);
	env->resyncs++;
	log_notice(env->log, "module: events were lost, reading all endpoints");
	/* Acting needs the socket that the dump uses, so look first, then act. */
	if (kernel_resync(env->kernel, on_picture, env)) {
		timer_start(&env->resync_timer, env->loop, RESYNC_AGAIN, resync, env);
		return;
	}
	for (i = 0; i < BEARER_BUCKETS; i++) {
		for (b = env->buckets[i]; b; b = next) {
			next = b->next;
			if (b->resync_seen != env->resyncs)
				attach_look(b);
			else if (b->resync_state == KMGW_STATE_CLOSING)
				attach_closing(b, b->resync_reason);
			else
				attach_ended(b, b->resync_state, b->resync_reason);
		}
	}
}

static void on_lost(void *priv)
{
	struct bearer_env *env = priv;

	/* One loss seldom comes alone; one dump makes up for all of them. */
	if (!env->resync_timer)
		timer_start(&env->resync_timer, env->loop, RESYNC_SOON, resync, env);
}

static const struct kernel_ops kernel_ops = {
	.event = on_event,
	.lost = on_lost,
};

/* --- start and end --- */

static int read_sysctl(const char *path, char *buf, size_t len)
{
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	return 0;
}

int bearer_env_check_ports(const struct config *cfg, const struct log *log)
{
	static const char dir[] = "/proc/sys/net/ipv4/";
	char range[64], reserved[8192], path[128], err[1024];
	int ret;

	snprintf(path, sizeof(path), "%sip_local_port_range", dir);
	ret = read_sysctl(path, range, sizeof(range));
	if (!ret) {
		snprintf(path, sizeof(path), "%sip_local_reserved_ports", dir);
		ret = read_sysctl(path, reserved, sizeof(reserved));
	}
	if (ret) {
		log_error(log, "cannot read %s: %s", path, strerror(-ret));
		return ret;
	}
	ret = config_check_ports(cfg, range, reserved, err, sizeof(err));
	if (ret)
		log_error(log, "%s", err);
	return ret;
}

static int init_realms(struct bearer_env *env)
{
	const struct config *cfg = env->cfg;
	unsigned int i;
	int err;

	env->realms = calloc(cfg->n_realms, sizeof(*env->realms));
	if (!env->realms)
		return -ENOMEM;
	for (i = 0; i < cfg->n_realms; i++) {
		err = realm_init(&env->realms[i], &cfg->realm[i], cfg->emergency_reserve, env->log);
		if (err)
			return err;
		env->n_realms++;
	}
	return keys_init(env);
}

int bearer_env_new(uv_loop_t *loop, const struct config *cfg, const struct log *log,
		   struct bearer_env **out)
{
	struct bearer_env *env;
	int err;

	env = calloc(1, sizeof(*env));
	if (!env)
		return -ENOMEM;
	env->loop = loop;
	env->cfg = cfg;
	env->log = log;
	env->notes_end = &env->notes;
	sessions_init(&env->sessions, loop);
	err = suites_init(cfg, &env->priorities);
	if (!err)
		err = suites_psk_init(cfg, &env->psk_priorities);
	if (!err && (gnutls_priority_init(&env->dtls_priorities, DTLS_PRIORITIES, NULL) < 0 ||
		     gnutls_priority_init(&env->dtls_psk_priorities, DTLS_PSK_PRIORITIES,
					  NULL) < 0 ||
		     gnutls_key_generate(&env->cookie_key, GNUTLS_COOKIE_KEY_SIZE) < 0))
		err = -EOPNOTSUPP;
	if (err) {
		log_error(log, "GnuTLS does not know the versions and suites of TLS and DTLS wanted");
		goto fail;
	}
	err = init_realms(env);
	if (!err)
		err = route_open(log, &env->route);
	if (!err)
		err = kernel_open(log, &env->kernel);
	if (!err)
		err = kernel_listen(env->kernel, loop, &kernel_ops, env);
	if (err)
		goto fail;
	*out = env;
	return 0;

fail:
	bearer_env_free(env);
	return err;
}

void bearer_env_free(struct bearer_env *env)
{
	struct context_ref *ref;
	unsigned int i;

	for (i = 0; i < BEARER_BUCKETS; i++) {
		while (env->buckets[i])
			bearer_destroy(env->buckets[i]);
		while ((ref = env->contexts[i])) {
			env->contexts[i] = ref->next;
			free(ref);
		}
	}
	while (env->userpaths.first)
		userpath_cut(env->userpaths.first);
	linger_free_all(env);
	bearer_env_unwatch(env);
	survey_free(env);
	keys_free(env);
	sessions_clear(&env->sessions);
	timer_stop(&env->notes_timer);
	timer_stop(&env->resync_timer);
	timer_stop(&env->slot_timer);
	if (env->kernel)
		kernel_close(env->kernel);
	if (env->route)
		route_close(env->route);
	for (i = 0; i < env->n_realms; i++)
		realm_destroy(&env->realms[i]);
	free(env->realms);
	if (env->priorities)
		gnutls_priority_deinit(env->priorities);
	if (env->psk_priorities)
		gnutls_priority_deinit(env->psk_priorities);
	if (env->dtls_priorities)
		gnutls_priority_deinit(env->dtls_priorities);
	if (env->dtls_psk_priorities)
		gnutls_priority_deinit(env->dtls_psk_priorities);
	if (env->cookie_key.data)
		gnutls_memset(env->cookie_key.data, 0, env->cookie_key.size);
	gnutls_free(env->cookie_key.data);
	free(env);
}

void bearer_env_counters(const struct bearer_env *env, struct bearer_counters *out)
{
	out->handshakes_waited = env->slots_short;
	out->sessions_resumed = env->resumed;
	out->agent_sessions = env->userpaths.total;
	out->agent_truncated = env->userpaths.truncated;
}

unsigned int bearer_env_agent_sessions(const struct bearer_env *env)
{
	return env->userpaths.n;
}

void bearer_env_each_agent_session(const struct bearer_env *env,
				   void (*each)(void *priv, uint32_t context, uint32_t termination,
						uint16_t stream, const char *why), void *priv)
{
	const struct bearer *b;
	unsigned int i;

	for (i = 0; env->userpaths.n && i < BEARER_BUCKETS; i++)
		for (b = env->buckets[i]; b; b = b->next)
			if (b->userpath)
				each(priv, b->name.context, b->name.termination, b->name.stream,
				     b->no_ktls);
}

unsigned int bearer_env_n_realms(const struct bearer_env *env)
{
	return env->n_realms;
}

struct realm *bearer_env_realm(struct bearer_env *env, unsigned int i)
{
	return &env->realms[i];
}
