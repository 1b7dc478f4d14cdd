#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# kernels: vm new
# debug: first
"""Two clients that both connect, each behind a NAT of its own, become one connection.

    c1 10.1.0.2 -- n1 (masquerade) 192.0.2.1 -- gw -- 198.51.100.1 (masquerade) n2 -- c2 10.1.0.2

Nothing but connect() is called at either end. Late, at the same moment, with a third of all SYNs and
SYN-ACKs lost, with options that the other has not.
"""

import os
import random
import re
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import net  # noqa: E402
import tcp  # noqa: E402

OCTETS = 300000 // ktap.SLOW
BACK = 200000 // ktap.SLOW
OUTSIDE = {1: ('192.0.2.254', 20000), 2: ('198.51.100.254', 21000)}
LOSS = '''table inet loss {
chain c {
type filter hook forward priority 0; policy accept;
tcp flags & syn == syn numgen random mod 100 < 30 counter drop
}
}
'''


class Nats:
    def __init__(self, t):
        self.t = t
        self.names = t.netns('c1', 'n1', 'gw', 'n2', 'c2')
        c1, n1, gw, n2, c2 = self.names
        t.veth(c1, 'e0', ['10.1.0.2/24'], n1, 'in', ['10.1.0.1/24'])
        t.veth(n1, 'out', ['192.0.2.1/24'], gw, 'g0', ['192.0.2.254/24'])
        t.veth(gw, 'g1', ['198.51.100.254/24'], n2, 'out', ['198.51.100.1/24'])
        t.veth(c2, 'e0', ['10.1.0.2/24'], n2, 'in', ['10.1.0.1/24'])
        for client in c1, c2:
            t.run(['ip', '-n', client, 'route', 'add', 'default', 'via', '10.1.0.1'])
        for nat in n1, n2:
            t.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1'], ns=nat)
            t.run(['nft', '-f', '-'], ns=nat, input='table ip nat { chain c { type nat hook '
                  'postrouting priority srcnat; oifname "out" masquerade\n}\n}\n')
        self.client = {1: net.Namespace(c1), 2: net.Namespace(c2)}
        self.nats = n1, n2
        with net.Namespace(gw).entered():
            self.k = genl.Kmgw()
        self.last = 0

    def pair(self, plane='merge', **values):
        """A context with two ends that wait for a SYN from anywhere."""
        self.last += 1
        self.k.do('context-new', id=self.last)
        for n in 1, 2:
            ip, port = OUTSIDE[n]
            self.k.do('endpoint-new', context=self.last, termination=n, stream=1, l4='tcp',
                      plane=plane, local=genl.addr(ip, port + self.last), **values)
        return Pair(self, self.last)

    def sysctl(self, n, name, value):
        self.t.run(['sysctl', '-qw', f'net.ipv4.{name}={value}'], ns=str(self.client[n]))


class Pair:
    """Two ends of a context, and who connects to them."""

    def __init__(self, nats, context):
        self.nats = nats
        self.t = nats.t
        self.context = context
        self.socks = {}
        self.threads = []
        self.errors = []

    def connect(self, n):
        """Begin to; in a thread of its own."""
        sock = self.nats.client[n].socket()
        sock.settimeout(100 * ktap.SLOW)
        self.socks[n] = sock
        ip, port = OUTSIDE[n]

        def run():
            try:
                sock.connect((ip, port + self.context))
            except OSError as e:
                self.errors.append(f'client {n}: {e}')

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def get(self, n):
        return self.nats.k.get('endpoint-get', context=self.context, termination=n, stream=1)

    def state(self, n):
        ep = self.get(n)
        return ep['state'], ep['reason']

    def drops(self):
        return {d['reason']: d['count'] for n in (1, 2) for d in self.get(n).get('drop', [])}

    def connected(self, name):
        for thread in self.threads:
            thread.join(100 * ktap.SLOW)
        return self.t.equal((self.errors, [x.is_alive() for x in self.threads]),
                            ([], [False, False]), f'{name}: both are connected')

    def transfer(self, name):
        """Data both ways, one half closed first."""
        t = self.t
        one, two = tcp.Stream(self.socks[1], OCTETS), tcp.Stream(self.socks[2], BACK, shut=False)
        t.wait_for(60, lambda: two.received == OCTETS and one.received == BACK,
                   f'{name}: all data')
        t.wait_for(10, lambda: self.state(1) == ('closing', 'peer-closed'), 'half-close')
        self.socks[2].sendall(b'half')
        two.sent.update(b'half')
        t.wait_for(20, lambda: one.received == BACK + 4, 'data after the FIN')
        self.socks[2].shutdown(socket.SHUT_WR)
        one.finish()
        two.finish()
        t.equal((one.got.hexdigest(), two.got.hexdigest(), one.error, two.error),
                (two.sent.hexdigest(), one.sent.hexdigest(), None, None),
                f'{name}: data both ways, and after half is closed')
        t.wait_for(20, lambda: self.state(1) == self.state(2) == ('released', 'peer-closed'),
                   f'{name}: released')
        octets = [self.get(n)['stats'][w] for n, w in
                  ((1, 'rx-octets'), (2, 'tx-octets'), (2, 'rx-octets'), (1, 'tx-octets'))]
        t.equal(octets, [OCTETS, OCTETS, BACK + 4, BACK + 4], f'{name}: octets of the stream')
        for sock in self.socks.values():
            sock.close()

    def shown(self, n):
        """What ss tells of the connection."""
        port = OUTSIDE[n][1] + self.context
        return self.t.run(['ss', '-Htino', 'dport', '=', str(port)],
                          ns=str(self.nats.client[n])).stdout


