#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kmgwd-packages(7) is what the table in kmgwd says, and kmgwd -P says what the configuration changes."""

import os
import subprocess
import sys
import tempfile

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.join(TREE, 'selftests', 'lib'))
import points  # noqa: E402
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
KMGWD = os.path.join(BUILD, 'kmgwd')
CONFIG = '''
mid = "[127.0.0.1]:2944"; mgc = ( { address = "127.0.0.1"; port = 2945; } );
realm = ( { name = "a"; interface = "a"; address = [ "127.0.0.1" ]; ports = [ 20000, 20099 ]; } );
'''


def run(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def build():
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE') and k != 'MFLAGS'}
    subprocess.run(['make', '-C', TREE, f'O={BUILD}', 'kmgwd'], stdout=subprocess.DEVNULL, check=True,
                   env=env)


def packages(more):
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as f:
        f.write(CONFIG + more)
        f.flush()
        return run(KMGWD, '-P', '-c', f.name)


def page_is_current():
    done = run(os.path.join(TREE, 'scripts', 'packages-page'), '--kmgwd', KMGWD, '--check')
    return done.stderr.splitlines()


def configuration_is_in_it():
    done = packages('profile_variant = "mp"; package_items = ( { item = "tcpbcc"; name = "tcpx"; '
                    'id = 0x119; version = 2; }, { item = "tlsbsc/EstBNC"; kind = "signal"; id = 7; } );')
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    problems = done.stderr.splitlines()
    if not any(row[:3] == ['tcpx', '0x0119', '2'] for row in rows):
        problems.append('tcpbcc is not tcpx-2 with id 0x0119')
    if not any(row[0] == 'tlsbsc' and row[5:7] == ['EstBNC', '0x0007'] for row in rows):
        problems.append('tlsbsc/EstBNC has not the id 7')
    if any(row[0] == 'gm' for row in rows):
        problems.append('gm is offered on Mp')
    return problems


def nonsense_is_refused():
    problems = []
    for items, word in (('{ item = "nosuch"; name = "x"; }', 'nosuch'),
                        ('{ item = "tcpbcc/nosuch"; id = 1; }', 'nosuch'),
                        ('{ item = "tcpbcc"; name = "gm"; }', 'same name'),
                        ('{ item = "tcpbcc"; id = 0x8c; }', 'same id'),
                        ('{ item = "tcpbcc"; id = 70000; }', 'id must be'),
                        ('{ item = "tcpbcc"; name = "1x"; }', 'letter'),
                        ('{ item = "tcpbcc/EstBNC"; version = 2; }', 'version'),
                        ('{ name = "x"; }', 'item is missing')):
        done = packages(f'package_items = ( {items} );')
        if not done.returncode or word not in done.stderr:
            problems.append(f'{items}: {done.returncode} {done.stderr}')
    return problems


build()
points.run(page_is_current, configuration_is_in_it, nonsense_is_refused)
