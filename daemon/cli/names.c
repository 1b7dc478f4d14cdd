// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one table of names in the CLI. An enumerator added to linux/kmgw.h without a name here does
 * not compile.
 */
#include "cli/names.h"

#include <errno.h>
#include <linux/tls.h>
#include <stdio.h>
#include <string.h>

#include "linux/kmgw.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const l4_names[] = {
	[KMGW_L4_TCP] = "tcp",
	[KMGW_L4_UDP] = "udp",
};

static const char *const plane_names[] = {
	[KMGW_PLANE_DATAGRAM] = "datagram",
	[KMGW_PLANE_SPLICE] = "splice",
};

static const char *const mode_names[] = {
	[KMGW_MODE_INACTIVE] = "inactive",
	[KMGW_MODE_SENDONLY] = "sendonly",
	[KMGW_MODE_RECEIVEONLY] = "receiveonly",
	[KMGW_MODE_SENDRECEIVE] = "sendreceive",
};
_Static_assert(ARRAY_SIZE(mode_names) == KMGW_MODE_MAX + 1, "a mode has no name");

static const char *const component_names[] = {
	[KMGW_COMPONENT_MEDIA] = "media",
	[KMGW_COMPONENT_RTCP] = "rtcp",
};

static const char *const latch_names[] = {
	[KMGW_LATCH_OFF] = "off",
	[KMGW_LATCH_LATCH] = "latch",
	[KMGW_LATCH_RELATCH] = "relatch",
};

static const char *const direction_names[] = {
	[KMGW_DIRECTION_IN] = "in",
	[KMGW_DIRECTION_OUT] = "out",
	[KMGW_DIRECTION_BOTH] = "both",
};

static const char *const state_names[] = {
	[KMGW_STATE_IDLE] = "idle",
	[KMGW_STATE_READY] = "ready",
	[KMGW_STATE_ESTABLISHED] = "established",
	[KMGW_STATE_CLOSING] = "closing",
	[KMGW_STATE_RELEASED] = "released",
	[KMGW_STATE_FAILED] = "failed",
};
_Static_assert(ARRAY_SIZE(state_names) == __KMGW_STATE_LAST, "a state has no name");

static const char *const reason_names[] = {
	[KMGW_REASON_NONE] = "none",
	[KMGW_REASON_MODE] = "mode",
	[KMGW_REASON_FILTER] = "filter",
	[KMGW_REASON_NO_PEER] = "no_peer",
	[KMGW_REASON_NO_REMOTE] = "no_remote",
	[KMGW_REASON_NO_ROUTE] = "no_route",
	[KMGW_REASON_MTU] = "mtu",
	[KMGW_REASON_TTL] = "ttl",
	[KMGW_REASON_CHECKSUM] = "checksum",
	[KMGW_REASON_MALFORMED] = "malformed",
	[KMGW_REASON_MARTIAN] = "martian",
	[KMGW_REASON_NOT_FOR_US] = "not_for_us",
	[KMGW_REASON_WRONG_DEVICE] = "wrong_device",
	[KMGW_REASON_NOMEM] = "nomem",
	[KMGW_REASON_SEND] = "send",
	[KMGW_REASON_LATCH] = "latch",
	[KMGW_REASON_POLICED] = "policed",
	[KMGW_REASON_USER] = "user",
	[KMGW_REASON_PEER_CLOSED] = "peer_closed",
	[KMGW_REASON_TRUNCATED] = "truncated",
	[KMGW_REASON_RESET] = "reset",
	[KMGW_REASON_TIMEOUT] = "timeout",
	[KMGW_REASON_ALERT] = "alert",
	[KMGW_REASON_BAD_RECORD] = "bad_record",
	[KMGW_REASON_KEY_UPDATE] = "key_update",
	[KMGW_REASON_RECORD_LIMIT] = "record_limit",
	[KMGW_REASON_IDLE] = "idle",
	[KMGW_REASON_LINGER] = "linger",
	[KMGW_REASON_PEER_ENDPOINT] = "peer_endpoint",
	[KMGW_REASON_FLUSH] = "flush",
	[KMGW_REASON_SOCKET] = "socket",
};
_Static_assert(ARRAY_SIZE(reason_names) == KMGW_REASON_MAX + 1, "a reason has no name");

