// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the words that describe an endpoint, and puts them into a request.
 */
#include "cli/ep_args.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/names.h"
#include "linux/kmgw.h"

bool ep_args_has(const struct ep_args *e, unsigned int attr)
{
	return e->given & (1ULL << attr);
}

/* CONTEXT TERMINATION STREAM [ rtcp ] */
int ep_args_name(struct args *a, struct ep_name *name)
{
	uint32_t stream = 0;
	const char *word;
	int err;

	err = args_number(a, "context", 1, KMGW_ID_MAX, &name->context);
	if (!err)
		err = args_number(a, "termination", 1, KMGW_ID_MAX, &name->termination);
	if (!err)
		err = args_number(a, "stream", 1, 65535, &stream);
	name->stream = (uint16_t)stream;
	name->component = KMGW_COMPONENT_MEDIA;
	word = args_peek(a);
	if (!err && word && name_value(NAME_COMPONENT, word) > 0) {
		name->component = (uint8_t)name_value(NAME_COMPONENT, word);
		a->pos++;
	}
	return err;
}

static int parse_name(struct args *a, const char *what, enum name_kind kind, uint8_t *out)
{
	const char *word = args_next(a, what);
	int v;

	if (!word)
		return -EINVAL;
	v = name_value(kind, word);
	if (v < 0)
		return args_fail(a, -EINVAL, "\"%s\" is no %s", word, what);
	*out = (uint8_t)v;
	return 0;
}

static int parse_plane(struct args *a, struct ep_args *e)
{
	int err = parse_name(a, "plane", NAME_PLANE, &e->plane);

	if (!err && e->plane == KMGW_PLANE_DATAGRAM)
		err = args_fail(a, -EINVAL, "plane: splice, relay or merge");
	return err;
}

static int parse_dscp(struct args *a, struct ep_args *e)
{
	const char *word = args_peek(a);
	uint32_t v = KMGW_DSCP_KEEP;
	int err = 0;

	if (word && !strcmp(word, "keep"))
		a->pos++;
	else
		err = args_number(a, "dscp", 0, KMGW_DSCP_KEEP - 1, &v);
	e->dscp = (uint8_t)v;
	return err;
}

/* [ relatch|off ] */
static int parse_latch(struct args *a, struct ep_args *e)
{
	const char *word = args_peek(a);
	int v = word ? name_value(NAME_LATCH, word) : -ENOENT;

	e->latch = v < 0 ? KMGW_LATCH_LATCH : (uint8_t)v;
	if (v >= 0)
		a->pos++;
	return 0;
}

static int parse_filter(struct args *a, struct ep_args *e)
{
	if (e->filters == KMGW_FILTERS_MAX)
		return args_fail(a, -EINVAL, "an endpoint has at most %d filters", KMGW_FILTERS_MAX);
	return args_filter(a, &e->filter[e->filters++]);
}

/* off | ADDR PORT */
static int parse_source(struct args *a, struct ep_args *e)
{
	const char *word = args_peek(a);

	if (!word || strcmp(word, "off"))
		return args_addr(a, "source", &e->source);
	a->pos++;
	e->source.family = AF_UNSPEC;
	return 0;
}

/* MS [ in|out|both ] */
static int parse_inactivity(struct args *a, struct ep_args *e)
{
	int err = args_number(a, "inactivity", 0, KMGW_TIMEOUT_MAX, &e->inactivity);
	const char *word = args_peek(a);
	int v = word ? name_value(NAME_DIRECTION, word) : -ENOENT;

	if (err || v < 0)
		return err;
	a->pos++;
	e->inactivity_dir = (uint8_t)v;
	return 0;
}

static int parse_release(struct args *a, struct ep_args *e)
{
	const char *word = args_peek(a);

	e->release = KMGW_RELEASE_ORDERLY;
	if (word && !strcmp(word, "abort")) {
		a->pos++;
		e->release = KMGW_RELEASE_ABORT;
	}
	return 0;
}

static int parse_socket(struct args *a, struct ep_args *e)
{
	uint32_t v = 0;
	int err = args_number(a, "socket", 0, INT32_MAX, &v);

	e->socket = (int)v;
	return err;
}

