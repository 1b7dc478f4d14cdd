// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every error code of H.248.8: each one that a gateway can give is given here, over the
 * wire; of each other one it is said why it is not given.
 */
#include "agent_lab.h"

#define UDP		LOCAL(SDP("UDP", ""))
#define ACC(inner)	CHOOSE(ADD("ip/1/acc/$", inner))
#define ONE(inner)	ACC(STREAM(inner))
#define CONTROL(inner)	ONE("LocalControl { " inner " }, " UDP)

/* How a code is got. */
enum way {
	ACTIONS,	/* a transaction with these actions; @before first, if there is one */
	RAW,		/* a message of this text */
	SPECIAL,	/* a test of its own, below */
	NEVER,		/* not by a gateway, or not by this one: text says why */
};

static const struct code {
	unsigned int code;
	enum way way;
	const char *text, *before;
} codes[] = {
	{ 400, RAW, "MEGACO/2 [127.0.0.1]:1 Hello", NULL },
	{ 401, NEVER, "what breaks the protocol has a code of its own, or is a 400", NULL },
	{ 402, ACTIONS, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	  "Reason = \"903 x\", MgcIdToTry = [10.9.9.9]:2944 } } }", NULL },
	{ 403, RAW, "MEGACO/2 [127.0.0.1]:1 Transaction = 9999 { Contekst = 1 { Subtract = * } }", NULL },
	{ 406, RAW, "MEGACO/9 [127.0.0.1]:1 Transaction = 9998 { Context = - { AuditValue = ROOT { "
	  "Audit { } } } }", NULL },
	{ 410, NEVER, "each kind of identifier has a code of its own", NULL },
	{ 411, ACTIONS, "Context = 4711 { Subtract = * }", NULL },
	{ 412, SPECIAL, NULL, NULL },
	{ 413, SPECIAL, NULL, NULL },
	{ 421, ACTIONS, "Context = - { Add = ip/1/acc/$ }", NULL },
	{ 422, ACTIONS, "Context = $ { Topology { ip/1/acc/$, *, Bothway }, Add = ip/1/acc/$ }", NULL },
	{ 430, ACTIONS, CHOOSE("Add = ip/1/nowhere/$"), NULL },
	{ 431, ACTIONS, "Context = - { AuditValue = * { Audit { } } }", NULL },
	{ 432, NEVER, "there are more termination ids than terminations: 412 or 510 come first", NULL },
	{ 433, ACTIONS, "Context = 1 { Add = ip/1/acc/1 }", CHOOSE("Add = ip/1/acc/$") },
	{ 434, ACTIONS, CHOOSE("Add = ip/1/acc/$, Add = ip/1/acc/$, Add = ip/1/acc/$"), NULL },
	{ 435, ACTIONS, "Context = 2 { Modify = ip/1/acc/1 { Signals { } } }",
	  CHOOSE("Add = ip/1/acc/$") ", " CHOOSE("Add = ip/1/acc/$") },
	{ 440, ACTIONS, CONTROL("nosuch/thing = 1"), NULL },
	{ 441, ACTIONS, ACC("Signals { tcpbcc/EstBNC }"), NULL },
	{ 442, RAW, "MEGACO/2 [127.0.0.1]:1 Transaction = 9997 { Context = 1 { Modify = ip/1/acc/1 { "
	  "Signals { ) } } }", NULL },
	{ 443, ACTIONS, "Context = - { Notify = ROOT { ObservedEvents = 1 { g/cause } } }", NULL },
	{ 444, ACTIONS, ACC("Modem [ V18 ]"), NULL },
	{ 445, ACTIONS, CONTROL("ds/tb = on"), NULL },
	{ 446, ACTIONS, ACC("Events = 1 { tcpbcc/BNCChange { Colour = red } }"), NULL },
	{ 447, ACTIONS, "Context = 1 { AuditCapability = ip/1/acc/1 { Audit { Packages } } }",
	  CHOOSE("Add = ip/1/acc/$") },
	{ 448, ACTIONS, ACC("Media { Stream = 1 { " UDP " }, Stream = 1 { " UDP " } }"), NULL },
	{ 449, ACTIONS, CONTROL("ds/dscp = 64"), NULL },
	{ 450, ACTIONS, CONTROL("gm/nosuch = on"), NULL },
	{ 451, ACTIONS, ACC("Events = 1 { g/nosuch }"), NULL },
	{ 452, ACTIONS, ACC("Signals { tcpbcc/nosuch }"), NULL },
	{ 453, ACTIONS, ACC("Statistics { rtp/delay }"), NULL },
	{ 454, ACTIONS, ACC("Events = 1 { tcpbcc/BNCChange { Type = Sideways } }"), NULL },
	{ 455, ACTIONS, CONTROL("root/normalMGExecutionTime = 5"), NULL },
	{ 456, ACTIONS, CONTROL("ds/dscp = 1, ds/dscp = 2"), NULL },
	{ 457, ACTIONS, ACC("Media { Stream = 1 { " LOCAL(SDP("TCP", "")) " }, Stream = 2 { "
	  LOCAL(SDP("TCP", "")) " } }, Signals { tcpbcc/EstBNC }"), NULL },
	{ 458, NEVER, "events are reported to an MGC, not to a gateway", NULL },
	{ 459, NEVER, "the MGC chooses the profile: what it does not know it refuses", NULL },
	{ 460, ACTIONS, ONE(LOCAL(SDP("TCP", "")) ", Statistics { rtp/ps }"), NULL },
	{ 461, NEVER, "as 459", NULL },
	{ 471, NEVER, "there is no Mux: 444", NULL },
	{ 472, ACTIONS, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	  "Reason = \"903 x\" } } }", NULL },
	{ 473, ACTIONS, CONTROL("ipdc/realm = \"core\""), NULL },
	{ 474, ACTIONS, ONE("Local {\r\nhello\r\n}"), NULL },
	{ 500, SPECIAL, NULL, NULL },
	{ 501, ACTIONS, CONTROL("seplink/linktopo = \"ip/1/core/1,2,EstBNC\""), NULL },
	{ 502, ACTIONS, CHOOSE("Add = ip/1/acc/$"),
	  "Context = - { ServiceChange = ROOT { Services { Method = Graceful, Reason = \"905 x\" } } }" },
	{ 503, NEVER, "what is refused for a while is refused with 502, 510 or 511", NULL },
	{ 504, SPECIAL, NULL, NULL },
	{ 505, SPECIAL, NULL, NULL },
	{ 506, SPECIAL, NULL, NULL },
	{ 510, SPECIAL, NULL, NULL },
	{ 511, SPECIAL, NULL, NULL },
	{ 512, ACTIONS, ACC("Events = 1 { nt/qualert }"), NULL },
	{ 513, ACTIONS, "Context = - { Modify = ROOT { Signals { tcpbcc/EstBNC } } }", NULL },
	{ 515, SPECIAL, NULL, NULL },
	{ 517, ACTIONS, CONTROL("Mode = Loopback"), NULL },
	{ 518, SPECIAL, NULL, NULL },
	{ 519, NEVER, "there are no digit maps: 444", NULL },
	{ 520, NEVER, "as 519", NULL },
	{ 521, NEVER, "the service state of a termination changes within one command", NULL },
	{ 522, ACTIONS, "Context = $ { Topology { *, *, Oneway }, Add = ip/1/acc/$ }", NULL },
	{ 526, NEVER, "bandwidth is not reserved", NULL },
	{ 529, NEVER, "there is no hardware of its own", NULL },
	{ 530, NEVER, "the network's failures come with nt/netfail and g/cause", NULL },
	{ 531, NEVER, "as 530", NULL },
	{ 532, ACTIONS, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 7 { Local } } } } }",
	  CHOOSE("Add = ip/1/acc/$") },
	{ 533, SPECIAL, NULL, NULL },
	{ 534, ACTIONS, "Context = - { Modify = ROOT { Media { TerminationState { "
	  "root/maxNumberOfContexts = 5 } } } }", NULL },
	{ 542, ACTIONS, "Context = - { Subtract = ROOT }", NULL },
	{ 543, NEVER, "no time stamp of an MGC matters here", NULL },
	{ 581, NEVER, "what does not exist has a code of its own: 411, 430, 435", NULL },
};

