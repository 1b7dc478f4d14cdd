// SPDX-License-Identifier: GPL-2.0-only
/* ber_read_service: ServiceChangeParm, ServiceChangeResParm. See ber_in.h. */
#include "codec/ber_in.h"

static bool read_method(struct ber *b, struct ber_tlv *t, void *to)
{
	uint32_t v;

	if (!ber_uint(b, t, 5, "serviceChangeMethod", &v))
		return false;
	((struct h248_service_change *)to)->method = H248_METHOD_FAILOVER + v;
	return true;
}

static bool read_address(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;

	sc->address = ber_new(b, struct h248_mid);
	return sc->address && ber_read_address(b, t, sc->address);
}

static bool read_mgc(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;

	sc->mgc = ber_new(b, struct h248_mid);
	return sc->mgc && ber_read_mid(b, t, sc->mgc);
}

static bool read_version(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;
	uint32_t v;

	if (!ber_uint(b, t, 99, "serviceChangeVersion", &v))
		return false;
	sc->has_version = true;
	sc->version = (uint8_t)v;
	return true;
}

/* NAME "/" version, as in text */
static bool read_profile_name(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;
	uint64_t version;
	struct str s;
	size_t n;

	if (!ber_octets(b, t, 1, H248_NAME_MAX + 3, "a profile", &s))
		return false;
	for (n = s.len; n && s.p[n - 1] != '/';)
		n--;
	if (n < 2 || !str_u64((struct str){ s.p + n, s.len - n }, 99, &version))
		return ber_fail(b, t->at, 0, "a profile is not NAME/version");
	sc->profile = (struct str){ s.p, n - 1 };
	sc->profile_version = (uint8_t)version;
	return true;
}

BER_TYPE(ServiceChangeProfile, BER_FIXED,
	 BER_IN("profileName", 0, false, read_profile_name));

static bool read_profile(struct ber *b, struct ber_tlv *t, void *to)
{
	return ber_sequence(b, t, &ServiceChangeProfile, to);
}

static bool read_reason(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;
	struct str number;
	uint64_t code;

	if (!ber_read_reason(b, t, &sc->reason))
		return false;
	number = sc->reason;
	for (number.len = 0; number.len < sc->reason.len; number.len++)
		if (number.p[number.len] < '0' || number.p[number.len] > '9')
			break;
	if (str_u64(number, UINT16_MAX, &code))
		sc->reason_code = (uint16_t)code;
	return true;
}

static bool read_delay(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;

	sc->has_delay = true;
	return ber_uint(b, t, UINT32_MAX, "serviceChangeDelay", &sc->delay);
}

static bool read_time(struct ber *b, struct ber_tlv *t, void *to)
{
	struct h248_service_change *sc = to;

	sc->has_time = true;
	return ber_read_time(b, t, &sc->time);
}

static bool skip(struct ber *b, struct ber_tlv *t, void *to)
{
	(void)b, (void)t, (void)to;
	return true;
}

BER_TYPE(ServiceChangeParm, BER_EXTENSIBLE,
	 BER_IN("serviceChangeMethod", 0, false, read_method),
	 BER_IN("serviceChangeAddress", 1, true, read_address),
	 BER_IN("serviceChangeVersion", 2, true, read_version),
	 BER_IN("serviceChangeProfile", 3, true, read_profile),
	 BER_IN("serviceChangeReason", 4, false, read_reason),
	 BER_IN("serviceChangeDelay", 5, true, read_delay),
	 BER_IN("serviceChangeMgcId", 6, true, read_mgc),
	 BER_IN("timeStamp", 7, true, read_time),
	 BER_IN("nonStandardData", 8, true, skip),
	 BER_AT("serviceChangeInfo", 9, true, ber_read_audit, struct h248_service_change, audit),
	 BER_AT("serviceChangeIncompleteFlag", 10, true, ber_flag,
		struct h248_service_change, incomplete));
BER_TYPE(ServiceChangeResParm, BER_EXTENSIBLE,
	 BER_IN("serviceChangeMgcId", 0, true, read_mgc),
	 BER_IN("serviceChangeAddress", 1, true, read_address),
	 BER_IN("serviceChangeVersion", 2, true, read_version),
	 BER_IN("serviceChangeProfile", 3, true, read_profile),
	 BER_IN("timestamp", 4, true, read_time));

static bool read_service(struct ber *b, struct ber_tlv *t, const struct ber_type *type,
			 struct h248_service_change **out)
{
	struct h248_service_change *sc = ber_new(b, struct h248_service_change);

	*out = sc;
	return sc && ber_sequence(b, t, type, sc);
}

bool ber_read_service_parm(struct ber *b, struct ber_tlv *t, void *to)
{
	return read_service(b, t, &ServiceChangeParm, to);
}

/* one with nothing in it is what a bare reply is in text */
bool ber_read_service_result(struct ber *b, struct ber_tlv *t, void *to)
{
	if (!ber_more(t) && t->constructed)
		return true;
	return read_service(b, t, &ServiceChangeResParm, to);
}
