// SPDX-License-Identifier: GPL-2.0-only
/* Move, and Topology: what a termination takes with it, and what may flow between two. */
#include <stdio.h>

#include "agent_lab.h"

#define UDP_END		STREAM(MODE LOCAL(SDP("UDP", "")) ", " REMOTE(SDP_AT("10.1.0.7", "5000", "UDP", "")))
#define UDP_CORE	STREAM(MODE LOCAL(SDP("UDP", "")) ", " REMOTE(SDP_AT("10.2.0.7", "6000", "UDP", "")))
#define TCP_END		STREAM(MODE LOCAL(SDP("TCP", "a=setup:passive\r\n")))
#define TWO		"Add = ip/1/acc/$ { " UDP_END " }, Add = ip/1/core/$ { " UDP_CORE " }"
#define BOTH		KMGW_MODE_SENDRECEIVE
#define NONE		KMGW_MODE_INACTIVE
#define OUT		KMGW_MODE_SENDONLY
#define IN		KMGW_MODE_RECEIVEONLY
#define BINARY		"encoding = \"binary\";\n"

static void open_version(struct lab *lab, unsigned int version, const char *more)
{
	char accept[100];

	lab_open(lab, more);
	lab_receive(lab);
	snprintf(accept, sizeof(accept), "Context = - { ServiceChange = ROOT { Services { "
		 "Version = %u } } }", version);
	lab_answer(lab, 0, accept);
	lab_pending(lab);
}

static void modes(unsigned int line, uint32_t one, enum kmgw_mode a, uint32_t two, enum kmgw_mode b)
{
	struct bearer *first = fake_find(one, 1), *second = fake_find(two, 1);

	if (!first || !second || first->want.mode != a || second->want.mode != b)
		fail_msg("line %u: %u has mode %d, %u has %d", line, one,
			 first ? (int)first->want.mode : -1, two,
			 second ? (int)second->want.mode : -1);
}

#define MODES(a, b)	modes(__LINE__, 1, a, 2, b)

/* ---- Topology ---- */

static void topology_of(struct lab *lab, const char *wanted)
{
	char all[1024] = "";
	const struct h248_topology *t;
	size_t n = 0;
	static const char *const kinds[] = { "=", "|", ">" };

	lab_ok(lab, "Context = 1 { ContextAudit { Topology } }");
	h248_each(t, &lab_transaction(lab)->actions.first->attr.topology) {
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%.*s %s %.*s", n ? ", " : "",
				      STR_ARG(t->from.text), kinds[t->kind],
				      STR_ARG(t->to.text));
		if (t->has_stream)
			n += (size_t)snprintf(all + n, sizeof(all) - n, " (%u)", t->stream);
	}
	assert_string_equal(all, wanted);
}

#define TOPOLOGY(triples)	"Context = 1 { Topology { " triples " } }"

static void flows(struct lab *lab)
{
	lab_ok(lab, CHOOSE(TWO));
	MODES(BOTH, BOTH);
	topology_of(lab, "ip/1/acc/1 = ip/1/core/2");
	lab_ok(lab, TOPOLOGY("ip/1/acc/1, ip/1/core/2, Isolate"));
	MODES(NONE, NONE);
	topology_of(lab, "ip/1/acc/1 | ip/1/core/2");
	lab_ok(lab, TOPOLOGY("ip/1/acc/1, ip/1/core/2, Oneway"));
	MODES(IN, OUT);
	topology_of(lab, "ip/1/acc/1 > ip/1/core/2");
	lab_ok(lab, TOPOLOGY("ip/1/core/2, ip/1/acc/1, Oneway"));
	MODES(OUT, IN);
	topology_of(lab, "ip/1/core/2 > ip/1/acc/1");
	/* what the MGC says of the mode is masked, not lost */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { " STREAM("LocalControl { Mode = ReceiveOnly }") " } }");
	MODES(NONE, IN);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media } } }");
	assert_int_equal(lab_stream(lab, 1)->control->mode, H248_MODE_RECVONLY);
	lab_ok(lab, TOPOLOGY("*, *, Bothway"));
	MODES(IN, BOTH);
	topology_of(lab, "ip/1/acc/1 = ip/1/core/2");
	lab_ok(lab, TOPOLOGY("ip/1/acc/*, ip/1/core/2, Isolate"));
	MODES(NONE, NONE);
	/* it goes with one of the two */
	lab_ok(lab, "Context = 1 { Subtract = ip/1/core/2 }");
	lab_ok(lab, "Context = 1 { Add = ip/1/core/$ { " UDP_CORE " } }");
	topology_of(lab, "ip/1/acc/1 = ip/1/core/3");
	modes(__LINE__, 1, IN, 3, BOTH);
}

