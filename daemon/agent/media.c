// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: the Media descriptor of Add and Modify.
 *
 * A change is worked out on copies; the streams stay as they are until
 * media_apply() exchanges old and new. New streams get their bearer while the
 * command can still be refused, because only that shows whether a port is left.
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/agent_private.h"
#include "agent/record.h"
#include "codec/sdp.h"
#include "lib/log.h"

static void on_bearer(void *priv, enum bearer_event event, const char *reason)
{
	const struct stream *s = priv;
	struct agent *agent = s->termination->agent;

	record_changed(agent, s->termination->context);
	events_bearer(priv, event, reason);
	records_write(agent);
}

static const struct bearer_ops bearer_ops = { .event = on_bearer };

const struct bearer_ops *media_bearer_ops(void)
{
	return &bearer_ops;
}

static int bearer_refusal(struct work *w, int err, const struct stream_setting *set)
{
	char name[64];

	switch (err) {
	case -EADDRNOTAVAIL:
		return refuse(w, 449, "Remote %s is not permitted",
			      transport_name(&set->want.remote, name, sizeof(name)));
	case -EDESTADDRREQ:
		return refuse(w, 449, "RTCP at %s is not permitted",
			      transport_name(&set->want.rtcp_remote, name, sizeof(name)));
	case -EINVAL:
		return refuse(w, 449, "Remote and Local are of different families");
	case -EAFNOSUPPORT:
		return refuse(w, 473, "gm/lsa = %s is of another family than Local",
			      property_get(set, ROW_LSA));
	case -EPROTONOSUPPORT:
		return refuse(w, 501, "transport is not supported");
	case -EALREADY:
		return refuse(w, 473, "stream needs another kind of connection than the one that is up: a=connection:new");
	case -ENOSPC:
		w->agent->counters.ports_refused++;
		return refuse(w, 510, "no port left");
	case -EMFILE:
	case -ENFILE:
		return refuse(w, 510, "no file descriptor left");
	case -EISCONN:
		return refuse(w, 501, "Move of a stream that has a connection");
	case -EBUSY:
		return refuse(w, 501, "the stream joins two other terminations already");
	case -EPROTOTYPE:
		return refuse(w, 473, "the other end of the stream has another transport");
	default:
		return refuse(w, 500, "media plane: %s", strerror(-err));
	}
}

/* ---- check ---- */

static enum kmgw_mode mode_said(const struct stream_setting *set, enum h248_service_state state)
{
	if (state != H248_STATE_IN_SERVICE)
		return KMGW_MODE_INACTIVE;
	switch (set->mode) {
	case H248_MODE_SENDONLY: return KMGW_MODE_SENDONLY;
	case H248_MODE_RECVONLY: return KMGW_MODE_RECEIVEONLY;
	case H248_MODE_SENDRECV: return KMGW_MODE_SENDRECEIVE;
	default: return KMGW_MODE_INACTIVE;
	}
}

static enum kmgw_mode mode_of(const struct stream *s, const struct stream_setting *set,
			      enum h248_service_state state)
{
	return topology_mask(s->termination, s->id, mode_said(set, state));
}

/* Control packets are no user data: they pass while the call is on hold, too. */
static enum kmgw_mode rtcp_mode_of(const struct stream *s, enum h248_service_state state)
{
	return topology_mask(s->termination, s->id, state == H248_STATE_IN_SERVICE ?
			     KMGW_MODE_SENDRECEIVE : KMGW_MODE_INACTIVE);
}

/* Return: is one of them another one now? */
static bool set_modes(const struct stream *s, struct stream_setting *set,
		      enum h248_service_state state)
{
	enum kmgw_mode mode = mode_of(s, set, state), rtcp = rtcp_mode_of(s, state);
	bool same = mode == set->want.mode && (!set->want.rtcp || rtcp == set->want.rtcp_mode);

	set->want.mode = mode;
	set->want.rtcp_mode = rtcp;
	return !same;
}

static int state_check(struct work *w, const struct h248_term_state *state,
		       struct media_change *change)
{
	change->buffer = state->buffer;
	if (state->service_state == H248_STATE_TEST)
		return refuse(w, 501, "ServiceStates = Test");
	if (state->service_state != H248_STATE_NONE) {
		change->has_state = true;
		change->service_state = state->service_state;
	}
	return state_properties_check(w, state, &change->db);
}

static struct stream_change *change_new(struct work *w, struct termination *t,
					struct media_change *media, uint16_t id)
{
	struct stream_change *c;
	struct stream *s = termination_stream(t, id);
	unsigned int n = 0;

