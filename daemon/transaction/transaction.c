// SPDX-License-Identifier: GPL-2.0-only
/*
 * transaction: takes messages apart.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "transaction/transaction_private.h"

#define TRANSACTIONS_MAX	256		/* in one message; more: 413 */
#define TEXT_MAX		(1U << 20)	/* of a transaction, before it is cut up */
#define WIDE_ACKS_MAX		8		/* in one message */

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
	t->codec.encoding = config->encoding == CONFIG_ENCODING_BINARY ? H248_ENCODING_BINARY :
			    config->encoding == CONFIG_ENCODING_COMPACT ? H248_ENCODING_COMPACT :
									  H248_ENCODING_PRETTY;
	t->error_tokens = ERRORS_BURST * 1000;
	t->error_time = uv_now(loop);
	arena_init(&t->mid_arena, 4096);
	strbuf_init(&t->text, TEXT_MAX);
	strbuf_init(&t->packer.body, 0);
	strbuf_init(&t->packer.wire, 0);
	outgoing_init(t);
	err = h248_mid_parse(&t->mid_arena, str_c(config->mid), &t->mid);
	if (!err)
		err = replies_new(loop, config->max_replies, config->long_timer, &t->replies);
	if (!err)
		err = incoming_new(t);
	if (err) {
		transactions_free(t);
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
	incoming_free(t);
	replies_free(t->replies);
	if (t->spare) {
		arena_free(&t->spare->arena);
		free(t->spare);
	}
	strbuf_free(&t->text);
	strbuf_free(&t->packer.body);
	strbuf_free(&t->packer.wire);
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

const struct h248_codec *transactions_codec(const struct transactions *t)
{
	return &t->codec;
}

const struct transaction_counters *transactions_counters(const struct transactions *t)
{
	return &t->counters;
}

static void take_reply(struct transactions *t, struct message *m,
		       const struct h248_transaction *reply)
{
	struct h248_ack ack = { .first = reply->id, .last = reply->id };
	struct h248_transaction tr = { .kind = H248_ACK };

	if (reply->has_segment) {
		tr.kind = H248_SEGMENT;
		tr.id = reply->id;
		tr.has_segment = true;
		tr.segment = reply->segment;
		tr.segment_end = reply->segment_end;
		message_add(t, &m->from, &tr);
	} else if (reply->imm_ack) {
		h248_append(&tr.acks, &ack);
		message_add(t, &m->from, &tr);
	}
	outgoing_reply(t, m, reply);
}

/*
 * A range that names more ids than there are replies costs a look at each reply; what is not
 * forgotten now is forgotten in LONG-TIMER.
 */
static void take_acks(struct transactions *t, const struct message *m,
		      const struct h248_transaction *tr, unsigned int *wide)
{
	const struct h248_ack *ack;

	h248_each(ack, &tr->acks) {
		if (ack->first > ack->last)
			continue;
		if (ack->last - ack->first >= replies_kept(t->replies) && ++*wide > WIDE_ACKS_MAX)
			continue;
		replies_acknowledge(t->replies, m->peer, ack->first, ack->last);
	}
}

static void take(struct transactions *t, struct message *m)
{
	struct h248_transaction *tr;
	unsigned int wide_acks = 0;
	unsigned int refusal = 0;
	bool asked = false;

	h248_each(tr, &m->msg->transactions) {
		switch (tr->kind) {
		case H248_REQUEST:
			if (!asked)
				refusal = t->ops->admit(t->priv, &m->from, m->msg);
			asked = true;
			incoming_take(t, m, tr, refusal);
			break;
		case H248_REPLY:
			take_reply(t, m, tr);
			break;
		case H248_PENDING:
			outgoing_pending(t, m, tr->id);
			break;
		case H248_ACK:
			take_acks(t, m, tr, &wide_acks);
			break;
		case H248_SEGMENT:
			replies_acknowledge_segment(t->replies, m->peer, tr->id, tr->segment);
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

	if (!answer || !message_error_allowed(t))
		return;
	strbuf_init(&out, message_room(t, to));
	if (!h248_codec_write(&t->codec, answer, &out)) {
		transport_send(t->transport, to, out.p, out.len);
		message_refused(t, code_of(answer));
	}
	strbuf_free(&out);
}

static void answer_syntax_error(struct transactions *t, const struct transport_path *from,
				struct arena *a, const struct h248_text_error *err)
{
	char name[64], place[48];

	t->counters.syntax_errors++;
	if (log_allowed(&t->bad_messages, &t->config->log, LOG_LEVEL_INFO, uv_now(t->loop)))
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

static void take_message(struct transactions *t, struct message *m)
{
	struct h248_message *answer;
	char name[64];

	/* An error is never answered, or two parties could go on for ever. */
	if (m->msg->error) {
		if (log_allowed(&t->error_messages, &t->config->log, LOG_LEVEL_WARNING,
				uv_now(t->loop)))
			log_warning(&t->config->log, "MGC %s reports error %u: %.*s",
				    transport_name(&m->from.addr, name, sizeof(name)),
				    m->msg->error->code, STR_ARG(m->msg->error->text));
		if (t->ops->message_error)
			t->ops->message_error(t->priv, &m->from, m->msg->error->code);
		return;
	}
	m->peer = replies_peer(t->replies, &m->msg->mid);
	if (!m->peer)
		return;
	if (count(m->msg) > TRANSACTIONS_MAX) {
		answer = h248_message_new(&m->arena, t->version, &t->mid);
		if (answer)
			answer->error = h248_error_new(&m->arena, 413, "more than %d transactions",
						       TRANSACTIONS_MAX);
		answer_message(t, &m->from, answer && answer->error ? answer : NULL);
		return;
	}
	take(t, m);
	packer_flush(t);
}

void transactions_receive(struct transactions *t, const struct transport_path *from,
			  const char *data, size_t len)
{
	struct message *m = message_new(t, from);
	struct h248_text_error err;
	int ret;

	if (!m)
		return;
	ret = h248_codec_parse(&t->codec, &m->arena, data, len, &m->msg, &err);
	if (m->msg && (!ret || err.has_header))
		t->ops->heard(t->priv, from);
	/* Transactions before a faulty one are whole, and independent of it. */
	if (m->msg && (!ret || err.level != H248_LEVEL_MESSAGE))
		take_message(t, m);
	if (ret)
		answer_syntax_error(t, from, &m->arena, &err);
	message_put(m);
}
