# SPDX-License-Identifier: GPL-2.0-only
"""
Ids of packages in binary H.248, for a call agent that is not ours (megaco_ber.erl), and what an operator
has to write into kmgwd.conf so that the gateway takes those that nobody has verified. Those of tcpbcc,
tlsbsc and some items are made up.
"""

# package: (id, {item: (kind, id, type, {parameter: (id, type)})}); an enumeration as a
# type is a list of (name, number)
CHANGE = [('Est', 1), ('EstFail', 2), ('Rel', 3)]
CAUSE = [(name, n) for n, name in enumerate(('NR', 'UR', 'FT', 'FP', 'IW', 'UN'), 1)]
PACKAGES = {
    'g': (0x0001, {'cause': ('event', 1, None, {'Generalcause': (1, CAUSE),
                                                'Failurecause': (2, 'octets')})}),
    'root': (0x0002, {name: ('property', n, 'integer', {}) for n, name in enumerate((
        'maxNumberOfContexts', 'maxTerminationsPerContext', 'normalMGExecutionTime',
        'normalMGCExecutionTime', 'MGProvisionalResponseTimerValue',
        'MGCProvisionalResponseTimerValue'), 1)}),
    'nt': (0x000b, {'dur': ('statistic', 1, 'integer', {}), 'os': ('statistic', 2, 'integer', {}),
                    'or': ('statistic', 3, 'integer', {}),
                    'netfail': ('event', 5, None, {'cs': (1, 'string')})}),
    'rtp': (0x000c, {'ps': ('statistic', 4, 'integer', {}), 'pr': ('statistic', 5, 'integer', {})}),
    'chp': (0x0029, {}),
    'it': (0x0045, {'ito': ('event', 1, None, {'mit': (1, 'integer')})}),
    'ocp': (0x0051, {}),
    'ds': (0x008b, {'dscp': ('property', 1, 'integer', {})}),
    'gm': (0x008c, {'saf': ('property', 1, 'boolean', {}), 'sam': ('property', 2, 'string', {}),
                    'spf': ('property', 3, 'boolean', {}), 'spr': ('property', 4, 'string', {}),
                    'dp': ('statistic', 1, 'integer', {})}),
    'tman': (0x008d, {}),
    'hangterm': (0x0098, {'thb': ('event', 1, None, {'timerx': (1, 'integer')})}),
    'ipnapt': (0x0099, {'latch': ('signal', 1, None, {'napt': (1, [('OFF', 0), ('LATCH', 1),
                                                                   ('RELATCH', 2)])})}),
    'adid': (0x009c, {}),
    'ipdc': (0x009d, {'realm': ('property', 1, 'string', {})}),
    'MGCInfo': (0x00a0, {}),
    'adr': (0x00ac, {}),
    'rtcph': (0x00b5, {}),
    'ipra': (0x00e0, {}),
    'seplink': (0x011b, {'linktopo': ('property', 1, 'string', {})}),
    'tcpbcc': (0x7001, {'BNCChange': ('event', 1, None, {'Type': (1, CHANGE), 'Cause': (2, 'octets')}),
                        'EstBNC': ('signal', 1, None, {}), 'RelBNC': ('signal', 2, None, {})}),
    'tlsbsc': (0x7002, {'BNCChange': ('event', 1, None, {'Type': (1, CHANGE), 'Cause': (2, 'octets')}),
                        'EstBNC': ('signal', 1, None, {}), 'RelBNC': ('signal', 2, None, {})}),
}
UNVERIFIED = ('tcpbcc', 'tlsbsc', 'ds/dscp', 'gm/saf', 'gm/sam', 'gm/spf', 'gm/spr', 'gm/dp', 'ipdc/realm',
              'seplink/linktopo', 'ipnapt/latch',
              'tcpbcc/BNCChange', 'tcpbcc/EstBNC', 'tcpbcc/RelBNC', 'tlsbsc/BNCChange',
              'tlsbsc/EstBNC', 'tlsbsc/RelBNC')


def package_items():
    """package_items of kmgwd.conf."""
    items = []
    for path in UNVERIFIED:
        package, _, name = path.partition('/')
        number = PACKAGES[package][1][name][1] if name else PACKAGES[package][0]
        items.append({'item': path, 'id': number})
    return tuple(items)


def typed(kind):
    if kind is None:
        return 'unknown, []'
    if isinstance(kind, str):
        return f'{kind}, []'
    return 'enum, [' + ', '.join(f'{{"{name}", {number}}}' for name, number in kind) + ']'


def write(path, interfaces):
    """The same for megaco_ber.erl, and the interfaces of the realms in their order."""
    lines = ['{realms, [' + ', '.join(f'"{name}"' for name in interfaces) + ']}.']
    for package, (number, items) in PACKAGES.items():
        low = package.lower()
        lines.append(f'{{package, property, "", "{low}", {number}, 0, unknown, []}}.')
        for item, (kind, one, what, params) in items.items():
            lines.append(f'{{item, {kind}, "{low}", "{item.lower()}", {number}, {one}, {typed(what)}}}.')
            for param, (place, what_of) in params.items():
                lines.append(f'{{param, {kind}, "{low}/{item.lower()}", "{param.lower()}", 0, {place}, '
                             f'{typed(what_of)}}}.')
    with open(path, 'w', encoding='ascii') as f:
        f.write('\n'.join(lines) + '\n')
