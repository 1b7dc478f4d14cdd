// SPDX-License-Identifier: GPL-2.0-only
/*
 * dtls: DTLS on a bearer, from ClientHello to keys in the module and the next association.
 *
 * The module carries user data; records of handshakes it hands to a socket on the bearer's
 * port, which is read here. There is at most one association that comes, and one whose
 * keys the module has. One that comes disturbs nothing: it takes the other's place when its
 * certificate fits a fingerprint that was signalled, and not before.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "bearer/dtls_record.h"
#include "bearer/dtls_session.h"
#include "config.h"

#define DATAGRAMS_PER_TURN	16	/* other work of the loop has its turn, too */
#define DATAGRAM_MAX		16384	/* a chain of certificates in one flight */
#define LAST_FLIGHT_KEPT	120000	/* ms: twice the longest pause before it comes again */
#define TX_HOLD			1000	/* ms to wait for a sign that our last flight arrived */
#define SILENCE			1500	/* ms after which a handshake makes room: it has missed a flight */

struct dtls {
	int fd;				/* on the bearer's port; -1: it could not be had */
	struct watch *watch;
	struct timer *retransmit;
	struct timer *keep;		/* until current goes */

	struct dtls_session *coming;
	uint64_t coming_heard;		/* uv_now() when its far end sent last */
	bool coming_done;		/* the handshake is over, the certificate in coming_peer */
	struct fingerprint_set coming_peer;
	bool client_waits;		/* for a slot */

	struct dtls_session *current;	/* taken; NULL: nobody could ask for our last flight */
	uint32_t generation;		/* of the keys that the module has; 0: none yet */
	bool renew;			/* what was signalled calls for a new association */
};

static void on_session(void *priv, enum dtls_result result, const struct dtls_view *view);
static void on_current(void *priv, enum dtls_result result, const struct dtls_view *view);

/* --- the two associations --- */

static void step(struct bearer *b)
{
	dtls_session_step(b->dtls->coming, b->want.fp, b->want.n_fp);
}

static void on_retransmit(void *priv)
{
	struct bearer *b = priv;

	timer_stop(&b->dtls->retransmit);
	if (b->dtls->coming && !dtls_session_busy(b->dtls->coming))
		step(b);
}

static void drop_coming(struct bearer *b, enum handshake_end end)
{
	struct dtls *d = b->dtls;

	timer_stop(&b->guard);
	timer_stop(&d->retransmit);
	slots_give(b);
	d->client_waits = false;
	if (d->coming)
		dtls_session_free(d->coming, end);
	d->coming = NULL;
	d->coming_done = false;
}

static void drop_current(struct bearer *b)
{
	struct dtls *d = b->dtls;

	timer_stop(&d->keep);
	if (d->current)
		dtls_session_free(d->current, HANDSHAKE_END_SILENT);
	d->current = NULL;
}

static void on_kept_long_enough(void *priv)
{
	drop_current(priv);
}

static bool same_end(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return addr_same_ip(a, b) && addr_port(a) == addr_port(b);
}

static bool is_from_remote(const struct bearer *b, const struct sockaddr_storage *from)
{
	return b->want.has_remote && same_end(&b->want.remote, from);
}

/*
 * May another client have the place of the one whose handshake is under way? One from where Remote
 * says may, and that one need not yield. Behind a NAT none is: then whoever falls silent in the
 * middle must not keep the right one out.
 */
static bool coming_yields(const struct bearer *b, const struct sockaddr_storage *from)
{
	const struct dtls *d = b->dtls;

	if (is_from_remote(b, dtls_session_remote(d->coming)))
		return false;
	if (is_from_remote(b, from))
		return true;
	return !d->coming_done && !dtls_session_busy(d->coming) &&
	       uv_now(b->env->loop) - d->coming_heard >= SILENCE;
}

