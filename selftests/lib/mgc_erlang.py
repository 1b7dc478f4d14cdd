# SPDX-License-Identifier: GPL-2.0-only
"""
The call agent of mgc.py on top of Erlang/OTP's megaco: transport, transactions and codec are
Erlang's (megaco_agent.erl), so a misunderstanding that kmgwd and mgc.py share is seen.
"""

import base64
import contextlib
import os
import queue
import subprocess
import threading

import h248
import mgc


LIB = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(LIB, '..', '..', 'build'))


def compiled():
    """
    The directory of the compiled modules. It takes Erlang half a minute in an emulated machine, so
    it is done before that is started.
    """
    out = os.path.join(BUILD, 'erlang')
    os.makedirs(out, exist_ok=True)
    for name in 'megaco_agent', 'megaco_ber':
        source, beam = os.path.join(LIB, name + '.erl'), os.path.join(out, name + '.beam')
        if not os.path.exists(beam) or os.path.getmtime(beam) < os.path.getmtime(source):
            subprocess.run(['erlc', '-o', out, source], check=True)
    return out


class ErlangAgent(mgc.CallAgent):
    idle = {}	# nodes that an agent before has left, by namespace: one takes long to start

    def __init__(self, address='10.0.0.2', port=2944, transport='udp', ns=None, version=2,
                 codec='pretty'):
        """codec: 'pretty', 'compact', or the file of numbers with which it speaks binary."""
        self.free = self.idle.setdefault(str(ns), [])
        self.child = self.free.pop() if self.free else subprocess.Popen(
            (ns.command if ns else lambda *a: list(a))(
                'erl', '-noshell', '+S', '1:1', '-boot', 'start_clean', '-pa', compiled(),
                '-run', 'megaco_agent', 'main'),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._put('start', 0, f'{transport} {address} {port} {codec}')
        self.closed = False
        self.expected = None		# what megaco may object to, and how often it has
        self.objections = 0
        self.counts = queue.Queue()
        self.ready = threading.Event()
        super().__init__(address, port, transport, ns, version)
        # Erlang has to start; that may take more than a minute in an emulated machine
        if not self.ready.wait(3 * mgc.PATIENCE):
            raise mgc.Failed('megaco does not listen')

    def _open(self, address, port, ns, more):
        """The socket is Erlang's."""

    def _run(self):
        for line in iter(self.child.stdout.readline, ''):
            try:
                what, *rest = line.split()
                text = base64.b64decode(rest[-1], validate=True).decode('latin-1')
            except (ValueError, IndexError):
                self._fault(f'megaco says: {line}')
                continue
            if what == 'error':
                self._fault(text)
                continue
            tag = rest[0]
            if what == 'closed':
                self.closed = True
                return
            if what == 'ready':
                self.ready.set()
                continue
            if what == 'count':
                self.counts.put([int(number) for number in text.split()])
                continue
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
        if not self.stop.is_set():
            self._fault('megaco has ended')

    def _fault(self, what):
        if self.expected and self.expected in what:
            self.objections += 1
        else:
            super()._fault(what)

    def _put(self, what, tag, text='-'):
        self.child.stdin.write(f'{what} {tag} {base64.b64encode(text.encode()).decode()}\n')

    def _write(self, what, tag, text):
        self._log('>', f'{what} {tag} {text}')
        self._put(what, tag, text)

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

    def count(self):
        """Messages that megaco has decoded, that its decoder has rejected, and that it has encoded."""
        self._put('count', 0)
        return self.counts.get(timeout=mgc.PATIENCE)

    def close(self):
        self.stop.set()
        with contextlib.suppress(OSError):
            self._put('close', 0)
            self.thread.join(mgc.PATIENCE)
        if self.closed:
            self.free.append(self.child)
        else:
            end(self.child)


def end(child):
    """An end of its standard input ends a node, or else a signal does."""
    child.stdin.close()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def close_all():
    """No node is left that waits for another agent."""
    for free in ErlangAgent.idle.values():
        while free:
            end(free.pop())
