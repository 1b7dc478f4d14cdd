#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Splices of emergency calls are served first, and others are not starved.

Several splices of one thread have data at once: while it is sent, this program has the CPU, and the
thread, which is bound to it, waits. In which order they were served is that of the segments that leave.
"""

import array
import contextlib
import fcntl
import os
import re
import socket
import struct
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import packet  # noqa: E402
import splice  # noqa: E402

AHEAD = 8		# turns that one of an emergency call may take out of the order
ENDPOINTS = '/sys/kernel/debug/kmgw/endpoints'
RUNTIME = '/proc/sys/kernel/sched_rt_runtime_us'
CALLS = AHEAD + 8	# of one thread
ALL = 0x0003


def cpus():
    """{context: CPU of its thread}"""
    with open(ENDPOINTS, encoding='ascii') as f:
        return {int(m[1]): int(m[2]) for m in
                (re.search(r'endpoint=(\d+)/1/1 .* cpu=(\d+)', line) for line in f) if m}


class Order:
    """Which calls had their turns, as seen by segments with data that come to the core."""

    def __init__(self, t, calls):
        self.t = t
        self.calls = {c.far[1].sock.getsockname()[1]: c for c in calls}
        with splice.inside(t.core):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
        self.sock.bind(('co0', ALL))
        self.sock.setblocking(False)

    def read(self, n):
        seen = []

        def more():
            while True:
                try:
                    data, where = self.sock.recvfrom(65536)
                except BlockingIOError:
                    return len(seen) >= n
                p = packet.read(data)
                if where[2] == socket.PACKET_OUTGOING or not p or p.proto != packet.IPPROTO_TCP:
                    continue
                dport, seq, offset = struct.unpack_from('!2xHI4xB', p.body)
                call = self.calls.get(dport)
                # each is one octet; that of a turn before may be sent again, if its ACK was late
                if len(p.body) > (offset >> 4) * 4 and call and seq != call.seq:
                    call.seq = seq
                    seen.append(call.id)
        self.t.wait_for(20, more, f'{n} segments: {seen}')
        return seen


def queued(sock):
    """Octets received and not read."""
    n = array.array('i', [0])
    fcntl.ioctl(sock.fileno(), termios.FIONREAD, n)
    return n[0]


@contextlib.contextmanager
def holding(cpu):
    """Nothing else runs on that CPU, but what the kernel does in interrupts."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.sched_setaffinity(0, everywhere)


def served(t, cpu, calls):
    """In which order splices have their turns that get something to do in the order given; contexts."""
    order = Order(t, calls)
    for _ in range(20):
        with holding(cpu):
            for call in calls:
                call.far[0].sock.send(b'x')
            together = all(queued(call.kept) == 1 for call in calls)
        got = order.read(len(calls))
        for call in calls:
            call.far[1].expect(b'x')
        if together:
            return got
    raise splice.Failed('the octets were never there all at once')


def make(t, n):
    """The CPU, and n calls that its thread serves."""
    calls = []
    for _ in range(n * os.cpu_count()):
        call = t.call(attach=False)
        call.seq = None
        call.kept = call.wires[0].gw.dup()
        call.attach(1)
        call.attach(2)
        calls.append(call)
    where = cpus()
    counts = [list(where.values()).count(cpu) for cpu in range(os.cpu_count())]
    t.equal(counts, [n] * os.cpu_count(), 'splices are spread evenly over the threads')
    cpu = counts.index(max(counts))
    return cpu, [c for c in calls if where[c.id] == cpu]


def ids(calls):
    return [c.id for c in calls]


def emergency_first(t, cpu, calls):
    one, two = calls[3], calls[5]
    t.equal(served(t, cpu, calls[:8]), ids(calls[:8]), 'ordinary splices are served in their order')
    one.set(1, priority='emergency')
    two.set(2, priority='emergency')
    t.equal((one.get(1)['priority'], one.get(2)['priority']), ('emergency', 'ordinary'),
            'the priority is shown')
    rest = [c for c in calls[:8] if c not in (one, two)]
    t.equal(served(t, cpu, calls[:8]), ids([one, two] + rest),
            'those of emergency calls, by either endpoint, are served first')
    two.set(2, priority='ordinary')
    rest = [c for c in calls[:8] if c is not one]
    t.equal(served(t, cpu, calls[:8]), ids([one] + rest), 'one that is none any more has lost it')
    one.set(1, priority='ordinary')


def nobody_starves(t, cpu, calls):
    first, urgent, last = calls[0], calls[1:AHEAD + 5], calls[AHEAD + 5:]
    for call in urgent:
        call.set(1, priority='emergency')
    t.equal(served(t, cpu, calls), ids(urgent[:AHEAD] + [first] + urgent[AHEAD:] + last),
            f'an ordinary one is served after {AHEAD} of emergency calls')
    for call in urgent:
        call.set(1, priority='ordinary')


def ends_ahead(t, cpu, calls):
    """A splice that ends in the turn it has before its own is gone, and once."""
    urgent = calls[1:5]
    for call in urgent:
        call.set(1, priority='emergency')
    with holding(cpu):
        calls[0].far[0].sock.send(b'x')
        for call in urgent:
            call.far[0].rst()

    def body():
        for call in urgent:
            call.wait(1, 'failed', 'reset')
            call.far[1].expect_rst()
            call.drop()
        calls[0].far[1].expect(b'x')
    t.check('splices of emergency calls that end before others have their turn', body)


def main():
    with splice.Bed() as t:
        with open(RUNTIME, encoding='ascii') as f:
            before = f.read()
        with open(RUNTIME, 'w', encoding='ascii') as f:
            f.write('-1')
        try:
            cpu, calls = make(t, CALLS)
            emergency_first(t, cpu, calls)
            nobody_starves(t, cpu, calls)
            ends_ahead(t, cpu, calls)
            t.k.do('flush')
        finally:
            with open(RUNTIME, 'w', encoding='ascii') as f:
                f.write(before)


if __name__ == '__main__':
    main()