	for (c = media->first; c; c = c->next) {
		n += c->is_new;
		if (c->stream->id == id) {
			refuse(w, 448, "Stream = %u", id);
			return NULL;
		}
	}
	if (!s) {
		for (s = t->streams; s; s = s->next)
			n++;
		if (n >= STREAMS_MAX) {
			refuse(w, 510, "more than %d streams in a termination", STREAMS_MAX);
			return NULL;
		}
	}
	c = arena_new(w->a, struct stream_change);
	if (!c) {
		refuse_memory(w);
		return NULL;
	}
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s) {
			refuse_memory(w);
			return NULL;
		}
		s->termination = t;
		s->id = id;
		s->set.mode = H248_MODE_INACTIVE;
		s->set.want.dscp = KMGW_DSCP_KEEP;
		s->set.statistics = STATISTICS_ALL;
		c->is_new = true;
	}
	c->stream = s;
	h248_append(media, c);

	c->set = s->set;
	c->set.local = NULL;
	c->set.remote = NULL;
	memset(&c->set.properties, 0, sizeof(c->set.properties));
	psk_copy(&c->set, &s->set);
	if (properties_copy(&c->set.properties, &s->set.properties) ||
	    (s->set.local && !(c->set.local = strdup(s->set.local))) ||
	    (s->set.remote && !(c->set.remote = strdup(s->set.remote)))) {
		refuse_memory(w);
		return NULL;
	}
	return c;
}

/* The realm was settled at Add, from the property or from the TerminationID. */
static int realm_check(struct work *w, const struct termination *t,
		       const struct stream_setting *set)
{
	const char *name = property_get(set, ROW_REALM);

	if (*name && strcmp(name, t->realm->name))
		return refuse(w, 473, "ipdc/realm = %s: %s is in realm %s", name, t->name,
			      t->realm->name);
	return 0;
}

static int stream_check(struct work *w, struct termination *t, const struct h248_stream *req,
			struct media_change *media)
{
	struct stream_change *c;
	bool has_local;

	if (!req->id)
		return refuse(w, 449, "Stream = 0");
	c = change_new(w, t, media, req->id);
	if (!c)
		return -1;
	c->media_given = true;
	if (req->control &&
	    (properties_check(w, req->control, &c->set) || realm_check(w, t, &c->set)))
		return -1;
	if (str_set(req->local) && local_check(w, t, c, req->local))
		return -1;
	has_local = c->set.local || c->session;
	if (str_set(req->remote) && remote_check(w, &c->set, has_local, req->remote))
		return -1;
	if (has_local && c->set.want.has_remote && c->set.remote_proto != c->set.want.proto)
		return refuse(w, 473, "Local and Remote have different transports");
	if (psk_to_want(w, &c->set, has_local))
		return -1;
	if (req->statistics &&
	    statistics_select(w, req->statistics, &c->set, &c->set.statistics))
		return -1;
	return gate_to_want(w, t, &c->set);
}

static bool is_emergency(const struct work *w, const struct termination *t)
{
	return w->emergency || t->context->emergency || t->context->ieps;
}

static int rtcp_reserve(struct work *w, const struct termination *t,
			const struct stream_change *c)
{
	int err = bearer_rtcp_reserve(c->stream->bearer, c->set.rtcp_port);

	if (err == -EALREADY)
		return refuse(w, 473, "a=rtcp:%u: %u is reserved", c->set.rtcp_port,
			      bearer_rtcp_port(c->stream->bearer));
	if (err == -EADDRNOTAVAIL || err == -ENOSPC)
		return refuse(w, c->set.rtcp_port ? 449 : 510,
			      "the port of RTCP is not free in realm %s", t->realm->name);
	return err ? bearer_refusal(w, err, &c->set) : 0;
}

/* Reserves the ports of a stream: with its first Local, or when RTCP is asked for. */
static int stream_reserve(struct work *w, struct termination *t, struct stream_change *c)
{
	struct stream *s = c->stream, *other;
	int err;

	if (!s->bearer && c->session) {
		err = bearer_new(w->agent->env, t->bearer_realm, c->family, c->port,
				 c->set.want.proto, t->context->id, t->number, s->id,
				 is_emergency(w, t), c->set.want.rtcp && !c->set.rtcp_port,
				 &bearer_ops, s, &s->bearer);
		if (err == -EADDRNOTAVAIL)
			return refuse(w, c->port ? 449 : 510, "port %u of realm %s is not free",
				      c->port, t->realm->name);
		if (err)
			return bearer_refusal(w, err, &c->set);
		c->new_bearer = true;
		for (other = t->streams; other; other = other->next)
			if (other->bearer && other != s)
				bearer_share_certificate(s->bearer, other->bearer);
	}
	if (s->bearer && c->set.want.rtcp && rtcp_reserve(w, t, c))
		return -1;
	return c->session ? local_fill(w, t, c) : 0;
}

