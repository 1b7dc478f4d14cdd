// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floor control ends for tests: a participant who is chair as well (RFC 8855 10 to 12). Asks once for
 * everything that there is to ask for, and knows what has to come back.
 */
#include <stdio.h>

#include "bfcp.h"

/* Requests in flight at once, which TCP allows: some messages share a segment, some are cut by one. */
#define FLOCK	30

struct client {
	struct link *link;
	uint16_t tid;		/* of the last request */
};

static int wrong(const struct bfcp_msg *m, const char *what)
{
	fprintf(stderr, "bfcp: %s expected, %s of transaction %u came\n", what,
		m ? bfcp_prim_name(m->prim) : "nothing", m ? m->tid : 0);
	return -1;
}

/* The answer to a request of ours, or NULL. */
static struct bfcp_msg *answer(struct client *c, enum bfcp_prim prim, uint16_t tid)
{
	int status;
	struct bfcp_msg *m = wire_receive(c->link, &status);

	if (m && m->prim == prim && m->tid == tid && m->r == !link_reliable(c->link))
		return m;
	wrong(m, bfcp_prim_name(prim));
	return mem_deref(m);
}

/* What the server tells unasked, or NULL. It is acknowledged. */
static struct bfcp_msg *notice(struct client *c, enum bfcp_prim prim)
{
	bool reliable = link_reliable(c->link);
	int status;
	struct bfcp_msg *m = wire_receive(c->link, &status);

	if (!m || m->prim != prim || m->r || (m->tid == 0) != reliable) {
		wrong(m, bfcp_prim_name(prim));
		return mem_deref(m);
	}
	if (!reliable && wire_send(c->link, true, prim == BFCP_FLOOR_STATUS ?
				   BFCP_FLOOR_STATUS_ACK : BFCP_FLOOR_REQ_STATUS_ACK, m->tid, 0))
		return mem_deref(m);
	return m;
}

/* Is that of a request, and how does it stand? @id: of it; 0 becomes what it is. Drops @m. */
static int stands(struct bfcp_msg *m, uint16_t *id, uint16_t floor, enum bfcp_reqstat status,
		  uint8_t qpos)
{
	const struct bfcp_attr *info = bfcp_msg_attr(m, BFCP_FLOOR_REQ_INFO);
	const struct bfcp_attr *overall = bfcp_attr_subattr(info, BFCP_OVERALL_REQ_STATUS);
	const struct bfcp_attr *a = bfcp_attr_subattr(overall, BFCP_REQUEST_STATUS);
	const struct bfcp_attr *f = bfcp_attr_subattr(info, BFCP_FLOOR_REQ_STATUS);
	int err = 0;

	if (!m)
		return -1;
	if (info && !*id)
		*id = info->v.floorreqid;
	if (!a || !f || info->v.floorreqid != *id || f->v.floorid != floor ||
	    a->v.reqstatus.status != status || a->v.reqstatus.qpos != qpos)
		err = wrong(m, bfcp_reqstatus_name(status));
	mem_deref(m);
	return err;
}

static bool count(const struct bfcp_attr *a, void *arg)
{
	*(unsigned int *)arg += a->type == BFCP_FLOOR_REQ_INFO;
	return false;
}

/* Are so many requests listed in it? Drops @m. */
static int lists(struct bfcp_msg *m, unsigned int requests)
{
	unsigned int n = 0;
	int err = 0;

	if (!m)
		return -1;
	bfcp_msg_attr_apply(m, count, &n);
	if (n != requests)
		err = wrong(m, "another number of requests");
	mem_deref(m);
	return err;
}

static int greet(struct client *c)
{
	const struct bfcp_attr *prims, *attribs;
	struct bfcp_msg *m;
	int err = 0;

	if (wire_send(c->link, false, BFCP_HELLO, ++c->tid, 0))
		return -1;
	m = answer(c, BFCP_HELLO_ACK, c->tid);
	if (!m)
		return -1;
	prims = bfcp_msg_attr(m, BFCP_SUPPORTED_PRIMS);
	attribs = bfcp_msg_attr(m, BFCP_SUPPORTED_ATTRS);
	if (!prims || prims->v.supprim.primc < BFCP_ERROR || !attribs ||
	    attribs->v.supattr.attrc != BFCP_OVERALL_REQ_STATUS)
		err = wrong(m, "what the server supports");
	mem_deref(m);
	return err;
}

/* Asks about a floor: the answer lists its requests, and changes are told from then on. */
static int watch(struct client *c, uint16_t floor, unsigned int requests)
{
	if (wire_send(c->link, false, BFCP_FLOOR_QUERY, ++c->tid, 1, BFCP_FLOOR_ID, 0, &floor))
		return -1;
	return lists(answer(c, BFCP_FLOOR_STATUS, c->tid), requests);
}

