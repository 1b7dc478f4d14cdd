#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Lists of filters; an explicit source of what is sent; the event when nothing passes any more."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import relay  # noqa: E402


def rule(ip=None, prefixlen=None, low=None, high=None):
    out = {}
    if ip:
        packed = socket.inet_pton(socket.AF_INET6 if ':' in ip else socket.AF_INET, ip)
        out['ipv6' if ':' in ip else 'ipv4'] = packed
    if prefixlen is not None:
        out['prefixlen'] = prefixlen
    if low:
        out.update({'port-min': low, 'port-max': high or low})
    return out


def filters(bed):
    """What fits any of the list passes; the list is replaced as a whole."""
    t = bed.t
    for family, hosts in (4, ('10.1.0.4', '10.1.0.6', '10.1.0.9')), \
            (6, ('fd00:1::4', 'fd00:1::6', 'fd00:1::9')):
        a, _ = bed.stream(family, 4)
        full = 32 if family == 4 else 128
        a.set(filter=[rule(hosts[0], full - 1), rule(hosts[1], full, 100, 200), rule(None, None, 9000)])
        sent = [(src, port) for src in (*hosts, hosts[0][:-1] + '5') for port in (99, 100, 200, 201, 9000)]
        for src, port in sent:
            bed.ue.send(a.datagram(f'{src} {port}'.encode(), src=src, sport=port))
        bed.settled([a], len(sent))
        may = [f'{src} {port}'.encode() for src, port in sent if src[-1] in '45' or
               src[-1] == '6' and 100 <= port <= 200 or port == 9000]
        t.equal([p.payload for p in bed.core.collect(len(may))], may, f'IPv{family}: three filters')
        t.equal(a.drops(), {'filter': len(sent) - len(may)}, f'IPv{family}: the rest is counted')
        shown = a.get()['filter']
        t.equal([(f.get('ipv4') or f.get('ipv6'), f.get('prefixlen'), f['port-min'], f['port-max'])
                 for f in shown],
                [(hosts[0], full - 1, 0, 65535), (hosts[1], full, 100, 200), (None, None, 9000, 9000)],
                f'IPv{family}: shown in order')
        a.set(filter=[rule(None, None, n) for n in range(1, 9)])
        t.equal(len(a.get()['filter']), 8, f'IPv{family}: eight replace three')
        a.set(filter=b'')
        t.equal('filter' in a.get(), False, f'IPv{family}: none')


def listener(bed):
    """The same for the SYN of a TCP endpoint."""
    t = bed.t
    bed.k.do('context-new', id=900)
    name = dict(context=900, termination=1, stream=1)
    bed.k.do('endpoint-new', **name, l4='tcp', local=genl.addr('10.1.0.1', 20700),
             filter=[rule('10.1.0.7', 32), rule('10.1.0.2', 32, 5700, 5701)])
    with bed.ns_gw.socket() as server:
        server.bind(('10.1.0.1', 20700))
        server.listen()
        server.settimeout(20)
        for port, may in (5699, False), (5700, True), (5701, True), (5702, False):
            with bed.ns_ue.socket() as client:
                client.bind(('10.1.0.2', port))
                client.settimeout(20)
                before = dict(bed.k.get('endpoint-get', **name)).get('drop', [{'count': 0}])[0]['count']
                if may:
                    client.connect(('10.1.0.1', 20700))
                    t.equal(server.accept()[1][1], port, f'SYN from port {port} is accepted')
                    continue
                client.setblocking(False)
                client.connect_ex(('10.1.0.1', 20700))
                t.wait_for(10, lambda: bed.k.get('endpoint-get', **name).get(
                    'drop', [{'count': 0}])[0]['count'] > before, 'the SYN to be dropped')
                t.ok(True, f'SYN from port {port} is dropped')


