# SPDX-License-Identifier: GPL-2.0-only
"""
MSRP (RFC 4975) for the tests: SEND requests that carry a file in chunks, and an
endpoint that answers them, puts the file together and reports it. Paths may have
relays in them (RFC 4976). Knows nothing of transports: it is fed octets and gives octets.

As a command it writes the requests for a file to standard output, so that any
TLS client can send them:	python3 msrp.py FILE TO-PATH FROM-PATH
"""

import hashlib
import os
import re
import sys

CHUNK = 64 << 10


class MsrpError(Exception):
    """The octets are no MSRP."""


def identifier():
    return 'k' + os.urandom(6).hex()


def requests(path, to_path, from_path, chunk=CHUNK, content_type='application/octet-stream',
             report=False):
    """The SEND requests for a file, one after the other. report: the receiver is to report it."""
    size = os.path.getsize(path)
    message = identifier()
    success = 'Success-Report: yes\r\n' if report else ''
    at = 0
    with open(path, 'rb') as f:
        while True:
            body = f.read(chunk)
            last = at + len(body) >= size
            tid = identifier()
            while f'-------{tid}'.encode() in body:
                tid = identifier()
            head = f'MSRP {tid} SEND\r\nTo-Path: {to_path}\r\nFrom-Path: {from_path}\r\n' \
                   f'Message-ID: {message}\r\nByte-Range: {at + 1}-{at + len(body)}/{size}\r\n' \
                   f'{success}Failure-Report: yes\r\nContent-Type: {content_type}\r\n\r\n'
            yield head.encode() + body + f'\r\n-------{tid}{"$" if last else "+"}\r\n'.encode()
            at += len(body)
            if last:
                return


def empty(to_path, from_path):
    """What whoever opened the connection sends first: it tells whose it is (RFC 4975 5.4, RFC 6135)."""
    tid = identifier()
    return f'MSRP {tid} SEND\r\nTo-Path: {to_path}\r\nFrom-Path: {from_path}\r\n' \
           f'Message-ID: {identifier()}\r\nByte-Range: 1-0/0\r\n-------{tid}$\r\n'.encode()


START = re.compile(rb'MSRP ([A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}) ([A-Z]+|[0-9]{3})( [^\r\n]*)?\Z')


class Reader:
    """Takes a stream apart: feed() octets, on_message(start, headers, body, flag) comes out."""

    def __init__(self, on_message):
        self.on_message = on_message
        self.data = bytearray()
        self.scanned = 0

    def feed(self, data):
        self.data += data
        while self._one():
            pass

    def _one(self):
        eol = self.data.find(b'\r\n', 0, 200)
        if eol < 0:
            if len(self.data) > 200:
                raise MsrpError(f'no start line in {bytes(self.data[:60])!r}')
            return False
        m = START.match(self.data[:eol])
        if not m:
            raise MsrpError(f'bad start line {bytes(self.data[:eol])!r}')
        mark = b'\r\n-------' + m.group(1)
        at = self.data.find(mark, max(eol, self.scanned - len(mark)))
        if at < 0 or len(self.data) < at + len(mark) + 3:
            self.scanned = at + len(mark) if at >= 0 else len(self.data)
            return False
        flag = chr(self.data[at + len(mark)])
        end = at + len(mark) + 3
        if flag not in '$+#' or self.data[end - 2:end] != b'\r\n':
            raise MsrpError('bad end line')
        part = bytes(self.data[eol + 2:at])
        head, blank, body = part.partition(b'\r\n\r\n')
        headers = {}
        for line in head.split(b'\r\n'):
            name, colon, value = line.partition(b':')
            if not colon:
                raise MsrpError(f'bad header {line!r}')
            headers[name.decode().lower()] = value.decode().strip()
        del self.data[:end]
        self.scanned = 0
        self.on_message(m, headers, body if blank else None, flag)
        return True


