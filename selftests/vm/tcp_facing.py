#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""TCP of contexts that face each other, and of customers in VRFs of their own with the same addresses.

    ue -- context -- context -- core        relay and relay, relay and merge
    ue -- context, which is its own far end
    red 10.9.0.2 -- 10.9.0.1 VRF red \\
                                       gw -- core      relay and merge, the same port in both
    blue 10.9.0.2 -- 10.9.0.1 VRF blue /
"""

import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import net  # noqa: E402
import relay  # noqa: E402
import tcp  # noqa: E402

OCTETS = 200000 // ktap.SLOW
UE, GW, PORT = '10.9.0.2', '10.9.0.1', 20999
FAMILY = tcp.FAMILY


def transfer(t, one, two, name):
    """Other octets each way, both to the end; how many each sent."""
    first, second = tcp.Stream(one, OCTETS), tcp.Stream(two, OCTETS // 2)
    first.finish()
    second.finish()
    t.equal((first.got.hexdigest(), second.got.hexdigest(), first.error, second.error),
            (second.sent.hexdigest(), first.sent.hexdigest(), None, None), f'{name}: data both ways')
    return OCTETS, OCTETS // 2


def dial(ns, address, port, source=None):
    """A connection that is about to be made."""
    sock = ns.socket(FAMILY[6 if ':' in address else 4])
    if source:
        sock.bind(source)
    sock.setblocking(False)
    sock.connect_ex((address, port))
    return sock


def connected(t, sock):
    def is_up():
        try:
            sock.getpeername()
            return True
        except OSError:
            return False
    t.wait_for(20, is_up, 'the connection')
    sock.settimeout(60 * ktap.SLOW)
    return sock


def listening(bed, address, port):
    server = bed.ns_core.socket(FAMILY[6 if ':' in address else 4])
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, port))
    server.listen(4)
    server.settimeout(20 * ktap.SLOW)
    return server


def accepted(server):
    peer, _ = server.accept()
    peer.settimeout(60 * ktap.SLOW)
    return peer


def facing(bed, f1, f2, second):
    """The core side of one context is the far end of the other's, and the other way round."""
    t = bed.t
    outer, inner = relay.ADDR[f1], relay.ADDR[f2]['core']
    n = bed.last + 1
    bed.last += 2
    for m in n, n + 1:
        bed.k.do('context-new', id=m)
    a = bed.tcp_endpoint(1, outer['access'], 20000 + n, outer['ue'], 0, n, plane='relay')
    b = bed.tcp_endpoint(2, inner, 21000 + n, inner, 21001 + n, n, plane='relay')
    c = bed.tcp_endpoint(1, inner, 21001 + n, inner, 21000 + n, n + 1, plane=second)
    d = bed.tcp_endpoint(2, outer['core'], 22000 + n, outer['far'],
                         6000 + n if second == 'relay' else 0, n + 1, plane=second)
    name = f'IPv{f1} - IPv{f2} - IPv{f1}, relay and {second}'
    server = listening(bed, outer['far'], 6000 + n) if second == 'relay' else None
    client = dial(bed.ns_ue, a.local, a.lport)
    if server:
        far = accepted(server)
        server.close()
    else:
        t.wait_for(10, lambda: c.phase().get('phase') == 'half', 'the SYN through the first')
        far = connected(t, dial(bed.ns_core, d.local, d.lport))
    connected(t, client)
    out, back = transfer(t, client, far, name)
    for end in a, b, c, d:
        bed.in_state(end, 'released', 'peer-closed', f'{name}: {end.name} is over')
    t.equal([(e.stats()['rx-octets'], e.stats()['tx-octets']) for e in (a, b, c, d)],
            [(out, back), (back, out)] * 2, f'{name}: each counted it')
    t.equal([e.drops().get('ttl') for e in (a, b, c, d)], [None] * 4, f'{name}: none died out')
    client.close()
    far.close()


