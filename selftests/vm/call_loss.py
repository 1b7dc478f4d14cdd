#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# kernels: vm
"""
Transactions over a link that loses a fifth of all packets each way, doubles some and lets some
overtake others: each is executed once, none is lost.

What is executed shows: an Add takes the next context id, a second Subtract finds no context, and each
Modify makes the gateway notify once with the number the Modify gave (RequestID).
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import collections
import re
import select
import socket
import time

CALLS = 200 if SLOW else 1250		# of four transactions each
AT_ONCE = 100
REPEAT = 0.4				# seconds after which the call agent sends again
NETEM = 'delay 4ms 3ms loss 20% duplicate 10% reorder 10%'.split()

STREAM = calls.stream(mode='Inactive', realm='access', local=calls.sdp(setup='passive'))
ADD = f'Context = $ {{ Add = ip/1/access/$ {{ Media {{ {STREAM} }} }} }}'
HEAD = 'MEGACO/2 [10.0.0.2]:2944\r\n'


class Loader:
    """Drives calls through their steps; understands just what the gateway writes here."""

    def __init__(self, lab):
        self.sock = lab.mgc_ns.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind(('10.0.0.2', 0))
        self.number = 10000
        self.open = {}				# number: (text, call, step, when sent)
        self.replies = {}			# number: text
        self.contexts = []
        self.sent = self.resent = self.pendings = 0

    def send(self, number):
        text, *rest = self.open[number]
        self.open[number] = (text, *rest[:2], time.monotonic())
        self.sock.sendto(text.encode(), ('10.0.0.1', 2944))

    def begin(self, call, step):
        """The next transaction of a call."""
        self.number += 1
        context, termination = call.get('context'), call.get('termination')
        if step == 0:
            body = ADD
        elif step in (1, 2):
            body = f'Context = {context} {{ Modify = {termination} {{ Events = {self.number} {{ g/sc }}, ' \
                   'Signals { ipnapt/latch { Stream = 1, NotifyCompletion = { TimeOut } } } } }'
        else:
            body = f'Context = {context} {{ Subtract = {termination} {{ Audit {{ }} }} }}'
        self.open[self.number] = (f'{HEAD}Transaction = {self.number} {{ {body} }}', call, step, 0)
        self.sent += 1
        self.send(self.number)

    def reply(self, number, text):
        """True when it is the first one."""
        if number in self.replies:
            equal(text, self.replies[number], f'second reply to transaction {number}')
            return False
        true(number in self.open, f'reply to transaction {number}, which was not sent')
        true('Error' not in text, f'transaction {number}: {text}')
        self.replies[number] = text
        return True

    def take(self, text):
        """What arrived; the call that can go on, and its step."""
        m = re.search(r'Pending = (\d+)', text)
        if m:
            self.pendings += 1
            return None
        m = re.search(r'Reply = (\d+)', text)
        number = int(m[1])
        if 'ImmAckRequired' in text:
            self.sock.sendto(f'{HEAD}TransactionResponseAck {{ {number} }}'.encode(),
                             ('10.0.0.1', 2944))
        if not self.reply(number, text):
            return None
        _, call, step, _ = self.open.pop(number)
        if step == 0:
            call['context'] = re.search(r'Context = (\d+)', text)[1]
            call['termination'] = re.search(r'Add = (ip/\S+)', text)[1]
            self.contexts.append(int(call['context']))
        return call, step + 1

    def run(self):
        waiting = CALLS
        active = 0
        end = time.monotonic() + mgc.PATIENCE * 4
        while waiting or active:
            true(time.monotonic() < end, f'{len(self.open)} transactions without a reply')
            while waiting and active < AT_ONCE:
                waiting -= 1
                active += 1
                self.begin({}, 0)
            if select.select([self.sock], [], [], 0.05)[0]:
                go_on = self.take(self.sock.recv(65536).decode())
                if go_on and go_on[1] < 4:
                    self.begin(*go_on)
                elif go_on:
                    active -= 1
            late = time.monotonic() - REPEAT
            for number in [n for n, (_, _, _, when) in self.open.items() if when < late]:
                self.resent += 1
                self.send(number)


NOTIFY = re.compile(r'Transaction = (\d+)\s*\{\s*Context = (\d+)\s*\{\s*Notify = (\S+)\s*\{\s*'
                    r'ObservedEvents = (\d+)')


class Listener:
    """Answers Notify in place of the call agent; transaction ids by RequestID."""

    def __init__(self, ca):
        self.ca = ca
        self.seen = collections.defaultdict(set)
        self.messages = 0
        self.inner = ca._input
        ca._input = self.input

    def input(self, data, peer):
        m = NOTIFY.search(data.decode())
        if not m:
            self.inner(data, peer)
            return
        self.messages += 1
        self.seen[int(m[4])].add(int(m[1]))
        self.ca.send_raw(f'{HEAD}Reply = {m[1]} {{ Context = {m[2]} {{ Notify = {m[3]} }} }}', peer)

    def close(self):
        self.ca._input = self.inner


@case(port_quarantine=0, retransmit_min=0.3, retransmit_max=2)
def every_transaction_once(lab):
    heard = Listener(lab.ca)
    loader = Loader(lab)
    for ns, device in ((lab.gw_ns, 'control'), (lab.mgc_ns, 'eth0')):
        ns.run('tc', 'qdisc', 'add', 'dev', device, 'root', 'netem', *NETEM)
    begin = time.monotonic()
    try:
        loader.run()
        comment(f'{time.monotonic() - begin:.1f} s until the last reply')
        net.wait_for(lambda: len(heard.seen) >= 2 * CALLS, f'{2 * CALLS} notifications')
    finally:
        for ns, device in ((lab.gw_ns, 'control'), (lab.mgc_ns, 'eth0')):
            ns.run('tc', 'qdisc', 'del', 'dev', device, 'root')
    heard.close()
    lab.ca.audit_root()
    comment(f'{loader.sent} transactions and {loader.resent} repetitions to the gateway, '
            f'{loader.pendings} Pendings; {len(heard.seen)} notifications in {heard.messages} messages')
    equal(loader.sent, 4 * CALLS, 'transactions')
    equal(len(loader.replies), 4 * CALLS, 'transactions with a reply')
    equal(len(set(loader.contexts)), CALLS, 'contexts made')
    equal(max(loader.contexts) - min(loader.contexts) + 1, CALLS, 'context ids used')
    modifies = {n for n, t in loader.replies.items() if 'Modify' in t}
    equal(set(heard.seen), modifies, 'Modify transactions that were notified')
    equal([n for n, ids in heard.seen.items() if len(ids) != 1], [], 'executed more than once')
    true(loader.resent > CALLS // 4 and heard.messages > 2 * CALLS, 'the link lost nothing')


run()
