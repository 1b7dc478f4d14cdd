// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: properties of LocalControl and of ROOT.
 *
 * Values are kept as the text they are audited with; what the bearer needs of
 * them is worked out anew after each change, since a filter may also depend on
 * Remote. Context: the thread of the event loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent_private.h"

#define PROPERTY_VALUE_MAX	1040	/* with room for any value of the table */

const char *property_get(const struct stream_setting *set, enum row_id id)
{
	const char *value = set->properties.value[id - ROW_LOCAL_FIRST];

	return value ? value : packages_row(id)->def;
}

bool property_on(const struct stream_setting *set, enum row_id id)
{
	const char *value = property_get(set, id);

	return value && !strcmp(value, "on");
}

int properties_copy(struct local_properties *to, const struct local_properties *from)
{
	unsigned int i;

	for (i = 0; i < ROW_LOCALS; i++) {
		to->value[i] = from->value[i] ? strdup(from->value[i]) : NULL;
		if (from->value[i] && !to->value[i])
			return -ENOMEM;
	}
	return 0;
}

/* Finds the row of a property that may stand here; refuses others. */
static int find_row(struct work *w, const struct h248_property *p, unsigned int where,
		    const struct row **row)
{
	unsigned int code = packages_find(&w->agent->packages, ROW_PROPERTY, &p->name, row);

	if (code)
		return refuse(w, code, "%.*s/%.*s", STR_ARG(p->name.pkg), STR_ARG(p->name.item));
	if (!((*row)->where & where))
		return refuse(w, 455, "%.*s/%.*s", STR_ARG(p->name.pkg), STR_ARG(p->name.item));
	return 0;
}

static int bad_value(struct work *w, const struct h248_property *p)
{
	return refuse(w, 449, "%.*s/%.*s = %.*s", STR_ARG(p->name.pkg), STR_ARG(p->name.item),
		      STR_ARG(h248_first(p)));
}

/* A value for its row, neither CHOOSE nor ALL, in the form in which it is kept. */
static int one_value(struct work *w, const struct h248_property *p, const struct row *row,
		     const struct h248_value *v, char *buf, size_t len)
{
	if (!v->quoted && (str_is(v->text, "$") || str_is(v->text, "*")))
		return bad_value(w, p);
	if (value_check(&row->range, v, buf, len))
		return bad_value(w, p);
	return 0;
}

/* Exactly one value, neither a list nor CHOOSE nor ALL. */
static int single_value(struct work *w, const struct h248_property *p, const struct row *row,
			char *buf, size_t len)
{
	const struct h248_value *v = p->values.first;

	if (p->form != H248_FORM_EQUAL || !v || v->next)
		return bad_value(w, p);
	return one_value(w, p, row, v, buf, len);
}

static int seen_twice(struct work *w, const struct h248_property *first,
		      const struct h248_property *p)
{
	for (; first != p; first = first->next)
		if (str_ieq(first->name.pkg, p->name.pkg) && str_ieq(first->name.item, p->name.item))
			return refuse(w, 456, "%.*s/%.*s", STR_ARG(p->name.pkg),
				      STR_ARG(p->name.item));
	return 0;
}

/* "ip/1/core/2,1,EstBNC": a local convention, the grammar could not be found out. */
static int parse_linktopo(const struct agent *agent, const char *text, struct str *termination,
			  uint16_t *stream)
{
	const char *first = strchr(text, ',');
	const char *second = first ? strchr(first + 1, ',') : NULL;
	uint64_t id;

	if (!second || first == text)
		return -EINVAL;
	if (!str_u64((struct str){ first + 1, (size_t)(second - first - 1) }, 65535, &id) || !id)
		return -EINVAL;
	if (!str_iis(str_c(second + 1), packages_row_name(&agent->packages, packages_row(ROW_TCP_EST))))
		return -EINVAL;
	*termination = (struct str){ text, (size_t)(first - text) };
	*stream = (uint16_t)id;
	return 0;
}

static bool value_valid(const struct agent *agent, enum row_id id, const char *value)
{
	struct str termination;
	unsigned int i;
	uint16_t stream;

	switch (id) {
	case ROW_REALM:
		for (i = 0; i < agent->config->n_realms; i++)
			if (!strcmp(agent->config->realm[i].name, value))
				return true;
		return !*value;
	case ROW_SAM:
	case ROW_SPR:
	case ROW_LSA:
		return gate_value_valid(id, value);
	case ROW_LINKTOPO:
		return !*value || !parse_linktopo(agent, value, &termination, &stream);
	default:
		return true;
	}
}

static int set_mode(struct work *w, enum h248_mode mode, struct stream_setting *set)
{
	switch (mode) {
	case H248_MODE_NONE:
		return 0;
	case H248_MODE_LOOPBACK:
		return refuse(w, 517, "Mode = Loopback");
	default:
		set->mode = mode;
		return 0;
	}
}

/* One value, or of a list several, which are kept with a comma between: no value has one in it. */
static int local_value(struct work *w, const struct h248_property *p, const struct row *row,
		       char *buf, size_t len)
{
	const struct h248_value *v;
	unsigned int n = 0;
	char *at = buf;

	if (!row->range.list || p->form == H248_FORM_EQUAL) {
		if (single_value(w, p, row, buf, len))
			return -1;
		return value_valid(w->agent, row->id, buf) ? 0 : bad_value(w, p);
	}
	if (p->form != H248_FORM_AND)
		return bad_value(w, p);
	h248_each(v, &p->values) {
		if (n++ == KMGW_FILTERS_MAX)
			return refuse(w, 510, "%.*s/%.*s: more than %d values",
				      STR_ARG(p->name.pkg), STR_ARG(p->name.item),
				      KMGW_FILTERS_MAX);
		if (n > 1)
			*at++ = ',';
		if (one_value(w, p, row, v, at, len - (size_t)(at - buf)) ||
		    !*at || !value_valid(w->agent, row->id, at))
			return w->code ? -1 : bad_value(w, p);
		at += strlen(at);
	}
	return n ? 0 : bad_value(w, p);
}

