#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""TLS whose records the kernel cannot do goes through the agent, and the call does not notice."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


SIZE = (1 if SLOW else 8) * MIB
CBC = 'ECDHE-ECDSA-AES128-SHA256'
EC = ('ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA')
RSA = ('ECDHE-RSA-AES128-SHA256', 'AES128-SHA', 'AES256-SHA256')
old = case(tls_legacy=True)


def status(lab):
    path = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')
    return json.loads(lab.kmgw('-j', 'agent', 'socket', path, 'status'))


def sessions(lab):
    return status(lab)['agent_sessions']


def words(path):
    with open(path, 'rb') as f:
        return f.read()


def talk(lab, ue, core, size=SIZE):
    data = lab.file(size)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, size)
    intact(ue, data, size)


@old
def ue_calls_with_every_cbc_suite(lab):
    for suite in EC:
        call, ue, core = lab.originate('1.2', ciphers=suite)
        equal(ue.ssl.cipher()[0], suite, 'suite')
        talk(lab, ue, core)
        equal(sessions(lab), 1, 'sessions whose records the agent does')
        told, = status(lab)['agent_paths']
        equal((told['context'], told['reason'][:12]), (int(call.context), 'kTLS has no '),
              'stream whose records the agent does, and why')
        ways = {e.get('note', '')[:42] for e in json.loads(lab.kmgw('-j', 'endpoint', 'show'))}
        equal(ways, {'', 'TLS records go through kmgwd: kTLS has no '}, 'and at the endpoint')
        access, far = call.subtract()
        equal(ue.wait_end(), 'notify', 'end at the UE')
        equal(core.wait_end(), 'fin', 'end at the core')
        equal((far['nt/os'], far['nt/or']), (SIZE, SIZE), 'octets at the core')
        equal(access['nt/or'], ue.wire_sent, 'octets received from the UE')
        true(SIZE < access['nt/os'] <= ue.wire_received, 'octets sent to the UE')
        ue.close()
        net.wait_for(lambda: sessions(lab) == 0, 'the session to go')


@old
def ue_is_called_with_rsa_suites(lab):
    pem, fingerprint = lab.certificate('rsa', 'rsa')
    for suite in RSA:
        listener = lab.listen(lab.ue, calls.UE,
                              tls=ends.tls_context(True, pem, '1.2', ciphers=suite))
        call = calls.terminating(lab.ca, fingerprint, ue=(listener.address, listener.port))
        ue = lab.accept(listener)
        core = lab.connect(lab.core, *call.core.at)
        ue.wait_handshake()
        equal(ue.ssl.cipher()[0], suite, 'suite')
        talk(lab, ue, core, MIB)
        call.subtract()
        equal(ue.wait_end(), 'notify', 'end at the UE')
        ue.close()


