#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""The call over IPv6, and from IPv6 to IPv4."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def six(lab, core_address):
    pem, fingerprint = lab.certificate('ue')
    listener = lab.listen(lab.core, core_address)
    family = 'IP6' if ':' in core_address else 'IP4'
    reply = lab.ca.transact(calls.in_context('$', calls.command(
        'Add', 'ip/1/core/$', calls.stream(
            mode='SendReceive', realm='core',
            local=calls.sdp(setup='active').replace('IP4', family),
            remote=calls.sdp(core_address, listener.port, setup='passive'))),
        calls.command('Add', 'ip/1/access/$', calls.stream(
            mode='SendReceive', realm='access',
            local=calls.sdp(proto='TCP/TLS', setup='passive',
                            fingerprint='$ $').replace('IP4', 'IP6'),
            remote=calls.sdp('fd00:0:0:1::2', 9, 'TCP/TLS', setup='active',
                             fingerprint=fingerprint)))))
    core_end, access = (calls.End(n) for n in reply.all('Context.Add'))
    ue = lab.connect(lab.ue, *access.at, tls=lab.tls(False))
    data = lab.file(MIB)
    ue.send_file(data)
    core = lab.accept(listener)
    core.send_file(data)
    intact(core, data, MIB)
    intact(ue, data, MIB)
    equal(core.source, core_end.at, 'source of the connection to the core')
    lab.ca.subtract(reply['Context'].value)


@case
def ipv6_to_ipv6(lab):
    six(lab, 'fd00:0:0:2::2')


@case
def ipv6_to_ipv4(lab):
    six(lab, calls.CORE)


run()
