// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_value: addresses, errors, TerminationIDs, times. See ber_in.h. */
#include <arpa/inet.h>

#include "codec/ber_in.h"
#include "codec/ber_name.h"

bool ber_read_string(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_octets(b, t, 0, SIZE_MAX, "a string", to);
}

bool ber_read_stream_id(struct ber *b, struct ber_tlv *t, const char *what, bool *has,
			uint16_t *out)
{
	*has = true;
	return ber_u16(b, t, what, out);
}

/* ---- MId, ServiceChangeAddress ------------------------------------------ */

static bool read_port(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mid *mid = to;

	mid->has_port = true;
	return ber_u16(b, t, "portNumber", &mid->port);
}

static bool read_addr(struct ber *b, struct ber_tlv *t, struct h248_mid *mid, size_t n, int family)
{
	char text[INET6_ADDRSTRLEN];
	struct str octets;

	if (!ber_octets(b, t, n, n, "address", &octets))
		return false;
	memcpy(mid->addr, octets.p, n);
	mid->text = arena_str(b->a, str_c(inet_ntop(family, mid->addr, text, sizeof(text))));
	return mid->text.p || ber_nomem(b, t->at);
}

static bool read_addr4(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_addr(b, t, to, 4, AF_INET);
}

static bool read_addr6(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_addr(b, t, to, 16, AF_INET6);
}

/* What is printed, compared and echoed must be text. */
static bool check_name(struct ber *b, const struct ber_tlv *t, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f)
			return ber_fail(b, t->at, 0, "octet 0x%02x in a name",
					(unsigned char)s.p[i]);
	return true;
}

static bool read_domain_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mid *mid = to;

	return ber_octets(b, t, 1, H248_NAME_MAX, "a domain name", &mid->text) &&
	       check_name(b, t, mid->text);
}

BER_TYPE(IP4Address, BER_FIXED,
	 BER_IN("address", 0, false, read_addr4),
	 BER_IN("portNumber", 1, true, read_port));
BER_TYPE(IP6Address, BER_FIXED,
	 BER_IN("address", 0, false, read_addr6),
	 BER_IN("portNumber", 1, true, read_port));
BER_TYPE(DomainName, BER_FIXED,
	 BER_IN("name", 0, false, read_domain_name),
	 BER_IN("portNumber", 1, true, read_port));

static bool read_ip4(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_mid *)to)->kind = H248_MID_IP4;
	return ber_sequence(b, t, &IP4Address, to);
}

static bool read_ip6(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_mid *)to)->kind = H248_MID_IP6;
	return ber_sequence(b, t, &IP6Address, to);
}

static bool read_domain(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_mid *)to)->kind = H248_MID_DOMAIN;
	return ber_sequence(b, t, &DomainName, to);
}

static bool read_device(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mid *mid = to;

	mid->kind = H248_MID_DEVICE;
	return ber_octets(b, t, 1, H248_NAME_MAX, "a device name", &mid->text) &&
	       check_name(b, t, mid->text);
}

static bool read_mtp(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_mid *mid = to;
	struct str octets;

	mid->kind = H248_MID_MTP;
	return ber_octets(b, t, 2, 4, "mtpAddress", &octets) && ber_hex(b, octets, &mid->text);
}

static bool read_port_alone(struct ber *b, struct ber_tlv *t, void *to)
{
	((struct h248_mid *)to)->kind = H248_MID_PORT;
	return read_port(b, t, to);
}

BER_TYPE(MId, BER_EXTENSIBLE,
	 BER_IN("ip4Address", 0, false, read_ip4),
	 BER_IN("ip6Address", 1, false, read_ip6),
	 BER_IN("domainName", 2, false, read_domain),
	 BER_IN("deviceName", 3, false, read_device),
	 BER_IN("mtpAddress", 4, false, read_mtp));
BER_TYPE(ServiceChangeAddress, BER_EXTENSIBLE,
	 BER_IN("portNumber", 0, false, read_port_alone),
	 BER_IN("ip4Address", 1, false, read_ip4),
	 BER_IN("ip6Address", 2, false, read_ip6),
	 BER_IN("domainName", 3, false, read_domain),
	 BER_IN("deviceName", 4, false, read_device),
	 BER_IN("mtpAddress", 5, false, read_mtp));

