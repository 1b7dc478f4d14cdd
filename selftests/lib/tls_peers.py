# SPDX-License-Identifier: GPL-2.0-only
"""
openssl and gnutls as TLS peers of the gateway, each program asked for exactly one cipher suite.

A Program is the running peer: what it got, and what it says was agreed to. Its standard input
stays open after the data, for both programs leave when it ends.
"""

import base64
import collections
import os
import re
import subprocess

# name: as OpenSSL has it. keys: exchange and signature, as GnuTLS has them. cipher and mac likewise.
# cert: kind of the server's certificate. legacy: only with tls_legacy.
Suite = collections.namedtuple('Suite', 'version name keys cipher mac cert legacy')

AEADS = (('AES-128-GCM', 'AES128-GCM-SHA256'), ('AES-256-GCM', 'AES256-GCM-SHA384'),
         ('CHACHA20-POLY1305', 'CHACHA20-POLY1305'))
CBCS = (('AES-128-CBC', 'AES128-SHA256', 'SHA256'), ('AES-128-CBC', 'AES128-SHA', 'SHA1'),
        ('AES-256-CBC', 'AES256-SHA', 'SHA1'))
KEYS = (('ECDHE-ECDSA', 'ec', 'AES256-SHA384'), ('ECDHE-RSA', 'rsa', 'AES256-SHA384'),
        ('DHE-RSA', 'rsa', 'AES256-SHA256'))


def _suites():
    for keys, cert, _ in KEYS:
        for cipher, name in AEADS:
            yield Suite('1.2', f'{keys}-{name}', keys, cipher, 'AEAD', cert, False)
    for cert in ('ec', 'rsa'):
        for cipher, name in (('AES-128-GCM', 'AES_128_GCM_SHA256'),
                             ('AES-256-GCM', 'AES_256_GCM_SHA384'),
                             ('CHACHA20-POLY1305', 'CHACHA20_POLY1305_SHA256')):
            yield Suite('1.3', 'TLS_' + name, None, cipher, 'AEAD', cert, False)
    for keys, cert, strong in KEYS + (('RSA', 'rsa', 'AES256-SHA256'),):
        prefix = '' if keys == 'RSA' else keys + '-'
        for cipher, name, mac in CBCS + (('AES-256-CBC', strong, strong.rpartition('-')[2]),):
            yield Suite('1.2', prefix + name, keys, cipher, mac, cert, True)
    for cipher, name in AEADS[:2]:
        yield Suite('1.2', name, 'RSA', cipher, 'AEAD', 'rsa', True)


SUITES = tuple(_suites())

# With a pre-shared key. gnutls-cli 3.7 does not survive one beside Diffie-Hellman in TLS 1.2.
PSK_SUITES = (
    Suite('1.3', 'TLS_AES_128_GCM_SHA256', 'ECDHE-PSK', 'AES-128-GCM', 'AEAD', 'psk', False),
    Suite('1.2', 'PSK-AES128-GCM-SHA256', 'PSK', 'AES-128-GCM', 'AEAD', 'psk', False),
    Suite('1.2', 'PSK-AES128-CBC-SHA256', 'PSK', 'AES-128-CBC', 'SHA256', 'psk', False),
    Suite('1.2', 'PSK-AES128-CBC-SHA', 'PSK', 'AES-128-CBC', 'SHA1', 'psk', False),
    Suite('1.2', 'DHE-PSK-AES128-GCM-SHA256', 'DHE-PSK', 'AES-128-GCM', 'AEAD', 'psk', False),
    Suite('1.2', 'DHE-PSK-AES128-CBC-SHA256', 'DHE-PSK', 'AES-128-CBC', 'SHA256', 'psk', False),
    Suite('1.2', 'DHE-PSK-AES128-CBC-SHA', 'DHE-PSK', 'AES-128-CBC', 'SHA1', 'psk', False),
    Suite('1.2', 'ECDHE-PSK-CHACHA20-POLY1305', 'ECDHE-PSK', 'CHACHA20-POLY1305', 'AEAD', 'psk',
          False),
    Suite('1.2', 'ECDHE-PSK-AES128-CBC-SHA256', 'ECDHE-PSK', 'AES-128-CBC', 'SHA256', 'psk', False),
)


