# SPDX-License-Identifier: GPL-2.0-only
"""
Frame of the VM tests: cases, TAP on standard output, a fresh call state for each case.

	from harness import case, run
	@case
	def what_is_shown(lab): ...
	run()

Before each case the gateway is registered; after it, there must be no context,
no attached socket, no improper H.248 and no process left, whatever the case did.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
import traceback

import calls
import ends
import h248_numbers
import mgc
import mgc_erlang
import net
from mgc import Failed

CASES = []
MIB = 1 << 20
SLOW = int(os.environ.get("KMGW_SLOW", "1")) > 1	# the debug kernel
BULK = (4 if SLOW else 64) * MIB


def case(function=None, **config):
    """Register a test case. Arguments are keys of kmgwd's configuration."""
    def register(f):
        CASES.append((f, config))
        return f
    return register(function) if function else register


class Skip(Exception):
    """The case cannot be shown here; the reason is the argument."""


def equal(got, want, what):
    if got != want:
        raise Failed(f'{what}: {got!r}, expected {want!r}')


def true(condition, what):
    if not condition:
        raise Failed(what)


def sha256(path, size=None):
    """Digest of the first octets of a file."""
    digest = hashlib.sha256()
    with open(path, 'rb') as f:
        left = size if size is not None else 1 << 62
        while left:
            data = f.read(min(left, MIB))
            if not data:
                break
            digest.update(data)
            left -= len(data)
    return digest.hexdigest()


def intact(end, path, size):
    """Wait until an end has received a file, and compare."""
    end.wait_received(size)
    equal(end.received, size, 'octets received')
    equal(end.digest(), sha256(path, size), 'SHA-256 of what was received')


