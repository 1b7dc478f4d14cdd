#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""Whatever arrives on the H.248 port is answered with the right error or dropped; a live call is unaffected."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import random
import socket

HEAD = 'MEGACO/2 [10.0.0.2]:2944\r\n'
FIRST = 4000000000	# transactions from here on: the test's call agent never comes so far


class Live:
    """A call that must go on through everything."""

    def __init__(self, lab):
        self.lab = lab
        self.call, self.ue, self.core = lab.originate('1.3')
        self.octets = 0

    def check(self):
        self.octets += 1000
        self.ue.send(b'l' * 1000)
        self.core.wait_received(self.octets)
        self.core.send(b'l' * 1000)
        self.ue.wait_received(self.octets)
        true(self.lab.kmgwd.alive(), 'kmgwd has ended')

    def end(self):
        self.check()
        self.call.subtract()


def udp_sdp(**how):
    return calls.sdp(proto='UDP', media='image', **how)


def add(descriptors, termination='ip/1/access/$'):
    return f'Context = $ {{ Add = {termination} {{ {descriptors} }} }}'


def add_stream(inner):
    return add(f'Media {{ Stream = 1 {{ {inner} }} }}')


def local(text):
    return f'Local {{\r\n{text} }}'


# what is asked, and the codes that H.248.8 has for it
WRONG = (
    ('unknown context', 'Context = 4711 { Subtract = ip/1/access/1 }', (411,)),
    ('context $ in Modify', 'Context = $ { Modify = ip/1/access/1 { Signals { } } }',
     (410, 411, 421, 430, 431, 435, 443)),
    ('unknown termination', 'Context = - { AuditValue = ip/1/access/99 { Audit { } } }',
     (410, 430, 435)),
    ('wildcard without a match', 'Context = - { AuditValue = ip/1/access/* { Audit { Media } } }',
     (431, 430)),
    ('unknown interface', add_stream(local(udp_sdp())).replace('access', 'nowhere'),
     (410, 430, 431, 432, 449, 501)),
    ('unknown realm', add_stream(f'LocalControl {{ ipdc/realm = "nowhere" }}, {local(udp_sdp())}'),
     (449,)),
    ('realm against interface',
     add_stream(f'LocalControl {{ ipdc/realm = "core" }}, {local(udp_sdp())}'), (473,)),
    ('unknown package in LocalControl', add_stream('LocalControl { nosuch/thing = 1 }'),
     (440, 445)),
    ('unknown property', add_stream('LocalControl { gm/nosuch = on }'), (445, 450)),
    ('value out of range', add_stream('LocalControl { ds/dscp = 64 }'), (449,)),
    ('value of another type', add_stream('LocalControl { ds/dscp = ten }'), (449, 422, 442, 400)),
    ('bad filter address', add_stream('LocalControl { gm/saf = on, gm/sam = "10.1.0.0/33" }'),
     (449,)),
    ('bad filter ports', add_stream('LocalControl { gm/spf = on, gm/spr = "70000" }'), (449,)),
    ('unknown event package', add('Events = 1 { nosuch/ev }'), (440, 451)),
    ('unknown event', add('Events = 1 { tcpbcc/nosuch }'), (451, 450)),
    ('unknown signal package', add('Signals { nosuch/sg }'), (440, 452)),
    ('unknown signal', add('Signals { tcpbcc/nosuch }'), (452, 450)),
    ('signal on a stream that is not there',
     add(f'Media {{ Stream = 1 {{ {local(udp_sdp())} }} }}, '
         'Signals { tcpbcc/EstBNC { Stream = 7 } }'), (446, 454, 457, 473, 449, 513)),
    ('TCP signal on UDP',
     add(f'Media {{ Stream = 1 {{ {local(udp_sdp())} }} }}, Signals {{ tcpbcc/EstBNC }}'), (473,)),
    ('TLS signal on TCP',
     add(f'Media {{ Stream = 1 {{ {local(calls.sdp(setup="active"))} }} }}, '
         'Signals { tlsbsc/EstBNC }'), (473,)),
    ('open without Remote',
     add(f'Media {{ Stream = 1 {{ {local(calls.sdp(setup="active"))} }} }}, '
         'Signals { tcpbcc/EstBNC }'), (441,)),
    ('open toward port 9',
     add(f'Media {{ Stream = 1 {{ {local(calls.sdp(setup="active"))}, '
         f'Remote {{\r\n{calls.sdp(calls.UE, 9, setup="active")} }} }} }}, '
         'Signals { tcpbcc/EstBNC }'), (473,)),
    ('open although passive',
     add(f'Media {{ Stream = 1 {{ {local(calls.sdp(setup="passive"))}, '
         f'Remote {{\r\n{calls.sdp(calls.UE, 7654, setup="active")} }} }} }}, '
         'Signals { tcpbcc/EstBNC }'), (473,)),
    ('fingerprint asked for without TLS',
     add_stream(local(calls.sdp(fingerprint='$ $'))), (473,)),
    ('fingerprint with an unknown hash',
     add_stream(local(calls.sdp(proto='TCP/TLS', fingerprint='MD2 $'))), (449, 473, 474, 501)),
    ('fingerprint that is none',
     add_stream(f'{local(calls.sdp(proto="TCP/TLS"))}, Remote {{\r\n'
                f'{calls.sdp(calls.UE, 9, "TCP/TLS", fingerprint="SHA-256 12:34")} }}'),
     (449, 474)),
    ('unknown transport', add_stream(local(calls.sdp(proto='CARRIER/PIGEON'))), (449, 515)),
    ('MSRP with a path', add_stream(local(calls.sdp(
        proto='TCP/MSRP', extra=['a=path:msrp://10.1.0.1:1/x;tcp']))), (501,)),
    ('SDP without v=', add_stream('Local {\r\nc=IN IP4 $\r\nm=message $ TCP -\r\n}'), (474,)),
    ('SDP that is none', add_stream('Local {\r\nhello world\r\n}'), (474, 400, 422, 442)),
    ('empty SDP', add_stream('Local {\r\n}'), (400, 403, 422, 441, 442, 472, 474)),
    ('SDP with a bad address', add_stream(local(calls.sdp('10.1.0.300'))), (449, 474, 510)),
    ('SDP with a bad port', add_stream(local(calls.sdp(port='99999'))), (449, 474)),
    ('two m= lines', add_stream(local(calls.sdp() + 'm=message $ TCP -\r\n')), (449, 474, 501)),
    ('Remote is loopback', add_stream(
        f'{local(udp_sdp())}, Remote {{\r\n{udp_sdp(address="127.0.0.1", port=5000)} }}'), (449,)),
    ('Remote is multicast', add_stream(
        f'{local(udp_sdp())}, Remote {{\r\n{udp_sdp(address="224.0.0.1", port=5000)} }}'), (449,)),
    ('Remote is broadcast', add_stream(
        f'{local(udp_sdp())}, Remote {{\r\n{udp_sdp(address="255.255.255.255", port=5000)} }}'),
     (449,)),
    ('Remote is the gateway', add_stream(
        f'{local(udp_sdp())}, Remote {{\r\n{udp_sdp(address="10.1.0.1", port=2944)} }}'), (449,)),
    ('Remote of the other family', add_stream(
        f'{local(udp_sdp())}, Remote {{\r\n{udp_sdp(address="fd00::1", port=5000)} }}'), (449,)),
    ('Local address of another host', add_stream(local(udp_sdp(address='10.1.0.77'))),
     (449, 473, 510)),
    ('Local port outside of the range', add_stream(local(udp_sdp(address='10.1.0.1', port=2944))),
     (449, 473, 510)),
    ('descriptor twice', add('Signals { }, Signals { }'), (448, 442, 422, 400)),
    ('Modem', add('Modem [ V18 ]'), (444, 501)),
    ('Mux', add('Mux = H221 { ip/1/access/1 }'), (444, 501)),
    ('Topology', 'Context = $ { Topology { ip/1/a/1, ip/1/b/1, Isolate }, '
     'Add = ip/1/access/$ }', (444, 430, 501)),
    ('Subtract in the null context', 'Context = - { Subtract = ROOT }',
     (410, 421, 430, 443, 501, 542)),
    ('Move of what is not there', 'Context = 4711 { Move = ip/1/access/1 }', (411, 430, 443)),
    ('Notify to a gateway', 'Context = - { Notify = ROOT { ObservedEvents = 1 { g/cause } } }',
     (443, 447, 501, 442)),
    ('ServiceChange of what is not there', 'Context = - { ServiceChange = ip/1/access/99 '
     '{ Services { Method = Forced, Reason = "905" } } }', (410, 430, 431, 435, 501, 443)),
)


