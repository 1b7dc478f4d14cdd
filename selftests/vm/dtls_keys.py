#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Keys of a DTLS association: how they come, hand over, are used up and end; no number is used twice.

Generations and epochs, a sender that waits, numbers reserved for the user, 2^48, close_notify and
fatal alerts in both directions, and nothing that tells a key.
"""

import errno
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import genl  # noqa: E402
import relay  # noqa: E402

CLOSE_NOTIFY = b'\1\0'
LIMIT = {'aes-128-gcm': 23726566, 'aes-256-gcm': 23726566, 'aes-128-ccm': 1 << 23,
         'aes-128-ccm-8': 1 << 23, 'chacha20-poly1305': 1 << 48}
LAST = 16


def secured(bed, cipher='aes-128-gcm', seqs=None, **keys):
    a, b = bed.stream()
    k = dtls.Association(cipher, **(seqs or {}))
    a.set(security='dtls', keys=k.keys(**keys))
    return a, b, k


def passed(bed, port, end, data):
    """Send it and wait until it is counted: False if it was dropped."""
    before = end.stats()
    port.send(data)
    bed.settled([end], before['rx-packets'] + 1)
    return end.stats()['drops'] == before['drops']


def sent(bed, b, k, plain=b'out'):
    """What the gateway makes of a datagram from the core: a record, or None."""
    if passed(bed, bed.core, b, b.datagram(plain)):
        return k.near.open(bed.ue.receive().payload)
    return None


def taken(bed, a, k, plain=b'in'):
    return passed(bed, bed.ue, a, a.datagram(k.far.seal(plain))) and \
        bed.core.receive().payload == plain


def refused(bed, end, name, error, **values):
    """With a text, and nothing changes."""
    before = end.get()
    try:
        end.set(**values)
        bed.t.ok(False, f'{name} is refused')
    except genl.Refused as e:
        bed.t.ok(error in (None, e.errno) and e.msg and end.get() == before, f'{name} is refused: {e.msg}',
                 f'{e} {end.get()}')


def installing(bed):
    t = bed.t
    a, b, k = secured(bed)
    refused(bed, a, 'the same name again', errno.EEXIST,
            keys=dtls.Association().keys())
    refused(bed, a, 'a lower generation', errno.EINVAL,
            keys=dtls.Association(generation=0).keys())
    k2 = dtls.Association(epoch=3)
    a.set(keys=k2.keys())
    refused(bed, a, 'an epoch going back', errno.EINVAL, keys=dtls.Association(epoch=2).keys())
    t.equal(sent(bed, b, k2).epoch, 3, 'the new epoch sends')
    t.ok(taken(bed, a, k2), 'and receives')
    t.ok(taken(bed, a, k), 'what was overtaken is still understood')
    k3 = dtls.Association('chacha20-poly1305', generation=2)
    a.set(keys=k3.keys())
    t.equal(sent(bed, b, k3).number, 0, 'a new association sends')
    t.ok(taken(bed, a, k3), 'and receives')
    t.ok(not taken(bed, a, k2) and a.drops() == {'epoch': 1}, 'and replaces all there was')
    # every key that ever was, in both directions, whatever came in between
    old = [k, k2, k3]
    for n in range(3, 40):
        old.append(dtls.Association(generation=n))
        a.set(keys=old[-1].keys())
    bad = []
    for used in old:
        if len(used.far.key) != 16:
            continue
        for key in used.far.key, used.near.key:
            for where in 'rx_key', 'tx_key':
                try:
                    a.set(keys=dtls.Association(generation=99).keys(**{where: key}))
                    bad.append((used.generation, where))
                except genl.Refused as e:
                    if e.errno != errno.EKEYREJECTED or not e.msg:
                        bad.append((used.generation, where, str(e)))
    t.equal(bad, [], f'none of {2 * len(old)} keys may come back, in no direction')
    new = dtls.Association(generation=99)
    refused(bed, a, 'one key for both directions', errno.EINVAL, keys=new.keys(tx_key=new.far.key))
    refused(bed, a, 'epoch 0', None, keys=new.keys(epoch=0))
    for cipher, (ksize, ivsize, _, _, _) in dtls.CIPHERS.items():
        c = dtls.Association(cipher, generation=99)
        for what, size in ('rx_key', ksize), ('tx_key', ksize), ('rx_iv', ivsize), ('tx_iv', ivsize):
            for wrong in size - 1, size + 1:
                refused(bed, a, f'{cipher}: {what} of {wrong} octets', None,
                        keys=c.keys(**{what: os.urandom(wrong)}))
    a.set(keys=new.keys())
    t.ok(taken(bed, a, new) and sent(bed, b, new), 'and good ones are taken')
    refused(bed, b, 'keys without security', errno.EINVAL, keys=dtls.Association().keys())
    shown = str(bed.k.dump('endpoint-get'))
    t.ok(not any(key.hex() in shown or str(key) in shown for x in (new, k)
                 for key in (x.far.key, x.near.key)), 'no key is shown')


def holding(bed):
    """Our flight was the last one: the far end speaks first."""
    t = bed.t
    a, b, k = secured(bed, tx_hold=86400000)
    t.equal(sent(bed, b, k), None, 'nothing is sent before the first genuine record')
    t.equal(b.drops(), {'no-keys': 1}, 'but counted')
    bed.ue.send(a.datagram(dtls.Direction('aes-128-gcm').seal(b'forged')))
    t.equal(sent(bed, b, k), None, 'a forged one is none')
    first = bed.reserve(a, 1, 1, 3)
    t.equal(first, 0, 'numbers can be reserved meanwhile')
    t.ok(taken(bed, a, k), 'the first genuine one is taken')
    t.equal(sent(bed, b, k).number, 3, 'and then it sends, behind the reserved numbers')
    a, b, k = secured(bed, tx_hold=300)
    t.wait_for(10, lambda: sent(bed, b, k), 'the time to pass')
    t.ok(True, 'or after a time')


def reserving(bed):
    t = bed.t
    a, b, k = secured(bed, seqs={'tx_seq': 40})
    numbers = []
    for count in 1, 4096, 7:
        numbers.append(sent(bed, b, k).number)
        first = bed.reserve(a, 1, 1, count)
        numbers += range(first, first + count)
    numbers.append(sent(bed, b, k).number)
    t.equal(numbers, list(range(40, 40 + len(numbers))), 'each number is used once, in order')
    for name, values in (('generation', (2, 1, 1)), ('epoch', (1, 2, 1)), ('count of 0', (1, 1, 0)),
                         ('count too large', (1, 1, 4097))):
        try:
            bed.reserve(a, *values)
            t.ok(False, f'reserve, {name}: refused')
        except genl.Refused as e:
            t.ok(e.msg, f'reserve, {name}: refused: {e.msg}')
    t.equal(sent(bed, b, k).number, 40 + len(numbers), 'and that took none')


def used_up(bed):
    t = bed.t
    for cipher, limit in LIMIT.items():
        a, b, k = secured(bed, cipher, seqs={'tx_seq': limit - LAST - 2})
        t.equal([sent(bed, b, k).number for _ in range(2)], [limit - LAST - 2, limit - LAST - 1],
                f'{cipher}: the last numbers but {LAST}')
        try:
            bed.reserve(a, 1, 1, 1)
            t.ok(False, f'{cipher}: none can be reserved')
        except genl.Refused as e:
            t.equal(e.errno, errno.ENOSPC, f'{cipher}: none can be reserved')
        t.equal(sent(bed, b, k), None, f'{cipher}: no more data')
        record = k.near.open(bed.ue.receive().payload)
        t.equal((record.kind, record.plain, record.number), (dtls.ALERT, CLOSE_NOTIFY, limit - LAST),
                f'{cipher}: then close_notify')
        t.equal(b.drops(), {'key-limit': 1}, f'{cipher}: and the datagram is dropped')
        shown = a.get()
        t.equal((shown['state'], shown['reason'], 'cipher' in shown['dtls']),
                ('failed', 'key-limit', False), f'{cipher}: the association is over')
        t.equal((sent(bed, b, k), taken(bed, a, k)), (None, False), f'{cipher}: in both directions')
        refused(bed, a, f'{cipher}: a further epoch', errno.ENOTCONN,
                keys=dtls.Association(cipher, epoch=2).keys())
        new = dtls.Association(cipher, generation=2)
        refused(bed, a, f'{cipher}: a first number without room', errno.ERANGE,
                keys=new.keys(tx_seq=limit - LAST))
        a.set(keys=new.keys())
        t.equal(a.get()['state'], 'ready', f'{cipher}: a new one starts anew')
        t.ok(taken(bed, a, new) and sent(bed, b, new), f'{cipher}: and works')
        t.equal(a.get()['state'], 'established', f'{cipher}: established')
    a, _, k = secured(bed, 'chacha20-poly1305', rx_seq=(1 << 48) - 2)
    for number in (1 << 48) - 1, (1 << 48) - 2:
        bed.ue.send(a.datagram(k.far.seal(b'top', number=number)))
        t.equal(bed.core.receive().payload, b'top', f'number {number:#x} is received')


def closed_by_us(bed, name, end):
    """How an association is ended here, and what the far end hears of it."""
    t = bed.t
    a, b, k = secured(bed)
    t.ok(taken(bed, a, k) and sent(bed, b, k), f'{name}: before')
    before = a.stats()
    end(a)
    record = k.near.open(bed.ue.receive().payload)
    t.equal((record.kind, record.plain, record.number), (dtls.ALERT, CLOSE_NOTIFY, 1),
            f'{name}: close_notify')
    t.equal(bed.ue.drain(), [], f'{name}: once')
    return a, b, k, before


def closing(bed):
    t = bed.t
    a, b, k, before = closed_by_us(bed, 'release', lambda a: a.set(release='orderly'))
    shown = a.get()
    t.equal((shown['state'], shown['reason'], shown['dtls']['tx-alerts']), ('released', 'user', 1),
            'release: state')
    t.equal((shown['stats']['tx-packets'] - before['tx-packets'],
             shown['stats']['tx-octets'] - before['tx-octets'],
             shown['stats']['tx-plain-octets'] - before['tx-plain-octets']), (1, 39, 0),
            'release: counted')
    t.equal((taken(bed, a, k), sent(bed, b, k), a.drops(), b.drops()),
            (False, None, {'no-keys': 1}, {'no-keys': 1}), 'release: nothing passes')
    a, b, k = secured(bed)
    a.set(release='abort')
    t.equal((a.get()['state'], a.get()['reason'], bed.ue.drain()), ('failed', 'user', []),
            'abort: no close_notify')

    last = []

    def delete(a):
        last.extend(bed.k.do('endpoint-del', flags=genl.NLM_F_ECHO, **a.name))

    closed_by_us(bed, 'deletion', delete)
    t.equal(last[0]['dtls']['tx-alerts'], 1, 'deletion: in the last picture')
    closed_by_us(bed, 'deletion of the context',
                 lambda a: bed.k.do('context-del', id=a.name['context']))

    # a process that is gone cannot do it
    pid = os.fork()
    if not pid:
        a, b, k = secured(bed)
        os.write(bed.pipe[1], k.near.key + k.near.iv + a.name['context'].to_bytes(4, 'big'))
        os._exit(0)
    os.waitpid(pid, 0)
    data = os.read(bed.pipe[0], 100)
    bed.last += 1
    bed.k.do('context-del', id=int.from_bytes(data[20:], 'big'))
    near = dtls.Direction('aes-128-gcm', key=data[:16], iv=data[16:20])
    t.equal(near.open(bed.ue.receive().payload).plain, CLOSE_NOTIFY, 'close_notify of a dead daemon')

    secured(bed)
    bed.k.do('flush')
    t.equal(bed.ue.drain(), [], 'flush tells nobody')


def closed_by_them(bed):
    t = bed.t
    watch = bed.kmgw()
    watch.subscribe()
    a, b, k = secured(bed)
    t.ok(taken(bed, a, k), 'before')
    bed.ue.send(a.datagram(k.far.seal(b'\1\x64', kind=dtls.ALERT)))
    bed.settled([a], 2)
    t.equal((a.get()['state'], a.get()['dtls']['rx-alerts']), ('established', 1),
            'a warning changes nothing')
    bed.ue.send(a.datagram(k.far.seal(b'\1', kind=dtls.ALERT)))
    bed.settled([a], 3)
    t.equal((a.get()['state'], a.drops()), ('established', {'malformed': 1}), 'half an alert')
    data = k.far.seal(CLOSE_NOTIFY, kind=dtls.ALERT)
    bed.ue.send(a.datagram(data))
    record = k.near.open(bed.ue.receive().payload)
    t.equal((record.kind, record.plain), (dtls.ALERT, CLOSE_NOTIFY), 'close_notify is answered')
    shown = a.get()
    t.equal((shown['state'], shown['reason'], shown['dtls']['rx-alerts'], shown['dtls']['tx-alerts'],
             shown['dtls']['rx-records']), ('released', 'peer-closed', 2, 1, 1), 'released')
    bed.ue.send(a.datagram(data))
    t.equal((sent(bed, b, k), taken(bed, a, k)), (None, False), 'nothing passes')

    a, b, k = secured(bed)
    bed.ue.send(a.datagram(k.far.seal(b'\2\x14', kind=dtls.ALERT)))
    t.wait_for(10, lambda: a.get()['state'] == 'failed', 'the end')
    shown = a.get()
    t.equal((shown['reason'], shown['dtls']['alert'], bed.ue.drain()), ('alert', 20, []),
            'a fatal alert is the end, and not answered')
    events = []
    while True:
        try:
            events.append(watch.event(.5))
        except TimeoutError:
            break
    t.equal([(e['type'], e['reason'], e.get('alert')) for e in events
             if e['type'] in ('released', 'failed')],
            [('released', 'peer-closed', None), ('failed', 'alert', 20)], 'events')
    a, b, k = secured(bed)
    forged = dtls.Direction('aes-128-gcm').seal(CLOSE_NOTIFY, kind=dtls.ALERT)
    bed.ue.send(a.datagram(forged))
    bed.settled([a], 1)
    t.equal((a.drops(), taken(bed, a, k)), ({'bad-mac': 1}, True), 'a forged alert ends nothing')


def user_socket(bed, family, where=None, options=()):
    s = bed.ns_gw.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    s.settimeout(20)
    for option in options:
        s.setsockopt(socket.SOL_SOCKET, option, 1)
    if where:
        s.bind(where)
    return s


def joined(bed, family, endpoint):
    """A socket that the module has bound to the port of an endpoint."""
    s = user_socket(bed, family)
    endpoint.set(socket=s.fileno())
    return s


def who_gets_handshakes(bed, family):
    """The port is reserved; a user who comes back is let in, and handshakes are for him."""
    t = bed.t
    where = (relay.ADDR[family]['access'], 20001 + bed.last)
    with user_socket(bed, family, where) as first:
        a, _ = bed.stream(family, family, {'socket': first.fileno(), 'security': 'dtls'})
        hello = [b'\x16\xfe\xff' + bytes([n]) * 60 for n in range(8)]
        bed.ue.send(a.datagram(hello[0]))
        t.equal(first.recv(2000), hello[0], f'IPv{family}: a handshake is for who reserved the port')
    both = (socket.SO_REUSEADDR, socket.SO_REUSEPORT)
    for options in (), both[:1], both[1:], both:
        try:
            user_socket(bed, family, where, options).close()
            t.ok(False, 'a port that is reserved cannot be bound')
        except OSError as e:
            t.equal(e.errno, errno.EADDRINUSE, 'a port that is reserved cannot be bound')
    with user_socket(bed, family, (where[0], 0)) as other:
        refused(bed, a, 'a socket that is bound elsewhere', errno.EBUSY, socket=other.fileno())
    for _ in range(2):
        with joined(bed, family, a) as again:
            for one in hello:
                bed.ue.send(a.datagram(one))
            t.equal([again.recv(2000) for _ in hello], hello, 'every handshake is for who comes back')
    k = dtls.Association()
    a.set(keys=k.keys())
    with joined(bed, family, a) as again:
        bed.ue.send(a.datagram(hello[1]))
        t.equal(again.recv(2000), hello[1], 'and so is one beside an association')
        t.ok(taken(bed, a, k), 'whose records are not')


class Bed(relay.Bed):
    def __enter__(self):
        super().__enter__()
        self.pipe = os.pipe()
        return self

    def reserve(self, end, generation, epoch, count):
        reply, = self.k.do('seq-reserve', **end.name, generation=generation, epoch=epoch,
                           count=count)
        return reply['first']


with Bed() as the_bed:
    installing(the_bed)
    holding(the_bed)
    reserving(the_bed)
    used_up(the_bed)
    closed_by_them(the_bed)
    closing(the_bed)
    for the_family in relay.ADDR:
        who_gets_handshakes(the_bed, the_family)
