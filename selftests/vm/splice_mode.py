#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Mode gates user data and nothing else: data is held back, ends and resets are still noticed."""

import os
import select
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

# mode of endpoint 1, of endpoint 2: does data pass 1 to 2, and 2 to 1?
GATES = [
    ('sendreceive', 'sendreceive', True, True),
    ('receiveonly', 'sendreceive', True, False),
    ('sendonly', 'sendreceive', False, True),
    ('inactive', 'sendreceive', False, False),
    ('sendreceive', 'sendonly', True, False),
    ('sendreceive', 'receiveonly', False, True),
    ('sendreceive', 'inactive', False, False),
    ('sendonly', 'sendonly', False, False),
    ('receiveonly', 'receiveonly', False, False),
    ('receiveonly', 'sendonly', True, False),
]


def quiet(far):
    """Nothing arrives for a while: the data was sent long ago, and the splice has run."""
    return not select.select([far.sock], [], [], 0.2 * ktap.SLOW)[0]


def gates(t, tls, name):
    call = t.call(tls=tls)
    a, b = call.far
    for far in a, b:
        far.arm()
    for one, two, up, down in GATES:
        call.set(1, mode=one)
        call.set(2, mode=two)
        a.send(b'from a')
        b.send(b'from b')
        for far, passes, data, way in ((b, up, b'from a', 'up'), (a, down, b'from b', 'down')):
            label = f'{name}: {one}, {two}: {way}'
            if passes:
                t.check(f'{label} passes', far.expect, data)
            else:
                t.ok(quiet(far), f'{label} is held back')
        call.set(1, mode='sendreceive')
        call.set(2, mode='sendreceive')
        for far, passes, data in ((b, up, b'from a'), (a, down, b'from b')):
            if not passes:
                t.check(f'{name}: {one}, {two}: what was held back comes later', far.expect, data)
    t.equal(call.stats(1)['rx-plain-octets'], 6 * len(GATES), f'{name}: octets')
    call.drop()


def held_end(t, tls, name, end, seen, state):
    """Both inactive: an end with no data before it goes on."""
    call = t.call(tls=tls)
    a, b = call.far
    for far in a, b:
        far.arm()
    for n in 1, 2:
        call.set(n, mode='inactive')
    end(a)
    t.check(f'{name} goes on when inactive', seen, b)
    t.check(f'{name}: {state}', call.wait, 1, state)
    call.drop()


def held_behind_data(t, tls, name):
    """The end comes after the data that is held back, not before."""
    call = t.call(tls=tls)
    a, b = call.far
    for far in a, b:
        far.arm()
    call.set(2, mode='inactive')
    a.send(b'held')
    a.notify() if tls[0] else a.fin()
    t.ok(quiet(b), f'{name}: neither data nor end comes')
    call.set(2, mode='sendreceive')

    def body():
        b.expect(b'held')
        b.expect_end()
    t.check(f'{name}: then both', body)
    call.drop()


def held_reset(t, tls, name):
    """A reset is noticed although data is held back."""
    call = t.call(tls=tls)
    a, b = call.far
    for far in a, b:
        far.arm()
    call.set(1, mode='inactive')
    a.send(b'held')
    t.wait_for(10, lambda: call.stats(1)['rx-octets'] > 0, 'the data')
    t.equal(call.stats(1)['rx-plain-octets'], 0, f'{name}: nothing is taken')
    a.rst()
    t.check(f'{name}: RST goes on', b.expect_rst)
    call.wait(1, 'failed', 'reset')
    call.drop()


def held_delete(t, tls, name):
    """What may not be sent is not delivered by a deletion either."""
    call = t.call(tls=tls)
    a, b = call.far
    for far in a, b:
        far.arm()
    call.set(1, mode='inactive')
    a.send(b'held')
    t.wait_for(10, lambda: call.stats(1)['rx-octets'] > 0, 'the data')
    call.drop()
    t.check(f'{name}: only the end comes', b.expect_end)


def main():
    with splice.Bed() as t:
        for tls, name in (((None, None), 'TCP'), (('1.2', '1.3'), 'TLS 1.2 to 1.3'),
                          (('1.3', None), 'TLS 1.3 to TCP')):
            gates(t, tls, name)
            held_behind_data(t, tls, name)
            held_reset(t, tls, name)
            held_delete(t, tls, name)
        held_end(t, ('1.2', None), 'close_notify, TLS 1.2', lambda far: far.notify(),
                 lambda far: far.expect_end(), 'closing')
        held_end(t, ('1.3', None), 'close_notify, TLS 1.3', lambda far: far.notify(),
                 lambda far: far.expect_end(), 'closing')
        held_end(t, (None, '1.3'), 'FIN', lambda far: far.fin(), lambda far: far.expect_end(),
                 'closing')
        held_end(t, ('1.3', None), 'FIN alone', lambda far: far.fin(), lambda far: far.expect_fin(),
                 'closing')
        held_end(t, ('1.3', None), 'fatal alert', lambda far: far.alert(2, 40),
                 lambda far: far.expect_rst(), 'failed')
        t.no_sockets()


if __name__ == '__main__':
    main()
