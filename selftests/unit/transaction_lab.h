/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transaction layer alone: the clock is this program's, and so is the transport, so that half a
 * minute takes no time and every pause can be measured.
 */
#ifndef TRANSACTION_LAB_H
#define TRANSACTION_LAB_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/text.h"
#include "transaction/transaction.h"

#define SENT_MAX	4096

/* ---- a clock that moves when it is told to ---- */

static uint64_t now = 1000000;		/* ms */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	ts->tv_sec = (time_t)(now / 1000);
	ts->tv_nsec = (long)(now % 1000) * 1000000;
	return 0;
}

/* ---- a transport that remembers ---- */

struct sent {
	uint64_t at;
	struct transport_path to;
	char *text;
	size_t len;
};

static struct {
	uv_loop_t loop;
	struct config config;
	struct transactions *t;
	struct transport_path path;		/* to the MGC */
	bool down;
	bool breaks;				/* the connection, with the next message */
	struct sent sent[SENT_MAX];
	unsigned int n_sent;
	struct arena arena;			/* of what was received last */
	struct h248_message *msg;

	/* what the agent saw */
	uint32_t executed[SENT_MAX];
	unsigned int n_executed;
	unsigned int takes;			/* ms for each */
	unsigned int commands;			/* in each reply, with texts of 100 octets */
	unsigned int overloads, percent;
	unsigned int refusal;
	uint32_t urgent;			/* id of the request that goes ahead */

	/* how own requests ended */
	unsigned int n_done, n_given_up;
	uint64_t done_at;
	unsigned int done_code, done_commands;
} x;

int transport_path(const struct transport *t, struct transport_path *path)
{
	(void)t;
	*path = x.path;
	return x.down ? -ENOTCONN : 0;
}

int transport_send(struct transport *t, const struct transport_path *to, const char *data,
		   size_t len)
{
	struct sent *s = &x.sent[x.n_sent++];

	(void)t;
	assert_in_range(x.n_sent, 1, SENT_MAX - 1);
	s->at = now;
	s->to = *to;
	s->text = malloc(len + 1);
	memcpy(s->text, data, len);
	s->text[len] = '\0';
	s->len = len;
	if (x.breaks) {
		/* as the agent does when it hears of that, in the middle of sending */
		x.breaks = false;
		transactions_suspend(x.t);
		return -ENOTCONN;
	}
	return 0;
}

const char *transport_name(const struct sockaddr_storage *addr, char *buf, size_t len)
{
	(void)addr;
	snprintf(buf, len, "MGC");
	return buf;
}

/* ---- the agent ---- */

static inline unsigned int on_admit(void *priv, const struct transport_path *from,
			     const struct h248_message *msg)
{
	(void)priv;
	(void)from;
	(void)msg;
	return x.refusal;
}

static inline void on_request(void *priv, struct arena *a, const struct h248_transaction *req,
		       struct h248_transaction *reply)
{
	struct h248_action *act = h248_action_add(a, reply, 1);
	struct h248_command *cmd;
	char name[64];
	unsigned int i;

	(void)priv;
	x.executed[x.n_executed++] = req->id;
	now += x.takes;
	for (i = 0; i < x.commands; i++) {
		snprintf(name, sizeof(name), "ip/1/access/%u", i + 1);
		cmd = h248_command_add(a, act, H248_MODIFY, str_c(name));
		cmd->error = h248_error_new(a, 500, "%0100d", 0);
	}
}

static inline void on_heard(void *priv, const struct transport_path *from)
{
	(void)priv;
	(void)from;
}

static inline void on_overload(void *priv, unsigned int percent)
{
	(void)priv;
	x.overloads++;
	x.percent = percent;
}

static inline bool on_precedence(void *priv, const struct h248_transaction *req)
{
	(void)priv;
	return req->id == x.urgent;
}

static const struct transaction_ops ops = {
	.admit = on_admit,
	.request = on_request,
	.heard = on_heard,
	.overload = on_overload,
	.precedence = on_precedence,
};

