#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""While data moves, the daemon uses no processor time."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def busy(lab, version, size):
    data = lab.file(size)
    call, ue, core = lab.originate(version)
    ue.send(b'x')
    core.wait_received(1)
    ticks = lab.kmgwd.cpu()
    ue.send_file(data)
    core.send_file(data)
    core.wait_received(size + 1)
    ue.wait_received(size)
    used = lab.kmgwd.cpu() - ticks
    comment(f'{size >> 20} MiB each way: {used} ticks of 10 ms')
    # a tick may be charged to whoever runs when the clock ticks
    true(used <= 1, f'kmgwd used {used} ticks while data moved')
    lab.ca.no_notify()
    call.subtract()


@case
def no_cpu_in_the_daemon_tls_1_3(lab):
    busy(lab, '1.3', 32 * MIB)


@case
def no_cpu_in_the_daemon_tls_1_2(lab):
    busy(lab, '1.2', 32 * MIB)


run()
