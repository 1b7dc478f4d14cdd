// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel/parse: messages of the module into structs.
 *
 * Attributes that a newer module may add are passed over.
 */
#include <netlink/genl/genl.h>
#include <string.h>

#include "kernel/kernel_private.h"

static bool parse(struct nlmsghdr *nlh, uint8_t cmd, struct nlattr **tb, int max)
{
	if (!genlmsg_valid_hdr(nlh, 0) || genlmsg_hdr(nlh)->cmd != cmd)
		return false;
	return genlmsg_parse(nlh, 0, tb, max, NULL) == 0;
}

static bool fits(const struct nlattr *attr, int len)
{
	return attr && nla_len(attr) >= len;
}

static uint64_t get_u64(struct nlattr *attr)
{
	return fits(attr, 8) ? nla_get_u64(attr) : 0;
}

static uint32_t get_u32(struct nlattr *attr)
{
	return fits(attr, 4) ? nla_get_u32(attr) : 0;
}

static uint16_t get_u16(struct nlattr *attr)
{
	return fits(attr, 2) ? nla_get_u16(attr) : 0;
}

static uint8_t get_u8(struct nlattr *attr)
{
	return fits(attr, 1) ? nla_get_u8(attr) : 0;
}

static void parse_stats(struct nlattr *nest, struct kernel_stats *st)
{
	struct nlattr *tb[KMGW_A_STATS_MAX + 1];

	if (!nest || nla_parse_nested(tb, KMGW_A_STATS_MAX, nest, NULL))
		return;
	st->rx_packets = get_u64(tb[KMGW_A_STATS_RX_PACKETS]);
	st->rx_octets = get_u64(tb[KMGW_A_STATS_RX_OCTETS]);
	st->rx_plain = get_u64(tb[KMGW_A_STATS_RX_PLAIN_OCTETS]);
	st->tx_packets = get_u64(tb[KMGW_A_STATS_TX_PACKETS]);
	st->tx_octets = get_u64(tb[KMGW_A_STATS_TX_OCTETS]);
	st->tx_plain = get_u64(tb[KMGW_A_STATS_TX_PLAIN_OCTETS]);
	st->drops = get_u64(tb[KMGW_A_STATS_DROPS]);
}

static void parse_dtls(struct nlattr *nest, struct kernel_endpoint *ep)
{
	struct nlattr *tb[KMGW_A_DTLS_MAX + 1];

	if (!nest || nla_parse_nested(tb, KMGW_A_DTLS_MAX, nest, NULL))
		return;
	ep->generation = get_u32(tb[KMGW_A_DTLS_GENERATION]);
	ep->keyed = tb[KMGW_A_DTLS_CIPHER];
	ep->alert = get_u8(tb[KMGW_A_DTLS_ALERT]);
}

static uint16_t get_port(struct nlattr *attr)
{
	/* in network order on the wire and in a sockaddr */
	return get_u16(attr);
}

static void parse_address(struct nlattr *nest, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct nlattr *tb[KMGW_A_ADDR_MAX + 1];

	if (!nest || nla_parse_nested(tb, KMGW_A_ADDR_MAX, nest, NULL))
		return;
	if (fits(tb[KMGW_A_ADDR_IPV4], sizeof(in4->sin_addr))) {
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, nla_data(tb[KMGW_A_ADDR_IPV4]), sizeof(in4->sin_addr));
		in4->sin_port = get_port(tb[KMGW_A_ADDR_PORT]);
	} else if (fits(tb[KMGW_A_ADDR_IPV6], sizeof(in6->sin6_addr))) {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, nla_data(tb[KMGW_A_ADDR_IPV6]), sizeof(in6->sin6_addr));
		in6->sin6_port = get_port(tb[KMGW_A_ADDR_PORT]);
	}
}

