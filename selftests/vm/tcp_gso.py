#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Aggregates of segments stay whole, between families, too; data stays right.

TCP at both ends sends and receives over devices that offload; then over one that aggregates by
fragment list, as a router's does.
"""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import tcp  # noqa: E402

OCTETS = (4 << 20) // ktap.SLOW
FRAME = 1514


class Largest(threading.Thread):
    """The largest frame that a device saw come in."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.sock = port.sock
        self.size = 0
        self.over = False
        self.start()

    def run(self):
        self.sock.settimeout(0.1)
        while not self.over:
            try:
                self.size = max(self.size, len(self.sock.recv(1 << 17)))
            except TimeoutError:
                continue

    def end(self):
        self.over = True
        self.join()
        return self.size


def transfer(bed, f1, f2, name):
    """Both ends send at once; returns the two endpoints and the largest frame at each end."""
    a, b = bed.flow('relay', f1, f2)
    client, server = bed.join(a, b)
    largest = Largest(bed.core), Largest(bed.ue)
    one, two = tcp.Stream(client, OCTETS), tcp.Stream(server, OCTETS)
    one.finish()
    two.finish()
    sizes = [x.end() for x in largest]
    bed.t.equal((one.got.hexdigest(), two.got.hexdigest()),
                (two.sent.hexdigest(), one.sent.hexdigest()), f'{name}: data both ways')
    for end in a, b:
        bed.in_state(end, 'released', 'peer-closed', f'{name}: {end.local} released')
        s = end.stats()
        bed.t.equal((s['rx-octets'], s['tx-octets'], s['drops']), (OCTETS, OCTETS, 0),
                    f'{name}: octets at {end.local}')
        bed.t.ok(s['rx-packets'] >= OCTETS // 1460, f'{name}: segments counted one by one',
                 s['rx-packets'])
    client.close()
    server.close()
    return sizes


def narrow(bed):
    """IPv6 cannot be told of a link below its smallest MTU: what is small is cut by IPv4."""
    a, b = bed.flow('relay', 6, 4)
    client, server = bed.join(a, b)
    bed.t.run(['ip', '-n', bed.names[1], 'route', 'add', b.far, 'dev', 'g1', 'mtu', '700'])
    first = bytes(1 << 16)
    client.sendall(first)
    while first:
        first = first[len(server.recv(len(first))):]
    before = a.drops()
    bed.t.ok(before.get('mtu'), 'IPv6 to a narrow IPv4 link: the sender was told', before)
    one, two = tcp.Stream(client, OCTETS // 8), tcp.Stream(server, OCTETS // 8)
    one.finish()
    two.finish()
    bed.t.equal((one.got.hexdigest(), two.got.hexdigest()),
                (two.sent.hexdigest(), one.sent.hexdigest()), 'IPv6 to a narrow IPv4 link')
    bed.t.equal(a.drops(), before, 'IPv6 to a narrow IPv4 link: once')
    client.close()
    server.close()
    bed.t.run(['ip', '-n', bed.names[1], 'route', 'del', b.far])


def gateway_devices(bed, *switches):
    for dev in 'g0', 'g1':
        bed.t.run(['ethtool', '-K', dev, *switches], ns=bed.names[1])


def far_devices(bed, *switches):
    for dev, ns in ('u0', 0), ('c0', 2):
        bed.t.run(['ethtool', '-K', dev, *switches], ns=bed.names[ns])


with tcp.Bed(offloads=True) as the_bed:
    for f, g in (4, 4), (6, 6), (4, 6), (6, 4):
        got = transfer(the_bed, f, g, f'IPv{f} to IPv{g}')
        the_bed.t.ok(min(got) > FRAME, f'IPv{f} to IPv{g}: whole', got)
    narrow(the_bed)
    # segment by segment on the wire: the gateway's device aggregates, then does not
    far_devices(the_bed, 'tso', 'off', 'gso', 'off')
    gateway_devices(the_bed, 'gro', 'on', 'tso', 'off', 'gso', 'off')
    for f, g in (4, 4), (6, 4):
        transfer(the_bed, f, g, f'aggregated here, IPv{f} to IPv{g}')
    gateway_devices(the_bed, 'gro', 'on', 'rx-gro-list', 'on')
    for f, g in (4, 4), (6, 6), (4, 6), (6, 4):
        transfer(the_bed, f, g, f'by fragment list, IPv{f} to IPv{g}')
    far_devices(the_bed, 'tx', 'off', 'sg', 'off')
    gateway_devices(the_bed, 'gro', 'off', 'rx', 'off', 'tx', 'off')
    transfer(the_bed, 4, 6, 'no checksum by any device')
