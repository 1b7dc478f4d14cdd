#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""
Floor control (BFCP) through the gateway: a participant and a server whose messages libre makes and
reads, in every role of TCP and TLS, which have nothing to do with each other here, and over UDP.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

import capture
import dissect

BFCP = os.path.join(net.BUILD, 'bfcp')
UE_PORT, CORE_PORT = 7654, 2855
EVENTS = calls.FAIL_EVENTS + ', g/cause'
PRIMITIVES = ['FloorRequest', 'FloorRelease', 'FloorRequestQuery', 'FloorRequestStatus', 'UserQuery',
              'UserStatus', 'FloorQuery', 'FloorStatus', 'ChairAction', 'ChairActionAck', 'Hello',
              'HelloAck', 'Error']
UNRELIABLE = ['FloorRequestStatusAck', 'FloorStatusAck', 'Goodbye', 'GoodbyeAck']


class End:
    """A program at one end. role: client or server of floor control."""

    def __init__(self, lab, ns, role, how, *address, tls=None):
        self.name = f'{role} in {ns}'
        self.out = os.path.join(lab.directory, f'bfcp-{ns}')
        options = [f'tls={tls}', f'pem={lab.certificate(str(ns))[0]}'] if tls else []
        with open(self.out, 'wb') as out:
            self.child = lab.popen(ns, BFCP, role, how, *map(str, address), *options, stdout=out,
                                   stderr=out)
        if how == 'listen':
            self.wait('listening')

    def lines(self, kind):
        """What follows this word, on each of its lines."""
        with open(self.out, encoding='utf-8', errors='replace') as f:
            return [line.rstrip('\n').partition(' ')[2] for line in f if line.startswith(kind + ' ')]

    def wait(self, kind):
        net.wait_for(lambda: self.lines(kind) or self.child.poll() is not None, f'{kind} of {self.name}')
        true(self.lines(kind), f'{self.name}: {self.tail()}')
        return self.lines(kind)[0]

    def tail(self):
        with open(self.out, encoding='utf-8', errors='replace') as f:
            return f.read()[-600:]

    def ended(self):
        net.wait_for(lambda: self.child.poll() is not None, f'end of {self.name}')
        equal(self.child.returncode, 0, f'status of {self.name}: {self.tail()}')


def agreed(*both, primitives=()):
    """Both have left content, and each has received to the octet what the other has sent."""
    for end in both:
        end.ended()
    one, other = both
    equal(one.lines('<'), other.lines('>'), f'received by {one.name}')
    equal(other.lines('<'), one.lines('>'), f'received by {other.name}')
    equal({line.split()[1] for line in one.lines('>') + one.lines('<')},
          set(PRIMITIVES).union(primitives), 'messages that were exchanged')


def far(at, port, setup, proto='TCP', fingerprint=None):
    return calls.sdp(at, port, proto, 'application', setup=setup, fingerprint=fingerprint,
                     extra=('a=connection:new',))


def reserved(lab, tcp, stream):
    """Both terminations; tcp: what the gateway is toward the UE. Toward the core it is the other."""
    fresh = tcp == 'active'

    def add(realm, **how):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            stream, mode='SendReceive', realm=realm, **how), events=EVENTS)
    reply = lab.ca.transact(calls.in_context(
        '$',
        add('access', local=calls.sdp(proto='TCP/TLS', media='application', setup=tcp,
                                      fingerprint='$ $')),
        add('core', local=calls.sdp(media='application', setup='passive' if fresh else 'active'),
            remote=far(calls.CORE, 9 if fresh else CORE_PORT, 'active' if fresh else 'passive'))))
    access, core = (calls.End(n, stream) for n in reply.all('Context.Add'))
    return calls.Call(lab.ca, reply['Context'].value, access, core)


