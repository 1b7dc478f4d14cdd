#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Keys of real handshakes, GnuTLS in the gateway against openssl as server and as client, every suite.

The handshake goes on the socket of the endpoint; then the records are the module's. A last flight
that is lost is sent again after the hand-over, with reserved numbers; and the end is openssl's.
"""

import os
import select
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import gnutls  # noqa: E402
import relay  # noqa: E402

SUITES = {'ECDHE-ECDSA-AES128-GCM-SHA256': 'aes-128-gcm', 'ECDHE-ECDSA-AES256-GCM-SHA384': 'aes-256-gcm',
          'ECDHE-ECDSA-CHACHA20-POLY1305': 'chacha20-poly1305', 'ECDHE-ECDSA-AES128-CCM': 'aes-128-ccm',
          'ECDHE-ECDSA-AES128-CCM8': 'aes-128-ccm-8'}
PRIORITY = 'NORMAL:-VERS-ALL:+VERS-DTLS1.2:+AES-128-CCM:+AES-128-CCM-8:%SERVER_PRECEDENCE'


class Openssl:
    """s_server or s_client in the terminal's namespace."""

    def __init__(self, bed, *args):
        self.proc = bed.t.spawn(['openssl', *args, '-dtls1_2'], ns=bed.names[0], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = b''

    def say(self, line):
        self.proc.stdin.write(line)
        self.proc.stdin.flush()

    def hears(self, wanted, seconds=60):
        while wanted not in self.seen:
            if not select.select([self.proc.stdout], [], [], seconds)[0]:
                return False
            data = os.read(self.proc.stdout.fileno(), 4096)
            if not data:
                return False
            self.seen += data
        return True


class Call:
    """An endpoint whose far end is openssl, the socket for its handshakes, and the other endpoint."""

    def __init__(self, bed, fport):
        bed.last += 1
        n = bed.last
        out, core = relay.ADDR[4], relay.ADDR[4]
        self.sock = bed.ns_gw.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((out['access'], 20000 + n))
        self.sock.connect((out['ue'], fport))
        bed.k.do('context-new', id=n)
        self.a = bed.endpoint(1, out['access'], 20000 + n, out['ue'], fport, n, security='dtls',
                              socket=self.sock.fileno())
        self.b = bed.endpoint(2, core['core'], 21000 + n, core['far'], 6000 + n, n)


def both_ways(bed, call, peer, name, cipher):
    t = bed.t
    bed.core.send(call.b.datagram(b'from the core\n'))
    t.ok(peer.hears(b'from the core'), f'{name}: openssl opens what the module seals',
         peer.seen.decode(errors='replace'))
    peer.say(b'from openssl\n')
    t.equal(bed.core.receive().payload, b'from openssl\n', f'{name}: and the other way round')
    t.equal(call.a.get()['dtls']['cipher'], cipher, f'{name}: cipher')


def ended(bed, call, name):
    t = bed.t
    t.wait_for(20, lambda: call.a.get()['state'] == 'released', 'openssl to end')
    shown = call.a.get()
    t.equal((shown['reason'], shown['dtls']['rx-alerts'], shown['dtls']['tx-alerts']),
            ('peer-closed', 1, 1), f'{name}: close_notify of openssl, answered')


def as_client(bed, suite, cipher, port):
    call = Call(bed, port)
    peer = Openssl(bed, 's_server', '-accept', f'10.1.0.2:{port}', '-cert', bed.cert, '-key', bed.key,
                   '-cipher', suite)
    bed.t.ok(peer.hears(b'ACCEPT'), f'{suite}: openssl waits')
    s = gnutls.Session(call.sock, server=False, priority=PRIORITY)
    s.handshake()
    call.a.set(keys=s.keys(1))
    both_ways(bed, call, peer, f'{suite}, as client', cipher)
    call.a.set(release='orderly')
    # the keys are gone here, so what openssl answers goes to the user
    call.sock.settimeout(30)
    bed.t.equal(call.sock.recv(2000)[:3], b'\x15\xfe\xfd', f'{suite}, as client: openssl answers close_notify')
    bed.t.wait_for(20, lambda: call.a.get()['dtls']['tx-alerts'] == 1, 'close_notify')


def answer(s, done):
    """The far end's last flight, sent again, makes GnuTLS send its own again."""
    while not done.is_set():
        if select.select([s.sock], [], [], .1)[0]:
            s.receive()


def as_server(bed, suite, cipher, port, lose=False):
    t = bed.t
    name = f'{suite}, as server'
    call = Call(bed, port)
    if lose:
        # the last flight, in one datagram or in two
        once = 'limit rate 1/hour burst 1 packets counter drop'
        table = 'table ip t { chain c { type filter hook input priority 0; policy accept;\n' \
                f'udp dport {port} @th,64,8 20 {once}\n' \
                f'udp dport {port} @th,64,8 22 @th,88,16 1 {once}\n}}\n}}\n'
        t.run(['nft', '-f', '-'], ns=bed.names[0], input=table)
    s = gnutls.Session(call.sock, server=True, cert=bed.cert, key=bed.key, priority=PRIORITY)
    peer = Openssl(bed, 's_client', '-connect', f'{call.a.local}:{call.a.lport}', '-bind', f'10.1.0.2:{port}',
                   '-cipher', suite)
    s.handshake()
    call.a.set(keys=s.keys(1, tx_hold=86400000))
    if lose:
        name = 'last flight lost'
        bed.core.send(call.b.datagram(b'too early\n'))
        t.wait_for(20, lambda: call.b.drops() == {'no-keys': 1}, 'the drop')
        t.ok(True, f'{name}: nothing is sent before the far end has spoken')
        # what openssl sends again makes GnuTLS send again, with numbers of its own
        first = bed.k.do('seq-reserve', **call.a.name, generation=1, epoch=1, count=8)[0]['first']
        s.set_next(first)
        done = threading.Event()
        resent = threading.Thread(target=answer, args=(s, done), daemon=True)
        resent.start()
    t.ok(peer.hears(b'Verify return code'), f'{name}: openssl has finished',
         peer.seen.decode(errors='replace'))
    if lose:
        done.set()
        lost = t.run(['nft', 'list', 'table', 'ip', 't'], ns=bed.names[0]).stdout
        t.ok('counter packets 1 ' in lost, f'{name}: it was', lost)
        t.run(['nft', 'delete', 'table', 'ip', 't'], ns=bed.names[0])
        t.ok(first < s.state(False)[2] & ((1 << 48) - 1) <= first + 8,
             f'{name}: sent again with numbers that were set aside')
    peer.say(b'first\n')
    t.equal(bed.core.receive().payload, b'first\n', f'{name}: openssl speaks first')
    both_ways(bed, call, peer, name, cipher)
    peer.say(b'Q\n')
    ended(bed, call, name)


with relay.Bed() as the_bed:
    the_bed.cert, the_bed.key = (os.path.join(the_bed.t.tmp, n) for n in ('cert.pem', 'key.pem'))
    the_bed.t.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                   '-subj', '/CN=test', '-keyout', the_bed.key, '-out', the_bed.cert])
    the_port = 5700
    for the_suite, the_cipher in SUITES.items():
        as_client(the_bed, the_suite, the_cipher, the_port)
        as_server(the_bed, the_suite, the_cipher, the_port + 1)
        the_port += 2
    as_server(the_bed, 'ECDHE-ECDSA-AES128-GCM-SHA256', 'aes-128-gcm', the_port, lose=True)
