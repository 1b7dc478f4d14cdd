// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: H.248 over TCP, one message a TPKT (RFC 1006: 03 00, length with
 * the four octets of the header).
 *
 * The connection to the MGC in use is ours to open; while it is wanted it is
 * opened again after every end, with a pause that doubles. That to an MGC which
 * has handed the gateway on stays for LONG-TIMER: it may still wait for answers.
 * An MGC may also connect to the gateway: what comes there is answered there.
 * Context: the thread of the event loop.
 * Lifetime: a connection frees itself in its close callback; other parts know
 * it only by its number, so a late reply finds nothing rather than a stranger.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "transport/transport_private.h"

#define TPKT_HEADER		4
#define TPKT_MAX		65535
#define WRITE_QUEUE_MAX		(4U << 20)	/* an MGC that does not read is cut off */
#define CONNECTIONS_MAX		64		/* accepted ones */
#define BACKOFF_MIN		250		/* ms */

struct tcp_connection {
	uv_tcp_t handle;
	uv_connect_t connect;
	struct tcp_side *side;
	struct tcp_connection *next;
	uint64_t number;
	bool outgoing, up, closing;
	struct sockaddr_storage peer;
	size_t used;			/* octets in buffer */
	char buffer[TPKT_MAX];
};

struct tcp_side {
	struct transport *transport;
	uv_tcp_t listener;
	uv_timer_t retry;
	uv_timer_t farewell;		/* then connections to former MGCs end */
	struct tcp_connection *connections;
	struct tcp_connection *current;	/* the one to the MGC, connecting or up */
	unsigned int n_accepted;
	unsigned int backoff;
	uint64_t last_number;
	unsigned int handles;		/* listener and timers not closed yet */
	struct log_limit ends;
	bool listening, freed;
};

struct write {
	uv_write_t req;
	char data[];
};

static void side_maybe_free(struct tcp_side *s)
{
	if (s->freed && !s->handles && !s->connections)
		free(s);
}

static void on_closed(uv_handle_t *handle)
{
	struct tcp_connection *c = handle->data;
	struct tcp_side *s = c->side;
	struct tcp_connection **p;

	for (p = &s->connections; *p; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			break;
		}
	}
	if (!c->outgoing)
		s->n_accepted--;
	free(c);
	side_maybe_free(s);
}

static void start_retry(struct tcp_side *s);

static void connection_close(struct tcp_connection *c, const char *why)
{
	struct tcp_side *s = c->side;
	bool was_current = s->current == c;
	const struct log *log;
	char name[64];

	if (c->closing)
		return;
	c->closing = true;
	if (was_current)
		s->current = NULL;
	uv_close((uv_handle_t *)&c->handle, on_closed);
	if (!why || s->freed)
		return;
	log = &s->transport->config->log;
	if (c->up && (was_current || log_allowed(&s->ends, log, LOG_LEVEL_WARNING,
						 uv_now(s->transport->loop))))
		log_warning(log, "H.248 connection with %s ended: %s",
			    transport_name(&c->peer, name, sizeof(name)), why);
	if (was_current) {
		if (c->up)
			s->transport->ops->link(s->transport->priv, false);
		else
			log_warning(log, "cannot connect to MGC %s: %s",
				    transport_name(&c->peer, name, sizeof(name)), why);
		/* The callback may have chosen another MGC. */
		if (!s->current)
			start_retry(s);
	}
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct tcp_connection *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->buffer + c->used, (unsigned int)(sizeof(c->buffer) - c->used));
}

/* Hands up every whole message. Return: false when the connection went meanwhile. */
static bool take_messages(struct tcp_connection *c)
{
	struct transport *t = c->side->transport;
	struct transport_path path = { .addr = c->peer, .connection = c->number };
	const unsigned char *h;
	size_t done = 0, len;

	while (c->used - done >= TPKT_HEADER) {
		h = (const unsigned char *)c->buffer + done;
		len = (size_t)h[2] << 8 | h[3];
		if (h[0] != 3 || len < TPKT_HEADER) {
			t->counters.malformed++;
			connection_close(c, "not a TPKT");
			return false;
		}
		if (c->used - done < len)
			break;
		t->counters.received++;
		if (len > TPKT_HEADER)
			t->ops->message(t->priv, &path, c->buffer + done + TPKT_HEADER,
					len - TPKT_HEADER);
		if (c->closing)
			return false;
		done += len;
	}
	c->used -= done;
	memmove(c->buffer, c->buffer + done, c->used);
	return true;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct tcp_connection *c = stream->data;

	(void)buf;
	if (n < 0) {
		connection_close(c, n == UV_EOF ? "closed by the far end" : uv_strerror((int)n));
		return;
	}
	c->used += (size_t)n;
	take_messages(c);
}

