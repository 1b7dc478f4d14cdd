// SPDX-License-Identifier: GPL-2.0-only
/* The agent: gm, tman and ipnapt, and what the bearer is asked for because of them. */
#include "agent_lab.h"

static void latching(void **state)
{
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))
			       ", Signals { ipnapt/latch }")));
	b = fake.list;
	assert_int_equal(b->latched, 1);
	assert_int_equal(b->latch, KMGW_LATCH_LATCH);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { Stream = 1, "
	       "napt = RELATCH } } } }", lab_context(lab));
	assert_int_equal(b->latch, KMGW_LATCH_RELATCH);
	/* a brief signal is not active any more: it goes on */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { KeepActive, "
	       "napt = OFF } } } }", lab_context(lab));
	assert_int_equal(b->latched, 2);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { napt = OFF } } } }",
	       lab_context(lab));
	assert_int_equal(b->latch, KMGW_LATCH_OFF);
}

static void policing_and_explicit_source(void **state)
{
	struct lab *lab = *state;
	struct bearer_want *w;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { tman/pol = on, "
		"tman/sdr = 8000, tman/mbs = 1500, tman/pdr = 16000, tman/dvt = 15, gm/esas = on, "
		"gm/lsa = \"10.1.0.1\", gm/esps = on, gm/lsp = 4000 }, " LOCAL(SDP("UDP", ""))))));
	w = &fake.list->want;
	assert_int_equal(w->police.sustained, 8000);
	assert_int_equal(w->police.burst, 1500);
	assert_int_equal(w->police.peak, 16000);
	assert_int_equal(w->police.tolerance, 2);
	assert_int_equal(((struct sockaddr_in *)&w->source)->sin_addr.s_addr, inet_addr("10.1.0.1"));
	assert_int_equal(w->source_port, 4000);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/pol = off, gm/esas = off, gm/esps = off }") " } }",
	       lab_context(lab));
	assert_int_equal(w->police.sustained, 0);
	assert_int_equal(w->police.peak, 0);
	assert_int_equal(w->source.ss_family, AF_UNSPEC);
	assert_int_equal(w->source_port, 0);
	/* without a burst, one that lets the rate in */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/pol = on, tman/mbs = 0, tman/sdr = 64000, "
		      "tman/pdr = 0 }") " } }",
	       lab_context(lab));
	assert_int_equal(w->police.burst, 6400);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { tman/sdr = 1000 }") " } }", lab_context(lab));
	assert_int_equal(w->police.burst, 1500);
}

/* tman/policing is told as any event is: by stream, and in its turn. */
static void too_much_is_reported(void **state)
{
	const struct h248_observed_event *e;
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { tman/pol = on, "
		"tman/sdr = 8000 }, " LOCAL(SDP("UDP", ""))) ", Events = 7 { tman/policing }")));
	b = fake.list;
	fake_event(b, BEARER_POLICED, "");
	lab_receive(lab);
	e = lab_command(lab)->observed->items.first;
	assert_true(str_is(e->name.pkg, "tman"));
	assert_true(str_is(e->name.item, "policing"));
	assert_int_equal(e->stream, 1);
	assert_null(e->params.first);
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	/* in LockStep the second one waits for another Events descriptor */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { TerminationState { Buffer = "
	       "LockStep } }, Events = 8 { tman/policing }, EventBuffer { tman/policing } } }");
	fake_event(b, BEARER_POLICED, "");
	lab_receive(lab);
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	fake_event(b, BEARER_POLICED, "");
	assert_int_equal(lab_pending(lab), 0);
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events = 9 { tman/policing } } }");
	lab_receive(lab);
	assert_int_equal(lab_command(lab)->observed->id, 9);
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	/* not wanted any more */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events, EventBuffer, Media { "
	       "TerminationState { Buffer = OFF } } } }");
	fake_event(b, BEARER_POLICED, "");
	assert_int_equal(lab_pending(lab), 0);
}

