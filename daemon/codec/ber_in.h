/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ber_in: elements of BER and the reader's state.
 *
 * Purpose: what the ber_read_*.c files share. Not for use outside of the codec.
 *
 * Every function returns false after it has recorded an error; the first one is kept.
 * Recursion is bounded by the grammar, and by BER_DEPTH_MAX where the end of an
 * indefinite length or the parts of a string are looked for.
 */
#ifndef KMGWD_BER_IN_H
#define KMGWD_BER_IN_H

#include <stddef.h>

#include "codec/ber.h"

#define BER_DEPTH_MAX	48	/* the grammar itself needs 34 */

enum {
	BER_UNIVERSAL	= 0x00,
	BER_CONTEXT	= 0x80,
	BER_CLASS	= 0xc0,
	BER_CONSTRUCTED	= 0x20,
};

/* universal tags */
enum {
	BER_BOOLEAN		= 1,
	BER_INTEGER		= 2,
	BER_BIT_STRING		= 3,
	BER_OCTET_STRING	= 4,
	BER_NULL		= 5,
	BER_ENUMERATED		= 10,
	BER_UTF8_STRING		= 12,
	BER_SEQUENCE		= 16,
	BER_NUMERIC_STRING	= 18,
	BER_PRINTABLE_STRING	= 19,
	BER_T61_STRING		= 20,
	BER_IA5_STRING		= 22,
	BER_VISIBLE_STRING	= 26,
	BER_GENERAL_STRING	= 27,
};

struct ber {
	struct arena *a;
	const struct h248_ids *ids;	/* never NULL */
	const uint8_t *start;
	struct h248_text_error *err;
	bool failed;
	bool nomem;
	bool reply;		/* inside of a transactionReply */
	const char *field;	/* the one that is read, by ber_flag() and the like */
};

struct ber_tlv {
	const uint8_t *at;	/* its first octet */
	const uint8_t *p, *end;	/* contents; p moves on as they are read */
	uint32_t tag;
	uint8_t class;
	bool constructed;
};

struct ber_field {
	const char *name;
	uint8_t tag;
	bool optional;
	bool (*read)(struct ber *b, struct ber_tlv *t, void *to);
	size_t at;	/* of what read() gets, in what the type is read into */
};

/* a field for one member of the structure, and one for what read() finds in it */
#define BER_AT(name, tag, optional, read, type, member) \
	{ name, tag, optional, read, offsetof(type, member) }
#define BER_IN(name, tag, optional, read) \
	{ name, tag, optional, read, 0 }

/* a SEQUENCE, or a CHOICE; fields in the order of their tags */
struct ber_type {
	const char *name;
	bool extensible;
	uint8_t n;
	const struct ber_field *fields;
};

#define BER_TYPE(id, ext, ...) \
	static const struct ber_field id##_fields[] = { __VA_ARGS__ }; \
	static const struct ber_type id = { \
		#id, ext, sizeof(id##_fields) / sizeof(id##_fields[0]), id##_fields, \
	}
#define BER_FIXED	false
#define BER_EXTENSIBLE	true

