// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_sdp: LocalRemoteDescriptor to SDP text. See ber_in.h and ber_sdp.h. */
#include "codec/ber_in.h"
#include "codec/ber_sdp.h"
#include "lib/strbuf.h"

struct sdp_reader {
	struct strbuf text;
	bool any;		/* a line was written */
	char letter;
	struct str *out;
};

static bool read_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct sdp_reader *r = to;
	const unsigned char *p;
	unsigned int id;
	struct str s;

	if (!ber_octets(b, t, 4, 4, "a package and item", &s))
		return false;
	p = (const unsigned char *)s.p;
	id = (unsigned int)p[2] << 8 | p[3];
	if (p[0] || p[1] || id < BER_SDP_FIRST ||
	    id >= BER_SDP_FIRST + strlen(BER_SDP_LETTERS))
		return ber_fail(b, t->at, 445, "property %02x%02x/%04x is no SDP", p[0], p[1], id);
	r->letter = BER_SDP_LETTERS[id - BER_SDP_FIRST];
	return true;
}

/* IA5String by the Recommendation; plain text is common */
static bool read_line(struct ber *b, struct ber_tlv *t, struct str *out)
{
	const struct str octets = *out;
	struct ber_tlv e;
	size_t i;

	if (octets.len && (unsigned char)*octets.p < 0x20) {
		if (!ber_is_element((const uint8_t *)octets.p, octets.len, &e) ||
		    e.class != BER_UNIVERSAL || e.tag == BER_SEQUENCE ||
		    !ber_octets(b, &e, 0, SIZE_MAX, "a line of SDP", out))
			return ber_fail(b, t->at, 474, "a line of SDP is no string");
	}
	for (i = 0; i < out->len; i++)
		if (out->p[i] == '\r' || out->p[i] == '\n' || !out->p[i])
			return ber_fail(b, t->at, 474, "octet 0x%02x in a line of SDP",
					(unsigned char)out->p[i]);
	return true;
}

static bool read_value(struct ber *b, struct ber_tlv *t, void *to)
{
	struct sdp_reader *r = to;
	struct str s = STR("$");	/* no value: CHOOSE */
	struct ber_tlv e, second;
	bool more;

	if (!ber_each(b, t, BER_OCTET_STRING, &e, &more))
		return false;
	if (more && (!ber_octets(b, &e, 0, SIZE_MAX, "a line of SDP", &s) ||
		     !read_line(b, &e, &s)))
		return false;
	if (more && !ber_each(b, t, BER_OCTET_STRING, &second, &more))
		return false;
	if (more)
		return ber_fail(b, second.at, 474, "alternatives for a line of SDP");
	if (r->any)
		strbuf_puts(&r->text, "\r\n");
	r->any = true;
	strbuf_char(&r->text, r->letter);
	strbuf_char(&r->text, '=');
	strbuf_str(&r->text, s);
	return true;
}

/* a relation, a range or a list of values does not belong to a line */
static bool read_extra(struct ber *b, struct ber_tlv *t, void *to)
{
	(void)to;
	return ber_fail(b, t->at, 474, "extraInfo for a line of SDP");
}

BER_TYPE(SdpParm, BER_EXTENSIBLE,
	 BER_IN("name", 0, false, read_name),
	 BER_IN("value", 1, false, read_value),
	 BER_IN("extraInfo", 2, true, read_extra));

static bool read_group(struct ber *b, struct ber_tlv *t, struct sdp_reader *r)
{
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		if (!ber_sequence(b, &e, &SdpParm, r))
			return false;
	}
}

static bool read_groups(struct ber *b, struct ber_tlv *t, void *to)
{
	struct sdp_reader *r = to;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		if (!read_group(b, &e, r))
			return false;
	}
}

BER_TYPE(LocalRemoteDescriptor, BER_EXTENSIBLE,
	 BER_IN("propGrps", 0, false, read_groups));

static bool read_text(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
		      struct sdp_reader *r)
{
	bool good;

	strbuf_init(&r->text, 0);
	good = ber_sequence(b, t, type, r);
	if (good && r->text.err)
		good = ber_nomem(b, t->at);
	if (good) {
		*r->out = arena_str(b->a, strbuf_get(&r->text));
		good = r->out->p || ber_nomem(b, t->at);
	}
	strbuf_free(&r->text);
	return good;
}

bool ber_read_sdp(struct ber *b, struct ber_tlv *t, struct str *out)
{
	struct sdp_reader r = { .out = out };

	return read_text(b, t, &LocalRemoteDescriptor, &r);
}

/* ---- IndAudLocalRemoteDescriptor ------------------------------------------ */

static bool read_group_id(struct ber *b, struct ber_tlv *t, void *to)
{
	uint16_t id;

	(void)to;
	return ber_u16(b, t, "propGroupID", &id);
}

static bool read_ind_value(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &SdpParm, to);
}

/* name alone asks for a line, "x=$" */
static bool read_ind_name(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_name(b, t, to);
}

BER_TYPE(IndAudSdpParm, BER_EXTENSIBLE,
	 BER_IN("name", 0, false, read_ind_name),
	 BER_IN("propertyParms", 1, true, read_ind_value));

static bool read_ind_group(struct ber *b, struct ber_tlv *t, void *to)
{
	struct sdp_reader *r = to;
	struct ber_tlv e;
	size_t before;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		before = r->text.len;
		if (!ber_sequence(b, &e, &IndAudSdpParm, r))
			return false;
		if (r->text.len != before)
			continue;
		if (r->any)
			strbuf_puts(&r->text, "\r\n");
		r->any = true;
		strbuf_char(&r->text, r->letter);
		strbuf_puts(&r->text, "=$");
	}
}

BER_TYPE(IndAudLocalRemoteDescriptor, BER_EXTENSIBLE,
	 BER_IN("propGroupID", 0, true, read_group_id),
	 BER_IN("propGrps", 1, false, read_ind_group));

bool ber_read_ind_sdp(struct ber *b, struct ber_tlv *t, struct str *out)
{
	struct str text = STR_NONE;
	struct sdp_reader r = { .out = &text };

	if (!read_text(b, t, &IndAudLocalRemoteDescriptor, &r))
		return false;
	if (r.any)
		*out = text;
	return true;
}
