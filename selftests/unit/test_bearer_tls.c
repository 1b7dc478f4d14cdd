// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLS on a bearer's connection, against a GnuTLS server, up to where the module would get it: there
 * is none here, so that each of these connections ends with that. Which sessions are resumed, and
 * what is kept for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/bearer_private.h"
#include "bearer/cert.h"
#include "bearer/psk.h"
#include "bearer/suites.h"
#include "config.h"
#include "lib/log.h"
#include "loop_lab.h"

/* kTLS takes neither CBC nor small records. */
#define V12		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+SHA256"
#define V13		"NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define SMALL		1024

struct lab {
	uv_loop_t loop;
	struct config cfg;
	struct log log;
	struct bearer_env env;
	struct realm realm[2];
	struct cert *own;		/* what the gateway shows */
	struct bearer b;
	char reason[200];		/* of what came last */

	/* the server */
	struct cert *cert;
	const struct cert *signalled;	/* whose fingerprint was */
	const char *suites;
	const char *psk;		/* key of both ends, in text; NULL: certificates */
	gnutls_psk_server_credentials_t psk_cred;
	gnutls_datum_t ticket_key;	/* none: it gives out no tickets */
	struct sockaddr_in at;
	enum { TICKET, NOTHING, WARNING, PIECES } then;	/* what it sends behind the handshake */
	gnutls_session_t peer;
	int peer_fd;
	bool peer_shaken, done;
	uint8_t out[4096];		/* PIECES: held back */
	size_t out_len;
};

static struct lab one, *lab = &one;
static struct cert *own_cert, *peer_cert, *other_cert;

static void on_event(void *priv, enum bearer_event event, const char *reason)
{
	(void)priv;
	(void)event;
	snprintf(lab->reason, sizeof(lab->reason), "%s", reason);
}

static const struct bearer_ops ops = { .event = on_event };

static ssize_t peer_push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	(void)ptr;
	if (!lab->peer_shaken || lab->then != PIECES)
		return send(lab->peer_fd, buf, len, MSG_NOSIGNAL);
	assert_in_range(len, 1, sizeof(lab->out) - lab->out_len);
	memcpy(lab->out + lab->out_len, buf, len);
	lab->out_len += len;
	return (ssize_t)len;
}

static void turn(void)
{
	int err = lab->peer_shaken ? 0 : gnutls_handshake(lab->peer);

	assert_true(err == 0 || !gnutls_error_is_fatal(err) || lab->b.state == STATE_FAILED);
	lab->peer_shaken = err == 0;
	if (lab->peer_shaken && !lab->done) {
		lab->done = true;
		if (lab->then == WARNING)
			gnutls_alert_send(lab->peer, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
		else if (lab->then != NOTHING && lab->ticket_key.data &&
			 gnutls_protocol_get_version(lab->peer) == GNUTLS_TLS1_3)
			gnutls_session_ticket_send(lab->peer, 1, 0);
	}
	uv_run(&lab->loop, UV_RUN_NOWAIT);
	usleep(200);
}

#define UNTIL(condition)	TURN_UNTIL(condition, turn(), lab->reason)

/* Both ends of a connection to lab->at. */
static void tcp_pair(int *own, int *server)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	socklen_t len = sizeof(lab->at);

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(listener, (struct sockaddr *)&lab->at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&lab->at, &len), 0);
	*own = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*own, (struct sockaddr *)&lab->at, len), 0);
	*server = accept(listener, NULL, NULL);
	assert_true(*server >= 0);
	close(listener);
	fcntl(*own, F_SETFL, O_NONBLOCK);
	fcntl(*server, F_SETFL, O_NONBLOCK);
}

static int peer_key(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	(void)session;
	(void)identity;
	key->size = (unsigned int)strlen(lab->psk);
	key->data = gnutls_malloc(key->size);
	memcpy(key->data, lab->psk, key->size);
	return 0;
}

