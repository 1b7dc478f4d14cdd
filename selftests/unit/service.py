#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The systemd unit is valid, and the daemon may do no more than it needs."""

import os
import re
import subprocess
import tempfile

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
# 0 is the safest, 10 the least safe; systemd counts in tenths
EXPOSURE_MAX = 25
# key: value that must be there; None: any
WANTED = {
    'User': 'kmgw', 'Group': 'kmgw', 'NoNewPrivileges': 'yes', 'LimitCORE': '0',
    'AmbientCapabilities': 'CAP_NET_ADMIN', 'CapabilityBoundingSet': 'CAP_NET_ADMIN',
    'StateDirectory': 'kmgw', 'StateDirectoryMode': '0700', 'UMask': '0077',
    'ProtectSystem': 'strict', 'ProtectHome': 'yes', 'PrivateTmp': 'yes', 'PrivateDevices': 'yes',
    'ProtectKernelModules': 'yes', 'ProtectKernelTunables': 'yes', 'ProtectKernelLogs': 'yes',
    'ProtectControlGroups': 'yes', 'ProtectClock': 'yes', 'ProtectHostname': 'yes',
    'ProtectProc': 'invisible', 'LockPersonality': 'yes', 'MemoryDenyWriteExecute': 'yes',
    'RestrictNamespaces': 'yes', 'RestrictRealtime': 'yes', 'RestrictSUIDSGID': 'yes',
    'SystemCallArchitectures': 'native', 'SystemCallFilter': '@system-service',
    'RestrictAddressFamilies': 'AF_INET AF_INET6 AF_NETLINK AF_UNIX',
}


def keys(text):
    found = {}
    for line in text.splitlines():
        match = re.match(r'(\w+)=(.*)', line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


def analyze(*args):
    done = subprocess.run(['systemd-analyze', *args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def main():
    failed = 0

    def ok(number, condition, name, why=''):
        nonlocal failed
        print(f'{"ok" if condition else "not ok"} {number} {name}')
        if not condition:
            failed += 1
            print('\n'.join('# ' + line for line in str(why).splitlines()))

    print('TAP version 13\n1..3')
    with open(os.path.join(TREE, 'daemon', 'kmgwd.service'), encoding='ascii') as f:
        text = f.read()
    with tempfile.TemporaryDirectory() as work:
        unit = os.path.join(work, 'kmgwd.service')
        with open(unit, 'w', encoding='ascii') as f:
            f.write(text.replace('@sbindir@', BUILD))
        status, out = analyze('verify', '--man=no', unit)
        ok(1, status == 0 and not out, 'systemd-analyze verify has nothing to say', out)
        status, out = analyze('security', '--offline=yes', f'--threshold={EXPOSURE_MAX}', unit)
        ok(2, status == 0, f'exposure is at most {EXPOSURE_MAX / 10}', out)
    have = keys(text)
    wrong = [f'{k} is {have.get(k)}, not {v}' for k, v in WANTED.items() if v not in have.get(k, [])]
    ok(3, not wrong, 'hardening is as it was decided', '\n'.join(wrong))
    raise SystemExit(bool(failed))


main()
