#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
# debug: first
"""1,000 contexts are added and subtracted; nothing is left."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


COUNT = 1000
REALMS = tuple(dict(realm, ports=ports) for realm, ports in
               zip(net.DEFAULTS['realm'], ([10000, 14999], [15000, 19999])))


def pair(n):
    kinds = (('UDP', 'UDP', 'image'), ('TCP/TLS', 'TCP', 'message'))
    access, core, media = kinds[n % 2]
    tls = 'TLS' in access
    return calls.in_context(
        '$', calls.command('Add', 'ip/1/access/$', calls.stream(
            mode='SendReceive', realm='access',
            local=calls.sdp(proto=access, media=media, setup='passive' if tls else None,
                            fingerprint='$ $' if tls else None))),
        calls.command('Add', 'ip/1/core/$', calls.stream(
            mode='SendReceive', realm='core',
            local=calls.sdp(proto=core, media=media, setup='active' if tls else None))))


@case(realm=REALMS, port_quarantine=0)
def added_and_subtracted_one_by_one(lab):
    contexts = [lab.ca.transact(pair(n))['Context'].value for n in range(COUNT)]
    equal(len(set(contexts)), COUNT, 'different context ids')
    equal(len(lab.kmgw.contexts()), COUNT, 'contexts in the module')
    equal(len(lab.kmgw.endpoints()), 2 * COUNT, 'endpoints in the module')
    for context in contexts:
        lab.ca.transact(f'Context = {context} {{ W-Subtract = * {{ Audit {{ }} }} }}')
    lab.nothing_left()


@case(realm=REALMS, port_quarantine=0)
def subtracted_all_at_once(lab):
    for n in range(200):
        lab.ca.transact(pair(n))
    reply = lab.ca.transact('Context = * { W-Subtract = * { Audit { } } }')
    true(reply.all('Context'), 'a reply for the contexts')
    lab.nothing_left()


run()
