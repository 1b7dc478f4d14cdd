#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""
Two customers in VRFs of their own with the same addresses, and the gateway's end of both calls on the same
address and port: TLS of each goes to its own core.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


UE, GW, PORT = '10.9.0.2', '10.9.0.1', 20000
COLOURS = 'red', 'blue'
# one names its VRF alone, the other the device in it, too
REALMS = tuple(dict({'name': colour, 'interface': colour, 'address': [GW], 'ports': [PORT, PORT],
                     'vrf': colour}, **more)
               for colour, more in zip(COLOURS, ({}, {'device': 'acc-blue'}))) + \
    (net.DEFAULTS['realm'][1],)


def customers(lab):
    """The networks of both: namespaces red and blue, each behind a VRF of its name."""
    spaces = [net.Namespace(colour) for colour in COLOURS]
    if not os.path.exists(spaces[0].path):
        # as the kernel's manual for VRFs wants it: their own addresses come first
        net.run('ip', '-n', 'gw', 'rule', 'add', 'pref', '32765', 'table', 'local')
        net.run('ip', '-n', 'gw', 'rule', 'del', 'pref', '0')
        for n, ns in enumerate(spaces):
            net.run('ip', 'netns', 'add', ns.name)
            lab.topology.all += (ns,)
            lab.gw_ns.ip(f'link add {ns} type vrf table {101 + n}\nlink set {ns} up\n'
                         f'link add acc-{ns} type veth peer name eth0 netns {ns}\n'
                         f'link set acc-{ns} master {ns}\nlink set acc-{ns} up\n'
                         f'addr add {GW}/24 dev acc-{ns}\n')
            ns.ip(f'link set lo up\nlink set eth0 up\naddr add {UE}/24 dev eth0\n')
    return spaces


def talk(number, ue, core):
    """Both ways, other octets for every customer."""
    out, back = bytes([number]) * 5000, bytes([number + 100]) * 7000
    ue.send(out)
    core.send(back)
    core.wait_received(len(out))
    ue.wait_received(len(back))
    equal((bytes(core.data), bytes(ue.data)), (out, back), f'data of customer {number}')
    return len(out), len(back)


def both_at_once(lab, made):
    """made: (call, UE's end, core's end) of each."""
    equal([call.access.at for call, _, _ in made], [(GW, PORT)] * 2, "the gateway's ends")
    shown = [lab.kmgw.endpoint(call.access.id) for call, _, _ in made]
    true(shown[0]['vrf'] != shown[1]['vrf'] and all(e['vrf'] for e in shown), f'VRFs of {shown}')
    amounts = [talk(n, ue, core) for n, (_, ue, core) in enumerate(made, 1)]
    for (call, ue, core), (out, back) in zip(made, amounts):
        equal(ue.peer_fingerprint(), call.access.fingerprint, 'certificate of the gateway')
        access, other = call.subtract()
        equal(ue.wait_end(), 'notify', 'end at the UE')		# it is counted, and must have come
        equal((other['nt/os'], other['nt/or']), (out, back), 'octets of the core')
        equal((access['nt/or'], access['nt/os']), (ue.wire_sent, ue.wire_received), 'octets of the UE')


def usable(lab, colour):
    path = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')
    status = net.json.loads(lab.kmgw('-j', 'agent', 'socket', path, 'status'))
    return {r['name']: r['state'] for r in status['realms']}[colour] == 'in service'


def prepared(lab):
    """The namespaces of both, once the gateway has seen their networks."""
    spaces = customers(lab)
    for colour in COLOURS:
        net.wait_for(lambda c=colour: usable(lab, c), f'realm {colour} in service')
    return spaces


@case(realm=REALMS, port_quarantine=0)
def ues_connect(lab):
    spaces = prepared(lab)
    waiting = []
    for colour in COLOURS:
        listener = lab.listen(lab.core, calls.CORE)
        waiting.append((listener, calls.originating(
            lab.ca, lab.certificate(colour)[1], core=(listener.address, listener.port),
            ue=(UE, 9), access=colour)))
    made = []
    for ns, (listener, call) in zip(spaces, waiting):
        ue = lab.connect(ns, *call.access.at, tls=lab.tls(False, ns.name)).wait_handshake()
        made.append((call, ue, lab.accept(listener)))
    both_at_once(lab, made)


@case(realm=REALMS, port_quarantine=0)
def the_gateway_connects(lab):
    spaces = prepared(lab)
    made = []
    for ns in spaces:
        listener = lab.listen(ns, UE, 7654, tls=lab.tls(True, ns.name))
        call = calls.terminating(lab.ca, lab.certificate(ns.name)[1], ue=(UE, 7654),
                                 access=ns.name)
        made.append((call, lab.accept(listener), lab.connect(lab.core, *call.core.at)))
    for call, ue, _ in made:
        ue.wait_handshake()
    equal([call.access.at for call, _, _ in made], [(GW, PORT)] * 2, "the gateway's ends")
    for n, (call, ue, core) in enumerate(made, 1):
        talk(n, ue, core)
        call.subtract()


@case(realm=REALMS, port_quarantine=0)
def datagrams(lab):
    spaces = prepared(lab)
    made = []
    for ns in spaces:
        ue, core = lab.datagrams(ns, UE, 49180), lab.datagrams(lab.core, calls.CORE)
        made.append((calls.fax(lab.ca, (UE, 49180), (core.address, core.port), access=ns.name),
                     ue, core))
    for n, (call, ue, core) in enumerate(made):
        ue.send(b'up %d' % n, call.access.at)
        equal(core.receive()[0], b'up %d' % n, 'datagram at the core')
        core.send(b'down %d' % n, call.core.at)
        equal(ue.receive(), (b'down %d' % n, (GW, PORT)), 'datagram at the UE')
    for call, _, _ in made:
        call.subtract()


run()
