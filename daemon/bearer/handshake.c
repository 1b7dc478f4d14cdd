// SPDX-License-Identifier: GPL-2.0-only
/*
 * handshake: one TLS handshake on one socket, up to keys in the kernel.
 *
 * What follows the handshake belongs to the kernel, down to the octet. GnuTLS
 * therefore reads through a gate that knows where the current TLS record ends and
 * gives it nothing beyond; the gate is shut when the handshake is finished.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "bearer/far_end.h"
#include "bearer/handshake.h"
#include "bearer/ktls.h"
#include "lib/workers.h"
#include "linux/kmgw.h"

#define RECORD_HEADER	5
#define TICKET_SECONDS	3600

enum job {
	JOB_STEP,
	JOB_ARM,
};

/* Where the octets that GnuTLS takes are in the stream of records. */
struct gate {
	uint8_t header[RECORD_HEADER];
	unsigned int have;		/* octets of the header */
	unsigned int left;		/* of the body */
	bool shut;
};

struct handshake {
	struct work work;
	uv_loop_t *loop;
	handshake_fn fn;
	void *priv;
	bool busy, orphan;
	enum handshake_end end;		/* for an orphan */

	/* The worker's while busy. */
	int fd;
	struct far_end far_end;
	gnutls_session_t session;
	struct gate gate;
	enum job job;
	enum handshake_result result;
	bool started, finished;
	uint8_t *prefix;
	char *description;
	char no_ktls[KTLS_WHY_MAX];
	struct handshake_view view;
};

static ssize_t gate_pull(gnutls_transport_ptr_t ptr, void *buf, size_t len)
{
	struct handshake *h = ptr;
	struct gate *g = &h->gate;
	bool header = g->have < RECORD_HEADER;
	ssize_t n;

	if (g->shut) {
		gnutls_transport_set_errno(h->session, EAGAIN);
		return -1;
	}
	if (header && len > RECORD_HEADER - g->have)
		len = RECORD_HEADER - g->have;
	else if (!header && len > g->left)
		len = g->left;
	n = recv(h->fd, buf, len, MSG_DONTWAIT);
	if (n < 0)
		gnutls_transport_set_errno(h->session, errno);
	if (n <= 0)
		return n;
	if (header) {
		memcpy(g->header + g->have, buf, (size_t)n);
		g->have += (unsigned int)n;
		if (g->have == RECORD_HEADER)
			g->left = (unsigned int)g->header[3] << 8 | g->header[4];
	} else {
		g->left -= (unsigned int)n;
	}
	if (g->have == RECORD_HEADER && !g->left)
		g->have = 0;
	return n;
}

static int gate_pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	const struct handshake *h = ptr;
	struct pollfd p = { .fd = h->fd, .events = POLLIN };

	/* Never waits: the loop does. */
	(void)ms;
	return h->gate.shut ? 0 : poll(&p, 1, 0);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	struct handshake *h = ptr;
	ssize_t n;

	n = send(h->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		gnutls_transport_set_errno(h->session, errno);
	return n;
}

