// SPDX-License-Identifier: GPL-2.0-only
/* text_write_value: layout, names, values. See text_write.h. */
#include <errno.h>

#include "codec/text_scan.h"
#include "codec/text_write.h"

void w_invalid(struct writer *w)
{
	w->err = -EINVAL;
}

static void new_line(struct writer *w)
{
	static const char tabs[] = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
	size_t n = w->depth < sizeof(tabs) - 1 ? w->depth : sizeof(tabs) - 1;

	strbuf_char(w->b, '\n');
	strbuf_add(w->b, tabs, n);
}

void w_open(struct writer *w)
{
	if (w->compact)
		strbuf_char(w->b, '{');
	else
		strbuf_puts(w->b, " {");
	w->depth++;
	w->first = true;
}

void w_close(struct writer *w)
{
	w->depth--;
	if (!w->compact && !w->first)
		new_line(w);
	else if (!w->compact)
		strbuf_char(w->b, ' ');
	strbuf_char(w->b, '}');
	w->first = false;
}

void w_item(struct writer *w)
{
	if (!w->first)
		strbuf_char(w->b, ',');
	w->first = false;
	if (!w->compact)
		new_line(w);
}

void w_equal(struct writer *w)
{
	if (w->compact)
		strbuf_char(w->b, '=');
	else
		strbuf_puts(w->b, " = ");
}

void w_comma(struct writer *w)
{
	if (w->compact)
		strbuf_char(w->b, ',');
	else
		strbuf_puts(w->b, ", ");
}

void w_u32(struct writer *w, uint32_t v)
{
	strbuf_u64(w->b, v);
}

static bool all_of(struct str s, unsigned int mask)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!is_class(s.p[i], mask))
			return false;
	return s.len;
}

void w_name(struct writer *w, struct str name)
{
	bool all = name.len == 1 && *name.p == '*';

	if (!all && (!all_of(name, CH_NAME) || !is_class(*name.p, CH_ALPHA) ||
		     name.len > H248_NAME_MAX))
		w_invalid(w);
	strbuf_str(w->b, name);
}

void w_pkgd_name(struct writer *w, const struct h248_name *name)
{
	if (name->pkg.p) {
		w_name(w, name->pkg);
		strbuf_char(w->b, '/');
	}
	w_name(w, name->item);
}

void w_tid(struct writer *w, const struct h248_tid *tid)
{
	if (!scan_is_tid(tid->text))
		w_invalid(w);
	strbuf_str(w->b, tid->text);
}

void w_request_id(struct writer *w, uint32_t id)
{
	if (id == H248_REQUEST_ALL)
		strbuf_char(w->b, '*');
	else
		w_u32(w, id);
}

static bool is_string(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '"' ||
		    ((unsigned char)s.p[i] < 0x20 && !is_class(s.p[i], CH_BLANK)))
			return false;
	return true;
}

void w_quoted(struct writer *w, struct str text)
{
	if (!is_string(text))
		w_invalid(w);
	strbuf_char(w->b, '"');
	strbuf_str(w->b, text);
	strbuf_char(w->b, '"');
}

void w_time(struct writer *w, const struct h248_time *t)
{
	if (!all_of((struct str){ t->date, sizeof(t->date) }, CH_DIGIT) ||
	    !all_of((struct str){ t->time, sizeof(t->time) }, CH_DIGIT))
		w_invalid(w);
	strbuf_add(w->b, t->date, sizeof(t->date));
	strbuf_char(w->b, 'T');
	strbuf_add(w->b, t->time, sizeof(t->time));
}

void w_mid(struct writer *w, const struct h248_mid *mid)
{
	unsigned int mask = CH_SAFE;

	switch (mid->kind) {
	case H248_MID_IP4:
	case H248_MID_IP6:
		/* what the reader let through has a good form */
		strbuf_char(w->b, '[');
		strbuf_str(w->b, mid->text);
		strbuf_char(w->b, ']');
		mask = 0;
		break;
	case H248_MID_DOMAIN:
		strbuf_char(w->b, '<');
		strbuf_str(w->b, mid->text);
		strbuf_char(w->b, '>');
		break;
	case H248_MID_DEVICE:
		strbuf_str(w->b, mid->text);
		break;
	case H248_MID_MTP:
		w_token(w, TOK_MTP);
		strbuf_char(w->b, '{');
		strbuf_str(w->b, mid->text);
		strbuf_char(w->b, '}');
		mask = CH_HEX;
		break;
	case H248_MID_PORT:
		w_u32(w, mid->port);
		return;
	}
	if (!mid->text.len || (mask && !all_of(mid->text, mask)))
		w_invalid(w);
	if (mid->has_port && mid->kind != H248_MID_DEVICE && mid->kind != H248_MID_MTP) {
		strbuf_char(w->b, ':');
		w_u32(w, mid->port);
	}
}

