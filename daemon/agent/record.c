// SPDX-License-Identifier: GPL-2.0-only
/*
 * record: what the module keeps of a context, so that a later daemon knows the call again.
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/record.h"
#include "bearer/env.h"
#include "codec/text.h"
#include "lib/log.h"

#define VERSION		2
#define HEADER		8	/* octets */
#define TEXT_ENVELOPE	"!/3 [127.0.0.1] "
#define TEXT_ROOM	(BEARER_RECORD_MAX + sizeof(TEXT_ENVELOPE))

static const char magic[4] = "KMGW";

/* flags of a termination */
#define TLS_BY_SIGNAL	0x01
/* flags of a stream */
#define TCP_SIGNAL	0x01
#define REPORTED	0x02
#define HAS_BEARER	0x04
/* beside the phase */
#define DIALLED		0x10
#define AUTO_DIALLED	0x20
#define TLS_ARMED	0x40
#define PHASE		0x0f

/* ---- writing ---- */

static void put(struct strbuf *b, uint64_t v, unsigned int octets)
{
	while (octets--)
		strbuf_char(b, (char)(v >> 8 * octets));
}

static void put_counter(struct strbuf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		strbuf_char(b, (char)(v | 0x80));
	strbuf_char(b, (char)v);
}

static void put_bearer(struct strbuf *b, const struct bearer_saved *s)
{
	put(b, s->proto, 1);
	put(b, (unsigned int)s->phase | (s->dialled ? DIALLED : 0) |
	    (s->auto_dialled ? AUTO_DIALLED : 0) | (s->tls_armed ? TLS_ARMED : 0), 1);
	if (bearer_proto_has_tls(s->proto))
		strbuf_add(b, (const char *)s->cert, sizeof(s->cert));
	put_counter(b, s->base.octets_sent);
	put_counter(b, s->base.octets_received);
	put_counter(b, s->base.plain_sent);
	put_counter(b, s->base.plain_received);
	put_counter(b, s->base.packets_sent);
	put_counter(b, s->base.packets_received);
	put_counter(b, s->base.drops);
	put_counter(b, s->base.rtcp_sent);
	put_counter(b, s->base.rtcp_received);
}

static void put_termination(struct strbuf *b, const struct termination *t)
{
	struct bearer_saved saved;
	const struct stream *s;
	unsigned int n = 0;

	for (s = t->streams; s; s = s->next)
		n++;
	put(b, t->added, 8);
	put(b, t->tls_by_signal ? TLS_BY_SIGNAL : 0, 1);
	put(b, n, 1);
	for (s = t->streams; s; s = s->next) {
		put(b, s->id, 2);
		put(b, (s->tcp_signal ? TCP_SIGNAL : 0) | (s->reported ? REPORTED : 0) |
		    (s->bearer ? HAS_BEARER : 0), 1);
		if (!s->bearer)
			continue;
		bearer_save(s->bearer, &saved);
		put_bearer(b, &saved);
	}
}

/* The tree borrows all texts: it lives no longer than this call. */
static int add_control(const struct agent *agent, struct arena *a, const struct stream *s,
		       struct h248_stream *out)
{
	const struct packages *names = &agent->packages;
	struct h248_property *p;
	const struct row *row;
	const char *value;
	unsigned int i;

	out->control = arena_new(a, struct h248_local_control);
	if (!out->control)
		return -ENOMEM;
	out->control->mode = s->set.mode;
	out->control->reserve_value = s->set.reserve_value;
	out->control->reserve_group = s->set.reserve_group;
	for (i = 0; i < ROW_LOCALS; i++) {
		value = s->set.properties.value[i];
		if (!value)
			continue;
		row = packages_row(ROW_LOCAL_FIRST + i);
		p = property_write(names, a, row, value);
		if (!p)
			return -ENOMEM;
		h248_append(&out->control->properties, p);
	}
	return 0;
}

static int add_termination(const struct agent *agent, struct arena *a,
			   const struct termination *t, struct h248_action *act)
{
	struct h248_command *cmd = h248_command_add(a, act, H248_ADD, str_c(t->name));
	const struct packages *names = &agent->packages;
	const struct row *row;
	struct h248_stream *out;
	const struct stream *s;

	if (!cmd)
		return -ENOMEM;
	for (s = t->streams; s; s = s->next) {
		out = h248_stream_add(a, cmd, s->id);
		if (!out || add_control(agent, a, s, out))
			return -ENOMEM;
		if (s->set.local)
			out->local = str_c(s->set.local);
		if (s->set.remote)
			out->remote = str_c(s->set.remote);
		if (statistics_names(agent, a, s->set.statistics, &out->statistics))
			return -ENOMEM;
	}
	cmd->events = t->events;
	cmd->event_buffer = t->buffer_events;
	if (statistics_names(agent, a, t->statistics, &cmd->statistics))
		return -ENOMEM;
	if (t->service_state == H248_STATE_IN_SERVICE && !t->lockstep && !t->db)
		return 0;
	if (!cmd->media)
		cmd->media = arena_new(a, struct h248_media);
	if (!cmd->media || !(cmd->media->state = arena_new(a, struct h248_term_state)))
		return -ENOMEM;
	cmd->media->state->service_state = t->service_state;
	if (t->lockstep)
		cmd->media->state->buffer = H248_BUFFER_LOCKSTEP;
	row = packages_row(ROW_DB);
	if (t->db && !h248_property_add(a, &cmd->media->state->properties,
					packages_name(names, row->package),
					packages_row_name(names, row), str_c(t->db), true))
		return -ENOMEM;
	return 0;
}