/* The association that comes will not. */
static void give_up(struct bearer *b, enum handshake_end end, const char *reason)
{
	struct dtls *d = b->dtls;
	bool server = d->coming && dtls_session_is_server(d->coming);
	bool told = !server || datagram_is_far_end(b, dtls_session_remote(d->coming));

	bearer_log(b, LOG_LEVEL_WARNING, "DTLS: %s%s", reason,
		   told ? "" : " (not from where the far end is: passed over)");
	drop_coming(b, end);
	if (b->state == STATE_SPLICED) {
		/* The association that there is goes on; whoever asked for another is told. */
		if (told && d->renew) {
			d->renew = false;
			env_notify(b, BEARER_TLS_FAILED, reason);
		}
		return;
	}
	/* Whoever came first where anybody may come has not shut the door for the right one. */
	b->state = told && !(server && datagram_waits(b)) ? STATE_FAILED : STATE_LISTENING;
	if (told)
		env_notify(b, BEARER_TLS_FAILED, reason);
}

static void on_guard(void *priv)
{
	char reason[BEARER_REASON_MAX];
	struct bearer *b = priv;

	/* RFC 6347 4.1.2.7: what another key protects is dropped, and nobody says a word. */
	snprintf(reason, sizeof(reason), "no DTLS association within %u ms%s",
		 b->env->cfg->tls_guard, b->want.psk && b->dtls->coming ?
		 ": perhaps the far end has another pre-shared key" : "");
	give_up(b, HANDSHAKE_END_CLOSE_NOTIFY, reason);
}

static void guard_start(struct bearer *b)
{
	if (!b->guard)
		timer_start(&b->guard, b->env->loop, b->env->cfg->tls_guard, on_guard, b);
}

/* --- keys --- */

static bool cipher_of(const struct dtls_session *s, enum kmgw_dtls_cipher *out)
{
	switch (dtls_session_cipher(s)) {
	case GNUTLS_CIPHER_AES_128_GCM:
		*out = KMGW_DTLS_CIPHER_AES_128_GCM;
		return true;
	case GNUTLS_CIPHER_AES_256_GCM:
		*out = KMGW_DTLS_CIPHER_AES_256_GCM;
		return true;
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		*out = KMGW_DTLS_CIPHER_CHACHA20_POLY1305;
		return true;
	case GNUTLS_CIPHER_AES_128_CCM:
		*out = KMGW_DTLS_CIPHER_AES_128_CCM;
		return true;
	case GNUTLS_CIPHER_AES_128_CCM_8:
		*out = KMGW_DTLS_CIPHER_AES_128_CCM_8;
		return true;
	default:
		return false;
	}
}

static int give_keys(struct bearer *b)
{
	struct kernel_keys keys = { .generation = b->dtls->generation + 1 };
	struct dtls_session *s = b->dtls->coming;
	struct dtls_key rx, tx;
	int err;

	err = dtls_session_keys(s, &rx, &tx);
	if (err)
		return err;
	if (!cipher_of(s, &keys.cipher) || rx.epoch != tx.epoch)
		return -EOPNOTSUPP;
	keys.epoch = tx.epoch;
	keys.rx = (struct kernel_key){ rx.key, rx.key_len, rx.iv, rx.iv_len, rx.number };
	keys.tx = (struct kernel_key){ tx.key, tx.key_len, tx.iv, tx.iv_len, tx.number };
	/* A server's Finished is the last word, and may be lost. */
	keys.tx_hold = dtls_session_is_server(s) ? TX_HOLD : 0;
	return kernel_endpoint_keys(b->env->kernel, &b->name, &keys);
}

