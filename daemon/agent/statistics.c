// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: statistics (BEHAVIOUR 11).
 *
 * Context: the thread of the event loop.
 */
#include <inttypes.h>

#include "agent/agent_private.h"

int statistics_check(struct work *w, const struct h248_statistics *st)
{
	const struct h248_property *p;
	const struct row *row;
	unsigned int code;

	h248_each(p, &st->items) {
		code = packages_find(&w->agent->packages, ROW_STATISTIC, &p->name, &row);
		if (code)
			return refuse(w, code, "%.*s/%.*s", STR_ARG(p->name.pkg),
				      STR_ARG(p->name.item));
	}
	return 0;
}

void statistics_termination(const struct termination *t, struct bearer_stats *total)
{
	struct bearer_stats st;
	const struct stream *s;

	for (s = t->streams; s; s = s->next) {
		memset(&st, 0, sizeof(st));
		if (s->bearer && !bearer_get_stats(s->bearer, &st))
			statistics_add(total, &st);
	}
}

uint64_t statistics_duration(const struct termination *t)
{
	return uv_now(t->agent->loop) - t->added;
}

static uint64_t value_of(enum row_id id, const struct bearer_stats *st, uint64_t dur)
{
	switch (id) {
	case ROW_DUR: return dur;
	case ROW_OS: return st->octets_sent;
	case ROW_OR: return st->octets_received;
	case ROW_DP: return st->drops;
	default: return 0;
	}
}

static struct h248_statistics *statistics_new(struct work *w, const struct bearer_stats *st,
					      uint64_t dur)
{
	struct h248_statistics *out = arena_new(w->a, struct h248_statistics);
	const struct packages *p = &w->agent->packages;
	const struct row *row = NULL;
	struct str text;

	while (out && (row = packages_next(row))) {
		if (row->kind != ROW_STATISTIC || row->id == ROW_NOT_DONE)
			continue;
		text = arena_printf(w->a, "%" PRIu64, value_of(row->id, st, dur));
		if (!str_set(text) ||
		    !h248_property_add(w->a, &out->items, packages_name(p, row->package),
				       packages_row_name(p, row), text, false))
			out = NULL;
	}
	if (!out)
		refuse_memory(w);
	return out;
}

int statistics_stream(struct work *w, const struct bearer_stats *st, uint64_t dur,
		      struct h248_stream *stream)
{
	stream->statistics = statistics_new(w, st, dur);
	return stream->statistics ? 0 : -1;
}

int statistics_fill(struct work *w, const struct bearer_stats *total, uint64_t dur,
		    struct h248_command *reply)
{
	reply->statistics = statistics_new(w, total, dur);
	return reply->statistics ? 0 : -1;
}