static void serve(void)
{
	lab->peer_shaken = false;
	lab->done = false;
	lab->out_len = 0;
	gnutls_init(&lab->peer, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_AUTO_SEND_TICKET);
	assert_int_equal(gnutls_priority_set_direct(lab->peer, lab->suites, NULL), 0);
	gnutls_record_set_max_recv_size(lab->peer, SMALL);
	if (lab->psk) {
		gnutls_psk_allocate_server_credentials(&lab->psk_cred);
		gnutls_psk_set_server_credentials_function(lab->psk_cred, peer_key);
		gnutls_credentials_set(lab->peer, GNUTLS_CRD_PSK, lab->psk_cred);
	} else {
		gnutls_credentials_set(lab->peer, GNUTLS_CRD_CERTIFICATE, lab->cert->cred);
		gnutls_certificate_server_set_request(lab->peer, GNUTLS_CERT_REQUIRE);
	}
	if (lab->ticket_key.data)
		gnutls_session_ticket_enable_server(lab->peer, &lab->ticket_key);
	gnutls_transport_set_int(lab->peer, lab->peer_fd);
	gnutls_transport_set_push_function(lab->peer, peer_push);
}

static struct psk *psk_of(const char *text)
{
	return psk_new((const uint8_t *)text, strlen(text), "");
}

/* A connection to the server, on which TLS begins. */
static void dial(void)
{
	struct bearer *b = &lab->b;

	memset(b, 0, sizeof(*b));
	b->env = &lab->env;
	b->ops = &ops;
	b->realm = &lab->realm[0];
	b->cert = cert_get(lab->own);
	b->local.ss_family = AF_INET;
	b->proto = BEARER_TLS;
	b->hold_fd = -1;
	b->listen_fd = -1;
	b->want = (struct bearer_want){ .proto = BEARER_TLS, .setup = BEARER_SETUP_ACTIVE,
					.dscp = KMGW_DSCP_KEEP };
	if (lab->signalled) {
		b->want.fp[0] = lab->signalled->digests.of[BEARER_SHA256];
		b->want.n_fp = 1;
	}
	if (lab->psk)
		b->want.psk = psk_of(lab->psk);
	lab->reason[0] = '\0';
	tcp_pair(&b->fd, &lab->peer_fd);
	serve();
	b->dialled = true;
	b->state = STATE_UP;
	b->tls_armed = true;
	tls_look(b);
}

static void hang_up(void)
{
	struct bearer *b = &lab->b;

	gnutls_deinit(lab->peer);
	if (lab->psk)
		gnutls_psk_free_server_credentials(lab->psk_cred);
	lab->peer_shaken = true;
	lab->done = true;
	tcp_close(b, TCP_CLOSE_ABORT, HANDSHAKE_END_SILENT);
	while (lab->env.userpaths.first)
		userpath_cut(lab->env.userpaths.first);
	/* Who ends first keeps the port busy. */
	linger_free_all(&lab->env);
	close(lab->peer_fd);
	env_forget_notes(b);
	psk_put(b->want.psk);
	cert_put(b->cert);
}

/* A whole connection, up to where the module would get it. Return: was a session resumed? */
static bool connection(void)
{
	bool resumed;

	dial();
	UNTIL(lab->b.state == STATE_FAILED && lab->reason[0]);
	if (!strstr(lab->reason, "the module does not take the connection"))
		fail_msg("%s", lab->reason);
	UNTIL(lab->peer_shaken);
	resumed = gnutls_session_is_resumed(lab->peer);
	hang_up();
	return resumed;
}

/* --- tests --- */

static int user_timeout(int fd)
{
	socklen_t len = sizeof(int);
	int ms = -1;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &len), 0);
	return ms;
}

/*
 * Through the agent what was sent may wait as long as all of keepalive's probes: the kernel lets
 * TCP_USER_TIMEOUT end a connection at the first that is lost.
 */
