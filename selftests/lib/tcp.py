# SPDX-License-Identifier: GPL-2.0-only
"""TCP segments made and read octet by octet, and the bed of the tests of TCP relay and merge.

    with tcp.Bed() as bed:
        a, b = bed.flow('relay')                # a: from the terminal, b: to the core
        c, s = bed.join(a, b)                   # two real, connected sockets
        bed.ue.send(a.segment('S', seq=1))      # octet by octet, from the terminal
        got = bed.segment(bed.core)             # a tcp.Segment, as it is on the wire
"""

import hashlib
import os
import socket
import struct
import threading
import time

import genl
import ktap
import packet
import relay

TCP = packet.IPPROTO_TCP
FLAGS = 'FSRPAUEC'
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}

END, NOP = b'\0', b'\1'
SACK_PERMITTED = b'\4\2'


def mss(value):
    return struct.pack('!BBH', 2, 4, value)


def wscale(value):
    return bytes((3, 3, value))


def timestamps(val, ecr=0):
    return struct.pack('!BBII', 8, 10, val, ecr)


def header(src, sport, dst, dport, flags='A', seq=0, ack=0, window=8192, options=b'', payload=b'',
           check=None, doff=None):
    """A TCP header and payload; check and doff may be lies."""
    options += b'\0' * (-len(options) % 4)
    bits = sum(1 << FLAGS.index(f) for f in flags)
    head = struct.pack('!HHIIBBHHH', sport, dport, seq % 2**32, ack % 2**32,
                       (5 + len(options) // 4 if doff is None else doff) << 4, bits, window, 0,
                       0) + options
    if check is None:
        check = packet.checksum(packet.pseudo(src, dst, TCP, len(head) + len(payload)) + head +
                                payload)
    return head[:16] + struct.pack('!H', check) + head[18:] + payload


def segment(src, sport, dst, dport, flags='A', seq=0, ack=0, window=8192, options=b'', payload=b'',
            check=None, doff=None, **ip):
    """A whole IP packet of either family."""
    body = header(src, sport, dst, dport, flags, seq, ack, window, options, payload, check, doff)
    if ':' in src:
        return packet.ipv6(src, dst, body, nexthdr=TCP, **ip)
    return packet.ipv4(src, dst, body, proto=TCP, **ip)


class Segment:
    """What of a packet.Packet is TCP; ok: the checksum is right."""

    def __init__(self, p):
        self.packet = p
        self.ttl, self.time = p.ttl, p.time
        self.src, self.dst = p.src, p.dst
        self.sport, self.dport, self.seq, self.ack, doff, bits, self.window = \
            struct.unpack_from('!HHIIBBH', p.body)
        self.flags = ''.join(f for i, f in enumerate(FLAGS) if bits >> i & 1)
        self.options = p.body[20:(doff >> 4) * 4]
        self.payload = p.body[(doff >> 4) * 4:]
        self.ok = packet.ones_sum(packet.pseudo(p.src, p.dst, TCP, len(p.body)) + p.body) == 0xffff

    def __repr__(self):
        return (f'<{self.src}:{self.sport} > {self.dst}:{self.dport} {self.flags} seq {self.seq} '
                f'ack {self.ack} win {self.window} {self.options.hex()} {len(self.payload)} octets'
                f'{"" if self.ok else " BAD CHECKSUM"}>')

    def listed(self):
        """The options as a dict by kind; None: malformed."""
        out, at = {}, 0
        while at < len(self.options):
            kind = self.options[at]
            if kind == 0:
                break
            if kind == 1:
                at += 1
                continue
            size = self.options[at + 1]
            out[kind] = self.options[at + 2:at + size]
            at += size
        return out


def is_tcp(p):
    return p.proto == TCP and len(p.body) >= 20


class End(relay.End):
    """An endpoint of relay or merge and its far end."""

    def segment(self, flags='A', **kw):
        """What the far end sends to the endpoint."""
        src, sport = kw.pop('src', self.far), kw.pop('sport', self.fport)
        return segment(src, sport, self.local, self.lport, flags, **kw)

    def state(self):
        ep = self.get()
        return ep['state'], ep['reason']

    def phase(self):
        """What debugfs tells of it, as a dict."""
        name = f"endpoint={self.name['context']}/{self.name['termination']}/{self.name['stream']}"
        with open('/sys/kernel/debug/kmgw/endpoints', encoding='ascii') as f:
            for line in f:
                if name in line.split():
                    return dict(w.split('=', 1) for w in line.split() if '=' in w)
        return {}


class Stream(threading.Thread):
    """Sends octets through a socket and reads what comes until the end; digests of both."""

    def __init__(self, sock, octets, shut=True):
        super().__init__(daemon=True)
        self.sock = sock
        self.octets = octets
        self.shut = shut
        self.sent, self.got = hashlib.sha256(), hashlib.sha256()
        self.received = 0
        self.error = None
        self.start()

    def run(self):
        def read():
            try:
                while data := self.sock.recv(1 << 16):
                    self.got.update(data)
                    self.received += len(data)
            except OSError as e:
                self.error = e

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            left = self.octets
            while left:
                data = os.urandom(min(left, 1 << 16))
                # Before: who hears of the data may send more.
                self.sent.update(data)
                self.sock.sendall(data)
                left -= len(data)
            if self.shut:
                self.sock.shutdown(socket.SHUT_WR)
        except OSError as e:
            self.error = e
        reader.join()

    def finish(self, seconds=60):
        self.join(seconds * ktap.SLOW)
        if self.is_alive():
            raise TimeoutError(f'{self.received} octets and no end within {seconds} s')


class Bed(relay.Bed):
    """far ends: ue and core, as in relay.Bed."""

    def silence(self):
        """The far ends' own TCP must not answer what a test sends and receives octet by octet."""
        rules = ('table inet quiet {\nchain c {\ntype filter hook input priority -300; policy accept;\n'
                 'meta l4proto tcp drop\n}\n}\n')
        for ns in self.names[0], self.names[2]:
            self.t.run(['nft', '-f', '-'], ns=ns, input=rules)
        for port in self.ue, self.core:
            port.drain()

    def tcp_endpoint(self, termination, local, lport, far, fport, context, **values):
        name = {'context': context, 'termination': termination, 'stream': 1}
        values.setdefault('remote', genl.addr(far, fport))
        if values['remote'] is None:
            del values['remote']
        self.k.do('endpoint-new', **name, l4='tcp', local=genl.addr(local, lport), **values)
        return End(self, name, local, lport, far, fport)

    def flow(self, plane, family1=4, family2=4, one=None, two=None):
        """A context with a TCP stream from the terminal to the core; its two ends."""
        self.last += 1
        n = self.last
        self.k.do('context-new', id=n)
        a, b = relay.ADDR[family1], relay.ADDR[family2]
        return (self.tcp_endpoint(1, a['access'], 20000 + n, a['ue'], 5000 + n, n,
                                  plane=plane, **(one or {})),
                self.tcp_endpoint(2, b['core'], 21000 + n, b['far'], 6000 + n, n,
                                  plane=plane, **(two or {})))

    def join(self, a, b, backlog=1):
        """Connect from the far end of a to that of b through a relay; both sockets."""
        server = self.ns_core.socket(FAMILY[6 if ':' in b.far else 4])
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((b.far, b.fport))
        server.listen(backlog)
        server.settimeout(20 * ktap.SLOW)
        client = self.client(a)
        client.connect((a.local, a.lport))
        peer, _ = server.accept()
        server.close()
        peer.settimeout(60 * ktap.SLOW)
        return client, peer

    def client(self, end, ns=None, port=None):
        """A socket at the far end, bound to its port."""
        sock = (ns or self.ns_ue).socket(FAMILY[6 if ':' in end.far else 4])
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((end.far, end.fport if port is None else port))
        sock.settimeout(60 * ktap.SLOW)
        return sock

    @staticmethod
    def segment(port, wanted=lambda s: True, seconds=10):
        """The next TCP segment that is wanted."""
        return Segment(port.receive(lambda p: is_tcp(p) and wanted(Segment(p)), seconds))

    @staticmethod
    def segments(port):
        """What TCP has come until now."""
        return [Segment(p) for p in port.drain(is_tcp)]

    def quiet(self, what, *ports):
        """After a marker went through, nothing else has come."""
        time.sleep(0.05 * ktap.SLOW)
        seen = [s for port in ports or (self.ue, self.core) for s in self.segments(port)]
        return self.t.equal(seen, [], what)

    def dropped(self, end, reason, count, what):
        """Wait until so many were dropped for a reason, since the endpoint was made."""
        def enough():
            return end.drops().get(reason, 0) >= count
        try:
            self.t.wait_for(10, enough)
        except TimeoutError:
            pass
        return self.t.equal(end.drops().get(reason, 0), count, what)

    def in_state(self, end, state, reason, what):
        """Wait for a state."""
        try:
            self.t.wait_for(10, lambda: end.state() == (state, reason))
        except TimeoutError:
            pass
        return self.t.equal(end.state(), (state, reason), what)
