// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp: one TCP connection of a bearer, from SYN to established.
 *
 * A port is listened on only while a connection is wanted, and for one connection:
 * the listener is closed behind it, b->hold_fd goes on reserving the port until the
 * module has the connection, whose socket is bound to it, too: a call that is up needs
 * no descriptor. Who may connect is the module's to say, on the SYN.
 */
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "bearer/tcp_count.h"

#define KEEPALIVE_PROBES	3
#define KEEPALIVE_INTERVAL	15	/* seconds */

static void set_int(int fd, int level, int option, int value)
{
	/* Options that only tune: a kernel that refuses one still carries the call. */
	setsockopt(fd, level, option, &value, sizeof(value));
}

void tcp_set_dscp(const struct bearer *b, int fd)
{
	if (b->want.dscp >= KMGW_DSCP_KEEP)
		return;
	if (b->local.ss_family == AF_INET)
		set_int(fd, IPPROTO_IP, IP_TOS, b->want.dscp << 2);
	else
		set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, b->want.dscp << 2);
}

static void set_options(const struct bearer *b, int fd)
{
	const struct config *cfg = b->env->cfg;

	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (cfg->tcp_keepalive) {
		set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
		set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)(cfg->tcp_keepalive + 999) / 1000);
		set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
		set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
	}
	tcp_set_dscp(b, fd);
}

void tcp_set_user_timeout(const struct bearer *b, int fd, bool spliced)
{
	const struct config *cfg = b->env->cfg;
	unsigned int timeout = cfg->tcp_user_timeout, probed;

	probed = cfg->tcp_keepalive + KEEPALIVE_PROBES * KEEPALIVE_INTERVAL * 1000;
	if (timeout && !spliced && cfg->tcp_keepalive && timeout < probed)
		timeout = probed;
	if (timeout)
		set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)timeout);
}

static void on_passive_guard(void *priv)
{
	struct bearer *b = priv;

	stream_fail(b, BEARER_TCP_FAILED, "no connection came within %u ms",
		    b->env->cfg->tcp_passive_guard);
}

static void on_connection(void *priv, int status, int events)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char text[ADDR_TEXT_MAX];
	struct bearer *b = priv;
	int fd;

	(void)status;
	(void)events;
	fd = accept4(b->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			stream_fail(b, BEARER_TCP_FAILED, "cannot accept: %s", strerror(errno));
		return;
	}
	tcp_unlisten(b);
	set_options(b, fd);
	b->fd = fd;
	b->dialled = false;
	b->syn = true;
	b->syn_calls = true;
	bearer_log(b, LOG_LEVEL_INFO, "connection from %s", addr_text(&from, text, sizeof(text)));
	tls_tcp_is_up(b);
	stream_look(b);
}

int tcp_listen(struct bearer *b)
{
	struct bearer_env *env = b->env;
	int fd, err;

	fd = realm_socket(b->realm, &b->local);
	if (fd < 0) {
		bearer_log(b, LOG_LEVEL_ERROR, "cannot listen: %s", strerror(-fd));
		return fd;
	}
	/* The SYN-ACK carries them already. */
	set_options(b, fd);
	/* A queue of one: who comes second is not answered at all. */
	if (listen(fd, 0)) {
		err = -errno;
		bearer_log(b, LOG_LEVEL_ERROR, "cannot listen: %s", strerror(-err));
		close(fd);
		return err;
	}
	b->listen_fd = fd;
	b->state = STATE_LISTENING;
	if (env->cfg->tcp_passive_guard)
		timer_start(&b->guard, env->loop, env->cfg->tcp_passive_guard, on_passive_guard, b);
	err = watch_start(&b->watch, env->loop, fd, UV_READABLE, on_connection, b);
	if (err)
		tcp_unlisten(b);
	return err;
}

void tcp_unlisten(struct bearer *b)
{
	if (b->listen_fd < 0)
		return;
	watch_stop(&b->watch);
	timer_stop(&b->guard);
	close(b->listen_fd);
	b->listen_fd = -1;
	b->state = STATE_IDLE;
}

