# SPDX-License-Identifier: GPL-2.0-only
"""DTLS 1.2 records made and read with the cryptography library (OpenSSL), independent of the kernel's.

    a = dtls.Association('aes-128-gcm')     # random keys of both directions
    end.set(security='dtls', keys=a.keys())
    bed.core.send(end.datagram(a.far.seal(b'hello')))      # as the far end would send it
    a.near.open(packet.payload)             # Record, of what the gateway sent

far is what the far end sends (the gateway's RX), near what the gateway sends (its TX).
"""

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

VERSION = 0xfefd
CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23

# key octets, IV octets, octets of the nonce in the record, tag octets, what makes the cipher
CIPHERS = {
    'aes-128-gcm': (16, 4, 8, 16, AESGCM),
    'aes-256-gcm': (32, 4, 8, 16, AESGCM),
    'chacha20-poly1305': (32, 12, 0, 16, ChaCha20Poly1305),
    'aes-128-ccm': (16, 4, 8, 16, lambda key: AESCCM(key, 16)),
    'aes-128-ccm-8': (16, 4, 8, 8, lambda key: AESCCM(key, 8)),
}


@dataclass
class Record:
    kind: int
    epoch: int
    number: int
    explicit: bytes
    plain: bytes


class Direction:
    """One key, and the number of the next record."""

    def __init__(self, cipher, epoch=1, number=0, key=None, iv=None):
        self.cipher = cipher
        ksize, ivsize, self.esize, self.tsize, make = CIPHERS[cipher]
        self.key = key or os.urandom(ksize)
        self.iv = iv or os.urandom(ivsize)
        self.aead = make(self.key)
        self.epoch = epoch
        self.number = number

    @property
    def overhead(self):
        return 13 + self.esize + self.tsize

    def nonce(self, seq, explicit):
        if self.esize:
            return self.iv + explicit
        return self.iv[:4] + bytes(a ^ b for a, b in zip(self.iv[4:], seq))

    def seal(self, plain, kind=DATA, number=None, epoch=None, explicit=None, version=VERSION):
        """A record; number: that one instead of the next."""
        if number is None:
            number, self.number = self.number, self.number + 1
        seq = struct.pack('!Q', (self.epoch if epoch is None else epoch) << 48 | number)
        explicit = (seq if explicit is None else explicit)[:self.esize]
        aad = seq + struct.pack('!BHH', kind, version, len(plain))
        body = explicit + self.aead.encrypt(self.nonce(seq, explicit), plain, aad)
        return struct.pack('!BH', kind, version) + seq + struct.pack('!H', len(body)) + body

    def open(self, data):
        """A Record; ValueError, InvalidTag."""
        kind, version, seq, size = struct.unpack('!BH8sH', data[:13])
        if version != VERSION or size != len(data) - 13:
            raise ValueError(f'version {version:x}, length {size} of {len(data) - 13}')
        explicit, body = data[13:13 + self.esize], data[13 + self.esize:]
        aad = seq + struct.pack('!BHH', kind, version, len(body) - self.tsize)
        plain = self.aead.decrypt(self.nonce(seq, explicit), body, aad)
        number, = struct.unpack('!Q', seq)
        return Record(kind, number >> 48, number & (1 << 48) - 1, explicit, plain)


class Association:
    def __init__(self, cipher='aes-128-gcm', generation=1, epoch=1, rx_seq=0, tx_seq=0):
        self.cipher, self.generation, self.epoch = cipher, generation, epoch
        self.far = Direction(cipher, epoch, rx_seq)
        self.near = Direction(cipher, epoch, tx_seq)

    def keys(self, **change):
        """The attribute; change: with other values, None: without it."""
        values = {'generation': self.generation, 'epoch': self.epoch, 'cipher': self.cipher,
                  'rx-key': self.far.key, 'rx-iv': self.far.iv, 'tx-key': self.near.key,
                  'tx-iv': self.near.iv, 'rx-seq': self.far.number, 'tx-seq': self.near.number}
        values |= {k.replace('_', '-'): v for k, v in change.items()}
        return {k: v for k, v in values.items() if v is not None}


def is_sealed(direction, data):
    """Does it open?"""
    try:
        direction.open(data)
        return True
    except (ValueError, InvalidTag, struct.error):
        return False
