// SPDX-License-Identifier: GPL-2.0-only
/* text_scan: see text_scan.h */
#include <stdarg.h>
#include <stdio.h>

#include "codec/text_scan.h"

#define FOUND_MAX	24	/* octets of a message shown in an error */

#define SAFE_	(CH_SAFE | CH_MAP)
#define LETTER_	(SAFE_ | CH_NAME | CH_ALPHA)
#define HEX_	(LETTER_ | CH_HEX)

const uint8_t h248_char_class[256] = {
	['0' ... '9'] = SAFE_ | CH_NAME | CH_DIGIT | CH_HEX,
	['a' ... 'f'] = HEX_,
	['g' ... 'z'] = LETTER_,
	['A' ... 'F'] = HEX_,
	['G' ... 'Z'] = LETTER_,
	['_'] = SAFE_ | CH_NAME,
	['+'] = SAFE_, ['-'] = SAFE_, ['&'] = SAFE_, ['!'] = SAFE_, ['/'] = SAFE_,
	['\''] = SAFE_, ['?'] = SAFE_, ['@'] = SAFE_, ['^'] = SAFE_, ['`'] = SAFE_,
	['~'] = SAFE_, ['*'] = SAFE_, ['$'] = SAFE_, ['\\'] = SAFE_, ['('] = SAFE_,
	[')'] = SAFE_, ['%'] = SAFE_, ['|'] = SAFE_, ['.'] = SAFE_,
	['['] = CH_MAP, [']'] = CH_MAP, ['#'] = CH_MAP,
	[' '] = CH_BLANK, ['\t'] = CH_BLANK, ['\r'] = CH_BLANK, ['\n'] = CH_BLANK,
	[0x80 ... 0xff] = CH_HIGH,
};

unsigned int scan_syntax_code(enum h248_error_level level)
{
	switch (level) {
	case H248_LEVEL_MESSAGE:
		return 400;
	case H248_LEVEL_TRANSACTION:
		return 403;
	case H248_LEVEL_ACTION:
		return 422;
	case H248_LEVEL_COMMAND:
		return 442;
	}
	return 400;
}

/* CR, LF and CRLF each end one line */
static void find_position(struct parser *s, const char *at)
{
	size_t offset = (size_t)(at - s->start), line = 0, i;
	const char *t = s->original;
	unsigned int n = 1;

	for (i = 0; i < offset; i++) {
		if (t[i] == '\n' || (t[i] == '\r' && (i + 1 == offset || t[i + 1] != '\n'))) {
			n++;
			line = i + 1;
		}
	}
	s->err->line = n;
	s->err->column = (unsigned int)(offset - line) + 1;
	s->err->offset = offset;
}

/* what goes back to the peer inside of quotes, and into the log */
static void clean_text(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c >= 0x7f)
			*text = '?';
		else if (c == '"')
			*text = '\'';
	}
}

bool scan_fail(struct parser *s, const char *at, unsigned int code, const char *fmt, ...)
{
	struct h248_text_error *err = s->err;
	va_list ap;
	int n;

	if (s->failed)
		return false;
	s->failed = true;
	err->code = code ? code : scan_syntax_code(err->level);
	find_position(s, at);
	n = snprintf(err->text, sizeof(err->text), "line %u column %u: ", err->line, err->column);
	err->place = (unsigned int)n;
	va_start(ap, fmt);
	vsnprintf(err->text + n, sizeof(err->text) - (size_t)n, fmt, ap);
	va_end(ap);
	clean_text(err->text);
	return false;
}

bool scan_expected_here(struct parser *s, const char *what)
{
	const char *q;
	size_t n;

	if (s->p >= s->end)
		return scan_fail(s, s->p, 0, "expected %s, found the end", what);
	for (q = s->p; is_class(*q, CH_SAFE | CH_HIGH);)
		q++;
	n = q == s->p ? 1 : (size_t)(q - s->p);
	if (n > FOUND_MAX)
		n = FOUND_MAX;
	if (n == 1 && (unsigned char)*s->p < 0x20)
		return scan_fail(s, s->p, 0, "expected %s, found octet 0x%02x", what,
				 (unsigned char)*s->p);
	return scan_fail(s, s->p, 0, "expected %s, found %.*s", what, (int)n, s->p);
}

