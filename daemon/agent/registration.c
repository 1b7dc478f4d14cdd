// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the control association: registration, its loss, and the next MGC.
 *
 * One MGC controls the gateway at a time. When it is lost the gateway registers
 * again, with it or with the next of the list, and carries all calls along; media
 * knows nothing of it.
 * Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "agent/registration_private.h"
#include "lib/log.h"

#define PAUSE_MIN	1000		/* ms, when the whole list was tried in vain */
#define PAUSE_MAX	30000
#define REDIRECTS_MAX	5
#define H248_TEXT_PORT	2944

enum state {
	STATE_IDLE,
	STATE_CONNECTING,		/* TCP is not up yet */
	STATE_ASKING,			/* ServiceChange was sent */
	STATE_ACTIVE,
	STATE_PAUSE,
};

enum change {
	CHANGE_COLD,
	CHANGE_DISCONNECTED,
	CHANGE_FAILOVER,
	CHANGE_HAND_OFF,
};

static const struct {
	enum h248_method method;
	unsigned int reason;
} changes[] = {
	[CHANGE_COLD] = { H248_METHOD_RESTART, 901 },
	[CHANGE_DISCONNECTED] = { H248_METHOD_DISCONNECTED, 900 },
	[CHANGE_FAILOVER] = { H248_METHOD_FAILOVER, 909 },
	[CHANGE_HAND_OFF] = { H248_METHOD_HANDOFF, 903 },
};

struct registration {
	struct agent *agent;
	enum state state;
	enum change change;
	unsigned int index;		/* into the list: the MGC tried, or used */
	unsigned int tried;		/* in a row without success */
	unsigned int redirects;
	unsigned int pause;
	struct config_mgc mgc;		/* tried or used */
	struct config_mgc last;		/* registered with most recently; family 0: never */
	uint8_t version;
	uint64_t heard;
	uint64_t reported;		/* when it/ito went out last */
	uv_timer_t timer;		/* waits for a connection, or out a pause */
	uv_timer_t watch;		/* silence of the MGC */
	struct registration_reports reports;
	unsigned int handles;
};

static const char *mgc_name(const struct config_mgc *mgc, char *buf, size_t len)
{
	return transport_name(&mgc->address, buf, len);
}

static void say(struct registration *r, const char *fmt, const char *arg)
{
	struct agent *agent = r->agent;
	char line[160];

	snprintf(line, sizeof(line), fmt, arg);
	log_notice(agent->log, "%s", line);
	if (agent->ops && agent->ops->status)
		agent->ops->status(agent->priv, line);
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
				  &((const struct sockaddr_in6 *)b)->sin6_addr);
}

static bool same_mgc(const struct config_mgc *a, const struct config_mgc *b)
{
	return a->transport == b->transport && same_host(&a->address, &b->address) &&
	       ((const struct sockaddr_in *)&a->address)->sin_port ==
	       ((const struct sockaddr_in *)&b->address)->sin_port;
}

/* ---- silence ---- */

static void watch_again(struct registration *r);

/* How long the MGC may be silent: the shorter of what it and what the operator wants. */
static uint64_t silence_allowed(const struct registration *r)
{
	uint64_t ito = events_inactivity(r->agent), own = r->agent->config->inactivity;

	return !ito || (own && own < ito) ? own : ito;
}

static void on_watch(uv_timer_t *timer)
{
	struct registration *r = timer->data;
	uint64_t now = uv_now(r->agent->loop), allowed = silence_allowed(r);

	if (r->state != STATE_ACTIVE)
		return;
	if (allowed && now - (r->heard > r->reported ? r->heard : r->reported) >= allowed) {
		r->reported = now;
		events_report_inactivity(r->agent);
	}
	watch_again(r);
}

/* What is heard does not move the timer: it looks at the clock when it fires. */
static void watch_again(struct registration *r)
{
	uint64_t now = uv_now(r->agent->loop), allowed = silence_allowed(r), due;

	uv_timer_stop(&r->watch);
	if (r->state != STATE_ACTIVE || !allowed)
		return;
	due = (r->heard > r->reported ? r->heard : r->reported) + allowed;
	uv_timer_start(&r->watch, on_watch, due > now ? due - now : 0, 0);
}

