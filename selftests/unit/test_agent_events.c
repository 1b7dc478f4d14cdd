// SPDX-License-Identifier: GPL-2.0-only
/* The agent: what bearers report becomes Notify, once and for what is armed. */
#include "agent_lab.h"

#define EVENTS	"Events = 77 { g/cause, tcpbcc/BNCChange { Type = EstFail }, tlsbsc/BNCChange }"
#define CALL(events) \
	CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS", "a=setup:active\r\n")) ", " \
		   REMOTE(SDP_AT("10.1.0.7", "5000", "TCP/TLS", "a=setup:passive\r\n"))) ", " events))

/* The next Notify; it is answered. */
static struct h248_observed_event *notified(struct lab *lab)
{
	struct h248_command *cmd;

	lab_receive(lab);
	assert_int_equal(lab_transaction(lab)->kind, H248_REQUEST);
	cmd = lab_command(lab);
	assert_int_equal(cmd->kind, H248_NOTIFY);
	assert_non_null(cmd->observed);
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	return cmd->observed->items.first;
}

static void expect(struct h248_observed_event *e, const char *pkg, const char *item,
		   const char *param, const char *value)
{
	struct h248_property *p;

	assert_non_null(e);
	assert_true(h248_name_is(&e->name, pkg, item));
	h248_each(p, &e->params)
		if (str_iis(p->name.item, param))
			break;
	assert_non_null(p);
	assert_true(str_is(h248_first(p), value));
}

static void failures_are_reported_once(void **state)
{
	struct lab *lab = *state;
	struct h248_observed_event *e;
	struct bearer *b;

	lab_ok(lab, CALL(EVENTS));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_FAILED, "refused");
	fake_event(b, BEARER_TLS_FAILED, "and so no TLS");
	e = notified(lab);
	expect(e, "tcpbcc", "BNCChange", "Type", "EstFail");
	expect(e, "tcpbcc", "BNCChange", "Cause", "refused");
	assert_true(e->has_stream);
	assert_int_equal(e->stream, 1);
	assert_true(e->has_time);
	assert_int_equal(lab_command(lab)->observed->id, 77);
	assert_int_equal(lab_transaction(lab)->actions.first->context, 1);
	assert_int_equal(lab_pending(lab), 0);
	/* the next attempt may fail, too */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC } } }");
	fake_event(b, BEARER_TCP_UP, "connected");
	fake_event(b, BEARER_TLS_FAILED, "certificate \"of\" another\n");
	e = notified(lab);
	expect(e, "tlsbsc", "BNCChange", "Type", "EstFail");
	assert_non_null(strstr(lab->text, "Cause = \"certificate 'of' another"));
	assert_int_equal(lab_pending(lab), 0);
}

static void ends_are_reported_once(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CALL(EVENTS));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_UP, "up");
	fake_event(b, BEARER_TLS_UP, "up");
	fake_event(b, BEARER_RELEASED, "close_notify \"x\"");
	expect(notified(lab), "g", "cause", "Generalcause", "NR");
	assert_non_null(strstr(lab->text, "Failurecause = \"close_notify 'x'\""));
	fake_event(b, BEARER_LOST, "reset");
	assert_int_equal(lab_pending(lab), 0);
	/* a new Remote means a new connection */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(
	       REMOTE(SDP_AT("10.1.0.8", "5000", "TCP/TLS", "a=setup:passive\r\n"))) " } }");
	fake_event(b, BEARER_LOST, "reset");
	expect(notified(lab), "g", "cause", "Generalcause", "FT");
}

static void release_of_tls_releases_tcp(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CALL("Events = 5 { tlsbsc/BNCChange { Type = Rel }, tcpbcc/BNCChange { Type = Rel } }"));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_UP, "up");
	fake_event(b, BEARER_TLS_UP, "up");
	fake_event(b, BEARER_LOST, "reset");
	expect(notified(lab), "tlsbsc", "BNCChange", "Type", "Rel");
	assert_non_null(strstr(lab->text, "tcpbcc/BNCChange"));
	assert_non_null(strstr(lab->text, "Cause = \"reset\""));
	assert_int_equal(lab_pending(lab), 0);
}

