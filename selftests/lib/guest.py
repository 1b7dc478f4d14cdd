#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs tests inside the virtual machine; called by selftests/run.

usage: guest.py RESULTS SLOW BUDGET TEST:SECONDS:SURE...

For each test RESULTS/NAME.log receives its output and RESULTS/report.jsonl a line when it begins
and one when it has ended, so that the caller knows where a machine died. After each test the kernel
log is read and the module unloaded: whoever made the kernel complain, or left something in the
module, is named. A test that is not SURE (0) is left for another time when it would probably not
end within BUDGET seconds of the beginning.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import time

LIB = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(LIB))
sys.path.insert(0, LIB)
import tap  # noqa: E402

# Tests see an empty /run of their own.
INIT_NET = '/mnt/kmgw-init-net'
KMEMLEAK = '/sys/kernel/debug/kmemleak'
ISOLATE = ['unshare', '--fork', '--kill-child', '--pid', '--mount', '--mount-proc', '--net', '--ipc',
           '--uts', os.path.join(LIB, 'isolate')]


class KernelLog:
    def __init__(self):
        self.fd = os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)

    def read(self):
        """What was logged since the last call."""
        lines = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors='replace')
            except BlockingIOError:
                return ''.join(lines)
            except BrokenPipeError:
                lines.append('(lines lost)\n')
                continue
            head, _, text = record.partition(';')
            usec = int(head.split(',')[2])
            lines.append(f'[{usec // 1000000:5d}.{usec % 1000000:06d}] {text.splitlines()[0]}\n')


def splats(text):
    return subprocess.run([os.path.join(TREE, 'scripts', 'splats')], input=text, text=True,
                          stdout=subprocess.PIPE, check=True).stdout


def unload(slow):
    """Unload the module; what is in the way, or None."""
    end = time.monotonic() + 20 * slow
    while os.path.isdir('/sys/module/kmgw'):
        done = subprocess.run(['rmmod', 'kmgw'], stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode and time.monotonic() > end:
            with open('/sys/module/kmgw/refcnt', encoding='ascii') as f:
                return f'{done.stderr.strip()} ({f.read().strip()} references)'
        time.sleep(0.1)
    return None


def run_test(path, limit, log, slow, klog):
    """Run one test program; its tap.Result and the kernel's complaints."""
    env = dict(os.environ, KMGW_SLOW=str(slow), KMGW_INIT_NET=INIT_NET, LC_ALL='C.UTF-8',
               KMGW_TRACE=log.removesuffix('.log') + '.pcap')
    env['PATH'] = env.get('KMGW_BUILD', os.path.join(TREE, 'build')) + ':' + env['PATH']
    with open(log, 'w+', encoding='utf-8', errors='replace') as f:
        with subprocess.Popen([*ISOLATE, path], stdout=f, stderr=f, env=env) as proc:
            try:
                status = proc.wait(limit)
            except subprocess.TimeoutExpired:
                # The namespaces go with their first process, which goes with unshare.
                proc.kill()
                proc.wait()
                status = None
        f.seek(0)
        res = tap.parse(f.read(), status)
        blocked = unload(slow)
        if blocked:
            res.fail('the module can be unloaded afterwards')
            print(f'# {blocked}', file=f)
        kernel = klog.read()
        bad = splats(kernel)
        if bad:
            res.fail('the kernel does not complain')
        f.seek(0, os.SEEK_END)
        if kernel:
            print('# --- kernel log ---', file=f)
            f.writelines('# ' + line + '\n' for line in kernel.splitlines())
    return res, bad


def instruments():
    """The debug kernel is worth nothing if one of these is not live."""
    res = tap.Result()
    with gzip.open('/proc/config.gz', 'rt') as f:
        config = f.read()
    with open('/proc/lockdep_stats', encoding='ascii') as f:
        lockdep = re.search(r'debug_locks:\s+1', f.read())
    for name, live in (('KASAN', 'CONFIG_KASAN_INLINE=y' in config),
                       ('lockdep', lockdep),
                       ('kmemleak', os.path.exists(KMEMLEAK)),
                       ('failslab', os.path.exists('/sys/kernel/debug/failslab/probability'))):
        (res.passed if live else res.failed).append(f'{name} is live')
    return res


def leaks(log):
    """Scan for memory that nothing points at any more, the module being unloaded."""
    res = tap.Result()
    found = ''
    # A block is reported only once it has been seen unreferenced in two scans.
    for _ in range(2):
        with open(KMEMLEAK, 'w', encoding='ascii') as f:
            f.write('scan')
    with open(KMEMLEAK, encoding='utf-8', errors='replace') as f:
        found = f.read()
    with open(log, 'w', encoding='utf-8') as f:
        f.write(found)
    with open('/proc/lockdep_stats', encoding='ascii') as f:
        alive = re.search(r'debug_locks:\s+1', f.read())
    (res.failed if found else res.passed).append('no memory is leaked')
    (res.passed if alive else res.failed).append('lockdep was live to the end')
    return res


def main():
    results, slow, budget = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    begun = time.monotonic()
    debug = os.uname().release.endswith('-kmgw-debug')
    klog = KernelLog()
    open(INIT_NET, 'wb').close()
    subprocess.run(['mount', '--bind', '/proc/1/ns/net', INIT_NET], check=True)

    with open(os.path.join(results, 'report.jsonl'), 'w', encoding='utf-8') as report:
        def note(**what):
            report.write(json.dumps(what) + '\n')
            report.flush()
            os.fsync(report.fileno())

        def ended(name, res, start, bad=''):
            note(end=name, passed=res.passed, failed=res.failed, skipped=res.skipped, splats=bad,
                 seconds=time.monotonic() - start)
            text = f'{len(res.passed)} passed'
            if res.failed:
                text += f', {len(res.failed)} failed'
            if res.skipped:
                text += f', {len(res.skipped)} skipped'
            verdict = 'FAIL' if res.failed else 'ok'
            print(f'{verdict:4}  {name:32}  {text}  ({time.monotonic() - start:.1f} s)', flush=True)

        if debug:
            ended('instruments', instruments(), time.monotonic())
        for arg in sys.argv[4:]:
            path, seconds, sure = arg.rsplit(':', 2)
            name = os.path.basename(path)
            # A quarter of its limit is what a test usually takes.
            if sure == '0' and time.monotonic() - begun + int(seconds) / 4 > budget:
                note(end=name, later=True)
                continue
            note(begin=name)
            start = time.monotonic()
            res, bad = run_test(path, int(seconds), os.path.join(results, name + '.log'),
                                slow, klog)
            ended(name, res, start, bad)
        if debug:
            start = time.monotonic()
            note(begin='leaks')
            ended('leaks', leaks(os.path.join(results, 'leaks.log')), start)


main()
