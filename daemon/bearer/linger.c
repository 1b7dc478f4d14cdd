// SPDX-License-Identifier: GPL-2.0-only
/*
 * linger: connections that were ended here and still say goodbye.
 *
 * Closing a socket with unread octets in it makes TCP send RST, which would take
 * an alert just sent away from the far end. So our half is shut, and what still
 * comes is read and dropped, for a limited time.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/bearer_private.h"

struct goodbye {
	struct goodbye *next, **link;
	struct bearer_env *env;
	int fd;
	struct watch *watch;
	struct timer *timer;
};

static void finish(struct goodbye *l)
{
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	watch_stop(&l->watch);
	timer_stop(&l->timer);
	close(l->fd);
	free(l);
}

static void on_timeout(void *priv)
{
	finish(priv);
}

static void on_readable(void *priv, int status, int events)
{
	struct goodbye *l = priv;
	char sink[16384];
	int i;

	(void)status;
	(void)events;
	for (i = 0; i < 8; i++) {
		ssize_t n = recv(l->fd, sink, sizeof(sink), MSG_DONTWAIT);

		if (n > 0)
			continue;
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			finish(l);
		return;
	}
}

void linger_close(struct bearer_env *env, int fd)
{
	struct goodbye *l;

	if (shutdown(fd, SHUT_WR) || !(l = calloc(1, sizeof(*l)))) {
		close(fd);
		return;
	}
	l->env = env;
	l->fd = fd;
	l->link = &env->goodbyes;
	l->next = env->goodbyes;
	if (l->next)
		l->next->link = &l->next;
	env->goodbyes = l;
	if (watch_start(&l->watch, env->loop, fd, UV_READABLE, on_readable, l) ||
	    timer_start(&l->timer, env->loop, env->cfg->release_linger, on_timeout, l))
		finish(l);
}

void linger_free_all(struct bearer_env *env)
{
	while (env->goodbyes)
		finish(env->goodbyes);
}
