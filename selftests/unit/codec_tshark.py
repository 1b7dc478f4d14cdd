#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Wireshark's dissector finds no fault with our messages.

Every valid message of the corpus, as it stands there and as we write it, pretty and compact, goes into
a pcap as a UDP datagram to port 2944. tshark must take it for H.248 and see nothing malformed. Where
it is at fault itself, selftests/corpus/h248/tshark says how; an entry that is not needed any more is a
failure. (It is no validator: that it finds nothing says little, that it finds something says a lot.)
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

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
CORPUS = os.path.join(TREE, 'selftests', 'corpus', 'h248')
STYLES = ('', '.pretty', '.compact')


def exceptions():
    found = set()
    with open(os.path.join(CORPUS, 'tshark'), encoding='utf-8') as f:
        for line in f:
            if not line.startswith('#') and line.strip():
                found.add(line.split()[0])
    return found


def write_pcap(path, messages):
    """Raw IPv4, a packet for each message."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for number, text in enumerate(messages):
            udp = struct.pack('>HHHH', 2944, 2944, 8 + len(text), 0) + text
            packet = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), number & 0xffff, 0, 64, 17, 0,
                                 b'\x0a\0\0\1', b'\x0a\0\0\2') + udp
            f.write(struct.pack('<IIII', number, 0, len(packet), len(packet)) + packet)


def dissect(path):
    """For each packet: what is wrong with it, or nothing."""
    fields = ('frame.number', 'frame.protocols', '_ws.malformed', '_ws.expert.message')
    args = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'separator=|']
    for field in fields:
        args += ['-e', field]
    done = subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in done.stdout.decode(errors='replace').splitlines():
        _, protocols, malformed, expert = line.split('|', 3)
        if 'megaco' not in protocols.split(':'):
            yield f'not taken for H.248: {protocols}'
        else:
            yield f'{malformed}: {expert}' if malformed else ''


def rewritten(work):
    tool = os.path.join(BUILD, 'unit', 'codec_text')
    subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', tool], check=True,
                   stdout=subprocess.DEVNULL)
    for path in glob.glob(os.path.join(CORPUS, 'valid', '*.txt')):
        shutil.copy(path, work)
    files = sorted(glob.glob(os.path.join(work, '*.txt')))
    subprocess.run([tool, '--rewrite', work, *files], check=True, stdout=subprocess.DEVNULL)
    return files


def main():
    known = exceptions()
    wrong = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as work:
        files = rewritten(work)
        messages = []
        for path in files:
            for style in STYLES:
                with open(path + style, 'rb') as f:
                    messages.append(f.read())
        pcap = os.path.join(work, 'corpus.pcap')
        write_pcap(pcap, messages)
        found = list(dissect(pcap))
    for number, why in enumerate(found):
        name = os.path.basename(files[number // len(STYLES)])[:-4]
        if why:
            wrong[name].append(f'{STYLES[number % len(STYLES)] or "as it is"}: {why}')
    print(f'TAP version 13\n1..{len(files) + 1}')
    failed = len(found) != len(messages)
    print('not ok' if failed else 'ok', 1, f'{len(found)} packets dissected')
    for point, path in enumerate(files, 2):
        name = os.path.basename(path)[:-4]
        good = (name in wrong) == (name in known)
        print('ok' if good else 'not ok', point, name)
        if not good:
            failed = True
            print('\n'.join('# ' + why for why in wrong[name] or ['listed, but nothing is wrong']))
        known.discard(name)
    for name in known:
        failed = True
        print(f'# {name}: listed, but there is no such message')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
