# SPDX-License-Identifier: GPL-2.0-only
"""DTLS 1.2 handshakes by GnuTLS, and what they give: keys for the module. By ctypes, for tests.

    s = gnutls.Session(sock, server=True, cert='c.pem', key='k.pem')
    s.handshake()
    end.set(keys=s.keys(generation=1))
"""

import ctypes

LIB = ctypes.CDLL('libgnutls.so.30')
SERVER, CLIENT, DATAGRAM = 1, 2, 4
CRD_CERTIFICATE, PEM = 1, 1
E_AGAIN, E_INTERRUPTED, E_TIMEDOUT = -28, -52, -319

CIPHERS = {'AES-128-GCM': 'aes-128-gcm', 'AES-256-GCM': 'aes-256-gcm', 'AES-128-CCM': 'aes-128-ccm',
           'AES-128-CCM-8': 'aes-128-ccm-8', 'CHACHA20-POLY1305': 'chacha20-poly1305'}

LIB.gnutls_strerror.restype = ctypes.c_char_p
LIB.gnutls_cipher_get_name.restype = ctypes.c_char_p
LIB.gnutls_record_recv.restype = ctypes.c_ssize_t
LIB.gnutls_record_recv.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]


class Datum(ctypes.Structure):
    _fields_ = [('data', ctypes.c_void_p), ('size', ctypes.c_uint)]

    def octets(self):
        return ctypes.string_at(self.data, self.size)


class Error(OSError):
    def __init__(self, code):
        super().__init__(code, LIB.gnutls_strerror(code).decode())
        self.code = code


def check(code):
    if code < 0:
        raise Error(code)
    return code


class Session:
    def __init__(self, sock, server, cert=None, key=None, priority='NORMAL:-VERS-ALL:+VERS-DTLS1.2'):
        self.sock = sock
        self.handle, self.cred = ctypes.c_void_p(), ctypes.c_void_p()
        check(LIB.gnutls_init(ctypes.byref(self.handle), (SERVER if server else CLIENT) | DATAGRAM))
        check(LIB.gnutls_certificate_allocate_credentials(ctypes.byref(self.cred)))
        if cert:
            check(LIB.gnutls_certificate_set_x509_key_file(self.cred, cert.encode(), key.encode(), PEM))
        check(LIB.gnutls_priority_set_direct(self.handle, (priority + ':%NO_TICKETS').encode(), None))
        check(LIB.gnutls_credentials_set(self.handle, CRD_CERTIFICATE, self.cred))
        LIB.gnutls_transport_set_int2(self.handle, sock.fileno(), sock.fileno())
        LIB.gnutls_dtls_set_timeouts(self.handle, 500, 30000)
        LIB.gnutls_handshake_set_timeout(self.handle, 30000)

    def handshake(self):
        while True:
            code = LIB.gnutls_handshake(self.handle)
            if code == 0:
                return
            if code not in (E_AGAIN, E_INTERRUPTED):
                raise Error(code)

    def receive(self):
        """Read what is in the socket; a retransmission of the far end's makes us retransmit, too."""
        buf = ctypes.create_string_buffer(4096)
        return LIB.gnutls_record_recv(self.handle, buf, len(buf))

    def state(self, read):
        mac, iv, key = Datum(), Datum(), Datum()
        seq = (ctypes.c_ubyte * 8)()
        check(LIB.gnutls_record_get_state(self.handle, int(read), ctypes.byref(mac), ctypes.byref(iv),
                                          ctypes.byref(key), seq))
        return iv.octets(), key.octets(), int.from_bytes(bytes(seq), 'big')

    def set_next(self, number):
        """Of the record that is sent next; GnuTLS keeps the epoch in the same word."""
        epoch = self.state(False)[2] >> 48
        check(LIB.gnutls_record_set_state(self.handle, 0, (epoch << 48 | number).to_bytes(8, 'big')))

    def keys(self, generation, **values):
        name = LIB.gnutls_cipher_get_name(LIB.gnutls_cipher_get(self.handle)).decode()
        rx_iv, rx_key, rx_seq = self.state(True)
        tx_iv, tx_key, tx_seq = self.state(False)
        low = (1 << 48) - 1
        size = 12 if name == 'CHACHA20-POLY1305' else 4
        return {'generation': generation, 'epoch': tx_seq >> 48, 'cipher': CIPHERS[name],
                'rx-key': rx_key, 'rx-iv': rx_iv[:size], 'tx-key': tx_key, 'tx-iv': tx_iv[:size],
                'rx-seq': rx_seq & low, 'tx-seq': tx_seq & low, **values}
