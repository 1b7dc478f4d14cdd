// SPDX-License-Identifier: GPL-2.0-only
/* The gateway's own requests over time. */
#include <arpa/inet.h>

#include "transaction_lab.h"

static void pauses_double_until_t_max(void **state)
{
	uint64_t begin = now, pause, before = 0, most = 500;
	unsigned int i;

	(void)state;
	own_request(false);
	advance(26000);
	/* H.248.1 D.1.3: 7 to 11 times */
	assert_in_range(x.n_sent, 7, 12);
	assert_int_equal(x.sent[0].at, begin);
	assert_int_equal(x.sent[1].at - begin, 500);
	for (i = 2; i < x.n_sent; i++) {
		pause = x.sent[i].at - x.sent[i - 1].at;
		most = most * 2 > 4000 ? 4000 : most * 2;
		assert_in_range(pause, most / 2, most);
		assert_true(pause >= before || most == 4000);
		before = pause;
	}
	assert_int_equal(x.n_given_up, 1);
	assert_int_equal(x.done_at - begin, 25000);
	assert_int_equal(counters()->own_given_up, 1);
	assert_int_equal(counters()->own_repeated, x.n_sent - 1);
	assert_memory_equal(x.sent[0].text, x.sent[1].text, x.sent[0].len);
}

static void a_slow_mgc_is_learnt(void **state)
{
	unsigned int i;
	uint32_t id;

	(void)state;
	/* always answers just before it would be asked again: the pause grows with its delay */
	for (i = 0; i < 20; i++) {
		id = own_request(false);
		advance(450);
		reply_to(id);
	}
	forget_sent();
	for (i = 0; i < 12; i++) {
		/* 450 +- 100 ms */
		id = own_request(false);
		advance(i % 2 ? 350 : 490);
		reply_to(id);
	}
	assert_int_equal(x.n_sent, 12);
	forget_sent();
	id = own_request(false);
	advance(620);
	/* the deviation keeps it waiting for longer than the shortest pause */
	assert_int_equal(x.n_sent, 1);
	advance(2000);
	assert_true(x.n_sent > 1);
}

static void pending_of_the_mgc(void **state)
{
	struct transaction_limits limits = { 1000, 3000, 20, 20 };
	uint64_t begin = now;
	unsigned int i;
	uint32_t id;

	(void)state;
	transactions_set_limits(x.t, &limits);
	id = own_request(false);
	advance(100);
	for (i = 0; i < 10; i++) {
		receive("PN=%u{}", id);
		advance(3000);
	}
	/* asked again at its interval, and long after T-MAX not given up */
	assert_in_range(x.n_sent, 9, 12);
	assert_int_equal(x.n_done, 0);
	assert_true(now - begin > 25000);
	reply_to(id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.n_given_up, 0);
	/* Pending after the reply means nothing */
	receive("PN=%u{}", id);
	advance(30000);
	assert_int_equal(x.n_done, 1);
}

static void too_many_pendings_of_the_mgc(void **state)
{
	struct transaction_limits limits = { 1000, 1000, 20, 3 };
	unsigned int i;
	uint32_t id;

	(void)state;
	transactions_set_limits(x.t, &limits);
	id = own_request(false);
	for (i = 0; i < 3; i++)
		receive("PN=%u{}", id);
	assert_int_equal(x.n_done, 0);
	receive("PN=%u{}", id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.done_code, 506);
	assert_int_equal(counters()->own_pending_limit, 1);
}

static void over_a_connection_once(void **state)
{
	(void)state;
	x.path.connection = 7;
	own_request(false);
	advance(10000);
	assert_int_equal(x.n_sent, 1);
	x.path.connection = 8;
	advance(5000);
	assert_int_equal(x.n_sent, 2);
	advance(12000);
	assert_int_equal(x.n_sent, 2);
	assert_int_equal(x.n_given_up, 1);
}