static void the_table(void **state)
{
	struct lab lab;
	unsigned int i, wrong = 0, produced = 0, never = 0;
	const struct code *c;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		c = &codes[i];
		produced += c->way != NEVER;
		if (c->way == NEVER) {
			print_message("%u is not given: %s\n", c->code, c->text);
			never++;
		}
		if (c->way != ACTIONS && c->way != RAW)
			continue;
		lab_open(&lab, "");
		lab_register(&lab);
		if (c->before)
			lab_ok(&lab, "%s", c->before);
		if (c->way == ACTIONS) {
			lab_ask(&lab, "%s", c->text);
		} else {
			lab_send(&lab, c->text);
			lab_receive(&lab);
		}
		if (!lab_error(&lab) || lab_error(&lab)->code != c->code) {
			print_error("want %u for %s\n got %s\n", c->code, c->text, lab.text);
			wrong++;
		}
		lab_close(&lab);
	}
	print_message("%u codes are given, %u are not\n", produced, never);
	assert_int_equal(wrong, 0);
}

/* ---- those that need more than one message ---- */

static void expect_error(struct lab *lab, unsigned int code)
{
	if (!lab_error(lab) || lab_error(lab)->code != code)
		fail_msg("want %u, got %s", code, lab->text);
}

static void code_412(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "max_contexts = 1;");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(&lab, 412, CHOOSE("Add = ip/1/acc/$"));
	lab_close(&lab);
}

