// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent: audits of single items, unions, conditions, lists of terminations,
 * and the properties of contexts.
 */
#include "agent_lab.h"

#define V3_ACCEPT	"Context = - { ServiceChange = ROOT { Services { Version = 3 } } }"
#define UDP_END(more)	STREAM("LocalControl { Mode = SendOnly" more " }, " LOCAL(SDP("UDP", "")))

static int setup_v3(void **state)
{
	struct lab *lab = test_malloc(sizeof(*lab));

	*state = lab;
	lab_open(lab, "version = 3; max_terminations = 3;");
	lab_receive(lab);
	lab_answer(lab, 0, V3_ACCEPT);
	lab_pending(lab);
	return 0;
}

static unsigned int count_actions(struct lab *lab)
{
	const struct h248_action *a;
	unsigned int n = 0;

	h248_each(a, &lab_transaction(lab)->actions)
		n++;
	return n;
}

static unsigned int count_commands(struct lab *lab)
{
	const struct h248_command *c;
	const struct h248_action *a;
	unsigned int n = 0;

	h248_each(a, &lab_transaction(lab)->actions)
		h248_each(c, &a->commands)
			n++;
	return n;
}

/* ---- single items ---- */

static void single_items(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", UDP_END(", gm/saf = on")
			       ", Events = 6 { g/cause, nt/netfail }")));
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Events = 6 { g/cause }, "
	       "Packages { nt-1 }, Media { Stream = 1 { LocalControl { Mode }, Local } } } } }");
	cmd = lab_command(lab);
	assert_null(cmd->events->items.first->next);
	assert_null(cmd->packages->items.first->next);
	assert_int_equal(cmd->media->streams.first->control->mode, H248_MODE_SENDONLY);
	assert_null(cmd->media->streams.first->control->properties.first);
	assert_non_null(cmd->media->streams.first->local.p);
	assert_null(cmd->media->streams.first->remote.p);
	/* a property that has no value */
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 1 { LocalControl { "
	       "ds/dscp } } } } } }");
	assert_null(lab_command(lab)->media);
	/* all of a package */
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 1 { LocalControl { "
	       "gm/* } } } } } }");
	assert_non_null(h248_find(&lab_stream(lab, 1)->control->properties, "gm", "spr"));
	assert_null(h248_find(&lab_stream(lab, 1)->control->properties, "ipdc", "realm"));
	lab_refused(lab, 532, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 2 { Local } } } } }");
	lab_refused(lab, 450, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 1 { LocalControl { "
		    "gm/nosuch } } } } } }");
	lab_refused(lab, 440, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Packages { nosuch-1 } } } }");
	lab_refused(lab, 451, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Events = 6 { g/nosuch } } } }");
	lab_refused(lab, 453, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Statistics { nt/nosuch } } } }");
}

static void capabilities(void **state)
{
	struct lab *lab = *state;
	struct h248_property *p;
	struct h248_stream *s;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", UDP_END(""))));
	lab_ok(lab, "Context = 1 { AuditCapability = ip/1/acc/1 { Audit { Media } } }");
	s = lab_stream(lab, 1);
	p = h248_find(&s->control->properties, "ds", "dscp");
	assert_int_equal(p->form, H248_FORM_RANGE);
	assert_true(str_is(p->values.first->text, "0"));
	assert_true(str_is(p->values.last->text, "63"));
	p = h248_find(&s->control->properties, "ipdc", "realm");
	assert_int_equal(p->form, H248_FORM_OR);
	assert_true(str_is(p->values.last->text, "core"));
	/* what cannot be done is no capability */
	assert_null(h248_find(&s->control->properties, "ds", "tb"));
	assert_non_null(h248_find(&lab_command(lab)->media->state->properties, "MGCInfo", "db"));
	lab_ok(lab, "Context = 1 { AuditCapability = ip/1/acc/1 { Audit { Media { Stream = 1 { LocalControl { "
	       "gm/saf } } } } } }");
	p = lab_stream(lab, 1)->control->properties.first;
	assert_true(str_is(p->name.item, "saf"));
	assert_null(p->next);
	lab_ok(lab, "Context = - { AuditCapability = ROOT { Audit { Media, Events, Signals } } }");
	assert_non_null(h248_find(&lab_command(lab)->media->state->properties, "root",
				  "MGProvisionalResponseTimerValue"));
}

