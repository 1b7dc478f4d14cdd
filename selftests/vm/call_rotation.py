#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 200
# kernels: vm
"""A new certificate: terminations keep the one they have told, also over a restart."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


def reload(lab):
    lab.kmgw('agent', 'socket', os.path.join(lab.kmgwd.config['run_dir'], 'control.sock'), 'reload')


def retired(lab):
    return [n for n in os.listdir(lab.kmgwd.config['state_dir']) if n.startswith('self-signed.') and
            n != 'self-signed.pem']


def ring(lab):
    """A call whose UE has not connected yet: (call, listener of the core)."""
    listener = lab.listen(lab.core, calls.CORE)
    return calls.originating(lab.ca, lab.certificate()[1],
                             core=(listener.address, listener.port)), listener


def connects(lab, call, listener):
    ue = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False)).wait_handshake()
    equal(ue.peer_fingerprint(), call.access.fingerprint, 'certificate shown and fingerprint told')
    core = lab.accept(listener)
    ue.send(b'hello')
    core.wait_received(5)
    return ue, core


@case
def kept_until_subtract(lab):
    old, old_core = ring(lab)
    equal(retired(lab), [], 'old certificates')
    reload(lab)
    new, new_core = ring(lab)
    true(new.access.fingerprint != old.access.fingerprint, 'the fingerprint is a new one')
    connects(lab, old, old_core)
    connects(lab, new, new_core)
    # a second stream of a termination that has told a fingerprint
    reply = old.modify(old.access, calls.stream(2, local=calls.sdp(
        proto='TCP/TLS', setup='passive', fingerprint='$ $')))
    equal(calls.End(reply['Context.Modify'], 2).fingerprint, old.access.fingerprint,
          'fingerprint of another stream of the same termination')
    equal(len(retired(lab)), 1, 'old certificates')
    old.subtract()
    equal(retired(lab), [], 'old certificates after Subtract')
    new.subtract()


@case
def kept_over_a_restart(lab):
    old, old_core = ring(lab)
    reload(lab)
    lab.kmgwd.kill()
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    new, new_core = ring(lab)
    true(new.access.fingerprint != old.access.fingerprint, 'the fingerprint is a new one')
    ue, core = connects(lab, old, old_core)
    shown = lab.kmgw.endpoint(old.access.id)['remote']
    source = ue.sock.getsockname()
    equal((shown['address'], int(shown['port'])), (source[0], source[1]),
          'far end of the connection')
    connects(lab, new, new_core)
    old.subtract()
    equal(retired(lab), [], 'old certificates after Subtract')
    new.subtract()


@case
def forgotten_when_nobody_shows_it(lab):
    reload(lab)
    equal(retired(lab), [], 'old certificates')
    state = os.path.join(lab.kmgwd.config['state_dir'], 'self-signed.pem')
    equal(os.stat(state).st_mode & 0o777, 0o600, 'mode of the key')


run()
