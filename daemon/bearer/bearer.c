// SPDX-License-Identifier: GPL-2.0-only
/*
 * bearer: what carries the user data of one stream of one termination.
 *
 * Bearers come, change and go here. What a change means is rules.c's to say, what
 * it does the other files'.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "bearer/cert.h"
#include "bearer/tcp_count.h"
#include "config.h"

void bearer_log(const struct bearer *b, enum log_level level, const char *fmt, ...)
{
	char text[BEARER_REASON_MAX], local[ADDR_TEXT_MAX];
	va_list ap;

	if (!log_wants(b->env->log, level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_print(b->env->log, level, "bearer %u/%u/%u at %s: %s", b->name.context,
		  b->name.termination, b->name.stream,
		  addr_text(&b->local, local, sizeof(local)), text);
}

int bearer_fill_place(const struct bearer *b, struct kernel_set *set)
{
	int device = realm_ifindex(b->realm), vrf = realm_vrf(b->realm);

	if (device < 0 || vrf < 0) {
		bearer_log(b, LOG_LEVEL_ERROR, "realm \"%s\": there is no device %s",
			   b->realm->cfg->name,
			   device < 0 ? b->realm->cfg->device : b->realm->cfg->vrf);
		return -EADDRNOTAVAIL;
	}
	if (device) {
		set->mask |= KERNEL_SET_IFINDEX;
		set->ifindex = (uint32_t)device;
	}
	if (vrf) {
		set->mask |= KERNEL_SET_VRF;
		set->vrf = (uint32_t)vrf;
	}
	return 0;
}

/* What the module is told once. */
static int kernel_create(struct bearer *b, int port_fd)
{
	const struct config *cfg = b->env->cfg;
	struct kernel_set set = {
		.mask = KERNEL_SET_MODE | (bearer_is_tcp(b) ? KERNEL_SET_LINGER : 0),
		.mode = KMGW_MODE_INACTIVE,
		.linger = cfg->release_linger,
	};
	int err;

	err = bearer_fill_place(b, &set);
	if (err)
		return err;
	if (bearer_is_tcp(b) && cfg->idle_timeout) {
		set.mask |= KERNEL_SET_IDLE;
		set.idle_timeout = cfg->idle_timeout;
	}
	if (bearer_is_tcp(b) && cfg->transfer_limit) {
		set.mask |= KERNEL_SET_OCTET_LIMIT;
		set.octet_limit = (uint64_t)cfg->transfer_limit << 20;
	}
	if (bearer_is_tcp(b) && cfg->merge_early) {
		set.mask |= KERNEL_SET_EARLY;
		set.early = cfg->merge_early;
	}
	if (b->proto == BEARER_DTLS) {
		/* From the first moment, so that nothing is ever forwarded in the clear. */
		set.mask |= KERNEL_SET_SECURITY;
		set.security = KMGW_SECURITY_DTLS;
	}
	if (!bearer_is_tcp(b)) {
		/* The module keeps the port, whatever becomes of the daemon. */
		set.mask |= KERNEL_SET_SOCKET;
		set.fd = port_fd;
	}
	return env_endpoint_new(b, &b->name, &b->local, &set);
}

int bearer_new(struct bearer_env *env, struct realm *realm, int family, uint16_t port,
	       enum bearer_proto proto, uint32_t context, uint32_t termination, uint16_t stream,
	       bool emergency, bool pair, const struct bearer_ops *ops, void *priv,
	       struct bearer **out)
{
	enum realm_l4 l4 = bearer_proto_is_tcp(proto) ? REALM_TCP : REALM_UDP;
	struct bearer *b;
	int fd, err;

	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->env = env;
	b->realm = realm;
	b->proto = proto;
	b->plane = proto == BEARER_UDP ? KMGW_PLANE_DATAGRAM : KMGW_PLANE_SPLICE;
	b->name.context = context;
	b->name.termination = termination;
	b->name.stream = stream;
	b->ops = ops;
	b->priv = priv;
	b->hold_fd = -1;
	b->listen_fd = -1;
	b->fd = -1;

	fd = realm_reserve(realm, family, port, l4, emergency, pair, uv_now(env->loop),
			   env->cfg->port_quarantine, &b->port, &b->local);
	if (fd < 0) {
		free(b);
		return fd;
	}
	b->cert = cert_get(realm->cert);
	err = env_context_get(env, context);
	if (err)
		goto fail;
	err = kernel_create(b, fd);
	if (err) {
		env_context_put(env, context);
		goto fail;
	}
	b->in_kernel = true;
	if (bearer_is_tcp(b))
		b->hold_fd = fd;
	else
		close(fd);
	env_add(b);
	if (proto == BEARER_DTLS) {
		err = dtls_open(b);
		if (err) {
			bearer_delete(b, NULL);
			return err;
		}
	}
	err = pair ? bearer_rtcp_reserve(b, 0) : 0;
	if (err) {
		bearer_delete(b, NULL);
		return err;
	}
	*out = b;
	return 0;

fail:
	close(fd);
	/* Nobody was told of the port. */
	realm_release(&b->port, uv_now(env->loop), 0);
	cert_put(b->cert);
	free(b);
	return err;
}

