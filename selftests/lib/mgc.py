# SPDX-License-Identifier: GPL-2.0-only
"""
Test call agent: an H.248 text MGC over UDP, TCP (TPKT) or SCTP that speaks to the real daemon.

A thread receives; it answers ServiceChange and Notify, keeps what came, and
holds every message against the grammar (h248.py), the encoding that the gateway
was configured for and the canonical case of tokens. A violation is raised by
the next call of any kind, so a test cannot pass over it.

	ca = CallAgent(address='10.0.0.2', ns='mgc')
	ca.wait_registered()
	reply = ca.transact('Context = $ { Add = ip/1/access/$ { ... } }')
	ca.expect_error(449, 'Context = ...')
	notify = ca.wait_notify('tlsbsc/BNCChange')
"""

import collections
import itertools
import os
import queue
import socket
import struct
import sys
import threading
import time

import h248
import sctp

PATIENCE = 60 * int(os.environ.get("KMGW_SLOW", "1"))	# seconds; only a failing test waits so long


class Failed(Exception):
    """What the gateway did differs from what was expected."""


class Notify:
    """One observed event."""

    def __init__(self, context, command, observed, event):
        self.context = context
        self.termination = command.value
        self.request = observed.value
        self.event = event.name
        self.time = event.time
        self.params = {c.name: c.value for c in event.children}

    def __repr__(self):
        return f'{self.event}{self.params} on {self.termination} in {self.context}'


class Change:
    """One ServiceChange of the gateway."""

    def __init__(self, context, command):
        services = command['Services']
        self.context = context
        self.termination = command.value
        self.method = services['Method'].value
        reason = services['Reason'].value
        self.reason = int(str(reason[0] if isinstance(reason, list) else reason).split()[0])
        self.version = int(services['Version'].value) if 'Version' in services else None
        self.profile = services['Profile'].value if 'Profile' in services else None
        self.timed = 'time' in services

    def __repr__(self):
        return f'{self.method} {self.reason} on {self.termination} in {self.context}'


def error_of(node):
    """First error code below a node, or None."""
    for one in node.walk():
        if one.name == 'Error':
            return int(one.value)
    return None


