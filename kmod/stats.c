// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: counters.
 *
 * An endpoint has one set of atomic counters, whatever the number of CPUs; only a namespace has a
 * set per CPU. Totals include endpoints that are gone; those of namespaces that are gone are kept
 * under kmgw_nets_lock, so that module-wide totals never go back.
 *
 * What must agree: for each UDP endpoint, received = sent by its peer + dropped, in packets. ICMP
 * errors are counted with the drops, each under its reason, but are no part of their sum.
 */
#include <linux/bottom_half.h>
#include <linux/percpu.h>

#include "kmgw.h"
#include "splice.h"
#include "stats.h"
#include "trace.h"

static struct kmgw_stats kmgw_gone_stats;
static u64 kmgw_gone_drops[KMGW_DROP_REASONS];

/**
 * kmgw_stats_init() - allocate the counters of a namespace
 * @kn: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int kmgw_stats_init(struct kmgw_net *kn)
{
	int cpu;

	kn->stats = alloc_percpu_gfp(struct kmgw_pcpu, GFP_KERNEL_ACCOUNT);
	if (!kn->stats)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(kn->stats, cpu)->syncp);
	return 0;
}

/**
 * kmgw_stats_exit() - free the counters of a namespace
 * @kn: namespace
 */
void kmgw_stats_exit(struct kmgw_net *kn)
{
	free_percpu(kn->stats);
}

static void kmgw_stats_add(struct kmgw_stats *to, const struct kmgw_stats *from)
{
	to->rx_packets += from->rx_packets;
	to->rx_octets += from->rx_octets;
	to->tx_packets += from->tx_packets;
	to->tx_octets += from->tx_octets;
	to->rx_plain += from->rx_plain;
	to->tx_plain += from->tx_plain;
	to->drops += from->drops;
	to->stalls += from->stalls;
}

static void kmgw_pcpu_read(const struct kmgw_pcpu *pcpu, struct kmgw_stats *st, u64 *drops)
{
	unsigned int start;
	int i;

	do {
		start = u64_stats_fetch_begin(&pcpu->syncp);
		st->rx_packets = u64_stats_read(&pcpu->rx_packets);
		st->rx_octets = u64_stats_read(&pcpu->rx_octets);
		st->tx_packets = u64_stats_read(&pcpu->tx_packets);
		st->tx_octets = u64_stats_read(&pcpu->tx_octets);
		st->rx_plain = u64_stats_read(&pcpu->rx_plain);
		st->tx_plain = u64_stats_read(&pcpu->tx_plain);
		st->stalls = u64_stats_read(&pcpu->stalls);
		for (i = 0; i < KMGW_DROP_REASONS; i++)
			drops[i] = u64_stats_read(&pcpu->drops[i]);
	} while (u64_stats_fetch_retry(&pcpu->syncp, start));
}

static void kmgw_net_add_totals(struct kmgw_net *kn, struct kmgw_stats *st, u64 *drops)
{
	u64 cpu_drops[KMGW_DROP_REASONS];
	struct kmgw_stats cpu_st = {};
	int cpu, i;

	for_each_possible_cpu(cpu) {
		kmgw_pcpu_read(per_cpu_ptr(kn->stats, cpu), &cpu_st, cpu_drops);
		kmgw_stats_add(st, &cpu_st);
		for (i = 0; i < KMGW_DROP_REASONS; i++) {
			drops[i] += cpu_drops[i];
			if (i <= KMGW_DROP_SUM_MAX)
				st->drops += cpu_drops[i];
		}
	}
}

/**
 * kmgw_net_totals() - read the totals of a namespace
 * @kn: namespace
 * @st: counters, overwritten
 * @drops: KMGW_DROP_REASONS counters, overwritten
 */
void kmgw_net_totals(struct kmgw_net *kn, struct kmgw_stats *st, u64 *drops)
{
	memset(st, 0, sizeof(*st));
	memset(drops, 0, KMGW_DROP_REASONS * sizeof(*drops));
	kmgw_net_add_totals(kn, st, drops);
}

