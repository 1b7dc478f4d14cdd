#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""make install puts everything where a Debian system looks for it, and only there."""

import os
import re
import subprocess
import tempfile

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
WANTED = '''
etc/kmgw/kmgwd.conf.example
lib/modules/VERSION/MODULE/kmgw.ko
lib/systemd/system/kmgwd.service
usr/lib/sysusers.d/kmgwd.conf
usr/sbin/kmgw
usr/sbin/kmgwd
usr/share/bash-completion/completions/kmgw
usr/share/man/man5/kmgwd.conf.5
usr/share/man/man7/kmgwd-packages.7
usr/share/man/man8/kmgw.8
usr/share/man/man8/kmgwd.8
'''.split()


def strangers():
    """Files in the tree that git does not know, or is told to ignore."""
    state = subprocess.run(['git', '-C', TREE, 'status', '--porcelain', '--ignored'],
                           stdout=subprocess.PIPE, text=True, check=False).stdout
    return {line for line in state.splitlines() if line.startswith(('??', '!!')) and line != '!! build/'}


def install(dest):
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE') and k != 'MFLAGS'}
    done = subprocess.run(['make', '-C', TREE, 'install', f'O={BUILD}', f'DESTDIR={dest}', 'prefix=/usr'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=env)
    if done.returncode:
        print('\n'.join('# ' + line for line in done.stdout.splitlines()[-20:]))
    return done.returncode


def found_in(dest):
    """The installed files, less what depmod writes."""
    found = []
    for top, _, files in os.walk(dest):
        found += [os.path.relpath(os.path.join(top, f), dest) for f in files]
    # Newer kernels compress modules.
    found = [re.sub(r'\.ko\.xz$', '.ko', f) for f in found]
    found = [re.sub(r'^(lib/modules)/[^/]+/(extra|updates)/', r'\1/VERSION/MODULE/', f) for f in found]
    return sorted(f for f in found if not re.match(r'lib/modules/[^/]+/modules\.', f))


def main():
    failed = 0
    print('TAP version 13')

    def ok(number, condition, name, *why):
        nonlocal failed
        print(f'{"ok" if condition else "not ok"} {number} {name}')
        if not condition:
            failed += 1
            print(*(f'# {w}' for w in why), sep='\n')

    before = strangers()
    with tempfile.TemporaryDirectory() as dest:
        ok(1, install(dest) == 0, 'make install succeeds')
        found = found_in(dest)
        ok(2, found == WANTED, 'every file is in its place',
           f'missing: {sorted(set(WANTED) - set(found))}', f'not expected: {sorted(set(found) - set(WANTED))}')
        path = os.path.join(dest, 'lib/systemd/system/kmgwd.service')
        unit = ''
        if os.path.exists(path):
            with open(path, encoding='utf-8') as f:
                unit = f.read()
        ok(3, re.search(r'^ExecStart=/usr/sbin/kmgwd\b', unit, re.M) and 'dir@' not in unit,
           'the unit starts what was installed', unit)
    left = strangers() - before
    ok(4, not left, 'nothing is written into the source tree', *left)
    print('1..4')
    return 1 if failed else 0


raise SystemExit(main())