/* The far end has proved who it is: the association that came is the one from now on. */
static void take_over(struct bearer *b)
{
	bool renewed = b->state == STATE_SPLICED;
	struct dtls *d = b->dtls;
	struct dtls_session *s;
	int err;

	err = b->in_kernel ? give_keys(b) : -ENOENT;
	if (err) {
		char reason[BEARER_REASON_MAX];

		snprintf(reason, sizeof(reason), "the module does not take the keys: %s",
			 strerror(-err));
		give_up(b, HANDSHAKE_END_CLOSE_NOTIFY, reason);
		return;
	}
	s = d->coming;
	d->coming = NULL;
	drop_coming(b, HANDSHAKE_END_SILENT);
	drop_current(b);
	dtls_session_taken(s, on_current);
	d->generation++;
	d->renew = false;
	d->current = s;
	bearer_keep_peer(b, &d->coming_peer, dtls_session_psk(s));
	b->tls_armed = false;
	b->live = true;
	b->far_end_closed = false;
	b->state = STATE_SPLICED;
	datagram_associated(b, dtls_session_remote(s));
	timer_start(&d->keep, b->env->loop,
		    dtls_session_is_server(s) ? LAST_FLIGHT_KEPT : 0, on_kept_long_enough, b);
	bearer_log(b, LOG_LEVEL_INFO, "DTLS association %u is in the module", d->generation);
	if (!renewed)
		env_notify(b, BEARER_TLS_UP, "");
}

static void verify(struct bearer *b)
{
	struct dtls *d = b->dtls;
	const char *misfit;

	if (b->state != STATE_SPLICED)
		b->state = STATE_VERIFYING;
	if (!tls_is_known(b)) {
		bearer_log(b, LOG_LEVEL_INFO,
			   "DTLS is up and waits for the far end's fingerprint");
		return;
	}
	/* GnuTLS may be answering a last flight; on_session() comes back here. */
	if (dtls_session_busy(d->coming))
		return;
	misfit = tls_misfit(&b->want, &d->coming_peer, dtls_session_psk(d->coming));
	if (misfit)
		give_up(b, HANDSHAKE_END_BAD_CERTIFICATE, misfit);
	else
		take_over(b);
}

/* --- steps of the association that comes --- */

static void again(struct bearer *b)
{
	struct dtls *d = b->dtls;

	if (dtls_session_waiting(d->coming))
		step(b);
	else if (!d->coming_done)
		timer_start(&d->retransmit, b->env->loop, dtls_session_timeout(d->coming) + 1,
			    on_retransmit, b);
}

static void on_session(void *priv, enum dtls_result result, const struct dtls_view *view)
{
	struct bearer *b = priv;
	struct dtls *d = b->dtls;

	switch (result) {
	case DTLS_WAITS:
		if (d->coming_done && tls_is_known(b))
			verify(b);
		else
			again(b);
		break;
	case DTLS_DONE:
		timer_stop(&b->guard);
		timer_stop(&d->retransmit);
		slots_give(b);
		d->coming_done = true;
		d->coming_peer = view->peer;
		bearer_log(b, LOG_LEVEL_INFO, "DTLS handshake done: %s", view->description);
		verify(b);
		break;
	case DTLS_FAILED:
		give_up(b, HANDSHAKE_END_SILENT, view->reason);
		break;
	}
}

static void begin(struct bearer *b, const struct sockaddr_storage *remote,
		  gnutls_dtls_prestate_st *prestate)
{
	struct bearer_env *env = b->env;
	struct dtls *d = b->dtls;
	char text[ADDR_TEXT_MAX];
	int err;

	err = dtls_session_new(env->loop, d->fd, remote, prestate, b->cert, b->want.psk,
			       b->want.psk ? env->dtls_psk_priorities : env->dtls_priorities,
			       on_session, b, &d->coming);
	if (err) {
		char reason[BEARER_REASON_MAX];

		snprintf(reason, sizeof(reason), "cannot start DTLS: %s", strerror(-err));
		give_up(b, HANDSHAKE_END_SILENT, reason);
		return;
	}
	bearer_log(b, LOG_LEVEL_INFO, "DTLS handshake as %s with %s",
		   prestate ? "server" : "client", addr_text(remote, text, sizeof(text)));
	if (b->state != STATE_SPLICED)
		b->state = STATE_HANDSHAKING;
	d->coming_heard = uv_now(env->loop);
	/* Of a server, too: half a handshake must not keep its slot until Subtract. */
	guard_start(b);
}