def late(nats, seconds):
    t = nats.t
    pair = nats.pair()
    pair.connect(1)
    t.wait_for(10, lambda: pair.state(1) == ('ready', 'none'), 'the first SYN')
    t.equal((pair.state(2), nats.k.get('stats-get')['syns']), (('idle', 'none'), 1),
            'the first SYN is held')
    tcp.time.sleep(seconds)
    pair.connect(2)
    pair.connected(f'{seconds} s late')
    t.wait_for(10, lambda: pair.state(1)[0] == pair.state(2)[0] == 'established', 'up')
    t.equal(nats.k.get('stats-get')['syns'], 0, 'none is held any more')
    for n in 1, 2:
        shown = pair.shown(n)
        t.ok(re.search(r'\bts\b', shown) and re.search(r'\bsack\b', shown) and 'wscale:' in shown,
             f'client {n} has timestamps, SACK and window scale', shown)
    pair.transfer(f'{seconds} s late')


def together(nats):
    """At the same moment, again and again."""
    pairs = [nats.pair() for _ in range(5)]
    for pair in pairs:
        for n in random.sample((1, 2), 2):
            pair.connect(n)
    for pair in pairs:
        pair.connected('together')
    pairs[0].transfer('together')


def lossy(nats):
    """A third of all SYNs and SYN-ACKs is lost in both NATs."""
    for nat in nats.nats:
        nats.t.run(['nft', '-f', '-'], ns=nat, input=LOSS)
    pairs = [nats.pair() for _ in range(6)]
    for pair in pairs:
        pair.connect(1)
        pair.connect(2)
    for pair in pairs:
        pair.connected('loss')
    lost = 0
    for nat in nats.nats:
        out = nats.t.run(['nft', 'list', 'table', 'inet', 'loss'], ns=nat).stdout
        lost += int(re.search(r'packets (\d+)', out)[1])
        nats.t.run(['nft', 'delete', 'table', 'inet', 'loss'], ns=nat)
    nats.t.ok(lost > 0, 'some were lost', lost)
    for pair in pairs:
        pair.transfer('loss')


def options(nats):
    """What one of the two has not, neither uses; the connection works."""
    for name, value, absent in (('tcp_timestamps', 0, r'\bts\b'), ('tcp_sack', 0, r'\bsack\b'),
                                ('tcp_window_scaling', 0, r'wscale:'), ('tcp_ecn', 1, r'\becn\b')):
        old = nats.t.run(['sysctl', '-n', f'net.ipv4.{name}'],
                         ns=str(nats.client[2])).stdout.strip()
        nats.sysctl(2, name, value)
        pair = nats.pair()
        pair.connect(2)
        pair.connect(1)
        pair.connected(name)
        for n in 1, 2:
            shown = pair.shown(n)
            nats.t.ok(shown and not re.search(absent, shown), f'{name}: client {n} does without',
                      shown)
        pair.transfer(name)
        nats.sysctl(2, name, old)
    for n in 1, 2:
        nats.sysctl(n, 'tcp_ecn', 1)
    pair = nats.pair()
    pair.connect(1)
    pair.connect(2)
    pair.connected('ECN')
    for n in 1, 2:
        nats.t.ok(re.search(r'\becn\b', pair.shown(n)), f'ECN: client {n} has it', pair.shown(n))
    pair.transfer('ECN')


with ktap.Test() as the_test:
    the_nats = Nats(the_test)
    late(the_nats, 4)
    together(the_nats)
    options(the_nats)
    lossy(the_nats)
    the_test.equal(the_nats.k.get('stats-get')['syns'], 0, 'no SYN is held at the end')
