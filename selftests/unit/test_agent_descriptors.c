// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent: descriptors beyond a plain call: EventBuffer and LockStep, embedded
 * descriptors, signal lists, statistics that were chosen, silence, overload.
 */
#include "agent_lab.h"
#include "agent/agent_private.h"

#define V3_ACCEPT	"Context = - { ServiceChange = ROOT { Services { Version = 3 } } }"
#define EVENTS		"g/cause, tcpbcc/BNCChange { Type = [ Est, EstFail, Rel ] }"
#define TCP_END		LOCAL(SDP("TCP", "a=setup:active\r\n")) ", " \
			REMOTE(SDP_AT("10.1.0.7", "5000", "TCP", "a=setup:passive\r\n"))

static int setup_v3(void **state)
{
	struct lab *lab = test_malloc(sizeof(*lab));

	*state = lab;
	lab_open(lab, "version = 3;");
	lab_receive(lab);
	lab_answer(lab, 0, V3_ACCEPT);
	lab_pending(lab);
	return 0;
}

/* The next Notify; it is answered. */
static struct h248_command *notified(struct lab *lab)
{
	struct h248_command *cmd;

	do
		lab_receive(lab);
	while (lab_transaction(lab)->kind != H248_REQUEST);
	cmd = lab_command(lab);
	assert_int_equal(cmd->kind, H248_NOTIFY);
	assert_non_null(cmd->observed);
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	return cmd;
}

static bool is(const struct h248_command *cmd, const char *pkg, const char *item)
{
	return h248_name_is(&cmd->observed->items.first->name, pkg, item);
}

static const char *param(const struct h248_command *cmd, const char *name)
{
	static char text[256];
	struct h248_property *p;

	h248_each(p, &cmd->observed->items.first->params) {
		if (!str_iis(p->name.item, name))
			continue;
		snprintf(text, sizeof(text), "%.*s", STR_ARG(h248_first(p)));
		return text;
	}
	return "";
}

/* ---- EventBuffer ---- */

static void lock_step(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { TerminationState { Buffer = LockStep }, "
		"Stream = 1 { " TCP_END " } }, Events = 1 { " EVENTS " }, "
		"EventBuffer { tcpbcc/BNCChange { Type = [ Est, Rel ] } }")));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_UP, "up");
	cmd = notified(lab);
	assert_true(is(cmd, "tcpbcc", "BNCChange"));
	assert_int_equal(cmd->observed->id, 1);
	/* now it waits: g/cause is not in the buffer's descriptor, the other one is */
	fake_event(b, BEARER_LOST, "reset");
	assert_int_equal(lab_pending(lab), 0);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { ObservedEvents, EventBuffer, Media { "
	       "TerminationState { Buffer } } } } }");
	cmd = lab_command(lab);
	assert_non_null(cmd->observed);
	assert_null(cmd->observed->items.first->next);
	assert_true(str_is(h248_first(cmd->observed->items.first->params.first), "Rel"));
	assert_int_equal(cmd->media->state->buffer, H248_BUFFER_LOCKSTEP);
	assert_non_null(cmd->event_buffer->items.first);
	/* a descriptor that wants it gets it, after the reply, and stops again */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events = 2 { tcpbcc/BNCChange { Type = Rel } } } }");
	cmd = notified(lab);
	assert_int_equal(cmd->observed->id, 2);
	assert_string_equal(param(cmd, "Type"), "Rel");
	fake_event(b, BEARER_TCP_UP, "up");
	/* one that does not want it has it thrown away */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events = 3 { g/cause } } }");
	assert_int_equal(lab_pending(lab), 0);
	fake_event(b, BEARER_LOST, "reset");
	cmd = notified(lab);
	assert_int_equal(cmd->observed->id, 3);
	assert_true(is(cmd, "g", "cause"));
	/* Off: nothing waits any more */
	fake_event(b, BEARER_TCP_UP, "up");
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { TerminationState { Buffer = OFF } } } }");
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { ObservedEvents } } }");
	assert_null(lab_command(lab)->observed);
	fake_event(b, BEARER_LOST, "reset");
	assert_true(is(notified(lab), "g", "cause"));
}

