// SPDX-License-Identifier: GPL-2.0-only
/*
 * userpath: TLS whose records the kernel cannot do, done by the daemon.
 *
 *	far end <-- TLS --> outer | flows here | inner <-- loopback --> the module's socket
 *
 * Both sockets reset when they are closed, so that a daemon that dies cuts the stream
 * visibly; only an end that was carried over in order, with shutdown() on both, is one.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "bearer/tcp_count.h"
#include "bearer/userpath.h"
#include "lib/workers.h"
#include "linux/kmgw.h"

#define RECORD		KMGW_PREFIX_MAX	/* octets of plaintext */
#define TURN		16	/* records a direction before others have their turn */
#define PATIENCE	16	/* alerts in one turn */
#define INNER_BUFFER	65536	/* octets; the kernel doubles it */
#define CONNECT_MAX	2	/* s; over loopback it takes none */
/* Records that a key of AES-GCM may protect: 2^24.5 (RFC 8446 5.5) */
#define KEY_RECORDS	23726566

enum job {
	JOB_OPEN,
	JOB_MOVE,
};

enum result {
	RESULT_OPENED,
	RESULT_WAITS,		/* for one of the sockets */
	RESULT_TURN_OVER,
	RESULT_CLOSED,		/* both directions ended in order */
	RESULT_FAILED,
};

struct flow {
	uint8_t buf[RECORD];
	size_t len, at;		/* what is in buf, and how much of it has gone on */
	uint64_t records;	/* under the key that is in use */
	bool eof;		/* there will be no more */
	bool shut;		/* ... and the receiver knows */
};

struct side {
	uv_poll_t poll;
	int fd;
	int wants;		/* UV_READABLE, UV_WRITABLE */
	bool half;		/* its FIN was seen and is not worth another look */
};

struct userpath {
	struct userpath *next, **link;
	struct userpaths *all;
	struct work work;
	uv_timer_t timer;
	uv_loop_t *loop;
	const struct userpath_ops *ops;
	void *priv;
	unsigned int linger;
	unsigned int handles;	/* not closed yet */
	bool owned, busy, cut, late, told;

	/* The worker's while busy. */
	enum job job;
	enum result result;
	struct side outer, inner;
	int module_fd;		/* until it is handed over */
	gnutls_session_t session;
	struct cert *cert;
	struct flow in, out;	/* from the far end, and to it */
	uint64_t key_records;	/* that a key may protect */
	bool pending;		/* GnuTLS has part of a record that the socket did not take */
	bool renewing;		/* ... or of a KeyUpdate */
	bool asks;		/* ... that asks the far end for new keys of its own */
	bool asked;		/* it has been asked */
	bool deaf;		/* what the module sends goes nowhere any more */
	bool truncated;
	char why[120];
};

/* --- worker --- */

static void fail(struct userpath *u, const char *what, const char *why)
{
	u->result = RESULT_FAILED;
	if (!u->why[0])
		snprintf(u->why, sizeof(u->why), "%s%s", what, why);
}

static void fail_tls(struct userpath *u, int err)
{
	switch (err) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		fail(u, "the far end sent a fatal alert: ",
		     gnutls_alert_get_name(gnutls_alert_get(u->session)));
		break;
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		fail(u, "the far end's connection was lost", "");
		break;
	case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
		/* After the handshake it counts KeyUpdates alone. */
		gnutls_alert_send_appropriate(u->session, err);
		fail(u, "key_update: the far end sends too many at once", "");
		break;
	default:
		gnutls_alert_send_appropriate(u->session, err);
		fail(u, "", gnutls_strerror(err));
		break;
	}
}

