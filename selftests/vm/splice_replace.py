#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""A connection takes the place of another (REPLACE): nothing is lost, the peer endpoint's goes on."""

import errno
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import splice  # noqa: E402

SIZE = 3000000 // ktap.SLOW
ENDS = {1: ('ue', '10.1.0.2', '10.1.0.1'), 2: ('core', '10.2.0.2', '10.2.0.1')}


def wire(t, n, tls=None, **how):
    ns, far, gw = ENDS[n]
    return splice.Wire(t, getattr(t, ns), far, gw, tls, **how)


def replace(call, n, new, **extra):
    """The far end of the new connection."""
    call.set(n, socket=new.gw.fileno(), replace=True, **extra)
    new.gw.close()
    return new.far


def goodbye(far):
    """The far end answers an orderly end, and TCP is over."""
    far.expect_end()
    if far.tls:
        far.notify()
    far.fin()


def in_order(t, tls, other, name):
    call = t.call(tls=tls, linger=60000)
    a, b = call.far
    a.send(b'one')
    b.expect(b'one')
    new = replace(call, 1, wire(t, 1, other), prefix=b'three ')

    def body():
        a.arm()
        a.send(b'two ')
        new.send(b'four')
        goodbye(a)
        b.expect(b'two three four')
        b.send(b'answer')
        new.expect(b'answer')
    t.check(f'{name}: the old one is heard out, then the new', body)
    t.equal([call.get(n)['state'] for n in (1, 2)], ['established'] * 2, f'{name}: states')

    t.wait_for(splice.PATIENCE, lambda: [call.stats(n)['rx-plain-octets'] for n in (1, 2)] == [17, 6],
               f'counters to be whole: {call.stats(1)}')
    t.check(f'{name}: plain octets agree', call.settled)
    t.check(f'{name}: of both connections only the new one stays', lambda: t.wait_for(
        splice.PATIENCE, lambda: t.k.get('stats-get')['sockets'] == 2, 'the old one to go'))

    def end():
        if new.tls:
            new.notify()
        new.fin()
        goodbye(b)
        new.expect_end()
        call.wait(1, 'released', 'peer-closed')
    t.check(f'{name}: the end', end)
    call.drop()
    t.no_sockets()