bool scan_expected(struct parser *s, const char *what)
{
	scan_lwsp(s);
	return scan_expected_here(s, what);
}

bool scan_nomem(struct parser *s)
{
	if (!s->failed)
		scan_fail(s, s->p, 510, "message takes too much memory");
	s->nomem = true;
	return false;
}

void scan_lwsp_slow(struct parser *s)
{
	while (*s->p == ';') {
		while (s->p < s->end && *s->p != '\r' && *s->p != '\n' && *s->p)
			s->p++;
		while (is_class(*s->p, CH_BLANK))
			s->p++;
	}
}

bool scan_expect(struct parser *s, char c)
{
	char what[] = "' '";

	if (scan_take(s, c))
		return true;
	what[1] = c;
	return scan_expected(s, what);
}

bool scan_more(struct parser *s, char close, bool *more)
{
	char what[] = "',' or ' '";

	scan_lwsp(s);
	if (*s->p == ',' || *s->p == close) {
		*more = *s->p == ',';
		s->p++;
		return true;
	}
	what[8] = close;
	return scan_expected(s, what);
}

struct str scan_ahead(struct parser *s)
{
	const char *q;

	scan_lwsp(s);
	for (q = s->p; is_class(*q, CH_SAFE);)
		q++;
	return (struct str){ s->p, (size_t)(q - s->p) };
}

bool scan_word(struct parser *s, const char *what, struct str *out)
{
	*out = scan_ahead(s);
	if (!out->len)
		return scan_expected(s, what);
	s->p += out->len;
	return true;
}

