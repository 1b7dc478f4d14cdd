# SPDX-License-Identifier: GPL-2.0-only
"""
MSRP (RFC 4975) for the tests: SEND requests that carry a file in chunks, and an
endpoint that answers them and puts the file together. Knows nothing of transports:
it is fed octets and gives octets.

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


def requests(path, to_path, from_path, chunk=CHUNK, content_type='application/octet-stream'):
    """The SEND requests for a file, one after the other."""
    size = os.path.getsize(path)
    message = identifier()
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
                   f'Failure-Report: yes\r\nContent-Type: {content_type}\r\n\r\n'
            yield head.encode() + body + f'\r\n-------{tid}{"$" if last else "+"}\r\n'.encode()
            at += len(body)
            if last:
                return


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
    """Answers SEND with 200 and assembles the message. send is called with each answer."""

    def __init__(self, send, file=None):
        self.reader = Reader(self._message)
        self.send = send
        self.file = file
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
        at = int(headers['byte-range'].split('-')[0])
        if at != self.octets + 1:
            raise MsrpError(f'chunk at {at}, {self.octets + 1} expected')
        body = body or b''
        self.hash.update(body)
        if self.file:
            self.file.write(body)
        self.octets += len(body)
        self.chunks += 1
        self.complete = flag == '$'
        answer = f'MSRP {tid} 200 OK\r\nTo-Path: {headers["from-path"]}\r\n' \
                 f'From-Path: {headers["to-path"]}\r\n-------{tid}$\r\n'.encode()
        self.answer_octets += len(answer)
        self.send(answer)


class Answers:
    """Counts the 200 OK that come back to a sender."""

    def __init__(self):
        self.reader = Reader(self._message)
        self.ok = 0
        self.octets = 0

    def feed(self, data):
        self.octets += len(data)
        self.reader.feed(data)

    def _message(self, start, _headers, _body, _flag):
        if start.group(2) != b'200':
            raise MsrpError(f'answer {start.group(0)!r}')
        self.ok += 1


class Endpoint:
    """Takes a message and sends one: requests and answers of both go over one connection."""

    def __init__(self, send):
        self.receiver = Receiver(send)
        self.answers = Answers()
        self.reader = Reader(self._message)
        self.feed = self.reader.feed

    def _message(self, start, *rest):
        side = self.receiver if start.group(2) == b'SEND' else self.answers
        side._message(start, *rest)	# pylint: disable=protected-access


if __name__ == '__main__':
    for one in requests(*sys.argv[1:4]):
        sys.stdout.buffer.write(one)
