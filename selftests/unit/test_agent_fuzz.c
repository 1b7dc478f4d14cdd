// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent under requests that are nearly right: a set of valid ones is mutated, and
 * whatever comes of it must leave no sanitizer's complaint, no object after the
 * last Subtract, and an agent that still answers.
 */
#include "agent_lab.h"
#include "agent/agent_private.h"

#define ROUNDS		6000
#define ACCEPT_3	"Context = - { ServiceChange = ROOT { Services { Version = 3 } } }"

static const char *const seeds[] = {
	CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { Mode = SendReceive, ipdc/realm = \"access\", gm/saf = on, "
	       "gm/sam = \"10.1.0.0/24\", gm/spf = on, gm/spr = \"5000-5999\", ds/dscp = 10 }, "
	       LOCAL(SDP("TCP/TLS", "a=setup:passive\r\na=fingerprint:$ $\r\n")) ", "
	       REMOTE(SDP_AT("10.1.0.7", "9", "TCP/TLS", "a=setup:active\r\n"
	       "a=fingerprint:SHA-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\r\n")))
	       ", Signals { ipnapt/latch { napt = LATCH } }, "
	       "Events = 7 { g/cause, hangterm/thb { timerx = 600 }, tcpbcc/BNCChange { Type = EstFail } }")),
	"Context = 1 { Add = ip/1/core/$ { Media { Stream = 1 { LocalControl { Mode = SendOnly, "
	"seplink/linktopo = \"ip/1/acc/1,1,EstBNC\" }, " LOCAL(SDP("TCP", "a=setup:active\r\n")) ", "
	REMOTE(SDP_AT("10.2.0.9", "2855", "TCP", "a=setup:passive\r\n")) " }, Stream = 2 { "
	LOCAL(SDP("udptl", "")) " } }, Signals { tcpbcc/EstBNC { Stream = 1, NotifyCompletion = { TimeOut } } } } }",
	"Context = 1 { Modify = * { Media { Stream = 1 { LocalControl { Mode = Inactive } }, Stream = 3 { "
	LOCAL(SDP("UDP", "")) " } }, Events = 9 { g/sc, nt/netfail, tlsbsc/BNCChange { Type = [ Est, EstFail ] } }, "
	"Signals { tlsbsc/EstBNC { Stream = 1 }, tcpbcc/RelBNC }, Audit { Media, Events, Statistics } } }",
	"Context = * { AuditValue = ip/*/acc/* { Audit { Media, Events, Signals, Statistics, Packages, "
	"ObservedEvents, Modem, EventBuffer } } }, Context = 2 { Subtract = * }",
	"Context = * { W-Subtract = ip/1/*/* { Audit { Statistics } } }, Context = $ { O-Modify = *, "
	"Priority = 3, Emergency, Add = ip/7/$/$, Add = $ { Media { " LOCAL(SDP("RTP/AVP", "")) " } } }",
	"Context = - { Modify = ROOT { Events = 2 { it/ito { mit = 360000 } }, Media { TerminationState { "
	"root/normalMGExecutionTime = 300 } } }, AuditValue = ROOT { Audit { Media { TerminationState { "
	"root/maxNumberOfContexts } }, Packages } }, AuditCapability = ROOT { Audit { Media, Events } } }",
	"Context = 1 { ContextAudit { Priority, Emergency }, ServiceChange = * { Services { Method = Forced, "
	"Reason = \"905 out\" } }, AuditValue = * { Audit { Media { Stream = 1 { LocalControl { gm/saf, Mode }, "
	"Local } }, Statistics { nt/os } } }, Subtract = ip/1/acc/1 { Audit { } } }",
	"Context = $ { Priority = 5, IEPSCall = ON, Topology { $, *, Bothway }, Add = ip/1/acc/$ { Media { TerminationState { "
	"Buffer = LockStep, MGCInfo/db = \"0a0b\" }, Stream = 1 { LocalControl { MGCInfo/db = \"x\", "
	"ReservedValue = ON }, " LOCAL(SDP("RTP/AVP", "")) ", Statistics { nt/os, rtp/ps } } }, "
	"Events = 3 { tcpbcc/BNCChange { Type = [ Est, EstFail ], Embed { Signals { SignalList = 4 { tcpbcc/EstBNC { "
	"NotifyCompletion = { TimeOut }, SPARequestID = 8 }, tlsbsc/EstBNC } }, Events = 4 { g/sc, g/cause } } }, "
	"adid/ipstop { dt = 1, dir = IN } }, EventBuffer { g/cause, tcpbcc/BNCChange { Type = Est } } } }",
	"Context = * { ContextAudit { Priority, Emergency, IEPSCall, Topology, ContextAttr { ContextList = { 1, 2 } } }, "
	"W-AuditValue = * { Audit { Media, Events, EventBuffer, ObservedEvents, Statistics, Packages, Signals } }, "
	"W-Modify = [ ip/1/acc/1, ip/1/* ] { Statistics { nt/dur }, Signals { tcpbcc/EstBNC { KeepActive } } } }",
	"Context = 2 { O-Move = ip/1/acc/1, O-AuditValue = [ ip/1/acc/1, ip/1/core/* ] { Audit { Media { TerminationState { "
	"Buffer, ServiceStates = InService }, Stream = 1 { LocalControl { Mode # Inactive, ds/dscp > 3 }, "
	"Statistics { nt/* } } }, Events = 3 { g/cause }, Packages { nt-1 } } }, AuditCapability = * { Audit { Media, "
	"Signals, Events, Statistics } }, Modify = * { Events = 5 { g/cause }, EventBuffer } }",
	"Context = - { Modify = ROOT { Events = 2 { ocp/mg_overload, chp/mgcon, ipra/arc } }, AuditValue = ROOT { Audit { "
	"Media { TerminationState { ipra/ar } }, Events = 2 { ipra/arc } } } }, Context = * { ContextAudit { Priority = 5, "
	"EmergencyValue = Emergency, ORLgc }, AuditValue = ROOT { Audit { } }, W-ServiceChange = ip/1/acc/* { Services { "
	"Method = Graceful, Reason = \"905 out\" } } }",
};

