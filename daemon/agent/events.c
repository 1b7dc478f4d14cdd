// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the Events and EventBuffer descriptors.
 *
 * What is armed is kept as it was received and compared by name when something
 * happens, so that an audit shows it unchanged. In LockStep each event that is
 * reported stops all others until a new Events descriptor comes; those that the
 * EventBuffer names wait for it in a queue (H.248.1 7.1.9, 7.1.10).
 * Context: the thread of the event loop.
 */
#include <stdlib.h>

#include "agent/events_private.h"
#include "agent/record.h"
#include "lib/log.h"

#define EVENTS_ARENA_MAX	16384	/* octets that one descriptor may take */
#define BUFFER_MAX		16	/* events that wait on one termination */

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
			if (value_check(packages_range(&w->agent->packages, row, param), v, buf,
					sizeof(buf)))
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

static int check_embedded(struct work *w, const struct h248_event *e, unsigned int on)
{
	if (e->regulated_embed || e->reset_events || e->digit_map ||
	    e->notify == H248_NOTIFY_REGULATED || (e->embed && on != ON_TERMINATION))
		return refuse(w, 501, "notification behaviour of %.*s/%.*s",
			      STR_ARG(e->name.pkg), STR_ARG(e->name.item));
	if (!e->embed)
		return 0;
	if (signals_check_names(w, e->embed->signals))
		return -1;
	return events_check(w, e->embed->events, on);
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
	if (check_embedded(w, e, on))
		return -1;
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

int events_buffer_check(struct work *w, const struct h248_events *events)
{
	const struct h248_event *e;

	if (!events)
		return 0;
	h248_each(e, &events->items)
		if (check_event(w, e, ON_TERMINATION))
			return -1;
	return 0;
}

/* ---- what is armed ---- */

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

bool events_has_value(const struct agent *agent, const struct h248_event *e,
		      const struct row *row, unsigned int param, const char *value)
{
	const struct row_param *rp = &row->params[param];
	const struct h248_property *p = given(agent, e, row, rp);
	const struct h248_value *v;

	if (!p)
		return rp->def && !strcmp(rp->def, value);
	value = packages_value(&agent->packages, row, rp, value);
	h248_each(v, &p->values)
		if (str_iis(v->text, value))
			return true;
	return false;
}

uint64_t events_number(const struct agent *agent, const struct h248_event *e,
		       const struct row *row, unsigned int param)
{
	const struct row_param *rp = &row->params[param];
	const struct h248_property *p = given(agent, e, row, rp);
	char buf[32];

	if (p && !value_check(&rp->range, p->values.first, buf, sizeof(buf)))
		return strtoull(buf, NULL, 10);
	return rp->def ? strtoull(rp->def, NULL, 10) : 0;
}

const struct h248_event *events_armed(const struct agent *agent, const struct h248_events *events,
				      const struct row *row, uint16_t stream)
{
	const struct h248_event *e;

	if (!events || !agent->packages.offered[row->package])
		return NULL;
	h248_each(e, &events->items)
		if (packages_covers(&agent->packages, &e->name, row) &&
		    (!e->has_stream || !e->stream || !stream || e->stream == stream))
			return e;
	return NULL;
}

/* The same, for what has happened: its values must be among those asked for. */
static const struct h248_event *wanted(const struct agent *agent, const struct h248_events *events,
				       const struct occurrence *what)
{
	const struct h248_event *e = events_armed(agent, events, what->row, what->stream);
	const struct row_param *rp;
	unsigned int i;

	for (i = 0; e && i < what->n; i++) {
		rp = &what->row->params[what->value[i].param];
		if (!rp->observed && !events_has_value(agent, e, what->row, what->value[i].param,
						       what->value[i].text))
			return NULL;
	}
	return e;
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

/* ---- change ---- */

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
	if (!change->given)
		return;
	arena_free(&t->events_arena);
	t->events_arena = change->arena;
	t->events = change->events;
	memset(change, 0, sizeof(*change));
	event_timers_changed(t);
	t->waiting = false;
	/* What waits is looked at when the reply has gone out. */
	if (t->buffered)
		events_later(t);
}

void events_commit_buffer(struct termination *t, struct events_change *change)
{
	if (!change->given)
		return;
	arena_free(&t->buffer_arena);
	t->buffer_arena = change->arena;
	t->buffer_events = change->events;
	memset(change, 0, sizeof(*change));
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

void events_set_lockstep(struct termination *t, bool on)
{
	struct buffered_event *b;

	t->lockstep = on;
	if (on)
		return;
	t->waiting = false;
	while ((b = t->buffered)) {
		t->buffered = b->next;
		free(b);
	}
	t->n_buffered = 0;
}

void events_init(struct termination *t)
{
	arena_init(&t->events_arena, EVENTS_ARENA_MAX);
	arena_init(&t->buffer_arena, EVENTS_ARENA_MAX);
}

void events_free(struct termination *t)
{
	events_set_lockstep(t, false);
	arena_free(&t->events_arena);
	arena_free(&t->buffer_arena);
}

/* ---- detection ---- */

/* The texts go with it, in the same block. */
static struct buffered_event *buffered_new(const struct occurrence *what)
{
	struct buffered_event *b;
	size_t len = 0;
	unsigned int i;
	char *text;

	for (i = 0; i < what->n; i++)
		len += strlen(what->value[i].text) + 1;
	b = malloc(sizeof(*b) + len);
	if (!b)
		return NULL;
	b->next = NULL;
	b->what = *what;
	b->what.value = b->value;
	text = (char *)(b + 1);
	for (i = 0; i < what->n; i++) {
		b->value[i].param = what->value[i].param;
		b->value[i].text = strcpy(text, what->value[i].text);
		text += strlen(text) + 1;
	}
	return b;
}

static bool open_notice(struct notice *n, const struct termination *t)
{
	return notice_open(n, t->context->id, str_c(t->name), t->events ? t->events->id : 0);
}

static void put_aside(struct notice *n, struct termination *t, const struct occurrence *what)
{
	struct buffered_event *b = NULL, **p;

	if (t->n_buffered < BUFFER_MAX && what->n <= OCCURRENCE_VALUES_MAX)
		b = buffered_new(what);
	if (!b) {
		/* It cannot wait, so it goes now, and says why it does not keep its turn. */
		if (open_notice(n, t)) {
			notice_occurrence(n, what);
			notice_error(n, 518, "the event buffer is full");
		}
		return;
	}
	for (p = &t->buffered; *p; p = &(*p)->next)
		;
	*p = b;
	t->n_buffered++;
}

/* What an event embeds takes effect: its signals, and its Events in place of these. */
static void activate(struct termination *t, const struct h248_embed *embed)
{
	struct events_change change;
	struct work w = { .agent = t->agent };
	struct arena a;

	record_changed(t->agent, t->context);
	arena_init(&a, EVENTS_ARENA_MAX);
	w.a = &a;
	if (events_prepare(&w, embed->events, &change) ||
	    (embed->signals && signals_activate(&w, t, embed->signals)))
		log_notice(t->agent->log, "%s: embedded descriptor: %u %s", t->name, w.code,
			   w.text);
	arena_free(&a);
	events_commit(t, &change);
}

static void report(struct notice *n, struct termination *t, const struct h248_event *e,
		   const struct occurrence *what)
{
	if (e->notify != H248_NOTIFY_NEVER && open_notice(n, t))
		notice_occurrence(n, what);
	t->waiting = t->lockstep;
	/* Frees the descriptor that e belongs to, if there is a new one. */
	if (e->embed)
		activate(t, e->embed);
}

bool events_detected(struct notice *n, struct termination *t, const struct occurrence *what)
{
	const struct h248_event *e;

	if (t->waiting) {
		if (!wanted(t->agent, t->buffer_events, what))
			return false;
		put_aside(n, t, what);
		return true;
	}
	e = wanted(t->agent, t->events, what);
	if (!e)
		return false;
	report(n, t, e, what);
	return true;
}

void events_work_off(struct termination *t)
{
	const struct h248_event *e;
	struct buffered_event *b;
	struct notice n;

	notice_init(&n, t->agent);
	while (!t->waiting && (b = t->buffered)) {
		t->buffered = b->next;
		t->n_buffered--;
		e = wanted(t->agent, t->events, &b->what);
		if (e)
			report(&n, t, e, &b->what);
		free(b);
	}
	notice_send(&n);
	records_write(t->agent);
}

int events_observed(struct work *w, const struct termination *t, struct h248_observed **out)
{
	const struct buffered_event *b;

	*out = NULL;
	if (!t->buffered)
		return 0;
	*out = arena_new(w->a, struct h248_observed);
	if (!*out)
		return refuse_memory(w);
	(*out)->id = t->events ? t->events->id : 0;
	for (b = t->buffered; b; b = b->next)
		if (!observed_add(t->agent, w->a, *out, &b->what))
			return refuse_memory(w);
	return 0;
}
