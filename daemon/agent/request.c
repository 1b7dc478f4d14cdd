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

#include "agent/agent_private.h"
#include "agent/record.h"
#include "lib/log.h"

#define PRIORITY_MAX	15

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

/* One action of the request and what became of it. */
struct action {
	struct work w;
	const struct h248_action *req;
	struct h248_transaction *reply;
	struct h248_action *before;	/* last action of the reply when this one began */
	struct context *context;	/* named or made */
	uint32_t id;			/* for replies; CHOOSE until a context was made */
};

static struct h248_error *error_of(const struct work *w)
{
	return h248_error_new(w->a, w->code, "%s", w->text);
}

/* The action of the reply for a context: that of this request action, or a new one. */
static struct h248_action *out_action(struct action *x, uint32_t id)
{
	struct h248_action *a = x->before ? x->before->next : x->reply->actions.first;

	for (; a; a = a->next)
		if (a->context == id)
			return a;
	a = h248_action_add(x->w.a, x->reply, id);
	if (!a)
		refuse_memory(&x->w);
	return a;
}

/* Removes what a command that failed had already put into its reply. */
static void truncate_commands(struct h248_action *out, struct h248_command *last)
{
	if (last) {
		last->next = NULL;
		out->commands.last = last;
	} else {
		out->commands.first = NULL;
		out->commands.last = NULL;
	}
}

static struct h248_command *bare_reply(struct action *x, struct h248_action *out,
				       const struct h248_command *req, struct str tid)
{
	struct h248_command *reply = h248_command_add(x->w.a, out, req->kind, tid);

	if (!reply)
		refuse_memory(&x->w);
	return reply;
}

/* ---- AuditValue and AuditCapability ---- */

static int audit_one(struct action *x, const struct h248_command *req, struct termination *t,
		     struct h248_action *out)
{
	struct h248_command *reply = bare_reply(x, out, req, str_c(t->name));

	if (!reply)
		return -1;
	termination_heard(t);
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, false, reply);
	return audit_termination(&x->w, t, req->audit, reply);
}

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
			out = out_action(x, c->id);
			if (!out || !bare_reply(x, out, req, STR("ROOT")))
				return -1;
		}
		return 0;
	}
	if (x->req->context != H248_CONTEXT_NULL)
		return refuse(&x->w, 435, "ROOT is in no context");
	out = out_action(x, H248_CONTEXT_NULL);
	reply = out ? bare_reply(x, out, req, STR("ROOT")) : NULL;
	if (!reply)
		return -1;
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, true, reply);
	return audit_root(&x->w, req->audit, reply);
}

/* ---- terminations of a command ---- */

struct matches {
	struct termination **list;
	size_t n;
};

static int match_context(struct action *x, const struct tid_pattern *p, const struct context *c,
			 struct matches *m)
{
	struct termination *t;

	for (t = c->terminations; t; t = t->next)
		if (tid_matches(p, t))
			m->list[m->n++] = t;
	(void)x;
	return 0;
}

/* The terminations that a pattern means in the context of the action. */
static int match(struct action *x, const struct tid_pattern *p, struct matches *m)
{
	struct agent *agent = x->w.agent;
	size_t max = x->context ? x->context->n_terminations : agent->n_terminations;
	struct termination *t;
	struct context *c;

	m->n = 0;
	m->list = arena_zalloc(x->w.a, (max ? max : 1) * sizeof(struct termination *));
	if (!m->list)
		return refuse_memory(&x->w);
	if (!p->wild) {
		t = tid_lookup(agent, p->text);
		if (!t)
			return refuse(&x->w, 430, "%.*s", STR_ARG(p->text));
		if (x->req->context != H248_CONTEXT_ALL && t->context != x->context)
			return refuse(&x->w, 435, "%.*s", STR_ARG(p->text));
		m->list[m->n++] = t;
		return 0;
	}
	if (x->context)
		match_context(x, p, x->context, m);
	else if (x->req->context == H248_CONTEXT_ALL)
		for (c = agent->contexts; c; c = c->next)
			match_context(x, p, c, m);
	return m->n ? 0 : refuse(&x->w, 431, "%.*s", STR_ARG(p->text));
}

