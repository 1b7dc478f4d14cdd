#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
# debug: first
"""Requests no decent client sends: each is refused, says why, and changes nothing.

For every command and attribute: missing, too short, too long, out of range, nest or not, unknown,
not for this command, ill-formed. What has to do with privileges and descriptors is in
netlink_rights.py and netlink_sockets.py.
"""

import errno
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import hostile  # noqa: E402
import ktap  # noqa: E402

COMMON = dict(remote=genl.addr('10.1.0.2', 5004), mode='sendreceive', dscp=46, ifindex=1,
              filter={'ipv4': bytes((10, 1, 0, 0)), 'prefixlen': 16, 'port-min': 1024,
                      'port-max': 65535})
TIMES = dict(idle_timeout=1000, linger=100, plane='merge', early=60000, priority='emergency')
UDP = dict(latch='latch', inactivity=1000, inactivity_dir='in', source=genl.addr('10.1.0.1', 20901),
           police={'sustained': 8000, 'burst': 1500, 'peak': 64000, 'peak-tolerance': 100})
NEW = dict(context=1, termination=3, stream=9, l4='udp', local=genl.addr('10.1.0.1', 20900))
ONE = dict(context=1, termination=1, stream=1)
TCP = dict(context=1, termination=1, stream=2)
DTLS = dict(context=1, termination=1, stream=4)
NEW_KEYS = hostile.KEYS | {'generation': 6, 'rx-key': b'R' * 16, 'tx-key': b'T' * 16, 'tx-hold': 5}
RESERVE = DTLS | dict(generation=5, epoch=2, count=4096)
TRIPLE = list(ONE)
MEDIA = dict(component='media')

# Requests that would be granted, and what each cannot do without.
VALID = [
    ('context-new', dict(id=900, userdata=b'x'), ['id']),
    ('context-set', dict(id=1, userdata=b'x'), ['id', 'userdata']),
    ('context-del', dict(id=1), ['id']),
    ('context-get', dict(id=1), ['id']),
    ('endpoint-new', NEW | MEDIA | COMMON | UDP, [*TRIPLE, 'l4', 'local']),
    ('endpoint-new', NEW | dict(l4='tcp') | COMMON | TIMES, [*TRIPLE, 'l4', 'local']),
    ('endpoint-new', NEW | dict(security='dtls'), [*TRIPLE, 'l4', 'local']),
    ('endpoint-set', ONE | MEDIA | COMMON | UDP, TRIPLE),
    ('endpoint-set', ONE | dict(security='dtls', keys=NEW_KEYS), TRIPLE),
    ('endpoint-set', DTLS | dict(keys=NEW_KEYS), TRIPLE),
    ('seq-reserve', RESERVE, list(RESERVE)),
    ('endpoint-set', TCP | COMMON | TIMES, TRIPLE),
    ('endpoint-del', ONE | MEDIA, TRIPLE),
    ('endpoint-get', ONE | MEDIA, TRIPLE),
    ('flush', {}, []),
    ('stats-get', {}, []),
    ('limits-set', dict(max_contexts=10, max_endpoints=20, max_sockets=30, max_syns=40), []),
]
UDP_NAMES = [name.replace('_', '-') for name in UDP]
# Allowed, but of no use in a valid request here: a descriptor, and what goes with it.
EXTRA = {'endpoint-new': ['component', 'vrf', 'socket', 'prefix', 'idle-timeout', 'linger', 'remote', 'mode',
                          'dscp', 'ifindex', 'filter', 'security', *UDP_NAMES, 'plane',
                          'early', 'note', 'priority', 'octet-limit', 'idle-in'],
         'endpoint-set': ['component', 'socket', 'prefix', 'release', 'idle-timeout', 'linger', 'remote', 'mode',
                          'dscp', 'ifindex', 'filter', 'security', *UDP_NAMES, 'keys',
                          'plane', 'restart', 'early', 'note', 'priority', 'octet-limit',
                          'idle-in']}


def integer(a, value):
    return struct.pack(('>' if a.big else '=') + genl.INTEGERS[a.type], value)


def sample(a):
    """Octets of the right size for an attribute that the valid request leaves out."""
    if a.type in genl.INTEGERS:
        return integer(a, 1)
    return {'binary': b'x', 'string': b'x\0'}.get(a.type, b'')


