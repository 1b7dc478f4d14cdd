// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: events of ROOT: silence of the MGC, overload, realms that come and go.
 *
 * Context: the thread of the event loop.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/events_private.h"

#define ALL_OF_IT	100		/* per cent */
#define HALF		50
#define OVERLOAD_CALM	2000		/* ms without a word of overload: it is over */

/* Return: false when it is not armed. */
static bool report(struct agent *agent, enum row_id id, uint32_t context,
		   const struct event_value *value, unsigned int count)
{
	struct occurrence what = { .row = packages_row(id), .value = value, .n = count };
	struct notice n;

	if (!events_armed(agent, agent->root_events, what.row, 0))
		return false;
	h248_now(&what.time);
	notice_init(&n, agent);
	if (notice_open(&n, context, STR("ROOT"), agent->root_events->id))
		notice_occurrence(&n, &what);
	notice_send(&n);
	return true;
}

/* ---- it/ito ---- */

uint64_t events_inactivity(const struct agent *agent)
{
	const struct row *row = packages_row(ROW_ITO);
	const struct h248_event *e = events_armed(agent, agent->root_events, row, 0);

	/* mit counts in 10 ms */
	return e ? events_number(agent, e, row, 0) * 10 : 0;
}

/* Whatever the MGC answers, it is there. */
static void inactivity_done(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	struct agent *agent = priv;

	(void)version;
	if (!reply)
		registration_lost(agent->registration, "it answers nothing");
}

void events_report_inactivity(struct agent *agent)
{
	struct occurrence what = { .row = packages_row(ROW_ITO) };
	struct notice n;

	h248_now(&what.time);
	notice_init(&n, agent);
	/* RequestID 0: not armed by the MGC but provisioned here (inactivity) */
	if (notice_open(&n, H248_CONTEXT_NULL, STR("ROOT"),
			agent->root_events ? agent->root_events->id : 0))
		notice_occurrence(&n, &what);
	/* it asks this MGC whether it is there: none of the next one's business */
	notice_send_to(&n, true, inactivity_done);
}

/* ---- ocp/mg_overload, chp/mgcon ---- */

static void report_reduction(struct agent *agent, unsigned int percent)
{
	struct event_value value = { 0 };
	char text[8];

	if (percent == agent->reduction_told)
		return;
	snprintf(text, sizeof(text), "%u", percent);
	value.text = text;
	if (report(agent, ROW_CONGESTION, H248_CONTEXT_NULL, &value, 1))
		agent->reduction_told = percent;
}

/* Steps, lest every request that comes move the MGC a little. */
static unsigned int in_steps(unsigned int percent)
{
	return percent / 10 * 10;
}

static void on_calm(uv_timer_t *timer)
{
	struct agent *agent = timer->data;

	agent->overload = 0;
	report_reduction(agent, 0);
}

void events_overload(void *priv, unsigned int percent)
{
	struct agent *agent = priv;

	/* A queue that is half full is no trouble, a full one asks for nothing more at all. */
	percent = percent > HALF ? (percent - HALF) * 2 : 0;
	agent->overload = percent > ALL_OF_IT ? ALL_OF_IT : percent;
	report_reduction(agent, in_steps(agent->overload));
	/* Told only while it lasts, so that silence means that it is over. */
	uv_timer_start(&agent->overload_timer, on_calm, OVERLOAD_CALM, 0);
}

void events_overload_add(struct agent *agent, bool emergency)
{
	/* H.248.11: at most once for an Add, for those that would have been turned away */
	if (!agent->overload || emergency)
		return;
	agent->overload_share += agent->overload;
	if (agent->overload_share < ALL_OF_IT)
		return;
	agent->overload_share -= ALL_OF_IT;
	report(agent, ROW_OVERLOAD, H248_CONTEXT_NULL, NULL, 0);
}

/* ---- ipra/arc ---- */

void events_realms_changed(struct agent *agent, const char *const *up, unsigned int n_up,
			   const char *const *down, unsigned int n_down)
{
	struct event_value *value;
	unsigned int i;

	if (!n_up && !n_down)
		return;
	value = calloc(n_up + n_down, sizeof(*value));
	if (!value)
		return;
	for (i = 0; i < n_up; i++)
		value[i] = (struct event_value){ 0, up[i] };
	for (i = 0; i < n_down; i++)
		value[n_up + i] = (struct event_value){ 1, down[i] };
	/* Stage 2: it is armed and told on ROOT, whatever the context. */
	report(agent, ROW_REALMS_CHANGED, H248_CONTEXT_NULL, value, n_up + n_down);
	free(value);
}
