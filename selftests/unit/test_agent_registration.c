// SPDX-License-Identifier: GPL-2.0-only
/* The agent: registration, who may give orders, loss of the MGC and failover. */
#include "agent_lab.h"

#include "agent/registration_private.h"

/* The same request once more. */
static void lab_request_again(struct lab *lab, unsigned int id, const char *actions)
{
	char text[4096];

	lab->last_id = id;
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u\nTransaction = %u { %s }",
		 lab->mgc_port[0], id, actions);
	lab_send(lab, text);
	lab_reply(lab);
}

/* A ServiceChange of this method; repetitions of others are passed over. */
static void expect_change(struct lab *lab, unsigned int which, enum h248_method method,
			  unsigned int reason)
{
	struct h248_service_change *sc;

	do
		sc = lab_change(lab, which);
	while (sc->method != method);
	assert_int_equal(sc->reason_code, reason);
}

static void first_message(void **state)
{
	struct lab lab;
	struct h248_service_change *sc;

	(void)state;
	lab_open(&lab, "profile = \"threegiq/3\"; version = 3;");
	sc = lab_change(&lab, 0);
	assert_int_equal(lab.msg->version, 1);
	assert_int_equal(sc->method, H248_METHOD_RESTART);
	assert_int_equal(sc->reason_code, 901);
	assert_true(sc->has_version);
	assert_int_equal(sc->version, 3);
	assert_true(str_is(sc->profile, "threegiq"));
	assert_int_equal(sc->profile_version, 3);
	assert_true(sc->has_time);
	/* nothing is served before the reply */
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	while (lab_transaction(&lab)->kind != H248_REPLY)
		lab_receive(&lab);
	assert_int_equal(lab_error(&lab)->code, 505);
	sc = lab_change(&lab, 0);
	/* the MGC can only do version 2, and that is what is spoken then */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 2 } } }");
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	assert_int_equal(lab.msg->version, 2);
	lab_close(&lab);
}

static void statistics_by_stream_in_version_3(void **state)
{
	struct lab lab;
	struct h248_stream *s;

	(void)state;
	lab_open(&lab, "version = 3;");
	lab_change(&lab, 0);
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { Version = 3 } } }");
	lab_pending(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", "Media { Stream = 1 { " LOCAL(SDP("UDP", "")) " }, Stream = 2 { "
				LOCAL(SDP("UDP", "")) " } }")));
	fake_find(1, 2)->stats.octets_sent = 5;
	lab_ok(&lab, "Context = 1 { Subtract = ip/1/acc/1 }");
	assert_null(lab_command(&lab)->statistics);
	s = lab_stream(&lab, 2);
	assert_true(str_is(h248_first(h248_find(&s->statistics->items, "nt", "os")), "5"));
	lab_close(&lab);
}

static void refused_and_tried_again(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_change(&lab, 0);
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Error = 500 { \"no\" } } }");
	/* the next one of the list, and still a cold boot */
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	lab_answer(&lab, 1, LAB_ACCEPT);
	lab_close(&lab);
}

static void failover_and_the_old_one(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "inactivity = 0.2;");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", ""))))));
	/* silence: it/ito, then Disconnected, then the other one */
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REQUEST);
	assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
	assert_true(h248_name_is(&lab_command(&lab)->observed->items.first->name, "it", "ito"));
	expect_change(&lab, 0, H248_METHOD_DISCONNECTED, 900);
	expect_change(&lab, 1, H248_METHOD_FAILOVER, 909);
	lab_answer(&lab, 1, LAB_ACCEPT);
	/* the new one is asked anew when it is silent, too */
	do
		lab_receive_at(&lab, 1);
	while (lab_command(&lab)->kind != H248_NOTIFY);
	/* the call is still there, the old MGC is no longer served */
	assert_int_equal(fake_count(), 1);
	lab_request(&lab, "Context = 1 { Subtract = * }");
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REPLY);
	assert_int_equal(lab_error(&lab)->code, 504);
	assert_int_equal(fake_count(), 1);
	lab_close(&lab);
}

