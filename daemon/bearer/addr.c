// SPDX-License-Identifier: GPL-2.0-only
/*
 * addr: small things about transport addresses of either family.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bearer/addr.h"

static const struct sockaddr_in *in4(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in *)a;
}

static const struct sockaddr_in6 *in6(const struct sockaddr_storage *a)
{
	return (const struct sockaddr_in6 *)a;
}

uint16_t addr_port(const struct sockaddr_storage *a)
{
	switch (a->ss_family) {
	case AF_INET:
		return ntohs(in4(a)->sin_port);
	case AF_INET6:
		return ntohs(in6(a)->sin6_port);
	default:
		return 0;
	}
}

void addr_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)a)->sin_port = htons(port);
	else if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)a)->sin6_port = htons(port);
}

socklen_t addr_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

bool addr_is_unspecified(const struct sockaddr_storage *a)
{
	switch (a->ss_family) {
	case AF_INET:
		return in4(a)->sin_addr.s_addr == htonl(INADDR_ANY);
	case AF_INET6:
		return IN6_IS_ADDR_UNSPECIFIED(&in6(a)->sin6_addr);
	default:
		return true;
	}
}

bool addr_same_ip(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	switch (a->ss_family) {
	case AF_INET:
		return in4(a)->sin_addr.s_addr == in4(b)->sin_addr.s_addr;
	case AF_INET6:
		return IN6_ARE_ADDR_EQUAL(&in6(a)->sin6_addr, &in6(b)->sin6_addr);
	default:
		return true;
	}
}

void addr_any(struct sockaddr_storage *a, int family)
{
	memset(a, 0, sizeof(*a));
	a->ss_family = (sa_family_t)family;
}

const char *addr_text(const struct sockaddr_storage *a, char *buf, size_t len)
{
	char ip[INET6_ADDRSTRLEN] = "-";

	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &in4(a)->sin_addr, ip, sizeof(ip));
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6(a)->sin6_addr, ip, sizeof(ip));
	snprintf(buf, len, "[%s]:%u", ip, addr_port(a));
	return buf;
}
