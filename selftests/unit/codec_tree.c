// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the text reader makes of single things: the tree's fields one by one.
 */
#include "codec_lab.h"

#include "codec/h248_version.h"

static void header(void **state)
{
	struct h248_message *m;

	(void)state;
	m = read_text("AU=0x0000000A:0x0000000b:0x00112233445566778899aabb !/2 <mg.a-b.net>:99 PN=7{}");
	assert_int_equal(m->version, 2);
	assert_str(m->auth->index, "0000000A");
	assert_str(m->auth->sequence, "0000000b");
	assert_str(m->auth->data, "00112233445566778899aabb");
	assert_int_equal(m->mid.kind, H248_MID_DOMAIN);
	assert_str(m->mid.text, "mg.a-b.net");
	assert_true(m->mid.has_port);
	assert_int_equal(m->mid.port, 99);
	assert_int_equal(m->transactions.first->kind, H248_PENDING);
	assert_int_equal(m->transactions.first->id, 7);
	assert_null(m->error);
	m = read_text("!/1 x ER=406{}");
	assert_int_equal(m->error->code, 406);
	assert_false(str_set(m->error->text));
	assert_int_equal(m->mid.kind, H248_MID_DEVICE);
	m = read_text("!/1 x ER=406{\"\"}");
	assert_true(str_set(m->error->text));
}

static void mids(void **state)
{
	struct h248_mid a = mid_of("[10.0.0.1]:2944"), b = mid_of("[010.0.0.001]:2944"), c;

	(void)state;
	assert_int_equal(a.kind, H248_MID_IP4);
	assert_int_equal(a.addr[0], 10);
	assert_int_equal(a.addr[3], 1);
	assert_true(h248_mid_equal(&a, &b));
	c = mid_of("[10.0.0.1]");
	assert_false(h248_mid_equal(&a, &c));
	c = mid_of("[10.0.0.1]:2945");
	assert_false(h248_mid_equal(&a, &c));
	a = mid_of("[2001:db8::1]:1");
	b = mid_of("[2001:DB8:0:0:0:0:0:1]:1");
	assert_int_equal(a.kind, H248_MID_IP6);
	assert_true(h248_mid_equal(&a, &b));
	a = mid_of("<MG.example.COM>");
	b = mid_of("<mg.EXAMPLE.com>");
	assert_true(h248_mid_equal(&a, &b));
	a = mid_of("mg/1");
	assert_false(h248_mid_equal(&a, &b));
	assert_int_equal(h248_mid_parse(&arena, STR("[10.0.0.1] x"), &a), -EINVAL);
	assert_int_equal(h248_mid_parse(&arena, STR(""), &a), -EINVAL);
	assert_int_equal(h248_mid_parse(&arena, STR("[10.0.0.0.1]"), &a), -EINVAL);
}

static void transactions(void **state)
{
	struct h248_transaction *t;
	struct h248_message *m;

	(void)state;
	m = read_text(HEAD "T=4294967295{C=${A=$},C=-{MF=ROOT},C=*{S=*}} P=2/3/&{IA,C=7}"
		      " K{4,5-9} SM=6/1 P=8{ER=500{\"x\"}}");
	t = m->transactions.first;
	assert_int_equal(t->kind, H248_REQUEST);
	assert_int_equal(t->id, 4294967295u);
	assert_int_equal(t->actions.first->context, H248_CONTEXT_CHOOSE);
	assert_int_equal(t->actions.first->next->context, H248_CONTEXT_NULL);
	assert_int_equal(t->actions.last->context, H248_CONTEXT_ALL);
	t = t->next;
	assert_int_equal(t->kind, H248_REPLY);
	assert_true(t->imm_ack && t->has_segment && t->segment_end);
	assert_int_equal(t->segment, 3);
	assert_int_equal(t->actions.first->context, 7);
	assert_null(t->actions.first->commands.first);
	t = t->next;
	assert_int_equal(t->kind, H248_ACK);
	assert_int_equal(t->acks.first->first, 4);
	assert_int_equal(t->acks.first->last, 4);
	assert_int_equal(t->acks.last->first, 5);
	assert_int_equal(t->acks.last->last, 9);
	t = t->next;
	assert_int_equal(t->kind, H248_SEGMENT);
	assert_int_equal(t->segment, 1);
	assert_false(t->segment_end);
	t = t->next;
	assert_int_equal(t->error->code, 500);
	assert_ptr_equal(t, m->transactions.last);
}

