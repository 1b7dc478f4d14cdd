#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm
"""Session tickets, if they are switched on: the certificate of the old session counts in the new call."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

DATA = b'over the gateway\n'
TICKET = 'TLS session ticket:'


class Client:
    """openssl s_client, with a session in a file."""

    def __init__(self, lab, version, fingerprint=None, session=()):
        pem, own = lab.certificate()
        self.listener = lab.listen(lab.core, calls.CORE)
        self.call = calls.originating(lab.ca, fingerprint or own,
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


@case
def not_unless_it_is_switched_on(lab):
    for version in ('1.2', '1.3'):
        first = Client(lab, version)
        first.talk()
        true(TICKET not in first.words(), 'a ticket was given out')
        first.call.subtract()


run()
