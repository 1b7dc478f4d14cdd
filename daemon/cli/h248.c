// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw h248: H.248 messages from a file, read as kmgwd would read them, and printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/h248_binary.h"
#include "cli/h248_trace.h"
#include "codec/h248_version.h"
#include "codec/sdp.h"

/* more than any message needs; what a peer may use of kmgwd's memory is the daemon's matter */
#define MEMORY		(16u << 20)
#define FILE_MAX	(256u << 20)

static const char help[] =
"Usage: kmgw h248 check [ --pretty | --compact ] [ --version N ] [ --binary ]\n"
"                       { FILE | - }\n"
"Reads H.248 messages and prints them as text, indented or in short form. FILE (\"-\":\n"
"standard input) holds one message or many, as they are or with lines and prefixes\n"
"of a log around them. What is wrong goes to standard error with line and column.\n"
"  --version N   for a peer that knows version N (1 to 3): what is newer is an error\n"
"  --binary      FILE is in binary encoding (BER): octets or hexadecimal digits\n";

struct check {
	struct cli *c;
	const char *name;	/* of the file, for errors */
	enum h248_text_style style;
	unsigned int version;	/* 0: as each message says */
	unsigned int good, bad, printed;
	bool is_binary;
	struct binary binary;
	struct trace trace;
	struct arena arena;
	json_t *all;		/* NULL: text */
	json_t *one;
};

/* "12:7", or in binary "octet 19"; of an offset in the present message */
static void name_place(struct check *k, size_t offset, char *buf, size_t len)
{
	struct trace_place at;

	if (k->is_binary) {
		snprintf(buf, len, "octet %zu", k->binary.start + offset);
		return;
	}
	at = trace_place(&k->trace, offset);
	snprintf(buf, len, "%u:%u", at.line, at.column);
}

static void set_place(struct check *k, json_t *obj, size_t offset)
{
	struct trace_place at;

	if (k->is_binary) {
		json_object_set_new(obj, "octet",
				    json_integer((json_int_t)(k->binary.start + offset)));
		return;
	}
	at = trace_place(&k->trace, offset);
	json_object_set_new(obj, "line", json_integer(at.line));
	json_object_set_new(obj, "column", json_integer(at.column));
}

/* one line, or one element of "errors" */
static void report(struct check *k, size_t offset, unsigned int code, const char *text)
{
	json_t *list, *error;
	char place[48];

	if (!k->one) {
		name_place(k, offset, place, sizeof(place));
		fflush(stdout);
		fprintf(stderr, "%s:%s: error %u: %s\n", k->name, place, code, text);
		return;
	}
	list = json_object_get(k->one, "errors");
	if (!list) {
		list = json_array();
		json_object_set_new(k->one, "errors", list);
	}
	error = json_object();
	set_place(k, error, offset);
	json_object_set_new(error, "code", json_integer(code));
	json_object_set_new(error, "text", json_string(text));
	json_array_append_new(list, error);
}

/*
 * The offset of a place in SDP, whose text has lost the escapes of "}" that the message has. In
 * binary SDP is no text in the message.
 */
static size_t sdp_place(const struct check *k, const struct h248_message *msg, struct str sdp,
			const struct sdp_error *err)
{
	const char *t = k->trace.clean.p;
	size_t at, end = k->trace.clean.len;
	unsigned int line, column;

	if (!msg->source)
		return 0;
	at = (size_t)(sdp.p - msg->source);
	for (line = 1; line < err->line && at < end; at++)
		if (t[at] == '\n' || (t[at] == '\r' && at + 1 < end && t[at + 1] != '\n'))
			line++;
	for (column = 1; column < err->column && at < end; column++)
		at += t[at] == '\\' && at + 1 < end && t[at + 1] == '}' ? 2 : 1;
	return at < end ? at : end;
}

static bool check_sdp(struct check *k, const struct h248_message *msg, struct str text)
{
	struct sdp_error err;
	struct sdp *sdp;

	if (!text.p || sdp_parse(&k->arena, text, &sdp, &err) != -EBADMSG)
		return true;
	report(k, sdp_place(k, msg, text, &err), 474, err.text);
	return false;
}

