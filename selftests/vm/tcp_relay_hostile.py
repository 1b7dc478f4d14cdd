#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
# debug: first
"""Who may use a relayed connection, and what cannot disturb it. Segments octet by octet.

Filter, REMOTE and mode act on the SYN in silence; after it only its five-tuple passes; a RST or FIN
counts only where it fits; floods cause no flood of events; what the user ends, ends.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import relay  # noqa: E402
import tcp  # noqa: E402

A, B = 0xfffff000, 0x7ffffff0		# where the two ends begin; A wraps
MSS = tcp.mss(1400)


def up(bed, one=None, two=None, f1=4, f2=4):
    """A connection that is up; both ends have sent nothing but their SYN."""
    a, b = bed.flow('relay', f1, f2, one, two)
    handshake(bed, a, b)
    return a, b


def handshake(bed, a, b, **kw):
    bed.ue.send(a.segment('S', seq=A, options=MSS, **kw))
    bed.segment(bed.core, lambda s: s.flags == 'S')
    bed.core.send(b.segment('SA', seq=B, ack=A + 1, options=MSS))
    bed.segment(bed.ue, lambda s: s.flags == 'SA')
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1, **kw))
    bed.segment(bed.core, lambda s: s.flags == 'A')
    bed.in_state(a, 'established', 'none', f'up at {a.lport}')


def passes(bed, what, way, data):
    """A segment goes through, in one of the two directions."""
    sender, receiver = (bed.ue, bed.core) if way == 'out' else (bed.core, bed.ue)
    sender.send(data)
    try:
        got = bed.segment(receiver, seconds=5)
    except TimeoutError as e:
        return bed.t.ok(False, what, e)
    return bed.t.ok(got.ok, what, got)


def admission(bed):
    """What a SYN has to be."""
    k = genl.addr
    ue = relay.ADDR[4]['ue']
    a, b = bed.flow('relay', one={'filter': {'ipv4': bytes((10, 1, 0, 64)), 'prefixlen': 26}})
    bed.ue.send(a.segment('S', seq=A))
    bed.dropped(a, 'filter', 1, 'filter')
    a, b = bed.flow('relay')
    bed.ue.send(a.segment('S', seq=A, src='10.1.0.77'))
    bed.dropped(a, 'latch', 1, 'not from REMOTE')
    passes(bed, 'an end that connects told another port', 'out', a.segment('S', seq=A, sport=9999))
    for port in 0, 9:
        a, b = bed.flow('relay', one={'remote': k(ue, port)})
        bed.ue.send(a.segment('S', seq=A, src='10.1.0.77'))
        bed.dropped(a, 'latch', 1, f'REMOTE with port {port}: not from another address')
        passes(bed, f'REMOTE with port {port}: from any port', 'out',
               a.segment('S', seq=A, sport=7777))
        bed.core.send(b.segment('SA', seq=B, ack=A + 1))
        got = bed.segment(bed.ue)
        bed.t.equal((got.dst, got.dport), (ue, 7777), 'the answer goes to where the SYN came from')
    a, b = bed.flow('relay', one={'remote': None})
    passes(bed, 'no REMOTE: from anywhere', 'out', a.segment('S', seq=A, src='10.1.0.99'))
    for what, remote in ('none', None), ('port 9', k('10.2.0.2', 9)), ('hold', k('0.0.0.0', 5)):
        a, b = bed.flow('relay', two={'remote': remote})
        bed.ue.send(a.segment('S', seq=A))
        bed.dropped(a, 'no-remote', 1, f'target: {what}')
        b.set(remote=k(b.far, b.fport))
        passes(bed, f'target: {what}, then known', 'out', a.segment('S', seq=A))
    for what, one, two in ('inactive', 'inactive', 'sendreceive'), ('held', 'sendreceive', 'receiveonly'):
        a, b = bed.flow('relay', one={'mode': one}, two={'mode': two})
        bed.ue.send(a.segment('S', seq=A))
        bed.dropped(a, 'mode', 1, f'mode: {what}')
    a, b = bed.flow('relay')
    for flags in 'A', 'SA', 'R', 'FA', 'PA':
        bed.ue.send(a.segment(flags, seq=A, ack=B))
    bed.dropped(a, 'no-connection', 5, 'no SYN came')
    bed.ue.send(a.segment('SF', seq=A))
    bed.ue.send(a.segment('SR', seq=A))
    bed.ue.send(a.segment('S', seq=A, doff=4))
    bed.ue.send(a.segment('S', seq=A, doff=15))
    bed.dropped(a, 'malformed', 4, 'no segment')
    bed.ue.send(a.segment('S', seq=A, check=0x1234))
    bed.dropped(a, 'checksum', 1, 'checksum')
    bed.ue.send(a.segment('S', seq=A, ttl=1))
    bed.dropped(a, 'ttl', 1, 'TTL')
    bed.k.do('endpoint-del', **b.name)
    bed.ue.send(a.segment('S', seq=A))
    bed.dropped(a, 'no-peer', 1, 'no peer')
    bed.quiet('all of it in silence')


def hijack(bed):
    """Nothing but the five-tuple of the SYN passes; a second SYN changes nothing."""
    k = genl.addr
    ue = relay.ADDR[4]['ue']
    a, b = bed.flow('relay', one={'remote': k(ue, 9)})
    passes(bed, 'the first SYN', 'out', a.segment('S', seq=A, sport=7000))
    bed.ue.send(a.segment('S', seq=A, sport=7001))
    bed.dropped(a, 'latch', 1, 'a second SYN while the first waits')
    bed.core.send(b.segment('SA', seq=B, ack=A + 1))
    bed.segment(bed.ue)
    bed.ue.send(a.segment('A', seq=A + 1, ack=B + 1, sport=7000))
    bed.segment(bed.core)
    bed.in_state(a, 'established', 'none', 'up')
    for flags in 'S', 'A', 'R', 'FA':
        bed.ue.send(a.segment(flags, seq=A + 1, ack=B + 1, sport=7001))
    bed.dropped(a, 'latch', 5, 'others when it is up')
    bed.quiet('in silence')
    bed.ue.send(a.segment('S', seq=A + 100000, sport=7000))
    got = bed.segment(bed.ue)
    bed.t.equal((got.flags, got.seq, got.ack), ('A', B + 1, (A + 1) % 2**32),
                'a SYN of the same five-tuple is asked back')
    bed.dropped(a, 'sequence', 1, 'and dropped')
    bed.t.equal(a.state(), ('established', 'none'), 'still up')
    passes(bed, 'data', 'out', a.segment('PA', seq=A + 1, ack=B + 1, sport=7000, payload=b'x'))
    bed.ue.send(a.segment('R', seq=A + 2, sport=7000))
    bed.segment(bed.core)
    bed.in_state(a, 'failed', 'reset', 'the RST it gives then ends the old connection')


def resets(bed):
    """A RST ends the connection only at the number that the other end waits for."""
    a, b = up(bed)
    for seq in A - 1, A - 70000, A + 8194, A + 2**31, B:
        bed.ue.send(a.segment('R', seq=seq))
    bed.dropped(a, 'sequence', 5, 'RST out of the window')
    bed.quiet('does not pass')
    passes(bed, 'RST in the window passes', 'out', a.segment('R', seq=A + 5))
    bed.t.equal(a.state(), ('established', 'none'), 'and changes nothing')
    passes(bed, 'data', 'out', a.segment('PA', seq=A + 1, ack=B + 1, payload=b'y' * 10))
    passes(bed, 'more', 'back', b.segment('PA', seq=B + 1, ack=A + 11, payload=b'z'))
    passes(bed, 'RST where it is waited for', 'out', a.segment('R', seq=A + 11))
    bed.in_state(a, 'failed', 'reset', 'the end that reset')
    bed.in_state(b, 'failed', 'peer-endpoint', 'the other end')
    passes(bed, 'what is late still passes', 'back', b.segment('A', seq=B + 2, ack=A + 11))
    a, b = up(bed)
    passes(bed, 'RST by the other end', 'back', b.segment('RA', seq=B + 1, ack=A + 1))
    bed.in_state(b, 'failed', 'reset', 'the other way round')
    # before it is up
    a, b = bed.flow('relay')
    passes(bed, 'SYN', 'out', a.segment('S', seq=A))
    bed.core.send(b.segment('RA', seq=0, ack=A + 2))
    bed.core.send(b.segment('R', seq=0))
    bed.dropped(b, 'sequence', 2, 'a refusal that acknowledges something else')
    bed.t.equal(a.state(), ('ready', 'none'), 'changes nothing')
    passes(bed, 'refused', 'back', b.segment('RA', seq=0, ack=A + 1))
    bed.in_state(b, 'failed', 'reset', 'refused')
    passes(bed, 'tried again', 'out', a.segment('S', seq=A + 500))
    bed.ue.send(a.segment('R', seq=A + 600))
    bed.dropped(a, 'sequence', 1, 'a RST of the one who asks, elsewhere')
    passes(bed, 'who asked changes its mind', 'out', a.segment('R', seq=A + 501))
    bed.core.send(b.segment('SA', seq=B, ack=A + 501))
    bed.dropped(b, 'no-connection', 1, 'nothing is left of it')


def ends(bed):
    """FIN counts in the window only."""
    a, b = up(bed)
    for seq in A + 1 + 8193, A - 70000, A + 2**31:
        bed.ue.send(a.segment('FA', seq=seq, ack=B + 1))
    bed.ue.send(a.segment('FA', seq=A + 1, ack=B + 2))
    bed.dropped(a, 'sequence', 4, 'FIN out of the window')
    bed.t.equal(a.state(), ('established', 'none'), 'changes nothing')
    passes(bed, 'FIN', 'out', a.segment('FA', seq=A + 1, ack=B + 1))
    bed.in_state(a, 'closing', 'peer-closed', 'FIN')
    passes(bed, 'FIN back', 'back', b.segment('FA', seq=B + 1, ack=A + 2))
    bed.in_state(b, 'closing', 'peer-closed', 'FIN back')
    passes(bed, 'last', 'out', a.segment('A', seq=A + 2, ack=B + 2))
    bed.in_state(a, 'released', 'peer-closed', 'released')
    passes(bed, 'FIN again', 'back', b.segment('FA', seq=B + 1, ack=A + 2))
    bed.ue.send(a.segment('S', seq=A + 9, sport=a.fport + 1))
    bed.dropped(a, 'no-connection', 1, 'a SYN from elsewhere afterwards')


def counted(bed):
    """Octets are counted once, whatever is sent twice or does not belong."""
    a, b = up(bed)
    for seq, data in (A + 1, b'12345'), (A + 1, b'12345'), (A + 4, b'456'), (A + 7, b'789'):
        passes(bed, f'data at {seq - A}', 'out',
               a.segment('PA', seq=seq, ack=B + 1, payload=data))
    passes(bed, 'data far outside passes', 'out',
           a.segment('PA', seq=A + 2**30, ack=B + 1, payload=b'wild'))
    passes(bed, 'an ACK that overtakes data', 'out', a.segment('A', seq=A + 13, ack=B + 1))
    passes(bed, 'the data', 'out', a.segment('PA', seq=A + 10, ack=B + 1, payload=b'abc'))
    passes(bed, 'an ACK that overtakes a FIN', 'out', a.segment('A', seq=A + 14, ack=B + 1))
    passes(bed, 'the FIN', 'out', a.segment('FA', seq=A + 13, ack=B + 1))
    s, r = a.stats(), b.stats()
    bed.t.equal((s['rx-octets'], s['rx-packets'], r['tx-octets'], r['tx-packets']),
                (12, 11, 12, 11), 'octets once, a FIN is none, segments each')


def gates(bed):
    """A mode that closes later stops payload, and nothing else."""
    a, b = up(bed)
    a.set(mode='inactive')
    bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 1, payload=b'x'))
    bed.ue.send(a.segment('FPA', seq=A + 1, ack=B + 1, payload=b'x'))
    bed.dropped(a, 'mode', 2, 'payload')
    bed.core.send(b.segment('PA', seq=B + 1, ack=A + 1, payload=b'x'))
    bed.dropped(b, 'mode', 1, 'payload back')
    bed.quiet('does not pass')
    passes(bed, 'an acknowledgement passes', 'out', a.segment('A', seq=A + 1, ack=B + 1))
    a.set(mode='sendonly')
    passes(bed, 'one way opens', 'back', b.segment('PA', seq=B + 1, ack=A + 1, payload=b'x'))
    bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 2, payload=b'x'))
    bed.dropped(a, 'mode', 3, 'the other does not')
    passes(bed, 'FIN passes', 'out', a.segment('FA', seq=A + 1, ack=B + 2))
    bed.t.equal(a.stats()['rx-octets'], 0, 'what did not pass is not counted')


def floods(bed):
    """SYN and RST in turn, at any rate: a few events, and the true client gets through."""
    k = genl.addr
    ue = relay.ADDR[4]['ue']
    a, b = bed.flow('relay', one={'remote': k(ue, 9)})
    start = bed.k.get('stats-get')['events']
    for n in range(200):
        bed.ue.send(a.segment('S', seq=n, sport=10000 + n))
        bed.ue.send(a.segment('R', seq=n + 1, sport=10000 + n))
    bed.dropped(a, 'none', 0, 'flood')
    for n in range(100):
        passes(bed, f'SYN {n}', 'out', a.segment('S', seq=n, sport=20000 + n)) if not n else \
            bed.ue.send(a.segment('S', seq=n, sport=20000 + n))
        bed.core.send(b.segment('RA', seq=0, ack=n + 1))
    bed.settled([b], 1)
    tcp.time.sleep(0.2)
    got = bed.k.get('stats-get')['events'] - start
    bed.t.ok(got <= 4, 'few events', f'{got} events')
    bed.segments(bed.ue), bed.segments(bed.core)
    bed.ue.send(a.segment('R', seq=100, sport=20099))
    tcp.time.sleep(0.1)
    bed.segments(bed.core)
    a.set(restart=True)
    handshake(bed, a, b)


def user_ends(bed):
    """RELEASE, DEL, FLUSH and time reset both ends, and nothing passes afterwards."""
    def reset_seen(what, seq_ue, seq_core):
        # the others that still wait are reset, too
        for port, end, seq in (bed.ue, a, seq_ue), (bed.core, b, seq_core):
            got = bed.segment(port, lambda s, to=end.fport: 'R' in s.flags and s.dport == to)
            bed.t.equal((got.seq, got.ok), (seq % 2**32, True), f'{what}: RST at {port.dev}')

    def nothing_passes(what, a, b):
        bed.segments(bed.ue), bed.segments(bed.core)
        bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 1, payload=b'x'))
        bed.core.send(b.segment('PA', seq=B + 1, ack=A + 1, payload=b'x'))
        tcp.time.sleep(0.1 * tcp.ktap.SLOW)
        seen = [s for p in (bed.ue, bed.core) for s in bed.segments(p) if 'R' not in s.flags]
        bed.t.equal(seen, [], f'{what}: nothing passes')

    for how, state in ('orderly', 'released'), ('abort', 'failed'):
        a, b = up(bed)
        a.set(release=how)
        reset_seen(f'release {how}', B + 1, A + 1)
        bed.in_state(a, state, 'user', f'release {how}')
        bed.in_state(b, state, 'peer-endpoint', f'release {how}, the other')
        nothing_passes(f'release {how}', a, b)
        bed.ue.send(a.segment('S', seq=A + 7))
        tcp.time.sleep(0.05)
        bed.t.equal([s for s in bed.segments(bed.core)], [], 'nor a SYN')
        a.set(restart=True)
        bed.t.equal(a.state(), ('idle', 'none'), 'until it is restarted')
        handshake(bed, a, b)
        bed.k.do('endpoint-del', **b.name)
        reset_seen('delete', B + 1, A + 1)
        nothing_passes('delete', a, b)
        bed.t.equal(a.state(), ('released', 'peer-endpoint'), 'delete: the other')
        bed.k.do('endpoint-del', **a.name)
    # a reset that was lost is told again
    a, b = up(bed)
    a.set(release='abort')
    reset_seen('release', B + 1, A + 1)
    tcp.time.sleep(0.3 * tcp.ktap.SLOW)
    bed.ue.send(a.segment('PA', seq=A + 1, ack=B + 1, payload=b'x'))
    got = bed.segment(bed.ue)
    bed.t.equal((got.flags, got.seq), ('R', B + 1), 'who goes on is reset again')
    # while a SYN waits for its answer
    a, b = bed.flow('relay')
    passes(bed, 'SYN', 'out', a.segment('S', seq=A))
    a.set(release='orderly')
    got = bed.segment(bed.ue)
    bed.t.equal((got.flags, got.ack), ('RA', (A + 1) % 2**32), 'who asked is refused')
    got = bed.segment(bed.core)
    bed.t.equal((got.flags, got.seq), ('R', (A + 1) % 2**32), 'who was asked is reset')
    # another far end
    a, b = up(bed)
    a.set(remote=genl.addr(a.far, a.fport))
    bed.t.equal(a.state(), ('established', 'none'), 'the same REMOTE changes nothing')
    a.set(remote=genl.addr(a.far, 9))
    bed.t.equal(a.state(), ('established', 'none'), 'nor does one that admits it')
    b.set(remote=genl.addr(b.far, b.fport + 500))
    reset_seen('another REMOTE', B + 1, A + 1)
    bed.in_state(a, 'idle', 'none', 'another REMOTE: anew')
    b.fport += 500
    handshake(bed, a, b)
    # time
    a, b = up(bed)
    a.set(idle_timeout=300 * tcp.ktap.SLOW)
    reset_seen('idle', B + 1, A + 1)
    bed.in_state(a, 'failed', 'idle', 'idle')
    a, b = bed.flow('relay', one={'idle_timeout': 300 * tcp.ktap.SLOW})
    passes(bed, 'SYN', 'out', a.segment('S', seq=A))
    bed.in_state(a, 'failed', 'timeout', 'half open for too long')
    passes(bed, 'a SYN again', 'out', a.segment('S', seq=A + 5))
    bed.in_state(a, 'failed', 'timeout', 'half open for too long again')
    bed.segments(bed.ue), bed.segments(bed.core)
    a, b = up(bed)
    bed.k.do('flush')
    reset_seen('flush', B + 1, A + 1)


def plane(bed):
    """What may be said of the plane, and when."""
    def refused(what, error, call):
        try:
            call()
        except genl.Refused as e:
            return bed.t.ok(e.errno == error and e.msg, f'{what}: {e.msg}', e)
        return bed.t.ok(False, what, 'was not refused')

    a, b = bed.flow('relay')
    a.set(plane='merge')
    bed.ue.send(a.segment('S', seq=A))
    bed.dropped(a, 'no-peer', 1, 'two planes: nothing passes')
    a.set(plane='splice')
    a.set(plane='relay')
    handshake(bed, a, b)
    a.set(plane='relay')
    refused('begun', 16, lambda: a.set(plane='merge'))
    a.set(plane='splice', restart=True)
    bed.t.equal(a.get()['plane'], 'splice', 'restarted as a splice')
    refused('restart of a splice', 22, lambda: a.set(restart=True))
    refused('prefix', 22, lambda: b.set(socket=0, prefix=b'x'))
    refused('release and restart', 22, lambda: b.set(release='abort', restart=True))
    refused('plane of UDP', 22, lambda: bed.k.do(
        'endpoint-new', context=1, termination=9, stream=9, l4='udp', plane='relay',
        local=genl.addr('10.1.0.1', 30000)))
    with bed.ns_gw.socket() as s:
        s.bind(('10.1.0.1', 29000))
        s.listen()
        refused('a listening socket', 106, lambda: bed.k.do(
            'endpoint-new', context=bed.last, termination=9, stream=9, l4='tcp', plane='relay',
            local=genl.addr('10.1.0.1', 29000), socket=s.fileno()))
    with bed.ns_gw.socket() as s:
        s.bind(('10.1.0.1', 29001))
        bed.k.do('endpoint-new', context=bed.last, termination=9, stream=9, l4='tcp',
                 plane='merge', local=genl.addr('10.1.0.1', 29001), socket=s.fileno())
    with bed.ns_gw.socket() as s:
        s.setsockopt(1, 2, 1)
        try:
            s.bind(('10.1.0.1', 29001))
            s.listen()
            bed.t.ok(False, 'the port is reserved', 'it was taken')
        except OSError as e:
            bed.t.ok(True, f'the port is reserved: {e}')
    ep = bed.k.get('endpoint-get', context=bed.last, termination=9, stream=9)
    bed.t.ok(ep['attached'], 'by a socket')


with tcp.Bed() as the_bed:
    the_bed.silence()
    admission(the_bed)
    hijack(the_bed)
    resets(the_bed)
    ends(the_bed)
    counted(the_bed)
    gates(the_bed)
    floods(the_bed)
    plane(the_bed)
    user_ends(the_bed)
