#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Latching: the far end is where its datagrams come from, in every mode, and nobody else is."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import genl  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402

MODES = ('inactive', 'sendonly', 'receiveonly', 'sendreceive')
TAKES = ('receiveonly', 'sendreceive')
OTHER = {4: ('10.1.0.7', '10.1.0.8'), 6: ('fd00:1::7', 'fd00:1::8')}
ROUNDS, BURST = 40, 40


class Latch:
    """A stream whose access side latches, and what is seen of it."""

    def __init__(self, bed, family1=4, family2=4, **one):
        self.bed, self.t = bed, bed.t
        self.a, self.b = bed.stream(family1, family2, one=one)
        self.told = (self.a.far, self.a.fport)
        self.one, self.two = ((ip, 7000 + bed.last) for ip in OTHER[family1])

    def sends_to(self, where, name):
        """Where the gateway sends what comes from the core."""
        self.bed.core.send(self.b.datagram(b'back'))
        got = self.bed.ue.receive()
        self.t.equal(((got.dst, got.dport), got.check_ok), (where, True), name)

    def hears(self, source, name):
        self.bed.ue.send(self.a.datagram(repr(source).encode(), src=source[0], sport=source[1]))
        self.t.equal(self.bed.core.receive().payload, repr(source).encode(), name)

    def drops(self, source, name, reason='latch', data=b'no', **kw):
        before, seen = self.a.drops().get(reason, 0), self.a.stats()['rx-packets']
        self.bed.ue.send(self.a.datagram(data, src=source[0], sport=source[1], **kw))
        self.bed.settled([self.a], seen + 1)
        self.t.equal((self.a.drops().get(reason, 0), self.bed.core.drain()), (before + 1, []), name)

    def latched(self):
        got = self.a.get().get('latched')
        return got and (got.get('ipv4') or got.get('ipv6'), got['port'])

    def remote(self):
        got = self.a.get()['remote']
        return got.get('ipv4') or got.get('ipv6'), got['port']


def events(k, name):
    """The source of each "latched" event of an endpoint until now."""
    found = []
    while True:
        try:
            e = k.event(0.05)
        except TimeoutError:
            return found
        if e['type'] == 'latched' and e['context'] == name['context']:
            got = e['latched']
            found.append((e['component'], got.get('ipv4') or got.get('ipv6'), got['port']))


def story(bed, family1, family2):
    """From LATCH to OFF."""
    t = bed.t
    who = f'IPv{family1} to IPv{family2}'
    with bed.kmgw() as listener:
        listener.subscribe()
        s = Latch(bed, family1, family2)
        s.hears(s.one, f'{who}: without latching everybody may send')
        s.sends_to(s.told, f'{who}: and REMOTE is sent to')
        s.a.set(latch='latch')
        t.equal((s.a.get()['latch'], s.latched()), ('latch', None), f'{who}: waits')
        s.sends_to(s.told, f'{who}: until then to REMOTE')
        s.hears(s.one, f'{who}: the first source is let in')
        t.equal(s.latched(), s.one, f'{who}: and latched')
        s.sends_to(s.one, f'{who}: and sent to')
        s.drops(s.two, f'{who}: another source is not heard')
        s.drops(s.told, f'{who}: REMOTE neither')
        s.drops((s.one[0], s.one[1] + 1), f'{who}: nor another port')
        s.hears(s.one, f'{who}: the first still is')
        new = (s.told[0], s.told[1] + 1000)
        s.a.set(remote=genl.addr(*new))
        t.equal((s.remote(), s.latched()), (new, s.one), f'{who}: REMOTE is kept for later')
        s.sends_to(s.one, f'{who}: and does not disturb')

        s.a.set(latch='relatch')
        s.sends_to(s.one, f'{who}: relatch: to the old one')
        s.hears(s.two, f'{who}: relatch: a new one is let in')
        s.sends_to(s.two, f'{who}: relatch: and sent to')
        s.drops(s.one, f'{who}: relatch: the old one is not')
        s.a.set(latch='relatch')
        s.hears(s.two, f'{who}: relatch: the same again')
        s.drops(s.one, f'{who}: relatch: is an answer, too')

        s.a.set(latch='latch')
        s.sends_to(new, f'{who}: latch again: REMOTE')
        s.hears(s.one, f'{who}: latch again: then whoever comes')
        s.sends_to(s.one, f'{who}: latch again: is sent to')
        s.a.set(latch='off')
        t.equal((s.a.get()['latch'], s.latched(), s.remote()), ('off', None, new), f'{who}: off')
        s.sends_to(new, f'{who}: off: REMOTE')
        s.hears(s.two, f'{who}: off: everybody')
        t.equal(events(listener, s.a.name), [('media', *w) for w in (s.one, s.two, s.two, s.one)],
                f'{who}: one event for each')


