#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""The MGC goes away and comes back, or another one takes over: calls go on, the gateway says so."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


RETRY = {'retransmit_min': 0.2, 'retransmit_max': 0.5, 't_max': 2}
# An MGC that is slow is not to be taken for one that is gone.
TIMERS = dict(RETRY, inactivity=1, t_max=6)


@case(**TIMERS)
def lost_and_back(lab):
    call, ue, core = lab.originate('1.3')
    lab.ca.silent = True
    before = lab.ca.received
    # what the gateway sends is not answered, until it tries to register again
    net.wait_for(lambda: any('Disconnected' in text for _, way, text in list(lab.ca.log)
                             if way == '<'), 'the gateway to notice')
    true(lab.ca.received > before, 'messages')
    ue.send(b'while the MGC is away')
    core.wait_received(21)
    lab.ca.silent = False
    change = lab.ca.wait_registered()
    equal((change.method, change.reason), ('Disconnected', 900), 'ServiceChange')
    reply = lab.ca.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
    equal(len(reply.all('Context.AuditValue')), 2, 'terminations of the call')
    ue.send(b'and after')
    core.wait_received(30)
    call.subtract()


@case(mgc=({'address': '10.0.0.2', 'port': 2944, 'transport': 'udp'},
           {'address': '10.0.0.3', 'port': 2944, 'transport': 'udp'}), **TIMERS)
def another_one_takes_over(lab):
    other = mgc.CallAgent('10.0.0.3', ns=lab.mgc_ns)
    try:
        call, ue, core = lab.originate('1.3')
        lab.ca.silent = True
        change = other.wait_registered()
        equal((change.method, change.reason), ('Failover', 909), 'ServiceChange to the second MGC')
        reply = other.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
        equal(len(reply.all('Context.AuditValue')), 2, 'terminations of the call')
        # the old one is not served any more
        lab.ca.silent = False
        lab.ca.expect_error(504, f'Context = {call.context} {{ Subtract = * }}')
        ue.reset()
        notify = other.wait_notify('g/cause', call.access.id)
        equal(notify.context, call.context, 'context')
        other.subtract(call.context)
        other.check()
    finally:
        other.close()
    lab.kmgwd.stop()
    lab.kmgwd.start()
    lab.ca.wait_registered()


@case(mgc=({'address': '10.0.0.3', 'port': 2944, 'transport': 'udp'},
           {'address': '10.0.0.2', 'port': 2944, 'transport': 'udp'}), **RETRY)
def the_first_of_the_list_is_dead_at_start(lab):
    # Lab.start() waits until the second one is registered with
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    call.subtract()


@case
def nothing_is_served_before_registration(lab):
    lab.kmgwd.stop()
    lab.ca.accept = False
    before = len(lab.ca.changes)
    lab.kmgwd.start()
    net.wait_for(lambda: len(lab.ca.changes) > before, 'ServiceChange')
    lab.ca.expect_error(505, calls.in_context('$', calls.command(
        'Add', 'ip/1/access/$', calls.stream(local=calls.sdp(proto='UDP', media='image')))))
    lab.ca.accept = True
    lab.ca.wait_registered()
    call = calls.terminating(lab.ca, answer=False)
    call.subtract()


@case
def sent_elsewhere_by_the_mgc(lab):
    other = mgc.CallAgent('10.0.0.3', ns=lab.mgc_ns)
    try:
        lab.stop()
        lab.start({'mgc_allow': ['10.0.0.3']})
        lab.kmgwd.stop()
        lab.ca.services = 'MgcIdToTry = [10.0.0.3]:2944'
        lab.kmgwd.start()
        change = other.wait_registered()
        equal(change.method, 'Restart', 'method')
        other.audit_root()
        other.check()
    finally:
        other.close()
        lab.stop()
        lab.start()


run()
