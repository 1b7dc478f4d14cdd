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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/cert.h"
#include "bearer/far_end.h"
#include "bearer/handshake.h"
#include "bearer/ktls.h"
#include "bearer/sessions.h"
#include "lib/workers.h"
#include "linux/kmgw.h"

#define RECORD_HEADER	5
#define APPLICATION_DATA	23	/* type of all records of TLS 1.3 with keys on them */
#define NO_TICKET	24	/* octets of which a record has more if there is a ticket in it */
#define TICKET_SECONDS	3600

enum job {
	JOB_STEP,
	JOB_TICKET,
	JOB_ARM,
};

/* Where the octets that GnuTLS takes are in the stream of records. */
struct gate {
	uint8_t header[RECORD_HEADER];
	unsigned int have;		/* octets of the header */
	unsigned int left;		/* of the body */
	bool shut;
	bool one;			/* it shuts behind the record */
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
	bool keeps;			/* a client that may resume the session another time */
	struct fingerprint_set offered;	/* certificate of the session that was offered */
	gnutls_datum_t kept;
	int low_water;			/* octets that have to be there; 0: as ever */
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
	if (g->have == RECORD_HEADER && !g->left) {
		g->have = 0;
		g->shut = g->one;
	}
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
			(how->tickets || how->resumption ? 0 : GNUTLS_NO_TICKETS) |
			GNUTLS_NO_AUTO_REKEY) < 0) {
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
	h->keeps = !how->server && how->resumption;
	/* One that GnuTLS does not like is not offered. */
	if (h->keeps && how->resume &&
	    gnutls_session_set_data(h->session, how->resume->data.data,
				    how->resume->data.size) >= 0)
		h->offered = how->resume->peer;
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

struct psk *handshake_psk(const struct handshake *h)
{
	return h->far_end.psk;
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

static void give_up(struct handshake *h, int err)
{
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
}

/* The call may be another one than that of the ticket, and want another far end. */
static int verify_resumed(struct handshake *h)
{
	int err;

	h->view.resumed = gnutls_session_is_resumed(h->session);
	if (!h->view.resumed)
		return 0;
	err = far_end_resumed(&h->far_end, h->session, h->keeps ? &h->offered : NULL);
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
		give_up(h, err);
		return;
	}
	h->gate.shut = true;
	h->finished = true;
	if (!h->far_end.psk && (err = verify_resumed(h)) < 0) {
		fail(h, err);
		return;
	}
	h->view.peer = h->far_end.peer;
	if (!ktls_takes(h->session, far_end_record(&h->far_end, h->session), h->no_ktls))
		h->view.no_ktls = h->no_ktls;
	h->description = gnutls_session_get_desc(h->session);
	h->result = HANDSHAKE_DONE;
}

/* --- a session for the next time --- */

static bool is_v13(const struct handshake *h)
{
	return gnutls_protocol_get_version(h->session) == GNUTLS_TLS1_3;
}

static void wipe(gnutls_datum_t *d)
{
	if (d->data)
		explicit_bzero(d->data, d->size);
	gnutls_free(d->data);
	*d = (gnutls_datum_t){ 0 };
}

/* Can the far end know the session again? */
static bool is_resumable(const struct handshake *h)
{
	unsigned int flags = gnutls_session_get_flags(h->session);
	gnutls_datum_t id = { 0 };

	if (is_v13(h))
		return flags & GNUTLS_SFLAGS_SESSION_TICKET;
	/* Without this one a session can be grafted on another one (RFC 7627). */
	if (!(flags & GNUTLS_SFLAGS_EXT_MASTER_SECRET))
		return false;
	return flags & GNUTLS_SFLAGS_SESSION_TICKET ||
	       (gnutls_session_get_id2(h->session, &id) >= 0 && id.size);
}

static void keep(struct handshake *h)
{
	wipe(&h->kept);
	if (is_resumable(h) && gnutls_session_get_data2(h->session, &h->kept) < 0)
		wipe(&h->kept);
}

static void set_low_water(struct handshake *h, int octets)
{
	if (!setsockopt(h->fd, SOL_SOCKET, SO_RCVLOWAT, &octets, sizeof(octets)))
		h->low_water = octets;
}

enum coming {
	COMING_RECORD,
	COMING_LATER,
	COMING_OTHER,		/* for the kernel to see */
};

/* Is there a whole record that may be a ticket? Alerts and KeyUpdates are shorter. */
static enum coming look(struct handshake *h)
{
	uint8_t header[RECORD_HEADER];
	int there, need = RECORD_HEADER;
	ssize_t n;

	n = recv(h->fd, header, sizeof(header), MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		if (h->low_water)
			set_low_water(h, 1);
		return COMING_LATER;
	}
	if (n <= 0)
		return COMING_OTHER;
	if (n == RECORD_HEADER) {
		need += header[3] << 8 | header[4];
		if (header[0] != APPLICATION_DATA || need <= RECORD_HEADER + NO_TICKET)
			return COMING_OTHER;
	}
	if (ioctl(h->fd, FIONREAD, &there))
		return COMING_OTHER;
	if (there >= need && n == RECORD_HEADER)
		return COMING_RECORD;
	/* Woken before there is enough: there will be no more. */
	if (h->low_water == need)
		return COMING_OTHER;
	set_low_water(h, need);
	return COMING_LATER;
}

/* User data, where a ticket was looked for, stand before what the kernel will read. */
static ssize_t read_early(struct handshake *h)
{
	ssize_t n;

	if (!h->prefix)
		h->prefix = malloc(KMGW_PREFIX_MAX);
	if (!h->prefix)
		return GNUTLS_E_MEMORY_ERROR;
	n = gnutls_record_recv(h->session, h->prefix + h->view.prefix_len,
			       KMGW_PREFIX_MAX - h->view.prefix_len);
	if (n > 0)
		h->view.prefix_len += (size_t)n;
	return n;
}

static void do_ticket(struct handshake *h)
{
	unsigned int patience = 4;
	ssize_t n;

	h->result = HANDSHAKE_TICKET;
	while (is_v13(h) && !is_resumable(h) && !h->view.prefix_len && patience--) {
		switch (look(h)) {
		case COMING_LATER:
			h->result = HANDSHAKE_WANTS_READ;
			return;
		case COMING_OTHER:
			return;
		case COMING_RECORD:
			break;
		}
		h->gate.one = true;
		h->gate.shut = false;
		n = read_early(h);
		h->gate.shut = true;
		if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n))) {
			give_up(h, n ? (int)n : GNUTLS_E_PREMATURE_TERMINATION);
			return;
		}
		if (h->far_end.new_keys) {
			/* Ours would have to change, too, and nobody could say so any more. */
			far_end_refuse(&h->far_end, "the far end changes its keys at once");
			give_up(h, GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET);
			return;
		}
	}
	keep(h);
}

