// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages out of pasted traces: where each begins and ends whatever stands around it, what is left
 * out, and that places are those of the text as it was pasted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/h248_trace.h"

#define MID	"[1.1.1.1]:2944"
#define M(id)	"!/1 " MID " T=" #id "{C=1{S=a}}"
#define BAD(id)	"!/1 " MID " T=" #id "{C=1{S=}}"

struct result {
	unsigned int skipped;
	int count;
	struct {
		uint32_t id;			/* of the first transaction */
		int transactions;
		unsigned int code;		/* 0: good */
		struct trace_place at, error;
	} m[16];
};

static struct result read_len(const char *text, size_t len)
{
	struct result r = { 0 };
	struct h248_transaction *tr;
	struct h248_text_error err;
	struct h248_message *msg;
	struct trace t;
	struct arena a;
	char *copy = malloc(len ? len : 1);
	int found;

	/* of exactly the size, for AddressSanitizer */
	memcpy(copy, text, len);
	trace_init(&t, copy, len);
	arena_init(&a, 1 << 20);
	while ((found = trace_next(&t, &a, &msg, &err)) == 1) {
		if (r.count == 16)
			break;
		r.m[r.count].at = trace_place(&t, 0);
		r.m[r.count].code = err.code;
		if (err.code)
			r.m[r.count].error = trace_place(&t, err.offset);
		if (msg && msg->transactions.first)
			r.m[r.count].id = msg->transactions.first->id;
		if (msg)
			h248_each(tr, &msg->transactions)
				r.m[r.count].transactions++;
		r.count++;
	}
	assert_true(found == 0 || r.count == 16);
	r.skipped = t.skipped;
	arena_free(&a);
	trace_free(&t);
	free(copy);
	return r;
}

static struct result read_trace(const char *text)
{
	return read_len(text, strlen(text));
}

/* "12 34!": message 12, then 34, which is bad; "/n" how many lines were skipped */
static void expect(const char *text, const char *wanted)
{
	struct result r = read_trace(text);
	char found[256] = "";
	size_t n = 0;
	int i;

	for (i = 0; i < r.count; i++)
		n += (size_t)snprintf(found + n, sizeof(found) - n, "%u%s ", r.m[i].id,
				      r.m[i].code ? "!" : "");
	snprintf(found + n, sizeof(found) - n, "/%u", r.skipped);
	if (strcmp(found, wanted)) {
		print_error("'%s' instead of '%s':\n%s\n", found, wanted, text);
		fail();
	}
}

static void as_it_is(void **state)
{
	(void)state;
	expect(M(1), "1 /0");
	expect(M(1) "\n", "1 /0");
	expect("\n\n  " M(1) "\r\n\r\n", "1 /0");
	expect("; a comment\n" M(1) "\n; another\n", "1 /0");
	expect("Authentication = 1:2:3 " M(1), "0! /0");
	expect("Authentication = 0x00000001:0x00000002:0x000000000000000000000003\n" M(1), "1 /0");
	expect("AU=0x00000001:0x00000002:0x000000000000000000000003 " M(1), "1 /0");
	expect("!/1 " MID " ER=406{}", "0 /0");
}

static void several(void **state)
{
	(void)state;
	expect(M(1) "\n" M(2) "\n\n\n" M(3), "1 2 3 /0");
	expect(M(1) M(2) " " M(3), "1 2 3 /0");
	expect("MEGACO/1 " MID "\nTransaction = 1 { Context = 1 { Subtract = a } }\n"
	       "megaco/2 " MID "\nReply = 2 { Context = 1 { Subtract = a } }", "1 2 /0");
	/* one message of two transactions */
	expect(M(1) "\nT=2{C=1{S=a}}\n" M(3), "1 3 /0");
	expect(M(1) "\nAU=0x00000001:0x00000002:0x000000000000000000000003\n" M(2), "1 2 /0");
	expect("!/3 " MID " SM=1/2\n" M(2) "\n!/3 " MID " SM=3/1/&\nlog", "1 2 3 /1");
}

static void log_around(void **state)
{
	(void)state;
	expect("starting\n" M(1) "\nsent 30 octets\n\n" M(2) "\nbye: x = 1\n", "1 2 /3");
	expect("from " MID "\n" M(1) "\n-- \n" M(2) "\n", "1 2 /2");
	expect("2026-11-23 17:50:01.123 <- " M(1) "\n2026-11-23 17:50:02.456 -> " M(2) "\n", "1 2 /0");
	expect("\xef\xbb\xbf" M(1), "1 /0");
	expect("error 400: bad message from x\n" M(1), "1 /1");
}

