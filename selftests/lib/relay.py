# SPDX-License-Identifier: GPL-2.0-only
"""The bed of the datagram tests: a terminal, a gateway and a core, and endpoints between them.

    ue  10.1.0.2, fd00:1::2 --- 10.1.0.1, fd00:1::1  gw  10.2.0.1, fd00:2::1 --- 10.2.0.2, fd00:2::2  core

    with relay.Bed() as bed:
        a, b = bed.stream(4, 6)                 # access side IPv4, core side IPv6
        bed.ue.send(a.datagram(b'hello'))       # octet by octet, from the terminal
        got = bed.core.receive()                # a packet.Packet, as it is on the wire

Devices do no checksum, segmentation or aggregation for the stack, so that what is on the wire is
what was written. Addresses are resolved once and for all.
"""

import contextlib
import fcntl
import select
import socket
import struct
import time

import genl
import ktap
import net
import packet

ADDR = {4: {'ue': '10.1.0.2', 'access': '10.1.0.1', 'core': '10.2.0.1', 'far': '10.2.0.2'},
        6: {'ue': 'fd00:1::2', 'access': 'fd00:1::1', 'core': 'fd00:2::1', 'far': 'fd00:2::2'}}
MAC = {'u0': '02:00:00:00:01:02', 'g0': '02:00:00:00:01:01', 'g1': '02:00:00:00:02:01',
       'c0': '02:00:00:00:02:02'}
HUSH = """table inet hush {
    chain out {
        type filter hook output priority 0; policy accept;
        icmp type destination-unreachable drop
        icmpv6 type destination-unreachable drop
    }
}"""
OFFLOADS = 'rx tx sg tso gso gro'

SIOCETHTOOL, SIOCGIFINDEX = 0x8946, 0x8933
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35


class Port:
    """A device of a host, to send packets by and see those that come."""

    def __init__(self, ns, dev, mac, gateway):
        self.ns = ns
        self.dev = dev
        self.sock = ns.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind((dev, 3))
        self.head = bytes.fromhex((gateway + mac).replace(':', ''))

    def send(self, data, dest=None):
        """An IP packet; dest: another link-layer address than the gateway's."""
        head = bytes.fromhex(dest.replace(':', '')) + self.head[6:] if dest else self.head
        kind = packet.ETH_P_IP if data[0] >> 4 == 4 else packet.ETH_P_IPV6
        self.sock.send(head + struct.pack('!H', kind) + data)

    def packets(self, seconds):
        end = time.monotonic() + seconds * ktap.SLOW
        while True:
            left = end - time.monotonic()
            if not select.select([self.sock], [], [], max(0, left))[0]:
                return
            data, ((_, _, stamp),), _, _ = self.sock.recvmsg(1 << 16, 64)
            p = packet.read(data[14:])
            if p:
                sec, nsec = struct.unpack('qq', stamp)
                p.time = sec + nsec / 1e9
                yield p

    def receive(self, wanted=lambda p: p.proto == packet.IPPROTO_UDP, seconds=10):
        """The next packet that is wanted; TimeoutError."""
        for p in self.packets(seconds):
            if wanted(p):
                return p
        raise TimeoutError(f'no such packet on {self.dev} within {seconds} s')

    def collect(self, count, wanted=lambda p: p.proto == packet.IPPROTO_UDP):
        """
        So many packets, and more if there are. What the gateway has counted as sent may not be here yet:
        a kernel that is busy leaves it to a thread.
        """
        found = []
        for p in self.packets(10) if count else ():
            found += [p] if wanted(p) else []
            if len(found) == count:
                break
        return found + self.drain(wanted)

    def drain(self, wanted=lambda p: p.proto == packet.IPPROTO_UDP):
        """What has come until now."""
        return [p for p in self.packets(0) if wanted(p)]


class End:
    """An endpoint and its far end."""

    def __init__(self, bed, name, local, lport, far, fport):
        self.bed = bed
        self.name = name
        self.local, self.lport, self.far, self.fport = local, lport, far, fport

    def datagram(self, payload=b'x', **kw):
        """What the far end sends to the endpoint."""
        kw = {'src': self.far, 'sport': self.fport, **kw}
        return packet.datagram(kw.pop('src'), kw.pop('sport'), self.local, self.lport, payload, **kw)

    def set(self, **values):
        self.bed.k.do('endpoint-set', **self.name, **values)

    def get(self):
        return self.bed.k.get('endpoint-get', **self.name)

    def drops(self):
        return {d['reason']: d['count'] for d in self.get().get('drop', [])}

    def stats(self):
        return self.get()['stats']