/* ---- unions ---- */

static void unions(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	struct h248_property *p;
	struct h248_stream *s;

	lab_ok(lab, "Context = $ { " ADD("ip/1/acc/$", UDP_END(", ds/dscp = 10") ", Events = 6 { g/cause }")
	       ", " ADD("ip/1/core/$", STREAM("LocalControl { Mode = ReceiveOnly, ds/dscp = 12, gm/saf = on }, "
	       LOCAL(SDP("UDP", ""))) ", Events = 7 { g/cause, nt/netfail }") " }");
	fake_find(1, 1)->stats.octets_sent = 5;
	fake_find(2, 1)->stats.octets_sent = 6;
	lab_ok(lab, "Context = 1 { W-AuditValue = * { Audit { Media, Events, Statistics, Packages, Signals } } }");
	assert_int_equal(count_commands(lab), 1);
	cmd = lab_command(lab);
	assert_true(str_is(cmd->terms.first->text, "*"));
	s = lab_stream(lab, 1);
	/* a value that differs has all of them, a choice that differs is left out */
	assert_int_equal(s->control->mode, H248_MODE_NONE);
	p = h248_find(&s->control->properties, "ds", "dscp");
	assert_int_equal(p->form, H248_FORM_OR);
	assert_true(str_is(p->values.first->text, "10"));
	assert_true(str_is(p->values.last->text, "12"));
	p = h248_find(&s->control->properties, "gm", "sam");
	assert_true(!p || p->form == H248_FORM_EQUAL);
	assert_int_equal(cmd->media->state->service_state, H248_STATE_IN_SERVICE);
	/* both session descriptions */
	assert_non_null(memmem(s->local.p, s->local.len, "10.1.0.1", 8));
	assert_non_null(memmem(s->local.p, s->local.len, "10.2.0.1", 8));
	/* g/cause is the same twice */
	assert_int_equal(cmd->events->id, H248_REQUEST_ALL);
	assert_non_null(cmd->events->items.first->next);
	assert_null(cmd->events->items.first->next->next);
	assert_true(str_is(h248_first(h248_find(&cmd->statistics->items, "nt", "os")), "11"));
	assert_non_null(cmd->packages);
	lab_ok(lab, "Context = 1 { W-AuditValue = * { Audit { Statistics, Packages } } }");
	assert_true(str_is(h248_first(h248_find(&lab_command(lab)->statistics->items, "nt", "os")), "11"));
	assert_non_null(lab_command(lab)->packages);
	lab_ok(lab, "Context = 1 { W-AuditValue = * { Audit { Statistics { nt/or } } } }");
	assert_null(h248_find(&lab_command(lab)->statistics->items, "nt", "os"));
	assert_null(lab_command(lab)->packages);
	/* of all contexts */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", UDP_END(""))));
	lab_ok(lab, "Context = * { W-AuditValue = ip/*/acc/* { Audit { Media { Stream = 1 { LocalControl { Mode } } } } } }");
	assert_int_equal(count_actions(lab), 1);
	assert_int_equal(lab_transaction(lab)->actions.first->context, H248_CONTEXT_ALL);
	assert_int_equal(lab_stream(lab, 1)->control->mode, H248_MODE_SENDONLY);
	lab_refused(lab, 431, "Context = * { W-AuditValue = ip/9/* { Audit { } } }");
	lab_ok(lab, "Context = * { W-AuditCapability = * { Audit { Signals } } }");
	assert_int_equal(count_commands(lab), 1);
	lab_ok(lab, "Context = * { W-Modify = * { " STREAM("LocalControl { Mode = Inactive }") " } }");
	assert_int_equal(count_commands(lab), 1);
	assert_int_equal(fake_find(3, 1)->want.mode, KMGW_MODE_INACTIVE);
	/* the one where it failed is named */
	lab_ok(lab, "Context = 1 { Modify = ip/1/core/2 { Media { Stream = 2 { " LOCAL(SDP("TCP", "")) " } } } }");
	lab_refused(lab, 449, "Context = 1 { Modify = * { Signals { tlsbsc/EstBNC { Stream = 2 } } } }");
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
}

/* ---- version 3 ---- */

