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

#include "ber_assembler.h"
#include "ber_ids.h"
#include "codec/text.h"

#define VALID	"selftests/corpus/h248/valid/*.txt"
#define BINARY	"selftests/corpus/h248/binary"

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
/* ---- reading and writing ----------------------------------------------------------------------- */

struct fixture {
	struct ber_ids ids;
	struct arena arena;
	struct h248_message *msg;
	struct h248_text_error err;
	struct strbuf out;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	ber_ids_init(&f->ids);
	arena_init(&f->arena, 16 << 20);
	strbuf_init(&f->out, 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ber_ids_free(&f->ids);
	arena_free(&f->arena);
	strbuf_free(&f->out);
	free(f);
	return 0;
}

/* A heap block of just this size, so that the sanitizer sees a read behind it. */
static int parse(struct fixture *f, const struct h248_ids *ids, const void *p, size_t len)
{
	void *copy = malloc(len ? len : 1);
	int r;

	memcpy(copy, p, len);
	arena_reset(&f->arena);
	r = h248_ber_parse(&f->arena, ids, copy, len, &f->msg, &f->err);
	free(copy);
	return r;
}

static int parse_hand(struct fixture *f, const char *text)
{
	struct assembler *a = assembled(text);
	int r = parse(f, &f->ids.ids, a->out.p, a->out.len);

	free(a);
	return r;
}

static struct str write_again(struct fixture *f, const struct h248_ids *ids)
{
	strbuf_reset(&f->out);
	assert_int_equal(h248_ber_write(f->msg, ids, &f->out), 0);
	return strbuf_get(&f->out);
}

/* An answer, if there is one, must be a message itself. */
static void check_error(struct fixture *f, size_t len)
{
	struct h248_message *answer;
	struct h248_text_error err;
	struct h248_mid mid;

	assert_true(f->err.code >= 400 && f->err.code < 600);
	assert_true(f->err.offset <= len);
	assert_int_equal(f->err.line, 0);
	assert_null(strpbrk(f->err.text, "\"\r\n"));
	assert_int_equal(h248_mid_parse(&f->arena, STR("[10.0.0.2]:2945"), &mid), 0);
	answer = h248_text_error_reply(&f->arena, &mid, 2, &f->err);
	if (!answer)
		return;
	strbuf_reset(&f->out);
	assert_int_equal(h248_ber_write(answer, &f->ids.ids, &f->out), 0);
	assert_int_equal(h248_ber_parse(&f->arena, &f->ids.ids, f->out.p, f->out.len, &answer, &err), 0);
}

/* Each message of the text corpus that has a binary form. */
static void each_message(struct fixture *f, void (*what)(struct fixture *f, const struct octets *ber))
{
	unsigned int done = 0;
	struct octets *text = malloc(sizeof(*text)), *ber = malloc(sizeof(*ber));
	glob_t found;
	size_t i;

	assert_int_equal(glob(VALID, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		assert_true(read_file(found.gl_pathv[i], text));
		arena_reset(&f->arena);
		assert_int_equal(h248_text_parse(&f->arena, text->p, text->len, &f->msg, &f->err), 0);
		strbuf_reset(&f->out);
		if (h248_ber_write(f->msg, &f->ids.ids, &f->out))
			continue;
		assert_true(f->out.len <= sizeof(ber->p));
		memcpy(ber->p, f->out.p, f->out.len);
		ber->len = f->out.len;
		what(f, ber);
		done++;
	}
	globfree(&found);
	free(text);
	free(ber);
	assert_true(done > 230);
}

static void same(struct fixture *f, const struct octets *ber)
{
	struct str again;

	assert_int_equal(parse(f, &f->ids.ids, ber->p, ber->len), 0);
	again = write_again(f, &f->ids.ids);
	assert_int_equal(again.len, ber->len);
	assert_memory_equal(again.p, ber->p, ber->len);
}

static void what_is_written_is_read_and_written_alike(void **state)
{
	each_message(*state, same);
}

/* Without a table all names are their numbers; the octets are the same but for typed values. */
static void same_by_number(struct fixture *f, const struct octets *ber)
{
	assert_int_equal(parse(f, NULL, ber->p, ber->len), 0);
	write_again(f, NULL);
	assert_int_equal(parse(f, NULL, f->out.p, f->out.len), 0);
}

static void names_of_no_table_stay_numbers(void **state)
{
	struct fixture *f = *state;

	each_message(f, same_by_number);
	assert_int_equal(parse_hand(f, "V(80 [ 12345678 ] a1 [ 04 [ 02 [ 05 ] ] ])"), 0);
	assert_true(h248_name_is(&f->msg->transactions.first->actions.first->commands.first->media
				 ->streams.first->control->properties.first->name, "x1234", "x5678"));
}

static void cut(struct fixture *f, const struct octets *ber)
{
	size_t n;

	for (n = 0; n < ber->len; n++) {
		assert_int_equal(parse(f, &f->ids.ids, ber->p, n), -EBADMSG);
		check_error(f, n);
	}
}

static void cut_at_every_octet(void **state)
{
	each_message(*state, cut);
}

/* Any octet may be any other: what is still read can be written. */
static void spoil(struct fixture *f, const struct octets *ber)
{
	static const uint8_t with[] = { 0x00, 0x01, 0x7f, 0x80, 0x81, 0x84, 0xff };
	struct octets *bad = malloc(sizeof(*bad));
	size_t n, i;

	memcpy(bad, ber, sizeof(*bad));
	for (n = 0; n < ber->len; n++) {
		for (i = 0; i < sizeof(with); i++) {
			bad->p[n] = with[i];
			if (parse(f, &f->ids.ids, bad->p, bad->len))
				check_error(f, bad->len);
			else
				write_again(f, &f->ids.ids);
		}
		bad->p[n] = ber->p[n];
	}
	free(bad);
}

static void spoilt_at_every_octet(void **state)
{
	each_message(*state, spoil);
}

/* The element at p with an indefinite length at every level. Return: what comes after it. */
static const uint8_t *loosen(const uint8_t *p, const uint8_t *end, struct octets *out)
{
	struct ber_tlv_head { size_t len, octets; } h = { p[1], 1 };
	bool constructed = *p & 0x20;
	size_t i;

	if (h.len & 0x80) {
		h.octets += h.len & 0x7f;
		for (h.len = 0, i = 1; i < h.octets; i++)
			h.len = h.len << 8 | p[1 + i];
	}
	if (!constructed) {
		memcpy(out->p + out->len, p, 1 + h.octets + h.len);
		out->len += 1 + h.octets + h.len;
		return p + 1 + h.octets + h.len;
	}
	out->p[out->len++] = *p;
	out->p[out->len++] = 0x80;
	p += 1 + h.octets;
	end = p + h.len;
	while (p < end)
		p = loosen(p, end, out);
	out->p[out->len++] = 0;
	out->p[out->len++] = 0;
	return end;
}

static void indefinite(struct fixture *f, const struct octets *ber)
{
	struct octets *loose = malloc(sizeof(*loose));
	struct str again;

	loose->len = 0;
	loosen(ber->p, ber->p + ber->len, loose);
	assert_int_equal(parse(f, &f->ids.ids, loose->p, loose->len), 0);
	again = write_again(f, &f->ids.ids);
	assert_int_equal(again.len, ber->len);
	assert_memory_equal(again.p, ber->p, ber->len);
	free(loose);
}

static void indefinite_lengths_are_read(void **state)
{
	each_message(*state, indefinite);
}

static void what_must_not_be_read(void **state)
{
	static const char *const levels[] = { "message", "transaction", "action", "command" };
	char line[4096], name[64], level[16];
	struct fixture *f = *state;
	unsigned int code, done = 0, failed = 0;
	struct h248_item boolean;
	struct assembler *a;
	FILE *file = fopen(BINARY "/invalid", "r");
	int at;

	assert_non_null(file);
	any_item_by_name(&f->ids, H248_SCOPE_PROPERTY, STR("gm"), STR("saf"), &boolean);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		assert_int_equal(sscanf(line, "%63s %u %15s %n", name, &code, level, &at), 3);
		a = assembled(line + at);
		done++;
		if (!parse(f, &f->ids.ids, a->out.p, a->out.len)) {
			printf("%s: is read\n", name);
			failed++;
		} else if (f->err.code != code || f->err.offset != a->mark ||
			   strcmp(levels[f->err.level], level)) {
			printf("%s: %u %s at %zu (%s), expected %u %s at %zu\n", name, f->err.code,
			       levels[f->err.level], f->err.offset, f->err.text, code, level, a->mark);
			failed++;
		} else {
			check_error(f, a->out.len);
		}
		free(a);
	}
	fclose(file);
	assert_int_equal(failed, 0);
	assert_true(done >= 150);
}

/* ---- single things ------------------------------------------------------------------------------- */

static const struct h248_property *only_property(struct fixture *f)
{
	return f->msg->transactions.first->actions.first->commands.first->media->streams.first
		->control->properties.first;
}

static void expect_text(struct fixture *f, const char *octets, enum h248_form form,
			 const char *text, bool quoted)
{
	char line[512];

	snprintf(line, sizeof(line), "V(%s)", octets);
	if (parse_hand(f, line))
		fail_msg("%s: %s", octets, f->err.text);
	assert_int_equal(only_property(f)->form, form);
	assert_int_equal(only_property(f)->values.first->text.len, strlen(text));
	assert_memory_equal(only_property(f)->values.first->text.p, text, strlen(text));
	assert_int_equal(only_property(f)->values.first->quoted, quoted);
}

static void values_are_ber_of_their_type(void **state)
{
	struct fixture *f = *state;
	struct h248_item item;

	/* the table must know them before they are read */
	any_item_by_name(&f->ids, H248_SCOPE_PROPERTY, STR("gm"), STR("saf"), &item);
	any_item_by_name(&f->ids, H248_SCOPE_PROPERTY, STR("gm"), STR("sam"), &item);
	any_item_by_name(&f->ids, H248_SCOPE_PROPERTY, STR("ds"), STR("dscp"), &item);
	any_item_by_name(&f->ids, H248_SCOPE_PROPERTY, STR("MGCInfo"), STR("db"), &item);

	expect_text(f, "80 [ 008c0001 ] a1 [ 04 [ 01 [ ff ] ] ]", H248_FORM_EQUAL, "on", false);
	expect_text(f, "80 [ 008c0001 ] a1 [ 04 [ 01 [ 00 ] ] ]", H248_FORM_EQUAL, "off", false);
	expect_text(f, "80 [ 008c0001 ] a1 [ 04 [ 6f6e ] ]", H248_FORM_EQUAL, "on", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 02 [ 2e ] ] ]", H248_FORM_EQUAL, "46", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 02 [ 0080 ] ] ]", H248_FORM_EQUAL, "128", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 02 [ ff7f ] ] ]", H248_FORM_EQUAL, "-129", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 02 [ 00ffffffffffffffff ] ] ]", H248_FORM_EQUAL,
		     "18446744073709551615", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 02 [ 8000000000000000 ] ] ]", H248_FORM_EQUAL,
		     "-9223372036854775808", false);
	expect_text(f, "80 [ 008c0002 ] a1 [ 04 [ 0c [ 612062 ] ] ]", H248_FORM_EQUAL, "a b", true);
	expect_text(f, "80 [ 008c0002 ] a1 [ 04 [ 16 [ 612062 ] ] ]", H248_FORM_EQUAL, "a b", true);
	expect_text(f, "80 [ 008c0002 ] a1 [ 04 [ 04 [ 612062 ] ] ]", H248_FORM_EQUAL, "a b", true);
	expect_text(f, "80 [ 008c0002 ] a1 [ 04 [ 612062 ] ]", H248_FORM_EQUAL, "a b", true);
	expect_text(f, "80 [ 00a00001 ] a1 [ 04 [ 04 [ 00ff ] ] ]", H248_FORM_EQUAL, "00ff", true);
	/* in parts, and parts of parts */
	expect_text(f, "80 [ 008c0002 ] a1 [ 24 [ 04 [ 0c03 ] 24 < 04 [ 61 ] 04 [ 2062 ] > ] ]",
		     H248_FORM_EQUAL, "a b", true);
	/* forms */
	expect_text(f, "80 [ 008b0001 ] a1 [ ]", H248_FORM_EQUAL, "$", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 2a ] ]", H248_FORM_EQUAL, "*", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 31 ] 04 [ 32 ] ]", H248_FORM_OR, "1", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 31 ] 04 [ 32 ] ] a2 [ 82 [ ff ] ]", H248_FORM_AND,
		     "1", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 31 ] 04 [ 39 ] ] a2 [ 81 [ ff ] ]", H248_FORM_RANGE,
		     "1", false);
	expect_text(f, "80 [ 008b0001 ] a1 [ 04 [ 33 ] ] a2 [ 80 [ 00 ] ]", H248_FORM_GREATER, "3",
		     false);
	/* of an item that nobody knows */
	expect_text(f, "80 [ 77770001 ] a1 [ 04 [ 0a [ 05 ] ] ]", H248_FORM_EQUAL, "5", false);
	expect_text(f, "80 [ 77770001 ] a1 [ 04 [ 0102030405 ] ]", H248_FORM_EQUAL, "0102030405", true);
}

