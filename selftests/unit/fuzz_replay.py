#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What fuzzing found worth keeping is run again, without a fuzzer, under AddressSanitizer and UBSan."""
# timeout: 300

import glob
import os
import subprocess
import sys

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
FUZZ = os.path.join(TREE, 'selftests', 'fuzz')


def main():
    failed = 0
    names = sorted(os.path.basename(p)[5:-2] for p in glob.glob(os.path.join(FUZZ, 'fuzz_*.c')))
    print(f'TAP version 13\n1..{len(names)}')
    for number, name in enumerate(names, 1):
        tool = os.path.join(BUILD, 'unit', f'fuzz_{name}')
        kept = os.path.join(FUZZ, 'corpus', name)
        subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', tool], check=True,
                       stdout=subprocess.DEVNULL)
        done = subprocess.run([tool, kept], check=False, text=True, errors='replace',
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        good = done.returncode == 0 and done.stdout.strip() not in ('', '0')
        print(f'{"ok" if good else "not ok"} {number} {name}: {done.stdout.strip()} inputs')
        if not good:
            failed += 1
            for line in done.stderr.splitlines()[-30:]:
                print('#', line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
