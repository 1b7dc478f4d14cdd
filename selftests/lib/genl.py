# SPDX-License-Identifier: GPL-2.0-only
"""The module's netlink protocol for tests, raw, driven by uapi/kmgw.yaml.

    k = genl.Kmgw()                         # the network namespace of the caller
    k.do('context-new', id=1, userdata=b'call 7')
    k.do('endpoint-new', context=1, termination=1, stream=1, l4='udp',
         local=genl.addr('10.1.0.1', 20000))
    k.get('endpoint-get', context=1, termination=1, stream=1)   # a dict
    k.dump('endpoint-get', context=1)                           # a list of dicts
    k.subscribe(); k.event(5)

A refusal raises Refused, with errno and what the extended ack says. To send what a decent client
never would: attr() and nest() make attributes from octets, k.send() takes any payload.
"""

import ipaddress
import os
import socket
import struct

import yaml

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11

NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_ECHO, NLM_F_DUMP_INTR = 0x1, 0x2, 0x4, 0x8, 0x10
NLM_F_DUMP = 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE = 1, 2, 3
NLA_F_NESTED, NLA_F_NET_BYTEORDER = 0x8000, 0x4000
NLA_TYPE_MASK = 0x3fff

EXT_MSG, EXT_OFFS, EXT_COOKIE, EXT_POLICY, EXT_MISS_TYPE, EXT_MISS_NEST = range(1, 7)

GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_FAMILY_ID, CTRL_FAMILY_NAME, CTRL_MCAST_GROUPS = 1, 2, 7
CTRL_MCAST_NAME, CTRL_MCAST_ID = 1, 2

INTEGERS = {'u8': 'B', 'u16': 'H', 'u32': 'I', 'u64': 'Q', 's32': 'i'}


class Refused(OSError):
    """The kernel said no. msg, offs, miss: the extended ack, as far as it was given."""

    def __init__(self, error, tlvs):
        self.msg = tlvs.get(EXT_MSG, b'').rstrip(b'\0').decode()
        self.offs = int.from_bytes(tlvs.get(EXT_OFFS, b''), 'little')
        self.miss = int.from_bytes(tlvs.get(EXT_MISS_TYPE, b''), 'little')
        super().__init__(error, f'{os.strerror(error)}: {self.msg or "(no text)"}')


class Attr:
    def __init__(self, value, spec, enums):
        self.value = value
        self.name = spec['name']
        self.type = spec['type']
        self.multi = spec.get('multi-attr', False)
        self.big = spec.get('byte-order') == 'big-endian'
        self.nest = spec.get('nested-attributes')
        self.checks = spec.get('checks', {})
        self.enum = enums.get(spec.get('enum'))


class Spec:
    """uapi/kmgw.yaml, with names as keys."""

    def __init__(self, path=os.path.join(TREE, 'uapi', 'kmgw.yaml')):
        with open(path, encoding='utf-8') as f:
            raw = yaml.safe_load(f)
        self.consts, self.enums = {}, {}
        for d in raw['definitions']:
            if d['type'] == 'const':
                self.consts[d['name']] = d['value']
            else:
                self.enums[d['name']] = self.numbered(d['entries'], d.get('value-start', 0))
        self.sets = {s['name']: [Attr(n, a, self.enums) for n, a in enumerate(s['attributes'], 1)]
                     for s in raw['attribute-sets']}
        ops = raw['operations']['list']
        self.ops = {}
        for number, op in enumerate(ops, ops[0]['value']):
            op['number'] = number
            self.ops[op['name']] = op

    @staticmethod
    def numbered(entries, value):
        out = {}
        for entry in entries:
            if isinstance(entry, dict):
                value = entry.get('value', value)
                entry = entry['name']
            out[entry] = value
            value += 1
        return out

    def attr(self, kind, name):
        name = name.replace('_', '-')
        return next(a for a in self.sets[kind] if a.name == name)

    def check(self, attr, which):
        """The limit of an attribute as a number, or None."""
        value = attr.checks.get(which)
        return self.consts.get(value, value)

    def encode(self, kind, values):
        """Octets of the attributes in values: a dict or a list of pairs. bytes stand as they are.

        A list is several attributes, where there may be several.
        """
        out = b''
        for name, value in values.items() if isinstance(values, dict) else values:
            a = self.attr(kind, name)
            if a.multi and isinstance(value, list):
                out += self.encode(kind, [(name, one) for one in value])
            elif a.type == 'nest':
                value = value if isinstance(value, bytes) else self.encode(a.nest, value)
                out += nest(a.value, value)
            else:
                out += attr(a.value, self.value(a, value))
        return out

    @staticmethod
    def value(a, value):
        if isinstance(value, bytes):
            return value
        if a.type in INTEGERS:
            if isinstance(value, str):
                value = a.enum[value]
            return struct.pack(('>' if a.big else '=') + INTEGERS[a.type], value)
        if a.type == 'flag':
            return b''
        raise TypeError(f'{a.name}: {value!r}')

    def decode(self, kind, data):
        out = {}
        known = {a.value: a for a in self.sets[kind]}
        for number, value in attrs(data):
            a = known.get(number & NLA_TYPE_MASK)
            if not a:
                out.setdefault('unknown', []).append((number, value))
                continue
            if a.type == 'pad':
                continue
            if a.type == 'nest':
                value = self.decode(a.nest, value)
            elif a.type == 'flag':
                value = True
            elif a.type in INTEGERS:
                value, = struct.unpack(('>' if a.big else '=') + INTEGERS[a.type], value)
                if a.enum:
                    value = next((k for k, v in a.enum.items() if v == value), value)
            elif a.name in ('ipv4', 'ipv6'):
                value = str(ipaddress.ip_address(value))
            if a.multi:
                out.setdefault(a.name, []).append(value)
            else:
                out[a.name] = value
        return out


