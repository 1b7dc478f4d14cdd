#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""Each guard timer that expires gives its Notify; waiting passively runs none."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import contextlib
import ssl


def blackhole(lab):
    """An address of the access network that takes SYNs and says nothing."""
    mac = net.json.loads(lab.ue.run('ip', '-j', 'link', 'show', 'eth0'))[0]['address']
    lab.gw_ns.ip(f'neigh replace 10.1.0.66 lladdr {mac} dev access nud permanent\n')
    return '10.1.0.66'


def failed(lab, event, end):
    notify = lab.ca.wait_notify(event, end.id if end else None)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    lab.ca.no_notify()
    return notify


@case(tcp_active_guard=0.5)
def tcp_active_guard(lab):
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(blackhole(lab), 7654))
    failed(lab, 'tcpbcc/BNCChange', call.access)
    call.subtract()


@case(tls_guard=0.5)
def tls_guard_as_client(lab):
    listener = lab.listen(lab.ue, calls.UE, handshake=False)
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(listener.address, listener.port))
    ue = lab.accept(listener)
    failed(lab, 'tlsbsc/BNCChange', call.access)
    true(ue.wait_end() in ('fin', 'reset'), 'TCP goes with TLS')
    call.subtract()


@case(tls_guard=0.5)
def tls_guard_as_server(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at)
    failed(lab, 'tlsbsc/BNCChange', call.access)
    true(ue.wait_end() in ('fin', 'reset'), 'TCP goes with TLS')
    equal(ue.received, 0, 'octets from a gateway that waits for ClientHello')
    call.subtract()


@case(tls_guard=0.5)
def half_a_client_hello(lab):
    # without a fingerprint nothing runs, until the UE has begun to speak
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at)
    core = lab.accept(listener)
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        lab.tls(False).wrap_bio(ssl.MemoryBIO(), out).do_handshake()
    hello = out.read()
    ue.send(hello[:len(hello) // 2])
    failed(lab, 'tlsbsc/BNCChange', call.access)
    true(ue.wait_end() in ('fin', 'reset'), 'TCP goes with TLS')
    # alerts are all that it is told
    equal(bytes(ue.data)[::7], b'\x15' * (ue.received // 7), 'records for the UE')
    equal((ue.received % 7, core.received), (0, 0), 'octets that anybody was sent')
    true(core.wait_end() in ('fin', 'reset'), 'the far end is let go')
    call.subtract()


@case(tls_guard=4)
def tls_guard_does_not_run_without_a_fingerprint(lab):
    # the handshake that follows is guarded, so the guard leaves it time
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False), handshake=False)
    ends.still(5)
    lab.ca.no_notify()
    ue.start_handshake()
    ue.wait_handshake()
    call.modify(call.access, calls.stream(remote=calls.sdp(
        calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=lab.certificate()[1])))
    ue.send(b'hello')
    lab.accept(listener).wait_received(5)
    lab.ca.no_notify()
    call.subtract()


@case(peer_guard=0.5)
def peer_guard(lab):
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(listener.address, listener.port))
    ue = lab.accept(listener)
    notify = failed(lab, 'tcpbcc/BNCChange', None)
    equal(notify.termination.lower(), call.core.id.lower(), 'the end that is missing')
    true(ue.wait_end(), 'the end that was up is closed')
    call.subtract()


@case(peer_guard=4, tls_guard=4, tcp_active_guard=4)
def waiting_for_the_answer_runs_no_timer(lab):
    # the core has connected, the UE's Remote is not known: the invitation rings. What follows the
    # answer is guarded, so the guards leave it time.
    call = calls.terminating(lab.ca, answer=False)
    core = lab.connect(lab.core, *call.core.at)
    core.send(b'early')
    ends.still(5)
    lab.ca.no_notify()
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    calls.answered(call, lab.certificate()[1], (listener.address, listener.port))
    ue = lab.accept(listener).wait_handshake()
    ue.wait_received(5)
    lab.ca.no_notify()
    call.subtract()


run()
