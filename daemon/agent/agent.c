// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: puts the parts together.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/metrics.h"
#include "agent/operator.h"
#include "agent/trace.h"
#include "agent/realm_state.h"
#include "bearer/env.h"
#include "lib/log.h"

#define ROOT_ARENA_MAX		16384
#define RECORD_ARENA_MAX	65536

static void on_message(void *priv, const struct transport_path *from, char *data, size_t len)
{
	struct agent *agent = priv;

	trace_message(agent, from, false, data, len);
	counters_received(agent, from, len);
	transactions_receive(agent->transactions, from, data, len);
}

static void on_sent(void *priv, const struct transport_path *to, const char *data, size_t len)
{
	trace_message(priv, to, true, data, len);
	counters_sent(priv, to, len);
}

static void on_refused(void *priv, unsigned int code)
{
	counters_error(priv, code);
}

static void on_serving(void *priv, const struct transport_path *from)
{
	struct agent *agent = priv;

	agent->by_mgc.current = counters_of(agent, &from->addr);
}

static const struct transport_ops transport_ops = {
	.message = on_message,
	.sent = on_sent,
	.link = registration_link,
};

static const struct transaction_ops transaction_ops = {
	.admit = registration_admit,
	.request = request_execute,
	.heard = registration_heard,
	.message_error = registration_message_error,
	.serving = on_serving,
	.refused = on_refused,
	.overload = events_overload,
	.precedence = request_precedence,
};

static int tables_new(struct agent *agent)
{
	agent->buckets = 256;
	while (agent->buckets < agent->config->max_contexts && agent->buckets < 1U << 20)
		agent->buckets *= 2;
	agent->context_table = calloc(agent->buckets, sizeof(*agent->context_table));
	agent->termination_table = calloc(agent->buckets, sizeof(*agent->termination_table));
	return agent->context_table && agent->termination_table ? 0 : -ENOMEM;
}

static void on_closed(uv_handle_t *handle)
{
	struct agent *agent = handle->data;

	if (!--agent->handles)
		free(agent);
}

int agent_new(uv_loop_t *loop, const struct config *config, struct bearer_env *env,
	      const struct agent_ops *ops, void *priv, struct agent **out)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	char reason[256];
	int err;

	if (!agent)
		return -ENOMEM;
	agent->loop = loop;
	agent->config = config;
	agent->log = &config->log;
	agent->env = env;
	agent->ops = ops;
	agent->priv = priv;
	agent->started = uv_now(loop);
	err = packages_init(&agent->packages, config, reason, sizeof(reason));
	if (err) {
		log_error(agent->log, "%s", reason);
		free(agent);
		return err;
	}
	agent->package_ids = (struct package_ids){ &agent->packages, config };
	agent->ids = package_ids(&agent->package_ids);
	arena_init(&agent->root_arena, ROOT_ARENA_MAX);
	arena_init(&agent->record_arena, RECORD_ARENA_MAX);
	strbuf_init(&agent->record_text, BEARER_RECORD_MAX);
	uv_timer_init(loop, &agent->completion_timer);
	agent->completion_timer.data = agent;
	agent->completions_end = &agent->completions;
	uv_timer_init(loop, &agent->overload_timer);
	agent->overload_timer.data = agent;
	agent->handles = 2;
	err = tables_new(agent);
	if (!err)
		err = service_states_new(agent);
	if (!err)
		err = realm_state_new(agent);
	if (!err)
		err = transport_new(loop, config, &transport_ops, agent, &agent->transport);
	if (!err)
		err = transactions_new(loop, config, agent->transport, &transaction_ops, agent,
				       &agent->transactions);
	if (!err)
		transactions_set_ids(agent->transactions, &agent->ids);
	if (!err)
		err = registration_new(agent, &agent->registration);
	if (err) {
		agent_free(agent);
		return err;
	}
	*out = agent;
	return 0;
}

int agent_open(struct agent *agent)
{
	const struct config *c = agent->config;
	const struct trace_options trace = { .file = c->trace, .format = c->trace_format };
	int err;

	err = control_open(agent);
	/* Without a directory it can be written to, the gateway still does its work. */
	if (err == -EACCES || err == -EROFS || err == -ENOENT)
		err = 0;
	if (!err)
		err = metrics_open(agent);
	if (!err && c->trace) {
		err = trace_start(agent, &trace);
		if (err)
			log_error(agent->log, "trace %s/%s: %s", c->trace_dir, c->trace,
				  strerror(-err));
	}
	return err;
}

void agent_start(struct agent *agent)
{
	realm_state_start(agent);
	registration_start(agent->registration);
}

void agent_free(struct agent *agent)
{
	struct completion *c;

	while (agent->contexts)
		context_forget(agent->contexts, agent);
	while ((c = agent->completions)) {
		agent->completions = c->next;
		free(c);
	}
	control_close(agent);
	metrics_close(agent);
	trace_stop(agent);
	operator_free(agent);
	service_states_free(agent);
	registration_free(agent->registration);
	transactions_free(agent->transactions);
	transport_free(agent->transport);
	arena_free(&agent->root_arena);
	arena_free(&agent->record_arena);
	strbuf_free(&agent->record_text);
	realm_state_free(agent);
	free(agent->context_table);
	free(agent->termination_table);
	uv_close((uv_handle_t *)&agent->completion_timer, on_closed);
	uv_close((uv_handle_t *)&agent->overload_timer, on_closed);
}

unsigned int agent_n_contexts(const struct agent *agent)
{
	return agent->n_contexts;
}

bool agent_adopted(const struct agent *agent)
{
	return agent->adopted;
}
