#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
# kernels: vm debug new
"""kmgwd needs CAP_NET_ADMIN and nothing else: a call works as another user without any other right."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403


import shutil

DROP = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--no-new-privs',
        '--inh-caps', '-all,+net_admin', '--ambient-caps', '-all,+net_admin',
        '--bounding-set', '-all,+net_admin']


@case
def with_cap_net_admin_only(lab):
    lab.kmgwd.stop()
    os.chmod(lab.directory, 0o755)
    daemon = lab.kmgwd = net.Kmgwd(lab.gw_ns, lab.directory, {}, 'unprivileged', wrap=DROP)
    shutil.chown(daemon.config['state_dir'], 65534, 65534)
    daemon.start()
    lab.ca.wait_registered()
    with open(f'/proc/{daemon.pid}/status', encoding='ascii') as f:
        status = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
    equal(status['CapEff'], f'{1 << 12:016x}', 'effective capabilities: CAP_NET_ADMIN')
    equal(status['Uid'].split(), ['65534'] * 4, 'user')
    for make in lab.originate, lab.terminate:
        call, ue, core = make('1.3')
        ue.send(b'hello')
        core.wait_received(5)
        core.send(b'hello')
        ue.wait_received(5)
        call.subtract()
    state = os.listdir(daemon.config['state_dir'])
    true(state, 'no key was kept in state_dir')
    for name in state:
        mode = os.stat(os.path.join(daemon.config['state_dir'], name)).st_mode & 0o777
        true(not mode & 0o077, f'{name} has mode {mode:o}')
    lab.wreck()


@case
def a_bad_configuration_stops_the_start(lab):
    for change, word in (({'mid': 'nonsense mid'}, 'mid'), ({'versoin': 2}, 'versoin'),
                         ({'version': 4}, 'version'), ({'tls_guard': -1}, 'tls_guard'),
                         ({'realm': (dict(net.DEFAULTS['realm'][0], ports=[40000, 50000]),)},
                          'ip_local_reserved_ports'),
                         ({'realm': net.DEFAULTS['realm'][:1] * 2}, 'access'),
                         ({'certificate': '/nowhere.pem', 'private_key': '/nowhere.pem'},
                          '/nowhere.pem')):
        daemon = net.Kmgwd(lab.gw_ns, lab.directory, change, 'bad')
        try:
            daemon.start()
        except net.NetError:
            true(daemon.process.returncode not in (0, None), 'status of a start that failed')
            true(word in daemon.tail(5), f'{word!r} is not in the reason: {daemon.tail(5)}')
        else:
            daemon.kill()
            raise Failed(f'kmgwd started with {change}')
        os.unlink(daemon.log)


run()
