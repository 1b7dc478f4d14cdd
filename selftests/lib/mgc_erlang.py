# SPDX-License-Identifier: GPL-2.0-only
"""
The call agent of mgc.py on top of Erlang/OTP's megaco: transport, transactions and codec are
Erlang's (megaco.escript), so a misunderstanding that kmgwd and mgc.py share is seen.
"""

import base64
import os
import queue
import subprocess

import h248
import mgc


class ErlangAgent(mgc.CallAgent):
    def __init__(self, address='10.0.0.2', port=2944, transport='udp', ns=None, version=2,
                 numbers=None):
        self.child = subprocess.Popen(
            (ns.command if ns else lambda *a: list(a))(
                'escript', os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                        'megaco.escript'), transport, address, str(port),
                *([numbers] if numbers else [])),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        super().__init__(address, port, transport, ns, version)

    def _open(self, address, port, ns, more):
        """The socket is Erlang's."""

    def _run(self):
        for line in self.child.stdout:
            what, *rest = line.split()
            if what == 'error':
                self._fault(base64.b64decode(rest[0]).decode())
                continue
            tag, text = rest[0], base64.b64decode(rest[1]).decode('latin-1')
            self._log('<', f'{what} {tag} {text}')
            try:
                item = h248.parse(text).children[0]
            except h248.SyntaxFault as e:
                self._fault(f'{e} in: {text[:400]}')
                continue
            if what == 'request':
                self._request(item, tag)
            else:
                with self.lock:
                    waiter = self.waiting.get(int(tag))
                if waiter:
                    waiter.put(item)

    def _write(self, what, tag, text):
        self._log('>', f'{what} {tag} {text}')
        self.child.stdin.write(f'{what} {tag} {base64.b64encode(text.encode()).decode()}\n')

    def _send(self, text, peer=None):
        self._write('answer', peer, text)

    def exchange(self, text, number, seconds=mgc.PATIENCE, repeat=None):
        waiter = queue.Queue()
        with self.lock:
            self.waiting[number] = waiter
        self._write('call', number, text)
        try:
            return waiter.get(timeout=seconds)
        except queue.Empty:
            self.check()
            raise mgc.Failed(f'no reply to transaction {number} within {seconds} s') from None
        finally:
            with self.lock:
                del self.waiting[number]

    def close(self):
        self.stop.set()
        self.child.stdin.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.thread.join(2)