static struct tcp_connection *connection_new(struct tcp_side *s, bool outgoing)
{
	struct tcp_connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->side = s;
	c->outgoing = outgoing;
	c->number = ++s->last_number;
	if (uv_tcp_init(s->transport->loop, &c->handle)) {
		free(c);
		return NULL;
	}
	c->handle.data = c;
	c->next = s->connections;
	s->connections = c;
	if (!outgoing)
		s->n_accepted++;
	return c;
}

static void connection_up(struct tcp_connection *c)
{
	int err;

	c->up = true;
	uv_tcp_nodelay(&c->handle, 1);
	uv_tcp_keepalive(&c->handle, 1, 60);
	err = uv_read_start((uv_stream_t *)&c->handle, on_alloc, on_read);
	if (err)
		connection_close(c, uv_strerror(err));
}

static void on_connected(uv_connect_t *req, int status)
{
	struct tcp_connection *c = req->data;
	struct tcp_side *s = c->side;

	if (c->closing)
		return;
	if (status) {
		connection_close(c, uv_strerror(status));
		return;
	}
	s->backoff = 0;
	connection_up(c);
	if (!c->closing)
		s->transport->ops->link(s->transport->priv, true);
}

static bool is_former(const struct tcp_connection *c)
{
	return c->outgoing && c->up && !c->closing && c != c->side->current;
}

static struct tcp_connection *former_with(const struct tcp_side *s,
					  const struct sockaddr_storage *peer)
{
	struct tcp_connection *c;

	for (c = s->connections; c; c = c->next)
		if (is_former(c) && transport_same_end(&c->peer, peer))
			break;
	return c;
}

void tcp_side_connect(struct tcp_side *s)
{
	struct transport *t = s->transport;
	struct sockaddr_storage own = t->config->local;
	struct tcp_connection *c = former_with(s, &t->mgc.address);
	int err;

	if (c) {
		s->current = c;
		return;
	}
	c = connection_new(s, true);
	if (!c) {
		start_retry(s);
		return;
	}
	s->current = c;
	c->peer = t->mgc.address;
	c->connect.data = c;
	/* The MGC knows the gateway by its address, whatever the routes say. */
	if (own.ss_family == AF_INET)
		((struct sockaddr_in *)&own)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&own)->sin6_port = 0;
	err = uv_tcp_bind(&c->handle, (const struct sockaddr *)&own, 0);
	if (!err)
		err = uv_tcp_connect(&c->connect, &c->handle,
				     (const struct sockaddr *)&c->peer, on_connected);
	if (err)
		connection_close(c, uv_strerror(err));
}

static void on_retry(uv_timer_t *timer)
{
	struct tcp_side *s = timer->data;

	if (!s->current)
		tcp_side_connect(s);
}

static void start_retry(struct tcp_side *s)
{
	unsigned int max = s->transport->config->tcp_backoff_max;

	s->backoff = s->backoff ? s->backoff * 2 : BACKOFF_MIN;
	if (s->backoff > max)
		s->backoff = max;
	uv_timer_start(&s->retry, on_retry, s->backoff, 0);
}

void tcp_side_disconnect(struct tcp_side *s)
{
	uv_timer_stop(&s->retry);
	s->backoff = 0;
	if (s->current)
		connection_close(s->current, NULL);
}

static void on_farewell(uv_timer_t *timer)
{
	struct tcp_side *s = timer->data;
	struct tcp_connection *c;

	for (c = s->connections; c; c = c->next)
		if (is_former(c))
			connection_close(c, NULL);
}

void tcp_side_leave(struct tcp_side *s)
{
	if (!s->current || !s->current->up) {
		tcp_side_disconnect(s);
		return;
	}
	uv_timer_stop(&s->retry);
	s->backoff = 0;
	s->current = NULL;
	uv_timer_start(&s->farewell, on_farewell, s->transport->config->long_timer, 0);
}

