// SPDX-License-Identifier: GPL-2.0-only
/*
 * DTLS sessions against a GnuTLS peer in a thread of its own, over the loopback: suites,
 * certificates, keys, and what is sent once the keys are somebody else's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "bearer/dtls_record.h"
#include "bearer/dtls_session.h"
#include "bearer/psk.h"
#include "bearer/watch.h"
#include "lib/log.h"
#include "loop_lab.h"

#define SEEN_MAX	64

struct peer {
	pthread_t thread;
	gnutls_session_t session;
	int fd;
	bool server, with_cert;
	const char *psk;		/* a key in text, instead of a certificate, or NULL */
	const char *priorities;
	size_t record;			/* what it wants records to be at most; 0: it does not say */
	struct cert *cert;
	gnutls_psk_client_credentials_t psk_client;
	gnutls_psk_server_credentials_t psk_server;
	atomic_bool deaf;		/* does not hear change_cipher_spec and what is encrypted */
	atomic_bool stop;
	atomic_bool renegotiate;
	int result, alert;
	atomic_uint up;
	/* what came with keys on it, deaf or not */
	uint64_t number[SEEN_MAX];
	uint8_t type[SEEN_MAX];
	atomic_uint seen, alerts;
	/* state of the association at the end */
	struct dtls_key tx, rx;
	uint8_t tx_key[64], rx_key[64], tx_iv[16], rx_iv[16];
};

struct own {
	uv_loop_t loop;
	struct watch *watch;
	struct timer *timer;
	struct dtls_session *s;
	struct sockaddr_storage remote;
	int fd;
	bool server;
	gnutls_datum_t cookie_key;
	struct psk *psk;
	struct bearer_fingerprint fp[1];
	unsigned int n_fp;
	enum dtls_result result;
	struct fingerprint_set peer;
	char reason[200];
	bool done;
	unsigned int cookies;
	uint64_t heard;			/* above all numbers that came with keys on them */
};

static struct cert *own_cert, *peer_cert;
static gnutls_priority_t priorities, psk_priorities;

/* --- the peer --- */

static void note(struct peer *p, const uint8_t *data, size_t len)
{
	struct dtls_record r;
	unsigned int i;

	while (dtls_record_next(&data, &len, &r)) {
		i = p->seen;
		if (!r.epoch || i == SEEN_MAX)
			continue;
		p->number[i] = r.number;
		p->type[i] = r.type;
		p->seen = i + 1;
		/* Last: who waits for it looks at the rest. */
		p->alerts += r.type == DTLS_ALERT;
	}
}

static ssize_t peer_pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	struct peer *p = ptr;
	const uint8_t *b = buf;
	ssize_t n = recv(p->fd, buf, len, MSG_DONTWAIT);

	if (n < 0) {
		gnutls_transport_set_errno(p->session, errno);
		return -1;
	}
	note(p, buf, (size_t)n);
	if (p->deaf && n > 4 && (b[0] == DTLS_CHANGE_CIPHER_SPEC || b[3] || b[4])) {
		gnutls_transport_set_errno(p->session, EAGAIN);
		return -1;
	}
	return n;
}

static int peer_wait(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	struct peer *p = ptr;
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	return poll(&pfd, 1, ms > 50 ? 50 : (int)ms);
}

static ssize_t peer_push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	struct peer *p = ptr;

	return send(p->fd, buf, len, 0);
}

static void keep_keys(struct peer *p)
{
	gnutls_datum_t mac, iv, key;
	unsigned char number[8];

	gnutls_record_get_state(p->session, 0, &mac, &iv, &key, number);
	memcpy(p->tx_key, key.data, key.size);
	memcpy(p->tx_iv, iv.data, iv.size);
	gnutls_record_get_state(p->session, 1, &mac, &iv, &key, number);
	memcpy(p->rx_key, key.data, key.size);
	memcpy(p->rx_iv, iv.data, iv.size);
}

static int peer_key(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	const struct peer *p = gnutls_session_get_ptr(session);

	(void)identity;
	key->size = (unsigned int)strlen(p->psk);
	key->data = gnutls_malloc(key->size);
	memcpy(key->data, p->psk, key->size);
	return 0;
}