static const char *const event_names[] = {
	[KMGW_EVENT_CREATED] = "created",
	[KMGW_EVENT_CHANGED] = "changed",
	[KMGW_EVENT_DELETED] = "deleted",
	[KMGW_EVENT_ESTABLISHED] = "established",
	[KMGW_EVENT_CLOSING] = "closing",
	[KMGW_EVENT_RELEASED] = "released",
	[KMGW_EVENT_FAILED] = "failed",
	[KMGW_EVENT_LATCHED] = "latched",
	[KMGW_EVENT_POLICING] = "policing",
	[KMGW_EVENT_INACTIVITY] = "inactivity",
};
_Static_assert(ARRAY_SIZE(event_names) == __KMGW_EVENT_LAST, "an event has no name");

static const char *const cipher_names[] = {
	[TLS_CIPHER_AES_GCM_128] = "aes-128-gcm",
	[TLS_CIPHER_AES_GCM_256] = "aes-256-gcm",
	[TLS_CIPHER_AES_CCM_128] = "aes-128-ccm",
	[TLS_CIPHER_CHACHA20_POLY1305] = "chacha20-poly1305",
};

static const char *const tls_version_names[] = {
	[0x0303] = "1.2",
	[0x0304] = "1.3",
};

static const struct {
	const char *const *name;
	unsigned int n;
} tables[] = {
	[NAME_L4] = { l4_names, ARRAY_SIZE(l4_names) },
	[NAME_PLANE] = { plane_names, ARRAY_SIZE(plane_names) },
	[NAME_MODE] = { mode_names, ARRAY_SIZE(mode_names) },
	[NAME_COMPONENT] = { component_names, ARRAY_SIZE(component_names) },
	[NAME_LATCH] = { latch_names, ARRAY_SIZE(latch_names) },
	[NAME_DIRECTION] = { direction_names, ARRAY_SIZE(direction_names) },
	[NAME_STATE] = { state_names, ARRAY_SIZE(state_names) },
	[NAME_REASON] = { reason_names, ARRAY_SIZE(reason_names) },
	[NAME_EVENT] = { event_names, ARRAY_SIZE(event_names) },
	[NAME_CIPHER] = { cipher_names, ARRAY_SIZE(cipher_names) },
	[NAME_TLS_VERSION] = { tls_version_names, ARRAY_SIZE(tls_version_names) },
};

const char *name_of(enum name_kind kind, unsigned int value, struct name_buf *buf)
{
	if (value < tables[kind].n && tables[kind].name[value])
		return tables[kind].name[value];
	snprintf(buf->text, sizeof(buf->text), "%u", value);
	return buf->text;
}

/* Value of an unabbreviated name, or -ENOENT. */
int name_value(enum name_kind kind, const char *word)
{
	unsigned int i;

	for (i = 0; i < tables[kind].n; i++) {
		if (tables[kind].name[i] && !strcmp(word, tables[kind].name[i]))
			return (int)i;
	}
	return -ENOENT;
}

