// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules: the decisions of a bearer, without its sockets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "bearer/addr.h"
#include "bearer/rules.h"

bool rules_listens(enum bearer_setup local)
{
	switch (local) {
	case BEARER_SETUP_NONE:
	case BEARER_SETUP_PASSIVE:
	case BEARER_SETUP_ACTPASS:
		return true;
	case BEARER_SETUP_ACTIVE:
	case BEARER_SETUP_HOLDCONN:
		break;
	}
	return false;
}

bool rules_interlinked(const struct bearer_want *b, const struct bearer_want *peer)
{
	if (b->setup == BEARER_SETUP_PASSIVE || b->setup == BEARER_SETUP_HOLDCONN)
		return false;
	if (b->interlinked)
		return true;
	if (b->setup == BEARER_SETUP_ACTIVE)
		return rules_listens(peer->setup);
	/* Without a=setup on either end, whoever comes first decides the direction. */
	return b->setup == BEARER_SETUP_NONE && peer->setup == BEARER_SETUP_NONE;
}

bool rules_can_dial(const struct bearer_want *want)
{
	uint16_t port;

	if (!want->has_remote || addr_is_unspecified(&want->remote))
		return false;
	port = addr_port(&want->remote);
	return port && port != RULES_DISCARD_PORT;
}

bool rules_dials_unasked(const struct bearer_want *b, const struct bearer_want *peer)
{
	if (b->setup != BEARER_SETUP_ACTIVE || !rules_can_dial(b))
		return false;
	return !peer || !rules_interlinked(b, peer);
}

int rules_may_open(enum bearer_proto proto, const struct bearer_want *want)
{
	if (!bearer_proto_is_tcp(proto))
		return -EPROTONOSUPPORT;
	if (want->setup == BEARER_SETUP_PASSIVE || want->setup == BEARER_SETUP_HOLDCONN)
		return -EISCONN;
	if (!want->has_remote || addr_is_unspecified(&want->remote) || !addr_port(&want->remote))
		return -EDESTADDRREQ;
	if (addr_port(&want->remote) == RULES_DISCARD_PORT)
		return -EINVAL;
	return 0;
}

enum kmgw_plane rules_plane(const struct rules_side *own, const struct rules_side *peer,
			    bool merge)
{
	enum bearer_setup a = own->setup, b;

	if (!peer || own->tls || peer->tls || own->opened || peer->opened)
		return KMGW_PLANE_SPLICE;
	b = peer->setup;
	if (a == BEARER_SETUP_PASSIVE && b == BEARER_SETUP_PASSIVE)
		return merge ? KMGW_PLANE_MERGE : KMGW_PLANE_SPLICE;
	if ((a == BEARER_SETUP_NONE && b == BEARER_SETUP_NONE) ||
	    (a == BEARER_SETUP_PASSIVE && b == BEARER_SETUP_ACTIVE) ||
	    (a == BEARER_SETUP_ACTIVE && b == BEARER_SETUP_PASSIVE))
		return KMGW_PLANE_RELAY;
	return KMGW_PLANE_SPLICE;
}

bool rules_tls_client(const struct rules_tls *t)
{
	if (t->armed)
		return true;
	if (t->by_signal || t->media == BEARER_MEDIA_APPLICATION)
		return false;
	if (t->local == BEARER_SETUP_ACTIVE)
		return true;
	if (t->local == BEARER_SETUP_PASSIVE)
		return false;
	return t->dialled;
}

bool rules_tls_server_guard(const struct rules_tls *t, bool far_end_known)
{
	return far_end_known && !(t->dialled && t->by_signal);
}

static bool remote_moved(const struct bearer_want *old, const struct bearer_want *new)
{
	/* Hold, and what comes after it, is no new connection. */
	if (!old->has_remote || addr_is_unspecified(&old->remote))
		return false;
	if (!new->has_remote || addr_is_unspecified(&new->remote))
		return false;
	return !addr_same_ip(&old->remote, &new->remote) ||
	       addr_port(&old->remote) != addr_port(&new->remote);
}

