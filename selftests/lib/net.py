# SPDX-License-Identifier: GPL-2.0-only
"""
Network namespaces, the module, and kmgwd as the tests use them. Runs inside the VM.

    mgc 10.0.0.2 --- control 10.0.0.1 +----+ core 10.2.0.1 --- core 10.2.0.2
                                      | gw |
    ue  10.1.0.2 --- access  10.1.0.1 +----+      and fd00:0:0:N:: likewise

Sockets of other namespaces are made in this process: a thread enters the
namespace for as long as the socket is created.
"""

import contextlib
import ctypes
import glob
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

import record

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TOP, 'build'))
CLONE_NEWNET = 0x40000000
SLOW = int(os.environ.get("KMGW_SLOW", "1"))
PATIENCE = 60 * SLOW	# seconds; only a failing test waits so long

libc = ctypes.CDLL(None, use_errno=True)


class NetError(Exception):
    """The test bed could not be set up, or something was left behind."""


def run(*args, text=None, check=True):
    """Output of a command."""
    done = subprocess.run(args, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if check and done.returncode:
        raise NetError(f'{" ".join(args)}: status {done.returncode}: {done.stdout.strip()}')
    return done.stdout


def wait_for(condition, what, seconds=PATIENCE, interval=0.05):
    """Wait until condition() is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise NetError(f'not within {seconds} s: {what}')
        time.sleep(interval)


class Namespace:
    def __init__(self, name):
        self.name = name
        self.path = f'/run/netns/{name}'
        self.recording = None

    def __str__(self):
        return self.name

    @contextlib.contextmanager
    def entered(self):
        """This thread is in the namespace."""
        with open('/proc/thread-self/ns/net', encoding='ascii') as home, \
                open(self.path, encoding='ascii') as there:
            self._setns(there)
            try:
                yield
            finally:
                self._setns(home)

    @staticmethod
    def _setns(file):
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise NetError(f'setns: {os.strerror(ctypes.get_errno())}')

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, proto=0):
        with self.entered():
            return socket.socket(family, kind, proto)

    def command(self, *args):
        """The command as it has to be started to run in the namespace."""
        return ['nsenter', '--net=' + self.path, *args]

    def run(self, *args, **how):
        return run(*self.command(*args), **how)

    def ip(self, lines):
        return run('ip', '-n', self.name, '-b', '-', text=lines)

    def record(self, directory):
        """From now on, all H.248 that passes."""
        if not self.recording and 'KMGW_TRACE' in os.environ:
            self.recording = record.Record(self, directory)

    def end_record(self):
        if self.recording:
            self.recording.end()
            self.recording = None


def load_module():
    """kmgw.ko and what kTLS wants, unless they are there already."""
    if not os.path.isdir('/sys/module/kmgw'):
        run(os.path.join(TOP, 'scripts', 'load-module'))


LINKS = (('mgc', 'control', 0), ('ue', 'access', 1), ('core', 'core', 2))


class Topology:
    """The four namespaces and the links between them."""

    def __init__(self):
        self.ue, self.gw, self.core, self.mgc = (Namespace(n) for n in ('ue', 'gw', 'core', 'mgc'))
        self.all = (self.ue, self.gw, self.core, self.mgc)
        run('ip', '-b', '-', text=''.join(f'netns add {ns}\n' for ns in self.all))
        run('ip', '-b', '-', text=''.join(
            f'link add {dev} netns gw type veth peer name eth0 netns {ns}\n'
            for ns, dev, _ in LINKS))
        for ns in self.all:
            with ns.entered():
                for path in ('all', 'default'):
                    self._sysctl(f'net/ipv6/conf/{path}/accept_dad', 0)
        gw = 'link set lo up\n'
        for name, dev, net in LINKS:
            Namespace(name).ip(f'link set lo up\nlink set eth0 up\n'
                               f'addr add 10.{net}.0.2/24 dev eth0\n'
                               f'addr add 10.{net}.0.3/24 dev eth0\n'
                               f'addr add fd00:0:0:{net}::2/64 dev eth0 nodad\n'
                               f'route add default via 10.{net}.0.1\n')
            gw += f'link set {dev} up\naddr add 10.{net}.0.1/24 dev {dev}\n' \
                  f'addr add fd00:0:0:{net}::1/64 dev {dev} nodad\n'
        self.gw.ip(gw)

    @staticmethod
    def _sysctl(name, value):
        with contextlib.suppress(OSError), open('/proc/sys/' + name, 'w', encoding='ascii') as f:
            f.write(str(value))

    def close(self):
        run('ip', '-b', '-', text=''.join(f'netns del {ns}\n' for ns in self.all), check=False)


def render(value):
    """A Python value in libconfig's notation."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return '{ ' + ' '.join(f'{k} = {render(v)};' for k, v in value.items()) + ' }'
    if isinstance(value, tuple):
        return '( ' + ', '.join(render(v) for v in value) + ' )'
    if isinstance(value, list):
        return '[ ' + ', '.join(render(v) for v in value) + ' ]'
    return str(value)


DEFAULTS = {
    'mid': '[10.0.0.1]:2944',
    'mgc': ({'address': '10.0.0.2', 'port': 2944, 'transport': 'udp'},),
    'version': 2,
    'profile': '',
    'encoding': 'pretty',
    'realm': (
        {'name': 'access', 'address': ['10.1.0.1', 'fd00:0:0:1::1'], 'interface': 'access',
         'ports': [20000, 20999]},
        {'name': 'core', 'address': ['10.2.0.1', 'fd00:0:0:2::1'], 'interface': 'core',
         'ports': [21000, 21999]},
    ),
}
if SLOW > 1:
    # Handshakes take longer than the guards of a real gateway allow.
    DEFAULTS.update(tls_guard=10 * SLOW, tcp_active_guard=20 * SLOW, peer_guard=30 * SLOW)


class Kmgwd:
    """The daemon, in namespace gw."""

    def __init__(self, ns, directory, config=None, name='kmgwd', wrap=()):
        self.ns = ns
        self.directory = directory
        self.config = dict(DEFAULTS, state_dir=os.path.join(directory, name + '.state'),
                           run_dir=os.path.join(directory, name + '.run'),
                           trace_dir=os.path.join(directory, name + '.trace'))
        self.config.update(config or {})
        self.path = os.path.join(directory, name + '.conf')
        self.log = os.path.join(directory, name + '.log')
        self.name = name
        self.wrap = list(wrap)
        self.process = None
        os.makedirs(self.config['state_dir'], 0o700, exist_ok=True)

    def start(self):
        self.ns.record(self.directory)
        with open(self.path, 'w', encoding='utf-8') as f:
            f.write(''.join(f'{k} = {render(v)};\n' for k, v in self.config.items()))
        notify = os.path.join(self.directory, self.name + '.notify')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(notify)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, \
                open(self.log, 'a', encoding='utf-8') as log:
            s.bind(notify)
            os.chmod(notify, 0o777)
            self.process = subprocess.Popen(
                self.ns.command(*self.wrap, os.path.join(BUILD, 'kmgwd'), '-f', '-c', self.path),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, NOTIFY_SOCKET=notify))
            s.settimeout(0.2)

            def ready():
                if self.process.poll() is not None:
                    raise NetError(f'kmgwd ended with {self.process.returncode}:\n{self.tail()}')
                with contextlib.suppress(TimeoutError):
                    return b'READY=1' in s.recv(4096)
                return False
            wait_for(ready, 'READY=1 of kmgwd')
        return self

    @property
    def pid(self):
        return self.process.pid

    def tail(self, lines=60):
        with open(self.log, encoding='utf-8', errors='replace') as f:
            return '\n'.join(f.read().splitlines()[-lines:])

    def cpu(self):
        """Milliseconds on a processor and times woken up so far, of all threads."""
        ran = woken = 0
        for task in glob.glob(f'/proc/{self.pid}/task/*'):
            with open(f'{task}/schedstat', encoding='ascii') as f:
                ran += int(f.read().split()[0])
            with open(f'{task}/status', encoding='ascii') as f:
                woken += int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', f.read(), re.M)[1])
        return ran / 1e6, woken

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        return self.process.wait(PATIENCE)

    def stop(self):
        """SIGTERM; its status must be 0."""
        if not self.alive():
            return
        try:
            status = self.kill(signal.SIGTERM)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NetError('kmgwd did not end on SIGTERM') from None
        if status:
            raise NetError(f'kmgwd ended with status {status} on SIGTERM:\n{self.tail()}')


