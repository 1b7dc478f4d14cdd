// SPDX-License-Identifier: GPL-2.0-only
/*
 * dtls_session: one DTLS 1.2 association, from ClientHello to keys for the module.
 *
 * No record number may be used twice under one key, and once the module has the keys it
 * counts. So what GnuTLS wants to send is looked at: a record of an epoch with keys leaves
 * only with a number that was set aside for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/dtls_record.h"
#include "bearer/dtls_session.h"
#include "bearer/far_end.h"
#include "lib/workers.h"

#define WAITING_MAX	16		/* datagrams */
#define RETRANSMIT	1000		/* ms, doubled each time (RFC 6347 4.2.4.1) */
#define FOR_EVER	86400000	/* ms; how long is the owner's to say */
#define ANSWER		100		/* ms between two of our last flights, doubled each time */
#define PAUSE_MIN	50		/* ms; GnuTLS says 0 while it waits for the rest of a flight */

struct datagram {
	struct datagram *next;
	size_t len;
	uint8_t data[];
};

struct queue {
	struct datagram *first, **end;
	unsigned int n;
};

struct dtls_session {
	struct work work;
	uv_loop_t *loop;
	dtls_session_fn fn;
	void *priv;
	bool busy, orphan;
	enum handshake_end end;		/* for an orphan */
	struct queue arriving;

	/* The worker's while busy. */
	int fd;
	struct sockaddr_storage remote;
	bool started, finished, failed;
	struct far_end far_end;
	gnutls_session_t session;
	struct queue inbox;
	bool taken;
	uint64_t reserved, reserved_end;
	enum dtls_result result;
	char *description;
	struct dtls_view view;
};

static void queue_init(struct queue *q)
{
	*q = (struct queue){ .end = &q->first };
}

static void queue_free_first(struct queue *q)
{
	struct datagram *d = q->first;

	q->first = d->next;
	if (!q->first)
		q->end = &q->first;
	q->n--;
	free(d);
}

/* --- worker thread: what GnuTLS reads and writes --- */

static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	struct dtls_session *s = ptr;
	struct datagram *d = s->inbox.first;

	if (!d) {
		gnutls_transport_set_errno(s->session, EAGAIN);
		return -1;
	}
	if (len > d->len)
		len = d->len;
	memcpy(buf, d->data, len);
	queue_free_first(&s->inbox);
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	const struct dtls_session *s = ptr;

	/* Never waits: the loop does. */
	(void)ms;
	return s->inbox.first != NULL;
}

/* May all records of a datagram leave? */
static bool allowed(const struct dtls_session *s, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	struct dtls_record r;

	if (!s->taken)
		return true;
	while (len) {
		if (!dtls_record_next(&p, &len, &r))
			return false;
		if (r.epoch && (r.number < s->reserved || r.number >= s->reserved_end))
			return false;
	}
	return true;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	const struct dtls_session *s = ptr;

	/* What cannot be sent is lost, as on any network. */
	if (allowed(s, buf, len))
		sendto(s->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&s->remote, addr_len(&s->remote));
	return (ssize_t)len;
}

static void fail(struct dtls_session *s, int err)
{
	s->result = DTLS_FAILED;
	s->failed = true;
	far_end_explain(&s->far_end, s->session, err);
}

