// SPDX-License-Identifier: GPL-2.0-only
/*
 * The binary codec: round trips of the text corpus, hostile BER, values, names without a table.
 *
 *	codec_ber --oracle DIR FILE...	for codec_ber_megaco.py: of each text FILE writes DIR/NAME.ours,
 *	and DIR/NAME.back, text of DIR/NAME.theirs if there is one; the numbers into DIR/numbers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <libgen.h>

#include "ber_ids.h"
#include "codec/text.h"

#define VALID	"selftests/corpus/h248/valid/*.txt"
#define BINARY	"selftests/corpus/h248/binary"

struct octets {
	uint8_t p[65536];
	size_t len;
};

static bool read_file(const char *path, struct octets *out)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		return false;
	out->len = fread(out->p, 1, sizeof(out->p), f);
	fclose(f);
	return true;
}

static void write_file(const char *path, struct str s)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(s.p, 1, s.len, f) != s.len || fclose(f))
		abort();
}

static const char *name_of(const char *path, char *buf, size_t len)
{
	const char *base = strrchr(path, '/');

	snprintf(buf, len, "%s", base ? base + 1 : path);
	buf[strcspn(buf, ".")] = '\0';
	return buf;
}

/* ---- the oracle's tool ------------------------------------------------------------------ */

static int oracle_ours(struct ber_ids *ids, const char *dir, const char *path)
{
	char name[128], to[512];
	struct h248_text_error err;
	struct h248_message *msg;
	struct octets text;
	struct strbuf out;
	struct arena a;
	int r = 1;

	name_of(path, name, sizeof(name));
	snprintf(to, sizeof(to), "%s/%s.ours", dir, name);
	arena_init(&a, 16 << 20);
	strbuf_init(&out, 0);
	if (!read_file(path, &text))
		printf("unreadable %s no such file\n", name);
	else if (h248_text_parse(&a, text.p, text.len, &msg, &err))
		printf("unreadable %s %s\n", name, err.text);
	else if (h248_ber_write(msg, &ids->ids, &out))
		r = 0;		/* no binary form: the caller knows of which */
	else {
		write_file(to, strbuf_get(&out));
		r = 0;
	}
	strbuf_free(&out);
	arena_free(&a);
	return r;
}

static int oracle_back(struct ber_ids *ids, const char *dir, const char *path)
{
	char name[128], from[512], to[512];
	struct h248_text_error err;
	struct h248_message *msg;
	struct octets ber;
	struct strbuf out;
	struct arena a;
	int r = 0;

	name_of(path, name, sizeof(name));
	snprintf(from, sizeof(from), "%s/%s.theirs", dir, name);
	snprintf(to, sizeof(to), "%s/%s.back", dir, name);
	if (!read_file(from, &ber))
		return 0;
	arena_init(&a, 16 << 20);
	strbuf_init(&out, 0);
	if (h248_ber_parse(&a, &ids->ids, ber.p, ber.len, &msg, &err)) {
		printf("refused %s %s\n", name, err.text);
		r = 1;
	} else if (h248_text_write(msg, H248_TEXT_COMPACT, &out)) {
		printf("unwritable %s\n", name);
		r = 1;
	} else {
		write_file(to, strbuf_get(&out));
	}
	strbuf_free(&out);
	arena_free(&a);
	return r;
}

static int oracle(const char *dir, int n, char **path)
{
	struct ber_ids *ids = malloc(sizeof(*ids));
	char numbers[512];
	int i, r = 0;
	FILE *f;

	ber_ids_init(ids);
	for (i = 0; i < n; i++)
		r |= oracle_ours(ids, dir, path[i]);
	snprintf(numbers, sizeof(numbers), "%s/numbers", dir);
	f = fopen(numbers, "w");
	if (!f)
		return 1;
	ber_ids_print(ids, f);
	fclose(f);
	for (i = 0; i < n; i++)
		r |= oracle_back(ids, dir, path[i]);
	ber_ids_free(ids);
	free(ids);
	return r;
}
int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "--oracle"))
		return oracle(argv[2], argc - 3, argv + 3);
	return 0;
}