def deadline(seconds):
    """A function that gives the seconds left, and raises nothing."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


class CallAgent:
    def __init__(self, address='10.0.0.2', port=2944, transport='udp', ns=None, version=2,
                 compact=False, gateway_compact=None, accept=True, trace=None, more=()):
        self.mid = f'[{address}]:{port}'
        self.version = version		# the highest it agrees to
        self.speaks = version
        self.compact = compact
        self.gateway_compact = compact if gateway_compact is None else gateway_compact
        self.accept = accept		# answer registrations
        self.answer = True		# answer notifications
        self.silent = False		# answer nothing at all: the MGC is dead
        self.services = ''		# what the reply to a registration carries besides
        self.trace = trace
        self.transport = transport
        self.peer = None
        self.registered = queue.Queue()
        self.notifies = queue.Queue()
        self.changes = []
        self.log = []
        self.faults = []
        self.received = 0
        self.repeats = 0
        self.pendings = 0
        self.waiting = {}
        self.answered = collections.OrderedDict()
        self.ids = itertools.count(int(time.time()) % 1000000 * 1000 + 1)
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self._open(address, port, ns, more)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    # wire

    def _open(self, address, port, ns, more):
        make = ns.socket if hasattr(ns, 'socket') else socket.socket
        if self.transport == 'sctp':
            self.sock = sctp.listener(make, [address, *more], port)
            return
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.transport == 'udp' else socket.SOCK_STREAM
        self.sock = make(family, kind)
        if self.transport == 'tcp':
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        if self.transport == 'tcp':
            self.sock.listen(4)

    def _run(self):
        self.sock.settimeout(0.2)
        if self.transport == 'udp':
            while not self.stop.is_set():
                try:
                    data, peer = self.sock.recvfrom(65536)
                except (TimeoutError, ConnectionError):
                    continue
                except OSError:
                    return
                self._input(data, peer)
            return
        while not self.stop.is_set():
            try:
                conn, _ = self.sock.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            stream = self._association if self.transport == 'sctp' else self._stream
            threading.Thread(target=stream, args=(conn,), daemon=True).start()

    def _association(self, conn):
        conn.settimeout(0.5)
        with conn:
            while not self.stop.is_set():
                try:
                    message, ppid = sctp.receive(conn)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if message is None:
                    return
                if ppid != sctp.PPID:
                    self._fault(f'payload protocol identifier {ppid}')
                self._input(message, conn)

    def _stream(self, conn):
        conn.settimeout(0.5)
        data = b''
        with conn:
            while not self.stop.is_set():
                try:
                    more = conn.recv(65536)
                except TimeoutError:
                    continue
                except OSError:
                    return
                if not more:
                    return
                data += more
                while len(data) >= 4:
                    if data[0] != 3 or data[1] != 0:
                        self._fault(f'TPKT header {data[:4].hex()}')
                        return
                    length = struct.unpack('>H', data[2:4])[0]
                    if len(data) < length:
                        break
                    message, data = data[4:length], data[length:]
                    self._input(message, conn)

    def send_raw(self, data, peer=None):
        """Octets as they are, for what no writer of messages would produce."""
        if isinstance(data, str):
            data = data.encode('latin-1')
        peer = peer or self.peer
        if peer is None:
            raise Failed('no gateway has been heard yet')
        if self.transport == 'udp':
            self.sock.sendto(data, peer)
        elif self.transport == 'sctp':
            sctp.send(peer, data)
        else:
            peer.sendall(struct.pack('>BBH', 3, 0, len(data) + 4) + data)

    def _send(self, text, peer=None):
        self._log('>', text)
        try:
            self.send_raw(text, peer)
        except OSError as e:
            self._log('!', f'send: {e}')

    def _log(self, way, text):
        with self.lock:
            self.log.append((time.monotonic(), way, text))
            del self.log[:-400]
        if self.trace:
            print(f'{way} {text}', file=self.trace, flush=True)

    def _fault(self, what):
        self._log('!', what)
        self.faults.append(what)

    def check(self):
        """Raise if the gateway has sent anything that is not proper H.248."""
        if self.faults:
            raise Failed('gateway sent improper H.248: ' + '; '.join(self.faults[:3]))

    def history(self, last=40):
        with self.lock:
            start = self.log[0][0] if self.log else 0
            return '\n'.join(f'{t - start:9.3f} {way} {text}' for t, way, text in self.log[-last:])

    # what comes in

    def _input(self, data, peer):
        text = data.decode('latin-1')
        self._log('<', text)
        self.received += 1
        try:
            message = h248.parse(text)
            self._strict(message)
        except h248.SyntaxFault as e:
            self._fault(f'{e} in: {text[:400]}')
            return
        self.peer = peer
        if self.silent:
            return
        for item in message.children:
            if item.name == 'Transaction':
                self._request(item, peer)
            elif item.name in ('Reply', 'Pending'):
                if 'ImmAckRequired' in item:
                    self._send(self._message(f'TransactionResponseAck {{ {item.value} }}'), peer)
                with self.lock:
                    waiter = self.waiting.get(int(item.value))
                if item.name == 'Pending':
                    self.pendings += 1
                if waiter:
                    waiter.put(item)
            elif item.name == 'Error' and 0 in self.waiting:
                self.waiting[0].put(item)

    def _strict(self, message):
        """The gateway writes one form of every token, in the case of the standard."""
        want = '!' if self.gateway_compact else 'MEGACO'
        if message.raw != want:
            raise h248.SyntaxFault(f'message starts with {message.raw!r}, not {want!r}')
        for node in message.walk():
            if not node.short:
                continue
            want = node.short if self.gateway_compact else node.name
            if node.raw != want:
                raise h248.SyntaxFault(f'token {node.raw!r} where {want!r} was configured')
        for node in message.walk():
            if node.name in ('Local', 'Remote') and node.text is not None:
                h248.Sdp(node.text)
                if '\n' in node.text.strip().replace('\r\n', ''):
                    raise h248.SyntaxFault('SDP line does not end in CR LF')

    def _message(self, body):
        head = '!' if self.compact else 'MEGACO'
        text = f'{head}/{self.speaks} {self.mid}\r\n{body}\r\n'
        if self.compact:
            text = h248.write(h248.parse(text), compact=True)
        return text

    def _request(self, item, peer):
        number = int(item.value)
        if number in self.answered:
            self.repeats += 1
            if self.answered[number]:
                self._send(self.answered[number], peer)
            return
        self.answered[number] = None
        while len(self.answered) > 2000:
            self.answered.popitem(last=False)
        actions = []
        events = []
        mute = False
        for context in item.all('Context'):
            commands = []
            for command in context.children:
                if command.name == 'ServiceChange':
                    change = Change(context.value, command)
                    self.changes.append(change)
                    if change.termination.upper() == 'ROOT':
                        # who repeats what was not answered is not registered
                        if self.accept:
                            events.append((self.registered, change))
                        else:
                            mute = True
                        version = min(change.version or 1, self.version)
                        self.speaks = version
                        extra = f', {self.services}' if self.services else ''
                        commands.append(f'ServiceChange = ROOT {{ Services {{ Version = {version}'
                                        f'{extra}, {time.strftime("%Y%m%dT%H%M%S00")} }} }}')
                    else:
                        commands.append(f'ServiceChange = {change.termination}')
                elif command.name == 'Notify':
                    mute |= not self.answer
                    commands.append(f'Notify = {command.value}')
                    for observed in command.all('ObservedEvents'):
                        for event in observed.children:
                            # it/ito asks whether we are there: the answer is all it wants
                            if event.name.lower() != 'it/ito':
                                events.append((self.notifies, Notify(
                                    context.value, command, observed, event)))
            actions.append(f'Context = {context.value} {{ {", ".join(commands)} }}')
        if not mute:
            reply = self._message(f'Reply = {number} {{ {", ".join(actions)} }}')
            self.answered[number] = reply
            self._send(reply, peer)
        else:
            del self.answered[number]
        for target, event in events:
            target.put(event)

    # what a test asks for

    def wait_registered(self, seconds=PATIENCE):
        """The next ServiceChange on ROOT, once it is answered."""
        left = deadline(seconds)
        while True:
            self.check()
            try:
                return self.registered.get(timeout=min(0.5, max(left(), 0.01)))
            except queue.Empty:
                if left() <= 0:
                    raise Failed(f'no registration within {seconds} s') from None

    def request(self, actions):
        """A Transaction message as text, and its number."""
        number = next(self.ids)
        return self._message(f'Transaction = {number} {{ {actions} }}'), number

    def exchange(self, text, number, seconds=PATIENCE, repeat=5):
        """Send a message until the reply to transaction number comes; the Reply as a tree."""
        waiter = queue.Queue()
        with self.lock:
            self.waiting[number] = waiter
        left = deadline(seconds)
        try:
            self._send(text)
            while True:
                try:
                    item = waiter.get(timeout=repeat if self.transport == 'udp' else seconds)
                    self.check()
                    if item.name != 'Pending':
                        return item
                except queue.Empty:
                    self.check()
                    if left() <= 0:
                        raise Failed(f'no reply to transaction {number} within {seconds} s') \
                            from None
                    self._send(text)
        finally:
            with self.lock:
                del self.waiting[number]

    def transact(self, actions, error=None, **how):
        """Actions in a transaction of their own. Fails on an error that was not expected."""
        text, number = self.request(actions)
        reply = self.exchange(text, number, **how)
        code = error_of(reply)
        if code != error:
            raise Failed(f'error {code} instead of {error} in reply to: {actions}\n'
                         f'{h248.write(reply)}')
        return reply

    def expect_error(self, code, actions, **how):
        return self.transact(actions, error=code, **how)

    def raw(self, data, number=0, seconds=PATIENCE, repeat=5):
        """Octets as they are; the error or reply that comes back (number 0: an error)."""
        return self.exchange(data, number, seconds, repeat)

    def wait_notify(self, event, termination=None, seconds=PATIENCE):
        """The next observed event, which must be this one."""
        left = deadline(seconds)
        while True:
            self.check()
            try:
                got = self.notifies.get(timeout=min(0.5, max(left(), 0.01)))
            except queue.Empty:
                if left() <= 0:
                    raise Failed(f'no Notify {event} within {seconds} s') from None
                continue
            if got.event.lower() != event.lower():
                raise Failed(f'Notify {got} instead of {event}')
            if termination and got.termination.lower() != termination.lower():
                raise Failed(f'Notify {got} not on {termination}')
            return got

    def no_notify(self):
        """Nothing has been notified up to now: whatever comes before a reply has come."""
        self.audit_root()
        if not self.notifies.empty():
            raise Failed(f'unexpected Notify {self.notifies.get()}')

    def audit_root(self):
        return self.transact('Context = - { AuditValue = ROOT { Audit { } } }')

    def subtract(self, context, termination='*'):
        """Subtract; {termination: {statistic: number}}."""
        reply = self.transact(f'Context = {context} {{ Subtract = {termination} }}')
        out = {}
        for command in reply.all('Context.Subtract'):
            out[command.value] = {s.name: float(s.value) for s in command.all('Statistics.*')
                                  if s.value is not None}
        return out

    def close(self):
        self.stop.set()
        self.sock.close()
        self.thread.join(PATIENCE)	# it may still have the port


# command line

HELP = '''usage: mgc [-t udp|tcp|sctp] [-c] [-v VERSION] [-q] ADDRESS[:PORT] [SCRIPT]

Runs an H.248 call agent. Without a script it accepts registrations, answers
notifications and prints all messages until interrupted. A script is lines of:
  registered                  wait until the gateway has registered
  send                        the lines up to a lone '.' are the actions of a
                              transaction; $NAME is replaced; an error ends the script
  error CODE                  as send, but this error must come back
  set NAME PATH               from the last reply: Context, Context.Add, ... gives the
                              value; PATH ending in :port, :address, :fingerprint takes
                              it out of that descriptor's SDP
  notify EVENT                wait for this event
  silent                      check that nothing has been notified
  echo TEXT
'''


def run_script(ca, lines):
    """Run a script; see HELP."""
    names = {}
    reply = None

    def fill(text):
        for name in sorted(names, key=len, reverse=True):
            text = text.replace('$' + name, str(names[name]))
        return text

    def block():
        out = []
        for line in lines:
            if line.strip() == '.':
                return fill(''.join(out))
            out.append(line)
        raise Failed("block without a line '.'")

    lines = iter(lines)
    for line in lines:
        word, _, rest = line.strip().partition(' ')
        if not word or word.startswith('#'):
            continue
        if word == 'registered':
            print(f'registered: {ca.wait_registered()}')
        elif word == 'send':
            reply = ca.transact(block())
        elif word == 'error':
            reply = ca.expect_error(int(rest), block())
        elif word == 'set':
            name, path = rest.split()
            path, _, field = path.partition(':')
            node = reply[path]
            names[name] = getattr(node.sdp, field) if field else node.value
        elif word == 'notify':
            print(f'notify: {ca.wait_notify(rest)}')
        elif word == 'silent':
            ca.no_notify()
        elif word == 'echo':
            print(fill(rest))
        else:
            raise Failed(f'unknown statement {word!r}')


def main(argv):
    import getopt
    try:
        options, rest = getopt.getopt(argv, 't:cv:qh')
        options = dict(options)
        if '-h' in options or not 1 <= len(rest) <= 2:
            raise getopt.GetoptError('')
        address, _, port = rest[0].rpartition(':') if rest[0].count(':') == 1 else (rest[0], '', '')
    except getopt.GetoptError as e:
        print(e.msg or HELP, file=sys.stderr)
        return 2
    ca = CallAgent(address, int(port or 2944), options.get('-t', 'udp'), compact='-c' in options,
                   version=int(options.get('-v', 2)),
                   trace=None if '-q' in options else sys.stdout)
    try:
        if len(rest) == 2:
            with open(rest[1], encoding='latin-1') as script:
                run_script(ca, script)
            ca.check()
        else:
            while True:
                time.sleep(3600)
    except (Failed, h248.SyntaxFault, KeyError) as e:
        print(f'mgc: {e}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        ca.close()
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