/* code 0 stands for the syntax error of the level that was reached. Return: false */
bool ber_fail(struct ber *b, const uint8_t *at, unsigned int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool ber_nomem(struct ber *b, const uint8_t *at);

/* the next element of in, which must not be at its end */
bool ber_next(struct ber *b, struct ber_tlv *in, struct ber_tlv *out);
static inline bool ber_more(const struct ber_tlv *t)
{
	return t->p < t->end;
}

bool ber_sequence(struct ber *b, struct ber_tlv *t, const struct ber_type *type, void *to);
/* t is one of the alternatives; one that is not known is refused with code */
bool ber_choice(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
		unsigned int code, void *to);
/* t has an explicit tag around one element */
bool ber_inner(struct ber *b, struct ber_tlv *t, struct ber_tlv *inner);
bool ber_explicit_choice(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
			 unsigned int code, void *to);
/* SEQUENCE OF elements of a universal type */
bool ber_each(struct ber *b, struct ber_tlv *t, unsigned int tag, struct ber_tlv *out, bool *more);
/* SEQUENCE OF a CHOICE */
bool ber_each_choice(struct ber *b, struct ber_tlv *t, struct ber_tlv *out, bool *more);

bool ber_uint(struct ber *b, struct ber_tlv *t, uint32_t max, const char *what, uint32_t *out);
bool ber_u16(struct ber *b, struct ber_tlv *t, const char *what, uint16_t *out);
bool ber_bool(struct ber *b, struct ber_tlv *t, const char *what, bool *out);
bool ber_null(struct ber *b, struct ber_tlv *t, const char *what);
/* the same as readers of a field, which is called as in its type */
bool ber_flag(struct ber *b, struct ber_tlv *t, void *to);		/* NULL: bool *, set */
bool ber_number16(struct ber *b, struct ber_tlv *t, void *to);	/* uint16_t * */
bool ber_number32(struct ber *b, struct ber_tlv *t, void *to);	/* uint32_t * */
/* OCTET STRING or a string of characters, whole or in parts */
bool ber_octets(struct ber *b, struct ber_tlv *t, size_t min, size_t max, const char *what,
		struct str *out);
/* BIT STRING with named bits: bit n of the string is 1 << n; those above 31 are dropped */
bool ber_bits(struct ber *b, struct ber_tlv *t, const char *what, uint32_t *out);

/* the digits of octets, as text in the arena */
bool ber_hex(struct ber *b, struct str octets, struct str *out);

#define ber_new(b, type)	((type *)ber_alloc((b), sizeof(type)))
void *ber_alloc(struct ber *b, size_t size);

/* a look at octets that need not be an element: true if they are exactly one */
bool ber_is_element(const uint8_t *p, size_t len, struct ber_tlv *out);

/* ---- productions ------------------------------------------------------ */

typedef H248_LIST(h248_property) ber_properties;
typedef H248_LIST(h248_tid) ber_tids;

/* ber_read_value.c; where "to" is a void * it is what the comment says */
bool ber_read_mid(struct ber *b, struct ber_tlv *t, struct h248_mid *out);
bool ber_read_address(struct ber *b, struct ber_tlv *t, struct h248_mid *out);
bool ber_read_error(struct ber *b, struct ber_tlv *t, void *to);	/* struct h248_error ** */
bool ber_read_tid(struct ber *b, struct ber_tlv *t, struct h248_tid *out);
bool ber_read_tids(struct ber *b, struct ber_tlv *t, void *to);	/* ber_tids * */
bool ber_read_time(struct ber *b, struct ber_tlv *t, struct h248_time *out);
bool ber_read_string(struct ber *b, struct ber_tlv *t, void *to);	/* struct str * */
bool ber_read_stream_id(struct ber *b, struct ber_tlv *t, const char *what, bool *has,
			uint16_t *out);

/* ber_read_property.c */
bool ber_read_pkgd_name(struct ber *b, struct ber_tlv *t, enum h248_scope scope,
			struct h248_name *out, struct h248_item *item);
bool ber_read_package(struct ber *b, struct ber_tlv *t, struct str *out);
/* PropertyParm, appended */
bool ber_read_property(struct ber *b, struct ber_tlv *t, ber_properties *list);
bool ber_read_properties(struct ber *b, struct ber_tlv *t, void *to);	/* ber_properties * */
/* EventParameter or SigParameter list; item is the event or signal */
bool ber_read_params(struct ber *b, struct ber_tlv *t, const struct h248_item *item,
		     ber_properties *list);
bool ber_read_statistics(struct ber *b, struct ber_tlv *t, void *to);	/* struct h248_statistics ** */
/* Value, of one string */
bool ber_read_reason(struct ber *b, struct ber_tlv *t, struct str *out);
/* of a digit map */
bool ber_read_map_name(struct ber *b, struct ber_tlv *t, void *to);	/* struct str * */

/* ber_read_media.c */
bool ber_read_media(struct ber *b, struct ber_tlv *t, void *to);	/* struct h248_media ** */
bool ber_read_modem(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_mux(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_packages(struct ber *b, struct ber_tlv *t, void *to);
/* PackagesItem, IndAudPackagesDescriptor */
bool ber_read_package_item(struct ber *b, struct ber_tlv *t, struct h248_package *out);
bool ber_read_mode(struct ber *b, struct ber_tlv *t, enum h248_mode *out);
bool ber_read_state(struct ber *b, struct ber_tlv *t, enum h248_service_state *out);

/* ber_read_sdp.c: LocalRemoteDescriptor */
bool ber_read_sdp(struct ber *b, struct ber_tlv *t, struct str *out);
/* the same of an audit: bare, or with what to select by */
bool ber_read_ind_sdp(struct ber *b, struct ber_tlv *t, struct str *out);

/* ber_read_event.c, ber_read_signal.c */
bool ber_read_events(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_event_buffer(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_observed(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_digit_map(struct ber *b, struct ber_tlv *t, void *to);
bool ber_read_signals(struct ber *b, struct ber_tlv *t, void *to);

/* ber_read_audit.c */
bool ber_read_audit(struct ber *b, struct ber_tlv *t, void *to);	/* struct h248_audit ** */
bool ber_read_audit_bits(struct ber *b, struct ber_tlv *t, unsigned int *items);
bool ber_read_ind_property(struct ber *b, struct ber_tlv *t, struct h248_name *name,
			   ber_properties *list);

/* ber_read_context.c */
bool ber_read_context_request(struct ber *b, struct ber_tlv *t, void *to); /* h248_context_attr * */
bool ber_read_context_audit(struct ber *b, struct ber_tlv *t, void *to); /* h248_context_audit ** */

/* ber_read_service.c */
bool ber_read_service_parm(struct ber *b, struct ber_tlv *t, void *to); /* h248_service_change ** */
bool ber_read_service_result(struct ber *b, struct ber_tlv *t, void *to);

/* ber_read_command.c: Command, CommandReply */
bool ber_read_command(struct ber *b, struct ber_tlv *t, struct h248_action *act,
		      struct h248_command *cmd);

#endif /* KMGWD_BER_IN_H */
