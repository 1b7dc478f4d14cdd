/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: tracepoints, with names instead of numbers.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kmgw

#if !defined(_KMGW_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KMGW_TRACE_H

#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "kmgw.h"

#define kmgw_reasons						\
	{ KMGW_REASON_NONE,		"none" },		\
	{ KMGW_REASON_MODE,		"mode" },		\
	{ KMGW_REASON_FILTER,		"filter" },		\
	{ KMGW_REASON_NO_PEER,		"no_peer" },		\
	{ KMGW_REASON_NO_REMOTE,	"no_remote" },		\
	{ KMGW_REASON_NO_ROUTE,		"no_route" },		\
	{ KMGW_REASON_MTU,		"mtu" },		\
	{ KMGW_REASON_TTL,		"ttl" },		\
	{ KMGW_REASON_CHECKSUM,		"checksum" },		\
	{ KMGW_REASON_MALFORMED,	"malformed" },		\
	{ KMGW_REASON_MARTIAN,		"martian" },		\
	{ KMGW_REASON_NOT_FOR_US,	"not_for_us" },		\
	{ KMGW_REASON_WRONG_DEVICE,	"wrong_device" },	\
	{ KMGW_REASON_NOMEM,		"nomem" },		\
	{ KMGW_REASON_SEND,		"send" },		\
	{ KMGW_REASON_NO_KEYS,		"no_keys" },		\
	{ KMGW_REASON_NOT_DTLS,		"not_dtls" },		\
	{ KMGW_REASON_LATE_RTP,		"late_rtp" },		\
	{ KMGW_REASON_REPLAY,		"replay" },		\
	{ KMGW_REASON_BAD_MAC,		"bad_mac" },		\
	{ KMGW_REASON_EPOCH,		"epoch" },		\
	{ KMGW_REASON_KEY_LIMIT,	"key_limit" },		\
	{ KMGW_REASON_CRYPTO,		"crypto" },		\
	{ KMGW_REASON_RATE,		"rate" },		\
	{ KMGW_REASON_LATCH,		"latch" },		\
	{ KMGW_REASON_NO_CONNECTION,	"no_connection" },	\
	{ KMGW_REASON_SEQUENCE,		"sequence" },		\
	{ KMGW_REASON_SYN_LIMIT,	"syn_limit" },		\
	{ KMGW_REASON_POLICED,		"policed" },		\
	{ KMGW_REASON_ICMP_UNFIT,	"icmp_unfit" },		\
	{ KMGW_REASON_ICMP_RATE,	"icmp_rate" },		\
	{ KMGW_REASON_USER,		"user" },		\
	{ KMGW_REASON_PEER_CLOSED,	"peer_closed" },	\
	{ KMGW_REASON_TRUNCATED,	"truncated" },		\
	{ KMGW_REASON_RESET,		"reset" },		\
	{ KMGW_REASON_TIMEOUT,		"timeout" },		\
	{ KMGW_REASON_ALERT,		"alert" },		\
	{ KMGW_REASON_BAD_RECORD,	"bad_record" },		\
	{ KMGW_REASON_KEY_UPDATE,	"key_update" },		\
	{ KMGW_REASON_RECORD_LIMIT,	"record_limit" },	\
	{ KMGW_REASON_IDLE,		"idle" },		\
	{ KMGW_REASON_LINGER,		"linger" },		\
	{ KMGW_REASON_PEER_ENDPOINT,	"peer_endpoint" },	\
	{ KMGW_REASON_FLUSH,		"flush" },		\
	{ KMGW_REASON_SOCKET,		"socket" },		\
	{ KMGW_REASON_REPLACED,		"replaced" },		\
	{ KMGW_REASON_OCTET_LIMIT,	"octet_limit" },	\
	{ KMGW_REASON_IDLE_IN,		"idle_in" },		\
	{ KMGW_REASON_IDLE_OUT,		"idle_out" }

#define kmgw_states						\
	{ KMGW_STATE_IDLE,		"idle" },		\
	{ KMGW_STATE_READY,		"ready" },		\
	{ KMGW_STATE_ESTABLISHED,	"established" },	\
	{ KMGW_STATE_CLOSING,		"closing" },		\
	{ KMGW_STATE_RELEASED,		"released" },		\
	{ KMGW_STATE_FAILED,		"failed" }

