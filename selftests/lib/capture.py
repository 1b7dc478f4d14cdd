# SPDX-License-Identifier: GPL-2.0-only
"""
What TCP carried over a device, put together: the octets of each connection and direction.

    with Capture(ns, 'core') as seen:
        ...
    for (source, port, destination, port), octets in seen.streams().items(): ...
"""

import contextlib
import select
import socket
import struct
import threading

import packet

FIN, SYN = 1, 2
ALL = 0x0003
SO_RCVBUFFORCE = 33


class CaptureError(Exception):
    """The capture is not whole."""


class Capture:
    """From now on, until it is closed; IPv4 and IPv6."""

    def __init__(self, ns, device):
        # SOCK_DGRAM: packets without the link's header, both directions
        self.sock = ns.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.sock.bind((device, ALL))
        self.packets = []
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping:
            # what is queued at the end is read, too
            while select.select([self.sock], [], [], 0.1)[0]:
                self.packets.append(self.sock.recv(1 << 17))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stopping = True
        self.thread.join()
        with contextlib.suppress(OSError):
            self.sock.close()

    def streams(self):
        """{(source, port, destination, port): octets} of the connections that began in the capture."""
        flows = {}
        for data in self.packets:
            p = packet.read(data)
            if not p or p.proto != packet.IPPROTO_TCP or len(p.body) < 20:
                continue
            sport, dport, seq, _, offset, flags = struct.unpack_from('!HHIIBB', p.body)
            flow = flows.setdefault((p.src, sport, p.dst, dport), {})
            if flags & SYN:
                flow['isn'] = seq + 1
            payload = p.body[(offset >> 4) * 4:]
            if payload:
                flow.setdefault('parts', []).append((seq, payload))
        return {key: self._whole(key, flow) for key, flow in flows.items() if 'isn' in flow}

    @staticmethod
    def _whole(key, flow):
        octets = bytearray()
        for at, payload in sorted(((seq - flow['isn']) & 0xffffffff, data)
                                  for seq, data in flow.get('parts', [])):
            if at > len(octets):
                raise CaptureError(f'{key}: {at - len(octets)} octets are missing')
            octets += payload[len(octets) - at:]
        return bytes(octets)
