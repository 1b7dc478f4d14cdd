#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Only the certificate whose fingerprint was given gets through; nothing else is forwarded."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


SECRET = b'must not get through' * 100


def refused(lab, call, ue, core):
    """What a wrong certificate leads to."""
    notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    equal(notify.context, call.context, 'context')
    true(ue.wait_end() in ('failed', 'reset', 'truncated'), f'UE saw {ue.ended}')
    core.wait_end()
    equal(core.received, 0, 'octets at the core')
    lab.ca.no_notify()
    stats = call.subtract()
    equal(stats[1]['nt/os'], 0, 'octets sent to the core (statistics)')


@case
def wrong_fingerprint_gateway_is_server(lab):
    for version in ('1.2', '1.3'):
        listener = lab.listen(lab.core, calls.CORE)
        call = calls.originating(lab.ca, lab.certificate('other')[1],
                                 core=(listener.address, listener.port))
        ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, 'ue', version))
        ue.send(SECRET)
        refused(lab, call, ue, lab.accept(listener))


@case
def wrong_fingerprint_gateway_is_client(lab):
    for version in ('1.2', '1.3'):
        listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True, 'ue', version))
        call = calls.terminating(lab.ca, lab.certificate('other')[1],
                                 ue=(listener.address, listener.port))
        core = lab.connect(lab.core, *call.core.at)
        core.send(SECRET)
        ue = lab.accept(listener)
        ue.send(SECRET)
        notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
        equal(notify.params.get('Type'), 'EstFail', 'Type')
        true(ue.wait_end() in ('failed', 'reset', 'truncated'), f'UE saw {ue.ended}')
        core.wait_end()
        equal((core.received, ue.received), (0, 0), 'octets at core and UE')
        lab.ca.no_notify()
        call.subtract()


@case
def client_without_a_certificate(lab):
    for version in ('1.2', '1.3'):
        listener = lab.listen(lab.core, calls.CORE)
        call = calls.originating(lab.ca, lab.certificate()[1],
                                 core=(listener.address, listener.port))
        ue = lab.connect(lab.ue, *call.access.at, tls=ends.tls_context(False, None, version))
        ue.send(SECRET)
        refused(lab, call, ue, lab.accept(listener))


def late(lab, version, fingerprint):
    """ClientHello comes 2 s before the fingerprint."""
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False, version=version))
    core = lab.accept(listener)
    ue.send(SECRET)
    ue.wait_handshake()
    ends.still(2)
    equal(core.received, 0, 'octets at the core before the fingerprint is known')
    equal(core.ended, None, 'end at the core before the fingerprint is known')
    lab.ca.no_notify()
    call.modify(call.access, calls.stream(remote=calls.sdp(
        calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=fingerprint)))
    return call, ue, core


@case
def fingerprint_2_s_after_the_client_hello(lab):
    for version in ('1.2', '1.3'):
        call, ue, core = late(lab, version, lab.certificate()[1])
        core.wait_received(len(SECRET))
        equal(bytes(core.data), SECRET, 'what the core received')
        core.send(b'answer')
        ue.wait_received(6)
        lab.ca.no_notify()
        call.subtract()


@case
def wrong_fingerprint_2_s_after_the_client_hello(lab):
    for version in ('1.2', '1.3'):
        refused(lab, *late(lab, version, lab.certificate('other')[1]))


@case
def no_fingerprint_at_all_never_forwards(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    call.modify(call.access, calls.stream(remote=calls.sdp(calls.UE, 9, 'TCP/TLS',
                                                           setup='active')))
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False))
    core = lab.accept(listener)
    ue.send(SECRET)
    core.send(SECRET)
    ue.wait_handshake()
    lab.ca.no_notify()
    ends.still(1)
    equal((core.received, ue.received), (0, 0), 'octets at core and UE')
    call.subtract()
    true(core.wait_end(), 'end at the core')
    equal((core.received, ue.received), (0, 0), 'octets at core and UE after Subtract')


def with_hash(lab, algorithm):
    text = net.run('openssl', 'x509', '-in', lab.certificate()[0], '-noout', '-fingerprint',
                   '-' + algorithm.replace('-', ''))
    return algorithm + ' ' + text.strip().partition('=')[2]


@case
def other_hashes_and_letter_case(lab):
    for fingerprint in (with_hash(lab, 'sha-1'), with_hash(lab, 'sha-384'),
                        with_hash(lab, 'sha-512'), lab.certificate()[1].lower()):
        call, ue, core = lab.originate('1.3', fingerprint=fingerprint)
        ue.send(b'hello')
        core.wait_received(5)
        call.subtract()


@case
def one_of_two_fingerprints_is_enough(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    call.modify(call.access, calls.stream(remote=calls.sdp(
        calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=lab.certificate('other')[1],
        extra=['a=fingerprint:' + lab.certificate()[1]])))
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False))
    ue.send(b'hello')
    lab.accept(listener).wait_received(5)
    call.subtract()


@case
def clear_text_on_a_tls_end_is_not_forwarded(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at)
    ue.send(b'MSRP abcd SEND\r\n' + SECRET)
    core = lab.accept(listener)
    notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    core.wait_end()
    equal(core.received, 0, 'octets at the core')
    call.subtract()


run()
