#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""The same call by a call agent of other people: Erlang/OTP's megaco."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def works(lab):
    lab.ca.audit_root()
    call, ue, core = lab.originate('1.3')
    data = lab.file(MIB)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, MIB)
    intact(ue, data, MIB)
    ue.reset()
    notify = lab.ca.wait_notify('g/cause', call.access.id)
    # megaco turns names to lower case
    equal({k.lower(): v.lower() for k, v in notify.params.items()}.get('generalcause'), 'ft', 'cause')
    access, core_stats = call.subtract()
    equal((core_stats['nt/os'], core_stats['nt/or']), (MIB, MIB), 'statistics of the core')

    call, ue, core = lab.terminate('1.2')
    core.send(b'hello')
    ue.wait_received(5)
    call.subtract()

    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7654))
    notify = lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    call.subtract()
    lab.ca.expect_error(411, 'Context = 4711 { Subtract = ip/1/access/1 }')


@case(agent={'erlang': True})
def megaco_over_udp(lab):
    works(lab)


@case(agent={'erlang': True, 'transport': 'tcp'})
def megaco_over_tcp(lab):
    works(lab)


run()
