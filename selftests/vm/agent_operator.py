#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm
"""kmgw agent: status, drain and undrain, stop, trace and metrics, with calls up; hostile users."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import contextlib
import glob
import json
import re
import socket
import subprocess
import threading


class Agent:
    """kmgw agent for the daemon of a lab."""

    def __init__(self, lab):
        self.lab = lab
        self.path = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')

    def __call__(self, *args, check=True):
        return self.lab.kmgw('agent', 'socket', self.path, *args, check=check)

    def json(self, *args):
        return json.loads(self.lab.kmgw('-j', 'agent', 'socket', self.path, *args))


def add(realm, **how):
    return calls.command('Add', f'ip/1/{realm}/$', calls.stream(
        local=calls.sdp(proto='UDP', media='image')), **how)


def next_change(lab, before):
    """The ServiceChange that follows the first ones."""
    net.wait_for(lambda: len(lab.ca.changes) > before, 'ServiceChange')
    return lab.ca.changes[before]


@case
def drain_and_undrain(lab):
    agent = Agent(lab)
    call, ue, core = lab.originate('1.3')
    before = len(lab.ca.changes)
    agent('drain', 'access')
    change = next_change(lab, before)
    equal((change.method, change.reason, change.termination.lower()),
          ('Graceful', 905, 'ip/1/access/*'), 'ServiceChange of a realm')
    lab.ca.expect_error(502, calls.in_context('$', add('access')))
    lab.ca.subtract(lab.ca.transact(calls.in_context('$', add('core')))['Context'].value)
    # an emergency call passes, and so does what is added to it
    reply = lab.ca.transact('Context = $ { Emergency, ' + add('access') + ' }')
    emergency = reply['Context'].value
    lab.ca.transact(calls.in_context(emergency, add('access')))
    lab.ca.subtract(emergency)
    # what is there goes on
    ue.send(b'while draining')
    core.wait_received(14)
    equal({r['name']: r['state'] for r in agent.json('status')['realms']},
          {'access': 'draining', 'core': 'in service'}, 'states of the realms')
    true('drains already' in agent('drain', 'access', check=False), 'a second drain')
    true('no realm' in agent('drain', 'nowhere', check=False), 'drain of nothing')
    agent('undrain', 'access')
    change = next_change(lab, before + 1)
    equal((change.method, change.reason), ('Restart', 918), 'ServiceChange of undrain')
    before = len(lab.ca.changes)
    agent('drain')
    change = next_change(lab, before)
    equal((change.method, change.reason, change.termination.upper()), ('Graceful', 905, 'ROOT'),
          'ServiceChange of the gateway')
    lab.ca.expect_error(502, calls.in_context('$', add('core')))
    lab.ca.subtract(lab.ca.transact('Context = $ { Emergency, ' + add('core') + ' }')
                    ['Context'].value)
    agent('undrain')
    next_change(lab, before + 1)
    call.subtract()


@case(stop_wait=60)
def stop_tells_the_mgc_and_ends_all(lab):
    agent = Agent(lab)
    call, ue, core = lab.originate('1.3')
    ue.send(b'hello')
    core.wait_received(5)
    result = agent.json('stop')
    equal(result, {'told': True}, 'result of stop')
    change = lab.ca.changes[-1]
    equal((change.method, change.reason, change.termination.upper()), ('Forced', 905, 'ROOT'),
          'last ServiceChange')
    equal(lab.kmgwd.process.wait(net.PATIENCE), 0, 'status of kmgwd')
    equal(lab.kmgw.contexts(), [], 'contexts in the module')
    true(ue.wait_end() in ('notify', 'fin', 'reset'), 'end at the UE')
    true(not os.path.exists(agent.path), 'the socket is still there')
    true('No such file' in agent('status', check=False), 'status of a daemon that is gone')
    lab.stop()


@case(stop_wait=0.5)
def stop_does_not_wait_for_a_dead_mgc(lab):
    agent = Agent(lab)
    lab.ca.silent = True
    equal(agent.json('stop'), {'told': False}, 'result of stop')
    equal(lab.kmgwd.process.wait(net.PATIENCE), 0, 'status of kmgwd')
    lab.ca.silent = False
    lab.kmgwd.start()
    lab.ca.wait_registered()


@case
def certificates_rotate(lab):
    agent = Agent(lab)
    up, up_ue, up_core = lab.originate('1.3')
    server_of = lab.listen(lab.core, calls.CORE)
    passive = calls.originating(lab.ca, lab.certificate()[1], core=(server_of.address, server_of.port))
    active = calls.terminating(lab.ca, answer=False)
    old = active.access.fingerprint
    equal((up.access.fingerprint, passive.access.fingerprint), (old, old), 'fingerprints of old calls')
    state = lab.kmgwd.config['state_dir']
    before = set(os.listdir(state))
    agent('reload')

    # new ones show the new one, as TLS server and as client
    new, new_ue, new_core = lab.originate('1.3')
    # spliced: what is not would end with the daemon
    for ue, core in (up_ue, up_core), (new_ue, new_core):
        ue.send(b'hello')
        core.wait_received(5)
    true(new.access.fingerprint != old, 'the fingerprint is the same')
    # a daemon that takes over knows both
    lab.kmgwd.kill()
    lab.restart_gateway()
    other = calls.terminating(lab.ca, answer=False)
    equal(other.access.fingerprint, new.access.fingerprint, 'fingerprint of a new call')
    for call, fingerprint in (active, old), (other, new.access.fingerprint):
        again = calls.End(call.modify(call.access, calls.stream(
            local=calls.sdp(call.access.address, call.access.port, 'TCP/TLS', setup='actpass',
                            fingerprint='$ $')))['Context.Modify'])
        equal(again.fingerprint, fingerprint, 'fingerprint asked for again')
        # OpenSSL shows what a client has sent only if it knows whom to trust
        ue = lab.listen(lab.ue, calls.UE, tls=lab.tls(True, trust=shown(lab, fingerprint)))
        calls.answered(call, lab.certificate()[1], (ue.address, ue.port))
        core = lab.connect(lab.core, *call.core.at)
        ue = lab.accept(ue).wait_handshake()
        equal(ue.peer_fingerprint(), fingerprint, 'certificate of the gateway as client')
        core.send(b'hello')
        ue.wait_received(5)

    # old ones show the old one: that which is up goes on, that which was waiting is connected
    up_ue.send(b'goes on')
    up_core.wait_received(12)
    ue = lab.connect(lab.ue, *passive.access.at, tls=lab.tls(False)).wait_handshake()
    equal(ue.peer_fingerprint(), old, 'certificate of the gateway as server')
    ue.send(b'hello')
    lab.accept(server_of).wait_received(5)
    true(set(os.listdir(state)) > before, 'the old certificate is not kept')
    for call in up, passive, active:
        call.subtract()
    net.wait_for(lambda: set(os.listdir(state)) == before, 'the old certificate to go')
    new_ue.send(b'goes on')
    new_core.wait_received(12)
    new.subtract()
    other.subtract()


def shown(lab, fingerprint):
    """The certificate of the gateway with this fingerprint, in a file, without its key."""
    for path in glob.glob(os.path.join(lab.kmgwd.config['state_dir'], '*.pem')):
        text = net.run('openssl', 'x509', '-in', path)
        if fingerprint == 'SHA-256 ' + net.run(
                'openssl', 'x509', '-in', path, '-noout', '-fingerprint',
                '-sha256').strip().partition('=')[2]:
            out = os.path.join(lab.directory, 'trusted.pem')
            with open(out, 'w', encoding='ascii') as f:
                f.write(text)
            return out
    raise Failed(f'no certificate has the fingerprint {fingerprint}')


def scrape(lab):
    """Metrics by name and labels, by HTTP as it is written."""
    text = lab.gw_ns.run('/usr/bin/python3', '-c',
                         'import urllib.request as u; '
                         'r = u.urlopen("http://[::1]:9944/metrics"); '
                         'print(r.headers["Content-Type"]); print(r.read().decode(), end="")')
    kind, _, body = text.partition('\n')
    true(kind.startswith('text/plain; version=0.0.4'), f'Content-Type {kind}')
    found, types = {}, {}
    for line in body.splitlines():
        if line.startswith('# TYPE '):
            _, _, name, what = line.split()
            true(name not in types, f'{name} has two types')
            types[name] = what
        elif not line.startswith('#'):
            name, labels, value = re.fullmatch(r'([a-z0-9_]+)(?:\{(.*)\})? (\d+)', line).groups()
            true(name in types, f'{name} has no type')
            true((types[name] == 'counter') == name.endswith('_total'), f'{name} is {types[name]}')
            key = (name, tuple(sorted(re.findall(r'(\w+)="([^"]*)"', labels or ''))))
            true(key not in found, f'{key} is there twice')
            found[key] = int(value)
    return found


@case(metrics='[::1]:9944')
def metrics_agree_with_the_status(lab):
    agent = Agent(lab)
    call, ue, core = lab.originate('1.3')
    lab.ca.expect_error(411, 'Context = 4711 { Subtract = * }')
    lab.ca.audit_root()
    # nothing happens between the two
    page, status = scrape(lab), agent.json('status')
    equal(page[('kmgw_registered', ())], 1, 'kmgw_registered')
    for name in 'contexts', 'terminations':
        equal(page[(f'kmgw_{name}', ())], status[name], name)
    for group in 'agent', 'transactions', 'transport':
        true(status[group], f'{group} is empty')
        for name, value in status[group].items():
            equal(page[(f'kmgw_{group}_{name}_total', ())], value, f'{group} {name}')
    for realm in status['realms']:
        label = (('realm', realm['name']),)
        for name in 'contexts', 'terminations', 'ports', 'ports_used':
            equal(page[(f'kmgw_realm_{name}', label)], realm[name], f'{realm["name"]} {name}')
        equal(page[('kmgw_realm_exhausted_total', label)], realm['exhausted'], 'exhausted')
        equal(page[('kmgw_realm_certificate_expiry_timestamp_seconds', label)],
              realm['certificate_expires'], 'certificate')
        equal(realm['terminations'], 1, 'terminations of the realm')
        true(realm['ports_used'] >= 1, 'no port is in use')
    one = status['mgcs'][0]
    equal(one['address'], '10.0.0.2', 'MGC')
    for way in 'received', 'sent':
        label = (('mgc', '10.0.0.2'), ('way', way))
        equal(page[('kmgw_mgc_messages_total', label)], one[way]['messages'], f'messages {way}')
        for name, count in one[way]['commands'].items():
            key = (('command', name),) + label
            equal(page[('kmgw_mgc_commands_total', key)], count['all'], f'{name} {way}')
            equal(page[('kmgw_mgc_commands_refused_total', key)], count['refused'],
                  f'{name} refused')
        for code, count in one[way]['errors'].items():
            equal(page[('kmgw_mgc_errors_total', (('code', code),) + label)], count, code)
    equal(one['sent']['errors'], {'411': 1}, 'errors')
    equal(one['received']['commands']['Add']['all'], 2, 'Adds')
    for name in os.listdir('/sys/module/kmgw/stats'):
        true(any(key[0].startswith(f'kmgw_kernel_{name}') for key in page), name)
    equal(page[('kmgw_kernel_endpoints', ())], 2, 'endpoints of the module')
    true(any(key[0] == 'kmgw_kernel_ends_total' for key in page), 'ends by reason')
    true('registered mgc [10.0.0.2]:2944' in agent('status'), 'text of the status')
    # whatever else is asked changes nothing
    refused = lab.gw_ns.run('/usr/bin/python3', '-c', '''
import socket
for text in (b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", b"POST /metrics HTTP/1.1\\r\\nHost: x\\r\\n"
             b"Content-Length: 3\\r\\n\\r\\nabc", b"DELETE /metrics HTTP/1.0\\r\\n\\r\\n",
             b"\\0\\xff garbage\\r\\n\\r\\n", b"GET /" + b"a" * 100000 + b" HTTP/1.1\\r\\n\\r\\n"):
    s = socket.create_connection(("::1", 9944))
    try:
        s.sendall(text)
        print(s.recv(100).split(b"\\r\\n")[0].decode("latin-1"))
    except ConnectionError:
        print("reset")
    s.close()
idle = [socket.create_connection(("::1", 9944)) for _ in range(40)]
''').splitlines()
    true(refused[0].endswith('404 Not Found'), refused[0])
    true('405' in refused[1] and '405' in refused[2], refused)
    true(not any('200' in line for line in refused), refused)
    scrape(lab)
    call.subtract()


@case
def trace_is_read_by_tshark(lab):
    agent = Agent(lab)
    agent('trace', 'start')
    call, ue, core = lab.originate('1.3')
    agent('trace', 'start', 'file', 'one.pcap', 'context', str(int(call.context) + 1))
    again = calls.terminating(lab.ca, answer=False)
    equal(int(again.context), int(call.context) + 1, 'context')
    call.subtract()
    again.subtract()
    agent('trace', 'stop')
    directory = lab.kmgwd.config['trace_dir']
    for name in 'h248.pcap', 'one.pcap':
        path = os.path.join(directory, name)
        equal(os.stat(path).st_mode & 0o777, 0o640, f'mode of {name}')
        out = subprocess.run(['tshark', '-r', path, '-T', 'fields', '-e', 'frame.protocols'],
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             check=True).stdout.splitlines()
        true(len(out) >= 2, f'{name} is empty')
        for line in out:
            true(':udp:megaco' in line and 'malformed' not in line, line)


@case
def hostile_users_of_the_socket(lab):
    agent = Agent(lab)
    call, ue, core = lab.originate('1.3')
    before = agent.json('status')
    # another user may not even connect; nor if somebody opens the mode
    script = ('import socket, sys\n'
              's = socket.socket(socket.AF_UNIX)\n'
              's.connect(sys.argv[1])\n'
              's.sendall(b\'{"command":"stop"}\\n\')\n'
              'print(s.recv(100))\n')
    other = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups',
             '/usr/bin/python3', '-c', script, agent.path]
    for path in lab.directory, os.path.dirname(agent.path):
        os.chmod(path, 0o755)
    true('PermissionError' in net.run(*other, check=False), 'another user may connect')
    os.chmod(agent.path, 0o777)
    out = net.run(*other, check=False)
    true("b''" in out or 'Reset' in out or 'BrokenPipe' in out, f'another user was answered: {out}')
    os.chmod(agent.path, 0o660)

    def attack():
        for text in (b'\n' * 100, b'x' * 100000, b'{"command":"sta', b'\0' * 4096 + b'\n',
                     b'[' * 4000 + b'\n', b'{"command":"drain","realm":{}}\n',
                     b'{"command":"trace","action":"start","file":"../x"}\n'):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
                s.connect(agent.path)
                s.sendall(text)
    threads = [threading.Thread(target=attack) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    idle = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for s in idle:
        s.connect(agent.path)
    after = agent.json('status')
    for s in idle:
        s.close()
    for key in 'contexts', 'terminations', 'draining', 'stopping', 'trace', 'realms', 'pid':
        equal(after[key], before[key], key)
    ue.send(b'still here')
    core.wait_received(10)
    call.subtract()


run()
