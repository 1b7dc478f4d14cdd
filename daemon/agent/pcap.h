/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pcap: messages as the packets that would have carried them.
 *
 * Purpose: a file that Wireshark reads as H.248: what the agent sees are whole
 * messages, so IP, UDP, TCP (with TPKT) and SCTP headers are made up around them.
 * Sequence numbers go on through a file, so that TCP is put together again.
 * Context: plain data, no I/O. Lifetime: a pcap_flow lives as long as its file.
 */
#ifndef KMGWD_AGENT_PCAP_H
#define KMGWD_AGENT_PCAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "config.h"
#include "lib/strbuf.h"

/* Between two ends; the first one is the gateway. */
struct pcap_flow {
	struct sockaddr_storage local, remote;
	enum config_transport transport;
	uint32_t sequence[2];		/* of the next octet (TCP) or chunk (SCTP), by sender */
	uint16_t messages[2];		/* SCTP: the next one's number in its stream */
};

/* The header of a file; then packets follow. */
void pcap_begin(struct strbuf *out);

/**
 * pcap_message() - appends the packets of one message
 * @out: receives whole records
 * @flow: whose numbers go on
 * @when: time stamp
 * @sent: by the gateway
 * @data: the message
 * @len: octets; at most what a TPKT holds
 */
void pcap_message(struct strbuf *out, struct pcap_flow *flow, const struct timespec *when,
		  bool sent, const char *data, size_t len);

#endif /* KMGWD_AGENT_PCAP_H */
