#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""A datagram does not arrive beyond the gateway: its sender is told, in its own addresses and family."""

import errno
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import genl  # noqa: E402
import ktap  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402

ICMP = {4: packet.IPPROTO_ICMP, 6: packet.IPPROTO_ICMPV6}
HEAD = {4: 20, 6: 40}
ROUTER = {4: '10.2.0.77', 6: 'fd00:2::77'}
BIG = 1400		# payload
MTU = {4: 1300, 6: 1340}	# what the router says then
# What a router says, by family, and what is said onward in either (RFC 7915 4.2 and 5.2).
SAID = {4: {(3, 0): ((3, 0), (1, 0)), (3, 1): ((3, 1), (1, 0)), (3, 3): ((3, 3), (1, 4)),
            (3, 13): ((3, 13), (1, 1)), (3, 10): ((3, 10), (1, 1)), (3, 4): ((3, 4), (2, 0)),
            (11, 0): ((11, 0), (3, 0)), (11, 1): ((11, 1), (3, 1))},
        6: {(1, 0): ((3, 1), (1, 0)), (1, 3): ((3, 1), (1, 3)), (1, 4): ((3, 3), (1, 4)),
            (1, 1): ((3, 10), (1, 1)), (1, 5): ((3, 10), (1, 5)), (2, 0): ((3, 4), (2, 0)),
            (3, 0): ((11, 0), (3, 0)), (3, 1): ((11, 1), (3, 1))}}
TOO_BIG = {4: (3, 4), 6: (2, 0)}
UNREACHABLE = {4: (3, 1), 6: (1, 0)}
# Source quench, a redirect, a problem with a parameter, an answer, codes that do not exist.
NOTHING = {4: ((4, 0), (5, 1), (12, 0), (0, 0), (3, 16)), 6: ((4, 0), (129, 0))}
BURST = 10		# errors that a far end is told at once
RECENT = 64		# datagrams that an error may be about


def error(p):
    """An ICMP error; neighbour discovery is none."""
    return p.proto == packet.IPPROTO_ICMP and p.body[0] in (3, 11, 12) or \
        p.proto == packet.IPPROTO_ICMPV6 and p.body[0] < 128


def says(end, version, said, quoted, mtu=0, src=None, dst=None, **ip):
    return packet.icmp(src or ROUTER[version], dst or end.local, *said, mtu, quoted, **ip)


def sent(bed, a, payload=b'as long as it likes', **kw):
    """A datagram of the terminal, and what became of it on its way."""
    data = a.datagram(payload, **kw)
    bed.ue.send(data)
    return data, bed.core.receive().raw


def elsewhere(bed, b, version, host):
    """Another far end: what is learnt of the path there is nothing for other streams."""
    b.far = {4: f'10.2.0.{host}', 6: f'fd00:2::{host}'}[version]
    bed.t.run(['ip', '-n', bed.names[1], 'neigh', 'replace', b.far, 'lladdr', relay.MAC['c0'],
               'dev', 'g1', 'nud', 'permanent'])
    b.set(remote=genl.addr(b.far, b.fport))


def onward(bed, f1, f2):
    t = bed.t
    for said, seen in SAID[f2].items():
        a, b = bed.stream(f1, f2)
        name = f'IPv{f1} to IPv{f2}: {said}'
        big = said == TOO_BIG[f2]
        if big:
            elsewhere(bed, b, f2, 100 + f1)
        data, out = sent(bed, a, os.urandom(BIG if big else 33))
        # a host quotes more than a router of old
        bed.core.send(says(b, f2, said, out[:1000] if said[1] else out[:HEAD[f2] + 8],
                           MTU[f2] if big else 0, **{'ttl' if f2 == 4 else 'hops': 9}))
        got = bed.ue.receive(error)
        whole = got.body if f1 == 4 else packet.pseudo(got.src, got.dst, ICMP[6],
                                                       len(got.body)) + got.body
        t.equal(((got.body[0], got.body[1]), got.src, got.dst, got.ttl, packet.ones_sum(whole)),
                (seen[f1 == 6], a.local, a.far, 8, 0xffff), f'{name}: told to who sent it')
        mtu, = struct.unpack('!I', got.body[4:8])
        t.equal(mtu, MTU[f2] - HEAD[f2] + HEAD[f1] if big else 0, f'{name}: the size that fits')
        quote, head = got.body[8:], HEAD[f1]
        inner = packet.read(quote + bytes(len(data)))
        t.equal((inner.src, inner.dst, inner.proto, quote[head:]),
                (a.far, a.local, packet.IPPROTO_UDP, data[head:head + 8]),
                f'{name}: quoted as it was sent')
        t.equal((quote[2:4] if f1 == 4 else quote[4:6],
                 f1 == 6 or packet.ones_sum(quote[:20]) == 0xffff),
                (data[2:4] if f1 == 4 else data[4:6], True), f'{name}: with its length')
        t.equal((a.drops(), b.drops(), a.get()['state'], b.get()['state']),
                ({}, {}, 'established', 'ready'), f'{name}: nothing else follows')


