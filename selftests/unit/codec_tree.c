// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the text codec makes of single things: the tree's fields one by one, the answers to bad
 * messages, the builders, and what the writer refuses.
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

#include "codec/text.h"
#include "codec/text_token.h"

#define HEAD	"MEGACO/3 [10.0.0.1]:2944\n"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void assert_str(struct str s, const char *text)
{
	if (!str_is(s, text)) {
		print_error("'%.*s' instead of '%s'\n", STR_ARG(s), text);
		fail();
	}
}

static struct h248_message *read_text(const char *text)
{
	struct h248_text_error err;
	struct h248_message *msg;

	if (h248_text_parse(&arena, text, strlen(text), &msg, &err)) {
		print_error("%s\n%s\n", err.text, text);
		fail();
	}
	return msg;
}

static struct h248_text_error read_bad(const char *text, struct h248_message **msg)
{
	struct h248_text_error err;

	assert_int_equal(h248_text_parse(&arena, text, strlen(text), msg, &err), -EBADMSG);
	return err;
}

/* the first command of a request in context 5 */
static struct h248_command *command(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Transaction = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first->commands.first;
}

static struct h248_command *reply_command(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Reply = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first->commands.first;
}

static struct h248_action *action(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Transaction = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first;
}

static struct h248_mid mid_of(const char *text)
{
	struct h248_mid mid;

	assert_int_equal(h248_mid_parse(&arena, str_c(text), &mid), 0);
	return mid;
}

/* both forms of every token, in any case, and nothing that only resembles one */
static void tokens(void **state)
{
	struct str form;
	unsigned int t;
	char text[32];
	size_t i;
	int style;

	(void)state;
	for (t = TOK_NONE + 1; t < TOK_COUNT; t++) {
		for (style = 0; style < 2; style++) {
			form = h248_token_text(t, style);
			assert_in_range(form.len, 1, sizeof(text) - 2);
			assert_int_equal(h248_token_of(form), t);
			for (i = 0; i < form.len; i++)
				text[i] = ascii_lower(form.p[i]);
			assert_int_equal(h248_token_of((struct str){ text, form.len }), t);
			for (i = 0; i < form.len; i++)
				if (text[i] >= 'a' && text[i] <= 'z')
					text[i] -= 0x20;
			assert_int_equal(h248_token_of((struct str){ text, form.len }), t);
			/* one letter off, or one longer */
			for (i = 0; i < form.len; i++) {
				text[i] ^= 0x10;
				assert_int_not_equal(h248_token_of((struct str){ text, form.len }),
						     t);
				text[i] ^= 0x10;
			}
			text[form.len] = '_';
			assert_int_equal(h248_token_of((struct str){ text, form.len + 1 }),
					 TOK_NONE);
		}
	}
	assert_int_equal(h248_token_of(STR("")), TOK_NONE);
	assert_int_equal(h248_token_of(STR("EmergencyOffToken")), TOK_EMERGENCY_OFF);
	assert_int_equal(h248_token_of(STR("ANSLGC")), TOK_AND_LOGIC);
	assert_int_equal(h248_token_of(STR("Local")), TOK_LOCAL);
	assert_int_equal(h248_token_of(STR("Lokal")), TOK_NONE);
}

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

/* ---- answers to what cannot be read ---------------------------------- */

