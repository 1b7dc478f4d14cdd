#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Dumps: whole, in order, filtered, resumed where they ended, marked when something changed; in linear time."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import net  # noqa: E402

CONTEXTS = 1000 // ktap.SLOW
USERDATA = 4096


def add(k, n, userdata=b''):
    k.do('context-new', id=n, **({'userdata': userdata} if userdata else {}))
    for termination in 1, 2:
        for stream in 1, 2:
            k.do('endpoint-new', context=n, termination=termination, stream=stream, l4='udp',
                 local=genl.addr('10.1.0.1' if termination == 1 else '10.2.0.1',
                                 1024 + 2 * n + stream))


def names(replies):
    return [(r['context'], r['stream'], r['termination']) for r in replies]


def everything(t, k):
    wanted = [(c, s, m) for c in range(1, CONTEXTS + 1) for s in (1, 2) for m in (1, 2)]
    got = k.dump('endpoint-get')
    t.equal(names(got), wanted, f'{len(wanted)} endpoints, each once and in order')
    t.equal([c['id'] for c in k.dump('context-get')], list(range(1, CONTEXTS + 1)),
            f'{CONTEXTS} contexts, each once and in order')
    t.equal(names(k.dump('endpoint-get', context=7)), [w for w in wanted if w[0] == 7],
            'those of one context')
    for values, what in ((dict(context=CONTEXTS + 9), 'of a context that is none'),
                         (dict(context=7, stream=1), 'filtered by more')):
        try:
            k.dump('endpoint-get', **values)
            t.ok(False, f'a dump {what} is refused')
        except genl.Refused as e:
            t.ok(e.msg, f'a dump {what} is refused: {e.msg}')


def changing(t, k, other):
    """Something is added and removed between two parts of a dump."""
    k.sock.setsockopt(1, 8, 1 << 20)
    payload = b''
    op = k.spec.ops['endpoint-get']['number']
    k.send(k.message(op, payload, genl.NLM_F_DUMP))
    replies, interrupted, parts, done = [], False, 0, False
    while not done:
        for kind, flags, seq, data in k.receive():
            if seq != k.seq:
                continue
            interrupted |= bool(flags & genl.NLM_F_DUMP_INTR)
            if kind == genl.NLMSG_DONE:
                done = True
            else:
                replies.append(k.spec.decode('ep', data[4:]))
        parts += 1
        if parts == 2:
            other.do('context-del', id=1)	# before the place it has reached
            other.do('context-del', id=CONTEXTS // 2)
            add(other, CONTEXTS + 1)
    got = names(replies)
    t.ok(interrupted, 'a dump during which objects change says so')
    t.equal(len(got), len(set(got)), 'and has nothing twice')
    stay = {n for n in names(k.dump('endpoint-get')) if n[0] <= CONTEXTS}
    t.ok(stay <= set(got), 'nor misses what was there all the time')


def large(t, k):
    data = os.urandom(USERDATA)
    for n in 50001, 50002:
        k.do('context-new', id=n, userdata=data)
    # a new socket has the smallest buffer for the first part of a dump
    with genl.Kmgw() as fresh:
        got = {c['id']: c.get('userdata') for c in fresh.dump('context-get')}
    t.equal((got.get(50001), got.get(50002)), (data, data), 'contexts with all the user data')
    one = k.get('context-get', id=50001)
    t.equal((one['userdata'], one['version'], one['endpoints']), (data, 0, 0), 'and one alone')
    k.do('context-set', id=50001, userdata=b'')
    one = k.get('context-get', id=50001)
    t.equal((one.get('userdata'), one['version']), (None, 1), 'taken away again')


def linear(t, k):
    """Four times the objects, about four times the time: not sixteen times."""
    def seconds(kmgw, dumps):
        begin = time.process_time()
        for _ in range(dumps):
            kmgw.dump('context-get')
        return time.process_time() - begin
    with net.Namespace(t.netns('many')[0]).entered():
        many = genl.Kmgw()
    k.do('flush')
    for kmgw, count in (k, 4 * CONTEXTS), (many, 16 * CONTEXTS):
        for n in range(1, count + 1):
            kmgw.do('context-new', id=n)
    # Of the same length and next to each other: what else the machine has to do lengthens both.
    ratios = sorted(seconds(many, 1) / seconds(k, 4) for _ in range(5))
    t.ok(ratios[2] < 2, 'four times the contexts take about four times as long',
         f'as long as four dumps of a quarter, times {ratios}')
    for kmgw in k, many:
        kmgw.do('flush')
        t.equal(kmgw.dump('context-get'), [], 'all are gone after a flush')
    many.close()


with ktap.Test() as the_t:
    the_k, the_other = genl.Kmgw(), genl.Kmgw()
    for i in range(1, CONTEXTS + 1):
        add(the_k, i)
    everything(the_t, the_k)
    changing(the_t, the_k, the_other)
    large(the_t, the_k)
    linear(the_t, the_k)