static void any_answer_is_a_sign_of_life(void **state)
{
	struct lab lab;
	unsigned int i;

	(void)state;
	lab_open(&lab, "inactivity = 0.1;");
	lab_register(&lab);
	for (i = 0; i < 3; i++) {
		do
			lab_receive(&lab);
		while (lab_transaction(&lab)->kind != H248_REQUEST);
		assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
		lab_answer(&lab, 0, "Context = - { Notify = ROOT { Error = 440 { \"it\" } } }");
	}
	lab_close(&lab);
}

static void sent_elsewhere(void **state)
{
	struct lab lab;
	char reply[256];

	(void)state;
	lab_open(&lab, "");
	lab_change(&lab, 0);
	snprintf(reply, sizeof(reply), "Context = - { ServiceChange = ROOT { Services { MgcIdToTry = "
		 "[127.0.0.2]:%u } } }", lab.mgc_port[1]);
	lab_answer(&lab, 0, reply);
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	/* a stranger is not followed: the list goes on */
	lab_answer(&lab, 1, "Context = - { ServiceChange = ROOT { Services { MgcIdToTry = "
		   "[127.0.0.9]:2944 } } }");
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	lab_close(&lab);
}

/* Two MGCs of which each knows only that the other is responsible: a few attempts, then a pause. */
static void sent_in_circles(void **state)
{
	uint64_t end = uv_hrtime() + 450000000;	/* the shortest pause is of half a second */
	unsigned int i, attempts = 0;
	char reply[256];
	struct lab lab;
	uint32_t id = 0;
	ssize_t n;

	(void)state;
	lab_open(&lab, "");
	while (uv_hrtime() < end || attempts < 12) {
		uv_run(&lab.loop, UV_RUN_ONCE);
		for (i = 0; i < 2; i++) {
			n = recv(lab.mgc[i], lab.text, sizeof(lab.text) - 1, 0);
			if (n < 0)
				continue;
			lab.text[n] = '\0';
			arena_reset(&lab.arena);
			assert_int_equal(h248_text_parse(&lab.arena, lab.text, (size_t)n, &lab.msg,
							 &(struct h248_text_error){ 0 }), 0);
			attempts += lab_transaction(&lab)->id != id;
			id = lab_transaction(&lab)->id;
			snprintf(reply, sizeof(reply), "Context = - { ServiceChange = ROOT { "
				 "Services { MgcIdToTry = [127.0.0.%u]:%u } } }", 2 - i,
				 lab.mgc_port[1 - i]);
			lab_answer(&lab, i, reply);
		}
	}
	/* five times on from each MGC of the list */
	assert_int_equal(attempts, 12);
	lab_close(&lab);
}

static void hand_off(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	       "Reason = \"903 MGC Directed Change\", MgcIdToTry = [127.0.0.2]:%u } } }",
	       lab.mgc_port[1]);
	expect_change(&lab, 1, H248_METHOD_HANDOFF, 903);
	lab_close(&lab);
}

/* Two MGCs that pass the gateway to and fro are followed, but not as fast as they can. */
static void hand_offs_without_end(void **state)
{
	uint64_t begin = 0;
	struct lab lab;
	unsigned int i, at = 0;
	char text[400];

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	for (i = 0; i < 7; i++) {
		if (i == 5)
			begin = uv_hrtime();
		snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.%u]:%u Transaction = %u { Context = - { "
			 "ServiceChange = ROOT { Services { Method = HandOff, Reason = \"903 x\", "
			 "MgcIdToTry = [127.0.0.%u]:%u } } } }", at + 1, lab.mgc_port[at], 9000 + i,
			 2 - at, lab.mgc_port[1 - at]);
		lab_send_from(&lab, at, text, strlen(text));
		do {
			lab_receive_at(&lab, at);
		} while (lab_transaction(&lab)->kind != H248_REPLY || lab_transaction(&lab)->id != 9000 + i);
		at = 1 - at;
		expect_change(&lab, at, H248_METHOD_HANDOFF, 903);
		lab_answer(&lab, at, LAB_ACCEPT);
	}
	assert_true(uv_hrtime() - begin >= 1900000000ULL);
	lab_close(&lab);
}

