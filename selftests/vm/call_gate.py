#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# kernels: vm debug new
"""gm and tman by H.248: several filters, policing in drops and statistics, and the source that the MGC wants."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def ends_of(lab):
    return lab.datagrams(lab.ue, calls.UE, 49180), lab.datagrams(lab.core, calls.CORE, 49170)


def drops(lab, end, reason):
    return lab.kmgw.endpoint(end.id)['drops'].get(reason, 0)


@case
def more_than_tman_allows_is_dropped(lab):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port), events='tman/policing')
    call.modify(call.access, calls.stream(
        properties='tman/pol = on, tman/sdr = 10, tman/mbs = 500'))
    equal(lab.kmgw.endpoint(call.access.id)['police'], {'rate': 10, 'burst': 500}, 'policing')
    for _ in range(10):
        ue.send(bytes(172), call.access.at)	# 200 octets of IP
    for _ in range(2):
        core.receive()
    net.wait_for(lambda: drops(lab, call.access, 'policed') == 8, 'eight that are too many')
    true(core.empty(), 'a datagram too many')
    equal(lab.ca.wait_notify('tman/policing', call.access.id).params, {'Stream': '1'}, 'parameters')
    lab.ca.no_notify()	# once for all of them
    core.send(b'not policed', call.core.at)
    ue.receive()
    call.modify(call.access, calls.stream(properties='tman/pol = off'))
    ue.send(b'again', call.access.at)
    equal(core.receive()[0], b'again', 'datagram at the core')
    stats = call.subtract()
    equal([s['gm/dp'] for s in stats], [8, 0], 'gm/dp')
    equal(stats[1]['nt/os'], 2 * 172 + 5, 'nt/os of the core')


@case
def several_addresses_and_port_ranges(lab):
    ue, core = ends_of(lab)
    second = lab.datagrams(lab.ue, '10.1.0.3', 49190)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    call.modify(call.access, calls.stream(properties=(
        'gm/saf = on, gm/sam = ["10.1.0.3", "10.1.0.2/32"], '
        'gm/spf = on, gm/spr = ["49180", "49190-49199"]')))
    for end in ue, second:
        end.send(b'friend', call.access.at)
        equal(core.receive()[0], b'friend', 'datagram at the core')
    for n, stranger in enumerate((lab.datagrams(lab.ue, '10.1.0.3', 49200),
                                  lab.datagrams(lab.ue, '10.1.0.2', 49181)), 1):
        stranger.send(b'stranger', call.access.at)
        net.wait_for(lambda: drops(lab, call.access, 'filter') == n, 'drop by filter')
    true(core.empty(), 'a datagram of a stranger')
    equal(len(lab.kmgw.endpoint(call.access.id)['filters']), 4, 'filters')
    call.modify(call.access, calls.stream(properties='gm/saf = off, gm/spf = off'))
    stranger.send(b'anybody', call.access.at)
    equal(core.receive()[0], b'anybody', 'datagram at the core')
    call.subtract()


@case
def peak_rate(lab):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    # a datagram of 200 octets takes 20 s at that rate, and may come 10 s early
    call.modify(call.access, calls.stream(
        properties='tman/pol = on, tman/pdr = 10, tman/dvt = 100000000'))
    for _ in range(5):
        ue.send(bytes(172), call.access.at)
    core.receive()
    net.wait_for(lambda: drops(lab, call.access, 'policed') == 4, 'four that come too early')
    true(core.empty(), 'a datagram too early')
    equal(call.subtract()[0]['gm/dp'], 4, 'gm/dp')


@case
def source_that_the_mgc_wants(lab):
    ue, core = ends_of(lab)
    call = calls.fax(lab.ca, (ue.address, ue.port), (core.address, core.port))
    call.modify(call.core, calls.stream(properties='gm/esps = on, gm/lsp = 4444'))
    ue.send(b'up', call.access.at)
    equal(core.receive(), (b'up', (call.core.address, 4444)), 'datagram and its source')
    call.modify(call.core, calls.stream(properties=(
        f'gm/esas = on, gm/lsa = "{call.core.address}", gm/esps = off')))
    ue.send(b'up', call.access.at)
    equal(core.receive(), (b'up', call.core.at), 'datagram and its source')
    call.subtract()


run()
