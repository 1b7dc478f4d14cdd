// SPDX-License-Identifier: GPL-2.0-only
/* ber_out: see ber_out.h */
#include "codec/ber_out.h"

/* One octet is kept for the length; what is longer than it can say is moved up. */
size_t ber_open(struct ber_out *o, uint8_t tag)
{
	const char head[2] = { (char)tag, 0 };

	strbuf_add(o->b, head, sizeof(head));
	return o->b->len;
}

void ber_close(struct ber_out *o, size_t at)
{
	size_t len, rest;
	unsigned int n;
	char *p;

	if (o->b->err)
		return;
	len = o->b->len - at;
	if (len < 0x80) {
		o->b->p[at - 1] = (char)len;
		return;
	}
	for (n = 0, rest = len; rest; rest >>= 8)
		n++;
	if (!strbuf_room(o->b, n))
		return;
	p = o->b->p + at;
	memmove(p + n, p, len);
	o->b->len += n;
	p[-1] = (char)(0x80 | n);
	for (rest = len; n; rest >>= 8)
		p[--n] = (char)rest;
}

/* the last n octets of v, which say all of it */
static void number(struct ber_out *o, uint8_t tag, uint64_t v, unsigned int n, bool zero)
{
	char text[11];
	unsigned int i = 0;

	text[i++] = (char)tag;
	text[i++] = (char)(n + zero);
	if (zero)
		text[i++] = 0;
	while (n)
		text[i++] = (char)(v >> 8 * --n);
	strbuf_add(o->b, text, i);
}

void ber_out_uint(struct ber_out *o, uint8_t tag, uint64_t v)
{
	unsigned int n = 1;

	while (n < 8 && v >> 8 * n)
		n++;
	number(o, tag, v, n, v >> (8 * n - 1) & 1);
}

void ber_out_int(struct ber_out *o, uint8_t tag, int64_t v)
{
	unsigned int n = 1;

	if (v >= 0) {
		ber_out_uint(o, tag, (uint64_t)v);
		return;
	}
	while (n < 8 && v < -((int64_t)1 << (8 * n - 1)))
		n++;
	number(o, tag, (uint64_t)v, n, false);
}

void ber_out_bool(struct ber_out *o, uint8_t tag, bool on)
{
	const char text[3] = { (char)tag, 1, on ? (char)0xff : 0 };

	strbuf_add(o->b, text, sizeof(text));
}

void ber_out_null(struct ber_out *o, uint8_t tag)
{
	const char text[2] = { (char)tag, 0 };

	strbuf_add(o->b, text, sizeof(text));
}

void ber_out_octets(struct ber_out *o, uint8_t tag, const void *p, size_t len)
{
	size_t at = ber_open(o, tag);

	strbuf_add(o->b, p, len);
	ber_close(o, at);
}

void ber_out_u16(struct ber_out *o, uint8_t tag, uint16_t v)
{
	const uint8_t octet[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	ber_out_octets(o, tag, octet, sizeof(octet));
}

void ber_out_bits(struct ber_out *o, uint8_t tag, uint32_t bits)
{
	uint8_t octet[5] = { 0 };
	unsigned int n = 0, i;

	for (i = 0; i < 32; i++) {
		if (bits & 1u << i) {
			octet[1 + i / 8] |= 0x80 >> i % 8;
			n = i + 1;
		}
	}
	octet[0] = (uint8_t)(-n & 7);
	ber_out_octets(o, tag, octet, 1 + (n + 7) / 8);
}
