#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
"""Descriptors that are not what SOCKET wants, and how often one can be handed over.

Each is refused with a text; the kernel's objects stay as they were, and so does the socket.
"""

import errno
import os
import select
import socket
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import hostile  # noqa: E402
import ktap  # noqa: E402

UDP = dict(context=1, termination=1, stream=1)
TCP = dict(context=1, termination=1, stream=2)
TCP2 = dict(context=1, termination=2, stream=2)

TCP_ULP, SOL_TLS, TLS_TX, TLS_RX = 31, 282, 1, 2
IPPROTO_MPTCP, IPPROTO_UDPLITE = 262, 136
CLONE_NEWNET = 0x40000000


def connected():
    """Two ends of a TCP connection."""
    with socket.create_server(('10.1.0.1', 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        two, _ = listener.accept()
    return one, two


def aes_gcm_128(version=0x0303, key=b'k'):
    """struct tls12_crypto_info_aes_gcm_128"""
    return struct.pack('=HH', version, 51) + b'i' * 8 + key * 16 + b's' * 4 + bytes(8)


def tls(*directions, version=0x0303):
    """A connection with the TLS ULP, armed in some directions."""
    one, two = connected()
    one.setsockopt(socket.SOL_TCP, TCP_ULP, b'tls')
    for direction in directions:
        one.setsockopt(SOL_TLS, direction, aes_gcm_128(version))
    return one, two


def in_namespace(ns, make):
    """make() with the network namespace of another."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    with open('/proc/self/ns/net', 'rb') as here, open(f'/run/netns/{ns}', 'rb') as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'setns')
        try:
            return make()
        finally:
            libc.setns(here.fileno(), CLONE_NEWNET)


def lo_connected():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        two, _ = listener.accept()
    return one, two


def bound(kind, ip, port, family=socket.AF_INET, proto=0):
    s = socket.socket(family, kind, proto)
    s.bind((ip, port))
    return s


def connecting():
    """A SYN is out and nobody answers."""
    s = socket.socket()
    s.setblocking(False)
    s.bind(('10.1.0.1', 0))
    s.connect_ex(('10.1.0.77', 9))
    return s


def optional(make):
    """A thing that a kernel need not have."""
    try:
        return make()
    except OSError:
        return None


def not_sockets():
    r, w = os.pipe()
    yield 'pipe, reading end', r
    yield 'pipe, writing end', w
    yield 'file', tempfile.TemporaryFile()
    yield 'directory', os.open('/', os.O_RDONLY)
    yield '/dev/null', os.open('/dev/null', os.O_RDWR)
    yield 'O_PATH', os.open('/dev/null', os.O_PATH)
    yield 'epoll', select.epoll()
    yield 'eventfd', os.eventfd(0)
    yield 'memfd', os.memfd_create('x')


def wrong_for_all(ns):
    yield from not_sockets()
    yield 'unix stream', socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)[0]
    yield 'unix datagram', socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0]
    yield 'netlink', socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    yield 'packet', socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    yield 'raw', socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
    yield 'MPTCP', optional(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP))
    yield 'UDP-Lite', optional(lambda: bound(socket.SOCK_DGRAM, '10.1.0.1', 20000,
                                             proto=IPPROTO_UDPLITE))
    yield 'UDP, not bound', socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    yield 'UDP, another port', bound(socket.SOCK_DGRAM, '10.1.0.1', 20055)
    yield 'UDP, another address', bound(socket.SOCK_DGRAM, '10.2.0.1', 20000)
    yield 'UDP, another family', bound(socket.SOCK_DGRAM, 'fd00::1', 20000, socket.AF_INET6)
    yield 'UDP of another namespace', \
        in_namespace(ns, lambda: bound(socket.SOCK_DGRAM, '10.1.0.1', 20000))
    yield 'TCP, new', socket.socket()
    yield 'TCP, bound', bound(socket.SOCK_STREAM, '10.1.0.1', 20002)
    yield 'TCP, listening', socket.create_server(('10.1.0.1', 20003))
    yield 'TCP, connecting', connecting()
    yield 'TCP of another namespace', in_namespace(ns, lo_connected)
    yield 'TCP with the TLS ULP, not armed', tls()
    yield 'TCP with TLS armed for sending only', tls(TLS_TX)
    yield 'TCP with TLS armed for receiving only', tls(TLS_RX)


def numbers():
    closed = os.dup(0)
    os.close(closed)
    for fd in -1, -2, closed, 4096, 0x7fffffff, -0x80000000:
        yield f'number {fd}', fd


def fd_of(thing):
    if isinstance(thing, tuple):
        thing = thing[0]
    return thing if isinstance(thing, int) else thing.fileno()


def close(thing):
    for one in thing if isinstance(thing, tuple) else (thing,):
        if isinstance(one, int):
            os.close(one)
        else:
            one.close()


def refuse_descriptors(h, ns):
    for plane, name in ('UDP', UDP), ('TCP', TCP):
        for text, fd in numbers():
            h.refused(text, 'endpoint-set', name | dict(socket=fd), group=f'SOCKET of {plane}')
        for text, thing in wrong_for_all(ns):
            if thing is None:
                continue
            h.refused(text, 'endpoint-set', name | dict(socket=fd_of(thing)),
                      group=f'SOCKET of {plane}')
            close(thing)
    one, two = connected()
    h.refused('TCP, connected', 'endpoint-set', UDP | dict(socket=one.fileno()),
              group='SOCKET of UDP')
    close((one, two))
    udp = bound(socket.SOCK_DGRAM, '10.1.0.1', 20000)
    h.refused('UDP, where the endpoint is', 'endpoint-set', TCP | dict(socket=udp.fileno()),
              group='SOCKET of TCP')
    udp.close()
    new = dict(context=1, termination=8, stream=8, l4='tcp', local=genl.addr('10.1.0.1', 20008))
    h.refused('a new endpoint with a pipe', 'endpoint-new', new | dict(socket=0),
              group='SOCKET of TCP')
    h.report_all()


def refused_with_something_else(t, h):
    """A good socket in a bad request stays the user's, untouched."""
    one, two = connected()
    for text, more in (('a bad remote', dict(remote=genl.addr('224.0.0.1', 5))),
                       ('a bad device', dict(ifindex=0x7fffffff)),
                       ('a release', dict(release='orderly')),
                       ('a prefix too long', dict(prefix=bytes(16385))),
                       ('a filter of another family', dict(filter={'ipv6': bytes(16)}))):
        h.refused(f'a good socket with {text}', 'endpoint-set',
                  TCP | dict(socket=one.fileno()) | more, group='good socket, bad request')
    h.report_all()
    one.sendall(b'still mine')
    two.sendall(b'still yours')
    t.equal((one.recv(64), two.recv(64)), (b'still yours', b'still mine'),
            'a socket in a refused request works on as before')
    close((one, two))


def attached_twice(t, h):
    """One socket to one endpoint, once."""
    k = h.k
    one, two = connected()
    other = connected()
    k.do('endpoint-set', **TCP, socket=one.fileno(), prefix=b'first')
    # The prefix is counted by the worker, when it gets its turn.
    t.wait_for(10, lambda: k.get('stats-get')['stats']['rx-plain-octets'] == 5,
               'the prefix to be counted')
    h.before = h.snapshot()
    h.refused('the same socket to the same endpoint', 'endpoint-set',
              TCP | dict(socket=one.fileno()), errno.EBUSY, group='attached already')
    h.refused('the same socket to its peer', 'endpoint-set', TCP2 | dict(socket=one.fileno()),
              group='attached already')
    copy = os.dup(one.fileno())
    h.refused('a copy of the descriptor', 'endpoint-set', TCP2 | dict(socket=copy),
              group='attached already')
    os.close(copy)
    h.refused('another socket to an endpoint that has one', 'endpoint-set',
              TCP | dict(socket=other[0].fileno()), errno.EBUSY, group='attached already')
    h.report_all()
    t.equal(k.get('stats-get')['sockets'], 1, 'one socket is attached')
    close(other)

    sink = connected()
    k.do('endpoint-set', **TCP2, socket=sink[0].fileno(), mode='sendreceive')
    k.do('endpoint-set', **TCP, mode='sendreceive')
    one.close()
    sink[0].close()
    two.sendall(b' and second')
    got = b''
    sink[1].settimeout(10)
    while len(got) < 16:
        got += sink[1].recv(64)
    t.equal(got, b'first and second', 'the connection that survived the attacks carries its data')
    two.close()
    sink[1].close()


def main():
    with ktap.Test() as t:
        ns, = t.netns('other')
        t.run(['ip', '-n', ns, 'addr', 'add', '10.1.0.1/24', 'dev', 'lo'])
        h = hostile.Hostile(t)
        refuse_descriptors(h, ns)
        refused_with_something_else(t, h)
        attached_twice(t, h)
        h.k.do('flush')
        t.wait_for(5, lambda: h.k.get('stats-get')['sockets'] == 0, 'no socket left')
        h.k.close()


main()
