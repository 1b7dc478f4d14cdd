# SPDX-License-Identifier: GPL-2.0-only
"""Spliced TCP connections for tests: far ends, gateway sockets with kTLS, endpoints.

    with splice.Bed() as t:                       # a ktap.Test, in the gateway's namespace
        call = t.call(tls=('1.3', None))          # context, two endpoints, both attached
        a, b = call.far                           # far ends: a speaks TLS 1.3, b plain TCP
        a.send(b'hello'); b.expect(b'hello')
        a.notify(); b.expect_fin()
        call.wait(1, 'released', 'peer-closed')

No handshake is made: both ends are armed with keys that the test knows. Far ends use kTLS, too,
unless they are asked for records that it would never send; those are made here.
"""

import contextlib
import ctypes
import hashlib
import os
import random
import socket
import struct
import threading

import genl
import ktap

TCP_ULP, SOL_TLS = 31, 282
TLS_TX, TLS_RX = 1, 2
SET_TYPE, GET_TYPE = 1, 2
CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLOSE_NOTIFY = 0
CLONE_NEWNET = 0x40000000
PATIENCE = 20 * ktap.SLOW

# name: (number, key, iv, salt)
CIPHERS = {
    'aes-128-gcm': (51, 16, 8, 4),
    'aes-256-gcm': (52, 32, 8, 4),
    'aes-128-ccm': (53, 16, 8, 4),
    'chacha20-poly1305': (54, 32, 12, 0),
}
VERSIONS = {'1.2': 0x0303, '1.3': 0x0304}

libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A far end saw something else than it should."""


@contextlib.contextmanager
def inside(ns):
    """This thread is in a named network namespace."""
    with open('/proc/thread-self/ns/net', 'rb') as home, open(f'/run/netns/{ns}', 'rb') as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f'setns {ns}')
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


class Keys:
    """Of one direction."""

    def __init__(self, version, cipher, seq=0):
        self.version, self.cipher, self.seq = version, cipher, seq
        self.number, nkey, niv, nsalt = CIPHERS[cipher]
        self.key, self.iv, self.salt = (random.randbytes(n) for n in (nkey, niv, nsalt))

    def info(self):
        """struct tls12_crypto_info_*"""
        return (struct.pack('=HH', VERSIONS[self.version], self.number) + self.iv + self.key +
                self.salt + struct.pack('>Q', self.seq))

    def record(self, kind, data, pad=0):
        """A record made by hand: AES-GCM."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        seq = struct.pack('>Q', self.seq)
        self.seq += 1
        aead = AESGCM(self.key)
        if self.version == '1.2':
            aad = seq + struct.pack('>BHH', kind, 0x0303, len(data))
            body = seq + aead.encrypt(self.salt + seq, data, aad)
            return struct.pack('>BHH', kind, 0x0303, len(body)) + body
        inner = data + bytes([kind]) + bytes(pad)
        head = struct.pack('>BHH', DATA, 0x0303, len(inner) + 16)
        nonce = bytes(x ^ y for x, y in zip(self.salt + self.iv, bytes(4) + seq))
        return head + aead.encrypt(nonce, inner, head)


def arm(sock, tx, rx):
    sock.setsockopt(socket.SOL_TCP, TCP_ULP, b'tls')
    if tx:
        sock.setsockopt(SOL_TLS, TLS_TX, tx.info())
    sock.setsockopt(SOL_TLS, TLS_RX, rx.info())


