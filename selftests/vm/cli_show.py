#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
"""kmgw: what was set is shown, as text and as JSON; words may be shortened; --help and the rest."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402

ENDPOINT = {
    'context': 1, 'termination': 2, 'stream': 3, 'component': 'media', 'l4': 'udp', 'plane': 'datagram',
    'state': 'ready', 'reason': 'none', 'local': {'address': '10.1.0.1', 'port': 20000},
    'remote': {'address': '10.1.0.2', 'port': 5004}, 'mode': 'sendonly', 'dscp': 46,
    'dev': 'g0', 'filter': {'prefix': '10.1.0.0/24', 'port_min': 1024, 'port_max': 2048},
    'attached': True, 'latch': 'latch', 'filters': [
        {'prefix': '10.1.0.0/24', 'port_min': 1024, 'port_max': 2048}, {'port_min': 9, 'port_max': 9}],
    'police': {'rate': 8000, 'burst': 1500, 'peak': 64000, 'tolerance': 100},
    'source': {'address': '10.1.0.1', 'port': 20009}, 'inactivity': 86400000,
    'inactivity_dir': 'out', 'quiet': False,
}
STATS = ['rx_packets', 'rx_octets', 'tx_packets', 'tx_octets', 'rx_plain_octets', 'tx_plain_octets',
         'drops', 'stalls']


class Cli:
    def __init__(self, t, ns):
        self.t, self.ns = t, ns

    def __call__(self, line, check=True):
        return self.t.run(['kmgw', '-n', self.ns, *line.split()], check=check)

    def json(self, line):
        return json.loads(self('-j ' + line).stdout)


def contexts(t, kmgw):
    with open(os.path.join(t.tmp, 'data'), 'wb') as f:
        f.write(bytes(range(256)) * 16)
    kmgw('context add 1 userdata 00ff61')
    kmgw(f'context add 0xfffffffd userdata @{t.tmp}/data')
    kmgw('ctx add 7')
    t.equal(kmgw.json('context show'),
            [{'context': 1, 'endpoints': 0, 'version': 0, 'userdata': '00ff61'},
             {'context': 7, 'endpoints': 0, 'version': 0},
             {'context': 4294967293, 'endpoints': 0, 'version': 0,
              'userdata': (bytes(range(256)) * 16).hex()}], 'contexts as JSON, in order')
    kmgw('c set 1 u 62')
    t.equal(kmgw.json('c sh 1'), [{'context': 1, 'endpoints': 0, 'version': 1, 'userdata': '62'}],
            'user data is replaced, and its version counted')
    t.equal(kmgw('context show 1').stdout, 'context 1 endpoints 0 version 1 userdata 1 octets\n',
            'a context as text')
    t.equal(kmgw('-v c s 1').stdout, 'context 1 endpoints 0 version 1\n    userdata 62\n',
            'a context as text, with its data')
    kmgw('context del 0xfffffffd')
    t.equal([c['context'] for c in kmgw.json('c')], [1, 7], 'a context is deleted')


def endpoints(t, kmgw):
    kmgw('endpoint add 1 2 3 udp local 10.1.0.1 20000 remote 10.1.0.2 5004 mode sendonly dscp 46 '
         'dev g0 filter 10.1.0.9/24 ports 1024-2048 filter any ports 9 reserve latch police rate 8000 '
         'burst 1500 peak 64000 tolerance 100 source 10.1.0.1 20009 inactivity 86400000 out')
    shown, = kmgw.json('endpoint show 1 2 3')
    index = shown.pop('dev_index')
    t.ok(index > 0 and shown.pop('changed') > 1.6e12, 'device index and time of an endpoint')
    t.equal(shown, ENDPOINT, 'an endpoint as JSON')
    text = kmgw('-s ep sh 1 2 3').stdout
    lines = text.splitlines()
    t.equal(lines[:4], ['endpoint 1 2 3 udp plane datagram state ready reason none',
                        '    local 10.1.0.1 port 20000 remote 10.1.0.2 port 5004 dev g0 latch latch',
                        '    mode sendonly dscp 46 filter 10.1.0.0/24 ports 1024-2048 '
                        'filter any ports 9-9',
                        '    police rate 8000 burst 1500 peak 64000 tolerance 100 '
                        'source 10.1.0.1 port 20009 inactivity 86400000 out'],
            'an endpoint as text')
    t.ok('RX:' in text and 'TX:' in text, 'with statistics if asked for', text)
    shown, = kmgw.json('-s ep sh 1 2 3')
    t.equal((sorted(shown['stats']), shown['drops']), (sorted(STATS), {}), 'statistics as JSON')

    kmgw('ep set 1 2 3 remote 0.0.0.0 0 mode inactive dscp keep dev none filter any '
         'latch off police off source off inactivity 0')
    shown, = kmgw.json('ep sh 1 2 3')
    t.equal((shown['mode'], shown['dscp'], shown['latch'], shown['state'],
             [key for key in ('dev', 'filter', 'filters', 'police', 'source', 'inactivity', 'quiet')
              if key in shown]),
            ('inactive', 'keep', 'off', 'idle', []), 'all that was set can be taken back')

    kmgw('ep add 1 2 3 rtcp udp local 10.1.0.1 20001')
    shown, = kmgw.json('ep sh 1 2 3 rtcp')
    t.equal((shown['component'], shown['local']['port']), ('rtcp', 20001), 'the RTCP of a stream')
    t.ok(kmgw('ep sh 1 2 3 rtcp').stdout.startswith('endpoint 1 2 3 rtcp udp '), 'as text')
    kmgw('ep del 1 2 3 rtcp')

    kmgw('endpoint add 7 1 1 tcp local fd00::1 21000 idle 5000 linger 300 '
         'idle-in 6000 octets 5000000000 priority emergency')
    shown, = kmgw.json('endpoint show context 7')
    t.equal((shown['plane'], shown['local'], shown['idle'], shown['linger'], shown['attached'],
             shown['idle_in'], shown['octets'], shown['priority']),
            ('splice', {'address': 'fd00::1', 'port': 21000}, 5000, 300, False, 6000, 5000000000,
             'emergency'),
            'an endpoint of TCP over IPv6')
    t.ok(' linger 300 idle-in 6000 octets 5000000000 priority emergency ' in kmgw('ep sh 7 1 1').stdout,
         'its limits and priority as text')
    kmgw('ep set 7 1 1 idle-in 0 octets 0 priority ordinary')
    shown, = kmgw.json('ep sh 7 1 1')
    t.equal((shown.get('idle_in'), shown.get('octets'), shown['priority']), (None, None, 'ordinary'),
            'they are taken back')
    t.equal([(e['context'], e['termination'], e['stream']) for e in kmgw.json('ep')],
            [(1, 2, 3), (7, 1, 1)], 'all endpoints')
    t.equal(len(kmgw('-j -p ep').stdout.splitlines()) > 20, True, 'pretty JSON has many lines')
    last, = kmgw.json('endpoint del 1 2 3 stats')
    t.equal((last['context'], last['termination'], sorted(last['stats'])), (1, 2, sorted(STATS)),
            'del gives the last picture')
    t.ok('RX:' in kmgw('-v endpoint del 7 1 1').stdout, 'so it does as text')
    t.equal(kmgw.json('endpoint show'), [], 'no endpoint is left')
    t.equal(kmgw('endpoint show').stdout, '', 'nothing, as text')


def namespace(t, kmgw):
    stats = kmgw.json('stats')
    t.equal((stats['contexts'], stats['endpoints'], stats['sockets'], sorted(stats['stats'])),
            (2, 0, 0, sorted(STATS)), 'totals as JSON')
    t.ok(kmgw('stats').stdout.startswith('contexts 2 of '), 'totals as text')
    kmgw('limits set contexts 2 endpoints 30')
    limits = kmgw.json('limits')
    t.equal((limits['contexts'], limits['endpoints'], limits['sockets'] > 0), (2, 30, True),
            'limits are set one by one')
    done = kmgw('context add 8', check=False)
    t.ok(done.returncode == 1 and 'limit' in done.stderr, 'and hold', done.stderr)
    kmgw('flush')
    t.equal((kmgw.json('context'), kmgw.json('stats')['contexts']), ([], 0), 'flush')


def words(t, kmgw):
    for line in '-V', '-h', 'help', 'context help', 'endpoint --help', 'monitor help', 'stats help', \
            'limits help', 'flush help':
        done = kmgw(line, check=False)
        t.ok(done.returncode == 0 and done.stdout and not done.stderr, f'kmgw {line}', done.stderr)
    for line in '', '-x', 'frob', 'context frob', 'context add', 'context add 1 2', 'ep add 1 1 1 udp', \
            'monitor frob', 'stats 1', 'limits set', 'flush all', 'context del 1 2', 'ep set 1 1 1':
        done = kmgw(line, check=False)
        t.ok(done.returncode == 2 and 'Usage:' in done.stderr and not done.stdout,
             f'wrong words: kmgw {line}', f'{done.returncode} {done.stderr}')
    done = t.run(['sh', '-c', f'kmgw -n {kmgw.ns} stats >/dev/full'], check=False)
    t.ok(done.returncode == 1 and 'No space' in done.stderr, 'output that cannot be written',
         done.stderr)


def main():
    with ktap.Test() as t:
        gw, ue = t.netns('gw', 'ue')
        t.veth(gw, 'g0', ['10.1.0.1/24', 'fd00::1/64'], ue, 'u0', ['10.1.0.2/24'])
        kmgw = Cli(t, gw)
        contexts(t, kmgw)
        endpoints(t, kmgw)
        namespace(t, kmgw)
        words(t, kmgw)


main()
