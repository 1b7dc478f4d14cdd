// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text codec over the message corpus: every valid message is read, written and read again as
 * the same tree; every invalid one gives the error, the place and the level named in the index;
 * hostile input of any shape gives an error and nothing worse.
 *
 *	codec_text				the tests
 *	codec_text --rewrite DIR FILE...	each FILE as DIR/NAME.pretty and DIR/NAME.compact
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/text.h"

#define CORPUS		"selftests/corpus/h248"
#define MEMORY		(4 * 1024 * 1024)

static const enum h248_text_style styles[] = { H248_TEXT_PRETTY, H248_TEXT_COMPACT };

/* a file in memory of exactly its size, so that AddressSanitizer sees one octet too many */
static char *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	long size;
	char *p;

	if (!f) {
		perror(path);
		abort();
	}
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	p = malloc(size ? (size_t)size : 1);
	assert_non_null(p);
	*len = fread(p, 1, (size_t)size, f);
	assert_int_equal(*len, size);
	fclose(f);
	return p;
}

static char *exact(const char *text, size_t len)
{
	char *p = malloc(len ? len : 1);

	assert_non_null(p);
	memcpy(p, text, len);
	return p;
}

typedef void (*file_fn)(const char *name, const char *text, size_t len);

/* Return: how many files there were */
static unsigned int each_file(const char *dir, file_fn fn)
{
	struct dirent **entry;
	char path[512];
	unsigned int n = 0;
	size_t len;
	int i, count;
	char *text;

	count = scandir(dir, &entry, NULL, alphasort);
	if (count < 0) {
		perror(dir);
		abort();
	}
	for (i = 0; i < count; i++) {
		if (strstr(entry[i]->d_name, ".txt")) {
			snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
			text = load(path, &len);
			fn(entry[i]->d_name, text, len);
			free(text);
			n++;
		}
		free(entry[i]);
	}
	free(entry);
	return n;
}

static struct h248_message *parse_or_die(struct arena *a, const char *name, const char *text,
					 size_t len)
{
	struct h248_message *msg;
	struct h248_text_error err;

	if (h248_text_parse(a, text, len, &msg, &err)) {
		print_error("%s: %u %s\n%.*s\n", name, err.code, err.text, (int)len, text);
		fail();
	}
	return msg;
}

static void write_or_die(const struct h248_message *msg, enum h248_text_style style,
			 const char *name, struct strbuf *out)
{
	int r = h248_text_write(msg, style, out);

	if (r) {
		print_error("%s: writing gives %d\n%.*s\n", name, r, (int)out->len, out->p);
		fail();
	}
}

/*
 * Two trees are the same if both styles of both are: the writers put down every field
 * (that they do is what codec_megaco.py shows, by a codec that is not ours).
 */
static void same_tree(const struct h248_message *x, const struct h248_message *y, const char *name)
{
	struct strbuf a, b;
	size_t i;

	strbuf_init(&a, 0);
	strbuf_init(&b, 0);
	for (i = 0; i < 2; i++) {
		write_or_die(x, styles[i], name, &a);
		write_or_die(y, styles[i], name, &b);
	}
	if (a.len != b.len || memcmp(a.p, b.p, a.len)) {
		print_error("%s: trees differ\n%.*s\n-----\n%.*s\n", name, (int)a.len, a.p,
			    (int)b.len, b.p);
		fail();
	}
	strbuf_free(&a);
	strbuf_free(&b);
}

static void round_trip(const char *name, const char *text, size_t len)
{
	struct h248_message *msg;
	struct arena a, b;
	struct strbuf out;
	char *copy;
	size_t i;

	arena_init(&a, MEMORY);
	msg = parse_or_die(&a, name, text, len);
	for (i = 0; i < 2; i++) {
		arena_init(&b, MEMORY);
		strbuf_init(&out, 0);
		write_or_die(msg, styles[i], name, &out);
		copy = exact(out.p, out.len);
		same_tree(msg, parse_or_die(&b, name, copy, out.len), name);
		free(copy);
		strbuf_free(&out);
		arena_free(&b);
	}
	arena_free(&a);
}

static void valid_round_trip(void **state)
{
	(void)state;
	assert_true(each_file(CORPUS "/valid", round_trip) >= 300);
}

/* ---- invalid --------------------------------------------------------- */

