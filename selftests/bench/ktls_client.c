// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shakes hands as a TLS 1.2 client on a connected socket and leaves sending to the kernel, so that
 * whoever has the socket, too, sends octets in clear (send()). Certificates are not looked at.
 *
 *	ktls_client FD
 */
#include <gnutls/gnutls.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS"
#define PATIENCE 600000U	/* ms */

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "ktls_client: %s: %s\n", what, gnutls_strerror(rc));
	exit(1);
}

int main(int argc, char **argv)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = { .version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t mac, iv, key;
	gnutls_session_t session;
	unsigned char seq[8];
	int fd, rc;

	if (argc != 2) {
		fprintf(stderr, "usage: ktls_client FD\n");
		return 2;
	}
	fd = atoi(argv[1]);
	check(gnutls_init(&session, GNUTLS_CLIENT), "session");
	check(gnutls_priority_set_direct(session, PRIORITY, NULL), "priority");
	check(gnutls_certificate_allocate_credentials(&credentials), "credentials");
	check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, PATIENCE);
	do {
		rc = gnutls_handshake(session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	check(rc, "handshake");
	check(gnutls_record_get_state(session, 0, &mac, &iv, &key, seq), "keys");
	if (key.size != sizeof(info.key) || iv.size != sizeof(info.salt)) {
		fprintf(stderr, "ktls_client: not AES-128-GCM\n");
		return 1;
	}
	memcpy(info.key, key.data, sizeof(info.key));
	memcpy(info.salt, iv.data, sizeof(info.salt));
	memcpy(info.iv, seq, sizeof(info.iv));
	memcpy(info.rec_seq, seq, sizeof(info.rec_seq));
	if (setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) ||
	    setsockopt(fd, SOL_TLS, TLS_TX, &info, sizeof(info))) {
		perror("ktls_client: kTLS");
		return 1;
	}
	/* No close_notify: the connection goes on. */
	_exit(0);
}
