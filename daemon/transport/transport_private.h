/* SPDX-License-Identifier: GPL-2.0-only */
/* What transport.c, udp.c and tcp.c share. */
#ifndef KMGWD_TRANSPORT_PRIVATE_H
#define KMGWD_TRANSPORT_PRIVATE_H

#include "transport/transport.h"

struct tcp_side;
struct udp_side;

struct transport {
	uv_loop_t *loop;
	const struct config *config;
	const struct transport_ops *ops;
	void *priv;
	struct config_mgc mgc;		/* that requests go to; family 0: none yet */
	struct transport_counters counters;
	struct udp_side *udp;
	struct tcp_side *tcp;
};

bool transport_permitted(const struct transport *t, const struct sockaddr *from);

int udp_side_new(struct transport *t, struct udp_side **out);
void udp_side_free(struct udp_side *s);
int udp_side_send(struct udp_side *s, const struct sockaddr_storage *to, const char *data,
		  size_t len);

int tcp_side_new(struct transport *t, bool listen, struct tcp_side **out);
void tcp_side_free(struct tcp_side *s);
void tcp_side_connect(struct tcp_side *s);
void tcp_side_disconnect(struct tcp_side *s);
/* Number of the connection to the MGC, or 0. */
uint64_t tcp_side_current(const struct tcp_side *s);
int tcp_side_send(struct tcp_side *s, uint64_t connection, const char *data, size_t len);

#endif /* KMGWD_TRANSPORT_PRIVATE_H */