static void context_properties(void **state)
{
	struct h248_action *a = action("TP{T1,T2,IS,ST=3,$,*,OW},PR=7,EG,IEPS=ON,CT{a/b=1,a/c>2},"
				       "CT{CLT={1,$,-}},CA{TP,EG,PR=3,IEPS,c/d,c/e=1,ORLgc},MF=T1");
	struct h248_topology *t = a->attr.topology.first;

	(void)state;
	assert_str(t->from.text, "T1");
	assert_str(t->to.text, "T2");
	assert_int_equal(t->kind, H248_TOPOLOGY_ISOLATE);
	assert_true(t->has_stream);
	assert_int_equal(t->stream, 3);
	assert_int_equal(t->next->from.kind, H248_TID_CHOOSE);
	assert_int_equal(t->next->to.kind, H248_TID_ALL);
	assert_int_equal(t->next->kind, H248_TOPOLOGY_ONEWAY);
	assert_false(t->next->has_stream);
	assert_true(a->attr.has_priority);
	assert_int_equal(a->attr.priority, 7);
	assert_int_equal(a->attr.emergency, H248_ON);
	assert_int_equal(a->attr.ieps, H248_ON);
	assert_true(h248_name_is(&a->attr.properties.first->name, "A", "B"));
	assert_int_equal(a->attr.properties.last->form, H248_FORM_GREATER);
	assert_int_equal(a->attr.contexts.first->id, 1);
	assert_int_equal(a->attr.contexts.last->id, H248_CONTEXT_NULL);
	assert_true(a->audit->topology && a->audit->emergency && a->audit->ieps);
	assert_false(a->audit->priority || a->audit->in_attr);
	assert_int_equal(a->audit->select->priority, 3);
	assert_true(h248_name_is(&a->audit->names.first->name, "c", "d"));
	assert_true(h248_name_is(&a->audit->select->properties.first->name, "c", "e"));
	assert_int_equal(a->audit->logic, H248_LOGIC_OR);
	assert_int_equal(a->commands.first->kind, H248_MODIFY);
}

static void commands(void **state)
{
	struct h248_command *c = command("O-W-Subtract = ip/1/*/$");

	(void)state;
	assert_true(c->optional && c->wildcard_reply);
	assert_int_equal(c->kind, H248_SUBTRACT);
	assert_int_equal(c->terms.first->kind, H248_TID_NAME);
	assert_true(c->terms.first->has_all && c->terms.first->has_choose);
	c = command("W-AV=RoOt{AT{}}");
	assert_false(c->optional);
	assert_true(c->wildcard_reply);
	assert_int_equal(c->terms.first->kind, H248_TID_ROOT);
	assert_int_equal(c->audit->items, 0);
	c = command("MF=[ a, b ,c]");
	assert_str(c->terms.first->text, "a");
	assert_str(c->terms.last->text, "c");
	c = reply_command("AuditValue = Context { a, b }");
	assert_true(c->context_audit);
	assert_str(c->terms.last->text, "b");
	c = reply_command("AC = C { ER=411{} }");
	assert_true(c->context_audit);
	assert_int_equal(c->error->code, 411);
	c = reply_command("AV=T{M,PG,E,SG,EB}");
	assert_int_equal(c->audit_items, H248_AUDIT_MEDIA | H248_AUDIT_PACKAGES);
	assert_non_null(c->events);
	assert_false(c->events->has_id);
	assert_non_null(c->signals);
	assert_non_null(c->event_buffer);
	assert_null(c->media);
}

