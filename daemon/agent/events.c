// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the Events descriptor, and Notify.
 *
 * What is armed is kept as it was received and compared by name when something
 * happens, so that an audit shows it unchanged. A failure is reported once an
 * attempt, an end once a connection (BEHAVIOUR 4, 6); what the MGC does about it
 * is its own affair, also when it answers Notify with an error.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/agent_private.h"
#include "lib/log.h"

#define NOTIFY_ARENA_MAX	16384
#define EVENTS_ARENA_MAX	16384

/* ---- check ---- */

static int check_parameters(struct work *w, const struct h248_event *e, const struct row *row)
{
	const struct row_param *param;
	const struct h248_property *p;
	const struct h248_value *v;
	char buf[128];

	h248_each(p, &e->params) {
		param = row ? packages_param(&w->agent->packages, row, p->name.item) : NULL;
		if (!param || param->observed || str_set(p->name.pkg))
			return refuse(w, 446, "%.*s/%.*s{%.*s}", STR_ARG(e->name.pkg),
				      STR_ARG(e->name.item), STR_ARG(p->name.item));
		if (!p->values.first || (p->form != H248_FORM_EQUAL && p->form != H248_FORM_AND &&
					 p->form != H248_FORM_OR))
			return refuse(w, 454, "%.*s", STR_ARG(p->name.item));
		h248_each(v, &p->values)
			if (value_check(&param->range, v, buf, sizeof(buf)))
				return refuse(w, 454, "%.*s = %.*s", STR_ARG(p->name.item),
					      STR_ARG(v->text));
		/* Only what an enumeration lists can be several things at once. */
		if (p->values.first->next && param->range.type != VALUE_ENUM)
			return refuse(w, 454, "%.*s: several values", STR_ARG(p->name.item));
	}
	return 0;
}

static bool package_known(const struct agent *agent, struct str name)
{
	return str_is(name, "*") || packages_by_name(&agent->packages, name) != PACKAGES;
}

static int check_event(struct work *w, const struct h248_event *e, unsigned int on)
{
	const struct row *row = NULL;
	unsigned int code;

	if (str_is(e->name.item, "*")) {
		if (!package_known(w->agent, e->name.pkg))
			return refuse(w, 440, "%.*s/*", STR_ARG(e->name.pkg));
	} else {
		code = packages_find(&w->agent->packages, ROW_EVENT, &e->name, &row);
		if (!code && !(row->where & on))
			code = 512;
		if (code)
			return refuse(w, code, "%.*s/%.*s", STR_ARG(e->name.pkg),
				      STR_ARG(e->name.item));
	}
	if (e->embed || e->regulated_embed || e->reset_events || e->digit_map ||
	    e->notify == H248_NOTIFY_REGULATED || e->notify == H248_NOTIFY_NEVER)
		return refuse(w, 501, "embedded descriptors and notification behaviour of %.*s/%.*s",
			      STR_ARG(e->name.pkg), STR_ARG(e->name.item));
	return check_parameters(w, e, row);
}

int events_check(struct work *w, const struct h248_events *events, unsigned int on)
{
	const struct h248_event *e;

	if (!events)
		return 0;
	if (!h248_empty(&events->items) && !events->has_id)
		return refuse(w, 457, "Events without RequestID");
	h248_each(e, &events->items)
		if (check_event(w, e, on))
			return -1;
	return 0;
}

/* ---- apply ---- */

/* The parameter as the MGC gave it, or NULL. */
static const struct h248_property *given(const struct agent *agent, const struct h248_event *e,
					 const struct row *row, const struct row_param *rp)
{
	const struct h248_property *p;

	h248_each(p, &e->params)
		if (packages_param(&agent->packages, row, p->name.item) == rp)
			return p;
	return NULL;
}

/* Is the value among those of a parameter of an armed event, or its default? */
static bool has_value(const struct agent *agent, const struct h248_event *e,
		      const struct row *row, unsigned int param, const char *value)
{
	const struct row_param *rp = &row->params[param];
	const struct h248_property *p = given(agent, e, row, rp);
	const struct h248_value *v;

	if (!p)
		return rp->def && !strcmp(rp->def, value);
	h248_each(v, &p->values)
		if (str_iis(v->text, value))
			return true;
	return false;
}

static uint64_t number_of(const struct agent *agent, const struct h248_event *e,
			  const struct row *row, unsigned int param)
{
	const struct row_param *rp = &row->params[param];
	const struct h248_property *p = given(agent, e, row, rp);
	char buf[32];

	if (p && !value_check(&rp->range, p->values.first, buf, sizeof(buf)))
		return strtoull(buf, NULL, 10);
	return rp->def ? strtoull(rp->def, NULL, 10) : 0;
}

static const struct h248_event *armed(const struct agent *agent, const struct h248_events *events,
				      const struct row *row, uint16_t stream)
{
	const struct h248_event *e;

	if (!events)
		return NULL;
	h248_each(e, &events->items)
		if (packages_covers(&agent->packages, &e->name, row) &&
		    (!e->has_stream || !e->stream || !stream || e->stream == stream))
			return e;
	return NULL;
}

