#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Wireshark's dissector finds no fault with our messages.

Every valid message of the corpus, as it stands there and as we write it, pretty, compact and in binary
(if it has a binary form), goes into a pcap as a UDP datagram to port 2944 or 2945. tshark must take it
for H.248 and see nothing malformed. Where it is at fault itself, selftests/corpus/h248/tshark says how;
an entry that is not needed any more is a failure. (It is no validator: that it finds nothing says little, that it finds something says a lot.)
"""
# timeout: 120

import collections
import glob
import os
import shutil
import struct
import subprocess
import sys
import tempfile

LIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib')
sys.path.insert(0, LIB)
import dissect  # noqa: E402

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
CORPUS = os.path.join(TREE, 'selftests', 'corpus', 'h248')
# of the files that the tools write: encoding, dissector, port
STYLES = {
    '': ('text', 'megaco', 2944),
    '.pretty': ('text', 'megaco', 2944),
    '.compact': ('text', 'megaco', 2944),
    '.ours': ('binary', 'h248', 2945),
}

# some have no binary form: modems, methods and parameters X-..., SDP in capital letters
MIN_BINARY = 400


def exceptions():
    return {(kind, name) for kind in ('text', 'binary') for name in dissect.exceptions(kind)}


def write_pcap(path, packets):
    """Raw IPv4, a packet for each message."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for number, (_, style, data) in enumerate(packets):
            port = STYLES[style][2]
            udp = struct.pack('>HHHH', port, port, 8 + len(data), 0) + data
            packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0,
                                 b'\x0a\0\0\1', b'\x0a\0\0\2') + udp
            f.write(struct.pack('<IIII', number, 0, len(packet), len(packet)) + packet)


def faults(path, packets):
    """What is wrong, as (encoding, name, why)."""
    frames = list(dissect.fields(path, dissect.FIELDS))
    assert len(frames) == len(packets)
    for frame, (name, style, _) in zip(frames, packets):
        encoding, dissector, _ = STYLES[style]
        if dissector not in frame['frame.protocols'].split(':'):
            yield encoding, name, f'{style}: not taken for H.248: {frame["frame.protocols"]}'
        elif dissect.faulty(frame):
            yield encoding, name, f'{style}: {frame["_ws.malformed"]}: {frame["_ws.expert.message"]}'


def tool(name):
    path = os.path.join(BUILD, 'unit', name)
    subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def rewritten(work):
    """The names of the messages, and the packets: name, style, octets."""
    for path in glob.glob(os.path.join(CORPUS, 'valid', '*.txt')):
        shutil.copy(path, work)
    files = sorted(glob.glob(os.path.join(work, '*.txt')))
    subprocess.run([tool('codec_text'), '--rewrite', work, *files], check=True,
                   stdout=subprocess.DEVNULL)
    # those without a binary form are told; that is another test's matter
    subprocess.run([tool('codec_ber'), '--oracle', work, *files], check=False,
                   stdout=subprocess.DEVNULL)
    names = [os.path.basename(path)[:-4] for path in files]
    packets = []
    for name in names:
        for style in STYLES:
            path = os.path.join(work, name + ('' if style == '.ours' else '.txt') + style)
            if style == '.ours' and not os.path.exists(path):
                continue
            with open(path, 'rb') as f:
                packets.append((name, style, f.read()))
    return names, packets


def main():
    known = exceptions()
    wrong = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as work:
        names, packets = rewritten(work)
        pcap = os.path.join(work, 'corpus.pcap')
        write_pcap(pcap, packets)
        for encoding, name, why in faults(pcap, packets):
            wrong[encoding, name].append(why)
    binary = sum(style == '.ours' for _, style, _ in packets)
    print(f'TAP version 13\n1..{2 * len(names) + 1}')
    failed = binary < MIN_BINARY
    print('not ok' if failed else 'ok', 1, f'{binary} messages in binary')
    points = [(encoding, name) for encoding in ('text', 'binary') for name in names]
    for number, point in enumerate(points, 2):
        good = (point in wrong) == (point in known)
        print('ok' if good else 'not ok', number, *point)
        if not good:
            failed = True
            print('\n'.join('# ' + why for why in wrong[point] or ['listed, but nothing is wrong']))
        known.discard(point)
    for point in known:
        failed = True
        print('#', *point, 'is listed, but there is no such message')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
