# SPDX-License-Identifier: GPL-2.0-only
"""Reads the output of one test program (TAP 13, as cmocka and the ktap helpers write it)."""

import re

POINT = re.compile(r'^(not )?ok\b\s*(\d+)?\s*(?:-\s*)?(.*)$')
PLAN = re.compile(r'^1\.\.(\d+)')


class Result:
    """What one program reported: lists of the names that passed, failed and were skipped."""

    def __init__(self):
        self.passed = []
        self.failed = []
        self.skipped = []

    def fail(self, name):
        self.failed.append(name)

    def total(self):
        return len(self.passed) + len(self.failed) + len(self.skipped)


def parse(text, status):
    """Judge a program by its output and exit status (None: it was stopped at its time limit).

    A program that ends early, promises more than it shows, or fails without saying where has
    failed; so has one that reports nothing at all.
    """
    res = Result()
    planned = None
    skip_all = None
    for line in text.splitlines():
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan.group(1))
            if plan.group(1) == '0':
                skip_all = line.partition('#')[2].strip() or 'no reason given'
            continue
        if line.startswith('Bail out!'):
            res.fail(line.strip())
            continue
        point = POINT.match(line)
        if not point:
            continue
        name, _, directive = point.group(3).partition(' # ')
        if directive.upper().startswith('SKIP'):
            res.skipped.append(f'{name} ({directive[4:].strip() or "no reason given"})')
        elif point.group(1):
            res.fail(name)
        else:
            res.passed.append(name)

    if status is None:
        res.fail('stopped at its time limit')
    elif status == 4 or (skip_all and status == 0):
        if not res.total():
            res.skipped.append(skip_all or 'exit status 4')
    elif planned is None:
        # One that bailed out has said so.
        if not any(x.startswith('Bail out!') for x in res.failed):
            res.fail('printed no plan')
    elif planned != res.total():
        res.fail(f'planned {planned} tests, reported {res.total()}, exit status {status}')
    elif not res.total():
        res.fail('reported no test')
    if status not in (0, 4, None) and not res.failed:
        res.fail(f'exit status {status}')
    if status == 0 and res.failed and not any(x.startswith(('planned', 'printed', 'reported'))
                                              for x in res.failed):
        res.fail('exit status 0 in spite of failures')
    return res
