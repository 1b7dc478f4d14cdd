#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Merge, segment by segment: what a SYN-ACK says, and what cannot disturb it in any state."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402
import tcp  # noqa: E402

A, B = 0xfffffff0, 1000
FULL = tcp.mss(1400) + tcp.SACK_PERMITTED + tcp.timestamps(0xaabbccdd) + tcp.NOP + tcp.wscale(7)
OTHER = tcp.mss(1300) + tcp.SACK_PERMITTED + tcp.timestamps(0x55) + tcp.NOP + tcp.wscale(2)


LAST = []


def flow(bed, *args, **kw):
    """A new pair of ends; those before are no longer answered again."""
    while LAST:
        end = LAST.pop()
        end.set(release='abort')
        bed.t.wait_for(10, lambda e=end: e.phase().get('phase') != 'half', 'the one before is over')
    bed.segments(bed.ue)
    bed.segments(bed.core)
    a, b = bed.flow('merge', *args, **kw)
    LAST.append(a)
    return a, b


def plain(bed, port):
    """The next segment that is no answer to a SYN: such are repeated."""
    return bed.segment(port, lambda s: s.flags != 'SA')


def both(bed, a, b, opt_a=FULL, opt_b=OTHER, flags_a='S', flags_b='S', **kw):
    """Both SYNs; the two SYN-ACKs."""
    bed.ue.send(a.segment(flags_a, seq=A, options=opt_a, window=1111, **kw))
    bed.t.wait_for(10, lambda: a.phase().get('phase') == 'half', 'the first SYN')
    bed.core.send(b.segment(flags_b, seq=B, options=opt_b, window=2222))
    return bed.segment(bed.ue), bed.segment(bed.core)


def up(bed, **kw):
    a, b = flow(bed, **kw)
    both(bed, a, b)
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1))
    plain(bed, bed.core)
    bed.core.send(b.segment('A', seq=B + 1, ack=A + 1))
    plain(bed, bed.ue)
    bed.in_state(a, 'established', 'none', 'up')
    bed.in_state(b, 'established', 'none', 'up')
    return a, b


def answers(bed):
    """Each end is answered in the name of the other."""
    t = bed.t
    for f1, f2, largest in (4, 4, 1460), (4, 6, 1440), (6, 6, 1440):
        a, b = flow(bed, f1, f2)
        name = f'IPv{f1} and IPv{f2}'
        to_a, to_b = both(bed, a, b, tcp.mss(9000) + FULL[4:])
        t.equal((to_a.flags, to_a.ok, to_a.seq, to_a.ack, to_a.window, to_a.src, to_a.sport),
                ('SA', True, B, (A + 1) % 2**32, 2222, a.local, a.lport), f'{name}: to the first')
        t.equal((to_b.flags, to_b.ok, to_b.seq, to_b.ack, to_b.window, to_b.dst, to_b.dport),
                ('SA', True, A % 2**32, B + 1, 1111, b.far, b.fport), f'{name}: to the second')
        t.equal(to_a.listed(), {2: (1300).to_bytes(2, 'big'), 4: b'', 3: b'\2',
                                8: bytes.fromhex('00000055aabbccdd')}, f'{name}: options')
        t.equal(to_b.listed(), {2: largest.to_bytes(2, 'big'), 4: b'', 3: b'\7',
                                8: bytes.fromhex('aabbccdd00000055')}, f'{name}: MSS of the paths')
    parts = {'MSS': (2, tcp.mss(1400)), 'SACK': (4, tcp.SACK_PERMITTED),
             'timestamps': (8, tcp.timestamps(7)), 'window scale': (3, tcp.wscale(3))}
    for what, (kind, _) in parts.items():
        a, b = flow(bed)
        less = b''.join(v for k, v in parts.values() if k != kind)
        to_a, to_b = both(bed, a, b, b''.join(v for _, v in parts.values()), less)
        if kind == 2:
            t.equal((to_a.listed()[2], to_b.listed()[2]), (b'\2\x18', b'\5\x78'),
                    'no MSS: the default in its place')
        else:
            t.equal((kind in to_a.listed(), kind in to_b.listed()), (False, False),
                    f'{what} of one only: for neither')
            t.equal(sorted(to_a.listed()), sorted(k for k, _ in parts.values() if k != kind),
                    f'{what} of one only: the rest stays')
    for what, extra in ('MPTCP', b'\x1e\x0c\x01\x81' + bytes(8)), \
            ('fast open', b'\x22\x0a' + bytes(8)), ('MD5', b'\x13\x12' + bytes(16)), \
            ('authentication', b'\x1d\x10' + bytes(14)), ('unknown', b'\xfd\x04\1\2'):
        a, b = flow(bed)
        to_a, to_b = both(bed, a, b, tcp.mss(1400) + extra, tcp.mss(1400) + extra)
        t.equal((list(to_a.listed()), list(to_b.listed())), ([2], [2]), f'{what} is taken out')
    for what, fa, fb, wanted in ('both', 'SEC', 'SEC', 'SAE'), ('one', 'SEC', 'S', 'SA'), \
            ('the other', 'S', 'SEC', 'SA'):
        a, b = flow(bed)
        to_a, to_b = both(bed, a, b, flags_a=fa, flags_b=fb)
        t.equal((to_a.flags, to_b.flags), (wanted, wanted), f'ECN asked for by {what}')
    for what, broken in ('cut', b'\2\4\5'), ('no length', b'\2\0\5\xb4'), ('past the end', b'\4\2\x08\xff'):
        a, b = flow(bed)
        to_a, to_b = both(bed, a, b, broken.ljust(4, b'\2'), FULL)
        t.equal((to_a.flags, 8 in to_a.listed(), 3 in to_a.listed()), ('SA', False, False),
                f'options that are broken ({what}): without')