static int put_text(const struct agent *agent, const struct context *c, struct arena *a,
		    struct strbuf *out)
{
	struct h248_transaction *tr = arena_new(a, struct h248_transaction);
	struct work w = { .a = a };
	const struct termination *t;
	struct h248_action *act;

	if (!tr)
		return -ENOMEM;
	tr->kind = H248_REQUEST;
	tr->id = 1;
	act = h248_action_add(a, tr, c->id);
	if (!act)
		return -ENOMEM;
	act->attr.has_priority = c->priority;
	act->attr.priority = c->priority;
	if (c->emergency)
		act->attr.emergency = H248_ON;
	if (c->ieps)
		act->attr.ieps = H248_ON;
	if (topology_fill(&w, c, true, true, &act->attr))
		return -ENOMEM;
	for (t = c->terminations; t; t = t->next)
		if (add_termination(agent, a, t, act))
			return -ENOMEM;
	return h248_text_write_transaction(tr, H248_TEXT_COMPACT, out);
}

int record_write(const struct agent *agent, const struct context *c, struct arena *a,
		 struct strbuf *out)
{
	size_t start = out->len;
	const struct termination *t;
	int err;

	strbuf_add(out, magic, sizeof(magic));
	put(out, VERSION, 1);
	put(out, c->n_terminations, 1);
	put(out, 0, 2);
	for (t = c->terminations; t; t = t->next)
		put_termination(out, t);
	if (!out->err) {
		out->p[start + 6] = (char)((out->len - start) >> 8);
		out->p[start + 7] = (char)(out->len - start);
	}
	err = put_text(agent, c, a, out);
	if (out->err)
		return out->err;
	/* What the MGC has sent has a text form; if not, no one could read it again. */
	return err == -EINVAL ? -EMSGSIZE : err;
}

static void hand_over(struct agent *agent, struct context *c)
{
	struct strbuf *b = &agent->record_text;
	int err;

	strbuf_reset(b);
	arena_reset(&agent->record_arena);
	err = record_write(agent, c, &agent->record_arena, b);
	if (err) {
		/* An old record would have a later daemon adopt what is not so any more. */
		strbuf_reset(b);
		if (!c->unrecorded)
			log_warning(agent->log,
				    "context %u cannot be kept over a restart: its record %s",
				    c->id, err == -EMSGSIZE ? "is larger than 4096 octets" :
							      "does not fit into memory");
	}
	c->unrecorded = err;
	bearer_env_record(agent->env, c->id, b->p ? b->p : "", b->len);
}

void record_changed(struct agent *agent, struct context *c)
{
	if (c->changed)
		return;
	c->changed = true;
	c->changed_next = agent->changed;
	agent->changed = c;
}

void record_forget(struct agent *agent, struct context *c)
{
	struct context **p = &agent->changed;

	bearer_env_record_drop(agent->env, c->id);
	if (!c->changed)
		return;
	while (*p != c)
		p = &(*p)->changed_next;
	*p = c->changed_next;
}

void records_write(struct agent *agent)
{
	struct context *c;

	while ((c = agent->changed)) {
		agent->changed = c->changed_next;
		c->changed = false;
		hand_over(agent, c);
	}
}

/* ---- reading ---- */

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static uint64_t get(struct reader *r, unsigned int octets)
{
	uint64_t v = 0;

	if (r->left < octets) {
		r->bad = true;
		return 0;
	}
	r->left -= octets;
	while (octets--)
		v = v << 8 | *r->p++;
	return v;
}

static uint64_t get_counter(struct reader *r)
{
	unsigned int shift = 0;
	uint64_t v = 0, part;

	do {
		part = get(r, 1);
		if (shift > 63 || (shift == 63 && (part & 0x7e)))
			r->bad = true;
		if (r->bad)
			return 0;
		v |= (part & 0x7f) << shift;
		shift += 7;
	} while (part & 0x80);
	return v;
}

