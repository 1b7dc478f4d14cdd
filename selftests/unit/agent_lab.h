/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent with a fake bearer, and an MGC at the other end of a UDP socket.
 *
 * Everything goes over the wire: requests are text, so are replies. When the configuration says
 * binary they are made binary here, and text again.
 */
#ifndef AGENT_LAB_H
#define AGENT_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/package_ids.h"
#include "codec/ber.h"
#include "codec/text.h"
#include "fake_bearer.h"

#define LAB_PATIENCE	20	/* s; only a test that fails waits so long */

struct lab {
	uv_loop_t loop;
	struct config *config;
	struct bearer_env env;
	struct agent *agent;
	int mgc[2];			/* sockets of two MGCs; the second is often unused */
	uint16_t mgc_port[2], port;
	unsigned int next_id;
	uint32_t last_id;		/* of the last request sent */
	char text[65536];		/* last message received */
	struct arena arena;
	struct h248_message *msg;
	uv_timer_t tick;
	struct packages packages;	/* what an MGC knows that speaks binary */
	struct package_ids table;
	struct h248_ids ids;
};

static inline int lab_socket(const char *ip, uint16_t *port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };
	socklen_t len = sizeof(in4);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET, ip, &in4.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof(in4)), 0);
	getsockname(fd, (struct sockaddr *)&in4, &len);
	*port = ntohs(in4.sin_port);
	return fd;
}

static inline struct config *lab_config(const char *text)
{
	char path[] = "/tmp/kmgw-unit-XXXXXX", err[512];
	struct config *c = NULL;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	if (config_load(path, &c, err, sizeof(err)))
		fail_msg("%s", err);
	unlink(path);
	return c;
}

static inline void on_lab_tick(uv_timer_t *timer)
{
	(void)timer;
}

static inline bool lab_is_binary(const struct lab *lab)
{
	return lab->config->encoding == CONFIG_ENCODING_BINARY;
}

/* The text as binary, or as it is. */
static inline void lab_encode(struct lab *lab, const char *text, size_t len, struct strbuf *out)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct arena a;

	strbuf_init(out, 0);
	if (!lab_is_binary(lab)) {
		strbuf_add(out, text, len);
		return;
	}
	arena_init(&a, 16U << 20);
	if (h248_text_parse(&a, text, len, &msg, &err) || h248_ber_write(msg, &lab->ids, out))
		fail_msg("no binary form: %s", text);
	arena_free(&a);
}

/* Sends to the gateway from one of the MGCs. */
static inline void lab_send_from(struct lab *lab, unsigned int which, const char *text, size_t len)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(lab->port) };
	struct strbuf out;

	lab_encode(lab, text, len, &out);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	assert_int_equal(sendto(lab->mgc[which], out.p, out.len, 0, (struct sockaddr *)&to,
				sizeof(to)), (ssize_t)out.len);
	strbuf_free(&out);
}

/* n octets of binary in lab->text become text. */
static inline size_t lab_decode(struct lab *lab, size_t n)
{
	struct h248_text_error err;
	struct h248_message *msg;
	struct strbuf out;
	struct arena a;

	arena_init(&a, 16U << 20);
	strbuf_init(&out, sizeof(lab->text) - 1);
	if (h248_ber_parse(&a, &lab->ids, lab->text, n, &msg, &err))
		fail_msg("gateway wrote what cannot be read: %s", err.text);
	assert_int_equal(h248_text_write(msg, H248_TEXT_PRETTY, &out), 0);
	n = out.len;
	memcpy(lab->text, out.p, n);
	strbuf_free(&out);
	arena_free(&a);
	return n;
}

static inline void lab_send(struct lab *lab, const char *text)
{
	lab_send_from(lab, 0, text, strlen(text));
}

/* The next message to one of the MGCs. */
static inline void lab_receive_at(struct lab *lab, unsigned int which)
{
	uint64_t end = uv_hrtime() + LAB_PATIENCE * 1000000000ULL;
	struct h248_text_error err;
	ssize_t n;

	for (;;) {
		n = recv(lab->mgc[which], lab->text, sizeof(lab->text) - 1, 0);
		if (n >= 0)
			break;
		if (uv_hrtime() > end)
			fail_msg("nothing from the gateway");
		uv_run(&lab->loop, UV_RUN_ONCE);
	}
	if (lab_is_binary(lab))
		n = (ssize_t)lab_decode(lab, (size_t)n);
	lab->text[n] = '\0';
	arena_reset(&lab->arena);
	if (h248_text_parse(&lab->arena, lab->text, (size_t)n, &lab->msg, &err))
		fail_msg("gateway wrote what cannot be read: %s in\n%s", err.text, lab->text);
}