static void text_flows(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	flows(&lab);
	lab_close(&lab);
}

static void binary_flows(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, BINARY);
	flows(&lab);
	lab_close(&lab);
}

static void flows_of_streams(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, CHOOSE(TWO));
	lab_ok(&lab, TOPOLOGY("ip/1/acc/1, ip/1/core/2, Isolate, Stream = 2"));
	MODES(BOTH, BOTH);
	topology_of(&lab, "ip/1/acc/1 = ip/1/core/2, ip/1/acc/1 | ip/1/core/2 (2)");
	lab_ok(&lab, TOPOLOGY("ip/1/core/2, ip/1/acc/1, Oneway, Stream = 1"));
	MODES(OUT, IN);
	/* a triple without stream is for all of them */
	lab_ok(&lab, TOPOLOGY("*, *, Isolate"));
	topology_of(&lab, "ip/1/acc/1 | ip/1/core/2");
	MODES(NONE, NONE);
	lab_ok(&lab, TOPOLOGY("*, *, Bothway, Stream = 1"));
	topology_of(&lab, "ip/1/acc/1 | ip/1/core/2, ip/1/acc/1 = ip/1/core/2 (1)");
	MODES(BOTH, BOTH);
	lab_ok(&lab, TOPOLOGY("*, *, Isolate, Stream = 1"));
	topology_of(&lab, "ip/1/acc/1 | ip/1/core/2");
	MODES(NONE, NONE);
	lab_close(&lab);
}

/* Before the first packet could pass: the end that is added is masked when it is made. */
static void flows_of_what_is_added(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, "Context = $ { Topology { $, *, Isolate }, " TWO " }");
	MODES(NONE, NONE);
	topology_of(&lab, "ip/1/acc/1 | ip/1/core/2");
	lab_ok(&lab, "Context = 1 { Subtract = ip/1/core/2 }");
	lab_ok(&lab, "Context = 1 { Topology { $, ip/1/acc/1, Oneway }, Add = ip/1/core/$ { " UDP_CORE " } }");
	modes(__LINE__, 1, OUT, 3, IN);
	topology_of(&lab, "ip/1/core/3 > ip/1/acc/1");
	/* one refused takes nothing with it */
	lab_refused(&lab, 434, "Context = 1 { Topology { $, *, Isolate }, Add = ip/1/core/$ { " UDP_CORE " } }");
	topology_of(&lab, "ip/1/core/3 > ip/1/acc/1");
	lab_close(&lab);
}

static void wrong_triples(void **state)
{
	static const struct {
		unsigned int code;
		const char *triple, *more;
	} wrong[] = {
		{ 421, "$, *, Isolate", "AuditValue = *" },
		{ 421, "*, $, Isolate", "Add = ip/1/acc/9" },
		{ 422, "ip/1/acc/$, *, Isolate", "Add = ip/1/acc/$" },
		{ 430, "ip/1/acc/9, *, Isolate", "AuditValue = *" },
		{ 435, "ip/1/acc/3, *, Isolate", "AuditValue = *" },
		{ 435, "ROOT, *, Isolate", "AuditValue = *" },
		{ 522, "*, *, Oneway", "AuditValue = *" },
		{ 522, "ip/1/*, *, Oneway", "AuditValue = *" },
		{ 522, "ip/1/acc/1, IP/1/acc/1, Isolate", "AuditValue = *" },
		{ 522, "$, $, Bothway", "Add = ip/1/acc/$" },
		/* the first of two is not done either */
		{ 522, "*, *, Isolate, *, *, Oneway", "AuditValue = *" },
	};
	struct lab lab;
	unsigned int i;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, CHOOSE(TWO) ", " CHOOSE("Add = ip/1/acc/$"));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		lab_refused(&lab, wrong[i].code, "Context = 1 { Topology { %s }, %s }", wrong[i].triple,
			    wrong[i].more);
		topology_of(&lab, "ip/1/acc/1 = ip/1/core/2");
		MODES(BOTH, BOTH);
	}
	lab_refused(&lab, 421, "Context = * { Topology { *, *, Isolate } }");
	lab_refused(&lab, 421, "Context = - { Topology { *, *, Isolate } }");
	lab_close(&lab);
}

