// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: what is detected on terminations: the ends and failures of bearers, signals
 * that are done, terminations that nobody talks about, streams that fall silent or say too much.
 *
 * A failure is reported once an attempt, an end once a connection. The module tells when a
 * stream of datagrams falls silent; connections are counted.
 * Context: the thread of the event loop.
 * Lifetime: timers belong to their termination; they close later than it ends and
 * by then know nothing of it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/events_private.h"
#include "lib/log.h"

#define SILENCE_LOOK_MIN	250	/* ms between two looks at the counters */
#define SILENCE_LOOK_MAX	5000

static bool detected(struct notice *n, struct termination *t, enum row_id id, uint16_t stream,
		     const struct event_value *value, unsigned int count)
{
	struct occurrence what = {
		.row = packages_row(id),
		.stream = stream,
		.value = value,
		.n = count,
	};

	h248_now(&what.time);
	return events_detected(n, t, &what);
}

/* ---- bearers ---- */

/* tcpbcc/BNCChange or tlsbsc/BNCChange with that Type, and why it changed */
static void add_change(struct notice *n, const struct stream *s, enum row_id id, const char *type,
		       const char *cause)
{
	const struct event_value value[] = { { 0, type }, { 1, cause } };

	detected(n, s->termination, id, s->id, value, *cause ? 2 : 1);
}

/* TLS release releases TCP, and DTLS has none. */
static void add_released(struct notice *n, const struct stream *s, const char *cause)
{
	enum bearer_proto proto = s->set.want.proto;

	if (bearer_proto_has_tls(proto))
		add_change(n, s, ROW_TLS_CHANGE, "Rel", cause);
	if (bearer_proto_is_tcp(proto))
		add_change(n, s, ROW_TCP_CHANGE, "Rel", cause);
}

/* The end of a connection: g/cause, or else nt/netfail if it was the network's doing. */
static void add_end(struct notice *n, const struct stream *s, const char *cause,
		    const char *reason)
{
	const struct event_value why[] = { { 0, cause }, { 1, reason } };
	const struct event_value fail = { 0, reason };

	if (!detected(n, s->termination, ROW_CAUSE, s->id, why, 2) && strcmp(cause, "NR"))
		detected(n, s->termination, ROW_NETFAIL, s->id, &fail, 1);
}

/* adr/rsac: where the far end really is */
static void add_source(struct notice *n, const struct stream *s)
{
	const struct sockaddr_storage *at = bearer_latched(s->bearer);
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)at;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)at;
	bool v6 = at->ss_family == AF_INET6;
	char addr[INET6_ADDRSTRLEN], port[8];
	const struct event_value value[] = { { 0, addr }, { 1, port } };

	inet_ntop(at->ss_family, v6 ? (const void *)&in6->sin6_addr : (const void *)&in4->sin_addr,
		  addr, sizeof(addr));
	snprintf(port, sizeof(port), "%u", ntohs(v6 ? in6->sin6_port : in4->sin_port));
	detected(n, s->termination, ROW_SOURCE_CHANGED, s->id, value, 2);
}

static void add_silence(struct notice *n, struct termination *t);

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
		add_change(&n, s, ROW_TCP_CHANGE, "Est", "");
		break;
	case BEARER_TLS_UP:
		s->reported = false;
		add_change(&n, s, ROW_TLS_CHANGE, "Est", "");
		break;
	case BEARER_TCP_FAILED:
	case BEARER_TLS_FAILED:
		if (s->reported)
			break;
		s->reported = true;
		add_change(&n, s, event == BEARER_TCP_FAILED ? ROW_TCP_CHANGE : ROW_TLS_CHANGE,
			   "EstFail", reason);
		break;
	case BEARER_LATCHED:
		add_source(&n, s);
		break;
	case BEARER_QUIET:
		add_silence(&n, t);
		break;
	case BEARER_POLICED:
		detected(&n, t, ROW_POLICING, s->id, NULL, 0);
		break;
	case BEARER_RELEASED:
	case BEARER_LOST:
		if (s->reported)
			break;
		s->reported = true;
		add_end(&n, s, event == BEARER_RELEASED ? "NR" : "FT", reason);
		add_released(&n, s, reason);
		break;
	}
	notice_send(&n);
}

