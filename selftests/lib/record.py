# SPDX-License-Identifier: GPL-2.0-only
"""
What went over the wire of H.248 in a namespace, as a pcap that outlives the virtual machine.

guest.py names the file in KMGW_TRACE; without it nothing is recorded. All devices, both directions
(Linux cooked capture has the direction in each packet), later fragments of IP included. net.Kmgwd
begins it when the daemon is started for the first time, so no test has to care; dissect.py reads it.
"""

import os
import shutil
import subprocess

PORTS = (2944, 2945)
# Bounds the file, some 60 MB; no test makes half as many.
PACKETS = 120000
FILTER = ' or '.join([f'port {port}' for port in PORTS] +
                     ['ip[6:2] & 0x1fff != 0', 'ip6 proto 44'])


class Record:
    def __init__(self, ns, directory):
        self.target = os.environ['KMGW_TRACE']
        self.path = os.path.join(directory, 'h248.pcap')
        self.process = subprocess.Popen(
            ns.command('tcpdump', '-i', 'any', '-n', '-Z', 'root', '-B', '16384', '-c', str(PACKETS),
                       '-w', self.path, FILTER),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.told = self.process.stderr.readline()
        while 'listening on' not in self.told:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError(f'tcpdump: {self.told}')
            self.told += line

    def end(self):
        """What was recorded, to where it is kept. Raises if that is not all."""
        whole = self.process.poll() is None
        self.process.terminate()
        told = self.process.communicate(timeout=60)[1]
        if not whole:
            raise RuntimeError(f'tcpdump has ended before the test: {told}')
        shutil.copyfile(self.path, self.target)
