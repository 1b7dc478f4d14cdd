// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the Signals descriptor.
 *
 * All signals here are brief: they are orders, done when they are given, so
 * none is active afterwards and replacing the descriptor stops nothing.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>

#include "agent/agent_private.h"

static int open_refusal(struct work *w, int err, const struct stream *s)
{
	switch (err) {
	case -EDESTADDRREQ:
		return refuse(w, 441, "stream %u has no Remote address", s->id);
	case -EISCONN:
		return refuse(w, 473, "stream %u: Local is passive", s->id);
	case -EINVAL:
		return refuse(w, 473, "stream %u: Remote names no port", s->id);
	case -EPROTONOSUPPORT:
		return refuse(w, 473, "stream %u is not TCP", s->id);
	default:
		return refuse(w, 500, "stream %u: %s", s->id, strerror(-err));
	}
}

static const char *signal_name(const struct work *w, enum row_id id)
{
	return packages_row_name(&w->agent->packages, packages_row(id));
}

static int check_parameters(struct work *w, const struct h248_signal *sig, const struct row *row,
			    char *value, size_t len)
{
	const struct packages *names = &w->agent->packages;
	char text[H248_NAME_MAX + 1];
	const struct h248_property *p;
	const struct row_param *param;

	value[0] = '\0';
	h248_each(p, &sig->params) {
		param = packages_param(&w->agent->packages, row, p->name.item);
		if (!param || str_set(p->name.pkg))
			return refuse(w, 446, "%.*s/%.*s{%.*s}", STR_ARG(sig->name.pkg),
				      STR_ARG(sig->name.item), STR_ARG(p->name.item));
		if (p->form != H248_FORM_EQUAL || !p->values.first || p->values.first->next ||
		    value_check(packages_range(names, row, param), p->values.first, text,
				sizeof(text)))
			return refuse(w, 454, "%.*s = %.*s", STR_ARG(p->name.item),
				      STR_ARG(h248_first(p)));
		snprintf(value, len, "%s", packages_value_meant(names, row, param, text));
	}
	return 0;
}

/* What the signal asks of one stream, as the command leaves it. */
static int check_stream(struct work *w, enum row_id id, const struct stream *s,
			const struct stream_setting *set, const char *napt)
{
	int err;

	if (!s->bearer)
		return refuse(w, 441, "stream %u has no Local", s->id);
	switch (id) {
	case ROW_LATCH:
		if (!bearer_proto_is_tcp(set->want.proto))
			return 0;
		/* On TCP the SYN decides where the stream goes, which is what latching means. */
		if (*napt && strcmp(napt, "LATCH"))
			return refuse(w, 513, "napt = %s on TCP", napt);
		if (set->want.setup == BEARER_SETUP_ACTIVE)
			return refuse(w, 473, "%s: Local is active", signal_name(w, id));
		return 0;
	case ROW_TCP_EST:
		err = bearer_tcp_open_check(s->bearer, &set->want);
		return err ? open_refusal(w, err, s) : 0;
	case ROW_TCP_REL:
		if (!bearer_proto_is_tcp(set->want.proto))
			return refuse(w, 473, "stream %u is not TCP", s->id);
		return 0;
	case ROW_TLS_EST:
	case ROW_TLS_REL:
		if (!bearer_proto_has_tls(set->want.proto))
			return refuse(w, 473, "stream %u has no TLS", s->id);
		return 0;
	default:
		return refuse(w, 513, "%s", signal_name(w, id));
	}
}

static enum kmgw_latch latch_of(const char *napt)
{
	if (!strcmp(napt, "OFF"))
		return KMGW_LATCH_OFF;
	return strcmp(napt, "RELATCH") ? KMGW_LATCH_LATCH : KMGW_LATCH_RELATCH;
}