static void a_full_buffer(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	struct bearer *b;
	unsigned int i;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { TerminationState { Buffer = LockStep }, "
		"Stream = 1 { " TCP_END " } }, Events = 1 { tcpbcc/BNCChange { Type = Est } }, "
		"EventBuffer { tcpbcc/BNCChange { Type = Est } }")));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_UP, "up");
	assert_null(notified(lab)->error);
	for (i = 0; i < 16; i++)
		fake_event(b, BEARER_TCP_UP, "up");
	assert_int_equal(lab_pending(lab), 0);
	fake_event(b, BEARER_TCP_UP, "up");
	cmd = notified(lab);
	assert_non_null(cmd->error);
	assert_int_equal(cmd->error->code, 518);
	/* what waits comes one for each new descriptor */
	for (i = 0; i < 16; i++) {
		lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events = %u { tcpbcc/BNCChange { Type = Est } } } }",
		       i + 2);
		cmd = notified(lab);
		assert_int_equal(cmd->observed->id, i + 2);
	}
	assert_int_equal(lab_pending(lab), 0);
}

/* ---- embedded descriptors ---- */

static void embedded(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END)
		", Events = 1 { tcpbcc/BNCChange { Type = EstFail, Embed { Signals { tcpbcc/EstBNC { "
		"NotifyCompletion = { TimeOut } } }, Events = 2 { g/cause, g/sc } } } }")));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_FAILED, "refused");
	cmd = notified(lab);
	assert_int_equal(cmd->observed->id, 1);
	assert_int_equal(b->opened, 1);
	cmd = notified(lab);
	assert_int_equal(cmd->observed->id, 2);
	assert_true(is(cmd, "g", "sc"));
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Events } } }");
	assert_int_equal(lab_command(lab)->events->id, 2);
	fake_event(b, BEARER_LOST, "reset");
	assert_true(is(notified(lab), "g", "cause"));
}

static void embedded_signals_that_cannot_be_done(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;

	/* there is no Remote to open to */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))
		", Events = 1 { g/sc, g/cause { Embed { Signals { tcpbcc/EstBNC } } } }")));
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	assert_true(is(notified(lab), "g", "cause"));
	cmd = notified(lab);
	assert_true(is(cmd, "g", "sc"));
	assert_string_equal(param(cmd, "Meth"), "NC");
	assert_int_equal(fake_find(1, 1)->opened, 0);
}

/* g/sc reports that the signal embedded in g/sc failed, and so on: others still get their turn. */
static void a_signal_embedded_in_its_own_report(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))
		", Events = 1 { g/cause { Embed { Signals { tcpbcc/EstBNC } } }, "
		"g/sc { Embed { Signals { tcpbcc/EstBNC } } } }")));
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	assert_true(is(notified(lab), "g", "cause"));
	assert_true(is(notified(lab), "g", "sc"));
	lab_ok(lab, "Context = 1 { Subtract = ip/1/acc/1 }");
}

/* Embedded Events take a heartbeat away, and bring one. */
static void heartbeat_in_embedded_events(void **state)
{
	struct lab *lab = *state;
	uint64_t end;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END)
		", Events = 1 { hangterm/thb { timerx = 1 }, tcpbcc/BNCChange { Type = EstFail, Embed { "
		"Events = 2 { g/cause } } } }")));
	fake_event(fake_find(1, 1), BEARER_TCP_FAILED, "refused");
	assert_true(is(notified(lab), "tcpbcc", "BNCChange"));
	for (end = uv_hrtime() + 1200000000ULL; uv_hrtime() < end; )
		uv_run(&lab->loop, UV_RUN_ONCE);
	assert_int_equal(lab_pending(lab), 0);
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END)
		", Events = 3 { g/cause { Embed { Events = 4 { hangterm/thb { timerx = 1 } } } } }")));
	fake_event(fake_find(2, 1), BEARER_LOST, "reset");
	assert_true(is(notified(lab), "g", "cause"));
	assert_true(is(notified(lab), "hangterm", "thb"));
}