/* Whatever happens, a bearer is where its termination is. */
static void consistent(const struct lab *lab)
{
	const struct termination *t;
	const struct bearer *b;

	for (b = fake.list; b; b = b->next) {
		t = termination_find(lab->agent, b->termination);
		assert_non_null(t);
		assert_int_equal(t->context->id, b->context);
		assert_ptr_equal(termination_stream(t, b->stream)->bearer, b);
	}
}

/* xorshift: the same every time */
static uint32_t state_of_rng = 2463534242U;

static uint32_t any(uint32_t below)
{
	state_of_rng ^= state_of_rng << 13;
	state_of_rng ^= state_of_rng >> 17;
	state_of_rng ^= state_of_rng << 5;
	return below ? state_of_rng % below : 0;
}

static void mutate(char *text, size_t size)
{
	static const char letters[] = "{}{}{}=,,\"$*$*-/0123456789 \r\nabcXYZ:;|<>#[]";
	size_t len = strlen(text), at, n;
	unsigned int times = 1 + any(3);

	while (times-- && len > 2) {
		at = any((uint32_t)len);
		switch (any(4)) {
		case 0:
			text[at] = letters[any(sizeof(letters) - 1)];
			break;
		case 1:
			n = 1 + any(12);
			if (at + n > len)
				n = len - at;
			memmove(text + at, text + at + n, len - at - n + 1);
			len -= n;
			break;
		case 2:
			if (len + 1 >= size)
				break;
			memmove(text + at + 1, text + at, len - at + 1);
			text[at] = letters[any(sizeof(letters) - 1)];
			len++;
			break;
		default:
			/* a piece of it somewhere else */
			n = 1 + any(40);
			if (at + n > len || len + n >= size)
				break;
			memmove(text + at + n, text + at, len - at + 1);
			len += n;
			break;
		}
	}
}

/* A segment that is not acknowledged comes again. */
static void acknowledge(struct lab *lab, const struct h248_transaction *reply)
{
	char text[128];

	if (!reply->has_segment)
		return;
	snprintf(text, sizeof(text), "MEGACO/3 [127.0.0.1]:%u Segment = %u/%u", lab->mgc_port[0],
		 reply->id, reply->segment);
	lab_send(lab, text);
}

/* Reads what has come, and answers what the gateway asks. Return: the last reply's id. */
static uint32_t drain(struct lab *lab)
{
	struct h248_text_error err;
	uint32_t last = 0;
	ssize_t n;

	while ((n = recv(lab->mgc[0], lab->text, sizeof(lab->text) - 1, 0)) >= 0) {
		arena_reset(&lab->arena);
		lab->text[n] = '\0';
		if (h248_text_parse(&lab->arena, lab->text, (size_t)n, &lab->msg, &err))
			fail_msg("gateway wrote what cannot be read: %s in\n%s", err.text, lab->text);
		if (!lab_transaction(lab))
			continue;
		if (lab_transaction(lab)->kind == H248_REPLY) {
			last = lab_transaction(lab)->id;
			acknowledge(lab, lab_transaction(lab));
		} else if (lab_transaction(lab)->kind == H248_REQUEST) {
			lab_answer(lab, 0, lab_command(lab)->kind == H248_NOTIFY ?
				   "Context = - { Notify = ROOT }" : LAB_ACCEPT);
		}
	}
	return last;
}

