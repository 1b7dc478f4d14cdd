#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
# debug: first
"""How ends map: close_notify, half-close, truncation, RST, fatal alert, bad record."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import splice  # noqa: E402

LAST = splice.pattern(300_000, 3)


def half_close(t, name, tls):
    """One end says it is done; the other goes on."""
    call = t.call(tls=tls)
    a, b = call.far

    def first():
        waiter = splice.background(b.expect, LAST)
        a.send(LAST)
        a.notify() if tls[0] else a.fin()
        waiter()
        b.expect_end()
    if t.check(f'{name}: all is delivered, then the end', first):
        call.wait(1, 'closing', 'peer-closed')
        call.wait(2, 'closing', 'peer-endpoint')

    def second():
        waiter = splice.background(a.expect, LAST * 3)
        for _ in range(3):
            b.send(LAST)
        b.notify() if tls[1] else b.fin()
        waiter()
        a.expect_end()
        if tls[0]:
            a.fin()
        if tls[1]:
            b.fin()
    t.check(f'{name}: the other direction goes on to its end', second)
    one, two = call.wait(1, 'released', 'peer-closed'), call.wait(2, 'released', 'peer-endpoint')
    t.equal((one['stats']['rx-plain-octets'], two['stats']['tx-plain-octets'],
             two['stats']['rx-plain-octets'], one['stats']['tx-plain-octets']),
            (len(LAST), len(LAST), 3 * len(LAST), 3 * len(LAST)), f'{name}: octets')
    t.ok(not one.get('attached') and not two.get('attached'), f'{name}: the sockets are released')
    call.drop()


def tls12_close(t, other):
    """TLS 1.2: close_notify is answered at once, nothing new goes back."""
    name = f'TLS 1.2 close_notify to {"TLS " + other if other else "TCP"}'
    call = t.call(tls=('1.2', other))
    a, b = call.far

    def body():
        waiter = splice.background(b.expect, LAST)
        a.send(LAST)
        a.notify()
        waiter()
        b.expect_end()
        a.expect_end()
        b.send(b'too late')
        a.fin()
        b.notify() if other else None
        b.fin()
    t.check(f'{name}: answered, delivered', body)
    call.wait(1, 'released', 'peer-closed')
    two = call.wait(2, 'released', 'peer-endpoint')
    t.equal(two['stats']['rx-plain-octets'], 0, f'{name}: what came late was not taken')
    t.ok(two['stats']['drops'] > 0, f'{name}: but counted', two['stats'])
    call.drop()


def truncated(t, version, other):
    name = f'FIN without close_notify, TLS {version} to {"TLS " + other if other else "TCP"}'
    call = t.call(tls=(version, other))
    a, b = call.far

    def body():
        waiter = splice.background(b.expect, LAST)
        a.send(LAST)
        a.fin()
        waiter()
        b.expect_fin()
        b.fin()
        a.expect_end()
    t.check(f'{name}: delivered, FIN and no close_notify', body)
    call.wait(1, 'failed', 'truncated')
    call.wait(2, 'failed', 'peer-endpoint')
    call.drop()


def truncated_in_record(t):
    call = t.call(tls=('1.3', None))
    a, b = call.far

    def body():
        record = a.tx.record(splice.DATA, b'x' * 1000)
        a.manual = True
        a.arm()
        a.sock.sendall(record[:500])
        a.fin()
        b.expect_fin()
        b.fin()
        a.expect_end()
    t.check('FIN within a record: FIN, none of it delivered', body)
    call.wait(1, 'failed', 'truncated')
    call.drop()


def reset(t, name, tls, which, prepare=None):
    call = t.call(tls=tls)
    ends = call.far
    if prepare:
        prepare(call)

    def body():
        for far in ends:
            far.arm()
        ends[which].rst()
        ends[not which].expect_rst()
    t.check(f'RST, {name}: RST onward', body)
    call.wait(which + 1, 'failed', 'reset')
    call.wait(2 - which, 'failed', 'peer-endpoint')
    call.drop()


def exchange(call):
    a, b = call.far
    a.send(b'ping')
    b.expect(b'ping')
    b.send(b'pong')
    a.expect(b'pong')


def fatal(t, name, tls, act, reason, answer=None):
    """Something after which nothing can be trusted."""
    call = t.call(tls=tls)
    a, b = call.far

    def body():
        b.arm()
        act(a)
        b.expect_rst()
        if answer:
            a.expect_alert(2, answer)
        a.expect_rst()
    t.check(f'{name}: RST to both', body)
    call.wait(1, 'failed', reason)
    call.wait(2, 'failed', 'peer-endpoint')
    call.drop()


def garbage(far):
    far.manual = True
    far.arm()
    record = bytearray(far.tx.record(splice.DATA, b'y' * 100))
    record[40] ^= 1
    far.sock.sendall(record)


def no_record(far):
    far.manual = True
    far.arm()
    far.sock.sendall(b'GET / HTTP/1.0\r\n\r\n')


def too_long(far):
    far.manual = True
    far.arm()
    far.sock.sendall(b'\x17\x03\x03\xff\xff' + bytes(100))


def main():
    with splice.Bed() as t:
        half_close(t, 'TCP half-close to TCP', (None, None))
        half_close(t, 'TCP half-close to TLS 1.2', (None, '1.2'))
        half_close(t, 'TCP half-close to TLS 1.3', (None, '1.3'))
        half_close(t, 'TLS 1.3 close_notify to TCP', ('1.3', None))
        half_close(t, 'TLS 1.3 close_notify to TLS 1.3', ('1.3', '1.3'))
        tls12_close(t, None)
        tls12_close(t, '1.3')
        truncated(t, '1.2', None)
        truncated(t, '1.3', None)
        truncated(t, '1.3', '1.3')
        truncated_in_record(t)
        reset(t, 'TLS 1.3 to TCP', ('1.3', None), 0)
        reset(t, 'TCP to TLS 1.2', ('1.2', None), 1)
        reset(t, 'TLS 1.3 to TLS 1.3, after data', ('1.3', '1.3'), 0, exchange)
        reset(t, 'TCP to TCP, after data', (None, None), 1, exchange)
        for version in '1.2', '1.3':
            fatal(t, f'fatal alert, TLS {version} to TCP', (version, None),
                  lambda far: far.alert(2, 40), 'alert')
            fatal(t, f'record that does not authenticate, TLS {version}', (version, '1.3'),
                  garbage, 'bad-record', 20)
            fatal(t, f'no record at all, TLS {version}', (version, None), no_record, 'bad-record')
            fatal(t, f'record too long, TLS {version}', (version, None), too_long, 'bad-record')
        t.no_sockets()


if __name__ == '__main__':
    main()
