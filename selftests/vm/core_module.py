#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
# debug: first
"""The module stays while there are contexts, and goes when they are gone, with traffic all the time."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import ktap  # noqa: E402
import relay  # noqa: E402


class Traffic:
    """Datagrams from the terminal to some endpoints, as fast as they go, until stop()."""

    def __init__(self, bed, ends):
        self.packets = [end.datagram(b'traffic' * 20) for end in ends]
        self.port = bed.ue
        self.sent = 0
        self.stopped = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopped:
            for data in self.packets:
                try:
                    self.port.send(data)
                except OSError:		# the namespace is going
                    pass
                self.sent += 1

    def stop(self):
        self.stopped = True
        self.thread.join()


def rmmod(t):
    return t.run(['rmmod', 'kmgw'], check=False)


with relay.Bed() as the_bed:
    the_t = the_bed.t
    the_ends = [the_bed.stream(f1, f2)[0] for f1, f2 in ((4, 4), (4, 6), (6, 4), (6, 6))]
    traffic = Traffic(the_bed, the_ends)
    the_t.wait_for(20, lambda: traffic.sent > 100, 'traffic')

    before = the_bed.k.get('stats-get')['stats']['tx-packets']
    done = rmmod(the_t)
    the_t.ok(done.returncode and 'in use' in done.stderr, 'rmmod is refused', done.stderr)
    the_t.wait_for(20, lambda: the_bed.k.get('stats-get')['stats']['tx-packets'] > before + 100,
                   'traffic to go on')
    the_t.ok(True, 'traffic goes on')

    the_bed.k.do('flush')
    the_t.equal((the_bed.k.dump('context-get'), the_bed.k.dump('endpoint-get')), ([], []),
                'flush during traffic leaves nothing')
    stats = the_bed.k.get('stats-get')
    the_t.equal(stats['stats']['rx-packets'], stats['stats']['tx-packets'] +
                stats['stats']['drops'], 'the totals outlive the endpoints')
    the_bed.k.close()
    the_t.wait_for(10, lambda: rmmod(the_t).returncode == 0, 'rmmod')
    the_t.ok(not os.path.isdir('/sys/module/kmgw'), 'rmmod during traffic')

    for n in range(3):
        the_t.run([os.path.join(ktap.TREE, 'scripts', 'load-module')])
        the_bed.k = the_bed.kmgw()
        the_bed.k.do('context-new', id=1)
        the_bed.endpoint(1, '10.1.0.1', 20001, '10.1.0.2', 5001, 1)
        the_bed.endpoint(2, '10.2.0.1', 21001, '10.2.0.2', 6001, 1)
        the_t.wait_for(20, lambda: the_bed.k.get('stats-get')['stats']['tx-packets'] > 20,
                       'traffic to pass again')
        the_bed.k.do('context-del', id=1)
        the_bed.k.close()
        the_t.wait_for(10, lambda: rmmod(the_t).returncode == 0, 'rmmod')
    the_t.ok(True, 'loaded, used and unloaded again')
    traffic.stop()

    the_t.run([os.path.join(ktap.TREE, 'scripts', 'load-module')])
    the_bed.k = the_bed.kmgw()
    the_bed.k.do('context-new', id=1)
    events = the_bed.kmgw()
    events.subscribe()
    sock = the_bed.ns_gw.socket(kind=2)
    sock.bind(('10.1.0.1', 20001))
    end = the_bed.endpoint(1, '10.1.0.1', 20001, '10.1.0.2', 5001, 1, socket=sock.fileno())
    the_bed.endpoint(2, '10.2.0.1', 21001, '10.2.0.2', 6001, 1)
    sock.close()
    traffic = Traffic(the_bed, [end])
    the_t.wait_for(20, lambda: the_bed.k.get('stats-get')['stats']['tx-packets'] > 50, 'traffic')
    for k in the_bed.k, events:
        k.close()
    for ns in the_bed.names[1:2]:
        the_t.run(['ip', 'netns', 'del', ns])

    def contexts():
        with open('/sys/module/kmgw/stats/contexts', encoding='ascii') as f:
            return int(f.read())

    the_t.wait_for(30, lambda: contexts() == 0, 'the namespace to go')
    the_t.ok(True, 'a namespace goes during traffic, its reserved port with it')
    traffic.stop()
    the_t.wait_for(10, lambda: rmmod(the_t).returncode == 0, 'rmmod')
    the_t.ok(True, 'and nothing holds the module')
