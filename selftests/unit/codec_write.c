// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing: trees that were built, order and style, and what has no text form.
 */
#include "codec_lab.h"

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(built), T(verbatim), T(unwritable), T(write_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
