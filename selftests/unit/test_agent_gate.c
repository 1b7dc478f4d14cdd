// SPDX-License-Identifier: GPL-2.0-only
/* The agent: gm, tman and ipnapt, and what the bearer is asked for because of them. */
#include "agent_lab.h"

static int setup(void **state)
{
	struct lab *lab = test_malloc(sizeof(*lab));

	*state = lab;
	lab_open(lab, "");
	lab_register(lab);
	return 0;
}

static int teardown(void **state)
{
	lab_close(*state);
	test_free(*state);
	return 0;
}

static uint32_t context_of(struct lab *lab)
{
	return lab_transaction(lab)->actions.first->context;
}

static void latching(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))
			       ", Signals { ipnapt/latch }")));
	b = fake.list;
	assert_int_equal(b->latched, 1);
	assert_int_equal(b->latch, KMGW_LATCH_LATCH);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { Stream = 1, "
	       "napt = RELATCH } } } }", context_of(lab));
	assert_int_equal(b->latch, KMGW_LATCH_RELATCH);
	/* a brief signal is not active any more: it goes on */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { KeepActive, "
	       "napt = OFF } } } }", context_of(lab));
	assert_int_equal(b->latched, 2);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { napt = OFF } } } }",
	       context_of(lab));
	assert_int_equal(b->latch, KMGW_LATCH_OFF);
}

static void policing_and_explicit_source(void **state)
{
	struct lab *lab = *state;
	struct bearer_want *w;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { tman/pol = on, "
		"tman/sdr = 8000, tman/mbs = 1500, tman/pdr = 16000, tman/dvt = 15, gm/esas = on, "
		"gm/lsa = \"10.1.0.1\", gm/esps = on, gm/lsp = 4000 }, " LOCAL(SDP("UDP", ""))))));
	w = &fake.list->want;
	assert_int_equal(w->police.sustained, 8000);
	assert_int_equal(w->police.burst, 1500);
	assert_int_equal(w->police.peak, 16000);
	assert_int_equal(w->police.tolerance, 2);
	assert_int_equal(((struct sockaddr_in *)&w->source)->sin_addr.s_addr, inet_addr("10.1.0.1"));
	assert_int_equal(w->source_port, 4000);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/pol = off, gm/esas = off, gm/esps = off }") " } }",
	       context_of(lab));
	assert_int_equal(w->police.sustained, 0);
	assert_int_equal(w->police.peak, 0);
	assert_int_equal(w->source.ss_family, AF_UNSPEC);
	assert_int_equal(w->source_port, 0);
	/* without a burst, one that lets the rate in */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/pol = on, tman/mbs = 0, tman/sdr = 64000, "
		      "tman/pdr = 0 }") " } }",
	       context_of(lab));
	assert_int_equal(w->police.burst, 6400);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/sdr = 1000 }") " } }", context_of(lab));
	assert_int_equal(w->police.burst, 1500);
}

static void latching_of_several_streams(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("RTP/AVP", "")) " }, "
			       "Stream = 2 { " LOCAL(SDP("RTP/AVP", "")) " } }")));
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { Stream = 2 } } } }",
	       context_of(lab));
	assert_int_equal(fake_find(1, 1)->latched, 0);
	assert_int_equal(fake_find(1, 2)->latched, 1);
	/* no stream: all of the termination */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch } } }",
	       context_of(lab));
	assert_int_equal(fake_find(1, 1)->latched, 1);
	assert_int_equal(fake_find(1, 2)->latched, 2);
}

static void a_latched_address_is_reported(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(4000) };
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(5004) };
	struct h248_observed_event *e;
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))
			       ", Signals { ipnapt/latch }, Events = 5 { adr/rsac }")));
	b = fake.list;
	in4.sin_addr.s_addr = inet_addr("198.51.100.7");
	memcpy(&b->latched_to, &in4, sizeof(in4));
	fake_event(b, BEARER_LATCHED, "198.51.100.7:5004");
	lab_receive(lab);
	e = lab_command(lab)->observed->items.first;
	assert_true(str_is(e->name.item, "rsac"));
	assert_int_equal(e->stream, 1);
	assert_true(str_is(h248_first(e->params.first), "198.51.100.7"));
	assert_true(str_is(h248_first(e->params.first->next), "5004"));
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");

	inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
	memcpy(&b->latched_to, &in6, sizeof(in6));
	fake_event(b, BEARER_LATCHED, "[2001:db8::7]:4000");
	lab_receive(lab);
	e = lab_command(lab)->observed->items.first;
	assert_true(str_is(h248_first(e->params.first), "2001:db8::7"));
	assert_true(str_is(h248_first(e->params.first->next), "4000"));
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(latching),
		TEST(latching_of_several_streams),
		TEST(a_latched_address_is_reported),
		TEST(policing_and_explicit_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
