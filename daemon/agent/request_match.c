// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: commands for one termination, for all that a wildcard means, and for lists.
 *
 * A command with wildcards is done termination by termination; with ALL for the
 * context the replies are gathered in one action for each context. With W- there is
 * one reply for all of them (H.248.1 6.2.2): a union, and sums of statistics.
 * Context: the thread of the event loop.
 */
#include "agent/record.h"
#include "agent/request_private.h"

struct matches {
	struct termination **list;
	size_t n, max;
};

static int matches_new(struct action *x, struct matches *m, size_t max)
{
	m->n = 0;
	x->w.agent->last_mark++;
	m->max = max;
	m->list = arena_zalloc(x->w.a, (max ? max : 1) * sizeof(*m->list));
	return m->list ? 0 : refuse_memory(&x->w);
}

/* A termination that two ids of a list mean is there once: one that was met bears the mark. */
static void add(struct matches *m, struct termination *t)
{
	if (t->mark == t->agent->last_mark)
		return;
	t->mark = t->agent->last_mark;
	if (m->n < m->max)
		m->list[m->n++] = t;
}

static void match_context(const struct tid_pattern *p, const struct context *c,
			  struct matches *m)
{
	struct termination *t;

	for (t = c->terminations; t; t = t->next)
		if (tid_matches(p, t))
			add(m, t);
}

/* The terminations that a pattern means in the context of the action. */
static int match(struct action *x, const struct h248_command *req, const struct tid_pattern *p,
		 struct matches *m, bool several)
{
	struct agent *agent = x->w.agent;
	size_t before = m->n;
	struct termination *t;
	struct context *c;

	if (p->choose)
		return refuse(&x->w, 430, "%.*s in %s", STR_ARG(p->text),
			      h248_command_name(req->kind));
	if (!p->wild) {
		t = tid_lookup(agent, p->text);
		if (!t)
			return refuse(&x->w, 430, "%.*s", STR_ARG(p->text));
		if (x->req->context != H248_CONTEXT_ALL && t->context != x->context)
			return refuse(&x->w, 435, "%.*s", STR_ARG(p->text));
		add(m, t);
		return 0;
	}
	if (x->context)
		match_context(p, x->context, m);
	else if (x->req->context == H248_CONTEXT_ALL)
		for (c = agent->contexts; c; c = c->next)
			if (context_selected(x, c))
				match_context(p, c, m);
	if (m->n == before && !several)
		return refuse(&x->w, 431, "%.*s", STR_ARG(p->text));
	return 0;
}

static size_t max_matches(const struct action *x)
{
	return x->context ? x->context->n_terminations : x->w.agent->n_terminations;
}

/* ---- one termination ---- */

static bool is_audit(const struct h248_command *req)
{
	return req->kind == H248_AUDIT_VALUE || req->kind == H248_AUDIT_CAPABILITY;
}

static int audit_one(struct action *x, const struct h248_command *req, struct termination *t,
		     struct h248_action *out)
{
	struct h248_command *reply = action_bare_reply(x, out, req, str_c(t->name));

	if (!reply)
		return -1;
	termination_heard(t);
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, false, reply);
	return audit_termination(&x->w, t, req->audit, reply);
}

static int run_one(struct action *x, const struct h248_command *req, struct termination *t,
		   struct h248_action *out, struct totals *total)
{
	struct command cmd = { .w = &x->w, .context = t->context, .req = req, .out = out };
	struct h248_command *last = out ? out->commands.last : NULL;
	int err;

	if (!is_audit(req))
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
		action_truncate(out, last);
	return err;
}

int match_run(struct action *x, const struct h248_command *req, const struct tid_pattern *p)
{
	bool selects = req->kind == H248_AUDIT_VALUE && audit_selects(req->audit);
	struct totals total = { 0 };
	struct h248_action *out;
	struct matches m;
	bool any = false;
	size_t i;

	if (is_audit(req) && audit_check(&x->w, req->audit, req->kind == H248_AUDIT_CAPABILITY))
		return -1;
	if (matches_new(x, &m, p->wild ? max_matches(x) : 1) || match(x, req, p, &m, false))
		return -1;
	x->w.wild = p->wild;
	for (i = 0; i < m.n; i++) {
		if (selects && !audit_selected(&x->w, m.list[i], req->audit))
			continue;
		any = true;
		out = action_out(x, m.list[i]->context->id);
		if (!out)
			return -1;
		/* A failure is that of this termination, not of the wildcard. */
		x->at = arena_str(x->w.a, str_c(m.list[i]->name));
		x->at_context = out->context;
		if (run_one(x, req, m.list[i], out, &total))
			return -1;
		x->at = STR_NONE;
	}
	return any ? 0 : refuse(&x->w, 431, "%.*s: none is selected", STR_ARG(p->text));
}

