// SPDX-License-Identifier: GPL-2.0-only
/* The agent: registration, who may give orders, loss of the MGC and failover. */
#include "agent_lab.h"

static struct h248_service_change *change(struct lab *lab, unsigned int which)
{
	do
		lab_receive_at(lab, which);
	while (lab_transaction(lab)->kind != H248_REQUEST ||
	       lab_command(lab)->kind != H248_SERVICE_CHANGE);
	return lab_command(lab)->service_change;
}

/* A ServiceChange of this method; repetitions of others are passed over. */
static void expect_change(struct lab *lab, unsigned int which, enum h248_method method,
			  unsigned int reason)
{
	struct h248_service_change *sc;

	do
		sc = change(lab, which);
	while (sc->method != method);
	assert_int_equal(sc->reason_code, reason);
}

static void first_message(void **state)
{
	struct lab lab;
	struct h248_service_change *sc;

	(void)state;
	lab_open(&lab, "profile = \"threegiq/3\"; version = 3;");
	sc = change(&lab, 0);
	assert_int_equal(lab.msg->version, 1);
	assert_int_equal(sc->method, H248_METHOD_RESTART);
	assert_int_equal(sc->reason_code, 901);
	assert_true(sc->has_version);
	assert_int_equal(sc->version, 3);
	assert_true(str_is(sc->profile, "threegiq"));
	assert_int_equal(sc->profile_version, 3);
	assert_true(sc->has_time);
	/* nothing is served before the reply */
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	while (lab_transaction(&lab)->kind != H248_REPLY)
		lab_receive(&lab);
	assert_int_equal(lab_error(&lab)->code, 505);
	sc = change(&lab, 0);
	/* the MGC can only do version 2, and that is what is spoken then */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 2 } } }");
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	assert_int_equal(lab.msg->version, 2);
	lab_close(&lab);
}

static void statistics_by_stream_in_version_3(void **state)
{
	struct lab lab;
	struct h248_stream *s;

	(void)state;
	lab_open(&lab, "version = 3;");
	change(&lab, 0);
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 3 } } }");
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("UDP", "")) " }, Stream = 2 { "
				LOCAL(SDP("UDP", "")) " } }")));
	fake_find(1, 2)->stats.octets_sent = 5;
	lab_ok(&lab, "Context = 1 { Subtract = ip/1/acc/1 }");
	assert_null(lab_command(&lab)->statistics);
	s = lab_stream(&lab, 2);
	assert_true(str_is(h248_first(h248_find(&s->statistics->items, "nt", "os")), "5"));
	lab_close(&lab);
}

static void refused_and_tried_again(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	change(&lab, 0);
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Error = 500 { \"no\" } } }");
	/* the next one of the list, and still a cold boot */
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	lab_answer(&lab, 1, LAB_ACCEPT);
	lab_close(&lab);
}

static void failover_and_the_old_one(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "inactivity = 0.2;");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", ""))))));
	/* silence: it/ito, then Disconnected, then the other one */
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REQUEST);
	assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
	assert_true(h248_name_is(&lab_command(&lab)->observed->items.first->name, "it", "ito"));
	expect_change(&lab, 0, H248_METHOD_DISCONNECTED, 900);
	expect_change(&lab, 1, H248_METHOD_FAILOVER, 909);
	lab_answer(&lab, 1, LAB_ACCEPT);
	/* the new one is asked anew when it is silent, too */
	do
		lab_receive_at(&lab, 1);
	while (lab_command(&lab)->kind != H248_NOTIFY);
	/* the call is still there, the old MGC is no longer served */
	assert_int_equal(fake_count(), 1);
	lab_request(&lab, "Context = 1 { Subtract = * }");
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REPLY);
	assert_int_equal(lab_error(&lab)->code, 504);
	assert_int_equal(fake_count(), 1);
	lab_close(&lab);
}

static void any_answer_is_a_sign_of_life(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	lab_open(&lab, "inactivity = 0.1;");
	lab_register(&lab);
	for (i = 0; i < 3; i++) {
		do
			lab_receive(&lab);
		while (lab_transaction(&lab)->kind != H248_REQUEST);
		assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
		lab_answer(&lab, 0, "Context = - { Notify = ROOT { Error = 440 { \"it\" } } }");
	}
	lab_close(&lab);
}

static void sent_elsewhere(void **state)
{
	struct lab lab;
	char reply[256];

	(void)state;
	lab_open(&lab, "");
	change(&lab, 0);
	snprintf(reply, sizeof(reply), "Context = - { ServiceChange = ROOT { Services { MgcIdToTry = "
		 "[127.0.0.2]:%u } } }", lab.mgc_port[1]);
	lab_answer(&lab, 0, reply);
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	/* a stranger is not followed: the list goes on */
	lab_answer(&lab, 1, "Context = - { ServiceChange = ROOT { Services { MgcIdToTry = "
		   "[127.0.0.9]:2944 } } }");
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	lab_close(&lab);
}

static void hand_off(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	       "Reason = \"903 MGC Directed Change\", MgcIdToTry = [127.0.0.2]:%u } } }",
	       lab.mgc_port[1]);
	expect_change(&lab, 1, H248_METHOD_HANDOFF, 903);
	lab_close(&lab);
}

static void orders_to_the_whole_gateway(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", ""))))));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"905 out\" } } }");
	assert_int_equal(fake_count(), 1);
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Restart, "
	       "Reason = \"900 in\" } } }");
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Forced, "
	       "Reason = \"905 out\" } } }");
	assert_int_equal(fake_count(), 0);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Restart, "
	       "Reason = \"901 Cold Boot\" } } }");
	expect_change(&lab, 0, H248_METHOD_RESTART, 901);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_message),
		cmocka_unit_test(statistics_by_stream_in_version_3),
		cmocka_unit_test(refused_and_tried_again),
		cmocka_unit_test(failover_and_the_old_one),
		cmocka_unit_test(any_answer_is_a_sign_of_life),
		cmocka_unit_test(sent_elsewhere),
		cmocka_unit_test(hand_off),
		cmocka_unit_test(orders_to_the_whole_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