static void latching_of_several_streams(void **state)
{
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("RTP/AVP", "")) " }, "
			       "Stream = 2 { " LOCAL(SDP("RTP/AVP", "")) " } }")));
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch { Stream = 2 } } } }",
	       lab_context(lab));
	assert_int_equal(fake_find(1, 1)->latched, 0);
	assert_int_equal(fake_find(1, 2)->latched, 1);
	/* no stream: all of the termination */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Signals { ipnapt/latch } } }",
	       lab_context(lab));
	assert_int_equal(fake_find(1, 1)->latched, 1);
	assert_int_equal(fake_find(1, 2)->latched, 2);
}

static void a_latched_address_is_reported(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(4000) };
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(5004) };
	struct h248_observed_event *e;
	struct lab *lab = *state;
	struct bearer *b;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))
			       ", Signals { ipnapt/latch }, Events = 5 { adr/rsac }")));
	b = fake.list;
	in4.sin_addr.s_addr = inet_addr("198.51.100.7");
	memcpy(&b->latched_to, &in4, sizeof(in4));
	fake_event(b, BEARER_LATCHED, "198.51.100.7:5004");
	lab_receive(lab);
	e = lab_command(lab)->observed->items.first;
	assert_true(str_is(e->name.item, "rsac"));
	assert_int_equal(e->stream, 1);
	assert_true(str_is(h248_first(e->params.first), "198.51.100.7"));
	assert_true(str_is(h248_first(e->params.first->next), "5004"));
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");

	inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
	memcpy(&b->latched_to, &in6, sizeof(in6));
	fake_event(b, BEARER_LATCHED, "[2001:db8::7]:4000");
	lab_receive(lab);
	e = lab_command(lab)->observed->items.first;
	assert_true(str_is(h248_first(e->params.first), "2001:db8::7"));
	assert_true(str_is(h248_first(e->params.first->next), "4000"));
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
}

/* Streams of datagrams are watched by the module; with a connection among them, all are counted. */
static void silence(void **state)
{
	struct bearer *first, *second;
	struct lab *lab = *state;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", "")))
			       ", Events = 4 { adid/ipstop { dt = 3, dir = OUT } }")));
	first = fake.list;
	assert_int_equal(first->silence, 3000);
	assert_int_equal(first->silence_dir, KMGW_DIRECTION_OUT);
	/* a second one: the termination is silent when both are */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/1 { Media { Stream = 2 { "
	       LOCAL(SDP("UDP", "")) " } } } }", lab_context(lab));
	second = fake_find(1, 2);
	assert_int_equal(second->silence, 3000);
	first->quiet = true;
	fake_event(first, BEARER_QUIET, "");
	assert_int_equal(lab_pending(lab), 0);
	second->quiet = true;
	fake_event(second, BEARER_QUIET, "");
	lab_receive(lab);
	assert_true(str_is(lab_command(lab)->observed->items.first->name.item, "ipstop"));
	lab_answer(lab, 0, "Context = 1 { Notify = ip/1/acc/1 }");
	/* a connection */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Media { Stream = 3 { "
	       LOCAL(SDP("TCP", "")) " } } } }");
	assert_int_equal(first->silence, 0);
	/* not wanted any more */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { Events } }");
	fake_event(first, BEARER_QUIET, "");
	assert_int_equal(lab_pending(lab), 0);
}

static void several_filters(void **state)
{
	struct lab *lab = *state;
	struct h248_property *p;
	struct bearer_want *w;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { gm/saf = on, "
		"gm/sam = [\"10.1.0.0/24\", \"10.9.0.0/255.255.0.0\", \"10.1.1.7\"], gm/spf = on, "
		"gm/spr = [\"5000-5009\", \"7000\"] }, " LOCAL(SDP("UDP", ""))))));
	w = &fake.list->want;
	assert_int_equal(w->filter.n_addrs, 3);
	assert_int_equal(w->filter.n_ports, 2);
	assert_int_equal(w->filter.addr[0].prefixlen, 24);
	assert_int_equal(w->filter.addr[1].prefixlen, 16);
	assert_int_equal(w->filter.addr[2].prefixlen, 32);
	assert_int_equal(w->filter.addr[2].ip[3], 7);
	assert_int_equal(w->filter.port[1].min, 7000);
	/* the audit shows a list */
	lab_ok(lab, "Context = %u { AuditValue = ip/1/acc/1 { Audit { Media } } }", lab_context(lab));
	p = h248_find(&lab_stream(lab, 1)->control->properties, "gm", "sam");
	assert_int_equal(p->form, H248_FORM_AND);
	assert_true(str_is(p->values.first->text, "10.1.0.0/24"));
	assert_true(str_is(p->values.last->text, "10.1.1.7"));
	/* one is as it ever was */
	lab_ok(lab, "Context = 1 { Modify = ip/1/acc/1 { "
	       STREAM("LocalControl { gm/sam = \"10.1.1.7\" }") " } }");
	assert_int_equal(w->filter.n_addrs, 1);
	lab_ok(lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media } } }");
	p = h248_find(&lab_stream(lab, 1)->control->properties, "gm", "sam");
	assert_int_equal(p->form, H248_FORM_EQUAL);

