// SPDX-License-Identifier: GPL-2.0-only
/* The agent: Add, Modify, Subtract, audits, wildcards, as seen on the wire. */
#include "agent_lab.h"

/* Adds core (active, TCP) as termination 1, then access (TLS, passive) as 2. */
static uint32_t originating(struct lab *lab)
{
	uint32_t context;

	lab_ok(lab, CHOOSE(ADD("ip/1/core/$", STREAM(MODE LOCAL(SDP("TCP", "a=setup:active\r\n"))))));
	context = lab_context(lab);
	lab_ok(lab, "Context = %u { Modify = ip/1/core/1 { "
	       STREAM(REMOTE(SDP_AT("10.2.0.9", "2855", "TCP", "a=setup:passive\r\n"))) " }, "
	       ADD("ip/1/acc/$", STREAM("LocalControl { Mode = SendReceive, ipdc/realm = \"access\", "
		   "gm/saf = on, gm/sam = \"10.1.0.0/24\", "
		   "seplink/linktopo = \"ip/1/core/1,1,EstBNC\" }, "
		   LOCAL(SDP("TCP/TLS", "a=setup:passive\r\na=fingerprint:$ $\r\n")))
		   ", Signals { ipnapt/latch { napt = LATCH } }"
		   ", Events = 7 { g/cause, tcpbcc/BNCChange { Type = EstFail }, tlsbsc/BNCChange }")
	       " }", context);
	return context;
}

static void local_is_filled_in(void **state)
{
	struct lab *lab = *state;
	struct h248_stream *s;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS",
		"b=AS:30\r\na=setup:passive\r\na=fingerprint:$ $\r\n"))))));
	assert_true(str_is(lab_command(lab)->terms.first->text, "ip/1/acc/1"));
	s = lab_stream(lab, 1);
	assert_non_null(s);
	assert_true(str_is(s->local, "v=0\r\nc=IN IP4 10.1.0.1\r\nm=message 20000 TCP/TLS -\r\n"
			   "b=AS:30\r\na=setup:passive\r\na=fingerprint:SHA-256 AA:BB:CC"));
	assert_int_equal(fake_count(), 1);
	assert_int_equal(fake.list->want.proto, BEARER_TLS);
	assert_int_equal(fake.list->want.setup, BEARER_SETUP_PASSIVE);
	assert_int_equal(fake.list->want.media, BEARER_MEDIA_MESSAGE);
	/* nothing was said about Mode */
	assert_int_equal(fake.list->want.mode, KMGW_MODE_INACTIVE);
}

/* "$" for what the gateway has nothing to choose for */
static void media_and_format_are_not_applicable(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL("v=0\r\nc=IN IP4 $\r\nm=$ $ TCP $\r\n")))));
	assert_true(str_is(lab_stream(lab, 1)->local,
			   "v=0\r\nc=IN IP4 10.1.0.1\r\nm=- 20000 TCP -"));
}

static void each_form_of_a_fingerprint_request(void **state)
{
	static const struct { const char *asked, *given; } cases[] = {
		{ "$", "SHA-256 AA:BB:CC" },
		{ "$ $", "SHA-256 AA:BB:CC" },
		{ "SHA-256 $", "SHA-256 AA:BB:CC" },
		{ "sha-512 $", "SHA-512 AA:BB:CC" },
		{ "SHA-256 AA:bb:CC", NULL },
	};
	struct lab *lab = *state;
	unsigned int i;
	char want[64];

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS",
			"a=fingerprint:%s\r\n"))))), cases[i].asked);
		snprintf(want, sizeof(want), "a=fingerprint:%s",
			 cases[i].given ? cases[i].given : cases[i].asked);
		assert_non_null(strstr(lab->text, want));
	}
	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS",
		"a=fingerprint:SHA-1 $\r\n"))))));
	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS",
		"a=fingerprint:SHA-256 AA:BB:CD\r\n"))))));
}

