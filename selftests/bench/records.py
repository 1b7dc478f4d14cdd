# SPDX-License-Identifier: GPL-2.0-only
"""DTLS in the benchmarks: keys for kmgw's endpoints, the cipher alone, a relay in userspace. In the VM."""

import os
import subprocess
import time

import dtls
import neighbours

# which end of the call speaks DTLS: the one that sends, the one that receives
WAYS = {'open': (True, False), 'seal': (False, True), 'both': (True, True)}


def secure(k, way):
    """Arm the ends of the call (context 1); what the sender makes of its datagrams, or None."""
    keys = dtls.Association(), dtls.Association()
    for n, armed in enumerate(WAYS[way]):
        if armed:
            k.do('endpoint-set', context=1, termination=n + 1, stream=1, security='dtls',
                 keys=keys[n].keys())
    return keys[0].far.seal if WAYS[way][0] else None


def cipher(build, size, count):
    """Instructions of one record of AES-128-GCM with so many octets of payload, sealing and opening, in
    a kernel and with nothing around it (selftests/bench/cipher); and the name of the driver.
    """
    module = os.path.join(build, 'bench', f'cipher-{os.uname().release}', 'kmgw_cipher.ko')
    with neighbours.Awake():
        subprocess.run(['insmod', module, f'size={size}'], check=True)
    cost = {}
    with open('/sys/kernel/debug/kmgw_cipher', 'r+b', buffering=0) as f:
        driver = f.read(64).decode()
        for what in b'n', b's', b'o':
            for n in count // 10, count:
                begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
                for _ in range(n):
                    f.write(what)
                cost[what] = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin) / n
    return cost[b's'] - cost[b'n'], cost[b'o'] - cost[b'n'], driver


class Userspace:
    """GnuTLS between two connected UDP sockets: secure towards ue, plain towards far."""

    def __init__(self, program, secure_end, plain_end):
        self.program = program
        fds = secure_end.fileno(), plain_end.fileno()
        self.process = subprocess.Popen([program, 'relay', *map(str, fds)], pass_fds=fds)

    def records(self, ue, count, size):
        """Shake hands from the connected socket; what it would send next."""
        with neighbours.Awake():
            data = subprocess.run([self.program, 'seal', str(ue.fileno()), str(count), str(size)],
                                  pass_fds=[ue.fileno()], check=True, stdout=subprocess.PIPE,
                                  timeout=600).stdout
        found = []
        while data:
            end = 2 + int.from_bytes(data[:2], 'big')
            found.append(data[2:end])
            data = data[end:]
        if len(found) != count:
            raise RuntimeError(f'gnutls_relay: {len(found)} records of {count}')
        return found

    def close(self):
        self.process.terminate()
        self.process.wait()


def program(build):
    return os.path.join(build, 'bench', 'gnutls_relay')
