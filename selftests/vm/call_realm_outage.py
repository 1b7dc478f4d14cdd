#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""A realm goes down with 1,000 contexts on it: one ServiceChange, and other realms go on."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


COUNT = 1000
EXTRA = ('link add extra type veth peer name far\nlink set far up\nlink set extra up\n'
         'addr add 10.3.0.1/24 dev extra\n')
REALMS = tuple(dict(realm, ports=ports, address=realm['address'][:1]) for realm, ports in
               zip(net.DEFAULTS['realm'], ([10000, 14999], [15000, 19999]))) + (
    {'name': 'spare', 'interface': 'spare', 'address': ['10.3.0.1'], 'ports': [10000, 19999]},)


def one_sided(realm):
    return calls.in_context('$', calls.command('Add', f'ip/1/{realm}/$', calls.stream(
        mode='SendReceive', realm=realm, local=calls.sdp(proto='UDP', media='image'))))


def changes(lab, termination):
    return [c for c in lab.ca.changes if c.termination.lower() == termination]


def wait_change(lab, termination, method, reason, count):
    """The count-th ServiceChange of a termination."""
    net.wait_for(lambda: len(changes(lab, termination)) >= count, f'{count} ServiceChanges')
    got = changes(lab, termination)
    equal(len(got), count, f'ServiceChanges of {termination}')
    equal((got[-1].method, got[-1].reason), (method, reason), 'method and reason')


class Talk:
    """A relay between access and core."""

    def __init__(self, lab):
        self.ue, self.core = lab.datagrams(lab.ue, calls.UE), lab.datagrams(lab.core, calls.CORE)
        self.call = calls.fax(lab.ca, (calls.UE, self.ue.port), (calls.CORE, self.core.port))

    def __call__(self):
        self.ue.send(b'up', self.call.access.at)
        equal(self.core.receive()[0], b'up', 'datagram at the core')
        self.core.send(b'down', self.call.core.at)
        equal(self.ue.receive()[0], b'down', 'datagram at the UE')


@case(realm=REALMS, max_terminations=2)
def device_down(lab):
    if 'extra' not in lab.gw_ns.run('ip', 'link'):
        lab.gw_ns.ip(EXTRA)
        wait_change(lab, 'ip/1/spare/*', 'Restart', 900, 2)	# it was down at start
    before = len(changes(lab, 'ip/1/spare/*'))
    talk = Talk(lab)
    for _ in range(COUNT):
        lab.ca.transact(one_sided('spare'))
    equal(len(lab.kmgw.contexts()), COUNT + 1, 'contexts in the module')
    lab.gw_ns.ip('link set extra down\n')
    wait_change(lab, 'ip/1/spare/*', 'Forced', 906, before + 1)
    lab.ca.transact(one_sided('spare'), error=502)
    talk()
    lab.ca.transact(one_sided('core'))
    ends.still(2)
    equal(len(changes(lab, 'ip/1/spare/*')), before + 1, 'ServiceChanges of the realm')
    equal(len(lab.kmgw.contexts()), COUNT + 2, 'contexts in the module')
    lab.gw_ns.ip('link set extra up\n')
    wait_change(lab, 'ip/1/spare/*', 'Restart', 900, before + 2)
    lab.ca.transact(one_sided('spare'))
    talk()
    lab.ca.transact('Context = * { W-Subtract = * { Audit { } } }')


@case(realm=REALMS, max_terminations=2)
def address_removed(lab):
    before = len(changes(lab, 'ip/1/access/*'))
    talk = Talk(lab)
    lab.gw_ns.ip('addr del 10.1.0.1/24 dev access\n')
    wait_change(lab, 'ip/1/access/*', 'Forced', 906, before + 1)
    lab.ca.transact(one_sided('access'), error=502)
    lab.gw_ns.ip('addr add 10.1.0.1/24 dev access\n')
    wait_change(lab, 'ip/1/access/*', 'Restart', 900, before + 2)
    # the call is as it was
    talk()
    talk.call.subtract()


@case(realm=REALMS, max_terminations=2, realm_holddown=4)
def a_short_outage_is_not_told(lab):
    lab.gw_ns.ip('link set core down\nlink set core up\n')
    ends.still(5)
    equal(changes(lab, 'ip/1/core/*'), [], 'ServiceChanges of the realm')


run()
