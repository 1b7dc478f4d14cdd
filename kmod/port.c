// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: the reserved port of an endpoint whose packets are relayed.
 *
 * The user proves that the port is free by binding a socket and handing it over. Were that socket
 * kept, it would keep its network namespace alive for as long as the endpoint exists, and a
 * namespace whose gateway died would never go. So a kernel socket, which does not count, is bound
 * beside it. The endpoint owns that one, and the user's may be closed.
 *
 * It keeps the port from being bound by anybody else, SO_REUSEADDR or not. The user who comes back
 * for the handshakes of a secured endpoint hands over a socket that is not bound, and this file
 * binds it. Datagrams do not reach the kernel's socket: the hook takes them, and those of a
 * handshake, which it leaves to the user, are to reach the user's socket, as long as that is open,
 * and this one only after that, so that nobody is told by ICMP. Of several sockets the stack takes
 * the one that fits best, else the first of its list. So this one is of IPv6 even for an IPv4
 * address, which fits less, and goes to the end of the list, which only sockets of IPv6 do, if they
 * share their port. Once it is there, it takes no part in SO_REUSEPORT, whose groups spread
 * datagrams over their members.
 *
 * Context: process, under kn->lock.
 */
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "kmgw.h"
#include "object.h"

/* Is the socket bound to the address of the endpoint, or to all of that family? */
static bool kmgw_port_bound_to(const struct sock *sk, const struct kmgw_key *key)
{
	if (key->family == AF_INET) {
		if (sk->sk_family == AF_INET6 && ipv6_only_sock(sk))
			return false;
		return !inet_sk(sk)->inet_rcv_saddr ||
		       inet_sk(sk)->inet_rcv_saddr == key->ip.v4;
	}
	return sk->sk_family == AF_INET6 &&
	       (ipv6_addr_any(&sk->sk_v6_rcv_saddr) ||
		ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &key->ip.v6));
}

static int kmgw_port_type(const struct kmgw_key *key)
{
	return key->l4 == KMGW_L4_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

/* What holds for a socket, bound or not. */
static int kmgw_port_check_kind(struct kmgw_net *kn, const struct sock *sk,
				const struct kmgw_key *key, struct netlink_ext_ack *extack)
{
	if (!net_eq(sock_net(sk), kn->net)) {
		NL_SET_ERR_MSG(extack, "the socket belongs to another network namespace");
		return -EXDEV;
	}
	if (sk->sk_type != kmgw_port_type(key) || sk->sk_protocol != key->l4 ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)) {
		if (key->l4 == KMGW_L4_UDP)
			NL_SET_ERR_MSG(extack, "a UDP endpoint takes a UDP socket");
		else
			NL_SET_ERR_MSG(extack, "relay and merge take a TCP socket");
		return -EPROTOTYPE;
	}
	return 0;
}

static int kmgw_port_check(struct kmgw_net *kn, const struct sock *sk, const struct kmgw_key *key,
			   struct netlink_ext_ack *extack)
{
	int err = kmgw_port_check_kind(kn, sk, key, extack);

	if (err)
		return err;
	if (key->l4 == KMGW_L4_TCP && READ_ONCE(sk->sk_state) != TCP_CLOSE) {
		NL_SET_ERR_MSG(extack,
			       "relay and merge take a socket that neither listens nor is connected");
		return -EISCONN;
	}
	if (inet_sk(sk)->inet_num != ntohs(key->port) || !kmgw_port_bound_to(sk, key)) {
		NL_SET_ERR_MSG(extack, "the socket is not bound to the local address and port");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

/* Binds a socket beside another one, which is bound there. */
static int kmgw_port_bind(struct socket *sock, struct sock *beside, const struct kmgw_key *key)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = key->ip.v6,
		.sin6_port = key->port,
		.sin6_scope_id = beside->sk_bound_dev_if,
	};
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = key->ip.v4,
		.sin_port = key->port,
	};
	unsigned char reuse;
	int err;

	if (key->family == AF_INET)
		ipv6_addr_set_v4mapped(key->ip.v4, &sin6.sin6_addr);

	/* Two sockets may share the port while both allow it: only for this one bind. */
	lock_sock(beside);
	reuse = beside->sk_reuse;
	beside->sk_reuse = SK_CAN_REUSE;
	release_sock(beside);

	if (sock->sk->sk_family == AF_INET)
		err = kernel_bind(sock, (struct sockaddr *)&sin, sizeof(sin));
	else
		err = kernel_bind(sock, (struct sockaddr *)&sin6, sizeof(sin6));

	lock_sock(beside);
	beside->sk_reuse = reuse;
	release_sock(beside);

	return err;
}

/*
 * What ICMPv6 says of the MTU is believed only if it is about what the endpoint sends (icmp.c). The
 * stack would believe it of anything, once it finds a socket on the port.
 */