static void set_int(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static bool same_end(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* Any process of the host may connect while we listen: only our own connection counts. */
static int accept_own(int listener, const struct sockaddr_in *own)
{
	struct sockaddr_in from;
	socklen_t len;
	int fd, tries;

	for (tries = 0; tries < 16; tries++) {
		len = sizeof(from);
		fd = accept4(listener, (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
		if (fd < 0 || same_end(&from, own))
			return fd;
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

static int inner_socket(void)
{
	const struct timeval limit = { .tv_sec = CONNECT_MAX };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	set_int(fd, SOL_SOCKET, SO_SNDBUF, INNER_BUFFER);
	set_int(fd, SOL_SOCKET, SO_RCVBUF, INNER_BUFFER);
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return fd;
}

static bool connect_pair(struct userpath *u, int listener)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 4) ||
	    getsockname(listener, (struct sockaddr *)&at, &len) ||
	    connect(u->inner.fd, (struct sockaddr *)&at, len))
		return false;
	len = sizeof(at);
	if (getsockname(u->inner.fd, (struct sockaddr *)&at, &len))
		return false;
	u->module_fd = accept_own(listener, &at);
	return u->module_fd >= 0;
}

static void do_open(struct userpath *u)
{
	const struct linger now = { .l_onoff = 1 };
	int listener = inner_socket();

	u->inner.fd = inner_socket();
	if (listener < 0 || u->inner.fd < 0 || !connect_pair(u, listener))
		fail(u, "no connection over loopback: ", strerror(errno));
	else
		u->result = RESULT_OPENED;
	if (listener >= 0)
		close(listener);
	if (u->inner.fd >= 0)
		setsockopt(u->inner.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	setsockopt(u->outer.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	struct userpath *u = ptr;
	ssize_t n = recv(u->outer.fd, buf, len, MSG_DONTWAIT);

	if (n < 0)
		gnutls_transport_set_errno(u->session, errno);
	return n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	struct userpath *u = ptr;
	ssize_t n = send(u->outer.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		gnutls_transport_set_errno(u->session, errno);
	return n;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	const struct userpath *u = ptr;
	struct pollfd p = { .fd = u->outer.fd, .events = POLLIN };

	/* Never waits: the loop does. */
	(void)ms;
	return poll(&p, 1, 0);
}

static bool is_v13(const struct userpath *u)
{
	return gnutls_protocol_get_version(u->session) >= GNUTLS_TLS1_3;
}

/* Called by GnuTLS: from here on the far end uses new keys. */
static int on_key_update(gnutls_session_t session, unsigned int type, unsigned int when,
			 unsigned int incoming, const gnutls_datum_t *msg)
{
	struct userpath *u = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	(void)msg;
	if (incoming) {
		u->in.records = 0;
		u->asked = false;
	}
	return 0;
}

/* One more record. Return: false, and it has failed, if the key must not protect it. */
static bool count_record(struct userpath *u, struct flow *f)
{
	if (f->records++ < u->key_records)
		return true;
	gnutls_alert_send(u->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
	fail(u, "a key has protected as many records as it may", "");
	return false;
}

/*
 * New keys before the limit is near; TLS 1.2 has none without renegotiation. The far end is asked for
 * its own only when it lets them grow old: GnuTLS ends the session when both ask at once.
 * Return: 0, or what GnuTLS says.
 */
static int renew_keys(struct userpath *u)
{
	uint64_t due = u->key_records - u->key_records / 4;
	uint64_t overdue = u->key_records - u->key_records / 8;
	int err;

	if (!u->renewing) {
		u->asks = !u->asked && u->in.records >= overdue;
		if (u->pending || !is_v13(u) || (u->out.records < due && !u->asks))
			return 0;
	}
	err = gnutls_session_key_update(u->session, u->asks ? GNUTLS_KU_PEER : 0);
	u->renewing = err == GNUTLS_E_AGAIN || err == GNUTLS_E_INTERRUPTED;
	if (!err) {
		u->out.records = 0;
		u->asked |= u->asks;
	}
	return err;
}

/* Return: is there something new in u->in, data or its end? */
static bool read_outer(struct userpath *u)
{
	int patience = PATIENCE;
	ssize_t n;

	while (patience--) {
		n = gnutls_record_recv(u->session, u->in.buf, sizeof(u->in.buf));
		if (n > 0) {
			u->in.len = count_record(u, &u->in) ? (size_t)n : 0;
			u->in.at = 0;
			return u->in.len;
		}
		switch (n) {
		case GNUTLS_E_PREMATURE_TERMINATION:
			/* After our own goodbye the far end need not say any. */
			u->truncated = !u->out.shut;
			/* fall through */
		case 0:
			u->in.eof = true;
			return true;
		case GNUTLS_E_AGAIN:
			u->outer.wants |= gnutls_record_get_direction(u->session) ? UV_WRITABLE :
										    UV_READABLE;
			return false;
		case GNUTLS_E_REHANDSHAKE:
			gnutls_alert_send(u->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
			fail(u, "the far end wants to renegotiate", "");
			return false;
		case GNUTLS_E_WARNING_ALERT_RECEIVED:
		case GNUTLS_E_INTERRUPTED:
			break;
		default:
			fail_tls(u, (int)n);
			return false;
		}
	}
	fail(u, "the far end sends nothing but alerts", "");
	return false;
}

/* From the far end to the module. Return: something moved. */
static bool move_in(struct userpath *u)
{
	struct flow *f = &u->in;
	bool moved = false;
	ssize_t n;

	if (!f->len && !f->eof)
		moved = read_outer(u);
	if (f->len) {
		n = send(u->inner.fd, f->buf + f->at, f->len - f->at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			u->inner.wants |= UV_WRITABLE;
		} else if (n < 0) {
			fail(u, "the other end of the stream was lost", "");
		} else {
			moved = true;
			f->at += (size_t)n;
			if (f->at == f->len)
				f->len = 0;
		}
	}
	if (f->eof && !f->len && !f->shut) {
		f->shut = true;
		shutdown(u->inner.fd, SHUT_WR);
		moved = true;
	}
	return moved;
}

/* No more records to the far end: what the module still sends is read, and lost. */
static bool say_goodbye(struct userpath *u)
{
	int err = u->truncated ? 0 : gnutls_bye(u->session, GNUTLS_SHUT_WR);

	if (err == GNUTLS_E_AGAIN) {
		u->outer.wants |= UV_WRITABLE;
		return false;
	}
	if (err < 0) {
		fail_tls(u, err);
		return false;
	}
	shutdown(u->outer.fd, SHUT_WR);
	u->out.shut = true;
	u->deaf = true;
	return true;
}

/* Return: is there something new in u->out, data or its end? */
static bool read_inner(struct userpath *u)
{
	ssize_t n = recv(u->inner.fd, u->out.buf, sizeof(u->out.buf), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN) {
		u->inner.wants |= UV_READABLE;
		/*
		 * What was on its way when the far end closed has been delivered; TLS 1.2 leaves
		 * nothing after the answer to a close_notify (RFC 5246 7.2.1).
		 */
		if (!u->in.eof || u->deaf ||
		    (is_v13(u) && !u->truncated))
			return false;
		return say_goodbye(u);
	}
	if (n < 0) {
		fail(u, "the other end of the stream was lost", "");
		return false;
	}
	if (!n)
		u->out.eof = true;
	else if (!u->deaf)
		u->out.len = (size_t)n;
	u->out.at = 0;
	return true;
}

/* Return: octets of u->out that went, or what GnuTLS says; AGAIN, too, if it must not. */
static ssize_t send_record(struct userpath *u)
{
	size_t len = u->out.len - u->out.at, max = gnutls_record_get_max_size(u->session);
	ssize_t n;

	if (!u->pending && !count_record(u, &u->out))
		return GNUTLS_E_AGAIN;
	n = gnutls_record_send(u->session, u->out.buf + u->out.at, len < max ? len : max);
	u->pending = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
	return n;
}

/* From the module to the far end. Return: something moved. */
static bool move_out(struct userpath *u)
{
	struct flow *f = &u->out;
	bool moved = false;
	ssize_t n;

	if (!f->len && !f->eof)
		moved = read_inner(u);
	n = f->shut ? 0 : renew_keys(u);
	if (!n && f->len)
		n = send_record(u);
	if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
		u->outer.wants |= UV_WRITABLE;
		return moved;
	}
	if (n < 0) {
		fail_tls(u, (int)n);
	} else if (n) {
		moved = true;
		f->at += (size_t)n;
		if (f->at == f->len)
			f->len = 0;
	}
	if (f->eof && !f->len && !f->shut && u->result != RESULT_FAILED)
		moved |= say_goodbye(u);
	return moved;
}

static void do_move(struct userpath *u)
{
	int turn;
	bool moved;

	for (turn = 0; turn < TURN; turn++) {
		u->outer.wants = 0;
		u->inner.wants = 0;
		u->result = RESULT_WAITS;
		moved = move_in(u);
		if (u->result != RESULT_FAILED)
			moved |= move_out(u);
		if (u->result == RESULT_FAILED)
			return;
		if (u->in.shut && u->out.shut && u->out.eof) {
			u->result = RESULT_CLOSED;
			return;
		}
		if (!moved)
			return;
	}
	u->result = RESULT_TURN_OVER;
}

/* Worker thread. */
static void run(struct work *work)
{
	struct userpath *u = work->priv;

	if (u->job == JOB_OPEN)
		do_open(u);
	else
		do_move(u);
}

/* --- event loop --- */

static void after(struct work *work, bool cancelled);

static void start(struct userpath *u, enum job job)
{
	u->job = job;
	u->busy = true;
	work_start(u->loop, &u->work, run, after);
}

static void on_closed(uv_handle_t *handle)
{
	struct userpath *u = handle->data;

	if (!--u->handles)
		free(u);
}

static void close_handle(uv_handle_t *handle)
{
	if (handle->type != UV_UNKNOWN_HANDLE)
		uv_close(handle, on_closed);
}

static void forget(struct userpath *u)
{
	if (!u->all)
		return;
	*u->link = u->next;
	if (u->next)
		u->next->link = u->link;
	u->all->n--;
	u->all = NULL;
}

/* Ended in order it leaves two FINs behind, else two RSTs. */
static void destroy(struct userpath *u)
{
	const struct linger off = { .l_onoff = 0 };

	if (u->owned)
		u->ops->gone(u->priv);
	u->owned = false;
	forget(u);
	gnutls_deinit(u->session);
	cert_put(u->cert);
	explicit_bzero(u->in.buf, sizeof(u->in.buf));
	explicit_bzero(u->out.buf, sizeof(u->out.buf));
	close_handle((uv_handle_t *)&u->outer.poll);
	close_handle((uv_handle_t *)&u->inner.poll);
	if (u->result == RESULT_CLOSED) {
		setsockopt(u->outer.fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
		setsockopt(u->inner.fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
	}
	close(u->outer.fd);
	if (u->inner.fd >= 0)
		close(u->inner.fd);
	if (u->module_fd >= 0)
		close(u->module_fd);
	close_handle((uv_handle_t *)&u->timer);
}

static void tell(struct userpath *u, const char *why)
{
	if (u->told)
		return;
	u->told = true;
	if (u->truncated && u->all)
		u->all->truncated++;
	if (u->owned && why[0])
		u->ops->ending(u->priv, why);
}

static void fail_now(struct userpath *u, const char *why)
{
	tell(u, why);
	u->result = RESULT_FAILED;
	destroy(u);
}

static void on_timeout(uv_timer_t *timer)
{
	struct userpath *u = timer->data;

	u->late = true;
	if (!u->busy)
		fail_now(u, "the far end did not end in time");
}

static bool is_dead(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) || info.tcpi_state == TCP_CLOSE;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct userpath *u = poll->data;
	struct side *s = poll == &u->outer.poll ? &u->outer : &u->inner;

	if (status >= 0 && !(events & s->wants) && !is_dead(s->fd)) {
		/* A FIN, behind data for which there is no room now. */
		s->half = true;
		if (s->wants)
			uv_poll_start(poll, s->wants, on_poll);
		else
			uv_poll_stop(poll);
		return;
	}
	uv_poll_stop(&u->outer.poll);
	uv_poll_stop(&u->inner.poll);
	if (is_dead(s->fd) && !(s->wants & UV_READABLE)) {
		fail_now(u, "the connection was lost");
		return;
	}
	start(u, JOB_MOVE);
}

/* @over: both directions have ended there, and what becomes of the connection is no news. */
static void wait_for(struct side *s, bool over)
{
	int events = s->wants | (s->half ? 0 : UV_DISCONNECT);

	if (events && !over)
		uv_poll_start(&s->poll, events, on_poll);
}

static int poll_init(struct userpath *u, struct side *s)
{
	int err = uv_poll_init(u->loop, &s->poll, s->fd);

	if (err)
		return err;
	s->poll.data = u;
	u->handles++;
	return 0;
}

static void opened(struct userpath *u)
{
	int fd = u->module_fd;

	if (u->result == RESULT_OPENED && (poll_init(u, &u->outer) || poll_init(u, &u->inner)))
		fail(u, "the connections cannot be watched", "");
	if (u->result != RESULT_OPENED) {
		if (u->owned)
			u->ops->ready(u->priv, -1, u->why);
		u->owned = false;
		destroy(u);
		return;
	}
	u->all->total++;
	u->module_fd = -1;
	start(u, JOB_MOVE);
	u->ops->ready(u->priv, fd, NULL);
}

static void after(struct work *work, bool cancelled)
{
	struct userpath *u = work->priv;

	(void)cancelled;
	u->busy = false;
	if (u->cut) {
		u->result = RESULT_FAILED;
		destroy(u);
		return;
	}
	if (u->job == JOB_OPEN) {
		opened(u);
		return;
	}
	if (u->late && u->result != RESULT_CLOSED) {
		fail_now(u, "the far end did not end in time");
		return;
	}
	if (u->in.eof)
		tell(u, u->truncated ? "FIN without close_notify" : "close_notify");
	switch (u->result) {
	case RESULT_TURN_OVER:
		start(u, JOB_MOVE);
		break;
	case RESULT_CLOSED:
	case RESULT_FAILED:
		tell(u, u->why);
		destroy(u);
		break;
	default:
		/* Once the module has ended it, only the far end can hold it up. */
		if (u->out.eof && !uv_is_active((uv_handle_t *)&u->timer))
			uv_timer_start(&u->timer, on_timeout, u->linger, 0);
		wait_for(&u->outer, u->in.eof && u->out.shut);
		wait_for(&u->inner, u->in.shut && u->out.eof);
		break;
	}
}

/* Only AES-GCM has a limit that a session can reach. */
static uint64_t key_records(const struct userpaths *all, gnutls_session_t session)
{
	switch (gnutls_cipher_get(session)) {
	case GNUTLS_CIPHER_AES_128_GCM:
	case GNUTLS_CIPHER_AES_256_GCM:
		return all->key_records ? all->key_records : KEY_RECORDS;
	default:
		return UINT64_MAX;
	}
}

int userpath_new(struct userpaths *all, uv_loop_t *loop, const struct handshake_session *s,
		 unsigned int linger, const struct userpath_ops *ops, void *priv,
		 struct userpath **out)
{
	struct userpath *u = calloc(1, sizeof(*u));

	if (u && s->early_len) {
		memcpy(u->in.buf, s->early, s->early_len);
		u->in.len = s->early_len;
	}
	if (s->early)
		explicit_bzero(s->early, s->early_len);
	free(s->early);
	if (!u) {
		gnutls_deinit(s->session);
		cert_put(s->cert);
		close(s->fd);
		return -ENOMEM;
	}
	u->all = all;
	u->loop = loop;
	u->ops = ops;
	u->priv = priv;
	u->work.priv = u;
	u->linger = linger;
	u->owned = true;
	u->session = s->session;
	u->cert = s->cert;
	u->outer.fd = s->fd;
	u->inner.fd = -1;
	u->module_fd = -1;
	uv_timer_init(loop, &u->timer);
	u->timer.data = u;
	u->handles = 1;
	gnutls_transport_set_ptr(u->session, u);
	gnutls_transport_set_pull_function(u->session, pull);
	gnutls_transport_set_pull_timeout_function(u->session, pull_timeout);
	gnutls_transport_set_push_function(u->session, push);
	u->key_records = key_records(all, u->session);
	gnutls_session_set_ptr(u->session, u);
	gnutls_handshake_set_hook_function(u->session, GNUTLS_HANDSHAKE_KEY_UPDATE, GNUTLS_HOOK_POST,
					   on_key_update);

	u->link = &all->first;
	u->next = all->first;
	if (u->next)
		u->next->link = &u->next;
	all->first = u;
	all->n++;
	start(u, JOB_OPEN);
	*out = u;
	return 0;
}

int userpath_fd(const struct userpath *u)
{
	return u->outer.fd;
}

void userpath_count(const struct userpath *u, struct bearer_stats *st)
{
	struct bearer_stats inner = { 0 };

	tcp_count(u->outer.fd, st);
	if (u->inner.fd < 0)
		return;
	/* What goes to the module here is what it counts as received from the far end. */
	tcp_count(u->inner.fd, &inner);
	st->octets_received -= inner.octets_sent;
	st->octets_sent -= inner.octets_received;
}

void userpath_leave(struct userpath *u)
{
	u->owned = false;
	/* Before the module has its end there is nothing to carry. */
	if (u->job == JOB_OPEN)
		userpath_cut(u);
}

void userpath_cut(struct userpath *u)
{
	u->owned = false;
	forget(u);
	if (u->busy) {
		u->cut = true;
		work_cancel(u->loop, &u->work);
		return;
	}
	u->result = RESULT_FAILED;
	destroy(u);
}
