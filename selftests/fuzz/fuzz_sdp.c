// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any octets as SDP. What is read is written as lines that are read as the same; what is set is
 * there afterwards and nothing else has changed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str again(struct arena *a, struct str text)
{
	struct sdp_error err;
	struct sdp *sdp;

	if (sdp_parse(a, text, &sdp, &err))
		abort();
	return sdp_text(a, sdp);
}

static void set_all(struct arena *a, struct sdp *sdp)
{
	struct sdp_session *s;
	struct sdp_line *line;
	struct str v;

	for (s = sdp->sessions; s; s = s->next) {
		if (!sdp_set_connection(a, s, "IN", "IP4", "10.0.0.1") &&
		    !str_is(sdp_connection(s)->addr, "10.0.0.1"))
			abort();
		if (!sdp_set_port(a, s, 4711) && !str_is(s->media.port, "4711"))
			abort();
		if (sdp_set_not_applicable(a, s) > 0 && sdp_set_not_applicable(a, s))
			abort();
		for (line = s->lines; line; line = line->next)
			sdp_has_choose(line->value);
		line = sdp_attr(s, NULL, "setup", &v);
		if (line && (sdp_set_line(a, line, STR("setup:active")) ||
			     sdp_attr(s, NULL, "setup", &v) != line || !str_is(v, "active")))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp_error err;
	struct str text, out;
	struct arena arena;
	struct sdp *sdp;

	arena_init(&arena, 4u << 20);
	/* a copy of exactly the size; present even when empty */
	text.p = malloc(size ? size : 1);
	text.len = size;
	if (size)
		memcpy((char *)text.p, data, size);
	if (!sdp_parse(&arena, text, &sdp, &err)) {
		out = sdp_text(&arena, sdp);
		if (!str_eq(out, again(&arena, out)))
			abort();
		set_all(&arena, sdp);
		out = sdp_text(&arena, sdp);
		if (!str_eq(out, again(&arena, out)))
			abort();
	} else if (!err.line || !err.column || strpbrk(err.text, "\"\r\n")) {
		abort();
	}
	arena_free(&arena);
	free((char *)text.p);
	return 0;
}
