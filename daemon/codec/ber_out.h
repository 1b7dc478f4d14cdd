/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ber_out: elements of BER, definite lengths, and the writer's state.
 *
 * Purpose: what the ber_write*.c files share. Not for use outside of the codec.
 * A failure sticks, in the strbuf or in invalid, and is asked for once at the end.
 */
#ifndef KMGWD_BER_OUT_H
#define KMGWD_BER_OUT_H

#include "codec/ber.h"

struct ber_out {
	struct strbuf *b;
	const struct h248_ids *ids;	/* never NULL */
	bool invalid;			/* the tree holds what has no binary form */
};

/* identifier octets: context tags, primitive and constructed */
#define BER_P(n)	((uint8_t)(0x80 | (n)))
#define BER_C(n)	((uint8_t)(0xa0 | (n)))
#define BER_O_SEQUENCE	0x30
#define BER_O_INTEGER	0x02
#define BER_O_OCTETS	0x04
#define BER_O_ENUM	0x0a
#define BER_O_UTF8	0x0c
#define BER_O_IA5	0x16

/* Return: what ber_close() wants */
size_t ber_open(struct ber_out *o, uint8_t tag);
void ber_close(struct ber_out *o, size_t at);

void ber_out_uint(struct ber_out *o, uint8_t tag, uint64_t v);
void ber_out_int(struct ber_out *o, uint8_t tag, int64_t v);
void ber_out_bool(struct ber_out *o, uint8_t tag, bool on);
void ber_out_null(struct ber_out *o, uint8_t tag);
void ber_out_octets(struct ber_out *o, uint8_t tag, const void *p, size_t len);
/* a BIT STRING of named bits, bit n is 1 << n */
void ber_out_bits(struct ber_out *o, uint8_t tag, uint32_t bits);
void ber_out_u16(struct ber_out *o, uint8_t tag, uint16_t v);	/* OCTET STRING of two octets */

static inline void ber_out_str(struct ber_out *o, uint8_t tag, struct str s)
{
	ber_out_octets(o, tag, s.p, s.len);
}

static inline void ber_invalid(struct ber_out *o)
{
	o->invalid = true;
}

/* ber_write_value.c */
void ber_write_mid(struct ber_out *o, uint8_t tag, const struct h248_mid *mid);
void ber_write_address(struct ber_out *o, uint8_t tag, const struct h248_mid *mid);
void ber_write_error(struct ber_out *o, uint8_t tag, const struct h248_error *e);
void ber_write_tid(struct ber_out *o, uint8_t tag, const struct h248_tid *tid);
void ber_write_tids(struct ber_out *o, uint8_t tag, const struct h248_tid *tid);
void ber_write_time(struct ber_out *o, uint8_t tag, const struct h248_time *time);
/* pairs of hexadecimal digits as octets */
void ber_write_hex(struct ber_out *o, uint8_t tag, struct str digits);

/* ber_write_property.c */
/*
 * Finds the number of pkg/item; the item is told in *item. Return: false when it is to be
 * left out (no verified id) or cannot be written, which is noted.
 */
bool ber_find_name(struct ber_out *o, enum h248_scope scope, const struct h248_name *name,
		   uint8_t octet[4], struct h248_item *item);
bool ber_find_package(struct ber_out *o, struct str name, uint16_t *id);
void ber_write_property(struct ber_out *o, uint8_t tag, const struct h248_property *p);
void ber_write_properties(struct ber_out *o, uint8_t tag, const struct h248_property *p);
void ber_write_params(struct ber_out *o, uint8_t tag, const struct h248_item *item,
		      const struct h248_property *p);
void ber_write_statistics(struct ber_out *o, uint8_t tag, const struct h248_statistics *s);
void ber_write_reason(struct ber_out *o, uint8_t tag, struct str reason);

/* ber_write_media.c */
void ber_write_media(struct ber_out *o, uint8_t tag, const struct h248_media *m);
void ber_write_modem(struct ber_out *o, uint8_t tag, const struct h248_modem *m);
void ber_write_mux(struct ber_out *o, uint8_t tag, const struct h248_mux *m);
void ber_write_package(struct ber_out *o, uint8_t tag, const struct h248_package *p);
void ber_write_packages(struct ber_out *o, uint8_t tag, const struct h248_packages *pg);
uint32_t ber_mode_number(enum h248_mode mode);
uint32_t ber_state_number(enum h248_service_state state);

/* ber_write_sdp.c */
void ber_write_sdp(struct ber_out *o, uint8_t tag, struct str text);
void ber_write_ind_sdp(struct ber_out *o, uint8_t tag, struct str text);

/* ber_write_event.c */
void ber_write_events(struct ber_out *o, uint8_t tag, const struct h248_events *evs);
void ber_write_event_buffer(struct ber_out *o, uint8_t tag, const struct h248_events *evs);
void ber_write_observed(struct ber_out *o, uint8_t tag, const struct h248_observed *ob);
void ber_write_digit_map(struct ber_out *o, uint8_t tag, const struct h248_digit_map *d);
void ber_write_signals(struct ber_out *o, uint8_t tag, const struct h248_signals *s);

/* ber_write_audit.c */
void ber_write_audit(struct ber_out *o, uint8_t tag, const struct h248_audit *a);
void ber_write_context_attr(struct ber_out *o, uint8_t tag, const struct h248_context_attr *attr);
void ber_write_context_audit(struct ber_out *o, uint8_t tag, const struct h248_context_audit *ca);
bool ber_has_attr(const struct h248_context_attr *attr);

/* ber_write_command.c */
void ber_write_command(struct ber_out *o, const struct h248_command *cmd, bool reply);

#endif /* KMGWD_BER_OUT_H */
