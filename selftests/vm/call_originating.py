#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""A UE opens TCP and TLS (digest 3.2); 64 MiB go intact both ways at once."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def both_ways(lab, size=None, **how):
    size = size or BULK
    data = lab.file(size)
    call, ue, core = lab.originate(**how)
    ue.send_file(data)
    core.send_file(data)
    intact(core, data, size)
    intact(ue, data, size)
    lab.ca.no_notify()
    call.subtract()
    equal(ue.wait_end(), 'notify', 'end seen by the UE after Subtract')
    equal(core.wait_end(), 'fin', 'end seen by the core after Subtract')


@case
def tls_1_3_both_ways(lab):
    both_ways(lab, version='1.3')


@case
def tls_1_2_both_ways(lab):
    both_ways(lab, version='1.2')


@case
def every_suite_that_ktls_knows(lab):
    for suite in ('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
                  'ECDHE-ECDSA-CHACHA20-POLY1305'):
        both_ways(lab, 1 * MIB, version='1.2', ciphers=suite)


run()
