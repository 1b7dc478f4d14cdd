#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""A reader that does not read stops the sender; memory stays bounded, nothing is lost."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def tcp_memory():
    """Pages of all TCP sockets."""
    with open('/proc/net/sockstat', encoding='ascii') as f:
        for line in f:
            if line.startswith('TCP:'):
                words = line.split()
                return int(words[words.index('mem') + 1])
    raise Failed('no TCP line in sockstat')


def free_memory():
    with open('/proc/meminfo', encoding='ascii') as f:
        for line in f:
            if line.startswith('MemAvailable:'):
                return int(line.split()[1]) << 10
    raise Failed('no MemAvailable')


def stopped(end):
    """Wait until nothing is taken from a sender any more; the octets taken."""
    seen, since = end.sent, 0
    while since < 20:
        ends.still(0.1)
        since = since + 1 if end.sent == seen else 0
        seen = end.sent
    return seen


def slow(lab, call, sender, reader):
    data = lab.file(BULK)
    before = free_memory()
    reader.pause()
    sender.send_file(data)
    taken = stopped(sender)
    used = before - free_memory()
    comment(f'{taken} octets taken before the sender had to wait, {used} octets of memory')
    true(taken < 24 * MIB, f'sender got rid of {taken} octets although nobody reads')
    true(used < 64 * MIB, f'{used} octets of memory for a stream nobody reads')
    true(tcp_memory() * 4096 < 48 * MIB, f'{tcp_memory()} pages in TCP sockets')
    reader.resume()
    intact(reader, data, BULK)
    lab.ca.no_notify()
    call.subtract()


if not SLOW:
    @case
    def core_does_not_read(lab):
        call, ue, core = lab.originate('1.3')
        slow(lab, call, ue, core)

    @case
    def ue_does_not_read(lab):
        call, ue, core = lab.originate('1.2')
        slow(lab, call, core, ue)
else:
    @case
    def core_does_not_read(lab):
        call, ue, core = lab.originate('1.3')
        data = lab.file(BULK)
        core.pause()
        ue.send_file(data)
        stopped(ue)
        core.resume()
        intact(core, data, BULK)
        call.subtract()


run()
