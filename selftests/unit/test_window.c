// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay window of DTLS against the plain definition: a list of everything that was taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#include "kmod/window.h"

#define SEQ_MAX 0xffffffffffffULL

/* Everything taken, and the definition: not before, not too old, not below the start. */
struct model {
	u64 low;
	u64 top;
	bool any;
	unsigned int n;
	u64 taken[4096];
};

static bool model_fresh(const struct model *m, u64 seq)
{
	unsigned int i;

	if (seq < m->low)
		return false;
	if (m->any && seq < m->top && m->top - seq >= KMGW_WINDOW_SIZE)
		return false;
	for (i = 0; i < m->n; i++) {
		if (m->taken[i] == seq)
			return false;
	}
	return true;
}

static bool model_take(struct model *m, u64 seq)
{
	if (!model_fresh(m, seq))
		return false;
	assert_true(m->n < sizeof(m->taken) / sizeof(*m->taken));
	m->taken[m->n++] = seq;
	if (!m->any || seq > m->top)
		m->top = seq;
	m->any = true;
	return true;
}

static void is_wide_enough(void **state)
{
	(void)state;
	assert_true(KMGW_WINDOW_SIZE >= 128);
}

static void takes_each_once(void **state)
{
	struct kmgw_window w;
	u64 seq;

	(void)state;
	kmgw_window_init(&w, 0);
	for (seq = 0; seq < 1000; seq++) {
		assert_true(kmgw_window_fresh(&w, seq));
		assert_true(kmgw_window_take(&w, seq));
		assert_false(kmgw_window_fresh(&w, seq));
		assert_false(kmgw_window_take(&w, seq));
	}
}

/* The number at the lower edge is taken, the one below is not, wherever in a word that is. */
static void edge(void **state)
{
	struct kmgw_window w;
	u64 top;

	(void)state;
	for (top = KMGW_WINDOW_SIZE; top < KMGW_WINDOW_SIZE + 300; top++) {
		kmgw_window_init(&w, 0);
		assert_true(kmgw_window_take(&w, top));
		assert_false(kmgw_window_take(&w, top - KMGW_WINDOW_SIZE));
		assert_true(kmgw_window_take(&w, top - KMGW_WINDOW_SIZE + 1));
		assert_false(kmgw_window_take(&w, top - KMGW_WINDOW_SIZE + 1));
	}
}

static void nothing_below_the_start(void **state)
{
	struct kmgw_window w;

	(void)state;
	kmgw_window_init(&w, 100);
	assert_false(kmgw_window_take(&w, 99));
	assert_true(kmgw_window_take(&w, 100));
	assert_true(kmgw_window_take(&w, 105));
	assert_false(kmgw_window_take(&w, 99));
	assert_true(kmgw_window_take(&w, 101));
}

/* A leap leaves no bit of what was there before. */
static void leaps(void **state)
{
	static const u64 by[] = { 1, 63, 64, 65, 127, 128, 191, 192, 193, 255, 256, 257, 1000, 1 << 20 };
	struct kmgw_window w;
	unsigned int i;
	u64 seq, top;

	(void)state;
	for (i = 0; i < sizeof(by) / sizeof(*by); i++) {
		kmgw_window_init(&w, 0);
		for (seq = 0; seq < 400; seq++)
			assert_true(kmgw_window_take(&w, seq));
		top = 399 + by[i];
		assert_true(kmgw_window_take(&w, top));
		for (seq = top - KMGW_WINDOW_SIZE + 1; seq < top; seq++)
			assert_int_equal(kmgw_window_take(&w, seq), seq >= 400);
	}
}

static void at_the_top(void **state)
{
	struct kmgw_window w;

	(void)state;
	kmgw_window_init(&w, SEQ_MAX - 1);
	assert_true(kmgw_window_take(&w, SEQ_MAX));
	assert_true(kmgw_window_take(&w, SEQ_MAX - 1));
	assert_false(kmgw_window_take(&w, SEQ_MAX));
	assert_false(kmgw_window_take(&w, SEQ_MAX - 2));
}

static void asking_changes_nothing(void **state)
{
	struct kmgw_window w, before;

	(void)state;
	kmgw_window_init(&w, 0);
	kmgw_window_take(&w, 500);
	before = w;
	kmgw_window_fresh(&w, 1 << 30);
	kmgw_window_fresh(&w, 499);
	kmgw_window_take(&w, 500);
	kmgw_window_take(&w, 0);
	assert_memory_equal(&w, &before, sizeof(w));
}

static void agrees_with_the_model(void **state)
{
	struct kmgw_window w;
	static struct model m;
	int round, i;
	u64 seq;

	(void)state;
	srandom(7);
	for (round = 0; round < 60; round++) {
		memset(&m, 0, sizeof(m));
		m.low = round % 3 ? (u64)random() : 0;
		kmgw_window_init(&w, m.low);
		seq = m.low;
		for (i = 0; i < 3000; i++) {
			u64 base = m.any ? m.top : m.low;

			switch (random() % 8) {
			case 0:
				seq = base + (u64)random() % 400;
				break;
			case 1:
				seq = base + 1;
				break;
			default:
				seq = base - (u64)random() % 260;
				if (seq > base)
					seq = 0;
			}
			assert_int_equal(kmgw_window_fresh(&w, seq), model_fresh(&m, seq));
			assert_int_equal(kmgw_window_take(&w, seq), model_take(&m, seq));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_wide_enough),
		cmocka_unit_test(takes_each_once),
		cmocka_unit_test(edge),
		cmocka_unit_test(nothing_below_the_start),
		cmocka_unit_test(leaps),
		cmocka_unit_test(at_the_top),
		cmocka_unit_test(asking_changes_nothing),
		cmocka_unit_test(agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