#define ATTR_SET(set, last)						\
	_Static_assert(ARRAY_SIZE(set##_attrs) == (last), #set ": an attribute has no name");	\
	static const struct attr_set set##_set = { ARRAY_SIZE(set##_attrs) - 1, set##_attrs }

static const struct attr_name ctx_attrs[] = {
	[KMGW_A_CTX_PAD] = { "pad", NULL },
	[KMGW_A_CTX_ID] = { "id", NULL },
	[KMGW_A_CTX_USERDATA] = { "userdata", NULL },
	[KMGW_A_CTX_VERSION] = { "version", NULL },
	[KMGW_A_CTX_ENDPOINTS] = { "endpoints", NULL },
};
ATTR_SET(ctx, __KMGW_A_CTX_LAST);

static const struct attr_name addr_attrs[] = {
	[KMGW_A_ADDR_IPV4] = { "ipv4", NULL },
	[KMGW_A_ADDR_IPV6] = { "ipv6", NULL },
	[KMGW_A_ADDR_PORT] = { "port", NULL },
};
ATTR_SET(addr, __KMGW_A_ADDR_LAST);

static const struct attr_name filter_attrs[] = {
	[KMGW_A_FILTER_IPV4] = { "ipv4", NULL },
	[KMGW_A_FILTER_IPV6] = { "ipv6", NULL },
	[KMGW_A_FILTER_PREFIXLEN] = { "prefixlen", NULL },
	[KMGW_A_FILTER_PORT_MIN] = { "port-min", NULL },
	[KMGW_A_FILTER_PORT_MAX] = { "port-max", NULL },
};
ATTR_SET(filter, __KMGW_A_FILTER_LAST);

static const struct attr_name police_attrs[] = {
	[KMGW_A_POLICE_PAD] = { "pad", NULL },
	[KMGW_A_POLICE_SUSTAINED] = { "sustained", NULL },
	[KMGW_A_POLICE_BURST] = { "burst", NULL },
	[KMGW_A_POLICE_PEAK] = { "peak", NULL },
	[KMGW_A_POLICE_PEAK_TOLERANCE] = { "peak-tolerance", NULL },
};
ATTR_SET(police, __KMGW_A_POLICE_LAST);

static const struct attr_name stats_attrs[] = {
	[KMGW_A_STATS_PAD] = { "pad", NULL },
	[KMGW_A_STATS_RX_PACKETS] = { "rx-packets", NULL },
	[KMGW_A_STATS_RX_OCTETS] = { "rx-octets", NULL },
	[KMGW_A_STATS_TX_PACKETS] = { "tx-packets", NULL },
	[KMGW_A_STATS_TX_OCTETS] = { "tx-octets", NULL },
	[KMGW_A_STATS_RX_PLAIN_OCTETS] = { "rx-plain-octets", NULL },
	[KMGW_A_STATS_TX_PLAIN_OCTETS] = { "tx-plain-octets", NULL },
	[KMGW_A_STATS_DROPS] = { "drops", NULL },
	[KMGW_A_STATS_STALLS] = { "stalls", NULL },
};
ATTR_SET(stats, __KMGW_A_STATS_LAST);

static const struct attr_name drop_attrs[] = {
	[KMGW_A_DROP_PAD] = { "pad", NULL },
	[KMGW_A_DROP_REASON] = { "reason", NULL },
	[KMGW_A_DROP_COUNT] = { "count", NULL },
};
ATTR_SET(drop, __KMGW_A_DROP_LAST);

static const struct attr_name ep_attrs[] = {
	[KMGW_A_EP_PAD] = { "pad", NULL },
	[KMGW_A_EP_CONTEXT] = { "context", NULL },
	[KMGW_A_EP_TERMINATION] = { "termination", NULL },
	[KMGW_A_EP_STREAM] = { "stream", NULL },
	[KMGW_A_EP_L4] = { "l4", NULL },
	[KMGW_A_EP_PLANE] = { "plane", NULL },
	[KMGW_A_EP_LOCAL] = { "local", &addr_set },
	[KMGW_A_EP_REMOTE] = { "remote", &addr_set },
	[KMGW_A_EP_MODE] = { "mode", NULL },
	[KMGW_A_EP_DSCP] = { "dscp", NULL },
	[KMGW_A_EP_IFINDEX] = { "ifindex", NULL },
	[KMGW_A_EP_VRF] = { "vrf", NULL },
	[KMGW_A_EP_FILTER] = { "filter", &filter_set },
	[KMGW_A_EP_SOCKET] = { "socket", NULL },
	[KMGW_A_EP_PREFIX] = { "prefix", NULL },
	[KMGW_A_EP_IDLE_TIMEOUT] = { "idle-timeout", NULL },
	[KMGW_A_EP_LINGER] = { "linger", NULL },
	[KMGW_A_EP_RELEASE] = { "release", NULL },
	[KMGW_A_EP_STATE] = { "state", NULL },
	[KMGW_A_EP_REASON] = { "reason", NULL },
	[KMGW_A_EP_CHANGED] = { "changed", NULL },
	[KMGW_A_EP_ATTACHED] = { "attached", NULL },
	[KMGW_A_EP_TLS_VERSION] = { "tls-version", NULL },
	[KMGW_A_EP_TLS_CIPHER] = { "tls-cipher", NULL },
	[KMGW_A_EP_STATS] = { "stats", &stats_set },
	[KMGW_A_EP_DROP] = { "drop", &drop_set },
	[KMGW_A_EP_MOVE] = { "move", NULL },
	[KMGW_A_EP_COMPONENT] = { "component", NULL },
	[KMGW_A_EP_LATCH] = { "latch", NULL },
	[KMGW_A_EP_LATCHED] = { "latched", &addr_set },
	[KMGW_A_EP_POLICE] = { "police", &police_set },
	[KMGW_A_EP_SOURCE] = { "source", &addr_set },
	[KMGW_A_EP_INACTIVITY] = { "inactivity", NULL },
	[KMGW_A_EP_INACTIVITY_DIR] = { "inactivity-dir", NULL },
	[KMGW_A_EP_QUIET] = { "quiet", NULL },
};
ATTR_SET(ep, __KMGW_A_EP_LAST);

static const struct attr_name ns_attrs[] = {
	[KMGW_A_NS_PAD] = { "pad", NULL },
	[KMGW_A_NS_CONTEXTS] = { "contexts", NULL },
	[KMGW_A_NS_ENDPOINTS] = { "endpoints", NULL },
	[KMGW_A_NS_SOCKETS] = { "sockets", NULL },
	[KMGW_A_NS_MAX_CONTEXTS] = { "max-contexts", NULL },
	[KMGW_A_NS_MAX_ENDPOINTS] = { "max-endpoints", NULL },
	[KMGW_A_NS_MAX_SOCKETS] = { "max-sockets", NULL },
	[KMGW_A_NS_EVENTS] = { "events", NULL },
	[KMGW_A_NS_STATS] = { "stats", &stats_set },
	[KMGW_A_NS_DROP] = { "drop", &drop_set },
};
ATTR_SET(ns, __KMGW_A_NS_LAST);

static const struct attr_set *const cmd_sets[] = {
	[KMGW_CMD_CONTEXT_NEW] = &ctx_set,
	[KMGW_CMD_CONTEXT_SET] = &ctx_set,
	[KMGW_CMD_CONTEXT_DEL] = &ctx_set,
	[KMGW_CMD_CONTEXT_GET] = &ctx_set,
	[KMGW_CMD_ENDPOINT_NEW] = &ep_set,
	[KMGW_CMD_ENDPOINT_SET] = &ep_set,
	[KMGW_CMD_ENDPOINT_DEL] = &ep_set,
	[KMGW_CMD_ENDPOINT_GET] = &ep_set,
	[KMGW_CMD_FLUSH] = &ns_set,
	[KMGW_CMD_STATS_GET] = &ns_set,
	[KMGW_CMD_LIMITS_SET] = &ns_set,
};
_Static_assert(ARRAY_SIZE(cmd_sets) == KMGW_CMD_EVENT, "a request has no attribute names");

const struct attr_set *names_attrs(uint8_t cmd)
{
	return cmd < ARRAY_SIZE(cmd_sets) ? cmd_sets[cmd] : NULL;
}

/* NULL for what this program does not know. */
const char *names_attr(const struct attr_set *set, unsigned int type)
{
	return set && type <= set->max ? set->attr[type].name : NULL;
}