def sockets(bed):
    """Programs at both ends: the sender's socket hears that nobody listens."""
    t = bed.t
    bed.heard()
    kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
    for f1 in 4, 6:
        for f2 in 4, 6:
            a, _ = bed.stream(f1, f2)
            with bed.ns_ue.socket(kinds[f1], socket.SOCK_DGRAM) as s:
                s.bind((a.far, a.fport))
                s.connect((a.local, a.lport))
                s.settimeout(1)
                why = None
                # hosts limit what they say
                for _ in range(20 * ktap.SLOW):
                    try:
                        s.send(b'is anybody there?')
                        why = s.recv(100)
                    except TimeoutError:
                        continue
                    except OSError as e:
                        why = e.errno
                    break
            t.equal(why, errno.ECONNREFUSED, f'IPv{f1} to IPv{f2}: a program is told, by a host')


def unfit(bed, version):
    """Whatever fits nothing that was sent lately is told nobody, and counted."""
    t = bed.t
    name = f'IPv{version}'
    a, b = bed.stream(version, version)
    elsewhere(bed, b, version, 200)
    said, code = UNREACHABLE[version], TOO_BIG[version]
    never = packet.datagram(b.local, b.lport, b.far, b.fport, b'x')
    bed.core.send(says(b, version, said, never))
    t.wait_for(10, lambda: b.drops() == {'icmp-unfit': 1}, 'the error to be counted')
    _, out = sent(bed, a, bytes(BIG))
    head = HEAD[version]
    good = says(b, version, said, out[:head + 60])
    silent = [says(b, version, kind, out[:head + 60]) for kind in NOTHING[version]]
    silent += [says(b, version, said, packet.datagram(b.local, b.lport, b.far, b.fport + 1, b'x')),
               says(b, version, said, packet.datagram(b.local, b.lport + 999, b.far, b.fport, b'x')),
               says(b, version, said, packet.datagram(ROUTER[version], b.lport, b.far, b.fport, b'x')),
               says(b, version, said, out[:head + 7]),
               says(b, version, said, out, dst=a.local),
               good[:-1] + bytes((good[-1] ^ 1,))]
    counted = [says(b, version, said, out, **{'ttl' if version == 4 else 'hops': 1}),
               says(b, version, said, out, src=a.local)]
    if version == 4:	# of IPv6 the stack lets none of these in
        counted += [says(b, 4, said, out, src='127.0.0.1'), says(b, 4, said, out, src='224.0.0.5')]
        may_be_cut = packet.datagram(b.local, b.lport, b.far, b.fport, bytes(BIG), frag=0)
        counted.append(says(b, 4, code, may_be_cut[:28], 1300))
    counted.append(says(b, version, code, out[:head + 60], BIG + head + 8))
    for data in silent + counted:
        bed.core.send(data)
    # the last one is told, so all before have been seen
    bed.core.send(good)
    bed.ue.receive(error)
    t.equal(bed.ue.drain(error), [], f'{name}: nothing is told of what is no error, or not ours')
    # with its TTL used up it was fit to be told otherwise
    bed.core.send(good)
    t.wait_for(10, lambda: b.drops().get('icmp-unfit') == len(counted) + 2, 'all to be counted')
    t.equal((a.drops(), b.drops(), b.stats()['drops'], bed.ue.drain(error)),
            ({}, {'icmp-unfit': len(counted) + 2}, 0, []),
            f'{name}: what pretends to be is counted; and each datagram can be complained about once')
    if version == 6:	# of IPv4 the stack believes all
        _, again = sent(bed, a, bytes(BIG))
        t.equal(len(again), len(out), f'{name}: the path is as wide as before')


