// SPDX-License-Identifier: GPL-2.0-only
/*
 * Realms that go down, come back, and drain: what the MGC hears, what it may add. What is
 * kept for emergency calls, and what is switched off.
 */
#include "agent_lab.h"

#include "agent/operator.h"

#define ADD_CORE	CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP", "")))))
#define ADD_ACCESS	CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))))
#define ACCESS		0
#define CORE		1

static void open_lab(struct lab *lab)
{
	lab_open(lab, "realm_holddown = 0.1;");
	lab_register(lab);
}

static void realm_is(unsigned int realm, bool up)
{
	fake.realm_fn(fake.realm_priv, realm, up, "the test says so");
}

static void service_change(struct lab *lab, const char *tid, enum h248_method method,
			   unsigned int reason)
{
	struct h248_command *cmd;

	lab_receive(lab);
	cmd = lab_command(lab);
	assert_int_equal(cmd->kind, H248_SERVICE_CHANGE);
	if (!str_iis(cmd->terms.first->text, tid))
		fail_msg("not %s but %s", tid, lab->text);
	assert_non_null(cmd->service_change);
	assert_int_equal(cmd->service_change->method, method);
	assert_int_equal(cmd->service_change->reason_code, reason);
	lab_answer(lab, 0, "Context = - { ServiceChange = ROOT }");
}

/* Until the loop's clock is so much later. */
static void pass(struct lab *lab, uint64_t ms)
{
	uint64_t end = uv_hrtime() + ms * 1000000;

	while (uv_hrtime() < end)
		uv_run(&lab->loop, UV_RUN_ONCE);
}

static void one_service_change_for_an_outage(void **state)
{
	struct lab lab;
	int i;

	(void)state;
	open_lab(&lab);
	for (i = 0; i < 20; i++)
		lab_ok(&lab, ADD_ACCESS);
	realm_is(ACCESS, false);
	service_change(&lab, "ip/1/acc/*", H248_METHOD_FORCED, 906);
	lab_refused(&lab, 502, ADD_ACCESS);
	lab_refused(&lab, 502, "Context = $ { Emergency, "
		    ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))) " }");
	lab_ok(&lab, ADD_CORE);
	/* what is there may be changed and ended */
	lab_ok(&lab, "Context = 1 { Subtract = * }");
	pass(&lab, 200);
	assert_int_equal(lab_pending(&lab), 0);
	realm_is(ACCESS, true);
	service_change(&lab, "ip/1/acc/*", H248_METHOD_RESTART, 900);
	lab_ok(&lab, ADD_ACCESS);
	lab_close(&lab);
}

static void a_short_outage_is_nobodys_business(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	realm_is(CORE, false);
	lab_ok(&lab, ADD_CORE);
	realm_is(CORE, true);
	pass(&lab, 200);
	assert_int_equal(lab_pending(&lab), 0);
	lab_close(&lab);
}

static void each_realm_by_itself(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	realm_is(CORE, false);
	service_change(&lab, "ip/1/core/*", H248_METHOD_FORCED, 906);
	realm_is(ACCESS, false);
	service_change(&lab, "ip/1/acc/*", H248_METHOD_FORCED, 906);
	realm_is(CORE, true);
	service_change(&lab, "ip/1/core/*", H248_METHOD_RESTART, 900);
	lab_ok(&lab, ADD_CORE);
	lab_refused(&lab, 502, ADD_ACCESS);
	lab_close(&lab);
}

/* One wildcard covers them even if the MGC chose several groups. */
static void groups(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/7/core/$", STREAM(LOCAL(SDP("TCP", ""))))));
	realm_is(CORE, false);
	service_change(&lab, "ip/7/core/*", H248_METHOD_FORCED, 906);
	realm_is(CORE, true);
	service_change(&lab, "ip/7/core/*", H248_METHOD_RESTART, 900);
	lab_ok(&lab, ADD_CORE);
	realm_is(CORE, false);
	service_change(&lab, "ip/*/core/*", H248_METHOD_FORCED, 906);
	lab_close(&lab);
}

static void realms_available(void **state)
{
	const struct h248_property *p;
	struct lab lab;

	(void)state;
	open_lab(&lab);
	lab_ok(&lab, "Context = - { Modify = ROOT { Events = 77 { ipra/arc } } }");
	realm_is(CORE, false);
	service_change(&lab, "ip/1/core/*", H248_METHOD_FORCED, 906);
	lab_receive(&lab);
	assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
	assert_int_equal(lab_command(&lab)->observed->id, 77);
	p = lab_command(&lab)->observed->items.first->params.first;
	assert_true(str_iis(p->name.item, "nur"));
	assert_true(str_is(h248_first(p), "core"));
	lab_answer(&lab, 0, "Context = - { Notify = ROOT }");
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { Media } } }");
	p = h248_find(&lab_command(&lab)->media->state->properties, "ipra", "ar");
	assert_non_null(p);
	assert_true(str_is(h248_first(p), "access"));
	assert_null(p->values.first->next);
	lab_close(&lab);
}

