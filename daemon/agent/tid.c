// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: TerminationIDs, ip/<group>/<interface>/<n>, and their wildcards.
 *
 * "*" stands for one part of an id, or for all that follows when it is last;
 * "$" asks the gateway to choose. Context: the thread of the event loop.
 */
#include <stdio.h>

#include "agent/agent_private.h"

/* Splits off the part before the next "/"; false at the end. */
static bool next_part(struct str *rest, struct str *part)
{
	size_t i;

	if (!rest->p)
		return false;
	for (i = 0; i < rest->len && rest->p[i] != '/'; i++)
		;
	*part = (struct str){ rest->p, i };
	if (i == rest->len)
		*rest = STR_NONE;
	else
		*rest = (struct str){ rest->p + i + 1, rest->len - i - 1 };
	return true;
}

/* ip/$, ip/1/$, ip/1/access/$, ip/$/access/$, ip/$/$/$ */
static int parse_choose(struct work *w, const struct h248_tid *tid, struct tid_pattern *out)
{
	struct str rest = tid->text, part;
	uint64_t group;

	if (!next_part(&rest, &part) || !str_iis(part, "ip") || !next_part(&rest, &part))
		goto unknown;
	if (!str_is(part, "$")) {
		if (!str_u64(part, 65535, &group))
			goto unknown;
		out->has_group = true;
		out->group = (uint16_t)group;
	}
	if (!next_part(&rest, &part))
		return out->has_group ? refuse(w, 430, "%.*s", STR_ARG(tid->text)) : 0;
	if (!str_is(part, "$")) {
		out->has_interface = true;
		out->interface = part;
	}
	if (!next_part(&rest, &part)) {
		if (out->has_interface)
			goto unknown;
		return 0;
	}
	if (!str_is(part, "$") || str_set(rest))
		goto unknown;
	return 0;
unknown:
	return refuse(w, 430, "%.*s", STR_ARG(tid->text));
}

int tid_parse(struct work *w, const struct h248_tid *tid, struct tid_pattern *out)
{
	*out = (struct tid_pattern){ .kind = tid->kind, .text = tid->text };
	out->wild = tid->kind == H248_TID_ALL || (tid->kind == H248_TID_NAME && tid->has_all);
	out->choose = tid->kind == H248_TID_CHOOSE || (tid->kind == H248_TID_NAME && tid->has_choose);
	if (out->wild && out->choose)
		return refuse(w, 430, "%.*s holds both * and $", STR_ARG(tid->text));
	if (out->choose && tid->kind == H248_TID_NAME)
		return parse_choose(w, tid, out);
	return 0;
}

bool tid_matches(const struct tid_pattern *p, const struct termination *t)
{
	struct str pattern = p->text, name = str_c(t->name), a, b;

	if (p->kind == H248_TID_ALL)
		return true;
	if (p->kind != H248_TID_NAME)
		return false;
	while (next_part(&pattern, &a)) {
		if (!next_part(&name, &b))
			return false;
		if (str_is(a, "*")) {
			if (!str_set(pattern))
				return true;
			continue;
		}
		if (!str_ieq(a, b))
			return false;
	}
	return !str_set(name);
}

struct termination *tid_lookup(struct agent *agent, struct str name)
{
	struct termination *t;
	uint64_t number;
	size_t i = name.len;

	while (i && name.p[i - 1] != '/')
		i--;
	if (!str_u64((struct str){ name.p + i, name.len - i }, KMGW_ID_MAX, &number))
		return NULL;
	t = termination_find(agent, (uint32_t)number);
	return t && str_iis(name, t->name) ? t : NULL;
}
