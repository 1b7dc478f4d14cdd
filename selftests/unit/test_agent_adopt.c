// SPDX-License-Identifier: GPL-2.0-only
/*
 * Warm restart: what the agent has the module keep, and what it makes of that when it
 * starts again. The module is a fake that keeps records and endpoints.
 */
#include "agent_lab.h"

#include "agent/record.h"

#define EVENTS	"Events = 1000 { tcpbcc/BNCChange { Type = EstFail }, " \
		"tlsbsc/BNCChange { Type = EstFail }, g/cause, hangterm/thb { timerx = 600 } }"
#define FP	"a=fingerprint:SHA-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:" \
		"10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"

static void start_again(struct lab *lab)
{
	assert_int_equal(agent_new(&lab->loop, lab->config, &lab->env, NULL, NULL, &lab->agent), 0);
	assert_int_equal(agent_adopt(lab->agent), 0);
	agent_start(lab->agent);
	lab_register(lab);
}

/* SIGTERM and kill -9 are the same here: nothing is said, nothing is deleted. */
static void restart(struct lab *lab)
{
	agent_free(lab->agent);
	start_again(lab);
}

/* A call with all that an MGC can set. */
static void make_call(struct lab *lab)
{
	lab_ok(lab, "Context = $ { Priority = 7, Emergency, "
	       "Add = ip/5/core/$ { Media { Stream = 1 { LocalControl { Mode = SendReceive, "
	       "ds/dscp = 10, ReservedValue = ON }, "
	       LOCAL(SDP("TCP", "a=setup:active\r\n")) ", "
	       REMOTE(SDP_AT("10.2.0.2", "2855", "TCP", "a=setup:passive\r\n")) " } }, " EVENTS " }, "
	       "Add = ip/1/acc/$ { Media { Stream = 1 { LocalControl { Mode = ReceiveOnly, "
	       "gm/saf = ON, gm/sam = \"10.1.0.0/16\", seplink/linktopo = \"ip/5/core/1,1,EstBNC\" }, "
	       LOCAL(SDP("TCP/TLS/MSRP", "a=setup:passive\r\na=fingerprint:SHA-256 $\r\n")) ", "
	       REMOTE(SDP_AT("10.1.0.2", "9", "TCP/TLS/MSRP", "a=setup:active\r\n" FP)) " }, "
	       "Stream = 2 { LocalControl { Mode = Inactive }, "
	       LOCAL("v=0\r\nc=IN IP6 $\r\nm=image $ udptl t38\r\n") " } }, " EVENTS " } }");
}

static void audit(struct lab *lab, char *text, size_t len)
{
	const char *body;

	lab_ok(lab, "Context = 1 { ContextAudit { Priority, Emergency }, "
	       "AuditValue = * { Audit { Media, Events, Signals } } }");
	body = strstr(lab->text, "Context");
	assert_non_null(body);
	snprintf(text, len, "%s", body);
}

static void audit_is_as_before(void **state)
{
	static char before[65536], after[65536];
	struct bearer *b;
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	audit(&lab, before, sizeof(before));
	assert_non_null(strstr(before, "Priority"));
	assert_non_null(strstr(before, "ip/1/acc/2"));
	restart(&lab);
	assert_int_equal(agent_n_contexts(lab.agent), 1);
	assert_true(agent_adopted(lab.agent));
	audit(&lab, after, sizeof(after));
	assert_string_equal(before, after);
	assert_int_equal(fake_count(), 3);
	for (b = fake.list; b; b = b->next)
		assert_true(b->adopted && b->settled);
	b = fake_find(2, 1);
	assert_non_null(b);
	assert_int_equal(b->want.mode, KMGW_MODE_RECEIVEONLY);
	assert_int_equal(b->want.n_fp, 1);
	assert_true(b->want.filter.n_addrs == 1);
	assert_true(fake_find(1, 1)->want.interlinked);
	assert_true(b->by_signal);
	/* and once more, from the record that the second agent has written */
	restart(&lab);
	audit(&lab, after, sizeof(after));
	assert_string_equal(before, after);
	lab_close(&lab);
}