static inline void lab_receive(struct lab *lab)
{
	lab_receive_at(lab, 0);
}

static inline struct h248_transaction *lab_transaction(struct lab *lab)
{
	return lab->msg->transactions.first;
}

/* Sends one transaction with these actions. */
static inline void lab_request(struct lab *lab, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static inline void lab_request(struct lab *lab, const char *fmt, ...)
{
	static char actions[32768], text[33000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(actions, sizeof(actions), fmt, ap);
	va_end(ap);
	lab->last_id = ++lab->next_id;
	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u\nTransaction = %u { %s }",
		 lab->mgc_port[0], lab->last_id, actions);
	lab_send(lab, text);
}

/*
 * Waits for the reply to the last request. Requests of the gateway that come before
 * it are counted: a loaded machine makes it repeat them, too.
 */
static inline unsigned int lab_reply(struct lab *lab)
{
	unsigned int others = 0;

	for (;;) {
		lab_receive(lab);
		if (lab_transaction(lab) && lab_transaction(lab)->kind == H248_REPLY &&
		    lab_transaction(lab)->id == lab->last_id)
			return others;
		others++;
	}
}

#define lab_ask(lab, ...) \
	do { \
		lab_request((lab), __VA_ARGS__); \
		lab_reply(lab); \
	} while (0)

/* How many messages the gateway had sent, when everything so far was worked off. */
static inline unsigned int lab_pending(struct lab *lab)
{
	lab_request(lab, "Context = - { AuditValue = ROOT { Audit { } } }");
	return lab_reply(lab);
}

static inline const struct h248_error *lab_error(struct lab *lab)
{
	struct h248_transaction *tr;
	struct h248_command *cmd;
	struct h248_action *act;

	if (lab->msg->error)
		return lab->msg->error;
	h248_each(tr, &lab->msg->transactions) {
		if (tr->error)
			return tr->error;
		h248_each(act, &tr->actions) {
			h248_each(cmd, &act->commands)
				if (cmd->error)
					return cmd->error;
			if (act->error)
				return act->error;
		}
	}
	return NULL;
}

#define lab_ok(lab, ...) \
	do { \
		lab_ask((lab), __VA_ARGS__); \
		if (lab_error(lab)) \
			fail_msg("%s", (lab)->text); \
	} while (0)

#define lab_refused(lab, wanted, ...) \
	do { \
		lab_ask((lab), __VA_ARGS__); \
		if (!lab_error(lab)) \
			fail_msg("not refused: %s", (lab)->text); \
		if (lab_error(lab)->code != (wanted)) \
			fail_msg("refused with %u, not %u:\n%s", lab_error(lab)->code, \
				 (unsigned int)(wanted), (lab)->text); \
	} while (0)

/* The first command of the first action. */
static inline struct h248_command *lab_command(struct lab *lab)
{
	assert_non_null(lab_transaction(lab));
	assert_non_null(lab_transaction(lab)->actions.first);
	assert_non_null(lab_transaction(lab)->actions.first->commands.first);
	return lab_transaction(lab)->actions.first->commands.first;
}

static inline struct h248_stream *lab_stream(struct lab *lab, uint16_t id)
{
	struct h248_stream *s;

	assert_non_null(lab_command(lab)->media);
	h248_each(s, &lab_command(lab)->media->streams)
		if (s->id == id)
			return s;
	fail_msg("no stream %u in %s", id, lab->text);
	return NULL;
}

static inline void lab_answer(struct lab *lab, unsigned int which, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text), "MEGACO/2 [127.0.0.1]:%u Reply = %u { %s }",
		 lab->mgc_port[which], lab_transaction(lab)->id, body);
	lab_send_from(lab, which, text, strlen(text));
}

