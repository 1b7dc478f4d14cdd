/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch: handles of the event loop that can be dropped at once.
 *
 * Purpose: libuv frees handles later than their users would like; here a watch or
 * a timer is gone when its stop function returns, and is never called again.
 * Context: thread of the event loop.
 */
#ifndef KMGWD_BEARER_WATCH_H
#define KMGWD_BEARER_WATCH_H

#include <stdbool.h>
#include <uv.h>

struct watch;
struct timer;

typedef void (*watch_fn)(void *priv, int status, int events);
typedef void (*timer_fn)(void *priv);

/**
 * watch_start() - have a descriptor polled
 * @w: where the watch is kept; one that is there already is stopped first
 * @loop: event loop
 * @fd: descriptor
 * @events: UV_READABLE, UV_WRITABLE, UV_DISCONNECT
 * @fn: called as long as an event is there
 * @priv: handed to @fn
 * Return: 0 or a negative errno.
 */
int watch_start(struct watch **w, uv_loop_t *loop, int fd, int events, watch_fn fn, void *priv);

/*
 * Afterwards the descriptor is in no epoll set of the loop: it can be closed, or
 * handed to somebody who keeps it open. *w may be NULL and is NULL afterwards.
 */
void watch_stop(struct watch **w);

/* Calls @fn once after @ms; restarts a timer that runs. Return: 0 or a negative errno. */
int timer_start(struct timer **t, uv_loop_t *loop, uint64_t ms, timer_fn fn, void *priv);
void timer_stop(struct timer **t);

#endif /* KMGWD_BEARER_WATCH_H */
