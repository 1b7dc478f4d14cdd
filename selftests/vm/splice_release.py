#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""What the user ends: RELEASE and ENDPOINT_DEL, in order and by RST, linger, and attaching again."""

import contextlib
import errno
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import splice  # noqa: E402

LINGER = 1000


def orderly(t, name, tls, end):
    call = t.call(tls=tls, linger=60000)
    a, b = call.far

    def body():
        for far in a, b:
            far.arm()
        a.send(b'last words')
        end(call)
        b.expect(b'last words')
        a.expect_end()
        b.expect_end()
        a.fin()
        b.fin()
    t.check(name, body)
    return call


def by_release(call):
    call.set(1, release='orderly')


def release(t, tls, name):
    call = orderly(t, f'RELEASE, {name}: delivered, then both ends closed', tls, by_release)
    call.wait(1, 'released', 'user')
    call.wait(2, 'released', 'peer-endpoint')
    call.drop()


def delete(t, tls, name):
    call = orderly(t, f'ENDPOINT_DEL, {name}: delivered, then both ends closed', tls,
                   lambda c: c.delete(1))
    call.wait(2, 'released', 'peer-endpoint')
    call.drop()


def abort(t):
    call = t.call(tls=('1.3', None))

    def body():
        for far in call.far:
            far.arm()
        call.set(2, release='abort')
        for far in call.far:
            far.expect_rst()
    t.check('RELEASE abort: RST to both', body)
    call.wait(2, 'failed', 'user')
    call.wait(1, 'failed', 'peer-endpoint')
    call.drop()


def lingers(t):
    """A far end that never says FIN is reset after LINGER, not before."""
    call = t.call(tls=('1.3', None), linger=LINGER * ktap.SLOW)
    a, b = call.far

    def body():
        for far in a, b:
            far.arm()
        start = time.monotonic()
        call.set(1, release='orderly')
        a.expect_end()
        b.expect_end()
        # if it is too late, that one is reset, too
        with contextlib.suppress(OSError):
            b.fin()
        call.wait(1, 'failed', 'linger')
        took = time.monotonic() - start
        if not LINGER / 1000 * ktap.SLOW * 0.9 < took < 20 * ktap.SLOW:
            raise splice.Failed(f'{took:.2f} s')
    t.check('RST after LINGER', body)
    call.drop()


def lingers_deleted(t):
    """The same without endpoints; a far end that does not read cannot hold it up."""
    call = t.call(tls=('1.2', '1.3'), linger=LINGER)
    a, b = call.far
    a.arm()
    a.fill(0.3)
    call.drop()
    t.check('closing without endpoints ends by RST after LINGER', t.no_sockets)
    a.sock.settimeout(splice.PATIENCE)
    t.check('the far end is reset', a.expect_rst)


def again(t):
    """After its connection ended, an endpoint takes another; counters go on."""
    call = t.call(tls=('1.3', None))
    a, b = call.far
    a.send(bytes(1000))
    b.expect(bytes(1000))
    try:
        fresh = splice.Wire(t, t.ue, '10.1.0.2', '10.1.0.1', '1.2')
        call.set(1, socket=fresh.gw.fileno())
        t.ok(False, 'SOCKET is refused while there is a connection')
    except genl.Refused as why:
        t.equal((why.errno, bool(why.msg)), (errno.EBUSY, True),
                'SOCKET is refused while there is a connection')
    call.set(1, release='abort')
    for n in 1, 2:
        call.wait(n, 'failed')
    other = splice.Wire(t, t.core, '10.2.0.2', '10.2.0.1')
    call.set(1, socket=fresh.gw.fileno())
    fresh.gw.close()
    t.equal(call.get(1)['state'], 'ready', 'the first of the two is attached again')
    call.set(2, socket=other.gw.fileno())
    other.gw.close()
    t.equal([call.get(n)['state'] for n in (1, 2)], ['established'] * 2, 'and the second')
    a, b = fresh.far, other.far

    def body():
        a.send(bytes(500))
        b.expect(bytes(500))
    t.check('data moves again', body)
    one, two = call.settled()
    t.equal([one['stats']['rx-plain-octets'], two['stats']['tx-plain-octets']], [1500, 1500],
            'counters go on')
    call.drop()


def alone(t):
    """A connection whose peer endpoint never got one."""
    for how, seen in (('orderly', 'expect_end'), ('abort', 'expect_rst')):
        call = t.call(tls=('1.3', None), attach=False)
        call.attach(1)
        far = call.far[0]

        def body():
            far.arm()
            call.wait(1, 'ready')
            call.set(1, release=how)
            getattr(far, seen)()
            if how == 'orderly':
                far.notify()
                far.fin()
            call.wait(1, 'released' if how == 'orderly' else 'failed', 'user')
        t.check(f'one end alone, {how}', body)
        call.drop()
    call = t.call(tls=('1.3', None), attach=False)
    call.attach(1)
    call.far[0].rst()
    call.wait(1, 'failed', 'reset')
    t.ok(True, 'one end alone is reset by the far end')
    call.drop()


def said_all(t):
    """Data and FIN were there before the socket was handed over."""
    call = t.call(tls=('1.3', None), attach=False)
    a, b = call.far

    def body():
        a.send(b'all there is')
        a.notify()
        a.fin()
        t.wait_for(10, lambda: b'\x08' == bytes([call.wires[0].gw.getsockopt(6, 11, 1)[0]]),
                   'CLOSE_WAIT')
        call.attach(1)
        call.attach(2)
        b.expect(b'all there is')
        b.expect_end()
        b.fin()
        a.expect_end()
        call.wait(1, 'released', 'peer-closed')
    t.check('data, close_notify and FIN came before the hand-over', body)
    call.drop()


def main():
    with splice.Bed() as t:
        for tls, name in (((None, None), 'TCP'), (('1.2', None), 'TLS 1.2 to TCP'),
                          (('1.3', '1.3'), 'TLS 1.3 to TLS 1.3')):
            release(t, tls, name)
            delete(t, tls, name)
        abort(t)
        lingers(t)
        lingers_deleted(t)
        again(t)
        alone(t)
        said_all(t)
        t.no_sockets()


if __name__ == '__main__':
    main()
