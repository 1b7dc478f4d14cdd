// SPDX-License-Identifier: GPL-2.0-only
/*
 * ber_write_sdp: SDP text to LocalRemoteDescriptor. See ber_out.h and ber_sdp.h.
 *
 * A session description, from one "v=" to the next, is a group of properties.
 */
#include "codec/ber_out.h"
#include "codec/ber_sdp.h"

/* Cuts the next line off; LF, CR and CRLF each end one. */
static bool next_line(struct str *text, struct str *line)
{
	size_t i;

	/* white space in front and empty lines have no meaning */
	while (text->len && strchr("\r\n \t", *text->p))
		*text = (struct str){ text->p + 1, text->len - 1 };
	if (!text->len)
		return false;
	for (i = 0; i < text->len && text->p[i] != '\r' && text->p[i] != '\n';)
		i++;
	*line = (struct str){ text->p, i };
	*text = (struct str){ text->p + i, text->len - i };
	return true;
}

static bool is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] & 0x80)
			return false;
	return true;
}

/* "x=value"; writes the name and leaves the value */
static bool write_name(struct ber_out *o, struct str *line)
{
	const char *at = line->len >= 2 && line->p[1] == '=' ?
		memchr(BER_SDP_LETTERS, line->p[0], strlen(BER_SDP_LETTERS)) : NULL;
	uint8_t octet[4] = { 0 };
	unsigned int id;

	if (!at) {
		ber_invalid(o);
		return false;
	}
	id = BER_SDP_FIRST + (unsigned int)(at - BER_SDP_LETTERS);
	octet[2] = (uint8_t)(id >> 8);
	octet[3] = (uint8_t)id;
	ber_out_octets(o, BER_P(0), octet, sizeof(octet));
	*line = (struct str){ line->p + 2, line->len - 2 };
	return true;
}

static void write_parm(struct ber_out *o, uint8_t tag, struct str line)
{
	size_t at = ber_open(o, tag), list, value;

	if (write_name(o, &line)) {
		list = ber_open(o, BER_C(1));
		value = ber_open(o, BER_O_OCTETS);
		ber_out_str(o, is_ascii(line) ? BER_O_IA5 : BER_O_UTF8, line);
		ber_close(o, value);
		ber_close(o, list);
	}
	ber_close(o, at);
}

void ber_write_sdp(struct ber_out *o, uint8_t tag, struct str text)
{
	size_t at = ber_open(o, tag), groups = ber_open(o, BER_C(0)), group = 0;
	struct str line;

	while (next_line(&text, &line)) {
		if (group && line.p[0] == 'v') {
			ber_close(o, group);
			group = 0;
		}
		if (!group)
			group = ber_open(o, BER_O_SEQUENCE);
		write_parm(o, BER_O_SEQUENCE, line);
	}
	if (group)
		ber_close(o, group);
	ber_close(o, groups);
	ber_close(o, at);
}

/* IndAudLocalRemoteDescriptor: "x=$" is only asked for, the others select */
void ber_write_ind_sdp(struct ber_out *o, uint8_t tag, struct str text)
{
	size_t at = ber_open(o, tag), group = ber_open(o, BER_C(1)), parm;
	struct str line, rest;

	while (next_line(&text, &line)) {
		parm = ber_open(o, BER_O_SEQUENCE);
		rest = line;
		if (write_name(o, &rest) && !str_is(rest, "$"))
			write_parm(o, BER_C(1), line);
		ber_close(o, parm);
	}
	ber_close(o, group);
	ber_close(o, at);
}
