// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what belongs to contexts themselves: priority, emergency, IEPS, and the audits
 * of these and of the topology. Context: the thread of the event loop.
 */
#include "agent/record.h"
#include "agent/request_private.h"

#define PRIORITY_MAX	15

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
	media_set_emergency(c);
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
	return ask->topology ?
	       topology_fill(&x->w, c, registration_version(x->w.agent->registration) >= 2, false,
			     &out->attr) : 0;
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
	if (ask->topology && !topology_known(x->w.agent))
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
