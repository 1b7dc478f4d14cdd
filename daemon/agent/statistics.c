// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: statistics, and the Statistics descriptor.
 *
 * All are always counted. The descriptor says which of them are reported when
 * nobody asks for one by its name: at Subtract, and in audits of all.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <inttypes.h>

#include "agent/agent_private.h"

_Static_assert(ROW_STATISTICS <= 32, "a mask holds every statistic");

static uint32_t bit(enum row_id id)
{
	return UINT32_C(1) << (id - ROW_STATISTIC_FIRST);
}

static bool datagrams(const struct stream_setting *set)
{
	return set->want.proto != BEARER_TCP && set->want.proto != BEARER_TLS;
}

/* Does the statistic mean anything on such a stream? */
static bool stream_has(enum row_id id, const struct stream_setting *set)
{
	switch (id) {
	case ROW_RTP_PS:
	case ROW_RTP_PR:
		return set->want.rtp;
	case ROW_IP_PS:
	case ROW_IP_PR:
		return datagrams(set);
	default:
		return true;
	}
}

int statistics_select(struct work *w, const struct h248_statistics *st,
		      const struct stream_setting *set, uint32_t *mask)
{
	const struct h248_property *p;
	const struct row *row;
	unsigned int code;

	*mask = 0;
	h248_each(p, &st->items) {
		code = packages_find(&w->agent->packages, ROW_STATISTIC, &p->name, &row);
		if (!code && set && !stream_has(row->id, set))
			code = 460;
		/* They count what has passed; there is nothing to set. */
		if (!code && p->form != H248_FORM_NONE)
			code = 449;
		if (code)
			return refuse(w, code, "%.*s/%.*s", STR_ARG(p->name.pkg),
				      STR_ARG(p->name.item));
		*mask |= bit(row->id);
	}
	return 0;
}

void totals_add(struct totals *to, const struct stream_setting *set, const struct bearer_stats *st)
{
	statistics_add(&to->all, st);
	if (set->want.rtp) {
		to->has_rtp = true;
		statistics_add(&to->rtp, st);
	}
	if (set->local && datagrams(set)) {
		to->has_datagrams = true;
		statistics_add(&to->datagrams, st);
	}
}

void totals_stream(const struct stream *s, struct totals *to)
{
	struct bearer_stats st = { 0 };

	if (s->bearer && bearer_get_stats(s->bearer, &st))
		memset(&st, 0, sizeof(st));
	totals_add(to, &s->set, &st);
}

void totals_termination(const struct termination *t, struct totals *to)
{
	const struct stream *s;

	for (s = t->streams; s; s = s->next)
		totals_stream(s, to);
}

void totals_join(struct totals *to, const struct totals *from)
{
	statistics_add(&to->all, &from->all);
	statistics_add(&to->rtp, &from->rtp);
	statistics_add(&to->datagrams, &from->datagrams);
	to->has_rtp |= from->has_rtp;
	to->has_datagrams |= from->has_datagrams;
}

uint64_t statistics_duration(const struct termination *t)
{
	return uv_now(t->agent->loop) - t->added;
}

/* Return: false when the statistic does not apply to any of these streams. */
static bool value_of(enum row_id id, const struct totals *t, uint64_t dur, uint64_t *value)
{
	switch (id) {
	case ROW_DUR:
		*value = dur;
		return true;
	case ROW_OS:
		*value = t->all.octets_sent;
		return true;
	case ROW_OR:
		*value = t->all.octets_received;
		return true;
	case ROW_DP:
		*value = t->all.drops;
		return true;
	case ROW_RTP_PS:
		*value = t->rtp.packets_sent;
		return t->has_rtp;
	case ROW_RTP_PR:
		*value = t->rtp.packets_received;
		return t->has_rtp;
	case ROW_IP_PS:
		*value = t->datagrams.packets_sent + t->datagrams.rtcp_sent;
		return t->has_datagrams;
	case ROW_IP_PR:
		*value = t->datagrams.packets_received + t->datagrams.rtcp_received;
		return t->has_datagrams;
	default:
		return false;
	}
}

int statistics_names(const struct agent *agent, struct arena *a, uint32_t mask,
		     struct h248_statistics **to)
{
	const struct packages *p = &agent->packages;
	struct h248_statistics *out;
	const struct row *row = NULL;
	struct h248_property *item;

	*to = NULL;
	if (mask == STATISTICS_ALL)
		return 0;
	out = arena_new(a, struct h248_statistics);
	if (!out)
		return -ENOMEM;
	while ((row = packages_next_done(p, row))) {
		if (row->kind != ROW_STATISTIC || !(mask & bit(row->id)))
			continue;
		item = h248_property_new(a, str_c(packages_name(p, row->package)),
					 str_c(packages_row_name(p, row)), H248_FORM_NONE);
		if (!item)
			return -ENOMEM;
		h248_append(&out->items, item);
	}
	*to = h248_empty(&out->items) ? NULL : out;
	return 0;
}

static bool named(const struct packages *p, const struct h248_name_entry *ask,
		  const struct row *row)
{
	for (; ask; ask = ask->next)
		if (packages_covers(p, &ask->name, row))
			return true;
	return false;
}

int statistics_fill(struct work *w, const struct totals *t, uint64_t dur, uint32_t mask,
		    const struct h248_name_entry *ask, struct h248_statistics **to)
{
	struct h248_statistics *out = arena_new(w->a, struct h248_statistics);
	const struct packages *p = &w->agent->packages;
	const struct row *row = NULL;
	struct str text;
	uint64_t value;

	if (!out)
		return refuse_memory(w);
	while ((row = packages_next_done(p, row))) {
		if (row->kind != ROW_STATISTIC || !value_of(row->id, t, dur, &value) ||
		    (ask ? !named(p, ask, row) : !(mask & bit(row->id))))
			continue;
		text = arena_printf(w->a, "%" PRIu64, value);
		if (!str_set(text) ||
		    !h248_property_add(w->a, &out->items, packages_name(p, row->package),
				       packages_row_name(p, row), text, false))
			return refuse_memory(w);
	}
	/* An empty descriptor cannot be written: nothing is what then is said. */
	*to = h248_empty(&out->items) ? NULL : out;
	return 0;
}
