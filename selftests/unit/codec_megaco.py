#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A codec that is not ours, Erlang's megaco, reads our corpus and what we write as we do.

Every valid message of the corpus, and every message that comes with megaco for its own measurements,
is read and written by us, pretty and compact. Megaco must read the original and both of ours as the
same. Where it is at fault itself, selftests/corpus/h248/megaco says how; an entry that is not needed
any more is a failure.
"""
# timeout: 180

import glob
import os
import shutil
import subprocess
import sys
import tempfile

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
BUILD = os.environ.get('KMGW_BUILD', os.path.join(TREE, 'build'))
CORPUS = os.path.join(TREE, 'selftests', 'corpus', 'h248')
COMPARE = os.path.join(TREE, 'selftests', 'lib', 'megaco_compare.escript')
MEASURED = 148


def exceptions():
    found = {}
    with open(os.path.join(CORPUS, 'megaco'), encoding='utf-8') as f:
        for line in f:
            words = line.split(None, 2)
            if words and not line.startswith('#'):
                found[words[1]] = words[0]
    return found


def escript(*args):
    return subprocess.run(['escript', COMPARE, *args], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def main():
    known = exceptions()
    failed = []
    points = 0
    with tempfile.TemporaryDirectory() as work:
        tool = os.path.join(BUILD, 'unit', 'codec_text')
        subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', tool], check=True,
                       stdout=subprocess.DEVNULL)
        measured = int(escript('extract', work))
        for path in glob.glob(os.path.join(CORPUS, 'valid', '*.txt')):
            shutil.copy(path, work)
        files = sorted(glob.glob(os.path.join(work, '*.txt')))
        print(f'1..{len(files) + 2}')
        done = subprocess.run([tool, '--rewrite', work, *files], check=False, text=True,
                              stdout=subprocess.PIPE)
        for line in done.stdout.splitlines():
            print('#', line)
        points += 1
        print('ok' if done.returncode == 0 else 'not ok', points, 'all are read by us')
        points += 1
        print('ok' if measured >= MEASURED else 'not ok', points, f'{measured} of megaco are there')
        bad = done.returncode or measured < MEASURED
        if done.returncode:
            return 1
        for line in escript('compare', work).splitlines():
            word, name, why = (line.split(None, 2) + [''])[:3]
            points += 1
            good = known.pop(name, 'same') == word
            print('ok' if good else 'not ok', points, name)
            if not good:
                failed.append(name)
                print(f'# {word}: {why}')
        for name, word in known.items():
            print(f'# {name}: listed as {word}, but there is no such message')
    return 1 if bad or failed or known or points != len(files) + 2 else 0


if __name__ == '__main__':
    sys.exit(main())
