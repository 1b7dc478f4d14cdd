# SPDX-License-Identifier: GPL-2.0-only
"""The calls of the digest as H.248, so that tests read as calls."""

FAIL_EVENTS = 'tcpbcc/BNCChange { Type = EstFail }, tlsbsc/BNCChange { Type = EstFail }'
UE = '10.1.0.2'
CORE = '10.2.0.2'
UE6 = 'fd00:0:0:1::2'
CORE6 = 'fd00:0:0:2::2'


def sdp(address='$', port='$', proto='TCP', media='message', fmt='-', setup=None,
        fingerprint=None, extra=(), like=''):
    """
    A session description with CRLF and the attributes in the usual order. like: where the gateway
    chooses, an address of the family of this one is meant.
    """
    version = 6 if ':' in str(address) + like else 4
    lines = ['v=0', f'c=IN IP{version} {address}', f'm={media} {port} {proto} {fmt}']
    if setup:
        lines.append(f'a=setup:{setup}')
    if fingerprint:
        lines.append(f'a=fingerprint:{fingerprint}')
    lines += list(extra)
    return '\r\n'.join(lines) + '\r\n'


def stream(number=1, mode=None, realm=None, local=None, remote=None, properties=''):
    """A Stream descriptor."""
    control = []
    if mode:
        control.append(f'Mode = {mode}')
    if realm:
        control.append(f'ipdc/realm = "{realm}"')
    if properties:
        control.append(properties)
    parts = []
    if control:
        parts.append(f'LocalControl {{ {", ".join(control)} }}')
    if local:
        parts.append(f'Local {{\r\n{local} }}')
    if remote:
        parts.append(f'Remote {{\r\n{remote} }}')
    return f'Stream = {number} {{ {", ".join(parts)} }}'


def command(name, termination, streams=(), events=None, signals=None, request=None):
    """A command with Media, Events and Signals."""
    if isinstance(streams, str):
        streams = [streams]
    parts = []
    if streams:
        parts.append(f'Media {{ {", ".join(streams)} }}')
    if signals is not None:
        parts.append(f'Signals {{ {signals} }}')
    if events is not None:
        parts.append(f'Events = {request or 1000} {{ {events} }}')
    return f'{name} = {termination}' + (f' {{ {", ".join(parts)} }}' if parts else '')


def in_context(context, *commands):
    return f'Context = {context} {{ {", ".join(commands)} }}'


class End:
    """A termination as the gateway described it in a reply."""

    def __init__(self, node, number=1):
        self.id = node.value
        self.sdp = None
        for one in node.all('Media.Stream'):
            if int(one.value) == number and 'Local' in one:
                self.sdp = one['Local'].sdp
        if self.sdp is None and 'Media.Local' in node:
            self.sdp = node['Media.Local'].sdp

    @property
    def address(self):
        return self.sdp.address

    @property
    def port(self):
        return self.sdp.port

    @property
    def at(self):
        return self.sdp.address, self.sdp.port

    @property
    def fingerprint(self):
        return self.sdp.fingerprint


class Call:
    """Two terminations in a context."""

    def __init__(self, ca, context, access, core):
        self.ca, self.context, self.access, self.core = ca, context, access, core

    def modify(self, end, streams=(), **how):
        return self.ca.transact(in_context(self.context, command('Modify', end.id, streams, **how)))

    def subtract(self):
        """Statistics of (access, core)."""
        stats = self.ca.subtract(self.context)
        low = {k.lower(): v for k, v in stats.items()}
        return low[self.access.id.lower()], low[self.core.id.lower()]


def originating(ca, fingerprint=None, core=(CORE, 2855), ue=(UE, 9), proto='TCP/TLS',
                core_proto='TCP', mode='SendReceive', events=FAIL_EVENTS + ', g/cause',
                core_mode=None, properties='', filters='', link=True, access='access', extra=()):
    """
    The UE opens TCP and TLS toward the gateway (digest 3.2); the SYN opens TCP to the core.
    fingerprint: that of the UE, in Remote; extra: more lines there. Without either of them Remote
    of the access side is not given.
    access: realm of the UE, and its interface.
    """
    reply = ca.transact(in_context('$', command(
        'Add', 'ip/1/core/$', stream(
            mode=core_mode or mode, realm='core', properties='ds/dscp = 10',
            local=sdp(proto=core_proto, setup='active', like=core[0])),
        events=events, request=1011)))
    context = reply['Context'].value
    core_end = End(reply['Context.Add'])
    access_properties = f'seplink/linktopo = "{core_end.id},1,EstBNC"' if link else ''
    for more in (filters, properties):
        if more:
            access_properties += (', ' if access_properties else '') + more
    tls = 'TLS' in proto
    remote = None
    if fingerprint or extra or not tls:
        remote = sdp(ue[0], ue[1], proto, setup='active', fingerprint=fingerprint, extra=extra)
    reply = ca.transact(in_context(
        context,
        command('Modify', core_end.id,
                stream(remote=sdp(core[0], core[1], core_proto, setup='passive'))),
        command('Add', f'ip/1/{access}/$', stream(
            mode=mode, realm=access, properties=access_properties,
            local=sdp(proto=proto, setup='passive', fingerprint='$ $' if tls else None, like=ue[0]),
            remote=remote),
            signals='ipnapt/latch { napt = LATCH }', events=events, request=1012)))
    return Call(ca, context, End(reply['Context.Add']), core_end)