def own_far_end(bed):
    """A context that faces itself: what it sends is not from whom it has latched."""
    t = bed.t
    near, core = relay.ADDR[4]['access'], relay.ADDR[4]['core']
    a, b = bed.flow('relay', one={'remote': None})
    b.set(remote=genl.addr(near, a.lport))
    client = dial(bed.ns_ue, a.local, a.lport)
    t.wait_for(10, lambda: a.drops().get('latch', 0) >= 1, 'the SYN to come back')
    client.close()
    bed.k.do('context-del', id=a.name['context'])
    # nor when both ends say that it may come from there
    a, b = bed.flow('relay', one={'remote': genl.addr(core, 0)})
    b.set(remote=genl.addr(near, a.lport))
    bed.ue.send(a.segment('S', seq=1))
    bed.dropped(a, 'latch', 1, 'its own far end: no stranger comes in')
    t.equal(sum(e.stats()['tx-packets'] for e in (a, b)), 0, 'its own far end: nothing goes round')


def customers(bed):
    """Namespaces red and blue behind VRFs of their own, as the kernel's manual for VRFs wants it."""
    t, gw = bed.t, bed.names[1]
    t.run(['ip', '-n', gw, 'rule', 'add', 'pref', '32765', 'table', 'local'])
    t.run(['ip', '-n', gw, 'rule', 'del', 'pref', '0'])
    spaces = []
    for n, ns in enumerate(t.netns('red', 'blue')):
        vrf, dev = f'vrf{n}', f'acc{n}'
        t.run(['ip', '-n', gw, 'link', 'add', vrf, 'type', 'vrf', 'table', str(101 + n)])
        t.run(['ip', '-n', gw, 'link', 'set', vrf, 'up'])
        t.veth(ns, 'eth0', [f'{UE}/24'], gw, dev, [])
        t.run(['ip', '-n', gw, 'link', 'set', dev, 'master', vrf])
        t.run(['ip', '-n', gw, 'addr', 'add', f'{GW}/24', 'dev', dev])
        spaces.append((net.Namespace(ns), bed.ifindex(vrf)))
    return spaces


def overlapping(bed, spaces, plane):
    """Both have the same address, and the gateway's ends have the same address and port."""
    t = bed.t
    far = relay.ADDR[4]['far']
    flows = []
    for ns, vrf in spaces:
        bed.last += 1
        n = bed.last
        bed.k.do('context-new', id=n)
        a = bed.tcp_endpoint(1, GW, PORT, UE, 0, n, plane=plane, vrf=vrf)
        b = bed.tcp_endpoint(2, relay.ADDR[4]['core'], 21000 + n, far,
                             6000 + n if plane == 'relay' else 0, n, plane=plane)
        flows.append((ns, a, b, listening(bed, far, 6000 + n) if plane == 'relay' else None))
    ends = []
    for ns, a, b, server in flows:
        # from the same port, too
        client = dial(ns, GW, PORT, (UE, 5555 if plane == 'relay' else 5556))
        peer = accepted(server) if server else connected(t, dial(bed.ns_core, b.local, b.lport))
        ends.append((connected(t, client), peer))
    for n, ((_, a, b, server), (client, peer)) in enumerate(zip(flows, ends)):
        name = f'customer {n}, {plane}'
        out, back = transfer(t, client, peer, name)
        t.equal([(e.stats()['rx-octets'], e.stats()['tx-octets']) for e in (a, b)],
                [(out, back), (back, out)], f'{name}: its octets and no others')
        for sock in client, peer, *([server] if server else []):
            sock.close()
    for _, a, _, _ in flows:
        bed.in_state(a, 'released', 'peer-closed', f'{plane}: over')
        bed.k.do('context-del', id=a.name['context'])


with tcp.Bed() as the_bed:
    for families in (4, 4), (6, 6), (4, 6), (6, 4):
        for the_plane in 'relay', 'merge':
            facing(the_bed, *families, the_plane)
    own_far_end(the_bed)
    the_spaces = customers(the_bed)
    for the_plane in 'relay', 'merge':
        overlapping(the_bed, the_spaces, the_plane)