int events_prepare(struct work *w, const struct h248_events *events, struct events_change *change)
{
	memset(change, 0, sizeof(*change));
	if (!events)
		return 0;
	arena_init(&change->arena, EVENTS_ARENA_MAX);
	change->given = true;
	if (h248_empty(&events->items))
		return 0;
	change->events = h248_events_copy(&change->arena, events);
	if (!change->events) {
		events_drop(change);
		return refuse(w, 510, "the Events descriptor is too large");
	}
	return 0;
}

void events_drop(struct events_change *change)
{
	if (change->given)
		arena_free(&change->arena);
	memset(change, 0, sizeof(*change));
}

void events_commit(struct termination *t, struct events_change *change)
{
	const struct row *row = packages_row(ROW_THB);
	const struct h248_event *e;

	if (!change->given)
		return;
	arena_free(&t->events_arena);
	t->events_arena = change->arena;
	t->events = change->events;
	memset(change, 0, sizeof(*change));
	e = armed(t->agent, t->events, row, 0);
	t->heartbeat_ms = e ? number_of(t->agent, e, row, 0) * 1000 : 0;
}

void events_commit_root(struct agent *agent, struct events_change *change)
{
	if (!change->given)
		return;
	arena_free(&agent->root_arena);
	agent->root_arena = change->arena;
	agent->root_events = change->events;
	memset(change, 0, sizeof(*change));
}

bool events_name_tls(const struct agent *agent, const struct h248_events *events)
{
	const struct h248_event *e;

	if (!events)
		return false;
	h248_each(e, &events->items)
		if (str_iis(e->name.pkg, packages_name(&agent->packages, PACKAGE_TLSBSC)))
			return true;
	return false;
}

uint64_t events_inactivity(const struct agent *agent)
{
	const struct row *row = packages_row(ROW_ITO);
	const struct h248_event *e = armed(agent, agent->root_events, row, 0);

	/* mit counts in 10 ms */
	return e ? number_of(agent, e, row, 0) * 10 : 0;
}

/* ---- Notify ---- */

struct notice {
	struct agent *agent;
	struct arena arena;
	struct h248_transaction *req;
	struct h248_observed *observed;
	bool failed;
};

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

static void notice_init(struct notice *n, struct agent *agent)
{
	memset(n, 0, sizeof(*n));
	n->agent = agent;
	arena_init(&n->arena, NOTIFY_ARENA_MAX);
}

/* Begins a Notify, on first use. */
static bool notice_open(struct notice *n, uint32_t context, struct str tid, uint32_t request)
{
	struct h248_command *cmd;
	struct h248_action *act;

	if (n->observed)
		return true;
	n->req = transactions_start(n->agent->transactions, &n->arena);
	act = n->req ? h248_action_add(&n->arena, n->req, context) : NULL;
	cmd = act ? h248_command_add(&n->arena, act, H248_NOTIFY, tid) : NULL;
	n->observed = cmd ? arena_new(&n->arena, struct h248_observed) : NULL;
	if (!n->observed) {
		n->failed = true;
		return false;
	}
	cmd->observed = n->observed;
	n->observed->id = request;
	return true;
}

static struct h248_observed_event *notice_event(struct notice *n, const struct row *row,
						uint16_t stream)
{
	const struct packages *p = &n->agent->packages;
	struct h248_observed_event *e = arena_new(&n->arena, struct h248_observed_event);

	if (!e) {
		n->failed = true;
		return NULL;
	}
	e->name.pkg = str_c(packages_name(p, row->package));
	e->name.item = str_c(packages_row_name(p, row));
	e->has_time = true;
	h248_now(&e->time);
	e->has_stream = stream != 0;
	e->stream = stream;
	h248_append(&n->observed->items, e);
	return e;
}

