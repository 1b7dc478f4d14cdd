#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 60
# kernels: vm debug new
"""What the user had read before is delivered first, whichever end is attached first, and counted."""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import splice  # noqa: E402

FULL = splice.pattern(16384, 5)


def prefix(t, name, tls, one, two, order):
    call = t.call(tls=tls, attach=False)
    a, b = call.far

    def body():
        a.send(b'after one')
        b.send(b'after two')
        for n in order:
            call.attach(n, (one, two)[n - 1])
        b.expect(one + b'after one')
        a.expect(two + b'after two')
    t.check(f'{name}: in order', body)
    stats = [end['stats'] for end in call.settled()]
    t.equal([s['rx-plain-octets'] for s in stats], [len(one) + 9, len(two) + 9],
            f'{name}: counted as received')
    t.equal([s['tx-plain-octets'] for s in stats], [len(two) + 9, len(one) + 9],
            f'{name}: and as sent')
    call.drop()


def alone(t):
    """A prefix and an orderly end: the prefix comes before it."""
    call = t.call(tls=('1.3', None), attach=False)
    a, b = call.far

    def body():
        a.notify()
        a.fin()
        call.attach(1, FULL)
        call.attach(2)
        b.expect(FULL)
        b.expect_end()
    t.check('a prefix, then the end', body)
    call.drop()


def refused(t, call, name, error, **values):
    try:
        call.set(1, **values)
        t.ok(False, name)
    except genl.Refused as why:
        t.ok(why.errno == error and why.msg, name, why)


def main():
    with splice.Bed() as t:
        prefix(t, '1 octet, TCP', (None, None), b'x', b'', (1, 2))
        prefix(t, '16 KiB, TLS 1.3 to TCP', ('1.3', None), FULL, b'', (1, 2))
        prefix(t, '16 KiB, TLS 1.3 to TCP, other order', ('1.3', None), FULL, b'', (2, 1))
        prefix(t, 'both ends, TLS 1.2 to TLS 1.3', ('1.2', '1.3'), FULL[:5000], FULL, (1, 2))
        alone(t)
        call = t.call(attach=False)
        refused(t, call, 'a prefix of 16 KiB and an octet is refused', errno.ERANGE,
                socket=call.wires[0].gw.fileno(), prefix=bytes(16385))
        refused(t, call, 'a prefix without a socket is refused', errno.EINVAL, prefix=b'x')
        t.equal(call.get(1)['state'], 'idle', 'and nothing has changed')
        call.drop()
        t.no_sockets()


if __name__ == '__main__':
    main()
