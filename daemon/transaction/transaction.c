// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: takes messages apart and puts answers together.
 *
 * Context: the thread of the event loop. One message is worked off in one go;
 * the arena in which its tree and the replies live is freed after it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "transaction/transaction_private.h"

#define ARENA_MAX		(8U << 20)	/* one message and its replies */
#define TRANSACTIONS_MAX	256		/* in one message; more: 413 */
#define DATAGRAM_MAX		65507
#define ERRORS_BURST		20
#define ERRORS_PER_SECOND	10

/* Answers to the requests of one message, packed into as few messages as fit. */
struct packer {
	struct transactions *t;
	const struct transport_path *to;
	uint8_t version;
	struct strbuf body;
};

int transactions_new(uv_loop_t *loop, const struct config *config, struct transport *transport,
		     const struct transaction_ops *ops, void *priv, struct transactions **out)
{
	struct transactions *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->loop = loop;
	t->config = config;
	t->transport = transport;
	t->ops = ops;
	t->priv = priv;
	t->version = 1;
	t->limits = (struct transaction_limits){ 1000, 1000, 20, 20 };
	t->codec.encoding = config->encoding == CONFIG_ENCODING_COMPACT ? H248_ENCODING_COMPACT :
									  H248_ENCODING_PRETTY;
	t->error_tokens = ERRORS_BURST * 1000;
	t->error_time = uv_now(loop);
	arena_init(&t->mid_arena, 4096);
	err = h248_mid_parse(&t->mid_arena, str_c(config->mid), &t->mid);
	if (!err)
		err = replies_new(loop, config->max_replies, config->long_timer, &t->replies);
	if (err) {
		arena_free(&t->mid_arena);
		free(t);
		return err;
	}
	*out = t;
	return 0;
}

void transactions_free(struct transactions *t)
{
	if (!t)
		return;
	transactions_cancel(t);
	replies_free(t->replies);
	arena_free(&t->mid_arena);
	free(t);
}

void transactions_set_ids(struct transactions *t, const struct h248_ids *ids)
{
	t->codec.ids = ids;
}

void transactions_set_version(struct transactions *t, uint8_t version)
{
	t->version = version;
}

void transactions_set_limits(struct transactions *t, const struct transaction_limits *limits)
{
	t->limits = *limits;
}

const struct h248_mid *transactions_mid(const struct transactions *t)
{
	return &t->mid;
}

const struct transaction_counters *transactions_counters(const struct transactions *t)
{
	return &t->counters;
}

int transactions_emit(struct transactions *t, const struct transport_path *to, uint8_t version,
		      struct str body)
{
	struct strbuf out;
	char name[64];
	int err;

	strbuf_init(&out, 0);
	err = h248_codec_envelope(&t->codec, version, &t->mid, body, &out);
	if (!err)
		err = transport_send(t->transport, to, out.p, out.len);
	if (err)
		log_debug(&t->config->log, "H.248 message of %zu octets to %s not sent: %s",
			  out.len, transport_name(&to->addr, name, sizeof(name)), strerror(-err));
	strbuf_free(&out);
	return err;
}

/* May one more error be answered? Spoofed or looping garbage must not make a storm. */
static bool error_allowed(struct transactions *t)
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

static void packer_flush(struct packer *p)
{
	if (p->body.len)
		transactions_emit(p->t, p->to, p->version, strbuf_get(&p->body));
	strbuf_reset(&p->body);
}

static void packer_add(struct packer *p, struct str text)
{
	/* A header is well below this. */
	size_t limit = p->to->connection ? TRANSPORT_TCP_MESSAGE_MAX : p->t->config->max_message;

	if (p->body.len && p->body.len + text.len + 192 > limit)
		packer_flush(p);
	strbuf_str(&p->body, text);
	if (p->body.err) {
		strbuf_free(&p->body);
		strbuf_init(&p->body, 0);
	}
}

static bool make_key(const struct h248_mid *mid, struct mid_key *key)
{
	static const char hex[] = "0123456789abcdef";
	unsigned int octets = mid->kind == H248_MID_IP4 ? 4 : mid->kind == H248_MID_IP6 ? 16 : 0;
	size_t used, i;
	int n;

	n = snprintf(key->text, sizeof(key->text), "%d %u ", (int)mid->kind,
		     mid->has_port ? mid->port : 0U);
	used = (size_t)n;
	if (octets) {
		for (i = 0; i < octets; i++) {
			key->text[used++] = hex[mid->addr[i] >> 4];
			key->text[used++] = hex[mid->addr[i] & 15];
		}
	} else {
		if (used + mid->text.len >= sizeof(key->text))
			return false;
		for (i = 0; i < mid->text.len; i++)
			key->text[used++] = ascii_lower(mid->text.p[i]);
	}
	key->text[used] = '\0';
	return true;
}