#define TO(v)	"Context = 1 { Modify = ip/1/acc/1 { " STREAM("LocalControl { " v " }") " } }"
	lab_refused(lab, 449, TO("gm/sam = [\"10.1.1.7\", \"nonsense\"]"));
	lab_refused(lab, 449, TO("gm/sam = [\"10.1.1.7\", \"\"]"));
	lab_refused(lab, 449, TO("gm/sam = \"10.1.1.7,10.1.1.8\""));
	lab_refused(lab, 449, TO("gm/sam = {\"10.1.1.7\", \"10.1.1.8\"}"));
	lab_refused(lab, 449, TO("ipdc/realm = [\"access\", \"core\"]"));
	lab_refused(lab, 510, TO("gm/spr = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"));
	lab_refused(lab, 510, TO("gm/spr = [\"1\",\"2\",\"3\"], "
				 "gm/sam = [\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\"]"));
	assert_int_equal(w->filter.n_addrs, 1);
}

static void rtcp(void **state)
{
	struct lab *lab = *state;
	struct bearer_want *w;
	struct bearer *b;

	/* only where it is asked for */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("RTP/AVP", ""))))));
	assert_false(fake.list->want.rtcp);
	assert_int_equal(fake.list->rtcp_port, 0);
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { Mode = Inactive, rtcph/rsb = on }, "
						    LOCAL(SDP("UDP", ""))))));
	assert_false(fake.list->want.rtcp);

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { Mode = Inactive, rtcph/rsb = on, "
		"gm/spf = on, gm/esps = on, gm/lsp = 4000 }, " LOCAL(SDP("RTP/AVP", "a=rtcp:$\r\n")) ", "
		REMOTE(SDP_AT("10.1.0.9", "5000", "RTP/AVP", ""))))));
	b = fake.list;
	w = &b->want;
	assert_true(w->rtcp);
	assert_int_equal(b->rtcp_port, ntohs(((struct sockaddr_in *)&b->local)->sin_port) + 1);
	assert_non_null(strstr(lab_stream(lab, 1)->local.p, "a=rtcp:20003"));
	assert_int_equal(ntohs(((struct sockaddr_in *)&w->rtcp_remote)->sin_port), 5001);
	assert_int_equal(w->filter.port[0].min, 5000);
	assert_int_equal(w->rtcp_filter.port[0].min, 5001);
	assert_int_equal(w->rtcp_filter.port[0].max, 5001);
	/* mode is for user data, which control packets are not */
	assert_int_equal(w->mode, KMGW_MODE_INACTIVE);
	assert_int_equal(w->rtcp_mode, KMGW_MODE_SENDRECEIVE);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { Media { TerminationState { "
	       "ServiceStates = OutOfService } } } }", lab_context(lab));
	assert_int_equal(w->rtcp_mode, KMGW_MODE_INACTIVE);

	/* RFC 3605 */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { "
	       STREAM("LocalControl { gm/spr = \"6000-6010\" }, "
		      REMOTE(SDP_AT("10.1.0.9", "5000", "RTP/AVP",
				    "a=rtcp:7001 IN IP4 10.1.0.8\r\n"))) " } }", lab_context(lab));
	assert_int_equal(ntohs(((struct sockaddr_in *)&w->rtcp_remote)->sin_port), 7001);
	assert_int_equal(((struct sockaddr_in *)&w->rtcp_remote)->sin_addr.s_addr,
			 inet_addr("10.1.0.8"));
	assert_int_equal(w->rtcp_filter.port[0].min, 6000);
	assert_int_equal(w->rtcp_filter.port[0].max, 6011);
	lab_refused(lab, 449, "Context = %u { Modify = ip/1/acc/3 { "
		    STREAM(REMOTE(SDP_AT("10.1.0.9", "5000", "RTP/AVP", "a=rtcp:x\r\n"))) " } }",
		    lab_context(lab));

	/* a fax has none, and the call that it was may come back */
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { "
	       STREAM(LOCAL(SDP("udptl", "")) ", " REMOTE(SDP_AT("10.1.0.9", "5000", "udptl", "")))
	       " } }", lab_context(lab));
	assert_false(w->rtcp);
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/3 { "
	       STREAM(LOCAL(SDP("RTP/AVP", "")) ", " REMOTE(SDP_AT("10.1.0.9", "5000", "RTP/AVP", "")))
	       " } }", lab_context(lab));
	assert_true(w->rtcp);

	/* gm/rsb means the same, and yields to rtcph/rsb */
	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { gm/rsb = on }, "
		LOCAL(SDP("RTP/AVP", "a=rtcp:20055\r\n"))))));
	assert_true(fake.list->want.rtcp);
	assert_int_equal(fake.list->rtcp_port, 20055);
	lab_refused(lab, 473, "Context = %u { Modify = ip/1/acc/4 { "
		    STREAM(LOCAL(SDP("RTP/AVP", "a=rtcp:20057\r\n"))) " } }", lab_context(lab));
	lab_ok(lab, "Context = %u { Modify = ip/1/acc/4 { "
	       STREAM("LocalControl { rtcph/rsb = off }") " } }", lab_context(lab));
	assert_false(fake.list->want.rtcp);
	fake.rtcp_error = -EADDRNOTAVAIL;
	lab_refused(lab, 510, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { rtcph/rsb = on }, "
		    LOCAL(SDP("RTP/AVP", ""))))));
	lab_refused(lab, 449, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { rtcph/rsb = on }, "
		    LOCAL(SDP("RTP/AVP", "a=rtcp:20099\r\n"))))));
	fake.rtcp_error = 0;
}

