#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""uapi/linux/kmgw.h and uapi/kmgw.yaml say the same: names, values, types, bounds, both ways.

Values of the header are the compiler's; which names it has, and the types of attributes, come from
its text. An argument in place of each file (HEADER SPEC) checks other ones.
"""

import os
import re
import subprocess
import sys
import tempfile

import yaml

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
HEADER = sys.argv[1] if len(sys.argv) > 2 else os.path.join(TREE, 'uapi', 'linux', 'kmgw.h')
SPEC = sys.argv[2] if len(sys.argv) > 2 else os.path.join(TREE, 'uapi', 'kmgw.yaml')

# Names of the header that only help C: counts, bounds of a part of an enumeration.
C_ONLY = re.compile(r'^(__KMGW_\w+_LAST|KMGW_(CMD|A_[A-Z]+|MODE|REASON|REASON_DROP)_MAX|KMGW_A_\w+_UNSPEC)$')


class Tap:
    def __init__(self):
        self.count = self.failed = 0
        print('TAP version 13')

    def report(self, name, problems):
        self.count += 1
        print(f'{"not ok" if problems else "ok"} {self.count} {name}')
        self.failed += bool(problems)
        for problem in problems:
            print('#', problem)

    def end(self):
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


def upper(*parts):
    return '_'.join(parts).upper().replace('-', '_')


def header_names(text):
    """Every constant that the header defines: enumerators and object-like macros."""
    code = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    names = re.findall(r'^#define\s+(KMGW_\w+)[ \t]+\S', code, re.M)
    for body in re.findall(r'\benum\b[^{;]*{(.*?)}', code, re.S):
        names += [entry.split('=')[0].strip() for entry in body.split(',') if entry.strip()]
    return names


def header_types(text):
    """Attribute name: the type, which its comment begins with."""
    return dict(re.findall(r'^\s(KMGW_A_\w+),[ \t]*/\* ([us]\d+|binary|string|nest|flag)\b', text, re.M))


def values(names):
    """What the compiler makes of the names: integers, or strings."""
    lines = ''.join(f'\t_Generic(({n}), char *: (void)printf("{n} s %s\\n", (char *)(unsigned long)({n})), '
                    f'default: (void)printf("{n} i %lld\\n", (long long)({n})));\n' for n in names)
    with tempfile.TemporaryDirectory() as tmp:
        with open(f'{tmp}/v.c', 'w', encoding='ascii') as f:
            f.write(f'#include <stdio.h>\n#include "{HEADER}"\nint main(void)\n{{\n{lines}\treturn 0;\n}}\n')
        subprocess.run(['gcc', '-w', '-o', f'{tmp}/v', f'{tmp}/v.c'], check=True)
        out = subprocess.run([f'{tmp}/v'], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in out.splitlines():
        name, kind, value = line.split(' ', 2)
        found[name] = int(value) if kind == 'i' else value
    return found


def numbered(entries, start):
    """(name, value) of a list whose members may set the count."""
    for entry in entries:
        name = entry
        if isinstance(entry, dict):
            name, start = entry['name'], entry.get('value', start)
        yield name, start
        start += 1


def spec_values(spec):
    """The C name and value of everything that the specification defines."""
    found = {'KMGW_GENL_NAME': spec['name'], 'KMGW_GENL_VERSION': spec['version']}
    for item in spec['definitions']:
        if item['type'] == 'const':
            found[upper('kmgw', item['name'])] = item['value']
        else:
            for name, value in numbered(item['entries'], item.get('value-start', 0)):
                found[upper('kmgw', item['name'], name)] = value
    for item in spec['attribute-sets']:
        for name, value in numbered(item['attributes'], 1):
            found[upper('kmgw-a', item['name'], name)] = value
    for name, value in numbered(spec['operations']['list'], 1):
        found[upper('kmgw-cmd', name)] = value
    for item in spec['mcast-groups']['list']:
        found[upper('kmgw-mcgrp', item['name'])] = item['name']
    return found


def compare(header, spec, want):
    """Differences between two dictionaries, among the names that want() accepts."""
    problems = []
    for name in sorted(filter(want, header.keys() | spec.keys())):
        if name not in spec:
            problems.append(f'{name} = {header[name]}: not in the specification')
        elif name not in header:
            problems.append(f'{name} = {spec[name]}: not in the header')
        elif header[name] != spec[name]:
            problems.append(f'{name}: {header[name]} in the header, {spec[name]} in the specification')
    return problems


def check_types(text, spec):
    problems = []
    types = header_types(text)
    for item in spec['attribute-sets']:
        for attr in item['attributes']:
            if attr['type'] == 'pad':
                continue
            name = upper('kmgw-a', item['name'], attr['name'])
            # The comment above them says it for all counters.
            got = types.get(name, 'u64' if item['name'] == 'stats' else None)
            if got != attr['type']:
                problems.append(f'{name}: {got} in the header, {attr["type"]} in the specification')
    return problems


def check_references(spec):
    """Everything that is referred to exists."""
    problems = []
    sets = {s['name']: {a['name'] for a in s['attributes']} for s in spec['attribute-sets']}
    enums = {d['name'] for d in spec['definitions'] if d['type'] != 'const'}
    consts = {d['name'] for d in spec['definitions'] if d['type'] == 'const'}
    for name, item in ((s['name'], a) for s in spec['attribute-sets'] for a in s['attributes']):
        where = f'{name}.{item["name"]}'
        if item.get('nested-attributes', 'addr') not in sets:
            problems.append(f'{where}: no attribute set {item["nested-attributes"]}')
        if item['type'] == 'nest' and 'nested-attributes' not in item:
            problems.append(f'{where}: a nest of what')
        if item.get('enum', 'l4') not in enums:
            problems.append(f'{where}: no enumeration {item["enum"]}')
        for bound in item.get('checks', {}).values():
            if isinstance(bound, str) and bound not in consts:
                problems.append(f'{where}: no constant {bound}')
    for op in spec['operations']['list']:
        for mode in 'do', 'dump', 'event':
            for message in (op.get(mode) or {}).values():
                if not isinstance(message, dict):
                    continue
                for attr in message.get('attributes', []):
                    if attr not in sets[op['attribute-set']]:
                        problems.append(f'{op["name"]}: no attribute {attr}')
    return problems


def main():
    tap = Tap()
    with open(HEADER, encoding='utf-8') as f:
        text = f.read()
    with open(SPEC, encoding='utf-8') as f:
        spec = yaml.safe_load(f)
    header = values([n for n in header_names(text) if not C_ONLY.match(n)])
    wanted = spec_values(spec)

    tap.report('commands', compare(header, wanted, lambda n: n.startswith('KMGW_CMD_')))
    tap.report('attributes', compare(header, wanted, lambda n: n.startswith('KMGW_A_')))
    tap.report('constants and enumerations',
               compare(header, wanted, lambda n: not n.startswith(('KMGW_CMD_', 'KMGW_A_'))))
    tap.report('types of attributes', check_types(text, spec))
    tap.report('references', check_references(spec))
    # Whoever may not administer the network namespace may do nothing at all.
    tap.report('every command asks for a privilege',
               [op['name'] for op in spec['operations']['list']
                if ('do' in op or 'dump' in op) and 'uns-admin-perm' not in op.get('flags', [])])
    tap.end()


main()