static void some_at_a_time_and_in_order(void **state)
{
	uint32_t first = 0, id;
	unsigned int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		id = own_request(false);
		first = first ? first : id;
	}
	assert_int_equal(x.n_sent, 256);
	reply_to(first + 5);
	assert_int_equal(x.n_sent, 257);
	assert_int_equal(sent(256)->id, first + 256);
	/* the MGC is lost: to the next one all go, in the order they had */
	transactions_suspend(x.t);
	forget_sent();
	advance(5000);
	assert_int_equal(x.n_sent, 0);
	own_request(true);
	assert_int_equal(x.n_sent, 1);
	forget_sent();
	transactions_resume(x.t);
	assert_int_equal(x.n_sent, 255);
	for (i = 0; i < 200; i++)
		assert_int_equal(sent(i)->id, first + i + (i >= 5));
	transactions_cancel(x.t);
	forget_sent();
	advance(30000);
	assert_int_equal(x.n_sent, 0);
	assert_int_equal(x.n_done, 1);
}

/* However many are held back: without the urgent one there is never an MGC again. */
static void urgent_ones_always_have_room(void **state)
{
	unsigned int i;

	(void)state;
	transactions_suspend(x.t);
	for (i = 0; i < 10000; i++)
		own_request(false);
	assert_int_equal(try_own_request(false, NULL), -ENOBUFS);
	assert_int_equal(x.n_sent, 0);
	own_request(true);
	assert_int_equal(x.n_sent, 1);
	transactions_suspend(x.t);
	own_request(true);
	assert_int_equal(x.n_sent, 2);
	transactions_cancel(x.t);
}

/* Nothing happens to a request that is held back until it is sent again and answered. */
static void still_held(uint32_t id, unsigned int n_done)
{
	forget_sent();
	advance(60000);
	assert_int_equal(x.n_sent, 0);
	assert_int_equal(x.n_done, n_done);
	transactions_resume(x.t);
	assert_int_equal(x.n_sent, 1);
	assert_int_equal(sent(0)->id, id);
	reply_to(id);
	assert_int_equal(x.n_done, n_done + 1);
	assert_int_equal(x.n_given_up, 0);
}

static void pending_for_one_held(void **state)
{
	struct transaction_limits limits = { 1000, 1000, 20, 1 };
	uint32_t id = own_request(false);

	(void)state;
	transactions_set_limits(x.t, &limits);
	advance(100);
	transactions_suspend(x.t);
	receive("PN=%u{}", id);
	receive("PN=%u{}", id);
	still_held(id, 0);
}

static void a_segment_for_one_held(void **state)
{
	uint32_t id = own_request(false);

	(void)state;
	transactions_suspend(x.t);
	receive("P=%u/1{C=1{AV=ip/1/access/1}}", id);
	transactions_resume(x.t);
	/* the next MGC cuts its reply elsewhere */
	receive("P=%u/2/&{C=1{AV=ip/1/access/3}}", id);
	assert_int_equal(x.n_done, 0);
	receive("P=%u/1{C=1{AV=ip/1/access/1,AV=ip/1/access/2}}", id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.done_commands, 3);
}

static void a_connection_that_breaks_in_sending(void **state)
{
	uint32_t id;

	(void)state;
	x.breaks = true;
	id = own_request(false);
	assert_int_equal(x.n_sent, 1);
	still_held(id, 0);
	id = own_request(false);
	x.breaks = true;
	advance(1000);
	assert_false(x.breaks);
	still_held(id, 1);
	x.breaks = true;
	own_request(true);
	forget_sent();
	advance(60000);
	assert_int_equal(x.n_sent, 0);
	assert_int_equal(x.n_done, 2);
}

static void a_reply_in_segments(void **state)
{
	uint32_t id = own_request(false);

	(void)state;
	forget_sent();
	receive("P=%u/3/&{C=1{AV=ip/1/access/5}}", id);
	assert_int_equal(sent(0)->kind, H248_SEGMENT);
	assert_int_equal(sent(0)->segment, 3);
	receive("P=%u/1{C=1{AV=ip/1/access/1,AV=ip/1/access/2}}", id);
	receive("P=%u/1{C=1{AV=ip/1/access/1,AV=ip/1/access/2}}", id);
	assert_int_equal(x.n_done, 0);
	receive("P=%u/2{C=1{AV=ip/1/access/3},C=2{AV=ip/1/access/4}}", id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.done_commands, 5);
	assert_int_equal(x.n_sent, 4);
	/* one that comes late is acknowledged all the same */
	receive("P=%u/2{C=1{AV=ip/1/access/3}}", id);
	assert_int_equal(x.n_sent, 5);
	assert_int_equal(x.n_done, 1);
}

