// SPDX-License-Identifier: GPL-2.0-only
/* Fax machine for tests: datagrams to the far end, in the clear or by DTLS 1.2 (GnuTLS). */
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fax.h"

struct link {
	int fd;
	gnutls_session_t session;	/* NULL: in the clear */
	gnutls_certificate_credentials_t cred;
};

static struct addrinfo *resolve(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, port, &hints, &found))
		return NULL;
	return found;
}

struct link *link_open(const char *local, const char *local_port, const char *remote,
		       const char *remote_port)
{
	struct addrinfo *from = resolve(local, local_port), *to = resolve(remote, remote_port);
	struct link *l = calloc(1, sizeof(*l));
	int size = 1 << 20;

	if (!from || !to || !l)
		return NULL;
	l->fd = socket(from->ai_family, SOCK_DGRAM, 0);
	setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(l->fd, from->ai_addr, from->ai_addrlen) ||
	    connect(l->fd, to->ai_addr, to->ai_addrlen)) {
		perror("fax: socket");
		return NULL;
	}
	freeaddrinfo(from);
	freeaddrinfo(to);
	return l;
}

static bool readable(const struct link *l, int ms)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	const struct link *l = ptr;
	ssize_t n;

	/* What an ICMP message reported is no end. */
	do {
		n = recv(l->fd, buf, len, MSG_DONTWAIT);
	} while (n < 0 && errno == ECONNREFUSED);
	return n;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	return readable(ptr, ms == GNUTLS_INDEFINITE_TIMEOUT ? -1 : (int)ms);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	const struct link *l = ptr;

	send(l->fd, buf, len, 0);
	return (ssize_t)len;
}

int link_secure(struct link *l, enum link_role role, const char *pem, const char *priorities)
{
	bool server = role == LINK_SERVER;
	const char *where = NULL;
	int err;

	gnutls_certificate_allocate_credentials(&l->cred);
	if (gnutls_certificate_set_x509_key_file(l->cred, pem, pem, GNUTLS_X509_FMT_PEM) < 0 ||
	    gnutls_init(&l->session, (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_DATAGRAM))
		return -1;
	if (gnutls_priority_set_direct(l->session, priorities, &where)) {
		fprintf(stderr, "fax: priorities at %s\n", where);
		return -1;
	}
	gnutls_credentials_set(l->session, GNUTLS_CRD_CERTIFICATE, l->cred);
	if (server)
		gnutls_certificate_server_set_request(l->session, GNUTLS_CERT_REQUIRE);
	/* Nothing gets lost while it shakes hands: who repeats is only slow, and gets slower by it. */
	gnutls_dtls_set_timeouts(l->session, 10000, 300000);
	gnutls_transport_set_ptr(l->session, l);
	gnutls_transport_set_pull_function(l->session, pull);
	gnutls_transport_set_pull_timeout_function(l->session, pull_timeout);
	gnutls_transport_set_push_function(l->session, push);
	gnutls_dtls_set_mtu(l->session, 16384);
	do {
		err = gnutls_handshake(l->session);
	} while (err < 0 && !gnutls_error_is_fatal(err));
	if (err)
		fprintf(stderr, "fax: DTLS: %s\n", gnutls_strerror(err));
	return err ? -1 : 0;
}

void link_send(struct link *l, const void *data, size_t len)
{
	if (l->session)
		gnutls_record_send(l->session, data, len);
	else
		send(l->fd, data, len, 0);
}

ssize_t link_receive(struct link *l, void *data, size_t len, int ms)
{
	ssize_t n;

	if (!(l->session && gnutls_record_check_pending(l->session)) && !readable(l, ms))
		return 0;
	if (!l->session) {
		n = recv(l->fd, data, len, MSG_DONTWAIT);
		return n < 0 ? 0 : n;
	}
	/*
	 * Without a time limit of GnuTLS's: that is an end to it even when a record has come,
	 * but late. Nothing waits here all the same: pull() does not.
	 */
	n = gnutls_record_recv(l->session, data, len);
	if (n < 0 && gnutls_error_is_fatal((int)n))
		fprintf(stderr, "fax: DTLS: %s\n", gnutls_strerror((int)n));
	if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
		return -1;
	return n < 0 ? 0 : n;
}

void link_close(struct link *l)
{
	if (l->session) {
		gnutls_bye(l->session, GNUTLS_SHUT_WR);
		gnutls_deinit(l->session);
		gnutls_certificate_free_credentials(l->cred);
	}
	close(l->fd);
	free(l);
}
