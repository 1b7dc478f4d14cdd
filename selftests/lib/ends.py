# SPDX-License-Identifier: GPL-2.0-only
"""
Test endpoints whose every move a test controls: TCP and TLS connections, datagrams.

A Connection has a thread of its own; the test queues data or a file, pauses
reading, sends FIN, close_notify or RST, and waits for what arrives. TLS runs in
memory buffers, so that close_notify, FIN and data can be told apart and ordered.
"""

import collections
import contextlib
import hashlib
import os
import queue
import select
import socket
import ssl
import struct
import threading
import time

PATIENCE = 60 * int(os.environ.get("KMGW_SLOW", "1"))	# seconds; only a failing test waits so long
PIECE = 1 << 17
MIB = 1 << 20


class EndError(Exception):
    """An endpoint saw something else than the test expected."""


TLS_VERSIONS = {'1.2': ssl.TLSVersion.TLSv1_2, '1.3': ssl.TLSVersion.TLSv1_3}


def tls_context(server, pem=None, version=None, ciphers=None, trust=None):
    """
    TLS of a test endpoint. pem: own certificate and key in a file. trust: a file with the
    certificate that the other side must show; without it, anything (the gateway's is
    compared by fingerprint, see Connection.peer_fingerprint).
    """
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    if trust:
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(trust)
    if pem:
        ctx.load_cert_chain(pem)
    if version:
        ctx.minimum_version = ctx.maximum_version = TLS_VERSIONS[version]
    if ciphers:
        ctx.set_ciphers(ciphers)
    return ctx


