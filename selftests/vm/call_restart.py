#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""The daemon is killed in the middle of a transfer: the transfer completes, a new daemon starts clean."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import signal


def adopted_or_gone(lab, change, call):
    """After a restart the old call is audited (warm) or cleanly gone (cold)."""
    equal(change.method, 'Restart', 'method')
    if change.reason == 902:
        reply = lab.ca.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
        equal(sorted(c.value.lower() for c in reply.all('Context.AuditValue')),
              sorted([call.access.id.lower(), call.core.id.lower()]), 'terminations audited')
        call.subtract()
        return
    equal(change.reason, 901, 'reason')
    equal(lab.kmgw.contexts(), [], 'contexts after a cold start')
    lab.ca.transact(f'Context = {call.context} {{ AuditValue = {call.access.id} '
                    '{ Audit { } } }', error=411)


def killed_in_transfer(lab, version, sig):
    data = lab.file(BULK)
    call, ue, core = lab.originate(version)
    ue.send_file(data)
    core.send_file(data)
    core.wait_received(MIB)
    ue.wait_received(MIB)
    lab.kmgwd.kill(sig)
    true(core.received < BULK, 'the transfer was over before the daemon was killed')
    intact(core, data, BULK)
    intact(ue, data, BULK)
    shown = lab.kmgw.endpoint(call.access.id)
    equal(shown['state'], 'established', 'state without a daemon')
    return call, ue, core


@case
def killed_in_mid_transfer_tls_1_3(lab):
    call, ue, core = killed_in_transfer(lab, '1.3', signal.SIGKILL)
    change = lab.restart_gateway()
    adopted_or_gone(lab, change, call)
    true(ue.wait_end() in ('notify', 'reset'), 'end at the UE')
    true(core.wait_end() in ('fin', 'reset'), 'end at the core')
    # and the gateway works
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    call.subtract()


@case
def terminated_in_mid_transfer_tls_1_2(lab):
    # SIGTERM keeps media and says nothing
    before = len(lab.ca.changes)
    call, ue, core = killed_in_transfer(lab, '1.2', signal.SIGTERM)
    equal(len(lab.ca.changes), before, 'ServiceChanges sent on SIGTERM')
    change = lab.restart_gateway()
    adopted_or_gone(lab, change, call)


@case
def without_a_daemon_the_call_ends_in_order(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    lab.kmgwd.kill(signal.SIGKILL)
    ue.send(b'and goodbye')
    ue.finish('both')
    core.wait_received(16)
    equal(core.wait_end(), 'fin', 'end at the core')
    core.finish()
    equal(ue.wait_end(), 'notify', 'end at the UE')
    adopted_or_gone(lab, lab.restart_gateway(), call)


@case
def fingerprints_survive_a_restart(lab):
    call, ue, core = lab.originate('1.3')
    call.subtract()
    lab.kmgwd.kill(signal.SIGKILL)
    lab.restart_gateway()
    again, ue, core = lab.originate('1.3')
    equal(again.access.fingerprint, call.access.fingerprint, 'fingerprint after a restart')
    again.subtract()


@case
def killed_while_nothing_is_attached(lab):
    # a listening call, and one in the middle of its handshake
    ringing = calls.terminating(lab.ca, answer=False)
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at)
    lab.accept(listener)
    lab.kmgwd.kill(signal.SIGKILL)
    change = lab.restart_gateway()
    adopted_or_gone(lab, change, ringing)
    adopted_or_gone(lab, change, call)
    true(ue.wait_end() in ('fin', 'reset'), 'end at the UE')


run()
