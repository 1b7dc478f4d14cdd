// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: calls of an earlier daemon.
 *
 * A context is rebuilt from its record: first all terminations, streams and bearers, for
 * they may name each other, then each termination gets its Media and Events as if the MGC
 * had sent them, except that the module already does what they ask for. A context that
 * cannot be rebuilt whole is dropped whole, and the module then deletes it: half a call
 * is of no use to an MGC.
 * Context: the thread of the event loop, before the gateway registers.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/record.h"
#include "bearer/env.h"
#include "lib/log.h"

#define ARENA_MAX	(256 * 1024)

struct adoption {
	struct agent *agent;
	struct arena arena;
	unsigned int lost;		/* contexts that could not be rebuilt */
};

static const struct config_realm *realm_of(const struct agent *agent, struct str interface)
{
	unsigned int i;

	for (i = 0; i < agent->config->n_realms; i++)
		if (str_iis(interface, agent->config->realm[i].interface))
			return &agent->config->realm[i];
	return NULL;
}

/* ip/<group>/<interface>/<n>, as this gateway writes it */
static int read_name(struct work *w, struct str name, uint16_t *group,
		     const struct config_realm **realm, uint32_t *number)
{
	char interface[CONFIG_INTERFACE_MAX + 1], text[TERMINATION_NAME_MAX + 1];
	unsigned int g, n;
	int end = 0;

	if (name.len > TERMINATION_NAME_MAX)
		return refuse(w, 430, "its name is too long");
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	if (sscanf(text, "ip/%5u/%16[^/]/%10u%n", &g, interface, &n, &end) != 3 || text[end] ||
	    g > UINT16_MAX || !n || n > KMGW_ID_MAX)
		return refuse(w, 430, "%s is no name of this gateway", text);
	*realm = realm_of(w->agent, str_c(interface));
	if (!*realm)
		return refuse(w, 430, "%s: there is no such interface any more", text);
	if (termination_find(w->agent, n))
		return refuse(w, 433, "%s exists", text);
	*group = (uint16_t)g;
	*number = n;
	return 0;
}

static int add_stream(struct work *w, struct termination *t, const struct record_stream *rs)
{
	struct stream *s = calloc(1, sizeof(*s)), **p;
	int err = 0;

	if (!s)
		return refuse_memory(w);
	s->termination = t;
	s->id = rs->id;
	s->tcp_signal = rs->tcp_signal;
	s->set.mode = H248_MODE_INACTIVE;
	s->set.want.dscp = KMGW_DSCP_KEEP;
	s->set.statistics = STATISTICS_ALL;
	for (p = &t->streams; *p; p = &(*p)->next)
		;
	*p = s;
	if (rs->has_bearer) {
		s->set.want.proto = rs->saved.proto;
		err = bearer_adopt(w->agent->env, t->bearer_realm, t->context->id, t->number, s->id,
				   &rs->saved, media_bearer_ops(), s, &s->bearer);
	}
	if (!err)
		return 0;
	return refuse(w, 500, "%s stream %u: %s", t->name, s->id,
		      err == -ENOENT ? "the module has no such endpoint" : strerror(-err));
}

static int add_termination(struct work *w, struct context *c, const struct record_termination *rt)
{
	const struct config_realm *realm = NULL;
	struct agent *agent = w->agent;
	struct termination *t;
	uint32_t number = 0;
	uint16_t group = 0;
	unsigned int i;

	if (read_name(w, rt->add->terms.first->text, &group, &realm, &number))
		return -1;
	t = termination_new(w, c, group, realm);
	if (!t)
		return -1;
	t->number = number;
	snprintf(t->name, sizeof(t->name), "ip/%u/%s/%" PRIu32, group, realm->interface, number);
	/* The clock is that of the host: it goes on while no daemon runs. */
	if (rt->added < t->added)
		t->added = rt->added;
	t->tls_by_signal = rt->tls_by_signal;
	context_link(c, t);
	for (i = 0; i < rt->n_streams; i++)
		if (add_stream(w, t, &rt->streams[i]))
			return -1;
	if (number > agent->adopted_number)
		agent->adopted_number = number;
	return 0;
}

