/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the floor control ends for tests share. */
#ifndef BFCP_H
#define BFCP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <re.h>

#define CONFERENCE	4321
#define USER		1234

/* Of the server: anyone may have the first floor, a chair gives away the second. */
enum {
	FLOOR_FREE = 1,
	FLOOR_CHAIRED = 2,
	FLOORS = 2,
};

/* link.c: octets to the far end, over TCP with or without TLS (OpenSSL), or over UDP */
struct link;

enum link_tls {
	LINK_CLEAR,
	LINK_CLIENT,
	LINK_SERVER,
};

enum link_how {
	LINK_LISTEN,
	LINK_CONNECT,
	LINK_UDP,
};

/* Says on standard output when it listens, and when it has a connection. NULL: failed, with a line. */
struct link *link_open(enum link_how how, char **address, enum link_tls tls, const char *pem);
bool link_reliable(const struct link *l);
int link_send(struct link *l, const void *data, size_t len);
/* One message, by its length (RFC 8855 5.1), or a datagram. Return: 1; 0: an orderly end; -1. */
int link_receive(struct link *l, struct mbuf *mb);
/* Says close_notify, if there is TLS, and FIN. */
void link_close(struct link *l);

/* wire.c: messages by libre, each shown on standard output as it goes or comes */
int wire_send(struct link *l, bool response, enum bfcp_prim prim, uint16_t tid, unsigned int attrc,
	      ...);
/* The next message, to be given back by mem_deref(). NULL: @status is what link_receive() said. */
struct bfcp_msg *wire_receive(struct link *l, int *status);
/* Of the first attribute of that type. Return: false if there is none. */
bool wire_u16(const struct bfcp_msg *m, enum bfcp_attrib type, uint16_t *value);

/* Return: 0 if all went as RFC 8855 has it, else 1, with a line on standard error. */
int client_run(struct link *l);
int server_run(struct link *l);

#endif /* BFCP_H */
