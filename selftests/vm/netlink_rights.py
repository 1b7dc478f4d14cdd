#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: vm debug new
"""Who may do what: CAP_NET_ADMIN over the network namespace for all, and for limits the initial one.

Each case is a child process that gives up rights in one way, and reports what it could do.
"""

import ctypes
import errno
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
import genl  # noqa: E402
import hostile  # noqa: E402
import ktap  # noqa: E402

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)

REQUESTS = [
    ('context-new', dict(id=77), 0),
    ('context-set', dict(id=1, userdata=b'evil'), 0),
    ('context-del', dict(id=1), 0),
    ('context-get', dict(id=1), 0),
    ('context-get', {}, genl.NLM_F_DUMP),
    ('endpoint-new', dict(context=1, termination=9, stream=9, l4='udp',
                          local=genl.addr('10.1.0.1', 20999)), 0),
    ('endpoint-set', dict(context=1, termination=1, stream=1, mode='inactive'), 0),
    ('endpoint-del', dict(context=1, termination=1, stream=1), 0),
    ('endpoint-get', dict(context=1, termination=1, stream=1), 0),
    ('endpoint-get', {}, genl.NLM_F_DUMP),
    ('flush', {}, 0),
    ('stats-get', {}, 0),
    ('limits-set', dict(max_contexts=1), 0),
]


def unshare(flags):
    if LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), 'unshare')


def become_nobody():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


def in_child(function):
    """What function() returned, run in a process of its own."""
    back, out = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(back)
        try:
            answer = {'value': function()}
        except BaseException as e:  # pylint: disable=broad-except
            answer = {'error': f'{type(e).__name__}: {e}'}
        os.write(out, json.dumps(answer).encode())
        os._exit(0)
    os.close(out)
    with os.fdopen(back, 'rb') as f:
        answer = json.loads(f.read())
    os.waitpid(pid, 0)
    if 'error' in answer:
        raise RuntimeError(answer['error'])
    return answer['value']


def try_all(k):
    """The requests that were not refused with EPERM."""
    granted = []
    for op, values, flags in REQUESTS:
        try:
            k.request(op, values, flags)
            granted.append(f'{op} {values}: granted')
        except genl.Refused as e:
            if e.errno != errno.EPERM:
                granted.append(f'{op} {values}: {e}')
    return granted


def try_subscribe(k):
    try:
        k.subscribe()
    except OSError as e:
        return e.errno
    return 0


def nobody():
    become_nobody()
    with genl.Kmgw() as k:
        return try_all(k), try_subscribe(k)


def user_namespace():
    """Root of a user namespace that does not own the network namespace."""
    unshare(CLONE_NEWUSER)
    with genl.Kmgw() as k:
        return try_all(k), try_subscribe(k)


def inherited_socket(k):
    """The socket was opened by somebody with all rights; who sends has none."""
    def child():
        become_nobody()
        return try_all(k), try_subscribe(k)
    return child


def own_namespace():
    """Root of a user namespace with a network namespace of its own: may do all but raise limits."""
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    out = {}
    with genl.Kmgw() as k:
        out['stats'] = k.get('stats-get')
        out['contexts'] = k.dump('context-get')
        for key, op, values in (('new', 'context-new', dict(id=77)),
                                ('limits', 'limits-set', dict(max_contexts=5))):
            try:
                k.request(op, values)
                out[key] = 'granted'
            except genl.Refused as e:
                out[key] = e.errno
        k.do('flush')
    return out


def raised(parent_ready, child_ready):
    """As own_namespace(), but somebody with the right raises the limit meanwhile."""
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    os.write(child_ready, b'x')
    os.read(parent_ready, 1)
    with genl.Kmgw() as k:
        k.do('context-new', id=1)
        return k.dump('context-get'), k.get('stats-get')['max-contexts']


def raise_limit(t):
    """Run raised() with a parent that enters its network namespace and sets the limit."""
    parent_read, parent_write = os.pipe()
    child_read, child_write = os.pipe()
    back, out = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.write(out, json.dumps(raised(parent_read, child_write)).encode())
        except BaseException as e:  # pylint: disable=broad-except
            os.write(out, json.dumps([str(e), None]).encode())
        os._exit(0)
    os.close(out)
    os.read(child_read, 1)
    t.run(['nsenter', f'--net=/proc/{pid}/ns/net', 'kmgw', 'limits', 'set', 'contexts', '1'])
    os.write(parent_write, b'x')
    with os.fdopen(back, 'rb') as f:
        contexts, limit = json.loads(f.read())
    os.waitpid(pid, 0)
    t.equal((contexts, limit), ([{'id': 1, 'version': 0, 'endpoints': 0}], 1),
            'after the initial user namespace raised the limit, one context can be made')


def main():
    with ktap.Test() as t:
        h = hostile.Hostile(t)
        for name, function in (('without privileges', nobody),
                               ('in a child user namespace', user_namespace),
                               ('with an inherited socket', inherited_socket(genl.Kmgw()))):
            granted, subscribe = in_child(function)
            t.ok(not granted, f'{name}: every command is refused', '\n'.join(granted))
            t.equal(subscribe, errno.EPERM, f'{name}: events cannot be subscribed to')
            t.equal(h.snapshot(), h.before, f'{name}: nothing changed')

        own = in_child(own_namespace)
        limits = [own['stats'][f'max-{what}'] for what in ('contexts', 'endpoints', 'sockets')]
        t.equal(limits, [0, 0, 0], 'namespace of another user namespace: limits are 0')
        t.equal(own['contexts'], [], 'namespace of another user namespace: sees no context of ours')
        t.equal(own['new'], errno.ENOSPC, 'namespace of another user namespace: no context')
        t.equal(own['limits'], errno.EPERM,
                'namespace of another user namespace: cannot raise its limits')
        t.equal(h.snapshot(), h.before, 'flush there leaves our objects alone')
        raise_limit(t)
        h.finish()


main()
