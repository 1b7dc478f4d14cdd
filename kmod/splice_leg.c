// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, taking over a socket.
 *
 * Context: process, under kn->lock, which also makes sure that two requests do not take the same
 * socket: it belongs to the same namespace. Whether a socket is attached already is known by our
 * entry in its wait queue.
 */
#include <linux/file.h>
#include <linux/netlink.h>
#include <linux/sockptr.h>
#include <net/inet_ecn.h>

#include "leg.h"

/* RFC 8446, 5.5: 2^24.5 full-size records under one AES-GCM key. */
#define KMGW_GCM_RECORDS	23726566ULL

/* Softirq, or wherever the socket is used from. Whatever happened, the work looks for itself. */
static int kmgw_leg_wake(struct wait_queue_entry *wait, unsigned int mode, int sync, void *key)
{
	struct kmgw_leg *leg = container_of(wait, struct kmgw_leg, wait);

	kmgw_splice_queue(leg->sp);
	return 0;
}

/**
 * kmgw_leg_watch() - be woken by what happens to the socket
 * @leg: leg
 */
void kmgw_leg_watch(struct kmgw_leg *leg)
{
	init_waitqueue_func_entry(&leg->wait, kmgw_leg_wake);
	add_wait_queue(sk_sleep(leg->sk), &leg->wait);
}

/**
 * kmgw_leg_unwatch() - not any more
 * @leg: leg
 */
void kmgw_leg_unwatch(struct kmgw_leg *leg)
{
	remove_wait_queue(sk_sleep(leg->sk), &leg->wait);
}

static bool kmgw_sock_is_attached(struct sock *sk)
{
	struct wait_queue_head *head = sk_sleep(sk);
	struct wait_queue_entry *wait;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&head->lock, flags);
	list_for_each_entry(wait, &head->head, entry)
		if (wait->func == kmgw_leg_wake)
			found = true;
	spin_unlock_irqrestore(&head->lock, flags);
	return found;
}

static int kmgw_sock_check(struct sock *sk, const struct net *net, struct netlink_ext_ack *extack)
{
	if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6) {
		NL_SET_ERR_MSG(extack, "not an IPv4 or IPv6 socket");
		return -EAFNOSUPPORT;
	}
	if (sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP) {
		NL_SET_ERR_MSG(extack, "not a TCP socket");
		return -EPROTONOSUPPORT;
	}
	if (!net_eq(sock_net(sk), net)) {
		NL_SET_ERR_MSG(extack, "the socket belongs to another network namespace");
		return -EXDEV;
	}
	/* CLOSE_WAIT: the far end has already said all it had to say */
	if (!((1 << inet_sk_state_load(sk)) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))) {
		NL_SET_ERR_MSG(extack, "the socket is not connected");
		return -ENOTCONN;
	}
	if ((READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) ||
	    ((READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) && !sock_flag(sk, SOCK_DONE))) {
		NL_SET_ERR_MSG(extack, "the socket was shut down");
		return -ESHUTDOWN;
	}
	if (kmgw_sock_is_attached(sk)) {
		NL_SET_ERR_MSG(extack, "the socket is attached already");
		return -EBUSY;
	}
	if (READ_ONCE(sk->sk_user_data)) {
		NL_SET_ERR_MSG(extack, "the socket is used by something else in the kernel");
		return -EBUSY;
	}
	return 0;
}

static int kmgw_sock_check_tls(struct kmgw_leg *leg, struct netlink_ext_ack *extack)
{
	const struct tcp_ulp_ops *ulp = inet_csk(leg->sk)->icsk_ulp_ops;
	const struct tls_context *ctx;

	if (!ulp)
		return 0;
	if (strcmp(ulp->name, "tls")) {
		NL_SET_ERR_MSG(extack, "the socket has an upper layer protocol other than tls");
		return -EOPNOTSUPP;
	}
	ctx = tls_get_ctx(leg->sk);
	if (!ctx || ctx->tx_conf == TLS_BASE || ctx->rx_conf == TLS_BASE) {
		NL_SET_ERR_MSG(extack, "kTLS is not armed in both directions");
		return -EINVAL;
	}
	if (ctx->tx_conf != TLS_SW || ctx->rx_conf != TLS_SW) {
		NL_SET_ERR_MSG(extack, "kTLS runs in the network device: switch that off");
		return -EOPNOTSUPP;
	}
	leg->tls_version = ctx->prot_info.version;
	leg->tls_cipher = ctx->prot_info.cipher_type;
	leg->tls_overhead = ctx->prot_info.overhead_size;
	leg->record_limit = leg->tls_cipher == TLS_CIPHER_CHACHA20_POLY1305 ?
			    U64_MAX : KMGW_GCM_RECORDS;
	return 0;
}

