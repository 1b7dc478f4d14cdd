// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what belongs to contexts themselves: priority, emergency, IEPS, topology,
 * and the audits of these.
 *
 * All streams of a context are joined both ways; a topology that says just this
 * changes nothing, any other cannot be done. Context: the thread of the event loop.
 */
#include "agent/record.h"
#include "agent/request_private.h"

#define PRIORITY_MAX	15

/* ---- topology ---- */

/* Only profiles with conferences know it at all. */
static bool has_topology(const struct agent *agent)
{
	return agent->config->profile_variant == CONFIG_VARIANT_MP ||
	       agent->config->profile_variant == CONFIG_VARIANT_ALL;
}

static int check_end(struct action *x, const struct h248_tid *tid)
{
	const struct termination *t;
	struct work *w = &x->w;

	switch (tid->kind) {
	case H248_TID_ALL:
		return 0;
	case H248_TID_CHOOSE:
		/* It means the first Add with $ of this action. */
		return 0;
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
	if (!x->context || t->context != x->context)
		return refuse(w, 435, "%.*s", STR_ARG(tid->text));
	return 0;
}

static int topology_check(struct action *x)
{
	const struct h248_topology *triple;

	if (!has_topology(x->w.agent))
		return refuse(&x->w, 444, "Topology");
	h248_each(triple, &x->req->attr.topology) {
		if (check_end(x, &triple->from) || check_end(x, &triple->to))
			return -1;
		if (triple->kind != H248_TOPOLOGY_BOTHWAY)
			return refuse(&x->w, 522, "Topology %.*s, %.*s: only Bothway",
				      STR_ARG(triple->from.text), STR_ARG(triple->to.text));
	}
	return 0;
}

static int topology_fill(struct action *x, const struct context *c, struct h248_action *out)
{
	const struct termination *a, *b;
	struct h248_topology *triple;

	for (a = c->terminations; a; a = a->next) {
		for (b = a->next; b; b = b->next) {
			triple = arena_new(x->w.a, struct h248_topology);
			if (!triple)
				return refuse_memory(&x->w);
			triple->from = h248_tid_of(arena_str(x->w.a, str_c(a->name)));
			triple->to = h248_tid_of(arena_str(x->w.a, str_c(b->name)));
			triple->kind = H248_TOPOLOGY_BOTHWAY;
			if (!str_set(triple->from.text) || !str_set(triple->to.text))
				return refuse_memory(&x->w);
			h248_append(&out->attr.topology, triple);
			out->attr.has_topology = true;
		}
	}
	return 0;
}

/* ---- properties ---- */

static int property_refusal(struct action *x, const struct h248_name *name)
{
	const struct row *row;
	unsigned int code = packages_find(&x->w.agent->packages, ROW_PROPERTY, name, &row);

	/* There is none that belongs to a context. */
	return refuse(&x->w, code ? code : 455, "%.*s/%.*s", STR_ARG(name->pkg),
		      STR_ARG(name->item));
}

int context_attr_check(struct action *x)
{
	const struct h248_context_attr *attr = &x->req->attr;
	const struct h248_context_id *id;
	struct work *w = &x->w;
	bool any = attr->has_priority || attr->emergency != H248_UNSET ||
		   attr->ieps != H248_UNSET || attr->has_topology;

	if (attr->properties.first)
		return property_refusal(x, &attr->properties.first->name);
	if (attr->contexts.first && x->req->context != H248_CONTEXT_ALL)
		return refuse(w, 421, "ContextList of one context");
	h248_each(id, &attr->contexts)
		if (!context_find(w->agent, id->id))
			return refuse(w, 411, "context %u", id->id);
	if (attr->priority > PRIORITY_MAX)
		return refuse(w, 449, "Priority = %u", attr->priority);
	if (any && x->req->context == H248_CONTEXT_NULL)
		return refuse(w, 421, "properties of the null context");
	return attr->has_topology ? topology_check(x) : 0;
}

void context_attr_apply(struct agent *agent, struct context *c,
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

/* ---- audits ---- */

static int audit_one(struct action *x, const struct context *c)
{
	const struct h248_context_audit *ask = x->req->audit;
	struct h248_action *out = action_out(x, c->id);

	if (!out)
		return -1;
	if (ask->priority) {
		out->attr.has_priority = true;
		out->attr.priority = c->priority;
	}
	/* Before version 3 that there is none cannot be said. */
	if (ask->emergency && (c->emergency || registration_version(x->w.agent->registration) >= 3))
		out->attr.emergency = c->emergency ? H248_ON : H248_OFF;
	if (ask->ieps)
		out->attr.ieps = c->ieps ? H248_ON : H248_OFF;
	return ask->topology ? topology_fill(x, c, out) : 0;
}

static bool in_list(const struct h248_context_attr *select, uint32_t id)
{
	const struct h248_context_id *c;

	h248_each(c, &select->contexts)
		if (c->id == id || c->id == H248_CONTEXT_ALL)
			return true;
	return false;
}

bool context_selected(const struct action *x, const struct context *c)
{
	const struct h248_context_audit *ask = x->req->audit;
	const struct h248_context_attr *s = ask ? ask->select : NULL;
	unsigned int conditions = 0, met = 0;

	/* Of all contexts, those that the request lists. */
	if (!h248_empty(&x->req->attr.contexts) && !in_list(&x->req->attr, c->id))
		return false;
	if (!s)
		return true;
	/* The list says which contexts are asked, the others which of them answer. */
	if (!h248_empty(&s->contexts) && !in_list(s, c->id))
		return false;
	if (s->has_priority) {
		conditions++;
		met += s->priority == c->priority;
	}
	if (s->emergency != H248_UNSET) {
		conditions++;
		met += (s->emergency == H248_ON) == c->emergency;
	}
	if (s->ieps != H248_UNSET) {
		conditions++;
		met += (s->ieps == H248_ON) == c->ieps;
	}
	if (!conditions)
		return true;
	return ask->logic == H248_LOGIC_OR ? met > 0 : met == conditions;
}

int context_audit(struct action *x)
{
	const struct h248_context_audit *ask = x->req->audit;
	const struct context *c;
	bool any = false;

	if (!h248_empty(&ask->names))
		return property_refusal(x, &ask->names.first->name);
	if (ask->select && !h248_empty(&ask->select->properties))
		return property_refusal(x, &ask->select->properties.first->name);
	if (ask->topology && !has_topology(x->w.agent))
		return refuse(&x->w, 444, "Topology");
	if (x->context)
		return audit_one(x, x->context);
	if (x->req->context != H248_CONTEXT_ALL)
		return refuse(&x->w, 421, "audit of this context");
	for (c = x->w.agent->contexts; c; c = c->next) {
		if (!context_selected(x, c))
			continue;
		any = true;
		/* With commands the selection is for them. */
		if (audit_one(x, c))
			return -1;
	}
	return any || (!ask->select && h248_empty(&x->req->attr.contexts)) ? 0 : refuse(&x->w, 411, "no context is selected");
}