static void unknown_extensions_are_skipped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse_hand(f, "V(80 [ 008b0001 ] a1 [ 04 [ 31 ] ] a3 [ 02 [ 01 ] ] 9f8f7f [ 00 ])"),
			 0);
	assert_int_equal(parse_hand(f, "L(80 [ 02 ] a3 [ ] a4 [ 30 < 02 [ 01 ] > ] bf1f < 0500 >)"), 0);
	assert_int_equal(f->msg->transactions.first->actions.first->commands.first->media->streams.first
			 ->control->mode, H248_MODE_SENDRECV);
	assert_int_equal(parse_hand(f, "G(80 [ 00010001 ] a6 [ ] ac [ ])"), 0);
}

static void lengths_may_be_longer_than_needed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(parse_hand(f, "L(80 8200 01 02 a3 8400000000)"), 0);
}

/* A stack that deep would end the daemon. */
static void nesting_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct octets *deep = malloc(sizeof(*deep));
	size_t i;

	for (deep->len = 0; deep->len + 2 <= sizeof(deep->p);) {
		deep->p[deep->len++] = 0x30;
		deep->p[deep->len++] = 0x80;
	}
	assert_int_equal(parse(f, &f->ids.ids, deep->p, deep->len), -EBADMSG);
	assert_non_null(strstr(f->err.text, "deep"));
	/* parts of parts of a string, in an extension and where one is read */
	for (i = 0; i + 2 <= sizeof(deep->p); i += 2) {
		deep->p[i] = 0x24;
		deep->p[i + 1] = 0x80;
	}
	assert_int_equal(parse(f, &f->ids.ids, deep->p, deep->len), -EBADMSG);
	free(deep);
	assert_int_equal(parse_hand(f, "V(a0 [ 24 [ 24 [ 24 [ 04 [ 008b0001 ] ] ] ] ] a1 [ ])"), 0);
}

