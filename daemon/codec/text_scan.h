/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_scan: characters, white space, words; and the parser's state.
 *
 * Purpose: what the text_parse_*.c files share. Not for use outside of the codec.
 *
 * The text is a copy in the arena with a NUL behind it. No character class holds
 * NUL, so that the loops over a class need no test for the end; a NUL inside the
 * message stops them too and is then an unexpected character like any other.
 *
 * Every parse function returns false after it has recorded an error; the first
 * one is kept. White space is skipped before a thing, never after it, so that the
 * position of an error is where the thing is.
 */
#ifndef KMGWD_TEXT_SCAN_H
#define KMGWD_TEXT_SCAN_H

#include "codec/text.h"
#include "codec/text_token.h"

struct parser {
	struct arena *a;
	const char *p;		/* next octet */
	const char *start, *end;
	const char *original;	/* what start is a copy of; unescaping changes the copy */
	struct h248_text_error *err;
	bool failed;
	bool nomem;
	bool reply;		/* inside of a Reply: audit tokens may stand alone */
	unsigned int regulated;	/* how many RegulatedNotify we are in */
};

enum {
	CH_SAFE		= 1 << 0,	/* SafeChar */
	CH_HIGH		= 1 << 1,	/* 0x80 to 0xff, in a VALUE only */
	CH_NAME		= 1 << 2,	/* letter, digit, "_" */
	CH_ALPHA	= 1 << 3,
	CH_DIGIT	= 1 << 4,
	CH_HEX		= 1 << 5,
	CH_BLANK	= 1 << 6,	/* blank, tab, CR, LF */
	CH_MAP		= 1 << 7,	/* in a digit map; more than Annex B has */
};

extern const uint8_t h248_char_class[256];

static inline bool is_class(char c, unsigned int mask)
{
	return (h248_char_class[(unsigned char)c] & mask) != 0;
}

/*
 * Records an error at a place. code 0 stands for the syntax error of the level
 * that was reached (400, 403, 422, 442). Return: false
 */
bool scan_fail(struct parser *s, const char *at, unsigned int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "expected <what>" with what is there instead */
bool scan_expected(struct parser *s, const char *what);
/* the same where no white space may be */
bool scan_expected_here(struct parser *s, const char *what);
bool scan_nomem(struct parser *s);
/* 400, 403, 422, 442 */
unsigned int scan_syntax_code(enum h248_error_level level);

void scan_lwsp_slow(struct parser *s);

/* LWSP: blanks, line ends, comments */
static inline void scan_lwsp(struct parser *s)
{
	while (is_class(*s->p, CH_BLANK))
		s->p++;
	if (*s->p == ';')
		scan_lwsp_slow(s);
}

static inline bool scan_peek(struct parser *s, char c)
{
	scan_lwsp(s);
	return *s->p == c;
}

/* takes c if it is next */
static inline bool scan_take(struct parser *s, char c)
{
	if (!scan_peek(s, c))
		return false;
	s->p++;
	return true;
}

bool scan_expect(struct parser *s, char c);

/* after an item of a list that ends with close: true if another one follows */
bool scan_more(struct parser *s, char close, bool *more);

/* 1*SafeChar; fails with "expected <what>" */
bool scan_word(struct parser *s, const char *what, struct str *out);
/* the same, without moving on and without failing: empty if none */
struct str scan_ahead(struct parser *s);
bool scan_u16(struct parser *s, const char *what, uint16_t *out);
bool scan_u32(struct parser *s, const char *what, uint32_t *out);
/* "*" gives UINT32_MAX */
bool scan_request_id(struct parser *s, uint32_t *out);
/* NAME */
bool scan_check_name(struct parser *s, struct str word, const char *what);
bool scan_name(struct parser *s, const char *what, struct str *out);
/* pkgdName, from a word that was read already */
bool scan_split_name(struct parser *s, struct str word, struct h248_name *out);
bool scan_pkgd_name(struct parser *s, const char *what, struct h248_name *out);
/*
 * TerminationID: its octets are those of pathNAME and pathDomainName (H.248.1 B.2), in whatever order,
 * for other gateways' names begin with digits, too. What is none must not come back in a reply.
 */
bool scan_is_tid(struct str w);
bool scan_tid(struct parser *s, struct h248_tid *out);
/* quotedString, the opening quote is next */
bool scan_quoted(struct parser *s, struct str *out);
/* octetString after "{", with its "}" */
bool scan_octets(struct parser *s, struct str *out);
/* is it yyyymmddThhmmssss? */
bool scan_is_time(struct str word, struct h248_time *out);
bool scan_number(struct str word, uint32_t max, uint32_t *out);

#define scan_new(s, type)	((type *)scan_alloc((s), sizeof(type)))
static inline void *scan_alloc(struct parser *s, size_t size)
{
	void *p = arena_zalloc(s->a, size);

	if (!p)
		scan_nomem(s);
	return p;
}

/* ---- productions ------------------------------------------------------ */

typedef H248_LIST(h248_property) property_list;
typedef H248_LIST(h248_tid) tid_list;

/* text_parse_value.c */
bool parse_value(struct parser *s, struct h248_property *p);
bool parse_parm_value(struct parser *s, struct h248_property *p);
/* pkgdName parmValue; the name was read already */
struct h248_property *parse_property(struct parser *s, struct str name);
/* NAME parmValue */
struct h248_property *parse_param(struct parser *s, struct str name);
bool parse_mid(struct parser *s, struct h248_mid *out);
struct h248_error *parse_error_descriptor(struct parser *s);	/* after the token */
bool parse_stream_id(struct parser *s, uint16_t *out);		/* "= n" */
bool parse_on_off(struct parser *s, enum h248_tristate *out);	/* "= ON" */

/* text_parse_media.c: each after its token */
struct h248_media *parse_media(struct parser *s);
struct h248_modem *parse_modem(struct parser *s);
struct h248_mux *parse_mux(struct parser *s);
struct h248_statistics *parse_statistics(struct parser *s);
bool parse_mode_value(struct parser *s, enum h248_mode *out);
bool parse_state_value(struct parser *s, enum h248_service_state *out);

/* text_parse_event.c */
struct h248_events *parse_events(struct parser *s);
struct h248_events *parse_event_buffer(struct parser *s);
struct h248_observed *parse_observed(struct parser *s);
struct h248_digit_map *parse_digit_map(struct parser *s);

/* text_parse_signal.c */
struct h248_signals *parse_signals(struct parser *s);
/* one entry of Signals { }; the word was read already */
struct h248_signal_entry *parse_signal_entry(struct parser *s, struct str word);

/* text_parse_audit.c */
struct h248_audit *parse_audit(struct parser *s);
/* one auditItem; true and *known = false if the token is none */
bool parse_audit_item(struct parser *s, struct h248_audit *audit, enum h248_token token,
		      bool *known);
struct h248_packages *parse_packages(struct parser *s);
bool parse_package(struct parser *s, struct h248_package **out);

/* text_parse_context.c */
bool parse_topology(struct parser *s, struct h248_context_attr *attr);
bool parse_context_attr(struct parser *s, struct h248_context_attr *attr);
struct h248_context_audit *parse_context_audit(struct parser *s);
bool parse_context_id(struct parser *s, uint32_t *out);

/* text_parse_service.c */
struct h248_service_change *parse_service_change(struct parser *s);

/* text_parse_command.c: the command token was read; item is its word */
bool parse_command(struct parser *s, struct h248_action *act, enum h248_token token,
		   bool optional, bool wildcard);
bool h248_command_of(enum h248_token token, enum h248_command_kind *out);

#endif /* KMGWD_TEXT_SCAN_H */
