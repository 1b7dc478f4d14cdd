#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
# debug: first
"""A datagram goes through with new addresses and its payload untouched, in and between both families."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import packet  # noqa: E402
import relay  # noqa: E402

SIZES = (0, 1, 2, 172, 173, 1400)


def through(t, out, got, sender, receiver, payload, ttl):
    """Is got what the receiver has to see of a datagram?"""
    wanted = dict(src=receiver.local, sport=receiver.lport, dst=receiver.far, dport=receiver.fport,
                  payload=payload, ttl=ttl - 1, length=8 + len(payload), head_ok=True, check_ok=True)
    seen = {k: getattr(got, k) for k in wanted}
    return t.equal(seen, wanted, out)


def both_ways(bed, family1, family2):
    t = bed.t
    a, b = bed.stream(family1, family2)
    name = f'IPv{family1} to IPv{family2}'
    octets = 0
    for size in SIZES:
        payload = os.urandom(size)
        bed.ue.send(a.datagram(payload))
        through(t, f'{name}, {size} octets', bed.core.receive(), a, b, payload, 64)
        payload = os.urandom(size)
        bed.core.send(b.datagram(payload))
        through(t, f'{name}, {size} octets back', bed.ue.receive(), b, a, payload, 64)
        octets += size
    for end in a, b:
        s = end.stats()
        t.equal((s['rx-packets'], s['tx-packets'], s['rx-octets'], s['tx-octets'], s['drops']),
                (len(SIZES), len(SIZES), octets, octets, 0), f'{name}, counters of {end.local}')
        t.equal(end.get()['state'], 'established', f'{name}, state of {end.local}')


def padded(bed):
    """What is behind the end of a datagram goes no further, and is not counted."""
    a, b = bed.stream()
    whole = packet.udp(a.far, a.fport, a.local, a.lport, b'inside')
    bed.ue.send(packet.ipv4(a.far, a.local, whole + bytes(9)))
    bed.t.equal(bed.core.receive().payload, b'inside', 'octets behind the end are cut')
    bed.t.equal((a.stats()['rx-octets'], b.stats()['tx-octets']), (6, 6), 'and not counted')


def no_checksum(bed):
    """A UDP checksum of 0 stays 0 in IPv4; IPv6 gets one, and lets none without in."""
    t = bed.t
    a, _ = bed.stream(4, 4)
    bed.ue.send(a.datagram(b'odd', check=0))
    t.equal(bed.core.receive().check, 0, 'no checksum, IPv4 to IPv4')
    a, _ = bed.stream(4, 6)
    bed.ue.send(a.datagram(b'odd', check=0))
    got = bed.core.receive()
    t.equal((got.check_ok, got.payload), (True, b'odd'), 'no checksum, IPv4 to IPv6')
    a, _ = bed.stream(6, 4)
    bed.ue.send(a.datagram(b'odd', check=0))
    bed.settled([a], 1)
    t.equal(a.drops(), {'checksum': 1}, 'no checksum from IPv6')


def checksum_of_zero(bed):
    """A sum that comes out as 0 is sent as 0xffff, for 0 means that there is none."""
    t = bed.t
    for family1, family2 in (4, 4), (6, 6), (4, 6), (6, 4):
        a, b = bed.stream(family1, family2)
        # the last two octets make the sum what it has to be
        body = packet.udp(b.local, b.lport, b.far, b.fport, b'ab\0\0', check=0)
        rest = packet.checksum(packet.pseudo(b.local, b.far, 17, len(body)) + body)
        payload = b'ab' + rest.to_bytes(2, 'big')
        bed.ue.send(a.datagram(payload))
        got = bed.core.receive()
        t.equal((got.check, got.payload), (0xffff, payload),
                f'checksum that comes out as 0, IPv{family1} to IPv{family2}')


def headers(bed):
    """What the new IP header says."""
    t = bed.t
    a, b = bed.stream(4, 4)
    bed.ue.send(a.datagram(b'x' * 20, ident=7))
    got = bed.core.receive()
    t.equal((got.ident, got.frag), (0, packet.DF), 'not to be cut: stays so, no identification')
    bed.ue.send(a.datagram(b'x' * 20, ident=7, frag=0))
    bed.ue.send(a.datagram(b'x' * 20, ident=7, frag=0))
    one, two = bed.core.receive(), bed.core.receive()
    t.equal((one.frag, two.frag), (0, 0), 'may be cut: stays so')
    t.ok(one.ident != two.ident, 'each with an identification of its own',
         f'{one.ident} and {two.ident}')
    bed.ue.send(a.datagram(b'options', options=b'\x01' * 8))
    got = bed.core.receive()
    t.equal((got.raw[0], got.payload, got.check_ok), (0x45, b'options', True), 'options end here')
    bed.ue.send(a.datagram(b'trail') + bytes(20))
    got = bed.core.receive()
    t.equal((got.payload, len(got.raw)), (b'trail', 33), 'padding of the frame is cut off')
    body = packet.udp(a.far, a.fport, a.local, a.lport, b'short') + bytes(6)
    bed.ue.send(packet.ipv4(a.far, a.local, body))
    got = bed.core.receive()
    t.equal((got.payload, len(got.raw), got.check_ok), (b'short', 33, True),
            'what IP has beyond the end of the datagram, too')

    a, b = bed.stream(6, 6)
    extension = bytes((17, 0, 1, 4, 0, 0, 0, 0))
    body = packet.udp(a.far, a.fport, a.local, a.lport, b'hop by hop')
    bed.ue.send(packet.ipv6(a.far, a.local, extension + body, nexthdr=0, label=0x12345))
    got = bed.core.receive()
    t.equal((got.proto, got.label, got.payload, got.check_ok), (17, 0, b'hop by hop', True),
            'extension headers end here')

    a, b = bed.stream(6, 4)
    bed.ue.send(a.datagram(b'x' * 1000))
    t.equal(bed.core.receive().frag, 0, 'IPv6 to IPv4, as small as any link of IPv6: may be cut')
    bed.ue.send(a.datagram(b'x' * 1300))
    t.equal(bed.core.receive().frag, packet.DF, 'IPv6 to IPv4, larger: may not')


with relay.Bed() as the_bed:
    for families in (4, 4), (6, 6), (4, 6), (6, 4):
        both_ways(the_bed, *families)
    padded(the_bed)
    no_checksum(the_bed)
    checksum_of_zero(the_bed)
    headers(the_bed)