/* ---- what follows the reply to a command ---- */

/* g/sc */
static void report_completion(struct termination *t, const struct completion *c)
{
	const struct packages *p = &t->agent->packages;
	const struct row *done = packages_row(c->signal);
	char name[2 * H248_NAME_MAX + 2], list[16], request[16];
	struct event_value value[OCCURRENCE_VALUES_MAX] = { { 0, name }, { 1, c->method } };
	unsigned int count = 2;
	struct notice n;

	snprintf(name, sizeof(name), "%s/%s", packages_name(p, done->package),
		 packages_row_name(p, done));
	if (c->has_list) {
		snprintf(list, sizeof(list), "%u", c->list);
		value[count++] = (struct event_value){ 2, list };
	}
	if (c->has_request) {
		snprintf(request, sizeof(request), "%u", c->request);
		value[count++] = (struct event_value){ 3, request };
	}
	notice_init(&n, t->agent);
	detected(&n, t, ROW_SIGNAL_COMPLETION, c->stream, value, count);
	notice_send(&n);
}

static void on_later(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	struct completion *list = agent->completions, *c;
	struct termination *t;

	/* What a report sets off is for the next time: signals embedded in it may complete, too. */
	agent->completions = NULL;
	agent->completions_end = &agent->completions;
	while ((c = list)) {
		list = c->next;
		t = termination_find(agent, c->termination);
		if (t && c->signal == ROW_NOT_DONE)
			events_work_off(t);
		else if (t)
			report_completion(t, c);
		free(c);
	}
}

static void queue(struct agent *agent, const struct completion *what)
{
	struct completion *c = malloc(sizeof(*c));

	if (!c)
		return;
	*c = *what;
	c->next = NULL;
	*agent->completions_end = c;
	agent->completions_end = &c->next;
	/* Not 0: a timer that starts itself anew would be called again before the loop goes on. */
	uv_timer_start(&agent->completion_timer, on_later, 1, 0);
}

void events_signal_completed(const struct termination *t, const struct completion *what)
{
	queue(t->agent, what);
}

void events_later(const struct termination *t)
{
	const struct completion look = { .termination = t->number, .signal = ROW_NOT_DONE };

	queue(t->agent, &look);
}

/* ---- hangterm/thb ---- */

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

static uv_timer_t *timer_new(struct termination *t)
{
	uv_timer_t *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	uv_timer_init(t->agent->loop, timer);
	timer->data = t;
	return timer;
}

static void on_heartbeat(uv_timer_t *timer)
{
	struct termination *t = timer->data;
	struct notice n;

	uv_timer_start(timer, on_heartbeat, t->heartbeat_ms, 0);
	notice_init(&n, t->agent);
	detected(&n, t, ROW_THB, 0, NULL, 0);
	notice_send(&n);
}

/* Every message about the termination proves that the MGC knows it. */
void termination_heard(struct termination *t)
{
	if (!t->heartbeat_ms) {
		if (t->heartbeat)
			uv_timer_stop(t->heartbeat);
		return;
	}
	if (!t->heartbeat)
		t->heartbeat = timer_new(t);
	if (t->heartbeat)
		uv_timer_start(t->heartbeat, on_heartbeat, t->heartbeat_ms, 0);
}

/* ---- adid/ipstop ---- */

static void count_traffic(const struct termination *t, uint64_t *in, uint64_t *out)
{
	struct totals total = { 0 };

	totals_termination(t, &total);
	*in = total.all.octets_received;
	*out = total.all.octets_sent;
}

static void on_silence_look(uv_timer_t *timer)
{
	struct termination *t = timer->data;
	struct silence *s = &t->silence;
	uint64_t now = uv_now(t->agent->loop), in, out, quiet_in, quiet_out, quiet;
	struct notice n;

	count_traffic(t, &in, &out);
	if (in != s->in)
		s->in_since = now;
	if (out != s->out)
		s->out_since = now;
	s->in = in;
	s->out = out;
	quiet_in = now - s->in_since;
	quiet_out = now - s->out_since;
	if (s->want_in && s->want_out)
		quiet = quiet_in < quiet_out ? quiet_in : quiet_out;
	else
		quiet = s->want_in ? quiet_in : quiet_out;
	if (quiet < s->after) {
		s->reported = false;
		return;
	}
	/* once for each time that it falls silent */
	if (s->reported)
		return;
	s->reported = true;
	notice_init(&n, t->agent);
	detected(&n, t, ROW_IPSTOP, 0, NULL, 0);
	notice_send(&n);
}