enum option {
	OPT_LOCAL,
	OPT_REMOTE,
	OPT_PLANE,
	OPT_MODE,
	OPT_DSCP,
	OPT_DEV,
	OPT_VRF,
	OPT_FILTER,
	OPT_LATCH,
	OPT_POLICE,
	OPT_SOURCE,
	OPT_INACTIVITY,
	OPT_IDLE,
	OPT_LINGER,
	OPT_EARLY,
	OPT_PRIORITY,
	OPT_OCTETS,
	OPT_IDLE_IN,
	OPT_RESERVE,
	OPT_SOCKET,
	OPT_PREFIX,
	OPT_NOTE,
	OPT_RELEASE,
	OPT_MOVE,
	OPT_SECURITY,
	OPT_RESTART,
	OPT_REPLACE,
	OPT_COUNT
};

static const struct {
	const char *name;
	unsigned int attr;
} options[] = {
	[OPT_LOCAL] = { "local", KMGW_A_EP_LOCAL },
	[OPT_REMOTE] = { "remote", KMGW_A_EP_REMOTE },
	[OPT_PLANE] = { "plane", KMGW_A_EP_PLANE },
	[OPT_MODE] = { "mode", KMGW_A_EP_MODE },
	[OPT_DSCP] = { "dscp", KMGW_A_EP_DSCP },
	[OPT_DEV] = { "dev", KMGW_A_EP_IFINDEX },
	[OPT_VRF] = { "vrf", KMGW_A_EP_VRF },
	[OPT_FILTER] = { "filter", KMGW_A_EP_FILTER },
	[OPT_LATCH] = { "latch", KMGW_A_EP_LATCH },
	[OPT_POLICE] = { "police", KMGW_A_EP_POLICE },
	[OPT_SOURCE] = { "source", KMGW_A_EP_SOURCE },
	[OPT_INACTIVITY] = { "inactivity", KMGW_A_EP_INACTIVITY },
	[OPT_IDLE] = { "idle", KMGW_A_EP_IDLE_TIMEOUT },
	[OPT_LINGER] = { "linger", KMGW_A_EP_LINGER },
	[OPT_EARLY] = { "early", KMGW_A_EP_EARLY },
	[OPT_PRIORITY] = { "priority", KMGW_A_EP_PRIORITY },
	[OPT_OCTETS] = { "octets", KMGW_A_EP_OCTET_LIMIT },
	[OPT_IDLE_IN] = { "idle-in", KMGW_A_EP_IDLE_IN },
	[OPT_RESERVE] = { "reserve", KMGW_A_EP_SOCKET },
	[OPT_SOCKET] = { "socket", KMGW_A_EP_SOCKET },
	[OPT_PREFIX] = { "prefix", KMGW_A_EP_PREFIX },
	[OPT_NOTE] = { "note", KMGW_A_EP_NOTE },
	[OPT_RELEASE] = { "release", KMGW_A_EP_RELEASE },
	[OPT_MOVE] = { "move", KMGW_A_EP_MOVE },
	[OPT_SECURITY] = { "security", KMGW_A_EP_SECURITY },
	[OPT_RESTART] = { "restart", KMGW_A_EP_RESTART },
	[OPT_REPLACE] = { "replace", KMGW_A_EP_REPLACE },
};

