// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: silence of the MGC (it/ito, H.248.14).
 *
 * Whatever the MGC says is a sign of life, an empty AuditValue of ROOT too. When
 * it has said nothing for as long as it or the operator wants, it is asked with
 * Notify it/ito; without an answer its control is lost.
 * Context: the thread of the event loop.
 */
#include "agent/registration_private.h"

/* How long the MGC may be silent: the shorter of what it and what the operator wants. */
static uint64_t silence_allowed(const struct registration *r)
{
	uint64_t ito = events_inactivity(r->agent), own = r->agent->config->inactivity;

	return !ito || (own && own < ito) ? own : ito;
}

static uint64_t quiet_since(const struct registration *r)
{
	return r->heard > r->reported ? r->heard : r->reported;
}

static void on_watch(uv_timer_t *timer)
{
	struct registration *r = timer->data;
	uint64_t now = uv_now(r->agent->loop), allowed = silence_allowed(r);

	if (r->state != STATE_ACTIVE)
		return;
	if (allowed && now - quiet_since(r) >= allowed) {
		r->reported = now;
		events_report_inactivity(r->agent);
	}
	watch_again(r);
}

/* What is heard does not move the timer: it looks at the clock when it fires. */
void watch_again(struct registration *r)
{
	uint64_t now = uv_now(r->agent->loop), allowed = silence_allowed(r), due;

	uv_timer_stop(&r->watch);
	if (r->state != STATE_ACTIVE || !allowed)
		return;
	due = quiet_since(r) + allowed;
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

	if (!transport_same_host(&r->mgc.address, &from->addr))
		return;
	r->heard = uv_now(agent->loop);
	/* What it answered before has made room. */
	if (r->state == STATE_ACTIVE && r->reports)
		reports_flush(r);
}
