// SPDX-License-Identifier: GPL-2.0-only
/* Messages out of a pasted text: see h248_trace.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/h248_trace.h"

/* how far a message may reach; more than TPKT can carry, and a bound on what is tried */
#define WINDOW	(128 * 1024)

void trace_init(struct trace *t, const char *text, size_t len)
{
	*t = (struct trace){ .text = text, .len = len };
	strbuf_init(&t->clean, 0);
}

void trace_free(struct trace *t)
{
	strbuf_free(&t->clean);
	free(t->cuts);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

static bool is_space(char c)
{
	return is_blank(c) || is_line_end(c);
}

static bool is_word(char c)
{
	char l = ascii_lower(c);

	return (l >= 'a' && l <= 'z') || is_digit(c) || c == '_' || c == '/' || c == '-';
}

/* the head of the line that follows the one with at in it; CR, LF and CRLF end one */
static const char *next_line(const char *at, const char *end)
{
	while (at < end && !is_line_end(*at))
		at++;
	if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
		at++;
	return at < end ? at + 1 : end;
}

static bool is_blank_line(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p >= end || is_line_end(*p);
}

static bool starts_with(const char *p, const char *end, const char *word)
{
	size_t i;

	for (i = 0; word[i]; i++)
		if (p + i >= end || ascii_lower(p[i]) != word[i])
			return false;
	return true;
}

/* "MEGACO/1" or "!/1", and then white space or an address */
static bool is_header(const char *p, const char *end)
{
	const char *q;

	if (starts_with(p, end, "megaco/"))
		p += 7;
	else if (starts_with(p, end, "!/"))
		p += 2;
	else
		return false;
	for (q = p; q < end && is_digit(*q);)
		q++;
	return q > p && (q == end || is_space(*q) || *q == '[' || *q == '<');
}

/* "Authentication =", "AU = 0x": the short form alone is not enough */
static bool is_auth(const char *p, const char *end)
{
	bool full = starts_with(p, end, "authentication");

	if (!full && !starts_with(p, end, "au"))
		return false;
	p += full ? 14 : 2;
	while (p < end && is_space(*p))
		p++;
	if (p == end || *p++ != '=')
		return false;
	while (p < end && is_space(*p))
		p++;
	return full || starts_with(p, end, "0x");
}

/* the next beginning of a message at or after p, or end */
static const char *find_start(const char *p, const char *from, const char *end)
{
	for (; p < end; p++) {
		if (p > from && is_word(p[-1]))
			continue;
		if (is_header(p, end) || is_auth(p, end))
			return p;
	}
	return end;
}

/* the beginning after the one at p */
static const char *find_second(const char *p, const char *end)
{
	bool auth = is_auth(p, end);
	const char *q = find_start(p + 1, p, end);

	/* the header belongs to the authentication before it */
	return auth && q < end && is_header(q, end) ? find_start(q + 1, p, end) : q;
}

/* how much of the line at p looks like prefix, digits aside; 0 if not all of it is there */
static size_t same_shape(const char *p, const char *end, const char *prefix, size_t len)
{
	size_t i;

	if (len > (size_t)(end - p))
		return 0;
	for (i = 0; i < len; i++)
		if (p[i] != prefix[i] && !(is_digit(p[i]) && is_digit(prefix[i])))
			return 0;
	return len;
}

static int add_cut(struct trace *t, const char *from)
{
	size_t *more;

	if (t->n_cuts == t->max_cuts) {
		t->max_cuts = t->max_cuts ? 2 * t->max_cuts : 64;
		more = realloc(t->cuts, 2 * t->max_cuts * sizeof(*more));
		if (!more)
			return -ENOMEM;
		t->cuts = more;
	}
	t->cuts[2 * t->n_cuts] = t->clean.len;
	t->cuts[2 * t->n_cuts + 1] = (size_t)(from - t->text);
	t->n_cuts++;
	return 0;
}

static int add_piece(struct trace *t, const char *from, const char *to)
{
	int r = add_cut(t, from);

	if (r)
		return r;
	strbuf_add(&t->clean, from, (size_t)(to - from));
	return t->clean.err;
}

/*
 * From start on, up to the first line without the prefix; an empty one may lack its blanks. A
 * prefix of blanks only, as of a message that is set in, is taken off where it is, and ends nothing.
 */
static int strip(struct trace *t, const char *start, const char *prefix, size_t len,
		 const char *end)
{
	const char *p = next_line(start, end);
	bool blank = is_blank_line(prefix, prefix + len);
	size_t short_len = len, n;
	int r;

	while (short_len && is_blank(prefix[short_len - 1]))
		short_len--;
	r = add_piece(t, start, p);
	while (!r && p < end) {
		n = same_shape(p, end, prefix, len);
		if (!n && short_len && same_shape(p, end, prefix, short_len) &&
		    is_blank_line(p + short_len, end))
			n = short_len;
		if (!n && !blank)
			break;
		start = p + n;
		p = next_line(p, end);
		r = add_piece(t, start, p);
	}
	return r;
}

/* fills clean with what the message at start may consist of */
static int take_window(struct trace *t, const char *start)
{
	const char *end = t->text + t->len, *head = start, *second;
	size_t len;

	if (end - start > WINDOW)
		end = start + WINDOW;
	strbuf_reset(&t->clean);
	t->n_cuts = 0;
	while (head > t->text && !is_line_end(head[-1]))
		head--;
	len = (size_t)(start - head);
	second = next_line(start, end);
	if (len && same_shape(second, end, head, len))
		return strip(t, start, head, len, end);
	return add_piece(t, start, end);
}

static size_t place_in_text(const struct trace *t, size_t offset)
{
	size_t lo = 0, hi = t->n_cuts;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->cuts[2 * mid] <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return t->cuts[2 * lo + 1] + (offset - t->cuts[2 * lo]);
}

struct trace_place trace_place(struct trace *t, size_t offset)
{
	size_t at = place_in_text(t, offset), i;

	/* most are asked for in the order of the text */
	if (at < t->line_head) {
		t->line = 0;
		t->line_head = 0;
	}
	for (i = t->line_head; i < at; i++) {
		if (t->text[i] == '\n' ||
		    (t->text[i] == '\r' && (i + 1 == at || t->text[i + 1] != '\n'))) {
			t->line++;
			t->line_head = i + 1;
		}
	}
	return (struct trace_place){ t->line + 1, (unsigned int)(at - t->line_head) + 1 };
}

size_t trace_length(const struct trace *t)
{
	return t->clean.len;
}

/* after complete transactions: a line of its own that no transaction can be meant by */
static bool is_between(const struct trace *t, size_t at)
{
	const char *p = t->clean.p + at, *end = t->clean.p + t->clean.len, *q;

	if (is_header(p, end) || is_auth(p, end))
		return true;
	for (q = p; q > t->clean.p && is_blank(q[-1]);)
		q--;
	if (q > t->clean.p && !is_line_end(q[-1]))
		return false;
	if (*p == '{' || *p == '}' || *p == ',' || *p == '=')
		return false;
	while (p < end && !is_space(*p) && *p != '=' && *p != '{')
		p++;
	while (p < end && is_blank(*p))
		p++;
	return p == end || (*p != '=' && *p != '{');
}

static int parse(const struct trace *t, size_t len, struct arena *a, struct h248_message **msg,
		 struct h248_text_error *err)
{
	arena_reset(a);
	return h248_text_parse(a, t->clean.p, len, msg, err);
}

/* true: the message is good, and ends at *len or before */
static bool read_upto(const struct trace *t, size_t *len, struct arena *a,
		      struct h248_message **msg, struct h248_text_error *err)
{
	size_t end = *len;

	if (!parse(t, end, a, msg, err)) {
		err->code = 0;
		return true;
	}
	if (err->level != H248_LEVEL_MESSAGE || err->offset >= end || !*msg ||
	    (h248_empty(&(*msg)->transactions) && !(*msg)->error) || !is_between(t, err->offset))
		return false;
	end = err->offset;
	while (end && is_space(t->clean.p[end - 1]))
		end--;
	if (parse(t, end, a, msg, err))
		return false;
	err->code = 0;
	*len = end;
	return true;
}

/* what is in clean: the message at its head, and how long it is */
static void read_message(const struct trace *t, size_t *len, struct arena *a,
			 struct h248_message **msg, struct h248_text_error *err)
{
	const char *end = t->clean.p + t->clean.len;
	size_t second = (size_t)(find_second(t->clean.p, end) - t->clean.p);

	*len = second;
	if (read_upto(t, len, a, msg, err) || second == t->clean.len)
		return;
	/* what looked like the next beginning may be inside a string, a comment or SDP */
	*len = t->clean.len;
	if (read_upto(t, len, a, msg, err))
		return;
	*len = second;
	parse(t, second, a, msg, err);
}

/* up to the head of the line with to in it: a prefix is not skipped, it is taken off */
static void count_skipped(struct trace *t, const char *to)
{
	const char *p = t->text + t->at;

	while (to > p && to < t->text + t->len && !is_line_end(to[-1]))
		to--;
	while (p < to) {
		const char *next = next_line(p, to);

		while (p < next && is_blank(*p))
			p++;
		/* comments are part of the syntax */
		if (p < next && !is_line_end(*p) && *p != ';')
			t->skipped++;
		p = next;
	}
}

int trace_next(struct trace *t, struct arena *a, struct h248_message **msg,
	       struct h248_text_error *err)
{
	const char *from = t->text + t->at, *end = t->text + t->len;
	const char *start = find_start(from, t->text, end);
	size_t len;
	int r;

	*msg = NULL;
	if (start == end) {
		if (t->at || !t->len) {
			count_skipped(t, end);
			t->at = t->len;
			return 0;
		}
		start = from;
	}
	count_skipped(t, start);
	r = take_window(t, start);
	if (r)
		return r;
	read_message(t, &len, a, msg, err);
	t->clean.len = len;
	t->at = place_in_text(t, len);
	return 1;
}
