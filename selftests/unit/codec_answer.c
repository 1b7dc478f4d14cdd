// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages that cannot be read: where the fault is, in which words, and what is answered.
 */
#include "codec_lab.h"

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(answers), T(before_the_fault), T(places), T(words), T(twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
