// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the Notify command.
 *
 * What the MGC does about an event is its own affair, also when it answers Notify
 * with an error. Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "agent/events_private.h"
#include "lib/log.h"

#define NOTIFY_ARENA_MAX	32768

void h248_now(struct h248_time *out)
{
	struct timespec now;
	struct tm tm;
	char buf[24];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	snprintf(buf, sizeof(buf), "%04u%02u%02u%02u%02u%02u%02u",
		 (unsigned int)(tm.tm_year + 1900) % 10000, (unsigned int)(tm.tm_mon + 1) % 100,
		 (unsigned int)tm.tm_mday % 100, (unsigned int)tm.tm_hour % 100,
		 (unsigned int)tm.tm_min % 100, (unsigned int)tm.tm_sec % 100,
		 (unsigned int)(now.tv_nsec / 10000000) % 100);
	memcpy(out->date, buf, sizeof(out->date));
	memcpy(out->time, buf + sizeof(out->date), sizeof(out->time));
}

void notice_init(struct notice *n, struct agent *agent)
{
	memset(n, 0, sizeof(*n));
	n->agent = agent;
	arena_init(&n->arena, NOTIFY_ARENA_MAX);
}

bool notice_open(struct notice *n, uint32_t context, struct str tid, uint32_t request)
{
	struct agent *agent = n->agent;
	struct h248_action *act;

	if (n->observed && n->observed->id != request) {
		notice_send(n);
		notice_init(n, agent);
	}
	if (n->observed)
		return true;
	n->req = transactions_start(agent->transactions, &n->arena);
	act = n->req ? h248_action_add(&n->arena, n->req, context) : NULL;
	n->cmd = act ? h248_command_add(&n->arena, act, H248_NOTIFY, tid) : NULL;
	n->observed = n->cmd ? arena_new(&n->arena, struct h248_observed) : NULL;
	if (!n->observed) {
		n->failed = true;
		return false;
	}
	n->cmd->observed = n->observed;
	n->observed->id = request;
	return true;
}

static bool add_value(struct agent *agent, struct arena *a, struct h248_observed_event *e,
		      const struct row *row, const struct event_value *value)
{
	const struct row_param *rp = &row->params[value->param];
	bool quoted = rp->range.type == VALUE_STRING || rp->range.type == VALUE_OCTETS;
	const char *name = packages_param_name(&agent->packages, row, rp);
	struct str text = arena_str(a, str_c(packages_value(&agent->packages, row, rp,
							    value->text)));
	struct h248_property *p = e->params.last;
	char *c;

	if (!str_set(text))
		return false;
	/* A quoted string has no way to write these. */
	for (c = (char *)text.p; quoted && *c; c++)
		if (*c == '"' || (unsigned char)*c < ' ' || *c == 0x7f)
			*c = '\'';
	if (!p || !str_is(p->name.item, name)) {
		p = h248_property_new(a, STR_NONE, str_c(name),
				      rp->range.list ? H248_FORM_AND : H248_FORM_EQUAL);
		if (!p)
			return false;
		h248_append(&e->params, p);
	}
	return h248_value_add(a, p, text, quoted);
}

bool observed_add(struct agent *agent, struct arena *a, struct h248_observed *to,
		  const struct occurrence *what)
{
	struct h248_observed_event *e = arena_new(a, struct h248_observed_event);
	const struct packages *p = &agent->packages;
	unsigned int i;

	if (!e)
		return false;
	e->name.pkg = str_c(packages_name(p, what->row->package));
	e->name.item = str_c(packages_row_name(p, what->row));
	e->has_time = true;
	e->time = what->time;
	e->has_stream = what->stream != 0;
	e->stream = what->stream;
	for (i = 0; i < what->n; i++)
		if (!add_value(agent, a, e, what->row, &what->value[i]))
			return false;
	h248_append(&to->items, e);
	return true;
}

void notice_occurrence(struct notice *n, const struct occurrence *what)
{
	if (!observed_add(n->agent, &n->arena, n->observed, what))
		n->failed = true;
}

void notice_error(struct notice *n, unsigned int code, const char *text)
{
	n->cmd->error = h248_error_new(&n->arena, code, "%s", text);
	if (!n->cmd->error)
		n->failed = true;
}

static unsigned int error_of(const struct h248_transaction *reply, const struct h248_error **err)
{
	const struct h248_command *cmd;
	const struct h248_action *act;

	*err = reply->error;
	h248_each(act, &reply->actions) {
		if (!*err)
			*err = act->error;
		h248_each(cmd, &act->commands)
			if (!*err)
				*err = cmd->error;
	}
	return *err ? (*err)->code : 0;
}

static void notify_done(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_error *err;
	struct agent *agent = priv;

	(void)version;
	if (!reply) {
		agent->counters.notifies_lost++;
		registration_lost(agent->registration, "Notify was not answered");
		return;
	}
	/* Unknown context or termination: the MGC will subtract what it does not know. */
	if (error_of(reply, &err)) {
		counters_own_refused(agent, H248_NOTIFY, err->code);
		log_notice(agent->log, "the MGC answered Notify with error %u: %.*s", err->code,
			   STR_ARG(err->text));
	}
}

void notice_send_to(struct notice *n, bool urgent, transaction_done done)
{
	struct agent *agent = n->agent;
	int err;

	if (n->observed && !h248_empty(&n->observed->items)) {
		err = n->failed ? -ENOMEM : transactions_send(agent->transactions, n->req, urgent,
							      done, agent);
		if (err) {
			agent->counters.notifies_lost++;
			log_error(agent->log, "Notify cannot be sent: %s", strerror(-err));
		} else {
			agent->counters.notifies++;
			counters_own(agent, H248_NOTIFY);
		}
	}
	arena_free(&n->arena);
}

void notice_send(struct notice *n)
{
	notice_send_to(n, false, notify_done);
}
