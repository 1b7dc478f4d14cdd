#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# kernels: vm debug new
# debug: first
"""Two clients that both connect, each behind a NAT of its own, become one connection.

    c1 10.1.0.2 -- n1 (masquerade) 192.0.2.1 -- gw -- 198.51.100.1 (masquerade) n2 -- c2 10.1.0.2

Nothing but connect() is called at either end. Late, at the same moment, with any SYN, SYN-ACK or ACK
lost, and with 30 % of all, with options that the other has not.
"""

import itertools
import os
import random
import re
import select
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


def rules(bits):
    """What loses packet n where bits[n] is set, and nothing else: no chance, no clock."""
    return ''.join(f'limit rate 1/day burst {len(list(same))} packets '
                   f'{"counter drop" if bit else "accept"}\n'
                   for bit, same in itertools.groupby(bits))


class Loss:
    """Which packets of which pair each NAT loses; kinds as in CHAINS."""

    # A SYN-ACK is lost before connection tracking sees it, as if on the line.
    CHAINS = {'syn': ('forward', 0, 'syn | ack', 'syn', 'dport'),
              'ack': ('forward', 0, 'syn | fin | psh | ack', 'ack', 'dport'),
              'synack': ('prerouting', -300, 'syn | ack', 'syn | ack', 'sport')}

    def __init__(self, nats):
        self.nats = nats
        self.wanted = {1: [], 2: []}

    def lose(self, pair, n, kind, bits):
        self.wanted[n].append((OUTSIDE[n][1] + pair.context, kind, bits))

    def start(self):
        for n, wanted in self.wanted.items():
            text = ['table inet loss {']
            for port, kind, bits in wanted:
                text.append(f'chain {kind}_{port} {{\n{rules(bits)}}}')
            for kind, (hook, priority, mask, flags, which) in self.CHAINS.items():
                text.append(f'chain {kind} {{\ntype filter hook {hook} priority {priority};')
                text += [f'tcp {which} {port} tcp flags & ({mask}) == {flags} jump {kind}_{port}'
                         for port, k, _ in wanted if k == kind]
                text.append('}')
            self.nats.t.run(['nft', '-f', '-'], ns=self.nats.nats[n - 1],
                            input='\n'.join(text) + '\n}\n')

    def lost(self):
        out = ''.join(self.nats.t.run(['nft', 'list', 'table', 'inet', 'loss'], ns=nat).stdout
                      for nat in self.nats.nats)
        return sum(int(count) for count in re.findall(r'counter packets (\d+)', out))

    def stop(self):
        for nat in self.nats.nats:
            self.nats.t.run(['nft', 'delete', 'table', 'inet', 'loss'], ns=nat)


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
        self.begun = set()

    def connect(self, n):
        """Begin to; in a thread of its own."""
        sock = self.nats.client[n].socket()
        sock.settimeout(100 * ktap.SLOW)
        self.socks[n] = sock
        ip, port = OUTSIDE[n]

        def run():
            try:
                # With the options of this moment.
                sock.setblocking(False)
                sock.connect_ex((ip, port + self.context))
                self.begun.add(n)
                select.select([], [sock], [], 100 * ktap.SLOW)
                sock.settimeout(100 * ktap.SLOW)
                error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, os.strerror(error))
                sock.getpeername()
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

    def transfer(self, name, there=OCTETS, back=BACK, before=(1, 0)):
        """Data both ways, one half closed first; before: octets that a client has sent already."""
        t = self.t
        back = min(there, back)
        one, two = tcp.Stream(self.socks[1], there), tcp.Stream(self.socks[2], back, shut=False)
        t.wait_for(60, lambda: two.received == there and one.received == back,
                   f'{name}: all data')
        t.wait_for(10, lambda: self.state(1) == ('closing', 'peer-closed'), 'half-close')
        self.socks[2].sendall(b'half')
        two.sent.update(b'half')
        t.wait_for(20, lambda: one.received == back + 4, 'data after the FIN')
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
        there += before[1] if before[0] == 1 else 0
        back += before[1] if before[0] == 2 else 0
        t.equal(octets, [there, there, back + 4, back + 4], f'{name}: octets of the stream')
        for sock in self.socks.values():
            sock.close()

    def shown(self, n):
        """What ss tells of the connection."""
        port = OUTSIDE[n][1] + self.context
        return self.t.run(['ss', '-Htino', 'dport', '=', str(port)],
                          ns=str(self.nats.client[n])).stdout