static void answers(void **state)
{
	static const struct {
		const char *text;
		const char *answer;	/* without the place; NULL: none may be sent */
	} rows[] = {
		{ "nonsense", "ER=400" },
		{ "!/9 [1.1.1.1] T=1{C=1{MF=T}}", "ER=406" },
		{ "!/9 [1.1.1.1] ER=406{}", NULL },
		{ "!/9 [1.1.1.1] P=1{C=1}", NULL },
		{ "!/1 [1.1.1.1] ER=406", NULL },
		{ "!/1 [1.1.1.1] P=x{}", NULL },
		{ "!/1 [1.1.1.1] P=1{C=2{MF=}}", NULL },
		{ "!/1 [1.1.1.1] PN=1{x}", NULL },
		{ "!/1 [1.1.1.1] K{x}", NULL },
		{ "!/1 [1.1.1.1] SM=1", NULL },
		{ "!/1 [1.1.1.1] T=x{}", "P=0{ER=403" },
		{ "!/1 [1.1.1.1] T=7{}", "P=7{ER=403" },
		{ "!/1 [1.1.1.1] T=7{C=x{}}", "P=7{ER=403" },
		{ "!/1 [1.1.1.1] T=7{C=3{}}", "P=7{C=3{ER=422" },
		{ "!/1 [1.1.1.1] T=7{C=-{BOGUS=T}}", "P=7{C=-{ER=443" },
		{ "!/1 [1.1.1.1] T=7{C=3{MF=T{M}}}", "P=7{C=3{MF=T{ER=442" },
		{ "!/1 [1.1.1.1] T=7{C=$" "{A=ip/$" "{X{}}}}", "P=7{C=${A=ip/${ER=444" },
		{ "!/1 [1.1.1.1] T=7{C=3{MF=T,MF=U{M}}}", "P=7{C=3{ER=422" },
		{ "!/1 [1.1.1.1] T=7{C=3{MF=T,MF=U{X{}}}}", "P=7{C=3{ER=444" },
		{ "!/1 [1.1.1.1] T=7{C=3{MF=T},C=4{MF=U{M}}}", "P=7{ER=403" },
		{ "!/1 [1.1.1.1] T=7{C=3{MF=T},C=4{MF=U{X{}}}}", "P=7{ER=444" },
		{ "!/1 [1.1.1.1] T=6{C=3{MF=T}}T=7{C=4{MF=U{M}}}", "P=7{C=4{MF=U{ER=442" },
	};
	struct h248_mid mid = mid_of("[10.0.0.2]:2944");
	static const char head[] = "!/2 [10.0.0.2]:2944 ";
	struct h248_text_error err;
	struct h248_message *m;
	struct strbuf out;
	const char *body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = read_bad(rows[i].text, &m);
		m = h248_text_error_reply(&arena, &mid, 2, &err);
		if (!rows[i].answer) {
			assert_null(m);
			continue;
		}
		if (!m) {
			print_error("no answer to %s\n", rows[i].text);
			fail();
		}
		strbuf_init(&out, 0);
		assert_int_equal(h248_text_write(m, H248_TEXT_COMPACT, &out), 0);
		strbuf_char(&out, '\0');
		body = out.p + sizeof(head) - 1;
		assert_memory_equal(out.p, head, sizeof(head) - 1);
		if (strncmp(body, rows[i].answer, strlen(rows[i].answer))) {
			print_error("%s is answered %s, not %s\n", rows[i].text, body,
				    rows[i].answer);
			fail();
		}
		strbuf_free(&out);
	}
}

/* what was read before the fault is there to be done */
static void before_the_fault(void **state)
{
	struct h248_text_error err;
	struct h248_message *m;

	(void)state;
	err = read_bad("!/2 [1.1.1.1] T=1{C=1{S=a}} T=2{C=2{S=b}} T=3{C=3{S}} T=4{C=4{S=c}}", &m);
	assert_int_equal(err.transaction, 3);
	assert_true(err.has_header);
	assert_int_equal(m->version, 2);
	assert_int_equal(m->transactions.first->id, 1);
	assert_int_equal(m->transactions.last->id, 2);
	err = read_bad("!/2 [1.1.1]", &m);
	assert_false(err.has_header);
}

