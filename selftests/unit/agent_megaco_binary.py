#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Erlang/OTP's megaco is the call agent of the agent (on a fake bearer), both in binary: registration,
Add, Modify, AuditValue and Subtract of a UDP relay, and refusals."""
# timeout: 120

import os
import socket
import subprocess
import sys
import tempfile

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
sys.path.insert(0, os.path.join(TREE, 'selftests', 'lib'))
import calls	# noqa: E402
import h248_numbers	# noqa: E402
import mgc_erlang	# noqa: E402
import net	# noqa: E402


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def works(ca, point):
    reply = ca.transact(calls.in_context(
        '$', calls.command('Add', 'ip/1/access/$', calls.stream(
            mode='SendReceive', realm='access', properties='ds/dscp = 46',
            local=calls.sdp(proto='UDP', media='image'),
            remote=calls.sdp('10.1.0.9', 4000, 'UDP', 'image')), events='g/cause'),
        calls.command('Add', 'ip/1/core/$', calls.stream(
            mode='SendReceive', realm='core', local=calls.sdp(proto='UDP', media='image')))))
    context = reply['Context'].value
    ends = [calls.End(n) for n in reply.all('Context.Add')]
    point([e.address for e in ends] == ['10.1.0.1', '10.2.0.1'], 'Add')
    ca.transact(f'Context = {context} {{ Modify = {ends[0].id} {{ Media {{ Stream = 1 {{ '
                'LocalControl { Mode = Inactive, gm/saf = on, gm/sam = "10.1.0.0/24" } } } } }')
    audit = ca.transact(f'Context = {context} {{ AuditValue = {ends[0].id} {{ Audit {{ Media }} }} }}')
    shown = {str(p.name).lower(): str(p.value).lower() for p in audit.walk() if '/' in str(p.name)}
    point(shown.get('gm/saf') == 'on' and shown.get('ds/dscp') == '46', 'Modify and AuditValue')
    stats = ca.subtract(context)
    point(len(stats) == 2 and all('nt/os' in s for s in stats.values()), 'Subtract')
    ca.expect_error(411, 'Context = 4711 { Subtract = ip/1/access/1 }')
    ca.expect_error(430, 'Context = - { AuditValue = ip/1/access/4711 { Audit { Media } } }')
    point(True, 'refusals')


def main():
    tool = os.path.join(BUILD, 'unit', 'test_agent_binary')
    if not os.path.exists(tool):
        subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', tool], check=True,
                       stdout=subprocess.DEVNULL)
    failed = points = 0
    print('1..5')

    def point(good, name):
        nonlocal failed, points
        points += 1
        failed += not good
        print('ok' if good else 'not ok', points, name)

    with tempfile.TemporaryDirectory() as work:
        numbers = os.path.join(work, 'numbers')
        h248_numbers.write(numbers, ['access', 'core'])
        own, port = free_port(), free_port()
        path = os.path.join(work, 'conf')
        config = {'mid': f'[127.0.0.1]:{own}', 'encoding': 'binary', 'version': 2,
                  'mgc': ({'address': '127.0.0.1', 'port': port, 'transport': 'udp'},),
                  'package_items': h248_numbers.package_items(),
                  'realm': net.DEFAULTS['realm']}
        with open(path, 'w', encoding='utf-8') as f:
            f.write(''.join(f'{k} = {net.render(v)};\n' for k, v in config.items()))
        ca = mgc_erlang.ErlangAgent('127.0.0.1', port, codec=numbers)
        gateway = subprocess.Popen([tool, '--serve', path], stdin=subprocess.DEVNULL)
        try:
            ca.wait_registered()
            point(True, 'registration')
            works(ca, point)
        finally:
            gateway.kill()
            gateway.wait()
            ca.close()
    return 1 if failed or points != 5 else 0


if __name__ == '__main__':
    sys.exit(main())
