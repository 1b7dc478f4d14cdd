// SPDX-License-Identifier: GPL-2.0-only
/* How many handshakes may be under way, and who goes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
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

/* One that waits becomes an emergency call: the reserve is for it, too, and it goes first. */
static void becomes_an_emergency(void **state)
{
	(void)state;
	fill(0, 18, true);
	fill(18, 20, false);
	bearers[19].want.emergency = true;
	slots_reorder(&bearers[19]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_started, 1);
	assert_int_equal(order[0], 19);
	assert_int_equal(env.slots, 19);
	/* what does not wait is left alone */
	bearers[0].want.emergency = true;
	slots_reorder(&bearers[0]);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(env.slots, 19);
	assert_int_equal(n_started, 1);
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

static void from(struct sockaddr_storage *out, const char *text)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(out->ss_family, text,
				   out->ss_family == AF_INET ? (void *)&v4->sin_addr :
							       (void *)&v6->sin6_addr), 1);
}

/* Those of so many bearers that a source gets a slot of. */
static unsigned int strange(unsigned int first, unsigned int n, const char *text)
{
	struct sockaddr_storage source;
	unsigned int i, got = 0;

	from(&source, text);
	for (i = first; i < first + n; i++) {
		if (!slots_fair(&bearers[i], &source) || !slots_try(&bearers[i]))
			continue;
		slots_stranger(&bearers[i], &source);
		got++;
	}
	return got;
}

static void no_source_has_all(void **state)
{
	struct sockaddr_storage source;

	(void)state;
	assert_int_equal(strange(0, 8, "192.0.2.1"), 5);
	assert_int_equal(env.slots, 5);
	assert_int_equal(env.slots_short, 3);
	/* another one has a share of its own, and a /64 is one */
	assert_int_equal(strange(8, 3, "192.0.2.2"), 3);
	assert_int_equal(strange(11, 3, "2001:db8::1"), 3);
	assert_int_equal(strange(14, 4, "2001:db8::ffff:c000:201"), 2);
	assert_int_equal(strange(18, 1, "2001:db8:0:1::1"), 1);
	/* what it has itself does not stand in a bearer's way */
	from(&source, "192.0.2.1");
	assert_true(slots_fair(&bearers[2], &source));
	assert_false(slots_fair(&bearers[20], &source));
	/* and what is over does not count, whichever it was */
	slots_give(&bearers[2]);
	assert_int_equal(strange(20, 2, "192.0.2.1"), 1);
	slots_give(&bearers[20]);
	slots_give(&bearers[0]);
	assert_int_equal(strange(20, 3, "192.0.2.1"), 2);
}

static void few_slots_are_a_share_of_one(void **state)
{
	(void)state;
	cfg.max_handshakes = 3;
	assert_int_equal(strange(0, 2, "192.0.2.1"), 1);
	assert_int_equal(strange(2, 2, "192.0.2.2"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(reserve_for_emergencies, setup, teardown),
		cmocka_unit_test_setup_teardown(becomes_an_emergency, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_up_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(no_source_has_all, setup, teardown),
		cmocka_unit_test_setup_teardown(few_slots_are_a_share_of_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