static void lists_of_terminations(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$, Add = ip/1/acc/$"));
	lab_ok(lab, "Context = 1 { AuditValue = [ ip/1/acc/1, ip/1/core/2 ] { Audit { } } }");
	assert_int_equal(count_commands(lab), 2);
	lab_ok(lab, "Context = 1 { W-AuditValue = [ ip/1/acc/1, ip/1/acc/* ] { Audit { Media } } }");
	assert_int_equal(count_commands(lab), 1);
	assert_non_null(lab_command(lab)->terms.first->next);
	lab_refused(lab, 430, "Context = 1 { Modify = [ ip/1/acc/1, ip/1/acc/9, ip/1/core/2 ] { Signals { } } }");
	/* what came before it was done, what comes after it was not */
	assert_int_equal(count_commands(lab), 2);
	lab_refused(lab, 430, "Context = 1 { W-Modify = [ ip/1/acc/1, ip/1/acc/9 ] { Signals { } } }");
	lab_ok(lab, "Context = 1 { W-Subtract = [ ip/1/acc/1, ip/1/core/2 ] { Audit { } } }");
	assert_int_equal(count_commands(lab), 1);
	lab_ok(lab, "Context = 1 { AuditValue = * { Audit { } } }");
	assert_int_equal(count_commands(lab), 1);
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/3"));
}

static void audits_by_value(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", UDP_END(", ds/dscp = 10")) ", "
			   ADD("ip/1/acc/$", STREAM("LocalControl { Mode = Inactive, ds/dscp = 46 }"))));
	lab_ok(lab, "Context = 1 { AuditValue = * { Audit { Media { Stream = 1 { LocalControl { Mode = Inactive } } } } } }");
	assert_int_equal(count_commands(lab), 1);
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/2"));
	lab_ok(lab, "Context = 1 { AuditValue = * { Audit { Media { Stream = 1 { LocalControl { ds/dscp < 20 } } } } } }");
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
	lab_ok(lab, "Context = 1 { AuditValue = * { Audit { Media { Stream = 1 { LocalControl { ds/dscp # 10 } } } } } }");
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/2"));
	lab_ok(lab, "Context = 1 { AuditValue = * { Audit { Media { TerminationState { ServiceStates = InService } } } } }");
	assert_int_equal(count_commands(lab), 2);
	lab_refused(lab, 431, "Context = 1 { AuditValue = * { Audit { Media { Stream = 1 { LocalControl { "
		    "ds/dscp > 50 } } } } } }");
	lab_refused(lab, 431, "Context = 1 { W-AuditValue = * { Audit { Media { TerminationState { "
		    "ServiceStates = OutOfService } } } } }");
}

static void contexts_by_value(void **state)
{
	struct lab *lab = *state;
	struct h248_action *act;

	lab_ok(lab, "Context = $ { Priority = 3, Add = ip/1/acc/$ }");
	lab_ok(lab, "Context = $ { Priority = 5, Emergency, Add = ip/1/acc/$ }");
	lab_ok(lab, "Context = $ { Priority = 5, IEPSCall = ON, Add = ip/1/acc/$ }");
	lab_ok(lab, "Context = * { ContextAudit { Priority, Emergency, IEPSCall } }");
	assert_int_equal(count_actions(lab), 3);
	act = lab_transaction(lab)->actions.first;
	assert_int_equal(act->attr.priority, 3);
	assert_int_equal(act->attr.emergency, H248_OFF);
	assert_int_equal(act->next->attr.emergency, H248_ON);
	assert_int_equal(act->next->next->attr.ieps, H248_ON);
	lab_ok(lab, "Context = * { ContextAudit { Priority = 5 } }");
	assert_int_equal(count_actions(lab), 2);
	lab_ok(lab, "Context = * { ContextAudit { Priority = 5, EmergencyValue = EmergencyOff, ANDLgc } }");
	assert_int_equal(count_actions(lab), 1);
	assert_int_equal(lab_transaction(lab)->actions.first->context, 3);
	lab_ok(lab, "Context = * { ContextAudit { Priority = 3, EmergencyValue = Emergency, ORLgc } }");
	assert_int_equal(count_actions(lab), 2);
	/* the selection holds for the commands of the action, too */
	lab_ok(lab, "Context = * { ContextAudit { Priority = 3 }, AuditValue = * { Audit { } } }");
	assert_int_equal(count_commands(lab), 1);
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
	lab_refused(lab, 411, "Context = * { ContextAudit { Priority = 10 } }");
	/* a list of contexts */
	lab_ok(lab, "Context = * { ContextAttr { ContextList = { 1, 3 } }, AuditValue = * { Audit { } } }");
	assert_int_equal(count_commands(lab), 2);
	lab_ok(lab, "Context = * { Priority = 9, ContextAttr { ContextList = { 1 } }, AuditValue = * { Audit { } } }");
	lab_ok(lab, "Context = * { ContextAudit { Priority } }");
	assert_int_equal(lab_transaction(lab)->actions.first->attr.priority, 9);
	assert_int_equal(lab_transaction(lab)->actions.first->next->attr.priority, 5);
	lab_refused(lab, 411, "Context = * { ContextAttr { ContextList = { 1, 77 } }, AuditValue = * { Audit { } } }");
	lab_refused(lab, 421, "Context = 1 { ContextAttr { ContextList = { 1 } }, AuditValue = * { Audit { } } }");
	/* off again */
	lab_ok(lab, "Context = 2 { EmergencyOff, AuditValue = * { Audit { } } }");
	lab_ok(lab, "Context = 2 { ContextAudit { Emergency } }");
	assert_int_equal(lab_transaction(lab)->actions.first->attr.emergency, H248_OFF);
	lab_refused(lab, 450, "Context = 1 { ContextAudit { ContextAttr { gm/nosuch } } }");
	lab_refused(lab, 455, "Context = 1 { ContextAttr { gm/saf = on }, AuditValue = * { Audit { } } }");
}

