#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug
"""Calls against the TLS programs that people have: openssl and gnutls, as client and as server."""
import os
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


SIZE = 2 * MIB


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


for program in ('openssl', 'gnutls'):
    for version in ('1.2', '1.3'):
        for role in (as_client, as_server):
            def one(lab, program=program, version=version, role=role):
                role(lab, program, version)
            one.__name__ = f'{program}_{role.__name__}_tls_{version}'
            case(one)


run()
