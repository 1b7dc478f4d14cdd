// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLS whose records the daemon does, between a GnuTLS peer and a socket that stands for the
 * module's: data, back-pressure, and every way to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/bearer.h"
#include "bearer/cert.h"
#include "bearer/suites.h"
#include "bearer/userpath.h"
#include "bearer/watch.h"
#include "config.h"
#include "lib/log.h"
#include "loop_lab.h"

#define MUCH		(12U << 20)	/* more than tcp_wmem and what else there is */
#define BUFFER		65536
#define PEER_SUITES	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+SHA256"
#define PEER_SUITES_13	"NORMAL:-VERS-ALL:+VERS-TLS1.3"

struct lab {
	uv_loop_t loop;
	struct watch *watch;
	struct handshake *h;
	int fd;				/* the gateway's end */
	struct bearer_fingerprint fp[1];	/* none is known */
	bool shaken;
	char no_ktls[128];

	struct userpaths all;
	struct userpath *path;
	int module;			/* the module's end */
	char why[128];
	bool gone;
	struct bearer_stats stats;

	gnutls_session_t peer;
	int peer_fd;
	bool peer_shaken;
	uint8_t *data;
};

static struct cert *own_cert, *peer_cert;
static gnutls_priority_t priorities;

/* --- the gateway --- */

static void on_ready_to_step(void *priv, int status, int events)
{
	struct lab *lab = priv;

	(void)status;
	(void)events;
	watch_stop(&lab->watch);
	handshake_step(lab->h, lab->fp, 0);
}

static void on_handshake(void *priv, enum handshake_result result,
			 const struct handshake_view *view)
{
	struct lab *lab = priv;

	if (result == HANDSHAKE_WANTS_READ || result == HANDSHAKE_WANTS_WRITE) {
		watch_start(&lab->watch, &lab->loop, lab->fd,
			    result == HANDSHAKE_WANTS_READ ? UV_READABLE : UV_WRITABLE,
			    on_ready_to_step, lab);
		return;
	}
	if (result != HANDSHAKE_DONE)
		fail_msg("%s", view->reason);
	lab->shaken = true;
	snprintf(lab->no_ktls, sizeof(lab->no_ktls), "%s", view->no_ktls ? view->no_ktls : "");
}

