// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_value: addresses, errors, TerminationIDs, times. See ber_out.h. */
#include "codec/ber_name.h"
#include "codec/ber_out.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void ber_write_hex(struct ber_out *o, uint8_t tag, struct str digits)
{
	size_t at = ber_open(o, tag), i;
	int h, l;

	for (i = 0; i + 1 < digits.len; i += 2) {
		h = digit(digits.p[i]);
		l = digit(digits.p[i + 1]);
		if (h < 0 || l < 0)
			ber_invalid(o);
		else
			strbuf_char(o->b, (char)(h << 4 | l));
	}
	if (digits.len % 2)
		ber_invalid(o);
	ber_close(o, at);
}

static void write_port(struct ber_out *o, const struct h248_mid *mid)
{
	if (mid->has_port)
		ber_out_uint(o, BER_P(1), mid->port);
}

/* an alternative of MId; those of ServiceChangeAddress are one higher */
static void write_mid(struct ber_out *o, const struct h248_mid *mid, unsigned int shift)
{
	size_t at;

	switch (mid->kind) {
	case H248_MID_IP4:
		at = ber_open(o, BER_C(0 + shift));
		ber_out_octets(o, BER_P(0), mid->addr, 4);
		break;
	case H248_MID_IP6:
		at = ber_open(o, BER_C(1 + shift));
		ber_out_octets(o, BER_P(0), mid->addr, 16);
		break;
	case H248_MID_DOMAIN:
		at = ber_open(o, BER_C(2 + shift));
		ber_out_str(o, BER_P(0), mid->text);
		break;
	case H248_MID_DEVICE:
		ber_out_str(o, BER_P(3 + shift), mid->text);
		return;
	case H248_MID_MTP:
		ber_write_hex(o, BER_P(4 + shift), mid->text);
		return;
	case H248_MID_PORT:
		if (!shift)
			ber_invalid(o);
		ber_out_uint(o, BER_P(0), mid->port);
		return;
	default:
		ber_invalid(o);
		return;
	}
	write_port(o, mid);
	ber_close(o, at);
}

void ber_write_mid(struct ber_out *o, uint8_t tag, const struct h248_mid *mid)
{
	size_t at = ber_open(o, tag);

	write_mid(o, mid, 0);
	ber_close(o, at);
}

void ber_write_address(struct ber_out *o, uint8_t tag, const struct h248_mid *mid)
{
	size_t at = ber_open(o, tag);

	write_mid(o, mid, 1);
	ber_close(o, at);
}

void ber_write_error(struct ber_out *o, uint8_t tag, const struct h248_error *e)
{
	size_t at = ber_open(o, tag);

	ber_out_uint(o, BER_P(0), e->code);
	if (e->text.p)
		ber_out_str(o, BER_P(1), e->text);
	ber_close(o, at);
}

void ber_write_tid(struct ber_out *o, uint8_t tag, const struct h248_tid *tid)
{
	struct h248_binary_tid id;
	size_t at, list;
	unsigned int i;

	if (ber_tid_id(o->ids, tid, &id)) {
		ber_invalid(o);
		return;
	}
	at = ber_open(o, tag);
	list = ber_open(o, BER_C(0));
	for (i = 0; i < id.n_wildcards; i++)
		ber_out_octets(o, BER_O_OCTETS, &id.wildcard[i], 1);
	ber_close(o, list);
	ber_out_octets(o, BER_P(1), id.id, id.len);
	ber_close(o, at);
}

void ber_write_tids(struct ber_out *o, uint8_t tag, const struct h248_tid *tid)
{
	size_t at = ber_open(o, tag);

	for (; tid; tid = tid->next)
		ber_write_tid(o, BER_O_SEQUENCE, tid);
	ber_close(o, at);
}

void ber_write_time(struct ber_out *o, uint8_t tag, const struct h248_time *time)
{
	size_t at = ber_open(o, tag);

	ber_out_octets(o, BER_P(0), time->date, sizeof(time->date));
	ber_out_octets(o, BER_P(1), time->time, sizeof(time->time));
	ber_close(o, at);
}
