#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Splices that begin while data arrives, and the module unloaded behind the last of them.

What can go wrong there takes a microsecond, so that moment is stretched: by return probes that take a
long time, or by a system call that keeps the socket of a splice busy for as long as the test likes.
"""

import contextlib
import ctypes
import functools
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import splice  # noqa: E402
import tracing  # noqa: E402
from tracing import tell  # noqa: E402

ROUNDS = 60 // ktap.SLOW
SHOTS = 5000
PROBES = 16
DELETE_MODULE = 176	# x86-64
libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def stretched(function):
    """After it has done its work, the function takes its time to return."""
    tracing.mount()
    names = [f'{function}_{n}' for n in range(PROBES)]
    try:
        for name in names:
            tell('kprobe_events', f'r:kprobes/{name} kmgw:{function}\n')
            tell(f'events/kprobes/{name}/trigger', 'stacktrace\n')
            tell(f'events/kprobes/{name}/enable', '1')
        yield
        # a function that was never called would stretch nothing
        if not tracing.lines(names[0]):
            raise splice.Failed(f'{function} was not stretched')
    finally:
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                tell(f'events/kprobes/{name}/enable', '0')
                tell(f'events/kprobes/{name}/trigger', '!stacktrace\n')
                tell('kprobe_events', f'-:kprobes/{name}\n')


def unload():
    if libc.syscall(DELETE_MODULE, b'kmgw', os.O_NONBLOCK):
        raise splice.Failed(f'the module stays: {os.strerror(ctypes.get_errno())}')


def fire(far, stop):
    """Single octets as fast as they go, so that the socket is woken all the time; how many."""
    sent = 0
    while sent < SHOTS and not stop.is_set():
        far.send(b'x')
        sent += 1
    return sent


def begun_under_fire(t):
    """What arrives between a socket's first wake-up and the start of its splice must not end it."""
    for number in range(ROUNDS):
        call = t.call(attach=False)
        stop = threading.Event()
        shots = [splice.background(fire, far, stop) for far in call.far]
        for n in 1, 2:
            call.attach(n)
        stop.set()
        for shot, far in zip(shots, reversed(call.far)):
            far.expect(b'x' * shot())
        for n in 1, 2:
            state = call.get(n)['state']
            if state != 'established':
                raise splice.Failed(f'round {number}: endpoint {n} is {state}')
        call.drop()
        for far in call.far:
            far.close()


def opened(pipe):
    """A descriptor to write to a pipe, or None as long as nobody reads from it."""
    with contextlib.suppress(OSError):
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    return None


@contextlib.contextmanager
def busy(t, sock):
    """
    Nobody else gets the lock of a TCP socket: a call asks for a ULP that there is not, for which the
    kernel, holding that lock, runs a program that ends when the pipe does.
    """
    pipe, program = os.path.join(t.tmp, 'pipe'), os.path.join(t.tmp, 'program')
    os.mkfifo(pipe)
    with open(program, 'w', encoding='ascii') as f:
        f.write(f'#!/bin/sh\nread -r end <{pipe}\n')
    os.chmod(program, 0o755)
    os.chmod(t.tmp, 0o755)
    with open('/proc/sys/kernel/modprobe', encoding='ascii') as f:
        usual = f.read()
    with open('/proc/sys/kernel/modprobe', 'w', encoding='ascii') as f:
        f.write(program)
    # not by Python, which would let nobody else do anything meanwhile
    call = splice.background(libc.setsockopt, sock.fileno(), socket.SOL_TCP, splice.TCP_ULP, b'none', 4)
    try:
        # open as soon as the program has it open
        with open(t.wait_for(20, functools.partial(opened, pipe), 'the program'), 'wb'):
            yield
    finally:
        with open('/proc/sys/kernel/modprobe', 'w', encoding='ascii') as f:
            f.write(usual)
        call()


def unload_waits(t):
    """While a splice still has work to do, what it works with is not freed."""
    call = t.call(attach=False)
    sock = socket.socket(fileno=os.dup(call.wires[0].gw.fileno()))
    for n in 1, 2:
        call.attach(n)
    where = []

    def unloading():
        where.append(threading.get_native_id())
        unload()

    def stands():
        """In which of the functions in question, if in any."""
        with open(f'/proc/self/task/{where[0]}/stack', encoding='ascii') as f:
            return re.findall('kmgw_splice_net_exit|kmgw_splice_exit', f.read())

    with busy(t, sock):
        t.k.do('flush')
        gone = splice.background(unloading)
        t.wait_for(20, lambda: where and stands(), 'the module to wait for something')
        # its threads are ended after that; they would end their work without what it needs
        if stands() != ['kmgw_splice_net_exit']:
            raise splice.Failed(f'it waits in {stands()}')
    gone()
    sock.close()
    load(t)


def load(t):
    subprocess.run([os.path.join(ktap.TREE, 'scripts', 'load-module')], check=True)
    t.k.family = 16
    t.k.family = t.k.resolve()


def unloaded_behind_the_last(t):
    """The last work of a splice is done before the threads that do it are gone."""
    for _ in range(3):
        for call in [t.call() for _ in range(8)]:
            call.far[0].send(b'x')
            call.far[1].expect(b'x')
        t.k.do('flush')
        unload()
        load(t)


def main():
    with splice.Bed() as t:
        with stretched('kmgw_leg_watch'):
            t.check('splices that begin while data arrives deliver it', begun_under_fire, t)
        t.check('and leave nothing', t.no_sockets)
        t.check('the module can go right behind the last splice', unloaded_behind_the_last, t)
        t.check('and not before that one has ended its work', unload_waits, t)


if __name__ == '__main__':
    main()