static void count_from_now(struct termination *t)
{
	struct silence *s = &t->silence;
	uint64_t look = s->after / 4;

	if (!s->timer)
		s->timer = timer_new(t);
	if (!s->timer)
		return;
	s->reported = false;
	s->in_since = uv_now(t->agent->loop);
	s->out_since = s->in_since;
	count_traffic(t, &s->in, &s->out);
	if (look < SILENCE_LOOK_MIN)
		look = SILENCE_LOOK_MIN;
	if (look > SILENCE_LOOK_MAX)
		look = SILENCE_LOOK_MAX;
	uv_timer_start(s->timer, on_silence_look, look, look);
}

/* How many streams there are with a port; 0 as well if one of them is no datagram stream. */
static unsigned int only_datagrams(const struct termination *t)
{
	const struct stream *s;
	unsigned int n = 0;

	for (s = t->streams; s; s = s->next) {
		if (s->bearer && bearer_proto_is_tcp(s->set.want.proto))
			return 0;
		n += s->bearer != NULL;
	}
	return n;
}

static void watch_streams(struct termination *t, uint32_t after)
{
	const struct silence *quiet = &t->silence;
	enum kmgw_direction dir = KMGW_DIRECTION_BOTH;
	struct stream *s;

	if (!quiet->want_in || !quiet->want_out)
		dir = quiet->want_in ? KMGW_DIRECTION_IN : KMGW_DIRECTION_OUT;
	for (s = t->streams; s; s = s->next)
		if (s->bearer && !bearer_proto_is_tcp(s->set.want.proto))
			bearer_watch_silence(s->bearer, after, dir);
}

static void silence_begin(struct termination *t)
{
	struct silence *s = &t->silence;
	unsigned int before = s->watched;

	s->watched = s->after ? only_datagrams(t) : 0;
	if (s->watched || before)
		watch_streams(t, s->watched ? (uint32_t)s->after : 0);
	if (s->after && !s->watched)
		count_from_now(t);
	else if (s->timer)
		uv_timer_stop(s->timer);
}

/* A stream has fallen silent: have all of them? */
static void add_silence(struct notice *n, struct termination *t)
{
	const struct stream *s;

	if (!t->silence.watched)
		return;
	for (s = t->streams; s; s = s->next)
		if (s->bearer && !bearer_quiet(s->bearer))
			return;
	detected(n, t, ROW_IPSTOP, 0, NULL, 0);
}

static void silence_changed(struct termination *t)
{
	const struct row *row = packages_row(ROW_IPSTOP);
	const struct h248_event *e = events_armed(t->agent, t->events, row, 0);
	const struct agent *agent = t->agent;
	struct silence *s = &t->silence;
	bool both;

	s->after = 0;
	if (e) {
		s->after = events_number(agent, e, row, 0) * 1000;
		both = events_has_value(agent, e, row, 1, "BOTH");
		s->want_in = both || events_has_value(agent, e, row, 1, "IN");
		s->want_out = both || events_has_value(agent, e, row, 1, "OUT");
	}
	silence_begin(t);
}

void event_streams_changed(struct termination *t)
{
	if (t->silence.after && only_datagrams(t) != t->silence.watched)
		silence_begin(t);
}

/* ---- both ---- */

void event_timers_changed(struct termination *t)
{
	const struct row *row = packages_row(ROW_THB);
	const struct h248_event *e = events_armed(t->agent, t->events, row, 0);

	t->heartbeat_ms = e ? events_number(t->agent, e, row, 0) * 1000 : 0;
	termination_heard(t);
	silence_changed(t);
}

void event_timers_free(struct termination *t)
{
	if (t->heartbeat)
		uv_close((uv_handle_t *)t->heartbeat, on_timer_closed);
	if (t->silence.timer)
		uv_close((uv_handle_t *)t->silence.timer, on_timer_closed);
}
