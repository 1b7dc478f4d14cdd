// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any octets as a trace that somebody pasted: it comes to its end, every message is in it, and every
 * place is one of the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/h248_trace.h"
#include "codec/h248_version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(struct trace *t, size_t offset, unsigned int lines)
{
	struct trace_place at = trace_place(t, offset);

	if (!at.line || !at.column || at.line > lines || at.column > t->len + 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h248_text_error err;
	struct h248_message *msg;
	unsigned int lines = 1;
	struct arena arena;
	struct trace t;
	size_t i, at;
	char *copy;

	copy = malloc(size ? size : 1);
	if (size)
		memcpy(copy, data, size);
	for (i = 0; i < size; i++)
		lines += copy[i] == '\n' || copy[i] == '\r';
	arena_init(&arena, 1u << 20);
	trace_init(&t, copy, size);
	for (at = 0; trace_next(&t, &arena, &msg, &err) > 0; at = t.at) {
		/* it goes on */
		if (t.at <= at || t.at > size || !trace_length(&t))
			abort();
		check_place(&t, 0, lines);
		check_place(&t, trace_length(&t), lines);
		if (err.code && (err.code < 400 || err.code > 599 || err.place > strlen(err.text)))
			abort();
		if (err.code)
			check_place(&t, err.offset, lines);
		else if (!msg || h248_version_needed(msg, NULL) > 3)
			abort();
	}
	trace_free(&t);
	arena_free(&arena);
	free(copy);
	return 0;
}
