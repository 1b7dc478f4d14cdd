# SPDX-License-Identifier: GPL-2.0-only
"""
Tables of TLS calls: each cell is a call with another peer, role or suite. All calls of a table are
up at once, and one that goes wrong does not hinder the others.
"""

import json
import os

import ends
import net
from harness import Failed, comment, equal, true
from tls_peers import payload

DATA = payload(65512)


class Cell:
    """One call: a peer in one role with one suite."""

    def __init__(self, peer, role, suite):
        self.peer, self.role, self.wanted = peer, role, suite
        self.path, self.said, self.fault = '', '', None
        self.call = self.program = self.core = None

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


def listening(ns):
    return {int(line.split()[3].rpartition(':')[2]) for line in ns.run('ss', '-Hltn').splitlines()}


def agreed(cell):
    """What the peer says of the session, before it is given anything to send: see Program."""
    def over():
        # gnutls-serv stays after a failure, and would leave the others' calls when that takes long
        return cell.program.gone() or (cell.core and cell.core.ended)
    net.wait_for(lambda: cell.program.agreed() or over(), 'the handshake at the peer')
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
