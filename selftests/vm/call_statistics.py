#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Statistics of Subtract, counters of the module and what the endpoints counted are the same numbers."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import time


@case
def octets_and_duration(lab):
    for version in ('1.2', '1.3'):
        added = time.monotonic()
        call, ue, core = lab.originate(version)
        up_at_least = time.monotonic()
        ue.send(b'u' * 300001)
        core.send(b'c' * 200003)
        core.wait_received(300001)
        ue.wait_received(200003)
        shown = lab.kmgw.endpoint(call.access.id)['stats']
        other = lab.kmgw.endpoint(call.core.id)['stats']
        equal(shown['rx_plain_octets'], 300001, 'plaintext received from the UE')
        equal(shown['tx_plain_octets'], 200003, 'plaintext sent to the UE')
        equal(other['rx_octets'], 200003, 'received from the core')
        equal(other['tx_octets'], 300001, 'sent to the core')
        equal(shown['rx_octets'], ue.wire_sent, 'TLS octets received from the UE')
        ends.still(0.5)
        least = (time.monotonic() - up_at_least) * 1000
        access, core_stats = call.subtract()
        most = (time.monotonic() - added) * 1000
        ue.wait_end()
        equal(core_stats['nt/os'], 300001, 'nt/os of the core')
        equal(core_stats['nt/or'], 200003, 'nt/or of the core')
        equal(access['nt/or'], ue.wire_sent, 'nt/or of the access side')
        true(200003 < access['nt/os'] <= ue.wire_received,
             f'nt/os of the access side {access["nt/os"]}, UE received {ue.wire_received}')
        true(least <= access['nt/dur'] <= most,
             f'nt/dur {access["nt/dur"]}, expected {least:.0f} to {most:.0f}')


@case
def a_call_that_never_was_has_zeros(lab):
    call = calls.terminating(lab.ca, answer=False)
    for stats in call.subtract():
        equal((stats['nt/os'], stats['nt/or']), (0, 0), 'octets')
        true('nt/dur' in stats, 'nt/dur')


@case
def statistics_add_up_over_connections(lab):
    call, ue, core = lab.originate('1.3')
    core.send(b'1' * 1000)
    ue.wait_received(1000)
    ue.finish('both')
    core.wait_end()
    core.finish()
    ue.wait_fin()
    lab.ca.wait_notify('g/cause')
    first = ue.wire_sent
    # a=connection:new: both ends once more
    listener = lab.listen(lab.core, calls.CORE)
    lab.ca.transact(calls.in_context(
        call.context,
        calls.command('Modify', call.core.id, calls.stream(remote=calls.sdp(
            listener.address, listener.port, setup='passive', extra=['a=connection:new']))),
        calls.command('Modify', call.access.id, calls.stream(remote=calls.sdp(
            calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=lab.certificate()[1],
            extra=['a=connection:new'])))))
    again = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False)).wait_handshake()
    core = lab.accept(listener)
    core.send(b'2' * 500)
    again.wait_received(500)
    access, core_stats = call.subtract()
    again.wait_end()
    equal(core_stats['nt/or'], 1500, 'nt/or of the core over two connections')
    equal(access['nt/or'], first + again.wire_sent, 'nt/or of the access side')


@case
def audited_while_the_call_is_up(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'z' * 4321)
    core.wait_received(4321)
    reply = lab.ca.transact(f'Context = {call.context} {{ AuditValue = {call.core.id} '
                            '{ Audit { Statistics } } }')
    stats = {s.name.lower(): float(s.value)
             for s in reply.all('Context.AuditValue.Statistics.*')}
    equal(stats['nt/os'], 4321, 'nt/os')
    equal(stats['nt/or'], 0, 'nt/or')
    call.subtract()


@case
def no_statistics_if_none_are_wanted(lab):
    call, ue, core = lab.originate('1.3')
    reply = lab.ca.transact(f'Context = {call.context} {{ Subtract = * {{ Audit {{ }} }} }}')
    equal([c.name for n in reply.all('Context.Subtract') for c in n.children], [],
          'descriptors in the reply')


run()
