#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""The gateway opens TCP and TLS to the UE (digest 3.3); 64 MiB go intact both ways at once."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def both_ways(lab, size=None, **how):
    size = size or BULK
    data = lab.file(size)
    call, ue, core = lab.terminate(**how)
    core.send_file(data)
    ue.send_file(data)
    intact(ue, data, size)
    intact(core, data, size)
    lab.ca.no_notify()
    call.subtract()
    equal(ue.wait_end(), 'notify', 'end seen by the UE after Subtract')
    equal(core.wait_end(), 'fin', 'end seen by the core after Subtract')


@case
def tls_1_3_both_ways(lab):
    both_ways(lab, version='1.3')


@case
def tls_1_2_both_ways(lab):
    both_ways(lab, version='1.2')


@case
def every_suite_that_ktls_knows(lab):
    for suite in ('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
                  'ECDHE-ECDSA-CHACHA20-POLY1305'):
        both_ways(lab, 1 * MIB, version='1.2', ciphers=suite)


@case
def the_gateway_shows_its_certificate_as_client(lab):
    pem, fingerprint = lab.certificate('gateway')
    lab.start({'certificate': pem, 'private_key': pem})
    ue_pem, ue_fingerprint = lab.certificate('ue')
    for version in ('1.2', '1.3'):
        listener = lab.listen(lab.ue, calls.UE,
                              tls=ends.tls_context(True, ue_pem, version, trust=pem))
        call = calls.terminating(lab.ca, ue_fingerprint, ue=(listener.address, listener.port))
        equal(call.access.fingerprint, fingerprint, 'fingerprint of the configured certificate')
        ue = lab.accept(listener).wait_handshake()
        equal(ue.peer_fingerprint(), fingerprint, 'certificate shown by the gateway')
        core = lab.connect(lab.core, *call.core.at)
        core.send(b'hello')
        ue.wait_received(5)
        call.subtract()


@case
def data_of_the_ue_right_behind_its_last_flight_comes_first(lab):
    # what arrives in one segment with Finished is decrypted by the handshake and must not be lost
    for version in ('1.2', '1.3'):
        listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True, version=version))
        call = calls.terminating(lab.ca, lab.certificate()[1],
                                 ue=(listener.address, listener.port))
        core = lab.connect(lab.core, *call.core.at)
        ue = lab.accept(listener)
        text = b''.join(b'line %d\r\n' % n for n in range(500))
        ue.send(text)
        core.wait_received(len(text))
        equal(bytes(core.data), text, 'first octets of the UE')
        call.subtract()


run()
