// SPDX-License-Identifier: GPL-2.0-only
/*
 * tls: TLS on a bearer's connection, from TCP up to keys in the kernel.
 *
 * Nothing is handed to the module, and so nothing forwarded, before the far end's
 * certificate fits a fingerprint that was signalled. A far end may be faster than
 * the signalling: then the handshake is finished and the connection left unread
 * until the fingerprint comes.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bearer/bearer_private.h"
#include "bearer/cert.h"
#include "bearer/ktls.h"
#include "config.h"
#include "lib/aead.h"

static void on_handshake(void *priv, enum handshake_result result,
			 const struct handshake_view *view);

static void on_guard(void *priv)
{
	struct bearer *b = priv;

	stream_fail(b, BEARER_TLS_FAILED, "no TLS session within %u ms", b->env->cfg->tls_guard);
}

static void role(const struct bearer *b, struct rules_tls *t)
{
	t->armed = b->tls_armed;
	t->by_signal = b->tls_by_signal ||
		       b->env->cfg->tls_start == CONFIG_TLS_START_SIGNAL;
	t->media = b->want.media;
	t->local = b->want.setup;
	t->dialled = b->dialled;
}

static void guard_start(struct bearer *b)
{
	if (!b->guard)
		timer_start(&b->guard, b->env->loop, b->env->cfg->tls_guard, on_guard, b);
}

static void step(struct bearer *b)
{
	handshake_step(b->hs, b->want.fp, b->want.n_fp);
}

/*
 * Where the session can be resumed another time. Return: there is such a place. Of a far end that
 * connects to us there is none, for it has another port each time.
 */
static bool place(const struct bearer *b, int fd, struct session_place *out)
{
	socklen_t len = sizeof(out->remote);

	*out = (struct session_place){ .realm = b->realm,
				       .own = b->cert->digests.of[BEARER_SHA256] };
	return b->env->cfg->tls_resumption && b->dialled && !b->slot_server && !b->want.psk &&
	       !getpeername(fd, (struct sockaddr *)&out->remote, &len);
}

/* With @resume for a session that is wiped afterwards. */
static int new_handshake(struct bearer *b, bool server, struct session *resume)
{
	struct bearer_env *env = b->env;
	struct handshake_how how = {
		.server = server,
		.cert = b->cert,
		.psk = b->want.psk,
		.priorities = b->want.psk ? env->psk_priorities : env->priorities,
	};
	struct session_place at;

	b->shown_until = 0;
	b->session = 0;
	how.resumption = place(b, b->fd, &at);
	if (how.resumption &&
	    sessions_take(&env->sessions, &at, b->want.fp, b->want.n_fp, resume)) {
		b->shown_until = resume->until;
		how.resume = resume;
	}
	if (server && b->realm->ticket_key.data && !b->want.psk)
		how.tickets = &b->realm->ticket_key;
	return handshake_new(env->loop, b->fd, &how, on_handshake, b, &b->hs);
}

static void start(struct bearer *b, bool server)
{
	struct session resume = { 0 };
	int err;

	watch_stop(&b->watch);
	b->slot_server = server;
	if (!slots_take(b)) {
		/* It cannot wait longer than it might take. */
		guard_start(b);
		return;
	}
	b->state = STATE_HANDSHAKING;
	err = new_handshake(b, server, &resume);
	session_wipe(&resume);
	if (err) {
		b->fd = -1;
		stream_fail(b, BEARER_TLS_FAILED, "cannot start TLS: %s", strerror(-err));
		return;
	}
	/* Of a server, too: half a ClientHello must not keep its slot until Subtract. */
	guard_start(b);
	step(b);
}

/* The far end says something while we wait: it can only be a ClientHello. */
static void on_hello(void *priv, int status, int events)
{
	(void)status;
	(void)events;
	start(priv, true);
}

static void on_ready(void *priv, int status, int events)
{
	struct bearer *b = priv;

	(void)status;
	(void)events;
	watch_stop(&b->watch);
	step(b);
}

static void watch(struct bearer *b, int events, watch_fn fn)
{
	int err = watch_start(&b->watch, b->env->loop, b->fd, events, fn, b);

	if (err)
		stream_fail(b, BEARER_TLS_FAILED, "cannot watch the connection: %s",
			    strerror(-err));
}

/* Not read before the fingerprint comes; only its end is noticed. */
static void on_unread_end(void *priv, int status, int events)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	struct bearer *b = priv;

	(void)status;
	(void)events;
	watch_stop(&b->watch);
	if (getsockopt(b->fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	    info.tcpi_state == TCP_CLOSE)
		stream_fail(b, BEARER_TLS_FAILED,
			    "the far end reset the connection before its fingerprint was known");
	/* After a FIN there may still be data to deliver. */
}