/**
 * kmgw_stats_gone() - keep the totals of a namespace that goes
 * @kn: namespace; under kmgw_nets_lock
 */
void kmgw_stats_gone(struct kmgw_net *kn)
{
	lockdep_assert_held(&kmgw_nets_lock);
	kmgw_net_add_totals(kn, &kmgw_gone_stats, kmgw_gone_drops);
}

/**
 * kmgw_module_totals() - read the totals of all namespaces
 * @st: counters, overwritten
 * @drops: KMGW_DROP_REASONS counters, overwritten
 */
void kmgw_module_totals(struct kmgw_stats *st, u64 *drops)
{
	struct kmgw_net *kn;

	mutex_lock(&kmgw_nets_lock);
	*st = kmgw_gone_stats;
	memcpy(drops, kmgw_gone_drops, sizeof(kmgw_gone_drops));
	list_for_each_entry(kn, &kmgw_nets, list)
		kmgw_net_add_totals(kn, st, drops);
	mutex_unlock(&kmgw_nets_lock);
}

/**
 * kmgw_ep_stats() - read the counters of an endpoint
 * @ep: endpoint; under kn->lock
 * @st: counters, overwritten
 */
void kmgw_ep_stats(struct kmgw_ep *ep, struct kmgw_stats *st)
{
	const struct kmgw_dtls *dtls;
	u64 rx, tx;
	int i;

	memset(st, 0, sizeof(*st));
	if (ep->l4 == KMGW_L4_TCP)
		kmgw_splice_get_stats(ep, st);
	/* A TCP endpoint may have had more than one plane. */
	rx = atomic64_read(&ep->rx_octets);
	tx = atomic64_read(&ep->tx_octets);
	st->rx_packets += atomic64_read(&ep->rx_packets);
	st->rx_octets += rx;
	st->tx_packets += atomic64_read(&ep->tx_packets);
	st->tx_octets += tx;
	st->rx_plain += rx;
	st->tx_plain += tx;
	dtls = rcu_dereference_protected(ep->dtls, lockdep_is_held(&ep->kn->lock));
	if (dtls) {
		st->rx_plain -= atomic64_read(&dtls->rx_overhead);
		st->tx_plain -= atomic64_read(&dtls->tx_overhead);
	}
	for (i = 0; i <= KMGW_DROP_SUM_MAX; i++)
		st->drops += atomic64_read(&ep->drops[i]);
}

/**
 * kmgw_account_drop() - count what was received and is not forwarded
 * @ep: endpoint that received it
 * @reason: why
 * @packets: datagrams
 * @octets: their payload
 *
 * Context: BH disabled.
 */
void kmgw_account_drop(struct kmgw_ep *ep, enum kmgw_reason reason, u32 packets, u32 octets)
{
	struct kmgw_pcpu *pcpu = this_cpu_ptr(ep->kn->stats);
	bool udp = ep->l4 == KMGW_L4_UDP;
	u32 plain = octets;

	trace_kmgw_drop(ep, reason);
	atomic64_add(packets, &ep->drops[reason]);
	if (READ_ONCE(ep->security)) {
		/* Whatever is in there was not seen. */
		plain = 0;
		atomic64_add(octets, &rcu_dereference(ep->dtls)->rx_overhead);
	}
	if (udp) {
		atomic64_add(packets, &ep->rx_packets);
		atomic64_add(octets, &ep->rx_octets);
	}

	u64_stats_update_begin(&pcpu->syncp);
	if (udp) {
		u64_stats_add(&pcpu->rx_packets, packets);
		u64_stats_add(&pcpu->rx_octets, octets);
		u64_stats_add(&pcpu->rx_plain, plain);
	}
	u64_stats_add(&pcpu->drops[reason], packets);
	u64_stats_update_end(&pcpu->syncp);
}

