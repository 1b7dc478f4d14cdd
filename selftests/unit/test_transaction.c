// SPDX-License-Identifier: GPL-2.0-only
/* Transactions: at most once, kept replies, many in a message, what is never answered. */
#include "agent_lab.h"

static void begin(struct lab *lab, const char *config)
{
	lab_open(lab, config);
	lab_register(lab);
}

/* One request of which each execution shows: it makes a context. */
static void send_add(struct lab *lab, uint32_t id)
{
	char text[512];

	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Transaction = %u { "
		 CHOOSE("Add = ip/1/acc/$") " }", lab->mgc_port[0], id);
	lab_send(lab, text);
	lab->last_id = id;
}

static void a_repeated_request_is_not_executed_again(void **state)
{
	static char first[65536];
	struct lab lab;
	unsigned int i;

	(void)state;
	begin(&lab, "");
	send_add(&lab, 5000);
	lab_reply(&lab);
	memcpy(first, lab.text, sizeof(first));
	for (i = 0; i < 3; i++) {
		send_add(&lab, 5000);
		lab_reply(&lab);
		assert_string_equal(lab.text, first);
	}
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	/* another MGC has numbers of its own; only its name counts, in any case of letters */
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_reply(&lab);
	assert_int_equal(agent_n_contexts(lab.agent), 2);
	lab_close(&lab);
}

/* The id of answers to what had none is nobody's request. */
static void id_zero(void **state)
{
	struct lab lab;

	(void)state;
	begin(&lab, "");
	send_add(&lab, 0);
	lab_reply(&lab);
	assert_non_null(lab_error(&lab));
	assert_int_equal(lab_error(&lab)->code, 403);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	lab_close(&lab);
}

/* Only so many ranges of a message are looked up that name more ids than there are replies. */
static void wide_acknowledgements(void **state)
{
	static char first[65536];
	char text[4096];
	struct lab lab;
	unsigned int i;
	size_t n;

	(void)state;
	begin(&lab, "");
	send_add(&lab, 5000);
	lab_reply(&lab);
	memcpy(first, lab.text, sizeof(first));
	n = (size_t)snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u K { 1000000-2000000000",
			     lab.mgc_port[0]);
	for (i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", 1000000-2000000000");
	snprintf(text + n, sizeof(text) - n, ", 1-2000000000 }");
	lab_send(&lab, text);
	send_add(&lab, 5000);
	lab_reply(&lab);
	assert_string_equal(lab.text, first);
	/* one alone is, and a narrow one always */
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u K { 1-2000000000 }", lab.mgc_port[0]);
	lab_send(&lab, text);
	send_add(&lab, 5000);
	assert_int_equal(lab_pending(&lab), 0);
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	lab_close(&lab);
}

static void the_same_id_of_another_name(void **state)
{
	static const char *const mids[] = { "<a.example>", "<b.example>", "<A.Example>", "<a.example>:5" };
	static const unsigned int contexts[] = { 1, 2, 2, 3 };
	struct lab lab;
	char text[512];
	unsigned int i;

	(void)state;
	begin(&lab, "");
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "MEGACO/2 %s Transaction = 6000 { "
			 CHOOSE("Add = ip/1/acc/$") " }", mids[i]);
		lab_send(&lab, text);
		lab.last_id = 6000;
		lab_reply(&lab);
		assert_int_equal(agent_n_contexts(lab.agent), contexts[i]);
	}
	lab_close(&lab);
}

static void kept_for_long_timer(void **state)
{
	struct lab lab;
	uint64_t end;

	(void)state;
	begin(&lab, "");
	send_add(&lab, 5000);
	lab_reply(&lab);
	/* LONG-TIMER is two seconds here; the sweep comes every quarter of one */
	end = uv_hrtime() + 2700000000ULL;
	while (uv_hrtime() < end)
		uv_run(&lab.loop, UV_RUN_ONCE);
	send_add(&lab, 5000);
	lab_reply(&lab);
	assert_int_equal(agent_n_contexts(lab.agent), 2);
	lab_close(&lab);
}