/* --- records that the kernel cannot do --- */

static void on_path_ready(void *priv, int fd, const char *why)
{
	struct bearer *b = priv;

	if (fd < 0) {
		b->userpath = NULL;
		stream_fail(b, BEARER_TLS_FAILED, "the agent cannot carry the records: %s", why);
		return;
	}
	b->fd = fd;
	attach(b);
}

static void on_path_ending(void *priv, const char *why)
{
	struct bearer *b = priv;

	snprintf(b->end_reason, sizeof(b->end_reason), "%s", why);
	bearer_log(b, LOG_LEVEL_INFO, "TLS session ends: %s", why);
}

static void on_path_gone(void *priv)
{
	struct bearer *b = priv;

	userpath_count(b->userpath, &b->ours);
	b->userpath = NULL;
}

static const struct userpath_ops path_ops = {
	.ready = on_path_ready,
	.ending = on_path_ending,
	.gone = on_path_gone,
};

static void start_path(struct bearer *b)
{
	struct handshake_session s;
	int err;

	bearer_log(b, LOG_LEVEL_NOTICE, "TLS records go through the agent: %s", b->no_ktls);
	handshake_take(b->hs, &s);
	b->hs = NULL;
	tcp_set_user_timeout(b, b->fd, false);
	b->fd = -1;
	err = userpath_new(&b->env->userpaths, b->env->loop, &s, b->env->cfg->release_linger,
			   &path_ops, b, &b->userpath);
	if (err)
		stream_fail(b, BEARER_TLS_FAILED, "the agent cannot carry the records: %s",
			    strerror(-err));
}

void tls_leave_path(struct bearer *b)
{
	if (!b->userpath)
		return;
	userpath_count(b->userpath, &b->ours);
	userpath_leave(b->userpath);
	b->userpath = NULL;
}

bool tls_is_known(const struct bearer *b)
{
	return b->want.n_fp || b->want.psk;
}

const char *tls_misfit(const struct bearer_want *want, const struct fingerprint_set *peer,
		       const struct psk *shown)
{
	/* It may be another one by now than when the handshake began. */
	if (want->psk && shown)
		return psk_same(want->psk, shown) ? NULL :
		       "the far end has another pre-shared key than was signalled";
	if (want->psk)
		return "the far end has no pre-shared key, and one was signalled";
	return !shown && fingerprint_match(peer, want->fp, want->n_fp) ? NULL :
	       "the certificate does not fit the fingerprint signalled";
}

static void hand_over(struct bearer *b)
{
	if (b->no_ktls[0])
		start_path(b);
	else
		handshake_arm(b->hs);
}

/* The far end's certificate fits, so that its session may be kept. */
static void keep_session(struct bearer *b)
{
	uint64_t life, now = uv_now(b->env->loop);
	struct session_place at;
	struct session session;

	if (!handshake_resumable(b->hs, &session, &life) || !place(b, b->fd, &at))
		return;
	session.until = b->shown_until < now + life ? b->shown_until : now + life;
	b->session = sessions_keep(&b->env->sessions, &at, &session);
}

static void on_no_ticket(void *priv)
{
	struct bearer *b = priv;

	timer_stop(&b->guard);
	/* A step that is under way comes back to on_handshake(). */
	if (handshake_busy(b->hs))
		return;
	watch_stop(&b->watch);
	hand_over(b);
}

static void on_ticket_ready(void *priv, int status, int events)
{
	struct bearer *b = priv;

	(void)status;
	(void)events;
	watch_stop(&b->watch);
	handshake_ticket(b->hs);
}

/* With TLS 1.3 the ticket comes when the handshake is over, and data may come instead. */
static void look_for_ticket(struct bearer *b)
{
	if (b->env->cfg->tls_ticket_wait)
		timer_start(&b->guard, b->env->loop, b->env->cfg->tls_ticket_wait, on_no_ticket,
			    b);
	handshake_ticket(b->hs);
}

static void verify(struct bearer *b)
{
	struct session_place at;
	const char *misfit;

	if (!tls_is_known(b)) {
		b->state = STATE_VERIFYING;
		bearer_log(b, LOG_LEVEL_INFO, "TLS is up and waits for the far end's fingerprint");
		watch(b, UV_DISCONNECT, on_unread_end);
		return;
	}
	watch_stop(&b->watch);
	b->state = STATE_VERIFYING;
	misfit = tls_misfit(&b->want, &b->peer, b->peer_psk);
	if (misfit) {
		stream_fail(b, BEARER_TLS_FAILED, "%s", misfit);
		return;
	}
	b->state = STATE_ARMING;
	if (place(b, b->fd, &at))
		look_for_ticket(b);
	else
		hand_over(b);
}

