// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handshakes against a GnuTLS peer in a thread of its own: results, alerts, and
 * that nothing is taken from the socket that comes after the handshake.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "bearer/handshake.h"
#include "bearer/psk.h"
#include "bearer/sessions.h"
#include "bearer/suites.h"
#include "bearer/watch.h"
#include "config.h"
#include "lib/log.h"
#include "loop_lab.h"

#define GREETING	"hello, this comes right behind Finished"

struct peer {
	pthread_t thread;
	int fd;
	bool server, with_cert;
	const char *priorities;
	struct cert *cert;
	const char *psk, *identity;	/* a key in text, or NULL */
	int result, alert;
	size_t record;			/* what it wants records to be at most; 0: it does not say */
	bool wants_ticket, gets_ticket;
	gnutls_datum_t session;		/* to resume; from the session, with wants_ticket */
};

struct own {
	uv_loop_t loop;
	struct watch *watch;
	struct handshake *h;
	struct psk *psk;
	const gnutls_datum_t *tickets;	/* NULL: none */
	int fd;
	struct bearer_fingerprint fp[1];
	unsigned int n_fp;
	enum handshake_result result;
	struct fingerprint_set peer;
	bool resumption;		/* of a client */
	bool resumed;
	char reason[200], no_ktls[128];
	unsigned int steps;
	bool wait_for_more;		/* before a step: until the peer has sent all it will */
};

static struct cert *own_cert, *peer_cert;
static gnutls_priority_t priorities, psk_priorities, ticket_priorities;
static gnutls_datum_t tickets;

static int peer_key(gnutls_session_t s, const char *name, gnutls_datum_t *key)
{
	const struct peer *p = gnutls_session_get_ptr(s);

	(void)name;
	key->size = (unsigned int)strlen(p->psk);
	key->data = gnutls_malloc(key->size);
	memcpy(key->data, p->psk, key->size);
	return 0;
}

static void *peer_run(void *arg)
{
	struct peer *p = arg;
	gnutls_certificate_credentials_t none;
	gnutls_psk_client_credentials_t psk_client;
	gnutls_psk_server_credentials_t psk_server;
	gnutls_session_t s;
	char c;
	int err;

	gnutls_certificate_allocate_credentials(&none);
	gnutls_psk_allocate_client_credentials(&psk_client);
	gnutls_psk_allocate_server_credentials(&psk_server);
	gnutls_psk_set_server_credentials_function(psk_server, peer_key);
	gnutls_psk_set_server_known_dh_params(psk_server, GNUTLS_SEC_PARAM_MEDIUM);
	gnutls_init(&s, p->server ? GNUTLS_SERVER : GNUTLS_CLIENT);
	gnutls_priority_set_direct(s, p->priorities, NULL);
	gnutls_session_set_ptr(s, p);
	if (p->psk) {
		gnutls_datum_t key = { (unsigned char *)p->psk, (unsigned int)strlen(p->psk) };

		gnutls_psk_set_client_credentials(psk_client, p->identity, &key, GNUTLS_PSK_KEY_RAW);
		if (p->server)
			gnutls_credentials_set(s, GNUTLS_CRD_PSK, psk_server);
		else
			gnutls_credentials_set(s, GNUTLS_CRD_PSK, psk_client);
	} else {
		gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE,
				       p->with_cert ? p->cert->cred : none);
	}
	if (p->server && !p->psk)
		gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUEST);
	gnutls_transport_set_int(s, p->fd);
	if (p->record)
		gnutls_record_set_max_recv_size(s, p->record);
	if (p->session.data)
		gnutls_session_set_data(s, p->session.data, p->session.size);
	do {
		err = gnutls_handshake(s);
	} while (err < 0 && !gnutls_error_is_fatal(err));
	if (err < 0)
		gnutls_alert_send_appropriate(s, err);
	if (err == 0 && p->wants_ticket) {
		unsigned int i;

		/* TLS 1.3 sends it behind the handshake, and GnuTLS waits for it no longer than 50 ms. */
		for (i = 0; i < 200 && !err; i++) {
			gnutls_free(p->session.data);
			err = gnutls_session_get_data2(s, &p->session);
			if (!p->gets_ticket || gnutls_session_get_flags(s) & GNUTLS_SFLAGS_SESSION_TICKET)
				break;
		}
	}
	if (err == 0)
		gnutls_record_send(s, GREETING, sizeof(GREETING));
	if (err == 0)
		err = (int)gnutls_record_recv(s, &c, 1);
	p->result = err;
	p->alert = err == GNUTLS_E_FATAL_ALERT_RECEIVED ? (int)gnutls_alert_get(s) : -1;
	shutdown(p->fd, SHUT_RDWR);
	gnutls_deinit(s);
	gnutls_certificate_free_credentials(none);
	gnutls_psk_free_client_credentials(psk_client);
	gnutls_psk_free_server_credentials(psk_server);
	return NULL;
}

