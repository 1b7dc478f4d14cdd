#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# kernels: vm debug new
"""A far end asks for a new connection: the old one carries the call until the new one is up."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

NEW = ('a=connection:new',)


def talk(ue, core, what):
    """Both ways."""
    for sender, receiver, data in ((ue, core, f'{what} there'), (core, ue, f'{what} back')):
        had = len(receiver.data)
        sender.send(data.encode())
        receiver.wait_received(had + len(data))
        equal(bytes(receiver.data[had:]).decode(), data, 'data')


def renew(lab, call, name, remote, signals=None, **more):
    call.modify(call.access, calls.stream(remote=calls.sdp(
        *remote, 'TCP/TLS', fingerprint=lab.certificate(name)[1], extra=NEW, **more)),
        signals=signals)


def connect_anew(lab, call, ue, core):
    """The UE does, with its other certificate; its new end."""
    fresh = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'other')).wait_handshake()
    equal(ue.wait_end(), 'notify', 'end of the old connection')
    ue.close()
    talk(fresh, core, 'after')
    equal(core.ended, None, 'the core has noticed nothing')
    lab.ca.no_notify()
    return fresh


def plain(lab, call):
    """Plain octets: those of the two ends agree."""
    of = {n: lab.kmgw.endpoint(end.id)['stats'] for n, end in (('access', call.access),
                                                                ('core', call.core))}
    equal((of['access']['rx_plain_octets'], of['access']['tx_plain_octets']),
          (of['core']['tx_plain_octets'], of['core']['rx_plain_octets']), 'plain octets')


@case
def the_ue_connects_anew(lab):
    call, ue, core = lab.originate()
    talk(ue, core, 'before')
    renew(lab, call, 'other', (calls.UE, 9), setup='active')
    talk(ue, core, 'meanwhile')
    fresh = connect_anew(lab, call, ue, core)
    plain(lab, call)
    fresh.finish('both')
    equal(core.wait_end(), 'fin', 'end at the core')
    core.finish()
    equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'NR', 'cause')
    call.subtract()


@case
def the_gateway_connects_anew(lab):
    call, ue, core = lab.terminate()
    talk(ue, core, 'before')
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True, 'other'))
    renew(lab, call, 'other', (listener.address, listener.port), setup='passive',
          signals='tlsbsc/EstBNC { Stream = 1 }')
    fresh = lab.accept(listener).wait_handshake()
    equal(ue.wait_end(), 'notify', 'end of the old connection')
    ue.close()
    talk(fresh, core, 'after')
    equal(core.ended, None, 'the core has noticed nothing')
    lab.ca.no_notify()
    plain(lab, call)
    call.subtract()
    equal((fresh.wait_end(), core.wait_end()), ('notify', 'fin'), 'ends')


@case
def another_fingerprint_in_two_steps(lab):
    """The call agent takes the fingerprint away, and then gives it again, and then another."""
    call, ue, core = lab.originate()
    talk(ue, core, 'before')

    def remote(*of):
        call.modify(call.access, calls.stream(remote=calls.sdp(
            calls.UE, 9, 'TCP/TLS', setup='active',
            fingerprint=lab.certificate(*of)[1] if of else None)))
    remote()
    talk(ue, core, 'without')
    remote('ue')
    talk(ue, core, 'as before')
    remote()
    remote('other')
    connect_anew(lab, call, ue, core)
    call.subtract()


@case
def a_new_one_that_fails_changes_nothing(lab):
    call, ue, core = lab.originate()
    talk(ue, core, 'before')
    renew(lab, call, 'other', (calls.UE, 9), setup='active')
    wrong = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'third'))
    lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    wrong.wait_end()
    wrong.close()
    talk(ue, core, 'after all')
    # asked for again, it comes
    renew(lab, call, 'other', (calls.UE, 9), setup='active')
    fresh = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'other')).wait_handshake()
    equal(ue.wait_end(), 'notify', 'end of the old connection')
    ue.close()
    talk(fresh, core, 'later')
    call.subtract()


@case
def both_ends_anew(lab):
    call, ue, core = lab.originate()
    talk(ue, core, 'before')
    listener = lab.listen(lab.core, calls.CORE)
    renew(lab, call, 'other', (calls.UE, 9), setup='active')
    call.modify(call.core, calls.stream(remote=calls.sdp(
        listener.address, listener.port, setup='passive', extra=NEW)),
        signals='tcpbcc/EstBNC { Stream = 1 }')
    fresh_core = lab.accept(listener)
    equal(core.wait_end(), 'fin', 'end of the old connection to the core')
    core.finish()
    talk(ue, fresh_core, 'half way')
    fresh = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'other')).wait_handshake()
    equal(ue.wait_end(), 'notify', 'end of the old connection to the UE')
    ue.close()
    talk(fresh, fresh_core, 'after')
    lab.ca.no_notify()
    call.subtract()


@case
def subtracted_and_released_meanwhile(lab):
    for how in ('subtract', 'release', 'half'):
        call, ue, core = lab.originate()
        talk(ue, core, 'before')
        renew(lab, call, 'other', (calls.UE, 9), setup='active')
        fresh = None
        if how == 'half':
            # in the middle of the handshake
            fresh = lab.connect(lab.ue, *call.access.at)
        if how == 'release':
            call.modify(call.access, signals='tcpbcc/RelBNC { Stream = 1 }')
        else:
            call.subtract()
        equal(ue.wait_end(), 'notify', f'{how}: end at the UE')
        equal(core.wait_end(), 'fin', f'{how}: end at the core')
        ue.close()
        core.close()
        if fresh:
            fresh.wait_end()
        lab.ca.no_notify()
        if how == 'release':
            call.subtract()


@case
def the_old_one_ends_first(lab):
    call, ue, core = lab.originate()
    talk(ue, core, 'before')
    renew(lab, call, 'other', (calls.UE, 9), setup='active')
    ue.finish('both')
    equal(core.wait_end(), 'fin', 'end at the core')
    core.finish()
    # TCP and TLS come up, but the core's connection has gone with the old one
    fresh = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'other')).wait_handshake()
    call.subtract()
    fresh.wait_end()


run()