def slow_reader(t):
    """Much is received and not taken when it is replaced, in both directions."""
    call = t.call(tls=('1.3', None), linger=60000, rcvbuf=(0, 8192))
    a, b = call.far
    old, fresh = splice.pattern(SIZE, 1), splice.pattern(SIZE // 2, 2)
    back = splice.pattern(SIZE, 3)
    a.arm()
    sending = splice.background(a.send, old)
    t.wait_for(splice.PATIENCE, lambda: call.stats(2)['stalls'] > 0, 'the core to be slow')
    new = replace(call, 1, wire(t, 1, '1.2'))

    def body():
        more = splice.background(lambda: new.send(fresh) or new.notify() or new.fin())
        answer = splice.background(lambda: b.send(back) or b.fin())
        heard = splice.background(new.digest)
        told = splice.background(b.digest)
        sending()
        goodbye(a)
        more()
        answer()
        digest, size, how = told()
        t.equal((digest, size, how),
                (hashlib.sha256(old + fresh).hexdigest(), len(old + fresh), 'fin'),
                'slow reader: all of the old, then all of the new')
        digest, size, how = heard()
        t.equal((digest, size), (hashlib.sha256(back).hexdigest(), len(back)),
                'slow reader: all answers by the new one')
    t.check('slow reader', body)
    call.wait(1, 'released')
    call.drop()
    t.no_sockets()


def storm(t):
    """Again and again while data flows both ways; what each connection brought adds up."""
    call = t.call(tls=('1.3', None), linger=60000)
    a, b = call.far
    there, back = splice.pattern(SIZE, 4), splice.pattern(SIZE, 5)
    rounds = 20 // ktap.SLOW
    got = hashlib.sha256()
    answer = splice.background(b.send, back)
    told = splice.background(b.digest)

    def hear(far):
        """Up to the end, which is answered."""
        while True:
            kind, piece = far.receive()
            if kind != splice.DATA or not piece:
                break
            got.update(piece)

    def body():
        nonlocal a
        step = len(there) // rounds
        for n in range(rounds):
            a.arm()
            hearing = splice.background(hear, a)
            a.send(there[n * step:(n + 1) * step] if n < rounds - 1 else there[n * step:])
            if n == rounds - 1:
                break
            tls = (None, '1.2', '1.3')[n % 3]
            fresh = wire(t, 1, tls)
            while True:
                try:
                    new = replace(call, 1, fresh)
                    break
                except genl.Refused as why:
                    # what the one before it had received is still on its way
                    if why.errno != errno.EBUSY:
                        raise
                    time.sleep(0.01)
            hearing()
            if a.tls:
                a.notify()
            a.fin()
            a = new
        answer()
        b.fin()
        hearing()
        if a.tls:
            a.notify()
        a.fin()
        t.equal(told()[:2], (hashlib.sha256(there).hexdigest(), len(there)), 'storm: there')
        t.equal(got.hexdigest(), hashlib.sha256(back).hexdigest(), 'storm: and back')
    t.check('storm', body)
    call.wait(1, 'released')
    one, two = (end['stats'] for end in call.settled())
    t.equal([one['rx-plain-octets'], one['tx-plain-octets'], two['tx-plain-octets'],
             two['rx-plain-octets']], [SIZE] * 4, 'storm: counters')
    call.drop()
    t.no_sockets()


def never_ends(t):
    """The old far end has gone, or says nothing: the new one is heard after LINGER."""
    call = t.call(tls=('1.3', None), linger=500 * ktap.SLOW)
    a, b = call.far
    a.send(b'last ')
    b.expect(b'last ')
    fresh = wire(t, 1, '1.3')
    start = time.monotonic()
    new = replace(call, 1, fresh)

    def body():
        b.send(b'at once')
        new.expect(b'at once')
        new.send(b'first')
        b.expect(b'first')
        if time.monotonic() - start < 0.4 * ktap.SLOW:
            raise splice.Failed('the new one was heard before LINGER was over')
        a.expect_end()
        t.wait_for(splice.PATIENCE, lambda: a.sock.getsockopt(6, 11, 1)[0] == 7, 'RST')
    t.check('an old one that does not end: heard for LINGER, then reset', body)
    t.equal(call.get(1)['state'], 'established', 'the new one goes on')
    call.drop()


def hole(t):
    """The old one fails before all was delivered: nothing may follow what is missing."""
    call = t.call(linger=60000, rcvbuf=(0, 8192))
    a, b = call.far
    a.fill(0.5)
    new = replace(call, 1, wire(t, 1))
    a.rst()

    def body():
        call.wait(1, 'failed')
        new.expect_rst()
        b.expect_rst()
    t.check('reset before all was delivered: both ends are reset', body)
    call.drop()
    t.no_sockets()


def harmless(t):
    """The old one is reset when nothing is missing."""
    call = t.call(tls=('1.3', None), linger=2000)
    a, b = call.far
    a.send(b'one ')
    b.expect(b'one ')
    new = replace(call, 1, wire(t, 1, '1.3'))
    a.rst()

    def body():
        new.send(b'two')
        b.expect(b'two')
        b.send(b'three')
        new.expect(b'three')
    t.check('reset when all was delivered: the new one goes on', body)
    call.drop()


def alone(t):
    """Before the peer endpoint has a connection."""
    call = t.call(tls=('1.3', None), attach=False, linger=5000)
    call.attach(1)
    a = call.far[0]
    a.arm()
    new = replace(call, 1, wire(t, 1, '1.3'))
    new.arm()
    t.check('alone: the old one ends', goodbye, a)
    last = replace(call, 1, wire(t, 1))
    t.check('alone: and the next', goodbye, new)
    last.send(b'early ')
    t.wait_for(splice.PATIENCE, lambda: call.stats(1)['rx-octets'] >= 6, 'it to be received')
    again = replace(call, 1, wire(t, 1, '1.2'))
    refused(t, call, 'alone: refused while what came before waits', errno.EBUSY)
    call.attach(2)
    b = call.far[1]

    def body():
        again.send(b'late')
        goodbye(last)
        b.expect(b'early late')
    t.check('alone: what was received early is delivered first', body)
    call.drop()


def refused(t, call, name, why, new=None, end=1, **extra):
    new = new or wire(t, end)
    before = call.get(end)
    try:
        call.set(end, **{'socket': new.gw.fileno(), 'replace': True, **extra})
        t.ok(False, name, 'it was accepted')
    except genl.Refused as no:
        after = call.get(end)
        for ep in before, after:
            ep.pop('stats')
        t.equal((no.errno, bool(no.msg), after), (why, True, before), name)


def refusals(t):
    call = t.call(tls=('1.3', None), linger=60000)
    a, b = call.far
    try:
        call.set(1, replace=True)
        t.ok(False, 'REPLACE without SOCKET')
    except genl.Refused as no:
        t.equal((no.errno, bool(no.msg)), (errno.EINVAL, True), 'REPLACE without SOCKET')
    closed = wire(t, 1)
    closed.far.rst()
    t.wait_for(splice.PATIENCE, lambda: closed.gw.getsockopt(6, 11, 1)[0] == 7, 'CLOSE')
    refused(t, call, 'a socket that is not connected', errno.ENOTCONN, closed)

    def body():
        a.send(b'still there')
        b.expect(b'still there')
    t.check('and nothing has changed', body)
    b.fin()
    a.arm()
    a.expect_end()
    call.wait(1, 'closing')
    refused(t, call, 'a connection that is ending', errno.EBUSY)
    a.notify()
    a.fin()
    call.wait(1, 'released')
    new = replace(call, 1, wire(t, 1))
    t.equal(call.get(1)['state'], 'ready', 'where there is none it is attached as usual')
    new.rst()
    call.wait(1, 'failed')
    call.drop()
    t.no_sockets()


def gone(t):
    """Everything is deleted while both connections are there."""
    for how in ('drop', 'release', 'flush'):
        call = t.call(linger=300, rcvbuf=(0, 8192))
        a = call.far[0]
        a.fill(0.3)
        replace(call, 1, wire(t, 1))
        if how == 'release':
            call.set(2, release='abort')
            call.wait(1, 'failed')
        if how == 'flush':
            t.k.do('flush')
        else:
            call.drop()
        t.check(f'{how}: nothing is left', t.no_sockets)


def main():
    with splice.Bed() as t:
        in_order(t, (None, None), None, 'TCP by TCP')
        in_order(t, ('1.3', None), '1.2', 'TLS 1.3 by TLS 1.2')
        in_order(t, ('1.2', '1.3'), '1.3', 'TLS 1.2 by TLS 1.3, to TLS')
        slow_reader(t)
        storm(t)
        never_ends(t)
        hole(t)
        harmless(t)
        alone(t)
        refusals(t)
        gone(t)


if __name__ == '__main__':
    main()
