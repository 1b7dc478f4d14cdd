// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions over time: the clock is this program's, and so is the transport, so that half a minute
 * takes no time and every pause can be measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/text.h"
#include "transaction/transaction.h"

#define SENT_MAX	4096

/* ---- a clock that moves when it is told to ---- */

static uint64_t now = 1000000;		/* ms */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	ts->tv_sec = (time_t)(now / 1000);
	ts->tv_nsec = (long)(now % 1000) * 1000000;
	return 0;
}

/* ---- a transport that remembers ---- */

struct sent {
	uint64_t at;
	struct transport_path to;
	char *text;
	size_t len;
};

static struct {
	uv_loop_t loop;
	struct config config;
	struct transactions *t;
	struct transport_path path;		/* to the MGC */
	bool down;
	struct sent sent[SENT_MAX];
	unsigned int n_sent;
	struct arena arena;			/* of what was received last */
	struct h248_message *msg;

	/* what the agent saw */
	uint32_t executed[SENT_MAX];
	unsigned int n_executed;
	unsigned int takes;			/* ms for each */
	unsigned int commands;			/* in each reply, with texts of 100 octets */
	unsigned int overloads, percent;
	unsigned int refusal;
	uint32_t urgent;			/* id of the request that goes ahead */

	/* how own requests ended */
	unsigned int n_done, n_given_up;
	uint64_t done_at;
	unsigned int done_code, done_commands;
} x;

int transport_path(const struct transport *t, struct transport_path *path)
{
	(void)t;
	*path = x.path;
	return x.down ? -ENOTCONN : 0;
}

int transport_send(struct transport *t, const struct transport_path *to, const char *data,
		   size_t len)
{
	struct sent *s = &x.sent[x.n_sent++];

	(void)t;
	assert_in_range(x.n_sent, 1, SENT_MAX - 1);
	s->at = now;
	s->to = *to;
	s->text = malloc(len + 1);
	memcpy(s->text, data, len);
	s->text[len] = '\0';
	s->len = len;
	return 0;
}

const char *transport_name(const struct sockaddr_storage *addr, char *buf, size_t len)
{
	(void)addr;
	snprintf(buf, len, "MGC");
	return buf;
}

/* ---- the agent ---- */

static unsigned int on_admit(void *priv, const struct transport_path *from,
			     const struct h248_message *msg)
{
	(void)priv;
	(void)from;
	(void)msg;
	return x.refusal;
}

static void on_request(void *priv, struct arena *a, const struct h248_transaction *req,
		       struct h248_transaction *reply)
{
	struct h248_action *act = h248_action_add(a, reply, 1);
	struct h248_command *cmd;
	char name[64];
	unsigned int i;

	(void)priv;
	x.executed[x.n_executed++] = req->id;
	now += x.takes;
	for (i = 0; i < x.commands; i++) {
		snprintf(name, sizeof(name), "ip/1/access/%u", i + 1);
		cmd = h248_command_add(a, act, H248_MODIFY, str_c(name));
		cmd->error = h248_error_new(a, 500, "%0100d", 0);
	}
}

static void on_heard(void *priv, const struct transport_path *from)
{
	(void)priv;
	(void)from;
}

static void on_overload(void *priv, unsigned int percent)
{
	(void)priv;
	x.overloads++;
	x.percent = percent;
}

static bool on_precedence(void *priv, const struct h248_transaction *req)
{
	(void)priv;
	return req->id == x.urgent;
}

static const struct transaction_ops ops = {
	.admit = on_admit,
	.request = on_request,
	.heard = on_heard,
	.overload = on_overload,
	.precedence = on_precedence,
};

static void on_done(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	(void)priv;
	(void)version;
	x.n_done++;
	x.done_at = now;
	if (!reply) {
		x.n_given_up++;
		return;
	}
	x.done_code = reply->error ? reply->error->code : 0;
	x.done_commands = 0;
	h248_each(act, &reply->actions)
		h248_each(cmd, &act->commands)
			x.done_commands++;
}

