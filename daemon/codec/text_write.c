// SPDX-License-Identifier: GPL-2.0-only
/* text_write: message, transactions, actions, commands. See text.h and text_write.h. */
#include <errno.h>

#include "codec/text_write.h"

static enum h248_token command_token(enum h248_command_kind kind)
{
	switch (kind) {
	case H248_ADD:
		return TOK_ADD;
	case H248_MOVE:
		return TOK_MOVE;
	case H248_MODIFY:
		return TOK_MODIFY;
	case H248_SUBTRACT:
		return TOK_SUBTRACT;
	case H248_AUDIT_VALUE:
		return TOK_AUDIT_VALUE;
	case H248_AUDIT_CAPABILITY:
		return TOK_AUDIT_CAP;
	case H248_NOTIFY:
		return TOK_NOTIFY;
	case H248_SERVICE_CHANGE:
		return TOK_SERVICE_CHANGE;
	}
	return TOK_NONE;
}

static void w_terms(struct writer *w, const struct h248_command *cmd)
{
	const struct h248_tid *tid = cmd->terms.first;
	bool list = tid && tid->next;

	if (!tid)
		w_invalid(w);
	if (list)
		strbuf_char(w->b, '[');
	h248_each(tid, &cmd->terms) {
		if (tid != cmd->terms.first)
			w_comma(w);
		w_tid(w, tid);
	}
	if (list)
		strbuf_char(w->b, ']');
}

static void w_error_item(struct writer *w, const struct h248_error *e)
{
	w_item(w);
	w_error(w, e);
}

/* AuditValue = Context { T1, T2 } */
static void w_context_terms(struct writer *w, const struct h248_command *cmd)
{
	const struct h248_tid *tid;

	w_token(w, TOK_CONTEXT);
	w_open(w);
	h248_each(tid, &cmd->terms) {
		w_item(w);
		w_tid(w, tid);
	}
	if (cmd->error)
		w_error_item(w, cmd->error);
	if (w->first || (cmd->error && cmd->terms.first))
		w_invalid(w);
	w_close(w);
}

static bool has_body(const struct h248_command *cmd)
{
	return cmd->audit_items || cmd->media || cmd->modem || cmd->mux || cmd->events ||
	       cmd->event_buffer || cmd->signals || cmd->digit_map || cmd->audit ||
	       cmd->statistics || cmd->observed || cmd->packages || cmd->service_change ||
	       cmd->error;
}

static void w_body(struct writer *w, const struct h248_command *cmd)
{
	w_open(w);
	if (cmd->media)
		w_media(w, cmd->media);
	if (cmd->modem)
		w_modem(w, cmd->modem);
	if (cmd->mux)
		w_mux(w, cmd->mux);
	if (cmd->events)
		w_events(w, cmd->events);
	if (cmd->event_buffer)
		w_event_buffer(w, cmd->event_buffer);
	if (cmd->signals)
		w_signals(w, cmd->signals);
	if (cmd->digit_map)
		w_digit_map(w, cmd->digit_map);
	if (cmd->observed)
		w_observed(w, cmd->observed);
	if (cmd->statistics)
		w_statistics(w, cmd->statistics);
	if (cmd->packages)
		w_packages(w, cmd->packages);
	if (cmd->service_change)
		w_service_change(w, cmd->service_change);
	w_audit_tokens(w, cmd->audit_items);
	if (cmd->audit)
		w_audit(w, cmd->audit);
	if (cmd->error)
		w_error_item(w, cmd->error);
	w_close(w);
}

static void w_command(struct writer *w, const struct h248_command *cmd)
{
	w_item(w);
	if (cmd->optional)
		strbuf_puts(w->b, "O-");
	if (cmd->wildcard_reply)
		strbuf_puts(w->b, "W-");
	w_token(w, command_token(cmd->kind));
	w_equal(w);
	if (cmd->context_audit) {
		w_context_terms(w, cmd);
		return;
	}
	w_terms(w, cmd);
	if (has_body(cmd))
		w_body(w, cmd);
}

static void w_action(struct writer *w, const struct h248_action *act, bool reply)
{
	const struct h248_command *cmd;

	w_item(w);
	w_token(w, TOK_CONTEXT);
	w_equal(w);
	w_context_id(w, act->context);
	w_open(w);
	w_context_attr(w, &act->attr);
	if (act->audit)
		w_context_audit(w, act->audit);
	h248_each(cmd, &act->commands)
		w_command(w, cmd);
	if (act->error)
		w_error_item(w, act->error);
	/* Annex B of version 3 leaves out the braces of an empty reply, the others have none */
	if (w->first && !reply)
		w_invalid(w);
	w_close(w);
}