static void on_ready(void *priv, int status, int events)
{
	struct own *o = priv;

	(void)status;
	(void)events;
	watch_stop(&o->watch);
	if (o->wait_for_more) {
		int before = -1, now = 0;
		char buf[16384];

		/* until nothing more came within 100 ms, so that data is there with Finished */
		while (now != before) {
			before = now;
			usleep(100000);
			now = (int)recv(o->fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
		}
	}
	o->steps++;
	handshake_step(o->h, o->fp, o->n_fp);
}

static void on_result(void *priv, enum handshake_result result, const struct handshake_view *view)
{
	struct own *o = priv;

	o->result = result;
	if (result == HANDSHAKE_WANTS_READ)
		watch_start(&o->watch, &o->loop, o->fd, UV_READABLE, on_ready, o);
	else if (result == HANDSHAKE_WANTS_WRITE)
		watch_start(&o->watch, &o->loop, o->fd, UV_WRITABLE, on_ready, o);
	else if (result == HANDSHAKE_DONE) {
		o->peer = view->peer;
		o->resumed = view->resumed;
		snprintf(o->no_ktls, sizeof(o->no_ktls), "%s", view->no_ktls ? view->no_ktls : "");
	} else if (result == HANDSHAKE_FAILED)
		snprintf(o->reason, sizeof(o->reason), "%s", view->reason);
}

static void run(struct own *o, struct peer *p, bool server)
{
	const struct handshake_how how = {
		.server = server, .cert = own_cert, .psk = o->psk, .tickets = o->tickets,
		.resumption = o->resumption,
		.priorities = o->psk ? psk_priorities : o->tickets || o->resumption ? ticket_priorities : priorities,
	};
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	o->fd = fd[0];
	p->fd = fd[1];
	p->server = !server;
	p->cert = peer_cert;
	loop_open(&o->loop);
	assert_int_equal(handshake_new(&o->loop, fd[0], &how, on_result, o, &o->h), 0);
	pthread_create(&p->thread, NULL, peer_run, p);
	handshake_step(o->h, o->fp, o->n_fp);
	uv_run(&o->loop, UV_RUN_DEFAULT);
}

static void end(struct own *o, struct peer *p)
{
	shutdown(o->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->fd);
	close(o->fd);
	loop_close(&o->loop);
}

/* What is left in the socket is whole records of application data, from the first octet on. */
static void assert_left_for_the_kernel(int fd)
{
	unsigned char buf[1024];
	ssize_t n = -1;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&pfd, 1, 5000), 1);
	n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	assert_true(n > 5);
	assert_int_equal(buf[0], 23);
	assert_int_equal(buf[1], 3);
	assert_int_equal(buf[2], 3);
	assert_int_equal(n, 5 + (buf[3] << 8 | buf[4]));
	assert_true((size_t)n > sizeof(GREETING));
}

static void matrix(void **state)
{
	static const char *const suites[] = {
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_TICKETS",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305:%NO_TICKETS",
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * sizeof(suites) / sizeof(suites[0]); i++) {
		struct peer p = { .priorities = suites[i / 2], .with_cert = true };
		struct own o = { .wait_for_more = true };

		o.fp[0] = peer_cert->digests.of[BEARER_SHA256];
		o.n_fp = 1;
		run(&o, &p, i % 2);
		if (o.result != HANDSHAKE_DONE)
			fail_msg("%s, %s: %s", suites[i / 2], i % 2 ? "server" : "client", o.reason);
		assert_memory_equal(&o.peer, &peer_cert->digests, sizeof(o.peer));
		assert_string_equal(o.no_ktls, "");
		assert_left_for_the_kernel(o.fd);
		assert_int_equal(handshake_free(o.h, HANDSHAKE_END_SILENT), o.fd);
		end(&o, &p);
	}
}