static void calls_go_on(void **state)
{
	const struct h248_property *p;
	struct lab lab;
	uint64_t dur;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	fake_find(1, 1)->stats.octets_sent = 4711;
	usleep(60000);
	restart(&lab);
	/* a new call has an id and numbers of its own */
	lab_ok(&lab, CHOOSE(ADD("ip/1/core/$", STREAM(LOCAL(SDP("TCP", ""))))));
	assert_int_equal(lab_transaction(&lab)->actions.first->context, 2);
	assert_true(str_is(lab_command(&lab)->terms.first->text, "ip/1/core/3"));
	/* Events are armed under the RequestID that the MGC gave */
	fake_event(fake_find(1, 1), BEARER_TCP_FAILED, "refused");
	lab_receive(&lab);
	assert_int_equal(lab_command(&lab)->kind, H248_NOTIFY);
	assert_int_equal(lab_command(&lab)->observed->id, 1000);
	lab_answer(&lab, 0, "Context = 1 { Notify = ip/5/core/1 }");
	lab_ok(&lab, "Context = 1 { Modify = ip/5/core/1 { Media { Stream = 1 { "
	       "LocalControl { Mode = Inactive } } } } }");
	assert_int_equal(fake_find(1, 1)->want.mode, KMGW_MODE_INACTIVE);
	lab_ok(&lab, "Context = 1 { Subtract = ip/5/core/1 }");
	p = h248_find(&lab_command(&lab)->statistics->items, "nt", "os");
	assert_int_equal(strtoull(h248_first(p).p, NULL, 10), 4711);
	p = h248_find(&lab_command(&lab)->statistics->items, "nt", "dur");
	dur = strtoull(h248_first(p).p, NULL, 10);
	assert_in_range(dur, 55, 1000 * LAB_PATIENCE);
	lab_ok(&lab, "Context = 1 { Subtract = * }");
	assert_null(fake_record(1));
	lab_close(&lab);
}

static void what_was_reported_stays_reported(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	fake_event(fake_find(1, 1), BEARER_TCP_FAILED, "refused");
	lab_receive(&lab);
	lab_answer(&lab, 0, "Context = 1 { Notify = ip/5/core/1 }");
	lab_pending(&lab);
	restart(&lab);
	fake_event(fake_find(1, 1), BEARER_TCP_FAILED, "refused");
	assert_int_equal(lab_pending(&lab), 0);
	lab_close(&lab);
}

/* What the bearer wants to know again comes back as it was. */
static void saved_state_comes_back(void **state)
{
	struct bearer_saved *s;
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	s = &fake_find(2, 1)->saved;
	s->phase = BEARER_LIVE;
	s->dialled = true;
	s->tls_armed = true;
	s->base.octets_sent = UINT64_MAX;
	s->base.octets_received = 127;
	s->base.drops = 128;
	memset(s->cert, 0xa5, sizeof(s->cert));
	lab_ok(&lab, "Context = 1 { Modify = ip/1/acc/2 }");
	restart(&lab);
	s = &fake_find(2, 1)->saved;
	assert_int_equal(s->proto, BEARER_TLS);
	assert_int_equal(s->phase, BEARER_LIVE);
	assert_true(s->dialled && s->tls_armed && !s->auto_dialled);
	assert_true(s->base.octets_sent == UINT64_MAX);
	assert_int_equal(s->base.octets_received, 127);
	assert_int_equal(s->base.drops, 128);
	assert_int_equal(s->cert[31], 0xa5);
	lab_close(&lab);
}

/* Stays open to what the next agent makes of it. */
static void with_record(struct lab *lab, const void *data, size_t len)
{
	agent_free(lab->agent);
	bearer_env_record(&lab->env, 1, data, len);
	assert_int_equal(agent_new(&lab->loop, lab->config, &lab->env, NULL, NULL, &lab->agent), 0);
	assert_int_equal(agent_adopt(lab->agent), 0);
}

static void a_lost_endpoint_loses_the_context(void **state)
{
	struct lab lab;
	struct bearer *b;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	agent_free(lab.agent);
	b = fake_find(1, 1);
	b->context = 77;
	start_again(&lab);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	assert_false(agent_adopted(lab.agent));
	assert_int_equal(fake_count(), 0);
	lab_refused(&lab, 411, "Context = 1 { AuditValue = * { Audit { } } }");
	lab_close(&lab);
}

