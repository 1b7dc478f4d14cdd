#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Dumps while objects come and go: what was there all the time is told once, and the rest is flagged.

A dump is made as far as its reader reads, so changes fall between two of its messages exactly where
this test puts them.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402

COUNT = 1000
STEP = 10


def populate(k, t):
    k.do('limits-set', max_contexts=COUNT + 1000, max_endpoints=COUNT + 1000)
    for n in range(1, COUNT + 1):
        k.do('context-new', id=n * STEP, userdata=struct.pack('>I', n) * 25)
        k.do('endpoint-new', context=n * STEP, termination=n, stream=n % 7 + 1, l4='udp',
             local=genl.addr('10.1.0.1', 10000 + n))
    t.equal(len(k.dump('context-get')), COUNT, 'a dump tells all contexts')
    t.equal(len(k.dump('endpoint-get')), COUNT, 'a dump tells all endpoints')


class Reader:
    """A dump read one datagram at a time."""

    def __init__(self, op, payload=b''):
        # The kernel fills as much as its user takes at once.
        self.k = genl.Kmgw(size=16384)
        self.kind = self.k.spec.ops[op]['attribute-set']
        self.k.send(self.k.message(self.k.spec.ops[op]['number'], payload, genl.NLM_F_DUMP))
        self.objects, self.intr, self.done = [], False, False

    def read(self):
        """The objects of one more datagram; false at the end."""
        for kind, flags, _, payload in self.k.receive():
            self.intr |= bool(flags & genl.NLM_F_DUMP_INTR)
            if kind in (genl.NLMSG_DONE, genl.NLMSG_ERROR):
                self.done = True
            else:
                self.objects.append(self.k.spec.decode(self.kind, payload[4:]))
        return not self.done

    def rest(self):
        while not self.done:
            self.read()
        self.k.close()
        return self.objects


def changed_meanwhile(t, k, op, key):
    """After each datagram one object behind, one ahead go, and two come."""
    reader = Reader(op)
    steady = set(range(STEP, COUNT * STEP + 1, STEP))
    rounds = 0
    while reader.read():
        at = reader.objects[-1][key]
        behind, ahead = at - 5 * STEP, at + 5 * STEP
        for gone in behind, ahead:
            if gone in steady:
                k.do('context-del', id=gone)
                steady.discard(gone)
        for new in at - STEP - 1 - rounds % 3, at + 7 * STEP + 1:
            k.do('context-new', id=new)
        rounds += 1
    got = [o[key] for o in reader.rest()]
    t.diag(f'{op}: {rounds} rounds of changes, {len(got)} objects')
    t.ok(rounds > 3, f'{op}: the dump takes several messages')
    t.ok(len(set(got)) == len(got), f'{op}: nothing is told twice')
    t.equal(sorted(steady - set(got)), [], f'{op}: what was there all the time is told')
    t.ok(got == sorted(got), f'{op}: in order')
    t.ok(reader.intr, f'{op}: the dump is flagged as interrupted')


def at_once(t, k):
    """Readers do not disturb each other, nor one that goes away in the middle."""
    readers = [Reader('context-get'), Reader('endpoint-get'), Reader('context-get')]
    going = readers.pop()
    going.read()
    going.k.close()
    while [r for r in readers if not r.done]:
        for r in readers:
            if not r.done:
                r.read()
    t.equal([len(r.objects) for r in readers],
            [k.get('stats-get')['contexts'], k.get('stats-get')['endpoints']],
            'two dumps at once are complete')
    t.ok(not any(r.intr for r in readers), 'and not flagged, for nothing changed')


def filtered(t, k):
    id_ = k.dump('endpoint-get')[-1]['context']
    for n in range(1, 300):
        k.do('endpoint-new', context=id_, termination=5000 + n, stream=100 + n, l4='udp',
             local=genl.addr('10.1.0.1', 30000 + n))
    mine = k.dump('endpoint-get', context=id_)
    t.equal(({e['context'] for e in mine}, len(mine)), ({id_}, 300), 'a dump of one context')
    reader = Reader('endpoint-get', k.spec.encode('ep', dict(context=id_)))
    reader.read()
    k.do('context-del', id=id_)
    got = reader.rest()
    t.ok(reader.done and len(got) < 300, 'its context may go in the middle of the dump',
         f'{len(got)} endpoints')


def main():
    with ktap.Test() as t:
        t.run(['ip', 'link', 'set', 'lo', 'up'])
        k = genl.Kmgw()
        populate(k, t)
        at_once(t, k)
        changed_meanwhile(t, k, 'context-get', 'id')
        k.do('flush')
        populate(k, t)
        changed_meanwhile(t, k, 'endpoint-get', 'context')
        filtered(t, k)
        dump = Reader('context-get')
        dump.read()
        k.do('flush')
        t.ok(dump.rest() is not None and dump.done, 'a dump ends though all is flushed')
        t.equal((k.dump('context-get'), k.dump('endpoint-get')), ([], []), 'nothing is left')


main()
