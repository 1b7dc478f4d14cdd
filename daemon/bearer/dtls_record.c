// SPDX-License-Identifier: GPL-2.0-only
/*
 * dtls_record: what is written on the outside of a DTLS record.
 */
#include "bearer/dtls_record.h"

#define CLIENT_HELLO	1

static uint64_t number(const uint8_t *p, unsigned int octets)
{
	uint64_t v = 0;

	while (octets--)
		v = v << 8 | *p++;
	return v;
}

bool dtls_record_next(const uint8_t **data, size_t *len, struct dtls_record *out)
{
	const uint8_t *p = *data;

	if (*len < DTLS_HEADER || p[0] < DTLS_FIRST_MIN || p[0] > DTLS_FIRST_MAX)
		return false;
	out->type = p[0];
	out->epoch = (uint16_t)number(p + 3, 2);
	out->number = number(p + 5, 6);
	out->len = (uint16_t)number(p + 11, 2);
	out->body = p + DTLS_HEADER;
	if (*len - DTLS_HEADER < out->len)
		return false;
	*data += DTLS_HEADER + out->len;
	*len -= DTLS_HEADER + (size_t)out->len;
	return true;
}

bool dtls_is_client_hello(const void *data, size_t len)
{
	const uint8_t *p = data;
	struct dtls_record r;

	return dtls_record_next(&p, &len, &r) && r.type == DTLS_HANDSHAKE && !r.epoch && r.len &&
	       r.body[0] == CLIENT_HELLO;
}