def first(nats):
    """One of two that connect; the other comes late."""
    pair = nats.pair()
    pair.connect(1)
    nats.t.wait_for(10, lambda: pair.state(1) == ('ready', 'none'), 'the first SYN')
    nats.t.equal((pair.state(2), nats.k.get('stats-get')['syns']), (('idle', 'none'), 1),
                 'the first SYN is held')
    return pair, tcp.time.monotonic()


def late(nats, pair, since, seconds):
    """The other comes so many seconds later; what is tested meanwhile makes the time short."""
    t = nats.t
    tcp.time.sleep(max(0, since + seconds - tcp.time.monotonic()))
    t.equal((pair.state(1), pair.state(2)), (('ready', 'none'), ('idle', 'none')), 'it still waits')
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


def early(nats):
    """One end comes later than the other repeats its SYN: answered early, it waits."""
    t = nats.t
    cases = []
    for n, name, less in ((1, 'all options', ()), (2, 'all options', ()),
                          (1, 'the late one without SACK', (('tcp_sack', 2),)),
                          (2, 'the early one without SACK', (('tcp_sack', 2),)),
                          (1, 'no options but the MSS', tuple(
                              (o, c) for o in ('tcp_sack', 'tcp_timestamps', 'tcp_window_scaling')
                              for c in (1, 2)))):
        cases.append((n, f'early answer to client {n}, {name}', less, nats.pair(early=2000)))
    refused = nats.pair()
    for n in 1, 2:
        nats.sysctl(n, 'tcp_syn_retries', 2)

    def begin(pair, n, less):
        for option, client in less:
            nats.sysctl(client, option, 0)
        pair.connect(n)
        t.wait_for(10, lambda: n in pair.begun, 'the attempt')
        for option, client in less:
            nats.sysctl(client, option, 1)

    for n, _, less, pair in cases:
        begin(pair, n, less)
    refused.connect(1)
    refused.threads[0].join(30 * ktap.SLOW)
    t.ok('timed out' in ''.join(refused.errors).lower(), 'without, the first gives up',
         refused.errors)
    for n, name, less, pair in cases:
        pair.threads[0].join(10 * ktap.SLOW)
        t.equal((pair.errors, pair.threads[0].is_alive(), pair.get(1).get('joined'), pair.state(n)),
                ([], False, 'early', ('ready', 'none')), f'{name}: connected, and waits')
        pair.socks[n].sendall(b'first')
    t.equal(nats.k.get('stats-get')['syns'], len(cases) + 1, 'they are held')
    for n, name, less, pair in cases:
        begin(pair, 3 - n, less)
        pair.connected(name)
        t.wait_for(20, lambda p=pair: p.state(1)[0] == p.state(2)[0] == 'established', 'up')
        t.equal(pair.socks[3 - n].recv(5, socket.MSG_WAITALL), b'first',
                f'{name}: what was sent before')
        shown = pair.shown(1) + pair.shown(2)
        t.ok(not re.search(r'\bts\b|wscale:', shown), f'{name}: what cannot be promised is not used',
             shown)
    for n, name, _, pair in cases:
        pair.transfer(name, there=OCTETS if n == 1 else 50000, before=(n, 5))
    # held until its time is over, though nobody waits any more
    nats.k.do('context-del', id=refused.context)
    for n in 1, 2:
        nats.sysctl(n, 'tcp_syn_retries', 6)


