// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the control association: registration, its loss, and the next MGC.
 *
 * One MGC controls the gateway at a time. When it is lost the gateway registers
 * again, with it or with the next of the list, and carries all calls along; media
 * knows nothing of it.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "agent/operator.h"
#include "agent/registration_private.h"
#include "lib/log.h"

#define PAUSE_MIN	1000		/* ms, when the whole list was tried in vain */
#define PAUSE_MAX	30000
#define REDIRECTS_MAX	5
#define ORDERS_MAX	5		/* to register anew that are followed at once, in ... */
#define ORDERS_MS	10000

static void attempt(struct registration *r, const struct config_mgc *mgc,
		    enum config_change change);
static void attempt_again(struct registration *r);
static void failed(struct registration *r, const char *why);
static void on_connect_timeout(uv_timer_t *timer);

static void say(struct registration *r, const char *fmt, const char *arg)
{
	struct agent *agent = r->agent;
	char line[160];

	snprintf(line, sizeof(line), fmt, arg);
	log_notice(agent->log, "%s", line);
	if (agent->ops && agent->ops->status)
		agent->ops->status(agent->priv, line);
}

static const char *connection_wanted(const struct registration *r)
{
	struct transport_path path;

	return transport_path(r->agent->transport, &path) ? "no connection" : NULL;
}

/* ---- the reply to a registration ---- */

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

static void settle(struct registration *r)
{
	struct agent *agent = r->agent;
	char name[64];

	uv_timer_stop(&r->timer);
	r->state = STATE_ACTIVE;
	r->tried = 0;
	r->redirects = 0;
	r->pause = 0;
	r->since = uv_now(agent->loop);
	r->heard = r->since;
	r->reported = 0;
	counters_of(agent, &r->mgc.address)->registrations++;
	say(r, "registered with MGC %s", mgc_name(&r->mgc, name, sizeof(name)));
	transactions_resume(agent->transactions);
	reports_flush(r);
	if (r->change == CONFIG_CHANGE_FAILOVER || r->change == CONFIG_CHANGE_HAND_OFF)
		operator_tell_again(agent);
	watch_again(r);
}

/* Requests go to ServiceChangeAddress from now on; a lost MGC is asked again where it was. */
static void move(struct registration *r, const struct h248_mid *mid)
{
	struct agent *agent = r->agent;
	struct config_mgc moved;

	if (!registration_allowed(agent, mid, &moved)) {
		log_warning(agent->log, "ServiceChangeAddress %.*s is not allowed: ignored",
			    STR_ARG(mid->text));
		return;
	}
	if (mgc_same(&moved, &r->mgc))
		return;
	r->mgc = moved;
	transport_use(agent->transport, &moved);
}

static void activate(struct registration *r, const struct h248_service_change *sc)
{
	struct agent *agent = r->agent;
	unsigned int code;
	char why[160];

	code = service_negotiate(r, sc, why, sizeof(why));
	mgc_set_incompatible(r, &r->mgc, code);
	if (code) {
		failed(r, why);
		return;
	}
	transactions_set_version(agent->transactions, r->version);
	r->home = r->mgc;
	if (sc && sc->address)
		move(r, sc->address);
	if (!connection_wanted(r)) {
		settle(r);
		return;
	}
	r->state = STATE_MOVING;
	uv_timer_start(&r->timer, on_connect_timeout, agent->config->t_max, 0);
}

/* Can the gateway offer less? Then the same MGC is asked again. */
static bool offer_less(struct registration *r, unsigned int code)
{
	const struct config *c = r->agent->config;

	if (code == 406 && r->offered > c->version_min) {
		r->offered--;
		return true;
	}
	if ((code == 459 || code == 461) && service_profile(c, r->profile_offered + 1)) {
		r->profile_offered++;
		return true;
	}
	return false;
}

