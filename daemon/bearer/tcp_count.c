// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_count: octets that a TCP connection carried.
 */
#include <linux/tcp.h>
#include <sys/socket.h>

#include "bearer/tcp_count.h"

/* tcpi_state, of which linux/tcp.h has no names */
enum {
	CLOSE_WAIT = 8,
	LAST_ACK = 9,
};

void tcp_count(int fd, struct bearer_stats *st)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	st->octets_received += info.tcpi_bytes_received;
	/* TCP counts the far end's FIN as an octet. */
	if (info.tcpi_bytes_received && (info.tcpi_state == CLOSE_WAIT ||
					 info.tcpi_state == LAST_ACK))
		st->octets_received--;
	st->octets_sent += info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
}
