#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm new
"""No payload is copied between TLS and TLS, and between TLS and TCP: the kernel's copies are counted.

A probe sits on every function that has octets of a stream copied: out of a receive queue, into a TLS
record, into a send queue. What our threads do is ours, what a far end does shows that the probe works.
From 6.5 on, sending by reference goes through the function that copies, too; a flag tells it apart.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402

TRACE = '/sys/kernel/tracing'
RECORD = 16384
RECORDS = 64
# Copying is done by functions that may not be probed; these are the ones that have it done.
PROBES = {
    'receive': 'skb_copy_datagram_iter',
    'record': 'sk_msg_memcopy_from_iter',
    'send': 'tcp_sendmsg_locked',
}
HIST = 'hist:keys=common_pid.execname:size=2048'
MSG_SPLICE_PAGES = 0x8000000


def write(path, text, flags=0):
    fd = os.open(os.path.join(TRACE, path), os.O_WRONLY | flags)
    try:
        os.write(fd, text.encode('ascii'))
    finally:
        os.close(fd)


def by_reference():
    """Is sending by reference a flag of this kernel, and not a function of its own?"""
    with open('/proc/kallsyms', encoding='ascii') as f:
        return not any(line.split()[2] == 'tcp_sendpage_locked' for line in f)


class Copies:
    """Calls of the copying functions, by who made them."""

    def __init__(self):
        self.triggers = {}

    def __enter__(self):
        for name, function in PROBES.items():
            self.triggers[name] = HIST
            probe = f'p:kmgw_copies/{name} {function}'
            if name == 'send' and by_reference():
                probe += ' flags=msg->msg_flags:u32'
                self.triggers[name] += f' if !(flags & {MSG_SPLICE_PAGES})'
            write('kprobe_events', probe + '\n')
            write(f'events/kmgw_copies/{name}/trigger', self.triggers[name])
        return self

    def __exit__(self, *_):
        for name, trigger in self.triggers.items():
            write(f'events/kmgw_copies/{name}/trigger', '!' + trigger)
        write('kprobe_events', '\n', os.O_TRUNC)

    def count(self):
        """{probe: (by our threads, by all others)}"""
        out = {}
        for name in PROBES:
            ours = others = 0
            with open(f'{TRACE}/events/kmgw_copies/{name}/hist', encoding='ascii') as f:
                for line in f:
                    if 'hitcount:' not in line or not line.lstrip().startswith('{'):
                        continue
                    hits = int(line.rpartition(':')[2])
                    if 'kmgw_splice/' in line:
                        ours += hits
                    else:
                        others += hits
            out[name] = ours, others
        return out


def transfer(call, small, data):
    """A small piece, which the far end's kernel copies into a record that more is to come for."""
    a, b = call.far
    wait = splice.background(b.expect, small + data)
    a.sock.send(small, socket.MSG_MORE if data else 0)
    a.send(data)
    wait()


def probe_plain():
    """An octet over plain TCP, which is copied."""
    with socket.create_server(('10.1.0.1', 0)) as server, \
            socket.create_connection(server.getsockname()) as client:
        client.send(b'x')


def counted(t, name, tls):
    """Copies made while RECORDS full records go from the first end to the second."""
    call = t.call(tls=tls)
    for far in call.far:
        far.arm()
    transfer(call, b'first', b'')
    data = splice.pattern(RECORD * RECORDS)
    with Copies() as copies:
        transfer(call, b'more', data)
        probe_plain()
        count = copies.count()
    moved = call.stats(1)['rx-packets']
    t.diag(f'{name}: {moved} records; copies by (the module, far ends): {count}')
    call.drop()
    t.no_sockets()
    return count


def main():
    with splice.Bed() as t:
        seen = {}
        for name, tls in (('TLS 1.2 to TLS 1.2', ('1.2', '1.2')),
                          ('TLS 1.3 to TLS 1.3', ('1.3', '1.3')),
                          ('TLS 1.2 to TCP', ('1.2', None)), ('TLS 1.3 to TCP', ('1.3', None))):
            count = counted(t, name, tls)
            for probe, (ours, others) in count.items():
                seen[probe] = seen.get(probe, 0) + others
            t.equal(sum(ours for ours, _ in count.values()), 0,
                    f'{name}: copies made for {RECORDS} records')
        for probe in PROBES:
            t.ok(seen.get(probe, 0) > 0, f'the probe "{probe}" sees the copies of the far ends', seen)


if __name__ == '__main__':
    main()
