#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
"""A datagram that cannot be delivered beyond the gateway: its sender is told, in the words of its family."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import packet  # noqa: E402
import relay  # noqa: E402

ICMP = {4: packet.IPPROTO_ICMP, 6: packet.IPPROTO_ICMPV6}
HEAD = {4: 20, 6: 40}
# What a router says, by family, and what is said onward.
SAID = {4: {(3, 0): 'host', (3, 1): 'host', (3, 3): 'port', (3, 2): 'port', (3, 13): 'admin',
            (3, 10): 'admin', (11, 0): 'ttl'},
        6: {(1, 0): 'host', (1, 3): 'host', (1, 4): 'port', (1, 1): 'admin', (1, 5): 'admin',
            (3, 0): 'ttl'}}
TOLD = {4: {'host': (3, 1), 'port': (3, 3), 'admin': (3, 13), 'ttl': (11, 0)},
        6: {'host': (1, 3), 'port': (1, 4), 'admin': (1, 1), 'ttl': (3, 0)}}
# Fragment reassembly, source quench, a redirect, a problem with a parameter, an echo.
NOTHING = {4: ((11, 1), (4, 0), (5, 1), (12, 0), (8, 0)), 6: ((3, 1), (4, 0), (128, 0))}


def told(version):
    """An ICMP error to the terminal; its neighbour discovery is none."""
    return lambda p: p.proto == ICMP[version] and (version == 4 or p.body[0] < 128)


def onward(bed, f1, f2):
    t = bed.t
    name = f'IPv{f1} to IPv{f2}'
    a, b = bed.stream(f1, f2)
    sent = a.datagram(b'as long as it likes')
    bed.ue.send(sent)
    out = bed.core.receive().raw
    router = '10.2.0.2' if f2 == 4 else 'fd00:2::2'
    for said, meaning in SAID[f2].items():
        # a host quotes more than a router of old
        quoted = out if meaning == 'port' else out[:HEAD[f2] + 8]
        bed.core.send(packet.icmp(router, b.local, *said, 0, quoted))
        got = bed.ue.receive(told(f1))
        quote = got.body[8:]
        inner = (quote[12:20] if f1 == 4 else quote[8:40]) + quote[HEAD[f1]:]
        wanted = (sent[12:20] if f1 == 4 else sent[8:40]) + sent[HEAD[f1]:HEAD[f1] + 8]
        t.equal(((got.body[0], got.body[1]), got.src, got.dst, inner),
                (TOLD[f1][meaning], a.local, a.far, wanted), f'{name}: {said}: {meaning}')
        whole = packet.checksum(got.body) if f1 == 4 else packet.checksum(
            packet.pseudo(got.src, got.dst, ICMP[6], len(got.body)) + got.body)
        t.ok(whole == 0, f'{name}: {said}: with a good checksum')

    other = packet.datagram(b.local, b.lport, b.far, b.fport + 1, b'x')
    broken = packet.icmp(router, b.local, *next(iter(SAID[f2])), 0, out)
    silent = [packet.icmp(router, b.local, *said, 0, out) for said in NOTHING[f2]]
    silent.append(packet.icmp(router, b.local, *next(iter(SAID[f2])), 0, other))
    silent.append(broken[:-1] + bytes((broken[-1] ^ 1,)))
    silent.append(packet.icmp(router, b.local, *next(iter(SAID[f2])), 0, out[:HEAD[f2] + 4]))
    for data in silent:
        bed.core.send(data)
    # the last one is answered, so all before have been seen
    bed.core.send(packet.icmp(router, b.local, *next(iter(SAID[f2])), 0, out))
    bed.ue.receive(told(f1))
    t.equal(bed.ue.drain(told(f1)), [], f'{name}: nothing is said of what is no error, or not ours')
    t.equal((a.drops(), b.drops()), ({}, {}), f'{name}: and nothing is counted')


def latched(bed):
    """The latched source is the one that may complain, and be complained about."""
    t = bed.t
    a, b = bed.stream(4, 4, two={'latch': 'latch'})
    bed.core.send(b.datagram(b'here I am', sport=7777))
    bed.ue.receive()
    bed.ue.send(a.datagram(b'to it'))
    out = bed.core.receive()
    t.equal(out.dport, 7777, 'sent to the latched source')
    old = packet.datagram(b.local, b.lport, b.far, b.fport, b'to it')
    bed.core.send(packet.icmp('10.2.0.2', b.local, 3, 3, 0, old))
    bed.core.send(packet.icmp('10.2.0.2', b.local, 3, 3, 0, out.raw))
    got = bed.ue.receive(told(4))
    t.equal((struct.unpack_from('!HH', got.body, 28), bed.ue.drain(told(4))),
            ((a.fport, a.lport), []), 'what is said of it goes onward, of REMOTE it does not')


with relay.Bed() as the_bed:
    the_bed.t.run(['sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'],
                  ns=the_bed.names[1])
    for one in 4, 6:
        for two in 4, 6:
            onward(the_bed, one, two)
    latched(the_bed)