static void peer_use_key(struct peer *p, gnutls_session_t s)
{
	gnutls_datum_t key = { (unsigned char *)p->psk, (unsigned int)strlen(p->psk) };

	gnutls_psk_allocate_client_credentials(&p->psk_client);
	gnutls_psk_allocate_server_credentials(&p->psk_server);
	gnutls_psk_set_client_credentials(p->psk_client, "somebody", &key, GNUTLS_PSK_KEY_RAW);
	gnutls_psk_set_server_credentials_function(p->psk_server, peer_key);
	gnutls_psk_set_server_known_dh_params(p->psk_server, GNUTLS_SEC_PARAM_MEDIUM);
	if (p->server)
		gnutls_credentials_set(s, GNUTLS_CRD_PSK, p->psk_server);
	else
		gnutls_credentials_set(s, GNUTLS_CRD_PSK, p->psk_client);
}

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	gnutls_certificate_credentials_t none;
	gnutls_session_t s;
	char buf[200];
	ssize_t n;
	int err;

	gnutls_certificate_allocate_credentials(&none);
	gnutls_init(&s, (p->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_DATAGRAM |
		    GNUTLS_NONBLOCK);
	p->session = s;
	gnutls_priority_set_direct(s, p->priorities, NULL);
	gnutls_session_set_ptr(s, p);
	if (p->record)
		gnutls_record_set_max_recv_size(s, p->record);
	if (p->psk)
		peer_use_key(p, s);
	else
		gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE,
				       p->with_cert ? p->cert->cred : none);
	if (p->server && !p->psk)
		gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUEST);
	gnutls_dtls_set_timeouts(s, 100, 60000);
	gnutls_transport_set_ptr(s, p);
	gnutls_transport_set_pull_function(s, peer_pull);
	gnutls_transport_set_pull_timeout_function(s, peer_wait);
	gnutls_transport_set_push_function(s, peer_push);
	do {
		err = gnutls_handshake(s);
		if (err == GNUTLS_E_AGAIN)
			peer_wait(p, 10);
	} while (err < 0 && !gnutls_error_is_fatal(err) && !p->stop);
	if (err == 0)
		keep_keys(p);
	/* Who waits for it looks at the keys. */
	p->up = err == 0;
	if (err == 0 && p->renegotiate)
		gnutls_handshake(s);
	while (err == 0 && !p->stop) {
		peer_wait(p, 10);
		n = gnutls_record_recv(s, buf, sizeof(buf));
		if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
			err = n ? (int)n : GNUTLS_E_SESSION_EOF;
	}
	p->result = err;
	p->alert = err == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)gnutls_alert_get(s) : -1;
	gnutls_deinit(s);
	gnutls_certificate_free_credentials(none);
	if (p->psk) {
		gnutls_psk_free_client_credentials(p->psk_client);
		gnutls_psk_free_server_credentials(p->psk_server);
	}
	return NULL;
}

/* --- ours --- */

static void on_time(void *priv)
{
	struct own *o = priv;

	timer_stop(&o->timer);
	if (o->s && !dtls_session_busy(o->s))
		dtls_session_step(o->s, o->fp, o->n_fp);
}

static void on_result(void *priv, enum dtls_result result, const struct dtls_view *view)
{
	struct own *o = priv;

	o->result = result;
	if (result == DTLS_WAITS && dtls_session_waiting(o->s)) {
		dtls_session_step(o->s, o->fp, o->n_fp);
	} else if (result == DTLS_WAITS) {
		timer_start(&o->timer, &o->loop, dtls_session_timeout(o->s) + 1, on_time, o);
	} else {
		o->done = true;
		timer_stop(&o->timer);
		watch_stop(&o->watch);
	}
	if (result == DTLS_DONE)
		o->peer = view->peer;
	if (result == DTLS_FAILED)
		snprintf(o->reason, sizeof(o->reason), "%s", view->reason);
}

static ssize_t send_cookie(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	struct own *o = ptr;

	o->cookies++;
	return sendto(o->fd, buf, len, 0, (struct sockaddr *)&o->remote,
		      sizeof(struct sockaddr_in));
}

static void on_readable(void *priv, int status, int events)
{
	gnutls_dtls_prestate_st prestate = { 0 };
	struct own *o = priv;
	struct dtls_record r;
	uint8_t buf[4096];
	const uint8_t *data = buf;
	size_t len;
	ssize_t n;

	(void)status;
	(void)events;
	n = recv(o->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n < 0)
		return;
	len = (size_t)n;
	while (dtls_record_next(&data, &len, &r))
		if (r.epoch && r.number >= o->heard)
			o->heard = r.number + 1;
	if (!o->s) {
		assert_true(dtls_is_client_hello(buf, (size_t)n));
		if (gnutls_dtls_cookie_verify(&o->cookie_key, "peer", 4, buf, (size_t)n,
					      &prestate) < 0) {
			gnutls_dtls_cookie_send(&o->cookie_key, "peer", 4, &prestate, o,
						send_cookie);
			return;
		}
		assert_int_equal(dtls_session_new(&o->loop, o->fd, &o->remote, &prestate, own_cert,
						  o->psk, o->psk ? psk_priorities : priorities, on_result, o, &o->s), 0);
	}
	if (dtls_session_feed(o->s, buf, (size_t)n))
		dtls_session_step(o->s, o->fp, o->n_fp);
}

