/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workers: threads that do for an event loop what must not hold it up.
 *
 * Work is done by a thread, then handed back to the loop. libuv's own pool is not used: its loop
 * spins while the thread that has just woken it is not done with waking it, which on one processor,
 * where that thread has to wait for the loop, costs as much as a handshake.
 *
 * Context: all functions in the loop's thread. Lifetime: a loop has its workers from
 * workers_open() to workers_close(); a struct work is its caller's until work_start(), and again
 * from the call of after() on. As long as one is under way, the loop goes on running.
 */
#ifndef KMGWD_LIB_WORKERS_H
#define KMGWD_LIB_WORKERS_H

#include <stdbool.h>
#include <uv.h>

struct work {
	struct work *next;
	void *priv;						/* the caller's */
	void (*run)(struct work *work);				/* in a thread */
	void (*after)(struct work *work, bool cancelled);	/* in the loop's */
	bool cancelled;
};

/**
 * workers_open() - start the threads of a loop
 * @loop: loop; its data must not be used for anything else
 *
 * One for each processor, at least 2 and at most 32.
 *
 * Return: 0 or a negative errno.
 */
int workers_open(uv_loop_t *loop);

/**
 * workers_close() - end them; the loop's next run closes what it has of them
 * @loop: loop without work under way, or one whose workers_open() failed
 */
void workers_close(uv_loop_t *loop);

/**
 * work_start() - have something done
 * @loop: loop with workers
 * @work: with priv set
 * @run: called in a thread
 * @after: called in the loop's thread, after that
 */
void work_start(uv_loop_t *loop, struct work *work, void (*run)(struct work *work),
	       void (*after)(struct work *work, bool cancelled));

/**
 * work_cancel() - what has not begun need not begin
 * @loop: loop
 * @work: what was started
 *
 * after() is called all the same, later, and told whether it was in time.
 */
void work_cancel(uv_loop_t *loop, struct work *work);

#endif /* KMGWD_LIB_WORKERS_H */