void tcp_hold_port(struct bearer *b)
{
	int fd;

	if (b->hold_fd >= 0)
		return;
	fd = realm_socket(b->realm, &b->local);
	if (fd < 0)
		bearer_log(b, LOG_LEVEL_WARNING, "the port cannot be reserved again: %s",
			   strerror(-fd));
	else
		b->hold_fd = fd;
}

void tcp_drop_port(struct bearer *b)
{
	if (b->hold_fd >= 0)
		close(b->hold_fd);
	b->hold_fd = -1;
}

static void on_active_guard(void *priv)
{
	struct bearer *b = priv;

	stream_fail(b, BEARER_TCP_FAILED, "no answer to our SYN within %u ms",
		    b->env->cfg->tcp_active_guard);
}

static void on_connected(void *priv, int status, int events)
{
	struct bearer *b = priv;
	socklen_t len = sizeof(int);
	char text[ADDR_TEXT_MAX];
	int err = 0;

	(void)status;
	(void)events;
	if (getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	addr_text(&b->want.remote, text, sizeof(text));
	if (err) {
		stream_fail(b, BEARER_TCP_FAILED, "cannot connect to %s: %s", text, strerror(err));
		return;
	}
	watch_stop(&b->watch);
	timer_stop(&b->guard);
	bearer_log(b, LOG_LEVEL_INFO, "connected to %s", text);
	tls_tcp_is_up(b);
	stream_look(b);
}

bool tcp_may_dial(const struct bearer *b)
{
	switch (b->state) {
	case STATE_IDLE:
	case STATE_LISTENING:
		return true;
	case STATE_RELEASED:
	case STATE_FAILED:
		return !b->want.connection_existing;
	default:
		return false;
	}
}

void tcp_dial(struct bearer *b)
{
	struct bearer_env *env = b->env;
	char text[ADDR_TEXT_MAX];
	int fd, err;

	tcp_unlisten(b);
	addr_text(&b->want.remote, text, sizeof(text));
	fd = realm_socket(b->realm, &b->local);
	if (fd < 0) {
		stream_fail(b, BEARER_TCP_FAILED, "cannot connect to %s: %s", text, strerror(-fd));
		return;
	}
	set_options(b, fd);
	b->fd = fd;
	b->syn = true;
	b->dialled = true;
	b->state = STATE_CONNECTING;
	if (connect(fd, (struct sockaddr *)&b->want.remote, addr_len(&b->want.remote)) &&
	    errno != EINPROGRESS) {
		stream_fail(b, BEARER_TCP_FAILED, "cannot connect to %s: %s", text, strerror(errno));
		return;
	}
	bearer_log(b, LOG_LEVEL_INFO, "connecting to %s", text);
	timer_start(&b->guard, env->loop, env->cfg->tcp_active_guard, on_active_guard, b);
	err = watch_start(&b->watch, env->loop, fd, UV_WRITABLE, on_connected, b);
	if (err)
		stream_fail(b, BEARER_TCP_FAILED, "cannot watch the connection: %s", strerror(-err));
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

void tcp_close(struct bearer *b, enum tcp_close_how how, enum handshake_end end)
{
	int fd = b->fd;

	tcp_unlisten(b);
	watch_stop(&b->watch);
	timer_stop(&b->guard);
	timer_stop(&b->peer_guard);
	slots_give(b);
	if (fd >= 0 && !b->userpath)
		tcp_count(fd, &b->ours);
	tls_leave_path(b);
	b->end_reason[0] = '\0';
	if (b->hs) {
		fd = handshake_free(b->hs, end);
		b->hs = NULL;
	}
	if (fd >= 0 && how == TCP_CLOSE_ORDERLY && b->state != STATE_CONNECTING)
		linger_close(b->env, fd);
	else if (fd >= 0)
		reset(fd);
	b->fd = -1;
	if (b->prefix)
		explicit_bzero(b->prefix, b->prefix_len);
	free(b->prefix);
	b->prefix = NULL;
	b->prefix_len = 0;
	b->syn = false;
	b->syn_calls = false;
	b->dialled = false;
	bearer_forget_peer(b);
}