static int kmgw_port_ignore_mtu(struct socket *sock)
{
	int value = IPV6_PMTUDISC_INTERFACE;

	if (sock->sk->sk_family != AF_INET6)
		return 0;
	return sock->ops->setsockopt(sock, SOL_IPV6, IPV6_MTU_DISCOVER, KERNEL_SOCKPTR(&value),
				     sizeof(value));
}

/**
 * kmgw_port_reserve() - bind a kernel socket beside one of the user's
 * @kn: namespace
 * @key: address and port
 * @fd: the user's socket, bound there
 * @extack: says what to do about a refusal
 *
 * Return: the kernel socket, or an ERR_PTR().
 */
struct socket *kmgw_port_reserve(struct kmgw_net *kn, const struct kmgw_key *key, int fd,
				 struct netlink_ext_ack *extack)
{
	struct socket *user, *sock;
	int err;

	user = sockfd_lookup(fd, &err);
	if (!user) {
		NL_SET_ERR_MSG(extack, "SOCKET is not the descriptor of an open socket");
		return ERR_PTR(err);
	}
	err = kmgw_port_check(kn, user->sk, key, extack);
	if (err)
		goto out;

	err = sock_create_kern(kn->net, key->l4 == KMGW_L4_UDP ? AF_INET6 : key->family,
			       kmgw_port_type(key), key->l4, &sock);
	/* On a host without IPv6 a handshake needs a socket that is connected. */
	if (err == -EAFNOSUPPORT)
		err = sock_create_kern(kn->net, key->family, kmgw_port_type(key), key->l4, &sock);
	if (err) {
		NL_SET_ERR_MSG(extack, "cannot create the socket that reserves the port");
		goto out;
	}
	/* The user's socket may be bound to an address that is still to come. */
	ip_sock_set_freebind(sock->sk);
	lock_sock(sock->sk);
	sock->sk->sk_bound_dev_if = user->sk->sk_bound_dev_if;
	sock->sk->sk_reuse = SK_CAN_REUSE;
	sock->sk->sk_reuseport = 1;
	if (sock->sk->sk_family == AF_INET6)
		sock->sk->sk_ipv6only = key->family == AF_INET6;
	WRITE_ONCE(sock->sk->sk_rcvbuf, SOCK_MIN_RCVBUF);
	release_sock(sock->sk);

	err = kmgw_port_ignore_mtu(sock);
	if (!err)
		err = kmgw_port_bind(sock, user->sk, key);
	if (err) {
		NL_SET_ERR_MSG(extack, "cannot reserve the local address and port");
		sock_release(sock);
		goto out;
	}
	lock_sock(sock->sk);
	sock->sk->sk_reuse = SK_NO_REUSE;
	sock->sk->sk_reuseport = 0;
	release_sock(sock->sk);

out:
	sockfd_put(user);
	return err ? ERR_PTR(err) : sock;
}

/**
 * kmgw_port_join() - bind a socket of the user beside that which reserves the port
 * @kn: namespace
 * @key: address and port
 * @reserved: from kmgw_port_reserve()
 * @fd: a UDP socket that is not bound
 * @extack: says what to do about a refusal
 *
 * Return: 0 or a negative errno.
 */
int kmgw_port_join(struct kmgw_net *kn, const struct kmgw_key *key, struct socket *reserved, int fd,
		   struct netlink_ext_ack *extack)
{
	unsigned char reuse;
	struct socket *user;
	struct sock *sk;
	int err;

	user = sockfd_lookup(fd, &err);
	if (!user) {
		NL_SET_ERR_MSG(extack, "SOCKET is not the descriptor of an open socket");
		return err;
	}
	sk = user->sk;
	err = kmgw_port_check_kind(kn, sk, key, extack);
	if (err)
		goto out;
	if (sk->sk_family != key->family) {
		NL_SET_ERR_MSG(extack, "the socket is of another family than LOCAL");
		err = -EPROTOTYPE;
		goto out;
	}
	lock_sock(sk);
	if (inet_sk(sk)->inet_num) {
		release_sock(sk);
		NL_SET_ERR_MSG(extack,
			       "the endpoint has its port already: only a socket that is not bound joins it");
		err = -EBUSY;
		goto out;
	}
	sk->sk_bound_dev_if = reserved->sk->sk_bound_dev_if;
	if (key->family == AF_INET6)
		sk->sk_ipv6only = 1;
	reuse = sk->sk_reuse;
	sk->sk_reuse = SK_CAN_REUSE;
	release_sock(sk);

	err = kmgw_port_bind(user, reserved->sk, key);

	lock_sock(sk);
	sk->sk_reuse = reuse;
	release_sock(sk);
	if (err)
		NL_SET_ERR_MSG(extack, "cannot bind the socket to the local address and port");
out:
	sockfd_put(user);
	return err;
}

/**
 * kmgw_port_release() - give the port back
 * @sock: from kmgw_port_reserve(), or NULL
 */
void kmgw_port_release(struct socket *sock)
{
	if (sock)
		sock_release(sock);
}
