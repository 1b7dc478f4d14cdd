# SPDX-License-Identifier: GPL-2.0-only
"""For a test written in Python; the twin of ktap.sh.

    #!/usr/bin/python3
    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
    import ktap

    with ktap.Test() as t:
        ue, gw = t.netns('ue', 'gw')
        t.veth(ue, 'u0', ['10.1.0.2/24'], gw, 'g0', ['10.1.0.1/24'])
        sink = t.spawn(['socat', ...], ns=gw)          # a Popen; its output in sink.log
        t.wait_for(5, lambda: t.listening(gw, 'tcp', 5000))
        t.ok(condition, 'the ping is answered')
        t.equal(got, 1000, 'octets')

An exception, a wait in vain included, fails the test. Everything made through t is removed.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.setdefault('KMGW_BUILD', os.path.join(TREE, 'build'))
os.environ['PATH'] = ':'.join([BUILD, os.environ.get('PATH', ''), '/usr/sbin', '/sbin'])
# How much slower than a stock kernel this one is: limits are multiplied by it.
SLOW = int(os.environ.get('KMGW_SLOW', '1'))
# The initial network namespace, for what can be set only there (nsenter --net=INIT_NET ...).
INIT_NET = os.environ.get('KMGW_INIT_NET', '/proc/1/ns/net')


class Test:
    def __init__(self, vm=True):
        """vm: needs the module, so the virtual machine."""
        self.count = self.failed = 0
        self.needs_vm = vm
        self.processes = []
        self.namespaces = []
        self.tmp = None

    def __enter__(self):
        print('TAP version 13', flush=True)
        if self.needs_vm and not os.environ.get('KMGW_VM'):
            print(f'1..0 # SKIP needs the virtual machine: scripts/vm {sys.argv[0]}', flush=True)
            os._exit(4)
        self.tmp = tempfile.mkdtemp()
        if self.needs_vm and not os.path.isdir('/sys/module/kmgw'):
            subprocess.run([os.path.join(TREE, 'scripts', 'load-module')], check=True)
        return self

    def __exit__(self, kind, value, trace):
        early = kind is not None
        if early:
            for line in ''.join(traceback.format_exception(kind, value, trace)).splitlines():
                print('#', line)
            print('Bail out!', kind.__name__, str(value).splitlines()[0] if str(value) else '')
        for proc in self.processes:
            if early and proc.poll() is not None and proc.returncode:
                self.diag(f'{proc.args}: status {proc.returncode}')
            proc.kill()
            proc.wait()
        for ns in self.namespaces:
            subprocess.run(['ip', 'netns', 'del', ns], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.tmp, ignore_errors=True)
        if not early:
            print(f'1..{self.count}')
        sys.stdout.flush()
        # Threads of the test must not keep it alive, nor change the status.
        os._exit(1 if early or self.failed else 0)

    @staticmethod
    def diag(text):
        for line in str(text).splitlines():
            print('#', line, flush=True)

    def ok(self, condition, name, why=''):
        self.count += 1
        print(f'{"ok" if condition else "not ok"} {self.count} {name}', flush=True)
        if not condition:
            self.failed += 1
            if why:
                self.diag(why)
        return bool(condition)

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f'got {got!r}, wanted {wanted!r}')

    def skip(self, name, why):
        self.count += 1
        print(f'ok {self.count} {name} # SKIP {why}', flush=True)

    def wait_for(self, seconds, condition, what='the condition'):
        """Return what condition() returned once it is true; raise TimeoutError if it never is."""
        end = time.monotonic() + seconds * SLOW
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f'waited {seconds} s (times {SLOW}) in vain for {what}')
            time.sleep(0.05)

    @staticmethod
    def run(args, ns=None, check=True, **kw):
        """Run a command to its end; a CompletedProcess with text in stdout and stderr."""
        if ns:
            args = ['ip', 'netns', 'exec', ns, *args]
        done = subprocess.run(args, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=kw.pop('stdin', subprocess.DEVNULL if 'input' not in kw
                                            else None), check=False, **kw)
        if check and done.returncode:
            raise RuntimeError(f'{" ".join(args)}: status {done.returncode}: {done.stderr.strip()}')
        return done

    def spawn(self, args, ns=None, **kw):
        """Start a command; the Popen has .log, the name of the file that takes its output."""
        if ns:
            args = ['ip', 'netns', 'exec', ns, *args]
        fd, name = tempfile.mkstemp(suffix='.log', dir=self.tmp)
        kw.setdefault('stdin', subprocess.DEVNULL)
        kw.setdefault('stdout', fd)
        kw.setdefault('stderr', fd)
        proc = subprocess.Popen(args, **kw)
        os.close(fd)
        proc.log = name
        self.processes.append(proc)
        return proc

    def netns(self, *names):
        made = []
        for name in names:
            ns = f'{name}-{random.randrange(65536):04x}'
            self.run(['ip', 'netns', 'add', ns])
            self.namespaces.append(ns)
            self.run(['ip', '-n', ns, 'link', 'set', 'lo', 'up'])
            # Addresses are usable at once, not after duplicate address detection.
            self.run(['sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0',
                      'net.ipv6.conf.all.accept_dad=0'], ns=ns)
            made.append(ns)
        return made

    def veth(self, ns1, dev1, addrs1, ns2, dev2, addrs2):
        self.run(['ip', '-n', ns1, 'link', 'add', dev1, 'type', 'veth',
                  'peer', 'name', dev2, 'netns', ns2])
        for ns, dev, addrs in (ns1, dev1, addrs1), (ns2, dev2, addrs2):
            for addr in addrs:
                self.run(['ip', '-n', ns, 'addr', 'add', addr, 'dev', dev])
            self.run(['ip', '-n', ns, 'link', 'set', dev, 'up'])

    def listening(self, ns, kind, port):
        return self.run(['ss', '-Hln', f'--{kind}', f'sport = :{port}'], ns=ns).stdout != ''
