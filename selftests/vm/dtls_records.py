#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""What a secured endpoint takes, leaves to the user, and drops, each counted once under its reason.

Replays, order, the edges of the window, epochs, several records in a datagram, truncated and forged
ones, floods of them; RTP of the call before; handshakes to the user's socket, at a limited rate.
"""

import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import genl  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402

WINDOW = 192
BURST = 64


def secured(bed, cipher='aes-128-gcm', family=4, **keys):
    a, b = bed.stream(family, family)
    k = dtls.Association(cipher)
    a.set(security='dtls', keys=k.keys(**keys))
    return a, b, k


def takes(bed, a, record, plain):
    bed.ue.send(a.datagram(record))
    return bed.core.receive().payload == plain


def dropped(bed, a, reason, *payloads, packets=None, octets=None):
    """Silently, one count each, with its octets but none of them plain."""
    t = bed.t
    packets = len(payloads) if packets is None else packets
    before, drops = a.stats(), a.drops().get(reason, 0)
    for payload in payloads:
        bed.ue.send(a.datagram(payload))
    bed.settled([a], before['rx-packets'] + packets)
    after = a.stats()
    moved = {k: after[k] - before[k] for k in ('rx-packets', 'rx-octets', 'rx-plain-octets')}
    t.equal((a.drops().get(reason, 0) - drops, moved),
            (packets, {'rx-packets': packets, 'rx-plain-octets': 0,
                       'rx-octets': sum(map(len, payloads)) if octets is None else octets}),
            f'{reason}: counted')
    t.equal((bed.core.drain(), bed.ue.drain()), ([], []), f'{reason}: silently')


def window(bed):
    t = bed.t
    a, _, k = secured(bed, rx_seq=10)
    first = k.far.seal(b'first', number=10)
    t.ok(takes(bed, a, first, b'first'), 'the lowest number is taken')
    dropped(bed, a, 'replay', first, k.far.seal(b'below', number=9))
    top = 10 + 500
    t.ok(takes(bed, a, k.far.seal(b'ahead', number=top), b'ahead'), 'far ahead')
    t.ok(takes(bed, a, k.far.seal(b'edge', number=top - WINDOW + 1), b'edge'), 'at the lower edge')
    dropped(bed, a, 'replay', k.far.seal(b'edge', number=top - WINDOW),
            k.far.seal(b'edge', number=top - WINDOW + 1), k.far.seal(b'again', number=top))
    order = [top - 3, top + 5, top - 1, top + 1, top - 2]
    t.equal([takes(bed, a, k.far.seal(b'%d' % n, number=n), b'%d' % n) for n in order], [True] * 5,
            'out of order')
    dropped(bed, a, 'replay', *(k.far.seal(b'%d' % n, number=n) for n in order))
    t.equal(a.get()['dtls']['replayed'], 2 + 3 + 5, 'replayed, as shown')


def forged(bed):
    """A record that is not genuine changes nothing, least of all the window."""
    t = bed.t
    for cipher in dtls.CIPHERS:
        a, _, k = secured(bed, cipher)
        good = k.far.seal(b'genuine', number=3)
        bad = [good[:-1] + bytes((good[-1] ^ 1,)), good[:13] + bytes((good[13] ^ 128,)) + good[14:],
               good[:5] + b'\x7f' * 6 + good[11:],
               dtls.Direction(cipher).seal(b'another key', number=1 << 40)]
        dropped(bed, a, 'bad-mac', *bad)
        t.ok(takes(bed, a, good, b'genuine'), f'{cipher}: the genuine one is taken after all')
        t.equal(a.get()['dtls']['bad-mac'], len(bad), f'{cipher}: as shown')


def malformed(bed):
    a, b, k = secured(bed)
    good = k.far.seal(b'whole')
    dropped(bed, a, 'malformed', good[:-1], good[:20], good[:13],
            good[:11] + struct.pack('!H', 23) + good[13:13 + 23],
            good[:11] + struct.pack('!H', 0))
    dropped(bed, a, 'not-dtls', b'', b'\x17', good[:12], b'\x17\xfe\xff' + good[3:],
            b'\x17\xfe\xfc' + good[3:], b'\x18' + good[1:], bytes(20), b'\x3f' * 40, b'\xc0' * 40)
    dropped(bed, a, 'late-rtp', b'\x80' + bytes(11), b'\xbf' + bytes(170), b'\x80')
    dropped(bed, a, 'epoch', k.far.seal(b'x', epoch=0), k.far.seal(b'x', epoch=2))
    bed.t.ok(takes(bed, a, good, b'whole'), 'and the whole one is taken')
    b.set(mode='inactive')
    dropped(bed, a, 'mode', k.far.seal(b'closed'))
    b.set(mode='sendreceive', remote=genl.addr('0.0.0.0', 0))
    dropped(bed, a, 'no-remote', k.far.seal(b'held'))


def several(bed):
    t = bed.t
    a, b, k = secured(bed)
    plains = [b'one', b'', b'three' * 40]
    records = [k.far.seal(p) for p in plains]
    bed.ue.send(a.datagram(b''.join(records)))
    t.equal([bed.core.receive().payload for _ in plains], plains, 'three records, three datagrams')
    s = a.stats()
    t.equal((s['rx-packets'], s['rx-octets'], s['rx-plain-octets'], s['drops']),
            (3, sum(map(len, records)), sum(map(len, plains)), 0), 'counted record by record')
    t.equal([b.stats()[x] for x in ('tx-packets', 'tx-octets')], [3, sum(map(len, plains))],
            'and on the other side')
    # a good one, and behind it something else
    for name, rest, reason in (
            ('cut off', k.far.seal(b'cut')[:-2], 'malformed'), ('a handshake', b'\x16\xfe\xfd' + bytes(30), 'not-dtls'),
            ('forged', bytes((23, 254, 253, 0, 1, 0, 0, 1)) + bytes(3) + b'\0\x20' + bytes(32), 'bad-mac'),
            ('RTP', b'\x80' + bytes(40), 'late-rtp')):
        drops = a.drops().get(reason, 0)
        bed.ue.send(a.datagram(k.far.seal(b'good') + rest))
        t.equal(bed.core.receive().payload, b'good', f'a record and {name}: the record')
        t.wait_for(10, lambda r=reason, d=drops: a.drops().get(r, 0) > d, 'the drop')
        t.equal(a.drops()[reason], drops + 1, f'{name} is dropped once')
    total = a.stats()
    t.equal(total['rx-packets'], 3 + 4 * 2, 'all are counted once')
    # more than anyone sends
    many = [k.far.seal(b'%d' % n) for n in range(36)]	# as many as fit the MTU
    bed.ue.send(a.datagram(b''.join(many)))
    t.equal([bed.core.receive().payload for _ in range(32)], [b'%d' % n for n in range(32)],
            'at most 32 in a datagram')
    t.wait_for(10, lambda: a.stats()['rx-packets'] == total['rx-packets'] + 33, 'the rest')
    t.equal(a.stats()['rx-octets'] - total['rx-octets'], sum(map(len, many)), 'octets of all of it')


def padded(bed):
    """Octets behind the end of the datagram, on both ways."""
    t = bed.t
    a, b, k = secured(bed)
    whole = packet.udp(a.far, a.fport, a.local, a.lport, k.far.seal(b'inside'))
    bed.ue.send(packet.ipv4(a.far, a.local, whole + bytes(9)))
    t.equal(bed.core.receive().payload, b'inside', 'octets behind the end are cut')
    whole = packet.udp(b.far, b.fport, b.local, b.lport, b'outside')
    bed.core.send(packet.ipv4(b.far, b.local, whole + bytes(9)))
    t.equal(k.near.open(bed.ue.receive().payload).plain, b'outside', 'and on the other side')
    t.equal([a.stats()[x] for x in ('rx-octets', 'rx-plain-octets', 'tx-octets', 'tx-plain-octets')],
            [6 + 37, 6, 7 + 37, 7], 'and not counted')


def hand_off(bed):
    """Behind the far end's Finished, which was number 0, its data may be here before the keys are."""
    t = bed.t
    a, _ = bed.stream(one={'security': 'dtls'})
    k = dtls.Association(rx_seq=1)
    early = [k.far.seal(data) for data in (b'first', b'second', b'third')]
    dropped(bed, a, 'no-keys', *early[:2])
    a.set(keys=k.keys(rx_seq=1))
    t.ok(takes(bed, a, early[2], b'third'), 'the first record behind the keys is taken')
    t.ok(takes(bed, a, early[0], b'first') and takes(bed, a, early[1], b'second'),
         'and those before them, if they come again: they left no trace')
    dropped(bed, a, 'replay', *early, k.far.seal(b'', dtls.DATA, 0))
    t.equal(a.drops(), {'no-keys': 2, 'replay': 4}, 'of all three once')