static void an_own_request_that_ends_in_segments(void **state)
{
	uint32_t id = own_request(false);

	(void)state;
	receive("P=%u/2/&{C=1{AV=ip/1/access/5}}", id);
	receive("P=%u/65000{C=1{AV=ip/1/access/5}}", id);
	advance(26000);
	assert_int_equal(x.n_given_up, 1);
}

static void a_segment_missing(void **state)
{
	uint32_t id = own_request(false);

	(void)state;
	receive("P=%u/1{C=1{AV=ip/1/access/1},C=2{AV=ip/1/access/5}}", id);
	receive("P=%u/4{C=1{AV=ip/1/access/4}}", id);
	/* as many as there should be, but not those */
	receive("P=%u/3/&{C=1{AV=ip/1/access/3}}", id);
	assert_int_equal(x.n_done, 0);
	receive("P=%u/2{C=1{AV=ip/1/access/2}}", id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.done_commands, 4);
}

/* Segments of replies that never become whole take memory only so far, and not for ever. */
static void too_many_segments(void **state)
{
	static char filler[60000];
	uint32_t id = own_request(false);
	unsigned int i, k;

	(void)state;
	memset(filler, ' ', sizeof(filler) - 1);
	for (i = 0; i < 20; i++) {
		id = own_request(false);
		for (k = 1; k <= 60; k++) {
			receive("P=%u/%u{C=1{AV=ip/1/access/1}}%s", id, k, filler);
			forget_sent();
		}
	}
	id = own_request(false);
	receive("P=%u/1/&{C=1{AV=ip/1/access/1}}", id);
	assert_int_equal(x.n_done, 0);
	forget_sent();
	for (i = 0; i < 30; i++) {
		advance(1000);
		forget_sent();
	}
	assert_int_equal(x.n_given_up, x.n_done);
	id = own_request(false);
	receive("P=%u/1/&{C=1{AV=ip/1/access/1}}", id);
	assert_int_equal(x.n_done, x.n_given_up + 1);
}

static void use_host(const char *host, uint16_t port)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)&x.path.addr;

	assert_int_equal(inet_pton(AF_INET, host, &in4->sin_addr), 1);
	in4->sin_port = htons(port);
}

static void answers_of_another_mgc(void **state)
{
	struct transaction_limits limits = { 1000, 1000, 20, 0 };
	uint32_t id;

	(void)state;
	/* one Pending would be too many */
	transactions_set_limits(x.t, &limits);
	use_host("10.0.0.2", 2944);
	id = own_request(false);
	transactions_suspend(x.t);
	use_host("10.0.0.3", 2944);
	transactions_resume(x.t);
	assert_int_equal(x.n_sent, 2);
	/* the old one is late: the new one has not done anything yet */
	use_host("10.0.0.2", 2944);
	receive("PN=%u{}", id);
	reply_to(id);
	receive("P=%u/1/&{C=1{AV=ip/1/access/1}}", id);
	assert_int_equal(x.n_done, 0);
	/* the port is free */
	use_host("10.0.0.3", 40000);
	reply_to(id);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.n_given_up, 0);
}

static void the_old_mgc_while_there_is_no_other(void **state)
{
	uint32_t id;

	(void)state;
	use_host("10.0.0.2", 2944);
	id = own_request(false);
	transactions_suspend(x.t);
	/* what it has done need not be done again */
	reply_to(id);
	assert_int_equal(x.n_done, 1);
	transactions_resume(x.t);
	assert_int_equal(x.n_sent, 1);
}

int main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(pauses_double_until_t_max),
		T(a_slow_mgc_is_learnt),
		T(pending_of_the_mgc),
		T(too_many_pendings_of_the_mgc),
		T(over_a_connection_once),
		T(some_at_a_time_and_in_order),
		T(urgent_ones_always_have_room),
		T(pending_for_one_held),
		T(a_segment_for_one_held),
		T(a_connection_that_breaks_in_sending),
		T(answers_of_another_mgc),
		T(the_old_mgc_while_there_is_no_other),
		T(a_segment_missing),
		T(too_many_segments),
		T(a_reply_in_segments),
		T(an_own_request_that_ends_in_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
