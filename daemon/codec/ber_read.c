// SPDX-License-Identifier: GPL-2.0-only
/* ber_read: message, transactions, actions. See ber.h and ber_in.h. */
#include <errno.h>

#include "codec/ber_in.h"
#include "codec/ber_name.h"

/* ---- actions --------------------------------------------------------------------------- */

static bool read_context_id(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_action *act = to;

	if (!ber_uint(b, t, UINT32_MAX, "contextId", &act->context))
		return false;
	b->err->level = H248_LEVEL_ACTION;
	b->err->context = act->context;
	b->err->commands_before = 0;
	return true;
}

static bool read_commands(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_command *cmd;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!(b->reply ? ber_each_choice(b, t, &e, &more) :
				 ber_each(b, t, BER_SEQUENCE, &e, &more)))
			return false;
		if (!more)
			return true;
		cmd = ber_new(b, struct h248_command);
		if (!cmd || !ber_read_command(b, &e, to, cmd))
			return false;
	}
}

BER_TYPE(ActionRequest, BER_FIXED,
	 BER_IN("contextId", 0, false, read_context_id),
	 BER_AT("contextRequest", 1, true, ber_read_context_request, struct h248_action, attr),
	 BER_AT("contextAttrAuditReq", 2, true, ber_read_context_audit, struct h248_action, audit),
	 BER_IN("commandRequests", 3, false, read_commands));
BER_TYPE(ActionReply, BER_FIXED,
	 BER_IN("contextId", 0, false, read_context_id),
	 BER_AT("errorDescriptor", 1, true, ber_read_error, struct h248_action, error),
	 BER_AT("contextReply", 2, true, ber_read_context_request, struct h248_action, attr),
	 BER_IN("commandReply", 3, false, read_commands));

static bool asks_nothing(const struct h248_action *act)
{
	const struct h248_context_attr *attr = &act->attr;

	return !act->commands.first && !act->audit && !attr->has_topology &&
	       !attr->has_priority && !attr->emergency && !attr->ieps &&
	       !attr->properties.first && !attr->contexts.first;
}

static bool read_actions(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_transaction *tr = to;
	struct h248_action *act;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		act = ber_new(b, struct h248_action);
		if (!act || !ber_sequence(b, &e, b->reply ? &ActionReply : &ActionRequest, act))
			return false;
		if (!b->reply && asks_nothing(act))
			return ber_fail(b, e.at, 0, "an action that asks for nothing");
		h248_append(&tr->actions, act);
		b->err->level = H248_LEVEL_TRANSACTION;
		b->err->actions_before++;
	}
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void enter(struct ber *b, const struct h248_transaction *tr)
{
	b->err->level = H248_LEVEL_TRANSACTION;
	b->err->transaction_kind = tr->kind;
	b->err->transaction = tr->id;
	b->err->actions_before = 0;
	b->err->commands_before = 0;
	b->reply = tr->kind == H248_REPLY;
}

static bool read_id(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_transaction *tr = to;

	if (!ber_uint(b, t, UINT32_MAX, "transactionId", &tr->id))
		return false;
	enter(b, tr);
	return true;
}

static bool read_request_actions(struct ber *b, struct ber_tlv *t, void *to)
{
	if (!read_actions(b, t, to))
		return false;
	return ((struct h248_transaction *)to)->actions.first ||
	       ber_fail(b, t->at, 0, "a transaction of no actions");
}

BER_TYPE(TransactionResult, BER_FIXED,
	 BER_AT("transactionError", 0, false, ber_read_error, struct h248_transaction, error),
	 BER_IN("actionReplies", 1, false, read_actions));

static bool read_result(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_explicit_choice(b, t, &TransactionResult, 0, to);
}

static bool read_segment(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_transaction *tr = to;

	tr->has_segment = true;
	return ber_u16(b, t, "segmentNumber", &tr->segment);
}

BER_TYPE(TransactionRequest, BER_EXTENSIBLE,
	 BER_IN("transactionId", 0, false, read_id),
	 BER_IN("actions", 1, false, read_request_actions));
BER_TYPE(TransactionPending, BER_EXTENSIBLE,
	 BER_IN("transactionId", 0, false, read_id));
