#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 200
# kernels: vm new
"""H.248 itself over IPv6, with UDP and with TCP."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


GW, MGC = 'fd00:0:0:0::1', 'fd00:0:0:0::2'


def works(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    core.send(b'hello')
    ue.wait_received(5)
    ue.reset()
    lab.ca.wait_notify('g/cause', call.access.id)
    call.subtract()


@case(agent={'address': MGC}, mid=f'[{GW}]:2944', mgc=({'address': MGC},))
def udp(lab):
    works(lab)


@case(agent={'address': MGC, 'transport': 'tcp'}, mid=f'[{GW}]:2944',
      mgc=({'address': MGC, 'transport': 'tcp'},))
def tcp(lab):
    works(lab)


run()
