#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Filters act on the SYN: a stranger's is dropped silently and counted; so is one that comes twice."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import socket


def silent(ns, source, at):
    """Nothing at all comes back for a SYN."""
    sock = ns.socket()
    sock.bind((source, 0))
    sock.settimeout(2)
    try:
        sock.connect(at)
    except TimeoutError:
        return
    finally:
        sock.close()
    raise Failed('a connection although the filter forbids it')


@case
def address_filter(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port),
                             filters=f'gm/saf = on, gm/sam = "{calls.UE}"')
    silent(lab.ue, '10.1.0.3', call.access.at)
    true(lab.kmgw.endpoint(call.access.id)['drops'].get('filter', 0) >= 1, 'drops by filter')
    true(listener.idle(), 'a SYN went to the core')
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False), source=(calls.UE, 0))
    ue.send(b'hello')
    lab.accept(listener).wait_received(5)
    call.subtract()


@case
def port_filter(lab):
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port),
                             filters='gm/spf = on, gm/spr = "5000-5010"')
    silent(lab.ue, calls.UE, call.access.at)
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False), source=(calls.UE, 5005))
    ue.send(b'hello')
    lab.accept(listener).wait_received(5)
    call.subtract()


@case
def a_second_connection_does_not_take_over(lab):
    call, ue, core = lab.originate('1.3')
    sock = lab.ue.socket()
    sock.bind(('10.1.0.3', 0))
    sock.settimeout(2)
    try:
        sock.connect(call.access.at)
        equal(sock.recv(1), b'', 'octets on a second connection')
    except (OSError, socket.timeout):
        pass
    sock.close()
    ue.send(b'mine')
    core.wait_received(4)
    call.subtract()


run()