/* The log does not grow as fast as an MGC can order the same thing. */
static void orders_in_the_log(void **state)
{
	struct lab lab;
	unsigned int i, lines = 0;
	int fd[2];
	char c;

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	lab_open(&lab, "");
	lab_register(&lab);
	lab.config->log.fd = fd[1];
	lab.config->log.level = LOG_LEVEL_NOTICE;
	for (i = 0; i < 200; i++)
		lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
		       "Reason = \"905 out\" } }, ServiceChange = ip/1/acc/* { Services { Method = Graceful, "
		       "Reason = \"905 out\" } } }");
	while (read(fd[0], &c, 1) == 1)
		lines += c == '\n';
	/* ten in ten seconds, however slow this machine is */
	assert_in_range(lines, 1, 50);
	lab_close(&lab);
	close(fd[0]);
	close(fd[1]);
}

static void orders_to_the_whole_gateway(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("UDP", ""))))));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"905 out\" } } }");
	assert_int_equal(fake_count(), 1);
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Restart, "
	       "Reason = \"900 in\" } } }");
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Forced, "
	       "Reason = \"905 out\" } } }");
	assert_int_equal(fake_count(), 0);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Restart, "
	       "Reason = \"901 Cold Boot\" } } }");
	expect_change(&lab, 0, H248_METHOD_RESTART, 901);
	lab_close(&lab);
}

/* 502 by realm and for ROOT; emergency contexts pass what is Graceful, nothing passes Forced. */
static void service_of_realms(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	/* a realm without terminations has a state, too */
	lab_ok(&lab, "Context = - { ServiceChange = ip/1/acc/* { Services { Method = Graceful, "
	       "Reason = \"905 out\" } } }");
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, CHOOSE("Add = ip/1/core/$"));
	lab_ok(&lab, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	lab_ok(&lab, "Context = 2 { Add = ip/1/acc/$ }");
	lab_ok(&lab, "Context = * { ServiceChange = ip/*/acc/* { Services { Method = Forced, "
	       "Reason = \"905 out\" } } }");
	assert_int_equal(fake_count(), 0);
	lab_refused(&lab, 502, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	lab_ok(&lab, "Context = 2 { AuditValue = ip/1/acc/2 { Audit { Media } } }");
	assert_int_equal(lab_command(&lab)->media->state->service_state,
			 H248_STATE_OUT_OF_SERVICE);
	lab_ok(&lab, "Context = - { ServiceChange = ip/1/acc/* { Services { Method = Restart, "
	       "Reason = \"900 in\" } } }");
	lab_ok(&lab, "Context = 2 { AuditValue = ip/1/acc/2 { Audit { Media } } }");
	assert_int_equal(lab_command(&lab)->media->state->service_state, H248_STATE_IN_SERVICE);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	/* no realm, no termination */
	lab_refused(&lab, 431, "Context = - { ServiceChange = ip/1/nowhere/* { Services { "
		    "Method = Forced, Reason = \"905 out\" } } }");
	lab_refused(&lab, 501, "Context = - { ServiceChange = ip/1/acc/* { Services { "
		    "Method = Failover, Reason = \"909 x\" } } }");
	lab_refused(&lab, 472, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
		    "Reason = \"903 x\" } } }");
	lab_close(&lab);
}

static void wait_out_of_service(struct lab *lab, const char *termination)
{
	do
		lab_ok(lab, "Context = 1 { AuditValue = %s { Audit { Media } } }", termination);
	while (lab_command(lab)->media->state->service_state != H248_STATE_OUT_OF_SERVICE);
}

/* Graceful with a delay goes out when it is over, unless it is taken back. */
static void graceful_with_delay(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1 } } }");
	lab_ok(&lab, "Context = - { ServiceChange = ip/1/core/* { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1 } } }");
	lab_ok(&lab, "Context = 1 { ServiceChange = ip/1/acc/1 { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1 } } }");
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"918 cancelled\" } } }");
	wait_out_of_service(&lab, "ip/1/core/2");
	wait_out_of_service(&lab, "ip/1/acc/1");
	/* ROOT's was cancelled: the calls are there */
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$"));
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1 } } }");
	while (agent_n_contexts(lab.agent))
		lab_pending(&lab);
	lab_refused(&lab, 502, "Context = $ { Emergency, Add = ip/1/acc/$ }");
	lab_close(&lab);
}