BER_TYPE(TransactionReply, BER_EXTENSIBLE,
	 BER_IN("transactionId", 0, false, read_id),
	 BER_AT("immAckRequired", 1, true, ber_flag, struct h248_transaction, imm_ack),
	 BER_IN("transactionResult", 2, false, read_result),
	 BER_IN("segmentNumber", 3, true, read_segment),
	 BER_AT("segmentationComplete", 4, true, ber_flag, struct h248_transaction, segment_end));
BER_TYPE(SegmentReply, BER_EXTENSIBLE,
	 BER_IN("transactionId", 0, false, read_id),
	 BER_IN("segmentNumber", 1, false, read_segment),
	 BER_AT("segmentationComplete", 2, true, ber_flag, struct h248_transaction, segment_end));

static bool read_first_ack(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_ack *ack = to;

	if (!ber_uint(b, t, UINT32_MAX, "firstAck", &ack->first))
		return false;
	ack->last = ack->first;
	return true;
}

BER_TYPE(TransactionAck, BER_FIXED,
	 BER_IN("firstAck", 0, false, read_first_ack),
	 BER_AT("lastAck", 1, true, ber_number32, struct h248_ack, last));

static bool read_request(struct ber *b, struct ber_tlv *t, void *to)
{
	/* an id that cannot be read is answered as 0 */
	((struct h248_transaction *)to)->kind = H248_REQUEST;
	enter(b, to);
	return ber_sequence(b, t, &TransactionRequest, to);
}

static bool read_pending(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_transaction *)to)->kind = H248_PENDING;
	return ber_sequence(b, t, &TransactionPending, to);
}

static bool read_reply(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_transaction *)to)->kind = H248_REPLY;
	return ber_sequence(b, t, &TransactionReply, to);
}

static bool read_acks(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_transaction *tr = to;
	struct h248_ack *ack;
	struct ber_tlv e;
	bool more;

	tr->kind = H248_ACK;
	enter(b, tr);
	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return tr->acks.first || ber_fail(b, t->at, 0, "nothing acknowledged");
		ack = ber_new(b, struct h248_ack);
		if (!ack || !ber_sequence(b, &e, &TransactionAck, ack))
			return false;
		h248_append(&tr->acks, ack);
	}
}

static bool read_segment_reply(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_transaction *)to)->kind = H248_SEGMENT;
	return ber_sequence(b, t, &SegmentReply, to);
}

BER_TYPE(Transaction, BER_EXTENSIBLE,
	 BER_IN("transactionRequest", 0, false, read_request),
	 BER_IN("transactionPending", 1, false, read_pending),
	 BER_IN("transactionReply", 2, false, read_reply),
	 BER_IN("transactionResponseAck", 3, false, read_acks),
	 BER_IN("segmentReply", 4, false, read_segment_reply));

/* ---- message ---------------------------------------------------------------------------------- */

struct message_reader {
	struct h248_message *msg;
	const uint8_t *version_at;
};

/* what only answers something is never answered itself: all but a request */
static bool is_answer(const struct ber_tlv *t)
{
	return t->class == BER_CONTEXT && t->tag >= 1 && t->tag <= 4;
}

static bool read_transactions(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_message *msg = to;
	struct h248_transaction *tr;
	struct ber_tlv e;
	bool more;

	for (;;) {
		b->err->level = H248_LEVEL_MESSAGE;
		b->err->never_answer = false;
		if (!ber_each_choice(b, t, &e, &more))
			return false;
		if (!more)
			return msg->transactions.first ||
			       ber_fail(b, t->at, 0, "a message of no transactions");
		b->err->never_answer = is_answer(&e);
		tr = ber_new(b, struct h248_transaction);
		if (!tr || !ber_choice(b, &e, &Transaction, 0, tr))
			return false;
		h248_append(&msg->transactions, tr);
	}
}

static bool read_message_error(struct ber *b, struct ber_tlv *t, void *to)
{
	b->err->never_answer = true;
	return ber_read_error(b, t, &((struct h248_message *)to)->error);
}

BER_TYPE(messageBody, BER_FIXED,
	 BER_IN("messageError", 0, false, read_message_error),
	 BER_IN("transactions", 1, false, read_transactions));

static bool read_version(struct ber *b, struct ber_tlv *t, void *to)
{
	struct message_reader *r = to;
	uint32_t v;

	if (!ber_uint(b, t, 99, "version", &v))
		return false;
	r->msg->version = (uint8_t)v;
	r->version_at = t->at;
	return true;
}