static int check_remote(const struct bearer *b, const struct sockaddr_storage *remote)
{
	struct bearer_env *env = b->env;
	int vrf = realm_vrf(b->realm);
	bool owned = false;
	unsigned int i;
	int type = 0;

	if (!addr_is_unspecified(remote) && remote->ss_family == b->local.ss_family)
		type = route_type(env->route, remote, vrf > 0 ? vrf : 0);
	for (i = 0; i < env->n_realms && !owned; i++)
		owned = realm_owns(&env->realms[i], remote);
	return rules_remote(&b->local, remote, type, owned);
}

static bool same_end(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return addr_same_ip(a, b) && addr_port(a) == addr_port(b);
}

static int check_want(const struct bearer *b, const struct bearer_want *want)
{
	int err = 0;

	if (bearer_proto_is_tcp(want->proto) != bearer_is_tcp(b))
		return -EPROTONOSUPPORT;
	/* What was accepted once is not judged again: the host's addresses may have changed. */
	if (want->has_remote && !b->adopting &&
	    !(b->want.has_remote && same_end(&b->want.remote, &want->remote)))
		err = check_remote(b, &want->remote);
	if (!err && want->rtcp && want->has_rtcp_remote && !b->adopting &&
	    !(b->want.has_rtcp_remote && same_end(&b->want.rtcp_remote, &want->rtcp_remote)))
		err = check_remote(b, &want->rtcp_remote) ? -EDESTADDRREQ : 0;
	return err;
}

int bearer_check(const struct bearer *b, const struct bearer_want *want)
{
	int err = check_want(b, want);

	if (err)
		return err;
	return bearer_is_tcp(b) ? plane_check(b, want) : datagram_check(b, want);
}

static bool same_rule(const struct kernel_filter *a, const struct kernel_filter *b)
{
	return a->addr.ss_family == b->addr.ss_family &&
	       (a->addr.ss_family == AF_UNSPEC || addr_same_ip(&a->addr, &b->addr)) &&
	       a->prefixlen == b->prefixlen && a->ports == b->ports &&
	       a->port_min == b->port_min && a->port_max == b->port_max;
}

static bool same_filters(const struct kernel_filters *a, const struct kernel_filters *b)
{
	unsigned int i;

	for (i = 0; a->n == b->n && i < a->n; i++)
		if (!same_rule(&a->rule[i], &b->rule[i]))
			return false;
	return a->n == b->n;
}

static bool same_remote(const struct bearer_want *a, const struct bearer_want *b)
{
	return a->has_remote && same_end(&a->remote, &b->remote);
}

int bearer_kernel_update(struct bearer *b, const struct kernel_name *name,
			 const struct bearer_want *want, const struct bearer_want *old)
{
	int family = b->local.ss_family;
	struct kernel_set set = { 0 };
	struct kernel_filters was;

	rules_filter(want, family, &set.filter);
	if (old)
		rules_filter(old, family, &was);
	if (!old || !same_filters(&set.filter, &was))
		set.mask |= KERNEL_SET_FILTER;
	set.mode = want->mode;
	if (!old || want->mode != old->mode)
		set.mask |= KERNEL_SET_MODE;
	set.security = want->proto == BEARER_DTLS ? KMGW_SECURITY_DTLS : KMGW_SECURITY_NONE;
	if (want->proto != b->proto && !bearer_is_tcp(b) && !name->rtcp)
		set.mask |= KERNEL_SET_SECURITY;
	set.dscp = want->dscp;
	if (!old || want->dscp != old->dscp)
		set.mask |= KERNEL_SET_DSCP;
	set.priority = want->emergency ? KMGW_PRIORITY_EMERGENCY : KMGW_PRIORITY_ORDINARY;
	if (bearer_is_tcp(b) && want->emergency != (old && old->emergency))
		set.mask |= KERNEL_SET_PRIORITY;
	if (!bearer_is_tcp(b))
		datagram_fill(b, want, old, &set);
	if (want->has_remote) {
		set.remote = want->remote;
		/* Hold may be written in the other family. */
		if (addr_is_unspecified(&set.remote))
			addr_any(&set.remote, family);
		if (!old || !same_remote(old, want))
			set.mask |= KERNEL_SET_REMOTE;
	}
	return set.mask ? kernel_endpoint_set(b->env->kernel, name, &set) : 0;
}

