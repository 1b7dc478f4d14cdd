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
static int parse_sam(struct str item, struct bearer_subnet *net)
{
	char text[INET6_ADDRSTRLEN + 20], *p = text, *slash;
	unsigned int max, len;
	struct in_addr mask;
	uint64_t prefix;
	uint32_t bits;

	if (item.len >= sizeof(text))
		return -EINVAL;
	memcpy(text, item.p, item.len);
	text[item.len] = '\0';
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	len = (unsigned int)strlen(text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		p++;
	}
	memset(net, 0, sizeof(*net));
	if (inet_pton(AF_INET, p, net->ip) == 1)
		net->family = AF_INET;
	else if (inet_pton(AF_INET6, p, net->ip) == 1)
		net->family = AF_INET6;
	else
		return -EINVAL;
	max = net->family == AF_INET ? 32 : 128;
	net->prefixlen = (uint8_t)max;
	if (!slash)
		return 0;
	if (str_u64(str_c(slash), max, &prefix)) {
		net->prefixlen = (uint8_t)prefix;
		return 0;
	}
	if (max == 32 && inet_pton(AF_INET, slash, &mask) == 1) {
		bits = ntohl(mask.s_addr);
		if (~bits & (~bits + 1))
			return -EINVAL;
		net->prefixlen = (uint8_t)__builtin_popcount(bits);
		return 0;
	}
	return -EINVAL;
}

/* "5000", "5000-5999" */
static int parse_spr(struct str item, struct bearer_ports *ports)
{
	const char *dash = memchr(item.p, '-', item.len);
	size_t len = dash ? (size_t)(dash - item.p) : item.len;
	uint64_t min, max;

	if (!str_u64((struct str){ item.p, len }, 65535, &min) || !min)
		return -EINVAL;
	max = min;
	if (dash && (!str_u64((struct str){ dash + 1, item.len - len - 1 }, 65535, &max) ||
		     max < min))
		return -EINVAL;
	*ports = (struct bearer_ports){ (uint16_t)min, (uint16_t)max };
	return 0;
}

bool gate_value_valid(enum row_id id, const char *value)
{
	struct bearer_subnet net;
	struct bearer_ports ports;

	if (!*value)
		return true;
	switch (id) {
	case ROW_SAM:
		return !parse_sam(str_c(value), &net);
	case ROW_SPR:
		return !parse_spr(str_c(value), &ports);
	case ROW_LSA:
		return !strchr(value, '/') && !parse_sam(str_c(value), &net);
	default:
		return true;
	}
}

/* The next item of a list as it is kept, or one of no octets at its end. */
static struct str next_item(const char **list)
{
	struct str item = { *list, strcspn(*list, ",") };

	*list += item.len;
	if (**list)
		++*list;
	return item;
}

static void subnet_of(const struct sockaddr_storage *addr, struct bearer_subnet *net)
{
	memset(net, 0, sizeof(*net));
	net->family = (uint8_t)addr->ss_family;
	if (addr->ss_family == AF_INET) {
		memcpy(net->ip, &((const struct sockaddr_in *)addr)->sin_addr, 4);
		net->prefixlen = 32;
	} else {
		memcpy(net->ip, &((const struct sockaddr_in6 *)addr)->sin6_addr, 16);
		net->prefixlen = 128;
	}
}

static void filter_addresses(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *sam = property_get(set, ROW_SAM);

	if (!property_on(set, ROW_SAF))
		return;
	if (*sam) {
		while (*sam)
			parse_sam(next_item(&sam), &f->addr[f->n_addrs++]);
		return;
	}
	/* An empty mask means the address of Remote, once there is one. */
	if (!set->want.has_remote || addr_is_unspecified(&set->want.remote))
		return;
	subnet_of(&set->want.remote, &f->addr[f->n_addrs++]);
}

static void filter_ports(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *spr = property_get(set, ROW_SPR);
	uint16_t port;

	if (!property_on(set, ROW_SPF))
		return;
	if (*spr) {
		while (*spr)
			parse_spr(next_item(&spr), &f->port[f->n_ports++]);
		return;
	}
	if (!set->want.has_remote)
		return;
	/* An active far end names no source port. */
	port = addr_port(&set->want.remote);
	if (port == 0 || (port == DISCARD_PORT && set->want.remote_setup == BEARER_SETUP_ACTIVE))
		return;
	f->port[f->n_ports++] = (struct bearer_ports){ port, port };
}

static int filter(struct work *w, const struct stream_setting *set, struct bearer_filter *f)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	filter_addresses(set, f);
	filter_ports(set, f);
	for (i = 0; i < f->n_addrs && set->want.has_remote; i++)
		if (f->addr[i].family != set->want.remote.ss_family)
			return refuse(w, 473, "gm/sam = %s is of another family than Remote",
				      property_get(set, ROW_SAM));
	if (f->n_addrs && f->n_addrs * f->n_ports > KMGW_FILTERS_MAX)
		return refuse(w, 510, "gm/sam and gm/spr make more than %d filters",
			      KMGW_FILTERS_MAX);
	return 0;
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
	struct bearer_subnet net;

	memset(&want->source, 0, sizeof(want->source));
	want->source_port = 0;
	if (property_on(set, ROW_ESAS)) {
		if (!*lsa)
			return refuse(w, 457, "gm/esas = on without gm/lsa");
		parse_sam(str_c(lsa), &net);
		want->source.ss_family = net.family;
		if (net.family == AF_INET)
			memcpy(&((struct sockaddr_in *)&want->source)->sin_addr, net.ip, 4);
		else
			memcpy(&((struct sockaddr_in6 *)&want->source)->sin6_addr, net.ip, 16);
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
	uint16_t port = addr_port(&set->want.rtcp_remote);
	unsigned int i;

	*f = set->want.filter;
	if (*property_get(set, ROW_SPR)) {
		for (i = 0; i < f->n_ports; i++)
			f->port[i].max += f->port[i].max < UINT16_MAX;
		return;
	}
	if (f->n_ports)
		f->port[0] = (struct bearer_ports){ port, port };
	if (!set->want.has_rtcp_remote || !port)
		f->n_ports = 0;
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
	const char *dscp = property_get(set, ROW_DSCP);

	if (filter(w, set, &set->want.filter))
		return -1;
	set->want.rtcp = gate_wants_rtcp(w->agent, set, set->want.rtp);
	rtcp_filter(set, &set->want.rtcp_filter);
	if (bearer_proto_is_tcp(set->want.proto) && (property_on(set, ROW_POL) ||
						     property_on(set, ROW_ESAS) ||
						     property_on(set, ROW_ESPS)))
		return refuse(w, 501, "tman/pol, gm/esas or gm/esps = on with TCP");
	if (police(w, set, &set->want.police) || explicit_source(w, t, set, &set->want))
		return -1;
	set->want.dscp = dscp ? (uint8_t)atoi(dscp) : KMGW_DSCP_KEEP;
	return 0;
}