static void triples_of_version_3(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 3, "version = 3;\n");
	lab_ok(&lab, CHOOSE(TWO));
	lab_send(&lab, "MEGACO/3 [127.0.0.1]:1 Transaction = 77 { Context = 1 { Topology { ip/1/acc/1, "
		 "ip/1/core/2, OnewayExternal } } }");
	lab.last_id = 77;
	lab_reply(&lab);
	assert_int_equal(lab_error(&lab)->code, 522);
	lab_send(&lab, "MEGACO/3 [127.0.0.1]:1 Transaction = 78 { Context = 1 { Topology { ip/1/acc/1, "
		 "ip/1/core/2, OnewayBoth } } }");
	lab.last_id = 78;
	lab_reply(&lab);
	assert_int_equal(lab_error(&lab)->code, 522);
	MODES(BOTH, BOTH);
	lab_close(&lab);
}

static void no_more_exceptions_than_fit(void **state)
{
	static char triples[8192];
	struct lab lab;
	unsigned int i;
	size_t n = 0;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, CHOOSE(TWO));
	for (i = 0; i < 257; i++)
		n += (size_t)sprintf(triples + n, "%s*, *, Isolate", i ? ", " : "");
	lab_refused(&lab, 510, "Context = 1 { Topology { %s } }", triples);
	MODES(BOTH, BOTH);
	for (i = 1; i <= 64; i++)
		lab_ok(&lab, "Context = 1 { Topology { *, *, Isolate, Stream = %u } }", 100 + i);
	lab_refused(&lab, 510, "Context = 1 { Priority = 9, Topology { *, *, Isolate, Stream = 1 } }");
	MODES(BOTH, BOTH);
	lab_ok(&lab, "Context = 1 { ContextAudit { Priority } }");
	assert_int_equal(lab_transaction(&lab)->actions.first->attr.priority, 0);
	lab_ok(&lab, TOPOLOGY("*, *, Bothway"));
	lab_ok(&lab, TOPOLOGY("*, *, Isolate, Stream = 1"));
	MODES(NONE, NONE);
	lab_close(&lab);
}

/* ---- Move ---- */

static void reregister(struct lab *lab)
{
	agent_free(lab->agent);
	assert_int_equal(agent_new(&lab->loop, lab->config, &lab->env, NULL, NULL, &lab->agent), 0);
	assert_int_equal(agent_adopt(lab->agent), 0);
	agent_start(lab->agent);
	lab_register(lab);
}

static void a_leg_moves(struct lab *lab)
{
	const struct h248_property *p;
	struct bearer *b;

	lab_ok(lab, CHOOSE(TWO) ", " CHOOSE("Add = ip/1/core/$ { " UDP_CORE " }"));
	b = fake_find(1, 1);
	b->stats.octets_sent = 172;
	b->stats.octets_received = 344;
	lab_ok(lab, "Context = 2 { Move = ip/1/acc/1 { " STREAM("LocalControl { Mode = ReceiveOnly }")
	       ", Audit { Statistics } } }");
	assert_int_equal(lab_transaction(lab)->actions.first->context, 2);
	assert_int_equal(lab_command(lab)->kind, H248_MOVE);
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
	h248_each(p, &lab_command(lab)->statistics->items)
		if (str_iis(p->name.item, "or"))
			assert_true(str_is(h248_first(p), "344"));
	assert_ptr_equal(fake_find(1, 1), b);
	assert_int_equal(b->moved, 1);
	assert_int_equal(b->context, 2);
	assert_int_equal(b->want.mode, IN);
	assert_int_equal(fake.deleted, 0);
	/* each where it is, and nowhere else */
	lab_refused(lab, 435, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { } } }");
	lab_ok(lab, "Context = 2 { AuditValue = ip/1/acc/1 { Audit { } }, AuditValue = ip/1/core/3 { Audit { } } }");
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/core/2 { Audit { } } }");
	/* events tell the new context */
	lab_ok(lab, "Context = 2 { Modify = ip/1/acc/1 { Events = 5 { g/cause } } }");
	fake_event(b, BEARER_LOST, "gone");
	lab_receive(lab);
	assert_int_equal(lab_command(lab)->kind, H248_NOTIFY);
	assert_int_equal(lab_transaction(lab)->actions.first->context, 2);
	lab_answer(lab, 0, "Context = 2 { Notify = ip/1/acc/1 }");
	/* the last one of a context takes it with it */
	lab_refused(lab, 434, "Context = 2 { Move = ip/1/core/2 }");
	lab_ok(lab, "Context = 2 { Subtract = ip/1/core/3 }, Context = 2 { Move = ip/1/core/2 }");
	lab_refused(lab, 411, "Context = 1 { AuditValue = * { Audit { } } }");
	assert_int_equal(agent_n_contexts(lab->agent), 1);
	/* a new daemon finds them there */
	reregister(lab);
	lab_ok(lab, "Context = 2 { AuditValue = ip/1/acc/1 { Audit { } }, AuditValue = ip/1/core/2 { Audit { } } }");
	/* into a context of its own */
	lab_ok(lab, "Context = $ { Priority = 3, Move = ip/1/acc/1 }");
	assert_int_equal(lab_transaction(lab)->actions.first->context, 3);
	lab_ok(lab, "Context = 3 { ContextAudit { Priority } }");
	assert_int_equal(lab_transaction(lab)->actions.first->attr.priority, 3);
	/* with one that is added, in either order */
	lab_ok(lab, "Context = $ { Add = ip/1/core/$ { " UDP_CORE " }, Move = ip/1/acc/1 }");
	assert_int_equal(agent_n_contexts(lab->agent), 2);
	assert_int_equal(fake_count(), 3);
}

