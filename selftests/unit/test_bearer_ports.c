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
	struct ports *p = ports_new(20000, 20099, 0);
	bool seen[100] = { false };
	unsigned int i;
	uint16_t port;

	(void)state;
	for (i = 0; i < 100; i++) {
		port = ports_take(p, 0, false, false, any);
		assert_in_range(port, 20000, 20099);
		assert_false(seen[port - 20000]);
		seen[port - 20000] = true;
	}
	assert_int_equal(ports_take(p, 0, false, false, any), 0);
	ports_free(p);
}

static void quarantine(void **state)
{
	struct ports *p = ports_new(20000, 20000, 0);

	(void)state;
	assert_int_equal(ports_take(p, 1000, false, false, any), 20000);
	ports_give(p, 20000, 31000);
	assert_int_equal(ports_take(p, 30999, false, false, any), 0);
	assert_false(ports_take_one(p, 20000, 30999));
	assert_int_equal(ports_take(p, 31000, false, false, any), 20000);
	ports_free(p);
}

static void asked_for(void **state)
{
	struct ports *p = ports_new(65000, 65535, 0);

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
		struct ports *p = ports_new(20000, 20007, 0);

		/* leave few free, so that the second way of choosing is used, too */
		ports_take_one(p, 20000, 0);
		ports_take_one(p, 20001, 0);
		port = ports_take(p, 0, false, false, any);
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

/* The last ones are for emergency calls, ports in quarantine count as gone. */
static void reserve(void **state)
{
	struct ports *p = ports_new(20000, 20009, 2);
	uint16_t port = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		port = ports_take(p, 0, false, false, any);
		assert_int_not_equal(port, 0);
	}
	assert_int_equal(ports_take(p, 0, false, false, any), 0);
	assert_false(ports_left(p, 0, false));
	assert_true(ports_left(p, 0, true));
	ports_give(p, port, 500);
	assert_int_equal(ports_take(p, 499, false, false, any), 0);
	assert_int_equal(ports_take(p, 500, false, false, any), port);
	assert_int_not_equal(ports_take(p, 500, true, false, any), 0);
	assert_int_not_equal(ports_take(p, 500, true, false, any), 0);
	assert_int_equal(ports_take(p, 500, true, false, any), 0);
	/* given back at once: the reserve is filled up first */
	ports_give(p, port, 0);
	assert_int_equal(ports_take(p, 500, false, false, any), 0);
	assert_int_equal(ports_take(p, 500, true, false, any), port);
	ports_free(p);
}

/* Any order of taking and giving, against a plain count. */
static void count_is_right(void **state)
{
	struct ports *p = ports_new(20000, 20031, 5);
	uint64_t free_at[32] = { 0 }, now = 0;
	unsigned int i, round, n_free;
	uint16_t port;

	(void)state;
	for (round = 0; round < 20000; round++) {
		now += any(3);
		n_free = 0;
		for (i = 0; i < 32; i++)
			n_free += free_at[i] <= now;
		assert_int_equal(ports_left(p, now, false), n_free > 5);
		assert_int_equal(ports_left(p, now, true), n_free > 0);
		i = any(32);
		if (free_at[i] == UINT64_MAX) {
			free_at[i] = any(2) ? now + any(40) : 0;
			ports_give(p, (uint16_t)(20000 + i), free_at[i]);
		} else {
			port = ports_take(p, now, any(2), any(2), any);
			if (port)
				free_at[port - 20000] = UINT64_MAX;
		}
	}
	ports_free(p);
}

/* Even, and the next one free, too. */
static void pairs(void **state)
{
	struct ports *p = ports_new(20001, 20008, 0);
	unsigned int n = 0;
	uint16_t port;

	(void)state;
	assert_true(ports_take_one(p, 20005, 0));
	while ((port = ports_take(p, 0, false, true, any))) {
		assert_int_equal(port % 2, 0);
		assert_int_not_equal(port, 20004);
		assert_true(ports_take_one(p, port + 1, 0));
		n++;
	}
	/* 20002 and 20006; 20008 has none after it */
	assert_int_equal(n, 2);
	assert_int_not_equal(ports_take(p, 0, false, false, any), 0);
	ports_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_once_then_none),
		cmocka_unit_test(quarantine),
		cmocka_unit_test(asked_for),
		cmocka_unit_test(reserve),
		cmocka_unit_test(count_is_right),
		cmocka_unit_test(pairs),
		cmocka_unit_test(spread),
	};

	srand(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