def flood(bed):
    """However many there are: a far end is told some, and never of more than was sent lately."""
    t = bed.t
    a, b = bed.stream()
    for _ in range(RECENT + 10):
        _, out = sent(bed, a)
    said = says(b, 4, (3, 3), out)
    count = 20 * RECENT
    start = time.monotonic()
    for _ in range(count):
        bed.core.send(said)
    t.wait_for(30, lambda: b.drops().get('icmp-unfit') == count - RECENT, 'the flood to be counted')
    took = time.monotonic() - start
    told = len(bed.ue.drain(error))
    drops = b.drops()
    t.equal(told + sum(drops.values()), count, f'a flood: each is told or counted {drops}')
    t.ok(BURST <= told <= min(RECENT, BURST + 10 * took + 1), f'a flood: told {told} in {took:.2f} s')
    t.equal((a.drops(), b.stats()['drops'], a.get()['state']), ({}, 0, 'established'),
            'a flood: no state changes')


def secured(bed):
    """Who sent what is in a record has never seen the record: only the size is learnt."""
    t = bed.t
    for version in 4, 6:
        a, b = bed.stream(version, version)
        k = dtls.Association()
        b.set(security='dtls', keys=k.keys())
        _, out = sent(bed, a, bytes(1300))
        for said in UNREACHABLE[version], {4: (3, 3), 6: (1, 4)}[version]:
            bed.core.send(says(b, version, said, out[:500]))
        bed.core.send(says(b, version, TOO_BIG[version], out[:500], 1340))
        bed.ue.send(a.datagram(bytes(1300)))
        got = bed.ue.receive(error)
        t.equal(((got.body[0], got.body[1]), struct.unpack('!I', got.body[4:8])[0],
                 a.drops(), b.drops(), bed.ue.drain(error)),
                (TOO_BIG[version], 1340 - k.near.overhead, {'mtu': 1}, {}, []),
                f'IPv{version}: of DTLS only the size goes onward, for the next datagram')


def latched(bed):
    """The latched source is the one that may complain, and be complained about."""
    t = bed.t
    a, b = bed.stream(4, 4, two={'latch': 'latch'})
    bed.core.send(b.datagram(b'here I am', sport=7777))
    bed.ue.receive()
    _, out = sent(bed, a, b'to it')
    t.equal(packet.read(out).dport, 7777, 'sent to the latched source')
    old = packet.datagram(b.local, b.lport, b.far, b.fport, b'to it')
    bed.core.send(says(b, 4, (3, 3), old))
    bed.core.send(says(b, 4, (3, 3), out))
    got = bed.ue.receive(error)
    t.equal((struct.unpack_from('!HH', got.body, 28), bed.ue.drain(error)),
            ((a.fport, a.lport), []), 'what is said of it goes onward, of REMOTE it does not')


def facing(bed):
    """Two contexts of this gateway in a row: the error finds its way back through both."""
    t = bed.t
    a, b = bed.stream()
    c, d = bed.stream()
    b.set(remote=genl.addr(c.local, c.lport))
    c.set(remote=genl.addr(b.local, b.lport))
    data, out = sent(bed, a, b'through both')
    bed.core.send(says(d, 4, (3, 3), out, ttl=9))
    got = bed.ue.receive(error)
    t.equal((got.src, got.dst, got.ttl, got.body[28:36], a.drops(), b.drops(), c.drops(), d.drops()),
            (a.local, a.far, 7, data[20:28], {}, {}, {}, {}), 'facing contexts: back through both')


with relay.Bed() as the_bed:
    for one in 4, 6:
        for two in 4, 6:
            onward(the_bed, one, two)
    unfit(the_bed, 4)
    unfit(the_bed, 6)
    flood(the_bed)
    secured(the_bed)
    latched(the_bed)
    facing(the_bed)
    sockets(the_bed)