static void memory_is_bounded(void **state)
{
	struct assembler *a = assembled("V(80 [ 008b0001 ] a1 [ 04 [ 31 ] ])");
	struct fixture *f = *state;
	struct h248_message *msg;
	struct arena small;
	size_t limit;
	int r = -1;

	for (limit = 0; r && limit < 65536; limit += 64) {
		arena_init(&small, limit);
		r = h248_ber_parse(&small, &f->ids.ids, a->out.p, a->out.len, &msg, &f->err);
		if (r) {
			assert_int_equal(r, -ENOMEM);
			assert_int_equal(f->err.code, 510);
		}
		arena_free(&small);
	}
	assert_int_equal(r, 0);
	free(a);
}

/* ---- the gateway's own numbers ---------------------------------------------------------------- */

static const struct {
	const char *text;
	uint8_t n, wildcard[3];
	uint8_t id[8];
	const char *back;	/* NULL: text */
} tids[] = {
	{ "ip/1/access/7", 0, { 0 }, { 0, 1, 0, 1, 0, 0, 0, 7 }, NULL },
	{ "ip/65535/core/4294967295", 0, { 0 }, { 255, 255, 0, 2, 255, 255, 255, 255 }, NULL },
	{ "ip/1/access/$", 1, { 0x1f }, { 0, 1, 0, 1 }, NULL },
	{ "ip/1/access/*", 1, { 0x9f }, { 0, 1, 0, 1 }, NULL },
	{ "ip/1/$/$", 2, { 0x2f, 0x1f }, { 0, 1 }, NULL },
	{ "ip/1/*", 1, { 0xef }, { 0, 1 }, NULL },
	{ "ip/1/$", 1, { 0x6f }, { 0, 1 }, NULL },
	{ "ip/$/core/$", 2, { 0x3f, 0x1f }, { 0, 0, 0, 2 }, NULL },
	{ "ip/$/$/$", 3, { 0x3f, 0x2f, 0x1f }, { 0 }, NULL },
	{ "ip/*/access/*", 2, { 0xbf, 0x9f }, { 0, 0, 0, 1 }, NULL },
	{ "ip/*", 1, { 0xff }, { 0 }, "*" },
	{ "*", 1, { 0xff }, { 0 }, NULL },
	{ "$", 1, { 0x7f }, { 0 }, NULL },
	{ "ROOT", 0, { 0 }, { 255, 255, 255, 255, 255, 255, 255, 255 }, NULL },
	/* not of the scheme: the digits */
	{ "x0102", 0, { 0 }, { 1, 2 }, NULL },
	{ "x0001000300000007", 0, { 0 }, { 0, 1, 0, 3, 0, 0, 0, 7 }, NULL },
	{ "x0001000100000007_05", 1, { 0x05 }, { 0, 1, 0, 1, 0, 0, 0, 7 }, NULL },
};