static void rtcp_in_statistics(void **state)
{
	struct lab *lab = *state;
	struct h248_property *p;

	lab_ok(lab, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { rtcph/rsb = on }, "
						    LOCAL(SDP("RTP/AVP", ""))))));
	fake.list->stats = (struct bearer_stats){ .octets_sent = 1000, .packets_sent = 5,
						  .rtcp_sent = 2, .rtcp_received = 3 };
	lab_ok(lab, "Context = %u { Subtract = ip/1/acc/1 }", lab_context(lab));
	p = h248_find(&lab_command(lab)->statistics->items, "rtp", "ps");
	assert_true(str_is(h248_first(p), "5"));
	p = h248_find(&lab_command(lab)->statistics->items, "ippcs", "ps");
	assert_true(str_is(h248_first(p), "7"));
	p = h248_find(&lab_command(lab)->statistics->items, "ippcs", "pr");
	assert_true(str_is(h248_first(p), "3"));
}

int main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)
	const struct CMUnitTest tests[] = {
		TEST(latching),
		TEST(latching_of_several_streams),
		TEST(a_latched_address_is_reported),
		TEST(policing_and_explicit_source),
		TEST(too_much_is_reported),
		TEST(silence),
		TEST(several_filters),
		TEST(rtcp),
		TEST(rtcp_in_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