def payload(size):
    """
    So many octets of lines: gnutls-serv echoes text. Not more than a pipe holds, so that nobody
    has to wait for the program that reads it.
    """
    line = 76
    assert size % line == 0 and size <= 65536
    return b''.join(base64.b64encode(os.urandom(line // 4 * 3))[:line - 1] + b'\n'
                    for _ in range(size // line))


def _openssl(suite):
    if suite.version == '1.3':
        return ['-tls1_3', '-ciphersuites', suite.name]
    return ['-tls1_2', '-cipher', suite.name]


def _priority(suite):
    keys = f':+{suite.keys}' if suite.keys else ''
    return (f'NONE:+VERS-TLS{suite.version}{keys}:+{suite.cipher}:+{suite.mac}:+COMP-NULL'
            ':+CTYPE-X509:+SIGN-ALL:+GROUP-ALL')


class Program:
    """
    One openssl or gnutls program: TLS client of @to or TLS server on @on. Either is a TCP
    address and port, or for openssl the path of a socket. It has a certificate with its key in
    the files that begin with @pem, or the pre-shared key @psk: identity and hexadecimal digits.
    """

    def __init__(self, lab, name, ns, suite, pem=None, to=None, on=None, psk=None):
        self.name, self.suite, self.server = name, suite, to is None
        path = os.path.join(lab.directory, f'peer-{len(lab.children)}')
        self.out, self.told = path + '.out', path + '.told'
        own = getattr(self, f'_{name}_{"psk" if psk else "pem"}')(*(psk or (pem + '.crt', pem + '.key')))
        command = getattr(self, '_' + name)(suite, own, to or on)
        with open(self.out, 'wb') as out, open(self.told, 'wb') as told:
            self.child = lab.popen(ns, *command, stdin=subprocess.PIPE, stdout=out, stderr=told)

    @property
    def echoes(self):
        return self.name == 'gnutls' and self.server

    def _openssl_pem(self, cert, key):
        return ['-cert', cert, '-key', key] + (['-Verify', '1'] if self.server else [])

    def _openssl_psk(self, identity, key):
        return ['-psk_identity', identity, '-psk', key] + (['-nocert'] if self.server else [])

    def _gnutls_pem(self, cert, key):
        return ['--x509certfile', cert, '--x509keyfile', key,
                '--require-client-cert' if self.server else '--insecure']

    def _gnutls_psk(self, identity, key):
        if not self.server:
            return ['--pskusername', identity, '--pskkey', key]
        with open(self.told + '.psk', 'w', encoding='ascii') as f:
            f.write(f'{identity}:{key}\n')
        return ['--pskpasswd', f.name]

    def _openssl(self, suite, own, at):
        what = ['s_server', '-naccept', '1'] if self.server else ['s_client', '-ign_eof']
        if isinstance(at, str):
            what += ['-unix', at]
        else:
            what += ['-accept' if self.server else '-connect', '%s:%d' % at]
        return ['openssl', *what, '-brief', *own, *_openssl(suite)]

    def _gnutls(self, suite, own, at):
        own = ['-p', str(at[1]), '--priority', _priority(suite), *own]
        return ['gnutls-serv', '--echo', *own] if self.server else ['gnutls-cli', *own, at[0]]

    def send(self, data):
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def gone(self):
        return self.child.poll() is not None

    def received(self):
        """Data that has come. gnutls-cli writes it behind what it says itself."""
        with open(self.out, 'rb') as f:
            text = f.read()
        if self.name == 'gnutls':
            text = text.partition(b'- Simple Client Mode:\n\n')[2]
        return text

    def words(self):
        with open(self.told if self.name == 'openssl' else self.out, encoding='utf-8',
                  errors='replace') as f:
            return f.read()

    def agreed(self):
        """(version, suite) that the program says it has, in the words of Suite, or None."""
        text = self.words()
        if self.name == 'openssl':
            version = re.search(r'Protocol version: TLSv(\S+)', text)
            suite = re.search(r'Ciphersuite: (\S+)', text)
            return (version.group(1), suite.group(1)) if version and suite else None
        found = re.search(r'Description: \(TLS([0-9.]+)[^)]*\)((?:-+\([^)]*\))+)', text)
        return _from_description(found.group(1), re.findall(r'\(([^)]*)\)', found.group(2))) \
            if found else None


def _from_description(version, parts):
    """
    "(ECDHE-SECP256R1)-(ECDSA-SHA256)-(AES-128-GCM)" or "(RSA)-(AES-128-CBC)-(SHA1)" as a suite: the
    one of the tables whose parts these are. With a pre-shared key nothing is signed.
    """
    mac = parts.pop() if parts[-1].startswith('SHA') else 'AEAD'
    cipher = parts.pop()
    keys = '-'.join(part.partition('-')[0] for part in parts)
    if keys in ('DHE', 'ECDHE'):
        keys += '-PSK'
    for suite in SUITES + PSK_SUITES:
        if (suite.version, suite.cipher, suite.mac) == (version, cipher, mac) and \
                (version == '1.3' or suite.keys == keys):
            return version, suite.name
    return version, '-'.join(parts + [cipher, mac])
