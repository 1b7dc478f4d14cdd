#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# kernels: vm debug new
"""Records that are not plain user data: empty, padded, small, tickets, KeyUpdate, alerts, limits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import splice  # noqa: E402

TICKET = b'\x04\x00\x01\x00' + bytes(256)
KEY_UPDATE = b'\x18\x00\x00\x01\x00'
LIMIT = 23726566


def pass_through(t, name, version, send, wanted, other=None):
    """send(far) reaches the other end as wanted; the call lives on."""
    call = t.call(tls=(version, other))
    a, b = call.far

    def body():
        b.arm()
        send(a)
        a.arm()
        b.expect(wanted)
        b.send(b'answer')
        a.expect(b'answer')
    t.check(f'{name}, TLS {version}', body)
    call.wait(1, 'established')
    t.equal(call.stats(1)['rx-plain-octets'], len(wanted), f'{name}, TLS {version}: octets')
    call.drop()


def sizes(far):
    """Records of many sizes, in one burst."""
    out = b''
    for n in SIZES:
        out += far.tx.record(splice.DATA, splice.pattern(n, n))
    far.manual = True
    far.arm()
    waiter = splice.background(far.sock.sendall, out)
    return waiter


SIZES = [1, 2, 16384, 16383, 100, 5000, 12000, 1, 16384, 8192, 8192, 8193, 4096, 0, 300, 16000, 400]


def ends(t, name, act, reason, answer, version='1.3', other=None, before=b'before'):
    """What came before is delivered, then RST, after an alert to the one who is to blame."""
    call = t.call(tls=(version, other))
    a, b = call.far

    def body():
        b.arm()
        if before:
            a.send(before)
        act(a)
        b.expect(before)
        b.expect_rst()
        a.expect_alert(2, answer)
        a.expect_rst()
    t.check(f'{name}, TLS {version} to {other or "TCP"}', body)
    call.wait(1, 'failed', reason)
    call.wait(2, 'failed', 'peer-endpoint')
    t.equal(call.stats(2)['tx-plain-octets'], len(before), f'{name}: octets')
    call.drop()


def fragmented_tickets(far):
    """Two tickets, cut where it hurts."""
    both = TICKET * 2
    for cut in both[:1], both[1:3], both[3:200], both[200:262], both[262:]:
        far.record(splice.HANDSHAKE, cut)
    far.send(b'data')


def empty_handshake(far):
    far.manual = True
    far.arm()
    far.by_hand(splice.HANDSHAKE, b'')


def record_limit(t, tls, which, name):
    """One key protects 2^24.5 records and no more. Sequence numbers start near there."""
    call = t.call(tls=tls, seq=[LIMIT - 2 if n == which else 0 for n in (0, 1)])
    a, b = call.far
    blamed, other = which + 1, 2 - which

    def body():
        b.arm()
        for n in range(1 + which):
            a.send(b'record %d' % n)
            b.expect(b'record %d' % n)
        a.send(b'one too many')
        b.digest()
        call.wait(blamed, 'failed', 'record-limit')
        call.wait(other, 'failed', 'peer-endpoint')
    t.check(name, body)
    call.drop()


def main():
    with splice.Bed() as t:
        for version in '1.2', '1.3':
            def empty(far):
                for part in b'', b'one', b'', b'', b'two':
                    far.by_hand(splice.DATA, part)
                far.arm()
            pass_through(t, 'empty records', version, empty, b'onetwo')
            pass_through(t, 'records of many sizes', version, sizes,
                         b''.join(splice.pattern(n, n) for n in SIZES))
            pass_through(t, 'records of many sizes to TLS', version, sizes,
                         b''.join(splice.pattern(n, n) for n in SIZES), other='1.3')

            def canceled(far):
                far.send(b'one')
                far.alert(1, 90)
                far.send(b'two')
            pass_through(t, 'user_canceled alone', version, canceled, b'onetwo')

        def padded(far):
            for n, pad in enumerate((0, 1, 100, 4000)):
                far.by_hand(splice.DATA, b'%d' % n * 2000, pad)
            far.by_hand(splice.DATA, b'', 500)
            far.by_hand(splice.DATA, b'end')
            far.arm()
        pass_through(t, 'padded records', '1.3', padded,
                     b'0' * 2000 + b'1' * 2000 + b'2' * 2000 + b'3' * 2000 + b'end')

        def ticket(far):
            far.record(splice.HANDSHAKE, TICKET)
            far.send(b'data')
        pass_through(t, 'NewSessionTicket', '1.3', ticket, b'data')
        pass_through(t, 'NewSessionTickets in pieces', '1.3', fragmented_tickets, b'data')

        ends(t, 'KeyUpdate', lambda far: far.record(splice.HANDSHAKE, KEY_UPDATE), 'key-update', 80)
        ends(t, 'KeyUpdate', lambda far: far.record(splice.HANDSHAKE, KEY_UPDATE), 'key-update', 80,
             other='1.2', before=splice.pattern(200_000))
        ends(t, 'KeyUpdate after a ticket',
             lambda far: far.record(splice.HANDSHAKE, TICKET + KEY_UPDATE), 'key-update', 80)
        ends(t, 'CertificateRequest',
             lambda far: far.record(splice.HANDSHAKE, b'\x0d\x00\x00\x02\x00\x00'), 'bad-record', 10)
        ends(t, 'HelloRequest', lambda far: far.record(splice.HANDSHAKE, bytes(4)), 'bad-record', 10,
             version='1.2')
        ends(t, 'empty handshake record', empty_handshake, 'bad-record', 10, before=b'')
        ends(t, 'change_cipher_spec', lambda far: far.record(splice.CCS, b'\x01'), 'bad-record', 10,
             version='1.2')
        ends(t, 'unknown type', lambda far: far.record(99, b'?'), 'bad-record', 10)
        ends(t, 'alert of one octet', lambda far: far.record(splice.ALERT, b'\x01'), 'bad-record', 50)

        record_limit(t, ('1.3', None), 0, 'record limit, received')
        record_limit(t, (None, '1.2'), 1, 'record limit, sent')
        t.no_sockets()


if __name__ == '__main__':
    main()
