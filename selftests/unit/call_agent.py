#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The tools that judge kmgwd must be right themselves: the H.248 parser and the MSRP reader."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import h248	# noqa: E402
import msrp	# noqa: E402

HEAD = 'MEGACO/2 [10.0.0.1]:2944\r\n'
ADD = HEAD + '''Reply = 102 {
  Context = 5001 {
    Modify = ip/1/core/1, ; a comment
    Add = ip/1/acc/1 { Media { Stream = 1 { Local {
v=0\r
c=IN IP4 203.0.113.20\r
m=message 30004 TCP/TLS -\r
a=setup:passive\r
a=fingerprint:SHA-256 02:1A\r
a=x:{a\\}\r
} } } } } }'''

ACCEPTED = (
    ADD,
    '!/1 gw P=1{C=-{SC=ROOT{SV{V=2,PF=threegiq/1,20260101T00000005}}}}',
    HEAD + 'Transaction = 7 { Context = 1 { Notify = ip/1/acc/1 { ObservedEvents = 12 { '
    '20260101T10151234: tlsbsc/BNCChange { Stream = 1, Type = EstFail } } } } }',
    HEAD + 'Reply = 9 { ImmAckRequired, Context = 1 { Subtract = ip/1/a/1 { Statistics { '
    'nt/dur = 61200, nt/os = 18 } } } }',
    HEAD + 'Error = 400 { "syntax" }',
    HEAD + 'Pending = 4 { }',
    HEAD + 'Reply = 1 { Context = - { AuditValue = ROOT { Packages { g-2, root-2 } } } }',
    '!/2 <gw.example>:2944 K{1-5,9}',
    HEAD + 'Reply = 1 { Context = 1 { W-Subtract = * } }',
)

REFUSED = (
    ('no body', HEAD),
    ('no white space after mId', 'MEGACO/2 [10.0.0.1]:2944Transaction = 1 { }'),
    ('comma at the end', HEAD + 'Reply = 1 { Context = 1 { Subtract = a, } }'),
    ('no comma', HEAD + 'Reply = 1 { Context = 1 { Subtract = a Subtract = b } }'),
    ('empty Media', HEAD + 'Reply = 1 { Context = 1 { Add = a { Media { } } } }'),
    ('empty transaction', HEAD + 'Transaction = 1 { }'),
    ('token in a wrong place', HEAD + 'Reply = 1 { Context = 1 { Add = a { Media { '
     'Mode = SendReceive } } } }'),
    ('unknown mode', HEAD + 'Reply = 1 { Context = 1 { Add = a { Media { LocalControl { '
     'Mode = Both } } } } }'),
    ('termination id with -', HEAD + 'Reply = 1 { Context = 1 { Subtract = ip/a-b } }'),
    ('termination id too long', HEAD + f'Reply = 1 {{ Context = 1 {{ Subtract = {"a" * 65} }} }}'),
    ('transaction id too large', HEAD + 'Reply = 4294967296 { Context = 1 { Subtract = a } }'),
    ('SDP without end', HEAD + 'Reply = 1 { Context = 1 { Add = a { Media { Local { v=0'),
    ('more }', HEAD + 'Reply = 1 { Context = 1 { Subtract = a } } }'),
    ('error without code', HEAD + 'Error = { "x" }'),
    ('package without version', HEAD + 'Reply = 1 { Context = - { AuditValue = ROOT { Packages '
     '{ g } } } }'),
)

count = 0
failed = 0


def point(ok, name):
    global count, failed
    count += 1
    failed += not ok
    print(f'{"ok" if ok else "not ok"} {count} - {name}')


def raises(kind, function, *args):
    try:
        function(*args)
    except kind:
        return True
    return False


def twice(text):
    """Long to short to long keeps everything."""
    tree = h248.parse(text)
    short = h248.write(tree, compact=True)
    return h248.write(h248.parse(short)) == h248.write(tree) and \
        all(raw == form for form, raw in h248.tokens(h248.parse(short)))


def main():
    for n, text in enumerate(ACCEPTED):
        point(twice(text), f'valid message {n}')
    for name, text in REFUSED:
        point(raises(h248.SyntaxFault, h248.parse, text), f'refused: {name}')
    local = h248.parse(ADD)['Reply.Context.Add.Media.Stream.Local'].sdp
    point((local.port, local.proto, local.address) == (30004, 'TCP/TLS', '203.0.113.20') and
          local.attribute('x') == '{a}', 'SDP')

    path = os.path.abspath(__file__)
    with open(path, 'rb') as f:
        content = f.read()
    for chunk in (1, 100, 1 << 20):
        out, answers = [], []
        receiver = msrp.Receiver(answers.append)
        for one in msrp.requests(path, 'msrp://a:1/x;tcp', 'msrp://b:2/y;tcp', chunk):
            out.append(one)
        stream = b''.join(out)
        for at in range(0, len(stream), 977):
            receiver.feed(stream[at:at + 977])
        counter = msrp.Answers()
        counter.feed(b''.join(answers))
        point(receiver.complete and receiver.octets == len(content) and
              receiver.hash.digest() == msrp.hashlib.sha256(content).digest() and
              counter.ok == len(out) == receiver.chunks, f'MSRP in chunks of {chunk}')
    point(raises(msrp.MsrpError, msrp.Receiver(print).feed, b'HTTP/1.1 200 OK\r\n\r\n'),
          'what is no MSRP is refused')
    print(f'1..{count}')
    return 1 if failed else 0


sys.exit(main())
