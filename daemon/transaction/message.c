// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: messages, those being read and the one being put together.
 *
 * Answers to requests are packed into as few messages as fit. Context: the thread
 * of the event loop. Lifetime of a message read: its references, of which each
 * request that waits holds one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "transaction/transaction_private.h"

#define ARENA_MAX		(8U << 20)	/* one message */
#define DATAGRAM_MAX		65507
#define HEADER_MAX		192		/* octets, with the longest mId */
#define ERRORS_PER_SECOND	10

/* ---- messages read ---- */

struct message *message_new(struct transactions *t, const struct transport_path *from)
{
	struct message *m = t->spare;

	t->spare = NULL;
	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return NULL;
		arena_init(&m->arena, ARENA_MAX);
	}
	m->owner = t;
	m->refs = 1;
	m->msg = NULL;
	m->from = *from;
	m->peer = NULL;
	m->held = 0;
	return m;
}

struct message *message_get(struct message *m)
{
	m->refs++;
	return m;
}

int message_hold(struct message *m)
{
	if (m->held)
		return 0;
	if (m->owner->held_octets >= HELD_OCTETS_MAX)
		return -ENOBUFS;
	m->held = arena_held(&m->arena);
	m->owner->held_octets += m->held;
	return 0;
}

void message_put(struct message *m)
{
	struct transactions *t = m->owner;

	if (--m->refs)
		return;
	t->held_octets -= m->held;
	if (m->peer)
		replies_peer_put(t->replies, m->peer);
	if (!t->spare) {
		arena_reset(&m->arena);
		t->spare = m;
		return;
	}
	arena_free(&m->arena);
	free(m);
}

/* ---- messages written ---- */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t message_room(const struct transactions *t, const struct transport_path *to)
{
	size_t most = to->connection ? TRANSPORT_MESSAGE_MAX : DATAGRAM_MAX;

	return smaller(most, t->config->max_pdu) - HEADER_MAX;
}

int message_send(struct transactions *t, const struct transport_path *to, uint8_t version,
		 struct str body)
{
	struct strbuf *wire = &t->packer.wire;
	char name[64];
	int err;

	strbuf_reset(wire);
	err = h248_codec_envelope(&t->codec, version, &t->mid, body, wire);
	if (!err)
		err = transport_send(t->transport, to, wire->p, wire->len);
	if (err)
		log_debug(&t->config->log, "H.248 message of %zu octets to %s not sent: %s",
			  wire->len, transport_name(&to->addr, name, sizeof(name)),
			  strerror(-err));
	return err;
}

static bool same_path(const struct transport_path *a, const struct transport_path *b)
{
	return a->connection == b->connection && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

void packer_flush(struct transactions *t)
{
	if (t->packer.body.len)
		message_send(t, &t->packer.to, t->packer.version, strbuf_get(&t->packer.body));
	strbuf_reset(&t->packer.body);
}

void packer_add(struct transactions *t, const struct transport_path *to, struct str text)
{
	struct strbuf *body = &t->packer.body;
	size_t room = message_room(t, to);

	/* Over UDP a message of several should not be cut up by IP. */
	if (!to->connection)
		room = smaller(room, t->config->max_message - HEADER_MAX);
	if (body->len && (!same_path(&t->packer.to, to) || text.len > room ||
			  body->len > room - text.len))
		packer_flush(t);
	if (!body->len) {
		t->packer.to = *to;
		t->packer.version = t->version;
	}
	strbuf_str(body, text);
	if (body->err)
		strbuf_reset(body);
}

int message_write(struct transactions *t, const struct h248_transaction *tr, size_t limit)
{
	int err;

	strbuf_reset(&t->text);
	err = h248_codec_write_transaction(&t->codec, tr, &t->text);
	if (!err && t->text.len > limit)
		err = -EMSGSIZE;
	return err;
}

void message_add(struct transactions *t, const struct transport_path *to,
		 const struct h248_transaction *tr)
{
	if (!message_write(t, tr, message_room(t, to)))
		packer_add(t, to, strbuf_get(&t->text));
}

void message_refused(const struct transactions *t, unsigned int code)
{
	if (t->ops->refused)
		t->ops->refused(t->priv, code);
}

bool message_error_allowed(struct transactions *t)
{
	uint64_t now = uv_now(t->loop);
	uint64_t fresh = (now - t->error_time) * ERRORS_PER_SECOND;

	t->error_time = now;
	if (fresh > ERRORS_BURST * 1000 - t->error_tokens)
		t->error_tokens = ERRORS_BURST * 1000;
	else
		t->error_tokens += (unsigned int)fresh;
	if (t->error_tokens < 1000) {
		t->counters.errors_suppressed++;
		return false;
	}
	t->error_tokens -= 1000;
	return true;
}
