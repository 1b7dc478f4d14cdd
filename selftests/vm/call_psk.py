#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""TLS and DTLS with a pre-shared key, as on Mp: no certificate, no fingerprint, and nobody ever sees the key."""
import glob
import os
import signal
import sys
from functools import partial

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

import dtls_ends
from tls_cells import *	# noqa: E402,F403
from tls_peers import PSK_SUITES, Program	# noqa: E402

PORT = 7600
KEY = '8c4f2a6be19d03758c4f2a6be19d0375'
OTHER = '0f' * 16
UE = ('ue@example.org', KEY)
ALL = tuple((peer, role) for peer in ('openssl', 'gnutls') for role in ('client', 'server'))
# Each suite by some; gnutls-cli is left out where it would crash.
CALLS = {
    'TLS_AES_128_GCM_SHA256': ALL,
    'PSK-AES128-GCM-SHA256': (ALL[0], ALL[2]),
    'PSK-AES128-CBC-SHA256': (ALL[1], ALL[2]),
    'PSK-AES128-CBC-SHA': (ALL[0], ALL[3]),
    'DHE-PSK-AES128-GCM-SHA256': (ALL[0], ALL[3]),
    'DHE-PSK-AES128-CBC-SHA256': (ALL[1],),
    'DHE-PSK-AES128-CBC-SHA': (ALL[0],),
    'ECDHE-PSK-CHACHA20-POLY1305': (ALL[0], ALL[3]),
    'ECDHE-PSK-AES128-CBC-SHA256': (ALL[1],),
}
BY_NAME = {suite.name: suite for suite in PSK_SUITES}
GCM = BY_NAME['PSK-AES128-GCM-SHA256']
CBC = BY_NAME['PSK-AES128-CBC-SHA']
V13 = BY_NAME['TLS_AES_128_GCM_SHA256']


def key_lines(key=KEY, identity=None):
    return (f'a=psk:{key}',) + ((f'a=pskid:{identity}',) if identity else ())


def begin(cell, lab, port, psk=UE, extra=key_lines()):
    """Up to where the peer connects, or listens."""
    if cell.role == 'client':
        listener = lab.listen(lab.core, calls.CORE)
        cell.call = calls.originating(lab.ca, extra=extra, core=(listener.address, listener.port))
        cell.program = Program(lab, cell.peer, lab.ue, cell.wanted, to=cell.call.access.at, psk=psk)
        cell.core = listener
    else:
        cell.program = Program(lab, cell.peer, lab.ue, cell.wanted, on=(calls.UE, port), psk=psk)
        net.wait_for(lambda: port in listening(lab.ue) or cell.program.gone(), 'the server to listen')


def connect(cell, lab, port, identity=UE[0]):
    """identity: what the gateway calls itself, for a server knows no other."""
    if cell.role == 'client':
        cell.core = lab.accept(cell.core)
    else:
        cell.call = calls.terminating(lab.ca, extra=key_lines(KEY, identity), ue=(calls.UE, port))
        cell.core = lab.connect(lab.core, *cell.call.core.at)


def up(lab, suite, peer='openssl', role='client', **how):
    """A call with data both ways."""
    cell = Cell(peer, role, suite)
    begin(cell, lab, PORT, **how)
    connect(cell, lab, PORT)
    agreed(cell)
    send(cell)
    carried(cell)
    return cell


def nobody_saw(lab, *keys):
    """Not in the log, nor in the traces that the agent itself keeps, nor in the record."""
    seen = lab.kmgw('-v', 'context', 'show') + lab.kmgw('-j', '-v', 'context', 'show')
    texts = {'context show': seen.encode()}
    for path in [lab.kmgwd.log] + glob.glob(os.path.join(lab.kmgwd.config['trace_dir'], '*')):
        with open(path, 'rb') as f:
            texts[path] = f.read()
    true(any(b'psk' in text for path, text in texts.items() if '.trace' in path),
         'the trace has no request with a key')
    for key in keys:
        for form in (key.encode(), bytes.fromhex(key), key.encode().hex().encode()):
            for path, text in texts.items():
                true(form not in text, f'a key is in {path}')


@case(trace='all', trace_format='text', tls_guard=120)
def every_suite(lab):
    cells = [Cell(peer, role, BY_NAME[name]) for name, who in CALLS.items() for peer, role in who]
    equal({suite.name for suite in PSK_SUITES}, set(CALLS), 'suites')
    for i, cell in enumerate(cells):
        each([cell], begin, lab, PORT + i)
    for i, cell in enumerate(cells):
        each([cell], connect, lab, PORT + i)
    see(lab, cells)
    tabulate([HEAD] + [cell.columns() for cell in cells])
    nobody_saw(lab, KEY)


