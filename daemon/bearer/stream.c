// SPDX-License-Identifier: GPL-2.0-only
/*
 * stream: what the two bearers of a stream mean for each other.
 *
 * A SYN at one end may call for one at the other, each waits for the other only
 * so long (peer_guard), and what fails at one end before user data
 * could flow ends both, as the module does afterwards.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "bearer/bearer_private.h"
#include "config.h"

static bool has_tcp(const struct bearer *b)
{
	switch (b->state) {
	case STATE_UP:
	case STATE_HANDSHAKING:
	case STATE_VERIFYING:
	case STATE_ARMING:
	case STATE_PARKED:
	case STATE_SPLICED:
		return true;
	default:
		return false;
	}
}

/* Its TCP connection may still come. */
static bool awaits_tcp(const struct bearer *b)
{
	return b->state == STATE_IDLE || b->state == STATE_LISTENING ||
	       b->state == STATE_CONNECTING;
}

static void open_if_due(struct bearer *b, struct bearer *peer)
{
	bool called, unasked;

	if (!b->wanted || !bearer_is_tcp(b))
		return;
	called = peer && peer->wanted && peer->syn_calls &&
		 rules_interlinked(&b->want, &peer->want);
	if (called && (has_tcp(b) || b->state == STATE_CONNECTING)) {
		/* EstBNC was faster: together they open once. */
		peer->syn_calls = false;
		return;
	}
	unasked = b->env->cfg->tcp_open == CONFIG_TCP_OPEN_AUTO && !b->auto_dialled &&
		  b->state == STATE_IDLE &&
		  rules_dials_unasked(&b->want, peer && peer->wanted ? &peer->want : NULL);
	if (!called && !unasked)
		return;
	if (!tcp_may_dial(b) || !rules_can_dial(&b->want))
		return;
	if (called)
		peer->syn_calls = false;
	if (unasked)
		b->auto_dialled = true;
	tcp_dial(b);
}

static void on_peer_guard(void *priv)
{
	struct bearer *b = priv;

	stream_fail(b, BEARER_TCP_FAILED, "the other end of the stream is connected, this one not within %u ms",
		    b->env->cfg->peer_guard);
}

static void guard(struct bearer *b, const struct bearer *peer)
{
	bool due = peer && b->wanted && peer->wanted && awaits_tcp(b) && (b->syn || peer->syn) &&
		   rules_both_known(&b->want, &peer->want);

	/* Where we have no sockets, the end that waits is the one that has not said anything. */
	if (due && plane_is_packet(b))
		due = !b->syn;

	if (!due)
		timer_stop(&b->peer_guard);
	else if (!b->peer_guard && b->env->cfg->peer_guard)
		timer_start(&b->peer_guard, b->env->loop, b->env->cfg->peer_guard, on_peer_guard,
			    b);
}

void stream_look(struct bearer *b)
{
	struct bearer *peer;

	if (!bearer_is_tcp(b))
		return;
	peer = env_peer(b);
	open_if_due(b, peer);
	if (peer)
		open_if_due(peer, b);
	guard(b, peer);
	if (peer)
		guard(peer, b);
}

void stream_forget(struct bearer *b)
{
	struct bearer *peer = env_peer(b);

	if (peer)
		timer_stop(&peer->peer_guard);
}

void stream_part(struct bearer *b)
{
	struct bearer *peer = env_peer(b);

	/* The module ends joined connections together, and says so later. */
	if (!bearer_carries(b) || !peer || peer->state != STATE_SPLICED)
		return;
	peer->state = STATE_RELEASED;
	peer->syn = false;
	peer->syn_calls = false;
}

void stream_recall(struct bearer *b)
{
	struct bearer *peer = env_peer(b);

	if (peer && has_tcp(peer) && peer->syn && !peer->dialled)
		peer->syn_calls = true;
}

void stream_fail(struct bearer *b, enum bearer_event event, const char *fmt, ...)
{
	enum handshake_end end = HANDSHAKE_END_CLOSE_NOTIFY;
	struct bearer *peer = env_peer(b);
	char reason[BEARER_REASON_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	bearer_log(b, LOG_LEVEL_WARNING, "%s", reason);

	if (plane_is_packet(b)) {
		plane_abort(b);
		b->state = STATE_FAILED;
		env_notify(b, event, reason);
		return;
	}
	if (b->state == STATE_VERIFYING)
		end = HANDSHAKE_END_BAD_CERTIFICATE;
	if (b->renewing) {
		renew_failed(b, end);
		env_notify(b, event, reason);
		return;
	}
	tcp_close(b, TCP_CLOSE_ORDERLY, end);
	b->state = STATE_FAILED;
	env_notify(b, event, reason);

	if (!peer || !bearer_is_tcp(peer))
		return;
	if (peer->renewing) {
		tcp_close(peer, TCP_CLOSE_ABORT, HANDSHAKE_END_SILENT);
		peer->renewing = false;
		attach_release(peer, KMGW_RELEASE_ABORT);
	} else if (peer->state == STATE_SPLICED) {
		attach_release(peer, KMGW_RELEASE_ABORT);
		peer->syn = false;
		peer->syn_calls = false;
	} else if (has_tcp(peer) || peer->state == STATE_CONNECTING) {
		tcp_close(peer, TCP_CLOSE_ABORT, HANDSHAKE_END_SILENT);
		peer->state = STATE_RELEASED;
	} else {
		timer_stop(&peer->peer_guard);
	}
}
