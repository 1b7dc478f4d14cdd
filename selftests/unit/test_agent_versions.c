// SPDX-License-Identifier: GPL-2.0-only
/* The agent: the version and the profile that it and the MGC agree on. */
#include "agent_lab.h"

#include "agent/registration_private.h"

/* A ServiceChange whose header is of this version; repetitions of others are passed over. */
static void asked_in_version(struct lab *lab, unsigned int version)
{
	do
		lab_change(lab, 0);
	while (lab->msg->version != version);
}

/* An MGC that keeps to a version refuses the header of another one, and is asked in its own at once. */
static void header_that_is_refused(void **state)
{
	char text[128];
	struct lab lab;

	(void)state;
	lab_open(&lab, "version = 3;");
	asked_in_version(&lab, 1);
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Error = 406 { \"no\" }",
		 lab.mgc_port[0]);
	lab_send(&lab, text);
	/* not known yet: the highest, and then those below */
	asked_in_version(&lab, 3);
	lab_send(&lab, text);
	asked_in_version(&lab, 2);
	/* of another host it means nothing, nor for ever */
	lab_send_from(&lab, 1, text, strlen(text));
	lab_send(&lab, text);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	/* once that is over, the version agreed on is the first to be tried */
	registration_lost(lab.agent->registration, "test");
	asked_in_version(&lab, 1);
	lab_send(&lab, text);
	asked_in_version(&lab, 2);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	/* now it says nothing about a registration */
	lab_send(&lab, text);
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	lab_close(&lab);
}

/* The version goes down as far as both can, and no further. */
static void versions(void **state)
{
	struct h248_service_change *sc;
	struct lab lab;

	(void)state;
	lab_open(&lab, "version = 3; version_min = 2;");
	sc = lab_change(&lab, 0);
	assert_int_equal(sc->version, 3);
	lab_answer(&lab, 0, "Error = 406 { \"no\" }");
	do
		sc = lab_change(&lab, 0);
	while (sc->version == 3);
	assert_int_equal(sc->version, 2);
	assert_int_equal(sc->reason_code, 901);
	/* lower than the gateway may go: the next one is asked, this one gets 406 */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 1 } } }");
	sc = lab_change(&lab, 1);
	assert_int_equal(sc->version, 3);
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	while (lab_transaction(&lab)->kind != H248_REPLY)
		lab_receive(&lab);
	assert_int_equal(lab_error(&lab)->code, 406);
	lab_answer_to(&lab, 1, "Context = - { ServiceChange = ROOT { Services { Version = 9 } } }");
	/* both were tried: after a pause, and what was 406 is forgotten once it agrees */
	do
		sc = lab_change(&lab, 0);
	while (sc->version != 3);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	assert_int_equal(lab.msg->version, 2);
	/* what the gateway never offered is not spoken to it */
	lab_close(&lab);
	lab_open(&lab, "version = 2;");
	lab_register(&lab);
	lab_send(&lab, "MEGACO/3 [127.0.0.1]:1 Transaction = 4711 { Context = - { AuditValue = ROOT "
		 "{ Audit { } } } }");
	lab.last_id = 4711;
	lab_reply(&lab);
	assert_int_equal(lab_error(&lab)->code, 406);
	lab_close(&lab);
}

static void expect_profile(struct lab *lab, const char *name, unsigned int version)
{
	struct h248_service_change *sc;

	do
		sc = lab_change(lab, 0);
	while (!str_iis(sc->profile, name) || sc->profile_version != version);
}

static void profiles(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "profile = \"threegiq/3\"; profile_accept = [ \"ETSI_BGF/2\" ];");
	expect_profile(&lab, "threegiq", 3);
	/* refused: the next acceptable one */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Error = 459 { \"no\" } } }");
	expect_profile(&lab, "ETSI_BGF", 2);
	/* an older version of one of ours, whatever the case */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 2, "
		   "Profile = THREEGIQ/1 } } }");
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_close(&lab);

	lab_open(&lab, "profile = \"threegiq/1\";");
	expect_profile(&lab, "threegiq", 1);
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 2, "
		   "Profile = threegiq/2 } } }");
	lab_change(&lab, 1);
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	while (lab_transaction(&lab)->kind != H248_REPLY)
		lab_receive(&lab);
	assert_int_equal(lab_error(&lab)->code, 459);
	/* and 461 with nothing else to offer: the next MGC, here the first after a pause */
	lab_answer_to(&lab, 1, "Context = - { ServiceChange = ROOT { Error = 461 { \"no\" } } }");
	expect_profile(&lab, "threegiq", 1);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_that_is_refused),
		cmocka_unit_test(versions),
		cmocka_unit_test(profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
