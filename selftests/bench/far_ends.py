#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Far ends of many calls, in a process of their own so that what they need can be told apart: of each
call a TLS client in namespace ue and a TCP server's connection in namespace core.

    far_ends.py PEM ADDRESS LISTEN_ADDRESS LISTEN_PORT

Takes a line of JSON, answers with one:
    {"do": "up", "calls": [[NUMBER, PORT, CORE_PORT], ...]}     connects; {"up": n, "failed": [why]}
    {"do": "pass"}      some octets both ways through every call; {"passed": n, "failed": [why]}
    {"do": "ended"}     waits for the gateway's ends; {"orderly": n, "failed": [why]}
    {"do": "plain", "count": n, "address": A}   n TCP connections from ue to that address of gw without
                        a gateway, octets both ways; {"up": n, "failed": [why]}
    {"do": "close"}     closes all that there is
"""

import contextlib
import json
import os
import resource
import select
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'lib'))
import ends  # noqa: E402
import net  # noqa: E402

AT_ONCE = 16		# handshakes: an emulated CPU must not take longer for them than a guard waits
PATIENCE = 120		# seconds without any progress


def raise_descriptors():
    with open('/proc/sys/fs/nr_open', encoding='ascii') as f:
        limit = int(f.read())
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def to_core(number):
    return b'call %d from ue to core' % number


def to_ue(number):
    return b'call %d from core to ue' % number


class Call:
    """tls: the client's end, core: that of the core once it has come."""

    def __init__(self, number, tls, port):
        self.number, self.tls, self.port = number, tls, port
        self.core = None
        self.up = False


