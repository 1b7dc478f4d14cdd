// SPDX-License-Identifier: GPL-2.0-only
/* Requests of the MGC over time. */
#include "transaction_lab.h"

static void a_duplicate_in_progress(void **state)
{
	unsigned int i;

	(void)state;
	request(50);
	request(50);
	assert_int_equal(x.n_executed, 0);
	assert_int_equal(x.n_sent, 1);
	assert_int_equal(sent(0)->kind, H248_PENDING);
	assert_int_equal(sent(0)->id, 50);
	turn();
	assert_int_equal(x.n_executed, 1);
	assert_int_equal(x.n_sent, 2);
	assert_int_equal(sent(1)->kind, H248_REPLY);
	assert_true(sent(1)->imm_ack);
	/* nobody acknowledges: it is sent again, like a request */
	advance(4000);
	assert_in_range(x.n_sent, 4, 6);
	for (i = 2; i < x.n_sent; i++)
		assert_string_equal(x.sent[i].text, x.sent[1].text);
	receive("K{50}");
	forget_sent();
	advance(20000);
	assert_int_equal(x.n_sent, 0);
	/* and even then it is not executed again */
	request(50);
	turn();
	assert_int_equal(x.n_executed, 1);
	assert_int_equal(x.n_sent, 0);
}

static void an_acknowledgement_that_never_comes(void **state)
{
	(void)state;
	request(50);
	request(50);
	advance(26000);
	assert_in_range(counters()->replies_repeated, 6, 12);
	forget_sent();
	advance(20000);
	assert_int_equal(x.n_sent, 0);
}

static void no_acknowledgement_over_a_connection(void **state)
{
	(void)state;
	x.path.connection = 3;
	request(50);
	request(50);
	turn();
	assert_true(sent(1)->imm_ack);
	advance(10000);
	assert_int_equal(x.n_sent, 2);
}

static void an_ordinary_reply_is_sent_once(void **state)
{
	(void)state;
	request(50);
	turn();
	assert_false(sent(0)->imm_ack);
	advance(10000);
	assert_int_equal(x.n_sent, 1);
	request(50);
	assert_int_equal(x.n_sent, 2);
	assert_string_equal(x.sent[0].text, x.sent[1].text);
	assert_int_equal(counters()->repeated, 1);
}

static void who_waits_for_long_is_told(void **state)
{
	unsigned int i, pendings = 0, replies = 0;
	struct h248_transaction *tr;

	(void)state;
	x.takes = 100;
	for (i = 0; i < 30; i++)
		request(100 + i);
	for (i = 0; i < 60; i++)
		turn();
	for (i = 0; i < x.n_sent; i++) {
		for (tr = all_sent(i); tr; tr = tr->next) {
			if (tr->kind == H248_PENDING) {
				pendings++;
				continue;
			}
			replies++;
			/* the first ten were done within a second */
			assert_int_equal(tr->imm_ack, tr->id >= 110);
		}
	}
	assert_int_equal(x.n_executed, 30);
	assert_int_equal(replies - counters()->replies_repeated, 30);
	/* twenty of them once, ten of those twice */
	assert_in_range(pendings, 28, 32);
	assert_int_equal(counters()->pendings, pendings);
}

static void too_many_pendings(void **state)
{
	struct transaction_limits limits = { 1000, 1000, 2, 20 };
	unsigned int i;

	(void)state;
	transactions_set_limits(x.t, &limits);
	for (i = 0; i < 4; i++)
		request(50);
	assert_int_equal(x.n_sent, 3);
	assert_int_equal(sent(1)->kind, H248_PENDING);
	assert_int_equal(sent(2)->kind, H248_REPLY);
	assert_int_equal(sent(2)->error->code, 506);
	advance(10);
	assert_int_equal(x.n_executed, 0);
	assert_int_equal(counters()->pending_limit, 1);
	/* that was its reply */
	receive("K{50}");
	request(50);
	advance(10);
	assert_int_equal(x.n_executed, 0);
}

static void emergencies_go_first(void **state)
{
	unsigned int i;

	(void)state;
	x.urgent = 130;
	for (i = 0; i < 31; i++)
		request(100 + i);
	for (i = 0; i < 5; i++)
		turn();
	assert_int_equal(x.n_executed, 31);
	assert_int_equal(x.executed[0], 130);
	for (i = 1; i < 31; i++)
		assert_int_equal(x.executed[i], 99 + i);
}

static void a_turn_has_its_budget(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++)
		request(100 + i);
	turn();
	assert_in_range(x.n_executed, 8, 32);
	x.takes = 50;
	i = x.n_executed;
	turn();
	assert_int_equal(x.n_executed, i + 1);
}

