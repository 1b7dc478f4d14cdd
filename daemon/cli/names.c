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
	[KMGW_PLANE_RELAY] = "relay",
	[KMGW_PLANE_MERGE] = "merge",
};

static const char *const joined_names[] = {
	[KMGW_JOINED_NOT] = "no",
	[KMGW_JOINED_CROSSWISE] = "crosswise",
	[KMGW_JOINED_EARLY] = "early",
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

static const char *const priority_names[] = {
	[KMGW_PRIORITY_ORDINARY] = "ordinary",
	[KMGW_PRIORITY_EMERGENCY] = "emergency",
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
	[KMGW_REASON_NO_KEYS] = "no_keys",
	[KMGW_REASON_NOT_DTLS] = "not_dtls",
	[KMGW_REASON_LATE_RTP] = "late_rtp",
	[KMGW_REASON_REPLAY] = "replay",
	[KMGW_REASON_BAD_MAC] = "bad_mac",
	[KMGW_REASON_EPOCH] = "epoch",
	[KMGW_REASON_KEY_LIMIT] = "key_limit",
	[KMGW_REASON_CRYPTO] = "crypto",
	[KMGW_REASON_RATE] = "rate",
	[KMGW_REASON_LATCH] = "latch",
	[KMGW_REASON_NO_CONNECTION] = "no_connection",
	[KMGW_REASON_SEQUENCE] = "sequence",
	[KMGW_REASON_SYN_LIMIT] = "syn_limit",
	[KMGW_REASON_POLICED] = "policed",
	[KMGW_REASON_ICMP_UNFIT] = "icmp_unfit",
	[KMGW_REASON_ICMP_RATE] = "icmp_rate",
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
	[KMGW_REASON_REPLACED] = "replaced",
	[KMGW_REASON_OCTET_LIMIT] = "octet_limit",
	[KMGW_REASON_IDLE_IN] = "idle_in",
	[KMGW_REASON_IDLE_OUT] = "idle_out",
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

static const char *const security_names[] = {
	[KMGW_SECURITY_NONE] = "none",
	[KMGW_SECURITY_DTLS] = "dtls",
};

static const char *const dtls_cipher_names[] = {
	[KMGW_DTLS_CIPHER_AES_128_GCM] = "aes-128-gcm",
	[KMGW_DTLS_CIPHER_AES_256_GCM] = "aes-256-gcm",
	[KMGW_DTLS_CIPHER_CHACHA20_POLY1305] = "chacha20-poly1305",
	[KMGW_DTLS_CIPHER_AES_128_CCM] = "aes-128-ccm",
	[KMGW_DTLS_CIPHER_AES_128_CCM_8] = "aes-128-ccm-8",
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
	[NAME_JOINED] = { joined_names, ARRAY_SIZE(joined_names) },
	[NAME_MODE] = { mode_names, ARRAY_SIZE(mode_names) },
	[NAME_COMPONENT] = { component_names, ARRAY_SIZE(component_names) },
	[NAME_LATCH] = { latch_names, ARRAY_SIZE(latch_names) },
	[NAME_DIRECTION] = { direction_names, ARRAY_SIZE(direction_names) },
	[NAME_PRIORITY] = { priority_names, ARRAY_SIZE(priority_names) },
	[NAME_STATE] = { state_names, ARRAY_SIZE(state_names) },
	[NAME_REASON] = { reason_names, ARRAY_SIZE(reason_names) },
	[NAME_EVENT] = { event_names, ARRAY_SIZE(event_names) },
	[NAME_CIPHER] = { cipher_names, ARRAY_SIZE(cipher_names) },
	[NAME_SECURITY] = { security_names, ARRAY_SIZE(security_names) },
	[NAME_DTLS_CIPHER] = { dtls_cipher_names, ARRAY_SIZE(dtls_cipher_names) },
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

static const struct attr_name keys_attrs[] = {
	[KMGW_A_KEYS_PAD] = { "pad", NULL },
	[KMGW_A_KEYS_GENERATION] = { "generation", NULL },
	[KMGW_A_KEYS_EPOCH] = { "epoch", NULL },
	[KMGW_A_KEYS_CIPHER] = { "cipher", NULL },
	[KMGW_A_KEYS_RX_KEY] = { "rx-key", NULL },
	[KMGW_A_KEYS_RX_IV] = { "rx-iv", NULL },
	[KMGW_A_KEYS_TX_KEY] = { "tx-key", NULL },
	[KMGW_A_KEYS_TX_IV] = { "tx-iv", NULL },
	[KMGW_A_KEYS_RX_SEQ] = { "rx-seq", NULL },
	[KMGW_A_KEYS_TX_SEQ] = { "tx-seq", NULL },
	[KMGW_A_KEYS_TX_HOLD] = { "tx-hold", NULL },
};
ATTR_SET(keys, __KMGW_A_KEYS_LAST);

static const struct attr_name dtls_attrs[] = {
	[KMGW_A_DTLS_PAD] = { "pad", NULL },
	[KMGW_A_DTLS_GENERATION] = { "generation", NULL },
	[KMGW_A_DTLS_EPOCH] = { "epoch", NULL },
	[KMGW_A_DTLS_CIPHER] = { "cipher", NULL },
	[KMGW_A_DTLS_DRIVER] = { "driver", NULL },
	[KMGW_A_DTLS_ALERT] = { "alert", NULL },
	[KMGW_A_DTLS_RX_RECORDS] = { "rx-records", NULL },
	[KMGW_A_DTLS_TX_RECORDS] = { "tx-records", NULL },
	[KMGW_A_DTLS_RX_ALERTS] = { "rx-alerts", NULL },
	[KMGW_A_DTLS_TX_ALERTS] = { "tx-alerts", NULL },
	[KMGW_A_DTLS_REPLAYED] = { "replayed", NULL },
	[KMGW_A_DTLS_BAD_MAC] = { "bad-mac", NULL },
	[KMGW_A_DTLS_UP] = { "up", NULL },
};
ATTR_SET(dtls, __KMGW_A_DTLS_LAST);

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
	[KMGW_A_EP_EARLY] = { "early", NULL },
	[KMGW_A_EP_JOINED] = { "joined", NULL },
	[KMGW_A_EP_NOTE] = { "note", NULL },
	[KMGW_A_EP_PRIORITY] = { "priority", NULL },
	[KMGW_A_EP_OCTET_LIMIT] = { "octet-limit", NULL },
	[KMGW_A_EP_IDLE_IN] = { "idle-in", NULL },
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
	[KMGW_A_EP_SECURITY] = { "security", NULL },
	[KMGW_A_EP_KEYS] = { "keys", &keys_set },
	[KMGW_A_EP_DTLS] = { "dtls", &dtls_set },
	[KMGW_A_EP_RESTART] = { "restart", NULL },
	[KMGW_A_EP_COMPONENT] = { "component", NULL },
	[KMGW_A_EP_LATCH] = { "latch", NULL },
	[KMGW_A_EP_LATCHED] = { "latched", &addr_set },
	[KMGW_A_EP_POLICE] = { "police", &police_set },
	[KMGW_A_EP_SOURCE] = { "source", &addr_set },
	[KMGW_A_EP_INACTIVITY] = { "inactivity", NULL },
	[KMGW_A_EP_INACTIVITY_DIR] = { "inactivity-dir", NULL },
	[KMGW_A_EP_QUIET] = { "quiet", NULL },
	[KMGW_A_EP_REPLACE] = { "replace", NULL },
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
	[KMGW_A_NS_SYNS] = { "syns", NULL },
	[KMGW_A_NS_MAX_SYNS] = { "max-syns", NULL },
};
ATTR_SET(ns, __KMGW_A_NS_LAST);

static const struct attr_name seq_attrs[] = {
	[KMGW_A_SEQ_PAD] = { "pad", NULL },
	[KMGW_A_SEQ_CONTEXT] = { "context", NULL },
	[KMGW_A_SEQ_TERMINATION] = { "termination", NULL },
	[KMGW_A_SEQ_STREAM] = { "stream", NULL },
	[KMGW_A_SEQ_GENERATION] = { "generation", NULL },
	[KMGW_A_SEQ_EPOCH] = { "epoch", NULL },
	[KMGW_A_SEQ_COUNT] = { "count", NULL },
	[KMGW_A_SEQ_FIRST] = { "first", NULL },
};
ATTR_SET(seq, __KMGW_A_SEQ_LAST);

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
	[KMGW_CMD_SEQ_RESERVE] = &seq_set,
};
_Static_assert(ARRAY_SIZE(cmd_sets) == __KMGW_CMD_LAST, "a request has no attribute names");

const struct attr_set *names_attrs(uint8_t cmd)
{
	return cmd < ARRAY_SIZE(cmd_sets) ? cmd_sets[cmd] : NULL;
}

/* NULL for what this program does not know. */
const char *names_attr(const struct attr_set *set, unsigned int type)
{
	return set && type <= set->max ? set->attr[type].name : NULL;
}
