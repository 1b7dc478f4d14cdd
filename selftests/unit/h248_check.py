#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kmgw h248 check: what an operator pastes into it, and what comes out."""

import glob
import json
import os
import subprocess
import sys

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
KMGW = os.path.join(BUILD, 'kmgw')
CORPUS = os.path.join(TREE, 'selftests', 'corpus', 'h248')

ADD = '!/1 [10.0.0.1]:2944 T=9{C=${A=ip/1/access/${M{L{v=0\r\nc=IN IP4 $\r\n}}}}}'
PRETTY = '''MEGACO/1 [10.0.0.1]:2944
Transaction = 9 {
\tContext = $ {
\t\tAdd = ip/1/access/$ {
\t\t\tMedia {
\t\t\t\tLocal {
v=0\r
c=IN IP4 $\r
}
\t\t\t}
\t\t}
\t}
}
'''
TRACE = f'''12:00:01 gw mg[7]: sent 80 octets
12:00:01 gw mg[7]: {PRETTY.replace(chr(13), '').rstrip().replace(chr(10), chr(10) + '12:00:02 gw mg[7]: ')}
12:00:03 gw mg[7]: received 70 octets
12:00:03 gw mg[7]: !/1 [10.0.0.2] P=9{{C=4{{A=ip/1/access/7}}}}
12:00:04 gw mg[7]: !/1 [10.0.0.2] P=9{{C=4{{A=}}}}

'''

# in binary: a Notify and an Add, and what they are in text
NOTIFY = (
    '3073a171800102a10ca00a8004c000021481020b81a25ea15ca05a8003011171a153305180021389a34b3049a047a645'
    'a00e300ca00081080001000100000007a133800203f4a12d302b800400010001a20d300b80020001a10504030a0101a3'
    '148008323032363031303181083130313531323334')
ADD_AUDIO = (
    '3081a8a181a5800102a10ca00a8004c000020a81020b81a28191a1818ea0818b800107a18185308182800500fffffffe'
    'a3793077a075a073a011300fa00304011f81080001000200000000a15ea05ca15aa1583056800101a151a005800102a3'
    '00a148a0463044300d80040000b001a1050403160130301480040000b008a10c040a1608494e204950342024301d8004'
    '0000b00fa11504131611617564696f2024205254502f4156502038')
NOTIFY_TEXT = ('!/2 [192.0.2.20]:2945 T=70001{C=5001{N=ip/1/r1/7{OE=1012{20260101T10151234:'
               'g/cause{Generalcause=NR}}}}}\n')
ADD_AUDIO_TEXT = ('!/2 [192.0.2.10]:2945 T=7{C=${A=ip/1/r2/${M{ST=1{O{MO=SR},L{v=0\r\nc=IN IP4 $\r\n'
                  'm=audio $ RTP/AVP 8\r\n}}}}}}\n')


class Tally:
    def __init__(self):
        self.points = self.failed = 0

    def ok(self, good, name, *why):
        self.points += 1
        print('ok' if good else 'not ok', self.points, name)
        if not good:
            self.failed += 1
            for what in why:
                print('\n'.join('# ' + line for line in str(what).splitlines()))