def conference(lab, tcp, tls, client, stream=1):
    """
    tcp, tls: the gateway's roles toward the UE; client: who is participant, the other one is server.
    The UE's answer comes with the order to start what the gateway is to start.
    """
    roles = ('client', 'server') if client == 'ue' else ('server', 'client')
    ue_tls = 'client' if tls == 'server' else 'server'
    if tcp == 'active':
        ue = End(lab, lab.ue, roles[0], 'listen', calls.UE, UE_PORT, tls=ue_tls)
    else:
        core = End(lab, lab.core, roles[1], 'listen', calls.CORE, CORE_PORT)
    call = reserved(lab, tcp, stream)
    signals = [f'tcpbcc/EstBNC {{ Stream = {stream} }}'] if tcp == 'active' else []
    if tls == 'client':
        signals.append(f'tlsbsc/EstBNC {{ Stream = {stream} }}')
    call.modify(call.access, calls.stream(stream, remote=far(
        calls.UE, UE_PORT if tcp == 'active' else 9, 'passive' if tcp == 'active' else 'active',
        'TCP/TLS', lab.certificate('ue')[1])), signals=', '.join(signals) if signals else None)
    if tcp == 'active':
        core = End(lab, lab.core, roles[1], 'connect', *call.core.at)
    else:
        ue = End(lab, lab.ue, roles[0], 'connect', *call.access.at, tls=ue_tls)
    equal(ue.wait('up'), call.access.fingerprint, 'certificate of the gateway')
    agreed(ue, core)
    # told of who left, and of nothing else
    left = call.access if client == 'ue' else call.core
    equal(lab.ca.wait_notify('g/cause', left.id).params.get('Generalcause'), 'NR', 'cause')
    lab.ca.no_notify()
    call.subtract()
    return ue


@case(tls_start='signal')
def the_gateway_is_tcp_active_and_tls_server(lab):
    """And what is on the plain side is BFCP for Wireshark, too."""
    conference(lab, 'active', 'server', client='core')
    with capture.Capture(lab.gw_ns, 'core') as seen:
        ue = conference(lab, 'active', 'server', client='ue')
    sent = []
    for octets in seen.streams().values():
        while octets:
            size = 12 + 4 * int.from_bytes(octets[2:4], 'big')
            sent.append(octets[:size])
            octets = octets[size:]
    equal(sorted(m.hex() for m in sent), sorted(
        line.split()[0] for line in ue.lines('<') + ue.lines('>')), 'what passed the device')
    dissect.leave('bfcp', sent)


@case(tls_start='signal')
def the_gateway_is_tcp_passive_and_tls_client(lab):
    conference(lab, 'passive', 'client', client='ue', stream=2)


@case(tls_start='signal')
def the_gateway_is_tcp_and_tls_client(lab):
    conference(lab, 'active', 'client', client='ue')


@case(tls_start='signal')
def the_gateway_is_tcp_and_tls_server(lab):
    conference(lab, 'passive', 'server', client='core')


def through(lab, proto):
    """What is nothing to the gateway but octets; who opens it is theirs to know."""
    def add(realm, address, port):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm, local=calls.sdp(proto=proto, media='application'),
            remote=calls.sdp(address, port, proto, 'application')))
    # who opens a connection has no port of his own to tell (RFC 4145)
    reply = lab.ca.transact(calls.in_context('$', add('access', calls.UE, 9 if proto == 'TCP' else UE_PORT),
                                             add('core', calls.CORE, CORE_PORT)))
    access, core = (calls.End(n) for n in reply.all('Context.Add'))
    return calls.Call(lab.ca, reply['Context'].value, access, core)


@case(tls_start='signal')
def end_to_end_with_tls_and_without(lab):
    for tls in (None, None), ('client', 'server'):
        comment(f'TLS of UE and core: {tls}')
        core = End(lab, lab.core, 'server', 'listen', calls.CORE, CORE_PORT, tls=tls[1])
        call = through(lab, 'TCP')
        ue = End(lab, lab.ue, 'client', 'connect', *call.access.at, tls=tls[0])
        if tls[0]:
            equal(ue.wait('up'), lab.certificate('core')[1], 'certificate of the core')
            equal(core.wait('up'), lab.certificate('ue')[1], 'certificate of the UE')
        agreed(ue, core)
        equal(lab.kmgw.endpoint(call.access.id)['plane'], 'relay', 'plane')
        call.subtract()


@case(tls_start='signal')
def version_2_over_udp(lab):
    call = through(lab, 'UDP')
    core = End(lab, lab.core, 'server', 'udp', calls.CORE, CORE_PORT, *call.core.at)
    core.wait('up')
    ue = End(lab, lab.ue, 'client', 'udp', calls.UE, UE_PORT, *call.access.at)
    agreed(ue, core, primitives=UNRELIABLE)
    call.subtract()


run()