def on_mp(lab, key=KEY, identity=UE[0]):
    """
    A participant and the gateway as 23.333 6.2.19 has it: the gateway opens TCP, and has been given
    the key, but it is the participant who begins TLS.
    """
    def add(realm, local, remote, signals=None):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', realm=realm, local=local, remote=remote), signals=signals,
            events=calls.FAIL_EVENTS + ', g/cause')
    def bfcp(*at, proto='TCP/TLS/BFCP', **how):
        return calls.sdp(*at, proto=proto, media='application', fmt='*', **how)
    reply = lab.ca.transact(calls.in_context(
        '$',
        add('access', bfcp(setup='active', extra=('a=floorctrl:s-only',)),
            bfcp(calls.UE, PORT, setup='passive', extra=key_lines(key, identity)),
            'tcpbcc/EstBNC { Stream = 1 }'),
        add('core', bfcp(setup='passive', proto='TCP'),
            bfcp(calls.CORE, 9, setup='active', proto='TCP'))))
    ends_ = [calls.End(n) for n in reply.all('Context.Add')]
    return calls.Call(lab.ca, reply['Context'].value, *ends_)


def participant(lab, cell, psk=UE):
    """openssl only connects: socat waits for the gateway, and then for openssl."""
    path = os.path.join(lab.directory, 'p%d' % len(lab.children))
    lab.popen(lab.ue, 'socat', f'TCP-LISTEN:{PORT},bind={calls.UE},reuseaddr', f'UNIX-LISTEN:{path}')
    net.wait_for(lambda: PORT in listening(lab.ue), 'socat to listen')
    cell.call = on_mp(lab)
    net.wait_for(lambda: os.path.exists(path), 'TCP to be up')
    cell.program = Program(lab, 'openssl', lab.ue, cell.wanted, to=path, psk=psk)


@case(tls_start='signal')
def the_gateway_opens_tcp_and_waits_for_tls(lab):
    for suite in (GCM, CBC, V13):
        cell = Cell('openssl', 'client', suite)
        participant(lab, cell)
        cell.core = lab.connect(lab.core, *cell.call.core.at)
        agreed(cell)
        send(cell)
        carried(cell)
        lab.ca.no_notify()
        cell.call.subtract()
        net.wait_for(cell.program.gone, 'the participant to end')


@case(tls_start='signal')
def there_it_is_told_of_another_key_too(lab):
    cell = Cell('openssl', 'client', V13)
    participant(lab, cell, (UE[0], OTHER))
    failed(lab, cell, 'seems to have another pre-shared key')
    cell.call.subtract()


def failed(lab, cell, why):
    cause = lab.ca.wait_notify('tlsbsc/BNCChange', cell.call.access.id).params.get('Cause')
    true(cause and why in cause, f'cause: {cause}')


@case
def another_key_is_a_failure_with_its_cause(lab):
    for suite in (GCM, V13):
        for role in ('client', 'server'):
            cell = Cell('openssl', role, suite)
            begin(cell, lab, PORT, psk=(UE[0], OTHER))
            connect(cell, lab, PORT)
            failed(lab, cell, 'seems to have another pre-shared key')
            equal(cell.core.received, 0, 'octets at the core')
            net.wait_for(cell.program.gone, 'the peer to end')
            cell.call.subtract()


@case
def only_the_identity_that_was_given(lab):
    good = Cell('openssl', 'client', GCM)
    begin(good, lab, PORT, extra=key_lines(KEY, UE[0]))
    connect(good, lab, PORT)
    agreed(good)
    good.call.subtract()
    bad = Cell('openssl', 'client', GCM)
    begin(bad, lab, PORT, extra=key_lines(KEY, 'somebody@example.org'))
    connect(bad, lab, PORT)
    failed(lab, bad, 'named another identity')
    bad.call.subtract()


@case
def a_certificate_does_not_do_instead(lab):
    pem, fingerprint = lab.certificate()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, extra=key_lines(),
                             core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *call.access.at, tls=ends.tls_context(False, pem))
    ue.wait_end()
    true(not ue.handshaken, 'a certificate was taken')
    lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    call.subtract()


def remote_with(*extra):
    return calls.sdp(calls.UE, 9, 'TCP/TLS', setup='active', extra=extra)


@case
def another_key_in_a_modify_is_another_connection(lab):
    for taken_back in (False, True):
        cell = up(lab, V13)
        change = partial(cell.call.modify, cell.call.access)
        if taken_back:
            change(calls.stream(remote=remote_with()))
        change(calls.stream(remote=remote_with(*key_lines())))
        cell.core.send(DATA)
        net.wait_for(lambda: len(cell.program.received()) == 2 * len(DATA), 'the data at the peer')
        if taken_back:
            change(calls.stream(remote=remote_with()))
        change(calls.stream(remote=remote_with(*key_lines(OTHER))))
        again = Program(lab, 'openssl', lab.ue, V13, to=cell.call.access.at, psk=('ue', OTHER))
        net.wait_for(again.agreed, 'the handshake with the new key')
        net.wait_for(cell.program.gone, 'the old connection to end')
        cell.core.send(DATA)
        at_peer(again)
        cell.call.subtract()