bool scan_number(struct str word, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (!word.len || word.len > 10)
		return false;
	for (i = 0; i < word.len; i++) {
		if (!is_class(word.p[i], CH_DIGIT))
			return false;
		v = v * 10 + (unsigned int)(word.p[i] - '0');
	}
	if (v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool scan_u32(struct parser *s, const char *what, uint32_t *out)
{
	struct str word = scan_ahead(s);

	if (!scan_number(word, UINT32_MAX, out))
		return scan_expected(s, what);
	s->p += word.len;
	return true;
}

bool scan_u16(struct parser *s, const char *what, uint16_t *out)
{
	struct str word = scan_ahead(s);
	uint32_t v;

	if (!scan_number(word, UINT16_MAX, &v))
		return scan_expected(s, what);
	s->p += word.len;
	*out = (uint16_t)v;
	return true;
}

bool scan_request_id(struct parser *s, uint32_t *out)
{
	struct str word = scan_ahead(s);

	if (word.len == 1 && *word.p == '*') {
		s->p++;
		*out = H248_REQUEST_ALL;
		return true;
	}
	return scan_u32(s, "a request id", out);
}

static bool is_name(struct str w)
{
	size_t i;

	if (!w.len || w.len > H248_NAME_MAX || !is_class(w.p[0], CH_ALPHA))
		return false;
	for (i = 1; i < w.len; i++)
		if (!is_class(w.p[i], CH_NAME))
			return false;
	return true;
}

bool scan_check_name(struct parser *s, struct str word, const char *what)
{
	if (is_name(word))
		return true;
	return scan_fail(s, word.p, 0, "expected %s, found %.*s", what,
			 word.len < FOUND_MAX ? (int)word.len : FOUND_MAX, word.p);
}

bool scan_name(struct parser *s, const char *what, struct str *out)
{
	return scan_word(s, what, out) && scan_check_name(s, *out, what);
}

static bool is_name_or_all(struct str w)
{
	return (w.len == 1 && *w.p == '*') || is_name(w);
}

bool scan_split_name(struct parser *s, struct str word, struct h248_name *out)
{
	const char *slash = memchr(word.p, '/', word.len);

	if (slash) {
		out->pkg = (struct str){ word.p, (size_t)(slash - word.p) };
		out->item = (struct str){ slash + 1, word.len - out->pkg.len - 1 };
		/* "*" for the package only with "*" for the item */
		if (is_name_or_all(out->pkg) && is_name_or_all(out->item) &&
		    (*out->pkg.p != '*' || *out->item.p == '*'))
			return true;
	}
	return scan_fail(s, word.p, 0, "expected package/item, found %.*s",
			 word.len < FOUND_MAX ? (int)word.len : FOUND_MAX, word.p);
}

bool scan_pkgd_name(struct parser *s, const char *what, struct h248_name *out)
{
	struct str word;

	return scan_word(s, what, &word) && scan_split_name(s, word, out);
}

bool scan_is_tid(struct str w)
{
	size_t i = 0;

	while (i < w.len && (is_class(w.p[i], CH_NAME) || memchr("/*$", w.p[i], 3)))
		i++;
	if (!i || w.len > H248_NAME_MAX)
		return false;
	if (i == w.len)
		return true;
	if (w.p[i] != '@' || ++i == w.len)
		return false;
	while (i < w.len && (is_class(w.p[i], CH_ALPHA | CH_DIGIT) || memchr("-.*", w.p[i], 3)))
		i++;
	return i == w.len;
}

bool scan_tid(struct parser *s, struct h248_tid *out)
{
	struct str word;

	if (!scan_word(s, "a termination id", &word))
		return false;
	if (word.len > H248_NAME_MAX)
		return scan_fail(s, word.p, 0, "termination id longer than %d octets",
				 H248_NAME_MAX);
	if (!scan_is_tid(word))
		return scan_fail(s, word.p, 0, "expected a termination id, found %.*s",
				 word.len < FOUND_MAX ? (int)word.len : FOUND_MAX, word.p);
	*out = h248_tid_of(word);
	return true;
}

bool scan_quoted(struct parser *s, struct str *out)
{
	const char *q = s->p + 1;

	/* NUL and the other control characters are in no string */
	while ((unsigned char)*q >= 0x20 ? *q != '"' : is_class(*q, CH_BLANK))
		q++;
	if (*q != '"') {
		if (q >= s->end)
			return scan_fail(s, s->p, 0, "string without end");
		s->p = q;
		return scan_expected(s, "a character of a string");
	}
	*out = (struct str){ s->p + 1, (size_t)(q - s->p) - 1 };
	s->p = q + 1;
	return true;
}

/* drops the "\" of every "\}"; there is room, for the text only shrinks */
static size_t unescape(char *text, size_t len)
{
	char *to = memchr(text, '\\', len);
	char *from = to, *end = text + len;

	if (!to)
		return len;
	while (from < end) {
		if (*from == '\\' && from + 1 < end && from[1] == '}')
			from++;
		*to++ = *from++;
	}
	return (size_t)(to - text);
}

bool scan_octets(struct parser *s, struct str *out)
{
	const char *from, *q;
	char *text;
	size_t len;

	/* no comments here: ";" is SDP's */
	while (is_class(*s->p, CH_BLANK))
		s->p++;
	from = s->p;
	for (q = from;; q++) {
		q = memchr(q, '}', (size_t)(s->end - q));
		if (!q)
			return scan_fail(s, from, 0, "octet string without end");
		if (q == from || q[-1] != '\\')
			break;
	}
	s->p = memchr(from, '\0', (size_t)(q - from));
	if (s->p)
		return scan_expected(s, "a character of an octet string");
	s->p = q + 1;
	while (q > from && is_class(q[-1], CH_BLANK))
		q--;
	text = (char *)from;	/* ours: parse works on a copy */
	len = unescape(text, (size_t)(q - from));
	*out = (struct str){ text, len };
	return true;
}

bool scan_is_time(struct str word, struct h248_time *out)
{
	size_t i;

	if (word.len != 17 || (word.p[8] != 'T' && word.p[8] != 't'))
		return false;
	for (i = 0; i < 17; i++)
		if (i != 8 && !is_class(word.p[i], CH_DIGIT))
			return false;
	memcpy(out->date, word.p, sizeof(out->date));
	memcpy(out->time, word.p + 9, sizeof(out->time));
	return true;
}
