#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 420
# kernels: vm debug new
"""T.38 over DTLS by H.248: openssl and gnutls as client and server, fingerprints, guard, endings."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import dtls_ends


def keyed(lab, call, generation=1):
    """Until the module has the keys of an association; how it shows it."""
    def look():
        shown = lab.kmgw.endpoint(call.access.id).get('dtls', {})
        return shown if shown.get('generation') == generation and 'cipher' in shown else None
    return net.wait_for(look, f'keys of association {generation}')


def talk(lab, call, far, core, both=True, text=''):
    """User data both ways; where the tool only echoes or receives, as far as it goes."""
    far.send(f'up {text}')
    equal(core.receive()[0], f'up {text}\n'.encode(), 'datagram at the core')
    if both:
        core.send(f'down {text}\n'.encode(), call.core.at)
        far.wait(f'down {text}')


def listen(lab):
    return lab.datagrams(lab.core, calls.CORE, 49170)


def as_server(lab, tool, cipher=None, kind='ec', **how):
    """A call in which the gateway is DTLS server, up to keys: (call, far end)."""
    name = 'ue-' + kind
    call = calls.secure_fax(lab.ca, lab.certificate(name, kind)[1], **how)
    far = dtls_ends.client(lab, tool, call.access.at, cipher, name, kind)
    shown = keyed(lab, call)
    if cipher:
        equal(shown['cipher'], cipher, f'cipher with {tool}')
    return call, far


def as_client(lab, tool, cipher=None, kind='ec', own=calls.UE, **how):
    """The same with the gateway as DTLS client."""
    name = 'ue-' + kind
    far = dtls_ends.server(lab, tool, cipher, name, kind, own=own)
    call = calls.secure_fax(lab.ca, lab.certificate(name, kind)[1], True, **how)
    shown = keyed(lab, call)
    if cipher:
        equal(shown['cipher'], cipher, f'cipher with {tool}')
    return call, far


def done(call, far, core):
    call.subtract()
    far.child.kill()
    core.close()


@case
def openssl_is_client(lab):
    for cipher in dtls_ends.CIPHERS:
        core = listen(lab)
        call, far = as_server(lab, 'openssl', cipher)
        talk(lab, call, far, core, text=cipher)
        done(call, far, core)


@case
def openssl_is_server(lab):
    for cipher, kind in [(c, 'ec') for c in dtls_ends.CIPHERS] + [('aes-128-gcm', 'rsa')]:
        core = listen(lab)
        call, far = as_client(lab, 'openssl', cipher, kind)
        core.send(f'down {cipher}\n'.encode(), call.core.at)
        far.wait(f'down {cipher}')
        done(call, far, core)


@case
def gnutls_is_client(lab):
    for cipher in dtls_ends.CIPHERS:
        core = listen(lab)
        call, far = as_server(lab, 'gnutls', cipher)
        talk(lab, call, far, core, text=cipher)
        done(call, far, core)


@case
def gnutls_is_server(lab):
    for cipher, kind in [(c, 'ec') for c in dtls_ends.CIPHERS] + [('chacha20-poly1305', 'rsa')]:
        core = listen(lab)
        call, far = as_client(lab, 'gnutls', cipher, kind)
        # it sends back what it receives
        core.send(f'echo {cipher}\n'.encode(), call.core.at)
        equal(core.receive()[0], f'echo {cipher}\n'.encode(), 'echo at the core')
        done(call, far, core)


def refused(lab, call, far, core):
    notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    far.wait_gone()
    true(core.empty(), 'a datagram at the core')
    done(call, far, core)


@case
def wrong_fingerprint(lab):
    wrong = lab.certificate('other')[1]
    core = listen(lab)
    call = calls.secure_fax(lab.ca, wrong)
    refused(lab, call, dtls_ends.client(lab, 'gnutls', call.access.at), core)
    core = listen(lab)
    far = dtls_ends.server(lab, 'openssl')
    call = calls.secure_fax(lab.ca, wrong, True)
    refused(lab, call, far, core)


@case
def fingerprint_after_the_handshake(lab):
    for right in True, False:
        core = listen(lab)
        call = calls.secure_fax(lab.ca, answer=False)
        far = dtls_ends.client(lab, 'openssl', call.access.at)
        net.wait_for(lambda: 'waits for the far end' in lab.kmgwd.tail(), 'handshake')
        far.send('too early')
        net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['drops'].get('no_keys'),
                     'drop before the fingerprint is known')
        calls.secure_answer(call, lab.certificate('ue' if right else 'other')[1])
        if right:
            keyed(lab, call)
            talk(lab, call, far, core)
            lab.ca.no_notify()
            done(call, far, core)
        else:
            refused(lab, call, far, core)
        with open(lab.kmgwd.log, 'w', encoding='utf-8'):
            pass


@case(tls_guard=0.5)
def nobody_answers_our_client_hello(lab):
    call = calls.secure_fax(lab.ca, lab.certificate()[1], True)
    notify = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    equal(notify.params.get('Type'), 'EstFail', 'Type')
    call.subtract()


@case
def clear_text_is_never_forwarded(lab):
    core = listen(lab)
    ue = lab.datagrams(lab.ue, calls.UE, 49180)
    call = calls.secure_fax(lab.ca, lab.certificate()[1])
    ue.send(ends.udptl(0, b'clear', []), call.access.at)
    ue.send(bytes([0x80]) + bytes(20), call.access.at)
    core.send(b'clear', call.core.at)
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['drops'].get('late_rtp'), 'drop of RTP')
    net.wait_for(lambda: sum(lab.kmgw.endpoint(e.id)['drops'].get('no_keys', 0)
                             for e in (call.access, call.core)), 'drop without keys')
    true(core.empty() and ue.empty(), 'clear text that was forwarded')
    call.subtract()


@case
def far_end_closes(lab):
    for tool in 'openssl', 'gnutls':
        core = listen(lab)
        call, far = as_server(lab, tool)
        talk(lab, call, far, core)
        far.close()
        notify = lab.ca.wait_notify('g/cause', call.access.id)
        equal(notify.params.get('Generalcause'), 'NR', f'cause with {tool}')
        done(call, far, core)


@case
def gateway_closes_with_the_daemon_dead(lab):
    core = listen(lab)
    call, far = as_server(lab, 'gnutls')
    talk(lab, call, far, core)
    lab.kmgwd.kill()
    talk(lab, call, far, core, text='still there')
    lab.kmgw('context', 'del', str(call.context))
    far.wait_gone()
    lab.restart_gateway()
    core.close()


@case
def subtract_sends_close_notify(lab):
    core = listen(lab)
    call, far = as_server(lab, 'openssl')
    talk(lab, call, far, core)
    stats = call.subtract()
    far.wait_gone()
    true(stats[0]['nt/or'] > 0 and stats[0]['nt/os'] > 0, f'statistics {stats}')
    core.close()


@case
def over_ipv6(lab):
    """To IPv6 and to IPv4; the gateway as server and as client."""
    for address in calls.CORE6, calls.CORE:
        for role in as_server, as_client:
            core = lab.datagrams(lab.core, address, 49170)
            own = {'own': calls.UE6} if role == as_client else {}
            call, far = role(lab, 'openssl', ue=(calls.UE6, 49180), core=(address, 49170), **own)
            if role == as_server:
                talk(lab, call, far, core)
            else:
                core.send(b'down\n', call.core.at)
                far.wait('down')
            done(call, far, core)


@case
def last_flight_lost(lab):
    """ChangeCipherSpec and Finished of the gateway do not arrive at first; it repeats them when asked."""
    core = listen(lab)
    once = 'limit rate 1/hour burst 1 packets counter drop'
    table = f'''table inet lost {{
        chain c {{
            type filter hook input priority 0
            udp dport 49180 @th,64,8 20 counter
            udp dport 49180 @th,64,8 20 {once}
            udp dport 49180 @th,64,8 22 @th,88,16 1 {once}
        }}
        chain flights {{
            type filter hook output priority 0
            udp sport 49180 @th,64,8 22 @th,88,16 0 @th,168,8 11 counter
        }}
    }}
    '''
    def counted():
        listed = lab.ue.run('nft', 'list', 'table', 'inet', 'lost')
        return [int(n) for n in re.findall(r'counter packets (\d+)', listed)]
    call = calls.secure_fax(lab.ca, lab.certificate()[1])
    lab.ue.run('nft', '-f', '-', text=table)
    try:
        far = dtls_ends.client(lab, 'openssl', call.access.at)
        keyed(lab, call)
        talk(lab, call, far, core)
        # the client asks again after a second, and again if that was not enough for the answer
        net.wait_for(lambda: counted()[0] == counted()[3], 'an answer to each flight')
        equal(counted()[1:3], [1, 1], 'CCS and Finished lost')
        true(counted()[3] > 1, 'nothing was asked for again')
    finally:
        lab.ue.run('nft', 'delete', 'table', 'inet', 'lost', check=False)
    done(call, far, core)


@case
def daemon_restarted(lab):
    core = listen(lab)
    call, far = as_server(lab, 'openssl')
    talk(lab, call, far, core, text='before')
    lab.kmgwd.kill()
    change = lab.restart_gateway()
    equal(change.reason, 902, 'reason of the restart')
    talk(lab, call, far, core, text='after')
    # the port is shared with the module's socket: handshakes are for the daemon
    calls.secure_answer(call, lab.certificate('second')[1], ue=(calls.UE, 49181))
    new = dtls_ends.client(lab, 'openssl', call.access.at, name='second', port=49181)
    keyed(lab, call, 2)
    talk(lab, call, new, core, text='new')
    new.close()
    notify = lab.ca.wait_notify('g/cause', call.access.id)
    equal(notify.params.get('Generalcause'), 'NR', 'cause')
    far.child.kill()
    done(call, new, core)


@case
def new_association_beside_the_old(lab):
    """A new fingerprint: the old one carries on until the new one is there."""
    core = listen(lab)
    call, far = as_server(lab, 'openssl')
    talk(lab, call, far, core, text='old')
    second = lab.certificate('second')[1]
    calls.secure_answer(call, second, ue=(calls.UE, 49181))
    far.send('still')
    equal(core.receive()[0], b'still\n', 'the old association')
    new = dtls_ends.client(lab, 'openssl', call.access.at, name='second', port=49181)
    keyed(lab, call, 2)
    talk(lab, call, new, core, text='new')
    lab.ca.no_notify()
    done(call, new, core)


@case
def one_that_is_not_meant_disturbs_nothing(lab):
    """A handshake with another certificate while user data flows."""
    core = listen(lab)
    call, far = as_server(lab, 'openssl')
    stranger = dtls_ends.client(lab, 'openssl', call.access.at, name='stranger', port=49182)
    stranger.wait_gone()
    talk(lab, call, far, core)
    equal(lab.kmgw.endpoint(call.access.id)['dtls']['generation'], 1, 'generation')
    lab.ca.no_notify()
    done(call, far, core)


@case
def dtls_to_dtls_and_passed_through(lab):
    """Two ends of DTLS in one call; and a call that does not end it."""
    call = calls.fax(lab.ca, (calls.UE, 49180), (calls.CORE, 49170))
    far = dtls_ends.server(lab, 'gnutls', ns=lab.core, port=49170)
    near = dtls_ends.client(lab, 'openssl', call.access.at)
    near.send('end to end')
    near.wait('end to end')
    call.subtract()
    near.child.kill()
    far.child.kill()


run()
