#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Datagrams of every shape become records and back: fragments, clones, too large ones, a learnt MTU.

The MTU of the core side is 1400.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402

CORE_MTU = 1400
HEAD = {4: 20, 6: 40}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def secured(bed, f1=4, f2=4, cipher='aes-128-gcm'):
    a, b = bed.stream(f1, f2)
    k = dtls.Association(cipher)
    a.set(security='dtls', keys=k.keys())
    return a, b, k


def udp(ns, family, address):
    s = ns.socket(FAMILY[family], socket.SOCK_DGRAM)
    if family == 4:
        s.setsockopt(socket.IPPROTO_IP, 10, 0)	# IP_MTU_DISCOVER, IP_PMTUDISC_DONT
    s.bind(address)
    s.settimeout(20)
    return s


def large(bed, f1, f2, cipher='aes-128-gcm'):
    """Records and datagrams beyond every MTU: put together, opened or sealed, cut again."""
    t = bed.t
    a, b, k = secured(bed, f1, f2, cipher)
    with udp(bed.ns_ue, f1, (a.far, a.fport)) as ue, udp(bed.ns_core, f2, (b.far, b.fport)) as core:
        # a record that came whole may not be cut where IPv6 leaves
        for size in (1330 if (f1, f2) == (6, 6) else 1371), 1473, 4000, 16000:
            plain = os.urandom(size)
            name = f'{cipher}, IPv{f1} to IPv{f2}, {size} octets'
            ue.sendto(k.far.seal(plain), (a.local, a.lport))
            t.ok(core.recv(20000) == plain, f'{name}: opened')
            core.sendto(plain, (b.local, b.lport))
            record = k.near.open(ue.recv(20000))
            t.ok(record.plain == plain, f'{name}: sealed')
        if cipher != 'aes-128-gcm':
            return
        core.sendto(bytes(16385), (b.local, b.lport))
        t.wait_for(10, lambda: b.drops() == {'mtu': 1}, 'the drop')
        t.ok(True, f'IPv{f1} to IPv{f2}: larger than a record: dropped')


def cloned(bed):
    """Somebody else looks on: what he sees stays as it was."""
    t = bed.t
    a, b, k = secured(bed)
    with bed.ns_gw.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as look:
        look.bind(('g0', 3))
        look.settimeout(20)
        data = k.far.seal(b'seen by two')
        bed.ue.send(a.datagram(data))
        t.equal(bed.core.receive().payload, b'seen by two', 'opened')
        seen = look.recv(2000)
        t.equal(packet.read(seen[14:]).payload, data, 'a clone is not opened along')
    with bed.ns_gw.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as look:
        look.bind(('g1', 3))
        look.settimeout(20)
        bed.core.send(b.datagram(b'plain to two'))
        t.equal(k.near.open(bed.ue.receive().payload).plain, b'plain to two', 'sealed')
        t.equal(packet.read(look.recv(2000)[14:]).payload, b'plain to two', 'a clone is not sealed along')


def too_big(bed):
    """What may not be cut is answered from the datagram as it came, with the size that would fit."""
    t = bed.t
    for f1, f2 in (4, 4), (6, 4), (4, 6), (6, 6):
        # sealed towards the core
        a, b = bed.stream(f1, f2)
        k = dtls.Association()
        b.set(security='dtls', keys=k.keys())
        fits = CORE_MTU - HEAD[f2] - 8 - k.near.overhead
        name = f'IPv{f1} to IPv{f2}'
        bed.ue.send(a.datagram(os.urandom(fits)))
        t.equal(len(k.near.open(bed.core.receive().payload).plain), fits, f'{name}: {fits} octets fit')
        data = a.datagram(os.urandom(fits + 1))
        bed.ue.send(data)
        answer = icmp(bed.ue)
        t.equal((mtu_of(answer), a.drops()), (fits + 8 + HEAD[f1], {'mtu': 1}),
                f'{name}: {fits + 1} do not')
        quoted = answer.body[8:]
        t.equal(quoted[HEAD[f1]:], data[HEAD[f1]:][:len(quoted) - HEAD[f1]], f'{name}: quoted as it came')
        # opened towards the core
        a, b, k = secured(bed, f1, f2)
        fits = CORE_MTU - HEAD[f2] - 8
        if fits + k.far.overhead + 8 + HEAD[f1] < 1500:
            bed.ue.send(a.datagram(k.far.seal(bytes(fits))))
            t.equal(len(bed.core.receive().payload), fits, f'{name}: a record of {fits} octets fits')
        data = a.datagram(k.far.seal(bytes(fits + 1)))
        bed.ue.send(data)
        answer = icmp(bed.ue)
        t.equal((mtu_of(answer), a.drops()), (fits + 8 + HEAD[f1] + k.far.overhead, {'mtu': 1}),
                f'{name}: one of {fits + 1} does not')
        quoted = answer.body[8:]
        t.equal(quoted[HEAD[f1]:], data[HEAD[f1]:][:len(quoted) - HEAD[f1]],
                f'{name}: quoted in its protection')


def learned(bed, mtu=1330):
    """A router beyond the sealed side has a smaller MTU: what it quotes is a record."""
    t = bed.t
    for family in 4, 6:
        a, b, k = secured(bed, family, family)
        data = b.datagram(os.urandom(1300))
        bed.core.send(data)
        out = bed.ue.receive()
        t.equal(len(k.near.open(out.payload).plain), 1300, f'IPv{family}: passes before')
        what = (3, 4) if family == 4 else (2, 0)
        bed.ue.send(packet.icmp(a.far, a.local, *what, mtu, out.raw[:HEAD[family] + 8]))
        bed.core.send(data)
        t.equal((mtu_of(icmp(bed.core)), b.drops()), (mtu - k.near.overhead, {'mtu': 1}),
                f'IPv{family}: the far end is told what a record leaves of it')
        fits = mtu - HEAD[family] - 8 - k.near.overhead
        bed.core.send(b.datagram(bytes(fits)))
        t.equal(len(bed.ue.receive().raw), mtu, f'IPv{family}: what fits passes')


def icmp(port):
    return port.receive(lambda p: p.proto == packet.IPPROTO_ICMP or
                        p.proto == packet.IPPROTO_ICMPV6 and p.body[0] == 2)


def mtu_of(answer):
    at, size = (6, 2) if answer.version == 4 else (4, 4)
    return int.from_bytes(answer.body[at:at + size], 'big')


with relay.Bed() as the_bed:
    for host, dev in (1, 'g1'), (2, 'c0'):
        the_bed.t.run(['ip', '-n', the_bed.names[host], 'link', 'set', dev, 'mtu', str(CORE_MTU)])
    for f_one in 4, 6:
        for f_two in 4, 6:
            large(the_bed, f_one, f_two)
    for the_cipher in 'chacha20-poly1305', 'aes-128-ccm':
        large(the_bed, 4, 4, the_cipher)
    the_bed.core.drain()
    the_bed.ue.drain()
    cloned(the_bed)
    too_big(the_bed)
    learned(the_bed)