static void drain(void **state)
{
	struct lab lab;

	(void)state;
	open_lab(&lab);
	lab_ok(&lab, ADD_CORE);
	assert_int_equal(operator_drain(lab.agent, "nowhere", true), -ENOENT);
	assert_int_equal(operator_drain(lab.agent, "core", true), 0);
	service_change(&lab, "ip/1/core/*", H248_METHOD_GRACEFUL, 905);
	lab_refused(&lab, 502, ADD_CORE);
	lab_ok(&lab, "Context = $ { Emergency, "
	       ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP", "")))) " }");
	lab_ok(&lab, ADD_ACCESS);
	assert_int_equal(operator_drain(lab.agent, "core", true), -EALREADY);
	assert_int_equal(lab_pending(&lab), 0);
	assert_int_equal(operator_drain(lab.agent, "CORE", false), 0);
	service_change(&lab, "ip/1/core/*", H248_METHOD_RESTART, 918);
	lab_ok(&lab, ADD_CORE);
	assert_int_equal(operator_drain(lab.agent, NULL, true), 0);
	service_change(&lab, "ROOT", H248_METHOD_GRACEFUL, 905);
	lab_refused(&lab, 502, ADD_ACCESS);
	assert_int_equal(operator_drain(lab.agent, NULL, false), 0);
	service_change(&lab, "ROOT", H248_METHOD_RESTART, 918);
	lab_close(&lab);
}

/* emergency_reserve: the last contexts are for emergency calls, and ports are asked for as such */
static void reserve_of_contexts(void **state)
{
	struct lab lab;
	int i;

	(void)state;
	lab_open(&lab, "max_contexts = 20; emergency_reserve = 10;");
	lab_register(&lab);
	for (i = 0; i < 18; i++)
		lab_ok(&lab, ADD_CORE);
	assert_false(fake.list->emergency);
	lab_refused(&lab, 412, ADD_CORE);
	for (i = 0; i < 2; i++)
		lab_ok(&lab, "Context = $ { Emergency, "
		       ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP", "")))) " }");
	assert_true(fake.list->emergency);
	assert_true(fake.list->want.emergency);
	/* also when the context was made one before */
	lab_ok(&lab, "Context = 19 { " ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "a=setup:passive\r\n")))) " }");
	assert_true(fake.list->emergency);
	lab_refused(&lab, 412, "Context = $ { Emergency, "
		    ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP", "")))) " }");
	lab_close(&lab);
}

/* The flag, or the IEPS call indicator, comes and goes while the call is up: streams follow. */
static void emergency_comes_later(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "version = 3; max_terminations = 4;");
	lab_register(&lab);
	lab_ok(&lab, ADD_CORE);
	lab_ok(&lab, ADD_CORE);
	assert_false(fake_find(1, 1)->want.emergency);
	lab_ok(&lab, "Context = 1 { Emergency, AuditValue = ip/1/core/1 { Audit { } } }");
	assert_true(fake_find(1, 1)->want.emergency);
	assert_false(fake_find(2, 1)->want.emergency);
	/* it is applied once, and stays with what says nothing of it */
	assert_int_equal(fake_find(1, 1)->applied, 2);
	lab_ok(&lab, "Context = 1 { AuditValue = ip/1/core/1 { Audit { } } }");
	assert_int_equal(fake_find(1, 1)->applied, 2);
	lab_ok(&lab, "Context = 1 { EmergencyOff, IEPSCall = ON, AuditValue = ip/1/core/1 { Audit { } } }");
	assert_true(fake_find(1, 1)->want.emergency);
	lab_ok(&lab, "Context = 1 { IEPSCall = OFF, AuditValue = ip/1/core/1 { Audit { } } }");
	assert_false(fake_find(1, 1)->want.emergency);
	lab_ok(&lab, "Context = * { Emergency, AuditValue = ROOT { Audit { } } }");
	assert_true(fake_find(1, 1)->want.emergency);
	assert_true(fake_find(2, 1)->want.emergency);
	lab_close(&lab);
}

/* features: what is switched off is refused, and its package is not there */
static void switched_off(void **state)
{
	const struct h248_package *p;
	struct lab lab;

	(void)state;
	lab_open(&lab, "features = [ \"merge\" ];");
	lab_register(&lab);
	lab_refused(&lab, 501, CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP/TLS", ""))))));
	lab_refused(&lab, 515, CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP/MSRP", ""))))));
	lab_refused(&lab, 440, CHOOSE(ADD("ip/1/core/$", "Events = 1 { tlsbsc/BNCChange }")));
	lab_ok(&lab, ADD_CORE);
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { Packages } } }");
	assert_non_null(lab_command(&lab)->packages);
	h248_each(p, &lab_command(&lab)->packages->items)
		assert_false(str_iis(p->name, "tlsbsc"));
	assert_non_null(strstr(lab.text, "tcpbcc"));
	lab_close(&lab);
	lab_open(&lab, "features = [ \"tls\", \"msrp\" ];");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP/TLS/MSRP", ""))))));
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_service_change_for_an_outage),
		cmocka_unit_test(a_short_outage_is_nobodys_business),
		cmocka_unit_test(each_realm_by_itself),
		cmocka_unit_test(groups),
		cmocka_unit_test(realms_available),
		cmocka_unit_test(drain),
		cmocka_unit_test(reserve_of_contexts),
		cmocka_unit_test(emergency_comes_later),
		cmocka_unit_test(switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