static int loopback(struct sockaddr_storage *at)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	memset(at, 0, sizeof(*at));
	memcpy(at, &in, sizeof(in));
	return fd;
}

/* Runs a handshake to its end. */
static void run(struct own *o, struct peer *p, bool server)
{
	struct sockaddr_storage here;

	o->server = server;
	o->fd = loopback(&here);
	p->fd = loopback(&o->remote);
	assert_int_equal(connect(p->fd, (struct sockaddr *)&here, sizeof(struct sockaddr_in)), 0);
	p->server = !server;
	p->cert = peer_cert;
	loop_open(&o->loop);
	gnutls_key_generate(&o->cookie_key, GNUTLS_COOKIE_KEY_SIZE);
	watch_start(&o->watch, &o->loop, o->fd, UV_READABLE, on_readable, o);
	if (!server) {
		assert_int_equal(dtls_session_new(&o->loop, o->fd, &o->remote, NULL, own_cert,
						  o->psk, o->psk ? psk_priorities : priorities, on_result, o, &o->s), 0);
		dtls_session_step(o->s, o->fp, o->n_fp);
	}
	pthread_create(&p->thread, NULL, peer_run, p);
	uv_run(&o->loop, UV_RUN_DEFAULT);
	assert_true(o->done);
}

static void end(struct own *o, struct peer *p, enum handshake_end how)
{
	dtls_session_free(o->s, how);
	p->stop = how == HANDSHAKE_END_SILENT;
	pthread_join(p->thread, NULL);
	close(p->fd);
	close(o->fd);
	gnutls_free(o->cookie_key.data);
	loop_close(&o->loop);
}

#define PATIENCE	3000	/* times 20 ms */

/*
 * What the peer says now is heard, and answered with these record numbers, until it is up
 * (or, if it wants another handshake, has seen an alert) or has sent @datagrams.
 */
static void listen_on(struct own *o, const struct peer *p, uint64_t first, unsigned int count,
		      unsigned int datagrams)
{
	struct pollfd pfd = { .fd = o->fd, .events = POLLIN };
	uint8_t buf[4096];
	unsigned int i;
	ssize_t n;

	for (i = 0; i < PATIENCE && datagrams; i++) {
		if (p->renegotiate ? p->alerts : p->up)
			break;
		/* It may have spoken while the last step of the handshake was taken here. */
		if (!dtls_session_waiting(o->s)) {
			if (poll(&pfd, 1, 20) != 1)
				continue;
			datagrams--;
			n = recv(o->fd, buf, sizeof(buf), MSG_DONTWAIT);
			if (n < 0 || !dtls_session_feed(o->s, buf, (size_t)n))
				continue;
		}
		dtls_session_reserved(o->s, first, count);
		first += count;
		dtls_session_step(o->s, o->fp, 0);
		uv_run(&o->loop, UV_RUN_DEFAULT);
	}
}

/* Until so many records with keys on them have come to the peer. */
static void wait_seen(const struct peer *p, uint64_t count)
{
	unsigned int i;

	for (i = 0; i < PATIENCE && p->seen < count; i++)
		usleep(20000);
	assert_in_range(count, 1, p->seen);
}

static void on_later(void *priv, enum dtls_result result, const struct dtls_view *view)
{
	(void)priv;
	(void)result;
	(void)view;
}

/* --- cases --- */

