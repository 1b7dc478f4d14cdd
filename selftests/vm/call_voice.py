#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""Voice by H.248: RTP with RTCP beside it, on hold, over a restart, and as a fax in between."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


RTP = b'\x80\x08' + bytes(170)
REPORT = b'\x80\xc8\0\x06' + bytes(24)
RSB = 'rtcph/rsb = on'


class Phone:
    """A pair of ports."""

    def __init__(self, lab, ns, address, port, rtcp=None):
        self.address, self.port, self.rtcp_port = address, port, rtcp or port + 1
        self.rtp = lab.datagrams(ns, address, port)
        self.rtcp = lab.datagrams(ns, address, self.rtcp_port)

    def close(self):
        self.rtp.close()
        self.rtcp.close()


def media(far, proto='RTP/AVP', extra=()):
    fmt, kind = ('t38', 'image') if proto == 'udptl' else ('8', 'audio')
    return calls.sdp(far.address, far.port, proto, kind, fmt, extra=extra)


def voice(lab, ue, core, properties=RSB, mode='SendReceive', extra=((), ())):
    def add(realm, far, more):
        return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
            mode=mode, realm=realm, properties=properties,
            local=calls.sdp(proto='RTP/AVP', media='audio', fmt='8',
                            extra=['a=rtcp:$'] if properties else []),
            remote=media(far, extra=more)))
    reply = lab.ca.transact(calls.in_context('$', add('access', ue, extra[0]),
                                             add('core', core, extra[1])))
    call = calls.Call(lab.ca, reply['Context'].value,
                      *(calls.End(n) for n in reply.all('Context.Add')))
    for end in call.access, call.core:
        if properties:
            equal(end.port % 2, 0, 'port of RTP modulo 2')
            equal(end.sdp.attribute('rtcp'), str(end.port + 1), 'a=rtcp')
    return call


def talk(call, ue, core, rtp=True, rtcp=True):
    for sender, to, receiver, source in ((ue, call.access, core, call.core),
                                         (core, call.core, ue, call.access)):
        if rtp:
            sender.rtp.send(RTP, to.at)
            equal(receiver.rtp.receive(), (RTP, source.at), 'RTP and its source')
        if rtcp:
            sender.rtcp.send(REPORT, (to.address, to.port + 1))
            equal(receiver.rtcp.receive(), (REPORT, (source.address, source.port + 1)),
                  'RTCP and its source')


def phones(lab):
    return Phone(lab, lab.ue, calls.UE, 49180), Phone(lab, lab.core, calls.CORE, 49170)


@case
def rtcp_both_ways_and_in_the_statistics(lab):
    ue, core = phones(lab)
    call = voice(lab, ue, core)
    for _ in range(3):
        talk(call, ue, core)
    for stats in call.subtract():
        equal((stats['nt/os'], stats['nt/or']), (3 * (len(RTP) + len(REPORT)),) * 2, 'octets')
        equal((stats['rtp/ps'], stats['rtp/pr']), (3, 3), 'packets of RTP')
        equal((stats['ippcs/ps'], stats['ippcs/pr']), (6, 6), 'packets')
    equal(lab.kmgw.endpoints(), [], 'endpoints left')


@case
def too_much_rtcp_is_dropped_and_told(lab):
    ue, core = phones(lab)
    call = voice(lab, ue, core)
    lab.ca.transact(calls.in_context(call.context, calls.command('Modify', call.access.id, calls.stream(
        properties='tman/pol = on, tman/sdr = 1, tman/mbs = 200'), events='tman/policing')))
    for _ in range(5):
        ue.rtcp.send(REPORT, (call.access.address, call.access.port + 1))	# 56 octets of IP
    for _ in range(3):
        core.rtcp.receive()
    lab.ca.wait_notify('tman/policing', call.access.id)
    talk(call, ue, core, rtcp=False)	# the media has buckets of its own
    lab.ca.no_notify()
    equal(call.subtract()[0]['gm/dp'], 2, 'gm/dp')


@case
def without_rsb_there_is_no_port_for_it(lab):
    ue, core = phones(lab)
    call = voice(lab, ue, core, properties='')
    talk(call, ue, core, rtcp=False)
    equal([e['component'] for e in lab.kmgw.endpoints()], ['media', 'media'], 'endpoints')
    # asked for later
    for end in call.access, call.core:
        call.modify(end, calls.stream(properties='gm/rsb = on'))
    talk(call, ue, core)
    call.subtract()


@case
def port_of_its_own_and_latching(lab):
    """a=rtcp of Remote (RFC 3605); behind a NAT the two ports are mapped apart."""
    ue, core = Phone(lab, lab.ue, calls.UE, 49180, 49222), Phone(lab, lab.core, calls.CORE, 49170)
    call = voice(lab, ue, core, extra=([f'a=rtcp:{ue.rtcp_port}'], ()))
    talk(call, ue, core)
    moved = Phone(lab, lab.ue, '10.1.0.3', 49300, 49333)
    call.modify(call.access, signals='ipnapt/latch')
    for sender, to in ((moved.rtp, call.access.port), (moved.rtcp, call.access.port + 1)):
        sender.send(b'here', (call.access.address, to))
    for end in core.rtp, core.rtcp:
        equal(end.receive()[0], b'here', 'datagram at the core')
    talk(call, moved, core)
    true(ue.rtp.empty() and ue.rtcp.empty(), 'a datagram where the UE is not any more')
    call.subtract()


@case
def on_hold_and_after_a_restart(lab):
    ue, core = phones(lab)
    call = voice(lab, ue, core)
    talk(call, ue, core)
    call.modify(call.access, calls.stream(mode='Inactive'))
    ue.rtp.send(RTP, call.access.at)
    net.wait_for(lambda: lab.kmgw.endpoint(call.access.id)['drops'].get('mode'), 'drop by mode')
    talk(call, ue, core, rtp=False)
    call.modify(call.access, calls.stream(mode='SendReceive'))
    lab.kmgwd.kill()
    talk(call, ue, core)
    equal(lab.restart_gateway().reason, 902, 'reason of the restart')
    talk(call, ue, core)
    call.modify(call.core, calls.stream(remote=media(core), mode='SendOnly'))
    talk(call, ue, core, rtp=False)
    equal(call.subtract()[1]['ippcs/ps'], 3 + 5, 'packets sent to the core')


@case
def a_fax_in_between(lab):
    ue, core = phones(lab)
    call = voice(lab, ue, core)
    talk(call, ue, core)

    def become(proto):
        for end, far in ((call.access, ue), (call.core, core)):
            call.modify(end, calls.stream(local=media(end, proto), remote=media(far, proto)))

    become('udptl')
    talk(call, ue, core, rtcp=False)
    equal([e['component'] for e in lab.kmgw.endpoints()], ['media', 'media'], 'endpoints')
    become('RTP/AVP')
    talk(call, ue, core)
    stats = call.subtract()[0]
    equal(stats['nt/or'], 3 * len(RTP) + 2 * len(REPORT), 'octets of all three')


run()
