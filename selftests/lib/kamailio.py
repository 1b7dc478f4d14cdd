# SPDX-License-Identifier: GPL-2.0-only
"""
Kamailio as an MSRP relay (RFC 4976): it answers each SEND with 200, and passes on what has a further
URI in To-Path. It opens a connection to that URI, or takes the one that it has with that address and
port. TCP and TLS, as server and as client; its certificate is shown in both roles. It breaks a connection
when more waits for a handshake or a slow reader than its queues take, so they are large.
"""

import os
import re
import signal
import socket
import subprocess

import net

TCP, TLS = 2855, 2856
MODULES = '/usr/lib/x86_64-linux-gnu/kamailio/modules/'

CONFIG = '''#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=2
dns=no
rev_dns=no
auto_aliases=no
enable_tls=yes
tcp_rd_buf_size=65536
tcp_accept_no_cl=yes
tcp_conn_wq_max=4194304
listen=tcp:{address}:{tcp}
listen=tls:{address}:{tls}
mpath="{modules}"
loadmodule "tls.so"
loadmodule "pv.so"
loadmodule "kex.so"
loadmodule "msrp.so"
modparam("tls", "config", "{directory}/tls.cfg")
modparam("tls", "con_ct_wq_max", 4194304)
request_route {{
	drop;
}}
event_route[msrp:frame-in] {{
	if (msrp_is_reply()) {{
		drop;
	}}
	if ($msrp(method) == "SEND") {{
		msrp_reply("200", "OK");
	}}
	if ($msrp(nexthops) > 0) {{
		msrp_relay();
	}}
}}
'''

# trust: a certificate, the only one that is accepted; in both roles one is demanded
TLS_CONFIG = '''[{role}:default]
method = TLSv1.2+
private_key = {pem}
certificate = {pem}
verify_certificate = {verify}
require_certificate = {verify}
{ca_list}
'''


class Kamailio:
    """Runs in a namespace; pem: key and certificate, trust: the certificate of the far end's."""

    def __init__(self, ns, workspace, address, pem, trust=None):
        self.address = address
        self.directory = os.path.join(workspace, f'kamailio-{ns}')
        os.makedirs(self.directory, exist_ok=True)
        self._write('kamailio.cfg', CONFIG.format(address=address, tcp=TCP, tls=TLS, modules=MODULES,
                                                  directory=self.directory))
        self._write('tls.cfg', ''.join(
            TLS_CONFIG.format(role=role, pem=pem, verify='yes' if trust else 'no',
                              ca_list=f'ca_list = {trust}' if trust else '')
            for role in ('server', 'client')))
        self.log = os.path.join(self.directory, 'log')
        # It looks its host's name up, and would wait for a DNS server. A test has its own UTS namespace.
        socket.sethostname('localhost')
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(
                ns.command('kamailio', '-DD', '-E', '-e', '-m', '32', '-M', '8', '-Y', self.directory,
                           '-f', os.path.join(self.directory, 'kamailio.cfg')),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

        def listens():
            if self.process.poll() is not None:
                raise net.NetError(f'kamailio ended with {self.process.returncode}:\n{self.told()}')
            found = ns.run('ss', '-Hltn')
            return all(f'{address}:{port} ' in found for port in (TCP, TLS))
        net.wait_for(listens, 'kamailio to listen')

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), 'w', encoding='ascii') as f:
            f.write(text)

    def path(self, tls=False):
        return f'msrps://{self.address}:{TLS}/relay;tcp' if tls else \
               f'msrp://{self.address}:{TCP}/relay;tcp'

    def told(self, lines=12):
        """What it had to complain of first."""
        with open(self.log, encoding='utf-8', errors='replace') as f:
            found = [re.sub(r'\x1b\[[0-9;]*m', '', line.rstrip('\n')) for line in f]
        return '\n'.join([line for line in found if re.search('ERROR|CRITICAL|ALERT', line)][:lines])

    def close(self):
        """Its processes end with the first. What it had to say is said."""
        for line in self.told().splitlines():
            print(f'# kamailio: {line}')
        self.process.terminate()
        try:
            self.process.wait(net.PATIENCE / 6)
        except subprocess.TimeoutExpired:
            print('# kamailio did not end on SIGTERM')
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
