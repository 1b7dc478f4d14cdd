// SPDX-License-Identifier: GPL-2.0-only
/* The agent with encoding = "binary": calls, audits, events and refusals over the wire in BER. */
#include "agent_lab.h"

#include "agent/agent_private.h"

/* what an operator has to say before the items of a TLS call exist in binary; some ids are made up */
#define ITEMS \
	"encoding = \"binary\"; package_items = ( { item = \"tcpbcc\"; id = 0x7001; },\n" \
	"{ item = \"tlsbsc\"; id = 0x7002; }, { item = \"ipdc/realm\"; id = 1; },\n" \
	"{ item = \"ds/dscp\"; id = 1; }, { item = \"gm/saf\"; id = 1; }, { item = \"gm/sam\"; id = 2; },\n" \
	"{ item = \"seplink/linktopo\"; id = 1; }, { item = \"ipnapt/latch\"; id = 1; },\n" \
	"{ item = \"tcpbcc/BNCChange\"; id = 1; }, { item = \"tlsbsc/BNCChange\"; id = 1; },\n" \
	"{ item = \"tlsbsc/EstBNC\"; id = 1; } );\n"

static int open_lab(void **state, const char *more)
{
	struct lab *lab = test_malloc(sizeof(*lab));

	*state = lab;
	lab_open(lab, more);
	lab_register(lab);
	return 0;
}

static int setup(void **state)
{
	return open_lab(state, ITEMS);
}

static int setup_without_ids(void **state)
{
	return open_lab(state, "encoding = \"binary\";\n");
}

static void a_relay_is_added_modified_audited_subtracted(void **state)
{
	struct lab *lab = *state;
	uint32_t context;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { Mode = SendReceive, ipdc/realm = "
		"\"access\", ds/dscp = 46 }, " LOCAL(SDP("UDP", "")) ", "
		REMOTE(SDP_AT("10.1.0.9", "4000", "UDP", "")))) ", "
		ADD("ip/1/core/$", STREAM(MODE LOCAL(SDP("UDP", ""))))));
	context = lab_context(lab);
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
	assert_true(str_is(lab_stream(lab, 1)->local, "v=0\r\nc=IN IP4 10.1.0.1\r\nm=message 20000 UDP -"));
	assert_int_equal(fake_count(), 2);

	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { " STREAM("LocalControl { Mode = Inactive, "
	       "gm/saf = on, gm/sam = \"10.1.0.0/24\" }") " } }", context);
	lab_ok(lab, "Context = %u { AuditValue = ip/1/acc/1 { Audit { Media } } }", context);
	assert_int_equal(lab_stream(lab, 1)->control->mode, H248_MODE_INACTIVE);
	assert_true(str_is(h248_first(h248_find(&lab_stream(lab, 1)->control->properties, "gm", "saf")),
			   "on"));
	assert_true(str_is(h248_first(h248_find(&lab_stream(lab, 1)->control->properties, "ds", "dscp")),
			   "46"));
	assert_true(str_is(h248_first(h248_find(&lab_stream(lab, 1)->control->properties, "ipdc",
						"realm")), "access"));
	/* of TerminationState no property has a verified id: it is left out, not sent empty */
	lab_ok(lab, "Context = %u { AuditCapability = ip/1/acc/1 { Audit { Media } } }", context);
	assert_null(lab_command(lab)->media->state);
	assert_non_null(h248_find(&lab_stream(lab, 1)->control->properties, "gm", "saf"));

	lab_ok(lab, "Context = %u { Subtract = * }", context);
	assert_int_equal(fake_count(), 0);
	assert_non_null(lab_command(lab)->statistics);
	assert_non_null(h248_find(&lab_command(lab)->statistics->items, "nt", "os"));
}

static void a_tls_call_with_signals_and_events(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(MODE
		LOCAL(SDP("TCP/TLS", "a=setup:passive\r\na=fingerprint:$ $\r\n")))
		", Signals { ipnapt/latch { napt = LATCH } }"
		", Events = 7 { g/cause, tcpbcc/BNCChange { Type = EstFail }, tlsbsc/BNCChange }")));
	assert_int_equal(fake.list->want.proto, BEARER_TLS);
	lab_ok(lab, "Context = %u { AuditValue = ip/1/acc/1 { Audit { Events, Packages } } }",
	       lab_context(lab));
	assert_int_equal(lab_command(lab)->events->id, 7);
	assert_true(h248_name_is(&lab_command(lab)->events->items.first->name, "g", "cause"));
	assert_non_null(lab_command(lab)->packages);
}

