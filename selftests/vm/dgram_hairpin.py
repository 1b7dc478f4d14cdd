#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Two contexts of one gateway may face each other; a context that faces itself ends in counted drops."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import relay  # noqa: E402


def facing(bed, f1, f2, devices):
    """Terminal - context - context - core; the two contexts know each other's core side address."""
    t = bed.t
    inner = relay.ADDR[f2]['core']
    values = [{'ifindex': bed.ifindex(dev)} if devices else {} for dev in ('g0', 'g1')]
    n = bed.last + 1
    bed.last += 2
    for m in n, n + 1:
        bed.k.do('context-new', id=m)
    a = bed.endpoint(1, relay.ADDR[f1]['access'], 20000 + n, relay.ADDR[f1]['ue'], 5000, n,
                     **values[0])
    bed.endpoint(2, inner, 21000 + n, inner, 21001 + n, n, **values[1])
    bed.endpoint(1, inner, 21001 + n, inner, 21000 + n, n + 1, **values[1])
    d = bed.endpoint(2, relay.ADDR[f1]['core'], 22000 + n, relay.ADDR[f1]['far'], 6000, n + 1,
                     **values[1])
    name = f'IPv{f1} - IPv{f2} - IPv{f1}{", bound to devices" if devices else ""}'
    for size in 10, 1300:
        payload = os.urandom(size)
        bed.ue.send(a.datagram(payload))
        got = bed.core.receive()
        t.equal((got.payload, got.ttl, got.src, got.check_ok), (payload, 62, d.local, True),
                f'{name}: through both, {size} octets')
        bed.core.send(d.datagram(payload))
        got = bed.ue.receive()
        t.equal((got.payload, got.ttl, got.src, got.check_ok), (payload, 62, a.local, True),
                f'{name}: and back')


def looping(bed, f1, f2):
    """Each endpoint of the stream sends to the other one."""
    t = bed.t
    near, core = relay.ADDR[f1]['access'], relay.ADDR[f2]['core']
    a, b = bed.stream(f1, f2)
    # the two families cannot face each other, so each endpoint faces itself
    to_a, to_b = ((near, a.lport), (core, b.lport)) if f1 != f2 else \
                 ((core, b.lport), (near, a.lport))
    a.set(remote=genl.addr(*to_a))
    b.set(remote=genl.addr(*to_b))
    for _ in range(10):
        bed.ue.send(a.datagram(b'round and round'))
    t.wait_for(20, lambda: a.drops().get('ttl', 0) + b.drops().get('ttl', 0) == 10,
               'all to die out')
    s, r = a.stats(), b.stats()
    name = f'loop of IPv{f1} and IPv{f2}'
    t.equal({k for e in (a, b) for k in e.drops()}, {'ttl'}, f'{name}: ends in drops for the TTL')
    t.equal(s['rx-packets'] + r['rx-packets'], 10 * 64, f'{name}: after 64 turns each')
    t.equal(s['rx-packets'] + r['rx-packets'], s['tx-packets'] + r['tx-packets'] +
            s['drops'] + r['drops'], f'{name}: received = sent + dropped')


def stranger(bed):
    """A program of the gateway itself is no far end."""
    a, b = bed.stream(4, 4)
    with bed.ns_gw.socket(kind=2) as s:
        s.bind((relay.ADDR[4]['access'], 0))
        s.sendto(b'from within', (a.local, a.lport))
    bed.settled([a], 1)
    bed.t.equal((a.drops(), bed.core.drain()), ({'martian': 1}, []),
                'a program of this host cannot send')


with relay.Bed() as the_bed:
    for bound in False, True:
        facing(the_bed, 4, 4, bound)
        facing(the_bed, 6, 6, bound)
        facing(the_bed, 4, 6, bound)
    for families in (4, 4), (6, 6), (4, 6):
        looping(the_bed, *families)
    stranger(the_bed)
