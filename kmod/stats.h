/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: counters.
 */
#ifndef _KMGW_STATS_H
#define _KMGW_STATS_H

#include "dtls.h"
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

/**
 * kmgw_account_relay_plain() - count a datagram that is a record on one side, or on both
 * @ep: endpoint that received it
 * @peer: endpoint that sent it
 * @rx_octets: UDP payload received
 * @tx_octets: UDP payload sent
 * @plain: user data in it
 *
 * Context: BH disabled, RCU read section.
 */
static inline void kmgw_account_relay_plain(struct kmgw_ep *ep, struct kmgw_ep *peer,
					    u32 rx_octets, u32 tx_octets, u32 plain)
{
	struct kmgw_pcpu *pcpu = this_cpu_ptr(ep->kn->stats);

	atomic64_inc(&ep->rx_packets);
	atomic64_add(rx_octets, &ep->rx_octets);
	atomic64_inc(&peer->tx_packets);
	atomic64_add(tx_octets, &peer->tx_octets);
	if (rx_octets != plain)
		atomic64_add(rx_octets - plain, &rcu_dereference(ep->dtls)->rx_overhead);
	if (tx_octets != plain)
		atomic64_add(tx_octets - plain, &rcu_dereference(peer->dtls)->tx_overhead);

	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_inc(&pcpu->rx_packets);
	u64_stats_add(&pcpu->rx_octets, rx_octets);
	u64_stats_add(&pcpu->rx_plain, plain);
	u64_stats_inc(&pcpu->tx_packets);
	u64_stats_add(&pcpu->tx_octets, tx_octets);
	u64_stats_add(&pcpu->tx_plain, plain);
	u64_stats_update_end(&pcpu->syncp);
}

void kmgw_account_error(struct kmgw_ep *ep, enum kmgw_reason reason);
void kmgw_account_rx_alert(struct kmgw_ep *ep, u32 octets);
void kmgw_account_tx_alert(struct kmgw_ep *ep, u32 octets);
void kmgw_account_drop(struct kmgw_ep *ep, enum kmgw_reason reason, u32 packets, u32 octets);

#endif /* _KMGW_STATS_H */
