// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events and Signals that outlive the message they came in.
 */
#include "codec_lab.h"

/* a copy lives on when the message is gone */
static void copies(void **state)
{
	static const char text[] = "E=7{al/on{KA,DM=dm0{1x},x=[1,\"2 3\"],NBRN{EM{SG{a/b}}},EM{SG{cg/dt"
				   "{p=q}},E=9{al/of{ST=1}}}},g/cause}";
	static const char sg[] = "SG{SL=7{a/b{SY=TO,DR=5,p=q},a/c},cg/dt}";
	struct h248_command *c;
	struct h248_events *ev;
	struct h248_signals *s;
	struct strbuf x, y;
	struct arena other;
	char all[1024];

	(void)state;
	arena_init(&other, 65536);
	snprintf(all, sizeof(all), "MF=T{%s,%s}", text, sg);
	c = command(all);
	ev = h248_events_copy(&other, c->events);
	s = h248_signals_copy(&other, c->signals);
	assert_true(ev && s);
	arena_reset(&arena);
	snprintf(all, sizeof(all), HEAD "T=1{C=5{MF=T}}");
	c = read_text(all)->transactions.first->actions.first->commands.first;
	c->events = ev;
	c->signals = s;
	strbuf_init(&x, 0);
	strbuf_init(&y, 0);
	snprintf(all, sizeof(all), "MF=T{%s,%s}", text, sg);
	{
		struct h248_message m = { .version = 2, .mid = mid_of("x") };
		struct h248_transaction t = { .kind = H248_REQUEST, .id = 1 };
		struct h248_action act = { .context = 5 };

		h248_append(&act.commands, c);
		h248_append(&t.actions, &act);
		h248_append(&m.transactions, &t);
		assert_int_equal(h248_text_write(&m, H248_TEXT_COMPACT, &x), 0);
		act.commands.first = act.commands.last = command(all);
		assert_int_equal(h248_text_write(&m, H248_TEXT_COMPACT, &y), 0);
	}
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.p, y.p, x.len);
	strbuf_free(&x);
	strbuf_free(&y);
	arena_free(&other);
}

static void copy_limit(void **state)
{
	struct h248_command *c = command("MF=T{E=7{al/on{DM=dm0{1x},x=[1,2],EM{SG{cg/dt{p=q}},E=9{a/b}}"
					 "}}}");
	struct arena other;
	size_t limit;
	bool ok = false;

	(void)state;
	for (limit = 0; !ok && limit < 65536; limit += 13) {
		arena_init(&other, limit);
		ok = h248_events_copy(&other, c->events);
		arena_free(&other);
	}
	assert_true(ok && limit > 500);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(copies), T(copy_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