bool rules_restarts(const struct bearer_want *old, const struct bearer_want *new,
		    enum rules_phase phase, bool new_certificate)
{
	bool first_remote = new->has_remote && !old->has_remote;
	bool moved = remote_moved(old, new);

	if (new->connection_existing && !new->connection_new)
		return false;
	switch (phase) {
	case RULES_WAITING:
		return false;
	case RULES_STARTING:
		return moved || new_certificate || old->proto != new->proto;
	case RULES_LIVE:
		if (first_remote)
			return false;
		return moved || new_certificate || old->proto != new->proto ||
		       new->connection_new;
	case RULES_ENDED:
		return moved || first_remote || new_certificate || old->proto != new->proto ||
		       new->connection_new;
	}
	return false;
}

static bool changed(uint64_t old, uint64_t new)
{
	return old && new && old != new;
}

/* From active to passive or back; actpass leaves it open. */
static bool turned(enum bearer_setup old, enum bearer_setup new)
{
	return (old == BEARER_SETUP_ACTIVE && new == BEARER_SETUP_PASSIVE) ||
	       (old == BEARER_SETUP_PASSIVE && new == BEARER_SETUP_ACTIVE);
}

bool rules_dtls_renews(const struct bearer_want *old, const struct bearer_want *new,
		       bool new_certificate)
{
	if (new->connection_existing && !new->connection_new)
		return false;
	return new->connection_new || new_certificate || remote_moved(old, new) ||
	       turned(old->setup, new->setup) || turned(old->remote_setup, new->remote_setup) ||
	       changed(old->tls_id, new->tls_id) ||
	       changed(old->remote_tls_id, new->remote_tls_id);
}

bool rules_latches_anew(const struct bearer_want *old, const struct bearer_want *new,
			enum kmgw_latch latch, enum kmgw_latch *how)
{
	if (latch == KMGW_LATCH_OFF || (old->rtp == new->rtp && old->proto == new->proto))
		return false;
	*how = remote_moved(old, new) ? KMGW_LATCH_LATCH : KMGW_LATCH_RELATCH;
	return true;
}

static bool never_a_host(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET) {
		uint32_t ip = ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr);

		return ip >> 24 == 0 || ip >> 24 == IN_LOOPBACKNET || IN_MULTICAST(ip) ||
		       ip == INADDR_BROADCAST;
	} else {
		const struct in6_addr *ip = &((const struct sockaddr_in6 *)a)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_MULTICAST(ip) ||
		       IN6_IS_ADDR_V4MAPPED(ip);
	}
}

int rules_remote(const struct sockaddr_storage *local, const struct sockaddr_storage *remote,
		 int route_type, bool owned)
{
	/* "No destination" is written in either family. */
	if (addr_is_unspecified(remote))
		return 0;
	if (local->ss_family != remote->ss_family)
		return -EINVAL;
	if (never_a_host(remote))
		return -EADDRNOTAVAIL;
	switch (route_type) {
	case RTN_LOCAL:
		return owned ? 0 : -EADDRNOTAVAIL;
	case RTN_BROADCAST:
	case RTN_ANYCAST:
	case RTN_MULTICAST:
		return -EADDRNOTAVAIL;
	default:
		return 0;
	}
}

/* An active far end names no port: there is none to compare with. */
static bool names_no_port(const struct bearer_want *want, const struct bearer_ports *ports)
{
	return bearer_proto_is_tcp(want->proto) && ports->min == RULES_DISCARD_PORT &&
	       ports->max == RULES_DISCARD_PORT;
}

static void subnet(const struct bearer_subnet *from, struct kernel_filter *to)
{
	to->prefixlen = from->prefixlen;
	to->addr.ss_family = from->family;
	if (from->family == AF_INET)
		memcpy(&((struct sockaddr_in *)&to->addr)->sin_addr, from->ip, 4);
	else
		memcpy(&((struct sockaddr_in6 *)&to->addr)->sin6_addr, from->ip, 16);
}

