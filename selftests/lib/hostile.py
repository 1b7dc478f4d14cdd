# SPDX-License-Identifier: GPL-2.0-only
"""Frame of the hostile netlink tests: a known state, and attacks that must not change it.

Attacks are counted in groups; each group becomes one line of TAP that tells every attack of it which
was not refused, was refused without a word, or changed something.
"""

import genl

CONTEXT_DATA = b'call 1'
KEYS = {'generation': 5, 'epoch': 2, 'cipher': 'aes-128-gcm', 'rx-key': b'r' * 16, 'rx-iv': b'rriv',
        'tx-key': b't' * 16, 'tx-iv': b'ttiv', 'rx-seq': 7, 'tx-seq': 9}


class Hostile:
    def __init__(self, t):
        self.t = t
        self.groups = {}
        for address in '10.1.0.1/24', '10.2.0.1/24', 'fd00::1/64':
            t.run(['ip', 'addr', 'add', address, 'dev', 'lo'])
        t.run(['ip', 'link', 'set', 'lo', 'up'])
        self.k = genl.Kmgw()
        self.limits = {k.replace('-', '_'): v for k, v in self.k.get('stats-get').items()
                       if k.startswith('max-')}
        self.populate()
        self.before = self.snapshot()

    def populate(self):
        """Contexts and endpoints of every kind, for attacks to hit."""
        k = self.k
        k.do('context-new', id=1, userdata=CONTEXT_DATA)
        k.do('context-new', id=0xfffffffd)
        for termination, ip, port in (1, '10.1.0.1', 20000), (2, '10.2.0.1', 21000):
            k.do('endpoint-new', context=1, termination=termination, stream=1, l4='udp',
                 local=genl.addr(ip, port), mode='sendreceive')
            k.do('endpoint-new', context=1, termination=termination, stream=2, l4='tcp',
                 local=genl.addr(ip, port + 2))
        k.do('endpoint-new', context=1, termination=1, stream=3, l4='udp',
             local=genl.addr('fd00::1', 20000))
        k.do('endpoint-new', context=1, termination=1, stream=4, l4='udp',
             local=genl.addr('10.1.0.1', 20008), security='dtls')
        k.do('endpoint-set', context=1, termination=1, stream=4, keys=KEYS)

    def snapshot(self):
        """Everything the kernel tells about the namespace."""
        return {op: self.k.dump(op) if op != 'stats-get' else self.k.get(op)
                for op in ('context-get', 'endpoint-get', 'stats-get')}

    def note(self, group, why):
        entry = self.groups.setdefault(group, [0, []])
        entry[0] += 1
        if why:
            entry[1].append(why)

    def outcome(self, call, error, text):
        """What is wrong with the way the kernel refused; None if nothing is."""
        why = None
        try:
            call()
            why = 'was not refused'
        except genl.Refused as e:
            if error and e.errno != error:
                why = f'error {e.errno} instead of {error}: {e.msg}'
            elif text and not e.msg:
                why = f'refused without a text (error {e.errno})'
        except TimeoutError:
            why = 'was not answered'
        after = self.snapshot()
        if after != self.before:
            why = f'{why or "was refused"}, and changed {difference(self.before, after)}'
            self.restore()
        return why

    def attack(self, name, cmd, payload, group, flags=0, text=True, error=None):
        """A request of any octets."""
        why = self.outcome(lambda: self.k.transact(cmd, payload, flags), error, text)
        self.note(group, why and f'{name}: {why}')

    def refused(self, name, op, values, error=None, group=None):
        """A well-formed request."""
        why = self.outcome(lambda: self.k.request(op, values), error, True)
        self.note(group or name, why and f'{name}: {why}')

    def restore(self):
        """After an attack that had an effect: the same start for the next one."""
        self.k.do('flush')
        self.k.do('limits-set', **self.limits)
        self.populate()
        self.before = self.snapshot()

    def report_all(self):
        for group, (count, bad) in self.groups.items():
            self.t.ok(not bad, f'{group}: {count} requests refused', '\n'.join(bad))
        self.groups = {}

    def finish(self):
        self.report_all()
        self.k.do('flush')
        self.k.close()


def difference(before, after):
    for key, value in before.items():
        if after[key] != value:
            if isinstance(value, dict):
                return f'{key}: { {k: (v, after[key].get(k)) for k, v in value.items() if after[key].get(k) != v} }'
            return f'{key}: {[v for v in value if v not in after[key]]} became ' \
                   f'{[v for v in after[key] if v not in value]}'
    return 'nothing'