static int parse_option(struct args *a, struct ep_args *e, enum option opt)
{
	switch (opt) {
	case OPT_LOCAL:
		return args_addr(a, "local", &e->local);
	case OPT_REMOTE:
		return args_addr(a, "remote", &e->remote);
	case OPT_PLANE:
		return parse_plane(a, e);
	case OPT_MODE:
		return parse_name(a, "mode", NAME_MODE, &e->mode);
	case OPT_DSCP:
		return parse_dscp(a, e);
	case OPT_DEV:
		return args_device(a, "dev", &e->ifindex);
	case OPT_VRF:
		return args_device(a, "vrf", &e->vrf);
	case OPT_FILTER:
		return parse_filter(a, e);
	case OPT_LATCH:
		return parse_latch(a, e);
	case OPT_POLICE:
		return args_police(a, &e->police);
	case OPT_SOURCE:
		return parse_source(a, e);
	case OPT_INACTIVITY:
		return parse_inactivity(a, e);
	case OPT_IDLE:
		return args_number(a, "idle", 0, KMGW_TIMEOUT_MAX, &e->idle);
	case OPT_LINGER:
		return args_number(a, "linger", 0, KMGW_TIMEOUT_MAX, &e->linger);
	case OPT_EARLY:
		return args_number(a, "early", 0, KMGW_TIMEOUT_MAX, &e->early);
	case OPT_PRIORITY:
		return parse_name(a, "priority", NAME_PRIORITY, &e->priority);
	case OPT_OCTETS:
		return args_octets(a, "octets", &e->octets);
	case OPT_IDLE_IN:
		return args_number(a, "idle-in", 0, KMGW_TIMEOUT_MAX, &e->idle_in);
	case OPT_RESERVE:
		e->reserve = true;
		return 0;
	case OPT_SOCKET:
		return parse_socket(a, e);
	case OPT_PREFIX:
		return args_blob(a, "prefix", KMGW_PREFIX_MAX, &e->prefix);
	case OPT_NOTE:
		e->note = args_next(a, "note");
		return e->note ? 0 : -EINVAL;
	case OPT_RELEASE:
		return parse_release(a, e);
	case OPT_MOVE:
		return args_number(a, "context to move to", 1, KMGW_ID_MAX, &e->move);
	case OPT_SECURITY:
		return parse_name(a, "security", NAME_SECURITY, &e->security);
	case OPT_RESTART:
	case OPT_REPLACE:
		return 0;
	case OPT_COUNT:
		break;
	}
	return -EINVAL;
}

static int parse_options(struct args *a, struct ep_args *e)
{
	const char *names[OPT_COUNT];
	unsigned int attr;
	int opt, err;

	for (opt = 0; opt < OPT_COUNT; opt++)
		names[opt] = options[opt].name;
	while (args_left(a)) {
		opt = args_option(a, names, OPT_COUNT);
		if (opt < 0)
			return opt;
		attr = options[opt].attr;
		if (ep_args_has(e, attr) && opt != OPT_FILTER)
			return args_fail(a, -EINVAL, attr == KMGW_A_EP_SOCKET ?
					 "one of \"reserve\" and \"socket\", once" :
					 "\"%s\" is given twice", names[opt]);
		err = parse_option(a, e, (enum option)opt);
		if (err)
			return err;
		e->given |= 1ULL << attr;
	}
	return 0;
}

/* CONTEXT TERMINATION STREAM [ rtcp ] udp|tcp OPTIONS */
int ep_args_add(struct args *a, struct ep_args *e)
{
	int err;

	memset(e, 0, sizeof(*e));
	err = ep_args_name(a, &e->name);
	if (!err)
		err = parse_name(a, "transport (udp, tcp)", NAME_L4, &e->l4);
	if (!err)
		err = parse_options(a, e);
	if (err)
		return err;
	if (!ep_args_has(e, KMGW_A_EP_LOCAL))
		return args_fail(a, -EINVAL, "local is missing");
	if (ep_args_has(e, KMGW_A_EP_RELEASE))
		return args_fail(a, -EINVAL, "a new endpoint has nothing to release");
	if (ep_args_has(e, KMGW_A_EP_MOVE))
		return args_fail(a, -EINVAL, "a new endpoint is made where it shall be");
	if (ep_args_has(e, KMGW_A_EP_RESTART))
		return args_fail(a, -EINVAL, "a new endpoint has nothing to restart");
	if (ep_args_has(e, KMGW_A_EP_REPLACE))
		return args_fail(a, -EINVAL, "a new endpoint has nothing to replace");
	if (e->reserve && e->l4 == KMGW_L4_TCP && e->plane != KMGW_PLANE_RELAY &&
	    e->plane != KMGW_PLANE_MERGE)
		return args_fail(a, -EINVAL, "reserve: only for udp, relay and merge");
	return 0;
}

