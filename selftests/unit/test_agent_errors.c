// SPDX-License-Identifier: GPL-2.0-only
/* The agent: each thing that is wrong has its code, and its value in the text. */
#include "agent_lab.h"

#define UDP		LOCAL(SDP("UDP", ""))
#define TLS		LOCAL(SDP("TCP/TLS", ""))
#define ACC(inner)	CHOOSE(ADD("ip/1/acc/$", inner))
#define ONE(inner)	ACC(STREAM(inner))
#define CONTROL(inner)	ONE("LocalControl { " inner " }, " UDP)
#define REMOTE_UDP(ip, port)	ONE(UDP ", " REMOTE(SDP_AT(ip, port, "UDP", "")))
#define REMOTE_TLS(more)	ONE(TLS ", " REMOTE(SDP_AT("10.1.0.7", "9", "TCP/TLS", more)))
#define ROOT_STATE(inner)	"Context = - { Modify = ROOT { Media { TerminationState { " inner " } } } }"
#define LONG_FP		"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13"
#define FP		"a=fingerprint:SHA-1 " LONG_FP "\r\n"

static const struct { unsigned int code; const char *actions, *text; } wrong[] = {
	/* contexts and terminations */
	{ 411, "Context = 4711 { Subtract = * }", "4711" },
	{ 421, "Context = $ { Modify = ip/1/acc/1 { Signals { } } }", "Modify" },
	{ 421, "Context = - { Add = ip/1/acc/$ }", "null context" },
	{ 421, "Context = * { Add = ip/1/acc/$ }", "all contexts" },
	{ 430, CHOOSE("Add = ip/1/acc/77"), "ip/1/acc/77" },
	{ 430, CHOOSE("Add = ip/1/nowhere/$"), "nowhere" },
	{ 430, CHOOSE("Add = tdm/1/acc/$"), "tdm" },
	{ 430, CHOOSE("Add = ip/70000/acc/$"), "70000" },
	{ 430, CHOOSE("Add = ip/*/acc/$"), "both * and $" },
	{ 431, CHOOSE("Add = ip/1/acc/*"), "ip/1/acc/*" },
	{ 542, CHOOSE("Add = ROOT"), "ROOT" },
	{ 542, "Context = - { Subtract = ROOT }", "ROOT" },
	{ 430, "Context = - { AuditValue = ip/1/acc/99 { Audit { } } }", "ip/1/acc/99" },
	{ 431, "Context = - { AuditValue = * { Audit { } } }", "*" },
	{ 431, "Context = * { AuditValue = ip/1/acc/* { Audit { } } }", "ip/1/acc/*" },
	{ 411, "Context = * { AuditValue = ROOT { Audit { } } }", "no contexts" },
	{ 443, "Context = - { Notify = ROOT { ObservedEvents = 1 { g/cause } } }", "Notify" },
	{ 430, "Context = $ { Move = ip/1/acc/1 }", "ip/1/acc/1" },
	{ 431, "Context = $ { Move = ip/1/* }", "ip/1/*" },
	{ 421, "Context = * { Move = ip/1/acc/1 }", "Move" },
	{ 542, "Context = $ { Move = ROOT }", "ROOT" },
	{ 430, "Context = $ { Topology { ip/1/a/1, ip/1/b/1, Isolate }, Add = ip/1/acc/$ }", "ip/1/a/1" },
	{ 422, "Context = $ { Topology { ip/1/acc/$, *, Bothway }, Add = ip/1/acc/$ }", "chooses a part" },
	{ 522, "Context = $ { Topology { *, *, Oneway }, Add = ip/1/acc/$ }", "both ways at once" },
	/* descriptors that are not for this gateway */
	{ 444, ACC("Modem [ V18 ]"), "Modem" },
	{ 444, ACC("Mux = H221 { ip/1/acc/1 }"), "Mux" },
	{ 444, ACC("DigitMap = d { ( 1 ) }"), "DigitMap" },
	{ 451, ACC("EventBuffer { g/nosuch }"), "g/nosuch" },
	/* properties */
	{ 440, CONTROL("nosuch/thing = 1"), "nosuch/thing" },
	{ 450, CONTROL("gm/nosuch = on"), "gm/nosuch" },
	{ 445, CONTROL("ds/tb = on"), "ds/tb" },
	{ 457, CONTROL("gm/esas = on"), "gm/lsa" },
	{ 457, CONTROL("gm/esps = on"), "gm/lsp" },
	{ 449, CONTROL("gm/esas = on, gm/lsa = \"10.2.0.1\""), "10.2.0.1" },
	{ 449, CONTROL("gm/lsa = \"10.1.0.1/24\""), "10.1.0.1/24" },
	{ 449, CONTROL("gm/lsp = 70000"), "70000" },
	{ 457, CONTROL("tman/pol = on"), "tman/sdr" },
	{ 449, CONTROL("tman/pol = on, tman/sdr = -1"), "-1" },
	{ 449, CONTROL("tman/pol = on, tman/sdr = 2000, tman/pdr = 1000"), "below" },
	{ 501, ONE("LocalControl { tman/pol = on, tman/sdr = 1000 }, " TLS), "TCP" },
	{ 445, CONTROL("nt/jit = 5"), "nt/jit" },
	{ 455, CONTROL("root/normalMGExecutionTime = 5"), "root/normalMGExecutionTime" },
	{ 456, CONTROL("ds/dscp = 1, ds/dscp = 2"), "ds/dscp" },
	{ 449, CONTROL("ds/dscp = 64"), "64" },
	{ 449, CONTROL("ds/dscp = -1"), "-1" },
	{ 449, CONTROL("ds/dscp = ten"), "ten" },
	{ 449, CONTROL("ds/dscp = 010x"), "010x" },
	{ 449, CONTROL("ds/dscp = $"), "$" },
	{ 449, CONTROL("ds/dscp = [1,2]"), "ds/dscp" },
	{ 449, CONTROL("ds/dscp > 1"), "ds/dscp" },
	{ 449, CONTROL("gm/saf = maybe"), "maybe" },
	{ 449, CONTROL("gm/sam = \"10.1.0.0/33\""), "10.1.0.0/33" },
	{ 449, CONTROL("gm/sam = \"10.1.0.0/255.0.255.0\""), "255.0.255.0" },
	{ 449, CONTROL("gm/sam = \"host\""), "host" },
	{ 449, CONTROL("gm/spr = \"70000\""), "70000" },
	{ 449, CONTROL("gm/spr = \"20-10\""), "20-10" },
	{ 449, CONTROL("ipdc/realm = \"Access\""), "Access" },
	{ 473, CONTROL("ipdc/realm = \"core\""), "core" },
	{ 449, CONTROL("seplink/linktopo = \"ip/1/core/1\""), "ip/1/core/1" },
	{ 449, CONTROL("seplink/linktopo = \"ip/1/core/1,1,RelBNC\""), "RelBNC" },
	{ 449, CONTROL("seplink/linktopo = \"ip/1/core/1,1,EstBNC\""), "ip/1/core/1" },
	{ 501, CONTROL("seplink/linktopo = \"ip/1/core/1,2,EstBNC\""), "stream 1 with stream 2" },
	{ 517, CONTROL("Mode = Loopback"), "Loopback" },
	{ 455, ACC("Media { TerminationState { gm/saf = on } }"), "gm/saf" },
	{ 440, ACC("Media { TerminationState { x/y = on } }"), "x/y" },
	{ 501, ACC("Media { TerminationState { ServiceStates = Test } }"), "Test" },
	{ 534, ROOT_STATE("root/maxNumberOfContexts = 5"), "root/maxNumberOfContexts" },
	{ 449, ROOT_STATE("root/normalMGExecutionTime = 0"), "0" },
	{ 455, ROOT_STATE("gm/saf = on"), "gm/saf" },
	/* Local and Remote */
	{ 474, ONE("Local {\r\nhello\r\n}"), "line 1" },
	{ 474, ONE("Local {\r\n}"), "empty" },
	{ 474, ONE("Local {\r\nc=IN IP4 $\r\nm=message $ TCP -\r\n}"), "v=" },
	{ 474, ONE("Local {\r\nv=0\r\nc=IN IP4 $\r\n}"), "m=" },
	{ 474, ONE("Local {\r\nv=0\r\nm=message $ TCP -\r\n}"), "c=" },
	{ 449, ONE(LOCAL(SDP("CARRIER/PIGEON", ""))), "CARRIER/PIGEON" },
	{ 473, ONE(LOCAL(SDP("UDP", "a=fingerprint:$ $\r\n"))), "fingerprint" },
	{ 501, ONE(LOCAL(SDP("TCP/MSRP", "a=path:msrp://10.1.0.1:1/x;tcp\r\n"))), "a=path" },
	{ 449, ONE(LOCAL(SDP("TCP", "a=setup:sideways\r\n"))), "sideways" },
	{ 449, ONE(LOCAL(SDP("TCP", "a=connection:maybe\r\n"))), "maybe" },
	{ 449, ONE(LOCAL(SDP("TCP", "a=foo:$\r\n"))), "foo:$" },
	{ 449, ONE(LOCAL(SDP_AT("10.1.0.77", "$", "UDP", ""))), "10.1.0.77" },
	{ 449, ONE(LOCAL(SDP_AT("10.1.0.300", "$", "UDP", ""))), "10.1.0.300" },
	{ 449, ONE(LOCAL(SDP_AT("$", "2944", "UDP", ""))), "2944" },
	{ 449, ONE(LOCAL(SDP_AT("$", "99999", "UDP", ""))), "99999" },
	{ 501, ONE(LOCAL(SDP_AT("$", "$/2", "UDP", ""))), "several ports" },
	{ 501, ONE(LOCAL(SDP_AT("$", "-", "UDP", ""))), "without port" },
	{ 449, CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL("v=0\r\nc=IN IP6 $\r\nm=image $ UDP -\r\n")))),
	  "no address of that family" },
	{ 473, ONE(LOCAL(SDP("TCP", "a=fingerprint:$ $\r\n"))), "fingerprint" },
	{ 449, ONE(LOCAL(SDP("TCP/TLS", "a=fingerprint:MD2 $\r\n"))), "MD2" },
	{ 449, REMOTE_TLS("a=fingerprint:SHA-256 12:34\r\n"), "12:34" },
	{ 449, REMOTE_TLS("a=fingerprint:SHA-1 " LONG_FP ":14\r\n"), "SHA-1" },
	{ 449, REMOTE_TLS("a=fingerprint:SHA-1 0g:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\r\n"),
	  "0g" },
	{ 449, REMOTE_TLS(FP FP FP FP FP FP FP FP FP), "more than 8" },
	{ 449, REMOTE_TLS("a=fingerprint:MD5 00:01:02:03\r\n"), "MD5" },
	{ 449, REMOTE_UDP("$", "5000"), "$" },
	{ 449, REMOTE_UDP("10.1.0.7", "$"), "$" },
	{ 449, REMOTE_UDP("10.1.0.7", "70000"), "70000" },
	{ 473, ONE(LOCAL(SDP("TCP/TLS", "")) ", " REMOTE(SDP_AT("10.1.0.7", "9", "TCP", ""))), "TCP" },
	{ 473, ONE("LocalControl { gm/saf = on, gm/sam = \"fd00::/64\" }, " UDP ", "
		   REMOTE(SDP_AT("10.1.0.7", "5000", "UDP", ""))), "gm/sam" },
	{ 448, ACC("Media { Stream = 1 { " UDP " }, Stream = 1 { " UDP " } }"), "Stream" },
	{ 449, ACC("Media { Stream = 0 { " UDP " } }"), "Stream = 0" },
	/* events */
	{ 440, ACC("Events = 1 { nosuch/ev }"), "nosuch/ev" },
	{ 451, ACC("Events = 1 { g/nosuch }"), "g/nosuch" },
	{ 512, ACC("Events = 1 { nt/qualert }"), "nt/qualert" },
	{ 512, ACC("Events = 1 { it/ito }"), "it/ito" },
	{ 512, "Context = - { Modify = ROOT { Events = 1 { g/cause } } }", "g/cause" },
	{ 446, ACC("Events = 1 { g/cause { Generalcause = NR } }"), "Generalcause" },
	{ 446, ACC("Events = 1 { tcpbcc/BNCChange { Colour = red } }"), "Colour" },
	{ 454, ACC("Events = 1 { tcpbcc/BNCChange { Type = Sideways } }"), "Sideways" },
	{ 454, ACC("Events = 1 { hangterm/thb { timerx = soon } }"), "soon" },
	{ 451, ACC("Events = 1 { g/cause { Embed { Events = 2 { g/nosuch } } } }"), "g/nosuch" },
	{ 452, ACC("Events = 1 { g/cause { Embed { Signals { tcpbcc/nosuch } } } }"), "tcpbcc/nosuch" },
	/* signals */
	{ 440, ACC("Signals { nosuch/sg }"), "nosuch/sg" },
	{ 452, ACC("Signals { tcpbcc/nosuch }"), "tcpbcc/nosuch" },
	{ 441, ACC("Signals { tcpbcc/EstBNC }"), "no such stream" },
	{ 449, ACC(STREAM(UDP) ", Signals { tcpbcc/EstBNC { Stream = 7 } }"), "7" },
	{ 473, ACC(STREAM(UDP) ", Signals { tcpbcc/EstBNC }"), "not TCP" },
	{ 473, ACC(STREAM(UDP) ", Signals { tcpbcc/RelBNC }"), "not TCP" },
	{ 473, ACC(STREAM(LOCAL(SDP("TCP", ""))) ", Signals { tlsbsc/EstBNC }"), "no TLS" },
	{ 441, ACC(STREAM(LOCAL(SDP("TCP", ""))) ", Signals { tcpbcc/EstBNC }"), "Remote" },
	{ 473, ACC(STREAM(LOCAL(SDP("TCP", "")) ", " REMOTE(SDP_AT("10.1.0.7", "9", "TCP", "")))
		   ", Signals { tcpbcc/EstBNC }"), "port" },
	{ 473, ACC(STREAM(LOCAL(SDP("TCP", "a=setup:passive\r\n")) ", "
			  REMOTE(SDP_AT("10.1.0.7", "99", "TCP", ""))) ", Signals { tcpbcc/EstBNC }"),
	  "passive" },
	{ 473, ACC(STREAM(UDP) ", Signals { tlsbsc/EstBNC }"), "no TLS" },
	{ 473, ACC(STREAM(LOCAL(SDP("UDP/DTLS", ""))) ", Signals { tcpbcc/EstBNC }"), "not TCP" },
	{ 513, ACC(STREAM(TLS) ", Signals { ipnapt/latch { napt = RELATCH } }"), "RELATCH" },
	{ 454, ACC(STREAM(TLS) ", Signals { ipnapt/latch { napt = Perhaps } }"), "Perhaps" },
	{ 446, ACC(STREAM(TLS) ", Signals { ipnapt/latch { foo = 1 } }"), "foo" },
	{ 449, ACC(STREAM(TLS) ", Signals { ipnapt/latch { SignalType = OnOff } }"), "brief" },
	/* audits, ServiceChange */
	{ 450, "Context = - { AuditValue = ROOT { Audit { Media { TerminationState { root/nosuch } } } } }",
	  "root/nosuch" },
	{ 501, "Context = - { ServiceChange = ROOT { Services { Method = Failover, Reason = \"909 x\" } } }",
	  "Failover" },
	{ 472, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 x\" } } }",
	  "MgcIdToTry" },
	{ 402, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 x\", "
	  "MgcIdToTry = [10.9.9.9]:2944 } } }", "10.9.9.9" },
};

