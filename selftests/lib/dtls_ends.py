# SPDX-License-Identifier: GPL-2.0-only
"""
DTLS far ends that nobody here wrote: openssl and gnutls-bin, each as client and as server.

A line written to one is one datagram of user data; what it receives comes on its output.
"""

import contextlib
import os
import subprocess
import threading

import net
from mgc import Failed

# suite: (openssl's name, GnuTLS's), less the key exchange
CIPHERS = {
    'aes-128-gcm': ('AES128-GCM-SHA256', 'AES-128-GCM'),
    'aes-256-gcm': ('AES256-GCM-SHA384', 'AES-256-GCM'),
    'chacha20-poly1305': ('CHACHA20-POLY1305', 'CHACHA20-POLY1305'),
    'aes-128-ccm': ('AES128-CCM', 'AES-128-CCM'),
    'aes-128-ccm-8': ('AES128-CCM8', 'AES-128-CCM-8'),
}


class Far:
    """A program with a DTLS end."""

    def __init__(self, lab, ns, args):
        self.name = ' '.join(args[:2])
        self.child = lab.popen(ns, *args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
        self.output = bytearray()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        lab.keep(self)

    def _read(self):
        while True:
            data = os.read(self.child.stdout.fileno(), 65536)
            if not data:
                return
            self.output += data

    def send(self, text):
        self.child.stdin.write(text.encode() + b'\n')
        self.child.stdin.flush()

    def wait(self, text):
        """Until this has been received."""
        try:
            net.wait_for(lambda: text.encode() in self.output, text)
        except net.NetError as e:
            raise Failed(f'{self.name}: {e}\n{self.output.decode("latin-1")}') from None

    def wait_gone(self):
        try:
            self.child.wait(net.PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f'{self.name} has not ended\n{self.output.decode("latin-1")}') from None

    def close(self):
        with contextlib.suppress(OSError):
            self.child.stdin.close()


def _suite(tool, cipher, kind):
    """Arguments that leave one suite."""
    if tool == 'openssl':
        name = CIPHERS[cipher][0] if cipher else None
        key = 'RSA' if kind == 'rsa' else 'ECDSA'
        return ['-cipher', f'ECDHE-{key}-{name}'] if name else []
    only = f':-CIPHER-ALL:+{CIPHERS[cipher][1]}' if cipher else ''
    return ['--priority', 'NORMAL:-VERS-ALL:+VERS-DTLS1.2' + only]


def with_key(lab, tool, to=None, suite=None, psk=('', ''), port=49180):
    """
    A far end with the pre-shared key psk, identity and hexadecimal digits: client of to, or server. suite: key
    exchange and cipher, as openssl and as GnuTLS have them.
    """
    identity, key = psk
    if tool == 'openssl':
        args = ['openssl', *(['s_client', '-connect', at(*to), '-bind', at('10.1.0.2', port),
                              '-no_ign_eof'] if to else
                             ['s_server', '-accept', at('10.1.0.2', port), '-naccept', '1', '-nocert']),
                '-dtls1_2', '-psk_identity', identity, '-psk', key, '-quiet', '-timeout', '-cipher', suite[0]]
    else:
        keys, cipher = suite[1]
        only = ['--priority', f'NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+{keys}:-CIPHER-ALL:+{cipher}']
        if to:
            with lab.ue.entered(), open('/proc/sys/net/ipv4/ip_local_port_range', 'w',
                                        encoding='ascii') as f:
                f.write(f'{port} {port}')
            args = ['gnutls-cli', '--udp', '-p', str(to[1]), '--pskusername', identity, '--pskkey', key,
                    *only, to[0]]
        else:
            path = os.path.join(lab.directory, 'dtls.psk')
            with open(path, 'w', encoding='ascii') as f:
                f.write(f'{identity}:{key}\n')
            args = ['gnutls-serv', '--udp', '-p', str(port), '--echo', '--pskpasswd', path, *only]
    far = Far(lab, lab.ue, args)
    if not to:
        net.wait_for(lambda: f':{port} ' in lab.ue.run('ss', '-lnu'), f'{tool} listens')
    return far


def at(address, port):
    """As openssl writes it."""
    return f'[{address}]:{port}' if ':' in address else f'{address}:{port}'


def client(lab, tool, to, cipher=None, name='ue', kind='ec', port=49180, ns=None):
    """A DTLS client at the UE, from that port."""
    ns = ns or lab.ue
    pem = net.certificate(lab.directory, name, kind)[0]
    if tool == 'openssl':
        own = 'fd00:0:0:1::2' if ':' in to[0] else '10.1.0.2'
        return Far(lab, ns, ['openssl', 's_client', '-dtls1_2', '-connect', at(*to),
                             '-bind', at(own, port), '-cert', pem, '-key', pem, '-quiet',
                             '-no_ign_eof', '-timeout', *_suite(tool, cipher, kind)])
    # gnutls-cli takes whatever port there is: there is one
    with ns.entered(), open('/proc/sys/net/ipv4/ip_local_port_range', 'w', encoding='ascii') as f:
        f.write(f'{port} {port}')
    return Far(lab, ns, ['gnutls-cli', '--udp', '--no-ca-verification', '-p', str(to[1]),
                         '--x509certfile', pem, '--x509keyfile', pem, *_suite(tool, cipher, kind),
                         to[0]])


def server(lab, tool, cipher=None, name='ue', kind='ec', port=49180, ns=None, own='10.1.0.2'):
    """A DTLS server at the UE that wants a certificate, whatever it is."""
    ns = ns or lab.ue
    pem = net.certificate(lab.directory, name, kind)[0]
    if tool == 'openssl':
        far = Far(lab, ns, ['openssl', 's_server', '-dtls1_2', '-accept', at(own, port),
                            '-cert', pem, '-key', pem, '-Verify', '1', '-naccept', '1', '-quiet',
                            '-timeout', *_suite(tool, cipher, kind)])
    else:
        far = Far(lab, ns, ['gnutls-serv', '--udp', '-p', str(port), '--x509certfile', pem,
                            '--x509keyfile', pem, '--require-client-cert', '--echo',
                            *_suite(tool, cipher, kind)])
    net.wait_for(lambda: f':{port} ' in ns.run('ss', '-lnu'), f'{tool} listens')
    return far