struct far_timers {
	unsigned int n;
};

static void count_far(uv_handle_t *handle, void *arg)
{
	struct far_timers *far = arg;

	if (handle->type == UV_TIMER && uv_is_active(handle))
		far->n += uv_timer_get_due_in((uv_timer_t *)handle) > 500000;
}

/* Timers of more than 500 s: none that agents have but for a Delay. */
static unsigned int far_timers(struct lab *lab)
{
	struct far_timers far = { 0 };

	uv_walk(&lab->loop, count_far, &far);
	return far.n;
}

/* A Delay goes with what it was for, by whatever order, and leaves those of others alone. */
static void delay_of_what_is_gone(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE("Add = ip/1/acc/$, Add = ip/1/core/$"));
	lab_ok(&lab, "Context = 1 { ServiceChange = ip/1/acc/1 { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1000 } } }");
	assert_int_equal(far_timers(&lab), 1);
	lab_ok(&lab, "Context = 1 { Subtract = ip/1/acc/1 }");
	assert_int_equal(far_timers(&lab), 0);

	/* that of ROOT is over first, and takes along all terminations with theirs */
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1 } } }");
	lab_ok(&lab, "Context = 1 { ServiceChange = ip/1/core/2 { Services { Method = Graceful, "
	       "Reason = \"905 out\", Delay = 1000 } } }");
	while (agent_n_contexts(lab.agent))
		lab_pending(&lab);
	lab_refused(&lab, 502, CHOOSE("Add = ip/1/acc/$"));
	assert_int_equal(far_timers(&lab), 0);
	lab_close(&lab);
}

/* ServiceChangeAddress: requests go there; a lost MGC is asked again where it was. */
static void moved_address(void **state)
{
	struct lab lab;
	char reply[256];

	(void)state;
	lab_open(&lab, "inactivity = 0.2;");
	lab_change(&lab, 0);
	snprintf(reply, sizeof(reply), "Context = - { ServiceChange = ROOT { Services { "
		 "ServiceChangeAddress = [127.0.0.2]:%u, Version = 2 } } }", lab.mgc_port[1]);
	lab_answer(&lab, 0, reply);
	do
		lab_receive_at(&lab, 1);
	while (lab_command(&lab)->kind != H248_NOTIFY);
	expect_change(&lab, 0, H248_METHOD_DISCONNECTED, 900);
	/* nowhere else than where it may: ignored */
	lab_answer(&lab, 0, "Context = - { ServiceChange = ROOT { Services { "
		   "ServiceChangeAddress = [127.0.0.9]:2944, Version = 2 } } }");
	lab_pending(&lab);
	lab_close(&lab);
}

/* mgc_allow: followed, and obeyed from then on. */
static void allowed_elsewhere(void **state)
{
	struct lab lab;
	char reply[256];

	(void)state;
	lab_open(&lab, "mgc_allow = [ \"127.0.0.3\" ];");
	close(lab.mgc[1]);
	lab.mgc[1] = lab_socket("127.0.0.3", &lab.mgc_port[1]);
	lab_change(&lab, 0);
	snprintf(reply, sizeof(reply), "Context = - { ServiceChange = ROOT { Services { MgcIdToTry = "
		 "[127.0.0.3]:%u } } }", lab.mgc_port[1]);
	lab_answer(&lab, 0, reply);
	expect_change(&lab, 1, H248_METHOD_RESTART, 901);
	lab_answer(&lab, 1, LAB_ACCEPT);
	while (!registration_active(lab.agent->registration))
		uv_run(&lab.loop, UV_RUN_ONCE);
	/* the one that sent it away is a stranger now */
	lab_refused(&lab, 504, CHOOSE("Add = ip/1/acc/$"));
	lab_close(&lab);
}