static void handshake(struct dtls_session *s)
{
	int err, patience = 2 * WAITING_MAX;
	size_t record;

	s->started = true;
	do {
		err = gnutls_handshake(s->session);
		/* Nobody vouches for a record of epoch 0: what makes no sense is passed over. */
	} while (((err == GNUTLS_E_AGAIN && s->inbox.first) ||
		  err == GNUTLS_E_WARNING_ALERT_RECEIVED || err == GNUTLS_E_INTERRUPTED) &&
		 --patience);
	if (err == GNUTLS_E_AGAIN || err == GNUTLS_E_WARNING_ALERT_RECEIVED ||
	    err == GNUTLS_E_INTERRUPTED) {
		/*
		 * Our next flight is the last: it is sent again only when the far end asks, whose
		 * clock began before ours. GnuTLS would pass over who asks before its own is due.
		 */
		if (s->far_end.server && gnutls_handshake_get_last_out(s->session) ==
				 GNUTLS_HANDSHAKE_SERVER_HELLO_DONE)
			gnutls_dtls_set_timeouts(s->session, ANSWER, FOR_EVER);
		s->result = DTLS_WAITS;
		return;
	}
	if (err < 0) {
		if (err != GNUTLS_E_FATAL_ALERT_RECEIVED)
			gnutls_alert_send_appropriate(s->session, err);
		fail(s, err);
		return;
	}
	/* A far end may ask for small records; the module cannot be told. */
	record = far_end_record(&s->far_end, s->session);
	if (record < FAR_END_FULL_RECORD) {
		far_end_refuse(&s->far_end, "the far end wants records of at most %zu octets",
			       record);
		gnutls_alert_send(s->session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
		fail(s, 0);
		return;
	}
	s->finished = true;
	s->view.peer = s->far_end.peer;
	s->description = gnutls_session_get_desc(s->session);
	s->result = DTLS_DONE;
}

/*
 * Handshake records behind the handshake: the last flight again, for which GnuTLS sends its
 * own again; or a new handshake inside of this association, which is refused.
 */
static void aftermath(struct dtls_session *s)
{
	unsigned char number[8] = { 0, 1 };
	unsigned int i;
	char sink[256];
	ssize_t n = GNUTLS_E_AGAIN;

	s->result = DTLS_WAITS;
	if (s->taken) {
		for (i = 0; i < 6; i++)
			number[7 - i] = (unsigned char)(s->reserved >> 8 * i);
		if (gnutls_record_set_state(s->session, 0, number) < 0)
			return;
	}
	for (i = 0; i < 2 * WAITING_MAX && s->inbox.first; i++) {
		n = gnutls_record_recv(s->session, sink, sizeof(sink));
		if (n == GNUTLS_E_REHANDSHAKE)
			gnutls_alert_send(s->session, GNUTLS_AL_WARNING,
					  GNUTLS_A_NO_RENEGOTIATION);
		if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
			break;
	}
	if (s->taken || (n != 0 && !gnutls_error_is_fatal((int)n)))
		return;
	/* Unverified as yet, so the alert is ours to hear. */
	fail(s, n ? (int)n : GNUTLS_E_SESSION_EOF);
}

static void run(struct work *work)
{
	struct dtls_session *s = work->priv;

	if (s->finished)
		aftermath(s);
	else
		handshake(s);
}

/* --- the loop's --- */

int dtls_session_new(uv_loop_t *loop, int fd, const struct sockaddr_storage *remote,
		     gnutls_dtls_prestate_st *prestate, struct cert *cert, struct psk *psk,
		     gnutls_priority_t priorities, dtls_session_fn fn, void *priv,
		     struct dtls_session **out)
{
	unsigned int flags = prestate ? GNUTLS_SERVER : psk ? GNUTLS_CLIENT :
			     GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
	struct dtls_session *s;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->remote = *remote;
	s->fn = fn;
	s->priv = priv;
	s->work.priv = s;
	queue_init(&s->arriving);
	queue_init(&s->inbox);
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0 ||
	    gnutls_init(&s->session, flags | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK |
			GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_REKEY) < 0) {
		if (s->fd >= 0)
			close(s->fd);
		free(s);
		return -ENOMEM;
	}
	if (far_end_init(&s->far_end, s->session, cert, psk, prestate) ||
	    gnutls_priority_set(s->session, priorities) < 0) {
		dtls_session_free(s, HANDSHAKE_END_SILENT);
		return -EIO;
	}
	if (prestate)
		gnutls_dtls_prestate_set(s->session, prestate);
	gnutls_dtls_set_timeouts(s->session, RETRANSMIT, FOR_EVER);
	gnutls_transport_set_ptr(s->session, s);
	gnutls_transport_set_pull_function(s->session, pull);
	gnutls_transport_set_pull_timeout_function(s->session, pull_timeout);
	gnutls_transport_set_push_function(s->session, push);
	*out = s;
	return 0;
}

bool dtls_session_busy(const struct dtls_session *s)
{
	return s->busy;
}

bool dtls_session_is_server(const struct dtls_session *s)
{
	return s->far_end.server;
}

struct psk *dtls_session_psk(const struct dtls_session *s)
{
	return s->far_end.psk;
}

const struct sockaddr_storage *dtls_session_remote(const struct dtls_session *s)
{
	return &s->remote;
}

