#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""TCP that the far ends have with each other goes through segment by segment, TLS in it included."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


SIZE = (1 if SLOW else 16) * MIB


def plane(lab, call, want):
    for end in (call.access, call.core):
        equal(lab.kmgw.endpoint(end.id)['plane'], want, f'plane of {end.id}')


def talk(lab, ue, core, size=MIB):
    data = lab.file(size)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, size)
    intact(ue, data, size)


def connected(lab, local=(None, None), remote=(None, None), **how):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.joined(lab.ca, local, remote, core=(listener.address, listener.port), **how)
    ue = lab.connect(lab.ue, *call.access.at)
    return call, ue, lab.accept(listener)


@case
def without_setup_either_end_may_begin(lab):
    # the Remote of an end that connects names the port it would have listened on
    call, ue, core = connected(lab, ue=(calls.UE, 7654))
    plane(lab, call, 'relay')
    talk(lab, ue, core, SIZE)
    # the gateway has no socket of it
    equal(lab.sockets(), 0, 'sockets attached')
    ue.finish()
    equal(core.wait_end(), 'fin', 'end at the core')
    core.send(b'half-close')
    ue.wait_received(SIZE + 10)
    core.finish()
    equal(ue.wait_end(), 'fin', 'end at the UE')
    for end in call.access, call.core:
        equal(lab.ca.wait_notify('g/cause', end.id).params.get('Generalcause'), 'NR', 'cause')
    access, far = call.subtract()
    equal((access['nt/or'], access['nt/os']), (SIZE, SIZE + 10), 'octets of the UE')
    equal((far['nt/or'], far['nt/os']), (SIZE + 10, SIZE), 'octets of the core')

    listener = lab.listen(lab.ue, calls.UE)
    call = calls.joined(lab.ca, ue=(listener.address, listener.port), core=(calls.CORE, 2855))
    core = lab.connect(lab.core, *call.core.at)
    ue = lab.accept(listener)
    plane(lab, call, 'relay')
    talk(lab, ue, core)
    call.subtract()


@case
def passive_against_active(lab):
    call, ue, core = connected(lab, ('passive', 'active'), ('active', 'passive'))
    plane(lab, call, 'relay')
    talk(lab, ue, core)
    ue.reset()
    equal(core.wait_end(), 'reset', 'end at the core')
    equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'FT', 'cause')
    lab.ca.no_notify()
    call.subtract()


@case
def tls_of_the_far_ends_passes(lab):
    pem, _ = lab.certificate()
    lab.popen(lab.core, 'openssl', 's_server', '-accept', f'{calls.CORE}:2855', '-cert',
              pem + '.crt', '-key', pem + '.key', '-rev', '-naccept', '1')
    net.wait_for(lambda: lab.core.run('ss', '-Hltn', 'sport = :2855').strip(), 'openssl to listen')
    call = calls.joined(lab.ca, core=(calls.CORE, 2855))
    host, port = call.access.at
    child = lab.popen(lab.ue, 'openssl', 's_client', '-connect', f'{host}:{port}', '-CAfile',
                      pem + '.crt', '-verify_return_error', '-quiet',
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b'end to end\n')
    child.stdin.flush()
    equal(child.stdout.readline(), b'dne ot dne\n', 'what came back')
    plane(lab, call, 'relay')
    call.subtract()


@case
def fixed_by_the_first_syn(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.joined(lab.ca, core=(listener.address, listener.port))
    plane(lab, call, 'relay')
    to_merge = [calls.stream(local=calls.sdp(*end.at, setup='passive'))
                for end in (call.access, call.core)]
    # before, the plane follows what is wanted
    call.modify(call.access, to_merge[0])
    plane(lab, call, 'splice')
    call.modify(call.core, to_merge[1])
    plane(lab, call, 'merge')
    for end in (call.access, call.core):
        call.modify(end, calls.stream(local=calls.sdp(*end.at)))
    plane(lab, call, 'relay')
    ue = lab.connect(lab.ue, *call.access.at)
    core = lab.accept(listener)
    lab.ca.transact(calls.in_context(call.context, calls.command(
        'Modify', call.access.id, to_merge[0])), error=473)
    plane(lab, call, 'relay')
    talk(lab, ue, core)
    # the same once more is nothing new, and EstBNC into what is up, neither
    call.modify(call.core, calls.stream(local=calls.sdp(*call.core.at)),
                signals='tcpbcc/EstBNC { Stream = 1 }')
    plane(lab, call, 'relay')
    ue.send(b'still there')
    core.wait_received(MIB + 11)
    lab.ca.no_notify()
    # a new connection is another matter
    call.modify(call.access, calls.stream(
        local=calls.sdp(*call.access.at, setup='passive', extra=('a=connection:new',)),
        remote=calls.sdp(calls.UE, 9, setup='active', extra=('a=connection:new',))))
    plane(lab, call, 'splice')
    equal(core.wait_end(), 'reset', 'end of the old connection')
    call.subtract()


@case
def refused_by_one_is_seen_by_the_other(lab):
    call = calls.joined(lab.ca, core=(calls.CORE, 2855))
    try:
        lab.connect(lab.ue, *call.access.at)
        raise Failed('connected to nobody')
    except ConnectionRefusedError:
        pass
    lab.ca.wait_notify('tcpbcc/BNCChange', call.core.id)
    lab.ca.no_notify()
    call.subtract()


@case(peer_guard=1)
def nobody_answers(lab):
    # 10.2.0.9 is not there; the guard is told where the answer is missing
    call = calls.joined(lab.ca, core=('10.2.0.9', 2855))
    sock = lab.ue.socket()
    sock.setblocking(False)
    sock.connect_ex(call.access.at)
    lab.ca.wait_notify('tcpbcc/BNCChange', call.core.id)
    lab.ca.no_notify()
    sock.close()
    call.subtract()


@case
def a_daemon_that_dies_leaves_it_alone(lab):
    call, ue, core = connected(lab)
    talk(lab, ue, core)
    lab.kmgwd.kill(signal.SIGKILL)
    ue.send(b'without a daemon')
    core.wait_received(MIB + 16)
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    core.send(b'and with the next')
    ue.wait_received(MIB + 17)
    plane(lab, call, 'relay')
    ue.reset()
    equal(core.wait_end(), 'reset', 'end at the core')
    equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'FT', 'cause')
    call.subtract()


@case
def filtered_syn_is_dropped_in_silence(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.joined(lab.ca, core=(listener.address, listener.port), ue=(calls.UE, 9),
                        filters=('gm/saf = ON, gm/sam = "10.1.0.77/32"', ''))
    sock = lab.ue.socket()
    sock.settimeout(0.5)
    try:
        sock.connect(call.access.at)
        raise Failed('connected past the filter')
    except TimeoutError:
        pass
    sock.close()
    true(listener.idle(), 'a SYN came through')
    drops = json.dumps(lab.kmgw.endpoint(call.access.id)['drops'])
    true('filter' in drops, f'drops: {drops}')
    call.subtract()


run()
