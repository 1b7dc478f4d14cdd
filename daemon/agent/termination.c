// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: terminations and their streams.
 *
 * Context: the thread of the event loop.
 * Lifetime: a termination lives from Add to Subtract; its timer closes later
 * and by then knows nothing of it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "bearer/env.h"

struct termination *termination_new(struct work *w, struct context *c, uint16_t group,
				    const struct config_realm *realm)
{
	struct agent *agent = w->agent;
	struct termination *t = calloc(1, sizeof(*t));

	if (!t) {
		refuse_memory(w);
		return NULL;
	}
	t->agent = agent;
	t->context = c;
	t->group = group;
	t->realm = realm;
	t->bearer_realm = bearer_env_realm(agent->env, (unsigned int)(realm - agent->config->realm));
	t->number = termination_number(agent);
	t->added = uv_now(agent->loop);
	t->service_state = H248_STATE_IN_SERVICE;
	t->statistics = STATISTICS_ALL;
	snprintf(t->name, sizeof(t->name), "ip/%u/%s/%u", group, realm->interface, t->number);
	events_init(t);
	return t;
}

void setting_free(struct stream_setting *s)
{
	unsigned int i;

	for (i = 0; i < ROW_LOCALS; i++)
		free(s->properties.value[i]);
	free(s->local);
	free(s->remote);
	psk_free(s);
	*s = (struct stream_setting){ 0 };
}

void statistics_add(struct bearer_stats *to, const struct bearer_stats *st)
{
	to->octets_sent += st->octets_sent;
	to->octets_received += st->octets_received;
	to->plain_sent += st->plain_sent;
	to->plain_received += st->plain_received;
	to->packets_sent += st->packets_sent;
	to->packets_received += st->packets_received;
	to->rtcp_sent += st->rtcp_sent;
	to->rtcp_received += st->rtcp_received;
	to->drops += st->drops;
}

void stream_free(struct stream *s, struct totals *total)
{
	struct bearer_stats st = { 0 };

	if (s->bearer)
		bearer_delete(s->bearer, &st);
	if (total)
		totals_add(total, &s->set, &st);
	setting_free(&s->set);
	free(s);
}

static void free_rest(struct termination *t)
{
	service_order_termination(t, SERVICE_IN, 0);
	event_timers_free(t);
	events_free(t);
	free(t->db);
	free(t);
}

void termination_free(struct termination *t)
{
	struct stream *s;

	while ((s = t->streams)) {
		t->streams = s->next;
		stream_free(s, NULL);
	}
	free_rest(t);
}

void termination_forget(struct termination *t)
{
	struct stream *s;

	while ((s = t->streams)) {
		t->streams = s->next;
		setting_free(&s->set);
		free(s);
	}
	free_rest(t);
}

struct stream *termination_stream(const struct termination *t, uint16_t id)
{
	struct stream *s = t->streams;

	while (s && s->id != id)
		s = s->next;
	return s;
}