static void media(void **state)
{
	struct h248_command *c = command("A=${M{TS{SI=OS,BF=SP,x/y=1},ST=1{O{MO=RC,RV=ON,RG=OFF,"
					 "gm/saf=on},L{v=0\na=\\}\n},R{}},ST=9{SA{nt/os}}}}");
	struct h248_stream *st = c->media->streams.first;

	(void)state;
	assert_int_equal(c->media->state->service_state, H248_STATE_OUT_OF_SERVICE);
	assert_int_equal(c->media->state->buffer, H248_BUFFER_LOCKSTEP);
	assert_str(h248_first(h248_find(&c->media->state->properties, "X", "Y")), "1");
	assert_int_equal(st->id, 1);
	assert_false(st->implied);
	assert_int_equal(st->control->mode, H248_MODE_RECVONLY);
	assert_int_equal(st->control->reserve_value, H248_ON);
	assert_int_equal(st->control->reserve_group, H248_OFF);
	assert_str(st->local, "v=0\na=}");
	assert_true(str_set(st->remote));
	assert_int_equal(st->remote.len, 0);
	st = st->next;
	assert_int_equal(st->id, 9);
	assert_false(str_set(st->local) || str_set(st->remote));
	assert_int_equal(st->statistics->items.first->form, H248_FORM_NONE);
	c = command("A=${M{L{v=0},TS{BF=OFF},R{v=0}}}");
	assert_true(c->media->streams.first->implied);
	assert_int_equal(c->media->streams.first->id, 1);
	assert_null(c->media->streams.first->next);
	assert_int_equal(c->media->state->buffer, H248_BUFFER_OFF);
}

static void values(void **state)
{
	static const struct {
		const char *text;
		enum h248_form form;
		const char *first;
		bool quoted;
	} rows[] = {
		{ "a/b=1", H248_FORM_EQUAL, "1", false },
		{ "a/b = \"$ ;{}\"", H248_FORM_EQUAL, "$ ;{}", true },
		{ "a/b=\"\"", H248_FORM_EQUAL, "", true },
		{ "a/b > 5", H248_FORM_GREATER, "5", false },
		{ "a/b<6", H248_FORM_LESS, "6", false },
		{ "a/b # x", H248_FORM_NOT, "x", false },
		{ "a/b=[x]", H248_FORM_AND, "x", false },
		{ "a/b = { \"x\" , y }", H248_FORM_OR, "x", true },
		{ "a/b=[1:2]", H248_FORM_RANGE, "1", false },
		{ "a/b=Mode", H248_FORM_EQUAL, "Mode", false },
		{ "a/b=\xc3\xbc", H248_FORM_EQUAL, "\xc3\xbc", false },
	};
	struct h248_property *p;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "A=${M{O{%s}}}", rows[i].text);
		p = command(text)->media->streams.first->control->properties.first;
		assert_int_equal(p->form, rows[i].form);
		assert_str(h248_first(p), rows[i].first);
		assert_int_equal(p->values.first->quoted, rows[i].quoted);
		if (p->form == H248_FORM_RANGE)
			assert_str(p->values.last->text, "2");
		if (p->form == H248_FORM_OR)
			assert_str(p->values.last->text, "y");
	}
}