void registration_inactivity_changed(struct registration *r)
{
	watch_again(r);
}

void registration_heard(void *priv, const struct transport_path *from)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;

	if (same_host(&r->mgc.address, &from->addr))
		r->heard = uv_now(agent->loop);
}

/* ---- ServiceChange ---- */

static void attempt(struct registration *r, const struct config_mgc *mgc, enum change change);
static void failed(struct registration *r, const char *why);

static bool mid_to_mgc(const struct h248_mid *mid, const struct config_mgc *now,
		       struct config_mgc *out)
{
	uint16_t port = htons(mid->has_port ? mid->port : H248_TEXT_PORT);

	*out = *now;
	switch (mid->kind) {
	case H248_MID_IP4: {
		struct sockaddr_in *in4 = (struct sockaddr_in *)&out->address;

		memset(&out->address, 0, sizeof(out->address));
		in4->sin_family = AF_INET;
		memcpy(&in4->sin_addr, mid->addr, 4);
		in4->sin_port = port;
		return true;
	}
	case H248_MID_IP6: {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->address;

		memset(&out->address, 0, sizeof(out->address));
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_addr, mid->addr, 16);
		in6->sin6_port = port;
		return true;
	}
	case H248_MID_PORT:
		/* ServiceChangeAddress: the same host at another port */
		((struct sockaddr_in *)&out->address)->sin_port = htons(mid->port);
		return mid->port != 0;
	default:
		return false;
	}
}

bool registration_allowed(const struct agent *agent, const struct h248_mid *mid,
			  struct config_mgc *out)
{
	const struct config *c = agent->config;
	unsigned int i;

	if (!mid_to_mgc(mid, &agent->registration->mgc, out) ||
	    out->address.ss_family != c->local.ss_family)
		return false;
	for (i = 0; i < c->n_mgcs; i++) {
		if (same_host(&c->mgc[i].address, &out->address)) {
			out->transport = c->mgc[i].transport;
			return true;
		}
	}
	for (i = 0; i < c->n_mgc_allow; i++)
		if (same_host(&c->mgc_allow[i], &out->address))
			return true;
	return false;
}

/* The MGC sends us to another one. */
static void redirect(struct registration *r, const struct h248_mid *mid)
{
	struct config_mgc next;
	char name[64];

	if (!registration_allowed(r->agent, mid, &next)) {
		failed(r, "MgcIdToTry is not in mgc or mgc_allow");
		return;
	}
	if (++r->redirects > REDIRECTS_MAX) {
		failed(r, "MGCs send the gateway in circles");
		return;
	}
	say(r, "sent on to MGC %s", mgc_name(&next, name, sizeof(name)));
	attempt(r, &next, r->change);
}

static void activate(struct registration *r, const struct h248_service_change *sc)
{
	struct agent *agent = r->agent;
	const char *profile = agent->config->profile;
	struct config_mgc moved;
	char name[64];
	size_t len;

	r->version = (uint8_t)agent->config->version;
	if (sc && sc->has_version && sc->version < r->version)
		r->version = sc->version ? sc->version : 1;
	transactions_set_version(agent->transactions, r->version);
	if (sc && str_set(sc->profile)) {
		len = profile ? strcspn(profile, "/") : 0;
		if (!profile || !str_ieq(sc->profile, (struct str){ profile, len }))
			log_warning(agent->log, "the MGC names profile %.*s/%u, configured is %s",
				    STR_ARG(sc->profile), sc->profile_version,
				    profile ? profile : "none");
	}
	if (sc && sc->address) {
		if (registration_allowed(agent, sc->address, &moved)) {
			r->mgc = moved;
			transport_use(agent->transport, &moved);
		} else {
			log_warning(agent->log, "ServiceChangeAddress %.*s is not allowed: ignored",
				    STR_ARG(sc->address->text));
		}
	}
	r->state = STATE_ACTIVE;
	r->last = r->mgc;
	r->tried = 0;
	r->redirects = 0;
	r->pause = 0;
	r->heard = uv_now(agent->loop);
	r->reported = 0;
	say(r, "registered with MGC %s", mgc_name(&r->mgc, name, sizeof(name)));
	transactions_resume(agent->transactions);
	counters_of(agent, &r->mgc.address)->registrations++;
	reports_flush(agent);
	watch_again(r);
}

