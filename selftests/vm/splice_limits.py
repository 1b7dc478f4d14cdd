#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""A splice ends after so many octets in one direction, exactly; or when one is silent for too long."""

import fcntl
import os
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

LIMIT = 100_001
DATA = splice.pattern(300_000, 7)
ENDED = '/sys/module/kmgw/ends/octet_limit'
LONG = 60_000 * ktap.SLOW


def ended():
    with open(ENDED, encoding='ascii') as f:
        return int(f.read())


def over(call, tls, limited=1):
    """Both far ends have seen the end; they answer it, and it is seen why it was."""
    other = 3 - limited
    call.wait(limited, 'closing', 'octet-limit')
    call.wait(other, 'closing', 'peer-endpoint')
    for far, version in zip(call.far, tls):
        if version:
            far.notify()
        far.fin()
    call.wait(limited, 'released', 'octet-limit')
    call.wait(other, 'released', 'peer-endpoint')


def exact(t, tls, sent, limited=1):
    """One direction is limited: what is more does not pass; the other direction is not."""
    names = [f'TLS {version}' if version else 'TCP' for version in tls]
    name = f'{names[limited - 1]} to {names[2 - limited]}, {sent} octets'
    call = t.call(tls=tls, linger=LONG)
    call.set(limited, octet_limit=LIMIT)
    a, b = call.far[limited - 1], call.far[2 - limited]
    before = ended()

    def body():
        waiter = splice.background(a.expect, DATA)
        b.send(DATA)
        waiter()
        waiter = splice.background(b.expect, DATA[:LIMIT])
        a.send(DATA[:sent])
        waiter()
        b.expect_end()
        a.expect_end()
        over(call, tls, limited)
    t.check(f'{name}: {LIMIT} arrive, then the end, to both', body)
    one, two = call.stats(limited), call.stats(3 - limited)
    t.equal((one['rx-plain-octets'], two['tx-plain-octets'], one['drops'] > 0),
            (LIMIT, LIMIT, sent > LIMIT), f'{name}: octets, and drops of what is more')
    t.equal((two['rx-plain-octets'], two['drops']), (len(DATA), 0), f'{name}: the other direction')
    t.equal(ended() - before, 1, f'{name}: counted')
    call.drop()


def unsent(far):
    return struct.unpack('i', fcntl.ioctl(far.sock, termios.TIOCOUTQ, bytes(4)))[0]


def back(t):
    """What the other far end had sent by then is delivered."""
    call = t.call(linger=LONG, octet_limit=LIMIT, rcvbuf=(4096, 0))
    a, b = call.far
    data = DATA[:60_000]

    def body():
        b.send(data)
        t.wait_for(10, lambda: not unsent(b), 'all of it to be in the gateway')
        waiter = splice.background(b.expect, DATA[:LIMIT])
        a.send(DATA)
        waiter()
        b.expect_end()
        b.send(b'too late')
        b.fin()
        call.wait(2, 'closing')
        a.expect(data)
        a.expect_end()
        a.fin()
        call.wait(1, 'released', 'octet-limit')
        call.wait(2, 'released', 'peer-endpoint')
    t.check('what the other end had sent is delivered', body)
    call.drop()


def slow_reader(t):
    """The far end takes longer than LINGER altogether to read what may pass."""
    call = t.call(tls=('1.3', None), linger=3000 * ktap.SLOW, octet_limit=1_000_000,
                  rcvbuf=(0, 65536))
    a, b = call.far
    data = DATA * 5

    def body():
        sender = splice.background(a.send, data)
        for at in range(0, 1_000_000, 100_000):
            time.sleep(.35 * ktap.SLOW)
            b.expect(data[at:at + 100_000])
        b.expect_end()
        sender()
        b.fin()
        call.wait(2, 'released', 'peer-endpoint')
    t.check('a slow reader gets all that may pass', body)
    call.drop()


def never_ends(t):
    """Whoever goes on sending is reset, which is no failure."""
    call = t.call(linger=LONG, octet_limit=LIMIT)
    a, b = call.far

    def body():
        waiter = splice.background(b.expect, DATA[:LIMIT])
        a.send(DATA)
        waiter()
        b.expect_end()
        b.fin()
        a.expect_end()
        # now that all but this one have ended
        call.set(1, linger=200)
        call.wait(1, 'released', 'octet-limit')
        t.wait_for(10, lambda: a.sock.getsockopt(6, 11, 1)[0] == 7, 'the connection to be reset')
    t.check('a sender that does not end is reset after LINGER, and released', body)
    call.drop()


def prefix(t):
    call = t.call(attach=False, linger=LONG, octet_limit=1000)
    a, b = call.far

    def body():
        call.attach(1, DATA[:16384])
        call.attach(2)
        b.expect(DATA[:1000])
        b.expect_end()
        a.expect_end()
        over(call, (None, None))
        t.equal((call.stats(2)['tx-plain-octets'], call.stats(1)['drops']), (1000, 1),
                'a prefix that is longer is cut, and counted')
    t.check('a prefix counts', body)
    call.drop()