/* After a failure of power all gateways of a town start at once: each waits a random time. */
static void avalanche(void **state)
{
	struct lab lab;
	uint64_t end;

	(void)state;
	/* one in 2000 starts within the time that is looked at */
	lab_open(&lab, "restart_delay = 600;");
	end = uv_hrtime() + 300000000ULL;
	while (uv_hrtime() < end) {
		uv_run(&lab.loop, UV_RUN_ONCE);
		assert_true(recv(lab.mgc[0], lab.text, sizeof(lab.text), 0) < 0);
	}
	lab_request(&lab, CHOOSE("Add = ip/1/acc/$"));
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REPLY);
	assert_int_equal(lab_error(&lab)->code, 505);
	lab_close(&lab);
}

/* An empty AuditValue of ROOT is a heartbeat: as long as it comes, nothing is asked. */
static void heartbeat_of_the_mgc(void **state)
{
	struct lab lab;
	uint64_t end;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	/* mit counts in 10 ms; long enough that a busy machine is in time */
	lab_ok(&lab, "Context = - { Modify = ROOT { Events = 77 { it/ito { mit = 200 } } } }");
	end = uv_hrtime() + 3000000000ULL;
	while (uv_hrtime() < end) {
		assert_int_equal(lab_pending(&lab), 0);
		usleep(20000);
	}
	do
		lab_receive(&lab);
	while (lab_transaction(&lab)->kind != H248_REQUEST);
	assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
	assert_int_equal(lab_command(&lab)->observed->id, 77);
	lab_close(&lab);
}

/* What happens while no MGC is there is told to the next one, the last of each once. */
static void told_later(void **state)
{
	unsigned int forced = 0, restart = 0;
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	assert_int_equal(registration_service_change(lab.agent, "ip/1/acc/*", H248_METHOD_FORCED,
						     906, 0), 0);
	assert_int_equal(registration_service_change(lab.agent, "ip/1/core/*", H248_METHOD_FORCED,
						     906, 0), 0);
	assert_int_equal(registration_service_change(lab.agent, "IP/1/acc/*", H248_METHOD_RESTART,
						     900, 0), 0);
	lab_change(&lab, 0);
	lab_answer(&lab, 0, LAB_ACCEPT);
	while (!forced || !restart) {
		struct h248_service_change *sc = lab_change(&lab, 0);

		assert_int_equal(lab_transaction(&lab)->actions.first->context, H248_CONTEXT_ALL);
		if (sc->method == H248_METHOD_FORCED) {
			assert_int_equal(sc->reason_code, 906);
			assert_true(str_is(lab_command(&lab)->terms.first->text, "ip/1/core/*"));
			forced++;
		} else if (sc->method == H248_METHOD_RESTART && sc->reason_code == 900) {
			restart++;
		}
		lab_answer(&lab, 0, "Context = * { ServiceChange = ip/1/core/* }");
	}
	/* and at once while it is there */
	assert_int_equal(registration_service_change(lab.agent, "ip/1/acc/*",
						     H248_METHOD_GRACEFUL, 905, 7), 0);
	expect_change(&lab, 0, H248_METHOD_GRACEFUL, 905);
	assert_int_equal(lab_command(&lab)->service_change->delay, 7);
	/* not answered: this MGC is gone, and the next one hears of it */
	expect_change(&lab, 0, H248_METHOD_DISCONNECTED, 900);
	lab_close(&lab);
}

static void on_filler(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	(void)priv;
	(void)reply;
	(void)version;
}

static int send_filler(struct agent *agent)
{
	struct h248_transaction *req;
	struct h248_action *act;
	struct arena a;
	int err;

	arena_init(&a, 65536);
	req = transactions_start(agent->transactions, &a);
	act = h248_action_add(&a, req, H248_CONTEXT_NULL);
	h248_command_add(&a, act, H248_AUDIT_VALUE, STR("ROOT"))->audit =
		arena_new(&a, struct h248_audit);
	err = transactions_send(agent->transactions, req, false, on_filler, NULL);
	arena_free(&a);
	return err;
}