static void the_first_alternative_that_can_be_done(void **state)
{
	struct lab *lab = *state;
	struct h248_stream *s;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(
		"v=0\r\nc=IN IP4 $\r\nm=message $ TCP/MSRP -\r\na=path:msrp://10.1.0.1:1/x;tcp\r\n"
		"v=0\r\nc=IN IP6 $\r\nm=image $ udptl t38\r\n")))));
	s = lab_stream(lab, 1);
	assert_true(str_is(s->local, "v=0\r\nc=IN IP6 fd00::1\r\nm=image 20000 udptl t38"));
	lab_refused(lab, 501, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(
		"v=0\r\nc=IN IP4 $\r\nm=message $ TCP/MSRP -\r\na=path:msrp://10.1.0.1:1/x;tcp\r\n"
		"v=0\r\nc=IN IP6 $\r\nm=image $ PIGEON t38\r\n")))));
}

static void dtls(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("udp/dtls",
		"a=setup:passive\r\na=tls-id:abc\r\na=fingerprint:$ $\r\n"))))));
	assert_true(str_is(lab_stream(lab, 1)->local, "v=0\r\nc=IN IP4 10.1.0.1\r\n"
			   "m=message 20000 udp/dtls -\r\na=setup:passive\r\na=tls-id:abc\r\n"
			   "a=fingerprint:SHA-256 AA:BB:CC"));
	b = fake.list;
	assert_int_equal(b->want.proto, BEARER_DTLS);
	assert_int_equal(b->want.setup, BEARER_SETUP_PASSIVE);
	assert_true(b->want.tls_id);
	assert_int_equal(b->want.remote_tls_id, 0);

	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM(REMOTE(SDP_AT("10.1.0.9", "5000", "UDP/DTLS", "a=tls-id:def\r\n")))
	       ", Signals { tlsbsc/EstBNC } } }", lab_context(lab));
	assert_int_equal(b->tls_started, 1);
	assert_true(b->want.remote_tls_id && b->want.remote_tls_id != b->want.tls_id);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { tlsbsc/RelBNC } } }",
	       lab_context(lab));
	assert_int_equal(b->released, 1);

	/* the other spellings, and the way from a call to a fax and back */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP/TLS/UDPTL", ""))))));
	assert_int_equal(fake.list->want.proto, BEARER_DTLS);
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("RTP/AVP", ""))))));
	b = fake.list;
	assert_int_equal(b->want.proto, BEARER_UDP);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { " STREAM(LOCAL(SDP("UDP/DTLS", ""))) " } }",
	       lab_context(lab));
	assert_int_equal(b->want.proto, BEARER_DTLS);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { " STREAM(LOCAL(SDP("RTP/AVP", ""))) " } }",
	       lab_context(lab));
	assert_int_equal(b->want.proto, BEARER_UDP);
	lab_refused(lab, 473, "Context = %u { Modify = ip/1/acc/3 { " STREAM(LOCAL(SDP("TCP", "")))
		    " } }", lab_context(lab));
}

static void an_originating_call(void **state)
{
	struct lab *lab = *state;
	uint32_t context = originating(lab);
	struct bearer *core = fake_find(1, 1), *access = fake_find(2, 1);
	unsigned int applied;

	assert_non_null(core);
	assert_non_null(access);
	assert_true(core->want.interlinked);
	assert_false(access->want.interlinked);
	assert_true(core->want.has_remote);
	assert_int_equal(core->want.remote_setup, BEARER_SETUP_PASSIVE);
	assert_true(access->want.filter.n_addrs == 1);
	assert_int_equal(access->want.filter.addr[0].prefixlen, 24);
	assert_int_equal(access->want.filter.n_ports, 0);
	assert_int_not_equal(access->by_signal, 0);
	assert_int_equal(core->by_signal, 0);
	assert_int_equal(core->opened, 0);

	/* the link goes with the property */
	applied = core->applied;
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/2 { "
	       STREAM("LocalControl { seplink/linktopo = \"\" }") " } }", context);
	assert_false(core->want.interlinked);
	assert_int_equal(core->applied, applied + 1);
	assert_true(access->want.filter.n_addrs == 1);
}