/* Tells the module what is new to it. */
static int kernel_update(struct bearer *b, const struct bearer_want *want)
{
	int err = 0;

	if (b->in_kernel && !b->adopting)
		err = bearer_kernel_update(b, &b->name, want, b->wanted ? &b->want : NULL);
	if (!err && !bearer_is_tcp(b))
		err = rtcp_apply(b, want);
	return err;
}

static enum rules_phase phase(const struct bearer *b)
{
	switch (b->state) {
	case STATE_IDLE:
	case STATE_LISTENING:
		return b->syn ? RULES_STARTING : RULES_WAITING;
	case STATE_SPLICED:
		return RULES_LIVE;
	case STATE_RELEASED:
	case STATE_FAILED:
		return RULES_ENDED;
	default:
		return RULES_STARTING;
	}
}

/* Is the far end to prove another identity than before? */
static bool new_credentials(const struct bearer *b, const struct bearer_want *want)
{
	enum rules_phase now = phase(b);
	bool known = tls_is_known(b);

	if (!want->psk && !want->n_fp)
		return false;
	/* What was wanted may have been taken away since; what was proved has not. */
	if (b->peer_known && (now == RULES_LIVE || (now == RULES_STARTING && known)))
		return tls_misfit(want, &b->peer, b->peer_psk) != NULL;
	/* It waits to be told, or is of an earlier daemon, and that has lost what it was told. */
	if (!known && now != RULES_ENDED)
		return false;
	if (want->psk || b->want.psk)
		return !psk_same(b->want.psk, want->psk);
	return !fingerprint_same(b->want.fp, b->want.n_fp, want->fp, want->n_fp);
}

void bearer_keep_peer(struct bearer *b, const struct fingerprint_set *peer, struct psk *psk)
{
	bearer_forget_peer(b);
	b->peer = *peer;
	b->peer_psk = psk_get(psk);
	b->peer_known = true;
}

void bearer_forget_peer(struct bearer *b)
{
	psk_put(b->peer_psk);
	b->peer_psk = NULL;
	b->peer_known = false;
}

void bearer_restart(struct bearer *b)
{
	b->opened = false;
	if (plane_is_packet(b)) {
		plane_restart(b);
		b->tls_armed = false;
		return;
	}
	stream_part(b);
	if (bearer_carries(b))
		attach_release(b, KMGW_RELEASE_ORDERLY);
	b->renewing = false;
	tcp_close(b, TCP_CLOSE_ORDERLY, HANDSHAKE_END_CLOSE_NOTIFY);
	b->state = STATE_IDLE;
	b->tls_armed = false;
	b->auto_dialled = false;
	stream_recall(b);
}

int bearer_apply(struct bearer *b, const struct bearer_want *want)
{
	struct bearer_want old = b->want;
	bool restart, renews, dscp, stays, was_wanted = b->wanted;
	int err;

	err = bearer_check(b, want);
	if (!err)
		err = kernel_update(b, want);
	if (err)
		return err;
	restart = bearer_is_tcp(b) && b->wanted &&
		  rules_restarts(&b->want, want, phase(b), new_credentials(b, want));
	stays = restart && renew_can(b, want);
	renews = b->dtls && b->wanted &&
		 rules_dtls_renews(&b->want, want, new_credentials(b, want));
	dscp = want->dscp != b->want.dscp;
	b->want = *want;
	if (want->emergency != old.emergency)
		slots_reorder(b);
	psk_get(b->want.psk);
	psk_put(old.psk);
	b->proto = want->proto;
	b->wanted = true;
	if (!bearer_is_tcp(b))
		return datagram_applied(b, was_wanted ? &old : NULL, renews);

	if (stays)
		renew(b);
	else if (restart)
		bearer_restart(b);
	err = plane_settle(b);
	if (err)
		return err;
	if (dscp && b->listen_fd >= 0)
		tcp_set_dscp(b, b->listen_fd);
	if (dscp && b->fd >= 0)
		tcp_set_dscp(b, b->fd);
	if (dscp && b->userpath)
		tcp_set_dscp(b, userpath_fd(b->userpath));
	if (b->state == STATE_LISTENING && !rules_listens(want->setup))
		tcp_unlisten(b);
	if (b->state == STATE_IDLE && rules_listens(want->setup) && !plane_is_packet(b)) {
		err = tcp_listen(b);
		if (err)
			return err;
	}
	tls_look(b);
	stream_look(b);
	return 0;
}

int bearer_tcp_open_check(const struct bearer *b, const struct bearer_want *want)
{
	return rules_may_open(b->proto, want);
}

int bearer_tcp_open(struct bearer *b)
{
	int err = rules_may_open(b->proto, &b->want);

	if (err || !tcp_may_dial(b) || !plane_open(b))
		return err;
	tcp_dial(b);
	stream_look(b);
	return 0;
}