/* CONTEXT TERMINATION STREAM [ rtcp ] OPTIONS; what cannot be changed is left to the kernel to refuse. */
int ep_args_set(struct args *a, struct ep_args *e)
{
	int err;

	memset(e, 0, sizeof(*e));
	err = ep_args_name(a, &e->name);
	if (!err)
		err = parse_options(a, e);
	if (err)
		return err;
	if (!e->given)
		return args_fail(a, -EINVAL, "nothing to set");
	if (e->reserve)
		return args_fail(a, -EINVAL, "reserve: only with add");
	return 0;
}

void ep_args_free(struct ep_args *e)
{
	free(e->prefix.data);
	e->prefix.data = NULL;
}

static void put_addr(struct nlmsghdr *req, uint16_t type, const struct cli_addr *p)
{
	struct nlattr *nest = mnl_attr_nest_start(req, type);

	if (p->family == AF_INET)
		mnl_attr_put(req, KMGW_A_ADDR_IPV4, 4, p->ip);
	else
		mnl_attr_put(req, KMGW_A_ADDR_IPV6, 16, p->ip);
	mnl_attr_put_u16(req, KMGW_A_ADDR_PORT, htons(p->port));
	mnl_attr_nest_end(req, nest);
}

static void put_police(struct nlmsghdr *req, const struct cli_police *p)
{
	struct nlattr *nest = mnl_attr_nest_start(req, KMGW_A_EP_POLICE);

	if (p->sustained)
		mnl_attr_put_u64(req, KMGW_A_POLICE_SUSTAINED, p->sustained);
	if (p->burst)
		mnl_attr_put_u32(req, KMGW_A_POLICE_BURST, p->burst);
	if (p->peak)
		mnl_attr_put_u64(req, KMGW_A_POLICE_PEAK, p->peak);
	if (p->tolerance)
		mnl_attr_put_u32(req, KMGW_A_POLICE_PEAK_TOLERANCE, p->tolerance);
	mnl_attr_nest_end(req, nest);
}

static void put_source(struct nlmsghdr *req, const struct cli_addr *p)
{
	if (p->family != AF_UNSPEC)
		put_addr(req, KMGW_A_EP_SOURCE, p);
	else
		mnl_attr_nest_end(req, mnl_attr_nest_start(req, KMGW_A_EP_SOURCE));
}

/* "any" without ports is an empty nest: no filter. */
static void put_filter(struct nlmsghdr *req, const struct cli_filter *p)
{
	struct nlattr *nest = mnl_attr_nest_start(req, KMGW_A_EP_FILTER);

	if (p->family == AF_INET)
		mnl_attr_put(req, KMGW_A_FILTER_IPV4, 4, p->ip);
	else if (p->family == AF_INET6)
		mnl_attr_put(req, KMGW_A_FILTER_IPV6, 16, p->ip);
	if (p->family != AF_UNSPEC)
		mnl_attr_put_u8(req, KMGW_A_FILTER_PREFIXLEN, p->prefixlen);
	if (p->ports) {
		mnl_attr_put_u16(req, KMGW_A_FILTER_PORT_MIN, htons(p->port_min));
		mnl_attr_put_u16(req, KMGW_A_FILTER_PORT_MAX, htons(p->port_max));
	}
	mnl_attr_nest_end(req, nest);
}

void ep_put_name(struct nlmsghdr *req, const struct ep_name *name)
{
	mnl_attr_put_u32(req, KMGW_A_EP_CONTEXT, name->context);
	mnl_attr_put_u32(req, KMGW_A_EP_TERMINATION, name->termination);
	mnl_attr_put_u16(req, KMGW_A_EP_STREAM, name->stream);
	mnl_attr_put_u8(req, KMGW_A_EP_COMPONENT, name->component);
}