def terminating(ca, fingerprint=None, core=(CORE, 9), ue=(UE, 7654), proto='TCP/TLS',
                core_proto='TCP', mode='SendReceive', events=FAIL_EVENTS + ', g/cause',
                answer=True, signals=None, access='access', extra=()):
    """
    The gateway is TCP active and TLS client toward the UE (digest 3.3); the core opens TCP to
    the gateway. answer: also send what follows the UE's answer, see answered().
    """
    tls = 'TLS' in proto
    reply = ca.transact(in_context(
        '$',
        command('Add', f'ip/1/{access}/$', stream(
            mode=mode, realm=access,
            local=sdp(proto=proto, setup='actpass', fingerprint='$ $' if tls else None, like=ue[0])),
            events=events, request=2011),
        command('Add', 'ip/1/core/$', stream(
            mode=mode, realm='core', local=sdp(proto=core_proto, setup='passive', like=core[0]),
            remote=sdp(core[0], core[1], core_proto, setup='active')),
            events=events, request=2012)))
    ends = [End(n) for n in reply.all('Context.Add')]
    call = Call(ca, reply['Context'].value, *ends)
    if answer:
        answered(call, fingerprint, ue, proto, signals, extra)
    return call


def answered(call, fingerprint, ue=(UE, 7654), proto='TCP/TLS', signals=None, extra=()):
    """The UE has answered passive: TCP and TLS start by signal."""
    tls = 'TLS' in proto
    if signals is None:
        signals = 'tcpbcc/EstBNC { Stream = 1 }' + (', tlsbsc/EstBNC { Stream = 1 }' if tls else '')
    return call.modify(call.access, stream(
        local=sdp(call.access.address, call.access.port, proto, setup='active'),
        remote=sdp(ue[0], ue[1], proto, setup='passive', fingerprint=fingerprint, extra=extra)),
        signals=signals)


def joined(ca, local=(None, None), remote=(None, None), ue=(UE, 9), core=(CORE, 2855),
           proto='TCP', mode='SendReceive', events=FAIL_EVENTS + ', g/cause', filters=('', ''),
           signals=None):
    """
    TCP through the gateway without TLS of its own: both terminations in one request.
    local, remote: a=setup of (access, core).
    """
    def add(n, realm, far):
        return command('Add', f'ip/1/{realm}/$', stream(
            mode=mode, realm=realm, properties=filters[n],
            local=sdp(proto=proto, setup=local[n]),
            remote=sdp(far[0], far[1], proto, setup=remote[n]) if far else None),
            events=events, request=3011 + n, signals=signals)
    reply = ca.transact(in_context('$', add(0, 'access', ue), add(1, 'core', core)))
    access, core_end = (End(n) for n in reply.all('Context.Add'))
    return Call(ca, reply['Context'].value, access, core_end)


def fax(ca, ue=(UE, 49180), core=(CORE, 49170), proto='UDP', mode='SendReceive', properties='',
        events=None, access='access'):
    """A T.38 UDPTL relay in the clear."""
    def add(realm, remote):
        return command('Add', f'ip/1/{realm}/$', stream(
            mode=mode, realm=realm, properties=properties,
            local=sdp(proto=proto, media='image', fmt='t38' if proto == 'udptl' else '-',
                      like=remote[0]),
            remote=sdp(remote[0], remote[1], proto, media='image',
                       fmt='t38' if proto == 'udptl' else '-')), events=events)
    reply = ca.transact(in_context('$', add(access, ue), add('core', core)))
    access, core_end = (End(n) for n in reply.all('Context.Add'))
    return Call(ca, reply['Context'].value, access, core_end)


def secure_fax(ca, fingerprint=None, client=False, ue=(UE, 49180), core=(CORE, 49170), proto='UDP/DTLS',
               core_proto='UDP', events='tlsbsc/BNCChange { Type = EstFail }, g/cause',
               mode='SendReceive', extra=(), latch='', answer=True):
    """
    T.38 over DTLS on the access side (digest 3.5). client: the UE is passive, so the gateway is
    DTLS client; else it waits for ClientHello. answer: also send what follows the UE's answer.
    """
    reply = ca.transact(in_context(
        '$',
        command('Add', 'ip/1/access/$', stream(
            mode=mode, realm='access',
            local=sdp(proto=proto, media='image', fingerprint='$ $', like=ue[0])),
            events=events, request=4011),
        command('Add', 'ip/1/core/$', stream(
            mode=mode, realm='core', local=sdp(proto=core_proto, media='image', like=core[0]),
            remote=sdp(core[0], core[1], core_proto, media='image')))))
    access, core_end = (End(n) for n in reply.all('Context.Add'))
    call = Call(ca, reply['Context'].value, access, core_end)
    if answer:
        secure_answer(call, fingerprint, client, ue, proto, extra, latch)
    return call


def secure_answer(call, fingerprint, client=False, ue=(UE, 49180), proto='UDP/DTLS', extra=(),
                  latch=''):
    """The UE has answered: its address, role and certificate; EstBNC if the gateway is client."""
    signals = [s for s in (latch and f'ipnapt/latch {{ napt = {latch} }}',
                           client and 'tlsbsc/EstBNC { Stream = 1 }') if s]
    return call.modify(call.access, stream(
        remote=sdp(ue[0], ue[1], proto, 'image', setup='passive' if client else 'active',
                   fingerprint=fingerprint, extra=extra)),
        signals=', '.join(signals) if signals else None)


def error_text(reply):
    """Code and text of the first error in a reply."""
    for node in reply.walk():
        if node.name == 'Error':
            return int(node.value), node.text
    return None