#define kmgw_components						\
	{ KMGW_COMPONENT_MEDIA,		"media" },		\
	{ KMGW_COMPONENT_RTCP,		"rtcp" }

TRACE_EVENT(kmgw_ep_state,

	TP_PROTO(const struct kmgw_ep *ep, u8 old_state, u8 new_state, u8 reason),

	TP_ARGS(ep, old_state, new_state, reason),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, context)
		__field(u32, termination)
		__field(u16, stream)
		__field(u8, component)
		__field(u8, old_state)
		__field(u8, new_state)
		__field(u8, reason)
	),

	TP_fast_assign(
		__entry->netns = ep->kn->net->ns.inum;
		__entry->context = READ_ONCE(ep->context);
		__entry->termination = ep->termination;
		__entry->stream = ep->stream;
		__entry->component = ep->component;
		__entry->old_state = old_state;
		__entry->new_state = new_state;
		__entry->reason = reason;
	),

	TP_printk("netns=%u endpoint=%u/%u/%u component=%s %s -> %s reason=%s",
		  __entry->netns, __entry->context, __entry->termination, __entry->stream,
		  __print_symbolic(__entry->component, kmgw_components),
		  __print_symbolic(__entry->old_state, kmgw_states),
		  __print_symbolic(__entry->new_state, kmgw_states),
		  __print_symbolic(__entry->reason, kmgw_reasons))
);

TRACE_EVENT(kmgw_drop,

	TP_PROTO(const struct kmgw_ep *ep, u8 reason),

	TP_ARGS(ep, reason),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, context)
		__field(u32, termination)
		__field(u16, stream)
		__field(u8, component)
		__field(u8, reason)
	),

	TP_fast_assign(
		__entry->netns = ep->kn->net->ns.inum;
		__entry->context = READ_ONCE(ep->context);
		__entry->termination = ep->termination;
		__entry->stream = ep->stream;
		__entry->component = ep->component;
		__entry->reason = reason;
	),

	TP_printk("netns=%u endpoint=%u/%u/%u component=%s reason=%s",
		  __entry->netns, __entry->context, __entry->termination, __entry->stream,
		  __print_symbolic(__entry->component, kmgw_components),
		  __print_symbolic(__entry->reason, kmgw_reasons))
);

TRACE_EVENT(kmgw_latched,

	TP_PROTO(const struct kmgw_ep *ep, const struct kmgw_addr *source),

	TP_ARGS(ep, source),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, context)
		__field(u32, termination)
		__field(u16, stream)
		__field(u8, component)
		__field(u16, port)
		__array(u8, ip, sizeof(struct in6_addr))
	),

	TP_fast_assign(
		struct in6_addr ip = source->ip.v6;

		if (source->family == AF_INET)
			ipv6_addr_set_v4mapped(source->ip.v4, &ip);
		__entry->netns = ep->kn->net->ns.inum;
		__entry->context = READ_ONCE(ep->context);
		__entry->termination = ep->termination;
		__entry->stream = ep->stream;
		__entry->component = ep->component;
		__entry->port = ntohs(source->port);
		memcpy(__entry->ip, &ip, sizeof(ip));
	),

	TP_printk("netns=%u endpoint=%u/%u/%u component=%s source=[%pI6c]:%u",
		  __entry->netns, __entry->context, __entry->termination, __entry->stream,
		  __print_symbolic(__entry->component, kmgw_components),
		  __entry->ip, __entry->port)
);

TRACE_EVENT(kmgw_leg_ended,

	TP_PROTO(const struct kmgw_ep *ep, u8 reason, u32 pending),

	TP_ARGS(ep, reason, pending),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, context)
		__field(u32, termination)
		__field(u16, stream)
		__field(u8, component)
		__field(u8, reason)
		__field(u32, pending)
	),

	TP_fast_assign(
		__entry->netns = ep->kn->net->ns.inum;
		__entry->context = READ_ONCE(ep->context);
		__entry->termination = ep->termination;
		__entry->stream = ep->stream;
		__entry->component = ep->component;
		__entry->reason = reason;
		__entry->pending = pending;
	),

	TP_printk("netns=%u endpoint=%u/%u/%u component=%s reason=%s pending=%u",
		  __entry->netns, __entry->context, __entry->termination, __entry->stream,
		  __print_symbolic(__entry->component, kmgw_components),
		  __print_symbolic(__entry->reason, kmgw_reasons), __entry->pending)
);

#endif /* _KMGW_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