def no_keys(bed):
    """Armed, but no keys yet: nothing passes, in neither direction."""
    t = bed.t
    a, b = bed.stream(one={'security': 'dtls'})
    k = dtls.Association()
    dropped(bed, a, 'no-keys', k.far.seal(b'early'))
    bed.core.send(b.datagram(b'in clear?'))
    bed.settled([b], 1)
    t.equal((b.drops(), bed.ue.drain()), ({'no-keys': 1}, []), 'nor is anything sent in clear')
    hand_off(bed)
    # a call that becomes a fax, and a voice again
    a, b = bed.stream()
    bed.ue.send(a.datagram(b'\x80voice'))
    t.equal(bed.core.receive().payload, b'\x80voice', 'voice first')
    a.set(security='dtls', keys=k.keys())
    t.equal(a.get()['state'], 'ready', 'starts anew')
    dropped(bed, a, 'late-rtp', b'\x80voice')
    t.ok(takes(bed, a, k.far.seal(b'fax'), b'fax'), 'then a fax')
    a.set(security='none')
    record = k.near.open(bed.ue.receive().payload)
    t.equal((record.kind, record.plain), (dtls.ALERT, b'\1\0'), 'close_notify when it is over')
    bed.ue.send(a.datagram(b'\x80voice'))
    t.equal(bed.core.receive().payload, b'\x80voice', 'voice again')


