#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# kernels: vm debug new
"""An endpoint moves to another context: its port, counters and destination go with it."""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import relay  # noqa: E402


def refused(bed, end, code, why, **values):
    try:
        end.set(**values)
        got = 0
    except OSError as e:
        got = e.errno
    bed.t.equal((got, end.get()['context']), (code, end.name['context']), why)


def move(bed, end, context, **values):
    end.set(move=context, **values)
    end.name = dict(end.name, context=context)


def goes(bed):
    t = bed.t
    a, b = bed.stream(4, 4)
    c, d = bed.stream(4, 6)
    n1, n2 = a.name['context'], c.name['context']
    bed.ue.send(a.datagram(b'first'))
    t.equal(bed.core.receive().sport, b.lport, 'before: to the old peer')

    refused(bed, a, errno.EEXIST, 'to where its name is taken', move=n2)
    refused(bed, b, errno.ENOENT, 'to no context', move=999)
    refused(bed, a, errno.EEXIST, 'to its own context', move=n1)
    bed.k.do('endpoint-del', **c.name)
    move(bed, a, n2, mode='sendonly')
    t.equal((a.get()['mode'], a.get()['stats']['rx-packets']), ('sendonly', 1),
            'its counters go with it, and what was set with the move holds')
    t.equal({x['id']: x['endpoints'] for x in bed.k.dump('context-get') if x['id'] in (n1, n2)},
            {n1: 1, n2: 2}, 'both contexts count their endpoints')
    bed.ue.send(a.datagram(b'not taken'))
    bed.settled([a], 2)
    a.set(mode='sendreceive')
    bed.ue.send(a.datagram(b'second'))
    got = bed.core.receive()
    t.equal((got.sport, got.payload), (d.lport, b'second'), 'after: to the new peer')
    bed.core.send(d.datagram(b'back'))
    t.equal(bed.ue.receive().payload, b'back', 'and back')
    before = b.drops().get('no-peer', 0)
    bed.core.send(b.datagram(b'alone'))
    t.wait_for(10, lambda: b.drops().get('no-peer', 0) == before + 1, 'the old peer is alone')
    t.equal(bed.ue.drain(), [], 'nothing reaches the one that moved')

    third = bed.endpoint(5, relay.ADDR[4]['access'], 20100, relay.ADDR[4]['ue'], 5100, n1)
    refused(bed, third, errno.EBUSY, 'to where its stream has two', move=n2)
    tcp = bed.endpoint(9, relay.ADDR[4]['access'], 20101, relay.ADDR[4]['ue'], 5101, n1, stream=3)
    bed.k.do('endpoint-new', context=n2, termination=10, stream=3, l4='tcp',
             local=relay.genl.addr(relay.ADDR[4]['core'], 21101))
    refused(bed, tcp, errno.EPROTOTYPE, 'to a peer of another transport', move=n2)
    bed.k.do('context-del', id=n1)
    bed.ue.send(a.datagram(b'third'))
    t.equal(bed.core.receive().payload, b'third', 'the old context goes without it')
    bed.k.do('context-del', id=n2)
    t.equal(bed.k.get('stats-get')['endpoints'], 0, 'the new one ends it')


def told(bed):
    t = bed.t
    a, _ = bed.stream(4, 4)
    n = a.name['context']
    bed.k.do('context-new', id=n + 100)
    k = bed.kmgw()
    k.subscribe()
    move(bed, a, n + 100)
    seen = [k.event(5) for _ in range(2)]
    t.equal([(e['type'], e['context'], e['termination']) for e in seen],
            [('deleted', n, 1), ('created', n + 100, 1)], 'watchers see one go and one come')


with relay.Bed() as the_bed:
    goes(the_bed)
    told(the_bed)