/* Every octet of a record changed, and every length: nothing but whole calls or none. */
static void hostile_records(void **state)
{
	static uint8_t good[BEARER_RECORD_MAX], bad[BEARER_RECORD_MAX];
	static struct bearer kept[3];
	unsigned int adopted = 0;
	size_t len, i, n;
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	len = fake_record(1)->len;
	memcpy(good, fake_record(1)->data, len);
	for (i = 0; i < 3; i++)
		kept[i] = *fake_find(i ? 2 : 1, i == 2 ? 2 : 1);
	for (n = 0; n < 3 * len; n++) {
		size_t size = len;

		memcpy(bad, good, len);
		if (n < len)
			bad[n] ^= 0xff;
		else if (n < 2 * len)
			bad[n - len] ^= 1;
		else
			size = n - 2 * len;
		/* endpoints that were deleted are there again */
		fake_env_free();
		for (i = 0; i < 3; i++) {
			struct bearer *b = malloc(sizeof(*b));

			assert_non_null(b);
			*b = kept[i];
			b->next = fake.list;
			fake.list = b;
		}
		with_record(&lab, bad, size);
		assert_in_range(agent_n_contexts(lab.agent), 0, 1);
		adopted += agent_n_contexts(lab.agent);
		if (!agent_n_contexts(lab.agent))
			assert_int_equal(fake_count(), 0);
		if (size < len)
			assert_int_equal(agent_n_contexts(lab.agent), 0);
		/* handles of the agent that went */
		uv_run(&lab.loop, UV_RUN_NOWAIT);
	}
	/* digits of an address may change, most else may not */
	assert_in_range(adopted, 1, 2 * len);
	lab_close(&lab);
}

static void other_versions_are_not_guessed_at(void **state)
{
	struct record r;
	struct arena a;
	uint8_t data[8] = { 'K', 'M', 'G', 'W', 3, 0, 0, 8 };

	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(record_read(&a, data, 8, &r), -EPROTO);
	data[4] = 1;
	assert_int_equal(record_read(&a, data, 8, &r), -EPROTO);
	assert_int_equal(record_read(&a, data, 0, &r), -ENODATA);
	data[0] = 'k';
	assert_int_equal(record_read(&a, data, 8, &r), -EBADMSG);
	arena_free(&a);
}

/* A context with more than 4096 octets is carried on, but not over a restart. */
static void too_large_is_not_kept(void **state)
{
	char many[6000] = "", *end = many;
	struct lab lab;
	int i;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	for (i = 1; i <= 16; i++)
		end += sprintf(end, "%sStream = %d { %s }", i > 1 ? ", " : "", i,
			       LOCAL("v=0\r\nc=IN IP4 $\r\nm=image $ udptl t38\r\n"
				     "a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
				     "a=T38FaxFillBitRemoval:0\r\na=T38FaxTranscodingMMR:0\r\n"
				     "a=T38FaxTranscodingJBIG:0\r\na=T38FaxRateManagement:"
				     "transferredTCF\r\na=T38FaxMaxBuffer:2000\r\n"));
	lab_ok(&lab, CHOOSE(ADD("ip/1/core/$", "Media { %s }")), many);
	assert_int_equal(fake_record(1)->len, 0);
	assert_int_equal(fake_count(), 16);
	restart(&lab);
	assert_int_equal(agent_n_contexts(lab.agent), 0);
	assert_int_equal(fake_count(), 0);
	lab_close(&lab);
}

/* One record for each transaction that changes a context, however many commands it has. */
static void written_once(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	make_call(&lab);
	assert_int_equal(fake.records_written, 1);
	lab_ok(&lab, "Context = 1 { AuditValue = * { Audit { Media } } }");
	assert_int_equal(fake.records_written, 1);
	lab_ok(&lab, "Context = * { Modify = * { Events } }");
	assert_int_equal(fake.records_written, 2);
	lab_ok(&lab, "Context = 1 { Subtract = * }");
	assert_int_equal(fake.records_written, 2);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_is_as_before),
		cmocka_unit_test(calls_go_on),
		cmocka_unit_test(what_was_reported_stays_reported),
		cmocka_unit_test(saved_state_comes_back),
		cmocka_unit_test(a_lost_endpoint_loses_the_context),
		cmocka_unit_test(hostile_records),
		cmocka_unit_test(other_versions_are_not_guessed_at),
		cmocka_unit_test(too_large_is_not_kept),
		cmocka_unit_test(written_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
