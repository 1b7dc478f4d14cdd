#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm new
"""What the operator holds up in a queue of nftables comes to the module in process context, and passes.

Softirqs are held off meanwhile, as they are for every other packet: what each CPU keeps is not locked.
Not on the debug kernel, which has no such queue.
"""

import contextlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import nfqueue  # noqa: E402
import relay  # noqa: E402
import tracing  # noqa: E402

PROBES = ('kmgw_dtls_rcv', 'kmgw_dtls_forward')


@contextlib.contextmanager
def probed():
    tracing.mount()
    for name in PROBES:
        tracing.tell('kprobe_events', f'p:kprobes/{name} kmgw:{name}\n')
        tracing.tell(f'events/kprobes/{name}/enable', '1')
    try:
        yield
    finally:
        for name in PROBES:
            tracing.tell(f'events/kprobes/{name}/enable', '0')
            tracing.tell('kprobe_events', f'-:kprobes/{name}\n')


def held_off(t, name):
    """In a softirq (s), or BH disabled (b, with interrupts D), each time the function was called."""
    flags = [line.partition('] ')[2].split()[0] for line in tracing.lines(f'{name}:')]
    t.ok(len(flags) == 2 and all(set(f) & set('sbD') for f in flags), f'{name}: softirqs are held off', flags)


def queued(bed):
    t = bed.t
    for family in 4, 6:
        a, b = bed.stream(family, family)
        k = dtls.Association()
        a.set(security='dtls', keys=k.keys())
        rules = f'''table inet raw {{
            chain pre {{ type filter hook prerouting priority raw;
                udp dport {{ {a.lport}, {b.lport} }} queue num 0; }}
        }}'''
        with nfqueue.Queue(bed.ns_gw) as queue:
            bed.ns_gw.run('nft', '-f', '-', text=rules)
            bed.ue.send(a.datagram(k.far.seal(b'held up')))
            queue.let_on()
            t.equal(bed.core.receive().payload, b'held up', f'IPv{family}: held in a queue, then opened')
            bed.core.send(b.datagram(b'held up, too'))
            queue.let_on()
            t.equal(k.near.open(bed.ue.receive().payload).plain, b'held up, too',
                    f'IPv{family}: held in a queue, then sealed')
            bed.ns_gw.run('nft', 'delete', 'table', 'inet', 'raw')


with relay.Bed() as the_bed:
    with probed():
        queued(the_bed)
        for probe in PROBES:
            held_off(the_bed.t, probe)
