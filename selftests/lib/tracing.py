# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's tracing, for tests that put probes on functions of the module."""

import os
import subprocess

TRACING = '/sys/kernel/tracing'


def mount():
    if not os.path.exists(f'{TRACING}/kprobe_events'):
        subprocess.run(['mount', '-t', 'tracefs', 'nodev', TRACING], check=True)


def tell(name, what):
    """One write; what is there in kprobe_events stays."""
    fd = os.open(f'{TRACING}/{name}', os.O_WRONLY)
    try:
        os.write(fd, what.encode('ascii'))
    finally:
        os.close(fd)


def lines(about):
    """What was traced of it."""
    with open(f'{TRACING}/trace', encoding='ascii') as f:
        return [line for line in f if about in line and not line.startswith('#')]