def out_of_range(spec, a):
    """Values of the right size that no attribute of this kind may have."""
    if a.type not in genl.INTEGERS:
        return
    low, high = spec.check(a, 'min'), spec.check(a, 'max')
    size = struct.calcsize(genl.INTEGERS[a.type])
    top = (1 << (8 * size)) - 1
    if a.enum:
        known = set(a.enum.values())
        yield from (v for v in {0, min(known) - 1, max(known) + 1, 7, 127, 255}
                    if 0 <= v <= top and v not in known)
    if low:
        yield low - 1
    if high is not None and high < top:
        yield high + 1
        yield top


def sizes(spec, a, good):
    """Octets of a wrong size."""
    yield 'empty', b'' if a.type != 'flag' else b'x'
    if a.type in genl.INTEGERS or 'exact-len' in a.checks:
        yield 'too short', good[:-1]
        yield 'too long', good + b'\0'
        yield 'much too long', good + bytes(64)
    top = spec.check(a, 'max-len')
    if top:
        yield 'too long', bytes(top + 1)


class Builder:
    """A request as a list of attributes, to be spoilt one at a time."""

    def __init__(self, spec, op, values, required):
        self.spec = spec
        self.op = spec.ops[op]
        self.kind = self.op['attribute-set']
        self.required = required
        self.parts = {name.replace('_', '-'): spec.encode(self.kind, {name: value})
                      for name, value in values.items()}
        self.allowed = {*self.parts, *EXTRA.get(op, [])}

    def attrs(self):
        return self.spec.sets[self.kind]

    def without(self, name):
        return b''.join(v for k, v in self.parts.items() if k != name)

    def with_(self, name, octets):
        """The request with octets in the place of an attribute."""
        return self.without(name) + octets

    def whole(self):
        return b''.join(self.parts.values())

    def good(self, a):
        if a.name in self.parts:
            return next(genl.attrs(self.parts[a.name]))[1]
        return sample(a)


def attacks(b):
    """(kind, text, payload) of each spoilt request of one command."""
    for name in b.required:
        yield 'missing', name, b.without(name)
    for a in b.attrs():
        number = a.value | (genl.NLA_F_NESTED if a.type == 'nest' else 0)
        good = b.good(a)
        if a.name not in b.allowed:
            yield 'not for this command', a.name, b.whole() + genl.attr(number, good)
            continue
        if a.type != 'nest':
            for text, octets in sizes(b.spec, a, good):
                # An empty user data is a user data, an empty PREFIX none: both are of a right size.
                if octets or a.type != 'binary' or 'exact-len' in a.checks:
                    yield 'wrong size', f'{a.name} {text}', b.with_(a.name, genl.attr(number, octets))
            yield 'nest or not', f'{a.name} as a nest', b.with_(a.name, genl.nest(a.value, good))
        else:
            yield 'nest or not', f'{a.name} without the flag', \
                b.with_(a.name, genl.attr(a.value, good))
            yield 'nest or not', f'{a.name} of an integer', \
                b.with_(a.name, genl.nest(a.value, b'\1\2\3'))
            yield from nested(b, a)
        for value in out_of_range(b.spec, a):
            bad = genl.attr(number, integer(a, value))
            yield 'out of range', f'{a.name} {value}', b.with_(a.name, bad)
            # A gap in an enum is found by the code that takes the value: the last one counts.
            gap = a.enum and min(a.enum.values()) < value < max(a.enum.values())
            if a.name in b.parts and not gap:
                yield 'twice, the first one bad', a.name, bad + b.whole()
    unknown = len(b.attrs()) + 1
    for number in 0, unknown, unknown + 1, 0xff, 0x3fff:
        yield 'unknown attribute', str(number), b.whole() + genl.attr(number, b'\1\0\0\0')
        yield 'unknown attribute', f'{number}, nested', b.whole() + genl.nest(number)
    for extra in 1, 2, 3:
        yield 'ill-formed', f'{extra} octets more', b.whole() + bytes(extra)
    yield 'ill-formed', 'attribute of no length', b.whole() + struct.pack('=HH', 0, 2)
    yield 'ill-formed', 'attribute of 3 octets', b.whole() + struct.pack('=HH', 3, 2)
    yield 'ill-formed', 'attribute beyond the end', b.whole() + struct.pack('=HHI', 12, 2, 1)
    yield 'ill-formed', 'attribute of 65535 octets', b.whole() + struct.pack('=HHI', 65535, 2, 1)


