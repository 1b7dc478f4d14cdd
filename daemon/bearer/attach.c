// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach: a bearer's connection in the module, from hand-over to its end.
 *
 * Once handed over, a connection is known only by what the module says. Its events
 * are hints: what counts is read from the object, so that an event which is late,
 * or says what a dump said already, does no harm.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bearer/bearer_private.h"

static enum bearer_event failure(const struct bearer *b)
{
	return bearer_proto_has_tls(b->proto) ? BEARER_TLS_FAILED : BEARER_TCP_FAILED;
}

void attach(struct bearer *b)
{
	struct kernel_set set = {
		.mask = KERNEL_SET_SOCKET,
		.fd = b->fd,
		.prefix = b->prefix,
		.prefix_len = b->prefix_len,
	};
	char note[KMGW_NOTE_MAX + 1];
	int err;

	timer_stop(&b->guard);
	timer_stop(&b->peer_guard);
	watch_stop(&b->watch);
	if (b->userpath) {
		snprintf(note, sizeof(note), "TLS records go through kmgwd: %s", b->no_ktls);
		set.note = note;
	}
	if (b->renewing) {
		set.mask |= KERNEL_SET_REPLACE;
	} else if (b->live) {
		/* The end of the last connection is awaited, at most release_linger. */
		b->state = STATE_PARKED;
		return;
	}
	if (!b->userpath)
		tcp_set_user_timeout(b, b->fd, true);
	err = b->in_kernel ? kernel_endpoint_set(b->env->kernel, &b->name, &set) : -ENOENT;
	if (err == -EBUSY && b->renewing) {
		/* It ends just now, or has not delivered what yet another one had received. */
		stream_part(b);
		attach_release(b, KMGW_RELEASE_ORDERLY);
		b->renewing = false;
		b->state = STATE_PARKED;
		return;
	}
	if (err) {
		stream_fail(b, failure(b), "the module does not take the connection: %s",
			    strerror(-err));
		return;
	}
	close(b->fd);
	b->fd = -1;
	if (b->prefix)
		explicit_bzero(b->prefix, b->prefix_len);
	free(b->prefix);
	b->prefix = NULL;
	b->prefix_len = 0;
	tcp_drop_port(b);
	b->live = true;
	b->renewing = false;
	b->far_end_closed = false;
	b->state = STATE_SPLICED;
	if (b->proto == BEARER_TLS)
		env_notify(b, BEARER_TLS_UP, "");
}

void attach_release(struct bearer *b, enum kmgw_release how)
{
	struct kernel_set set = { .mask = KERNEL_SET_RELEASE, .release = how };

	if (b->live && b->in_kernel)
		kernel_endpoint_set(b->env->kernel, &b->name, &set);
	/* live goes when the module says so. */
	b->state = STATE_RELEASED;
}

void attach_ended(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason)
{
	if (plane_is_packet(b))
		plane_state(b, state, reason);
	else
		attach_over(b, state, reason);
}

void attach_over(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason)
{
	const char *why;

	if (!b->live || (state != KMGW_STATE_RELEASED && state != KMGW_STATE_FAILED))
		return;
	b->live = false;
	b->renewing = false;
	if (state == KMGW_STATE_FAILED)
		sessions_forget(&b->env->sessions, b->session);
	if (!plane_is_packet(b))
		tcp_hold_port(b);
	if (b->state == STATE_PARKED) {
		attach(b);
		return;
	}
	if (b->state != STATE_SPLICED)
		return;
	b->state = STATE_RELEASED;
	b->syn = false;
	b->syn_calls = false;
	bearer_forget_peer(b);
	why = b->end_reason[0] ? b->end_reason : kernel_reason_name(reason);
	bearer_log(b, LOG_LEVEL_INFO, "connection ended: %s", why);
	switch (rules_ended(state, reason, b->far_end_closed)) {
	case RULES_END_SILENT:
		break;
	case RULES_END_RELEASED:
		env_notify(b, BEARER_RELEASED, why);
		break;
	case RULES_END_LOST:
		b->state = STATE_FAILED;
		env_notify(b, BEARER_LOST, why);
		break;
	}
}

void attach_closing(struct bearer *b, enum kmgw_reason reason)
{
	if (reason == KMGW_REASON_PEER_CLOSED || reason == KMGW_REASON_TRUNCATED)
		b->far_end_closed = true;
}

void attach_vanished(struct bearer *b)
{
	if (!b->in_kernel)
		return;
	b->in_kernel = false;
	bearer_log(b, LOG_LEVEL_WARNING, "the endpoint was deleted in the module");
	attach_ended(b, KMGW_STATE_FAILED, KMGW_REASON_FLUSH);
}

void attach_look(struct bearer *b)
{
	struct kernel_endpoint ep;
	int err;

	if (!b->in_kernel)
		return;
	err = kernel_endpoint_get(b->env->kernel, &b->name, &ep);
	if (err == -ENOENT)
		attach_vanished(b);
	if (err)
		return;
	datagram_latched(b, &ep.latched);
	attach_ended(b, ep.state, ep.reason);
}
