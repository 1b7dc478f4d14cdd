# SPDX-License-Identifier: GPL-2.0-only
"""What attacks on one endpoint do to the cost of a datagram on another one. In the VM, instructions counted.

Datagrams of the reference stream are sent one at a time, and only the time from sending one to having it
at the other end is added up: first in quiet, before the endpoint that is attacked exists; then each after
a burst that hits that endpoint. State that the attack leaves behind, memory that it makes scarce and work
that it puts off are then paid for by the stream. All that was sent in the attack must have been refused,
or the figure means nothing.

Frames are put on the wire by a packet socket. Sent by a raw socket, each would take a route of its own, and
the kernel frees those later, while the stream is measured: the sender's cost, 10 to 20 % of the relay's.
"""

import os
import socket
import time

import dtls
import genl
import packet

BURST = 8
WARM_UP = 200
ETH_P_IP = bytes((8, 0))
CONTEXT, NEAR, CORE, UE, FAR = 9, 29001, 29002, 5900, 6900	# of the call that is attacked
KINDS = ('mac', 'replay', 'hijack', 'fragments', 'busy', 'same')


def sources(n):
    return f'198.{51 + n % 100}.{n % 251}.{n % 241 + 1}'


class Attack:
    """busy: no attack, but as many datagrams that are relayed: what the machine takes for other traffic at
    all, with which attacks have to be compared, too. same: forged sources hit the endpoint of the reference
    stream itself, which cannot be for free: it shows that the measurement sees what there is to see.
    """

    def __init__(self, bench, k, kind, reference):
        addr = bench.addr[4]
        self.bench, self.k, self.kind = bench, k, kind
        self.name = {'context': CONTEXT, 'termination': 1, 'stream': 1}
        self.to = (addr['access'], NEAR)
        self.count = 0
        k.do('context-new', id=CONTEXT)
        for n, near, nport, far, fport in ((1, 'access', NEAR, 'ue', UE), (2, 'core', CORE, 'far', FAR)):
            k.do('endpoint-new', context=CONTEXT, termination=n, stream=1, l4='udp',
                 local=genl.addr(addr[near], nport), remote=genl.addr(addr[far], fport))
        self.sock = bench.ue.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((addr['ue'], UE))
        self.far = bench.core.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.bind((addr['far'], FAR))
        self.wire = self.on_the_wire(bench.ue, 'u0')
        with self.on_the_wire(bench.gw, 'g0') as gateway:
            self.frame = gateway.getsockname()[4] + self.wire.getsockname()[4] + ETH_P_IP
        if kind in ('mac', 'replay'):
            keys = dtls.Association()
            k.do('endpoint-set', **self.name, security='dtls', keys=keys.keys())
            good = [keys.far.seal(bytes(172)) for _ in range(512)]
            self.sock.sendto(good[0], self.to)
            self.packets = [good[0]] if kind == 'replay' else \
                [data[:-1] + bytes([data[-1] ^ 1]) for data in good[1:]]
        elif kind == 'fragments':
            self.packets = [self.fragment(n) for n in range(512)]
        elif kind == 'same':
            self.name = {'context': 1, 'termination': 1, 'stream': 1}
            k.do('endpoint-set', **self.name, filter={'ipv4': socket.inet_aton(addr['ue']),
                                                      'prefixlen': 32})
            self.packets = [packet.datagram(sources(n), 5000, *reference, os.urandom(172))
                            for n in range(512)]
        elif kind == 'busy':
            self.packets = [packet.datagram(addr['ue'], UE, *self.to, os.urandom(172))
                            for _ in range(512)]
        else:
            k.do('endpoint-set', **self.name, latch='latch')
            self.sock.sendto(bytes(172), self.to)
            self.packets = [packet.datagram(sources(n), 1 + n, *self.to, os.urandom(172))
                            for n in range(512)]
        self.before = self.refused()

    @staticmethod
    def on_the_wire(ns, device):
        s = ns.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind((device, 0))
        return s

    def fragment(self, n):
        """The first part of a datagram or the last; the other one never comes."""
        body = packet.udp(sources(n), 5000, *self.to, bytes(2000))
        part, frag = (body[:1400], packet.MF) if n & 1 else (body[1400:], 1400 // 8)
        return packet.ipv4(sources(n), self.to[0], part, ident=n + 1, frag=frag)

    def burst(self):
        for _ in range(BURST):
            data = self.packets[self.count % len(self.packets)]
            if self.kind in ('mac', 'replay'):
                self.sock.sendto(data, self.to)
            else:
                self.wire.send(self.frame + data)
            self.count += 1
            if self.kind == 'busy':
                self.far.recv(2048)

    def refused(self):
        ep = self.k.get('endpoint-get', **self.name)
        return sum(d['count'] for d in ep.get('drop', []))

    def fragments(self):
        text = self.bench.gw.run('cat', '/proc/net/sockstat')
        return int(text.partition('FRAG: inuse ')[2].split()[0])

    def check(self):
        """It was an attack, and it was in vain."""
        if self.kind == 'fragments':
            if not self.fragments():
                raise RuntimeError('no fragments wait')
        elif self.refused() - self.before != (0 if self.kind == 'busy' else self.count):
            raise RuntimeError(f'{self.count} were sent, {self.refused() - self.before} refused')

    def close(self):
        self.sock.close()
        self.wire.close()
        self.far.close()


def run(sender, receiver, to, size, count, before=lambda: None):
    """Instructions for one datagram, each after a call of before(); how many were lost."""
    payload = bytes(size)
    spent = lost = 0
    for n in range(WARM_UP + count):
        before()
        begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        sender.sendto(payload, to)
        try:
            receiver.recv(2048)
        except TimeoutError:
            lost += 1
        end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        if n >= WARM_UP:
            spent += end - begin
    return spent / count, lost


def measure(make, sender, receiver, to, size, count):
    """(instructions for one datagram in quiet, the same under the attack that make() makes, lost)."""
    receiver.settimeout(1)
    quiet, lost = run(sender, receiver, to, size, count)
    attack = make()
    try:
        cost, more = run(sender, receiver, to, size, count, attack.burst)
        attack.check()
    finally:
        attack.close()
    return quiet, cost, lost + more