/* ---- Move ---- */

static int match_move(struct action *x, const struct tid_pattern *p, struct matches *m)
{
	unsigned int there = x->context ? x->context->n_terminations : 0;
	struct termination *t;
	struct context *c;

	if (p->choose)
		return refuse(&x->w, 430, "%.*s in Move", STR_ARG(p->text));
	if (matches_new(x, m, p->wild ? x->w.agent->n_terminations : 1))
		return -1;
	if (!p->wild) {
		t = tid_lookup(x->w.agent, p->text);
		if (!t)
			return refuse(&x->w, 430, "%.*s", STR_ARG(p->text));
		if (t->context == x->context)
			return refuse(&x->w, 433, "%.*s", STR_ARG(p->text));
		add(m, t);
	}
	for (c = p->wild ? x->w.agent->contexts : NULL; c; c = c->next)
		if (c != x->context)
			match_context(p, c, m);
	if (!m->n)
		return refuse(&x->w, 431, "%.*s", STR_ARG(p->text));
	/* Half of what a wildcard means is of no use. */
	if (there + m->n > x->w.agent->config->max_terminations)
		return refuse(&x->w, 434, "context %u would have %zu terminations", x->id,
			      there + m->n);
	return 0;
}

static int move_one(struct action *x, const struct h248_command *req, struct termination *t,
		    struct h248_action *out)
{
	struct command cmd = { .w = &x->w, .req = req, .out = req->wildcard_reply ? NULL : out };
	struct h248_command *last = out->commands.last;
	struct context *made = NULL;
	int err;

	if (!x->context) {
		made = context_new(&x->w);
		if (!made)
			return -1;
		context_attr_apply(x->w.agent, made, &x->req->attr);
	}
	cmd.context = made ? made : x->context;
	err = command_move(&cmd, t);
	if (err)
		action_truncate(out, last);
	if (err && made && !made->n_terminations) {
		context_free(made, x->w.agent);
	} else if (made) {
		x->context = made;
		x->id = made->id;
		out->context = made->id;
	}
	return err ? err : topology_apply(x);
}

int match_run_move(struct action *x, const struct h248_command *req, const struct tid_pattern *p)
{
	const struct h248_context_attr *attr = &x->req->attr;
	struct h248_action *out;
	struct matches m;
	size_t i;

	if (match_move(x, p, &m))
		return -1;
	x->w.emergency = attr->emergency == H248_ON || attr->ieps == H248_ON ||
			 (x->context && (x->context->emergency || x->context->ieps));
	x->w.wild = p->wild;
	out = action_out(x, x->id);
	if (!out)
		return -1;
	for (i = 0; i < m.n; i++) {
		x->at = p->wild ? arena_str(x->w.a, str_c(m.list[i]->name)) : STR_NONE;
		x->at_context = out->context;
		if (move_one(x, req, m.list[i], out))
			return -1;
	}
	x->at = STR_NONE;
	if (req->wildcard_reply && !action_bare_reply(x, out, req, p->text))
		return -1;
	return 0;
}

/* ---- one reply for all ---- */

/* Statistics and packages of any number of terminations take no memory for each. */
static bool only_sums(const struct h248_audit *a)
{
	const unsigned int items = H248_AUDIT_STATISTICS | H248_AUDIT_PACKAGES;

	return a && !(a->items & ~items) && !a->media && h248_empty(&a->events) &&
	       h248_empty(&a->event_buffer) && h248_empty(&a->signals) &&
	       h248_empty(&a->digit_maps);
}

static int merged_sums(struct action *x, const struct h248_audit *audit, const struct matches *m,
		       struct h248_command *reply)
{
	struct h248_audit packages = *audit;
	struct totals total = { 0 };
	uint64_t dur = 0, own;
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < m->n; i++) {
		termination_heard(m->list[i]);
		own = statistics_duration(m->list[i]);
		dur = own > dur ? own : dur;
		mask |= m->list[i]->statistics;
		totals_termination(m->list[i], &total);
	}
	if (((audit->items & H248_AUDIT_STATISTICS) || !h248_empty(&audit->statistics)) &&
	    statistics_fill(&x->w, &total, dur, mask,
			    audit->items & H248_AUDIT_STATISTICS ? NULL : audit->statistics.first,
			    &reply->statistics))
		return -1;
	packages.items &= ~(unsigned int)H248_AUDIT_STATISTICS;
	packages.statistics.first = packages.statistics.last = NULL;
	return audit_termination(&x->w, m->list[0], &packages, reply);
}