static void a_terminating_call(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(MODE LOCAL(SDP("TCP/TLS",
		"a=setup:actpass\r\na=fingerprint:$ $\r\n"))))));
	b = fake_find(1, 1);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { " STREAM(
	       LOCAL("v=0\r\nc=IN IP4 10.1.0.1\r\nm=message 20000 TCP/TLS -\r\na=setup:active\r\n") ", "
	       REMOTE(SDP_AT("10.1.0.7", "7654", "TCP/TLS", "a=setup:passive\r\na=connection:new\r\n"
			     "a=fingerprint:SHA-1 00:01:02:03:04:05:06:07:08:09:0A:0b:0C:0D:0E:0F:10:11:12:13\r\n")))
	       ", Signals { tcpbcc/EstBNC { Stream = 1 }, tlsbsc/EstBNC { Stream = 1 } } } }",
	       lab_context(lab));
	/* nothing was left open: no descriptor in the reply */
	assert_null(lab_command(lab)->media);
	assert_int_equal(b->opened, 1);
	assert_int_equal(b->tls_started, 1);
	assert_int_equal(b->want.setup, BEARER_SETUP_ACTIVE);
	assert_true(b->want.connection_new);
	assert_int_equal(b->want.n_fp, 1);
	assert_int_equal(b->want.fp[0].hash, BEARER_SHA1);
	assert_int_equal(b->want.fp[0].len, 20);
	assert_int_equal(b->want.fp[0].digest[11], 0x0b);
	assert_int_equal(b->want.fp[0].digest[19], 0x13);
}

static void connection_new_is_an_order_and_no_state(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;
	uint32_t context;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "a=connection:new\r\n"))))));
	context = lab_context(lab);
	b = fake_find(1, 1);
	assert_true(b->want.connection_new);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { " STREAM("LocalControl { Mode = SendOnly }")
	       " } }", context);
	assert_false(b->want.connection_new);
	assert_int_equal(b->want.mode, KMGW_MODE_SENDONLY);
	/* nor is it given again when another command only touches the stream */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { " STREAM(LOCAL(SDP("TCP", "a=connection:new\r\n")))
	       " }, " ADD("ip/1/core/$", STREAM("LocalControl { seplink/linktopo = \"ip/1/acc/1,1,EstBNC\" }, "
	       LOCAL(SDP("TCP", "a=setup:passive\r\n")))) " }", context);
	assert_true(b->want.interlinked);
	assert_false(b->want.connection_new);
}

static void a_command_that_fails_changes_nothing(void **state)
{
	struct lab *lab = *state;
	uint32_t context = originating(lab);
	struct bearer *access = fake_find(2, 1);
	struct bearer_want before = access->want;
	unsigned int applied = access->applied, made = fake.made, deleted = fake.deleted;

	/* the last descriptor is wrong, what comes before it would be right */
	lab_refused(lab, 452, "Context = %u { Modify = ip/1/acc/2 { "
		    STREAM("LocalControl { Mode = Inactive, ds/dscp = 12 }, "
			   REMOTE(SDP_AT("10.1.0.7", "7000", "TCP/TLS", "")))
		    ", Events = 8 { g/cause }, Signals { tcpbcc/nosuch } } }", context);
	lab_refused(lab, 451, "Context = %u { Modify = ip/1/acc/2 { "
		    STREAM("LocalControl { Mode = Inactive }") ", Events = 8 { g/nosuch } } }", context);
	lab_refused(lab, 449, "Context = %u { Modify = ip/1/acc/2 { "
		    STREAM("LocalControl { Mode = Inactive, ds/dscp = 64 }") " } }", context);
	assert_int_equal(access->applied, applied);
	assert_memory_equal(&access->want, &before, sizeof(before));
	lab_ok(lab, "Context = %u { AuditValue = ip/1/acc/2 { Audit { Media, Events } } }", context);
	assert_int_equal(lab_command(lab)->events->id, 7);
	assert_int_equal(lab_command(lab)->media->streams.first->control->mode, H248_MODE_SENDRECV);
	assert_null(lab_command(lab)->media->streams.first->remote.p);

	/* a refusal by the media plane in the middle is taken back */
	fake.apply_error = -EIO;
	lab_refused(lab, 500, "Context = %u { Modify = ip/1/acc/2 { "
		    STREAM("LocalControl { Mode = Inactive }") ", Events = 8 { g/cause } } }", context);
	fake.apply_error = 0;
	lab_ok(lab, "Context = %u { AuditValue = ip/1/acc/2 { Audit { Media, Events } } }", context);
	assert_int_equal(lab_command(lab)->events->id, 7);
	assert_int_equal(lab_command(lab)->media->streams.first->control->mode, H248_MODE_SENDRECV);
	assert_int_equal(fake.made, made);
	assert_int_equal(fake.deleted, deleted);
}

