// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's policing against buckets of tokens that are counted one by one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef int64_t s64;

#include "kmod/police.h"

#define SECOND		1000000000LL
#define PACKETS		20000

/* A packet of @size at @now in a bucket of one number, of @rate and @burst. */
static bool one_number(s64 *tat, s64 now, s64 size, s64 rate, s64 burst)
{
	s64 cost = size * SECOND / rate;
	s64 next = kmgw_gcra(*tat, now, cost, cost, burst * SECOND / rate);

	if (next < 0)
		return false;
	*tat = next;
	return true;
}

/* The same in tokens: a billionth of an octet each. */
struct tokens {
	s64 have, when;
};

static bool counted(struct tokens *t, s64 now, s64 size, s64 rate, s64 burst)
{
	t->have += (now - t->when) * rate;
	if (t->have > burst * SECOND)
		t->have = burst * SECOND;
	t->when = now;
	if (t->have < size * SECOND)
		return false;
	t->have -= size * SECOND;
	return true;
}

/* Rates that divide a second leave nothing to round. */
static void same_as_tokens(void **state)
{
	static const s64 rates[] = { 1000, 8000, 64000, 1000000, 125000000 };
	unsigned int i, n, passed;

	(void)state;
	srandom(7);
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		s64 rate = rates[i], now = 5 * SECOND, tat = 0, burst = 3000 + random() % 3000;
		struct tokens t = { burst * SECOND, now };

		for (n = passed = 0; n < PACKETS; n++) {
			s64 size = 40 + random() % 1460;
			bool pass = one_number(&tat, now, size, rate, burst);

			assert_int_equal(pass, counted(&t, now, size, rate, burst));
			passed += pass;
			now += random() % (1600 * SECOND / rate);
		}
		assert_in_range(passed, PACKETS / 4, PACKETS - 1);
	}
}

/* Twice the rate is offered, half of it passes, after the burst. */
static void half(void **state)
{
	s64 now = 0, tat = 0;
	unsigned int passed = 0, n;

	(void)state;
	for (n = 0; n < 1000; n++, now += SECOND / 100)
		passed += one_number(&tat, now, 200, 10000, 2000);
	/* ten seconds at 10000 octets a second, and the bucket */
	assert_in_range(passed, (100000 + 2000) / 200 - 1, (100000 + 2000) / 200 + 1);
}

/* A packet that is larger than the bucket never passes, one that is as large does. */
static void limits(void **state)
{
	s64 tat = 0;

	(void)state;
	assert_false(one_number(&tat, 100 * SECOND, 1001, 1000, 1000));
	assert_int_equal(tat, 0);
	assert_true(one_number(&tat, 100 * SECOND, 1000, 1000, 1000));
	assert_false(one_number(&tat, 100 * SECOND, 1, 1000, 1000));
	assert_true(one_number(&tat, 100 * SECOND + SECOND / 1000, 1, 1000, 1000));
}

/* A peak: packets in time pass, and those that are early by no more than the tolerance. */
static void peak(void **state)
{
	const s64 cost = 20000000, tolerance = 5000000;
	s64 tat = 0, now = SECOND;

	(void)state;
	tat = kmgw_gcra(tat, now, cost, 0, tolerance);
	assert_int_equal(tat, now + cost);
	assert_int_equal(kmgw_gcra(tat, now, cost, 0, tolerance), -1);
	assert_int_equal(kmgw_gcra(tat, now + cost - tolerance - 1, cost, 0, tolerance), -1);
	assert_int_equal(kmgw_gcra(tat, now + cost - tolerance, cost, 0, tolerance), now + 2 * cost);
	assert_int_equal(kmgw_gcra(tat, now + cost, cost, 0, 0), now + 2 * cost);
	/* late ones save nothing up */
	assert_int_equal(kmgw_gcra(tat, now + 100 * cost, cost, 0, 0), now + 101 * cost);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_tokens),
		cmocka_unit_test(half),
		cmocka_unit_test(limits),
		cmocka_unit_test(peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