def check(*args, text=None, before=()):
    data = text.encode() if isinstance(text, str) else text
    return subprocess.run([KMGW, *before, 'h248', 'check', *args], input=data,
                          stdin=None if data is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def words(t):
    """Options, files, exit status."""
    done = check('-', text=ADD)
    t.ok((done.returncode, done.stdout.decode(), done.stderr) == (0, PRETTY, b''),
         'one message from standard input, pretty by default', done)
    done = check('--pretty', '-', text=PRETTY)
    t.ok((done.returncode, done.stdout.decode()) == (0, PRETTY), 'pretty stays as it is', done)
    done = check('--compact', '-', text=PRETTY)
    t.ok((done.returncode, done.stdout.decode()) == (0, ADD + '\n'), '--compact converts', done)
    path = os.path.join(CORPUS, 'valid', 'flow_3_1_1.txt')
    done = check(path)
    t.ok(done.returncode == 0 and check('-', text=done.stdout.decode()).stdout == done.stdout,
         'a file, and what is printed is read as the same', done)
    for args in ([], ['--pretty', '--compact', '-'], ['--version', '4', '-'], ['--version'],
                 ['--bogus', '-'], ['-', 'x']):
        done = check(*args, text='')
        t.ok(done.returncode == 2 and b'Usage: kmgw h248' in done.stderr,
             f'{" ".join(args) or "nothing"} is no command line', done)
    done = check('--help')
    t.ok(done.returncode == 0 and b'Usage: kmgw h248' in done.stdout, '--help', done)
    done = check('/nonexistent')
    t.ok(done.returncode == 1 and done.stderr == b'kmgw: /nonexistent: No such file or directory\n',
         'no such file', done)
    done = check('-', text='')
    t.ok(done.returncode == 1 and done.stderr == b'kmgw: -: no message\n', 'nothing in it', done)


def traces(t):
    done = check('-', text=TRACE)
    column = len('12:00:04 gw mg[7]: !/1 [10.0.0.2] P=9{C=4{A=') + 1
    t.ok(done.returncode == 1 and
         done.stdout.decode() == PRETTY + '\n' + check(
             '-', text='!/1 [10.0.0.2] P=9{C=4{A=ip/1/access/7}}').stdout.decode(),
         'a log with prefixes: the good messages', done.stdout.decode())
    t.ok(done.stderr.decode() ==
         f'-:17:{column}: error 422: expected a termination id, found }}\n'
         '-: 3 messages, 1 bad; 2 lines skipped\n', 'and the bad one with its place', done.stderr)


def sdp(t):
    done = check('-', text=ADD.replace('c=IN', 'a=\\}\\}\r\n\tc=IN'))
    t.ok(done.returncode == 1 and
         done.stderr == b'-:3:1: error 474: expected <letter>=, found ?c=IN IP4 $\n',
         'what is no SDP is an error of its line', done)
    t.ok(done.stdout.startswith(b'MEGACO'), 'but the message is printed', done)
    done = check('-', text=ADD.replace('c=IN IP4 $', 'a=\\}\\}\x01'))
    t.ok(done.stderr.startswith(b'-:2:7: error 474: control'), 'escapes count as they stand', done)


def versions(t):
    ieps = '!/2 [10.0.0.1] T=1{C=1{IEPS=ON,S=*}}'
    done = check('-', text=ieps)
    t.ok((done.returncode, done.stderr) == (0, b'-:1:1: note: IEPSCall is not in version 2, but in 3\n'),
         'newer than the header says: a note', done)
    done = check('--version', '3', '--compact', '-', text=ieps)
    t.ok((done.returncode, done.stdout) == (0, ieps.replace('/2', '/3').encode() + b'\n'),
         '--version 3 writes it as 3', done)
    done = check('--version', '1', '-', text=ieps)
    t.ok((done.returncode, done.stdout, done.stderr) ==
         (1, b'', b'-:1:1: error 406: IEPSCall is not in version 1, but in 3\n'),
         '--version 1 refuses it', done)
    bad = []
    files = sorted(glob.glob(os.path.join(CORPUS, 'valid', '*.txt')))
    for path in files:
        done = check(path)
        if done.returncode or done.stderr:
            bad.append(f'{os.path.basename(path)}: {done.stderr.decode()}')
    t.ok(len(files) >= 300 and not bad, 'every valid message of the corpus is of its version', *bad)


def as_json(t):
    done = check('-', text=TRACE, before=['-j'])
    found = json.loads(done.stdout)
    t.ok(done.returncode == 1 and [m['line'] for m in found] == [2, 16, 17] and not done.stderr,
         'JSON: an object for each message', done)
    t.ok(found[0]['version'] == 1 and found[0]['text'] == PRETTY.rstrip(),
         'with its text', found[0])
    t.ok(found[2]['errors'] == [{'line': 17, 'column': 45, 'code': 422,
                                 'text': 'expected a termination id, found }'}] and
         'text' not in found[2], 'or its errors', found[2])


def binary(t):
    both = NOTIFY_TEXT + '\n' + ADD_AUDIO_TEXT
    octets = bytes.fromhex(NOTIFY) + bytes.fromhex(ADD_AUDIO)
    done = check('--binary', '--compact', '-', text=octets)
    t.ok((done.returncode, done.stdout.decode()) == (0, both), '--binary: two messages in BER', done)
    dump = '\n'.join(NOTIFY[i:i + 2] for i in range(0, len(NOTIFY), 2)) + ' \n' + ADD_AUDIO.upper()
    done = check('--binary', '--compact', '-', text=dump)
    t.ok((done.returncode, done.stdout.decode()) == (0, both), 'and in hexadecimal digits', done)
    framed = b''.join(b'\3\0' + (len(h) // 2 + 4).to_bytes(2, 'big') + bytes.fromhex(h)
                      for h in (NOTIFY, ADD_AUDIO))
    done = check('--binary', '--compact', '-', text=framed)
    t.ok((done.returncode, done.stdout.decode()) == (0, both), 'and in TPKT', done)
    done = check('--binary', '-', text=octets[:-1])
    t.ok(done.returncode == 1 and
         done.stderr.splitlines()[0] == f'-:octet {len(NOTIFY) // 2}: error 400: ends inside of an '
         'element'.encode(), 'an error names the octet', done)
    done = check('--binary', '-', text=framed + octets[:20], before=['-j'])
    found = json.loads(done.stdout)
    t.ok(done.returncode == 1 and [m['octet'] for m in found] ==
         [4, len(NOTIFY) // 2 + 8, len(framed)] and found[2]['errors'][0]['code'] == 400,
         'JSON counts octets', done)
    done = check('-', text=octets)
    t.ok(done.returncode == 1 and b'error 400' in done.stderr, 'without --binary it is no message', done)


def invalid(t):
    """The same place and code as the reader's test has them, but for what a trace may be."""
    bad = []
    rows = 0
    with open(os.path.join(CORPUS, 'invalid', 'index'), encoding='utf-8') as f:
        for row in f:
            if row.startswith('#'):
                continue
            name, code, line, column, _ = row.split()
            done = check(os.path.join(CORPUS, 'invalid', name + '.txt'))
            rows += 1
            where = done.stderr.decode(errors='replace').split(': ')
            place = f'{name}.txt:{line}:{column}'
            if done.returncode != 1 or not where[0].endswith(place) or where[1] != f'error {code}':
                # no message at all; strange prefixes, but prefixes
                if name not in ('empty', 'nul_first', 'header_tpkt'):
                    bad.append(f'{name}: {done.returncode} {done.stderr} instead of {place} {code}')
    t.ok(rows >= 300 and not bad, f'{rows} invalid messages: code, line and column', *bad)


def main():
    print('TAP version 13')
    if not os.path.exists(KMGW):
        subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', 'kmgw'], check=True,
                       stdout=subprocess.DEVNULL)
    t = Tally()
    for part in (words, traces, sdp, versions, as_json, binary, invalid):
        part(t)
    print(f'1..{t.points}')
    return 1 if t.failed else 0


if __name__ == '__main__':
    sys.exit(main())
