#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Audits, wildcards, termination ids and the heartbeat."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import re


def audit(lab, context, termination, what, wild='', error=None):
    return lab.ca.transact(f'Context = {context} {{ {wild}AuditValue = {termination} '
                           f'{{ Audit {{ {what} }} }} }}', error=error)


@case
def packages_of_the_gateway(lab):
    reply = audit(lab, '-', 'ROOT', 'Packages')
    have = {n.name.lower().rpartition('-')[0] for n in
            reply.all('Context.AuditValue.Packages.*')}
    for package in ('g', 'root', 'nt', 'gm', 'ds', 'ipdc', 'ipnapt', 'tcpbcc', 'tlsbsc', 'seplink'):
        true(package in have, f'package {package} is not audited: {sorted(have)}')


@case
def limits_in_the_state_of_root(lab):
    reply = audit(lab, '-', 'ROOT', 'Media')
    names = {n.name.lower() for n in reply.all('Context.AuditValue.Media.TerminationState.*')}
    for name in ('root/maxnumberofcontexts', 'root/maxterminationspercontext'):
        true(name in names, f'{name} is not in {sorted(names)}')


@case
def what_was_set_is_audited(lab):
    call = calls.terminating(lab.ca, answer=False)
    call.modify(call.access, calls.stream(
        mode='Inactive', properties='gm/saf = on, gm/sam = "10.1.0.0/24", ds/dscp = 34'))
    node = audit(lab, call.context, call.access.id, 'Media, Events, Signals')
    node = node['Context.AuditValue']
    control = {n.name.lower(): n.value for n in node.all('Media.Stream.LocalControl.*')}
    equal(control['mode'], 'Inactive', 'Mode')
    equal(control['ds/dscp'], '34', 'ds/dscp')
    equal(control['gm/saf'].lower(), 'on', 'gm/saf')
    equal(control['gm/sam'], '10.1.0.0/24', 'gm/sam')
    equal(control['ipdc/realm'], 'access', 'ipdc/realm')
    local = node['Media.Stream.Local'].sdp
    equal((local.port, local.fingerprint), (call.access.port, call.access.fingerprint), 'Local')
    events = node['Events']
    equal(events.value, '2011', 'RequestID')
    true({n.name.lower() for n in events.children} >= {'tcpbcc/bncchange', 'tlsbsc/bncchange'},
         'events')
    call.subtract()


@case
def wildcards(lab):
    first, second = (calls.terminating(lab.ca, answer=False) for _ in range(2))
    reply = audit(lab, first.context, '*', '')
    equal({c.value.lower() for c in reply.all('Context.AuditValue')},
          {first.access.id.lower(), first.core.id.lower()}, 'terminations of a context')
    reply = audit(lab, '*', 'ip/1/access/*', '')
    equal({c.value.lower() for c in reply.all('Context.AuditValue')},
          {first.access.id.lower(), second.access.id.lower()}, 'terminations of an interface')
    equal({c.value for c in reply.all('Context')}, {first.context, second.context}, 'contexts')
    reply = audit(lab, '*', 'ROOT', '')
    equal({c.value for c in reply.all('Context')} - {'-'}, {first.context, second.context},
          'contexts in an audit of ALL and ROOT')
    reply = audit(lab, first.context, '*', '', wild='W-')
    equal(len(reply.all('Context.AuditValue')), 1, 'replies to a W- command')
    reply = lab.ca.transact(f'Context = {first.context} {{ Modify = * {{ Media {{ Stream = 1 '
                            '{ LocalControl { Mode = Inactive } } } } }')
    equal({e['mode'] for e in lab.kmgw.endpoints() if str(e['context']) == first.context},
          {'inactive'}, 'mode of all terminations of the context')
    equal({e['mode'] for e in lab.kmgw.endpoints() if str(e['context']) == second.context},
          {'sendreceive'}, 'mode in the other context')
    lab.ca.transact('Context = * { W-Subtract = ip/1/*/* { Audit { } } }')
    lab.nothing_left()