static void text_move(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	a_leg_moves(&lab);
	lab_close(&lab);
	open_version(&lab, 1, "");
	a_leg_moves(&lab);
	lab_close(&lab);
}

static void binary_move(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, BINARY);
	a_leg_moves(&lab);
	lab_close(&lab);
}

static void wrong_moves(void **state)
{
	static const struct {
		unsigned int code;
		const char *actions;
	} wrong[] = {
		{ 411, "Context = 9 { Move = ip/1/acc/1 }" },
		{ 421, "Context = - { Move = ip/1/acc/1 }" },
		{ 421, "Context = * { Move = ip/1/acc/1 }" },
		{ 430, "Context = 2 { Move = ip/1/acc/9 }" },
		{ 430, "Context = 2 { Move = ip/1/acc/$ }" },
		{ 430, "Context = $ { Move = $ }" },
		{ 431, "Context = 2 { Move = ip/9/* }" },
		{ 431, "Context = 2 { Move = ip/1/nowhere/* }" },
		{ 433, "Context = 1 { Move = ip/1/acc/1 }" },
		{ 434, "Context = 2 { Move = ip/1/* }" },
		{ 434, "Context = $ { Move = * }" },
		{ 542, "Context = 2 { Move = ROOT }" },
		{ 412, "Context = $ { Move = ip/1/acc/1 }" },
		/* a descriptor that cannot be done */
		{ 474, "Context = 2 { Move = ip/1/acc/1 { " STREAM(REMOTE("x=1\r\n")) " } }" },
		{ 440, "Context = 2 { Move = ip/1/acc/1 { Signals { nosuch/thing } } }" },
		{ 449, "Context = 2 { Move = ip/1/acc/1 { " STREAM("LocalControl { seplink/linktopo = "
		  "\"ip/1/core/2,1,EstBNC\" }") " } }" },
	};
	unsigned int made;
	struct lab lab;
	unsigned int i;

	(void)state;
	open_version(&lab, 2, "max_contexts = 2; emergency_reserve = 0;\n");
	lab_ok(&lab, CHOOSE(TWO) ", " CHOOSE("Add = ip/1/core/$ { " UDP_CORE " }"));
	made = fake.made;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		lab_refused(&lab, wrong[i].code, "%s", wrong[i].actions);
		lab_ok(&lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { } }, AuditValue = ip/1/core/2 { Audit { } } }");
		assert_int_equal(fake_find(1, 1)->context, 1);
		assert_int_equal(fake_find(1, 1)->want.mode, BOTH);
	}
	/* streams that the command adds come only with it */
	lab_refused(&lab, 440, "Context = 2 { Move = ip/1/acc/1 { Media { Stream = 2 { "
		    LOCAL(SDP("UDP", "")) " } }, Signals { nosuch/thing } } }");
	assert_null(fake_find(1, 2));
	assert_int_equal(fake_count(), made);
	lab_close(&lab);
}

