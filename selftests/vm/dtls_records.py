#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""What a secured endpoint takes and what it drops, each counted once under its reason.

Replays, order, the edges of the window, epochs, several records in a datagram, truncated and forged
ones; RTP of the call before.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import genl  # noqa: E402
import relay  # noqa: E402

WINDOW = 192


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
            ('cut off', k.far.seal(b'cut')[:-2], 'malformed'),
            ('a handshake', b'\x16\xfe\xfd' + bytes(30), 'not-dtls')):
        drops = a.drops().get(reason, 0)
        bed.ue.send(a.datagram(k.far.seal(b'good') + rest))
        t.equal(bed.core.receive().payload, b'good', f'a record and {name}: the record')
        t.wait_for(10, lambda r=reason, d=drops: a.drops().get(r, 0) > d, 'the drop')
        t.equal(a.drops()[reason], drops + 1, f'{name} is dropped once')


with relay.Bed() as the_bed:
    window(the_bed)
    forged(the_bed)
    malformed(the_bed)
    several(the_bed)
