// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLS on a bearer's connection, against a GnuTLS server, up to where the module would get it: there
 * is none here, so that each of these connections ends with that.
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
#include "bearer/suites.h"
#include "config.h"
#include "lib/log.h"
#include "loop_lab.h"

#define PATIENCE_MS	10000
/* kTLS takes neither CBC nor small records. */
#define V12		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+SHA256"

struct lab {
	uv_loop_t loop;
	struct config cfg;
	struct log log;
	struct bearer_env env;
	struct bearer b;
	char reason[200];		/* of what came last */

	gnutls_session_t peer;
	int peer_fd;
	bool peer_shaken;
};

static struct lab one, *lab = &one;
static struct cert *own_cert, *peer_cert;

static void on_event(void *priv, enum bearer_event event, const char *reason)
{
	(void)priv;
	(void)event;
	snprintf(lab->reason, sizeof(lab->reason), "%s", reason);
}

static const struct bearer_ops ops = { .event = on_event };

static void turn(void)
{
	int err = lab->peer_shaken ? 0 : gnutls_handshake(lab->peer);

	assert_true(err == 0 || !gnutls_error_is_fatal(err));
	lab->peer_shaken = err == 0;
	uv_run(&lab->loop, UV_RUN_NOWAIT);
	usleep(200);
}

#define UNTIL(condition) \
	do { \
		uint64_t end_ = uv_hrtime() + PATIENCE_MS * 1000000ULL; \
		while (!(condition)) { \
			turn(); \
			if (uv_hrtime() > end_) \
				fail_msg("never: " #condition "; %s", lab->reason); \
		} \
	} while (0)

static void tcp_pair(int *a, int *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = sizeof(at);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	*a = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(*a, (struct sockaddr *)&at, len), 0);
	*b = accept(listener, NULL, NULL);
	assert_true(*b >= 0);
	close(listener);
	fcntl(*a, F_SETFL, O_NONBLOCK);
	fcntl(*b, F_SETFL, O_NONBLOCK);
}

/* A connection to a server, on which TLS begins. */
static void dial(const char *suites)
{
	struct bearer *b = &lab->b;

	memset(b, 0, sizeof(*b));
	b->env = &lab->env;
	b->ops = &ops;
	b->cert = cert_get(own_cert);
	b->local.ss_family = AF_INET;
	b->proto = BEARER_TLS;
	b->hold_fd = -1;
	b->listen_fd = -1;
	b->want = (struct bearer_want){ .proto = BEARER_TLS, .setup = BEARER_SETUP_ACTIVE,
					.dscp = KMGW_DSCP_KEEP, .n_fp = 1 };
	b->want.fp[0] = peer_cert->digests.of[BEARER_SHA256];
	lab->reason[0] = '\0';
	tcp_pair(&lab->peer_fd, &b->fd);
	lab->peer_shaken = false;
	gnutls_init(&lab->peer, GNUTLS_SERVER | GNUTLS_NONBLOCK);
	assert_int_equal(gnutls_priority_set_direct(lab->peer, suites, NULL), 0);
	gnutls_credentials_set(lab->peer, GNUTLS_CRD_CERTIFICATE, peer_cert->cred);
	gnutls_certificate_server_set_request(lab->peer, GNUTLS_CERT_REQUIRE);
	gnutls_transport_set_int(lab->peer, lab->peer_fd);
	b->dialled = true;
	b->state = STATE_UP;
	b->tls_armed = true;
	tls_look(b);
}

static void hang_up(void)
{
	struct bearer *b = &lab->b;

	close(lab->peer_fd);
	gnutls_deinit(lab->peer);
	lab->peer_shaken = true;
	tcp_close(b, TCP_CLOSE_ABORT, HANDSHAKE_END_SILENT);
	while (lab->env.userpaths.first)
		userpath_cut(lab->env.userpaths.first);
	env_forget_notes(b);
	cert_put(b->cert);
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
		dial(V12);
		UNTIL(lab->b.userpath);
		assert_int_equal(user_timeout(userpath_fd(lab->b.userpath)),
				 cases[i].through_agent);
		hang_up();
	}
}

static int setup(void **state)
{
	(void)state;
	memset(lab, 0, sizeof(*lab));
	lab->cfg = (struct config){
		.tls_versions = CONFIG_TLS_1_2 | CONFIG_TLS_1_3, .tls_legacy = true,
		.max_handshakes = 10, .tls_guard = 10000, .release_linger = 1000,
	};
	log_init(&lab->log, 2, LOG_LEVEL_ERROR);
	loop_open(&lab->loop);
	lab->env.loop = &lab->loop;
	lab->env.cfg = &lab->cfg;
	lab->env.log = &lab->log;
	lab->env.notes_end = &lab->env.notes;
	return suites_init(&lab->cfg, &lab->env.priorities);
}

static int teardown(void **state)
{
	struct bearer_env *env = &lab->env;

	(void)state;
	linger_free_all(env);
	timer_stop(&env->notes_timer);
	timer_stop(&env->slot_timer);
	gnutls_priority_deinit(env->priorities);
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
	       cert_self_signed(&quiet, NULL, &peer_cert);
}

static int no_certificates(void **state)
{
	(void)state;
	cert_put(own_cert);
	cert_put(peer_cert);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(probes_come_first, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, certificates, no_certificates);
}
