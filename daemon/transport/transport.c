// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: what UDP, TCP and SCTP have in common.
 *
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/transport_private.h"

static bool has_address(const struct config_mgc *mgc, const struct sockaddr_storage *addr)
{
	unsigned int i;

	if (transport_same_host(&mgc->address, addr))
		return true;
	for (i = 0; i < mgc->n_more; i++)
		if (transport_same_host(&mgc->more[i], addr))
			return true;
	return false;
}

/* The port is free: an MGC may send from another one than it listens on. */
bool transport_permitted(const struct transport *t, const struct sockaddr_storage *from)
{
	unsigned int i;

	for (i = 0; i < t->config->n_mgcs; i++)
		if (has_address(&t->config->mgc[i], from))
			return true;
	/* One that the gateway was sent to and left again has to hear that. */
	for (i = 0; i < t->config->n_mgc_allow; i++)
		if (transport_same_host(&t->config->mgc_allow[i], from))
			return true;
	return has_address(&t->mgc, from);
}

struct sockaddr_storage transport_known_as(const struct transport *t,
					   const struct sockaddr_storage *addr)
{
	unsigned int i;

	for (i = 0; i < t->config->n_mgcs; i++)
		if (has_address(&t->config->mgc[i], addr))
			return t->config->mgc[i].address;
	return *addr;
}

static bool any_mgc(const struct config *c, enum config_transport transport)
{
	unsigned int i;

	for (i = 0; i < c->n_mgcs; i++)
		if (c->mgc[i].transport == transport)
			return true;
	return false;
}

int transport_new(uv_loop_t *loop, const struct config *config, const struct transport_ops *ops,
		  void *priv, struct transport **out)
{
	struct transport *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->loop = loop;
	t->config = config;
	t->ops = ops;
	t->priv = priv;
	err = udp_side_new(t, &t->udp);
	if (!err)
		err = tcp_side_new(t, any_mgc(config, CONFIG_TRANSPORT_TCP), &t->tcp);
	if (!err && any_mgc(config, CONFIG_TRANSPORT_SCTP))
		err = sctp_side_new(t, &t->sctp);
	if (err) {
		transport_free(t);
		return err;
	}
	*out = t;
	return 0;
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	udp_side_free(t->udp);
	tcp_side_free(t->tcp);
	sctp_side_free(t->sctp);
	free(t);
}

static void disconnect(struct transport *t)
{
	tcp_side_disconnect(t->tcp);
	if (t->sctp)
		sctp_side_disconnect(t->sctp);
}

static void connect_mgc(struct transport *t)
{
	if (t->mgc.transport == CONFIG_TRANSPORT_TCP)
		tcp_side_connect(t->tcp);
	else if (t->mgc.transport == CONFIG_TRANSPORT_SCTP && t->sctp)
		sctp_side_connect(t->sctp);
}

void transport_use(struct transport *t, const struct config_mgc *mgc)
{
	disconnect(t);
	t->mgc = *mgc;
	connect_mgc(t);
}

void transport_hand_over(struct transport *t, const struct config_mgc *mgc)
{
	tcp_side_leave(t->tcp);
	if (t->sctp)
		sctp_side_leave(t->sctp);
	t->mgc = *mgc;
	connect_mgc(t);
}

void transport_reconnect(struct transport *t)
{
	if (t->mgc.transport == CONFIG_TRANSPORT_UDP || !t->mgc.address.ss_family)
		return;
	disconnect(t);
	connect_mgc(t);
}

int transport_path(const struct transport *t, struct transport_path *path)
{
	path->addr = t->mgc.address;
	path->connection = 0;
	if (t->mgc.transport == CONFIG_TRANSPORT_UDP)
		return 0;
	if (t->mgc.transport == CONFIG_TRANSPORT_TCP)
		path->connection = tcp_side_current(t->tcp);
	else if (t->sctp)
		path->connection = sctp_side_current(t->sctp);
	return path->connection ? 0 : -ENOTCONN;
}

int transport_send(struct transport *t, const struct transport_path *path, const char *data,
		   size_t len)
{
	int err;

	if (path->connection & TRANSPORT_SCTP_NUMBER)
		err = sctp_side_send(t->sctp, path->connection, data, len);
	else if (path->connection)
		err = tcp_side_send(t->tcp, path->connection, data, len);
	else
		err = udp_side_send(t->udp, &path->addr, data, len);
	if (err) {
		t->counters.send_failed++;
		return err;
	}
	t->counters.sent++;
	if (t->ops->sent)
		t->ops->sent(t->priv, path, data, len);
	return 0;
}

enum config_transport transport_kind(const struct transport *t, const struct transport_path *path)
{
	(void)t;
	if (path->connection & TRANSPORT_SCTP_NUMBER)
		return CONFIG_TRANSPORT_SCTP;
	return path->connection ? CONFIG_TRANSPORT_TCP : CONFIG_TRANSPORT_UDP;
}

const struct transport_counters *transport_counters(const struct transport *t)
{
	return &t->counters;
}

const char *transport_name(const struct sockaddr_storage *addr, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	unsigned int port = 0;

	if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)addr;

		inet_ntop(AF_INET, &in4->sin_addr, ip, sizeof(ip));
		port = ntohs(in4->sin_port);
	} else if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;

		inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip));
		port = ntohs(in6->sin6_port);
	}
	snprintf(buf, len, "[%s]:%u", ip, port);
	return buf;
}
