# SPDX-License-Identifier: GPL-2.0-only
"""DTLS in the benchmarks: keys for kmgw's endpoints, the cipher alone, a relay in userspace. In the VM."""

import os
import re
import subprocess

import dtls
import neighbours

# which end of the call speaks DTLS: the one that sends, the one that receives
WAYS = {'open': (True, False), 'seal': (False, True), 'both': (True, True)}
BLOCKS = 64, 256		# tcrypt's sizes next to that of a record of voice or fax


def secure(k, way):
    """Arm the ends of the call (context 1); what the sender makes of its datagrams, or None."""
    keys = dtls.Association(), dtls.Association()
    for n, armed in enumerate(WAYS[way]):
        if armed:
            k.do('endpoint-set', context=1, termination=n + 1, stream=1, security='dtls',
                 keys=keys[n].keys())
    return keys[0].far.seal if WAYS[way][0] else None


def cipher(size):
    """Cycles, that is instructions, of AES-128-GCM on so many octets by the kernel's tcrypt, sealing and
    opening; and the name of the driver. A line through the sizes that tcrypt has.
    """
    with neighbours.Awake():
        subprocess.run(['dmesg', '-C'], check=True)
        # it never stays loaded
        subprocess.run(['modprobe', 'tcrypt', 'mode=211', 'sec=0'], check=False,
                       stderr=subprocess.DEVNULL)
        log = subprocess.run(['dmesg'], check=True, stdout=subprocess.PIPE, text=True).stdout
    found, way, driver, block = {}, None, None, None
    for line in log.splitlines():
        head = re.search(r'testing speed of (?:\w+ )?(\S+) \((\S+)\) (encryption|decryption)', line)
        if head:
            way = head[3] if head[1] == 'gcm(aes)' else None
            driver = head[2] if way else driver
        # the figure is printed with the rest of the line, or in the next one
        size_of = re.search(r'\((\d+) bit key, (\d+) byte blocks\)', line)
        if size_of:
            block = int(size_of[2]) if size_of[1] == '128' else None
        figure = re.search(r'1 operation in (\d+) cycles', line)
        if way and block and figure:
            found[way, block] = int(figure[1])
    low, high = BLOCKS
    try:
        return [found[w, low] + (found[w, high] - found[w, low]) * (size - low) / (high - low)
                for w in ('encryption', 'decryption')] + [driver]
    except KeyError as e:
        raise RuntimeError(f'tcrypt has no figure for {e}: {log[-2000:]}') from e


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
