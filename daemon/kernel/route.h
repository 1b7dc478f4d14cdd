/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * route: what the kernel's routing makes of an address.
 *
 * Purpose: whether a far address is the host's own or a broadcast address is the
 * kernel's knowledge, and differs from VRF to VRF.
 * Context: thread of the event loop; synchronous, the answer is there at once.
 */
#ifndef KMGWD_ROUTE_H
#define KMGWD_ROUTE_H

#include <netinet/in.h>

struct log;
struct route;

int route_open(const struct log *log, struct route **out);
void route_close(struct route *r);

/**
 * route_type() - kind of the route to an address
 * @r: client
 * @addr: address; the port does not matter
 * @vrf: ifindex of the VRF device, or 0
 * Return: RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, ... of linux/rtnetlink.h, or a
 * negative errno; -ENETUNREACH and its like when there is no route.
 */
int route_type(struct route *r, const struct sockaddr_storage *addr, int vrf);

#endif /* KMGWD_ROUTE_H */
