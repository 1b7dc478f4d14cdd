#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Aggregates of datagrams at a secured endpoint are cut first, and each segment is counted once."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import relay  # noqa: E402

UDP_SEGMENT = 103
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def udp(ns, family, address, segment):
    s = ns.socket(FAMILY[family], socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_UDP, UDP_SEGMENT, segment)
    s.bind(address)
    s.settimeout(20)
    return s


def aggregates(bed, f1, f2):
    """Segments of an aggregate are records of their own, on the way in and on the way out."""
    t = bed.t
    a, b = bed.stream(f1, f2)
    k = dtls.Association()
    a.set(security='dtls', keys=k.keys())
    size, count = 200, 12
    plains = [os.urandom(size) for _ in range(count)]
    records = b''.join(k.far.seal(p) for p in plains)
    with udp(bed.ns_ue, f1, (a.far, a.fport), size + k.far.overhead) as ue, \
            udp(bed.ns_core, f2, (b.far, b.fport), size) as core:
        ue.sendto(records, (a.local, a.lport))
        t.equal([core.recv(2000) for _ in plains], plains, f'IPv{f1} to IPv{f2}: {count} opened')
        core.sendto(b''.join(plains), (b.local, b.lport))
        got = [k.near.open(ue.recv(2000)) for _ in plains]
        t.equal([(r.number, r.plain) for r in got], list(enumerate(plains)), f'{count} sealed')
        for end, octets in (a, len(records)), (b, size * count):
            s = end.stats()
            t.equal([s[x] for x in ('rx-packets', 'rx-octets', 'tx-packets', 'tx-octets', 'drops')],
                    [count, octets, count, octets, 0], 'counted one by one')
        # handshakes and records mixed, the user's in the middle
        with bed.ns_gw.socket(FAMILY[f1], socket.SOCK_DGRAM) as user:
            user.bind((a.local, a.lport))
            user.settimeout(20)
            mixed, n = [], 0
            for plain in plains:
                n += 1
                mixed.append(k.far.seal(plain) if n % 3 else
                             b'\x16\xfe\xfd' + bytes(size + k.far.overhead - 3))
            ue.sendto(b''.join(mixed), (a.local, a.lport))
            t.equal([user.recv(2000) for _ in range(4)], mixed[2::3], 'handshakes of an aggregate go up')
            t.equal([core.recv(2000) for _ in range(8)],
                    [p for i, p in enumerate(plains, 1) if i % 3], 'and the rest is opened')
            t.equal((a.get()['dtls']['up'], a.stats()['rx-packets'], a.drops()), (4, count + 8, {}),
                    'each is counted once')


with relay.Bed(offloads=True) as the_bed:
    for one in 4, 6:
        for two in 4, 6:
            aggregates(the_bed, one, two)
