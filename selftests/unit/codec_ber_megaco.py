#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A binary codec that is not ours, Erlang's megaco (its ASN.1 modules of versions 1 to 3), reads what we
write, and we read what it writes.

Each message of the text corpus and of megaco's own is read by megaco in text and encoded by it. We read
that and write it as text, which megaco must read as the same. And we read the text and encode it, which
megaco must decode to the same. selftests/corpus/h248/megaco_binary lists what has no binary form and
where megaco is at fault; an entry that is not needed any more is a failure. What megaco reads as text,
but cannot encode itself, says nothing about us as long as it is rare.
"""
# timeout: 180

import glob
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import codec_megaco	# noqa: E402
from codec_megaco import BUILD, CORPUS, MEASURED, TREE, escript	# noqa: E402


UNENCODABLE = 24	# messages of all


def exceptions():
    found = {name: word for name, word in codec_megaco.exceptions().items() if word == 'unreadable'}
    with open(os.path.join(CORPUS, 'megaco_binary'), encoding='utf-8') as f:
        for line in f:
            words = line.split(None, 2)
            if words and not line.startswith('#'):
                found[words[1]] = words[0]
    return found


def main():
    known = exceptions()
    failed = points = unencodable = 0
    with tempfile.TemporaryDirectory() as work:
        tool = os.path.join(BUILD, 'unit', 'codec_ber')
        if not os.path.exists(tool):
            subprocess.run(['make', '-s', '-C', TREE, f'O={BUILD}', tool], check=True,
                           stdout=subprocess.DEVNULL)
        measured = int(escript('extract', work))
        for path in glob.glob(os.path.join(CORPUS, 'valid', '*.txt')):
            shutil.copy(path, work)
        files = sorted(glob.glob(os.path.join(work, '*.txt')))
        print(f'1..{len(files) + 3}')

        def point(good, name, why=''):
            nonlocal failed, points
            points += 1
            failed += not good
            print('ok' if good else 'not ok', points, name)
            if not good and why:
                print('#', why)

        # once for ours and the numbers, then again with theirs
        for what in ('ours is written', 'theirs is read'):
            done = subprocess.run([tool, '--oracle', work, *files], check=False, text=True,
                                  stdout=subprocess.PIPE)
            point(done.returncode == 0, what, done.stdout)
            if what == 'ours is written':
                escript('theirs', work)
        point(measured >= MEASURED, f'{measured} of megaco are there')
        for line in escript('binary', work).splitlines():
            word, name, why = (line.split(None, 2) + [''])[:3]
            unencodable += word == 'unencodable'
            point(known.pop(name, 'same') == word or
                  (word == 'unencodable' and unencodable <= UNENCODABLE), name, f'{word}: {why}')
        for name, word in known.items():
            print(f'# {name}: listed as {word}, but there is no such message')
    return 1 if failed or known or points != len(files) + 3 else 0


if __name__ == '__main__':
    sys.exit(main())