def changed(t):
    """The limit comes, goes and comes while the connection is up."""
    call = t.call(linger=LONG, octet_limit=10)
    a, b = call.far

    def body():
        a.send(b'12345')
        b.expect(b'12345')
        call.set(1, octet_limit=0)
        a.send(DATA)
        b.expect(DATA)
        t.equal(call.get(1).get('octet-limit'), None, 'no limit is shown')
        call.set(1, octet_limit=len(DATA) + 8)
        t.equal(call.get(1)['octet-limit'], len(DATA) + 8, 'the limit is shown')
        a.send(b'67')
        b.expect(b'67')
        call.set(1, octet_limit=7)
        b.expect_end()
        a.expect_end()
        over(call, (None, None))
    t.check('a limit below what has passed ends it at once', body)
    call.drop()


def replaced(t):
    """Another connection in its place does not begin anew."""
    call = t.call(linger=LONG, octet_limit=1000)
    b = call.far[1]

    def body():
        call.far[0].send(DATA[:600])
        b.expect(DATA[:600])
        wire = splice.Wire(t, t.ue, '10.1.0.2', '10.1.0.1')
        call.set(1, socket=wire.gw.fileno(), replace=True)
        wire.gw.close()
        call.far[0].expect_end()
        call.far[0].fin()
        call.far[0] = wire.far
        wire.far.send(DATA[600:2000])
        b.expect(DATA[600:1000])
        b.expect_end()
        wire.far.expect_end()
        over(call, (None, None))
    t.check('the count goes on with a connection that replaces another', body)
    call.drop()
    call = t.call(linger=LONG, octet_limit=1000)
    old, b = call.far

    def under_way():
        """The limit is reached by what the old connection had received."""
        call.set(1, mode='inactive')
        old.send(DATA[:1500])
        wire = splice.Wire(t, t.ue, '10.1.0.2', '10.1.0.1')
        call.set(1, socket=wire.gw.fileno(), replace=True)
        wire.gw.close()
        call.far[0] = wire.far
        call.set(1, mode='sendreceive')
        b.expect(DATA[:1000])
        b.expect_end()
        wire.far.expect_end()
        over(call, (None, None))
        old.expect_end()
        old.fin()
    t.check('what the connection before had received counts', under_way)
    call.drop()
    call = t.call(linger=LONG, rcvbuf=(0, 4096))
    old, b = call.far
    call.set(2, octet_limit=LIMIT)

    def the_other_way():
        """Both connections have sent something when the other direction is at its limit."""
        old.send(DATA[:120_000])
        t.wait_for(10, lambda: not unsent(old), 'all of it to be in the gateway')
        wire = splice.Wire(t, t.ue, '10.1.0.2', '10.1.0.1')
        call.set(1, socket=wire.gw.fileno(), replace=True)
        wire.gw.close()
        call.far[0] = wire.far
        wire.far.send(DATA[120_000:170_000])
        t.wait_for(10, lambda: not unsent(wire.far), 'all of that, too')
        waiter = splice.background(wire.far.expect, DATA[:LIMIT])
        b.send(DATA)
        waiter()
        wire.far.expect_end()
        b.expect(DATA[:170_000])
        b.expect_end()
        over(call, (None, None), 2)
        old.expect_end()
        old.fin()
    t.check('what both had sent is delivered when the other direction is at its limit',
            the_other_way)
    call.drop()


def silent(t):
    """One direction has a time of its own, which the other does not lengthen."""
    limit = 2000 * ktap.SLOW
    call = t.call(tls=('1.3', None))
    a, b = call.far
    a.arm()
    call.set(2, idle_in=limit)
    t.equal((call.get(1).get('idle-in'), call.get(2)['idle-in']), (None, limit), 'the time is shown')

    def pause(part):
        time.sleep(limit * part / 1000)

    def used():
        for _ in range(5):
            pause(.25)
            b.send(b'x')
            a.expect(b'x')
        call.wait(2, 'established')
    t.check('a direction that is used does not end', used)

    def held():
        call.set(1, mode='receiveonly')
        pause(1.25)
        call.wait(2, 'established')
        call.set(1, mode='sendreceive')
        pause(.25)
        call.wait(2, 'established')
    t.check('nor one that the mode holds back, and its time begins anew', held)

    def given_late():
        call.set(2, idle_in=0)
        call.set(1, mode='receiveonly')
        pause(1.25)
        call.set(1, mode='sendreceive')
        call.set(2, idle_in=limit)
        pause(.25)
        call.wait(2, 'established')
    t.check('nor when the time is given only then', given_late)

    def ends():
        def failed():
            if call.get(2)['state'] == 'failed':
                return True
            try:
                a.send(b'y')
                b.expect(b'y')
            except (OSError, splice.Failed):
                pass
            return False
        t.wait_for(limit * 4 / 1000 / ktap.SLOW, failed, 'the end')
        call.wait(2, 'failed', 'idle-in')
        call.wait(1, 'failed', 'idle-out')
        a.expect_rst()
    t.check('one that is silent ends both, while the other is not', ends)
    t.ok(call.stats(2)['tx-plain-octets'] > 3, 'which was used all the time', call.stats(2))
    call.drop()


def main():
    with splice.Bed() as t:
        for tls in (None, None), ('1.3', None), (None, '1.2'), ('1.2', '1.3'):
            exact(t, tls, len(DATA))
        exact(t, ('1.3', None), LIMIT)
        exact(t, (None, '1.3'), len(DATA), 2)
        back(t)
        slow_reader(t)
        never_ends(t)
        prefix(t)
        changed(t)
        replaced(t)
        silent(t)
        t.check('no socket is left', t.no_sockets)


if __name__ == '__main__':
    main()