/* the same prefix before every line, but for digits */
static void prefixes(void **state)
{
	struct result r;

	(void)state;
	expect("12:00:01 I | !/1 " MID "\n12:00:01 I | T=1{C=1{\n12:00:02 I | S=a}}\n"
	       "12:00:03 I | " M(2) "\n", "1 2 /0");
	expect("> !/1 " MID "\n> T=1{C=1{A=$" "{M{L{\n> v=0\n>\n> c=IN IP4 $\n> }}}}}\n> \nnext\n",
	       "1 /1");
	expect("| !/1 " MID " T=1{\n| C=1{S=a}}\n| T=2{C=1{S=b}}\n" M(3), "1 3 /0");
	/* the prefix stops in the middle of the message: so does the message */
	r = read_trace("> !/1 " MID "\n> T=1{C=1{\nS=a}}\n");
	assert_int_equal(r.count, 1);
	assert_int_equal(r.m[0].code, 422);
	/* a message that is set in, SDP with it */
	expect("  !/1 " MID "\n  T=1{C=1{A=$" "{M{L{\n  v=0\n  }}}}}\n", "1 /0");
	expect("  !/1 " MID "\n  T=1{C=1{\nS=a}}\n", "1 /0");
}

/* what looks like a beginning inside of a message */
static void decoys(void **state)
{
	(void)state;
	expect("!/1 " MID " P=1{ER=400{\"no !/9 [2.2.2.2] T\"}}\n" M(2), "1 2 /0");
	expect("!/1 " MID " P=1{ER=400{\"\nMEGACO/9 [2.2.2.2]\n\"}}\n" M(2), "1 2 /0");
	expect("!/1 " MID " T=1{C=1{A=$" "{M{L{\nv=0\ns=MEGACO/1 [x]\n}}}}}\n" M(2), "1 2 /0");
	expect("!/1 " MID " T=1{C=1{ ; as in MEGACO/1 [x]\nS=a}}\n" M(2), "1 2 /0");
	expect("see H248!/1 and x_MEGACO/1 there\n" M(1), "1 /1");
	expect("MEGACO/x is not one\n" M(1), "1 /1");
}

/* what follows a message is only skipped if it cannot be a part of it */
static void not_skipped(void **state)
{
	static const char *const rows[] = {
		M(1) "}", M(1) "\n}", M(1) " junk", M(1) "\nTransactoin = 2 { C = 1 { S = a } }",
		M(1) "\nT=2", M(1) "\nT=2 {}", M(1) "\n{", M(1) "\n, x", M(1) "\nER=400{}",
	};
	struct result r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = read_trace(rows[i]);
		if (r.count != 1 || !r.m[0].code) {
			print_error("taken: %s\n", rows[i]);
			fail();
		}
	}
}

static void bad_ones(void **state)
{
	(void)state;
	expect(M(1) "\n" BAD(2) "\n" M(3), "1 0! 3 /0");
	/* cut off, and the next one follows */
	expect("MEGACO/1 " MID "\nT=1{C=1{\nMEGACO/1 " MID "\nT=2{C=1{S=a}}\n", "0! 2 /0");
	expect("!/1 " MID " T=1{C=1{S=a,\nlog line\n" M(2), "0! 2 /0");
	expect("nothing of the kind", "0! /0");
	expect(" \n", "0! /0");
	expect("", "/0");
}

static void places(void **state)
{
	struct result r = read_trace("log\r\n\r12:01 x " M(1) "\n12:02 x " BAD(2) "\n");

	(void)state;
	assert_int_equal(r.count, 2);
	assert_int_equal(r.m[0].at.line, 3);
	assert_int_equal(r.m[0].at.column, 9);
	assert_int_equal(r.m[1].at.line, 4);
	assert_int_equal(r.m[1].error.line, 4);
	assert_int_equal(r.m[1].error.column, 9 + sizeof("!/1 " MID " T=2{C=1{S=") - 1);
	r = read_trace("ab 1: !/1 " MID "\nab 2: T=1{C=1{\nab 3:   S=}}\n");
	assert_int_equal(r.count, 1);
	assert_int_equal(r.m[0].code, 422);
	assert_int_equal(r.m[0].error.line, 3);
	assert_int_equal(r.m[0].error.column, 11);
}

/* any piece of a trace ends, and is read within its bounds */
static void pieces(void **state)
{
	static const char text[] = "1 a: " M(1) "\n2 a: !/1 " MID "\n3 a: T=2{C=1{S=a}}\n4 a: \nlog\n"
				   "AU=0x00000001:0x00000002:0x000000000000000000000003\n" M(3);
	size_t from, to;

	(void)state;
	for (from = 0; from < sizeof(text); from++)
		for (to = from; to < sizeof(text); to++)
			read_len(text + from, to - from);
}

/* a message longer than what is tried at once is bad, and the next is found */
static void too_long(void **state)
{
	size_t n = 200 * 1024, len = 0;
	char *text = malloc(n + 256);
	struct result r;

	(void)state;
	len = (size_t)sprintf(text, "!/1 " MID " T=1{C=1{ ;");
	memset(text + len, 'x', n);
	len += n;
	len += (size_t)sprintf(text + len, "\n" M(2));
	r = read_len(text, len);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.m[0].code, 422);
	assert_int_equal(r.m[1].id, 2);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_is), cmocka_unit_test(several), cmocka_unit_test(log_around),
		cmocka_unit_test(prefixes), cmocka_unit_test(decoys), cmocka_unit_test(not_skipped),
		cmocka_unit_test(bad_ones), cmocka_unit_test(places), cmocka_unit_test(pieces),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