/* What GnuTLS has decrypted and nobody has read comes before what the kernel will read. */
static int drain(struct handshake *h)
{
	ssize_t n;

	if (h->gate.have || h->gate.left) {
		far_end_refuse(&h->far_end, "part of a TLS record was left over");
		return -EIO;
	}
	while (gnutls_record_check_pending(h->session)) {
		n = read_early(h);
		if (n <= 0) {
			far_end_refuse(&h->far_end, "early data cannot be read: %s",
				       n ? gnutls_strerror((int)n) : "end of stream, or too much");
			return -EIO;
		}
	}
	return 0;
}

static void do_arm(struct handshake *h)
{
	const char *why = "early data";
	int err;

	/* The kernel's TLS heeds it, too. */
	if (h->low_water)
		set_low_water(h, 1);
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

	switch (h->job) {
	case JOB_STEP:
		do_step(h);
		break;
	case JOB_TICKET:
		do_ticket(h);
		break;
	case JOB_ARM:
		do_arm(h);
		break;
	}
}

static void destroy(struct handshake *h)
{
	if (h->session)
		gnutls_deinit(h->session);
	far_end_drop(&h->far_end);
	wipe(&h->kept);
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

void handshake_ticket(struct handshake *h)
{
	start(h, JOB_TICKET);
}

bool handshake_resumable(const struct handshake *h, struct session *out, uint64_t *life)
{
	bool unspecified = !h->far_end.gave_ticket || (!h->far_end.ticket_lifetime && !is_v13(h));

	if (!h->kept.data)
		return false;
	*out = (struct session){ .data = h->kept, .peer = h->far_end.peer };
	*life = unspecified ? SESSIONS_LIFE : h->far_end.ticket_lifetime * 1000ULL;
	return true;
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
	out->early = h->prefix;
	out->early_len = h->view.prefix_len;
	h->prefix = NULL;
	far_end_let_go(&h->far_end, h->session);
	if (h->low_water)
		set_low_water(h, 1);
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