static void places(void **state)
{
	struct h248_text_error err;
	struct h248_message *m;

	(void)state;
	err = read_bad("!/1 [1.1.1.1]\r\n\r\rT=1{\nC=1{ S=a,\r\n\t\"", &m);
	assert_int_equal(err.line, 6);
	assert_int_equal(err.column, 2);
	/* the escapes before it do not move it */
	err = read_bad("!/1 x T=1{C=1{A=${M{L{v=0\n\\}\\}\n\\}\n},Q", &m);
	assert_int_equal(err.line, 4);
	assert_int_equal(err.column, 3);
}

/* the words that go back to the peer and into the log */
static void words(void **state)
{
	static const char *const rows[][2] = {
		{ "", "line 1 column 1: expected MEGACO, found the end" },
		{ "!/1 x T=1[", "line 1 column 10: expected '{', found [" },
		{ "!/1 x T=1{C=1{A=a\x02", "line 1 column 18: expected ',' or '}', found octet 0x02" },
		{ "!/1 x T=1{C=1{A=[a\n}", "line 2 column 1: expected ',' or ']', found }" },
		{ "!/1 x T=1{C=1{A=\"\"", "line 1 column 17: expected a termination id, found '" },
		{ "!/1 x T=1{C=1{A=a{E=1{\xff}}}}", "line 1 column 23: expected an event, found ?" },
		{ "!/1 x T=1{C=1{A=a{E=1{abcdefghijklmnopqrstuvwxyz}}}}",
		  "line 1 column 23: expected package/item, found abcdefghijklmnopqrstuvwx" },
	};
	struct h248_text_error err;
	struct h248_message *m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = read_bad(rows[i][0], &m);
		assert_string_equal(err.text, rows[i][1]);
	}
}

/* every "at most once" of the grammar */
static void twice(void **state)
{
	static const struct {
		unsigned int code;
		const char *text;
	} rows[] = {
		{ 456, "A=${M{O{MO=IN,MO=IN}}}" }, { 456, "A=${M{O{RV=ON,RV=ON}}}" },
		{ 456, "A=${M{O{RG=ON,RG=ON}}}" }, { 456, "A=${M{TS{SI=IV,SI=IV}}}" },
		{ 456, "A=${M{TS{BF=OFF,BF=OFF}}}" }, { 448, "A=${M{L{},L{}}}" },
		{ 448, "A=${M{R{},R{}}}" }, { 448, "A=${M{O{a/b=1},O{a/b=1}}}" },
		{ 448, "A=${M{SA{a/b},SA{a/b}}}" }, { 448, "A=${M{TS{BF=OFF},TS{BF=OFF}}}" },
		{ 448, "AV=T{AT{M{TS{BF},TS{BF}}}}" }, { 448, "AV=T{AT{M{L,L}}}" },
		{ 448, "AV=T{AT{M{R,R}}}" }, { 448, "AV=T{AT{M{O{MO},O{MO}}}}" },
		{ 448, "A=${M{L{}},M{L{}}}" }, { 448, "A=${MD=V18,MD=V18}" },
		{ 448, "A=${MX=H221{a},MX=H221{a}}" }, { 448, "A=${E,E}" }, { 448, "A=${EB,EB}" },
		{ 448, "A=${SG,SG}" }, { 448, "A=${DM=a,DM=a}" }, { 448, "A=${AT{},AT{}}" },
		{ 448, "A=${SA{a/b},SA{a/b}}" }, { 448, "N=T{OE=1{a/b},OE=1{a/b}}" },
		{ 448, "SC=T{SV{MT=RS},SV{MT=RS}}" },
		{ 456, "A=${E=1{a/b{KA,KA}}}" }, { 456, "A=${E=1{a/b{RSE,RSE}}}" },
		{ 456, "A=${E=1{a/b{NBNN,NBIN}}}" }, { 456, "A=${E=1{a/b{ST=1,ST=1}}}" },
		{ 456, "A=${E=1{a/b{EM{SG},EM{SG}}}}" }, { 456, "A=${E=1{a/b{DM=a,DM=a}}}" },
		{ 456, "A=${EB{a/b{ST=1,ST=1}}}" }, { 456, "N=T{OE=1{a/b{ST=1,ST=1}}}" },
		{ 456, "A=${SG{a/b{KA,KA}}}" }, { 456, "A=${SG{a/b{ST=1,ST=1}}}" },
		{ 456, "A=${SG{a/b{SY=BR,SY=BR}}}" }, { 456, "A=${SG{a/b{DR=1,DR=1}}}" },
		{ 456, "A=${SG{a/b{NC={TO},NC={TO}}}}" }, { 456, "A=${SG{a/b{SPADI=B,SPADI=B}}}" },
		{ 456, "A=${SG{a/b{SPARQ=1,SPARQ=1}}}" }, { 456, "A=${SG{a/b{SPAIS=1,SPAIS=1}}}" },
		{ 456, "SC=T{SV{MT=RS,MT=RS}}" }, { 456, "SC=T{SV{RE=1,RE=1}}" },
		{ 456, "SC=T{SV{DL=1,DL=1}}" }, { 456, "SC=T{SV{AD=1,AD=1}}" },
		{ 456, "SC=T{SV{MG=a,MG=a}}" }, { 456, "SC=T{SV{PF=a/1,PF=a/1}}" },
		{ 456, "SC=T{SV{V=1,V=1}}" },
		{ 456, "SC=T{SV{20260101T00000000,20260101T00000000}}" },
		{ 422, "TP{a,b,IS},TP{a,b,IS}" }, { 422, "PR=1,PR=1" }, { 422, "EG,EGO" },
		{ 422, "IEPS=ON,IEPS=ON" }, { 422, "CA{TP},CA{TP}" },
	};
	struct h248_text_error err;
	struct h248_message *m;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "!/3 [1.1.1.1] T=1{C=1{%s}}", rows[i].text);
		err = read_bad(text, &m);
		if (err.code != rows[i].code || !strstr(err.text, "twice")) {
			print_error("%s: %u %s\n", rows[i].text, err.code, err.text);
			fail();
		}
	}
}

