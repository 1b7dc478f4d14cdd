#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# kernels: vm debug new
"""Routes and devices that come and go under running endpoints."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import relay  # noqa: E402


def devices(bed):
    """A route that changes, a device that goes."""
    t = bed.t
    gw = bed.names[1]
    a, b = bed.stream(4, 4, two={'remote': genl.addr('198.51.100.1', 7000)})
    bed.ue.send(a.datagram(b'nowhere'))
    bed.settled([a], 1)
    t.equal(a.drops(), {'no-route': 1}, 'no route yet')
    t.run(['ip', '-n', gw, 'route', 'add', '198.51.100.0/24', 'via', '10.2.0.2'])
    bed.ue.send(a.datagram(b'there'))
    t.equal(bed.core.receive().dst, '198.51.100.1', 'a route that was added is used')
    t.run(['ip', '-n', gw, 'route', 'replace', 'blackhole', '198.51.100.0/24'])
    bed.ue.send(a.datagram(b'gone'))
    bed.settled([a], 3)
    t.equal(a.drops(), {'no-route': 2}, 'a route that was taken away is not')
    a, b = bed.stream(4, 4, two={'ifindex': bed.ifindex('g1')})
    bed.ue.send(a.datagram(b'by the device'))
    t.equal(bed.core.receive().payload, b'by the device', 'bound to a device')
    t.run(['ip', '-n', gw, 'link', 'del', 'g1'])
    bed.ue.send(a.datagram(b'the device is gone'))
    bed.settled([a], 2)
    t.equal(a.drops(), {'no-route': 1}, 'the device goes, and nothing holds it')


with relay.Bed() as the_bed:
    devices(the_bed)