def repeats(bed):
    """A SYN that is repeated: refreshed while it is held, answered alike afterwards."""
    t = bed.t
    a, b = flow(bed)
    for n in range(3):
        bed.ue.send(a.segment('S', seq=A, options=FULL))
    bed.ue.send(a.segment('S', seq=A, options=tcp.mss(1000)))
    t.wait_for(10, lambda: a.phase().get('phase') == 'half')
    bed.quiet('a held SYN is not answered')
    t.equal(bed.k.get('stats-get')['syns'], 1, 'one is held, however often it is sent')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    to_a, to_b = bed.segment(bed.ue), bed.segment(bed.core)
    t.equal(to_b.listed(), {2: (1000).to_bytes(2, 'big')}, 'the last one counts')
    bed.ue.send(a.segment('S', seq=A, options=FULL, window=5))
    again = bed.segment(bed.ue)
    t.equal((again.seq, again.ack, again.flags, again.options, again.window),
            (to_a.seq, to_a.ack, 'SA', to_a.options, to_a.window), 'answered: the same again')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    again = bed.segment(bed.core)
    t.equal((again.seq, again.ack, again.options), (to_b.seq, to_b.ack, to_b.options),
            'the other, too')
    # one has acknowledged, the other has not
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 5))
    bed.dropped(a, 'sequence', 1, 'a wrong acknowledgement')
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1))
    plain(bed, bed.core)
    t.equal(a.state(), ('ready', 'none'), 'one has acknowledged: not up yet')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    t.equal(bed.segment(bed.core).flags, 'SA', 'the other is answered again')
    bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 1, payload=b'early'))
    t.equal(plain(bed, bed.core).payload, b'early', 'data of the one passes')
    bed.ue.send(a.segment('FA', seq=A + 6, ack=B + 1))
    bed.dropped(a, 'no-connection', 1, 'its FIN has to come again')
    bed.core.send(b.segment('A', seq=B + 1, ack=A + 6))
    plain(bed, bed.ue)
    bed.in_state(b, 'established', 'none', 'up')
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    got = plain(bed, bed.ue)
    t.equal((got.flags, got.seq, got.ack), ('A', B + 1, (A + 6) % 2**32),
            'a SYN now is asked back')
    bed.segments(bed.ue)
    bed.segments(bed.core)
    bed.quiet('and nothing else')


def unasked(bed):
    """Who has not acknowledged is answered again though it repeats nothing; who has is not."""
    t = bed.t
    a, b = flow(bed)
    to_a, to_b = both(bed, a, b)
    last = to_a.time
    for n, since in (1, 0.5), (2, 1), (3, 2):
        got_a, got_b = bed.segment(bed.ue), bed.segment(bed.core)
        t.equal([(s.flags, s.seq, s.ack, s.options, s.window) for s in (got_a, got_b)],
                [(s.flags, s.seq, s.ack, s.options, s.window) for s in (to_a, to_b)],
                f'answered again {n}: the same')
        t.ok(got_a.time - last > since, f'answered again {n}: after a while', got_a.time - last)
        last = got_a.time
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1))
    acked = plain(bed, bed.core).time
    while bed.segment(bed.core, lambda s: s.flags == 'SA', 20).time < acked:
        pass
    t.ok(True, 'one has acknowledged: the other again')
    t.equal([s for s in bed.segments(bed.ue) if s.time > acked], [], 'one has acknowledged: that one not')


