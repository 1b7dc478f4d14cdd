# SPDX-License-Identifier: GPL-2.0-only
"""Tests in Python whose points are functions that return what is wrong, a line each."""
import sys


def run(*tests):
    """All of them as TAP; ends the program."""
    failed = False
    print(f'TAP version 13\n1..{len(tests)}')
    for number, test in enumerate(tests, 1):
        problems = test()
        failed = failed or bool(problems)
        print(f'{"not ok" if problems else "ok"} {number} {test.__name__}')
        for problem in problems:
            print('#', problem)
    sys.exit(1 if failed else 0)
