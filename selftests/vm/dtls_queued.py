#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm new
"""What the operator holds up in a queue of nftables comes to the module in process context, and passes.

Not on the debug kernel, which has no such queue.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import nfqueue  # noqa: E402
import relay  # noqa: E402


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
    queued(the_bed)