static bool check_media(struct check *k, const struct h248_message *msg)
{
	const struct h248_transaction *tr;
	const struct h248_command *cmd;
	const struct h248_action *act;
	const struct h248_stream *st;
	bool good = true;

	h248_each(tr, &msg->transactions) {
		h248_each(act, &tr->actions) {
			h248_each(cmd, &act->commands) {
				if (!cmd->media)
					continue;
				h248_each(st, &cmd->media->streams) {
					good &= check_sdp(k, msg, st->local);
					good &= check_sdp(k, msg, st->remote);
				}
			}
		}
	}
	return good;
}

static bool check_version(struct check *k, const struct h248_message *msg)
{
	unsigned int limit = k->version ? k->version : msg->version;
	char text[128], place[48];
	const char *what;
	unsigned int needed = h248_version_needed(msg, &what);

	if (needed <= limit)
		return true;
	snprintf(text, sizeof(text), "%s is not in version %u, but in %u", what, limit, needed);
	/* as written it is well-formed, and kmgwd takes it: wrong only if it was asked for */
	if (k->version) {
		report(k, 0, 406, text);
		return false;
	}
	name_place(k, 0, place, sizeof(place));
	if (!k->one)
		fprintf(stderr, "%s:%s: note: %s\n", k->name, place, text);
	else
		json_object_set_new(k->one, "note", json_string(text));
	return true;
}

/* octets that are no UTF-8, which JSON is, become "?" */
static json_t *json_text(char *p, size_t len)
{
	json_t *text = json_stringn(p, len);
	size_t i;

	for (i = 0; !text && i < len; i++)
		if ((unsigned char)p[i] >= 0x80)
			p[i] = '?';
	return text ? text : json_stringn(p, len);
}

static int print_message(struct check *k, struct h248_message *msg)
{
	struct strbuf out;
	char place[48];
	int r;

	if (k->version)
		msg->version = (uint8_t)k->version;
	strbuf_init(&out, 0);
	r = h248_text_write(msg, k->style, &out);
	if (r) {
		name_place(k, 0, place, sizeof(place));
		fprintf(stderr, "kmgw: %s:%s: cannot be written: %s\n", k->name, place,
			strerror(-r));
	} else if (k->one) {
		json_object_set_new(k->one, "text", json_text(out.p, out.len));
	} else {
		if (k->printed++)
			putchar('\n');
		fwrite(out.p, 1, out.len, stdout);
		putchar('\n');
	}
	strbuf_free(&out);
	return r;
}

static void begin_json(struct check *k, const struct h248_message *msg)
{
	if (!k->all)
		return;
	k->one = json_object();
	set_place(k, k->one, 0);
	json_object_set_new(k->one, "octets",
			    json_integer((json_int_t)(k->is_binary ? k->binary.size :
						      trace_length(&k->trace))));
	if (msg && msg->version)
		json_object_set_new(k->one, "version", json_integer(msg->version));
	json_array_append_new(k->all, k->one);
}

static void check_message(struct check *k, struct h248_message *msg,
			  const struct h248_text_error *err)
{
	bool good;

	begin_json(k, msg);
	if (err->code) {
		report(k, err->offset, err->code, err->text + err->place);
		k->bad++;
		return;
	}
	good = check_version(k, msg) && !print_message(k, msg);
	good &= check_media(k, msg);
	if (good)
		k->good++;
	else
		k->bad++;
}

static int next_message(struct check *k, struct h248_message **msg, struct h248_text_error *err)
{
	if (k->is_binary)
		return binary_next(&k->binary, &k->arena, msg, err);
	return trace_next(&k->trace, &k->arena, msg, err);
}