static void events(void **state)
{
	struct h248_command *c = command("MF=T{E=*{al/on{KA,ST=4,DM=dm0,x=1,NBRN{EM{SG}},RSE,"
					 "EM{SG{cg/dt},E=9{al/of{DM={T:5,Z:3,(1x.|2)}}}}},g/*}}");
	struct h248_event *e = c->events->items.first, *inner;

	(void)state;
	assert_true(c->events->has_id);
	assert_int_equal(c->events->id, H248_REQUEST_ALL);
	assert_true(e->keep_active && e->has_stream && e->reset_events);
	assert_int_equal(e->stream, 4);
	assert_str(e->digit_map->name, "dm0");
	assert_false(e->digit_map->has_value);
	assert_str(h248_first(h248_find(&e->params, NULL, "X")), "1");
	assert_int_equal(e->notify, H248_NOTIFY_REGULATED);
	assert_true(h248_empty(&e->regulated_embed->signals->items));
	assert_str(e->embed->signals->items.first->signals.first->name.item, "dt");
	assert_int_equal(e->embed->events->id, 9);
	inner = e->embed->events->items.first;
	assert_int_equal(inner->digit_map->t, 5);
	assert_int_equal(inner->digit_map->z, 3);
	assert_int_equal(inner->digit_map->s, 0);
	assert_str(inner->digit_map->map, "(1x.|2)");
	assert_str(c->events->items.last->name.item, "*");
	c = command("N=T{OE=3{20260102T03040506:al/on{ST=1,a=[1,2]},al/of},ER=518{}}");
	assert_true(c->observed->items.first->has_time);
	assert_memory_equal(c->observed->items.first->time.date, "20260102", 8);
	assert_memory_equal(c->observed->items.first->time.time, "03040506", 8);
	assert_int_equal(c->observed->items.first->stream, 1);
	assert_int_equal(c->observed->items.first->params.first->form, H248_FORM_AND);
	assert_false(c->observed->items.last->has_time);
	assert_int_equal(c->error->code, 518);
}

static void signals(void **state)
{
	struct h248_command *c = command("MF=T{SG{SL=7{a/b{SY=TO,DR=5},a/c{SY=BR}},cg/dt{ST=3,NC={TO,"
					 "IBE,IBS,OR,IR},KA,SPADI=EX,SPARQ=8,SPAIS=9,p=q}}}");
	struct h248_signal_entry *e = c->signals->items.first;
	struct h248_signal *s = e->signals.first;

	(void)state;
	assert_true(e->is_list);
	assert_int_equal(e->list_id, 7);
	assert_int_equal(s->type, H248_SIGNAL_TIMEOUT);
	assert_true(s->has_duration);
	assert_int_equal(s->duration, 5);
	assert_int_equal(s->next->type, H248_SIGNAL_BRIEF);
	e = e->next;
	assert_false(e->is_list);
	s = e->signals.first;
	assert_int_equal(s->stream, 3);
	assert_int_equal(s->notify_completion, 31);
	assert_true(s->keep_active && s->has_request && s->has_delay);
	assert_int_equal(s->direction, H248_DIRECTION_EXTERNAL);
	assert_int_equal(s->request, 8);
	assert_int_equal(s->delay, 9);
	assert_str(h248_first(s->params.first), "q");
}

static void service_change(void **state)
{
	struct h248_service_change *s =
		command("SC=ROOT{SV{MT=HO,RE=\"903 MGC Directed\",DL=7,MG=[10.9.9.9]:5,PF=a_b/12,"
			"V=3,20260102T03040506,X-abc={1,2},SIC,PG}}")->service_change;

	(void)state;
	assert_int_equal(s->method, H248_METHOD_HANDOFF);
	assert_str(s->reason, "903 MGC Directed");
	assert_int_equal(s->reason_code, 903);
	assert_true(s->has_delay && s->has_version && s->has_time && s->incomplete);
	assert_int_equal(s->delay, 7);
	assert_int_equal(s->mgc->port, 5);
	assert_str(s->profile, "a_b");
	assert_int_equal(s->profile_version, 12);
	assert_int_equal(s->version, 3);
	assert_memory_equal(s->time.time, "03040506", 8);
	assert_str(s->extensions.first->name.item, "X-abc");
	assert_int_equal(s->extensions.first->form, H248_FORM_OR);
	assert_int_equal(s->audit->items, H248_AUDIT_PACKAGES);
	s = command("SC=ROOT{SV{MT=X-foo,RE=901,AD=3000}}")->service_change;
	assert_int_equal(s->method, H248_METHOD_EXTENSION);
	assert_str(s->method_name, "X-foo");
	assert_int_equal(s->reason_code, 901);
	assert_int_equal(s->address->kind, H248_MID_PORT);
	assert_int_equal(s->address->port, 3000);
	s = command("SC=ROOT{SV{RE=\"because\"}}")->service_change;
	assert_int_equal(s->reason_code, 0);
}

