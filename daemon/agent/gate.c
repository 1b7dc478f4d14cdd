// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what a stream lets in and what stands in what it sends: gm, tman, ds.
 *
 * The properties are text; what the bearer needs is worked out of them anew after each
 * change, since a filter may also depend on Remote.
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "bearer/addr.h"

#define DISCARD_PORT	9		/* RFC 4145: the active end names no port */
#define BURST_MIN	1500		/* octets; less lets no datagram of full size in */

/* "198.51.100.7", "198.51.100.0/24", "[2001:db8::]/32", "10.0.0.0/255.0.0.0" */
static int parse_sam(const char *text, struct sockaddr_storage *addr, uint8_t *prefixlen)
{
	char ip[INET6_ADDRSTRLEN + 1];
	struct in_addr mask;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int max;
	uint64_t prefix;
	uint32_t bits;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text, len);
	ip[len] = '\0';

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, ip, &((struct sockaddr_in *)addr)->sin_addr) == 1) {
		addr->ss_family = AF_INET;
		max = 32;
	} else if (inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)addr)->sin6_addr) == 1) {
		addr->ss_family = AF_INET6;
		max = 128;
	} else {
		return -EINVAL;
	}
	*prefixlen = (uint8_t)max;
	if (!slash)
		return 0;
	if (str_u64(str_c(slash + 1), max, &prefix)) {
		*prefixlen = (uint8_t)prefix;
		return 0;
	}
	if (max == 32 && inet_pton(AF_INET, slash + 1, &mask) == 1) {
		bits = ntohl(mask.s_addr);
		if (~bits & (~bits + 1))
			return -EINVAL;
		*prefixlen = (uint8_t)__builtin_popcount(bits);
		return 0;
	}
	return -EINVAL;
}

/* "5000", "5000-5999" */
static int parse_spr(const char *text, uint16_t *min, uint16_t *max)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);
	uint64_t a, b;

	if (!str_u64((struct str){ text, len }, 65535, &a) || !a)
		return -EINVAL;
	b = a;
	if (dash && (!str_u64(str_c(dash + 1), 65535, &b) || b < a))
		return -EINVAL;
	*min = (uint16_t)a;
	*max = (uint16_t)b;
	return 0;
}

bool gate_value_valid(enum row_id id, const char *value)
{
	struct sockaddr_storage addr;
	uint16_t min, max;
	uint8_t prefixlen;

	if (!*value)
		return true;
	switch (id) {
	case ROW_SAM:
		return !parse_sam(value, &addr, &prefixlen);
	case ROW_SPR:
		return !parse_spr(value, &min, &max);
	case ROW_LSA:
		return !strchr(value, '/') && !parse_sam(value, &addr, &prefixlen);
	default:
		return true;
	}
}

static void filter_address(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *sam = property_get(set, ROW_SAM);

	if (!property_on(set, ROW_SAF))
		return;
	if (*sam) {
		f->addr_on = !parse_sam(sam, &f->addr, &f->prefixlen);
		return;
	}
	/* An empty mask means the address of Remote, once there is one. */
	if (!set->want.has_remote)
		return;
	f->addr = set->want.remote;
	if (f->addr.ss_family == AF_INET) {
		((struct sockaddr_in *)&f->addr)->sin_port = 0;
		f->prefixlen = 32;
		f->addr_on = ((struct sockaddr_in *)&f->addr)->sin_addr.s_addr != INADDR_ANY;
	} else {
		((struct sockaddr_in6 *)&f->addr)->sin6_port = 0;
		f->prefixlen = 128;
		f->addr_on = !IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&f->addr)->sin6_addr);
	}
}

static void filter_ports(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *spr = property_get(set, ROW_SPR);
	uint16_t port;

	if (!property_on(set, ROW_SPF))
		return;
	if (*spr) {
		f->port_on = !parse_spr(spr, &f->port_min, &f->port_max);
		return;
	}
	if (!set->want.has_remote)
		return;
	/* An active far end names no source port. */
	port = addr_port(&set->want.remote);
	if (port == 0 || (port == DISCARD_PORT && set->want.remote_setup == BEARER_SETUP_ACTIVE))
		return;
	f->port_min = port;
	f->port_max = port;
	f->port_on = true;
}

static uint32_t number_of(const struct stream_setting *set, enum row_id id)
{
	return (uint32_t)strtoul(property_get(set, id), NULL, 10);
}

/* Where the MGC names no burst it is what comes in a tenth of a second, at least a datagram. */
static uint32_t burst_of(const struct stream_setting *set, uint32_t rate)
{
	uint32_t mbs = number_of(set, ROW_MBS);

	if (mbs)
		return mbs;
	return rate / 10 > BURST_MIN ? rate / 10 : BURST_MIN;
}