def changes(bed):
    """A client that begins anew while it is held, or is not the one that was."""
    t = bed.t
    k = genl.addr
    anywhere = {'remote': k(relay.ADDR[4]['ue'], 9)}
    a, b = flow(bed, one=anywhere)
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    bed.ue.send(a.segment('S', seq=A + 777, options=tcp.mss(1111)))
    t.wait_for(10, lambda: a.phase().get('isn') == str((A + 777) % 2**32), 'the second')
    bed.ue.send(a.segment('S', seq=5, sport=12345))
    bed.dropped(a, 'latch', 1, 'another port while the first is still there')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    to_b = bed.segment(bed.core)
    t.equal((to_b.seq, to_b.listed()[2]), ((A + 777) % 2**32, b'\4\x57'),
            'begun anew with another number: that one is answered')
    bed.segment(bed.ue)
    bed.ue.send(a.segment('S', seq=A + 999, options=FULL))
    got = plain(bed, bed.ue)
    t.equal((got.flags, got.ack), ('A', (A + 778) % 2**32), 'answered: another number is asked back')
    # a client that has fallen silent, and came back with another port
    a, b = flow(bed, one=anywhere)
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    t.wait_for(10, lambda: a.phase().get('phase') == 'half', 'the first SYN')
    tcp.time.sleep(4.3)
    bed.ue.send(a.segment('S', seq=A + 5, options=FULL, src='10.1.0.99'))
    bed.dropped(a, 'latch', 1, 'another address')
    bed.ue.send(a.segment('S', seq=A + 9, options=FULL, sport=12345))
    t.wait_for(10, lambda: a.phase().get('isn') == str((A + 9) % 2**32), 'the new one')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    got = bed.segment(bed.ue)
    t.equal((got.flags, got.dport), ('SA', 12345), 'silent and back with another port: heard')
    bed.segment(bed.core)


def strangers(bed):
    """A second SYN, or a segment, from elsewhere takes over nothing, in no state."""
    t = bed.t
    anywhere = {'remote': None}

    def attempt(a, b, state):
        """Another address at one end, another port at the other."""
        ours = a.phase().get('isn'), b.phase().get('isn')
        before = [e.drops().get('latch', 0) for e in (a, b)]
        bed.segments(bed.ue)
        bed.segments(bed.core)
        for flags in 'S', 'A', 'R', 'FA':
            bed.ue.send(a.segment(flags, seq=A + 1, ack=B + 1, src='10.1.0.66', options=FULL))
            bed.core.send(b.segment(flags, seq=B + 1, ack=A + 1, sport=666, options=OTHER))
        for end, had in zip((a, b), before):
            bed.dropped(end, 'latch', had + 4, f'{state}: a stranger')
        t.equal((a.phase().get('isn'), b.phase().get('isn')), ours, f'{state}: whose it was')
        t.equal([s for port in (bed.ue, bed.core) for s in bed.segments(port) if s.flags != 'SA' or
                 666 == s.dport or s.dst == '10.1.0.66'], [], f'{state}: the stranger hears nothing')

    # held: the other end has not come, and whoever comes there first has it
    a, b = flow(bed, one=anywhere, two=anywhere)
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    t.wait_for(10, lambda: a.phase().get('phase') == 'half', 'the first SYN')
    bed.ue.send(a.segment('S', seq=A + 50, src='10.1.0.66', options=FULL))
    bed.dropped(a, 'latch', 1, 'held: a stranger')
    bed.core.send(b.segment('S', seq=B, options=OTHER))
    to_a, to_b = bed.segment(bed.ue), bed.segment(bed.core)
    t.equal((to_a.dst, to_b.seq), (a.far, A % 2**32), 'held: whose it was')
    attempt(a, b, 'answered')
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1))
    plain(bed, bed.core)
    bed.core.send(b.segment('A', seq=B + 1, ack=A + 1))
    plain(bed, bed.ue)
    bed.in_state(a, 'established', 'none', 'up')
    attempt(a, b, 'up')
    bed.ue.send(a.segment('FA', seq=A + 1, ack=B + 1))
    plain(bed, bed.core)
    bed.in_state(a, 'closing', 'peer-closed', 'closing')
    attempt(a, b, 'closing')
    # answered early: the one that waits is left alone
    a, b = flow(bed, one={'early': 200, **anywhere}, two=anywhere)
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    x = bed.segment(bed.ue).seq
    for flags in 'S', 'A', 'R':
        bed.ue.send(a.segment(flags, seq=A + 1, ack=x + 1, src='10.1.0.66', options=FULL))
    bed.dropped(a, 'latch', 3, 'answered early: a stranger')
    t.equal((a.phase()['isn'], a.phase()['phase']), (str(A), 'half'), 'answered early: whose it was')


