#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""An Ix profile: TCP relayed, merged and interlinked, and no TLS session control."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


ix = case(profile='threegix/1', profile_variant='ix')
FAIL = 'tcpbcc/BNCChange { Type = EstFail }, g/cause'


def talk(lab, ue, core):
    data = lab.file(MIB)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, MIB)
    intact(ue, data, MIB)


@ix
def relay(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.joined(lab.ca, core=(listener.address, listener.port), events=FAIL)
    ue = lab.connect(lab.ue, *call.access.at)
    talk(lab, ue, lab.accept(listener))
    equal(lab.kmgw.endpoint(call.core.id)['plane'], 'relay', 'plane')
    call.subtract()


@ix
def merge(lab):
    call = calls.joined(lab.ca, ('passive', 'passive'), ('active', 'active'),
                        core=(calls.CORE, 9), events=FAIL)
    first = lab.ue.socket()
    first.setblocking(False)
    first.connect_ex(call.access.at)
    core = lab.connect(lab.core, *call.core.at)
    ue = lab.keep(ends.Connection(first))
    talk(lab, ue, core)
    equal(lab.kmgw.endpoint(call.core.id)['plane'], 'merge', 'plane')
    call.subtract()


@ix
def interlinked(lab):
    # the SYN of the UE has the gateway, which was told nothing more, connect to the core
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.joined(lab.ca, ('passive', 'actpass'), ('active', 'passive'),
                        core=(listener.address, listener.port), events=FAIL)
    call.modify(call.access, calls.stream(
        properties=f'seplink/linktopo = "{call.core.id},1,EstBNC"'))
    ue = lab.connect(lab.ue, *call.access.at)
    talk(lab, ue, lab.accept(listener))
    equal(lab.kmgw.endpoint(call.core.id)['plane'], 'splice', 'plane')
    call.subtract()


@ix
def datagrams(lab):
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    ue = lab.datagrams(lab.ue, calls.UE, 49180)
    call = calls.fax(lab.ca)
    ue.send(b'datagram', call.access.at)
    equal(core.receive()[0], b'datagram', 'what came')
    call.subtract()


@ix
def no_tls_session_control(lab):
    call = calls.joined(lab.ca, events=FAIL)
    lab.ca.transact(calls.in_context(call.context, calls.command(
        'Modify', call.access.id, signals='tlsbsc/EstBNC { Stream = 1 }')), error=440)
    lab.ca.transact(calls.in_context(call.context, calls.command(
        'Modify', call.access.id, events='tlsbsc/BNCChange { Type = EstFail }', request=7)),
        error=440)
    call.subtract()


run()
