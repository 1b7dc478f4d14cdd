#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""
TLS sessions that are resumed, if that is switched on, the gateway being server or client: the
certificate of the old session counts in the new call.
"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

PORT = 7600
DATA = b'over the gateway\n'
TICKET = 'TLS session ticket:'
REALMS = net.DEFAULTS['realm'] + (
    {'name': 'other', 'address': ['10.1.0.1'], 'interface': 'other', 'ports': [22000, 22999]},)


def control(lab, command, *options):
    path = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')
    return lab.kmgw(*options, 'agent', 'socket', path, command)


def reload_certificates(lab):
    control(lab, 'reload')


class Client:
    """openssl s_client, with a session in a file."""

    def __init__(self, lab, version, fingerprint=None, session=(), access='access'):
        pem, own = lab.certificate()
        self.listener = lab.listen(lab.core, calls.CORE)
        self.call = calls.originating(lab.ca, fingerprint or own, access=access,
                                      core=(self.listener.address, self.listener.port))
        self.path = os.path.join(lab.directory, f'client-{self.call.context}')
        with open(self.path, 'wb') as out:
            self.child = lab.popen(
                lab.ue, 'openssl', 's_client', '-ign_eof', '-connect', '%s:%d' % self.call.access.at,
                '-cert', pem + '.crt', '-key', pem + '.key', '-tls' + version.replace('.', '_'),
                *session, stdin=subprocess.PIPE, stdout=out, stderr=out)
        self.core = lab.accept(self.listener)

    def words(self):
        with open(self.path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def talk(self):
        self.child.stdin.write(DATA)
        self.child.stdin.flush()
        self.core.wait_received(len(DATA))
        self.core.send(DATA)
        net.wait_for(lambda: DATA.decode() in self.words(), 'data at the client')

    def kind(self):
        """New or Reused."""
        return re.search(r'^(New|Reused), TLSv1', self.words(), re.MULTILINE).group(1)


def with_ticket(lab, version):
    """A first call; the file with its session."""
    path = os.path.join(lab.directory, 'session-' + version)
    first = Client(lab, version, session=('-sess_out', path))
    first.talk()
    equal(first.kind(), 'New', 'first session')
    net.wait_for(lambda: os.path.exists(path) and os.path.getsize(path) and TICKET in first.words(),
                 'a session to keep')
    first.call.subtract()
    return path


@case(tls_resumption=True)
def a_session_is_resumed_in_the_next_call(lab):
    for version in ('1.2', '1.3'):
        path = with_ticket(lab, version)
        again = Client(lab, version, session=('-sess_in', path))
        again.talk()
        equal(again.kind(), 'Reused', f'second session of TLS {version}')
        equal(lab.kmgw.endpoint(again.call.access.id)['tls']['version'], version, 'kTLS')
        again.call.subtract()


@case(tls_resumption=True)
def not_in_a_call_with_somebody_else(lab):
    _, other = lab.certificate('other')
    for version in ('1.2', '1.3'):
        path = with_ticket(lab, version)
        again = Client(lab, version, other, ('-sess_in', path))
        cause = lab.ca.wait_notify('tlsbsc/BNCChange', again.call.access.id).params.get('Cause')
        true(cause and 'fingerprint' in cause, f'cause: {cause}')
        equal(again.core.received, 0, 'octets at the core')
        again.call.subtract()


@case(tls_resumption=True, realm=REALMS)
def nor_in_another_realm_or_with_other_certificates(lab):
    for version in ('1.2', '1.3'):
        path = with_ticket(lab, version)
        for access in ('other', 'access'):
            if access == 'access':
                reload_certificates(lab)
            again = Client(lab, version, session=('-sess_in', path), access=access)
            again.talk()
            equal(again.kind(), 'New', f'session with an old ticket in realm {access}')
            again.call.subtract()


class Server:
    """openssl s_server or gnutls-serv for several calls, one after the other, in which the gateway is client."""

    RESUMED = {'openssl': 'Reused session-id', 'gnutls': '*** This is a resumed session'}

    def __init__(self, lab, tool, version, *more):
        self.lab, self.tool, self.version = lab, tool, version
        pem, self.fingerprint = lab.certificate()
        self.path = os.path.join(lab.directory, f'server-{len(lab.children)}')
        if tool == 'openssl':
            command = ['openssl', 's_server', '-accept', f'{calls.UE}:{PORT}', '-cert', pem + '.crt',
                       '-key', pem + '.key', '-Verify', '1', '-tls' + version.replace('.', '_')]
        else:
            command = ['gnutls-serv', '--echo', '-p', str(PORT), '--x509certfile', pem + '.crt',
                       '--x509keyfile', pem + '.key', '--require-client-cert', '--priority',
                       f'NORMAL:-VERS-ALL:+VERS-TLS{version}']
        with open(self.path, 'wb') as out:
            self.child = lab.popen(lab.ue, *command, *more, stdin=subprocess.PIPE, stdout=out,
                                   stderr=out)
        net.wait_for(lambda: f':{PORT} ' in lab.ue.run('ss', '-Hltn'), f'{tool} to listen')

    def words(self):
        with open(self.path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def resumed(self):
        return self.words().count(self.RESUMED[self.tool])

    def call(self, early=b'', access='access'):
        """A whole one, with data both ways. early: what the server sends before it is sent any."""
        call = calls.terminating(self.lab.ca, self.fingerprint, ue=(calls.UE, PORT), access=access)
        core = self.lab.connect(self.lab.core, *call.core.at)
        said = self.words().count(DATA.decode())
        if early:
            self.child.stdin.write(early)
            self.child.stdin.flush()
            core.wait_received(len(early))
            equal(bytes(core.data), early, 'what came at once')
        core.send(DATA)
        if self.tool == 'gnutls':
            core.wait_received(len(DATA))
        else:
            net.wait_for(lambda: self.words().count(DATA.decode()) > said, 'data at the server')
        equal(self.lab.kmgw.endpoint(call.access.id)['tls']['version'], self.version, 'kTLS')
        call.subtract()
        equal(core.wait_end(), 'fin', 'end at the core')

    def end(self):
        self.child.kill()
        self.child.wait()


def counted(lab):
    return json.loads(control(lab, 'status', '-j'))['bearers']['sessions_resumed']


client = case(tls_resumption=True, tls_ticket_wait=10)


@client
def as_client_the_gateway_resumes(lab):
    before = counted(lab)
    for tool in ('openssl', 'gnutls'):
        for version in ('1.2', '1.3'):
            server = Server(lab, tool, version)
            for n in range(3):
                server.call()
                equal(server.resumed(), n, f'sessions that {tool} resumed with TLS {version}')
            server.end()
    equal(counted(lab) - before, 8, 'sessions counted as resumed')


@client
def and_so_it_does_without_tickets(lab):
    server = Server(lab, 'openssl', '1.2', '-no_ticket')
    server.call()
    server.call()
    equal(server.resumed(), 1, 'sessions resumed by their id')
    server.end()


@case(tls_resumption=True, tls_ticket_wait=10, realm=REALMS)
def only_in_the_realm_it_began_in_and_with_the_same_certificate(lab):
    server = Server(lab, 'openssl', '1.3')
    server.call()
    server.call(access='other')
    equal(server.resumed(), 0, 'sessions resumed in another realm')
    reload_certificates(lab)
    server.call()
    equal(server.resumed(), 0, 'sessions resumed with another certificate')
    server.call()
    equal(server.resumed(), 1, 'sessions of the new certificate resumed')
    server.end()


@client
def data_need_not_wait_for_a_ticket(lab):
    server = Server(lab, 'openssl', '1.3', '-num_tickets', '0')
    server.call(early=b'at once\n')
    server.end()


@case(tls_resumption=True, tls_ticket_wait=0.1)
def nor_for_ever(lab):
    server = Server(lab, 'openssl', '1.3', '-num_tickets', '0')
    server.call()
    server.call()
    equal(server.resumed(), 0, 'sessions resumed')
    server.end()


@case
def not_unless_it_is_switched_on(lab):
    for version in ('1.2', '1.3'):
        server = Server(lab, 'openssl', version)
        server.call()
        server.call()
        equal(server.resumed(), 0, 'sessions resumed')
        server.end()
    for version in ('1.2', '1.3'):
        first = Client(lab, version)
        first.talk()
        true(TICKET not in first.words(), 'a ticket was given out')
        first.call.subtract()


run()