static void what_is_not_armed_is_not_reported(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CALL("Events = 5 { tlsbsc/BNCChange { Type = EstFail } }"));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_FAILED, "refused");
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC } } }");
	fake_event(b, BEARER_LOST, "reset");
	assert_int_equal(lab_pending(lab), 0);
	/* Est only for who asked for it, in a list, too; a stream of its own */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events = 6 { "
	       "tcpbcc/BNCChange { Type = [ Est, EstFail ] }, tlsbsc/BNCChange { Stream = 2, Type = Est } } } }");
	fake_event(b, BEARER_TCP_UP, "up");
	fake_event(b, BEARER_TLS_UP, "up");
	expect(notified(lab), "tcpbcc", "BNCChange", "Type", "Est");
	assert_int_equal(lab_command(lab)->observed->id, 6);
	assert_int_equal(lab_pending(lab), 0);
	/* nothing armed at all */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events } }");
	fake_event(b, BEARER_LOST, "reset");
	assert_int_equal(lab_pending(lab), 0);
}

static void wildcards_and_netfail(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CALL("Events = 5 { nt/* }"));
	b = fake_find(1, 1);
	fake_event(b, BEARER_RELEASED, "end");
	assert_int_equal(lab_pending(lab), 0);
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC } } }");
	fake_event(b, BEARER_LOST, "time-out");
	expect(notified(lab), "nt", "netfail", "cs", "time-out");
}

static void a_signal_that_is_done(void **state)
{
	struct lab *lab = *state;
	struct h248_observed_event *e;

	lab_ok(lab, CALL("Events = 5 { g/sc }, Signals { tcpbcc/EstBNC { NotifyCompletion = { TimeOut } } }"));
	e = notified(lab);
	expect(e, "g", "sc", "SigID", "tcpbcc/EstBNC");
	expect(e, "g", "sc", "Meth", "TO");
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC } } }");
	assert_int_equal(lab_pending(lab), 0);
}

static void hanging_terminations(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE("Add = ip/1/acc/$ { Events = 9 { hangterm/thb { timerx = 1 } } }"));
	lab_receive(lab);
	assert_int_equal(lab_command(lab)->kind, H248_NOTIFY);
	assert_true(h248_name_is(&lab_command(lab)->observed->items.first->name, "hangterm", "thb"));
	assert_int_equal(lab_command(lab)->observed->id, 9);
	/* the MGC does not know it: that is its affair */
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 { Error = 430 { \"who?\" } } }");
	lab_ok(lab, "Context = 1 { Subtract = ip/1/acc/1 }");
}

static void notify_is_repeated(void **state)
{
	struct lab *lab = *state;
	uint32_t id;

	lab_ok(lab, CALL(EVENTS));
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	lab_receive(lab);
	id = lab_transaction(lab)->id;
	lab_receive(lab);
	assert_int_equal(lab_transaction(lab)->kind, H248_REQUEST);
	assert_int_equal(lab_transaction(lab)->id, id);
	notified(lab);
	lab_pending(lab);
	assert_int_equal(lab_pending(lab), 0);
}

static void an_event_while_the_mgc_is_lost(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CALL(EVENTS));
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	/* no answer to Notify: the MGC has failed */
	do
		lab_receive(lab);
	while (lab_command(lab)->kind == H248_NOTIFY);
	assert_int_equal(lab_command(lab)->kind, H248_SERVICE_CHANGE);
	assert_int_equal(lab_command(lab)->service_change->method, H248_METHOD_DISCONNECTED);
	fake_event(fake_find(1, 1), BEARER_TCP_UP, "again");
	fake_event(fake_find(1, 1), BEARER_TLS_FAILED, "what came then");
	lab_answer(lab, 0, LAB_ACCEPT);
	do
		lab_receive(lab);
	while (lab_command(lab)->kind != H248_NOTIFY);
	expect(lab_command(lab)->observed->items.first, "tlsbsc", "BNCChange", "Type", "EstFail");
	assert_int_equal(fake_count(), 1);
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(failures_are_reported_once),
		TEST(ends_are_reported_once),
		TEST(release_of_tls_releases_tcp),
		TEST(what_is_not_armed_is_not_reported),
		TEST(wildcards_and_netfail),
		TEST(a_signal_that_is_done),
		TEST(hanging_terminations),
		TEST(notify_is_repeated),
		TEST(an_event_while_the_mgc_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