struct h248_property *property_write(const struct packages *names, struct arena *a,
				     const struct row *row, const char *value)
{
	bool quoted = row->range.type == VALUE_STRING || row->range.type == VALUE_OCTETS;
	bool list = row->range.list && strchr(value, ',');
	struct h248_property *p;
	struct str item;

	p = h248_property_new(a, str_c(packages_name(names, row->package)),
			      str_c(packages_row_name(names, row)),
			      list ? H248_FORM_AND : H248_FORM_EQUAL);
	if (!p)
		return NULL;
	do {
		item = (struct str){ value, list ? strcspn(value, ",") : strlen(value) };
		if (!h248_value_add(a, p, item, quoted))
			return NULL;
		value += item.len;
	} while (*value++);
	return p;
}

int properties_check(struct work *w, const struct h248_local_control *lc,
		     struct stream_setting *set)
{
	const struct h248_property *p;
	char buf[PROPERTY_VALUE_MAX];
	const struct row *row;
	char **value;
	int err;

	if (set_mode(w, lc->mode, set))
		return -1;
	if (lc->reserve_value != H248_UNSET)
		set->reserve_value = lc->reserve_value;
	if (lc->reserve_group != H248_UNSET)
		set->reserve_group = lc->reserve_group;
	h248_each(p, &lc->properties) {
		err = seen_twice(w, lc->properties.first, p);
		if (!err)
			err = find_row(w, p, WHERE_LOCAL_CONTROL, &row);
		if (!err && row->id == ROW_PSK) {
			/* Kept apart: it is in no audit and no record. */
			if (psk_of_property(w, p, set))
				return -1;
			continue;
		}
		if (!err)
			err = local_value(w, p, row, buf, sizeof(buf));
		if (err)
			return err;
		value = &set->properties.value[row->id - ROW_LOCAL_FIRST];
		free(*value);
		*value = strdup(buf);
		if (!*value)
			return refuse_memory(w);
	}
	return 0;
}

int linktopo_target(struct work *w, const struct stream_setting *set, struct str *termination,
		    uint16_t *stream)
{
	const char *value = property_get(set, ROW_LINKTOPO);

	if (!*value)
		return 0;
	return parse_linktopo(w->agent, value, termination, stream) ? -1 : 1;
}

int state_properties_check(struct work *w, const struct h248_term_state *state, char **db)
{
	const struct h248_property *p;
	char buf[PROPERTY_VALUE_MAX];
	const struct row *row;

	h248_each(p, &state->properties) {
		if (seen_twice(w, state->properties.first, p) ||
		    find_row(w, p, WHERE_TERMINATION, &row) ||
		    single_value(w, p, row, buf, sizeof(buf)))
			return -1;
		/* the only one that there is */
		free(*db);
		*db = strdup(buf);
		if (!*db)
			return refuse_memory(w);
	}
	return 0;
}

int root_properties_check(struct work *w, const struct h248_term_state *state)
{
	const struct h248_property *p;
	const struct row *row;
	char buf[64];
	int err;

	h248_each(p, &state->properties) {
		err = seen_twice(w, state->properties.first, p);
		if (!err)
			err = find_row(w, p, WHERE_ROOT, &row);
		if (err)
			return err;
		if (row->read_only)
			return refuse(w, 534, "%.*s/%.*s", STR_ARG(p->name.pkg),
				      STR_ARG(p->name.item));
		if (single_value(w, p, row, buf, sizeof(buf)))
			return -1;
	}
	return 0;
}

void root_properties_apply(struct agent *agent, const struct h248_term_state *state)
{
	const struct h248_property *p;
	const struct row *row;

	h248_each(p, &state->properties)
		if (!packages_find(&agent->packages, ROW_PROPERTY, &p->name, &row))
			value_check(&row->range, p->values.first,
				    agent->root_value[row->id - ROW_ROOT_FIRST],
				    sizeof(agent->root_value[0]));
	root_limits_apply(agent);
}

const char *root_property(const struct agent *agent, enum row_id id, char *buf, size_t len)
{
	const char *value = agent->root_value[id - ROW_ROOT_FIRST];

	switch (id) {
	case ROW_MAX_CONTEXTS:
		snprintf(buf, len, "%u", agent->config->max_contexts);
		return buf;
	case ROW_MAX_TERMINATIONS:
		snprintf(buf, len, "%u", agent->config->max_terminations);
		return buf;
	default:
		return *value ? value : packages_row(id)->def;
	}
}

static unsigned int root_number(const struct agent *agent, enum row_id id)
{
	char buf[16];

	return (unsigned int)strtoul(root_property(agent, id, buf, sizeof(buf)), NULL, 10);
}

void root_limits_apply(struct agent *agent)
{
	const struct transaction_limits limits = {
		.mg_provisional = root_number(agent, ROW_MG_PROVISIONAL),
		.mgc_provisional = root_number(agent, ROW_MGC_PROVISIONAL),
		.mg_pending_limit = root_number(agent, ROW_MG_PENDING_LIMIT),
		.mgc_pending_limit = root_number(agent, ROW_MGC_PENDING_LIMIT),
	};

	transactions_set_limits(agent->transactions, &limits);
}
