// SPDX-License-Identifier: GPL-2.0-only
/*
 * SDP of Local and Remote: nothing is lost or changed that was not set, "$" and "-" stand anywhere,
 * and what is no SDP is refused with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/sdp.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void assert_str(struct str s, const char *text)
{
	if (!str_is(s, text)) {
		print_error("'%.*s' instead of '%s'\n", STR_ARG(s), text);
		fail();
	}
}

static struct sdp *read_sdp(const char *text)
{
	struct sdp_error err;
	struct sdp *sdp;

	if (sdp_parse(&arena, str_c(text), &sdp, &err)) {
		print_error("line %u column %u: %s\n", err.line, err.column, err.text);
		fail();
	}
	return sdp;
}

static void assert_text(const struct sdp *sdp, const char *text)
{
	assert_str(sdp_text(&arena, sdp), text);
}

static void fields(void **state)
{
	struct sdp_session *s = read_sdp("v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\nc=IN IP4 10.1.1.1\r\n"
					 "m=message 40002/2 TCP/TLS/MSRP * -\r\n"
					 "a=setup:active\r\na=fingerprint:SHA-256 AA:BB\r\na=sendrecv")
					->sessions;
	struct sdp_line *line;
	struct str v;

	(void)state;
	assert_null(s->next);
	assert_str(s->media.media, "message");
	assert_str(s->media.port, "40002");
	assert_str(s->media.ports, "2");
	assert_str(s->media.proto, "TCP/TLS/MSRP");
	assert_str(s->media.formats->text, "*");
	assert_str(s->media.formats->next->text, "-");
	assert_null(s->media.formats->next->next);
	assert_str(sdp_connection(s)->addr, "10.1.1.1");
	assert_str(sdp_connection(s)->type, "IP4");
	assert_null(s->media_connection.line);
	line = sdp_attr(s, NULL, "fingerprint", &v);
	assert_non_null(line);
	assert_str(v, "SHA-256 AA:BB");
	assert_true(line->media_level);
	assert_non_null(sdp_attr(s, NULL, "sendrecv", &v));
	assert_int_equal(v.len, 0);
	assert_null(sdp_attr(s, line->next, "fingerprint", &v));
	assert_null(sdp_attr(s, NULL, "send", &v));
	assert_null(sdp_attr(s, NULL, "Setup", &v));
	assert_false(s->lines->media_level);
}

static void media_level_connection(void **state)
{
	struct sdp_session *s = read_sdp("v=0\nc=IN IP4 10.1.1.1\nm=audio $ RTP/AVP 0\nc=IN IP6 $\n")
					->sessions;

	(void)state;
	assert_str(s->session_connection.addr, "10.1.1.1");
	assert_str(sdp_connection(s)->type, "IP6");
	assert_true(sdp_is_choose(sdp_connection(s)->addr));
	assert_int_equal(sdp_set_connection(&arena, s, "IN", "IP6", "2001:db8::1"), 0);
	assert_str(s->media_connection.addr, "2001:db8::1");
	assert_str(s->session_connection.addr, "10.1.1.1");
}

/* the echo of a request with the gateway's choice in it */
static void echo(void **state)
{
	static const char text[] = "v=0\nc=IN IP4 $\nm=message $  TCP/TLS\t-\na=setup:passive\n"
				   "a=fingerprint:$ $\nx=Odd stuff;  kept }{\n";
	struct sdp *sdp = read_sdp(text);
	struct sdp_session *s = sdp->sessions;
	struct sdp_line *line;
	struct str v;

	(void)state;
	assert_text(sdp, "v=0\r\nc=IN IP4 $\r\nm=message $  TCP/TLS\t-\r\na=setup:passive\r\n"
			 "a=fingerprint:$ $\r\nx=Odd stuff;  kept }{");
	assert_int_equal(sdp_set_connection(&arena, s, "IN", "IP4", "203.0.113.20"), 0);
	assert_int_equal(sdp_set_port(&arena, s, 30004), 0);
	line = sdp_attr(s, NULL, "fingerprint", &v);
	assert_true(sdp_has_choose(v));
	assert_int_equal(sdp_set_line(&arena, line, STR("fingerprint:SHA-256 02:1A")), 0);
	assert_text(sdp, "v=0\r\nc=IN IP4 203.0.113.20\r\nm=message 30004 TCP/TLS\t-\r\n"
			 "a=setup:passive\r\na=fingerprint:SHA-256 02:1A\r\nx=Odd stuff;  kept }{");
	assert_str(s->media.port, "30004");
	assert_str(s->media.proto, "TCP/TLS");
	assert_str(s->media.formats->text, "-");
}

static void choose_everywhere(void **state)
{
	struct sdp_session *s = read_sdp("v=0\nc=$\nm=$ $/$ $ $ $\n")->sessions;
	static const struct {
		const char *text;
		bool choose;
	} rows[] = {
		{ "$", true }, { "IN IP4 $", true }, { "fingerprint:$", true }, { "$ x", true },
		{ "x/$", true }, { "a=$;b=1", true }, { "US$", false }, { "$5", false },
		{ "", false }, { "a$b", false }, { "$$", false },
	};
	size_t i;

	(void)state;
	assert_true(sdp_is_choose(s->session_connection.net));
	assert_true(sdp_is_choose(s->session_connection.addr));
	assert_true(sdp_is_choose(s->media.media));
	assert_true(sdp_is_choose(s->media.port));
	assert_true(sdp_is_choose(s->media.ports));
	assert_true(sdp_is_choose(s->media.proto));
	assert_true(sdp_is_choose(s->media.formats->next->text));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sdp_has_choose(str_c(rows[i].text)), rows[i].choose);
}