static int fill_termination(struct work *w, struct termination *t,
			    const struct record_termination *rt)
{
	struct media_change media = { 0 };
	struct events_change events;
	struct stream *s;
	unsigned int i;

	if (t->tls_by_signal)
		for (s = t->streams; s; s = s->next)
			if (s->bearer)
				bearer_tls_by_signal(s->bearer);
	if (media_check(w, t, rt->add->media, &media) || media_apply(w, t, &media)) {
		media_undo(t, &media);
		return -1;
	}
	media_done(&media);
	if (events_prepare(w, rt->add->events, &events))
		return -1;
	events_commit(t, &events);
	if (events_prepare(w, rt->add->event_buffer, &events))
		return -1;
	events_commit_buffer(t, &events);
	if (rt->add->statistics &&
	    statistics_select(w, rt->add->statistics, NULL, &t->statistics))
		return -1;
	for (i = 0, s = t->streams; s; s = s->next, i++) {
		if (i == rt->n_streams || s->id != rt->streams[i].id)
			return refuse(w, 500, "%s: its streams are not those of its record", t->name);
		s->reported = rt->streams[i].reported;
	}
	return 0;
}

static int rebuild(struct work *w, struct context *c, const struct record *r)
{
	struct termination *t;
	struct stream *s;
	unsigned int i;

	c->priority = r->attr.has_priority ? r->attr.priority : 0;
	c->emergency = r->attr.emergency == H248_ON;
	c->ieps = r->attr.ieps == H248_ON;
	for (i = 0; i < r->n; i++)
		if (add_termination(w, c, &r->terminations[i]))
			return -1;
	if (topology_adopt(w, c, &r->attr))
		return -1;
	for (i = 0, t = c->terminations; t; t = t->next, i++)
		if (fill_termination(w, t, &r->terminations[i]))
			return -1;
	media_refresh(c);
	for (t = c->terminations; t; t = t->next) {
		for (s = t->streams; s; s = s->next)
			if (s->bearer)
				bearer_adopted(s->bearer);
		termination_heard(t);
	}
	return 0;
}

static const char *why_unread(int err)
{
	switch (err) {
	case -ENODATA: return "it has no record";
	case -EPROTO: return "its record is of another version";
	case -EBADMSG: return "its record cannot be read";
	default: return strerror(-err);
	}
}

static void adopt(void *priv, uint32_t id, const void *data, size_t len)
{
	struct adoption *x = priv;
	struct work w = { .agent = x->agent, .a = &x->arena, .adopting = true };
	struct context *c = NULL;
	struct record record;
	int err;

	arena_reset(&x->arena);
	err = record_read(&x->arena, data, len, &record);
	if (!err && !record.n)
		err = -ENODATA;
	if (err)
		refuse(&w, 500, "%s", why_unread(err));
	else
		c = context_adopt(&w, id);
	if (c && !rebuild(&w, c, &record)) {
		x->agent->adopted++;
		record_changed(x->agent, c);
		return;
	}
	log_warning(x->agent->log, "context %u of an earlier run is deleted: %s", id, w.text);
	x->lost++;
	if (c)
		context_delete(c, x->agent);
}

int agent_adopt(struct agent *agent)
{
	struct adoption x = { .agent = agent };
	unsigned int n_contexts, n_endpoints;
	int err;

	arena_init(&x.arena, ARENA_MAX);
	err = bearer_env_survey(agent->env, adopt, &x);
	arena_free(&x.arena);
	if (err) {
		log_error(agent->log, "cannot read what the module holds: %s", strerror(-err));
		return err;
	}
	/* Before anything is deleted: what was kept stays kept if this run dies, too. */
	records_write(agent);
	bearer_env_survey_end(agent->env, &n_contexts, &n_endpoints);
	if (agent->adopted_number > agent->last_number)
		agent->last_number = agent->adopted_number;
	if (agent->adopted || n_contexts || n_endpoints)
		log_notice(agent->log,
			   "of an earlier run: %u contexts are taken over, %u contexts with %u endpoints deleted",
			   agent->adopted, n_contexts, n_endpoints);
	return 0;
}
