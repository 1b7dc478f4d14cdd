// SPDX-License-Identifier: GPL-2.0-only
/* text_error: the answer to a message that could not be read. See text.h. */
#include "codec/text_scan.h"

/*
 * A command or an action may only be named if nothing stands before it in the
 * transaction: what is left out of a reply counts as not reached, what comes before
 * the error counts as done, and nothing was done.
 */
static enum h248_error_level answer_level(const struct h248_text_error *err)
{
	enum h248_error_level level = err->level;

	if (level == H248_LEVEL_COMMAND && err->commands_before)
		level = H248_LEVEL_ACTION;
	if (level >= H248_LEVEL_ACTION && err->actions_before)
		level = H248_LEVEL_TRANSACTION;
	return level;
}

static bool add_reply(struct arena *a, struct h248_message *msg,
		      const struct h248_text_error *err, enum h248_error_level level,
		      struct h248_error *e)
{
	struct h248_transaction *tr;
	struct h248_command *cmd;
	struct h248_action *act;

	tr = h248_transaction_add(a, msg, H248_REPLY, err->transaction);
	if (!tr)
		return false;
	if (level == H248_LEVEL_TRANSACTION) {
		tr->error = e;
		return true;
	}
	act = h248_action_add(a, tr, err->context);
	if (!act)
		return false;
	if (level == H248_LEVEL_ACTION) {
		act->error = e;
		return true;
	}
	cmd = h248_command_add(a, act, err->command, err->terms->text);
	if (!cmd)
		return false;
	cmd->error = e;
	return true;
}

struct h248_message *h248_text_error_reply(struct arena *a, const struct h248_mid *mid,
					   uint8_t version, const struct h248_text_error *err)
{
	enum h248_error_level level = answer_level(err);
	unsigned int code = err->code;
	struct h248_message *msg;
	struct h248_error *e;

	if (err->never_answer)
		return NULL;
	if (code == scan_syntax_code(err->level))
		code = scan_syntax_code(level);
	msg = h248_message_new(a, version, mid);
	e = h248_error_new(a, code, "%s", err->text);
	if (!msg || !e)
		return NULL;
	if (level == H248_LEVEL_MESSAGE)
		msg->error = e;
	else if (!add_reply(a, msg, err, level, e))
		return NULL;
	return msg;
}