static int check_all(struct check *k)
{
	struct h248_text_error err;
	struct h248_message *msg;
	int r;

	while ((r = next_message(k, &msg, &err)) > 0)
		check_message(k, msg, &err);
	if (r < 0) {
		fprintf(stderr, "kmgw: %s: %s\n", k->name, strerror(-r));
		return EXIT_REFUSED;
	}
	if (!k->good && !k->bad) {
		fprintf(stderr, "kmgw: %s: no message\n", k->name);
		return EXIT_REFUSED;
	}
	if (!k->all && (k->good + k->bad > 1 || k->trace.skipped)) {
		fflush(stdout);
		fprintf(stderr, "%s: %u messages, %u bad; %u lines skipped\n", k->name,
			k->good + k->bad, k->bad, k->trace.skipped);
	}
	return k->bad ? EXIT_REFUSED : EXIT_OK;
}

/* Return: the file in memory (from malloc), or NULL with a line on standard error */
static char *load(const char *name, size_t *len)
{
	bool is_stdin = !strcmp(name, "-");
	int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC), err = 0;
	struct strbuf b;
	ssize_t n = 0;

	strbuf_init(&b, FILE_MAX);
	if (fd < 0)
		err = errno;
	while (!err) {
		if (!strbuf_room(&b, 65536)) {
			err = b.err == -EMSGSIZE ? EFBIG : ENOMEM;
			break;
		}
		n = read(fd, b.p + b.len, 65536);
		if (n <= 0) {
			err = n < 0 ? errno : 0;
			break;
		}
		b.len += (size_t)n;
	}
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (err) {
		fprintf(stderr, "kmgw: %s: %s\n", is_stdin ? "standard input" : name,
			strerror(err));
		strbuf_free(&b);
		return NULL;
	}
	*len = b.len;
	return b.p;
}

static int parse_check(struct check *k)
{
	static const char *const words[] = { "--pretty", "--compact", "--version", "--binary" };
	struct args *a = &k->c->args;
	bool style = false;

	while (args_left(a) && args_peek(a)[0] == '-' && args_peek(a)[1]) {
		int i = args_option(a, words, sizeof(words) / sizeof(words[0]));

		if (i < 0)
			return i;
		if (i == 2) {
			if (args_number(a, "version", 1, H248_TEXT_VERSION_MAX, &k->version))
				return -EINVAL;
			continue;
		}
		if (i == 3) {
			k->is_binary = true;
			continue;
		}
		if (style)
			return args_fail(a, -EINVAL, "--pretty or --compact once");
		style = true;
		k->style = i ? H248_TEXT_COMPACT : H248_TEXT_PRETTY;
	}
	k->name = args_next(a, "file");
	return k->name ? args_done(a) : -EINVAL;
}

static int cmd_check(struct cli *c)
{
	struct check k = { .c = c, .style = H248_TEXT_PRETTY };
	size_t len;
	char *text;
	int ret;

	if (cli_help(c, help))
		return EXIT_OK;
	if (parse_check(&k))
		return cli_usage(c, help);
	text = load(k.name, &len);
	if (!text)
		return EXIT_REFUSED;
	trace_init(&k.trace, text, len);
	arena_init(&k.arena, MEMORY);
	k.all = c->json ? json_array() : NULL;
	if (binary_init(&k.binary, text, k.is_binary ? len : 0)) {
		fprintf(stderr, "kmgw: %s\n", strerror(ENOMEM));
		ret = EXIT_REFUSED;
	} else {
		ret = check_all(&k);
	}
	if (k.all) {
		json_dumpf(k.all, stdout, c->pretty ? JSON_INDENT(4) : JSON_COMPACT);
		putchar('\n');
		json_decref(k.all);
	}
	arena_free(&k.arena);
	binary_free(&k.binary);
	trace_free(&k.trace);
	free(text);
	return ret;
}

int cmd_h248(struct cli *c)
{
	static const char *const names[] = { "check" };

	if (cli_help(c, help))
		return EXIT_OK;
	if (args_verb(&c->args, "verb of h248", names, 1) < 0)
		return cli_usage(c, help);
	return cmd_check(c);
}
