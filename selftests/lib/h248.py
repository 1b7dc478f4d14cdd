# SPDX-License-Identifier: GPL-2.0-only
"""
H.248 text messages for the tests: a strict parser into a tree, and a writer.

Shares nothing with the daemon's codec, so that a misunderstanding there does
not repeat here. parse() accepts what H.248.1 Annex B allows of the constructs
that a gateway or a call agent uses, and refuses the rest with a line that says
where. Tokens may be long or short and in any case; Node.name is the long one,
Node.raw what was written.
"""

import re

# Token -> (short form, rule of its children). A rule names an entry of CHILDREN.
COMMANDS = {
    'Add': ('A', 'amm'), 'Modify': ('MF', 'amm'), 'Move': ('MV', 'amm'),
    'Subtract': ('S', 'amm'), 'AuditValue': ('AV', 'amm'), 'AuditCapability': ('AC', 'amm'),
    'Notify': ('N', 'amm'), 'ServiceChange': ('SC', 'amm'),
}

CHILDREN = {
    'message': {
        'Transaction': ('T', 'actions'), 'Reply': ('P', 'actions'), 'Pending': ('PN', 'empty'),
        'TransactionResponseAck': ('K', 'acks'), 'Error': ('ER', 'text'),
        'Segment': ('SM', 'empty'),
    },
    'actions': {
        'Context': ('C', 'context'), 'Error': ('ER', 'text'), 'ImmAckRequired': ('IA', None),
    },
    'context': dict(COMMANDS, **{
        'Priority': ('PR', None), 'Emergency': ('EG', None), 'EmergencyOff': ('EGO', None),
        'IEPSCall': ('IEPS', None), 'Topology': ('TP', 'topology'),
        'ContextAudit': ('CA', 'bare'), 'ContextAttr': ('CT', 'properties'),
        'Error': ('ER', 'text'),
    }),
    'amm': {
        'Media': ('M', 'media'), 'Modem': ('MD', 'bare'), 'Mux': ('MX', 'bare'),
        'Events': ('E', 'events'), 'Signals': ('SG', 'signals'), 'DigitMap': ('DM', 'bare'),
        'EventBuffer': ('EB', 'events'), 'Audit': ('AT', 'audit'),
        'Statistics': ('SA', 'statistics'), 'Packages': ('PG', 'packages'),
        'ObservedEvents': ('OE', 'observed'), 'Services': ('SV', 'services'),
        'Error': ('ER', 'text'), 'Context': ('C', 'bare'),
    },
    'media': {
        'Stream': ('ST', 'stream'), 'TerminationState': ('TS', 'termination'),
        'LocalControl': ('O', 'control'), 'Local': ('L', 'sdp'), 'Remote': ('R', 'sdp'),
        'Statistics': ('SA', 'statistics'),
    },
    'stream': {
        'LocalControl': ('O', 'control'), 'Local': ('L', 'sdp'), 'Remote': ('R', 'sdp'),
        'Statistics': ('SA', 'statistics'),
    },
    'control': {
        'Mode': ('MO', None), 'ReservedValue': ('RV', None), 'ReservedGroup': ('RG', None),
        '/': (None, None),
    },
    'termination': {
        'ServiceStates': ('SI', None), 'Buffer': ('BF', None), '/': (None, None),
    },
    'properties': {'/': (None, None)},
    'events': {'/': (None, 'event')},
    'event': {
        'Stream': ('ST', None), 'KeepActive': ('KA', None), 'Embed': ('EM', 'amm'),
        'DigitMap': ('DM', 'bare'), 'NeverNotify': ('NBNN', None),
        'ImmediateNotify': ('NBIN', None), 'RegulatedNotify': ('NBRN', None), '*': (None, None),
    },
    'signals': {'SignalList': ('SL', 'signals'), '/': (None, 'signal')},
    'signal': {
        'Stream': ('ST', None), 'SignalType': ('SY', None), 'Duration': ('DR', None),
        'NotifyCompletion': ('NC', 'bare'), 'KeepActive': ('KA', None), '*': (None, None),
    },
    'observed': {'/': (None, 'observation')},
    'observation': {'Stream': ('ST', None), '*': (None, None)},
    'statistics': {'/': (None, None)},
    'services': {
        'Method': ('MT', None), 'Reason': ('RE', None), 'Delay': ('DL', None),
        'ServiceChangeAddress': ('AD', None), 'MgcIdToTry': ('MG', None),
        'Profile': ('PF', None), 'Version': ('V', None), 'ServiceChangeInc': ('SIC', None),
        'time': (None, None), 'X-': (None, None),
    },
    'audit': {
        'Media': ('M', 'media'), 'Modem': ('MD', None), 'Mux': ('MX', None),
        'Events': ('E', 'events'), 'Signals': ('SG', 'signals'), 'DigitMap': ('DM', None),
        'EventBuffer': ('EB', 'events'), 'Statistics': ('SA', 'statistics'),
        'Packages': ('PG', 'packages'), 'ObservedEvents': ('OE', 'observed'),
    },
}

