// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: properties of LocalControl and of ROOT.
 *
 * Values are kept as the text they are audited with; what the bearer needs of
 * them is worked out anew after each change, since a filter may also depend on
 * Remote. Context: the thread of the event loop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent_private.h"

#define PROPERTY_VALUE_MAX	1040	/* with room for any value of the table */
#define DISCARD_PORT	9		/* RFC 4145: the active end names no port */

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

/* Exactly one value, neither a list nor CHOOSE nor ALL. */
static int single_value(struct work *w, const struct h248_property *p, const struct row *row,
			char *buf, size_t len)
{
	const struct h248_value *v = p->values.first;

	if (p->form != H248_FORM_EQUAL || !v || v->next)
		return bad_value(w, p);
	if (!v->quoted && (str_is(v->text, "$") || str_is(v->text, "*")))
		return bad_value(w, p);
	if (value_check(&row->range, v, buf, len))
		return bad_value(w, p);
	return 0;
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

/* "198.51.100.7", "198.51.100.0/24", "[2001:db8::]/32", "10.0.0.0/255.0.0.0" */
static int parse_sam(const char *text, struct sockaddr_storage *addr, uint8_t *prefixlen)
{
	char ip[INET6_ADDRSTRLEN + 1];
	struct in_addr mask;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int max;
	uint64_t prefix;
	uint32_t bits;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(ip))
		return -EINVAL;
	memcpy(ip, text, len);
	ip[len] = '\0';

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, ip, &((struct sockaddr_in *)addr)->sin_addr) == 1) {
		addr->ss_family = AF_INET;
		max = 32;
	} else if (inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)addr)->sin6_addr) == 1) {
		addr->ss_family = AF_INET6;
		max = 128;
	} else {
		return -EINVAL;
	}
	*prefixlen = (uint8_t)max;
	if (!slash)
		return 0;
	if (str_u64(str_c(slash + 1), max, &prefix)) {
		*prefixlen = (uint8_t)prefix;
		return 0;
	}
	if (max == 32 && inet_pton(AF_INET, slash + 1, &mask) == 1) {
		bits = ntohl(mask.s_addr);
		if (~bits & (~bits + 1))
			return -EINVAL;
		*prefixlen = (uint8_t)__builtin_popcount(bits);
		return 0;
	}
	return -EINVAL;
}

/* "5000", "5000-5999" */
static int parse_spr(const char *text, uint16_t *min, uint16_t *max)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);
	uint64_t a, b;

	if (!str_u64((struct str){ text, len }, 65535, &a) || !a)
		return -EINVAL;
	b = a;
	if (dash && (!str_u64(str_c(dash + 1), 65535, &b) || b < a))
		return -EINVAL;
	*min = (uint16_t)a;
	*max = (uint16_t)b;
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

static bool is_own(const struct agent *agent, const struct sockaddr_storage *addr)
{
	const struct config *c = agent->config;
	unsigned int i, j;

	for (i = 0; i < c->n_realms; i++)
		for (j = 0; j < c->realm[i].n_addresses; j++)
			if (!memcmp(&c->realm[i].address[j], addr, sizeof(*addr)))
				return true;
	return false;
}

static bool value_valid(const struct agent *agent, enum row_id id, const char *value)
{
	struct sockaddr_storage addr;
	uint16_t min, max, stream;
	struct str termination;
	uint8_t prefixlen;
	unsigned int i;

	switch (id) {
	case ROW_REALM:
		for (i = 0; i < agent->config->n_realms; i++)
			if (!strcmp(agent->config->realm[i].name, value))
				return true;
		return !*value;
	case ROW_SAM:
		return !*value || !parse_sam(value, &addr, &prefixlen);
	case ROW_LSA:
		return !*value || (!parse_sam(value, &addr, &prefixlen) && !strchr(value, '/') &&
				   is_own(agent, &addr));
	case ROW_SPR:
		return !*value || !parse_spr(value, &min, &max);
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
		if (!err)
			err = single_value(w, p, row, buf, sizeof(buf));
		if (err)
			return err;
		if (!value_valid(w->agent, row->id, buf))
			return bad_value(w, p);
		value = &set->properties.value[row->id - ROW_LOCAL_FIRST];
		free(*value);
		*value = strdup(buf);
		if (!*value)
			return refuse_memory(w);
	}
	return 0;
}

static uint16_t port_of(const struct sockaddr_storage *ss)
{
	return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)ss)->sin6_port :
						 ((const struct sockaddr_in *)ss)->sin_port);
}

