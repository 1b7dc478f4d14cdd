#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""A TCP connection that is refused gives the failure event of the end that was refused."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


@case
def ue_refuses(lab):
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7654))
    notify = lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    equal(notify.request, '2011', 'RequestID')
    lab.ca.no_notify()
    call.subtract()


@case
def core_refuses(lab):
    call = calls.originating(lab.ca, lab.certificate()[1], core=(calls.CORE, 2855))
    try:
        ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False))
    except ConnectionResetError:
        ue = None       # let go before it knew that it was connected
    notify = lab.ca.wait_notify('tcpbcc/BNCChange', call.core.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    equal(notify.request, '1011', 'RequestID')
    true(not ue or ue.wait_end(), 'the UE is let go')
    lab.ca.no_notify()
    call.subtract()


@case
def a_refused_call_can_be_opened_again(lab):
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7654))
    lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    calls.answered(call, lab.certificate()[1], (listener.address, listener.port))
    ue = lab.accept(listener).wait_handshake()
    core = lab.connect(lab.core, *call.core.at)
    core.send(b'hello')
    ue.wait_received(5)
    call.subtract()


run()