uint64_t tcp_side_current(const struct tcp_side *s)
{
	return s->current && s->current->up ? s->current->number : 0;
}

static void on_incoming(uv_stream_t *stream, int status)
{
	struct tcp_side *s = stream->data;
	struct tcp_connection *c;
	int len;

	if (status)
		return;
	c = connection_new(s, false);
	if (!c)
		return;
	len = sizeof(c->peer);
	if (uv_accept(stream, (uv_stream_t *)&c->handle) ||
	    uv_tcp_getpeername(&c->handle, (struct sockaddr *)&c->peer, &len)) {
		connection_close(c, NULL);
		return;
	}
	if (s->n_accepted > CONNECTIONS_MAX || !transport_permitted(s->transport, &c->peer)) {
		s->transport->counters.foreign++;
		connection_close(c, NULL);
		return;
	}
	connection_up(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct tcp_side *s = handle->data;

	s->handles--;
	side_maybe_free(s);
}

int tcp_side_new(struct transport *t, bool listen, struct tcp_side **out)
{
	struct tcp_side *s = calloc(1, sizeof(*s));
	char name[64];
	int err;

	if (!s)
		return -ENOMEM;
	s->transport = t;
	err = uv_timer_init(t->loop, &s->retry);
	if (err) {
		free(s);
		return err;
	}
	s->retry.data = s;
	uv_timer_init(t->loop, &s->farewell);
	s->farewell.data = s;
	s->handles = 2;
	if (listen) {
		err = uv_tcp_init(t->loop, &s->listener);
		if (!err) {
			s->listener.data = s;
			s->listening = true;
			s->handles++;
			err = uv_tcp_bind(&s->listener, (const struct sockaddr *)&t->config->local,
					  0);
		}
		if (!err)
			err = uv_listen((uv_stream_t *)&s->listener, 16, on_incoming);
		if (err) {
			log_error(&t->config->log, "cannot receive H.248 on TCP %s: %s",
				  transport_name(&t->config->local, name, sizeof(name)),
				  uv_strerror(err));
			tcp_side_free(s);
			return err;
		}
	}
	*out = s;
	return 0;
}

void tcp_side_free(struct tcp_side *s)
{
	struct tcp_connection *c;

	if (!s)
		return;
	s->freed = true;
	for (c = s->connections; c; c = c->next)
		connection_close(c, NULL);
	uv_close((uv_handle_t *)&s->retry, on_handle_closed);
	uv_close((uv_handle_t *)&s->farewell, on_handle_closed);
	if (s->listening)
		uv_close((uv_handle_t *)&s->listener, on_handle_closed);
}

static void on_written(uv_write_t *req, int status)
{
	struct tcp_connection *c = req->data;

	free(req);
	if (status && status != UV_ECANCELED)
		connection_close(c, uv_strerror(status));
}

int tcp_side_send(struct tcp_side *s, uint64_t connection, const char *data, size_t len)
{
	struct tcp_connection *c;
	struct write *w;
	uv_buf_t buf;
	int err;

	if (len > TRANSPORT_MESSAGE_MAX)
		return -EMSGSIZE;
	for (c = s->connections; c; c = c->next)
		if (c->number == connection)
			break;
	if (!c || c->closing || !c->up)
		return -ENOTCONN;
	if (uv_stream_get_write_queue_size((uv_stream_t *)&c->handle) > WRITE_QUEUE_MAX) {
		connection_close(c, "the far end does not read");
		return -ENOBUFS;
	}
	w = malloc(sizeof(*w) + TPKT_HEADER + len);
	if (!w)
		return -ENOMEM;
	w->req.data = c;
	w->data[0] = 3;
	w->data[1] = 0;
	w->data[2] = (char)((len + TPKT_HEADER) >> 8);
	w->data[3] = (char)(len + TPKT_HEADER);
	memcpy(w->data + TPKT_HEADER, data, len);
	buf = uv_buf_init(w->data, (unsigned int)(len + TPKT_HEADER));
	err = uv_write(&w->req, (uv_stream_t *)&c->handle, &buf, 1, on_written);
	if (err)
		free(w);
	return err;
}