static void begin_client(struct bearer *b)
{
	const struct sockaddr_storage *remote;
	struct dtls *d = b->dtls;

	d->client_waits = !slots_take(b);
	if (d->client_waits) {
		/* It cannot wait longer than it might take. */
		guard_start(b);
		return;
	}
	remote = datagram_destination(b);
	if (!remote) {
		/* It was taken away while this one waited. */
		slots_give(b);
		return;
	}
	begin(b, remote, NULL);
	if (d->coming)
		step(b);
}

void dtls_slot(struct bearer *b)
{
	timer_stop(&b->guard);
	if (b->dtls->client_waits)
		begin_client(b);
}

static bool is_client(const struct bearer *b)
{
	const struct rules_tls t = {
		.armed = b->tls_armed,
		.by_signal = b->tls_by_signal ||
			     b->env->cfg->tls_start == CONFIG_TLS_START_SIGNAL,
		.media = b->want.media,
		.local = b->want.setup,
	};

	return rules_tls_client(&t);
}

void dtls_look(struct bearer *b)
{
	struct dtls *d = b->dtls;

	if (!d || d->fd < 0)
		return;
	if (d->coming && d->coming_done) {
		verify(b);
		return;
	}
	if (d->coming || d->client_waits || !is_client(b) || !datagram_destination(b))
		return;
	if (b->state == STATE_LISTENING || (b->state == STATE_SPLICED && d->renew))
		begin_client(b);
}

/* --- what comes in --- */

/* For the cookie: only who is there can send it back. */
static void *cookie_data(const struct sockaddr_storage *from, uint8_t *buf, size_t *len)
{
	uint16_t port = addr_port(from);

	if (from->ss_family == AF_INET) {
		memcpy(buf, &((const struct sockaddr_in *)from)->sin_addr, 4);
		*len = 4;
	} else {
		memcpy(buf, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
		*len = 16;
	}
	memcpy(buf + *len, &port, sizeof(port));
	*len += sizeof(port);
	return buf;
}

struct reply_to {
	int fd;
	const struct sockaddr_storage *to;
};

static ssize_t send_cookie(gnutls_transport_ptr_t ptr, const void *buf, size_t len)
{
	const struct reply_to *r = ptr;

	sendto(r->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)r->to,
	       addr_len(r->to));
	return (ssize_t)len;
}

static void on_client_hello(struct bearer *b, const struct sockaddr_storage *from, void *data,
			    size_t len)
{
	struct bearer_env *env = b->env;
	gnutls_dtls_prestate_st prestate = { 0 };
	struct reply_to reply = { b->dtls->fd, from };
	struct dtls *d = b->dtls;
	uint8_t buf[18];
	bool stranger;
	size_t n;

	if (is_client(b) || (b->state != STATE_LISTENING && b->state != STATE_HANDSHAKING &&
			     b->state != STATE_VERIFYING && b->state != STATE_SPLICED))
		return;
	cookie_data(from, buf, &n);
	if (gnutls_dtls_cookie_verify(&env->cookie_key, buf, n, data, len, &prestate) < 0) {
		gnutls_dtls_cookie_send(&env->cookie_key, buf, n, &prestate, &reply, send_cookie);
		return;
	}
	stranger = !b->want.emergency && !is_from_remote(b, from);
	if (d->coming && !coming_yields(b, from))
		return;
	/* No slot: it asks again. */
	if (stranger && !slots_fair(b, from))
		return;
	if (d->coming)
		drop_coming(b, HANDSHAKE_END_SILENT);
	if (!slots_try(b))
		return;
	if (stranger)
		slots_stranger(b, from);
	begin(b, from, &prestate);
	if (d->coming && dtls_session_feed(d->coming, data, len))
		step(b);
}

static void answer_aftermath(struct bearer *b)
{
	struct dtls *d = b->dtls;
	unsigned int n = dtls_session_waiting(d->current);
	uint64_t first;

	if (!n || dtls_session_busy(d->current))
		return;
	if (kernel_reserve(b->env->kernel, &b->name, d->generation, 1, n, &first))
		return;
	dtls_session_reserved(d->current, first, n);
	dtls_session_step(d->current, b->want.fp, 0);
}

