// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: one request: its actions, their contexts, the terminations of each command.
 *
 * The first command that fails ends the transaction, unless it is optional. A
 * command with wildcards is done termination by termination; with ALL for the
 * context the replies are gathered in one action for each context.
 * Context: the thread of the event loop.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/record.h"
#include "agent/request_private.h"
#include "lib/log.h"

int refuse(struct work *w, unsigned int code, const char *fmt, ...)
{
	va_list ap;
	char *c;

	if (w->code)
		return -1;
	w->code = code;
	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	/* The text becomes a quoted string, which has no way to write these. */
	for (c = w->text; *c; c++)
		if (*c == '"' || (unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '\'';
	return -1;
}

int refuse_memory(struct work *w)
{
	return refuse(w, 510, "out of memory");
}

static struct h248_error *error_of(const struct work *w)
{
	return h248_error_new(w->a, w->code, "%s", w->text);
}

/* The action of the reply for a context: that of this request action, or a new one. */
struct h248_action *action_out(struct action *x, uint32_t id)
{
	struct h248_action *a = x->before ? x->before->next : x->reply->actions.first;
	struct context *c = NULL;

	/* Of all contexts there may be many thousands: each knows its own. */
	if (x->req->context == H248_CONTEXT_ALL)
		c = context_find(x->w.agent, id);
	if (c)
		a = c->out_serial == x->serial ? c->out : NULL;
	while (a && a->context != id)
		a = a->next;
	if (!a)
		a = h248_action_add(x->w.a, x->reply, id);
	if (!a)
		refuse_memory(&x->w);
	if (a && c) {
		c->out = a;
		c->out_serial = x->serial;
	}
	return a;
}

/* Removes what a command that failed had already put into its reply. */
void action_truncate(struct h248_action *out, struct h248_command *last)
{
	if (last) {
		last->next = NULL;
		out->commands.last = last;
	} else {
		out->commands.first = NULL;
		out->commands.last = NULL;
	}
}

void action_drop_last(struct h248_action *out, struct h248_command *reply)
{
	struct h248_command *last = NULL, *c;

	h248_each(c, &out->commands)
		if (c->next == reply)
			last = c;
	action_truncate(out, last);
}

struct h248_command *action_bare_reply(struct action *x, struct h248_action *out,
				       const struct h248_command *req, struct str tid)
{
	struct h248_command *reply = h248_command_add(x->w.a, out, req->kind, tid);

	if (!reply)
		refuse_memory(&x->w);
	return reply;
}

/* ---- AuditValue and AuditCapability of ROOT ---- */

/* ROOT: the gateway itself, or with ALL the list of its contexts. */
static int audit_gateway(struct action *x, const struct h248_command *req)
{
	struct agent *agent = x->w.agent;
	struct h248_command *reply;
	struct h248_action *out;
	struct context *c;

	if (x->req->context == H248_CONTEXT_ALL) {
		if (!agent->contexts)
			return refuse(&x->w, 411, "there are no contexts");
		for (c = agent->contexts; c; c = c->next) {
			if (!context_selected(x, c))
				continue;
			out = action_out(x, c->id);
			if (!out || !action_bare_reply(x, out, req, STR("ROOT")))
				return -1;
		}
		return 0;
	}
	if (x->req->context != H248_CONTEXT_NULL)
		return refuse(&x->w, 435, "ROOT is in no context");
	out = action_out(x, H248_CONTEXT_NULL);
	reply = out ? action_bare_reply(x, out, req, STR("ROOT")) : NULL;
	if (!reply)
		return -1;
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, true, reply);
	return audit_root(&x->w, req->audit, reply);
}

static int run_add(struct action *x, const struct h248_command *req, const struct tid_pattern *p)
{
	bool choose = x->req->context == H248_CONTEXT_CHOOSE;
	struct command cmd = { .w = &x->w, .context = x->context, .req = req };
	const struct h248_context_attr *attr = &x->req->attr;
	struct h248_command *last;
	bool made;
	int err;

	if (x->req->context == H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "Add to all contexts");
	cmd.out = action_out(x, x->id);
	if (!cmd.out)
		return -1;
	last = cmd.out->commands.last;
	cmd.emergency = attr->emergency == H248_ON || attr->ieps == H248_ON ||
			(x->context && (x->context->emergency || x->context->ieps));
	x->w.emergency = cmd.emergency;
	events_overload_add(x->w.agent, cmd.emergency);
	err = command_add(&cmd, p, choose);
	if (err)
		action_truncate(cmd.out, last);
	made = !x->context && cmd.context;
	x->context = cmd.context;
	if (cmd.context)
		record_changed(x->w.agent, cmd.context);
	if (made) {
		x->id = cmd.context->id;
		context_attr_apply(x->w.agent, x->context, attr);
	}
	if (!err && !x->chosen)
		x->chosen = x->w.agent->last_number;
	return err ? err : topology_apply(x);
}

static int run_root(struct action *x, const struct h248_command *req)
{
	struct command cmd = { .w = &x->w, .req = req };

	switch (req->kind) {
	case H248_AUDIT_VALUE:
	case H248_AUDIT_CAPABILITY:
		if (audit_check(&x->w, req->audit, req->kind == H248_AUDIT_CAPABILITY))
			return -1;
		return audit_gateway(x, req);
	case H248_MODIFY:
	case H248_SERVICE_CHANGE:
		if (x->context || x->req->context == H248_CONTEXT_CHOOSE)
			return refuse(&x->w, 435, "ROOT is in no context");
		cmd.out = action_out(x, x->req->context);
		if (!cmd.out)
			return -1;
		return req->kind == H248_MODIFY ? command_modify_root(&cmd) :
						  command_service_change_root(&cmd);
	default:
		return refuse(&x->w, 542, "%s of ROOT", h248_command_name(req->kind));
	}
}

/* With W- the terminations of a list are answered together, else each for itself. */
static bool is_merged(const struct h248_command *req)
{
	const struct h248_tid *tid = req->terms.first;

	if (!req->wildcard_reply || !tid)
		return false;
	return req->kind == H248_MODIFY || req->kind == H248_SUBTRACT ||
	       req->kind == H248_AUDIT_VALUE || req->kind == H248_AUDIT_CAPABILITY ||
	       req->kind == H248_SERVICE_CHANGE ? tid->kind != H248_TID_ROOT : false;
}

static int run_move(struct action *x, const struct h248_command *req, const struct tid_pattern *p)
{
	if (x->req->context == H248_CONTEXT_NULL || x->req->context == H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "Move to this context");
	if (p->kind == H248_TID_ROOT)
		return refuse(&x->w, 542, "Move of ROOT");
	return match_run_move(x, req, p);
}

static int run_tid(struct action *x, const struct h248_command *req, const struct h248_tid *tid)
{
	struct tid_pattern p;

	x->w.wild = false;
	/* The context goes with its last termination, maybe in this very action. */
	if (x->req->context != H248_CONTEXT_NULL && x->req->context != H248_CONTEXT_ALL &&
	    x->id != H248_CONTEXT_CHOOSE) {
		x->context = context_find(x->w.agent, x->id);
		if (!x->context)
			return refuse(&x->w, 411, "context %u", x->id);
	}
	if (req->kind == H248_NOTIFY)
		return refuse(&x->w, 443, "Notify to a gateway");
	if (tid_parse(&x->w, tid, &p))
		return -1;
	if (req->kind == H248_MOVE)
		return run_move(x, req, &p);
	if (req->kind == H248_ADD)
		return run_add(x, req, &p);
	if (p.kind == H248_TID_ROOT)
		return run_root(x, req);
	if (x->req->context == H248_CONTEXT_CHOOSE && !x->context)
		return refuse(&x->w, 421, "%s in a context to be chosen",
			      h248_command_name(req->kind));
	if (req->kind == H248_SERVICE_CHANGE && p.wild && !x->context)
		return match_run_service_change(x, req, &p);
	return is_merged(req) ? match_run_merged(x, req) : match_run(x, req, &p);
}

/* ---- actions ---- */

static int action_begin(struct action *x)
{
	struct context *c;

	x->id = x->req->context;
	if (x->id != H248_CONTEXT_NULL && x->id != H248_CONTEXT_CHOOSE &&
	    x->id != H248_CONTEXT_ALL) {
		x->context = context_find(x->w.agent, x->id);
		if (!x->context)
			return refuse(&x->w, 411, "context %u", x->id);
	}
	if (context_attr_check(x) || topology_apply(x))
		return -1;
	if (x->context)
		context_attr_apply(x->w.agent, x->context, &x->req->attr);
	else if (x->id == H248_CONTEXT_ALL)
		for (c = x->w.agent->contexts; c; c = c->next)
			if (context_selected(x, c))
				context_attr_apply(x->w.agent, c, &x->req->attr);
	if (x->req->audit && context_audit(x))
		return -1;
	if (h248_empty(&x->req->commands) && x->id == H248_CONTEXT_CHOOSE)
		return refuse(&x->w, 421, "no command in a context to be chosen");
	return 0;
}

static void action_error(struct action *x)
{
	struct h248_action *out;
	struct h248_error *err = error_of(&x->w);

	counters_error(x->w.agent, x->w.code);
	out = h248_action_add(x->w.a, x->reply, x->id);
	if (out)
		out->error = err;
}

static void command_error(struct action *x, const struct h248_command *req,
			  const struct h248_tid *tid)
{
	struct h248_error *err = error_of(&x->w);
	bool at_one = str_set(x->at);
	struct h248_command *reply;
	struct h248_action *out;

	x->w.code = 0;
	out = action_out(x, at_one ? x->at_context : x->id);
	reply = out ? h248_command_add(x->w.a, out, req->kind, at_one ? x->at : tid->text) : NULL;
	if (reply)
		reply->error = err;
	x->at = STR_NONE;
}

/* Return: does the transaction go on? */
static bool command_failed(struct action *x, const struct h248_command *req,
			   const struct h248_tid *tid)
{
	log_debug(x->w.agent->log, "context %u %s %.*s refused: %u %s", x->id,
		  h248_command_name(req->kind), STR_ARG(tid->text), x->w.code, x->w.text);
	counters_command(x->w.agent, req->kind, x->w.code);
	command_error(x, req, tid);
	return req->optional;
}

/* Return: false when the transaction ends here. */
static bool run_action(struct action *x)
{
	const struct h248_command *req;
	const struct h248_tid *tid;
	struct h248_action *out;

	if (action_begin(x)) {
		action_error(x);
		return false;
	}
	h248_each(req, &x->req->commands) {
		h248_each(tid, &req->terms) {
			if (!run_tid(x, req, tid))
				counters_command(x->w.agent, req->kind, 0);
			else if (!command_failed(x, req, tid))
				return false;
			if (is_merged(req))
				break;
		}
	}
	/* An action must be answered with something, and before version 3 not with the context alone. */
	if (h248_empty(&x->req->commands) && !x->req->audit) {
		out = action_out(x, x->id);
		if (out && x->context) {
			out->attr.has_priority = true;
			out->attr.priority = x->context->priority;
		}
	}
	return true;
}

bool request_precedence(void *priv, const struct h248_transaction *req)
{
	const struct h248_action *act;
	const struct context *c;

	h248_each(act, &req->actions) {
		if (act->attr.emergency == H248_ON || act->attr.ieps == H248_ON)
			return true;
		c = context_find(priv, act->context);
		if (c && (c->emergency || c->ieps))
			return true;
	}
	return false;
}

void request_execute(void *priv, struct arena *a, const struct h248_transaction *req,
		     struct h248_transaction *reply)
{
	struct agent *agent = priv;
	const struct h248_action *act;
	bool go_on;

	h248_each(act, &req->actions) {
		struct action x = {
			.w = { .agent = agent, .a = a },
			.req = act,
			.reply = reply,
			.before = reply->actions.last,
			.serial = ++agent->last_serial,
		};

		go_on = run_action(&x);
		topology_end(&x);
		if (!go_on)
			break;
	}
	/* Whoever reads the reply may count on it, even if the daemon dies now. */
	records_write(agent);
	if (h248_empty(&reply->actions)) {
		reply->error = h248_error_new(a, 403, "the transaction has no action");
		counters_error(agent, 403);
	}
}