/* ---- writing --------------------------------------------------------- */

static void built(void **state)
{
	struct h248_mid mid = mid_of("[10.0.0.2]:2944");
	struct h248_message *m = h248_message_new(&arena, 2, &mid);
	struct h248_transaction *t = h248_transaction_add(&arena, m, H248_REPLY, 12);
	struct h248_action *act = h248_action_add(&arena, t, 5001);
	struct h248_command *c = h248_command_add(&arena, act, H248_ADD, STR("ip/1/core/1"));
	struct h248_stream *st = h248_stream_add(&arena, c, 1);
	struct strbuf out;

	(void)state;
	st->local = STR("v=0\nc=IN IP4 10.1.1.20\r\na={}\n");
	st->control = arena_new(&arena, struct h248_local_control);
	st->control->mode = H248_MODE_INACTIVE;
	assert_non_null(h248_property_add(&arena, &st->control->properties, "ipdc", "realm",
					  STR("core"), true));
	assert_non_null(h248_property_add(&arena, &st->control->properties, "x", "y",
					  STR("a b"), false));
	assert_non_null(h248_package_add(&arena, c, STR("nt"), 1));
	c = h248_command_add(&arena, act, H248_SUBTRACT, STR("T2"));
	c->error = h248_error_new(&arena, 430, "no \"%s\"\n", "T2");
	strbuf_init(&out, 0);
	assert_int_equal(h248_text_write(m, H248_TEXT_COMPACT, &out), 0);
	assert_str(strbuf_get(&out),
		   "!/2 [10.0.0.2]:2944 P=12{C=5001{A=ip/1/core/1{M{ST=1{O{MO=IN,ipdc/realm=\"core\","
		   "x/y=\"a b\"},L{v=0\r\nc=IN IP4 10.1.1.20\r\na={\\}\r\n}}},PG{nt-1}},"
		   "S=T2{ER=430{\"no 'T2'?\"}}}}");
	strbuf_reset(&out);
	assert_int_equal(h248_text_write(m, H248_TEXT_PRETTY, &out), 0);
	assert_str(strbuf_get(&out),
		   "MEGACO/2 [10.0.0.2]:2944\nReply = 12 {\n\tContext = 5001 {\n"
		   "\t\tAdd = ip/1/core/1 {\n\t\t\tMedia {\n\t\t\t\tStream = 1 {\n"
		   "\t\t\t\t\tLocalControl {\n\t\t\t\t\t\tMode = Inactive,\n"
		   "\t\t\t\t\t\tipdc/realm = \"core\",\n\t\t\t\t\t\tx/y = \"a b\"\n\t\t\t\t\t},\n"
		   "\t\t\t\t\tLocal {\nv=0\r\nc=IN IP4 10.1.1.20\r\na={\\}\r\n}\n\t\t\t\t}\n"
		   "\t\t\t},\n\t\t\tPackages {\n\t\t\t\tnt-1\n\t\t\t}\n\t\t},\n"
		   "\t\tSubtract = T2 {\n\t\t\tError = 430 { \"no 'T2'?\" }\n\t\t}\n\t}\n}");
	strbuf_free(&out);
}