/* RFC 8449: kTLS could not be told, and would send what the far end does not take. */
static void small_records(void **state)
{
	static const char *const suites[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.3",
					      "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct peer p = { .priorities = suites[i / 2], .with_cert = true, .record = 2000 };
		struct own o = { 0 };

		run(&o, &p, i % 2);
		assert_int_equal(o.result, HANDSHAKE_DONE);
		assert_string_equal(o.no_ktls, "the far end wants records of at most 2000 octets");
		handshake_free(o.h, HANDSHAKE_END_SILENT);
		end(&o, &p);
	}
}

static void unknown_fingerprint_passes_for_now(void **state)
{
	struct peer p = { .priorities = "NORMAL", .with_cert = true };
	struct own o = { 0 };

	(void)state;
	run(&o, &p, true);
	assert_int_equal(o.result, HANDSHAKE_DONE);
	assert_memory_equal(&o.peer, &peer_cert->digests, sizeof(o.peer));
	/* ... and turns out to be wrong */
	handshake_free(o.h, HANDSHAKE_END_BAD_CERTIFICATE);
	pthread_join(p.thread, NULL);
	assert_int_equal(p.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(p.alert, GNUTLS_A_BAD_CERTIFICATE);
	close(p.fd);
	close(o.fd);
	loop_close(&o.loop);
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
		assert_int_equal(o.result, HANDSHAKE_FAILED);
		assert_non_null(strstr(o.reason, "fingerprint"));
		handshake_free(o.h, HANDSHAKE_END_SILENT);
		pthread_join(p.thread, NULL);
		assert_int_equal(p.result, GNUTLS_E_FATAL_ALERT_RECEIVED);
		assert_int_equal(p.alert, GNUTLS_A_BAD_CERTIFICATE);
		close(p.fd);
		close(o.fd);
		loop_close(&o.loop);
	}
}

static void no_certificate(void **state)
{
	struct peer p = { .priorities = "NORMAL" };
	struct own o = { 0 };

	(void)state;
	run(&o, &p, true);
	assert_int_equal(o.result, HANDSHAKE_FAILED);
	handshake_free(o.h, HANDSHAKE_END_SILENT);
	end(&o, &p);
}

static void suites_of_old(void **state)
{
	struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC",
			  .with_cert = true };
	struct own o = { 0 };

	(void)state;
	run(&o, &p, true);
	assert_int_equal(o.result, HANDSHAKE_FAILED);
	handshake_free(o.h, HANDSHAKE_END_SILENT);
	end(&o, &p);
}

#define PSK	"sixteen octets at the very least"
#define OTHER	"sixteen octets, and other ones.."

static const char *const psk_suites[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA256:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-PSK:-CIPHER-ALL:+AES-128-GCM:%NO_TICKETS",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+CHACHA20-POLY1305:%NO_TICKETS",
};

#define N_PSK_SUITES	(sizeof(psk_suites) / sizeof(psk_suites[0]))

static void psk_with(struct own *o, struct peer *p, const char *identity, bool server)
{
	o->psk = psk_new((const uint8_t *)PSK, strlen(PSK), identity);
	run(o, p, server);
	psk_put(o->psk);
}

static void psk_matrix(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * N_PSK_SUITES; i++) {
		struct peer p = { .priorities = psk_suites[i / 2], .psk = PSK,
				  .identity = "somebody" };
		struct own o = { .wait_for_more = true };

		psk_with(&o, &p, i & 2 ? "" : "somebody", i % 2);
		if (o.result != HANDSHAKE_DONE)
			fail_msg("%s, %s: %s", psk_suites[i / 2], i % 2 ? "server" : "client",
				 o.reason);
		assert_ptr_equal(handshake_psk(o.h), o.psk);
		assert_left_for_the_kernel(o.fd);
		assert_int_equal(handshake_free(o.h, HANDSHAKE_END_SILENT), o.fd);
		end(&o, &p);
	}
}

static void psk_that_differs(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * N_PSK_SUITES; i++) {
		struct peer p = { .priorities = psk_suites[i / 2], .psk = OTHER, .identity = "x" };
		struct own o = { 0 };

		psk_with(&o, &p, "", i % 2);
		assert_int_equal(o.result, HANDSHAKE_FAILED);
		if (!strstr(o.reason, "seems to have another pre-shared key"))
			fail_msg("%s, %s: %s", psk_suites[i / 2], i % 2 ? "server" : "client",
				 o.reason);
		handshake_free(o.h, HANDSHAKE_END_SILENT);
		end(&o, &p);
		assert_true(p.result < 0);
	}
}