void ep_put(struct nlmsghdr *req, const struct ep_args *e)
{
	unsigned int i;

	ep_put_name(req, &e->name);
	if (e->l4)
		mnl_attr_put_u8(req, KMGW_A_EP_L4, e->l4);
	if (ep_args_has(e, KMGW_A_EP_LOCAL))
		put_addr(req, KMGW_A_EP_LOCAL, &e->local);
	if (ep_args_has(e, KMGW_A_EP_REMOTE))
		put_addr(req, KMGW_A_EP_REMOTE, &e->remote);
	if (ep_args_has(e, KMGW_A_EP_PLANE))
		mnl_attr_put_u8(req, KMGW_A_EP_PLANE, e->plane);
	if (ep_args_has(e, KMGW_A_EP_RESTART))
		mnl_attr_put(req, KMGW_A_EP_RESTART, 0, NULL);
	if (ep_args_has(e, KMGW_A_EP_REPLACE))
		mnl_attr_put(req, KMGW_A_EP_REPLACE, 0, NULL);
	if (ep_args_has(e, KMGW_A_EP_MODE))
		mnl_attr_put_u8(req, KMGW_A_EP_MODE, e->mode);
	if (ep_args_has(e, KMGW_A_EP_DSCP))
		mnl_attr_put_u8(req, KMGW_A_EP_DSCP, e->dscp);
	if (ep_args_has(e, KMGW_A_EP_IFINDEX))
		mnl_attr_put_u32(req, KMGW_A_EP_IFINDEX, e->ifindex);
	if (ep_args_has(e, KMGW_A_EP_VRF))
		mnl_attr_put_u32(req, KMGW_A_EP_VRF, e->vrf);
	for (i = 0; i < e->filters; i++)
		put_filter(req, &e->filter[i]);
	if (ep_args_has(e, KMGW_A_EP_LATCH))
		mnl_attr_put_u8(req, KMGW_A_EP_LATCH, e->latch);
	if (ep_args_has(e, KMGW_A_EP_POLICE))
		put_police(req, &e->police);
	if (ep_args_has(e, KMGW_A_EP_SOURCE))
		put_source(req, &e->source);
	if (ep_args_has(e, KMGW_A_EP_INACTIVITY))
		mnl_attr_put_u32(req, KMGW_A_EP_INACTIVITY, e->inactivity);
	if (e->inactivity_dir)
		mnl_attr_put_u8(req, KMGW_A_EP_INACTIVITY_DIR, e->inactivity_dir);
	if (ep_args_has(e, KMGW_A_EP_SOCKET))
		mnl_attr_put_u32(req, KMGW_A_EP_SOCKET, (uint32_t)e->socket);
	if (ep_args_has(e, KMGW_A_EP_PREFIX))
		mnl_attr_put(req, KMGW_A_EP_PREFIX, e->prefix.len, e->prefix.data);
	if (ep_args_has(e, KMGW_A_EP_NOTE))
		mnl_attr_put_strz(req, KMGW_A_EP_NOTE, e->note);
	if (ep_args_has(e, KMGW_A_EP_IDLE_TIMEOUT))
		mnl_attr_put_u32(req, KMGW_A_EP_IDLE_TIMEOUT, e->idle);
	if (ep_args_has(e, KMGW_A_EP_LINGER))
		mnl_attr_put_u32(req, KMGW_A_EP_LINGER, e->linger);
	if (ep_args_has(e, KMGW_A_EP_EARLY))
		mnl_attr_put_u32(req, KMGW_A_EP_EARLY, e->early);
	if (ep_args_has(e, KMGW_A_EP_PRIORITY))
		mnl_attr_put_u8(req, KMGW_A_EP_PRIORITY, e->priority);
	if (ep_args_has(e, KMGW_A_EP_OCTET_LIMIT))
		mnl_attr_put_u64(req, KMGW_A_EP_OCTET_LIMIT, e->octets);
	if (ep_args_has(e, KMGW_A_EP_IDLE_IN))
		mnl_attr_put_u32(req, KMGW_A_EP_IDLE_IN, e->idle_in);
	if (ep_args_has(e, KMGW_A_EP_RELEASE))
		mnl_attr_put_u8(req, KMGW_A_EP_RELEASE, e->release);
	if (ep_args_has(e, KMGW_A_EP_MOVE))
		mnl_attr_put_u32(req, KMGW_A_EP_MOVE, e->move);
	if (ep_args_has(e, KMGW_A_EP_SECURITY))
		mnl_attr_put_u8(req, KMGW_A_EP_SECURITY, e->security);
}
