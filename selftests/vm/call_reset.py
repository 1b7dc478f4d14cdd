#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""RST of one end becomes RST at the other, and a Notify with cause FT."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def reset(lab, version, who):
    call, ue, core = lab.originate(version)
    ue.send(b'x' * 100000)
    core.wait_received(100000)
    core.send(b'y' * 100000)
    ue.wait_received(100000)
    first, other, end = (ue, core, call.access) if who == 'ue' else (core, ue, call.core)
    first.reset()
    equal(other.wait_end(), 'reset', 'end at the other side')
    notify = lab.ca.wait_notify('g/cause', end.id)
    equal(notify.params.get('Generalcause'), 'FT', 'cause')
    equal(notify.context, call.context, 'context')
    lab.ca.no_notify()
    call.subtract()


@case
def ue_resets_tls_1_3(lab):
    reset(lab, '1.3', 'ue')


@case
def ue_resets_tls_1_2(lab):
    reset(lab, '1.2', 'ue')


@case
def core_resets(lab):
    reset(lab, '1.3', 'core')


@case
def reset_in_the_middle_of_a_transfer(lab):
    for who in ('ue', 'core'):
        call, ue, core = lab.originate('1.3')
        data = lab.file(BULK)
        ue.send_file(data)
        core.send_file(data)
        core.wait_received(MIB)
        ue.wait_received(MIB)
        first, other = (ue, core) if who == 'ue' else (core, ue)
        first.reset()
        equal(other.wait_end(), 'reset', 'end at the other side')
        end = call.access if who == 'ue' else call.core
        equal(lab.ca.wait_notify('g/cause', end.id).params.get('Generalcause'), 'FT', 'cause')
        lab.ca.no_notify()
        call.subtract()


@case
def without_the_event_nothing_is_notified(lab):
    call, ue, core = lab.originate('1.3', events=None)
    ue.send(b'through')		# the module has both connections
    core.wait_received(7)
    ue.reset()
    equal(core.wait_end(), 'reset', 'end at the core')
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['state'] == 'failed', 'state failed')
    lab.ca.no_notify()
    call.subtract()


run()