class Bed:
    def __init__(self, offloads=False):
        self.t = ktap.Test()
        self.offloads = offloads
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        t = self.stack.enter_context(self.t)
        self.names = t.netns('ue', 'gw', 'core')
        self.ns_ue, self.ns_gw, self.ns_core = (net.Namespace(n) for n in self.names)
        for near, dev1, net1, far, dev2, net2 in (
                ('ue', 'u0', 1, 'access', 'g0', 1), ('far', 'c0', 2, 'core', 'g1', 2)):
            one = self.names[0] if near == 'ue' else self.names[2]
            t.veth(one, dev1, [ADDR[4][near] + '/24', ADDR[6][near] + '/64'],
                   self.names[1], dev2, [ADDR[4][far] + '/24', ADDR[6][far] + '/64'])
        self.devices = (('ue', 'u0'), ('gw', 'g0'), ('gw', 'g1'), ('core', 'c0'))
        for host, dev in self.devices:
            ns = dict(zip(('ue', 'gw', 'core'), self.names))[host]
            t.run(['ip', '-n', ns, 'link', 'set', dev, 'address', MAC[dev]])
            if not self.offloads:
                t.run(['ethtool', '-K', dev, *' '.join(f'{o} off' for o in OFFLOADS.split())
                       .split()], ns=ns)
        self.neighbours(self.names[0], 'u0', 'access', 'g0')
        self.neighbours(self.names[1], 'g0', 'ue', 'u0')
        self.neighbours(self.names[1], 'g1', 'far', 'c0')
        self.neighbours(self.names[2], 'c0', 'core', 'g1')
        for ns in self.names[0], self.names[2]:
            t.run(['nft', '-f', '-'], ns=ns, input=HUSH)
        self.ue = Port(self.ns_ue, 'u0', MAC['u0'], MAC['g0'])
        self.core = Port(self.ns_core, 'c0', MAC['c0'], MAC['g1'])
        self.k = self.kmgw()
        self.last = 0
        return self

    def __exit__(self, *exc):
        return self.stack.__exit__(*exc)

    def neighbours(self, ns, dev, host, owner):
        for family in ADDR:
            self.t.run(['ip', '-n', ns, 'neigh', 'replace', ADDR[family][host], 'lladdr',
                        MAC[owner], 'dev', dev, 'nud', 'permanent'])

    def heard(self):
        """Let the hosts say that nobody listens on a port."""
        for ns in self.names[0], self.names[2]:
            self.t.run(['nft', 'delete', 'table', 'inet', 'hush'], ns=ns)

    def kmgw(self, **kw):
        """Another connection to the module, for the gateway's namespace."""
        with self.ns_gw.entered():
            return genl.Kmgw(**kw)

    def ifindex(self, dev):
        with self.ns_gw.socket() as s:
            return struct.unpack_from('i', fcntl.ioctl(
                s.fileno(), SIOCGIFINDEX, struct.pack('16si16x', dev.encode(), 0)), 16)[0]

    def endpoint(self, termination, local, lport, far, fport, context, stream=1, **values):
        name = {'context': context, 'termination': termination, 'stream': stream}
        self.k.do('endpoint-new', **name, l4='udp', local=genl.addr(local, lport),
                  **{'remote': genl.addr(far, fport), **values})
        return End(self, name, local, lport, far, fport)

    def stream(self, family1=4, family2=4, one=None, two=None):
        """A context with a stream from the terminal to the core; its two ends."""
        self.last += 1
        n = self.last
        self.k.do('context-new', id=n)
        a, b = ADDR[family1], ADDR[family2]
        return (self.endpoint(1, a['access'], 20000 + n, a['ue'], 5000 + n, n, **(one or {})),
                self.endpoint(2, b['core'], 21000 + n, b['far'], 6000 + n, n, **(two or {})))

    def stack_believes_all(self):
        """Does the gateway's own stack note every MTU that ICMPv6 names, whoever sent the datagram?

        For IPv4 it does; for IPv6 it does in newer kernels, 6.12.117 among them, which look for no
        socket any more. There nothing shows that the module would not have noted it.
        """
        a = ADDR[6]
        nobody = 'fd00:2::99'
        quoted = packet.datagram(a['core'], 9, nobody, 9, b'x')
        self.core.send(packet.icmp(a['far'], a['core'], 2, 0, 1280, quoted))
        # one after the other: what is answered comes after what is not
        self.core.send(packet.icmp(a['far'], a['core'], 128, 0, 1, b'are you there?'))
        self.core.receive(lambda p: p.proto == packet.IPPROTO_ICMPV6 and p.body[0] == 129)
        route = self.t.run(['ip', '-6', 'route', 'get', nobody], ns=self.names[1]).stdout
        self.t.diag(f'this stack {"notes" if "mtu 1280" in route else "does not note"} '
                    'the MTU for datagrams of nobody')
        return 'mtu 1280' in route

    def settled(self, ends, packets):
        """Wait until so many datagrams have been received on these endpoints."""
        self.t.wait_for(10, lambda: sum(e.stats()['rx-packets'] for e in ends) >= packets,
                        f'{packets} datagrams to be counted')