void w_error(struct writer *w, const struct h248_error *e)
{
	w_token(w, TOK_ERROR);
	w_equal(w);
	w_u32(w, e->code);
	strbuf_puts(w->b, w->compact ? "{" : " { ");
	if (e->text.p)
		w_quoted(w, e->text);
	strbuf_puts(w->b, w->compact ? "}" : " }");
}

void w_token_item(struct writer *w, enum h248_token token)
{
	w_item(w);
	w_token(w, token);
}

void w_number_item(struct writer *w, enum h248_token token, uint32_t v)
{
	w_token_item(w, token);
	w_equal(w);
	w_u32(w, v);
}

void w_choice_item(struct writer *w, enum h248_token token, enum h248_token value)
{
	w_token_item(w, token);
	w_equal(w);
	w_token(w, value);
}

static void w_value(struct writer *w, const struct h248_value *v)
{
	if (!v)
		w_invalid(w);
	else if (v->quoted || !all_of(v->text, CH_SAFE | CH_HIGH))
		w_quoted(w, v->text);
	else
		strbuf_str(w->b, v->text);
}

static void w_values(struct writer *w, const struct h248_value *v, char open, char close)
{
	strbuf_char(w->b, open);
	for (;; v = v->next) {
		w_value(w, v);
		if (!v || !v->next)
			break;
		w_comma(w);
	}
	strbuf_char(w->b, close);
}

void w_form(struct writer *w, enum h248_form form)
{
	const char *sign = form == H248_FORM_NOT ? "#" : form == H248_FORM_GREATER ? ">" :
			   form == H248_FORM_LESS ? "<" : "=";

	if (!w->compact)
		strbuf_char(w->b, ' ');
	strbuf_puts(w->b, sign);
	if (!w->compact)
		strbuf_char(w->b, ' ');
}

void w_property(struct writer *w, const struct h248_property *p)
{
	w_pkgd_name(w, &p->name);
	w_parm_value(w, p);
}

void w_parm_value(struct writer *w, const struct h248_property *p)
{
	const struct h248_value *v = p->values.first;

	if (p->form == H248_FORM_NONE)
		return;
	w_form(w, p->form);
	switch (p->form) {
	case H248_FORM_AND:
		w_values(w, v, '[', ']');
		break;
	case H248_FORM_OR:
		w_values(w, v, '{', '}');
		break;
	case H248_FORM_RANGE:
		strbuf_char(w->b, '[');
		w_value(w, v);
		strbuf_char(w->b, ':');
		w_value(w, v ? v->next : NULL);
		strbuf_char(w->b, ']');
		break;
	default:
		w_value(w, v);
		break;
	}
}

void w_property_items(struct writer *w, const struct h248_property *p)
{
	for (; p; p = p->next) {
		w_item(w);
		w_property(w, p);
	}
}

/*
 * Line ends become CRLF, "}" is escaped, NUL cannot be. Line ends in front and at the
 * end are left out: the reader would not give them back.
 */
void w_octets_item(struct writer *w, enum h248_token token, struct str text)
{
	const char *q, *end, *from;

	w_token_item(w, token);
	strbuf_puts(w->b, w->compact ? "{" : " {\n");
	while (text.len && is_class(text.p[text.len - 1], CH_BLANK))
		text.len--;
	q = text.p;
	end = q + text.len;
	while (q < end && is_class(*q, CH_BLANK))
		q++;
	for (from = q; q < end; q++) {
		if (*q != '}' && *q != '\r' && *q != '\n' && *q)
			continue;
		strbuf_add(w->b, from, (size_t)(q - from));
		if (*q == '}') {
			strbuf_puts(w->b, "\\}");
		} else if (*q) {
			strbuf_puts(w->b, "\r\n");
			if (*q == '\r' && q + 1 < end && q[1] == '\n')
				q++;
		} else {
			w_invalid(w);
		}
		from = q + 1;
	}
	strbuf_add(w->b, from, (size_t)(end - from));
	if (text.len)
		strbuf_puts(w->b, "\r\n");
	strbuf_char(w->b, '}');
}