/* As many requests as there may be: the gateway registers, and what finds no room is told later. */
static void too_much_to_tell(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	while (!send_filler(lab.agent))
		;
	assert_int_equal(registration_service_change(lab.agent, "ip/1/acc/*", H248_METHOD_FORCED,
						     906, 0), 0);
	expect_change(&lab, 0, H248_METHOD_RESTART, 901);
	/* at once, before any of them is given up */
	lab_answer(&lab, 0, LAB_ACCEPT);
	while (!registration_active(lab.agent->registration))
		uv_run(&lab.loop, UV_RUN_NOWAIT);
	assert_non_null(lab.agent->registration->reports);
	/* nor for this one, which waits behind */
	assert_int_equal(registration_service_change(lab.agent, "ip/1/core/*", H248_METHOD_FORCED,
						     906, 0), 0);
	transactions_cancel(lab.agent->transactions);
	lab_request(&lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	expect_change(&lab, 0, H248_METHOD_FORCED, 906);
	assert_true(str_is(lab_command(&lab)->terms.first->text, "ip/1/acc/*"));
	do
		expect_change(&lab, 0, H248_METHOD_FORCED, 906);
	while (!str_is(lab_command(&lab)->terms.first->text, "ip/1/core/*"));
	assert_null(lab.agent->registration->reports);
	lab_close(&lab);
}

static void configured_transitions(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "service_change = { cold = \"Restart 915\"; failover = \"Failover 919\"; };");
	expect_change(&lab, 0, H248_METHOD_RESTART, 915);
	lab_answer(&lab, 0, LAB_ACCEPT);
	lab_pending(&lab);
	registration_lost(lab.agent->registration, "test");
	expect_change(&lab, 0, H248_METHOD_DISCONNECTED, 900);
	expect_change(&lab, 1, H248_METHOD_FAILOVER, 919);
	lab_close(&lab);
}

/* The handed-off gateway: Notify goes to the new MGC, the old one gets 504 and what it waits for. */
static void after_the_hand_off(void **state)
{
	unsigned int id;
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS/MSRP", "")))
				", Events = 1 { g/cause }")));
	id = lab.last_id;
	lab_ok(&lab, "Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
	       "Reason = \"903 MGC Directed Change\", MgcIdToTry = [127.0.0.2]:%u } } }",
	       lab.mgc_port[1]);
	expect_change(&lab, 1, H248_METHOD_HANDOFF, 903);
	fake_event(fake_find(1, 1), BEARER_TCP_UP, "up");
	fake_event(fake_find(1, 1), BEARER_LOST, "reset");
	lab_answer_to(&lab, 1, LAB_ACCEPT);
	do
		lab_receive_at(&lab, 1);
	while (lab_transaction(&lab)->kind != H248_REQUEST ||
	       lab_command(&lab)->kind != H248_NOTIFY);
	/* a repeated request is answered from memory, a new one with 504 */
	lab_request_again(&lab, id, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP/TLS/MSRP", "")))
					       ", Events = 1 { g/cause }")));
	assert_null(lab_error(&lab));
	lab_refused(&lab, 504, "Context = 1 { Subtract = * }");
	assert_int_equal(fake_count(), 1);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_message),
		cmocka_unit_test(statistics_by_stream_in_version_3),
		cmocka_unit_test(refused_and_tried_again),
		cmocka_unit_test(failover_and_the_old_one),
		cmocka_unit_test(any_answer_is_a_sign_of_life),
		cmocka_unit_test(sent_elsewhere),
		cmocka_unit_test(sent_in_circles),
		cmocka_unit_test(orders_in_the_log),
		cmocka_unit_test(hand_off),
		cmocka_unit_test(hand_offs_without_end),
		cmocka_unit_test(orders_to_the_whole_gateway),
		cmocka_unit_test(service_of_realms),
		cmocka_unit_test(graceful_with_delay),
		cmocka_unit_test(delay_of_what_is_gone),
		cmocka_unit_test(moved_address),
		cmocka_unit_test(allowed_elsewhere),
		cmocka_unit_test(avalanche),
		cmocka_unit_test(heartbeat_of_the_mgc),
		cmocka_unit_test(told_later),
		cmocka_unit_test(too_much_to_tell),
		cmocka_unit_test(configured_transitions),
		cmocka_unit_test(after_the_hand_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
