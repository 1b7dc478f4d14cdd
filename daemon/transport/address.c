// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: addresses compared.
 *
 * Context: any; nothing is kept.
 */
#include <netinet/in.h>

#include "transport/transport.h"

bool transport_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->ss_family == AF_INET6 &&
	       IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
				  &((const struct sockaddr_in6 *)b)->sin6_addr);
}

bool transport_same_end(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	/* sin_port and sin6_port are at the same place */
	return transport_same_host(a, b) && ((const struct sockaddr_in *)a)->sin_port ==
					    ((const struct sockaddr_in *)b)->sin_port;
}
