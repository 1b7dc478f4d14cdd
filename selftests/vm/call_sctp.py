#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""H.248 over SCTP: a call, large messages, two paths of which one fails, an association that is lost."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import socket
import struct

import sctp

AUDIT = 'Context = - { AuditValue = ROOT { Audit { } } }'
FIRST, SECOND = ('10.0.0.1', '10.0.0.2'), ('10.9.0.1', '10.9.0.2')	# (gateway, MGC)


def works(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    core.send(b'hello')
    ue.wait_received(5)
    ue.reset()
    lab.ca.wait_notify('g/cause', call.access.id)
    call.subtract()


@case(agent={'transport': 'sctp'})
def a_call(lab):
    works(lab)


@case(agent={'transport': 'sctp', 'address': 'fd00:0:0:0::2'}, mid='[fd00:0:0:0::1]:2944',
      mgc=({'address': 'fd00:0:0:0::2', 'transport': 'sctp'},))
def a_call_over_ipv6(lab):
    works(lab)


@case(agent={'transport': 'sctp'})
def messages_of_many_chunks(lab):
    text, number = lab.ca.request(AUDIT + ' ' * 60000)
    lab.ca.exchange(text, number)
    head = lab.ca._message('').split('\r\n')[0]
    body = ''.join(f'Transaction = {900000 + i} {{ Context = - {{ AuditValue = ROOT {{ Audit {{ '
                   f'Packages }} }} }} }}\r\n' for i in range(200))
    before = len(lab.ca.log)
    lab.ca.send_raw(f'{head}\r\n{body}')

    def replies():
        return [t for _, way, t in lab.ca.log[before:] if way == '<']
    net.wait_for(lambda: sum(t.count('Reply = 9') for t in replies()) == 200, '200 replies')
    true(max(len(t) for t in replies()) > 3000, 'no message of ours was larger than a packet')
    lab.ca.check()


@case(agent={'transport': 'sctp'})
def not_every_message_is_h248(lab):
    sock = lab.ca.peer
    sctp.send(sock, b'stranger', 46)
    lab.ca.transact(AUDIT)


@case(agent={'transport': 'sctp'})
def an_mgc_that_connects_is_answered_there(lab):
    text, number = lab.ca.request(AUDIT)
    with lab.mgc_ns.socket(socket.AF_INET, socket.SOCK_STREAM, sctp.PROTO) as sock:
        sock.settimeout(mgc.PATIENCE)
        sock.setsockopt(sctp.PROTO, sctp.EVENTS, bytes([1]) + bytes(9))
        sock.connect(('10.0.0.1', 2944))
        sctp.send(sock, text.encode())
        answer, ppid = sctp.receive(sock)
    equal(ppid, sctp.PPID, 'payload protocol identifier')
    true(f'Reply = {number}' in answer.decode(), f'answer: {answer}')


@case(agent={'transport': 'sctp'})
def registers_again_when_the_association_is_lost(lab):
    call, ue, core = lab.originate('1.3')
    # ABORT
    lab.ca.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    lab.ca.peer.close()
    change = lab.ca.wait_registered()
    equal((change.method, change.reason), ('Disconnected', 900), 'ServiceChange')
    ue.send(b'still here')
    core.wait_received(10)
    call.subtract()


def second_path(lab):
    net.run('ip', '-b', '-', text='link add second netns gw type veth peer name eth1 netns mgc\n')
    lab.gw_ns.ip('link set second up\naddr add 10.9.0.1/24 dev second\n')
    lab.mgc_ns.ip('link set eth1 up\naddr add 10.9.0.2/24 dev eth1\n')


def break_path(lab, devices, broken=True):
    for ns, device in devices:
        ns.run('tc', 'qdisc', 'replace' if broken else 'del', 'dev', device, 'root',
               *(('netem', 'loss', '100%') if broken else ()))


@case
def one_of_two_paths_fails(lab):
    second_path(lab)
    lab.stop()
    lab.start({'mgc': ({'address': FIRST[1], 'transport': 'sctp', 'more': [SECOND[1]]},),
               'local': [SECOND[0]], 'sctp_heartbeat': 1},
              transport='sctp', address=FIRST[1], more=[SECOND[1]])
    changes = len(lab.ca.changes)
    first = ((lab.gw_ns, 'control'), (lab.mgc_ns, 'eth0'))
    second = ((lab.gw_ns, 'second'), (lab.mgc_ns, 'eth1'))
    works(lab)
    break_path(lab, first)
    works(lab)
    net.wait_for(lambda: f'[{FIRST[1]}]:2944 cannot be reached' in lab.kmgwd.tail(),
                 'word of the path that failed')
    break_path(lab, first, broken=False)
    net.wait_for(lambda: f'[{FIRST[1]}]:2944 can be reached' in lab.kmgwd.tail(),
                 'word of the path that is back')
    break_path(lab, second)
    works(lab)
    equal(len(lab.ca.changes), changes, 'ServiceChanges')


run()
