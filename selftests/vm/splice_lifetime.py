#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
# debug: first
"""Splices without their user: the process is gone, idle limit, FLUSH, unloading, a deleted namespace."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import ktap  # noqa: E402
import splice  # noqa: E402

DATA = splice.pattern(1 << 20, 9)


def orphan(t):
    """The process that handed the sockets over is killed in mid-transfer."""
    call = t.call(tls=('1.3', None), attach=False)
    a, b = call.far
    for far in a, b:
        far.arm()
    ready, done = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        for n in 1, 2:
            call.attach(n)
        os.write(ready[1], b'x')
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    for wire in call.wires:
        wire.gw.close()

    def body():
        waiter = splice.background(b.expect, DATA * 4)
        a.send(DATA)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        for _ in range(3):
            a.send(DATA)
        waiter()
        a.notify()
        b.expect_end()
        b.fin()
        a.expect_end()
        a.fin()
        call.wait(1, 'released', 'peer-closed')
    t.check('the transfer is completed after the user was killed', body)
    call.drop()


def idle(t):
    limit = 3000 * ktap.SLOW
    call = t.call(tls=('1.3', None))
    call.set(1, idle_timeout=limit * 10)
    call.set(2, idle_timeout=limit)
    a, b = call.far

    def body():
        start = time.monotonic()
        for _ in range(8):
            time.sleep(limit / 4000)
            a.send(b'x')
            b.expect(b'x')
        a.arm()
        b.expect_rst()
        took = (time.monotonic() - start) * 1000
        a.expect_rst()
        if not limit * 2.5 < took < limit * 8:
            raise splice.Failed(f'after {took:.0f} ms')
        for n in 1, 2:
            call.wait(n, 'failed', 'idle')
    t.check('without data, RST to both after the shorter of the two limits', body)
    call.drop()
    call = t.call(attach=False, idle_timeout=limit)
    call.attach(1)
    t.check('the same when one end is alone', call.far[0].expect_rst)
    call.wait(1, 'failed', 'idle')
    call.drop()


def babble(far):
    """Send for ever, read for ever."""
    far.arm()

    def sender():
        try:
            while True:
                far.send(DATA)
        except OSError:
            pass

    def reader():
        try:
            while far.receive()[1]:
                pass
        except OSError:
            pass
    return splice.background(sender), splice.background(reader)


def traffic(t, kinds):
    calls = [t.call(tls=tls) for tls in kinds]
    waits = [w for c in calls for far in c.far for w in babble(far)]
    for call in calls:
        t.wait_for(20, lambda c=call: c.stats(1)['rx-plain-octets'] > 1 << 20, 'traffic')
    return calls, waits


def forget(calls):
    """What far ends have not read is memory that later calls need."""
    for call in calls:
        for far in call.far:
            far.close()


KINDS = [(None, None), ('1.2', None), ('1.3', '1.3')] * 2


def flush(t):
    calls, waits = traffic(t, KINDS)
    refused = subprocess.run(['rmmod', 'kmgw'], stderr=subprocess.PIPE, check=False)
    t.ok(refused.returncode, 'unloading is refused while there are contexts')
    moved = calls[0].stats(1)['rx-plain-octets']
    t.wait_for(20, lambda: calls[0].stats(1)['rx-plain-octets'] > moved, 'traffic to go on')
    t.k.do('flush')
    t.equal(t.k.dump('context-get'), [], 'FLUSH under traffic: no context is left')
    t.check('and no socket', t.no_sockets)

    def over():
        for wait in waits:
            wait()
    t.check('all far ends are reset', over)
    forget(calls)


def unload_while_closing(t):
    """Contexts are gone, connections still closing: unloading cuts them short."""
    calls = []
    for tls in KINDS:
        call = t.call(tls=tls, linger=86400000)
        far = call.far[0]
        far.arm()
        far.sock.settimeout(0.2)
        try:
            while True:
                far.send(DATA)
        except OSError:
            pass
        calls.append(call)
    for call in calls:
        call.drop()
    t.ok(t.k.get('stats-get')['sockets'] > 0, 'connections are closing', t.k.get('stats-get'))
    done = subprocess.run(['rmmod', 'kmgw'], stderr=subprocess.PIPE, check=False)
    t.equal((done.returncode, done.stderr), (0, b''), 'the module is unloaded meanwhile')
    forget(calls)
    subprocess.run([os.path.join(ktap.TREE, 'scripts', 'load-module')], check=True)


def unload_after_flush(t):
    traffic(t, KINDS)
    t.k.do('flush')
    done = subprocess.run(['rmmod', 'kmgw'], stderr=subprocess.PIPE, check=False)
    t.equal((done.returncode, done.stderr), (0, b''), 'unloading right after FLUSH under traffic')
    subprocess.run([os.path.join(ktap.TREE, 'scripts', 'load-module')], check=True)


def namespace(t):
    """A namespace deleted with splices in it ends with their idle limit."""
    limit = 6000 * ktap.SLOW
    inner = t.netns('inner')[0]
    t.veth(t.ue, 'ue9', ['10.9.0.2/24'], inner, 'in9', ['10.9.0.1/24'])
    with splice.inside(inner), genl.Kmgw() as k:
        wires = [splice.Wire(t, t.ue, '10.9.0.2', '10.9.0.1', tls) for tls in ('1.3', None)]
        k.do('context-new', id=1)
        for n, wire in enumerate(wires, 1):
            name = dict(context=1, termination=n, stream=1)
            k.do('endpoint-new', **name, l4='tcp', local=genl.addr(*wire.local),
                 mode='sendreceive', idle_timeout=limit)
            k.do('endpoint-set', **name, socket=wire.gw.fileno())
            wire.gw.close()
    wires[0].far.send(b'x')
    wires[1].far.expect(b'x')
    t.run(['ip', 'netns', 'del', inner])
    t.namespaces.remove(inner)

    def there():
        return 'ue9' in t.run(['ip', '-n', t.ue, '-o', 'link']).stdout
    t.ok(there(), 'the namespace lives on after its name')
    # its device, and so the other end of the veth, goes with it
    t.check('and is gone within the idle limit',
            lambda: t.wait_for(60, lambda: not there(), 'the namespace to go'))


def main():
    with splice.Bed() as t:
        orphan(t)
        idle(t)
        flush(t)
        namespace(t)
        unload_while_closing(t)
        t.k.family = genl_family(t)
        unload_after_flush(t)


def genl_family(t):
    t.k.family = 16
    return t.k.resolve()


if __name__ == '__main__':
    main()