/* in the writer's own order and style: comes back octet by octet */
static void verbatim(void **state)
{
	static const char *const rows[] = {
		"T=1{C=3{TP{T1,T2,BW,ST=4,T3,*,IS,$,T4,OWE,T5,T6,OWB,T7,T8,OW},PR=5,EG,IEPS=OFF,"
		"CT{a/b=1},CT{CLT={1,$,*,-}},CA{TP,EG,PR,IEPS,c/d,PR=4,EGV=EG,IEPS=ON,ORLgc,"
		"CT{e/f=1}},O-W-MF=T1}}",
		"T=1{C=*{EGO,CA{CT{TP,c/d,EGV=EGO,ANDLgc}},W-S=*}}",
		"T=1{C=-{AV=ROOT{AT{MX,MD,M,E,SG,DM,SA,OE,PG,EB}}}}",
		"T=1{C=1{AC=T{AT{M{TS{SI>TE},O{MO<SO}}}},AC=T{AT{M{TS{a/b,a/c=1,SI,BF},O{MO,RV,RG,a/b,a/c#2},L,R}}}}}",
		"T=1{C=1{AV=T{AT{M{TS{SI#OS},ST=1{O{MO=SR}},ST=2{L{v=0\r\n},SA{a/b},SA{a/c}}},E=1{a/b},"
		"E{a/c},EB{a/b},EB{a/b{ST=1}},EB{a/b{p}},SG{},SG{a/b},SG{SL=1},SG{SL=2{a/c}},DM=x,"
		"SA{a/b},PG{a-1}}}}}",
		"T=1{C=1{A=[a,b],MV=T{MD=V18{a/b=1}},MF=T{MD[V18,V22b],MX=H221{a,b}}}}",
		"T=1{C=1{MF=T{M{TS{a/b=1,SI=TE,BF=OFF},O{MO=SO,RV=OFF,RG=ON,a/b=[1:2]},L{v=0\r\n},"
		"R{v=0\r\nc=a\r\n},SA{a/b,a/c=1,a/d=[1,2]}}}}}",
		"T=1{C=1{MF=T{M{O{MO=LB,a/b=[1,2],a/c={\"x y\",z},a/d>1,a/e<2,a/f#3,a/g=\"\"}}}}}",
		"T=1{C=1{MF=T{E=1{a/b{ST=1,KA,NBIN,RSE,DM=x{T:1,S:2,L:3,Z:4,1x.},p=1,EM{SG{a/b},E=2{c/d{"
		"EM{SG}}}}},a/c{NBNN,DM={1}},a/d{NBRN{EM{E}}},*/*},EB{a/b{ST=1,p=2},a/c},"
		"SG{SL=1{a/b{SY=OO},a/c},a/d{ST=1,SY=BR,DR=2,NC={TO,IBE,IBS,OR,IR},KA,SPADI=IT,SPARQ=*,"
		"SPAIS=4,p=[1]},a/e{SPADI=B},a/f{SY=TO,SPADI=EX}},DM=y{x}}}}",
		"T=1{C=1{N=T{OE=*{20260102T03040506:a/b{ST=1,p=2},c/d{q=3}},ER=500{}}}}",
		"T=1{C=1{MF=T{E,SG},MF=U{EB}}}",
		"T=1{C=-{SC=ROOT{SV{MT=FL,RE=\"909 x\",DL=1,AD=2944,PF=a/1,V=2,20260102T03040506,X-a=1,"
		"X+b={2},SIC,M,PG{a-1}}}}}",
		"T=1{C=-{SC=ROOT{SV{MT=FO,AD=[::1]:5}},SC=ROOT{SV{MT=GR,MG=<a.b>:5}},SC=ROOT{SV{MT=RS}},"
		"SC=ROOT{SV{MT=DC,MG=dev/1@x}},SC=ROOT{SV{MT=HO,MG=MTP{0a0b}}},SC=ROOT{SV{MT=X-a}}}}",
		"P=1/2/&{IA,C=1{PR=1,A=T{MX,MD,M,DM,SA,OE,PG}},C=2{AV=C{a,b},AC=C{ER=411{}}},C=3,C=-{"
		"N=T{ER=430{\"x\"}},SC=T,ER=411{\"y\"}}} P=2/1{C=1{S=T{SA{a/b=1},PG{a-1,b-65535}}}} "
		"P=3{ER=403{}} PN=4{} K{1,2-4} SM=5/1 SM=6/2/&",
		"ER=406{\"x\"}",
		NULL
	};
	struct h248_message *m;
	struct strbuf out;
	char text[2048];
	size_t i;

	(void)state;
	for (i = 0; rows[i]; i++) {
		snprintf(text, sizeof(text), "!/3 [10.0.0.1]:2944 %s", rows[i]);
		m = read_text(text);
		strbuf_init(&out, 0);
		assert_int_equal(h248_text_write(m, H248_TEXT_COMPACT, &out), 0);
		assert_str(strbuf_get(&out), text);
		strbuf_free(&out);
	}
}

