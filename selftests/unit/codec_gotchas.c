// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where readers of Annex B go wrong: one test for each of the known traps, in the order in which the
 * notes on the grammar list them.
 */
#include "codec_lab.h"

/* one letter of difference in what may not matter, none in what may */
static void gotcha_01_case_but_in_sdp(void **state)
{
	struct h248_command *c = command("aDD=IP/1/Acc/$" "{media{LOCALCONTROL{mode=SENDreceive,"
					 "GM/Saf=ON},l{V=0\na=Setup:Active}}}");
	struct h248_stream *st = c->media->streams.first;

	(void)state;
	assert_int_equal(c->kind, H248_ADD);
	assert_int_equal(st->control->mode, H248_MODE_SENDRECV);
	assert_true(h248_name_is(&st->control->properties.first->name, "gm", "saf"));
	assert_true(str_iis(c->terms.first->text, "ip/1/acc/$"));
	assert_str(st->local, "V=0\na=Setup:Active");
}

static void gotcha_02_commas_blanks_comments(void **state)
{
	struct h248_message *m;

	(void)state;
	m = read_text("MEGACO/1 [1.1.1.1]\t; {\r\nTransaction ;=\n=; 7\n8 {;{\nContext=1{ ; }\n\n"
		      "\tSubtract\t=\ta ;,\n ,\r Subtract = b ; last }\n}}");
	assert_int_equal(m->transactions.first->id, 8);
	assert_str(m->transactions.first->actions.first->commands.last->terms.first->text, "b");
	/* none around "/" and ":" of names, and nothing but a comma between siblings */
	read_bad("MEGACO /1 [1.1.1.1] PN=1{}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{SG{cg /rt}}}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{SG{cg/ rt}}}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{S=a S=b}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{S=a; S=b}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{S=a,}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{,S=a}}", &m);
}

static void gotcha_03_sdp_ends_at_unescaped_brace(void **state)
{
	struct h248_stream *st;

	(void)state;
	st = command("A=a{M{L{v=0\na=x:{1\\} ; no comment, \"no string\n},R{v=0}}}")
		     ->media->streams.first;
	assert_str(st->local, "v=0\na=x:{1} ; no comment, \"no string");
	assert_str(st->remote, "v=0");
	/* a backslash escapes the brace whatever is in front of it, and nothing but a brace */
	st = command("A=a{M{L{v=0\na=\\d\\\\}\\},R{v=0\n}}}")->media->streams.first;
	assert_str(st->local, "v=0\na=\\d\\}},R{v=0");
	assert_false(str_set(st->remote));
}

static void gotcha_04_names(void **state)
{
	static const char *const bad[] = {
		"1a/b", "_a/b", "a-b/c", "a.b/c", "a/1", "a/b-c", "a/", "/a", "a",
		"a/b1234567890123456789012345678901234567890123456789012345678901234",
	};
	struct h248_message *m;
	char text[256];
	size_t i;

	(void)state;
	command("MF=a{M{O{a_1/b123456789012345678901234567890123456789012345678901234567890123=1}}}");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "!/1 [1.1.1.1] T=1{C=1{MF=a{M{O{%s=1}}}}}", bad[i]);
		assert_int_equal(read_bad(text, &m).code, 442);
	}
}

