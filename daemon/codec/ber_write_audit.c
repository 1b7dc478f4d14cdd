// SPDX-License-Identifier: GPL-2.0-only
/* ber_write_audit: AuditDescriptor; attributes of contexts and their audit. See ber_out.h. */
#include "codec/ber_name.h"
#include "codec/ber_out.h"

static void write_name(struct ber_out *o, uint8_t tag, enum h248_scope scope,
		       const struct h248_name *name)
{
	struct h248_item item;
	uint8_t octet[4];

	if (ber_find_name(o, scope, name, octet, &item))
		ber_out_octets(o, tag, octet, sizeof(octet));
}

/* can it be written at all? then its name is not left out */
static bool has_id(struct ber_out *o, enum h248_scope scope, const struct h248_name *name)
{
	struct h248_item item;
	uint8_t octet[4];

	return ber_find_name(o, scope, name, octet, &item);
}

/* IndAudPropertyParm: named, or with what to select by */
static void write_ind_property(struct ber_out *o, const struct h248_name *name,
			       const struct h248_property *select)
{
	size_t at;

	if (!has_id(o, H248_SCOPE_PROPERTY, name))
		return;
	at = ber_open(o, BER_O_SEQUENCE);
	write_name(o, BER_P(0), H248_SCOPE_PROPERTY, name);
	if (select)
		ber_write_property(o, BER_C(1), select);
	ber_close(o, at);
}

static bool same_name(const struct h248_name *a, const struct h248_name *b)
{
	return str_ieq(a->pkg, b->pkg) && str_ieq(a->item, b->item);
}

/* "a, a = 2" is one: what selects is asked for, too */
static void write_ind_properties(struct ber_out *o, uint8_t tag, const struct h248_property *p)
{
	size_t at = ber_open(o, tag);

	for (; p; p = p->next)
		if (p->form || !p->next || !p->next->form ||
		    !same_name(&p->name, &p->next->name))
			write_ind_property(o, &p->name, p->form ? p : NULL);
	ber_close(o, at);
}

static void write_ind_control(struct ber_out *o, const struct h248_ind_control *c)
{
	size_t at = ber_open(o, BER_C(0));

	if (c->mode && !c->mode_form)
		ber_out_null(o, BER_P(0));
	if (c->reserve_value)
		ber_out_null(o, BER_P(1));
	if (c->reserve_group)
		ber_out_null(o, BER_P(2));
	if (c->properties.first)
		write_ind_properties(o, BER_C(3), c->properties.first);
	if (c->mode_form) {
		/* only "is" can be said of it */
		if (c->mode_form != H248_FORM_EQUAL)
			ber_invalid(o);
		ber_out_uint(o, BER_P(4), ber_mode_number(c->mode_value));
	}
	ber_close(o, at);
}

static void write_ind_statistic(struct ber_out *o, uint8_t tag, const struct h248_name *name)
{
	size_t at;

	if (!has_id(o, H248_SCOPE_STATISTIC, name))
		return;
	at = ber_open(o, tag);
	write_name(o, BER_P(0), H248_SCOPE_STATISTIC, name);
	ber_close(o, at);
}

static void write_ind_stream_parms(struct ber_out *o, uint8_t tag,
				   const struct h248_ind_stream *st)
{
	const struct h248_name_entry *n = st->statistics.first;
	size_t at = ber_open(o, tag);

	if (st->control)
		write_ind_control(o, st->control);
	if (st->local)
		ber_write_ind_sdp(o, BER_C(1), st->local_text);
	if (st->remote)
		ber_write_ind_sdp(o, BER_C(2), st->remote_text);
	if (n) {
		/* there is room for one */
		if (n->next)
			ber_invalid(o);
		write_ind_statistic(o, BER_C(3), &n->name);
	}
	ber_close(o, at);
}

static void write_ind_streams(struct ber_out *o, const struct h248_ind_stream *st)
{
	size_t at = ber_open(o, BER_C(1)), list, one;

	if (st->implied) {
		if (st->next)
			ber_invalid(o);
		write_ind_stream_parms(o, BER_C(0), st);
		ber_close(o, at);
		return;
	}
	list = ber_open(o, BER_C(1));
	for (; st; st = st->next) {
		one = ber_open(o, BER_O_SEQUENCE);
		ber_out_uint(o, BER_P(0), st->id);
		write_ind_stream_parms(o, BER_C(1), st);
		ber_close(o, one);
	}
	ber_close(o, list);
	ber_close(o, at);
}

