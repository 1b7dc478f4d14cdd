#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Aggregates of datagrams stay whole within a family and are cut between families; none is lost or merged.

The programs at both ends send with UDP_SEGMENT and receive with UDP_GRO, over devices that offload.
"""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import relay  # noqa: E402

UDP_SEGMENT, UDP_GRO = 103, 104
SIZE, COUNT, LAST = 200, 19, 77
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def receive(sock, octets):
    """Datagrams until so many octets have come, and the largest number that came as one."""
    out, most = [], 0
    while sum(map(len, out)) < octets:
        data, control, _, _ = sock.recvmsg(1 << 16, 64)
        size = len(data)
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_UDP, UDP_GRO):
                size, = struct.unpack('i', value[:4])
        parts = [data[i:i + size] for i in range(0, len(data), size)]
        most = max(most, len(parts))
        out += parts
    return out, most


def aggregate(bed, f1, f2, size=SIZE):
    t = bed.t
    a, b = bed.stream(f1, f2)
    payload = os.urandom(size * COUNT + LAST)
    with bed.ns_ue.socket(FAMILY[f1], socket.SOCK_DGRAM) as ue, \
            bed.ns_core.socket(FAMILY[f2], socket.SOCK_DGRAM) as core:
        ue.bind((a.far, a.fport))
        ue.setsockopt(socket.SOL_UDP, UDP_SEGMENT, size)
        core.bind((b.far, b.fport))
        core.setsockopt(socket.SOL_UDP, UDP_GRO, 1)
        core.settimeout(20)
        ue.sendto(payload, (a.local, a.lport))
        got, most = receive(core, len(payload))
    name = f'IPv{f1} to IPv{f2}, {size} octets each'
    t.equal(got, [payload[i:i + size] for i in range(0, len(payload), size)], name)
    t.equal(most > 1, f1 == f2, f'{name}: {"whole" if f1 == f2 else "cut"}')
    for end, way in (a, 'rx'), (b, 'tx'):
        s = end.stats()
        t.equal((s[f'{way}-packets'], s[f'{way}-octets'], s['drops']),
                (COUNT + 1, len(payload), 0), f'{name}: counted one by one, {way}')


def dropped(bed):
    t = bed.t
    a, _ = bed.stream(4, 4, two={'mode': 'inactive'})
    with bed.ns_ue.socket(kind=socket.SOCK_DGRAM) as ue:
        ue.bind((a.far, a.fport))
        ue.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SIZE)
        ue.sendto(bytes(SIZE * COUNT), (a.local, a.lport))
    bed.settled([a], COUNT)
    t.equal(a.drops(), {'mode': COUNT}, 'drops are counted one by one')


def policed(bed):
    """Policing looks at the packets of an aggregate one by one."""
    a, b = bed.stream(4, 4, one={'police': {'sustained': 1, 'burst': 10 * (SIZE + 28)}})
    with bed.ns_ue.socket(kind=socket.SOCK_DGRAM) as ue:
        ue.bind((a.far, a.fport))
        ue.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SIZE)
        ue.sendto(bytes(SIZE * COUNT), (a.local, a.lport))
    bed.settled([a], COUNT)
    bed.t.equal((a.drops(), b.stats()['tx-packets']), ({'policed': COUNT - 10}, 10),
                f'ten of an aggregate of {COUNT} fit')


def fraglists(bed):
    """GRO by fragment list, as on a router."""
    t = bed.t
    for dev in 'g0', 'g1':
        t.run(['ethtool', '-K', dev, 'gro', 'on', 'rx-gro-list', 'on'], ns=bed.names[1])
    for dev, ns in (('u0', 0), ('c0', 2)):
        t.run(['ethtool', '-K', dev, 'tx-udp-segmentation', 'off'], ns=bed.names[ns])
    for f1, f2 in (4, 4), (4, 6), (6, 4), (6, 6):
        a, b = bed.stream(f1, f2)
        payload = os.urandom(SIZE * COUNT)
        with bed.ns_ue.socket(FAMILY[f1], socket.SOCK_DGRAM) as ue, \
                bed.ns_core.socket(FAMILY[f2], socket.SOCK_DGRAM) as core:
            ue.bind((a.far, a.fport))
            ue.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SIZE)
            core.bind((b.far, b.fport))
            core.settimeout(20)
            ue.sendto(payload, (a.local, a.lport))
            got, _ = receive(core, len(payload))
        t.equal((b''.join(got), a.stats()['rx-packets'], b.stats()['tx-packets']),
                (payload, COUNT, COUNT), f'by fragment list, IPv{f1} to IPv{f2}')


with relay.Bed(offloads=True) as the_bed:
    for one in 4, 6:
        for two in 4, 6:
            aggregate(the_bed, one, two)
    aggregate(the_bed, 4, 4, 1300)
    aggregate(the_bed, 6, 4, 1300)
    dropped(the_bed)
    policed(the_bed)
    fraglists(the_bed)
