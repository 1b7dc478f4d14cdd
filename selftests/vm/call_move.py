#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 200
# kernels: vm debug new
"""A leg moves to another call: its media follows, its port and statistics stay; topology gates what flows."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

OTHER = '10.2.0.3'


def legs(lab):
    """A call between UE and core, and another leg alone; their far ends."""
    ue = lab.datagrams(lab.ue, calls.UE, 49180)
    core, other = (lab.datagrams(lab.core, a, 49170) for a in (calls.CORE, OTHER))
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    reply = lab.ca.transact(calls.in_context('$', calls.command(
        'Add', 'ip/1/core/$', calls.stream(mode='SendReceive', local=calls.sdp(proto='UDP', media='image'),
                                           remote=calls.sdp(OTHER, 49170, 'UDP', 'image')))))
    return ue, core, other, call, reply['Context'].value, calls.End(reply['Context.Add'], 1)


def passes(near, at, far, source, payload):
    near.send(payload, at)
    equal(far.receive(), (payload, source), 'datagram and its source')


@case
def media_follows(lab):
    ue, core, other, call, context, third = legs(lab)
    passes(ue, call.access.at, core, call.core.at, b'1' * 100)
    passes(core, call.core.at, ue, call.access.at, b'2' * 200)
    before = lab.kmgw.endpoint(call.access.id)
    reply = lab.ca.transact(f'Context = {context} {{ Move = {call.access.id} {{ Audit {{ Statistics }} }} }}')
    equal(reply['Context.Move'].value.lower(), call.access.id.lower(), 'the termination that moved')
    passes(ue, call.access.at, other, third.at, b'3' * 300)
    passes(other, third.at, ue, call.access.at, b'4' * 400)
    core.send(b'late', call.core.at)
    net.wait_for(lambda: lab.kmgw.endpoint(call.core.id)['drops'].get('no_peer'), 'drop without peer')
    true(ue.empty(), 'the old far end is heard no more')
    after = lab.kmgw.endpoint(call.access.id)
    equal((after['local'], str(after['context'])), (before['local'], context), 'port and context')
    # a daemon that starts now finds the leg where it is
    lab.kmgwd.kill()
    lab.restart_gateway()
    passes(ue, call.access.at, other, third.at, b'5' * 500)
    # the context goes with the last that moves away
    lab.ca.transact(f'Context = {context} {{ Subtract = {third.id} {{ Audit {{ }} }} }}, '
                    f'Context = {context} {{ Move = {call.core.id} }}')
    lab.ca.expect_error(411, f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
    passes(ue, call.access.at, core, call.core.at, b'6' * 600)
    call.context = context
    access, core_stats = call.subtract()
    equal((access['nt/or'], access['nt/os']), (1500, 600), 'octets of the leg that moved')
    equal((core_stats['nt/or'], core_stats['nt/os']), (204, 700), 'octets of the old far end')
    lab.nothing_left()


@case
def a_connection_stays(lab):
    call, ue, core = lab.originate('1.3')
    lab.ca.expect_error(501, f'Context = $ {{ Move = {call.access.id} }}')
    ue.send(b'goes on')
    core.wait_received(7)
    call.subtract()
    lab.nothing_left()


@case
def a_listener_moves(lab):
    call = calls.terminating(lab.ca, answer=False)
    reply = lab.ca.transact(f'Context = $ {{ Move = {call.core.id} }}')
    true(reply['Context'].value != call.context, 'a context of its own')
    equal(str(lab.kmgw.endpoint(call.core.id)['context']), reply['Context'].value, 'its context')
    lab.connect(lab.core, *call.core.at)
    lab.ca.transact(f'Context = {reply["Context"].value} {{ Subtract = * {{ Audit {{ }} }} }}, '
                    f'Context = {call.context} {{ Subtract = * {{ Audit {{ }} }} }}')
    lab.nothing_left()


@case
def topology_gates(lab):
    ue, core, _, call, context, _ = legs(lab)

    def flows(topology, up, down):
        lab.ca.transact(f'Context = {call.context} {{ Topology {{ {topology} }} }}')
        if up:
            passes(ue, call.access.at, core, call.core.at, b'up')
        else:
            ue.send(b'up', call.access.at)
        if down:
            passes(core, call.core.at, ue, call.access.at, b'down')
        else:
            core.send(b'down', call.core.at)
        net.wait_for(lambda: sum(lab.kmgw.endpoint(e.id)['stats']['rx_packets']
                                 for e in (call.access, call.core)) >= flows.sent, 'datagrams counted')
        flows.sent += 2
        true(core.empty() and ue.empty(), f'{topology}: what may not flow')

    flows.sent = 2
    flows('*, *, Isolate', False, False)
    flows(f'{call.access.id}, {call.core.id}, Oneway', True, False)
    flows(f'{call.core.id}, {call.access.id}, Oneway', False, True)
    lab.kmgwd.kill()
    lab.restart_gateway()
    flows(f'{call.core.id}, {call.access.id}, Oneway, Stream = 2', False, True)
    flows(f'{call.access.id}, {call.core.id}, Bothway', True, True)
    call.subtract()
    lab.ca.transact(f'Context = {context} {{ Subtract = * {{ Audit {{ }} }} }}')
    lab.nothing_left()


run()
