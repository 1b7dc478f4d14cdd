# SPDX-License-Identifier: GPL-2.0-only
"""
Wireshark's dissectors megaco and h248 on what was sent: fields of frames, and what is wrong with a trace.

Where tshark is at fault itself, selftests/corpus/h248/tshark says how: of messages of the corpus by
their name, of messages in traces by a regular expression of what is sent.
"""

import concurrent.futures
import os
import re
import subprocess

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
EXCEPTIONS = os.path.join(TREE, 'selftests', 'corpus', 'h248', 'tshark')
# expert information of these groups is a fault: undecoded, malformed
FAULTY = {str(5 << 24), str(7 << 24)}
# Linux cooked capture: a packet that this host sends
OURS = 'sll.pkttype == 4'
FIELDS = ('frame.number', 'frame.protocols', '_ws.malformed', '_ws.expert.group', '_ws.expert.message',
          # octets of TCP; the parts of a message, which is shown with its last
          'tcp.len', 'tcp.reassembled_in', 'ip.reassembled_in', 'ipv6.reassembled.in',
          'ip.frag_offset', 'ipv6.fraghdr.offset', 'sctp.reassembled_in', 'sctp.chunk_type', 'tcp.analysis.retransmission',
          'tcp.analysis.spurious_retransmission', 'tcp.analysis.fast_retransmission')


def exceptions(kind):
    """The entries of one kind in the list: what is excused."""
    found = set()
    with open(EXCEPTIONS, encoding='utf-8') as f:
        for line in f:
            words = line.split()
            if not line.startswith('#') and words and words[0] == kind:
                found.add(words[1])
    return found


def fields(path, names, wanted='frame'):
    """The frames of a trace that match a display filter, each as {field: text}."""
    args = ['tshark', '-2', '-n', '-r', path, '-Y', wanted, '-T', 'fields', '-E', 'separator=|',
            *(word for name in names for word in ('-e', name))]
    done = subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in done.stdout.decode(errors='replace').splitlines():
        # the text of expert information may have any character, the others have not
        yield dict(zip(names, line.split('|')))


def faulty(frame):
    """Is something in it that the dissector could not make out?"""
    return frame['_ws.malformed'] or FAULTY & set(frame['_ws.expert.group'].split(','))


def is_part(frame):
    """No message of its own: of TCP and SCTP the bare protocol, or a piece of what is shown later."""
    protocols = frame['frame.protocols'].split(':')
    if 'tcp' in protocols and frame['tcp.len'] in ('', '0'):
        return True
    # 0 is DATA
    if 'sctp' in protocols and '0' not in frame['sctp.chunk_type'].split(','):
        return True
    # later fragments may be those of media: they have no port. The first must have been put together.
    if any(frame[name] not in ('', '0') for name in ('ip.frag_offset', 'ipv6.fraghdr.offset')):
        return True
    return any(frame[name] for name in FIELDS if 'reassembled' in name or 'retransmission' in name)


def octets(path, number):
    """What a frame holds, as text."""
    done = subprocess.run(['tshark', '-n', '-r', path, '-Y', f'frame.number == {number}', '-T', 'fields',
                           '-e', 'udp.payload', '-e', 'tcp.payload', '-e', 'data.data'],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    digits = re.sub(rb'[^0-9a-f]', b'', done.stdout)
    return bytes.fromhex(digits.decode()).decode('latin-1')


def trace(path):
    """(number of our messages, [what is wrong]) of a trace that record.py made."""
    excused = [re.compile(e, re.I) for e in exceptions('trace')]
    count, wrong = 0, []
    for frame in fields(path, FIELDS, OURS):
        protocols = frame['frame.protocols'].split(':')
        known = 'megaco' in protocols or 'h248' in protocols
        count += known
        bad = faulty(frame)
        if bad or not known and not is_part(frame):
            text = octets(path, frame['frame.number'])
            if not any(e.search(text) for e in excused):
                why = frame['_ws.expert.message'] if bad else frame['frame.protocols']
                wrong.append(f'frame {frame["frame.number"]}: {why}: {text[:400]!r}')
    return count, wrong


def leaves_trace(test):
    """Does a test run the daemon? Then it must leave a trace."""
    with open(test, encoding='utf-8') as f:
        return re.search(r'^from harness import|\bKmgwd\(', f.read(), re.M) is not None


def traces(tests):
    """For each (name of a test, its trace) what is wrong with it: (name, count, [what])."""
    def judge(test):
        name, path = test
        if not os.path.exists(path):
            return name, 0, ['there is no trace']
        try:
            count, wrong = trace(path)
        except subprocess.CalledProcessError as e:
            return name, 0, [f'tshark: status {e.returncode}']
        return name, count, wrong if count else ['the daemon has sent no H.248']

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(judge, tests))
