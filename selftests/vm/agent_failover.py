#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""
Two MGCs, Erlang's megaco both: one dies or hands the gateway to the other, which takes the calls over,
and media knows nothing.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import contextlib
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


@contextlib.contextmanager
def dead(ca):
    """An MGC that says nothing any more."""
    os.kill(ca.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(ca.child.pid, signal.SIGCONT)


# A gateway registers in version 1, which megaco refuses of one it knows; then it is asked in its own.
REFUSED = 'Not negotiated version: 1 [negotiated 2]'


def taken_over(lab, other, call, ue, core, count):
    """The second MGC knows the call, orders about it, and ends it; count: flows() so far."""
    equal(terminations(other, call), sorted([call.access.id.lower(), call.core.id.lower()]),
          'terminations')
    call.ca = other
    call.modify(call.access, calls.stream(mode='Inactive'))
    equal(lab.kmgw.endpoint(call.access.id)['mode'], 'inactive', 'mode by the second MGC')
    call.modify(call.access, calls.stream(mode='SendReceive'))
    flows(lab, call, ue, core, count + 1)
    # what happens is told to it alone
    ue.reset()
    other.wait_notify('g/cause', call.access.id)
    _, stats = call.subtract()
    equal(stats['nt/os'], 100 * (count + 1), 'octets sent to the core')
    # a new call is its own
    call = calls.terminating(other, answer=False)
    call.subtract()
    true(lab.ca.notifies.empty(), 'Notify to the first MGC')
    other.check()


def failover(lab, transport):
    other = second(lab, transport)
    call, ue, core = lab.originate('1.3')
    flows(lab, call, ue, core, 1)
    with dead(lab.ca):
        flows(lab, call, ue, core, 2)
        change = other.wait_registered()
        equal((change.method, change.reason), ('Failover', 909), 'ServiceChange to the second MGC')
        flows(lab, call, ue, core, 3)
    if transport == 'udp':
        # it is back, but has nothing to say any more
        lab.ca.expect_error(504, f'Context = {call.context} {{ Subtract = * }}')
    taken_over(lab, other, call, ue, core, 3)
    lab.stop()


@case(agent={'erlang': True}, **both('udp'), **TIMERS)
def failover_over_udp(lab):
    failover(lab, 'udp')


@case(agent={'erlang': True, 'transport': 'tcp'}, **both('tcp'), **TIMERS)
def failover_over_tcp(lab):
    failover(lab, 'tcp')


ORDER = ('Context = - { ServiceChange = ROOT { Services { Method = HandOff, '
         'Reason = "903 MGC Directed Change", MgcIdToTry = [%s]:2944 } } }')


def hand_off(lab, transport):
    other = second(lab, transport)
    call, ue, core = lab.originate('1.3')
    flows(lab, call, ue, core, 1)
    lab.ca.expect_error(402, ORDER % '10.0.0.4')
    true(not other.changes, 'ServiceChange to the second MGC')
    lab.ca.transact(ORDER % '10.0.0.3')
    change = other.wait_registered()
    equal((change.method, change.reason), ('HandOff', 903), 'ServiceChange to the second MGC')
    flows(lab, call, ue, core, 2)
    # what the first one asks now is refused, whatever it is
    lab.ca.expect_error(504, f'Context = {call.context} {{ Subtract = * }}')
    lab.ca.expect_error(504, calls.in_context('$', calls.command(
        'Add', 'ip/1/core/$', calls.stream(local=calls.sdp(proto='UDP', media='image')))))
    equal(len(lab.kmgw.contexts()), 1, 'contexts')
    taken_over(lab, other, call, ue, core, 2)
    # and back to the first, which it may be given to again
    lab.ca.expected = REFUSED
    other.transact(ORDER % '10.0.0.2')
    change = lab.ca.wait_registered()
    equal((change.method, change.reason), ('HandOff', 903), 'ServiceChange to the first MGC')
    true(lab.ca.objections, 'megaco takes a header of version 1')
    lab.ca.audit_root()
    other.check()
    lab.stop()


@case(agent={'erlang': True}, **both('udp'))
def hand_off_over_udp(lab):
    hand_off(lab, 'udp')


@case(agent={'erlang': True, 'transport': 'tcp'}, **both('tcp'))
def hand_off_over_tcp(lab):
    hand_off(lab, 'tcp')


def lost_and_back(lab, transport):
    call, ue, core = lab.originate('1.3')
    flows(lab, call, ue, core, 1)
    lab.ca.expected = REFUSED
    with open(lab.kmgwd.log, encoding='utf-8') as log:
        log.seek(0, os.SEEK_END)
        with dead(lab.ca):
            net.wait_for(lambda: 'is lost' in log.readline(), 'the gateway to notice')
            flows(lab, call, ue, core, 2)
        change = lab.ca.wait_registered()
        equal((change.method, change.reason), ('Disconnected', 900), 'ServiceChange')
        told = log.read()
    true(lab.ca.objections, 'megaco takes a header of version 1')
    # what it asked while the MGC was dead may have had no answer; what it asked then had one
    _, asked, since = told.partition('it is asked in version 2')
    true(asked and 'no answer' not in since, f'what was tried: {told}')
    taken_over(lab, lab.ca, call, ue, core, 2)
    lab.stop()


@case(agent={'erlang': True}, **dict(TIMERS, mgc=both('udp')['mgc'][:1]))
def lost_and_back_over_udp(lab):
    lost_and_back(lab, 'udp')


run()