static inline void on_done(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	(void)priv;
	(void)version;
	x.n_done++;
	x.done_at = now;
	if (!reply) {
		x.n_given_up++;
		return;
	}
	x.done_code = reply->error ? reply->error->code : 0;
	x.done_commands = 0;
	h248_each(act, &reply->actions)
		h248_each(cmd, &act->commands)
			x.done_commands++;
}

/* ---- driving it ---- */

static inline int setup(void **state)
{
	struct config *c = &x.config;

	(void)state;
	memset(&x, 0, sizeof(x));
	strcpy(c->mid, "[10.0.0.1]:2944");
	c->encoding = CONFIG_ENCODING_COMPACT;
	c->max_replies = 1000;
	c->max_message = 1400;
	c->max_pdu = 65531;
	c->max_queue = 100;
	c->retransmit_min = 500;
	c->retransmit_max = 4000;
	c->t_max = 25000;
	c->long_timer = 30000;
	log_init(&c->log, 2, LOG_LEVEL_ERROR);
	x.path.addr.ss_family = AF_INET;
	arena_init(&x.arena, 1 << 20);
	assert_int_equal(uv_loop_init(&x.loop), 0);
	assert_int_equal(transactions_new(&x.loop, c, NULL, &ops, NULL, &x.t), 0);
	transactions_set_version(x.t, 2);
	return 0;
}

static inline void forget_sent(void)
{
	while (x.n_sent)
		free(x.sent[--x.n_sent].text);
}

static inline int teardown(void **state)
{
	(void)state;
	transactions_free(x.t);
	uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&x.loop), 0);
	arena_free(&x.arena);
	forget_sent();
	return 0;
}

static inline void turn(void)
{
	uv_run(&x.loop, UV_RUN_NOWAIT);
}

static inline void advance(unsigned int ms)
{
	while (ms--) {
		now++;
		turn();
	}
}

__attribute__((format(printf, 1, 2)))
static inline void receive(const char *fmt, ...)
{
	char text[65536] = "!/2 [10.0.0.2] ";
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, sizeof(text) - used, fmt, ap);
	va_end(ap);
	/* libuv's idea of the time is that of the turn; a message comes in a new one */
	uv_update_time(&x.loop);
	transactions_receive(x.t, &x.path, text, strlen(text));
}

static inline void request(uint32_t id)
{
	receive("T=%u{C=1{MF=ip/1/access/1}}", id);
}

/* The transactions of a message sent. */
static inline struct h248_transaction *all_sent(unsigned int i)
{
	struct h248_text_error err;

	assert_in_range(i + 1, 1, x.n_sent);
	arena_reset(&x.arena);
	if (h248_text_parse(&x.arena, x.sent[i].text, x.sent[i].len, &x.msg, &err))
		fail_msg("%s in %s", err.text, x.sent[i].text);
	assert_non_null(x.msg->transactions.first);
	return x.msg->transactions.first;
}

/* The only one of a message. */
static inline struct h248_transaction *sent(unsigned int i)
{
	struct h248_transaction *tr = all_sent(i);

	assert_null(tr->next);
	return tr;
}

static inline int try_own_request(bool urgent, uint32_t *id)
{
	struct h248_transaction *req;
	struct h248_action *act;
	struct arena a;
	int err;

	arena_init(&a, 65536);
	uv_update_time(&x.loop);
	req = transactions_start(x.t, &a);
	act = h248_action_add(&a, req, 1);
	/* which command it is does not matter here */
	h248_command_add(&a, act, H248_AUDIT_VALUE, STR("ip/1/access/1"))->audit =
		arena_new(&a, struct h248_audit);
	if (id)
		*id = req->id;
	err = transactions_send(x.t, req, urgent, on_done, NULL);
	arena_free(&a);
	return err;
}

static inline uint32_t own_request(bool urgent)
{
	uint32_t id;

	assert_int_equal(try_own_request(urgent, &id), 0);
	return id;
}

#define reply_to(id)	receive("P=%u{C=1{AV=ip/1/access/1}}", (id))

static inline const struct transaction_counters *counters(void)
{
	return transactions_counters(x.t);
}

#endif /* TRANSACTION_LAB_H */
