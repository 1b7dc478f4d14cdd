#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""The modes of both endpoints decide which way datagrams pass; DSCP marks what is sent, ECN stays."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import relay  # noqa: E402

MODES = ('inactive', 'sendonly', 'receiveonly', 'sendreceive')
TAKES, SENDS = ('receiveonly', 'sendreceive'), ('sendonly', 'sendreceive')


def modes(bed):
    a, b = bed.stream(4, 4)
    for m in MODES:
        a.set(mode=m)
        for n in MODES:
            b.set(mode=n)
            before = a.drops().get('mode', 0), b.drops().get('mode', 0)
            seen = a.stats()['rx-packets'] + b.stats()['rx-packets']
            bed.ue.send(a.datagram(b'out'))
            bed.core.send(b.datagram(b'back'))
            bed.settled([a, b], seen + 2)
            wanted = int(m in TAKES and n in SENDS), int(n in TAKES and m in SENDS)
            got = len(bed.core.collect(wanted[0])), len(bed.ue.collect(wanted[1]))
            bed.t.equal(got, wanted, f'{m} and {n}')
            after = a.drops().get('mode', 0), b.drops().get('mode', 0)
            bed.t.equal(tuple(x - y + z for x, y, z in zip(after, before, got)), (1, 1),
                        f'{m} and {n}: what does not pass is counted')


def marks(bed):
    t = bed.t
    for f1, f2 in (4, 4), (6, 6), (4, 6), (6, 4):
        a, b = bed.stream(f1, f2)
        field = {4: 'tos', 6: 'tclass'}[f1]
        for ecn in range(4):
            bed.ue.send(a.datagram(b'as it came', **{field: 10 << 2 | ecn}))
            t.equal(bed.core.receive().tos, 10 << 2 | ecn, f'IPv{f1} to IPv{f2}: kept, ECN {ecn}')
        for dscp in 0, 46, 63:
            b.set(dscp=dscp)
            bed.ue.send(a.datagram(b'marked', **{field: 10 << 2 | 2}))
            got = bed.core.receive()
            t.equal((got.tos, got.check_ok, got.head_ok), (dscp << 2 | 2, True, True),
                    f'IPv{f1} to IPv{f2}: marked {dscp}')
        bed.core.send(b.datagram(b'back', **{{4: 'tos', 6: 'tclass'}[f2]: 10 << 2}))
        t.equal(bed.ue.receive().tos, 10 << 2, f'IPv{f1} to IPv{f2}: the other way is not marked')
        b.set(dscp=64)
        bed.ue.send(a.datagram(b'kept again', **{field: 10 << 2}))
        t.equal(bed.core.receive().tos, 10 << 2, f'IPv{f1} to IPv{f2}: kept again')


with relay.Bed() as the_bed:
    modes(the_bed)
    marks(the_bed)
