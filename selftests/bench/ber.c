// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the binary codec takes for one message: ber FILE [OUT] takes a text message, prints octets in
 * binary, nanoseconds to read and to write it with the gateway's own table of names, the best of several
 * rounds (the machine may have other work), and leaves the octets in OUT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/package_ids.h"
#include "codec/ber.h"

#define ROUNDS	20
#define LOOPS	5000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* as if the operator had named all ids; the realms of the corpus */
static void prepare(struct config *config, struct packages *p)
{
	static struct config_realm realms[] = {
		{ .interface = "acc" }, { .interface = "core" }, { .interface = "access" },
	};
	char err[256];

	config->features = CONFIG_FEATURE_TLS | CONFIG_FEATURE_DTLS;
	config->packages = (struct config_packages){
		.tcpbcc = (char *)"tcpbcc", .tlsbsc = (char *)"tlsbsc",
		.seplink = (char *)"seplink", .est_bnc = (char *)"EstBNC",
		.rel_bnc = (char *)"RelBNC", .bnc_change = (char *)"BNCChange",
		.linktopo = (char *)"linktopo",
	};
	config->realm = realms;
	config->n_realms = sizeof(realms) / sizeof(realms[0]);
	if (packages_init(p, config, err, sizeof(err)))
		abort();
	memset(p->package_id_given, true, sizeof(p->package_id_given));
	memset(p->row_id_given, true, sizeof(p->row_id_given));
}

int main(int argc, char **argv)
{
	static struct config config;
	static struct packages packages;
	static char text[65536], octets[65536];
	struct package_ids table = { &packages, &config };
	struct h248_ids ids = package_ids(&table);
	double parse = 1e18, write = 1e18, t;
	struct h248_text_error err;
	struct h248_message *msg;
	struct strbuf out;
	struct arena a;
	size_t len;
	int round, i;
	FILE *f;

	f = argc > 1 ? fopen(argv[1], "rb") : NULL;
	if (!f) {
		fprintf(stderr, "usage: ber FILE [OUT]\n");
		return 1;
	}
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	prepare(&config, &packages);
	arena_init(&a, 1 << 20);
	strbuf_init(&out, 0);
	if (h248_text_parse(&a, text, len, &msg, &err) || h248_ber_write(msg, &ids, &out)) {
		fprintf(stderr, "%s: has no binary form\n", argv[1]);
		return 1;
	}
	len = out.len;
	memcpy(octets, out.p, len);
	f = argc > 2 ? fopen(argv[2], "wb") : NULL;
	if (f && (fwrite(octets, 1, len, f) != len || fclose(f)))
		return 1;
	for (round = 0; round < ROUNDS; round++) {
		t = now();
		for (i = 0; i < LOOPS; i++) {
			arena_reset(&a);
			if (h248_ber_parse(&a, &ids, octets, len, &msg, &err))
				return 1;
		}
		t = (now() - t) / LOOPS;
		parse = t < parse ? t : parse;
		t = now();
		for (i = 0; i < LOOPS; i++) {
			strbuf_reset(&out);
			if (h248_ber_write(msg, &ids, &out))
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
