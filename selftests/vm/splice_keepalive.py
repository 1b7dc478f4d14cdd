#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 60
# kernels: vm debug new
"""A connection that rests outlives a probe that is lost; one whose data is not acknowledged does not last.

TCP_USER_TIMEOUT is the shorter of the two times, as it is in kmgwd.
"""

import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

TCP_USER_TIMEOUT = 18
IDLE = INTERVAL = 2 * ktap.SLOW		# seconds
TIMEOUT = 3000 * ktap.SLOW
TABLE = 'table ip t { chain c { type filter hook input priority 0; meta l4proto tcp %s counter; }; }'
ONCE = 'limit rate 1/hour burst 1 packets counter drop; meta l4proto tcp'


def filtered(t, rule):
    t.run(['nft', 'flush', 'ruleset'], ns=t.ue)
    t.run(['nft', TABLE % rule], ns=t.ue)


def counters(t):
    return [int(n) for n in re.findall(r'counter packets (\d+)', t.run(['nft', 'list', 'ruleset'], ns=t.ue).stdout)]


def probed(t, call):
    a, b = call.far
    a.send(b'there')
    b.expect(b'there')
    # acknowledges what came, so that nothing but probes follows
    b.send(b'back')
    a.expect(b'back')
    filtered(t, ONCE)
    t.wait_for(20, lambda: counters(t)[0] == 1 and counters(t)[1] >= 2, 'one probe to be lost, two to come')
    a.send(b'again')
    b.expect(b'again')
    b.send(b'and back')
    a.expect(b'and back')


def unacknowledged(t, call):
    filtered(t, 'counter drop; meta l4proto tcp')
    call.far[1].send(b'into the void')
    call.wait(1, 'failed', 'timeout')
    if not counters(t)[0]:
        raise splice.Failed('nothing was sent')


def main():
    with splice.Bed() as t:
        for tls in (None, None), ('1.2', None), ('1.3', None):
            call = t.call(tls=tls, attach=False)
            sock = call.wires[0].gw
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in ((socket.TCP_KEEPIDLE, IDLE), (socket.TCP_KEEPINTVL, INTERVAL),
                                  (socket.TCP_KEEPCNT, 3), (TCP_USER_TIMEOUT, TIMEOUT)):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
            for n in 1, 2:
                call.attach(n)
            kind = f'TLS {tls[0]}' if tls[0] else 'TCP'
            t.check(f'{kind}: a lost probe ends nothing', probed, t, call)
            t.check(f'{kind}: unacknowledged data does, in time', unacknowledged, t, call)
            t.run(['nft', 'flush', 'ruleset'], ns=t.ue)
            call.drop()


if __name__ == '__main__':
    main()