def nested(b, outer):
    """Each attribute inside a nest, spoilt."""
    values = {number & genl.NLA_TYPE_MASK: octets
              for number, octets in genl.attrs(b.good(outer))}

    def nest(change):
        inside = b''.join(genl.attr(n, v) for n, v in (values | change).items() if v is not None)
        return b.with_(outer.name, genl.nest(outer.value, inside))

    for a in b.spec.sets[outer.nest]:
        if a.value not in values:
            continue
        for text, octets in sizes(b.spec, a, values[a.value]):
            yield 'inside a nest', f'{outer.name}.{a.name} {text}', nest({a.value: octets})
        yield 'inside a nest', f'{outer.name}.{a.name} as a nest', \
            nest({a.value: None, a.value | genl.NLA_F_NESTED: values[a.value]})
        if outer.nest == 'addr' or outer.nest == 'keys' and a.name != 'tx-hold':
            yield 'inside a nest', f'{outer.name}.{a.name} missing', nest({a.value: None})
        for value in out_of_range(b.spec, a):
            yield 'inside a nest', f'{outer.name}.{a.name} {value}', nest({a.value: integer(a, value)})
    for number in 0, len(b.spec.sets[outer.nest]) + 1, 0x3fff:
        yield 'inside a nest', f'{outer.name}: unknown {number}', nest({number: bytes(4)})
    if outer.nest in ('addr', 'filter'):
        other = b.spec.attr(outer.nest, 'ipv6')
        yield 'inside a nest', f'{outer.name}: both families', nest({other.value: bytes(15) + b'\1'})
    yield 'inside a nest', f'{outer.name}: an octet more', \
        b.with_(outer.name, genl.nest(outer.value, b.good(outer) + b'\0'))


V4, V6 = bytes((10, 1, 0, 0)), bytes((0xfd, 0x00)) + bytes(14)

