#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""kmgw monitor: the events of a known sequence, to the letter; and a reader that loses events."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402

# What is done, and the events that it must give: no more, no fewer.
GOLDEN = [
    ('context add 1', ['created context 1']),
    ('context set 1 userdata 00', ['changed context 1']),
    ('endpoint add 1 1 1 udp local 10.1.0.1 20000',
     ['created endpoint 1 1 1 state idle reason none']),
    ('endpoint set 1 1 1 mode sendreceive', ['changed endpoint 1 1 1 state idle reason none']),
    # Once for the state, once for the attribute.
    ('endpoint set 1 1 1 remote 10.1.0.2 5004',
     ['changed endpoint 1 1 1 state ready reason none'] * 2),
    ('endpoint add 1 2 1 udp local 10.1.0.1 20002 remote 10.1.0.2 6000 mode sendreceive',
     ['created endpoint 1 2 1 state ready reason none']),
    ('endpoint add 1 1 2 tcp local 10.1.0.1 20004',
     ['created endpoint 1 1 2 state idle reason none']),
    ('endpoint add 1 2 1 rtcp udp local 10.1.0.1 20003',
     ['created endpoint 1 2 1 rtcp state idle reason none']),
    ('endpoint del 1 2 1 rtcp', ['deleted endpoint 1 2 1 rtcp state idle reason none']),
    ('endpoint del 1 1 1', ['deleted endpoint 1 1 1 state ready reason none']),
    ('context add 2', ['created context 2']),
    ('context del 2', ['deleted context 2']),
    ('context show', []),
    ('limits set contexts 5000', []),
    ('context del 1', ['deleted endpoint 1 2 1 state ready reason none',
                       'deleted endpoint 1 1 2 state idle reason none', 'deleted context 1']),
]
CONTEXTS, EVENTS = 100, 10000


def lines(monitor):
    with open(monitor.log, encoding='utf-8') as f:
        return [line for line in f.read().split('\n')[:-1] if line]


def last_line(monitor):
    """The last complete line, without reading what may be long before it."""
    with open(monitor.log, 'rb') as f:
        f.seek(max(0, os.path.getsize(monitor.log) - 4096))
        return f.read().decode().rpartition('\n')[0].rpartition('\n')[2]


def start(t, ns, *args):
    """A monitor that listens: it said so."""
    monitor = t.spawn(['kmgw', *args], ns=ns)
    t.wait_for(10, lambda: lines(monitor), 'the first line of the monitor')
    return monitor


def golden(t, ns):
    as_json = start(t, ns, '-j', 'monitor')
    as_text = start(t, ns, 'monitor')
    begin = json.loads(lines(as_json)[0])
    t.equal(sorted(begin), ['event', 'seq'], 'the first line tells the last number')
    expected = []
    for command, events in GOLDEN:
        t.run(['kmgw', *command.split()], ns=ns)
        expected += events
    t.wait_for(10, lambda: len(lines(as_json)) > len(expected) and
               len(lines(as_text)) > len(expected), 'all events')
    numbered = [f'[{begin["seq"] + n}] {what}' for n, what in enumerate(expected, 1)]
    t.equal(lines(as_text)[1:], numbered, 'the events as text are the expected ones')
    got = []
    for line in lines(as_json)[1:]:
        e = json.loads(line)
        rtcp = ' rtcp' if e.get('component') == 'rtcp' else ''
        what = f'endpoint {e["context"]} {e["termination"]} {e["stream"]}{rtcp} ' \
               f'state {e["state"]} reason {e["reason"]}' if 'stream' in e \
               else f'context {e["context"]}'
        got.append(f'[{e["seq"]}] {e["event"]} {what}')
    t.equal(got, numbered, 'the events as JSON are the expected ones')
    as_json.kill()
    as_text.kill()


def picture(text):
    """Contexts and endpoints, as somebody knows them who read the monitor's lines from the start."""
    contexts, endpoints, gaps, dumps = set(), {}, 0, 0
    for line in text:
        e = json.loads(line)
        name = tuple(e.get(k) for k in ('context', 'termination', 'stream'))
        what = e.get('event') or e['dump']
        if what == 'gap':
            gaps += 1
        elif what == 'begin':
            contexts, endpoints = set(), {}
        elif what == 'end':
            dumps += 1
        elif what in ('start', 'torn'):
            pass
        elif what == 'deleted' and name[1] is None:
            contexts.discard(name[0])
        elif what == 'deleted':
            endpoints.pop(name, None)
        elif name[1] is None:
            contexts.add(name[0])
        else:
            endpoints[name] = e['state'], e['reason']
    return contexts, endpoints, gaps, dumps


def churn(k, count):
    """Objects come, change and go until there were so many events."""
    target = k.get('stats-get')['events'] + count
    made = 0
    while k.get('stats-get')['events'] < target:
        n = made % CONTEXTS + 1
        if made >= CONTEXTS:
            k.do('context-del', id=n)
        k.do('context-new', id=n)
        k.do('endpoint-new', context=n, termination=1, stream=1, l4='udp',
             local=genl.addr('10.1.0.1', 20000 + n), remote=genl.addr('10.1.0.2', 5000))
        k.do('endpoint-set', context=n, termination=1, stream=1, mode='sendonly')
        if (made // CONTEXTS + n) % 3 == 0:
            k.do('endpoint-del', context=n, termination=1, stream=1)
        made += 1


def overrun(t):
    """10,000 events into a reader with the smallest buffer there is, asleep half of the time."""
    monitor = start(t, None, '-j', 'monitor', 'dump', 'rcvbuf', '1')
    k = genl.Kmgw()
    monitor.send_signal(signal.SIGSTOP)
    churn(k, EVENTS // 2)
    monitor.send_signal(signal.SIGCONT)
    k.do('flush')
    churn(k, EVENTS // 2)
    contexts = {c['id'] for c in k.dump('context-get')}
    endpoints = {(e['context'], e['termination'], e['stream']): (e['state'], e['reason'])
                 for e in k.dump('endpoint-get')}
    last = k.get('stats-get')['events']

    def caught_up():
        line = json.loads(last_line(monitor))
        return line.get('seq') == last and line.get('dump') != 'begin'

    t.wait_for(60, caught_up, f'event {last}')
    seen_contexts, seen_endpoints, gaps, dumps = picture(lines(monitor))
    t.diag(f'{last} events, {gaps} gaps, {dumps} dumps, {len(lines(monitor))} lines')
    t.ok(gaps > 0, 'the reader lost events, and said so')
    t.equal(seen_contexts, contexts, "its final contexts are the kernel's")
    t.equal(seen_endpoints, endpoints, "its final endpoints are the kernel's")
    t.ok(contexts and endpoints, 'and there are some')
    k.do('flush')
    monitor.kill()


def main():
    with ktap.Test() as t:
        gw, ue = t.netns('gw', 'ue')
        t.veth(gw, 'g0', ['10.1.0.1/24'], ue, 'u0', ['10.1.0.2/24'])
        golden(t, gw)
        overrun(t)


main()
