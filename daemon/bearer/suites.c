// SPDX-License-Identifier: GPL-2.0-only
/*
 * suites: the TLS versions and cipher suites that the gateway speaks.
 */
#include <errno.h>
#include <stdio.h>

#include "bearer/suites.h"
#include "config.h"

#define GROUPS \
	":+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1:+GROUP-SECP521R1" \
	":+GROUP-FFDHE2048:+GROUP-FFDHE3072"
#define SIGNATURES	":+SIGN-ALL:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1"

int suites_init(const struct config *cfg, gnutls_priority_t *out)
{
	bool old = cfg->tls_legacy;
	char text[512];

	snprintf(text, sizeof(text),
		 "NONE%s%s:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA%s"
		 ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305%s"
		 ":+AEAD%s:+COMP-NULL:+CTYPE-X509" GROUPS SIGNATURES
		 ":%%SERVER_PRECEDENCE%s",
		 cfg->tls_versions & CONFIG_TLS_1_3 ? ":+VERS-TLS1.3" : "",
		 cfg->tls_versions & CONFIG_TLS_1_2 ? ":+VERS-TLS1.2" : "",
		 old ? ":+RSA" : "",
		 old ? ":+AES-128-CBC:+AES-256-CBC" : "",
		 old ? ":+SHA256:+SHA384:+SHA1" : "",
		 cfg->tls_resumption ? "" : ":%NO_TICKETS");
	return gnutls_priority_init(out, text, NULL) < 0 ? -EOPNOTSUPP : 0;
}

int suites_psk_init(const struct config *cfg, gnutls_priority_t *out)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "NONE%s%s:+ECDHE-PSK:+DHE-PSK:+PSK"
		 ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CBC"
		 ":+AEAD:+SHA256:+SHA1:+COMP-NULL" GROUPS SIGNATURES ":%%NO_TICKETS:%%SERVER_PRECEDENCE",
		 cfg->tls_versions & CONFIG_TLS_1_3 ? ":+VERS-TLS1.3" : "",
		 cfg->tls_versions & CONFIG_TLS_1_2 ? ":+VERS-TLS1.2" : "");
	return gnutls_priority_init(out, text, NULL) < 0 ? -EOPNOTSUPP : 0;
}
