// SPDX-License-Identifier: GPL-2.0-only
/* text_write_audit: Audit with its individual items, context properties. See text_write.h. */
#include "codec/text_write.h"

void w_audit_tokens(struct writer *w, unsigned int items)
{
	static const struct {
		unsigned int bit;
		enum h248_token token;
	} table[] = {
		{ H248_AUDIT_MUX, TOK_MUX },
		{ H248_AUDIT_MODEM, TOK_MODEM },
		{ H248_AUDIT_MEDIA, TOK_MEDIA },
		{ H248_AUDIT_EVENTS, TOK_EVENTS },
		{ H248_AUDIT_SIGNALS, TOK_SIGNALS },
		{ H248_AUDIT_DIGITMAP, TOK_DIGITMAP },
		{ H248_AUDIT_STATISTICS, TOK_STATISTICS },
		{ H248_AUDIT_OBSERVED, TOK_OBSERVED },
		{ H248_AUDIT_PACKAGES, TOK_PACKAGES },
		{ H248_AUDIT_EVENTBUFFER, TOK_EVENT_BUFFER },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (items & table[i].bit)
			w_token_item(w, table[i].token);
}

static void w_names(struct writer *w, enum h248_token token, const struct h248_name_entry *n)
{
	for (; n; n = n->next) {
		w_token_item(w, token);
		w_open(w);
		w_item(w);
		w_pkgd_name(w, &n->name);
		w_close(w);
	}
}

static void w_ind_control(struct writer *w, const struct h248_ind_control *c)
{
	w_token_item(w, TOK_LOCAL_CONTROL);
	w_open(w);
	if (c->mode) {
		w_token_item(w, TOK_MODE);
		if (c->mode_form) {
			w_form(w, c->mode_form);
			w_token(w, w_mode_token(c->mode_value));
		}
	}
	if (c->reserve_value)
		w_token_item(w, TOK_RESERVED_VALUE);
	if (c->reserve_group)
		w_token_item(w, TOK_RESERVED_GROUP);
	w_property_items(w, c->properties.first);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_ind_sdp(struct writer *w, enum h248_token token, struct str text)
{
	if (text.p)
		w_octets_item(w, token, text);
	else
		w_token_item(w, token);
}

static void w_ind_stream_parms(struct writer *w, const struct h248_ind_stream *st)
{
	if (st->control)
		w_ind_control(w, st->control);
	if (st->local)
		w_ind_sdp(w, TOK_LOCAL, st->local_text);
	if (st->remote)
		w_ind_sdp(w, TOK_REMOTE, st->remote_text);
	w_names(w, TOK_STATISTICS, st->statistics.first);
}

static void w_ind_state(struct writer *w, const struct h248_ind_state *t)
{
	w_token_item(w, TOK_TERMINATION_STATE);
	w_open(w);
	w_property_items(w, t->properties.first);
	if (t->service_state) {
		w_token_item(w, TOK_SERVICE_STATES);
		if (t->state_form) {
			w_form(w, t->state_form);
			w_token(w, w_state_token(t->state));
		}
	}
	if (t->buffer)
		w_token_item(w, TOK_BUFFER);
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_ind_media(struct writer *w, const struct h248_ind_media *m)
{
	const struct h248_ind_stream *st;

	w_token_item(w, TOK_MEDIA);
	w_open(w);
	if (m->state)
		w_ind_state(w, m->state);
	h248_each(st, &m->streams) {
		if (st->implied) {
			w_ind_stream_parms(w, st);
			continue;
		}
		w_number_item(w, TOK_STREAM, st->id);
		w_open(w);
		w_ind_stream_parms(w, st);
		if (w->first)
			w_invalid(w);
		w_close(w);
	}
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_ind_events(struct writer *w, const struct h248_ind_event *ev)
{
	for (; ev; ev = ev->next) {
		w_token_item(w, TOK_EVENTS);
		if (ev->has_id) {
			w_equal(w);
			w_request_id(w, ev->id);
		}
		w_open(w);
		w_item(w);
		w_pkgd_name(w, &ev->name);
		w_close(w);
	}
}

static void w_ind_event_buffer(struct writer *w, const struct h248_ind_event *ev)
{
	for (; ev; ev = ev->next) {
		w_token_item(w, TOK_EVENT_BUFFER);
		w_open(w);
		w_item(w);
		w_pkgd_name(w, &ev->name);
		if (ev->has_stream || ev->param.p) {
			w_open(w);
			if (ev->has_stream) {
				w_number_item(w, TOK_STREAM, ev->stream);
			} else {
				w_item(w);
				w_name(w, ev->param);
			}
			w_close(w);
		}
		w_close(w);
	}
}

static void w_ind_signals(struct writer *w, const struct h248_signal_entry *e)
{
	for (; e; e = e->next) {
		w_token_item(w, TOK_SIGNALS);
		w_open(w);
		w_signal_entry(w, e);
		w_close(w);
	}
}

static void w_ind_packages(struct writer *w, const struct h248_package *p)
{
	for (; p; p = p->next) {
		w_token_item(w, TOK_PACKAGES);
		w_open(w);
		w_item(w);
		w_name(w, p->name);
		strbuf_char(w->b, '-');
		w_u32(w, p->version);
		w_close(w);
	}
}

void w_audit_items(struct writer *w, const struct h248_audit *a)
{
	const struct h248_text_entry *t;

	w_audit_tokens(w, a->items);
	if (a->media)
		w_ind_media(w, a->media);
	w_ind_events(w, a->events.first);
	w_ind_event_buffer(w, a->event_buffer.first);
	w_ind_signals(w, a->signals.first);
	h248_each(t, &a->digit_maps) {
		w_token_item(w, TOK_DIGITMAP);
		w_equal(w);
		w_name(w, t->text);
	}
	w_names(w, TOK_STATISTICS, a->statistics.first);
	w_ind_packages(w, a->packages.first);
}

void w_audit(struct writer *w, const struct h248_audit *a)
{
	w_token_item(w, TOK_AUDIT);
	w_open(w);
	w_audit_items(w, a);
	w_close(w);
}

void w_context_id(struct writer *w, uint32_t id)
{
	if (id == H248_CONTEXT_NULL)
		strbuf_char(w->b, '-');
	else if (id == H248_CONTEXT_CHOOSE)
		strbuf_char(w->b, '$');
	else if (id == H248_CONTEXT_ALL)
		strbuf_char(w->b, '*');
	else
		w_u32(w, id);
}

static enum h248_token topology_token(enum h248_topology_kind kind)
{
	switch (kind) {
	case H248_TOPOLOGY_BOTHWAY:
		return TOK_BOTHWAY;
	case H248_TOPOLOGY_ISOLATE:
		return TOK_ISOLATE;
	case H248_TOPOLOGY_ONEWAY:
		return TOK_ONEWAY;
	case H248_TOPOLOGY_ONEWAY_EXTERNAL:
		return TOK_ONEWAY_EXTERNAL;
	case H248_TOPOLOGY_ONEWAY_BOTH:
		return TOK_ONEWAY_BOTH;
	}
	return TOK_NONE;
}

static void w_topology(struct writer *w, const struct h248_context_attr *attr)
{
	const struct h248_topology *t;

	w_token_item(w, TOK_TOPOLOGY);
	w_open(w);
	h248_each(t, &attr->topology) {
		w_item(w);
		w_tid(w, &t->from);
		w_comma(w);
		w_tid(w, &t->to);
		w_comma(w);
		w_token(w, topology_token(t->kind));
		if (!t->has_stream)
			continue;
		w_comma(w);
		w_token(w, TOK_STREAM);
		w_equal(w);
		w_u32(w, t->stream);
	}
	if (w->first)
		w_invalid(w);
	w_close(w);
}

static void w_attr_properties(struct writer *w, const struct h248_context_attr *attr)
{
	const struct h248_context_id *c;

	if (!h248_empty(&attr->properties)) {
		w_token_item(w, TOK_CONTEXT_ATTR);
		w_open(w);
		w_property_items(w, attr->properties.first);
		w_close(w);
	}
	if (h248_empty(&attr->contexts))
		return;
	w_token_item(w, TOK_CONTEXT_ATTR);
	w_open(w);
	w_token_item(w, TOK_CONTEXT_LIST);
	w_equal(w);
	strbuf_char(w->b, '{');
	h248_each(c, &attr->contexts) {
		if (c != attr->contexts.first)
			w_comma(w);
		w_context_id(w, c->id);
	}
	strbuf_char(w->b, '}');
	w_close(w);
}

void w_context_attr(struct writer *w, const struct h248_context_attr *attr)
{
	if (!h248_empty(&attr->topology))
		w_topology(w, attr);
	if (attr->has_priority)
		w_number_item(w, TOK_PRIORITY, attr->priority);
	if (attr->emergency == H248_ON)
		w_token_item(w, TOK_EMERGENCY);
	/* version 2 and 3 differ in the long form, all know the short one */
	if (attr->emergency == H248_OFF) {
		w_item(w);
		strbuf_str(w->b, h248_token_text(TOK_EMERGENCY_OFF, true));
	}
	if (attr->ieps)
		w_choice_item(w, TOK_IEPS, w_on_off(attr->ieps));
	w_attr_properties(w, attr);
}

void w_context_audit(struct writer *w, const struct h248_context_audit *ca)
{
	const struct h248_context_attr *sel = ca->select;
	const struct h248_name_entry *n;

	w_token_item(w, TOK_CONTEXT_AUDIT);
	w_open(w);
	if (ca->in_attr) {
		w_token_item(w, TOK_CONTEXT_ATTR);
		w_open(w);
	}
	if (ca->topology)
		w_token_item(w, TOK_TOPOLOGY);
	if (ca->emergency)
		w_token_item(w, TOK_EMERGENCY);
	if (ca->priority)
		w_token_item(w, TOK_PRIORITY);
	if (ca->ieps)
		w_token_item(w, TOK_IEPS);
	h248_each(n, &ca->names) {
		w_item(w);
		w_pkgd_name(w, &n->name);
	}
	if (sel && sel->has_priority)
		w_number_item(w, TOK_PRIORITY, sel->priority);
	if (sel && sel->emergency)
		w_choice_item(w, TOK_EMERGENCY_VALUE,
			      sel->emergency == H248_ON ? TOK_EMERGENCY : TOK_EMERGENCY_OFF);
	if (sel && sel->ieps)
		w_choice_item(w, TOK_IEPS, w_on_off(sel->ieps));
	if (ca->logic)
		w_token_item(w, ca->logic == H248_LOGIC_AND ? TOK_AND_LOGIC : TOK_OR_LOGIC);
	if (sel)
		w_attr_properties(w, sel);
	if (w->first)
		w_invalid(w);
	w_close(w);
	if (ca->in_attr)
		w_close(w);
}
