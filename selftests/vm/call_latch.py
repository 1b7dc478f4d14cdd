#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Latching by H.248: a UE behind a NAT in the clear and with DTLS, hijackers, adr/rsac, call to fax."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import dtls_ends
import nat

INSIDE = '192.168.1.2'		# what a UE behind the NAT says of itself


def drops(lab, end, reason):
    return lab.kmgw.endpoint(end.id)['drops'].get(reason, 0)


def latch(call, napt):
    call.modify(call.access, signals=f'ipnapt/latch {{ napt = {napt} }}')


def reported(lab, call):
    """Address and port of the next adr/rsac."""
    params = lab.ca.wait_notify('adr/rsac', call.access.id).params
    return params['addr'].strip('"'), int(params['port'])


def up(end, core, call, text=b'up'):
    end.send(text, call.access.at)
    equal(core.receive()[0], text, 'datagram at the core')


def down(core, end, call, *others):
    core.send(b'down', call.core.at)
    equal(end.receive()[0], b'down', 'datagram at the UE')
    for other in others:
        true(other.empty(), 'a datagram where the UE is not')


@case
def behind_a_nat(lab):
    with nat.home(lab.ue, 'home') as home:
        ue = lab.datagrams(home, INSIDE, 49180)
        core = lab.datagrams(lab.core, calls.CORE, 49170)
        call = calls.fax(lab.ca, (INSIDE, 49180), (core.address, core.port), events='adr/rsac')
        latch(call, 'LATCH')
        up(ue, core, call)
        address, port = reported(lab, call)
        equal(address, calls.UE, 'address reported: that of the NAT')
        equal(lab.kmgw.endpoint(call.access.id)['latched'], {'address': address, 'port': port},
              'what the module shows')
        down(core, ue, call)
        # who knows the port and comes second is not let in, and gets nothing
        thief = lab.datagrams(lab.ue, '10.1.0.3')
        before = drops(lab, call.access, 'latch')
        for _ in range(5):
            thief.send(b'hijack', call.access.at)
        net.wait_for(lambda: drops(lab, call.access, 'latch') == before + 5, 'drops of a stranger')
        true(core.empty(), 'a datagram of a stranger')
        down(core, ue, call, thief)
        lab.ca.no_notify()
        equal(call.subtract()[0]['gm/dp'], 5, 'gm/dp')


@case
def relatch_and_off(lab):
    first, second = (lab.datagrams(lab.ue, a, 49180) for a in (calls.UE, '10.1.0.3'))
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    call = calls.fax(lab.ca, (first.address, first.port), (core.address, core.port),
                     events='adr/rsac')
    latch(call, 'LATCH')
    up(second, core, call)
    equal(reported(lab, call), (second.address, second.port), 'address reported')
    # until another one comes, RELATCH goes on as it was
    latch(call, 'RELATCH')
    down(core, second, call, first)
    up(first, core, call)
    equal(reported(lab, call), (first.address, first.port), 'address reported')
    down(core, first, call, second)
    # LATCH sends to Remote until somebody comes
    latch(call, 'RELATCH')
    up(second, core, call)
    equal(reported(lab, call), (second.address, second.port), 'address reported')
    latch(call, 'LATCH')
    down(core, first, call, second)
    # OFF: Remote, and whoever wants may send
    latch(call, 'OFF')
    up(second, core, call, b'anybody')
    down(core, first, call, second)
    call.subtract()


@case
def the_filter_holds_before_latching(lab):
    ue, thief = (lab.datagrams(lab.ue, a, 49180) for a in (calls.UE, '10.1.0.3'))
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port), mode='Inactive')
    call.modify(call.access, calls.stream(properties=f'gm/saf = on, gm/sam = "{calls.UE}"'),
                signals='ipnapt/latch')
    thief.send(b'first', call.access.at)
    net.wait_for(lambda: drops(lab, call.access, 'filter') == 1, 'drop by filter')
    # latching does not wait for the mode
    ue.send(b'too early', call.access.at)
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id).get('latched'), 'latching')
    for end in call.access, call.core:
        call.modify(end, calls.stream(mode='SendReceive'))
    up(ue, core, call)
    down(core, ue, call, thief)
    call.subtract()


