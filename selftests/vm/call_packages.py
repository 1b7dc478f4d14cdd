#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""What packages and version 3 bring: unions, lists, conditions, buffers, silence, chosen statistics."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


V3 = {'version': 3}


def audit(lab, context, terminations, what, wild=''):
    return lab.ca.transact(f'Context = {context} {{ {wild}AuditValue = {terminations} '
                           f'{{ Audit {{ {what} }} }} }}')


def numbers(node):
    return {s.name.lower(): int(s.value) for s in node.all('Statistics.*')}


@case
def one_reply_for_all(lab):
    first, second = (calls.terminating(lab.ca, answer=False) for _ in range(2))
    first.modify(first.access, calls.stream(properties='ds/dscp = 12'))
    first.modify(first.core, calls.stream(properties='ds/dscp = 14'))
    reply = audit(lab, first.context, '*', 'Media, Events, Statistics, Packages', wild='W-')
    equal(len(reply.all('Context.AuditValue')), 1, 'replies')
    node = reply['Context.AuditValue']
    dscp = [n for n in node.all('Media.Stream.LocalControl.*') if n.name.lower() == 'ds/dscp']
    true('12' in str(dscp[0].value) and '14' in str(dscp[0].value), f'both values: {dscp[0].value}')
    true(node.all('Packages.*'), 'packages')
    reply = audit(lab, '*', 'ip/1/access/*', 'Statistics', wild='W-')
    equal(len(reply.all('Context')), 1, 'contexts in a wildcarded reply')
    second.subtract()
    first.subtract()


@case(version=3, agent=V3)
def lists_and_conditions(lab):
    call = calls.terminating(lab.ca, answer=False)
    call.modify(call.access, calls.stream(mode='Inactive'))
    both = f'[{call.access.id}, {call.core.id}]'
    reply = audit(lab, call.context, both, 'Media')
    equal(len(reply.all('Context.AuditValue')), 2, 'replies to a list')
    reply = audit(lab, call.context, '*', 'Media { Stream = 1 { LocalControl { Mode = Inactive } } }')
    equal([n.value.lower() for n in reply.all('Context.AuditValue')], [call.access.id.lower()],
          'terminations that are inactive')
    lab.ca.transact(f'Context = {call.context} {{ Priority = 7, AuditValue = * {{ Audit {{ }} }} }}')
    reply = lab.ca.transact('Context = * { ContextAudit { Priority = 7 } }')
    equal([c.value for c in reply.all('Context')], [call.context], 'contexts of that priority')
    lab.ca.transact(f'Context = {call.context} {{ W-Subtract = {both} {{ Audit {{ }} }} }}')
    lab.nothing_left()


@case(version=3, agent=V3)
def statistics_of_each_stream(lab):
    reply = lab.ca.transact(calls.in_context('$', *(
        calls.command('Add', f'ip/1/{realm}/$', [
            calls.stream(1, mode='SendReceive', local=calls.sdp(proto='RTP/AVP', media='audio', fmt='8'),
                         remote=calls.sdp(address, 5004, 'RTP/AVP', 'audio', fmt='8')),
            calls.stream(2, mode='SendReceive', local=calls.sdp(proto='UDP', media='image'),
                         remote=calls.sdp(address, 5006, 'UDP', 'image'))])
        for realm, address in (('access', calls.UE), ('core', calls.CORE)))))
    context = reply['Context'].value
    access = reply.all('Context.Add')[0]
    at = calls.End(access, 1)
    ue = lab.datagrams(lab.ue, calls.UE, 5004)
    core = lab.datagrams(lab.core, calls.CORE, 5004)
    for _ in range(3):
        ue.send(b'\x80\x08' + b'r' * 170, at.at)
        equal(len(core.receive()[0]), 172, 'octets relayed')
    reply = audit(lab, context, access.value, 'Statistics')
    streams = {int(s.value): numbers(s) for s in reply.all('Context.AuditValue.Media.Stream')}
    equal((streams[1]['nt/or'], streams[1]['rtp/pr'], streams[1]['ippcs/pr']), (516, 3, 3), 'stream 1')
    equal(streams[2]['nt/or'], 0, 'stream 2')
    true('rtp/pr' not in streams[2], 'RTP is counted of RTP alone')
    reply = lab.ca.transact(f'Context = {context} {{ Subtract = {access.value} }}')
    streams = {int(s.value): numbers(s) for s in reply.all('Context.Subtract.Media.Stream')}
    equal(streams[1]['nt/or'], 516, 'stream 1 at the end')
    lab.ca.subtract(context)


@case
def silence_is_told(lab):
    reply = lab.ca.transact(calls.in_context('$', *(
        calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode='SendReceive', local=calls.sdp(proto='UDP', media='image'),
            remote=calls.sdp(address, 5006, 'UDP', 'image')),
            events='adid/ipstop { dt = 1, dir = IN }' if realm == 'access' else None, request=44)
        for realm, address in (('access', calls.UE), ('core', calls.CORE)))))
    context = reply['Context'].value
    access = calls.End(reply.all('Context.Add')[0])
    lab.ca.wait_notify('adid/ipstop', access.id)
    # it is told again only after something has passed
    ue = lab.datagrams(lab.ue, calls.UE, 5006)
    core = lab.datagrams(lab.core, calls.CORE, 5006)
    ue.send(b'image', access.at)
    equal(core.receive()[0], b'image', 'what passed')
    lab.ca.wait_notify('adid/ipstop', access.id)
    lab.ca.subtract(context)


@case
def events_wait_in_the_buffer(lab):
    call, ue, core = lab.originate('1.3')
    lab.ca.transact(calls.in_context(call.context, (
        f'Modify = {call.access.id} {{ Media {{ TerminationState {{ Buffer = LockStep }} }}, '
        'Events = 5 { g/cause }, EventBuffer { tcpbcc/BNCChange { Type = Rel } } }')))
    ue.finish('both')
    lab.ca.wait_notify('g/cause', call.access.id)
    # the end has come with it, and waits for somebody to want it
    reply = audit(lab, call.context, call.access.id, 'ObservedEvents')
    names = [n.name.lower() for n in reply.all('Context.AuditValue.ObservedEvents.*')]
    true(any('tcpbcc/bncchange' in n for n in names), f'waiting: {names}')
    lab.ca.transact(calls.in_context(call.context, (
        f'Modify = {call.access.id} {{ Events = 6 {{ tcpbcc/BNCChange {{ Type = Rel }} }} }}')))
    lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    call.subtract()


@case(profile_variant='mp')
def the_variant_decides_what_is_offered(lab):
    reply = audit(lab, '-', 'ROOT', 'Packages')
    have = {n.name.lower().rpartition('-')[0] for n in reply.all('Context.AuditValue.Packages.*')}
    true('nt' in have and 'gm' not in have, f'packages of Mp: {sorted(have)}')
    lab.ca.expect_error(440, calls.in_context('$', calls.command(
        'Add', 'ip/1/access/$', calls.stream(properties='gm/saf = on'))))
    lab.nothing_left()


run()
