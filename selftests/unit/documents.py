#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The manual pages and the completion name whatever the programs and the module have a name for.

Names come out of the tables in the sources, and are looked for in the section of the page in which
an operator would look.
"""

import os
import re
import shlex
import sys

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
sys.path.insert(0, os.path.join(TREE, 'selftests', 'lib'))
import points  # noqa: E402


def read(*path):
    with open(os.path.join(TREE, *path), encoding='utf-8') as f:
        return f.read()


def table(source, start, pattern):
    """What the pattern finds in a table of C, from the line that begins it to the one that ends it."""
    body = source[source.index(start):]
    found = re.findall(pattern, body[:re.search(r'^\s*};$', body, re.M).start()])
    assert found, f'nothing found after {start}'
    return found


def function(source, head):
    body = source[source.index(head):]
    return body[:body.index('\n}\n')]


def section(page, title):
    """The text below .SH TITLE, or below .TP and its tag, up to the next one of its kind."""
    match = re.search(rf'^\.(SH|SS|TP\n\.BR?) "?{re.escape(title)}"?$', page, re.M)
    assert match, f'no section {title}'
    rest = page[match.end():]
    end = {'SH': r'^\.SH', 'SS': r'^\.S[HS]'}.get(match[1], r'^\.(S[HS]|TP$)')
    rest = re.split(end, rest, maxsplit=1, flags=re.M)[0]
    return re.sub(r'\\f[BIRP]|\\', '', rest.replace(r'\-', '-'))


def missing(names, text, where):
    return [f'{name}: not in {where}' for name in names
            if not re.search(rf'(?<![\w-]){re.escape(name)}(?![\w-])', text)]


def tags(page):
    """Bold words in the tags of a page, each with the roman text behind it."""
    for line in re.findall(r'^\.T[PQ]\n(\.BR? .*)', page, re.M):
        words = shlex.split(re.sub(r'\\\(dq|\\f.', '', line))[1:]
        bold = words[::2] if line.startswith('.BR') else words
        roman = words[1::2] if line.startswith('.BR') else []
        for i, word in enumerate(bold):
            yield word, roman[i] if i < len(roman) else ''


def keys_of_the_configuration():
    source = read('daemon', 'config.c')
    more = source + ''.join(read('daemon', f'config_{part}.c')
                            for part in ('association', 'items', 'realm', 'tls'))
    page = read('daemon', 'man', 'kmgwd.conf.5')
    keys = dict(table(source, 'static const struct key keys[]', r'\b(?:UINT|TIME|ENUM)\((\w+), ([\w.]+)'))
    strings = table(source, 'static const struct key keys[]', r'\bSTRING\((\w+)\)')
    lists = table(source, 'const char *const others[]', r'"(\w+)"')
    members = table(source, 'package_key package_keys[]', r'\bPACKAGE\((\w+)')
    members += table(read('daemon', 'config_association.c'), '} changes[', r'\{ "(\w+)"')
    members += re.findall(r'"(\w+)"', ''.join(re.findall(r'known\[\] = \{(.*?)NULL', more, re.S)))
    lists.remove('realm')	# has a section of its own, with its members
    have = dict(tags(page))
    problems = [f'{key}: no entry in kmgwd.conf(5)' for key in [*keys, *strings, *lists] if key not in have]
    problems += missing(members, page, 'kmgwd.conf(5)')
    problems += [f'{key}: kmgwd.conf(5) has it, kmgwd has not' for key in have
                 if key not in [*keys, *strings, *lists, *members]]
    for key, text in have.items():
        said = re.match(r' \(([\d.]+)', text)
        if said and key in keys and float(said[1]) != float(keys[key]):
            problems.append(f'{key}: the default is {keys[key]}, not {said[1]}')
    return problems


def reasons_states_and_events():
    names = read('daemon', 'cli', 'names.c')
    page = read('daemon', 'man', 'kmgw.8')
    formats = page[page.index('.SH JSON'):]
    uapi = read('uapi', 'linux', 'kmgw.h')
    reasons = table(names, 'reason_names[]', r'"(\w+)"')
    problems = missing(reasons, section(page, 'Reasons'), 'kmgw(8), Reasons')
    problems += missing(table(names, 'state_names[]', r'"(\w+)"'), section(page, 'States of an endpoint'),
                        'kmgw(8), States')
    problems += missing(table(names, 'event_names[]', r'"(\w+)"'), section(formats, 'monitor'),
                        'kmgw(8), JSON of monitor')
    for reason in table(uapi, 'enum kmgw_reason {', r'\b(KMGW_REASON_[A-Z_]+)'):
        for path in 'daemon/kernel/parse.c', 'kmod/trace.h', 'kmod/reason.c', 'daemon/cli/names.c':
            if not reason.endswith('_MAX') and not re.search(rf'\b{reason}\b', read(path)):
                problems.append(f'{reason}: no text in {path}')
    return problems


def metrics_and_counters():
    page = read('daemon', 'man', 'kmgwd.8')
    text = section(page, 'OPERATOR')
    names = re.findall(r'"(kmgw_\w+)', read('daemon', 'agent', 'metrics_text.c'))
    names = [n for n in names if not n.endswith('_')]
    realm = [n for n in names if n.startswith('kmgw_realm_')]
    problems = missing([n for n in names if n not in realm], text, 'kmgwd(8), OPERATOR')
    problems += missing([n.removeprefix('kmgw_realm_') for n in realm], section(page, 'kmgw_realm_*'),
                        'kmgwd(8), kmgw_realm_*')
    source = read('daemon', 'agent', 'figures.c')
    problems += missing(re.findall(r'\t(?:AGENT|TRANSACTION|TRANSPORT)\("(\w+)"', source) +
                        re.findall(r'\tBEARER\((\w+),', source), text, 'kmgwd(8), OPERATOR')
    problems += missing(table(read('kmod', 'sysfs.c'), 'kmgw_stats_names[]', r'"(\w+)"'), text,
                        'kmgwd(8), OPERATOR')
    return problems


def json_keys():
    page = read('daemon', 'man', 'kmgw.8')
    source = read('daemon', 'cli', 'json.c')
    page = page[page.index('.SH JSON'):]
    problems = []
    for name, title in (('json_ctx', 'context show'), ('json_ep', 'endpoint show'),
                        ('json_t *dtls_obj', 'endpoint show'), ('json_t *filter', 'endpoint show'),
                        ('json_t *police', 'endpoint show'), ('json_ns', 'stats'),
                        ('json_event', 'monitor')):
        head = name if ' ' in name else f'json_t *{name}'
        keys = re.findall(r'\((?:obj|tls), "(\w+)"', function(source, head + '('))
        problems += missing(keys, section(page, title), f'kmgw(8), JSON of {title}')
    keys = re.findall(r'\((?:obj|way|list), "(\w+)"', read('daemon', 'agent', 'status.c'))
    return problems + missing(keys, section(page, 'agent status'), 'kmgw(8), JSON of agent status')


def words_of_the_command_line():
    page = read('daemon', 'man', 'kmgw.8')
    completion = read('daemon', 'cli', 'kmgw.bash-completion')
    words = table(read('daemon', 'cli', 'ep_args.c'), '} options[] = {', r'\{ "([\w-]+)"')
    problems = missing(words, section(page, 'SYNOPSIS'), 'kmgw(8), SYNOPSIS')
    problems += missing(words, read('daemon', 'cli', 'endpoint.c').split('#define')[0],
                        'kmgw endpoint help')
    main = read('daemon', 'cli', 'main.c')
    words += table(main, 'option_names[]', r'"(\w+)"')
    words += [w for w in re.findall(r'"(\w+)"', function(main, 'static int run('))
              if w not in ('ctx', 'ep')]
    for name in re.findall(r'const names\[\] = \{(.*?)\};', read('daemon', 'cli', 'endpoint.c'), re.S):
        words += [w for w in re.findall(r'"(\w+)"', name) if w != 'list']
    return problems + missing(words, re.sub(r'(?<!\w)-', '', completion), 'kmgw.bash-completion')


def files_of_the_module():
    page = section(read('daemon', 'man', 'kmgw.8'), 'FILES')
    sysfs = read('kmod', 'sysfs.c')
    names = re.findall(r'kobject_create_and_add\("(\w+)"', sysfs)
    names += re.findall(r'"(\w+)"', re.search(r'kmgw_object_names\[\] = (.*);', sysfs)[1])
    names += re.findall(r'debugfs_create_file\("(\w+)"', read('kmod', 'debugfs.c'))
    names += re.findall(r'TRACE_EVENT\((\w+),', read('kmod', 'trace.h'))
    for source in os.listdir(os.path.join(TREE, 'kmod')):
        if source.endswith('.c'):
            names += re.findall(r'^module_param(?:_named)?\((\w+)', read('kmod', source), re.M)
    return missing(names, page, 'kmgw(8), FILES')


def attributes_in_the_protocol_document():
    """What a request may carry is told above the definitions; the rest says beside it what it is."""
    header = read('uapi', 'linux', 'kmgw.h')
    document, code = header.split('#ifndef', 1)
    names = [name for name, text in re.findall(r'\tKMGW_A_EP_(\w+),([^\n]*)', code)
             if 'read-only' not in text and name not in ('UNSPEC', 'PAD')]
    names += re.findall(r'\tKMGW_A_NS_(MAX_\w+),', code) + re.findall(r'^\t(KMGW_CMD_\w+)', code, re.M)
    return missing(names, document, 'the opening comment of kmgw.h')


points.run(keys_of_the_configuration, reasons_states_and_events, metrics_and_counters, json_keys,
           words_of_the_command_line, files_of_the_module, attributes_in_the_protocol_document)
