#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""H.248 in binary (BER): Erlang/OTP's megaco and its ASN.1 codec register the gateway and make calls."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


BINARY = {
    'encoding': 'binary',
    'mid': '[10.0.0.1]:2945',
    'package_items': h248_numbers.package_items(),
}


def mgc_over(transport):
    return dict(BINARY, mgc=({'address': '10.0.0.2', 'port': 2945, 'transport': transport},),
                agent={'erlang': True, 'transport': transport})


def relay(lab):
    """Add, Modify, Subtract of a UDP relay; what is seen by audits."""
    ue = lab.datagrams(lab.ue, calls.UE, 49180)
    core = lab.datagrams(lab.core, calls.CORE, 49170)
    lab.ca.audit_root()
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port), 'UDP',
                     properties='ds/dscp = 46')
    for size in (20, 900):
        packet = os.urandom(size)
        ue.send(packet, call.access.at)
        equal(core.receive()[0], packet, f'{size} octets at the core')
        core.send(packet, call.core.at)
        equal(ue.receive()[0], packet, f'{size} octets at the UE')
    call.modify(call.access, calls.stream(mode='Inactive', properties='gm/saf = on, '
                                          f'gm/sam = "{calls.UE}"'))
    audit = lab.ca.transact(f'Context = {call.context} {{ AuditValue = {call.access.id} '
                            '{ Audit { Media, Statistics } } }')
    shown = {p.name.lower(): str(p.value) for p in audit.walk() if '/' in str(p.name)}
    equal(shown.get('gm/saf', '').lower(), 'on', 'gm/saf')
    equal(shown.get('ds/dscp'), '46', 'ds/dscp')
    true('nt/os' in shown, 'nt/os in an audit')
    for stats in call.subtract():
        equal((stats['nt/os'], stats['nt/or']), (920, 920), 'nt/os and nt/or')
    lab.ca.expect_error(411, 'Context = 4711 { Subtract = ip/1/access/1 }')
    lab.ca.expect_error(430, 'Context = - { AuditValue = ip/1/access/4711 { Audit { Media } } }')


@case(**mgc_over('udp'))
def relay_ordered_over_udp(lab):
    relay(lab)


@case(**mgc_over('tcp'))
def relay_ordered_over_tcp(lab):
    relay(lab)


@case(**mgc_over('udp'))
def tls_call_and_its_end(lab):
    call, ue, core = lab.originate('1.3')
    data = lab.file(MIB)
    ue.send_file(data)
    intact(core, data, MIB)
    ue.reset()
    notify = lab.ca.wait_notify('g/cause', call.access.id)
    equal({k.lower(): v.lower() for k, v in notify.params.items()}.get('generalcause'), 'ft', 'cause')
    call.subtract()


@case(**dict(mgc_over('udp'), package_items=()))
def ids_that_nobody_verified_are_refused(lab):
    # the property of another package is still known
    lab.ca.expect_error(450, calls.in_context('$', calls.command(
        'Add', 'ip/1/access/$', calls.stream(mode='SendReceive', realm='access'))))


run()