static void what_the_media_plane_refuses(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, "Context = $ { Add = ip/1/acc/$ { Media { Stream = 1 { " MODE LOCAL(SDP("UDP", ""))
	       " }, Stream = 2 { " MODE LOCAL(SDP("UDP", "")) " } } }, Add = ip/1/core/$ }, "
	       CHOOSE("Add = ip/1/core/$"));
	fake.move_error = -EISCONN;
	lab_refused(&lab, 501, "Context = 2 { Move = ip/1/acc/1 }");
	fake.move_error = -EPROTOTYPE;
	fake.moves = 0;
	lab_refused(&lab, 473, "Context = 2 { Move = ip/1/acc/1 }");
	/* the second stream fails: the first one comes back, and the context made for it goes */
	fake.move_error = -EBUSY;
	fake.moves = 1;
	lab_refused(&lab, 501, "Context = $ { Move = ip/1/acc/1 }");
	assert_int_equal(fake_find(1, 1)->context, 1);
	assert_int_equal(fake_find(1, 1)->moved, 2);
	assert_int_equal(fake_find(1, 2)->context, 1);
	assert_int_equal(agent_n_contexts(lab.agent), 2);
	fake.move_error = 0;
	fake.apply_error = -ENOMEM;
	lab_refused(&lab, 500, "Context = 2 { Move = ip/1/acc/1 }");
	assert_int_equal(fake_find(1, 1)->context, 1);
	assert_int_equal(fake_find(1, 1)->want.mode, BOTH);
	/* one that cannot even go back is in no context at all */
	fake.move_error = -ENOMEM;
	fake.moves = 2;
	lab_refused(&lab, 500, "Context = 2 { Move = ip/1/acc/1 }");
	assert_null(fake_find(1, 1));
	assert_int_equal(fake_find(1, 2)->context, 1);
	fake.apply_error = 0;
	fake.move_error = 0;
	lab_ok(&lab, "Context = 2 { Move = ip/1/acc/1 }");
	assert_int_equal(fake_find(1, 2)->context, 2);
	lab_close(&lab);
}

static void wildcards_move(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "max_terminations = 4;\n");
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$") ", " CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = $ { Move = ip/1/acc/* }");
	assert_int_equal(lab_transaction(&lab)->actions.first->context, 3);
	assert_true(str_is(lab_command(&lab)->terms.first->text, "ip/1/acc/1"));
	assert_non_null(lab_command(&lab)->next);
	assert_true(str_is(lab_command(&lab)->next->terms.first->text, "ip/1/acc/3"));
	assert_int_equal(agent_n_contexts(lab.agent), 2);
	lab_ok(&lab, "Context = 1 { W-Move = ip/1/* }");
	assert_true(str_is(lab_command(&lab)->terms.first->text, "ip/1/*"));
	assert_null(lab_command(&lab)->next);
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	lab_refused(&lab, 431, "Context = 1 { Move = ip/1/* }");
	lab_close(&lab);
}

static void topology_of_what_moves(void **state)
{
	struct lab lab;

	(void)state;
	open_version(&lab, 2, "");
	lab_ok(&lab, "Context = $ { Topology { $, *, Isolate }, Add = ip/1/core/$ { " UDP_CORE " }, Add = ip/1/acc/$ { "
	       UDP_END " } }, " CHOOSE("Add = ip/1/core/$ { " UDP_CORE " }"));
	MODES(NONE, NONE);
	/* what was isolated there is not here, and what comes may be at once */
	lab_ok(&lab, "Context = 2 { Move = ip/1/acc/2 }");
	modes(__LINE__, 2, BOTH, 3, BOTH);
	/* nor is it there any more */
	lab_ok(&lab, "Context = 1 { Move = ip/1/acc/2 }, Context = 1 { ContextAudit { Topology } }");
	MODES(BOTH, BOTH);
	lab_ok(&lab, "Context = 2 { Move = ip/1/acc/2 }");
	lab_ok(&lab, "Context = 1 { Topology { ip/1/acc/2, *, Oneway }, Move = ip/1/acc/2 }");
	modes(__LINE__, 1, OUT, 2, IN);
	topology_of(&lab, "ip/1/acc/2 > ip/1/core/1");
	reregister(&lab);
	topology_of(&lab, "ip/1/acc/2 > ip/1/core/1");
	modes(__LINE__, 1, OUT, 2, IN);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_flows),
		cmocka_unit_test(binary_flows),
		cmocka_unit_test(flows_of_streams),
		cmocka_unit_test(flows_of_what_is_added),
		cmocka_unit_test(wrong_triples),
		cmocka_unit_test(triples_of_version_3),
		cmocka_unit_test(no_more_exceptions_than_fit),
		cmocka_unit_test(text_move),
		cmocka_unit_test(binary_move),
		cmocka_unit_test(wrong_moves),
		cmocka_unit_test(what_the_media_plane_refuses),
		cmocka_unit_test(wildcards_move),
		cmocka_unit_test(topology_of_what_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