static void gotcha_05_strings(void **state)
{
	struct h248_message *m;

	(void)state;
	assert_str(command("MF=a{M{O{a/b=\"}{,;=\\[]#<>: x\"}}}")
			   ->media->streams.first->control->properties.first->values.first->text,
		   "}{,;=\\[]#<>: x");
	/* no escapes: the next quote ends it */
	assert_int_equal(read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{M{O{a/b=\"x\\\"y\"}}}}}", &m).column,
			 sizeof("!/1 [1.1.1.1] T=1{C=1{MF=a{M{O{a/b=\"x\\\""));
	read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{M{O{a/b=\"x}}}}}", &m);
}

/* the words of the grammar are names wherever a name is due */
static void gotcha_06_tokens_and_names(void **state)
{
	struct h248_command *c = command("MF=Media{SG{Add/Modify{Local=Remote,S=L}},E=1{S/L{O=K}}}");
	struct h248_signal *s = c->signals->items.first->signals.first;

	(void)state;
	assert_str(c->terms.first->text, "Media");
	assert_true(h248_name_is(&s->name, "add", "modify"));
	assert_str(h248_first(h248_find(&s->params, NULL, "Local")), "Remote");
	assert_str(h248_first(h248_find(&s->params, NULL, "S")), "L");
	assert_str(h248_first(c->events->items.first->params.first), "K");
	/* and short words differ by place */
	assert_int_equal(command("S=S")->kind, H248_SUBTRACT);
	c = command("A=a{M{O{MO=SO},L{},TS{BF=SP}}}");
	assert_true(c->media->streams.first->control && str_set(c->media->streams.first->local));
	assert_int_equal(c->media->state->buffer, H248_BUFFER_LOCKSTEP);
	assert_int_equal(read_text("!/1 a K{1}")->transactions.first->kind, H248_ACK);
	assert_int_equal(command("MF=a{SG{x/y{SY=OO}}}")->signals->items.first->signals.first->type,
			 H248_SIGNAL_ONOFF);
}

static void gotcha_07_events(void **state)
{
	struct h248_message *m;
	struct h248_command *c = command("MF=a{Events}");

	(void)state;
	assert_non_null(c->events);
	assert_true(h248_empty(&c->events->items) && !c->events->has_id);
	c = command("MF=a{Events = 7 { g/cause }}");
	assert_true(c->events->has_id);
	assert_int_equal(c->events->id, 7);
	assert_null(command("MF=a")->events);
	read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{Events { g/cause }}}}", &m);
	read_bad("!/1 [1.1.1.1] T=1{C=1{MF=a{Events = 7}}}", &m);
}

static void gotcha_08_streams_or_one_stream(void **state)
{
	struct h248_media *media = command("A=a{M{L{v=0},O{MO=IN}}}")->media;
	struct h248_message *m;

	(void)state;
	assert_int_equal(media->streams.first->id, 1);
	assert_true(media->streams.first->implied);
	assert_null(media->streams.first->next);
	assert_false(command("A=a{M{ST=1{L{v=0}}}}")->media->streams.first->implied);
	assert_int_equal(read_bad("!/1 [1.1.1.1] T=1{C=1{A=a{M{L{v=0},ST=2{L{v=0}}}}}}", &m).code, 442);
	assert_int_equal(read_bad("!/1 [1.1.1.1] T=1{C=1{A=a{M{ST=2{L{v=0}},L{v=0}}}}}", &m).code, 442);
}

static void gotcha_09_error_descriptor(void **state)
{
	struct h248_message *m;

	(void)state;
	m = read_text("!/1 [1.1.1.1] P=1{ER=449{\"ipdc/realm\"}}");
	assert_int_equal(m->transactions.first->error->code, 449);
	assert_str(m->transactions.first->error->text, "ipdc/realm");
	m = read_text("!/1 [1.1.1.1] P=1{Error = 449 { }}");
	assert_false(str_set(m->transactions.first->error->text));
	read_bad("!/1 [1.1.1.1] P=1{ER=449}", &m);
	read_bad("!/1 [1.1.1.1] P=1{ER=449{ipdc}}", &m);
	read_bad("!/1 [1.1.1.1] P=1{ER=449 \"ipdc\"}", &m);
}

static void gotcha_10_ip6_in_brackets(void **state)
{
	struct h248_message *m = read_text("!/1 [2001:DB8::1]:2944 PN=1{}");

	(void)state;
	assert_int_equal(m->mid.kind, H248_MID_IP6);
	assert_int_equal(m->mid.addr[15], 1);
	assert_int_equal(m->mid.port, 2944);
	m = read_text("!/1 [::ffff:10.0.0.1] PN=1{}");
	assert_int_equal(m->mid.kind, H248_MID_IP6);
	assert_false(m->mid.has_port);
	read_bad("!/1 2001:DB8::1 PN=1{}", &m);
}

static void gotcha_11_transaction_ids(void **state)
{
	struct h248_message *m;

	(void)state;
	assert_int_equal(read_text("!/1 a T=4294967295{C=1{S=a}}")->transactions.first->id, UINT32_MAX);
	assert_int_equal(read_text("!/1 a P=0{ER=400{}}")->transactions.first->id, 0);
	assert_int_equal(read_bad("!/1 a T=4294967296{C=1{S=a}}", &m).code, 403);
	assert_int_equal(read_bad("!/1 a T=-1{C=1{S=a}}", &m).code, 403);
}

static void gotcha_12_audit_tokens(void **state)
{
	struct h248_command *c = command("AV=a{Audit{Media,Events}}");

	(void)state;
	assert_int_equal(c->audit->items, H248_AUDIT_MEDIA | H248_AUDIT_EVENTS);
	assert_null(c->media);
	assert_null(c->events);
	assert_int_equal(command("S=a{AT{}}")->audit->items, 0);
	/* in a reply they stand alone, beside whole descriptors */
	c = reply_command("AV=a{Media,Packages,Events=3{g/cause}}");
	assert_int_equal(c->audit_items, H248_AUDIT_MEDIA | H248_AUDIT_PACKAGES);
	assert_int_equal(c->events->id, 3);
}

static void gotcha_13_version(void **state)
{
	struct h248_message *m;

	(void)state;
	assert_int_equal(read_text("!/03 a PN=1{}")->version, 3);
	assert_int_equal(read_bad("!/99 a PN=1{}", &m).code, 406);
	assert_int_equal(read_bad("!/0 a PN=1{}", &m).code, 406);
	assert_int_equal(read_bad("!/100 a PN=1{}", &m).code, 400);
	assert_int_equal(command("SC=ROOT{SV{MT=RS,RE=\"901\",V=12}}")->service_change->version, 12);
}

static void gotcha_14_line_ends(void **state)
{
	struct h248_message *m = read_text("!/1 a\rT=1{\r\nC=1{\nA=b{M{L{\rv=0\r\na=x\na=y\r}}}}}");
	struct h248_text_error err;
	struct strbuf out;

	(void)state;
	/* SDP as it came, but for the ends; CRLF on the way out */
	assert_str(m->transactions.first->actions.first->commands.first->media->streams.first->local,
		   "v=0\r\na=x\na=y");
	strbuf_init(&out, 0);
	assert_int_equal(h248_text_write(m, H248_TEXT_COMPACT, &out), 0);
	assert_str(strbuf_get(&out), "!/1 a T=1{C=1{A=b{M{L{v=0\r\na=x\r\na=y\r\n}}}}}");
	strbuf_free(&out);
	/* CR, LF and CRLF are one line each */
	err = read_bad("!/1 a\rT=1{\r\nC=1{\n\n,", &m);
	assert_int_equal(err.line, 5);
	assert_int_equal(err.column, 1);
}

static void gotcha_15_prefixes(void **state)
{
	struct h248_command *c = command("O-W-S=*");
	struct h248_message *m;

	(void)state;
	assert_true(c->optional && c->wildcard_reply);
	c = command("w-Subtract = *");
	assert_true(!c->optional && c->wildcard_reply);
	read_bad("!/1 a T=1{C=1{O- S=a}}", &m);
	read_bad("!/1 a T=1{C=1{W-O-S=a}}", &m);
	read_bad("!/1 a T=1{C=1{O -S=a}}", &m);
}

static void gotcha_16_errors_in_replies(void **state)
{
	struct h248_action *a;

	(void)state;
	a = read_text("!/1 a P=1{C=5{A=x,MF=y{ER=430{\"y\"}}}}")->transactions.first->actions.first;
	assert_null(a->error);
	assert_null(a->commands.first->error);
	assert_int_equal(a->commands.last->error->code, 430);
	a = read_text("!/1 a P=1{C=5{A=x,ER=411{}}}")->transactions.first->actions.first;
	assert_int_equal(a->error->code, 411);
	assert_non_null(a->commands.first);
	a = read_text("!/1 a P=1{C=5{ER=411{}}}")->transactions.first->actions.first;
	assert_int_equal(a->error->code, 411);
	assert_null(a->commands.first);
}

/* a message that is an error: told apart, and never answered with one, good or bad */
static void error_body(void **state)
{
	struct h248_mid mid = mid_of("[10.0.0.2]:2944");
	struct h248_text_error err;
	struct h248_message *m;

	(void)state;
	m = read_text("!/1 a ER=400{\"what?\"}");
	assert_int_equal(m->error->code, 400);
	assert_null(m->transactions.first);
	err = read_bad("!/1 a ER=400{what?}", &m);
	assert_true(err.never_answer);
	assert_null(h248_text_error_reply(&arena, &mid, 1, &err));
	err = read_bad("!/9 a ER=406{}", &m);
	assert_true(err.never_answer);
	err = read_bad("!/1 a T=1{C=1{}}", &m);
	assert_false(err.never_answer);
	assert_non_null(h248_text_error_reply(&arena, &mid, 1, &err));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(gotcha_01_case_but_in_sdp), T(gotcha_02_commas_blanks_comments),
		T(gotcha_03_sdp_ends_at_unescaped_brace), T(gotcha_04_names), T(gotcha_05_strings),
		T(gotcha_06_tokens_and_names), T(gotcha_07_events),
		T(gotcha_08_streams_or_one_stream), T(gotcha_09_error_descriptor),
		T(gotcha_10_ip6_in_brackets), T(gotcha_11_transaction_ids),
		T(gotcha_12_audit_tokens), T(gotcha_13_version), T(gotcha_14_line_ends),
		T(gotcha_15_prefixes), T(gotcha_16_errors_in_replies), T(error_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