static int plan_add(struct work *w, struct signal_plan *plan, enum row_id id, struct stream *s,
		    const char *napt, const struct h248_signal_entry *entry,
		    const struct h248_signal *sig)
{
	if (plan->n == SIGNALS_MAX)
		return refuse(w, 510, "more than %d signals", SIGNALS_MAX);
	plan->item[plan->n].id = id;
	plan->item[plan->n].stream = s;
	plan->item[plan->n].latch = latch_of(napt);
	plan->item[plan->n].complete = sig->notify_completion & H248_NC_TIMEOUT;
	plan->item[plan->n].has_list = entry->is_list;
	plan->item[plan->n].list = entry->list_id;
	plan->item[plan->n].has_request = sig->has_request;
	plan->item[plan->n].request = sig->request;
	plan->n++;
	return 0;
}

/* The streams of the termination with those that the command adds. */
static unsigned int streams_of(const struct termination *t, const struct media_change *change,
			       struct stream **out)
{
	const struct stream_change *c;
	unsigned int n = 0;
	struct stream *s;

	for (s = t->streams; s; s = s->next)
		out[n++] = s;
	for (c = change->first; c; c = c->next)
		if (c->is_new)
			out[n++] = c->stream;
	return n;
}

/* Can a stream be meant by a signal that names none? */
static bool can_have(const struct row *row, const struct stream *s,
		     const struct media_change *change)
{
	enum bearer_proto proto = media_setting(change, s)->want.proto;

	return s->bearer && (bearer_proto_is_tcp(proto) ||
			     (row->package == PACKAGE_TLSBSC && proto == BEARER_DTLS));
}

/* Without a stream id a signal goes to the only stream that can have it (digest 6.6). */
static int only_stream(struct work *w, const struct row *row, struct stream **all,
		       unsigned int n, const struct media_change *change, struct stream **out)
{
	unsigned int i;

	*out = NULL;
	for (i = 0; i < n; i++) {
		if (n > 1 && !can_have(row, all[i], change))
			continue;
		if (*out)
			return refuse(w, 457, "which of the streams is meant?");
		*out = all[i];
	}
	if (!*out)
		return refuse(w, 441, "the termination has no such stream");
	return 0;
}

/* What does not depend on the termination. */
static int check_name(struct work *w, const struct h248_signal *sig, const struct row **row,
		      char *napt, size_t len)
{
	unsigned int code = packages_find(&w->agent->packages, ROW_SIGNAL, &sig->name, row);

	if (code)
		return refuse(w, code, "%.*s/%.*s", STR_ARG(sig->name.pkg),
			      STR_ARG(sig->name.item));
	if ((sig->type != H248_SIGNAL_NONE && sig->type != H248_SIGNAL_BRIEF) || sig->has_duration)
		return refuse(w, 449, "%.*s/%.*s is a brief signal", STR_ARG(sig->name.pkg),
			      STR_ARG(sig->name.item));
	if (sig->direction == H248_DIRECTION_INTERNAL || sig->direction == H248_DIRECTION_BOTH ||
	    sig->has_delay)
		return refuse(w, 501, "direction or delay of %.*s/%.*s", STR_ARG(sig->name.pkg),
			      STR_ARG(sig->name.item));
	return check_parameters(w, sig, *row, napt, len);
}

int signals_check_names(struct work *w, const struct h248_signals *signals)
{
	const struct h248_signal_entry *entry;
	const struct h248_signal *sig;
	const struct row *row;
	char napt[16];

	if (!signals)
		return 0;
	h248_each(entry, &signals->items)
		h248_each(sig, &entry->signals)
			if (check_name(w, sig, &row, napt, sizeof(napt)))
				return -1;
	return 0;
}

