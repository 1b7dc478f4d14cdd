// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workers of an event loop: what is started is done by another thread and handed back, once, and
 * what is cancelled in time is not done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>

#include "loop_lab.h"

#define MANY	2000

struct piece {
	struct work work;
	sem_t *wait;		/* before it is done */
	pthread_t by;
	unsigned int run, after, cancelled, again;
	uv_loop_t *loop;
};

static void run(struct work *work)
{
	struct piece *p = work->priv;

	if (p->wait)
		sem_wait(p->wait);
	p->by = pthread_self();
	p->run++;
}

static void after(struct work *work, bool cancelled)
{
	struct piece *p = work->priv;

	p->after++;
	p->cancelled += cancelled;
	if (p->again) {
		p->again--;
		work_start(p->loop, work, run, after);
	}
}

static void begin(uv_loop_t *loop, struct piece *p)
{
	p->work.priv = p;
	p->loop = loop;
	work_start(loop, &p->work, run, after);
}

static void test_all_is_done_once(void **state)
{
	static struct piece p[MANY];
	unsigned int i;
	uv_loop_t loop;

	(void)state;
	loop_open(&loop);
	/* Workers without work do not keep it up. */
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (i = 0; i < MANY; i++) {
		p[i].again = i % 3;
		begin(&loop, &p[i]);
	}
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(p[i].run, 1 + i % 3);
		assert_int_equal(p[i].after, 1 + i % 3);
		assert_int_equal(p[i].cancelled, 0);
		assert_false(pthread_equal(p[i].by, pthread_self()));
	}
	loop_close(&loop);
}

static void test_cancelled(void **state)
{
	struct piece busy[32] = { 0 }, p[4] = { 0 };
	unsigned int i;
	uv_loop_t loop;
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	loop_open(&loop);
	/* As many as there can be threads: what comes after them waits. */
	for (i = 0; i < 32; i++) {
		busy[i].wait = &gate;
		begin(&loop, &busy[i]);
	}
	for (i = 0; i < 4; i++)
		begin(&loop, &p[i]);
	/* The last one, the first one, and one that is not there any more. */
	work_cancel(&loop, &p[3].work);
	work_cancel(&loop, &p[0].work);
	work_cancel(&loop, &p[0].work);
	/* What is added behind the last one that went is found. */
	p[3].again = 1;
	for (i = 0; i < 32; i++)
		sem_post(&gate);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (i = 0; i < 32; i++)
		assert_int_equal(busy[i].after, 1);
	assert_int_equal(p[0].run, 0);
	assert_int_equal(p[0].after, 1);
	assert_int_equal(p[0].cancelled, 1);
	assert_int_equal(p[1].run + p[2].run, 2);
	assert_int_equal(p[1].cancelled + p[2].cancelled, 0);
	assert_int_equal(p[3].run, 1);
	assert_int_equal(p[3].after, 2);
	assert_int_equal(p[3].cancelled, 1);
	loop_close(&loop);
	sem_destroy(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_done_once),
		cmocka_unit_test(test_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