@case
def each_wrong_request_has_its_error(lab):
    live = Live(lab)
    before = len(lab.kmgw.endpoints())
    bad = []
    for what, actions, codes in WRONG:
        text, number = lab.ca.request(actions)
        reply = lab.ca.exchange(text, number)
        code = mgc.error_of(reply)
        if code not in codes:
            bad.append(f'{what}: error {code}, expected {codes}')
        left = len(lab.kmgw.endpoints())
        if left != before:
            bad.append(f'{what}: {left - before} endpoints left behind')
            lab.ca.transact('Context = * { AuditValue = * { Audit { } } }')
            before = left
    true(not bad, '; '.join(bad))
    lab.ca.no_notify()
    live.end()


MESSAGES = (
    ('not H.248', b'GET / HTTP/1.1\r\n\r\n'),
    ('binary', bytes(range(256)) * 4),
    ('empty', b''),
    ('zeros', b'\0' * 1000),
    ('only a start', b'MEGACO'),
    ('no mId', b'MEGACO/2 '),
    ('no body', HEAD.encode()),
    ('version 99', b'MEGACO/99 [10.0.0.2]:2944 Transaction = 1 { Context = - '
                   b'{ AuditValue = ROOT { Audit { } } } }'),
    ('version of many digits', b'MEGACO/' + b'9' * 5000 + b' [10.0.0.2]:2944 '),
    ('mId without end', b'MEGACO/2 [10.0.0.2 Transaction = 1 {'),
    ('mId too long', b'MEGACO/2 <' + b'a' * 60000 + b'> Transaction = 1 { }'),
    ('transaction without id', HEAD.encode() + b'Transaction = { Context = - { } }'),
    ('transaction id too large', HEAD.encode() + b'Transaction = 4294967296 { Context = - { '
                                                 b'AuditValue = ROOT { Audit { } } } }'),
    ('context id too large', HEAD.encode() + b'Transaction = 9001 { Context = 4294967296 { '
                                             b'AuditValue = ROOT { Audit { } } } }'),
    ('empty transaction', HEAD.encode() + b'Transaction = 9002 { }'),
    ('empty context', HEAD.encode() + b'Transaction = 9003 { Context = 1 { } }'),
    ('unclosed', HEAD.encode() + b'Transaction = 9004 { Context = $ { Add = $ { Media { Stream = '),
    ('too many }', HEAD.encode() + b'Transaction = 9005 { Context = - { AuditValue = ROOT { Audit '
                                   b'{ } } } } } } }'),
    ('unclosed string', HEAD.encode() + b'Transaction = 9006 { Context = $ { Add = $ { Media { '
                                        b'LocalControl { ipdc/realm = "acc } } } } }'),
    ('unclosed SDP', HEAD.encode() + b'Transaction = 9007 { Context = $ { Add = $ { Media { '
                                     b'Local { v=0\r\nc=IN IP4 $\r\n'),
    ('deep nesting', HEAD.encode() + b'Transaction = 9008 { Context = $ { Add = $ ' + b'{ Media ' *
                                     6000),
    ('braces', HEAD.encode() + b'{' * 60000),
    ('deep lists', HEAD.encode() + b'Transaction = 9009 { Context = $ { Add = $ { Signals { ' +
                                   b'SignalList = 1 { ' * 3000),
    ('deep embedding', HEAD.encode() + b'Transaction = 9010 { Context = $ { Add = $ { ' +
                                       b'Events = 1 { g/cause { Embed { ' * 1500),
    ('termination id too long', HEAD.encode() + b'Transaction = 9011 { Context = - { AuditValue = '
     + b'a' * 60000 + b' { Audit { } } } }'),
    ('name too long', HEAD.encode() + b'Transaction = 9012 { Context = $ { Add = $ { Signals { ' +
                                      b'x' * 50000 + b'/y } } } }'),
    ('many transactions', HEAD.encode() + b''.join(
        b'Transaction = %d { Context = - { AuditValue = ROOT { Audit { } } } } ' % n
        for n in range(9100, 9900))),
    ('many commands', HEAD.encode() + b'Transaction = 9013 { Context = - { ' + b', '.join(
        [b'AuditValue = ROOT { Audit { } }'] * 1500) + b' } }'),
    ('many streams', HEAD.encode() + b'Transaction = 9014 { Context = $ { Add = ip/1/access/$ { '
     b'Media { ' + b', '.join(b'Stream = %d { LocalControl { Mode = Inactive } }' % n
                              for n in range(1, 1000)) + b' } } } }'),
    ('reply to nothing', HEAD.encode() + b'Reply = 77 { Context = - { AuditValue = ROOT } }'),
    ('pending for nothing', HEAD.encode() + b'Pending = 77 { }'),
    ('ack of nothing', HEAD.encode() + b'TransactionResponseAck { 1-4294967295 }'),
    ('ack backwards', HEAD.encode() + b'TransactionResponseAck { 5-1, 0, 99999999999 }'),
    ('an error', HEAD.encode() + b'Error = 400 { "you first" }'),
    ('a comment without end', HEAD.encode() + b'; nothing else'),
    ('authentication', b'Authentication = 0x12345678:0x00000000:0x' + b'ab' * 12 + b' ' +
     HEAD.encode() + b'Transaction = 9015 { Context = - { AuditValue = ROOT { Audit { } } } }'),
)