class Receiver:
    """
    Answers SEND with 200, assembles the message, and reports it if it is asked to. send is called with
    each answer. path: the own URI, as the sender has it.
    """

    def __init__(self, send, file=None, path=None):
        self.reader = Reader(self._message)
        self.send = send
        self.file = file
        self.path = path
        self.hash = hashlib.sha256()
        self.octets = 0
        self.chunks = 0
        self.complete = False
        self.stream_octets = 0
        self.answer_octets = 0

    def feed(self, data):
        self.stream_octets += len(data)
        self.reader.feed(data)

    def _message(self, start, headers, body, flag):
        tid, method = start.group(1).decode(), start.group(2)
        if method != b'SEND':
            return
        for name in ('to-path', 'from-path', 'message-id'):
            if name not in headers:
                raise MsrpError(f'SEND without {name}')
        here, back = headers['to-path'].split(), headers['from-path'].split()
        if self.path and here != [self.path]:
            raise MsrpError(f'SEND to {headers["to-path"]}, this is {self.path}')
        # the next hop alone, whatever is behind it (RFC 4975 7.2)
        answer = f'MSRP {tid} 200 OK\r\nTo-Path: {back[0]}\r\n' \
                 f'From-Path: {here[0]}\r\n-------{tid}$\r\n'.encode()
        self.answer_octets += len(answer)
        self.send(answer)
        if body is None:
            return
        at = int(headers['byte-range'].split('-')[0])
        if at != self.octets + 1:
            raise MsrpError(f'chunk at {at}, {self.octets + 1} expected')
        self.hash.update(body)
        if self.file:
            self.file.write(body)
        self.octets += len(body)
        self.chunks += 1
        self.complete = flag == '$'
        if self.complete and headers.get('success-report') == 'yes':
            self._report(headers)

    def _report(self, headers):
        """All of the message is here; it goes the whole way back (RFC 4975 7.1.2)."""
        tid = identifier()
        own = headers['to-path'].split()[-1]
        self.send(f'MSRP {tid} REPORT\r\nTo-Path: {headers["from-path"]}\r\nFrom-Path: {own}\r\n'
                  f'Message-ID: {headers["message-id"]}\r\nByte-Range: 1-{self.octets}/{self.octets}\r\n'
                  f'Status: 000 200 OK\r\n-------{tid}$\r\n'.encode())


class Answers:
    """Counts the 200 OK that come back to a sender, and the reports."""

    def __init__(self):
        self.reader = Reader(self._message)
        self.ok = 0
        self.octets = 0
        self.reports = []	# (octets, status)

    def feed(self, data):
        self.octets += len(data)
        self.reader.feed(data)

    def _message(self, start, headers, _body, _flag):
        if start.group(2) == b'REPORT':
            self.reports.append((int(headers['byte-range'].rpartition('/')[2]), headers['status']))
            return
        if start.group(2) != b'200':
            raise MsrpError(f'answer {start.group(0)!r}')
        self.ok += 1


class Endpoint:
    """Takes a message and sends one: requests and answers of both go over one connection."""

    def __init__(self, send, path=None):
        self.send = send
        self.path = path
        self.receiver = Receiver(send, path=path)
        self.answers = Answers()
        self.reader = Reader(self._message)
        self.feed = self.reader.feed
        self.sent = 0

    def bind(self, to_path):
        """First, of who opened the connection."""
        self.send(empty(to_path, self.path))
        self.sent += 1

    def send_file(self, path, to_path, chunk):
        """With a report wanted."""
        for one in requests(path, to_path, self.path, chunk, report=True):
            self.send(one)
            self.sent += 1

    def _message(self, start, *rest):
        side = self.receiver if start.group(2) == b'SEND' else self.answers
        side._message(start, *rest)	# pylint: disable=protected-access


if __name__ == '__main__':
    for one in requests(*sys.argv[1:4]):
        sys.stdout.buffer.write(one)