static void quiet_events(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END)
		", Events = 1 { tcpbcc/BNCChange { NeverNotify, Type = EstFail, Embed { Signals { "
		"tcpbcc/EstBNC } } } }")));
	b = fake_find(1, 1);
	fake_event(b, BEARER_TCP_FAILED, "refused");
	assert_int_equal(b->opened, 1);
	assert_int_equal(lab_pending(lab), 0);
	lab_refused(lab, 501, "Context = 1 { Modify = ip/1/acc/1 { Events = 1 { g/cause { "
		    "RegulatedNotify } } } }");
}

/* ---- signals ---- */

static void lists_of_signals(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS", "a=setup:active\r\n")) ", "
		REMOTE(SDP_AT("10.1.0.7", "5000", "TCP/TLS", "")))
		", Events = 1 { g/sc }, Signals { SignalList = 7 { tcpbcc/EstBNC, tlsbsc/EstBNC { "
		"NotifyCompletion = { TimeOut }, SPARequestID = 99 } } }")));
	assert_int_equal(fake_find(1, 1)->opened, 1);
	assert_int_equal(fake_find(1, 1)->tls_started, 1);
	cmd = notified(lab);
	assert_string_equal(param(cmd, "SigID"), "tlsbsc/EstBNC");
	assert_string_equal(param(cmd, "Meth"), "TO");
	assert_string_equal(param(cmd, "SLID"), "7");
	assert_string_equal(param(cmd, "RID"), "99");
	/* KeepActive: what is not active is not begun */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC { KeepActive } } } }");
	assert_int_equal(fake_find(1, 1)->opened, 1);
	lab_refused(lab, 501, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC { "
		    "SPADirection = Internal } } } }");
}

/* ---- statistics ---- */

static struct h248_property *stat_of(struct h248_statistics *st, const char *pkg, const char *item)
{
	return st ? h248_find(&st->items, pkg, item) : NULL;
}

static void statistics_that_were_chosen(void **state)
{
	struct lab *lab = *state;
	struct h248_statistics *st;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("RTP/AVP", "")))
			       ", Statistics { nt/os, rtp/pr, ippcs/ps }")));
	fake_find(1, 1)->stats = (struct bearer_stats){ .octets_sent = 5, .packets_sent = 2,
							.packets_received = 3 };
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Statistics } } }");
	st = lab_command(lab)->statistics;
	assert_true(str_is(h248_first(stat_of(st, "nt", "os")), "5"));
	assert_true(str_is(h248_first(stat_of(st, "rtp", "pr")), "3"));
	assert_true(str_is(h248_first(stat_of(st, "ippcs", "ps")), "2"));
	assert_null(stat_of(st, "nt", "or"));
	/* by its name any is told */
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Statistics { nt/or } } } }");
	assert_non_null(stat_of(lab_command(lab)->statistics, "nt", "or"));
	assert_null(stat_of(lab_command(lab)->statistics, "nt", "os"));
	lab_refused(lab, 449, "Context = 1 { Modify = ip/1/acc/1 { Statistics { nt/os = 5 } } }");
	lab_refused(lab, 453, "Context = 1 { Modify = ip/1/acc/1 { Statistics { rtp/delay } } }");
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Statistics { nt/dur } } }");
	lab_ok(lab, "Context = 1 { Subtract = ip/1/acc/1 }");
	assert_non_null(stat_of(lab_command(lab)->statistics, "nt", "dur"));
	assert_null(stat_of(lab_command(lab)->statistics, "nt", "os"));
	/* RTP's and datagrams' are not told of other streams */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))))));
	lab_ok(lab, "Context = 2 { Subtract = ip/1/acc/2 }");
	assert_null(stat_of(lab_command(lab)->statistics, "rtp", "ps"));
	assert_null(stat_of(lab_command(lab)->statistics, "ippcs", "ps"));
	assert_non_null(stat_of(lab_command(lab)->statistics, "nt", "os"));
}

