#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""One end is done and the other goes on: half-close, from either side; or has had as much as it may."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


DOWN = 4 * MIB


def over(lab, call, ue, core, end):
    """Both have closed; the end that was first is notified, and nothing else."""
    ue.close()
    core.close()
    notify = lab.ca.wait_notify('g/cause', end.id)
    equal(notify.params.get('Generalcause'), 'NR', 'cause')
    lab.ca.no_notify()
    call.subtract()


@case(release_linger=120)
def plain_side_ends_first_tls_1_3(lab):
    call, ue, core = lab.originate('1.3')
    data = lab.file(DOWN)
    core.send_file(data)
    core.finish()
    intact(ue, data, DOWN)
    equal(ue.wait_end(), 'notify', 'end of the core at the UE')
    ue.send_file(data)
    ue.finish()
    intact(core, data, DOWN)
    equal(core.wait_end(), 'fin', 'end of the UE at the core')
    ue.wait_fin()
    over(lab, call, ue, core, call.core)


@case(release_linger=120)
def ue_ends_first_tls_1_3(lab):
    call, ue, core = lab.originate('1.3')
    data = lab.file(DOWN)
    ue.send_file(data)
    ue.finish()
    intact(core, data, DOWN)
    equal(core.wait_end(), 'fin', 'end of the UE at the core')
    core.send_file(data)
    core.finish()
    intact(ue, data, DOWN)
    equal(ue.wait_end(), 'notify', 'end of the core at the UE')
    ue.wait_fin()
    over(lab, call, ue, core, call.access)


@case
def plain_side_ends_tls_1_2(lab):
    call, ue, core = lab.originate('1.2')
    data = lab.file(DOWN)
    core.send_file(data)
    core.finish()
    intact(ue, data, DOWN)
    equal(ue.wait_end(), 'notify', 'end of the core at the UE')
    ue.finish('both')
    equal(core.wait_end(), 'fin', 'end at the core')
    ue.wait_fin()
    equal(lab.ca.wait_notify('g/cause', call.core.id).params.get('Generalcause'), 'NR', 'cause')
    call.subtract()


@case
def ue_ends_tls_1_2(lab):
    # RFC 5246 7.2.1: what the core still says is not sent; close_notify is answered
    call, ue, core = lab.originate('1.2')
    data = lab.file(DOWN)
    ue.send_file(data)
    ue.finish()
    intact(core, data, DOWN)
    equal(core.wait_end(), 'fin', 'end of the UE at the core')
    equal(ue.wait_end(), 'notify', 'answer to close_notify')
    ue.wait_fin()
    over(lab, call, ue, core, call.access)


@case(release_linger=0.5)
def an_end_that_never_comes_is_cut(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'last words')
    ue.finish()
    core.wait_received(10)
    equal(core.wait_end(), 'fin', 'end of the UE at the core')
    ue.wait_end()
    net.wait_for(lambda: lab.sockets() == 0, 'both connections to be gone')
    call.subtract()


@case
def fin_without_close_notify_is_passed_on_as_fin(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'cut here')
    ue.finish('fin')
    core.wait_received(8)
    equal(core.wait_end(), 'fin', 'end at the core')
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['reason'] == 'truncated',
                 'reason of the end: truncated')
    call.subtract()


def enough(lab, version, **how):
    """More than a direction may carry: what it may arrives, and both ends are told in order."""
    call, ue, core = lab.originate(version, **how)
    data = lab.file(2 * MIB)
    core.send_file(data, MIB // 2)
    intact(ue, data, MIB // 2)
    ue.send_file(data)
    intact(core, data, MIB)
    equal(core.wait_end(), 'fin', 'end at the core')
    equal(ue.wait_end(), 'notify', 'end at the UE')
    equal(lab.kmgw.endpoint(call.access.id)['reason'], 'octet_limit', 'reason of the end')
    over(lab, call, ue, core, call.access)


@case(transfer_limit=1, tls_legacy=True)
def as_much_as_a_direction_may_carry(lab):
    enough(lab, '1.3')


@case(transfer_limit=1, tls_legacy=True)
def as_much_as_a_direction_may_carry_through_the_agent(lab):
    enough(lab, '1.2', ciphers='ECDHE-ECDSA-AES128-SHA256')


run()