def resets(bed):
    """RST in every state, where it fits and where not."""
    t = bed.t
    a, b = flow(bed)
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    bed.ue.send(a.segment('R', seq=A + 2))
    bed.ue.send(a.segment('SA', seq=A, ack=77))
    bed.dropped(a, 'sequence', 1, 'held: a RST elsewhere')
    bed.dropped(a, 'no-connection', 1, 'held: a SYN-ACK')
    t.equal(a.phase()['phase'], 'half', 'held: changes nothing')
    bed.ue.send(a.segment('R', seq=A + 1))
    t.wait_for(10, lambda: a.phase()['phase'] == 'none', 'forgotten')
    t.equal((a.state(), bed.k.get('stats-get')['syns']), (('ready', 'none'), 0),
            'held: a RST lets it go without a word')
    bed.segments(bed.core)
    both(bed, a, b)
    bed.ue.send(a.segment('R', seq=A + 9))
    bed.dropped(a, 'sequence', 2, 'answered: a RST elsewhere')
    bed.ue.send(a.segment('R', seq=A + 1))
    got = plain(bed, bed.core)
    t.equal((got.flags, got.seq), ('R', (A + 1) % 2**32), 'answered: a RST goes on')
    bed.segments(bed.ue)
    bed.in_state(a, 'failed', 'reset', 'answered: who reset')
    bed.in_state(b, 'failed', 'peer-endpoint', 'answered: who was reset')
    both(bed, a, b)
    t.ok(True, 'afterwards both can begin anew')
    for _ in range(5):
        a, b = up(bed)
        bed.core.send(b.segment('R', seq=B + 2**30))
        bed.dropped(b, 'sequence', 1, 'up: a RST out of the window')
        begun = tcp.time.monotonic()
        bed.core.send(b.segment('RA', seq=B + 1, ack=A + 1))
        bed.segment(bed.ue)
        bed.ue.send(a.segment('S', seq=A + 4))
        t.wait_for(10, lambda x=a: x.drops() or x.phase().get('phase') == 'half', 'the SYN')
        if tcp.time.monotonic() - begun < 1:	# else it came later than it should
            break
    bed.dropped(a, 'no-connection', 1, 'a SYN at once after it')
    bed.in_state(b, 'failed', 'reset', 'up: a RST')
    tcp.time.sleep(1.1)
    both(bed, a, b)
    t.ok(True, 'a second later the same five-tuple may begin anew')


def limits(bed):
    """As many SYNs are held as the namespace allows, and time frees them."""
    t = bed.t
    flow(bed)
    pairs = [bed.flow('merge', one={'remote': None})
             for _ in range(6)]
    before = bed.k.get('stats-get')
    bed.k.do('limits-set', max_syns=4)
    # no more than the backlog of a device takes, where all is slow; each from another address, for one
    # that is heard again some seconds later is a client that has begun anew
    times = 300 // ktap.SLOW
    for n in range(times):
        for a, _ in pairs:
            bed.ue.send(a.segment('S', seq=n, src=f'10.1.{n // 200}.{2 + n % 200}',
                                  sport=1000 + n, options=FULL))
    t.wait_for(20, lambda: sum(sum(a.drops().values()) for a, _ in pairs) >= 6 * times - 4, 'the flood')
    t.equal((bed.k.get('stats-get')['syns'], [a.drops().get('syn-limit') for a, _ in pairs]),
            (4, [None] * 4 + [times] * 2), 'four are held, the rest is dropped')
    events = bed.k.get('stats-get')['events'] - before['events']
    t.ok(events <= 6, 'few events', events)
    for a, _ in pairs:
        a.set(idle_timeout=300)
    t.wait_for(20, lambda: bed.k.get('stats-get')['syns'] == 0, 'they are given up')
    bed.in_state(pairs[0][0], 'failed', 'timeout', 'given up')
    both(bed, *pairs[5])
    t.ok(True, 'others have their turn')
    pairs[5][0].set(release='abort')
    for end, port in zip(pairs[5], (bed.ue, bed.core)):
        bed.segment(port, lambda s, n=end.lport: s.flags == 'RA' and s.sport == n)
    bed.k.do('limits-set', max_syns=before['max-syns'])
    bed.quiet('nobody was answered')
    t.equal(bed.k.get('stats-get')['syns'], 0, 'none is left')