/* Is the stream opened by a SYN on the other end, because the MGC linked them? */
static bool is_linked(struct work *w, const struct stream *s, const struct media_change *change)
{
	const struct termination *t = s->termination, *other;
	const struct stream_setting *set;
	const struct stream *peer;
	struct str target;
	uint16_t stream;

	for (other = t->context->terminations; other; other = other->next) {
		peer = other == t ? NULL : termination_stream(other, s->id);
		if (!peer)
			continue;
		set = change ? media_setting(change, peer) : &peer->set;
		if (linktopo_target(w, set, &target, &stream) == 1 && stream == s->id &&
		    str_iis(target, t->name))
			return true;
	}
	return false;
}

/* The far end of a link must be there, and be the same stream. */
static int link_check(struct work *w, const struct termination *t, const struct stream_change *c)
{
	const struct termination *other;
	struct str target;
	uint16_t stream;

	if (linktopo_target(w, &c->set, &target, &stream) != 1)
		return 0;
	if (stream != c->stream->id)
		return refuse(w, 501, "%s links stream %u with stream %u",
			      property_get(&c->set, ROW_LINKTOPO), c->stream->id, stream);
	for (other = t->context->terminations; other; other = other->next)
		if (other != t && str_iis(target, other->name) &&
		    termination_stream(other, stream))
			return 0;
	return refuse(w, 449, "%s is no other stream of this context",
		      property_get(&c->set, ROW_LINKTOPO));
}

int media_check(struct work *w, struct termination *t, const struct h248_media *media,
		struct media_change *change)
{
	enum h248_service_state state;
	const struct h248_stream *req;
	struct stream_change *c;
	int err;

	if (!media)
		return 0;
	if (media->state && state_check(w, media->state, change))
		return -1;
	h248_each(req, &media->streams)
		if (stream_check(w, t, req, change))
			return -1;
	state = change->has_state ? change->service_state : t->service_state;
	for (c = change->first; c; c = c->next) {
		if (link_check(w, t, c) || stream_reserve(w, t, c))
			return -1;
		set_modes(c->stream, &c->set, state);
		c->set.want.interlinked = is_linked(w, c->stream, change);
		c->set.want.emergency = is_emergency(w, t);
		if (!c->stream->bearer)
			continue;
		err = bearer_check(c->stream->bearer, &c->set.want);
		if (err)
			return bearer_refusal(w, err, &c->set);
	}
	return 0;
}

int media_check_move(struct work *w, struct termination *t, const struct h248_media *media,
		     struct media_change *change)
{
	struct stream_change *c;
	struct stream *s;

	if (media_check(w, t, media, change))
		return -1;
	for (s = t->streams; s; s = s->next) {
		if (media_setting(change, s) != &s->set)
			continue;
		c = change_new(w, t, change, s->id);
		if (!c)
			return -1;
		set_modes(s, &c->set, change->has_state ? change->service_state :
							  t->service_state);
		c->set.want.interlinked = is_linked(w, s, change);
		c->set.want.emergency = is_emergency(w, t);
	}
	return 0;
}

static bool moves(const struct stream_change *c)
{
	return c->stream->bearer && !c->new_bearer;
}

static void move_back(struct termination *t, const struct media_change *change, uint32_t from,
		      const struct stream_change *end)
{
	const struct stream_change *c;
	int err;

	for (c = change->first; c != end; c = c->next) {
		if (!moves(c))
			continue;
		err = bearer_move(c->stream->bearer, from, c->stream->set.want.mode);
		if (!err)
			continue;
		/* It must not stay in a call that is not its own. */
		log_error(t->agent->log, "%s stream %u does not go back to context %u and ends: %s",
			  t->name, c->stream->id, from, strerror(-err));
		bearer_delete(c->stream->bearer, NULL);
		c->stream->bearer = NULL;
	}
}

int media_move(struct work *w, struct termination *t, const struct media_change *change,
	       uint32_t from, uint32_t to)
{
	const struct stream_change *c;
	int err;

	for (c = change->first; c; c = c->next) {
		err = moves(c) ? bearer_move(c->stream->bearer, to, c->set.want.mode) : 0;
		if (!err)
			continue;
		bearer_refusal(w, err, &c->set);
		move_back(t, change, from, c);
		return -1;
	}
	return 0;
}

void media_move_back(struct termination *t, const struct media_change *change, uint32_t from)
{
	move_back(t, change, from, NULL);
}

const struct stream_setting *media_setting(const struct media_change *change,
					   const struct stream *s)
{
	const struct stream_change *c;

	for (c = change->first; c; c = c->next)
		if (c->stream == s)
			return &c->set;
	return &s->set;
}

/* ---- apply ---- */