static int run_one(struct action *x, const struct h248_command *req, struct termination *t,
		   struct h248_action *out, struct totals *total)
{
	struct command cmd = { .w = &x->w, .context = t->context, .req = req, .out = out };
	struct h248_command *last = out ? out->commands.last : NULL;
	int err;

	if (req->kind != H248_AUDIT_VALUE && req->kind != H248_AUDIT_CAPABILITY)
		record_changed(x->w.agent, t->context);
	switch (req->kind) {
	case H248_MODIFY:
		err = command_modify(&cmd, t);
		break;
	case H248_SUBTRACT:
		err = command_subtract(&cmd, t, total);
		break;
	case H248_SERVICE_CHANGE:
		err = command_service_change(&cmd, t);
		break;
	default:
		err = audit_one(x, req, t, out);
		break;
	}
	if (err && out)
		truncate_commands(out, last);
	return err;
}

/* W-: one reply for all, with what can be said of all of them together. */
static int wildcard_reply(struct action *x, const struct h248_command *req,
			  const struct tid_pattern *p, const struct totals *total,
			  uint64_t dur)
{
	struct h248_audit packages = { 0 };
	struct h248_command *reply;
	struct h248_action *out;
	bool statistics;

	out = out_action(x, x->context ? x->id : x->req->context);
	reply = out ? bare_reply(x, out, req, p->text) : NULL;
	if (!reply)
		return -1;
	statistics = req->kind == H248_SUBTRACT ? !req->audit :
						  req->kind == H248_AUDIT_VALUE && req->audit &&
						  (req->audit->items & H248_AUDIT_STATISTICS);
	if (statistics && statistics_fill(&x->w, total, dur, STATISTICS_ALL, NULL,
					  &reply->statistics))
		return -1;
	if (req->kind == H248_AUDIT_VALUE && req->audit &&
	    ((req->audit->items & H248_AUDIT_PACKAGES) || !h248_empty(&req->audit->packages))) {
		packages.items = req->audit->items & H248_AUDIT_PACKAGES;
		packages.packages = req->audit->packages;
		return audit_root(&x->w, &packages, reply);
	}
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, false, reply);
	return 0;
}

static int run_wildcard(struct action *x, const struct h248_command *req,
			const struct tid_pattern *p, const struct matches *m)
{
	const unsigned int mergeable = H248_AUDIT_STATISTICS | H248_AUDIT_PACKAGES;
	const struct h248_audit *audit = req->audit;
	struct totals total = { 0 };
	uint64_t dur = 0;
	size_t i;

	if (req->kind == H248_AUDIT_VALUE && audit &&
	    ((audit->items & ~mergeable) || audit->media || !h248_empty(&audit->events) ||
	     !h248_empty(&audit->signals)))
		return refuse(&x->w, 501, "W- with an audit of more than Packages and Statistics");
	for (i = 0; i < m->n; i++) {
		if (statistics_duration(m->list[i]) > dur)
			dur = statistics_duration(m->list[i]);
		if (req->kind == H248_AUDIT_VALUE)
			totals_termination(m->list[i], &total);
		else if (req->kind != H248_AUDIT_CAPABILITY &&
			 run_one(x, req, m->list[i], NULL, &total))
			return -1;
	}
	return wildcard_reply(x, req, p, &total, dur);
}

static int run_matches(struct action *x, const struct h248_command *req,
		       const struct tid_pattern *p)
{
	struct totals total = { 0 };
	struct h248_action *out;
	struct matches m;
	size_t i;

	if (p->choose)
		return refuse(&x->w, 430, "%.*s in %s", STR_ARG(p->text),
			      h248_command_name(req->kind));
	if ((req->kind == H248_AUDIT_VALUE || req->kind == H248_AUDIT_CAPABILITY) &&
	    audit_check(&x->w, req->audit, req->kind == H248_AUDIT_CAPABILITY))
		return -1;
	if (match(x, p, &m))
		return -1;
	if (req->wildcard_reply)
		return run_wildcard(x, req, p, &m);
	for (i = 0; i < m.n; i++) {
		out = out_action(x, m.list[i]->context->id);
		if (!out || run_one(x, req, m.list[i], out, &total))
			return -1;
	}
	return 0;
}