static void each_has_its_code(void **state)
{
	struct lab *lab = *state;
	const struct h248_error *err;
	unsigned int i, n = 0;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		lab_ask(lab, "%s", wrong[i].actions);
		err = lab_error(lab);
		if (!err || err->code != wrong[i].code || !err->text.p ||
		    !memmem(err->text.p, err->text.len, wrong[i].text, strlen(wrong[i].text))) {
			print_error("want %u \"%s\" for %s\n got %s\n", wrong[i].code, wrong[i].text,
				    wrong[i].actions, lab->text);
			n++;
		}
		/* what an earlier command of the same transaction made */
		if (agent_n_contexts(lab->agent))
			lab_ok(lab, "Context = * { W-Subtract = * { Audit { } } }");
		assert_int_equal(fake_count(), 0);
		assert_int_equal(agent_n_contexts(lab->agent), 0);
	}
	assert_int_equal(n, 0);
}

static void a_modify_that_needs_another_socket(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, ACC(STREAM(LOCAL(SDP("TCP", "")))));
	lab_refused(lab, 473, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(UDP) " } }");
	lab_refused(lab, 473, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(
		    LOCAL(SDP_AT("10.1.0.1", "20050", "TCP", ""))) " } }");
	lab_refused(lab, 473, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(
		    LOCAL("v=0\r\nc=IN IP6 $\r\nm=message $ TCP -\r\n")) " } }");
	lab_refused(lab, 473, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(
		    "LocalControl { ipdc/realm = \"core\" }") " } }");
	/* what is left open stays what it is */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { " STREAM(LOCAL(SDP("TCP", "a=setup:active\r\n")))
	       " } }");
	assert_non_null(strstr(lab->text, "m=message 20000 TCP"));
	assert_int_equal(fake.made, 1);
}

static void limits(void **state)
{
	struct lab *lab = *state;
	char many[16384];
	size_t used = 0;
	unsigned int i;

	lab_ok(lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/acc/$"));
	lab_refused(lab, 434, "Context = 1 { Add = ip/1/acc/$ }");
	lab_refused(lab, 433, "Context = 1 { Add = ip/1/acc/1 }");
	lab_ok(lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(lab, 435, "Context = 1 { Modify = ip/1/acc/3 { Signals { } } }");
	for (i = 1; i <= 17; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used,
					 "%sStream = %u { LocalControl { Mode = Inactive } }",
					 i > 1 ? ", " : "", i);
	lab_refused(lab, 510, "Context = 1 { Modify = ip/1/acc/1 { Media { %s } } }", many);
	used = 0;
	for (i = 0; i < 600; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used, "%sg/cause",
					 i ? ", " : "");
	lab_refused(lab, 510, "Context = 1 { Modify = ip/1/acc/1 { Events = 1 { %s } } }", many);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media, Events } } }");
	assert_null(lab_command(lab)->media->streams.first);
	assert_false(lab_command(lab)->events->has_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_has_its_code, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(a_modify_that_needs_another_socket, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(limits, lab_setup, lab_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