@case
def a_call_that_becomes_a_fax_is_heard_anew(lab):
    voice, fax = (lab.datagrams(lab.ue, '10.1.0.3', p) for p in (49180, 49190))
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    call = calls.fax(lab.ca, (calls.UE, 49180), (core.address, core.port), 'RTP/AVP',
                     events='adr/rsac')
    latch(call, 'LATCH')
    up(voice, core, call)
    equal(reported(lab, call)[1], 49180, 'port reported')
    for end in call.access, call.core:
        far = (calls.UE, 49180) if end is call.access else (core.address, core.port)
        call.modify(end, calls.stream(
            local=calls.sdp(end.address, end.port, 'udptl', 'image', 't38'),
            remote=calls.sdp(far[0], far[1], 'udptl', 'image', 't38')))
    # the old one is still sent to, until the other program comes
    down(core, voice, call, fax)
    up(fax, core, call, b'T.38')
    equal(reported(lab, call)[1], 49190, 'port reported')
    down(core, fax, call, voice)
    call.subtract()


def keyed(lab, call):
    net.wait_for(lambda: 'cipher' in lab.kmgw.endpoint(call.access.id).get('dtls', {}), 'keys')


@case
def dtls_behind_a_nat(lab):
    """The association shows where the client is; its first record latches."""
    with nat.home(lab.ue, 'home') as home:
        core = lab.datagrams(lab.core, calls.CORE, 49170)
        call = calls.secure_fax(lab.ca, lab.certificate()[1], ue=(INSIDE, 49180), latch='LATCH',
                                events='adr/rsac, tlsbsc/BNCChange { Type = EstFail }')
        far = dtls_ends.client(lab, 'gnutls', call.access.at, ns=home)
        keyed(lab, call)
        # for a second the client may not have our last flight yet, and nothing is sent
        def arrives():
            core.send(b'down before anything came\n', call.core.at)
            return b'down before anything came' in far.output
        net.wait_for(arrives, 'a datagram at the UE before it has sent one', interval=.3)
        far.send('up')
        equal(core.receive()[0], b'up\n', 'datagram at the core')
        equal(reported(lab, call)[0], calls.UE, 'address reported: that of the NAT')
        core.send(b'down\n', call.core.at)
        far.wait('down')
        thief = lab.datagrams(lab.ue, '10.1.0.3')
        thief.send(b'\x17\xfe\xfd' + bytes(5) + b'\x01' + b'\0\x20' + bytes(32), call.access.at)
        net.wait_for(lambda: drops(lab, call.access, 'latch') == 1, 'drop of a stranger')
        call.subtract()
        far.child.kill()


@case
def dtls_with_the_wrong_certificate(lab):
    """Where nothing is latched yet, whoever comes is the far end: the MGC is told."""
    call = calls.secure_fax(lab.ca, lab.certificate('other')[1], ue=(INSIDE, 49180), latch='LATCH')
    far = dtls_ends.client(lab, 'openssl', call.access.at)
    notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    far.wait_gone()
    call.subtract()


def client_hello(number, cookie=b''):
    """One that a server of today goes on with."""
    extensions = b'\0\x0a\0\4\0\2\0\x17' + b'\0\x0d\0\4\0\2\4\3'
    body = b'\xfe\xfd' + bytes(32) + b'\0' + bytes([len(cookie)]) + cookie + \
        b'\0\2\xc0\x2b' + b'\1\0' + len(extensions).to_bytes(2, 'big') + extensions
    size = len(body).to_bytes(3, 'big')
    message = b'\1' + size + number.to_bytes(2, 'big') + bytes(3) + size + body
    return b'\x16\xfe\xff' + bytes(2) + number.to_bytes(6, 'big') + len(message).to_bytes(2, 'big') + \
        message


def begin_a_handshake(thief, at):
    """As far as it may still be passed over; the last that was sent."""
    thief.send(client_hello(0), at)
    verify = thief.receive()[0]
    equal(verify[13], 3, 'HelloVerifyRequest')
    hello = client_hello(1, verify[28:28 + verify[27]])
    thief.send(hello, at)
    return hello