@case
def malformed_messages(lab):
    live = Live(lab)
    for what, data in MESSAGES:
        lab.ca.send_raw(data[:65000])
        lab.ca.audit_root()
        true(lab.kmgwd.alive(), f'kmgwd ended on: {what}')
    live.check()
    # one answer to a broken message, at the deepest level: 400 for a message, 403 for a transaction
    for data, codes in ((HEAD + 'Transaction', (400, 403)),
                        ('MEGACO/2 Transaction = 1', (400,)),
                        (HEAD + 'Nonsense = 1 { }', (400,))):
        true(mgc.error_of(lab.ca.raw(data)) in codes, f'no error {codes} for {data!r}')
    # an error is never answered
    lab.ca.audit_root()
    before = lab.ca.received
    for _ in range(5):
        lab.ca.send_raw(HEAD + 'Error = 400 { "syntax" }')
    lab.ca.audit_root()
    equal(lab.ca.received, before + 1, 'messages in answer to errors and an audit')
    stray = lab.kmgw.contexts()
    equal(len(stray), 1, 'contexts')
    live.end()


@case
def every_prefix_and_many_mutations_of_a_request(lab):
    live = Live(lab)
    rng = random.Random(1)
    text, number = lab.ca.request(calls.in_context('$', calls.command(
        'Add', 'ip/1/access/$', calls.stream(
            mode='SendReceive', realm='access', properties='gm/saf = on, gm/sam = "10.1.0.0/24"',
            local=calls.sdp(proto='TCP/TLS', setup='passive', fingerprint='$ $')),
        events=calls.FAIL_EVENTS, signals='ipnapt/latch { napt = LATCH }')))
    data = text.encode().replace(b'%d' % number, b'%d' % FIRST, 1)
    for n in range(0, len(data) - 4, 3):
        lab.ca.send_raw(data[:n])
        if n % 60 == 0:
            lab.ca.audit_root()
    alphabet = bytes(range(32, 127)) + b'{}{}{}==,,""$*\r\n\0\xff'
    for n in range(600):
        one = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(25, len(one))
            what = rng.randrange(3)
            if what == 0:
                one[at] = rng.choice(alphabet)
            elif what == 1:
                del one[at:at + rng.randrange(1, 20)]
            else:
                one[at:at] = bytes(rng.choice(alphabet) for _ in range(rng.randrange(1, 8)))
        # an id of its own each time, so that what is still valid is executed
        lab.ca.send_raw(bytes(one).replace(b'%d' % FIRST, b'%d' % (FIRST + n), 1))
        if n % 20 == 0:
            lab.ca.audit_root()
            true(lab.kmgwd.alive(), 'kmgwd has ended')
    live.check()
    for one in lab.kmgw.contexts():
        if str(one['context']) != live.call.context:
            lab.ca.subtract(one['context'])
    live.end()


