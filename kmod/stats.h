/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: counters.
 */
#ifndef _KMGW_STATS_H
#define _KMGW_STATS_H

#include "kmgw.h"

int kmgw_stats_init(struct kmgw_net *kn);
void kmgw_stats_exit(struct kmgw_net *kn);
void kmgw_stats_gone(struct kmgw_net *kn);
void kmgw_net_totals(struct kmgw_net *kn, struct kmgw_stats *st, u64 *drops);
void kmgw_module_totals(struct kmgw_stats *st, u64 *drops);
void kmgw_ep_stats(struct kmgw_ep *ep, struct kmgw_stats *st);

/**
 * kmgw_account_relay() - count a datagram that was received on one endpoint and sent by its peer
 * @ep: endpoint that received it
 * @peer: endpoint that sent it
 * @packets: datagrams
 * @octets: their payload
 *
 * Context: BH disabled.
 */
static inline void kmgw_account_relay(struct kmgw_ep *ep, struct kmgw_ep *peer, u32 packets,
				      u32 octets)
{
	struct kmgw_pcpu *pcpu = this_cpu_ptr(ep->kn->stats);

	atomic64_add(packets, &ep->rx_packets);
	atomic64_add(octets, &ep->rx_octets);
	atomic64_add(packets, &peer->tx_packets);
	atomic64_add(octets, &peer->tx_octets);

	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_add(&pcpu->rx_packets, packets);
	u64_stats_add(&pcpu->rx_octets, octets);
	u64_stats_add(&pcpu->rx_plain, octets);
	u64_stats_add(&pcpu->tx_packets, packets);
	u64_stats_add(&pcpu->tx_octets, octets);
	u64_stats_add(&pcpu->tx_plain, octets);
	u64_stats_update_end(&pcpu->syncp);
}

void kmgw_account_drop(struct kmgw_ep *ep, enum kmgw_reason reason, u32 packets, u32 octets);

#endif /* _KMGW_STATS_H */