class Connection:
    """
    One TCP connection, with TLS if a context is given. user: called with the connection before anything
    arrives; gives its sink.
    """

    def __init__(self, sock, tls=None, server=False, handshake=True, user=None):
        self.sock = sock
        self.tls = tls
        self.server = server
        self.cond = threading.Condition()
        self.out = collections.deque()		# bytes or (file, octets left)
        self.received = 0
        self.sent = 0				# octets of data taken from the queue
        self.wire_sent = self.wire_received = 0	# octets on TCP
        self.hash = hashlib.sha256()
        self.data = bytearray()
        self.keep = 1 << 20			# octets kept in data
        self.sink = user(self) if user else None	# called with what arrives, in the thread
        self.ended = None			# how the other side ended: see wait_end()
        self.fin = False			# TCP is at its end, in order
        self.handshaken = tls is None
        self.failure = None
        self.paused = False
        self.finishing = False
        self.finished = False
        self.half = 'tls'			# what finish() sends: 'tls', 'fin' or both
        self.hold_handshake = not handshake
        self.closing = None
        self._wake_r, self._wake_w = socket.socketpair()
        self._wake_r.setblocking(False)
        sock.setblocking(False)
        if tls:
            self.inc, self.outb = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.ssl = tls.wrap_bio(self.inc, self.outb, server_side=server)
        self.pending = b''
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # what a test does

    def _wake(self):
        with contextlib.suppress(OSError):
            self._wake_w.send(b'x')

    def _set(self, **values):
        with self.cond:
            for name, value in values.items():
                setattr(self, name, value)
        self._wake()

    def send(self, data):
        with self.cond:
            self.out.append(bytes(data))
        self._wake()

    def send_file(self, path, size=None):
        f = open(path, 'rb')	# pylint: disable=consider-using-with
        with self.cond:
            self.out.append((f, size if size is not None else 1 << 62))
        self._wake()

    def finish(self, how=None):
        """After all that is queued: close_notify (TLS) or FIN. how='fin': FIN without close_notify;
        how='both': close_notify, then FIN."""
        self._set(finishing=True, half=how or ('tls' if self.tls else 'fin'))

    def pause(self):
        self._set(paused=True)

    def resume(self):
        self._set(paused=False)

    def start_handshake(self):
        self._set(hold_handshake=False)

    def reset(self):
        """RST, now."""
        self._end('reset')

    def close(self):
        """FIN or RST as the kernel likes, now."""
        self._end('close')

    def _end(self, how):
        with self.cond:
            self.closing = how
        self._wake()
        self.thread.join(PATIENCE)

    def _wait(self, condition, what, seconds=PATIENCE):
        with self.cond:
            if not self.cond.wait_for(condition, seconds):
                raise EndError(f'not within {seconds} s: {what} (received {self.received}, '
                               f'sent {self.sent}, end {self.ended}, failure {self.failure})')

    def wait_handshake(self, seconds=PATIENCE):
        self._wait(lambda: self.handshaken or self.failure or self.ended, 'TLS handshake', seconds)
        if not self.handshaken:
            raise EndError(f'TLS handshake failed: {self.failure or self.ended}')
        return self

    def wait_received(self, octets, seconds=PATIENCE):
        """So many octets have arrived; seconds: without any progress."""
        at = -1
        while at < self.received < octets and not self.ended and not self.failure:
            at = self.received
            self._wait(lambda: self.received >= min(octets, at + MIB) or self.ended or
                       self.failure, f'{octets} octets', seconds)
        if self.received < octets:
            raise EndError(f'{self.received} of {octets} octets, then '
                           f'{self.ended or self.failure}')
        return self

    def wait_sent(self, octets=None, seconds=PATIENCE):
        """All, or so many octets, have been taken from the queue and given to TCP."""
        self._wait(lambda: (self.sent >= octets if octets else
                            not self.out and not self.pending) or self.failure,
                   f'{octets or "all"} octets sent', seconds)
        return self

    def wait_end(self, seconds=PATIENCE):
        """
        How the other side ended: 'notify' close_notify, 'fin' FIN on a plain connection,
        'truncated' FIN on TLS without close_notify, 'reset' RST, 'failed' a TLS failure.
        """
        self._wait(lambda: self.ended, 'an end by the other side', seconds)
        return self.ended

    def wait_fin(self, seconds=PATIENCE):
        """TCP itself has been closed by the other side, in order."""
        self._wait(lambda: self.fin or self.ended == 'reset', 'FIN', seconds)
        if not self.fin:
            raise EndError('RST instead of FIN')

    def digest(self):
        with self.cond:
            return self.hash.hexdigest()

    def peer_fingerprint(self):
        der = self.ssl.getpeercert(binary_form=True)
        if not der:
            return None
        text = hashlib.sha256(der).hexdigest().upper()
        return 'SHA-256 ' + ':'.join(text[i:i + 2] for i in range(0, len(text), 2))

    # the thread

    def _run(self):
        try:
            self._loop()
        except Exception as e:		# a thread's exception would be lost
            with self.cond:
                self.failure = self.failure or repr(e)
                self.ended = self.ended or 'failed'
                self.cond.notify_all()
        finally:
            with contextlib.suppress(OSError):
                if self.closing == 'reset':
                    self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                         struct.pack('ii', 1, 0))
                self.sock.close()
            self._wake_r.close()
            with self.cond:
                self.cond.notify_all()

    def _loop(self):
        tcp_gone = False
        while True:
            with self.cond:
                if self.closing:
                    return
                paused, hold = self.paused, self.hold_handshake
            if not tcp_gone:
                self._produce()
            want_read = not tcp_gone and not paused and not self.fin
            reads = [self._wake_r] + ([self.sock] if want_read else [])
            writes = [self.sock] if self.pending and not tcp_gone else []
            r, w, _ = select.select(reads, writes, [], 1)
            if self._wake_r in r:
                with contextlib.suppress(BlockingIOError):
                    self._wake_r.recv(4096)
            try:
                if self.sock in w:
                    n = self.sock.send(self.pending)
                    self.pending = self.pending[n:]
                    with self.cond:
                        self.wire_sent += n
                        self.cond.notify_all()
                if self.sock in r:
                    data = self.sock.recv(PIECE)
                    self.wire_received += len(data)
                    self._input(data)
            except BlockingIOError:
                pass
            except OSError as e:
                tcp_gone = True
                with self.cond:
                    self.failure = self.failure or str(e)
                    if isinstance(e, ConnectionResetError) or not self.ended:
                        self.ended = 'reset'
                    self.cond.notify_all()

    def _take(self):
        """The next octets of the queue, or None."""
        with self.cond:
            while self.out:
                head = self.out[0]
                if isinstance(head, bytes):
                    self.out.popleft()
                    if head:
                        return head
                    continue
                f, left = head
                data = f.read(min(PIECE, left))
                if data:
                    self.out[0] = (f, left - len(data))
                    return data
                f.close()
                self.out.popleft()
        return None

    def _produce(self):
        """Make self.pending hold what has to go out, as far as that is possible now."""
        if self.pending:
            return
        if self.tls:
            if not self.handshaken and not self.hold_handshake and self.ended is None:
                self._handshake()
            self.pending = self.outb.read()
            if self.pending or not self.handshaken:
                return
        if not self.finished:
            data = self._take()
            if data is not None:
                with self.cond:
                    self.sent += len(data)
                if self.tls:
                    self.ssl.write(data)
                    self.pending = self.outb.read()
                else:
                    self.pending = data
                return
        if self.finishing and not self.finished:
            self.finished = True
            if self.tls and self.half != 'fin':
                with contextlib.suppress(ssl.SSLError):
                    self.ssl.unwrap()
                self.pending = self.outb.read()
            if self.half == 'both' and self.pending:
                self.finished, self.half = False, 'fin'
                return
            if self.half == 'fin':
                self.sock.shutdown(socket.SHUT_WR)
            with self.cond:
                self.cond.notify_all()

    def _handshake(self):
        try:
            self.ssl.do_handshake()
            with self.cond:
                self.handshaken = True
                self.cond.notify_all()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as e:
            self._fail(e)

    def _fail(self, e):
        self.pending += self.outb.read()	# the alert
        with self.cond:
            self.failure = self.failure or str(e)
            self.ended = self.ended or 'failed'
            self.cond.notify_all()

    def _input(self, data):
        if not data:
            with self.cond:
                self.fin = True
                self.cond.notify_all()
        if not self.tls:
            if data:
                self._arrived(data)
            else:
                self._ended('fin')
            return
        if not data:
            # not handed to OpenSSL, which could send nothing any more after it
            self._ended('truncated')
            return
        self.inc.write(data)
        if not self.handshaken:
            if self.ended is None and not self.hold_handshake:
                self._handshake()
            if not self.handshaken:
                return
        while True:
            try:
                plain = self.ssl.read(PIECE)
            except ssl.SSLWantReadError:
                return
            except ssl.SSLZeroReturnError:
                plain = b''
            except ssl.SSLError as e:
                self._fail(e)
                return
            if not plain:
                self._ended('notify')
                return
            self._arrived(plain)

    def _ended(self, how):
        with self.cond:
            if self.ended is None:
                self.ended = how
            self.cond.notify_all()

    def _arrived(self, data):
        self.hash.update(data)
        if len(self.data) < self.keep:
            self.data += data[:self.keep - len(self.data)]
        with self.cond:
            self.received += len(data)
            self.cond.notify_all()
        if self.sink:
            self.sink(data)


