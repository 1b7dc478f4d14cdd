#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Two clients behind NATs of their own, both active: the gateway joins their connections into one."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import nat

SIZE = (1 if SLOW else 16) * MIB
PASSIVE = ('passive', 'passive')
ACTIVE = ('active', 'active')
BFCP = {'ue': ('10.1.0.2', 9), 'core': ('10.2.0.2', 9)}


def connecting(ns, address, port):
    sock = ns.socket()
    sock.setblocking(False)
    sock.connect_ex((address, port))
    return sock


def up(lab, sock, **how):
    net.wait_for(lambda: sock.getsockopt(1, 4) == 0 and is_connected(sock), 'the connection')
    return lab.keep(ends.Connection(sock, **how))


def is_connected(sock):
    try:
        sock.getpeername()
        return True
    except OSError:
        return False


def both(lab, call, ue_ns, core_ns, late=0.0, tls=(None, None)):
    first = connecting(ue_ns, *call.access.at)
    ends.still(late)
    second = connecting(core_ns, *call.core.at)
    return up(lab, first, tls=tls[0]), up(lab, second, tls=tls[1], server=tls[1] is not None)


@case
def two_clients_behind_nats(lab):
    with nat.home(lab.ue, 'home') as ue_ns, nat.home(lab.core, 'office') as core_ns:
        call = calls.joined(lab.ca, PASSIVE, ACTIVE, **BFCP,
                            signals='ipnapt/latch { napt = LATCH }')
        for end in (call.access, call.core):
            equal(lab.kmgw.endpoint(end.id)['plane'], 'merge', 'plane')
        ue, core = both(lab, call, ue_ns, core_ns, late=1.5)
        data = lab.file(SIZE)
        ue.send_file(data)
        core.send_file(data)
        intact(core, data, SIZE)
        intact(ue, data, SIZE)
        equal(lab.sockets(), 0, 'sockets attached')
        ue.finish()
        equal(core.wait_end(), 'fin', 'end at the core')
        core.send(b'half-close')
        ue.wait_received(SIZE + 10)
        core.finish()
        equal(ue.wait_end(), 'fin', 'end at the UE')
        equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'NR',
              'cause')
        access, far = call.subtract()
        equal((access['nt/or'], far['nt/os']), (SIZE, SIZE), 'octets from the UE')
        equal((far['nt/or'], access['nt/os']), (SIZE + 10, SIZE + 10), 'octets from the core')


@case
def tls_between_them_passes(lab):
    with nat.home(lab.ue, 'home') as ue_ns, nat.home(lab.core, 'office') as core_ns:
        call = calls.joined(lab.ca, PASSIVE, ACTIVE, **BFCP)
        pem, _ = lab.certificate()
        tls = (ends.tls_context(False, trust=pem + '.crt'), ends.tls_context(True, pem))
        ue, core = both(lab, call, ue_ns, core_ns, tls=tls)
        ue.wait_handshake()
        core.wait_handshake()
        data = lab.file(MIB)
        ue.send_file(data)
        intact(core, data, MIB)
        call.subtract()


@case(peer_guard=3)
def one_of_them_does_not_come(lab):
    call = calls.joined(lab.ca, PASSIVE, ACTIVE, **BFCP)
    sock = connecting(lab.ue, *call.access.at)
    lab.ca.wait_notify('tcpbcc/BNCChange', call.core.id)
    lab.ca.no_notify()
    sock.close()
    # with a=connection:new they may try again
    for end, far in ((call.access, calls.UE), (call.core, calls.CORE)):
        call.modify(end, calls.stream(
            local=calls.sdp(*end.at, setup='passive', extra=('a=connection:new',)),
            remote=calls.sdp(far, 9, setup='active', extra=('a=connection:new',))))
    ue, core = both(lab, call, lab.ue, lab.core)
    ue.send(b'at last')
    core.wait_received(7)
    call.subtract()


@case(features=['tls', 'dtls', 'msrp'])
def without_merge_both_are_accepted(lab):
    call = calls.joined(lab.ca, PASSIVE, ACTIVE, **BFCP)
    for end in (call.access, call.core):
        equal(lab.kmgw.endpoint(end.id)['plane'], 'splice', 'plane')
    ue = lab.connect(lab.ue, *call.access.at)
    core = lab.connect(lab.core, *call.core.at)
    data = lab.file(MIB)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, MIB)
    intact(ue, data, MIB)
    call.subtract()


run()
