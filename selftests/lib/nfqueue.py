# SPDX-License-Identifier: GPL-2.0-only
"""A queue of nftables: packets wait in it until they are let on, which is done in process context."""

import socket
import struct

NETLINK_NETFILTER, SUBSYSTEM = 12, 3 << 8
PACKET, VERDICT, CONFIG = 0, 1, 2
NLMSG_ERROR, NLM_F_REQUEST, NLM_F_ACK = 2, 1, 4
CFG_CMD, CFG_PARAMS, BIND, COPY_META = 1, 2, 1, 1
PACKET_HDR, VERDICT_HDR, NF_ACCEPT = 1, 2, 1


class Queue:
    """Of a namespace; the rule that feeds it, "queue num N", is up to the caller."""

    def __init__(self, ns, number=0):
        self.number = number
        self.s = ns.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.s.bind((0, 0))
        self.s.settimeout(20)
        self._ask(CONFIG, CFG_CMD, struct.pack('>BBH', BIND, 0, 0))
        self._ask(CONFIG, CFG_PARAMS, struct.pack('>IB', 64, COPY_META))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.s.close()

    def _ask(self, kind, attribute, value):
        """A request that the kernel agrees to; what waits is not looked at meanwhile."""
        body = struct.pack('>BBH', 0, 0, self.number) + struct.pack('=HH', 4 + len(value), attribute) + value
        body += bytes(-len(body) % 4)
        self.s.send(struct.pack('=IHHII', 16 + len(body), SUBSYSTEM | kind, NLM_F_REQUEST | NLM_F_ACK, 1, 0) +
                    body)
        while True:
            data = self.s.recv(65536)
            if struct.unpack_from('=H', data, 4)[0] == NLMSG_ERROR:
                error = struct.unpack_from('=i', data, 16)[0]
                if error:
                    raise OSError(-error, 'nfnetlink_queue')
                return

    def let_on(self):
        """Wait for a packet and let it on."""
        while True:
            data = self.s.recv(65536)
            if struct.unpack_from('=H', data, 4)[0] == SUBSYSTEM | PACKET:
                break
        at = 20
        while struct.unpack_from('=H', data, at + 2)[0] != PACKET_HDR:
            at += struct.unpack_from('=H', data, at)[0] + 3 & ~3
        self._ask(VERDICT, VERDICT_HDR, struct.pack('>I', NF_ACCEPT) + data[at + 4:at + 8])
