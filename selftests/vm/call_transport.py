#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""The same call over TCP and with compact encoding; messages that are split, joined and repeated."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import socket
import struct


def works(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    core.send(b'hello')
    ue.wait_received(5)
    ue.reset()
    lab.ca.wait_notify('g/cause', call.access.id)
    call.subtract()


@case(agent={'transport': 'tcp'})
def tcp(lab):
    works(lab)


@case(encoding='compact', agent={'compact': True})
def compact_encoding(lab):
    works(lab)


@case(encoding='compact', agent={'transport': 'tcp', 'compact': True})
def tcp_and_compact_encoding(lab):
    works(lab)


@case
def short_tokens_to_a_gateway_that_writes_long_ones(lab):
    lab.ca.compact = True
    try:
        works(lab)
    finally:
        lab.ca.compact = False


@case(version=1, agent={'version': 1})
def protocol_version_1(lab):
    works(lab)


@case(version=3, agent={'version': 2})
def offered_3_agreed_2(lab):
    works(lab)


@case(profile='threegiq/1', tls_start='auto')
def a_profile_is_offered(lab):
    lab.kmgwd.stop()
    lab.kmgwd.start()
    equal(lab.ca.wait_registered().profile.lower(), 'threegiq/1', 'Profile in ServiceChange')
    works(lab)


@case(agent={'transport': 'tcp'})
def tpkt_in_pieces_and_several_in_one(lab):
    one, n1 = lab.ca.request('Context = - { AuditValue = ROOT { Audit { } } }')
    two, n2 = lab.ca.request('Context = - { AuditValue = ROOT { Audit { } } }')
    sock = lab.ca.peer
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b''.join(struct.pack('>BBH', 3, 0, len(t) + 4) + t.encode() for t in (one, two))
    before = lab.ca.received
    for at in range(0, len(data) - 40, 7):
        sock.sendall(data[at:at + 7])
    sock.sendall(data[len(range(0, len(data) - 40, 7)) * 7:])
    net.wait_for(lambda: lab.ca.received >= before + 2, 'two replies')
    lab.ca.check()


@case(agent={'transport': 'tcp'})
def registers_again_when_tcp_is_lost(lab):
    call, ue, core = lab.originate('1.3')
    lab.ca.peer.shutdown(socket.SHUT_RDWR)
    change = lab.ca.wait_registered()
    equal((change.method, change.reason), ('Disconnected', 900), 'ServiceChange')
    ue.send(b'still here')
    core.wait_received(10)
    call.subtract()


run()
