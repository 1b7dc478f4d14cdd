// SPDX-License-Identifier: GPL-2.0-only
/* far_end: see far_end.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bearer/cert.h"
#include "bearer/far_end.h"
#include "bearer/psk.h"

#define EXT_RECORD_SIZE_LIMIT	28

void far_end_refuse(struct far_end *fe, const char *fmt, ...)
{
	va_list ap;

	if (fe->reason[0])
		return;
	va_start(ap, fmt);
	vsnprintf(fe->reason, sizeof(fe->reason), fmt, ap);
	va_end(ap);
}

static int check(struct far_end *fe)
{
	if (fe->n_fp && !fingerprint_match(&fe->peer, fe->fp, fe->n_fp)) {
		far_end_refuse(fe, "the certificate does not fit the fingerprint signalled");
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	return 0;
}

/* Called by GnuTLS when the certificate is there and its signature is right. */
static int verify(gnutls_session_t session)
{
	struct far_end *fe = gnutls_session_get_ptr(session);
	const gnutls_datum_t *chain;
	unsigned int n = 0;

	chain = gnutls_certificate_get_peers(session, &n);
	if (!chain || !n || fingerprint_compute(chain[0].data, chain[0].size, &fe->peer))
		return GNUTLS_E_CERTIFICATE_ERROR;
	return check(fe);
}

int far_end_resumed(struct far_end *fe, gnutls_session_t session,
		    const struct fingerprint_set *kept)
{
	if (!kept)
		return verify(session);
	fe->peer = *kept;
	return check(fe);
}

/* --- pre-shared keys --- */

/* GnuTLS wipes what it is given here. */
static int copy_key(const struct psk *psk, gnutls_datum_t *key)
{
	key->data = gnutls_malloc(psk->len);
	if (!key->data)
		return -1;
	memcpy(key->data, psk->key, psk->len);
	key->size = psk->len;
	return 0;
}

/* What a client says of itself; one that was not agreed on may be anything. */
static int server_key(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct far_end *fe = gnutls_session_get_ptr(session);
	size_t len = strlen(fe->psk->identity);

	if (len && (identity->size != len || memcmp(identity->data, fe->psk->identity, len))) {
		far_end_refuse(fe, "the far end named another identity than that of the pre-shared key");
		return -1;
	}
	return copy_key(fe->psk, key);
}

static int client_key(gnutls_session_t session, gnutls_datum_t *identity, gnutls_datum_t *key)
{
	const struct far_end *fe = gnutls_session_get_ptr(session);
	const char *name = fe->psk->identity[0] ? fe->psk->identity : PSK_IDENTITY_OURS;

	identity->data = (unsigned char *)gnutls_strdup(name);
	if (!identity->data)
		return -1;
	identity->size = (unsigned int)strlen(name);
	return copy_key(fe->psk, key);
}

static int use_psk(struct far_end *fe, gnutls_session_t session)
{
	if (!fe->server) {
		if (gnutls_psk_allocate_client_credentials(&fe->psk_client) < 0)
			return -ENOMEM;
		gnutls_psk_set_client_credentials_function2(fe->psk_client, client_key);
		return gnutls_credentials_set(session, GNUTLS_CRD_PSK, fe->psk_client) < 0 ?
		       -EIO : 0;
	}
	if (gnutls_psk_allocate_server_credentials(&fe->psk_server) < 0)
		return -ENOMEM;
	gnutls_psk_set_server_credentials_function2(fe->psk_server, server_key);
	if (gnutls_psk_set_server_known_dh_params(fe->psk_server, GNUTLS_SEC_PARAM_MEDIUM) < 0)
		return -ENOMEM;
	return gnutls_credentials_set(session, GNUTLS_CRD_PSK, fe->psk_server) < 0 ? -EIO : 0;
}

static int use_certificates(struct far_end *fe, gnutls_session_t session)
{
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, fe->cert->cred) < 0)
		return -EIO;
	/* A far end without certificate cannot be who the signalling said. */
	if (fe->server)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_verify_function(session, verify);
	return 0;
}

/* --- what is said in passing --- */

static int on_extension(void *ctx, unsigned int id, const unsigned char *data, unsigned int len)
{
	struct far_end *fe = ctx;

	if (id == EXT_RECORD_SIZE_LIMIT && len == 2)
		fe->record_size_limit = (uint16_t)(data[0] << 8 | data[1]);
	return 0;
}

/* ServerHello of TLS 1.2 and DTLS: version, random, session id, suite, compression, extensions. */
static void server_hello(struct far_end *fe, const gnutls_datum_t *msg)
{
	const size_t id_at = 2 + 32;
	gnutls_datum_t extensions;
	size_t at;

	if (msg->size <= id_at)
		return;
	at = id_at + 1 + msg->data[id_at] + 2 + 1;
	if (msg->size <= at)
		return;
	extensions.data = msg->data + at;
	extensions.size = msg->size - (unsigned int)at;
	gnutls_ext_raw_parse(fe, on_extension, &extensions, 0);
}

