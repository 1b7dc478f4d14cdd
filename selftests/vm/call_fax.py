#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""T.38 UDPTL relayed by H.248: datagrams unchanged both ways, large ones in fragments, DSCP, mode, counters."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import socket


def ends_of(lab):
    return lab.datagrams(lab.ue, calls.UE, 49180), lab.datagrams(lab.core, calls.CORE, 49170)


def relay(lab, proto='udptl'):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port), proto)
    total = 0
    ifps = [bytes([n]) * (20 + 7 * n) for n in range(30)]
    for n, ifp in enumerate(ifps):
        packet = ends.udptl(n, ifp, ifps[max(0, n - 2):n][::-1])
        total += len(packet)
        ue.send(packet, call.access.at)
        got, source = core.receive()
        equal(got, packet, 'datagram at the core')
        equal(source, call.core.at, 'source seen by the core')
        core.send(packet, call.core.at)
        got, source = ue.receive()
        equal(got, packet, 'datagram at the UE')
        equal(source, call.access.at, 'source seen by the UE')
    for end in call.access, call.core:
        shown = lab.kmgw.endpoint(end.id)
        equal(shown['plane'], 'datagram', 'plane')
        equal(shown['stats']['rx_octets'], total, 'octets received')
        equal(shown['stats']['tx_octets'], total, 'octets sent')
        equal(shown['stats']['rx_packets'], len(ifps), 'packets received')
    for stats in call.subtract():
        equal((stats['nt/os'], stats['nt/or']), (total, total), 'nt/os and nt/or')


@case
def udptl_both_ways(lab):
    relay(lab, 'udptl')


@case
def udp_as_the_profile_says(lab):
    relay(lab, 'UDP')


@case
def larger_than_the_mtu(lab):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    for size in (1473, 4000, 16000):
        packet = os.urandom(size)
        ue.send(packet, call.access.at)
        equal(core.receive()[0], packet, f'{size} octets at the core')
        core.send(packet, call.core.at)
        equal(ue.receive()[0], packet, f'{size} octets at the UE')
    call.subtract()


@case
def marked_with_the_dscp_asked_for(lab):
    ue, core = ends_of(lab)
    core.sock.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port),
                     properties='ds/dscp = 46')
    ue.send(b'marked', call.access.at)
    core.sock.settimeout(ends.PATIENCE)
    _, control, _, _ = core.sock.recvmsg(100, 100)
    equal([data[0] for _, kind, data in control if kind == socket.IP_TOS], [46 << 2], 'TOS octet')
    call.subtract()


@case
def mode_gates_each_direction(lab):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port), mode='Inactive')

    def drops():
        return lab.kmgw.endpoint(call.access.id)['drops'].get('mode', 0) + \
            lab.kmgw.endpoint(call.core.id)['drops'].get('mode', 0)

    def flows(up, down):
        before, lost = drops(), (not up) + (not down)
        ue.send(b'up', call.access.at)
        core.send(b'down', call.core.at)
        if up:
            equal(core.receive()[0], b'up', 'datagram at the core')
        if down:
            equal(ue.receive()[0], b'down', 'datagram at the UE')
        net.wait_for(lambda: drops() == before + lost, 'drops by mode')
        true(core.empty() and ue.empty(), 'a datagram that the mode forbids')

    flows(False, False)
    for access, core_mode, up, down in (
            ('SendReceive', 'SendReceive', True, True), ('SendOnly', 'SendReceive', False, True),
            ('ReceiveOnly', 'SendReceive', True, False), ('SendReceive', 'SendOnly', True, False),
            ('SendReceive', 'ReceiveOnly', False, True), ('Inactive', 'SendReceive', False, False)):
        call.modify(call.access, calls.stream(mode=access))
        call.modify(call.core, calls.stream(mode=core_mode))
        flows(up, down)
    call.subtract()


@case
def remote_that_comes_later_and_moves(lab):
    ue, core = ends_of(lab)
    other = lab.datagrams(lab.core, '10.2.0.3')
    call = calls.fax(lab.ca, (ue.address, ue.port), ('0.0.0.0', 0))
    ue.send(b'hold', call.access.at)
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['drops'].get('no_remote'),
                 'drop without a destination')
    for end in core, other:
        call.modify(call.core, calls.stream(remote=calls.sdp(end.address, end.port, 'udptl',
                                                             'image', 't38')))
        ue.send(b'fax', call.access.at)
        equal(end.receive()[0], b'fax', 'datagram')
    call.subtract()


@case
def filter_of_source_addresses(lab):
    ue, core = ends_of(lab)
    other = lab.datagrams(lab.ue, '10.1.0.3')
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    call.modify(call.access, calls.stream(properties=f'gm/saf = on, gm/sam = "{calls.UE}"'))
    other.send(b'stranger', call.access.at)
    ue.send(b'friend', call.access.at)
    equal(core.receive()[0], b'friend', 'datagram')
    true(core.empty(), 'a datagram of a stranger')
    equal(lab.kmgw.endpoint(call.access.id)['drops'].get('filter'), 1, 'drops by filter')
    call.subtract()


@case
def ipv6_and_mixed_families(lab):
    ue6 = lab.datagrams(lab.ue, 'fd00:0:0:1::2')
    core6 = lab.datagrams(lab.core, 'fd00:0:0:2::2')
    core4 = lab.datagrams(lab.core, calls.CORE)
    for core, family in ((core6, 6), (core4, 4)):
        reply = lab.ca.transact(calls.in_context(
            '$', calls.command('Add', 'ip/1/access/$', calls.stream(
                mode='SendReceive', realm='access',
                local=calls.sdp(proto='UDP', media='image').replace('IN IP4', 'IN IP6'),
                remote=calls.sdp(ue6.address, ue6.port, 'UDP', 'image'))),
            calls.command('Add', 'ip/1/core/$', calls.stream(
                mode='SendReceive', realm='core',
                local=calls.sdp(proto='UDP', media='image').replace('IP4', f'IP{family}'),
                remote=calls.sdp(core.address, core.port, 'UDP', 'image')))))
        access, core_end = (calls.End(n) for n in reply.all('Context.Add'))
        for size in (100, 3000):
            packet = os.urandom(size)
            ue6.send(packet, access.at)
            equal(core.receive()[0], packet, f'{size} octets at the core')
            core.send(packet, core_end.at)
            equal(ue6.receive()[0], packet, f'{size} octets at the UE')
        lab.ca.subtract(reply['Context'].value)


run()