# Well-formed, and wrong: (command, values, errno or None for any).
SENSE = [
    ('context exists', 'context-new', dict(id=1), errno.EEXIST),
    ('no such context', 'context-set', dict(id=55, userdata=b''), errno.ENOENT),
    ('no such context', 'context-del', dict(id=55), errno.ENOENT),
    ('no such context', 'context-get', dict(id=0xfffffffc), errno.ENOENT),
    ('no such context', 'endpoint-new', NEW | dict(context=55), errno.ENOENT),
    ('no such endpoint', 'endpoint-set', dict(context=1, termination=7, stream=1, dscp=1),
     errno.ENOENT),
    ('no such endpoint', 'endpoint-set', dict(context=55, termination=1, stream=1, dscp=1),
     errno.ENOENT),
    ('no such endpoint', 'endpoint-del', dict(context=1, termination=1, stream=77), errno.ENOENT),
    ('no such endpoint', 'endpoint-get', dict(context=1, termination=0xfffffffd, stream=65535),
     errno.ENOENT),
    ('endpoint exists', 'endpoint-new', NEW | ONE, errno.EEXIST),
    ('endpoint exists', 'endpoint-new', NEW | ONE | MEDIA, errno.EEXIST),
    ('no such component', 'endpoint-get', ONE | dict(component='rtcp'), errno.ENOENT),
    ('no such component', 'endpoint-del', ONE | dict(component='rtcp'), errno.ENOENT),
    ('no such component', 'endpoint-set', ONE | dict(component='rtcp', dscp=1), errno.ENOENT),
    ('third endpoint of a stream', 'endpoint-new', NEW | dict(stream=1), None),
    ('stream of two transports', 'endpoint-new', NEW | dict(stream=2), None),
    ('local address taken', 'endpoint-new', NEW | dict(local=genl.addr('10.1.0.1', 20000)),
     errno.EADDRINUSE),
    ('local port 0', 'endpoint-new', NEW | dict(local=genl.addr('10.1.0.1', 0)), None),
    ('filter of another family', 'endpoint-new', NEW | dict(filter={'ipv6': V6, 'prefixlen': 8}),
     None),
    ('prefix length beyond IPv4', 'endpoint-set', ONE | dict(filter={'ipv4': V4, 'prefixlen': 33}),
     None),
    ('prefix length beyond IPv6', 'endpoint-set',
     dict(context=1, termination=1, stream=3, filter={'ipv6': V6, 'prefixlen': 129}), None),
    ('prefix length of nothing', 'endpoint-set', ONE | dict(filter={'prefixlen': 8}), None),
    ('ports in disorder', 'endpoint-set', ONE | dict(filter={'port-min': 2, 'port-max': 1}), None),
    ('nine filters', 'endpoint-set', ONE | dict(filter=[{'port-min': n} for n in range(1, 10)]), None),
    ('one of two filters wrong', 'endpoint-set',
     ONE | dict(filter=[{'prefixlen': 8}, {'port-min': 1}]), None),
    ('a filter and none', 'endpoint-set', ONE | dict(filter=[{'port-min': 1}, b'']), None),
    ('rate without burst', 'endpoint-set', ONE | dict(police={'sustained': 1}), None),
    ('burst without rate', 'endpoint-set', ONE | dict(police={'burst': 1}), None),
    ('burst of nothing', 'endpoint-set', ONE | dict(police={'sustained': 1, 'burst': 0}), None),
    ('policing of nothing', 'endpoint-set', ONE | dict(police={'sustained': 0, 'peak': 0}), None),
    ('tolerance without peak', 'endpoint-set', ONE | dict(police={'peak-tolerance': 1}), None),
    ('peak below the rate', 'endpoint-set',
     ONE | dict(police={'sustained': 9, 'burst': 9, 'peak': 8}), None),
    ('source of another host', 'endpoint-set', ONE | dict(source=genl.addr('192.0.2.1', 5)), None),
    ('source of another family', 'endpoint-set', ONE | dict(source=genl.addr('fd00::1', 5)), None),
    ('source that is multicast', 'endpoint-set', ONE | dict(source=genl.addr('224.0.0.1', 5)), None),
    *((f'{name} of TCP', 'endpoint-set', TCP | {name: value}, None) for name, value in UDP.items()),
    ('no such device', 'endpoint-set', ONE | dict(ifindex=0x7fffffff), None),
    ('no such device', 'endpoint-set', ONE | dict(ifindex=0xffffffff), None),
    ('no such VRF', 'endpoint-new', NEW | dict(vrf=0x7fffffff), None),
    ('device that is no VRF', 'endpoint-new', NEW | dict(vrf=1), None),
    ('prefix without a socket', 'endpoint-set', TCP | dict(prefix=b'x'), None),
    ('note without a socket', 'endpoint-set', TCP | dict(note=b'x\0'), None),
    ('prefix for UDP', 'endpoint-set', ONE | dict(prefix=b'x', socket=0), None),
    ('idle time-out of UDP', 'endpoint-set', ONE | dict(idle_timeout=1), None),
    ('linger of UDP', 'endpoint-set', ONE | dict(linger=1), None),
    ('octet limit of UDP', 'endpoint-set', ONE | dict(octet_limit=1), None),
    ('time of one direction of UDP', 'endpoint-set', ONE | dict(idle_in=1), None),
    ('time of one direction of a merge', 'endpoint-set', TCP | dict(idle_in=1, plane='merge'), None),
    ('octet limit of a merge', 'endpoint-set', TCP | dict(octet_limit=1, plane='merge'), None),
    ('priority of UDP', 'endpoint-set', ONE | dict(priority='emergency'), None),
    ('latch of TCP', 'endpoint-new', NEW | dict(l4='tcp', latch='off'), None),
    ('release of UDP', 'endpoint-set', ONE | dict(release='orderly'), None),
    ('security of TCP', 'endpoint-set', TCP | dict(security='dtls'), None),
    ('keys of TCP', 'endpoint-set', TCP | dict(keys=NEW_KEYS), None),
    ('keys without security', 'endpoint-set', ONE | dict(keys=NEW_KEYS), None),
    ('keys and no security', 'endpoint-set', DTLS | dict(keys=NEW_KEYS, security='none'), None),
    ('keys and release', 'endpoint-set', DTLS | dict(keys=NEW_KEYS, release='abort'), None),
    ('keys with the endpoint', 'endpoint-new', NEW | dict(keys=NEW_KEYS, security='dtls'), None),
    ('keys of another cipher', 'endpoint-set', DTLS | dict(keys=NEW_KEYS | {'cipher': 'aes-256-gcm'}), None),
    ('keys that were there', 'endpoint-set', DTLS | dict(keys=hostile.KEYS | {'generation': 6}),
     errno.EKEYREJECTED),
    ('generation that is gone', 'endpoint-set', DTLS | dict(keys=NEW_KEYS | {'generation': 4}), None),
    ('epoch that is there', 'endpoint-set', DTLS | dict(keys=NEW_KEYS | {'generation': 5, 'epoch': 2}),
     errno.EEXIST),
    ('numbers of a plain endpoint', 'seq-reserve', RESERVE | ONE, errno.ENOENT),
    ('numbers of no endpoint', 'seq-reserve', RESERVE | dict(context=9), errno.ENOENT),
    ('numbers of other keys', 'seq-reserve', RESERVE | dict(generation=4), errno.ENOENT),
    ('numbers of another epoch', 'seq-reserve', RESERVE | dict(epoch=1), errno.ENOENT),
]
for text, ip in (('loopback', '127.0.0.1'), ('loopback', '127.255.0.9'), ('multicast', '224.0.0.1'),
                 ('multicast', '239.255.255.255'), ('broadcast', '255.255.255.255'),
                 ('broadcast of a subnet', '10.1.0.255')):
    SENSE.append((f'remote {text} {ip}', 'endpoint-set', ONE | dict(remote=genl.addr(ip, 5)), None))
