// SPDX-License-Identifier: GPL-2.0-only
/*
 * plane: how the TCP of a stream is carried, and the connections that the module carries
 * segment by segment.
 *
 * Such a connection is between the two far ends: the daemon has no socket of it, and knows of
 * it what the module tells. With the first SYN the plane of a stream is fixed. A splice can
 * carry whatever the other planes can, so one that has begun goes on.
 */
#include <errno.h>
#include <string.h>

#include "bearer/bearer_private.h"
#include "config.h"

bool plane_is_packet(const struct bearer *b)
{
	return b->plane == KMGW_PLANE_RELAY || b->plane == KMGW_PLANE_MERGE;
}

static struct bearer *tcp_peer(const struct bearer *b)
{
	struct bearer *peer = env_peer(b);

	return peer && peer->wanted && bearer_is_tcp(peer) ? peer : NULL;
}

static struct rules_side side(const struct bearer *b, const struct bearer_want *want)
{
	return (struct rules_side){
		.tls = want->proto == BEARER_TLS,
		.setup = want->setup,
		.opened = b->opened,
	};
}

static enum kmgw_plane due(const struct bearer *b, const struct bearer_want *want)
{
	const struct bearer *peer = tcp_peer(b);
	struct rules_side own = side(b, want), other;

	if (!peer)
		return rules_plane(&own, NULL, false);
	other = side(peer, &peer->want);
	return rules_plane(&own, &other, b->env->cfg->features & CONFIG_FEATURE_MERGE);
}

static bool begun_here(const struct bearer *b)
{
	switch (b->state) {
	case STATE_IDLE:
	case STATE_LISTENING:
		return b->syn || b->live;
	case STATE_RELEASED:
	case STATE_FAILED:
		return b->live;
	default:
		return true;
	}
}

static bool begun(const struct bearer *b)
{
	const struct bearer *peer = tcp_peer(b);

	return begun_here(b) || (peer && begun_here(peer));
}

/* The module may have seen a SYN that we have not heard of. */
static bool begun_in_module(const struct bearer *b)
{
	struct kernel_endpoint ep;

	return b->in_kernel && !kernel_endpoint_get(b->env->kernel, &b->name, &ep) &&
	       (ep.state == KMGW_STATE_READY || ep.state == KMGW_STATE_ESTABLISHED ||
		ep.state == KMGW_STATE_CLOSING);
}

int plane_check(const struct bearer *b, const struct bearer_want *want)
{
	const struct bearer *peer = tcp_peer(b);

	if (!plane_is_packet(b) || want->connection_new || b->adopting ||
	    due(b, want) == b->plane)
		return 0;
	return begun(b) || begun_in_module(b) || (peer && begun_in_module(peer)) ? -EALREADY : 0;
}

static int set(struct bearer *b, enum kmgw_plane plane)
{
	struct kernel_set set = { .mask = KERNEL_SET_PLANE, .plane = plane };
	int err;

	if (b->plane == plane)
		return 0;
	if (plane != KMGW_PLANE_SPLICE)
		tcp_unlisten(b);
	err = b->in_kernel ? kernel_endpoint_set(b->env->kernel, &b->name, &set) : 0;
	if (err)
		return err;
	b->plane = plane;
	bearer_log(b, LOG_LEVEL_INFO, "plane %s", bearer_plane(b));
	if (plane == KMGW_PLANE_SPLICE && b->state == STATE_IDLE && rules_listens(b->want.setup))
		tcp_listen(b);
	return 0;
}

int plane_settle(struct bearer *b)
{
	struct bearer *peer = tcp_peer(b);
	enum kmgw_plane plane;
	int err;

	if (!bearer_is_tcp(b) || !b->wanted)
		return 0;
	plane = due(b, &b->want);
	if (b->adopting || (peer && peer->adopting) || begun(b))
		return 0;
	err = set(b, plane);
	if (!err && peer)
		err = set(peer, plane);
	/* A SYN was faster; what it has begun stays. */
	return err == -EBUSY ? 0 : err;
}

bool plane_open(struct bearer *b)
{
	if (plane_is_packet(b) && (begun(b) || begun_in_module(b)))
		return false;
	b->opened = true;
	return !plane_settle(b) && !plane_is_packet(b);
}

static void forget(struct bearer *b, enum bearer_state state)
{
	b->live = false;
	b->syn = false;
	b->far_end_closed = false;
	b->state = state;
	timer_stop(&b->peer_guard);
}

static void tell(struct bearer *b, const struct kernel_set *set, enum bearer_state state)
{
	struct bearer *peer = tcp_peer(b);

	if (b->in_kernel)
		kernel_endpoint_set(b->env->kernel, &b->name, set);
	forget(b, state);
	if (peer && plane_is_packet(peer))
		forget(peer, state);
}

void plane_restart(struct bearer *b)
{
	const struct kernel_set set = { .mask = KERNEL_SET_RESTART };

	tell(b, &set, STATE_IDLE);
}

void plane_abort(struct bearer *b)
{
	const struct kernel_set set = {
		.mask = KERNEL_SET_RELEASE, .release = KMGW_RELEASE_ABORT,
	};

	tell(b, &set, STATE_RELEASED);
}

static void established(struct bearer *b)
{
	if (b->live)
		return;
	b->live = true;
	b->syn = true;
	b->far_end_closed = false;
	b->state = STATE_SPLICED;
	timer_stop(&b->peer_guard);
	bearer_log(b, LOG_LEVEL_INFO, "connection is up, by %s", bearer_plane(b));
	env_notify(b, BEARER_TCP_UP, "");
}

/* It never came up. Whose doing it was, the module says; the other end is silent. */
static void never_up(struct bearer *b, enum kmgw_reason reason)
{
	const struct bearer *peer = tcp_peer(b);
	bool was = b->syn || (peer && peer->syn);

	b->state = STATE_FAILED;
	b->syn = false;
	timer_stop(&b->peer_guard);
	if (!was || reason == KMGW_REASON_USER || reason == KMGW_REASON_PEER_ENDPOINT)
		return;
	bearer_log(b, LOG_LEVEL_WARNING, "connection failed: %s", kernel_reason_name(reason));
	env_notify(b, BEARER_TCP_FAILED, kernel_reason_name(reason));
}

void plane_state(struct bearer *b, enum kmgw_state state, enum kmgw_reason reason)
{
	switch (state) {
	case KMGW_STATE_READY:
		if (b->syn || b->live)
			break;
		b->syn = true;
		if (b->state == STATE_RELEASED || b->state == STATE_FAILED)
			b->state = STATE_IDLE;
		stream_look(b);
		break;
	case KMGW_STATE_ESTABLISHED:
		established(b);
		break;
	case KMGW_STATE_CLOSING:
		established(b);
		attach_closing(b, reason);
		break;
	case KMGW_STATE_RELEASED:
	case KMGW_STATE_FAILED:
		if (b->live)
			attach_over(b, state, reason);
		else
			never_up(b, reason);
		break;
	default:
		break;
	}
}