def errors(bed):
    """ICMP errors about what was sent to one end are told to the other; made up ones are not."""
    t = bed.t

    def quote(end, seq, family=4):
        head = tcp.header(end.local, end.lport, end.far, end.fport, 'A', seq=seq)
        return (packet.ipv4(end.local, end.far, head, proto=tcp.TCP)[:28] if family == 4 else
                packet.ipv6(end.local, end.far, head, nexthdr=tcp.TCP)[:48])

    def icmp4(end, kind, code, rest, seq):
        body = bytes((kind, code, 0, 0)) + rest + quote(end, seq)
        body = body[:2] + packet.checksum(body).to_bytes(2, 'big') + body[4:]
        return packet.ipv4('10.2.0.77', end.local, body, proto=packet.IPPROTO_ICMP, ttl=9)

    def icmp6(end, kind, code, rest, seq):
        body = bytes((kind, code, 0, 0)) + rest + quote(end, seq, 6)
        src = 'fd00:2::77'
        check = packet.checksum(packet.pseudo(src, end.local, packet.IPPROTO_ICMPV6, len(body)) + body)
        body = body[:2] + check.to_bytes(2, 'big') + body[4:]
        return packet.ipv6(src, end.local, body, nexthdr=packet.IPPROTO_ICMPV6, hops=9)

    def error(p):
        return p.proto == packet.IPPROTO_ICMP and p.body[0] in (3, 11) or \
            p.proto == packet.IPPROTO_ICMPV6 and p.body[0] < 128

    for f1, f2, kind, code, rest, seen in (
            (4, 4, 3, 1, bytes(4), (3, 1, bytes(4))),
            (4, 4, 11, 0, bytes(4), (11, 0, bytes(4))),
            (4, 4, 3, 4, b'\0\0\5\x14', (3, 4, b'\0\0\5\x14')),
            (6, 4, 3, 4, b'\0\0\5\x14', (2, 0, b'\0\0\5\x28')),
            (6, 4, 3, 3, bytes(4), (1, 4, bytes(4))),
            (6, 4, 3, 13, bytes(4), (1, 1, bytes(4))),
            (4, 6, 2, 0, b'\0\0\5\x28', (3, 4, b'\0\0\5\x14')),
            (4, 6, 1, 0, bytes(4), (3, 1, bytes(4))),
            (6, 6, 1, 3, bytes(4), (1, 3, bytes(4)))):
        a, b = flow(bed, f1, f2)
        both(bed, a, b)
        bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 1, payload=b'lost'))
        plain(bed, bed.core)
        make = icmp4 if f2 == 4 else icmp6
        name = f'{kind}/{code} from IPv{f2} to IPv{f1}'
        for seq in A + 2**31, A - 5, A + 6:
            bed.core.send(make(b, kind, code, rest, seq))
        bed.core.send(make(b, kind, code, rest, A + 1))
        got = bed.ue.receive(error)
        inner = packet.read(got.body[8:] + bytes(20))
        t.equal((got.body[0], got.body[1], got.body[4:8], got.src, got.dst, got.ttl),
                (*seen, a.local, a.far, 8), name)
        at = 28 if f1 == 4 else 48
        sport, dport, seq = tcp.struct.unpack_from('!HHI', got.body, at)
        t.equal((inner.src, inner.dst, sport, dport, seq),
                (a.far, a.local, a.fport, a.lport, (A + 1) % 2**32), f'{name}: what it quotes')
        sum_ok = packet.ones_sum(got.body) == 0xffff if f1 == 4 else packet.ones_sum(
            packet.pseudo(got.src, got.dst, packet.IPPROTO_ICMPV6, len(got.body)) +
            got.body) == 0xffff
        t.ok(sum_ok, f'{name}: checksum')
        t.equal([p for p in bed.ue.packets(0.05) if error(p)], [], f'{name}: one only')