class Kmgw:
    """The command line tool, in namespace gw."""

    def __init__(self, ns):
        self.ns = ns

    def __call__(self, *args, check=True):
        return self.ns.run(os.path.join(BUILD, 'kmgw'), *args, check=check)

    def json(self, *args):
        out = self('-j', *args)
        return json.loads(out) if out.strip() else []

    def contexts(self):
        return self.json('context', 'show')

    def endpoints(self):
        return self.json('-s', 'endpoint', 'show')

    def endpoint(self, termination_id, stream=1, component='media'):
        """The endpoint of a termination id such as ip/1/access/7."""
        number = int(termination_id.rpartition('/')[2])
        for one in self.endpoints():
            if one['termination'] == number and one['stream'] == stream and \
                    one['component'] == component:
                return one
        raise NetError(f'no endpoint of {termination_id}')


def certificate(directory, name, kind='ec'):
    """Self-signed certificate and key in one PEM file; (path, SHA-256 fingerprint)."""
    path = os.path.join(directory, name + '.pem')
    if not os.path.exists(path):
        key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] if kind == 'ec' else \
              ['-newkey', 'rsa:2048']
        run('openssl', 'req', '-x509', *key, '-nodes', '-days', '30', '-subj', f'/CN={name}',
            '-keyout', path + '.key', '-out', path + '.crt')
        with open(path, 'w', encoding='ascii') as out:
            for part in ('.crt', '.key'):
                with open(path + part, encoding='ascii') as f:
                    out.write(f.read())
    text = run('openssl', 'x509', '-in', path, '-noout', '-fingerprint', '-sha256')
    return path, 'SHA-256 ' + text.strip().partition('=')[2]


def random_file(directory, size, name='data'):
    """A file of random octets, made once."""
    path = os.path.join(directory, f'{name}-{size}')
    if not os.path.exists(path):
        with open('/dev/urandom', 'rb') as source, open(path, 'wb') as f:
            left = size
            while left:
                left -= f.write(source.read(min(left, 1 << 20)))
    return path


def workspace():
    return tempfile.mkdtemp(prefix='kmgw-test.', dir='/run' if os.access('/run', os.W_OK) else None)
