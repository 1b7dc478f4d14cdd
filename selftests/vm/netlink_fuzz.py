#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""Random netlink messages, always the same ones; KMGW_FUZZ_MESSAGES and KMGW_FUZZ_SEED vary that.

Most are well-formed requests on a few objects, so that much is granted; the rest is spoilt, in an
attribute or in the octets. The kernel must survive, and what it tells must hold together.
"""

import os
import random
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402

MESSAGES = int(os.environ.get('KMGW_FUZZ_MESSAGES', '8000' if ktap.SLOW == 1 else '4000'))
SEED = int(os.environ.get('KMGW_FUZZ_SEED', '1'))
CHECK_EVERY = 800

ADDRESSES = ['10.1.0.1', '10.2.0.1', 'fd00::1', '10.1.0.2', '0.0.0.0', '::', '127.0.0.1', '224.0.0.1',
             'fe80::1', '255.255.255.255']
EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
         0xfffffffd, 0xfffffffe, 0xffffffff, 0xffffffffffffffff]
# How often a command comes; and what most requests cannot do without.
WEIGHT = {'context-new': 8, 'context-set': 3, 'context-del': 2, 'context-get': 4, 'endpoint-new': 30,
          'endpoint-set': 30, 'endpoint-del': 6, 'endpoint-get': 8, 'flush': .2, 'stats-get': 3,
          'limits-set': .5, 'event': .5}
NEEDED = {'id', 'context', 'termination', 'stream', 'l4', 'local'}
TCP_ONLY = {'prefix', 'idle-timeout', 'linger', 'release', 'plane', 'restart',
            'priority', 'octet-limit', 'idle-in'}


class Source:
    """Random messages."""

    def __init__(self, k, fds):
        self.k = k
        self.spec = k.spec
        self.rnd = random.Random(SEED)
        self.fds = fds
        self.old = [b'']

    def address(self):
        good = self.rnd.random() < .8
        return genl.addr(self.rnd.choice(ADDRESSES[:4 if good else None]),
                         self.rnd.choice([20000, 20002, 20004, 20006, 65535, 0][:None if good else 5]))

    def filter(self):
        r = self.rnd
        out = {}
        if r.random() < .6:
            out['ipv4'] = r.choice([b'\x0a\1\0\0', bytes(4), b'\xff' * 4])
        if r.random() < .3:
            out['ipv6'] = r.choice([b'\xfd' + bytes(15), b'\xff' * 16])
        if r.random() < .6:
            out['prefixlen'] = r.choice([0, 8, 31, 32, 33, 64, 128, 129, 255])
        if r.random() < .4:
            out['port-min'] = r.choice([0, 1024, 65535])
        if r.random() < .4:
            out['port-max'] = r.choice([0, 1024, 65535])
        return out

    def octets(self, top):
        return self.rnd.randbytes(self.rnd.choice([0, 1, 15, 16, 100, top, top + 1]))

    def value(self, a):
        """A value that is often good."""
        r = self.rnd
        if a.name in ('id', 'context', 'termination', 'stream'):
            return r.choice([1, 1, 2, 2, 3]) if r.random() < .97 else r.choice([0, 4, 65535])
        if a.name in ('local', 'remote', 'source'):
            return self.address()
        if a.name == 'filter':
            return self.filter()
        if a.name == 'police':
            return {n: r.choice([0, 1, 1000, 1 << 31]) for n in
                    ('sustained', 'burst', 'peak', 'peak-tolerance') if r.random() < .7}
        if a.name == 'socket':
            return r.choice(self.fds)
        if a.enum:
            return r.choice(list(a.enum.values()))
        if a.name in ('ifindex', 'vrf'):
            return r.choice([0, 0, 0, 0, 0, 0, 1, 99])
        if a.name.startswith('max-'):
            return r.choice([2, 100, 1000000])
        if a.name in ('userdata', 'prefix', 'note'):
            return self.octets(self.spec.check(a, 'max-len'))
        if a.type in genl.INTEGERS:
            if r.random() < .8:
                return r.randrange(1, 60)
            size = struct.calcsize(genl.INTEGERS[a.type])
            return r.choice(EDGES) & ((1 << (8 * size - (a.type == 's32'))) - 1)
        return b''

    def one(self, kind, a):
        value = self.value(a)
        if isinstance(value, dict) and a.type != 'nest':
            value = b''
        octets = self.spec.encode(kind, [(a.name, value)])
        if self.rnd.random() < .02:
            size, number = struct.unpack_from('=HH', octets)
            number ^= self.rnd.choice([genl.NLA_F_NESTED, genl.NLA_F_NET_BYTEORDER, 1, 0x20])
            octets = struct.pack('=HH', size, number) + octets[4:]
        return octets

    def message(self):
        r = self.rnd
        op = self.spec.ops[r.choices(list(WEIGHT), WEIGHT.values())[0]]
        kind = op['attribute-set']
        form = op.get('do', {}).get('request', {}).get('attributes', [])
        names = [n for n in form if r.random() <
                 (.98 if n in NEEDED else .04 if n in TCP_ONLY else .15)]
        if r.random() < .05:
            names.append(r.choice(self.spec.sets[kind]).name)
        if r.random() < .1:
            r.shuffle(names)
        payload = b''.join(self.one(kind, self.spec.attr(kind, n)) for n in names)
        if r.random() < .15:
            payload = self.spoil(payload)
        flags = genl.NLM_F_ACK
        if r.random() < .15:
            flags |= r.choice([genl.NLM_F_DUMP, genl.NLM_F_ECHO, genl.NLM_F_DUMP_INTR, 0x800, 0xffff])
        cmd = op['number'] if r.random() < .98 else r.randrange(256)
        return self.k.message(cmd, payload, flags, 1 if r.random() < .99 else r.randrange(256))

    def spoil(self, payload):
        r, data = self.rnd, bytearray(payload)
        for _ in range(r.choice([1, 1, 2, 8])):
            what = r.randrange(6)
            at = r.randrange(len(data) + 1)
            if what == 0 and data:
                data[at % len(data)] ^= 1 << r.randrange(8)
            elif what == 1 and data:
                data[at % len(data)] = r.choice([0, 1, 0x7f, 0x80, 0xff])
            elif what == 2:
                del data[at:at + r.randrange(12)]
            elif what == 3:
                data[at:at] = r.randbytes(r.randrange(12))
            elif what == 4:
                data += r.choice(self.old)
            else:
                at &= ~3
                data[at:at] = genl.attr(r.randrange(0x10000), r.randbytes(r.choice([0, 1, 4, 8, 40])))
        self.old = [*self.old[-20:], bytes(data)]
        return bytes(data[:40000])


class Descriptors:
    """Numbers for SOCKET: some would do, some not."""

    def __init__(self):
        self.keep = [open('/dev/null', 'rb'), socket.socket(), socket.socketpair()[0]]
        for ip, port in ('10.1.0.1', 20000), ('10.2.0.1', 20002), ('fd00::1', 20000):
            s = socket.socket(socket.AF_INET6 if ':' in ip else socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((ip, port))
            self.keep.append(s)
        self.connected = []
        self.renew()

    def renew(self):
        """Fresh connections: each can be handed over once."""
        self.close(self.connected)
        self.connected = []
        with socket.create_server(('10.1.0.1', 0)) as listener:
            for _ in range(8):
                self.connected.append(socket.create_connection(listener.getsockname()))
                self.connected.append(listener.accept()[0])

    def numbers(self):
        return [s.fileno() for s in self.keep + self.connected] + [-1, 999]

    @staticmethod
    def close(sockets):
        for s in sockets:
            s.close()


def inconsistencies(k):
    """What does not hold together in the picture that the kernel gives."""
    contexts = {c['id']: c for c in k.dump('context-get')}
    endpoints = k.dump('endpoint-get')
    totals = k.get('stats-get')
    streams, locals_, names, counts = {}, set(), set(), dict.fromkeys(contexts, 0)
    bad = []
    for e in endpoints:
        name = e['context'], e['termination'], e['stream'], e['component']
        local = e.get('vrf', 0), e['l4'], *sorted((n, str(v)) for n, v in e['local'].items())
        if name in names:
            bad.append(f'{name} is there twice')
        if local in locals_:
            bad.append(f'{local} belongs to two endpoints')
        if e['context'] not in contexts:
            bad.append(f'{name} has no context')
        names.add(name)
        locals_.add(local)
        counts[e['context']] = counts.get(e['context'], 0) + 1
        streams.setdefault((e['context'], e['stream'], e['component']), []).append(e['l4'])
        for key in 'state', 'reason', 'mode', 'plane', 'l4':
            if not isinstance(e.get(key), str):
                bad.append(f'{name}: {key} is {e.get(key)}')
        if 'unknown' in e:
            bad.append(f'{name}: unknown attributes {e["unknown"]}')
        alone = k.get('endpoint-get', context=name[0], termination=name[1], stream=name[2],
                      component=name[3])
        if alone['local'] != e['local']:
            bad.append(f'{name}: another picture alone than in the dump')
    for name, l4 in streams.items():
        if len(l4) > 2 or len(set(l4)) > 1:
            bad.append(f'stream {name} has {l4}')
    for number, count in counts.items():
        if contexts.get(number, {}).get('endpoints') != count:
            bad.append(f'context {number} tells {contexts.get(number)}, has {count} endpoints')
    if (totals['contexts'], totals['endpoints']) != (len(contexts), len(endpoints)):
        bad.append(f'{totals} of {len(contexts)} contexts and {len(endpoints)} endpoints')
    if totals['sockets'] > 100:
        bad.append(f'{totals["sockets"]} sockets')
    return bad


def drain(k, tally):
    """Read what was answered meanwhile, unless more is to come."""
    k.sock.setblocking(False)
    try:
        while True:
            for kind, _, _, payload in k.receive():
                if kind == genl.NLMSG_ERROR:
                    error, = struct.unpack_from('=i', payload)
                    tally[error] = tally.get(error, 0) + 1
    except BlockingIOError:
        pass
    except OSError as e:
        tally[e.errno] = tally.get(e.errno, 0) + 1
    k.sock.settimeout(30)


def main():
    with ktap.Test() as t:
        for address in '10.1.0.1/24', '10.2.0.1/24', 'fd00::1/64':
            t.run(['ip', 'addr', 'add', address, 'dev', 'lo'])
        t.run(['ip', 'link', 'set', 'lo', 'up'])
        fds = Descriptors()
        k, check = genl.Kmgw(), genl.Kmgw()
        limits = check.get('stats-get')
        source = Source(k, fds.numbers())
        tally, bad, seen, sockets = {}, [], 0, 0
        for n in range(1, MESSAGES + 1):
            k.send(source.message())
            drain(k, tally)
            if n % CHECK_EVERY == 0:
                bad += [f'after message {n}: {what}' for what in inconsistencies(check)]
                totals = check.get('stats-get')
                seen = max(seen, totals['endpoints'])
                sockets = max(sockets, totals['sockets'])
                fds.renew()
                source.fds = fds.numbers()
                check.do('limits-set', **{key.replace('-', '_'): limits[key] for key in limits
                                          if key.startswith('max-')})
        t.diag(f'answers by errno: {dict(sorted(tally.items()))}; at most {seen} endpoints '
               f'and {sockets} sockets at once')
        t.ok(not bad, f'{MESSAGES} random messages, seed {SEED}: objects hold together',
             '\n'.join(bad[:40]))
        t.ok(tally.get(0, 0) > MESSAGES / 20 and seen > 3 and sockets, 'a fair part of them was granted')
        check.do('flush')
        t.wait_for(10, lambda: check.get('stats-get')['sockets'] == 0, 'sockets let go')
        left = check.get('stats-get')
        t.equal((left['contexts'], left['endpoints']), (0, 0), 'nothing is left after flush')
        fds.close(fds.keep + fds.connected)


main()
