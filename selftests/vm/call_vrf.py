#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm
"""Two realms with the same addresses in two VRFs: calls of each stay in its own."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


# Both far ends are 10.9.0.2, behind different devices of the gateway.
GATEWAY = '''link add red type vrf table 101
link add blue type vrf table 102
link set red up
link set blue up
link add to-red netns gw type veth peer name v0 netns ue
link add to-blue netns gw type veth peer name v0 netns core
link set to-red master red
link set to-blue master blue
link set to-red up
link set to-blue up
addr add 10.9.0.1/24 dev to-red
addr add 10.9.0.1/24 dev to-blue
'''
END = 'link set v0 up\naddr add 10.9.0.2/24 dev v0\n'
PORTS = [20000, 20999]
REALMS = ({'name': 'red', 'interface': 'red', 'address': ['10.9.0.1'], 'ports': PORTS, 'vrf': 'red'},
          {'name': 'blue', 'interface': 'blue', 'address': ['10.9.0.1'], 'ports': PORTS,
           'vrf': 'blue'})


def vrfs(lab):
    if 'to-red' not in lab.gw_ns.run('ip', 'link'):
        lab.gw_ns.ip(GATEWAY)
        lab.ue.ip(END)
        lab.core.ip(END)
        # what was down at start is reported as up
        for realm in ('red', 'blue'):
            net.wait_for(lambda r=realm: any(
                c.method == 'Restart' and c.termination.lower() == f'ip/1/{r}/*'
                for c in lab.ca.changes), f'realm {realm} is up')


def side(realm, proto, setup, remote, port=None):
    media = 'image' if proto == 'UDP' else 'message'
    return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
        mode='SendReceive', realm=realm,
        local=calls.sdp(port=port or '$', proto=proto, media=media, setup=setup),
        remote=calls.sdp('10.9.0.2', remote, proto, media, setup={
            'active': 'passive', 'passive': 'active'}.get(setup))))


def two_ends(lab, actions):
    reply = lab.ca.transact(calls.in_context('$', *actions))
    return (reply['Context'].value, *(calls.End(n) for n in reply.all('Context.Add')))


@case(realm=REALMS)
def datagrams(lab):
    vrfs(lab)
    red, blue = lab.datagrams(lab.ue, '10.9.0.2'), lab.datagrams(lab.core, '10.9.0.2')
    # the same port on the same address, too
    context, a, b = two_ends(lab, (side('red', 'UDP', None, red.port, 20010),
                                   side('blue', 'UDP', None, blue.port, 20010)))
    equal(a.at, b.at, 'address and port of both sides')
    red.send(b'from red', a.at)
    equal(blue.receive()[0], b'from red', 'datagram in blue')
    blue.send(b'from blue', b.at)
    equal(red.receive()[0], b'from blue', 'datagram in red')
    lab.ca.subtract(context)


@case(realm=REALMS)
def connections(lab):
    vrfs(lab)
    listener = lab.listen(lab.core, '10.9.0.2')
    context, a, b = two_ends(lab, (side('red', 'TCP', 'passive', 9, 20020),
                                   side('blue', 'TCP', 'active', listener.port, 20020)))
    red = lab.connect(lab.ue, *a.at)
    blue = lab.accept(listener)
    red.send(b'from red')
    blue.send(b'from blue')
    blue.wait_received(8)
    red.wait_received(9)
    # a new daemon finds them in their VRFs
    lab.kmgwd.kill()
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    red.send(b'again')
    blue.wait_received(13)
    lab.ca.subtract(context)


run()