static void write_ind_state(struct ber_out *o, const struct h248_ind_state *st)
{
	size_t at = ber_open(o, BER_C(0));

	write_ind_properties(o, BER_C(0), st->properties.first);
	if (st->buffer)
		ber_out_null(o, BER_P(1));
	if (st->service_state && !st->state_form)
		ber_out_null(o, BER_P(2));
	if (st->state_form) {
		if (st->state_form != H248_FORM_EQUAL)
			ber_invalid(o);
		ber_out_uint(o, BER_P(3), ber_state_number(st->state));
	}
	ber_close(o, at);
}

static void write_ind_media(struct ber_out *o, const struct h248_ind_media *m)
{
	size_t at = ber_open(o, BER_C(0));

	if (m->state)
		write_ind_state(o, m->state);
	if (m->streams.first)
		write_ind_streams(o, m->streams.first);
	ber_close(o, at);
}

static void write_ind_event(struct ber_out *o, const struct h248_ind_event *ev)
{
	size_t at;

	if (!has_id(o, H248_SCOPE_EVENT, &ev->name))
		return;
	at = ber_open(o, BER_C(1));
	if (ev->has_id)
		ber_out_uint(o, BER_P(0), ev->id);
	write_name(o, BER_P(1), H248_SCOPE_EVENT, &ev->name);
	if (ev->has_stream)
		ber_out_uint(o, BER_P(2), ev->stream);
	ber_close(o, at);
}

static void write_ind_buffer(struct ber_out *o, const struct h248_ind_event *ev)
{
	size_t at;

	if (!has_id(o, H248_SCOPE_EVENT, &ev->name))
		return;
	/* no parameter can be asked for */
	if (ev->param.p)
		ber_invalid(o);
	at = ber_open(o, BER_C(2));
	write_name(o, BER_P(0), H248_SCOPE_EVENT, &ev->name);
	if (ev->has_stream)
		ber_out_uint(o, BER_P(1), ev->stream);
	ber_close(o, at);
}

static void write_ind_signal(struct ber_out *o, uint8_t tag, const struct h248_signal *sig)
{
	size_t at;

	if (!has_id(o, H248_SCOPE_SIGNAL, &sig->name))
		return;
	at = ber_open(o, tag);
	write_name(o, BER_P(0), H248_SCOPE_SIGNAL, &sig->name);
	if (sig->has_stream)
		ber_out_uint(o, BER_P(1), sig->stream);
	if (sig->has_request)
		ber_out_uint(o, BER_P(2), sig->request);
	ber_close(o, at);
}

static void write_ind_signals(struct ber_out *o, const struct h248_signal_entry *e)
{
	const struct h248_signal *sig = e->signals.first;
	size_t at, list;

	if (!e->is_list && !has_id(o, H248_SCOPE_SIGNAL, &sig->name))
		return;
	at = ber_open(o, BER_C(3));
	if (!e->is_list) {
		write_ind_signal(o, BER_C(0), sig);
		ber_close(o, at);
		return;
	}
	list = ber_open(o, BER_C(1));
	ber_out_uint(o, BER_P(0), e->list_id);
	if (sig)
		write_ind_signal(o, BER_C(1), sig);
	ber_close(o, list);
	ber_close(o, at);
}

static bool singles_out(const struct h248_audit *a)
{
	const struct h248_signal_entry *s;

	h248_each(s, &a->signals)
		if (s->is_list || s->signals.first)
			return true;
	return a->media || a->events.first || a->event_buffer.first || a->digit_maps.first ||
	       a->statistics.first || a->packages.first;
}

static void write_ind(struct ber_out *o, const struct h248_audit *a)
{
	size_t at = ber_open(o, BER_C(1)), map;
	const struct h248_signal_entry *s;
	const struct h248_text_entry *t;
	const struct h248_name_entry *n;
	const struct h248_ind_event *ev;
	const struct h248_package *p;
	uint16_t id;

	if (a->media)
		write_ind_media(o, a->media);
	h248_each(ev, &a->events)
		write_ind_event(o, ev);
	h248_each(ev, &a->event_buffer)
		write_ind_buffer(o, ev);
	h248_each(s, &a->signals)
		if (s->is_list || s->signals.first)
			write_ind_signals(o, s);
	h248_each(t, &a->digit_maps) {
		map = ber_open(o, BER_C(4));
		if (ber_map_id(o->ids, t->text, &id))
			ber_invalid(o);
		ber_out_u16(o, BER_P(0), id);
		ber_close(o, map);
	}
	h248_each(n, &a->statistics)
		write_ind_statistic(o, BER_C(5), &n->name);
	h248_each(p, &a->packages)
		ber_write_package(o, BER_C(6), p);
	ber_close(o, at);
}