static void invalid_index(void **state)
{
	static const char *const levels[] = { "message", "transaction", "action", "command" };
	unsigned int code, line, column, n = 0, bad = 0;
	char name[128], level[16], path[512], row[256];
	FILE *f = fopen(CORPUS "/invalid/index", "r");
	struct h248_text_error err;
	struct h248_message *msg;
	struct arena a;
	char *text;
	size_t len;

	(void)state;
	assert_non_null(f);
	while (fgets(row, sizeof(row), f)) {
		if (row[0] == '#')
			continue;
		assert_int_equal(sscanf(row, "%127s %u %u %u %15s", name, &code, &line, &column,
					level), 5);
		snprintf(path, sizeof(path), CORPUS "/invalid/%s.txt", name);
		text = load(path, &len);
		arena_init(&a, MEMORY);
		if (h248_text_parse(&a, text, len, &msg, &err) != -EBADMSG) {
			print_error("%s: taken\n", name);
			bad++;
		} else if (err.code != code || err.line != line || err.column != column ||
			   strcmp(levels[err.level], level) || err.offset > len) {
			print_error("%s: %u %u %u %s, should be %u %u %u %s (%s)\n", name, err.code,
				    err.line, err.column, levels[err.level], code, line, column,
				    level, err.text);
			bad++;
		}
		arena_free(&a);
		free(text);
		n++;
	}
	fclose(f);
	assert_int_equal(bad, 0);
	assert_true(n >= 300);
}

static unsigned int listed;

static void count_file(const char *name, const char *text, size_t len)
{
	(void)name;
	(void)text;
	(void)len;
	listed++;
}

static void invalid_index_is_complete(void **state)
{
	FILE *f = fopen(CORPUS "/invalid/index", "r");
	unsigned int rows = 0;
	char row[256];

	(void)state;
	assert_non_null(f);
	while (fgets(row, sizeof(row), f))
		rows += row[0] != '#';
	fclose(f);
	listed = 0;
	each_file(CORPUS "/invalid", count_file);
	assert_int_equal(rows, listed);
}

/* ---- hostile --------------------------------------------------------- */

/* whatever comes out is in order: an error has a place in the text and a good string */
static int parse_any(struct arena *a, const char *text, size_t len)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct h248_mid mid;
	struct strbuf out;
	int r;

	arena_reset(a);
	r = h248_text_parse(a, text, len, &msg, &err);
	if (!r)
		return 0;
	assert_true(r == -EBADMSG || r == -ENOMEM);
	assert_in_range(err.code, 400, 599);
	assert_true(err.offset <= len);
	assert_null(strpbrk(err.text, "\"\r\n"));
	assert_true(strlen(err.text) < sizeof(err.text));
	if (r == -ENOMEM)
		return r;
	assert_int_equal(h248_mid_parse(a, STR("[10.0.0.2]:2944"), &mid), 0);
	msg = h248_text_error_reply(a, &mid, 2, &err);
	if (msg) {
		assert_false(err.never_answer);
		strbuf_init(&out, 0);
		assert_int_equal(h248_text_write(msg, H248_TEXT_PRETTY, &out), 0);
		assert_int_equal(h248_text_parse(a, out.p, out.len, &msg, &err), 0);
		strbuf_free(&out);
	}
	return r;
}

static void every_prefix(const char *name, const char *text, size_t len)
{
	struct arena a;
	char *copy;
	size_t n;

	(void)name;
	arena_init(&a, MEMORY);
	for (n = 0; n < len; n++) {
		copy = exact(text, n);
		parse_any(&a, copy, n);
		free(copy);
	}
	arena_free(&a);
}

static void truncated(void **state)
{
	(void)state;
	each_file(CORPUS "/valid", every_prefix);
}

/* each octet, one at a time, becomes a third of these, its neighbours the others */
static void every_octet(const char *name, const char *text, size_t len)
{
	static const char marks[] = { '\0', '{', '}', '"', ',', '=', ';', '\\', '[', '9', '\n', '\xff' };
	struct arena a;
	char *copy;
	size_t n, k;

	(void)name;
	arena_init(&a, MEMORY);
	copy = exact(text, len);
	for (n = 0; n < len; n++) {
		for (k = n % 3; k < sizeof(marks); k += 3) {
			copy[n] = marks[k];
			parse_any(&a, copy, len);
		}
		copy[n] = text[n];
	}
	free(copy);
	arena_free(&a);
}

