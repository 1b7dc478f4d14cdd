// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: contexts, and the tables in which contexts and terminations are found.
 *
 * Context: the thread of the event loop.
 * Lifetime: a context lives from the Add that chose it to the Subtract of its
 * last termination.
 */
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/record.h"

struct context *context_find(const struct agent *agent, uint32_t id)
{
	struct context *c = agent->context_table[id & (agent->buckets - 1)];

	while (c && c->id != id)
		c = c->hash_next;
	return c;
}

struct termination *termination_find(const struct agent *agent, uint32_t number)
{
	struct termination *t = agent->termination_table[number & (agent->buckets - 1)];

	while (t && t->number != number)
		t = t->hash_next;
	return t;
}

static struct context *context_make(struct work *w, uint32_t id)
{
	struct agent *agent = w->agent;
	struct context *c = calloc(1, sizeof(*c)), **bucket;

	if (!c) {
		refuse_memory(w);
		return NULL;
	}
	c->id = id;
	bucket = &agent->context_table[c->id & (agent->buckets - 1)];
	c->hash_next = *bucket;
	*bucket = c;
	c->prev = agent->last_context;
	if (c->prev)
		c->prev->next = c;
	else
		agent->contexts = c;
	agent->last_context = c;
	agent->n_contexts++;
	return c;
}

struct context *context_adopt(struct work *w, uint32_t id)
{
	struct agent *agent = w->agent;

	/* No limit: a call that is there is not ended for a smaller number in the file. */
	if (context_find(agent, id)) {
		refuse(w, 500, "it exists");
		return NULL;
	}
	if (id > agent->last_context_id)
		agent->last_context_id = id;
	return context_make(w, id);
}

struct context *context_new(struct work *w)
{
	struct agent *agent = w->agent;
	const struct config *config = agent->config;
	unsigned int limit = config->max_contexts;

	if (!w->emergency)
		limit -= (unsigned int)((uint64_t)limit * config->emergency_reserve / 100);
	if (agent->n_contexts >= limit) {
		agent->counters.contexts_refused++;
		refuse(w, 412, "%u contexts exist", agent->n_contexts);
		return NULL;
	}
	/* Ids are not used again soon: a late command must not hit another call. */
	do {
		agent->last_context_id = agent->last_context_id >= KMGW_ID_MAX ?
					 1 : agent->last_context_id + 1;
	} while (context_find(agent, agent->last_context_id));
	return context_make(w, agent->last_context_id);
}

static void context_drop(struct context *c, struct agent *agent)
{
	struct context **p = &agent->context_table[c->id & (agent->buckets - 1)];

	while (*p != c)
		p = &(*p)->hash_next;
	*p = c->hash_next;
	if (c->prev)
		c->prev->next = c->next;
	else
		agent->contexts = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		agent->last_context = c->prev;
	agent->n_contexts--;
	topology_free(c);
	free(c);
}

void context_free(struct context *c, struct agent *agent)
{
	record_forget(agent, c);
	context_drop(c, agent);
}

uint32_t termination_number(struct agent *agent)
{
	do {
		agent->last_number = agent->last_number >= KMGW_ID_MAX ?
				     1 : agent->last_number + 1;
	} while (termination_find(agent, agent->last_number));
	return agent->last_number;
}

void context_link(struct context *c, struct termination *t)
{
	context_link_before(c, t, NULL);
}

void context_link_before(struct context *c, struct termination *t, struct termination *next)
{
	struct agent *agent = t->agent;
	struct termination **p;

	t->context = c;
	for (p = &c->terminations; *p != next; p = &(*p)->next)
		;
	t->next = next;
	*p = t;
	c->n_terminations++;
	p = &agent->termination_table[t->number & (agent->buckets - 1)];
	t->hash_next = *p;
	*p = t;
	agent->n_terminations++;
}

void context_unlink(struct termination *t)
{
	struct context *c = t->context;
	struct agent *agent = t->agent;
	struct termination **p;

	for (p = &c->terminations; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	c->n_terminations--;
	for (p = &agent->termination_table[t->number & (agent->buckets - 1)]; *p != t;
	     p = &(*p)->hash_next)
		;
	*p = t->hash_next;
	agent->n_terminations--;
}

void context_delete(struct context *c, struct agent *agent)
{
	struct termination *t;

	while ((t = c->terminations)) {
		context_unlink(t);
		termination_free(t);
	}
	context_free(c, agent);
}

void context_forget(struct context *c, struct agent *agent)
{
	struct termination *t;

	while ((t = c->terminations)) {
		context_unlink(t);
		termination_forget(t);
	}
	/* Its record stays in the module, for the next run. */
	context_drop(c, agent);
}