static void on_ready(void *priv, int fd, const char *why)
{
	struct lab *lab = priv;

	if (fd < 0)
		fail_msg("%s", why);
	lab->module = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void on_ending(void *priv, const char *why)
{
	struct lab *lab = priv;

	assert_string_equal(lab->why, "");
	snprintf(lab->why, sizeof(lab->why), "%s", why);
}

static void on_gone(void *priv)
{
	struct lab *lab = priv;

	userpath_count(lab->path, &lab->stats);
	lab->gone = true;
}

static const struct userpath_ops ops = {
	.ready = on_ready,
	.ending = on_ending,
	.gone = on_gone,
};

/* --- time --- */

static void turn(struct lab *lab)
{
	uv_run(&lab->loop, UV_RUN_NOWAIT);
	usleep(200);
}

#define UNTIL(condition)	TURN_UNTIL(condition, turn(lab), lab->why)

/* --- start and end --- */

static void tcp_pair(int *a, int *b)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), size = BUFFER;
	socklen_t len = sizeof(at);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	*a = socket(AF_INET, SOCK_STREAM, 0);
	/* Small ones, or all that a test sends would fit. */
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(*a, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(*a, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(connect(*a, (struct sockaddr *)&at, len), 0);
	*b = accept(listener, NULL, NULL);
	assert_true(*b >= 0);
	close(listener);
	fcntl(*a, F_SETFL, O_NONBLOCK);
	fcntl(*b, F_SETFL, O_NONBLOCK);
}

static bool peer_steps(struct lab *lab)
{
	int err = lab->peer_shaken ? 0 : gnutls_handshake(lab->peer);

	assert_true(err == 0 || !gnutls_error_is_fatal(err));
	lab->peer_shaken = err == 0;
	return lab->peer_shaken && lab->shaken;
}

/*
 * @record: of what size the peer wants records; 0: it does not say
 * @early: octets of the peer's data that were read before
 * @key_records: that a key of AES-GCM may protect; 0: as the standard has it
 */
static void start_as(struct lab *lab, const char *suites, size_t record, size_t early,
		     uint64_t key_records)
{
	const struct handshake_how how = { .server = true, .cert = own_cert,
					   .priorities = priorities };
	struct handshake_session s;
	size_t i;

	memset(lab, 0, sizeof(*lab));
	lab->all.key_records = key_records;
	lab->module = -1;
	lab->data = malloc(MUCH);
	for (i = 0; i < MUCH; i++)
		lab->data[i] = (uint8_t)(i * 2654435761U >> 13);
	tcp_pair(&lab->peer_fd, &lab->fd);
	loop_open(&lab->loop);
	gnutls_init(&lab->peer, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	assert_int_equal(gnutls_priority_set_direct(lab->peer, suites, NULL), 0);
	if (record)
		assert_int_equal(gnutls_record_set_max_recv_size(lab->peer, record), 0);
	gnutls_credentials_set(lab->peer, GNUTLS_CRD_CERTIFICATE, peer_cert->cred);
	gnutls_transport_set_int(lab->peer, lab->peer_fd);
	assert_int_equal(handshake_new(&lab->loop, lab->fd, &how, on_handshake, lab, &lab->h), 0);
	handshake_step(lab->h, lab->fp, 0);
	UNTIL(peer_steps(lab));
	handshake_take(lab->h, &s);
	assert_null(s.early);
	if (early) {
		s.early = malloc(early);
		memcpy(s.early, lab->data, early);
		s.early_len = early;
	}
	assert_int_equal(userpath_new(&lab->all, &lab->loop, &s, 300, &ops, lab, &lab->path), 0);
	UNTIL(lab->module >= 0);
}

static void start(struct lab *lab)
{
	start_as(lab, PEER_SUITES, 0, 0, 0);
}

/* Nothing may be left: no path, no handle in the loop. */
static void end(struct lab *lab)
{
	UNTIL(!lab->all.n);
	assert_null(lab->all.first);
	gnutls_deinit(lab->peer);
	close(lab->peer_fd);
	if (lab->module >= 0)
		close(lab->module);
	free(lab->data);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	loop_close(&lab->loop);
}

/* --- the peer and the module --- */

static size_t peer_write(struct lab *lab, size_t *at, size_t len)
{
	ssize_t n = *at < len ? gnutls_record_send(lab->peer, lab->data + *at, len - *at) : 0;

	if (n > 0)
		*at += (size_t)n;
	return *at;
}

static size_t peer_read(struct lab *lab, size_t *at)
{
	uint8_t buf[16384];
	ssize_t n = gnutls_record_recv(lab->peer, buf, sizeof(buf));

	if (n > 0) {
		assert_memory_equal(buf, lab->data + *at, (size_t)n);
		*at += (size_t)n;
	}
	return *at;
}

static size_t module_write(struct lab *lab, size_t *at, size_t len)
{
	ssize_t n = send(lab->module, lab->data + *at, len - *at, MSG_NOSIGNAL);

	if (n > 0)
		*at += (size_t)n;
	return *at;
}

static size_t module_read(struct lab *lab, size_t *at)
{
	uint8_t buf[16384];
	ssize_t n = recv(lab->module, buf, sizeof(buf), 0);

	if (n > 0) {
		assert_memory_equal(buf, lab->data + *at, (size_t)n);
		*at += (size_t)n;
	}
	return *at;
}

/* 0: in order; an errno; -1: not yet */
static int module_end(struct lab *lab)
{
	uint8_t octet;
	ssize_t n = recv(lab->module, &octet, 1, 0);

	assert_true(n <= 0);
	if (!n)
		return 0;
	return errno == EAGAIN ? -1 : errno;
}

static int peer_end(struct lab *lab)
{
	uint8_t octet;
	ssize_t n = gnutls_record_recv(lab->peer, &octet, 1);

	assert_true(n <= 0);
	return n == GNUTLS_E_AGAIN ? -1 : (int)-n;
}

static void reset(int *fd)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(*fd);
	*fd = -1;
}

/* --- tests --- */

static void data_goes_both_ways(void **state)
{
	size_t sent[2] = { 0 }, got[2] = { 0 };
	struct lab one, *lab = &one;

	(void)state;
	start(lab);
	assert_string_equal(lab->no_ktls, "kTLS has no AES-128-CBC");
	do {
		peer_write(lab, &sent[0], MUCH);
		module_write(lab, &sent[1], MUCH);
		module_read(lab, &got[0]);
		peer_read(lab, &got[1]);
		uv_run(&lab->loop, UV_RUN_NOWAIT);
	} while (got[0] < MUCH || got[1] < MUCH);
	assert_int_equal(lab->all.n, 1);
	assert_int_equal(lab->all.total, 1);
	userpath_count(lab->path, &lab->stats);
	/* beyond the plaintext: handshake, headers, MACs and padding */
	assert_in_range(lab->stats.octets_received, 1000, MUCH / 20);
	assert_in_range(lab->stats.octets_sent, 1000, MUCH / 20);
	userpath_cut(lab->path);
	end(lab);
}

static void early_data_come_first(void **state)
{
	size_t sent = 1000, got = 0;
	struct lab one, *lab = &one;

	(void)state;
	start_as(lab, PEER_SUITES, 0, sent, 0);
	UNTIL(peer_write(lab, &sent, 3000) == 3000);
	UNTIL(module_read(lab, &got) == 3000);
	userpath_cut(lab->path);
	end(lab);
}

static void who_does_not_read_stops_the_sender(void **state)
{
	struct lab one, *lab = &one;
	unsigned int dir, still;

	(void)state;
	for (dir = 0; dir < 2; dir++) {
		size_t sent = 0, got = 0, seen = 0;

		start(lab);
		for (still = 0; still < 300; still++) {
			if ((dir ? module_write : peer_write)(lab, &sent, MUCH) != seen)
				still = 0;
			seen = sent;
			turn(lab);
		}
		assert_true(sent < MUCH);
		while (got < MUCH) {
			(dir ? module_write : peer_write)(lab, &sent, MUCH);
			(dir ? peer_read : module_read)(lab, &got);
			uv_run(&lab->loop, UV_RUN_NOWAIT);
		}
		userpath_cut(lab->path);
		end(lab);
	}
}

static void the_far_end_ends(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, got = 0, back = 0;

	(void)state;
	start(lab);
	UNTIL(peer_write(lab, &sent, 100000) == 100000);
	assert_int_equal(gnutls_bye(lab->peer, GNUTLS_SHUT_WR), 0);
	UNTIL(module_read(lab, &got) == 100000);
	UNTIL(module_end(lab) == 0);
	UNTIL(lab->why[0]);
	assert_string_equal(lab->why, "close_notify");
	UNTIL(peer_end(lab) == 0);
	/* what comes after the answer is read, and goes nowhere */
	module_write(lab, &back, 1000);
	shutdown(lab->module, SHUT_WR);
	UNTIL(lab->gone);
	assert_int_equal(lab->all.truncated, 0);
	end(lab);
}

static void the_far_end_cuts_its_stream_short(void **state)
{
	struct lab one, *lab = &one;

	(void)state;
	start(lab);
	shutdown(lab->peer_fd, SHUT_WR);
	UNTIL(module_end(lab) == 0);
	UNTIL(lab->why[0]);
	assert_string_equal(lab->why, "FIN without close_notify");
	assert_int_equal(lab->all.truncated, 1);
	shutdown(lab->module, SHUT_WR);
	UNTIL(lab->gone);
	end(lab);
}

static void the_other_side_ends(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, got = 0;

	(void)state;
	start(lab);
	UNTIL(module_write(lab, &sent, 100000) == 100000);
	shutdown(lab->module, SHUT_WR);
	UNTIL(peer_read(lab, &got) == 100000);
	UNTIL(peer_end(lab) == 0);
	assert_int_equal(gnutls_bye(lab->peer, GNUTLS_SHUT_WR), 0);
	UNTIL(module_end(lab) == 0);
	UNTIL(lab->gone);
	end(lab);
}

static void the_far_end_does_not_answer(void **state)
{
	struct lab one, *lab = &one;

	(void)state;
	start(lab);
	shutdown(lab->module, SHUT_WR);
	UNTIL(module_end(lab) == ECONNRESET);
	assert_string_equal(lab->why, "the far end did not end in time");
	assert_true(lab->gone);
	end(lab);
}

static void resets(void **state)
{
	struct lab one, *lab = &one;

	(void)state;
	start(lab);
	reset(&lab->peer_fd);
	UNTIL(module_end(lab) == ECONNRESET);
	assert_true(lab->gone);
	assert_string_equal(lab->why, "the far end's connection was lost");
	end(lab);

	start(lab);
	reset(&lab->module);
	UNTIL(peer_end(lab) == -GNUTLS_E_PULL_ERROR);
	UNTIL(lab->gone);
	end(lab);
}

/* While there is no room for what the far end sent, its RST is seen all the same. */
static void reset_of_a_sender_that_waits(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, seen = 0;
	unsigned int still;

	(void)state;
	start(lab);
	for (still = 0; still < 300; still++) {
		if (peer_write(lab, &sent, MUCH) != seen)
			still = 0;
		seen = sent;
		turn(lab);
	}
	reset(&lab->peer_fd);
	UNTIL(lab->gone);
	end(lab);
}

static void a_record_that_does_not_authenticate(void **state)
{
	static const uint8_t record[5 + 64] = { 23, 3, 3, 0, 64 };
	struct lab one, *lab = &one;

	(void)state;
	start(lab);
	assert_int_equal(send(lab->peer_fd, record, sizeof(record), 0), sizeof(record));
	UNTIL(module_end(lab) == ECONNRESET);
	UNTIL(peer_end(lab) == -GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(gnutls_alert_get(lab->peer), GNUTLS_A_BAD_RECORD_MAC);
	assert_true(lab->gone);
	assert_true(lab->why[0]);
	end(lab);
}

static void no_renegotiation(void **state)
{
	struct lab one, *lab = &one;
	int err = GNUTLS_E_AGAIN;

	(void)state;
	start(lab);
	UNTIL((err = gnutls_handshake(lab->peer)) != GNUTLS_E_AGAIN);
	assert_int_equal(err, GNUTLS_E_WARNING_ALERT_RECEIVED);
	assert_int_equal(gnutls_alert_get(lab->peer), GNUTLS_A_NO_RENEGOTIATION);
	UNTIL(module_end(lab) == ECONNRESET);
	assert_string_equal(lab->why, "the far end wants to renegotiate");
	end(lab);
}

/* What the peer reads with, of 32 octets at most. */
static size_t peer_read_key(struct lab *lab, uint8_t *key)
{
	unsigned char number[8];
	gnutls_datum_t k;

	assert_int_equal(gnutls_record_get_state(lab->peer, 1, NULL, NULL, &k, number), 0);
	assert_in_range(k.size, 16, 32);
	memcpy(key, k.data, k.size);
	return k.size;
}

/* RFC 8446 4.6.3: the far end changes its keys, and asks for new ones of ours. */
static void new_keys(void **state)
{
	size_t sent[2] = { 0 }, got[2] = { 0 };
	struct lab one, *lab = &one;
	uint8_t key[2][32];
	unsigned int i;

	(void)state;
	start_as(lab, PEER_SUITES_13, 1024, 0, 0);
	assert_string_equal(lab->no_ktls, "the far end wants records of at most 1024 octets");
	for (i = 1; i <= 3; i++) {
		size_t len = peer_read_key(lab, key[0]);

		UNTIL(peer_write(lab, &sent[0], i * 20000) == i * 20000);
		assert_int_equal(gnutls_session_key_update(lab->peer, GNUTLS_KU_PEER), 0);
		UNTIL(peer_write(lab, &sent[0], i * 20000 + 500) == i * 20000 + 500);
		UNTIL(module_read(lab, &got[0]) == i * 20000 + 500);
		UNTIL(module_write(lab, &sent[1], i * 20000) == i * 20000);
		UNTIL(peer_read(lab, &got[1]) == i * 20000);
		assert_int_equal(peer_read_key(lab, key[1]), len);
		assert_memory_not_equal(key[0], key[1], len);
	}
	assert_string_equal(lab->why, "");
	userpath_cut(lab->path);
	end(lab);
}

/* Nothing but new keys ends the session, and not what came before them. */
static void a_storm_of_new_keys(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, got = 0;
	unsigned int i;

	(void)state;
	start_as(lab, PEER_SUITES_13, 1024, 0, 0);
	UNTIL(peer_write(lab, &sent, 20000) == 20000);
	for (i = 0; i < 30; i++)
		gnutls_session_key_update(lab->peer, 0);
	UNTIL(lab->gone);
	assert_string_equal(lab->why, "key_update: the far end sends too many at once");
	UNTIL(module_read(lab, &got) == 20000);
	UNTIL(module_end(lab) == ECONNRESET);
	end(lab);
}

/* Each direction alone brings new keys to both before a key has protected too much (RFC 8446 5.5). */
static void keys_that_protected_enough(void **state)
{
	size_t sent[2] = { 0 }, got[2] = { 0 };
	struct lab one, *lab = &one;
	uint8_t key[2][32];
	unsigned int way;
	size_t len;

	(void)state;
	start_as(lab, PEER_SUITES_13, 1024, 0, 20);
	for (way = 0; way < 2; way++) {
		len = peer_read_key(lab, key[0]);
		while (sent[way] < 60000) {
			size_t to = sent[way] + 1000;

			if (way) {
				UNTIL(module_write(lab, &sent[1], to) == to);
				UNTIL(peer_read(lab, &got[1]) == to);
			} else {
				UNTIL(peer_write(lab, &sent[0], to) == to);
				UNTIL(module_read(lab, &got[0]) == to);
				/* what asks for new keys is read with what comes next */
				peer_read(lab, &got[1]);
			}
		}
		assert_int_equal(peer_read_key(lab, key[1]), len);
		assert_memory_not_equal(key[0], key[1], len);
	}
	assert_string_equal(lab->why, "");
	userpath_cut(lab->path);
	end(lab);
}

/* Both change their keys at once, and the far end asks for ours while our own are on their way. */
static void keys_that_cross(void **state)
{
	size_t sent[2] = { 0 }, got[2] = { 0 };
	struct lab one, *lab = &one;

	(void)state;
	start_as(lab, PEER_SUITES_13, 1024, 0, 20);
	while (sent[1] < 16000) {
		size_t to = sent[1] + 1000;

		UNTIL(module_write(lab, &sent[1], to) == to);
		turn(lab);
		usleep(2000);
		turn(lab);
	}
	assert_int_equal(gnutls_session_key_update(lab->peer, GNUTLS_KU_PEER), 0);
	UNTIL(peer_write(lab, &sent[0], 1000) == 1000);
	UNTIL(module_read(lab, &got[0]) == 1000 || lab->gone);
	assert_string_equal(lab->why, "");
	UNTIL(peer_read(lab, &got[1]) == 16000);
	userpath_cut(lab->path);
	end(lab);
}

/* Who does not renew his own is heard no more; nothing that came before is lost. */
static void a_key_that_protected_too_much(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, got = 0;

	(void)state;
	start_as(lab, PEER_SUITES_13, 1024, 0, 20);
	while (sent < 20000) {
		UNTIL(peer_write(lab, &sent, sent + 1000) >= 1000);
		UNTIL(module_read(lab, &got) == sent);
	}
	peer_write(lab, &sent, 21000);
	UNTIL(lab->gone);
	assert_string_equal(lab->why, "a key has protected as many records as it may");
	assert_int_equal(got, 20000);
	UNTIL(module_end(lab) == ECONNRESET);
	end(lab);
}

/* The call is over, and the goodbyes are still said. */
static void left_alone(void **state)
{
	struct lab one, *lab = &one;
	size_t sent = 0, got = 0;

	(void)state;
	start(lab);
	UNTIL(module_write(lab, &sent, 50000) == 50000);
	userpath_leave(lab->path);
	shutdown(lab->module, SHUT_WR);
	UNTIL(peer_read(lab, &got) == 50000);
	UNTIL(peer_end(lab) == 0);
	assert_int_equal(gnutls_bye(lab->peer, GNUTLS_SHUT_WR), 0);
	UNTIL(module_end(lab) == 0);
	assert_false(lab->gone);
	assert_string_equal(lab->why, "");
	end(lab);
}

static int setup(void **state)
{
	const struct config cfg = {
		.tls_versions = CONFIG_TLS_1_2 | CONFIG_TLS_1_3, .tls_legacy = true,
	};
	struct log quiet;

	(void)state;
	log_init(&quiet, 2, LOG_LEVEL_ERROR);
	return cert_self_signed(&quiet, NULL, &own_cert) ||
	       cert_self_signed(&quiet, NULL, &peer_cert) || suites_init(&cfg, &priorities);
}

static int teardown(void **state)
{
	(void)state;
	cert_put(own_cert);
	cert_put(peer_cert);
	gnutls_priority_deinit(priorities);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_both_ways),
		cmocka_unit_test(early_data_come_first),
		cmocka_unit_test(who_does_not_read_stops_the_sender),
		cmocka_unit_test(the_far_end_ends),
		cmocka_unit_test(the_far_end_cuts_its_stream_short),
		cmocka_unit_test(the_other_side_ends),
		cmocka_unit_test(the_far_end_does_not_answer),
		cmocka_unit_test(resets),
		cmocka_unit_test(reset_of_a_sender_that_waits),
		cmocka_unit_test(a_record_that_does_not_authenticate),
		cmocka_unit_test(no_renegotiation),
		cmocka_unit_test(new_keys),
		cmocka_unit_test(a_storm_of_new_keys),
		cmocka_unit_test(keys_that_protected_enough),
		cmocka_unit_test(keys_that_cross),
		cmocka_unit_test(a_key_that_protected_too_much),
		cmocka_unit_test(left_alone),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
