// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: topology, what flows between the terminations of a context (H.248.1 7.1.18).
 *
 * A stream joins two terminations at most, so whatever a triple says of two of them can be
 * done by the modes of their endpoints: what may not flow from A to B is not taken from A,
 * and does not leave through B. Only what differs from Bothway is kept.
 *
 * A triple may name what the commands after it bring into the context, so the descriptor
 * is applied before the first and again after each Add and Move.
 * Context: the thread of the event loop.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/record.h"
#include "agent/request_private.h"

#define FLOWS_MAX	64	/* in a context */
#define TRIPLES_MAX	256	/* in a request: each is held against each pair, at each Add */

/* Between two terminations, on one stream or on all that have no flow of their own. */
struct flow {
	uint32_t low, high;		/* numbers of the two, in order */
	uint16_t stream;		/* 0: all others */
	bool up, down;			/* from low to high, and back */
};

struct flows {
	unsigned int n;
	struct flow flow[FLOWS_MAX];
};

/* Only profiles with conferences know it at all. */
bool topology_known(const struct agent *agent)
{
	return agent->config->profile_variant == CONFIG_VARIANT_MP ||
	       agent->config->profile_variant == CONFIG_VARIANT_ALL;
}

static struct flow *find(struct flows *f, const struct flow *like)
{
	unsigned int i;

	for (i = 0; f && i < f->n; i++)
		if (f->flow[i].low == like->low && f->flow[i].high == like->high &&
		    f->flow[i].stream == like->stream)
			return &f->flow[i];
	return NULL;
}

static void take_out(struct flows *f, struct flow *at)
{
	*at = f->flow[--f->n];
}

/* All streams of the two that have a flow of their own follow the others again. */
static void take_out_streams(struct flows *f, const struct flow *of)
{
	unsigned int i = 0;

	while (i < f->n)
		if (f->flow[i].stream && f->flow[i].low == of->low && f->flow[i].high == of->high)
			take_out(f, &f->flow[i]);
		else
			i++;
}

/* Return: 0, or -1: it is full. */
static int put(struct flows *f, uint32_t from, uint32_t to, uint16_t stream, bool there, bool back)
{
	bool turned = from > to, others_up = true, others_down = true;
	struct flow new = {
		.low = turned ? to : from,
		.high = turned ? from : to,
		.up = turned ? back : there,
		.down = turned ? there : back,
	};
	struct flow *at;

	if (!stream)
		take_out_streams(f, &new);
	at = stream ? find(f, &new) : NULL;
	if (at) {
		others_up = at->up;
		others_down = at->down;
	}
	new.stream = stream;
	at = find(f, &new);
	if (new.up == others_up && new.down == others_down) {
		if (at)
			take_out(f, at);
		return 0;
	}
	if (!at) {
		if (f->n == FLOWS_MAX)
			return -1;
		at = &f->flow[f->n++];
	}
	*at = new;
	return 0;
}

/* May what is taken from one termination leave through the other? */
static bool flows(const struct context *c, uint32_t from, uint32_t to, uint16_t stream)
{
	struct flow like = {
		.low = from < to ? from : to,
		.high = from < to ? to : from,
		.stream = stream,
	};
	const struct flow *at = find(c->flows, &like);

	if (!at) {
		like.stream = 0;
		at = find(c->flows, &like);
	}
	if (!at)
		return true;
	return from < to ? at->up : at->down;
}

enum kmgw_mode topology_mask(const struct termination *t, uint16_t stream, enum kmgw_mode mode)
{
	const struct context *c = t->context;
	bool takes = false, sends = false;
	const struct termination *other;
	const struct stream *peer;

	if (!c->flows || !c->flows->n)
		return mode;
	for (other = c->terminations; other; other = other->next) {
		peer = other == t ? NULL : termination_stream(other, stream);
		if (!peer || !peer->bearer)
			continue;
		takes |= flows(c, t->number, other->number, stream);
		sends |= flows(c, other->number, t->number, stream);
	}
	return mode & ((takes ? KMGW_MODE_RECEIVEONLY : 0) | (sends ? KMGW_MODE_SENDONLY : 0));
}

void topology_forget(struct context *c, uint32_t termination)
{
	unsigned int i = 0;

	while (c->flows && i < c->flows->n)
		if (c->flows->flow[i].low == termination || c->flows->flow[i].high == termination)
			take_out(c->flows, &c->flows->flow[i]);
		else
			i++;
}

