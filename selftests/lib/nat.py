# SPDX-License-Identifier: GPL-2.0-only
"""Far ends behind a NAT: the kernel's own, set up with nft."""

import contextlib

import net


@contextlib.contextmanager
def home(router, name):
    """A namespace behind a router that masquerades."""
    net.run('ip', 'netns', 'add', name)
    try:
        inside = net.Namespace(name)
        router.ip(f'link add lan type veth peer name eth0 netns {name}\n'
                  'addr add 192.168.1.1/24 dev lan\nlink set lan up\n')
        inside.ip('link set lo up\naddr add 192.168.1.2/24 dev eth0\nlink set eth0 up\n'
                  'route add default via 192.168.1.1\n')
        router.run('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1')
        router.run('nft', '-f', '-', text='table ip masq {\nchain post {\n'
                   'type nat hook postrouting priority srcnat;\n'
                   'ip saddr 192.168.1.0/24 masquerade fully-random;\n}\n}\n')
        yield inside
    finally:
        router.run('nft', 'delete', 'table', 'ip', 'masq', check=False)
        router.run('ip', 'link', 'del', 'lan', check=False)
        net.run('ip', 'netns', 'del', name, check=False)
