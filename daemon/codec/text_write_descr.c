// SPDX-License-Identifier: GPL-2.0-only
/* text_write_descr: descriptors of requests and replies. See text_write.h. */
#include "codec/text_write.h"

enum h248_token w_mode_token(enum h248_mode mode)
{
	switch (mode) {
	case H248_MODE_NONE:
		break;
	case H248_MODE_SENDONLY:
		return TOK_SEND_ONLY;
	case H248_MODE_RECVONLY:
		return TOK_RECV_ONLY;
	case H248_MODE_SENDRECV:
		return TOK_SEND_RECV;
	case H248_MODE_INACTIVE:
		return TOK_INACTIVE;
	case H248_MODE_LOOPBACK:
		return TOK_LOOPBACK;
	}
	return TOK_NONE;
}

enum h248_token w_state_token(enum h248_service_state state)
{
	switch (state) {
	case H248_STATE_NONE:
		break;
	case H248_STATE_TEST:
		return TOK_TEST;
	case H248_STATE_OUT_OF_SERVICE:
		return TOK_OUT_OF_SERVICE;
	case H248_STATE_IN_SERVICE:
		return TOK_IN_SERVICE;
	}
	return TOK_NONE;
}

enum h248_token w_on_off(enum h248_tristate t)
{
	return t == H248_ON ? TOK_ON : TOK_OFF;
}

static void w_local_control(struct writer *w, const struct h248_local_control *c)
{
	w_token_item(w, TOK_LOCAL_CONTROL);
	w_open(w);
	if (c->mode)
		w_choice_item(w, TOK_MODE, w_mode_token(c->mode));
	if (c->reserve_value)
		w_choice_item(w, TOK_RESERVED_VALUE, w_on_off(c->reserve_value));
	if (c->reserve_group)
		w_choice_item(w, TOK_RESERVED_GROUP, w_on_off(c->reserve_group));
	w_property_items(w, c->properties.first);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_stream_parms(struct writer *w, const struct h248_stream *st)
{
	if (st->control)
		w_local_control(w, st->control);
	if (st->local.p)
		w_octets_item(w, TOK_LOCAL, st->local);
	if (st->remote.p)
		w_octets_item(w, TOK_REMOTE, st->remote);
	if (st->statistics)
		w_statistics(w, st->statistics);
}

static void w_stream(struct writer *w, const struct h248_stream *st)
{
	if (st->implied) {
		w_stream_parms(w, st);
		return;
	}
	w_number_item(w, TOK_STREAM, st->id);
	w_open(w);
	w_stream_parms(w, st);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_term_state(struct writer *w, const struct h248_term_state *t)
{
	w_token_item(w, TOK_TERMINATION_STATE);
	w_open(w);
	w_property_items(w, t->properties.first);
	if (t->service_state)
		w_choice_item(w, TOK_SERVICE_STATES, w_state_token(t->service_state));
	if (t->buffer)
		w_choice_item(w, TOK_BUFFER,
			      t->buffer == H248_BUFFER_OFF ? TOK_OFF : TOK_LOCKSTEP);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

void w_media(struct writer *w, const struct h248_media *m)
{
	const struct h248_stream *st;

	w_token_item(w, TOK_MEDIA);
	w_open(w);
	if (m->state)
		w_term_state(w, m->state);
	h248_each(st, &m->streams)
		w_stream(w, st);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

void w_modem(struct writer *w, const struct h248_modem *m)
{
	const struct h248_text_entry *t;

	w_token_item(w, TOK_MODEM);
	if (m->bracketed)
		strbuf_char(w->b, '[');
	else
		w_equal(w);
	h248_each(t, &m->types) {
		if (t != m->types.first)
			w_comma(w);
		strbuf_str(w->b, t->text);
	}
	if (m->bracketed)
		strbuf_char(w->b, ']');
	if (h248_empty(&m->types) || (!m->bracketed && m->types.first->next))
		w_invalid(w);
	if (h248_empty(&m->properties))
		return;
	w_open(w);
	w_property_items(w, m->properties.first);
	w_close(w);
}

void w_mux(struct writer *w, const struct h248_mux *m)
{
	const struct h248_tid *tid;

	w_token_item(w, TOK_MUX);
	w_equal(w);
	strbuf_str(w->b, m->type);
	w_open(w);
	h248_each(tid, &m->terms) {
		w_item(w);
		w_tid(w, tid);
	}
	if (w->first || !m->type.len)
		w_invalid(w);
	w_close(w);
}

void w_statistics(struct writer *w, const struct h248_statistics *s)
{
	w_token_item(w, TOK_STATISTICS);
	if (h248_empty(&s->items))
		return;
	w_open(w);
	w_property_items(w, s->items.first);
	w_close(w);
}

void w_packages(struct writer *w, const struct h248_packages *pg)
{
	const struct h248_package *p;

	w_token_item(w, TOK_PACKAGES);
	w_open(w);
	h248_each(p, &pg->items) {
		w_item(w);
		w_name(w, p->name);
		strbuf_char(w->b, '-');
		w_u32(w, p->version);
	}
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static enum h248_token method_token(enum h248_method m)
{
	switch (m) {
	case H248_METHOD_FAILOVER:
		return TOK_FAILOVER;
	case H248_METHOD_FORCED:
		return TOK_FORCED;
	case H248_METHOD_GRACEFUL:
		return TOK_GRACEFUL;
	case H248_METHOD_RESTART:
		return TOK_RESTART;
	case H248_METHOD_DISCONNECTED:
		return TOK_DISCONNECTED;
	case H248_METHOD_HANDOFF:
		return TOK_HANDOFF;
	case H248_METHOD_NONE:
	case H248_METHOD_EXTENSION:
		break;
	}
	return TOK_NONE;
}

static void w_mid_item(struct writer *w, enum h248_token token, const struct h248_mid *mid)
{
	w_token_item(w, token);
	w_equal(w);
	w_mid(w, mid);
}

void w_service_change(struct writer *w, const struct h248_service_change *sc)
{
	const struct h248_property *ext;

	w_token_item(w, TOK_SERVICES);
	w_open(w);
	if (sc->method == H248_METHOD_EXTENSION) {
		w_token_item(w, TOK_METHOD);
		w_equal(w);
		strbuf_str(w->b, sc->method_name);
	} else if (sc->method) {
		w_choice_item(w, TOK_METHOD, method_token(sc->method));
	}
	if (sc->reason.p) {
		w_token_item(w, TOK_REASON);
		w_equal(w);
		w_quoted(w, sc->reason);
	}
	if (sc->has_delay)
		w_number_item(w, TOK_DELAY, sc->delay);
	if (sc->address)
		w_mid_item(w, TOK_SERVICE_CHANGE_ADDRESS, sc->address);
	if (sc->mgc)
		w_mid_item(w, TOK_MGC_ID, sc->mgc);
	if (sc->profile.p) {
		w_token_item(w, TOK_PROFILE);
		w_equal(w);
		strbuf_str(w->b, sc->profile);
		strbuf_char(w->b, '/');
		w_u32(w, sc->profile_version);
	}
	if (sc->has_version)
		w_number_item(w, TOK_VERSION, sc->version);
	if (sc->has_time) {
		w_item(w);
		w_time(w, &sc->time);
	}
	h248_each(ext, &sc->extensions) {
		w_item(w);
		strbuf_str(w->b, ext->name.item);
		w_parm_value(w, ext);
	}
	if (sc->incomplete)
		w_token_item(w, TOK_SERVICE_CHANGE_INC);
	if (sc->audit)
		w_audit_items(w, sc->audit);
	if (w->first)
		w_invalid(w);
	w_close(w);
}