/* ---- driving it ---- */

static int setup(void **state)
{
	struct config *c = &x.config;

	(void)state;
	memset(&x, 0, sizeof(x));
	strcpy(c->mid, "[10.0.0.1]:2944");
	c->encoding = CONFIG_ENCODING_COMPACT;
	c->max_replies = 1000;
	c->max_message = 1400;
	c->max_pdu = 65531;
	c->max_queue = 100;
	c->retransmit_min = 500;
	c->retransmit_max = 4000;
	c->t_max = 25000;
	c->long_timer = 30000;
	log_init(&c->log, 2, LOG_LEVEL_ERROR);
	x.path.addr.ss_family = AF_INET;
	arena_init(&x.arena, 1 << 20);
	assert_int_equal(uv_loop_init(&x.loop), 0);
	assert_int_equal(transactions_new(&x.loop, c, NULL, &ops, NULL, &x.t), 0);
	transactions_set_version(x.t, 2);
	return 0;
}

static void forget_sent(void)
{
	while (x.n_sent)
		free(x.sent[--x.n_sent].text);
}

static int teardown(void **state)
{
	(void)state;
	transactions_free(x.t);
	uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&x.loop), 0);
	arena_free(&x.arena);
	forget_sent();
	return 0;
}

static void turn(void)
{
	uv_run(&x.loop, UV_RUN_NOWAIT);
}

static void advance(unsigned int ms)
{
	while (ms--) {
		now++;
		turn();
	}
}

__attribute__((format(printf, 1, 2)))
static void receive(const char *fmt, ...)
{
	char text[65536] = "!/2 [10.0.0.2] ";
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
	/* libuv's idea of the time is that of the turn; a message comes in a new one */
	uv_update_time(&x.loop);
	transactions_receive(x.t, &x.path, text, strlen(text));
}

static void request(uint32_t id)
{
	receive("T=%u{C=1{MF=ip/1/access/1}}", id);
}

/* The transactions of a message sent. */
static struct h248_transaction *all_sent(unsigned int i)
{
	struct h248_text_error err;

	assert_in_range(i + 1, 1, x.n_sent);
	arena_reset(&x.arena);
	if (h248_text_parse(&x.arena, x.sent[i].text, x.sent[i].len, &x.msg, &err))
		fail_msg("%s in %s", err.text, x.sent[i].text);
	assert_non_null(x.msg->transactions.first);
	return x.msg->transactions.first;
}

/* The only one of a message. */
static struct h248_transaction *sent(unsigned int i)
{
	struct h248_transaction *tr = all_sent(i);

	assert_null(tr->next);
	return tr;
}

static uint32_t own_request(bool urgent)
{
	struct h248_transaction *req;
	struct h248_action *act;
	struct arena a;
	uint32_t id;

	arena_init(&a, 65536);
	uv_update_time(&x.loop);
	req = transactions_start(x.t, &a);
	act = h248_action_add(&a, req, 1);
	/* which command it is does not matter here */
	h248_command_add(&a, act, H248_AUDIT_VALUE, STR("ip/1/access/1"))->audit =
		arena_new(&a, struct h248_audit);
	id = req->id;
	assert_int_equal(transactions_send(x.t, req, urgent, on_done, NULL), 0);
	arena_free(&a);
	return id;
}

#define reply_to(id)	receive("P=%u{C=1{AV=ip/1/access/1}}", (id))

static const struct transaction_counters *counters(void)
{
	return transactions_counters(x.t);
}

/* ---- own requests ---- */

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

/* ---- requests of the MGC ---- */

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
		T(pauses_double_until_t_max),
		T(a_slow_mgc_is_learnt),
		T(pending_of_the_mgc),
		T(too_many_pendings_of_the_mgc),
		T(over_a_connection_once),
		T(some_at_a_time_and_in_order),
		T(a_reply_in_segments),
		T(an_own_request_that_ends_in_segments),
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