/**
 * kmgw_leg_take() - take over a socket
 * @leg: leg to fill in
 * @ep: endpoint it belongs to
 * @fd: descriptor in the table of the calling process
 * @extack: where the reason for a refusal goes
 *
 * The file is held from then on, nothing is changed.
 *
 * Return: 0 or a negative errno.
 */
int kmgw_leg_take(struct kmgw_leg *leg, struct kmgw_ep *ep, int fd, struct netlink_ext_ack *extack)
{
	int err;

	leg->file = fget(fd);
	if (!leg->file) {
		NL_SET_ERR_MSG(extack, "not an open file descriptor");
		return -EBADF;
	}
	leg->sock = sock_from_file(leg->file);
	if (!leg->sock || !leg->sock->sk) {
		NL_SET_ERR_MSG(extack, "the file descriptor is not a socket");
		err = -ENOTSOCK;
		goto err_put;
	}
	leg->sk = leg->sock->sk;
	leg->ep = ep;
	err = kmgw_sock_check(leg->sk, ep->kn->net, extack);
	if (err)
		goto err_put;
	err = kmgw_sock_check_tls(leg, extack);
	if (err)
		goto err_put;
	return 0;

err_put:
	fput(leg->file);
	leg->file = NULL;
	return err;
}

static int kmgw_sock_set(struct socket *sock, int level, int name, int value)
{
	return sock->ops->setsockopt(sock, level, name, KERNEL_SOCKPTR(&value), sizeof(value));
}

/**
 * kmgw_leg_set_dscp() - mark what is sent, if that was changed
 * @leg: leg
 */
void kmgw_leg_set_dscp(struct kmgw_leg *leg)
{
	u8 dscp = READ_ONCE(leg->ep->dscp);

	if (likely(dscp == leg->dscp) || leg->gone)
		return;
	leg->dscp = dscp;
	if (dscp == KMGW_DSCP_KEEP)
		return;
	/* a socket of either family may send IPv4 */
	kmgw_sock_set(leg->sock, SOL_IP, IP_TOS, dscp << 2);
	if (leg->sk->sk_family == AF_INET6)
		kmgw_sock_set(leg->sock, SOL_IPV6, IPV6_TCLASS, dscp << 2);
}

static int kmgw_leg_set_prefix(struct kmgw_leg *leg, const void *prefix, u32 len)
{
	leg->store = kmgw_store_new();
	if (!leg->store)
		return -ENOMEM;
	if (kmgw_store_room(leg->store, len)) {
		kmgw_store_free(leg->store);
		leg->store = NULL;
		return -ENOMEM;
	}
	memcpy(page_address(leg->store->page), prefix, len);
	kmgw_store_put(leg->store, len);
	u64_stats_add(&leg->rx_plain, len);
	u64_stats_inc(&leg->rx_packets);
	return 0;
}

/**
 * kmgw_leg_prepare() - make a socket ready for splicing
 * @leg: leg with its socket
 * @prefix: octets the user had received already
 * @prefix_len: their number, may be 0
 * @extack: where the reason for a refusal goes
 *
 * Return: 0 or a negative errno.
 */
int kmgw_leg_prepare(struct kmgw_leg *leg, const void *prefix, u32 prefix_len,
		     struct netlink_ext_ack *extack)
{
	int err;

	u64_stats_init(&leg->syncp);
	leg->dscp = KMGW_DSCP_KEEP;
	leg->user_timeout = READ_ONCE(inet_csk(leg->sk)->icsk_user_timeout);
	leg->urgent = leg->user_timeout;
	if (prefix_len) {
		err = kmgw_leg_set_prefix(leg, prefix, prefix_len);
		if (err) {
			NL_SET_ERR_MSG(extack, "out of memory for the prefix");
			return err;
		}
	}
	/* without it every record is decrypted elsewhere and copied */
	if (leg->tls_version == TLS_1_3_VERSION) {
		err = kmgw_sock_set(leg->sock, SOL_TLS, TLS_RX_EXPECT_NO_PAD, 1);
		if (err) {
			kmgw_store_free(leg->store);
			leg->store = NULL;
			NL_SET_ERR_MSG(extack, "TLS_RX_EXPECT_NO_PAD cannot be set");
			return err;
		}
	}
	tcp_sock_set_nodelay(leg->sk);
	/* Whoever kept the descriptor must not sleep inside kTLS, whose lock we then wait for. */
	WRITE_ONCE(leg->sk->sk_sndtimeo, 0);
	return 0;
}