int bearer_tls_start(struct bearer *b)
{
	if (!bearer_proto_has_tls(b->proto))
		return -EPROTONOSUPPORT;
	b->tls_by_signal = true;
	if (b->proto == BEARER_DTLS) {
		dtls_start(b);
		return 0;
	}
	/* Once a handshake has begun its roles stay; the next connection is another matter. */
	if (b->state == STATE_HANDSHAKING || phase(b) == RULES_LIVE || b->peer_known)
		return 0;
	b->tls_armed = true;
	tls_look(b);
	return 0;
}

void bearer_tls_by_signal(struct bearer *b)
{
	b->tls_by_signal = true;
}

void bearer_release(struct bearer *b)
{
	dtls_release(b);
	if (!bearer_is_tcp(b))
		return;
	if (plane_is_packet(b)) {
		plane_abort(b);
		return;
	}
	stream_part(b);
	if (bearer_carries(b))
		attach_release(b, KMGW_RELEASE_ORDERLY);
	b->renewing = false;
	tcp_close(b, TCP_CLOSE_ORDERLY, HANDSHAKE_END_CLOSE_NOTIFY);
	b->tls_armed = false;
	b->state = STATE_RELEASED;
}

const struct sockaddr_storage *bearer_local(const struct bearer *b)
{
	return &b->local;
}

const char *bearer_plane(const struct bearer *b)
{
	switch (b->plane) {
	case KMGW_PLANE_SPLICE:
		return "splice";
	case KMGW_PLANE_RELAY:
		return "relay";
	case KMGW_PLANE_MERGE:
		return "merge";
	default:
		return "datagram";
	}
}

static void add_stats(const struct bearer *b, const struct kernel_stats *k,
		      struct bearer_stats *st)
{
	*st = b->ours;
	st->octets_sent += k->tx_octets;
	st->octets_received += k->rx_octets;
	st->plain_sent += k->tx_plain;
	st->plain_received += k->rx_plain;
	st->packets_sent += k->tx_packets;
	st->packets_received += k->rx_packets;
	st->drops += k->drops;
}

int bearer_get_stats(struct bearer *b, struct bearer_stats *st)
{
	struct kernel_endpoint ep = { 0 };
	int err = -ENOENT;

	if (b->in_kernel)
		err = kernel_endpoint_get(b->env->kernel, &b->name, &ep);
	add_stats(b, &ep.stats, st);
	rtcp_count(b, st);
	if (b->userpath)
		userpath_count(b->userpath, st);
	else if (b->fd >= 0)
		tcp_count(b->fd, st);
	return err == -ENOENT ? 0 : err;
}

void bearer_destroy(struct bearer *b)
{
	struct bearer_env *env = b->env;

	stream_forget(b);
	env_remove(b);
	env_forget_notes(b);
	dtls_close(b, HANDSHAKE_END_CLOSE_NOTIFY);
	tcp_close(b, TCP_CLOSE_ORDERLY, HANDSHAKE_END_CLOSE_NOTIFY);
	tcp_drop_port(b);
	realm_release(&b->port, uv_now(env->loop), env->cfg->port_quarantine);
	realm_release(&b->rtcp_port, uv_now(env->loop), env->cfg->port_quarantine);
	cert_put(b->cert);
	psk_put(b->want.psk);
	free(b);
}

void bearer_delete(struct bearer *b, struct bearer_stats *st)
{
	struct kernel_endpoint last = { 0 };
	struct bearer_env *env = b->env;
	uint32_t context = b->name.context;

	stream_part(b);
	dtls_close(b, HANDSHAKE_END_CLOSE_NOTIFY);
	tcp_close(b, TCP_CLOSE_ORDERLY, HANDSHAKE_END_CLOSE_NOTIFY);
	rtcp_close(b);
	if (b->in_kernel)
		kernel_endpoint_del(env->kernel, &b->name, &last);
	if (st)
		add_stats(b, &last.stats, st);
	bearer_destroy(b);
	env_context_put(env, context);
	keys_prune(env);
}

void bearer_share_certificate(struct bearer *b, const struct bearer *with)
{
	struct cert *cert = cert_get(with->cert);

	cert_put(b->cert);
	b->cert = cert;
}

static int fingerprint_of(const struct cert *cert, enum bearer_hash hash, char *buf, size_t len)
{
	if (hash < BEARER_SHA1 || hash > BEARER_SHA512)
		return -EOPNOTSUPP;
	return fingerprint_text(&cert->digests.of[hash], buf, len);
}

int bearer_fingerprint(const struct bearer *b, enum bearer_hash hash, char *buf, size_t len)
{
	return fingerprint_of(b->cert, hash, buf, len);
}

int bearer_own_fingerprint(struct bearer_env *env, const struct realm *realm,
			   enum bearer_hash hash, char *buf, size_t len)
{
	(void)env;
	return fingerprint_of(realm->cert, hash, buf, len);
}
