// SPDX-License-Identifier: GPL-2.0-only
/*
 * renew: a connection is to be replaced, and stays until the new one is up.
 *
 * User data goes on over the old one while the new one is made, and its keys, and its
 * fingerprint is looked at. Then the module exchanges them, and the far end beyond notices nothing.
 * If the new one fails the call agent is told, and the old one goes on.
 */
#include "bearer/addr.h"
#include "bearer/bearer_private.h"

bool renew_can(const struct bearer *b, const struct bearer_want *want)
{
	/* A user path is one, and between the same two ports there is one connection. */
	if (plane_is_packet(b) || !b->live || !bearer_carries(b) || b->userpath ||
	    want->proto != b->proto)
		return false;
	if (rules_listens(want->setup))
		return true;
	return b->want.has_remote && want->has_remote &&
	       (!addr_same_ip(&b->want.remote, &want->remote) ||
		addr_port(&b->want.remote) != addr_port(&want->remote));
}

void renew(struct bearer *b)
{
	if (!b->renewing)
		b->old_dialled = b->dialled;
	b->renewing = true;
	tcp_close(b, TCP_CLOSE_ORDERLY, HANDSHAKE_END_CLOSE_NOTIFY);
	b->state = STATE_IDLE;
	b->tls_armed = false;
	b->auto_dialled = false;
	bearer_log(b, LOG_LEVEL_INFO, "the connection stays until a new one is up");
	stream_recall(b);
}

void renew_failed(struct bearer *b, enum handshake_end end)
{
	tcp_close(b, TCP_CLOSE_ORDERLY, end);
	b->renewing = false;
	b->state = STATE_SPLICED;
	b->syn = true;
	b->dialled = b->old_dialled;
}
