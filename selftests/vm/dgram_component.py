#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
"""RTP with its control packets beside it: one stream, two components, each with its own ports."""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import relay  # noqa: E402

NEAR, FAR = relay.ADDR[4], relay.ADDR[6]


def through(bed, ends, payload):
    """Both ways."""
    a, b = ends
    bed.ue.send(a.datagram(payload))
    there = bed.core.receive()
    bed.core.send(b.datagram(payload))
    back = bed.ue.receive()
    return (there.sport, there.dport, there.payload) == (b.lport, b.fport, payload) and \
           (back.sport, back.dport, back.payload) == (a.lport, a.fport, payload)


def control(bed, media, termination, near, far):
    """The control component beside an endpoint, on the next port."""
    one = media[termination - 1]
    end = bed.endpoint(termination, near, one.lport + 1, far, one.fport + 1, one.name['context'],
                       component='rtcp')
    end.name = {**one.name, 'component': 'rtcp'}
    return end


def main(bed):
    t, k = bed.t, bed.k
    bed.last = 100
    media = bed.stream(4, 6)
    first = control(bed, media, 1, NEAR['access'], NEAR['ue'])
    bed.ue.send(first.datagram(b'too early'))
    bed.settled([first], 1)
    t.equal((first.drops(), bed.core.drain()), ({'no-peer': 1}, []),
            'control packets do not go to the media endpoint of the other side')
    rtcp = first, control(bed, media, 2, FAR['core'], FAR['far'])
    t.ok(through(bed, media, b'voice'), 'media')
    t.ok(through(bed, rtcp, b'report'), 'control')
    t.equal([e.stats()['rx-packets'] for e in (*media, *rtcp)], [1, 1, 2, 1], 'counted apart')

    shown = k.dump('endpoint-get', context=101)
    t.equal([(e['component'], e['termination']) for e in shown],
            [('media', 1), ('media', 2), ('rtcp', 1), ('rtcp', 2)], 'a dump has all, in order')
    t.equal(k.get('endpoint-get', context=101, termination=1, stream=1)['component'], 'media',
            'without a component, media is meant')
    rtcp[0].set(mode='inactive', latch='latch')
    t.equal((media[0].get()['mode'], rtcp[0].get()['mode']), ('sendreceive', 'inactive'),
            'each is set by itself')
    rtcp[0].set(mode='sendreceive', latch='off')
    with open('/sys/kernel/debug/kmgw/endpoints', encoding='ascii') as f:
        lines = [line.split()[1] for line in f if 'endpoint=101/' in line]
    t.equal(lines, ['endpoint=101/1/1', 'endpoint=101/2/1', 'endpoint=101/1/1/rtcp',
                    'endpoint=101/2/1/rtcp'], 'debugfs')

    for what, error, termination, port in (('a third one', errno.EBUSY, 3, 30000),
                                           ('the same again', errno.EEXIST, 1, 30000)):
        try:
            k.do('endpoint-new', context=101, termination=termination, stream=1, l4='udp',
                 component='rtcp', local=genl.addr('10.1.0.1', port))
            t.ok(False, what)
        except genl.Refused as e:
            t.equal(e.errno, error, what)
    for end in rtcp:
        k.do('endpoint-del', **end.name)
    t.ok(through(bed, media, b'voice goes on'), 'media goes on without control')
    t.equal(len(k.dump('endpoint-get', context=101)), 2, 'and is all that is left')

    # many streams: a dump that resumes loses none and repeats none
    k.do('context-new', id=500)
    names = [(s, c, n) for s in range(1, 151) for c in ('media', 'rtcp') for n in (1, 2)]
    for port, (s, c, n) in enumerate(names, 22000):
        k.do('endpoint-new', context=500, stream=s, component=c, termination=n, l4='udp',
             local=genl.addr('10.1.0.1', port))
    t.equal([(e['stream'], e['component'], e['termination'])
             for e in k.dump('endpoint-get', context=500)], names, f'a dump of {len(names)}')


with relay.Bed() as the_bed:
    main(the_bed)
