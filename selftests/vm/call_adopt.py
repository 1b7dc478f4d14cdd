#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""kill -9 with 100 calls of every kind: media goes on, a new daemon takes the calls over."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

import h248
import threading
import time

RELAYS, PLAIN, TLS, RINGING, HALF = 45, 20, 11, 12, 12
DOWN = 40		# datagrams each way while there is no daemon


class Fax:
    """A relay of datagrams with both of its ends."""

    def __init__(self, lab):
        self.ue, self.core = lab.datagrams(lab.ue, calls.UE), lab.datagrams(lab.core, calls.CORE)
        self.call = calls.fax(lab.ca, (calls.UE, self.ue.port), (calls.CORE, self.core.port),
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


class Splice:
    def __init__(self, lab, tls):
        if tls:
            self.call, self.ue, self.core = lab.originate('1.2' if tls % 2 else '1.3')
        else:
            listener = lab.listen(lab.core, calls.CORE)
            self.call = calls.originating(lab.ca, core=(listener.address, listener.port),
                                          proto='TCP', filters='gm/saf = ON')
            self.ue = lab.connect(lab.ue, *self.call.access.at)
            self.core = lab.accept(listener)
        self.sent = 0

    def talk(self):
        self.sent += 100
        self.ue.send(b'u' * 100)
        self.core.send(b'c' * 100)
        self.core.wait_received(self.sent)
        self.ue.wait_received(self.sent)


def ringing(lab):
    return calls.terminating(lab.ca, answer=False)


def half_open(lab):
    """TCP is up at both ends, TLS is waiting for a ClientHello."""
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(listener.address, listener.port))
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
    faxes = [Fax(lab) for _ in range(RELAYS)]
    splices = [Splice(lab, 0) for _ in range(PLAIN)] + [Splice(lab, n) for n in range(1, TLS + 1)]
    rings = [ringing(lab) for _ in range(RINGING)]
    halves = [half_open(lab) for _ in range(HALF)]
    every = [t.call for t in faxes + splices] + rings + [h[0] for h in halves]
    equal(len({c.context for c in every}), 100, 'contexts')
    for one in faxes[:10] + splices:
        one.talk()
    shown = lab.kmgw.contexts()
    equal(len(shown), 100, 'contexts in the module')
    before = {c.context: audit(lab, c.context) for c in every}
    made = time.monotonic()

    flow = Flow([faxes[0], splices[0], splices[PLAIN], splices[PLAIN + 1]])
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
    for one in faxes[:10] + splices:
        one.talk()

    # a listener is there again, and a call that rang is answered
    ue = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    calls.answered(rings[0], lab.certificate()[1], (ue.address, ue.port))
    core = lab.connect(lab.core, *rings[0].core.at)
    ue = lab.accept(ue).wait_handshake()
    core.send(b'hello')
    ue.wait_received(5)

    for fax in faxes:
        access, core = fax.call.subtract()
        equal((access['nt/or'], access['nt/os']), (fax.sent, fax.sent), 'octets of the UE')
        equal((core['nt/or'], core['nt/os']), (fax.sent, fax.sent), 'octets of the core')
        true(access['nt/dur'] >= (time.monotonic() - made) * 1000, 'nt/dur is since Add')
    for one in splices:
        access, core = one.call.subtract()
        equal((core['nt/or'], core['nt/os']), (one.sent, one.sent), 'octets of the core')
        equal(access['nt/or'], one.ue.wire_sent, 'octets received from the UE')
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
