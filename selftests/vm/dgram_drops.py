#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""What may not pass is dropped without an answer and counted once, under its reason, where it came in.

Endpoint, namespace, sysfs and trace say the same.
"""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402

TRACING = '/sys/kernel/tracing'
LOUD = 'ff:ff:ff:ff:ff:ff'


def sysfs():
    out = {}
    for path in glob.glob('/sys/module/kmgw/drops/*'):
        with open(path, encoding='ascii') as f:
            out[os.path.basename(path)] = int(f.read())
    return out


class Trace:
    def __init__(self, t):
        t.run(['sh', '-c', f'mountpoint -q {TRACING} || mount -t tracefs nodev {TRACING}'])
        self.write('events/kmgw/enable', '1')

    @staticmethod
    def write(name, value):
        with open(os.path.join(TRACING, name), 'w', encoding='ascii') as f:
            f.write(value)

    @staticmethod
    def lines(event):
        with open(os.path.join(TRACING, 'trace'), encoding='ascii') as f:
            return [line.split(f'{event}: ')[1].strip() for line in f if f' {event}: ' in line]


class Case:
    """Sends, waits for the count, and looks for anything that got through."""

    def __init__(self, bed):
        self.bed = bed
        self.sent = {}

    def dropped(self, name, ends, reason, *packets, dest=None):
        """All of it is dropped by the first of the two ends."""
        bed, (a, _) = self.bed, ends
        before = a.stats()['rx-packets']
        for data in packets:
            bed.ue.send(data, dest)
        bed.settled([a], before + len(packets))
        drops = a.drops()
        bed.t.equal(drops.get(reason, 0), len(packets), name)
        bed.t.equal((bed.core.drain(), bed.ue.drain()), ([], []), f'{name}: silently')
        self.sent[reason] = self.sent.get(reason, 0) + len(packets)
        return ends


def cases(bed):
    case = Case(bed)
    t = bed.t
    out, inn = relay.ADDR[4], relay.ADDR[6]

    ends = bed.stream(4, 4)
    a, b = ends
    case.dropped('checksum, IPv4', ends, 'checksum', a.datagram(b'x', check=0x1234))
    case.dropped('checksum, IPv6', (e := bed.stream(6, 6)), 'checksum',
                 e[0].datagram(b'x', check=0x1234))
    case.dropped('length beyond the end', (e := bed.stream()), 'malformed',
                 e[0].datagram(b'x' * 8, length=17))
    case.dropped('length below the header', (e := bed.stream()), 'malformed',
                 e[0].datagram(b'x' * 8, length=7), e[0].datagram(b'x' * 8, length=0))
    case.dropped('length of 0 in IPv6', (e := bed.stream(6, 6)), 'malformed',
                 e[0].datagram(b'x' * 8, length=0))

    case.dropped('TTL of 1', (e := bed.stream()), 'ttl', e[0].datagram(ttl=1),
                 e[0].datagram(ttl=0))
    case.dropped('hop limit of 1', (e := bed.stream(6, 4)), 'ttl', e[0].datagram(hops=1))

    for src in ('0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255', '10.1.0.255'):
        e = bed.stream()
        case.dropped(f'source {src}', e, 'martian', e[0].datagram(src=src))
    e = bed.stream()
    case.dropped('our own addresses, IPv4', e, 'martian', *(
        e[0].datagram(src=s) for s in (out['access'], out['core'])))
    e = bed.stream()
    case.dropped('the address and port of an endpoint, by wire', e, 'martian',
                 e[0].datagram(src=b.local, sport=b.lport))
    # the stack lets no other of that kind through to the hook
    e = bed.stream(6, 6)
    case.dropped('source ::', e, 'martian', e[0].datagram(src='::'))
    e = bed.stream(6, 6)
    case.dropped('our own addresses, IPv6', e, 'martian', *(
        e[0].datagram(src=s) for s in (inn['access'], inn['core'])))

    e = bed.stream()
    case.dropped('link-layer broadcast', e, 'not-for-us', e[0].datagram(), dest=LOUD)
    e = bed.stream(one={'ifindex': bed.ifindex('g1')})
    case.dropped('another device', e, 'wrong-device', e[0].datagram())
    e = bed.stream(one={'filter': {'ipv4': bytes((10, 1, 0, 4)), 'prefixlen': 31}})
    case.dropped('filter, address', e, 'filter', *(e[0].datagram(src=f'10.1.0.{n}')
                                                   for n in (3, 6)))
    e = bed.stream(one={'filter': {'port-min': 1000, 'port-max': 2000}})
    case.dropped('filter, ports', e, 'filter', *(e[0].datagram(sport=n) for n in (999, 2001)))
    e = bed.stream(6, 6, one={'filter': {'ipv6': bytes.fromhex('fd000001' + '00' * 8 + '00000100'),
                                         'prefixlen': 121}})
    case.dropped('filter, IPv6', e, 'filter', *(e[0].datagram(src=f'fd00:1::{n}')
                                                for n in ('ff', '180', '1:100')))

    e = bed.stream(one={'mode': 'sendonly'})
    case.dropped('mode of the endpoint', e, 'mode', e[0].datagram())
    e = bed.stream(two={'mode': 'receiveonly'})
    case.dropped('mode of the other', e, 'mode', e[0].datagram())

    e = bed.stream()
    bed.k.do('endpoint-del', **e[1].name)
    case.dropped('no other endpoint', e, 'no-peer', e[0].datagram())
    for what, hold in ('address', genl.addr('0.0.0.0', 5000)), ('port', genl.addr('10.2.0.2', 0)):
        e = bed.stream(two={'remote': hold})
        case.dropped(f'hold by {what}', e, 'no-remote', e[0].datagram())
    e = bed.stream(two={'remote': genl.addr('192.0.2.1', 5000)})
    case.dropped('no route', e, 'no-route', e[0].datagram())
    e = bed.stream(two={'ifindex': bed.ifindex('g0')})
    case.dropped('no route by that device', e, 'no-route', e[0].datagram())
    e = bed.stream(two={'remote': genl.addr('10.2.0.1', 9)})
    case.dropped('to a service of this host', e, 'no-route', e[0].datagram())

    e = bed.stream()
    t.run(['nft', '-f', '-'], ns=bed.names[1], input='table ip t { chain c { type filter hook '
          'output priority 0; policy accept; ip daddr 10.2.0.2 drop\n}\n}\n')
    case.dropped('refused by the OUTPUT chain', e, 'send', e[0].datagram())
    t.run(['nft', 'delete', 'table', 'ip', 't'], ns=bed.names[1])
    return case.sent


def accepted(bed):
    """The neighbours of what is dropped, so that the limits are where they have to be."""
    t = bed.t
    e = bed.stream(one={'filter': {'ipv4': bytes((10, 1, 0, 5)), 'prefixlen': 31,
                                   'port-min': 1000, 'port-max': 2000}})
    for src, sport in ('10.1.0.4', 1000), ('10.1.0.5', 2000):
        bed.ue.send(e[0].datagram(src.encode(), src=src, sport=sport))
        t.equal(bed.core.receive().payload, src.encode(), f'filter lets {src}:{sport} in')
    t.equal(e[0].get()['filter'], [{'ipv4': '10.1.0.4', 'prefixlen': 31, 'port-min': 1000,
                                    'port-max': 2000}], 'filter as it is shown')
    e[0].set(filter=b'')
    bed.ue.send(e[0].datagram(b'any', src='10.1.0.9', sport=9))
    t.equal(bed.core.receive().payload, b'any', 'a filter taken away')
    e = bed.stream(6, 6, one={'filter': {'ipv6': bytes.fromhex('fd000001' + '00' * 8 + '00000100'),
                                         'prefixlen': 121}})
    for last in '100', '17f':
        bed.ue.send(e[0].datagram(b'in', src=f'fd00:1::{last}'))
        t.equal(bed.core.receive().payload, b'in', f'filter lets ::{last} in')
    e = bed.stream()
    bed.ue.send(e[0].datagram(ttl=2))
    t.equal(bed.core.receive().ttl, 1, 'TTL of 2')


def icmp_is_silent(bed):
    """Nothing but "too big" is ever answered."""
    seen = [p for p in bed.ue.packets(0) if p.proto in (packet.IPPROTO_ICMP, packet.IPPROTO_ICMPV6)
            and not (p.version == 6 and p.body[0] in range(130, 138))]
    bed.t.equal(seen, [], 'no ICMP error')


with relay.Bed() as the_bed:
    the_trace = Trace(the_bed.t)
    start = sysfs()
    sent = cases(the_bed)
    accepted(the_bed)
    icmp_is_silent(the_bed)

    the_t = the_bed.t
    whole = {d['reason']: d['count'] for d in the_bed.k.get('stats-get')['drop']}
    the_t.equal(whole, sent, 'the namespace counts the same')
    moved = {k.replace('_', '-'): v - start[k] for k, v in sysfs().items() if v != start[k]}
    the_t.equal(moved, sent, 'sysfs counts the same')
    traced = {}
    for line in the_trace.lines('kmgw_drop'):
        why = line.split('reason=')[1].replace('_', '-')
        traced[why] = traced.get(why, 0) + 1
    the_t.equal(traced, sent, 'the trace has each, by name')
    stats = the_bed.k.get('stats-get')['stats']
    the_t.equal(stats['rx-packets'], stats['tx-packets'] + stats['drops'],
                'received = sent + dropped')
    with open('/sys/kernel/debug/kmgw/drops', encoding='ascii') as lines:
        shown = dict(line.split()[1].split('=') for line in lines)
    the_t.equal({k.replace('_', '-'): int(v) for k, v in shown.items()}, sent,
                'debugfs shows the same')