static void on_current(void *priv, enum dtls_result result, const struct dtls_view *view)
{
	(void)result;
	(void)view;
	answer_aftermath(priv);
}

static void on_datagram(struct bearer *b, const struct sockaddr_storage *from, void *data,
			size_t len)
{
	struct dtls *d = b->dtls;

	if (d->coming && same_end(dtls_session_remote(d->coming), from)) {
		d->coming_heard = uv_now(b->env->loop);
		if (dtls_session_feed(d->coming, data, len))
			step(b);
	} else if (dtls_is_client_hello(data, len)) {
		on_client_hello(b, from, data, len);
	} else if (d->current && same_end(dtls_session_remote(d->current), from)) {
		if (dtls_session_feed(d->current, data, len))
			answer_aftermath(b);
	}
}

static void on_readable(void *priv, int status, int events)
{
	uint8_t buf[DATAGRAM_MAX];
	struct sockaddr_storage from;
	struct bearer *b = priv;
	unsigned int i;
	socklen_t len;
	ssize_t n;

	(void)status;
	(void)events;
	for (i = 0; i < DATAGRAMS_PER_TURN; i++) {
		memset(&from, 0, sizeof(from));
		len = sizeof(from);
		n = recvfrom(b->dtls->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &len);
		/* An ICMP error is the module's business. */
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue;
		if (n < 0)
			return;
		if ((size_t)n <= sizeof(buf))
			on_datagram(b, &from, buf, (size_t)n);
	}
}

/* --- from bearer.c --- */

int dtls_open(struct bearer *b)
{
	/* Nobody but the module can bind there. */
	struct kernel_set set = { .mask = KERNEL_SET_SOCKET };
	struct dtls *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	b->dtls = d;
	d->fd = realm_unbound_datagrams(b->realm, b->local.ss_family);
	set.fd = d->fd;
	err = d->fd < 0 ? d->fd : kernel_endpoint_set(b->env->kernel, &b->name, &set);
	err = err ? err : watch_start(&d->watch, b->env->loop, d->fd, UV_READABLE,
					      on_readable, b);
	if (err) {
		bearer_log(b, LOG_LEVEL_ERROR, "cannot listen for DTLS: %s", strerror(-err));
		dtls_close(b, HANDSHAKE_END_SILENT);
		return err;
	}
	b->state = STATE_LISTENING;
	return 0;
}

void dtls_close(struct bearer *b, enum handshake_end end)
{
	struct dtls *d = b->dtls;

	if (!d)
		return;
	drop_coming(b, end);
	drop_current(b);
	watch_stop(&d->watch);
	if (d->fd >= 0)
		close(d->fd);
	free(d);
	b->dtls = NULL;
	bearer_forget_peer(b);
	b->live = false;
	b->state = STATE_IDLE;
}

void dtls_adopted(struct bearer *b, uint32_t generation)
{
	if (b->dtls)
		b->dtls->generation = generation;
}

void dtls_renew(struct bearer *b)
{
	struct dtls *d = b->dtls;

	if (!d)
		return;
	drop_coming(b, HANDSHAKE_END_CLOSE_NOTIFY);
	b->tls_armed = false;
	if (b->state == STATE_SPLICED)
		d->renew = true;
	else
		b->state = STATE_LISTENING;
}

void dtls_start(struct bearer *b)
{
	struct dtls *d = b->dtls;

	/* Once a handshake has begun its roles stay, and one that is over needs no other. */
	if (!d || d->coming || d->client_waits || (b->state == STATE_SPLICED && !d->renew))
		return;
	b->tls_armed = true;
	if (b->state != STATE_SPLICED)
		b->state = STATE_LISTENING;
	dtls_look(b);
}

void dtls_release(struct bearer *b)
{
	struct dtls *d = b->dtls;

	if (!d)
		return;
	drop_coming(b, HANDSHAKE_END_CLOSE_NOTIFY);
	drop_current(b);
	if (b->state == STATE_SPLICED)
		attach_release(b, KMGW_RELEASE_ORDERLY);
	b->state = STATE_RELEASED;
	d->renew = false;
}
