#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""How connections are asked for and let go: BFCP's roles, later signals, hold, streams, new keys."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


EVENTS = calls.FAIL_EVENTS + ', g/cause'


def bfcp(lab, access, core, remote=None, signals=None, core_remote=None):
    """A call with m=application; access, core: a=setup of Local; the reply as a Call."""
    def add(realm, **how):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm, **how), events=EVENTS,
            signals=signals if realm == 'access' else None)
    reply = lab.ca.transact(calls.in_context(
        '$',
        add('access', local=calls.sdp(proto='TCP/TLS', media='application', setup=access,
                                      fingerprint='$ $'), remote=remote),
        add('core', local=calls.sdp(media='application', setup=core), remote=core_remote)))
    ends_ = [calls.End(n) for n in reply.all('Context.Add')]
    return calls.Call(lab.ca, reply['Context'].value, *ends_)


def far(at, port, setup, fingerprint=None, proto='TCP/TLS', extra=()):
    return calls.sdp(at, port, proto, media='application', setup=setup, fingerprint=fingerprint,
                     extra=extra)


def talk(ue, core):
    ue.send(b'floor request')
    core.send(b'floor grant')
    core.wait_received(13)
    ue.wait_received(11)


@case(tls_start='signal')
def gateway_tcp_active_and_tls_server(lab):
    listener = lab.listen(lab.ue, calls.UE)
    call = bfcp(lab, 'active', 'passive', far(listener.address, listener.port, 'passive',
                                             lab.certificate()[1]),
                'tcpbcc/EstBNC { Stream = 1 }', far(calls.CORE, 9, 'active', proto='TCP'))
    sock, _ = listener.sock.accept()
    ue = lab.keep(ends.Connection(sock, lab.tls(False))).wait_handshake()
    equal(ue.peer_fingerprint(), call.access.fingerprint, 'certificate of the gateway')
    core = lab.connect(lab.core, *call.core.at)
    talk(ue, core)
    call.subtract()


@case(tls_start='signal')
def gateway_tcp_passive_and_tls_client_later(lab):
    # TLS starts by a Modify of its own, when TCP has been up for a while
    listener = lab.listen(lab.core, calls.CORE)
    call = bfcp(lab, 'passive', 'active', far(calls.UE, 9, 'active', lab.certificate()[1]),
                core_remote=far(listener.address, listener.port, 'passive', proto='TCP'))
    sock = lab.ue.socket()
    sock.connect(call.access.at)
    core = lab.accept(listener)
    ue = lab.keep(ends.Connection(sock, lab.tls(True), server=True))
    ends.still(0.3)
    equal(ue.wire_received, 0, 'octets before the signal')
    call.modify(call.access, signals='tlsbsc/EstBNC { Stream = 1 }')
    ue.wait_handshake()
    talk(ue, core)
    # once more, on a live session: nothing happens
    call.modify(call.access, signals='tlsbsc/EstBNC { Stream = 1 }')
    lab.ca.no_notify()
    call.subtract()


@case
def what_is_said_again_changes_nothing(lab):
    call, ue, core = lab.originate()
    talk(ue, core)
    octets = ue.wire_received
    for extra in ((), ('a=connection:existing',)):
        call.modify(call.access, calls.stream(
            local=calls.sdp(*call.access.at, 'TCP/TLS', setup='passive', extra=extra),
            remote=calls.sdp(calls.UE, 9, 'TCP/TLS', setup='active',
                             fingerprint=lab.certificate()[1], extra=extra)))
        call.modify(call.core, signals='tcpbcc/EstBNC { Stream = 1 }')
    lab.ca.no_notify()
    equal((ue.wire_received, ue.ended, core.ended), (octets, None, None), 'what the ends saw')
    ue.send(b'still the same')
    core.wait_received(27)
    call.subtract()


@case
def released_and_opened_again(lab):
    call, ue, core = lab.terminate()
    talk(ue, core)
    call.modify(call.access, signals='tcpbcc/RelBNC { Stream = 1 }')
    equal(ue.wait_end(), 'notify', 'end at the UE')
    equal(core.wait_end(), 'fin', 'end at the core')
    ue.close()
    core.close()
    # who asked for it is not told
    lab.ca.no_notify()
    # existing: no other connection, whatever the signals say
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    fingerprint = lab.certificate()[1]
    call.modify(call.access, calls.stream(
        remote=calls.sdp(listener.address, listener.port, 'TCP/TLS', setup='passive',
                         fingerprint=fingerprint, extra=('a=connection:existing',))),
        signals='tcpbcc/EstBNC { Stream = 1 }')
    ends.still(0.3)
    true(listener.idle(), 'a SYN in spite of connection:existing')
    for end, remote in ((call.core, calls.sdp(calls.CORE, 9, setup='active',
                                              extra=('a=connection:new',))),
                        (call.access, calls.sdp(listener.address, listener.port, 'TCP/TLS',
                                                setup='passive', fingerprint=fingerprint,
                                                extra=('a=connection:new',)))):
        call.modify(end, calls.stream(remote=remote))
    call.modify(call.access,
                signals='tcpbcc/EstBNC { Stream = 1 }, tlsbsc/EstBNC { Stream = 1 }')
    ue = lab.accept(listener).wait_handshake()
    core = lab.connect(lab.core, *call.core.at)
    talk(ue, core)
    call.subtract()


