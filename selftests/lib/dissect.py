# SPDX-License-Identifier: GPL-2.0-only
"""
Wireshark's dissectors megaco and h248 on what was sent: fields of frames, and what is wrong with a trace.
What tests take out of other streams, leave() keeps for a dissector that is named.

Where tshark is at fault itself, selftests/corpus/h248/tshark says how: of messages of the corpus by
their name, of messages in traces by a regular expression of what is sent.
"""

import concurrent.futures
import functools
import os
import re
import struct
import subprocess

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
EXCEPTIONS = os.path.join(TREE, 'selftests', 'corpus', 'h248', 'tshark')
# expert information of these groups is a fault: undecoded, malformed
FAULTY = {str(5 << 24), str(7 << 24)}
# Linux cooked capture: a packet that this host sends
OURS = 'sll.pkttype == 4'
# The first of the link types whose meaning the user says.
USER_DLT = 147
FIELDS = ('frame.number', 'frame.protocols', '_ws.malformed', '_ws.expert.group', '_ws.expert.message',
          # octets of TCP; the parts of a message, which is shown with its last
          'tcp.len', 'tcp.reassembled_in', 'ip.reassembled_in', 'ipv6.reassembled.in',
          'ip.frag_offset', 'ipv6.fraghdr.offset', 'sctp.reassembled_in', 'sctp.chunk_type',
          # what was sent again is not shown again
          'sctp.retransmission', 'tcp.analysis.retransmission',
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


def fields(path, names, wanted='frame', extra=()):
    """The frames of a trace that match a display filter, each as {field: text}."""
    args = ['tshark', '-2', '-n', '-r', path, *extra, '-Y', wanted, '-T', 'fields', '-E', 'separator=|',
            *(word for name in names for word in ('-e', name))]
    done = subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in done.stdout.decode(errors='replace').splitlines():
        # the text of expert information may have any character, the others have not
        yield dict(zip(names, line.split('|')))


def faulty(frame):
    """Is something in it that the dissector could not make out?"""
    return frame['_ws.malformed'] or FAULTY & set(frame['_ws.expert.group'].split(','))


def leave(protocol, messages):
    """
    Messages that a test took out of a stream, for the dissector of that name: each becomes a frame of
    its own, without anything below it. traces() finds them when the virtual machine has gone.
    """
    if 'KMGW_TRACE' not in os.environ:
        return
    with open(left(os.environ['KMGW_TRACE'], protocol), 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, USER_DLT))
        for octets_ in messages:
            f.write(struct.pack('<IIII', 0, 0, len(octets_), len(octets_)) + octets_)


def left(path, protocol):
    """Where it is, beside the trace of H.248."""
    return f'{path.removesuffix(".pcap")}.{protocol}.pcap'


def leaves(test):
    """The protocols whose messages a test leaves."""
    with open(test, encoding='utf-8') as f:
        return re.findall(r"\bdissect\.leave\('(\w+)'", f.read())


def stray(path, protocol):
    """(number of messages, [what is wrong]) of what leave() has left."""
    dlt = f'uat:user_dlts:"User 0 (DLT={USER_DLT})","{protocol}","0","","0",""'
    found = list(fields(path, ('frame.number', 'frame.protocols', '_ws.malformed', '_ws.expert.group',
                               '_ws.expert.message'), extra=('-o', dlt)))
    return len(found), [f'frame {frame["frame.number"]}: {frame["_ws.expert.message"]}' for frame in found
                        if faulty(frame) or protocol not in frame['frame.protocols'].split(':')]


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
    """For each (test, its trace of H.248) what is wrong, with that and what else it leaves: (name, whose, count, [what])."""
    def judge(work):
        name, path, whose, how = work
        if not os.path.exists(path):
            return name, whose, 0, ['there is no trace']
        try:
            count, wrong = how(path)
        except subprocess.CalledProcessError as e:
            return name, whose, 0, [f'tshark: status {e.returncode}']
        return name, whose, count, wrong if count else ['there are no messages']

    work = []
    for test, path in tests:
        name = os.path.basename(test)
        if leaves_trace(test):
            work.append((name, path, 'kmgwd', trace))
        for protocol in leaves(test):
            work.append((name, left(path, protocol), protocol, functools.partial(stray, protocol=protocol)))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(judge, work))