class Lab:
    """Topology, gateway and call agent of one test file."""

    def __init__(self):
        self.directory = net.workspace()
        self.topology = net.Topology()
        self.ue, self.gw_ns = self.topology.ue, self.topology.gw
        self.core, self.mgc_ns = self.topology.core, self.topology.mgc
        self.kmgw = net.Kmgw(self.gw_ns)
        self.kmgwd = None
        self.ca = None
        self.config = None
        self.agent = None
        self.children = []
        self.closing = []
        self.certificates = {}

    # set-up

    def start(self, config=None, **agent):
        """Gateway and call agent with a configuration; restarted only if it differs."""
        config = dict(config or {})
        if self.kmgwd and self.kmgwd.alive() and self.ca and not self.ca.faults and \
                (config, agent) == (self.config, self.agent):
            return self
        self.stop()
        self.config, self.agent = config, agent
        config = dict({'mgc': ({'address': '10.0.0.2', 'port': 2944,
                                'transport': agent.get('transport', 'udp')},)}, **config)
        if agent.get('erlang'):
            self.ca = mgc_erlang.ErlangAgent(
                port=config['mgc'][0]['port'], ns=self.mgc_ns,
                transport=agent.get('transport', 'udp'),
                codec=self.numbers(config) if config.get('encoding') == 'binary' else
                config.get('encoding', 'pretty'))
        else:
            self.ca = mgc.CallAgent(ns=self.mgc_ns,
                                    gateway_compact=config.get('encoding') == 'compact', **agent)
        self.kmgwd = net.Kmgwd(self.gw_ns, self.directory, config).start()
        self.ca.wait_registered()
        return self

    def numbers(self, config):
        """File of what an MGC has to know that speaks binary."""
        path = os.path.join(self.directory, 'numbers')
        realms = config.get('realm', net.DEFAULTS['realm'])
        h248_numbers.write(path, [realm['interface'] for realm in realms])
        return path

    def stop(self):
        if self.kmgwd:
            self.kmgwd.stop()
            self.kmgwd = None
        if self.ca:
            self.ca.close()
            self.ca = None

    # what cases use

    def certificate(self, name='ue', kind='ec'):
        """Made once: (path, SHA-256 fingerprint)."""
        if (name, kind) not in self.certificates:
            self.certificates[name, kind] = net.certificate(self.directory, name, kind)
        return self.certificates[name, kind]

    def file(self, size):
        return net.random_file(self.directory, size)

    def listen(self, ns, address, port=0, **how):
        return self.keep(ends.Listener(ns, address, port, **how))

    def connect(self, ns, address, port, **how):
        return self.keep(ends.connect(ns, address, port, **how))

    def accept(self, listener, **how):
        return self.keep(listener.accept(**how))

    def datagrams(self, ns, address, port=0):
        return self.keep(ends.Datagrams(ns, address, port))

    def keep(self, thing):
        """Closed when the case is over."""
        self.closing.append(thing)
        return thing

    def tls(self, server, name='ue', version=None, **how):
        """TLS context of an endpoint with a certificate of its own."""
        return ends.tls_context(server, self.certificate(name)[0], version, **how)

    def originate(self, version='1.3', name='ue', ciphers=None, data=True, ue=None, **call):
        """
        A call of digest 3.2, up to the point where data flows: (call, UE's end, core's end).
        data: wait for the handshake and for the core's connection.
        """
        listener = self.listen(self.core, call.pop('core_address', calls.CORE))
        call.setdefault('fingerprint', self.certificate(name)[1])
        made = calls.originating(self.ca, core=(listener.address, listener.port), **call)
        tls = self.tls(False, name, version, ciphers=ciphers)
        ue_end = self.connect(self.ue, *made.access.at, tls=tls)
        if not data:
            return made, ue_end, listener
        ue_end.wait_handshake()
        equal(ue_end.peer_fingerprint(), made.access.fingerprint,
              'certificate of the gateway and the fingerprint it gave')
        return made, ue_end, self.accept(listener)

    def terminate(self, version='1.3', name='ue', ciphers=None, **call):
        """A call of digest 3.3, up to the point where data flows; as originate()."""
        listener = self.listen(self.ue, calls.UE,
                               tls=self.tls(True, name, version, ciphers=ciphers))
        call.setdefault('fingerprint', self.certificate(name)[1])
        made = calls.terminating(self.ca, ue=(listener.address, listener.port), **call)
        ue_end = self.accept(listener)
        core_end = self.connect(self.core, *made.core.at)
        ue_end.wait_handshake()
        return made, ue_end, core_end

    def popen(self, ns, *args, **how):
        """A program in a namespace; ended with the case."""
        how.setdefault('stdin', subprocess.DEVNULL)
        how.setdefault('stdout', subprocess.DEVNULL)
        how.setdefault('stderr', subprocess.DEVNULL)
        child = subprocess.Popen(ns.command(*args), **how)
        self.children.append(child)
        return child

    def restart_gateway(self):
        """After a kill: the same configuration again; the ServiceChange it registers with."""
        self.kmgwd.start()
        return self.ca.wait_registered()

    def nothing_left(self):
        """No object in the module: called with all calls subtracted."""
        equal(self.kmgw.contexts(), [], 'contexts left in the module')
        net.wait_for(lambda: self.sockets() == 0, 'attached sockets gone')

    def sockets(self):
        return int(self.kmgw.json('stats')['sockets'])

    # around a case

    def sweep(self):
        """Close what the case opened. Raises if the case left something in the gateway."""
        for thing in reversed(self.closing):
            with contextlib.suppress(OSError):
                thing.close()
        self.closing.clear()
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        self.children.clear()
        if self.ca:
            self.ca.check()
        if self.kmgwd and not self.kmgwd.alive():
            raise Failed(f'kmgwd has ended with status {self.kmgwd.process.returncode}')
        self.nothing_left()

    def wreck(self):
        """After a failed case: whatever it takes to be clean again."""
        with contextlib.suppress(Exception):
            self.sweep()
        if self.kmgwd and self.kmgwd.alive():
            self.kmgwd.kill()
        self.kmgwd = None
        if self.ca:
            self.ca.close()
            self.ca = None
        self.kmgw('flush', check=False)

    def diagnose(self):
        """What one wants to see of a failed case."""
        out = []
        if self.ca:
            out.append('H.248:\n' + self.ca.history())
        if self.kmgwd:
            out.append('kmgwd:\n' + self.kmgwd.tail())
        out.append('endpoints:\n' + self.kmgw('-s', 'endpoint', 'show', check=False))
        return '\n'.join(out)

    def processes(self):
        return [line for ns in self.topology.all
                for line in net.run('ip', 'netns', 'pids', str(ns), check=False).split()
                if int(line) != os.getpid()]

    def close(self):
        try:
            self.stop()
            mgc_erlang.close_all()
            self.gw_ns.end_record()
            # Erlang's helpers end by themselves when it has
            with contextlib.suppress(net.NetError):
                net.wait_for(lambda: not self.processes(), 'the last processes to end', net.PATIENCE / 6)
            true(not self.processes(), f'processes left: {self.processes()}')
        finally:
            self.topology.close()
            shutil.rmtree(self.directory, ignore_errors=True)


def comment(text):
    for line in str(text).splitlines():
        print(f'# {line}', flush=True)


def run():
    """Run the cases of this file; its exit status says whether all passed."""
    wanted = sys.argv[1:]
    cases = [c for c in CASES if not wanted or c[0].__name__ in wanted]
    print('TAP version 13')
    print(f'1..{len(cases)}', flush=True)
    net.load_module()
    lab = Lab()
    failed = 0
    for number, (function, config) in enumerate(cases, 1):
        name = function.__name__.replace('_', ' ')
        start = time.monotonic()
        agent = config.pop('agent', {})
        try:
            lab.start(config, **agent)
            function(lab)
            lab.sweep()
            print(f'ok {number} - {name}', flush=True)
        except Skip as e:
            print(f'ok {number} - {name} # SKIP {e}', flush=True)
            lab.wreck()
        except Exception:
            failed += 1
            print(f'not ok {number} - {name}', flush=True)
            comment(traceback.format_exc())
            try:
                comment(lab.diagnose())
            except Exception as e:
                comment(f'no diagnosis: {e}')
            lab.wreck()
        comment(f'{time.monotonic() - start:.1f} s')
    try:
        lab.close()
    except Exception as e:
        failed += 1
        print(f'Bail out! {e}', flush=True)
    sys.exit(1 if failed else 0)


__all__ = ['case', 'run', 'equal', 'true', 'Failed', 'Skip', 'calls', 'ends', 'mgc', 'net', 'h248_numbers',
           'comment', 'sha256', 'intact', 'MIB', 'SLOW', 'BULK']
