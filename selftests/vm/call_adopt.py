#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""kill -9 with 100 calls of every kind: media goes on, a new daemon takes the calls over."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

import h248
import threading
import time

V4, V6 = (calls.UE, calls.CORE), (calls.UE6, calls.CORE6)
MIXED = calls.UE6, calls.CORE


class Fax:
    """A relay of datagrams with both of its ends."""

    def __init__(self, lab, where=V4, proto='UDP'):
        self.ue, self.core = (lab.datagrams(ns, at) for ns, at in zip((lab.ue, lab.core), where))
        self.call = calls.fax(lab.ca, (where[0], self.ue.port), (where[1], self.core.port), proto,
                              events='g/cause, nt/netfail')
        self.sent = 0

    def talk(self):
        """One datagram each way, which must arrive."""
        data = b'%d' % self.sent * 10
        self.ue.send(data, self.call.access.at)
        equal(self.core.receive()[0], data, 'datagram at the core')
        self.core.send(data, self.call.core.at)
        equal(self.ue.receive()[0], data, 'datagram at the UE')
        self.sent += len(data)

    def check(self, access, core):
        equal((access['nt/or'], access['nt/os']), (self.sent, self.sent), 'octets of the UE')
        equal((core['nt/or'], core['nt/os']), (self.sent, self.sent), 'octets of the core')


class Connection:
    """TCP, or TLS to TCP, that the UE or (active) the gateway opens."""

    def __init__(self, lab, where=V4, tls=None, active=False):
        proto = 'TCP/TLS' if tls else 'TCP'
        fingerprint = lab.certificate()[1] if tls else None
        if active:
            at = lab.listen(lab.ue, where[0], tls=lab.tls(True, version=tls) if tls else None)
            self.call = calls.terminating(lab.ca, fingerprint, proto=proto, core=(where[1], 9),
                                          ue=(at.address, at.port))
            self.ue = lab.accept(at)
            self.core = lab.connect(lab.core, *self.call.core.at)
        else:
            at = lab.listen(lab.core, where[1])
            self.call = calls.originating(lab.ca, fingerprint, core=(at.address, at.port),
                                          ue=(where[0], 9), proto=proto,
                                          filters='' if tls else 'gm/saf = ON')
            self.ue = lab.connect(lab.ue, *self.call.access.at,
                                  tls=lab.tls(False, version=tls) if tls else None)
            self.core = lab.accept(at)
        # a relay has no socket that could send FIN: it resets both ends when it is taken away
        self.ending = 'notify' if tls else 'fin' if active else 'reset'
        self.ue.wait_handshake()
        self.sent = 0

    def talk(self):
        self.sent += 100
        self.ue.send(b'u' * 100)
        self.core.send(b'c' * 100)
        self.core.wait_received(self.sent)
        self.ue.wait_received(self.sent)

    def check(self, access, core):
        equal((core['nt/or'], core['nt/os']), (self.sent, self.sent), 'octets of the core')
        equal(self.ue.wait_end(), self.ending, 'end at the UE')
        equal((access['nt/or'], access['nt/os']), (self.ue.wire_sent, self.ue.wire_received),
              'octets of the UE')


def hold(call):
    for end in call.access, call.core:
        call.modify(end, calls.stream(mode='Inactive'))


def resume(call):
    for end in call.access, call.core:
        call.modify(end, calls.stream(mode='SendReceive'))


def ringing(lab, where=V4):
    return calls.terminating(lab.ca, answer=False, ue=(where[0], 0), core=(where[1], 9))


def half_open(lab, where=V4):
    """TCP is up at both ends, TLS is waiting for a ClientHello."""
    listener = lab.listen(lab.core, where[1])
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port),
                             ue=(where[0], 9))
    ue = lab.connect(lab.ue, *call.access.at)
    return call, ue, lab.accept(listener)


def audit(lab, context):
    reply = lab.ca.transact(f'Context = {context} {{ ContextAudit {{ Priority, Emergency }}, '
                            'AuditValue = * { Audit { Media, Events, Signals } } }')
    return [h248.write(c) for c in reply.all('Context.*')]


class Flow(threading.Thread):
    """Media on a relay and a splice, from before the kill until after the restart."""

    def __init__(self, things):
        super().__init__(daemon=True)
        self.things, self.stop, self.failed, self.rounds = things, False, None, 0

    def run(self):
        try:
            while not self.stop:
                for thing in self.things:
                    thing.talk()
                self.rounds += 1
                time.sleep(0.01)
        except Exception as e:
            self.failed = e

    def finish(self):
        self.stop = True
        self.join()
        if self.failed:
            raise self.failed


REALMS = tuple(dict(realm, ports=ports) for realm, ports in
               zip(net.DEFAULTS['realm'], ([10000, 14999], [15000, 19999])))