bool kernel_parse_endpoint(struct nlmsghdr *nlh, struct kernel_endpoint *ep)
{
	struct nlattr *tb[KMGW_A_EP_MAX + 1];

	memset(ep, 0, sizeof(*ep));
	if (!parse(nlh, KMGW_CMD_ENDPOINT_GET, tb, KMGW_A_EP_MAX))
		return false;
	ep->name.context = get_u32(tb[KMGW_A_EP_CONTEXT]);
	ep->name.termination = get_u32(tb[KMGW_A_EP_TERMINATION]);
	ep->name.stream = get_u16(tb[KMGW_A_EP_STREAM]);
	ep->name.rtcp = get_u8(tb[KMGW_A_EP_COMPONENT]) == KMGW_COMPONENT_RTCP;
	ep->l4 = get_u8(tb[KMGW_A_EP_L4]);
	ep->plane = get_u8(tb[KMGW_A_EP_PLANE]);
	parse_address(tb[KMGW_A_EP_LOCAL], &ep->local);
	ep->state = get_u8(tb[KMGW_A_EP_STATE]);
	ep->reason = get_u8(tb[KMGW_A_EP_REASON]);
	ep->attached = tb[KMGW_A_EP_ATTACHED];
	ep->quiet = tb[KMGW_A_EP_QUIET];
	parse_dtls(tb[KMGW_A_EP_DTLS], ep);
	ep->latch = get_u8(tb[KMGW_A_EP_LATCH]);
	parse_address(tb[KMGW_A_EP_LATCHED], &ep->latched);
	parse_stats(tb[KMGW_A_EP_STATS], &ep->stats);
	return ep->name.context && ep->name.termination && ep->name.stream;
}

bool kernel_parse_context(struct nlmsghdr *nlh, struct kernel_context *c)
{
	struct nlattr *tb[KMGW_A_CTX_MAX + 1];

	memset(c, 0, sizeof(*c));
	if (!parse(nlh, KMGW_CMD_CONTEXT_GET, tb, KMGW_A_CTX_MAX))
		return false;
	c->id = get_u32(tb[KMGW_A_CTX_ID]);
	if (tb[KMGW_A_CTX_USERDATA]) {
		c->userdata = nla_data(tb[KMGW_A_CTX_USERDATA]);
		c->userdata_len = (size_t)nla_len(tb[KMGW_A_CTX_USERDATA]);
	}
	return c->id;
}

bool kernel_parse_event(struct nlmsghdr *nlh, struct kernel_event *ev)
{
	struct nlattr *tb[KMGW_A_EV_MAX + 1];

	memset(ev, 0, sizeof(*ev));
	if (!parse(nlh, KMGW_CMD_EVENT, tb, KMGW_A_EV_MAX))
		return false;
	ev->seq = get_u64(tb[KMGW_A_EV_SEQ]);
	ev->type = get_u8(tb[KMGW_A_EV_TYPE]);
	ev->name.context = get_u32(tb[KMGW_A_EV_CONTEXT]);
	ev->name.termination = get_u32(tb[KMGW_A_EV_TERMINATION]);
	ev->name.stream = get_u16(tb[KMGW_A_EV_STREAM]);
	ev->state = get_u8(tb[KMGW_A_EV_STATE]);
	ev->reason = get_u8(tb[KMGW_A_EV_REASON]);
	ev->name.rtcp = get_u8(tb[KMGW_A_EV_COMPONENT]) == KMGW_COMPONENT_RTCP;
	return ev->seq;
}

bool kernel_parse_first(struct nlmsghdr *nlh, uint64_t *first)
{
	struct nlattr *tb[KMGW_A_SEQ_MAX + 1];

	if (!parse(nlh, KMGW_CMD_SEQ_RESERVE, tb, KMGW_A_SEQ_MAX))
		return false;
	*first = get_u64(tb[KMGW_A_SEQ_FIRST]);
	return true;
}

bool kernel_parse_totals(struct nlmsghdr *nlh, struct kernel_totals *totals)
{
	struct nlattr *tb[KMGW_A_NS_MAX + 1];

	if (!parse(nlh, KMGW_CMD_STATS_GET, tb, KMGW_A_NS_MAX))
		return false;
	totals->contexts = get_u32(tb[KMGW_A_NS_CONTEXTS]);
	totals->endpoints = get_u32(tb[KMGW_A_NS_ENDPOINTS]);
	totals->sockets = get_u32(tb[KMGW_A_NS_SOCKETS]);
	totals->events = get_u64(tb[KMGW_A_NS_EVENTS]);
	return true;
}

