#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# kernels: vm debug new
"""
MSRP through the gateway with Kamailio as its peer, in each role of TCP and of TLS: chunks both ways at
once, each answered, each message reported. Kamailio is a relay and begins no session: whoever talks
over it is an endpoint of lib/msrp.py, on its other side.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from harness import *	# noqa: E402,F403

import capture
import dissect
import kamailio
import msrp

# The most that may be sent without leave to interrupt (RFC 4975 7.1.1).
CHUNK = 2048
SIZE = (32 if SLOW else 128) << 10


def user(path):
    """Makes a connection one of MSRP; path: its URI, as others have it."""
    def of(connection):
        connection.msrp = msrp.Endpoint(connection.send, path)
        return connection.msrp.feed
    return of


def uri(end, name, tls=False):
    """Of who is behind the gateway, for those before this termination."""
    return f'msrp{"s" if tls else ""}://{end.address}:{end.port}/{name};tcp'


def relay(lab, ns, address, tls=False):
    """Kamailio. tls: it demands the gateway's certificate, and no other."""
    trust = os.path.join(lab.kmgwd.config['state_dir'], 'self-signed.pem') if tls else None
    pem, _ = lab.certificate(f'relay-{ns}')
    return lab.keep(kamailio.Kamailio(ns, lab.directory, address, pem, trust))


def phone(lab, ns, at):
    """Somebody at the other side of the relay, who makes himself known to it."""
    def of(connection):
        address, port = connection.sock.getsockname()
        return user(f'msrp://{address}:{port}/phone;tcp')(connection)
    connection = lab.connect(ns, at.address, kamailio.TCP, user=of)
    connection.msrp.bind(at.path())
    net.wait_for(lambda: connection.msrp.answers.ok == 1, 'the first 200')
    return connection


def got_all(connection, digest):
    end = connection.msrp
    net.wait_for(lambda: end.receiver.complete and end.answers.reports and end.answers.ok == end.sent or
                 connection.failure, f'message, answers and report at {end.path}')
    equal(connection.failure, None, f'failure at {end.path}')
    equal((end.receiver.octets, end.receiver.chunks), (SIZE, SIZE // CHUNK), 'octets and chunks')
    equal(end.receiver.hash.hexdigest(), digest, 'SHA-256 of the message')
    equal(end.answers.reports, [(SIZE, '000 200 OK')], 'reports')


def exchanged(lab, *both, file=None):
    """Both have sent a message; both have one, and know that the other has."""
    digest = sha256(file or lab.file(SIZE))
    for connection in both:
        got_all(connection, digest)
    lab.ca.no_notify()


def send(lab, connection, *to_path, file=None):
    connection.msrp.send_file(file or lab.file(SIZE), ' '.join(to_path), CHUNK)


@case
def the_ue_is_kamailio_as_tls_server(lab):
    peer = relay(lab, lab.ue, calls.UE, tls=True)
    fingerprint = lab.certificate('relay-ue')[1]
    call = calls.terminating(lab.ca, fingerprint, ue=(calls.UE, kamailio.TLS))
    near = phone(lab, lab.ue, peer)
    far = lab.connect(lab.core, *call.core.at, user=user(uri(call.access, 'core', tls=True)))
    far.msrp.bind(peer.path(tls=True))
    send(lab, far, peer.path(tls=True), near.msrp.path)
    send(lab, near, peer.path(), far.msrp.path)
    exchanged(lab, near, far)
    call.subtract()


def calling(lab, fingerprint):
    """Who is behind a relay at the UE calls the core; fingerprint: what the gateway is told of the relay."""
    peer = relay(lab, lab.ue, calls.UE, tls=True)
    listener = lab.listen(lab.core, calls.CORE)
    call = calls.originating(lab.ca, fingerprint, core=(listener.address, listener.port))
    near = phone(lab, lab.ue, peer)
    path = uri(call.access, 'core', tls=True)
    send(lab, near, peer.path(), path)
    return peer, listener, call, near, path


@case
def the_ue_is_kamailio_as_tls_client(lab):
    peer, listener, call, near, path = calling(lab, lab.certificate('relay-ue')[1])
    far = lab.accept(listener, user=user(path))
    send(lab, far, peer.path(), near.msrp.path)
    exchanged(lab, near, far)
    call.subtract()


@case
def kamailio_with_another_certificate_is_not_let_in(lab):
    _, listener, call, _, path = calling(lab, lab.certificate('ue')[1])
    lab.ca.wait_notify('tlsbsc/BNCChange', call.access.id)
    far = lab.accept(listener, user=user(path))
    far.wait_end()
    equal(far.received, 0, 'octets at the core')
    call.subtract()


@case
def the_core_is_kamailio_as_tcp_server(lab):
    """And what is on that side of the gateway is MSRP for Wireshark, too."""
    peer = relay(lab, lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate()[1], core=(calls.CORE, kamailio.TCP))
    near = phone(lab, lab.core, peer)
    # tshark looks for lines in whatever is in a message
    text = os.path.join(lab.directory, 'text')
    with open(text, 'w', encoding='ascii') as f:
        f.write(os.urandom(SIZE // 2).hex())
    with capture.Capture(lab.gw_ns, 'core') as seen:
        far = lab.connect(lab.ue, *call.access.at, tls=lab.tls(False), user=user(uri(call.core, 'ue')))
        far.msrp.bind(peer.path())
        send(lab, far, peer.path(), near.msrp.path, file=text)
        send(lab, near, peer.path(), far.msrp.path, file=text)
        exchanged(lab, near, far, file=text)
    call.subtract()

    sent = []
    for octets in seen.streams().values():
        while octets:
            # a message ends with its own identifier
            mark = b'-------' + octets.split(b' ', 2)[1]
            size = octets.index(mark) + len(mark) + 3
            sent.append(octets[:size])
            octets = octets[size:]
    # from each side the chunks, their answers and a report; from the UE the first SEND, too
    equal(len(sent), 4 * SIZE // CHUNK + 4, 'messages that passed')
    dissect.leave('msrp', sent)


@case
def the_core_is_kamailio_as_tcp_client(lab):
    peer = relay(lab, lab.core, calls.CORE)
    listener = lab.listen(lab.ue, calls.UE, tls=lab.tls(True))
    call = calls.terminating(lab.ca, lab.certificate()[1], ue=(listener.address, listener.port))
    far = lab.accept(listener, user=user(uri(call.core, 'ue')))
    near = phone(lab, lab.core, peer)
    send(lab, near, peer.path(), far.msrp.path)
    send(lab, far, peer.path(), near.msrp.path)
    exchanged(lab, near, far)
    call.subtract()


@case
def kamailio_on_both_sides(lab):
    ue = relay(lab, lab.ue, calls.UE, tls=True)
    core = relay(lab, lab.core, calls.CORE)
    call = calls.originating(lab.ca, lab.certificate('relay-ue')[1], core=(calls.CORE, kamailio.TCP))
    near, far = phone(lab, lab.ue, ue), phone(lab, lab.core, core)
    # what is behind the gateway bears its address
    send(lab, near, uri(call.core, 'relay'), uri(call.access, 'relay', tls=True), far.msrp.path)
    net.wait_for(lambda: far.msrp.receiver.complete, 'a message at the core')
    send(lab, far, uri(call.access, 'relay', tls=True), uri(call.core, 'relay'), near.msrp.path)
    exchanged(lab, near, far)
    call.subtract()


run()
