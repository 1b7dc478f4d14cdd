#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug
"""
openssl and gnutls, as client and as server, with every cipher suite of the gateway's: data both
ways, and what the peer and the gateway say was agreed to. The last case prints the table.

Each suite is tried by one peer in one role, by all four of them in turn; with KMGW_MATRIX=full in
the environment by each.
"""
import atexit
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

from tls_peers import SUITES, Program, payload	# noqa: E402

DATA = payload(65512)
PORT = 7600
KEYS = net.workspace()
atexit.register(shutil.rmtree, KEYS, True)
RSA, _ = net.certificate(KEYS, 'gateway', 'rsa')
REALMS = net.DEFAULTS['realm'] + (
    {'name': 'rsa', 'interface': 'rsa', 'address': ['10.1.0.1'], 'ports': [22000, 22999],
     'certificate': RSA, 'private_key': RSA},)
# As many handshakes at once as here take their time.
PROFILE = {'realm': REALMS, 'tls_guard': 120}
LEGACY = dict(PROFILE, tls_legacy=True)
FULL = os.environ.get('KMGW_MATRIX') == 'full'
COMBINATIONS = [(peer, role) for peer in ('openssl', 'gnutls') for role in ('client', 'server')]
ROWS = []


class Cell:
    """One call: a peer in one role with one suite."""

    def __init__(self, peer, role, suite):
        self.peer, self.role, self.wanted = peer, role, suite
        self.path, self.said, self.fault = '', '', None
        self.call = self.program = self.core = None
        ROWS.append(self)

    def red(self, why):
        self.fault = self.fault or str(why).partition('\n')[0]

    def columns(self):
        return (self.peer, self.role, self.wanted.version, self.wanted.name, self.wanted.cert,
                self.said, self.path, self.fault or 'ok')


HEAD = ('peer', 'role', 'TLS', 'suite', 'cert', 'peer says', 'gateway says', '')


def tabulate(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        comment('  '.join(text.ljust(width) for text, width in zip(row, widths)).rstrip())


def each(cells, step, *args):
    """A step of all cells; one that fails takes no part in what follows, nor hinders the others."""
    for cell in cells:
        if cell.fault:
            continue
        try:
            step(cell, *args)
        except (Failed, OSError, ends.EndError, net.NetError) as e:
            cell.red(f'{step.__name__}: {e}')


# the gateway is server

def begin_as_client(cell, lab):
    suite = cell.wanted
    pem, fingerprint = lab.certificate('ue-' + suite.cert, suite.cert)
    listener = lab.listen(lab.core, calls.CORE)
    cell.call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port),
                                  access='rsa' if suite.cert == 'rsa' else 'access')
    cell.program = Program(lab, cell.peer, lab.ue, suite, pem, to=cell.call.access.at)
    cell.core = listener


def accept(cell, lab):
    net.wait_for(lambda: not cell.core.idle() or cell.program.gone(), 'the client to connect')
    cell.core = lab.accept(cell.core)


# the gateway is client

def begin_as_server(cell, lab, port):
    cell.program = Program(lab, cell.peer, lab.ue, cell.wanted,
                           lab.certificate('ue-' + cell.wanted.cert, cell.wanted.cert)[0],
                           on=(calls.UE, port))


def call_server(cell, lab, port):
    cell.call = calls.terminating(
        lab.ca, lab.certificate('ue-' + cell.wanted.cert, cell.wanted.cert)[1], ue=(calls.UE, port))
    cell.core = lab.connect(lab.core, *cell.call.core.at)


def listening(ns):
    return {int(line.split()[3].rpartition(':')[2]) for line in ns.run('ss', '-Hltn').splitlines()}


# both

def agreed(cell):
    """What the peer says of the session, before it is given anything to send: see Program."""
    net.wait_for(lambda: cell.program.agreed() or cell.program.gone(), 'the handshake at the peer')
    said = cell.program.agreed()
    cell.said = ' '.join(said) if said else 'nothing'
    equal(said, (cell.wanted.version, cell.wanted.name), 'the peer says')


def send(cell):
    if not cell.program.echoes:
        cell.program.send(DATA)
    cell.core.send(DATA)


def at_peer(program):
    net.wait_for(lambda: len(program.received()) >= len(DATA) or program.gone(),
                 'the data at the peer')
    true(program.received() == DATA, 'the peer has got something else')


def carried(cell):
    cell.core.wait_received(len(DATA))
    true(bytes(cell.core.data) == DATA, 'the core has got something else')
    if not cell.program.echoes:
        at_peer(cell.program)


def shown(cell, eps, paths):
    """What "kmgw endpoint show" and "kmgw agent status" have to say of it."""
    number = int(cell.call.access.id.rpartition('/')[2])
    tls = eps[number].get('tls')
    why = paths.get(number)
    cell.path = f'kTLS {tls["version"]} {tls["cipher"]}' if tls else f'agent: {why}'
    if cell.wanted.cipher.endswith('CBC'):
        equal(cell.path, f'agent: kTLS has no {cell.wanted.cipher}', 'path')
    else:
        equal(cell.path, f'kTLS {cell.wanted.version} {cell.wanted.cipher.lower()}', 'path')