static void audits(void **state)
{
	struct h248_audit *a =
		command("AV=T{AT{MX,M{TS{SI=IV},ST=2{O{MO#IN,RV,a/b,a/c=1},L,SA{nt/os}}},E=4{al/on},"
			"EB{al/of{ST=5}},SG{SL=6},DM=dm,SA{nt/or},PG{nt-1},OE}}")->audit;
	struct h248_ind_stream *st = a->media->streams.first;

	(void)state;
	assert_int_equal(a->items, H248_AUDIT_MUX | H248_AUDIT_OBSERVED);
	assert_int_equal(a->media->state->state_form, H248_FORM_EQUAL);
	assert_int_equal(a->media->state->state, H248_STATE_IN_SERVICE);
	assert_int_equal(st->id, 2);
	assert_true(st->local);
	assert_false(st->remote);
	assert_true(st->control->mode && st->control->reserve_value);
	assert_int_equal(st->control->mode_form, H248_FORM_NOT);
	assert_int_equal(st->control->mode_value, H248_MODE_INACTIVE);
	assert_int_equal(st->control->properties.first->form, H248_FORM_NONE);
	assert_int_equal(st->control->properties.last->form, H248_FORM_EQUAL);
	assert_str(st->statistics.first->name.item, "os");
	assert_int_equal(a->events.first->id, 4);
	assert_int_equal(a->event_buffer.first->stream, 5);
	assert_int_equal(a->signals.first->list_id, 6);
	assert_str(a->digit_maps.first->text, "dm");
	assert_str(a->statistics.first->name.item, "or");
	assert_str(a->packages.first->name, "nt");
	assert_int_equal(a->packages.first->version, 1);
}

static void version_3(void **state)
{
	struct h248_command *c = command("A=${SA,M{O{MO=SR},SA}}");
	struct h248_events *e;
	unsigned int depth = 0;

	(void)state;
	/* Statistics alone: there, and empty */
	assert_true(h248_empty(&c->statistics->items));
	assert_true(h248_empty(&c->media->streams.first->statistics->items));
	/* what is embedded in RegulatedNotify may embed again */
	e = command("MF=T{E=1{a/b{NBRN{EM{E=2{a/b{NBRN{EM{SG{c/d},E=3{a/b}}}}}}}}}}")->events;
	for (; e; depth++) {
		assert_int_equal(e->id, depth + 1);
		e = e->items.first->regulated_embed ? e->items.first->regulated_embed->events : NULL;
	}
	assert_int_equal(depth, 3);
}

