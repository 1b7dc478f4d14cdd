#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Datagrams larger than the MTU come and leave in pieces; what may not be cut is answered as routers do.

The MTU of the core side is 1400, that of the access side 1500.
"""

import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import packet  # noqa: E402
import relay  # noqa: E402

HEAD = {4: 20, 6: 40}
CORE_MTU = 1400


def pieces(data, size, ident=77, df=0):
    """The fragments of an IP packet with so many octets of body each."""
    p = packet.read(data)
    out = []
    for at in range(0, len(p.body), size):
        part = p.body[at:at + size]
        more = at + size < len(p.body)
        if p.version == 4:
            out.append(packet.ipv4(p.src, p.dst, part, ident=ident,
                                   frag=at // 8 | (packet.MF if more else 0) | df))
        else:
            out.append(packet.ipv6(p.src, p.dst, struct.pack('!BBHI', 17, 0, at | more, ident) +
                                   part, nexthdr=44))
    return out


def collect(port, count):
    """The body put together from fragments, and the length of the longest packet."""
    body, longest, whole = {}, 0, None
    while whole is None or sum(map(len, body.values())) < whole:
        p = port.receive(lambda p: p.proto in (17, 44))
        longest = max(longest, len(p.raw))
        count.append(p)
        if p.version == 4:
            at, more, part = (p.frag & 0x1fff) * 8, p.frag & packet.MF, p.body
        elif p.proto == 44:
            offset, = struct.unpack_from('!H', p.body, 2)
            at, more, part = offset & ~7, offset & 1, p.body[8:]
        else:
            at, more, part = 0, 0, p.body
        body[at] = part
        if not more:
            whole = at + len(part)
    return b''.join(body[at] for at in sorted(body)), longest


def large(bed, f1, f2, size, shuffled=False, df=0):
    """Fragments in, fragments out, the same datagram."""
    t = bed.t
    a, b = bed.stream(f1, f2)
    payload = os.urandom(size)
    parts = pieces(a.datagram(payload), 1448 if f1 == 4 else 1432, df=df)
    if shuffled:
        random.shuffle(parts)
    for part in parts:
        bed.ue.send(part)
    seen = []
    body, longest = collect(bed.core, seen)
    name = f'IPv{f1} to IPv{f2}, {size} octets{", out of order" if shuffled else ""}' \
           f'{", of a sender that forbids routers to cut" if df else ""}'
    sum_ok = packet.ones_sum(packet.pseudo(b.local, b.far, 17, len(body)) + body) == 0xffff
    t.equal((body[8:], struct.unpack_from('!HH', body), sum_ok),
            (payload, (b.lport, b.fport), True), name)
    t.ok(longest <= CORE_MTU, f'{name}: no piece above the MTU', f'{longest}')
    s = a.stats()
    t.equal((s['rx-packets'], s['rx-octets'], s['drops']), (1, size, 0), f'{name}: one datagram')


def may_be_cut(bed):
    """Whole on the way in, too large for the way out, and IPv4 allows to cut it."""
    for f2 in 4, 6:
        a, b = bed.stream(4, f2)
        payload = os.urandom(1460)
        bed.ue.send(a.datagram(payload, frag=0))
        body, longest = collect(bed.core, seen := [])
        bed.t.equal((body[8:], len(seen) > 1, longest <= CORE_MTU), (payload, True, True),
                    f'IPv4 to IPv{f2}, may be cut: cut')


def too_big_said(p):
    return p.proto == packet.IPPROTO_ICMP or p.proto == packet.IPPROTO_ICMPV6 and p.body[0] == 2


def too_big(bed):
    """What may not be cut is dropped, and the sender told what would have passed."""
    t = bed.t
    for f1, f2 in (4, 4), (4, 6), (6, 6), (6, 4):
        a, b = bed.stream(f1, f2)
        fits = CORE_MTU - HEAD[f2] - 8
        bed.ue.send(a.datagram(os.urandom(fits)))
        t.equal(len(bed.core.receive().payload), fits, f'IPv{f1} to IPv{f2}: {fits} octets fit')
        data = a.datagram(os.urandom(fits + 1))
        bed.ue.send(data)
        answer = bed.ue.receive(too_big_said)
        kind, code = answer.body[0], answer.body[1]
        mtu, = struct.unpack_from('!H' if f1 == 4 else '!I', answer.body, 6 if f1 == 4 else 4)
        t.equal((kind, code, mtu, answer.dst), (3 if f1 == 4 else 2, 4 if f1 == 4 else 0,
                                               CORE_MTU - HEAD[f2] + HEAD[f1], a.far),
                f'IPv{f1} to IPv{f2}: {fits + 1} octets are too big')
        quoted = answer.body[8:]
        t.equal(quoted, data[:len(quoted)], f'IPv{f1} to IPv{f2}: the packet is quoted as it came')
        t.equal((a.drops(), bed.core.drain()), ({'mtu': 1}, []), f'IPv{f1} to IPv{f2}: counted')


def icmp_too_big(version, src, dst, mtu, quoted):
    """What a router on the way says."""
    if version == 4:
        return packet.icmp(src, dst, 3, 4, mtu, quoted[:28])
    return packet.icmp(src, dst, 2, 0, mtu, quoted[:1000])


def path_mtu(bed):
    """A router beyond the core has a smaller MTU: learnt from its ICMP, if it quotes what we send."""
    t = bed.t
    for version, mtu, reserved in (4, 1300, False), (6, 1350, True), (6, 1300, False):
        with bed.ns_gw.socket({4: socket.AF_INET, 6: socket.AF_INET6}[version],
                              socket.SOCK_DGRAM) as port:
            port.bind((relay.ADDR[version]['core'], 21001 + bed.last))
            a, b = bed.stream(version, version,
                              two={'socket': port.fileno()} if reserved else None)
        router = {4: '10.2.0.2', 6: 'fd00:2::2'}[version]
        head = HEAD[version]
        name = f'IPv{version}{", its port reserved" if reserved else ""}'
        payload = os.urandom(mtu - 10)
        bed.ue.send(a.datagram(payload))
        out = bed.core.receive()
        t.equal(out.payload, payload, f'{name}: passes before')

        def stranger():
            # of a datagram that no endpoint sends
            other = packet.datagram(b.local, b.lport, b.far, b.fport + 1, payload)
            bed.core.send(icmp_too_big(version, router, b.local, 1280, other))
            bed.ue.send(a.datagram(payload))
            return bed.core.receive().payload
        if version == 6 and not bed.stack_believes_all():
            t.equal(stranger(), payload, f'{name}: ICMP about somebody else changes nothing')
        bed.core.send(icmp_too_big(version, router, b.local, mtu, out.raw))
        # the sender of what was too big is told first
        bed.ue.receive(too_big_said)
        bed.ue.send(a.datagram(payload))
        answer = bed.ue.receive(too_big_said)
        said, = struct.unpack_from('!H' if version == 4 else '!I', answer.body,
                                   6 if version == 4 else 4)
        t.equal((said, a.drops()), (mtu, {'mtu': 1}), f'{name}: too big after')
        bed.ue.send(a.datagram(payload[:mtu - head - 8]))
        t.equal(len(bed.core.receive().raw), mtu, f'{name}: what fits passes')


def sockets(bed):
    """Between programs: the largest datagram there is."""
    t = bed.t
    for f1, f2 in (4, 6), (6, 4):
        a, b = bed.stream(f1, f2)
        kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
        with bed.ns_ue.socket(kinds[f1], socket.SOCK_DGRAM) as ue, \
                bed.ns_core.socket(kinds[f2], socket.SOCK_DGRAM) as core:
            ue.bind((a.far, a.fport))
            core.bind((b.far, b.fport))
            core.setsockopt(socket.SOL_SOCKET, 33, 1 << 20)
            core.settimeout(20)
            payload = os.urandom(65507 - 40)
            ue.sendto(payload, (a.local, a.lport))
            got, source = core.recvfrom(1 << 16)
            t.equal((got == payload, source[:2]), (True, (b.local, b.lport)),
                    f'{len(payload)} octets from a program, IPv{f1} to IPv{f2}')


with relay.Bed() as the_bed:
    for ns, dev in zip((the_bed.names[1], the_bed.names[2]), ('g1', 'c0')):
        the_bed.t.run(['ip', '-n', ns, 'link', 'set', dev, 'mtu', str(CORE_MTU)])
    for one in 4, 6:
        for two in 4, 6:
            large(the_bed, one, two, 3000)
            large(the_bed, one, two, 20000, shuffled=True)
    large(the_bed, 4, 4, 4000, df=packet.DF)
    large(the_bed, 4, 6, 4000, df=packet.DF)
    may_be_cut(the_bed)
    too_big(the_bed)
    path_mtu(the_bed)
    sockets(the_bed)