void rules_filter(const struct bearer_want *want, int family, struct kernel_filters *out)
{
	const struct bearer_filter *f = &want->filter;
	unsigned int i, j, n_ports = f->n_ports;
	struct kernel_filter *rule;

	memset(out, 0, sizeof(*out));
	if (bearer_proto_is_tcp(want->proto) && want->setup == BEARER_SETUP_HOLDCONN) {
		/* No connection now, and no RST that would say so: nobody has this address. */
		addr_any(&out->rule[0].addr, family);
		out->rule[0].prefixlen = family == AF_INET ? 32 : 128;
		out->n = 1;
		return;
	}
	for (j = 0; j < f->n_ports; j++)
		if (names_no_port(want, &f->port[j]))
			n_ports = 0;
	if (!f->n_addrs && !n_ports)
		return;
	for (i = 0; i < (f->n_addrs ? f->n_addrs : 1); i++) {
		for (j = 0; j < (n_ports ? n_ports : 1) && out->n < KMGW_FILTERS_MAX; j++) {
			rule = &out->rule[out->n++];
			if (f->n_addrs)
				subnet(&f->addr[i], rule);
			rule->ports = n_ports;
			if (n_ports) {
				rule->port_min = f->port[j].min;
				rule->port_max = f->port[j].max;
			}
		}
	}
}

enum rules_end rules_ended(enum kmgw_state state, enum kmgw_reason reason, bool far_end_closed)
{
	switch (reason) {
	case KMGW_REASON_USER:
		return RULES_END_SILENT;
	case KMGW_REASON_PEER_ENDPOINT:
	case KMGW_REASON_LINGER:
		return far_end_closed ? RULES_END_RELEASED : RULES_END_SILENT;
	case KMGW_REASON_TRUNCATED:
		/* No proof that nothing was cut off, and yet a FIN: TCP ended in order. */
		return RULES_END_RELEASED;
	default:
		return state == KMGW_STATE_RELEASED ? RULES_END_RELEASED : RULES_END_LOST;
	}
}

bool rules_both_known(const struct bearer_want *a, const struct bearer_want *b)
{
	return a->has_remote && !addr_is_unspecified(&a->remote) &&
	       b->has_remote && !addr_is_unspecified(&b->remote);
}

enum rules_adopted rules_adopted(enum bearer_phase phase, bool tcp, bool attached,
				 enum kmgw_state state)
{
	if (!tcp)
		return RULES_ADOPTED_WAITING;
	/* What the module says is newer than the record. */
	if (attached || state == KMGW_STATE_READY || state == KMGW_STATE_ESTABLISHED ||
	    state == KMGW_STATE_CLOSING)
		return RULES_ADOPTED_LIVE;
	if (phase == BEARER_ENDED)
		return RULES_ADOPTED_OVER;
	if (state == KMGW_STATE_RELEASED || state == KMGW_STATE_FAILED) {
		/* The endpoint's state is that of its last connection; a newer one may be due. */
		if (phase == BEARER_WAITING)
			return RULES_ADOPTED_WAITING;
		return phase == BEARER_LIVE ? RULES_ADOPTED_ENDED : RULES_ADOPTED_CUT;
	}
	return phase == BEARER_WAITING ? RULES_ADOPTED_WAITING : RULES_ADOPTED_CUT;
}

enum rules_adopted rules_adopted_dtls(enum bearer_phase phase, bool keyed, enum kmgw_state state)
{
	bool over = state == KMGW_STATE_RELEASED || state == KMGW_STATE_FAILED;

	if (phase == BEARER_ENDED)
		return RULES_ADOPTED_OVER;
	/* What the module says is newer than the record. */
	if (keyed && !over)
		return RULES_ADOPTED_LIVE;
	if (phase == BEARER_LIVE || keyed)
		return RULES_ADOPTED_ENDED;
	return phase == BEARER_WAITING ? RULES_ADOPTED_WAITING : RULES_ADOPTED_CUT;
}