static int merged_audit(struct action *x, const struct h248_command *req, const struct matches *m,
			struct h248_command *reply)
{
	bool selects = audit_selects(req->audit);
	struct h248_command **each;
	size_t i, n = 0;

	x->w.wild = true;
	if (req->kind == H248_AUDIT_CAPABILITY)
		return audit_capability(&x->w, req->audit, false, reply);
	if (!selects && only_sums(req->audit))
		return merged_sums(x, req->audit, m, reply);
	each = arena_zalloc(x->w.a, m->n * sizeof(*each));
	if (!each)
		return refuse_memory(&x->w);
	for (i = 0; i < m->n; i++) {
		if (selects && !audit_selected(&x->w, m->list[i], req->audit))
			continue;
		each[n] = arena_new(x->w.a, struct h248_command);
		if (!each[n])
			return refuse_memory(&x->w);
		termination_heard(m->list[i]);
		if (audit_termination(&x->w, m->list[i], req->audit, each[n]))
			return -1;
		n++;
	}
	if (!n)
		return refuse(&x->w, 431, "no termination is selected");
	return audit_union(&x->w, each, n, reply);
}

static int merged_others(struct action *x, const struct h248_command *req, const struct matches *m,
			 struct h248_command *reply)
{
	uint64_t dur = 0, own;
	struct totals total = { 0 };
	size_t i;

	for (i = 0; i < m->n; i++) {
		own = statistics_duration(m->list[i]);
		dur = own > dur ? own : dur;
		if (run_one(x, req, m->list[i], NULL, &total))
			return -1;
	}
	if (req->kind != H248_SUBTRACT ||
	    (req->audit && !(req->audit->items & H248_AUDIT_STATISTICS)))
		return 0;
	return statistics_fill(&x->w, &total, dur, STATISTICS_ALL, NULL, &reply->statistics);
}

int match_run_merged(struct action *x, const struct h248_command *req)
{
	bool several = req->terms.first && req->terms.first->next;
	const struct h248_tid *tid;
	struct h248_command *reply;
	struct h248_action *out;
	struct tid_pattern p;
	struct matches m;

	if (is_audit(req) && audit_check(&x->w, req->audit, req->kind == H248_AUDIT_CAPABILITY))
		return -1;
	if (matches_new(x, &m, max_matches(x) + 1))
		return -1;
	h248_each(tid, &req->terms) {
		if (tid_parse(&x->w, tid, &p))
			return -1;
		if (p.kind == H248_TID_ROOT)
			return refuse(&x->w, 435, "ROOT in a list");
		if (match(x, req, &p, &m, several))
			return -1;
	}
	if (!m.n)
		return refuse(&x->w, 431, "no termination of the list");
	/* Made before the context may go with its last termination. */
	out = action_out(x, x->context ? x->id : x->req->context);
	reply = out ? action_bare_reply(x, out, req, req->terms.first->text) : NULL;
	if (!reply)
		return -1;
	for (tid = req->terms.first->next; tid; tid = tid->next)
		if (!h248_tid_add(x->w.a, reply, tid->text))
			return refuse_memory(&x->w);
	if (is_audit(req) ? merged_audit(x, req, &m, reply) : merged_others(x, req, &m, reply)) {
		/* The reply is the last one of its action. */
		action_drop_last(out, reply);
		return -1;
	}
	return 0;
}

int match_run_service_change(struct action *x, const struct h248_command *req,
			     const struct tid_pattern *p)
{
	struct h248_action *out;
	struct termination *t;
	struct matches m;
	struct context *c;
	int n;

	n = service_change_realms(&x->w, req->service_change, p);
	if (n < 0 || matches_new(x, &m, max_matches(x)))
		return -1;
	if (x->req->context == H248_CONTEXT_ALL && !match(x, req, p, &m, false))
		return req->wildcard_reply ? match_run_merged(x, req) : match_run(x, req, p);
	x->w.code = 0;
	if (!n)
		return refuse(&x->w, 431, "%.*s", STR_ARG(p->text));
	/* In the null context: the interface as such, with all that is on it. */
	for (c = x->w.agent->contexts; c; c = c->next)
		for (t = c->terminations; t; t = t->next)
			if (tid_matches(p, t) && run_one(x, req, t, NULL, NULL))
				return -1;
	out = action_out(x, x->req->context);
	return out && action_bare_reply(x, out, req, p->text) ? 0 : -1;
}
