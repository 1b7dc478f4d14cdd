// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: serves /metrics; see metrics.h.
 *
 * libmicrohttpd runs without threads of its own: its epoll descriptor is watched by
 * the event loop, and a timer does what is due without traffic.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_private.h"
#include "agent/metrics.h"
#include "lib/log.h"

#define CONNECTIONS_MAX		32
#define CONNECTIONS_PER_IP	8
#define IDLE_SECONDS		10
#define MEMORY_PER_CONNECTION	8192

struct metrics {
	struct agent *agent;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned int handles;
};

static void run(struct metrics *m);

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void run(struct metrics *m)
{
	MHD_UNSIGNED_LONG_LONG wait;

	MHD_run(m->daemon);
	if (MHD_get_timeout(m->daemon, &wait) == MHD_YES)
		uv_timer_start(&m->timer, on_timer, wait, 0);
	else
		uv_timer_stop(&m->timer);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      const char *type, char *text, size_t len)
{
	struct MHD_Response *r;
	enum MHD_Result ret;

	r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (!r) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	ret = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result refuse_http(struct MHD_Connection *connection, unsigned int status,
				   const char *why)
{
	char *text = strdup(why);

	return text ? answer(connection, status, "text/plain", text, strlen(text)) : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct metrics *m = cls;
	struct strbuf out;
	char *text;
	size_t len;

	(void)version;
	(void)upload;
	/* The first call shows the head only; the answer waits for the rest of the request. */
	if (!*state) {
		*state = m;
		return MHD_YES;
	}
	if (*upload_len) {
		*upload_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse_http(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (strcmp(url, "/metrics"))
		return refuse_http(connection, MHD_HTTP_NOT_FOUND, "only /metrics is here\n");
	strbuf_init(&out, 0);
	if (metrics_write(m->agent, &out)) {
		strbuf_free(&out);
		return refuse_http(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "no memory\n");
	}
	text = out.p;
	len = out.len;
	return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text,
		      len);
}

static int start(struct metrics *m, const struct sockaddr_storage *at)
{
	const union MHD_DaemonInfo *info;
	unsigned int flags = MHD_USE_EPOLL;
	int err;

	if (at->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	m->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, m,
				     MHD_OPTION_SOCK_ADDR, at,
				     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
				     MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_IP,
				     MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				     (size_t)MEMORY_PER_CONNECTION, MHD_OPTION_END);
	if (!m->daemon)
		return errno ? -errno : -EINVAL;
	info = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	err = info ? uv_poll_init(m->agent->loop, &m->poll, info->epoll_fd) : -EINVAL;
	if (err)
		return err;
	m->poll.data = m;
	m->handles++;
	return uv_poll_start(&m->poll, UV_READABLE, on_ready);
}

int metrics_open(struct agent *agent)
{
	struct metrics *m;
	int err;

	if (!agent->config->metrics)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->agent = agent;
	uv_timer_init(agent->loop, &m->timer);
	m->timer.data = m;
	m->handles = 1;
	agent->metrics = m;
	errno = 0;
	err = start(m, &agent->config->metrics_address);
	if (err) {
		log_error(agent->log, "metrics at %s: %s", agent->config->metrics, strerror(-err));
		metrics_close(agent);
	}
	return err;
}

static void on_closed(uv_handle_t *handle)
{
	struct metrics *m = handle->data;

	if (--m->handles)
		return;
	if (m->daemon)
		MHD_stop_daemon(m->daemon);
	free(m);
}

void metrics_close(struct agent *agent)
{
	struct metrics *m = agent->metrics;
	unsigned int handles;

	if (!m)
		return;
	agent->metrics = NULL;
	handles = m->handles;
	uv_close((uv_handle_t *)&m->timer, on_closed);
	if (handles > 1)
		uv_close((uv_handle_t *)&m->poll, on_closed);
}
