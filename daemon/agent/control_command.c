// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the requests of the control socket.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent_private.h"
#include "agent/operator.h"
#include "agent/trace.h"
#include "bearer/env.h"
#include "lib/log.h"

/* A member that must be a string if it is there. Return: false when it is something else. */
static bool text_member(struct control_request *req, const json_t *line, const char *key,
			const char **out)
{
	const json_t *value = json_object_get(line, key);

	*out = json_string_value(value);
	if (!value || *out)
		return true;
	control_refuse(req, "\"%s\" must be a string", key);
	return false;
}

static void run_status(struct agent *agent, struct control_request *req, const json_t *line)
{
	json_t *status = status_json(agent);

	(void)line;
	if (status)
		control_answer(req, status);
	else
		control_refuse(req, "%s", strerror(ENOMEM));
}

static void drain(struct agent *agent, struct control_request *req, const json_t *line, bool on)
{
	const char *realm;
	int err;

	if (!text_member(req, line, "realm", &realm))
		return;
	err = operator_drain(agent, realm, on);
	if (err == -ENOENT)
		control_refuse(req, "no realm \"%s\"", realm);
	else if (err == -EALREADY)
		control_refuse(req, "%s%s %s", realm ? "realm " : "the gateway", realm ? realm : "",
			       on ? "drains already" : "takes new calls already");
	else if (err)
		control_refuse(req, "%s", strerror(-err));
	else
		control_answer(req, json_pack("{s:b}", "told",
					      registration_active(agent->registration)));
}

static void run_drain(struct agent *agent, struct control_request *req, const json_t *line)
{
	drain(agent, req, line, true);
}

static void run_undrain(struct agent *agent, struct control_request *req, const json_t *line)
{
	drain(agent, req, line, false);
}

static void on_stopped(void *priv, bool told)
{
	control_answer(priv, json_pack("{s:b}", "told", told));
}

static void run_stop(struct agent *agent, struct control_request *req, const json_t *line)
{
	int err;

	(void)line;
	err = operator_stop(agent, on_stopped, req);
	if (err == -EALREADY)
		control_refuse(req, "the gateway stops already");
	else if (err)
		control_refuse(req, "%s", strerror(-err));
}

static void run_reload(struct agent *agent, struct control_request *req, const json_t *line)
{
	int err;

	(void)line;
	err = bearer_env_reload(agent->env);
	if (err)
		control_refuse(req, "%s; the log says more", strerror(-err));
	else
		control_answer(req, NULL);
}

static bool trace_options(struct agent *agent, struct control_request *req, const json_t *line,
			  struct trace_options *o)
{
	const json_t *context = json_object_get(line, "context");
	const char *format;

	if (!text_member(req, line, "file", &o->file) ||
	    !text_member(req, line, "format", &format))
		return false;
	if (!o->file)
		o->file = agent->config->trace;
	o->format = agent->config->trace_format;
	if (format && !strcmp(format, "pcap")) {
		o->format = CONFIG_TRACE_PCAP;
	} else if (format && !strcmp(format, "text")) {
		o->format = CONFIG_TRACE_TEXT;
	} else if (format) {
		control_refuse(req, "format is \"pcap\" or \"text\", not \"%s\"", format);
		return false;
	}
	if (!o->file)
		o->file = o->format == CONFIG_TRACE_PCAP ? "h248.pcap" : "h248.log";
	if (!config_trace_name_valid(o->file)) {
		control_refuse(req, "\"%s\" is not the name of a file in %s", o->file,
			       agent->config->trace_dir);
		return false;
	}
	if (context && (!json_is_integer(context) || json_integer_value(context) < 1 ||
			json_integer_value(context) >= H248_CONTEXT_CHOOSE)) {
		control_refuse(req, "\"context\" must be the number of a context");
		return false;
	}
	o->context = context ? (uint32_t)json_integer_value(context) : 0;
	return true;
}

static void run_trace(struct agent *agent, struct control_request *req, const json_t *line)
{
	struct trace_options options;
	const char *action;
	int err;

	if (!text_member(req, line, "action", &action))
		return;
	if (action && !strcmp(action, "start")) {
		if (!trace_options(agent, req, line, &options))
			return;
		err = trace_start(agent, &options);
		if (err)
			control_refuse(req, "%s/%s: %s", agent->config->trace_dir, options.file,
				       strerror(-err));
		else
			control_answer(req, trace_json(agent));
	} else if (action && !strcmp(action, "stop")) {
		trace_stop(agent);
		control_answer(req, NULL);
	} else if (action && !strcmp(action, "show")) {
		control_answer(req, trace_json(agent));
	} else {
		control_refuse(req, "action of trace is \"start\", \"stop\" or \"show\"");
	}
}

void control_execute(struct agent *agent, struct control_request *req, json_t *line)
{
	static const struct {
		const char *name;
		void (*run)(struct agent *agent, struct control_request *req,
			    const json_t *line);
		bool changes;
	} commands[] = {
		{ "status", run_status, false },
		{ "drain", run_drain, true },
		{ "undrain", run_undrain, true },
		{ "stop", run_stop, true },
		{ "reload", run_reload, true },
		{ "trace", run_trace, true },
	};
	const char *name;
	size_t i;

	if (!text_member(req, line, "command", &name))
		return;
	for (i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		if (commands[i].changes)
			log_notice(agent->log, "the operator asks: %s", name);
		commands[i].run(agent, req, line);
		return;
	}
	control_refuse(req, "\"%s\" is no command", name ? name : "");
}