def half_a_handshake(thief, at):
    """As far as the server's certificate; then silence. The last that was sent."""
    hello = begin_a_handshake(thief, at)
    equal(thief.receive()[0][13], 2, 'ServerHello')
    return hello


@case(tls_guard=300)
def dtls_anybody_may_try_but_only_the_right_one_latches(lab):
    """The guard would make room, too, but too late."""
    with nat.home(lab.ue, 'home') as home:
        core = lab.datagrams(lab.core, calls.CORE, 49170)
        call = calls.secure_fax(lab.ca, lab.certificate()[1], ue=(INSIDE, 49180), latch='LATCH',
                                events='adr/rsac, tlsbsc/BNCChange { Type = EstFail }')
        # a source that is forged sends one datagram and sees no answer
        thief = lab.datagrams(lab.ue, '10.1.0.3')
        for data in client_hello(0), b'\x14\xfe\xfd' + bytes(8) + b'\0\1\1':
            thief.send(data, call.access.at)
        thief.receive()
        # the MGC is told of whoever has another certificate
        dtls_ends.client(lab, 'openssl', call.access.at, name='other').wait_gone()
        equal(lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id).params.get('Type'), 'EstFail', 'Type')
        # one who stops in the middle makes room, and does not fail the stream
        half_a_handshake(thief, call.access.at)
        true('latched' not in lab.kmgw.endpoint(call.access.id), 'somebody is latched')
        far = dtls_ends.client(lab, 'gnutls', call.access.at, ns=home)
        keyed(lab, call)
        address, port = reported(lab, call)
        equal(address, calls.UE, 'address reported: that of the NAT')
        far.send('up')
        equal(core.receive()[0], b'up\n', 'datagram at the core')
        equal(lab.kmgw.endpoint(call.access.id)['latched'], {'address': address, 'port': port},
              'what the module shows')
        core.send(b'down\n', call.core.at)
        far.wait('down')
        before = drops(lab, call.access, 'latch')
        thief.send(client_hello(0), call.access.at)
        net.wait_for(lambda: drops(lab, call.access, 'latch') == before + 1, 'drop of a stranger')
        call.subtract()
        far.child.kill()


@case(tls_guard=300)
def dtls_nobody_pushes_out_who_speaks(lab):
    """Only silence of more than a second does; what took longer here says nothing, and is tried again."""
    for _ in range(20):
        first, second = (lab.datagrams(lab.ue, '10.1.0.3') for _ in range(2))
        call = calls.secure_fax(lab.ca, lab.certificate()[1], ue=(INSIDE, 49180), latch='LATCH')
        hello = half_a_handshake(first, call.access.at)
        start = time.monotonic()
        first.send(hello, call.access.at)
        begin_a_handshake(second, call.access.at)
        # when this one is answered that one was read
        second.send(client_hello(2), call.access.at)
        equal(second.receive()[0][13], 3, 'HelloVerifyRequest')
        took = time.monotonic() - start
        call.subtract()
        if took < 1:
            true(f'as server with [10.1.0.3]:{second.port}' not in lab.kmgwd.tail(), 'it is let in')
            return
    true(False, 'there is a moment in which nobody is silent')


@case(tls_guard=300, max_handshakes=4)
def dtls_nobody_takes_the_handshakes_of_all_calls(lab):
    """Who knows many ports and begins a handshake on each has a share of them, and others get theirs."""
    with nat.home(lab.ue, 'home') as home:
        made = [calls.secure_fax(lab.ca, lab.certificate()[1], ue=(INSIDE, 49180), latch='LATCH')
                for _ in range(5)]
        thieves = [lab.datagrams(lab.ue, '10.1.0.3') for _ in made]
        half_a_handshake(thieves[0], made[0].access.at)
        for thief, call in zip(thieves[1:], made[1:-1]):
            begin_a_handshake(thief, call.access.at)
        far = dtls_ends.client(lab, 'gnutls', made[-1].access.at, ns=home)
        keyed(lab, made[-1])
        true(all(thief.empty() for thief in thieves[1:]), 'more than its share')
        for call in made:
            call.subtract()
        far.child.kill()


run()
