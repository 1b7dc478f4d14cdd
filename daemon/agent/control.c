// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the control socket, run_dir/control.sock.
 *
 * A line is a request, a JSON object with "command"; its answer is a line, too:
 * { "ok": true, "result": ... } or { "ok": false, "error": "..." }. Root, the user
 * that the daemon runs as and members of its group may connect: the mode of the
 * socket says so, and each connection is asked again who it is.
 *
 * Nobody can block it: lines are short, one request of a connection is worked on at
 * a time, nothing more is read until its answer was written, and when too many are
 * connected the one that has been idle longest is cut off.
 * Context: the thread of the event loop.
 * Lifetime: a connection frees itself in its close callback, the socket when the
 * last handle has closed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent_private.h"
#include "agent/operator.h"
#include "lib/log.h"

#define LINE_MAX_OCTETS		4096
#define CONNECTIONS_MAX		16
#define GROUPS_MAX		256
#define SOCKET_NAME		"control.sock"

struct control {
	struct agent *agent;
	uv_pipe_t listener;
	char path[CONFIG_RUN_DIR_MAX + sizeof(SOCKET_NAME) + 1];
	struct control_request *connections;
	unsigned int n_connections;
	uint64_t clock;			/* counts requests: who was idle longest */
	bool closed;
};

/* A connection, and the request on it. */
struct control_request {
	struct control_request *next;
	struct control *control;
	uv_pipe_t pipe;
	uint64_t used;			/* control->clock of the last request */
	size_t len;
	bool busy;			/* a request is worked on, or its answer written */
	bool eof;			/* nothing more will be asked */
	bool closing;
	char line[LINE_MAX_OCTETS];
};

struct answer {
	uv_write_t req;
	char *text;
};

static void maybe_free(struct control *c)
{
	if (c->closed && !c->connections)
		free(c);
}

static void on_connection_closed(uv_handle_t *handle)
{
	struct control_request *r = handle->data, **p;
	struct control *c = r->control;

	for (p = &c->connections; *p != r; p = &(*p)->next)
		;
	*p = r->next;
	free(r);
	maybe_free(c);
}

static void drop(struct control_request *r)
{
	if (r->closing)
		return;
	r->closing = true;
	r->control->n_connections--;
	if (!r->control->closed)
		operator_stop_forget(r->control->agent, r);
	uv_close((uv_handle_t *)&r->pipe, on_connection_closed);
}

static void take_line(struct control_request *r);

static void on_written(uv_write_t *req, int status)
{
	struct control_request *r = req->data;
	struct answer *a = (struct answer *)req;

	free(a->text);
	free(a);
	if (r->closing)
		return;
	r->busy = false;
	if (status)
		drop(r);
	else
		take_line(r);
}

static void write_line(struct control_request *r, json_t *obj)
{
	char *text = obj ? json_dumps(obj, JSON_COMPACT) : NULL;
	struct answer *a = calloc(1, sizeof(*a));
	char *line = NULL;
	uv_buf_t buf;
	int n = -1;

	json_decref(obj);
	if (text)
		n = asprintf(&line, "%s\n", text);
	free(text);
	if (!a || n < 0 || r->closing) {
		free(a);
		if (n >= 0)
			free(line);
		drop(r);
		return;
	}
	a->text = line;
	a->req.data = r;
	buf = uv_buf_init(line, (unsigned int)n);
	if (uv_write(&a->req, (uv_stream_t *)&r->pipe, &buf, 1, on_written)) {
		free(line);
		free(a);
		drop(r);
	}
}

void control_answer(struct control_request *req, json_t *result)
{
	json_t *obj = json_pack("{s:b}", "ok", 1);

	if (obj && result)
		json_object_set(obj, "result", result);
	json_decref(result);
	write_line(req, obj);
}

void control_refuse(struct control_request *req, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(req, json_pack("{s:b,s:s}", "ok", 0, "error", text));
}

static void execute(struct control_request *r, const char *line, size_t len)
{
	json_error_t err;
	json_t *obj = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);

	r->busy = true;
	r->used = ++r->control->clock;
	if (json_is_object(obj))
		control_execute(r->control->agent, r, obj);
	else
		control_refuse(r, "the request is no JSON object");
	json_decref(obj);
}

