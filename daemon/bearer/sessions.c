// SPDX-License-Identifier: GPL-2.0-only
/* sessions: see sessions.h. */
#include <stdlib.h>
#include <string.h>

#include "bearer/addr.h"
#include "bearer/sessions.h"
#include "bearer/watch.h"

struct kept_session {
	struct kept_session *next;
	struct session_place place;
	struct session session;
	uint64_t serial;
};

void session_wipe(struct session *session)
{
	if (session->data.data)
		explicit_bzero(session->data.data, session->data.size);
	free(session->data.data);
	session->data = (gnutls_datum_t){ 0 };
}

/* Takes *p out of the list and gives its session away, or, without @out, wipes it. */
static void drop(struct sessions *s, struct kept_session **p, struct session *out)
{
	struct kept_session *k = *p;

	*p = k->next;
	s->n--;
	if (out)
		*out = k->session;
	else
		session_wipe(&k->session);
	free(k);
}

static bool same_place(const struct session_place *a, const struct session_place *b)
{
	return a->realm == b->realm && addr_same_ip(&a->remote, &b->remote) &&
	       addr_port(&a->remote) == addr_port(&b->remote) &&
	       fingerprint_same(&a->own, 1, &b->own, 1);
}

static struct kept_session **find(struct sessions *s, const struct session_place *place)
{
	struct kept_session **p = &s->first;

	while (*p && !same_place(&(*p)->place, place))
		p = &(*p)->next;
	return p;
}

static void on_timer(void *priv)
{
	struct sessions *s = priv;
	uint64_t now = uv_now(s->loop), first = UINT64_MAX;
	struct kept_session **p = &s->first;

	while (*p) {
		if ((*p)->session.until <= now) {
			drop(s, p, NULL);
			continue;
		}
		if ((*p)->session.until < first)
			first = (*p)->session.until;
		p = &(*p)->next;
	}
	timer_stop(&s->timer);
	if (s->first)
		timer_start(&s->timer, s->loop, first - now, on_timer, s);
}

void sessions_init(struct sessions *s, uv_loop_t *loop)
{
	*s = (struct sessions){ .loop = loop };
}

uint64_t sessions_keep(struct sessions *s, const struct session_place *place,
		       const struct session *session)
{
	struct kept_session **p = find(s, place), *k;

	if (*p)
		drop(s, p, NULL);
	if (session->until <= uv_now(s->loop) || session->data.size > SESSIONS_OCTETS_MAX)
		return 0;
	k = calloc(1, sizeof(*k));
	if (!k)
		return 0;
	k->session = *session;
	k->session.data.data = malloc(session->data.size);
	if (!k->session.data.data) {
		free(k);
		return 0;
	}
	memcpy(k->session.data.data, session->data.data, session->data.size);
	k->place = *place;
	k->serial = ++s->serial;
	if (s->n == SESSIONS_MAX) {
		for (p = &s->first; (*p)->next; p = &(*p)->next)
			;
		drop(s, p, NULL);
	}
	k->next = s->first;
	s->first = k;
	s->n++;
	on_timer(s);
	return k->serial;
}

bool sessions_take(struct sessions *s, const struct session_place *place,
		   const struct bearer_fingerprint *fp, unsigned int n, struct session *out)
{
	struct kept_session **p;

	if (!n)
		return false;
	p = find(s, place);
	if (!*p)
		return false;
	if ((*p)->session.until <= uv_now(s->loop) ||
	    !fingerprint_match(&(*p)->session.peer, fp, n)) {
		drop(s, p, NULL);
		return false;
	}
	drop(s, p, out);
	return true;
}

void sessions_forget(struct sessions *s, uint64_t serial)
{
	struct kept_session **p = &s->first;

	while (*p && (*p)->serial != serial)
		p = &(*p)->next;
	if (serial && *p)
		drop(s, p, NULL);
}

void sessions_clear(struct sessions *s)
{
	while (s->first)
		drop(s, &s->first, NULL);
	timer_stop(&s->timer);
}
