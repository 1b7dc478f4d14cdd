// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floor control ends for tests: a participant and a server of BFCP. Messages are made and read by
 * libre; framing on TCP, which it leaves to its user, is here, and TLS is OpenSSL's.
 *
 *	bfcp client|server listen ADDRESS PORT [tls=client|server pem=FILE]
 *	bfcp client|server connect ADDRESS PORT [tls=client|server pem=FILE]
 *	bfcp client|server udp ADDRESS PORT ADDRESS PORT
 *
 * Over TCP it speaks version 1 (RFC 4582), over UDP version 2 (RFC 8855). client goes once through
 * all that a participant and a chair can ask for, and leaves; server serves one connection. Standard
 * output has "listening PORT", "up FINGERPRINT" (of the far end's certificate; "-": there is none) and
 * each message, sent (>) or received (<), in hexadecimal digits and as libre reads it. The status is 0
 * if the far end kept to the protocol.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bfcp.h"

/* Seconds after which the whole has failed: a test waits for no longer. */
#define PATIENCE 240

static int usage(void)
{
	fputs("usage: bfcp client|server listen|connect ADDRESS PORT [tls=client|server pem=FILE]\n"
	      "       bfcp client|server udp ADDRESS PORT ADDRESS PORT\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	enum link_tls tls = LINK_CLEAR;
	enum link_how how = LINK_UDP;
	const char *pem = NULL;
	struct link *l;
	bool client;
	int err, i;

	if (argc < 5)
		return usage();
	client = !strcmp(argv[1], "client");
	if (!client && strcmp(argv[1], "server"))
		return usage();
	if (!strcmp(argv[2], "listen"))
		how = LINK_LISTEN;
	else if (!strcmp(argv[2], "connect"))
		how = LINK_CONNECT;
	else if (strcmp(argv[2], "udp") || argc != 7)
		return usage();
	for (i = how == LINK_UDP ? 7 : 5; i < argc; i++) {
		if (!strcmp(argv[i], "tls=client"))
			tls = LINK_CLIENT;
		else if (!strcmp(argv[i], "tls=server"))
			tls = LINK_SERVER;
		else if (!strncmp(argv[i], "pem=", 4))
			pem = argv[i] + 4;
		else
			return usage();
	}
	if (tls != LINK_CLEAR && !pem)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(PATIENCE);
	l = link_open(how, argv + 3, tls, pem);
	if (!l)
		return 1;
	err = client ? client_run(l) : server_run(l);
	link_close(l);
	return err;
}