static void termination_ids_of_the_gateway(void **state)
{
	static const struct config_realm realms[] = {
		{ .name = "a", .interface = "access" }, { .name = "b", .interface = "core" },
	};
	struct fixture *f = *state;
	const struct h248_ids *ids = &f->ids.real;
	struct h248_tid tid;
	char expected[64];
	size_t i, n;

	f->ids.config.realm = (struct config_realm *)realms;
	f->ids.config.n_realms = 2;
	for (i = 0; i < sizeof(tids) / sizeof(tids[0]); i++) {
		const char *back = tids[i].back ? tids[i].back : tids[i].text;
		struct h248_mid mid = { .kind = H248_MID_DEVICE, .text = STR("gw") };
		size_t len = !strcmp(tids[i].text, "x0102") ? 2 : 8;
		struct h248_action *act;
		struct str s;

		arena_reset(&f->arena);
		f->msg = h248_message_new(&f->arena, 1, &mid);
		act = h248_action_add(&f->arena, h248_transaction_add(&f->arena, f->msg, H248_REPLY, 1), 1);
		h248_command_add(&f->arena, act, H248_SUBTRACT, str_c(tids[i].text));
		s = write_again(f, ids);
		/* at the end: wildcard, id */
		n = 0;
		expected[n++] = (char)0xa0;
		expected[n++] = (char)(tids[i].n * 3);
		for (unsigned int w = 0; w < tids[i].n; w++) {
			expected[n++] = 4;
			expected[n++] = 1;
			expected[n++] = (char)tids[i].wildcard[w];
		}
		expected[n++] = (char)0x81;
		expected[n++] = (char)len;
		memcpy(expected + n, tids[i].id, len);
		n += len;
		assert_true(s.len > n);
		assert_memory_equal(s.p + s.len - n, expected, n);
		assert_int_equal(parse(f, ids, s.p, s.len), 0);
		tid = *f->msg->transactions.first->actions.first->commands.first->terms.first;
		assert_int_equal(tid.text.len, strlen(back));
		assert_memory_equal(tid.text.p, back, strlen(back));
	}
	f->ids.config.n_realms = 0;
}