def early(bed):
    """Answered before the other is there: numbers are moved from then on, in every field."""
    t = bed.t
    for f1, f2 in (4, 4), (4, 6), (6, 4):
        name = f'early, IPv{f1} and IPv{f2}'
        a, b = flow(bed, f1, f2, one={'early': 300}, two={'early': 100})
        bed.ue.send(a.segment('S', seq=A, options=FULL, window=1111))
        to_a = bed.segment(bed.ue)
        x = to_a.seq
        t.equal((to_a.flags, to_a.ok, to_a.ack, to_a.window, to_a.listed()),
                ('SA', True, (A + 1) % 2**32, 0, {2: (1220).to_bytes(2, 'big'), 4: b''}),
                f'{name}: answered alone')
        t.equal((a.get().get('joined'), a.get()['early'], a.state()), ('early', 300, ('ready', 'none')),
                f'{name}: shown')
        bed.ue.send(a.segment('S', seq=A, options=FULL[:4], window=9))
        again = bed.segment(bed.ue)
        t.equal((again.flags, again.seq, again.options), ('SA', x, to_a.options), f'{name}: again')
        bed.ue.send(a.segment('A', seq=A + 1, ack=x + 2))
        bed.dropped(a, 'sequence', 1, f'{name}: a wrong acknowledgment')
        bed.ue.send(a.segment('A', seq=A + 1, ack=x + 1))
        tcp.time.sleep(0.3)
        bed.segments(bed.ue)
        for what, kw in ('a probe before', {'seq': A}), ('a probe behind', {'seq': A + 1, 'payload': b'x'}), \
                ('a FIN', {'flags': 'FA', 'seq': A + 1}), ('another SYN', {'flags': 'S', 'seq': A + 99}):
            kw.setdefault('flags', 'A')
            bed.ue.send(a.segment(ack=x + 1, **kw))
            got = plain(bed, bed.ue)
            t.equal((got.flags, got.seq, got.ack, got.window),
                    ('A', (x + 1) % 2**32, (A + 1) % 2**32, 0), f'{name}: {what} is told to wait')
            tcp.time.sleep(0.3)
        bed.ue.send(a.segment('R', seq=A + 7))
        bed.dropped(a, 'sequence', 3, f'{name}: a RST elsewhere')
        bed.quiet(f'{name}: the other hears nothing', bed.core)
        bed.core.send(b.segment('S', seq=B, options=OTHER, window=2222))
        to_b = bed.segment(bed.core)
        t.equal((to_b.flags, to_b.ok, to_b.seq, to_b.ack, to_b.window, to_b.listed()),
                ('SA', True, A % 2**32, B + 1, 1111, {2: (1400).to_bytes(2, 'big'), 4: b''}),
                f'{name}: the other is answered in the name of the first')
        bed.core.send(b.segment('A', seq=B + 1, ack=A + 1, window=500))
        got = plain(bed, bed.ue)
        t.equal((got.flags, got.ok, got.seq, got.ack, got.window),
                ('A', True, (x + 1) % 2**32, (A + 1) % 2**32, 500), f'{name}: its ACK opens the window')
        bed.in_state(a, 'established', 'none', f'{name}: up')
        bed.in_state(b, 'established', 'none', f'{name}: up, too')

        def blocks(base, *edges):
            return b''.join(((base + e) % 2**32).to_bytes(4, 'big') for e in edges)

        for pad in 0, 1, 2, 3:
            def sacks(base, n=pad):
                return tcp.NOP * n + b'\5\x12' + blocks(base, 10, 20, 30, 40) + tcp.NOP * (2 - n)
            bed.ue.send(a.segment('PA', seq=A + 1 + pad, ack=x + 1 + pad, options=sacks(x), payload=b'o' * (pad + 1)))
            got = plain(bed, bed.core)
            t.equal((got.ok, got.seq, got.ack, got.options[:18 + pad]),
                    (True, (A + 1 + pad) % 2**32, B + 1 + pad, sacks(B)[:18 + pad]),
                    f'{name}: what acknowledges is moved, blocks at {pad}')
            bed.core.send(b.segment('PA', seq=B + 1 + pad, ack=A + 1, options=sacks(A), payload=b'i'))
            got = plain(bed, bed.ue)
            t.equal((got.ok, got.seq, got.ack, got.options[:18 + pad], got.payload),
                    (True, (x + 1 + pad) % 2**32, (A + 1) % 2**32, sacks(A)[:18 + pad], b'i'),
                    f'{name}: what is sent is moved, its blocks are not, at {pad}')
        bed.core.send(b.segment('S', seq=B, options=OTHER))
        got = plain(bed, bed.core)
        t.equal((got.flags, got.ack), ('A', B + 4), f'{name}: a SYN now is asked back')
        tcp.time.sleep(0.3)
        bed.ue.send(a.segment('S', seq=A, options=FULL))
        got = plain(bed, bed.ue)
        t.equal((got.flags, got.seq), ('A', (x + 5) % 2**32), f'{name}: of the first, too')
        bed.ue.send(a.segment('R', seq=A + 2**30))
        bed.dropped(a, 'sequence', 5, f'{name}: a RST out of the window')
        a.set(release='abort')
        got = plain(bed, bed.ue)
        t.equal((got.flags, got.seq), ('RA', (x + 4) % 2**32), f'{name}: reset where it waits')
        got = plain(bed, bed.core)
        t.equal((got.flags, got.ack), ('RA', B + 5), f'{name}: the other, too')
    # the other never comes
    a, b = flow(bed, one={'early': 200, 'idle_timeout': 1500 * ktap.SLOW})
    bed.ue.send(a.segment('S', seq=A, options=tcp.mss(900)))
    to_a = bed.segment(bed.ue)
    t.equal(to_a.listed(), {2: (1220).to_bytes(2, 'big')}, 'early: no SACK where none was asked for')
    bed.ue.send(a.segment('A', seq=A + 1, ack=to_a.seq + 1))
    got = bed.segment(bed.ue, lambda s: 'R' in s.flags, 20)
    t.equal((got.flags, got.seq, got.ack), ('RA', (to_a.seq + 1) % 2**32, (A + 1) % 2**32),
            'early: reset when nobody comes')
    bed.in_state(a, 'failed', 'timeout', 'early: and why')
    t.equal(bed.k.get('stats-get')['syns'], 0, 'early: none is held any more')
    # it changes its mind, and the next one is not moved
    a, b = flow(bed, one={'early': 200})
    bed.ue.send(a.segment('S', seq=A, options=FULL))
    to_a = bed.segment(bed.ue)
    bed.ue.send(a.segment('R', seq=A + 1))
    t.wait_for(10, lambda: a.phase()['phase'] == 'none', 'forgotten')
    a.set(early=0)
    bed.segments(bed.ue)
    bed.segments(bed.core)
    to_a, _ = both(bed, a, b)
    t.equal((to_a.seq, a.get()['joined']), (B, 'crosswise'), 'early: forgotten with its client')
    bed.core.send(b.segment('A', seq=B + 1, ack=A + 1))
    t.equal(plain(bed, bed.ue).seq, B + 1, 'early: nothing is moved any more')