static void an_add_that_fails_leaves_nothing(void **state)
{
	struct lab *lab = *state;

	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("PIGEON", ""))))));
	lab_refused(lab, 452, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))
					 ", Signals { tcpbcc/nosuch }")));
	fake.check_error = -EADDRNOTAVAIL;
	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))))));
	fake.check_error = -EALREADY;
	lab_refused(lab, 473, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))))));
	fake.check_error = 0;
	fake.apply_error = -EIO;
	lab_refused(lab, 500, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))))));
	fake.apply_error = 0;
	fake.new_error = -ENOSPC;
	lab_refused(lab, 510, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", ""))))));
	fake.new_error = 0;
	assert_int_equal(fake_count(), 0);
	assert_int_equal(agent_n_contexts(lab->agent), 0);
	/* the error comes in the context that could not be chosen */
	assert_int_equal(lab_context(lab), H248_CONTEXT_CHOOSE);
}

static void a_failed_add_does_not_undo_the_one_before(void **state)
{
	struct lab *lab = *state;

	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "")))) ", "
				     ADD("ip/1/core/$", STREAM(LOCAL(SDP("PIGEON", ""))))));
	assert_int_equal(agent_n_contexts(lab->agent), 1);
	assert_int_equal(fake_count(), 1);
	lab_ok(lab, "Context = * { W-Subtract = * { Audit { } } }");
	assert_int_equal(agent_n_contexts(lab->agent), 0);
	assert_int_equal(fake_count(), 0);
}

static void statistics_of_subtract(void **state)
{
	struct lab *lab = *state;
	uint32_t context = originating(lab);
	struct h248_statistics *st;

	fake_find(2, 1)->stats = (struct bearer_stats){ .octets_sent = 111, .octets_received = 222,
							.drops = 3 };
	lab_ok(lab, "Context = %u { Subtract = ip/1/acc/2 }", context);
	st = lab_command(lab)->statistics;
	assert_non_null(st);
	assert_true(str_is(h248_first(h248_find(&st->items, "nt", "os")), "111"));
	assert_true(str_is(h248_first(h248_find(&st->items, "nt", "or")), "222"));
	assert_true(str_is(h248_first(h248_find(&st->items, "gm", "dp")), "3"));
	assert_non_null(h248_find(&st->items, "nt", "dur"));
	assert_int_equal(fake_count(), 1);
	lab_ok(lab, "Context = %u { Subtract = * { Audit { } } }", context);
	assert_null(lab_command(lab)->statistics);
	assert_int_equal(fake_count(), 0);
	lab_refused(lab, 411, "Context = %u { Subtract = * }", context);
}