/* What nobody has verified does not exist in binary, unless the configuration names an id. */
static void unverified_ids_need_the_operator(void **state)
{
	struct fixture *f = *state;
	const struct h248_ids *real = &f->ids.real;
	struct h248_item item;
	struct str name;
	uint16_t id;

	memset(f->ids.packages.package_id_given, false, sizeof(f->ids.packages.package_id_given));
	memset(f->ids.packages.row_id_given, false, sizeof(f->ids.packages.row_id_given));
	assert_int_equal(real->ops->package_id(real->priv, STR("nt"), &id), 0);
	assert_int_equal(id, 0x000b);
	assert_int_equal(real->ops->package_id(real->priv, STR("tcpbcc"), &id), -EOPNOTSUPP);
	assert_int_equal(real->ops->package_id(real->priv, STR("al"), &id), -ENOENT);
	assert_int_equal(real->ops->item_by_name(real->priv, H248_SCOPE_PROPERTY, STR("gm"), STR("saf"),
						 &item), -EOPNOTSUPP);
	assert_int_equal(real->ops->item_by_id(real->priv, H248_SCOPE_PROPERTY, 0x008c, 1, &item), -ENOENT);
	f->ids.packages.row_id_given[packages_row(ROW_SAF) - rows_table] = true;
	assert_int_equal(real->ops->item_by_name(real->priv, H248_SCOPE_PROPERTY, STR("gm"), STR("saf"),
						 &item), 0);
	assert_int_equal(real->ops->item_by_id(real->priv, H248_SCOPE_PROPERTY, 0x008c, 1, &item), 0);
	f->ids.packages.package_hex[PACKAGE_TCPBCC] = 0x7001;
	f->ids.packages.package_id_given[PACKAGE_TCPBCC] = true;
	assert_int_equal(real->ops->package_name(real->priv, 0x7001, &name), 0);
	assert_true(str_is(name, "tcpbcc"));
}

