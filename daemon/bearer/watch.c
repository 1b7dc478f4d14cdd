// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch: handles of the event loop that can be dropped at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "bearer/watch.h"

struct watch {
	uv_poll_t poll;
	int fd;
	watch_fn fn;
	void *priv;
};

struct timer {
	uv_timer_t timer;
	timer_fn fn;
	void *priv;
};

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;

	w->fn(w->priv, status, events);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int watch_start(struct watch **out, uv_loop_t *loop, int fd, int events, watch_fn fn, void *priv)
{
	struct watch *w;
	int err;

	watch_stop(out);
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->fd = fd;
	w->fn = fn;
	w->priv = priv;
	err = uv_poll_init(loop, &w->poll, fd);
	if (err) {
		free(w);
		return err;
	}
	w->poll.data = w;
	*out = w;
	err = uv_poll_start(&w->poll, events, on_poll);
	if (err)
		watch_stop(out);
	return err;
}

void watch_stop(struct watch **out)
{
	struct epoll_event unused = { 0 };
	struct watch *w = *out;

	if (!w)
		return;
	*out = NULL;
	uv_poll_stop(&w->poll);
	/*
	 * A file that the kernel keeps would stay registered and wake the loop for
	 * ever. libuv removes it as of today, but does not promise to.
	 */
	epoll_ctl(uv_backend_fd(w->poll.loop), EPOLL_CTL_DEL, w->fd, &unused);
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static void on_timer(uv_timer_t *timer)
{
	struct timer *t = timer->data;

	t->fn(t->priv);
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

int timer_start(struct timer **out, uv_loop_t *loop, uint64_t ms, timer_fn fn, void *priv)
{
	struct timer *t = *out;

	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			return -ENOMEM;
		uv_timer_init(loop, &t->timer);
		t->timer.data = t;
		*out = t;
	}
	t->fn = fn;
	t->priv = priv;
	return uv_timer_start(&t->timer, on_timer, ms, 0);
}

void timer_stop(struct timer **out)
{
	struct timer *t = *out;

	if (!t)
		return;
	*out = NULL;
	uv_timer_stop(&t->timer);
	uv_close((uv_handle_t *)&t->timer, on_timer_closed);
}