static inline void lab_open(struct lab *lab, const char *more)
{
	static const char format[] =
		"mid = \"[127.0.0.1]:%u\";\n"
		"mgc = ( { address = \"127.0.0.1\"; port = %u; }, { address = \"127.0.0.2\"; port = %u; } );\n"
		"log_level = \"error\"; retransmit_min = 0.05; retransmit_max = 0.1; t_max = 1.5;\n"
		"long_timer = 2;\n"
		"realm = ( { name = \"access\"; interface = \"acc\"; ports = [ 20000, 20099 ];\n"
		"  address = [ \"10.1.0.1\", \"fd00::1\" ]; },\n"
		" { name = \"core\"; interface = \"core\"; ports = [ 21000, 21099 ];\n"
		"  address = [ \"10.2.0.1\" ]; } );\n%s";
	char text[8192], why[256];
	int fd;

	memset(lab, 0, sizeof(*lab));
	/* For a test that hangs; one that works may be slow on a busy machine. */
	alarm(10 * LAB_PATIENCE);
	lab->mgc[0] = lab_socket("127.0.0.1", &lab->mgc_port[0]);
	lab->mgc[1] = lab_socket("127.0.0.2", &lab->mgc_port[1]);
	fd = lab_socket("127.0.0.1", &lab->port);
	close(fd);
	snprintf(text, sizeof(text), format, lab->port, lab->mgc_port[0], lab->mgc_port[1], more);
	lab->config = lab_config(text);
	assert_int_equal(packages_init(&lab->packages, lab->config, why, sizeof(why)), 0);
	lab->table = (struct package_ids){ &lab->packages, lab->config };
	lab->ids = package_ids(&lab->table);
	arena_init(&lab->arena, 16U << 20);
	assert_int_equal(uv_loop_init(&lab->loop), 0);
	/* recv() is looked at from time to time */
	uv_timer_init(&lab->loop, &lab->tick);
	uv_timer_start(&lab->tick, on_lab_tick, 1, 1);
	fake_env_init(&lab->env, lab->config);
	assert_int_equal(agent_new(&lab->loop, lab->config, &lab->env, NULL, NULL, &lab->agent), 0);
	agent_start(lab->agent);
}

/* The MGC accepts the ServiceChange that was received. */
#define LAB_ACCEPT	"Context = - { ServiceChange = ROOT { Services { Version = 2 } } }"

static inline void lab_register(struct lab *lab)
{
	lab_receive(lab);
	assert_int_equal(lab_command(lab)->kind, H248_SERVICE_CHANGE);
	lab_answer(lab, 0, LAB_ACCEPT);
	lab_pending(lab);
}

/* The next ServiceChange that an MGC gets; answers to it are passed over. */
static inline struct h248_service_change *lab_change(struct lab *lab, unsigned int which)
{
	do
		lab_receive_at(lab, which);
	while (lab_transaction(lab)->kind != H248_REQUEST ||
	       lab_command(lab)->kind != H248_SERVICE_CHANGE);
	return lab_command(lab)->service_change;
}

/* The answer to the last ServiceChange that came, whatever was received since. */
static inline void lab_answer_to(struct lab *lab, unsigned int which, const char *body)
{
	lab_change(lab, which);
	lab_answer(lab, which, body);
}

static inline void lab_close(struct lab *lab)
{
	agent_free(lab->agent);
	fake_env_free();
	uv_close((uv_handle_t *)&lab->tick, NULL);
	uv_run(&lab->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&lab->loop), 0);
	config_free(lab->config);
	arena_free(&lab->arena);
	close(lab->mgc[0]);
	close(lab->mgc[1]);
	alarm(0);
}

/* For cmocka: a registered agent of the usual configuration. */
static inline int lab_setup(void **state)
{
	struct lab *lab = test_malloc(sizeof(*lab));

	*state = lab;
	lab_open(lab, "");
	lab_register(lab);
	return 0;
}

static inline int lab_teardown(void **state)
{
	lab_close(*state);
	test_free(*state);
	return 0;
}

/* The context of the first action of what was received last. */
static inline uint32_t lab_context(struct lab *lab)
{
	return lab_transaction(lab)->actions.first->context;
}

/* ---- what requests are made of ---- */

#define SDP(proto, more)	"v=0\r\nc=IN IP4 $\r\nm=message $ " proto " -\r\n" more
#define SDP_AT(ip, port, proto, more) \
	"v=0\r\nc=IN IP4 " ip "\r\nm=message " port " " proto " -\r\n" more
#define LOCAL(sdp)		"Local {\r\n" sdp "}"
#define REMOTE(sdp)		"Remote {\r\n" sdp "}"
#define STREAM(inner)		"Media { Stream = 1 { " inner " } }"
#define ADD(tid, inner)		"Add = " tid " { " inner " }"
#define CHOOSE(commands)	"Context = $ { " commands " }"
#define MODE			"LocalControl { Mode = SendReceive }, "

#endif /* AGENT_LAB_H */