def each_lost(nats):
    """Each of the first SYNs, SYN-ACKs and ACKs at each side, alone and with those before it."""
    t = nats.t
    loss = Loss(nats)
    pairs = {}
    for n, kind, at in itertools.product((1, 2), Loss.CHAINS, range(3)):
        for name, bits in ('', [0] * at + [1]), (' and before', [1] * (at + 1)):
            if at or not name:
                pair = pairs[f'{kind} {at + 1}{name} of client {n}'] = nats.pair()
                loss.lose(pair, n, kind, bits)
    for n in 1, 2:
        pair = pairs[f'two SYN-ACKs of client {n} and one of the other'] = nats.pair()
        loss.lose(pair, n, 'synack', [1, 1])
        loss.lose(pair, 3 - n, 'synack', [1])
    loss.start()
    for n in 1, 2:
        for pair in pairs.values():
            pair.connect(n)
    for name, pair in pairs.items():
        pair.connected(name)
    # nobody says anything: what was lost has to be found out without it
    for name, pair in pairs.items():
        try:
            t.wait_for(20, lambda p=pair: p.state(1)[0] == p.state(2)[0] == 'established', name)
        except TimeoutError:
            pass
        t.equal((pair.state(1), pair.state(2)), (('established', 'none'),) * 2,
                f'{name} lost: up for the gateway, too')
    t.ok(loss.lost() >= 40, 'they were lost', loss.lost())
    loss.stop()
    for name, pair in pairs.items():
        pair.transfer(name, 2000)


def early_end(nats):
    """One end has sent everything, FIN included, before the other knows that it is connected."""
    loss = Loss(nats)
    pairs = {n: nats.pair() for n in (1, 2)}
    for n, pair in pairs.items():
        loss.lose(pair, n, 'synack', [1, 1])
    loss.start()
    for n, pair in pairs.items():
        pair.connect(3 - n)
        nats.t.wait_for(10, lambda p=pair, k=3 - n: p.state(k)[0] == 'ready', 'the first SYN')
        pair.connect(n)
        pair.threads[0].join(20 * ktap.SLOW)
        pair.socks[3 - n].sendall(b'all')
        pair.socks[3 - n].shutdown(socket.SHUT_WR)
    for n, pair in pairs.items():
        name = f'client {n} hears late'
        pair.connected(name)
        got = b''.join(iter(lambda p=pair, k=n: p.socks[k].recv(100), b''))
        pair.socks[n].sendall(b'answer')
        pair.socks[n].close()
        nats.t.equal((got, b''.join(iter(lambda p=pair, k=3 - n: p.socks[k].recv(100), b''))),
                     (b'all', b'answer'), f'{name}: what was sent and closed before')
    loss.stop()


def lossy(nats):
    """30 % of all SYNs and SYN-ACKs are lost in both NATs, at most three in a row."""
    dice = random.Random(5382)
    loss = Loss(nats)
    pairs = [nats.pair() for _ in range(12)]
    count = lost = 0
    for pair, n, kind in itertools.product(pairs, (1, 2), ('syn', 'synack')):
        bits = []
        for _ in range(12):
            bits.append(int(dice.random() < 0.3 and bits[-3:] != [1, 1, 1]))
        loss.lose(pair, n, kind, bits)
        count += len(bits)
        lost += sum(bits)
    nats.t.ok(0.25 < lost / count < 0.35, 'the share that is to be lost', lost / count)
    loss.start()
    for pair in pairs:
        pair.connect(1)
        pair.connect(2)
    for pair in pairs:
        pair.connected('loss')
    nats.t.ok(loss.lost() >= 12, 'some were lost', loss.lost())
    loss.stop()
    for pair in pairs:
        pair.transfer('loss', 20000)


def unheard(nats):
    """One end never hears that it is connected: the other is told when the attempt is given up."""
    loss = Loss(nats)
    pair = nats.pair(idle_timeout=3000 * ktap.SLOW)
    loss.lose(pair, 2, 'synack', [1] * 50)
    loss.lose(pair, 2, 'syn', [0] + [1] * 50)
    loss.start()
    pair.connect(1)
    pair.connect(2)
    pair.threads[0].join(20 * ktap.SLOW)
    try:
        got = pair.socks[1].recv(1)
    except ConnectionResetError:
        got = 'reset'
    nats.t.equal(got, 'reset', 'the end that was connected is reset')
    nats.t.equal(pair.state(1), ('failed', 'timeout'), 'and why')
    loss.stop()
    for sock in pair.socks.values():
        sock.close()


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
    the_first = first(the_nats)
    together(the_nats)
    options(the_nats)
    late(the_nats, *the_first, 20)
    early(the_nats)
    each_lost(the_nats)
    early_end(the_nats)
    unheard(the_nats)
    lossy(the_nats)
    the_test.equal(the_nats.k.get('stats-get')['syns'], 0, 'no SYN is held at the end')
