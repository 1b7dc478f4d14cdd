#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
# debug: first
"""Events come in order and without gaps; a reader that lost some dumps, and has the kernel's picture."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import relay  # noqa: E402

EVENTS = 10000
LOCAL = genl.addr('10.1.0.1', 20000)


def drain(k, seconds=0.2):
    out = []
    while True:
        try:
            out.append(k.event(seconds))
        except TimeoutError:
            return out


def story(bed):
    """What each request tells."""
    t = bed.t
    k = bed.k
    with bed.kmgw() as e:
        e.subscribe()
        start = k.get('stats-get')['events']

        def told(name, *wanted):
            got = [e.event(5) for _ in wanted]
            keys = ('type', 'context', 'termination', 'stream', 'state', 'reason')
            t.equal([tuple(g[x] for x in keys if x in g) for g in got], list(wanted), name)
            return got[-1]['seq']
        one, two = ('created', 500), ('changed', 500)
        k.do('context-new', id=500)
        told('context added', one)
        k.do('context-set', id=500, userdata=b'new')
        told('user data changed', two)
        a = bed.endpoint(1, '10.1.0.1', 20500, '10.1.0.2', 5500, 500)
        told('endpoint added', ('created', 500, 1, 1, 'ready', 'none'))
        b = bed.endpoint(2, '10.2.0.1', 21500, '0.0.0.0', 0, 500)
        told('endpoint on hold added', ('created', 500, 2, 1, 'idle', 'none'))
        b.set(remote=genl.addr('10.2.0.2', 6500))
        told('destination', ('changed', 500, 2, 1, 'ready', 'none'),
             ('changed', 500, 2, 1, 'ready', 'none'))
        for _ in range(5):
            bed.ue.send(a.datagram(b'first'))
        bed.settled([a], 5)
        told('the first datagram, once', ('established', 500, 1, 1, 'established', 'none'))
        a.set(mode='inactive')
        told('mode', ('changed', 500, 1, 1, 'established', 'none'))
        a.set(remote=genl.addr('10.1.0.2', 5500))
        told('the same destination again', ('changed', 500, 1, 1, 'established', 'none'))
        a.set(remote=genl.addr('10.1.0.2', 5501))
        told('another destination: starts anew', ('changed', 500, 1, 1, 'ready', 'none'),
             ('changed', 500, 1, 1, 'ready', 'none'))
        k.do('endpoint-del', **b.name)
        told('endpoint deleted', ('deleted', 500, 2, 1, 'ready', 'none'))
        k.do('context-del', id=500)
        last = told('context deleted, after what was in it', ('deleted', 500, 1, 1, 'ready', 'none'),
                    ('deleted', 500))
        t.equal(last, k.get('stats-get')['events'], 'the number of the last one')
        t.ok(last - start == 14, 'no number is left out', f'{start} to {last}')
        for what, request in (('refused', dict(id=0)), ('unknown', dict(id=9))):
            try:
                k.do('context-del', **request)
            except genl.Refused:
                pass
            t.equal(drain(e), [], f'a request that is {what} tells nothing')


def overrun(bed):
    """Ten thousand events into the smallest buffer."""
    t = bed.t
    k = bed.k
    rand = random.Random(1)
    picture, lost, last = {}, 0, None
    e = bed.kmgw(rcvbuf=1)
    e.subscribe()
    start = k.get('stats-get')['events']
    ids = set()
    while k.get('stats-get')['events'] - start < EVENTS:
        for _ in range(500):
            n = rand.randrange(1000, 1400)
            if n in ids:
                ids.remove(n)
                k.do('context-del', id=n)
            else:
                ids.add(n)
                k.do('context-new', id=n)
    # the reader wakes up at last
    while True:
        try:
            event = e.event(0.2)
        except TimeoutError:
            break
        except OSError as error:
            t.ok(error.errno == 105, 'ENOBUFS tells the reader', str(error)) if not lost else None
            lost += 1
            continue
        if last is not None and event['seq'] != last + 1:
            lost += 1
        last = event['seq']
    t.ok(lost, 'the reader lost some, and knows')
    for c in k.dump('context-get'):
        picture[c['id']] = c
    t.equal(set(picture), ids, 'its picture after a dump equals the kernel\'s')
    t.equal(k.get('stats-get')['contexts'], len(ids), 'as does the count')
    k.do('context-new', id=5)
    event = e.event(5)
    t.equal((event['type'], event['context'], event['seq']),
            ('created', 5, k.get('stats-get')['events']), 'and it hears again')
    e.close()


def rights(bed):
    """Who may not configure may not listen."""
    done = bed.t.run(['setpriv', '--bounding-set', '-all', '--inh-caps', '-all', '--reuid', '65534',
                      sys.executable, '-c',
                      f'import sys; sys.path.insert(0, {os.path.dirname(genl.__file__)!r})\n'
                      'import genl; k = genl.Kmgw()\n'
                      'try: k.subscribe()\n'
                      'except PermissionError: print("refused")'], ns=bed.names[1], check=False)
    bed.t.equal(done.stdout.strip(), 'refused', 'reading events needs CAP_NET_ADMIN')


with relay.Bed() as the_bed:
    story(the_bed)
    overrun(the_bed)
    rights(the_bed)
