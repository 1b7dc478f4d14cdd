// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: names of reasons, states and modes, as sysfs, debugfs and the CLI show them.
 */
#include <linux/kernel.h>

#include "kmgw.h"

static const char * const kmgw_reason_names[] = {
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

static const char * const kmgw_state_names[] = {
	[KMGW_STATE_IDLE] = "idle",
	[KMGW_STATE_READY] = "ready",
	[KMGW_STATE_ESTABLISHED] = "established",
	[KMGW_STATE_CLOSING] = "closing",
	[KMGW_STATE_RELEASED] = "released",
	[KMGW_STATE_FAILED] = "failed",
};

static const char * const kmgw_mode_names[] = {
	[KMGW_MODE_INACTIVE] = "inactive",
	[KMGW_MODE_SENDONLY] = "sendonly",
	[KMGW_MODE_RECEIVEONLY] = "receiveonly",
	[KMGW_MODE_SENDRECEIVE] = "sendreceive",
};

static_assert(ARRAY_SIZE(kmgw_reason_names) == KMGW_REASON_MAX + 1);
static_assert(ARRAY_SIZE(kmgw_state_names) == KMGW_STATE_FAILED + 1);
static_assert(ARRAY_SIZE(kmgw_mode_names) == KMGW_MODE_MAX + 1);

/**
 * kmgw_reason_name() - name of a reason
 * @reason: enum kmgw_reason
 *
 * Return: a constant string.
 */
const char *kmgw_reason_name(u8 reason)
{
	return reason < ARRAY_SIZE(kmgw_reason_names) ? kmgw_reason_names[reason] : "unknown";
}

/**
 * kmgw_state_name() - name of a state
 * @state: enum kmgw_state
 *
 * Return: a constant string.
 */
const char *kmgw_state_name(u8 state)
{
	return state < ARRAY_SIZE(kmgw_state_names) ? kmgw_state_names[state] : "unknown";
}

/**
 * kmgw_mode_name() - name of a mode
 * @mode: enum kmgw_mode
 *
 * Return: a constant string.
 */
const char *kmgw_mode_name(u8 mode)
{
	return mode < ARRAY_SIZE(kmgw_mode_names) ? kmgw_mode_names[mode] : "unknown";
}
