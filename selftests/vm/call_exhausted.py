#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Emergency calls: served when no port, context or descriptor is left for others; their data goes first."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import json
import resource

PORTS, KEPT = 20, 4		# of a realm; those that are for emergency calls
SMALL = tuple(dict(realm, address=realm['address'][:1], ports=[realm['ports'][0], realm['ports'][0] + n])
              for realm, n in zip(net.DEFAULTS['realm'], (PORTS - 1, 999)))


def order(realm, emergency=False, proto='UDP', setup=None):
    return ('Context = $ { ' + ('Emergency, ' if emergency else '') + calls.command(
        'Add', f'ip/1/{realm}/$', calls.stream(local=calls.sdp(
            proto=proto, media='image', setup=setup))) + ' }')


def fill(lab, realm, code, emergency=False, **how):
    """Contexts until there is no room: those made."""
    made = []
    while True:
        text, number = lab.ca.request(order(realm, emergency, **how))
        reply = lab.ca.exchange(text, number)
        got = mgc.error_of(reply)
        if got:
            equal(got, code, f'error after {len(made)} contexts')
            return made
        made.append(reply['Context'].value)


def status(lab):
    path = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')
    return json.loads(lab.kmgw('-j', 'agent', 'socket', path, 'status'))


def emergency_call(lab):
    """A whole call with data, both ends of it, in a context that is an emergency."""
    ue, core = lab.datagrams(lab.ue, calls.UE), lab.datagrams(lab.core, calls.CORE)
    adds = [calls.command('Add', f'ip/1/{realm}/$', calls.stream(
        mode='SendReceive', local=calls.sdp(proto='UDP', media='image'),
        remote=calls.sdp(far.address, far.port, 'UDP', 'image')))
        for realm, far in (('access', ue), ('core', core))]
    reply = lab.ca.transact('Context = $ { Emergency, ' + ', '.join(adds) + ' }')
    access, other = (calls.End(n) for n in reply.all('Context.Add'))
    ue.send(b'help', access.at)
    equal(core.receive()[0], b'help', 'datagram at the core')
    core.send(b'comes', other.at)
    equal(ue.receive()[0], b'comes', 'datagram at the UE')
    return reply['Context'].value


@case(realm=SMALL, emergency_reserve=KEPT * 100 // PORTS, port_quarantine=0)
def no_port_left(lab):
    made = fill(lab, 'access', 510)
    equal(len(made), PORTS - KEPT, 'contexts of a realm that is full')
    equal(len(lab.kmgw.contexts()), len(made), 'contexts in the module')
    before = status(lab)['realms'][0]['exhausted']
    lab.ca.expect_error(510, order('access'))
    equal(status(lab)['realms'][0]['exhausted'], before + 1, 'Adds of the realm that found no port')
    # other realms have room
    made.append(lab.ca.transact(order('core'))['Context'].value)
    made.append(emergency_call(lab))
    lab.ca.expect_error(510, order('access'))
    # the reserve ends, too
    made += fill(lab, 'access', 510, emergency=True)
    equal(status(lab)['realms'][0]['ports_used'], PORTS, 'ports in use')
    for context in made[:KEPT + 1]:
        lab.ca.subtract(context)
    # what was given back serves the reserve first, then all
    lab.ca.subtract(lab.ca.transact(order('access'))['Context'].value)
    for context in made[KEPT + 1:]:
        lab.ca.subtract(context)


@case(max_contexts=10, emergency_reserve=20)
def no_context_left(lab):
    made = fill(lab, 'core', 412)
    equal(len(made), 8, 'contexts of a gateway that is full')
    made.append(emergency_call(lab))
    lab.ca.expect_error(412, order('core'))
    made += fill(lab, 'core', 412, emergency=True)
    equal(len(made), 10, 'contexts with the reserve')
    for context in made:
        lab.ca.subtract(context)


@case()
def no_descriptor_left(lab):
    limit = resource.prlimit(lab.kmgwd.pid, resource.RLIMIT_NOFILE)
    # what is up needs none
    call, ue, core = lab.originate()
    ue.send(b'before')
    core.wait_received(6)
    opened = f'/proc/{lab.kmgwd.pid}/fd'
    # data may pass before the daemon has closed what it gave away; it has when it answers
    lab.ca.audit_root()
    idle = len(os.listdir(opened))
    resource.prlimit(lab.kmgwd.pid, resource.RLIMIT_NOFILE, (idle + 8, limit[1]))
    made = fill(lab, 'access', 510, proto='TCP', setup='passive')
    true(made, 'contexts before descriptors run out')
    ue.send(b'during')
    core.wait_received(12)
    resource.prlimit(lab.kmgwd.pid, resource.RLIMIT_NOFILE, limit)
    lab.ca.subtract(lab.ca.transact(order('access', proto='TCP', setup='passive'))['Context'].value)
    for context in made:
        lab.ca.subtract(context)
    equal(len(os.listdir(opened)), idle, 'descriptors afterwards')
    call.subtract()


def priorities(lab, *ends):
    return [lab.kmgw.endpoint(end.id)['priority'] for end in ends]


@case()
def whose_data_goes_first(lab):
    """A call that is up becomes an emergency, which a restart does not change, and none again."""
    call, ue, core = lab.originate()
    ends = call.access, call.core
    equal(priorities(lab, *ends), ['ordinary'] * 2, 'priorities of a call')
    lab.ca.transact(f'Context = {call.context} {{ Emergency, Modify = {call.access.id} }}')
    equal(priorities(lab, *ends), ['emergency'] * 2, 'priorities of an emergency')
    ue.send(b'help')
    core.wait_received(4)
    lab.kmgwd.kill()
    lab.restart_gateway()
    equal(priorities(lab, *ends), ['emergency'] * 2, 'priorities after a restart')
    lab.ca.transact(f'Context = {call.context} {{ EmergencyOff, Modify = {call.access.id} }}')
    equal(priorities(lab, *ends), ['ordinary'] * 2, 'priorities of what is no emergency any more')
    call.subtract()
    reply = lab.ca.transact(order('access', emergency=True, proto='TCP', setup='passive'))
    equal(priorities(lab, calls.End(reply['Context.Add'])), ['emergency'],
          'priority of what is an emergency from the start')
    lab.ca.subtract(reply['Context'].value)


run()