void topology_free(struct context *c)
{
	free(c->flows);
	c->flows = NULL;
}

/* ---- Topology of a request ---- */

static bool action_has(const struct action *x, enum h248_command_kind kind,
		       const struct h248_tid *tid)
{
	const struct h248_command *cmd;
	const struct h248_tid *own;

	h248_each(cmd, &x->req->commands) {
		if (cmd->kind != kind)
			continue;
		h248_each(own, &cmd->terms)
			if (tid ? own->kind == H248_TID_NAME && str_ieq(own->text, tid->text) :
			    own->kind == H248_TID_CHOOSE ||
			    (own->kind == H248_TID_NAME && own->has_choose))
				return true;
	}
	return false;
}

static int check_end(struct action *x, const struct h248_tid *tid)
{
	const struct termination *t;
	struct work *w = &x->w;

	switch (tid->kind) {
	case H248_TID_ALL:
		return 0;
	case H248_TID_CHOOSE:
		return action_has(x, H248_ADD, NULL) ? 0 :
		       refuse(w, 421, "Topology: $ without an Add that chooses");
	case H248_TID_ROOT:
		return refuse(w, 435, "Topology of ROOT");
	case H248_TID_NAME:
		break;
	}
	if (tid->has_choose)
		return refuse(w, 422, "Topology: %.*s chooses a part only", STR_ARG(tid->text));
	if (tid->has_all)
		return 0;
	t = tid_lookup(w->agent, tid->text);
	if (!t)
		return refuse(w, 430, "%.*s", STR_ARG(tid->text));
	if ((!x->context || t->context != x->context) && !action_has(x, H248_MOVE, tid))
		return refuse(w, 435, "%.*s", STR_ARG(tid->text));
	return 0;
}

/* The number of the termination that $ means is not known before its Add. */
static bool matches(const struct action *x, const struct h248_tid *tid,
		    const struct termination *t)
{
	struct tid_pattern p = { .kind = tid->kind, .text = tid->text };

	if (tid->kind == H248_TID_CHOOSE)
		return t->number == x->chosen;
	return tid_matches(&p, t);
}

static bool is_wild(const struct h248_tid *tid)
{
	return tid->kind == H248_TID_ALL || (tid->kind == H248_TID_NAME && tid->has_all);
}

static int triple_refused(struct action *x, const struct h248_topology *triple, const char *why)
{
	return refuse(&x->w, 522, "Topology %.*s, %.*s: %s", STR_ARG(triple->from.text),
		      STR_ARG(triple->to.text), why);
}

static int check_triple(struct action *x, const struct h248_topology *triple)
{
	const struct h248_tid *from = &triple->from, *to = &triple->to;
	const struct termination *t;

	if (check_end(x, from) || check_end(x, to))
		return -1;
	switch (triple->kind) {
	case H248_TOPOLOGY_ONEWAY_EXTERNAL:
	case H248_TOPOLOGY_ONEWAY_BOTH:
		return triple_refused(x, triple,
				      "what one sends to its far end cannot be copied to another");
	default:
		break;
	}
	if (!is_wild(from) && from->kind == to->kind && str_ieq(from->text, to->text))
		return triple_refused(x, triple, "a termination and itself");
	if (triple->has_stream && !triple->stream)
		return triple_refused(x, triple, "Stream = 0");
	if (triple->kind != H248_TOPOLOGY_ONEWAY || !is_wild(from) || !is_wild(to))
		return 0;
	if (from->kind == H248_TID_ALL && to->kind == H248_TID_ALL)
		return triple_refused(x, triple, "both ways at once is no Oneway");
	for (t = x->context ? x->context->terminations : NULL; t; t = t->next)
		if (matches(x, from, t) && matches(x, to, t))
			return triple_refused(x, triple, "a termination matches both");
	return 0;
}

int topology_check(struct action *x)
{
	const struct h248_topology *triple;
	unsigned int n = 0;

	if (!topology_known(x->w.agent))
		return refuse(&x->w, 444, "Topology");
	if (x->req->context == H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "Topology of all contexts");
	h248_each(triple, &x->req->attr.topology) {
		if (check_triple(x, triple))
			return -1;
		if (++n > TRIPLES_MAX)
			return refuse(&x->w, 510, "more than %d triples", TRIPLES_MAX);
	}
	x->flows = calloc(1, sizeof(*x->flows));
	return x->flows ? 0 : refuse_memory(&x->w);
}