static void suites(void **state)
{
	static const struct {
		const char *name;
		gnutls_cipher_algorithm_t cipher;
		size_t key, iv;
	} all[] = {
		{ "AES-128-GCM", GNUTLS_CIPHER_AES_128_GCM, 16, 4 },
		{ "AES-256-GCM", GNUTLS_CIPHER_AES_256_GCM, 32, 4 },
		{ "CHACHA20-POLY1305", GNUTLS_CIPHER_CHACHA20_POLY1305, 32, 12 },
		{ "AES-128-CCM", GNUTLS_CIPHER_AES_128_CCM, 16, 4 },
		{ "AES-128-CCM-8", GNUTLS_CIPHER_AES_128_CCM_8, 16, 4 },
	};
	char text[200];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * sizeof(all) / sizeof(all[0]); i++) {
		struct peer p = { .priorities = text, .with_cert = true };
		struct dtls_key rx, tx;
		struct own o = { 0 };

		snprintf(text, sizeof(text), "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CIPHER-ALL:+%s",
			 all[i / 2].name);
		o.fp[0] = peer_cert->digests.of[BEARER_SHA256];
		o.n_fp = 1;
		run(&o, &p, i % 2);
		if (o.result != DTLS_DONE)
			fail_msg("%s, %s: %s", text, i % 2 ? "server" : "client", o.reason);
		assert_memory_equal(&o.peer, &peer_cert->digests, sizeof(o.peer));
		/* both repeat what is not answered in time */
		assert_int_equal(o.cookies > 0, i % 2);
		assert_int_equal(dtls_session_cipher(o.s), all[i / 2].cipher);
		assert_int_equal(dtls_session_keys(o.s, &rx, &tx), 0);
		assert_int_equal(rx.epoch, 1);
		assert_int_equal(tx.epoch, 1);
		/* Finished was the first record under each key; it may have been repeated. */
		assert_in_range(rx.number, 1, o.heard);
		assert_true(tx.number);
		wait_seen(&p, tx.number);
		assert_int_equal(p.number[tx.number - 1], tx.number - 1);
		assert_int_equal(rx.key_len, all[i / 2].key);
		assert_int_equal(tx.iv_len, all[i / 2].iv);
		while (!p.up)
			usleep(1000);
		assert_memory_equal(rx.key, p.tx_key, rx.key_len);
		assert_memory_equal(tx.key, p.rx_key, tx.key_len);
		assert_memory_equal(rx.iv, p.tx_iv, rx.iv_len);
		assert_memory_equal(tx.iv, p.rx_iv, tx.iv_len);
		end(&o, &p, HANDSHAKE_END_SILENT);
	}
}

static void suites_of_old(void **state)
{
	static const char *const old[] = {
		"NORMAL:-VERS-ALL:+VERS-DTLS1.2:-CIPHER-ALL:+AES-128-CBC",
		"NORMAL:-VERS-ALL:+VERS-DTLS1.0:+AES-128-CBC:+SHA1",
		"NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+RSA",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct peer p = { .priorities = old[i], .with_cert = true };
		struct own o = { 0 };

		run(&o, &p, true);
		assert_int_equal(o.result, DTLS_FAILED);
		end(&o, &p, HANDSHAKE_END_SILENT);
	}
}

/* RFC 8449: the module could not be told, and would send what the far end does not take. */
static void small_records(void **state)
{
	unsigned int server;

	(void)state;
	for (server = 0; server < 2; server++) {
		struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-DTLS1.2", .with_cert = true,
				  .record = 2000 };
		struct own o = { 0 };

		run(&o, &p, server);
		assert_int_equal(o.result, DTLS_FAILED);
		assert_string_equal(o.reason, "the far end wants records of at most 2000 octets");
		end(&o, &p, HANDSHAKE_END_CLOSE_NOTIFY);
		assert_int_equal(p.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	}
}

#define KEY	"sixteen octets at the very least"

static void pre_shared_key(void **state)
{
	static const struct {
		const char *name;
		gnutls_cipher_algorithm_t cipher;
	} all[] = {
		{ "PSK:+AES-128-GCM", GNUTLS_CIPHER_AES_128_GCM },
		{ "DHE-PSK:+AES-256-GCM", GNUTLS_CIPHER_AES_256_GCM },
		{ "ECDHE-PSK:+CHACHA20-POLY1305", GNUTLS_CIPHER_CHACHA20_POLY1305 },
		{ "PSK:+AES-128-CCM", GNUTLS_CIPHER_AES_128_CCM },
		{ "PSK:+AES-128-CCM-8", GNUTLS_CIPHER_AES_128_CCM_8 },
	};
	char text[200];
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * sizeof(all) / sizeof(all[0]); i++) {
		struct peer p = { .priorities = text, .psk = KEY };
		struct own o = { .psk = psk_new((const uint8_t *)KEY, strlen(KEY),
						i & 2 ? "somebody" : "") };
		struct dtls_key rx, tx;

		snprintf(text, sizeof(text),
			 "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:-CIPHER-ALL:+%s", all[i / 2].name);
		run(&o, &p, i % 2);
		if (o.result != DTLS_DONE)
			fail_msg("%s, %s: %s", text, i % 2 ? "server" : "client", o.reason);
		assert_ptr_equal(dtls_session_psk(o.s), o.psk);
		assert_int_equal(dtls_session_cipher(o.s), all[i / 2].cipher);
		assert_int_equal(dtls_session_keys(o.s, &rx, &tx), 0);
		while (!p.up)
			usleep(1000);
		end(&o, &p, HANDSHAKE_END_SILENT);
		psk_put(o.psk);
	}
}