static void notice_param(struct notice *n, struct h248_observed_event *e, const struct row *row,
			 unsigned int param, const char *value)
{
	const struct row_param *rp = &row->params[param];
	bool quoted = rp->range.type == VALUE_STRING || rp->range.type == VALUE_OCTETS;
	struct str text = arena_str(&n->arena, str_c(value));
	char *c;

	if (!e || !str_set(text)) {
		n->failed = true;
		return;
	}
	/* A quoted string has no way to write these. */
	for (c = (char *)text.p; quoted && *c; c++)
		if (*c == '"' || (unsigned char)*c < ' ' || *c == 0x7f)
			*c = '\'';
	if (!h248_property_add(&n->arena, &e->params, NULL,
			       packages_param_name(&n->agent->packages, row, rp), text, quoted))
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

static void notice_send_to(struct notice *n, bool urgent, transaction_done done)
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

static void notice_send(struct notice *n)
{
	notice_send_to(n, false, notify_done);
}

static bool stream_notice(struct notice *n, const struct stream *s)
{
	const struct termination *t = s->termination;

	return notice_open(n, t->context->id, str_c(t->name), t->events->id);
}

/* tcpbcc/BNCChange or tlsbsc/BNCChange with that Type, if it is armed */
static void add_change(struct notice *n, const struct stream *s, enum row_id id,
		       const char *type)
{
	const struct termination *t = s->termination;
	const struct row *row = packages_row(id);
	const struct h248_event *e = armed(n->agent, t->events, row, s->id);

	if (!e || !has_value(n->agent, e, row, 0, type) || !stream_notice(n, s))
		return;
	notice_param(n, notice_event(n, row, s->id), row, 0, type);
}

/* The end of a connection: g/cause, or else nt/netfail if it was the network's doing. */
static void add_end(struct notice *n, const struct stream *s, const char *cause,
		    const char *reason)
{
	const struct termination *t = s->termination;
	const struct row *row = packages_row(ROW_CAUSE);
	struct h248_observed_event *e;

	if (armed(n->agent, t->events, row, s->id) && stream_notice(n, s)) {
		e = notice_event(n, row, s->id);
		notice_param(n, e, row, 0, cause);
		notice_param(n, e, row, 1, reason);
		return;
	}
	row = packages_row(ROW_NETFAIL);
	if (!strcmp(cause, "NR") || !armed(n->agent, t->events, row, s->id) || !stream_notice(n, s))
		return;
	notice_param(n, notice_event(n, row, s->id), row, 0, reason);
}

void events_bearer(void *priv, enum bearer_event event, const char *reason)
{
	struct stream *s = priv;
	struct termination *t = s->termination;
	struct notice n;

	log_debug(t->agent->log, "context %u %s stream %u: %s", t->context->id, t->name, s->id,
		  reason);
	notice_init(&n, t->agent);
	switch (event) {
	case BEARER_TCP_UP:
		s->reported = false;
		add_change(&n, s, ROW_TCP_CHANGE, "Est");
		break;
	case BEARER_TLS_UP:
		add_change(&n, s, ROW_TLS_CHANGE, "Est");
		break;
	case BEARER_TCP_FAILED:
	case BEARER_TLS_FAILED:
		if (s->reported)
			break;
		s->reported = true;
		add_change(&n, s, event == BEARER_TCP_FAILED ? ROW_TCP_CHANGE : ROW_TLS_CHANGE,
			   "EstFail");
		break;
	case BEARER_RELEASED:
	case BEARER_LOST:
		if (s->reported)
			break;
		s->reported = true;
		add_end(&n, s, event == BEARER_RELEASED ? "NR" : "FT", reason);
		add_change(&n, s, ROW_TCP_CHANGE, "Rel");
		break;
	}
	notice_send(&n);
}

/* g/sc, once the reply to the command that gave the signal has gone out */
static void report_completion(const struct stream *s, enum row_id signal)
{
	const struct termination *t = s->termination;
	const struct packages *p = &t->agent->packages;
	const struct row *row = packages_row(ROW_SIGNAL_COMPLETION);
	const struct row *done = packages_row(signal);
	struct h248_observed_event *e;
	struct notice n;
	char name[2 * H248_NAME_MAX + 2];

	if (!armed(t->agent, t->events, row, s->id))
		return;
	notice_init(&n, t->agent);
	if (stream_notice(&n, s)) {
		snprintf(name, sizeof(name), "%s/%s", packages_name(p, done->package),
			 packages_row_name(p, done));
		e = notice_event(&n, row, s->id);
		notice_param(&n, e, row, 0, name);
		notice_param(&n, e, row, 1, "TO");
	}
	notice_send(&n);
}

static void on_completions(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	struct completion *c;
	const struct termination *t;
	const struct stream *s;

	while ((c = agent->completions)) {
		agent->completions = c->next;
		t = termination_find(agent, c->termination);
		s = t ? termination_stream(t, c->stream) : NULL;
		if (s)
			report_completion(s, c->signal);
		free(c);
	}
}

void events_signal_completed(const struct stream *s, enum row_id signal)
{
	struct agent *agent = s->termination->agent;
	struct completion *c = calloc(1, sizeof(*c)), **p;

	if (!c)
		return;
	c->termination = s->termination->number;
	c->stream = s->id;
	c->signal = signal;
	for (p = &agent->completions; *p; p = &(*p)->next)
		;
	*p = c;
	uv_timer_start(&agent->completion_timer, on_completions, 0, 0);
}

void events_heartbeat(struct termination *t)
{
	struct notice n;

	notice_init(&n, t->agent);
	if (t->events && notice_open(&n, t->context->id, str_c(t->name), t->events->id))
		notice_event(&n, packages_row(ROW_THB), 0);
	notice_send(&n);
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
	struct notice n;

	notice_init(&n, agent);
	/* RequestID 0: not armed by the MGC but provisioned here (inactivity) */
	if (notice_open(&n, H248_CONTEXT_NULL, STR("ROOT"),
			agent->root_events ? agent->root_events->id : 0))
		notice_event(&n, packages_row(ROW_ITO), 0);
	/* it asks this MGC whether it is there: none of the next one's business */
	notice_send_to(&n, true, inactivity_done);
}