/* the version that a message needs, and for what */
static void versions(void **state)
{
	static const struct {
		unsigned int version;
		const char *text, *what;
	} rows[] = {
		{ 1, "T=1{C=1{TP{a,b,IS},PR=3,EG,CA{TP},MF=a{M{O{MO=SR}},SG{a/b{NC={TO}}},E=1{a/b{KA}}}}}",
		  NULL },
		{ 1, "P=1{C=1{PR=3},C=2{S=a{SA{a/b=1}},ER=500{}}} PN=2{} K{1}", NULL },
		{ 2, "T=1{C=1{TP{a,b,IS,ST=1}}}", "Topology" },
		{ 2, "T=1{C=1{EGO,S=a}}", "EmergencyOff" },
		{ 2, "T=1{C=1{A=a{MX=Nx64Kservice{b}}}}", "Nx64Kservice" },
		{ 2, "T=1{C=1{A=a{MX=n64{b}}}}", "Nx64Kservice" },
		{ 2, "T=1{C=1{AV=a{AT{SA{a/b}}}}}", "individual audit" },
		{ 2, "T=1{C=1{AV=a{AT{M{O{MO}}}}}}", "individual audit" },
		{ 2, "T=1{C=-{SC=ROOT{SV{MT=RS,PG}}}}", "Services" },
		{ 3, "T=1{C=1{TP{a,b,OWB}}}", "Oneway" },
		{ 3, "T=1{C=1{IEPS=ON}}", "IEPSCall" },
		{ 3, "T=1{C=1{CT{a/b=1}}}", "ContextAttr" },
		{ 3, "T=1{C=*{CA{TP,PR=3}}}", "selects contexts" },
		{ 3, "T=1{C=*{CA{IEPS}}}", "context attributes" },
		{ 3, "T=1{C=1{S=[a,b]}}", "list of TerminationIDs" },
		{ 3, "T=1{C=1{MF=a{SA{a/b}}}}", "Statistics in a request" },
		{ 3, "T=1{C=1{MF=a{M{ST=1{SA{a/b}}}}}}", "Statistics of a stream" },
		{ 3, "P=1{C=1{S=a{SA{a/b=[1,2]}}}}", "list of values" },
		{ 3, "T=1{C=1{MF=a{SG{SL=1{a/b{SPADI=B}}}}}}", "SPADirection" },
		{ 3, "T=1{C=1{MF=a{E=1{a/b{EM{SG{a/b{SPARQ=1}}}}}}}}", "SPARequestID" },
		{ 3, "T=1{C=1{MF=a{SG{a/b{SPAIS=1}}}}}", "Intersignal" },
		{ 3, "T=1{C=1{MF=a{SG{a/b{NC={IR}}}}}}", "Iteration" },
		{ 3, "T=1{C=1{MF=a{E=1{a/b{EM{E=2{a/b{NBNN}}}}}}}}", "notify behaviour" },
		{ 3, "T=1{C=1{MF=a{E=1{a/b{RSE}}}}}", "ResetEventsDescriptor" },
		{ 3, "T=1{C=1{AV=a{AT{M{L}}}}}", "Local or Remote" },
		{ 3, "T=1{C=1{AV=a{AT{M{ST=1{SA{a/b}}}}}}}", "stream's statistics" },
		{ 3, "T=1{C=1{AV=a{AT{M{TS{SI=IV}}}}}}", "selects by ServiceStates" },
		{ 3, "T=1{C=1{AV=a{AT{M{O{MO=IN}}}}}}", "selects by Mode" },
		{ 3, "T=1{C=1{AV=a{AT{M{O{a/b=1}}}}}}", "selects by a value" },
		{ 3, "T=1{C=1{AV=a{AT{E{a/b}}}}}", "RequestID" },
		{ 3, "T=1{C=1{AV=a{AT{SG{SL=1}}}}}", "SignalList" },
		{ 3, "T=1{C=-{SC=ROOT{SV{MT=RS,SIC}}}}", "ServiceChangeInc" },
		{ 3, "P=1/1{C=1{S=a}}", "segment" },
		{ 3, "SM=1/1", "segment" },
		{ 3, "P=1{C=1}", "empty action" },
	};
	const char *what;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "!/1 [1.1.1.1] %s", rows[i].text);
		if (h248_version_needed(read_text(text), &what) != rows[i].version ||
		    !what != !rows[i].what || (what && !strstr(what, rows[i].what))) {
			print_error("%s: %s\n", rows[i].text, what ? what : "-");
			fail();
		}
	}
}

/* texts live in the arena: the buffer may go at once */
static void independent_of_buffer(void **state)
{
	static const char text[] = HEAD "T=1{C=${A=${M{O{ipdc/realm=\"core\"},L{v=0\na=x}}}}}";
	char *copy = malloc(sizeof(text));
	struct h248_text_error err;
	struct h248_message *m;
	struct h248_stream *st;

	(void)state;
	memcpy(copy, text, sizeof(text));
	assert_int_equal(h248_text_parse(&arena, copy, sizeof(text) - 1, &m, &err), 0);
	memset(copy, 0, sizeof(text));
	free(copy);
	st = m->transactions.first->actions.first->commands.first->media->streams.first;
	assert_str(h248_first(st->control->properties.first), "core");
	assert_str(st->local, "v=0\na=x");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(header), T(mids), T(transactions), T(context_properties), T(commands),
		T(media), T(values), T(events), T(signals), T(service_change), T(audits),
		T(version_3), T(versions), T(independent_of_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