static void psk_of_another_identity(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < N_PSK_SUITES; i++) {
		struct peer p = { .priorities = psk_suites[i], .psk = PSK, .identity = "mallory" };
		struct own o = { 0 };

		psk_with(&o, &p, "alice", true);
		assert_int_equal(o.result, HANDSHAKE_FAILED);
		assert_non_null(strstr(o.reason, "identity"));
		handshake_free(o.h, HANDSHAKE_END_SILENT);
		end(&o, &p);
	}
}

/* A certificate, whosever it is, does not stand in for the key. */
static void certificate_instead_of_psk(void **state)
{
	static const char *const suites[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
					      "NORMAL:-VERS-ALL:+VERS-TLS1.3" };
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct peer p = { .priorities = suites[i / 2], .with_cert = true };
		struct own o = { 0 };

		psk_with(&o, &p, "", i % 2);
		assert_int_equal(o.result, HANDSHAKE_FAILED);
		handshake_free(o.h, HANDSHAKE_END_SILENT);
		end(&o, &p);
		assert_true(p.result < 0);
	}
}

static const char *const ticket_versions[] = { "NORMAL:-VERS-ALL:+VERS-TLS1.2",
					       "NORMAL:-VERS-ALL:+VERS-TLS1.3" };

/* Two connections with one ticket. Return: was the second one resumed? */
static bool twice(const char *version, bool with_tickets, const struct cert *second,
		  struct own *o, gnutls_datum_t *session)
{
	struct peer p = { .priorities = version, .with_cert = true, .wants_ticket = true,
			  .gets_ticket = with_tickets };
	struct own first = { .tickets = with_tickets ? &tickets : NULL, .n_fp = 1 };
	struct peer again = { .priorities = version, .with_cert = true };

	first.fp[0] = peer_cert->digests.of[BEARER_SHA256];
	run(&first, &p, true);
	assert_int_equal(first.result, HANDSHAKE_DONE);
	assert_false(first.resumed);
	handshake_free(first.h, HANDSHAKE_END_SILENT);
	end(&first, &p);

	*o = (struct own){ .tickets = first.tickets, .n_fp = second != NULL };
	if (second)
		o->fp[0] = second->digests.of[BEARER_SHA256];
	again.session = p.session;
	run(o, &again, true);
	handshake_free(o->h, HANDSHAKE_END_SILENT);
	end(o, &again);
	*session = again.session;
	gnutls_free(session->data);
	return o->resumed;
}

static void a_session_is_resumed(void **state)
{
	gnutls_datum_t session;
	struct own o;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_true(twice(ticket_versions[i], true, peer_cert, &o, &session));
		assert_int_equal(o.result, HANDSHAKE_DONE);
		assert_memory_equal(&o.peer, &peer_cert->digests, sizeof(o.peer));
		/* whoever it is will be looked at later */
		assert_true(twice(ticket_versions[i], true, NULL, &o, &session));
		assert_memory_equal(&o.peer, &peer_cert->digests, sizeof(o.peer));
		assert_false(twice(ticket_versions[i], false, peer_cert, &o, &session));
		assert_int_equal(o.result, HANDSHAKE_DONE);
	}
}

/* A ticket of one call is of no use in another one, with another far end. */
static void resumed_by_somebody_else(void **state)
{
	gnutls_datum_t session;
	struct own o;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		twice(ticket_versions[i], true, own_cert, &o, &session);
		assert_int_equal(o.result, HANDSHAKE_FAILED);
		assert_non_null(strstr(o.reason, "fingerprint"));
	}
}

/* Where a client looks for a ticket, user data may come; they are not lost. */
static void data_in_place_of_a_ticket(void **state)
{
	struct peer p = { .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%NO_TICKETS",
			  .with_cert = true };
	struct own o = { .resumption = true };
	struct handshake_session s;
	struct session session;
	uint64_t life;

	(void)state;
	run(&o, &p, false);
	assert_int_equal(o.result, HANDSHAKE_DONE);
	do {
		struct pollfd pfd = { .fd = o.fd, .events = POLLIN };

		assert_int_equal(poll(&pfd, 1, 5000), 1);
		handshake_ticket(o.h);
		uv_run(&o.loop, UV_RUN_DEFAULT);
	} while (o.result == HANDSHAKE_WANTS_READ);
	assert_int_equal(o.result, HANDSHAKE_TICKET);
	assert_false(handshake_resumable(o.h, &session, &life));
	handshake_take(o.h, &s);
	assert_int_equal(s.early_len, sizeof(GREETING));
	assert_memory_equal(s.early, GREETING, sizeof(GREETING));
	free(s.early);
	cert_put(s.cert);
	gnutls_deinit(s.session);
	end(&o, &p);
}

