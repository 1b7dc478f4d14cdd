// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, what is particular to a TLS leg: records that are not user data, alerts, and
 * what the software TLS of the kernel keeps to itself.
 *
 * The members of struct tls_context read here have no accessor outside of net/tls. Those of the
 * receiving side change only when a record is read, which nobody but us does; @msg_ready may turn
 * true at any time, and then the length beside it is valid. Those of the sending side are read
 * under the socket lock.
 *
 * Context: process, from the work of the splice.
 */
#include <net/strparser.h>

#include "compat.h"
#include "leg.h"

#define KMGW_HS_NEW_TICKET	4
#define KMGW_HS_KEY_UPDATE	24

static struct tls_sw_context_rx *kmgw_tls_rx(const struct kmgw_leg *leg)
{
	return tls_sw_ctx_rx(tls_get_ctx(leg->sk));
}

/**
 * kmgw_tls_next() - length of the next record
 * @leg: TLS leg
 *
 * Return: octets of payload, exact but for the padding of TLS 1.3, or -EAGAIN when no record is
 * complete.
 */
int kmgw_tls_next(const struct kmgw_leg *leg)
{
	const struct tls_sw_context_rx *rx = kmgw_tls_rx(leg);
	struct sk_buff *skb = skb_peek(&rx->rx_list);
	int len;

	if (unlikely(skb))
		return strp_msg(skb)->full_len;
	if (!READ_ONCE(rx->strp.msg_ready))
		return -EAGAIN;
	len = READ_ONCE(rx->strp.stm.full_len) - leg->tls_overhead;
	return clamp_t(int, len, 0, KMGW_RECORD);
}

/**
 * kmgw_tls_next_is_control() - is the next record certainly, or probably, no user data?
 * @leg: TLS leg with a complete record
 *
 * TLS 1.3 hides the type; but only alerts are as short as that.
 *
 * Return: true if so.
 */
bool kmgw_tls_next_is_control(const struct kmgw_leg *leg)
{
	const struct tls_sw_context_rx *rx = kmgw_tls_rx(leg);

	if (!skb_queue_empty(&rx->rx_list))
		return false;
	if (rx->strp.mark != KMGW_TLS_DATA)
		return true;
	return leg->tls_version == TLS_1_3_VERSION && kmgw_tls_next(leg) <= 2;
}

/**
 * kmgw_tls_rx_spent() - have as many records been received as one key may protect?
 * @leg: TLS leg
 *
 * Return: true if so.
 */
bool kmgw_tls_rx_spent(const struct kmgw_leg *leg)
{
	return get_unaligned_be64(tls_get_ctx(leg->sk)->rx.rec_seq) >= leg->record_limit;
}

/**
 * kmgw_tls_tx_spent() - have as many records been sent as one key may protect?
 * @leg: TLS leg
 *
 * Return: true if so.
 */
bool kmgw_tls_tx_spent(const struct kmgw_leg *leg)
{
	return get_unaligned_be64(tls_get_ctx(leg->sk)->tx.rec_seq) >= leg->record_limit;
}

/**
 * kmgw_tls_unsent() - does TLS still hold records that TCP did not take?
 * @leg: TLS leg
 *
 * It tries again by itself when there is space, and tells nobody when it has succeeded.
 *
 * Return: true if so; then a wake-up is due with the next acknowledgment.
 */
bool kmgw_tls_unsent(const struct kmgw_leg *leg)
{
	const struct tls_context *ctx = tls_get_ctx(leg->sk);
	bool unsent;

	/* First ask to be woken, then look: what goes out after the look will be acknowledged. */
	set_bit(SOCK_NOSPACE, &leg->sock->flags);
	lock_sock(leg->sk);
	unsent = ctx->partially_sent_record || ctx->pending_open_record_frags ||
		 !list_empty(&tls_sw_ctx_tx(ctx)->tx_list);
	release_sock(leg->sk);
	return unsent;
}

/**
 * kmgw_tls_alert() - send an alert
 * @leg: TLS leg
 * @level: 1 warning, 2 fatal
 * @description: of RFC 8446, 6
 *
 * Return: 0, -EAGAIN when there is no space, or another error.
 */