static void an_acknowledged_reply(void **state)
{
	static const char *const acks[] = { "5000", "1-4294967295", "4990-5010, 7" };
	struct lab lab;
	char text[256];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		begin(&lab, "");
		send_add(&lab, 5000);
		lab_reply(&lab);
		snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u TransactionResponseAck { %s }",
			 lab.mgc_port[0], acks[i]);
		lab_send(&lab, text);
		send_add(&lab, 5000);
		/* neither executed nor answered: the MGC has said that it has the reply */
		assert_int_equal(lab_pending(&lab), 0);
		assert_int_equal(agent_n_contexts(lab.agent), 1);
		lab_close(&lab);
	}
}

static void many_in_one_message(void **state)
{
	struct h248_transaction *tr;
	char text[60000];
	unsigned int i, got = 0, messages = 0;
	struct lab lab;
	size_t used;

	(void)state;
	begin(&lab, "");
	used = (size_t)snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u ", lab.mgc_port[0]);
	for (i = 0; i < 200; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "Transaction = %u { "
					 CHOOSE("Add = ip/1/acc/$") " } ", 7000 + i);
	lab_send(&lab, text);
	/* the replies are packed, and no message is larger than max_message */
	while (got < 200) {
		lab_receive(&lab);
		assert_in_range(strlen(lab.text), 1, 1400);
		messages++;
		h248_each(tr, &lab.msg->transactions) {
			assert_int_equal(tr->kind, H248_REPLY);
			assert_int_equal(tr->id, 7000 + got);
			got++;
		}
	}
	assert_in_range(messages, 2, 50);
	assert_int_equal(agent_n_contexts(lab.agent), 200);
	lab_close(&lab);
}

static void too_many_in_one_message(void **state)
{
	char text[60000];
	struct lab lab;
	unsigned int i;
	size_t used;

	(void)state;
	begin(&lab, "");
	used = (size_t)snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u ", lab.mgc_port[0]);
	for (i = 0; i < 257; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "Transaction = %u { "
					 CHOOSE("Add = ip/1/acc/$") " } ", 7000 + i);
	lab_send(&lab, text);
	lab_receive(&lab);
	assert_non_null(lab.msg->error);
	assert_int_equal(lab.msg->error->code, 413);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	lab_close(&lab);
}

static void a_faulty_one_does_not_hinder_those_before(void **state)
{
	struct lab lab;
	char text[1024];
	unsigned int i;
	bool error = false, done = false;

	(void)state;
	begin(&lab, "");
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Transaction = 1000 { "
		 CHOOSE("Add = ip/1/acc/$") " } Transaction = 1001 { Context = $ { Add = ",
		 lab.mgc_port[0]);
	lab_send(&lab, text);
	for (i = 0; i < 2; i++) {
		lab_receive(&lab);
		assert_int_equal(lab_transaction(&lab)->kind, H248_REPLY);
		if (lab_transaction(&lab)->id == 1000)
			done = !lab_error(&lab);
		if (lab_transaction(&lab)->id == 1001)
			error = lab_error(&lab) != NULL;
	}
	assert_true(done);
	assert_true(error);
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	lab_close(&lab);
}

static void errors_are_rationed(void **state)
{
	unsigned int i, others;
	struct lab lab;

	(void)state;
	begin(&lab, "");
	for (i = 0; i < 100; i++)
		lab_send(&lab, "MEGACO/2 [127.0.0.1]:1 Nonsense = 1 { }");
	others = lab_pending(&lab);
	/* twenty at once, and ten a second */
	assert_in_range(others, 15, 60);
	lab_close(&lab);
}

static void what_is_never_answered(void **state)
{
	static const char *const messages[] = {
		"MEGACO/2 [127.0.0.1]:1 Error = 400 { \"you\" }",
		"MEGACO/2 [127.0.0.1]:1 Reply = 77 { Context = - { AuditValue = ROOT } }",
		"MEGACO/2 [127.0.0.1]:1 Pending = 77 { }",
		"MEGACO/2 [127.0.0.1]:1 TransactionResponseAck { 1, 2-9 }",
		"MEGACO/3 [127.0.0.1]:1 Segment = 1/1/END",
	};
	struct lab lab;
	unsigned int i;

	(void)state;
	begin(&lab, "");
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		lab_send(&lab, messages[i]);
		if (lab_pending(&lab))
			fail_msg("answered: %s", messages[i]);
	}
	/* strangers */
	close(lab.mgc[1]);
	lab.mgc[1] = lab_socket("127.0.0.3", &lab.mgc_port[1]);
	lab_send_from(&lab, 1, "MEGACO/2 [127.0.0.1]:1 Transaction = 1 { Context = - { "
		      "AuditValue = ROOT { Audit { } } } }", 86);
	assert_int_equal(lab_pending(&lab), 0);
	assert_int_equal(recv(lab.mgc[1], lab.text, sizeof(lab.text), 0), -1);
	lab_close(&lab);
}