static void filter_address(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *sam = property_get(set, ROW_SAM);

	if (!property_on(set, ROW_SAF))
		return;
	if (*sam) {
		f->addr_on = !parse_sam(sam, &f->addr, &f->prefixlen);
		return;
	}
	/* An empty mask means the address of Remote, once there is one. */
	if (!set->want.has_remote)
		return;
	f->addr = set->want.remote;
	if (f->addr.ss_family == AF_INET) {
		((struct sockaddr_in *)&f->addr)->sin_port = 0;
		f->prefixlen = 32;
		f->addr_on = ((struct sockaddr_in *)&f->addr)->sin_addr.s_addr != INADDR_ANY;
	} else {
		((struct sockaddr_in6 *)&f->addr)->sin6_port = 0;
		f->prefixlen = 128;
		f->addr_on = !IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&f->addr)->sin6_addr);
	}
}

static void filter_ports(const struct stream_setting *set, struct bearer_filter *f)
{
	const char *spr = property_get(set, ROW_SPR);
	uint16_t port;

	if (!property_on(set, ROW_SPF))
		return;
	if (*spr) {
		f->port_on = !parse_spr(spr, &f->port_min, &f->port_max);
		return;
	}
	if (!set->want.has_remote)
		return;
	/* An active far end names no source port. */
	port = port_of(&set->want.remote);
	if (port == 0 || (port == DISCARD_PORT && set->want.remote_setup == BEARER_SETUP_ACTIVE))
		return;
	f->port_min = port;
	f->port_max = port;
	f->port_on = true;
}

static uint32_t number_of(const struct stream_setting *set, enum row_id id)
{
	return (uint32_t)strtoul(property_get(set, id), NULL, 10);
}

static void police(const struct stream_setting *set, struct bearer_police *p)
{
	memset(p, 0, sizeof(*p));
	if (!property_on(set, ROW_POL))
		return;
	p->sustained = number_of(set, ROW_SDR);
	if (p->sustained)
		p->burst = number_of(set, ROW_MBS);
	p->peak = number_of(set, ROW_PDR);
	/* tenths of a microsecond; what is left of one counts as a whole one */
	if (p->peak)
		p->tolerance = (number_of(set, ROW_DVT) + 9) / 10;
}

/* What stands as source in what is sent: gm/esas, lsa, esps, lsp. */
static int explicit_source(struct work *w, struct stream_setting *set)
{
	struct sockaddr_storage *source = &set->want.source, addr = { 0 };
	const char *lsa = property_get(set, ROW_LSA);
	uint16_t port = 0;
	uint8_t prefix;

	memset(source, 0, sizeof(*source));
	if (property_on(set, ROW_ESAS)) {
		if (!*lsa)
			return refuse(w, 457, "gm/esas = on without gm/lsa");
		parse_sam(lsa, &addr, &prefix);
		*source = addr;
	}
	if (property_on(set, ROW_ESPS)) {
		port = (uint16_t)number_of(set, ROW_LSP);
		if (!port)
			return refuse(w, 457, "gm/esps = on without gm/lsp");
	}
	if (!port)
		return 0;
	if (source->ss_family == AF_UNSPEC)
		/* The address stays that of Local. */
		source->ss_family = set->want.has_remote ? set->want.remote.ss_family : AF_INET;
	if (source->ss_family == AF_INET)
		((struct sockaddr_in *)source)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)source)->sin6_port = htons(port);
	return 0;
}

int properties_to_want(struct work *w, struct stream_setting *set)
{
	struct bearer_filter *f = &set->want.filter;
	const char *dscp = property_get(set, ROW_DSCP);

	memset(f, 0, sizeof(*f));
	filter_address(set, f);
	filter_ports(set, f);
	if (f->addr_on && set->want.has_remote && f->addr.ss_family != set->want.remote.ss_family)
		return refuse(w, 473, "gm/sam = %s is of another family than Remote",
			      property_get(set, ROW_SAM));
	if (bearer_proto_is_tcp(set->want.proto) &&
	    (property_on(set, ROW_POL) || property_on(set, ROW_ESAS) ||
	     property_on(set, ROW_ESPS)))
		return refuse(w, 501, "tman/pol, gm/esas or gm/esps = on with TCP");
	police(set, &set->want.police);
	if (property_on(set, ROW_POL) && !set->want.police.sustained && !set->want.police.peak)
		return refuse(w, 457, "tman/pol = on without tman/sdr and tman/pdr");
	if (explicit_source(w, set))
		return -1;
	set->want.dscp = dscp ? (uint8_t)atoi(dscp) : KMGW_DSCP_KEEP;
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