static void code_413(void **state)
{
	static char text[60000];
	struct lab lab;
	size_t used;
	unsigned int i;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	used = (size_t)snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u", lab.mgc_port[0]);
	for (i = 1; i <= 300; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 " Transaction = %u { Context = - { AuditValue = ROOT { Audit { } } } }",
					 1000 + i);
	lab_send(&lab, text);
	do
		lab_receive(&lab);
	while (!lab_error(&lab));
	expect_error(&lab, 413);
	lab_close(&lab);
}

static void code_500_and_510(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	fake.new_error = -EIO;
	lab_refused(&lab, 500, ONE(UDP));
	fake.new_error = -ENOSPC;
	lab_refused(&lab, 510, ONE(UDP));
	lab_close(&lab);
}

static void code_504_and_505(void **state)
{
	static const char audit[] = "MEGACO/2 [127.0.0.2]:1 Transaction = 77 { Context = - { "
				    "AuditValue = ROOT { Audit { } } } }";
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_receive(&lab);
	lab.last_id = 77;
	lab_send(&lab, "MEGACO/2 [127.0.0.1]:1 Transaction = 77 { Context = - { "
		 "AuditValue = ROOT { Audit { } } } }");
	lab_reply(&lab);
	expect_error(&lab, 505);
	/* the ServiceChange comes again */
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REQUEST);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	lab_send_from(&lab, 1, audit, strlen(audit));
	lab_receive_at(&lab, 1);
	expect_error(&lab, 504);
	lab_close(&lab);
}

static void code_506(void **state)
{
	char text[256];
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, "Context = - { Modify = ROOT { Media { TerminationState { "
	       "root/MGOriginatedPendingLimit = 0 } } } }");
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Transaction = 500 { Context = - { "
		 "AuditValue = ROOT { Audit { } } } }", lab.mgc_port[0]);
	/* asked twice before it has its turn: the one Pending that is due is one too many */
	lab_send(&lab, text);
	lab_send(&lab, text);
	lab.last_id = 500;
	lab_reply(&lab);
	expect_error(&lab, 506);
	lab_close(&lab);
}

static void code_511(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	lab_open(&lab, "max_replies = 16;");
	lab_register(&lab);
	for (i = 0; i < 40; i++) {
		lab_ask(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
		if (lab_error(&lab))
			break;
	}
	expect_error(&lab, 511);
	lab_close(&lab);
}

static void code_515(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "features = [ \"merge\" ];");
	lab_register(&lab);
	lab_refused(&lab, 515, ONE(LOCAL(SDP("TCP/MSRP", ""))));
	lab_refused(&lab, 501, ONE(LOCAL(SDP("TCP/TLS", ""))));
	lab_refused(&lab, 440, ACC(STREAM(LOCAL(SDP("TCP", ""))) ", Signals { tlsbsc/EstBNC }"));
	lab_ok(&lab, ONE(LOCAL(SDP("TCP", ""))));
	lab_close(&lab);
}

static void code_518(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, ACC("Media { TerminationState { Buffer = LockStep }, Stream = 1 { "
		LOCAL(SDP("TCP", "")) " } }, Events = 1 { tcpbcc/BNCChange { Type = Est } }, "
		"EventBuffer { tcpbcc/BNCChange { Type = Est } }"));
	for (i = 0; i < 18; i++)
		fake_event(fake_find(1, 1), BEARER_TCP_UP, "up");
	for (i = 0; i < 2; i++) {
		do
			lab_receive(&lab);
		while (lab_transaction(&lab)->kind != H248_REQUEST);
		if (lab_error(&lab))
			break;
		lab_answer(&lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	}
	expect_error(&lab, 518);
	lab_close(&lab);
}

static void code_533(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	/* more than a datagram holds, in a version that has no segments */
	lab_open(&lab, "max_replies = 1000;");
	lab_register(&lab);
	for (i = 0; i < 40; i++)
		lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "a=x:%01999d\r\n"))))), 1);
	lab_refused(&lab, 533, "Context = * { AuditValue = * { Audit { Media } } }");
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(code_412),
		cmocka_unit_test(code_413),
		cmocka_unit_test(code_500_and_510),
		cmocka_unit_test(code_504_and_505),
		cmocka_unit_test(code_506),
		cmocka_unit_test(code_511),
		cmocka_unit_test(code_515),
		cmocka_unit_test(code_518),
		cmocka_unit_test(code_533),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