static void an_immediate_acknowledgement(void **state)
{
	char text[256];
	struct lab lab;

	(void)state;
	begin(&lab, "");
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Reply = 4711 { ImmAckRequired, "
		 "Context = 1 { Notify = ip/1/acc/1 } }", lab.mgc_port[0]);
	lab_send(&lab, text);
	lab_receive(&lab);
	assert_int_equal(lab_transaction(&lab)->kind, H248_ACK);
	assert_int_equal(lab_transaction(&lab)->acks.first->first, 4711);
	lab_close(&lab);
}

static void memory_for_replies_is_bounded(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	begin(&lab, "max_replies = 16;");
	for (i = 0; i < 15; i++)
		lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	/* one was used up by lab_register() */
	lab_refused(&lab, 511, CHOOSE("Add = ip/1/acc/$"));
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	lab_close(&lab);
}

static void pending_slows_repetition(void **state)
{
	unsigned int again = 0;
	struct lab lab;
	char text[256];
	uint32_t id;

	(void)state;
	begin(&lab, "");
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))) ", Events = 1 { g/cause }")));
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	lab_receive(&lab);
	id = lab_transaction(&lab)->id;
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Pending = %u { }", lab.mgc_port[0], id);
	lab_send(&lab, text);
	lab_pending(&lab);
	/* Until T-MAX, 1.5 s, one comes a second after Pending, and some may have crossed it; else there were 15. */
	do {
		lab_receive(&lab);
		again += lab_transaction(&lab)->kind == H248_REQUEST &&
			 lab_command(&lab)->kind == H248_NOTIFY;
	} while (lab_transaction(&lab)->kind != H248_REQUEST ||
		 lab_command(&lab)->kind == H248_NOTIFY);
	assert_int_equal(lab_command(&lab)->kind, H248_SERVICE_CHANGE);
	assert_in_range(again, 0, 3);
	lab_close(&lab);
}

static void a_reply_too_large_for_a_message(void **state)
{
	unsigned int i, n;
	struct lab lab;

	(void)state;
	begin(&lab, "max_replies = 5000;");
	/* each stream shows its whole Local in an audit of everything */
	for (i = 0; i < 40; i++) {
		lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "a=x:%0999d\r\n")))) ", "
				    ADD("ip/1/core/$", STREAM(LOCAL(SDP("UDP", "a=x:%0999d\r\n"))))), 1, 2);
	}
	n = agent_n_contexts(lab.agent);
	assert_int_equal(n, 40);
	lab_refused(&lab, 533, "Context = * { AuditValue = * { Audit { Media } } }");
	/* one context fits, though it is larger than what is packed together */
	lab_ok(&lab, "Context = 1 { AuditValue = * { Audit { Media } } }");
	assert_in_range(strlen(lab.text), 2000, 4000);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repeated_request_is_not_executed_again),
		cmocka_unit_test(id_zero),
		cmocka_unit_test(wide_acknowledgements),
		cmocka_unit_test(the_same_id_of_another_name),
		cmocka_unit_test(kept_for_long_timer),
		cmocka_unit_test(an_acknowledged_reply),
		cmocka_unit_test(many_in_one_message),
		cmocka_unit_test(too_many_in_one_message),
		cmocka_unit_test(a_faulty_one_does_not_hinder_those_before),
		cmocka_unit_test(errors_are_rationed),
		cmocka_unit_test(what_is_never_answered),
		cmocka_unit_test(an_immediate_acknowledgement),
		cmocka_unit_test(memory_for_replies_is_bounded),
		cmocka_unit_test(pending_slows_repetition),
		cmocka_unit_test(a_reply_too_large_for_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
