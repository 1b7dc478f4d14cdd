/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * addr: small things about transport addresses of either family.
 *
 * Context: pure. AF_UNSPEC stands for "no address".
 */
#ifndef KMGWD_BEARER_ADDR_H
#define KMGWD_BEARER_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_TEXT_MAX	(INET6_ADDRSTRLEN + 8)

/* Port in host order. */
uint16_t addr_port(const struct sockaddr_storage *a);
void addr_set_port(struct sockaddr_storage *a, uint16_t port);
socklen_t addr_len(const struct sockaddr_storage *a);

/* No address at all, 0.0.0.0 or :: */
bool addr_is_unspecified(const struct sockaddr_storage *a);

/* Same family and address; the port and the scope do not matter. */
bool addr_same_ip(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* The unspecified address of a family, with port 0. */
void addr_any(struct sockaddr_storage *a, int family);

/* "[address]:port" into @buf of at least ADDR_TEXT_MAX octets; returns @buf. */
const char *addr_text(const struct sockaddr_storage *a, char *buf, size_t len);

#endif /* KMGWD_BEARER_ADDR_H */