static void get_bearer(struct reader *r, struct bearer_saved *s)
{
	uint64_t proto = get(r, 1), how = get(r, 1);

	if (proto > BEARER_DTLS || (how & PHASE) > BEARER_ENDED) {
		r->bad = true;
		return;
	}
	s->proto = (enum bearer_proto)proto;
	s->phase = (enum bearer_phase)(how & PHASE);
	s->dialled = how & DIALLED;
	s->auto_dialled = how & AUTO_DIALLED;
	s->tls_armed = how & TLS_ARMED;
	if (bearer_proto_has_tls(s->proto)) {
		if (r->left < sizeof(s->cert)) {
			r->bad = true;
			return;
		}
		memcpy(s->cert, r->p, sizeof(s->cert));
		r->p += sizeof(s->cert);
		r->left -= sizeof(s->cert);
	}
	s->base.octets_sent = get_counter(r);
	s->base.octets_received = get_counter(r);
	s->base.plain_sent = get_counter(r);
	s->base.plain_received = get_counter(r);
	s->base.packets_sent = get_counter(r);
	s->base.packets_received = get_counter(r);
	s->base.drops = get_counter(r);
	s->base.rtcp_sent = get_counter(r);
	s->base.rtcp_received = get_counter(r);
}

static int get_termination(struct arena *a, struct reader *r, struct record_termination *t)
{
	struct record_stream *s;
	uint64_t flags;
	unsigned int i;

	t->added = get(r, 8);
	t->tls_by_signal = get(r, 1) & TLS_BY_SIGNAL;
	t->n_streams = (unsigned int)get(r, 1);
	if (t->n_streams > STREAMS_MAX)
		return -EBADMSG;
	t->streams = arena_zalloc(a, (t->n_streams + 1) * sizeof(*t->streams));
	if (!t->streams)
		return -ENOMEM;
	for (i = 0; i < t->n_streams && !r->bad; i++) {
		s = &t->streams[i];
		s->id = (uint16_t)get(r, 2);
		flags = get(r, 1);
		s->tcp_signal = flags & TCP_SIGNAL;
		s->reported = flags & REPORTED;
		s->has_bearer = flags & HAS_BEARER;
		if (s->has_bearer)
			get_bearer(r, &s->saved);
		if (!s->id || (i && s->id <= t->streams[i - 1].id))
			r->bad = true;
	}
	return r->bad ? -EBADMSG : 0;
}

/* The Adds have to be those of the binary part, in its order. */
static int get_text(struct arena *a, struct str text, struct record *out)
{
	struct h248_text_error why;
	struct h248_command *cmd;
	struct h248_message *msg;
	struct h248_action *act;
	unsigned int n = 0;
	char *buf;

	if (text.len > BEARER_RECORD_MAX)
		return -EBADMSG;
	buf = arena_text(a, TEXT_ROOM);
	if (!buf)
		return -ENOMEM;
	memcpy(buf, TEXT_ENVELOPE, sizeof(TEXT_ENVELOPE) - 1);
	memcpy(buf + sizeof(TEXT_ENVELOPE) - 1, text.p, text.len);
	if (h248_text_parse(a, buf, text.len + sizeof(TEXT_ENVELOPE) - 1, &msg, &why))
		return why.code == 510 ? -ENOMEM : -EBADMSG;
	if (!msg->transactions.first || msg->transactions.first->next ||
	    msg->transactions.first->kind != H248_REQUEST)
		return -EBADMSG;
	act = msg->transactions.first->actions.first;
	if (!act || act->next)
		return -EBADMSG;
	out->attr = act->attr;
	h248_each(cmd, &act->commands) {
		if (n == out->n || cmd->kind != H248_ADD || !cmd->terms.first ||
		    cmd->terms.first->next)
			return -EBADMSG;
		out->terminations[n++].add = cmd;
	}
	return n == out->n ? 0 : -EBADMSG;
}

int record_read(struct arena *a, const void *data, size_t len, struct record *out)
{
	struct reader r = { .p = data, .left = len };
	unsigned int i;
	size_t binary;
	int err;

	memset(out, 0, sizeof(*out));
	if (!len)
		return -ENODATA;
	if (len < HEADER || memcmp(data, magic, sizeof(magic)))
		return -EBADMSG;
	get(&r, sizeof(magic));
	if (get(&r, 1) != VERSION)
		return -EPROTO;
	out->n = (unsigned int)get(&r, 1);
	binary = (size_t)get(&r, 2);
	if (binary < HEADER || binary > len)
		return -EBADMSG;
	r.left = binary - HEADER;
	out->terminations = arena_zalloc(a, (out->n + 1) * sizeof(*out->terminations));
	if (!out->terminations)
		return -ENOMEM;
	for (i = 0; i < out->n; i++) {
		err = get_termination(a, &r, &out->terminations[i]);
		if (err)
			return err;
	}
	if (r.left)
		return -EBADMSG;
	return get_text(a, (struct str){ (const char *)data + binary, len - binary }, out);
}