/**
 * kmgw_account_error() - count an ICMP error that was not told
 * @ep: endpoint that sent what it is about
 * @reason: why not
 *
 * Context: BH disabled.
 */
void kmgw_account_error(struct kmgw_ep *ep, enum kmgw_reason reason)
{
	struct kmgw_pcpu *pcpu = this_cpu_ptr(ep->kn->stats);

	trace_kmgw_drop(ep, reason);
	atomic64_inc(&ep->drops[reason]);
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_inc(&pcpu->drops[reason]);
	u64_stats_update_end(&pcpu->syncp);
}

/**
 * kmgw_account_rx_alert() - count an alert that was received
 * @ep: secured endpoint
 * @octets: of the record
 *
 * Context: BH disabled, RCU read section.
 */
void kmgw_account_rx_alert(struct kmgw_ep *ep, u32 octets)
{
	struct kmgw_dtls *dtls = rcu_dereference(ep->dtls);

	atomic64_inc(&dtls->rx_alerts);
	atomic64_add(octets, &dtls->rx_overhead);
	atomic64_inc(&ep->rx_packets);
	atomic64_add(octets, &ep->rx_octets);
	kmgw_count_rx(ep->kn, 1, octets, 0);
}

/**
 * kmgw_account_tx_alert() - count an alert that was sent
 * @ep: secured endpoint
 * @octets: of the record
 *
 * Context: BH disabled, RCU read section.
 */
void kmgw_account_tx_alert(struct kmgw_ep *ep, u32 octets)
{
	struct kmgw_dtls *dtls = rcu_dereference(ep->dtls);

	atomic64_inc(&dtls->tx_alerts);
	atomic64_add(octets, &dtls->tx_overhead);
	atomic64_inc(&ep->tx_packets);
	atomic64_add(octets, &ep->tx_octets);
	kmgw_count_tx(ep->kn, 1, octets, 0);
}

/**
 * kmgw_count_rx() - add to what a namespace received on spliced connections
 * @kn: namespace
 * @packets: records or pieces
 * @octets: octets on the wire
 * @plain: octets inside
 *
 * Context: process or softirq.
 */
void kmgw_count_rx(struct kmgw_net *kn, u64 packets, u64 octets, u64 plain)
{
	struct kmgw_pcpu *pcpu;

	local_bh_disable();
	pcpu = this_cpu_ptr(kn->stats);
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_add(&pcpu->rx_packets, packets);
	u64_stats_add(&pcpu->rx_octets, octets);
	u64_stats_add(&pcpu->rx_plain, plain);
	u64_stats_update_end(&pcpu->syncp);
	local_bh_enable();
}

/**
 * kmgw_count_tx() - add to what a namespace sent on spliced connections
 * @kn: namespace
 * @packets: records or pieces
 * @octets: octets on the wire
 * @plain: octets inside
 *
 * Context: process or softirq.
 */
void kmgw_count_tx(struct kmgw_net *kn, u64 packets, u64 octets, u64 plain)
{
	struct kmgw_pcpu *pcpu;

	local_bh_disable();
	pcpu = this_cpu_ptr(kn->stats);
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_add(&pcpu->tx_packets, packets);
	u64_stats_add(&pcpu->tx_octets, octets);
	u64_stats_add(&pcpu->tx_plain, plain);
	u64_stats_update_end(&pcpu->syncp);
	local_bh_enable();
}

/**
 * kmgw_count_stall() - count that the sender waited for an end
 * @kn: namespace
 *
 * Context: process or softirq.
 */
void kmgw_count_stall(struct kmgw_net *kn)
{
	struct kmgw_pcpu *pcpu;

	local_bh_disable();
	pcpu = this_cpu_ptr(kn->stats);
	u64_stats_update_begin(&pcpu->syncp);
	u64_stats_inc(&pcpu->stalls);
	u64_stats_update_end(&pcpu->syncp);
	local_bh_enable();
}
