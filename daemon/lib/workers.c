// SPDX-License-Identifier: GPL-2.0-only
/* workers: see workers.h */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/workers.h"

#define THREADS_MIN	2
#define THREADS_MAX	32

struct list {
	struct work *first, **end;
};

struct workers {
	uv_poll_t poll;
	int fd;				/* written to when done is not empty any more */
	unsigned int under_way;		/* the loop's */
	unsigned int n_threads;
	pthread_t thread[THREADS_MAX];

	pthread_mutex_t lock;		/* for what follows */
	pthread_cond_t wanted;
	struct list todo, done;
	bool ending;
};

static void list_init(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void list_add(struct list *l, struct work *work)
{
	work->next = NULL;
	*l->end = work;
	l->end = &work->next;
}

static void list_remove(struct list *l, struct work **at)
{
	struct work *work = *at;

	*at = work->next;
	if (!work->next)
		l->end = at;
}

/* Under the lock. Return: the loop has to be told, without the lock. */
static bool finish(struct workers *w, struct work *work)
{
	bool first = !w->done.first;

	list_add(&w->done, work);
	return first;
}

static void tell(struct workers *w)
{
	const uint64_t one = 1;

	/* It fails only when a number of 64 bits is full: then the loop knows. */
	if (write(w->fd, &one, sizeof(one)) < 0)
		return;
}

static void *serve(void *arg)
{
	struct workers *w = arg;
	struct work *work;
	bool first;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->todo.first && !w->ending)
			pthread_cond_wait(&w->wanted, &w->lock);
		if (w->ending)
			break;
		work = w->todo.first;
		list_remove(&w->todo, &w->todo.first);
		pthread_mutex_unlock(&w->lock);
		work->run(work);
		pthread_mutex_lock(&w->lock);
		first = finish(w, work);
		if (!first)
			continue;
		pthread_mutex_unlock(&w->lock);
		tell(w);
		pthread_mutex_lock(&w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void on_done(uv_poll_t *poll, int status, int events)
{
	struct workers *w = poll->data;
	struct work *work, *next;
	uint64_t count;

	(void)status;
	(void)events;
	/* Before the list is taken: what comes after that tells again. */
	if (read(w->fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&w->lock);
	work = w->done.first;
	list_init(&w->done);
	pthread_mutex_unlock(&w->lock);
	for (; work; work = next) {
		next = work->next;
		if (!--w->under_way)
			uv_unref((uv_handle_t *)&w->poll);
		work->after(work, work->cancelled);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct workers *w = handle->data;

	close(w->fd);
	pthread_cond_destroy(&w->wanted);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void workers_close(uv_loop_t *loop)
{
	struct workers *w = uv_loop_get_data(loop);
	unsigned int i;

	if (!w)
		return;
	uv_loop_set_data(loop, NULL);
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->wanted);
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->n_threads; i++)
		pthread_join(w->thread[i], NULL);
	uv_close((uv_handle_t *)&w->poll, on_closed);
}

static unsigned int threads_wanted(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < THREADS_MIN)
		return THREADS_MIN;
	return n > THREADS_MAX ? THREADS_MAX : (unsigned int)n;
}

/* Signals are the loop's. */
static int start_threads(struct workers *w)
{
	unsigned int n = threads_wanted();
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (!err && w->n_threads < n) {
		err = pthread_create(&w->thread[w->n_threads], NULL, serve, w);
		if (!err)
			w->n_threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int workers_open(uv_loop_t *loop)
{
	struct workers *w;
	int err;

	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	list_init(&w->todo);
	list_init(&w->done);
	w->poll.data = w;
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (w->fd < 0) {
		err = -errno;
		free(w);
		return err;
	}
	err = uv_poll_init(loop, &w->poll, w->fd);
	if (err) {
		close(w->fd);
		free(w);
		return err;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wanted, NULL);
	uv_loop_set_data(loop, w);
	err = uv_poll_start(&w->poll, UV_READABLE, on_done);
	uv_unref((uv_handle_t *)&w->poll);
	if (!err)
		err = start_threads(w);
	if (err)
		workers_close(loop);
	return err;
}

void work_start(uv_loop_t *loop, struct work *work, void (*run)(struct work *work),
	       void (*after)(struct work *work, bool cancelled))
{
	struct workers *w = uv_loop_get_data(loop);

	work->run = run;
	work->after = after;
	work->cancelled = false;
	if (!w->under_way++)
		uv_ref((uv_handle_t *)&w->poll);
	pthread_mutex_lock(&w->lock);
	list_add(&w->todo, work);
	pthread_mutex_unlock(&w->lock);
	pthread_cond_signal(&w->wanted);
}

void work_cancel(uv_loop_t *loop, struct work *work)
{
	struct workers *w = uv_loop_get_data(loop);
	bool first = false;
	struct work **at;

	pthread_mutex_lock(&w->lock);
	for (at = &w->todo.first; *at && *at != work; at = &(*at)->next)
		;
	if (*at) {
		list_remove(&w->todo, at);
		work->cancelled = true;
		first = finish(w, work);
	}
	pthread_mutex_unlock(&w->lock);
	if (first)
		tell(w);
}
