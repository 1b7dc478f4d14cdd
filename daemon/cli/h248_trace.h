/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages out of a text that people paste: one message as it is, or many of them with blank lines,
 * lines of a log between them and the log's prefix in front of them.
 *
 * A message begins at "MEGACO/n" or "!/n" (or the Authentication header before it), at the head of a
 * line or behind a log's prefix. It ends where the reader has complete transactions and a line follows
 * that can be none: not a brace, and no word with "=" or "{" after it, which would be a transaction
 * misspelled. If the line after the first one has a prefix of the same shape (digits may differ),
 * every line's prefix is taken off. What is skipped is counted, and the place of an error is always
 * one in the text as it was pasted.
 */
#ifndef KMGW_CLI_H248_TRACE_H
#define KMGW_CLI_H248_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/text.h"
#include "lib/strbuf.h"

struct trace_place {
	unsigned int line, column;	/* from 1 */
};

struct trace {
	const char *text;
	size_t len;
	size_t at;		/* all before it was looked at */
	unsigned int skipped;	/* lines with something in them that are of no message */

	/* the present message, without prefixes */
	struct strbuf clean;
	size_t *cuts;		/* pairs: offset in clean, offset in text, ascending */
	size_t n_cuts, max_cuts;

	/* the line of the last place that was asked for, from 0, and its head */
	unsigned int line;
	size_t line_head;
};

void trace_init(struct trace *t, const char *text, size_t len);
void trace_free(struct trace *t);

/**
 * trace_next() - the next message
 * @a: for the tree; emptied first
 * @msg: the tree, as far as it could be read
 * @err: code 0 if all is well; else what is wrong
 *
 * Return: 1 there is a message, good or bad; 0 the text is over; -ENOMEM. A text without any
 * beginning of a message is one bad message.
 */
int trace_next(struct trace *t, struct arena *a, struct h248_message **msg,
	       struct h248_text_error *err);

/* where an offset of the present message is in the text */
struct trace_place trace_place(struct trace *t, size_t offset);
/* octets of the present message */
size_t trace_length(const struct trace *t);

#endif
