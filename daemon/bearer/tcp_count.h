/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_count: octets that a TCP connection carried.
 *
 * A file of its own, for linux/tcp.h, which knows these counters, and
 * netinet/tcp.h, which libuv wants, cannot be had together.
 */
#ifndef KMGWD_BEARER_TCP_COUNT_H
#define KMGWD_BEARER_TCP_COUNT_H

#include "bearer/bearer.h"

/* Adds the stream octets of a connection, retransmissions not counted. */
void tcp_count(int fd, struct bearer_stats *st);

#endif /* KMGWD_BEARER_TCP_COUNT_H */