static void on_reply(void *priv, const struct h248_transaction *reply, uint8_t version)
{
	const struct h248_service_change *sc;
	struct registration *r = priv;
	const struct h248_error *err;
	char text[160], name[64];

	(void)version;
	if (!reply) {
		failed(r, "no answer");
		return;
	}
	err = service_error(reply);
	if (err) {
		counters_own_refused(r->agent, H248_SERVICE_CHANGE, err->code);
		if (offer_less(r, err->code)) {
			log_notice(r->agent->log, "MGC %s answers %u: it is offered version %u%s%s",
				   mgc_name(&r->mgc, name, sizeof(name)), err->code, r->offered,
				   service_profile(r->agent->config, r->profile_offered) ?
				   ", profile " : "",
				   service_profile(r->agent->config, r->profile_offered) ?
				   service_profile(r->agent->config, r->profile_offered) : "");
			attempt_again(r);
			return;
		}
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
	const struct config *c = r->agent->config;
	const struct service_order order = {
		.tid = "ROOT",
		.method = service_method(c->change[r->change].method),
		.reason = c->change[r->change].reason,
		.version = r->offered,
		.profile = service_profile(c, r->profile_offered),
	};
	int err;

	uv_timer_stop(&r->timer);
	r->state = STATE_ASKING;
	transactions_set_version(r->agent->transactions, r->header);
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

static void ask_or_wait(struct registration *r)
{
	if (!connection_wanted(r)) {
		ask(r);
		return;
	}
	r->state = STATE_CONNECTING;
	uv_timer_start(&r->timer, on_connect_timeout, r->agent->config->t_max, 0);
}

static void attempt_again(struct registration *r)
{
	const struct config_change_order *o = &r->agent->config->change[r->change];
	struct agent *agent = r->agent;
	char name[64];

	transactions_suspend(agent->transactions);
	uv_timer_stop(&r->watch);
	log_info(agent->log, "ServiceChange %s %u to MGC %s",
		 h248_method_name(service_method(o->method)), o->reason,
		 mgc_name(&r->mgc, name, sizeof(name)));
	ask_or_wait(r);
}

static void attempt(struct registration *r, const struct config_mgc *mgc,
		    enum config_change change)
{
	const struct config *c = r->agent->config;
	const struct config_mgc target = *mgc;
	unsigned int i;

	transactions_suspend(r->agent->transactions);
	/* The list goes on after it, however the gateway came here. */
	for (i = 0; i < c->n_mgcs; i++)
		if (mgc_same(&c->mgc[i], &target))
			r->index = i;
	r->mgc = target;
	r->change = change;
	r->offered = (uint8_t)c->version;
	/* Any MGC can read a header of version 1; what we want is in Version. */
	r->header = 1;
	r->profile_offered = 0;
	if (change == CONFIG_CHANGE_HAND_OFF)
		transport_hand_over(r->agent->transport, &target);
	else
		transport_use(r->agent->transport, &target);
	attempt_again(r);
}

/*
 * An MGC that keeps to the version agreed on refuses the header of version 1, in which a gateway
 * registers, before it looks for a transaction. It is asked in that version then; one that this
 * gateway does not know, or has forgotten, is found from above.
 */
void registration_message_error(void *priv, const struct transport_path *from, unsigned int code)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;
	unsigned int next;
	char name[64];

	if (code != 406 || r->state != STATE_ASKING ||
	    !transport_same_host(&r->mgc.address, &from->addr))
		return;
	if (r->header > 1)
		next = r->header - 1;
	else
		next = r->home.address.ss_family && mgc_same(&r->home, &r->mgc) ? r->version :
										  r->offered;
	if (next < 2)
		return;
	r->header = (uint8_t)next;
	log_notice(agent->log, "MGC %s reads no header of that version: it is asked in version %u",
		   mgc_name(&r->mgc, name, sizeof(name)), next);
	attempt_again(r);
}

static enum config_change change_for(const struct registration *r, const struct config_mgc *mgc)
{
	if (!r->home.address.ss_family)
		return agent_adopted(r->agent) ? CONFIG_CHANGE_WARM : CONFIG_CHANGE_COLD;
	return mgc_same(&r->home, mgc) ? CONFIG_CHANGE_DISCONNECTED : CONFIG_CHANGE_FAILOVER;
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

	if (r->state != STATE_ACTIVE)
		return;
	counters_of(r->agent, &r->mgc.address)->losses++;
	log_warning(r->agent->log, "control by MGC %s is lost: %s",
		    mgc_name(&r->mgc, name, sizeof(name)), why);
	attempt(r, &r->home, CONFIG_CHANGE_DISCONNECTED);
}

void registration_link(void *priv, bool up)
{
	struct agent *agent = priv;
	struct registration *r = agent->registration;

	if (up) {
		if (r->state == STATE_CONNECTING)
			ask(r);
		else if (r->state == STATE_MOVING)
			settle(r);
		return;
	}
	if (r->state != STATE_ACTIVE && r->state != STATE_ASKING)
		return;
	/* The transport connects again by itself; then the MGC is told. */
	transactions_suspend(agent->transactions);
	uv_timer_stop(&r->watch);
	if (r->state == STATE_ACTIVE) {
		counters_of(agent, &r->mgc.address)->losses++;
		r->change = CONFIG_CHANGE_DISCONNECTED;
	}
	r->state = STATE_CONNECTING;
	uv_timer_start(&r->timer, on_connect_timeout, agent->config->t_max, 0);
}

/* MGCs that pass the gateway on as soon as they have it are followed, but not in haste. */
static unsigned int order_pause(struct registration *r)
{
	uint64_t now = uv_now(r->agent->loop);

	if (!r->orders || now - r->orders_since >= ORDERS_MS) {
		r->orders_since = now;
		r->orders = 0;
	}
	return ++r->orders > ORDERS_MAX ? PAUSE_MIN : 0;
}

static void on_hand_off(uv_timer_t *timer)
{
	struct registration *r = timer->data;

	attempt(r, &r->mgc, CONFIG_CHANGE_HAND_OFF);
}

void registration_hand_off(struct registration *r, const struct config_mgc *mgc)
{
	char name[64];

	say(r, "handed off to MGC %s", mgc_name(mgc, name, sizeof(name)));
	transactions_suspend(r->agent->transactions);
	uv_timer_stop(&r->watch);
	/* The reply to the old MGC goes out before. */
	r->mgc = *mgc;
	r->state = STATE_PAUSE;
	uv_timer_start(&r->timer, on_hand_off, order_pause(r), 0);
}

static void on_start_anew(uv_timer_t *timer)
{
	struct registration *r = timer->data;

	attempt(r, &r->mgc, CONFIG_CHANGE_COLD);
}

/* All calls have ended by order of the MGC; it hears Restart after its reply. */
void registration_start_anew(struct registration *r)
{
	/* Nobody wants to hear of calls that are no more. */
	transactions_cancel(r->agent->transactions);
	memset(&r->home, 0, sizeof(r->home));
	r->state = STATE_PAUSE;
	uv_timer_start(&r->timer, on_start_anew, order_pause(r), 0);
}

/* ---- what others ask ---- */

bool registration_active(const struct registration *r)
{
	return r->state == STATE_ACTIVE;
}

uint8_t registration_version(const struct registration *r)
{
	return r->version;
}

const char *registration_profile(const struct registration *r)
{
	return r->profile[0] ? r->profile : NULL;
}

void registration_describe(const struct registration *r, struct registration_picture *out)
{
	static const char *const names[] = {
		[STATE_IDLE] = "idle",
		[STATE_PAUSE] = "waiting",
		[STATE_CONNECTING] = "connecting",
		[STATE_ASKING] = "registering",
		[STATE_MOVING] = "connecting",
		[STATE_ACTIVE] = "registered",
	};
	uint64_t now = uv_now(r->agent->loop);

	memset(out, 0, sizeof(*out));
	out->state = names[r->state];
	out->active = r->state == STATE_ACTIVE;
	out->mgc = r->mgc;
	out->version = r->version;
	out->profile = registration_profile(r);
	if (out->active) {
		out->since = (now - r->since) / 1000;
		out->silent = (now - r->heard) / 1000;
	}
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
	reports_free(r);
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
