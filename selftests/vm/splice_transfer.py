#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Data through splices of every kind, both ways at once: nothing is lost, and the counters agree."""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

SIZE = (8 << 20) // ktap.SLOW

KINDS = [(None, None), ('1.2', None), ('1.3', None), ('1.2', '1.3'), ('1.3', '1.3')]
CIPHERS = ['aes-256-gcm', 'aes-128-ccm', 'chacha20-poly1305']


def transfer(t, name, tls, family=socket.AF_INET, size=SIZE):
    call = t.call(tls=tls, family=family)
    a, b = call.far
    up, down = splice.pattern(size, 1), splice.pattern(size // 2, 2)
    for far in call.far:
        far.arm()
    waits = [splice.background(a.send, up), splice.background(b.send, down),
             splice.background(b.expect, up), splice.background(a.expect, down)]

    def done():
        for wait in waits:
            wait()
    if not t.check(f'{name}: data arrives, both ways', done):
        return
    call.wait(1, 'established')
    one, two = call.settled()
    t.equal((one['stats']['rx-plain-octets'], two['stats']['tx-plain-octets'],
             two['stats']['rx-plain-octets'], one['stats']['tx-plain-octets']),
            (len(up), len(up), len(down), len(down)), f'{name}: octets inside, both ends')
    for n, ep in enumerate((one, two)):
        stats = ep['stats']
        plain = stats['rx-plain-octets'], stats['tx-plain-octets']
        wire = stats['rx-octets'], stats['tx-octets']
        if tls[n]:
            t.ok(all(p < w < p * 1.05 for p, w in zip(plain, wire)),
                 f'{name}: octets on the wire of end {n + 1} are a little more', stats)
        else:
            t.equal(wire, plain, f'{name}: octets on the wire of end {n + 1}')

    def end():
        a.notify() if tls[0] else a.fin()
        b.expect_end()
        b.notify() if tls[1] else b.fin()
        b.close()
        a.expect_end()
        a.close()
    if t.check(f'{name}: orderly end', end):
        call.wait(1, 'released', 'peer-closed')
        call.wait(2, 'released', 'peer-endpoint')
    call.drop()
    t.no_sockets()


def main():
    with splice.Bed() as t:
        for tls in KINDS:
            transfer(t, ' to '.join(f'TLS {v}' if v else 'TCP' for v in tls), tls)
        for cipher in CIPHERS:
            transfer(t, f'{cipher} 1.3 to TCP', (('1.3', cipher), None), size=SIZE // 8)
            transfer(t, f'{cipher} 1.2 to TCP', (('1.2', cipher), None), size=SIZE // 8)
        transfer(t, 'TLS 1.3 to TCP, IPv6', ('1.3', None), family=socket.AF_INET6)


if __name__ == '__main__':
    main()