/* "Context = 1" alone */
static bool is_empty_action(const struct h248_action *act)
{
	const struct h248_context_attr *t = &act->attr;

	return h248_empty(&act->commands) && !act->error && !act->audit &&
	       h248_empty(&t->topology) && !t->has_priority && !t->emergency && !t->ieps &&
	       h248_empty(&t->properties) && h248_empty(&t->contexts);
}

static void w_actions(struct writer *w, const struct h248_transaction *tr)
{
	const struct h248_action *act;

	h248_each(act, &tr->actions) {
		if (tr->kind != H248_REPLY || !is_empty_action(act)) {
			w_action(w, act, tr->kind == H248_REPLY);
			continue;
		}
		w_item(w);
		w_token(w, TOK_CONTEXT);
		w_equal(w);
		w_context_id(w, act->context);
	}
}

static void w_segment(struct writer *w, const struct h248_transaction *tr)
{
	if (!tr->has_segment)
		return;
	strbuf_char(w->b, '/');
	w_u32(w, tr->segment);
	if (tr->segment_end) {
		strbuf_char(w->b, '/');
		w_token(w, TOK_SEGMENT_END);
	}
}

static void w_acks(struct writer *w, const struct h248_transaction *tr)
{
	const struct h248_ack *ack;

	w_token(w, TOK_TRANSACTION_ACK);
	w_open(w);
	h248_each(ack, &tr->acks) {
		w_item(w);
		w_u32(w, ack->first);
		if (ack->last != ack->first) {
			strbuf_char(w->b, '-');
			w_u32(w, ack->last);
		}
	}
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_transaction(struct writer *w, const struct h248_transaction *tr)
{
	static const enum h248_token tokens[] = {
		[H248_REQUEST] = TOK_TRANSACTION,
		[H248_REPLY] = TOK_REPLY,
		[H248_PENDING] = TOK_PENDING,
		[H248_SEGMENT] = TOK_SEGMENT,
	};

	if (tr->kind == H248_ACK) {
		w_acks(w, tr);
		return;
	}
	w_token(w, tokens[tr->kind]);
	w_equal(w);
	w_u32(w, tr->id);
	if (tr->kind == H248_REPLY || tr->kind == H248_SEGMENT)
		w_segment(w, tr);
	if (tr->kind == H248_SEGMENT)
		return;
	w_open(w);
	if (tr->kind == H248_REPLY && tr->imm_ack)
		w_token_item(w, TOK_IMM_ACK);
	if (tr->kind == H248_REPLY && tr->error) {
		w_error_item(w, tr->error);
	} else if (tr->kind != H248_PENDING) {
		if (h248_empty(&tr->actions))
			w_invalid(w);
		w_actions(w, tr);
	}
	w_close(w);
}

static void w_header(struct writer *w, const struct h248_message *msg)
{
	if (msg->auth) {
		w_token(w, TOK_AUTH);
		w_equal(w);
		strbuf_printf(w->b, "0x%.*s:0x%.*s:0x%.*s", STR_ARG(msg->auth->index),
			      STR_ARG(msg->auth->sequence), STR_ARG(msg->auth->data));
		strbuf_char(w->b, w->compact ? ' ' : '\n');
	}
	if (!msg->version || msg->version > 99)
		w_invalid(w);
	w_token(w, TOK_MEGACO);
	strbuf_char(w->b, '/');
	w_u32(w, msg->version);
	strbuf_char(w->b, ' ');
	w_mid(w, &msg->mid);
	strbuf_char(w->b, w->compact ? ' ' : '\n');
}

static int finish(const struct writer *w)
{
	return w->b->err ? w->b->err : w->err;
}

int h248_text_write_header(const struct h248_message *msg, enum h248_text_style style,
			   struct strbuf *buf)
{
	struct writer w = { .b = buf, .compact = style == H248_TEXT_COMPACT };

	w_header(&w, msg);
	return finish(&w);
}

int h248_text_write_transaction(const struct h248_transaction *tr, enum h248_text_style style,
				struct strbuf *buf)
{
	struct writer w = { .b = buf, .compact = style == H248_TEXT_COMPACT };

	w_transaction(&w, tr);
	return finish(&w);
}

int h248_text_write(const struct h248_message *msg, enum h248_text_style style,
		    struct strbuf *buf)
{
	struct writer w = { .b = buf, .compact = style == H248_TEXT_COMPACT };
	const struct h248_transaction *tr;

	w_header(&w, msg);
	if (msg->error) {
		w_error(&w, msg->error);
		return finish(&w);
	}
	if (h248_empty(&msg->transactions))
		w_invalid(&w);
	h248_each(tr, &msg->transactions) {
		/* "SM=1/2" ends in a word: keep the next transaction off it */
		if (tr != msg->transactions.first)
			strbuf_char(buf, w.compact ? ' ' : '\n');
		w_transaction(&w, tr);
	}
	return finish(&w);
}