static void a_full_queue(void **state)
{
	unsigned int i;

	(void)state;
	x.config.max_queue = 10;
	x.urgent = 200;
	for (i = 0; i < 8; i++)
		request(100 + i);
	assert_int_equal(x.overloads, 0);
	request(108);
	assert_int_equal(x.overloads, 1);
	assert_int_equal(x.percent, 80);
	request(109);
	assert_int_equal(x.n_sent, 0);
	request(110);
	assert_int_equal(x.n_sent, 1);
	assert_int_equal(sent(0)->error->code, 511);
	assert_true(x.percent > 100);
	assert_int_equal(counters()->busy, 1);
	request(200);
	assert_int_equal(x.n_sent, 1);
	advance(5);
	assert_int_equal(x.n_executed, 11);
	/* what was refused may come again */
	request(110);
	advance(5);
	assert_int_equal(x.n_executed, 12);
}

static void refusals_are_rationed_on_udp_only(void **state)
{
	unsigned int i;

	(void)state;
	x.refusal = 505;
	for (i = 0; i < 100; i++)
		request(100 + i);
	assert_int_equal(x.n_sent, 20);
	assert_int_equal(sent(0)->error->code, 505);
	advance(1000);
	for (i = 0; i < 100; i++)
		request(300 + i);
	assert_int_equal(x.n_sent, 30);
	x.path.connection = 1;
	for (i = 0; i < 100; i++)
		request(500 + i);
	assert_int_equal(x.n_sent, 130);
}

static void long_timer_forgets(void **state)
{
	(void)state;
	request(50);
	turn();
	advance(29000);
	request(50);
	turn();
	assert_int_equal(x.n_executed, 1);
	advance(8000);
	request(50);
	turn();
	assert_int_equal(x.n_executed, 2);
}

static void too_large_is_533(void **state)
{
	(void)state;
	x.config.max_pdu = 1000;
	x.commands = 10;
	request(50);
	turn();
	assert_int_equal(x.n_sent, 1);
	assert_int_equal(sent(0)->error->code, 533);
}

static void too_large_is_cut_up_in_version_3(void **state)
{
	unsigned int i, commands = 0, last;
	struct h248_transaction *tr;
	struct h248_command *cmd;
	char second[2048];

	(void)state;
	transactions_set_version(x.t, 3);
	x.config.max_pdu = 1000;
	x.commands = 20;
	request(50);
	turn();
	last = x.n_sent;
	assert_in_range(last, 4, 10);
	for (i = 0; i < last; i++) {
		tr = sent(i);
		assert_in_range(x.sent[i].len, 100, 1000);
		assert_true(tr->has_segment);
		assert_int_equal(tr->segment, i + 1);
		assert_int_equal(tr->segment_end, i + 1 == last);
		h248_each(cmd, &tr->actions.first->commands)
			commands++;
	}
	assert_int_equal(commands, 20);
	strcpy(second, x.sent[1].text);
	/* those that arrived are not sent again */
	receive("SM=50/1");
	for (i = 3; i <= last; i++)
		receive("SM=50/%u", i);
	forget_sent();
	advance(600);
	assert_int_equal(x.n_sent, 1);
	assert_string_equal(x.sent[0].text, second);
	request(50);
	assert_int_equal(x.n_sent, 2);
	assert_string_equal(x.sent[1].text, second);
	receive("SM=50/2");
	forget_sent();
	advance(10000);
	assert_int_equal(x.n_sent, 0);
	assert_int_equal(x.n_executed, 1);
}

static void a_command_too_large_for_a_segment(void **state)
{
	(void)state;
	transactions_set_version(x.t, 3);
	x.config.max_pdu = 512;
	x.commands = 30;
	request(50);
	turn();
	assert_true(x.n_sent > 5);
	forget_sent();
	/* 512 - 192 octets hold one command, 290 - 192 do not */
	x.config.max_pdu = 290;
	request(51);
	turn();
	assert_int_equal(x.n_sent, 1);
	assert_int_equal(sent(0)->error->code, 533);
}

int main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_duplicate_in_progress),
		T(an_acknowledgement_that_never_comes),
		T(no_acknowledgement_over_a_connection),
		T(an_ordinary_reply_is_sent_once),
		T(who_waits_for_long_is_told),
		T(too_many_pendings),
		T(emergencies_go_first),
		T(a_turn_has_its_budget),
		T(a_full_queue),
		T(refusals_are_rationed_on_udp_only),
		T(long_timer_forgets),
		T(too_large_is_533),
		T(too_large_is_cut_up_in_version_3),
		T(a_command_too_large_for_a_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
