// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: audits that ask only those terminations that meet a condition (version 3):
 * Audit { Media { Stream = 1 { LocalControl { Mode = SendOnly } } } }
 *
 * Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/agent_private.h"

static bool property_selects(const struct h248_property *p)
{
	for (; p; p = p->next)
		if (p->form != H248_FORM_NONE)
			return true;
	return false;
}

bool audit_selects(const struct h248_audit *audit)
{
	const struct h248_ind_media *m = audit ? audit->media : NULL;
	const struct h248_ind_stream *s;

	if (!m)
		return false;
	if (m->state && (m->state->state_form != H248_FORM_NONE ||
			 property_selects(m->state->properties.first)))
		return true;
	h248_each(s, &m->streams)
		if (s->control && (s->control->mode_form != H248_FORM_NONE ||
				   property_selects(s->control->properties.first)))
			return true;
	return false;
}

static bool choice_met(enum h248_form form, unsigned int want, unsigned int have)
{
	if (form == H248_FORM_NONE)
		return true;
	return form == H248_FORM_NOT ? want != have : want == have;
}

/* Numbers are compared as numbers, everything else as text. */
static int compare(struct str want, const char *have)
{
	uint64_t a, b;

	if (str_u64(want, UINT64_MAX, &a) && str_u64(str_c(have), UINT64_MAX, &b))
		return b < a ? -1 : b > a;
	return str_iis(want, have) ? 0 : 1;
}

static bool value_met(const struct h248_property *p, const char *have)
{
	const struct h248_value *v = p->values.first;

	if (p->form == H248_FORM_NONE)
		return true;
	if (!v)
		return false;
	switch (p->form) {
	case H248_FORM_NOT:
		return compare(v->text, have) != 0;
	case H248_FORM_GREATER:
		return compare(v->text, have) > 0;
	case H248_FORM_LESS:
		return compare(v->text, have) < 0;
	case H248_FORM_RANGE:
		return v->next && compare(v->text, have) >= 0 && compare(v->next->text, have) <= 0;
	default:
		h248_each(v, &p->values)
			if (!compare(v->text, have))
				return true;
		return false;
	}
}

static bool control_met(const struct work *w, const struct termination *t,
			const struct stream *s, const struct h248_ind_control *ask)
{
	const struct h248_property *p;
	const struct row *row;
	const char *have;

	if (!choice_met(ask->mode_form, ask->mode_value, s->set.mode))
		return false;
	h248_each(p, &ask->properties) {
		if (p->form == H248_FORM_NONE)
			continue;
		if (packages_find(&w->agent->packages, ROW_PROPERTY, &p->name, &row) ||
		    !(row->where & WHERE_LOCAL_CONTROL))
			return false;
		have = row->id == ROW_REALM ? t->realm->name : property_get(&s->set, row->id);
		if (!value_met(p, have ? have : ""))
			return false;
	}
	return true;
}

bool audit_selected(struct work *w, const struct termination *t, const struct h248_audit *audit)
{
	const struct h248_ind_state *state = audit->media->state;
	const struct h248_ind_stream *is;
	const struct h248_property *p;
	const struct stream *s;

	if (state) {
		if (!choice_met(state->state_form, state->state, t->service_state))
			return false;
		h248_each(p, &state->properties)
			if (!value_met(p, t->db ? t->db : ""))
				return false;
	}
	h248_each(is, &audit->media->streams) {
		s = termination_stream(t, is->id);
		if (!s || (is->control && !control_met(w, t, s, is->control)))
			return false;
	}
	return true;
}