@case
def the_gateway_opens_both(lab):
    # both far ends wait: each is connected to when that is asked for, and nothing gets lost meanwhile
    waiting = [lab.listen(ns, at) for ns, at in ((lab.ue, calls.UE), (lab.core, calls.CORE))]
    call = calls.joined(lab.ca, ('active', 'active'), ('passive', 'passive'),
                        *((one.address, one.port) for one in waiting))
    call.modify(call.access, signals='tcpbcc/EstBNC { Stream = 1 }')
    ue = lab.accept(waiting[0])
    ue.send(b'early ')
    true(waiting[1].idle(), 'the core is connected to without a signal')
    call.modify(call.core, signals='tcpbcc/EstBNC { Stream = 1 }')
    core = lab.accept(waiting[1])
    core.wait_received(6)
    talk(ue, core)
    core.wait_received(19)
    equal(bytes(core.data), b'early floor request', 'what the core has received')
    lab.ca.no_notify()
    call.subtract()


@case
def a_syn_of_the_core_opens_the_ue(lab):
    listener = lab.listen(lab.ue, calls.UE)
    call = calls.joined(lab.ca, ('active', 'passive'), ('passive', 'active'),
                        (listener.address, listener.port), (calls.CORE, 9))
    core = lab.connect(lab.core, *call.core.at)
    talk(lab.accept(listener), core)
    lab.ca.no_notify()
    call.subtract()


@case
def hold_answers_nobody(lab):
    call = bfcp(lab, 'holdconn', 'passive', far(calls.UE, 9, 'active', lab.certificate()[1]))
    sock = lab.ue.socket()
    sock.settimeout(0.5)
    try:
        sock.connect(call.access.at)
        raise Failed('connected to an end on hold')
    except TimeoutError:
        pass
    sock.close()
    call.modify(call.access, calls.stream(local=calls.sdp(
        *call.access.at, 'TCP/TLS', media='application', setup='passive')))
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False)).wait_handshake()
    core = lab.connect(lab.core, *call.core.at)
    talk(ue, core)
    call.subtract()


@case
def two_streams_of_one_call(lab):
    fingerprint = lab.certificate()[1]
    listeners = [lab.listen(lab.core, calls.CORE) for _ in range(2)]
    def streams(realm):
        for n, listener in enumerate(listeners, 1):
            if realm == 'access':
                yield calls.stream(n, 'SendReceive', realm, calls.sdp(
                    proto='TCP/TLS', setup='passive', fingerprint='$ $'),
                    calls.sdp(calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=fingerprint))
            else:
                yield calls.stream(n, 'SendReceive', realm, calls.sdp(setup='active'),
                                   calls.sdp(listener.address, listener.port, setup='passive'))
    reply = lab.ca.transact(calls.in_context('$', *(
        calls.command('Add', f'ip/1/{realm}/$', list(streams(realm)), events=EVENTS)
        for realm in ('access', 'core'))))
    access, core = reply.all('Context.Add')
    call = calls.Call(lab.ca, reply['Context'].value, calls.End(access), calls.End(core))
    pairs = []
    for n, listener in enumerate(listeners, 1):
        ue = lab.connect(lab.ue, *calls.End(access, n).at, tls=lab.tls(False)).wait_handshake()
        pairs.append((ue, lab.accept(listener)))
    for ue, far_end in pairs:
        talk(ue, far_end)
    # the end of one is none of the other's business
    pairs[0][0].finish('both')
    equal(pairs[0][1].wait_end(), 'fin', 'end of the first stream')
    pairs[0][1].finish()
    notify = lab.ca.wait_notify('g/cause', call.access.id)
    equal(notify.params.get('Stream'), '1', 'stream')
    pairs[1][0].send(b'more')
    pairs[1][1].wait_received(17)
    call.subtract()


@case
def a_storm_of_new_keys(lab):
    # kernels before 6.14 cannot follow a KeyUpdate: what came before it arrives, then the end
    pem, fingerprint = lab.certificate()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    host, port = call.access.at
    child = lab.popen(lab.ue, 'openssl', 's_client', '-connect', f'{host}:{port}', '-tls1_3',
                      '-cert', pem + '.crt', '-key', pem + '.key', stdin=subprocess.PIPE)
    core = lab.accept(listener)
    for n in range(100):
        child.stdin.write(b'line %03d\n' % n)
    child.stdin.flush()
    core.wait_received(900)
    try:
        for _ in range(50):
            child.stdin.write(b'k\n')
            child.stdin.flush()
            ends.still(0.01)
    except BrokenPipeError:
        pass
    # not an orderly end of the far end's: nobody may take the stream for whole
    equal(core.wait_end(), 'reset', 'end at the core')
    equal(bytes(core.data), b''.join(b'line %03d\n' % n for n in range(100)), 'data at the core')
    equal(lab.kmgw.endpoint(call.access.id)['reason'], 'key_update', 'reason')
    notify = lab.ca.wait_notify('g/cause', call.access.id)
    comment(f'told as {notify.params}')
    lab.ca.no_notify()
    call.subtract()


run()