static void probes_come_first(void **state)
{
	static const struct {
		unsigned int keepalive, timeout;
		int through_agent;
	} cases[] = {
		{ 120000, 60000, 165000 },
		{ 10000, 60000, 60000 },
		{ 0, 60000, 60000 },
		{ 120000, 0, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab->cfg.tcp_keepalive = cases[i].keepalive;
		lab->cfg.tcp_user_timeout = cases[i].timeout;
		dial();
		UNTIL(lab->b.userpath);
		assert_int_equal(user_timeout(userpath_fd(lab->b.userpath)),
				 cases[i].through_agent);
		hang_up();
	}
}

static const char *const versions[] = { V12, V13 };

#define FOR_EACH_VERSION \
	for (unsigned int i_ = 0; i_ < 2 && (lab->suites = versions[i_]); i_++)

static void resumed_the_next_time(void **state)
{
	(void)state;
	FOR_EACH_VERSION {
		sessions_clear(&lab->env.sessions);
		lab->env.resumed = 0;
		assert_false(connection());
		assert_int_equal(lab->env.sessions.n, 1);
		assert_true(connection());
		assert_int_equal(lab->env.sessions.n, 1);
		assert_true(connection());
		assert_int_equal(lab->env.resumed, 2);
	}
}

static void not_unless_it_is_switched_on(void **state)
{
	(void)state;
	lab->cfg.tls_resumption = false;
	FOR_EACH_VERSION {
		assert_false(connection());
		assert_false(connection());
		assert_int_equal(lab->env.sessions.n, 0);
	}
}

static void not_where_anything_differs(void **state)
{
	struct sockaddr_in at;

	(void)state;
	FOR_EACH_VERSION {
		assert_false(connection());
		/* another port */
		at = lab->at;
		lab->at.sin_port = 0;
		assert_false(connection());
		lab->at = at;
		/* another certificate of ours */
		lab->own = other_cert;
		assert_false(connection());
		lab->own = own_cert;
		/* and with nothing else */
		assert_true(connection());
		sessions_clear(&lab->env.sessions);
	}
}

static void not_with_somebody_else(void **state)
{
	(void)state;
	FOR_EACH_VERSION {
		assert_false(connection());
		/* the far end has another certificate, as the signalling says; its tickets are good */
		lab->cert = other_cert;
		lab->signalled = other_cert;
		assert_false(connection());
		assert_int_equal(lab->env.sessions.n, 1);
		assert_true(connection());
		/* nobody has said yet who is there */
		lab->signalled = NULL;
		dial();
		UNTIL(lab->b.state == STATE_VERIFYING);
		assert_false(gnutls_session_is_resumed(lab->peer));
		hang_up();
		assert_int_equal(lab->env.sessions.n, 1);
		lab->cert = peer_cert;
		lab->signalled = peer_cert;
		sessions_clear(&lab->env.sessions);
	}
}

/* What is resumed counts as the certificate that was shown when it began. */
static void somebody_else_is_signalled_meanwhile(void **state)
{
	(void)state;
	FOR_EACH_VERSION {
		assert_false(connection());
		dial();
		lab->b.want.fp[0] = other_cert->digests.of[BEARER_SHA256];
		UNTIL(lab->b.state == STATE_FAILED && lab->reason[0]);
		assert_string_equal(lab->reason,
				    "the certificate does not fit the fingerprint signalled");
		assert_int_equal(lab->env.resumed, 0);
		hang_up();
		/* and is offered no more */
		assert_int_equal(lab->env.sessions.n, 0);
	}
}

static void signal_key(const char *key)
{
	struct bearer_want want = lab->b.want;

	want.psk = key ? psk_of(key) : NULL;
	assert_int_equal(bearer_apply(&lab->b, &want), 0);
	psk_put(want.psk);
}

/* A key that is taken back proves nothing any more, when another has come in its place. */
static void another_key_is_signalled_meanwhile(void **state)
{
	static const char *const suites[] = {
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+PSK:-CIPHER-ALL:+AES-128-CBC:+SHA256",
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+PSK",
	};
	unsigned int i, late;

	(void)state;
	lab->psk = "a key of many octets";
	lab->signalled = NULL;
	for (i = 0; i < 4; i++) {
		lab->suites = suites[i / 2];
		late = i % 2;
		dial();
		lab->b.wanted = true;
		signal_key(NULL);
		if (late)
			UNTIL(lab->b.state == STATE_VERIFYING);
		signal_key("another key of many octets");
		UNTIL(lab->b.state == STATE_FAILED && lab->reason[0]);
		assert_string_equal(lab->reason,
				    "the far end has another pre-shared key than was signalled");
		hang_up();
	}
}

static void the_server_gives_none(void **state)
{
	uint64_t begin;

	(void)state;
	lab->suites = V13;
	lab->then = NOTHING;
	lab->cfg.tls_ticket_wait = 300;
	begin = uv_hrtime();
	assert_false(connection());
	assert_true(uv_hrtime() - begin >= 300000000);
	assert_int_equal(lab->env.sessions.n, 0);
	/* what cannot be a ticket ends the wait */
	lab->then = WARNING;
	lab->cfg.tls_ticket_wait = 2 * LOOP_PATIENCE_MS;
	assert_false(connection());
	assert_int_equal(lab->env.sessions.n, 0);
	/* and there need not be any */
	lab->then = NOTHING;
	lab->cfg.tls_ticket_wait = 0;
	assert_false(connection());
}

static void the_ticket_comes_in_pieces(void **state)
{
	size_t sent;
	int mark;
	socklen_t len = sizeof(mark);

	(void)state;
	lab->suites = V13;
	lab->then = PIECES;
	lab->cfg.tls_ticket_wait = 2 * LOOP_PATIENCE_MS;
	dial();
	UNTIL(lab->done && lab->b.state == STATE_ARMING);
	assert_in_range(lab->out_len, 100, sizeof(lab->out));
	for (sent = 0; sent < lab->out_len; sent += 50) {
		size_t n = lab->out_len - sent < 50 ? lab->out_len - sent : 50;

		assert_int_equal(lab->b.state, STATE_ARMING);
		assert_int_equal(send(lab->peer_fd, lab->out + sent, n, 0), n);
		turn();
		turn();
	}
	UNTIL(lab->b.userpath);
	assert_int_equal(getsockopt(userpath_fd(lab->b.userpath), SOL_SOCKET, SO_RCVLOWAT, &mark,
				    &len), 0);
	assert_int_equal(mark, 1);
	assert_int_equal(lab->env.sessions.n, 1);
	hang_up();

	/* not all of it: the rest is left as it is */
	lab->cfg.tls_ticket_wait = 300;
	sessions_clear(&lab->env.sessions);
	dial();
	UNTIL(lab->done && lab->b.state == STATE_ARMING);
	assert_int_equal(send(lab->peer_fd, lab->out, 50, 0), 50);
	UNTIL(lab->b.state == STATE_FAILED && lab->reason[0]);
	assert_non_null(strstr(lab->reason, "the module does not take the connection"));
	assert_int_equal(lab->env.sessions.n, 0);
	hang_up();
}

/* Whoever made the connection: to an end that connects to us there is no way back. */
static void only_where_we_connect(void **state)
{
	(void)state;
	FOR_EACH_VERSION {
		dial();
		lab->b.dialled = false;
		UNTIL(lab->b.state == STATE_FAILED && lab->reason[0]);
		hang_up();
		assert_int_equal(lab->env.sessions.n, 0);
	}
}

/* RFC 5246 7.2.2: an end in order is no reason, but a failure is. */
static void not_after_a_failure(void **state)
{
	static const enum kmgw_state ends[] = { KMGW_STATE_RELEASED, KMGW_STATE_FAILED };
	unsigned int i;

	(void)state;
	FOR_EACH_VERSION {
		for (i = 0; i < 2; i++) {
			assert_false(connection());
			lab->b.live = true;
			lab->b.hold_fd = 0;	/* there is no port to hold */
			attach_over(&lab->b, ends[i], KMGW_REASON_BAD_RECORD);
			assert_int_equal(lab->env.sessions.n, !i);
			sessions_clear(&lab->env.sessions);
		}
	}
}

/* --- the store --- */

static struct session_place somewhere(uint16_t port)
{
	struct session_place at = { .realm = &lab->realm[0],
				    .own = own_cert->digests.of[BEARER_SHA256] };

	at.remote.ss_family = AF_INET;
	((struct sockaddr_in *)&at.remote)->sin_port = htons(port);
	return at;
}

static uint64_t put(uint16_t port, uint64_t life)
{
	uint8_t secret[8] = "secret";
	const struct session session = { { secret, sizeof(secret) }, peer_cert->digests,
					 uv_now(&lab->loop) + life };
	const struct session_place at = somewhere(port);

	return sessions_keep(&lab->env.sessions, &at, &session);
}

static bool get(const struct session_place *at, const struct cert *who)
{
	struct session out = { 0 };
	bool there = sessions_take(&lab->env.sessions, at, &who->digests.of[BEARER_SHA256], 1,
				   &out);

	if (there)
		assert_memory_equal(out.data.data, "secret", 7);
	session_wipe(&out);
	return there;
}

static void one_is_offered_once(void **state)
{
	struct session_place at = somewhere(1), elsewhere;
	uint64_t number;

	(void)state;
	put(1, 60000);
	elsewhere = at;
	elsewhere.realm = &lab->realm[1];
	assert_false(get(&elsewhere, peer_cert));
	elsewhere = at;
	elsewhere.own = other_cert->digests.of[BEARER_SHA256];
	assert_false(get(&elsewhere, peer_cert));
	elsewhere = somewhere(2);
	assert_false(get(&elsewhere, peer_cert));
	assert_true(get(&at, peer_cert));
	assert_false(get(&at, peer_cert));
	/* with another far end it is of no use to anybody */
	put(1, 60000);
	assert_false(get(&at, other_cert));
	assert_int_equal(lab->env.sessions.n, 0);
	/* a newer one takes the place */
	number = put(1, 60000);
	put(1, 60000);
	assert_int_equal(lab->env.sessions.n, 1);
	sessions_forget(&lab->env.sessions, number);
	assert_int_equal(lab->env.sessions.n, 1);
	sessions_forget(&lab->env.sessions, number + 1);
	assert_int_equal(lab->env.sessions.n, 0);
}

static void the_store_is_bounded(void **state)
{
	struct session_place at = somewhere(1);
	unsigned int i;

	(void)state;
	for (i = 1; i <= SESSIONS_MAX + 1; i++)
		assert_int_equal(put((uint16_t)i, 60000), i);
	assert_int_equal(lab->env.sessions.n, SESSIONS_MAX);
	assert_false(get(&at, peer_cert));
	at = somewhere(2);
	assert_true(get(&at, peer_cert));
}

static void what_is_too_old_goes(void **state)
{
	(void)state;
	lab->peer_shaken = true;
	lab->done = true;
	assert_int_equal(put(1, 0), 0);
	put(1, 100);
	put(2, 60000);
	put(3, 200);
	assert_int_equal(lab->env.sessions.n, 3);
	UNTIL(lab->env.sessions.n == 1);
	assert_int_not_equal(put(2, 60000), 0);
	assert_int_equal(lab->env.sessions.n, 1);
}

static int setup(void **state)
{
	(void)state;
	memset(lab, 0, sizeof(*lab));
	lab->cfg = (struct config){
		.tls_versions = CONFIG_TLS_1_2 | CONFIG_TLS_1_3, .tls_legacy = true,
		.max_handshakes = 10, .tls_guard = 10000, .release_linger = 1000,
		.tls_resumption = true, .tls_ticket_wait = LOOP_PATIENCE_MS,
	};
	lab->own = own_cert;
	lab->cert = peer_cert;
	lab->signalled = peer_cert;
	lab->suites = V12;
	lab->at = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	gnutls_session_ticket_key_generate(&lab->ticket_key);
	log_init(&lab->log, 2, LOG_LEVEL_ERROR);
	loop_open(&lab->loop);
	lab->env.loop = &lab->loop;
	lab->env.cfg = &lab->cfg;
	lab->env.log = &lab->log;
	lab->env.notes_end = &lab->env.notes;
	sessions_init(&lab->env.sessions, &lab->loop);
	return suites_init(&lab->cfg, &lab->env.priorities) ||
	       suites_psk_init(&lab->cfg, &lab->env.psk_priorities);
}

static int teardown(void **state)
{
	struct bearer_env *env = &lab->env;

	(void)state;
	sessions_clear(&env->sessions);
	gnutls_free(lab->ticket_key.data);
	timer_stop(&env->notes_timer);
	timer_stop(&env->slot_timer);
	gnutls_priority_deinit(env->priorities);
	gnutls_priority_deinit(env->psk_priorities);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	loop_close(&lab->loop);
	return 0;
}

static int certificates(void **state)
{
	struct log quiet;

	(void)state;
	log_init(&quiet, 2, LOG_LEVEL_ERROR);
	return cert_self_signed(&quiet, NULL, &own_cert) ||
	       cert_self_signed(&quiet, NULL, &peer_cert) ||
	       cert_self_signed(&quiet, NULL, &other_cert);
}

static int no_certificates(void **state)
{
	(void)state;
	cert_put(own_cert);
	cert_put(peer_cert);
	cert_put(other_cert);
	return 0;
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(probes_come_first),
		TEST(resumed_the_next_time),
		TEST(not_unless_it_is_switched_on),
		TEST(not_where_anything_differs),
		TEST(not_with_somebody_else),
		TEST(somebody_else_is_signalled_meanwhile),
		TEST(another_key_is_signalled_meanwhile),
		TEST(the_server_gives_none),
		TEST(the_ticket_comes_in_pieces),
		TEST(only_where_we_connect),
		TEST(not_after_a_failure),
		TEST(one_is_offered_once),
		TEST(the_store_is_bounded),
		TEST(what_is_too_old_goes),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, certificates, no_certificates);
}
