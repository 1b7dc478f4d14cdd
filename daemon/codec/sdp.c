// SPDX-License-Identifier: GPL-2.0-only
/* sdp: see sdp.h */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/sdp.h"

struct sdp_parser {
	struct arena *a;
	struct sdp *sdp;
	struct sdp_session *session, *last;
	struct sdp_error *err;
	struct str text;
	size_t at;
	unsigned int line;
};

static int fail(struct sdp_parser *s, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct sdp_parser *s, size_t column, const char *fmt, ...)
{
	va_list ap;
	char *p;

	s->err->line = s->line;
	s->err->column = (unsigned int)column;
	va_start(ap, fmt);
	vsnprintf(s->err->text, sizeof(s->err->text), fmt, ap);
	va_end(ap);
	/* it goes back to the peer inside of quotes */
	for (p = s->err->text; *p; p++) {
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
		else if (*p == '"')
			*p = '\'';
	}
	return -EBADMSG;
}

/* the next blank-separated field of a value */
static struct str next_field(struct str *rest)
{
	struct str f;
	size_t n = 0;

	while (rest->len && (*rest->p == ' ' || *rest->p == '\t')) {
		rest->p++;
		rest->len--;
	}
	while (n < rest->len && rest->p[n] != ' ' && rest->p[n] != '\t')
		n++;
	f = (struct str){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return f;
}

static int read_connection(struct sdp_line *line, struct sdp_connection *c)
{
	struct str rest = line->value;

	c->line = line;
	c->net = next_field(&rest);
	c->type = next_field(&rest);
	c->addr = next_field(&rest);
	/* "$" or "-" for all of it */
	if (!c->type.len && c->net.len == 1 && (*c->net.p == '$' || *c->net.p == '-'))
		c->type = c->addr = c->net;
	return c->addr.len && !next_field(&rest).len ? 0 : -EBADMSG;
}

static int read_media(struct arena *a, struct sdp_line *line, struct sdp_media *m)
{
	struct sdp_field *f, *last = NULL;
	struct str rest = line->value;
	const char *slash;
	struct str text;

	m->line = line;
	m->formats = NULL;
	m->media = next_field(&rest);
	m->port = next_field(&rest);
	m->proto = next_field(&rest);
	if (!m->proto.len)
		return -EBADMSG;
	m->ports = STR_NONE;
	slash = memchr(m->port.p, '/', m->port.len);
	if (slash) {
		m->ports = (struct str){ slash + 1,
					 (size_t)(m->port.p + m->port.len - slash) - 1 };
		m->port.len = (size_t)(slash - m->port.p);
	}
	for (;;) {
		text = next_field(&rest);
		if (!text.len)
			return 0;
		f = arena_new(a, struct sdp_field);
		if (!f)
			return -ENOMEM;
		f->text = text;
		if (last)
			last->next = f;
		else
			m->formats = f;
		last = f;
	}
}

/* the next line of the text; false at its end */
static bool next_line(struct sdp_parser *s, struct str *out)
{
	size_t from, n;

	if (s->at >= s->text.len)
		return false;
	from = s->at;
	for (n = from; n < s->text.len && s->text.p[n] != '\r' && s->text.p[n] != '\n';)
		n++;
	*out = (struct str){ s->text.p + from, n - from };
	/* CRLF, CR or LF */
	if (n + 1 < s->text.len && s->text.p[n] == '\r' && s->text.p[n + 1] == '\n')
		n++;
	n++;
	s->at = n;
	s->line++;
	return true;
}

static bool is_blank(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t')
			return false;
	return true;
}

static void append_line(struct sdp_session *session, struct sdp_line *line)
{
	if (session->last)
		session->last->next = line;
	else
		session->lines = line;
	session->last = line;
}

static int begin_session(struct sdp_parser *s, struct str version)
{
	struct sdp_session *session;
	struct str first;

	/* RFC 8866 5.1; that there is nothing to choose is for the user to say */
	first = next_field(&version);
	if (first.len != 1 || (*first.p != '0' && *first.p != '$') || next_field(&version).len)
		return fail(s, 3, "expected v=0");
	session = arena_new(s->a, struct sdp_session);
	if (!session)
		return -ENOMEM;
	if (s->last)
		s->last->next = session;
	else
		s->sdp->sessions = session;
	s->last = s->session = session;
	return 0;
}

static int add_connection(struct sdp_parser *s, struct sdp_line *line)
{
	struct sdp_connection *c = line->media_level ? &s->session->media_connection :
						       &s->session->session_connection;

	if (c->line)
		return fail(s, 1, "c= appears twice");
	if (read_connection(line, c))
		return fail(s, 3, "expected c=<nettype> <addrtype> <address>");
	return 0;
}

static int add_line(struct sdp_parser *s, struct str text)
{
	struct sdp_line *line;
	size_t i;
	int r;

	/* RFC 4566 9: no NUL, CR, LF; the others have no business in a line either */
	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < 0x20 && text.p[i] != '\t')
			return fail(s, i + 1, "control character");
	if (text.len < 2 || text.p[1] != '=' || ascii_lower(text.p[0]) < 'a' ||
	    ascii_lower(text.p[0]) > 'z')
		return fail(s, 1, "expected <letter>=, found %.*s",
			    text.len < 16 ? (int)text.len : 16, text.p);
	if (text.p[0] == 'v') {
		r = begin_session(s, (struct str){ text.p + 2, text.len - 2 });
		if (r)
			return r;
	}
	if (!s->session)
		return fail(s, 1, "expected v= first, found %.*s",
			    text.len < 16 ? (int)text.len : 16, text.p);
	line = arena_new(s->a, struct sdp_line);
	if (!line)
		return -ENOMEM;
	line->type = text.p[0];
	line->value = (struct str){ text.p + 2, text.len - 2 };
	line->media_level = s->session->media.line != NULL;
	append_line(s->session, line);
	switch (line->type) {
	case 'c':
		return add_connection(s, line);
	case 'm':
		if (s->session->media.line)
			return fail(s, 1, "more than one m= in a session");
		r = read_media(s->a, line, &s->session->media);
		if (r == -EBADMSG)
			return fail(s, 3, "expected m=<media> <port> <proto> <format>");
		return r;
	default:
		return 0;
	}
}