static void statistics_of_streams(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("UDP", "")) ", "
		"Statistics { nt/or } }, Stream = 2 { " LOCAL(SDP("TCP", "")) " } }")));
	fake_find(1, 1)->stats.octets_received = 11;
	fake_find(1, 2)->stats.octets_received = 22;
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Statistics } } }");
	assert_null(lab_command(lab)->statistics);
	assert_true(str_is(h248_first(stat_of(lab_stream(lab, 1)->statistics, "nt", "or")), "11"));
	assert_null(stat_of(lab_stream(lab, 1)->statistics, "nt", "os"));
	assert_true(str_is(h248_first(stat_of(lab_stream(lab, 2)->statistics, "nt", "or")), "22"));
	assert_non_null(stat_of(lab_stream(lab, 2)->statistics, "nt", "os"));
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 2 { Statistics { nt/or } "
	       "} } } } }");
	assert_true(str_is(h248_first(stat_of(lab_stream(lab, 2)->statistics, "nt", "or")), "22"));
	lab_refused(lab, 460, "Context = 1 { Modify = ip/1/acc/1 { Media { Stream = 2 { Statistics { "
		    "rtp/ps } } } } }");
	lab_ok(lab, "Context = 1 { Subtract = ip/1/acc/1 }");
	assert_null(stat_of(lab_stream(lab, 1)->statistics, "nt", "os"));
	assert_true(str_is(h248_first(stat_of(lab_stream(lab, 2)->statistics, "nt", "or")), "22"));
}

/* ---- what the MGC wants to have kept ---- */

static void what_the_mgc_leaves_here(void **state)
{
	struct lab *lab = *state;
	struct h248_property *p;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { TerminationState { MGCInfo/db = \"0a0B {x}\" }, Stream = 1 { "
		"LocalControl { Mode = Inactive, MGCInfo/db = \"stream's\" } } }")));
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media } } }");
	p = h248_find(&lab_command(lab)->media->state->properties, "MGCInfo", "db");
	assert_true(str_is(h248_first(p), "0a0B {x}"));
	p = h248_find(&lab_stream(lab, 1)->control->properties, "MGCInfo", "db");
	assert_true(str_is(h248_first(p), "stream's"));
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { TerminationState { MGCInfo/db = \"\" } } } }");
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { TerminationState { MGCInfo/db } } } } }");
	p = h248_find(&lab_command(lab)->media->state->properties, "MGCInfo", "db");
	assert_true(str_is(h248_first(p), ""));
	lab_refused(lab, 455, "Context = 1 { Modify = ip/1/acc/1 { Media { TerminationState { gm/saf = on } } } }");
}

/* ---- alternatives in Local ---- */

#define AUDIO(ip, port, formats, more) \
	"v=0\r\nc=IN IP4 " ip "\r\nm=audio " port " RTP/AVP " formats "\r\n" more
#define TWO	"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=fmtp:0 x\r\na=ptime:20\r\n"

static void alternatives(void **state)
{
	struct lab *lab = *state;

	/* one format of several; what describes the others goes, too */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(AUDIO("$", "$", "8 0", TWO))))));
	assert_true(str_is(lab_stream(lab, 1)->local,
			   AUDIO("10.1.0.1", "20000", "8", "a=rtpmap:8 PCMA/8000\r\na=ptime:20")));
	/* all of them */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { ReservedValue = ON }, "
						    LOCAL(AUDIO("$", "$", "8 0", TWO))))));
	assert_non_null(strstr(lab->text, "RTP/AVP 8 0\r\n"));
	assert_non_null(strstr(lab->text, "a=fmtp:0 x"));
	/* one session of several: the first that can be done */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(
		AUDIO("$", "$", "8", "") AUDIO("$", "$", "0", ""))))));
	assert_non_null(strstr(lab->text, "RTP/AVP 8"));
	assert_null(strstr(lab->text, "RTP/AVP 0"));
	/* all that the same port can serve */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { ReservedGroup = ON }, " LOCAL(
		AUDIO("$", "$", "8", "") SDP("TCP", "") AUDIO("$", "$", "0", ""))))));
	assert_non_null(strstr(lab->text, "m=audio 20003 RTP/AVP 8\r\n"));
	assert_non_null(strstr(lab->text, "m=audio 20003 RTP/AVP 0"));
	assert_null(strstr(lab->text, "TCP"));
	assert_int_equal(fake.made, 4);
	lab_refused(lab, 474, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL("v=0\r\nc=IN IP4\r\nm=audio $ RTP/AVP 8\r\n")))));
	assert_non_null(strstr(lab->text, "line 2 column"));
}