static void ended_while_busy(void **state)
{
	struct peer p = { .priorities = "NORMAL", .with_cert = true };
	struct own o = { .result = HANDSHAKE_ARMED };
	const struct handshake_how how = { .server = true, .cert = own_cert,
					   .priorities = priorities };
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	p.fd = fd[1];
	p.cert = peer_cert;
	loop_open(&o.loop);
	handshake_new(&o.loop, fd[0], &how, on_result, &o, &o.h);
	pthread_create(&p.thread, NULL, peer_run, &p);
	usleep(50000);
	handshake_step(o.h, o.fp, 0);
	assert_true(handshake_busy(o.h));
	assert_int_equal(handshake_free(o.h, HANDSHAKE_END_CLOSE_NOTIFY), -1);
	uv_run(&o.loop, UV_RUN_DEFAULT);
	/* the callback was not called, and the socket is closed: the peer sees the end */
	assert_int_equal(o.result, HANDSHAKE_ARMED);
	pthread_join(p.thread, NULL);
	assert_true(p.result < 0);
	close(p.fd);
	loop_close(&o.loop);
}

static void stay(void *priv, int status, int events)
{
	(void)priv;
	(void)status;
	(void)events;
}

/* A descriptor that is no longer watched is in no epoll set: epoll says whether it is. */
static void watch_leaves_epoll(void **state)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct watch *w = NULL;
	uv_loop_t loop;
	int fd[2], epfd;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	loop_open(&loop);
	epfd = uv_backend_fd(&loop);
	assert_int_equal(watch_start(&w, &loop, fd[0], UV_READABLE, stay, NULL), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_ADD, fd[0], &ev), -1);
	assert_int_equal(errno, EEXIST);
	watch_stop(&w);
	assert_null(w);
	assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_DEL, fd[0], &ev), -1);
	assert_int_equal(errno, ENOENT);
	uv_run(&loop, UV_RUN_DEFAULT);
	loop_close(&loop);
	close(fd[0]);
	close(fd[1]);
}

static int setup(void **state)
{
	const struct config cfg = { .tls_versions = CONFIG_TLS_1_2 | CONFIG_TLS_1_3 };
	const struct config with_tickets = { .tls_versions = cfg.tls_versions,
					     .tls_resumption = true };
	struct log quiet;

	(void)state;
	log_init(&quiet, 2, LOG_LEVEL_ERROR);
	return cert_self_signed(&quiet, NULL, &own_cert) ||
	       cert_self_signed(&quiet, NULL, &peer_cert) ||
	       suites_init(&cfg, &priorities) || suites_psk_init(&cfg, &psk_priorities) ||
	       suites_init(&with_tickets, &ticket_priorities) ||
	       gnutls_session_ticket_key_generate(&tickets);
}

static int teardown(void **state)
{
	(void)state;
	cert_put(own_cert);
	cert_put(peer_cert);
	gnutls_priority_deinit(priorities);
	gnutls_priority_deinit(psk_priorities);
	gnutls_priority_deinit(ticket_priorities);
	gnutls_free(tickets.data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix),
		cmocka_unit_test(small_records),
		cmocka_unit_test(unknown_fingerprint_passes_for_now),
		cmocka_unit_test(wrong_fingerprint),
		cmocka_unit_test(no_certificate),
		cmocka_unit_test(suites_of_old),
		cmocka_unit_test(psk_matrix),
		cmocka_unit_test(psk_that_differs),
		cmocka_unit_test(psk_of_another_identity),
		cmocka_unit_test(certificate_instead_of_psk),
		cmocka_unit_test(a_session_is_resumed),
		cmocka_unit_test(resumed_by_somebody_else),
		cmocka_unit_test(data_in_place_of_a_ticket),
		cmocka_unit_test(ended_while_busy),
		cmocka_unit_test(watch_leaves_epoll),
	};

	/* The peer threads may write after the gateway has closed. */
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