/* In a list such an item is left out; the rest is written. */
static void items_without_an_id_are_left_out(void **state)
{
	struct h248_mid mid = { .kind = H248_MID_DEVICE, .text = STR("gw") };
	struct fixture *f = *state;
	struct h248_command *cmd;
	struct h248_action *act;

	memset(f->ids.packages.package_id_given, false, sizeof(f->ids.packages.package_id_given));
	f->msg = h248_message_new(&f->arena, 2, &mid);
	act = h248_action_add(&f->arena, h248_transaction_add(&f->arena, f->msg, H248_REPLY, 1), 0);
	cmd = h248_command_add(&f->arena, act, H248_AUDIT_VALUE, STR("ROOT"));
	h248_package_add(&f->arena, cmd, STR("g"), 2);
	h248_package_add(&f->arena, cmd, STR("tlsbsc"), 1);
	h248_package_add(&f->arena, cmd, STR("nt"), 1);
	write_again(f, &f->ids.real);
	assert_int_equal(parse(f, &f->ids.real, f->out.p, f->out.len), 0);
	cmd = f->msg->transactions.first->actions.first->commands.first;
	assert_true(str_is(cmd->packages->items.first->name, "g"));
	assert_true(str_is(cmd->packages->items.first->next->name, "nt"));
	assert_null(cmd->packages->items.first->next->next);
	/* but a name that the table does not have is an error of the caller */
	h248_package_add(&f->arena, cmd, STR("al"), 1);
	strbuf_reset(&f->out);
	assert_int_equal(h248_ber_write(f->msg, &f->ids.real, &f->out), -EINVAL);
}

/* What is kept of a message is its transactions, encoded. */
static void envelope_around_transactions(void **state)
{
	struct fixture *f = *state;
	struct h248_mid mid = { .kind = H248_MID_DEVICE, .text = STR("gw") };
	struct strbuf body, out;

	assert_int_equal(parse_hand(f, "M(R(A(Q(a2 [ X a1 [ ] ]))) a1 [ 80 [ 09 ] ])"), 0);
	strbuf_init(&body, 0);
	strbuf_init(&out, 0);
	assert_int_equal(h248_ber_write_transaction(f->msg->transactions.first, &f->ids.ids, &body), 0);
	assert_int_equal(h248_ber_write_transaction(f->msg->transactions.last, &f->ids.ids, &body), 0);
	assert_int_equal(h248_ber_envelope(3, &mid, strbuf_get(&body), &out), 0);
	assert_int_equal(parse(f, &f->ids.ids, out.p, out.len), 0);
	assert_int_equal(f->msg->version, 3);
	assert_int_equal(f->msg->transactions.first->id, 10);
	assert_int_equal(f->msg->transactions.first->next->kind, H248_PENDING);
	strbuf_free(&body);
	strbuf_free(&out);
}

int main(int argc, char **argv)
{
#define T(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_written_is_read_and_written_alike),
		T(names_of_no_table_stay_numbers),
		T(cut_at_every_octet),
		T(spoilt_at_every_octet),
		T(indefinite_lengths_are_read),
		T(what_must_not_be_read),
		T(values_are_ber_of_their_type),
		T(unknown_extensions_are_skipped),
		T(lengths_may_be_longer_than_needed),
		T(nesting_is_bounded),
		T(memory_is_bounded),
		T(termination_ids_of_the_gateway),
		T(unverified_ids_need_the_operator),
		T(items_without_an_id_are_left_out),
		T(envelope_around_transactions),
	};

	if (argc > 3 && !strcmp(argv[1], "--oracle"))
		return oracle(argv[2], argc - 3, argv + 3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
