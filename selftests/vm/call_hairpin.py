#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Contexts of one gateway that face each other work; one that points at itself ends in counted drops."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def ports(lab):
    return lab.datagrams(lab.ue, calls.UE), lab.datagrams(lab.ue, '10.1.0.3')


def faces(lab, proto):
    """Two contexts whose core sides are each other's far end; (first, second)."""
    one, two = ports(lab)
    first = calls.fax(lab.ca, (one.address, one.port), ('0.0.0.0', 0), proto)
    second = calls.fax(lab.ca, (two.address, two.port), first.core.at, proto)
    first.modify(first.core, calls.stream(remote=calls.sdp(*second.core.at, proto, 'image')))
    return first, second, one, two


@case
def datagrams_through_two_contexts(lab):
    first, second, one, two = faces(lab, 'UDP')
    for n in range(5):
        packet = os.urandom(100 + 1000 * n)
        one.send(packet, first.access.at)
        got, source = two.receive()
        equal((got, source), (packet, second.access.at), 'datagram through both contexts')
        two.send(packet, second.access.at)
        got, source = one.receive()
        equal((got, source), (packet, first.access.at), 'datagram back')
    first.subtract()
    second.subtract()


@case
def two_endpoints_that_point_at_each_other(lab):
    # each context sends to itself: what gets in goes round until its TTL is used up
    one, _ = ports(lab)
    call = calls.fax(lab.ca, (one.address, one.port), ('0.0.0.0', 0), 'UDP')
    call.modify(call.access, calls.stream(remote=calls.sdp(*call.core.at, 'UDP', 'image')))
    call.modify(call.core, calls.stream(remote=calls.sdp(*call.access.at, 'UDP', 'image')))
    for _ in range(10):
        one.send(b'round and round', call.access.at)

    def drops():
        return sum(sum(lab.kmgw.endpoint(end.id)['drops'].values())
                   for end in (call.access, call.core))
    net.wait_for(lambda: drops() >= 10, 'each datagram to end in a counted drop')
    shown = [lab.kmgw.endpoint(end.id) for end in (call.access, call.core)]
    equal(drops(), 10, 'drops')
    comment(', '.join(f'{e["drops"]}' for e in shown))
    true(sum(e['stats']['rx_packets'] for e in shown) <= 10 * 256, 'a datagram goes on for ever')
    call.subtract()


@case
def tls_call_through_two_contexts(lab):
    # UE - first access | first core - second core | second access - another UE, both TLS
    pem, fingerprint = lab.certificate('ue')
    listener = lab.listen(lab.ue, '10.1.0.3', tls=lab.tls(True))
    second = calls.terminating(lab.ca, fingerprint, answer=False)
    first = calls.originating(lab.ca, fingerprint, core=second.core.at)
    calls.answered(second, fingerprint, (listener.address, listener.port))
    data = lab.file(4 * MIB)
    ue = lab.connect(lab.ue, *first.access.at, tls=lab.tls(False))
    other = lab.accept(listener)
    ue.send_file(data)
    other.send_file(data)
    intact(other, data, 4 * MIB)
    intact(ue, data, 4 * MIB)
    lab.ca.no_notify()
    first.subtract()
    other.wait_end()
    lab.ca.wait_notify('g/cause', second.core.id)
    second.subtract()


run()