const char *kernel_reason_name(enum kmgw_reason reason)
{
	static const char *const names[] = {
		[KMGW_REASON_NONE]		= "none",
		[KMGW_REASON_MODE]		= "mode",
		[KMGW_REASON_FILTER]		= "filter",
		[KMGW_REASON_NO_PEER]		= "no peer",
		[KMGW_REASON_NO_REMOTE]		= "no remote",
		[KMGW_REASON_NO_ROUTE]		= "no route",
		[KMGW_REASON_MTU]		= "mtu",
		[KMGW_REASON_TTL]		= "ttl",
		[KMGW_REASON_CHECKSUM]		= "checksum",
		[KMGW_REASON_MALFORMED]		= "malformed",
		[KMGW_REASON_MARTIAN]		= "martian",
		[KMGW_REASON_NOT_FOR_US]	= "not for us",
		[KMGW_REASON_WRONG_DEVICE]	= "wrong device",
		[KMGW_REASON_NOMEM]		= "out of memory",
		[KMGW_REASON_SEND]		= "not sent",
		[KMGW_REASON_NO_KEYS]		= "no DTLS keys",
		[KMGW_REASON_NOT_DTLS]		= "no DTLS record",
		[KMGW_REASON_LATE_RTP]		= "late RTP",
		[KMGW_REASON_REPLAY]		= "replayed DTLS record",
		[KMGW_REASON_BAD_MAC]		= "DTLS record that does not authenticate",
		[KMGW_REASON_EPOCH]		= "DTLS epoch without keys",
		[KMGW_REASON_KEY_LIMIT]		= "as many DTLS records as one key may protect",
		[KMGW_REASON_CRYPTO]		= "no room in the crypto API",
		[KMGW_REASON_RATE]		= "too many handshake records",
		[KMGW_REASON_LATCH]		= "not the latched source",
		[KMGW_REASON_NO_CONNECTION]	= "no connection",
		[KMGW_REASON_SEQUENCE]		= "does not fit the connection",
		[KMGW_REASON_SYN_LIMIT]		= "limit of held SYNs",
		[KMGW_REASON_POLICED]		= "more than policing lets in",
		[KMGW_REASON_ICMP_UNFIT]	= "ICMP error about nothing that was sent",
		[KMGW_REASON_ICMP_RATE]		= "too many ICMP errors",
		[KMGW_REASON_USER]		= "asked for",
		[KMGW_REASON_PEER_CLOSED]	= "closed by the far end",
		[KMGW_REASON_TRUNCATED]		= "FIN without close_notify",
		[KMGW_REASON_RESET]		= "reset by the far end",
		[KMGW_REASON_TIMEOUT]		= "TCP timed out",
		[KMGW_REASON_ALERT]		= "fatal alert by the far end",
		[KMGW_REASON_BAD_RECORD]	= "bad TLS record",
		[KMGW_REASON_KEY_UPDATE]	= "TLS key update not supported by this kernel",
		[KMGW_REASON_RECORD_LIMIT]	= "as many TLS records as one key may protect",
		[KMGW_REASON_IDLE]		= "no user data for too long",
		[KMGW_REASON_LINGER]		= "closing took too long",
		[KMGW_REASON_PEER_ENDPOINT]	= "the other endpoint's connection failed",
		[KMGW_REASON_FLUSH]		= "flushed",
		[KMGW_REASON_SOCKET]		= "socket error",
		[KMGW_REASON_REPLACED]		= "replaced by another connection",
		[KMGW_REASON_OCTET_LIMIT]	= "as many octets as may pass",
		[KMGW_REASON_IDLE_IN]		= "no user data from the far end for too long",
		[KMGW_REASON_IDLE_OUT]		= "no user data for the far end for too long",
	};

	if ((unsigned int)reason >= sizeof(names) / sizeof(names[0]) || !names[reason])
		return "unknown";
	return names[reason];
}
