# SPDX-License-Identifier: GPL-2.0-only
"""IPv4, IPv6 and UDP packets made and read octet by octet, so that tests see every bit."""

import ipaddress
import struct
from dataclasses import dataclass, field

IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6 = 1, 6, 17, 58
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86dd
DF, MF = 0x4000, 0x2000


def ones_sum(data):
    if len(data) & 1:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def checksum(data):
    return ~ones_sum(data) & 0xffff


def pseudo(src, dst, proto, length):
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    return src.packed + dst.packed + (struct.pack('!BBH', 0, proto, length) if src.version == 4
                                      else struct.pack('!II', length, proto))


def udp(src, sport, dst, dport, payload, check=None, length=None):
    """A UDP header and payload; check and length may be lies."""
    size = 8 + len(payload)
    length = size if length is None else length
    if check is None:
        head = struct.pack('!HHHH', sport, dport, length, 0)
        check = checksum(pseudo(src, dst, IPPROTO_UDP, size) + head + payload) or 0xffff
    return struct.pack('!HHHH', sport, dport, length, check) + payload


def ipv4(src, dst, body, proto=IPPROTO_UDP, ttl=64, tos=0, ident=0, frag=DF, options=b''):
    size = 20 + len(options)
    head = struct.pack('!BBHHHBBH4s4s', 0x40 | size // 4, tos, size + len(body), ident, frag, ttl,
                       proto, 0, ipaddress.ip_address(src).packed,
                       ipaddress.ip_address(dst).packed) + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body


def ipv6(src, dst, body, nexthdr=IPPROTO_UDP, hops=64, tclass=0, label=0):
    return struct.pack('!IHBB16s16s', 6 << 28 | tclass << 20 | label, len(body), nexthdr, hops,
                       ipaddress.ip_address(src).packed,
                       ipaddress.ip_address(dst).packed) + body


def datagram(src, sport, dst, dport, payload, check=None, length=None, **ip):
    """A whole IP packet of either family."""
    body = udp(src, sport, dst, dport, payload, check, length)
    return (ipv4 if ipaddress.ip_address(src).version == 4 else ipv6)(src, dst, body, **ip)


def icmp(src, dst, kind, code, rest, quoted, **ip):
    """A whole ICMP or ICMPv6 message about a packet; rest: its second word."""
    body = struct.pack('!BBHI', kind, code, 0, rest) + quoted
    if ipaddress.ip_address(src).version == 4:
        return ipv4(src, dst, body[:2] + struct.pack('!H', checksum(body)) + body[4:],
                    proto=IPPROTO_ICMP, **ip)
    check = checksum(pseudo(src, dst, IPPROTO_ICMPV6, len(body)) + body)
    return ipv6(src, dst, body[:2] + struct.pack('!H', check) + body[4:], nexthdr=IPPROTO_ICMPV6,
                **ip)


@dataclass
class Packet:
    """What read() found; check_ok: both checksums are right (None: no UDP checksum)."""
    version: int
    src: str
    dst: str
    proto: int
    ttl: int
    tos: int
    ident: int = 0
    frag: int = 0
    label: int = 0
    sport: int = 0
    dport: int = 0
    length: int = 0
    check: int = 0
    check_ok: object = None
    head_ok: bool = True
    body: bytes = b''
    payload: bytes = b''
    time: float = 0		# when it came, as the kernel has it; seconds
    raw: bytes = field(default=b'', repr=False)


def read(data):
    """A Packet from the octets of an IP packet, or None."""
    if len(data) < 20:
        return None
    if data[0] >> 4 == 4:
        hlen = (data[0] & 15) * 4
        total, ident, frag, ttl, proto = struct.unpack_from('!HHHBB', data, 2)
        data = data[:total]
        p = Packet(4, str(ipaddress.IPv4Address(data[12:16])), str(ipaddress.IPv4Address(data[16:20])),
                   proto, ttl, data[1], ident, frag, head_ok=ones_sum(data[:hlen]) == 0xffff)
    elif data[0] >> 4 == 6 and len(data) >= 40:
        hlen = 40
        first, total, proto, ttl = struct.unpack_from('!IHBB', data)
        data = data[:40 + total]
        p = Packet(6, str(ipaddress.IPv6Address(data[8:24])),
                   str(ipaddress.IPv6Address(data[24:40])), proto, ttl, first >> 20 & 0xff,
                   label=first & 0xfffff)
    else:
        return None
    p.raw, p.body = data, data[hlen:]
    if p.proto == IPPROTO_UDP and len(p.body) >= 8 and not p.frag & 0x3fff:
        p.sport, p.dport, p.length, p.check = struct.unpack_from('!HHHH', p.body)
        p.payload = p.body[8:p.length]
        if p.check:
            p.check_ok = ones_sum(pseudo(p.src, p.dst, p.proto, p.length) +
                                  p.body[:p.length]) == 0xffff
    return p