static void refused(const struct transactions *t, unsigned int code)
{
	if (t->ops->refused)
		t->ops->refused(t->priv, code);
}

/* Writes a reply; what does not fit into a message becomes a short error. */
static int write_reply(struct packer *p, struct arena *a, const struct h248_transaction *reply,
		       struct strbuf *text)
{
	size_t limit = (p->to->connection ? TRANSPORT_TCP_MESSAGE_MAX : DATAGRAM_MAX) - 192;
	struct h248_transaction brief = { .kind = H248_REPLY, .id = reply->id };
	int err;

	strbuf_init(text, limit);
	err = h248_codec_write_transaction(&p->t->codec, reply, text);
	if (!err)
		return 0;
	strbuf_free(text);
	strbuf_init(text, 0);
	if (err == -EMSGSIZE) {
		brief.error = h248_error_new(a, 533, "the reply is larger than %zu octets", limit);
	} else {
		log_error(&p->t->config->log, "reply to transaction %u cannot be written: %s",
			  reply->id, strerror(-err));
		brief.error = h248_error_new(a, 500, "the reply cannot be written");
	}
	if (!brief.error)
		return -ENOMEM;
	refused(p->t, brief.error->code);
	return h248_codec_write_transaction(&p->t->codec, &brief, text);
}

static void refuse(struct packer *p, struct arena *a, uint32_t id, unsigned int code,
		   const char *why)
{
	struct h248_transaction reply = { .kind = H248_REPLY, .id = id };
	struct strbuf text;

	if (!error_allowed(p->t))
		return;
	reply.error = h248_error_new(a, code, "%s", why);
	if (!reply.error)
		return;
	if (!write_reply(p, a, &reply, &text)) {
		packer_add(p, strbuf_get(&text));
		refused(p->t, code);
	}
	strbuf_free(&text);
}

static const char *refusal_text(unsigned int code)
{
	switch (code) {
	case 402: return "not this gateway's MGC";
	case 504: return "another MGC controls this gateway";
	case 505: return "the gateway has no reply to its ServiceChange yet";
	case 506: return "too many transactions pending";
	default: return "refused";
	}
}

static void take_request(struct packer *p, struct arena *a, const struct mid_key *mid,
			 unsigned int refusal, const struct h248_transaction *req)
{
	struct h248_transaction reply = { .kind = H248_REPLY, .id = req->id };
	struct transactions *t = p->t;
	struct strbuf text;
	struct reply *kept;

	kept = replies_find(t->replies, mid, req->id);
	if (kept) {
		t->counters.repeated++;
		if (kept->text)
			packer_add(p, (struct str){ kept->text, kept->len });
		return;
	}
	if (refusal) {
		refuse(p, a, req->id, refusal, refusal_text(refusal));
		return;
	}
	if (replies_full(t->replies)) {
		t->counters.busy++;
		refuse(p, a, req->id, 511, "as many replies are kept as the gateway may keep");
		return;
	}
	t->counters.requests++;
	t->ops->request(t->priv, a, req, &reply);
	if (!write_reply(p, a, &reply, &text)) {
		replies_add(t->replies, mid, req->id, strbuf_get(&text));
		packer_add(p, strbuf_get(&text));
		t->counters.replies++;
	}
	strbuf_free(&text);
}

static void send_ack(struct packer *p, uint32_t id)
{
	struct h248_ack ack = { .first = id, .last = id };
	struct h248_transaction tr = { .kind = H248_ACK };
	struct strbuf text;

	h248_append(&tr.acks, &ack);
	strbuf_init(&text, 0);
	if (!h248_codec_write_transaction(&p->t->codec, &tr, &text))
		packer_add(p, strbuf_get(&text));
	strbuf_free(&text);
}