/* The first time that an AEAD is used, the kernel has chosen its driver. */
static void tell_driver(struct bearer_env *env, const char *aead)
{
	struct aead_driver d;
	unsigned int i;

	for (i = 0; aead_names[i] && strcmp(aead_names[i], aead); i++)
		;
	if (!aead_names[i] || (env->aeads_told & 1U << i) || aead_driver(aead, &d))
		return;
	env->aeads_told |= 1U << i;
	if (d.generic)
		log_warning(env->log, "AEAD %s is done by %s, which is slow: is the processor's driver loaded?",
			    aead, d.driver);
	else
		log_notice(env->log, "AEAD %s is done by %s", aead, d.driver);
}

static void armed(struct bearer *b, const struct handshake_view *view)
{
	if (view->prefix_len) {
		b->prefix = malloc(view->prefix_len);
		if (!b->prefix) {
			stream_fail(b, BEARER_TLS_FAILED, "out of memory");
			return;
		}
		memcpy(b->prefix, view->prefix, view->prefix_len);
		b->prefix_len = view->prefix_len;
	}
	tell_driver(b->env, view->aead);
	b->fd = handshake_free(b->hs, HANDSHAKE_END_SILENT);
	b->hs = NULL;
	attach(b);
}

static void on_handshake(void *priv, enum handshake_result result,
			 const struct handshake_view *view)
{
	struct bearer *b = priv;
	bool resumed;

	switch (result) {
	case HANDSHAKE_WANTS_READ:
		if (b->state == STATE_ARMING && !b->guard)
			hand_over(b);
		else
			watch(b, UV_READABLE, b->state == STATE_ARMING ? on_ticket_ready : on_ready);
		break;
	case HANDSHAKE_WANTS_WRITE:
		watch(b, UV_WRITABLE, on_ready);
		break;
	case HANDSHAKE_DONE:
		timer_stop(&b->guard);
		slots_give(b);
		bearer_keep_peer(b, &view->peer, handshake_psk(b->hs));
		snprintf(b->no_ktls, sizeof(b->no_ktls), "%s", view->no_ktls ? view->no_ktls : "");
		resumed = view->resumed;
		if (!resumed)
			b->shown_until = uv_now(b->env->loop) + SESSIONS_LIFE;
		bearer_log(b, LOG_LEVEL_INFO, "TLS handshake done: %s%s", view->description,
			   resumed ? ", resumed" : "");
		verify(b);
		/* One that is refused at once was none. */
		b->env->resumed += resumed && b->state != STATE_FAILED;
		break;
	case HANDSHAKE_TICKET:
		timer_stop(&b->guard);
		keep_session(b);
		hand_over(b);
		break;
	case HANDSHAKE_ARMED:
		armed(b, view);
		break;
	case HANDSHAKE_FAILED:
		stream_fail(b, BEARER_TLS_FAILED, "%s", view->reason);
		break;
	}
}

void tls_tcp_is_up(struct bearer *b)
{
	int err;

	/* That of an earlier connection may still wait for its far end. */
	tls_leave_path(b);
	b->state = STATE_UP;
	env_notify(b, BEARER_TCP_UP, "");
	if (b->proto != BEARER_TLS) {
		attach(b);
		return;
	}
	err = ktls_prepare(b->fd);
	if (err) {
		stream_fail(b, BEARER_TLS_FAILED, "the kernel offers no TLS for the connection: %s",
			    strerror(-err));
		return;
	}
	watch(b, UV_READABLE, on_hello);
	tls_look(b);
}

void tls_slot(struct bearer *b)
{
	if (b->dtls) {
		dtls_slot(b);
		return;
	}
	/* The wait for a slot is over; the handshake has a guard of its own, or none. */
	timer_stop(&b->guard);
	start(b, b->slot_server);
	tls_look(b);
}

void tls_look(struct bearer *b)
{
	struct rules_tls t;

	if (b->proto != BEARER_TLS)
		return;
	role(b, &t);
	switch (b->state) {
	case STATE_UP:
		if (b->slot == SLOT_WAITING)
			break;
		if (rules_tls_client(&t))
			start(b, false);
		else if (rules_tls_server_guard(&t, tls_is_known(b)))
			guard_start(b);
		break;
	case STATE_HANDSHAKING:
		if (rules_tls_server_guard(&t, tls_is_known(b)))
			guard_start(b);
		break;
	case STATE_VERIFYING:
		if (tls_is_known(b))
			verify(b);
		break;
	default:
		break;
	}
}