int kmgw_tls_alert(struct kmgw_leg *leg, u8 level, u8 description)
{
	union {
		struct cmsghdr hdr;
		u8 buf[CMSG_SPACE(sizeof(u8))];
	} control = {
		.hdr.cmsg_len = CMSG_LEN(sizeof(u8)),
		.hdr.cmsg_level = SOL_TLS,
		.hdr.cmsg_type = TLS_SET_RECORD_TYPE,
	};
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	u8 alert[2] = { level, description };
	struct kvec vec = { .iov_base = alert, .iov_len = sizeof(alert) };
	int ret;

	*(u8 *)CMSG_DATA(&control.hdr) = KMGW_TLS_ALERT;
	ret = kernel_sendmsg(leg->sock, &msg, &vec, 1, sizeof(alert));
	return ret < 0 ? ret : 0;
}

static int kmgw_tls_refuse(struct kmgw_leg *leg, u8 alert, enum kmgw_reason reason)
{
	leg->alert = alert;
	kmgw_leg_ended(leg, KMGW_END_ABORT, reason);
	return 0;
}

static int kmgw_tls_got_alert(struct kmgw_leg *leg, const u8 *data, u32 len)
{
	/* An alert in pieces, or two in one record, nobody sends. */
	if (len != 2)
		return kmgw_tls_refuse(leg, KMGW_ALERT_DECODE, KMGW_REASON_BAD_RECORD);

	switch (data[1]) {
	case KMGW_ALERT_CLOSE_NOTIFY:
		leg->notified = true;
		kmgw_leg_ended(leg, KMGW_END_ORDERLY, KMGW_REASON_PEER_CLOSED);
		return 0;
	case KMGW_ALERT_CANCELED:
		/* close_notify follows */
		return 0;
	default:
		if (leg->end)
			leg->notified = true;
		else
			kmgw_leg_fail(leg, KMGW_REASON_ALERT);
		return 0;
	}
}

/*
 * Handshake messages after the handshake: tickets are ignored, they may span records. Whether we
 * are the client, to whom alone they may come, is not known here, and does not matter.
 */
static int kmgw_tls_got_handshake(struct kmgw_leg *leg, const u8 *data, u32 len)
{
	u32 n;

	if (leg->tls_version != TLS_1_3_VERSION || !len)
		return kmgw_tls_refuse(leg, KMGW_ALERT_UNEXPECTED, KMGW_REASON_BAD_RECORD);

	while (len) {
		if (leg->hs_skip) {
			n = min(len, leg->hs_skip);
			leg->hs_skip -= n;
			data += n;
			len -= n;
			continue;
		}
		leg->hs_head[leg->hs_len++] = *data++;
		len--;
		if (leg->hs_head[0] == KMGW_HS_KEY_UPDATE)
			return kmgw_tls_refuse(leg, KMGW_ALERT_INTERNAL, KMGW_REASON_KEY_UPDATE);
		if (leg->hs_head[0] != KMGW_HS_NEW_TICKET)
			return kmgw_tls_refuse(leg, KMGW_ALERT_UNEXPECTED,
					       KMGW_REASON_BAD_RECORD);
		if (leg->hs_len == sizeof(leg->hs_head)) {
			leg->hs_skip = get_unaligned_be24(&leg->hs_head[1]);
			leg->hs_len = 0;
		}
	}
	return 0;
}

/**
 * kmgw_tls_control() - act on a record that is not user data
 * @leg: TLS leg it was received on
 * @type: content type
 * @data: payload
 * @len: octets
 *
 * Return: 0; what it means is in the leg.
 */
int kmgw_tls_control(struct kmgw_leg *leg, u8 type, const u8 *data, u32 len)
{
	switch (type) {
	case KMGW_TLS_ALERT:
		return kmgw_tls_got_alert(leg, data, len);
	case KMGW_TLS_HANDSHAKE:
		return kmgw_tls_got_handshake(leg, data, len);
	default:
		return kmgw_tls_refuse(leg, KMGW_ALERT_UNEXPECTED, KMGW_REASON_BAD_RECORD);
	}
}
