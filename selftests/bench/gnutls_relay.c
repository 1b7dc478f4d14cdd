// SPDX-License-Identifier: GPL-2.0-only
/*
 * A relay between DTLS and UDP as one writes it in userspace, with GnuTLS: what kmgw's is compared to.
 *
 *	gnutls_relay relay SECURE PLAIN		descriptors of connected UDP sockets: DTLS server on one,
 *						then everything to the other, both ways, until it is killed
 *	gnutls_relay seal SECURE COUNT SIZE	client: shake hands, then write COUNT records of SIZE octets
 *						to stdout, each behind two octets of its length
 *
 * DTLS 1.2, AES-128-GCM, a pre-shared key: how the key came about is no part of what is measured.
 */
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIORITY "NONE:+VERS-DTLS1.2:+AES-128-GCM:+AEAD:+PSK:+SIGN-ALL:+COMP-NULL"
#define PATIENCE 600000U	/* ms */

static const unsigned char key[16] = "kmgw-bench-key!";

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "gnutls_relay: %s: %s\n", what, gnutls_strerror(rc));
	exit(1);
}

static int find_key(gnutls_session_t session, const char *user, gnutls_datum_t *out)
{
	(void)session;
	(void)user;
	out->data = gnutls_malloc(sizeof(key));
	if (!out->data)
		return -1;
	memcpy(out->data, key, sizeof(key));
	out->size = sizeof(key);
	return 0;
}

static gnutls_session_t connected(int fd, unsigned int role)
{
	gnutls_datum_t secret = { .data = (unsigned char *)key, .size = sizeof(key) };
	gnutls_psk_server_credentials_t server;
	gnutls_psk_client_credentials_t client;
	gnutls_session_t session;
	int rc;

	check(gnutls_init(&session, role | GNUTLS_DATAGRAM), "session");
	check(gnutls_priority_set_direct(session, PRIORITY, NULL), "priority");
	if (role == GNUTLS_SERVER) {
		check(gnutls_psk_allocate_server_credentials(&server), "key");
		gnutls_psk_set_server_credentials_function(server, find_key);
		check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, server), "key");
	} else {
		check(gnutls_psk_allocate_client_credentials(&client), "key");
		check(gnutls_psk_set_client_credentials(client, "bench", &secret, GNUTLS_PSK_KEY_RAW),
		      "key");
		check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, client), "key");
	}
	gnutls_transport_set_int(session, fd);
	gnutls_dtls_set_timeouts(session, 1000, PATIENCE);
	gnutls_handshake_set_timeout(session, PATIENCE);
	do {
		rc = gnutls_handshake(session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	check(rc, "handshake");
	return session;
}

static void relay(int secure, int plain)
{
	gnutls_session_t session = connected(secure, GNUTLS_SERVER);
	struct pollfd fds[] = { { .fd = secure, .events = POLLIN }, { .fd = plain, .events = POLLIN } };
	char data[2048];
	ssize_t n;

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents) {
			n = gnutls_record_recv(session, data, sizeof(data));
			if (n > 0 && send(plain, data, (size_t)n, 0) < 0)
				perror("gnutls_relay: send");
		}
		if (fds[1].revents) {
			n = recv(plain, data, sizeof(data), 0);
			if (n > 0)
				check((int)gnutls_record_send(session, data, (size_t)n), "record");
		}
	}
}

static ssize_t keep(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	const unsigned char length[2] = { (unsigned char)(size >> 8), (unsigned char)size };

	(void)ptr;
	if (fwrite(length, 1, 2, stdout) != 2 || fwrite(data, 1, size, stdout) != size)
		return -1;
	return (ssize_t)size;
}

static void seal(int secure, unsigned int count, size_t size)
{
	gnutls_session_t session = connected(secure, GNUTLS_CLIENT);
	char data[2048] = { 0 };

	if (size > sizeof(data)) {
		fprintf(stderr, "gnutls_relay: a record of %zu octets: at most %zu\n", size, sizeof(data));
		exit(2);
	}
	gnutls_transport_set_push_function(session, keep);
	while (count--)
		check((int)gnutls_record_send(session, data, size), "record");
	fflush(stdout);
	/* No close_notify: the relay is to go on. */
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "relay"))
		relay(atoi(argv[2]), atoi(argv[3]));
	else if (argc == 5 && !strcmp(argv[1], "seal"))
		seal(atoi(argv[2]), (unsigned int)atoi(argv[3]), (size_t)atoi(argv[4]));
	fprintf(stderr, "usage: gnutls_relay relay SECURE PLAIN | seal SECURE COUNT SIZE\n");
	return 2;
}