bool ber_read_mid(struct ber *b, struct ber_tlv *t, struct h248_mid *out)
{
	return ber_explicit_choice(b, t, &MId, 0, out);
}

bool ber_read_address(struct ber *b, struct ber_tlv *t, struct h248_mid *out)
{
	return ber_explicit_choice(b, t, &ServiceChangeAddress, 0, out);
}

/* ---- ErrorDescriptor ----------------------------------------------------- */

BER_TYPE(ErrorDescriptor, BER_FIXED,
	 BER_AT("errorCode", 0, false, ber_number16, struct h248_error, code),
	 BER_AT("errorText", 1, true, ber_read_string, struct h248_error, text));

bool ber_read_error(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_error *e = ber_new(b, struct h248_error);

	*(struct h248_error **)to = e;
	return e && ber_sequence(b, t, &ErrorDescriptor, e);
}

/* ---- TerminationID -------------------------------------------------------- */

static bool read_wildcards(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_binary_tid *id = to;
	struct ber_tlv e;
	struct str octet;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_OCTET_STRING, &e, &more))
			return false;
		if (!more)
			return true;
		if (id->n_wildcards == H248_WILDCARDS_MAX)
			return ber_fail(b, e.at, 0, "more than %d wildcarding fields",
					H248_WILDCARDS_MAX);
		if (!ber_octets(b, &e, 1, 1, "a wildcarding field", &octet))
			return false;
		id->wildcard[id->n_wildcards++] = (uint8_t)octet.p[0];
	}
}

static bool read_id(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_binary_tid *id = to;
	struct str octets;

	if (!ber_octets(b, t, 1, H248_BINARY_TID_MAX, "a TerminationID", &octets))
		return false;
	memcpy(id->id, octets.p, octets.len);
	id->len = (uint8_t)octets.len;
	return true;
}

BER_TYPE(TerminationID, BER_EXTENSIBLE,
	 BER_IN("wildcard", 0, false, read_wildcards),
	 BER_IN("id", 1, false, read_id));

bool ber_read_tid(struct ber *b, struct ber_tlv *t, struct h248_tid *out)
{
	struct h248_tid *next = out->next;
	struct h248_binary_tid id = { 0 };
	struct str text;

	if (!ber_sequence(b, t, &TerminationID, &id))
		return false;
	text = ber_tid_name(b->ids, b->a, &id);
	if (!text.p)
		return ber_nomem(b, t->at);
	*out = h248_tid_of(text);
	out->next = next;
	return true;
}

bool ber_read_tids(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_tid *tid;
	struct ber_tlv e;
	bool more;

	for (;;) {
		if (!ber_each(b, t, BER_SEQUENCE, &e, &more))
			return false;
		if (!more)
			return true;
		tid = ber_new(b, struct h248_tid);
		if (!tid || !ber_read_tid(b, &e, tid))
			return false;
		h248_append((ber_tids *)to, tid);
	}
}

/* ---- TimeNotation ---------------------------------------------------------- */

static bool read_digits(struct ber *b, struct ber_tlv *t, char out[8])
{
	struct str s;
	size_t i;

	if (!ber_octets(b, t, 8, 8, "a date or time", &s))
		return false;
	for (i = 0; i < 8; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return ber_fail(b, t->at, 0, "a date or time is not 8 digits");
	memcpy(out, s.p, 8);
	return true;
}

static bool read_date(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_digits(b, t, ((struct h248_time *)to)->date);
}

static bool read_time(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_digits(b, t, ((struct h248_time *)to)->time);
}

BER_TYPE(TimeNotation, BER_FIXED,
	 BER_IN("date", 0, false, read_date),
	 BER_IN("time", 1, false, read_time));

bool ber_read_time(struct ber *b, struct ber_tlv *t, struct h248_time *out)
{
	return ber_sequence(b, t, &TimeNotation, out);
}