bool dtls_session_feed(struct dtls_session *s, const void *data, size_t len)
{
	struct datagram *d;

	if (s->arriving.n < WAITING_MAX && (d = malloc(sizeof(*d) + len))) {
		d->next = NULL;
		d->len = len;
		memcpy(d->data, data, len);
		*s->arriving.end = d;
		s->arriving.end = &d->next;
		s->arriving.n++;
	}
	return s->arriving.n && !s->busy;
}

unsigned int dtls_session_waiting(const struct dtls_session *s)
{
	return s->arriving.n;
}

unsigned int dtls_session_timeout(const struct dtls_session *s)
{
	unsigned int ms = gnutls_dtls_get_timeout(s->session);

	return ms < PAUSE_MIN ? PAUSE_MIN : ms;
}

gnutls_cipher_algorithm_t dtls_session_cipher(const struct dtls_session *s)
{
	return gnutls_cipher_get(s->session);
}

static int read_key(const struct dtls_session *s, bool read, struct dtls_key *out)
{
	gnutls_datum_t mac = { 0 }, iv = { 0 }, key = { 0 };
	unsigned char number[8];
	unsigned int i;

	/* What iv and key point at stays the session's. */
	if (gnutls_record_get_state(s->session, read, &mac, &iv, &key, number) < 0)
		return -EIO;
	*out = (struct dtls_key){
		.key = key.data,
		.key_len = key.size,
		.iv = iv.data,
		.iv_len = iv.size,
		.epoch = (uint16_t)(number[0] << 8 | number[1]),
	};
	for (i = 2; i < sizeof(number); i++)
		out->number = out->number << 8 | number[i];
	return out->epoch ? 0 : -EIO;
}

int dtls_session_keys(const struct dtls_session *s, struct dtls_key *rx, struct dtls_key *tx)
{
	int err = read_key(s, true, rx);

	return err ? err : read_key(s, false, tx);
}

void dtls_session_taken(struct dtls_session *s, dtls_session_fn fn)
{
	s->fn = fn;
	s->taken = true;
	s->reserved = 0;
	s->reserved_end = 0;
}

void dtls_session_reserved(struct dtls_session *s, uint64_t first, unsigned int count)
{
	s->reserved = first;
	s->reserved_end = first + count;
}

static void destroy(struct dtls_session *s)
{
	while (s->inbox.first)
		queue_free_first(&s->inbox);
	while (s->arriving.first)
		queue_free_first(&s->arriving);
	gnutls_deinit(s->session);
	far_end_drop(&s->far_end);
	gnutls_free(s->description);
	close(s->fd);
	free(s);
}

static void say_goodbye(struct dtls_session *s, enum handshake_end end)
{
	/* After a failure GnuTLS has said so already; with the keys in the module it must not. */
	if (!s->started || s->failed || s->taken)
		return;
	if (end == HANDSHAKE_END_BAD_CERTIFICATE)
		gnutls_alert_send(s->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
	if (end != HANDSHAKE_END_CLOSE_NOTIFY)
		return;
	if (!s->finished)
		gnutls_alert_send(s->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
	gnutls_alert_send(s->session, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
}

static void after(struct work *work, bool cancelled)
{
	struct dtls_session *s = work->priv;

	s->busy = false;
	if (s->orphan) {
		if (!cancelled)
			say_goodbye(s, s->end);
		destroy(s);
		return;
	}
	/* Numbers that were set aside are for one step. */
	s->reserved_end = s->reserved;
	s->view.reason = s->far_end.reason;
	s->view.description = s->description ? s->description : "";
	s->fn(s->priv, s->result, &s->view);
}

void dtls_session_step(struct dtls_session *s, const struct bearer_fingerprint *fp,
		       unsigned int n)
{
	struct datagram *d;

	far_end_expect(&s->far_end, fp, n);
	while ((d = s->arriving.first)) {
		s->arriving.first = d->next;
		d->next = NULL;
		*s->inbox.end = d;
		s->inbox.end = &d->next;
		s->inbox.n++;
	}
	queue_init(&s->arriving);
	s->busy = true;
	work_start(s->loop, &s->work, run, after);
}

void dtls_session_free(struct dtls_session *s, enum handshake_end end)
{
	if (s->busy) {
		s->orphan = true;
		s->end = end;
		/* One that has not begun need not begin; after() is called all the same. */
		work_cancel(s->loop, &s->work);
		return;
	}
	say_goodbye(s, end);
	destroy(s);
}