static bool read_mid(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_read_mid(b, t, &((struct message_reader *)to)->msg->mid);
}

static bool read_body(struct ber *b, struct ber_tlv *t, void *to)
{
	struct message_reader *r = to;
	struct ber_tlv body;

	b->err->has_header = true;
	if (!ber_inner(b, t, &body))
		return false;
	b->err->never_answer = body.class == BER_CONTEXT && body.tag == 0;
	if (!r->msg->version || r->msg->version > H248_TEXT_VERSION_MAX)
		return ber_fail(b, r->version_at, 406, "version %u is not supported",
				r->msg->version);
	return ber_choice(b, &body, &messageBody, 0, r->msg);
}

BER_TYPE(Message, BER_EXTENSIBLE,
	 BER_IN("version", 0, false, read_version),
	 BER_IN("mId", 1, false, read_mid),
	 BER_IN("messageBody", 2, false, read_body));

static bool hex_text(struct ber *b, struct ber_tlv *t, size_t min, size_t max, struct str *out)
{
	struct str s;

	return ber_octets(b, t, min, max, "a part of the authentication", &s) &&
	       ber_hex(b, s, out);
}

static bool read_index(struct ber *b, struct ber_tlv *t, void *to)
{
	return hex_text(b, t, 4, 4, &((struct h248_auth *)to)->index);
}

static bool read_sequence(struct ber *b, struct ber_tlv *t, void *to)
{
	return hex_text(b, t, 4, 4, &((struct h248_auth *)to)->sequence);
}

static bool read_data(struct ber *b, struct ber_tlv *t, void *to)
{
	return hex_text(b, t, 12, 32, &((struct h248_auth *)to)->data);
}

BER_TYPE(AuthenticationHeader, BER_FIXED,
	 BER_IN("secParmIndex", 0, false, read_index),
	 BER_IN("seqNum", 1, false, read_sequence),
	 BER_IN("ad", 2, false, read_data));

static bool read_auth(struct ber *b, struct ber_tlv *t, void *to)
{
	struct message_reader *r = to;

	r->msg->auth = ber_new(b, struct h248_auth);
	return r->msg->auth && ber_sequence(b, t, &AuthenticationHeader, r->msg->auth);
}

static bool read_mess(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &Message, to);
}

BER_TYPE(MegacoMessage, BER_FIXED,
	 BER_IN("authHeader", 0, true, read_auth),
	 BER_IN("mess", 1, false, read_mess));

static bool read_message(struct ber *b, size_t len, struct h248_message *msg)
{
	struct ber_tlv all = { .at = b->start, .p = b->start, .end = b->start + len };
	struct message_reader r = { .msg = msg };
	struct ber_tlv outer;

	if (!len)
		return ber_fail(b, b->start, 0, "an empty message");
	if (!ber_next(b, &all, &outer))
		return false;
	if (outer.class != BER_UNIVERSAL || outer.tag != BER_SEQUENCE)
		return ber_fail(b, outer.at, 0, "tag 0x%02x, not a SEQUENCE", *outer.at);
	if (ber_more(&all))
		return ber_fail(b, all.p, 0, "octets after the message");
	return ber_sequence(b, &outer, &MegacoMessage, &r);
}

int h248_ber_parse(struct arena *a, const struct h248_ids *ids, const void *buf, size_t len,
		   struct h248_message **msg, struct h248_text_error *err)
{
	struct ber b = { .a = a, .ids = ids ? ids : &ber_no_ids, .err = err };
	struct h248_message *m;
	char *copy;

	memset(err, 0, sizeof(*err));
	*msg = NULL;
	m = arena_new(a, struct h248_message);
	copy = arena_text(a, len ? len : 1);
	if (!m || !copy) {
		err->code = 510;
		strcpy(err->text, "message takes too much memory");
		return -ENOMEM;
	}
	if (len)
		memcpy(copy, buf, len);
	b.start = (const uint8_t *)copy;
	*msg = m;
	if (read_message(&b, len, m))
		return 0;
	return b.nomem ? -ENOMEM : -EBADMSG;
}

bool h248_ber_is(const void *buf, size_t len)
{
	return len && *(const uint8_t *)buf == (BER_SEQUENCE | BER_CONSTRUCTED);
}
