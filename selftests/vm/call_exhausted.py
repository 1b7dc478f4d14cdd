#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm
"""A full realm answers 510 and a full gateway 412, while emergency calls go through."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


ACCESS, CORE = (dict(realm, address=realm['address'][:1]) for realm in net.DEFAULTS['realm'])


def add(realm, emergency=False):
    return calls.in_context('$', *(['Emergency'] if emergency else []), calls.command(
        'Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm, local=calls.sdp(proto='UDP', media='image'))))


def fill(lab, realm, code, emergency=False):
    """Adds until one is refused, with this code; how many went through."""
    for n in range(1000):
        text, number = lab.ca.request(add(realm, emergency))
        got = calls.error_text(lab.ca.exchange(text, number))
        if got:
            equal(got[0], code, 'error')
            return n
    raise Failed('nothing is ever refused')


@case(realm=(dict(ACCESS, ports=[20000, 20039]), CORE), port_quarantine=0)
def ports(lab):
    equal(fill(lab, 'access', 510), 38, 'calls that found a port')
    lab.ca.transact(add('core'))
    equal(fill(lab, 'access', 510, emergency=True), 2, 'emergency calls that found a port')
    equal(len(lab.kmgw.endpoints()), 41, 'endpoints')
    # one that goes makes room: for an emergency call first
    lab.ca.transact('Context = 1 { Subtract = * }')
    lab.ca.transact(add('access'), error=510)
    lab.ca.transact(add('access', emergency=True))
    lab.ca.transact('Context = * { W-Subtract = * { Audit { } } }')
    equal(fill(lab, 'access', 510), 38, 'calls that found a port, once more')
    lab.ca.transact('Context = * { W-Subtract = * { Audit { } } }')


@case(realm=(ACCESS, CORE), max_contexts=40, emergency_reserve=10)
def contexts(lab):
    equal(fill(lab, 'core', 412), 36, 'contexts')
    equal(fill(lab, 'access', 412, emergency=True), 4, 'emergency contexts')
    lab.ca.transact('Context = * { W-Subtract = * { Audit { } } }')


run()