# suite of DTLS: openssl's name, (exchange, cipher) of GnuTLS. gnutls-cli 3.7 does not survive a key beside
# Diffie-Hellman.
DTLS = {
    'aes-128-gcm': ('PSK-AES128-GCM-SHA256', ('PSK', 'AES-128-GCM')),
    'aes-256-gcm': ('DHE-PSK-AES256-GCM-SHA384', ('DHE-PSK', 'AES-256-GCM')),
    'chacha20-poly1305': ('ECDHE-PSK-CHACHA20-POLY1305', ('ECDHE-PSK', 'CHACHA20-POLY1305')),
    'aes-128-ccm': ('PSK-AES128-CCM', ('PSK', 'AES-128-CCM')),
    'aes-128-ccm-8': ('PSK-AES128-CCM8', ('PSK', 'AES-128-CCM-8')),
}


def dtls_call(lab, tool, role, cipher, key=KEY):
    """role: the far end's. Up to where its handshake begins: (call, far end, datagrams of the core)."""
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    extra, psk = key_lines(KEY, UE[0]), (UE[0], key)
    if role == 'client':
        call = calls.secure_fax(lab.ca, extra=extra)
        far = dtls_ends.with_key(lab, tool, call.access.at, DTLS[cipher], psk)
    else:
        far = dtls_ends.with_key(lab, tool, None, DTLS[cipher], psk)
        call = calls.secure_fax(lab.ca, client=True, extra=extra)
    return call, far, core


def dtls_shown(lab, call):
    return lab.kmgw.endpoint(call.access.id).get('dtls', {}).get('cipher')


@case(trace='all', trace_format='text')
def of_dtls_every_suite(lab):
    for cipher in DTLS:
        who = {'aes-128-gcm': ALL, 'chacha20-poly1305': (ALL[0], ALL[1], ALL[3])}
        for tool, role in who.get(cipher, ALL[:2]):
            call, far, core = dtls_call(lab, tool, role, cipher)
            net.wait_for(lambda: dtls_shown(lab, call), f'keys, with {tool} as {role} and {cipher}')
            equal(dtls_shown(lab, call), cipher, f'cipher with {tool} as {role}')
            if role == 'client':
                far.send('up')
                equal(core.receive()[0], b'up\n', 'datagram at the core')
            core.send(b'down\n', call.core.at)
            if tool == 'gnutls' and role == 'server':
                equal(core.receive()[0], b'down\n', 'echo at the core')
            else:
                far.wait('down')
            call.subtract()
            far.child.kill()
            core.close()
    lab.ca.no_notify()
    nobody_saw(lab, KEY)


@case(tls_guard=2)
def of_dtls_another_key_is_a_failure(lab):
    for role in ('client', 'server'):
        call, far, core = dtls_call(lab, 'openssl', role, 'aes-128-gcm', OTHER)
        cause = lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id).params.get('Cause')
        true(cause and 'another pre-shared key' in cause, f'cause: {cause}')
        true(core.empty() and not dtls_shown(lab, call), 'an association')
        call.subtract()
        far.child.kill()
        core.close()


@case
def of_dtls_another_key_in_a_modify_is_another_association(lab):
    for taken_back in (False, True):
        call, far, core = dtls_call(lab, 'openssl', 'server', 'aes-128-gcm')
        net.wait_for(lambda: dtls_shown(lab, call), 'keys')
        far.child.kill()
        far.child.wait()
        again = dtls_ends.with_key(lab, 'openssl', None, DTLS['aes-128-gcm'], (UE[0], OTHER))
        for extra in ((), key_lines(OTHER, UE[0]))[not taken_back:]:
            calls.secure_answer(call, None, True, extra=extra)
        net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['dtls'].get('generation') == 2,
                     'the new association')
        core.send(b'down\n', call.core.at)
        again.wait('down')
        call.subtract()
        again.child.kill()
        core.close()


@case
def of_dtls_a_certificate_does_not_do_instead(lab):
    pem, fingerprint = lab.certificate()
    del pem
    call = calls.secure_fax(lab.ca, fingerprint, extra=key_lines())
    far = dtls_ends.client(lab, 'openssl', call.access.at)
    far.wait_gone()
    lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    call.subtract()


@case(trace='all', trace_format='text')
def a_daemon_that_dies_takes_the_key_with_it(lab):
    cell = up(lab, GCM)
    nobody_saw(lab, KEY)
    lab.kmgwd.kill(signal.SIGKILL)
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    # the session goes on, and goes on when the key is told again
    remote = calls.sdp(calls.UE, 9, 'TCP/TLS', setup='active', extra=key_lines())
    for more in (1, 2):
        cell.core.send(DATA)
        net.wait_for(lambda: len(cell.program.received()) == (more + 1) * len(DATA), 'the data')
        cell.call.modify(cell.call.access, calls.stream(remote=remote))
    lab.ca.no_notify()
    cell.call.subtract()


run()
