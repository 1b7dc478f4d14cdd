# SPDX-License-Identifier: GPL-2.0-only
"""Gateways that others have written, set up to do what a relay of kmgw does. In the VM."""

import os
import re
import socket
import subprocess
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NG = '127.0.0.1', 2223
TABLE = 0
PORTS = 30000, 30100
SDP = 'v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 8\r\n'


def nftables_nat(ns, near, port, far, core, proto='udp'):
    """DNAT and SNAT with conntrack: what comes to near and port leaves from core to far."""
    rules = f'''table ip bench {{
        chain in {{ type nat hook prerouting priority dstnat;
            ip daddr {near} {proto} dport {port} dnat to {far[0]}:{far[1]}; }}
        chain out {{ type nat hook postrouting priority srcnat;
            ip daddr {far[0]} {proto} dport {far[1]} snat to {core}:{port}; }}
    }}'''
    ns.run('nft', '-f', '-', text=rules)


def bencode(value):
    if isinstance(value, dict):
        return b'd' + b''.join(bencode(k) + bencode(value[k]) for k in sorted(value)) + b'e'
    if isinstance(value, list):
        return b'l' + b''.join(map(bencode, value)) + b'e'
    data = value.encode()
    return b'%d:%s' % (len(data), data)


class Awake:
    """Somebody always has something to do. A guest that counts instructions lets time pass at once while
    all wait for its disk: programs and modules that are read then run into every time limit there is.
    """

    def __enter__(self):
        self.process = subprocess.Popen(['nice', '-n', '19', 'sh', '-c', 'while :; do :; done'])

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()


def load_kmgw():
    """The module, and the ciphers with it."""
    with Awake():
        subprocess.run([os.path.join(TREE, 'scripts', 'load-module')], check=True)


class Rtpengine:
    """The daemon, with its module or without, and one call through it."""

    def __init__(self, t, ns, interfaces, module):
        self.module = module
        self.number = 0
        if module:
            t.run(['modprobe', 'xt_RTPENGINE'])
            ns.run('iptables', '-I', 'INPUT', '-p', 'udp', '-j', 'RTPENGINE', '--id', str(TABLE))
        self.log = os.path.join(t.tmp or '/run', 'rtpengine.log')
        with open(self.log, 'w', encoding='utf-8') as log:
            self.process = subprocess.Popen(ns.command(
                'rtpengine', '-f', '-E', '-L', '4', '--config-file=none',
                f'--table={TABLE if module else -1}', *(['--no-fallback'] if module else []),
                *(f'--interface={name}/{ip}' for name, ip in interfaces),
                f'--listen-ng={NG[0]}:{NG[1]}', f'--port-min={PORTS[0]}', f'--port-max={PORTS[1]}',
                '--endpoint-learning=immediate', '--num-threads=1', '--pidfile=/run/rtpengine.pid'),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.ng = ns.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ng.settimeout(1)
        for _ in range(600):
            try:
                self.ask(command='ping')
                return
            except (TimeoutError, ConnectionError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        self.close()
        with open(self.log, encoding='utf-8', errors='replace') as log:
            raise RuntimeError(f'rtpengine does not answer: {log.read()}')

    def ask(self, **request):
        """Send a request with a new cookie; the reply as it is."""
        self.number += 1
        self.ng.sendto(b'%d ' % self.number + bencode(request), NG)
        return self.ng.recv(65536).decode()

    def call(self, ue, far):
        """A call from ue to far, both (address, port); the port that ue has to send to."""
        sides = {'call-id': 'bench', 'from-tag': 'a', 'ICE': 'remove', 'flags': ['no-rtcp-attribute']}
        self.ask(command='offer', sdp=SDP.format(*ue), direction=['access', 'core'], **sides)
        reply = self.ask(command='answer', sdp=SDP.format(*far), direction=['core', 'access'],
                         **{'to-tag': 'b'}, **sides)
        port = re.search(r'm=audio (\d+)', reply)
        if not port:
            raise RuntimeError(f'rtpengine: {reply}')
        return int(port[1])

    def in_kernel(self):
        """Packets that the module has forwarded."""
        with open(f'/proc/rtpengine/{TABLE}/list', encoding='ascii', errors='replace') as f:
            return sum(int(n) for n in re.findall(r'(\d+) packets', f.read()))

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.ng.close()