static void flipped(void **state)
{
	(void)state;
	each_file(CORPUS "/valid", every_octet);
}

/* too little memory is an error of its own, wherever it strikes */
static void every_limit(const char *name, const char *text, size_t len)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct arena a;
	size_t limit;
	int r = -1;

	for (limit = 0; r && limit < MEMORY; limit += 97) {
		arena_init(&a, limit);
		r = h248_text_parse(&a, text, len, &msg, &err);
		if (r && (r != -ENOMEM || err.code != 510)) {
			print_error("%s: limit %zu gives %d, %u\n", name, limit, r, err.code);
			fail();
		}
		assert_true(arena_held(&a) <= limit);
		arena_free(&a);
	}
	assert_int_equal(r, 0);
}

static void memory_limit(void **state)
{
	(void)state;
	each_file(CORPUS "/valid", every_limit);
}

/* the densest message there is costs a bounded multiple of its length */
static void memory_is_proportional(void **state)
{
	static const char head[] = "!/1 [1.1.1.1] T=1{C=1{S=*";
	size_t n = 64 * 1024, at = sizeof(head) - 1;
	struct h248_text_error err;
	struct h248_message *msg;
	char *text = malloc(n);
	struct arena a;

	(void)state;
	memcpy(text, head, at);
	for (; at + 4 <= n; at += 4)
		memcpy(text + at, ",S=*", 4);
	arena_init(&a, 100 * n);
	assert_int_equal(h248_text_parse(&a, text, at, &msg, &err), -EBADMSG);
	assert_int_equal(err.code, 422);
	arena_free(&a);
	free(text);
}

static void deep_nesting(void **state)
{
	size_t n = 60000, i;
	char *text = malloc(n);
	struct arena a;

	(void)state;
	/* brackets of every kind, deeper than any stack: the grammar ends it */
	for (i = 0; i < 5; i++) {
		static const char head[] = "!/1 [1.1.1.1] T=1{C=1{MF=a{E=1{a/b{EM{";
		static const char *const more[] = { "E=1{a/b{EM{", "{", "[", "SG{SL=1{", "(" };
		size_t k = strlen(more[i]), at = sizeof(head) - 1;

		memcpy(text, head, at);
		for (; at + k <= n; at += k)
			memcpy(text + at, more[i], k);
		arena_init(&a, MEMORY);
		assert_int_equal(parse_any(&a, text, at), -EBADMSG);
		arena_free(&a);
	}
	free(text);
}

/* ---- the other use --------------------------------------------------- */

static int rewrite(const char *dir, char **files)
{
	static const char *const names[] = { "pretty", "compact" };
	struct h248_text_error err;
	struct h248_message *msg;
	struct strbuf out;
	struct arena a;
	char path[512];
	const char *base;
	char *text;
	size_t len, i;
	int bad = 0;
	FILE *f;

	for (; *files; files++) {
		text = load(*files, &len);
		base = strrchr(*files, '/');
		base = base ? base + 1 : *files;
		arena_init(&a, MEMORY);
		if (h248_text_parse(&a, text, len, &msg, &err)) {
			printf("%s: %u %s\n", base, err.code, err.text);
			bad = 1;
		}
		for (i = 0; !bad && i < 2; i++) {
			strbuf_init(&out, 0);
			write_or_die(msg, styles[i], base, &out);
			snprintf(path, sizeof(path), "%s/%s.%s", dir, base, names[i]);
			f = fopen(path, "wb");
			if (!f || fwrite(out.p, 1, out.len, f) != out.len || fclose(f)) {
				perror(path);
				exit(1);
			}
			strbuf_free(&out);
		}
		arena_free(&a);
		free(text);
	}
	return bad;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_round_trip),
		cmocka_unit_test(invalid_index),
		cmocka_unit_test(invalid_index_is_complete),
		cmocka_unit_test(truncated),
		cmocka_unit_test(flipped),
		cmocka_unit_test(memory_limit),
		cmocka_unit_test(memory_is_proportional),
		cmocka_unit_test(deep_nesting),
	};

	if (argc > 2 && !strcmp(argv[1], "--rewrite"))
		return rewrite(argv[2], argv + 3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
