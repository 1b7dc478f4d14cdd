// SPDX-License-Identifier: GPL-2.0-only
/*
 * transport: H.248 over UDP, one message a datagram.
 *
 * Context: the thread of the event loop. A send that would block is counted as
 * failed: requests are repeated by the transaction layer, replies are asked for
 * again by the MGC.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/log.h"
#include "transport/transport_private.h"

struct udp_side {
	uv_udp_t handle;
	struct transport *transport;
	char buffer[65536];
};

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct udp_side *s = handle->data;

	(void)suggested;
	*buf = uv_buf_init(s->buffer, sizeof(s->buffer));
}

static void on_receive(uv_udp_t *handle, ssize_t n, const uv_buf_t *buf,
		       const struct sockaddr *from, unsigned int flags)
{
	struct udp_side *s = handle->data;
	struct transport *t = s->transport;
	struct transport_path path = { .connection = 0 };

	if (n <= 0 || !from)
		return;
	if (from->sa_family == AF_INET)
		*(struct sockaddr_in *)&path.addr = *(const struct sockaddr_in *)from;
	else
		*(struct sockaddr_in6 *)&path.addr = *(const struct sockaddr_in6 *)from;
	if (!transport_permitted(t, &path.addr)) {
		t->counters.foreign++;
		return;
	}
	if (flags & UV_UDP_PARTIAL) {
		t->counters.malformed++;
		return;
	}
	t->counters.received++;
	t->ops->message(t->priv, &path, buf->base, (size_t)n);
}

int udp_side_new(struct transport *t, struct udp_side **out)
{
	struct udp_side *s = calloc(1, sizeof(*s));
	char name[64];
	int err;

	if (!s)
		return -ENOMEM;
	s->transport = t;
	err = uv_udp_init(t->loop, &s->handle);
	if (err) {
		free(s);
		return err;
	}
	s->handle.data = s;
	err = uv_udp_bind(&s->handle, (const struct sockaddr *)&t->config->local, 0);
	if (!err)
		err = uv_udp_recv_start(&s->handle, on_alloc, on_receive);
	if (err) {
		log_error(&t->config->log, "cannot receive H.248 on UDP %s: %s",
			  transport_name(&t->config->local, name, sizeof(name)), uv_strerror(err));
		udp_side_free(s);
		return err;
	}
	*out = s;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void udp_side_free(struct udp_side *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->handle, on_closed);
}

int udp_side_send(struct udp_side *s, const struct sockaddr_storage *to, const char *data,
		  size_t len)
{
	uv_buf_t buf = uv_buf_init((char *)data, (unsigned int)len);
	int n = uv_udp_try_send(&s->handle, &buf, 1, (const struct sockaddr *)to);

	return n < 0 ? n : 0;
}
