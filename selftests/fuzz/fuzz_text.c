// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any octets as an H.248 text message. What is read must be written, in both styles, and read again
 * as the same; what is not read must have a place in the text and, if any, an answer that is read.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(const struct h248_message *msg, enum h248_text_style style, struct strbuf *out)
{
	strbuf_init(out, 0);
	if (h248_text_write(msg, style, out))
		abort();
}

static void same(const struct h248_message *msg, enum h248_text_style style)
{
	struct h248_text_error err;
	struct h248_message *again;
	struct strbuf a, b;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	write_all(msg, style, &a);
	if (h248_text_parse(&arena, a.p, a.len, &again, &err))
		abort();
	write_all(again, style, &b);
	if (a.len != b.len || memcmp(a.p, b.p, a.len))
		abort();
	strbuf_free(&a);
	strbuf_free(&b);
	arena_free(&arena);
}

static void answer(struct arena *arena, const struct h248_text_error *err, size_t size)
{
	struct h248_text_error other;
	struct h248_message *msg;
	struct h248_mid mid;
	struct strbuf out;

	if (err->code < 400 || err->code > 599 || err->offset > size || !err->line ||
	    !err->column || strpbrk(err->text, "\"\r\n"))
		abort();
	if (h248_mid_parse(arena, STR("[10.0.0.1]:2944"), &mid))
		return;
	msg = h248_text_error_reply(arena, &mid, 2, err);
	if (!msg)
		return;
	write_all(msg, H248_TEXT_COMPACT, &out);
	if (h248_text_parse(arena, out.p, out.len, &msg, &other) == -EBADMSG)
		abort();
	strbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct arena arena;
	int r;

	/* the first octet sets how little memory there is */
	if (!size)
		return 0;
	arena_init(&arena, data[0] < 32 ? data[0] * 256u : 4u << 20);
	r = h248_text_parse(&arena, data + 1, size - 1, &msg, &err);
	if (!r) {
		same(msg, H248_TEXT_PRETTY);
		same(msg, H248_TEXT_COMPACT);
	} else if (r == -EBADMSG) {
		answer(&arena, &err, size - 1);
	}
	arena_free(&arena);
	return 0;
}