int handshake_new(uv_loop_t *loop, int fd, const struct handshake_how *how, handshake_fn fn,
		  void *priv, struct handshake **out)
{
	unsigned int flags = how->server ? GNUTLS_SERVER : how->psk ? GNUTLS_CLIENT :
			     GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT;
	struct handshake *h;

	h = calloc(1, sizeof(*h));
	if (!h) {
		close(fd);
		return -ENOMEM;
	}
	h->loop = loop;
	h->fd = fd;
	h->fn = fn;
	h->priv = priv;
	h->work.priv = h;
	if (gnutls_init(&h->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			(how->tickets ? 0 : GNUTLS_NO_TICKETS) | GNUTLS_NO_AUTO_REKEY) < 0) {
		free(h);
		close(fd);
		return -ENOMEM;
	}
	if (far_end_init(&h->far_end, h->session, how->cert, how->psk, how->server) ||
	    gnutls_priority_set(h->session, how->priorities) < 0 ||
	    (how->server && how->tickets &&
	     gnutls_session_ticket_enable_server(h->session, how->tickets) < 0)) {
		close(handshake_free(h, HANDSHAKE_END_SILENT));
		return -EIO;
	}
	gnutls_db_set_cache_expiration(h->session, TICKET_SECONDS);
	gnutls_handshake_set_timeout(h->session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_transport_set_ptr(h->session, h);
	gnutls_transport_set_pull_function(h->session, gate_pull);
	gnutls_transport_set_pull_timeout_function(h->session, gate_pull_timeout);
	gnutls_transport_set_push_function(h->session, push);
	*out = h;
	return 0;
}

int handshake_fd(const struct handshake *h)
{
	return h->fd;
}

bool handshake_busy(const struct handshake *h)
{
	return h->busy;
}

static void fail(struct handshake *h, int err)
{
	h->result = HANDSHAKE_FAILED;
	far_end_explain(&h->far_end, h->session, err);
}

/* The call may be another one than that of the ticket, and want another far end. */
static int verify_resumed(struct handshake *h)
{
	int err;

	h->view.resumed = gnutls_session_is_resumed(h->session);
	if (!h->view.resumed)
		return 0;
	err = far_end_verify(h->session);
	if (err)
		gnutls_alert_send(h->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
	return err;
}

static void do_step(struct handshake *h)
{
	int err, patience = 16;

	h->started = true;
	do {
		err = gnutls_handshake(h->session);
		/* Warnings such as unrecognized_name end nothing, but not without limit. */
	} while ((err == GNUTLS_E_WARNING_ALERT_RECEIVED || err == GNUTLS_E_INTERRUPTED) &&
		 --patience);
	if (err == GNUTLS_E_AGAIN) {
		h->result = gnutls_record_get_direction(h->session) ? HANDSHAKE_WANTS_WRITE
								    : HANDSHAKE_WANTS_READ;
		return;
	}
	if (err < 0) {
		switch (err) {
		case GNUTLS_E_FATAL_ALERT_RECEIVED:
		case GNUTLS_E_PREMATURE_TERMINATION:
		case GNUTLS_E_PULL_ERROR:
		case GNUTLS_E_PUSH_ERROR:
			break;
		default:
			gnutls_alert_send_appropriate(h->session, err);
		}
		fail(h, err);
		return;
	}
	h->gate.shut = true;
	h->finished = true;
	if (!h->far_end.psk && (err = verify_resumed(h)) < 0) {
		fail(h, err);
		return;
	}
	h->view.by_psk = h->far_end.psk;
	h->view.peer = h->far_end.peer;
	if (!ktls_takes(h->session, far_end_record(&h->far_end, h->session), h->no_ktls))
		h->view.no_ktls = h->no_ktls;
	h->description = gnutls_session_get_desc(h->session);
	h->result = HANDSHAKE_DONE;
}

/* What GnuTLS has decrypted and nobody has read comes before what the kernel will read. */
static int drain(struct handshake *h)
{
	size_t pending = gnutls_record_check_pending(h->session);
	ssize_t n;

	if (h->gate.have || h->gate.left) {
		far_end_refuse(&h->far_end, "part of a TLS record was left over");
		return -EIO;
	}
	if (!pending)
		return 0;
	h->prefix = malloc(KMGW_PREFIX_MAX);
	if (!h->prefix)
		return -ENOMEM;
	while (gnutls_record_check_pending(h->session)) {
		n = gnutls_record_recv(h->session, h->prefix + h->view.prefix_len,
				       KMGW_PREFIX_MAX - h->view.prefix_len);
		if (n <= 0) {
			far_end_refuse(&h->far_end, "early data cannot be read: %s",
				       n ? gnutls_strerror((int)n) : "end of stream, or too much");
			return -EIO;
		}
		h->view.prefix_len += (size_t)n;
	}
	return 0;
}

static void do_arm(struct handshake *h)
{
	const char *why = "early data";
	int err;

	err = drain(h);
	if (!err)
		err = ktls_arm(h->fd, h->session, &why);
	if (!err) {
		h->view.aead = ktls_aead(h->session);
		h->result = HANDSHAKE_ARMED;
		return;
	}
	h->result = HANDSHAKE_FAILED;
	far_end_refuse(&h->far_end, "the kernel does not take the keys: %s: %s", why,
		       strerror(-err));
}

/* Worker thread. */
static void run(struct work *work)
{
	struct handshake *h = work->priv;

	if (h->job == JOB_ARM)
		do_arm(h);
	else
		do_step(h);
}

static void destroy(struct handshake *h)
{
	if (h->session)
		gnutls_deinit(h->session);
	far_end_drop(&h->far_end);
	gnutls_free(h->description);
	if (h->prefix)
		explicit_bzero(h->prefix, KMGW_PREFIX_MAX);
	free(h->prefix);
	free(h);
}

static void say_goodbye(struct handshake *h, enum handshake_end end)
{
	/* After a failure GnuTLS has said so already; with kTLS armed it must not speak. */
	if (!h->started || h->result == HANDSHAKE_FAILED || h->result == HANDSHAKE_ARMED)
		return;
	if (end == HANDSHAKE_END_BAD_CERTIFICATE)
		gnutls_alert_send(h->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
	if (end != HANDSHAKE_END_CLOSE_NOTIFY)
		return;
	if (!h->finished)
		gnutls_alert_send(h->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
	gnutls_alert_send(h->session, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
}

static void after(struct work *work, bool cancelled)
{
	struct handshake *h = work->priv;

	h->busy = false;
	if (h->orphan) {
		if (!cancelled)
			say_goodbye(h, h->end);
		close(h->fd);
		destroy(h);
		return;
	}
	h->view.reason = h->far_end.reason;
	h->view.description = h->description ? h->description : "";
	h->view.prefix = h->prefix;
	h->fn(h->priv, h->result, &h->view);
}

static void start(struct handshake *h, enum job job)
{
	h->job = job;
	h->busy = true;
	work_start(h->loop, &h->work, run, after);
}

void handshake_step(struct handshake *h, const struct bearer_fingerprint *fp, unsigned int n)
{
	far_end_expect(&h->far_end, fp, n);
	start(h, JOB_STEP);
}

void handshake_arm(struct handshake *h)
{
	start(h, JOB_ARM);
}

void handshake_take(struct handshake *h, struct handshake_session *out)
{
	out->session = h->session;
	out->cert = cert_get(h->far_end.cert);
	out->fd = h->fd;
	far_end_let_go(&h->far_end, h->session);
	h->session = NULL;
	destroy(h);
}

int handshake_free(struct handshake *h, enum handshake_end end)
{
	int fd = h->fd;

	if (h->busy) {
		h->orphan = true;
		h->end = end;
		/* One that has not begun need not begin; after() is called all the same. */
		work_cancel(h->loop, &h->work);
		return -1;
	}
	say_goodbye(h, end);
	destroy(h);
	return fd;
}