def align(n):
    return (n + 3) & ~3


def attr(number, value=b''):
    """One attribute; the length may be a lie only through raw octets."""
    size = 4 + len(value)
    return struct.pack('=HH', size, number) + value + bytes(align(size) - size)


def nest(number, value=b''):
    return attr(number | NLA_F_NESTED, value)


def attrs(data):
    """(type with flags, value) of each attribute."""
    at = 0
    while at + 4 <= len(data):
        size, number = struct.unpack_from('=HH', data, at)
        if size < 4 or at + size > len(data):
            raise ValueError(f'attribute of {size} octets at {at} of {len(data)}')
        yield number, data[at + 4:at + size]
        at += align(size)


def addr(ip, port):
    """Value for local and remote."""
    ip = ipaddress.ip_address(ip)
    return {f'ipv{ip.version}': ip.packed, 'port': port}


class Kmgw:
    def __init__(self, rcvbuf=0, size=1 << 17):
        self.spec = Spec()
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.bind((0, 0))
        self.sock.settimeout(30)
        self.seq = 0
        self.size = size
        self.intr = False
        self.group = 0
        self.family = GENL_ID_CTRL
        self.family = self.resolve()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def resolve(self):
        reply, = self.transact(CTRL_CMD_GETFAMILY, attr(CTRL_FAMILY_NAME, b'kmgw\0'))
        found = dict(attrs(reply[4:]))
        for _, group in attrs(found[CTRL_MCAST_GROUPS]):
            group = dict(attrs(group))
            if group[CTRL_MCAST_NAME] == b'events\0':
                self.group, = struct.unpack('=I', group[CTRL_MCAST_ID])
        return struct.unpack('=H', found[CTRL_FAMILY_ID])[0]

    # octets

    def message(self, cmd, payload, flags, version=1):
        self.seq += 1
        body = struct.pack('=BBH', cmd, version, 0) + payload
        return struct.pack('=IHHII', 16 + len(body), self.family, NLM_F_REQUEST | flags, self.seq,
                           0) + body

    def send(self, data):
        """Any octets at all, to the kernel."""
        self.sock.sendto(data, (0, 0))

    def receive(self):
        """(type, flags, seq, payload) of every message in the next datagram."""
        data = self.sock.recv(self.size)
        at = 0
        while at + 16 <= len(data):
            size, kind, flags, seq, _ = struct.unpack_from('=IHHII', data, at)
            yield kind, flags, seq, data[at + 16:at + size]
            at += align(size)

    def transact(self, cmd, payload=b'', flags=0, version=1):
        """Send one request and return the payloads (genl header first) of the answer."""
        self.send(self.message(cmd, payload, flags | NLM_F_ACK, version))
        return self.collect(self.seq)

    def collect(self, wanted):
        replies = []
        self.intr = False
        while True:
            for kind, flags, seq, payload in self.receive():
                if seq != wanted:
                    continue
                self.intr |= bool(flags & NLM_F_DUMP_INTR)
                if kind == NLMSG_ERROR:
                    error, = struct.unpack_from('=i', payload)
                    if error:
                        raise self.refused(error, flags, payload)
                    return replies
                if kind == NLMSG_DONE:
                    error = struct.unpack_from('=i', payload)[0] if len(payload) >= 4 else 0
                    if error < 0:
                        tlvs = dict(attrs(payload[4:])) if flags & NLM_F_ACK_TLVS else {}
                        raise Refused(-error, tlvs)
                    return replies
                if kind != NLMSG_NOOP:
                    replies.append(payload)

    @staticmethod
    def refused(error, flags, payload):
        tlvs = {}
        if flags & NLM_F_ACK_TLVS:
            size, = struct.unpack_from('=I', payload, 4)
            tlvs = dict(attrs(payload[20 if flags & NLM_F_CAPPED else 4 + align(size):]))
        return Refused(-error, tlvs)

    # names

    def request(self, op, values, flags=0):
        op = self.spec.ops[op]
        payload = self.spec.encode(op['attribute-set'], values)
        return [self.spec.decode(op['attribute-set'], r[4:])
                for r in self.transact(op['number'], payload, flags)]

    def do(self, op, flags=0, **values):
        return self.request(op, values, flags)

    def get(self, op, **values):
        reply, = self.request(op, values)
        return reply

    def dump(self, op, **values):
        """All objects; once more as long as the kernel says that they changed meanwhile."""
        for _ in range(50):
            replies = self.request(op, values, NLM_F_DUMP)
            if not self.intr:
                return replies
        raise TimeoutError(f'{op}: the dump was never consistent')

    def subscribe(self):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.group)

    def event(self, timeout):
        """The next event; TimeoutError if there is none. Use a socket of its own for events."""
        self.sock.settimeout(timeout)
        try:
            for kind, _, _, payload in self.receive():
                if kind == self.family:
                    return self.spec.decode('ev', payload[4:])
        except socket.timeout:
            pass
        raise TimeoutError(f'no event in {timeout} s')