/* The first whole line, if there is one and nothing is worked on. */
static void take_line(struct control_request *r)
{
	char line[LINE_MAX_OCTETS];
	const char *end;
	size_t len;

	if (r->busy || r->closing)
		return;
	end = memchr(r->line, '\n', r->len);
	if (!end) {
		if (r->len == sizeof(r->line))
			log_warning(r->control->agent->log,
				    "control socket: a line of more than %d octets",
				    LINE_MAX_OCTETS);
		if (r->eof || r->len == sizeof(r->line))
			drop(r);
		return;
	}
	len = (size_t)(end - r->line);
	memcpy(line, r->line, len);
	r->len -= len + 1;
	memmove(r->line, end + 1, r->len);
	execute(r, line, len);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct control_request *r = handle->data;

	(void)suggested;
	*buf = uv_buf_init(r->line + r->len, (unsigned int)(sizeof(r->line) - r->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct control_request *r = stream->data;

	(void)buf;
	if (n == UV_EOF && r->busy) {
		r->eof = true;
		uv_read_stop(stream);
		return;
	}
	if (n < 0) {
		/* Full while a request is worked on: what comes then was not asked for. */
		drop(r);
		return;
	}
	r->len += (size_t)n;
	take_line(r);
}

/* ---- who may ---- */

static bool in_group(int fd, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	size_t i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len))
		return false;
	for (i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static bool may_ask(const struct control_request *r)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((const uv_handle_t *)&r->pipe, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return false;
	if (!peer.uid || peer.uid == geteuid() || peer.gid == getegid() ||
	    in_group(fd, getegid()))
		return true;
	log_warning(r->control->agent->log, "control socket: user %u (process %d) is refused",
		    peer.uid, peer.pid);
	return false;
}

static void drop_idlest(struct control *c)
{
	struct control_request *r, *idlest = NULL;

	for (r = c->connections; r; r = r->next)
		if (!r->closing && !(r->busy && c->agent->stopping) &&
		    (!idlest || r->used < idlest->used))
			idlest = r;
	if (idlest)
		drop(idlest);
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct control *c = stream->data;
	struct control_request *r;

	if (status)
		return;
	r = calloc(1, sizeof(*r));
	if (!r || uv_pipe_init(c->agent->loop, &r->pipe, 0)) {
		free(r);
		return;
	}
	r->control = c;
	r->pipe.data = r;
	r->used = ++c->clock;
	if (c->n_connections >= CONNECTIONS_MAX)
		drop_idlest(c);
	r->next = c->connections;
	c->connections = r;
	c->n_connections++;
	if (uv_accept(stream, (uv_stream_t *)&r->pipe) || !may_ask(r) ||
	    uv_read_start((uv_stream_t *)&r->pipe, on_alloc, on_read))
		drop(r);
}

/* ---- the socket ---- */

/* A socket file without a listener is what a killed daemon left. */
static int remove_stale(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, err;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (struct sockaddr *)&un, sizeof(un)) ? errno : EADDRINUSE;
	close(fd);
	if (err != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) ? -errno : 0;
}

static int listen_at(struct control *c, const char *directory)
{
	mode_t mask;
	int err;

	if (mkdir(directory, 0750) && errno != EEXIST)
		return -errno;
	err = remove_stale(c->path);
	if (err)
		return err;
	mask = umask(0177);
	err = uv_pipe_bind(&c->listener, c->path);
	umask(mask);
	if (err)
		return err;
	if (chmod(c->path, 0660))
		return -errno;
	return uv_listen((uv_stream_t *)&c->listener, 64, on_connection);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct control *c = handle->data;

	c->closed = true;
	maybe_free(c);
}

int control_open(struct agent *agent)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->agent = agent;
	snprintf(c->path, sizeof(c->path), "%s/" SOCKET_NAME, agent->config->run_dir);
	err = uv_pipe_init(agent->loop, &c->listener, 0);
	if (err) {
		free(c);
		return err;
	}
	c->listener.data = c;
	err = listen_at(c, agent->config->run_dir);
	if (err) {
		log_error(agent->log, "control socket %s: %s", c->path, err == -EADDRINUSE ?
			  "another kmgwd is there; each needs its own run_dir" : strerror(-err));
		uv_close((uv_handle_t *)&c->listener, on_listener_closed);
		return err;
	}
	agent->control = c;
	return 0;
}

void control_close(struct agent *agent)
{
	struct control *c = agent->control;
	struct control_request *r;

	if (!c)
		return;
	agent->control = NULL;
	for (r = c->connections; r; r = r->next)
		drop(r);
	/* libuv removes the file of a socket that it has bound. */
	uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}
