#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# kernels: vm debug new
"""The crypto API completes later (cryptd): order, replays, and ends with records under way.

This process keeps its processor to itself while it sends, so that no record is done before it
lets go. Then the other tests of records run the same way.
"""

import contextlib
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import dtls  # noqa: E402
import ktap  # noqa: E402
import relay  # noqa: E402

PARAMETER = '/sys/module/kmgw/parameters/gcm_driver'
OTHERS = ('dtls_relay', 'dtls_records')
COUNT = 30 if ktap.SLOW == 1 else 4
TRIES = 50


def cryptd():
    """The best driver that does AES-GCM behind a queue; the kernel makes it for its own use."""
    found = {}
    with open('/proc/crypto', encoding='ascii') as f:
        for entry in f.read().split('\n\n'):
            driver = re.search(r'^name *: __gcm\(aes\)\ndriver *: (cryptd\(.*\))$', entry, re.M)
            if driver:
                found[int(re.search(r'^priority *: (\d+)$', entry, re.M)[1])] = driver[1]
    return found[max(found)] if found else None


def use(driver):
    with open(PARAMETER, 'w', encoding='ascii') as f:
        f.write(driver)


@contextlib.contextmanager
def alone():
    """Nothing else runs on this processor meanwhile, the queue's worker least of all."""
    os.sched_setaffinity(0, {0})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.sched_setaffinity(0, range(os.cpu_count()))


def secured(bed):
    a, b = bed.stream()
    k = dtls.Association()
    a.set(security='dtls', keys=k.keys())
    return a, b, k


def texts(what):
    return [b'%s %d' % (what, n) for n in range(COUNT)]


def arrived(bed):
    """How many datagrams have come to the gateway."""
    with bed.ns_gw.entered(), open('/proc/thread-self/net/snmp', encoding='ascii') as f:
        names, values = (line.split() for line in f if line.startswith('Ip:'))
    return int(values[names.index('InReceives')])


def send(bed, a, b, k):
    """Records in both directions; how many the module has, and how many of each it is done with."""
    before = arrived(bed)
    for one, two in zip(texts(b'in'), texts(b'out')):
        bed.ue.send(a.datagram(k.far.seal(one)))
        bed.core.send(b.datagram(two))
    return arrived(bed) - before, a.stats()['rx-packets'], b.stats()['rx-packets']


@contextlib.contextmanager
def under_way(bed):
    """Alone on the processor, with a stream whose records are under way in both directions.

    A kernel that is busy leaves what it receives to a thread, which then has no processor: another try.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(TRIES):
            a, b, k = secured(bed)
            stack.enter_context(alone())
            seen = send(bed, a, b, k)
            if seen == (2 * COUNT, 0, 0):
                yield a, b, k
                return
            stack.close()
            bed.t.diag(f'arrived, opened, sealed: {seen}; another try')
            for _ in range(COUNT):
                bed.core.receive()
                bed.ue.receive()
            bed.k.do('context-del', id=bed.last)
            bed.ue.receive()
    raise TimeoutError(f'{TRIES} times records were done at once, or never came to the module')


def order(bed, driver):
    t = bed.t
    with under_way(bed) as (a, b, k):
        pass
    t.equal(a.get()['dtls']['driver'], driver, 'the driver with a queue')
    t.equal([bed.core.receive().payload for _ in range(COUNT)], texts(b'in'), 'opened, in order')
    records = [k.near.open(bed.ue.receive().payload) for _ in range(COUNT)]
    t.equal([(r.number, r.plain) for r in records], list(enumerate(texts(b'out'))), 'sealed, in order')
    shown = a.get()
    t.equal((shown['dtls']['rx-records'], shown['dtls']['tx-records'], shown['stats']['drops']),
            (COUNT, COUNT, 0), 'counted')


def copies(bed):
    """All copies look fresh as long as none is done: one passes."""
    t = bed.t
    a, _, k = secured(bed)
    record = k.far.seal(b'once')
    forged = record[:-1] + bytes((record[-1] ^ 1,))
    with alone():
        for data in forged, record, record, record, forged:
            bed.ue.send(a.datagram(data))
    bed.settled([a], 5)
    t.equal([p.payload for p in bed.core.collect(1)], [b'once'], 'one of several copies passes')
    t.equal(a.drops(), {'bad-mac': 2, 'replay': 2}, 'the others are dropped')


def replaced(bed):
    """Keys that are replaced with records under way."""
    t = bed.t
    new = dtls.Association(generation=2)
    with under_way(bed) as (a, b, k):
        a.set(keys=new.keys())
    bed.settled([a, b], 2 * COUNT)
    t.equal((a.drops(), b.drops()), ({}, {}), 'none is dropped')
    t.equal([bed.core.receive().payload for _ in range(COUNT)], texts(b'in'), 'the old keys open them')
    t.equal([k.near.open(bed.ue.receive().payload).plain for _ in range(COUNT)], texts(b'out'),
            'and seal them')
    bed.ue.send(a.datagram(new.far.seal(b'new')))
    t.equal(bed.core.receive().payload, b'new', 'then there are the new ones')


def deleted(bed, rounds):
    """All of it is deleted: close_notify is the last word."""
    t = bed.t
    for n in range(rounds):
        with under_way(bed) as (_, _, k):
            bed.k.do('context-del', id=bed.last)
        last = bed.ue.receive()
        record = k.near.open(last.payload)
        if not ((record.kind, record.plain) == (dtls.ALERT, b'\1\0') and not bed.core.drain()):
            t.ok(False, f'round {n}: {record}')
            return
    t.ok(True, f'{rounds} times deleted with records under way: only close_notify leaves')


def unloaded(bed):
    """With requests under way the module waits for them."""
    t = bed.t
    with under_way(bed):
        bed.k.do('context-del', id=bed.last)
        done = t.run(['rmmod', 'kmgw'], check=False)
    t.ok(not done.returncode, 'unloaded with records under way', done.stderr)


with relay.Bed() as the_bed:
    secured(the_bed)
    the_driver = cryptd()
    the_bed.t.ok(the_driver, 'the kernel has AES-GCM behind a queue')
    use(the_driver)
    order(the_bed, the_driver)
    copies(the_bed)
    replaced(the_bed)
    deleted(the_bed, 20)
    for the_name in OTHERS:
        the_path = os.path.join(ktap.TREE, 'selftests', 'vm', the_name + '.py')
        the_run = subprocess.run(['/usr/bin/python3', the_path], stdout=subprocess.PIPE, text=True,
                                 stderr=subprocess.STDOUT, check=False)
        the_bed.t.ok(not the_run.returncode, f'{the_name} with {the_driver}',
                     '\n'.join(line for line in the_run.stdout.splitlines() if not line.startswith('ok ')))
    for the_context in range(1, the_bed.last + 1):
        with contextlib.suppress(OSError):
            the_bed.k.do('context-del', id=the_context)
    unloaded(the_bed)