static void on_reply(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_service_change *sc;
	struct registration *r = priv;
	const struct h248_error *err;
	char text[160];

	(void)version;
	if (!reply) {
		failed(r, "no answer");
		return;
	}
	err = service_error(reply);
	if (err) {
		snprintf(text, sizeof(text), "error %u %.*s", err->code, STR_ARG(err->text));
		failed(r, text);
		return;
	}
	sc = services_of(reply);
	if (sc && sc->mgc)
		redirect(r, sc->mgc);
	else
		activate(r, sc);
}

static void ask(struct registration *r)
{
	const struct service_order order = {
		.tid = "ROOT",
		.method = changes[r->change].method,
		.reason = changes[r->change].reason,
		.registers = true,
	};
	int err;

	uv_timer_stop(&r->timer);
	r->state = STATE_ASKING;
	/* Any MGC can read a header of version 1; what we want is in Version. */
	transactions_set_version(r->agent->transactions, 1);
	err = service_send(r->agent, &order, true, on_reply, r);
	if (err)
		failed(r, strerror(-err));
}

/* ---- which MGC, and when ---- */

static void on_connect_timeout(uv_timer_t *timer)
{
	struct registration *r = timer->data;

	failed(r, "no connection");
}

static void attempt(struct registration *r, const struct config_mgc *mgc, enum change change)
{
	struct agent *agent = r->agent;
	struct transport_path path;
	char name[64];

	transactions_suspend(agent->transactions);
	uv_timer_stop(&r->watch);
	r->mgc = *mgc;
	r->change = change;
	log_info(agent->log, "ServiceChange %u to MGC %s", changes[change].reason,
		 mgc_name(mgc, name, sizeof(name)));
	transport_use(agent->transport, mgc);
	if (!transport_path(agent->transport, &path)) {
		ask(r);
		return;
	}
	r->state = STATE_CONNECTING;
	uv_timer_start(&r->timer, on_connect_timeout, agent->config->t_max, 0);
}

static enum change change_for(const struct registration *r, const struct config_mgc *mgc)
{
	if (!r->last.address.ss_family)
		return CHANGE_COLD;
	return same_mgc(&r->last, mgc) ? CHANGE_DISCONNECTED : CHANGE_FAILOVER;
}

static void try_index(struct registration *r)
{
	const struct config_mgc *mgc = &r->agent->config->mgc[r->index];

	attempt(r, mgc, change_for(r, mgc));
}

static void on_pause_over(uv_timer_t *timer)
{
	try_index(timer->data);
}

static unsigned int random_up_to(unsigned int max)
{
	unsigned int value = 0;

	if (!max || getrandom(&value, sizeof(value), 0) != sizeof(value))
		return 0;
	return value % (max + 1);
}

static void failed(struct registration *r, const char *why)
{
	unsigned int pause;
	char name[64];

	log_warning(r->agent->log, "MGC %s: %s", mgc_name(&r->mgc, name, sizeof(name)), why);
	transactions_suspend(r->agent->transactions);
	uv_timer_stop(&r->timer);
	r->tried++;
	r->redirects = 0;
	r->index = (r->index + 1) % r->agent->config->n_mgcs;
	if (r->tried % r->agent->config->n_mgcs) {
		try_index(r);
		return;
	}
	/* All were tried: a random pause, lest every gateway come back at once. */
	r->pause = r->pause ? r->pause * 2 : PAUSE_MIN;
	if (r->pause > PAUSE_MAX)
		r->pause = PAUSE_MAX;
	pause = r->pause / 2 + random_up_to(r->pause / 2);
	r->state = STATE_PAUSE;
	if (r->agent->ops && r->agent->ops->status)
		r->agent->ops->status(r->agent->priv, "no MGC");
	uv_timer_start(&r->timer, on_pause_over, pause, 0);
}

