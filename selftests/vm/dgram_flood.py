#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# kernels: vm debug new
"""Floods on one endpoint: they change nothing there, cost bounded memory, and take nothing from a stream
of 50 datagrams a second on another one.
"""

import os
import random
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import packet  # noqa: E402
import relay  # noqa: E402

SECONDS, RATE = 3, 50
KINDS = ('hijack', 'filter', 'fragments', 'policed')


def sources(n):
    """Addresses of the access network, and of anywhere."""
    return f'10.1.0.{n % 200 + 20}' if n & 1 else f'198.{51 + n % 100}.{n % 251}.{n % 241 + 1}'


class Flood:
    """A thread that sends forged datagrams to an endpoint until it is told to stop."""

    def __init__(self, bed, kind):
        self.port = relay.Port(bed.ns_ue, 'u0', relay.MAC['u0'], relay.MAC['g0'])
        self.kind = kind
        self.count = 0
        self.stopping = False
        self.end, self.other = bed.stream(4, 4)
        if kind == 'hijack':
            self.end.set(latch='latch')
            bed.ue.send(self.end.datagram(b'the right one'))
            bed.core.receive()
        elif kind == 'filter':
            self.end.set(filter={'ipv4': bytes((10, 1, 0, 2)), 'prefixlen': 32})
        elif kind == 'policed':
            self.end.set(police={'sustained': 1, 'burst': 1})
        self.messages = [self.message(n) for n in range(512)]
        self.thread = threading.Thread(target=self.run)

    def message(self, n):
        if self.kind == 'fragments':
            # the first half of a datagram, or the last, and never the other one
            body = packet.udp(sources(n), 5000 + n, self.end.local, self.end.lport, bytes(2000))
            part = body[:1400] if n & 1 else body[1400:]
            frag = packet.MF if n & 1 else 1400 // 8
            return packet.ipv4(sources(n), self.end.local, part, ident=n, frag=frag)
        if self.kind == 'policed':
            return self.end.datagram(bytes(172))
        return self.end.datagram(b'\x80' + os.urandom(171), src=sources(n),
                                 sport=random.randrange(1, 65536))

    def run(self):
        while not self.stopping:
            data = self.messages[self.count % 512]
            if self.kind == 'fragments':	# every one a new datagram
                head = bytearray(data[:20])
                struct.pack_into('!H', head, 4, self.count & 0xffff)
                struct.pack_into('!H', head, 10, 0)
                struct.pack_into('!H', head, 10, packet.checksum(bytes(head)))
                data = bytes(head) + data[20:]
            self.port.send(data)
            self.count += 1

    def state(self):
        """What the endpoint tells, but for what is counted."""
        return {k: v for k, v in self.end.get().items() if k not in ('stats', 'drop')}


def slab():
    with open('/proc/meminfo', encoding='ascii') as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(('Slab:', 'Percpu:')))


def fragment_memory(bed):
    text = bed.ns_gw.run('cat', '/proc/net/sockstat')
    return int(text.partition('FRAG: inuse ')[2].split()[2])


def reference(bed, end):
    """A stream; how many of it have not come."""
    t = bed.t
    sent = SECONDS * RATE
    begin = time.monotonic()
    for n in range(sent):
        bed.ue.send(end.datagram(struct.pack('!I', n) + bytes(168)))
        time.sleep(max(0, begin + (n + 1) / RATE - time.monotonic()))
    got = set()

    def complete():
        got.update(p.payload[:4] for p in bed.core.drain() if p.dport == end.peer.fport)
        return len(got) == sent

    try:
        t.wait_for(5, complete, 'the whole stream')
    except TimeoutError:
        pass
    return sent - len(got)


def attack(bed, kinds):
    t = bed.t
    name = ' and '.join(kinds)
    end, other = bed.stream(4, 4)
    end.peer = other
    floods = [Flood(bed, kind) for kind in kinds]
    before = [f.state() for f in floods]
    number = bed.k.get('stats-get')['events']
    memory, most = slab(), 0
    for f in floods:
        f.thread.start()
    lost = reference(bed, end)
    frag = fragment_memory(bed)
    most = slab() - memory
    for f in floods:
        f.stopping = True
        f.thread.join()
    t.diag(f'{name}: {sum(f.count for f in floods)} packets; slab {most:+} KiB, fragments {frag} octets')
    t.ok(all(f.count > 200 for f in floods), f'{name}: a flood')
    t.equal(lost, 0, f'{name}: the other stream loses nothing')
    t.equal(end.drops(), {}, f'{name}: nor drops anything')
    t.equal([f.state() for f in floods], before, f'{name}: the state is what it was')
    # the reference stream is established once, policing told once
    told = bed.k.get('stats-get')['events'] - number
    t.equal(told, 1 + kinds.count('policed'), f'{name}: no event for a packet')
    with open('/proc/sys/net/ipv4/ipfrag_high_thresh', encoding='ascii') as limit:
        t.ok(frag <= int(limit.read()) + 65536, f'{name}: the memory of fragments has its limit')
    t.ok(most < 16384, f'{name}: no memory for what is dropped', f'{most} KiB')
    for f in floods:
        if f.kind != 'fragments':
            bed.settled([f.end], f.count + int(f.kind == 'hijack'))
            counted = f.end.drops()
            t.equal((sum(counted.values()), f.other.stats()['tx-packets']),
                    (f.count, int(f.kind == 'hijack')), f'{name}: {f.kind}: all is dropped {counted}')


with relay.Bed() as the_bed:
    for the_kind in KINDS:
        attack(the_bed, [the_kind])
    attack(the_bed, ['hijack', 'fragments'])
