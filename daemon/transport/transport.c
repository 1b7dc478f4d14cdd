// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: what UDP and TCP have in common.
 *
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/transport_private.h"

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr *b)
{
	if (a->ss_family != b->sa_family)
		return false;
	if (b->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	if (b->sa_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
					  &((const struct sockaddr_in6 *)b)->sin6_addr);
	return false;
}

/* The port is free: an MGC may send from another one than it listens on. */
bool transport_permitted(const struct transport *t, const struct sockaddr *from)
{
	unsigned int i;

	for (i = 0; i < t->config->n_mgcs; i++)
		if (same_host(&t->config->mgc[i].address, from))
			return true;
	return same_host(&t->mgc.address, from);
}

static bool any_tcp(const struct config *c)
{
	unsigned int i;

	for (i = 0; i < c->n_mgcs; i++)
		if (c->mgc[i].transport == CONFIG_TRANSPORT_TCP)
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
		err = tcp_side_new(t, any_tcp(config), &t->tcp);
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
	free(t);
}

void transport_use(struct transport *t, const struct config_mgc *mgc)
{
	tcp_side_disconnect(t->tcp);
	t->mgc = *mgc;
	if (mgc->transport == CONFIG_TRANSPORT_TCP)
		tcp_side_connect(t->tcp);
}

void transport_reconnect(struct transport *t)
{
	if (t->mgc.transport != CONFIG_TRANSPORT_TCP || !t->mgc.address.ss_family)
		return;
	tcp_side_disconnect(t->tcp);
	tcp_side_connect(t->tcp);
}

int transport_path(const struct transport *t, struct transport_path *path)
{
	path->addr = t->mgc.address;
	path->connection = 0;
	if (t->mgc.transport == CONFIG_TRANSPORT_UDP)
		return 0;
	path->connection = tcp_side_current(t->tcp);
	return path->connection ? 0 : -ENOTCONN;
}

int transport_send(struct transport *t, const struct transport_path *path, const char *data,
		   size_t len)
{
	int err;

	if (path->connection)
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