/* what the gateway has nothing to choose for */
static void not_applicable(void **state)
{
	struct sdp *sdp = read_sdp("v=0\nc=IN IP4 $\nm=$  $ TCP\t$ a$ $\na=x:$\n");
	struct sdp_session *s = sdp->sessions;

	(void)state;
	assert_int_equal(sdp_set_port(&arena, s, 4711), 0);
	assert_int_equal(sdp_set_not_applicable(&arena, s), 1);
	assert_text(sdp, "v=0\r\nc=IN IP4 $\r\nm=- 4711 TCP\t- a$ -\r\na=x:$");
	assert_str(s->media.media, "-");
	assert_str(s->media.formats->text, "-");
	assert_int_equal(sdp_set_not_applicable(&arena, s), 0);
	assert_text(sdp, "v=0\r\nc=IN IP4 $\r\nm=- 4711 TCP\t- a$ -\r\na=x:$");
	assert_int_equal(sdp_set_not_applicable(&arena, read_sdp("v=0\n")->sessions), -ENOENT);
}

static void alternatives(void **state)
{
	struct sdp *sdp = read_sdp("v=0\nc=IN IP4 $\nm=audio $ RTP/AVP 0\n\nv=0\nc=IN IP6 $\n"
				   "m=audio $ RTP/AVP 8\nv=0\nm=- - - -\n");
	struct sdp_session *s = sdp->sessions;

	(void)state;
	assert_str(s->media.formats->text, "0");
	assert_str(s->next->media.formats->text, "8");
	assert_str(s->next->session_connection.type, "IP6");
	assert_str(s->next->next->media.media, "-");
	assert_null(s->next->next->next);
	assert_text(sdp, "v=0\r\nc=IN IP4 $\r\nm=audio $ RTP/AVP 0\r\nv=0\r\nc=IN IP6 $\r\n"
			 "m=audio $ RTP/AVP 8\r\nv=0\r\nm=- - - -");
}

static void line_ends(void **state)
{
	(void)state;
	assert_text(read_sdp("v=0\rs=a\r\ns=b\nt=0 0\r\r\n"), "v=0\r\ns=a\r\ns=b\r\nt=0 0");
	assert_text(read_sdp(""), "");
	assert_null(read_sdp(" \r\n\t")->sessions);
	assert_text(read_sdp("v=0 \ns="), "v=0 \r\ns=");
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		unsigned int line, column;
	} rows[] = {
		{ "c=IN IP4 $", 1, 1 },
		{ "v=", 1, 3 },
		{ "v=1", 1, 3 },
		{ "v=0{", 1, 3 },
		{ "v=0 1", 1, 3 },
		{ "v=0\nm=audio 1 RTP/AVP 0\nm=audio 2 RTP/AVP 0", 3, 1 },
		{ "v=0\nc=IN IP4 $\nc=IN IP4 $", 3, 1 },
		{ "v=0\nc=IN IP4", 2, 3 },
		{ "v=0\nc=IN", 2, 3 },
		{ "v=0\nc=IN IP4 1 2", 2, 3 },
		{ "v=0\r\n\r\nm=audio 1", 3, 3 },
		{ "v=0\nm=", 2, 3 },
		{ "v=0\nnonsense", 2, 1 },
		{ "v=0\n=x", 2, 1 },
		{ "v=0\n v=0", 2, 1 },
		{ "v=0\nx", 2, 1 },
		{ "v=0\n\xff\xfe", 2, 1 },
		{ "v=0\n\"\x01=", 2, 2 },
		{ "v=0\n\"=", 2, 1 },
	};
	struct sdp_error err;
	struct sdp *sdp;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(sdp_parse(&arena, str_c(rows[i].text), &sdp, &err), -EBADMSG);
		if (err.line != rows[i].line || err.column != rows[i].column) {
			print_error("%s: line %u column %u: %s\n", rows[i].text, err.line,
				    err.column, err.text);
			fail();
		}
		assert_true(strlen(err.text) > 5);
		assert_null(strpbrk(err.text, "\"\r\n\x01\xff"));
		assert_null(sdp);
	}
}

static void nothing_to_set(void **state)
{
	struct sdp_session *s = read_sdp("v=0\na=x\n")->sessions;

	(void)state;
	assert_int_equal(sdp_set_port(&arena, s, 1), -ENOENT);
	assert_int_equal(sdp_set_connection(&arena, s, "IN", "IP4", "1.1.1.1"), -ENOENT);
	assert_null(sdp_connection(s)->line);
}

static void memory_limit(void **state)
{
	static const char text[] = "v=0\nc=IN IP4 $\nm=audio $ RTP/AVP 0 8 18\na=setup:active\n";
	struct sdp_error err;
	struct arena small;
	struct sdp *sdp;
	size_t limit;
	int r = -1;

	(void)state;
	for (limit = 0; r && limit < 65536; limit += 7) {
		arena_init(&small, limit);
		r = sdp_parse(&small, str_c(text), &sdp, &err);
		if (!r && sdp_set_port(&small, sdp->sessions, 5))
			r = -ENOMEM;
		if (r)
			assert_int_equal(r, -ENOMEM);
		arena_free(&small);
	}
	assert_int_equal(r, 0);
	assert_true(limit > 300);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(fields), T(media_level_connection), T(echo), T(choose_everywhere), T(not_applicable),
		T(alternatives), T(line_ends), T(refused), T(nothing_to_set),
		T(memory_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