def family_of(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


class Listener:
    """A passive endpoint in a namespace."""

    def __init__(self, ns, address, port=0, tls=None, rcvbuf=None, handshake=True):
        self.tls = tls
        self.handshake = handshake
        self.sock = ns.socket(family_of(address))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.bind((address, port))
        self.sock.listen(16)
        self.address, self.port = self.sock.getsockname()[:2]

    def accept(self, seconds=PATIENCE, user=None):
        self.sock.settimeout(seconds)
        try:
            conn, peer = self.sock.accept()
        except TimeoutError:
            raise EndError(f'no connection within {seconds} s') from None
        connection = Connection(conn, self.tls, server=True, handshake=self.handshake, user=user)
        connection.source = peer[:2]
        return connection

    def idle(self):
        """Has nobody tried to connect?"""
        return not select.select([self.sock], [], [], 0)[0]

    def close(self):
        self.sock.close()


def connect(ns, address, port, tls=None, source=None, rcvbuf=None, handshake=True,
            seconds=PATIENCE, user=None):
    """An active endpoint in a namespace."""
    sock = ns.socket(family_of(address))
    if rcvbuf:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    if source:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(source)
    sock.settimeout(seconds)
    try:
        sock.connect((address, port))
    except OSError:
        sock.close()
        raise
    return Connection(sock, tls, handshake=handshake, user=user)


class Program:
    """A program that people have as an end: what it is given to send, and what it writes out."""

    def __init__(self, child):
        self.child = child
        self.sink = None
        self.data = bytearray()
        self.cond = threading.Condition()
        self.out = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, data):
        self.out.put(data)

    def _write(self):
        with contextlib.suppress(OSError, ValueError):
            while True:
                self.child.stdin.write(self.out.get())
                self.child.stdin.flush()

    def _read(self):
        while True:
            data = os.read(self.child.stdout.fileno(), 65536)
            if not data:
                return
            with self.cond:
                self.data += data
                self.cond.notify_all()
            if self.sink:
                self.sink(data)

    def wait_received(self, octets, seconds=PATIENCE):
        with self.cond:
            if not self.cond.wait_for(lambda: len(self.data) >= octets, seconds):
                raise EndError(f'{len(self.data)} of {octets} octets within {seconds} s')


class Datagrams:
    """A UDP end that counts and keeps what it receives."""

    def __init__(self, ns, address, port=0):
        self.sock = ns.socket(family_of(address), socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((address, port))
        self.address, self.port = self.sock.getsockname()[:2]
        self.packets = []
        self.octets_sent = 0

    def send(self, data, to):
        self.octets_sent += self.sock.sendto(data, to)

    def receive(self, seconds=PATIENCE):
        """The next datagram and its source."""
        self.sock.settimeout(seconds)
        try:
            data, peer = self.sock.recvfrom(65535)
        except TimeoutError:
            raise EndError(f'no datagram within {seconds} s') from None
        self.packets.append(data)
        return data, peer[:2]

    def empty(self):
        return not select.select([self.sock], [], [], 0)[0]

    def close(self):
        self.sock.close()


def udptl(sequence, ifp, redundancy=()):
    """A UDPTL datagram (T.38 9.1): sequence number, primary IFP, earlier IFPs as redundancy."""
    def field(data):
        n = len(data)
        return (bytes([n]) if n < 128 else struct.pack('>H', 0x8000 | n)) + data
    return struct.pack('>H', sequence & 0xffff) + field(ifp) + b'\0' + \
        bytes([len(redundancy)]) + b''.join(field(r) for r in redundancy)


def still(seconds):
    """For the few tests whose subject is time itself."""
    time.sleep(seconds)