def modes(bed):
    """Mode gates user data, not latching."""
    t = bed.t
    for mode in MODES:
        s = Latch(bed, latch='latch', mode=mode)
        if mode in TAKES:
            s.hears(s.one, f'{mode}: is heard')
        else:
            s.drops(s.one, f'{mode}: is dropped for the mode', 'mode')
        t.equal(s.latched(), s.one, f'{mode}: latches')
        s.drops(s.two, f'{mode}: and drops another source')
        s.a.set(mode='sendreceive')
        s.sends_to(s.one, f'{mode}: opened later')


def hold(bed):
    """No REMOTE, or one on hold, is no obstacle."""
    t = bed.t
    for what, values in (('hold', {'remote': genl.addr('0.0.0.0', 0)}),):
        s = Latch(bed, latch='latch', mode='inactive', **values)
        t.equal(s.a.get()['state'], 'idle', f'{what}: idle')
        s.drops(s.one, f'{what}: the first datagram', 'mode')
        t.equal((s.a.get()['state'], s.latched()), ('ready', s.one), f'{what}: ready, latched')
        s.a.set(mode='sendreceive')
        s.sends_to(s.one, f'{what}: is sent to')
        s.a.set(latch='off')
        t.equal(s.a.get()['state'], 'idle', f'{what}: off: idle again')


def refused(bed):
    """Sources that may not latch, and datagrams that prove nothing."""
    t = bed.t
    s = Latch(bed, latch='latch', filter={'ipv4': bytes((10, 1, 0, 7)), 'prefixlen': 32})
    s.drops(s.two, 'what the filter refuses', 'filter')
    for src in '0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '10.1.0.255', '10.1.0.1':
        s.drops((src, 5), f'source {src}', 'martian')
    s.drops((s.one[0], 0), 'port 0')
    s.drops(s.one, 'bad checksum', 'checksum', check=0x1234)
    s.drops(s.one, 'bad length', 'malformed', length=300)
    t.equal(s.latched(), None, 'none of them latched')
    s.hears(s.one, 'the right one')
    t.equal(s.latched(), s.one, 'latched')
    s.a.set(filter={'ipv4': bytes((10, 1, 0, 8)), 'prefixlen': 32})
    s.drops(s.one, 'the filter holds for the latched one, too', 'filter')
    s = Latch(bed, 6, 6, latch='latch')
    s.drops(('fe80::7', 5), 'link-local without a device')
    s.a.set(ifindex=bed.ifindex('g0'))
    s.hears(('fe80::7', 5), 'link-local with a device')
    try:
        s.a.set(ifindex=0)
        t.ok(False, 'the device cannot be taken away then')
    except genl.Refused as e:
        t.ok('link-local' in e.msg, 'the device cannot be taken away then', e.msg)


def facing(bed):
    """Another endpoint of this gateway does not latch; it is heard if it is REMOTE."""
    t = bed.t
    local = relay.ADDR[4]
    one = bed.stream(4, 4)
    two = bed.stream(4, 4, one={'latch': 'latch',
                                'remote': genl.addr(local['core'], one[1].lport)})
    one[1].set(remote=genl.addr(local['access'], two[0].lport))
    bed.ue.send(one[0].datagram(b'through both'))
    got = bed.core.receive()
    t.equal((got.payload, got.ttl), (b'through both', 62), 'two contexts facing each other')
    t.equal(two[0].get().get('latched'), None, 'and nothing is latched')
    two[0].set(remote=genl.addr('10.1.0.2', 5))
    bed.ue.send(one[0].datagram(b'no more'))
    bed.settled([two[0]], 2)
    t.equal((two[0].drops(), bed.core.drain()), ({'latch': 1}, []), 'not if REMOTE is elsewhere')


def secured(bed):
    """Of DTLS a record that authenticates latches, and no handshake: anybody can send one."""
    t = bed.t
    k = dtls.Association()
    s = Latch(bed, latch='latch', security='dtls')
    hello = dtls.Direction('aes-128-gcm', epoch=0).seal(b'hello', kind=dtls.HANDSHAKE)

    def shakes(source, what):
        """It is left to the user, whose socket is not here."""
        before = s.a.get()['dtls']['up']
        bed.ue.send(s.a.datagram(hello, src=source[0], sport=source[1]))
        t.wait_for(10, lambda: s.a.get()['dtls']['up'] == before + 1, 'a handshake to be left to the user')
        t.equal(s.latched(), None, what)

    for keys in {}, k.keys():
        if keys:
            s.a.set(keys=keys)
        for source in s.one, s.two:
            shakes(source, f'a handshake does not latch, {"with" if keys else "without"} keys')
    other = dtls.Association()
    s.drops(s.one, 'a forged record', 'bad-mac', data=other.far.seal(b'forged'))
    t.equal(s.latched(), None, 'does not latch')
    bed.ue.send(s.a.datagram(k.far.seal(b'genuine'), src=s.two[0], sport=s.two[1]))
    t.equal((bed.core.receive().payload, s.latched()), (b'genuine', s.two), 'a genuine one does')
    s.drops(s.one, 'a handshake of another source', data=hello)
    bed.ue.drain()