static bool is_dtls(gnutls_session_t session)
{
	return gnutls_protocol_get_version(session) >= GNUTLS_DTLS_VERSION_MIN;
}

/*
 * Called by GnuTLS, for each message of a handshake that it found to be good. It minds the
 * record_size_limit of the far end itself, but does not tell it.
 */
static int on_message(gnutls_session_t session, unsigned int type, unsigned int when,
		      unsigned int incoming, const gnutls_datum_t *msg)
{
	struct far_end *fe = gnutls_session_get_ptr(session);

	(void)when;
	if (!incoming)
		return 0;
	switch (type) {
	case GNUTLS_HANDSHAKE_CLIENT_HELLO:
		/* That of DTLS has a cookie before the suites. */
		gnutls_ext_raw_parse(fe, on_extension, msg, is_dtls(session) ?
				     GNUTLS_EXT_RAW_FLAG_DTLS_CLIENT_HELLO :
				     GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
		break;
	case GNUTLS_HANDSHAKE_SERVER_HELLO:
		server_hello(fe, msg);
		break;
	case GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS:
		gnutls_ext_raw_parse(fe, on_extension, msg, 0);
		break;
	case GNUTLS_HANDSHAKE_NEW_SESSION_TICKET:
		/* RFC 5077 3.3 and RFC 8446 4.6.1 alike */
		if (msg->size < 4)
			break;
		fe->gave_ticket = true;
		fe->ticket_lifetime = (uint32_t)msg->data[0] << 24 | (uint32_t)msg->data[1] << 16 |
				      (uint32_t)msg->data[2] << 8 | msg->data[3];
		break;
	case GNUTLS_HANDSHAKE_KEY_UPDATE:
		fe->new_keys = true;
		break;
	default:
		break;
	}
	return 0;
}

size_t far_end_record(const struct far_end *fe, gnutls_session_t session)
{
	/* What RFC 6066 4 knows binds either end alike. */
	size_t max = gnutls_record_get_max_size(session), limit = fe->record_size_limit;

	/* In TLS 1.3 the type of the content counts. */
	if (limit && gnutls_protocol_get_version(session) == GNUTLS_TLS1_3)
		limit--;
	return limit && limit < max ? limit : max;
}

/* --- failures --- */

/* What it looks like, from either side, when two keys differ. */
static bool wrong_key(gnutls_session_t session, int err)
{
	switch (err) {
	case GNUTLS_E_DECRYPTION_FAILED:
	case GNUTLS_E_ERROR_IN_FINISHED_PACKET:
	case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:	/* a binder of TLS 1.3 */
		return true;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		break;
	default:
		return false;
	}
	switch (gnutls_alert_get(session)) {
	case GNUTLS_A_BAD_RECORD_MAC:
	case GNUTLS_A_DECRYPTION_FAILED:
	case GNUTLS_A_DECRYPT_ERROR:
	case GNUTLS_A_ILLEGAL_PARAMETER:
	case GNUTLS_A_UNKNOWN_PSK_IDENTITY:
		return true;
	default:
		return false;
	}
}

void far_end_explain(struct far_end *fe, gnutls_session_t session, int err)
{
	bool alert = err == GNUTLS_E_FATAL_ALERT_RECEIVED;
	const char *what = alert ? gnutls_alert_get_name(gnutls_alert_get(session)) :
				   gnutls_strerror(err);

	if (fe->psk && wrong_key(session, err))
		far_end_refuse(fe, "the far end seems to have another pre-shared key: %s", what);
	else
		far_end_refuse(fe, "%s%s", alert ? "the far end sent a fatal alert: " : "", what);
}

/* --- start and end --- */

int far_end_init(struct far_end *fe, gnutls_session_t session, struct cert *cert, struct psk *psk,
		 bool server)
{
	fe->cert = cert_get(cert);
	fe->psk = psk_get(psk);
	fe->server = server;
	gnutls_session_set_ptr(session, fe);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST,
					   on_message);
	return psk ? use_psk(fe, session) : use_certificates(fe, session);
}

void far_end_let_go(struct far_end *fe, gnutls_session_t session)
{
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST, NULL);
	gnutls_session_set_ptr(session, NULL);
	if (fe->psk)
		gnutls_credentials_clear(session);
}

void far_end_drop(struct far_end *fe)
{
	if (fe->psk_client)
		gnutls_psk_free_client_credentials(fe->psk_client);
	if (fe->psk_server)
		gnutls_psk_free_server_credentials(fe->psk_server);
	psk_put(fe->psk);
	cert_put(fe->cert);
}

void far_end_expect(struct far_end *fe, const struct bearer_fingerprint *fp, unsigned int n)
{
	memcpy(fe->fp, fp, n * sizeof(*fp));
	fe->n_fp = n;
}
