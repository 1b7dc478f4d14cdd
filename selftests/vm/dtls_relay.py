#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Datagrams become DTLS records and back, bit by bit as an independent library has them, every octet counted.

Every cipher, IPv4 and IPv6 and between them; from clear to DTLS, from DTLS to DTLS, and passed through.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import relay  # noqa: E402

SIZES = (0, 1, 15, 16, 17, 172, 1300)
COUNTERS = ('rx-packets', 'rx-octets', 'rx-plain-octets', 'tx-packets', 'tx-octets',
            'tx-plain-octets', 'drops')


def counted(end):
    s = end.stats()
    return tuple(s[c] for c in COUNTERS)


def one_side(bed, cipher, f1, f2):
    """The terminal speaks DTLS, the core does not."""
    t = bed.t
    a, b = bed.stream(f1, f2)
    keys = dtls.Association(cipher, rx_seq=5, tx_seq=1000)
    a.set(security='dtls')
    a.set(keys=keys.keys())
    name = f'{cipher}, IPv{f1} to IPv{f2}'
    plains = [os.urandom(n) for n in SIZES]
    total, wire = sum(SIZES), sum(SIZES) + keys.far.overhead * len(SIZES)

    got = []
    for plain in plains:
        bed.ue.send(a.datagram(keys.far.seal(plain)))
        got.append(bed.core.receive())
    t.equal([p.payload for p in got], plains, f'{name}: opened')
    t.equal([(p.check_ok, p.head_ok, p.ttl, p.sport, p.dport) for p in got],
            [(True, True, 63, b.lport, b.fport)] * len(got), f'{name}: headers in clear')

    got = []
    for plain in plains:
        bed.core.send(b.datagram(plain))
        got.append(bed.ue.receive())
    records = [keys.near.open(p.payload) for p in got]
    t.equal([(r.kind, r.epoch, r.number, r.plain) for r in records],
            [(dtls.DATA, 1, 1000 + n, plain) for n, plain in enumerate(plains)], f'{name}: sealed')
    t.equal([(p.check_ok, p.head_ok, p.ttl, p.sport, p.dport) for p in got],
            [(True, True, 63, a.lport, a.fport)] * len(got), f'{name}: headers around records')
    n = len(SIZES)
    t.equal(counted(a), (n, wire, total, n, wire, total, 0), f'{name}: counted on the DTLS side')
    t.equal(counted(b), (n, total, total, n, total, total, 0), f'{name}: counted on the other')
    shown = a.get()['dtls']
    t.equal((shown['cipher'], shown['generation'], shown['epoch'], shown['rx-records'],
             shown['tx-records']), (cipher, 1, 1, n, n), f'{name}: shown')
    return shown['driver']


def both_sides(bed, one, two, f1, f2):
    t = bed.t
    a, b = bed.stream(f1, f2)
    left, right = dtls.Association(one), dtls.Association(two, tx_seq=7)
    a.set(security='dtls', keys=left.keys())
    b.set(security='dtls', keys=right.keys())
    for n, size in enumerate(SIZES):
        plain = os.urandom(size)
        bed.ue.send(a.datagram(left.far.seal(plain)))
        p = bed.core.receive()
        r = right.near.open(p.payload)
        t.equal((r.number, r.plain, p.check_ok, p.ttl), (7 + n, plain, True, 63),
                f'{one} to {two}: {size} octets')
        bed.core.send(b.datagram(right.far.seal(plain)))
        p = bed.ue.receive()
        t.equal((left.near.open(p.payload).plain, p.check_ok), (plain, True), 'and back')
    total, n = sum(SIZES), len(SIZES)
    for end, keys in (a, left), (b, right):
        wire = total + n * keys.far.overhead
        t.equal(counted(end), (n, wire, total, n, wire, total, 0), f'{keys.cipher}: counted')


def pass_through(bed):
    """Records of others are opaque."""
    t = bed.t
    a, b = bed.stream()
    keys = dtls.Association()
    record = keys.far.seal(b'end to end')
    for data in record, bytes((22, 254, 255)) + bytes(60), bytes((128,)) + bytes(20):
        bed.ue.send(a.datagram(data))
        t.equal(bed.core.receive().payload, data, 'passed through')
    t.equal((a.get()['security'], b.get()['security'], 'dtls' in a.get()), ('none', 'none', False),
            'nothing is secured')


def explicit_nonce(bed):
    """A far end may choose the explicit part of its nonces as it likes."""
    t = bed.t
    a, _ = bed.stream()
    keys = dtls.Association()
    a.set(security='dtls', keys=keys.keys())
    for number in range(3):
        bed.ue.send(a.datagram(keys.far.seal(b'random', explicit=os.urandom(8))))
        t.equal(bed.core.receive().payload, b'random', 'explicit nonce of its own')


with relay.Bed() as the_bed:
    drivers = {}
    for the_cipher in dtls.CIPHERS:
        drivers[the_cipher] = one_side(the_bed, the_cipher, 4, 4)
    one_side(the_bed, 'aes-128-gcm', 6, 6)
    one_side(the_bed, 'chacha20-poly1305', 4, 6)
    one_side(the_bed, 'aes-128-gcm', 6, 4)
    both_sides(the_bed, 'aes-128-gcm', 'chacha20-poly1305', 4, 4)
    both_sides(the_bed, 'aes-128-ccm-8', 'aes-256-gcm', 6, 4)
    pass_through(the_bed)
    explicit_nonce(the_bed)
    the_bed.t.diag(f'drivers: {drivers}')
