// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the text codec takes for one message: codec FILE prints octets, nanoseconds to read and
 * to write it, the best of several rounds (the machine may have other work).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/text.h"

#define ROUNDS	20
#define LOOPS	5000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	static char text[65536];
	double parse = 1e18, write = 1e18, t;
	struct h248_text_error err;
	struct h248_message *msg;
	struct strbuf out;
	struct arena a;
	int round, i;
	size_t len;
	FILE *f;

	f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	if (!f) {
		fprintf(stderr, "usage: codec FILE\n");
		return 1;
	}
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	arena_init(&a, 1 << 20);
	strbuf_init(&out, 0);
	for (round = 0; round < ROUNDS; round++) {
		t = now();
		for (i = 0; i < LOOPS; i++) {
			arena_reset(&a);
			if (h248_text_parse(&a, text, len, &msg, &err)) {
				fprintf(stderr, "%s: %s\n", argv[1], err.text);
				return 1;
			}
		}
		t = (now() - t) / LOOPS;
		parse = t < parse ? t : parse;
		t = now();
		for (i = 0; i < LOOPS; i++) {
			strbuf_reset(&out);
			if (h248_text_write(msg, H248_TEXT_PRETTY, &out))
				return 1;
		}
		t = (now() - t) / LOOPS;
		write = t < write ? t : write;
	}
	printf("%zu %.0f %.0f\n", len, parse, write);
	strbuf_free(&out);
	arena_free(&a);
	return 0;
}