def to_the_user(bed, family):
    """Handshake records reach the socket that was bound first, and only it; in every mode."""
    t = bed.t
    out = relay.ADDR[family]
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with bed.ns_gw.socket(kind, socket.SOCK_DGRAM) as s:
        s.bind((out['access'], 20900))
        bed.last += 1
        bed.k.do('context-new', id=bed.last)
        a = bed.endpoint(1, out['access'], 20900, out['ue'], 5900, bed.last, security='dtls',
                         mode='inactive', socket=s.fileno())
        k = dtls.Association()
        s.settimeout(10)
        ups = [b'\x16\xfe\xff' + bytes(50), b'\x16\xfe\xfd\0\0' + bytes(40), b'\x14\xfe\xfd' + bytes(11),
               b'\x15\xfe\xfd' + bytes(8) + b'\0\2\2\x28', k.far.seal(b'finished', kind=22),
               k.far.seal(b'\2\x28', kind=21), b'\x16\xfe\xfd' + bytes(20) + k.far.seal(b'mixed')]
        for data in ups:
            bed.ue.send(a.datagram(data))
            t.equal(s.recvfrom(2000)[0], data, f'IPv{family}: {data[:3].hex()} goes up')
        a.set(keys=k.keys(), mode='sendreceive')
        bed.ue.send(a.datagram(ups[4]))
        t.equal(s.recvfrom(2000)[0], ups[4], 'a handshake in the epoch of the keys goes up, too')
        n = len(ups) + 1
        t.equal((a.get()['dtls']['up'], a.stats()['rx-packets'], a.drops()), (n, 0, {}),
                f'IPv{family}: counted apart')
        a.set(filter={'port-min': 1, 'port-max': 5})
        dropped(bed, a, 'filter', ups[0])
        a.set(filter=b'')
        # others use up what others may
        for _ in range(3 * BURST):
            bed.ue.send(a.datagram(ups[0], sport=5901))
        t.wait_for(10, lambda: a.get()['dtls']['up'] + a.drops().get('rate', 0) == n + 3 * BURST, 'all')
        up = a.get()['dtls']['up']
        t.ok(n < up < n + 3 * BURST, f'IPv{family}: of 3 times {BURST} from another port some do not go up')
        flood(bed, a, s, ups[0], n, a.get())


def read_all(s):
    """What a socket that does not block has: the number of datagrams."""
    got = 0
    try:
        while s.recv(2000):
            got += 1
    except BlockingIOError:
        return got


def flood(bed, a, s, data, n, before):
    """More than the burst is dropped, and comes back slowly. n: that came from there already."""
    t = bed.t

    def seen():
        now = a.get()
        return [x['dtls']['up'] + sum(d['count'] for d in x.get('drop', []) if d['reason'] == 'rate')
                for x in (now, before)]
    s.setblocking(False)
    read_all(s)
    start = time.monotonic()
    for _ in range(3 * BURST):
        bed.ue.send(a.datagram(data))
    t.wait_for(10, lambda: seen()[0] == seen()[1] + 3 * BURST, 'all')
    up = a.get()['dtls']['up'] - before['dtls']['up']
    gained = (time.monotonic() - start) * 40 + 1
    t.ok(BURST - n <= up <= BURST + gained, f'{up} of {3 * BURST} go up, {BURST} in a row and 32 a second')
    t.ok(read_all(s) <= up, 'and no more than these')


def floods(bed):
    """Forged records and replays by the thousand, and the stream goes on."""
    t = bed.t
    a, _, k = secured(bed)
    good = k.far.seal(b'good')
    t.ok(takes(bed, a, good, b'good'), 'before')
    before = a.get()
    forged_one = dtls.Direction('aes-128-gcm').seal(bytes(172), number=9)
    for _ in range(1000):
        bed.ue.send(a.datagram(forged_one))
        bed.ue.send(a.datagram(good))
    bed.settled([a], 2001)
    after = a.get()
    t.equal((a.drops(), after['state'], after['dtls']['epoch'], after['changed']),
            ({'bad-mac': 1000, 'replay': 1000}, before['state'], 1, before['changed']),
            'no state has changed')
    t.ok(takes(bed, a, k.far.seal(b'after'), b'after'), 'after')


with relay.Bed() as the_bed:
    window(the_bed)
    forged(the_bed)
    malformed(the_bed)
    several(the_bed)
    padded(the_bed)
    no_keys(the_bed)
    to_the_user(the_bed, 4)
    to_the_user(the_bed, 6)
    floods(the_bed)