def user_ends(bed):
    """Deleted or released while a SYN is held, and while it is answered."""
    t = bed.t
    a, b = flow(bed)
    bed.ue.send(a.segment('S', seq=A))
    t.wait_for(10, lambda: a.phase().get('phase') == 'half')
    bed.k.do('endpoint-del', **b.name)
    got = bed.segment(bed.ue)
    t.equal((got.flags, got.ack), ('RA', (A + 1) % 2**32), 'held: who waits is refused')
    t.equal(bed.k.get('stats-get')['syns'], 0, 'held: not counted any more')
    bed.quiet('held: the other hears nothing', bed.core)
    a, b = flow(bed)
    both(bed, a, b)
    a.set(release='abort')
    one, two = plain(bed, bed.ue), plain(bed, bed.core)
    t.equal((one.flags, one.seq, one.ack, two.flags, two.seq, two.ack),
            ('RA', B + 1, (A + 1) % 2**32, 'RA', (A + 1) % 2**32, B + 1),
            'answered: both are reset')


with tcp.Bed() as the_bed:
    the_bed.silence()
    answers(the_bed)
    repeats(the_bed)
    unasked(the_bed)
    changes(the_bed)
    strangers(the_bed)
    resets(the_bed)
    limits(the_bed)
    early(the_bed)
    # teaches the routes a smaller MTU
    errors(the_bed)
    user_ends(the_bed)