/* what has no text form is refused and not written somehow */
static void unwritable(void **state)
{
	struct h248_mid mid = mid_of("[10.0.0.2]:2944");
	struct h248_transaction *t;
	struct h248_message *m;
	struct h248_action *act;
	struct h248_command *c;
	struct strbuf out;
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++) {
		m = h248_message_new(&arena, 2, &mid);
		t = h248_transaction_add(&arena, m, H248_REQUEST, 1);
		act = h248_action_add(&arena, t, 1);
		c = h248_command_add(&arena, act, H248_MODIFY, STR("T1"));
		switch (i) {
		case 0:
			break;
		case 1:
			c->terms.first->text = STR("T 1");
			break;
		case 2:
			c->terms.first = c->terms.last = NULL;
			break;
		case 3:
			c->media = arena_new(&arena, struct h248_media);
			break;
		case 4:
			h248_stream_add(&arena, c, 1);
			break;
		case 5:
			h248_stream_add(&arena, c, 0)->local = (struct str){ "v=0\0x", 5 };
			break;
		case 6:
			c->error = h248_error_new(&arena, 400, "x");
			c->error->text = STR("a\"b");
			break;
		case 7:
			h248_package_add(&arena, c, STR("n-t"), 1);
			break;
		case 8:
			act->commands.first = act->commands.last = NULL;
			break;
		case 9:
			m->transactions.first = m->transactions.last = NULL;
			break;
		case 10:
			m->version = 0;
			break;
		case 11:
			c->statistics = arena_new(&arena, struct h248_statistics);
			h248_property_add(&arena, &c->statistics->items, "nt", "o s", STR("1"),
					  false);
			break;
		}
		strbuf_init(&out, 0);
		assert_int_equal(h248_text_write(m, H248_TEXT_COMPACT, &out), i ? -EINVAL : 0);
		strbuf_free(&out);
	}
}

