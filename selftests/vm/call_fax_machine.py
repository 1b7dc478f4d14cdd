#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug
"""Real faxes, spandsp at both ends: every page arrives, with loss, in fragments, and after a call."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import contextlib
import socket
import subprocess

FAX = os.path.join(net.BUILD, 'fax')
SPEED = 5	# times as fast as a real machine: its timers run so fast, too
PAGES = 2
UE_PORT, CORE_PORT = 49180, 49170


class Machine:
    """A fax machine at one end of a call."""

    def __init__(self, lab, ns, verb, path, address, port, far, beat, **options):
        options.setdefault('speed', SPEED)
        options['beat'] = beat.fileno()
        self.name = f'{verb} in {ns}'
        self.child = lab.popen(ns, FAX, verb, path, address, str(port), far[0], str(far[1]),
                               *(f'{k}={v}' for k, v in options.items()),
                               pass_fds=(beat.fileno(),), stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        beat.close()

    def heard(self):
        """Waits until it has heard the other's voice."""
        equal(self.child.stdout.readline().strip(), 'heard', self.name)

    def secured(self):
        """Waits until it has an association."""
        if self.child.stdout.readline().strip() != 'secured':
            raise Failed(f'{self.name}: {self.child.stderr.read().strip()}')

    def start(self):
        """The voice ends, or the fax begins."""
        self.child.stdin.write('fax\n')
        self.child.stdin.flush()

    def result(self, seconds=240):
        out, err = self.child.communicate(timeout=seconds * (4 if SLOW else 1))
        if self.child.returncode and not out.strip():
            raise Failed(f'{self.name}: {err.strip()}')
        what = json.loads(out.splitlines()[-1])
        comment(f'{self.name}: {what} {err.strip()}')
        return what


def pages(lab):
    path = os.path.join(lab.directory, 'pages.tif')
    if not os.path.exists(path):
        net.run(FAX, 'make', path, str(PAGES), '200')
    return path


def keyed(lab, *machines):
    """The association of a machine, and the keys in the module, too."""
    for machine, end in machines:
        machine.secured()
        net.wait_for(lambda e=end: 'cipher' in lab.kmgw.endpoint(e.id).get('dtls', {}), 'keys')
    for machine, _ in machines:
        machine.start()


def fax_through(lab, call, ue=None, core=None, before=None, ok=True, **both):
    """A fax from the UE to the core; what both machines have seen."""
    sent, got = pages(lab), os.path.join(lab.directory, 'got.tif')
    beat_ue, beat_core = socket.socketpair()
    with contextlib.suppress(FileNotFoundError):
        os.unlink(got)

    def send():
        return Machine(lab, lab.ue, 'send', sent, calls.UE, UE_PORT, call.access.at,
                       beat_ue, **both, **(ue or {}))

    def receive():
        return Machine(lab, lab.core, 'receive', got, calls.CORE, CORE_PORT, call.core.at,
                       beat_core, **both, **(core or {}))

    if before:
        receiver, sender = receive(), send()
        before(sender, receiver)
    elif core:
        receiver, sender = receive(), send()
        keyed(lab, (sender, call.access), (receiver, call.core))
    elif ue:
        sender = send()
        keyed(lab, (sender, call.access))	# a machine that answers does not wait for long
        receiver = receive()
    else:
        receiver, sender = receive(), send()
    seen = sender.result(), receiver.result()
    if not ok:
        return seen
    equal([(s['result'], s['pages']) for s in seen], [('OK', PAGES)] * 2, 'the fax')
    equal(net.run(FAX, 'compare', sent, got).strip(), str(PAGES), 'pages that are the same')
    return seen


def plain(lab, proto='udptl'):
    return calls.fax(lab.ca, (calls.UE, UE_PORT), (calls.CORE, CORE_PORT), proto)


def lossy(lab, percent):
    """Datagrams get lost on both links, toward the ends."""
    for dev in 'access', 'core':
        lab.gw_ns.run('tc', 'qdisc', 'replace', 'dev', dev, 'root', 'netem', 'loss', f'{percent}%',
                      'limit', '10000')


def lossless(lab):
    for dev in 'access', 'core':
        lab.gw_ns.run('tc', 'qdisc', 'del', 'dev', dev, 'root', check=False)


@case
def plain_to_plain(lab):
    call = plain(lab)
    sender, receiver = fax_through(lab, call)
    equal((sender['lost'], receiver['lost']), (0, 0), 'packets lost')
    stats = call.subtract()
    true(stats[0]['nt/or'] > stats[0]['nt/os'], f'the fax went from UE to core: {stats}')


@case
def five_per_cent_lost_and_made_good_by_redundancy(lab):
    call = plain(lab, 'UDP')
    lossy(lab, 5)
    try:
        sender, receiver = fax_through(lab, call, redundancy=5)
    finally:
        lossless(lab)
    true(receiver['lost'] > 5, f'nothing got lost: {receiver}')
    equal(receiver['recovered'], receiver['lost'], 'packets recovered')
    call.subtract()