void ber_write_audit(struct ber_out *o, uint8_t tag, const struct h248_audit *a)
{
	const struct h248_signal_entry *s;
	unsigned int items = a->items;
	size_t at = ber_open(o, tag);

	/* "Signals { }" asks for as much as "Signals" */
	h248_each(s, &a->signals)
		if (!s->is_list && !s->signals.first)
			items |= H248_AUDIT_SIGNALS;
	if (items)
		ber_out_bits(o, BER_P(0), items);
	if (singles_out(a))
		write_ind(o, a);
	ber_close(o, at);
}

/* ---- contexts -------------------------------------------------------------------------- */

static void write_topology(struct ber_out *o, const struct h248_topology *t)
{
	bool extended = t->kind == H248_TOPOLOGY_ONEWAY_EXTERNAL ||
			t->kind == H248_TOPOLOGY_ONEWAY_BOTH;
	size_t at = ber_open(o, BER_O_SEQUENCE);

	ber_write_tid(o, BER_C(0), &t->from);
	ber_write_tid(o, BER_C(1), &t->to);
	ber_out_uint(o, BER_P(2), extended ? 2 : (uint32_t)t->kind);
	if (t->has_stream)
		ber_out_uint(o, BER_P(3), t->stream);
	if (extended)
		ber_out_uint(o, BER_P(4), t->kind == H248_TOPOLOGY_ONEWAY_BOTH);
	ber_close(o, at);
}

bool ber_has_attr(const struct h248_context_attr *attr)
{
	return attr->has_priority || attr->emergency || attr->topology.first || attr->ieps ||
	       attr->properties.first || attr->contexts.first;
}

void ber_write_context_attr(struct ber_out *o, uint8_t tag, const struct h248_context_attr *attr)
{
	const struct h248_context_id *c;
	const struct h248_topology *t;
	size_t at, list;

	if (!ber_has_attr(attr))
		return;
	at = ber_open(o, tag);
	if (attr->has_priority)
		ber_out_uint(o, BER_P(0), attr->priority);
	if (attr->emergency)
		ber_out_bool(o, BER_P(1), attr->emergency == H248_ON);
	if (attr->topology.first) {
		list = ber_open(o, BER_C(2));
		h248_each(t, &attr->topology)
			write_topology(o, t);
		ber_close(o, list);
	}
	if (attr->ieps)
		ber_out_bool(o, BER_P(3), attr->ieps == H248_ON);
	if (attr->properties.first)
		ber_write_properties(o, BER_C(4), attr->properties.first);
	if (attr->contexts.first) {
		list = ber_open(o, BER_C(5));
		h248_each(c, &attr->contexts)
			ber_out_uint(o, BER_O_INTEGER, c->id);
		ber_close(o, list);
	}
	ber_close(o, at);
}

static void write_context_names(struct ber_out *o, const struct h248_context_audit *ca)
{
	const struct h248_name_entry *n;
	const struct h248_property *p;
	size_t at;

	if (!ca->names.first && !(ca->select && ca->select->properties.first))
		return;
	at = ber_open(o, BER_C(4));
	h248_each(n, &ca->names)
		write_ind_property(o, &n->name, NULL);
	if (ca->select)
		h248_each(p, &ca->select->properties)
			write_ind_property(o, &p->name, p);
	ber_close(o, at);
}

void ber_write_context_audit(struct ber_out *o, uint8_t tag, const struct h248_context_audit *ca)
{
	const struct h248_context_attr *sel = ca->select;
	size_t at = ber_open(o, tag), logic;

	if (ca->topology)
		ber_out_null(o, BER_P(0));
	if (ca->emergency)
		ber_out_null(o, BER_P(1));
	if (ca->priority)
		ber_out_null(o, BER_P(2));
	if (ca->ieps)
		ber_out_null(o, BER_P(3));
	write_context_names(o, ca);
	if (sel && sel->has_priority)
		ber_out_uint(o, BER_P(5), sel->priority);
	if (sel && sel->emergency)
		ber_out_bool(o, BER_P(6), sel->emergency == H248_ON);
	if (sel && sel->ieps)
		ber_out_bool(o, BER_P(7), sel->ieps == H248_ON);
	if (ca->logic) {
		logic = ber_open(o, BER_C(8));
		ber_out_null(o, BER_P(ca->logic == H248_LOGIC_OR));
		ber_close(o, logic);
	}
	/* a list of contexts to select by has no place */
	if (sel && sel->contexts.first)
		ber_invalid(o);
	ber_close(o, at);
}