@case
def termination_ids(lab):
    pattern = re.compile(r'ip/\d+/(access|core)/[1-9]\d*\Z', re.I)
    first = None
    for asked, interface in (('ip/1/access/$', 'access'), ('ip/1/core/$', 'core'),
                             ('ip/1/$/$', 'access'), ('ip/$/$/$', 'access'), ('$', 'access'),
                             ('IP/1/Core/$', 'core')):
        reply = lab.ca.transact(calls.in_context('$', calls.command(
            'Add', asked, calls.stream(local=calls.sdp(proto='UDP', media='image')))))
        end = calls.End(reply['Context.Add'])
        m = pattern.match(end.id)
        true(m and m.group(1).lower() == interface, f'{asked} became {end.id}')
        equal(end.address, net.DEFAULTS['realm'][interface == 'core']['address'][0], 'address')
        context = reply['Context'].value
        first = first or end.id
        # ids are case-insensitive
        lab.ca.transact(calls.in_context(context, calls.command(
            'Modify', end.id.upper(), calls.stream(mode='Inactive'))))
        lab.ca.subtract(context, end.id.upper())
    reply = lab.ca.transact(calls.in_context('$', calls.command(
        'Add', '$', calls.stream(realm='core', local=calls.sdp(proto='UDP', media='image')))))
    true('/core/' in reply['Context.Add'].value.lower(), 'interface taken from ipdc/realm')
    lab.ca.subtract(reply['Context'].value)


@case
def one_termination_at_a_time(lab):
    call = calls.terminating(lab.ca, answer=False)
    stats = lab.ca.subtract(call.context, call.access.id)
    equal([k.lower() for k in stats], [call.access.id.lower()], 'terminations subtracted')
    equal(len(lab.kmgw.endpoints()), 1, 'endpoints')
    lab.ca.subtract(call.context, call.core.id)
    lab.ca.transact(f'Context = {call.context} {{ AuditValue = * {{ Audit {{ }} }} }}', error=411)


@case
def a_failed_command_stops_the_transaction_unless_optional(lab):
    call = calls.terminating(lab.ca, answer=False)
    wrong = 'Modify = ip/1/access/4000000 { Media { Stream = 1 { LocalControl ' \
            '{ Mode = Inactive } } } }'
    right = f'Modify = {call.core.id} {{ Media {{ Stream = 1 {{ LocalControl ' \
            '{ Mode = Inactive } } } }'

    def mode():
        return lab.kmgw.endpoint(call.core.id)['mode']
    text, number = lab.ca.request(f'Context = {call.context} {{ {wrong}, {right} }}')
    true(mgc.error_of(lab.ca.exchange(text, number)) in (430, 435), 'error of the first command')
    equal(mode(), 'sendreceive', 'mode after a failed command')
    text, number = lab.ca.request(f'Context = {call.context} {{ O-{wrong}, {right} }}')
    lab.ca.exchange(text, number)
    equal(mode(), 'inactive', 'mode after an optional command that failed')
    call.subtract()


@case
def an_add_that_fails_leaves_nothing(lab):
    lab.ca.expect_error(449, calls.in_context(
        '$', calls.command('Add', 'ip/1/access/$', calls.stream(
            local=calls.sdp(proto='CARRIER/PIGEON')))))
    lab.nothing_left()


@case
def heartbeat_of_the_mgc(lab):
    reply = lab.ca.audit_root()
    equal([c.value.upper() for c in reply.all('Context.AuditValue')], ['ROOT'], 'reply')


@case
def service_change_by_the_mgc(lab):
    # an MGC may tell the gateway to start anew
    call = calls.terminating(lab.ca, answer=False)
    text, number = lab.ca.request('Context = - { ServiceChange = ROOT { Services { '
                                  'Method = Restart, Reason = "901 Cold Boot" } } }')
    reply = lab.ca.exchange(text, number)
    if mgc.error_of(reply) is None:
        lab.ca.wait_registered()
        lab.nothing_left()
    else:
        true(mgc.error_of(reply) in (501, 443), 'error')
        call.subtract()


run()