@case
def ecm_frames_with_redundancy_larger_than_the_mtu(lab):
    call = plain(lab)
    sender, _ = fax_through(lab, call, frames=1, redundancy=7)
    true(sender['largest'] > 1500, f'the largest datagram: {sender["largest"]}')
    call.subtract()


def secured(lab, name, role):
    """Options of a machine that speaks DTLS."""
    return {'dtls': role, 'pem': lab.certificate(name)[0]}


def voice(lab):
    """A call as it begins, with RTP."""
    def add(realm, remote):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm,
            local=calls.sdp(proto='RTP/AVP', media='audio', fmt='8'),
            remote=calls.sdp(*remote, 'RTP/AVP', 'audio', '8')))
    reply = lab.ca.transact(calls.in_context('$', add('access', (calls.UE, UE_PORT)),
                                             add('core', (calls.CORE, CORE_PORT))))
    access, core = (calls.End(n) for n in reply.all('Context.Add'))
    return calls.Call(lab.ca, reply['Context'].value, access, core)


def image(call, end, remote, **how):
    call.modify(end, calls.stream(local=calls.sdp(*end.at, 'udptl', 'image', 't38'),
                                  remote=calls.sdp(*remote, 'udptl', 'image', 't38')), **how)


@case
def a_call_that_becomes_a_fax(lab):
    call = voice(lab)

    def switch(sender, receiver):
        sender.heard()
        receiver.heard()
        image(call, call.access, (calls.UE, UE_PORT))
        image(call, call.core, (calls.CORE, CORE_PORT))
        sender.start()
        receiver.start()

    fax_through(lab, call, voice=1, before=switch)
    call.subtract()


@case
def a_call_that_becomes_a_secure_fax(lab):
    """On the same port; the far end's voice goes on until the association is there."""
    for role in 'client', 'server':
        comment(f'the machine is {role}')
        call = voice(lab)

        def switch(sender, receiver, call=call, role=role):
            sender.heard()
            receiver.heard()
            image(call, call.core, (calls.CORE, CORE_PORT))
            server = role == 'server'
            call.modify(call.access, calls.stream(
                local=calls.sdp(*call.access.at, 'UDP/DTLS', 'image', fingerprint='$ $'),
                remote=calls.sdp(calls.UE, UE_PORT, 'UDP/DTLS', 'image',
                                 setup='passive' if server else 'active',
                                 fingerprint=lab.certificate('ue')[1])),
                signals='tlsbsc/EstBNC { Stream = 1 }' if server else None)
            sender.start()
            keyed(lab, (sender, call.access))
            receiver.start()

        fax_through(lab, call, ue=secured(lab, 'ue', role), voice=1, before=switch)
        call.subtract()


@case
def dtls_to_plain(lab):
    call = calls.secure_fax(lab.ca, lab.certificate('ue')[1])
    fax_through(lab, call, ue=secured(lab, 'ue', 'client'))
    stats = call.subtract()
    true(stats[0]['nt/or'] > stats[1]['nt/os'] + 1000, f'records are larger: {stats}')


def secured_both(lab, roles):
    """
    T.38 over DTLS on both sides. roles: of the machines at the UE and at the core; the gateway has
    the other one.
    """
    def remote(port, address, role, name):
        return calls.sdp(address, port, 'UDP/DTLS', 'image',
                         setup='passive' if role == 'server' else 'active',
                         fingerprint=lab.certificate(name)[1])

    def add(realm, role, far):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm,
            local=calls.sdp(proto='UDP/DTLS', media='image', fingerprint='$ $'), remote=far),
            events='tlsbsc/BNCChange { Type = EstFail }, g/cause', request=4011,
            signals='tlsbsc/EstBNC { Stream = 1 }' if role == 'server' else None)
    reply = lab.ca.transact(calls.in_context(
        '$', add('access', roles[0], remote(UE_PORT, calls.UE, roles[0], 'ue')),
        add('core', roles[1], remote(CORE_PORT, calls.CORE, roles[1], 'core'))))
    access, core = (calls.End(n) for n in reply.all('Context.Add'))
    return calls.Call(lab.ca, reply['Context'].value, access, core)


@case
def dtls_to_dtls(lab):
    for roles in ('client', 'server'), ('server', 'client'):
        comment(f'machines are {roles}')
        call = secured_both(lab, roles)
        fax_through(lab, call, ue=secured(lab, 'ue', roles[0]), core=secured(lab, 'core', roles[1]))
        call.subtract()


@case
def ecm_frames_larger_than_the_mtu_dtls_to_dtls(lab):
    call = secured_both(lab, ('client', 'client'))
    sender, _ = fax_through(lab, call, ue=secured(lab, 'ue', 'client'),
                            core=secured(lab, 'core', 'client'), frames=1, redundancy=7)
    true(sender['largest'] > 1500, f'the largest datagram: {sender["largest"]}')
    call.subtract()


run()
