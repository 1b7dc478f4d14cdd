#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 480
# kernels: vm
"""
The calls of other people's call agent, Erlang/OTP's megaco, in text and in binary, over UDP and TCP: MSRP
over TLS with openssl, BFCP, audits, refusals. Neither decoder may reject what the other side has written.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import json
import subprocess

import msrp

SIZE = 150 << 10
PATHS = 'msrp://10.1.0.2:7654/ue;tcp', 'msrp://10.2.0.2:2855/core;tcp'
BINARY = {'mid': '[10.0.0.1]:2945', 'package_items': h248_numbers.package_items()}


def openssl(lab, what, *more):
    """openssl as the UE, with a certificate of its own; quiet, so that it writes data alone."""
    pem = lab.certificate()[0]
    return ends.Program(lab.popen(
        lab.ue, 'openssl', what, '-quiet', '-cert', pem + '.crt', '-key', pem + '.key', *more,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE))


def messages_both_ways(lab, ue, core):
    """A message in chunks from each end to the other, and the answers to them."""
    data = lab.file(SIZE)
    mine = [msrp.Endpoint(end.send) for end in (ue, core)]
    for end, endpoint, there, here in zip((ue, core), mine, PATHS[::-1], PATHS):
        end.sink = endpoint.feed
        for one in msrp.requests(data, there, here):
            end.send(one)
    for who, endpoint in zip(('UE', 'core'), mine):
        net.wait_for(lambda e=endpoint: e.receiver.complete and e.answers.ok == 3,
                     f'message and answers at the {who}')
        equal(endpoint.receiver.hash.hexdigest(), sha256(data), f'message at the {who}')


def counted(call, core):
    """Ends a call; its statistics are what the core has seen on the wire."""
    _, stats = call.subtract()
    equal((stats['nt/os'], stats['nt/or']), (core.wire_received, core.wire_sent), 'nt/os, nt/or')


def originating(lab):
    """Digest 3.2: the UE opens TCP and TLS, the SYN opens TCP to the core."""
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port))
    ue = openssl(lab, 's_client', '-connect', '%s:%d' % call.access.at)
    core = lab.accept(listener)
    messages_both_ways(lab, ue, core)
    audits(lab, call)
    counted(call, core)


def terminating(lab):
    """Digest 3.3: the gateway is TCP active and TLS client."""
    ue = openssl(lab, 's_server', '-accept', f'{calls.UE}:7654', '-Verify', '1', '-naccept', '1')
    net.wait_for(lambda: lab.ue.run('ss', '-Hltn', 'sport = :7654'), 'openssl listens')
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7654))
    core = lab.connect(lab.core, *call.core.at)
    messages_both_ways(lab, ue, core)
    counted(call, core)


def bfcp(lab):
    """Digest 3.4: the UE opens TCP, in which the gateway is the TLS client; a stream of number 2."""
    listener = lab.listen(lab.core, calls.CORE)
    path = os.path.join(lab.directory, 'bfcp')
    ue = openssl(lab, 's_server', '-unix', path, '-unlink', '-Verify', '1', '-naccept', '1')
    net.wait_for(lambda: os.path.exists(path), 'openssl listens')

    def sdp(**how):
        return calls.sdp(media='application', **how)
    reply = lab.ca.transact(calls.in_context(
        '$',
        calls.command('Add', 'ip/1/access/$', calls.stream(
            2, 'SendReceive', 'access',
            local=sdp(proto='TCP/TLS', setup='passive', fingerprint='$ $')),
            events=calls.FAIL_EVENTS + ', g/cause', request=3011),
        calls.command('Add', 'ip/1/core/$', calls.stream(
            2, 'SendReceive', 'core', local=sdp(setup='active'),
            remote=sdp(address=listener.address, port=listener.port, setup='passive')),
            events=calls.FAIL_EVENTS + ', g/cause', request=3012)))
    access, core_end = (calls.End(n, 2) for n in reply.all('Context.Add'))
    call = calls.Call(lab.ca, reply['Context'].value, access, core_end)
    call.modify(access, calls.stream(2, remote=sdp(
        address=calls.UE, port=9, proto='TCP/TLS', setup='active', extra=['a=connection:new'],
        fingerprint=lab.certificate()[1])), signals='tlsbsc/EstBNC { Stream = 2 }')
    lab.popen(lab.ue, 'socat', 'TCP:%s:%d' % access.at, f'UNIX-CONNECT:{path}')
    core = lab.accept(listener)
    # FloorRequest and FloorRequestStatus: version 1, primitive, length, conference, transaction, user
    asked, told = (b''.join(bytes([0x20, primitive, 0, 0, 0, 0, 0, 7, 0, n, 0, 2])
                            for n in range(1, 200)) for primitive in (1, 4))
    ue.send(asked)
    core.send(told)
    core.wait_received(len(asked))
    ue.wait_received(len(told))
    equal((bytes(core.data), bytes(ue.data)), (asked, told), 'BFCP at the core and at the UE')
    lab.ca.no_notify()
    core.reset()
    notify = lab.ca.wait_notify('g/cause', core_end.id)
    # megaco turns names to lower case
    equal({k.lower(): v.lower() for k, v in notify.params.items()}.get('generalcause'), 'ft', 'cause')
    counted(call, core)


def audits(lab, call):
    """Of the gateway, and of a call that is up."""
    def audit(context, termination, what, command='AuditValue'):
        reply = lab.ca.transact(f'Context = {context} {{ {command} = {termination} '
                                f'{{ Audit {{ {what} }} }} }}')
        return reply[f'Context.{command}']
    have = {n.name.lower().rpartition('-')[0] for n in audit('-', 'ROOT', 'Packages').all('Packages.*')}
    true(have >= {'g', 'root', 'nt', 'gm', 'ds', 'ipdc', 'ipnapt', 'tcpbcc', 'tlsbsc', 'seplink'},
         f'packages {have}')
    state = {n.name.lower() for n in audit('-', 'ROOT', 'Media').all('Media.TerminationState.*')}
    true('root/maxnumberofcontexts' in state, f'state of the gateway {state}')
    node = audit(call.context, call.access.id, 'Media, Events, Signals, Statistics')
    control = {n.name.lower(): str(n.value).lower() for n in node.all('Media.Stream.LocalControl.*')}
    equal((control['mode'], control['ipdc/realm']), ('sendreceive', 'access'), 'LocalControl')
    equal(control['seplink/linktopo'], f'{call.core.id},1,EstBNC'.lower(), 'linktopo')
    local = node['Media.Stream.Local'].sdp
    equal((local.port, local.fingerprint), (call.access.port, call.access.fingerprint), 'Local')
    equal(node['Events'].value, '1012', 'RequestID')
    true(any(n.name.lower() == 'nt/or' and float(n.value) > SIZE for n in node.all('Statistics.*')),
         'nt/or of the access')
    able = audit(call.context, call.access.id, 'Media', 'AuditCapability')
    true('Media' in able, 'capabilities')
    reply = lab.ca.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}')
    equal({c.value.lower() for c in reply.all('Context.AuditValue')},
          {call.access.id.lower(), call.core.id.lower()}, 'terminations')


def refusals(lab):
    """What cannot be done is refused by its code, and leaves nothing behind."""
    def add(*streams, **how):
        return calls.in_context('$', calls.command('Add', 'ip/1/access/$', streams, **how))
    udp = calls.sdp(proto='UDP', media='image')
    passive = calls.sdp(setup='passive')
    for code, actions in (
            (411, 'Context = 4711 { Subtract = ip/1/access/1 }'),
            (430, 'Context = - { AuditValue = ip/1/access/4711 { Audit { Media } } }'),
            (431, 'Context = * { Subtract = ip/1/access/* }'),
            (449, add(calls.stream(realm='nowhere', local=udp))),
            (449, add(calls.stream(local=udp, remote=calls.sdp('127.0.0.1', 5000, 'UDP', 'image')))),
            (449, add(calls.stream(local=calls.sdp('10.1.0.300', proto='UDP', media='image')))),
            (474, add(calls.stream(local='v=0\r\nm=message $ TCP -\r\nc=IN IP4\r\n'))),
            (473, add(calls.stream(local=passive, remote=calls.sdp(calls.UE, 7654, setup='active')),
                      signals='tcpbcc/EstBNC { Stream = 1 }')),
            (441, add(calls.stream(local=calls.sdp(setup='active')),
                      signals='tcpbcc/EstBNC { Stream = 1 }')),
            (473, add(calls.stream(local=calls.sdp(setup='active', fingerprint='$ $')))),
    ):
        lab.ca.expect_error(code, actions)
    # one bearer fails to open, the other shows a certificate that is not its own
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7653))
    equal(lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id).request, '2011', 'RequestID')
    call.subtract()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate('other')[1],
                             core=(listener.address, listener.port))
    openssl(lab, 's_client', '-connect', '%s:%d' % call.access.at)
    equal(lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id).request, '1012', 'RequestID')
    call.subtract()


def nothing_was_rejected(lab):
    """Every message of the gateway was decoded by megaco, and the other way round."""
    control = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')

    def figures():
        decoded, rejected, encoded = lab.ca.count()
        status = json.loads(lab.kmgw('-j', 'agent', 'socket', control, 'status'))
        return decoded, rejected, encoded, status['transport'], status['transactions']
    decoded, rejected, encoded, transport, transactions = figures()
    equal(rejected, 0, 'messages that megaco rejected')
    # Over UDP what was sent before megaco listened is lost, and sent again.
    if lab.agent['transport'] == 'udp':
        true(decoded <= transport['sent'], f'{decoded} messages decoded of {transport["sent"]} sent')
    else:
        equal(decoded, transport['sent'], 'messages that megaco decoded, and those that were sent')
    true(decoded > 30 and encoded > 30, f'{decoded} and {encoded} messages are too few')
    true(transport['received'] >= encoded, 'messages of megaco are missing')
    equal((transactions['syntax_errors'], transport['malformed']), (0, 0),
          'messages of megaco that were rejected')
    comment(f'{decoded} messages of the gateway, {encoded} of megaco')


def everything(lab):
    equal([(c.method, c.reason, c.termination.upper()) for c in lab.ca.changes],
          [('Restart', 901, 'ROOT')], 'registration')
    originating(lab)
    terminating(lab)
    bfcp(lab)
    refusals(lab)
    nothing_was_rejected(lab)


for encoding in ('pretty', 'compact', 'binary'):
    for transport in ('udp', 'tcp'):
        port = 2945 if encoding == 'binary' else 2944

        def one(lab):
            everything(lab)
        one.__name__ = f'{encoding}_over_{transport}'
        case(encoding=encoding, agent={'erlang': True, 'transport': transport},
             mgc=({'address': '10.0.0.2', 'port': port, 'transport': transport},),
             **(BINARY if encoding == 'binary' else {}))(one)


run()
