// SPDX-License-Identifier: GPL-2.0-only
/* Floor control ends for tests: TCP, TLS by OpenSSL on it, or UDP; where a message ends. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bfcp.h"

/* Of a message: common header (RFC 8855 5.1), and the most that a length in words can say. */
#define HEADER	12
#define LARGEST	(HEADER + 4 * 65535)

struct link {
	SSL_CTX *ctx;
	SSL *ssl;	/* NULL: in the clear */
	int fd;
	bool udp;
};

static int complain(const char *what)
{
	fprintf(stderr, "bfcp: %s: %s\n", what, strerror(errno));
	return -1;
}

static int complain_tls(const char *what)
{
	fprintf(stderr, "bfcp: %s: %s\n", what, ERR_error_string(ERR_get_error(), NULL));
	return -1;
}

static struct addrinfo *resolve(char **address, int type)
{
	const struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found = NULL;

	if (getaddrinfo(address[0], address[1], &hints, &found)) {
		fprintf(stderr, "bfcp: %s port %s is no address\n", address[0], address[1]);
		return NULL;
	}
	return found;
}

static int open_udp(struct link *l, char **address)
{
	struct addrinfo *from = resolve(address, SOCK_DGRAM);
	struct addrinfo *to = resolve(address + 2, SOCK_DGRAM);

	if (!from || !to)
		return -1;
	l->fd = socket(from->ai_family, SOCK_DGRAM, 0);
	if (bind(l->fd, from->ai_addr, from->ai_addrlen) ||
	    connect(l->fd, to->ai_addr, to->ai_addrlen))
		return complain("socket");
	freeaddrinfo(from);
	freeaddrinfo(to);
	return 0;
}

static int open_tcp(struct link *l, bool passive, char **address)
{
	struct addrinfo *a = resolve(address, SOCK_STREAM);
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	int one = 1, fd;
	char port[8];

	if (!a)
		return -1;
	fd = socket(a->ai_family, SOCK_STREAM, 0);
	if (passive) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 1) ||
		    getsockname(fd, (struct sockaddr *)&own, &len))
			return complain("listen");
		getnameinfo((struct sockaddr *)&own, len, NULL, 0, port, sizeof(port),
			    NI_NUMERICSERV);
		printf("listening %s\n", port);
		l->fd = accept(fd, NULL, NULL);
		close(fd);
		if (l->fd < 0)
			return complain("accept");
	} else {
		l->fd = fd;
		if (connect(fd, a->ai_addr, a->ai_addrlen))
			return complain("connect");
	}
	freeaddrinfo(a);
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return 0;
}

/* Certificates are compared by their fingerprints (RFC 8856 9), by whoever has started this. */
static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static int secure(struct link *l, enum link_tls role, const char *pem)
{
	bool client = role == LINK_CLIENT;

	l->ctx = SSL_CTX_new(client ? TLS_client_method() : TLS_server_method());
	if (!l->ctx || SSL_CTX_use_certificate_file(l->ctx, pem, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(l->ctx, pem, SSL_FILETYPE_PEM) != 1)
		return complain_tls(pem);
	SSL_CTX_set_verify(l->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	l->ssl = SSL_new(l->ctx);
	if (!l->ssl || SSL_set_fd(l->ssl, l->fd) != 1 ||
	    (client ? SSL_connect(l->ssl) : SSL_accept(l->ssl)) != 1)
		return complain_tls(client ? "TLS as client" : "TLS as server");
	return 0;
}

static void show_certificate(const struct link *l)
{
	X509 *cert = l->ssl ? SSL_get1_peer_certificate(l->ssl) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0, i;

	if (cert)
		X509_digest(cert, EVP_sha256(), digest, &len);
	X509_free(cert);
	fputs(len ? "up SHA-256 " : "up -", stdout);
	for (i = 0; i < len; i++)
		printf("%s%02X", i ? ":" : "", digest[i]);
	putchar('\n');
}

struct link *link_open(enum link_how how, char **address, enum link_tls tls, const char *pem)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	l->udp = how == LINK_UDP;
	if (l->udp ? open_udp(l, address) : open_tcp(l, how == LINK_LISTEN, address))
		return NULL;
	if (tls != LINK_CLEAR && secure(l, tls, pem))
		return NULL;
	show_certificate(l);
	return l;
}

bool link_reliable(const struct link *l)
{
	return !l->udp;
}

int link_send(struct link *l, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len) {
		n = l->ssl ? SSL_write(l->ssl, at, len) : send(l->fd, at, len, 0);
		if (n <= 0)
			return l->ssl ? complain_tls("sending") : complain("sending");
		at += n;
		len -= n;
	}
	return 0;
}

/* Return: octets; 0: an orderly end; -1. */
static ssize_t some(struct link *l, void *data, size_t len)
{
	ssize_t n;

	if (!l->ssl) {
		n = recv(l->fd, data, len, 0);
		return n < 0 ? complain("receiving") : n;
	}
	n = SSL_read(l->ssl, data, len);
	if (n > 0)
		return n;
	/* FIN alone is no end of a TLS session. */
	return SSL_get_error(l->ssl, n) == SSL_ERROR_ZERO_RETURN ? 0 : complain_tls("receiving");
}

static int exactly(struct link *l, struct mbuf *mb, size_t len)
{
	size_t from = mb->end, left = len;
	ssize_t n;

	while (left) {
		n = some(l, mb->buf + mb->end, left);
		if (n < 0)
			return -1;
		if (!n) {
			if (mb->end == 0)
				return 0;
			fprintf(stderr, "bfcp: the far end left within a message, %zu of %zu octets\n",
				mb->end - from, len);
			return -1;
		}
		mb->end += n;
		left -= n;
	}
	return 1;
}

int link_receive(struct link *l, struct mbuf *mb)
{
	ssize_t n;
	int ret;

	mbuf_reset(mb);
	if (mbuf_resize(mb, LARGEST))
		return -1;
	if (l->udp) {
		do {
			n = recv(l->fd, mb->buf, LARGEST, 0);
		} while (n < 0 && errno == ECONNREFUSED);	/* the far end starts later */
		if (n < 0)
			return complain("receiving");
		mb->end = n;
		return 1;
	}
	ret = exactly(l, mb, HEADER);
	if (ret > 0)
		ret = exactly(l, mb, 4 * (mb->buf[2] << 8 | mb->buf[3]));
	return ret;
}

void link_close(struct link *l)
{
	if (l->ssl) {
		SSL_shutdown(l->ssl);
		SSL_free(l->ssl);
		SSL_CTX_free(l->ctx);
	}
	close(l->fd);
	free(l);
}