static int apply_triple(const struct action *x, struct flows *f, const struct h248_topology *triple)
{
	bool there = triple->kind != H248_TOPOLOGY_ISOLATE;
	bool back = triple->kind == H248_TOPOLOGY_BOTHWAY;
	const struct termination *a, *b;

	for (a = x->context->terminations; a; a = a->next) {
		if (!matches(x, &triple->from, a))
			continue;
		for (b = x->context->terminations; b; b = b->next)
			if (a != b && matches(x, &triple->to, b) &&
			    put(f, a->number, b->number, triple->has_stream ? triple->stream : 0,
				there, back))
				return -1;
	}
	return 0;
}

int topology_apply(struct action *x)
{
	const struct h248_topology *triple;
	struct context *c = x->context;
	struct flows *spare = x->flows;

	if (!spare || !c)
		return 0;
	/* Worked out apart: what does not fit changes nothing. */
	if (c->flows)
		*spare = *c->flows;
	else
		spare->n = 0;
	h248_each(triple, &x->req->attr.topology)
		if (apply_triple(x, spare, triple))
			return refuse(&x->w, 510, "more than %d exceptions from Bothway in a context",
				      FLOWS_MAX);
	if (!c->flows) {
		if (!spare->n)
			return 0;
		c->flows = calloc(1, sizeof(*c->flows));
		if (!c->flows)
			return refuse_memory(&x->w);
	}
	*c->flows = *spare;
	media_refresh(c);
	record_changed(x->w.agent, c);
	return 0;
}

void topology_end(struct action *x)
{
	free(x->flows);
	x->flows = NULL;
}

/* ---- audits and records ---- */

static int add_triple(struct work *w, struct h248_context_attr *out, const struct termination *a,
		      const struct termination *b, uint16_t stream)
{
	struct h248_topology *triple = arena_new(w->a, struct h248_topology);
	bool there = flows(a->context, a->number, b->number, stream);
	bool back = flows(a->context, b->number, a->number, stream);
	const struct termination *turn;

	if (back && !there) {
		turn = a;
		a = b;
		b = turn;
	}
	if (!triple)
		return refuse_memory(w);
	triple->from = h248_tid_of(arena_str(w->a, str_c(a->name)));
	triple->to = h248_tid_of(arena_str(w->a, str_c(b->name)));
	if (!str_set(triple->from.text) || !str_set(triple->to.text))
		return refuse_memory(w);
	triple->kind = there && back ? H248_TOPOLOGY_BOTHWAY :
		       there || back ? H248_TOPOLOGY_ONEWAY : H248_TOPOLOGY_ISOLATE;
	triple->has_stream = stream;
	triple->stream = stream;
	h248_append(&out->topology, triple);
	out->has_topology = true;
	return 0;
}

int topology_fill(struct work *w, const struct context *c, bool streams, bool exceptions,
		  struct h248_context_attr *out)
{
	const struct termination *a, *b;
	const struct flow *f;
	unsigned int i;

	for (a = c->terminations; a; a = a->next)
		for (b = a->next; b; b = b->next) {
			if ((!exceptions || !flows(c, a->number, b->number, 0) ||
			     !flows(c, b->number, a->number, 0)) && add_triple(w, out, a, b, 0))
				return -1;
			for (i = 0; streams && c->flows && i < c->flows->n; i++) {
				f = &c->flows->flow[i];
				if (f->stream && ((f->low == a->number && f->high == b->number) ||
						  (f->low == b->number && f->high == a->number)) &&
				    add_triple(w, out, a, b, f->stream))
					return -1;
			}
		}
	return 0;
}

int topology_adopt(struct work *w, struct context *c, const struct h248_context_attr *attr)
{
	const struct h248_topology *triple;
	const struct termination *a, *b;

	if (!attr->has_topology)
		return 0;
	c->flows = calloc(1, sizeof(*c->flows));
	if (!c->flows)
		return refuse_memory(w);
	h248_each(triple, &attr->topology) {
		a = tid_lookup(w->agent, triple->from.text);
		b = tid_lookup(w->agent, triple->to.text);
		if (!a || !b || a == b || a->context != c || b->context != c ||
		    triple->kind > H248_TOPOLOGY_ONEWAY ||
		    put(c->flows, a->number, b->number, triple->has_stream ? triple->stream : 0,
			triple->kind != H248_TOPOLOGY_ISOLATE,
			triple->kind == H248_TOPOLOGY_BOTHWAY))
			return refuse(w, 500, "its topology cannot be read");
	}
	return 0;
}