void registration_lost(struct registration *r, const char *why)
{
	char name[64];
	unsigned int i;

	if (r->state != STATE_ACTIVE)
		return;
	counters_of(r->agent, &r->mgc.address)->losses++;
	log_warning(r->agent->log, "control by MGC %s is lost: %s",
		    mgc_name(&r->mgc, name, sizeof(name)), why);
	/* The list goes on after the one that was in use. */
	for (i = 0; i < r->agent->config->n_mgcs; i++)
		if (same_mgc(&r->agent->config->mgc[i], &r->mgc))
			r->index = i;
	attempt(r, &r->mgc, CHANGE_DISCONNECTED);
}

void registration_link(void *priv, bool up)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;

	if (up) {
		if (r->state == STATE_CONNECTING)
			ask(r);
		return;
	}
	if (r->state != STATE_ACTIVE && r->state != STATE_ASKING)
		return;
	/* The transport connects again by itself; then the MGC is told. */
	transactions_suspend(agent->transactions);
	uv_timer_stop(&r->watch);
	if (r->state == STATE_ACTIVE)
		r->change = CHANGE_DISCONNECTED;
	r->state = STATE_CONNECTING;
	uv_timer_start(&r->timer, on_connect_timeout, agent->config->t_max, 0);
}

static void on_hand_off(uv_timer_t *timer)
{
	struct registration *r = timer->data;
	struct config_mgc mgc = r->mgc;

	attempt(r, &mgc, CHANGE_HAND_OFF);
}

void registration_hand_off(struct registration *r, const struct config_mgc *mgc)
{
	char name[64];

	say(r, "handed off to MGC %s", mgc_name(mgc, name, sizeof(name)));
	/* The reply to the old MGC goes out before. */
	r->mgc = *mgc;
	r->state = STATE_PAUSE;
	uv_timer_start(&r->timer, on_hand_off, 0, 0);
}

static void on_start_anew(uv_timer_t *timer)
{
	struct registration *r = timer->data;
	struct config_mgc mgc = r->mgc;

	attempt(r, &mgc, CHANGE_COLD);
}

/* All calls have ended by order of the MGC; it hears Restart after its reply. */
void registration_start_anew(struct registration *r)
{
	/* Nobody wants to hear of calls that are no more. */
	transactions_cancel(r->agent->transactions);
	memset(&r->last, 0, sizeof(r->last));
	r->state = STATE_PAUSE;
	uv_timer_start(&r->timer, on_start_anew, 0, 0);
}

/* ---- who may give orders ---- */

unsigned int registration_admit(void *priv, const struct transport_path *from,
				const struct h248_message *msg)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;
	unsigned int code = 0;

	(void)msg;
	if (!same_host(&r->mgc.address, &from->addr))
		code = r->last.address.ss_family ? 504 : 505;
	else if (r->state != STATE_ACTIVE)
		code = 505;
	if (code)
		agent->counters.foreign_requests++;
	return code;
}

struct registration_reports *registration_reports(struct registration *r)
{
	return &r->reports;
}

bool registration_active(const struct registration *r)
{
	return r->state == STATE_ACTIVE;
}

uint8_t registration_version(const struct registration *r)
{
	return r->version;
}

/* ---- life ---- */

int registration_new(struct agent *agent, struct registration **out)
{
	struct registration *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->agent = agent;
	r->version = (uint8_t)agent->config->version;
	uv_timer_init(agent->loop, &r->timer);
	uv_timer_init(agent->loop, &r->watch);
	r->timer.data = r;
	r->watch.data = r;
	r->handles = 2;
	*out = r;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct registration *r = handle->data;

	if (!--r->handles)
		free(r);
}

void registration_free(struct registration *r)
{
	if (!r)
		return;
	reports_free(&r->reports);
	uv_close((uv_handle_t *)&r->timer, on_closed);
	uv_close((uv_handle_t *)&r->watch, on_closed);
}

void registration_start(struct registration *r)
{
	unsigned int delay = random_up_to(r->agent->config->restart_delay);

	r->state = STATE_PAUSE;
	transactions_suspend(r->agent->transactions);
	uv_timer_start(&r->timer, on_pause_over, delay, 0);
}
