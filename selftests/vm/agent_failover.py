#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""Two MGCs, Erlang's megaco both: one dies, the other takes the calls over, and media knows nothing."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import signal

import mgc_erlang

TIMERS = {'inactivity': 1, 'retransmit_min': 0.2, 'retransmit_max': 0.5, 't_max': 6}


def both(transport):
    return {'mgc': tuple({'address': a, 'port': 2944, 'transport': transport}
                         for a in ('10.0.0.2', '10.0.0.3'))}


def second(lab, transport):
    """The other call agent, once it listens."""
    other = mgc_erlang.ErlangAgent('10.0.0.3', transport=transport, ns=lab.mgc_ns)
    lab.keep(other)
    kind = 'u' if transport == 'udp' else 't'
    net.wait_for(lambda: '10.0.0.3:2944' in lab.mgc_ns.run('ss', f'-{kind}lnH'), 'the second MGC')
    return other


def octets(lab, call):
    stats = lab.kmgw.endpoint(call.core.id)['stats']
    return stats['tx_octets'], stats['rx_octets']


def flows(lab, call, ue, core, count):
    """A hundred octets each way, seen by the ends and by the counters of the module."""
    before = octets(lab, call)
    ue.send(b'x' * 100)
    core.send(b'y' * 100)
    core.wait_received(100 * count)
    ue.wait_received(100 * count)
    net.wait_for(lambda: octets(lab, call) == (before[0] + 100, before[1] + 100),
                 'counters of the call')


def terminations(ca, call):
    reply = ca.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
    return sorted(c.value.lower() for c in reply.all('Context.AuditValue'))


@case(agent={'erlang': True}, **both('udp'), **TIMERS)
def failover_over_udp(lab):
    other = second(lab, 'udp')
    call, ue, core = lab.originate('1.3')
    flows(lab, call, ue, core, 1)
    os.kill(lab.ca.child.pid, signal.SIGSTOP)
    try:
        flows(lab, call, ue, core, 2)
        change = other.wait_registered()
        equal((change.method, change.reason), ('Failover', 909), 'ServiceChange to the second MGC')
        flows(lab, call, ue, core, 3)
    finally:
        os.kill(lab.ca.child.pid, signal.SIGCONT)
    equal(terminations(other, call), sorted([call.access.id.lower(), call.core.id.lower()]),
          'terminations')
    # it is back, but has nothing to say any more
    lab.ca.expect_error(504, f'Context = {call.context} {{ Subtract = * }}')
    flows(lab, call, ue, core, 4)
    stats = {k.lower(): v for k, v in other.subtract(call.context).items()}
    equal(stats[call.core.id.lower()]['nt/os'], 400, 'octets sent to the core')
    other.check()
    lab.stop()


run()
