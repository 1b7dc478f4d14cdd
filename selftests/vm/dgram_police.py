#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# kernels: vm debug new
"""Policing: what fits the buckets passes, octet by octet; the rest is dropped, counted, and told once.

Rates are such that a bucket gains less than one packet while the test runs, however slow the machine.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import relay  # noqa: E402

SIZE = 172


class Stream:
    def __init__(self, bed, family1=4, family2=4, **police):
        self.bed, self.t = bed, bed.t
        self.a, self.b = bed.stream(family1, family2)
        self.a.set(police={k.replace('_', '-'): v for k, v in police.items()})

    def passes(self, count, size=SIZE, **kw):
        """How many of so many datagrams pass."""
        before = self.a.stats()
        for _ in range(count):
            self.bed.ue.send(self.a.datagram(bytes(size), **kw))
        self.bed.settled([self.a], before['rx-packets'] + count)
        return len(self.bed.core.collect(count - self.a.stats()['drops'] + before['drops']))


def events(k, end):
    n = 0
    while True:
        try:
            e = k.event(0.05)
        except TimeoutError:
            return n
        n += e['type'] == 'policing' and e['context'] == end.name['context']


def sustained(bed):
    t = bed.t
    with bed.kmgw() as listener:
        listener.subscribe()
        s = Stream(bed, sustained=1, burst=10 * (SIZE + 28))
        t.equal(s.a.get()['police'], {'sustained': 1, 'burst': 2000}, 'shown')
        t.equal(s.passes(30), 10, 'ten IPv4 packets of 200 octets fit 2000')
        t.equal((s.a.drops(), s.a.stats()['rx-packets']), ({'policed': 20}, 30), 'the rest is counted')
        t.equal(events(listener, s.a), 1, 'and told once')
        t.equal(s.passes(5), 0, 'nothing more')
        t.equal(events(listener, s.a), 0, 'and that is no news')
        bed.core.send(s.b.datagram(bytes(SIZE)))
        t.equal(len(bed.ue.receive().payload), SIZE, 'the other way is not policed')
        s.a.set(police={'sustained': 1, 'burst': 2000})
        t.equal(s.passes(30), 10, 'set again: full again')
        t.equal(events(listener, s.a), 1, 'and news again')
        s.a.set(police=b'')
        t.equal((s.passes(30), 'police' in s.a.get()), (30, False), 'off')
    s = Stream(bed, 6, 4, sustained=1, burst=2000)
    t.equal(s.passes(30), 9, 'nine IPv6 packets of 220 octets fit 2000')
    s = Stream(bed, sustained=1, burst=1000)
    t.equal((s.passes(1, 973), s.passes(1, 372)), (0, 1), 'larger than the bucket, and not')
    t.equal(s.passes(4, 172), 3, 'what a dropped packet did not take is there')


def refill(bed):
    """After some time as many octets pass as the rate gives."""
    t = bed.t
    s = Stream(bed, sustained=2000, burst=2000)
    begin = time.monotonic()
    passed, sent, least, last = s.passes(20), 20, 10, time.monotonic()
    while last - begin < 3:
        passed += s.passes(20)
        sent += 20
        # what is gained while nothing is sent is no more than the bucket holds
        now = time.monotonic()
        least += min(10, (now - last) * 10)
        last = now
    most = 10 + (last - begin) * 10 + 1
    t.ok(min(least * .7, sent - 20) <= passed <= most,
         f'{sent} packets of 200 octets in {last - begin:.2f} s: {passed} pass, of {least:.1f} to {most:.1f}')


def peak(bed):
    t = bed.t
    s = Stream(bed, peak=1, peak_tolerance=0)
    t.equal(s.passes(10), 1, 'peak without tolerance: one')
    s = Stream(bed, peak=20, peak_tolerance=10000000)
    t.equal(s.passes(10), 2, 'peak with a tolerance of one packet: two')
    t.equal(s.a.get()['police'], {'peak': 20, 'peak-tolerance': 10000000}, 'shown')
    # 100,000 packets a second at the peak, six in the bucket
    s = Stream(bed, sustained=1, burst=1200, peak=20000000, peak_tolerance=1000000)
    t.equal(s.passes(20), 6, 'both: the sustained rate binds')
    s = Stream(bed, sustained=1, burst=1200, peak=1, peak_tolerance=0)
    t.equal(s.passes(20), 1, 'both: the peak binds')


def order(bed):
    """What is dropped for another reason takes nothing."""
    t = bed.t
    s = Stream(bed, sustained=1, burst=400)
    s.a.set(filter={'port-min': 9, 'port-max': 9})
    s.passes(5)
    s.a.set(filter=b'', mode='inactive')
    s.passes(5)
    s.a.set(mode='sendreceive', latch='latch')
    t.equal(s.passes(1), 1, 'filter and mode come first')
    s.passes(5, sport=99)
    t.equal((s.passes(3), s.a.drops()), (1, {'filter': 5, 'mode': 5, 'latch': 5, 'policed': 2}),
            'and so does the latch')


with relay.Bed() as the_bed:
    sustained(the_bed)
    refill(the_bed)
    peak(the_bed)
    order(the_bed)