VALUES = {
    'SendReceive': 'SR', 'SendOnly': 'SO', 'ReceiveOnly': 'RC', 'Inactive': 'IN',
    'Loopback': 'LB', 'Restart': 'RS', 'Forced': 'FO', 'Graceful': 'GR', 'Disconnected': 'DC',
    'HandOff': 'HO', 'Failover': 'FL', 'InService': 'IV', 'OutOfService': 'OS', 'Test': 'TE',
    'Brief': 'BR', 'OnOff': 'OO', 'TimeOut': 'TO', 'LockStep': 'SP', 'Off': 'OFF', 'On': 'ON',
}
VALUE_OF = {
    'Mode': ('SendReceive', 'SendOnly', 'ReceiveOnly', 'Inactive', 'Loopback'),
    'Method': ('Restart', 'Forced', 'Graceful', 'Disconnected', 'HandOff', 'Failover'),
    'ServiceStates': ('InService', 'OutOfService', 'Test'),
    'SignalType': ('Brief', 'OnOff', 'TimeOut'),
    'Buffer': ('LockStep', 'Off'),
}

SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-&!_/'?@^`~*$\\()%|.")
NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,63}\Z')
PKGD = re.compile(r'([A-Za-z][A-Za-z0-9_]{0,63}|\*)/([A-Za-z][A-Za-z0-9_]{0,63}|\*)\Z')
PACKAGE = re.compile(r'[A-Za-z][A-Za-z0-9_]{0,63}-[0-9]{1,2}\Z')
TIME = re.compile(r'[0-9]{8}T[0-9]{8}\Z')
UINT32 = re.compile(r'[0-9]{1,10}\Z')
TERMINATION = re.compile(r'[A-Za-z0-9_/*$]+(@[A-Za-z0-9.\-*]+)?\Z')


class SyntaxFault(Exception):
    """The text is no H.248 message."""


class Quoted(str):
    """A value that was written in quotes."""


class Items(list):
    """A value that was a list or range in brackets."""

    def __init__(self, brackets):
        super().__init__()
        self.open, self.close = brackets
        self.separator = ','


class Node:
    """One construct: name[=value]{children}. SDP and error texts are in .text."""

    def __init__(self, name, raw=None, value=None):
        self.name = name
        self.raw = raw or name
        self.value = value
        self.relation = '='
        self.children = []
        self.braces = False
        self.text = None
        self.time = None
        self.prefix = ''
        self.short = None
        self.rule = None

    def __repr__(self):
        return f'<{self.name}{"=" + str(self.value) if self.value is not None else ""} ' \
               f'{[c.name for c in self.children]}>'

    def all(self, path):
        """Every node below that a path such as 'Context.Add' leads to, in order. '*' is any."""
        found = [self]
        for part in path.split('.'):
            found = [c for n in found for c in n.children
                     if part == '*' or c.name.lower() == part.lower()]
        return found

    def get(self, path):
        """The first node a path leads to, or None. Steps are separated by dots."""
        found = self.all(path)
        return found[0] if found else None

    def __getitem__(self, path):
        node = self.get(path)
        if node is None:
            raise KeyError(f'no {path} in {write(self)}')
        return node

    def __contains__(self, path):
        return self.get(path) is not None

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def sdp(self):
        return Sdp(self.text)


