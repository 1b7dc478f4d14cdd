/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop_lab: an event loop with workers, for tests.
 */
#ifndef SELFTESTS_UNIT_LOOP_LAB_H
#define SELFTESTS_UNIT_LOOP_LAB_H

#include <uv.h>

#include "lib/workers.h"

static inline void loop_open(uv_loop_t *loop)
{
	assert_int_equal(uv_loop_init(loop), 0);
	assert_int_equal(workers_open(loop), 0);
}

/* Nothing may be left in it. */
static inline void loop_close(uv_loop_t *loop)
{
	workers_close(loop);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

#define LOOP_PATIENCE_MS	10000	/* only a failing test waits so long */

/* Does @turn until @condition holds; else the test fails and tells @why, what was said last. */
#define TURN_UNTIL(condition, turn, why) \
	do { \
		uint64_t end_ = uv_hrtime() + LOOP_PATIENCE_MS * 1000000ULL; \
		while (!(condition)) { \
			turn; \
			if (uv_hrtime() > end_) \
				fail_msg("never: " #condition "; %s", why); \
		} \
	} while (0)

#endif /* SELFTESTS_UNIT_LOOP_LAB_H */
