#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
# debug: first
"""One TCP connection through the gateway, within and between both families.

Real TCP at both ends: data both ways, half-close, what is counted, MSS and path MTU, aggregates.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import packet  # noqa: E402
import tcp  # noqa: E402

OCTETS = 300000 // ktap.SLOW
BACK = 200000 // ktap.SLOW


def transfer(bed, f1, f2, name=''):
    """Data both ways; each end closes on its own."""
    t = bed.t
    a, b = bed.flow('relay', f1, f2)
    name = name or f'IPv{f1} to IPv{f2}'
    t.equal((a.get()['plane'], *a.state()), ('relay', 'idle', 'none'), f'{name}: idle')
    client, server = bed.join(a, b)
    bed.in_state(a, 'established', 'none', f'{name}: up')
    one, two = tcp.Stream(client, OCTETS), tcp.Stream(server, BACK, shut=False)
    t.wait_for(60, lambda: two.received == OCTETS and one.received == BACK, 'all data')
    bed.in_state(a, 'closing', 'peer-closed', f'{name}: one has closed')
    t.equal(b.state(), ('established', 'none'), f'{name}: the other has not')
    server.sendall(b'after the FIN')
    t.wait_for(20, lambda: one.received == BACK + 13, 'data after the FIN')
    server.shutdown(2)
    one.finish()
    two.finish()
    two.sent.update(b'after the FIN')
    t.equal((one.got.hexdigest(), two.got.hexdigest()),
            (two.sent.hexdigest(), one.sent.hexdigest()), f'{name}: data both ways')
    for end in a, b:
        bed.in_state(end, 'released', 'peer-closed', f'{name}: {end.local} released')
    sa, sb = a.stats(), b.stats()
    t.equal((sa['rx-octets'], sa['tx-octets'], sb['rx-octets'], sb['tx-octets']),
            (OCTETS, BACK + 13, BACK + 13, OCTETS), f'{name}: octets of the stream')
    t.equal((a.drops(), b.drops()), ({}, {}), f'{name}: nothing was dropped')
    client.close()
    server.close()


def sizes(bed):
    """The MSS is that of the smaller path; a path that gets smaller is told."""
    t = bed.t
    bed.silence()
    for f1, f2, wanted in (4, 4, 1460), (4, 6, 1440), (6, 4, 1440), (6, 6, 1440):
        a, b = bed.flow('relay', f1, f2)
        for options, at in (tcp.mss(9000), 0), (tcp.NOP + tcp.mss(9000) + tcp.wscale(7), 1):
            bed.ue.send(a.segment('S', seq=100, options=options))
            got = bed.segment(bed.core)
            t.equal((got.flags, got.ok, got.listed()[2], got.options[:at]),
                    ('S', True, wanted.to_bytes(2, 'big'), options[:at]),
                    f'MSS at {at}, IPv{f1} to IPv{f2}')
        bed.core.send(b.segment('SA', seq=200, ack=101, options=tcp.mss(1000)))
        got = bed.segment(bed.ue)
        t.equal((got.flags, got.ok, got.listed()[2], got.ttl),
                ('SA', True, (1000).to_bytes(2, 'big'), 63), f'smaller MSS, IPv{f1} to IPv{f2}')


def too_big(bed):
    """Path MTU discovery works through the gateway, whichever link is the small one."""
    t = bed.t
    for f1, f2 in (4, 4), (6, 4):
        bed.t.run(['ip', '-n', bed.names[1], 'link', 'set', 'g1', 'mtu', '1500'])
        a, b = bed.flow('relay', f1, f2)
        client, server = bed.join(a, b)
        bed.t.run(['ip', '-n', bed.names[1], 'link', 'set', 'g1', 'mtu', '1300'])
        one, two = tcp.Stream(client, OCTETS), tcp.Stream(server, 0)
        one.finish()
        two.finish()
        t.equal(two.got.hexdigest(), one.sent.hexdigest(), f'smaller link, IPv{f1} to IPv{f2}')
        t.ok(a.drops().get('mtu', 0) >= 1, f'told the sender, IPv{f1} to IPv{f2}', a.drops())
        client.close()
        server.close()
    bed.t.run(['ip', '-n', bed.names[1], 'link', 'set', 'g1', 'mtu', '1500'])


def reuse(bed):
    """The same addresses and ports again, while one end is in TIME_WAIT."""
    t = bed.t
    a, b = bed.flow('relay')
    for turn in 1, 2:
        client, server = bed.join(a, b)
        server.shutdown(1)
        t.equal(client.recv(1), b'', f'turn {turn}: closed by the server')
        client.close()
        t.equal(server.recv(1), b'', f'turn {turn}: and by the client')
        server.close()
        bed.in_state(a, 'released', 'peer-closed', f'turn {turn}: released')
        tcp.time.sleep(1.1)


with tcp.Bed() as the_bed:
    for one_family in 4, 6:
        for other in 4, 6:
            transfer(the_bed, one_family, other)
    too_big(the_bed)
    reuse(the_bed)
    sizes(the_bed)
