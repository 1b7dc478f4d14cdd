# SPDX-License-Identifier: GPL-2.0-only
"""TCP proxies that others have written, set up to do what a splice of kmgw does. In the VM."""

import os
import subprocess
import time

import neighbours

HAPROXY = '''global
    nbthread 1
defaults
    mode tcp
    timeout connect 60s
    timeout client 3600s
    timeout server 3600s
listen bench
    bind {0[0]}:{0[1]}{tls}
    server far {1[0]}:{1[1]}
'''
NGINX = '''daemon off;
master_process off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {{ }}
stream {{
    server {{
        listen {0[0]}:{0[1]}{tls};
        proxy_pass {1[0]}:{1[1]};
    }}
}}
'''


STUNNEL = '''foreground = yes
pid =
[bench]
accept = {0[0]}:{0[1]}
connect = {1[0]}:{1[1]}
cert = {tls}
'''


def written(directory, name, text, *addresses, **how):
    path = os.path.join(directory, name)
    with open(path, 'w', encoding='ascii') as f:
        f.write(text.format(*addresses, directory=directory, **how))
    return path


def haproxy(directory, near, far, cert):
    tls = f' ssl crt {cert}' if cert else ''
    return ['haproxy', '-db', '-f', written(directory, 'haproxy.cfg', HAPROXY, near, far, tls=tls)]


def nginx(directory, near, far, cert):
    tls = f' ssl; ssl_certificate {cert}; ssl_certificate_key {cert}' if cert else ''
    return ['nginx', '-e', 'stderr', '-c', written(directory, 'nginx.conf', NGINX, near, far, tls=tls)]


def stunnel(directory, near, far, cert):
    return ['stunnel4', written(directory, 'stunnel.conf', STUNNEL, near, far, tls=cert)]


def certificate(directory):
    """A new key and certificate in one file."""
    path = os.path.join(directory, 'bench.pem')
    parts = [path + '.key', path + '.crt']
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                    '-nodes', '-subj', '/CN=bench', '-keyout', parts[0], '-out', parts[1]],
                   check=True, stderr=subprocess.DEVNULL)
    with open(path, 'w', encoding='ascii') as out:
        for part in parts:
            with open(part, encoding='ascii') as f:
                out.write(f.read())
    return path


def socat(_, near, far, _cert):
    return ['socat', f'TCP-LISTEN:{near[1]},bind={near[0]},reuseaddr', f'TCP:{far[0]}:{far[1]}']


class Proxy:
    """One that listens on near and connects to far, as its package comes, one thread. tls: it ends here."""

    COMMANDS = {'haproxy': haproxy, 'nginx': nginx, 'socat': socat, 'stunnel': stunnel}

    def __init__(self, t, ns, name, near, far, tls=False):
        directory = t.tmp or '/run'
        self.log = os.path.join(directory, f'{name}.log')
        with neighbours.Awake():
            cert = certificate(directory) if tls else None
            with open(self.log, 'w', encoding='utf-8') as log:
                self.process = subprocess.Popen(
                    ns.command(*self.COMMANDS[name](directory, near, far, cert)), stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log)
            for _ in range(200):
                if t.listening(ns.name, 'tcp', near[1]):
                    return
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.close()
        with open(self.log, encoding='utf-8', errors='replace') as log:
            raise RuntimeError(f'{name} does not listen: {log.read()}')

    def close(self):
        self.process.terminate()
        self.process.wait()