/* Neither a certificate nor a key under another name stands in for it. */
static void no_other_key(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct peer p = { .priorities = i ? "NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:+PSK" :
				  "NORMAL:-VERS-ALL:+VERS-DTLS1.2",
				  .with_cert = !i, .psk = i ? KEY : NULL };
		struct own o = { .psk = psk_new((const uint8_t *)KEY, strlen(KEY), "alice") };

		run(&o, &p, true);
		assert_int_equal(o.result, DTLS_FAILED);
		if (i)
			assert_non_null(strstr(o.reason, "named another identity"));
		end(&o, &p, HANDSHAKE_END_SILENT);
		assert_true(p.result < 0);
		psk_put(o.psk);
	}
}

static void wrong_fingerprint(void **state)
{
	unsigned int server;

	(void)state;
	for (server = 0; server < 2; server++) {
		struct peer p = { .priorities = "NORMAL", .with_cert = true };
		struct own o = { .n_fp = 1 };

		o.fp[0] = own_cert->digests.of[BEARER_SHA256];
		run(&o, &p, server);
		assert_int_equal(o.result, DTLS_FAILED);
		assert_non_null(strstr(o.reason, "fingerprint"));
		end(&o, &p, HANDSHAKE_END_BAD_CERTIFICATE);
		assert_int_equal(p.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
		assert_int_equal(p.alert, GNUTLS_A_BAD_CERTIFICATE);
	}
}

static void fingerprint_that_comes_late_and_is_wrong(void **state)
{
	struct peer p = { .priorities = "NORMAL", .with_cert = true };
	struct own o = { 0 };

	(void)state;
	run(&o, &p, true);
	assert_int_equal(o.result, DTLS_DONE);
	end(&o, &p, HANDSHAKE_END_BAD_CERTIFICATE);
	assert_int_equal(p.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(p.alert, GNUTLS_A_BAD_CERTIFICATE);
}

static void no_certificate(void **state)
{
	struct peer p = { .priorities = "NORMAL" };
	struct own o = { 0 };

	(void)state;
	run(&o, &p, true);
	assert_int_equal(o.result, DTLS_FAILED);
	end(&o, &p, HANDSHAKE_END_SILENT);
}

/* The peer's Finished comes again, and ours with a number that was set aside. */
static void last_flight_again(void **state)
{
	struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-DTLS1.2", .with_cert = true };
	struct own o = { 0 };
	unsigned int i, fresh = 0;

	(void)state;
	p.deaf = true;
	run(&o, &p, true);
	assert_int_equal(o.result, DTLS_DONE);
	dtls_session_taken(o.s, on_later);
	/* the last flight has come, and gone */
	while (!p.seen)
		usleep(1000);
	p.deaf = false;
	listen_on(&o, &p, 1000, 4, 100);
	assert_true(p.up);
	for (i = 0; i < p.seen; i++) {
		assert_true(p.number[i] == 0 || p.number[i] >= 1000);
		fresh += p.number[i] >= 1000;
	}
	assert_true(fresh);
	end(&o, &p, HANDSHAKE_END_SILENT);
}

/* Without numbers nothing encrypted leaves: the module counts now. */
static void nothing_without_a_reservation(void **state)
{
	struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-DTLS1.2", .with_cert = true };
	struct own o = { 0 };
	unsigned int i;

	(void)state;
	p.deaf = true;
	run(&o, &p, true);
	dtls_session_taken(o.s, on_later);
	/* the last flight has come, and gone */
	while (!p.seen)
		usleep(1000);
	p.deaf = false;
	/* flights for some seconds: GnuTLS does not answer each of them */
	listen_on(&o, &p, 1000, 0, 30);
	assert_false(p.up);
	for (i = 0; i < p.seen; i++)
		assert_int_equal(p.number[i], 0);
	/* nor at the end */
	dtls_session_free(o.s, HANDSHAKE_END_CLOSE_NOTIFY);
	usleep(200000);
	for (i = 0; i < p.seen; i++)
		assert_int_equal(p.number[i], 0);
	p.stop = true;
	pthread_join(p.thread, NULL);
	close(p.fd);
	close(o.fd);
	gnutls_free(o.cookie_key.data);
	loop_close(&o.loop);
}

static void renegotiation_is_refused(void **state)
{
	struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-DTLS1.2", .with_cert = true };
	struct own o = { 0 };
	unsigned int i, alerts = 0;

	(void)state;
	p.renegotiate = true;
	run(&o, &p, true);
	dtls_session_taken(o.s, on_later);
	listen_on(&o, &p, 500, 2, 100);
	for (i = 0; i < p.seen; i++)
		alerts += p.type[i] == DTLS_ALERT && p.number[i] >= 500;
	assert_true(alerts);
	end(&o, &p, HANDSHAKE_END_SILENT);
}

static void ended_while_busy(void **state)
{
	struct sockaddr_storage here, there;
	struct own o = { .result = DTLS_DONE };

	(void)state;
	o.fd = loopback(&here);
	close(loopback(&there));
	loop_open(&o.loop);
	assert_int_equal(dtls_session_new(&o.loop, o.fd, &there, NULL, own_cert, NULL, priorities,
					  on_result, &o, &o.s), 0);
	dtls_session_step(o.s, o.fp, 0);
	assert_true(dtls_session_busy(o.s));
	dtls_session_free(o.s, HANDSHAKE_END_CLOSE_NOTIFY);
	uv_run(&o.loop, UV_RUN_DEFAULT);
	/* the callback was not called */
	assert_int_equal(o.result, DTLS_DONE);
	close(o.fd);
	loop_close(&o.loop);
}

static void records(void **state)
{
	static const uint8_t two[] = {
		22, 254, 253, 0, 0, 0, 0, 0, 0, 1, 2, 0, 2, 1, 9,
		23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 7, 0, 0,
	};
	const uint8_t *p = two;
	size_t len = sizeof(two), cut;
	struct dtls_record r;

	(void)state;
	assert_true(dtls_is_client_hello(two, sizeof(two)));
	assert_true(dtls_record_next(&p, &len, &r));
	assert_int_equal(r.type, 22);
	assert_int_equal(r.epoch, 0);
	assert_int_equal(r.number, 258);
	assert_int_equal(r.len, 2);
	assert_int_equal(r.body[1], 9);
	assert_false(dtls_is_client_hello(p, len));
	assert_true(dtls_record_next(&p, &len, &r));
	assert_int_equal(r.type, 23);
	assert_int_equal(r.epoch, 1);
	assert_int_equal(r.number, 7);
	assert_int_equal(len, 0);
	assert_false(dtls_record_next(&p, &len, &r));
	for (cut = 0; cut < 15; cut++)
		assert_false(dtls_is_client_hello(two, cut));
	/* RTP and STUN */
	assert_false(dtls_is_client_hello("\x80\0\0\0\0\0\0\0\0\0\0\0\0\1\1", 15));
	assert_false(dtls_is_client_hello("\0\1\0\0\0\0\0\0\0\0\0\0\0\1\1", 15));
}

static int setup(void **state)
{
	struct log quiet;

	(void)state;
	log_init(&quiet, 2, LOG_LEVEL_ERROR);
	return cert_self_signed(&quiet, NULL, &own_cert) ||
	       cert_self_signed(&quiet, NULL, &peer_cert) ||
	       gnutls_priority_init(&priorities, DTLS_PRIORITIES, NULL) ||
	       gnutls_priority_init(&psk_priorities, DTLS_PSK_PRIORITIES, NULL);
}

static int teardown(void **state)
{
	(void)state;
	cert_put(own_cert);
	cert_put(peer_cert);
	gnutls_priority_deinit(priorities);
	gnutls_priority_deinit(psk_priorities);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites),
		cmocka_unit_test(suites_of_old),
		cmocka_unit_test(small_records),
		cmocka_unit_test(pre_shared_key),
		cmocka_unit_test(no_other_key),
		cmocka_unit_test(wrong_fingerprint),
		cmocka_unit_test(fingerprint_that_comes_late_and_is_wrong),
		cmocka_unit_test(no_certificate),
		cmocka_unit_test(last_flight_again),
		cmocka_unit_test(nothing_without_a_reservation),
		cmocka_unit_test(renegotiation_is_refused),
		cmocka_unit_test(ended_while_busy),
		cmocka_unit_test(records),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
