#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""A transaction is executed at most once; its repetition gets the same reply."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import threading


def two_terminations():
    return calls.in_context(
        '$', calls.command('Add', 'ip/1/access/$', calls.stream(
            mode='Inactive', realm='access', local=calls.sdp(proto='UDP', media='image'))),
        calls.command('Add', 'ip/1/core/$', calls.stream(
            mode='Inactive', realm='core', local=calls.sdp(proto='UDP', media='image'))))


def raw_replies(lab, text, number, times):
    """Send a message several times; the texts of the replies."""
    seen = len(lab.ca.log)
    first = lab.ca.exchange(text, number)
    for _ in range(times - 1):
        lab.ca.exchange(text, number)
    with lab.ca.lock:
        log = lab.ca.log[seen:]
    return first, [t for _, way, t in log if way == '<' and f'Reply = {number}' in t]


@case
def a_repeated_request_gives_the_same_reply(lab):
    text, number = lab.ca.request(two_terminations())
    reply, texts = raw_replies(lab, text, number, 4)
    true(len(texts) >= 4, f'{len(texts)} replies to 4 requests')
    equal(len(set(texts)), 1, 'different replies')
    equal(len(lab.kmgw.contexts()), 1, 'contexts')
    lab.ca.subtract(reply['Context'].value)


@case
def a_repeated_error_is_the_same_error(lab):
    text, number = lab.ca.request('Context = 4711 { Modify = ip/1/access/1 { Signals { } } }')
    _, texts = raw_replies(lab, text, number, 3)
    equal(len(set(texts)), 1, 'different replies')


@case
def requests_that_arrive_at_once(lab):
    # both copies are in the gateway's socket before it reads the first
    text, number = lab.ca.request(two_terminations())
    lab.ca.send_raw(text)
    lab.ca.send_raw(text)
    reply = lab.ca.exchange(text, number)
    lab.ca.audit_root()
    equal(len(lab.kmgw.contexts()), 1, 'contexts')
    lab.ca.subtract(reply['Context'].value)


@case
def subtract_twice_counts_once(lab):
    reply = lab.ca.transact(two_terminations())
    text, number = lab.ca.request(f'Context = {reply["Context"].value} {{ Subtract = * }}')
    _, texts = raw_replies(lab, text, number, 3)
    equal(len(set(texts)), 1, 'different replies')


@case
def transactions_of_one_message_are_independent(lab):
    one, n1 = lab.ca.request('Context = 4711 { Modify = ip/1/access/1 { Signals { } } }')
    two, n2 = lab.ca.request('Context = - { AuditValue = ROOT { Audit { } } }')
    head, _, body = one.partition('\r\n')
    got = {}

    def wait(number, text):
        got[number] = lab.ca.exchange(text, number)
    both = f'{head}\r\n{body}{two.partition(chr(10))[2]}'
    other = threading.Thread(target=wait, args=(n1, both))
    other.start()
    wait(n2, both)
    other.join()
    equal(mgc.error_of(got[n1]), 411, 'first transaction')
    equal(mgc.error_of(got[n2]), None, 'second transaction')


@case
def an_acknowledged_reply_is_not_executed_again(lab):
    text, number = lab.ca.request(two_terminations())
    reply = lab.ca.exchange(text, number)
    lab.ca.send_raw(lab.ca._message(f'TransactionResponseAck {{ {number} }}'))
    lab.ca.send_raw(text)
    lab.ca.audit_root()
    equal(len(lab.kmgw.contexts()), 1, 'contexts')
    lab.ca.subtract(reply['Context'].value)


@case
def notify_is_repeated_until_it_is_answered(lab):
    lab.ca.answer = False
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(calls.UE, 7654))
    lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    repeated = lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    equal(repeated.request, '2011', 'RequestID')
    lab.ca.answer = True
    lab.ca.wait_notify('tcpbcc/BNCChange', call.access.id)
    net.wait_for(lambda: lab.ca.audit_root(), 'audit')
    call.subtract()


run()