int sdp_parse(struct arena *a, struct str text, struct sdp **out, struct sdp_error *err)
{
	struct sdp_parser s = { .a = a, .err = err, .text = text };
	struct str line;
	int r;

	memset(err, 0, sizeof(*err));
	*out = NULL;
	s.sdp = arena_new(a, struct sdp);
	if (!s.sdp)
		return -ENOMEM;
	while (next_line(&s, &line)) {
		/* empty lines between alternatives are no SDP, but are seen */
		if (is_blank(line))
			continue;
		r = add_line(&s, line);
		if (r)
			return r;
	}
	*out = s.sdp;
	return 0;
}

struct str sdp_text(struct arena *a, const struct sdp *sdp)
{
	const struct sdp_session *s;
	const struct sdp_line *line;
	size_t len = 0;
	char *p, *to;

	for (s = sdp->sessions; s; s = s->next)
		for (line = s->lines; line; line = line->next)
			len += line->value.len + 4;
	p = to = arena_text(a, len + 1);
	if (!p)
		return STR_NONE;
	for (s = sdp->sessions; s; s = s->next) {
		for (line = s->lines; line; line = line->next) {
			if (to != p) {
				*to++ = '\r';
				*to++ = '\n';
			}
			*to++ = line->type;
			*to++ = '=';
			if (line->value.len)
				memcpy(to, line->value.p, line->value.len);
			to += line->value.len;
		}
	}
	*to = '\0';
	return (struct str){ p, (size_t)(to - p) };
}

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '/' || c == ':' || c == '=' || c == ';' || c == ',';
}

bool sdp_has_choose(struct str v)
{
	size_t i;

	for (i = 0; i < v.len; i++)
		if (v.p[i] == '$' && (!i || is_separator(v.p[i - 1])) &&
		    (i + 1 == v.len || is_separator(v.p[i + 1])))
			return true;
	return false;
}

const struct sdp_connection *sdp_connection(const struct sdp_session *s)
{
	return s->media_connection.line ? &s->media_connection : &s->session_connection;
}

struct sdp_line *sdp_attr(const struct sdp_session *s, struct sdp_line *from, const char *name,
			  struct str *value)
{
	struct sdp_line *line = from ? from : s->lines;
	size_t n = strlen(name);

	for (; line; line = line->next) {
		if (line->type != 'a' || line->value.len < n || memcmp(line->value.p, name, n))
			continue;
		if (line->value.len == n) {
			*value = (struct str){ line->value.p + n, 0 };
			return line;
		}
		if (line->value.p[n] == ':') {
			*value = (struct str){ line->value.p + n + 1, line->value.len - n - 1 };
			return line;
		}
	}
	return NULL;
}

int sdp_set_line(struct arena *a, struct sdp_line *line, struct str value)
{
	struct str copy = arena_str(a, value);

	if (!copy.p)
		return -ENOMEM;
	line->value = copy;
	return 0;
}

int sdp_set_connection(struct arena *a, struct sdp_session *s, const char *net, const char *type,
		       const char *addr)
{
	struct sdp_connection *c = s->media_connection.line ? &s->media_connection :
							      &s->session_connection;
	struct str v;

	if (!c->line)
		return -ENOENT;
	v = arena_printf(a, "%s %s %s", net, type, addr);
	if (!v.p)
		return -ENOMEM;
	c->line->value = v;
	return read_connection(c->line, c);
}

/* the rest of the m= line stays as it is written */
static int set_port(struct arena *a, struct sdp_media *m, struct str port)
{
	const char *end = m->line->value.p + m->line->value.len;
	const char *rest = m->proto.p;
	struct str v;

	v = arena_printf(a, "%.*s %.*s%s%.*s %.*s", STR_ARG(m->media), STR_ARG(port),
			 m->ports.p ? "/" : "", STR_ARG(m->ports), (int)(end - rest), rest);
	if (!v.p)
		return -ENOMEM;
	m->line->value = v;
	return read_media(a, m->line, m);
}

int sdp_set_port(struct arena *a, struct sdp_session *s, unsigned int port)
{
	char text[16];

	if (!s->media.line)
		return -ENOENT;
	snprintf(text, sizeof(text), "%u", port);
	return set_port(a, &s->media, str_c(text));
}

int sdp_set_not_applicable(struct arena *a, struct sdp_session *s)
{
	struct str rest, field, copy;
	bool any = false;

	if (!s->media.line)
		return -ENOENT;
	copy = arena_str(a, s->media.line->value);
	if (!copy.p)
		return -ENOMEM;
	rest = copy;
	for (field = next_field(&rest); field.len; field = next_field(&rest)) {
		if (!sdp_is_choose(field))
			continue;
		*(char *)field.p = '-';
		any = true;
	}
	if (!any)
		return 0;
	s->media.line->value = copy;
	return read_media(a, s->media.line, &s->media) ? -ENOMEM : 1;
}
