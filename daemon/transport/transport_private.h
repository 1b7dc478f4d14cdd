/* SPDX-License-Identifier: GPL-2.0-only */
/* What transport.c, udp.c, tcp.c and sctp.c share. */
#ifndef KMGWD_TRANSPORT_PRIVATE_H
#define KMGWD_TRANSPORT_PRIVATE_H

#include "transport/transport.h"

#define TRANSPORT_SCTP_NUMBER	(1ULL << 63)	/* in the numbers of associations */

struct sctp_side;
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
	struct sctp_side *sctp;		/* NULL: no MGC speaks it */
};

bool transport_permitted(const struct transport *t, const struct sockaddr_storage *from);
/* The first address of the MGC that has this one, or else the same again. */
struct sockaddr_storage transport_known_as(const struct transport *t,
					   const struct sockaddr_storage *addr);

int udp_side_new(struct transport *t, struct udp_side **out);
void udp_side_free(struct udp_side *s);
int udp_side_send(struct udp_side *s, const struct sockaddr_storage *to, const char *data,
		  size_t len);

int tcp_side_new(struct transport *t, bool listen, struct tcp_side **out);
void tcp_side_free(struct tcp_side *s);
void tcp_side_connect(struct tcp_side *s);
void tcp_side_disconnect(struct tcp_side *s);
/* Another MGC is connected to next; this one may ask and be answered for LONG-TIMER. */
void tcp_side_leave(struct tcp_side *s);
/* Number of the connection to the MGC, or 0. */
uint64_t tcp_side_current(const struct tcp_side *s);
int tcp_side_send(struct tcp_side *s, uint64_t connection, const char *data, size_t len);

/* Listens and is ready to connect. */
int sctp_side_new(struct transport *t, struct sctp_side **out);
void sctp_side_free(struct sctp_side *s);
void sctp_side_connect(struct sctp_side *s);
void sctp_side_disconnect(struct sctp_side *s);
/* As tcp_side_leave(). */
void sctp_side_leave(struct sctp_side *s);
/* Number of the association with the MGC, or 0. */
uint64_t sctp_side_current(const struct sctp_side *s);
int sctp_side_send(struct sctp_side *s, uint64_t connection, const char *data, size_t len);

#endif /* KMGWD_TRANSPORT_PRIVATE_H */