@case(realm=REALMS)
def a_hundred_calls(lab):
    # as many in IPv4 as in IPv6, some between them
    faxes = [Fax(lab, where, proto) for where in (V4, V6, MIXED) for proto in ('UDP', 'udptl')
             for _ in range(5)]
    splices = [Connection(lab, where, tls, active) for tls in (None, '1.2', '1.3')
               for active in (False, True) for where in (V4, V6, V6, V4, MIXED)]
    held = [Fax(lab, where) for where in (V4, V6) for _ in range(4)] + \
           [Connection(lab, where, tls) for where in (V4, V6) for tls in (None, '1.2', '1.3', '1.3')]
    rings = [ringing(lab, where) for where in (V4, V6) for _ in range(6)]
    halves = [half_open(lab, where) for where in (V4, V6) for _ in range(6)]
    every = [t.call for t in faxes + splices + held] + rings + [h[0] for h in halves]
    equal(len({c.context for c in every}), 100, 'contexts')
    for one in faxes[::3] + splices + held:
        one.talk()
    for one in held:
        hold(one.call)
    # waits in the socket, or is dropped: it is nobody's business while the call is held
    for one in held[8:]:
        one.ue.send(b'h' * 10)
    equal(len(lab.kmgw.contexts()), 100, 'contexts in the module')
    before = {c.context: audit(lab, c.context) for c in every}
    made = time.monotonic()

    # one of each kind never stops
    flow = Flow(faxes[::5] + splices[::5] + splices[1::5])
    flow.start()
    net.wait_for(lambda: flow.rounds > 2 or flow.failed, 'media flows')
    lab.kmgwd.kill()
    rounds = flow.rounds
    net.wait_for(lambda: flow.rounds > rounds + 3 or flow.failed, 'media flows without a daemon')
    begun = time.monotonic()
    change = lab.restart_gateway()
    comment(f'registered {time.monotonic() - begun:.2f} s after the start')
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    equal(len(lab.kmgw.contexts()), 100, 'contexts after the restart')
    rounds = flow.rounds
    net.wait_for(lambda: flow.rounds > rounds + 3 or flow.failed, 'media flows with a new daemon')
    flow.finish()

    # what was between SYN and keys has died with the daemon, and is reported
    failed = set()
    for _ in halves:
        got = lab.ca.wait_notify('tlsbsc/BNCChange')
        failed.add(got.termination.lower())
    equal(failed, {h[0].access.id.lower() for h in halves}, 'terminations with a failure')
    for _, ue, core in halves:
        true(ue.wait_end() in ('fin', 'reset'), 'end at the UE')
        true(core.wait_end() in ('fin', 'reset'), 'end at the core')

    for call in every:
        equal(audit(lab, call.context), before[call.context], f'audit of context {call.context}')
    for one in faxes[::3] + splices:
        one.talk()

    # what was held goes on when it is told to, and not before
    for one in held[8:]:
        equal(one.core.received, one.sent, 'octets at the core of a call that is held')
        resume(one.call)
        one.core.wait_received(one.sent + 10)
        one.sent += 10
        one.core.send(b'c' * 10)
        one.ue.wait_received(one.sent)
    for one in held[:8]:
        resume(one.call)
        one.talk()

    # listeners are there again, and calls that rang are answered
    for ring, where in zip(rings[::6], (V4, V6)):
        ue = lab.listen(lab.ue, where[0], tls=lab.tls(True))
        calls.answered(ring, lab.certificate()[1], (ue.address, ue.port))
        core = lab.connect(lab.core, *ring.core.at)
        ue = lab.accept(ue).wait_handshake()
        core.send(b'hello')
        ue.wait_received(5)

    for one in faxes + splices + held:
        access, core = one.call.subtract()
        one.check(access, core)
        true(access['nt/dur'] >= (time.monotonic() - made) * 1000, 'nt/dur is since Add')
    for call in rings + [h[0] for h in halves]:
        call.subtract()
    lab.nothing_left()


@case
def what_cannot_be_known_again_goes(lab):
    # one with a record that was damaged, one without any
    fax = Fax(lab)
    good = Fax(lab)
    lab.kmgwd.kill()
    lab.kmgw('context', 'set', str(fax.call.context), 'userdata', '4b4d475701020304')
    lab.kmgw('context', 'add', '4711')
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    equal([int(c['context']) for c in lab.kmgw.contexts()], [int(good.call.context)], 'contexts kept')
    lab.ca.transact(f'Context = {fax.call.context} {{ AuditValue = * {{ Audit {{ }} }} }}',
                    error=411)
    good.talk()
    good.call.subtract()


@case
def an_end_while_nobody_listened_is_reported(lab):
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    lab.kmgwd.kill()
    ue.finish('both')
    equal(core.wait_end(), 'fin', 'end at the core')
    core.finish()
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 902), 'ServiceChange')
    lab.ca.wait_notify('g/cause', call.access.id)
    access, other = call.subtract()
    equal(other['nt/os'], 5, 'nt/os of the core')
    equal(access['nt/or'], ue.wire_sent, 'nt/or of the access side')


@case
def nothing_to_take_over(lab):
    call = calls.fax(lab.ca)
    call.subtract()
    lab.kmgwd.kill()
    change = lab.restart_gateway()
    equal((change.method, change.reason), ('Restart', 901), 'ServiceChange')


run()
