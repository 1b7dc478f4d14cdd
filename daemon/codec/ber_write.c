// SPDX-License-Identifier: GPL-2.0-only
/* ber_write: message, transactions, actions. See ber.h and ber_out.h. */
#include <errno.h>

#include "codec/ber_name.h"
#include "codec/ber_out.h"

static void write_request_action(struct ber_out *o, const struct h248_action *act)
{
	size_t at = ber_open(o, BER_O_SEQUENCE), list;
	const struct h248_command *cmd;

	ber_out_uint(o, BER_P(0), act->context);
	ber_write_context_attr(o, BER_C(1), &act->attr);
	if (act->audit)
		ber_write_context_audit(o, BER_C(2), act->audit);
	list = ber_open(o, BER_C(3));
	h248_each(cmd, &act->commands)
		ber_write_command(o, cmd, false);
	ber_close(o, list);
	ber_close(o, at);
}

static void write_reply_action(struct ber_out *o, const struct h248_action *act)
{
	size_t at = ber_open(o, BER_O_SEQUENCE), list;
	const struct h248_command *cmd;

	ber_out_uint(o, BER_P(0), act->context);
	if (act->error)
		ber_write_error(o, BER_C(1), act->error);
	ber_write_context_attr(o, BER_C(2), &act->attr);
	list = ber_open(o, BER_C(3));
	h248_each(cmd, &act->commands)
		ber_write_command(o, cmd, true);
	ber_close(o, list);
	ber_close(o, at);
}

static void write_request(struct ber_out *o, const struct h248_transaction *tr)
{
	size_t at = ber_open(o, BER_C(0)), list;
	const struct h248_action *act;

	ber_out_uint(o, BER_P(0), tr->id);
	list = ber_open(o, BER_C(1));
	h248_each(act, &tr->actions)
		write_request_action(o, act);
	ber_close(o, list);
	ber_close(o, at);
}

static void write_segment(struct ber_out *o, const struct h248_transaction *tr, unsigned int tag)
{
	if (tr->has_segment)
		ber_out_uint(o, BER_P(tag), tr->segment);
	if (tr->segment_end)
		ber_out_null(o, BER_P(tag + 1));
}

static void write_reply(struct ber_out *o, const struct h248_transaction *tr)
{
	size_t at = ber_open(o, BER_C(2)), result, list;
	const struct h248_action *act;

	ber_out_uint(o, BER_P(0), tr->id);
	if (tr->imm_ack)
		ber_out_null(o, BER_P(1));
	result = ber_open(o, BER_C(2));
	if (tr->error) {
		ber_write_error(o, BER_C(0), tr->error);
	} else {
		list = ber_open(o, BER_C(1));
		h248_each(act, &tr->actions)
			write_reply_action(o, act);
		ber_close(o, list);
	}
	ber_close(o, result);
	write_segment(o, tr, 3);
	ber_close(o, at);
}

static void write_acks(struct ber_out *o, const struct h248_transaction *tr)
{
	size_t at = ber_open(o, BER_C(3)), one;
	const struct h248_ack *ack;

	h248_each(ack, &tr->acks) {
		one = ber_open(o, BER_O_SEQUENCE);
		ber_out_uint(o, BER_P(0), ack->first);
		if (ack->last != ack->first)
			ber_out_uint(o, BER_P(1), ack->last);
		ber_close(o, one);
	}
	ber_close(o, at);
}

static void write_transaction(struct ber_out *o, const struct h248_transaction *tr)
{
	size_t at;

	switch (tr->kind) {
	case H248_REQUEST:
		write_request(o, tr);
		break;
	case H248_REPLY:
		write_reply(o, tr);
		break;
	case H248_PENDING:
		at = ber_open(o, BER_C(1));
		ber_out_uint(o, BER_P(0), tr->id);
		ber_close(o, at);
		break;
	case H248_ACK:
		write_acks(o, tr);
		break;
	case H248_SEGMENT:
		at = ber_open(o, BER_C(4));
		ber_out_uint(o, BER_P(0), tr->id);
		write_segment(o, tr, 1);
		ber_close(o, at);
		break;
	}
}

static int result(const struct ber_out *o)
{
	return o->b->err ? o->b->err : o->invalid ? -EINVAL : 0;
}

int h248_ber_write_transaction(const struct h248_transaction *tr, const struct h248_ids *ids,
			       struct strbuf *buf)
{
	struct ber_out o = { .b = buf, .ids = ids ? ids : &ber_no_ids };

	write_transaction(&o, tr);
	return result(&o);
}

/* what comes before the body */
static void write_header(struct ber_out *o, uint8_t version, const struct h248_mid *mid)
{
	ber_out_uint(o, BER_P(0), version);
	ber_write_mid(o, BER_C(1), mid);
}

int h248_ber_envelope(uint8_t version, const struct h248_mid *mid, struct str transactions,
		      struct strbuf *buf)
{
	struct ber_out o = { .b = buf, .ids = &ber_no_ids };
	size_t outer = ber_open(&o, BER_O_SEQUENCE), mess = ber_open(&o, BER_C(1)), body;

	write_header(&o, version, mid);
	body = ber_open(&o, BER_C(2));
	ber_out_str(&o, BER_C(1), transactions);
	ber_close(&o, body);
	ber_close(&o, mess);
	ber_close(&o, outer);
	return result(&o);
}

static void write_auth(struct ber_out *o, const struct h248_auth *auth)
{
	size_t at = ber_open(o, BER_C(0));

	ber_write_hex(o, BER_P(0), auth->index);
	ber_write_hex(o, BER_P(1), auth->sequence);
	ber_write_hex(o, BER_P(2), auth->data);
	ber_close(o, at);
}

int h248_ber_write(const struct h248_message *msg, const struct h248_ids *ids,
		   struct strbuf *buf)
{
	struct ber_out o = { .b = buf, .ids = ids ? ids : &ber_no_ids };
	size_t outer = ber_open(&o, BER_O_SEQUENCE), mess, body, list;
	const struct h248_transaction *tr;

	if (msg->auth)
		write_auth(&o, msg->auth);
	mess = ber_open(&o, BER_C(1));
	write_header(&o, msg->version, &msg->mid);
	body = ber_open(&o, BER_C(2));
	if (msg->error) {
		ber_write_error(&o, BER_C(0), msg->error);
	} else {
		list = ber_open(&o, BER_C(1));
		h248_each(tr, &msg->transactions)
			write_transaction(&o, tr);
		ber_close(&o, list);
	}
	ber_close(&o, body);
	ber_close(&o, mess);
	ber_close(&o, outer);
	return result(&o);
}