/* ServiceChange of terminations with a wildcard: of whole realms, too, that have none now. */
static int run_service_change(struct action *x, const struct h248_command *req,
			      const struct tid_pattern *p)
{
	struct matches m = { .n = 0 };
	struct h248_action *out;
	struct termination *t;
	struct context *c;
	int n;

	n = service_change_realms(&x->w, req->service_change, p);
	if (n < 0)
		return -1;
	if (x->req->context == H248_CONTEXT_ALL && !match(x, p, &m))
		return run_matches(x, req, p);
	x->w.code = 0;
	if (!n)
		return refuse(&x->w, 431, "%.*s", STR_ARG(p->text));
	/* In the null context: the interface as such, with all that is on it. */
	for (c = x->w.agent->contexts; c; c = c->next)
		for (t = c->terminations; t; t = t->next)
			if (tid_matches(p, t) && run_one(x, req, t, NULL, NULL))
				return -1;
	out = out_action(x, x->req->context);
	return out && bare_reply(x, out, req, p->text) ? 0 : -1;
}

static int run_add(struct action *x, const struct h248_command *req, const struct tid_pattern *p)
{
	bool choose = x->req->context == H248_CONTEXT_CHOOSE;
	struct command cmd = { .w = &x->w, .context = x->context, .req = req };
	struct h248_command *last;
	bool made;
	int err;

	if (x->req->context == H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "Add to all contexts");
	cmd.out = out_action(x, x->id);
	if (!cmd.out)
		return -1;
	cmd.emergency = x->req->attr.emergency == H248_ON ||
			(x->context && x->context->emergency);
	last = cmd.out->commands.last;
	err = command_add(&cmd, p, choose);
	if (err)
		truncate_commands(cmd.out, last);
	made = !x->context && cmd.context;
	x->context = cmd.context;
	if (cmd.context)
		record_changed(x->w.agent, cmd.context);
	if (made) {
		x->id = cmd.context->id;
		if (x->req->attr.has_priority)
			cmd.context->priority = x->req->attr.priority;
		cmd.context->emergency = x->req->attr.emergency == H248_ON;
		cmd.context->ieps = x->req->attr.ieps == H248_ON;
	}
	return err;
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
		cmd.out = out_action(x, x->req->context);
		if (!cmd.out)
			return -1;
		return req->kind == H248_MODIFY ? command_modify_root(&cmd) :
						  command_service_change_root(&cmd);
	default:
		return refuse(&x->w, 542, "%s of ROOT", h248_command_name(req->kind));
	}
}

static int run_tid(struct action *x, const struct h248_command *req, const struct h248_tid *tid)
{
	struct tid_pattern p;

	/* The context goes with its last termination, maybe in this very action. */
	if (x->req->context != H248_CONTEXT_NULL && x->req->context != H248_CONTEXT_ALL &&
	    x->id != H248_CONTEXT_CHOOSE) {
		x->context = context_find(x->w.agent, x->id);
		if (!x->context)
			return refuse(&x->w, 411, "context %u", x->id);
	}
	if (req->kind == H248_NOTIFY)
		return refuse(&x->w, 443, "Notify to a gateway");
	if (req->kind == H248_MOVE)
		return refuse(&x->w, 501, "Move");
	if (tid_parse(&x->w, tid, &p))
		return -1;
	if (req->kind == H248_ADD)
		return run_add(x, req, &p);
	if (p.kind == H248_TID_ROOT)
		return run_root(x, req);
	if (x->req->context == H248_CONTEXT_CHOOSE && !x->context)
		return refuse(&x->w, 421, "%s in a context to be chosen",
			      h248_command_name(req->kind));
	if (req->kind == H248_SERVICE_CHANGE && p.wild && !x->context)
		return run_service_change(x, req, &p);
	return run_matches(x, req, &p);
}

/* ---- context properties ---- */