static int police(struct work *w, const struct stream_setting *set, struct bearer_police *p)
{
	memset(p, 0, sizeof(*p));
	if (!property_on(set, ROW_POL))
		return 0;
	p->sustained = number_of(set, ROW_SDR);
	if (p->sustained)
		p->burst = burst_of(set, (uint32_t)p->sustained);
	p->peak = number_of(set, ROW_PDR);
	/* tenths of a microsecond; what is left of one counts as a whole one */
	if (p->peak)
		p->tolerance = (number_of(set, ROW_DVT) + 9) / 10;
	if (!p->sustained && !p->peak)
		return refuse(w, 457, "tman/pol = on without tman/sdr and tman/pdr");
	if (p->peak && p->peak < p->sustained)
		return refuse(w, 449, "tman/pdr = %s is below tman/sdr",
			      property_get(set, ROW_PDR));
	return 0;
}

/* An address of another realm would show there what this one is to hide. */
static bool of_realm(const struct config_realm *realm, const struct sockaddr_storage *addr)
{
	unsigned int i;

	for (i = 0; i < realm->n_addresses; i++)
		if (addr_same_ip(&realm->address[i], addr))
			return true;
	return false;
}

/* What stands as source in what is sent: gm/esas, lsa, esps, lsp. */
static int explicit_source(struct work *w, const struct termination *t,
			   const struct stream_setting *set, struct bearer_want *want)
{
	const char *lsa = property_get(set, ROW_LSA);
	uint8_t prefixlen;

	memset(&want->source, 0, sizeof(want->source));
	want->source_port = 0;
	if (property_on(set, ROW_ESAS)) {
		if (!*lsa)
			return refuse(w, 457, "gm/esas = on without gm/lsa");
		parse_sam(lsa, &want->source, &prefixlen);
		if (!of_realm(t->realm, &want->source))
			return refuse(w, 449, "gm/lsa = %s: not an address of realm %s", lsa,
				      t->realm->name);
	}
	if (property_on(set, ROW_ESPS)) {
		want->source_port = (uint16_t)number_of(set, ROW_LSP);
		if (!want->source_port)
			return refuse(w, 457, "gm/esps = on without gm/lsp");
	}
	return 0;
}

/* RTCP comes from the port that Remote gives it, else from the one after that of RTP. */
static void rtcp_filter(const struct stream_setting *set, struct bearer_filter *f)
{
	uint16_t port;

	*f = set->want.filter;
	if (!f->port_on)
		return;
	if (*property_get(set, ROW_SPR)) {
		f->port_max += f->port_max < UINT16_MAX;
		return;
	}
	port = addr_port(&set->want.rtcp_remote);
	f->port_min = port;
	f->port_max = port;
	f->port_on = set->want.has_rtcp_remote && port;
}

static bool said(const struct stream_setting *set, enum row_id id)
{
	return set->properties.value[id - ROW_LOCAL_FIRST];
}

bool gate_wants_rtcp(const struct agent *agent, const struct stream_setting *set, bool rtp)
{
	if (!rtp)
		return false;
	if (said(set, ROW_RSB))
		return property_on(set, ROW_RSB);
	if (said(set, ROW_GM_RSB))
		return property_on(set, ROW_GM_RSB);
	return agent->config->rtcp == CONFIG_RTCP_ON;
}

int gate_to_want(struct work *w, const struct termination *t, struct stream_setting *set)
{
	struct bearer_filter *f = &set->want.filter;
	const char *dscp = property_get(set, ROW_DSCP);

	memset(f, 0, sizeof(*f));
	filter_address(set, f);
	filter_ports(set, f);
	set->want.rtcp = gate_wants_rtcp(w->agent, set, set->want.rtp);
	rtcp_filter(set, &set->want.rtcp_filter);
	if (f->addr_on && set->want.has_remote && f->addr.ss_family != set->want.remote.ss_family)
		return refuse(w, 473, "gm/sam = %s is of another family than Remote",
			      property_get(set, ROW_SAM));
	if (bearer_proto_is_tcp(set->want.proto) && (property_on(set, ROW_POL) ||
						     property_on(set, ROW_ESAS) ||
						     property_on(set, ROW_ESPS)))
		return refuse(w, 501, "tman/pol, gm/esas or gm/esps = on with TCP");
	if (police(w, set, &set->want.police) || explicit_source(w, t, set, &set->want))
		return -1;
	set->want.dscp = dscp ? (uint8_t)atoi(dscp) : KMGW_DSCP_KEEP;
	return 0;
}