@case
def others_are_not_answered(lab):
    # a message from an address that is no MGC is dropped
    stranger = lab.datagrams(lab.mgc_ns, '10.0.0.3')
    true(stranger.empty(), 'nothing yet')
    text = 'MEGACO/2 [10.0.0.3]:2944\r\nTransaction = 5 { Context = * { W-Subtract = * ' \
           '{ Audit { } } } }'
    live = Live(lab)
    stranger.send(text.encode(), ('10.0.0.1', 2944))
    lab.ca.audit_root()
    true(stranger.empty(), 'a stranger is answered')
    live.end()


@case(agent={'transport': 'tcp'})
def malformed_tpkt(lab):
    live = Live(lab)
    for data in (b'\x03\x00\x00\x00', b'\x03\x00\x00\x03', b'\x04\x00\x00\x10' + b'x' * 12,
                 b'\x03\x00\xff\xff' + b'x' * 1000, b'\xff' * 5000, b'GET / HTTP/1.0\r\n\r\n'):
        sock = lab.mgc_ns.socket()
        sock.settimeout(ends.PATIENCE)
        try:
            sock.connect(('10.0.0.1', 2944))
            sock.sendall(data)
        except OSError:
            pass
        sock.close()
        lab.ca.audit_root()
    # the same on the control association itself: it is cut and comes back
    with lab.ca.lock:
        peer = lab.ca.peer
    peer.sendall(b'\x04\x00\x00\x10' + b'x' * 12)
    change = lab.ca.wait_registered()
    equal(change.method, 'Disconnected', 'ServiceChange after a broken TPKT')
    true(isinstance(lab.ca.peer, socket.socket), 'a connection')
    live.end()


run()
