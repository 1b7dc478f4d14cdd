#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""A UE that answers after 120 s of ringing: the call works and nothing was notified meanwhile."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import time


@case
def answered_after_120_s(lab):
    pem, fingerprint = lab.certificate('ue')
    # three kinds of waiting at once: nobody has connected; the core has; a UE has, with its
    # ClientHello sent and its fingerprint not known yet
    quiet = calls.terminating(lab.ca, answer=False)
    early = calls.terminating(lab.ca, answer=False)
    core = lab.connect(lab.core, *early.core.at)
    core.send(b'early words')
    listener = lab.listen(lab.core, calls.CORE)
    hello = calls.originating(lab.ca, None, core=(listener.address, listener.port))
    ue = lab.connect(lab.ue, *hello.access.at, tls=lab.tls(False))
    ue.send(b'hello')
    far = lab.accept(listener)

    start = time.monotonic()
    while time.monotonic() < start + 120:
        ends.still(10)
        lab.ca.no_notify()
    comment(f'{time.monotonic() - start:.0f} s of ringing')

    equal(far.received, 0, 'octets before the fingerprint')
    hello.modify(hello.access, calls.stream(remote=calls.sdp(
        calls.UE, 9, 'TCP/TLS', setup='active', fingerprint=fingerprint)))
    far.wait_received(5)
    for call, core in ((early, core), (quiet, None)):
        phone = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
        calls.answered(call, fingerprint, (phone.address, phone.port))
        answered = lab.accept(phone).wait_handshake()
        if core is None:
            core = lab.connect(lab.core, *call.core.at)
            core.send(b'early words')
        answered.wait_received(11)
        answered.send(b'yes')
        core.wait_received(3)
    lab.ca.no_notify()
    for call in hello, early, quiet:
        call.subtract()


run()
