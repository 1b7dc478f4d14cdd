# SPDX-License-Identifier: GPL-2.0-only
"""What Python's socket module does not know of SCTP: several addresses, and identifiers of messages."""

import ipaddress
import socket
import struct

PROTO = 132
PPID = 7		# H.248, in network order on the wire

RTOINFO, PEER_ADDR_PARAMS, EVENTS, BINDX_ADD = 0, 9, 11, 100
SNDRCV = 1
NOTIFICATION = 0x8000
SNDRCVINFO = '=HHHxxI4s4I'


def packed(address, port):
    """sockaddr of an address."""
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return struct.pack('=H', socket.AF_INET) + struct.pack('>H', port) + ip.packed + bytes(8)
    return struct.pack('=H', socket.AF_INET6) + struct.pack('>HI', port, 0) + ip.packed + bytes(4)


def listener(make, addresses, port):
    """A listening socket; make(family, kind, proto) makes it."""
    family = socket.AF_INET6 if ':' in addresses[0] else socket.AF_INET
    sock = make(family, socket.SOCK_STREAM, PROTO)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # timers as short as the gateway's: a test waits for them
    sock.setsockopt(PROTO, RTOINFO, struct.pack('=iIII', 0, 500, 4000, 250))
    sock.setsockopt(PROTO, PEER_ADDR_PARAMS, struct.pack('=i128sIHIIIxx', 0, bytes(128), 1000, 3, 0, 0, 1))
    sock.setsockopt(PROTO, EVENTS, bytes([1]) + bytes(9))
    sock.setsockopt(PROTO, BINDX_ADD, b''.join(packed(a, port) for a in addresses))
    sock.listen(4)
    return sock


def send(sock, data, ppid=PPID):
    info = struct.pack(SNDRCVINFO, 0, 0, 0, socket.htonl(ppid), bytes(4), 0, 0, 0, 0)
    sock.sendmsg([data], [(PROTO, SNDRCV, info)])


def receive(sock):
    """(a whole message, its identifier), (None, 0) at the end."""
    data = b''
    while True:
        piece, ancillary, flags, _ = sock.recvmsg(65536, 256)
        if not piece:
            return None, 0
        if flags & NOTIFICATION:
            continue
        data += piece
        if flags & socket.MSG_EOR:
            break
    ppid = 0
    for level, kind, value in ancillary:
        if level == PROTO and kind == SNDRCV:
            ppid = socket.ntohl(struct.unpack(SNDRCVINFO, value[:struct.calcsize(SNDRCVINFO)])[3])
    return data, ppid
