/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BER written by hand, for tests: octets in hexadecimal; [ ... ] has its length put in front,
 * < ... > is of indefinite length; a capital letter is one of the macros, with an argument in
 * brackets or without, which stands where the macro has @; ! marks a place.
 */
#ifndef BER_ASSEMBLER_H
#define BER_ASSEMBLER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct octets {
	uint8_t p[65536];
	size_t len;
};

struct assembler {
	struct octets out;
	size_t mark;
};

/* what "@" in a macro stands for */
struct argument {
	const char *p, *end;
	const struct argument *outer;
};

static const struct macro {
	char letter;
	const char *text;
} macros[] = {
	{ 'M', "B(a1 [ @ ])" },
	{ 'B', "30 [ a1 [ 80 [ 02 ] a1 [ a0 [ 80 [ 0a000001 ] 81 [ 0b81 ] ] ] a2 [ @ ] ] ]" },
	{ 'R', "a0 [ 80 [ 0a ] a1 [ @ ] ]" },
	{ 'P', "a2 [ 80 [ 0a ] a2 [ a1 [ @ ] ] ]" },
	{ 'A', "30 [ 80 [ 05 ] a3 [ @ ] ]" },
	{ 'Q', "30 [ a0 [ @ ] ]" },
	{ 'T', "30 [ a0 [ ] 81 [ 0000000000000001 ] ]" },
	{ 'X', "a0 [ T ]" },
	{ 'D', "M(R(A(Q(a2 [ X a1 [ @ ] ]))))" },
	{ 'S', "D(a0 [ a1 [ a0 [ @ ] ] ])" },
	{ 'L', "S(a0 [ @ ])" },
	{ 'V', "L(a3 [ 30 [ @ ] ])" },
	{ 'E', "D(a3 [ 80 [ 07 ] a1 [ 30 [ @ ] ] ])" },
	{ 'G', "D(a5 [ a0 [ @ ] ])" },
};

static const char *matching(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		depth += *p == '(';
		depth -= *p == ')';
		if (!depth)
			return p;
	}
	abort();
}

static void put(struct assembler *a, unsigned int octet)
{
	assert_true(a->out.len < sizeof(a->out.p));
	a->out.p[a->out.len++] = (uint8_t)octet;
}

/* the length of what follows at, put in front of it */
static void insert_length(struct assembler *a, size_t at)
{
	size_t len = a->out.len - at, n = len < 128 ? 1 : len < 256 ? 2 : 3;

	assert_true(a->out.len + n <= sizeof(a->out.p));
	memmove(a->out.p + at + n, a->out.p + at, len);
	a->out.len += n;
	if (a->mark != SIZE_MAX && a->mark >= at)
		a->mark += n;
	if (n > 1)
		a->out.p[at++] = (uint8_t)(0x80 + n - 1);
	if (n > 2)
		a->out.p[at++] = (uint8_t)(len >> 8);
	a->out.p[at] = (uint8_t)len;
}

static const char *assemble(struct assembler *a, const char *p, const char *end, char until,
			    const struct argument *arg);

static const char *assemble_macro(struct assembler *a, const char *p, const char *end,
				  const struct argument *arg)
{
	const char *close = p + 1 < end && p[1] == '(' ? matching(p + 1, end) : p;
	const struct argument inner = { p + 2, close, arg };
	const struct macro *m;

	for (m = macros; m < macros + sizeof(macros) / sizeof(macros[0]); m++) {
		if (m->letter == *p) {
			assemble(a, m->text, m->text + strlen(m->text), '\0', &inner);
			return close + 1;
		}
	}
	fail_msg("no macro %c", *p);
	return end;
}

static const char *assemble(struct assembler *a, const char *p, const char *end, char until,
			    const struct argument *arg)
{
	unsigned int octet;
	size_t at;

	while (p < end) {
		if (*p == until)
			return p + 1;
		if (*p == ' ') {
			p++;
		} else if (*p == '!') {
			a->mark = a->out.len;
			p++;
		} else if (*p == '@') {
			assemble(a, arg->p, arg->end, '\0', arg->outer);
			p++;
		} else if (*p == '[') {
			at = a->out.len;
			p = assemble(a, p + 1, end, ']', arg);
			insert_length(a, at);
		} else if (*p == '<') {
			put(a, 0x80);
			p = assemble(a, p + 1, end, '>', arg);
			put(a, 0);
			put(a, 0);
		} else if (*p >= 'A' && *p <= 'Z') {
			p = assemble_macro(a, p, end, arg);
		} else {
			assert_int_equal(sscanf(p, "%2x", &octet), 1);
			put(a, octet);
			p += 2;
		}
	}
	return p;
}

static struct assembler *assembled(const char *text)
{
	struct assembler *a = malloc(sizeof(*a));

	a->out.len = 0;
	a->mark = SIZE_MAX;
	assemble(a, text, text + strlen(text), '\0', NULL);
	return a;
}

#endif /* BER_ASSEMBLER_H */