class Sdp:
    """The little of SDP that the tests ask for."""

    def __init__(self, text):
        self.lines = [l for l in re.split(r'\r\n|\r|\n', text) if l.strip()]
        for line in self.lines:
            if not re.match(r'[a-z]=', line):
                raise SyntaxFault(f'SDP line {line!r}')
        if not self.lines or not self.lines[0].startswith('v='):
            raise SyntaxFault('SDP does not start with v=')

    def first(self, kind):
        return next((l[2:] for l in self.lines if l.startswith(kind + '=')), None)

    def attribute(self, name):
        for line in self.lines:
            if line == 'a=' + name:
                return ''
            if line.startswith(f'a={name}:'):
                return line[len(name) + 3:]
        return None

    @property
    def address(self):
        return self.first('c').split()[2]

    @property
    def port(self):
        return int(self.first('m').split()[1])

    @property
    def proto(self):
        return self.first('m').split()[2]

    @property
    def fingerprint(self):
        return self.attribute('fingerprint')


class Parser:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def fail(self, what):
        line = self.text.count('\n', 0, self.at) + 1
        near = self.text[self.at:self.at + 30]
        raise SyntaxFault(f'line {line}, octet {self.at}: {what}, at {near!r}')

    def blank(self):
        """LWSP: white space and comments."""
        start = self.at
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in ' \t\r\n':
                self.at += 1
            elif c == ';':
                while self.at < len(self.text) and self.text[self.at] not in '\r\n':
                    self.at += 1
                if self.at == len(self.text):
                    self.fail('comment without an end of line')
            else:
                break
        return self.at > start

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ''

    def expect(self, char):
        self.blank()
        if self.peek() != char:
            self.fail(f'{char!r} expected')
        self.at += 1
        self.blank()

    def word(self):
        start = self.at
        while self.peek() and self.peek() in SAFE:
            self.at += 1
        if self.at == start:
            self.fail('a name or value expected')
        return self.text[start:self.at]

    def quoted(self):
        end = self.text.find('"', self.at + 1)
        if end < 0:
            self.fail('string without an end')
        text = self.text[self.at + 1:end]
        if any(ord(c) < 0x20 and c not in '\t\r\n' for c in text):
            self.fail('control character in a string')
        self.at = end + 1
        return Quoted(text)

    def listing(self, brackets):
        """[a,b], [a:b] or {a,b}, the opening bracket already taken."""
        items = Items(brackets)
        close = brackets[1]
        self.blank()
        while True:
            items.append(self.quoted() if self.peek() == '"' else self.word())
            self.blank()
            if self.peek() == close:
                self.at += 1
                return items
            if self.peek() not in (',', ':'):
                self.fail(f"',' or {close!r} expected")
            items.separator = self.peek()
            self.at += 1
            self.blank()

    def mid(self):
        start = self.at
        if self.peek() == '[':
            end = self.text.find(']', self.at)
            if end < 0:
                self.fail('address without ]')
            self.at = end + 1
        elif self.peek() == '<':
            end = self.text.find('>', self.at)
            if end < 0:
                self.fail('domain without >')
            self.at = end + 1
        else:
            self.word()
            return self.text[start:self.at]
        if self.peek() == ':':
            self.at += 1
            if not UINT32.match(self.word()):
                self.fail('port number expected')
        return self.text[start:self.at]

    def value(self, name):
        c = self.peek()
        if c == '"':
            return self.quoted()
        if c == '[' and name in ('ServiceChangeAddress', 'MgcIdToTry'):
            return self.mid()
        if c == '<' and name in ('ServiceChangeAddress', 'MgcIdToTry'):
            return self.mid()
        if c == '[':
            self.at += 1
            return self.listing('[]')
        if c == '{':
            self.at += 1
            return self.listing('{}')
        return self.word()

    def sdp(self):
        out = []
        while True:
            c = self.peek()
            if not c:
                self.fail('SDP without a closing }')
            self.at += 1
            if c == '\\' and self.peek() == '}':
                out.append('}')
                self.at += 1
            elif c == '}':
                return ''.join(out)
            else:
                out.append(c)

    def classify(self, raw, rule):
        """Long and short name of a token in its place, and the rule of its children."""
        allowed = CHILDREN[rule]
        for name, (short, sub) in allowed.items():
            if short and raw.lower() in (name.lower(), short.lower()):
                return name, short, sub
        if '/' in allowed and PKGD.match(raw):
            return raw, None, allowed['/'][1]
        if 'X-' in allowed and raw.lower().startswith('x-'):
            return raw, None, None
        if 'time' in allowed and TIME.match(raw):
            return 'time', None, None
        if '*' in allowed and NAME.match(raw):
            return raw, None, allowed['*'][1]
        self.fail(f'{raw!r} has no place in {rule}')

    def construct(self, rule):
        start = self.at
        raw = self.word()
        if rule == 'observed' and TIME.match(raw):
            time = raw
            self.expect(':')
            node = self.construct('observed')
            node.time = time
            return node
        if rule == 'packages':
            if not PACKAGE.match(raw):
                self.fail(f'{raw!r} is no package and version')
            return Node(raw)
        prefix = ''
        if rule == 'context':
            m = re.match(r'(?i)(O-W-|O-|W-)', raw)
            if m:
                prefix, raw = m.group(1).upper(), raw[m.end():]
        name, short, sub = self.classify(raw, rule)
        node = Node(name, raw)
        node.short, node.rule = short, sub
        node.prefix = prefix
        if name == 'time':
            node.value = raw
            return node
        self.blank()
        if self.peek() in ('=', '<', '>', '#'):
            node.relation = self.peek()
            self.at += 1
            self.blank()
            node.value = self.value(name)
            self.check_value(node, rule, start)
        mark = self.at
        self.blank()
        if self.peek() != '{':
            self.at = mark
            return node
        if sub is None:
            self.fail(f'{name} takes no braces')
        self.at += 1
        node.braces = True
        self.body(node, sub)
        return node

    def check_value(self, node, rule, start):
        allowed = VALUE_OF.get(node.name)
        if allowed:
            for name in allowed:
                if str(node.value).lower() in (name.lower(), VALUES[name].lower()):
                    node.value = name
                    return
            if node.name == 'Method' and str(node.value).lower().startswith('x-'):
                return
            self.at = start
            self.fail(f'{node.value!r} is no value of {node.name}')
        if node.name == 'Error' and not UINT32.match(str(node.value)):
            self.fail('error code expected')
        if node.name in COMMANDS and rule == 'context':
            for one in node.value if isinstance(node.value, list) else [node.value]:
                if len(one) > 64 or not TERMINATION.match(one):
                    self.fail(f'{one!r} is no termination id')
        elif node.name in ('Transaction', 'Reply', 'Pending', 'Events', 'ObservedEvents') and \
                node.relation == '=':
            number = str(node.value)
            wild = node.name in ('Events', 'ObservedEvents') and number == '*'
            if not wild and not (UINT32.match(number) and int(number) < 1 << 32):
                self.fail(f'{number!r} is no {node.name} id')
        elif node.name == 'Context' and rule == 'actions':
            if node.value not in ('-', '$', '*') and not UINT32.match(str(node.value)):
                self.fail(f'{node.value!r} is no context id')

    def body(self, node, sub):
        if sub == 'sdp':
            node.text = self.sdp()
            return
        self.blank()
        if sub == 'text':
            if not UINT32.match(str(node.value)):
                self.fail('error code expected')
            node.text = self.quoted() if self.peek() == '"' else ''
            self.expect('}')
            self.back_to('}')
            return
        if sub in ('acks', 'bare', 'topology'):
            node.text = ''
            while self.peek() != '}':
                if not self.peek():
                    self.fail("'}' expected")
                node.text += self.peek()
                self.at += 1
            self.at += 1
            return
        if self.peek() == '}':
            if sub not in ('empty', 'audit', 'signals'):
                self.fail(f'empty braces after {node.name}')
            self.at += 1
            return
        while True:
            node.children.append(self.construct(sub))
            self.blank()
            if self.peek() == '}':
                self.at += 1
                return
            if self.peek() != ',':
                self.fail(f"',' or '}}' expected in {node.name}")
            self.at += 1
            self.blank()

    def back_to(self, char):
        """expect() also takes the white space after; give it back."""
        while self.text[self.at - 1] != char:
            self.at -= 1

    def message(self):
        self.blank()
        m = re.compile(r'(?i)(MEGACO|!)/([0-9]{1,2})').match(self.text, self.at)
        if not m:
            self.fail('MEGACO/version expected')
        node = Node('message', m.group(1))
        node.version = int(m.group(2))
        self.at = m.end()
        if not self.blank():
            self.fail('white space expected after the version')
        node.mid = self.mid()
        if not self.blank():
            self.fail('white space expected after the mId')
        while self.peek():
            node.children.append(self.construct('message'))
            self.blank()
        if not node.children:
            self.fail('message without a body')
        return node