for text, ip in (('loopback', '::1'), ('multicast', 'ff02::1'), ('mapped', '::ffff:10.1.0.1')):
    SENSE.append((f'remote {text} {ip}', 'endpoint-set',
                  dict(context=1, termination=1, stream=3, remote=genl.addr(ip, 5)), None))
SENSE.append(('remote of another family', 'endpoint-set', ONE | dict(remote=genl.addr('fd00::9', 5)),
              None))
for text, ip in (('any', '0.0.0.0'), ('any', '::'), ('multicast', '224.0.0.1'),
                 ('multicast', 'ff02::1'), ('broadcast', '255.255.255.255')):
    SENSE.append((f'local {text} {ip}', 'endpoint-new', NEW | dict(local=genl.addr(ip, 20901)), None))


def refuse_sense(h):
    for text, op, values, error in SENSE:
        h.refused(f'{op}: {text}', op, values, error, group='makes no sense')
    now = h.k.get('stats-get')
    h.k.do('limits-set', max_contexts=now['contexts'], max_endpoints=now['endpoints'])
    h.before = h.snapshot()
    for op, values in (('context-new', dict(id=901)), ('endpoint-new', NEW)):
        h.refused(f'{op}: limit reached', op, values, errno.ENOSPC, group='makes no sense')
    h.restore()
    h.report_all()


def refuse_headers(h):
    """What generic netlink itself refuses, without a text, and dumps with bad attributes."""
    k, group = h.k, 'no such command or dump'
    for cmd in 0, len(k.spec.ops), len(k.spec.ops) + 1, 255:
        h.attack(f'command {cmd}', cmd, b'', group, text=False)
    for op in k.spec.ops.values():
        if 'dump' not in op:
            h.attack(f'dump of {op["name"]}', op['number'], b'', group, genl.NLM_F_DUMP,
                     text=False)
    op = k.spec.ops['context-get']
    for flags, payload in ((genl.NLM_F_DUMP, genl.attr(99, bytes(4))),
                           (genl.NLM_F_DUMP, genl.attr(2, b'\1')),
                           (genl.NLM_F_DUMP, b'\0')):
        h.attack('context-get: bad attributes of a dump', op['number'], payload, group, flags)
    op = k.spec.ops['endpoint-get']
    for payload in (genl.attr(2, bytes(4)), genl.attr(2, b'\1'), genl.attr(5, bytes(1)),
                    k.spec.encode('ep', MEDIA),
                    genl.nest(2, bytes(4)), b'\0\0'):
        h.attack('endpoint-get: bad attributes of a dump', op['number'], payload, group,
                 genl.NLM_F_DUMP)
    h.report_all()


def refuse_lengths(t, h):
    """Messages whose header lies. The kernel answers some of them not at all; it must stay well."""
    k = h.k
    before = h.snapshot()
    whole = k.message(k.spec.ops['context-del']['number'], k.spec.encode('ctx', dict(id=1)),
                      genl.NLM_F_ACK)
    for size in range(0, len(whole)):
        k.send(struct.pack('=I', size) + whole[4:])
        k.send(whole[:size] if size else b'\0')
    for size in len(whole) + 1, 0xffff, 0x7fffffff, 0xffffffff:
        k.send(struct.pack('=I', size) + whole[4:])
    k.close()
    h.k = genl.Kmgw()
    t.equal(h.snapshot(), before, 'message lengths that lie change nothing')


def granted(t, h, op, values):
    """A spoilt request proves nothing unless it would have been granted unspoilt."""
    try:
        h.k.request(op, values)
        t.ok(True, f'{op} is granted as it should be')
    except genl.Refused as e:
        t.ok(False, f'{op} is granted as it should be', f'{values}: {e}')
    h.restore()


def main():
    with ktap.Test() as t:
        h = hostile.Hostile(t)
        for op, values, required in VALID:
            granted(t, h, op, values)
            b = Builder(h.k.spec, op, values, required)
            for kind, text, payload in attacks(b):
                h.attack(f'{op}: {text}', b.op['number'], payload, group=kind)
        h.report_all()
        refuse_sense(h)
        refuse_headers(h)
        refuse_lengths(t, h)
        h.finish()


main()