class Far:
    """The far end of a connection."""

    def __init__(self, sock, tls, tx, rx):
        self.sock, self.tls, self.tx, self.rx = sock, tls, tx, rx
        self.kernel = False
        self.manual = False
        sock.settimeout(PATIENCE)

    def arm(self):
        """The far end's kernel does TLS, all but sending if records are made by hand."""
        if self.tls and not self.kernel:
            arm(self.sock, None if self.manual else self.tx, self.rx)
            self.kernel = True

    def send(self, data):
        """All of it; only standing still is limited in time."""
        self.arm()
        view = memoryview(data)
        while view:
            view = view[self.sock.send(view):]

    def fill(self, patience):
        """Send until nothing has been taken for so long; seconds."""
        self.sock.settimeout(patience)
        try:
            while True:
                self.send(bytes(65536))
        except OSError:
            pass

    def record(self, kind, data):
        """One record of any type, by kTLS."""
        self.arm()
        self.sock.sendmsg([data], [(SOL_TLS, SET_TYPE, bytes([kind]))])

    def by_hand(self, kind, data, pad=0):
        """One record as no decent sender makes it; from the first on, all are made so."""
        self.manual = True
        self.sock.sendall(self.tx.record(kind, data, pad))

    def alert(self, level, description):
        self.record(ALERT, bytes([level, description]))

    def notify(self):
        self.alert(1, CLOSE_NOTIFY)

    def fin(self):
        self.sock.shutdown(socket.SHUT_WR)

    def rst(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    def receive(self, size=1 << 16):
        """(type, data): DATA with octets, b'' at FIN, any other record as it is."""
        self.arm()
        if not self.tls:
            return DATA, self.sock.recv(size)
        data, anc, _, _ = self.sock.recvmsg(size, socket.CMSG_SPACE(1))
        kind = next((d[0] for lvl, typ, d in anc if lvl == SOL_TLS and typ == GET_TYPE), DATA)
        return kind, data

    def expect(self, data):
        """Exactly this arrives."""
        got = b''
        while len(got) < len(data):
            kind, piece = self.receive(len(data) - len(got))
            if kind != DATA or not piece:
                raise Failed(f'after {len(got)} of {len(data)} octets: type {kind}, {piece!r}')
            got += piece
        if got != data:
            raise Failed('other octets arrived than were sent')

    def digest(self, size=None):
        """SHA-256 of size octets, or of all there are up to the end; how it ended."""
        sha, got = hashlib.sha256(), 0
        while size is None or got < size:
            try:
                kind, piece = self.receive()
            except ConnectionResetError:
                return sha.hexdigest(), got, 'rst'
            if kind != DATA:
                return sha.hexdigest(), got, (kind, piece)
            if not piece:
                return sha.hexdigest(), got, 'fin'
            sha.update(piece)
            got += len(piece)
        return sha.hexdigest(), got, None

    def expect_fin(self):
        kind, data = self.receive()
        if kind != DATA or data:
            raise Failed(f'no FIN, but type {kind}, {data[:32]!r}')

    def expect_notify(self):
        self.expect_alert(1, CLOSE_NOTIFY)

    def expect_alert(self, level, description):
        kind, data = self.receive()
        if (kind, data) != (ALERT, bytes([level, description])):
            raise Failed(f'no alert {level}/{description}, but type {kind}, {data[:32]!r}')

    def expect_end(self):
        """An orderly end: close_notify if TLS, FIN."""
        if self.tls:
            self.expect_notify()
        self.expect_fin()

    def expect_rst(self):
        """Data may come before, and a FIN: Linux then calls the RST a broken pipe."""
        try:
            while self.receive()[1]:
                pass
        except (ConnectionResetError, BrokenPipeError):
            return
        raise Failed('FIN, not RST')


class Wire:
    """A connection between a far end and the gateway. tls: None, or (version, cipher)."""

    def __init__(self, bed, ns, far_ip, gw_ip, tls=None, seq=0, rcvbuf=0, family=socket.AF_INET):
        if isinstance(tls, str):
            tls = (tls, 'aes-128-gcm')
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((gw_ip, 0))
            listener.listen(1)
            with inside(ns):
                far = socket.socket(family)
            if rcvbuf:
                far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
            far.bind((far_ip, 0))
            far.connect(listener.getsockname()[:2])
            self.gw, _ = listener.accept()
        tx = rx = None
        if tls:
            tx, rx = Keys(*tls, seq), Keys(*tls, seq)
            arm(self.gw, rx, tx)
        self.far = Far(far, tls, tx, rx)
        self.local = self.gw.getsockname()[:2]
        bed.keep.append(self)


class Call:
    """A context with two endpoints, 1 toward the UE, 2 toward the core."""

    def __init__(self, bed, ident, tls=(None, None), attach=True, seq=(0, 0), rcvbuf=(0, 0),
                 family=socket.AF_INET, prefix=(b'', b''), **options):
        self.bed, self.id = bed, ident
        self.k = bed.k
        v6 = family == socket.AF_INET6
        self.wires = [
            Wire(bed, bed.ue, *(('fd00:0:0:1::2', 'fd00:0:0:1::1') if v6 else
                                ('10.1.0.2', '10.1.0.1')), tls[0], seq[0], rcvbuf[0], family),
            Wire(bed, bed.core, *(('fd00:0:0:2::2', 'fd00:0:0:2::1') if v6 else
                                  ('10.2.0.2', '10.2.0.1')), tls[1], seq[1], rcvbuf[1], family)]
        self.far = [w.far for w in self.wires]
        self.k.do('context-new', id=ident)
        for n in 1, 2:
            self.k.do('endpoint-new', context=ident, termination=n, stream=1, l4='tcp',
                      local=genl.addr(*self.wires[n - 1].local), mode='sendreceive', **options)
        if attach:
            self.attach(1, prefix[0])
            self.attach(2, prefix[1])

    def name(self, n):
        return dict(context=self.id, termination=n, stream=1)

    def attach(self, n, prefix=b''):
        extra = {'prefix': prefix} if prefix else {}
        wire = self.wires[n - 1]
        self.k.do('endpoint-set', **self.name(n), socket=wire.gw.fileno(), **extra)
        wire.gw.close()

    def set(self, n, **values):
        self.k.do('endpoint-set', **self.name(n), **values)

    def delete(self, n):
        self.k.do('endpoint-del', **self.name(n))

    def drop(self):
        self.k.do('context-del', id=self.id)

    def get(self, n):
        return self.k.get('endpoint-get', **self.name(n))

    def stats(self, n):
        return self.get(n)['stats']

    def settled(self):
        """
        Both endpoints, when all that came in has been counted on its way out, too: a far end may have it
        before that.
        """
        def whole():
            one, two = self.get(1), self.get(2)
            return (one, two) if all(a['stats']['rx-plain-octets'] == b['stats']['tx-plain-octets']
                                     for a, b in ((one, two), (two, one))) else None
        return self.bed.wait_for(PATIENCE / ktap.SLOW, whole, 'the counters to agree')

    def wait(self, n, state, reason=None):
        """Wait for a state; its reason must be the one given."""
        ep = self.bed.wait_for(PATIENCE / ktap.SLOW,
                               lambda: next((e for e in [self.get(n)] if e['state'] == state), None),
                               f'endpoint {n} to be {state}: it is {self.get(n)}')
        if reason and ep['reason'] != reason:
            raise Failed(f'endpoint {n} is {state} for {ep["reason"]}, not {reason}')
        return ep


class Bed(ktap.Test):
    """Namespaces ue, gw and core; this process is in gw."""

    def __enter__(self):
        super().__enter__()
        self.keep = []
        self.next_id = 1
        self.ue, self.gw, self.core = self.netns('ue', 'gw', 'core')
        self.veth(self.ue, 'ue0', ['10.1.0.2/24', 'fd00:0:0:1::2/64'],
                  self.gw, 'acc0', ['10.1.0.1/24', 'fd00:0:0:1::1/64'])
        self.veth(self.core, 'co0', ['10.2.0.2/24', 'fd00:0:0:2::2/64'],
                  self.gw, 'core0', ['10.2.0.1/24', 'fd00:0:0:2::1/64'])
        with open(f'/run/netns/{self.gw}', 'rb') as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'setns')
        self.k = genl.Kmgw()
        return self

    def call(self, **how):
        call = Call(self, self.next_id, **how)
        self.next_id += 1
        return call

    def check(self, name, action, *args):
        """One point: action() does not raise."""
        try:
            action(*args)
        except Exception as why:        # pylint: disable=broad-except
            return self.ok(False, name, f'{type(why).__name__}: {why}')
        return self.ok(True, name)

    def no_sockets(self):
        """Wait until nothing is attached in the namespace, closing connections included."""
        self.wait_for(PATIENCE / ktap.SLOW, lambda: self.k.get('stats-get')['sockets'] == 0,
                      'all sockets to be released')


def background(action, *args):
    """Run action in a thread; the returned function waits for it and returns its value."""
    box = {}

    def body():
        try:
            box['value'] = action(*args)
        except BaseException as why:    # pylint: disable=broad-except
            box['error'] = why

    thread = threading.Thread(target=body, daemon=True)
    thread.start()

    def join():
        thread.join(PATIENCE * 6)
        if thread.is_alive():
            raise Failed(f'{action.__name__} did not end')
        if 'error' in box:
            raise box['error']
        return box['value']
    return join


def pattern(size, seed=1):
    """Octets that do not repeat within a record."""
    return random.Random(seed).randbytes(size)


def pid_fds():
    return len(os.listdir('/proc/self/fd'))