def parse(text):
    """Tree of a message; SyntaxFault when it is none."""
    if isinstance(text, bytes):
        text = text.decode('latin-1')
    return Parser(text).message()


def parse_part(text, rule):
    """Trees of the comma separated constructs of one rule, such as 'actions'."""
    p = Parser(text)
    nodes = []
    p.blank()
    while True:
        nodes.append(p.construct(rule))
        p.blank()
        if not p.peek():
            return nodes
        if p.peek() != ',':
            p.fail("',' expected")
        p.at += 1
        p.blank()


def tokens(node):
    """(short form, as written) of every token below: shows which form a peer sends."""
    for child in node.walk():
        if child.short:
            yield child.short, child.raw


def quote(value):
    if isinstance(value, Quoted):
        return f'"{value}"'
    if isinstance(value, Items):
        return value.open + value.separator.join(quote(v) for v in value) + value.close
    return str(value)


def write(node, compact=False):
    """Text of a tree; compact: short tokens and no white space that is not needed."""
    gap = '' if compact else ' '
    eol = '' if compact else '\r\n'
    if node.name == 'message':
        head = f"{'!' if compact else 'MEGACO'}/{node.version} {node.mid}"
        return head + (' ' if compact else '\r\n') + eol.join(write(c, compact)
                                                              for c in node.children) + eol
    out = f'{node.time}{gap}:{gap}' if node.time else ''
    out += node.prefix + (node.short if compact and node.short else node.name)
    if node.name == 'time':
        return node.value
    if node.value is not None:
        value = node.value
        if compact and node.name in VALUE_OF:
            value = VALUES.get(value, value)
        out += f'{gap}{node.relation}{gap}{quote(value)}'
    if not node.braces:
        return out
    if node.rule == 'sdp':
        return out + gap + '{\r\n' + node.text.strip().replace('\r\n', '\n').replace(
            '}', '\\}').replace('\n', '\r\n') + '\r\n}'
    if node.rule == 'text':
        return out + gap + '{' + f'"{node.text}"' + '}'
    if node.text is not None:
        return out + gap + '{' + node.text + '}'
    return out + gap + '{' + gap + f',{gap}'.join(write(c, compact) for c in node.children) + \
        gap + '}'