static void wildcards(void **state)
{
	struct lab *lab = *state;
	struct h248_command *cmd;
	struct h248_action *act;
	unsigned int n = 0, i;

	for (i = 0; i < 3; i++)
		lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))) ", "
				   ADD("ip/7/core/$", STREAM(LOCAL(SDP("UDP", ""))))));
	lab_ok(lab, "Context = * { AuditValue = ip/*/core/* { Audit { } } }");
	h248_each(act, &lab_transaction(lab)->actions)
		h248_each(cmd, &act->commands) {
			assert_memory_equal(cmd->terms.first->text.p, "ip/7/core/", 10);
			n++;
		}
	assert_int_equal(n, 3);
	/* "*" at the end stands for all that follows */
	lab_ok(lab, "Context = 2 { AuditValue = ip/* { Audit { } } }");
	assert_non_null(lab_command(lab)->next);
	lab_ok(lab, "Context = 2 { AuditValue = ip/7/* { Audit { } } }");
	assert_null(lab_command(lab)->next);
	lab_refused(lab, 431, "Context = * { AuditValue = ip/1/core/* { Audit { } } }");
	lab_refused(lab, 431, "Context = 2 { AuditValue = ip/8/* { Audit { } } }");
	lab_ok(lab, "Context = 2 { Modify = * { " STREAM("LocalControl { Mode = SendReceive }") " } }");
	assert_int_equal(fake_find(3, 1)->want.mode, KMGW_MODE_SENDRECEIVE);
	assert_int_equal(fake_find(4, 1)->want.mode, KMGW_MODE_SENDRECEIVE);
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_INACTIVE);
	lab_ok(lab, "Context = * { W-Subtract = ip/*/acc/* { Audit { } } }");
	assert_int_equal(fake_count(), 3);
	assert_null(lab_transaction(lab)->actions.first->next);
	assert_null(lab_transaction(lab)->actions.first->commands.first->next);
	lab_ok(lab, "Context = * { Subtract = * { Audit { } } }");
	assert_int_equal(fake_count(), 0);
	assert_int_equal(agent_n_contexts(lab->agent), 0);
}

static void optional_commands(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", ""))))));
	lab_refused(lab, 430, "Context = 1 { Modify = ip/1/acc/99 { Signals { } }, Modify = ip/1/acc/1 { "
		    STREAM("LocalControl { Mode = SendOnly }") " } }");
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_INACTIVE);
	lab_refused(lab, 430, "Context = 1 { O-Modify = ip/1/acc/99 { Signals { } }, Modify = ip/1/acc/1 { "
		    STREAM("LocalControl { Mode = SendOnly }") " } }");
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_SENDONLY);
	/* the first error ends the transaction, not only the action */
	lab_refused(lab, 411, "Context = 99 { Subtract = * }, Context = 1 { Subtract = * }");
	assert_int_equal(fake_count(), 1);
}

static void several_streams(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("UDP", "")) " }, "
			       "Stream = 2 { " LOCAL(SDP("TCP", "a=setup:active\r\n")) ", "
			       REMOTE(SDP_AT("10.1.0.7", "5000", "TCP", "")) " } }, "
			       "Signals { tcpbcc/EstBNC }")));
	assert_int_equal(fake_count(), 2);
	assert_int_equal(fake_find(1, 2)->opened, 1);
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { Stream = 3 { "
	       LOCAL(SDP("TCP", "a=setup:active\r\n")) ", "
	       REMOTE(SDP_AT("10.1.0.7", "5000", "TCP", "")) " } } } }");
	assert_int_equal(fake_count(), 3);
	/* now it does not say which of the two TCP streams is meant */
	lab_refused(lab, 457, "Context = 1 { Modify = ip/1/acc/1 { Signals { tcpbcc/EstBNC } } }");
	fake.check_error = -EINVAL;
	lab_refused(lab, 449, "Context = 1 { Modify = ip/1/acc/1 { Media { Stream = 4 { "
		    LOCAL(SDP("UDP", "")) " } } } }");
	fake.check_error = 0;
	assert_int_equal(fake_count(), 3);
}

static void service_states(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(MODE LOCAL(SDP("UDP", ""))))));
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { TerminationState "
	       "{ ServiceStates = OutOfService } } } }");
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_INACTIVE);
	lab_ok(lab, "Context = 1 { ServiceChange = ip/1/acc/1 { Services { Method = Restart, "
	       "Reason = \"900 back\" } } }");
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_SENDRECEIVE);
}