/* Moves and topologies of what is there: names of the seeds are soon gone. */
static bool live_request(const struct lab *lab, char *text, size_t size)
{
	static const struct {
		const char *before, *behind;	/* the name of a termination */
	} forms[] = {
		{ "O-Move = ", " { " STREAM("LocalControl { Mode = SendOnly }") ", Audit { Statistics } }" },
		{ "Topology { ", ", *, Oneway, *, *, Isolate, Stream = 2 }, ContextAudit { Topology }" },
		{ "Topology { $, *, Isolate }, O-Add = ip/1/core/$ { " STREAM(MODE LOCAL(SDP("UDP", "")))
		  " }, O-Move = ", " { Media { Stream = 2 { " LOCAL(SDP("UDP", "")) " } }, Events = 4 { g/cause } }" },
		{ "W-AuditValue = * { Audit { } } }, Context = $ { Emergency, Move = ", "" },
	};
	unsigned int n = any(fake_count()), i;
	const struct context *c = lab->agent->contexts;
	const struct bearer *b = fake.list;

	if (!b)
		return false;
	while (n--)
		b = b->next;
	for (n = any(lab->agent->n_contexts); n--; )
		c = c->next;
	i = any(sizeof(forms) / sizeof(forms[0]));
	snprintf(text, size, "Context = %u { %s%s%s }", c->id, forms[i].before,
		 termination_find(lab->agent, b->termination)->name, forms[i].behind);
	return true;
}

/* Everything sent so far has been worked off. */
static void settle(struct lab *lab)
{
	uint64_t asked = 0;

	do {
		/* Datagrams get lost when there is no room for them. */
		if (uv_hrtime() - asked > 200000000) {
			lab_request(lab, "Context = - { AuditValue = ROOT { Audit { } } }");
			asked = uv_hrtime();
		}
		uv_run(&lab->loop, UV_RUN_ONCE);
	} while (drain(lab) != lab->last_id);
}

/* @more: configuration; version: what the MGC accepts */
static void nearly_right_requests(const char *more, unsigned int version)
{
	const unsigned int n = sizeof(seeds) / sizeof(seeds[0]);
	struct bearer *b, *next;
	char actions[8192];
	struct lab lab;
	unsigned int i;

	lab_open(&lab, more);
	lab_receive(&lab);
	lab_answer(&lab, 0, version == 3 ? ACCEPT_3 : LAB_ACCEPT);
	lab_pending(&lab);
	for (i = 0; i < ROUNDS; i++) {
		if (any(4) || !live_request(&lab, actions, sizeof(actions)))
			snprintf(actions, sizeof(actions), "%s", seeds[any(n)]);
		if (any(4))
			mutate(actions, sizeof(actions));
		/* an answer to what is broken is rationed, so none is waited for */
		lab_request(&lab, "%s", actions);
		fake.apply_error = any(50) ? 0 : -EIO;
		fake.new_error = any(50) ? 0 : -ENOSPC;
		fake.move_error = any(20) ? 0 : -EISCONN;
		fake.moves = any(3);
		if (i % 10)
			uv_run(&lab.loop, UV_RUN_NOWAIT);
		else
			settle(&lab);
		drain(&lab);
		consistent(&lab);
		for (b = fake.list; b && !any(8); b = next) {
			next = b->next;
			fake_event(b, any(BEARER_LOST + 1), "fuzz");
			b->stats.octets_received += any(3);
		}
		if (!any(40))
			events_overload(lab.agent, any(130));
	}
	fake.apply_error = 0;
	fake.new_error = 0;
	/* all that was made can be ended */
	settle(&lab);
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = \"900 in\" } } }");
	lab_ok(&lab, "Context = - { ServiceChange = ip/1/acc/* { Services { Method = Restart, Reason = \"900 in\" } } }");
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = * { W-Subtract = * { Audit { } } }");
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	assert_int_equal(fake_count(), 0);
	assert_int_equal(fake.made, fake.deleted);
	/* not all of them were refused */
	assert_in_range(fake.made, 100, 100000);
	assert_in_range(fake.moved, 30, 100000);
	lab_close(&lab);
}

static void in_version_2(void **state)
{
	(void)state;
	nearly_right_requests("", 2);
}

static void in_version_3(void **state)
{
	(void)state;
	nearly_right_requests("version = 3; max_terminations = 4;", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_version_2),
		cmocka_unit_test(in_version_3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