static int attr_check(struct action *x)
{
	const struct h248_context_attr *attr = &x->req->attr;
	struct work *w = &x->w;
	bool any = attr->has_priority || attr->emergency != H248_UNSET || attr->ieps != H248_UNSET;

	if (attr->has_topology)
		return refuse(w, 444, "Topology");
	if (attr->properties.first)
		return refuse(w, 445, "%.*s/%.*s", STR_ARG(attr->properties.first->name.pkg),
			      STR_ARG(attr->properties.first->name.item));
	if (attr->contexts.first)
		return refuse(w, 501, "ContextList");
	if (attr->priority > PRIORITY_MAX)
		return refuse(w, 449, "Priority = %u", attr->priority);
	if (any && x->req->context == H248_CONTEXT_NULL)
		return refuse(w, 421, "properties of the null context");
	return 0;
}

static void attr_apply(struct agent *agent, struct context *c,
		       const struct h248_context_attr *attr)
{
	if (attr->has_priority || attr->emergency != H248_UNSET || attr->ieps != H248_UNSET)
		record_changed(agent, c);
	if (attr->has_priority)
		c->priority = attr->priority;
	if (attr->emergency != H248_UNSET)
		c->emergency = attr->emergency == H248_ON;
	if (attr->ieps != H248_UNSET)
		c->ieps = attr->ieps == H248_ON;
}

static int context_audit_one(struct action *x, const struct context *c)
{
	const struct h248_context_audit *ask = x->req->audit;
	struct h248_action *out = out_action(x, c->id);

	if (!out)
		return -1;
	if (ask->priority) {
		out->attr.has_priority = true;
		out->attr.priority = c->priority;
	}
	if (ask->emergency && c->emergency)
		out->attr.emergency = H248_ON;
	if (ask->ieps)
		out->attr.ieps = c->ieps ? H248_ON : H248_OFF;
	return 0;
}

static int context_audit(struct action *x)
{
	const struct context *c;

	if (x->req->audit->select || !h248_empty(&x->req->audit->names))
		return refuse(&x->w, 501, "selection of contexts by an audit");
	if (x->context)
		return context_audit_one(x, x->context);
	if (x->req->context != H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "audit of this context");
	for (c = x->w.agent->contexts; c; c = c->next)
		if (context_audit_one(x, c))
			return -1;
	return 0;
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
	if (attr_check(x))
		return -1;
	if (x->context)
		attr_apply(x->w.agent, x->context, &x->req->attr);
	else if (x->id == H248_CONTEXT_ALL)
		for (c = x->w.agent->contexts; c; c = c->next)
			attr_apply(x->w.agent, c, &x->req->attr);
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
	struct h248_command *reply;
	struct h248_action *out;

	x->w.code = 0;
	out = out_action(x, x->id);
	reply = out ? h248_command_add(x->w.a, out, req->kind, tid->text) : NULL;
	if (reply)
		reply->error = err;
}

/* Return: false when the transaction ends here. */
static bool run_action(struct action *x)
{
	const struct h248_command *req;
	const struct h248_tid *tid;

	if (action_begin(x)) {
		action_error(x);
		return false;
	}
	h248_each(req, &x->req->commands) {
		h248_each(tid, &req->terms) {
			if (!run_tid(x, req, tid)) {
				counters_command(x->w.agent, req->kind, 0);
				continue;
			}
			log_debug(x->w.agent->log, "context %u %s %.*s refused: %u %s", x->id,
				  h248_command_name(req->kind), STR_ARG(tid->text), x->w.code,
				  x->w.text);
			counters_command(x->w.agent, req->kind, x->w.code);
			command_error(x, req, tid);
			if (!req->optional)
				return false;
		}
	}
	/* An action must be answered with something. */
	if (h248_empty(&x->req->commands) && !x->req->audit)
		out_action(x, x->id);
	return true;
}

void request_execute(void *priv, struct arena *a, const struct h248_transaction *req,
		     struct h248_transaction *reply)
{
	struct agent *agent = priv;
	const struct h248_action *act;

	h248_each(act, &req->actions) {
		struct action x = {
			.w = { .agent = agent, .a = a },
			.req = act,
			.reply = reply,
			.before = reply->actions.last,
		};

		if (!run_action(&x))
			break;
	}
	/* Whoever reads the reply may count on it, even if the daemon dies now. */
	records_write(agent);
	if (h248_empty(&reply->actions)) {
		reply->error = h248_error_new(a, 403, "the transaction has no action");
		counters_error(agent, 403);
	}
}