static int request(struct client *c, uint16_t floor, const char *info, uint16_t *id)
{
	enum bfcp_priority priority = BFCP_PRIO_HIGH;

	*id = 0;
	if (wire_send(c->link, false, BFCP_FLOOR_REQUEST, ++c->tid, 3, BFCP_FLOOR_ID, 0, &floor,
		      BFCP_PRIORITY, 0, &priority, BFCP_PART_PROV_INFO, 0, info))
		return -1;
	return stands(answer(c, BFCP_FLOOR_REQUEST_STATUS, c->tid), id, floor, BFCP_PENDING, 0);
}

/* A request has come to another status, and the floor, if it is watched, has so many. */
static int comes_to(struct client *c, uint16_t id, uint16_t floor, enum bfcp_reqstat status,
		    uint8_t qpos, unsigned int requests)
{
	if (stands(notice(c, BFCP_FLOOR_REQUEST_STATUS), &id, floor, status, qpos))
		return -1;
	return requests ? lists(notice(c, BFCP_FLOOR_STATUS), requests) : 0;
}

/* A floor that anybody may have: one holds it, the next waits until it is released. */
static int take_turns(struct client *c)
{
	uint16_t first, second;

	if (watch(c, FLOOR_FREE, 0) || request(c, FLOOR_FREE, "slides", &first) ||
	    comes_to(c, first, FLOOR_FREE, BFCP_GRANTED, 0, 1) ||
	    request(c, FLOOR_FREE, "a video, d\xc3\xa9j\xc3\xa0 vu", &second) ||
	    comes_to(c, second, FLOOR_FREE, BFCP_ACCEPTED, 1, 2))
		return -1;
	if (wire_send(c->link, false, BFCP_FLOOR_REQUEST_QUERY, ++c->tid, 1,
		      BFCP_FLOOR_REQUEST_ID, 0, &second) ||
	    stands(answer(c, BFCP_FLOOR_REQUEST_STATUS, c->tid), &second, FLOOR_FREE,
		   BFCP_ACCEPTED, 1))
		return -1;
	if (wire_send(c->link, false, BFCP_FLOOR_RELEASE, ++c->tid, 1,
		      BFCP_FLOOR_REQUEST_ID, 0, &first) ||
	    stands(answer(c, BFCP_FLOOR_REQUEST_STATUS, c->tid), &first, FLOOR_FREE,
		   BFCP_RELEASED, 0))
		return -1;
	return comes_to(c, second, FLOOR_FREE, BFCP_GRANTED, 0, 1);
}

/* A floor with a chair, who lets the participant have it. */
static int ask_the_chair(struct client *c)
{
	struct bfcp_reqstatus granted = { .status = BFCP_GRANTED };
	uint16_t floor = FLOOR_CHAIRED, id;
	struct bfcp_msg *m;

	if (request(c, floor, "the microphone", &id) ||
	    wire_send(c->link, false, BFCP_CHAIR_ACTION, ++c->tid, 1,
		      BFCP_FLOOR_REQ_INFO, 1, &id, BFCP_FLOOR_REQ_STATUS, 1, &floor,
		      BFCP_REQUEST_STATUS, 0, &granted))
		return -1;
	m = answer(c, BFCP_CHAIR_ACTION_ACK, c->tid);
	if (!m)
		return -1;
	mem_deref(m);
	return comes_to(c, id, floor, BFCP_GRANTED, 0, 0);
}

static int ask_for_too_much(struct client *c)
{
	uint16_t floor = FLOORS + 1;
	const struct bfcp_attr *a;
	struct bfcp_msg *m;
	int err = 0;

	if (wire_send(c->link, false, BFCP_FLOOR_REQUEST, ++c->tid, 1, BFCP_FLOOR_ID, 0, &floor))
		return -1;
	m = answer(c, BFCP_ERROR, c->tid);
	if (!m)
		return -1;
	a = bfcp_msg_attr(m, BFCP_ERROR_CODE);
	if (!a || a->v.errcode.code != BFCP_INVALID_FLOOR_ID)
		err = wrong(m, bfcp_errcode_name(BFCP_INVALID_FLOOR_ID));
	mem_deref(m);
	return err;
}

/* What the user has asked for: two floors are held by now. */
static int look_back(struct client *c, unsigned int times)
{
	uint16_t user = USER, first = c->tid + 1;
	unsigned int i;

	for (i = 0; i < times; i++)
		if (wire_send(c->link, false, BFCP_USER_QUERY, ++c->tid, 1,
			      BFCP_BENEFICIARY_ID, 0, &user))
			return -1;
	for (i = 0; i < times; i++)
		if (lists(answer(c, BFCP_USER_STATUS, first + i), 2))
			return -1;
	return 0;
}

static int leave(struct client *c)
{
	struct bfcp_msg *m;

	if (link_reliable(c->link))
		return 0;
	if (wire_send(c->link, false, BFCP_GOODBYE, ++c->tid, 0))
		return -1;
	m = answer(c, BFCP_GOODBYE_ACK, c->tid);
	mem_deref(m);
	return m ? 0 : -1;
}

int client_run(struct link *l)
{
	struct client c = { .link = l };

	return greet(&c) || take_turns(&c) || ask_the_chair(&c) || ask_for_too_much(&c) ||
	       look_back(&c, link_reliable(l) ? FLOCK : 1) || leave(&c);
}