static void link_stream(struct termination *t, struct stream *s)
{
	struct stream **p = &t->streams;

	while (*p && (*p)->id < s->id)
		p = &(*p)->next;
	s->next = *p;
	*p = s;
}

static void unlink_stream(struct termination *t, struct stream *s)
{
	struct stream **p = &t->streams;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
}

static void exchange(struct stream_change *c)
{
	struct stream_setting set = c->stream->set;

	c->stream->set = c->set;
	c->set = set;
}

/* Puts back what came before the stream that failed. */
static void take_back(struct termination *t, struct media_change *change,
		      const struct stream_change *failed)
{
	struct stream_change *c;

	for (c = change->first; c; c = c->next) {
		exchange(c);
		if (c->is_new)
			unlink_stream(t, c->stream);
		else if (c->stream->bearer && !c->new_bearer)
			bearer_apply(c->stream->bearer, &c->stream->set.want);
		if (c == failed)
			break;
	}
}

/* Streams that the command does not name follow the termination's state. */
static void apply_state(struct termination *t)
{
	struct stream *s;

	for (s = t->streams; s; s = s->next)
		if (set_modes(s, &s->set, t->service_state) && s->bearer)
			bearer_apply(s->bearer, &s->set.want);
}

int media_apply(struct work *w, struct termination *t, struct media_change *change)
{
	struct stream_change *c;
	struct stream *s;
	int err;

	for (c = change->first; c; c = c->next) {
		s = c->stream;
		if (c->is_new)
			link_stream(t, s);
		exchange(c);
		if (!s->bearer)
			continue;
		if (s->set.want.connection_new || s->set.want.has_remote != c->set.want.has_remote ||
		    memcmp(&s->set.want.remote, &c->set.want.remote, sizeof(s->set.want.remote)))
			s->reported = false;
		if (t->tls_by_signal)
			bearer_tls_by_signal(s->bearer);
		err = bearer_apply(s->bearer, &s->set.want);
		/* It is an order of this request, not a property of the stream. */
		s->set.want.connection_new = false;
		if (err) {
			bearer_refusal(w, err, &s->set);
			take_back(t, change, c);
			return -1;
		}
	}
	if (change->has_state) {
		t->service_state = change->service_state;
		apply_state(t);
	}
	if (change->buffer != H248_BUFFER_NONE)
		events_set_lockstep(t, change->buffer == H248_BUFFER_LOCKSTEP);
	if (change->db) {
		free(t->db);
		t->db = change->db;
		change->db = NULL;
	}
	for (c = change->first; c; c = c->next) {
		c->is_new = false;
		c->new_bearer = false;
	}
	event_streams_changed(t);
	return 0;
}

void media_undo(struct termination *t, struct media_change *change)
{
	struct stream_change *c;

	(void)t;
	for (c = change->first; c; c = c->next) {
		if (c->new_bearer) {
			bearer_delete(c->stream->bearer, NULL);
			c->stream->bearer = NULL;
		}
		if (c->is_new)
			stream_free(c->stream, NULL);
		setting_free(&c->set);
	}
	free(change->db);
	*change = (struct media_change){ 0 };
}

void media_done(struct media_change *change)
{
	struct stream_change *c;

	for (c = change->first; c; c = c->next)
		setting_free(&c->set);
}

int media_reply(struct work *w, const struct media_change *change, struct h248_command *reply)
{
	const struct stream_change *c;
	struct h248_stream *s;

	for (c = change->first; c; c = c->next) {
		if (!c->echo_local)
			continue;
		s = h248_stream_add(w->a, reply, c->stream->id);
		if (!s)
			return refuse_memory(w);
		s->local = arena_str(w->a, str_c(c->stream->set.local));
		if (!str_set(s->local))
			return refuse_memory(w);
	}
	return 0;
}

void media_refresh(struct context *c)
{
	struct termination *t;
	bool linked, modes;
	struct stream *s;
	struct work w;

	for (t = c->terminations; t; t = t->next) {
		w = (struct work){ .agent = t->agent };
		for (s = t->streams; s; s = s->next) {
			linked = is_linked(&w, s, NULL);
			modes = set_modes(s, &s->set, t->service_state);
			if (linked == s->set.want.interlinked && !modes)
				continue;
			s->set.want.interlinked = linked;
			if (s->bearer)
				bearer_apply(s->bearer, &s->set.want);
		}
	}
}

void media_set_emergency(struct context *c)
{
	bool emergency = c->emergency || c->ieps;
	struct termination *t;
	struct stream *s;

	for (t = c->terminations; t; t = t->next) {
		for (s = t->streams; s; s = s->next) {
			if (s->set.want.emergency == emergency)
				continue;
			s->set.want.emergency = emergency;
			if (s->bearer)
				bearer_apply(s->bearer, &s->set.want);
		}
	}
}
