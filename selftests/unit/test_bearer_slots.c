// SPDX-License-Identifier: GPL-2.0-only
/* How many handshakes may be under way, and who goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "bearer/bearer_private.h"
#include "config.h"

#define N	30

static struct config cfg;
static struct bearer_env env;
static struct bearer bearers[N];
static unsigned int order[N], n_started;
static uv_loop_t loop;

/* what tls.c does when a slot is there */
void tls_slot(struct bearer *b)
{
	order[n_started++] = (unsigned int)(b - bearers);
	assert_true(slots_take(b));
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&cfg, 0, sizeof(cfg));
	memset(&env, 0, sizeof(env));
	memset(bearers, 0, sizeof(bearers));
	n_started = 0;
	cfg.max_handshakes = 20;
	cfg.emergency_reserve = 10;
	env.cfg = &cfg;
	env.loop = &loop;
	for (i = 0; i < N; i++)
		bearers[i].env = &env;
	return uv_loop_init(&loop);
}

static int teardown(void **state)
{
	(void)state;
	timer_stop(&env.slot_timer);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static void fill(unsigned int from, unsigned int to, bool expect)
{
	for (; from < to; from++)
		assert_int_equal(slots_take(&bearers[from]), expect);
}

static void bounded(void **state)
{
	(void)state;
	fill(0, 18, true);
	fill(18, 20, false);
	/* one that has a slot keeps it, one that waits goes on waiting */
	assert_true(slots_take(&bearers[0]));
	assert_false(slots_take(&bearers[18]));
	assert_int_equal(env.slots, 18);
	slots_give(&bearers[3]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_started, 1);
	assert_int_equal(order[0], 18);
	assert_int_equal(env.slots, 18);
}

static void reserve_for_emergencies(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 20; i < 24; i++)
		bearers[i].want.emergency = true;
	fill(0, 18, true);
	fill(18, 20, false);
	fill(20, 22, true);
	fill(22, 24, false);
	assert_int_equal(env.slots, 20);
	/* what is given back goes to them first */
	slots_give(&bearers[0]);
	slots_give(&bearers[1]);
	slots_give(&bearers[2]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_started, 2);
	assert_int_equal(order[0], 22);
	assert_int_equal(order[1], 23);
	slots_give(&bearers[20]);
	slots_give(&bearers[4]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_started, 3);
	assert_int_equal(order[2], 18);
}

static void gives_up_waiting(void **state)
{
	(void)state;
	fill(0, 18, true);
	fill(18, 20, false);
	slots_give(&bearers[18]);
	slots_give(&bearers[0]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_started, 1);
	assert_int_equal(order[0], 19);
	slots_give(&bearers[18]);
	assert_int_equal(env.slots, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(reserve_for_emergencies, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_up_waiting, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