/* ---- silence ---- */

static void silence(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	unsigned int asked;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))
			       ", Events = 4 { adid/ipstop { dt = 1, dir = IN } }")));
	cmd = notified(lab);
	assert_true(is(cmd, "adid", "ipstop"));
	assert_int_equal(cmd->observed->id, 4);
	/* once, until something passes, however often it is looked at */
	for (asked = fake_find(1, 1)->asked; fake_find(1, 1)->asked < asked + 3;)
		uv_run(&lab->loop, UV_RUN_ONCE);
	assert_int_equal(lab_pending(lab), 0);
	fake_find(1, 1)->stats.octets_received = 1;
	cmd = notified(lab);
	assert_true(is(cmd, "adid", "ipstop"));
	lab_refused(lab, 454, "Context = 1 { Modify = ip/1/acc/1 { Events = 5 { adid/ipstop { dt = 0 } } } }");
}

/* ---- ROOT ---- */

static void overload(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;

	lab_ok(lab, "Context = - { Modify = ROOT { Events = 3 { ocp/mg_overload, chp/mgcon } } }");
	events_overload(lab->agent, 80);
	cmd = notified(lab);
	assert_true(is(cmd, "chp", "mgcon"));
	assert_string_equal(param(cmd, "reduction"), "60");
	assert_int_equal(cmd->observed->id, 3);
	/* not again for the same */
	events_overload(lab->agent, 81);
	assert_int_equal(lab_pending(lab), 0);
	events_overload(lab->agent, 120);
	assert_string_equal(param(notified(lab), "reduction"), "100");
	/* one for each Add that is too many, but emergency calls never are */
	lab_request(lab, CHOOSE("Add = ip/1/acc/$"));
	assert_true(is(notified(lab), "ocp", "mg_overload"));
	lab_pending(lab);
	lab_request(lab, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	assert_int_equal(lab_reply(lab), 0);
	assert_int_equal(lab_pending(lab), 0);
	/* it passes */
	assert_string_equal(param(notified(lab), "reduction"), "0");
}

static void realms(void **state)
{
	static const char *const up[] = { "core" }, *const down[] = { "access", "other" };
	struct lab *lab = *state;
	struct h248_property *p;
	struct h248_command *cmd;

	lab_ok(lab, "Context = - { AuditValue = ROOT { Audit { Media { TerminationState { ipra/ar } } } } }");
	p = lab_command(lab)->media->state->properties.first;
	assert_int_equal(p->form, H248_FORM_AND);
	assert_true(str_is(p->values.first->text, "access"));
	assert_true(str_is(p->values.last->text, "core"));
	lab_refused(lab, 534, "Context = - { Modify = ROOT { Media { TerminationState { ipra/ar = [ \"a\" ] } } } }");
	lab_ok(lab, "Context = - { Modify = ROOT { Events = 3 { ipra/arc } } }");
	events_realms_changed(lab->agent, up, 1, down, 2);
	cmd = notified(lab);
	assert_true(is(cmd, "ipra", "arc"));
	assert_string_equal(param(cmd, "nar"), "core");
	assert_string_equal(param(cmd, "nur"), "access");
	assert_non_null(strstr(lab->text, "\"other\""));
}

static bool has_package(struct lab *lab, const char *name)
{
	struct h248_package *p;

	h248_each(p, &lab_command(lab)->packages->items)
		if (str_iis(p->name, name))
			return true;
	return false;
}

static void variants_of_the_profile(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "profile_variant = \"mp\"; package_items = ( "
		 "{ item = \"tcpbcc\"; name = \"tcpx\"; version = 3; id = 0x0119; }, "
		 "{ item = \"tcpbcc/BNCChange/Type\"; name = \"Kind\"; }, "
		 "{ item = \"tcpbcc/BNCChange/Type/Est\"; name = \"Open\"; }, "
		 "{ item = \"tcpbcc/BNCChange/Type/EstFail\"; name = \"Failed\"; } );");
	lab_register(&lab);
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { Packages } } }");
	assert_true(has_package(&lab, "nt"));
	assert_true(has_package(&lab, "tcpx"));
	assert_false(has_package(&lab, "gm"));
	assert_false(has_package(&lab, "tman"));
	assert_non_null(strstr(lab.text, "tcpx-3"));
	lab_refused(&lab, 440, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { gm/saf = on }"))));
	lab_refused(&lab, 446, CHOOSE(ADD("ip/1/acc/$", "Events = 1 { tcpx/BNCChange { Type = Est } }")));
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END)
				", Events = 1 { tcpx/BNCChange { Kind = Open } }")));
	fake_event(fake.list, BEARER_TCP_UP, "up");
	assert_string_equal(param(notified(&lab), "Kind"), "Open");
	lab_refused(&lab, 454, CHOOSE(ADD("ip/1/acc/$", "Events = 1 { tcpx/BNCChange { Kind = Est } }")));
	/* the default, too, goes under its other name */
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(TCP_END) ", Events = 2 { tcpx/BNCChange }")));
	fake_event(fake.list, BEARER_TCP_FAILED, "refused");
	assert_string_equal(param(notified(&lab), "Kind"), "Failed");
	lab_close(&lab);

	lab_open(&lab, "profile_variant = \"iq\";");
	lab_register(&lab);
	lab_refused(&lab, 444, "Context = $ { Topology { $, *, Bothway }, Add = ip/1/acc/$ }");
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_refused(&lab, 444, "Context = 1 { ContextAudit { Topology } }");
	lab_close(&lab);
}

