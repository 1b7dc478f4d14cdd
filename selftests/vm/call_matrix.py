#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm new
"""
openssl and gnutls, as client and as server, with every cipher suite of the gateway's: data both
ways, and what the peer and the gateway say was agreed to. The last case prints the table.

Each suite is tried by one peer in one role, by all four of them in turn; with KMGW_MATRIX=full in
the environment by each.
"""
import atexit
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

from tls_cells import *	# noqa: E402,F403
from tls_peers import SUITES, Program	# noqa: E402

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


def cells_of(peer, role, legacy):
    cells = []
    for i, suite in enumerate(SUITES):
        mine = FULL or COMBINATIONS[i % len(COMBINATIONS)] == (peer, role)
        if suite.legacy == legacy and mine:
            cells.append(Cell(peer, role, suite))
    ROWS.extend(cells)
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
    ROWS.extend(cells)
    all_good(cells)


@case
def the_table(lab):
    del lab
    tabulate([HEAD] + [cell.columns() for cell in ROWS])
    equal(sum(not cell.fault for cell in ROWS), (4 if FULL else 1) * len(SUITES) + 4,
          'good calls')


run()