class FarEnds:
    def __init__(self, pem, address, listen):
        self.ue, self.core = net.Namespace('ue'), net.Namespace('core')
        self.ctx = ends.tls_context(False, pem)
        self.ctx.set_ecdh_curve('prime256v1')
        self.address = address
        self.listener = self.core.socket()
        self.listener.bind(listen)
        self.listener.listen(4096)
        self.listener.setblocking(False)
        self.calls, self.by_port, self.plain_ends = {}, {}, []
        self.failed = []

    # up

    def up(self, calls):
        todo = [tuple(c) for c in reversed(calls)]
        poll = select.epoll()
        poll.register(self.listener, select.EPOLLIN)
        begun, missing = {}, len(calls)
        with self.ue.entered():
            while missing:
                while todo and len(begun) < AT_ONCE:
                    call = self.begin(*todo.pop())
                    begun[call.tls.fileno()] = call
                    self.by_port[call.port] = call
                    poll.register(call.tls, select.EPOLLOUT)
                events = poll.poll(PATIENCE)
                if not events:
                    self.failed += [f'call {c.number}: nothing happens' for c in begun.values()]
                    break
                for fd, _ in events:
                    if fd == self.listener.fileno():
                        missing -= self.accept(begun)
                    else:
                        missing -= self.shake(poll, begun, fd)
        poll.close()

    def begin(self, number, port, core_port):
        # Answered by the kernel, at once; the ssl module does not bear one that is not connected.
        sock = socket.create_connection((self.address, port), PATIENCE)
        sock.setblocking(False)
        tls = self.ctx.wrap_socket(sock, do_handshake_on_connect=False)
        self.calls[number] = Call(number, tls, core_port)
        return self.calls[number]

    def shake(self, poll, begun, fd):
        """Go on with a handshake; how many calls came up or failed by that."""
        call = begun[fd]
        try:
            if not call.up:
                call.tls.do_handshake()
            call.up = True
            poll.unregister(fd)
            if call.core:
                del begun[fd]
                return 1
        except ssl.SSLWantReadError:
            poll.modify(fd, select.EPOLLIN)
        except ssl.SSLWantWriteError:
            poll.modify(fd, select.EPOLLOUT)
        except OSError as e:
            poll.unregister(fd)
            del begun[fd]
            self.failed.append(f'call {call.number}: handshake: {e}')
            return 1
        return 0

    def accept(self, begun):
        """Take all connections that have come to the core; as shake()."""
        up = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, (_, port) = self.listener.accept()
                sock.setblocking(False)
                call = self.by_port[port]
                call.core = sock
                if call.up:
                    del begun[call.tls.fileno()]
                    up += 1
        return up

    # octets

    def send(self):
        for call in self.calls.values():
            call.tls.send(to_core(call.number))
            call.core.send(to_ue(call.number))

    def gather(self, what, until):
        """Read all ends until each has what until() wants; how many calls have both.

        until() is given the call, the end, all it has received, and what came now. It returns None
        to wait for more, True, or what is wrong.
        """
        poll = select.epoll()
        waiting, got = {}, {}
        for call in self.calls.values():
            for end in (call.tls, call.core):
                waiting[end.fileno()] = call, end
                got[end.fileno()] = b''
                poll.register(end, select.EPOLLIN)
        missing = {call.number: 2 for call in self.calls.values()}
        while waiting:
            events = poll.poll(PATIENCE)
            if not events:
                self.failed += [f'call {c.number}: nothing comes {what}' for c, _ in waiting.values()]
                break
            for fd, _ in events:
                call, end = waiting[fd]
                try:
                    data = end.recv(4096)
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue
                except OSError as e:
                    done = str(e)
                else:
                    got[fd] += data
                    done = until(call, end, got[fd], data)
                if done is None:
                    continue
                del waiting[fd]
                poll.unregister(fd)
                if done is True:
                    missing[call.number] -= 1
                else:
                    self.failed.append(f'call {call.number}: {done} {what}')
        poll.close()
        return sum(1 for n in missing.values() if not n)

    @staticmethod
    def arrived(call, end, got, data):
        want = to_ue(call.number) if end is call.tls else to_core(call.number)
        if not data or not want.startswith(got):
            return f'{got!r} instead of {want!r}'
        return True if got == want else None

    @staticmethod
    def over(_call, _end, _got, data):
        """close_notify and FIN, or FIN on plain TCP; the ssl module tells the first by b''."""
        return True if not data else f'{data!r} instead of an end'

    # without a gateway

    def plain(self, count, address):
        """Connections from ue to a listener in gw that is none of kmgwd's."""
        with net.Namespace('gw').socket() as listener, self.ue.entered():
            listener.bind((address, 0))
            listener.listen()
            for number in range(count):
                sock = socket.create_connection(listener.getsockname())
                other = listener.accept()[0]
                self.plain_ends += [sock, other]
                sock.send(to_core(number))
                other.send(to_ue(number))
                if other.recv(4096) != to_core(number) or sock.recv(4096) != to_ue(number):
                    self.failed.append(f'plain connection {number}: other octets')

    def close(self):
        for call in self.calls.values():
            for end in (call.tls, call.core):
                if end:
                    end.close()
        for end in self.plain_ends:
            end.close()
        self.calls, self.by_port, self.plain_ends = {}, {}, []

    def do(self, order):
        self.failed = []
        what = order['do']
        if what == 'up':
            before = len(self.calls)
            self.up(order['calls'])
            ready = sum(1 for c in self.calls.values() if c.up and c.core)
            return {'up': ready, 'new': len(self.calls) - before, 'failed': self.failed}
        if what == 'pass':
            self.send()
            return {'passed': self.gather('through', self.arrived), 'failed': self.failed}
        if what == 'ended':
            return {'orderly': self.gather('at the end', self.over), 'failed': self.failed}
        if what == 'plain':
            self.plain(order['count'], order['address'])
            return {'up': order['count'], 'failed': self.failed}
        self.close()
        return {'closed': True}


def main():
    pem, address, listen, port = sys.argv[1:]
    raise_descriptors()
    far = FarEnds(pem, address, (listen, int(port)))
    for line in sys.stdin:
        print(json.dumps(far.do(json.loads(line))), flush=True)


if __name__ == '__main__':
    main()