static void write_limit(void **state)
{
	struct h248_message *m = read_text(HEAD "T=1{C=${A=${M{O{ipdc/realm=\"core\"}}}}}");
	struct strbuf out;
	size_t len, n;

	(void)state;
	strbuf_init(&out, 0);
	assert_int_equal(h248_text_write(m, H248_TEXT_PRETTY, &out), 0);
	len = out.len;
	strbuf_free(&out);
	for (n = 1; n <= len; n++) {
		strbuf_init(&out, n);
		assert_int_equal(h248_text_write(m, H248_TEXT_PRETTY, &out),
				 n < len ? -EMSGSIZE : 0);
		assert_true(out.len <= n);
		strbuf_free(&out);
	}
}

/* a copy lives on when the message is gone */
static void copies(void **state)
{
	static const char text[] = "E=7{al/on{KA,DM=dm0{1x},x=[1,\"2 3\"],NBRN{EM{SG{a/b}}},EM{SG{cg/dt"
				   "{p=q}},E=9{al/of{ST=1}}}},g/cause}";
	static const char sg[] = "SG{SL=7{a/b{SY=TO,DR=5,p=q},a/c},cg/dt}";
	struct h248_command *c;
	struct h248_events *ev;
	struct h248_signals *s;
	struct strbuf x, y;
	struct arena other;
	char all[1024];

	(void)state;
	arena_init(&other, 65536);
	snprintf(all, sizeof(all), "MF=T{%s,%s}", text, sg);
	c = command(all);
	ev = h248_events_copy(&other, c->events);
	s = h248_signals_copy(&other, c->signals);
	assert_true(ev && s);
	arena_reset(&arena);
	snprintf(all, sizeof(all), HEAD "T=1{C=5{MF=T}}");
	c = read_text(all)->transactions.first->actions.first->commands.first;
	c->events = ev;
	c->signals = s;
	strbuf_init(&x, 0);
	strbuf_init(&y, 0);
	snprintf(all, sizeof(all), "MF=T{%s,%s}", text, sg);
	{
		struct h248_message m = { .version = 2, .mid = mid_of("x") };
		struct h248_transaction t = { .kind = H248_REQUEST, .id = 1 };
		struct h248_action act = { .context = 5 };

		h248_append(&act.commands, c);
		h248_append(&t.actions, &act);
		h248_append(&m.transactions, &t);
		assert_int_equal(h248_text_write(&m, H248_TEXT_COMPACT, &x), 0);
		act.commands.first = act.commands.last = command(all);
		assert_int_equal(h248_text_write(&m, H248_TEXT_COMPACT, &y), 0);
	}
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.p, y.p, x.len);
	strbuf_free(&x);
	strbuf_free(&y);
	arena_free(&other);
}

static void copy_limit(void **state)
{
	struct h248_command *c = command("MF=T{E=7{al/on{DM=dm0{1x},x=[1,2],EM{SG{cg/dt{p=q}},E=9{a/b}}"
					 "}}}");
	struct arena other;
	size_t limit;
	bool ok = false;

	(void)state;
	for (limit = 0; !ok && limit < 65536; limit += 13) {
		arena_init(&other, limit);
		ok = h248_events_copy(&other, c->events);
		arena_free(&other);
	}
	assert_true(ok && limit > 500);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(tokens), T(header), T(mids), T(transactions), T(context_properties), T(commands), T(media),
		T(values), T(events), T(signals), T(service_change), T(audits),
		T(independent_of_buffer), T(answers), T(before_the_fault), T(places), T(words), T(twice), T(built),
		T(verbatim), T(unwritable), T(write_limit), T(copies), T(copy_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
