/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text: the text encoding of H.248.1 (Annex B, versions 1 to 3).
 *
 * Purpose: octets to tree and back. The reader takes long and short tokens in any
 * case and is liberal where peers are known to differ; the writer is strict.
 * Context: any thread, no state between calls. Lifetime: see h248.h.
 */
#ifndef KMGWD_CODEC_TEXT_H
#define KMGWD_CODEC_TEXT_H

#include "codec/h248.h"
#include "lib/strbuf.h"

/* how deep the error lies: what could be read before it */
enum h248_error_level {
	H248_LEVEL_MESSAGE,	/* 400, 406: answer with an error message */
	H248_LEVEL_TRANSACTION,	/* 403: transaction id known */
	H248_LEVEL_ACTION,	/* 422, 443: context id known too */
	H248_LEVEL_COMMAND,	/* 442, 444, 448, ...: command and termination known too */
};

struct h248_text_error {
	unsigned int code;	/* H.248.8 */
	unsigned int line;	/* from 1 */
	unsigned int column;	/* from 1, in octets */
	size_t offset;
	enum h248_error_level level;
	bool has_header;	/* version and mId of the message were read */
	/*
	 * The faulty thing is itself an error, a reply or the like: answering it would
	 * make two strict stacks answer each other for ever.
	 */
	bool never_answer;
	/* level TRANSACTION and deeper */
	enum h248_transaction_kind transaction_kind;
	uint32_t transaction;
	uint32_t context;	/* level ACTION and deeper */
	enum h248_command_kind command;	/* level COMMAND */
	struct h248_tid *terms;
	/*
	 * Nothing of a transaction with a syntax error is executed. So an answer may
	 * name a command only if no other comes before it (that one would seem done):
	 * these say how many were read before the faulty one.
	 */
	unsigned int actions_before;
	unsigned int commands_before;
	unsigned int place;	/* octets of text that name the place */
	char text[128];		/* for Error = n { "text" }: no quotes in it */
};

#define H248_TEXT_VERSION_MAX 3

/**
 * h248_text_parse() - read one message
 * @a: holds the tree; also bounds the memory
 * @buf: octets of exactly one message; not needed after the call
 * @msg: the tree. After an error: what was complete before it (version, mId if
 *	err->has_header, and every transaction before the faulty one), or NULL at
 *	the arena's limit
 * @err: filled on error
 *
 * Return: 0; -EBADMSG not a message; -ENOMEM arena limit (err->code is 510).
 */
int h248_text_parse(struct arena *a, const void *buf, size_t len, struct h248_message **msg,
		    struct h248_text_error *err);

/**
 * h248_text_error_reply() - the answer to a message that could not be read
 * @a: holds the answer
 * @mid: of this gateway
 * @version: for the header
 * @err: from h248_text_parse()
 *
 * Answers at the deepest level that does not claim work which was not done.
 * Return: a message, or NULL: nothing may be sent (err->never_answer), or memory ran out.
 */
struct h248_message *h248_text_error_reply(struct arena *a, const struct h248_mid *mid,
					   uint8_t version, const struct h248_text_error *err);

enum h248_text_style {
	H248_TEXT_PRETTY,	/* long tokens, one item a line, indented */
	H248_TEXT_COMPACT,	/* short tokens, no white space */
};

/**
 * h248_text_write() - append the message to buf
 * Return: 0; -ENOMEM, -EMSGSIZE (limit of buf); -EINVAL the tree holds something
 * that has no text form (a name with a blank, a quote in a string, an empty list).
 */
int h248_text_write(const struct h248_message *msg, enum h248_text_style style,
		    struct strbuf *buf);

/*
 * One transaction as h248_text_write() would write it, e.g. to keep a reply. No line
 * end follows it: put a blank or a line end between two.
 */
int h248_text_write_transaction(const struct h248_transaction *tr, enum h248_text_style style,
				struct strbuf *buf);
/* the line before the transactions */
int h248_text_write_header(const struct h248_message *msg, enum h248_text_style style,
			   struct strbuf *buf);

#endif /* KMGWD_CODEC_TEXT_H */