@old
def openssl_as_it_is(lab):
    pem, fingerprint = lab.certificate()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    host, port = call.access.at
    child = lab.popen(lab.ue, 'openssl', 's_client', '-quiet', '-connect', f'{host}:{port}',
                      '-cert', pem + '.crt', '-key', pem + '.key', '-tls1_2', '-cipher', CBC,
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(b'from openssl\n')
    child.stdin.flush()
    core = lab.accept(listener)
    core.wait_received(13)
    core.send(b'and back\n')
    equal(child.stdout.readline(), b'and back\n', 'what came back')
    equal(sessions(lab), 1, 'sessions whose records the agent does')
    call.subtract()


@case
def small_records_go_through_the_agent(lab):
    # RFC 6066 4: kTLS makes records of 16384 octets and cannot be told otherwise
    pem, fingerprint = lab.certificate()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    host, port = call.access.at
    child = lab.popen(lab.ue, 'openssl', 's_client', '-quiet', '-connect', f'{host}:{port}',
                      '-cert', pem + '.crt', '-key', pem + '.key', '-tls1_2', '-maxfraglen', '1024',
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    core = lab.accept(listener)
    core.send(b'x' * 9999 + b'\n')
    equal(len(child.stdout.readline()), 10000, 'octets that came')
    equal(sessions(lab), 1, 'sessions whose records the agent does')
    call.subtract()


@case
def new_keys_are_followed_there(lab):
    # RFC 8446 4.6.3: openssl changes its own, and asks for new ones of the gateway
    pem, fingerprint = lab.certificate()
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    told = os.path.join(lab.directory, 'told')
    with open(told, 'wb') as out:
        child = lab.popen(lab.ue, 'openssl', 's_client', '-quiet', '-no_ign_eof', '-connect',
                          '%s:%d' % call.access.at, '-cert', pem + '.crt', '-key', pem + '.key',
                          '-tls1_3', '-maxfraglen', '1024', stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=out)
    core = lab.accept(listener)
    for n in (1, 2, 3):
        # a line of one letter is a command: each has to be read for itself
        child.stdin.write(b'K\n')
        child.stdin.flush()
        net.wait_for(lambda: words(told).count(b'KEYUPDATE') == n, 'new keys at openssl')
        child.stdin.write(b'line %d\n' % n)
        child.stdin.flush()
        core.wait_received(7 * n)
        core.send(b'x' * 9999 + b'\n')
        equal(len(child.stdout.readline()), 10000, 'octets that came')
    equal(sessions(lab), 1, 'sessions whose records the agent does')
    lab.ca.no_notify()
    call.subtract()


@case
def not_unless_it_is_switched_on(lab):
    call, ue, listener = lab.originate('1.2', ciphers=CBC, data=False)
    ue.wait_end()
    true(not ue.handshaken, 'a CBC suite was agreed to')
    lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    call.subtract()


@old
def resets_pass(lab):
    for who in ('ue', 'core'):
        call, ue, core = lab.originate('1.2', ciphers=CBC)
        talk(lab, ue, core, MIB)
        first, other, end = (ue, core, call.access) if who == 'ue' else (core, ue, call.core)
        first.reset()
        equal(other.wait_end(), 'reset', 'end at the other side')
        equal(lab.ca.wait_notify('g/cause', end.id).params.get('Generalcause'), 'FT', 'cause')
        lab.ca.no_notify()
        call.subtract()


@old
def ue_ends(lab):
    for how, before in (('tls', 0), ('both', 0), ('fin', 1)):
        call, ue, core = lab.originate('1.2', ciphers=CBC)
        data = lab.file(MIB)
        ue.send_file(data)
        ue.finish(how)
        intact(core, data, MIB)
        equal(core.wait_end(), 'fin', 'end at the core')
        ue.wait_fin()
        if how != 'fin':
            equal(ue.wait_end(), 'notify', 'answer to close_notify')
        ue.close()
        core.close()
        notify = lab.ca.wait_notify('g/cause', call.access.id)
        equal(notify.params.get('Generalcause'), 'NR', 'cause')
        equal(status(lab)['bearers']['agent_truncated'], before, 'truncations counted')
        lab.ca.no_notify()
        call.subtract()


@case(tls_legacy=True, release_linger=120)
def core_ends(lab):
    call, ue, core = lab.originate('1.2', ciphers=CBC)
    data = lab.file(MIB)
    core.send_file(data)
    core.finish()
    intact(ue, data, MIB)
    equal(ue.wait_end(), 'notify', 'end at the UE')
    ue.finish('both')
    equal(core.wait_end(), 'fin', 'end at the core')
    equal(lab.ca.wait_notify('g/cause', call.core.id).params.get('Generalcause'), 'NR', 'cause')
    lab.ca.no_notify()
    call.subtract()


@old
def a_record_that_does_not_authenticate(lab):
    call, ue, core = lab.originate('1.2', ciphers=CBC)
    talk(lab, ue, core, MIB)
    ue.pending = b'\x17\x03\x03\x00\x40' + bytes(64)
    ue.send(b'')
    equal(core.wait_end(), 'reset', 'end at the core')
    equal(core.received, MIB, 'octets at the core')
    equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'FT', 'cause')
    call.subtract()


@old
def a_reader_that_does_not_read_stops_the_sender(lab):
    size = 4 * SIZE
    call, ue, core = lab.originate('1.2', ciphers=CBC)
    for sender, reader in ((ue, core), (core, ue)):
        data = lab.file(size)
        reader.pause()
        sender.send_file(data)
        seen, since = sender.sent, 0
        while since < 10:
            ends.still(0.1)
            since = since + 1 if sender.sent == seen else 0
            seen = sender.sent
        true(seen < size, 'nobody reads, and yet everything was sent')
        # others are not held up by it
        other, ue2, core2 = lab.originate('1.2', ciphers=CBC, name='other')
        talk(lab, ue2, core2, MIB)
        other.subtract()
        reader.resume()
        intact(reader, data, size)
    call.subtract()


@old
def mode_holds_data_back(lab):
    call, ue, core = lab.originate('1.2', ciphers=CBC, mode='Inactive', data=False)
    ue.wait_handshake()
    core = lab.accept(core)
    ue.send(b'too early')
    ends.still(0.3)
    equal(core.received, 0, 'octets while inactive')
    for end in (call.access, call.core):
        call.modify(end, calls.stream(mode='SendReceive'))
    core.wait_received(9)
    call.subtract()


@old
def daemon_dies(lab):
    call, ue, core = lab.originate('1.2', ciphers=CBC)
    talk(lab, ue, core, MIB)
    lab.kmgwd.kill(signal.SIGKILL)
    equal(ue.wait_end(), 'reset', 'end at the UE')
    equal(core.wait_end(), 'reset', 'end at the core')
    lab.restart_gateway()
    equal(lab.ca.wait_notify('g/cause', call.access.id).params.get('Generalcause'), 'FT', 'cause')
    call.subtract()


run()
