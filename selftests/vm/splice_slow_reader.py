#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""A far end that does not read, then reads slowly: memory stays bounded, all arrives, stalls count."""

import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

SIZE = (32 << 20) // ktap.SLOW
LINGER = 3000


def tcp_pages():
    with open('/proc/net/sockstat', encoding='ascii') as f:
        line = next(x for x in f if x.startswith('TCP:')).split()
    return int(line[line.index('mem') + 1])


def slow(t, name, tls):
    call = t.call(tls=tls, rcvbuf=(0, 65536))
    a, b = call.far
    for far in a, b:
        far.arm()
    data = splice.pattern(1 << 20) * (SIZE >> 20)
    before = tcp_pages()
    sender = splice.background(a.send, data)

    def stuck():
        """Nothing moved for a while."""
        one = call.stats(1)['rx-octets']
        seen.append(one)
        return len(seen) > 20 and seen[-1] == seen[-20] and call.stats(2)['stalls']
    seen = []
    t.wait_for(30, stuck, 'the stream to stall')
    moved = call.stats(1)
    t.ok(moved['rx-plain-octets'] < 12 << 20, f'{name}: not all is taken from the sender', moved)
    used = (tcp_pages() - before) * 4096
    # four socket buffers at their default limits, 4 or 6 MiB each, and what two ends hold
    t.ok(used < 24 << 20, f'{name}: memory is bounded', f'{used} octets')
    t.ok(call.stats(2)['stalls'] > 0, f'{name}: a stall is counted', call.stats(2))
    a_done = splice.background(lambda: (sender(), a.notify() if tls[0] else a.fin()))
    sha, got, how = b.digest(len(data))
    t.equal((sha, got, how), (hashlib.sha256(data).hexdigest(), len(data), None),
            f'{name}: all arrives')
    a_done()

    def end():
        b.expect_end()
        if tls[1]:
            b.notify()
        b.fin()
        a.expect_end()
        a.close()
        call.wait(1, 'released')
    t.check(f'{name}: orderly end', end)
    t.equal(call.stats(2)['tx-plain-octets'], len(data), f'{name}: octets')
    call.drop()


def slow_end(t, name, tls):
    """The sender has closed long before the slow reader has read all: nothing is cut off."""
    call = t.call(tls=tls, linger=LINGER * ktap.SLOW, rcvbuf=(0, 65536))
    a, b = call.far
    for far in a, b:
        far.arm()
    data = splice.pattern(1 << 20)
    a.send(data)
    a.notify() if tls[0] else a.fin()

    def body():
        # longer than LINGER altogether, in steps that are shorter
        begun = time.monotonic()
        for at in range(0, len(data), 1 << 17):
            time.sleep(0.45 * ktap.SLOW)
            b.expect(data[at:at + (1 << 17)])
        b.expect_end()
        if time.monotonic() - begun < LINGER / 1000 * ktap.SLOW:
            raise splice.Failed('it was not slow')
    t.check(f'{name}: linger time does not cut off a slow reader', body)
    call.drop()


def main():
    with splice.Bed() as t:
        slow(t, 'TLS 1.3 to TCP', ('1.3', None))
        slow(t, 'TCP to TLS 1.2', (None, '1.2'))
        slow(t, 'TCP to TCP', (None, None))
        slow_end(t, 'TLS 1.3 to TCP', ('1.3', None))
        slow_end(t, 'TLS 1.2 to TLS 1.3', ('1.2', '1.3'))
        t.no_sockets()


if __name__ == '__main__':
    main()
