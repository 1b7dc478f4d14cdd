// SPDX-License-Identifier: GPL-2.0-only
/* text_parse_service: the ServiceChange descriptor. See text_scan.h. */
#include "codec/text_scan.h"

static bool is_extension(struct str word)
{
	size_t i;

	if (word.len < 3 || word.len > 8 || ascii_lower(word.p[0]) != 'x' ||
	    (word.p[1] != '-' && word.p[1] != '+'))
		return false;
	for (i = 2; i < word.len; i++)
		if (!is_class(word.p[i], CH_ALPHA | CH_DIGIT))
			return false;
	return true;
}

static bool parse_method(struct parser *s, struct h248_service_change *sc)
{
	struct str word = scan_ahead(s);

	switch (h248_token_of(word)) {
	case TOK_FAILOVER:
		sc->method = H248_METHOD_FAILOVER;
		break;
	case TOK_FORCED:
		sc->method = H248_METHOD_FORCED;
		break;
	case TOK_GRACEFUL:
		sc->method = H248_METHOD_GRACEFUL;
		break;
	case TOK_RESTART:
		sc->method = H248_METHOD_RESTART;
		break;
	case TOK_DISCONNECTED:
		sc->method = H248_METHOD_DISCONNECTED;
		break;
	case TOK_HANDOFF:
		sc->method = H248_METHOD_HANDOFF;
		break;
	default:
		if (!is_extension(word))
			return scan_expected(s, "a ServiceChange method");
		sc->method = H248_METHOD_EXTENSION;
		sc->method_name = word;
	}
	s->p += word.len;
	return true;
}

/* quoted by the standard, bare in the field: "901 Cold Boot", 901 */
static bool parse_reason(struct parser *s, struct h248_service_change *sc)
{
	struct h248_property p = { 0 };
	struct str number;
	uint32_t code;

	if (!parse_value(s, &p))
		return false;
	sc->reason = p.values.first->text;
	number = sc->reason;
	for (number.len = 0; number.len < sc->reason.len; number.len++)
		if (!is_class(number.p[number.len], CH_DIGIT))
			break;
	if (scan_number(number, UINT16_MAX, &code))
		sc->reason_code = (uint16_t)code;
	return true;
}

/* mId, or a port alone */
static bool parse_address(struct parser *s, struct h248_service_change *sc)
{
	struct str word = scan_ahead(s);
	uint32_t port;

	sc->address = scan_new(s, struct h248_mid);
	if (!sc->address)
		return false;
	if (!scan_number(word, UINT16_MAX, &port))
		return parse_mid(s, sc->address);
	s->p += word.len;
	sc->address->kind = H248_MID_PORT;
	sc->address->has_port = true;
	sc->address->port = (uint16_t)port;
	return true;
}

/* NAME "/" Version */
static bool parse_profile(struct parser *s, struct h248_service_change *sc)
{
	uint32_t version = 0;
	struct str word;
	size_t n;

	if (!scan_word(s, "a profile", &word))
		return false;
	for (n = word.len; n && word.p[n - 1] != '/';)
		n--;
	if (n < 2 || n - 1 > H248_NAME_MAX ||
	    !scan_number((struct str){ word.p + n, word.len - n }, 99, &version))
		return scan_fail(s, word.p, 0, "expected profile/version, found %.*s",
				 STR_ARG(word));
	sc->profile = (struct str){ word.p, n - 1 };
	sc->profile_version = (uint8_t)version;
	return true;
}

static bool parse_version(struct parser *s, struct h248_service_change *sc)
{
	struct str word = scan_ahead(s);
	uint32_t v;

	if (!scan_number(word, 99, &v))
		return scan_expected(s, "a version");
	s->p += word.len;
	sc->has_version = true;
	sc->version = (uint8_t)v;
	return true;
}

static bool parse_mgc(struct parser *s, struct h248_service_change *sc)
{
	sc->mgc = scan_new(s, struct h248_mid);
	return sc->mgc && parse_mid(s, sc->mgc);
}

static bool parse_delay(struct parser *s, struct h248_service_change *sc)
{
	sc->has_delay = true;
	return scan_u32(s, "a delay", &sc->delay);
}

static const struct {
	enum h248_token token;
	bool (*parse)(struct parser *s, struct h248_service_change *sc);
} parms[] = {
	{ TOK_METHOD, parse_method },
	{ TOK_REASON, parse_reason },
	{ TOK_DELAY, parse_delay },
	{ TOK_SERVICE_CHANGE_ADDRESS, parse_address },
	{ TOK_MGC_ID, parse_mgc },
	{ TOK_PROFILE, parse_profile },
	{ TOK_VERSION, parse_version },
};

#define N_PARMS	(sizeof(parms) / sizeof(parms[0]))

static bool twice(struct parser *s, struct str word)
{
	return scan_fail(s, word.p, 456, "%.*s appears twice", STR_ARG(word));
}

static bool parse_extension(struct parser *s, struct h248_service_change *sc, struct str word)
{
	struct h248_property *p = scan_new(s, struct h248_property);

	if (!p)
		return false;
	p->name.item = word;
	h248_append(&sc->extensions, p);
	return parse_parm_value(s, p);
}

static bool parse_other(struct parser *s, struct h248_service_change *sc, struct str word,
			enum h248_token token)
{
	bool known;

	if (scan_is_time(word, &sc->time)) {
		if (sc->has_time)
			return twice(s, word);
		sc->has_time = true;
		return true;
	}
	if (token == TOK_SERVICE_CHANGE_INC) {
		sc->incomplete = true;
		return true;
	}
	if (is_extension(word))
		return parse_extension(s, sc, word);
	if (!sc->audit)
		sc->audit = scan_new(s, struct h248_audit);
	if (!sc->audit || !parse_audit_item(s, sc->audit, token, &known))
		return false;
	if (known)
		return true;
	return scan_fail(s, word.p, 0, "expected a ServiceChange parameter, found %.*s",
			 STR_ARG(word));
}

struct h248_service_change *parse_service_change(struct parser *s)
{
	struct h248_service_change *sc = scan_new(s, struct h248_service_change);
	bool more = true, seen[N_PARMS] = { false };
	enum h248_token token;
	struct str word;
	size_t i;

	if (!sc || !scan_expect(s, '{'))
		return NULL;
	while (more) {
		if (!scan_word(s, "a ServiceChange parameter", &word))
			return NULL;
		token = h248_token_of(word);
		for (i = 0; i < N_PARMS && parms[i].token != token;)
			i++;
		if (i == N_PARMS) {
			if (!parse_other(s, sc, word, token))
				return NULL;
		} else {
			if (seen[i]) {
				twice(s, word);
				return NULL;
			}
			seen[i] = true;
			if (!scan_expect(s, '=') || !parms[i].parse(s, sc))
				return NULL;
		}
		if (!scan_more(s, '}', &more))
			return NULL;
	}
	return sc;
}