static void root_is_audited(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, "Context = - { AuditValue = ROOT { Audit { Media, Packages } } }");
	assert_non_null(lab_command(lab)->media->state);
	assert_non_null(h248_find(&lab_command(lab)->media->state->properties, "root",
				  "maxNumberOfContexts"));
	assert_non_null(lab_command(lab)->packages);
}

static void refusals_name_the_deepest_level(void **state)
{
	struct lab *lab = *state;

	lab_refused(lab, 411, "Context = 4711 { Subtract = ip/1/acc/1 }");
	lab_refused(lab, 430, "Context = - { AuditValue = ip/1/acc/9 { Audit { Media } } }");
	/* a realm that there is not, and an id that is not of eight octets */
	lab_refused(lab, 430, CHOOSE(ADD("x0001000700000000_1f", STREAM(MODE LOCAL(SDP("UDP", ""))))));
	lab_refused(lab, 430, "Context = - { AuditValue = x0102 { Audit { Media } } }");
	/* a package and an item without a name */
	lab_refused(lab, 440, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { x7fff/x0001 = 1 }, "
							      LOCAL(SDP("UDP", ""))))));
	lab_refused(lab, 450, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { gm/x7fff = 1 }, "
							      LOCAL(SDP("UDP", ""))))));
	assert_int_equal(fake_count(), 0);
}

static void what_nobody_verified_is_refused(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(MODE LOCAL(SDP("UDP", ""))))));
	/* 0x009d is ipdc; its property has an id that nobody verified */
	lab_refused(lab, 450, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { ipdc/x0001 = \"access\" }, "
							      LOCAL(SDP("UDP", ""))))));
	lab_refused(lab, 440, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { x7001/x0001 = 1 }, "
							      LOCAL(SDP("UDP", ""))))));
}

/* The answer to octets that are no message, and none to an answer. */
static void octets_that_are_no_message(void **state)
{
	static const uint8_t no_actions[] = {
		0x30, 0x1b, 0xa1, 0x19, 0x80, 1, 2, 0xa1, 8, 0xa0, 6, 0x80, 4, 127, 0, 0, 1,
		0xa2, 0x0a, 0xa1, 8, 0xa0, 6, 0x80, 2, 0x12, 0x34, 0xa1, 0,
	};
	struct lab *lab = *state;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(lab->port) };

	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	sendto(lab->mgc[0], no_actions, sizeof(no_actions), 0, (struct sockaddr *)&to, sizeof(to));
	lab_receive(lab);
	assert_int_equal(lab_transaction(lab)->kind, H248_REPLY);
	assert_int_equal(lab_transaction(lab)->id, 0x1234);
	assert_int_equal(lab_error(lab)->code, 403);
	sendto(lab->mgc[0], "MEGACO/2 x", 10, 0, (struct sockaddr *)&to, sizeof(to));
	lab_receive(lab);
	assert_int_equal(lab_error(lab)->code, 400);
}

/* An MgcIdToTry without a port means the one of binary, as an address in the file does. */
static void the_port_of_an_mgc_to_try(void **state)
{
	const struct h248_mid mid = { .kind = H248_MID_IP4, .addr = { 127, 0, 0, 2 } };
	struct lab *lab = *state;
	struct config_mgc mgc;

	assert_true(registration_allowed(lab->agent, &mid, &mgc));
	assert_int_equal(ntohs(((struct sockaddr_in *)&mgc.address)->sin_port), 2945);
}

/* For agent_megaco_binary.py: the agent with this configuration until it is killed. */
static int serve(const char *path)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	char err[512];

	if (config_load(path, &lab->config, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 1;
	}
	uv_loop_init(&lab->loop);
	fake_env_init(&lab->env, lab->config);
	if (agent_new(&lab->loop, lab->config, &lab->env, NULL, NULL, &lab->agent))
		return 1;
	agent_start(lab->agent);
	return uv_run(&lab->loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_relay_is_added_modified_audited_subtracted, setup,
						lab_teardown),
		cmocka_unit_test_setup_teardown(a_tls_call_with_signals_and_events, setup, lab_teardown),
		cmocka_unit_test_setup_teardown(root_is_audited, setup, lab_teardown),
		cmocka_unit_test_setup_teardown(refusals_name_the_deepest_level, setup, lab_teardown),
		cmocka_unit_test_setup_teardown(what_nobody_verified_is_refused, setup_without_ids,
						lab_teardown),
		cmocka_unit_test_setup_teardown(octets_that_are_no_message, setup, lab_teardown),
		cmocka_unit_test_setup_teardown(the_port_of_an_mgc_to_try, setup, lab_teardown),
	};

	if (argc == 3 && !strcmp(argv[1], "--serve"))
		return serve(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
