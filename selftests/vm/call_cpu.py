#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""While data moves, the daemon uses no processor time."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

WAKEUPS = 10


def busy(lab, version, size):
    data = lab.file(size)
    call, ue, core = lab.originate(version)
    ue.send(b'x')
    core.wait_received(1)
    before = lab.kmgwd.cpu()
    ue.send_file(data)
    core.send_file(data)
    core.wait_received(size + 1)
    ue.wait_received(size)
    ran, woken = (now - then for now, then in zip(lab.kmgwd.cpu(), before))
    comment(f'{size >> 20} MiB each way: kmgwd woke up {woken} times and ran for {ran:.1f} ms')
    # more than a timer or two is a daemon that still looks at the sockets
    true(woken <= WAKEUPS, f'kmgwd woke up {woken} times while data moved')
    lab.ca.no_notify()
    call.subtract()


@case
def no_cpu_in_the_daemon_tls_1_3(lab):
    busy(lab, '1.3', 32 * MIB)


@case
def no_cpu_in_the_daemon_tls_1_2(lab):
    busy(lab, '1.2', 32 * MIB)


run()