static void topology(void **state)
{
	struct lab *lab = *state;
	const struct h248_topology *t;

	lab_ok(lab, "Context = $ { Topology { $, *, Bothway }, Add = ip/1/acc/$, Add = ip/1/core/$ }");
	lab_ok(lab, "Context = 1 { Topology { ip/1/acc/1, ip/1/core/2, Bothway }, AuditValue = * { Audit { } } }");
	lab_refused(lab, 430, "Context = 1 { Topology { ip/1/acc/1, ip/1/core/9, Bothway }, AuditValue = * { Audit { } } }");
	lab_ok(lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(lab, 435, "Context = 1 { Topology { ip/1/acc/1, ip/1/acc/3, Bothway }, AuditValue = * { Audit { } } }");
	lab_ok(lab, "Context = 1 { ContextAudit { Topology } }");
	t = lab_transaction(lab)->actions.first->attr.topology.first;
	assert_non_null(t);
	assert_true(str_is(t->from.text, "ip/1/acc/1"));
	assert_true(str_is(t->to.text, "ip/1/core/2"));
	assert_int_equal(t->kind, H248_TOPOLOGY_BOTHWAY);
	assert_null(t->next);
}

static void move(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", UDP_END(""))));
	lab_ok(lab, CHOOSE("Add = ip/1/core/$"));
	lab_refused(lab, 430, "Context = 2 { Move = ip/1/acc/9 }");
	lab_refused(lab, 431, "Context = 2 { Move = ip/9/* }");
	lab_refused(lab, 421, "Context = - { Move = ip/1/acc/1 }");
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { } } }");
	assert_int_equal(fake_count(), 1);
}

/* A list that means the same terminations again and again costs no more than they are many. */
static void a_long_list(void **state)
{
	static char list[32000];
	struct lab *lab = *state;
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < 750; i++)
		lab_ok(lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$"));
	for (i = 0; i < 15000; i++)
		n += (size_t)sprintf(list + n, "%s*", i ? "," : "");
	lab_ok(lab, "Context = * { W-AuditValue = [%s] { Audit { Statistics } } }", list);
	lab_ok(lab, "Context = * { W-Subtract = [%s] { Audit { } } }", list);
	assert_int_equal(agent_n_contexts(lab->agent), 0);
}

int main(void)
{
#define TEST(f)		cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
#define TEST_V3(f)	cmocka_unit_test_setup_teardown(f, setup_v3, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(single_items),
		TEST(capabilities),
		TEST(unions),
		TEST_V3(lists_of_terminations),
		TEST_V3(audits_by_value),
		TEST_V3(contexts_by_value),
		TEST(topology),
		TEST(move),
		TEST(a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