def subtract(cell):
    cell.call.subtract()


def see(lab, cells):
    each(cells, agreed)
    each(cells, send)
    each(cells, carried)
    eps = {ep['termination']: ep for ep in lab.kmgw.endpoints()}
    socket = os.path.join(lab.kmgwd.config['run_dir'], 'control.sock')
    status = json.loads(lab.kmgw('-j', 'agent', 'socket', socket, 'status'))
    each(cells, shown, eps, {p['termination']: p['reason'] for p in status['agent_paths']})
    each(cells, subtract)
    all_good(cells)


def all_good(cells):
    red = [cell for cell in cells if cell.fault]
    if red:
        tabulate([HEAD] + [cell.columns() for cell in red])
        raise Failed(f'{len(red)} of {len(cells)} calls')


def cells_of(peer, role, legacy):
    cells = []
    for i, suite in enumerate(SUITES):
        mine = FULL or COMBINATIONS[i % len(COMBINATIONS)] == (peer, role)
        if suite.legacy == legacy and mine:
            cells.append(Cell(peer, role, suite))
    return cells


def clients(lab, peer, legacy):
    cells = cells_of(peer, 'client', legacy)
    each(cells, begin_as_client, lab)
    each(cells, accept, lab)
    see(lab, cells)


def servers(lab, peer, legacy):
    cells = cells_of(peer, 'server', legacy)
    for i, cell in enumerate(cells):
        each([cell], begin_as_server, lab, PORT + i)
    net.wait_for(lambda: listening(lab.ue).issuperset(range(PORT, PORT + len(cells))),
                 f'{peer} to listen')
    for i, cell in enumerate(cells):
        each([cell], call_server, lab, PORT + i)
    see(lab, cells)


for legacy, settings in ((False, PROFILE), (True, LEGACY)):
    for peer, role in COMBINATIONS:
        def one(lab, peer=peer, role=role, legacy=legacy):
            (clients if role == 'client' else servers)(lab, peer, legacy)
        one.__name__ = f'{peer}_as_{role}_{"with_the_suites_of_Rel-12" if legacy else "by_default"}'
        case(one, **settings)


# between the far ends

def end_to_end(cell, lab, plane):
    """
    openssl at both ends. Where the gateway joins two connections nobody listens: there socat
    connects on behalf of each, and openssl is behind it, which does not take a path of more
    than 31 octets.
    """
    suite = cell.wanted
    pem, _ = lab.certificate()
    if plane == 'relay':
        far = Program(lab, 'openssl', lab.core, suite, pem, on=(calls.CORE, PORT))
        net.wait_for(lambda: PORT in listening(lab.core), 'openssl to listen')
        call = calls.joined(lab.ca, core=(calls.CORE, PORT))
        near = Program(lab, 'openssl', lab.ue, suite, pem, to=call.access.at)
    else:
        call = calls.joined(lab.ca, ('passive', 'passive'), ('active', 'active'),
                            core=(calls.CORE, 9))
        inside, outside = (os.path.join(lab.directory, who + suite.version) for who in 'cu')
        far = Program(lab, 'openssl', lab.core, suite, pem, on=inside)
        net.wait_for(lambda: os.path.exists(inside), 'openssl to listen')
        lab.popen(lab.core, 'socat', 'TCP:%s:%d' % call.core.at, 'UNIX-CONNECT:' + inside)
        lab.popen(lab.ue, 'socat', 'UNIX-LISTEN:' + outside, 'TCP:%s:%d' % call.access.at)
        net.wait_for(lambda: os.path.exists(outside), 'socat to listen')
        near = Program(lab, 'openssl', lab.ue, suite, pem, to=outside)
    for cell.program in (far, near):
        agreed(cell)
    for program in (far, near):
        program.send(DATA)
    for program in (far, near):
        at_peer(program)
    planes = {lab.kmgw.endpoint(end.id)['plane'] for end in (call.access, call.core)}
    equal(planes, {plane}, 'plane')
    cell.path = plane
    call.subtract()


@case
def openssl_to_openssl_through_relay_and_merge(lab):
    cells = []
    for plane in ('relay', 'merge'):
        for version in ('1.2', '1.3'):
            suite = next(s for s in SUITES if s.version == version)
            cells.append(Cell('openssl', 'both ends', suite))
            each(cells[-1:], end_to_end, lab, plane)
    all_good(cells)


@case
def the_table(lab):
    del lab
    tabulate([HEAD] + [cell.columns() for cell in ROWS])
    equal(sum(not cell.fault for cell in ROWS), (4 if FULL else 1) * len(SUITES) + 4,
          'good calls')


run()
