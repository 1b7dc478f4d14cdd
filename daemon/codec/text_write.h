/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_write: what the text_write*.c files share. Not for use outside of the codec.
 *
 * The first thing that has no text form sets w->err; writing goes on, the result is
 * thrown away by the caller.
 */
#ifndef KMGWD_TEXT_WRITE_H
#define KMGWD_TEXT_WRITE_H

#include "codec/text.h"
#include "codec/text_token.h"

struct writer {
	struct strbuf *b;
	bool compact;
	bool first;		/* the next item is the first one of its block */
	unsigned int depth;
	int err;		/* 0 or -EINVAL */
};

static inline void w_token(struct writer *w, enum h248_token token)
{
	strbuf_str(w->b, h248_token_text(token, w->compact));
}

void w_invalid(struct writer *w);
/* " {" and a new level; "}" */
void w_open(struct writer *w);
void w_close(struct writer *w);
/* starts an item of a block: comma, new line, indentation */
void w_item(struct writer *w);
void w_equal(struct writer *w);
/* between elements of a list within a line */
void w_comma(struct writer *w);

void w_u32(struct writer *w, uint32_t v);
void w_name(struct writer *w, struct str name);
void w_pkgd_name(struct writer *w, const struct h248_name *name);
void w_tid(struct writer *w, const struct h248_tid *tid);
void w_request_id(struct writer *w, uint32_t id);
void w_quoted(struct writer *w, struct str text);
void w_time(struct writer *w, const struct h248_time *t);
void w_mid(struct writer *w, const struct h248_mid *mid);
void w_error(struct writer *w, const struct h248_error *e);
void w_form(struct writer *w, enum h248_form form);

/* token item, "token = n" item, "token = token" item */
void w_token_item(struct writer *w, enum h248_token token);
void w_number_item(struct writer *w, enum h248_token token, uint32_t v);
void w_choice_item(struct writer *w, enum h248_token token, enum h248_token value);

/* name and value; as an item of a block */
void w_property(struct writer *w, const struct h248_property *p);
void w_parm_value(struct writer *w, const struct h248_property *p);
void w_property_items(struct writer *w, const struct h248_property *first);
/* token "{" octets "}" */
void w_octets_item(struct writer *w, enum h248_token token, struct str text);

enum h248_token w_mode_token(enum h248_mode mode);
enum h248_token w_state_token(enum h248_service_state state);
enum h248_token w_on_off(enum h248_tristate t);

/* each as an item of a block */
void w_media(struct writer *w, const struct h248_media *m);
void w_modem(struct writer *w, const struct h248_modem *m);
void w_mux(struct writer *w, const struct h248_mux *m);
void w_statistics(struct writer *w, const struct h248_statistics *s);
void w_events(struct writer *w, const struct h248_events *e);
void w_event_buffer(struct writer *w, const struct h248_events *e);
void w_observed(struct writer *w, const struct h248_observed *o);
void w_digit_map(struct writer *w, const struct h248_digit_map *m);
void w_signals(struct writer *w, const struct h248_signals *s);
void w_signal_entry(struct writer *w, const struct h248_signal_entry *e);
void w_audit(struct writer *w, const struct h248_audit *a);
void w_audit_items(struct writer *w, const struct h248_audit *a);
void w_audit_tokens(struct writer *w, unsigned int items);
void w_packages(struct writer *w, const struct h248_packages *p);
void w_context_attr(struct writer *w, const struct h248_context_attr *attr);
void w_context_audit(struct writer *w, const struct h248_context_audit *ca);
void w_context_id(struct writer *w, uint32_t id);
void w_service_change(struct writer *w, const struct h248_service_change *sc);

#endif /* KMGWD_TEXT_WRITE_H */