#define FP1	"a=fingerprint:SHA-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\r\n"
#define FP256	"a=fingerprint:SHA-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:" \
		"10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"
#define TLS_END(mine, theirs) \
	CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS", mine)) ", " \
					REMOTE(SDP_AT("10.1.0.7", "9", "TCP/TLS", theirs)))))

/* A hash that the operator does not trust is as good as one that nobody knows. */
static void hashes_of_fingerprints(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "fingerprint_hashes = [ \"sha-512\", \"sha-256\" ];");
	lab_register(&lab);
	lab_refused(&lab, 449, TLS_END("", FP1));
	lab_ok(&lab, TLS_END("a=fingerprint:$\r\n", FP1 FP256));
	assert_non_null(strstr(lab.text, "a=fingerprint:SHA-256 AA:BB:CC"));
	assert_int_equal(fake.list->want.n_fp, 1);
	assert_int_equal(fake.list->want.fp[0].hash, BEARER_SHA256);
	lab_close(&lab);

	lab_open(&lab, "fingerprint_hashes = [ \"sha-512\" ];");
	lab_register(&lab);
	lab_refused(&lab, 449, TLS_END("a=fingerprint:SHA-256 $\r\n", ""));
	lab_ok(&lab, TLS_END("a=fingerprint:$\r\n", ""));
	assert_non_null(strstr(lab.text, "a=fingerprint:SHA-512 AA:BB:CC"));
	lab_close(&lab);
}

int main(void)
{
#define TEST(f)		cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
#define TEST_V3(f)	cmocka_unit_test_setup_teardown(f, setup_v3, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(lock_step),
		TEST(a_full_buffer),
		TEST(embedded),
		TEST(embedded_signals_that_cannot_be_done),
		TEST(a_signal_embedded_in_its_own_report),
		TEST(heartbeat_in_embedded_events),
		TEST_V3(quiet_events),
		TEST_V3(lists_of_signals),
		TEST(statistics_that_were_chosen),
		TEST_V3(statistics_of_streams),
		TEST(what_the_mgc_leaves_here),
		TEST(alternatives),
		TEST(silence),
		TEST(overload),
		TEST(realms),
		cmocka_unit_test(variants_of_the_profile),
		cmocka_unit_test(hashes_of_fingerprints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