static int check_signal(struct work *w, struct termination *t,
			const struct h248_signal_entry *entry, const struct h248_signal *sig,
			const struct media_change *change, struct signal_plan *plan)
{
	struct stream *all[2 * STREAMS_MAX], *s = NULL;
	unsigned int n = streams_of(t, change, all), i;
	const struct row *row;
	char napt[16];

	if (check_name(w, sig, &row, napt, sizeof(napt)))
		return -1;
	if (row->package == PACKAGE_TLSBSC)
		plan->tls = true;

	if (sig->has_stream && sig->stream) {
		for (i = 0; i < n && !s; i++)
			if (all[i]->id == sig->stream)
				s = all[i];
		if (!s)
			return refuse(w, 449, "Stream = %u", sig->stream);
	} else if (row->id == ROW_LATCH) {
		/* stream 0: all of the termination */
		for (i = 0; i < n; i++)
			if (check_stream(w, row->id, all[i], media_setting(change, all[i]), napt) ||
			    (!sig->keep_active &&
			     plan_add(w, plan, row->id, all[i], napt, entry, sig)))
				return -1;
		return 0;
	} else if (only_stream(w, row, all, n, change, &s)) {
		return -1;
	}
	if (check_stream(w, row->id, s, media_setting(change, s), napt))
		return -1;
	/* Go on if it is active, else ignore it: a brief signal is never active. */
	if (sig->keep_active)
		return 0;
	return plan_add(w, plan, row->id, s, napt, entry, sig);
}

int signals_check(struct work *w, struct termination *t, const struct h248_signals *signals,
		  const struct media_change *change, struct signal_plan *plan)
{
	const struct h248_signal_entry *entry;
	const struct h248_signal *sig;

	if (!signals)
		return 0;
	h248_each(entry, &signals->items)
		h248_each(sig, &entry->signals)
			if (check_signal(w, t, entry, sig, change, plan))
				return -1;
	return 0;
}

int signals_apply(struct work *w, struct termination *t, const struct signal_plan *plan)
{
	struct completion done;
	struct stream *s;
	unsigned int i;
	int err;

	for (i = 0; i < plan->n; i++) {
		s = plan->item[i].stream;
		err = 0;
		switch (plan->item[i].id) {
		case ROW_TCP_EST:
			s->tcp_signal = true;
			s->reported = false;
			err = bearer_tcp_open(s->bearer);
			break;
		case ROW_LATCH:
			err = bearer_latch(s->bearer, plan->item[i].latch);
			break;
		case ROW_TLS_EST:
			/* On datagrams it is the attempt itself. */
			if (!bearer_proto_is_tcp(s->set.want.proto))
				s->reported = false;
			err = bearer_tls_start(s->bearer);
			break;
		case ROW_TCP_REL:
		case ROW_TLS_REL:
			bearer_release(s->bearer);
			break;
		default:
			break;
		}
		if (err)
			return open_refusal(w, err, s);
		if (!plan->item[i].complete)
			continue;
		done = (struct completion){
			.termination = t->number,
			.stream = s->id,
			.signal = plan->item[i].id,
			.method = "TO",
			.has_list = plan->item[i].has_list,
			.list = plan->item[i].list,
			.has_request = plan->item[i].has_request,
			.request = plan->item[i].request,
		};
		events_signal_completed(t, &done);
	}
	return 0;
}

int signals_activate(struct work *w, struct termination *t, const struct h248_signals *signals)
{
	const struct media_change nothing = { 0 };
	const struct h248_signal_entry *entry;
	const struct h248_signal *sig;
	struct signal_plan plan = { 0 };
	struct completion failed;
	const struct row *row;

	if (!signals_check(w, t, signals, &nothing, &plan) && !signals_apply(w, t, &plan))
		return 0;
	h248_each(entry, &signals->items) {
		h248_each(sig, &entry->signals) {
			if (packages_find(&w->agent->packages, ROW_SIGNAL, &sig->name, &row))
				continue;
			failed = (struct completion){
				.termination = t->number,
				.stream = sig->stream,
				.signal = row->id,
				.method = "NC",
				.has_list = entry->is_list,
				.list = entry->list_id,
				.has_request = sig->has_request,
				.request = sig->request,
			};
			events_signal_completed(t, &failed);
		}
	}
	return -1;
}
