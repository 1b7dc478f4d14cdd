#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 150
# kernels: vm debug new
"""Realms told apart by VRF, and realms on a bridge."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import net  # noqa: E402
import packet  # noqa: E402
import relay  # noqa: E402


def another_terminal(bed, name, dev, vrf):
    """A second terminal with the addresses of the first, behind a device in a VRF."""
    t = bed.t
    ns, = t.netns(name)
    gw = bed.names[1]
    t.run(['ip', '-n', gw, 'link', 'add', vrf, 'type', 'vrf', 'table', '77'])
    # as the kernel's manual for VRFs wants it: a VRF's own addresses come first
    for f in '-4', '-6':
        t.run(['ip', f, '-n', gw, 'rule', 'add', 'pref', '32765', 'table', 'local'])
        t.run(['ip', f, '-n', gw, 'rule', 'del', 'pref', '0'])
    t.run(['ip', '-n', gw, 'link', 'set', vrf, 'up'])
    t.run(['ip', '-n', ns, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', dev, 'netns', gw])
    t.run(['ip', '-n', gw, 'link', 'set', dev, 'master', vrf])
    for where, link, host in ((ns, 'v0', 'ue'), (gw, dev, 'access')):
        t.run(['ethtool', '-K', link, *' '.join(f'{o} off' for o in relay.OFFLOADS.split())
               .split()], ns=where)
        t.run(['ip', '-n', where, 'link', 'set', link, 'address',
               relay.MAC['u0' if host == 'ue' else 'g0']])
        for f, size in (4, 24), (6, 64):
            t.run(['ip', '-n', where, 'addr', 'add', f'{relay.ADDR[f][host]}/{size}', 'dev', link])
        t.run(['ip', '-n', where, 'link', 'set', link, 'up'])
    bed.neighbours(gw, dev, 'ue', 'u0')
    return relay.Port(net.Namespace(ns), 'v0', relay.MAC['u0'], relay.MAC['g0'])


def vrf(bed):
    """The same address and port twice, in and out of a VRF."""
    t = bed.t
    other = another_terminal(bed, 'vue', 'g2', 'red')
    red = bed.ifindex('red')
    for f in 4, 6:
        addr = relay.ADDR[f]
        for n in 100 + f, 200 + f:
            bed.k.do('context-new', id=n)
        plain = bed.endpoint(1, addr['access'], 20900, addr['ue'], 5900, 100 + f)
        bed.endpoint(2, addr['core'], 21900, addr['far'], 6900, 100 + f)
        within = bed.endpoint(1, addr['access'], 20900, addr['ue'], 5900, 200 + f, vrf=red)
        bed.endpoint(2, addr['core'], 21901, addr['far'], 6901, 200 + f)
        bed.ue.send(plain.datagram(b'outside'))
        t.equal(bed.core.receive().sport, 21900, f'IPv{f}: outside')
        other.send(within.datagram(b'inside'))
        t.equal(bed.core.receive().sport, 21901, f'IPv{f}: inside')
        for local, far, port, wrong in ((21900, 6900, bed.ue, other), (21901, 6901, other, bed.ue)):
            bed.core.send(packet.datagram(addr['far'], far, addr['core'], local, b'back'))
            got = port.receive()
            t.equal((got.src, got.payload, got.check_ok), (addr['access'], b'back', True),
                    f'IPv{f}: back from {local}')
            t.equal(wrong.drain(), [], f'IPv{f}: and only there')
    # hairpin inside
    a4 = relay.ADDR[4]
    bed.k.do('context-new', id=300)
    bed.k.do('context-new', id=301)
    one = bed.endpoint(1, a4['access'], 20910, a4['ue'], 5910, 300, vrf=red)
    bed.endpoint(2, a4['access'], 20911, a4['access'], 20912, 300, vrf=red)
    bed.endpoint(1, a4['access'], 20912, a4['access'], 20911, 301, vrf=red)
    bed.endpoint(2, a4['access'], 20913, a4['ue'], 5913, 301, vrf=red)
    other.send(one.datagram(b'round'))
    got = other.receive()
    t.equal((got.payload, got.sport, got.dport, got.ttl), (b'round', 20913, 5913, 62),
            'hairpin inside a VRF')
    for what, values in (('a device outside of the VRF', {'vrf': red, 'ifindex': bed.ifindex('g0')}),
                         ('a device inside of one', {'ifindex': bed.ifindex('g2')}),
                         ('a VRF that is none', {'vrf': bed.ifindex('g0')})):
        try:
            bed.endpoint(9, a4['access'], 20950, a4['ue'], 5900, 300, stream=9, **values)
            t.ok(False, f'{what} is refused')
        except genl.Refused as e:
            t.ok(e.msg, f'{what} is refused: {e.msg}')


def bridge(bed):
    """A realm on a bridge, with and without netfilter on bridges."""
    t = bed.t
    gw = bed.names[1]
    t.run(['ip', '-n', gw, 'addr', 'flush', 'dev', 'g0'])
    t.run(['ip', '-n', gw, 'link', 'add', 'br0', 'type', 'bridge'])
    t.run(['ip', '-n', gw, 'link', 'set', 'br0', 'address', relay.MAC['g1'].replace('02:01', '02:09')])
    t.run(['ip', '-n', gw, 'link', 'set', 'g0', 'master', 'br0'])
    t.run(['ip', '-n', gw, 'addr', 'add', '10.1.0.1/24', 'dev', 'br0'])
    t.run(['ip', '-n', gw, 'link', 'set', 'br0', 'up'])
    bed.neighbours(gw, 'br0', 'ue', 'u0')
    mac = relay.MAC['g1'].replace('02:01', '02:09')
    a, b = bed.stream(4, 4)

    def relayed(name):
        bed.ue.send(a.datagram(b'over the bridge'), dest=mac)
        t.equal(bed.core.receive().payload, b'over the bridge', name)
        bed.core.send(b.datagram(b'and back'))
        t.equal(bed.ue.receive().payload, b'and back', f'{name}, back')
    relayed('realm on a bridge')
    t.run(['modprobe', 'br_netfilter'])
    t.run(['sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1'], ns=gw)
    relayed('with netfilter on bridges')
    before = a.stats()['rx-packets']
    bed.ue.send(a.datagram(b'to somebody else'), dest='02:00:00:00:99:99')
    bed.ue.send(a.datagram(b'to the bridge'), dest=mac)
    t.equal(bed.core.receive().payload, b'to the bridge', 'frames for others are not taken')
    t.equal(a.stats()['rx-packets'] - before, 1, 'nor counted')


with relay.Bed() as the_bed:
    vrf(the_bed)
    bridge(the_bed)
