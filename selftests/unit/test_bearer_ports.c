// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port allocation: every port once, at random, and none before its quarantine ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bearer/ports.h"

static uint32_t any(uint32_t bound)
{
	return (uint32_t)rand() % bound;
}

static void all_once_then_none(void **state)
{
	struct ports *p = ports_new(20000, 20099);
	bool seen[100] = { false };
	unsigned int i;
	uint16_t port;

	(void)state;
	for (i = 0; i < 100; i++) {
		port = ports_take(p, 0, any);
		assert_in_range(port, 20000, 20099);
		assert_false(seen[port - 20000]);
		seen[port - 20000] = true;
	}
	assert_int_equal(ports_take(p, 0, any), 0);
	ports_free(p);
}

static void quarantine(void **state)
{
	struct ports *p = ports_new(20000, 20000);

	(void)state;
	assert_int_equal(ports_take(p, 1000, any), 20000);
	ports_give(p, 20000, 31000);
	assert_int_equal(ports_take(p, 30999, any), 0);
	assert_false(ports_take_one(p, 20000, 30999));
	assert_int_equal(ports_take(p, 31000, any), 20000);
	ports_free(p);
}

static void asked_for(void **state)
{
	struct ports *p = ports_new(65000, 65535);

	(void)state;
	assert_false(ports_take_one(p, 64999, 0));
	assert_true(ports_take_one(p, 65000, 0));
	assert_false(ports_take_one(p, 65000, 0));
	assert_true(ports_take_one(p, 65535, 0));
	assert_false(ports_take_one(p, 0, 0));
	ports_give(p, 64999, 0);	/* not ours: no effect */
	ports_free(p);
}

/* Ports that come in a row, or twice as often as others, would be guessed. */
static void spread(void **state)
{
	unsigned int count[8] = { 0 }, i, in_a_row = 0;
	uint16_t port, last = 0;

	(void)state;
	for (i = 0; i < 8000; i++) {
		struct ports *p = ports_new(20000, 20007);

		/* leave few free, so that the second way of choosing is used, too */
		ports_take_one(p, 20000, 0);
		ports_take_one(p, 20001, 0);
		port = ports_take(p, 0, any);
		count[port - 20000]++;
		in_a_row += port == last + 1;
		last = port;
		ports_free(p);
	}
	assert_int_equal(count[0] + count[1], 0);
	for (i = 2; i < 8; i++)
		assert_in_range(count[i], 1000, 1700);
	assert_in_range(in_a_row, 500, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_once_then_none),
		cmocka_unit_test(quarantine),
		cmocka_unit_test(asked_for),
		cmocka_unit_test(spread),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