static void audits_of_everything(void **state)
{
	struct lab *lab = *state;
	struct h248_stream *s;

	originating(lab);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/2 { Audit { Media, Events, Signals, Statistics, "
	       "Packages, ObservedEvents, Modem, Mux, DigitMap, EventBuffer } } }");
	s = lab_command(lab)->media->streams.first;
	assert_true(str_is(h248_first(h248_find(&s->control->properties, "gm", "sam")), "10.1.0.0/24"));
	assert_true(str_is(h248_first(h248_find(&s->control->properties, "ipdc", "realm")), "access"));
	assert_non_null(lab_command(lab)->packages);
	assert_non_null(lab_command(lab)->statistics);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/2 { Audit { Media { Stream = 1 { LocalControl { "
	       "gm/saf } } }, Statistics { nt/os } } } }");
	s = lab_command(lab)->media->streams.first;
	assert_true(str_is(h248_first(h248_find(&s->control->properties, "gm", "saf")), "on"));
	assert_null(h248_find(&s->control->properties, "gm", "sam"));
	assert_null(s->local.p);
	assert_null(h248_find(&lab_command(lab)->statistics->items, "nt", "or"));
	lab_ok(lab, "Context = - { AuditValue = ROOT { Audit { Media, Packages, Events } } }");
	assert_non_null(h248_find(&lab_command(lab)->media->state->properties, "root",
				  "maxNumberOfContexts"));
	lab_ok(lab, "Context = - { AuditCapability = ROOT { Audit { Media, Events } } }");
	lab_ok(lab, "Context = 1 { AuditCapability = ip/1/acc/2 { Audit { Media, Events, Signals, "
	       "Statistics } } }");
	lab_refused(lab, 447, "Context = 1 { AuditCapability = ip/1/acc/2 { Audit { Packages } } }");
	/* the list of contexts */
	lab_ok(lab, "Context = * { AuditValue = ROOT { Audit { } } }");
	assert_int_equal(lab_context(lab), 1);
}

static void an_audit_in_the_transaction_that_ends_what_is_audited(void **state)
{
	struct lab *lab = *state;

	originating(lab);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/2 { Audit { Media, Events } }, Subtract = * }");
	assert_int_equal(lab_command(lab)->events->id, 7);
	assert_int_equal(fake_count(), 0);
}

static void context_properties(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, "Context = $ { Priority = 7, Emergency, Add = ip/1/acc/$ }");
	lab_ok(lab, "Context = 1 { ContextAudit { Priority, Emergency } }");
	assert_int_equal(lab_transaction(lab)->actions.first->attr.priority, 7);
	assert_int_equal(lab_transaction(lab)->actions.first->attr.emergency, H248_ON);
	lab_refused(lab, 449, "Context = 1 { Priority = 16, AuditValue = * { Audit { } } }");
}

static void root_has_properties(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, "Context = - { Modify = ROOT { Media { TerminationState { "
	       "root/normalMGExecutionTime = 300 } }, Events = 4 { it/ito { mit = 360000 } } } }");
	lab_ok(lab, "Context = - { AuditValue = ROOT { Audit { Media { TerminationState { "
	       "root/normalMGExecutionTime } }, Events } } }");
	assert_true(str_is(h248_first(lab_command(lab)->media->state->properties.first), "300"));
	assert_null(lab_command(lab)->media->state->properties.first->next);
	assert_int_equal(lab_command(lab)->events->id, 4);
	lab_refused(lab, 534, "Context = - { Modify = ROOT { Media { TerminationState { "
		    "root/maxNumberOfContexts = 5 } } } }");
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(local_is_filled_in),
		TEST(media_and_format_are_not_applicable),
		TEST(each_form_of_a_fingerprint_request),
		TEST(the_first_alternative_that_can_be_done),
		TEST(dtls),
		TEST(an_originating_call),
		TEST(a_terminating_call),
		TEST(connection_new_is_an_order_and_no_state),
		TEST(a_command_that_fails_changes_nothing),
		TEST(an_add_that_fails_leaves_nothing),
		TEST(a_failed_add_does_not_undo_the_one_before),
		TEST(statistics_of_subtract),
		TEST(wildcards),
		TEST(optional_commands),
		TEST(several_streams),
		TEST(service_states),
		TEST(audits_of_everything),
		TEST(an_audit_in_the_transaction_that_ends_what_is_audited),
		TEST(context_properties),
		TEST(root_has_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