static void take(struct packer *p, struct arena *a, const struct h248_message *msg,
		 const struct mid_key *mid)
{
	struct transactions *t = p->t;
	struct h248_transaction *tr;
	unsigned int refusal = 0;
	const struct h248_ack *ack;
	bool asked = false;

	h248_each(tr, &msg->transactions) {
		switch (tr->kind) {
		case H248_REQUEST:
			if (!asked)
				refusal = t->ops->admit(t->priv, p->to, msg);
			asked = true;
			take_request(p, a, mid, refusal, tr);
			break;
		case H248_REPLY:
			if (tr->imm_ack)
				send_ack(p, tr->id);
			outgoing_reply(t, tr, msg->version);
			break;
		case H248_PENDING:
			outgoing_pending(t, tr->id);
			break;
		case H248_ACK:
			h248_each(ack, &tr->acks)
				if (ack->first <= ack->last)
					replies_acknowledge(t->replies, mid, ack->first, ack->last);
			break;
		case H248_SEGMENT:
			/* The gateway sends no segments, so none can be acknowledged. */
			break;
		}
	}
}

/* The code of the only error in an answer. */
static unsigned int code_of(const struct h248_message *answer)
{
	const struct h248_transaction *tr = answer->transactions.first;
	const struct h248_action *act = tr ? tr->actions.first : NULL;
	const struct h248_command *cmd = act ? act->commands.first : NULL;
	const struct h248_error *err = answer->error;

	if (!err && tr)
		err = tr->error;
	if (!err && act)
		err = act->error;
	if (!err && cmd)
		err = cmd->error;
	return err ? err->code : 0;
}

static void answer_message(struct transactions *t, const struct transport_path *to,
			   const struct h248_message *answer)
{
	struct strbuf out;

	if (!answer || !error_allowed(t))
		return;
	strbuf_init(&out, DATAGRAM_MAX);
	if (!h248_codec_write(&t->codec, answer, &out)) {
		transport_send(t->transport, to, out.p, out.len);
		refused(t, code_of(answer));
	}
	strbuf_free(&out);
}

static void answer_syntax_error(struct transactions *t, const struct transport_path *from,
				struct arena *a, const struct h248_text_error *err)
{
	char name[64], place[48];

	t->counters.syntax_errors++;
	log_info(&t->config->log, "bad message from %s, %s: %u %s",
		 transport_name(&from->addr, name, sizeof(name)),
		 h248_codec_place(err, place, sizeof(place)), err->code, err->text);
	answer_message(t, from, h248_text_error_reply(a, &t->mid, t->version, err));
}

static unsigned int count(const struct h248_message *msg)
{
	const struct h248_transaction *tr;
	unsigned int n = 0;

	h248_each(tr, &msg->transactions)
		n++;
	return n;
}

static void take_message(struct transactions *t, const struct transport_path *from,
			 struct arena *a, struct h248_message *msg)
{
	struct packer p = { .t = t, .to = from, .version = t->version };
	struct h248_message *answer;
	struct mid_key mid;
	char name[64];

	/* An error is never answered, or two parties could go on for ever. */
	if (msg->error) {
		log_warning(&t->config->log, "MGC %s reports error %u: %.*s",
			    transport_name(&from->addr, name, sizeof(name)), msg->error->code,
			    STR_ARG(msg->error->text));
		return;
	}
	if (!make_key(&msg->mid, &mid))
		return;
	if (count(msg) > TRANSACTIONS_MAX) {
		answer = h248_message_new(a, t->version, &t->mid);
		if (answer)
			answer->error = h248_error_new(a, 413, "more than %d transactions",
						       TRANSACTIONS_MAX);
		answer_message(t, from, answer && answer->error ? answer : NULL);
		return;
	}
	strbuf_init(&p.body, 0);
	take(&p, a, msg, &mid);
	packer_flush(&p);
	strbuf_free(&p.body);
}

void transactions_receive(struct transactions *t, const struct transport_path *from,
			  const char *data, size_t len)
{
	struct h248_message *msg = NULL;
	struct h248_text_error err;
	struct arena a;
	int ret;

	arena_init(&a, ARENA_MAX);
	ret = h248_codec_parse(&t->codec, &a, data, len, &msg, &err);
	if (msg && (!ret || err.has_header))
		t->ops->heard(t->priv, from);
	/* Transactions before a faulty one are whole, and independent of it. */
	if (msg && (!ret || err.level != H248_LEVEL_MESSAGE))
		take_message(t, from, &a, msg);
	if (ret)
		answer_syntax_error(t, from, &a, &err);
	arena_free(&a);
}
