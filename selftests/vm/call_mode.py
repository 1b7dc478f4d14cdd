#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""Mode on TCP: data is held back, not lost; set-up goes on in every mode."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


@case
def inactive_until_the_answer(lab):
    call, ue, core = lab.originate('1.3', mode='Inactive')
    ue.send(b'up')
    core.send(b'down')
    ends.still(0.7)
    equal((core.received, ue.received), (0, 0), 'octets while inactive')
    lab.ca.transact(calls.in_context(
        call.context, *(calls.command('Modify', end.id, calls.stream(mode='SendReceive'))
                        for end in (call.access, call.core))))
    core.wait_received(2)
    ue.wait_received(4)
    call.subtract()


@case
def one_direction_only(lab):
    for mode, up, down in (('ReceiveOnly', True, False), ('SendOnly', False, True)):
        call, ue, core = lab.originate('1.3')
        call.modify(call.access, calls.stream(mode=mode))
        ue.send(b'up')
        core.send(b'down')
        if up:
            core.wait_received(2)
        if down:
            ue.wait_received(4)
        ends.still(0.5)
        equal((core.received, ue.received), (2 * up, 4 * down), f'octets in mode {mode}')
        call.modify(call.access, calls.stream(mode='SendReceive'))
        core.wait_received(2)
        ue.wait_received(4)
        call.subtract()


@case
def held_in_the_middle_of_a_transfer(lab):
    data = lab.file(16 * MIB)
    call, ue, core = lab.originate('1.2')
    ue.send_file(data, 16 * MIB)
    core.wait_received(MIB)
    call.modify(call.core, calls.stream(mode='Inactive'))

    def sent():
        return lab.kmgw.endpoint(call.core.id)['stats']['tx_octets']
    net.wait_for(lambda: core.received == sent(), 'what TCP had already')
    at = core.received
    true(at < 16 * MIB, 'nothing was held back')
    ends.still(0.5)
    equal((core.received, sent()), (at, at), 'octets while inactive')
    call.modify(call.core, calls.stream(mode='SendReceive'))
    intact(core, data, 16 * MIB)
    call.subtract()


run()