def sender(port, data, start, cpu):
    os.sched_setaffinity(0, {cpu})
    start.wait()
    for _ in range(BURST):
        port.send(data)


def race(bed):
    """Two sources on two CPUs: one of them is latched, and only that is heard."""
    t = bed.t
    s = Latch(bed)
    cpus = sorted(os.sched_getaffinity(0))
    ports = [relay.Port(bed.ns_ue, 'u0', relay.MAC['u0'], relay.MAC['g0']) for _ in range(2)]
    data = [s.a.datagram(src[0].encode(), src=src[0], sport=src[1]) for src in (s.one, s.two)]
    winners, bad = [], []
    with bed.kmgw() as listener:
        listener.subscribe()
        for n in range(ROUNDS):
            seen = s.a.stats()['rx-packets']
            s.a.set(latch='relatch' if n % 2 else 'latch')
            start = threading.Barrier(2)
            threads = [threading.Thread(target=sender, args=(ports[i], data[i], start, cpus[i % len(cpus)]))
                       for i in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            bed.settled([s.a], seen + 2 * BURST)
            heard = [p.payload.decode() for p in bed.core.collect(BURST)]
            winners.append(s.latched()[0])
            if set(heard) != {winners[-1]} or len(heard) != BURST:
                bad.append((n, winners[-1], heard.count(s.one[0]), heard.count(s.two[0])))
        t.equal(bad, [], f'{ROUNDS} races: all of one source, none of the other')
        t.equal([e[1] for e in events(listener, s.a.name)], winners, 'and one event each')
    t.diag(f'{len(cpus)} CPUs; the first source won {winners.count(s.one[0])} times')


def path_mtu(bed):
    """What ICMP says of the latched source is believed; of another one it is not."""
    t = bed.t
    s = Latch(bed, 6, 6, latch='latch')
    s.hears(s.one, 'latched before ICMP comes')
    payload = bytes(1340)
    believes = bed.stack_believes_all()
    for where in (s.one[0], s.one[1] + 1), s.one:
        quoted = packet.datagram(s.a.local, s.a.lport, *where, payload)
        if where == s.one or not believes:
            bed.ue.send(packet.icmp(s.one[0], s.a.local, 2, 0, 1300, quoted[:1000]))
        bed.core.send(s.b.datagram(payload))
        if where == s.one:
            # the sender of what was too big before is told, then it is this one
            for _ in 1, 2:
                p = bed.core.receive(lambda p: p.proto == packet.IPPROTO_ICMPV6 and p.body[0] == 2)
            t.equal(int.from_bytes(p.body[4:8], 'big'), 1300, 'too big, of the latched source')
        else:
            t.equal(bed.ue.receive().payload, payload,
                    'passes' if believes else 'too big, of another one: ignored')


def traced(bed):
    with open('/sys/kernel/tracing/trace', encoding='ascii') as f:
        lines = [line for line in f if ' kmgw_latched: ' in line]
    bed.t.ok(any('/1 component=media source=[::ffff:10.1.0.7]:' in line for line in lines) and
             any('source=[fd00:1::7]:' in line for line in lines), 'the trace has them')


with relay.Bed() as the_bed:
    run = the_bed.t.run
    run(['sh', '-c', 'cd /sys/kernel/tracing; mountpoint -q . || mount -t tracefs nodev .; '
         'cd /sys/kernel/tracing; echo 1 >events/kmgw/kmgw_latched/enable'])
    for the_family, the_hosts in OTHER.items():
        for the_ip in (*the_hosts, *(['fe80::7'] if the_family == 6 else [])):
            run(['ip', '-n', the_bed.names[1], 'neigh', 'replace', the_ip, 'lladdr',
                 relay.MAC['u0'], 'dev', 'g0', 'nud', 'permanent'])
    story(the_bed, 4, 4)
    story(the_bed, 6, 4)
    story(the_bed, 6, 6)
    modes(the_bed)
    hold(the_bed)
    refused(the_bed)
    facing(the_bed)
    secured(the_bed)
    race(the_bed)
    path_mtu(the_bed)
    traced(the_bed)
