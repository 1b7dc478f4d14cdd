#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug
"""Calls against the TLS programs that people have: openssl and gnutls, as client and as server."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


SIZE = 2 * MIB
KEYS = tempfile.mkdtemp()
GATEWAY = net.certificate(KEYS, 'gateway', 'rsa')[0]


def parts(lab, name):
    pem, fingerprint = lab.certificate(name)
    return pem + '.crt', pem + '.key', fingerprint


def openssl_version(version):
    return '-tls' + version.replace('.', '_')


def gnutls_version(version):
    return f'NORMAL:-VERS-ALL:+VERS-TLS{version}'


def feed(pipe, path):
    with open(path, 'rb') as f:
        shutil.copyfileobj(f, pipe)
    pipe.flush()


def as_client(lab, program, version):
    cert, key, fingerprint = parts(lab, 'ue')
    data = lab.file(SIZE)
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    host, port = call.access.at
    if program == 'openssl':
        command = ['openssl', 's_client', '-quiet', '-connect', f'{host}:{port}', '-cert', cert,
                   '-key', key, openssl_version(version)]
    else:
        command = ['gnutls-cli', '--insecure', '--logfile=/dev/null', '-p', str(port),
                   '--x509certfile', cert, '--x509keyfile', key,
                   '--priority', gnutls_version(version), host]
    out = os.path.join(lab.directory, 'client.out')
    with open(out, 'wb') as stdout:
        # standard input stays open after the file: the client does not leave
        child = lab.popen(lab.ue, *command, stdin=subprocess.PIPE, stdout=stdout, stderr=stdout)
        threading.Thread(target=feed, args=(child.stdin, data), daemon=True).start()
        core = lab.accept(listener)
        intact(core, data, SIZE)
        core.send(b'back to the client\n')
        net.wait_for(lambda: b'back to the client' in open(out, 'rb').read() or
                     child.poll() is not None, 'data at the client')
    true(b'back to the client' in open(out, 'rb').read(), 'no data at the client')
    call.subtract()
    equal(core.wait_end(), 'fin', 'end at the core')


def as_server(lab, program, version):
    cert, key, fingerprint = parts(lab, 'ue')
    data = lab.file(SIZE)
    port = 7654
    out = os.path.join(lab.directory, 'server.out')
    if program == 'openssl':
        command = ['openssl', 's_server', '-accept', f'{calls.UE}:{port}', '-cert', cert,
                   '-key', key, '-Verify', '1', '-quiet', '-naccept', '1',
                   openssl_version(version)]
    else:
        command = ['gnutls-serv', '--echo', '-p', str(port), '--x509certfile', cert,
                   '--x509keyfile', key, '--require-client-cert',
                   '--priority', gnutls_version(version)]
    with open(out, 'wb') as stdout:
        # s_server says close_notify when its standard input ends
        lab.popen(lab.ue, *command, stdin=subprocess.PIPE, stdout=stdout, stderr=stdout)
    net.wait_for(lambda: f':{port} ' in lab.ue.run('ss', '-Hltn', f'sport = :{port}'),
                 f'{program} to listen')
    call = calls.terminating(lab.ca, fingerprint, ue=(calls.UE, port))
    core = lab.connect(lab.core, *call.core.at)
    if program == 'openssl':
        core.send_file(data)
        net.wait_for(lambda: os.path.getsize(out) >= SIZE, 'data at the server')
        with open(out, 'rb') as f:
            got = f.read()
        with open(data, 'rb') as f:
            true(f.read() in got, 'data at the server differs')
    else:
        # echoes line by line
        line = b'over the gateway and back\n'
        core.send(line * 1000)
        core.wait_received(len(line) * 1000)
        equal(bytes(core.data), line * 1000, 'what came back')
    lab.ca.no_notify()
    call.subtract()


# version, suite as openssl calls it, what gnutls may use for it, key of a server
SUITES = (
    ('1.3', 'TLS_AES_128_GCM_SHA256', '+AES-128-GCM', 'ec'),
    ('1.3', 'TLS_AES_256_GCM_SHA384', '+AES-256-GCM', 'ec'),
    ('1.3', 'TLS_CHACHA20_POLY1305_SHA256', '+CHACHA20-POLY1305', 'rsa'),
    ('1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256', '+AES-128-GCM:-KX-ALL:+ECDHE-ECDSA', 'ec'),
    ('1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384', '+AES-256-GCM:-KX-ALL:+ECDHE-ECDSA', 'ec'),
    ('1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305', '+CHACHA20-POLY1305:-KX-ALL:+ECDHE-ECDSA', 'ec'),
    ('1.2', 'ECDHE-RSA-AES128-GCM-SHA256', '+AES-128-GCM:-KX-ALL:+ECDHE-RSA', 'rsa'),
    ('1.2', 'ECDHE-RSA-AES256-GCM-SHA384', '+AES-256-GCM:-KX-ALL:+ECDHE-RSA', 'rsa'),
    ('1.2', 'ECDHE-RSA-CHACHA20-POLY1305', '+CHACHA20-POLY1305:-KX-ALL:+ECDHE-RSA', 'rsa'),
    ('1.2', 'DHE-RSA-AES128-GCM-SHA256', '+AES-128-GCM:-KX-ALL:+DHE-RSA', 'rsa'),
    ('1.2', 'AES128-GCM-SHA256', '+AES-128-GCM:-KX-ALL:+RSA', 'rsa'),
    ('1.2', 'AES128-SHA', '+AES-128-CBC:-MAC-ALL:+SHA1:-KX-ALL:+RSA', 'rsa'),
    ('1.2', 'AES128-SHA256', '+AES-128-CBC:-MAC-ALL:+SHA256:-KX-ALL:+RSA', 'rsa'),
    ('1.2', 'ECDHE-RSA-AES128-SHA256', '+AES-128-CBC:-MAC-ALL:+SHA256:-KX-ALL:+ECDHE-RSA', 'rsa'),
    ('1.2', 'ECDHE-ECDSA-AES128-SHA256', '+AES-128-CBC:-MAC-ALL:+SHA256:-KX-ALL:+ECDHE-ECDSA', 'ec'),
)
LINE = b'through the gateway and nothing else ' * 200 + b'\n'


def only(program, version, suite, gnutls):
    """Arguments with which a program speaks one suite and no other."""
    if program == 'openssl':
        return [openssl_version(version), '-ciphersuites' if version == '1.3' else '-cipher', suite]
    return ['--priority', f'NORMAL:-VERS-ALL:+VERS-TLS{version}:-CIPHER-ALL:{gnutls}']


def certificates(lab, kind):
    pem, fingerprint = lab.certificate('peer-' + kind, kind)
    return pem + '.crt', pem + '.key', fingerprint


def contents(path):
    with open(path, 'rb') as f:
        return f.read()


def path_of(lab, call):
    """Who does the records: the kernel, or the agent."""
    return 'kTLS' if 'tls' in lab.kmgw.endpoint(call.access.id) else 'agent'


def start_clients(lab, program, kind):
    """For each suite a client that is connected through a call of its own."""
    cert, key, fingerprint = certificates(lab, 'ec')
    for number, (version, suite, gnutls, needs) in enumerate(SUITES):
        if needs != kind and version == '1.2':
            continue
        listener = lab.listen(lab.core, calls.CORE)
        call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
        host, port = call.access.at
        if program == 'openssl':
            command = ['openssl', 's_client', '-quiet', '-connect', f'{host}:{port}',
                       '-cert', cert, '-key', key]
        else:
            command = ['gnutls-cli', '--insecure', '--logfile=/dev/null', '-p', str(port),
                       '--x509certfile', cert, '--x509keyfile', key]
        command += only(program, version, suite, gnutls)
        out = os.path.join(lab.directory, f'client-{number}.out')
        with open(out, 'wb') as stdout:
            child = lab.popen(lab.ue, *command, *([host] if program != 'openssl' else []),
                              stdin=subprocess.PIPE, stdout=stdout, stderr=stdout)
        child.stdin.write(LINE)
        child.stdin.flush()
        yield version, suite, call, listener, out


def clients(lab, program, kind, table):
    for version, suite, call, listener, out in list(start_clients(lab, program, kind)):
        core = lab.accept(listener)
        core.wait_received(len(LINE))
        equal(bytes(core.data), LINE, f'{suite}: data at the core')
        core.send(LINE)
        net.wait_for(lambda out=out: LINE in contents(out), f'{suite}: data at the client')
        table[version, suite, program, 'client'] = path_of(lab, call)
        call.subtract()
        listener.close()


def start_servers(lab, program):
    for number, (version, suite, gnutls, kind) in enumerate(SUITES):
        cert, key, _ = certificates(lab, kind)
        port = 7600 + number
        if program == 'openssl':
            command = ['openssl', 's_server', '-accept', f'{calls.UE}:{port}', '-cert', cert,
                       '-key', key, '-Verify', '1', '-quiet', '-naccept', '1']
        else:
            command = ['gnutls-serv', '--echo', '-p', str(port), '--x509certfile', cert,
                       '--x509keyfile', key, '--require-client-cert']
        out = os.path.join(lab.directory, f'server-{number}.out')
        with open(out, 'wb') as stdout:
            lab.popen(lab.ue, *command, *only(program, version, suite, gnutls),
                      stdin=subprocess.PIPE, stdout=stdout, stderr=stdout)
        yield version, suite, kind, port, out


def servers(lab, program, table):
    started = list(start_servers(lab, program))
    for version, suite, kind, port, out in started:
        net.wait_for(lambda port=port: lab.ue.run('ss', '-Hltn', f'sport = :{port}').strip(),
                     f'{program} to listen')
        call = calls.terminating(lab.ca, certificates(lab, kind)[2], ue=(calls.UE, port))
        core = lab.connect(lab.core, *call.core.at)
        core.send(LINE)
        if program == 'openssl':
            net.wait_for(lambda out=out: LINE in contents(out), f'{suite}: data at the server')
        else:
            core.wait_received(len(LINE))
            equal(bytes(core.data), LINE, f'{suite}: what came back')
        table[version, suite, program, 'server'] = path_of(lab, call)
        call.subtract()


def show(table):
    columns = [(p, r) for p in ('openssl', 'gnutls') for r in ('client', 'server')]
    comment(f'{"TLS suite":36}' + ''.join(f'{p + " " + r:>16}' for p, r in columns))
    for version, suite, _, _ in SUITES:
        comment(f'{version} {suite:32}' + ''.join(
            f'{table.get((version, suite, p, r), "-"):>16}' for p, r in columns))


def matrix_of_every_suite(lab):
    # as server the gateway shows its own key, which is for ECDSA
    table = {}
    try:
        for program in ('openssl', 'gnutls'):
            clients(lab, program, 'ec', table)
            servers(lab, program, table)
    finally:
        show(table)
    for (version, suite, _, _), path in table.items():
        cbc = version == '1.2' and 'GCM' not in suite and 'POLY1305' not in suite
        equal(path, 'agent' if cbc else 'kTLS', f'who does the records of {suite}')
    equal(len(table), 2 * (len(SUITES) + sum(v == '1.3' or k == 'ec' for v, _, _, k in SUITES)),
          'pairs seen')


def matrix_with_an_rsa_key_of_the_gateway(lab):
    table = {}
    try:
        for program in ('openssl', 'gnutls'):
            clients(lab, program, 'rsa', table)
    finally:
        show(table)
    equal(len(table), 2 * sum(v == '1.3' or k == 'rsa' for v, _, _, k in SUITES), 'pairs seen')


if not SLOW:
    case(matrix_of_every_suite, tls_legacy=True)
    case(matrix_with_an_rsa_key_of_the_gateway, tls_legacy=True, certificate=GATEWAY + '.crt',
         private_key=GATEWAY + '.key')

for program in ('openssl', 'gnutls'):
    for version in ('1.2', '1.3'):
        for role in (as_client, as_server):
            def one(lab, program=program, version=version, role=role):
                role(lab, program, version)
            one.__name__ = f'{program}_{role.__name__}_tls_{version}'
            case(one)


try:
    run()
finally:
    shutil.rmtree(KEYS)