def source(bed):
    """What is sent comes from where SOURCE says; what is received, to LOCAL as ever."""
    t = bed.t
    bed.ns_gw.run('ip', 'addr', 'add', '10.2.0.9/24', 'dev', 'g1')
    bed.ns_gw.run('ip', 'addr', 'add', 'fd00:2::9/64', 'dev', 'g1', 'nodad')
    for f1, f2, ip, any_ip in (4, 4, '10.2.0.9', '0.0.0.0'), (6, 6, 'fd00:2::9', '::'), \
            (6, 4, '10.2.0.9', '0.0.0.0'), (4, 6, 'fd00:2::9', '::'):
        a, b = bed.stream(f1, f2)

        def comes_from(where, name):
            bed.ue.send(a.datagram(b'there'))
            got = bed.core.receive()
            t.equal((got.src, got.sport, got.check_ok, got.head_ok), (*where, True, True),
                    f'IPv{f1} to IPv{f2}: {name}')

        for check in ({}, {'check': 0}) if f1 == 4 else ({},):
            b.set(source=genl.addr(ip, 4444))
            bed.ue.send(a.datagram(b'there', **check))
            got = bed.core.receive()
            t.equal((got.src, got.sport, got.dst, got.dport, got.check_ok if got.check else True),
                    (ip, 4444, b.far, b.fport, True), f'IPv{f1} to IPv{f2}: address and port {check}')
        bed.core.send(b.datagram(b'back'))
        t.equal(bed.ue.receive().payload, b'back', f'IPv{f1} to IPv{f2}: LOCAL receives')
        shown = b.get()['source']
        t.equal((shown.get('ipv4') or shown.get('ipv6'), shown['port']), (ip, 4444),
                f'IPv{f1} to IPv{f2}: shown')
        b.set(remote=genl.addr(b.far, b.fport + 1))
        comes_from((ip, 4444), 'stays with another REMOTE')
        b.set(remote=genl.addr(b.far, b.fport), source=genl.addr(ip, 0))
        comes_from((ip, b.lport), 'the address alone')
        b.set(source=genl.addr(any_ip, 5555))
        comes_from((b.local, 5555), 'the port alone')
        b.set(latch='latch')
        bed.core.send(b.datagram(b'latches'))
        t.equal(bed.ue.receive().payload, b'latches', f'IPv{f1} to IPv{f2}: latching')
        comes_from((b.local, 5555), 'stays when latched')
        b.set(source=b'')
        comes_from((b.local, b.lport), 'none')
        t.equal('source' in b.get(), False, f'IPv{f1} to IPv{f2}: none is shown')


class Watch:
    """Events of inactivity of one endpoint."""

    def __init__(self, bed, end):
        self.bed, self.end = bed, end
        self.k = bed.kmgw()
        self.k.subscribe()
        self.count = 0

    def more(self, seconds=0.05):
        """How many have come since this was asked last."""
        n = 0
        while True:
            try:
                e = self.k.event(seconds)
            except TimeoutError:
                return n
            n += e['type'] == 'inactivity' and e['context'] == self.end.name['context']

    def comes(self, name, already=0):
        """One, and silence; already: how many have come of this silence."""
        self.bed.t.wait_for(20, lambda: self.end.get().get('quiet'), 'inactivity')
        self.bed.t.equal(already + self.more(0.05 if already else 1), 1, name)


def inactivity(bed):
    """One event for each silence."""
    t = bed.t
    a, b = bed.stream(4, 4)
    watch = Watch(bed, a)
    a.set(inactivity=86400000)
    t.equal((a.get()['inactivity'], a.get()['inactivity-dir'], a.get().get('quiet')),
            (86400000, 'both', None), 'armed')
    a.set(inactivity=300)
    watch.comes('no data at all')
    for end, port, far, name in (a, bed.ue, bed.core, 'in'), (b, bed.core, bed.ue, 'out'):
        port.send(end.datagram(b'data'))
        far.receive()
        # on a slow machine the next silence is told already
        again = a.get().get('quiet')
        told = watch.more()
        t.ok(not again or told, f'data {name} ends it')
        watch.comes(f'and then there is silence again after data {name}', told)
    a.set(mode='inactive')
    bed.ue.send(a.datagram(b'dropped'))
    bed.settled([a], 2)
    t.equal((a.get().get('quiet'), watch.more()), (True, 0), 'data that is dropped does not count')
    a.set(inactivity=300)
    watch.comes('set again')

    a.set(mode='sendreceive', inactivity_dir='out', inactivity=300)
    watch.comes('of what is sent')
    bed.ue.send(a.datagram(b'in'))
    bed.core.receive()
    t.equal((a.get().get('quiet'), watch.more()), (True, 0), 'data received does not end it')
    bed.core.send(b.datagram(b'out'))
    bed.ue.receive()
    watch.comes('data sent does')
    a.set(inactivity=0)
    t.equal(('inactivity' in a.get(), 'quiet' in a.get()), (False, False), 'off')

    # some 5 s of data, and no 4 s without
    a.set(inactivity=4000 * ktap.SLOW, inactivity_dir='both')
    told = 0
    for _ in range(100 * ktap.SLOW):
        bed.ue.send(a.datagram(b'x'))
        bed.core.receive()
        told += watch.more()
    t.equal(told, 0, 'none while data passes')
    # a timer that runs goes with the endpoint
    for end in a, b:
        end.set(inactivity=50)
    bed.k.do('context-del', id=a.name['context'])
    t.ok(True, 'an endpoint goes with its timer')


with relay.Bed() as the_bed:
    filters(the_bed)
    listener(the_bed)
    source(the_bed)
    inactivity(the_bed)
